"""Signed payments as x402 writes them: protocol version 2, scheme `exact`, by ERC-3009.

A file of `pay sign` is an x402 PaymentPayload as it stands: any x402 facilitator can settle it, and
what an x402 client sends can be settled here. Nothing in it is believed but what is signed.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eth_utils import is_checksum_address, to_checksum_address

from pegboard.errors import InputError
from pegboard.files import strict_json
from pegboard.signing import Authorization

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pegboard.contract import Contract

VERSION, SCHEME, DOMAIN_VERSION = 2, "exact", "1"
#: The headers in which a server asks, a client pays and a server acknowledges.
REQUIRED, SIGNATURE, RESPONSE = "PAYMENT-REQUIRED", "PAYMENT-SIGNATURE", "PAYMENT-RESPONSE"
_METHOD = "eip3009"
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_NONCE = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
#: A key's signature has 65 bytes; a wallet's may have many.
_SIGNED = re.compile(r"0x(?:[0-9a-fA-F]{2}){1,4096}", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,77}", re.ASCII)
_NETWORK = re.compile(r"eip155:([1-9][0-9]{0,18})", re.ASCII)
#: Many times what is needed.
_LONGEST = 65_536


@dataclass(frozen=True)
class Requirements:
    """What a payee asks for: so many base units of a token, within so many seconds."""

    chain_id: int
    asset: str
    amount: int
    pay_to: str
    timeout: int
    name: str
    version: str = DOMAIN_VERSION

    def as_json(self) -> dict[str, Any]:
        """One of the `accepts` of a server, and the `accepted` of a client."""
        return {
            "scheme": SCHEME,
            "network": network_of(self.chain_id),
            "amount": str(self.amount),
            "asset": self.asset,
            "payTo": self.pay_to,
            "maxTimeoutSeconds": self.timeout,
            "extra": {
                "assetTransferMethod": _METHOD,
                "name": self.name,
                "version": self.version,
            },
        }


@dataclass(frozen=True)
class SignedPayment:
    """A payment that anybody may submit; `resource` is what it pays for, where that is known."""

    requirements: Requirements
    authorization: Authorization
    signature: bytes
    resource: Mapping[str, Any] = field(default_factory=dict)

    def meets(self, wanted: Requirements) -> bool:
        """Whether it is what was asked for; what else it may be, a server does not sell for it."""
        mine = self.requirements
        asked = (wanted.chain_id, wanted.asset, wanted.amount, wanted.pay_to)
        return (mine.chain_id, mine.asset, mine.amount, mine.pay_to) == asked

    def as_json(self) -> dict[str, Any]:
        """An x402 PaymentPayload."""
        paid = self.authorization
        result: dict[str, Any] = {
            "x402Version": VERSION,
            "accepted": self.requirements.as_json(),
            "payload": {
                "signature": "0x" + self.signature.hex(),
                "authorization": {
                    "from": paid.sender,
                    "to": paid.to,
                    "value": str(paid.value),
                    "validAfter": str(paid.valid_after),
                    "validBefore": str(paid.valid_before),
                    "nonce": "0x" + paid.nonce.hex(),
                },
            },
        }
        return result | ({"resource": dict(self.resource)} if self.resource else {})


def network_of(chain_id: int) -> str:
    """A chain as CAIP-2 names it."""
    return f"eip155:{chain_id}"


def requirements(token: Contract, pay_to: str, amount: int, timeout: int) -> Requirements:
    """What to ask for, to be paid in this token."""
    name = token.call("name")
    return Requirements(token.chain.chain_id, token.address, amount, pay_to, timeout, name)


def required(wanted: Requirements, url: str, error: str = "") -> dict[str, Any]:
    """An x402 PaymentRequired: what a server answers with 402, in the header PAYMENT-REQUIRED."""
    result: dict[str, Any] = {
        "x402Version": VERSION,
        "resource": {"url": url},
        "accepts": [wanted.as_json()],
    }
    return result | ({"error": error} if error else {})


def settled(payment: SignedPayment, tx: str, reason: str = "") -> dict[str, Any]:
    """An x402 SettlementResponse, for the header PAYMENT-RESPONSE; a reason says why it is none."""
    result: dict[str, Any] = {
        "success": not reason,
        "payer": payment.authorization.sender,
        "transaction": tx,
        "network": network_of(payment.requirements.chain_id),
        "amount": str(payment.authorization.value),
    }
    return result | ({"errorReason": reason} if reason else {})


def encode_header(data: Mapping[str, Any]) -> str:
    """A JSON object as a header holds it."""
    return base64.b64encode(json.dumps(data, separators=(",", ":")).encode()).decode()


def decode_header(text: str) -> SignedPayment:
    """The payment in a header PAYMENT-SIGNATURE."""
    name = f"the header {SIGNATURE}"
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as fault:
        raise InputError(f"{name} is no signed payment: it is no base64") from fault
    return parse(data, name)


# Reading


def read(path: Path) -> SignedPayment:
    """A signed payment from its file."""
    with path.open("rb") as file:
        return parse(file.read(_LONGEST + 1), path.name)


def parse(data: bytes, name: str) -> SignedPayment:
    """A signed payment, taken strictly; whether it can be paid, only the chain knows."""
    try:
        return _payment(_table(strict_json.loads(data, _LONGEST), "it"))
    except InputError as fault:
        raise InputError(f"{name} is no signed payment: {fault}") from fault


def _payment(top: Mapping[str, Any]) -> SignedPayment:
    if top.get("x402Version") != VERSION:
        raise InputError(f"x402Version is {top.get('x402Version')!r}, and {VERSION} is taken")
    payload = _table(_of(top, "payload"), "payload")
    if "authorization" not in payload:
        raise InputError("payload holds no authorization: only transfers by ERC-3009 are taken")
    signed = _table(payload["authorization"], "authorization")
    return SignedPayment(
        _requirements(_table(_of(top, "accepted"), "accepted")),
        Authorization(
            _address(signed, "from"),
            _address(signed, "to"),
            _number(signed, "value"),
            _number(signed, "validAfter"),
            _number(signed, "validBefore"),
            bytes.fromhex(_text(signed, "nonce", _NONCE, "0x and 64 hex digits")[2:]),
        ),
        bytes.fromhex(_text(payload, "signature", _SIGNED, "0x and the bytes in hex")[2:]),
        _table(top.get("resource") or {}, "resource"),
    )


def _requirements(accepted: Mapping[str, Any]) -> Requirements:
    extra = _table(_of(accepted, "extra"), "extra")
    scheme, method = _of(accepted, "scheme"), extra.get("assetTransferMethod", _METHOD)
    if (scheme, method) != (SCHEME, _METHOD):
        raise InputError(
            f"its scheme is {scheme!r} by {method!r}, and {SCHEME!r} by {_METHOD!r} is taken"
        )
    network = _NETWORK.fullmatch(_text(accepted, "network"))
    if network is None:
        raise InputError(f"network is {accepted['network']!r}, not such as eip155:1 (CAIP-2)")
    timeout = _of(accepted, "maxTimeoutSeconds")
    if not isinstance(timeout, int) or isinstance(timeout, bool) or timeout < 0:
        raise InputError(f"maxTimeoutSeconds is {timeout!r}, not a number of seconds")
    return Requirements(
        int(network[1]),
        _address(accepted, "asset"),
        _number(accepted, "amount"),
        _address(accepted, "payTo"),
        timeout,
        _text(extra, "name"),
        _text(extra, "version"),
    )


def _of(table: Mapping[str, Any], name: str) -> Any:
    if name not in table:
        raise InputError(f"{name} is missing")
    return table[name]


def _table(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{name} is no object with names and values")
    return value


def _text(
    table: Mapping[str, Any], name: str, form: re.Pattern[str] | None = None, what: str = "text"
) -> str:
    value = _of(table, name)
    if not isinstance(value, str) or (form and not form.fullmatch(value)):
        raise InputError(f"{name} is {str(value)[:80]!r}, not {what}")
    return value


def _number(table: Mapping[str, Any], name: str) -> int:
    value = int(_text(table, name, _NUMBER, 'a whole number as text, such as "1000000"'))
    if value >> 256:
        raise InputError(f"{name} is more than 2^256 - 1")
    return value


def _address(table: Mapping[str, Any], name: str) -> str:
    """Clients write small letters, or the checksum (EIP-55); a wrong one is a slip."""
    text = _text(table, name, _ADDRESS, "an address")
    if text not in (text.lower(), text.upper().replace("X", "x")) and not is_checksum_address(text):
        raise InputError(f"{name} {text} has a wrong checksum (EIP-55)")
    return to_checksum_address(text)
