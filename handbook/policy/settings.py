"""Reads a TOML file's settings one by one, noting what is wrong with each and in which line it stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from handbook.policy.errors import Fault

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*(\"[^\"]*\"|'[^']*'|[\w-]+)\s*[.=]")
_BAD_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass
class Table:
    """One table of the file. Readers return a value, or the default after noting the fault."""

    values: Mapping[str, object]
    file: str
    lines: Mapping[str, int]
    faults: list[Fault] = field(default_factory=list)
    path: str = ""
    used: set[str] = field(default_factory=set)

    def fault(self, name: str, message: str) -> None:
        where = self._path(name)
        line = self.lines.get(where) or self.lines.get(self.path) or 1
        self.faults.append(Fault(self.file, line, 0, where, message))

    def text(self, name: str, default: str = "", *, required: bool = False) -> str:
        """One line of text."""
        value: str = self._get(name, str, "text in quotes", default, required)
        if any(not c.isprintable() for c in value):
            self.fault(name, f"expected one line of plain text, found {value!r}")
            return default
        if required and name in self.values and isinstance(self.values[name], str) and not value.strip():
            self.fault(name, "expected some text, found nothing")
        return value.strip()

    def choice(self, name: str, among: Collection[str], default: str) -> str:
        value = self.text(name, default)
        if value not in among:
            words = ", ".join(word or repr(word) for word in among)
            self.fault(name, f"expected one of {words}, found {value!r}")
            return default
        return value

    def number(self, name: str, default: int, least: int = 0, most: int = 1_000_000) -> int:
        value: int = self._get(name, int, f"a whole number from {least} to {most}", default)
        if not least <= value <= most:
            self.fault(name, f"expected a whole number from {least} to {most}, found {value}")
            return default
        return value

    def yes(self, name: str, default: bool) -> bool:
        value: bool = self._get(name, bool, "true or false", default)
        return value

    def day(self, name: str) -> date | None:
        """A date written 2021-09-01 without quotes; required."""
        value: date | None = self._get(
            name, date, "a date such as 2021-09-01 without quotes", None, required=True
        )
        return value

    def texts(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        values = self._get(name, list, 'a list such as ["first", "second"]', [], required)
        if not all(isinstance(v, str) and v.strip() and v.isprintable() for v in values):
            self.fault(name, f"expected texts in quotes, found {values!r}")
            return ()
        if len({*values}) != len(values):
            self.fault(name, "expected each value once, found one twice")
        return tuple(dict.fromkeys(v.strip() for v in values))

    def numbers(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        values = self._get(name, list, "a list of whole numbers such as [14, 7]", list(default))
        if not all(type(v) is int and 0 < v <= 366 for v in values) or len({*values}) != len(values):
            self.fault(name, f"expected different whole numbers from 1 to 366, found {values!r}")
            return default
        return tuple(sorted(values, reverse=True))

    def table(self, name: str) -> Table:
        return self._inner(self._get(name, dict, f"a table [{self._path(name)}]", {}), self._path(name))

    def tables(self, name: str) -> Iterator[Table]:
        for index, value in enumerate(self._get(name, list, f"tables [[{self._path(name)}]]", []), start=1):
            if isinstance(value, dict):
                yield self._inner(value, f"{self._path(name)}#{index}")
            else:
                self.fault(name, f"expected a table of settings, found {value!r}")

    def finish(self) -> None:
        """Notes every setting that nothing has asked for."""
        for name in self.values:
            if name not in self.used:
                self.fault(name, f"no such setting; expected {', '.join(sorted(self.used))}")

    # Any: what a setting holds is known at run time alone, and checked against `kind`.
    def _get(self, name: str, kind: type, expected: str, default: Any, required: bool = False) -> Any:
        self.used.add(name)
        if name not in self.values:
            if required:
                self.fault(name, f"this setting is missing; expected {expected}")
            return default
        value = self.values[name]
        if (
            isinstance(value, kind)
            and (kind is bool or not isinstance(value, bool))
            and not isinstance(value, datetime)
        ):
            return value
        self.fault(name, f"expected {expected}, found {value!r}")
        return default

    def _path(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _inner(self, values: Mapping[str, object], path: str) -> Table:
        return Table(values, self.file, self.lines, self.faults, path)


def read_toml(source: str, file: str) -> Table:
    """The top table of a TOML file; broken TOML is noted as its one fault, and the table is then empty."""
    source = source.removeprefix("\ufeff")
    try:
        return Table(tomllib.loads(source), file, _lines(source))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = _BAD_LINE.search(str(error))
        line, column = (int(at[1]), int(at[2])) if at else (max(1, source.count("\n")), 0)
        reason = _BAD_LINE.sub("", str(error)).strip()
        message = f"TOML cannot read this: {reason}; check quotes, brackets and doubled settings"
        table = Table({}, file, {})
        table.faults.append(Fault(file, line, column, "", message))
        return table


def _lines(source: str) -> dict[str, int]:
    """The line of each setting, as near as a look at the lines can tell."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    path = ""
    for number, line in enumerate(source.split("\n"), start=1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            path = ".".join(part.strip().strip("\"'") for part in header[2].split("."))
            if header[1] == "[[":
                counts[path] = counts.get(path, 0) + 1
                lines.setdefault(path, number)
                path += f"#{counts[path]}"
            lines.setdefault(path, number)
        elif key:
            name = key[1].strip("\"'")
            lines.setdefault(f"{path}.{name}" if path else name, number)
    return lines
