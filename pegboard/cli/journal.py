"""`journal`: what was signed on this machine, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pegboard.amounts import format_amount
from pegboard.cli import show
from pegboard.cli.options import at_desk, journal_option
from pegboard.inputs import moment_text
from pegboard.sending import journal as states

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk
    from pegboard.sending.journal import Order


@click.group()
def journal() -> None:
    """Show, finish or cancel what was signed on this machine."""


@at_desk("list", signs=False, group=journal)
@click.option(
    "--count", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many."
)
@journal_option
def list_(desk: Desk, count: int) -> None:
    """The newest orders of the chain's journal, newest first; `--count` says how many."""
    orders = desk.journal.latest(count)
    lines = [f"{order.id:>5}  {order.state:<9}  {order.wish.text}" for order in orders]
    result = {"chainId": desk.chain.chain_id, "orders": [_machine(order) for order in orders]}
    desk.answer(result, "\n".join(lines) or f"Nothing was signed for {desk.chain_name} here yet.")


@at_desk("show", signs=False, group=journal)
@click.argument("order_id", metavar="ID", type=int)
@journal_option
def show_(desk: Desk, order_id: int) -> None:
    """Everything that the journal knows of the order ID."""
    order = desk.journal.order(order_id)
    desk.answer(_machine(order), "\n".join(_lines(order)))


@at_desk(group=journal, proposes=False)
def settle(desk: Desk) -> None:
    """Find out what became of all that the signer has under way, and send it again.

    Every signing command does this first. Exit code 4 says that something is still under way.
    """
    left = desk.journal.open_orders(desk.signer)
    result = {"outcome": "done" if desk.settled else "nothing", "open": len(left)}
    settled = [_machine(order) for order in desk.settled]
    text = "\n".join(f"{order.state}: {order.wish.text}" for order in desk.settled)
    desk.answer(result | {"settled": settled}, text or "Nothing is under way.")


@at_desk(settles=False, proposes=False, group=journal)
@click.argument("order_id", metavar="ID", type=int)
def cancel(desk: Desk, order_id: int) -> None:
    """Use the number of the order ID up by a payment of nothing, so that it never happens.

    It must be under way, and one's own; when it is included all the same, that is what is told.
    """
    order = desk.journal.order(order_id)
    if order.state not in states.OPEN:
        desk.answer(_machine(order), f"Nothing to do: it is {order.state} already.")
        return
    for line in _lines(order):
        show.progress(line)
    desk.confirm("Cancel this?")
    order = desk.sender.cancel(order_id)
    desk.answer(_machine(order), f"{order.state}: {order.wish.text}")
    if order.state != states.CANCELLED:
        click.get_current_context().exit(1)


def _machine(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "state": order.state,
        "text": order.wish.text,
        "key": order.wish.note.key,
        "signer": order.wish.signer,
        "to": order.wish.target,
        "data": "0x" + order.wish.data.hex(),
        "nonce": order.nonce,
        "signedAt": moment_text(order.made_at),
        "transactions": [attempt.tx for attempt in order.attempts],
        "tx": order.tx,
        "block": order.block or None,
    }


def _lines(order: Order) -> list[str]:
    kept = _machine(order)
    names = {"text": "order", "signer": "signer", "to": "to", "nonce": "number"}
    lines = [f"{title:<12} {kept[name]}" for name, title in names.items()]
    lines += [f"signed       {kept['signedAt']}", f"state        {order.state}"]
    for attempt in order.attempts:
        what = (
            "cancels it" if attempt.cancels else f"at most {format_amount(attempt.max_fee, 9)} gwei"
        )
        lines.append(f"transaction  {attempt.tx} ({what})")
    return lines + ([f"block        {order.block} {order.block_hash}"] if order.block else [])
