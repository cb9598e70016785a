"""Messages of Flask-Mail as the service makes and sends them: headers that cannot be broken into, lines that
fit, one refused address that stops nobody."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime, timedelta, timezone
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from flask import Flask
from flask_mail import BadHeaderError, Message
from hypothesis import given
from hypothesis import strategies as st

from ackservice.mail.mailer import Mailer, message_to, safe_address
from ackservice.mail.messages import Composed, compose
from ackservice.mail.transports import AddressRefused, BadMailSetting, RecipientRefused, transport_from
from tests.mail.examples import EXAMPLES, LONG_LINK, item, notice
from tests.mail.servers import MailServer, mail_server

BST = timezone(timedelta(hours=1))
HELLO = Composed("Hello", "Hello.\n", "<p>Hello.</p>\n")


def made(composed=HELLO, **changes):
    values = {
        "name": "Ada",
        "address": "ada@school.example",
        "message_id": "<d7.1@policies.school.example>",
        "sender": "The School <notices@school.example>",
        "reply_to": "Business Manager <business@school.example>",
        "bounce_address": "",
        "date": datetime(2021, 7, 26, 9, 0, tzinfo=BST),
        "headers": {"X-Handbook-Delivery": "7"},
    }
    values |= changes
    return message_to(values.pop("name"), values.pop("address"), composed, **values)


def read(message):
    return email.message_from_bytes(message.as_bytes(), policy=email.policy.default)


def parts(message):
    contents = (read(message).get_body((kind,)).get_content() for kind in ("plain", "html"))
    return tuple(content.replace("\r\n", "\n") for content in contents)


def wire_is_sound(data):
    lines = data.split(b"\r\n")
    assert b"\n" not in b"".join(lines) and b"\r" not in b"".join(lines)
    assert data.isascii()
    assert max(map(len, lines)) <= 998


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_was_composed_is_what_a_reader_gets(name):
    composed = compose(EXAMPLES[name])
    message = made(composed)
    text, html = parts(message)
    assert text.splitlines() == composed.text.splitlines()
    assert " ".join(re.sub(r"&#(\d+);", lambda m: chr(int(m[1])), html).split()) == " ".join(
        composed.html.split()
    )
    assert read(message)["Subject"] == composed.subject
    wire_is_sound(message.as_bytes())


@pytest.mark.parametrize("person", ["Ada", "Zofia Żółć", "محمد عبد الله", "李" * 60])
@pytest.mark.parametrize("link", [LONG_LINK, LONG_LINK + "A" * 40 + "?a=b"])
def test_a_link_reaches_the_reader_whole(person, link):
    text, html = parts(made(compose(notice(item(link=link), person=person))))
    assert text.count(f"\n{link}\n") == 1
    assert html.count(f'\nhref="{link}"\n') == 1


def test_headers_of_an_automatic_message():
    message = read(made())
    assert message["From"] == "The School <notices@school.example>"
    assert message["To"] == "Ada <ada@school.example>"
    assert message["Reply-To"] == "Business Manager <business@school.example>"
    assert message["Message-ID"] == "<d7.1@policies.school.example>"
    assert message["Date"].datetime == datetime(2021, 7, 26, 8, 0, tzinfo=UTC)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["X-Handbook-Delivery"] == "7"
    assert message["MIME-Version"] == "1.0"
    leaves = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
    assert leaves == ["text/plain", "text/html"]
    assert message.defects == []


def test_the_same_message_is_the_same_bytes():
    message = made()
    assert message.as_bytes() == message.as_bytes() == made().as_bytes()
    assert made().as_bytes() != made(message_id="<d8.1@policies.school.example>").as_bytes()


def test_the_envelope_goes_from_the_bounce_address_else_the_sender():
    assert made().envelope_from == "notices@school.example"
    assert made(bounce_address="bounces@school.example").envelope_from == "bounces@school.example"
    assert made(bounce_address="Bounces <bounces@school.example>").envelope_from == "bounces@school.example"


NAMES = [
    "Ada Lovelace",
    "Zofia Żółć",
    "محمد عبد الله",
    'Anne "Nan" O\'Hara, PhD',
    "Back\\slash",
    "a.b",
    "=?utf-8?b?eA==?=",
    "李小龍",
    "N" * 200,
    "Ż" * 200,
    "word " * 40,
    "Dr. (Prof.) X; Y: Z <z@evil.example>",
    "@",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_comes_back_as_it_was(name):
    message = made(name=name)
    phrase, address = parseaddr(email.message_from_bytes(message.as_bytes())["To"])
    assert (str(make_header(decode_header(phrase))), address) == (
        " ".join(name.split()),
        "ada@school.example",
    )
    assert all(len(line) <= 100 for line in message.as_bytes().split(b"\r\n\r\n")[0].split(b"\r\n"))


@given(st.text(max_size=250))
def test_no_name_whatever_breaks_the_headers(name):
    message = read(made(name=name))
    assert [address.addr_spec for address in message["To"].addresses] == ["ada@school.example"]
    assert message.keys() == read(made()).keys()


@given(st.text(max_size=250))
def test_no_subject_whatever_breaks_the_headers(subject):
    assert read(made(Composed(f"On {subject}", "x\n", "x\n"))).keys() == read(made()).keys()


@given(st.text(max_size=3000))
def test_no_text_whatever_breaks_the_wire(text):
    message = made(Composed("x", text, text))
    wire_is_sound(message.as_bytes())
    assert len(parts(message)) == 2


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=3000))
def test_a_word_of_any_length_comes_back_as_it_was(word):
    assert parts(made(Composed("x", word, word))) == (word, word)


@pytest.mark.parametrize("name", ["Eve\r\nBcc: all@school.example", "Eve\nX: y", "Eve\x00\x0b\x85\u2028X: y"])
def test_a_line_break_in_a_name_makes_no_header(name):
    message = read(made(name=name))
    assert message.keys() == read(made()).keys()
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    "address",
    [
        "ada@school.example\r\nBcc: all@school.example",
        "ada@school.example\n",
        "ada",
        "@school.example",
        "ada@",
        "",
        "a b@school.example",
        "ada@school..example",
        "ada@-school.example",
        ".ada@school.example",
        "ada@school.example>",
        "<ada@school.example>",
        "a@b@c.example",
        "ada@exam\u200bple.example",
        "x" * 65 + "@school.example",
        "ada@" + "x" * 64 + ".example",
        "zofia.żółć@school.example",
        "ada@[1.2.3.4]",
    ],
)
def test_an_address_that_cannot_be_written_to_is_refused(address):
    with pytest.raises(AddressRefused) as caught:
        made(address=address)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("ada@school.example", "ada@school.example"),
        (" ada@school.example ", "ada@school.example"),
        ("o'hara+x@school.example", "o'hara+x@school.example"),
        ("ada@szkoła.example", "ada@xn--szkoa-n7a.example"),
        ("ada@Bücher.Example", "ada@xn--bcher-kva.example"),
    ],
)
def test_domains_with_other_letters_travel_as_punycode(address, written):
    assert safe_address(address) == written


def test_a_local_part_with_other_letters_says_what_to_do():
    with pytest.raises(AddressRefused, match="ask for an address without accents"):
        made(address="zofia.żółć@school.example")


@pytest.mark.parametrize(
    "sender", ["", "The School", "The School <nobody>", "A <a@x.example>\r\nBcc: b@x.example"]
)
def test_a_wrong_sender_is_a_fault_of_the_settings(sender):
    with pytest.raises(BadMailSetting, match="Name <address>"):
        made(sender=sender)


def test_a_comma_in_the_schools_name_is_no_end_of_it():
    message = read(made(sender="Larkspur Row, Primary <notices@school.example>"))
    assert [str(a) for a in message["From"].addresses] == ['"Larkspur Row, Primary" <notices@school.example>']


@pytest.mark.parametrize(
    "changes", [{"message_id": "<a@b>\r\nX: y"}, {"headers": {"X-Y": "7\r\nBcc: b@x.example"}}]
)
def test_a_header_cannot_carry_another_header(changes):
    with pytest.raises(HeaderParseError):
        made(**changes).as_bytes()


def test_what_is_sent_is_seen_in_the_outbox_of_flask_mail(mailer):
    with mailer.record_messages() as outbox, mailer.connect() as connection:
        for number in range(3):
            connection.send(made(Composed(f"Number {number}", "x", "x")))
    assert [message.subject for message in outbox] == ["Number 0", "Number 1", "Number 2"]
    assert all(isinstance(message, Message) for message in outbox)


def test_nothing_goes_out_where_flask_mail_is_set_to_suppress(tmp_path, settings):
    app = Flask("mail-test")
    app.config["TESTING"] = True
    mailer = Mailer(transport_from(f"outbox:{tmp_path}/out", settings), app)
    with app.app_context(), mailer.record_messages() as outbox:
        mailer.send(made())
    assert len(outbox) == 1
    assert not (tmp_path / "out").exists()


def test_a_message_changed_to_break_its_headers_is_not_sent(mailer):
    message = made()
    message.subject = "Hello\nBcc: x@x.example"
    with mailer.connect() as connection, pytest.raises(BadHeaderError):
        connection.send(message)


def test_one_refused_address_stops_nobody(settings):
    server = MailServer(on_recipient=lambda a: "550 5.1.1 who?" if a.startswith("b@") else None)
    refused = []
    with mail_server(server, login=False):
        mailer = Mailer(transport_from(f"smtp://127.0.0.1:{server.port}?starttls=no", settings))
        with mailer.app.app_context(), mailer.connect() as connection:
            for address in ("a@x.example", "b@x.example", "c@x.example"):
                try:
                    connection.send(made(address=address))
                except RecipientRefused:
                    refused.append(address)
    assert refused == ["b@x.example"]
    assert [recipient for _, recipient, _ in server.taken] == ["a@x.example", "c@x.example"]
    assert server.connections == 1


def test_a_closed_connection_opens_again_with_the_next_message(settings):
    with mail_server(login=False) as server:
        mailer = Mailer(transport_from(f"smtp://127.0.0.1:{server.port}?starttls=no", settings))
        with mailer.app.app_context(), mailer.connect() as connection:
            connection.send(made())
            connection.close()
            assert connection.send(made()) == "250 2.0.0 taken"
    assert server.connections == 2
