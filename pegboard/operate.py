"""Privileged verbs: at once where the role allows it, else scheduled and executed when due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.amounts import format_duration
from pegboard.desired.access import may_call
from pegboard.errors import NotDue, NotPermitted
from pegboard.sending.journal import NO_NOTE, Note

if TYPE_CHECKING:
    from pegboard.chain import Receipt
    from pegboard.contract import Call, Contract


@dataclass(frozen=True)
class Outcome:
    """What became of a verb: executed, or scheduled and executable from `ready_at`."""

    executed: bool
    receipt: Receipt | None
    ready_at: int = 0


def delay_of(authority: Contract, call: Call, sender: str) -> int:
    """The seconds that `sender` must wait between scheduling and executing this call."""
    may, delay = may_call(authority, call, sender)
    if not may:
        raise NotPermitted(
            f"{sender} may not do this ({call.text}): it does not hold the role that roles.toml "
            "declares for it; `status` prints who does"
        )
    return delay


def due_at(authority: Contract, call: Call, sender: str) -> int:
    """When the scheduled call can be executed; zero when it is not scheduled, or has expired."""
    operation = bytes.fromhex(authority.call("hashOperation", sender, call.to, call.data)[2:])
    return int(authority.call("getSchedule", operation))


@dataclass(frozen=True)
class Step:
    """What `sender` can send now for a verb: the verb itself, or the scheduling of it."""

    call: Call
    executes: bool


def next_step(authority: Contract, call: Call, sender: str) -> Step:
    """The verb where it is due, its scheduling where `sender` must wait; else it refuses."""
    if delay_of(authority, call, sender) == 0:
        # Directly on the target, never through the manager: events then name the person.
        return Step(call, executes=True)
    ready_at = due_at(authority, call, sender)
    if ready_at == 0:
        text = f"schedule: {call.text}"
        return Step(authority.prepare("schedule", call.to, call.data, 0, text=text), executes=False)
    if ready_at > authority.chain.now():
        wait = format_duration(ready_at - authority.chain.now())
        raise NotDue(f"scheduled, and not due before {wait} from now: {call.text}", ready_at)
    return Step(call, executes=True)


def perform(authority: Contract, call: Call, sender: str, note: Note = NO_NOTE) -> Outcome:
    """Executes the call if `sender` may, schedules it if `sender` must wait, else refuses."""
    step = next_step(authority, call, sender)
    kept = note if step.executes else Note(step.call.text, verb="schedule", ref=note.ref)
    receipt = authority.at(step.call.to).submit(step.call.data, sender=sender, note=kept)
    ready_at = 0 if step.executes else due_at(authority, call, sender)
    return Outcome(step.executes, receipt, ready_at)
