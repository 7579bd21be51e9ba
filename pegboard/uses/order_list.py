"""Which orders an attester has vouched for: each order is billed once.

The list of this machine is a file beside its journal; lists of others are disclosed outbound files.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard import locks
from pegboard.errors import InputError, JournalError
from pegboard.files import atomic
from pegboard.uses.trade import hexed, record_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pegboard.suite import Suite
    from pegboard.uses.documents import FingerprintKey, Invoice

SCHEMA = "pegboard-orders/1"
SHOWN = 10
_PATIENCE = 30.0


@dataclass(frozen=True)
class Billed:
    """The orders of one document; `where` is what names it to people."""

    where: str
    fingerprint: bytes
    orders: tuple[str, ...]


def list_path(journal: Path) -> Path:
    """Where the list of a chain is kept: beside the journal of what was signed for it."""
    return journal.with_suffix(".orders.json")


def read(path: Path) -> list[Billed]:
    """The list of this machine; no file is an empty one."""
    if not path.exists():
        return []
    try:
        documents: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))[SCHEMA]
        return [
            Billed(name, bytes.fromhex(name[2:]), tuple(orders))
            for name, orders in documents.items()
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise InputError(
            f"{path} is no list of orders: bring it back from a copy, since it says what was "
            "attested before"
        ) from fault


def of(invoice: Invoice, key: FingerprintKey) -> Billed:
    """The orders of an outbound file."""
    return Billed(invoice.name, invoice.fingerprint(key), tuple(invoice.order_keys()))


def require_unbilled(suite: Suite, new: Billed, known: Iterable[Billed]) -> None:
    """Refuses orders that another document bills, unless that one was cancelled."""
    faults: list[str] = []
    for one in known:
        # The registry takes one document under a fingerprint.
        if one.fingerprint == new.fingerprint:
            continue
        twice = sorted(set(one.orders) & set(new.orders))
        if twice and record_of(suite, one.fingerprint).status != "cancelled":
            rest = f" and {len(twice) - SHOWN} more" if len(twice) > SHOWN else ""
            named = ", ".join(key.split("/", 1)[1] for key in twice[:SHOWN])
            faults.append(f"{named}{rest} in {one.where} ({hexed(one.fingerprint)})")
    if faults:
        raise InputError(
            f"{new.where} bills orders that were billed before: {'; '.join(dict.fromkeys(faults))}"
        )


def add(suite: Suite, path: Path, new: Billed) -> None:
    """Writes a document's orders down, if no other command has billed one of them meanwhile.

    Those of an earlier document of its fingerprint stay: either may be the one on record.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    held = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not locks.take(held, _PATIENCE):
            raise JournalError("another command is attesting: wait until it ends, then repeat")
        known = read(path)
        require_unbilled(suite, new, known)
        orders: dict[str, list[str]] = {hexed(it.fingerprint): list(it.orders) for it in known}
        name = hexed(new.fingerprint)
        orders[name] = sorted({*orders.get(name, ()), *new.orders})
        atomic.write(path, (json.dumps({SCHEMA: orders}, indent=1) + "\n").encode())
    finally:
        os.close(held)
