"""Amounts: strings at the border, integers of base units inside, nothing in between.

No float and no Decimal context is ever involved, and nothing is rounded.
"""

from __future__ import annotations

import re

from pegboard.errors import AmountError

MAX_UNITS = 2**112 - 1
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,33})(?:\.([0-9]{1,18}))?", re.ASCII)
_DURATION = re.compile(r"(0|[1-9][0-9]{0,8})(s|m|h|d)", re.ASCII)
_MAGNITUDES = (
    (15, "quadrillion"),
    (12, "trillion"),
    (9, "billion"),
    (6, "million"),
    (3, "thousand"),
)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_amount(text: str, decimals: int) -> int:
    """The base units of an amount such as `1250.50`: ASCII digits and at most one dot."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise AmountError(
            f"{text!r} is not an amount: write plain digits with an optional decimal point, "
            "such as 1250.50, without sign, separators, spaces or exponent"
        )
    whole, fraction = match[1], match[2] or ""
    if len(fraction) > decimals:
        raise AmountError(
            f"{text} has {len(fraction)} decimal places, the token has {decimals}: "
            "amounts are never rounded, write it exactly"
        )
    units = int(whole + fraction.ljust(decimals, "0"))
    if units > MAX_UNITS:
        raise AmountError(f"{text} is more than any token can hold (2^112 - 1 base units)")
    return units


def format_amount(units: int, decimals: int) -> str:
    """Base units as an exact decimal string with thousands separators, for people."""
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).rjust(decimals + 1, "0")
    whole, fraction = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
    fraction = fraction.rstrip("0").ljust(min(2, decimals), "0")
    return f"{sign}{int(whole):,}" + (f".{fraction}" if fraction else "")


def exact_amount(units: int, decimals: int) -> str:
    """Base units as an exact decimal string that `parse_amount` takes back, for machines."""
    return format_amount(units, decimals).replace(",", "")


def spoken_amount(units: int, decimals: int) -> str:
    """The size of an amount in words, where a slipped digit is seen: `50 thousand`."""
    whole, fraction = divmod(units, 10**decimals)
    for power, word in _MAGNITUDES:
        if whole >= 10**power:
            head, rest = divmod(whole * 100, 10**power)
            about = "about " if rest or fraction else ""
            return f"{about}{format_amount(head, 2).rstrip('0').rstrip('.')} {word}"
    return f"{'about ' if fraction else ''}{whole}"


def parse_duration(text: str) -> int:
    """The seconds of a duration such as `90s`, `15m`, `26h` or `2d`."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise AmountError(
            f"{text!r} is not a duration: write a number and s, m, h or d, such as 26h"
        )
    return int(match[1]) * _SECONDS[match[2]]


def format_duration(seconds: int) -> str:
    """Seconds for people, in at most two units."""
    parts = []
    for unit in "dhms":
        count, seconds = divmod(seconds, _SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
