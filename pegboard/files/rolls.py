"""Lists of accounts from a file: barred or freed, verified or not, by the thousand.

A file is cut into the same parts on every run, so that what one run scheduled the next one
executes; a part whose accounts are all as wanted is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pegboard.actions import MARKS, desk_action
from pegboard.errors import NotDue, RowsError
from pegboard.files import bulk, rows
from pegboard.guards import ours_among
from pegboard.inputs import reference_text
from pegboard.operate import due_at, next_step
from pegboard.sending.journal import Note, Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pegboard.actions import Action
    from pegboard.chain import Receipt
    from pegboard.suite import Peg, Suite

    Deliver = Callable[[Sequence[Wish]], Iterator[Receipt]]

COLUMNS = (rows.Column("account", rows.account),)
#: Accounts in a transaction: about 5 million gas where each is new to the token.
PART = 200
MOST = 50_000
DONE, SCHEDULED, OPEN = "done", "scheduled", "open"


@dataclass(frozen=True)
class Roll:
    """A file's accounts, and the parts in which something is done to them."""

    name: str
    peg: Peg
    verb: str
    ref: bytes
    rows: Mapping[str, int]
    parts: tuple[Action, ...]
    notes: tuple[str, ...] = ()

    def settled(self) -> set[str]:
        """The accounts for which it is so already."""
        view, wanted, _ = MARKS[self.verb]
        found = bulk.which(self.peg.token, view, list(self.rows))
        return found if wanted else set(self.rows) - found

    def left(self) -> list[Action]:
        """The parts in which an account is not yet as wanted."""
        settled = self.settled()
        return [part for part in self.parts if not settled.issuperset(part.details["accounts"])]

    def whole(self, part: Action) -> Action:
        """The first part to send, told as the whole file: what a person confirms."""
        _, _, words = MARKS[self.verb]
        text = words.format(who=f"{len(self.rows):,} accounts") + f" in {self.peg.config.code}"
        text += f", in {len(self.parts)} parts" if len(self.parts) > 1 else ""
        named = reference_text(self.ref)
        text += f", reference {named}" if named else ""
        return replace(part, call=replace(part.call, text=text))


def read(path: Path) -> tuple[dict[str, int], tuple[str, ...]]:
    """The accounts of a file with their rows, each once; and what a reader should know of it."""
    reading = rows.Rows(path, MOST)
    reading.header(COLUMNS)
    found: dict[str, int] = {}
    for number, values in reading.records(COLUMNS):
        first = found.setdefault(values["account"], number)
        if first != number:
            reading.fault(number, "account", f"{values['account']} is in row {first} already")
    reading.close()
    return dict(sorted(found.items())), tuple(reading.notes)


def roll_of(suite: Suite, peg: Peg, verb: str, path: Path, ref: bytes) -> Roll:
    """What a file asks for; refuses to bar a contract of the suite, or mark the token itself."""
    accounts, notes = read(path)
    refused = {}
    if verb == "blacklist":
        refused = ours_among(suite, peg, list(accounts))
    elif peg.token.address in accounts:
        refused = {peg.token.address: f"the {peg.config.code} token"}
    if refused:
        by_row = sorted(refused, key=lambda account: accounts[account])
        told = [f"row {accounts[a]}, account: {a} is {refused[a]}" for a in by_row]
        raise RowsError(path.name, told)
    listed = list(accounts)
    _, _, words = MARKS[verb]
    slices = [listed[start : start + PART] for start in range(0, len(listed), PART)]
    parts = tuple(
        desk_action(
            peg.token,
            verb,
            (part, ref),
            words.format(who=f"{len(part)} accounts")
            + f" in {peg.config.code}, part {number} of {len(slices)}",
            ref=ref,
            peg=peg,
            details={"accounts": part},
        )
        for number, part in enumerate(slices, 1)
    )
    return Roll(path.name, peg, verb, ref, accounts, parts, notes)


def to_send(suite: Suite, roll: Roll, signer: str) -> list[Wish]:
    """What can be sent or scheduled now; what is scheduled and not due yet is passed over."""
    wishes = []
    for part in roll.left():
        try:
            step = next_step(suite.authority, part.call, signer)
        except NotDue:
            continue
        done = roll.verb if step.executes else "schedule"
        note = Note(step.call.text, verb=done, ref=reference_text(roll.ref))
        wishes.append(Wish(signer, step.call.to, step.call.data, note))
    return wishes


def carry_out(
    wishes: Sequence[Wish], deliver: Deliver, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Sends it, and says so part by part."""
    for wish, receipt in zip(wishes, deliver(wishes), strict=True):
        progress(f"{wish.text}, transaction {receipt.tx}")


def standing(suite: Suite, roll: Roll, signer: str) -> tuple[dict[str, str], int]:
    """Where each account stands now, and when the last scheduled part is due; zero for none."""
    settled, status, ready_at = roll.settled(), {}, 0
    for part in roll.parts:
        accounts = part.details["accounts"]
        due = 0 if settled.issuperset(accounts) else due_at(suite.authority, part.call, signer)
        ready_at = max(ready_at, due)
        for account in accounts:
            status[account] = DONE if account in settled else SCHEDULED if due else OPEN
    return status, ready_at


def status_file(roll: Roll, status: Mapping[str, str]) -> bytes:
    """Every account in the order of the file, with where it stands."""
    ordered = sorted(status, key=lambda account: roll.rows[account])
    return "".join(["account,status\n", *(f"{a},{status[a]}\n" for a in ordered)]).encode()


def retry_file(status: Mapping[str, str]) -> bytes:
    """The accounts for which something is still to be sent, as a file of its own."""
    left = [account for account, found in status.items() if found == OPEN]
    return "".join(["account\n", *(f"{account}\n" for account in left)]).encode() if left else b""
