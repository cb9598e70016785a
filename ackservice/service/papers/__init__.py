"""What is printed or kept as a file: the templates of letters, of the poster and of the evidence pack, and
their style sheets."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ackservice.mail.messages import count, day, moment, plain

FOLDER = Path(__file__).parent / "templates"


def write(name: str, /, **values: object) -> str:
    """The text of a template with these values; in `.html` every value is escaped."""
    return _environment().get_template(name).render(values)


def style(name: str) -> str:
    """The text of a style sheet."""
    return (FOLDER / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        auto_reload=False,
    )  # fmt: skip
    environment.filters |= {"day": day, "moment": moment, "plain": plain, "count": count}
    return environment
