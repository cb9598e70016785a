"""Signing in at the desk: a link by e-mail that works once, a session that ends, and limits on trying.

The list of managers is read again whenever `school.toml` changes, so that who is taken off it is out at once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from ackservice.errors import AckError, NotFound
from ackservice.links import Purpose
from ackservice.mail import messages
from ackservice.service.context import Service
from ackservice.storage import deliveries, sign_ins
from ackservice.storage.store import Transaction
from handbook.policy.errors import FaultsFound
from handbook.policy.library import load_school
from handbook.policy.school import Manager

LINK_MINUTES = 15
SESSION_HOURS = 8
LINKS_AN_HOUR = 5  # asked for one address
TRIES_AN_HOUR = 30  # by one client: links asked for and links tried
LONGEST_ADDRESS = 320
BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)  # a link does not wait behind a notice to thousands


class SignInLinkUsed(AckError):
    """A link to sign in was used before, or is too old."""


class TooManyTries(AckError):
    """Signing in was tried too often within the hour."""


def managers(service: Service) -> tuple[Manager, ...]:
    """Who may sign in, by `school.toml` as it stands; by its last good state when it has faults."""
    path = service.settings.handbook / "school.toml"
    try:
        now = path.stat()
        return _read(service.settings.handbook, now.st_mtime_ns, now.st_size)
    except (OSError, FaultsFound):
        return service.settings.school.managers


def manager_at(service: Service, address: str) -> Manager | None:
    """The manager with that address, however it is capitalised."""
    wanted = address.strip().casefold()
    return next((manager for manager in managers(service) if manager.address.casefold() == wanted), None)


def ask_for_link(service: Service, address: str, client: str, now: datetime) -> None:
    """Send a link if the address is a manager's; nothing the caller could see tells whether it is. Raises
    TooManyTries."""
    address = address.strip()[:LONGEST_ADDRESS]
    key, secret_hash = _new_secret()
    manager = manager_at(service, address)
    composed = _message(service, manager or Manager(address, "reader"), key)
    with service.store.write(now) as tx:
        forget(tx, now)
        by_address, by_client = _count(tx, now, f"address {address.casefold()}", f"client {client}")
        allowed = by_address <= LINKS_AN_HOUR and by_client <= TRIES_AN_HOUR
        if allowed:
            _keep(service, tx, manager, secret_hash, composed, now)
    if not allowed:
        raise TooManyTries("too many links were asked for")


def make_link(service: Service, address: str, now: datetime) -> str:
    """A link to sign in, to be handed over by other means than e-mail. Raises NotFound for who is no
    manager."""
    manager = manager_at(service, address)
    if manager is None:
        known = ", ".join(m.address for m in managers(service)) or "nobody"
        raise NotFound(f"{address!r} is not in the list of managers in school.toml; there: {known}")
    key, secret_hash = _new_secret()
    with service.store.write(now) as tx:
        forget(tx, now)
        sign_ins.add_link(tx, manager.address, secret_hash, now + timedelta(minutes=LINK_MINUTES))
    return _link(service, key)


def look_at_link(service: Service, token: str, now: datetime) -> Manager:
    """Whose link it is, without using it. Raises LinkForged, and SignInLinkUsed for one used before or too
    old."""
    with service.store.read() as connection:
        return _manager(service, sign_ins.address_of_link(connection, _hash_of(service, token), now))


def sign_in(service: Service, token: str, client: str, now: datetime) -> str:
    """Use a link and begin a session; returns the session's secret. Raises as `look_at_link`, and
    TooManyTries."""
    secret = secrets.token_urlsafe(32)
    with service.store.write(now) as tx:
        (tries,) = _count(tx, now, f"client {client}")
    if tries > TRIES_AN_HOUR:
        raise TooManyTries("signing in was tried too often")
    secret_hash = _hash_of(service, token)
    with service.store.write(now) as tx:
        manager = _manager(service, sign_ins.use_link(tx, secret_hash, now))
        sign_ins.add_session(
            tx, hash_of_session(secret), manager.address, now + timedelta(hours=SESSION_HOURS)
        )
        tx.record("desk.act", act="signed in", done_by=who(manager))
    return secret


def signed_in(service: Service, secret: str, now: datetime) -> Manager | None:
    """Whose session it is: somebody on the list now, with the role they have now. None when there is none or
    it has ended."""
    with service.store.read() as connection:
        address = sign_ins.address_of_session(connection, hash_of_session(secret), now)
    return manager_at(service, address) if address else None


def sign_out(service: Service, secret: str, now: datetime) -> None:
    """End a session."""
    with service.store.write(now) as tx:
        sign_ins.end_session(tx, hash_of_session(secret))


def is_waited_for(service: Service, since: datetime) -> bool:
    """Whether somebody asked for a link after that moment that has not gone out."""
    with service.store.read() as connection:
        return sign_ins.is_asked_for(connection, since)


def forget(tx: Transaction, now: datetime) -> None:
    """Forget what has ended: links, sessions, and the key of an hour that is over with all that was counted
    under it."""
    sign_ins.forget_ended(tx, now)
    if sign_ins.is_key_stale(tx.connection, _hour(now)):
        sign_ins.throw_key_away(tx)


def forget_if_due(service: Service, now: datetime) -> None:
    """As `forget`, writing only where there is a key to throw away."""
    with service.store.read() as connection:
        stale = sign_ins.is_key_stale(connection, _hour(now))
    if stale:
        with service.store.write(now) as tx:
            forget(tx, now)


def who(manager: Manager) -> str:
    """A manager as the ledger and people see them."""
    return f"{manager.name} ({manager.address})" if manager.name else manager.address


def hash_of_session(secret: str) -> str:
    """What is kept of the secret of a session or of a link."""
    return hashlib.sha256(secret.encode()).hexdigest()


@lru_cache(maxsize=4)
def _read(root: Path, changed_ns: int, size: int) -> tuple[Manager, ...]:
    return load_school(root).managers


def _keep(
    service: Service,
    tx: Transaction,
    manager: Manager | None,
    secret_hash: str,
    composed: messages.Composed,
    now: datetime,
) -> None:
    sign_ins.add_link(
        tx, manager.address if manager else "", secret_hash, now + timedelta(minutes=LINK_MINUTES)
    )
    if manager is None:
        return
    deliveries.add(
        tx,
        "sign-in",
        host=service.settings.mail_host,
        address=manager.address,
        not_before=BEFORE_ALL,
        payload={
            "subject": composed.subject,
            "text": composed.text,
            "html": composed.html,
            "name": manager.name,
        },
    )


def _message(service: Service, manager: Manager, key: str) -> messages.Composed:
    return messages.compose(
        messages.SignInFacts(
            school=service.settings.school.name,
            person=manager.name or manager.address,
            link=_link(service, key),
            minutes=LINK_MINUTES,
            reply=service.settings.contact("Business Manager"),
        )
    )


def _manager(service: Service, address: str) -> Manager:
    manager = manager_at(service, address) if address else None
    if manager is None:
        raise SignInLinkUsed("this link was used before, or is older than 15 minutes")
    return manager


def _link(service: Service, key: str) -> str:
    return service.settings.link("/ack/desk/sign-in/" + service.links.token(Purpose.SIGN_IN, key))


def _new_secret() -> tuple[str, str]:
    """A key nobody can guess, and what is kept of it."""
    key = secrets.token_hex(16)
    return key, hash_of_session(key)


def _hash_of(service: Service, token: str) -> str:
    service.links.check(Purpose.SIGN_IN, token)
    return hash_of_session(service.links.key(token))


def _count(tx: Transaction, now: datetime, *whats: str) -> list[int]:
    key = sign_ins.key_of_hour(tx, _hour(now))
    return sign_ins.count_attempt(
        tx, [hmac.new(key, what.encode(), hashlib.sha256).hexdigest() for what in whats]
    )


def _hour(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H")
