"""Invoices and the warehouse orders that they bill, as a warehouse's system exports them.

One content has one fingerprint, however it is spelt or saved again: what is hashed is a canonical
tuple, under a key that the users of a registry share, since the tuple could be guessed.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pegboard.amounts import exact_amount, parse_amount
from pegboard.calendars import day_text
from pegboard.errors import InputError
from pegboard.uses import merkle

if TYPE_CHECKING:
    from pathlib import Path

_VERSION = "pegboard-invoice/1"
#: Currencies that do not have two minor digits (ISO 4217).
_MINOR = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"), 0
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
_MINOR |= dict.fromkeys(("XAF", "XOF", "XPF"), 0)
_LEAST_KEY = 32
_MOST_KEY = 4_096
LONGEST = 64
_LEI = re.compile(r"[0-9A-Z]{18}[0-9]{2}", re.ASCII)
_KEY_ID = 8


class FingerprintKey:
    """The secret of a registry's users; no text of it is ever made."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA256."""
        return hmac.digest(self._secret, message, "sha256")

    @property
    def id(self) -> str:
        """Tells whether two users have the same key, and nothing else of it."""
        return self.mac(b"pegboard key id")[:_KEY_ID].hex()


def read_key(path: Path) -> FingerprintKey:
    """The key of a file that nobody but its owner can read; a line end after text is no part."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{path.name} is no plain file: name the file of the key")
        if mode & 0o177:
            raise InputError(
                f"{path.name} has mode {mode:o}: chmod 600 it; if others could read it, agree on "
                "a new key"
            )
        secret = file.read(_MOST_KEY + 1)
    if len(secret) > _MOST_KEY:
        raise InputError(f"{path.name} is longer than {_MOST_KEY} bytes: that is no key")
    line = secret.rstrip(b"\r\n")
    if line.isascii() and line.decode().isprintable():
        secret = line
    if len(secret) < _LEAST_KEY:
        raise InputError(
            f"{path.name} holds {len(secret)} bytes, and a key has at least {_LEAST_KEY}: take "
            "the key that the registry's users share"
        )
    return FingerprintKey(secret)


@dataclass(frozen=True)
class Party:
    """A seller or buyer: its public identifier, normalised, and its account."""

    id: str
    account: str


@dataclass(frozen=True)
class Order:
    """A warehouse's outbound order; `value` in minor units, `canonical` what is hashed of it."""

    number: str
    value: int
    canonical: str

    @property
    def leaf(self) -> bytes:
        """Its leaf in the tree of its document."""
        return merkle.leaf(["string"], [self.canonical])


@dataclass(frozen=True)
class Invoice:
    """An invoice with its orders, as one file has them; `amount` in minor units, days numbered."""

    name: str
    seller: Party
    buyer: Party
    number: str
    issued: int
    due: int
    amount: int
    currency: str
    orders: tuple[Order, ...]

    @property
    def canonical(self) -> bytes:
        """The content that there is once: all of it ASCII, each part of one spelling."""
        parts = (self.seller.id, self.buyer.id, self.number, day_text(self.issued))
        return canonical_json([_VERSION, *parts, str(self.amount), self.currency]).encode()

    def fingerprint(self, key: FingerprintKey) -> bytes:
        """What stands for it on chain."""
        return key.mac(self.canonical)

    @cached_property
    def orders_root(self) -> bytes:
        """The Merkle root of its orders."""
        return merkle.root([order.leaf for order in self.orders])

    def order_keys(self) -> list[str]:
        """What an order is known by: a seller's order numbers are its own."""
        return [f"{self.seller.id}/{order.number}" for order in self.orders]

    def face(self, decimals: int) -> int:
        """The amount in base units of a token."""
        return parse_amount(exact_amount(self.amount, minor_digits(self.currency)), decimals)


def minor_digits(currency: str) -> int:
    """How many digits ISO 4217 gives a currency's minor unit."""
    return _MINOR.get(currency, 2)


def normalised(text: str) -> str:
    """A number or identifier in its one spelling: letters and digits only, capitals."""
    plain = unicodedata.normalize("NFKC", text)
    if not plain.isascii() or not plain.isprintable():
        raise InputError(
            f"{text!a} has characters that look like others: write it in ASCII letters and digits"
        )
    found = re.sub(r"[^A-Z0-9]", "", plain.upper())
    if not found or len(plain) > LONGEST:
        raise InputError(f"{text!a} is empty or longer than {LONGEST} characters")
    return found


def identifier(text: str) -> str:
    """A company's public identifier; one of 20 characters is an LEI, whose check digits count."""
    found = normalised(text)
    if _LEI.fullmatch(found) and int("".join(str(int(c, 36)) for c in found)) % 97 != 1:
        raise InputError(f"{text!a} is no LEI: its check digits are wrong, so copy it again")
    return found


def canonical_json(value: Any) -> str:
    """Canonical JSON (RFC 8785): sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
