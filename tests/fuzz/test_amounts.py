"""Amounts go from text to units and back without loss, and nothing else than an amount is taken."""

from __future__ import annotations

import re

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
)
from pegboard.errors import AmountError

decimals = st.integers(2, 18)
units = st.integers(0, MAX_UNITS)


@given(units, decimals)
def test_units_survive_the_way_through_text(value, places):
    """What is written for machines is read back as the same units (T7)."""
    assert parse_amount(exact_amount(value, places), places) == value


@given(units, decimals)
def test_people_read_the_same_amount(value, places):
    """What is written for people differs from that by separators only."""
    text = format_amount(value, places)
    assert text.replace(",", "") == exact_amount(value, places)
    assert re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})*\.[0-9]{2,18}", text)


@given(st.integers(0, 10**15), st.text("0123456789", max_size=18), decimals)
def test_an_amount_is_its_digits(whole, fraction, places):
    """Units are the digits, padded; digits below a unit are refused and never rounded (T7)."""
    text = f"{whole}.{fraction}" if fraction else str(whole)
    if len(fraction) > places:
        with pytest.raises(AmountError):
            parse_amount(text, places)
    else:
        expected = whole * 10**places + int(fraction or 0) * 10 ** (places - len(fraction))
        assert parse_amount(text, places) == expected


@given(st.integers(MAX_UNITS + 1, MAX_UNITS * 10), decimals)
def test_more_than_a_token_can_hold_is_refused(value, places):
    """An amount above 2^112 - 1 units is refused."""
    with pytest.raises(AmountError):
        parse_amount(exact_amount(value, places), places)


ODD = st.one_of(
    st.text(max_size=12),
    st.text("0123456789.,_+-eE ٣３²", max_size=12),
    st.floats().map(str),
    st.decimals().map(str),
)


@given(ODD, decimals)
def test_only_plain_ascii_digits_are_amounts(text, places):
    """Whatever is taken is ASCII digits with at most one dot; all else is refused (T7)."""
    plain = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)
    try:
        value = parse_amount(text, places)
    except AmountError:
        return
    assert plain.fullmatch(text)
    assert 0 <= value <= MAX_UNITS


@given(st.integers(0, 999_999_999), st.sampled_from("smhd"))
def test_durations_are_their_seconds(count, unit):
    """A duration is its count times its unit, and one of two units at most is written in full."""
    seconds = parse_duration(f"{count}{unit}")
    assert seconds == count * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[unit]
    written = format_duration(seconds).split()
    if len(written) == 1:
        assert parse_duration(written[0]) == seconds
