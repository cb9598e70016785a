"""Where a person stands: one life through every status, and what newer notices do to an older one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ackservice.domain.notice import Basis, Notice
from ackservice.errors import NotFound
from ackservice.service import issuing, standing
from ackservice.service.context import Service
from ackservice.service.roster import import_roster
from handbook.policy.version import Change
from tests.conftest import MONDAY
from tests.school_tree import ADA, PAT, roster_csv


def day(number: int) -> datetime:
    """Nine in the morning, London, that many days after the notice."""
    return MONDAY + timedelta(days=number)


@pytest.fixture
def issued(staffed: Service) -> Service:
    issuing.issue(staffed, "social-media", "2021-09", now=MONDAY, issued_by="Bea")
    return staffed


def row(
    service: Service, now: datetime, person: str = "P001", on: date | None = None, round_: str = ""
) -> dict:
    rows = standing.report(service, "social-media", "2021-09", on=on, now=now, round_=round_).rows
    return next(row for row in rows if row["person_id"] == person)


def record(service: Service, fact: str, now: datetime, person: str = "P001", /, **values: object) -> int:
    with service.store.write(now) as tx:
        recipient = tx.execute("SELECT MIN(id) FROM recipient WHERE person_id = ?", (person,)).fetchone()[0]
        return tx.record(fact, recipient_id=recipient, **values)


def outcome(
    service: Service, now: datetime, result: str, delivery: int, person: str = "P001", kind: str = "notice"
) -> None:
    record(service, "message.outcome", now, person, delivery_id=delivery, kind=kind, outcome=result,
           message_id=f"<{delivery}@x>",
           address="ada@x.example", detail="")  # fmt: skip


def test_one_life_through_every_status(issued):
    """Each status as of its own day, all asked at the end: what was recorded later changes none of them."""
    outcome(issued, day(1), "sent", 1)
    outcome(issued, day(2), "bounced", 1)
    outcome(issued, day(3), "sent", 9, kind="reminder")
    excuse = record(issued, "recipient.excused", day(4), reason="leave", excused_by="Bea")
    record(issued, "excuse.withdrawn", day(5), excused_id=excuse, reason="back", withdrawn_by="Bea")
    import_roster(issued, roster_csv(ADA + "2021-08-01"), "staff.csv", now=day(6))
    import_roster(issued, roster_csv(ADA), "staff.csv", now=day(7))
    with issued.store.read() as connection:
        digest = connection.execute("SELECT digest FROM notice").fetchone()[0]
    done = record(issued, "acknowledged", day(8), person_id="P001", policy="social-media", version="2021-09",
                  digest=digest,
                  method="link", typed_name="Ada")  # fmt: skip
    record(
        issued,
        "acknowledgement.withdrawn",
        day(9),
        acknowledgement_id=done,
        reason="wrong",
        withdrawn_by="Bea",
    )
    at_the_end = day(60)
    found = [row(issued, at_the_end, on=day(number).date())["status"] for number in range(10)]
    assert found == [
        "not sent", "notified", "undeliverable", "notified", "excused", "notified", "left", "notified",
        "acknowledged", "notified",
    ]  # fmt: skip


def test_without_an_address_someone_is_told_on_paper(issued):
    assert row(issued, day(0), "P004")["status"] == "on paper"
    record(issued, "letter.given", day(1), "P004", given_on="2021-07-27", recorded_by="Bea")
    found = row(issued, day(1), "P004")
    assert (found["status"], found["notified_on"], found["in_time"]) == ("notified", date(2021, 7, 27), True)


def test_an_address_that_came_later_takes_them_off_paper(issued):
    import_roster(
        issued, roster_csv(PAT.replace("Paper,,", "Paper,pat@larkspur-row.example,")), "staff.csv", now=day(1)
    )
    assert row(issued, day(1), "P004")["status"] == "not sent"


@pytest.mark.parametrize(
    ("sent_on", "in_time", "short_by", "binds_from", "due_on"),
    [
        (date(2021, 7, 31), True, 0, date(2021, 9, 1), date(2021, 8, 31)),
        (date(2021, 8, 1), True, 0, date(2021, 9, 1), date(2021, 8, 31)),
        (date(2021, 8, 2), False, 1, date(2021, 9, 2), date(2021, 9, 1)),
        (date(2021, 8, 31), False, 29, date(2021, 9, 30), date(2021, 9, 29)),
    ],
)
def test_the_window_runs_from_the_day_a_server_took_the_message(
    issued, sent_on, in_time, short_by, binds_from, due_on
):
    outcome(issued, datetime(sent_on.year, sent_on.month, sent_on.day, 12, tzinfo=UTC), "sent", 1)
    found = row(issued, datetime(2021, 9, 20, tzinfo=UTC))
    assert (found["notified_on"], found["in_time"], found["short_by_days"], found["binds_from"],
            found["due_on"]) == (
        sent_on, in_time, short_by, binds_from, due_on,
    )  # fmt: skip


@pytest.mark.parametrize(("on", "overdue"), [(date(2021, 8, 31), False), (date(2021, 9, 1), True)])
def test_overdue_begins_the_day_after_the_due_day(issued, on, overdue):
    outcome(issued, day(0), "sent", 1)
    assert row(issued, datetime(2021, 9, 20, tzinfo=UTC), on=on)["overdue"] is overdue


def test_a_message_taken_a_minute_to_midnight_in_london_counts_for_that_day(issued):
    outcome(issued, datetime(2021, 8, 1, 22, 59, tzinfo=UTC), "sent", 1)
    assert row(issued, day(30))["in_time"] is True
    outcome(issued, datetime(2021, 8, 1, 23, 0, tzinfo=UTC), "sent", 2, "P002")
    assert row(issued, day(30), "P002")["in_time"] is False


def test_a_bounce_takes_the_day_of_notice_back(issued):
    outcome(issued, day(0), "sent", 1)
    outcome(issued, day(1), "bounced", 1)
    assert row(issued, day(1))["notified_on"] is None
    outcome(issued, day(9), "sent", 7, kind="reminder")
    found = row(issued, day(9))
    assert (found["notified_on"], found["in_time"], found["reminders_sent"]) == (date(2021, 8, 4), False, 1)


def test_a_letter_after_a_bounce_is_good_notice(issued):
    outcome(issued, day(0), "sent", 1)
    outcome(issued, day(1), "bounced", 1)
    record(issued, "letter.given", day(2), given_on="2021-07-28", recorded_by="Bea")
    found = row(issued, day(2))
    assert (found["status"], found["notified_on"]) == ("notified", date(2021, 7, 28))


def test_a_newer_version_takes_the_obligation_over(issued, school):
    school.version(
        "social-media", "2022-09", "2022-09-01", approved_on="2022-07-01", body="Think three times."
    )
    july = datetime(2022, 7, 4, 9, 0, tzinfo=UTC)
    issuing.issue(issued, "social-media", "2022-09", now=july, issued_by="Bea")
    assert row(issued, july)["status"] == "superseded"
    assert row(issued, july, on=date(2022, 7, 3))["status"] == "not sent"


def test_each_round_has_its_own_answer(issued):
    with issued.store.read() as connection:
        digest = connection.execute("SELECT digest FROM notice").fetchone()[0]
    record(issued, "acknowledged", day(1), person_id="P001", policy="social-media", version="2021-09",
           digest=digest, method="link",
           typed_name="Ada")  # fmt: skip
    autumn = datetime(2021, 9, 6, 9, 0, tzinfo=UTC)
    issuing.issue(issued, "social-media", "2021-09", now=autumn, issued_by="Bea", again="Year 2021/22")
    assert row(issued, autumn)["status"] == "not sent"  # the last round, where no other is named
    assert row(issued, autumn, round_="Year 2021/22")["basis"] == "new round"
    with pytest.raises(NotFound, match="in the round 'Year 2030'"):
        row(issued, autumn, round_="Year 2030")


def notice(
    number: int,
    version: str,
    change: str = "material",
    basis: Basis = Basis.CHANGE,
    policy: str = "social-media",
) -> Notice:
    first = date(2021, 9, 1)
    return Notice(number, policy, version, "Title", "sha256:0", Change(change), first, first, basis)


FIRST = notice(10, "2021-09")


@pytest.mark.parametrize(
    ("later", "takes_over"),
    [
        (notice(20, "2022-09"), True),
        (notice(20, "2021-09.2"), True),
        (notice(20, "2021-12", "withdrawn"), True),
        (notice(20, "2021-09.2", "clarification"), False),
        (notice(20, "2021-09", basis=Basis.NEW_ROUND), True),
        (notice(20, "2021-09", basis=Basis.JOINING), False),
        (notice(20, "2020-09"), False),
        (notice(20, "2022-09", policy="visitors"), False),
        (notice(5, "2022-09"), False),  # announced first: both are to be read
        (FIRST, False),
    ],
)
def test_which_notice_takes_over(later, takes_over):
    assert standing.takes_over(later, FIRST) is takes_over


@pytest.mark.parametrize(
    ("version", "change", "counting"),
    [
        ("2021-09", "material", []),
        ("2021-09.2", "clarification", ["2021-09", "2021-09.2", "2021-09.3"]),
        ("2021-09.3", "clarification", ["2021-09", "2021-09.2", "2021-09.3"]),
        ("2022-09.2", "clarification", ["2022-09", "2022-09.2"]),
    ],
)
def test_whose_acknowledgement_counts(version, change, counting):
    clarifying = [
        notice(n, label, "clarification")
        for n, label in ((20, "2021-09.2"), (30, "2021-09.3"), (50, "2022-09.2"))
    ]
    issued = [notice(1, "2020-09", "new"), FIRST, *clarifying, notice(40, "2022-09")]
    asked = next(n for n in issued if n.version == version)
    assert str(asked.change) == change
    assert standing.counting_versions(asked, issued) == counting
    assert standing.counting_versions(replace(asked, change=Change.MATERIAL), issued) == []
