"""Merges two trees into one that holds both: what is in both once, the rest marked as added or removed.

Taking the added parts and leaving the removed ones gives the new tree, and the other way about the old one,
by construction: each step below puts every child of both sides in its place exactly once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from handbook.redline.align import Run, align, pair_similar
from handbook.redline.html_tree import BLOCKS, HEADINGS, Child, Node, joined, walk
from handbook.redline.items import Item, Kind, Mark, Pair, Wrapper, settled
from handbook.redline.tables import is_regular, merged_table
from handbook.redline.tokens import Token, tokens, without_crumbs, words

LEAST_WORDS_OF_A_MOVE = 4
_CONTAINERS = frozenset(
    {"ul", "ol", "dl", "table", "tbody", "thead", "blockquote", "div", "details", "section"}
)
_ALWAYS_PAIRED = frozenset({"thead", "tbody", "summary"})
_TIGHT_OR_LOOSE = frozenset(
    {"li", "dd"}
)  # Markdown gives their text a paragraph or not, by the blank lines around


def is_footnote_number(node: Node) -> bool:
    """Whether this is the number in the text that leads to a footnote; it follows from the order of the
    notes."""
    return node.tag == "a" and "footnote-ref" in node.attributes.get("class", "").split()


def meaningful_attributes(node: Node) -> dict[str, str]:
    """The attributes that mean something to a reader: not ids, column alignment, or the way back from a
    footnote."""
    kept = {name: value for name, value in node.attributes.items() if name != "id"}
    if node.tag in ("td", "th"):
        kept.pop("class", None)
    if "footnote-backref" in kept.get("class", "").split():
        return {"class": kept["class"]}
    return kept


class Merge:
    """One comparison of two trees; it keeps what it has learnt about their nodes."""

    def __init__(self, old: Sequence[Child], new: Sequence[Child]):
        self.old, self.new = old, new
        self._numbers: dict[Hashable, int] = {}
        self._keys: dict[int, int] = {}
        self._bags: dict[int, Counter] = {}
        self._in_both = self._blocks(old) & self._blocks(new)

    def items(self) -> tuple[Item, ...]:
        """The merged tree."""
        return self.children(self.old, self.new, "div")

    def key(self, child: Child) -> int:
        """A number that is the same for nodes that read the same."""
        if isinstance(child, str):
            return self._number(child)
        if id(child) not in self._keys:
            inner = () if is_footnote_number(child) else tuple(self.key(c) for c in child.children)
            attributes = tuple(sorted(meaningful_attributes(child).items()))
            self._keys[id(child)] = self._number((child.tag, attributes, inner))
        return self._keys[id(child)]

    def _number(self, content: Hashable) -> int:
        return self._numbers.setdefault(content, len(self._numbers))

    def bag(self, child: Child) -> Counter:
        """The words in a node and how often each stands there."""
        if isinstance(child, str):
            return Counter(words(child))
        if id(child) not in self._bags:
            bag: Counter = Counter()
            for inner in child.children:
                bag.update(self.bag(inner))
            self._bags[id(child)] = bag
        return self._bags[id(child)]

    def _blocks(self, children: Sequence[Child]) -> set[int]:
        blocks = (node for node in walk(children) if node.tag in BLOCKS)
        return {self.key(node) for node in blocks}

    def children(self, old: Sequence[Child], new: Sequence[Child], tag: str) -> tuple[Item, ...]:
        """The merged content of an element of that tag."""
        left, right = tokens(old, tag), tokens(new, tag)
        runs = align([self.key(t.item) for t in left], [self.key(t.item) for t in right])
        runs = without_crumbs(runs, left, right)
        items: list[Item] = []
        at_old = at_new = 0
        for run in [*runs, Run(len(left), len(right), 0)]:
            items += self._gap(left[at_old : run.old], right[at_new : run.new])
            at_old, at_new = run.old + run.length, run.new + run.length
            for before, after in zip(left[run.old : at_old], right[run.new : at_new], strict=False):
                items += self._both(before, after)
        return settled(items)

    def _both(self, old: Token, new: Token) -> list[Item]:
        """A token that stands in both texts."""
        if old.lead == new.lead:
            lead: list[Item] = [new.lead]
        else:
            lead = [Mark(kind, (t.lead,)) for kind, t in ((Kind.REMOVED, old), (Kind.ADDED, new)) if t.lead]
        if isinstance(old.item, str) or isinstance(new.item, str) or old.item == new.item:
            return [*lead, new.item]
        return [*lead, self.pair(old.item, new.item)]

    def _gap(self, old: Sequence[Token], new: Sequence[Token]) -> list[Item]:
        """What lies between two runs of equal tokens: similar elements are paired, the rest is removed or
        added."""
        items: list[Item] = []
        at_old = at_new = 0
        for i, j in [*self._pairs(old, new), (len(old), len(new))]:
            items += _replaced(old[at_old:i], new[at_new:j])
            if i < len(old):
                items += self._both(old[i], new[j])
            at_old, at_new = i + 1, j + 1
        return items

    def _pairs(self, old: Sequence[Token], new: Sequence[Token]) -> list[tuple[int, int]]:
        left = [i for i, t in enumerate(old) if self._may_be_paired(t.item)]
        right = [j for j, t in enumerate(new) if self._may_be_paired(t.item)]
        if not left or not right:
            return []

        def worth(i: int, j: int, common: int) -> float:
            return self._worth(old[left[i]].item, new[right[j]].item, common)

        bags = [self.bag(old[i].item) for i in left], [self.bag(new[j].item) for j in right]
        return [(left[i], right[j]) for i, j in pair_similar(*bags, worth)]

    def _may_be_paired(self, item: Child) -> bool:
        """Elements that stand unchanged somewhere in the other text are shown as moved, not as rewritten."""
        return isinstance(item, Node) and (item.tag in _ALWAYS_PAIRED or not self._is_in_both(item))

    def _is_in_both(self, node: Node) -> bool:
        return self.key(node) in self._in_both and self.bag(node).total() >= LEAST_WORDS_OF_A_MOVE

    def _worth(self, old: Node, new: Node, common: int) -> float:
        if not _alike(old, new):
            return 0
        total = self.bag(old).total() + self.bag(new).total()
        likeness = 2 * common / total if total else 0.0
        same_place = old.tag == "a" and old.attributes.get("href") == new.attributes.get("href")
        if same_place or old.tag in _ALWAYS_PAIRED or old.attributes.get("class") == "footnote":
            return common + likeness + 0.01
        least = 0.15 if old.tag in _CONTAINERS else 0.4 if old.tag in BLOCKS else 0.5
        return common + likeness if likeness >= least else 0

    def pair(self, old: Node, new: Node) -> Pair:
        """An element that stands in both texts."""
        if old.tag == "table" and (rows := merged_table(self, old, new)) is not None:
            return Pair(old, new, rows)
        if is_footnote_number(old):
            return Pair(old, new, new.children)
        if old.tag in _TIGHT_OR_LOOSE:
            return Pair(old, new, self._tight_or_loose(old, new))
        return Pair(old, new, self.children(old.children, new.children, new.tag))

    def _tight_or_loose(self, old: Node, new: Node) -> tuple[Item, ...]:
        """The content of a list item, also where only one side has its first text in a paragraph."""
        for tight, loose, kind in ((old, new, Kind.ADDED), (new, old, Kind.REMOVED)):
            head = _leading_text(tight)
            if not head or not _starts_with_paragraph(loose):
                continue
            paragraph = loose.children[0]
            sides = (head, paragraph.children) if tight is old else (paragraph.children, head)
            rests = [n.children[len(head) :] if n is tight else n.children[1:] for n in (old, new)]
            wrapped = Wrapper("p", kind, self.children(*sides, "p"))
            return settled([wrapped, *self.children(*rests, new.tag)])
        return self.children(old.children, new.children, new.tag)


def _leading_text(node: Node) -> tuple[Child, ...]:
    for at, child in enumerate(node.children):
        if isinstance(child, Node) and child.tag in BLOCKS:
            return node.children[:at]
    return node.children


def _starts_with_paragraph(node: Node) -> bool:
    first = node.children[0] if node.children else ""
    return isinstance(first, Node) and first.tag == "p" and not first.attributes


def _alike(old: Node, new: Node) -> bool:
    """Whether two elements can be shown as one that was changed."""
    if old.tag != new.tag and not (old.tag in HEADINGS and new.tag in HEADINGS):
        return False
    if old.tag == "table":
        return is_regular(old) and is_regular(new)
    left, right = meaningful_attributes(old), meaningful_attributes(new)
    if old.tag == "a" and not is_footnote_number(old) and not is_footnote_number(new):
        for attributes in (left, right):
            attributes.pop("href", None)
            attributes.pop("title", None)
    return left == right


def _replaced(old: Sequence[Token], new: Sequence[Token]) -> list[Item]:
    lead: list[Item] = []
    if old and new and old[0].lead == new[0].lead:
        lead = [old[0].lead]
        old, new = [Token("", old[0].item), *old[1:]], [Token("", new[0].item), *new[1:]]
    sides = [(Kind.REMOVED, old), (Kind.ADDED, new)]
    return lead + [Mark(kind, _content(side)) for kind, side in sides if side]


def _content(side: Sequence[Token]) -> tuple[Child, ...]:
    return tuple(joined(part for token in side for part in (token.lead, token.item)))
