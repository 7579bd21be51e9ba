"""`log` and `verify-log` on a real node, over operations that were really sent.

log list
├── given no log: refuses
└── the last operations, or those of one reference

verify-log
├── given no log: refuses
├── sound: says how many lines, and the head
├── a line that the chain contradicts, or that was changed: exit code 1, and its number
├── --complete: what a declared holder sent, and nobody logged
└── of a copy, by its path
"""

import json

import pytest
from ape import networks

from pegboard import oplog
from tests.integration.conftest import CHAIN_ID
from tests.support.world import resolve

FREEZER, VERIFIER = resolve("TEST::7"), resolve("TEST::10")
PEOPLE = [resolve(f"TEST::{index}") for index in (30, 31, 32)]


def made(tx):
    """A transaction as the node has it."""
    found = networks.provider.make_request("eth_getTransactionByHash", [tx])
    return resolve_address(found["from"]), resolve_address(found["to"]), found


def resolve_address(text):
    return networks.provider.network.ecosystem.decode_address(text)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "oplog"


@pytest.fixture
def path(folder):
    genesis = networks.provider.make_request("eth_getBlockByNumber", ["0x0", False])["hash"]
    return oplog.path_of(folder, CHAIN_ID, genesis)


@pytest.fixture
def freezes(console):
    """Three freezes, each with its answer."""
    words = [("freeze", "add", "HKD", who, "--ref", f"case {who[-4:]}") for who in PEOPLE]
    return [console.act(7, *word).json for word in words]


def record(path, answer, **changes):
    sender, to, found = made(answer["tx"])
    fields = {
        "chain_id": CHAIN_ID,
        "verb": answer["command"],
        "sentence": f"freeze {answer['accounts'][0]}",
        "reference": answer["refText"],
        "signer": sender,
        "contract": to,
        "calldata": bytes.fromhex(found["input"][2:]),
        "tx": answer["tx"],
        "block": int(found["blockNumber"], 16),
        "outcome": "done",
    }
    return oplog.record(path, **fields | changes)


def verify(console, folder, *words, code=0):
    answer = console.run("verify-log", *words, "--log", str(folder), "--json")
    assert answer.code == code, answer
    return answer.json


def findings(found):
    return [(finding["line"], finding["text"]) for finding in found["findings"]]


def test_there_is_no_log(console, folder):
    for words in (("log", "list"), ("verify-log",)):
        answer = console.run(*words, "--log", str(folder))
        assert (answer.code, answer.out) == (1, "")
        assert str(folder) in answer.err


@pytest.mark.req("HK-24", "HK-71")
def test_what_was_done_is_listed(console, freezes, path, folder):
    for answer in freezes:
        record(path, answer, approvers=[VERIFIER])
    listed = console.run("log", "list", "--log", str(folder), "--json").json
    assert [entry["tx"] for entry in listed["operations"]] == [a["tx"] for a in freezes]
    words = ("log", "list", "--log", str(folder))
    one = console.run(*words, "--ref", freezes[1]["refText"], "--json").json["operations"]
    assert [entry["sequence"] for entry in one] == [2]
    last = console.run(*words, "--last", "1").out
    assert f"freeze {PEOPLE[2]}" in last
    assert f"by {FREEZER}, signed by {VERIFIER}, {freezes[2]['tx']}" in last
    assert PEOPLE[0] not in last
    assert console.run(*words, "--ref", "none").out == "There is none of these.\n"


@pytest.mark.req("HK-24", "HK-71")
def test_a_sound_log(console, freezes, path, folder):
    for answer in freezes:
        made_line = record(path, answer)
    found = verify(console, folder)
    assert (found["outcome"], found["lines"], found["findings"]) == ("done", 3, [])
    assert found["head"] == {"sequence": 3, "hash": made_line.hash}
    said = console.run("verify-log", "--log", str(folder)).out
    assert (
        said == f"3 lines, each as it was written and as the chain has it; head {made_line.hash}\n"
    )


@pytest.mark.req("HK-24")
def test_one_changed_byte_is_named(console, freezes, path, folder):
    for answer in freezes:
        record(path, answer)
    text = path.read_bytes()
    path.write_bytes(text.replace(b"freeze " + PEOPLE[1].encode(), b"freeze " + PEOPLE[0].encode()))
    found = verify(console, folder, code=1)
    assert findings(found) == [(2, "was changed: entry 3 knows entry 2 otherwise")]
    said = console.run("verify-log", "--log", str(folder))
    assert said.out == "line 2: was changed: entry 3 knows entry 2 otherwise\n"
    copy = folder.parent / "copy.jsonl"
    copy.write_bytes(text)
    oplog.head_path(copy).write_bytes(oplog.head_path(path).read_bytes())
    assert verify(console, folder, str(copy))["lines"] == 3


def test_what_the_chain_has_otherwise(console, freezes, path, folder):
    """A log that is sound in itself can still say what never happened."""
    record(path, freezes[0], outcome="reverted")
    record(path, freezes[1], calldata=b"\x01")
    record(path, freezes[2], block=1)
    record(path, freezes[0], tx="0x" + "12" * 32)
    record(path, freezes[0], tx="", outcome="refused", block=0)
    found = findings(verify(console, folder, code=1))
    assert [line for line, _ in found] == [1, 2, 3, 4]
    for (_, text), part in zip(
        found,
        ("succeeded, and the log says reverted", "carries other calldata", "and the log says 1",
         "is not on chain 31337"),
        strict=True,
    ):  # fmt: skip
        assert part in text


@pytest.mark.req("HK-24", "HK-71")
def test_what_nobody_logged_is_found(console, freezes, path, folder):
    record(path, freezes[0])
    console.act(10, "verify", "add", "HKD", PEOPLE[0], "--ref", "KYC 1")
    found = findings(verify(console, folder, "--complete", code=1))
    mine = [text for _, text in found if freezes[1]["tx"] in text or freezes[2]["tx"] in text]
    assert mine == [
        f"not in the log: transaction {answer['tx']} by {FREEZER} (FREEZER), of the HKD token"
        for answer in freezes[1:]
    ]
    assert any(f"by {VERIFIER} (VERIFIER), of the HKD token" in text for _, text in found)
    assert not any(freezes[0]["tx"] in text for _, text in found)
    assert all(line is None for line, _ in found)
    # The deployer holds no role: what it did is in the deployment's own records.
    assert not any(resolve("TEST::0") in text for _, text in found)
    assert findings(verify(console, folder)) == []


def test_the_head_says_how_much_was_cut(console, freezes, path, folder):
    for answer in freezes:
        record(path, answer)
    kept = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(kept[0])
    found = findings(verify(console, folder, code=1))
    assert found == [(None, "cut off at the end: entries 2 to 3")]
    assert json.loads(kept[0])["sequence"] == 1


@pytest.mark.req("HK-24", "HK-71")
def test_every_signing_command_writes_it_down(stocked, folder, monkeypatch):
    """Done, scheduled and refused; with its ticket, its signer and its transaction; soundly."""
    monkeypatch.setenv("PEGBOARD_LOG", str(folder))
    who = PEOPLE[0]
    minted = stocked.act(4, "mint", "HKD", "5", "--to", who, "--ref", "FPS 1").json
    stocked.act(7, "freeze", "add", "HKD", who, "--ref", "case 1")
    lifted = stocked.act(8, "freeze", "remove", "HKD", who, "--ref", "case 1", code=3).json
    stocked.refused(6, "mint", "HKD", "5", "--to", who, "--ref", "FPS 2")
    again = stocked.act(4, "mint", "HKD", "5", "--to", who, "--ref", "FPS 1").json
    assert again["outcome"] == "nothing"
    found = stocked.run("log", "list", "--json").json["operations"]
    assert [(e["verb"], e["outcome"], e["reference"], e["signer"]) for e in found] == [
        ("mint", "done", "FPS 1", resolve("TEST::4")),
        ("freeze", "done", "case 1", FREEZER),
        ("schedule", "scheduled", "case 1", resolve("TEST::8")),
        ("mint", "refused", "FPS 2", resolve("TEST::6")),
    ]
    assert [e["tx"] for e in found if e["outcome"] != "done"] == [lifted["tx"], ""]
    assert found[0]["tx"] == minted["tx"]
    assert "that takes MINTER" in found[3]["sentence"]
    assert verify(stocked, folder)["findings"] == []
