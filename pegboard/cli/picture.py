"""`picture`: what an auditor reads of a currency, from one block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pegboard import channels
from pegboard import picture as pictures
from pegboard.actions import money
from pegboard.cli import show_desks
from pegboard.cli.options import at_desk, code_argument
from pegboard.cli.show import amount
from pegboard.inputs import moment_text

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk
    from pegboard.picture import Picture, Restricted
    from pegboard.suite import Peg, Suite

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
    when = {"chainId": desk.chain.chain_id, "block": number, "time": moment_text(past.now())}
    machine, people = _machine(suite, peg, seen), _text(suite, peg, seen)
    title = f"{peg.config.code} at block {number}, {when['time']}"
    desk.answer(when | machine, "\n".join([title, *people]))
    if seen.breaks:
        click.get_current_context().exit(1)


def _machine(suite: Suite, peg: Peg, seen: Picture) -> dict[str, Any]:
    decimals, now = peg.config.decimals, suite.chain.now()
    orders, _ = show_desks.orders(suite, peg, list(seen.orders))
    requests, _ = show_desks.requests(peg, list(seen.requests), now)
    return {
        "currency": peg.config.code,
        **{key: amount(getattr(seen, key), decimals) for key in (*_AMOUNTS, *_FLOWS)},
        "issued": {name: amount(units, decimals) for name, units in seen.issued.items()},
        "minters": list(seen.minters),
        "wallets": seen.wallets,
        "channels": [channels.as_dict(suite, channel) for channel in seen.channels],
        "orders": orders["orders"],
        "requests": requests["requests"],
        "accounts": [
            vars(entry)
            | {
                "held": amount(entry.held, decimals),
                "restricted": amount(entry.restricted, decimals),
            }
            for entry in seen.accounts
        ],
        "breaks": seen.breaks,
    }


def _text(suite: Suite, peg: Peg, seen: Picture) -> list[str]:
    lines = []
    for key in (*_AMOUNTS, *_FLOWS):
        lines.append(f"{key.replace('_', ' '):14} {money(peg, getattr(seen, key))}")
    lines += [f"issued by {name}: {money(peg, units)}" for name, units in seen.issued.items()]
    lines += [f"minter {account}" for account in seen.minters]
    lines += [f"wallet {account}: {purpose}" for account, purpose in seen.wallets.items()]
    lines += [f"account {_barred(peg, entry)}" for entry in seen.accounts]
    lines.append(f"{len(seen.orders)} orders wait, {len(seen.requests)} redemptions are open")
    if seen.orders:
        lines.append(show_desks.orders(suite, peg, list(seen.orders))[1])
    if seen.requests:
        lines.append(show_desks.requests(peg, list(seen.requests), suite.chain.now())[1])
    return lines + [f"DOES NOT ADD UP (base units): {fault}" for fault in seen.breaks]


def _barred(peg: Peg, entry: Restricted) -> str:
    bars = [name for name in ("blacklisted", "frozen") if getattr(entry, name)]
    held = [f"{money(peg, entry.held)} held"] if entry.held else []
    return f"{entry.account}: {', '.join(bars + held)}; restricted {money(peg, entry.restricted)}"
