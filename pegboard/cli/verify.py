"""`verify`: whose identity is known, and whether that is required."""

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
def verify() -> None:
    """Say whose identity is known, and whether only they may hold (allow-list mode)."""


@at_desk(group=verify)
@code_argument
@addresses_argument
@ref_option
def add(desk: Desk, code: str, addresses: tuple[str, ...], ref: str) -> None:
    """Mark ADDRESSES as verified in CODE, as VERIFIER."""
    desk.carry_out(actions.mark(desk.peg(code), "verify", addresses, reference(ref)))


@at_desk(group=verify)
@code_argument
@addresses_argument
@ref_option
def remove(desk: Desk, code: str, addresses: tuple[str, ...], ref: str) -> None:
    """Mark ADDRESSES as not verified in CODE, as VERIFIER."""
    desk.carry_out(actions.mark(desk.peg(code), "unverify", addresses, reference(ref)))


@at_desk(group=verify)
@code_argument
@ref_option
def require(desk: Desk, code: str, ref: str) -> None:
    """Enter allow-list mode at once, as PAUSER: only verified accounts move CODE."""
    desk.carry_out(actions.require_verified(desk.peg(code), reference(ref)))


@at_desk(group=verify)
@code_argument
@ref_option
def waive(desk: Desk, code: str, ref: str) -> None:
    """Leave allow-list mode, as GOVERNOR, who waits first (exit code 3, then repeat)."""
    desk.carry_out(actions.waive_verified(desk.peg(code), reference(ref)))


@at_desk("file", group=verify)
@code_argument
@rolls.file_argument
@click.option("--remove", "unmarks", is_flag=True, help="Mark them as not verified instead.")
@ref_option
def add_file(desk: Desk, code: str, file: Path, unmarks: bool, ref: str) -> None:
    """Mark all accounts of FILE as verified in CODE, as VERIFIER.

    FILE has a header, account, and an address a line. Repeated after a stop, it does the rest.
    """
    rolls.carry_out(desk, code, "unverify" if unmarks else "verify", file, reference(ref))
