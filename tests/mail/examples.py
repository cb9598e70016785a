"""One example of the facts of every e-mail, and of every kind of notice."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ackservice.mail.messages import (
    EndedNotice,
    LastDay,
    NoticeFacts,
    NoticeItem,
    NoticeKind,
    OpenNotice,
    OverdueNotice,
    OverduePerson,
    OwedItem,
    OwnerOverdueFacts,
    PostponedFacts,
    PostponedItem,
    QuestionFacts,
    RecallFacts,
    RecallItem,
    ReceiptFacts,
    ReminderFacts,
    ReminderItem,
    ReviewDueFacts,
    ReviewLine,
    SignInFacts,
    TrialFacts,
    Undeliverable,
    WeeklySummaryFacts,
)
from handbook.policy.school import Contact
from handbook.policy.version import ChangeItem

SCHOOL = "Greenfield School & Nursery"
MANAGER = Contact("Business Manager", "business@school.example", "Joan Okafor")
HEAD = Contact("Headteacher", "head@school.example")
LINK = "https://policies.school.example/ack/a/" + "Ab3_-" * 6 + "xyz9"
TEXT_LINK = "https://policies.school.example/policies/social-media/2021-09/"
DIGEST = "sha256:" + "0123456789abcdef" * 4
HEAD_HASH = "fedcba9876543210" * 4
LONG_LINK = LINK[:66] + "A" * (72 - len(LINK[:66]))


def item(kind=NoticeKind.CHANGE, **changes):
    asks = kind.asks
    values = {
        "kind": kind,
        "policy_title": "Social Media Policy",
        "version": "2021-09",
        "effective_on": date(2021, 9, 1),
        "binds_from": date(2021, 9, 1),
        "due_on": date(2021, 8, 31) if asks else None,
        "summary": "We have added **one duty**: see [the list](https://elsewhere.example/x).\n\n"
        "For everyone.",
        "ask": HEAD,
        "link": LINK,
        "text_link": TEXT_LINK,
        "changes": (
            ChangeItem(
                "Other policies", "added", "Never use social media in a way that puts children at risk."
            ),
        ),
        "short_by_days": 0,
        "round_title": "",
        "in_force": kind in (NoticeKind.JOINING, NoticeKind.IN_FORCE, NoticeKind.ROUND),
    }
    return NoticeItem(**{**values, **changes})


def notice(*items, person="Ada Lovelace"):
    return NoticeFacts(
        school=SCHOOL, person=person, category="Teacher", items=items or (item(),), reply=MANAGER
    )


def reminder(*overdue, person="Ada Lovelace"):
    items = tuple(
        ReminderItem(
            f"Policy {n}" if len(overdue) > 1 else "Social Media Policy",
            "2021-09",
            date(2021, 9, 1),
            date(2021, 9, 1),
            date(2021, 8, 31),
            days,
            HEAD,
            LINK[:-1] + str(n),
        )
        for n, days in enumerate(overdue)
    )
    return ReminderFacts(school=SCHOOL, person=person, items=items, reply=MANAGER)


def recall(*, acknowledged=False, owed=False):
    before = OwedItem("Social Media Policy", "2020-09", date(2021, 8, 31), LINK)
    item = RecallItem("Social Media Policy", "2021-09", acknowledged, (before,) if owed else (), HEAD)
    return RecallFacts(school=SCHOOL, person="Ada Lovelace", items=(item,), reply=MANAGER)


def postponed_item(**changes):
    values = {
        "policy_title": "Social Media Policy",
        "version": "2021-09",
        "effective_on": date(2021, 10, 1),
        "binds_from": date(2021, 10, 1),
        "due_on": date(2021, 9, 30),
        "acknowledged": False,
        "ask": HEAD,
        "link": LINK,
    }
    return PostponedItem(**{**values, **changes})


def postponed(*items):
    return PostponedFacts(school=SCHOOL, person="Ada Lovelace", items=items, reply=MANAGER)


EXAMPLES = {
    **{
        f"notice-{kind}": notice(item(kind, round_title="School year 2026/27" if kind == "round" else ""))
        for kind in NoticeKind
    },
    "notice-short": notice(item(binds_from=date(2021, 9, 3), due_on=date(2021, 9, 2), short_by_days=2)),
    "notice-late": notice(
        item(binds_from=date(2021, 10, 5), due_on=date(2021, 10, 4), short_by_days=34, in_force=True)
    ),
    "notice-acknowledged": notice(item(due_on=None)),
    "notice-early-joiner": notice(item(NoticeKind.JOINING, in_force=False)),
    "notice-several": notice(item(), item(NoticeKind.JOINING, policy_title="Data Protection Policy")),
    "recall": recall(acknowledged=True),
    "recall-owed": recall(owed=True),
    "postponed": postponed(postponed_item(), postponed_item(due_on=None, acknowledged=True)),
    "postponed-one": postponed(postponed_item(binds_from=date(2021, 10, 3))),
    "reminder-one": reminder(0),
    "reminder-overdue": reminder(5),
    "reminder-several": reminder(0, 1, 12),
    "receipt": ReceiptFacts(
        school=SCHOOL,
        person="Ada Lovelace",
        policy_title="Social Media Policy",
        version="2021-09",
        digest=DIGEST,
        effective_on=date(2021, 9, 1),
        acknowledged_at=datetime(2021, 7, 27, 8, 5, 7, tzinfo=UTC),
        typed_name="A. Lovelace",
        receipt_number="R-000042",
        ledger_head=HEAD_HASH,
        link=LINK,
        reply=MANAGER,
        text_link=TEXT_LINK,
        recorded_by="",
        time_zone="Europe/London",
        name_to_confirm=True,
    ),
    "receipt-paper": ReceiptFacts(
        school=SCHOOL,
        person="Ada Lovelace",
        policy_title="Social Media Policy",
        version="2021-09",
        digest=DIGEST,
        effective_on=date(2021, 9, 1),
        acknowledged_at=datetime(2021, 12, 1, 8, 0, tzinfo=UTC),
        typed_name="",
        receipt_number="R-000043",
        ledger_head=HEAD_HASH,
        link=LINK,
        reply=MANAGER,
        recorded_by="Joan Okafor",
        text_link="",
        time_zone="Europe/London",
        name_to_confirm=False,
    ),
    "sign-in": SignInFacts(school=SCHOOL, person="Joan Okafor", link=LINK, minutes=15, reply=MANAGER),
    "weekly-summary": WeeklySummaryFacts(
        school=SCHOOL,
        person="Joan Okafor",
        on=date(2021, 8, 2),
        notices=(
            OpenNotice(
                "Social Media Policy",
                "2021-09",
                date(2021, 9, 1),
                40,
                10,
                1,
                ("2 not notified yet",),
                tuple(f"Person {n}" for n in range(30)),
                TEXT_LINK,
            ),
        ),
        ended=(
            EndedNotice(
                "Data Protection Policy", "2021-09", "closed", date(2021, 7, 30), "Merged.", "Joan Okafor"
            ),
        ),
        overdue_people=1,
        undeliverable=(
            Undeliverable("Zofia Żółć", "z@gone.example", "Social Media Policy", "550 no such person"),
        ),
        last_days=(LastDay("Data Protection Policy", date(2022, 1, 1), date(2021, 12, 1)),),
        reviews=(ReviewLine("Social Media Policy", "2020-09", "Business Manager", date(2021, 9, 1)),),
        warnings=("The client secret for sending mail expires on Wednesday 1 September 2021.",),
        ledger_head=HEAD_HASH,
        ledger_lines=1234,
        link=TEXT_LINK,
        reply=MANAGER,
    ),
    "weekly-summary-empty": WeeklySummaryFacts(
        school=SCHOOL,
        person="Joan Okafor",
        on=date(2021, 8, 2),
        notices=(),
        ended=(),
        overdue_people=0,
        undeliverable=(),
        last_days=(),
        reviews=(),
        warnings=(),
        ledger_head=HEAD_HASH,
        ledger_lines=1,
        link=TEXT_LINK,
        reply=MANAGER,
    ),
    "owner-overdue": OwnerOverdueFacts(
        school=SCHOOL,
        owner="Headteacher",
        notices=(
            OverdueNotice(
                "Social Media Policy",
                "2021-09",
                (
                    OverduePerson("Bo", "Governor", 8, None),
                    OverduePerson("Zofia Żółć", "Volunteer", 8, date(2021, 9, 6)),
                ),
            ),
            OverdueNotice("Data Protection Policy", "2021-09", (OverduePerson("Bo", "Governor", 8, None),)),
        ),
        people=2,
        link=TEXT_LINK,
        reply=MANAGER,
    ),
    "owner-overdue-one": OwnerOverdueFacts(
        school=SCHOOL,
        owner="Headteacher",
        notices=(
            OverdueNotice("Social Media Policy", "2021-09", (OverduePerson("Bo", "Governor", 8, None),)),
        ),
        people=1,
        link=TEXT_LINK,
        reply=MANAGER,
    ),
    **{
        f"review-due-{name}": ReviewDueFacts(
            school=SCHOOL,
            owner="Business Manager",
            policy_title="Social Media Policy",
            version="2020-09",
            review_by=date(2021, 9, 1),
            days_left=days,
            suggestions=count,
            link=TEXT_LINK,
            reply=MANAGER,
        )
        for name, days, count in (("ahead", 30, 2), ("today", 0, 1), ("past", -1, 0))
    },
    **{
        f"question-{about}": QuestionFacts(
            school=SCHOOL,
            about=about,
            to="Headteacher",
            person="Zofia Żółć",
            address="z@school.example",
            policy_title="Social Media Policy",
            version="2021-09",
            text="May I keep my <b>old</b> page?\n\nIt says {{ school }}. " + "word " * 60,
            asked_at=datetime(2021, 7, 27, 8, 5, tzinfo=UTC),
            link=TEXT_LINK,
            reply=MANAGER,
            time_zone="Europe/London",
        )
        for about in ("question", "suggestion")
    },
    "test": TrialFacts(
        school=SCHOOL,
        transport="mail server mail.school.example:587 (encrypted)",
        sent_at=datetime(2021, 7, 27, 8, 5, tzinfo=UTC),
        reply=MANAGER,
        time_zone="Europe/London",
    ),
}
