"""Reserve statements: what attestors sign, and how a quorum's signatures are posted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_account.messages import encode_typed_data
from eth_utils import to_checksum_address

from pegboard.errors import AmountError, PegboardError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eth_account.messages import SignableMessage

    from pegboard.chain import Receipt
    from pegboard.contract import Call, Contract

MAX_UNITS = 2**104 - 1
STATEMENT_TYPE = [
    {"name": "currency", "type": "string"},
    {"name": "asOf", "type": "uint40"},
    {"name": "reserves", "type": "uint104"},
    {"name": "elsewhere", "type": "uint104"},
    {"name": "document", "type": "bytes32"},
]


@dataclass(frozen=True)
class Statement:
    """The reserves of one currency at one moment, in base units of its feed."""

    currency: str
    as_of: int
    reserves: int
    elsewhere: int
    document: bytes

    def __post_init__(self) -> None:
        """Refuses what a feed has no room for."""
        if max(self.reserves, self.elsewhere) > MAX_UNITS:
            raise AmountError("more than a reserve feed can state (2^104 - 1 base units)")

    def values(self) -> tuple[Any, ...]:
        """The ABI tuple."""
        return (self.currency, self.as_of, self.reserves, self.elsewhere, self.document)


@dataclass(frozen=True)
class SignedStatement:
    """One attestor's signature."""

    attestor: str
    signature: bytes


def signable(feed: Contract, statement: Statement) -> SignableMessage:
    """The EIP-712 message; the domain is this feed on this chain."""
    message = {
        "currency": statement.currency,
        "asOf": statement.as_of,
        "reserves": statement.reserves,
        "elsewhere": statement.elsewhere,
        "document": statement.document,
    }
    return typed_message(feed, "Pegboard ReserveFeed", {"Statement": STATEMENT_TYPE}, message)


def typed_message(
    contract: Contract, name: str, types: dict[str, Any], message: dict[str, Any]
) -> SignableMessage:
    """An EIP-712 message in the domain of a contract of the suite, version 1."""
    domain = {
        "name": name,
        "version": "1",
        "chainId": contract.chain.chain_id,
        "verifyingContract": contract.address,
    }
    return encode_typed_data(domain, types, message)


def posting(feed: Contract, statement: Statement, signed: Iterable[SignedStatement]) -> Call:
    """The call that posts a statement, its signatures in the order that the feed asks for."""
    ordered = sorted(signed, key=lambda s: int(s.attestor, 16))
    known = {to_checksum_address(a) for a in feed.call("attestors")}
    strangers = [s.attestor for s in ordered if to_checksum_address(s.attestor) not in known]
    if strangers:
        raise PegboardError(f"{', '.join(strangers)} is no attestor of {statement.currency}")
    return feed.prepare(
        "post",
        statement.values(),
        [s.signature for s in ordered],
        text=f"post a statement of {statement.currency} reserves with {len(ordered)} signatures",
    )


def post(
    feed: Contract, statement: Statement, signed: Iterable[SignedStatement], *, sender: str
) -> Receipt:
    """Posts a statement that a quorum signed."""
    return feed.submit(posting(feed, statement, signed).data, sender=sender)
