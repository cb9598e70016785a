"""Mail servers, token endpoints and Microsoft Graph on loopback, with certificates of an authority of their
own."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"


class Authority:
    """A certificate authority whose own certificate is in `ca_file`."""

    def __init__(self, folder: Path, name: str = "Loopback authority"):
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        basic = x509.BasicConstraints(ca=True, path_length=0)
        self._certificate = self._signed(
            self._subject, self._key.public_key(), [(basic, True), (_usage(), True)]
        )
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def server_context(self, *names: str) -> ssl.SSLContext:
        """A server's side, with a certificate for these names or addresses (127.0.0.1 where none is
        given)."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = names or (LOOPBACK,)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = self._signed(subject, key.public_key(), [(alternatives, False), (issuer_key, False)])
        file = self._folder / f"server-{certificate.serial_number}.pem"
        file.write_bytes(_private_pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _signed(self, subject, public_key, extensions):
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, hashes.SHA256())


def _general_name(name: str):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage():
    false = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(key_cert_sign=True, crl_sign=True, **false)


def _private_pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@dataclass
class MailServer:
    """What an aiosmtpd server took, and how it is to answer. `on_*` return an answer, or None for yes."""

    port: int = 0
    taken: list = field(default_factory=list)  # (sender, recipient, bytes)
    logins: list = field(default_factory=list)  # (mechanism, user, password or token)
    connections: int = 0
    on_sender: Callable[[str], str | None] = lambda address: None
    on_recipient: Callable[[str], str | None] = lambda address: None
    on_data: Callable[[str], str | None] = lambda address: None
    accepts: Callable[[str, str], bool] = lambda user, secret: secret == "right"
    refusal: str = "535 5.7.8 Authentication credentials invalid"

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        answer = self.on_sender(address)
        if answer:
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.on_recipient(address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = self.on_data(envelope.rcpt_tos[0])
        if answer:
            return answer
        self.taken.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.original_content))
        return "250 2.0.0 taken"

    def authenticate(self, server, session, envelope, mechanism, data):
        user, secret = data.login.decode(), data.password.decode()
        self.logins.append((mechanism, user, secret))
        good = self.accepts(user, secret)
        return AuthResult(success=good, handled=False, message=None if good else self.refusal)

    async def auth_XOAUTH2(self, server: SMTP, args):
        user, bearer = _xoauth2(args[1])
        self.logins.append(("XOAUTH2", user, bearer))
        if self.accepts(user, bearer):
            return AuthResult(success=True)
        await server.challenge_auth('{"status":"401","schemes":"bearer"}')
        return AuthResult(success=False, handled=False, message=self.refusal)


def _xoauth2(text: str) -> tuple[str, str]:
    user, bearer, *_ = base64.b64decode(text).decode().split("\x01")
    return user.removeprefix("user="), bearer.removeprefix("auth=Bearer ")


class _Controller(Controller):
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(
    server: MailServer | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    immediate: bool = False,
    login: bool = True,
    **options,
) -> Iterator[MailServer]:
    """A mail server that speaks the real protocol; with `tls`, by STARTTLS or from the first byte."""
    server = server or MailServer()
    controller = _Controller(
        server,
        hostname=LOOPBACK,
        port=0,
        server_hostname="mail.school.example",
        enable_SMTPUTF8=False,
        ssl_context=tls if immediate else None,
        tls_context=None if immediate else tls,
        authenticator=server.authenticate if login else None,
        auth_require_tls=not immediate and tls is not None,
        **options,
    )
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()


class Line:
    """The server's end of one scripted connection."""

    def __init__(self, connection: socket.socket, stopping: threading.Event):
        self._connection = connection
        self._file = connection.makefile("rb")
        self._stopping = stopping

    def say(self, text: str) -> None:
        self._connection.sendall(text.encode() + b"\r\n")

    def hear(self) -> str:
        """The next line of the client, or "" when it is gone."""
        return self._file.readline().decode("utf-8", "replace").strip()

    def has_more(self) -> bool:
        """Whether the client has written on without waiting to be answered."""
        self._connection.setblocking(False)
        try:
            return bool(self._file.peek(1))
        finally:
            self._connection.settimeout(10)

    def hear_message(self) -> bytes:
        """Everything up to the final dot."""
        lines = []
        while (line := self._file.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines)

    def hang(self) -> None:
        """Say nothing more until the server is stopped."""
        self._stopping.wait(30)

    def greet(self) -> None:
        """Banner and EHLO."""
        self.say("220 mail.school.example ESMTP")
        self.hear()
        self.say("250 mail.school.example")

    def take_envelope(self) -> bool:
        """MAIL, RCPT and DATA taken; false when the client said something else or went away."""
        for command, answer in (("MAIL", "250 OK"), ("RCPT", "250 OK"), ("DATA", "354 go on")):
            if not self.hear().upper().startswith(command):
                return False
            self.say(answer)
        return True

    def close(self) -> None:
        self._file.close()
        self._connection.close()


@contextmanager
def scripted_server(script: Callable[[Line, int], None]) -> Iterator[int]:
    """A server whose every connection runs `script(line, number)`, numbers counting from 1. Yields its
    port."""
    stopping = threading.Event()
    listener = socket.create_server((LOOPBACK, 0))
    threads: list[threading.Thread] = []

    def serve() -> None:
        number = 0
        while True:
            connection, _ = listener.accept()
            if stopping.is_set():
                connection.close()
                return
            number += 1
            connection.settimeout(10)
            threads.append(threading.Thread(target=run, args=(connection, number)))
            threads[-1].start()

    def run(connection: socket.socket, number: int) -> None:
        line = Line(connection, stopping)
        try:
            script(line, number)
        except OSError:
            pass
        finally:
            line.close()

    main = threading.Thread(target=serve)
    main.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopping.set()
        socket.create_connection(listener.getsockname()).close()
        for thread in (main, *threads):
            thread.join(10)
        listener.close()


@dataclass
class WebServer:
    """An https server: `answer(method, path, headers, body)` gives (status, headers, body); requests are
    kept."""

    answer: Callable[[str, str, dict, bytes], tuple[int, dict, bytes]]
    port: int = 0
    requests: list = field(default_factory=list)  # (method, path, headers, body)

    @property
    def base(self) -> str:
        return f"https://{LOOPBACK}:{self.port}"


@contextmanager
def web_server(server: WebServer, tls: ssl.SSLContext) -> Iterator[WebServer]:
    """Runs a WebServer on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            server.requests.append((self.command, self.path, dict(self.headers), body))
            status, headers, content = server.answer(self.command, self.path, dict(self.headers), body)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *args):
            pass

    http = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    http.daemon_threads = False
    http.socket = tls.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    http.handle_error = lambda request, address: None  # clients that distrust us break off
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join(10)
        http.server_close()


def token_endpoint(*, lifetime: int = 3600, error: str = "") -> WebServer:
    """Microsoft's and Google's way of giving tokens: token-1, token-2, …, or a refusal with `error`."""
    given = iter(range(1, 1000))

    def answer(method: str, path: str, headers: dict, body: bytes):
        if path.endswith("/.well-known/openid-configuration"):
            base = f"{server.base}/{path.split('/')[1]}"
            return _json(
                200,
                {
                    "issuer": base,
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                },
            )
        if error:
            return _json(
                400 if "invalid_grant" in error else 401,
                {"error": error.split()[0], "error_description": error},
            )
        return _json(
            200, {"access_token": f"token-{next(given)}", "token_type": "Bearer", "expires_in": lifetime}
        )

    server = WebServer(answer)
    return server


def graph_endpoint(answers: list[tuple[int, dict, dict]]) -> WebServer:
    """Graph that gives these answers (status, headers, JSON) in turn, and 202 after them."""

    def answer(method: str, path: str, headers: dict, body: bytes):
        status, extra, content = answers.pop(0) if answers else (202, {"request-id": "r-1"}, {})
        code, standard, data = _json(status, content)
        return code, {**standard, **extra}, data if status != 202 else b""

    return WebServer(answer)


def form(body: bytes) -> dict[str, str]:
    """The fields of a posted form."""
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


def _json(status: int, content: dict) -> tuple[int, dict, bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()
