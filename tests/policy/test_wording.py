"""Days, lists and numbers as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from handbook.policy.wording import capital_first, listed, long_date, short_date, whole_number


def test_a_day_is_written_out_in_english():
    assert long_date(date(2021, 9, 1)) == "1 September 2021"
    assert short_date(date(2021, 9, 1)) == "1 Sep 2021"


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_the_last_of_a_list_follows_an_and(words, text):
    assert listed(words) == text


def test_only_the_first_letter_becomes_a_capital():
    assert [capital_first(text) for text in ("", "who is USA?", "École")] == ["", "Who is USA?", "École"]


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("42", 42), ("٣", None), ("²", None), ("-1", None),
                                              ("1.0", None), (" "
                                                              "1", None), ("", None),
                                                              ("1" * 16, None)])  # fmt: skip
def test_a_number_is_a_few_ascii_digits_and_nothing_else(text, number):
    assert whole_number(text) == number
