"""`payout`: pay a file of payments, each row once."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pegboard.actions import money
from pegboard.amounts import parse_amount
from pegboard.cli import bulk, show_payouts
from pegboard.cli.options import Address, at_desk, journal_option
from pegboard.cli.pay_steps import used
from pegboard.errors import ChainError, InputError, PegboardError, Pending
from pegboard.files import atomic, payout_report, payouts
from pegboard.files.paying import examine, pay
from pegboard.uses import payments

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk
    from pegboard.files.paying import Standing
    from pegboard.files.payouts import Batch

_STATUS = ".status.xml"
_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_payer = click.option("--payer", required=True, type=Address(), help="Whose tokens pay the file.")
_skip_barred = click.option(
    "--skip-barred", is_flag=True, help="Pay the others where a payee may not receive now."
)
_codeless = click.option(
    "--codeless",
    is_flag=True,
    help="Pay contracts of addresses.toml that have no code on this chain, too.",
)


@click.group()
def payout() -> None:
    """Pay a file of payments in parts, each once; check it before, and say what became of it.

    FILE begins with NAME,CURRENCY,COUNT,TOTAL; then id,payee,amount,reference; then the rows.
    """


@at_desk(signs=False, group=payout)
@_file
@_payer
@_skip_barred
@_codeless
@journal_option
def check(desk: Desk, file: Path, payer: str, **flags: bool) -> None:
    """Look at every row of FILE and at the chain, say all that is wrong, and send nothing."""
    with show_payouts.faults_told():
        batch = _batch(desk, file, payer)
        standing = _standing(desk, batch, flags)
    show_payouts.summary(batch, standing)
    told = "It can be paid." if standing.left else "Nothing to do: it is paid."
    desk.answer(show_payouts.checked(batch, standing), told)


@at_desk(group=payout)
@_file
@click.option("--total", required=True, help="What was approved, such as 5000000.00.")
@_skip_barred
@_codeless
def run(desk: Desk, file: Path, total: str, **flags: bool) -> None:
    """Pay FILE from the signer's own tokens; repeated, it pays what is left, and nothing twice."""
    with show_payouts.faults_told():
        batch = _batch(desk, file, desk.signer)
        if parse_amount(total, batch.peg.config.decimals) != batch.file.total:
            stated = money(batch.peg, batch.file.total)
            raise InputError(f"{total} was approved, and {file.name} is of {stated}: check both")
        standing = _standing(desk, batch, flags)
    show_payouts.summary(batch, standing)
    if standing.left:
        left = [chunk.wish for chunk in batch.chunks if chunk.index not in standing.done]
        amounts = [(batch.peg, batch.file.total)]
        if desk.safe:
            bulk.propose(desk, left, show_payouts.checked(batch, standing), amounts)
        bulk.confirm(desk, left, amounts)
        # Where no file can be written, nothing is sent either.
        _write(batch, file)
        try:
            pay(batch, bulk.deliver(desk), show_payouts.progress(batch))
        except PegboardError:
            with suppress(ChainError):
                _write(batch, file)
            raise
    _conclude(desk, batch, file)


@at_desk(signs=False, group=payout)
@_file
@_payer
def receipt(desk: Desk, file: Path, payer: str) -> None:
    """Say what became of every row of FILE, and write its status file in the shape of pain.002."""
    with show_payouts.faults_told():
        batch = _batch(desk, file, payer)
    status = file.with_suffix(_STATUS)
    old = status.read_bytes() if status.exists() else b""
    if old and payout_report.is_of_another(payout_report.report(batch), old):
        raise InputError(
            f"{payer} has paid nothing of {file.name}, and {status} tells of another batch: name "
            "the payer of that one, or move the file away"
        )
    _conclude(desk, batch, file)


@at_desk(signs=False, group=payout)
@_file
@_payer
def retry(desk: Desk, file: Path, payer: str) -> None:
    """Write the rows of FILE that were skipped into a payout file of their own."""
    with show_payouts.faults_told():
        batch = _batch(desk, file, payer)
    found = payout_report.report(batch)
    rows = payout_report.retry_file(found)
    path = file.with_suffix(".retry.csv")
    if rows:
        atomic.write(path, rows)
    desk.answer(*show_payouts.reported(found, {"retry": path} if rows else {}))


def _standing(desk: Desk, batch: Batch, flags: dict[str, bool]) -> Standing:
    paid = payments.paid_rows(batch, used(desk, batch.peg, batch.payer))
    return examine(desk.opened, batch, desk.address_book, paid=paid, **flags)


def _batch(desk: Desk, file: Path, payer: str) -> Batch:
    taken = payouts.read(file, desk.currencies, desk.chain.now())
    return payouts.batch_of(desk.peg(taken.currency.code), payer, taken)


def _write(batch: Batch, file: Path) -> tuple[payout_report.Report, dict[str, Path]]:
    found = payout_report.report(batch)
    files = {"status": file.with_suffix(_STATUS)}
    atomic.write(files["status"], payout_report.status_file(found))
    rows = payout_report.retry_file(found)
    if rows:
        files["retry"] = file.with_suffix(".retry.csv")
        atomic.write(files["retry"], rows)
    return found, files


def _conclude(desk: Desk, batch: Batch, file: Path) -> None:
    """Says what became of every row; a skipped one is exit code 1, one to be paid is 4."""
    found, files = _write(batch, file)
    desk.answer(*show_payouts.reported(found, files))
    if found.of(payout_report.PENDING):
        click.get_current_context().exit(Pending.exit_code)
    if found.of(payout_report.SKIPPED):
        click.get_current_context().exit(1)
