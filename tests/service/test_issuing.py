"""Issuing a notice: refused with every reason, frozen when it is given, one transaction."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import UTC, date, datetime, timedelta

import pytest

from ackservice.errors import NoticeRefused, ShortNotice
from ackservice.service import issuing
from ackservice.service.context import Service
from ackservice.service.issuing import Mode
from ackservice.service.roster import import_roster
from ackservice.storage import notices
from ackservice.storage.store import Store
from ackservice.storage.verify import verify
from tests.conftest import MONDAY
from tests.school_tree import ADA, BEN, GIA, LEE, PAT, roster_csv

AFTER = datetime(2021, 9, 10, 9, 0, tzinfo=UTC)
SOCIAL_MEDIA = [("social-media", "2021-09")]


def at(day: str) -> datetime:
    """Nine in the morning, UTC, on that day."""
    return datetime.fromisoformat(f"{day}T09:00:00+00:00")


def again(name: str) -> dict:
    """What asks for a new round."""
    return {"mode": Mode.AGAIN, "round_": name}


def issue(
    service: Service,
    version: str = "2021-09",
    now: datetime = MONDAY,
    policy: str = "social-media",
    **how: object,
):
    return issuing.issue(service, [(policy, version)], now=now, issued_by="Bea Manager", **how)


def refusal(
    service: Service,
    version: str = "2021-09",
    now: datetime = MONDAY,
    policy: str = "social-media",
    **how: object,
) -> tuple:
    """The reasons, the same for issuing and for looking beforehand; nothing is recorded."""
    before = rows(service, "SELECT COUNT(*) FROM ledger")
    with pytest.raises(NoticeRefused) as raised:
        issue(service, version, now, policy, **how)
    with pytest.raises(NoticeRefused) as previewed:
        issuing.preview(service, [(policy, version)], now=now, **how)
    assert previewed.value.reasons == raised.value.reasons
    assert rows(service, "SELECT COUNT(*) FROM ledger") == before
    return raised.value.reasons


def rows(service: Service, sql: str) -> list[tuple]:
    with service.store.read() as connection:
        return [tuple(row) for row in connection.execute(sql)]


class TestRefusals:
    def test_no_approval(self, staffed, school):
        school.version("social-media", "2022-09", "2022-09-01")
        assert refusal(staffed, "2022-09") == (
            "no approval is recorded; once the Board of Governors has approved the version: "
            "handbook approve social-media 2022-09 --by WHO --on DATE",
        )

    def test_an_approval_of_a_day_to_come(self, staffed, school):
        school.version("social-media", "2022-09", "2022-09-01", approved_on="2021-07-27")
        assert refusal(staffed, "2022-09") == (
            "the approval is dated 2021-07-27, which is after today (2021-07-26)",
        )

    def test_one_letter_changed_in_the_approved_text(self, staffed, school):
        school.edit(school.text_path("social-media", "2021-09"), "Think twice", "Think thrice")
        reasons = refusal(staffed)
        assert reasons[0] == "the handbook has faults"
        assert "is not the one that was approved" in reasons[1]

    def test_another_effective_date_than_was_approved(self, staffed, school):
        school.edit(school.text_path("social-media", "2021-09"), "2021-09-01", "2021-09-02")
        reasons = refusal(staffed)
        assert "what was approved has been changed since" in reasons[1]

    def test_another_audience_than_was_approved(self, staffed, school):
        school.edit(school.text_path("social-media", "2021-09"), "audience: all", "audience: [Governor]")
        assert "what was approved has been changed since" in refusal(staffed)[1]

    def test_a_faulty_policy_stops_no_notice_of_another(self, staffed, school):
        school.edit(school.entry_path("visitors", "2021-01"), "change: new", "change: small")
        assert issue(staffed).by_email == 3
        assert refusal(staffed, "2021-01", policy="visitors")[0] == "the handbook has faults"

    def test_an_approval_by_somebody_else_than_the_settings_name(self, staffed, school):
        school.version(
            "social-media", "2022-09", "2022-09-01", approved_on="2021-07-14", approved_by="The cat"
        )
        assert refusal(staffed, "2022-09") == (
            "it is approved by The cat, and school.toml names Board of Governors as who approves (approvers)",
        )

    def test_an_unknown_policy(self, staffed):
        assert refusal(staffed, policy="bicycles") == (
            "no policy 'bicycles' in the handbook; it has: social-media, visitors",
        )

    def test_an_unknown_version(self, staffed):
        assert refusal(staffed, "2021-10") == (
            "policy 'social-media' has no version '2021-10'; it has: 2020-09, 2021-09",
        )

    def test_issued_already(self, staffed):
        issue(staffed)
        assert refusal(staffed, now=MONDAY + timedelta(days=1)) == (
            "a notice was issued already, on 2021-07-26; remind people with: ack remind, "
            'or begin a new round with --again "its name"',
        )

    def test_a_superseded_version(self, staffed):
        assert refusal(staffed, "2020-09", AFTER) == ("the version is no longer in force (superseded)",)

    def test_a_withdrawn_version(self, staffed, school):
        school.version("social-media", "2021-12", "2021-12-01", approved_on="2021-10-01", change="withdrawn")
        assert refusal(staffed, "2021-09", at("2021-12-02")) == (
            "the version is no longer in force (withdrawn)",
        )

    def test_nobody_on_the_roster(self, service):
        assert refusal(service) == (
            "nobody on the roster is concerned today (audience: everyone); import the roster "
            "with: ack roster import FILE",
        )

    def test_nobody_in_the_audience(self, service):
        import_roster(service, roster_csv(GIA, PAT, LEE), "staff.csv", now=MONDAY)
        assert refusal(service, "2021-01", policy="visitors", mode=Mode.IN_FORCE) == (
            "nobody on the roster is concerned today (audience: Employee); import the roster "
            "with: ack roster import FILE",
        )

    def test_all_reasons_together(self, service, school):
        school.version("social-media", "2022-09", "2022-09-01")
        reasons = refusal(service, "2022-09", **again("Round two"))
        assert [reason[:25] for reason in reasons] == [
            "no approval is recorded; ", "a new round needs a first", "nobody on the roster is c",
        ]  # fmt: skip

    def test_the_error_names_the_version_and_every_reason(self, service):
        with pytest.raises(NoticeRefused) as raised:
            issue(service)
        assert str(raised.value).startswith("no notice issued for social-media 2021-09: nobody on the roster")
        assert (raised.value.policy, raised.value.version) == ("social-media", "2021-09")


class TestShortNotice:
    @pytest.mark.parametrize(
        ("now", "short_by"),
        [
            (at("2021-07-26"), 0),
            (at("2021-07-31"), 0),
            (at("2021-08-01"), 0),  # the last day, a Sunday in the holidays
            (datetime(2021, 8, 1, 22, 59, tzinfo=UTC), 0),  # a minute to midnight in London
            (datetime(2021, 8, 1, 23, 0, tzinfo=UTC), 1),  # 2 August there
            (at("2021-08-02"), 1),
            (at("2021-08-31"), 29),  # a month from 31 August ends on 30 September
        ],
    )
    def test_days_short_of_one_month(self, staffed, now, short_by):
        assert issuing.preview(staffed, SOCIAL_MEDIA, now=now).short_by_days == short_by
        if short_by:
            with pytest.raises(ShortNotice):
                issue(staffed, now=now)
        else:
            assert issue(staffed, now=now).short_by_days == 0

    def test_it_says_for_how_many_people_and_by_how_many_days(self, staffed):
        with pytest.raises(ShortNotice) as raised:
            issue(staffed, now=at("2021-08-02"))
        assert (raised.value.people, raised.value.days) == (4, 1)
        assert raised.value.reasons == (
            "the notice would be short for 4 people, by 1 day; the last day to give it was Sunday "
            "2021-08-01. Move the effective date, or go ahead with "
            '--allow-short-notice "the reason", which is kept',
        )
        assert rows(staffed, "SELECT COUNT(*) FROM notice") == [(0,)]

    def test_a_reason_is_kept_with_the_notice(self, staffed):
        done = issue(staffed, now=at("2021-08-05"), short_reason="  The Board met late.  ")
        assert done.short_by_days == 4
        assert rows(staffed, "SELECT short_reason, issued_by FROM notice") == [
            ("The Board met late.", "Bea Manager")
        ]

    @pytest.mark.parametrize("reason", ["", "   ", "\t\n"])
    def test_blanks_are_no_reason(self, staffed, reason):
        with pytest.raises(ShortNotice):
            issue(staffed, now=at("2021-08-02"), short_reason=reason)

    def test_a_reason_that_was_not_needed_is_not_kept(self, staffed):
        issue(staffed, short_reason="The Board met late.")
        assert rows(staffed, "SELECT short_reason FROM notice") == [(None,)]

    def test_deemed_days_move_the_last_day_forward(self, service, school):
        school.write("school.toml", school.read("school.toml") + "\n[notice]\ndeemed_days = 3\n")
        import_roster(service, roster_csv(), "staff.csv", now=MONDAY)
        from ackservice.config import load_school

        service.settings = _with_school(service, load_school(school.root))
        found = issuing.preview(service, SOCIAL_MEDIA, now=at("2021-07-30")).items[0]
        assert (found.last_day, found.short_by_days) == (date(2021, 7, 29), 1)


def _with_school(service, school):
    from dataclasses import replace

    return replace(service.settings, school=school)


class TestRecipientsAreFrozen:
    def test_who_is_told(self, staffed):
        done = issue(staffed)
        assert (done.by_email, done.on_paper) == (3, 1)
        assert rows(
            staffed, "SELECT person_id, name, email, categories, basis FROM recipient ORDER BY id"
        ) == [
            ("P001", "Ada Lovelace", "ada@larkspur-row.example", '["Employee"]', "change"),
            ("P002", "Ben Okri", "ben@larkspur-row.example", '["Employee"]', "change"),
            ("P003", "Gia Rossi", "gia@larkspur-row.example", '["Governor"]', "change"),
            ("P004", "Pat Paper", "", '["Volunteer"]', "change"),
        ]

    def test_one_message_is_queued_for_each_address(self, staffed):
        issue(staffed)
        assert rows(staffed, "SELECT kind, person_id, address, state FROM delivery ORDER BY id") == [
            ("notice", "P001", "ada@larkspur-row.example", "queued"),
            ("notice", "P002", "ben@larkspur-row.example", "queued"),
            ("notice", "P003", "gia@larkspur-row.example", "queued"),
        ]
        assert len(set(rows(staffed, "SELECT message_id FROM delivery"))) == 3

    def test_people_who_share_an_address_get_a_message_each(self, service):
        cat = "P010,Cat One,family@x-school.example,Volunteer,,"
        dog = "P011,Dan Two,family@x-school.example,Volunteer,,"
        import_roster(service, roster_csv(cat, dog), "staff.csv", now=MONDAY, confirmed=True)
        assert issue(service).by_email == 2

    def test_what_the_roster_says_later_changes_nothing(self, staffed):
        issue(staffed)
        before = rows(staffed, "SELECT * FROM recipient")
        married = ADA.replace("Ada Lovelace,ada@", "Ada King,king@").replace("Employee", "Governor")
        import_roster(
            staffed,
            roster_csv(married, BEN + "2021-08-01"),
            "staff.csv",
            now=MONDAY + timedelta(days=9),
            confirmed=True,
        )
        assert rows(staffed, "SELECT * FROM recipient") == before

    def test_someone_who_joins_or_comes_later_is_not_among_them(self, staffed):
        late = "P020,Late Comer,late@x-school.example,Employee,2021-07-27,"
        import_roster(staffed, roster_csv(late), "more.csv", now=MONDAY)
        frozen = {person.person_id for person in issue(staffed).people}
        assert frozen == {"P001", "P002", "P003", "P004"}

    def test_who_was_there_and_is_entered_late_has_the_basis_of_everybody(self, staffed):
        issue(staffed)
        twin = ADA.replace("P001", "P021").replace("ada@", "ada2@")
        import_roster(staffed, roster_csv(twin), "more.csv", now=MONDAY + timedelta(days=3))
        assert rows(staffed, "SELECT basis FROM recipient WHERE person_id = 'P021'") == [("change",)]

    def test_first_and_last_day_of_work(self, service):
        joins_today = "P030,First Day,f@x-school.example,Employee,2021-07-26,"
        leaves_today = "P031,Gone Today,g@x-school.example,Employee,,2021-07-26"
        last_day_is_today = "P032,Last Day,l@x-school.example,Employee,,2021-07-27"
        import_roster(
            service, roster_csv(joins_today, leaves_today, last_day_is_today), "staff.csv", now=MONDAY
        )
        assert [person.person_id for person in issue(service).people] == ["P030", "P032"]

    def test_an_audience_is_told_and_nobody_else(self, staffed):
        issue(staffed, "2021-01", policy="visitors", mode=Mode.IN_FORCE)
        assert rows(staffed, "SELECT person_id FROM recipient ORDER BY id") == [("P001",), ("P002",)]

    def test_the_texts_are_kept_as_approved(self, staffed, school):
        done = issue(staffed)
        canonical = "# Social media policy\n\nThink twice before you post.\n"
        assert done.items[0].notice.digest == "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()
        school.edit(school.text_path("social-media", "2021-09"), "Think twice", "Think thrice")
        with staffed.store.read() as connection:
            assert notices.document(connection, done.items[0].notice.digest) == canonical
            entry = notices.kept_entry(connection, done.items[0].notice.id)
            assert notices.document(connection, entry.previous_digest).endswith("Think before you post.\n")
        assert (entry.previous_version, entry.summary, entry.questions) == (
            "2020-09",
            "What changed in 2021-09.",
            "Headteacher",
        )
        assert entry.changes == ({"section": "Posting", "what": "added", "text": "What is new in 2021-09."},)
        assert (entry.approved_by, entry.approved_on) == ("Board of Governors", "2021-07-14")

    def test_the_rule_is_kept_with_the_notice(self, staffed):
        assert str(issue(staffed).items[0].notice.rule).startswith("Notice of one calendar month")
        assert rows(staffed, "SELECT period_months, deemed_days, joiner_days FROM notice") == [(1, 0, 14)]


class TestOneTransaction:
    def test_a_notice_and_its_recipients_follow_each_other_in_the_ledger(self, staffed):
        issue(staffed)
        kinds = [kind for (kind,) in rows(staffed, "SELECT kind FROM ledger ORDER BY n")]
        added = ["person.key", "recipient.added"] * 4
        assert (
            kinds == ["roster.imported"] + ["roster.entry"] * 6 + ["mailing.issued", "notice.issued"] + added
        )
        assert len(set(rows(staffed, "SELECT at FROM ledger WHERE n > 7"))) == 1
        with staffed.store.read() as connection:
            assert verify(connection).faults == ()

    def test_a_failure_near_the_end_leaves_nothing(self, staffed):
        """The database refuses the last recipient's message: a table takes two rows and no more."""
        with staffed.store.write(MONDAY) as tx:
            tx.execute(
                "CREATE TEMP TRIGGER two_only BEFORE INSERT ON main.delivery WHEN "
                "(SELECT COUNT(*) FROM main.delivery) >= 2 "
                "BEGIN SELECT RAISE(ABORT, 'two only'); END"
            )
        with pytest.raises(sqlite3.IntegrityError, match="two only"):
            issue(staffed)
        counts = rows(
            staffed,
            "SELECT (SELECT COUNT(*) FROM notice), (SELECT COUNT(*) FROM recipient), "
            "(SELECT COUNT(*) FROM delivery), "
            "(SELECT COUNT(*) FROM document), (SELECT COUNT(*) FROM ledger)",
        )
        assert counts == [(0, 0, 0, 0, 7)]

    def test_looking_beforehand_changes_not_a_byte(self, staffed):
        staffed.store.close()
        before = staffed.store.path.read_bytes()
        found = issuing.preview(staffed, SOCIAL_MEDIA, now=MONDAY)
        assert (len(found.people), found.by_email, found.on_paper) == (4, 3, 1)
        staffed.store.close()
        assert staffed.store.path.read_bytes() == before

    def test_of_two_who_issue_at_once_one_is_refused(self, staffed):
        """The second looked before the first had written, and looks again under the lock."""
        issuing.preview(staffed, SOCIAL_MEDIA, now=MONDAY)
        other = Service(staffed.settings, Store(staffed.store.path))
        issue(other)
        other.store.close()
        assert refusal(staffed)[0].startswith("a notice was issued already, on 2021-07-26")


class TestRounds:
    def test_a_new_round_is_given_to_everyone_there_now(self, staffed):
        issue(staffed)
        done = issue(staffed, now=AFTER, **again("School year 2021/22"))
        assert (done.items[0].notice.basis, done.items[0].notice.round, done.short_by_days) == (
            "new round",
            "School year 2021/22",
            0,
        )
        sql = (
            f"SELECT person_id, basis FROM recipient WHERE notice_id = {done.items[0].notice.id} ORDER BY id"
        )
        assert rows(staffed, sql) == [(f"P00{n}", "new round") for n in (1, 2, 3, 4, 6)]

    @pytest.mark.parametrize(
        ("name", "now", "reason"),
        [
            ("Second", MONDAY, "a new round is for a version in force; this one is on notice"),
            ("First", AFTER, "the round 'First' was issued already"),
        ],
    )
    def test_a_round_that_cannot_be(self, staffed, name, now, reason):
        issue(staffed)
        if name == "First":
            issue(staffed, now=at("2021-09-02"), **again("First"))
        assert refusal(staffed, now=now, **again(name)) == (reason,)

    def test_a_round_needs_a_first_notice(self, staffed):
        assert refusal(staffed, now=AFTER, **again("Second")) == (
            "a new round needs a first notice; issue it without --again",
        )


class TestOtherKinds:
    def test_a_clarification_is_notified_too(self, staffed, school):
        school.version(
            "social-media",
            "2021-09.2",
            "2021-12-01",
            approved_on="2021-10-01",
            change="clarification",
            body="Think twice.",
        )
        issue(staffed)
        done = issue(staffed, "2021-09.2", at("2021-10-05"))
        assert (done.items[0].notice.change, done.items[0].notice.must_be_acknowledged, len(done.people)) == (
            "clarification",
            False,
            5,
        )

    def test_a_withdrawal_goes_to_the_audience_of_the_text_it_ends(self, staffed, school):
        school.version("visitors", "2021-12", "2021-12-01", approved_on="2021-10-01", change="withdrawn")
        done = issue(staffed, "2021-12", at("2021-10-05"), policy="visitors")
        assert [person.person_id for person in done.people] == ["P001", "P002", "P006"]
        assert (done.items[0].notice.title, done.items[0].notice.digest) == ("Visitors policy", None)
        assert json.loads(rows(staffed, "SELECT audience FROM notice")[0][0]) == ["Employee"]
