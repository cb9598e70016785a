"""One example of the facts of every e-mail, and of every kind of notice."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ackservice.mail.messages import (
    LastDay,
    NoticeFacts,
    NoticeItem,
    NoticeKind,
    OpenNotice,
    OverduePerson,
    OwnerOverdueFacts,
    QuestionFacts,
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
    values = dict(
        kind=kind,
        policy_title="Social Media Policy",
        version="2021-09",
        effective_on=date(2021, 9, 1),
        binds_from=date(2021, 9, 1),
        due_on=date(2021, 8, 31) if asks else None,
        summary="We have added **one duty**: see [the list](https://elsewhere.example/x).\n\nIt concerns everyone.",
        ask=HEAD,
        link=LINK,
        text_link=TEXT_LINK,
        changes=(
            ChangeItem(
                "Other policies", "added", "Never use social media in a way that puts children at risk."
            ),
        ),
    )
    return NoticeItem(**{**values, **changes})


def notice(*items, person="Ada Lovelace"):
    return NoticeFacts(SCHOOL, person, "Teacher", items or (item(),), MANAGER)


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
    return ReminderFacts(SCHOOL, person, items, MANAGER)


EXAMPLES = {
    **{
        f"notice-{kind}": notice(item(kind, round_title="School year 2026/27" if kind == "round" else ""))
        for kind in NoticeKind
    },
    "notice-short": notice(item(binds_from=date(2021, 9, 3), due_on=date(2021, 9, 2), short_by_days=2)),
    "notice-early-joiner": notice(item(NoticeKind.JOINING, in_force=False)),
    "notice-several": notice(item(), item(NoticeKind.JOINING, policy_title="Data Protection Policy")),
    "reminder-one": reminder(0),
    "reminder-overdue": reminder(5),
    "reminder-several": reminder(0, 1, 12),
    "receipt": ReceiptFacts(
        SCHOOL,
        "Ada Lovelace",
        "Social Media Policy",
        "2021-09",
        DIGEST,
        date(2021, 9, 1),
        datetime(2021, 7, 27, 8, 5, 7, tzinfo=UTC),
        "A. Lovelace",
        "R-000042",
        HEAD_HASH,
        LINK,
        MANAGER,
        TEXT_LINK,
    ),
    "receipt-paper": ReceiptFacts(
        SCHOOL,
        "Ada Lovelace",
        "Social Media Policy",
        "2021-09",
        DIGEST,
        date(2021, 9, 1),
        datetime(2021, 12, 1, 8, 0, tzinfo=UTC),
        "",
        "R-000043",
        HEAD_HASH,
        LINK,
        MANAGER,
        recorded_by="Joan Okafor",
    ),
    "sign-in": SignInFacts(SCHOOL, "Joan Okafor", LINK, 15, MANAGER),
    "weekly-summary": WeeklySummaryFacts(
        SCHOOL,
        "Joan Okafor",
        date(2021, 8, 2),
        (
            OpenNotice(
                "Social Media Policy",
                "2021-09",
                date(2021, 9, 1),
                40,
                10,
                1,
                tuple(f"Person {n}" for n in range(30)),
                TEXT_LINK,
            ),
        ),
        (Undeliverable("Zofia Żółć", "z@gone.example", "Social Media Policy", "550 no such person"),),
        (LastDay("Data Protection Policy", date(2022, 1, 1), date(2021, 12, 1)),),
        (ReviewLine("Social Media Policy", "2020-09", "Business Manager", date(2021, 9, 1)),),
        ("The client secret for sending mail expires on Wednesday 1 September 2021.",),
        HEAD_HASH,
        1234,
        TEXT_LINK,
        MANAGER,
    ),
    "weekly-summary-empty": WeeklySummaryFacts(
        SCHOOL,
        "Joan Okafor",
        date(2021, 8, 2),
        (),
        (),
        (),
        (),
        (),
        HEAD_HASH,
        1,
        TEXT_LINK,
        MANAGER,
    ),
    "owner-overdue": OwnerOverdueFacts(
        SCHOOL,
        "Headteacher",
        "Social Media Policy",
        "2021-09",
        date(2021, 8, 31),
        (OverduePerson("Zofia Żółć", "Volunteer", 8, date(2021, 9, 6)), OverduePerson("Bo", "Governor", 8)),
        TEXT_LINK,
        MANAGER,
    ),
    "owner-overdue-one": OwnerOverdueFacts(
        SCHOOL,
        "Headteacher",
        "Social Media Policy",
        "2021-09",
        date(2021, 8, 31),
        (OverduePerson("Bo", "Governor", 8),),
        TEXT_LINK,
        MANAGER,
    ),
    **{
        f"review-due-{name}": ReviewDueFacts(
            SCHOOL,
            "Business Manager",
            "Social Media Policy",
            "2020-09",
            date(2021, 9, 1),
            days,
            count,
            TEXT_LINK,
            MANAGER,
        )
        for name, days, count in (("ahead", 30, 2), ("today", 0, 1), ("past", -1, 0))
    },
    **{
        f"question-{about}": QuestionFacts(
            SCHOOL,
            about,
            "Headteacher",
            "Zofia Żółć",
            "z@school.example",
            "Social Media Policy",
            "2021-09",
            "May I keep my <b>old</b> page?\n\nIt says {{ school }}. " + "word " * 60,
            datetime(2021, 7, 27, 8, 5, tzinfo=UTC),
            TEXT_LINK,
            MANAGER,
        )
        for about in ("question", "suggestion")
    },
    "test": TrialFacts(
        SCHOOL,
        "mail server mail.school.example:587 (encrypted)",
        datetime(2021, 7, 27, 8, 5, tzinfo=UTC),
        MANAGER,
    ),
}
