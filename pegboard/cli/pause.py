"""`pause`: stop verbs of a currency, or open them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pegboard import actions
from pegboard.cli.options import at_desk, code_argument, ref_option
from pegboard.inputs import reference
from pegboard.status import PAUSES

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk

_what = click.argument("what", nargs=-1, required=True, type=click.Choice(list(PAUSES)))


@click.group()
def pause() -> None:
    """Stop transfers, signatures, mint or redeem of a currency, or open them again."""


@at_desk(group=pause)
@code_argument
@_what
@ref_option
def on(desk: Desk, code: str, what: tuple[str, ...], ref: str) -> None:
    """Stop WHAT of CODE at once, as PAUSER. Redemption needs the consent's --ref."""
    ref_bytes = reference(ref, required="redeem" in what)
    desk.carry_out(actions.pause(desk.peg(code), what, ref_bytes))


@at_desk(group=pause)
@code_argument
@_what
@ref_option
def off(desk: Desk, code: str, what: tuple[str, ...], ref: str) -> None:
    """Open WHAT of CODE again, as RESUMER, who waits first (exit code 3, then repeat)."""
    desk.carry_out(actions.resume(desk.peg(code), what, reference(ref)))
