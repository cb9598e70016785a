"""Which items of two sequences belong together: equal ones in order, then similar ones in the gaps between.

The cost is bounded: where two long sequences have little in common, only items that stand once in each are
taken as equal, and only items that share rare words, or stand about level, are compared for similarity.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

EXACT_LIMIT = (
    40_000_000  # cells of the table behind an exact alignment: 5 MB of bits, a few hundredths of a second
)
ALL_PAIRS_LIMIT = 900  # pairs of one gap that are compared each with each
# In larger gaps an item is compared with the few that share most of its rarest words, or stand about level
# with it.
RAREST, MOST_HOLDERS = 6, 100
BAND = 1
CANDIDATES = 6


@dataclass(frozen=True, slots=True)
class Run:
    """`length` items from `old` on in the old sequence that equal those from `new` on in the new one."""

    old: int
    new: int
    length: int


def align(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Run]:
    """The runs of equal items, in order; as long in sum as can be, unless the sequences are long and
    unlike."""
    start = 0
    shortest = min(len(old), len(new))
    while start < shortest and old[start] == new[start]:
        start += 1
    end = 0
    while end < shortest - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = _align_middle(old[start : len(old) - end], new[start : len(new) - end])
    runs = [Run(0, 0, start)] + [Run(r.old + start, r.new + start, r.length) for r in middle]
    return _joined([*runs, Run(len(old) - end, len(new) - end, end)])


def _align_middle(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Run]:
    if not old or not new:
        return []
    if len(old) * len(new) <= EXACT_LIMIT:
        return _exact(old, new)
    anchors = _anchors(old, new)
    runs: list[Run] = []
    at_old = at_new = 0
    for i, j in [*anchors, (len(old), len(new))]:
        if 0 < (i - at_old) * (j - at_new) <= EXACT_LIMIT:
            gap = _exact(old[at_old:i], new[at_new:j])
            runs += [Run(r.old + at_old, r.new + at_new, r.length) for r in gap]
        if i < len(old):
            runs.append(Run(i, j, 1))
        at_old, at_new = i + 1, j + 1
    return runs


def _exact(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Run]:
    opcodes = Indel.opcodes(old, new)
    return [Run(o.src_start, o.dest_start, o.src_end - o.src_start) for o in opcodes if o.tag == "equal"]


def _anchors(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The longest rising chain of items that stand exactly once on either side (as in a patience diff)."""
    in_old, in_new = Counter(old), Counter(new)
    place = {item: j for j, item in enumerate(new) if in_new[item] == 1}
    pairs = [(i, place[item]) for i, item in enumerate(old) if in_old[item] == 1 and item in place]
    return [(i, j) for i, j, _ in best_chain([(i, j, 1.0) for i, j in pairs])]


def _joined(runs: list[Run]) -> list[Run]:
    result: list[Run] = []
    for run in runs:
        if not run.length:
            continue
        last = result[-1] if result else None
        if last and (last.old + last.length, last.new + last.length) == (run.old, run.new):
            result[-1] = Run(last.old, last.new, last.length + run.length)
        else:
            result.append(run)
    return result


def pair_similar(
    old: Sequence[Counter], new: Sequence[Counter], worth: Callable[[int, int, int], float]
) -> list[tuple[int, int]]:
    """Pairs of items that belong together, in order and without crossing.

    `old` and `new` are the words of each item. `worth(i, j, common)` is told how many words two items share
    and answers what pairing them is worth, 0 for not at all.
    """
    candidates = _all_pairs(old, new) if len(old) * len(new) <= ALL_PAIRS_LIMIT else _likely_pairs(old, new)
    weighed = []
    for i, j in candidates:
        value = worth(i, j, (old[i] & new[j]).total())
        if value > 0:
            weighed.append((i, j, value))
    return [(i, j) for i, j, _ in best_chain(weighed)]


def _all_pairs(old: Sequence[Counter], new: Sequence[Counter]) -> list[tuple[int, int]]:
    return [(i, j) for i in range(len(old)) for j in range(len(new))]


def _likely_pairs(old: Sequence[Counter], new: Sequence[Counter]) -> list[tuple[int, int]]:
    holders: dict[Hashable, list[int]] = defaultdict(list)
    for j, words in enumerate(new):
        for word in words:
            holders[word].append(j)
    pairs = []
    for i, words in enumerate(old):
        votes: Counter[int] = Counter()
        rare = sorted(
            (len(holders[word]), word) for word in words if 0 < len(holders.get(word, ())) <= MOST_HOLDERS
        )
        for _, word in rare[:RAREST]:
            votes.update(holders[word])
        across = i * len(new) // len(old)
        votes.update(range(max(across - BAND, 0), min(across + BAND + 1, len(new))))
        pairs += [(i, j) for j, _ in sorted(votes.items(), key=lambda vote: (-vote[1], vote[0]))[:CANDIDATES]]
    return pairs


def best_chain(weighed: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Of weighed pairs (i, j, weight) the chain rising in both i and j that weighs most."""
    # Falling j for equal i, so that no chain takes two pairs of one i.
    pairs = sorted(weighed, key=lambda pair: (pair[0], -pair[1]))
    ends = sorted({j for _, j, _ in pairs})
    tree: list[tuple[float, int]] = [(0.0, -1)] * (len(ends) + 1)  # a Fenwick tree of prefix maxima over j
    before: list[int] = []
    for number, (_, j, weight) in enumerate(pairs):
        at = bisect_left(ends, j)
        best = (0.0, -1)
        k = at
        while k > 0:
            best = max(best, tree[k], key=lambda entry: entry[0])
            k -= k & -k
        before.append(best[1])
        total, k = best[0] + weight, at + 1
        while k <= len(ends):
            if total > tree[k][0]:
                tree[k] = (total, number)
            k += k & -k
    best = (0.0, -1)
    k = len(ends)
    while k > 0:
        best = max(best, tree[k], key=lambda entry: entry[0])
        k -= k & -k
    chain, number = [], best[1]
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]
