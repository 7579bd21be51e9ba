"""`checkout`: payments for shops and marketplaces."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from pegboard.amounts import parse_amount, parse_duration
from pegboard.cli import parties, show_uses
from pegboard.cli.options import Address, at_desk, code_argument
from pegboard.errors import NotPermitted
from pegboard.inputs import reference
from pegboard.uses import checkouts as acts
from pegboard.uses import papers

if TYPE_CHECKING:
    from pathlib import Path

    from pegboard.cli.desk import Desk

_order = click.argument("order", metavar="ORDER", type=parties.FILE)
_already = click.option(
    "--already",
    default="0",
    show_default=True,
    help="What was captured, or refunded, before this: so a repetition does nothing.",
)


@click.group()
def checkout() -> None:
    """Hold what a payer authorized; capture it in parts, release or refund it."""


@at_desk(signs=False, group=checkout)
@code_argument
@click.argument("amount")
@click.option("--operator", required=True, type=Address(), help="Who captures.")
@click.option("--payer", required=True, type=Address(), help="Who pays.")
@click.option("--payee", required=True, type=Address(), help="Who is paid what is captured.")
@click.option("--order", "number", required=True, help="The shop's number; no personal data.")
@click.option("--authorize-within", default="1d", show_default=True, help="From now on.")
@click.option("--capture-within", default="7d", show_default=True, help="From now on.")
@click.option("--refund-within", default="30d", show_default=True, help="From now on.")
@click.option("--fee-bps", default=0, type=click.IntRange(0, 10_000), help="Of what is captured.")
@click.option("--fee-to", type=Address(), help="Who gets the fee.")
@parties.out_option
def terms(
    desk: Desk,
    code: str,
    amount: str,
    operator: str,
    payer: str,
    payee: str,
    number: str,
    authorize_within: str,
    capture_within: str,
    refund_within: str,
    fee_bps: int,
    fee_to: str | None,
    out: Path,
) -> None:
    """Write the terms of a payment of up to AMOUNT of CODE into a file, for the payer to sign."""
    papers.require_new(out)
    peg = desk.peg(code)
    periods = [parse_duration(it) for it in (authorize_within, capture_within, refund_within)]
    made = acts.make(
        desk.opened,
        peg,
        parse_amount(amount, peg.config.decimals),
        parties=(operator, payer, payee),
        periods=(periods[0], periods[1], periods[2]),
        fee=(fee_bps, fee_to),
        order=reference(number, required=True),
    )
    order = acts.Order(out.name, desk.opened.uses.checkout, peg, made, b"")
    told = f"Written into {out}: {acts.describe(order)}."
    parties.keep(desk, out, order.as_file(acts.ORDER), {"id": "0x" + order.id.hex()}, told)


@at_desk(group=checkout, proposes=False)
@_order
def sign(desk: Desk, order: Path) -> None:
    """Authorize ORDER as its payer, by a signature that goes into the file; sends nothing."""
    found = _order_of(desk, order)
    if found.terms.payer != desk.signer:
        raise NotPermitted(f"{order.name} is paid by {found.terms.payer}, not by {desk.signer}")
    if found.authorization:
        desk.answer(
            found.as_file(acts.ORDER) | {"file": str(order)}, "Nothing to do: it is signed."
        )
        return
    acts.require_receivable(desk.opened, found.peg, found.terms)
    told = [f"You sign that {acts.describe(found)}."]
    amounts = [(found.peg, found.terms.max)]
    signature = parties.sign(desk, found.to_sign(), told, amounts, [found.terms.payee])
    made = replace(found, authorization=signature).as_file(acts.ORDER)
    parties.keep(desk, order, made, {}, f"Signed into {order}; nothing was sent.")


@at_desk(group=checkout)
@_order
def authorize(desk: Desk, order: Path) -> None:
    """Take what the payer signed for in ORDER into the escrow; anybody with gas may."""
    found = _order_of(desk, order)
    desk.carry_out(acts.authorize(desk.opened, found, desk.chain.now()))


@at_desk(group=checkout)
@_order
@click.argument("amount")
@_already
def capture(desk: Desk, order: Path, amount: str, already: str) -> None:
    """Pay AMOUNT of what ORDER holds to its payee, as its operator.

    The log must say that just --already was captured. Where it says AMOUNT more, nothing is done.
    """
    found = _order_of(desk, order)
    desk.carry_out(acts.capture(found, *_units(found, amount, already)))


@at_desk(group=checkout)
@_order
def release(desk: Desk, order: Path) -> None:
    """Give all that ORDER holds back to its payer, as its operator or payee.

    The payer itself may once the time for captures is over.
    """
    desk.carry_out(acts.release(_order_of(desk, order)))


@at_desk(group=checkout)
@_order
@click.argument("amount")
@_already
def refund(desk: Desk, order: Path, amount: str, already: str) -> None:
    """Pay AMOUNT of what was captured of ORDER back to its payer, from the signer's own tokens.

    The log must say that just --already was refunded. Where it says AMOUNT more, nothing is done.
    """
    found = _order_of(desk, order)
    desk.carry_out(acts.refund(found, *_units(found, amount, already), desk.signer))


@at_desk(signs=False, group=checkout)
@_order
def status(desk: Desk, order: Path) -> None:
    """Show what ORDER holds, what became of the rest, and who may do what until when."""
    found = acts.standing_of(_order_of(desk, order))
    desk.answer(*show_uses.payment(found, desk.chain.now()))


@at_desk(group=checkout)
@code_argument
def withdraw(desk: Desk, code: str) -> None:
    """Take all CODE that is credited to the signer: fees, and what it could not receive then."""
    peg = desk.peg(code)
    desk.carry_out(acts.withdraw(desk.opened, peg, desk.signer))


@at_desk(group=checkout)
@code_argument
@click.argument("amount")
def allow(desk: Desk, code: str, amount: str) -> None:
    """Let Checkout take up to AMOUNT of the signer's CODE, for refunds."""
    peg = desk.peg(code)
    leg = parties.leg_named(desk, peg.config.code)
    parties.carry_out_allowance(desk, leg, desk.opened.uses.checkout, "Checkout", amount)


def _order_of(desk: Desk, path: Path) -> acts.Order:
    peg = desk.peg(acts.currency_of(path))
    return acts.read(desk.opened, peg, path)


def _units(order: acts.Order, *amounts: str) -> tuple[int, int]:
    units, already = (parse_amount(it, order.peg.config.decimals) for it in amounts)
    return units, already
