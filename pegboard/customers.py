"""Customers' wallets: the proof that a wallet signs, and what the register is told about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_account import Account
from eth_keys.exceptions import BadSignature
from eth_utils import ValidationError, to_checksum_address

from pegboard.actions import Action, desk_action
from pegboard.calendars import DAY, parse_day
from pegboard.chain import JsonRpc
from pegboard.contract import Contract
from pegboard.errors import InputError, PegboardError
from pegboard.inputs import (
    NO_REFERENCE,
    address,
    moment,
    moment_text,
    reference,
    reference_text,
    word,
)
from pegboard.signing import binding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from eth_account.messages import SignableMessage

    from pegboard.suite import Suite

SCHEMA = "pegboard-binding/1"
#: Wallets read in one call.
PAGE = 200
_LONGEST_TEXT = 31
#: Many times what is needed; brackets without end would overrun the stack.
_LONGEST_FILE = 16_384
#: Nonces (uint32) and times that can be written are below.
_LARGEST = 2**40


@dataclass(frozen=True)
class Customer:
    """What the register keeps of a wallet; times in seconds, zero for none.

    `ready_at` and `payout_ready_at` are when the wallet and its payout account have cooled.
    """

    wallet: str
    standing: str
    bound_at: int
    ready_at: int
    until: int
    bindings: int
    ref: bytes
    payout_ref: bytes
    payout_ready_at: int

    def days_left(self, now: int) -> int:
        """Whole days in which the due diligence still counts."""
        return max(0, self.until - now) // DAY

    def as_dict(self, now: int) -> dict[str, Any]:
        """For JSON."""
        bound, paid = bool(self.bound_at), any(self.payout_ref)
        return {
            "wallet": self.wallet,
            "standing": self.standing,
            "customerRef": "0x" + self.ref.hex() if bound else None,
            "boundAt": moment_text(self.bound_at) if bound else None,
            "readyAt": moment_text(self.ready_at) if bound else None,
            "dueDiligenceUntil": moment_text(self.until) if bound else None,
            "daysLeft": self.days_left(now) if bound else None,
            "payoutRef": "0x" + self.payout_ref.hex() if paid else None,
            "payoutReadyAt": moment_text(self.payout_ready_at) if paid else None,
            "bindings": self.bindings,
        }


@dataclass(frozen=True)
class Proof:
    """A wallet's signed word that it is a customer's; `nonce` is how often it was bound before."""

    wallet: str
    customer_ref: bytes
    nonce: int
    deadline: int
    signature: bytes = b""

    def signable(self, register: Contract) -> SignableMessage:
        """The EIP-712 message that the wallet signs."""
        return binding(register, self.wallet, self.customer_ref, self.nonce, self.deadline)


# What people type


def identifier(text: str) -> bytes:
    """A random number of the issuer's files, as it is: a hash would let names in."""
    text = text.strip()
    found = NO_REFERENCE
    if text[:2] in ("0x", "0X") or (text.isascii() and len(text) <= _LONGEST_TEXT):
        found = reference(text)
    if found == NO_REFERENCE:
        raise InputError(
            f"{text!r} is no reference of a customer or account: write the random number of your "
            f"files, up to {_LONGEST_TEXT} ASCII characters or 0x and 64 hexadecimal digits; it "
            "is never hashed, since a hash of personal data is personal data"
        )
    return found


def last_second(text: str, now: int) -> int:
    """The last second, in UTC, of a day such as 2026-12-31 that is not over."""
    until = (parse_day(text) + 1) * DAY - 1
    if until <= now:
        raise InputError(f"{text} is over: due diligence must end in the future")
    return until


# Reading


def customer_of(suite: Suite, wallet: str) -> Customer:
    """What the register knows of a wallet now."""
    register = suite.desks.customers
    return _customer(register, wallet, register.call("cooling"), suite.chain.now())


def customers(suite: Suite) -> list[Customer]:
    """All bound wallets, those first whose due diligence ends first; on a node, of one block."""
    register, chain = suite.desks.customers, suite.chain
    if isinstance(chain, JsonRpc):
        # The register promises no order: between two pages a wallet could slip through.
        register = Contract(chain.at(chain.height()), register.address, register.abi)
    cooling, now = register.call("cooling"), chain.now()
    found = [_customer(register, wallet, cooling, now) for wallet in _wallets(register)]
    return sorted(found, key=lambda customer: (customer.until, customer.wallet))


def _wallets(register: Contract) -> Iterator[str]:
    offset, page = 0, [""]
    while page:
        page = register.call("wallets", offset, PAGE)
        yield from page
        offset += len(page)


def _customer(register: Contract, wallet: str, cooling: int, now: int) -> Customer:
    bound_at, payout_at, until, bindings, ref, payout_ref = register.call("customerOf", wallet)
    ready_at = bound_at + cooling
    standing = "cooling" if now < ready_at else "ready"
    if now > until:
        standing = "expired" if bound_at else "unknown"
    return Customer(
        wallet=to_checksum_address(wallet),
        standing=standing,
        bound_at=bound_at,
        ready_at=ready_at if bound_at else 0,
        until=until,
        bindings=bindings,
        ref=ref,
        payout_ref=payout_ref,
        payout_ready_at=payout_at + cooling if payout_at else 0,
    )


# Proofs as files


def to_prove(suite: Suite, wallet: str, customer_ref: bytes, deadline: int) -> Proof:
    """What a wallet has to sign so that it can be bound next."""
    if deadline < suite.chain.now():
        raise InputError(f"the deadline {moment_text(deadline)} has passed: give a later one")
    nonce = suite.desks.customers.call("customerOf", wallet)[3]
    return Proof(wallet, customer_ref, nonce, deadline)


def as_file(register: Contract, proof: Proof) -> dict[str, Any]:
    """What a customer hands over."""
    return {
        "schema": SCHEMA,
        "chainId": register.chain.chain_id,
        "register": register.address,
        "wallet": proof.wallet,
        "customerRef": "0x" + proof.customer_ref.hex(),
        "nonce": proof.nonce,
        "deadline": moment_text(proof.deadline),
        "signature": "0x" + proof.signature.hex(),
    }


def from_file(register: Contract, path: Path) -> Proof:
    """A wallet's proof, if it is meant for this register on this chain and signed by the wallet."""
    try:
        data = json.loads(path.read_text(encoding="utf-8")[:_LONGEST_FILE])
        stated = (data["schema"], data["chainId"], data["register"])
        proof = Proof(
            wallet=address(data["wallet"]),
            customer_ref=word(data["customerRef"]),
            nonce=_number(data["nonce"]),
            deadline=_number(moment(data["deadline"])),
            signature=bytes.fromhex(data["signature"].removeprefix("0x")),
        )
    except PegboardError as fault:
        raise InputError(f"{path.name}: {fault}") from fault
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
        raise InputError(f"{path.name} is no proof of a wallet: make it with `prove`") from fault
    if stated != (SCHEMA, register.chain.chain_id, register.address):
        raise InputError(
            f"{path.name} is a proof for register {stated[2]} on chain {stated[1]}, not for this "
            f"one ({register.address} on chain {register.chain.chain_id})"
        )
    if not _may_be_signed(register, proof):
        raise InputError(
            f"{path.name} is not signed by {proof.wallet}: it was changed, or another key signed"
        )
    return proof


def _number(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value < _LARGEST:
        raise InputError(f"{value!r} is no number that the register takes")
    return value


def _may_be_signed(register: Contract, proof: Proof) -> bool:
    """A key's signature is checked here; a contract's (ERC-1271) only the chain can judge."""
    try:
        message = proof.signable(register)
        signer = Account.recover_message(message, signature=proof.signature)
    except (ValueError, LookupError, BadSignature, ValidationError):
        signer = ""
    return signer == proof.wallet or bool(register.chain.code(proof.wallet))


# Verbs


def bind(suite: Suite, proof: Proof, until: int, ref: bytes) -> Action:
    """Binds the wallet of a proof; nothing to do where this very proof was used, to this end."""
    known = customer_of(suite, proof.wallet)
    used = (known.ref, known.bindings) == (proof.customer_ref, proof.nonce + 1)
    if used and known.until != until:
        raise InputError(
            f"{proof.wallet} is bound by this proof already, until {moment_text(known.until)}: "
            "change that with `customers renew`"
        )
    if not used:
        _require_usable(suite, proof, known)
    return _action(
        suite,
        "bind",
        (proof.wallet, proof.customer_ref, until, proof.deadline, proof.signature),
        f"bind {proof.wallet} to customer {reference_text(proof.customer_ref)}, whose due "
        f"diligence counts until {moment_text(until)}",
        ref=ref,
        wallet=proof.wallet,
        done=used,
        customerRef="0x" + proof.customer_ref.hex(),
        dueDiligenceUntil=moment_text(until),
    )


def _require_usable(suite: Suite, proof: Proof, known: Customer) -> None:
    if known.bindings != proof.nonce:
        raise InputError(
            f"{proof.wallet} was bound {known.bindings} times, and the proof is for one that was "
            f"bound {proof.nonce} times: a proof binds once, so have the wallet sign a new one"
        )
    if known.bound_at:
        raise InputError(
            f"{proof.wallet} is bound to customer {reference_text(known.ref)}: unbind it first"
        )
    if proof.deadline < suite.chain.now():
        raise InputError(
            f"the proof could be used until {moment_text(proof.deadline)}: have the wallet sign a "
            "new one"
        )


def set_payout(suite: Suite, wallet: str, payout_ref: bytes, ref: bytes) -> Action:
    """Sets the payout account of a wallet, which then cools."""
    return _action(
        suite,
        "setPayout",
        (wallet, payout_ref),
        f"pay redemptions of {wallet} to account {reference_text(payout_ref)}",
        ref=ref,
        wallet=wallet,
        done=customer_of(suite, wallet).payout_ref == payout_ref,
        payoutRef="0x" + payout_ref.hex(),
    )


def renew(suite: Suite, wallet: str, until: int, ref: bytes) -> Action:
    """Sets until when due diligence counts, in either direction."""
    return _action(
        suite,
        "renew",
        (wallet, until),
        f"let the due diligence of {wallet} count until {moment_text(until)}",
        ref=ref,
        wallet=wallet,
        done=customer_of(suite, wallet).until == until,
        dueDiligenceUntil=moment_text(until),
    )


def unbind(suite: Suite, wallet: str, ref: bytes) -> Action:
    """Unbinds a wallet and forgets its payout account."""
    said = f"unbind {wallet}, and forget its payout account"
    done = not customer_of(suite, wallet).bound_at
    return _action(suite, "unbind", (wallet,), said, ref=ref, wallet=wallet, done=done)


def _action(
    suite: Suite,
    verb: str,
    args: tuple[Any, ...],
    said: str,
    *,
    ref: bytes,
    wallet: str,
    done: bool,
    **details: str,
) -> Action:
    return desk_action(
        suite.desks.customers,
        verb,
        (*args, ref),
        said,
        ref=ref,
        details={"wallet": wallet, **details},
        nothing_to_do=done,
    )
