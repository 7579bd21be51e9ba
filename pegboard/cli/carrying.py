"""A verb, carried out: shown, tried, confirmed, sent, and told what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard import actions, oplog
from pegboard.cli import proposing, show, simulating
from pegboard.errors import NotDue, NotPermitted, Reverted, safe_text
from pegboard.guards import require_payable
from pegboard.inputs import reference_text
from pegboard.sending.journal import DONE

if TYPE_CHECKING:
    from pegboard.actions import Action
    from pegboard.cli.desk import Desk


def carry_out(desk: Desk, action: Action) -> None:
    """Does what is not done yet; a refusal is written to the log of operations."""
    result = show.outcome(action, None, desk.chain.chain_id)
    if action.nothing_to_do:
        tx = action.details.get("tx")
        said = f"it was done in transaction {tx}." if tx else "it is so already."
        desk.answer(result, f"Nothing to do: {said}")
        return
    if tx := actions.done_before(action):
        desk.answer(result | {"tx": tx}, f"Nothing to do: it was done in transaction {tx}.")
        return
    if tx := _was_under_way(desk, action):
        told = f"It was under way, and is done in transaction {tx}.\n"
        desk.answer(result | {"tx": tx}, told + "To do it once more, repeat the command.")
        return
    try:
        _check_payee(desk, action)
        if desk.safe:
            proposing.propose(desk, action)
        else:
            _carry_out(desk, action)
    except (Reverted, NotPermitted) as fault:
        _write_refusal(desk, action, fault)
        raise


def _was_under_way(desk: Desk, action: Action) -> str:
    """The transaction that an earlier run of this very command left, and this one finished."""
    wanted = (action.call.to, action.call.data)
    done = (order for order in desk.settled if order.state == DONE)
    found = (order.tx for order in done if (order.wish.target, order.wish.data) == wanted)
    return next(found, "")


def _check_payee(desk: Desk, action: Action) -> None:
    """Refuses to pay what is a contract elsewhere only; points out whom nobody wrote down."""
    payee = action.details.get("to")
    if payee is None or action.amount is None:
        return
    require_payable(desk.opened, desk.address_book, [payee])
    if desk.address_book.unknown([payee]):
        show.progress(f"{payee} is not in addresses.toml")


def _carry_out(desk: Desk, action: Action) -> None:
    summary = actions.summarise(desk.opened, desk.roles, action, desk.signer)
    show.summary(summary, action)
    if summary.ready_at > desk.chain.now():
        desk.wait(action, summary.ready_at, None)
    simulating.rehearse_verb(desk, action)
    desk.confirm_amounts([(action.peg, action.amount)])
    desk.confirm(
        "Schedule this?" if summary.delay and not summary.ready_at else "Sign and send this?"
    )
    try:
        outcome = actions.carry_out(desk.opened, action, desk.signer)
    except NotDue as fault:
        desk.wait(action, fault.ready_at, None)
    if outcome.receipt is None or not outcome.executed:
        desk.wait(action, outcome.ready_at, outcome.receipt)
    result = show.outcome(action, outcome.receipt, desk.chain.chain_id)
    desk.answer(result, f"Done: {action.call.text}\ntransaction {outcome.receipt.tx}")


def _write_refusal(desk: Desk, action: Action, fault: Exception) -> None:
    """A key that was used for what it may not do is on record, too."""
    oplog.record(
        desk.log_path,
        chain_id=desk.chain.chain_id,
        verb=action.verb,
        sentence=f"{action.call.text}: {safe_text(fault)}",
        outcome="refused",
        reference=reference_text(action.ref),
        signer=desk.signer,
        contract=action.call.to,
        calldata=action.call.data,
    )
