"""Outbound files of a warehouse, as tests need them: every field can be changed or left out."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from pegboard.calendars import DAY, day_text
from pegboard.inputs import moment_text
from tests.support.world import key

if TYPE_CHECKING:
    from pathlib import Path

#: With the check digits that ISO 17442 asks for.
SELLER_ID = "00TESTSELLER00000031"
BUYER_ID = "HK-BR 12345678"
SECRET = bytes(range(32))
#: For `changed`: leave the field out.
GONE = object()


def feed(*, seller: str = "", buyer: str = "", orders: int = 3) -> dict[str, Any]:
    """An invoice of HKD 1,000 a order, issued on 10 January 2027 and due on 11 March."""
    return {
        "seller": {"id": SELLER_ID, "account": seller or key(37).address},
        "buyer": {"id": BUYER_ID, "account": buyer or key(38).address},
        "invoice": {
            "number": "INV-2027/001",
            "issueDate": "2027-01-10",
            "dueDate": "2027-03-11",
            "amount": f"{orders * 1000}.00",
            "currency": "HKD",
        },
        "orders": [order(number) for number in range(1, orders + 1)],
    }


def dated(data: dict[str, Any], now: int) -> dict[str, Any]:
    """The same, shipped six days ago, issued a day later, and due in 60 days."""
    out = moment_text((now // DAY - 6) * DAY)
    data = changed(data, "invoice.issueDate", day_text(now // DAY - 5))
    data = changed(data, "invoice.dueDate", day_text(now // DAY + 60))
    for one in data["orders"]:
        one["outboundAt"] = out
    return data


def order(number: int, **changes: Any) -> dict[str, Any]:
    """One order of HKD 1,000."""
    return {
        "orderNo": f"SO-{number:04}",
        "warehouse": "Rotterdam 2",
        "lines": [{"sku": "LAMP-7", "quantity": 40}, {"sku": "CABLE-2", "quantity": 80}],
        "outboundAt": "2027-01-09T10:00:00Z",
        "carrier": "Road 4",
        "tracking": f"R4-{number}",
        "declaredValue": "1000.00",
    } | changes


def changed(data: dict[str, Any], where: str, value: Any) -> dict[str, Any]:
    """A copy with one field, such as `orders.0.lines.1.sku`, put otherwise."""
    copy = deepcopy(data)
    *path, last = where.split(".")
    inside: Any = copy
    for step in path:
        inside = inside[int(step)] if step.isdigit() else inside[step]
    name = int(last) if last.isdigit() else last
    if value is GONE:
        del inside[name]
    else:
        inside[name] = value
    return copy


def write(path: Path, data: Any) -> Path:
    """The file."""
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def key_file(path: Path, secret: bytes = SECRET, mode: int = 0o600) -> Path:
    """The file of a key."""
    path.write_bytes(secret)
    path.chmod(mode)
    return path
