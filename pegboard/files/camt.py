"""The bank-to-customer statement of ISO 20022, camt.053.001.02 up to .13.

Of an entry that stands for several transactions, each transaction is a credit. The reference is
the transaction's own (AcctSvcrRef of its Refs), else the entry's: a bank may book the same
transaction alone or in a batch.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pegboard.errors import InputError
from pegboard.files.credits import (
    Credit,
    Ignored,
    Statement,
    check_account,
    check_amount,
    check_currency,
    check_day,
    check_positive,
    check_reference,
    clean,
    end_to_end,
    matching,
    minimal,
    units_of,
)
from pegboard.files.xmltree import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.files.credits import Faults
    from pegboard.files.xmltree import Node

_NAMESPACE = re.compile(
    r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(?:0[2-9]|1[0-3])", re.ASCII
)
_TIME = re.compile(r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,15}", re.ASCII)
#: Money of the issuer's own that came back: a payment was returned, or cancelled on request.
_RETURNS = frozenset({"RRTN", "RPCR"})

T = TypeVar("T")


def _one_of(*words: str) -> Callable[[str], str]:
    return lambda text: matching(re.compile("|".join(words)), text, f"one of {', '.join(words)}")


_SIDE = _one_of("CRDT", "DBIT")
_STATUS = _one_of("BOOK", "PDNG", "INFO", "FUTR")
_FLAG = _one_of("true", "false", "1", "0")


def _count(text: str) -> int:
    return int(matching(_COUNT, text, "a number of entries"))


def _day_of_time(text: str) -> date:
    matching(_TIME, text[10:], f"the time of {text[:10]!a}, such as T09:30:00+08:00")
    return check_day(text[:10])


class _Money(NamedTuple):
    amount: str
    currency: str

    def same(self, other: _Money) -> bool:
        return (minimal(self.amount), self.currency) == (minimal(other.amount), other.currency)


class _Part:
    """An element, and the name that messages give it."""

    def __init__(self, node: Node, where: str, faults: Faults) -> None:
        self.node = node
        self.where = where
        self.faults = faults

    def sub(self, node: Node, where: str = "") -> _Part:
        """A part of this part."""
        return _Part(node, f"{self.where}, {where}" if where else self.where, self.faults)

    def fault(self, text: str) -> None:
        """Notes what is wrong, once."""
        if f"{self.where}: {text}" not in self.faults:
            self.faults.append(f"{self.where}: {text}")

    def at(self, *path: str) -> Node | None:
        """The only element at a path."""
        try:
            return self.node.one(*path)
        except InputError as fault:
            self.fault(str(fault))
            return None

    def words(self, *path: str) -> str | None:
        """The text at a path as it is written."""
        try:
            return self.node.leaf(*path)
        except InputError as fault:
            self.fault(str(fault))
            return None

    def text(self, check: Callable[[str], T], instead: T, *path: str) -> T:
        """The value at a path, which has to be there."""
        before, written = len(self.faults), self.words(*path)
        if len(self.faults) > before:
            return instead
        return self.faults.take(self.where, "/".join(path), check, written or "", instead)

    def maybe(self, check: Callable[[str], T], instead: T, *path: str) -> T:
        """The value at a path, if there is one."""
        return self.text(check, instead, *path) if self.at(*path) else instead

    def money(self, check: Callable[[str], str], *path: str) -> _Money:
        """An amount with its currency."""
        amount, node = self.text(check, "0", *path), self.at(*path)
        if node is None:
            return _Money(amount, "")
        what, code = f"the Ccy of {'/'.join(path)}", node.attributes.get("Ccy", "")
        return _Money(amount, self.faults.take(self.where, what, check_currency, code, ""))

    def day(self, name: str) -> date:
        """A date, or the date of a time where it was booked."""
        if self.at(name, "DtTm"):
            return self.text(_day_of_time, date.min, name, "DtTm")
        return self.text(check_day, date.min, name, "Dt")


class _Movement(NamedTuple):
    """What an entry adds to the statement's own totals."""

    credit: bool
    booked: bool
    units: int


def statements_of(data: bytes, name: str, faults: Faults) -> tuple[Statement, ...]:
    """The statements of a document; what is wrong in them is added to the faults."""
    root = parse(data)
    if root.name != "Document" or not _NAMESPACE.fullmatch(root.namespace):
        raise InputError(
            f"it is {root.name!a} of {root.namespace!a}, not a Document of "
            "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02 up to .13"
        )
    body = root.one("BkToCstmrStmt")
    parts = [
        _Part(node, f"statement {n}", faults)
        for n, node in enumerate(body.every("Stmt") if body else [], 1)
    ]
    if not parts:
        raise InputError("it holds no statement (BkToCstmrStmt/Stmt)")
    return tuple(_Reader(part, name).read() for part in parts)


class _Reader:
    """One statement: its entries, sorted into credits and what is ignored, and its totals."""

    def __init__(self, part: _Part, name: str) -> None:
        self.part = part
        self.name = name
        self.account = ""
        self.currency = ""
        self.credits: list[Credit] = []
        self.ignored: list[Ignored] = []
        self.movements: list[_Movement] = []
        self.counted = True

    def read(self) -> Statement:
        """The statement, where its faults are none."""
        iban = self.part.at("Acct", "Id", "IBAN")
        path = ("Acct", "Id", "IBAN") if iban else ("Acct", "Id", "Othr", "Id")
        self.account = self.part.text(check_account, "", *path)
        self.currency = self.part.maybe(check_currency, "", "Acct", "Ccy")
        for n, node in enumerate(self.part.node.every("Ntry"), 1):
            self._entry(self.part.sub(node, f"entry {n}"))
        balances = self._balances()
        # Where an amount could not be read, a sum that is wrong says nothing new.
        if self.counted:
            self._check_totals(balances)
        if not self.currency:
            self.part.fault("no currency is named, neither in Acct/Ccy nor with an amount")
        return Statement(self.account, self.currency, tuple(self.credits), tuple(self.ignored))

    def _own(self, part: _Part, money: _Money) -> _Money:
        """The same money: one statement has one currency."""
        self.currency = self.currency or money.currency
        if money.currency and money.currency != self.currency:
            part.fault(f"it is in {money.currency}, but the account is in {self.currency}")
        return money

    def _ignore(self, part: _Part, reason: str, money: _Money) -> None:
        where = f"{self.name} {part.where}"
        self.ignored.append(Ignored(where, reason, money.currency, money.amount))

    def _entry(self, part: _Part) -> None:
        before = len(part.faults)
        money = self._own(part, part.money(check_amount, "Amt"))
        known = len(part.faults) == before
        credit = part.text(_SIDE, "CRDT", "CdtDbtInd") == "CRDT"
        # A plain code up to .06, a choice from .07 on.
        path = ("Sts", "Cd") if part.at("Sts", "Cd") else ("Sts",)
        status = part.text(_STATUS, "BOOK", *path)
        reversal = part.maybe(_FLAG, "0", "RvslInd") in ("true", "1")
        self.counted &= len(part.faults) == before
        self.movements.append(_Movement(credit, status == "BOOK", units_of(money.amount)))
        if status != "BOOK":
            self._ignore(part, f"not booked ({status})", money)
        elif reversal:
            self._ignore(part, "a reversal", money)
        elif not credit:
            self._ignore(part, "a debit", money)
        else:
            self._booked(part, money, known=known)

    def _booked(self, part: _Part, money: _Money, *, known: bool) -> None:
        details: list[Node] = []
        for batch in part.node.every("NtryDtls"):
            found = batch.every("TxDtls")
            said = part.sub(batch).maybe(_count, len(found) or 1, "Btch", "NbOfTxs")
            if said != (len(found) or 1):
                part.fault(f"it is a batch of {said} transactions, of which {len(found)} are given")
            details += found
        if len(details) > 1:
            self._batch(part, money, details, known=known)
            return
        inside = part.sub(details[0]) if details else part
        if known and details and inside.at("Amt"):
            stated = inside.money(check_amount, "Amt")
            if not stated.same(money):
                inside.fault(f"its transaction is of {stated.amount}, the entry of {money.amount}")
        at_inside = details and inside.at("Refs", "AcctSvcrRef")
        path = ("Refs", "AcctSvcrRef") if at_inside else ("AcctSvcrRef",)
        reference = (inside if at_inside else part).text(check_reference, "", *path)
        if known and not units_of(money.amount):
            part.fault(f"Amt {money.amount} is nothing: a credit is above zero")
        self._credit(part, inside, reference, money)

    def _batch(self, part: _Part, money: _Money, details: list[Node], *, known: bool) -> None:
        total, references = 0, set()
        for n, node in enumerate(details, 1):
            inside = part.sub(node, f"transaction {n}")
            # The first version has a transaction's amount among the details only.
            path = ("Amt",) if inside.at("Amt") else ("AmtDtls", "TxAmt", "Amt")
            before = len(part.faults)
            share = self._own(inside, inside.money(check_positive, *path))
            known &= len(part.faults) == before
            total += units_of(share.amount)
            reference = inside.text(check_reference, "", "Refs", "AcctSvcrRef")
            if reference and reference in references:
                inside.fault(f"another transaction of the entry has the reference {reference}")
            references.add(reference)
            self._credit(part, inside, reference, share)
        if known and total != units_of(money.amount):
            part.fault(f"its transactions do not add up to its amount, {money.amount}")

    def _credit(self, entry: _Part, inside: _Part, reference: str, money: _Money) -> None:
        if inside.maybe(_SIDE, "CRDT", "CdtDbtInd") != "CRDT":
            inside.fault("it is a debit within a credit")
        booked, valued = entry.day("BookgDt"), entry.day("ValDt")
        family = ("BkTxCd", "Domn", "Fmly", "SubFmlyCd")
        codes = {entry.words(*family), inside.words(*family)}
        if codes & _RETURNS or inside.at("RtrInf"):
            self._ignore(inside, "a returned payment", money)
            return
        texts = [t.text for info in inside.node.every("RmtInf") for t in info.every("Ustrd")]
        self.credits.append(
            Credit(
                account=self.account,
                reference=reference,
                end_to_end_id=end_to_end(inside.words("Refs", "EndToEndId") or ""),
                currency=money.currency,
                amount=money.amount,
                booking_date=booked,
                value_date=valued,
                remittance=clean(" ".join(texts)),
                where=f"{self.name} {inside.where}",
            )
        )

    def _balances(self) -> dict[str, int]:
        """The opening and closing balances in units, below zero where overdrawn."""
        found: dict[str, int] = {}
        before = len(self.part.faults)
        for n, node in enumerate(self.part.node.every("Bal"), 1):
            balance = self.part.sub(node, f"balance {n}")
            code = balance.words("Tp", "CdOrPrtry", "Cd")
            money = self._own(balance, balance.money(check_amount, "Amt"))
            side = balance.text(_SIDE, "CRDT", "CdtDbtInd")
            if code in ("OPBD", "PRCD", "CLBD"):
                if code in found:
                    balance.fault(f"it is a second balance of the kind {code}")
                found[code] = units_of(money.amount) * (1 if side == "CRDT" else -1)
        self.counted &= len(self.part.faults) == before
        return found

    def _check_totals(self, balances: dict[str, int]) -> None:
        """The bank's own sums are those of its entries, or the file is not the one it wrote."""
        for name, chosen in (
            ("TtlNtries", self.movements),
            ("TtlCdtNtries", [m for m in self.movements if m.credit]),
            ("TtlDbtNtries", [m for m in self.movements if not m.credit]),
        ):
            path = ("TxsSummry", name)
            said = self.part.maybe(_count, len(chosen), *path, "NbOfNtries")
            if said != len(chosen):
                self.part.fault(f"{name} says {said} entries, there are {len(chosen)}")
            # Banks do not agree whether the sum of both sides is gross or net.
            if name != "TtlNtries" and self.part.at(*path, "Sum"):
                total = self.part.text(check_amount, "0", *path, "Sum")
                if units_of(total) != sum(m.units for m in chosen):
                    self.part.fault(f"{name} says {total} in all, its entries have another sum")
        opening, closing = balances.get("OPBD", balances.get("PRCD")), balances.get("CLBD")
        booked = sum(m.units if m.credit else -m.units for m in self.movements if m.booked)
        if opening is not None and closing is not None and opening + booked != closing:
            self.part.fault("the opening balance and the entries do not make the closing balance")
