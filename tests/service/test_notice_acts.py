"""What a manager does to a notice: recall, postpone, close, add somebody by name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ackservice.domain.status import RecipientStatus
from ackservice.errors import NotAllowed, NotFound, NoticeRefused
from ackservice.mail.outbox import Outbox
from ackservice.service import issuing, notice_acts, statuses
from ackservice.service.due import run_due
from ackservice.service.issuing import Mode
from ackservice.service.roster import import_roster
from tests.conftest import MONDAY
from tests.school_tree import ADA, BEN, EVERYONE, GIA, roster_csv

TUESDAY = MONDAY + timedelta(days=1)
JAY = "P010,Jay Joiner,jay@larkspur-row.example,Employee,2021-08-10,"


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T09:00:00+00:00")


def issue(service, label, now=MONDAY, policy="social-media", **how):
    mailing = issuing.issue(service, [(policy, label)], now=now, issued_by="Bea", **how)
    return mailing.items[0].notice.id


def send(service, clock):
    return run_due(
        service,
        Outbox(service.store.path.parent / "outbox"),
        clock,
        wait=lambda s: clock.advance(timedelta(seconds=s)),
        environ={},
    )


def row(service, notice_id, person_id, now) -> RecipientStatus | None:
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        book = statuses.book_at(service, connection, as_of)
        rows = statuses.of_notice(service, connection, book, book.notice(notice_id), as_of)
    return next((row for row in rows[::-1] if row.recipient.person_id == person_id), None)


def queued(service, kind):
    with service.store.read() as connection:
        sql = "SELECT person_id FROM delivery WHERE kind = ? ORDER BY id"
        return [person for (person,) in map(tuple, connection.execute(sql, (kind,)))]


def ledger(service, kind):
    with service.store.read() as connection:
        return connection.execute("SELECT COUNT(*) FROM ledger WHERE kind = ?", (kind,)).fetchone()[0]


@pytest.fixture
def two(staffed, school):
    """The service, with 2021-11 approved beside 2021-09, which has had its notice."""
    school.version("social-media", "2021-11", "2021-11-01", approved_on="2021-07-20", body="Think thrice.")
    return staffed, issue(staffed, "2021-09")


class TestRecall:
    def test_a_mistaken_notice_leaves_what_was_owed_before(self, two, clock):
        service, first = two
        second = issue(service, "2021-11", MONDAY)
        notice_acts.recall(service, second, reason="Issued by mistake", by="Bea", now=MONDAY)
        assert row(service, second, "P001", MONDAY).status == "recalled"
        assert row(service, first, "P001", MONDAY).owes
        after = at("2021-11-02")
        assert row(service, first, "P001", after).owes

    def test_the_version_can_be_given_again(self, two):
        service, _ = two
        second = issue(service, "2021-11")
        notice_acts.recall(service, second, reason="Wrong day", by="Bea", now=MONDAY)
        assert issue(service, "2021-11", TUESDAY) != second

    def test_who_was_told_is_told_and_who_was_not_is_not(self, staffed, clock):
        notice_id = issue(staffed, "2021-09")
        send(staffed, clock)
        done = notice_acts.recall(staffed, notice_id, reason="Wrong text", by="Bea", now=clock.now())
        assert (done.by_email, done.on_paper) == (3, 0)
        assert queued(staffed, "recall") == ["P001", "P002", "P003"]

    def test_nothing_sent_nobody_told(self, staffed):
        notice_id = issue(staffed, "2021-09")
        assert notice_acts.recall(staffed, notice_id, reason="Oh no", by="Bea", now=MONDAY).by_email == 0

    @pytest.mark.parametrize(("day", "is_refused"), [("2021-08-31", False), ("2021-09-01", True)])
    def test_a_change_is_recalled_before_it_takes_effect(self, staffed, day, is_refused):
        notice_id = issue(staffed, "2021-09")
        if is_refused:
            with pytest.raises(NotAllowed, match="took effect on 2021-09-01"):
                notice_acts.recall(staffed, notice_id, reason="Late", by="Bea", now=at(day))
        else:
            notice_acts.recall(staffed, notice_id, reason="Early", by="Bea", now=at(day))

    def test_a_round_is_recalled_at_any_time_and_reopens_the_one_before(self, staffed):
        first = issue(staffed, "2021-09")
        again = issue(staffed, "2021-09", at("2021-10-01"), mode=Mode.AGAIN, round_="Autumn")
        assert row(staffed, first, "P001", at("2021-10-01")).status == "superseded"
        notice_acts.recall(staffed, again, reason="Too soon", by="Bea", now=at("2021-10-02"))
        assert row(staffed, first, "P001", at("2021-10-02")).owes

    def test_an_ended_notice_cannot_be_ended_again(self, staffed):
        notice_id = issue(staffed, "2021-09")
        notice_acts.close(staffed, notice_id, reason="Over", by="Bea", now=MONDAY)
        for act in (notice_acts.recall, notice_acts.close):
            with pytest.raises(NotAllowed, match="closed since 2021-07-26 already"):
                act(staffed, notice_id, reason="Again", by="Bea", now=TUESDAY)

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_a_reason_is_needed(self, staffed, reason):
        notice_id = issue(staffed, "2021-09")
        with pytest.raises(NotAllowed, match="needs a reason"):
            notice_acts.recall(staffed, notice_id, reason=reason, by="Bea", now=MONDAY)

    def test_an_unknown_notice(self, staffed):
        with pytest.raises(NotFound):
            notice_acts.recall(staffed, 99, reason="x", by="Bea", now=MONDAY)


class TestPostpone:
    def test_the_window_is_that_of_the_later_date(self, staffed, school, clock):
        notice_id = issue(staffed, "2021-09")
        send(staffed, clock)
        school.version(
            "social-media",
            "2021-09",
            "2021-10-01",
            approved_on="2021-07-26",
            body="Think twice before you post.",
        )
        done = notice_acts.postpone(
            staffed,
            notice_id,
            effective_on=date(2021, 10, 1),
            reason="Training first",
            by="Bea",
            now=clock.now(),
        )
        assert done.by_email == 3
        window = row(staffed, notice_id, "P001", clock.now()).window
        assert (window.binds_from, window.due_on) == (date(2021, 10, 1), date(2021, 9, 30))
        assert queued(staffed, "postponed") == ["P001", "P002", "P003"]

    @pytest.mark.parametrize(
        ("approved_for", "asked_for", "body", "says"),
        [
            ("2021-10-01", date(2021, 10, 8), "Think twice before you post.", "first have it approved"),
            (
                "2021-08-30",
                date(2021, 8, 30),
                "Think twice before you post.",
                "to a later day than 2021-09-01",
            ),
            ("2021-10-01", date(2021, 10, 1), "Another text.", "another text or audience"),
        ],
    )
    def test_what_cannot_be(self, staffed, school, approved_for, asked_for, body, says):
        notice_id = issue(staffed, "2021-09")
        school.version("social-media", "2021-09", approved_for, approved_on="2021-07-26", body=body)
        with pytest.raises(NotAllowed, match=says):
            notice_acts.postpone(
                staffed, notice_id, effective_on=asked_for, reason="Later", by="Bea", now=MONDAY
            )
        assert ledger(staffed, "notice.postponed") == 0


class TestClose:
    def test_nothing_is_owed_any_more(self, staffed):
        notice_id = issue(staffed, "2021-09")
        notice_acts.close(staffed, notice_id, reason="Over", by="Bea", now=MONDAY)
        found = row(staffed, notice_id, "P001", at("2021-12-01"))
        assert (found.status, found.owes, found.overdue) == ("closed", False, False)

    def test_nobody_is_added_to_a_closed_notice(self, staffed):
        notice_id = issue(staffed, "2021-09")
        notice_acts.close(staffed, notice_id, reason="Over", by="Bea", now=MONDAY)
        import_roster(staffed, roster_csv(*EVERYONE, JAY), "staff.csv", now=at("2021-08-10"))
        assert row(staffed, notice_id, "P010", at("2021-08-10")) is None
        with pytest.raises(NoticeRefused, match="has been closed"):
            issue(staffed, "2021-09", at("2021-09-02"), mode=Mode.IN_FORCE)


class TestByName:
    def visitors(self, service):
        return issue(service, "2021-01", policy="visitors", mode=Mode.IN_FORCE)

    def test_somebody_outside_the_audience_is_asked_with_a_reason(self, staffed):
        notice_id = self.visitors(staffed)
        done = notice_acts.add_by_name(
            staffed, notice_id, "P003", reason="Has a badge", by="Bea", now=TUESDAY
        )
        found = row(staffed, notice_id, "P003", TUESDAY)
        assert (done.by_email, str(found.recipient.basis), found.recipient.reason, found.owes) == (
            1,
            "by name",
            "Has a badge",
            True,
        )

    @pytest.mark.parametrize("person_id", ["P001", "P003"])
    def test_nobody_is_asked_twice(self, staffed, person_id):
        notice_id = self.visitors(staffed)
        if person_id == "P003":
            notice_acts.add_by_name(staffed, notice_id, "P003", reason="Badge", by="Bea", now=TUESDAY)
        with pytest.raises(NotAllowed, match="a recipient of this notice already"):
            notice_acts.add_by_name(staffed, notice_id, person_id, reason="Badge", by="Bea", now=TUESDAY)

    def test_who_has_left_or_is_unknown_is_not_asked(self, staffed):
        notice_id = self.visitors(staffed)
        import_roster(staffed, roster_csv(GIA + "2021-07-26"), "staff.csv", now=MONDAY)
        with pytest.raises(NotAllowed, match="not in post"):
            notice_acts.add_by_name(staffed, notice_id, "P003", reason="Badge", by="Bea", now=TUESDAY)
        with pytest.raises(NotFound):
            notice_acts.add_by_name(staffed, notice_id, "P999", reason="Badge", by="Bea", now=TUESDAY)

    def test_coming_into_the_audience_asks_nobody_a_second_time(self, staffed):
        notice_id = self.visitors(staffed)
        notice_acts.add_by_name(staffed, notice_id, "P003", reason="Badge", by="Bea", now=TUESDAY)
        rows = roster_csv(ADA, BEN, GIA.replace("Governor", "Employee"))
        import_roster(staffed, rows, "staff.csv", now=TUESDAY)
        with staffed.store.read() as connection:
            sql = "SELECT COUNT(*) FROM recipient WHERE person_id = 'P003' AND notice_id = ?"
            assert connection.execute(sql, (notice_id,)).fetchone()[0] == 1


def test_a_withdrawal_may_come_before_the_version_has_taken_effect(staffed, school):
    notice_id = issue(staffed, "2021-09")
    school.version("social-media", "2021-10", "2021-08-30", approved_on="2021-07-26", change="withdrawn")
    issue(staffed, "2021-10")
    assert row(staffed, notice_id, "P001", at("2021-08-29")).owes
    assert row(staffed, notice_id, "P001", at("2021-08-30")).status == "withdrawn"


def test_issuing_at_noon_is_in_time_and_at_ten_to_midnight_is_not(service, school):
    """600 people at 30 a minute need twenty minutes; Sunday 1 August is the last day."""
    people = (f"Q{n},Person {n},q{n}@larkspur-row.example,Employee,," for n in range(600))
    import_roster(service, roster_csv(*people), "staff.csv", now=MONDAY)
    wanted = [("social-media", "2021-09")]
    noon, late = datetime(2021, 8, 1, 11, 0, tzinfo=UTC), datetime(2021, 8, 1, 22, 50, tzinfo=UTC)
    assert issuing.preview(service, wanted, now=noon).late_by_pace == 0
    assert issuing.preview(service, wanted, now=late).late_by_pace == 300
    with pytest.raises(
        NoticeRefused, match="pass midnight of the last day to give notice, Sunday 2021-08-01"
    ):
        issuing.issue(service, wanted, now=late, issued_by="Bea")
    done = issuing.issue(service, wanted, now=late, issued_by="Bea", short_reason="The Board met today")
    assert done.late_by_pace == 300
