"""The policy library on disk: reads and checks every file, and writes the few that commands make. The only
I/O here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TypeVar

from handbook.policy.changelog import parse_entry
from handbook.policy.checks import Draught, check_all
from handbook.policy.errors import Fault, FaultsFound, HandbookError
from handbook.policy.frontmatter import LABEL_EXPECTED
from handbook.policy.parse import ID_EXPECTED, Parsed, parse_text
from handbook.policy.school import School, parse_school
from handbook.policy.version import LABEL, POLICY_ID, Library, Policy, PolicyVersion, label_key

TEXTS = "handbook/docs/policies"
ENTRIES = "changelog"
SCHOOL = "school.toml"
T = TypeVar("T")
_BESIDE = ("index.md", "README.md")  # pages about the folder itself, which are no policies


def text_path(policy: str, version: str) -> str:
    """Where the text of a version stands, from the root."""
    return f"{TEXTS}/{policy}/{version}.md"


def entry_path(policy: str, version: str) -> str:
    """Where the change entry of a version stands, from the root."""
    return f"{ENTRIES}/{policy}/{version}.md"


def load(root: Path) -> Library:
    """Every policy of a checkout; raises FaultsFound with all faults of all files, those of `school.toml`
    among them."""
    draughts, _, faults = _draughts(root)
    if faults:
        raise FaultsFound(faults)
    return _library(draughts)


def load_sound(root: Path) -> Library:
    """Every policy of a checkout that has no fault; the others stand in its `faulty`.

    Raises FaultsFound for faults of `school.toml`, without which nothing can be checked.
    """
    draughts, school, faults = _draughts(root)
    if school is None:
        raise FaultsFound(faults)
    faulty: dict[str, tuple[Fault, ...]] = {}
    for fault in faults:
        policy = _policy_of(fault.file)
        faulty[policy] = (*faulty.get(policy, ()), fault)
    sound = _library([draught for draught in draughts if draught.policy not in faulty])
    return replace(sound, faulty=faulty)


def _draughts(root: Path) -> tuple[list[Draught], School | None, list[Fault]]:
    school, faults = _school(root)
    texts = _read_all(root, TEXTS, parse_text, faults)
    entries = _read_all(root, ENTRIES, parse_entry, faults)
    draughts = [
        Draught(policy, label, texts.get((policy, label)), entries.get((policy, label)),
                text_path(policy, label), entry_path(policy, label))
        for policy, label in {**texts, **entries}
    ]  # fmt: skip
    faults += check_all(draughts, school)
    return draughts, school, faults


def _policy_of(path: str) -> str:
    """The policy a file is of; empty for a file outside of the policies' folders."""
    for folder in (TEXTS, ENTRIES):
        if path.startswith(folder + "/"):
            return path.removeprefix(folder + "/").partition("/")[0]
    return ""


def load_school(root: Path) -> School:
    """The settings in `school.toml`; raises FaultsFound."""
    school, faults = _school(root)
    if school is None:
        raise FaultsFound(faults)
    return school


def read_source(root: Path, path: str) -> str:
    """A file exactly as it stands, line ends and byte order mark included."""
    return (root / path).read_bytes().decode("utf-8")


def write_new(root: Path, path: str, content: str) -> None:
    """Writes a file that is not there yet, folders included; refuses to overwrite."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("x", encoding="utf-8", newline="") as file:
            file.write(content)
    except FileExistsError:
        raise HandbookError(f"{path} is there already; nothing was overwritten") from None


def write_whole(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Put new content in a file's place, as `writing_whole` does."""
    with writing_whole(path, sync=sync) as file:
        file.write(content)


@contextmanager
def writing_whole(path: Path, *, sync: bool = True) -> Iterator[BinaryIO]:
    """A stream whose content takes a file's place when the block ends well: a reader sees the old file or the
    new one, never a part of one.

    The file keeps its permissions. `sync` off leaves it to the system when the content reaches the disk. What
    is no ordinary file (a pipe, a device) is written to directly and stays what it is.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    new = path.with_name(f".{path.name}-{secrets.token_hex(4)}.tmp")
    try:
        with new.open("xb") as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        if path.exists():
            new.chmod(path.stat().st_mode & 0o7777)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _school(root: Path) -> tuple[School | None, list[Fault]]:
    source = _read(root / SCHOOL, SCHOOL)
    if isinstance(source, Fault):
        return None, [source]
    school, faults = parse_school(source, SCHOOL)
    return school, list(faults)


def _library(draughts: list[Draught]) -> Library:
    policies: dict[str, list[PolicyVersion]] = {}
    for draught in sorted(draughts, key=lambda d: (d.policy, label_key(d.label))):
        assert draught.entry and draught.entry.value  # else its faults have been raised
        text = draught.text.value if draught.text else None
        policies.setdefault(draught.policy, []).append(PolicyVersion(draught.entry.value, text))
    return Library({policy: Policy(policy, tuple(versions)) for policy, versions in policies.items()})


def _read_all(
    root: Path, folder: str, parse: Callable[..., Parsed[T]], faults: list[Fault]
) -> dict[tuple[str, str], Parsed[T]]:
    """Every version file below a folder, by policy and label; what is wrong is added to `faults`."""
    files: dict[tuple[str, str], Parsed[T]] = {}
    for policy, label, path in _version_files(root, folder, faults):
        source = _read(f"{root}/{path}", path)
        parsed: Parsed[T] = (
            Parsed(None, (source,)) if isinstance(source, Fault) else parse(source, path, policy, label)
        )
        faults += parsed.faults
        files[policy, label] = parsed
    return files


def _version_files(root: Path, folder: str, faults: list[Fault]) -> Iterator[tuple[str, str, str]]:
    for child in _children(root / folder, folder, faults):
        shown = f"{folder}/{_shown(child.name)}"
        if not child.is_dir():
            if child.name not in _BESIDE:
                faults.append(
                    Fault(shown, 1, 0, "", "expected only folders named for policies here; move this file")
                )
        elif not POLICY_ID.match(child.name):
            faults.append(
                Fault(shown, 1, 0, "", f"{ID_EXPECTED}, found {_shown(child.name)!r}; rename the folder")
            )
        else:
            yield from _labels(child, shown, faults)


def _labels(folder: Path, shown: str, faults: list[Fault]) -> Iterator[tuple[str, str, str]]:
    children = _children(folder, shown, faults)
    for child in children:
        label = child.name.removesuffix(".md")
        if child.is_dir() or label == child.name or not LABEL.match(label):
            faults.append(Fault(f"{shown}/{_shown(child.name)}", 1, 0, "",
                                f"{LABEL_EXPECTED} and .md, found {_shown(child.name)!r}; rename or "
                                f"move it"))  # fmt: skip
        else:
            yield folder.name, label, f"{shown}/{child.name}"
    if not children:
        faults.append(
            Fault(shown, 1, 0, "", "expected at least one version here, found an empty folder; delete it")
        )


def _children(folder: Path, shown: str, faults: list[Fault]) -> list[Path]:
    """What stands in a folder, hidden files left out; a folder that is not there holds nothing."""
    try:
        return sorted(child for child in folder.iterdir() if not child.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        faults.append(Fault(shown, 1, 0, "", f"this folder cannot be read: {error.strerror}"))
        return []


def _read(file: str | Path, path: str) -> str | Fault:
    try:
        with open(file, "rb") as opened:
            content = opened.read()
    except FileNotFoundError:
        return Fault(
            path, 1, 0, "", "this file is missing; start from the school's folder, or name it with --root"
        )
    except OSError as error:
        return Fault(path, 1, 0, "", f"this file cannot be read: {error.strerror}")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        return Fault(path, line, column, "", f"expected UTF-8 text, found the byte "
                                             f"0x{content[error.start]:02x}; "
                     "save the file as UTF-8")  # fmt: skip


def _shown(name: str) -> str:
    """A file name that can be printed anywhere."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
