"""Whether the operations log is what was written, and whether the chain agrees with it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from eth_utils import keccak, to_checksum_address

from pegboard import rpc
from pegboard.chain import JsonRpc
from pegboard.oplog import (
    FIELDS,
    FIRST,
    OUTCOMES,
    entries,
    hash_of,
    line_of,
    lines_of,
    read_head,
)
from pegboard.queue import located
from pegboard.suite import resolved_holders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pegboard.config import RolesConfig
    from pegboard.suite import Resolver, Suite

ZERO = "0x" + "00" * 20
#: Whether a transaction of this outcome succeeded, as the chain says it.
_STATUS = {"done": 1, "scheduled": 1, "reverted": 0}
#: Events of a token that its holders cause, too many to look at and none of an operator.
_OF_HOLDERS = (
    *("Transfer", "Approval", "TransferReference", "AuthorizationUsed", "AuthorizationCanceled"),
    *("Skipped", "Batch", "EIP712DomainChanged"),
)


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written; `line` is its number in the file, or None."""

    line: int | None
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


@dataclass
class _Line:
    """One line of the file; without an entry where it is none."""

    number: int
    raw: bytes
    entry: dict[str, Any] | None = None
    hash: str = ""
    #: The number of the entry in the line above.
    above: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def sequence(self) -> int:
        """The entry's number; zero where it is none."""
        return self.entry["sequence"] if self.entry else 0


def verify(path: Path, chain: JsonRpc | None = None) -> list[Finding]:
    """Everything that is wrong with a log: in itself and, given a chain, against the chain."""
    raws, whole = lines_of(path)
    lines = [_read(number, raw) for number, raw in enumerate(raws, 1)]
    if not whole:
        lines[-1].faults = ["has no end: an append was cut by a crash, or the file was cut"]
    for before, line in _pairs(lines):
        line.above = before.sequence
    head = read_head(path)
    chosen = _one_of_each(lines, head)
    _order([line for line in lines if line.sequence and chosen[line.sequence] is line])
    findings = [Finding(line.number, fault) for line in lines for fault in line.faults]
    findings += _missing(lines, set(chosen), head)
    if chain is not None:
        for line in lines:
            if line.entry and not line.faults:
                findings += [Finding(line.number, text) for text in _against(chain, line.entry)]
    return findings


# The file


def _read(number: int, raw: bytes) -> _Line:
    line = _Line(number, raw, hash=hash_of(raw))
    try:
        entry = json.loads(raw)
        sound = isinstance(entry, dict) and set(entry) == set(FIELDS)
        sound = sound and isinstance(entry["sequence"], int) and entry["sequence"] > 0
        sound = sound and entry["outcome"] in OUTCOMES
    except (ValueError, TypeError, RecursionError):
        sound = False
    if sound:
        line.entry = entry
    if not sound:
        line.faults.append("was changed: it is no entry of an operations log")
    elif line_of(entry) != raw:
        line.faults.append("was changed: it is not written as entries are")
    return line


def _one_of_each(lines: Sequence[_Line], head: tuple[int, str] | None) -> dict[int, _Line]:
    """Each number's entry, followed back from the head, whose word is believed first.

    What an entry says of the one before is believed where its own hash was confirmed.
    """
    found: dict[int, list[_Line]] = {}
    for line in lines:
        if line.entry:
            found.setdefault(line.sequence, []).append(line)
    chosen: dict[int, _Line] = {}
    claimed, witness, believed = "", "", False
    for sequence in sorted(found, reverse=True):
        if sequence + 1 not in found:
            claimed = ""
        if head and head[0] == sequence:
            claimed, witness, believed = head[1], "the head file", True
        line = min(found[sequence], key=partial(_strangeness, claimed=claimed))
        chosen[sequence] = line
        for other in found[sequence]:
            if other is not line:
                other.faults.append(f"was inserted: entry {sequence} is in line {line.number}")
        confirmed = line.hash == claimed
        if claimed and believed and not confirmed and not line.faults:
            line.faults.append(f"was changed: {witness} knows entry {sequence} otherwise")
        believed = confirmed or not (claimed and believed)
        claimed, witness = str((line.entry or {})["previous"]), f"entry {sequence}"
    if 1 in chosen and believed and claimed != FIRST:
        chosen[1].faults.append("was changed: it is the first entry, and names one before")
    return chosen


def _strangeness(line: _Line, claimed: str) -> tuple[bool, bool]:
    """Of several lines of one entry, the one that others know and that stands in its place."""
    return line.hash != claimed, line.above != line.sequence - 1


def _order(lines: Sequence[_Line]) -> None:
    """Entries that do not stand where their number puts them."""
    for line, right in zip(lines, sorted(lines, key=lambda one: one.sequence), strict=True):
        if line is not right:
            line.faults.append(f"is out of order: it is entry {line.sequence}")


def _missing(
    lines: Sequence[_Line], numbers: set[int], head: tuple[int, str] | None
) -> Iterator[Finding]:
    # A line that is no entry any more is the one behind the entry before it.
    spoilt = {before.sequence + 1 for before, line in _pairs(lines) if not line.sequence}
    last = max(numbers, default=0)
    gaps = sorted(set(range(1, last)) - numbers - spoilt)
    if gaps:
        yield Finding(None, f"removed: {_ranges(gaps)} of the log")
    if head is None:
        if last:
            yield Finding(None, "the head file is gone: nobody can tell whether lines were cut off")
        return
    cut = [number for number in range(last + 1, head[0] + 1) if number not in spoilt]
    if cut:
        yield Finding(None, f"cut off at the end: {_ranges(cut)}")
    if last > head[0]:
        number = next(line.number for line in lines if line.sequence == last)
        yield Finding(
            number,
            f"is entry {last}, and the head file ends with entry {head[0]}: an append was cut by a "
            "crash, which the next one puts right, or lines were added",
        )


def _pairs(lines: Sequence[_Line]) -> Iterator[tuple[_Line, _Line]]:
    return pairwise([_Line(0, b""), *lines])


def _ranges(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"entry {numbers[0]}"
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"entries {numbers[0]} to {numbers[-1]}"
    return f"entries {', '.join(map(str, numbers))}"


# The chain


def _against(chain: JsonRpc, entry: Mapping[str, Any]) -> Iterator[str]:
    """What the chain says otherwise of a transaction."""
    tx, wanted = entry["tx"], _STATUS.get(entry["outcome"])
    if entry["chainId"] != chain.chain_id:
        yield f"is of chain {entry['chainId']}, and this is chain {chain.chain_id}"
        return
    if not tx or wanted is None:
        return
    receipt = chain.result("eth_getTransactionReceipt", [tx])
    found = chain.result("eth_getTransactionByHash", [tx])
    if not receipt or not found:
        yield f"transaction {tx} is not on chain {chain.chain_id}"
        return
    rpc.table(receipt, f"the receipt of {tx}", "status", "blockNumber", "logs")
    status, block = (rpc.integer(receipt[key], f"the {key}") for key in ("status", "blockNumber"))
    if status != wanted:
        outcome = "succeeded" if status else "reverted"
        yield f"transaction {tx} {outcome}, and the log says {entry['outcome']}"
    if block != entry["block"]:
        yield f"transaction {tx} is in block {block}, and the log says {entry['block']}"
    rpc.table(found, f"the transaction {tx}", "from", "input")
    sender, to = (
        to_checksum_address(found["from"]),
        to_checksum_address(found["to"]) if found.get("to") else None,
    )
    if (sender, to) != (entry["signer"], entry["sentTo"]):
        told = f"from {entry['signer']} to {entry['sentTo']}"
        yield f"transaction {tx} went from {sender} to {to}, and the log says {told}"
    if "0x" + keccak(hexstr=found["input"]).hex() != entry["sentHash"]:
        yield f"transaction {tx} carries other calldata than the log says"
    safe = entry["safeTxHash"]
    words = (word for log in receipt["logs"] for word in (*log["topics"], log["data"][:66]))
    if safe and safe not in words:
        yield f"transaction {tx} does not execute {safe}, which the approvers signed"


def unlogged(path: Path, suite: Suite, roles: RolesConfig, resolve: Resolver) -> list[Finding]:
    """Transactions to the suite by listed people that the log does not have."""
    chain = suite.chain
    if not isinstance(chain, JsonRpc):
        raise TypeError("only a node can be asked for transactions")
    known = {entry["tx"] for entry in entries(path)}
    held = resolved_holders(suite, roles, resolve)
    people = {account: role for role, accounts in held.items() for account in accounts}
    found = []
    for tx, name in _operations(suite, chain).items():
        if tx in known:
            continue
        asked = chain.result("eth_getTransactionByHash", [tx])
        who = person_behind(people, rpc.table(asked, f"the transaction {tx}", "from"))
        if who:
            text = f"not in the log: transaction {tx} by {who} ({people[who]}), of the {name}"
            found.append(Finding(None, text))
    return found


def person_behind(people: Mapping[str, str], transaction: Mapping[str, Any]) -> str:
    """Who of these acted: who sent it, or the multisig that it was sent to; nobody of them."""
    ends = (to_checksum_address(transaction.get(side) or ZERO) for side in ("from", "to"))
    return next((who for who in ends if who in people), "")


def _operations(suite: Suite, chain: JsonRpc) -> dict[str, str]:
    """Every transaction that left an operator's event, with the contract that it is of."""
    found: dict[str, str] = {}
    for address, (name, contract) in located(suite).items():
        events = {item["name"] for item in contract.abi if item["type"] == "event"}
        if name.endswith(" token"):
            events -= set(_OF_HOLDERS)
        for event in sorted(events):
            for log in chain.logs(address, contract.topics(event)[:1]):
                found.setdefault(log.tx, name)
    return found
