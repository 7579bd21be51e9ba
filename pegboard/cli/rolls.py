"""A file of accounts, carried out: looked at whole, confirmed once, told account by account."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pegboard import actions
from pegboard.cli import bulk, show, show_payouts
from pegboard.cli.desk import SCHEDULED
from pegboard.errors import ChainError, PegboardError
from pegboard.files import atomic, rolls
from pegboard.inputs import moment_text, reference_text

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk
    from pegboard.files.rolls import Roll

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


def carry_out(desk: Desk, code: str, verb: str, file: Path, ref: bytes) -> None:
    """Does it, or schedules it; ends with 3 while anything waits, with 1 if anything is left."""
    peg = desk.peg(code)
    with show_payouts.faults_told():
        roll = rolls.roll_of(desk.opened, peg, verb, file, ref)
    left = roll.left()
    wishes = []
    if left:
        whole = roll.whole(left[0])
        show.summary(actions.summarise(desk.opened, desk.roles, whole, desk.signer), whole)
        for note in roll.notes:
            show.progress(note)
        wishes = rolls.to_send(desk.opened, roll, desk.signer)
    if wishes:
        if desk.safe:
            bulk.propose(desk, wishes, _head(desk, roll))
        bulk.confirm(desk, wishes)
        # Where no file can be written, nothing is sent either.
        _write(desk, roll, file)
        try:
            rolls.carry_out(wishes, bulk.deliver(desk), show.progress)
        except PegboardError:
            with suppress(ChainError):
                _write(desk, roll, file)
            raise
    _conclude(desk, roll, file, len(left))


def _head(desk: Desk, roll: Roll) -> dict[str, Any]:
    return {
        "command": roll.verb,
        "chainId": desk.chain.chain_id,
        "currency": roll.peg.config.code,
        "contract": roll.peg.token.address,
        "ref": "0x" + roll.ref.hex(),
        "refText": reference_text(roll.ref),
    }


def _write(desk: Desk, roll: Roll, file: Path) -> tuple[dict[str, str], int, dict[str, Path]]:
    status, ready_at = rolls.standing(desk.opened, roll, desk.signer)
    files = {"status": file.with_suffix(".status.csv")}
    atomic.write(files["status"], rolls.status_file(roll, status))
    retry = rolls.retry_file(status)
    if retry:
        files["retry"] = file.with_suffix(".retry.csv")
        atomic.write(files["retry"], retry)
    return status, ready_at, files


def _conclude(desk: Desk, roll: Roll, file: Path, sent: int) -> None:
    status, ready_at, files = _write(desk, roll, file)
    counts = {word: list(status.values()).count(word) for word in ("done", "scheduled", "open")}
    outcome = "scheduled" if counts["scheduled"] else "done" if sent else "nothing"
    result = _head(desk, roll) | {
        "outcome": outcome,
        "accounts": counts,
        "files": {name: str(path) for name, path in files.items()},
    }
    lines = [f"{word.capitalize():9} {n:,} accounts" for word, n in counts.items() if n]
    if not sent:
        lines = ["Nothing to do: it is so already."]
    if ready_at:
        result["readyAt"] = moment_text(ready_at)
        lines.append(
            f"It can be executed from {moment_text(ready_at)}, by repeating the same command. "
            "Until then its guardian can cancel it."
        )
    lines += [f"{name.capitalize():9} {path}" for name, path in files.items()]
    desk.answer(result, "\n".join(lines))
    if counts["scheduled"]:
        click.get_current_context().exit(SCHEDULED)
    if counts["open"]:
        click.get_current_context().exit(1)
