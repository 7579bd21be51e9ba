"""What people sign in the uses (EIP-712): quotes, payments, documents, offers, envelopes.

The contracts take the same terms as calldata and know them by their hash, so nothing else has to be
stored to use them: a terms file is all that a party needs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

from eth_abi import encode
from eth_utils import keccak, to_checksum_address

from pegboard.errors import InputError
from pegboard.inputs import address
from pegboard.reserves import typed_message
from pegboard.signing import Authorization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eth_account.messages import SignableMessage

    from pegboard.contract import Contract

_WORD = 32


@dataclass(frozen=True)
class Terms:
    """Signed terms; the fields are those of the Solidity struct, in its order."""

    TYPE: ClassVar[str]
    DOMAIN: ClassVar[str]
    #: The Solidity name and type of every field.
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]

    def values(self) -> tuple[Any, ...]:
        """The ABI value of the struct."""
        return tuple(getattr(self, field.name) for field in fields(self))

    def signable(self, contract: Contract) -> SignableMessage:
        """The EIP-712 message."""
        names = [name for name, _ in self.FIELDS]
        kinds = [{"name": name, "type": kind} for name, kind in self.FIELDS]
        message = dict(zip(names, self.values(), strict=True))
        return typed_message(contract, self.DOMAIN, {self.TYPE: kinds}, message)

    def digest(self, contract: Contract) -> bytes:
        """The EIP-712 hash: what a wallet signs."""
        return digest(self.signable(contract))

    def as_json(self) -> dict[str, Any]:
        """For files: numbers as decimal text, bytes as 0x-hex."""
        pairs = zip(self.FIELDS, self.values(), strict=True)
        return {name: _as_json(value) for (name, _), value in pairs}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Reads what `as_json` wrote; refuses what is missing, unknown or no such value."""
        names = [name for name, _ in cls.FIELDS]
        if not isinstance(data, dict) or set(data) != set(names):
            raise InputError(f"{cls.TYPE} needs exactly these fields: {', '.join(names)}")
        return cls(*(_from_json(name, kind, data[name]) for name, kind in cls.FIELDS))

    @classmethod
    def from_abi(cls, values: tuple[Any, ...]) -> Self:
        """What a contract answered or logged."""
        pairs = zip(cls.FIELDS, values, strict=True)
        return cls(*(_plain(kind, value) for (_, kind), value in pairs))


def digest(message: SignableMessage) -> bytes:
    """The hash that a signature is over (EIP-191 version 1)."""
    return keccak(b"\x19" + message.version + message.header + message.body)


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value if isinstance(value, str | bool) else str(value)


def _from_json(name: str, kind: str, value: Any) -> Any:
    if kind == "bool":
        if not isinstance(value, bool):
            raise InputError(f"{name} must be true or false")
        return value
    if not isinstance(value, str):
        raise InputError(f"{name} must be text, such as {_EXAMPLES[_family(kind)]}")
    if kind == "address":
        return address(value)
    if kind == "bytes32":
        try:
            found = bytes.fromhex(value.removeprefix("0x"))
        except ValueError:
            found = b""
        if len(found) != _WORD or not value.startswith("0x"):
            raise InputError(f"{name} must be 0x and 64 hex digits")
        return found
    bits = int(kind.removeprefix("uint"))
    if not (value.isascii() and value.isdigit()) or int(value) >> bits:
        raise InputError(f"{name} must be a whole number of base units below 2^{bits}")
    return int(value)


_EXAMPLES = {"address": '"0x..."', "bytes32": '"0x..."', "uint": '"1000000"'}


def _family(kind: str) -> str:
    return "uint" if kind.startswith("uint") else kind


def _plain(kind: str, value: Any) -> Any:
    if kind == "address":
        return to_checksum_address(value)
    if kind == "bytes32" and isinstance(value, str):
        return bytes.fromhex(value.removeprefix("0x"))
    return value


@dataclass(frozen=True)
class Quote(Terms):
    """What a maker offers: `sell` for `buy`, until `deadline`."""

    TYPE = "Quote"
    DOMAIN = "Pegboard FxSettle"
    FIELDS = (
        *(("maker", "address"), ("taker", "address"), ("sell", "address"), ("buy", "address")),
        *(("sellAmount", "uint128"), ("buyAmount", "uint128"), ("deadline", "uint48")),
        ("nonce", "uint256"),
    )

    maker: str
    taker: str
    sell: str
    buy: str
    sell_amount: int
    buy_amount: int
    deadline: int
    nonce: int

    def payment(self, contract: Contract, taker: str, to: str, ref: bytes) -> Authorization:
        """What a taker signs to pay for it, delivered to `to` only."""
        word = self.digest(contract) + bytes(12) + bytes.fromhex(to[2:]) + ref
        return Authorization(
            taker, contract.address, self.buy_amount, 0, self.deadline + 1, keccak(word)
        )


@dataclass(frozen=True)
class Info(Terms):
    """The terms of a checkout payment."""

    TYPE = "Info"
    DOMAIN = "Pegboard Checkout"
    FIELDS = (
        *(("operator", "address"), ("payer", "address"), ("payee", "address")),
        *(("token", "address"), ("max", "uint104"), ("authBy", "uint48")),
        *(("captureBy", "uint48"), ("refundBy", "uint48"), ("feeBps", "uint16")),
        *(("feeTo", "address"), ("order", "bytes32")),
    )

    operator: str
    payer: str
    payee: str
    token: str
    max: int
    auth_by: int
    capture_by: int
    refund_by: int
    fee_bps: int
    fee_to: str
    order: bytes

    def payment(self, contract: Contract) -> Authorization:
        """What the payer signs."""
        return Authorization(
            self.payer, contract.address, self.max, 0, self.auth_by + 1, self.digest(contract)
        )


@dataclass(frozen=True)
class Doc(Terms):
    """A document of a sale, as its attester signs it."""

    TYPE = "Doc"
    DOMAIN = "Pegboard Receivables"
    FIELDS = (
        *(("attester", "address"), ("seller", "address"), ("buyer", "address")),
        *(("token", "address"), ("face", "uint96"), ("due", "uint32")),
        *(("fingerprint", "bytes32"), ("ordersRoot", "bytes32")),
    )

    attester: str
    seller: str
    buyer: str
    token: str
    face: int
    due: int
    fingerprint: bytes
    orders_root: bytes

    @property
    def hash(self) -> bytes:
        """What its buyer accepts and a financier's offer is for (hashStruct of EIP-712)."""
        kinds = ",".join(f"{kind} {name}" for name, kind in self.FIELDS)
        word = keccak(text=f"{self.TYPE}({kinds})")
        return keccak(word + encode([kind for _, kind in self.FIELDS], self.values()))

    def acceptance(self, contract: Contract) -> SignableMessage:
        """What the buyer signs: that it owes what the document says."""
        kinds = {"Acceptance": [{"name": "doc", "type": "bytes32"}]}
        message = {"doc": self.hash}
        return typed_message(contract, self.DOMAIN, kinds, message)


@dataclass(frozen=True)
class Offer(Terms):
    """What a financier offers on a document."""

    TYPE = "Offer"
    DOMAIN = "Pegboard Receivables"
    FIELDS = (
        *(("doc", "bytes32"), ("financier", "address"), ("advance", "uint96")),
        *(("feeBps", "uint16"), ("lateBpsPerDay", "uint16"), ("expiry", "uint48")),
        ("nonce", "uint256"),
    )

    doc: bytes
    financier: str
    advance: int
    fee_bps: int
    late_bps_per_day: int
    expiry: int
    nonce: int

    @property
    def fee(self) -> int:
        """In base units, rounded down."""
        return self.advance * self.fee_bps // 10_000


@dataclass(frozen=True)
class Envelope(Terms):
    """The terms of a red envelope."""

    TYPE = "Envelope"
    DOMAIN = "Pegboard RedEnvelope"
    FIELDS = (
        *(("creator", "address"), ("token", "address"), ("key", "address")),
        *(("submitter", "address"), ("total", "uint96"), ("packets", "uint16")),
        *(("random", "bool"), ("expiry", "uint40"), ("salt", "bytes32")),
    )

    creator: str
    token: str
    key: str
    submitter: str
    total: int
    packets: int
    random: bool
    expiry: int
    salt: bytes

    def payment(self, contract: Contract) -> Authorization:
        """What the creator signs."""
        return Authorization(
            self.creator, contract.address, self.total, 0, self.expiry + 1, self.digest(contract)
        )

    def claim(self, contract: Contract, to: str) -> SignableMessage:
        """What the link's key signs for one claimer."""
        kinds = {
            "Claim": [{"name": "id", "type": "bytes32"}, {"name": "to", "type": "address"}],
        }
        message = {"id": self.digest(contract), "to": to}
        return typed_message(contract, self.DOMAIN, kinds, message)
