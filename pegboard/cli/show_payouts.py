"""How payout files look: before they are paid, while they are, and afterwards."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.table import Table

from pegboard.actions import money
from pegboard.amounts import format_amount, spoken_amount
from pegboard.cli import show
from pegboard.errors import InputError, RowsError
from pegboard.files.payout_report import PAID, PENDING, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pegboard.chain import Receipt
    from pegboard.files.paying import Standing
    from pegboard.files.payout_report import Report
    from pegboard.files.payouts import Batch, Chunk

_WORDS = {PAID: "paid", SKIPPED: "skipped", PENDING: "pending"}


@contextmanager
def faults_told() -> Iterator[None]:
    """Each fault of a file on a line of its own; the error then says how many there are."""
    try:
        yield
    except RowsError as fault:
        if len(fault.faults) == 1:
            raise
        for line in fault.faults[: fault.SHOWN]:
            show.progress(line)
        shown = min(len(fault.faults), fault.SHOWN)
        raise InputError(
            f"nothing of {fault.name} was taken: {len(fault.faults):,} faults, "
            f"{'all' if shown == len(fault.faults) else f'the first {shown}'} of them above"
        ) from fault


def summary(batch: Batch, standing: Standing) -> None:
    """What a payer sees before signing, on stderr."""
    file, peg = batch.file, batch.peg
    supply = peg.token.call("totalSupply")
    table = Table.grid(padding=(0, 2))
    words = spoken_amount(file.total, peg.config.decimals)
    share = f"; {format_amount(file.total * 10_000 // supply, 2)} % of the supply" if supply else ""
    table.add_row("What", f"pay {len(file.payments):,} rows of {file.name}")
    table.add_row("Total", f"{money(peg, file.total)} ({words}{share})")
    done = f", {len(standing.done)} of them executed already" if standing.done else ""
    table.add_row("Parts", f"{len(batch.chunks)}{done}")
    table.add_row("Left to pay", money(peg, standing.left))
    table.add_row("Payer", f"{batch.payer}, can spend {money(peg, standing.available)}")
    table.add_row(
        "Token", f"{peg.config.code} at {peg.token.address}, chain {peg.token.chain.chain_id}"
    )
    table.add_row("Batch", f"0x{batch.id.hex()}")
    if standing.unknown:
        table.add_row("Unknown", f"{standing.unknown:,} payees are not in addresses.toml")
    for note in file.notes:
        table.add_row("Note", note)
    show.console(err=True).print(table)
    for payee, (_, why) in list(standing.barred.items())[: RowsError.SHOWN]:
        show.progress(f"will be skipped: {payee} {why}")


def checked(batch: Batch, standing: Standing) -> dict[str, Any]:
    """The same for machines."""
    decimals = batch.peg.config.decimals
    return _head(batch) | {
        "parts": len(batch.chunks),
        "executed": len(standing.done),
        "left": show.amount(standing.left, decimals),
        "available": show.amount(standing.available, decimals),
        "barred": [{"payee": p, "code": c} for p, (c, _) in standing.barred.items()],
        "unknown": standing.unknown,
    }


def _head(batch: Batch) -> dict[str, Any]:
    return {
        "chainId": batch.peg.token.chain.chain_id,
        "currency": batch.peg.config.code,
        "payer": batch.payer,
        "name": batch.file.name,
        "batch": f"0x{batch.id.hex()}",
        "rows": len(batch.file.payments),
        "total": show.amount(batch.file.total, batch.peg.config.decimals),
    }


def progress(batch: Batch) -> Callable[[Chunk, Receipt], None]:
    """Says what each transaction paid."""
    summed = batch.peg.token.topics("Batch")[0]

    def tell(chunk: Chunk, receipt: Receipt) -> None:
        # The other logs, two for each row, would take longer to read than to write.
        logs = [log for log in receipt.logs if log.topics[0] == summed]
        told = dict(batch.peg.token.events(logs))["Batch"]
        skipped = f", {money(batch.peg, told['skipped'])} skipped" if told["skipped"] else ""
        show.progress(
            f"part {chunk.index + 1} of {len(batch.chunks)}: {money(batch.peg, told['paid'])} paid"
            f"{skipped}, {told['rows']} rows, transaction {receipt.tx}"
        )

    return tell


def reported(found: Report, files: dict[str, Path]) -> tuple[dict[str, Any], str]:
    """What became of a batch, for machines and for people."""
    peg, decimals = found.batch.peg, found.batch.peg.config.decimals
    result, lines = _head(found.batch), []
    for status, word in _WORDS.items():
        rows = len(found.of(status))
        result[word] = {"rows": rows, "total": show.amount(found.total(status), decimals)}
        if rows:
            lines.append(f"{word.capitalize():8} {rows:,} rows, {money(peg, found.total(status))}")
    for row in found.of(SKIPPED)[: RowsError.SHOWN]:
        lines.append(f"  row {row.payment.row}, {row.payment.id}: {row.reason}")
    result["files"] = {name: str(path) for name, path in files.items()}
    lines += [f"{name.capitalize():8} {path}" for name, path in files.items()]
    return result, "\n".join(lines)
