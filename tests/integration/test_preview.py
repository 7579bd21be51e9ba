"""What calls would change, on a copy of a node of our own.

preview
├── given a mint: the supply, the limit that is left, the headroom, the balance; nothing else
├── given a change of a limit: the limit before and after
├── given a schedule: when it is due; given powers: who has them before and after
├── given a call that would be refused: why, and what the others change all the same
├── given a change back: no difference
├── given a write that no named view shows
│   ├── of a contract that says so in its log: a quiet line
│   └── of any other: a warning
└── given coin or code that changes: a line

Fork
├── given no anvil, or a node that does not answer: refuses, and says what to do
├── it tells its process nothing of the node's address
├── it hands reads on to the node, and nothing that signs, sends, mines or sets
├── it ends with its block, whatever happens inside
└── it leaves the chain as it is, and goes by the chain's time
"""

import os
import shutil
from pathlib import Path

import pytest

from pegboard import views
from pegboard.chain import JsonRpc
from pegboard.create2 import FACTORY
from pegboard.errors import ChainError, Reverted
from pegboard.inputs import moment_text
from pegboard.reading import fork as forks
from pegboard.reading.decode import Decoder
from pegboard.reading.fork import Fork
from pegboard.reading.preview import preview
from pegboard.safes.multisend import Piece
from tests.support.anvil import AnvilChain
from tests.support.safes import make_safe
from tests.support.world import build_world, key, roles

HOLDER, STRANGER = key(20).address, key(21).address
NAMED = f"{HOLDER} (treasury)"
TICKET = b"T-1".ljust(32, b"\0")
MILLION = 10**12
FAR = 10_000_000
#: PUSH1 1 PUSH1 0 SSTORE: writes one word, and says nothing.
SILENT, SILENT_CODE = "0x000000000000000000000000000000000000c0DE", bytes.fromhex("600160005500")


@pytest.fixture(scope="module")
def world():
    """HKD on a node whose clock is far ahead, with reserves; no test changes it."""
    with AnvilChain(31338) as chain:
        found = build_world(chain)
        chain.warp(FAR)
        found.attest(10**14)
        chain.put_code(SILENT, SILENT_CODE)
        yield found


@pytest.fixture(scope="module")
def safe(world):
    """A Safe with a role."""
    made = make_safe(world.chain, [key(40), key(41)], 2)
    world.act("GOVERNOR", world.suite.authority, "grantRole", 10, made.address, 0)
    return made


@pytest.fixture
def tried(world):
    """What calls would change, as somebody sends them."""

    def run(sender, *calls, explain=str):
        decoder = Decoder(world.suite, roles(), {HOLDER: "treasury"})
        pieces = [c if isinstance(c, Piece) else Piece(c.to, 0, c.data) for c in calls]
        before = world.chain.height()
        with Fork(world.chain) as fork:
            found = preview(fork, decoder, sender, pieces, explain)
        assert world.chain.height() == before
        return found

    return run


def differences(found):
    return [str(difference) for difference in found.differences]


# Differences


@pytest.mark.req("HK-11")
def test_a_mint(world, tried):
    call = world.token.prepare("mint", HOLDER, MILLION, TICKET)
    found = tried(world.member("MINTER"), call)
    assert found.success
    assert found.events == (
        f"Transfer of the token of HKD: from 0x{'00' * 20} (nobody), to {NAMED}, value "
        "1,000,000.00 HKD",
        f'Minted of the token of HKD: minter {world.member("MINTER")}, ref "T-1"',
    )
    assert differences(found) == [
        "token of HKD: supply: 0.00 HKD -> 1,000,000.00 HKD",
        "token of HKD: mint limit, available: 50,000,000.00 HKD -> 49,000,000.00 HKD",
        "token of HKD: headroom: 99,502,487.562189 HKD -> 98,502,487.562189 HKD",
        f"token of HKD: balance, {NAMED}: 0.00 HKD -> 1,000,000.00 HKD",
    ]
    assert (found.words, found.others) == ({world.token.address: 3}, ())
    assert found.lines()[0] == "1. would be carried out"


@pytest.mark.req("HK-11")
def test_a_change_of_a_limit(world, tried):
    call = world.token.prepare("lowerMintLimit", MILLION, 3600, TICKET)
    found = tried(world.member("PAUSER"), call)
    assert differences(found) == [
        "token of HKD: mint limit, capacity: 50,000,000.00 HKD -> 1,000,000.00 HKD",
        "token of HKD: mint limit, window: 1d -> 1h",
        "token of HKD: mint limit, available: 50,000,000.00 HKD -> 1,000,000.00 HKD",
    ]
    assert found.others == ()


def test_restraints(world, tried):
    call = world.token.prepare("blacklist", [HOLDER, STRANGER], TICKET)
    found = tried(world.member("BLACKLISTER"), call)
    assert differences(found) == [
        f"token of HKD: blacklisted, {NAMED}: no -> yes",
        f"token of HKD: blacklisted, {STRANGER}: no -> yes",
    ]


def test_powers(world, tried):
    authority, expeller = world.suite.authority, world.member("EXPELLER")
    pauser = world.member("PAUSER")
    found = tried(expeller, authority.prepare("expel", 10, pauser, TICKET))
    assert f"Authority: role, PAUSER, {pauser}, isMember: yes -> no" in differences(found)
    assert any(line.startswith("Authority: members, PAUSER: ") for line in differences(found))
    # The set of members keeps places that no view shows.
    assert all(other.endswith("which no named view shows") for other in found.others)


def test_a_schedule(world, tried):
    authority = world.suite.authority
    inner = authority.encode("grantRole", 10, HOLDER, 0)
    call = authority.prepare("schedule", authority.address, inner, 0)
    found = tried(world.member("GOVERNOR"), call)
    operation = authority.call("hashOperation", world.member("GOVERNOR"), authority.address, inner)
    due = moment_text(world.chain.now() + 2 * 86_400)
    assert differences(found) == [
        f"Authority: scheduled for, {operation}: never -> {due}",
        f"Authority: times scheduled, {operation}: 0 -> 1",
    ]
    text = f"schedule, to be executed after 2d: grant PAUSER to {NAMED}, without any delay"
    assert found.results[0].effect.text == text


def test_a_desk(world, tried):
    orders, case = world.suite.desks.orders, b"C-1".ljust(32, b"\0")
    review = world.chain.now() + 86_400
    call = orders.prepare("openCase", case, 1, review, b"\1" * 32)
    found = tried(world.member("CASEWORKER"), call)
    title = 'desk of lawful orders: case, "C-1"'
    assert f"{title}, class: none -> court-order" in differences(found)
    assert f"{title}, reviewBy: never -> {moment_text(review)}" in differences(found)
    assert "desk of lawful orders: cases: 0 -> 1" in differences(found)


# Refusals


def test_a_refusal_is_explained(world, tried):
    minter, pauser = world.member("MINTER"), world.member("PAUSER")
    mint = world.token.prepare("mint", HOLDER, 10**16, TICKET)
    found = tried(minter, mint, explain=lambda fault: f"explained {fault.name}")
    assert not found.success
    assert found.lines() == ["1. REFUSED: explained ReserveExceeded"]
    assert found.as_dict()["calls"][0]["refusal"] == "explained ReserveExceeded"
    stop = world.token.prepare("pause", 1, TICKET)
    found = tried(pauser, mint, stop)
    assert [bool(result.refusal) for result in found.results] == [True, False]
    assert "AccessManagedUnauthorized" in found.results[0].refusal
    assert "token of HKD: paused: nothing -> transfers" in differences(found)


def test_what_a_call_before_changes_counts(world, tried):
    half = world.token.prepare("mint", HOLDER, 26 * MILLION, TICKET)
    found = tried(world.member("MINTER"), half, half)
    assert [bool(result.refusal) for result in found.results] == [False, True]
    assert "MintLimitExceeded" in found.results[1].refusal


def test_a_change_back_is_no_difference(world, tried):
    approve = world.token.prepare("approve", STRANGER, 5)
    undo = world.token.prepare("approve", STRANGER, 0)
    found = tried(HOLDER, approve, undo)
    assert len(found.events) == 2
    assert (found.differences, found.words, found.others) == ((), {}, ())
    once = tried(HOLDER, approve)
    assert differences(once) == [
        f"token of HKD: allowance, {NAMED}, {STRANGER}: 0.00 HKD -> 0.000005 HKD"
    ]


# What no named view shows


@pytest.mark.req("HK-11")
def test_an_unexplained_write_is_shown(tried):
    found = tried(STRANGER, Piece(SILENT, 0, b"\1"))
    assert found.others == (f"WARNING: 1 word of {SILENT} changed, which nothing here explains",)
    assert found.words == {SILENT: 1}
    assert found.as_dict()["others"] == list(found.others)
    assert found.lines()[-1] == f"  {found.others[0]}"


def test_a_write_that_only_the_log_tells_is_shown(world, tried, monkeypatch):
    monkeypatch.setitem(views.VIEWS, "token", {"totalSupply": "supply"})
    found = tried(world.member("PAUSER"), world.token.prepare("pause", 1, TICKET))
    who = f"{world.token.address} (token of HKD)"
    assert found.others == (f"1 word more of {who}, which no named view shows",)


def test_coin_that_moves_is_shown(world, tried):
    found = tried(key(1).address, Piece(STRANGER, 5 * 10**17, b""))
    [line] = [other for other in found.others if STRANGER in other]
    assert line.startswith(f"coin of {STRANGER}: ")
    assert line.endswith(" of the chain's own coin")
    found = tried("0x00000000000000000000000000000000000C0FFE", Piece(STRANGER, 1, b""))
    assert not found.success


def test_code_that_is_set_is_shown(world, tried):
    """The deterministic deployer makes a contract of one byte."""
    found = tried(STRANGER, Piece(FACTORY, 0, bytes(32) + bytes.fromhex("60016000f3")))
    assert any(
        o.startswith("WARNING: the code of 0x") and o.endswith("was set") for o in found.others
    )


# A Safe


@pytest.mark.req("HK-11")
def test_a_safe_is_tried_as_itself(world, safe, tried):
    stop = world.token.prepare("pause", 1, TICKET)
    threshold = Piece(safe.address, 0, safe.encode("changeThreshold", 1))
    found = tried(safe.address, stop, threshold)
    assert found.success
    assert "token of HKD: paused: nothing -> transfers" in differences(found)
    assert "this Safe: signatures asked for: 2 -> 1" in differences(found)
    assert found.results[1].effect.sentence == "WARNING: ask for 1 signatures of this Safe from now"


# The copy


def test_the_copy_goes_by_the_chains_time(world):
    with Fork(world.chain) as fork:
        assert fork.now() == world.chain.now()
        receipt = fork.send(HOLDER, world.token.address, world.token.encode("approve", HOLDER, 1))
        assert len(receipt.logs) == 1
        assert fork.now() == world.chain.now()
        with pytest.raises(Reverted):
            fork.send(HOLDER, world.token.address, world.token.encode("burn", 1, TICKET))


def test_the_copy_ends_with_its_block(world):
    seen = []

    def fail():
        with Fork(world.chain) as fork:
            seen.append(Path(f"/proc/{fork._process.pid}"))
            assert seen[0].exists()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not seen[0].exists()


def test_no_process_is_told_the_nodes_address(world):
    """T8: the address of a node may carry a key."""
    with Fork(world.chain) as fork:
        words = Path(f"/proc/{fork._process.pid}/cmdline").read_bytes().decode().split("\0")
    assert "anvil" in words[0]
    assert not [word for word in words if str(world.chain.port) in word]


@pytest.mark.parametrize(
    "method",
    [
        *("eth_sendTransaction", "eth_sendRawTransaction", "eth_sign", "personal_unlockAccount"),
        *("anvil_setBalance", "evm_mine", "debug_setHead", None, ["eth_chainId"]),
    ],
)
def test_only_reads_reach_the_node(method):
    """Whoever finds the way to it on this machine can look, and do nothing."""
    asked = []

    class Node(JsonRpc):
        def request(self, method, params):
            asked.append(method)
            return {"result": "0x1"}

    relay = forks._Relay(Node(31338))
    read, other = ({"id": 7, "method": name} for name in ("eth_chainId", method))
    answers = relay.answer([read, other])
    assert answers[0] == {"jsonrpc": "2.0", "id": 7, "result": "0x1"}
    refused = {"code": -32601, "message": "only reads are handed on"}
    assert answers[1] == {"jsonrpc": "2.0", "id": 7, "error": refused}
    assert asked == ["eth_chainId"]


def test_without_anvil_it_says_how_to_get_it(world, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(ChainError, match=r"anvil is not on PATH.*install Foundry"),
        Fork(world.chain),
    ):
        pytest.fail("there is no copy")


def test_a_node_that_does_not_answer(world, monkeypatch):
    class Dead(JsonRpc):
        def request(self, method, params):
            raise ChainError("https://node.example/key does not answer")

    monkeypatch.setattr(forks, "_START", 1.0)
    with pytest.raises(ChainError, match="anvil did not start") as caught, Fork(Dead(31338)):
        pytest.fail("there is no copy")
    assert "node.example" not in str(caught.value)


def test_an_anvil_that_ends_at_once(world, monkeypatch, tmp_path):
    fake = tmp_path / "anvil"
    shutil.copy("/bin/false", fake)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ChainError, match="anvil did not start on a copy"), Fork(world.chain):
        pytest.fail("there is no copy")
