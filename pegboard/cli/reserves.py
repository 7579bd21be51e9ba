"""`reserves`: sign, post and show statements; dispute them, or clear a dispute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pegboard import actions, statements
from pegboard.cli import show, signing
from pegboard.cli.options import at_desk, code_argument, ref_option
from pegboard.inputs import reference

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def reserves() -> None:
    """Sign, post and show reserve statements; report a break, or clear it."""


reserves.add_command(signing.sign)


@at_desk(group=reserves)
@code_argument
@click.argument("files", nargs=-1, required=True, type=_file)
def post(desk: Desk, code: str, files: tuple[Path, ...]) -> None:
    """Post the statement that the attestors' FILES hold; anybody with gas may.

    All files must state the same; as many attestors as the quorum asks for must have signed.
    """
    desk.carry_out(statements.post_action(desk.peg(code), files))


@at_desk("show", signs=False, group=reserves)
@code_argument
def show_last(desk: Desk, code: str) -> None:
    """Show the last statement of CODE, its age, its attestors and the headroom it leaves."""
    peg = desk.peg(code)
    seen = statements.last_posted(peg)
    desk.answer(seen, show.statement(peg, seen))


@at_desk("break", group=reserves)
@code_argument
@ref_option
def report_break(desk: Desk, code: str, ref: str) -> None:
    """Stop minting of CODE at once, since its reserves are in doubt, as PAUSER. Needs --ref."""
    desk.carry_out(actions.report_break(desk.peg(code), reference(ref, required=True)))


@at_desk(group=reserves)
@code_argument
@ref_option
def clear(desk: Desk, code: str, ref: str) -> None:
    """Let the reserves of CODE count again, as RESUMER, who waits first (then repeat)."""
    desk.carry_out(actions.clear_break(desk.peg(code), reference(ref)))
