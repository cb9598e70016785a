"""Every fault names file, line and field, and what to do; all of them are found in one run."""

from __future__ import annotations

import os
from datetime import date

import pytest

from handbook.policy.library import load

TEXT = "handbook/docs/policies/bicycles/2020-09.md"
ENTRY = "changelog/bicycles/2020-09.md"


def test_a_sound_tree_has_no_faults(school, history):
    assert school.faults() == []


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ("title: Bicycle Policy", "title:\tBicycle Policy", "2:7: ", "expected spaces, found a tab"),
        (
            "owner: Business Manager",
            "owner: Headteacher\nowner: Headteacher",
            "4:1: owner: ",
            "stands twice, first in line 3",
        ),
        (
            "2020-09-01",
            "2020-9-1",
            "5:15: effective_on: ",
            "two digits each, such as 2021-09-01, found '2020-9-1'",
        ),
        ("2020-09-01", "2020-02-30", "5:15: effective_on: ", "expected a date"),
        ("2020-09-01", "[2020-09-01]", "5:15: effective_on: ", "found a list"),
        ("2020-09-01", "2020-09-01T10:00:00", "5:15: effective_on: ", "found '2020-09-01T10:00:00'"),
        ("effective_on: 2020-09-01\n", "", "2:1: effective_on: ", "this field is missing; expected a date"),
        ("title: Bicycle Policy\n", "", "2:1: title: ", "this field is missing"),
        ("audience: all\n", "", "2:1: audience: ", "this field is missing; expected all, or a list"),
        ("audience: all", "audience: Teacher", "4:11: audience: ", "expected a list"),
        ("audience: all", "audience: []", "4:11: audience: ", "found an empty list"),
        ("audience: all", "audience: [Teacher, Teacher]", "4:21: audience: ", "found 'Teacher' twice"),
        (
            "audience: all",
            "audience: [Pupil]",
            "4:11: audience: ",
            "categories of school.toml (Teacher, Governor), found 'Pupil'",
        ),
        (
            "owner: Business Manager",
            "owner: Caretaker",
            "3:8: owner: ",
            "expected a role with a contact in school.toml",
        ),
        ("audience: all", "audience: all\nquestions: Nurse", "5:12: questions: ", "found 'Nurse'"),
        ("audience: all", "audience: all\nsuggestions: Nurse", "5:14: suggestions: ", "found 'Nurse'"),
        (
            "title: Bicycle Policy",
            "title: 2.10",
            "2:8: title: ",
            'which YAML reads as a number; put it in quotes: "2.10"',
        ),
        ("title: Bicycle Policy", "title: yes", "2:8: title: ", "reads as yes or no"),
        ("title: Bicycle Policy", "title: ''", "2:8: title: ", "expected one line of text, found nothing"),
        ("title: Bicycle Policy", "title:", "2:7: title: ", "expected text, found nothing"),
        (
            "title: Bicycle Policy",
            "titel: Bicycles\ntitle: B",
            "2:1: titel: ",
            "no such field; expected title, owner",
        ),
        ("title: Bicycle Policy", "title: Bikes: a policy", "2:13: ", "YAML cannot read this"),
        ("title: Bicycle Policy", "title: &a Bikes\nkeywords: [*a]", "2:8: ", "found an alias"),
        ("audience: all", "audience: all\nkeywords: [2020]", "5:12: keywords: ", 'put it in quotes: "2020"'),
        ("audience: all", "audience: all\nextra: text", "5:8: extra: ", "expected fields with values"),
        ("audience: all", "audience: all\nextra: {a: 1, a: 2}", "5:15: extra: ", "'a' stands twice"),
        (
            "audience: all",
            "audience: all\nreview_by: 2020-08-01",
            "5:12: review_by: ",
            "expected a day after effective_on",
        ),
        (
            "audience: all",
            "audience: all\nrelated: [data-protection]",
            "5:10: related: ",
            "no policy 'data-protection'",
        ),
        (
            "audience: all",
            "audience: all\nrenamed_from: [bicycles]",
            "5:15: renamed_from: ",
            "which is a policy of this handbook",
        ),
        (
            "audience: all",
            "audience: all\nrenamed_from: [Old Bikes]",
            "5:15: renamed_from: ",
            "expected a policy id",
        ),
        (
            "Lock your bicycle.",
            "Lock <b>it</b>.",
            "9:6: body: ",
            "expected Markdown without HTML, found '<b>'",
        ),
        ("Lock your bicycle.", "<script>alert(1)</script>", "9:1: body: ", "found '<script>'"),
        ("Lock your bicycle.", "Lock it <!-- or not -->", "9:9: body: ", "without HTML"),
        ("Lock your bicycle.", "```\nnever closed", "9: body: ", "this code fence is never closed"),
        ("## Sheds\n\nLock your bicycle.\n", "", "7: body: ", "expected the text of the policy"),
    ],
)
def test_a_fault_of_the_text_names_line_and_field(school, old, new, where, says):
    school.edit_text(old, new)
    faults = school.faults()
    assert any(f.startswith(f"{TEXT}:{where}") and says in f for f in faults), faults


@pytest.mark.parametrize(
    ("content", "where", "says"),
    [
        (b"\xef\xbb\xbftitle: x\n", "1:1: ", "expected the front matter to start with ---"),
        (b"", "1:1: ", "expected the front matter to start with ---"),
        (b"---\ntitle: x\n", "1:1: ", "is not closed"),
        (b"---\n---\nText\n", "1: ", "the front matter is empty"),
        (b"---\n- a list\n---\nText\n", "2:1: ", "expected one field a line"),
        (b"---\n{title: x}\n---\nText\n", "2:1: ", "expected one field a line"),
        (b"---\ntitle: caf\xe9\n---\nText\n", "2:11: ", "expected UTF-8 text, found the byte 0xe9"),
        (b"---\ntitle: a\x00b\n---\nText\n", "2: ", "YAML cannot read this"),
        (b"---\n? [a]\n: b\n---\nText\n", "2:3: ?: ", "no such field"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_fault_and_no_traceback(school, content, where, says):
    school.write(TEXT, content)
    faults = school.faults()
    assert any(f.startswith(f"{TEXT}:{where}") and says in f for f in faults), faults


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        (
            "change: new",
            "change: big",
            "2:9: change: ",
            "expected one of new, material, clarification, withdrawn, found 'big'",
        ),
        (
            "change: new",
            "change: clarification",
            "2:9: change: ",
            "expected new, as 2020-09 is the first version here",
        ),
        ("change: new", "change: new\nsupersedes: 2.10", "3:13: supersedes: ", "found '2.10'"),
        ("change: new", "change: new\nsupersedes: 2019-13", "3:13: supersedes: ", "expected a version label"),
        (
            "change: new",
            "change: new\nsupersedes: 2019-09",
            "3:13: supersedes: ",
            "is the first version here",
        ),
        ("change: new", "change: new\neffective_on: 2020-09-01", "3:15: effective_on: ", "only a withdrawal"),
        (
            "change: new",
            "change: new\napproved_by: Board",
            "3:14: approved_by: ",
            "half an approval: approved_on, seal, digest missing",
        ),
        ("change: new", "change: new\ndigest: sha256:12", "3:9: digest: ", "64 hexadecimal digits"),
        ("change: new", "changes: []", "2:1: change: ", "this field is missing"),
        (
            "change: new",
            "change: new\nchanges:\n  - section: A\n    what: dropped\n    text: B",
            "5:11: what: ",
            "expected one of added",
        ),
        (
            "change: new",
            "change: new\nchanges:\n  - section: A\n    what: added",
            "4:5: text: ",
            "expected a sentence",
        ),
        ("change: new", "change: new\nchanges: [text]", "3:11: changes: ", "expected fields such as"),
    ],
)
def test_a_fault_of_the_entry_names_line_and_field(school, old, new, where, says):
    school.edit_entry(old, new)
    faults = school.faults()
    assert any(f.startswith(f"{ENTRY}:{where}") and says in f for f in faults), faults


def test_all_faults_of_all_files_come_in_one_run(school):
    school.edit_text("title: Bicycle Policy", "titel: Bicycle Policy")
    school.edit_text("2020-09-01", "2020-9-1")
    school.edit_entry("change: new", "change: big")
    school.edit("school.toml", 'name = "Larkspur Row School"', "colour = 1")
    files = [fault.split(":")[0] for fault in school.faults()]
    assert files.count(TEXT) == 3
    assert files.count(ENTRY) == 1
    assert files.count("school.toml") == 2


def test_a_version_needs_text_and_entry(history):
    (history.root / "handbook/docs/policies/bicycles/2021-09.md").unlink()
    (history.root / "changelog/bicycles/2020-09.md").unlink()
    faults = "\n".join(history.faults())
    assert "changelog/bicycles/2021-09.md:3:9: change: bicycles 2021-09 has no text" in faults
    assert f"{TEXT}:1: bicycles 2020-09 has no change entry; write {ENTRY}" in faults


def test_effective_dates_rise_with_the_labels(history):
    history.draft("2022-09", "2021-08-31", before="2021-09")
    (fault,) = history.faults()
    assert fault.startswith(
        "handbook/docs/policies/bicycles/2022-09.md:5:15: effective_on: expected a day after 2021-09-01"
    )


def test_two_versions_cannot_start_on_one_day(history):
    history.draft("2021-09.2", "2021-09-01", before="2021-09")
    (fault,) = history.faults()
    assert "2021-09.2.md:5:15: effective_on: " in fault
    assert "two versions cannot start on one day" in fault


def test_supersedes_names_the_version_before(history):
    history.draft("2022-09", "2022-09-01", before="2020-09")
    assert history.faults() == [
        "changelog/bicycles/2022-09.md:2:13: supersedes: expected the version before, 2021-09, found 2020-09"
    ]
    history.edit_entry("supersedes: 2020-09\n", "", "2022-09")
    (fault,) = history.faults()
    assert fault.endswith("supersedes: expected the version before, 2021-09, found nothing")


def test_only_the_first_version_is_new(history):
    history.draft("2022-09", "2022-09-01", before="2021-09")
    history.edit_entry("change: material", "change: new", "2022-09")
    (fault,) = history.faults()
    assert "as there is an earlier version, found new" in fault


def test_one_letter_changed_in_approved_text_is_told(history):
    history.edit_text("Lock your bicycle", "Lock your bicycles", "2021-09")
    (fault,) = history.faults()
    assert fault.startswith("changelog/bicycles/2021-09.md:6:9: digest: the text in "
                            "handbook/docs/policies/bicycles/2021-09.md "
                            "is not the one that was approved")  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("text", "2021-09-01", "2021-09-02"),
        ("text", "audience: all", "audience: [Teacher]"),
        ("entry", "change: material", "change: clarification"),
        ("entry", "approved_by: Board of Governors", "approved_by: Nobody"),
        ("entry", "approved_on: 2021-07-14", "approved_on: 2021-07-13"),
    ],
)
def test_the_seal_fails_when_anything_else_approved_is_changed(history, file, old, new):
    (history.edit_text if file == "text" else history.edit_entry)(old, new, "2021-09")
    (fault,) = history.faults()
    assert fault.startswith(
        "changelog/bicycles/2021-09.md:7:7: seal: what was approved has been changed since"
    )


def test_what_an_approval_does_not_cover_may_be_edited(history):
    history.edit_text("owner: Business Manager", "owner: Headteacher\nkeywords: [bike]", "2021-09")
    history.edit_entry("This is what changed.", "This is what changed, in other words.", "2021-09")
    assert history.faults() == []


def test_a_change_is_approved_before_it_takes_effect(tmp_path, school):
    school.approved("2020-09", "2020-09-01", "2020-09-02")
    (fault,) = school.faults()
    assert fault.startswith(
        f"{ENTRY}:4:14: approved_on: expected a day before the change takes effect (2020-09-01)"
    )


def test_an_approved_change_tells_staff_something(history):
    history.edit_entry("This is what changed.", "", "2021-09")
    (fault,) = history.faults()
    assert "summary: expected two or three sentences to staff" in fault


def test_a_withdrawal_has_its_own_day_and_no_text(history):
    history.entry("2022-09", "---\nsupersedes: 2021-09\nchange: withdrawn\n---\nThe sheds are gone.\n")
    (fault,) = history.faults()
    assert fault.startswith("changelog/bicycles/2022-09.md:2:1: effective_on: this field is missing")
    history.edit_entry("change: withdrawn", "change: withdrawn\neffective_on: 2022-09-01", "2022-09")
    assert history.faults() == []
    assert load(history.root).version("bicycles", "2022-09").effective_on == date(2022, 9, 1)
    history.draft("2022-09", "2022-09-01", before="2021-09")
    history.edit_entry("change: material", "change: withdrawn\neffective_on: 2022-09-01", "2022-09")
    assert any(
        "a withdrawal has no text, found handbook/docs/policies/bicycles/2022-09.md" in f
        for f in history.faults()
    )


def test_after_a_withdrawal_a_policy_starts_anew(history):
    history.entry(
        "2022-09", "---\nsupersedes: 2021-09\nchange: withdrawn\neffective_on: 2022-09-01\n---\nGone.\n"
    )
    history.draft("2023-09", "2023-09-01", before="2022-09")
    (fault,) = history.faults()
    assert "expected new, as 2022-09 withdrew the policy, found material" in fault
    history.edit_entry("change: material", "change: new", "2023-09")
    assert history.faults() == []


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("handbook/docs/policies/bicycles/notes.md", "expected a version label"),
        ("handbook/docs/policies/bicycles/2020-9.md", "expected a version label"),
        ("handbook/docs/policies/bicycles/2020-09.1.md", "expected a version label"),
        ("handbook/docs/policies/bicycles/2020-09.txt", "rename or move it"),
        ("handbook/docs/policies/Müsli Bars/2020-09.md", "expected a policy id of small letters"),
        ("handbook/docs/policies/stray.md", "expected only folders named for policies here"),
        ("changelog/bicycles/photos/a.md", "rename or move it"),
        ("changelog/bi_cycles/2020-09.md", "expected a policy id"),
    ],
)
def test_names_that_are_no_ids_or_labels_are_told(school, path, says):
    school.write(path, "text")
    (fault,) = school.faults()
    assert says in fault


def test_hidden_files_are_ignored(school):
    school.write("handbook/docs/policies/bicycles/.2020-09.md.swp", b"\xff")
    school.write("handbook/docs/policies/.DS_Store", b"\xff")
    school.write("changelog/.gitkeep", "")
    assert school.faults() == []


def test_a_file_name_that_is_no_text_can_still_be_shown(school):
    folder = os.fsencode(school.root / "handbook/docs/policies")
    try:
        os.mkdir(folder + b"/caf\xe9")
    except OSError:
        pytest.skip("this file system only takes names that are UTF-8")
    (fault,) = school.faults()
    assert "caf\\xe9" in fault
    fault.encode("utf-8")


def test_related_policies_by_id_must_exist_and_by_name_need_not(school):
    school.draft("2020-09", "2020-09-01", policy="sheds")
    school.edit_text("audience: all", 'audience: all\nrelated: [sheds, "Disciplinary Procedure"]')
    assert school.faults() == []


def test_a_former_id_belongs_to_one_policy(school):
    school.draft("2020-09", "2020-09-01", policy="sheds")
    school.edit_text("audience: all", "audience: all\nrenamed_from: [bikes]")
    school.edit(
        "handbook/docs/policies/sheds/2020-09.md", "audience: all", "audience: all\nrenamed_from: [bikes]"
    )
    (fault,) = school.faults()
    assert "'bikes' is already a former id of 'bicycles'" in fault


def test_a_byte_order_mark_and_crlf_line_ends_are_tolerated(school):
    plain = load(school.root).version("bicycles", "2020-09").text
    school.write(TEXT, b"\xef\xbb\xbf" + school.read(TEXT).replace("\n", "\r\n").encode())
    school.write(ENTRY, b"\xef\xbb\xbf" + school.read(ENTRY).replace("\n", "\r\n").encode())
    windows = load(school.root).version("bicycles", "2020-09").text
    assert windows == plain
    assert windows.digest == plain.digest


def test_code_and_automatic_links_are_no_raw_html(school):
    school.edit_text("Lock your bicycle.", "Use `<b>` at <https://bikes.example/a>, ask "
                                           "<me@bikes.example>; 3 < 4.\n\n"
                     "```html\n<script>\n```\n\n- list\n\n    ~~~\n    <p>\n    ~~~\n")  # fmt: skip
    assert school.faults() == []


def test_a_missing_school_file_is_told(tmp_path):
    from handbook.policy.errors import FaultsFound

    with pytest.raises(FaultsFound, match="school.toml:1: this file is missing"):
        load(tmp_path)


def test_every_field_is_read(school):
    school.text(
        content="""---
title: "Bicycle Policy"
owner: Headteacher
audience: [Teacher, Governor]
effective_on: "2020-09-01"
review_by: 2021-09-01
related: ["Fire Safety Policy"]
questions: Business Manager
keywords: [bike, "2020"]
renamed_from: [cycles]
extra: {colour: blue, shelves: [1, 2]}
---

## Sheds

Lock it.
"""
    )
    school.entry(
        content="""---
change: new
changes:
  - section: Sheds
    what: added
    text: >-
      One sentence
      over two lines.
---
Two sentences. To staff.
"""
    )
    version = load(school.root).version("cycles", "2020-09")
    text, entry = version.text, version.entry
    assert (text.title, text.owner, text.audience) == (
        "Bicycle Policy",
        "Headteacher",
        ("Teacher", "Governor"),
    )
    assert (text.effective_on, text.review_by) == (date(2020, 9, 1), date(2021, 9, 1))
    assert (text.related, text.questions, text.suggestions) == (
        ("Fire Safety Policy",),
        "Business Manager",
        "Headteacher",
    )
    assert (text.keywords, text.renamed_from) == (("bike", "2020"), ("cycles",))
    assert text.extra == {"colour": "blue", "shelves": [1, 2]}
    assert (text.body, text.body_line, text.path) == ("## Sheds\n\nLock it.\n", 14, TEXT)
    assert text.canonical == "# Bicycle Policy\n\n## Sheds\n\nLock it.\n"
    assert entry.changes[0].text == "One sentence over two lines."
    assert (entry.summary, entry.approved_by, entry.digest) == ("Two sentences. To staff.", None, None)
