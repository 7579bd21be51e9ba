"""What people sign so that somebody else can send it: transfers, allowances, proofs, pauses."""

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
BINDING = [
    {"name": "wallet", "type": "address"},
    {"name": "customerRef", "type": "bytes32"},
    {"name": "nonce", "type": "uint256"},
    {"name": "deadline", "type": "uint256"},
]
PAUSE = [
    {"name": "token", "type": "address"},
    {"name": "bits", "type": "uint8"},
    {"name": "validFrom", "type": "uint48"},
    {"name": "validUntil", "type": "uint48"},
    {"name": "epoch", "type": "uint256"},
    {"name": "ref", "type": "bytes32"},
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


def binding(
    register: Contract, wallet: str, customer_ref: bytes, nonce: int, deadline: int
) -> SignableMessage:
    """The EIP-712 message by which a wallet proves to be a customer's."""
    message = {
        "wallet": wallet,
        "customerRef": customer_ref,
        "nonce": nonce,
        "deadline": deadline,
    }
    return typed_message(register, "Pegboard CustomerRegister", {"Binding": BINDING}, message)


@dataclass(frozen=True)
class SignedPause:
    """A pause that a quorum signs ahead; times are inclusive, in seconds since the epoch."""

    token: str
    bits: int
    valid_from: int
    valid_until: int
    epoch: int
    ref: bytes

    def values(self) -> tuple[object, ...]:
        """The ABI arguments that precede the signatures."""
        return (self.token, self.bits, self.valid_from, self.valid_until, self.epoch, self.ref)

    def signable(self, contract: Contract) -> SignableMessage:
        """The EIP-712 message."""
        message = dict(zip((f["name"] for f in PAUSE), self.values(), strict=True))
        return typed_message(contract, "Pegboard PauseBySignature", {"Pause": PAUSE}, message)
