"""Payout files: read, turned into a batch of the token's own, and paid in chunks, each once.

A file begins with its name, its currency, how many rows it has and what they add up to; its header
follows, then a payment a row. The batch's id comes of the content alone, and the token executes
each chunk of a batch once for a payer. So a file is paid once, whoever runs it, from wherever, and
however often it is interrupted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from time import time
from typing import TYPE_CHECKING

from eth_utils import keccak

from pegboard.amounts import format_amount, parse_amount
from pegboard.contract import selector_of
from pegboard.errors import AmountError, InputError
from pegboard.files import rows
from pegboard.files.pain001 import Transfers, is_pain001
from pegboard.inputs import reference
from pegboard.sending.journal import Note, Wish
from pegboard.uses.remittance import uetr_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pegboard.config import CurrencyConfig
    from pegboard.suite import Peg

SCHEMA = "pegboard-payout/1"
COLUMNS = ("id", "payee", "amount", "reference")
#: Rows in a transaction. It is part of what a batch is: with another number, files that are half
#: paid would be cut otherwise than they were begun.
CHUNK = 200
#: What a batch can hold: the token counts 256 chunks of it.
MOST = 256 * CHUNK
#: The 35 characters of ISO 20022, less the ending of a retry's name.
_LONGEST_NAME = 31
_RETRY = re.compile(r"(.+)\.r([1-9][0-9]?)")
_MAX_ROW = 2**96 - 1
_REFERENCED = "pay(bytes32,uint8,(address,uint96)[],bytes32[],uint256)"
_PLAIN = "pay(bytes32,uint8,(address,uint96)[],uint256)"
_SELECTORS = (selector_of(_REFERENCED), selector_of(_PLAIN))
#: How much of a batch's id comes of its name, token and payer.
_TAG = 8


@dataclass(frozen=True)
class Payment:
    """One row: `units` are base units, `row` is its line in the file."""

    row: int
    id: str
    payee: str
    units: int
    reference: str
    #: The PmtInfId of its block in a pain.001.
    block: str = ""

    @property
    def uetr(self) -> str:
        """What banks call it, where its whole reference is given; a text only may look like one."""
        given = self.reference.startswith("0x")
        return uetr_of(reference(self.reference)) if given else ""


@dataclass(frozen=True)
class PayoutFile:
    """A file that was taken; its payments by their ids, so that a sorted copy is the same file."""

    name: str
    currency: CurrencyConfig
    total: int
    payments: tuple[Payment, ...]
    notes: tuple[str, ...] = ()
    #: What the file calls its own form, and whom it names as its payer, if anybody.
    schema: str = SCHEMA
    payer: str = ""


@dataclass(frozen=True)
class Chunk:
    """What one transaction pays."""

    index: int
    payments: tuple[Payment, ...]
    wish: Wish

    @cached_property
    def total(self) -> int:
        """What its rows add up to, in base units."""
        return sum(payment.units for payment in self.payments)


@dataclass(frozen=True)
class Batch:
    """A file as the token sees it: a payer, an id and chunks."""

    file: PayoutFile
    peg: Peg
    payer: str
    id: bytes
    chunks: tuple[Chunk, ...]


def read(
    path: Path, currencies: Mapping[str, CurrencyConfig], now: int | None = None
) -> PayoutFile:
    """A payout file or a pain.001, if all in it is right; all that is wrong is in the one error.

    What is to be paid after `now`, by default after this machine's, is wrong as well.
    """
    if is_pain001(path):
        return _read_transfers(path, currencies, int(time()) if now is None else now)
    return _read_rows(path, currencies)


def _read_transfers(path: Path, currencies: Mapping[str, CurrencyConfig], now: int) -> PayoutFile:
    reading = Transfers(path, currencies, now)
    name = reading.batch_name(_batch_name)
    decimals = reading.currency.decimals if reading.currency else 18
    payments = [
        Payment(number, values["id"], values["payee"], values["amount"], values["reference"], block)
        for block, number, values in reading.payments(_columns(decimals))
    ]
    if len(payments) > MOST:
        reading.fault("the file", f"it has more than {MOST:,} payments: split it")
    for number, column, reason in _all_faults(payments):
        reading.fault(f"payment {number}", f"{column}: {reason}" if column else reason)
    total = sum(payment.units for payment in payments)
    reading.announced_by_all(len(payments), total)
    reading.close()
    assert reading.currency  # noqa: S101 - without one there is a fault
    ordered = tuple(sorted(payments, key=lambda payment: payment.id))
    return PayoutFile(name, reading.currency, total, ordered, (), reading.schema, reading.payer)


def _read_rows(path: Path, currencies: Mapping[str, CurrencyConfig]) -> PayoutFile:
    reading = rows.Rows(path, MOST)
    control = reading.first(_control(currencies), _columns(0))
    currency: CurrencyConfig | None = control.get("currency")
    reading.header(_columns(0), 2)
    # Where the currency is not known, an amount can still be judged by its form.
    decimals = currency.decimals if currency else 18
    payments = [
        Payment(number, values["id"], values["payee"], values["amount"], values["reference"])
        for number, values in reading.records(_columns(decimals))
    ]
    for fault in _all_faults(payments):
        reading.fault(*fault)
    total = sum(payment.units for payment in payments)
    if currency and not reading.faults:
        _check_control(reading, control, currency, len(payments), total)
    reading.close()
    ordered = tuple(sorted(payments, key=lambda payment: payment.id))
    return PayoutFile(control["name"], control["currency"], total, ordered, tuple(reading.notes))


def _control(currencies: Mapping[str, CurrencyConfig]) -> list[rows.Column]:
    def currency(text: str) -> CurrencyConfig:
        if text not in currencies:
            raise InputError(f"{text!a} is not declared; there is {', '.join(currencies)}")
        return currencies[text]

    return [
        rows.Column("name", _batch_name),
        rows.Column("currency", currency),
        rows.Column("count", rows.count),
        # How many places it may have depends on the currency of the same line.
        rows.Column("total", lambda text: (text, parse_amount(text, 18))[0]),
    ]


def _batch_name(text: str) -> str:
    rows.name()(text)
    base, _ = parts_of(text)
    if len(base) > _LONGEST_NAME:
        raise InputError(f"{text!a} is longer than {_LONGEST_NAME} characters")
    return text


def parts_of(name: str) -> tuple[str, int]:
    """A batch's name without the ending of a retry, and which retry it is; 0 is none."""
    match = _RETRY.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, 0)


def _columns(decimals: int) -> list[rows.Column]:
    def amount(text: str) -> int:
        units = parse_amount(text, decimals)
        if not 0 < units <= _MAX_ROW:
            raise InputError(
                f"{text} is more than a row can pay (2^96 - 1 base units)"
                if units
                else f"{text} is nothing: take the row out, or say how much"
            )
        return units

    return [
        rows.Column("id", rows.name()),
        rows.Column("payee", rows.account),
        rows.Column("amount", amount),
        rows.Column("reference", rows.text(), required=False),
    ]


def _all_faults(payments: Sequence[Payment]) -> Iterator[tuple[int, str, str]]:
    yield from _repeats(payments)
    yield from _uetr_repeats(payments)
    yield from _reference_faults(payments)


def _repeats(payments: Sequence[Payment]) -> Iterator[tuple[int, str, str]]:
    ids: dict[str, int] = {}
    same: dict[tuple[str, int, str], int] = {}
    for payment in payments:
        first = ids.setdefault(payment.id, payment.row)
        if first != payment.row:
            yield payment.row, "id", f"{payment.id!a} is the id of row {first} already"
        what = (payment.payee, payment.units, payment.reference)
        first = same.setdefault(what, payment.row)
        if first != payment.row:
            reason = f"payee, amount and reference are those of row {first}"
            yield payment.row, "", f"{reason}: take it out, or give it another reference"


def _uetr_repeats(payments: Sequence[Payment]) -> Iterator[tuple[int, str, str]]:
    """A UETR is one payment; equal rows are told of already."""
    firsts: dict[str, Payment] = {}
    for payment in payments:
        try:
            uetr = payment.uetr
        except InputError:
            continue
        first = firsts.setdefault(uetr, payment) if uetr else payment
        alike = ("payee", "units", "reference")
        if any(getattr(first, name) != getattr(payment, name) for name in alike):
            yield payment.row, "UETR", f"{uetr} is the UETR of row {first.row} already"


def _reference_faults(payments: Sequence[Payment]) -> Iterator[tuple[int, str, str]]:
    """Either all rows have a reference on chain, or none has; each is one."""
    for payment in payments:
        try:
            reference(payment.reference)
        except InputError as fault:
            yield payment.row, "reference", str(fault)
    without = [payment for payment in payments if not payment.reference]
    if without and len(without) < len(payments):
        for payment in without:
            yield payment.row, "reference", "it is missing, and other rows have one"


def _check_control(
    reading: rows.Rows,
    control: Mapping[str, object],
    currency: CurrencyConfig,
    count: int,
    total: int,
) -> None:
    """What the first line announces must be what the rows are."""
    if control["count"] != count:
        reading.fault(1, "count", f"{control['count']:,} rows are announced, {count:,} found")
    try:
        announced = parse_amount(str(control["total"]), currency.decimals)
    except AmountError as fault:
        reading.fault(1, "total", str(fault))
        return
    if announced != total:
        stated, found = (format_amount(units, currency.decimals) for units in (announced, total))
        reading.fault(1, "total", f"{stated} {currency.code} is announced, {found} found")


def batch_of(peg: Peg, payer: str, file: PayoutFile) -> Batch:
    """The chunks of a file; the same file of the same payer is the same batch, for ever."""
    if file.payer not in ("", payer):
        raise InputError(
            f"{file.name} names {file.payer} as its debtor, and {payer} would pay: sign as the "
            "debtor, or correct the file"
        )
    batch_id = name_tag(peg, payer, file.name) + _content(peg, payer, file)[: 32 - _TAG]
    chunks = [
        _chunk(peg, payer, batch_id, index, file.payments[start : start + CHUNK])
        for index, start in enumerate(range(0, len(file.payments), CHUNK))
    ]
    return Batch(file, peg, payer, batch_id, tuple(chunks))


def name_tag(peg: Peg, payer: str, name: str) -> bytes:
    """The first bytes of a batch's id: two batches of one name and payer are told by them."""
    return keccak(text="\n".join((*_domain(peg, payer), name)))[:_TAG]


def batch_in(data: bytes) -> bytes:
    """The id of the batch that calldata pays a part of; empty for any other call."""
    return data[4:36] if data[:4] in _SELECTORS else b""


def same_name(one: bytes, other: bytes) -> bool:
    """Whether two batches of a payer have one name and different rows."""
    return one != other and one[:_TAG] == other[:_TAG]


def _content(peg: Peg, payer: str, file: PayoutFile) -> bytes:
    """The hash of everything that is paid; no field can hold a line feed, nor a comma but the last.

    pegboard-payout/1, the chain's number, token, payer, name and number of payments, each a line;
    then a line for each payment in the order of ids: id, payee, base units, reference.
    """
    lines = [*_domain(peg, payer), file.name, str(len(file.payments))]
    lines += [f"{p.id},{p.payee},{p.units},{p.reference}" for p in file.payments]
    return keccak(text="\n".join(lines))


def _domain(peg: Peg, payer: str) -> tuple[str, ...]:
    return SCHEMA, str(peg.token.chain.chain_id), peg.token.address, payer


def _chunk(
    peg: Peg, payer: str, batch_id: bytes, index: int, payments: tuple[Payment, ...]
) -> Chunk:
    token, total = peg.token, sum(payment.units for payment in payments)
    paid = [(payment.payee, payment.units) for payment in payments]
    if payments[0].reference:
        references = [reference(payment.reference) for payment in payments]
        data = token.encode(_REFERENCED, batch_id, index, paid, references, total)
    else:
        data = token.encode(_PLAIN, batch_id, index, paid, total)
    money = f"{format_amount(total, peg.config.decimals)} {peg.config.code}"
    note = Note(
        text=f"pay {money} to {len(payments)} payees, part {index + 1} of batch 0x{batch_id.hex()}",
        key=f"payout 0x{batch_id.hex()} {index}",
        unit=peg.config.code,
        amount=total,
        verb="pay",
    )
    return Chunk(index, payments, Wish(payer, token.address, data, note))
