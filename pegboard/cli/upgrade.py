"""`upgrade`: let a currency delegate to other code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pegboard import upgrade as library
from pegboard.cli import show
from pegboard.cli.options import Address, at_desk, code_argument, ref_option
from pegboard.inputs import reference, word

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk
    from pegboard.suite import Peg
    from pegboard.upgrade import Candidate


@at_desk()
@code_argument
@click.option(
    "--implementation", required=True, type=Address(), help="Where the new code is, deployed."
)
@click.option("--audit", required=True, help="Hash of its audit's report, as AUDITOR registers it.")
@click.option(
    "--delegate-all", is_flag=True, help="The new code answers everything, transfers included."
)
@ref_option
def upgrade(
    desk: Desk, code: str, implementation: str, audit: str, delegate_all: bool, ref: str
) -> None:
    """Let CODE delegate to other code, as UPGRADER, who waits first (exit code 3, then repeat).

    Shows old and new code hash, whether the audit is registered for it, and which hot selectors it
    answers. The chain asks for the audit when the upgrade is executed. Needs --ref, which goes
    into the records: the chain keeps the audit's hash instead.
    """
    ref_bytes, audit_bytes = reference(ref, required=True), word(audit)
    peg = _declared(desk, code)
    found = library.examine(desk.opened, peg, desk.artifacts, implementation, audit_bytes)
    action = library.upgrade(peg, found, audit_bytes, ref_bytes, delegate_all=delegate_all)
    if not action.nothing_to_do:
        desk.peg(code)
        show.progress(_told(found))
    desk.carry_out(action)


def _declared(desk: Desk, code: str) -> Peg:
    """The currency, whatever it delegates to: one that was upgraded is no surprise here."""
    code = code.upper()
    deployer = desk.deployer_of(code) if code in desk.currencies else ""
    desk.opened = desk.suite([code], deployer)
    peg = desk.opened.peg(code)
    desk.opened.require_deployed(peg)
    return peg


def _told(found: Candidate) -> str:
    missing = f", not {', '.join(found.missing)}" if found.missing else ""
    audited = "registered for it" if found.is_audited else "NOT REGISTERED for it yet"
    return (
        f"old code {found.old}, hash {found.old_hash}\n"
        f"  new code {found.new}, hash {found.new_hash}\n"
        f"  audit {audited}; hot selectors: {found.covered} answered{missing}"
    )
