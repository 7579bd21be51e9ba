"""What a holder signs so that somebody else can pay the gas: ERC-2612 and ERC-3009."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.reserves import typed_message

if TYPE_CHECKING:
    from eth_account.messages import SignableMessage

    from pegboard.contract import Contract

PERMIT = [
    {"name": "owner", "type": "address"},
    {"name": "spender", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "nonce", "type": "uint256"},
    {"name": "deadline", "type": "uint256"},
]
AUTHORIZATION = [
    {"name": "from", "type": "address"},
    {"name": "to", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "validAfter", "type": "uint256"},
    {"name": "validBefore", "type": "uint256"},
    {"name": "nonce", "type": "bytes32"},
]
CANCELLATION = [{"name": "authorizer", "type": "address"}, {"name": "nonce", "type": "bytes32"}]


@dataclass(frozen=True)
class Authorization:
    """A signed transfer (ERC-3009): `value` base units, valid strictly between the two times."""

    sender: str
    to: str
    value: int
    valid_after: int
    valid_before: int
    nonce: bytes

    def values(self) -> tuple[object, ...]:
        """The ABI arguments that precede the signature."""
        return (self.sender, self.to, self.value, self.valid_after, self.valid_before, self.nonce)

    def signable(self, token: Contract, kind: str = "TransferWithAuthorization") -> SignableMessage:
        """The EIP-712 message; `kind` may also be ReceiveWithAuthorization."""
        names = [f["name"] for f in AUTHORIZATION]
        message = dict(zip(names, self.values(), strict=True))
        return typed_message(token, token.call("name"), {kind: AUTHORIZATION}, message)


def permit(
    token: Contract, owner: str, spender: str, value: int, nonce: int, deadline: int
) -> SignableMessage:
    """The EIP-712 message of an ERC-2612 permit."""
    message = {
        "owner": owner,
        "spender": spender,
        "value": value,
        "nonce": nonce,
        "deadline": deadline,
    }
    return typed_message(token, token.call("name"), {"Permit": PERMIT}, message)


def cancellation(token: Contract, authorizer: str, nonce: bytes) -> SignableMessage:
    """The EIP-712 message that voids an authorization."""
    message = {"authorizer": authorizer, "nonce": nonce}
    return typed_message(token, token.call("name"), {"CancelAuthorization": CANCELLATION}, message)
