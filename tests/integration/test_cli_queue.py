"""`queue` on a real node.

list
├── given nothing that waits: says so
├── what waits or is due: what it does, when, by whom, who can cancel
└── --all: also what is executed, cancelled or expired

execute
├── given an id that names nothing: refuses
├── before its time: exit code 3; by another than who scheduled it: refuses
└── when due: done; a second run does nothing

cancel
├── given no reference: refuses; without the power: refuses
└── by the guardian: done; a second run does nothing; then it cannot be executed
"""

import pytest

from tests.integration.conftest import blocks, warp
from tests.support.world import resolve

GOVERNOR, GUARDIAN, RELEASER, STRANGER = 2, 3, 8, 39
DAY = 86_400
ACCOUNT = resolve("TEST::30")
WAIVE = ("verify", "waive", "HKD", "--ref", "board 7")


def listed(console, *words):
    return console.run("queue", "list", *words, "--json").json["operations"]


@pytest.fixture
def frozen(console):
    console.act(7, "freeze", "add", "HKD", ACCOUNT, "--ref", "case 13")
    return console


@pytest.fixture
def waiting(frozen):
    """A release that RELEASER scheduled, and that nobody has executed."""
    words = ("freeze", "remove", "HKD", ACCOUNT, "--ref", "case 13 closed")
    assert frozen.act(RELEASER, *words, code=3).json["outcome"] == "scheduled"
    return listed(frozen)[0]


@pytest.fixture(autouse=True)
def nothing_left(console):
    yield
    for operation in listed(console):
        console.act(GUARDIAN, "queue", "cancel", operation["key"], "--ref", "end of test")


# List


def test_nothing_waits(console):
    answer = console.run("queue", "list")
    assert (answer.code, answer.out) == (0, "Nothing waits.\n")
    assert listed(console) == []


@pytest.mark.req("HK-02")
def test_what_waits_is_told(console, waiting):
    assert (waiting["state"], waiting["function"]) == ("waiting", "unfreeze")
    assert (waiting["role"], waiting["guardian"]) == ("RELEASER", "GUARDIAN")
    assert waiting["guardians"] == [resolve(f"TEST::{GUARDIAN}")]
    assert waiting["caller"] == resolve(f"TEST::{RELEASER}")
    assert waiting["scheduledAt"] < waiting["dueAt"] < waiting["expiresAt"]
    said = console.run("queue", "list").out
    for part in (
        f"{waiting['key']}  WAITING",
        f"due at {waiting['dueAt']} (in 23h",
        f"scheduled at {waiting['scheduledAt']} by {waiting['caller']}, RELEASER, in 0x",
        f"GUARDIAN can cancel it: {waiting['guardians'][0]}",
        ACCOUNT,
    ):
        assert part in said.replace("(in 1d)", "(in 23h 59m)"), said


@pytest.mark.req("HK-09")
def test_the_states_that_an_operation_goes_through(console, waiting):
    def state():
        told = listed(console, "--all")
        return next(op["state"] for op in told if op["key"] == waiting["key"])

    warp(DAY)
    assert state() == "due"
    assert f"due since {waiting['dueAt']}, expires at" in console.run("queue", "list").out
    warp(7 * DAY)
    assert state() == "expired"
    assert listed(console) == []
    assert "EXPIRED" in console.run("queue", "list", "--all").out
    refusal = console.refused(RELEASER, "queue", "execute", waiting["key"])
    assert f"expired at {waiting['expiresAt']}: schedule it anew" in refusal


# Execute


@pytest.mark.parametrize("text", ["0x12", "nonsense", "0x" + "00" * 32])
def test_what_names_nothing(console, text):
    for verb in (("execute", text), ("cancel", text, "--ref", "x")):
        message = console.refused(RELEASER, "queue", *verb)
        assert "queue list" in message


def test_before_its_time(console, waiting):
    before = blocks()
    answer = console.act(RELEASER, "queue", "execute", waiting["key"][:12], code=3)
    assert answer.json == {
        "command": "execute",
        "outcome": "scheduled",
        "chainId": 31337,
        "operation": waiting["key"],
        "readyAt": waiting["dueAt"],
    }
    assert blocks() == before


@pytest.mark.req("HK-09")
def test_when_due_it_is_executed_once(console, waiting):
    """T1: a second run sends nothing."""
    warp(DAY)
    message = console.refused(GOVERNOR, "queue", "execute", waiting["key"])
    assert f"can be executed by {waiting['caller']} alone, who scheduled it" in message
    done = console.act(RELEASER, "queue", "execute", waiting["key"][:14]).json
    assert (done["command"], done["outcome"]) == ("unfreeze", "done")
    assert (done["operation"], done["currency"]) == (waiting["key"], "HKD")
    before = blocks()
    assert console.act(RELEASER, "queue", "execute", waiting["key"]).json["outcome"] == "nothing"
    assert blocks() == before
    told = listed(console, "--all")[-1]
    assert (told["state"], told["endedIn"]) == ("executed", done["tx"])
    unfreeze = ("freeze", "remove", "HKD", ACCOUNT, "--ref", "case 13 closed")
    assert console.act(RELEASER, *unfreeze).json["outcome"] == "nothing"


# Cancel


def test_without_a_reference_or_the_power(console, waiting):
    before = blocks()
    assert "a reference is required" in console.refused(GUARDIAN, "queue", "cancel", waiting["key"])
    message = console.refused(STRANGER, "queue", "cancel", waiting["key"], "--ref", "fraud 1")
    assert f"takes GUARDIAN ({resolve('TEST::3')}), or {waiting['caller']}" in message
    assert blocks() == before


@pytest.mark.req("HK-09")
def test_the_guardian_cancels(console, waiting):
    done = console.act(GUARDIAN, "queue", "cancel", waiting["key"], "--ref", "fraud 1").json
    assert (done["command"], done["outcome"], done["refText"]) == ("cancel", "done", "fraud 1")
    again = console.act(GUARDIAN, "queue", "cancel", waiting["key"], "--ref", "fraud 1").json
    assert again["outcome"] == "nothing"
    warp(DAY)
    message = console.refused(RELEASER, "queue", "execute", waiting["key"])
    assert f"was cancelled in {done['tx']}: schedule it anew" in message
    assert "CANCELLED" in console.run("queue", "list", "--all").out


def test_who_scheduled_it_takes_it_back(console, waiting):
    answer = console.run(
        *("queue", "cancel", waiting["key"], "--ref", "slip", "--account", f"TEST::{RELEASER}"),
        stdin="y\n",
    )
    assert answer.code == 0
    assert "Needs" in answer.err
    assert "Sign and send this?" in answer.err
    assert f"Done: cancel {waiting['key'][:14]}... (lift the freeze of {ACCOUNT}" in answer.out


def test_delays_of_several_contracts_are_one_queue(console, waiting):
    console.act(GOVERNOR, "channels", "open", "HKD", "Q-1", "--kind", "direct", "--payee", ACCOUNT,
                code=3)  # fmt: skip
    assert [(op["targetName"], op["function"]) for op in listed(console)] == [
        ("HKD token", "unfreeze"),
        ("IssuanceDesk", "openChannel"),
    ]
