"""Build the whole site into a folder: into a new one first, which takes the old one's place only when all
went well."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

# Material prints a notice about MkDocs' future on import unless told not to; `handbook stage` is our answer
# to it.
os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")

from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort, ConfigurationError

from handbook.policy.errors import HandbookError
from handbook.policy.library import load_school
from handbook.site.bodies import Bodies
from handbook.site.generator import CACHE, Progress, Run

LEFT_FOR = 24 * 60 * 60  # seconds
OURS = Path(__file__).parents[1] / "mkdocs.yml"


class BuildFailed(HandbookError):
    """The site was not built; `reasons` says why, and whatever stood in the output folder still does."""

    def __init__(self, reasons: list[str]):
        self.reasons = tuple(reasons)
        super().__init__("the handbook was not built:\n" + "\n".join(f"  {reason}" for reason in reasons))


@dataclass(frozen=True)
class Built:
    """What a build made: pages, and how many bodies of texts and redlines it had to render.

    `damaged` counts the files of the cache that were not as they had been written.
    """

    output: Path
    pages: int
    bodies_rendered: int
    damaged: int


def build(
    root: Path,
    output: Path,
    as_of: date,
    built_on: date,
    drafts: bool = False,
    base_address: str | None = None,
    cache: Path | None = None,
    progress: Progress = lambda what, done, of: None,
) -> Built:
    """Build the handbook of the checkout at `root` as it stands on `as_of`.

    `base_address` is school.toml's unless given; links between pages are relative, so the site works under
    any host. `cache` is `.cache/handbook` of the checkout unless given. `progress` is told how far it is.
    The same input gives the same bytes.

    Raises FaultsFound for anything wrong with the policies, and BuildFailed for any warning or error of the
    generator and for a folder that cannot be written.
    """
    root, output = Path(root).resolve(), Path(output).resolve()
    _refuse_foreign(output)
    load_school(root)  # a wrong folder is told by the name of the file it lacks
    bodies = Bodies(cache or root / CACHE)
    run = Run(root, as_of, built_on, drafts, base_address, bodies, progress=progress)
    new = _new_folder(output)
    try:
        with _build_date(built_on), _collected_warnings() as warnings:
            _generate(run, new, warnings)
        if warnings:
            raise BuildFailed(warnings)
        _swap(new, output)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return Built(output, run.pages, bodies.rendered, bodies.damaged)


def config_of(root: Path, site_dir: Path, **settings: object):
    """The checkout's own MkDocs configuration, or ours over its texts where it has none."""
    own = root / "handbook" / "mkdocs.yml"
    if own.exists():
        return load_config(str(own), site_dir=str(site_dir), **settings)
    return load_config(
        str(OURS), docs_dir=str(root / "handbook" / "docs"), site_dir=str(site_dir), **settings
    )


def _generate(run: Run, site_dir: Path, warnings: list[str]) -> None:
    try:
        config = config_of(run.root, site_dir, strict=True)
        run.draw(config.site_name)
        config.extra["handbook_run"] = run
        config.plugins.on_startup(command="build", dirty=False)
        try:
            mkdocs_build(config)
        finally:
            config.plugins.on_shutdown()
    except ConfigurationError as error:
        raise BuildFailed([*warnings, str(error)]) from error
    except Abort as error:
        raise BuildFailed(warnings or [str(error)]) from error
    except OSError as error:
        raise BuildFailed([f"{error.filename or site_dir}: {error.strerror or error}"]) from error


def _refuse_foreign(output: Path) -> None:
    """A folder that holds something else than a site of ours is never replaced."""
    if output.exists() and not output.is_dir():
        raise BuildFailed([f"{output}: is a file, and the site needs a folder"])
    if output.is_dir() and any(output.iterdir()) and not (output / "policies.json").exists():
        raise BuildFailed(
            [f"{output}: holds files that are not a site of the handbook; name an empty or new folder"]
        )


def _new_folder(output: Path) -> Path:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.is_dir() and not os.access(output, os.W_OK):
            raise PermissionError(13, "the folder is read-only", str(output))
        new = Path(tempfile.mkdtemp(prefix=f".{output.name}-new-", dir=output.parent))
        new.chmod(0o755)
        _sweep(new)
        return new
    except OSError as error:
        raise BuildFailed([f"{output}: cannot be written: {error.strerror or error}"]) from error


def _sweep(new: Path) -> None:
    """Take away what builds of this site that were killed left beside it, once it is too old to be one still
    going on."""
    start = new.name.rpartition("-")[0]
    for left in new.parent.glob(f"{start}-*"):
        if new.stat().st_mtime - left.stat().st_mtime > LEFT_FOR:
            shutil.rmtree(left, ignore_errors=True)


def _swap(new: Path, output: Path) -> None:
    """Put the new folder in the place of the old one, which comes back where that fails."""
    old = output.with_name(f"{new.name}-old")
    try:
        if output.exists():
            os.rename(output, old)
        try:
            os.rename(new, output)
        except OSError:
            if old.exists():
                os.rename(old, output)
            raise
    except OSError as error:
        raise BuildFailed([f"{output}: cannot be replaced: {error.strerror or error}"]) from error
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _build_date(day: date) -> Iterator[None]:
    """MkDocs dates the sitemap by SOURCE_DATE_EPOCH; it is the build day here."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(int(datetime.combine(day, time(12), UTC).timestamp()))
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _collected_warnings() -> Iterator[list[str]]:
    """Whatever MkDocs and its plugins warn of, word for word."""
    collector = _Collector()
    logger = logging.getLogger("mkdocs")
    logger.addHandler(collector)
    try:
        yield collector.messages
    finally:
        logger.removeHandler(collector)
