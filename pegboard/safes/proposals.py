"""Proposals of a Safe as files, and each owner's signature as a file beside it.

Nothing in them is believed: the hash is computed anew from the content, every signature must be
its owner's over that hash, and what the content does is decoded from its bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pegboard.errors import InputError, PegboardError
from pegboard.files import atomic
from pegboard.inputs import address
from pegboard.safes import once
from pegboard.safes.quorum import signer_of
from pegboard.safes.safe import SafeTx

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

SCHEMA, SIGNATURE_SCHEMA = "pegboard-safe/1", "pegboard-safe-signature/1"
#: Many times what a batch needs.
_LONGEST_FILE = 2**21
_DEEPEST = 2
_LARGEST = 2**64
_LARGEST_VALUE = 2**256
_MAKE = "make it with a command's --safe"
_NUMBERS = {
    "chainId": "chain_id",
    "nonce": "nonce",
    "operation": "operation",
    "safeTxGas": "safe_tx_gas",
    "baseGas": "base_gas",
    "gasPrice": "gas_price",
}
_ADDRESSES = {
    "safe": "safe",
    "to": "to",
    "gasToken": "gas_token",
    "refundReceiver": "refund_receiver",
}
_KEYS = {"schema", *_NUMBERS, *_ADDRESSES, "value", "data", "safeTxHash", "signatures"}
_SIGNATURE_KEYS = {"schema", "chainId", "safe", "nonce", "safeTxHash", "owner", "signature"}


@dataclass(frozen=True)
class Proposal:
    """A transaction that owners are asked to sign, with the signatures that are there."""

    tx: SafeTx
    signatures: Mapping[str, bytes] = field(default_factory=dict)

    def signed(self, owner: str, signature: bytes) -> Proposal:
        """The same with one more signature; refuses one that is not this owner's."""
        if signer_of(self.tx, signature) != owner:
            raise InputError(
                f"the signature of {owner} is not by that key over these very bytes: it was "
                "changed, or another key signed"
            )
        return replace(self, signatures={**self.signatures, owner: signature})


# Places


def path_of(folder: Path, tx: SafeTx) -> Path:
    """Where a proposal is kept."""
    return folder / str(tx.chain_id) / f"{tx.nonce}-{tx.hash.hex()[:8]}.json"


def signature_path(path: Path, owner: str) -> Path:
    """Where an owner's signature of a proposal is kept: beside it, by the owner's address."""
    return path.with_name(f"{path.stem}.{owner}.json")


def place(folder: Path, tx: SafeTx, now_at: int) -> tuple[SafeTx, Path]:
    """The number of a new transaction, after all that wait; of one that waits already, its own.

    Refuses a payout of which another file with the same name waits.
    """
    waiting = [
        found
        for path in sorted((folder / str(tx.chain_id)).glob("*.json"))
        if path.name.count(".") == 1
        for found in [read(path).tx]
        if found.safe == tx.safe and found.nonce >= now_at
    ]
    for found in waiting:
        if replace(tx, nonce=found.nonce) == found:
            return found, path_of(folder, found)
    once.require_no_other(tx, waiting)
    numbered = replace(tx, nonce=max([now_at - 1, *(found.nonce for found in waiting)]) + 1)
    return numbered, path_of(folder, numbered)


# Writing


def as_file(proposal: Proposal) -> dict[str, Any]:
    """What a proposal's file says."""
    tx = proposal.tx
    found: dict[str, Any] = {"schema": SCHEMA}
    found |= {key: getattr(tx, name) for key, name in (_NUMBERS | _ADDRESSES).items()}
    found |= {"value": str(tx.value), "data": "0x" + tx.data.hex()}
    found["safeTxHash"] = "0x" + tx.hash.hex()
    ordered = sorted(proposal.signatures.items(), key=lambda item: int(item[0], 16))
    return found | {"signatures": {owner: "0x" + made.hex() for owner, made in ordered}}


def signature_as_file(tx: SafeTx, owner: str, signature: bytes) -> dict[str, Any]:
    """What the file of one owner's signature says."""
    return {
        "schema": SIGNATURE_SCHEMA,
        "chainId": tx.chain_id,
        "safe": tx.safe,
        "nonce": tx.nonce,
        "safeTxHash": "0x" + tx.hash.hex(),
        "owner": owner,
        "signature": "0x" + signature.hex(),
    }


def write(path: Path, data: Mapping[str, Any]) -> None:
    """Writes a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(path, (json.dumps(data, indent=2) + "\n").encode())


# Reading


def read(path: Path) -> Proposal:
    """A proposal as its file has it, taken strictly."""
    data = _load(path)
    try:
        if data["schema"] != SCHEMA or set(data) != _KEYS:
            raise InputError(f"it is no proposal of a Safe; {_MAKE}")
        fields: dict[str, Any] = {name: _number(data, key) for key, name in _NUMBERS.items()}
        fields |= {name: address(data[key]) for key, name in _ADDRESSES.items()}
        tx = SafeTx(**fields, value=_value(data["value"]), data=_bytes(data["data"]))
        if _bytes(data["safeTxHash"]) != tx.hash:
            raise InputError(
                f"it states the hash {data['safeTxHash']}, and what it says has the hash "
                f"0x{tx.hash.hex()}: something was changed, so it is not used"
            )
        proposal = Proposal(tx)
        for owner, made in data["signatures"].items():
            proposal = proposal.signed(address(owner), _bytes(made))
    except PegboardError as fault:
        raise InputError(f"{path.name}: {fault}") from fault
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as fault:
        raise InputError(f"{path.name}: it is no proposal of a Safe; {_MAKE}") from fault
    return proposal


def collect(path: Path) -> Proposal:
    """A proposal with all signatures that are in it and beside it."""
    return merge(read(path), sorted(path.parent.glob(f"{path.stem}.0x*.json")))


def merge(proposal: Proposal, paths: Iterable[Path]) -> Proposal:
    """A proposal with the signatures of other files, which must be of the very same one."""
    for path in paths:
        data = _load(path)
        try:
            found = _signatures(path, data, proposal.tx)
            for owner, made in found.items():
                proposal = proposal.signed(owner, made)
        except PegboardError as fault:
            text = str(fault).removeprefix(f"{path.name}: ")
            raise InputError(f"{path.name}: {text}") from fault
        except (ValueError, LookupError, TypeError, AttributeError) as fault:
            raise InputError(f"{path.name}: it is no signature of a Safe's owner") from fault
    return proposal


def _signatures(path: Path, data: Mapping[str, Any], tx: SafeTx) -> Mapping[str, bytes]:
    if data["schema"] == SCHEMA:
        other = read(path)
        if other.tx != tx:
            raise InputError("it is another proposal: merge only files of the same one")
        return other.signatures
    if data["schema"] != SIGNATURE_SCHEMA or set(data) != _SIGNATURE_KEYS:
        raise InputError("it is no signature of a Safe's owner")
    stated = (data["chainId"], address(data["safe"]), data["nonce"], _bytes(data["safeTxHash"]))
    if stated != (tx.chain_id, tx.safe, tx.nonce, tx.hash):
        raise InputError("it is a signature of another proposal: leave it out")
    return {address(data["owner"]): _bytes(data["signature"])}


def _load(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as fault:
        raise InputError(f"{path}: {fault.strerror}") from fault
    except ValueError:
        text = ""
    if len(text) > _LONGEST_FILE:
        raise InputError(f"{path.name}: it is too long for a proposal")
    try:
        # Brackets without end would overrun the stack, and a proposal has no lists.
        nested = "[" in text or text.count("{") > _DEEPEST
        found = None if nested else json.loads(text, object_pairs_hook=_once)
    except ValueError:
        found = None
    if not isinstance(found, dict) or "schema" not in found:
        raise InputError(f"{path.name}: it is no proposal of a Safe; {_MAKE}")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A second value of a key would be read by one reader and not by another."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _number(data: Mapping[str, Any], key: str) -> int:
    value = data[key]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _LARGEST:
        raise InputError(f"{key} {value!r} is no number that a Safe takes")
    return value


def _value(text: Any) -> int:
    if not isinstance(text, str) or str(int(text)) != text or not 0 <= int(text) < _LARGEST_VALUE:
        raise InputError(f"value {text!r} is no amount of the chain's own coin in wei")
    return int(text)


def _bytes(text: str) -> bytes:
    if text[:2] != "0x" or text != text.lower() or not text.isascii():
        raise InputError(f"{text[:20]!a} is not written as 0x and lower-case hexadecimal digits")
    found = bytes.fromhex(text[2:])
    if "0x" + found.hex() != text:
        raise InputError(f"{text[:20]!a} is not written as 0x and lower-case hexadecimal digits")
    return found
