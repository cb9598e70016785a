"""Letters: one page for each person told on paper, with their own link, the dates, and a slip to sign."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ackservice.errors import NotFound
from ackservice.service import acknowledging, letters, notice_acts, records
from ackservice.service.context import Service
from ackservice.service.roster import import_roster
from ackservice.storage import recipients
from tests.conftest import MONDAY
from tests.school_tree import ADA, PAT, SchoolTree, roster_csv
from tests.service.acts import issue, recipient, rows, token

QUIN = "P007,Quin <Quill>,,Volunteer,,"


@pytest.fixture
def issued(staffed: Service) -> Service:
    import_roster(staffed, roster_csv(QUIN), "more.csv", now=MONDAY, confirmed=True)
    issue(staffed, "2021-09")
    return staffed


def number(service: Service, version: str = "2021-09") -> int:
    return rows(service, "SELECT MAX(id) FROM notice WHERE version = ?", version)[0][0]


def pages(service: Service, now: datetime = MONDAY, **more: object) -> list[str]:
    page, count = letters.write(service, number(service), now=now, **more)
    found = re.findall(r'<article class="sheet".*?</article>', page, re.S)
    assert len(found) == count
    return found


def link_in(page: str) -> str:
    return re.search(r"https://policies\.larkspur-row\.example/ack/a/[\w.-]+", page)[0]


def test_one_page_for_each_person_without_an_address(issued: Service) -> None:
    assert [re.search(r"Dear (.*?),", page)[1] for page in pages(issued)] == [
        "Pat Paper",
        "Quin &lt;Quill&gt;",
    ]


def test_a_letter_says_what_from_when_by_when_and_whom_to_ask(issued: Service) -> None:
    page = pages(issued)[0]
    assert "Social media policy: what changes from Wednesday 1 September 2021" in page
    assert "What changed in 2021-09." in page
    assert "Posting (added): What is new in 2021-09." in page
    assert "acknowledge by Tuesday 31 August 2021" in page
    assert "handed to you by Sunday 1 August 2021" in page
    assert "Ask the Headteacher (head@larkspur-row.example)" in page


def test_the_slip_names_version_text_and_person(issued: Service) -> None:
    page = pages(issued)[0]
    with issued.store.read() as connection:
        digest = connection.execute("SELECT digest FROM notice WHERE version = '2021-09'").fetchone()[0]
    slip = page[page.index('class="slip"') :]
    assert digest.removeprefix("sha256:")[:12] in slip
    assert "version 2021-09" in slip
    assert "Pat Paper" in slip
    assert [re.sub("<.*?>", "", part) for part in re.findall(r"<p>\w+</p>", slip)] == [
        "Name",
        "Date",
        "Signature",
    ]


def test_the_link_in_a_letter_is_the_persons_own_and_works(issued: Service) -> None:
    page = pages(issued)[0]
    own = link_in(page).rpartition("/")[2]
    assert len(link_in(page)) <= 80
    assert acknowledging.view(issued, own, MONDAY).person.name == "Pat Paper"
    assert page.count("<svg") == 1
    acknowledging.acknowledge(issued, own, "Pat Paper", MONDAY)
    assert len(pages(issued)) == 1


def test_a_renewed_link_is_the_one_printed(issued: Service) -> None:
    before = link_in(pages(issued)[0])
    with issued.store.write(MONDAY) as tx:
        recipients.renew_person_key(tx, "P004", reason="lost", by="Bea")
    assert link_in(pages(issued)[0]) != before
    assert link_in(pages(issued)[0]).endswith(token(issued, "P004"))


def test_printed_after_the_last_day_it_names_later_dates(issued: Service) -> None:
    page = pages(issued, now=datetime(2021, 8, 10, 9, tzinfo=UTC))[0]
    assert "acknowledge by Thursday 9 September 2021" in page
    assert "It binds you from Friday 10 September 2021." in page
    assert "counted from Tuesday 10 August 2021" in page


def test_people_can_be_chosen_and_strangers_are_named(issued: Service) -> None:
    assert [re.search(r"Dear (.*?),", page)[1] for page in pages(issued, people=["P001"])] == ["Ada Lovelace"]
    with pytest.raises(NotFound, match="P005, P999"):
        pages(issued, people=["P001", "P999", "P005"])


def test_who_was_handed_a_letter_gets_no_second_one_unasked(issued: Service) -> None:
    hand_over(issued, "P004")
    assert len(pages(issued)) == 1
    _, found = letters.candidates(issued, number(issued), now=MONDAY)
    assert [(one.person_id, one.status, one.notified_on) for one in found] == [
        ("P004", "notified", date(2021, 7, 26)), ("P007", "on paper", None),
    ]  # fmt: skip


def hand_over(service: Service, person: str) -> None:
    ids = [recipient(service, person)]
    assert records.letter_given(service, ids, given_on=MONDAY.date(), by="Bea", now=MONDAY).people == 1


def test_a_recall_goes_by_letter_to_who_was_notified_by_letter(issued: Service) -> None:
    hand_over(issued, "P004")
    notice_acts.recall(issued, number(issued), reason="a mistake", by="Bea", now=MONDAY)
    page = pages(issued)
    assert len(page) == 1  # the other one was handed nothing
    assert "Social media policy: the notice is recalled" in page[0]
    assert "It asks nothing of you any more." in page[0]
    assert 'class="slip"' not in page[0]


def test_who_is_away_is_offered_a_letter_home(issued: Service) -> None:
    _, before = letters.candidates(issued, number(issued), now=MONDAY)
    away = "person_id,name,email,category,joined_on,left_on,away_until\r\n" + ADA + ",2021-12-31\r\n"
    import_roster(issued, away.encode(), "away.csv", now=MONDAY, confirmed=True)
    _, after = letters.candidates(issued, number(issued), now=MONDAY)
    assert "P001" not in [one.person_id for one in before]
    assert "P001" in [one.person_id for one in after]


def test_nobody_on_paper_is_an_error_that_says_so(service: Service) -> None:
    import_roster(service, roster_csv(ADA), "staff.csv", now=MONDAY, confirmed=True)
    issue(service, "2021-09")
    with pytest.raises(NotFound, match="nobody is to be told of social-media 2021-09 on paper"):
        pages(service)


def test_a_clarification_has_no_slip_and_no_date_to_keep(school: SchoolTree, service: Service) -> None:
    school.version(
        "social-media",
        "2021-10",
        "2021-10-01",
        approved_on="2021-07-20",
        change="clarification",
        body="Think, twice.",
    )
    import_roster(service, roster_csv(PAT), "staff.csv", now=MONDAY, confirmed=True)
    issue(service, "2021-09", "2021-10")
    page, _ = letters.write(service, number(service, "2021-10"), now=MONDAY)
    assert "worded more clearly from Friday 1 October 2021" in page
    assert 'class="slip"' not in page
    assert "acknowledge" not in page.partition("</style>")[2].lower()


def test_nothing_is_recorded_by_printing(issued: Service) -> None:
    with issued.store.read() as connection:
        before = list(connection.iterdump())
    pages(issued)
    with issued.store.read() as connection:
        assert list(connection.iterdump()) == before


def test_no_style_attribute_and_a_linked_style_sheet_where_asked(issued: Service) -> None:
    page, _ = letters.write(
        issued,
        number(issued),
        now=MONDAY,
        style_address="/ack/desk/letters.css",
    )
    assert '<link rel="stylesheet" href="/ack/desk/letters.css">' in page
    assert "<style" not in page
    assert "style=" not in page
    assert "<script" not in page


def test_the_poster_leads_to_the_comparison_and_holds_no_personal_link(issued: Service) -> None:
    page = letters.poster(issued, number(issued), now=MONDAY)
    assert "https://policies.larkspur-row.example/policies/social-media/2020-09..2021-09/" in page
    assert "changes from Wednesday 1 September 2021" in page
    assert "/ack/a/" not in page


def test_the_command_writes_a_page_that_stands_alone(
    issued: Service, run_ack: Callable, tmp_path: Path
) -> None:
    target = tmp_path / "letters.html"
    result = run_ack("letters", "social-media", "2021-09", "--output", target)
    assert (result.exit_code, result.stdout) == (0, f"{target}: 2 letters, to print from a browser.\n")
    page = target.read_text("utf-8")
    assert "@page { size: A4" in page
    assert "<link" not in page
    one = run_ack("letters", "social-media", "2021-09", "--person", "P001", "--output", target)
    assert one.stdout == f"{target}: 1 letter, to print from a browser.\n"
    assert (
        run_ack("letters", "social-media", "2021-09", "--person", "P999", "--output", target).exit_code == 1
    )
