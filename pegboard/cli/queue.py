"""`queue`: what waits for its delay, and who can stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pegboard import queue as library
from pegboard.amounts import format_duration
from pegboard.cli.desk import SCHEDULED
from pegboard.cli.options import at_desk, ref_option
from pegboard.errors import NotDue
from pegboard.inputs import moment, moment_text, reference

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk
    from pegboard.queue import Operation

_which = click.argument("operation", metavar="ID")


@click.group()
def queue() -> None:
    """List what is scheduled and waits for its delay; execute it when due, or cancel it."""


@at_desk("list", signs=False, group=queue)
@click.option("--all", "everything", is_flag=True, help="Also what is executed, cancelled or late.")
def list_all(desk: Desk, everything: bool) -> None:
    """List every scheduled operation: what it does, by whom, when it is due, who can cancel it.

    Without --all only what is waiting or due.
    """
    suite = desk.board()
    found = library.operations(suite)
    chosen = [op for op in found if everything or op.state in library.OPEN]
    describe = library.reader(suite, desk.roles)
    told = [library.as_dict(suite, desk.roles, op, describe) for op in chosen]
    now = desk.chain.now()
    result = {"chainId": desk.chain.chain_id, "now": moment_text(now), "operations": told}
    lines = [_text(operation, now) for operation in told]
    desk.answer(result, "\n\n".join(lines) or "Nothing waits.")


@at_desk(group=queue)
@_which
def execute(desk: Desk, operation: str) -> None:
    """Execute the operation ID, which is due, as the account that scheduled it.

    ID is the beginning of what `queue list` prints, as long as it names one operation.
    """
    found = _find(desk, operation)
    describe = library.reader(desk.opened, desk.roles)
    try:
        action = library.execute(desk.opened, desk.roles, found, desk.signer, describe)
    except NotDue as fault:
        told = {"command": "execute", "outcome": "scheduled", "chainId": desk.chain.chain_id}
        told |= {"operation": found.key, "readyAt": moment_text(fault.ready_at)}
        desk.answer(told, f"{fault}. Repeat the same command then.")
        click.get_current_context().exit(SCHEDULED)
    desk.carry_out(action)


@at_desk(group=queue)
@_which
@ref_option
def cancel(desk: Desk, operation: str, ref: str) -> None:
    """Cancel the operation ID at once, as its guardian or as the account that scheduled it.

    Needs --ref, which goes into the records: the chain keeps no reference of a cancellation.
    """
    ref_bytes = reference(ref, required=True)
    found = _find(desk, operation)
    describe, signer = library.reader(desk.opened, desk.roles), desk.signer
    desk.carry_out(library.cancel(desk.opened, desk.roles, found, signer, describe, ref_bytes))


def _find(desk: Desk, text: str) -> Operation:
    return library.find(library.operations(desk.board()), text)


def _text(told: dict[str, Any], now: int) -> str:
    left = moment(told["dueAt"]) - now
    when = {
        "waiting": f"due at {told['dueAt']} (in {format_duration(left)})",
        "due": f"due since {told['dueAt']}, expires at {told['expiresAt']}",
        "expired": f"expired at {told['expiresAt']}",
    }.get(told["state"], f"{told['state']} in {told['endedIn']}")
    since = f" at {told['scheduledAt']}" if told["scheduledAt"] else ""
    holds = told["role"] if told["callerHolds"] else f"no longer {told['role']}"
    rows = [
        f"{told['key']}  {told['state'].upper()}",
        *(f"  {line}" for line in told["what"]),
        f"  {when}",
        f"  scheduled{since} by {told['caller']}, {holds}, in {told['scheduledIn']}",
        f"  {told['guardian']} can cancel it: {', '.join(told['guardians']) or 'nobody'}",
    ]
    return "\n".join(rows)
