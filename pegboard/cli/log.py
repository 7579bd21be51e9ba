"""`log`: the operations that were carried out, as they were written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pegboard import oplog
from pegboard.cli.options import at_desk, log_option
from pegboard.errors import LogError

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk


@click.group()
def log() -> None:
    """Show the log of operations: what was done, by whom, under which ticket and signatures."""


@at_desk("list", signs=False, group=log)
@click.option("--last", type=click.IntRange(min=1), default=20, show_default=True, help="How many.")
@click.option("--ref", help="Only the operations of this ticket, case or bank reference.")
@log_option
def list_all(desk: Desk, last: int, ref: str | None) -> None:
    """List the last operations of this chain; `verify-log` says whether the log is sound."""
    path = desk.log_path
    if not path.exists():
        raise LogError(f"no operation was logged for chain {desk.chain.chain_id} in {path.parent}")
    found = [entry for entry in oplog.entries(path) if ref in (None, entry["reference"])][-last:]
    result = {"chainId": desk.chain.chain_id, "log": str(path), "operations": found}
    desk.answer(result, "\n".join(_line(entry) for entry in found) or "There is none of these.")


def _line(entry: dict[str, Any]) -> str:
    signed = f", signed by {', '.join(entry['approvers'])}" if entry["approvers"] else ""
    return (
        f"{entry['sequence']:5}  {entry['time']}  {entry['outcome']:9}  {entry['sentence']}\n"
        f"       by {entry['signer'] or 'nobody'}{signed}, {entry['tx'] or 'not sent'}"
    )
