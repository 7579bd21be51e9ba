"""`picture` on a real node, with good and bad input.

picture
├── given a currency that is not there, or a block before it or after the last, it refuses
├── given a node that keeps no history, it refuses
├── given an earlier block, it answers what it answered when that block was the last
├── given something that does not add up, it answers, says what, and ends in exit code 1
└── otherwise it shows the parts of the supply, the flows, and everything that is open
"""

from dataclasses import replace

import pytest

from pegboard import picture
from pegboard.chain import ApeChain
from tests.integration.conftest import CHAIN_ID, blocks, warp
from tests.support.desks import (
    approve,
    bank_ref,
    later,
    propose,
    ready_desk,
    settler,
    surrender,
    to_paying,
)
from tests.support.node import attached, to_quiet_friday
from tests.support.world import REF

NAME = "ENTERPRISE-1"
UNIT = 10**6
PARTS = ("total", "in_redemption", "restricted", "treasury", "circulating")
FLOWS = ("minted", "burned", "redeemed", "otherwise")


class Office:
    """1,000 issued and 50 minted past the desk; 60 paid, 25 asked for, 30 blacklisted, 40 ours."""

    def __init__(self):
        self.world = world = attached()
        self.holder, self.barred, self.treasury = (world.holder(n).address for n in (0, 1, 2))
        ready_desk(world, world.holder(0))
        tag = (self.treasury, b"treasury".ljust(32, b"\0"), REF)
        later(world, ("GOVERNOR", world.suite.registry, "tagWallet", tag))
        to_quiet_friday(world)
        world.attest(10**17)
        propose(world, bank_ref("a"), 1_000 * UNIT)
        approve(world, bank_ref("a"), 1_000 * UNIT)
        world.fund(world.holder(3).address, 50 * UNIT)
        self.before = blocks()
        for account, amount in ((self.barred, 30), (self.treasury, 40)):
            world.token.send("transfer", account, amount * UNIT, sender=self.holder)
        world.act("BLACKLISTER", world.token, "blacklist", [self.barred], REF)
        number = to_paying(world, self.holder, 60 * UNIT, bank_ref("x"))
        settler(world, "settle", number, bank_ref("x"))
        self.open = surrender(world, self.holder, 25 * UNIT)
        propose(world, bank_ref("b"), 7 * UNIT)


@pytest.fixture(scope="module")
def office(console):
    return Office()


def show(console, *words, code=0):
    answer = console.run("picture", "HKD", *words, "--json")
    assert answer.code == code, answer
    return answer.json


def amounts(seen, names):
    assert all(set(seen[name]) == {"amount", "units"} for name in names)
    return {name: seen[name]["amount"] for name in names}


@pytest.mark.req("HK-28", "HK-42", "HK-12")
def test_the_whole_picture(console, office):
    seen, desks = show(console), office.world.suite.desks
    assert amounts(seen, PARTS) == {
        "total": "990.00",
        "in_redemption": "25.00",
        "restricted": "30.00",
        "treasury": "40.00",
        "circulating": "895.00",
    }
    assert amounts(seen, FLOWS) == {
        "minted": "1050.00",
        "burned": "60.00",
        "redeemed": "60.00",
        "otherwise": "50.00",
    }
    assert (seen["chainId"], seen["currency"], seen["block"]) == (CHAIN_ID, "HKD", blocks())
    assert seen["issued"] == {NAME: {"amount": "1000.00", "units": "1000000000"}}
    assert set(seen["minters"]) == {office.world.member("MINTER"), desks.issuance.address}
    assert seen["wallets"] == {office.treasury: "treasury"}
    (channel,) = seen["channels"]
    assert (channel["name"], channel["payee"], channel["open"]) == (NAME, office.holder, True)
    (order,) = seen["orders"]
    assert (order["bankRef"], order["amount"]["amount"]) == ("0x" + bank_ref("b").hex(), "7.00")
    (request,) = seen["requests"]
    assert (request["id"], request["status"], request["overdue"]) == (
        office.open,
        "requested",
        False,
    )
    assert seen["accounts"] == [
        {
            "account": office.barred,
            "blacklisted": True,
            "frozen": False,
            "held": {"amount": "0.00", "units": "0"},
            "restricted": {"amount": "30.00", "units": "30000000"},
        }
    ]
    assert seen["breaks"] == []
    assert set(seen) == {
        *PARTS, *FLOWS, "chainId", "block", "time", "currency", "issued", "minters", "wallets",
        "channels", "orders", "requests", "accounts", "breaks",
    }  # fmt: skip


def test_the_picture_for_people(console, office):
    answer = console.run("picture", "hkd", "--deployer", "TEST::0")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0].startswith(f"HKD at block {blocks()}, 20")
    assert lines[1:10] == [
        "total          990.00 HKD",
        "in redemption  25.00 HKD",
        "restricted     30.00 HKD",
        "treasury       40.00 HKD",
        "circulating    895.00 HKD",
        "minted         1,050.00 HKD",
        "burned         60.00 HKD",
        "redeemed       60.00 HKD",
        "otherwise      50.00 HKD",
    ]
    for line in (
        f"issued by {NAME}: 1,000.00 HKD",
        f"minter {office.world.suite.desks.issuance.address}",
        f"wallet {office.treasury}: treasury",
        f"account {office.barred}: blacklisted; restricted 30.00 HKD",
        "1 orders wait, 1 redemptions are open",
        f"{office.open}: requested, 25.00 HKD of {office.holder}",
    ):
        assert line in lines
    assert f"7.00 HKD through {NAME}, 0 of 1 approvals" in answer.out
    assert "ADD UP" not in answer.out


@pytest.mark.req("HK-28")
def test_an_earlier_block_is_shown_as_it_was(console, office):
    then, at = show(console), blocks()
    assert show(console, "--block", str(at)) == then
    world = office.world
    approve(world, bank_ref("b"), 7 * UNIT)
    world.token.send("transfer", office.treasury, 5 * UNIT, sender=office.holder)
    world.act("FREEZER", world.token, "hold", office.holder, 11 * UNIT, REF)
    warp(4 * 86_400)
    now = show(console)
    assert (now["total"]["amount"], now["treasury"]["amount"]) == ("997.00", "45.00")
    assert now["restricted"]["amount"] == "41.00"
    assert now["orders"] == []
    # Not only the balances: the log, the limits that refill, and what waits, too.
    assert show(console, "--block", str(at)) == then
    before = show(console, "--block", str(office.before))
    assert amounts(before, PARTS) == {
        "total": "1050.00",
        "in_redemption": "0.00",
        "restricted": "0.00",
        "treasury": "0.00",
        "circulating": "1050.00",
    }
    assert (before["redeemed"]["amount"], before["requests"], before["accounts"]) == (
        "0.00",
        [],
        [],
    )


def test_another_currency(console, office):
    seen = console.run("picture", "USD", "--json").json
    assert (seen["total"]["amount"], seen["issued"], seen["accounts"]) == ("0.00", {}, [])
    assert seen["wallets"] == {office.treasury: "treasury"}


def test_a_block_that_cannot_be_shown(console, office):
    answer = console.run("picture", "HKD", "--block", "0")
    assert (answer.code, answer.out) == (1, "")
    assert "HKD is not deployed on chain 31337" in answer.err
    for block in (str(blocks() + 1), str(2**64), "9" * 40):
        answer = console.run("picture", "HKD", "--block", block, "--json")
        assert (answer.code, answer.out) == (1, "")
        assert answer.err.startswith("Error: the node answered eth_getCode with: ")
    for block in ("-1", "latest", "1.5", ""):
        assert console.run("picture", "HKD", "--block", block).code == 2


def test_a_currency_that_is_not_there(console, office):
    assert "EUR is not declared" in console.run("picture", "EUR").err
    assert "CNH is not deployed" in console.run("picture", "CNH").err
    assert console.run("picture").code == 2
    assert console.run("picture", "HKD", "--account", "TEST::3").code == 2


def test_a_node_without_history(console, office, monkeypatch):
    request = ApeChain.request

    def forgetful(self, method, params):
        if method == "eth_getLogs":
            return {"error": {"message": "block range is too large"}}
        return request(self, method, params)

    monkeypatch.setattr(ApeChain, "request", forgetful)
    answer = console.run("picture", "HKD", "--json")
    assert (answer.code, answer.out) == (1, "")
    assert "use one that answers eth_getLogs over the whole chain" in answer.err


@pytest.mark.req("HK-31", "HK-28")
def test_what_does_not_add_up_ends_in_exit_code_1(console, office, monkeypatch):
    take = picture.take

    def wrong(suite, peg, role):
        found = take(suite, peg, role)
        return replace(found, burned=found.burned + 1)

    monkeypatch.setattr(picture, "take", wrong)
    seen = show(console, code=1)
    assert seen["breaks"] == ["minted less burned is 989999999, not 990000000"]
    assert seen["burned"] == {"amount": "60.000001", "units": "60000001"}
    answer = console.run("picture", "HKD")
    assert answer.code == 1
    assert answer.out.endswith(
        "DOES NOT ADD UP (base units): minted less burned is 989999999, not 990000000\n"
    )
