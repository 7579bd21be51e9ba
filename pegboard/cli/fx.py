"""`fx`: quotes of makers, and what takers do with them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pegboard.amounts import parse_amount, parse_duration
from pegboard.cli import parties, pay_steps, show_uses
from pegboard.cli.options import Address, at_desk, ref_option
from pegboard.errors import InputError
from pegboard.inputs import reference
from pegboard.uses import fx as acts
from pegboard.uses import makers as standing
from pegboard.uses import papers, quotes, rates, remittance

if TYPE_CHECKING:
    from pathlib import Path

    from pegboard.cli.desk import Desk
    from pegboard.uses.terms import Quote

_quote = click.argument("quote", metavar="QUOTE", type=parties.FILE)


@click.group()
def fx() -> None:
    """Exchange currencies, or deliver assets against payment, at a maker's signed quote."""


@fx.group()
def signer() -> None:
    """Let hot keys sign quotes of the signer's, or no more."""


@fx.group()
def feed() -> None:
    """Give feeds of a local chain their answers."""


@at_desk(group=fx, proposes=False)
@click.option("--sell", default="", help="The currency that the maker gives.")
@click.option("--buy", default="", help="The currency that the maker gets.")
@click.option("--amount", required=True, help="How much is given; with --asset, how many of it.")
@click.option("--spread-bps", type=click.IntRange(0, 9_999), help="What the maker earns, in bps.")
@click.option("--asset", type=Address(), help="A listed asset, in the place of --sell or --buy.")
@click.option("--price", default="", help="With --asset: of one of it, in the other currency.")
@click.option("--taker", type=Address(), help="Who alone may take it. Default: anybody.")
@click.option("--ttl", default="45s", show_default=True, help="How long it lives: 1s to 60s.")
@click.option("--maker", type=Address(), help="Whose quote it is. Default: the signing account.")
@click.option("--nonce", type=click.IntRange(0, 2**256 - 1), help="Default: the second of now.")
@parties.out_option
def quote(desk: Desk, out: Path, ttl: str, maker: str | None, **given: Any) -> None:
    """Sign a quote as a maker, or as a signer of one, into a file; sends nothing.

    The other side's amount is from the feed of the pair, with the spread in the maker's favour, and
    rounded in its favour; with --asset it is the price that both parties sign.
    """
    papers.require_new(out)
    suite = desk.board()
    who = maker or desk.signer
    acts_for = {"maker": who, "taker": given["taker"], "ttl": parse_duration(ttl)}
    made = _quoted(desk, given, acts_for | {"nonce": given["nonce"]})
    quotes.require_signer(suite, who, desk.signer, asset=given["asset"] is not None)
    sell = parties.leg_named(desk, made.sell)
    told = [f"You sign that {quotes.describe(suite, made)}."]
    told += quotes.shortfall(suite, made)
    message = made.signable(suite.uses.fx)
    signature = parties.sign(desk, message, told, [(sell.peg, made.sell_amount)])
    data = quotes.as_file(suite, made, signature)
    parties.keep(desk, out, data, {}, f"Signed into {out}: {quotes.describe(suite, made)}.")


def _quoted(desk: Desk, given: dict[str, Any], terms: dict[str, Any]) -> Quote:
    sell, buy, amount = given["sell"], given["buy"], given["amount"]
    if given["asset"] is None:
        if not (sell and buy) or given["spread_bps"] is None or given["price"]:
            raise InputError("give --sell, --buy and --spread-bps; or --asset and --price")
        pegs = (desk.opened.peg(sell), desk.opened.peg(buy))
        units = parse_amount(amount, pegs[0].config.decimals)
        return quotes.quote_pair(desk.opened, *pegs, units, given["spread_bps"], **terms)
    if bool(sell) == bool(buy) or not given["price"] or given["spread_bps"] is not None:
        raise InputError("with --asset give --price, and either --sell or --buy; no --spread-bps")
    asset, currency = parties.leg_named(desk, given["asset"]), desk.opened.peg(sell or buy)
    if asset.peg:
        raise InputError(f"{asset.name} is a currency: quote it with --sell, --buy, --spread-bps")
    return quotes.quote_asset(
        desk.opened,
        asset,
        parties.leg_named(desk, currency.token.address),
        parse_amount(amount, asset.decimals),
        parse_amount(given["price"], quotes.PRICE_DECIMALS),
        sells=bool(buy),
        **terms,
    )


@at_desk(signs=False, group=fx)
@_quote
@click.option("--taker", type=Address(), help="Who would take it. Default: whom it is for.")
def check(desk: Desk, quote: Path, taker: str | None) -> None:
    """Say whether QUOTE would settle now, and if not, every reason; exit code 1 if it would not."""
    suite = desk.board()
    signed = quotes.read_quote(suite, quote)
    found = quotes.check(suite, signed, taker)
    settles = quotes.settles(suite, signed, found)
    desk.answer(*show_uses.checked(suite, signed, found, settles=settles))
    if not settles:
        click.get_current_context().exit(1)


@at_desk(group=fx)
@_quote
@click.option("--to", type=Address(), help="Who gets what the maker gives. Default: the signer.")
@ref_option
def settle(desk: Desk, quote: Path, to: str | None, ref: str) -> None:
    """Take QUOTE as its taker, who pays by its allowance to FxSettle."""
    suite = desk.board()
    signed = quotes.read_quote(suite, quote)
    desk.carry_out(acts.settle(suite, signed, desk.signer, to or desk.signer, reference(ref)))


@at_desk(group=fx, proposes=False, simulates=True)
@_quote
@click.option("--to", required=True, type=Address(), help="The supplier, who gets what is sold.")
@click.option("--invoice", required=True, type=parties.FILE, help="What is paid: a JSON object.")
@click.option("--uetr", default="", help="The payment's UETR. Default: a new one.")
@click.option("--again", is_flag=True, help="Pay on an invoice once more.")
@click.option("--submit", "at_once", is_flag=True, help="Send it with the same account, too.")
@parties.out_option
def pay(
    desk: Desk, quote: Path, to: str, invoice: Path, uetr: str, out: Path, **flags: bool
) -> None:
    """Sign, as QUOTE's taker, that it is paid for and delivered to a supplier; needs no gas.

    The file is what `fx submit` sends. It pays for this quote, beneficiary and reference only.
    """
    papers.require_new(out)
    suite = desk.board()
    signed = quotes.read_quote(suite, quote)
    paid = remittance.read_remittance(invoice)
    quotes.require_good(suite, signed, desk.signer, quotes.TAKER_ALLOWS)
    acts.require_receiver(suite, signed.terms, to)
    acts.require_invoiced(suite, signed.terms, paid, invoice.name)
    ref = remittance.reference_for(uetr or remittance.new_uetr(), paid)
    payment = acts.Payment(out.name, signed, desk.signer, to, ref, b"", flags["again"])
    payment = _signed(desk, payment, invoice.name)
    data, more = acts.payment_file(suite, payment), {"uetr": remittance.uetr_of(ref)}
    if flags["at_once"]:
        papers.write(out, data)
        desk.carry_out(acts.submit(suite, payment))
    else:
        parties.keep(desk, out, data, more, f"Signed into {out}; nothing was sent.")


def _signed(desk: Desk, payment: acts.Payment, invoice: str) -> acts.Payment:
    """Signed, and kept before it is handed on: other commands see it as soon as they may sign."""
    suite, ref, register = desk.opened, payment.ref, pay_steps.register(desk)
    message = acts.to_sign(suite, payment)
    told = [f"You sign that you {acts.describe(suite, payment)}; reference 0x{ref.hex()}."]
    with register.only():
        if not payment.again:
            about = (payment.taker, ref[remittance.HALF :], invoice)
            # In this order, or what is settled between the two questions would be in neither.
            acts.require_none_signed(suite, register, *about)
            acts.require_unpaid(suite, *about)
        amounts = [acts.paid(suite, payment.quote.terms)]
        made = parties.sign(desk, message, told, amounts, [payment.to])
        payment = replace(payment, authorization=made)
        register.keep(acts.entry_of(suite, payment))
    return payment


@at_desk(group=fx)
@click.argument("payment", metavar="PAYMENT", type=parties.FILE)
def submit(desk: Desk, payment: Path) -> None:
    """Settle a quote as its taker signed in PAYMENT; whoever sends it pays for gas only."""
    suite = desk.board()
    desk.carry_out(acts.submit(suite, acts.read_payment(suite, payment)))


@at_desk(signs=False, group=fx)
@click.option("--maker", "known", multiple=True, type=Address(), help="A maker that has no trade.")
def makers(desk: Desk, known: tuple[str, ...]) -> None:
    """Show what every maker can deliver in each currency, and how much of that it has sold."""
    desk.answer(*show_uses.makers(standing.inventories(desk.board(), known)))


@at_desk(group=fx)
@click.argument("quote", metavar="[QUOTE]", type=parties.FILE, required=False)
@click.option("--nonce", "nonces", multiple=True, type=click.IntRange(0, 2**256 - 1), help="One.")
def cancel(desk: Desk, quote: Path | None, nonces: tuple[int, ...]) -> None:
    """Void QUOTE, or quotes with these nonces, as their maker."""
    suite, found = desk.board(), list(nonces)
    if quote:
        signed = quotes.read_quote(suite, quote)
        found.append(acts.to_cancel(suite, signed, desk.signer))
    if not found:
        raise InputError("say what to void: a quote's file, or --nonce")
    desk.carry_out(acts.cancel(suite, desk.signer, found))


@at_desk(group=fx)
@click.argument("what", metavar="CODE")
@click.argument("amount")
def allow(desk: Desk, what: str, amount: str) -> None:
    """Let FxSettle take up to AMOUNT of the signer's CODE, or of a listed asset by its address."""
    suite = desk.board()
    leg = parties.leg_named(desk, what)
    parties.carry_out_allowance(desk, leg, suite.uses.fx, "FxSettle", amount)


@at_desk(group=signer)
@click.argument("hot", type=Address())
def add(desk: Desk, hot: str) -> None:
    """Let the key HOT sign quotes of the signer's, a maker."""
    desk.carry_out(acts.set_signer(desk.board(), desk.signer, hot, allowed=True))


@at_desk(group=signer)
@click.argument("hot", type=Address())
def remove(desk: Desk, hot: str) -> None:
    """Let the key HOT sign quotes of the signer's no more; those it signed are void."""
    desk.carry_out(acts.set_signer(desk.board(), desk.signer, hot, allowed=False))


@at_desk(group=feed)
@click.argument("pair", metavar="CODE/CODE")
@click.argument("rate")
def push(desk: Desk, pair: str, rate: str) -> None:
    """Answer RATE for the pair CODE/CODE as of now, on a local chain with a feed of its own."""
    desk.carry_out(rates.push(desk.board(), pair, rate, desk.artifacts))
