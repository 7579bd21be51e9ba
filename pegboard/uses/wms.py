"""Outbound files of a warehouse's system (WMS): an invoice and the orders that it bills, as JSON.

All that is wrong is told at once. Fields that are not asked for are refused: names and addresses of
people must not get into what is hashed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pegboard.amounts import exact_amount, parse_amount
from pegboard.calendars import DAY, parse_day
from pegboard.errors import InputError, PegboardError, RowsError
from pegboard.files import strict_json
from pegboard.inputs import address, moment, moment_text
from pegboard.uses.documents import (
    LONGEST,
    Invoice,
    Order,
    Party,
    canonical_json,
    identifier,
    minor_digits,
    normalised,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

T = TypeVar("T")
_PARTY = ("id", "account")
_INVOICE = ("number", "issueDate", "dueDate", "amount", "currency")
_ORDER = ("orderNo", "warehouse", "lines", "outboundAt", "carrier", "tracking", "declaredValue")
_ORDER_TEXTS = ("warehouse", "carrier", "tracking")
_DEEPEST = 16
_LARGEST_FILE = 16 * 1024 * 1024
_MOST_ORDERS = 10_000
_MOST_LINES = 1_000
_LARGEST_QUANTITY = 10**12
#: Where the day begins first: a date that is in the future even there is one.
_EARLIEST_ZONE = 14 * 3_600


def read(path: Path, now: int, currencies: Collection[str]) -> Invoice:
    """An outbound file, if everything in it is right; all that is wrong is in the one error."""
    reading = _Reading(path.name, now)
    data = load(path)
    fields = reading.table("", data, ("seller", "buyer", "invoice", "orders"))
    seller, buyer = (reading.party(side, fields) for side in ("seller", "buyer"))
    if seller and buyer and (seller.id == buyer.id or seller.account == buyer.account):
        reading.fault("buyer", "is the seller: nobody owes itself")
    head = reading.head(fields, currencies)
    orders = reading.orders(fields, head.get("currency", ""))
    if not reading.faults:
        total, digits = sum(order.value for order in orders), minor_digits(head["currency"])
        if total != head["amount"]:
            reading.fault(
                "orders",
                f"their declared values add up to {exact_amount(total, digits)}, and the invoice "
                f"is of {exact_amount(head['amount'], digits)}",
            )
    if reading.faults or not seller or not buyer:
        raise RowsError(path.name, reading.faults)
    return Invoice(path.name, seller, buyer, **head, orders=orders)


def load(path: Path) -> Any:
    """A JSON file, read strictly: no key twice, and no number that is not whole."""
    if path.stat().st_size > _LARGEST_FILE:
        raise InputError(f"{path.name} is larger than {_LARGEST_FILE:,} bytes")
    hooks: dict[str, Any] = {"parse_float": _no_fraction, "parse_constant": _no_fraction}
    try:
        text = path.read_text(encoding="utf-8")
        _require_shallow(text)
        return json.loads(text, object_pairs_hook=strict_json.once, **hooks)
    except InputError as fault:
        raise InputError(f"nothing of {path.name} was taken: {fault}") from None
    except ValueError as fault:
        raise InputError(f"nothing of {path.name} was taken: it is no JSON ({fault})") from None


def _require_shallow(text: str) -> None:
    """Brackets without end would overrun the parser's stack, which no exception survives."""
    if strict_json.is_deeper(text, _DEEPEST):
        raise InputError("it is nested too deeply")


def _no_fraction(text: str) -> NoReturn:
    raise InputError(
        f'{text} is a number that loses digits: write amounts as text, such as "50000.00"'
    )


class _Reading:
    """One file under way; what is wrong in it gathers in `faults`."""

    def __init__(self, name: str, now: int) -> None:
        self.name, self.now = name, now
        self.faults: list[str] = []

    def fault(self, where: str, reason: str) -> None:
        """One fault more."""
        self.faults.append(f"{where}: {reason}" if where else reason)

    def table(self, where: str, data: Any, names: tuple[str, ...]) -> Mapping[str, Any]:
        """An object of exactly these fields."""
        if not isinstance(data, dict):
            self.fault(where, f"must be an object with {', '.join(names)}")
            return {}
        prefix = f"{where}." if where else ""
        for name in names:
            if name not in data:
                self.fault(prefix + name, "is missing")
        for name in data:
            if name not in names:
                self.fault(
                    f"{prefix}{name}"[:LONGEST].encode("ascii", "backslashreplace").decode(),
                    "is not asked for: leave it out, since nothing personal may be hashed",
                )
        return {name: data[name] for name in names if name in data}

    def value(
        self, where: str, fields: Mapping[str, Any], name: str, take: Callable[[str], T]
    ) -> T | None:
        """One field that is text, as `take` understands it; None where it is wrong."""
        if name not in fields:
            return None
        found = fields[name]
        if not isinstance(found, str):
            self.fault(f"{where}.{name}", 'must be text in quotes, such as "50000.00"')
            return None
        try:
            return take(found)
        except PegboardError as fault:
            self.fault(f"{where}.{name}", str(fault))
            return None

    def party(self, side: str, given: Mapping[str, Any]) -> Party | None:
        """A seller or a buyer."""
        if side not in given:
            return None
        fields = self.table(side, given[side], _PARTY)
        found = self.value(side, fields, "id", identifier)
        account = self.value(side, fields, "account", address)
        return Party(found, account) if found and account else None

    def head(self, given: Mapping[str, Any], currencies: Collection[str]) -> dict[str, Any]:
        """The invoice itself, as far as it is right."""
        if "invoice" not in given:
            return {}
        fields = self.table("invoice", given["invoice"], _INVOICE)

        def currency(text: str) -> str:
            if text not in currencies:
                raise InputError(f"{text!a} is not declared; there is {', '.join(currencies)}")
            return text

        found: dict[str, Any] = {
            "number": self.value("invoice", fields, "number", normalised),
            "issued": self.value("invoice", fields, "issueDate", self._day),
            "due": self.value("invoice", fields, "dueDate", parse_day),
            "currency": self.value("invoice", fields, "currency", currency),
        }
        digits = minor_digits(found["currency"] or "")
        found["amount"] = self.value("invoice", fields, "amount", lambda t: _positive(t, digits))
        if None not in (found["issued"], found["due"]) and found["due"] < found["issued"]:
            self.fault("invoice.dueDate", "is before the date of issue")
        return {name: value for name, value in found.items() if value is not None}

    def _day(self, text: str) -> int:
        day = parse_day(text)
        if day > (self.now + _EARLIEST_ZONE) // DAY:
            raise InputError(f"{text} is in the future")
        return day

    def orders(self, given: Mapping[str, Any], currency: str) -> tuple[Order, ...]:
        """The orders that are right; each number may be there once."""
        data = given.get("orders", ())
        if data == ():
            return ()
        if not isinstance(data, list) or not 0 < len(data) <= _MOST_ORDERS:
            self.fault("orders", f"must be a list of 1 to {_MOST_ORDERS:,} orders")
            return ()
        found: dict[str, Order] = {}
        for number, one in enumerate(data, 1):
            order = self._order(f"orders {number}", one, minor_digits(currency))
            if order is None:
                continue
            if order.number in found:
                self.fault(f"orders {number}.orderNo", f"{order.number} is there twice")
            found[order.number] = order
        return tuple(found.values())

    def _order(self, where: str, data: Any, digits: int) -> Order | None:
        before = len(self.faults)
        fields = self.table(where, data, _ORDER)
        texts = {name: self.value(where, fields, name, _text) for name in _ORDER_TEXTS}
        number = self.value(where, fields, "orderNo", normalised)
        out = self.value(where, fields, "outboundAt", self._moment)
        value = self.value(where, fields, "declaredValue", lambda t: _positive(t, digits))
        lines = self._lines(f"{where}.lines", fields.get("lines")) if "lines" in fields else []
        if len(self.faults) > before or number is None or out is None or value is None:
            return None
        shown = {"orderNo": number, "outboundAt": moment_text(out), "lines": lines}
        whole = texts | shown | {"declaredValue": exact_amount(value, digits)}
        return Order(number, value, canonical_json(whole))

    def _moment(self, text: str) -> int:
        found = moment(text)
        if found > self.now:
            raise InputError(f"{text} is in the future: only what has left the warehouse counts")
        return found

    def _lines(self, where: str, data: Any) -> list[dict[str, Any]]:
        if not isinstance(data, list) or not 0 < len(data) <= _MOST_LINES:
            self.fault(where, f"must be a list of 1 to {_MOST_LINES:,} lines")
            return []
        found = []
        for number, one in enumerate(data, 1):
            fields = self.table(f"{where} {number}", one, ("sku", "quantity"))
            sku = self.value(f"{where} {number}", fields, "sku", _text)
            quantity = fields.get("quantity", 1)
            # True is a number to Python.
            if type(quantity) is not int or not 0 < quantity <= _LARGEST_QUANTITY:
                self.fault(f"{where} {number}.quantity", "must be a whole number above zero")
            found.append({"sku": sku, "quantity": quantity})
        return found


def _positive(text: str, digits: int) -> int:
    units = parse_amount(text, digits)
    if not units:
        raise InputError("is zero")
    return units


def _text(text: str) -> str:
    """Spacing and composition do not matter; capitals and signs do."""
    found = " ".join(unicodedata.normalize("NFC", text).split(" ")).strip()
    found = re.sub(" +", " ", found)
    if not 0 < len(found) <= LONGEST or not found.isprintable():
        raise InputError(f"must be 1 to {LONGEST} printable characters")
    return found
