"""Payments of one holder: sent with a reference, or signed so that anybody can submit them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_account import Account
from eth_keys.exceptions import BadSignature
from eth_utils import ValidationError, to_checksum_address

from pegboard.actions import Action, money
from pegboard.amounts import parse_amount, spoken_amount
from pegboard.chain import JsonRpc
from pegboard.contract import Call, decoded, type_of
from pegboard.errors import ChainError, InputError, NotPermitted, PegboardError, ReferenceUsed
from pegboard.files.paying import barred_among, remaining
from pegboard.guards import require_receivers
from pegboard.inputs import NO_REFERENCE, moment_text, reference
from pegboard.signing import Authorization, cancellation
from pegboard.uses import history
from pegboard.uses.past import settled
from pegboard.uses.remittance import HALF, hash_of, new_uetr, parse_reference, uetr_of
from pegboard.uses.x402 import Requirements, SignedPayment, requirements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eth_account.messages import SignableMessage

    from pegboard.contract import Contract
    from pegboard.files.payouts import Batch
    from pegboard.sending.journal import Wish
    from pegboard.suite import Peg, Suite

KEY_SIGNATURE = 65
_ANEW = "to pay it once more, give --ref with a UETR of its own"
_TRANSFER = "transfer(address,uint256,bytes)"
_AUTHORIZED = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
_CANCEL = "cancelAuthorization(address,bytes32,bytes)"


@dataclass(frozen=True)
class Payment:
    """What one holder wants to pay another; `ref` is all zero where it has none.

    `used` are references that this machine has signed for the payer: of a UETR alone, or of a
    remittance alone, no node can be asked.
    """

    peg: Peg
    payer: str
    to: str
    units: int
    ref: bytes
    used: frozenset[bytes] = frozenset()

    @property
    def uetr(self) -> str:
        """What banks call it."""
        return uetr_of(self.ref)

    def told(self) -> str:
        """In words."""
        named = f", UETR {self.uetr}" if self.uetr else ""
        return f"pay {money(self.peg, self.units)} to {self.to}{named}"


def require_sound(suite: Suite, payment: Payment, remittance: Mapping[str, Any] | None) -> None:
    """Refuses what nobody can want: nothing, to oneself, to a contract that keeps it, to a barred.

    An invoice that itself says what it is about must say the same.
    """
    peg, to = payment.peg, payment.to
    if payment.units <= 0:
        raise InputError("the amount is zero: nothing would happen, so say how much")
    if to == payment.payer:
        raise InputError(f"{to} is the payer itself: say to whom")
    require_receivers(suite, peg, [to])
    for _, why in barred_among(peg, [to]).values():
        raise NotPermitted(f"{to} {why}: it cannot be paid in {peg.config.code} now")
    if remittance:
        _require_agreement(payment, remittance)


def _require_agreement(payment: Payment, remittance: Mapping[str, Any]) -> None:
    peg, written = payment.peg, remittance.get("amount")
    stated = {"currency": peg.config.code, "payee": payment.to, "uetr": payment.uetr}
    for name, value in stated.items():
        if remittance.get(name, value) != value:
            raise InputError(
                f"the remittance says {name} {remittance[name]}, and here it is {value}: check both"
            )
    if written is not None and parse_amount(str(written), peg.config.decimals) != payment.units:
        raise InputError(
            f"the remittance says amount {written}, and here it is "
            f"{money(peg, payment.units)}: check both"
        )


# Sending


def reference_of(
    suite: Suite,
    peg: Peg,
    ends: tuple[str, str, int],
    text: str,
    remittance: Mapping[str, Any] | None,
    used: frozenset[bytes] = frozenset(),
) -> bytes:
    """The reference of a payment (payer, payee, units), as it is given, or else found or new.

    An invoice that was paid before has its reference on the chain: repeating it pays nothing, and
    paying it otherwise takes a reference that is given.
    """
    written = (remittance or {}).get("uetr")
    given = text or (written if isinstance(written, str) else "")
    ref = parse_reference(given or new_uetr(), remittance)
    if not isinstance(peg.token.chain, JsonRpc):
        return ref
    if given:
        _require_unsettled(suite, ends[0], ref[:HALF], f"UETR {uetr_of(ref)}")
    elif remittance is not None:
        _require_unsettled(suite, ends[0], ref[HALF:], "the invoice")
        return _found(peg, ends, ref[HALF:], used) or ref
    return ref


def _require_unsettled(suite: Suite, payer: str, half: bytes, what: str) -> None:
    """Refuses what this payer has paid by an exchange before."""
    tx = settled(suite.uses.fx, payer, lambda ref: half in (ref[:HALF], ref[HALF:]))
    if tx:
        raise ReferenceUsed(f"{what} was paid already, by `fx pay` in transaction {tx}: {_ANEW}")


def _found(peg: Peg, ends: tuple[str, str, int], half: bytes, used: frozenset[bytes]) -> bytes:
    """The reference with which an invoice was paid just so; refuses one that was paid otherwise."""
    alike = [it for it in history.paid_between(peg.token, *ends) if it[1].word[HALF:] == half]
    about = [ref for ref in used if ref[HALF:] == half]
    found = [*alike, *history.paid_with(peg.token, ends[0], about)]
    found = [(tx, move) for tx, move in found if uetr_of(move.word)]
    for _, move in found:
        if (move.to, move.value) == ends[1:]:
            return move.word
    for tx, move in found:
        raise ReferenceUsed(
            f"the invoice was paid already, {money(peg, move.value)} to {move.to}, in transaction "
            f"{tx}: {_ANEW}"
        )
    return b""


def send(payment: Payment) -> Action:
    """A transfer with its reference, once: the same again is not sent."""
    peg, token, ref = payment.peg, payment.peg.token, payment.ref
    text = payment.told()
    data = token.encode(_TRANSFER, payment.to, payment.units, ref)
    return Action(
        verb="pay",
        peg=peg,
        contract=token,
        call=Call(token.address, data, text),
        ref=ref,
        details={"payer": payment.payer, "to": payment.to, "uetr": payment.uetr},
        amount=payment.units,
        public=True,
        key=f"{key_of(peg, payment.payer)}{ref.hex()}",
        before=lambda: _paid_or_free(payment),
    )


def key_of(peg: Peg, payer: str) -> str:
    """How the journal's keys of this payer's payments begin; the reference follows."""
    return f"payment of {peg.config.code} from {payer} with 0x"


def _paid_or_free(payment: Payment) -> str:
    tx = paid_in(payment)
    if not tx:
        require_not_cancelled(payment)
    return tx


def require_not_cancelled(payment: Payment) -> None:
    """Refuses a reference that the payer voided, with which nothing was paid."""
    if payment.peg.token.call("authorizationState", payment.payer, payment.ref):
        raise ReferenceUsed(
            f"a payment with UETR {payment.uetr} was cancelled, and cannot be made any more: give "
            "the new payment a reference of its own"
        )


def sent_with(
    peg: Peg, wish: Wish, ends: tuple[str, str, int], remittance: Mapping[str, Any] | None
) -> bytes:
    """The reference with which a transaction pays just this; empty where it pays something else."""
    item = peg.token.function(_TRANSFER)
    if (wish.signer, wish.target) != (ends[0], peg.token.address):
        return b""
    if wish.data[:4] != peg.token.selector(_TRANSFER):
        return b""
    types = [type_of(i) for i in item["inputs"]]
    to, units, ref = decoded(types, wish.data[4:], "a transfer")
    known = remittance is None or ref[HALF:] == hash_of(remittance)
    same = (to_checksum_address(to), units) == ends[1:]
    return ref if same and known and uetr_of(ref) else b""


def paid_in(payment: Payment) -> str:
    """The transaction in which this was paid; empty for none. Refuses another one's reference."""
    peg, half = payment.peg, payment.ref[:HALF]
    if not isinstance(peg.token.chain, JsonRpc) or not any(payment.ref):
        return ""
    ends = (payment.payer, payment.to, payment.units)
    known = {payment.ref, *(ref for ref in payment.used if ref[:HALF] == half)}
    try:
        found = history.paid_with(peg.token, payment.payer, known)
        if not found and uetr_of(payment.ref):
            alike = history.paid_between(peg.token, *ends)
            found = [it for it in alike if it[1].word[:HALF] == half]
    except ChainError as fault:
        raise ChainError(
            f"nothing was signed, since it is not known whether this was paid before: {fault}"
        ) from fault
    for tx, move in found:
        if (move.to, move.value, move.word) == (payment.to, payment.units, payment.ref):
            return tx
    for tx, move in found:
        other = " for another remittance" if move.word != payment.ref else ""
        raise ReferenceUsed(
            f"UETR {payment.uetr} was paid already, {money(peg, move.value)} to {move.to}{other}, "
            f"in transaction {tx}: give the new payment a reference of its own"
        )
    return ""


def paid_rows(batch: Batch, used: frozenset[bytes] = frozenset()) -> dict[int, str]:
    """The rows still to be paid whose UETR this payer has used elsewhere, with the reason."""
    rows = [payment for chunk in remaining(batch) for payment in chunk.payments]
    uetrs = {payment.uetr: payment.row for payment in rows if payment.uetr}
    if not uetrs or not isinstance(batch.peg.token.chain, JsonRpc):
        return {}
    known = {reference(payment.reference) for payment in rows if payment.uetr}
    known |= {ref for ref in used if uetr_of(ref) in uetrs}
    return {
        uetrs[uetr_of(move.word)]: (
            f"UETR {uetr_of(move.word)} was paid already, {money(batch.peg, move.value)} to "
            f"{move.to}, in transaction {tx}: take the row out, or give it another UETR"
        )
        for tx, move in history.paid_with(batch.peg.token, batch.payer, known)
        if move.batch != batch.id
    }


# Signing


def authorization(payment: Payment, nonce: bytes, start: int, end: int) -> Authorization:
    """A payment as it is signed: valid from `start` on, and before `end`."""
    return Authorization(payment.payer, payment.to, payment.units, max(start - 1, 0), end, nonce)


def describe(peg: Peg, signed: Authorization) -> str:
    """What a payer lets anybody do, in one sentence."""
    start = f"from {moment_text(signed.valid_after + 1)} and " if signed.valid_after else ""
    words = spoken_amount(signed.value, peg.config.decimals)
    return (
        f"anybody may move {money(peg, signed.value)} ({words}) from {signed.sender} to "
        f"{signed.to}, once, {start}before {moment_text(signed.valid_before)}"
    )


def signed_payment(peg: Peg, found: Authorization, signature: bytes, now: int) -> SignedPayment:
    """The x402 payload of a signature."""
    timeout = max(found.valid_before - max(now, found.valid_after), 0)
    wanted: Requirements = requirements(peg.token, found.to, found.value, timeout)
    return SignedPayment(wanted, found, signature)


def is_signed(token: Contract, found: SignedPayment) -> bool:
    """Whether the payer signed it; a contract's signature the chain judges."""
    paid = found.authorization
    message = paid.signable(token)
    if len(found.signature) == KEY_SIGNATURE and recovered(message, found.signature) == paid.sender:
        return True
    if not token.chain.code(paid.sender):
        return False
    try:
        token.simulate(submission(token, found), sender=paid.to)
    except PegboardError as fault:
        return getattr(fault, "name", "") != "InvalidSignature"
    return True


def recovered(message: SignableMessage, signature: bytes) -> str:
    """Whose key made a signature; empty for none."""
    try:
        return str(Account.recover_message(message, signature=signature))
    except (ValueError, BadSignature, ValidationError):
        return ""


def submission(token: Contract, found: SignedPayment) -> bytes:
    """The calldata that executes a signed payment, whoever sends it."""
    return token.encode(_AUTHORIZED, *found.authorization.values(), found.signature)


# Cancelling


def to_cancel(peg: Peg, payer: str, nonce: bytes) -> SignableMessage:
    """What a payer signs to void a payment."""
    return cancellation(peg.token, payer, nonce)


def cancel(peg: Peg, payer: str, nonce: bytes, signature: bytes = b"") -> Action:
    """Voids a signed payment for ever; nothing to do where it was voided, too late where paid."""
    token, tx = peg.token, ""
    spent = token.call("authorizationState", payer, nonce)
    if spent:
        tx, move = history.end_of_nonce(token, payer, nonce)
        if move is not None:
            raise ReferenceUsed(
                f"it was paid already, {money(peg, move.value)} to {move.to}, in transaction {tx}: "
                "nothing takes a payment back"
            )
    text = f"void the payment in {peg.config.code} that {payer} signed with nonce 0x{nonce.hex()}"
    data = token.encode(_CANCEL, payer, nonce, signature)
    details = {"payer": payer, "nonce": "0x" + nonce.hex()} | ({"tx": tx} if tx else {})
    return Action(
        verb="cancel payment",
        peg=peg,
        contract=token,
        call=Call(token.address, data, text),
        ref=nonce if uetr_of(nonce) else NO_REFERENCE,
        details=details,
        nothing_to_do=bool(spent),
        public=True,
    )
