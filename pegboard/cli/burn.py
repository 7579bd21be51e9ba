"""`burn`: destroy units that were redeemed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pegboard import actions
from pegboard.amounts import parse_amount
from pegboard.cli.options import at_desk, code_argument, ref_option
from pegboard.inputs import reference

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk


@at_desk()
@code_argument
@click.argument("amount")
@ref_option
def burn(desk: Desk, code: str, amount: str, ref: str) -> None:
    """Destroy AMOUNT (in currency units) of CODE out of the signer's own tokens, as BURNER.

    Holders redeem by sending their tokens to the burner first. There is no way back. Needs the
    redemption's reference as --ref, which burns once: a second burn with the same one is refused.

    Example: ape run burn HKD 1250.50 --ref "redemption 88" --account burner
    """
    peg = desk.peg(code)
    units = parse_amount(amount, peg.config.decimals)
    desk.carry_out(actions.burn(peg, units, reference(ref, required=True)))
