"""Rendering on several processors gives what rendering on one does."""

from __future__ import annotations

from pathlib import Path

from handbook.site.bodies import redline_of, renderer
from handbook.site.body_cache import BodyCache
from handbook.site.render_ahead import WORTHWHILE, Job, render_ahead


def job(number: int, texts: int = 12) -> Job:
    """A policy whose versions differ in one word."""
    versions = tuple(
        f"## Scope\n\nPolicy {number} covers case {n} of all.\n\n## Rule\n\nAsk first.\n"
        for n in range(texts)
    )
    return Job(versions, tuple((n, n + 1) for n in range(texts - 1)))


MANY = [job(number) for number in range(WORTHWHILE // 23 + 2)]
KEYS = [key for j in MANY for key in j.keys()]


def kept_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.html"))}


def in_this_process(folder: Path) -> dict[str, bytes]:
    """Each policy alone, which is too little for a second process."""
    for j in MANY:
        alone = BodyCache(folder)
        for text in j.texts:
            renderer(alone)(text)
        for old, new in j.pairs:
            redline_of(j.texts[old], j.texts[new], alone)
    return kept_in(folder)


def test_two_processes_render_what_one_does(tmp_path: Path) -> None:
    kept = BodyCache(tmp_path / "two")
    render_ahead(MANY, kept, workers=2)
    assert kept.missing(KEYS) == []
    assert kept.rendered == len(set(KEYS))
    assert kept_in(tmp_path / "two") == in_this_process(tmp_path / "one")


def test_a_few_bodies_are_left_to_the_build(tmp_path: Path) -> None:
    kept = BodyCache(tmp_path)
    render_ahead([job(1)], kept, workers=2)
    assert (kept.rendered, kept_in(tmp_path)) == (0, {})


def test_nothing_is_rendered_ahead_with_one_processor_or_without_a_cache(tmp_path: Path) -> None:
    for kept, workers in ((BodyCache(tmp_path), 1), (BodyCache(None), 2)):
        render_ahead(MANY, kept, workers)
        assert kept.rendered == 0


def test_what_another_process_did_not_deliver_is_not_counted(tmp_path: Path) -> None:
    kept = BodyCache(tmp_path)
    kept.count_rendered(KEYS)
    assert kept.rendered == 0
