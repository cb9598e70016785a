"""What a redline costs against the size of the text and the number of changes.

Prints seconds, and each row's ratio to the row above: about 2 where the size doubles means linear.

    python -m bench.redline
"""

from __future__ import annotations

import resource
import time
from random import Random

from handbook.pages.render import body
from handbook.redline.compare import accept, normalise, redline, reject
from tests.policy.markdown_edits import Document, Maker

SIZES = (12_500, 25_000, 50_000, 100_000)
CHANGES = (0, 50, 200, 800)


def policy(words: int, seed: int) -> list[str]:
    """A rendered text of about that many words in blocks: every tenth a heading, paragraphs of forty words
    between."""
    chance = Random(seed)
    vocabulary = [f"word{n}" for n in range(3000)] + ["the", "of", "and", "to"] * 250
    blocks = []
    for n in range(words // 40):
        if n % 10 == 0:
            blocks.append(f'<h2 id="part-{n}">{" ".join(chance.choices(vocabulary, k=4))}</h2>')
        blocks.append(f"<p>{' '.join(chance.choices(vocabulary, k=40))}.</p>")
    return blocks


def edited(blocks: list[str], changes: int) -> list[str]:
    """The text with that many paragraphs changed by a word or two."""
    chance, result = Random(changes), list(blocks)
    for _ in range(changes):
        at = chance.randrange(len(result))
        result[at] = result[at].replace(" the ", " each ", 1).replace(".</p>", " besides.</p>")
    return result


def seconds(old: str, new: str) -> tuple[float, int]:
    """How long one redline takes, the best of three, and how many changes it shows; it is checked besides."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        found = redline(old, new)
        times.append(time.perf_counter() - start)
    if accept(found.html) != normalise(new) or reject(found.html) != normalise(old):
        raise SystemExit("a redline is wrong")
    return min(times), found.changes


def table(title: str, rows: list[tuple[str, str, str]]) -> None:
    print(f"\n{title}")
    last = None
    for name, old, new in rows:
        taken, changes = seconds(old, new)
        ratio = f"{taken / last:5.2f}x" if last else "      "
        print(f"  {name:>28} {taken:8.2f} s {ratio}  {changes:5} changes")
        last = taken


def main() -> None:
    texts = {size: policy(size, seed=1) for size in SIZES}
    table(
        "Against size: 50 edits",
        [(f"{n:,} words", "".join(t), "".join(edited(t, 50))) for n, t in texts.items()],
    )
    largest = texts[SIZES[-1]]
    table(
        f"Against the number of edits: {SIZES[-1]:,} words",
        [(f"{n} edits", "".join(largest), "".join(edited(largest, n))) for n in CHANGES],
    )
    table(
        "Texts with nothing in common",
        [(f"{n:,} words", "".join(t), "".join(policy(n, seed=2))) for n, t in texts.items()],
    )
    table(
        "One paragraph, nothing in common",
        [(f"{n:,} words", _one_paragraph(t), _one_paragraph(policy(n, seed=2))) for n, t in texts.items()],
    )
    table("Back to front", [(f"{n:,} words", "".join(t), "".join(t[::-1])) for n, t in texts.items()])
    rows = []
    for blocks in (100, 200, 400, 800):
        maker = Maker(blocks)
        document: Document = maker.document(blocks)
        rows.append(
            (f"{blocks} blocks", body(document.markdown()), body(maker.edited(document, 50).markdown()))
        )
    table("Lists, tables, notes and all: 50 edits", rows)
    print(f"\nPeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _one_paragraph(blocks: list[str]) -> str:
    return "<p>" + " ".join(b[b.index(">") + 1 : b.rindex("<")] for b in blocks) + "</p>"


if __name__ == "__main__":
    main()
