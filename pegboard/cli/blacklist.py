"""`blacklist`: bar accounts altogether, or lift it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pegboard import actions
from pegboard.cli import rolls
from pegboard.cli.options import addresses_argument, at_desk, code_argument, ref_option
from pegboard.inputs import reference

if TYPE_CHECKING:
    from pathlib import Path

    from pegboard.cli.desk import Desk


@click.group()
def blacklist() -> None:
    """Bar accounts from sending, receiving, spending and authorizing, or lift it."""


@at_desk(group=blacklist)
@code_argument
@addresses_argument
@ref_option
def add(desk: Desk, code: str, addresses: tuple[str, ...], ref: str) -> None:
    """Bar ADDRESSES from CODE at once, as BLACKLISTER.

    Their tokens stay in the supply and stay backed. Those that are barred already are passed
    over.
    """
    desk.carry_out(actions.mark(desk.peg(code), "blacklist", addresses, reference(ref)))


@at_desk(group=blacklist)
@code_argument
@addresses_argument
@ref_option
def remove(desk: Desk, code: str, addresses: tuple[str, ...], ref: str) -> None:
    """Lift the blacklisting of ADDRESSES, as RELEASER, who waits first.

    The first run schedules (exit code 3); the same command executes it when it is due.
    """
    desk.carry_out(actions.mark(desk.peg(code), "unblacklist", addresses, reference(ref)))


@at_desk("file", group=blacklist)
@code_argument
@rolls.file_argument
@click.option("--remove", "lifts", is_flag=True, help="Lift it instead, as RELEASER, who waits.")
@ref_option
def add_file(desk: Desk, code: str, file: Path, lifts: bool, ref: str) -> None:
    """Bar all accounts of FILE from CODE at once, as BLACKLISTER.

    FILE has a header, account, and an address a line. Repeated after a stop, it does the rest.
    """
    rolls.carry_out(desk, code, "unblacklist" if lifts else "blacklist", file, reference(ref))
