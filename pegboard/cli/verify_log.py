"""`verify-log`: whether the operations log is what was written, and what the chain says of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pegboard import logcheck, oplog
from pegboard.cli.options import at_desk, log_option

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@at_desk("verify-log", signs=False)
@click.argument("file", required=False, type=_file)
@click.option("--complete", is_flag=True, help="Also look for operations that the log lacks.")
@log_option
def verify_log(desk: Desk, file: Path | None, complete: bool) -> None:
    """Check every line of the operations log against the others, its head file and the chain.

    FILE is another log than this chain's, such as a copy. A line that was changed, removed,
    inserted or moved is named by its number, and any finding ends in exit code 1. With --complete,
    every transaction to the suite by a declared holder of a role must be in the log.
    """
    path = file or desk.log_path
    findings = logcheck.verify(path, desk.chain)
    if complete:
        suite = desk.board()
        findings += logcheck.unlogged(path, suite, desk.roles, desk.resolve)
    count, head = len(oplog.lines_of(path)[0]), oplog.read_head(path)
    result = {
        "command": "verify-log",
        "outcome": "refused" if findings else "done",
        "chainId": desk.chain.chain_id,
        "log": str(path),
        "lines": count,
        "head": {"sequence": head[0], "hash": head[1]} if head else None,
        "findings": [{"line": found.line, "text": found.text} for found in findings],
    }
    sound = f"{count} lines, each as it was written and as the chain has it"
    if head:
        sound += f"; head {head[1]}"
    desk.answer(result, "\n".join(str(found) for found in findings) or sound)
    if findings:
        click.get_current_context().exit(1)
