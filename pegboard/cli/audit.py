"""`audit`: whether the chain is as declared, and nobody has powers that no file declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pegboard.cli import show_plans
from pegboard.cli.declared import declaration_option, declared_at
from pegboard.cli.options import at_desk
from pegboard.desired import audit as library

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk


@at_desk(signs=False)
@click.argument("codes", metavar="[CODE]...", nargs=-1)
@declaration_option
def audit(desk: Desk, codes: tuple[str, ...], declaration: str | None) -> None:
    """Compare the chain with the declaration in both directions; exit code 1 where they differ.

    One line a finding: drift of a setting, a power that nobody declared, an unsafe holder, code
    that is not this release's, what is scheduled, and records that say otherwise.

    Example: ape run audit --network ethereum:mainnet:node
    """
    found = declared_at(desk, declaration, codes)
    findings = library.audit(found.planner(desk), found.records)
    result = {
        "chainId": desk.chain.chain_id,
        "codes": list(found.codes),
        "clean": not findings,
        "findings": [finding.as_dict() for finding in findings],
    }
    desk.answer(result, show_plans.findings_text(findings))
    if findings:
        click.get_current_context().exit(1)
