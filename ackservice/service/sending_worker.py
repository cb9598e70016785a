"""One connection to the mail server: message after message, and what to do when one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ackservice.clock import Clock
from ackservice.mail.errors import ConnectionLost, MailError, RecipientRefused, TryLater
from ackservice.service.composing import Email, compose, to_message
from ackservice.service.context import Service
from ackservice.service.outcomes import Outcomes
from ackservice.service.reminding import held_until
from ackservice.storage.deliveries import Delivery

if TYPE_CHECKING:
    from ackservice.mail.mailer import Mailer

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

    def __init__(self, service: Service, mailer: Mailer, clock: Clock, line: Line, outcomes: Outcomes):
        self.service = service
        self.mailer = mailer
        self.clock = clock
        self.line = line
        self.outcomes = outcomes
        self.connection = mailer.connect()
        self.losses = 0  # in a row
        self.is_gone = False

    def work(self) -> None:
        """Send message after message until there are none, the run is stopped, or the server does not want
        this connection."""
        with self.mailer.app.app_context():
            while not self.is_gone and (delivery := self.line.take()) is not None:
                try:
                    self._send(delivery)
                finally:
                    self.line.landed()

    def close(self) -> None:
        """Say goodbye to the server."""
        self.connection.close()
        if not self.is_gone:
            self.line.leave()

    def _send(self, delivery: Delivery) -> None:
        service, now = self.service, self.clock.now()
        if until := held_until(service, delivery, now):
            self.outcomes.hold(delivery, until, "")
            return
        with service.store.read() as connection:
            email = compose(service, connection, delivery, now)
        if email is None:
            self.outcomes.end(delivery, None)
            return
        try:
            answer = self.connection.send(to_message(service, delivery, email, now))
        except MailError as error:
            self._failed(delivery, email, error)
        else:
            self.losses = 0
            self.outcomes.end(delivery, email, answer)

    def _failed(self, delivery: Delivery, email: Email, error: MailError) -> None:
        if isinstance(error, RecipientRefused):
            self.losses = 0
            self.outcomes.refused(delivery, email, str(error))
        elif isinstance(error, ConnectionLost):
            self._lost(delivery, email, error)
        elif isinstance(error, TryLater) and not error.whole_server:
            self.losses = 0
            self.outcomes.try_again(delivery, email, error)
        elif (
            isinstance(error, TryLater)
            and error.answer.startswith(CLOSING)
            and self.losses + 1 < LOSSES_IN_A_ROW
        ):
            self.losses += 1
            self.connection.close()
            self.line.give_back(delivery)
        else:
            self._leave(delivery, error)

    def _lost(self, delivery: Delivery, email: Email, error: ConnectionLost) -> None:
        self.losses += 1
        self.connection.close()
        self.outcomes.try_again(delivery, email, error, counted=error.maybe_taken)
        if self.losses >= LOSSES_IN_A_ROW:
            self._leave(None, error)

    def _leave(self, delivery: Delivery | None, error: MailError) -> None:
        """The server does not want this connection; others may go on. With none left, the server takes
        nothing at all."""
        self.connection.close()
        self.is_gone = True
        if delivery is not None:
            self.line.give_back(delivery)
        if self.line.leave():
            self.outcomes.server_failed(error)
