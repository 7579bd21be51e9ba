"""`audits`: which code was audited, and may therefore be upgraded to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pegboard import upgrade as library
from pegboard.cli.options import Address, at_desk, ref_option
from pegboard.inputs import reference, word

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk

_audit = click.argument("audit")


@click.group()
def audits() -> None:
    """Register which code was audited, withdraw an audit, or show all that were registered."""


@at_desk(group=audits)
@_audit
@click.option("--implementation", type=Address(), help="Where the audited code is deployed.")
@click.option("--code-hash", help="Or its hash: 0x and 64 hexadecimal digits.")
@ref_option
def register(
    desk: Desk, audit: str, implementation: str | None, code_hash: str | None, ref: str
) -> None:
    """Say that code was audited, as AUDITOR, with the hash AUDIT of the report.

    Give the code by --code-hash, as the auditors' own build has it, or by --implementation, whose
    code is then read from the chain and shown. Needs --ref, which goes into the records.
    """
    if (implementation is None) == (code_hash is None):
        raise click.UsageError("Give --implementation or --code-hash, one of them.")
    audit_bytes, ref_bytes = word(audit), reference(ref, required=True)
    suite = desk.board()
    code = word(code_hash) if code_hash else library.code_hash_at(suite, str(implementation))
    desk.carry_out(library.register(suite, audit_bytes, code, ref_bytes))


@at_desk(group=audits)
@_audit
@ref_option
def withdraw(desk: Desk, audit: str, ref: str) -> None:
    """Take the audit AUDIT back at once, as AUDITOR: no upgrade under it is executed any more.

    Needs --ref, which goes into the records.
    """
    audit_bytes, ref_bytes = word(audit), reference(ref, required=True)
    desk.carry_out(library.withdraw(desk.board(), audit_bytes, ref_bytes))


@at_desk("show", signs=False, group=audits)
def show_all(desk: Desk) -> None:
    """Show every audit that was registered, the code it covers, and whether it still stands."""
    found = library.audits(desk.board())
    lines = [
        f"{told['audit']}  {'stands' if told['standing'] else 'WITHDRAWN'}\n"
        f"  code {told['codeHash']}, by {told['auditor']} in {told['registeredIn']}"
        for told in found
    ]
    result = {"chainId": desk.chain.chain_id, "audits": found}
    desk.answer(result, "\n".join(lines) or "No audit is registered.")
