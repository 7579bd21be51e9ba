"""What people type, taken strictly: addresses, references, times, document hashes."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from eth_utils import is_checksum_address, keccak

from pegboard.errors import InputError

NO_REFERENCE = bytes(32)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_WORD = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?Z", re.ASCII)


def address(text: str) -> str:
    """An address whose checksum (EIP-55) is right."""
    if not _ADDRESS.fullmatch(text):
        raise InputError(f"{text!r} is not an address: write 0x and 40 hexadecimal digits")
    if not is_checksum_address(text):
        raise InputError(
            f"{text} has a wrong checksum (EIP-55): copy the address again from where it is "
            "known to be right, capital and small letters included"
        )
    return text


def reference(text: str, *, required: bool = False) -> bytes:
    """A human reference as 32 bytes: hex as it is, short ASCII padded, anything else hashed."""
    text = text.strip()
    if text.startswith(("0x", "0X")):
        if not _WORD.fullmatch(text):
            raise InputError(
                f"{text!r} is not a reference: after 0x it takes exactly 64 hexadecimal digits"
            )
        found = bytes.fromhex(text[2:])
    elif text.isascii() and len(text) <= 31:
        found = text.encode().ljust(32, b"\0")
    else:
        found = keccak(text=text)
    if required and found == NO_REFERENCE:
        raise InputError(
            "a reference is required here: add --ref with the bank, ticket or case reference"
        )
    return found


def reference_text(ref: bytes) -> str:
    """A reference for people: its text where it is one, else hex; empty for none."""
    text = ref.rstrip(b"\0")
    if not text:
        return ""
    if len(text) <= 31 and text.isascii() and text.decode().isprintable():
        return text.decode()
    return "0x" + ref.hex()


def moment(text: str) -> int:
    """Seconds since the epoch of a time such as 2026-01-31T09:00:00Z; only UTC is taken."""
    fault = InputError(f"{text!r} is not a time: write it in UTC, such as 2026-01-31T09:00:00Z")
    if not _MOMENT.fullmatch(text):
        raise fault
    try:
        return int(datetime.fromisoformat(text.removesuffix("Z") + "+00:00").timestamp())
    except ValueError:
        raise fault from None


def moment_text(seconds: int) -> str:
    """A time for people and machines, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def word(text: str) -> bytes:
    """A hash: 0x and 64 hexadecimal digits, not all zero."""
    if not _WORD.fullmatch(text) or not int(text, 16):
        raise InputError(f"{text!r} is not a hash: write 0x and 64 hexadecimal digits")
    return bytes.fromhex(text[2:])
