"""Acknowledging: a person's own act, recorded once, kept as typed, and proved by a receipt."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from ackservice.errors import LinkForged, LinkOfLeaver, LinkRevoked, NotAllowed, NotFound, NoticeIsClosed
from ackservice.links import Purpose
from ackservice.service import acknowledging, issuing
from ackservice.service.acknowledging import LinkState
from ackservice.service.context import Service
from ackservice.service.roster import import_roster
from ackservice.storage.facts import FACTS
from ackservice.storage.verify import verify
from tests.conftest import MONDAY
from tests.school_tree import ADA, roster_csv

TUESDAY = MONDAY + timedelta(days=1)


def rows(service: Service, sql: str, *values: object) -> list[tuple]:
    with service.store.read() as connection:
        return [tuple(row) for row in connection.execute(sql, values)]


def recipient(service: Service, person: str, version: str = "2021-09") -> int:
    sql = "SELECT MAX(r.id) FROM recipient r JOIN notice n ON n.id = r.notice_id WHERE r.person_id = ? AND n.version = ?"
    return rows(service, sql, person, version)[0][0]


def token(service: Service, person: str = "P001", version: str = "2021-09") -> str:
    return service.links.token(Purpose.ACKNOWLEDGE, recipient(service, person, version))


def acknowledge(
    service: Service,
    person: str = "P001",
    name: str = "Ada Lovelace",
    now: datetime = TUESDAY,
    version="2021-09",
) -> int:
    return acknowledging.acknowledge(service, token(service, person, version), name, now)


def view(service: Service, person: str = "P001", now: datetime = TUESDAY, version: str = "2021-09"):
    return acknowledging.view(service, token(service, person, version), now)


def receipt(service: Service, number: int):
    return acknowledging.receipt(service, service.links.token(Purpose.RECEIPT, number))


def issue(service: Service, version: str, now: datetime, **how: str):
    return issuing.issue(
        service, "social-media", version, now=now, issued_by="Bea", short_reason="told late", **how
    )


def record(service: Service, kind: str, now: datetime = TUESDAY, **values: object) -> int:
    with service.store.write(now) as tx:
        return tx.record(kind, **values)


def erase(service: Service, person: str) -> None:
    """As the command that erases a person does: every personal value and every salt of theirs."""
    with service.store.write(TUESDAY) as tx:
        for fact in FACTS.values():
            if "person_id" in fact.plain:
                values = ", ".join(f"{name} = NULL" for name in (*fact.personal, "salt"))
                tx.execute(f"UPDATE {fact.table} SET {values} WHERE person_id = ?", (person,))
        tx.record("person.erased", person_id=person, erased_by="Bea")


@pytest.fixture
def issued(staffed: Service) -> Service:
    issue(staffed, "2021-09", MONDAY)
    return staffed


class TestRecording:
    def test_what_is_recorded(self, issued):
        number = acknowledge(issued)
        digest = rows(issued, "SELECT digest FROM notice")[0][0]
        assert rows(issued, "SELECT id, at, recipient_id, person_id, policy, version, digest, method, signed_on, typed_name, recorded_by "
                    "FROM acknowledgement") == [
            (number, "2021-07-27T08:00:00.000000Z", recipient(issued, "P001"), "P001", "social-media", "2021-09", digest,
             "link", None, "Ada Lovelace", None),
        ]  # fmt: skip

    def test_a_receipt_is_queued_to_the_person(self, issued):
        number = acknowledge(issued)
        assert rows(
            issued, "SELECT kind, person_id, address, payload FROM delivery WHERE kind <> 'notice'"
        ) == [("receipt", "P001", "ada@larkspur-row.example", f'{{"receipt": {number}}}')]

    def test_looking_records_nothing(self, issued):
        issued.store.close()
        before = issued.store.path.read_bytes()
        for _ in range(3):
            assert view(issued).state is LinkState.TO_READ
        issued.store.close()
        assert issued.store.path.read_bytes() == before

    def test_once_only(self, issued):
        first = acknowledge(issued)
        assert acknowledge(issued, name="Somebody Else", now=TUESDAY + timedelta(days=30)) == first
        assert (
            acknowledge(issued, name="") == first
        )  # a second visit shows the receipt, whatever is in the form
        assert rows(issued, "SELECT typed_name FROM acknowledgement") == [("Ada Lovelace",)]
        assert len(rows(issued, "SELECT 1 FROM delivery WHERE kind = 'receipt'")) == 1

    def test_once_only_when_many_threads_come_together(self, issued):
        """Everyone has looked before anyone has written."""
        link, together = token(issued), threading.Barrier(8)
        numbers: list[int] = []

        def post() -> None:
            together.wait()
            numbers.append(acknowledging.acknowledge(issued, link, "Ada Lovelace", TUESDAY))
            issued.store.close()

        threads = [threading.Thread(target=post) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(numbers) == 8 and len(set(numbers)) == 1
        assert rows(issued, "SELECT COUNT(*) FROM acknowledgement") == [(1,)]

    @pytest.mark.parametrize(
        "name",
        [
            "ada",
            " Ada  Lovelace ",
            "Łukasz Żółć",
            "محمد عبد الله",
            "O’Brien-Śmith",
            "李",
            "x" * 300,
            "=cmd()",
            "A\x00B",
            "Zoë",
        ],
    )
    def test_the_name_is_kept_as_typed(self, issued, name):
        number = acknowledge(issued, name=name)
        assert rows(issued, "SELECT typed_name FROM acknowledgement") == [(name,)]
        assert receipt(issued, number).typed_name == name
        with issued.store.read() as connection:
            assert verify(connection).faults == ()

    @pytest.mark.parametrize(
        "name", ["", " ", "\t\r\n", "\u00a0\u3000", "\u200b\u200d\ufeff", "\x00\x07", "\u2028"]
    )
    def test_a_name_that_shows_nothing_is_refused(self, issued, name):
        with pytest.raises(NotAllowed, match="type your full name"):
            acknowledge(issued, name=name)
        assert rows(issued, "SELECT COUNT(*) FROM acknowledgement") == [(0,)]

    def test_a_name_far_too_long_is_refused(self, issued):
        with pytest.raises(NotAllowed, match="longer than 300 characters"):
            acknowledge(issued, name="x" * 301)

    def test_after_a_withdrawal_it_can_be_done_again(self, issued):
        first = acknowledge(issued)
        record(issued, "acknowledgement.withdrawn", acknowledgement_id=first, recipient_id=recipient(issued, "P001"),
               reason="wrong person", withdrawn_by="Bea")  # fmt: skip
        assert view(issued).state is LinkState.TO_READ
        second = acknowledge(issued, now=TUESDAY + timedelta(hours=1))
        assert second > first
        assert (receipt(issued, first).withdrawn, receipt(issued, second).withdrawn) == (True, False)

    def test_someone_excused_may_still_acknowledge(self, issued):
        record(
            issued,
            "recipient.excused",
            recipient_id=recipient(issued, "P001"),
            reason="leave",
            excused_by="Bea",
        )
        assert acknowledge(issued) > 0


class TestLinks:
    def test_what_a_link_shows(self, issued):
        found = view(issued)
        assert (found.person.name, found.notice.version, found.shown.version) == (
            "Ada Lovelace",
            "2021-09",
            "2021-09",
        )
        assert found.text.endswith("Think twice before you post.\n")
        assert found.previous_text.endswith("Think before you post.\n")
        assert (found.entry.summary, found.entry.questions) == ("What changed in 2021-09.", "Headteacher")
        assert (found.receipt_number, found.newer, found.newer_link_number) == (None, None, None)

    def test_a_name_changed_since_is_the_one_shown(self, issued):
        import_roster(issued, roster_csv(ADA.replace("Ada Lovelace", "Ada King")), "staff.csv", now=TUESDAY)
        assert view(issued).person.name == "Ada King"

    @pytest.mark.parametrize("number", [0, 1, 9999, 2**40])
    def test_a_signed_number_that_is_no_recipient_is_forged(self, issued, number):
        link = issued.links.token(Purpose.ACKNOWLEDGE, number)
        with pytest.raises(LinkForged):
            acknowledging.view(issued, link, TUESDAY)
        with pytest.raises(LinkForged):
            acknowledging.acknowledge(issued, link, "Ada", TUESDAY)

    def test_a_forged_link_is_told_before_the_name_is_looked_at(self, issued):
        with pytest.raises(LinkForged):
            acknowledging.acknowledge(issued, token(issued) + "x", "", TUESDAY)

    def test_a_receipt_link_never_acknowledges(self, issued):
        link = issued.links.token(Purpose.RECEIPT, recipient(issued, "P001"))
        with pytest.raises(LinkForged):
            acknowledging.acknowledge(issued, link, "Ada", TUESDAY)

    def test_a_renewed_link_takes_the_place_of_the_old_one(self, issued):
        old = token(issued)
        first = issued.links.token(
            Purpose.ACKNOWLEDGE,
            record(issued, "link.renewed", recipient_id=recipient(issued, "P001"), renewed_by="Bea"),
        )
        second = issued.links.token(
            Purpose.ACKNOWLEDGE,
            record(issued, "link.renewed", recipient_id=recipient(issued, "P001"), renewed_by="Bea"),
        )
        for dead in (old, first):
            with pytest.raises(LinkRevoked):
                acknowledging.view(issued, dead, TUESDAY)
            with pytest.raises(LinkRevoked):
                acknowledging.acknowledge(issued, dead, "Ada", TUESDAY)
        assert acknowledging.acknowledge(issued, second, "Ada", TUESDAY) > 0

    def test_a_link_renewed_while_the_form_was_sent_is_refused(self, issued):
        """What counts is what stands under the lock, whatever was seen before."""
        link, service = token(issued), issued
        write = service.store.write

        class Between:
            path = service.store.path
            read = staticmethod(service.store.read)

            @staticmethod
            def write(now):
                record(service, "link.renewed", recipient_id=recipient(service, "P001"), renewed_by="Bea")
                return write(now)

        with pytest.raises(LinkRevoked):
            acknowledging.acknowledge(Service(service.settings, Between()), link, "Ada", TUESDAY)
        assert rows(issued, "SELECT COUNT(*) FROM acknowledgement") == [(0,)]

    @pytest.mark.parametrize("left_on", ["2021-07-27", "2021-07-20"])
    def test_the_link_of_someone_who_left_is_dead(self, issued, left_on):
        import_roster(issued, roster_csv(ADA + left_on), "staff.csv", now=TUESDAY)
        with pytest.raises(LinkOfLeaver):
            view(issued)
        with pytest.raises(LinkOfLeaver):
            acknowledge(issued)

    def test_the_link_of_someone_who_will_leave_tomorrow_works(self, issued):
        import_roster(issued, roster_csv(ADA + "2021-07-28"), "staff.csv", now=TUESDAY)
        assert acknowledge(issued) > 0

    def test_the_link_of_someone_erased_is_dead(self, issued):
        link = token(issued)
        erase(issued, "P001")
        with pytest.raises(LinkOfLeaver):
            acknowledging.view(issued, link, TUESDAY)

    def test_a_closed_notice_takes_no_acknowledgement(self, issued):
        done = acknowledge(issued)
        record(
            issued,
            "notice.closed",
            notice_id=rows(issued, "SELECT id FROM notice")[0][0],
            reason="over",
            closed_by="Bea",
        )
        with pytest.raises(NoticeIsClosed):
            view(issued, "P002")
        with pytest.raises(NoticeIsClosed):
            acknowledge(issued, "P002", "Ben")
        assert (view(issued).state, acknowledge(issued)) == (
            LinkState.ACKNOWLEDGED,
            done,
        )  # who has done it sees the receipt

    def test_links_outlive_a_key_rotation(self, issued, environ):
        from ackservice.config import settings_from

        link = token(issued)
        rotated = Service.open(
            settings_from(
                environ
                | {
                    "ACK_SECRET_KEYS": "a newer key of more than thirty-two characters,"
                    + environ["ACK_SECRET_KEYS"]
                }
            )
        )
        assert acknowledging.acknowledge(rotated, link, "Ada", TUESDAY) > 0
        rotated.store.close()


@pytest.fixture
def next_year(issued, school) -> Service:
    """The notice of 2022-09 has been issued on 4 July 2022, to everyone but Gia, who has left."""
    school.version(
        "social-media", "2022-09", "2022-09-01", approved_on="2022-07-01", body="Think three times."
    )
    from tests.school_tree import GIA

    import_roster(issued, roster_csv(GIA + "2022-01-01"), "staff.csv", now=datetime(2022, 1, 5, tzinfo=UTC))
    issue(issued, "2022-09", datetime(2022, 7, 4, 9, 0, tzinfo=UTC))
    return issued


class TestNewerVersions:
    NOW = datetime(2022, 7, 5, 9, 0, tzinfo=UTC)

    def test_a_superseded_link_leads_to_the_persons_own_newer_one(self, next_year):
        found = view(next_year, now=self.NOW)
        assert (found.state, found.newer.version) == (LinkState.SUPERSEDED, "2022-09")
        assert found.newer_link_number == recipient(next_year, "P001", "2022-09")
        newer = next_year.links.token(Purpose.ACKNOWLEDGE, found.newer_link_number)
        assert acknowledging.view(next_year, newer, self.NOW).state is LinkState.TO_READ

    def test_a_superseded_link_acknowledges_nothing(self, next_year):
        with pytest.raises(NotAllowed, match="open the link again"):
            acknowledge(next_year, now=self.NOW)
        assert rows(next_year, "SELECT COUNT(*) FROM acknowledgement") == [(0,)]

    def test_a_renewed_newer_link_is_the_one_led_to(self, next_year):
        renewed = record(
            next_year,
            "link.renewed",
            self.NOW,
            recipient_id=recipient(next_year, "P001", "2022-09"),
            renewed_by="Bea",
        )
        assert view(next_year, now=self.NOW).newer_link_number == renewed

    def test_what_was_acknowledged_stays_acknowledged(self, issued, school):
        number = acknowledge(issued)
        school.version(
            "social-media", "2022-09", "2022-09-01", approved_on="2022-07-01", body="Think three times."
        )
        issue(issued, "2022-09", datetime(2022, 7, 4, 9, 0, tzinfo=UTC))
        found = view(issued, now=self.NOW)
        assert (found.state, found.receipt_number) == (LinkState.ACKNOWLEDGED, number)

    def test_whom_the_newer_version_does_not_concern_goes_on_until_it_takes_effect(self, issued, school):
        school.version(
            "social-media",
            "2022-09",
            "2022-09-01",
            approved_on="2022-07-01",
            audience=("Employee",),
            body="Think.",
        )
        issue(issued, "2022-09", datetime(2022, 7, 4, 9, 0, tzinfo=UTC))
        assert view(issued, "P003", self.NOW).state is LinkState.TO_READ
        found = view(issued, "P003", datetime(2022, 9, 1, 9, 0, tzinfo=UTC))
        assert (found.state, found.newer.version, found.newer_link_number) == (
            LinkState.SUPERSEDED,
            "2022-09",
            None,
        )

    def test_an_older_version_announced_after_a_newer_one_is_open_until_that_takes_effect(
        self, staffed, school
    ):
        school.version(
            "social-media", "2022-01", "2022-01-10", approved_on="2021-07-20", body="Think three times."
        )
        issue(staffed, "2022-01", MONDAY)
        issue(staffed, "2021-09", MONDAY + timedelta(hours=1))
        assert view(staffed).state is LinkState.TO_READ
        found = view(staffed, now=datetime(2022, 1, 10, 9, 0, tzinfo=UTC))
        assert (found.state, found.newer.version) == (LinkState.SUPERSEDED, "2022-01")

    def test_a_withdrawal_ends_the_obligation_when_it_takes_effect(self, issued, school):
        school.version("social-media", "2021-12", "2021-12-01", approved_on="2021-10-01", change="withdrawn")
        issue(issued, "2021-12", datetime(2021, 10, 4, 9, 0, tzinfo=UTC))
        assert view(issued, now=datetime(2021, 11, 30, 9, 0, tzinfo=UTC)).state is LinkState.TO_READ
        found = view(issued, now=datetime(2021, 12, 1, 9, 0, tzinfo=UTC))
        assert (found.state, found.newer.change) == (LinkState.SUPERSEDED, "withdrawn")
        told = view(issued, now=datetime(2021, 12, 1, 9, 0, tzinfo=UTC), version="2021-12")
        assert (told.state, told.text) == (LinkState.NOTHING_TO_DO, "")


class TestClarifications:
    NOW = datetime(2021, 10, 6, 9, 0, tzinfo=UTC)

    @pytest.fixture
    def clarified(self, issued, school) -> Service:
        """Two clarifications of 2021-09, one after the other."""
        school.version(
            "social-media",
            "2021-09.2",
            "2021-11-15",
            approved_on="2021-10-01",
            change="clarification",
            body="Think twice, first.",
        )
        school.version(
            "social-media",
            "2021-09.3",
            "2021-11-16",
            approved_on="2021-10-01",
            change="clarification",
            body="Think twice, second.",
        )
        issue(issued, "2021-09.2", datetime(2021, 10, 4, 9, 0, tzinfo=UTC))
        issue(issued, "2021-09.3", datetime(2021, 10, 5, 9, 0, tzinfo=UTC))
        return issued

    def test_a_link_shows_the_last_clarification_and_acknowledges_it(self, clarified):
        found = view(clarified, now=self.NOW)
        assert (found.state, found.notice.version, found.shown.version) == (
            LinkState.TO_READ,
            "2021-09",
            "2021-09.3",
        )
        assert found.text.endswith("Think twice, second.\n")
        read = receipt(clarified, acknowledge(clarified, now=self.NOW))
        assert (read.version, read.digest, read.effective_on) == (
            "2021-09.3",
            found.shown.digest,
            date(2021, 11, 16),
        )
        assert view(clarified, now=self.NOW).state is LinkState.ACKNOWLEDGED

    def test_a_clarification_asks_for_nothing(self, clarified):
        for version in ("2021-09.2", "2021-09.3"):
            assert view(clarified, now=self.NOW, version=version).state is LinkState.NOTHING_TO_DO
            with pytest.raises(NotAllowed):
                acknowledge(clarified, now=self.NOW, version=version)

    def test_what_was_acknowledged_counts_for_its_clarifications(self, clarified):
        number = acknowledge(clarified, now=self.NOW)
        for version in ("2021-09.2", "2021-09.3"):
            found = view(clarified, now=self.NOW, version=version)
            assert (found.state, found.receipt_number) == (LinkState.ACKNOWLEDGED, number)

    def test_a_clarification_of_a_later_version_is_not_shown(self, issued, school):
        school.version(
            "social-media", "2022-09", "2022-09-01", approved_on="2022-07-01", body="Think three times."
        )
        school.version(
            "social-media",
            "2022-09.2",
            "2022-09-20",
            approved_on="2022-07-01",
            change="clarification",
            body="Think 3 times.",
        )
        issue(issued, "2022-09", datetime(2022, 7, 4, 9, 0, tzinfo=UTC))
        issue(issued, "2022-09.2", datetime(2022, 7, 4, 10, 0, tzinfo=UTC))
        now = datetime(2022, 7, 5, 9, 0, tzinfo=UTC)
        assert view(issued, now=now).shown.version == "2021-09"
        assert view(issued, now=now, version="2022-09").shown.version == "2022-09.2"


class TestReceipts:
    def test_what_a_receipt_says(self, issued):
        number = acknowledge(issued)
        read = receipt(issued, number)
        assert (read.number, read.person, read.typed_name, read.method) == (
            number,
            "Ada Lovelace",
            "Ada Lovelace",
            "link",
        )
        assert (read.title, read.policy, read.version, read.effective_on) == (
            "Social media policy", "social-media", "2021-09", date(2021, 9, 1),
        )  # fmt: skip
        assert read.digest == rows(issued, "SELECT digest FROM notice")[0][0]
        assert read.acknowledged_at == TUESDAY
        assert (read.signed_on, read.recorded_by, read.withdrawn) == (None, "", False)

    def test_its_head_is_the_ledgers_with_this_act_as_the_last_line(self, issued):
        number = acknowledge(issued)
        head = rows(issued, "SELECT hash FROM ledger ORDER BY n DESC LIMIT 1")[0][0]
        acknowledge(issued, "P002", "Ben")
        assert receipt(issued, number).head == head
        with issued.store.read() as connection:
            assert verify(connection, head=head).faults == ()

    @pytest.mark.parametrize(
        ("number", "label"), [(1, "R-000001"), (4711, "R-004711"), (1234567, "R-1234567")]
    )
    def test_how_a_receipt_number_is_written(self, number, label):
        assert acknowledging.receipt_label(number) == label

    def test_a_number_that_is_no_acknowledgement_has_no_receipt(self, issued):
        with pytest.raises(LinkForged):
            receipt(issued, recipient(issued, "P001"))

    def test_someone_elses_link_opens_no_receipt(self, issued):
        acknowledge(issued)
        with pytest.raises(LinkForged):
            acknowledging.receipt(issued, token(issued))

    def test_of_someone_erased_the_receipt_is_gone_and_the_chain_stays(self, issued):
        number = acknowledge(issued)
        erase(issued, "P001")
        with pytest.raises(LinkRevoked, match="erased"):
            receipt(issued, number)
        with issued.store.read() as connection:
            report = verify(connection)
        assert (report.faults, report.erased) == ((), 3)

    def test_someone_who_left_keeps_the_receipt(self, issued):
        number = acknowledge(issued)
        import_roster(issued, roster_csv(ADA + "2021-07-28"), "staff.csv", now=TUESDAY)
        assert receipt(issued, number).person == "Ada Lovelace"


def paper(
    service: Service,
    person: str = "P004",
    signed_on: str = "2021-07-27",
    now: datetime = TUESDAY,
    version: str = "2021-09",
) -> int:
    return acknowledging.record_paper(
        service,
        "social-media",
        version,
        person,
        signed_on=date.fromisoformat(signed_on),
        recorded_by="Bea",
        now=now,
    )


def letter(
    service: Service, person: str = "P004", given_on: str = "2021-07-27", now: datetime = TUESDAY
) -> int:
    return acknowledging.record_letter(
        service,
        "social-media",
        "2021-09",
        person,
        given_on=date.fromisoformat(given_on),
        recorded_by="Bea",
        now=now,
    )


class TestPaper:
    def test_a_slip_is_recorded_with_its_date_and_who_recorded_it(self, issued):
        read = receipt(issued, paper(issued, signed_on="2021-07-26"))
        assert (read.person, read.method, read.signed_on, read.recorded_by, read.typed_name) == (
            "Pat Paper", "paper", date(2021, 7, 26), "Bea", "",
        )  # fmt: skip

    def test_without_an_address_no_receipt_is_queued(self, issued):
        paper(issued)
        paper(issued, "P001")
        assert rows(issued, "SELECT person_id FROM delivery WHERE kind = 'receipt'") == [("P001",)]

    @pytest.mark.parametrize(
        ("person", "signed_on", "said"),
        [
            (
                "P004",
                "2021-07-28",
                "cannot have been signed on 2021-07-28, which is after today \\(2021-07-27\\)",
            ),
            (
                "P004",
                "2021-07-25",
                "cannot have been signed on 2021-07-25: the notice was given on 2021-07-26",
            ),
        ],
    )
    def test_a_date_that_cannot_be_is_refused(self, issued, person, signed_on, said):
        with pytest.raises(NotAllowed, match=said):
            paper(issued, person, signed_on)
        assert rows(issued, "SELECT COUNT(*) FROM acknowledgement") == [(0,)]

    def test_after_acknowledging_there_is_no_second(self, issued):
        number = acknowledge(issued)
        with pytest.raises(
            NotAllowed, match=f"Ada Lovelace has acknowledged already \\(receipt R-{number:06d}\\)"
        ):
            paper(issued, "P001")

    @pytest.mark.parametrize("person", ["P005", "P999", "", "p001"])
    def test_only_for_a_recipient(self, issued, person):
        with pytest.raises(NotFound, match="is not a recipient of the notice of social-media 2021-09"):
            paper(issued, person)

    def test_only_for_a_notice_that_was_issued(self, issued):
        with pytest.raises(NotFound, match="no notice has been issued for social-media 2020-09"):
            paper(issued, version="2020-09")

    def test_a_slip_of_someone_who_left_meanwhile_is_taken(self, issued):
        import_roster(issued, roster_csv(ADA + "2021-07-28"), "staff.csv", now=TUESDAY)
        assert paper(issued, "P001", now=MONDAY + timedelta(days=5)) > 0

    def test_a_superseded_version_takes_no_slip(self, next_year):
        with pytest.raises(
            NotAllowed, match="nothing to acknowledge in this notice for Pat Paper: superseded"
        ):
            paper(next_year, now=datetime(2022, 7, 5, tzinfo=UTC))

    def test_a_closed_notice_takes_no_slip(self, issued):
        record(
            issued,
            "notice.closed",
            notice_id=rows(issued, "SELECT id FROM notice")[0][0],
            reason="over",
            closed_by="Bea",
        )
        with pytest.raises(NoticeIsClosed):
            paper(issued)

    def test_nothing_is_added_for_someone_erased(self, issued):
        erase(issued, "P004")
        with pytest.raises(NotAllowed, match="the records of 'P004' have been erased"):
            paper(issued)

    def test_after_a_slip_the_link_shows_the_receipt(self, issued):
        number = paper(issued, "P001")
        assert (view(issued).state, acknowledge(issued)) == (LinkState.ACKNOWLEDGED, number)

    def test_the_day_a_letter_was_handed_over_is_the_day_of_notice(self, issued):
        letter(issued)
        assert view(issued, "P004").standing.notified_on == date(2021, 7, 27)
        assert view(issued, "P004").window.binds_from == date(2021, 9, 1)

    @pytest.mark.parametrize(
        ("given_on", "said"),
        [
            ("2021-07-28", "handed over on 2021-07-28, which is after today"),
            ("2021-07-25", "the notice is of 2021-07-26"),
        ],
    )
    def test_a_letter_of_another_day_is_refused(self, issued, given_on, said):
        with pytest.raises(NotAllowed, match=said):
            letter(issued, given_on=given_on)
