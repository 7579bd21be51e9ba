"""What a node or a signer answers, believed only where it fits what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils import to_checksum_address, to_hex
from hexbytes import HexBytes

from pegboard.chain import Log, Receipt
from pegboard.errors import ChainError
from pegboard.rpc import integer

if TYPE_CHECKING:
    from collections.abc import Mapping


def receipt_of(receipt: Mapping[str, Any]) -> Receipt:
    """A receipt as JSON-RPC writes it."""
    logs = tuple(Log.read(log) for log in receipt["logs"])
    block, gas = (integer(receipt[name], "a receipt") for name in ("blockNumber", "gasUsed"))
    return Receipt(receipt["transactionHash"], block, gas, logs)


def require_faithful(raw: bytes, wanted: Mapping[str, Any], signer: str) -> None:
    """What will be sent is what was shown, signed by whom it was asked of."""
    signed = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    for name, value in wanted.items():
        found: Any = signed[name]
        if isinstance(found, bytes):
            found = to_checksum_address(found) if name == "to" else to_hex(found)
        if found != value:
            raise ChainError(
                f"what came back from signing has another {name} ({found}, not {value}): "
                "nothing was sent; find out what signs there"
            )
    recovered = Account.recover_transaction(raw)
    if recovered != signer:
        raise ChainError(
            f"what came back was signed by {recovered}, not by {signer}: nothing was sent"
        )
