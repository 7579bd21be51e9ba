"""Amounts go from string to integer exactly, or not at all (T7).

parse_amount
├── given anything but ASCII digits and one dot
│   └── it refuses and shows how to write it
├── given more decimal places than the token has
│   └── it refuses, never rounds
├── given more than a token can hold
│   └── it refuses
└── given an exact amount
    └── it returns base units, and writing them gives the same amount back
"""

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.amounts import (
    MAX_UNITS,
    exact_amount,
    format_amount,
    format_duration,
    parse_amount,
    parse_duration,
    spoken_amount,
)
from pegboard.errors import AmountError

BAD = [
    "",
    " ",
    "１２３",  # noqa: RUF001 - full-width digits, which int() takes
    "١٢٣",  # Arabic-Indic digits, which Decimal() takes
    "१२",
    "10²",
    "1_000",
    "1,000",
    "1 000",
    " 1",
    "1 ",
    "1\n",
    "\t1",
    "+1",
    "-1",
    "-0",
    "−1",  # noqa: RUF001 - a minus sign that is no hyphen
    "1e6",
    "1E6",
    "0x10",
    "NaN",
    "nan",
    "Infinity",
    "inf",
    ".5",
    "5.",
    "1.2.3",
    "01",
    "00",
    "1٫5",  # noqa: RUF001 - the Arabic decimal separator
    "HKD 5",
    "5HKD",
    "0.1234567890123456789",
    "1" * 35,
    "9" * 400,
]


@pytest.mark.parametrize("text", BAD)
def test_refuses_what_is_not_exactly_an_amount(text):
    with pytest.raises(AmountError):
        parse_amount(text, 18)


def test_says_how_to_write_it():
    with pytest.raises(AmountError, match=r"write plain digits .* such as 1250\.50"):
        parse_amount("1e6", 6)


@pytest.mark.parametrize(("text", "decimals"), [("0.001", 2), ("1.0000000", 6), ("1.10", 1)])
def test_never_rounds_even_zeros_away(text, decimals):
    with pytest.raises(AmountError, match="never rounded"):
        parse_amount(text, decimals)


def test_refuses_more_than_a_token_can_hold():
    assert parse_amount(exact_amount(MAX_UNITS, 6), 6) == MAX_UNITS
    with pytest.raises(AmountError, match="more than any token"):
        parse_amount(exact_amount(MAX_UNITS + 1, 6), 6)


def test_where_floats_and_decimal_contexts_go_wrong():
    assert parse_amount("1.1", 18) == 1_100_000_000_000_000_000 != int(1.1 * 10**18)
    text = "12345678901234567890.111111"
    assert parse_amount(text, 6) == 12345678901234567890111111
    assert parse_amount("4.35", 2) == 435 != int(4.35 * 100)


@given(units=st.integers(0, MAX_UNITS), decimals=st.integers(0, 18))
def test_writing_and_reading_gives_the_same_back(units, decimals):
    text = exact_amount(units, decimals)
    assert parse_amount(text, decimals) == units
    wide = Context(prec=200)
    assert wide.scaleb(Decimal(text), decimals) == units
    assert format_amount(units, decimals).replace(",", "") == text


@given(text=st.text(max_size=12))
def test_any_other_text_is_refused_or_is_ascii_digits(text):
    try:
        units = parse_amount(text, 6)
    except AmountError:
        return
    assert text.isascii()
    assert set(text) <= set("0123456789.")
    assert Decimal(text) * 10**6 == units


@pytest.mark.parametrize(
    ("units", "decimals", "words"),
    [
        (50_000 * 10**6, 6, "50 thousand"),
        (1_234_500 * 10**6, 6, "about 1.23 million"),
        (1_250_000 * 10**2, 2, "1.25 million"),
        (300 * 10**12 * 10**6, 6, "300 trillion"),
        (12_500_500_000, 6, "about 12.5 thousand"),
        (5 * 10**18, 18, "5"),
        (5, 6, "about 0"),
    ],
)
def test_sizes_in_words(units, decimals, words):
    assert spoken_amount(units, decimals) == words


@pytest.mark.parametrize("text", ["", "1", "1w", "-1h", "1.5h", "01h", "1 h", "１h", "9999999999s"])  # noqa: RUF001
def test_refuses_odd_durations(text):
    with pytest.raises(AmountError, match="duration"):
        parse_duration(text)


def test_durations():
    assert [parse_duration(t) for t in ("0s", "90s", "15m", "26h", "2d")] == [
        0,
        90,
        900,
        93600,
        172800,
    ]
    assert [format_duration(s) for s in (0, 90, 93600, 172800, 90061)] == [
        "0s",
        "1m 30s",
        "1d 2h",
        "2d",
        "1d 1h",
    ]
