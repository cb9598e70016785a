"""Signed links: short, good for one purpose only, and never good when a character of them is not."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackservice.errors import LinkForged, SettingsError
from ackservice.links import Links, Purpose

OLD, NEW, OTHER = ("old" * 11, "new" * 11, "other" * 7)
ALPHABET = string.ascii_letters + string.digits + "-_.=+/ %\x00é"
A, R, S = Purpose.ACKNOWLEDGE, Purpose.RECEIPT, Purpose.SIGN_IN


def is_forged(links: Links, token: str, purpose: Purpose = A) -> bool:
    try:
        links.number(purpose, token)
    except LinkForged:
        return True
    return False


@given(st.integers(0, 2**63 - 1), st.sampled_from(list(Purpose)))
def test_a_link_gives_its_number_back(number, purpose):
    links = Links([NEW])
    assert links.number(purpose, links.token(purpose, number)) == number


@pytest.mark.parametrize("number", [1, 255, 65_536, 1_000_000, 2**24 - 1])
def test_a_link_fits_in_a_line_of_e_mail(number):
    """72 characters with a base address of 38: quoted-printable then never breaks it."""
    address = "https://policies.some-school-name.test"
    assert len(address) == 38
    assert len(address + "/ack/a/" + Links([NEW]).token(A, number)) == 72


def test_a_link_is_of_characters_that_need_no_escaping():
    links = Links([NEW])
    allowed = set(string.ascii_letters + string.digits + "-_.")
    assert all(set(links.token(A, number)) <= allowed for number in range(1, 3000))


@pytest.mark.parametrize("number", [1, 4711, 2**24 - 1, 2**24, 2**40])
def test_a_link_with_one_character_changed_is_forged(number):
    links = Links([NEW])
    token = links.token(A, number)
    for place in range(len(token)):
        for character in ALPHABET:
            if character != token[place]:
                changed = token[:place] + character + token[place + 1 :]
                assert is_forged(links, changed), changed


@pytest.mark.parametrize("number", [1, 4711, 2**40])
def test_a_link_cut_doubled_or_grown_is_forged(number):
    links = Links([NEW])
    token = links.token(A, number)
    variants = [token[:end] for end in range(len(token))] + [token[start:] for start in range(1, len(token))]
    variants += [
        token + token,
        token + "." + token,
        token[:-1] + token[-1] * 2,
        token.upper(),
        token[::-1],
        "",
    ]
    variants += [
        token[:place] + character + token[place:] for place in range(len(token) + 1) for character in ALPHABET
    ]
    for variant in variants:
        assert is_forged(links, variant), variant


def test_two_neighbouring_characters_swapped_are_forged():
    links = Links([NEW])
    token = links.token(A, 4711)
    for place in range(len(token) - 1):
        swapped = token[:place] + token[place + 1] + token[place] + token[place + 2 :]
        assert swapped == token or is_forged(links, swapped)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_of_one_purpose_is_forged_for_every_other(purpose):
    links = Links([NEW])
    token = links.token(purpose, 7)
    assert [other for other in Purpose if not is_forged(links, token, other)] == [purpose]


def test_links_outlive_a_new_key_and_die_with_their_own():
    token = Links([OLD]).token(A, 7)
    assert Links([NEW, OLD]).number(A, token) == 7
    assert is_forged(Links([NEW]), token)
    assert is_forged(Links([OTHER, NEW]), token)


def test_new_links_are_signed_with_the_newest_key():
    token = Links([NEW, OLD]).token(A, 7)
    assert Links([NEW]).number(A, token) == 7
    assert is_forged(Links([OLD]), token)


@given(st.text(max_size=80))
def test_no_other_text_is_a_link(text):
    assert is_forged(Links([NEW]), text)


def test_a_signature_cut_shorter_is_forged():
    """A library that compares only as much as it is given would take the first few characters of a
    signature."""
    links = Links([NEW])
    value, _, signature = links.token(A, 7).partition(".")
    for length in range(len(signature)):
        assert is_forged(links, f"{value}.{signature[:length]}")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ([], "ACK_SECRET_KEYS is not set"),
        (["short"], "key 1 has 5 characters, at least 32 are needed"),
        ([NEW, "x" * 31], "key 2 has 31 characters, at least 32 are needed"),
    ],
)
def test_keys_that_are_missing_or_short_are_refused(keys, said):
    with pytest.raises(SettingsError, match=said) as raised:
        Links(keys)
    assert "secrets.token_urlsafe(32)" in str(raised.value)
    assert not any(key in str(raised.value) for key in keys if len(key) > 10)
