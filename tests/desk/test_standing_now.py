"""The desk's table of where everybody stands: after any acts it is what the facts and the rules give."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from ackservice.domain.status import Status, is_overdue, status_of, window
from ackservice.errors import AckError
from ackservice.mail.transports import transport_from
from ackservice.service import issuing, standing_now
from ackservice.service.acknowledging import acknowledge, record_letter, record_paper
from ackservice.service.personal import erase_person
from ackservice.service.roster import import_roster
from ackservice.service.sending import send_due
from ackservice.service.standing import ends, standings
from ackservice.storage import cuts, desk, notices
from ackservice.storage import standing_now as table
from tests.school_tree import ADA, BEN, EVERYONE, GIA, LEE, NEW, PAT, roster_csv


class Acts:
    """Random acts of a school, by the functions people's acts go through, and records as a mail server
    causes them."""

    def __init__(self, service, clock, school, seed):
        self.service, self.clock, self.school = service, clock, school
        self.random = random.Random(seed)
        self.transport = transport_from(
            f"outbox:{school.root / 'var' / 'outbox'}", service.settings.school.mail, {}
        )

    def any_recipient(self):
        with self.service.store.read() as connection:
            rows = connection.execute(
                "SELECT r.id, r.person_id, n.policy, n.version FROM recipient r JOIN notice n ON n.id = r.notice_id"
            ).fetchall()
        return self.random.choice(rows)

    def send(self):
        send_due(self.service, self.transport, self.clock, wait=lambda seconds: None, pace=False)

    def acknowledge(self):
        link = self.service.acknowledge_link(self.any_recipient()["id"])
        acknowledge(
            self.service,
            link.rpartition("/")[2],
            self.random.choice(["Ada Lovelace", "somebody else"]),
            self.clock.now(),
        )

    def paper(self):
        who = self.any_recipient()
        record_paper(
            self.service,
            who["policy"],
            who["version"],
            who["person_id"],
            signed_on=self.service.today(self.clock.now()),
            recorded_by="Bea",
            now=self.clock.now(),
        )

    def letter(self):
        who = self.any_recipient()
        record_letter(
            self.service,
            who["policy"],
            who["version"],
            who["person_id"],
            given_on=self.service.today(self.clock.now()),
            recorded_by="Bea",
            now=self.clock.now(),
        )

    def record(self, kind, /, **values):
        with self.service.store.write(self.clock.now()) as tx:
            return tx.record(kind, **values)

    def excuse(self):
        self.record(
            "recipient.excused", recipient_id=self.any_recipient()["id"], reason="ill", excused_by="Bea"
        )

    def excuse_no_more(self):
        with self.service.store.read() as connection:
            row = connection.execute(
                "SELECT id, recipient_id FROM excused e WHERE NOT EXISTS (SELECT 1 FROM excuse_withdrawn w WHERE w.excused_id = e.id)"
            ).fetchone()
        if row:
            self.record(
                "excuse.withdrawn",
                excused_id=row["id"],
                recipient_id=row["recipient_id"],
                reason="",
                withdrawn_by="Bea",
            )

    def withdraw(self):
        with self.service.store.read() as connection:
            row = connection.execute(
                "SELECT id, recipient_id FROM acknowledgement a WHERE NOT EXISTS (SELECT 1 FROM acknowledgement_withdrawn w WHERE w.acknowledgement_id = a.id)"
            ).fetchone()
        if row:
            self.record(
                "acknowledgement.withdrawn",
                acknowledgement_id=row["id"],
                recipient_id=row["recipient_id"],
                reason="wrong",
                withdrawn_by="Bea",
            )

    def bounce(self):
        with self.service.store.read() as connection:
            rows = connection.execute(
                "SELECT * FROM dispatch WHERE outcome = 'sent' AND kind IN ('notice', 'reminder')"
            ).fetchall()
        if rows:
            row = self.random.choice(rows)
            self.record(
                "message.outcome",
                delivery_id=row["delivery_id"],
                recipient_id=row["recipient_id"],
                kind=row["kind"],
                outcome="bounced",
                message_id=row["message_id"],
                address="x",
                detail="gone",
            )

    def roster(self):
        rows = [
            ADA.replace("ada@", self.random.choice(["ada@", "countess@"])),
            BEN + self.random.choice(["", "2021-08-20"]),
            GIA,
            PAT + "",
            LEE,
            NEW,
        ]
        import_roster(self.service, roster_csv(*rows), "staff.csv", now=self.clock.now())

    def issue(self):
        policy, version = self.random.choice(
            [
                ("social-media", "2020-09"),
                ("social-media", "2021-09"),
                ("social-media", "2021-10"),
                ("visitors", "2021-01"),
            ]
        )
        again = self.random.choice(["", "", f"round {self.random.randrange(99)}"])
        issuing.issue(
            self.service,
            policy,
            version,
            now=self.clock.now(),
            issued_by="Bea",
            short_reason="late",
            again=again,
        )

    def wait(self):
        self.clock.advance(timedelta(days=self.random.choice([0, 1, 9, 20])))

    def look(self):
        standing_now.refresh(self.service, self.clock.now())

    def any_act(self):
        act = self.random.choice([self.send, self.acknowledge, self.acknowledge, self.paper, self.letter, self.excuse, self.excuse_no_more,
                                  self.withdraw, self.bounce, self.roster, self.issue, self.wait, self.look])  # fmt: skip
        try:
            act()
        except (AckError, IndexError):
            pass  # what is refused changes nothing


@pytest.mark.parametrize("seed", range(12))
def test_after_any_acts_the_table_is_what_the_rules_give(staffed, clock, school, seed):
    school.version(
        "social-media",
        "2021-10",
        "2021-10-20",
        approved_on="2021-07-20",
        change="clarification",
        body="Think twice, then once more.",
    )
    acts = Acts(staffed, clock, school, seed)
    issuing.issue(staffed, "social-media", "2021-09", now=clock.now(), issued_by="Bea")
    for _ in range(60):
        acts.any_act()
    standing_now.refresh(staffed, clock.now())
    with staffed.store.read() as connection:
        kept = table.all_rows(connection)
        counted = counts(connection)
    standing_now.rebuild(staffed, clock.now())
    with staffed.store.read() as connection:
        assert table.all_rows(connection) == kept
        assert counts(connection) == counted
        assert len(kept) >= 4
        for notice in notices.all_notices(connection, cuts.last_cut(connection)):
            check_notice(staffed, connection, notice, clock.now())


def counts(connection):
    """Both tables of counts, without what has gone down to nobody."""
    found = set()
    for counted in ("standing_count", "standing_day"):
        found |= {(counted, *row) for row in connection.execute(f"SELECT * FROM {counted} WHERE people <> 0")}
    return found


def check_notice(service, connection, notice, now):
    as_of = service.as_of(connection, None, now)
    of_policy = notices.of_policy(connection, notice.policy, as_of.cut)
    ended = any(n.effective_on <= as_of.on for n in of_policy if ends(n, notice))
    expected = {
        s.id: (
            str(status_of(notice, s, as_of.on)),
            is_overdue(status_of(notice, s, as_of.on), window(notice, s), as_of.on),
        )
        for s in standings(service, connection, notice, as_of)
    }
    at = desk.At(notice.id, as_of.on, ended)
    shown = {
        row["recipient_id"]: (row["status"], bool(row["overdue"]))
        for row in desk.page(connection, at, desk.EVERYONE, desk.Filter(show="all"))
    }
    assert shown == expected
    figures = desk.figures(connection, at, desk.EVERYONE)
    statuses = [status for status, _ in expected.values()]
    assert figures.by_status == {status: statuses.count(status) for status in set(statuses)}
    assert figures.overdue == sum(overdue for _, overdue in expected.values())
    assert (
        figures == desk.figures(connection, at, desk.Scope(site="", team_of="")) == Counted.of(connection, at)
    )
    for show in desk.SHOWN:
        ids = desk.recipients(connection, at, desk.EVERYONE, desk.Filter(show=show))
        assert len(ids) == desk.count(connection, at, desk.EVERYONE, desk.Filter(show=show)), show
        assert set(ids) == {key for key, value in expected.items() if belongs(show, *value)}, show


class Counted:
    """The figures as counted person by person, which is how limited readers get theirs."""

    @staticmethod
    def of(connection, at):
        class Unlimited(desk.Scope):
            is_limited = True

        return desk.figures(connection, at, Unlimited())


def belongs(show, status, overdue):
    if show == "all":
        return True
    if show == "outstanding":
        return not Status(status).is_settled
    return overdue if show == "overdue" else status == show


def test_what_is_marked_while_rows_are_computed_stays_marked(staffed, clock):
    issuing.issue(staffed, "social-media", "2021-09", now=clock.now(), issued_by="Bea")
    with staffed.store.read() as connection:
        cut = cuts.last_cut(connection)
        ((notice_id, ids),) = table.due(connection, 100).items()
        rows = list(standing_now.compute(staffed, connection, notice_id, ids, cut))
    with staffed.store.write(clock.now()) as tx:
        tx.record("recipient.excused", recipient_id=ids[0], reason="ill", excused_by="Bea")
    with staffed.store.write(clock.now()) as tx:
        assert table.put(tx, rows, cut) == len(ids) - 1
        assert table.put(tx, rows, cut) == 0
    standing_now.refresh(staffed, clock.now())
    with staffed.store.read() as connection:
        assert table.all_rows(connection)[ids[0]].lasting == "excused"


def test_everyone_is_on_a_list_by_one_status_only(staffed, clock):
    issuing.issue(staffed, "social-media", "2021-09", now=clock.now(), issued_by="Bea")
    standing_now.refresh(staffed, clock.now())
    with staffed.store.read() as connection:
        at = desk.At(
            connection.execute("SELECT MAX(id) FROM notice").fetchone()[0], staffed.today(clock.now())
        )
        assert desk.figures(connection, at, desk.EVERYONE).by_status == {"not sent": 3, "on paper": 1}
        names = [row["name"] for row in desk.page(connection, at, desk.EVERYONE, desk.Filter(show="all"))]
    assert names == ["Ada Lovelace", "Ben Okri", "Gia Rossi", "Pat Paper"]
    assert len(EVERYONE) == 6


def test_who_is_erased_is_erased_from_the_desk_at_once(staffed, clock):
    issuing.issue(staffed, "social-media", "2021-09", now=clock.now(), issued_by="Bea")
    acknowledge(
        staffed,
        staffed.acknowledge_link(recipient_of(staffed, "P002")).rpartition("/")[2],
        "B. Okri-Smith",
        clock.now(),
    )
    standing_now.refresh(staffed, clock.now())
    import_roster(
        staffed, roster_csv(ADA, BEN + "2021-07-26", GIA, PAT, LEE, NEW), "staff.csv", now=clock.now()
    )
    erase_person(staffed, "P002", now=clock.now(), erased_by="Bea")
    for look in (
        lambda: None,
        lambda: standing_now.refresh(staffed, clock.now()),
        lambda: standing_now.rebuild(staffed, clock.now()),
    ):
        look()
        with staffed.store.read() as connection:
            row = table.all_rows(connection)[recipient_of(staffed, "P002")]
        assert (row.name, row.name_key, row.other_name, row.lasting) == ("", "", "", "acknowledged")


def recipient_of(service, person_id):
    with service.store.read() as connection:
        return connection.execute(
            "SELECT MAX(id) FROM recipient WHERE person_id = ?", (person_id,)
        ).fetchone()[0]


def test_rebuilding_touches_no_record_and_mends_a_damaged_table(staffed, clock):
    issuing.issue(staffed, "social-media", "2021-09", now=clock.now(), issued_by="Bea")
    standing_now.refresh(staffed, clock.now())
    with staffed.store.read() as connection:
        before, lines = (
            table.all_rows(connection),
            connection.execute("SELECT COUNT(*) FROM ledger").fetchone()[0],
        )
    with staffed.store.write(clock.now()) as tx:
        tx.execute("UPDATE standing_now SET lasting = 'acknowledged'")
    assert standing_now.rebuild(staffed, clock.now()) == 4
    with staffed.store.read() as connection:
        assert table.all_rows(connection) == before
        assert connection.execute("SELECT COUNT(*) FROM ledger").fetchone()[0] == lines
