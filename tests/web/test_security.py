"""Rules that hold for every answer: headers, where a form may come from, sizes, faults of the machine,
logs."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime

import jwt
import pytest

from ackservice import create_app
from ackservice.errors import SettingsError, StorageError
from ackservice.web.logs import WithoutTokens, without_tokens
from ackservice.web.security import comes_from_us

GOOD = {"read": "yes", "name": "Amira Example"}
BASE = "https://policies.larkspur-row.example"
MORNING = datetime(2021, 7, 26, 8, 0, tzinfo=UTC)
PROXY_SECRET = "a secret shared with the static host"


def answers(school, client):
    """One of every kind of answer."""
    path = school.path()
    yield client.get(path)
    yield client.head(path)
    yield client.post(path, data={})
    yield client.post(path, data=GOOD, headers={"Origin": "https://evil.example"})
    yield client.post(path, data=GOOD)
    yield client.get(path)
    yield client.get("/ack/a/forged")
    yield client.get("/ack/health")
    yield client.get("/ack/nothing")
    yield client.get("/ack/")
    yield client.put(path)
    yield client.get("/nothing")
    yield client.post(path, data="x" * 10_000_000, content_type="application/x-www-form-urlencoded")


def test_every_answer_has_the_headers(school, client):
    for answer in answers(school, client):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Set-Cookie" not in answer.headers


def test_nothing_below_ack_is_ever_kept(school, client):
    for answer in answers(school, client):
        if answer.request.path.startswith("/ack/"):
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Robots-Tag"] == "noindex"


def test_no_hsts_where_the_base_address_is_not_https(school):
    school.base_url = "http://127.0.0.1:8000"

    assert "Strict-Transport-Security" not in school.app().test_client().get("/ack/health").headers


def test_stylesheet_is_kept_for_a_year_under_an_address_that_changes_with_it(client):
    page = client.get("/ack/nothing").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]

    answer = client.get(address)

    assert "?v=" in address
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/ack/static/ack.css").headers["Cache-Control"] == "no-store"


OWN = {"policies.school.example", "10.0.0.5:8000"}


@pytest.mark.parametrize(
    ("origin", "fetch_site", "referrer", "allowed"),
    [
        ("https://policies.school.example", "same-origin", None, True),
        ("https://policies.school.example", None, None, True),
        ("http://10.0.0.5:8000", None, None, True),
        (None, "same-origin", None, True),
        (None, "none", None, True),
        (None, None, None, True),
        (None, None, "https://policies.school.example/ack/a/x", True),
        (None, None, "https://evil.example/", False),
        (None, "same-origin", "https://evil.example/", False),
        ("null", None, None, False),
        ("null", "same-origin", None, False),
        ("", None, None, False),
        ("https://evil.example", None, None, False),
        ("https://policies.school.example.evil.example", None, None, False),
        ("https://policies.school.example:444", None, None, False),
        ("ftp://policies.school.example", None, None, False),
        ("https://[", None, None, False),
        ("https://policies.school.example", "cross-site", None, False),
        ("https://policies.school.example", "same-site", None, False),
        (None, "cross-site", None, False),
    ],
)
def test_where_a_form_may_come_from(origin, fetch_site, referrer, allowed):
    assert comes_from_us(origin, fetch_site, referrer, OWN) is allowed


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Referer": "https://evil.example/x"},
    ],
)
def test_foreign_post_is_refused_with_a_plain_page(school, client, headers):
    before = school.dump()

    answer = client.post(school.path(), data=GOOD, headers=headers)

    assert answer.status_code == 403
    assert "This form was not sent from our page" in answer.text
    assert school.dump() == before


@pytest.mark.parametrize(
    "headers", [{"Origin": BASE}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {}]
)
def test_own_post_is_taken(school, client, headers):
    assert client.post(school.path(), data=GOOD, headers=headers).status_code == 303


def test_forwarded_headers_are_not_trusted(school, client):
    headers = {
        "Origin": "https://evil.example",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil.example",
    }

    assert client.post(school.path(), data=GOOD, headers=headers).status_code == 403


def test_ten_megabytes_are_refused_with_a_plain_page(school, client):
    before = school.dump()

    answer = client.post(school.path(), data={"read": "yes", "name": "A" * 10_000_000})

    assert answer.status_code == 413
    assert "That is too much for this form" in answer.text
    assert school.dump() == before


def make_read_only(service) -> None:
    with service.store.read() as connection:
        connection.execute("PRAGMA query_only = ON")


def fill_the_disk(service) -> None:
    """Leave the database no room for as much as one more line."""
    with service.store.read() as connection:
        connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StorageError, match="full"):
        for _ in range(1000):
            with service.store.write(MORNING) as tx:
                tx.record("desk.act", act="x")


@pytest.mark.parametrize("spoil", [make_read_only, fill_the_disk])
def test_database_that_takes_nothing_gives_503_and_nothing_half_written(school, spoil):
    path = school.path()
    service = school.service()
    client = school.app(service).test_client()
    spoil(service)
    before = school.dump()

    answer = client.post(path, data=GOOD)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "120"
    assert "Nothing was recorded" in answer.text
    assert school.dump() == before


def test_missing_database_gives_503_and_a_bad_health(school):
    path = school.path()
    for file in (school.root / "var").iterdir():
        file.unlink()
    client = school.app(school.service()).test_client()

    assert client.get(path).status_code == 503
    assert client.post(path, data=GOOD).status_code == 503
    assert client.get("/ack/health").status_code == 503


def test_database_of_a_newer_version_gives_503(school):
    path = school.path()
    service = school.service()
    with service.store.write(school.clock.now()) as tx:
        tx.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('ackservice', 'm999', "
            "'')"
        )
    client = school.app(school.service()).test_client()

    assert client.get(path).status_code == 503
    assert "newer" not in client.get(path).text
    assert client.get("/ack/health").status_code == 503


def test_health_is_well_while_acknowledgements_can_be_taken(client):
    answer = client.get("/ack/health")

    assert answer.status_code == 200
    assert answer.json["status"] == "ok"
    assert isinstance(answer.json["warnings"], list)


def test_service_does_not_start_without_a_good_secret_key(school):
    for keys in ((), ("short",)):
        with pytest.raises(SettingsError, match="ACK_SECRET_KEYS"):
            create_app(replace(school.settings, secret_keys=keys))


def test_a_fault_of_ours_is_a_plain_page_and_its_log_holds_no_link(school):
    app = school.app()
    path = school.path()
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    app.add_url_rule("/ack/a/<token>/fail", view_func=lambda token: 1 / 0 if token else "", endpoint="fail")
    app.logger.addHandler(handler := Keep())
    try:
        answer = app.test_client().get(path + "/fail")
    finally:
        app.logger.removeHandler(handler)

    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in "".join(lines)
    assert path.rpartition("/")[2] not in "".join(lines)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("GET /ack/a/AAAE.llKK19RmE0TQ2TbzR87b-Q HTTP/1.1", "GET /ack/a/… HTTP/1.1"),
        ("Exception on /ack/receipt/cut-off [GET]", "Exception on /ack/receipt/… [GET]"),
        ("token='AAAE.llKK19RmE0TQ2TbzR87b-Q'", "token='…'"),
        ("GET /ack/desk/sign-in/AAAE?x=1", "GET /ack/desk/sign-in/…?x=1"),
        ("GET /policies/social-media/2021-09/", "GET /policies/social-media/2021-09/"),
    ],
)
def test_personal_addresses_are_left_out_of_logs(said, kept):
    assert without_tokens(said) == kept


def test_log_filter_rewrites_arguments_too():
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "on %s", ("/ack/a/secret",), None)

    WithoutTokens().filter(record)

    assert record.getMessage() == "on /ack/a/…"


def signed(school, **claims: object) -> dict[str, str]:
    content = {
        "iss": "netlify",
        "exp": school.clock.now().timestamp() + 300,
        "deploy_context": "production",
        **claims,
    }
    content = {name: value for name, value in content.items() if value is not None}
    return {"X-Nf-Sign": jwt.encode(content, PROXY_SECRET, algorithm="HS256")}


def test_only_requests_the_proxy_signed_are_answered_once_a_secret_is_set(school):
    path = school.path()
    school.proxy_secret = PROXY_SECRET
    client = school.app().test_client()
    unsigned = jwt.encode({"iss": "netlify", "exp": 9e9}, None, algorithm="none")
    foreign = jwt.encode(
        {"iss": "netlify", "exp": 9e9}, "another secret of the right length", algorithm="HS256"
    )

    assert client.get(path, headers=signed(school)).status_code == 200
    assert client.post(path, data=GOOD, headers=signed(school)).status_code == 303
    assert client.get("/ack/health").status_code == 200
    for headers in (
        {},
        {"X-Nf-Sign": "nonsense"},
        {"X-Nf-Sign": unsigned},
        {"X-Nf-Sign": foreign},
        signed(school, iss="somebody"),
        signed(school, exp=school.clock.now().timestamp() - 1),
        signed(school, exp=None),
        signed(school, exp="soon"),
        signed(school, deploy_context="deploy-preview"),
    ):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 403
        assert "Amira" not in answer.text


def test_a_proxy_secret_too_short_stops_the_start(school):
    school.proxy_secret = "short"

    with pytest.raises(SettingsError, match="ACK_PROXY_SECRET"):
        school.app()
