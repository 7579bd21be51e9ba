"""Carries a plan out as one account: what it can do now, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pegboard import create2
from pegboard.desired.plan import moves
from pegboard.errors import DeploymentError
from pegboard.sending.journal import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pegboard.chain import Receipt
    from pegboard.contract import Contract
    from pegboard.desired.plan import Move, Plan, Planner

    Say = Callable[[str], None]


@dataclass
class Applied:
    """What one run has done, and the plan of what is left."""

    left: Plan
    executed: list[str] = field(default_factory=list)
    scheduled: list[str] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)


def carry_out(
    planner: Planner,
    account: str,
    say: Say = lambda _: None,
    check: Callable[[Plan], None] = lambda _: None,
    choose: Callable[[Plan, Contract, str], list[Move]] = moves,
) -> Applied:
    """Sends what the account can send, until a fresh plan leaves it nothing; `check` may refuse.

    What is left to do is read from the chain each time, so a run that was cut is resumed by
    another one. `choose` says which of the steps these are.
    """
    plan = planner.plan()
    check(plan)
    done = Applied(plan)
    before: set[bytes] = set()
    while todo := choose(plan, planner.suite.authority, account):
        calls = {move.call.to.encode() + move.call.data for move in todo}
        if calls <= before:
            texts = "\n  ".join(move.call.text for move in todo)
            raise DeploymentError(f"this was done, and the chain is as before:\n  {texts}")
        before |= calls
        send(planner, todo, account, done, say)
        plan = planner.plan()
        check(plan)
    done.left = plan
    return done


def send(
    planner: Planner, todo: Iterable[Move], account: str, done: Applied, say: Say = lambda _: None
) -> None:
    """Sends moves in their order; neighbouring calls to the Authority go in one transaction."""
    for batch in _in_a_row(todo, planner.suite.authority.address):
        for move in batch:
            say(move.call.text)
        receipt = _send(planner, batch, account)
        if receipt:
            done.receipts.append(receipt)
        for move in batch:
            (done.executed if move.executes else done.scheduled).append(move.step.text)


def _send(planner: Planner, batch: list[Move], account: str) -> Receipt | None:
    authority, first = planner.suite.authority, batch[0]
    if first.step.kind == "create":
        return _create(planner, first, account)
    if first.call.to != authority.address:
        note = Note(first.call.text, verb="apply" if first.executes else "schedule")
        return authority.at(first.call.to).submit(first.call.data, sender=account, note=note)
    data = authority.encode("multicall", [move.call.data for move in batch])
    done = "apply" if any(move.executes for move in batch) else "schedule"
    note = Note("; ".join(move.call.text for move in batch), verb=done)
    return authority.submit(data, sender=account, note=note)


def _create(planner: Planner, move: Move, account: str) -> Receipt | None:
    chain, step = planner.suite.chain, move.step
    create2.require_factory(chain)
    address, receipt = create2.deploy(chain, step.initcode, sender=account)
    if address != step.address:
        raise DeploymentError(f"{step.name} went to {address}, not to {step.address}")
    return receipt


def _in_a_row(todo: Iterable[Move], authority: str) -> Iterator[list[Move]]:
    """Neighbouring calls to the Authority together, since it takes lists; others alone."""
    batch: list[Move] = []
    for move in todo:
        if move.call.to == authority:
            batch.append(move)
            continue
        if batch:
            yield batch
        batch = []
        yield [move]
    if batch:
        yield batch
