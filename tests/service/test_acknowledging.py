"""Acknowledging: a person's own act, recorded once, kept as typed, and proved by a receipt."""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from ackservice.errors import LinkForged, LinkOfLeaver, LinkRevoked, NotAllowed
from ackservice.links import Purpose
from ackservice.service import acknowledging, notice_acts, personal, receipts, records
from ackservice.service.acknowledging import LinkState, NameUnlike
from ackservice.service.context import Service
from ackservice.service.roster import import_roster
from ackservice.storage import recipients
from ackservice.storage.verify import verify
from tests.conftest import MONDAY
from tests.school_tree import ADA, GIA, roster_csv
from tests.service.acts import TUESDAY, issue, recipient, rows, token


def acknowledge(
    service: Service,
    person: str = "P001",
    name: str = "Ada Lovelace",
    now: datetime = TUESDAY,
    version: str = "2021-09",
    insist: bool = False,
) -> str:
    return acknowledging.acknowledge(service, token(service, person, version), name, now, insist)


def view(service: Service, person: str = "P001", now: datetime = TUESDAY, version: str = "2021-09"):
    return acknowledging.view(service, token(service, person, version), now)


def receipt(service: Service, key: str):
    return receipts.receipt(service, service.links.token(Purpose.RECEIPT, key))


@pytest.fixture
def issued(staffed: Service) -> Service:
    issue(staffed, "2021-09", now=MONDAY)
    return staffed


class TestRecording:
    def test_what_is_recorded(self, issued):
        key = acknowledge(issued)
        digest = rows(issued, "SELECT digest FROM notice")[0][0]
        columns = (
            "key, at, recipient_id, person_id, policy, version, digest, base_digest, method, signed_on, "
            "typed_name, name_matches, recorded_by"
        )
        assert rows(issued, f"SELECT {columns} FROM acknowledgement") == [
            (key, "2021-07-27T08:00:00.000000Z", recipient(issued, "P001"), "P001", "social-media", "2021-09",
             digest, digest, "link", None, "Ada Lovelace", 1, None),
        ]  # fmt: skip

    def test_a_receipt_is_queued_to_the_person(self, issued):
        number = receipt(issued, acknowledge(issued)).number
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

    @pytest.mark.parametrize("name", ["ada", " Ada  Lovelace ", "LOVELACE", "Ada\x00B", "Ádâ L."])
    def test_the_name_is_kept_as_typed(self, issued, name):
        key = acknowledge(issued, name=name)
        assert rows(issued, "SELECT typed_name FROM acknowledgement") == [(name,)]
        assert receipt(issued, key).typed_name == name
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

    def test_someone_excused_may_still_acknowledge(self, issued):
        records.excuse(issued, [recipient(issued, "P001")], reason="leave", by="Bea", now=TUESDAY)
        assert receipt(issued, acknowledge(issued)).method == "link"


class TestNames:
    @pytest.mark.parametrize("name", ["Somebody Else", "=cmd()", "محمد عبد الله", "x" * 300, "A. L."])
    def test_a_name_unlike_the_rosters_is_asked_for_again(self, issued, name):
        with pytest.raises(NameUnlike, match="this link is for Ada Lovelace"):
            acknowledge(issued, name=name)
        assert rows(issued, "SELECT COUNT(*) FROM acknowledgement") == [(0,)]

    def test_where_the_person_insists_it_waits_for_a_managers_word(self, issued):
        key = acknowledge(issued, name="Countess", insist=True)
        found = view(issued)
        assert (found.state, found.row.status, found.row.owes) == (LinkState.TO_READ, "not sent", True)
        assert found.row.name_to_confirm is not None and not found.row.can_be_reminded
        assert (found.receipt.key, receipt(issued, key).name_to_confirm) == (key, True)
        records.confirm_name(issued, receipt(issued, key).number, by="Bea", now=TUESDAY)
        assert (view(issued).state, receipt(issued, key).name_to_confirm) == (LinkState.ACKNOWLEDGED, False)

    def test_insisting_twice_is_one_record(self, issued):
        first = acknowledge(issued, name="Countess", insist=True)
        assert acknowledge(issued, name="Countess") == first

    def test_their_own_name_afterwards_counts_at_once(self, issued):
        first = acknowledge(issued, name="Countess", insist=True)
        assert acknowledge(issued) != first
        assert view(issued).state is LinkState.ACKNOWLEDGED

    @pytest.mark.parametrize("name", ["Ada King", "Lovelace"])
    def test_the_name_of_the_notice_and_the_present_one_are_both_theirs(self, issued, name):
        import_roster(
            issued, roster_csv(ADA.replace("Ada Lovelace", "A. King")), "s.csv", now=TUESDAY, confirmed=True
        )
        assert not receipt(issued, acknowledge(issued, name=name)).name_to_confirm

    def test_a_name_is_confirmed_once_and_only_where_needed(self, issued):
        number = receipt(issued, acknowledge(issued)).number
        with pytest.raises(NotAllowed, match="needs no confirming"):
            records.confirm_name(issued, number, by="Bea", now=TUESDAY)

    def test_one_set_aside_is_not_confirmed(self, issued):
        number = receipt(issued, acknowledge(issued, name="Countess", insist=True)).number
        records.take_back(
            issued, "acknowledgement", [recipient(issued, "P001")], reason="not her", by="Bea", now=TUESDAY
        )
        with pytest.raises(NotAllowed, match="taken back"):
            records.confirm_name(issued, number, by="Bea", now=TUESDAY)
        assert view(issued).row.name_to_confirm is None


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
        assert (found.receipt, found.newer, found.newer_token) == (None, None, "")

    def test_a_name_changed_since_is_the_one_shown(self, issued):
        import_roster(
            issued,
            roster_csv(ADA.replace("Ada Lovelace", "Ada King")),
            "staff.csv",
            now=TUESDAY,
            confirmed=True,
        )
        assert view(issued).person.name == "Ada King"

    @pytest.mark.parametrize("key", ["00" * 8, "ff" * 8, "ab"])
    def test_a_signed_key_that_is_no_recipients_is_forged(self, issued, key):
        link = issued.links.token(Purpose.ACKNOWLEDGE, key)
        with pytest.raises(LinkForged):
            acknowledging.view(issued, link, TUESDAY)
        with pytest.raises(LinkForged):
            acknowledging.acknowledge(issued, link, "Ada", TUESDAY)

    def test_a_forged_link_is_refused_before_the_name_is_looked_at(self, issued):
        with pytest.raises(LinkForged):
            acknowledging.acknowledge(issued, token(issued) + "x", "", TUESDAY)

    def test_a_receipt_link_never_acknowledges(self, issued):
        key = rows(issued, "SELECT key FROM recipient")[0][0]
        with pytest.raises(LinkForged):
            acknowledging.acknowledge(issued, issued.links.token(Purpose.RECEIPT, key), "Ada", TUESDAY)

    def test_a_new_key_of_the_person_ends_every_earlier_link(self, issued):
        dead = []
        for _ in range(2):
            dead.append(token(issued))
            with issued.store.write(TUESDAY) as tx:
                recipients.renew_person_key(tx, "P001", by="Bea")
        for link in dead:
            with pytest.raises(LinkRevoked):
                acknowledging.view(issued, link, TUESDAY)
            with pytest.raises(LinkRevoked):
                acknowledging.acknowledge(issued, link, "Ada", TUESDAY)
        assert acknowledge(issued)

    def test_a_link_of_somebody_elses_key_is_forged(self, issued):
        with issued.store.read() as connection:
            theirs = recipients.person_keys(connection, "P002")[0]
            own = connection.execute("SELECT key FROM recipient WHERE person_id = 'P001'").fetchone()[0]
        with pytest.raises(LinkForged):
            acknowledging.view(issued, issued.links.token(Purpose.ACKNOWLEDGE, own, theirs), TUESDAY)

    def test_a_link_renewed_while_the_form_was_sent_is_refused(self, issued):
        """What counts is what stands under the lock, whatever was seen before."""
        link, service = token(issued), issued
        write = service.store.write

        class Between:
            path = service.store.path
            read = staticmethod(service.store.read)

            @staticmethod
            def write(now):
                with write(now) as tx:
                    recipients.renew_person_key(tx, "P001", by="Bea")
                return write(now)

        with pytest.raises(LinkRevoked):
            acknowledging.acknowledge(Service(service.settings, Between()), link, "Ada", TUESDAY)
        assert rows(issued, "SELECT COUNT(*) FROM acknowledgement") == [(0,)]

    def test_after_a_restore_a_link_opens_its_own_persons_page_or_none(self, staffed, school, tmp_path):
        """A backup of before a notice, and another notice given after the restore."""
        staffed.store.backup(tmp_path / "before.db")
        issue(staffed, "2021-09", now=MONDAY)
        mailed = {person: token(staffed, person) for person in ("P001", "P002", "P003")}
        staffed.store.close()
        for name in ("ack.db-wal", "ack.db-shm"):
            staffed.store.path.with_name(name).unlink(missing_ok=True)
        shutil.copy(tmp_path / "before.db", staffed.store.path)
        issue(staffed, "2021-09", now=TUESDAY)
        for link in mailed.values():
            with pytest.raises(LinkForged):
                acknowledging.view(staffed, link, TUESDAY)
        assert view(staffed, "P002").person.name == "Ben Okri"

    def test_the_links_of_a_trial_database_with_the_same_key_open_nothing(self, issued, tmp_path):
        trial = Service.open(
            issued.settings.__class__(**{**vars(issued.settings), "database": tmp_path / "t.db"})
        )
        trial.store.migrate()
        import_roster(trial, roster_csv(), "staff.csv", now=MONDAY)
        issue(trial, "2021-09", now=MONDAY)
        for person in ("P001", "P002", "P003"):
            with pytest.raises(LinkForged):
                acknowledging.view(issued, token(trial, person), TUESDAY)
        trial.store.close()

    @pytest.mark.parametrize("left_on", ["2021-07-27", "2021-07-20"])
    def test_the_link_of_someone_who_left_is_dead(self, issued, left_on):
        import_roster(issued, roster_csv(ADA + left_on), "staff.csv", now=TUESDAY, confirmed=True)
        with pytest.raises(LinkOfLeaver):
            view(issued)
        with pytest.raises(LinkOfLeaver):
            acknowledge(issued)

    def test_the_link_of_someone_who_will_leave_tomorrow_works(self, issued):
        import_roster(issued, roster_csv(ADA + "2021-07-28"), "staff.csv", now=TUESDAY, confirmed=True)
        assert acknowledge(issued)

    def test_the_link_of_someone_erased_is_dead(self, issued):
        link = token(issued)
        erase(issued)
        with pytest.raises(LinkOfLeaver):
            acknowledging.view(issued, link, TUESDAY)

    def test_a_returner_gets_new_links(self, issued):
        old = token(issued)
        for left_on in ("2021-07-27", ""):
            import_roster(issued, roster_csv(ADA + left_on), "staff.csv", now=TUESDAY, confirmed=True)
        with pytest.raises(LinkRevoked):
            acknowledging.view(issued, old, TUESDAY)
        assert view(issued).state is LinkState.TO_READ

    @pytest.mark.parametrize("act, status", [(notice_acts.close, "closed"), (notice_acts.recall, "recalled")])
    def test_an_ended_notice_takes_no_acknowledgement_and_says_so(self, issued, act, status):
        done = acknowledge(issued)
        act(issued, rows(issued, "SELECT id FROM notice")[0][0], reason="a mistake", by="Bea", now=TUESDAY)
        assert (view(issued, "P002").state, view(issued, "P002").row.status) == (LinkState.ENDED, status)
        with pytest.raises(NotAllowed):
            acknowledge(issued, "P002", "Ben")
        assert view(issued).receipt.key == done  # a receipt survives its notice

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
        assert acknowledging.acknowledge(rotated, link, "Ada", TUESDAY)
        rotated.store.close()


@pytest.fixture
def next_year(issued, school) -> Service:
    """The notice of 2022-09 has been issued on 4 July 2022, to everyone but Gia, who has left."""
    school.version(
        "social-media", "2022-09", "2022-09-01", approved_on="2022-07-01", body="Think three times."
    )
    import_roster(
        issued,
        roster_csv(GIA + "2022-01-01"),
        "staff.csv",
        now=datetime(2022, 1, 5, tzinfo=UTC),
        confirmed=True,
    )
    issue(issued, "2022-09", now=datetime(2022, 7, 4, 9, 0, tzinfo=UTC))
    return issued


class TestNewerVersions:
    BEFORE, NOW = datetime(2022, 8, 31, 9, 0, tzinfo=UTC), datetime(2022, 9, 1, 9, 0, tzinfo=UTC)

    def test_issuing_a_newer_version_ends_nothing_until_it_takes_effect(self, next_year):
        assert view(next_year, now=self.BEFORE).state is LinkState.TO_READ
        assert view(next_year, now=self.NOW).state is LinkState.ENDED

    def test_a_superseded_link_leads_to_the_persons_own_newer_one(self, next_year):
        found = view(next_year, now=self.NOW)
        assert (found.row.status, found.newer.version) == ("superseded", "2022-09")
        newer = acknowledging.view(next_year, found.newer_token, self.NOW)
        assert (newer.state, newer.row.id) == (LinkState.TO_READ, recipient(next_year, "P001", "2022-09"))

    def test_a_superseded_link_acknowledges_nothing(self, next_year):
        with pytest.raises(NotAllowed, match="open the link again"):
            acknowledge(next_year, now=self.NOW)
        assert rows(next_year, "SELECT COUNT(*) FROM acknowledgement") == [(0,)]

    def test_what_was_acknowledged_stays_acknowledged(self, issued, school):
        key = acknowledge(issued)
        school.version("social-media", "2022-09", "2022-09-01", approved_on="2022-07-01", body="Three times.")
        issue(issued, "2022-09", now=datetime(2022, 7, 4, 9, 0, tzinfo=UTC))
        found = view(issued, now=self.NOW)
        assert (found.state, found.receipt.key) == (LinkState.ACKNOWLEDGED, key)

    def test_who_is_outside_the_newer_audience_is_led_to_no_link(self, issued, school):
        school.version(
            "social-media",
            "2022-09",
            "2022-09-01",
            approved_on="2022-07-01",
            audience=("Employee",),
            body="Think.",
        )
        issue(issued, "2022-09", now=datetime(2022, 7, 4, 9, 0, tzinfo=UTC))
        assert view(issued, "P003", self.BEFORE).state is LinkState.TO_READ
        told = view(issued, "P003", self.BEFORE, "2022-09")
        assert (told.state, told.row.recipient.basis) == (LinkState.NOTHING_TO_DO, "no longer covered")
        found = view(issued, "P003", self.NOW)
        assert (found.row.status, found.newer.version) == ("superseded", "2022-09")

    def test_a_withdrawal_ends_what_is_owed_when_it_takes_effect(self, issued, school):
        school.version("social-media", "2021-12", "2021-12-01", approved_on="2021-10-01", change="withdrawn")
        issue(issued, "2021-12", now=datetime(2021, 10, 4, 9, 0, tzinfo=UTC))
        assert view(issued, now=datetime(2021, 11, 30, 9, 0, tzinfo=UTC)).state is LinkState.TO_READ
        found = view(issued, now=datetime(2021, 12, 1, 9, 0, tzinfo=UTC))
        assert (found.state, found.row.status, found.newer.change) == (
            LinkState.ENDED,
            "withdrawn",
            "withdrawn",
        )
        told = view(issued, now=datetime(2021, 12, 1, 9, 0, tzinfo=UTC), version="2021-12")
        assert (told.state, told.text) == (LinkState.NOTHING_TO_DO, "")


class TestClarifications:
    BEFORE = datetime(2021, 10, 6, 9, 0, tzinfo=UTC)
    NOW = datetime(2021, 11, 15, 9, 0, tzinfo=UTC)

    @pytest.fixture
    def clarified(self, issued, school) -> Service:
        """A clarification of 2021-09, from 15 November."""
        school.version(
            "social-media",
            "2021-09.2",
            "2021-11-15",
            approved_on="2021-10-01",
            change="clarification",
            body="Twice.",
        )
        issue(issued, "2021-09.2", now=datetime(2021, 10, 4, 9, 0, tzinfo=UTC))
        return issued

    def test_a_link_shows_a_clarification_from_its_effective_date(self, clarified):
        assert view(clarified, now=self.BEFORE).shown.version == "2021-09"
        found = view(clarified, now=self.NOW)
        assert (found.state, found.notice.version, found.shown.version) == (
            LinkState.TO_READ,
            "2021-09",
            "2021-09.2",
        )
        assert found.text.endswith("Twice.\n")

    def test_acknowledging_the_clarified_text_records_both_digests(self, clarified):
        base, clearer = (digest for (digest,) in rows(clarified, "SELECT digest FROM notice ORDER BY id"))
        read = receipt(clarified, acknowledge(clarified, now=self.NOW))
        assert (read.version, read.digest, read.base_version, read.base_digest) == (
            "2021-09.2",
            clearer,
            "2021-09",
            base,
        )
        assert read.effective_on == date(2021, 9, 1)
        assert view(clarified, now=self.NOW).state is LinkState.ACKNOWLEDGED

    def test_acknowledging_before_it_takes_effect_is_of_the_text_shown(self, clarified):
        read = receipt(clarified, acknowledge(clarified, now=self.BEFORE))
        assert (read.version, read.base_version, read.digest) == ("2021-09", "2021-09", read.base_digest)
        assert view(clarified, now=self.NOW).state is LinkState.ACKNOWLEDGED

    def test_a_clarification_asks_for_nothing(self, clarified):
        assert view(clarified, now=self.NOW, version="2021-09.2").state is LinkState.NOTHING_TO_DO
        with pytest.raises(NotAllowed):
            acknowledge(clarified, now=self.NOW, version="2021-09.2")


class TestReceipts:
    def test_what_a_receipt_says(self, issued):
        read = receipt(issued, acknowledge(issued))
        assert (read.person, read.typed_name, read.method) == ("Ada Lovelace", "Ada Lovelace", "link")
        assert (read.title, read.policy, read.version) == ("Social media policy", "social-media", "2021-09")
        assert read.effective_on == date(2021, 9, 1)
        assert read.digest == read.base_digest == rows(issued, "SELECT digest FROM notice")[0][0]
        assert read.acknowledged_at == TUESDAY
        assert (read.signed_on, read.recorded_by, read.withdrawn, read.name_to_confirm) == (
            None,
            "",
            False,
            False,
        )

    def test_it_keeps_the_name_as_it_was_and_says_the_present_one(self, issued):
        key = acknowledge(issued)
        import_roster(
            issued, roster_csv(ADA.replace("Lovelace", "King")), "s.csv", now=TUESDAY, confirmed=True
        )
        read = receipt(issued, key)
        assert (read.person, read.present_name) == ("Ada Lovelace", "Ada King")

    def test_its_head_is_the_ledgers_with_this_act_as_the_last_line(self, issued):
        key = acknowledge(issued)
        head = rows(issued, "SELECT hash FROM ledger ORDER BY n DESC LIMIT 1")[0][0]
        acknowledge(issued, "P002", "Ben")
        assert receipt(issued, key).head == head
        with issued.store.read() as connection:
            assert verify(connection, head=head).faults == ()

    @pytest.mark.parametrize(
        ("number", "label"), [(1, "R-000001"), (4711, "R-004711"), (1234567, "R-1234567")]
    )
    def test_how_a_receipt_number_is_written(self, number, label):
        assert receipts.receipt_label(number) == label

    def test_a_key_that_is_no_acknowledgements_has_no_receipt(self, issued):
        with pytest.raises(LinkForged):
            receipt(issued, "ab" * 8)

    def test_someone_elses_link_opens_no_receipt(self, issued):
        acknowledge(issued)
        with pytest.raises(LinkForged):
            receipts.receipt(issued, token(issued))

    def test_of_someone_erased_the_receipt_is_gone_and_the_chain_stays(self, issued):
        key = acknowledge(issued)
        erase(issued)
        with pytest.raises(LinkRevoked, match="erased"):
            receipt(issued, key)
        with issued.store.read() as connection:
            assert verify(connection).faults == ()

    def test_someone_who_left_keeps_the_receipt(self, issued):
        key = acknowledge(issued)
        import_roster(issued, roster_csv(ADA + "2021-07-28"), "staff.csv", now=TUESDAY, confirmed=True)
        assert receipt(issued, key).person == "Ada Lovelace"


def erase(service: Service, person: str = "P001") -> None:
    """As somebody who left that day."""
    import_roster(service, roster_csv(ADA + "2021-07-27"), "staff.csv", now=TUESDAY, confirmed=True)
    personal.erase_person(service, person, now=TUESDAY, erased_by="Bea")
