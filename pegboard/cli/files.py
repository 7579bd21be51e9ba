"""A bank's file, carried out: every line looked at first, one question, no line forgotten."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from pegboard import actions
from pegboard.cli import proposing, show, show_desks, simulating
from pegboard.cli.desk import SCHEDULED
from pegboard.errors import NotDue, PegboardError, Pending, Reverted

if TYPE_CHECKING:
    from pegboard.actions import Action, Summary
    from pegboard.cli.desk import Desk
    from pegboard.issuance import Accounted, Line
    from pegboard.safes.multisend import Piece


def carry_out(desk: Desk, found: Accounted, verb: str) -> None:
    """Does what is to be done; a line that is refused stops no other, and ends in exit code 1.

    Only where it is not known what became of a transaction is nothing more sent.
    """
    shown: tuple[Summary, Action] | None = None
    for line in found.to_do:
        shown = _look(desk, line, shown)
    if not desk.safe:
        _rehearse(desk, found.to_do)
        shown = shown if found.to_do else None
    show_desks.account(found, verb, err=True)
    if shown:
        show.summary(*shown)
        if desk.safe:
            proposing.propose_lines(desk, found, verb)
            return
        actions_left = [line.action for line in found.to_do if line.action]
        desk.confirm_amounts([(action.peg, action.amount) for action in actions_left])
        desk.confirm(f"Sign and send {len(found.to_do)} transactions such as this?")
    for line in found.to_do:
        _do(desk, line)
        if line.outcome == "unknown":
            break
    desk.answer(*show_desks.accounted(found, verb, desk.chain.chain_id))
    if found.count("refused"):
        click.get_current_context().exit(1)
    if found.count("unknown"):
        click.get_current_context().exit(Pending.exit_code)
    if found.count("scheduled"):
        click.get_current_context().exit(SCHEDULED)


def _look(
    desk: Desk, line: Line, shown: tuple[Summary, Action] | None
) -> tuple[Summary, Action] | None:
    """Refuses a line that the chain would refuse now; of the first other one, what is signed.

    All lines are one verb of one contract: whoever may do the first may do them all.
    """
    action = line.action
    if action is None:
        return shown
    try:
        if shown is None:
            return actions.summarise(desk.opened, desk.roles, action, desk.signer), action
        if not shown[0].delay:
            action.contract.simulate(action.call.data, sender=desk.signer)
    except Reverted as fault:
        line.outcome, line.reason, line.action = "refused", desk.explain(fault), None
    return shown


def _rehearse(desk: Desk, lines: list[Line]) -> None:
    """Refuses the lines that a copy of the chain refuses, after those before them were done."""
    tried: list[tuple[Line, Piece]] = []
    for line in lines:
        # What is scheduled and not due yet is not signed again.
        with suppress(NotDue):
            if line.action:
                tried.append((line, simulating.piece_of(simulating.step_of(desk, line.action))))
    found = simulating.attempt(desk, [piece for _, piece in tried])
    if found is None:
        return
    for (line, _), result in zip(tried, found.results, strict=True):
        if result.refusal:
            line.outcome, line.reason, line.action = "refused", result.refusal, None


def _do(desk: Desk, line: Line) -> None:
    action, line.action = line.action, None
    if action is None:
        return
    try:
        outcome = actions.carry_out(desk.opened, action, desk.signer)
    except Reverted as fault:
        line.outcome, line.reason = "refused", desk.explain(fault)
    except Pending as fault:
        line.outcome, line.reason = "unknown", str(fault)
    except NotDue as fault:
        line.outcome, line.reason = "scheduled", str(fault)
    except PegboardError as fault:
        line.outcome, line.reason = "refused", str(fault)
    else:
        line.outcome = "done" if outcome.executed else "scheduled"
        line.tx = outcome.receipt.tx if outcome.receipt else ""
    show.progress(f"{line.outcome:8} {line.reference}  {line.amount} {line.currency} {line.reason}")
