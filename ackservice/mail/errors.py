"""What can go wrong between us and a mail server, in words a school's office can act on."""

from __future__ import annotations

from ackservice.errors import AckError


class MailError(AckError):
    """Base of every mail error. Its text is fit to be shown to a person and holds no secret.

    `answer` is what the server said, or "".
    """

    def __init__(self, message: str, answer: str = ""):
        self.answer = answer
        super().__init__(message)


class BadMailSetting(MailError):
    """The mail address in the settings cannot be used as it stands; the text says what to write instead."""


class NothingCanBeSent(MailError):
    """No message at all can be sent until somebody has mended something."""


class CannotConnect(NothingCanBeSent):
    """No connection: unknown name, closed or blocked port, or a server that does not answer in time."""


class CertificateRefused(NothingCanBeSent):
    """The server's certificate is not to be trusted, or it offers no encryption where we need it."""


class LoginRefused(NothingCanBeSent):
    """Password, token or client secret was not taken."""


class SenderRefused(NothingCanBeSent):
    """We are logged in, but may not send from this address or through this server."""


class RecipientRefused(MailError):
    """This one message was refused for good (5xx); others are not concerned."""

    def __init__(self, code: int, answer: str, message: str = ""):
        self.code = code
        super().__init__(
            message or f"The mail server refused this message for good ({code} {answer}).", answer
        )


class AddressRefused(RecipientRefused):
    """An address that cannot be written to at all, found before any server was asked (`code` is 0)."""

    def __init__(self, message: str):
        super().__init__(0, "", message)


class TryLater(MailError):
    """Not now (4xx, 429). With `whole_server` set, no other message would be taken either."""

    def __init__(self, answer: str, retry_after_seconds: float | None = None, *, whole_server: bool = False):
        self.retry_after_seconds = retry_after_seconds
        self.whole_server = whole_server
        super().__init__(f"The mail server asks to try again later ({answer}).", answer)


class ConnectionLost(MailError):
    """The connection broke off. With `maybe_taken` set, the message may have been taken: its answer is
    lost."""

    def __init__(self, message: str, *, maybe_taken: bool):
        self.maybe_taken = maybe_taken
        super().__init__(message)
