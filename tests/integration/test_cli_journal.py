"""`journal`, and what every signing command does with it.

list, show
├── given nothing signed: says so
└── given orders: the newest first, each with all its transactions
a signing command
├── given an order that is not included within the patience: exit code 4, and its transaction
├── when repeated: goes on with the same transaction
└── given what another command left under way: finishes that first
cancel
├── given what is under way: its number is used up, and it may be given again
└── given what is done: nothing to do
"""

import threading
from dataclasses import replace

import pytest
from ape import networks

from pegboard.chains import load_chains
from tests.integration.conftest import blocks
from tests.support.node import attached
from tests.support.world import ROOT, resolve

MINTER = 4


def rpc(method, *params):
    return networks.provider.make_request(method, list(params))


@pytest.fixture
def slow(stocked, tmp_path, monkeypatch):
    """Blocks come only when asked for, and patience ends soon."""
    monkeypatch.setenv("PEGBOARD_JOURNAL", str(tmp_path / "journal"))
    declared = load_chains(ROOT / "chains.toml")
    hasty = {id_: replace(chain, patience=2, bump_after=1) for id_, chain in declared.items()}
    monkeypatch.setattr("pegboard.cli.desk.load_chains", lambda _: hasty)
    rpc("evm_setAutomine", False)
    yield stocked
    rpc("evm_setAutomine", True)
    rpc("anvil_dropAllTransactions")


def words(number, amount="10"):
    return ("mint", "HKD", amount, "--to", resolve("TEST::5"), "--ref", f"FPS {number}")


def listed(console):
    return console.run("journal", "list", "--json").json["orders"]


def test_nothing_was_signed(console, tmp_path, monkeypatch):
    monkeypatch.setenv("PEGBOARD_JOURNAL", str(tmp_path / "empty"))
    answer = console.run("journal", "list")
    assert answer.out == "Nothing was signed for Anvil here yet.\n"
    assert "there is no order 1 in" in console.run("journal", "show", "1").err


def test_what_was_signed(stocked):
    first = stocked.act(MINTER, *words(1)).json
    second = stocked.act(MINTER, *words(2)).json
    orders = listed(stocked)[:2]
    assert [order["tx"] for order in orders] == [second["tx"], first["tx"]]
    assert {order["state"] for order in orders} == {"done"}
    assert [order["key"][:11] for order in orders] == ["mint of HKD"] * 2
    text = stocked.run("journal", "show", str(orders[0]["id"])).out
    assert f"transaction  {second['tx']}" in text
    assert "state        done" in text
    answer = stocked.act(MINTER, "journal", "cancel", str(orders[0]["id"])).json
    assert answer["state"] == "done"


def test_pending_and_repeated(slow):
    """T9: unknown is pending, never failed."""
    answer = slow.act(MINTER, *words(1), code=4)
    assert answer.out == ""
    assert "was signed and sent, and is not confirmed yet: create 10.00 HKD" in answer.err
    order = listed(slow)[0]
    assert order["state"] == "signed"
    assert "4" not in str(slow.act(MINTER, *words(1), code=4).out)
    rpc("anvil_mine", "0x1")
    again = slow.act(MINTER, *words(1)).json
    assert (again["outcome"], again["tx"]) == ("nothing", listed(slow)[0]["tx"])
    assert slow.status()["supply"]["amount"] == "10.00"
    assert len(listed(slow)) == 1


def test_what_another_command_left_is_finished_first(slow):
    slow.act(MINTER, *words(1), code=4)
    rpc("evm_setAutomine", True)
    rpc("anvil_mine", "0x1")
    slow.act(MINTER, *words(2))
    assert [order["state"] for order in listed(slow)] == ["done", "done"]
    assert slow.status()["supply"]["amount"] == "20.00"


def test_a_hold_that_was_under_way_is_not_made_twice(slow):
    """T1: adding once more is another command, given after this one has ended."""
    slow.act(MINTER, *words(1), code=4)
    rpc("anvil_mine", "0x1")
    who = resolve("TEST::5")
    hold = ("freeze", "hold", "HKD", who, "4", "--ref", "order 14")
    slow.act(7, *hold, code=4)
    rpc("anvil_mine", "0x1")
    again = slow.act(7, *hold).json
    assert (again["outcome"], again["tx"]) == ("nothing", listed(slow)[0]["tx"])
    token = attached(("HKD",)).token
    assert token.call("getFrozenTokens", who) == 4_000_000


def test_settled_by_itself(slow):
    assert slow.act(MINTER, "journal", "settle").json["outcome"] == "nothing"
    slow.act(MINTER, *words(1), code=4)
    slow.act(MINTER, "journal", "settle", code=4)
    rpc("anvil_mine", "0x1")
    answer = slow.act(MINTER, "journal", "settle").json
    assert (answer["outcome"], answer["open"]) == ("done", 0)


def test_cancelled_and_given_again(slow):
    slow.act(MINTER, *words(1), code=4)
    order = listed(slow)[0]
    threading.Timer(1, rpc, ("anvil_mine", "0x1")).start()
    before = blocks()
    answer = slow.act(MINTER, "journal", "cancel", str(order["id"]))
    assert answer.json["state"] == "cancelled"
    assert blocks() == before + 1
    rpc("evm_setAutomine", True)
    assert slow.act(MINTER, *words(1)).json["outcome"] == "done"
    assert slow.status()["supply"]["amount"] == "10.00"
