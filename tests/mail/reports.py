"""What mail systems send back: delivery reports in the manner of the large systems, and what only looks like
them."""

from __future__ import annotations

OURS = "<d42.abc@policies.school.example>"

RETURNED = f"""From: The School <notices@school.example>
To: Ada <ada@gone.example>
Subject: Changed from Wednesday 1 September 2021: Social Media Policy
Message-ID: {OURS}
X-Handbook-Delivery: 42
Auto-Submitted: auto-generated
"""


def report(
    sender,
    text,
    status,
    returned=RETURNED,
    returned_type="message/rfc822",
    headers="",
    report_type="delivery-status",
):
    """A report of RFC 3462 and 3464."""
    body = f"{returned}\nDear Ada,\n" if returned_type == "message/rfc822" else returned
    return f"""Return-Path: <>
From: {sender}
To: bounces@school.example
Subject: Undelivered Mail
Message-ID: <report-1@elsewhere.example>
{headers}MIME-Version: 1.0
Content-Type: multipart/report; report-type={report_type}; boundary="b1"

--b1
Content-Type: text/plain; charset=utf-8

{text}

--b1
Content-Type: message/{"delivery-status" if report_type == "delivery-status" else report_type}

{status}
--b1
Content-Type: {returned_type}

{body}
--b1--
""".replace("\n", "\r\n").encode()


def status(
    action="failed",
    code="5.1.1",
    said="smtp; 550 5.1.1 <ada@gone.example>: no such user",
    address="ada@gone.example",
):
    return f"""Reporting-MTA: dns; mx.gone.example
Arrival-Date: Mon, 26 Jul 2021 09:00:00 +0100

Final-Recipient: rfc822; {address}
Action: {action}
Status: {code}
Diagnostic-Code: {said}
"""


POSTFIX = report(
    "MAILER-DAEMON@mx.gone.example (Mail Delivery System)",
    "This is the mail system at host mx.gone.example.",
    status(),
    headers="Auto-Submitted: auto-replied\n",
)
EXCHANGE = report(
    "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@school.example>",
    "Your message to ada@gone.example couldn't be delivered.",
    status(
        code="5.1.10",
        said="smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    ),
    headers=f"In-Reply-To: {OURS}\nAuto-Submitted: auto-replied\n",
)
GMAIL = report(
    "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
    "** Address not found **",
    status(said="smtp; 550-5.1.1 The email account that you tried to reach does not exist."),
    returned_type="text/rfc822-headers",
    headers=f"References: {OURS}\nX-Failed-Recipients: ada@gone.example\nAuto-Submitted: auto-replied\n",
)
WITHOUT_RETURNED = report(
    "postmaster@gone.example",
    "Failed.",
    status(),
    returned="Nothing: here\n",
    returned_type="text/rfc822-headers",
    headers=f"In-Reply-To: {OURS}\n",
)
OWN_HEADER_ONLY = report(
    "postmaster@gone.example", "Failed.", status(), returned="Subject: x\nX-Handbook-Delivery: 42\n"
)
FULL = report(
    "MAILER-DAEMON@mx.gone.example", "Full.", status(code="5.2.2", said="smtp; 552 5.2.2 mailbox full")
)
DELAYED = report(
    "MAILER-DAEMON@mx.gone.example",
    "Delayed.",
    status("delayed", "4.4.1", "smtp; 451 4.4.1 no answer from host"),
)
RELAYED = report("MAILER-DAEMON@mx.gone.example", "Relayed.", status("relayed", "2.0.0", "smtp; 250 ok"))
FORGED_WITHOUT_REFERENCE = report(
    "MAILER-DAEMON@evil.example", "Failed.", status(), returned="Subject: nothing of yours\n"
)
FORGED_GUESS = report(
    "MAILER-DAEMON@evil.example", "Failed.", status(), returned="Message-ID: <d1@guess.example>\n"
)
READ_RECEIPT = report(
    "Ada <ada@school.example>",
    "Read.",
    f"Final-Recipient: rfc822; ada@school.example\nOriginal-Message-ID: {OURS}\n",
    report_type="disposition-notification",
)

QMAIL = f"""Return-Path: <>
From: MAILER-DAEMON@mx.old.example
To: bounces@school.example
Subject: failure notice
Content-Type: text/plain

Hi. This is the qmail-send program at mx.old.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@gone.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

{RETURNED}
Dear Ada,
""".encode()

OUT_OF_OFFICE = f"""Return-Path: <ada@school.example>
From: Ada <ada@school.example>
To: business@school.example
Subject: Automatic reply: Changed from Wednesday 1 September 2021
In-Reply-To: {OURS}
Auto-Submitted: auto-replied
Content-Type: text/plain

I am away until September.
""".encode()

OUT_OF_OFFICE_IN_DISGUISE = OUT_OF_OFFICE.replace(b"Auto-Submitted: auto-replied\n", b"").replace(
    b"<ada@school.example>\n", b"<>\n", 1
)

HUMAN_REPLY = f"""From: Ada <ada@school.example>
To: business@school.example
Subject: Re: Changed from Wednesday 1 September 2021
In-Reply-To: {OURS}
Content-Type: text/plain

My colleague's mail failed: 550 5.1.1 user unknown <bob@school.example>

> Message-ID: {OURS}
""".encode()

FORWARDED_REPORT = (
    b"""From: Eve <eve@evil.example>
To: bounces@school.example
Subject: Fwd: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="f1"

--f1
Content-Type: message/rfc822

"""
    + POSTFIX
    + b"\n--f1--\n"
)
