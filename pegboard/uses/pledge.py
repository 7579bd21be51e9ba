"""Signing a payment: once for each reference, with a nonce that nothing else of the payer has."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.actions import money
from pegboard.errors import InputError, ReferenceUsed
from pegboard.inputs import moment_text
from pegboard.uses import history, payments
from pegboard.uses.remittance import uetr_of

if TYPE_CHECKING:
    from pegboard.signing import Authorization
    from pegboard.uses.payments import Payment
    from pegboard.uses.register import Entry, Register

#: The nonce is the payment's reference, or the next number, or drawn by lot.
REFERENCE, COUNTED, RANDOM = "reference", "counted", "random"
NONCES = (REFERENCE, COUNTED, RANDOM)


@dataclass(frozen=True)
class Pledge:
    """What is to be signed; or was, with the signature; or was paid, with the transaction."""

    authorization: Authorization | None = None
    signature: bytes = b""
    tx: str = ""


def pledge(register: Register, payment: Payment, window: tuple[int, int], nonce: str) -> Pledge:
    """A payment that is valid from a time and before another, as it can be signed now.

    The same payment is not signed twice while the first signature can still be used, and its
    reference never for another one.
    """
    start, end = window
    now = payment.peg.token.chain.now()
    if end <= max(now, start):
        raise InputError(f"it could never be used: {moment_text(end)} is over")
    kept = _kept(register, payment, now)
    if kept is not None:
        return kept
    if tx := payments.paid_in(payment):
        return Pledge(tx=tx)
    word = _word(register, payment, nonce)
    return Pledge(payments.authorization(payment, word, start, end))


def _kept(register: Register, payment: Payment, now: int) -> Pledge | None:
    """What an earlier signature for this reference is good for; None where it is for nothing."""
    entry = register.latest(payment.peg.token.address, payment.payer, payment.ref)
    if entry is None:
        return None
    mine = (payment.to, payment.units, payment.ref)
    same = (entry.signed.to, entry.signed.value, entry.ref) == mine
    if payment.peg.token.call("authorizationState", payment.payer, entry.signed.nonce):
        tx, move = history.end_of_nonce(payment.peg.token, payment.payer, entry.signed.nonce)
        if move is None:
            return None
        if same:
            return Pledge(tx=tx)
    elif entry.signed.valid_before <= now:
        return None
    elif same:
        return Pledge(entry.signed, entry.signature)
    raise ReferenceUsed(
        f"{_named(entry)} was signed for already, {money(payment.peg, entry.signed.value)} to "
        f"{entry.signed.to}: give the new payment a reference of its own"
    )


def _word(register: Register, payment: Payment, nonce: str) -> bytes:
    token = payment.peg.token
    if nonce == COUNTED:
        return register.next_nonce(token, payment.payer)
    if nonce == RANDOM:
        return secrets.token_bytes(32)
    payments.require_not_cancelled(payment)
    return payment.ref


def require_none_signed(register: Register, payment: Payment) -> None:
    """Refuses to send what is signed already, and can be submitted: it would be paid twice."""
    token, now = payment.peg.token, payment.peg.token.chain.now()
    entry = register.latest(token.address, payment.payer, payment.ref)
    if entry is None or entry.signed.valid_before <= now:
        return
    if not token.call("authorizationState", payment.payer, entry.signed.nonce):
        raise ReferenceUsed(
            f"{_named(entry)} is signed already, and anybody can submit it before "
            f"{moment_text(entry.signed.valid_before)}: submit it, or have it cancelled"
        )


def _named(entry: Entry) -> str:
    uetr = uetr_of(entry.ref)
    return f"UETR {uetr}" if uetr else f"nonce 0x{entry.signed.nonce.hex()}"
