"""Checkout payments: their terms as a file, what stands of them, and what each party may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.actions import Action, desk_action, money
from pegboard.amounts import exact_amount, format_duration
from pegboard.errors import InputError, NotPermitted
from pegboard.guards import require_receivers
from pegboard.inputs import moment_text, reference_text
from pegboard.uses import papers
from pegboard.uses.legs import standing
from pegboard.uses.past import said
from pegboard.uses.payable import NOBODY, Payable
from pegboard.uses.terms import Info

if TYPE_CHECKING:
    from pathlib import Path

    from pegboard.suite import Peg, Suite

WHOLE = 10_000
ORDER = papers.Form(
    "pegboard-checkout/1", "order", "checkout terms", ("currency", "terms", "authorization")
)
_LARGEST = 2**104 - 1
#: The terms of a payment, and the payer's authorization once it has signed.
Order = Payable[Info]


@dataclass(frozen=True)
class Standing:
    """What became of a payment, from the log, and what stands of it; amounts in base units."""

    order: Order
    tx: str
    held: int
    refundable: int
    captured: int
    fees: int
    refunded: int
    released: int
    by_order: int
    voided: bool
    tolled: int

    @property
    def state(self) -> str:
        """One word for it."""
        if not self.tx:
            return "voided by the payer" if self.voided else "not authorized"
        return "open" if self.held or self.refundable else "closed"


# Terms


def make(
    suite: Suite,
    peg: Peg,
    units: int,
    *,
    parties: tuple[str, str, str],
    periods: tuple[int, int, int],
    fee: tuple[int, str | None],
    order: bytes,
) -> Info:
    """The terms of a payment from now on; refuses what the contract would refuse.

    `parties` are operator, payer and payee; `periods` are to authorize, capture and refund.
    """
    now = suite.chain.now()
    auth_by, capture_by, refund_by = (now + period for period in periods)
    fee_bps, fee_to = fee
    if not 0 < units <= _LARGEST:
        raise InputError("the amount is zero, or more than a payment has room for")
    if not 0 < periods[0] <= periods[1] <= periods[2]:
        told = ", ".join(format_duration(period) for period in periods)
        raise InputError(
            f"authorize, then capture, then refund: {told} are not in this order, or are nothing"
        )
    if not 0 <= fee_bps <= WHOLE:
        raise InputError(f"a fee is 0 to {WHOLE} bps, not {fee_bps}")
    if fee_bps and fee_to is None:
        raise InputError("a fee goes to somebody: add --fee-to")
    if not fee_bps and fee_to is not None:
        raise InputError("nothing would go to --fee-to: add --fee-bps")
    made = Info(
        *(*parties, peg.token.address, units, auth_by, capture_by, refund_by, fee_bps),
        fee_to or NOBODY,
        order,
    )
    require_receivable(suite, peg, made)
    return made


def currency_of(path: Path) -> str:
    """The code that a file names, for those who have no chain yet; `read` verifies it."""
    return papers.Paper(path.name, papers.load(path, ORDER)).text("currency")


def read(suite: Suite, peg: Peg, path: Path) -> Order:
    """An order's file, with the payer's signature checked where there is one."""
    contract = suite.uses.checkout
    paper = papers.read(path, ORDER, contract)
    order = Order(paper.name, contract, peg, paper.terms(Info), paper.bytes_of("authorization"))
    order.require_currency()
    if order.authorization:
        order.require_signed(order.terms.payer)
    return order


def describe(order: Order) -> str:
    """The terms in one sentence."""
    terms = order.terms
    fee = f", less {terms.fee_bps} bps for {terms.fee_to}" if terms.fee_bps else ""
    return (
        f"{terms.payer} lets {terms.operator} capture up to {order.money(terms.max)} for "
        f"{terms.payee}{fee}, until {moment_text(terms.capture_by)}; refunds until "
        f"{moment_text(terms.refund_by)}; order {reference_text(terms.order) or 'unnamed'}"
    )


# Standing


def standing_of(order: Order) -> Standing:
    """What became of a payment."""
    contract, token = order.contract, order.peg.token
    held, refundable, before = contract.call("paymentOf", order.id)
    opened = said(contract, "Authorized", id=order.id)
    captured = said(contract, "Captured", id=order.id)

    def total(event: str) -> int:
        return sum(it.given["value"] for it in said(contract, event, id=order.id))

    return Standing(
        order,
        tx=opened[0].tx if opened else "",
        held=held,
        refundable=refundable,
        captured=sum(it.given["value"] for it in captured),
        fees=sum(it.given["fee"] for it in captured),
        refunded=total("Refunded"),
        released=total("Released"),
        by_order=total("ComplianceReleased"),
        voided=not opened and token.call("authorizationState", order.terms.payer, order.id),
        tolled=token.call("pausedSeconds") - before if held or refundable else 0,
    )


def possible(found: Standing, now: int) -> list[str]:
    """Who may do what until when, pauses added; in words."""
    order, terms, peg = found.order, found.order.terms, found.order.peg
    capture_by, refund_by = (terms.capture_by + found.tolled, terms.refund_by + found.tolled)
    lines = []
    if not found.tx:
        if found.voided or now > terms.auth_by:
            return ["Nothing more: it was not authorized in time, or is void."]
        signed = "anybody" if order.authorization else f"{terms.payer}, by signing, then anybody"
        return [f"authorize: {signed}, until {moment_text(terms.auth_by)}"]
    if found.held:
        if not peg.token.call("canSend", terms.payer):
            why = standing(peg, terms.payer)
            lines.append(f"nothing held leaves the payer {terms.payer} but by order: {why}")
        elif now <= capture_by:
            until = moment_text(capture_by)
            lines.append(f"capture {order.money(found.held)}: {terms.operator}, until {until}")
            lines.append(f"release {order.money(found.held)}: {terms.operator} or {terms.payee}")
            lines.append(f"release: the payer {terms.payer}, after {until}")
        else:
            who = f"{terms.payer}, {terms.operator} or {terms.payee}"
            lines.append(f"release {order.money(found.held)}: {who}")
    if found.refundable and now <= refund_by:
        until = moment_text(refund_by)
        lines.append(f"refund {order.money(found.refundable)}: anybody, until {until}")
    return lines or ["Nothing more."]


# Acting


def require_receivable(suite: Suite, peg: Peg, terms: Info) -> None:
    """Refuses terms by which a contract of the suite would be paid, and keep it."""
    require_receivers(suite, peg, [it for it in (terms.payee, terms.fee_to) if it != NOBODY])


def authorize(suite: Suite, order: Order, now: int) -> Action:
    """Takes what the payer signed for into the escrow; whoever sends it pays for gas only."""
    found, terms = standing_of(order), order.terms
    if not found.tx:
        require_receivable(suite, order.peg, terms)
        if not order.authorization:
            raise InputError(f"{order.name} is not signed: have {terms.payer} sign it first")
        if found.voided:
            raise InputError(f"{terms.payer} voided its signature: have it sign a new order")
        if now > terms.auth_by:
            until = moment_text(terms.auth_by)
            raise InputError(f"{order.name} could be authorized until {until}: make a new one")
    sentence = f"hold {order.money(terms.max)} of {terms.payer} for {terms.payee}, as it signed"
    return order.act(
        "authorize",
        (order.authorization,),
        sentence,
        details={"tx": found.tx} if found.tx else {},
        nothing_to_do=bool(found.tx),
    )


def _opened(order: Order) -> Standing:
    found = standing_of(order)
    if not found.tx:
        raise InputError(f"{order.name} is not authorized: run `checkout authorize` first")
    return found


def _done(order: Order, event: str, units: int, already: int) -> str:
    """The transaction that did `units` beyond `already`; refuses where the log says a third sum."""
    if units <= 0:
        raise InputError("the amount is zero: nothing would happen, so say how much")
    found = said(order.contract, event, id=order.id)
    total = sum(it.given["value"] for it in found)
    if total == already:
        return ""
    if total == already + units:
        return found[-1].tx
    raise InputError(
        f"{order.money(total)} of {order.name} is {event.lower()}, not {order.money(already)}: if "
        f"{order.money(units)} more is right, add --already {exact(order, total)}"
    )


def _part(order: Order, verb: str, units: int, already: int, sentence: str, to: str) -> Action:
    """A part that is captured or refunded: once after each sum, whatever runs at the same time."""
    event = {"capture": "Captured", "refund": "Refunded"}[verb]
    return order.act(
        verb,
        (units,),
        sentence,
        amount=units,
        details={"to": to, "already": exact(order, already)},
        key=f"{verb} of the payment 0x{order.id.hex()} after {already}",
        before=lambda: _done(order, event, units, already),
    )


def exact(order: Order, units: int) -> str:
    """An amount as it is typed."""
    return exact_amount(units, order.peg.config.decimals)


def capture(order: Order, units: int, already: int) -> Action:
    """Pays a part of what is held to the payee, once for each sum captured before."""
    _opened(order)
    _done(order, "Captured", units, already)
    fee = units * order.terms.fee_bps // WHOLE
    less = f", less a fee of {order.money(fee)}" if fee else ""
    payee, peg = order.terms.payee, order.peg
    sentence = f"pay {order.money(units)} of what is held to {payee}{less}"
    if not peg.token.call("canReceive", payee):
        sentence = (
            f"credit {order.money(units)} of what is held to {payee}{less}: it may not receive "
            f"{peg.config.code} now, since {standing(peg, payee)}, and can withdraw later"
        )
    return _part(order, "capture", units, already, sentence, payee)


def refund(order: Order, units: int, already: int, signer: str) -> Action:
    """Pays a part of what was captured back to the payer, out of the signer's own tokens."""
    _opened(order)
    allowed: int = order.peg.token.call("allowance", signer, order.contract.address)
    if not _done(order, "Refunded", units, already) and allowed < units:
        raise NotPermitted(
            f"{signer} lets Checkout take {order.money(allowed)}, and {order.money(units)} is "
            "needed: raise that with `checkout allow`"
        )
    sentence = f"pay {order.money(units)} of the signer's own tokens back to {order.terms.payer}"
    return _part(order, "refund", units, already, sentence, order.terms.payer)


def release(order: Order) -> Action:
    """Gives all that is held back to the payer."""
    held = _opened(order).held
    sentence = f"give {order.money(held)}, all that is held, back to {order.terms.payer}"
    return order.act("release", (), sentence, amount=held, nothing_to_do=not held)


def withdraw(suite: Suite, peg: Peg, account: str) -> Action:
    """Takes what is credited to the signer: fees, and what it could not receive at the time."""
    contract = suite.uses.checkout
    credit: int = contract.call("creditOf", peg.token.address, account)
    return desk_action(
        contract,
        "withdraw",
        (peg.token.address,),
        f"take {money(peg, credit)}, all that is credited to {account}",
        peg=peg,
        amount=credit,
        nothing_to_do=not credit,
        public=True,
    )
