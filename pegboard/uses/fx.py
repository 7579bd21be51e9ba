"""Exchange at signed quotes: a taker settles one, or pays on with it, by a relayer or itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pegboard.actions import Action, desk_action, money
from pegboard.amounts import exact_amount, parse_amount
from pegboard.chain import History
from pegboard.errors import AmountError, InputError, NotPermitted
from pegboard.guards import ours_among, suite_contracts
from pegboard.inputs import moment_text
from pegboard.uses import papers
from pegboard.uses.legs import leg_of
from pegboard.uses.past import Said, said, settled
from pegboard.uses.quotes import TAKER_ALLOWS, SignedQuote, require_good
from pegboard.uses.register import Entry
from pegboard.uses.remittance import HALF, uetr_of
from pegboard.uses.terms import Quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from eth_account.messages import SignableMessage

    from pegboard.signing import Authorization
    from pegboard.suite import Peg, Suite
    from pegboard.uses.legs import Leg
    from pegboard.uses.register import Register

PAYMENT = papers.Form(
    "pegboard-fx-payment/1",
    "payment of a quote",
    "fx pay",
    ("terms", "signature", "taker", "to", "ref", "again", "authorization"),
)


@dataclass(frozen=True)
class Payment:
    """What a taker signed so that a relayer can settle a quote for it.

    `again`: the taker means to pay on an invoice that may have been paid on before.
    """

    name: str
    quote: SignedQuote
    taker: str
    to: str
    ref: bytes
    authorization: bytes
    again: bool = False


# Paying by signature


def payment_file(suite: Suite, payment: Payment) -> dict[str, Any]:
    """What a taker hands to a relayer."""
    return PAYMENT.fill(
        suite.uses.fx,
        terms=payment.quote.terms,
        signature=payment.quote.signature,
        taker=payment.taker,
        to=payment.to,
        ref=payment.ref,
        again=payment.again,
        authorization=payment.authorization,
    )


def read_payment(suite: Suite, path: Path) -> Payment:
    """A taker's file, with its signature checked."""
    paper = papers.read(path, PAYMENT, suite.uses.fx)
    quote = SignedQuote(paper.name, paper.terms(Quote), paper.bytes_of("signature"))
    found = Payment(
        paper.name,
        quote,
        paper.account("taker"),
        paper.account("to"),
        paper.word("ref"),
        paper.bytes_of("authorization"),
        paper.data["again"] is True,
    )
    message = to_sign(suite, found)
    papers.require_signed(paper.name, suite.chain, message, found.authorization, found.taker)
    return found


def to_sign(suite: Suite, payment: Payment) -> SignableMessage:
    """The ERC-3009 message by which a taker pays for a quote, to one beneficiary only."""
    leg = leg_of(suite, payment.quote.terms.buy)
    if leg.peg is None:
        raise InputError(
            f"{leg.name} is no currency, and cannot be paid by signature: use `fx settle`"
        )
    return _authorization(suite, payment).signable(leg.token, "ReceiveWithAuthorization")


def _authorization(suite: Suite, payment: Payment) -> Authorization:
    quote = payment.quote.terms
    return quote.payment(suite.uses.fx, payment.taker, payment.to, payment.ref)


def entry_of(suite: Suite, payment: Payment) -> Entry:
    """A signed payment as this machine's register keeps it."""
    token, signed = payment.quote.terms.buy, _authorization(suite, payment)
    return Entry(token, payment.ref, signed, payment.authorization)


def describe(suite: Suite, payment: Payment) -> str:
    """What a taker signs, as a clause."""
    buy, sell = _legs(suite, payment.quote.terms)
    quote = payment.quote.terms
    return (
        f"pay {buy.written(quote.buy_amount)} to {quote.maker} for "
        f"{sell.written(quote.sell_amount)}, delivered to {payment.to}, until "
        f"{moment_text(quote.deadline)}"
    )


def paid(suite: Suite, quote: Quote) -> tuple[Peg | None, int]:
    """What a quote takes of its taker."""
    return leg_of(suite, quote.buy).peg, quote.buy_amount


def require_receiver(suite: Suite, quote: Quote, to: str) -> None:
    """Refuses a beneficiary who may not have what is delivered, or would keep it for ever."""
    leg = leg_of(suite, quote.sell)
    if leg.peg:
        ours = ours_among(suite, leg.peg, [to])
    else:
        ours = suite_contracts(suite) | {leg.token.address: "the asset itself"}
    if to in ours:
        raise InputError(f"{to} is {ours[to]}, which would keep what is delivered: say to whom")
    obstacle = leg.obstacle(quote.maker, to, quote.sell_amount)
    if obstacle:
        raise InputError(f"it would not settle: {obstacle}")


def require_invoiced(suite: Suite, quote: Quote, invoice: Mapping[str, Any], name: str) -> None:
    """Refuses a quote of another amount than the invoice says, where it says one."""
    leg, said_ = leg_of(suite, quote.sell), (invoice.get("amount"), invoice.get("currency"))
    if None in said_:
        return
    delivered = (exact_amount(quote.sell_amount, leg.decimals), leg.name)
    try:
        agreed = parse_amount(str(said_[0]), leg.decimals) == quote.sell_amount
    except AmountError as fault:
        raise InputError(f"{name}, amount: {fault}") from fault
    if not agreed or said_[1] != leg.name:
        raise InputError(
            f"{name} is of {said_[0]} {said_[1]}, and {' '.join(delivered)} would be delivered"
        )


def require_unpaid(suite: Suite, taker: str, remittance: bytes, name: str) -> None:
    """Refuses an invoice that this taker has paid on before."""
    if tx := _paid_on(suite, taker, remittance):
        raise InputError(
            f"{name} was paid on in transaction {tx}: add --again to pay on it once more"
        )


def _paid_on(suite: Suite, taker: str, remittance: bytes) -> str:
    if not isinstance(suite.chain, History) or not any(remittance):
        return ""
    return settled(suite.uses.fx, taker, lambda ref: ref[HALF:] == remittance)


def require_none_signed(
    suite: Suite, register: Register, taker: str, remittance: bytes, name: str
) -> None:
    """Refuses an invoice for which this machine signed what can still be submitted."""
    for peg in suite.pegs.values():
        token = peg.token
        for entry in register.entries(token.address, taker):
            paid = entry.signed
            if entry.ref[HALF:] != remittance or paid.valid_before <= suite.chain.now():
                continue
            if not token.call("authorizationState", taker, paid.nonce):
                raise InputError(
                    f"{name} is signed for already, {money(peg, paid.value)} under UETR "
                    f"{uetr_of(entry.ref)}, which anybody can submit until "
                    f"{moment_text(paid.valid_before - 1)}: submit that file, or wait until it is "
                    "over, or add --again to pay on it once more"
                )


# Settling


def settlement_of(suite: Suite, quote: Quote) -> Said | None:
    """The event of a quote that was settled."""
    fx = suite.uses.fx
    if not isinstance(suite.chain, History) or not fx.call("isSpent", quote.maker, quote.nonce):
        return None
    return next(iter(said(fx, "Settled", quote=quote.digest(fx))), None)


def _done(suite: Suite, signed: SignedQuote, taker: str, to: str, ref: bytes | None) -> str:
    """The transaction that settled just this; refuses a quote that was settled otherwise."""
    found = settlement_of(suite, signed.terms)
    if found is None:
        return ""
    wanted = {"taker": taker, "to": to} | ({} if ref is None else {"ref": "0x" + ref.hex()})
    if any(found.given[key] != value for key, value in wanted.items()):
        raise InputError(
            f"{signed.name} was settled in transaction {found.tx}, by {found.given['taker']} to "
            f"{found.given['to']}: a quote settles once"
        )
    return found.tx


def settle(suite: Suite, signed: SignedQuote, taker: str, to: str, ref: bytes) -> Action:
    """Takes a quote; the taker, who signs, pays by its allowance."""
    quote, buy = signed.terms, leg_of(suite, signed.terms.buy)
    tx = _done(suite, signed, taker, to, ref)
    if not tx:
        require_good(suite, signed, taker)
        require_receiver(suite, quote, to)
    return desk_action(
        suite.uses.fx,
        "settle",
        (quote.values(), signed.signature, to, ref),
        describe(suite, Payment(signed.name, signed, taker, to, ref, b"")),
        ref=ref,
        peg=buy.peg,
        amount=quote.buy_amount if buy.peg else None,
        details=_details(suite, signed.terms, to, tx),
        nothing_to_do=bool(tx),
        public=True,
    )


def submit(suite: Suite, payment: Payment) -> Action:
    """Settles a quote for a taker who has signed for it; whoever sends it pays for gas only."""
    signed, quote = payment.quote, payment.quote.terms
    tx = _done(suite, signed, payment.taker, payment.to, payment.ref)
    if not tx:
        require_good(suite, signed, payment.taker, TAKER_ALLOWS)
        require_receiver(suite, quote, payment.to)
        if not payment.again and (paid := _paid_on(suite, payment.taker, payment.ref[HALF:])):
            raise InputError(
                f"the invoice of {payment.name} was paid on in transaction {paid}, at another "
                "quote: to pay on it once more, its taker signs anew, with --again"
            )
    return desk_action(
        suite.uses.fx,
        "settleFor",
        (
            quote.values(),
            signed.signature,
            payment.taker,
            payment.to,
            payment.ref,
            payment.authorization,
        ),
        f"have {payment.taker}, who signed that, {describe(suite, payment)}",
        ref=payment.ref,
        details={
            "taker": payment.taker,
            "uetr": uetr_of(payment.ref),
            **_details(suite, quote, payment.to, tx),
        },
        nothing_to_do=bool(tx),
        public=True,
    )


def _legs(suite: Suite, quote: Quote) -> tuple[Leg, Leg]:
    return leg_of(suite, quote.buy), leg_of(suite, quote.sell)


def _details(suite: Suite, quote: Quote, to: str, tx: str) -> dict[str, Any]:
    found = {"quote": "0x" + quote.digest(suite.uses.fx).hex(), "maker": quote.maker, "to": to}
    return found | ({"tx": tx} if tx else {})


# The maker's own


def cancel(suite: Suite, maker: str, nonces: Sequence[int]) -> Action:
    """Voids nonces of the signer's, of one word of 256."""
    words = {nonce >> 8 for nonce in nonces}
    if len(words) != 1:
        raise InputError(
            "these nonces are of several words of 256: cancel together only those that differ in "
            "their last byte, and the others by further commands"
        )
    mask = sum(1 << (nonce & 255) for nonce in set(nonces))
    named = ", ".join(str(nonce) for nonce in sorted(set(nonces)))
    return desk_action(
        suite.uses.fx,
        "cancel",
        (words.pop(), mask),
        f"void the signer's quotes with the nonces {named}",
        details={"nonces": [str(nonce) for nonce in sorted(set(nonces))]},
        nothing_to_do=all(suite.uses.fx.call("isSpent", maker, nonce) for nonce in nonces),
        public=True,
    )


def to_cancel(suite: Suite, signed: SignedQuote, maker: str) -> int:
    """The nonce of the signer's own quote; refuses one that was settled."""
    if signed.terms.maker != maker:
        raise NotPermitted(f"{signed.name} is of {signed.terms.maker}, who alone can cancel it")
    found = settlement_of(suite, signed.terms)
    if found:
        raise InputError(
            f"{signed.name} was settled in transaction {found.tx}: nothing is left to cancel"
        )
    return signed.terms.nonce


def set_signer(suite: Suite, maker: str, signer: str, *, allowed: bool) -> Action:
    """Lets a hot key sign quotes of the signer's, or no more."""
    return desk_action(
        suite.uses.fx,
        "setSigner",
        (signer, allowed),
        f"let {signer} sign quotes of {maker}" + ("" if allowed else " no more"),
        details={"signer": signer, "allowed": allowed},
        nothing_to_do=suite.uses.fx.call("isSignerOf", maker, signer) == allowed,
        public=True,
    )
