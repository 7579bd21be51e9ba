"""`picture`: what an auditor reads of a currency, from one block."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from pegboard import picture as pictures
from pegboard.actions import money
from pegboard.amounts import exact_amount
from pegboard.cli.options import at_desk, code_argument
from pegboard.inputs import moment_text

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk
    from pegboard.picture import Picture
    from pegboard.suite import Peg

_AMOUNTS = ("total", "in_redemption", "restricted", "treasury", "circulating")
_FLOWS = ("minted", "burned", "redeemed", "otherwise")


@at_desk(signs=False)
@code_argument
@click.option("--block", type=click.IntRange(min=0), help="The block; the latest by default.")
def picture(desk: Desk, code: str, block: int | None) -> None:
    """Show what the supply of CODE consists of, and everything open, as of one block.

    Rebuilds the supply from the log as well; exit code 1 when anything does not add up.
    """
    desk.peg(code)
    number = desk.chain.height() if block is None else block
    past = desk.chain.at(number)
    suite = desk.suite([code.upper()], desk.deployer_of(code.upper()), past)
    peg = suite.peg(code)
    suite.require_deployed(peg)
    seen = pictures.take(suite, peg, desk.roles.roles["MINTER"].id)
    result = {"chainId": desk.chain.chain_id, "block": number, "time": moment_text(past.now())}
    desk.answer(result | _machine(peg, seen), _text(peg, seen, number, moment_text(past.now())))
    if seen.breaks:
        click.get_current_context().exit(1)


def _machine(peg: Peg, seen: Picture) -> dict[str, Any]:
    result = asdict(seen)
    for key in (*_AMOUNTS, *_FLOWS):
        result[key] = exact_amount(result[key], peg.config.decimals)
    result["issued"] = {
        name: exact_amount(units, peg.config.decimals) for name, units in seen.issued.items()
    }
    for order in result["orders"]:
        order["ref"] = "0x" + order["ref"].hex()
    return result | {"currency": peg.config.code, "breaks": seen.breaks}


def _text(peg: Peg, seen: Picture, block: int, time: str) -> str:
    lines = [f"{peg.config.code} at block {block}, {time}"]
    for key in (*_AMOUNTS, *_FLOWS):
        lines.append(f"{key.replace('_', ' '):14} {money(peg, getattr(seen, key))}")
    lines += [f"issued by {name}: {money(peg, units)}" for name, units in seen.issued.items()]
    lines += [f"minter {account}" for account in seen.minters]
    lines += [f"wallet {account}: {purpose}" for account, purpose in seen.wallets.items()]
    lines.append(f"{len(seen.orders)} orders wait, {len(seen.requests)} redemptions are open")
    for entry in seen.accounts:
        bars = [name for name in ("blacklisted", "frozen") if getattr(entry, name)]
        held = [f"{money(peg, entry.held)} held"] if entry.held else []
        lines.append(
            f"{entry.account}: {', '.join(bars + held)}; restricted {money(peg, entry.restricted)}"
        )
    lines += [f"DOES NOT ADD UP: {fault}" for fault in seen.breaks]
    return "\n".join(lines)
