"""What one message costs: composing it from facts and writing its bytes, beside a plain build with
`email.policy`.

python -m bench.message [NUMBER]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage

from ackservice.mail.messages import Composed, NoticeFacts, NoticeItem, NoticeKind, compose, envelope
from handbook.policy.school import Contact
from handbook.policy.version import ChangeItem

WHEN = datetime(2021, 7, 26, 8, 0, tzinfo=UTC)
NAMES = ("Ada Lovelace", "Zofia Żółć", "محمد عبد الله")


def facts(number: int) -> NoticeFacts:
    """A notice as it goes to person `number`: name and link differ, the rest is the same."""
    item = NoticeItem(
        NoticeKind.CHANGE,
        "Social Media Policy",
        "2021-09",
        date(2021, 9, 1),
        date(2021, 9, 1),
        date(2021, 8, 31),
        "One duty is new, and everyone has it. Please read it before the autumn term begins.",
        Contact("Headteacher", "head@school.example"),
        f"https://policies.school.example/ack/a/{number:034d}",
        (ChangeItem("Other policies", "added", "What you post must never put a child at risk."),),
        text_link="https://policies.school.example/policies/social-media/2021-09/",
    )
    name = f"{NAMES[number % len(NAMES)]} {number}"
    return NoticeFacts(
        "Greenfield School", name, "Teacher", (item,), Contact("Business Manager", "business@school.example")
    )


def ours(composed: Composed, number: int) -> bytes:
    """The message as the service writes it."""
    return envelope(
        composed,
        message_id=f"<d{number}@policies.school.example>",
        sender="Greenfield School <notices@school.example>",
        recipient_name=NAMES[number % len(NAMES)],
        recipient_address=f"p{number}@school.example",
        reply_to="Business Manager <business@school.example>",
        bounce_address="",
        date=WHEN,
        headers={"X-Handbook-Delivery": str(number)},
    ).data


def plain(composed: Composed, number: int) -> bytes:
    """The message as the standard library's newest interface writes it."""
    message = EmailMessage()
    message["From"] = Address("Greenfield School", addr_spec="notices@school.example")
    message["To"] = Address(NAMES[number % len(NAMES)], addr_spec=f"p{number}@school.example")
    message["Reply-To"] = Address("Business Manager", addr_spec="business@school.example")
    message["Subject"] = composed.subject
    message["Date"] = WHEN
    message["Message-ID"] = f"<d{number}@policies.school.example>"
    message["X-Handbook-Delivery"] = str(number)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message.set_content(composed.text)
    message.add_alternative(composed.html, subtype="html")
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def milliseconds(work: Callable[[int], object], number: int) -> float:
    """The mean cost of `work(0)` to `work(number - 1)`."""
    start = time.perf_counter()
    for i in range(number):
        work(i)
    return (time.perf_counter() - start) / number * 1000


def main(number: int) -> None:
    made = [compose(facts(i)) for i in range(number)]
    composing = milliseconds(lambda i: compose(facts(i)), number)
    writing = milliseconds(lambda i: ours(made[i], i), number)
    naive = milliseconds(lambda i: plain(made[i], i), number)
    print(f"{number} messages, milliseconds each")
    print(f"compose from facts          {composing:7.3f}")
    print(f"write the bytes, ours       {writing:7.3f}")
    print(f"write, with email.policy    {naive:7.3f}   {naive / writing:.0f} times ours")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
