"""The bytes that travel: headers that cannot be broken into, lines that fit, links left whole."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackservice.mail.messages import Composed, compose, envelope
from ackservice.mail.mime import mailbox, quoted_printable, safe_address, text_part
from ackservice.mail.transports import AddressRefused, BadMailSetting
from tests.mail.examples import EXAMPLES, LONG_LINK, item, notice

BST = timezone(timedelta(hours=1))
HELLO = Composed("Hello", "Hello.\n", "<p>Hello.</p>\n")


def made(composed=HELLO, **changes):
    values = dict(
        message_id="<d7.1@policies.school.example>",
        sender="The School <notices@school.example>",
        recipient_name="Ada",
        recipient_address="ada@school.example",
        reply_to="Business Manager <business@school.example>",
        bounce_address="",
        date=datetime(2021, 7, 26, 9, 0, tzinfo=BST),
        headers={"X-Handbook-Delivery": "7"},
    )
    return envelope(composed, **{**values, **changes})


def read(made_envelope):
    return email.message_from_bytes(made_envelope.data, policy=email.policy.default)


def parts(made_envelope):
    text, html = read(made_envelope).iter_parts()
    return text.get_content(), html.get_content()


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
    wire_is_sound(message.data)


@pytest.mark.parametrize("name", EXAMPLES)
def test_lines_are_within_76_octets_but_for_a_link_in_html(name):
    data = made(compose(EXAMPLES[name])).data
    assert all(len(line) <= 76 for line in data.split(b"\r\n") if not line.startswith(b'href="'))


@pytest.mark.parametrize("person", ["Ada", "Zofia Żółć", "محمد عبد الله", "李" * 60])
def test_a_link_is_never_broken_on_the_wire(person):
    data = made(compose(notice(item(link=LONG_LINK), person=person))).data
    assert data.count(b"\r\n" + LONG_LINK.encode() + b"\r\n") == 1
    assert data.count(b'\r\nhref="' + LONG_LINK.encode() + b'"\r\n') == 1


def test_headers_of_an_automatic_message():
    message = read(made())
    assert message["From"] == "The School <notices@school.example>"
    assert message["To"] == "Ada <ada@school.example>"
    assert message["Reply-To"] == "Business Manager <business@school.example>"
    assert message["Message-ID"] == "<d7.1@policies.school.example>"
    assert message["Date"] == "Mon, 26 Jul 2021 09:00:00 +0100"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["X-Handbook-Delivery"] == "7"
    assert message["MIME-Version"] == "1.0"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message.defects == []


def test_the_same_message_is_the_same_bytes():
    assert made().data == made().data
    assert made().data != made(message_id="<d8.1@policies.school.example>").data


def test_the_envelope_goes_from_the_bounce_address_else_the_sender():
    assert made().sender == "notices@school.example"
    assert made(bounce_address="bounces@school.example").sender == "bounces@school.example"
    assert made(bounce_address="Bounces <bounces@school.example>").sender == "bounces@school.example"


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
    message = made(recipient_name=name)
    phrase, address = parseaddr(email.message_from_bytes(message.data)["To"])
    assert (str(make_header(decode_header(phrase))), address) == (
        " ".join(name.split()),
        "ada@school.example",
    )
    assert all(len(line) <= 76 for line in message.data.split(b"\r\n\r\n")[0].split(b"\r\n"))


@given(st.text(max_size=250))
def test_no_name_whatever_breaks_the_headers(name):
    message = read(made(recipient_name=name))
    assert [address.addr_spec for address in message["To"].addresses] == ["ada@school.example"]
    assert message.keys() == read(made()).keys()


@given(st.text(max_size=250))
def test_no_subject_whatever_breaks_the_headers(subject):
    assert read(made(Composed(subject, "x\n", "x\n"))).keys() == read(made()).keys()


@given(st.text(max_size=3000))
def test_no_text_whatever_breaks_the_wire(text):
    message = made(Composed("x", text, text))
    wire_is_sound(message.data)
    assert len(list(read(message).iter_parts())) == 2


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=300))
def test_quoted_printable_gives_back_what_it_was_given(line):
    import quopri

    coded = quoted_printable(f"{line}\r\nnext")
    assert quopri.decodestring(coded).decode() == f"{line}\r\nnext"
    assert all(len(piece) <= 76 for piece in coded.split(b"\r\n"))


@pytest.mark.parametrize("name", ["Eve\r\nBcc: all@school.example", "Eve\nX: y", "Eve\x00\x0b\x85\u2028X: y"])
def test_a_line_break_in_a_name_makes_no_header(name):
    message = read(made(recipient_name=name))
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
        made(recipient_address=address)
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
        made(recipient_address="zofia.żółć@school.example")


@pytest.mark.parametrize(
    "sender", ["", "The School", "The School <nobody>", "A <a@x.example>\r\nBcc: b@x.example"]
)
def test_a_wrong_sender_is_a_fault_of_the_settings(sender):
    with pytest.raises(BadMailSetting, match="Name <address>"):
        made(sender=sender)


def test_a_date_without_zone_or_a_broken_message_id_is_a_mistake_of_the_programme():
    with pytest.raises(ValueError, match="aware"):
        made(date=datetime(2021, 7, 26, 9, 0))
    with pytest.raises(ValueError, match="Message-ID"):
        made(message_id="<a@b>\r\nX: y")
    with pytest.raises(ValueError, match="header's name"):
        made(headers={"X: y\r\nZ": "1"})


def test_a_header_value_cannot_carry_another_header():
    assert read(made(headers={"X-Handbook-Delivery": "7\r\nBcc: b@x.example"})).keys() == read(made()).keys()


def test_a_bare_address_needs_no_name():
    assert mailbox("", "ada@school.example") == "ada@school.example"
    assert mailbox(" \t", "ada@school.example") == "ada@school.example"


def test_dates_are_those_given():
    assert (
        read(made(date=datetime(2021, 12, 1, 8, 0, tzinfo=UTC)))["Date"] == "Wed, 01 Dec 2021 08:00:00 +0000"
    )


def test_a_link_too_long_for_quoted_printable_is_not_broken():
    link = "https://policies.larkspur-row.school.e/ack/receipt/AAAh.kL1_N7HjpdgeprEBWtnyUQ"
    part = text_part(f"Dear Zoë,\n\n{link}\n").replace(b"\r\n", b"\n")

    assert max(map(len, part.split(b"\n"))) <= 76
    assert f"\n{link}\n" in email.message_from_bytes(part).get_payload(decode=True).decode("utf-8").replace(
        "\r\n", "\n"
    )
