"""How pages put things: dates, addresses and phrases, and the templates they are written with."""

from __future__ import annotations

import json
import math
import posixpath
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from handbook.policy.wording import listed, long_date

TEMPLATES = Path(__file__).parents[1] / "templates"
WORDS_A_MINUTE = 200


def audience_words(audience: tuple[str, ...]) -> str:
    """Whom a version is for; an empty audience is everyone."""
    return listed(audience) or "everyone"


def reading_minutes(text: str) -> int:
    """Minutes an unhurried reader needs, at least one."""
    return max(1, math.ceil(len(text.split()) / WORDS_A_MINUTE))


def relative(page: str, to: str) -> str:
    """The address of `to` as seen from `page`; both are site addresses, folders ending with a slash."""
    path = posixpath.relpath(to or ".", page or ".")
    return f"{path}/" if (to.endswith("/") or not to) and path != "." else "./" if path == "." else path


def plain_markdown(text: str) -> Markup:
    """Text as Markdown that shows it letter by letter."""
    escaped = str(escape(text))
    return Markup(
        re.sub(r"([\\`*_{}\[\]#+!|~^=])", r"\\\1", escaped.replace("&#", "&\0")).replace("&\0", "&#")
    )


def _yaml(value: object) -> Markup:
    """A value as JSON, which is YAML too."""
    return Markup(json.dumps(value, ensure_ascii=False))


@cache
def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=False,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    env.filters.update(day=long_date, md=plain_markdown, yaml=_yaml)
    return env


def fill(template: str, **context: object) -> str:
    """One of the templates, filled."""
    return _environment().get_template(template).render(**context)
