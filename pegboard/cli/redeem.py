"""`redeem`: requests at the redemption desk, from their arrival to their payout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pegboard import redemption
from pegboard.amounts import parse_amount
from pegboard.calendars import parse_day
from pegboard.cli import show_desks
from pegboard.cli.options import at_desk, code_argument, ref_option
from pegboard.inputs import reference

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk

_number = click.argument("number", type=click.IntRange(1, 2**64))
_bank_ref = click.option("--bank-ref", required=True, help="The bank reference of the payout.")
_flat = click.option("--flat", default="0", show_default=True, help="Flat fee, currency units.")
_bps = click.option("--bps", default=0, type=click.IntRange(0), help="Fee in basis points.")


@click.group()
def redeem() -> None:
    """Redeem at par: validate a request, instruct the bank, record its payment, or return it."""


@at_desk("list", signs=False, group=redeem)
@code_argument
def list_requests(desk: Desk, code: str) -> None:
    """List the open requests of CODE, with their amounts, fees and due dates."""
    peg = desk.peg(code)
    found = redemption.open_requests(desk.opened, peg)
    desk.answer(*show_desks.requests(peg, found, desk.chain.now()))


@at_desk(signs=False, group=redeem)
@code_argument
def overdue(desk: Desk, code: str) -> None:
    """List the requests of CODE that are unpaid after their due date; exit code 1 if any are."""
    peg = desk.peg(code)
    found = redemption.overdue(desk.opened, peg)
    desk.answer(*show_desks.requests(peg, found, desk.chain.now(), "No request is overdue."))
    if found:
        click.get_current_context().exit(1)


@at_desk(group=redeem)
@_number
def validate(desk: Desk, number: int) -> None:
    """Record that the issuer's conditions are met for request NUMBER, as TELLER: its clock starts.

    The holder's wallet must be bound, its due diligence valid and its payout account usable.
    """
    desk.carry_out(redemption.validate(desk.board(), number))


@at_desk(group=redeem)
@_number
@_bank_ref
def paying(desk: Desk, number: int, bank_ref: str) -> None:
    """Record the bank reference of request NUMBER's payout, as TELLER, before telling the bank.

    From then the holder cannot take the tokens back for some business days.
    """
    found = reference(bank_ref, required=True)
    desk.carry_out(redemption.paying(desk.board(), number, found))


@at_desk(group=redeem)
@_number
@_bank_ref
def paid(desk: Desk, number: int, bank_ref: str) -> None:
    """Record that the bank has paid request NUMBER, as SETTLER; its tokens are destroyed."""
    found = reference(bank_ref, required=True)
    desk.carry_out(redemption.paid(desk.board(), number, found))


@at_desk(group=redeem)
@_number
@ref_option
def reject(desk: Desk, number: int, ref: str) -> None:
    """Record that the bank did not pay request NUMBER, as SETTLER. Needs --ref, the reason."""
    desk.carry_out(redemption.rejected(desk.board(), number, reference(ref, required=True)))


@at_desk("return", group=redeem)
@_number
@ref_option
def give_back(desk: Desk, number: int, ref: str) -> None:
    """Return the tokens of request NUMBER, which is not being paid, as TELLER. Needs --ref."""
    desk.carry_out(redemption.give_back(desk.board(), number, reference(ref, required=True)))


@at_desk(group=redeem)
@_number
@click.option("--until", required=True, help="The new due day, such as 2026-01-31.")
@ref_option
def extend(desk: Desk, number: int, until: str, ref: str) -> None:
    """Move the due date of request NUMBER to a later day, as DEFERRER, who waits first.

    Needs --ref, the authority's written consent.
    """
    consent = reference(ref, required=True)
    desk.carry_out(redemption.extend(desk.board(), number, parse_day(until), consent))


@at_desk(signs=False, group=redeem)
@code_argument
def fees(desk: Desk, code: str) -> None:
    """Show what CODE's redemption costs now, what is announced, and by when it is paid."""
    peg = desk.peg(code)
    desk.answer(*show_desks.terms(peg, redemption.terms_of(desk.opened, peg)))


@at_desk("raise-fees", group=redeem)
@code_argument
@_flat
@_bps
@ref_option
def raise_fees(desk: Desk, code: str, flat: str, bps: int, ref: str) -> None:
    """Announce fees of CODE, as GOVERNOR, who waits first; they count after the notice."""
    peg = desk.peg(code)
    units = parse_amount(flat, peg.config.decimals)
    desk.carry_out(redemption.set_fee(desk.opened, peg, "raiseFee", units, bps, reference(ref)))


@at_desk("lower-fees", group=redeem)
@code_argument
@_flat
@_bps
@ref_option
def lower_fees(desk: Desk, code: str, flat: str, bps: int, ref: str) -> None:
    """Lower the fees of CODE for requests from then on, as GOVERNOR, who waits first."""
    peg = desk.peg(code)
    units = parse_amount(flat, peg.config.decimals)
    desk.carry_out(redemption.set_fee(desk.opened, peg, "lowerFee", units, bps, reference(ref)))


@at_desk(group=redeem)
@_number
@ref_option
def note(desk: Desk, number: int, ref: str) -> None:
    """Record publicly why request NUMBER waits, as TELLER; its due date stays. Needs --ref."""
    desk.carry_out(redemption.record_delay(desk.board(), number, reference(ref, required=True)))
