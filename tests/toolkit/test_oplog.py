"""The operations log: what was written stays as it was, or it shows.

append
├── the first entry begins the chain, each further one holds the hash of the one before
├── the same transaction with the same outcome: is not added again
├── many at once: each is there once, in one chain
├── given a disk that is full, or no right to write: refuses, and leaves no half line
└── given a log whose head file disagrees: refuses, and changes nothing

a crash in the middle of an append
├── cut within the line, at every byte: the piece is moved aside, and said
├── cut between the line and its end: the end is added
├── cut between the line and the head: the head follows
└── a last line without end that the head knows as whole: refuses

verify
├── untouched: no finding
├── one byte changed, of any line: that line is named
├── a line removed, at the start, in the middle: its number is named
├── two lines swapped: both are named
├── the tail cut, by lines or by bytes: what is missing is named
├── a line inserted, copied or forged: that line is named
├── written anew from a line on, without the head: is named
└── the head file changed, or gone: is named

verify, with a chain
├── what is there as the log says: no finding
├── unknown, failed, elsewhere, by another, with other calldata, in another block: named
└── who acted is who sent it, or the multisig that it was sent to
"""

import errno
import itertools
import json
import multiprocessing
import os
from pathlib import Path

import pytest
from eth_utils import keccak, to_checksum_address

from pegboard import oplog
from pegboard.chain import JsonRpc
from pegboard.errors import LogError
from pegboard.logcheck import person_behind, verify
from pegboard.oplog import FIELDS, FIRST, append, entries, head_path, line_of, record

CHAIN_ID = 31337
TOKEN, SIGNER = to_checksum_address("0x" + "aa" * 20), "0x" + "11" * 20
SAFE = "0x" + "22" * 20
DATA = b"\x01\x02\x03\x04"
COUNT = 6


def tx_of(number):
    return f"0x{number:064x}"


def write(path, number, **more):
    fields = {
        "chain_id": CHAIN_ID,
        "verb": "mint",
        "sentence": f"create {number}.00 HKD",
        "reference": f"FPS {number}",
        "signer": SIGNER,
        "approvers": [SIGNER],
        "contract": TOKEN,
        "calldata": DATA,
        "tx": tx_of(number),
        "block": 100 + number,
        "outcome": "done",
        "at": 1_800_000_000 + number,
    }
    return record(path, **fields | more)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log" / "31337-00000000.jsonl"


@pytest.fixture
def log(path):
    """Six operations."""
    for number in range(1, COUNT + 1):
        write(path, number)
    return path


def lines(path):
    return path.read_bytes().splitlines(keepends=True)


def rewrite(path, changed):
    path.write_bytes(b"".join(changed))


def told(path, **more):
    return [str(finding) for finding in verify(path, **more)]


def forged(line, **changes):
    return line_of(json.loads(line) | changes) + b"\n"


# Appending


def test_an_entry_tells_everything(path):
    made = write(path, 1, safe_tx_hash=tx_of(9), sent=(SAFE, b"\x05"), approvers=[SIGNER, SAFE])
    [line] = lines(path)
    assert (made.sequence, made.notes) == (1, ())
    assert made.hash == "0x" + keccak(line[:-1]).hex()
    entry = json.loads(line)
    assert set(entry) == set(FIELDS)
    assert entry == {
        "sequence": 1,
        "time": "2027-01-15T08:00:01Z",
        "chainId": CHAIN_ID,
        "verb": "mint",
        "sentence": "create 1.00 HKD",
        "reference": "FPS 1",
        "signer": SIGNER,
        "approvers": [SIGNER, SAFE],
        "safeTxHash": tx_of(9),
        "contract": TOKEN,
        "calldataHash": "0x" + keccak(DATA).hex(),
        "sentTo": SAFE,
        "sentHash": "0x" + keccak(b"\x05").hex(),
        "tx": tx_of(1),
        "block": 101,
        "outcome": "done",
        "previous": FIRST,
    }


@pytest.mark.req("HK-24")
def test_entries_form_a_chain(log):
    found = lines(log)
    assert [json.loads(line)["sequence"] for line in found] == [1, 2, 3, 4, 5, 6]
    for before, line in itertools.pairwise(found):
        assert json.loads(line)["previous"] == "0x" + keccak(before[:-1]).hex()
    last = "0x" + keccak(found[-1][:-1]).hex()
    assert oplog.read_head(log) == (COUNT, last)
    assert [entry["sequence"] for entry in entries(log)] == [1, 2, 3, 4, 5, 6]
    assert told(log) == []


def test_what_was_refused_is_an_entry_too(log):
    """HK-24: failed uses of a key are traced as well."""
    made = write(log, 7, tx="", block=0, outcome="refused", calldata=None)
    assert made.sequence == 7
    assert entries(log)[-1]["calldataHash"] == ""
    assert told(log) == []


def test_an_operation_is_written_once(log):
    """T1: a command that is repeated after a crash finds its entry."""
    before = log.read_bytes()
    again = write(log, 3, at=1_900_000_000, sentence="something else")
    assert (again.sequence, log.read_bytes()) == (3, before)
    assert again.hash == "0x" + keccak(lines(log)[2][:-1]).hex()
    assert write(log, 3, outcome="pending").sequence == 7
    assert write(log, 3, chain_id=1).sequence == 8


def test_an_outcome_is_one_that_there_is(path):
    with pytest.raises(LogError, match="'lost' is no outcome"):
        write(path, 1, outcome="lost")
    assert not path.exists()


def _append_many(path, worker):
    for number in range(20):
        write(path, 1_000 * worker + number)


def test_processes_take_turns(path):
    workers = [multiprocessing.Process(target=_append_many, args=(path, n)) for n in (1, 2, 3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
        assert worker.exitcode == 0
    assert len({entry["tx"] for entry in entries(path)}) == 60
    assert told(path) == []


def test_a_full_disk_leaves_no_half_line(log, monkeypatch):
    before = log.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LogError, match=r"could not be written .*No space left on device"):
        write(log, 7)
    assert log.read_bytes() == before
    monkeypatch.undo()
    assert write(log, 7).sequence == 7


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "log").write_text("a file")
    with pytest.raises(LogError, match="could not be written"):
        write(tmp_path / "log" / "1.jsonl", 1)


# A crash in the middle of an append


@pytest.mark.parametrize("behind", [0, 1, COUNT])
def test_a_torn_line_is_moved_aside(path, behind):
    for number in range(1, behind + 1):
        write(path, number)
    if not behind:
        path.parent.mkdir()
        write(path, 1)
        path.write_bytes(b"")
        head_path(path).write_bytes(line_of({"sequence": 0, "hash": FIRST}))
    kept = path.read_bytes()
    whole = line_of({"sequence": behind + 1})
    aside = path.with_name(path.name + ".torn")
    for cut in range(1, len(whole)):
        path.write_bytes(kept + whole[:cut])
        made = write(path, 99)
        assert made.sequence == behind + 1
        assert made.notes == (
            f"the last line was cut by a crash; its {cut} bytes were moved to {aside}",
        )
        assert aside.read_bytes() == whole[:cut] + b"\n"
        assert told(path) == []
        aside.unlink()
        path.write_bytes(kept)
        previous = "0x" + keccak(kept.splitlines()[-1]).hex() if behind else FIRST
        head_path(path).write_bytes(line_of({"sequence": behind, "hash": previous}))


def test_a_torn_line_is_a_finding(log):
    with log.open("ab") as file:
        file.write(b'{"approvers":')
    assert told(log) == ["line 7: has no end: an append was cut by a crash, or the file was cut"]


def test_a_line_that_lacks_only_its_end_gets_it(log):
    head = head_path(log).read_bytes()
    write(log, 7)
    written = log.read_bytes()
    head_path(log).write_bytes(head)
    log.write_bytes(written[:-1])
    made = write(log, 8)
    assert made.sequence == 8
    assert made.notes[0] == "the last line lacked its end, which was added"
    assert log.read_bytes().startswith(written)
    assert told(log) == []


def test_a_line_that_the_head_does_not_know_yet(log):
    head = head_path(log).read_bytes()
    write(log, 7)
    head_path(log).write_bytes(head)
    assert told(log) == [
        "line 7: is entry 7, and the head file ends with entry 6: an append was cut by a crash, "
        "which the next one puts right, or lines were added"
    ]
    made = write(log, 8)
    assert made.sequence == 8
    assert made.notes == ("entry 7 was not in the head file, and is now: a crash came between",)
    assert told(log) == []


def test_a_last_line_that_was_cut_later_is_no_crash(log):
    """The head is written after the line: what it knows was whole."""
    cut = log.read_bytes()[:-40]
    log.write_bytes(cut)
    with pytest.raises(LogError, match="has no end, and the head file knows it as whole"):
        write(log, 7)
    assert log.read_bytes() == cut


@pytest.mark.parametrize("left", [0, 1, 4])
def test_nothing_is_added_to_a_log_that_was_cut(log, left):
    rewrite(log, lines(log)[:left])
    before = log.read_bytes()
    with pytest.raises(LogError, match=f"ends with entry {left}, which its head file does not"):
        write(log, 7)
    assert log.read_bytes() == before


def test_nothing_is_added_to_what_is_no_log(log):
    rewrite(log, [*lines(log)[:-1], b"nonsense\n"])
    with pytest.raises(LogError, match=r"the last line .* is no entry: run `verify-log`"):
        write(log, 7)
    with pytest.raises(LogError, match=r"line 6 of .* is no entry"):
        entries(log)
    head_path(log).write_bytes(b"nonsense")
    with pytest.raises(LogError, match="cannot be read: restore it"):
        write(log, 7)


# Tampering


def test_there_must_be_a_log(path):
    with pytest.raises(LogError, match="there is no operations log at"):
        verify(path)


@pytest.mark.req("HK-24")
@pytest.mark.parametrize("number", range(1, COUNT + 1))
def test_one_changed_byte_is_found_wherever_it_is(log, number):
    """Every byte of the line, one at a time: an amount, a hash, a quote, the end."""
    found = lines(log)
    line = found[number - 1]
    for at in range(len(line)):
        changed = line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]
        rewrite(log, [*found[: number - 1], changed, *found[number:]])
        findings = verify(log)
        assert findings, at
        assert number in {finding.line for finding in findings}, (at, told(log))


def test_a_changed_amount_is_named_alone(log):
    found = lines(log)
    found[2] = found[2].replace(b"3.00 HKD", b"8.00 HKD")
    rewrite(log, found)
    assert told(log) == ["line 3: was changed: entry 4 knows entry 3 otherwise"]
    found[5] = found[5].replace(b"6.00 HKD", b"7.00 HKD")
    rewrite(log, found)
    assert "line 6: was changed: the head file knows entry 6 otherwise" in told(log)


def test_a_changed_layout_is_a_change(log):
    found = lines(log)
    found[1] = json.dumps(json.loads(found[1])).encode() + b"\n"
    rewrite(log, found)
    assert told(log) == ["line 2: was changed: it is not written as entries are"]


@pytest.mark.req("HK-24")
@pytest.mark.parametrize("number", range(1, COUNT))
def test_a_removed_line_is_named(log, number):
    found = lines(log)
    rewrite(log, found[: number - 1] + found[number:])
    assert told(log) == [f"removed: entry {number} of the log"]


def test_removed_lines_are_named(log):
    found = lines(log)
    rewrite(log, [found[0], found[3], found[5]])
    assert told(log) == ["removed: entries 2, 3, 5 of the log"]
    rewrite(log, [found[0], *found[4:]])
    assert told(log) == ["removed: entries 2 to 4 of the log"]


@pytest.mark.req("HK-24")
@pytest.mark.parametrize(("one", "other"), [(1, 2), (3, 4), (2, 5), (5, 6)])
def test_swapped_lines_are_named(log, one, other):
    found = lines(log)
    found[one - 1], found[other - 1] = found[other - 1], found[one - 1]
    rewrite(log, found)
    assert told(log) == [
        f"line {one}: is out of order: it is entry {other}",
        f"line {other}: is out of order: it is entry {one}",
    ]


@pytest.mark.req("HK-24")
@pytest.mark.parametrize("left", [0, 1, 3, 5])
def test_a_tail_that_was_cut_off_is_named(log, left):
    rewrite(log, lines(log)[:left])
    missing = "entry 6" if left == 5 else f"entries {left + 1} to 6"
    assert told(log) == [f"cut off at the end: {missing}"]


def test_a_tail_that_was_cut_off_within_a_line_is_named(log):
    whole = log.read_bytes()
    log.write_bytes(whole[:-40])
    assert told(log) == ["line 6: has no end: an append was cut by a crash, or the file was cut"]
    log.write_bytes(whole[:-1])
    assert told(log) == ["line 6: has no end: an append was cut by a crash, or the file was cut"]


@pytest.mark.req("HK-24")
@pytest.mark.parametrize("at", range(COUNT + 1))
def test_an_inserted_line_is_named(log, at):
    found = lines(log)
    for number in (1, 4, COUNT):
        copy = found[number - 1]
        rewrite(log, [*found[:at], copy, *found[at:]])
        # Which of two equal lines is the copy, nobody can tell.
        assert len(told(log)) == 1
        assert "was inserted: entry" in told(log)[0] or "is out of order" in told(log)[0]
    fake = forged(found[max(at - 1, 0)], sequence=at + 1, tx=tx_of(77), previous=FIRST)
    rewrite(log, [*found[:at], fake, *found[at:]])
    assert any(finding.line == at + 1 for finding in verify(log)) or at == COUNT
    assert told(log)


def test_a_log_that_was_written_anew_disagrees_with_its_head(log):
    """Someone who computes every hash anew still needs the head, and its copy."""
    found, previous = [], FIRST
    for line in lines(log):
        entry = json.loads(line) | {"previous": previous}
        entry["sentence"] = entry["sentence"].replace("2.00", "9.00")
        found.append(line_of(entry) + b"\n")
        previous = oplog.hash_of(found[-1][:-1])
    rewrite(log, found)
    assert told(log) == ["line 6: was changed: the head file knows entry 6 otherwise"]


def test_lines_that_were_added_without_the_head(log):
    for number in (7, 8):
        before = lines(log)[-1]
        link = {"sequence": number, "previous": oplog.hash_of(before[:-1]), "tx": tx_of(number)}
        rewrite(log, [*lines(log), forged(before, **link)])
    assert told(log) == [
        "line 8: is entry 8, and the head file ends with entry 6: an append was cut by a crash, "
        "which the next one puts right, or lines were added"
    ]
    with pytest.raises(LogError, match="ends with entry 8, which its head file does not know"):
        write(log, 9)


def test_a_head_that_is_gone_or_changed(log):
    head = head_path(log).read_bytes()
    head_path(log).write_bytes(head.replace(b'"sequence":6', b'"sequence":5'))
    assert "line 5: was changed: the head file knows entry 5 otherwise" in told(log)
    head_path(log).write_bytes(line_of({"sequence": COUNT, "hash": tx_of(1)}))
    assert told(log) == ["line 6: was changed: the head file knows entry 6 otherwise"]
    head_path(log).unlink()
    assert told(log) == ["the head file is gone: nobody can tell whether lines were cut off"]
    with pytest.raises(LogError, match="which its head file does not know"):
        write(log, 7)


def test_garbage_is_a_finding(log):
    for garbage in (b"[]", b"null", b"\xff", b"{}", b"[" * 9_000, b'{"sequence":true}'):
        found = lines(log)
        found[3] = garbage + b"\n"
        path = log.with_name("other.jsonl")
        rewrite(path, found)
        head_path(path).write_bytes(head_path(log).read_bytes())
        assert told(path) == ["line 4: was changed: it is no entry of an operations log"]


# The chain


class Node(JsonRpc):
    """A node that has the six transactions."""

    def __init__(self):
        super().__init__(CHAIN_ID)
        self.transactions = {
            tx_of(n): {"from": SIGNER, "to": TOKEN.lower(), "input": "0x" + DATA.hex()}
            for n in range(1, COUNT + 1)
        }
        self.receipts = {
            tx_of(n): {"status": "0x1", "blockNumber": hex(100 + n), "logs": []}
            for n in range(1, COUNT + 1)
        }

    def request(self, method, params):
        found = self.transactions if method == "eth_getTransactionByHash" else self.receipts
        return {"result": found.get(params[0])}


@pytest.fixture
def node():
    return Node()


@pytest.mark.req("HK-24")
def test_what_the_chain_confirms(log, node):
    assert told(log, chain=node) == []


def test_what_the_chain_knows_otherwise(log, node):
    node.receipts[tx_of(1)] = None
    node.receipts[tx_of(2)]["status"] = "0x0"
    node.receipts[tx_of(3)]["blockNumber"] = "0x68"
    node.transactions[tx_of(4)]["to"] = SAFE
    node.transactions[tx_of(5)]["input"] = "0x01"
    node.transactions[tx_of(6)]["from"] = SAFE
    assert told(log, chain=node) == [
        f"line 1: transaction {tx_of(1)} is not on chain 31337",
        f"line 2: transaction {tx_of(2)} reverted, and the log says done",
        f"line 3: transaction {tx_of(3)} is in block 104, and the log says 103",
        f"line 4: transaction {tx_of(4)} went from {SIGNER} to {SAFE}, and the log says from "
        f"{SIGNER} to {TOKEN}",
        f"line 5: transaction {tx_of(5)} carries other calldata than the log says",
        f"line 6: transaction {tx_of(6)} went from {SAFE} to {TOKEN}, and the log says from "
        f"{SIGNER} to {TOKEN}",
    ]


def test_what_reverted_and_what_was_never_sent(log, node):
    write(log, 7, outcome="reverted")
    write(log, 8, outcome="pending")
    write(log, 9, outcome="refused", tx="", block=0)
    node.transactions[tx_of(7)] = node.transactions[tx_of(1)]
    node.receipts[tx_of(7)] = {"status": "0x0", "blockNumber": "0x6b", "logs": []}
    assert told(log, chain=node) == []
    node.receipts[tx_of(7)]["status"] = "0x1"
    assert told(log, chain=node) == [
        f"line 7: transaction {tx_of(7)} succeeded, and the log says reverted"
    ]


def test_entries_of_another_chain(log, node):
    write(log, 7, chain_id=1)
    assert told(log, chain=node) == ["line 7: is of chain 1, and this is chain 31337"]


def test_a_safes_transaction_is_the_one_that_was_signed(log, node):
    number = COUNT + 1
    write(log, number, sent=(SAFE, b"\x05"), safe_tx_hash=tx_of(99))
    node.transactions[tx_of(number)] = {"from": SIGNER, "to": SAFE, "input": "0x05"}
    receipt = {"status": "0x1", "blockNumber": hex(100 + number), "logs": []}
    node.receipts[tx_of(number)] = receipt
    wanted = (
        f"line 7: transaction {tx_of(number)} does not execute {tx_of(99)}, which the approvers "
        "signed"
    )
    assert told(log, chain=node) == [wanted]
    receipt["logs"] = [{"topics": [tx_of(1), tx_of(99)], "data": "0x"}]
    assert told(log, chain=node) == []
    receipt["logs"] = [{"topics": [tx_of(1)], "data": tx_of(99) + "00" * 32}]
    assert told(log, chain=node) == []


def test_the_path_tells_chains_apart():
    folder = Path("oplog")
    assert oplog.path_of(folder, 1, "0xd4e56740f8") == folder / "1-d4e56740.jsonl"


def test_entries_keep_what_was_said(path):
    """Whatever a sentence holds, one line is one entry."""
    write(path, 1, sentence='a "quoted"\nline, ünïcode \u2028 and \\ more')
    write(path, 2)
    assert [len(lines(path)), told(path)] == [2, []]
    assert entries(path)[0]["sentence"] == 'a "quoted"\nline, ünïcode \u2028 and \\ more'


def test_append_takes_ready_entries_too(log):
    entry = {key: value for key, value in entries(log)[0].items() if key != "previous"}
    assert append(log, entry | {"tx": tx_of(50)}).sequence == 7
    assert told(log) == []


def test_who_is_behind_a_transaction():
    people = {SIGNER: "GOVERNOR", SAFE: "ADMIN"}
    assert person_behind(people, {"from": SIGNER, "to": TOKEN}) == SIGNER
    assert person_behind(people, {"from": TOKEN.lower(), "to": SAFE}) == SAFE
    assert person_behind(people, {"from": SIGNER, "to": None}) == SIGNER
    assert person_behind(people, {"from": TOKEN, "to": TOKEN}) == ""
