"""`channels`: through whom may be issued, and how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pegboard import channels as library
from pegboard import issuance
from pegboard.actions import money
from pegboard.amounts import format_duration, parse_amount, parse_duration
from pegboard.channels import Limits
from pegboard.cli import show
from pegboard.cli.options import Address, at_desk, code_argument, ref_option
from pegboard.inputs import reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.cli.desk import Desk
    from pegboard.suite import Peg

_name = click.argument("name")
_kinds = click.Choice(list(issuance.KINDS[1:]))


def _limits(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--window", required=True, help="In which the limit refills, such as 1d."),
        click.option("--limit", required=True, help="Most at once, in currency units; refills."),
        click.option("--cap", required=True, help="Most in one order, in currency units."),
    ):
        function = option(function)
    return function


def _to(peg: Peg, cap: str, limit: str, window: str) -> Limits:
    decimals = peg.config.decimals
    terms = (parse_amount(cap, decimals), parse_amount(limit, decimals), parse_duration(window))
    return Limits(*terms)


@click.group()
def channels() -> None:
    """Open and close the channels of the issuance desk, and set how much each may issue."""


@at_desk("list", signs=False, group=channels)
@click.argument("code", metavar="[CODE]", default="")
def list_all(desk: Desk, code: str) -> None:
    """List the channels of CODE, or all, with their payees, caps and limits."""
    peg = desk.peg(code) if code else None
    found = library.listed(desk.opened if peg else desk.board(), peg)
    lines = [_line(channel) for channel in found]
    result = {"chainId": desk.chain.chain_id, "channels": found}
    desk.answer(result, "\n".join(lines) or "There is no channel.")


@at_desk("show", signs=False, group=channels)
@code_argument
@_name
def show_one(desk: Desk, code: str, name: str) -> None:
    """Show the channel NAME of CODE, and what binds an issue through it now."""
    peg = desk.peg(code)
    found = library.as_dict(desk.opened, library.known(desk.opened, peg, name))
    binding, units = issuance.preview(desk.opened, name)
    found |= {"binding": binding, "allowed": show.amount(units, peg.config.decimals)}
    told = f"{_line(found)}\n{money(peg, units)} could be issued now; binding: {binding}"
    desk.answer({"chainId": desk.chain.chain_id} | found, told)


@at_desk("open", group=channels)
@code_argument
@_name
@click.option("--kind", required=True, type=_kinds, help="Buys for itself, or distributes.")
@click.option("--payee", required=True, type=Address(), help="The wallet that is issued to.")
@ref_option
def open_one(desk: Desk, code: str, name: str, kind: str, payee: str, ref: str) -> None:
    """Open the channel NAME of CODE, as GOVERNOR, who waits first (exit code 3, then repeat).

    NAME is what payers write in the bank's remittance text: 1 to 31 of A-Z, 0-9 and -, a letter
    first. It keeps kind and payee for ever, and issues nothing before `raise`.
    """
    peg = desk.peg(code)
    desk.carry_out(library.open_channel(desk.opened, peg, name, kind, payee, reference(ref)))


@at_desk("raise", group=channels)
@code_argument
@_name
@_limits
@ref_option
def raise_one(desk: Desk, code: str, name: str, ref: str, **limits: str) -> None:
    """Set the limits of the channel NAME of CODE, as GOVERNOR, who waits first (then repeat)."""
    peg = desk.peg(code)
    to = _to(peg, **limits)
    desk.carry_out(library.raise_limits(desk.opened, peg, name, to, reference(ref)))


@at_desk("lower", group=channels)
@code_argument
@_name
@_limits
@ref_option
def lower_one(desk: Desk, code: str, name: str, ref: str, **limits: str) -> None:
    """Cut the limits of the channel NAME of CODE at once, as PAUSER.

    Neither the cap, nor the limit, nor what refills in a second may rise by it.
    """
    peg = desk.peg(code)
    to = _to(peg, **limits)
    desk.carry_out(library.lower_limits(desk.opened, peg, name, to, reference(ref)))


@at_desk(group=channels)
@code_argument
@_name
@ref_option
def close(desk: Desk, code: str, name: str, ref: str) -> None:
    """Close the channel NAME of CODE at once, as PAUSER; nothing is issued through it then."""
    peg = desk.peg(code)
    desk.carry_out(library.close(desk.opened, peg, name, reference(ref)))


def _line(found: dict[str, Any]) -> str:
    cap, limit, left = (_grouped(found[key]["amount"]) for key in ("cap", "limit", "available"))
    return (
        f"{found['name']}  {found['currency']}  {'open' if found['open'] else 'CLOSED'}  "
        f"{found['kind']} to {found['payee']} ({found['payeeStanding']}), cap {cap}, limit "
        f"{limit} per {format_duration(found['window'])}, {left} left"
    )


def _grouped(amount: str) -> str:
    whole, point, fraction = amount.partition(".")
    return f"{int(whole):,}{point}{fraction}"
