"""Values as people write them: who, how much, until when, which role, which reference."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils import is_address, to_checksum_address

from pegboard.actions import money
from pegboard.amounts import format_amount, format_duration
from pegboard.calendars import day_text
from pegboard.errors import InputError
from pegboard.inputs import moment_text, reference_text
from pegboard.issuance import KINDS
from pegboard.orders import CLASSES, EVERYTHING
from pegboard.status import PAUSES, pause_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pegboard.config import RolesConfig
    from pegboard.suite import Peg

#: Arguments by what they count; all others are plain numbers.
_AMOUNTS = frozenset(
    {"value", "amount", "total", "cap", "capacity", "ceiling", "flatFee", "max", "face", "advance"}
)
_DURATIONS = frozenset({"window", "maxAge", "newDelay"})
_MOMENTS = frozenset(
    {"asOf", "validFrom", "validUntil", "validAfter", "validBefore", "deadline", "reviewBy"}
    | {"dueDiligenceUntil", "when", "schedule", "openedAt", "expiresAt", "requestedAt", "dueAt"}
    | {"boundAt", "payoutAt", "proposedAt", "nextFrom", "updatedAt", "authBy", "captureBy"}
    | {"refundBy", "due", "expiry"}
)
_DAYS = frozenset({"day", "holidays"})
_ROLES = frozenset({"roleId", "admin", "guardian"})
#: Arguments of 32 bytes that are hashes, whatever their bytes would spell.
_HASHES = frozenset(
    {"codeHash", "auditHash", "document", "batchId", "nonce", "hashToApprove", "reported", "r", "s"}
    | {"id", "quote", "doc", "fingerprint", "ordersRoot", "salt"}
)
#: Times after this have no date.
_END_OF_TIME = 253_402_300_800
_ANY_AMOUNT = 2**256 - 1
_PUBLIC_ROLE = 2**64 - 1
_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_COIN_DECIMALS = 18


@dataclass(frozen=True)
class Words:
    """How values are written; `names` says who is behind an address."""

    names: Mapping[str, str]
    roles: RolesConfig

    def who(self, address: str) -> str:
        """An address in full, and its name where it has one."""
        found = to_checksum_address(address)
        if not int(found, 16):
            return f"{found} (nobody)"
        return f"{found} ({self.names[found]})" if found in self.names else found

    def role(self, number: int) -> str:
        """A role by its name."""
        if number == _PUBLIC_ROLE:
            return "EVERYBODY, without any role,"
        known = self.roles.by_id.get(number)
        return known.name if known else f"the undeclared role {number}"

    def write(self, name: str, kind: str, value: Any, peg: Peg | None) -> str:
        """An argument, by its name and ABI type."""
        if isinstance(value, list | tuple) and kind.endswith("]"):
            inner = kind[: kind.rindex("[")]
            return ", ".join(self.write(name, inner, one, peg) for one in value) or "nobody"
        if kind == "address":
            return self.who(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int):
            return self._number(name, value, peg)
        if isinstance(value, bytes):
            return _bytes(name, kind, value)
        return quoted(value) if isinstance(value, str) else str(value)

    def tell(self, name: str, value: Any, peg: Peg | None) -> str:
        """A value of an event, as `Contract.events` reads it."""
        if isinstance(value, list | tuple):
            return ", ".join(self.tell(name, one, peg) for one in value) or "none"
        if not isinstance(value, str) or not value.startswith("0x"):
            return self.write("bits" if name == "pauses" else name, "", value, peg)
        if is_address(value):
            return self.who(value)
        found = bytes.fromhex(value[2:])
        return self.write(name, "bytes32" if len(found) == 32 else "bytes", found, peg)

    def _number(self, name: str, value: int, peg: Peg | None) -> str:
        if name in _AMOUNTS:
            return amount(value, peg)
        if name in _ROLES:
            return self.role(value)
        if name in _DURATIONS:
            return format_duration(value)
        if name in _MOMENTS:
            return when(value)
        if name in _DAYS:
            return _day(value)
        if name == "bits":
            return bits(value)
        if name == "weekend":
            days = [day for number, day in enumerate(_WEEK) if value >> number & 1]
            return ", ".join(days) or "no day"
        if name == "executionDelay":
            return f"with a delay of {format_duration(value)}" if value else "without any delay"
        if name in ("kind", "class"):
            names = KINDS if name == "kind" else CLASSES
            return names[value] if value < len(names) else str(value)
        return str(value)


def amount(units: int, peg: Peg | None) -> str:
    """An amount in currency units, or in base units where the currency is not known."""
    if units in (_ANY_AMOUNT, EVERYTHING):
        return "any amount"
    return money(peg, units) if peg else f"{units} base units"


def coin(units: int) -> str:
    """An amount of the chain's own coin."""
    return f"{format_amount(units, _COIN_DECIMALS)} of the chain's own coin"


def when(seconds: int) -> str:
    """A moment, or the number where no calendar has it."""
    if not seconds:
        return "never"
    return moment_text(seconds) if seconds < _END_OF_TIME else f"second {seconds}"


def bits(value: int) -> str:
    """Pauses by their names, unknown ones included."""
    other = value & ~sum(PAUSES.values())
    names = [*pause_names(value), *([f"unknown bits {other}"] if other else [])]
    return ", ".join(names) or "nothing"


def quoted(text: str) -> str:
    """A text that others chose, so that it cannot pass for a part of the sentence."""
    return json.dumps(text)


def _day(number: int) -> str:
    try:
        return day_text(number)
    except InputError:
        return f"day {number}"


def _bytes(name: str, kind: str, value: bytes) -> str:
    if kind == "bytes" and name == "ref":
        spelled = value.isascii() and value.decode("ascii").isprintable()
        return quoted(value.decode("ascii")) if spelled else "0x" + value.hex()
    if name in _HASHES or kind in ("bytes", "bytes4"):
        return "0x" + value.hex()
    text = reference_text(value)
    if not text:
        return "none"
    return text if text.startswith("0x") or kind == "bytes3" else quoted(text)
