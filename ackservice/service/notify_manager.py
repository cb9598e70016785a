"""Messages to the people who run things: composed when they are queued, forgotten once they are sent."""

from __future__ import annotations

from ackservice.mail import messages
from ackservice.service.context import Service
from ackservice.storage import deliveries
from ackservice.storage.store import Transaction
from handbook.policy.school import Contact


def queue(
    service: Service, tx: Transaction, kind: str, to: Contact, facts: messages.Facts, occasion: str
) -> bool:
    """Queue a message to a contact; False when one of that kind and occasion was queued before."""
    composed = messages.compose(facts)
    payload = {
        "subject": composed.subject,
        "text": composed.text,
        "html": composed.html,
        "name": to.name or to.role,
    }
    added = deliveries.add(
        tx, kind, host=service.settings.mail_host, address=to.email, payload=payload, occasion=occasion
    )
    return added is not None
