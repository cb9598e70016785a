"""Microsoft Graph, and the token sources, against https servers on loopback."""

from __future__ import annotations

import base64
import json
import traceback
from contextlib import ExitStack
from datetime import date

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ackservice.mail.graph import retry_after
from ackservice.mail.transports import (
    BadMailSetting,
    CannotConnect,
    CertificateRefused,
    ConnectionLost,
    LoginRefused,
    RecipientRefused,
    SenderRefused,
    TryLater,
    secret_expires_on,
    transport_from,
)
from tests.mail.servers import (
    MailServer,
    WebServer,
    form,
    graph_endpoint,
    mail_server,
    token_endpoint,
    web_server,
)

HUSHED = "cl13nt/s€cret"


class World:
    """A token endpoint and Graph, and the transport between them."""

    def __init__(self, tokens, graph, ca_file, settings):
        self.tokens, self.graph = tokens, graph
        self.transport = transport_from(
            f"graph://notices%40school.example@127.0.0.1:{graph.port}?tenant=school&client=app-1&secret_env=HUSHED"
            f"&secret_expires=2027-06-30&authority={tokens.base}&ca={ca_file}",
            settings,
            {"HUSHED": HUSHED},
        )

    def granted(self):
        return [request for request in self.tokens.requests if request[0] == "POST"]


@pytest.fixture
def world(authority, settings):
    """Makes a World whose Graph gives these answers first; both servers stop after the test."""
    context = authority.server_context()
    with ExitStack() as stack:

        def make(*answers, tokens=None, graph=None):
            tokens = stack.enter_context(web_server(tokens or token_endpoint(), context))
            graph = stack.enter_context(web_server(graph or graph_endpoint(list(answers)), context))
            return World(tokens, graph, authority.ca_file, settings)

        yield make


def error(code, message="why"):
    return {"error": {"code": code, "message": message}}


def test_graph_gets_the_message_in_base64_with_a_token(world, letter):
    here = world()
    connection = here.transport.open()
    message = letter()
    assert connection.send(message) == "202 accepted r-1"
    connection.close()
    method, path, headers, body = here.graph.requests[0]
    assert (method, path) == ("POST", "/v1.0/users/notices%40school.example/sendMail")
    assert headers["Content-Type"] == "text/plain"
    assert headers["Authorization"] == "Bearer token-1"
    assert base64.b64decode(body) == message.as_bytes()


def test_the_token_is_asked_for_graph_with_the_client_secret_and_kept(world, letter):
    here = world()
    for number in range(3):
        here.transport.open().send(letter(number=number))
    assert len(here.granted()) == 1
    asked = form(here.granted()[0][3])
    assert asked["grant_type"] == "client_credentials"
    assert (asked["client_id"], asked["client_secret"]) == ("app-1", HUSHED)
    assert asked["scope"] == f"https://127.0.0.1:{here.graph.port}/.default"


def test_tokens_about_to_expire_are_renewed(world, letter):
    here = world(tokens=token_endpoint(lifetime=60))
    here.transport.open().send(letter(number=1))
    here.transport.open().send(letter(number=2))
    assert len(here.granted()) >= 2


def test_a_401_renews_the_token_once(world, letter):
    here = world((401, {}, error("InvalidAuthenticationToken")))
    assert here.transport.open().send(letter()).startswith("202")
    assert [headers["Authorization"] for _, _, headers, _ in here.graph.requests] == [
        "Bearer token-1",
        "Bearer token-2",
    ]


def test_a_second_401_is_a_login_refused(world, letter):
    here = world(
        (401, {}, error("InvalidAuthenticationToken")), (401, {}, error("InvalidAuthenticationToken"))
    )
    connection = here.transport.open()
    with pytest.raises(LoginRefused):
        connection.send(letter())
    assert len(here.graph.requests) == 2


def test_a_429_says_how_long_to_wait(world, letter):
    connection = world((429, {"Retry-After": "17"}, error("ApplicationThrottled"))).transport.open()
    with pytest.raises(TryLater) as caught:
        connection.send(letter())
    assert (caught.value.retry_after_seconds, caught.value.whole_server) == (17.0, True)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_means_later(world, letter, status):
    connection = world((status, {}, error("ServiceUnavailable"))).transport.open()
    with pytest.raises(TryLater) as caught:
        connection.send(letter())
    assert caught.value.retry_after_seconds is None


def test_a_504_may_have_taken_the_message(world, letter):
    connection = world((504, {}, error("GatewayTimeout"))).transport.open()
    with pytest.raises(ConnectionLost) as caught:
        connection.send(letter())
    assert caught.value.maybe_taken is True


@pytest.mark.parametrize("status", [403, 404])
def test_a_mailbox_that_is_not_ours_concerns_all(world, letter, status):
    connection = world((status, {}, error("ErrorAccessDenied"))).transport.open()
    with pytest.raises(SenderRefused, match="Mail.Send"):
        connection.send(letter())


def test_a_400_concerns_this_message_only(world, letter):
    connection = world((400, {}, error("ErrorInvalidRecipients", "no such person"))).transport.open()
    with pytest.raises(RecipientRefused) as caught:
        connection.send(letter())
    assert (caught.value.code, caught.value.answer) == (400, "ErrorInvalidRecipients: no such person")


def test_a_redirect_is_not_followed_with_our_token(world, letter, authority):
    with web_server(WebServer(lambda *request: (202, {}, b"")), authority.server_context()) as elsewhere:
        connection = world((307, {"Location": f"{elsewhere.base}/x"}, {})).transport.open()
        with pytest.raises(CannotConnect, match="307"):
            connection.send(letter())
    assert elsewhere.requests == []


def test_a_redirect_of_the_token_endpoint_is_not_followed_with_our_secret(world, authority):
    with web_server(WebServer(lambda *request: (200, {}, b"{}")), authority.server_context()) as elsewhere:
        good = token_endpoint()
        usual = good.answer
        good.answer = lambda method, *rest: (
            (307, {"Location": f"{elsewhere.base}/x"}, b"{}") if method == "POST" else usual(method, *rest)
        )
        with pytest.raises((LoginRefused, CannotConnect)):
            world(tokens=good).transport.open()
    assert elsewhere.requests == []


def test_an_unknown_certificate_gets_neither_secret_nor_message(world, other_authority, authority, settings):
    here = world()
    stranger = transport_from(
        f"graph://n%40school.example@127.0.0.1:{here.graph.port}?tenant=school&client=a&secret=s"
        f"&authority={here.tokens.base}&ca={other_authority.ca_file}",
        settings,
    )
    with pytest.raises(CertificateRefused, match="not to be trusted"):
        stranger.open()
    assert here.tokens.requests == []


def test_graph_that_is_not_there(world, letter, authority, settings):
    here = world()
    transport = transport_from(
        f"graph://n%40school.example@127.0.0.1:1?tenant=school&client=a&secret=s&authority={here.tokens.base}"
        f"&ca={authority.ca_file}",
        settings,
    )
    connection = transport.open()
    with pytest.raises(CannotConnect, match="No connection"):
        connection.send(letter())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("invalid_client AADSTS7000215: Invalid client secret provided.", "client secret is wrong"),
        (
            "invalid_client AADSTS7000222: The provided client secret keys are expired.",
            "client secret has expired",
        ),
        (
            "unauthorized_client AADSTS700016: Application with identifier was not found",
            "no application of that client id",
        ),
        (f"invalid_client you sent {HUSHED}", "gives no token"),
    ],
)
def test_a_refused_client_secret_is_told_in_plain_words(world, said, told):
    with pytest.raises(LoginRefused, match=told) as caught:
        world(tokens=token_endpoint(error=said)).transport.open()
    assert HUSHED not in "".join(traceback.format_exception(caught.value))


def test_an_unknown_tenant_is_told(world):
    unknown = WebServer(
        lambda *request: (400, {"Content-Type": "application/json"}, b'{"error": "invalid_tenant"}')
    )
    with pytest.raises(LoginRefused, match="does not know the tenant"):
        world(tokens=unknown).transport.open()


def test_a_login_address_without_https_is_refused(settings):
    transport = transport_from(
        "graph://n%40school.example@graph.microsoft.com?tenant=t&client=c&secret=s&authority=http://127.0.0.1:1",
        settings,
    )
    with pytest.raises((LoginRefused, CannotConnect)):
        transport.open()


def test_the_day_a_secret_expires_is_known(world, settings):
    assert secret_expires_on(world().transport) == date(2027, 6, 30)
    assert secret_expires_on(transport_from("outbox:var/outbox", settings)) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": "Mon, 26 Jul 2021 08:02:00 GMT", "Date": "Mon, 26 Jul 2021 08:00:30 GMT"}, 90.0),
        ({"Retry-After": "Mon, 26 Jul 2021 08:00:00 GMT", "Date": "Mon, 26 Jul 2021 08:00:30 GMT"}, 0.0),
        ({"Retry-After": "Mon, 26 Jul 2021 08:02:00 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(headers, seconds):
    assert retry_after(headers) == seconds


@pytest.fixture(scope="module")
def service_account():
    """A Google service account's key, and the public half that Google would hold."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return {
        "type": "service_account",
        "client_email": "robot@school.iam.example",
        "private_key": pem,
        "private_key_id": "k1",
    }, key.public_key()


def google_address(server, authority):
    return f"smtp+xoauth2://notices%40school.example@127.0.0.1:{server.port}?google_key_env=KEY&ca={authority.ca_file}"


def test_google_gives_a_token_for_a_signed_assertion_of_the_mailbox(
    authority, settings, letter, service_account
):
    info, public_key = service_account
    context = authority.server_context()
    server = MailServer(accepts=lambda user, token: (user, token) == ("notices@school.example", "token-1"))
    with web_server(token_endpoint(), context) as tokens, mail_server(server, tls=context):
        key = json.dumps({**info, "token_uri": f"{tokens.base}/token"})
        transport = transport_from(google_address(server, authority), settings, {"KEY": key})
        for number in range(2):
            connection = transport.open()
            connection.send(letter(number=number))
            connection.close()
    assert len(server.taken) == 2
    assert len(tokens.requests) == 1
    assertion = form(tokens.requests[0][3])["assertion"]
    claims = jwt.decode(
        assertion, public_key, algorithms=["RS256"], audience="https://oauth2.googleapis.com/token"
    )
    assert (claims["iss"], claims["sub"], claims["scope"]) == (
        "robot@school.iam.example",
        "notices@school.example",
        "https://mail.google.com/",
    )


def test_a_google_token_that_was_refused_is_renewed_once(authority, settings, service_account):
    context = authority.server_context()
    server = MailServer(accepts=lambda user, token: token == "token-2")
    with web_server(token_endpoint(), context) as tokens, mail_server(server, tls=context):
        key = json.dumps({**service_account[0], "token_uri": f"{tokens.base}/token"})
        transport_from(google_address(server, authority), settings, {"KEY": key}).open().close()
    assert [secret for _, _, secret in server.logins] == ["token-1", "token-2"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("unauthorized_client Client is unauthorized to retrieve access tokens", "domain-wide delegation"),
        ("invalid_grant Invalid email or User ID", "this machine's clock"),
    ],
)
def test_google_refusing_is_told_in_plain_words(authority, settings, service_account, said, told):
    context = authority.server_context()
    with web_server(token_endpoint(error=said), context) as tokens, mail_server(tls=context) as server:
        key = json.dumps({**service_account[0], "token_uri": f"{tokens.base}/token"})
        with pytest.raises(LoginRefused, match=told) as caught:
            transport_from(google_address(server, authority), settings, {"KEY": key}).open()
    assert "PRIVATE KEY" not in "".join(traceback.format_exception(caught.value))


def test_a_distrusted_google_endpoint_is_told(authority, other_authority, settings, service_account):
    with (
        web_server(token_endpoint(), other_authority.server_context()) as tokens,
        mail_server(tls=authority.server_context()) as server,
    ):
        key = json.dumps({**service_account[0], "token_uri": f"{tokens.base}/token"})
        with pytest.raises((CertificateRefused, CannotConnect)):
            transport_from(google_address(server, authority), settings, {"KEY": key}).open()


@pytest.mark.parametrize(
    "key", ["no json{", "{}", '{"client_email": "a", "private_key": "b", "token_uri": "c"}', "[1]"]
)
def test_a_broken_google_key_is_a_bad_setting(settings, key):
    with pytest.raises(BadMailSetting):
        transport_from(
            "smtp+xoauth2://n%40x.example@smtp.gmail.com?google_key_env=KEY", settings, {"KEY": key}
        )
