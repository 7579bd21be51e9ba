"""`upgrade` and `audits` on a real node.

audits register
├── given no code, both ways of naming it, or no hash: refuses
├── given an audit that covers other code: refuses
└── else: at once; a second run does nothing

audits withdraw
├── given an audit that was never registered: refuses
└── else: at once; a second run does nothing

upgrade
├── given an address without code, or with code that is no implementation: refuses
├── given an audit of other code, or a short list of hot selectors: refuses
├── given an audit that is not registered yet: can be scheduled, and is refused when due
└── else: scheduled, then done by the same command; a second run does nothing
"""

import pytest
from eth_utils import keccak

from pegboard import create2
from tests.integration.conftest import blocks, warp
from tests.support.node import attached
from tests.support.world import artifacts, resolve

UPGRADER, AUDITOR, STRANGER = 13, 14, 39
DAY = 86_400
NOBODY = "0xBcd4042DE499D14e55001CcbB24a551F3b954096"
REPORT, OTHER = "0x" + keccak(text="report").hex(), "0x" + keccak(text="another").hex()
REF = ("--ref", "release 2")


@pytest.fixture(scope="module")
def world(console):
    return attached()


def create(world, covered):
    """A successor of the HKD token that covers so many hot selectors."""
    args = ("Pegged HKD", "HKD", world.suite.controls.address, covered)
    code = artifacts()["Successor"].initcode(*args)
    address, _ = create2.deploy(world.chain, code, sender=resolve("TEST::0"))
    return address


def code_hash(world, address):
    return "0x" + keccak(world.chain.code(address)).hex()


@pytest.fixture(scope="module")
def successor(world):
    return create(world, 28)


@pytest.fixture(scope="module")
def short(world):
    return create(world, 27)


def shown(console):
    return console.run("audits", "show", "--json").json["audits"]


def to_upgrade(address, *more, audit=REPORT):
    return ("upgrade", "HKD", "--implementation", address, "--audit", audit, *more, *REF)


# Audits


def test_no_audit_is_registered(console):
    assert shown(console) == []
    assert console.run("audits", "show").out == "No audit is registered.\n"


def test_which_code_was_audited_must_be_said(console, successor):
    before = blocks()
    for words in ((), ("--implementation", successor, "--code-hash", REPORT)):
        answer = console.act(AUDITOR, "audits", "register", REPORT, *words, *REF, code=2)
        assert "Give --implementation or --code-hash, one of them." in answer.err
    message = console.refused(
        AUDITOR, "audits", "register", REPORT, "--implementation", NOBODY, *REF
    )
    assert f"there is no code at {NOBODY}" in message
    message = console.refused(AUDITOR, "audits", "register", "0x12", "--code-hash", REPORT, *REF)
    assert "is not a hash" in message
    message = console.refused(
        STRANGER, "audits", "register", REPORT, "--implementation", successor, *REF
    )
    assert "that takes AUDITOR" in message
    message = console.refused(AUDITOR, "audits", "withdraw", OTHER, *REF)
    assert "was never registered: `audits show` lists which were" in message
    assert blocks() == before


@pytest.mark.req("HK-16")
def test_an_audit_is_registered_and_withdrawn(console, world, successor, short):
    words = ("audits", "register", OTHER, "--implementation", successor, *REF)
    done = console.act(AUDITOR, *words).json
    assert (done["outcome"], done["codeHash"]) == ("done", code_hash(world, successor))
    assert console.act(AUDITOR, *words).json["outcome"] == "nothing"
    message = console.refused(AUDITOR, "audits", "register", OTHER, "--implementation", short, *REF)
    assert f"is registered for the code {code_hash(world, successor)}" in message
    [told] = shown(console)
    assert (told["audit"], told["standing"]) == (OTHER, True)
    assert (told["auditor"], told["registeredIn"]) == (resolve("TEST::14"), done["tx"])
    assert console.act(AUDITOR, "audits", "withdraw", OTHER, *REF).json["outcome"] == "done"
    assert console.act(AUDITOR, "audits", "withdraw", OTHER, *REF).json["outcome"] == "nothing"
    assert shown(console)[0]["standing"] is False
    assert "WITHDRAWN" in console.run("audits", "show").out


# Upgrade


@pytest.mark.req("HK-13")
def test_what_cannot_be_upgraded_to(console, world, successor, short):
    before = blocks()
    message = console.refused(UPGRADER, *to_upgrade(NOBODY))
    assert f"there is no code at {NOBODY}: deploy the implementation first" in message
    message = console.refused(UPGRADER, *to_upgrade(world.feed.address))
    assert "does not answer hotSelectors(): it is no implementation" in message
    message = console.refused(UPGRADER, *to_upgrade(short, "--delegate-all"))
    assert "does not answer cancelAuthorization(address,bytes32,bytes): it cannot take" in message
    nothing = "0x" + "0" * 64
    assert "is not a hash" in console.refused(UPGRADER, *to_upgrade(successor, audit=nothing))
    message = console.refused(UPGRADER, *to_upgrade(successor)[:-2])
    assert "a reference is required" in message
    assert "that takes UPGRADER" in console.refused(STRANGER, *to_upgrade(successor))
    assert blocks() == before


@pytest.mark.req("HK-13", "HK-16")
def test_an_upgrade_from_first_look_to_the_end(console, world, successor):
    """The audit is asked for when the upgrade is executed, and again by who looks."""
    words = (*to_upgrade(successor, "--delegate-all"), "--account", "TEST::13")
    answer = console.run(*words, stdin="y\n")
    assert answer.code == 3
    old = world.suite.controls.address
    for part in (
        f"old code {old}, hash {code_hash(world, old)}",
        f"new code {successor}, hash {code_hash(world, successor)}",
        "audit NOT REGISTERED for it yet; hot selectors: 28 answered",
    ):
        assert part in answer.err, answer.err
    warp(2 * DAY)
    message = console.refused(UPGRADER, *to_upgrade(successor, "--delegate-all"))
    assert message.startswith("AuditNotRegistered: ")
    words = ("audits", "register", REPORT, "--code-hash", code_hash(world, successor), *REF)
    assert console.act(AUDITOR, *words).json["outcome"] == "done"
    message = console.refused(UPGRADER, *to_upgrade(create(world, 5)))
    assert f"covers the code {code_hash(world, successor)}, and at" in message
    done = console.act(UPGRADER, *to_upgrade(successor, "--delegate-all")).json
    assert (done["outcome"], done["audited"], done["delegateAll"]) == ("done", True, True)
    assert done["hotSelectors"] == {"covered": 28, "missing": []}
    assert done["old"]["implementation"] == old
    assert done["new"] == {
        "implementation": successor,
        "codeHash": code_hash(world, successor),
    }
    before = blocks()
    again = console.act(UPGRADER, *to_upgrade(successor, "--delegate-all")).json
    assert again["outcome"] == "nothing"
    assert blocks() == before
    assert "check out the release that the token was upgraded to" in console.refused(
        UPGRADER, *to_upgrade(create(world, 5), audit=OTHER)
    )
