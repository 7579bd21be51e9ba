"""`freeze`: stop an account from sending, altogether or up to an amount."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pegboard import actions
from pegboard.amounts import parse_amount
from pegboard.cli.options import Address, addresses_argument, at_desk, code_argument, ref_option
from pegboard.inputs import reference

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk

_address = click.argument("address", type=Address())
_amount = click.argument("amount")


@click.group()
def freeze() -> None:
    """Stop accounts from sending, altogether or up to an amount, or lift it."""


@at_desk(group=freeze)
@code_argument
@addresses_argument
@ref_option
def add(desk: Desk, code: str, addresses: tuple[str, ...], ref: str) -> None:
    """Freeze ADDRESSES in CODE at once, as FREEZER: they may receive, but not send."""
    desk.carry_out(actions.mark(desk.peg(code), "freeze", addresses, reference(ref)))


@at_desk(group=freeze)
@code_argument
@addresses_argument
@ref_option
def remove(desk: Desk, code: str, addresses: tuple[str, ...], ref: str) -> None:
    """Lift the freeze of ADDRESSES, as RELEASER, who waits first (exit code 3, then repeat)."""
    desk.carry_out(actions.mark(desk.peg(code), "unfreeze", addresses, reference(ref)))


@at_desk(group=freeze)
@code_argument
@_address
@_amount
@ref_option
def hold(desk: Desk, code: str, address: str, amount: str, ref: str) -> None:
    """Hold AMOUNT (in currency units) of ADDRESS at once, as FREEZER; the rest is spendable.

    It adds to what is held already, and may exceed the balance. Needs --ref.
    """
    peg = desk.peg(code)
    units = parse_amount(amount, peg.config.decimals)
    desk.carry_out(actions.hold(peg, address, units, reference(ref, required=True)))


@at_desk(group=freeze)
@code_argument
@_address
@_amount
@ref_option
def release(desk: Desk, code: str, address: str, amount: str, ref: str) -> None:
    """Take AMOUNT (in currency units) off the held amount of ADDRESS, as RELEASER, who waits.

    Needs --ref.
    """
    peg = desk.peg(code)
    units = parse_amount(amount, peg.config.decimals)
    desk.carry_out(actions.release(peg, address, units, reference(ref, required=True)))
