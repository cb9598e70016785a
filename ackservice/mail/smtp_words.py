"""Why there is no connection to a mail server, or no encryption, in plain words for SMTP and IMAP alike."""

from __future__ import annotations

import socket
import ssl

from ackservice.mail.address import MailAddress


def connect_words(address: MailAddress, error: Exception) -> str:
    """Why there is no connection, in plain words."""
    if isinstance(error, socket.gaierror):
        return f"There is no server of the name {address.host} (DNS: {error.strerror}). Check the spelling, and the network."
    if isinstance(error, ConnectionRefusedError):
        return f"{address.where} refuses connections. Check the port (587 is usual), and that no firewall blocks it."
    if isinstance(error, OSError) and error.strerror:
        return f"No connection to {address.where}: {error.strerror}."
    return f"{address.where} dropped the connection while we were saying hello."


def certificate_words(where: str, error: Exception) -> str:
    """Why encryption failed, in plain words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {where} is not to be trusted ({error.verify_message}). Nothing was sent. Check the server's "
            "name; for a certificate of the school's own authority, add ?ca=FILE to ACK_MAIL."
        )
    return (
        f"No encrypted connection to {where} ({getattr(error, 'reason', None) or error}). Check port and scheme: 587 goes "
        "with smtp://, 465 with smtps://."
    )
