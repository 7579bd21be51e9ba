"""The operations log: one line an operation, each holding the hash of the line before.

Whoever changes, removes, inserts or reorders a line breaks the chain of hashes; whoever cuts lines
off at the end disagrees with the head file beside the log. A log that is rewritten from one line
to its end, with its head, agrees with itself: what finds that is the chain, and a copy of the head
that is kept elsewhere.
"""

from __future__ import annotations

import json
import mmap
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils import keccak

from pegboard import locks
from pegboard.errors import LogError
from pegboard.files import atomic
from pegboard.inputs import moment_text
from pegboard.sending import journal as states

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from pegboard.sending.journal import Order

FIRST = "0x" + "00" * 32
#: What an operation came to; only those that were sent have a transaction.
OUTCOMES = ("done", "scheduled", "reverted", "refused", "pending")
FIELDS = (
    *("sequence", "time", "chainId", "verb", "sentence", "reference", "signer", "approvers"),
    *("safeTxHash", "contract", "calldataHash", "sentTo", "sentHash", "tx", "block", "outcome"),
    "previous",
)
_LAST_LINES = 65_536
#: For how many seconds another command may hold the log.
_PATIENCE = 30


@dataclass(frozen=True)
class Recorded:
    """Where an operation stands in the log; `notes` say what had to be repaired first."""

    sequence: int
    hash: str
    notes: tuple[str, ...] = ()


def path_of(folder: Path, chain_id: int, genesis: str) -> Path:
    """Where the log of a chain is kept."""
    return folder / f"{chain_id}-{genesis[2:10]}.jsonl"


def head_path(path: Path) -> Path:
    """The file that says which line is the last."""
    return path.with_name(path.name + ".head")


def line_of(entry: Mapping[str, Any]) -> bytes:
    """An entry as it is written: one way only, so that its hash is one, too."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()


def hash_of(line: bytes) -> str:
    """The hash of a line, without its end."""
    return "0x" + keccak(line).hex()


def _hash_or_none(data: bytes | None) -> str:
    return "" if data is None else hash_of(data)


# Writing


def record(
    path: Path,
    *,
    chain_id: int,
    verb: str,
    sentence: str,
    outcome: str,
    reference: str = "",
    signer: str = "",
    approvers: Sequence[str] = (),
    safe_tx_hash: str = "",
    contract: str = "",
    calldata: bytes | None = None,
    sent: tuple[str, bytes] | None = None,
    tx: str = "",
    block: int = 0,
    at: int | None = None,
) -> Recorded:
    """Adds one operation, once: the same transaction with the same outcome is not added again.

    `contract` and `calldata` are the call that was approved; `sent` is where the transaction went
    and with what, if that is something else, as with a Safe.
    """
    if outcome not in OUTCOMES:
        raise LogError(f"{outcome!r} is no outcome of an operation; there is {', '.join(OUTCOMES)}")
    to, data = sent or (contract, calldata)
    entry = {
        "time": moment_text(int(time.time()) if at is None else at),
        "chainId": chain_id,
        "verb": verb,
        "sentence": sentence,
        "reference": reference,
        "signer": signer,
        "approvers": list(approvers),
        "safeTxHash": safe_tx_hash,
        "contract": contract,
        "calldataHash": _hash_or_none(calldata),
        "sentTo": to,
        "sentHash": _hash_or_none(data),
        "tx": tx,
        "block": block,
        "outcome": outcome,
    }
    return append(path, entry)


def record_order(path: Path, chain_id: int, order: Order) -> Recorded | None:
    """Adds what became of an order of the journal, unless another transaction took its place."""
    if order.state == states.REPLACED:
        return None
    wish, note = order.wish, order.wish.note
    cancelled = order.state == states.CANCELLED
    scheduled = order.state == states.DONE and note.verb == "schedule"
    outcome = "scheduled" if scheduled else "reverted" if order.state == states.REVERTED else "done"
    return record(
        path,
        chain_id=chain_id,
        verb="cancel" if cancelled else note.verb,
        sentence=f"cancelled, so that it never happened: {wish.text}" if cancelled else wish.text,
        outcome=outcome,
        reference=note.ref,
        signer=wish.signer,
        approvers=note.approvers,
        safe_tx_hash=note.safe_tx_hash,
        contract=wish.target,
        calldata=wish.data,
        sent=(wish.signer, b"") if cancelled else None,
        tx=order.tx,
        block=order.block,
    )


def append(path: Path, entry: Mapping[str, Any]) -> Recorded:
    """Adds one entry behind the last, on disk when it returns; repairs what a crash left."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path) as file:
            sequence, previous, notes = _tail(path, file)
            if known := _found(file, entry):
                return Recorded(known["sequence"], hash_of(line_of(known)), tuple(notes))
            line = line_of({**entry, "sequence": sequence + 1, "previous": previous})
            _write(file, line + b"\n")
            _write_head(path, sequence + 1, hash_of(line))
            return Recorded(sequence + 1, hash_of(line), tuple(notes))
    except OSError as fault:
        raise LogError(
            f"the operation could not be written to the log {path} ({fault.strerror}): what was "
            "sent stays sent; make room or give the rights, and check with `verify-log --complete`"
        ) from fault


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """The log, ours alone until the end."""
    with path.open("a+b") as file:
        if not locks.take(file.fileno(), _PATIENCE):
            raise LogError(
                f"another command holds the log {path}: what was sent stays sent; check with "
                "`verify-log --complete`"
            )
        if not file.seek(0, os.SEEK_END) and read_head(path) is None:
            # This puts the folder's entries on disk, too.
            _write_head(path, 0, FIRST)
        yield file


def _write(file: BinaryIO, data: bytes) -> None:
    """All of it or, as far as the disk lets us, nothing."""
    size = file.seek(0, os.SEEK_END)
    try:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    except OSError:
        os.ftruncate(file.fileno(), size)
        raise


def _write_head(path: Path, sequence: int, line_hash: str) -> None:
    atomic.write(head_path(path), line_of({"sequence": sequence, "hash": line_hash}) + b"\n")


def _tail(path: Path, file: BinaryIO) -> tuple[int, str, list[str]]:
    """The last entry's number and hash; what an interrupted append left is put right first."""
    notes: list[str] = []
    head = read_head(path)
    kept, torn = _last_lines(file)
    if torn and _follows(torn, kept[-1] if kept else b"", head):
        # Only its end was not written any more: nothing of it is lost.
        _write(file, b"\n")
        notes.append("the last line lacked its end, which was added")
        kept, torn = [*kept, torn], b""
    if torn:
        notes.append(_set_aside(path, file, torn, kept[-1] if kept else b"", head))
    sequence, previous = _numbered(path, kept[-1]) if kept else (0, FIRST)
    if head == (sequence, previous):
        return sequence, previous, notes
    if kept and head == (_numbered(path, kept[-2]) if len(kept) > 1 else (0, FIRST)):
        _write_head(path, sequence, previous)
        notes.append(f"entry {sequence} was not in the head file, and is now: a crash came between")
        return sequence, previous, notes
    raise LogError(
        f"{path} ends with entry {sequence}, which its head file does not know: nothing was "
        "written; run `verify-log`, and restore the log from its copy"
    )


def _last_lines(file: BinaryIO) -> tuple[list[bytes], bytes]:
    """The last two whole lines, and what stands after them without an end."""
    size = file.seek(0, os.SEEK_END)
    back = _LAST_LINES
    while True:
        read = max(0, size - back)
        file.seek(read)
        *whole, torn = file.read().split(b"\n")
        # What it begins with may be the end of a longer line.
        if read == 0 or len(whole) > 2:
            return whole[-2:], torn
        back *= 4


def _numbered(path: Path, line: bytes) -> tuple[int, str]:
    try:
        return int(json.loads(line)["sequence"]), hash_of(line)
    except (ValueError, KeyError, TypeError) as fault:
        raise LogError(
            f"the last line of {path} is no entry: run `verify-log`, and restore the log from its "
            "copy"
        ) from fault


def _follows(torn: bytes, last: bytes, head: tuple[int, str] | None) -> bool:
    """Whether this is a whole entry behind the last one, which the head names."""
    before = head or (0, "")
    if before[1] != (hash_of(last) if last else FIRST):
        return False
    try:
        entry = json.loads(torn)
        whole = line_of(entry) == torn and set(entry) == set(FIELDS)
        return bool(whole and (entry["sequence"] - 1, entry["previous"]) == before)
    except (ValueError, TypeError):
        return False


def _set_aside(
    path: Path, file: BinaryIO, torn: bytes, last: bytes, head: tuple[int, str] | None
) -> str:
    """Moves the beginning of a line away, if it is one that no append has finished."""
    if head is None or head[1] != (hash_of(last) if last else FIRST):
        raise LogError(
            f"the last line of {path} has no end, and the head file knows it as whole: it was cut "
            "later, so restore the log from its copy"
        )
    aside = path.with_name(path.name + ".torn")
    with aside.open("ab") as kept:
        kept.write(torn + b"\n")
        kept.flush()
        os.fsync(kept.fileno())
    os.ftruncate(file.fileno(), file.seek(0, os.SEEK_END) - len(torn))
    os.fsync(file.fileno())
    return f"the last line was cut by a crash; its {len(torn)} bytes were moved to {aside}"


def _found(file: BinaryIO, entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """The entry of the same transaction and outcome, if there is one."""
    tx, size = entry.get("tx", ""), file.seek(0, os.SEEK_END)
    if not tx or not size:
        return None
    wanted = line_of({"tx": tx})[1:-1]
    with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as text:
        at = text.find(wanted)
        while at >= 0:
            line = text[text.rfind(b"\n", 0, at) + 1 : text.find(b"\n", at)]
            found: dict[str, Any] = json.loads(line)
            if found["outcome"] == entry["outcome"] and found["chainId"] == entry["chainId"]:
                return found
            at = text.find(wanted, at + 1)
    return None


# Reading


def read_head(path: Path) -> tuple[int, str] | None:
    """Number and hash of the last line, as the head file has them; None where there is none."""
    try:
        found = json.loads(head_path(path).read_bytes())
        return int(found["sequence"]), str(found["hash"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise LogError(
            f"{head_path(path)} cannot be read: restore it from its copy, or the log with it"
        ) from fault


def entries(path: Path) -> list[dict[str, Any]]:
    """Every entry, without looking whether the chain of hashes holds: `logcheck` does."""
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines_of(path)[0], 1):
        try:
            found.append(dict(json.loads(line)))
        except (ValueError, TypeError) as fault:
            raise LogError(f"line {number} of {path} is no entry: run `verify-log`") from fault
    return found


def lines_of(path: Path) -> tuple[list[bytes], bool]:
    """The lines of a log, and whether the last one has its end."""
    try:
        text = path.read_bytes()
    except OSError as fault:
        raise LogError(f"there is no operations log at {path}: {fault.strerror}") from fault
    lines = text.split(b"\n")
    return (lines, False) if lines[-1] else (lines[:-1], True)
