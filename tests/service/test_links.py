"""Signed links: short, good for one purpose only, and never good when a character of them is not."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackservice.errors import LinkForged, SettingsError
from ackservice.links import Links, Purpose

OLD, NEW, OTHER = ("old" * 11, "new" * 11, "other" * 7)
KEY, PERSON = "0123456789abcdef", "fedcba9876543210"
ALPHABET = string.ascii_letters + string.digits + "-_.=+/ %\x00é"
A = Purpose.ACKNOWLEDGE


def is_forged(links: Links, token: str, purpose: Purpose = A) -> bool:
    try:
        links.key(token)
        links.check(purpose, token)
    except LinkForged:
        return True
    return False


@given(st.binary(min_size=8, max_size=8), st.sampled_from(list(Purpose)))
def test_a_link_gives_its_key_back(key, purpose):
    links = Links([NEW])
    token = links.token(purpose, key.hex())
    links.check(purpose, token)
    assert links.key(token) == key.hex()


@given(st.binary(min_size=8, max_size=8))
def test_a_link_fits_in_80_characters(key):
    """With a base address of 38; of characters that need no escaping."""
    token = Links([NEW]).token(A, key.hex())
    assert len("https://policies.some-school-name.test" + "/ack/a/" + token) <= 80
    assert set(token) <= set(string.ascii_letters + string.digits + "-_.")


@pytest.mark.parametrize("key", [KEY, "00" * 8, "ff" * 8])
def test_a_link_with_one_character_changed_is_forged(key):
    links = Links([NEW])
    token = links.token(A, key)
    for place in range(len(token)):
        for character in ALPHABET:
            if character != token[place]:
                changed = token[:place] + character + token[place + 1 :]
                assert is_forged(links, changed), changed


def test_a_link_cut_doubled_or_grown_is_forged():
    links = Links([NEW])
    token = links.token(A, KEY)
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
    token = links.token(A, KEY)
    for place in range(len(token) - 1):
        swapped = token[:place] + token[place + 1] + token[place] + token[place + 2 :]
        assert swapped == token or is_forged(links, swapped)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_of_one_purpose_is_forged_for_every_other(purpose):
    links = Links([NEW])
    token = links.token(purpose, KEY)
    assert [other for other in Purpose if not is_forged(links, token, other)] == [purpose]


def test_links_outlive_a_new_key_and_die_with_their_own():
    token = Links([OLD]).token(A, KEY)
    Links([NEW, OLD]).check(A, token)
    assert is_forged(Links([NEW]), token)
    assert is_forged(Links([OTHER, NEW]), token)


def test_new_links_are_signed_with_the_newest_key():
    token = Links([NEW, OLD]).token(A, KEY)
    Links([NEW]).check(A, token)
    assert is_forged(Links([OLD]), token)


def test_a_link_signed_under_a_persons_key_is_good_under_that_key_alone():
    links = Links([NEW])
    token = links.token(A, KEY, PERSON)
    links.check(A, token, PERSON)
    for other in ("", KEY):
        with pytest.raises(LinkForged):
            links.check(A, token, other)


@given(st.text(max_size=80))
def test_no_other_text_is_a_link(text):
    assert is_forged(Links([NEW]), text)


def test_a_signature_cut_shorter_is_forged():
    """A library that compares only as much as it is given would take the first few characters of a
    signature."""
    links = Links([NEW])
    value, _, signature = links.token(A, KEY).partition(".")
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
