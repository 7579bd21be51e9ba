"""`expel`: take powers away at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pegboard import expel as library
from pegboard.cli.options import Address, at_desk, code_argument, ref_option
from pegboard.inputs import reference

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk

_address = click.argument("address", type=Address())


@click.group()
def expel() -> None:
    """Take a role, or the right to attest or to sign pauses ahead, from an account at once."""


@at_desk(group=expel)
@click.argument("role")
@_address
@ref_option
def member(desk: Desk, role: str, address: str, ref: str) -> None:
    """Take ROLE from ADDRESS at once, as EXPELLER: the first thing to do with a stolen key.

    What ADDRESS has scheduled under it cannot be executed any more. Needs --ref.
    """
    ref_bytes = reference(ref, required=True)
    suite = desk.board()
    desk.carry_out(library.member(suite, desk.roles, role, address, ref_bytes))


@at_desk(group=expel)
@code_argument
@_address
@ref_option
def attestor(desk: Desk, code: str, address: str, ref: str) -> None:
    """Let the attestor ADDRESS sign no reserves of CODE any more, as EXPELLER. Needs --ref."""
    ref_bytes = reference(ref, required=True)
    desk.carry_out(library.attestor(desk.peg(code), address, ref_bytes))


@at_desk(group=expel)
@_address
@ref_option
def signer(desk: Desk, address: str, ref: str) -> None:
    """Let ADDRESS sign no pauses ahead any more, as EXPELLER. Needs --ref.

    What it has signed already counts no more either; `presign revoke` voids whole envelopes.
    """
    ref_bytes = reference(ref, required=True)
    desk.carry_out(library.signer(desk.board(), address, ref_bytes))
