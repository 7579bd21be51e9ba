"""What was signed on this machine and may still be paid: no reference is signed for twice.

A nonce that counts upward shares a storage word with 255 others, which makes a payment some 17,000
gas cheaper than one with a nonce of its own. Which numbers were signed, only the signer knows.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pegboard import locks
from pegboard.errors import JournalError
from pegboard.signing import Authorization
from pegboard.uses.remittance import HALF

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pegboard.contract import Contract

_WORD = 256
#: Nonces below count; others are references or random, which are never that small.
_COUNTED = 2**64
_PATIENCE = 5.0


@dataclass(frozen=True)
class Entry:
    """One signature: of which payment, in which token, with which reference."""

    token: str
    ref: bytes
    signed: Authorization
    signature: bytes

    def line(self) -> bytes:
        """As it is kept."""
        paid = self.signed
        row = {
            "token": self.token,
            "ref": self.ref.hex(),
            "from": paid.sender,
            "to": paid.to,
            "value": str(paid.value),
            "validAfter": paid.valid_after,
            "validBefore": paid.valid_before,
            "nonce": paid.nonce.hex(),
            "signature": self.signature.hex(),
        }
        return json.dumps(row, separators=(",", ":")).encode() + b"\n"


def _entry(row: dict[str, Any]) -> Entry:
    paid = Authorization(
        row["from"],
        row["to"],
        int(row["value"]),
        row["validAfter"],
        row["validBefore"],
        bytes.fromhex(row["nonce"]),
    )
    ref, signature = bytes.fromhex(row["ref"]), bytes.fromhex(row["signature"])
    return Entry(row["token"], ref, paid, signature)


class Register:
    """The signatures of one chain, in a file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def only(self) -> Iterator[None]:
        """Keeps every other process of this machine from signing meanwhile."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            held = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as fault:
            raise JournalError(f"{self.path} cannot be written ({fault.strerror})") from fault
        try:
            if not locks.take(held, _PATIENCE):
                raise JournalError("another command is signing a payment: wait, then repeat")
            yield
        finally:
            os.close(held)

    def entries(self, token: str, payer: str) -> list[Entry]:
        """What this payer signed in this token, in its order."""
        try:
            text = self.path.read_bytes() if self.path.exists() else b""
            # A line that a kill cut short was never handed to anybody.
            whole = text[: text.rfind(b"\n") + 1].splitlines()
            found = [_entry(json.loads(line)) for line in whole]
        except (OSError, ValueError, LookupError, TypeError) as fault:
            raise JournalError(
                f"{self.path}, which says what was signed, cannot be read: restore it, or take it "
                "away once everything that was signed is paid, cancelled or expired"
            ) from fault
        return [e for e in found if (e.token, e.signed.sender) == (token, payer)]

    def latest(self, token: str, payer: str, ref: bytes) -> Entry | None:
        """The newest signature for the UETR of a reference, whatever its remittance."""
        entries = self.entries(token, payer) if any(ref) else []
        found = [entry for entry in entries if entry.ref[:HALF] == ref[:HALF]]
        return found[-1] if found else None

    def keep(self, entry: Entry) -> None:
        """Adds a signature, on disk when it returns; before it is handed to anybody."""
        try:
            with self.path.open("r+b") as file:
                text = file.read()
                file.truncate(file.seek(text.rfind(b"\n") + 1))
                file.write(entry.line())
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            raise JournalError(f"{self.path} cannot be written ({fault.strerror})") from fault

    def next_nonce(self, token: Contract, payer: str) -> bytes:
        """The next number: neither signed here nor spent on chain."""
        counted = [int.from_bytes(e.signed.nonce) for e in self.entries(token.address, payer)]
        number = max((n for n in counted if n < _COUNTED), default=-1) + 1
        while _is_spent(token, payer, number | (_WORD - 1)):
            number = (number | (_WORD - 1)) + 1
        while _is_spent(token, payer, number):
            number += 1
        return number.to_bytes(32)


def _is_spent(token: Contract, payer: str, number: int) -> bool:
    return bool(token.call("authorizationState", payer, number.to_bytes(32)))
