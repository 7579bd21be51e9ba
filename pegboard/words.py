"""Amounts in words, exactly: what a person types to confirm a large one."""

from __future__ import annotations

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
#: The names of 1000, 1000^2 and so on, as finance counts them (short scale).
_GROUPS = (
    *("thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion"),
    *("septillion", "octillion", "nonillion"),
)


def amount_in_words(units: int, decimals: int, code: str) -> str:
    """Base units in words, such as `twelve million three hundred thousand point four five HKD`.

    Nothing is rounded; the digits after the point are read one by one, without zeros at the end.
    """
    whole, fraction = divmod(units, 10**decimals)
    if units < 0 or whole >= 1000 ** (len(_GROUPS) + 1):
        raise ValueError(f"{units} base units are out of the range that has words")
    words = _whole(whole)
    digits = str(fraction).rjust(decimals, "0").rstrip("0") if fraction else ""
    if digits:
        words += ["point", *(_SMALL[int(digit)] for digit in digits)]
    return " ".join([*words, code])


def same_words(typed: str, wanted: str) -> bool:
    """Whether these are the words; capitals and the width of spaces do not matter."""
    return typed.casefold().split() == wanted.casefold().split()


def _whole(number: int) -> list[str]:
    if number == 0:
        return [_SMALL[0]]
    words: list[str] = []
    for power in range(len(_GROUPS), -1, -1):
        group = number // 1000**power % 1000
        if group:
            words += _group(group)
            words += [_GROUPS[power - 1]] if power else []
    return words


def _group(number: int) -> list[str]:
    """One to 999."""
    hundreds, rest = divmod(number, 100)
    words = [_SMALL[hundreds], "hundred"] if hundreds else []
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        words.append(_TENS[tens - 2] + (f"-{_SMALL[ones]}" if ones else ""))
    elif rest:
        words.append(_SMALL[rest])
    return words
