"""Fixtures of the mail tests: certificates, settings with short limits, and a message to send."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ackservice.mail.mailer import Mailer, message_to
from ackservice.mail.messages import Composed
from ackservice.mail.outbox import Outbox
from handbook.policy.school import MailSettings
from tests.mail.servers import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("other"), "Somebody else")


@pytest.fixture
def settings():
    """Patient enough for a busy machine, where nothing is meant to hang."""
    return MailSettings(timeout_seconds=10)


@pytest.fixture
def hasty():
    """For servers that hang."""
    return MailSettings(timeout_seconds=0.2)


@pytest.fixture
def mailer(tmp_path):
    """A mailer over an outbox folder."""
    return Mailer(Outbox(tmp_path / "mailer"))


@pytest.fixture(autouse=True)
def app_context(mailer):
    """What Flask-Mail wants to write messages in."""
    with mailer.app.app_context():
        yield


@pytest.fixture
def letter():
    """Makes a message to an address."""

    def make(recipient="ada@school.example", number=1, text="Good morning\n.hidden dot\nend\n"):
        return message_to(
            "Ada",
            recipient,
            Composed("Hello", text, "<p>Good morning</p>\n"),
            message_id=f"<d{number}@policies.school.example>",
            sender="The School <notices@school.example>",
            reply_to="",
            bounce_address="bounces@school.example",
            date=datetime(2021, 7, 26, 8, 0, tzinfo=UTC),
            headers={"X-Handbook-Delivery": str(number)},
        )

    return make
