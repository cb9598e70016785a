"""Templates compiled by Jinja, kept from one build to the next."""

from __future__ import annotations

import hashlib
from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from handbook.site.checked_files import Damaged, read_checked, write_checked
from handbook.site.sources import made_with


class CompiledTemplates(BytecodeCache):
    """Compiled templates in a folder, by name, source and what they are compiled with: filters may be worked
    out in them.

    Losing the folder, or any file in it, costs time and nothing else.
    """

    def __init__(self, folder: Path):
        self._folder = folder

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            content = read_checked(self._path(bucket))
        except Damaged:
            return
        if content is not None:
            bucket.bytecode_from_string(content)

    def dump_bytecode(self, bucket: Bucket) -> None:
        write_checked(self._path(bucket), bucket.bytecode_to_string())

    def _path(self, bucket: Bucket) -> str:
        name = hashlib.sha256(f"{made_with()}\n{bucket.key}".encode()).hexdigest()
        return f"{self._folder}/{name}.compiled"
