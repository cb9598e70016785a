"""As-of questions: a past day has one answer, whenever it is asked, and days are days in London."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackservice.config import settings_from
from ackservice.errors import NotAllowed, NotFound
from ackservice.service import acknowledging, exporting, issuing
from ackservice.service.context import Service
from ackservice.service.roster import import_roster
from ackservice.storage import recipients
from ackservice.storage import roster as roster_rows
from ackservice.storage.store import Store
from tests.conftest import KEY, MONDAY
from tests.school_tree import larkspur_row, roster_csv
from tests.service import acts

LONDON = ZoneInfo("Europe/London")


def export(service: Service, on: date | None, now: datetime, format_: str) -> bytes:
    report = exporting.of_version(service, "social-media", "2021-09", on=on, now=now)
    return b"".join(exporting.render(report, format_))


def statuses(service: Service, on: date | None, now: datetime) -> dict[str, str]:
    report = exporting.of_version(service, "social-media", "2021-09", on=on, now=now)
    return {row["person_id"]: str(row["status"]) for row in report.rows()}


@pytest.fixture(scope="module")
def issued_school(tmp_path_factory) -> Service:
    """A school whose notice of 2021-09 has been issued, to be copied; the next version is approved and not
    announced yet."""
    tree = larkspur_row(tmp_path_factory.mktemp("school"))
    tree.version("social-media", "2022-04", "2022-04-01", approved_on="2021-10-01", body="Think three times.")
    environ = {
        "ACK_HANDBOOK": str(tree.root),
        "ACK_DATABASE": str(tree.root / "ack.db"),
        "ACK_SECRET_KEYS": KEY,
    }
    service = Service.open(settings_from(environ))
    service.store.migrate()
    import_roster(service, roster_csv(), "staff.csv", now=MONDAY)
    issuing.issue(service, [("social-media", "2021-09")], now=MONDAY, issued_by="Bea")
    service.store.close()  # writes the log back, so that the file alone can be copied
    return service


ACTS = (
    "acknowledge",
    "paper",
    "letter",
    "sent",
    "refused",
    "bounced",
    "excuse",
    "leave",
    "return",
    "withdraw",
    "issue",
    "renew",
    "close",
)
PEOPLE = ("P001", "P002", "P003", "P004")
# Two weeks on either side of the end of summer time (31 October 2021) and of its start (27 March 2022).
STARTS = (datetime(2021, 10, 24, tzinfo=UTC), datetime(2022, 3, 20, tzinfo=UTC))


class Life:
    """Carries out random acts, and keeps its own account of who had acknowledged by the end of which London
    day: in their stay, which leaving ends for good."""

    def __init__(self, service: Service):
        self.service = service
        self.acknowledged: set[str] = set()
        self.gone: set[str] = set()
        with service.store.read() as connection:
            self.recipients = {
                row["person_id"]: row["id"]
                for row in connection.execute("SELECT id, person_id FROM recipient")
            }
            self.digest = connection.execute("SELECT digest FROM notice").fetchone()[0]

    def do(self, act: str, person: str, now: datetime) -> None:
        recipient = self.recipients[person]
        with self.service.store.write(now) as tx:
            if act in ("sent", "refused", "bounced"):
                tx.record("message.outcome", delivery_id=recipient, recipient_id=recipient, kind="reminder",
                          outcome=act,
                          message_id="<1@x>", address="a@x.example", detail="")  # fmt: skip
            elif act == "excuse":
                tx.record("recipient.excused", recipient_id=recipient, reason="leave", excused_by="Bea")
            elif act == "renew":
                recipients.renew_person_key(tx, person, by="Bea")
            elif act == "close":
                tx.record("notice.closed", notice_id=self._notice(tx), reason="done", closed_by="Bea")
            elif act in ("leave", "return"):
                entry = roster_rows.person(tx.connection, person, 10**9)
                left_on = now.date() if act == "leave" else None
                roster_rows.add_entry(tx, replace(entry, left_on=left_on))
                if left_on:
                    self.gone.add(person)
            elif act == "withdraw" and person in self.acknowledged:
                number = tx.execute(
                    "SELECT MAX(id) FROM acknowledgement WHERE person_id = ?", (person,)
                ).fetchone()[0]
                tx.record("acknowledgement.withdrawn", acknowledgement_id=number, recipient_id=recipient,
                          reason="slip",
                          withdrawn_by="Bea")  # fmt: skip
                self.acknowledged.remove(person)
            elif act in ("acknowledge", "paper") and person not in self.acknowledged:
                tx.record(
                    "acknowledged", key=recipients.new_key(), recipient_id=recipient, person_id=person,
                    notice_id=self._notice(tx), policy="social-media", version="2021-09", digest=self.digest,
                    base_digest=self.digest, method="link", name_matches=1, typed_name=person,
                )  # fmt: skip
                if person not in self.gone:
                    self.acknowledged.add(person)
            elif act == "letter":
                tx.record(
                    "letter.given", recipient_id=recipient, given_on=now.date().isoformat(), recorded_by="Bea"
                )
        if act == "issue":
            with suppress(issuing.NoticeRefused):  # issued already
                issuing.issue(
                    self.service,
                    [("social-media", "2022-04")],
                    now=now,
                    issued_by="Bea",
                    short_reason="late",
                )

    def _notice(self, tx) -> int:
        return tx.execute("SELECT MIN(id) FROM notice").fetchone()[0]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    start=st.sampled_from(STARTS),
    acts=st.lists(
        st.tuples(
            st.sampled_from(ACTS), st.sampled_from(PEOPLE), st.integers(0, 13), st.integers(0, 24 * 12 - 1)
        ),
        max_size=14,
    ),
)
def test_a_past_day_has_the_same_bytes_whenever_it_is_asked(issued_school, start, acts):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ack.db"
        shutil.copy(issued_school.store.path, path)
        service = Service(issued_school.settings, Store(path))
        life = Life(service)
        moments = sorted(
            (start + timedelta(days=day, minutes=5 * slot), act, person) for act, person, day, slot in acts
        )
        kept: dict[date, tuple[bytes, bytes]] = {}
        expected: dict[date, set[str]] = {}
        for offset in range(16):
            day = start.date() + timedelta(days=offset)
            for at, act, person in [m for m in moments if m[0].astimezone(LONDON).date() == day]:
                life.do(act, person, at)
            expected[day] = set(life.acknowledged)
            next_day = datetime.combine(day + timedelta(days=1), datetime.min.time(), LONDON).astimezone(UTC)
            kept[day] = export(service, day, next_day, "csv"), export(service, day, next_day, "json")
        much_later = start + timedelta(days=400)
        for day, before in kept.items():
            assert (
                export(service, day, much_later, "csv"),
                export(service, day, much_later, "json"),
            ) == before
            now_acknowledged = {
                who for who, status in statuses(service, day, much_later).items() if status == "acknowledged"
            }
            assert now_acknowledged == expected[day]
        service.store.close()


@pytest.fixture
def issued(staffed: Service) -> Service:
    issuing.issue(staffed, [("social-media", "2021-09")], now=MONDAY, issued_by="Bea")
    return staffed


def acknowledge(service: Service, person: str, now: datetime) -> None:
    acknowledging.acknowledge(service, acts.token(service, person), "Ada Lovelace Ben Okri", now)


@pytest.mark.parametrize(
    ("at", "counted_on", "not_yet_on"),
    [
        (
            datetime(2021, 8, 10, 22, 59, 59, tzinfo=UTC),
            date(2021, 8, 10),
            date(2021, 8, 9),
        ),  # 23:59:59 in London
        (
            datetime(2021, 8, 10, 23, 0, 0, tzinfo=UTC),
            date(2021, 8, 11),
            date(2021, 8, 10),
        ),  # midnight in London
        (
            datetime(2021, 10, 30, 23, 30, tzinfo=UTC),
            date(2021, 10, 31),
            date(2021, 10, 30),
        ),  # the night summer time ends
        (
            datetime(2021, 10, 31, 23, 30, tzinfo=UTC),
            date(2021, 10, 31),
            date(2021, 10, 30),
        ),  # a day of 25 hours
        (datetime(2021, 11, 1, 0, 0, tzinfo=UTC), date(2021, 11, 1), date(2021, 10, 31)),
        (
            datetime(2022, 3, 26, 23, 59, tzinfo=UTC),
            date(2022, 3, 26),
            date(2022, 3, 25),
        ),  # the night summer time begins
        (
            datetime(2022, 3, 27, 22, 59, tzinfo=UTC),
            date(2022, 3, 27),
            date(2022, 3, 26),
        ),  # a day of 23 hours
        (datetime(2022, 3, 27, 23, 0, tzinfo=UTC), date(2022, 3, 28), date(2022, 3, 27)),
    ],
)
def test_a_record_belongs_to_its_day_in_london(issued, at, counted_on, not_yet_on):
    acknowledge(issued, "P001", at)
    later = datetime(2022, 6, 1, tzinfo=UTC)
    assert statuses(issued, counted_on, later)["P001"] == "acknowledged"
    assert statuses(issued, not_yet_on, later)["P001"] == "not sent"


def test_today_is_answered_up_to_this_moment(issued):
    assert statuses(issued, date(2021, 7, 26), MONDAY)["P001"] == "not sent"
    acknowledge(issued, "P001", MONDAY + timedelta(hours=1))
    assert statuses(issued, date(2021, 7, 26), MONDAY + timedelta(hours=2))["P001"] == "acknowledged"


def test_a_day_to_come_is_refused(issued):
    with pytest.raises(NotAllowed, match="2021-07-27 is still to come"):
        export(issued, date(2021, 7, 27), MONDAY, "csv")


def test_the_day_to_come_begins_at_midnight_in_london(issued):
    last_minute = datetime(2021, 7, 26, 22, 59, tzinfo=UTC)
    with pytest.raises(NotAllowed):
        export(issued, date(2021, 7, 27), last_minute, "csv")
    assert export(issued, date(2021, 7, 27), last_minute + timedelta(minutes=1), "csv")


def test_before_the_notice_there_was_none(issued):
    with pytest.raises(NotFound, match="no notice has been issued for social-media 2021-09 by then"):
        export(issued, date(2021, 7, 25), MONDAY, "csv")


def test_a_past_day_has_the_head_it_ended_with(issued):
    acknowledge(issued, "P001", MONDAY + timedelta(days=1))
    acknowledge(issued, "P002", MONDAY + timedelta(days=2))
    now = MONDAY + timedelta(days=5)
    with issued.store.read() as connection:
        heads = dict(connection.execute("SELECT n, hash FROM ledger").fetchall())
        first = connection.execute("SELECT MIN(id) FROM acknowledgement").fetchone()[0]
    on_tuesday = exporting.of_version(issued, "social-media", "2021-09", on=date(2021, 7, 27), now=now)
    assert on_tuesday.as_of.head == heads[first]
    assert {row["ledger_head"] for row in on_tuesday.rows()} == {heads[first]}
    assert (
        exporting.of_version(issued, "social-media", "2021-09", on=None, now=now).as_of.head
        == heads[max(heads)]
    )


def test_a_clock_put_back_adds_nothing_to_a_day_already_reported(issued):
    acknowledge(issued, "P001", MONDAY + timedelta(days=3))
    tuesday = date(2021, 7, 27)
    before = export(issued, tuesday, MONDAY + timedelta(days=3), "csv")
    acknowledge(issued, "P002", MONDAY + timedelta(days=1))  # a machine whose clock fell back to Tuesday
    assert export(issued, tuesday, MONDAY + timedelta(days=4), "csv") == before
