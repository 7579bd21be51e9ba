"""Several calls in one: what Safe's MultiSendCallOnly takes, packed and read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils import to_checksum_address

from pegboard.contract import selector_of
from pegboard.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

#: MultiSendCallOnly 1.4.1, where Safe deployed it on most chains.
CANONICAL = "0x9641d764fc13c8B624c04430C7356C1C7C8102e2"
#: Keccak256 of its runtime code, wherever it is.
CODE_HASH = "ecd5bd14a08c5d2122379900b2f272bdf107a7e92423c10dd5fe3254386c9939"
SELECTOR = selector_of("multiSend(bytes)")
#: operation (1) | to (20) | value (32) | length of the data (32)
_HEAD = 85
_FAULT = "this is no batch as MultiSendCallOnly takes it, so nobody can say what it does"


@dataclass(frozen=True)
class Piece:
    """One call of a batch."""

    to: str
    value: int
    data: bytes


def pack(pieces: Iterable[Piece]) -> bytes:
    """The calldata of a batch."""
    packed = b"".join(
        b"\0"
        + bytes.fromhex(piece.to[2:])
        + piece.value.to_bytes(32)
        + len(piece.data).to_bytes(32)
        + piece.data
        for piece in pieces
    )
    return SELECTOR + encode(["bytes"], [packed])


def unpack(data: bytes) -> tuple[Piece, ...]:
    """The calls of a batch; refuses whatever `pack` would not have written."""
    if data[:4] != SELECTOR:
        raise InputError(_FAULT)
    try:
        (packed,) = decode(["bytes"], data[4:])
    except (DecodingError, OverflowError) as fault:
        raise InputError(_FAULT) from fault
    pieces, at = [], 0
    while at < len(packed):
        head = packed[at : at + _HEAD]
        length = int.from_bytes(head[53:])
        if len(head) < _HEAD or head[0] or at + _HEAD + length > len(packed):
            raise InputError(_FAULT)
        at += _HEAD
        body = packed[at : at + length]
        to = to_checksum_address(head[1:21])
        pieces.append(Piece(to, int.from_bytes(head[21:53]), body))
        at += length
    # Bytes that no reader looks at could still be a second meaning for another one.
    if not pieces or pack(pieces) != data:
        raise InputError(_FAULT)
    return tuple(pieces)
