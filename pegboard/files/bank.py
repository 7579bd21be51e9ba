"""The bank's own file, camt.053 or CSV: taken whole or not at all, every entry accounted for."""

from __future__ import annotations

import csv
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from pegboard.errors import BankFileError, InputError
from pegboard.files.camt import statements_of
from pegboard.files.credits import (
    Credit,
    Faults,
    Ignored,
    Statement,
    check_account,
    check_currency,
    check_day,
    check_positive,
    check_reference,
    clean,
    deposit_reference,
    end_to_end,
    unique,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

__all__ = [
    "COLUMNS",
    "Credit",
    "Ignored",
    "Statement",
    "deposit_reference",
    "read_credits",
    "read_statements",
    "unique",
]

#: The header of a CSV, these names in this order; each line after it is one booked credit.
COLUMNS = (
    "account",
    "reference",
    "end_to_end_id",
    "currency",
    "amount",
    "booking_date",
    "value_date",
    "remittance",
)
MAX_BYTES = 64 * 1024 * 1024


def read_statements(path: Path) -> tuple[Statement, ...]:
    """What a bank's file says, by account; all its faults are in the one error."""
    faults, statements = Faults(), tuple[Statement, ...]()
    try:
        statements = _read(path, faults)
    except InputError as fault:
        faults.append(str(fault))
    if faults:
        raise BankFileError(path.name, faults)
    return statements


def read_credits(path: Path) -> tuple[Credit, ...]:
    """The credits of a bank's file, in its order; CSV by account."""
    return tuple(credit for statement in read_statements(path) for credit in statement.credits)


def _read(path: Path, faults: Faults) -> tuple[Statement, ...]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"it has more than {MAX_BYTES} bytes: ask the bank for smaller files")
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as fault:
        raise InputError(f"it cannot be read: {fault.strerror}") from fault
    if not data.strip():
        raise InputError("it is empty")
    if data.lstrip().startswith(b"<"):
        return statements_of(data, path.name, faults)
    return _from_csv(data, path.name, faults)


def _from_csv(data: bytes, name: str, faults: Faults) -> tuple[Statement, ...]:
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as fault:
        raise InputError(f"it is neither XML nor UTF-8 text (byte {fault.start})") from None
    if not lines[-1]:
        lines.pop()
    header, *rows = (line.removesuffix("\r") for line in lines)
    if header.split(",") != list(COLUMNS):
        raise InputError(f"line 1: the header must be exactly {','.join(COLUMNS)}")
    found: dict[tuple[str, str], list[Credit]] = {}
    for number, row in enumerate(rows, 2):
        where = f"line {number}"
        try:
            credit = _credit(_fields(row), where, name, faults)
        except InputError as fault:
            faults.append(f"{where}: {fault}")
            continue
        found.setdefault((credit.account, credit.currency), []).append(credit)
    return tuple(Statement(*key, tuple(lines_), ()) for key, lines_ in found.items())


def _fields(line: str) -> dict[str, str]:
    """The fields of one line: taken line by line, no open quote can swallow the next one."""
    try:
        fields = next(csv.reader([line], strict=True), [])
    except csv.Error as fault:
        raise InputError(f"it is not CSV: {fault}") from fault
    if not fields:
        raise InputError("it is empty")
    if len(fields) != len(COLUMNS):
        raise InputError(
            f"it has {len(fields)} fields, not {len(COLUMNS)}: commas separate them, and a field "
            "that holds one is in double quotes"
        )
    return dict(zip(COLUMNS, fields, strict=True))


def _credit(given: dict[str, str], where: str, name: str, faults: Faults) -> Credit:
    def take(what: str, check: Callable[[str], T], instead: T) -> T:
        return faults.take(where, what, check, given[what], instead)

    return Credit(
        account=take("account", check_account, ""),
        reference=take("reference", check_reference, ""),
        end_to_end_id=end_to_end(given["end_to_end_id"]),
        currency=take("currency", check_currency, ""),
        amount=take("amount", check_positive, "0"),
        booking_date=take("booking_date", check_day, date.min),
        value_date=take("value_date", check_day, date.min),
        remittance=clean(given["remittance"]),
        where=f"{name} {where}",
    )
