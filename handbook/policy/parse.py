"""Reads the text of one policy version: its front matter and body, with all that is wrong in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from handbook.policy import frontmatter
from handbook.policy.digest import canonical_text
from handbook.policy.errors import Fault
from handbook.policy.frontmatter import Fields, Mark
from handbook.policy.raw_html import open_fence, raw_html
from handbook.policy.version import POLICY_ID, PolicyText

T = TypeVar("T")

FIELDS = (
    "title", "owner", "audience", "effective_on", "review_by", "related",
    "questions", "suggestions", "keywords", "renamed_from", "extra",
)  # fmt: skip
ID_EXPECTED = "expected a policy id of small letters, digits and single hyphens, such as data-protection"


@dataclass(frozen=True)
class Parsed(Generic[T]):
    """What a file says, or None where it cannot be read; its faults; and where each field stands."""

    value: T | None
    faults: tuple[Fault, ...] = ()
    marks: Mapping[str, Mark] = field(default_factory=dict)


def parse_text(source: str, path: str, policy: str, version: str) -> Parsed[PolicyText]:
    """The text of a version. `path` is only told in faults.

    The body is kept in its canonical form, so that what is shown is what the digest is of.
    """
    parts = frontmatter.split(source, path)
    if isinstance(parts, Fault):
        return Parsed(None, (parts,))
    fields = frontmatter.read(parts, path)
    if fields.faults and not fields.marks:
        return Parsed(None, tuple(fields.faults) + tuple(_body_faults(parts.body, path, parts.body_line)))
    text = _read(fields, parts, policy, version)
    faults = tuple(fields.faults) + tuple(_body_faults(parts.body, path, parts.body_line))
    return Parsed(text, faults, fields.marks)


def _read(fields: Fields, parts: frontmatter.Parts, policy: str, version: str) -> PolicyText | None:
    fields.only(FIELDS)
    title = fields.text("title", required=True)
    owner = fields.text("owner", required=True)
    effective_on = fields.day("effective_on", required=True)
    review_by = fields.day("review_by")
    if review_by and effective_on and review_by <= effective_on:
        fields.fault("review_by", f"expected a day after effective_on ({effective_on}), found {review_by}")
    audience = _audience(fields)
    related, keywords = fields.texts("related"), fields.texts("keywords")
    questions = fields.text("questions", default=owner)
    suggestions = fields.text("suggestions", default=owner)
    former_ids, extra = _former_ids(fields), fields.mapping("extra")
    if not (title and owner and effective_on):
        return None
    return PolicyText(
        policy,
        version,
        title,
        owner,
        effective_on,
        body=canonical_text(title, parts.body).partition("\n\n")[2],
        audience=audience,
        review_by=review_by,
        related=related,
        questions=questions,
        suggestions=suggestions,
        keywords=keywords,
        renamed_from=former_ids,
        extra=extra,
        path=fields.file,
        body_line=parts.body_line,
    )


def _audience(fields: Fields) -> tuple[str, ...]:
    if "audience" not in fields:
        fields.fault(
            "audience", "this field is missing; expected all, or a list of categories", fields.marks.get("")
        )
        return ()
    if fields.is_word("audience", "all"):
        return ()
    before = len(fields.faults)
    categories = fields.texts("audience")
    if not categories and len(fields.faults) == before:
        fields.fault("audience", "expected all, or a list of categories, found an empty list")
    return categories


def _former_ids(fields: Fields) -> tuple[str, ...]:
    former = fields.texts("renamed_from")
    for policy in former:
        if not POLICY_ID.match(policy):
            fields.fault("renamed_from", f"{ID_EXPECTED}, found {policy!r}")
    return former


def _body_faults(body: str, path: str, first_line: int) -> list[Fault]:
    if not body.strip():
        return [
            Fault(
                path,
                first_line,
                0,
                "body",
                "expected the text of the policy after the front matter, found nothing",
            )
        ]
    faults = [
        Fault(path, first_line + line - 1, column, "body",
              f"expected Markdown without HTML, found {shown!r}; write it in Markdown, or &lt; for a plain <")
        for line, column, shown in raw_html(body)
    ]  # fmt: skip
    unclosed = open_fence(body)
    if unclosed:
        faults.append(
            Fault(path, first_line + unclosed - 1, 0, "body", "this code fence is never closed; close it")
        )
    return faults
