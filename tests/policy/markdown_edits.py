"""Makes policy-like Markdown documents and edits of them, each from a seed, for the tests and the bench of
redlines."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from random import Random

WORDS = [
    "staff",
    "pupils",
    "parents",
    "governors",
    "school",
    "account",
    "message",
    "photograph",
    "device",
    "network",
    "report",
    "safeguarding",
    "privacy",
    "the",
    "a",
    "of",
    "to",
    "and",
    "in",
    "on",
    "for",
    "with",
    "must",
    "should",
    "may",
    "not",
    "never",
    "always",
    "before",
    "after",
    "online",
    "public",
    "personal",
    "official",
    "approval",
    "headteacher",
    "record",
    "it's",
    "don't",
    "well-being",
    "year-group",
    "2021",
    "3.5",
    "café",
    "naïve",
    "“quoted”",
    "&",
    "<",
    "*",
    "_under_score",
]
STYLES = ("plain", "plain", "plain", "plain", "em", "strong", "code", "link", "note")


@dataclass
class Piece:
    """A stretch of words in one style; `target` is the address of a link or the label of a footnote."""

    style: str
    words: list[str]
    target: str = ""

    def markdown(self) -> str:
        text = " ".join(self.words)
        plain = text.replace("*", r"\*").replace("_", r"\_")
        return {
            "plain": plain,
            "em": f"*{plain}*",
            "strong": f"**{plain}**",
            "code": f"`{text}`",
            "link": f"[{plain}]({self.target})",
            "note": f"[^{self.target}]",
        }[self.style]


@dataclass
class Block:
    """A block; which of the fields count depends on the kind."""

    kind: str  # heading | text | list | table | code | admonition | quote | terms
    text: list[Piece] = field(default_factory=list)
    level: int = 2
    ordered: bool = False
    items: list[Block] = field(default_factory=list)  # of a list, an admonition or a quote
    rows: list[list[list[Piece]]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass
class Document:
    blocks: list[Block]
    notes: dict[str, list[Piece]] = field(default_factory=dict)

    def markdown(self) -> str:
        parts = [_block(b) for b in self.blocks]
        parts += [f"[^{label}]: {_line(text)}" for label, text in self.notes.items()]
        return "\n\n".join(parts) + "\n"


def _line(text: list[Piece]) -> str:
    return " ".join(p.markdown() for p in text)


def _block(block: Block) -> str:
    if block.kind == "heading":
        return "#" * block.level + " " + _line(block.text)
    if block.kind == "code":
        return "```\n" + "\n".join(block.lines) + "\n```"
    if block.kind == "table":
        rows = ["| " + " | ".join(_line(c) for c in row) + " |" for row in block.rows]
        return "\n".join([rows[0], "|" + "--:|" * len(block.rows[0]), *rows[1:]])
    if block.kind == "list":
        marker = "1. " if block.ordered else "- "
        gap = "\n\n" if block.level == 1 else "\n"  # a loose list
        return gap.join(_item(item, marker) for item in block.items)
    if block.kind == "admonition":
        return (
            f'!!! note "{" ".join(w for p in block.text for w in p.words if w.isalnum())}"\n\n'
            + _indented(block.items, "    ")
        )
    if block.kind == "quote":
        return _indented(block.items, "> ")
    if block.kind == "terms":
        return "\n\n".join(f"{_line(i.text)}\n:   {_line(i.items[0].text)}" for i in block.items)
    return _line(block.text)


def _item(item: Block, marker: str) -> str:
    inner = "".join("\n" + _indented([b], "    ") for b in item.items if b.kind == "list")
    more = "".join("\n\n" + _indented([b], "    ") for b in item.items if b.kind != "list")
    return marker + _line(item.text) + (more + "\n" if more and inner else more) + inner


def _indented(blocks: list[Block], prefix: str) -> str:
    text = "\n\n".join(_block(b) for b in blocks)
    return "\n".join((prefix + line).rstrip() for line in text.split("\n"))


class Maker:
    """Makes documents and edits from one source of chance."""

    def __init__(self, seed: int):
        self.chance = Random(seed)

    def document(self, blocks: int | None = None) -> Document:
        if blocks is None:
            blocks = self.chance.randint(0, 14)
        made = Document([self.block() for _ in range(blocks)])
        return self.with_notes(made)

    def with_notes(self, document: Document) -> Document:
        """The document with a text for each footnote it refers to."""
        for text in texts(document.blocks):
            for piece in text:
                if piece.style == "note" and piece.target not in document.notes:
                    document.notes[piece.target] = [self.piece("plain")]
        return document

    def words(self, least: int = 1, most: int = 9) -> list[str]:
        return [self.chance.choice(WORDS) for _ in range(self.chance.randint(least, most))]

    def piece(self, style: str | None = None) -> Piece:
        style = style or self.chance.choice(STYLES)
        target = {
            "link": self.chance.choice(
                ["https://example.org/a", "../conduct/", "#scope", "mailto:head@school.example"]
            ),
            "note": self.chance.choice("abcd"),
        }.get(style, "")
        return Piece(style, self.words(1, 3 if style in ("em", "strong", "code", "link") else 9), target)

    def text(self) -> list[Piece]:
        return [self.piece("plain"), *(self.piece() for _ in range(self.chance.randint(0, 5)))]

    def block(self, depth: int = 0) -> Block:
        kinds = ["text", "text", "list", "code", "quote", "admonition"]
        kind = self.chance.choice(
            kinds + (["heading", "heading", "table", "terms", "list"] if depth == 0 else [])
        )
        if kind in ("text", "heading"):
            text = self.text() if kind == "text" else [Piece("plain", self.words(1, 4))]
            return Block(kind, text, level=self.chance.randint(2, 4))
        if kind == "list":
            return Block(
                "list",
                ordered=self.chance.random() < 0.3,
                level=self.chance.randint(0, 3),
                items=[self.item(depth) for _ in range(self.chance.randint(1, 5))],
            )
        if kind == "table":
            width = self.chance.randint(1, 4)
            return Block(
                "table", rows=[[self.cell() for _ in range(width)] for _ in range(self.chance.randint(2, 5))]
            )
        if kind == "code":
            return Block(
                "code", lines=[" " * self.chance.choice([0, 0, 4]) + " ".join(self.words()) for _ in range(3)]
            )
        if kind == "terms":
            return Block("terms", items=[self.term() for _ in range(self.chance.randint(1, 3))])
        inner = [Block("text", self.text())] if depth > 1 else [self.block(depth + 1)]
        return Block(kind, [Piece("plain", ["Mind", *self.words(1, 2)])], items=inner)

    def cell(self) -> list[Piece]:
        return [Piece(self.chance.choice(["plain", "plain", "em", "code"]), list(self.words(1, 3)))]

    def term(self) -> Block:
        return Block("term", [Piece("plain", self.words(1, 3))], items=[Block("text", self.text())])

    def item(self, depth: int = 0) -> Block:
        made = Block("item", self.text())
        if depth < 3 and self.chance.random() < 0.3:
            made.items.append(
                Block("list", level=2, items=[self.item(depth + 1) for _ in range(self.chance.randint(1, 3))])
            )
        if self.chance.random() < 0.1:
            made.items.insert(0, Block("text", self.text()))
        return made

    def edited(self, document: Document, edits: int | None = None) -> Document:
        """The document after some edits."""
        if edits is None and self.chance.random() < 0.04:
            return self.chance.choice([Document([]), self.document()])
        result = deepcopy(document)
        for _ in range(edits or self.chance.randint(1, 6)):
            self.chance.choice(EDITS)(self, result)
        return self.with_notes(result)

    def one(self, of: list, otherwise=None):
        return self.chance.choice(of) if of else otherwise


def all_blocks(blocks: list[Block]) -> list[Block]:
    return [b for block in blocks for b in (block, *all_blocks(block.items))]


def texts(blocks: list[Block]) -> list[list[Piece]]:
    found = [b.text for b in all_blocks(blocks) if b.text]
    return found + [cell for b in all_blocks(blocks) for row in b.rows for cell in row]


def edit_words(maker: Maker, document: Document) -> None:
    piece = maker.one([p for t in [*texts(document.blocks), *document.notes.values()] for p in t])
    if piece is None:
        return
    at = maker.chance.randrange(len(piece.words))
    new = maker.chance.choice([maker.words(1, 1), maker.words(1, 4), []])
    piece.words[at : at + maker.chance.randint(0, 2)] = new
    piece.words = piece.words or ["left"]


def toggle_style(maker: Maker, document: Document) -> None:
    piece = maker.one([p for t in texts(document.blocks) for p in t if p.style != "note"])
    if piece is not None:
        piece.style = maker.chance.choice(["plain", "em", "strong", "code"])


def retarget(maker: Maker, document: Document) -> None:
    piece = maker.one([p for t in texts(document.blocks) for p in t if p.target])
    if piece is not None:
        piece.target = maker.piece(piece.style).target


def add_piece(maker: Maker, document: Document) -> None:
    text = maker.one([b.text for b in all_blocks(document.blocks) if b.kind in ("text", "item")])
    if text is not None:
        text.insert(maker.chance.randint(1, len(text)), maker.piece())


def insert_block(maker: Maker, document: Document) -> None:
    document.blocks.insert(maker.chance.randint(0, len(document.blocks)), maker.block())


def delete_block(maker: Maker, document: Document) -> None:
    if document.blocks:
        del document.blocks[maker.chance.randrange(len(document.blocks))]


def move_blocks(maker: Maker, document: Document) -> None:
    start = maker.chance.randint(0, len(document.blocks))
    moved = document.blocks[start : start + maker.chance.randint(1, 3)]
    del document.blocks[start : start + len(moved)]
    at = maker.chance.randint(0, len(document.blocks))
    document.blocks[at:at] = moved


def split_text(maker: Maker, document: Document) -> None:
    block = maker.one([b for b in document.blocks if b.kind == "text" and len(b.text) > 1])
    if block is not None:
        at = maker.chance.randint(1, len(block.text) - 1)
        rest = Block("text", [Piece("plain", ["Then"]), *block.text[at:]])
        del block.text[at:]
        document.blocks.insert(next(n for n, b in enumerate(document.blocks) if b is block) + 1, rest)


def merge_texts(maker: Maker, document: Document) -> None:
    pairs = [
        n
        for n in range(len(document.blocks) - 1)
        if all(b.kind == "text" for b in document.blocks[n : n + 2])
    ]
    n = maker.one(pairs)
    if n is not None:
        document.blocks[n].text += document.blocks.pop(n + 1).text


def edit_list(maker: Maker, document: Document) -> None:
    block = maker.one([b for b in all_blocks(document.blocks) if b.kind == "list"])
    if block is None:
        return
    at = maker.chance.randrange(len(block.items))
    what = maker.chance.choice(["insert", "delete", "move", "nest", "unnest", "loosen", "order"])
    if what == "insert":
        block.items.insert(at, maker.item())
    elif what == "delete" and len(block.items) > 1:
        del block.items[at]
    elif what == "move":
        block.items.insert(0, block.items.pop(at))
    elif what == "nest":
        block.items[at].items.append(Block("list", level=2, items=[maker.item(2)]))
    elif what == "unnest":
        block.items[at].items.clear()
    elif what == "loosen":
        block.level = 1 if block.level != 1 else 2
    elif what == "order":
        block.ordered = not block.ordered


def edit_table(maker: Maker, document: Document) -> None:
    block = maker.one([b for b in document.blocks if b.kind == "table"])
    if block is None:
        return
    width, row = len(block.rows[0]), maker.chance.randrange(1, len(block.rows))
    what = maker.chance.choice(["add row", "remove row", "add column", "remove column", "swap"])
    column = maker.chance.randrange(width)
    if what == "add row":
        block.rows.insert(row, [maker.cell() for _ in range(width)])
    elif what == "remove row" and len(block.rows) > 2:
        del block.rows[row]
    elif what == "add column":
        for cells in block.rows:
            cells.insert(column, maker.cell())
    elif what == "remove column" and width > 1:
        for cells in block.rows:
            del cells[column]
    elif what == "swap":
        for cells in block.rows:
            cells.append(cells.pop(column))


def edit_heading(maker: Maker, document: Document) -> None:
    block = maker.one([b for b in document.blocks if b.kind == "heading"])
    if block is not None:
        block.level = maker.chance.randint(2, 4)
        if maker.chance.random() < 0.5:
            block.text = [Piece("plain", maker.words(1, 4))]


def edit_code(maker: Maker, document: Document) -> None:
    block = maker.one([b for b in all_blocks(document.blocks) if b.kind == "code"])
    if block is not None:
        at = maker.chance.randrange(len(block.lines))
        block.lines[at : at + 1] = maker.chance.choice(
            [["  " + block.lines[at]], [" ".join(maker.words())], ["", block.lines[at]]]
        )


def renumber_notes(maker: Maker, document: Document) -> None:
    labels = list(document.notes)
    maker.chance.shuffle(labels)
    document.notes = {label: document.notes[label] for label in labels}


EDITS = (
    edit_words,
    edit_words,
    edit_words,
    toggle_style,
    retarget,
    add_piece,
    insert_block,
    delete_block,
    move_blocks,
    split_text,
    merge_texts,
    edit_list,
    edit_list,
    edit_table,
    edit_table,
    edit_heading,
    edit_code,
    renumber_notes,
)
