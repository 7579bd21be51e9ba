"""Amounts in words.

amount_in_words
├── given less than nothing, or more than has a name: refuses
├── for examples: says them as a person would
└── for every amount: what is said is exactly that amount, and no other has the same words

same_words
├── given other words, one word less, or digits: no
└── given other capitals or spaces: yes
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.amounts import MAX_UNITS
from pegboard.words import amount_in_words, same_words

SMALL = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen"""
ONES = {word: number for number, word in enumerate(SMALL.split())}
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
LARGE = "thousand million billion trillion quadrillion quintillion sextillion septillion octillion"
GROUPS = [*LARGE.split(), "nonillion"]


def heard(text, decimals):
    """The base units that the words mean, by a reader of its own."""
    *words, code = re.split("[ -]", text)
    point = words.index("point") if "point" in words else len(words)
    total = group = 0
    for word in words[:point]:
        if word == "hundred":
            group *= 100
        elif word in GROUPS:
            total += group * 1000 ** (GROUPS.index(word) + 1)
            group = 0
        else:
            group += ONES[word] if word in ONES else 10 * (TENS.index(word) + 2)
    digits = "".join(str(ONES[word]) for word in words[point + 1 :])
    assert len(digits) <= decimals
    return int(f"{total + group}{digits.ljust(decimals, '0')}"), code


@pytest.mark.parametrize(
    ("units", "decimals", "words"),
    [
        (0, 6, "zero HKD"),
        (1, 6, "zero point zero zero zero zero zero one HKD"),
        (50_000, 6, "zero point zero five HKD"),
        (12_300_000_450_000, 6, "twelve million three hundred thousand point four five HKD"),
        (12_300_000_00, 2, "twelve million three hundred thousand HKD"),
        (1_000_000_000_000, 6, "one million HKD"),
        (21_000_019_000_000, 6, "twenty-one million nineteen HKD"),
        (999_999_99, 2, "nine hundred ninety-nine thousand nine hundred ninety-nine point nine "
         "nine HKD"),
        (10**30 * 10**2, 2, "one nonillion HKD"),
        (1_010, 0, "one thousand ten HKD"),
    ],
)  # fmt: skip
def test_amounts_are_said_as_a_person_would(units, decimals, words):
    assert amount_in_words(units, decimals, "HKD") == words


@pytest.mark.parametrize("units", [-1, 10**33 * 100])
def test_what_has_no_words_is_refused(units):
    with pytest.raises(ValueError, match="out of the range that has words"):
        amount_in_words(units, 2, "HKD")


@given(st.integers(0, MAX_UNITS), st.integers(2, 18))
def test_the_words_are_exactly_the_amount(units, decimals):
    """T7: nothing is rounded on the way to the words."""
    assert heard(amount_in_words(units, decimals, "USD"), decimals) == (units, "USD")


@given(st.integers(0, 39), st.integers(1, 999), st.integers(2, 18))
def test_round_amounts_too(power, head, decimals):
    units = min(head * 10**power, MAX_UNITS)
    assert heard(amount_in_words(units, decimals, "USD"), decimals) == (units, "USD")


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("two million point five HKD", True),
        ("  Two  MILLION point five hkd ", True),
        ("two million point five", False),
        ("two million HKD", False),
        ("two million point five USD", False),
        ("2000000.5 HKD", False),
        ("twomillion point five HKD", False),
        ("", False),
    ],
)
def test_only_these_words_are_the_same(typed, same):
    assert same_words(typed, "two million point five HKD") is same
