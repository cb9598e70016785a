"""The status of a recipient is the first that applies; what they owe follows from the same facts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ackservice.domain.audience import Entry
from ackservice.domain.history import Act, Book, NoticeEvent
from ackservice.domain.notice import Basis, Notice
from ackservice.domain.roster import Person, has_left
from ackservice.domain.status import (
    Acknowledgement,
    Excuse,
    Facts,
    Recipient,
    RecipientStatus,
    Sent,
    Status,
    figures,
    status_of,
)
from handbook.policy.version import Change

DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
JULY = date(2021, 7, 26)
TODAY = date(2021, 8, 20)
AMINA = Person("P007", "Amina Farr", "amina@school.example", ("Employee",), joined_on=date(2018, 9, 1))


def notice(number: int = 10, version: str = "2021-09", **other: object) -> Notice:
    facts = {
        "policy": "social-media",
        "title": "Social Media Policy",
        "digest": DIGEST,
        "change": Change.MATERIAL,
        "effective_on": date(2021, 9, 1),
        "issued_on": JULY,
    } | other
    return Notice(id=number, version=version, **facts)  # type: ignore[arg-type]


def read(
    line: int = 40, on: date = date(2021, 7, 28), digest: str = DIGEST, **other: object
) -> Acknowledgement:
    at = datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    facts = {"notice_id": 10, "recipient_id": 20, "base_digest": digest} | other
    return Acknowledgement(line, at, on, digest=digest, method="link", **facts)  # type: ignore[arg-type]


def entry(line: int, on: date, **changed: object) -> Entry:
    values = {name: getattr(AMINA, name) for name in Person.__dataclass_fields__} | changed
    return Entry(line, on, Person(**values))  # type: ignore[arg-type]


ENTERED = entry(1, date(2021, 7, 1))


def event(act: Act, line: int = 50, on: date = date(2021, 8, 1), **other: object) -> NoticeEvent:
    return NoticeEvent(line, on, 10, act, **other)  # type: ignore[arg-type]


def row(
    *,
    of: Notice | None = None,
    others: tuple[Notice, ...] = (),
    events: tuple[NoticeEvent, ...] = (),
    on: date = TODAY,
    basis: Basis = Basis.CHANGE,
    came_on: date | None = None,
    **facts: object,
) -> RecipientStatus:
    """Amina, notified by e-mail on 26 July 2021 unless said otherwise, on that day."""
    of = of or notice()
    recipient = Recipient(
        20, "k", of.id, "P007", "Amina Farr", "amina@school.example", ("Employee",), basis, JULY, came_on
    )
    recorded = {"entries": (ENTERED,), "sent": Sent(first_on=JULY, last_good=1)} | facts
    return status_of(Book((of, *others), events), of, Facts(recipient, **recorded), on)  # type: ignore[arg-type]


LEFT = (ENTERED, entry(2, date(2021, 8, 13), left_on=date(2021, 8, 13)))
NEWER = notice(11, "2021-10", digest=OTHER, effective_on=date(2021, 8, 15), issued_on=date(2021, 7, 30))
REASONS: list[tuple[str, dict[str, object]]] = [
    ("recalled", {"events": (event(Act.RECALLED),)}),
    ("acknowledged", {"acknowledgements": (read(),)}),
    ("excused", {"excuse": Excuse(45, "ill", "Bea")}),
    ("left", {"entries": LEFT}),
    ("superseded", {"others": (NEWER,)}),
    ("undeliverable", {"sent": Sent(first_on=None, last_bad=1, last_bad_line=30)}),
    ("notified", {}),
]


@pytest.mark.parametrize("first", range(len(REASONS)))
def test_the_first_status_that_applies_holds(first):
    facts: dict[str, object] = {}
    for _, more in REASONS[first:]:
        facts |= more

    found = row(**facts)

    assert found.status == REASONS[first][0]
    assert found.owes is (found.status in ("undeliverable", "notified"))


@pytest.mark.parametrize("status", list(Status))
def test_four_statuses_leave_it_open_and_all_others_settle_it(status):
    assert status.is_settled is (status not in ("undeliverable", "notified", "on paper", "not sent"))


@pytest.mark.parametrize("email, status", [("amina@school.example", "not sent"), ("", "on paper")])
def test_who_was_not_notified_waits_for_a_message_or_a_letter(email, status):
    found = row(entries=(entry(1, JULY, email=email),), sent=Sent())

    assert (found.status, found.not_notified, found.window.due_on) == (status, True, None)


def test_the_first_of_letter_and_e_mail_is_the_day_of_notice():
    assert row(letters=((30, date(2021, 8, 3)),)).window.notified_on == JULY
    assert row(letters=((30, date(2021, 7, 25)),)).window.notified_on == date(2021, 7, 25)
    assert row(sent=Sent(), letters=((30, date(2021, 8, 3)),)).window.short_by_days == 2


def test_a_letter_or_a_new_address_after_returned_mail_leaves_undeliverable():
    back = Sent(last_bad=1, last_bad_line=30)
    moved = (ENTERED, entry(31, date(2021, 8, 3), email="a.farr@school.example"))

    assert row(sent=back).status == "undeliverable"
    assert row(sent=back, letters=((29, date(2021, 8, 3)),)).status == "notified"
    assert row(sent=back, entries=moved).status == "not sent"


@pytest.mark.parametrize(
    "on, gone", [(date(2021, 8, 12), False), (date(2021, 8, 13), True), (date(2021, 8, 14), True)]
)
def test_the_day_of_leaving_is_the_first_day_without_them(on, gone):
    assert has_left(date(2021, 8, 13), on) is gone
    assert has_left(None, on) is False


def test_a_day_of_leaving_to_come_leaves_the_status_as_it_is():
    leaving = (ENTERED, entry(2, date(2021, 8, 1), left_on=date(2021, 8, 21)))

    assert row(entries=leaving).status == "notified"
    assert row(entries=leaving, on=date(2021, 8, 21)).status == "left"


@pytest.mark.parametrize("basis, status", [(Basis.CHANGE, "not concerned"), (Basis.BY_NAME, "notified")])
def test_who_moves_out_of_the_audience_owes_nothing_unless_added_by_name(basis, status):
    employees = notice(audience=("Employee",))
    moved = (ENTERED, entry(32, date(2021, 8, 10), categories=("Volunteer",)))

    assert row(of=employees, entries=moved, basis=basis).status == status


def test_an_excuse_taken_back_outside_the_audience_leaves_nothing_owed():
    employees = notice(audience=("Employee",))
    moved = (ENTERED, entry(60, date(2021, 8, 10), categories=("Volunteer",)))

    assert row(of=employees, entries=moved, excuse=Excuse(45, "ill", "Bea")).status == "excused"
    found = row(of=employees, entries=moved, excuse=None)
    assert (found.status, found.owes) == ("not concerned", False)


@pytest.mark.parametrize("line, status", [(59, "acknowledged"), (61, "left")])
def test_acts_do_not_reach_a_stay_that_has_ended(line, status):
    gone = (ENTERED, entry(60, date(2021, 8, 13), left_on=date(2021, 8, 13)))

    assert row(entries=gone, acknowledgements=(read(line, date(2021, 8, 13)),)).status == status


class TestOwing:
    @pytest.mark.parametrize(
        "on, status", [(date(2021, 8, 14), "notified"), (date(2021, 8, 15), "superseded")]
    )
    def test_a_newer_version_ends_the_earlier_when_it_takes_effect(self, on, status):
        assert row(others=(NEWER,), on=on).status == status

    def test_a_newer_notice_recalled_ends_nothing(self):
        recalled = NoticeEvent(50, date(2021, 8, 1), 11, Act.RECALLED)

        assert row(others=(NEWER,), events=(recalled,), on=date(2021, 10, 1)).owes

    def test_a_newer_notice_closed_still_ends_the_earlier(self):
        closed = NoticeEvent(50, date(2021, 8, 1), 11, Act.CLOSED)

        assert row(others=(NEWER,), events=(closed,)).status == "superseded"

    def test_a_clarification_ends_nothing_and_is_never_owed(self):
        clearer = notice(12, "2021-09.2", digest=OTHER, change=Change.CLARIFICATION, clarifies="2021-09")

        assert row(others=(clearer,), on=date(2021, 10, 1)).owes
        assert not row(of=clearer).owes

    def test_acknowledging_a_clarification_acknowledges_what_it_clarifies(self):
        assert row(acknowledgements=(read(digest=OTHER, base_digest=DIGEST),)).status == "acknowledged"

    def test_a_new_round_asks_anew_and_ends_the_first_at_once(self):
        again = notice(11, basis=Basis.NEW_ROUND, round="2021/22", issued_on=date(2021, 8, 19))

        assert row(others=(again,)).status == "superseded"
        assert row(of=again, others=(notice(),), acknowledgements=(read(),)).owes

    def test_a_receipt_of_a_recalled_notice_counts_for_the_same_text(self):
        anew = notice(11)
        recalled = (event(Act.RECALLED),)

        assert (
            row(of=anew, others=(notice(),), events=recalled, acknowledgements=(read(),)).status
            == "acknowledged"
        )
        other = notice(11, digest=OTHER)
        assert row(of=other, others=(notice(),), events=recalled, acknowledgements=(read(),)).owes

    def test_who_is_no_longer_covered_owes_nothing(self):
        found = row(basis=Basis.NO_LONGER_COVERED)

        assert (found.status, found.owes, found.window.due_on, found.window.in_time) == (
            "notified",
            False,
            None,
            True,
        )

    def test_a_closed_notice_says_so_and_nobody_is_overdue(self):
        found = row(events=(event(Act.CLOSED),), on=date(2021, 12, 1))

        assert (found.status, found.owes, found.overdue) == ("closed", False, False)

    def test_the_earliest_ending_counts(self):
        assert row(others=(NEWER,), events=(event(Act.CLOSED, on=date(2021, 8, 16)),)).status == "superseded"
        assert row(others=(NEWER,), events=(event(Act.CLOSED, on=date(2021, 8, 14)),)).status == "closed"

    def test_a_name_to_be_confirmed_is_neither_acknowledged_nor_reminded(self):
        found = row(acknowledgements=(read(name_matches=False),), on=date(2021, 9, 2))

        assert (found.status, found.owes, found.overdue, found.can_be_reminded) == (
            "notified",
            True,
            False,
            False,
        )
        assert found.name_to_confirm is not None


class TestOverdue:
    @pytest.mark.parametrize(
        "facts, on, overdue",
        [
            ({}, date(2021, 8, 31), False),
            ({}, date(2021, 9, 1), True),
            ({"sent": Sent(first_on=date(2021, 8, 2))}, date(2021, 9, 1), False),
            ({"sent": Sent(first_on=date(2021, 8, 2))}, date(2021, 9, 2), True),
            ({"sent": Sent()}, date(2022, 9, 1), False),
            ({"sent": Sent(first_on=JULY, returned=True)}, date(2022, 9, 1), False),
            ({"acknowledgements": (read(),)}, date(2021, 9, 1), False),
            ({"excuse": Excuse(45, "ill", "Bea")}, date(2021, 9, 1), False),
            (
                {"entries": (ENTERED, entry(2, date(2021, 8, 1), left_on=date(2021, 9, 1)))},
                date(2021, 9, 1),
                False,
            ),
        ],
    )
    def test_it_begins_the_day_after_the_last_day_to_acknowledge(self, facts, on, overdue):
        assert row(on=on, **facts).overdue is overdue

    @pytest.mark.parametrize("on, overdue", [(date(2021, 9, 6), False), (date(2021, 9, 7), True)])
    def test_a_joiner_is_overdue_after_their_fourteenth_day(self, on, overdue):
        joined = date(2021, 8, 23)

        found = row(basis=Basis.JOINING, came_on=joined, sent=Sent(first_on=joined), on=on)

        assert found.overdue is overdue

    def test_who_is_away_is_due_after_their_return(self):
        away = (ENTERED, entry(2, date(2021, 8, 1), away_until=date(2021, 9, 30)))

        assert not row(entries=away, on=date(2021, 9, 30)).overdue
        back = row(entries=away, on=date(2021, 10, 15))
        assert (back.window.due_on, back.overdue) == (date(2021, 10, 15), False)
        assert row(entries=away, on=date(2021, 10, 16)).overdue

    def test_a_postponement_moves_the_day(self):
        moved = event(Act.POSTPONED, effective_on=date(2021, 10, 1))

        found = row(events=(moved,), on=date(2021, 9, 15))

        assert (found.window.due_on, found.overdue) == (date(2021, 9, 30), False)


def test_figures_count_each_person_once_in_everything_true_of_them():
    found = figures(
        [
            row(on=date(2021, 9, 2)),
            row(acknowledgements=(read(),)),
            row(sent=Sent(), entries=(entry(1, JULY, email=""),)),
            row(acknowledgements=(read(name_matches=False),)),
        ]
    )

    assert (found.total, found.acknowledged, found.expected) == (4, 1, 4)
    assert (found.owing, found.overdue, found.not_notified, found.names_to_confirm) == (3, 1, 1, 1)
    assert (found.in_time, found.of("notified"), found.of("on paper")) == (3, 2, 1)
