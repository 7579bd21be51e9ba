"""`plan`: what differs from the declaration, and who can end it when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pegboard.cli import show_plans
from pegboard.cli.declared import declaration_option, declared_at
from pegboard.cli.options import at_desk
from pegboard.desired import saved

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk


@at_desk(signs=False)
@click.argument("codes", metavar="[CODE]...", nargs=-1)
@click.option("--out", type=click.Path(dir_okay=False), help="File for the plan, to be applied.")
@declaration_option
def plan(desk: Desk, codes: tuple[str, ...], out: str | None, declaration: str | None) -> None:
    """Show what is to be done so that the chain is as declared, by whom, and when they can.

    Without CODE for every currency that is declared for this chain. Nothing is sent. With --out
    the plan is kept, so that others review it and `apply` does nothing else.

    Example: ape run plan --out plans/board-4.json
    """
    found = declared_at(desk, declaration, codes)
    planner = found.planner(desk)
    made = planner.plan()
    content = saved.as_dict(planner, made, found.declaration.digest, found.codes)
    if out:
        saved.save(Path(out), content)
    desk.answer(content, show_plans.plan_text(made, content, desk.chain.now()))
