"""Signed messages as tests need them: right ones, and wrong in one respect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eth_account.messages import encode_typed_data

from pegboard.signing import AUTHORIZATION, CANCELLATION, PERMIT

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from pegboard.contract import Contract

FOREVER = 2**256 - 1
#: The order of secp256k1: (r, n - s, the other v) is the same signature again.
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
TYPES = {
    "Permit": PERMIT,
    "TransferWithAuthorization": AUTHORIZATION,
    "ReceiveWithAuthorization": AUTHORIZATION,
    "CancelAuthorization": CANCELLATION,
}
_HEADS = {
    "permit": "address,address,uint256,uint256",
    "transferWithAuthorization": "address,address,uint256,uint256,uint256,bytes32",
    "receiveWithAuthorization": "address,address,uint256,uint256,uint256,bytes32",
    "cancelAuthorization": "address,bytes32",
}
#: Every signed verb in its two forms.
FORMS = ("vrs", "bytes")


@dataclass(frozen=True)
class Signature:
    """An ECDSA signature in parts."""

    v: int
    r: int
    s: int

    def args(self, form: str) -> tuple[Any, ...]:
        """The last arguments of a verb in this form."""
        if form == "bytes":
            return (bytes(self),)
        return (self.v, self.r.to_bytes(32), self.s.to_bytes(32))

    def __bytes__(self) -> bytes:
        return self.r.to_bytes(32) + self.s.to_bytes(32) + bytes([self.v])

    def malleable(self) -> Signature:
        """The same signature with a high s."""
        return Signature(55 - self.v, self.r, ORDER - self.s)

    def with_v(self, v: int) -> Signature:
        return replace(self, v=v)

    def compact(self) -> bytes:
        """64 bytes (EIP-2098)."""
        return self.r.to_bytes(32) + (self.s | (self.v - 27) << 255).to_bytes(32)


def spelled(verb: str, form: str) -> str:
    """The full signature of a signed verb in one of its forms."""
    return f"{verb}({_HEADS[verb]},{'bytes' if form == 'bytes' else 'uint8,bytes32,bytes32'})"


def sign(
    key: LocalAccount, token: Contract, kind: str, values: tuple[Any, ...], **domain: Any
) -> Signature:
    """Signs a message of this kind; `domain` overrides what a wallet would read from the token."""
    fields = TYPES[kind]
    message = dict(zip((f["name"] for f in fields), values, strict=True))
    whole = {
        "name": token.call("name"),
        "version": "1",
        "chainId": token.chain.chain_id,
        "verifyingContract": token.address,
    } | domain
    signed = key.sign_message(encode_typed_data(whole, {kind: fields}, message))
    return Signature(signed.v, signed.r, signed.s)
