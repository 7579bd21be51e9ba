"""References of payments: 16 bytes that banks know (UETR), and 16 that bind the remittance.

A UETR is the UUIDv4 that a pacs.008 carries, so that one value ties the chain's records to the
banks'. The remittance stays off the chain: what is logged is the beginning of its hash, which
whoever has the document can check. Without a remittance the second half is zero.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from eth_utils import keccak

from pegboard.errors import InputError
from pegboard.files import strict_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HALF = 16
_UETR = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_REFERENCE = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
#: Many times what an invoice needs.
_LONGEST_FILE = 262_144


def new_uetr() -> str:
    """A reference that nobody has used."""
    return str(uuid.uuid4())


def parse_uetr(text: str) -> str:
    """A UETR as banks write it: a UUID of version 4, in small letters."""
    if not _UETR.fullmatch(text):
        raise InputError(
            f"{text!r} is not a UETR: it is a UUID of version 4 in small letters, such as "
            "eb6305c9-1f7f-49de-aed0-16487c27b42d"
        )
    return text


def uetr_of(ref: bytes) -> str:
    """The UETR that a reference begins with; empty where it begins with none."""
    text = str(uuid.UUID(bytes=ref[:HALF]))
    return text if _UETR.fullmatch(text) else ""


def canonical(remittance: Mapping[str, Any]) -> bytes:
    """The one way to write it: sorted keys, no spaces, UTF-8; no fractions, which have many."""
    _require_exact(remittance, "the remittance")
    # What JSON does not have was refused above.
    text = json.dumps(remittance, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError as fault:
        raise InputError("the remittance holds half a character, which UTF-8 has not") from fault


def _require_exact(value: object, where: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _require_exact(inner, f"{where}, {key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            _require_exact(inner, f"{where}, item {number}")
    elif isinstance(value, float):
        raise InputError(
            f'{where}: {value} has no single way to be written: put it in quotes, such as "12.50"'
        )


def hash_of(remittance: Mapping[str, Any]) -> bytes:
    """What the chain is told of a remittance."""
    return keccak(canonical(remittance))[:HALF]


def reference_for(uetr: str, remittance: Mapping[str, Any] | None = None) -> bytes:
    """The 32 bytes of a payment."""
    rest = bytes(HALF) if remittance is None else hash_of(remittance)
    return uuid.UUID(parse_uetr(uetr)).bytes + rest


def parse_reference(text: str, remittance: Mapping[str, Any] | None = None) -> bytes:
    """A UETR, or a whole reference (0x and 64 digits), which then must be of this remittance."""
    if not _REFERENCE.fullmatch(text):
        return reference_for(text, remittance)
    ref = bytes.fromhex(text[2:])
    if not uetr_of(ref):
        raise InputError(f"{text} is no payment's reference: its first 16 bytes are no UETR")
    if remittance is not None and ref[HALF:] != hash_of(remittance):
        raise InputError(
            f"{text} is the reference of another remittance: this one's ends with "
            f"{hash_of(remittance).hex()}"
        )
    return ref


def read_remittance(path: Path) -> dict[str, Any]:
    """A remittance from its JSON file: one object, every name in it once."""
    try:
        with path.open("rb") as file:
            return _taken(strict_json.loads(file.read(_LONGEST_FILE + 1), _LONGEST_FILE))
    except InputError as fault:
        raise InputError(f"{path.name} cannot be taken as a remittance: {fault}") from fault


def _taken(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict) or not found:
        raise InputError("it is no object with names and values")
    canonical(found)
    return found
