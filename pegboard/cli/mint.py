"""`mint`: create units against reserves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pegboard import actions
from pegboard.amounts import parse_amount
from pegboard.cli.options import Address, at_desk, code_argument, ref_option
from pegboard.inputs import reference

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk


@at_desk()
@code_argument
@click.argument("amount")
@click.option("--to", required=True, type=Address(), help="Who receives the new tokens.")
@ref_option
def mint(desk: Desk, code: str, amount: str, to: str, ref: str) -> None:
    """Create AMOUNT (in currency units) of the currency CODE, as MINTER.

    It must fit under fresh reserves and the mint limit. Needs the bank reference as --ref, which
    mints once: a second mint with the same one is refused.

    Example: ape run mint HKD 50000.00 --to 0x... --ref "FPS 20260131-17" --account minter
    """
    peg = desk.peg(code)
    units = parse_amount(amount, peg.config.decimals)
    desk.carry_out(actions.mint(peg, to, units, reference(ref, required=True)))
