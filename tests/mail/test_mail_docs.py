"""Every e-mail, every way of sending and every option is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ackservice.mail import inboxes, transports
from ackservice.mail.messages import Facts
from ackservice.mail.transports import transport_from
from handbook.policy.school import MailSettings

PAGE = (Path(__file__).parents[2] / "docs" / "mail.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(facts.template for facts in Facts.__subclasses__()))
def test_every_email_is_documented(name):
    assert f"\n| `{name}` |" in PAGE


@pytest.mark.parametrize("option", sorted(transports.OPTIONS | inboxes.OPTIONS))
def test_every_option_is_documented(option):
    rows = [row.split("|")[1] for row in PAGE.splitlines() if row.startswith("| `")]
    assert any(f"`{option}`" in row for row in rows)


@pytest.mark.parametrize(
    "scheme", ["outbox:", *(f"{scheme}://" for scheme in (*transports.PORTS, *inboxes.PORTS))]
)
def test_every_scheme_is_documented(scheme):
    assert scheme in PAGE


def test_every_address_on_the_page_is_one_the_service_takes():
    secrets = {"ACK_MAIL_SECRET": "x", "ACK_MAIL_PASSWORD": "x"}
    addresses = re.findall(r"^ACK_MAIL='([^']+)'", PAGE, re.M)
    taken = [address for address in addresses if "google_key=" not in address]
    assert len(addresses) == 6 and len(taken) == 5
    for address in taken:
        assert transport_from(address, MailSettings(), secrets).describe()


def test_every_link_within_the_page_leads_somewhere():
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in PAGE.splitlines()
        if line.startswith("#")
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors
