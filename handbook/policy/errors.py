"""The errors of the handbook, each carrying what its reader needs to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class HandbookError(Exception):
    """Base of every error the handbook raises on purpose; its text is fit to be shown to a person."""


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong in one file. Lines and columns count from 1; column 0 means the whole line."""

    file: str
    line: int
    column: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" + (f":{self.column}" if self.column else "")
        return f"{where}: {self.field}: {self.message}" if self.field else f"{where}: {self.message}"


class FaultsFound(HandbookError):
    """Everything found wrong in one run, sorted by file and line."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


class UnknownPolicy(HandbookError):
    """No policy of that name is in the handbook."""

    def __init__(self, policy: str, known: Iterable[str]):
        self.policy = policy
        self.known = tuple(sorted(known))
        super().__init__(f"no policy {policy!r} in the handbook; it has: {', '.join(self.known) or 'none'}")


class UnknownVersion(HandbookError):
    """The policy exists, but has no version of that label."""

    def __init__(self, policy: str, version: str, known: Iterable[str]):
        self.policy = policy
        self.version = version
        self.known = tuple(known)
        super().__init__(
            f"policy {policy!r} has no version {version!r}; it has: {', '.join(self.known) or 'none'}"
        )
