"""`blacklist file` and `verify file` on a real node.

├── given a malformed list, or a contract of the suite to bar: refuses with every fault
├── given another role, or a no: nothing is sent
├── given a role that must wait: schedules all (exit code 3), then executes the same parts
├── given a Safe: proposes what fits into a transaction, and goes on when it is executed
├── given that the node went away: says what is done and what is open, and goes on later
└── else: done at once, with a file of where each account stands; a second run does nothing
"""

import errno

import pytest
from eth_utils import keccak, to_checksum_address

from pegboard.errors import ChainError
from pegboard.files import bulk
from tests.integration.conftest import blocks, warp
from tests.support.node import attached
from tests.support.safes import make_safe, put_batcher
from tests.support.world import key, resolve, roles

BLACKLISTER, RELEASER, VERIFIER, STRANGER = 6, 8, 10, 39
REF = ("--ref", "list 2026-11")
DAY = 86_400


def people(name, count):
    return [to_checksum_address(keccak(text=f"{name} {n}")[:20]) for n in range(count)]


@pytest.fixture(scope="module")
def node(console):
    return attached()


@pytest.fixture
def listed(tmp_path):
    """A list of these accounts, as words of a command."""

    def write(verb, accounts, *words):
        path = tmp_path / "list.csv"
        path.write_text("\n".join(["account", *accounts]) + "\n", encoding="ascii")
        return (verb, "file", "HKD", str(path), *words, *REF)

    return write


def test_faults_are_told_at_once(console, node, listed):
    """T6: nothing of a bad list is done."""
    ours, good = node.suite.peg("USD").token.address, people("good", 1)[0]
    before = blocks()
    answer = console.act(BLACKLISTER, *listed("blacklist", ["0x12", good, good]), code=1)
    assert answer.err.splitlines() == [
        "  row 2, account: '0x12' is not an address: write 0x and 40 hexadecimal digits",
        f"  row 4, account: {good} is in row 3 already",
        "Error: nothing of list.csv was taken: 2 faults, all of them above",
    ]
    assert console.refused(BLACKLISTER, *listed("blacklist", [good, ours])) == (
        f"nothing of list.csv was taken: row 3, account: {ours} is the USD token"
    )
    assert (answer.out, blocks()) == ("", before)


def test_another_role_is_refused(console, node, listed):
    before = blocks()
    words = listed("blacklist", people("role", 2))
    message = console.refused(VERIFIER, *words)
    assert message == (
        f"{resolve(f'TEST::{VERIFIER}')} may not bar 2 accounts from sending, receiving and "
        "spending in HKD, reference list 2026-11: that takes BLACKLISTER; `status` "
        "prints who holds it"
    )
    assert blocks() == before


def test_a_no_sends_nothing(console, node, listed):
    before = blocks()
    words = (*listed("verify", people("no", 201)), "--account", f"TEST::{VERIFIER}")
    answer = console.run(*words, stdin="n\n")
    assert (answer.code, blocks()) == (1, before)
    assert "mark 201 accounts as verified in HKD, in 2 parts" in " ".join(answer.err.split())
    assert "Sign and send 2 transactions?" in answer.err


def test_a_disk_that_is_full(console, node, listed, tmp_path, monkeypatch):
    """Where it cannot be told what became of it, nothing is done."""
    words = listed("verify", people("disk", 2))

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device", "list.status.csv")

    monkeypatch.setattr("pegboard.files.atomic.os.fsync", full)
    before = blocks()
    assert console.refused(VERIFIER, *words) == "list.status.csv: No space left on device"
    assert blocks() == before


@pytest.mark.req("HK-56")
def test_a_list_is_barred_and_freed(console, node, listed, tmp_path):
    accounts = people("barred", 201)
    words = listed("blacklist", accounts)
    done = console.act(BLACKLISTER, *words).json
    assert (done["command"], done["outcome"], done["refText"]) == (
        "blacklist",
        "done",
        "list 2026-11",
    )
    assert done["accounts"] == {"done": 201, "scheduled": 0, "open": 0}
    assert done["files"] == {"status": str(tmp_path / "list.status.csv")}
    assert bulk.which(node.token, "isBlacklisted", accounts) == set(accounts)
    status = (tmp_path / "list.status.csv").read_text().splitlines()
    assert status == ["account,status", *(f"{account},done" for account in accounts)]
    before = blocks()
    again = console.run(*words, "--account", f"TEST::{BLACKLISTER}", "--yes")
    assert again.out.splitlines()[0] == "Nothing to do: it is so already."
    assert blocks() == before

    lift = listed("blacklist", accounts, "--remove")
    waits = console.act(RELEASER, *lift, code=3).json
    assert (waits["outcome"], waits["accounts"]) == (
        "scheduled",
        {"done": 0, "scheduled": 201, "open": 0},
    )
    before = blocks()
    told = console.run(*lift, "--account", f"TEST::{RELEASER}", "--yes")
    assert (told.code, blocks()) == (3, before)
    assert f"It can be executed from {waits['readyAt']}, by repeating" in told.out
    warp(DAY)
    assert console.act(RELEASER, *lift).json["accounts"]["done"] == 201
    assert bulk.which(node.token, "isBlacklisted", accounts) == set()


def test_a_list_is_verified_and_not(console, node, listed):
    accounts = people("verified", 3)
    assert console.act(VERIFIER, *listed("verify", accounts)).json["accounts"]["done"] == 3
    assert bulk.which(node.token, "isVerified", accounts) == set(accounts)
    console.act(VERIFIER, *listed("verify", accounts[1:], "--remove"))
    assert bulk.which(node.token, "isVerified", accounts) == {accounts[0]}


def test_what_is_open_is_told_and_retried(console, node, listed, tmp_path, monkeypatch):
    """T2, T9: the command fails, its files say what is done, and either file does the rest."""
    from pegboard.cli import rolls

    accounts = people("away", 401)
    words = listed("verify", accounts)
    real = rolls.bulk.deliver

    def cut(desk):
        def send(wishes):
            yield from real(desk)(wishes[:1])
            raise ChainError("the node is away")

        return send

    monkeypatch.setattr(rolls.bulk, "deliver", cut)
    assert console.refused(VERIFIER, *words) == "the node is away"
    monkeypatch.undo()
    status = (tmp_path / "list.status.csv").read_text()
    assert (status.count(",done"), status.count(",open")) == (200, 201)
    retry = tmp_path / "list.retry.csv"
    assert len(retry.read_text().splitlines()) == 202
    assert console.act(VERIFIER, "verify", "file", "HKD", str(retry), *REF).json["accounts"] == {
        "done": 201,
        "scheduled": 0,
        "open": 0,
    }
    before = blocks()
    assert console.act(VERIFIER, *words).json["outcome"] == "nothing"
    assert blocks() == before


def test_a_safe_bars_part_by_part(console, node, listed, tmp_path, monkeypatch):
    monkeypatch.setenv("PEGBOARD_PROPOSALS", str(tmp_path / "proposals"))
    put_batcher(node.chain)
    safe = make_safe(node.chain, [key(index) for index in (55, 56, 57)], 2, salt=1).address
    words = (*listed("blacklist", people("by safe", 401)), "--safe", safe)
    assert f"{safe} may not bar 401 accounts" in console.refused(55, *words)
    number = roles().roles["BLACKLISTER"].id
    node.act("GOVERNOR", node.suite.authority, "grantRole", number, safe, 0)
    left = []
    for _ in range(2):
        answer = console.act(55, *words, code=3).json
        console.act(56, "safe", "sign", answer["file"])
        console.act(39, "safe", "execute", answer["file"])
        barred = bulk.which(node.token, "isBlacklisted", people("by safe", 401))
        left.append(401 - len(barred))
    assert left == [1, 0]
    assert console.act(55, *words).json["outcome"] == "nothing"
