"""`limits`: how much of a currency can be minted in a stretch of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pegboard import limits as library
from pegboard.amounts import format_amount, format_duration, parse_amount, parse_duration
from pegboard.cli.options import at_desk, code_argument, ref_option
from pegboard.inputs import reference

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk

_capacity = click.argument("capacity")
_window = click.argument("window")


@click.group()
def limits() -> None:
    """Show the refilling mint limit of a currency, raise it with a delay or cut it at once."""


@at_desk("show", signs=False, group=limits)
@code_argument
def show_one(desk: Desk, code: str) -> None:
    """Show the mint limit of CODE, what is left of it, and whether it is what was declared."""
    peg = desk.peg(code)
    found = library.standing(peg)

    def told(terms: dict[str, Any]) -> str:
        units = int(terms["capacity"]["units"])
        return f"{format_amount(units, peg.config.decimals)} per {format_duration(terms['window'])}"

    lines = {
        "Mint limit": told(found),
        "Left": format_amount(int(found["available"]["units"]), peg.config.decimals),
        "Declared": told(found["declared"]) + ("" if found["asDeclared"] else "  DIFFERS"),
        "Supply": format_amount(int(found["supply"]["units"]), peg.config.decimals),
    }
    text = "\n".join(f"{key:10} {value}" for key, value in lines.items())
    desk.answer({"chainId": desk.chain.chain_id} | found, text)


@at_desk("raise", group=limits)
@code_argument
@_capacity
@_window
@ref_option
def raise_one(desk: Desk, code: str, capacity: str, window: str, ref: str) -> None:
    """Let CAPACITY of CODE be minted per WINDOW, as GOVERNOR, who waits (exit code 3, then repeat).

    CAPACITY is in currency units, WINDOW a time such as 1d, over which it refills. Needs --ref.
    """
    peg = desk.peg(code)
    units, seconds = parse_amount(capacity, peg.config.decimals), parse_duration(window)
    desk.carry_out(library.raise_limit(peg, units, seconds, reference(ref, required=True)))


@at_desk("lower", group=limits)
@code_argument
@_capacity
@_window
@ref_option
def lower_one(desk: Desk, code: str, capacity: str, window: str, ref: str) -> None:
    """Cut the mint limit of CODE to CAPACITY per WINDOW at once, as PAUSER. Needs --ref.

    Neither the capacity nor what refills in a second may rise by it.
    """
    peg = desk.peg(code)
    units, seconds = parse_amount(capacity, peg.config.decimals), parse_duration(window)
    desk.carry_out(library.lower_limit(peg, units, seconds, reference(ref, required=True)))
