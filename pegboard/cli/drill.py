"""`drill`: play a runbook on a chain of its own, and report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from pegboard.cli.options import at_desk
from pegboard.drill.ground import Kit
from pegboard.drill.run import DRILLS, run

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk


@at_desk(signs=False)
@click.argument("name", type=click.Choice(list(DRILLS)))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="drills",
    show_default=True,
    help="Folder of the reports.",
)
def drill(desk: Desk, name: str, out: Path) -> None:
    """Play the runbook NAME step by step on a fresh local chain, time it, and write a report.

    The drill starts an Anvil of its own and deploys what is declared here with test keys; nothing
    is sent anywhere else, whatever --network says. A step that fails or takes longer than declared
    ends in exit code 1.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    kit = Kit(desk.artifacts, desk.currencies, desk.desks, desk.roles, desk.chains)
    report = run(name, kit, console)
    page, data = report.write(desk.root / out)
    found = report.as_dict() | {"page": str(page), "data": str(data)}
    faults = [f"step {step.number}: {step.fault}" for step in report.steps if step.fault]
    told = f"{found['outcome'].upper()}: {name} in {found['seconds']} seconds, see {page}"
    desk.answer(found, "\n".join([told, *faults]))
    if not report.passed:
        click.get_current_context().exit(1)
