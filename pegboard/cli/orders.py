"""`orders`: what courts and authorities order, bound to cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from eth_utils import keccak

from pegboard import actions
from pegboard import orders as lawful
from pegboard.amounts import parse_amount
from pegboard.cli import show, show_orders, simulating
from pegboard.cli.options import Address, addresses_argument, at_desk, code_argument, ref_option
from pegboard.inputs import reference, word
from pegboard.uses import escrowed as keeping

if TYPE_CHECKING:
    from pegboard.actions import Action
    from pegboard.cli.desk import Desk
    from pegboard.suite import Peg

_case = click.argument("case", metavar="CASE")
_address = click.argument("address", type=Address())
_amount = click.argument("amount")
_number = click.argument("number", metavar="ID", type=click.IntRange(min=1))
_review_by = click.option(
    "--review-by", required=True, help="The last day, in UTC, of a case without review: 2026-12-31."
)
_ceiling = click.option(
    "--ceiling", default="", help="The most that the case may hold and take, in currency units."
)
_again = click.option("--again", is_flag=True, help="The same once more, after it was done.")


@click.group()
def orders() -> None:
    """Freeze, hold and take by the orders of courts and authorities, each under its case."""


@at_desk("open", group=orders)
@_case
@click.option(
    "--class",
    "kind",
    required=True,
    type=click.Choice(lawful.CLASSES[1:]),
    help="What the case rests on.",
)
@_review_by
@click.option("--document", required=True, help="The order's text: its file, or 0x and its hash.")
def open_case(desk: Desk, case: str, kind: str, review_by: str, document: str) -> None:
    """Open CASE, as CASEWORKER; it may freeze, hold and take until the end of its review day."""
    by, found = lawful.last_second(review_by), lawful.case_id(case)
    text = word(document) if document[:2] == "0x" else keccak(Path(document).read_bytes())
    desk.carry_out(lawful.open_case(desk.board(), found, kind, by, text))


@at_desk(group=orders)
@_case
@_review_by
@ref_option
def review(desk: Desk, case: str, review_by: str, ref: str) -> None:
    """Record a review of CASE, as CASEWORKER, with the day of the next. Needs --ref."""
    by, named = lawful.last_second(review_by), reference(ref, required=True)
    desk.carry_out(lawful.review(desk.board(), lawful.case_id(case), by, named))


@at_desk(group=orders)
@_case
@ref_option
def close(desk: Desk, case: str, ref: str) -> None:
    """Close CASE, which restrains nobody any more, as RELEASER, who waits first. Needs --ref."""
    named = reference(ref, required=True)
    desk.carry_out(lawful.close(desk.board(), lawful.case_id(case), named))


@at_desk(group=orders)
@code_argument
@_case
@addresses_argument
@_ceiling
def freeze(desk: Desk, code: str, case: str, addresses: tuple[str, ...], ceiling: str) -> None:
    """Freeze ADDRESSES in CODE under CASE at once, as CASEWORKER, naming them in it if need be.

    Without --ceiling the case may take all that they have. One transaction does it.
    """
    peg, found = desk.peg(code), lawful.case_id(case)
    most = _units(peg, ceiling)
    desk.carry_out(lawful.freeze(desk.opened, peg, found, addresses, most))


@at_desk(group=orders)
@code_argument
@_case
@_address
@_amount
@_ceiling
def hold(desk: Desk, code: str, case: str, address: str, amount: str, ceiling: str) -> None:
    """Hold AMOUNT of ADDRESS in all under CASE at once, as CASEWORKER; the rest is spendable.

    What the case holds already counts. The ceiling of an account that is named by this is AMOUNT.
    """
    peg, found = desk.peg(code), lawful.case_id(case)
    units, most = parse_amount(amount, peg.config.decimals), _units(peg, ceiling)
    desk.carry_out(lawful.hold(desk.opened, peg, found, address, units, most))


def _units(peg: Peg, amount: str) -> int | None:
    return parse_amount(amount, peg.config.decimals) if amount else None


@at_desk(group=orders)
@code_argument
@_case
@addresses_argument
def unfreeze(desk: Desk, code: str, case: str, addresses: tuple[str, ...]) -> None:
    """Lift the freezes of ADDRESSES by CASE, as RELEASER, who waits first (exit code 3, repeat)."""
    peg = desk.peg(code)
    desk.carry_out(lawful.unfreeze(desk.opened, peg, lawful.case_id(case), addresses))


@at_desk(group=orders)
@code_argument
@_case
@_address
@_amount
@_again
def release(desk: Desk, code: str, case: str, address: str, amount: str, again: bool) -> None:
    """Release AMOUNT of ADDRESS that CASE holds, as RELEASER, who waits first (then repeat)."""
    peg, found = desk.peg(code), lawful.case_id(case)
    units = parse_amount(amount, peg.config.decimals)
    desk.carry_out(lawful.release(desk.opened, peg, found, address, units, again=again))


@at_desk(group=orders)
@code_argument
@_case
@_address
@_amount
@click.option("--to", required=True, type=Address(), help="Who receives, as the order says.")
@click.option(
    "--redemption",
    type=click.IntRange(min=1),
    help="The open request whose tokens are meant, whole.",
)
@_again
def seize(
    desk: Desk,
    code: str,
    case: str,
    address: str,
    amount: str,
    to: str,
    redemption: int | None,
    again: bool,
) -> None:
    """Propose to take AMOUNT of ADDRESS under CASE, as CASEWORKER; another party executes it."""
    peg, found = desk.peg(code), lawful.case_id(case)
    units = parse_amount(amount, peg.config.decimals)
    terms = (found, address, to, units, redemption or 0)
    _propose(desk, lawful.propose(desk.opened, peg, *terms, again=again))


@at_desk(group=orders)
@code_argument
@_case
@_address
@_amount
@_again
def destroy(desk: Desk, code: str, case: str, address: str, amount: str, again: bool) -> None:
    """Propose to destroy AMOUNT of ADDRESS under CASE, as CASEWORKER; another party executes it."""
    peg, found = desk.peg(code), lawful.case_id(case)
    units = parse_amount(amount, peg.config.decimals)
    _propose(desk, lawful.propose(desk.opened, peg, found, address, None, units, again=again))


def _propose(desk: Desk, action: Action) -> None:
    """Carries a proposal out, and says the order's number."""
    chain_id = desk.chain.chain_id
    if action.nothing_to_do:
        known = action.details
        text = f"Nothing to do: order {known['order']} asks for this, and is {known['status']}."
        desk.answer(show.outcome(action, None, chain_id), text)
        return
    if desk.safe:
        desk.carry_out(action)
        return
    show.summary(actions.summarise(desk.opened, desk.roles, action, desk.signer), action)
    simulating.rehearse_verb(desk, action)
    desk.confirm_amounts([(action.peg, action.amount)])
    desk.confirm("Sign and send this?")
    outcome = actions.carry_out(desk.opened, action, desk.signer)
    number = lawful.proposed(desk.opened, outcome)
    result = show.outcome(action, outcome.receipt, chain_id)
    text = f"Done: {action.call.text}\ntransaction {result['tx']}\nIt is order {number}: "
    text += "EXECUTOR executes it, GUARDIAN can cancel it."
    desk.answer(result | {"order": number, "status": "proposed"}, text)


@at_desk(group=orders)
@_number
def execute(desk: Desk, number: int) -> None:
    """Execute order ID, as EXECUTOR, who waits a day first (exit code 3, then repeat)."""
    order = lawful.order_of(desk.board(), number)
    peg = desk.opened.peg_at(order.token)
    if peg is not None:
        desk.peg(peg.config.code)  # a refusal then says amounts in this currency
    desk.carry_out(lawful.execute(desk.opened, number))


@at_desk(group=orders)
@_number
@ref_option
def cancel(desk: Desk, number: int, ref: str) -> None:
    """Cancel order ID at once, as GUARDIAN, also where its execution is scheduled. Needs --ref."""
    desk.carry_out(lawful.cancel(desk.board(), number, reference(ref, required=True)))


@at_desk(signs=False, group=orders)
@code_argument
@_address
def escrowed(desk: Desk, code: str, address: str) -> None:
    """Show what checkout, receivables and envelopes keep of ADDRESS in CODE, each by its name."""
    peg = desk.peg(code)
    desk.answer(*show_orders.escrowed(peg, address, keeping.kept_of(desk.opened, peg, address)))


@at_desk(group=orders)
@code_argument
@_case
@_address
@click.argument("what", metavar="WHAT")
@click.option("--to", required=True, type=Address(), help="Who receives, as the order says.")
def take_escrowed(desk: Desk, code: str, case: str, address: str, what: str, to: str) -> None:
    """Send WHAT an escrow keeps of ADDRESS whole, under CASE, as EXECUTOR, who waits a day.

    WHAT is a name that `orders escrowed` shows, and all that is there on the day (exit code 3,
    then repeat). CASE is open and names ADDRESS, who is barred.
    """
    peg, found = desk.peg(code), lawful.case_id(case)
    desk.carry_out(keeping.take(desk.opened, peg, found, address, what, to))


@at_desk("show", signs=False, group=orders)
@_case
def show_case(desk: Desk, case: str) -> None:
    """Show what CASE did: its dates, its accounts, what the tokens say of them, what waits."""
    suite, found = desk.board(), lawful.case_id(case)
    seen, taken = lawful.standing(suite, found), keeping.taken_under(suite, found)
    desk.answer(*show_orders.case(suite, seen, taken, desk.chain.now()))


@at_desk("list", signs=False, group=orders)
def list_cases(desk: Desk) -> None:
    """List all cases with their classes and review days; those that are overdue are marked."""
    found = lawful.cases(desk.board())
    desk.answer(*show_orders.cases(desk.chain.chain_id, found, desk.chain.now()))
