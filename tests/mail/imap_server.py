"""A small IMAP server on loopback that keeps a list of what it was asked."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LOOPBACK = "127.0.0.1"


@dataclass
class ImapServer:
    """Mailboxes by name, each a dict of UID to bytes. `accepts` judges (mechanism, what was sent)."""

    mailboxes: dict
    accepts: Callable[[str, str], bool]
    validity: int = 7
    port: int = 0
    commands: list = field(default_factory=list)


@contextmanager
def imap_server(server: ImapServer, tls: ssl.SSLContext) -> Iterator[ImapServer]:
    """Runs it, one connection after the other."""
    listener = socket.create_server((LOOPBACK, 0))
    server.port = listener.getsockname()[1]
    stopping = threading.Event()
    thread = threading.Thread(target=_serve, args=(server, listener, tls, stopping))
    thread.start()
    try:
        yield server
    finally:
        stopping.set()
        socket.create_connection((LOOPBACK, server.port)).close()
        thread.join(10)
        listener.close()


def _serve(server, listener, tls, stopping) -> None:
    while True:
        connection, _ = listener.accept()
        if stopping.is_set():
            connection.close()
            return
        connection.settimeout(10)
        try:
            with tls.wrap_socket(connection, server_side=True) as line, line.makefile("rwb") as file:
                _converse(server, file)
        except OSError:
            connection.close()


def _converse(server: ImapServer, file) -> None:
    def say(text: str) -> None:
        file.write(text.encode() + b"\r\n")
        file.flush()

    say("* OK ready")
    box: dict = {}
    while raw := file.readline():
        tag, _, command = raw.decode().strip().partition(" ")
        server.commands.append(command)
        word = command.split()[0].upper()
        if word == "CAPABILITY":
            say("* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2")
            say(f"{tag} OK done")
        elif word == "AUTHENTICATE":
            say("+ ")
            sent = base64.b64decode(file.readline()).decode()
            if server.accepts(command.split()[1], sent):
                say(f"{tag} OK done")
                continue
            say("+ e30=")
            file.readline()
            say(f"{tag} NO [AUTHENTICATIONFAILED] you sent {sent!r}")
        elif word == "EXAMINE":
            name = command.partition(" ")[2].strip('"')
            box = server.mailboxes.get(name)
            if box is None:
                say(f"{tag} NO no such mailbox")
                continue
            say(f"* {len(box)} EXISTS")
            say(f"* OK [UIDVALIDITY {server.validity}]")
            say(f"{tag} OK [READ-ONLY]")
        elif command.upper().startswith("UID SEARCH"):
            first = int(re.search(r"UID (\d+):\*", command)[1])
            found = [uid for uid in box if uid >= first] or ([max(box)] if box else [])
            say("* SEARCH " + " ".join(map(str, found)))
            say(f"{tag} OK done")
        elif command.upper().startswith("UID FETCH"):
            uid = int(command.split()[2])
            file.write(
                f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(box[uid])}}}\r\n".encode() + box[uid] + b")\r\n"
            )
            say(f"{tag} OK done")
        elif word == "LOGOUT":
            say("* BYE")
            say(f"{tag} OK done")
            return
        else:
            say(f"{tag} BAD")
