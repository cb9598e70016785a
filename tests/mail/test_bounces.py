"""Which messages of the bounce mailbox count, and what they tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackservice.mail.bounces import Bounce, Ignored, matched, recognise
from tests.mail import reports
from tests.mail.reports import OURS


@pytest.mark.parametrize(
    ("data", "message_id", "delivery_id", "permanent", "said"),
    [
        (reports.POSTFIX, OURS, "42", True, "550 5.1.1 <ada@gone.example>: no such user"),
        (
            reports.EXCHANGE,
            OURS,
            "42",
            True,
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        ),
        (
            reports.GMAIL,
            OURS,
            "42",
            True,
            "550-5.1.1 The email account that you tried to reach does not exist.",
        ),
        (reports.WITHOUT_RETURNED, OURS, None, True, "550 5.1.1 <ada@gone.example>: no such user"),
        (reports.OWN_HEADER_ONLY, None, "42", True, "550 5.1.1 <ada@gone.example>: no such user"),
        (reports.FULL, OURS, "42", True, "552 5.2.2 mailbox full"),
        (reports.DELAYED, OURS, "42", False, "451 4.4.1 no answer from host"),
    ],
)
def test_reports_of_the_large_systems_are_understood(data, message_id, delivery_id, permanent, said):
    assert recognise(data) == Bounce(message_id, delivery_id, "ada@gone.example", permanent, said)


def test_an_old_report_in_plain_text_is_understood():
    report = recognise(reports.QMAIL)
    assert (report.message_id, report.delivery_id, report.recipient, report.permanent) == (
        OURS,
        "42",
        "ada@gone.example",
        True,
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (reports.OUT_OF_OFFICE, "an automatic reply"),
        (reports.OUT_OF_OFFICE_IN_DISGUISE, "an automatic reply"),
        (reports.HUMAN_REPLY, "not a report of a mail system"),
        (reports.FORWARDED_REPORT, "not a report of a mail system"),
        (reports.READ_RECEIPT, "a read receipt"),
        (reports.RELAYED, "a report, but not of a failure"),
        (reports.FORGED_WITHOUT_REFERENCE, "a report that does not say which message it is about"),
        (b"", "not a report of a mail system"),
        (b"\xff\xfe\x00", "not a report of a mail system"),
    ],
)
def test_what_is_no_failure_of_ours_is_ignored(data, reason):
    assert recognise(data) == Ignored(reason)


def known(report):
    """As the database would look a delivery up."""
    return "delivery 42" if report.message_id == OURS or report.delivery_id == "42" else None


def test_a_failure_is_matched_with_its_delivery():
    report, delivery = matched(reports.POSTFIX, known)
    assert (report.message_id, delivery) == (OURS, "delivery 42")


def test_a_forged_report_about_a_guessed_message_marks_nobody():
    assert matched(reports.FORGED_GUESS, known) == Ignored("a failure of a message that is not ours")
    assert matched(reports.HUMAN_REPLY, known) == Ignored("not a report of a mail system")


def test_the_reports_own_message_id_is_never_taken_for_the_returned_one():
    assert matched(reports.FORGED_WITHOUT_REFERENCE, lambda report: "anything") == Ignored(
        "a report that does not say which message it is about"
    )


@pytest.mark.parametrize("cut", range(0, len(reports.POSTFIX), 97))
def test_a_report_cut_anywhere_is_read_without_an_error(cut):
    assert isinstance(recognise(reports.POSTFIX[:cut]), (Bounce, Ignored))


@given(st.binary(max_size=400))
def test_no_bytes_whatever_stop_the_reading(noise):
    assert isinstance(
        recognise(b"Return-Path: <>\r\nFrom: MAILER-DAEMON@x.example\r\n" + noise), (Bounce, Ignored)
    )
