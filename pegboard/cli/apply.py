"""`apply`: carry out what is declared, as far as one account or Safe can do it now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pegboard.amounts import parse_duration
from pegboard.cli import proposing, show, show_plans, simulating
from pegboard.cli.declared import declaration_option, declared_at, write_records
from pegboard.cli.desk import SCHEDULED
from pegboard.cli.options import at_desk
from pegboard.desired import apply as library
from pegboard.desired import records, saved
from pegboard.desired.plan import creations, due_calls, moves

if TYPE_CHECKING:
    from pegboard.cli.declared import Declared
    from pegboard.cli.desk import Desk
    from pegboard.desired.apply import Applied
    from pegboard.desired.plan import Plan, Planner
    from pegboard.desired.saved import SavedPlan


@at_desk()
@click.argument("file", required=False, type=click.Path(dir_okay=False))
@click.option("--max-age", default="7d", help="How old the plan in FILE may be. Default: 7d.")
@declaration_option
def apply(desk: Desk, file: str | None, max_age: str, declaration: str | None) -> None:
    """Do what the signer can do of the plan, or of the plan in FILE and nothing else.

    What needs no delay is done, what needs one is scheduled, what is due is executed; with --safe
    all of it is proposed as one transaction. What is left is listed with who can do it and when
    (exit code 3): repeat the same command then. A run that was cut is resumed by the same command.

    Example: ape run apply plans/board-4.json --account governor
    """
    plan_file = saved.load(Path(file)) if file else None
    longest = parse_duration(max_age)
    if plan_file:
        plan_file.require_recent(desk.chain.now(), longest)
    found = declared_at(desk, declaration, plan_file.codes if plan_file else ())
    planner = found.planner(desk)
    plan = planner.plan()
    reviewed = _reviewed(planner, plan, found, plan_file)
    show.progress(show_plans.plan_text(plan, reviewed.content, desk.chain.now()))
    for record in found.records.values():
        if record:
            records.require_recorded_code(found.suite, record)
    done = _carry_out(desk, planner, plan, reviewed)
    result, text = _result(desk, found, planner, done)
    calls = due_calls(done.left, planner.suite.authority, desk.safe or "")
    if desk.safe and calls:
        proposing.write(desk, proposing.safe_of(desk), calls, result)
    desk.answer(result, text)
    if not done.left.clean:
        ends = done.left.steps or done.left.underway
        click.get_current_context().exit(SCHEDULED if ends else 1)


def _reviewed(
    planner: Planner, plan: Plan, found: Declared, plan_file: SavedPlan | None
) -> SavedPlan:
    """What may be done: the plan of the file, or the one that is shown now."""
    digest = found.declaration.digest
    if plan_file is None:
        return saved.SavedPlan("the plan", saved.as_dict(planner, plan, digest, found.codes))
    plan_file.require_same_facts(planner, digest)
    plan_file.require_covers(plan, planner)
    return plan_file


def _carry_out(desk: Desk, planner: Planner, plan: Plan, reviewed: SavedPlan) -> Applied:
    """Sends as the account; for a Safe it only makes contracts, which anybody may."""
    account, choose = desk.account_address, creations if desk.safe else moves
    todo = choose(plan, planner.suite.authority, account)
    if not todo:
        return library.Applied(plan)
    pieces = [simulating.piece_of(move.call) for move in todo]
    simulating.rehearse(desk, pieces, account)
    desk.confirm(f"Sign and send the {len(todo)} of these steps that {account} can make now?")
    return library.carry_out(
        planner,
        account,
        show.progress,
        lambda fresh: reviewed.require_covers(fresh, planner),
        choose,
    )


def _result(
    desk: Desk, found: Declared, planner: Planner, done: Applied
) -> tuple[dict[str, Any], str]:
    left = done.left
    content = saved.as_dict(planner, left, found.declaration.digest, found.codes)
    outcome = "done" if done.receipts else "nothing"
    result: dict[str, Any] = {
        "command": "apply",
        "outcome": outcome if left.clean else "waiting",
        "chainId": desk.chain.chain_id,
        "executed": done.executed,
        "scheduled": done.scheduled,
        "transactions": [receipt.tx for receipt in done.receipts],
        "gasUsed": sum(receipt.gas_used for receipt in done.receipts),
        "records": write_records(desk, found, found.missing_records()),
        "left": content["steps"],
        "underway": content["underway"],
        "faults": content["faults"],
    }
    text = show_plans.plan_text(left, content, desk.chain.now())
    if done.receipts:
        text = f"Executed {len(done.executed)}, scheduled {len(done.scheduled)}.\n{text}"
    return result, text
