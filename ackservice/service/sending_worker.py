"""One connection to the mail server: message after message, and what to do when one fails."""

from __future__ import annotations

from typing import Protocol

from ackservice.clock import Clock
from ackservice.mail.envelope import Session, Transport
from ackservice.mail.errors import ConnectionLost, MailError, RecipientRefused, TryLater
from ackservice.service.composing import Letter, compose, to_envelope
from ackservice.service.context import Service
from ackservice.service.outcomes import Outcomes
from ackservice.service.reminding import held_until
from ackservice.storage.deliveries import Delivery

LOSSES_IN_A_ROW = 3
CLOSING = "421"  # the server ends this connection only (RFC 5321, 3.8): a new one may do


class Line(Protocol):
    """The messages that several connections take from."""

    def take(self) -> Delivery | None:
        """The next message to send; None when there is none, or the run is stopped."""

    def give_back(self, delivery: Delivery) -> None:
        """Let another connection send it."""

    def landed(self) -> None:
        """A message taken is off this connection's hands."""

    def leave(self) -> bool:
        """A connection goes; true when it was the last one."""


class Worker:
    """One connection and who uses it."""

    def __init__(self, service: Service, transport: Transport, clock: Clock, line: Line, outcomes: Outcomes):
        self.service = service
        self.transport = transport
        self.clock = clock
        self.line = line
        self.outcomes = outcomes
        self.session: Session | None = None
        self.losses = 0  # in a row
        self.is_gone = False

    def work(self) -> None:
        """Send message after message until there are none, the run is stopped, or the server does not want
        this connection."""
        while not self.is_gone and (delivery := self.line.take()) is not None:
            try:
                self._send(delivery)
            finally:
                self.line.landed()

    def close(self) -> None:
        """Say goodbye to the server."""
        self._hang_up()
        if not self.is_gone:
            self.line.leave()

    def _send(self, delivery: Delivery) -> None:
        service, now = self.service, self.clock.now()
        if until := held_until(service, delivery, now):
            self.outcomes.hold(delivery, until, "")
            return
        with service.store.read() as connection:
            letter = compose(service, connection, delivery, now)
        if letter is None:
            self.outcomes.end(delivery, None)
            return
        try:
            message = to_envelope(service, delivery, letter, now)
            answer = self._open_session().deliver(message)
        except MailError as error:
            self._failed(delivery, letter, error)
        else:
            self.losses = 0
            self.outcomes.end(delivery, letter, answer)

    def _failed(self, delivery: Delivery, letter: Letter, error: MailError) -> None:
        if isinstance(error, RecipientRefused):
            self.losses = 0
            self.outcomes.refused(delivery, letter, str(error))
        elif isinstance(error, ConnectionLost):
            self._lost(delivery, letter, error)
        elif isinstance(error, TryLater) and not error.whole_server:
            self.losses = 0
            self.outcomes.try_again(delivery, letter, error)
        elif (
            isinstance(error, TryLater)
            and error.answer.startswith(CLOSING)
            and self.losses + 1 < LOSSES_IN_A_ROW
        ):
            self.losses += 1
            self._hang_up()
            self.line.give_back(delivery)
        else:
            self._leave(delivery, error)

    def _lost(self, delivery: Delivery, letter: Letter, error: ConnectionLost) -> None:
        self.losses += 1
        self._hang_up()
        self.outcomes.try_again(delivery, letter, error, counted=error.maybe_taken)
        if self.losses >= LOSSES_IN_A_ROW:
            self._leave(None, error)

    def _leave(self, delivery: Delivery | None, error: MailError) -> None:
        """The server does not want this connection; others may go on. With none left, the server takes
        nothing at all."""
        self._hang_up()
        self.is_gone = True
        if delivery is not None:
            self.line.give_back(delivery)
        if self.line.leave():
            self.outcomes.server_failed(error)

    def _open_session(self) -> Session:
        if self.session is None:
            self.session = self.transport.open()
        return self.session

    def _hang_up(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            session.close()
