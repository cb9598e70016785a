"""Front matter: the YAML between two `---` lines, read so that every fault keeps its line and column.

A byte order mark at the start of a file is tolerated, since Windows editors write one; so are CRLF line
ends. Tabs, anchors, duplicate and unknown fields are faults. Values are read as written in the file, never
as YAML guessed their type: a label `2.10` is a fault that shows `2.10`, and not the number 2.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, TypeVar

import yaml
from yaml.constructor import SafeConstructor

from handbook.policy.digest import with_lf
from handbook.policy.errors import Fault
from handbook.policy.version import LABEL

T = TypeVar("T")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_KINDS = {
    "int": "a number",
    "float": "a number",
    "bool": "yes or no",
    "timestamp": "a date",
    "null": "nothing",
}
LABEL_EXPECTED = (
    "expected a version label, year-month such as 2021-09 (2021-09.2 for a second one in a month)"
)
DATE_EXPECTED = "expected a date written year-month-day with two digits each, such as 2021-09-01"


class Mark(NamedTuple):
    """Where something stands in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Parts:
    """A file cut in two: the YAML, the line after which it starts, the body and the line on which that
    starts."""

    yaml: str
    body: str
    body_line: int
    end_line: int  # line of the closing ---


def split(source: str, file: str) -> Parts | Fault:
    """Cuts a file at its `---` lines. Line ends become LF; a byte order mark and blank lines before the body
    go."""
    lines = with_lf(source.removeprefix("\ufeff")).split("\n")
    if lines[0].rstrip() != "---":
        return Fault(
            file,
            1,
            1,
            "",
            "expected the front matter to start with --- on the first line, "
            f"found {lines[0][:40]!r}; put --- before the fields",
        )
    for index, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            return _parts(lines, index)
    return Fault(file, 1, 1, "", "the front matter is not closed; put a line with --- after the last field")


def _parts(lines: list[str], end: int) -> Parts:
    start = end + 1
    while start < len(lines) and not lines[start].strip():
        start += 1
    return Parts(
        "\n".join(lines[1:end]) + "\n", "\n".join(lines[start:]), min(start + 1, len(lines)), end + 1
    )


@dataclass
class Fields:
    """The fields of one front matter. Readers return a value, or None after noting the fault."""

    file: str
    faults: list[Fault] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)
    _nodes: dict[str, yaml.Node] = field(default_factory=dict)

    def fault(self, name: str, message: str, at: Mark | None = None) -> None:
        """Notes what is wrong with a field, at its value unless told where."""
        mark = at or self.marks.get(name) or Mark(1, 0)
        self.faults.append(Fault(self.file, mark.line, mark.column, name, message))

    def __contains__(self, name: str) -> bool:
        return name in self._nodes

    def text(self, name: str, *, required: bool = False, default: str = "") -> str:
        """One line of text that is not empty."""
        if not self._has(name, required, "some text"):
            return default
        return self._line(name, self._nodes[name]) or default

    def block(self, name: str, default: str = "") -> str:
        """Text of any number of lines."""
        node = self._nodes.get(name)
        return (self._string(name, node) or default) if node is not None else default

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A date written 2021-09-01, quoted or not."""
        return self._checked(name, required, "a date such as 2021-09-01", DATE_EXPECTED, day_of)

    def label(self, name: str) -> str | None:
        """A version label."""
        return self._checked(name, False, "", LABEL_EXPECTED, lambda raw: raw if LABEL.match(raw) else None)

    def choice(self, name: str, among: Collection[str], *, required: bool = False) -> str | None:
        """One of a few words."""
        words = ", ".join(among)
        return self._checked(
            name,
            required,
            f"one of {words}",
            f"expected one of {words}",
            lambda raw: raw if raw in among else None,
        )

    def matching(self, name: str, pattern: re.Pattern[str], expected: str) -> str | None:
        """Text that matches a pattern."""
        return self._checked(
            name, False, "", f"expected {expected}", lambda raw: raw if pattern.match(raw) else None
        )

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, none of them twice; empty where the field is left out."""
        values: list[str] = []
        for item in self._items(name):
            value = self._line(name, item)
            if value in values:
                self.fault(
                    name, f"expected each value once, found {value!r} twice; take one out", _mark(item)
                )
            elif value is not None:
                values.append(value)
        return tuple(values)

    def mappings(self, name: str) -> Iterator[Fields]:
        """The fields of each item of a list; their faults are noted here too."""
        for item in self._items(name):
            inner = Fields(self.file, self.faults)
            if isinstance(item, yaml.MappingNode):
                inner._take(item)
                yield inner
            else:
                self.fault(name, f"expected fields such as `section: …`, found {_found(item)}", _mark(item))

    def mapping(self, name: str) -> Mapping[str, object]:
        """Any mapping, its values as YAML reads them."""
        node = self._nodes.get(name)
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.fault(name, f"expected fields with values, or {{}}, found {_found(node)}")
            return {}
        self._refuse_doubles(name, node)
        try:
            values: Mapping[str, object] = SafeConstructor().construct_document(node)
            return values
        except (yaml.YAMLError, ValueError, TypeError) as error:
            self.fault(
                name,
                f"a value YAML cannot read ({getattr(error, 'problem', None) or error}); put it in quotes",
            )
            return {}

    def is_word(self, name: str, word: str) -> bool:
        """Whether the field is just that word, as with `audience: all`."""
        node = self._nodes.get(name)
        return isinstance(node, yaml.ScalarNode) and node.value == word

    def only(self, known: Collection[str]) -> None:
        """Notes every field that is not known."""
        for name in self._nodes:
            if name not in known:
                self.fault(name, f"no such field; expected {', '.join(known)}", self.marks[f"{name}:"])

    def _refuse_doubles(self, name: str, node: yaml.Node) -> None:
        """Notes names that stand twice in a mapping, or in any below it; a node met again is an alias, noted
        before."""
        pending, seen = [node], set()
        while pending:
            at = pending.pop()
            if id(at) in seen or isinstance(at, yaml.ScalarNode):
                continue
            seen.add(id(at))
            names: set[str] = set()
            for part in at.value:
                key, value = part if isinstance(at, yaml.MappingNode) else (None, part)
                pending.append(value)
                if key is not None and str(key.value) in names:
                    self.fault(name, f"{key.value!r} stands twice; take one out", _mark(key))
                names.add(str(key.value) if key is not None else "")

    def _has(self, name: str, required: bool, expected: str) -> bool:
        if name not in self._nodes and required:
            self.fault(name, f"this field is missing; expected {expected}", self.marks.get("") or Mark(1, 0))
        return name in self._nodes

    def _checked(
        self, name: str, required: bool, missing: str, expected: str, read: Callable[[str], T | None]
    ) -> T | None:
        if not self._has(name, required, missing):
            return None
        node = self._nodes[name]
        value = read(node.value) if isinstance(node, yaml.ScalarNode) else None
        if value is None:
            self.fault(name, f"{expected}, found {_found(node)}")
        return value

    def _items(self, name: str) -> list[yaml.Node]:
        node = self._nodes.get(name)
        if node is None or isinstance(node, yaml.SequenceNode):
            return [] if node is None else node.value
        self.fault(name, f"expected a list such as [first, second], found {_found(node)}")
        return []

    def _line(self, name: str, node: yaml.Node) -> str | None:
        value = self._string(name, node)
        if value is None:
            return None
        if not value.strip() or "\n" in value.strip():
            self.fault(name, f"expected one line of text, found {_found(node)}", _mark(node))
            return None
        return value.strip()

    def _string(self, name: str, node: yaml.Node) -> str | None:
        kind = node.tag.rpartition(":")[2]
        if isinstance(node, yaml.ScalarNode) and kind == "str":
            text: str = node.value
            return text
        if isinstance(node, yaml.ScalarNode) and kind in _KINDS and node.value:
            hint = f'found {node.value}, which YAML reads as {_KINDS[kind]}; put it in quotes: "{node.value}"'
        else:
            hint = f"found {_found(node)}"
        self.fault(name, f"expected text, {hint}", _mark(node))
        return None

    def _take(self, node: yaml.MappingNode) -> None:
        self.marks[""] = _mark(node)
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name in self._nodes:
                self.fault(
                    name,
                    f"this field stands twice, first in line {self.marks[f'{name}:'].line}; take one out",
                    _mark(key),
                )
                continue
            self._nodes[name] = value
            self.marks[name], self.marks[f"{name}:"] = _mark(value), _mark(key)


def read(parts: Parts, file: str) -> Fields:
    """The fields of a front matter; what is wrong with the YAML itself stands in `faults`."""
    fields = Fields(file)
    for number, line in enumerate(parts.yaml.split("\n"), start=2):
        if "\t" in line:
            fields.fault(
                "", "expected spaces, found a tab; replace it by spaces", Mark(number, line.index("\t") + 1)
            )
    node = _compose(parts.yaml.replace("\t", " "), fields)
    if node is None:
        return fields
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        fields.fault("", f"expected one field a line, `name: value`, found {_found(node)}", _mark(node))
        return fields
    _refuse_aliases(node, fields, set())
    fields._take(node)
    return fields


def _compose(source: str, fields: Fields) -> yaml.Node | None:
    has_tabs = bool(fields.faults)
    try:
        node = yaml.compose(source, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        if not has_tabs:  # what a tab broke is not worth a second fault
            fields.fault(
                "",
                f"YAML cannot read this: {error.problem or error.context}; check indentation, quotes and "
                "brackets (text with `: ` or `#` in it needs quotes)",
                Mark(at.line + 2, at.column + 1) if at else Mark(2, 0),
            )
        return None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        fields.fault(
            "",
            f"YAML cannot read this: {str(error).splitlines()[0]}; look for characters that cannot be seen",
            Mark(2, 0),
        )
        return None
    if node is None:
        fields.fault("", "the front matter is empty; write one field a line, `name: value`", Mark(1, 0))
    return node


def _refuse_aliases(node: yaml.Node, fields: Fields, seen: set[int]) -> None:
    """Notes aliases: a node met twice."""
    if id(node) in seen:
        fields.fault(
            "", "expected each value written out, found an alias (*name); write the value again", _mark(node)
        )
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_aliases(item, fields, seen)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            _refuse_aliases(value, fields, seen)


def day_of(raw: str) -> date | None:
    """The date written so, year-month-day with two digits each; None for anything else, weeks and short
    forms included."""
    try:
        return date.fromisoformat(raw) if _DAY.match(raw) else None
    except ValueError:
        return None


def _mark(node: yaml.Node) -> Mark:
    return Mark(node.start_mark.line + 2, node.start_mark.column + 1)


def _found(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        shown = node.value if len(node.value) <= 60 else node.value[:57] + "…"
        return repr(shown) if shown.strip() else "nothing"
    return "a list" if isinstance(node, yaml.SequenceNode) else "fields with values"
