"""`--simulate`, and amounts in words where several things are signed at once, on a real node.

--simulate
├── given a chain with money it is the default, and --no-simulate leaves it out
├── given no anvil, nothing is signed, and it says what to do
├── given a refusal on the copy
│   ├── of a verb, a payout or a proposal, nothing is signed
│   └── of a line of a bank's file, that line is left out, and the others are done
├── given a verb, at once or to be scheduled: its events and differences are shown, then it is done
├── given many events, they are counted, and the lines are few
├── given a Safe: its proposal, its signature and its execution are tried, each as it will be
└── a dry run is never what is sent: the chain changes once

words
├── given a bank's file whose sum is large, it is typed once, to propose and to approve
├── given a Safe's transaction that moves much, whoever signs or sends it types the sum
└── what is below the size, and what moves nothing, asks for no words
"""

import json
from dataclasses import replace

import pytest
from eth_utils import keccak, to_checksum_address

from pegboard.chains import load_chains
from pegboard.cli import simulating
from pegboard.reading.decode import Effect
from pegboard.reading.fork import Fork
from pegboard.reading.preview import Difference, Preview, Result
from tests.integration.conftest import blocks, warp
from tests.support import cases
from tests.support.deposits import bank_file, credit
from tests.support.desks import ready_desk
from tests.support.node import attached, to_quiet_friday
from tests.support.safes import make_safe, put_batcher
from tests.support.world import REF, ROOT, key, resolve, roles

MINTER, FREEZER, RESUMER, PROPOSER, APPROVER = 4, 7, 8, 40, 41
CASEWORKER = 47
ONE, TWO, STRANGER, PAYER = 55, 56, 39, 30
PAYEE = key(90).address
CHANNEL = "ENTERPRISE-1"
UNIT = 10**6
CHAINS = load_chains(ROOT / "chains.toml")
LARGE = ("mint", "HKD", "1500000.00", "--to", PAYEE, "--ref", "FPS 9")
LARGE_WORDS = "one million five hundred thousand HKD\n"


@pytest.fixture(scope="module")
def council(console):
    """A 2-of-2 Safe that mints, a desk that is ready, and ample fresh reserves."""
    world = attached()
    put_batcher(world.chain)
    safe = make_safe(world.chain, [key(ONE), key(TWO)], 2)
    ready_desk(world, world.holder(0))
    number = roles().roles["MINTER"].id
    world.act("GOVERNOR", world.suite.authority, "grantRole", number, safe.address, 0)
    to_quiet_friday(world)
    world.attest(10**17)
    world.fund(resolve(f"TEST::{PAYER}"), 5_000_000 * UNIT)
    return world, safe.address


@pytest.fixture
def world(council):
    return council[0]


@pytest.fixture
def safe(council):
    return council[1]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the proposals of one test are."""
    monkeypatch.setenv("PEGBOARD_PROPOSALS", str(tmp_path / "proposals"))


@pytest.fixture
def with_money(monkeypatch):
    """The node as a chain on which there is money, and its keys as real ones."""
    live = {31337: replace(CHAINS[31337], name="Live", test_keys=False)}
    monkeypatch.setattr("pegboard.cli.desk.load_chains", lambda _: live)
    monkeypatch.setattr("pegboard.cli.desk.require_right_key", lambda *_: None)


@pytest.fixture
def without_anvil(monkeypatch):
    """The machine of somebody who has not installed it."""
    monkeypatch.setattr("pegboard.reading.fork.shutil.which", lambda _: None)


@pytest.fixture
def stops_meanwhile(world, monkeypatch):
    """Everything stops on the copy only, as it would where the chain changes in this moment."""
    enter = Fork.__enter__

    def entered(fork):
        found = enter(fork)
        stop = world.token.encode("pause", 7, REF)
        found.send(world.member("PAUSER"), world.token.address, stop)
        return found

    monkeypatch.setattr(Fork, "__enter__", entered)


def mint(reference, amount="1000.00"):
    return "mint", "HKD", amount, "--to", PAYEE, "--ref", reference


def told(answer):
    """What stderr says of the copy."""
    lines = [line.strip() for line in answer.err.splitlines()]
    return lines[lines.index("On a copy of the chain:") + 1 :]


def differences(answer):
    found = answer.json["simulation"]["differences"]
    return {row["what"]: (row["before"], row["after"]) for row in found}


def payroll(path, count):
    """A payout file of a unit each."""
    rows = [to_checksum_address(keccak(text=f"{path.stem} {n}")[:20]) for n in range(count)]
    lines = [f"{path.stem},HKD,{count},{count}.00", "id,payee,amount,reference"]
    lines += [f"E-{n},{payee},1.00,NOV" for n, payee in enumerate(rows)]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return "payout", "run", str(path), "--total", f"{count}.00"


# Where it is wanted


def test_it_is_wanted_where_there_is_money():
    for chain in CHAINS.values():
        assert simulating.wanted(None, chain) is not chain.test_keys
        assert simulating.wanted(True, chain) is True
        assert simulating.wanted(False, chain) is False
    assert {chain.test_keys for chain in CHAINS.values()} == {True, False}


@pytest.mark.req("HK-11")
def test_the_default_where_there_is_money(console, council, with_money):
    answer = console.act(MINTER, *mint("live 1"))
    assert told(answer)[0] == "it would be carried out"
    assert answer.json["simulation"]["success"]
    answer = console.act(MINTER, *mint("live 2"), "--no-simulate")
    assert "simulation" not in answer.json
    assert "On a copy of the chain:" not in answer.err


def test_no_copy_is_made_on_a_local_chain(console, council, without_anvil):
    assert "simulation" not in console.act(MINTER, *mint("local 1")).json


@pytest.mark.req("HK-11")
def test_without_anvil_nothing_is_signed(console, council, with_money, without_anvil):
    before = blocks()
    text = console.refused(MINTER, *mint("no anvil"))
    assert text.startswith("nothing was signed, since it could not be tried: anvil is not on PATH")
    assert "install Foundry" in text
    assert text.endswith("; or give --no-simulate")
    assert blocks() == before
    console.act(MINTER, *mint("no anvil"), "--no-simulate")
    assert blocks() == before + 1


# Refused on the copy


@pytest.mark.req("HK-11")
def test_a_verb_that_the_copy_refuses(console, council, stops_meanwhile, tmp_path):
    before, log = blocks(), str(tmp_path / "oplog")
    answer = console.act(MINTER, *mint("stopped"), "--simulate", "--log", log, code=1)
    *_, refused, last = [line for line in answer.err.splitlines() if line.strip()]
    assert refused.strip().startswith("call 1 is REFUSED: Paused: ")
    assert last.startswith("Error: a copy of the chain refuses it, so nothing was signed: Paused: ")
    assert (answer.out, blocks()) == ("", before)
    [written] = console.run("log", "list", "--log", log, "--json").json["operations"]
    assert written["outcome"] == "refused"


def test_a_payout_that_the_copy_refuses(console, council, stops_meanwhile, tmp_path):
    before = blocks()
    text = console.refused(PAYER, *payroll(tmp_path / "STOPPED.csv", 2), "--simulate")
    assert text.startswith("a copy of the chain refuses it, so nothing was signed: Paused")
    assert (blocks(), [path.name for path in tmp_path.glob("*.xml")]) == (before, [])


def test_a_proposal_that_the_copy_refuses(console, safe, stops_meanwhile, tmp_path):
    text = console.refused(ONE, *mint("proposed"), "--safe", safe, "--simulate")
    assert text.startswith("a copy of the chain refuses it, so nothing was signed: Paused")
    assert not list((tmp_path / "proposals").rglob("*.json"))


@pytest.mark.req("HK-11", "HK-38")
def test_a_line_that_the_copy_refuses_is_left_out(console, world, tmp_path):
    """Each line fits on its own, and all of them are more than the reserves."""
    rows = [credit(world, f"SHORT{n}", "100000.00", CHANNEL) for n in (1, 2, 3)]
    given = ("HKD", "--bank-file", str(bank_file(tmp_path / "bank.xml", *rows)))
    console.act(PROPOSER, "issue", "propose", *given)
    supply = world.token.call("totalSupply")
    warp(1)
    world.attest((supply + 250_000 * UNIT) * 201 // 200)
    before = blocks()
    answer = console.act(APPROVER, "issue", "approve", *given, "--simulate", code=1)
    assert answer.json["counts"] == {"done": 2, "refused": 1}
    assert answer.json["lines"][2]["reason"].startswith("ReserveExceeded: ")
    assert told(answer)[0].startswith("call 3 is REFUSED: ReserveExceeded: ")
    assert [bool(call["refusal"]) for call in answer.json["simulation"]["calls"]] == [0, 0, 1]
    assert blocks() == before + 2
    warp(1)
    world.attest(10**17)
    again = console.act(APPROVER, "issue", "approve", *given, "--simulate").json
    assert again["counts"] == {"done": 1, "nothing": 2}


# Shown, then done


@pytest.mark.req("HK-11")
def test_a_verb_is_tried_and_then_done(console, world):
    before = blocks()
    frozen = resolve("TEST::21")
    words = ("freeze", "add", "HKD", frozen, "--simulate", "--account", f"TEST::{FREEZER}")
    answer = console.run(*words, stdin="n\n")
    assert answer.code == 1
    assert told(answer)[:2] == [
        "it would be carried out",
        f"token of HKD: frozen, {frozen}: no -> yes",
    ]
    assert told(answer)[2].startswith("event AccountFrozen of the token of HKD: ")
    assert answer.err.index("Signed is: ") < answer.err.index("On a copy of the chain:")
    assert answer.err.index("On a copy of the chain:") < answer.err.index("Sign and send this?")
    assert blocks() == before
    answer = console.act(FREEZER, *words[:-2])
    assert differences(answer) == {f"token of HKD: frozen, {frozen}": ("no", "yes")}
    assert (answer.json["outcome"], blocks()) == ("done", before + 1)
    assert "simulation" not in console.act(FREEZER, *words[:-2]).json


@pytest.mark.req("HK-11")
def test_a_scheduling_is_what_is_tried(console, world):
    """Of a verb that waits the bytes are those of its scheduling, and later those of itself."""
    frozen = resolve("TEST::22")
    console.act(FREEZER, "freeze", "add", "HKD", frozen)
    words = ("freeze", "remove", "HKD", frozen, "--ref", "case 1", "--simulate")
    scheduled = console.act(RESUMER, *words, code=3)
    assert scheduled.json["outcome"] == "scheduled"
    [what] = [what for what in differences(scheduled) if "scheduled for" in what]
    assert differences(scheduled)[what][0] == "never"
    assert not [what for what in differences(scheduled) if "frozen" in what]
    assert "simulation" not in console.act(RESUMER, *words, code=3).json
    warp(86_400)
    done = console.act(RESUMER, *words)
    assert done.json["outcome"] == "done"
    assert differences(done)[f"token of HKD: frozen, {frozen}"] == ("yes", "no")


@pytest.mark.req("HK-11")
def test_many_events_are_counted(console, world, tmp_path):
    payer = resolve(f"TEST::{PAYER}")
    command = payroll(tmp_path / "MANY.csv", 250)
    answer = console.act(PAYER, *command, "--simulate")
    lines = [line.strip() for line in answer.err.splitlines()]
    seen = told(answer)
    assert seen[0] == "all 2 would be carried out"
    assert "event 250 x Transfer of the token of HKD" in seen
    [balance] = [what for what in differences(answer) if "balance" in what]
    assert balance.startswith(f"token of HKD: balance, {payer}")
    found = differences(answer)[balance]
    was, became = (float(text.removesuffix(" HKD").replace(",", "")) for text in found)
    assert was - became == 250
    assert len(lines) < 40
    assert len(json.dumps(answer.json["simulation"])) < 4_000


@pytest.mark.req("HK-11")
def test_an_order_is_tried_before_it_is_proposed(console, world):
    taken = resolve("TEST::23")
    world.fund(taken, 5 * UNIT)
    cases.open_case(world)
    cases.name(world, taken, 5 * UNIT)
    cases.hold(world, taken, 5 * UNIT)
    case = "0x" + cases.CASE.hex()
    words = ("orders", "destroy", "HKD", case, taken, "5.00", "--simulate")
    answer = console.act(CASEWORKER, *words)
    assert differences(answer)["desk of lawful orders: orders"] == ("0", "1")
    assert answer.json["status"] == "proposed"


@pytest.mark.req("HK-11")
def test_the_steps_of_a_plan_are_tried(console, council):
    """A currency that was declared later: anybody makes its contracts."""
    before = blocks()
    words = ("apply", "--simulate", "--account", f"TEST::{STRANGER}")
    answer = console.run(*words, stdin="n\n")
    assert (answer.code, blocks()) == (1, before)
    made = [line for line in told(answer) if line.startswith("WARNING: the code of 0x")]
    assert len(made) == 2
    answer = console.act(STRANGER, *words[:2], code=3)
    assert answer.json["simulation"]["success"]
    assert blocks() == before + 2


def test_what_is_left_out_is_counted(console, world, monkeypatch):
    monkeypatch.setattr(simulating, "MOST", 2)
    answer = console.act(MINTER, *mint("short"), "--simulate")
    seen = told(answer)
    assert seen[0] == "it would be carried out"
    assert seen[3].startswith("and ")
    assert seen[3].endswith(" more")
    assert [line for line in seen[1:3] if line.startswith("token of HKD: ")] == seen[1:3]


def test_neither_a_refusal_nor_a_warning_is_left_out():
    fine, bad = (Result(Effect("", PAYEE, b""), refusal) for refusal in ("", "Paused"))
    others = ("3 words more", "WARNING: 1 word", "WARNING: the code")
    seen = Preview((fine, fine, bad), ("e1", "e2"), (Difference("d", "0", "1"),), {}, others)
    assert seen.brief(1) == [
        *("call 3 is REFUSED: Paused", "d: 0 -> 1", "and 3 more"),
        *("WARNING: 1 word", "WARNING: the code"),
    ]
    assert seen.brief(4)[:5] == [
        *("call 3 is REFUSED: Paused", "d: 0 -> 1", "event e1", "event e2", "3 words more")
    ]
    assert replace(seen, results=(fine, fine)).brief(9)[0] == "all 2 would be carried out"


# A Safe


@pytest.mark.req("HK-11")
def test_a_safes_transaction_is_tried_at_each_step(console, world, safe, tmp_path):
    what = f"token of HKD: balance, {PAYEE}"
    proposed = console.act(ONE, *mint("FPS 7"), "--safe", safe, "--simulate", code=3)
    signed = console.act(TWO, "safe", "sign", proposed.json["file"], "--simulate")
    sent = console.act(STRANGER, "safe", "execute", proposed.json["file"], "--simulate")
    for answer in (proposed, signed, sent):
        assert answer.json["simulation"]["success"]
        assert what in differences(answer)
    number = differences(sent)["this Safe: number"]
    assert int(number[1]) == int(number[0]) + 1
    assert "this Safe: number" not in differences(signed)
    assert "event ExecutionSuccess of this Safe" in told(sent)
    assert not [line for line in told(sent) if "WARNING" in line or "UNKNOWN" in line]


def test_an_execution_that_the_copy_refuses(console, world, safe, monkeypatch, stops_meanwhile):
    file = console.act(ONE, *mint("FPS 8"), "--safe", safe, code=3).json["file"]
    console.act(TWO, "safe", "sign", file)
    before = blocks()
    text = console.refused(STRANGER, "safe", "execute", file, "--simulate")
    assert text.startswith("a copy of the chain refuses it, so nothing was signed: ")
    assert blocks() == before
    assert console.act(STRANGER, "safe", "execute", file).json["outcome"] == "done"


# Words


@pytest.mark.req("HK-11", "HK-38")
@pytest.mark.parametrize("safely", [False, True], ids=["key", "Safe"])
def test_a_banks_file_is_typed_in_words_once(console, world, safe, tmp_path, safely):
    """No line is above the size, and their sum is."""
    name = "S" if safely else "K"
    rows = [credit(world, f"WORDS{name}{n}", "600000.00", CHANNEL) for n in (1, 2)]
    path = bank_file(tmp_path / "bank.xml", *rows)
    safes = ("--safe", safe) if safely else ()
    if safely:
        number = roles().roles["PROPOSER"].id
        world.act("GOVERNOR", world.suite.authority, "grantRole", number, safe, 0)
    verbs = {"propose": ONE if safely else PROPOSER} | ({} if safely else {"approve": APPROVER})
    for verb, index in verbs.items():
        words = ("issue", verb, "HKD", "--bank-file", str(path), *safes)
        signed = ("--account", f"TEST::{index}", "--yes")
        before = blocks()
        answer = console.run(*words, *signed, stdin="six hundred thousand HKD\n")
        assert answer.code == 1
        assert answer.err.count("Type the amount: ") == 1
        assert "Type the amount: one million two hundred thousand HKD" in answer.err
        assert "what was typed is not the amount in words: nothing was signed" in answer.err
        assert blocks() == before
        typed = "one million two hundred thousand HKD\n"
        answer = console.run(*words, *signed, stdin=typed)
        assert answer.code == (3 if safely else 0)
        # A second run asks nothing: nothing is left to do, but for what the Safe has not sent.
        if not safely:
            assert blocks() == before + 2
            assert console.run(*words, *signed).code == 0


@pytest.mark.req("HK-11")
def test_who_signs_for_a_safe_types_what_it_moves(console, world, safe):
    proposing = (*LARGE, "--safe", safe, "--account", f"TEST::{ONE}", "--yes", "--json")
    answer = console.run(*proposing, stdin="no\n")
    assert answer.code == 1
    answer = console.run(*proposing, stdin=LARGE_WORDS)
    assert answer.code == 3
    file = json.loads(answer.out[answer.out.index("{") :])["file"]
    for verb, index in (("sign", TWO), ("execute", STRANGER)):
        words = ("safe", verb, file, "--account", f"TEST::{index}", "--yes")
        before = world.token.call("totalSupply")
        answer = console.run(*words, stdin="one HKD\n")
        assert answer.code == 1
        assert f"Type the amount: {LARGE_WORDS.strip()}" in answer.err
        assert "nothing was signed" in answer.err
        assert world.token.call("totalSupply") == before
        assert console.run(*words, stdin=LARGE_WORDS).code == 0
    assert world.token.call("totalSupply") == before + 1_500_000 * UNIT


def test_what_is_small_is_signed_without_words(console, safe):
    file = console.act(ONE, *mint("small", "999999.00"), "--safe", safe, code=3).json["file"]
    for verb, index in (("sign", TWO), ("execute", STRANGER)):
        assert "Type the amount" not in console.act(index, "safe", verb, file).err
