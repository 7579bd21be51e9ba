"""`expel` on a real node.

├── given a role that is none, a bad address or no reference: refuses
├── given another role than EXPELLER: refuses
├── a member: at once, and what it scheduled cannot be executed any more
├── an attestor, a signer: at once; says when fewer are left than must sign
└── a second run does nothing
"""

import pytest

from tests.integration.conftest import blocks, warp
from tests.support.world import resolve

GOVERNOR, EXPELLER, STRANGER = 2, 15, 39
TELLER = resolve("TEST::45")
REF = ("--ref", "incident 5")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("member", "BOSS", TELLER, *REF), "BOSS is no role; there is ADMIN, GOVERNOR"),
        (("member", "TELLER", TELLER), "a reference is required"),
        (("attestor", "HKD", TELLER), "a reference is required"),
        (("signer", TELLER), "a reference is required"),
        (("attestor", "XXX", TELLER, *REF), "XXX is not declared"),
    ],
)
def test_what_is_refused(console, words, part):
    before = blocks()
    assert part in console.refused(EXPELLER, "expel", *words)
    assert blocks() == before


def test_another_role_may_not(console):
    attestor, signer = resolve("TEST::16"), resolve("TEST::51")
    for words in (("member", "TELLER", TELLER), ("attestor", "HKD", attestor), ("signer", signer)):
        assert "that takes EXPELLER" in console.refused(STRANGER, "expel", *words, *REF)
    answer = console.act(EXPELLER, "expel", "member", "TELLER", TELLER.lower(), *REF, code=2)
    assert "wrong checksum" in answer.err


@pytest.mark.req("HK-06", "HK-22")
def test_a_member_loses_the_role_at_once(console):
    words = ("limits", "raise", "HKD", "90000000", "1d", "--ref", "board 9")
    assert console.act(GOVERNOR, *words, code=3).json["outcome"] == "scheduled"
    account = resolve(f"TEST::{GOVERNOR}")
    done = console.act(EXPELLER, "expel", "member", "governor", account, *REF).json
    assert (done["outcome"], done["role"], done["left"]) == ("done", "GOVERNOR", [])
    again = console.act(EXPELLER, "expel", "member", "GOVERNOR", account, *REF).json
    assert again["outcome"] == "nothing"
    warp(2 * 86_400)
    assert "that takes GOVERNOR" in console.refused(GOVERNOR, *words)
    [waiting] = console.run("queue", "list", "--json").json["operations"]
    assert (waiting["state"], waiting["callerHolds"]) == ("due", False)
    assert "no longer GOVERNOR" in console.run("queue", "list").out
    message = console.refused(GOVERNOR, "queue", "execute", waiting["key"])
    assert message.startswith("AccessManagedUnauthorized: ")


@pytest.mark.req("HK-22")
def test_attestors_and_signers_count_no_more(console):
    attestors = console.run("reserves", "show", "HKD", "--json").json["attestors"]
    for left, account in ((2, attestors[0]), (1, attestors[1])):
        words = ("expel", "attestor", "HKD", account, *REF)
        answer = console.act(EXPELLER, *words)
        assert (answer.json["outcome"], len(answer.json["left"])) == ("done", left)
        assert ("fewer than the 2 who must sign" in " ".join(answer.err.split())) == (left < 2)
        assert console.act(EXPELLER, *words).json["outcome"] == "nothing"
    assert console.run("reserves", "show", "HKD", "--json").json["attestors"] == [attestors[2]]
    signers = console.run("presign", "show", "HKD", "--json").json["signers"]
    done = console.act(EXPELLER, "expel", "signer", signers[0], *REF).json
    assert (done["outcome"], done["left"]) == ("done", signers[1:])
    words = ("expel", "signer", signers[0], *REF)
    assert console.act(EXPELLER, *words).json["outcome"] == "nothing"
