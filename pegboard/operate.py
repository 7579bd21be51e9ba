"""Privileged verbs: one at a time, at once where the role allows it, else scheduled first and executed when due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.amounts import format_duration
from pegboard.errors import NotPermitted

if TYPE_CHECKING:
    from pegboard.chain import Receipt
    from pegboard.contract import Call, Contract


@dataclass(frozen=True)
class Outcome:
    """What became of a verb: executed, or scheduled and executable from `ready_at`."""

    executed: bool
    receipt: Receipt | None
    ready_at: int = 0


def perform(authority: Contract, call: Call, sender: str) -> Outcome:
    """Executes the call if `sender` may now; schedules it if `sender` must wait; refuses otherwise."""
    chain = authority.chain
    selector = call.data[:4]
    immediate, delay = authority.call("canCall", sender, call.to, selector)
    if immediate:
        return Outcome(executed=True, receipt=_execute(authority, call, sender))
    if delay == 0:
        raise NotPermitted(
            f"{sender} may not do this ({call.text}): it does not hold the role that roles.toml "
            "declares for it; `status` prints who does"
        )
    operation = bytes.fromhex(authority.call("hashOperation", sender, call.to, call.data)[2:])
    ready_at = authority.call("getSchedule", operation)
    if ready_at == 0:
        receipt = authority.send("schedule", call.to, call.data, 0, sender=sender)
        ready_at = authority.call("getSchedule", operation)
        return Outcome(executed=False, receipt=receipt, ready_at=ready_at)
    if ready_at > chain.now():
        wait = format_duration(ready_at - chain.now())
        raise NotPermitted(f"scheduled, and not due before {wait} from now: {call.text}")
    return Outcome(executed=True, receipt=_execute(authority, call, sender))


def _execute(authority: Contract, call: Call, sender: str) -> Receipt:
    """Directly on the target, never through the manager: events then name the person."""
    return authority.at(call.to).submit(call.data, sender=sender)
