"""What a redline shows for each kind of change, in the least that says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from handbook.pages.render import body
from handbook.policy.library import load
from handbook.redline.compare import Redline, accept, normalise, redline, redline_text, reject
from handbook.redline.html_tree import Node, parse, text_of, walk
from tests.policy.html_rules import problems

SHIPPED = Path(__file__).parents[2]


def of(old: str, new: str) -> Redline:
    """The redline of two Markdown texts, checked for what holds of all."""
    a, b = body(old), body(new)
    found = redline(a, b)
    assert accept(found.html) == normalise(b)
    assert reject(found.html) == normalise(a)
    assert problems(found.html) == []
    return found


def marked(found: Redline) -> list[tuple[str, str]]:
    """The marks of a redline: their kind and the text in them, words of ours left out."""
    nodes = [n for n in walk(parse(found.html)) if n.tag in ("ins", "del") and "data-rl" in n.attributes]
    return [(n.attributes["data-rl"], _own_text(n).strip()) for n in nodes]


def _own_text(child: Node | str) -> str:
    if isinstance(child, str):
        return child
    return "" if child.attributes.get("data-rl") == "note" else "".join(map(_own_text, child.children))


@pytest.mark.parametrize(
    "old, new, marks",
    [
        ("Staff may post.", "Staff must post.", [("removed", "may"), ("added", "must")]),
        ("Staff may post.", "Staff may not post.", [("added", "not")]),
        ("Staff may not post.", "Staff may post.", [("removed", "not")]),
        ("Ask first.", "Ask first!", [("removed", "."), ("added", "!")]),
        ("Use `one` here.", "Use `two` here.", [("removed", "one"), ("added", "two")]),
        ("Staff must ask.", "Staff **must** ask.", [("removed", "must"), ("added", "must")]),
        ("See *this* text.", "See **this** text.", [("removed", "this"), ("added", "this")]),
        ("- one\n- two\n- three", "- one\n- two\n- two and a half\n- three", [("added", "two and a half")]),
        ("- one\n- two\n    - deep\n    - deeper", "- one", [("removed", "twodeepdeeper")]),
        ("- one\n    - deep\n    - deeper", "- one\n    - deeper", [("removed", "deep")]),
        ("```\na = 1\nb = 2\n```", "```\na = 1\nb = 3\n```", [("removed", "2"), ("added", "3")]),
        ("Term\n:   Its meaning.", "Term\n:   Its meaning now.", [("added", "now")]),
        ('!!! note "Mind"\n    Ask us.', '!!! note "Mind"\n    Ask us first.', [("added", "first")]),
        ("Text[^a]\n\n[^a]: The note.", "Text[^a]\n\n[^a]: The old note.", [("added", "old")]),
        ("", "All of it new.", [("added", "All of it new.")]),
        ("All of it old.", "", [("removed", "All of it old.")]),
    ],
)
def test_a_change_is_marked_by_the_words_it_touches(old, new, marks):
    assert marked(of(old, new)) == marks


def test_the_change_of_september_2021_is_one_list_item():
    library = load(SHIPPED)
    old, new = (library.version("social-media", label).text.body for label in ("2020-09", "2021-09"))

    found = of(old, new)

    assert found.changes == 1
    assert [kind for kind, _ in marked(found)] == ["added"]
    assert [n.tag for n in walk(parse(found.html)) if n.attributes.get("data-rl") == "added"] == ["li", "ins"]


def test_equal_texts_have_no_change_and_no_mark():
    text = body("## Scope\n\nText[^1] with a [link](https://example.org).\n\n[^1]: Note.")
    assert redline(text, text) == Redline(text, 0, ())


def test_white_space_that_means_nothing_is_no_change():
    assert (
        redline("<p>One\n  two</p>\n\n<ul>\n<li>a</li>\n</ul>", "<p>One two</p><ul><li>a</li></ul>").changes
        == 0
    )


def test_a_removed_row_stays_a_row_of_the_table():
    found = of(
        "| a | b |\n|---|---|\n| one | two |\n| three | four |", "| a | b |\n|---|---|\n| three | four |"
    )
    assert '<tr data-rl="removed">' in found.html
    assert marked(found) == [("removed", "one"), ("removed", "two")]
    assert found.changes == 1


def test_a_new_column_is_one_change_and_rows_keep_their_width():
    found = of(
        "| Who | When |\n|---|---|\n| staff | now |\n| governors | later |",
        "| Who | How | When |\n|---|---|---|\n| staff | by e-mail | now |",
    )
    assert found.changes == 2
    assert ("added", "by e-mail") in marked(found)
    assert '<td data-rl="filler"></td>' in found.html


def test_a_moved_paragraph_is_shown_as_moved_in_both_places():
    found = of(
        "First comes this one here.\n\nSecond comes that one there.\n\nThird comes the last of them.",
        "Second comes that one there.\n\nThird comes the last of them.\n\nFirst comes this one here.",
    )
    assert marked(found) == [
        ("moved-from", "First comes this one here."),
        ("moved-to", "First comes this one here."),
    ]
    assert found.changes == 1
    assert 'href="#change-1"' in found.html and 'id="change-1"' in found.html
    assert 'href="#change-1-other"' in found.html and 'id="change-1-other"' in found.html


def test_a_moved_section_is_one_move():
    section = "## Phones\n\nPhones stay in the locker.\n\n- and so do watches\n"
    rest = (
        "# Pictures\n\n## Photos\n\nPhotos need the leave of a parent, in writing.\n\n"
        "Only school cameras are used for them.\n"
    )
    found = of(section + "\n" + rest, rest + "\n" + section)
    assert [kind for kind, _ in marked(found)] == ["moved-from", "moved-to"]


def test_a_moved_list_item_is_shown_as_moved():
    found = of("- one thing to do here\n- two\n- three", "- two\n- three\n- one thing to do here")
    assert [kind for kind, _ in marked(found)] == ["moved-from", "moved-to"]


def test_a_changed_link_is_told_with_its_old_address():
    found = of("See [the form](https://example.org/old).", "See [the form](https://example.org/new).")
    assert found.changes == 1
    assert marked(found) == []
    assert "[link changed, before: https://example.org/old]" in found.html


def test_a_changed_heading_level_is_told():
    found = of("## Scope\n\nText.", "### Scope\n\nText.")
    assert found.changes == 1
    assert "[heading level 2 before, now 3]" in found.html


def test_a_renamed_heading_takes_its_new_anchor_and_keeps_the_old_one_for_rejecting():
    found = of("## Who this covers\n\nText.", "## Whom this covers\n\nText.")
    assert 'id="whom-this-covers"' in found.html
    assert marked(found) == [("removed", "Who"), ("added", "Whom")]


def test_removed_headings_and_links_to_them_do_not_clash_with_the_new_ones():
    found = of("## Scope\n\nOld and gone. [Up](#scope)", "Entirely something else\n\n> ## Scope\n>\n> More.")
    assert 'id="was-scope"' in found.html
    assert 'href="#was-scope"' in found.html


def test_renumbered_footnotes_are_no_changes_by_themselves():
    found = of("One.\n\nTwo.[^b]\n\n[^b]: Note b.", "One.[^a]\n\nTwo.[^b]\n\n[^a]: Note a.\n[^b]: Note b.")
    assert [text for _, text in marked(found)] == ["1", "Note a.\xa0↩"]


def test_a_list_that_becomes_loose_is_no_change_of_its_words():
    found = of("- one thing\n- two things", "- one thing\n\n- two things\n\n- three things")
    assert marked(found) == [("added", "three things")]


def test_ids_of_changes_give_way_to_headings_that_look_like_them():
    found = of("## Change 1\n\nText here.", "## Change 1\n\nText there.")
    assert found.anchors == ("change-mark-1",)


def test_screen_readers_are_told_where_marks_start_and_end():
    html = of("Staff may post.", "Staff must post.").html
    told = [text_of(n) for n in walk(parse(html)) if n.attributes.get("class") == "rl-sr"]
    assert told == ["removed: ", " end of removal ", "added: ", " end of addition "]


def test_a_struck_word_of_the_policy_itself_is_not_taken_for_a_mark():
    old, new = "<p>Keep <del>this</del> word.</p>", "<p>Keep <del>this</del> one word.</p>"
    html = redline(old, new).html
    assert (accept(html), reject(html)) == (new, old)


def test_rewritten_sentences_are_not_kept_in_crumbs():
    found = of(
        "The use of phones in the lesson is up to the teacher of the class. Watches count as phones do.",
        "Pupils hand in the devices they own on arrival. Watches count as phones do.",
    )
    assert [kind for kind, _ in marked(found)] == ["removed", "added"]


def test_a_redline_reads_as_plain_text():
    found = redline_text(
        body("## Scope\n\nStaff may post.\n\n- one\n- two"),
        body("## Scope\n\nStaff must post.\n\n- one\n- two\n- three"),
    )
    assert found == [
        ("same", "## Scope\n\nStaff "),
        ("removed", "may"),
        ("added", "must"),
        ("same", " post.\n\n- one\n- two\n"),
        ("added", "- three"),
        ("same", "\n"),
    ]


def test_a_move_reads_as_plain_text():
    found = redline_text(
        body("First comes this one here.\n\nSecond comes that one there.\n\nThird comes the last."),
        body("Second comes that one there.\n\nThird comes the last.\n\nFirst comes this one here."),
    )
    assert [text for kind, text in found if kind == "moved"] == [
        "[moved from here: First comes this one here.]",
        "[moved to here] First comes this one here.",
    ]
