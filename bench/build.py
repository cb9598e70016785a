"""The handbook build against plain MkDocs Material over the same pages, side by side in one run.

Made-up policies of about 2,400 words in ten versions each. Two plain builds stand beside ours. Both render
the policies' texts from their Markdown; neither can make redlines, so both are given them ready, as HTML
within a page.

"As it comes" is Material with search and no `nav:`, so that every page, old versions and redlines too,
stands in the navigation, as it does unless somebody writes one out. A ratio against it says what a school
saves that would have put the same files into a new MkDocs site.

"Archive out" is MkDocs with our own theme settings and a navigation that names policies in force and nothing
older: the strictest there is to be measured by, since the cost of a long navigation is taken from it. A
ratio against it says what stamping and caching save by themselves.

The aims (cold at most 0.6, again at most 0.35, in processor and in wall time) hold for 100 policies with the
archive out. "Again" is after a new version of one policy. Each figure is the median of several runs;
processor seconds are of the whole command, wall seconds depend on what else the machine does. MB is the most
memory any one process held; index is the search index as a multiple of one of the policies in force alone.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import handbook
from handbook.policy.digest import canonical_text, digest_of, seal_of

AS_OF = "2021-10-01"
VERSIONS = 10
SECTIONS, PARAGRAPHS, WORDS = 12, 4, 50  # about 2,400 words
VOCABULARY = [
    a + b
    for a in ["ka", "lo", "mi", "ne", "ro", "su", "ta", "vi", "wo", "ze", "pa", "de"]
    for b in ["ble", "ding", "form", "gate", "land", "mark", "ning", "son"]
]
SCHOOL = """name = "Bench School"
base_address = "https://bench.example"
categories = ["Teacher"]
[contacts."Business Manager"]
email = "office@bench.example"
"""
RUNS = 3
COLD, AGAIN = 0.6, 0.35  # the aims, as parts of plain's time


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sizes", type=numbers, default="10,100,200", help="numbers of policies, with ten versions each"
    )
    parser.add_argument(
        "--plain-limit",
        type=int,
        default=100,
        help="leave Material as it comes out beyond so many policies; it takes many minutes (default: 100)",
    )
    parser.add_argument(
        "--versions",
        type=numbers,
        nargs="?",
        const="10,20,40",
        help="measure instead one policy with so many versions (10,20,40), and the cost of each",
    )
    given = parser.parse_args()
    compileall.compile_dir(
        handbook.__path__[0], quiet=1
    )  # as MkDocs and its parts were when they were installed
    print(f"Processors: {os.cpu_count()}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="bench-build-") as folder:
        if given.versions:
            print_versions(given.versions, Path(folder))
            return
        for size in given.sizes:
            print_size(size, Path(folder) / str(size), size <= given.plain_limit)


def numbers(listed: str) -> list[int]:
    return [int(number) for number in listed.split(",")]


@dataclass(frozen=True)
class Cost:
    """What a command took: processor and wall seconds, and the most memory a process of it held, in MB."""

    processor: float
    wall: float
    memory: float


def print_size(size: int, folder: Path, as_it_comes: bool) -> None:
    """The figures for a number of policies: both plain builds and both of ours, with our parts of theirs."""
    costs: dict[str, list[Cost]] = {}
    for run in range(RUNS):
        for name, cost in measured(size, folder / str(run), as_it_comes and run == 0).items():
            costs.setdefault(name, []).append(cost)
    site = folder / "0/site"
    pages = sum(1 for _ in site.rglob("index.html"))
    index = site / "search/search_index.json"
    print(f"\n{size} policies, {pages} pages; index {index.stat().st_size / index_of_policies(index):.2f}; "
          f"load {os.getloadavg()[0]:.1f}; medians of {RUNS} (as it comes: 1)")  # fmt: skip
    middle = {name: median(found) for name, found in costs.items()}
    for name, cost in middle.items():
        print(f"  {name:<20}{cost.processor:>8.2f} s processor{cost.wall:>8.2f} s wall{cost.memory:>6.0f} MB")
    for plain in (name for name in middle if name.startswith("plain")):
        for own, aim in (("cold", COLD), ("again", AGAIN)):
            part = middle[own].processor / middle[plain].processor
            of_wall = middle[own].wall / middle[plain].wall
            verdict = "met" if max(part, of_wall) <= aim else "missed"
            print(f"  {own} / {plain}: {part:.3f} (wall {of_wall:.3f}), aim {aim}: {verdict}", flush=True)


def measured(size: int, folder: Path, as_it_comes: bool) -> dict[str, Cost]:
    """One run of all builds over one library."""
    cold, again = ours(folder, size, VERSIONS)
    costs = {
        "cold": cold,
        "again": again,
        "plain, archive out": timed([*MKDOCS, folder / "staged/mkdocs.yml"]),
    }
    if as_it_comes:
        (folder / "staged/plain.yml").write_text(PLAIN, encoding="utf-8")
        costs["plain, as it comes"] = timed([*MKDOCS, folder / "staged/plain.yml"])
    return costs


def median(costs: list[Cost]) -> Cost:
    """Of each figure its median."""
    processor, wall, memory = (
        statistics.median(figures)
        for figures in zip(*((c.processor, c.wall, c.memory) for c in costs), strict=True)
    )
    return Cost(processor, wall, memory)


def ours(folder: Path, size: int, versions: int) -> tuple[Cost, Cost]:
    """Our build from nothing and after a change, and the staged tree for the plain ones."""
    root = folder / "root"
    make_library(root, size, versions)
    build = [*HANDBOOK, "build", "--root", root, "--as-of", AS_OF, "--output", folder / "site"]
    cold = timed(build)
    change_one(root)
    again = timed(build)
    stage = [*HANDBOOK, "stage", folder / "staged", "--root", root, "--as-of", AS_OF]
    subprocess.run(stage, check=True, stdout=subprocess.DEVNULL)
    put_markdown_back(root, folder / "staged/docs/policies")
    return cold, again


def print_versions(counts: list[int], folder: Path) -> None:
    """What one version costs as a policy gets more of them: the difference between builds, by the difference
    in versions."""
    before: tuple[int, Cost, Cost] | None = None
    for count in counts:
        runs = [ours(folder / f"{count}-{run}", 1, count) for run in range(RUNS)]
        cold, again = (median(costs) for costs in zip(*runs, strict=True))
        print(
            f"{count:>3} versions: cold {cold.processor:.2f} s, again {again.processor:.2f} s,"
            f" {cold.memory:.0f} MB",
            end="",
        )
        if before:
            more = count - before[0]
            cold_each, again_each = (
                (now.processor - then.processor) / more * 1000
                for now, then in ((cold, before[1]), (again, before[2]))
            )
            print(f"; each further version {cold_each:.1f} ms cold, {again_each:.1f} ms again", end="")
        print(flush=True)
        before = count, cold, again


PLAIN = """site_name: Plain
docs_dir: docs
site_dir: plain-site
theme: {name: material, font: false}
plugins: [search]
"""
HANDBOOK = [sys.executable, "-c", "from handbook.cli import main; main()"]
MKDOCS = [sys.executable, "-m", "mkdocs", "build", "-q", "-f"]


def timed(command: list) -> Cost:
    """What a command takes, its processes taken together."""
    started = time.perf_counter()
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.DEVNULL, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    memory = usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - started, memory)


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


def make_library(root: Path, size: int, versions: int = VERSIONS) -> None:
    """`size` policies, each version with one section written anew and one word added elsewhere."""
    (root / "handbook/docs").mkdir(parents=True)
    (root / "school.toml").write_text(SCHOOL, encoding="utf-8")
    for number in range(size):
        chance = random.Random(number)
        sections = [[paragraph(chance) for _ in range(PARAGRAPHS)] for _ in range(SECTIONS)]
        before = None
        for year in range(2021 - versions + 1, 2022):
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
    seal = seal_of(policy=policy, version=label, digest=digest, effective_on=effective_on, audience=(),
                   change=change,
                   approved_by="Governors", approved_on=approved_on)  # fmt: skip
    text, entry = (
        root / f"handbook/docs/policies/{policy}/{label}.md",
        root / f"changelog/{policy}/{label}.md",
    )
    for path in (text, entry):
        path.parent.mkdir(parents=True, exist_ok=True)
    text.write_text(
        f"---\ntitle: {title}\nowner: Business Manager\naudience: all\neffective_on: "
        f"{effective_on}\n---\n\n{body}",
        encoding="utf-8",
    )
    supersedes = f"supersedes: {before}\n" if before else ""
    entry.write_text(f"---\n{supersedes}change: {change}\napproved_by: Governors\napproved_on: "
                     f"{approved_on}\n"
                     f"digest: {digest}\nseal: {seal}\n---\n\nOne section is "
                     f"new.\n", encoding="utf-8")  # fmt: skip


if __name__ == "__main__":
    main()
