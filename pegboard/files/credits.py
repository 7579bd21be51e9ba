"""Money that arrived at the bank: what a credit is, what it may hold, and what stands for it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from eth_utils import keccak

from pegboard.amounts import parse_amount
from pegboard.errors import BankFileError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DECIMALS = 5  # ISO 20022: an amount has at most 18 digits, 5 of them after the point
_AMOUNT = re.compile(
    rf"(?=(?:\.?[0-9]){{1,18}}$)(?:0|[1-9][0-9]*)(?:\.[0-9]{{1,{DECIMALS}}})?", re.ASCII
)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
# What a spreadsheet would take for a formula begins no reference and no account.
_REFERENCE = re.compile(r"(?![=+@-])[!-~](?:[ -~]{0,33}[!-~])?", re.ASCII)
_ACCOUNT = re.compile(r"(?![=+@-])[!-~]{1,34}", re.ASCII)

T = TypeVar("T")


@dataclass(frozen=True)
class Credit:
    """A booked credit. `end_to_end_id` and `remittance` are the payer's words: never trusted.

    Who paid is not kept. `where` is for messages; credits are compared without it.
    """

    account: str
    reference: str
    end_to_end_id: str
    currency: str
    amount: str
    booking_date: date
    value_date: date
    remittance: str
    status: str = "BOOK"
    where: str = field(default="", compare=False)


@dataclass(frozen=True)
class Ignored:
    """An entry that is no credit to act on, and why."""

    where: str
    reason: str
    currency: str
    amount: str


@dataclass(frozen=True)
class Statement:
    """What a file says about one account: every entry of it is in one of the two."""

    account: str
    currency: str
    credits: tuple[Credit, ...]
    ignored: tuple[Ignored, ...]


class Faults(list[str]):
    """What is wrong in a file so far, each with where and why."""

    def take(self, where: str, what: str, check: Callable[[str], T], text: str, instead: T) -> T:
        """The checked value of a text, or a stand-in and one fault more."""
        if not text:
            self.append(f"{where}: {what} is missing")
            return instead
        try:
            return check(text)
        except InputError as fault:
            self.append(f"{where}: {what} {fault}")
            return instead


def matching(pattern: re.Pattern[str], text: str, rule: str) -> str:
    """The text, where it is what the rule says."""
    if not pattern.fullmatch(text):
        shown = text if len(text) <= 40 else text[:40] + "..."
        raise InputError(f"{shown!a} is not {rule}")
    return text


def check_account(text: str) -> str:
    """An IBAN or a bank's own account number."""
    return matching(_ACCOUNT, text, "an account: 1 to 34 ASCII characters without spaces")


def check_reference(text: str) -> str:
    """The bank's own reference of an entry."""
    rule = "a bank's reference: 1 to 35 printable ASCII characters, the first none of = + - @"
    return matching(_REFERENCE, text, rule)


def check_currency(text: str) -> str:
    """A code of ISO 4217, by its form."""
    return matching(_CURRENCY, text, "a currency: three capital letters, such as HKD")


def check_amount(text: str) -> str:
    """An amount, exactly as written; zero is one."""
    rule = (
        "an amount: plain digits, at most 18, with a decimal point and at most "
        f"{DECIMALS} places, such as 1250.50, without sign, separators or exponent"
    )
    return matching(_AMOUNT, text, rule)


def check_positive(text: str) -> str:
    """An amount above zero."""
    if not units_of(check_amount(text)):
        raise InputError(f"{text!a} is nothing: a credit is above zero")
    return text


def check_day(text: str) -> date:
    """A day of the calendar."""
    matching(_DAY, text, "a date: write it as 2026-01-31")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!a} is a day that does not exist") from None


def clean(text: str) -> str:
    """The payer's words on one line: they may hold anything, and must not refuse a whole file."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def end_to_end(text: str) -> str:
    """The payer's identification; ISO 20022 writes NOTPROVIDED where there is none."""
    cleaned = clean(text)
    return "" if cleaned == "NOTPROVIDED" else cleaned


def units_of(amount: str) -> int:
    """An amount in the smallest unit a bank's file can name, to add and to compare."""
    return parse_amount(amount, DECIMALS)


def minimal(amount: str) -> str:
    """The shortest way to write an amount: 100, 100.0 and 100.00 are all 100."""
    whole, _, fraction = amount.partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def deposit_reference(credit: Credit) -> bytes:
    r"""The 32 bytes that stand for a credit on chain.

    They are keccak256 of three ASCII lines, joined by line feeds (0x0a), without one at the end:

        pegboard-deposit/1
        <account>
        <reference>

    Both are as the bank wrote them, and neither can hold a line feed, so credits that differ in one
    never meet. Currency and amount are not in it: an entry that the bank restates, or that somebody
    mistypes, is still the same entry, and issues once.

        printf 'pegboard-deposit/1\n012-345\nFPS17' | cast keccak
    """
    fields = (
        "pegboard-deposit/1",
        check_account(credit.account),
        check_reference(credit.reference),
    )
    return bytes(keccak("\n".join(fields).encode("ascii")))


_CONTENT = ("end_to_end_id", "currency", "amount", "booking_date", "value_date", "remittance")


def unique(found: Iterable[Credit]) -> tuple[tuple[Credit, ...], tuple[Ignored, ...]]:
    """Each credit once, and those that repeat one; one reference for two contents is refused."""
    kept: dict[tuple[str, str], Credit] = {}
    repeated: list[Ignored] = []
    faults: list[str] = []
    for credit in found:
        first = kept.setdefault((credit.account, credit.reference), credit)
        if first is credit:
            continue
        differing = [name for name in _CONTENT if _content(first, name) != _content(credit, name)]
        if differing:
            faults.append(
                f"{first.where} and {credit.where} have the same reference, {credit.reference}, "
                f"and differ in {', '.join(differing)}: ask the bank which is right"
            )
        reason = f"a duplicate of {first.where}, reference {credit.reference}"
        repeated.append(Ignored(credit.where, reason, credit.currency, credit.amount))
    if faults:
        raise BankFileError("the credits", faults)
    return tuple(kept.values()), tuple(repeated)


def _content(credit: Credit, name: str) -> object:
    return minimal(credit.amount) if name == "amount" else getattr(credit, name)
