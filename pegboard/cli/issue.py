"""`issue`: orders at the issuance desk, one by one or by a bank's file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pegboard import issuance
from pegboard.amounts import parse_amount
from pegboard.cli import files, show_desks
from pegboard.cli.options import at_desk, code_argument, ref_option
from pegboard.errors import InputError
from pegboard.files import bank
from pegboard.inputs import reference

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk
    from pegboard.files.bank import Statement

_file = click.option(
    "--bank-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The bank's own file, camt.053 or CSV: every line of it is accounted for.",
)
_bank_ref = click.option("--bank-ref", default="", help="The bank's own reference of one credit.")
_bank_account = click.option(
    "--bank-account",
    default="",
    help="The account that was credited, as the bank's file writes it. Without it --bank-ref is "
    "what `issue list` shows: 0x and 64 hex digits.",
)
_channel = click.option("--channel", default="", help="The channel's name.")
_amount = click.option("--amount", default="", help="What the bank credited, in currency units.")


@click.group()
def issue() -> None:
    """Issue against cleared funds: one party proposes, others approve, the last approval issues."""


@at_desk(group=issue)
@code_argument
@_file
@_bank_account
@_bank_ref
@_channel
@_amount
def propose(desk: Desk, code: str, bank_file: Path | None, amount: str, **one: str) -> None:
    """Propose orders in CODE, as PROPOSER: for every credit of a bank's file, or for one credit.

    A credit's remittance names its channel. A reference that has its order already is passed over.
    """
    peg = desk.peg(code)
    statements = _statements(bank_file, amount, **one)
    if statements is not None:
        files.carry_out(desk, issuance.proposals(desk.opened, peg, statements), "propose")
        return
    units = parse_amount(amount, peg.config.decimals)
    ref = _credit(one["bank_account"], one["bank_ref"])
    desk.carry_out(issuance.propose(desk.opened, peg, ref, one["channel"], units))


@at_desk(group=issue)
@code_argument
@_file
@_bank_account
@_bank_ref
@_channel
@_amount
def approve(desk: Desk, code: str, bank_file: Path | None, amount: str, **one: str) -> None:
    """Approve orders in CODE, as APPROVER, by the bank's own file or by the terms of one credit.

    What an order says must be exactly what the bank says. The last approval that is needed issues.
    """
    peg = desk.peg(code)
    statements = _statements(bank_file, amount, **one)
    if statements is not None:
        found = issuance.approvals(desk.opened, peg, statements, desk.signer)
        files.carry_out(desk, found, "approve")
        return
    units = parse_amount(amount, peg.config.decimals)
    ref = _credit(one["bank_account"], one["bank_ref"])
    desk.carry_out(issuance.approve(desk.opened, peg, ref, one["channel"], units, desk.signer))


def _statements(
    bank_file: Path | None, amount: str, bank_account: str, bank_ref: str, channel: str
) -> tuple[Statement, ...] | None:
    """What the file says, or None where one credit is described instead."""
    one = (bank_ref, channel, amount)
    if bank_file and any((*one, bank_account)):
        raise InputError("give either --bank-file, or --bank-ref, --channel and --amount")
    if not bank_file and not all(one):
        raise InputError("give --bank-file, or all of --bank-ref, --channel and --amount")
    return bank.read_statements(bank_file) if bank_file else None


def _credit(account: str, ref: str) -> bytes:
    """A credit has one reference on chain, however it is typed: another would issue it again."""
    if account:
        return issuance.credit_reference(account, ref)
    if not ref.startswith("0x"):
        raise InputError(
            f"{ref!a} is the bank's own reference: add --bank-account, as the bank's file writes "
            "it, or give the 0x reference that `issue list` shows"
        )
    return reference(ref, required=True)


@at_desk(group=issue)
@code_argument
@click.option("--bank-ref", required=True, help="The bank's own reference of the credit.")
@_bank_account
@ref_option
def cancel(desk: Desk, code: str, bank_ref: str, bank_account: str, ref: str) -> None:
    """Cancel an order in CODE that was not issued, as GUARDIAN. Needs --ref."""
    peg = desk.peg(code)
    reason = reference(ref, required=True)
    desk.carry_out(issuance.cancel(desk.opened, _credit(bank_account, bank_ref), reason, peg))


@at_desk("list", signs=False, group=issue)
@code_argument
def list_orders(desk: Desk, code: str) -> None:
    """List the orders in CODE that wait for approval, with who proposed and who approved them."""
    peg = desk.peg(code)
    desk.answer(*show_desks.orders(desk.opened, peg, issuance.open_orders(desk.opened, peg)))


@at_desk(signs=False, group=issue)
@code_argument
@click.argument("channel")
def preview(desk: Desk, code: str, channel: str) -> None:
    """Say what binds an issue through CHANNEL most, and how much it allows now."""
    peg = desk.peg(code)
    issuance.require_currency(desk.opened, peg, channel)
    constraint, allowed = issuance.preview(desk.opened, channel)
    desk.answer(*show_desks.preview(peg, channel, constraint, allowed))
