"""The handbook build against plain MkDocs Material over the same pages, side by side in one run.

Made-up policies of about 2,400 words in ten versions each. "Plain" is MkDocs with the same theme and settings over the
staged tree (`handbook stage`), with the texts as Markdown: the same pages, each rendered through the theme, the archive
kept out of the navigation as ours is. Plain cannot make redlines, so it gets theirs for nothing. Times are processor
seconds of whole commands.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from handbook.policy.digest import canonical_text, digest_of, seal_of

AS_OF = "2021-10-01"
VERSIONS = 10
SECTIONS, PARAGRAPHS, WORDS = 12, 4, 50  # about 2,400 words
VOCABULARY = [a + b for a in "ka lo mi ne ro su ta vi wo ze pa de".split() for b in "ble ding form gate land mark ning son".split()]
SCHOOL = """name = "Bench School"
base_address = "https://bench.example"
categories = ["Teacher"]
[contacts."Business Manager"]
email = "office@bench.example"
"""
COLD, WARM = 0.5, 0.1  # the aims, as parts of plain's time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10,100,200", help="numbers of policies, with ten versions each")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",")]
    print(f"{'policies':>8} {'pages':>6} {'plain s':>8} {'cold s':>7} {'ratio':>6} {'again s':>8} {'ratio':>6} "
          f"{'MB':>5} {'plain MB':>8} {'index':>6}")  # fmt: skip
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="bench-build-") as folder:
            print(row(size, Path(folder)), flush=True)


def row(size: int, folder: Path) -> str:
    """One line of figures for a number of policies."""
    root = folder / "root"
    make_library(root, size)
    cold, memory = timed([*HANDBOOK, "build", "--root", root, "--as-of", AS_OF, "--output", folder / "site"])
    change_one(root)
    again, _ = timed([*HANDBOOK, "build", "--root", root, "--as-of", AS_OF, "--output", folder / "site"])
    subprocess.run([*HANDBOOK, "stage", folder / "staged", "--root", root, "--as-of", AS_OF], check=True, stdout=subprocess.DEVNULL)
    put_markdown_back(root, folder / "staged/docs/policies")
    plain, plain_memory = timed([sys.executable, "-m", "mkdocs", "build", "-q", "-f", folder / "staged/mkdocs.yml"])
    pages = sum(1 for _ in (folder / "site").rglob("index.html"))
    ours = (folder / "site/search/search_index.json").stat().st_size
    in_force = index_of_policies(folder / "site/search/search_index.json")
    verdict = "" if cold <= COLD * plain and again <= WARM * plain else "  missed"
    return (f"{size:>8} {pages:>6} {plain:>8.2f} {cold:>7.2f} {cold / plain:>6.2f} {again:>8.2f} {again / plain:>6.2f} "
            f"{memory:>5.0f} {plain_memory:>8.0f} {ours / in_force:>6.2f}{verdict}")  # fmt: skip


HANDBOOK = [sys.executable, "-c", "from handbook.cli import main; main()"]


def timed(command: list) -> tuple[float, float]:
    """Processor seconds a command takes (all of them run in one thread), and the most memory it held, in MB."""
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def put_markdown_back(root: Path, staged: Path) -> None:
    """Plain MkDocs renders texts from their Markdown: undo what `stage` has rendered beforehand."""
    for policy in (root / "handbook/docs/policies").iterdir():
        texts = sorted(policy.glob("*.md"))
        for text in texts:
            shutil.copyfile(text, staged / policy.name / text.name)
        shutil.copyfile(texts[-1], staged / policy.name / "index.md")


def index_of_policies(index: Path) -> int:
    """Bytes of a search index of the policies in force and nothing else."""
    entries = json.loads(index.read_text(encoding="utf-8"))
    entries["docs"] = [entry for entry in entries["docs"] if entry["location"].startswith("policies/")]
    return len(json.dumps(entries, separators=(",", ":")))


def make_library(root: Path, size: int) -> None:
    """`size` policies, each version with one section written anew, one paragraph added and one word changed."""
    (root / "handbook/docs").mkdir(parents=True)
    (root / "school.toml").write_text(SCHOOL, encoding="utf-8")
    for number in range(size):
        chance = random.Random(number)
        sections = [[paragraph(chance) for _ in range(PARAGRAPHS)] for _ in range(SECTIONS)]
        before = None
        for year in range(2021 - VERSIONS + 1, 2022):
            write_version(root, f"policy-{number}", f"{year}-09", sections, before)
            before = f"{year}-09"
            sections[chance.randrange(SECTIONS)] = [paragraph(chance) for _ in range(PARAGRAPHS)]
            sections[chance.randrange(SECTIONS)][-1] += " " + chance.choice(VOCABULARY)


def change_one(root: Path) -> None:
    """A new version of the first policy comes into force."""
    chance = random.Random(-1)
    sections = [[paragraph(chance) for _ in range(PARAGRAPHS)] for _ in range(SECTIONS)]
    write_version(root, "policy-0", "2021-10", sections, "2021-09")


def paragraph(chance: random.Random) -> str:
    return " ".join(chance.choice(VOCABULARY) for _ in range(WORDS)).capitalize() + "."


def write_version(root: Path, policy: str, label: str, sections: list[list[str]], before: str | None) -> None:
    title = f"{policy.replace('-', ' ').capitalize()}"
    body = "\n".join(f"## Section {n}\n\n" + "\n\n".join(texts) + "\n" for n, texts in enumerate(sections))
    effective_on, approved_on = date.fromisoformat(f"{label}-01"), date(int(label[:4]), 6, 1)
    change = "material" if before else "new"
    digest = digest_of(canonical_text(title, body))
    seal = seal_of(policy=policy, version=label, digest=digest, effective_on=effective_on, audience=(), change=change,
                   approved_by="Governors", approved_on=approved_on)  # fmt: skip
    text, entry = root / f"handbook/docs/policies/{policy}/{label}.md", root / f"changelog/{policy}/{label}.md"
    for path in (text, entry):
        path.parent.mkdir(parents=True, exist_ok=True)
    text.write_text(f"---\ntitle: {title}\nowner: Business Manager\naudience: all\neffective_on: {effective_on}\n---\n\n{body}", encoding="utf-8")
    supersedes = f"supersedes: {before}\n" if before else ""
    entry.write_text(f"---\n{supersedes}change: {change}\napproved_by: Governors\napproved_on: {approved_on}\n"
                     f"digest: {digest}\nseal: {seal}\n---\n\nOne section is new.\n", encoding="utf-8")  # fmt: skip


if __name__ == "__main__":
    main()
