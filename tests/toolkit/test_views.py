"""The named views that a preview compares.

VIEWS
├── every name is a view of a contract of that kind
└── every kind of contract that a role may call has some

questions
├── ask for everything that was named, and for nothing else
└── say in words what is asked, and what is answered
"""

import pytest

from pegboard.reading.decode import Decoder
from pegboard.safes.safe_abi import SAFE_ABI
from pegboard.suite import targets
from pegboard.views import VIEWS, Named, questions
from tests.support.world import REF, key, roles

HOLDER, OTHER = key(20).address, key(21).address


@pytest.fixture
def decoder(world):
    return Decoder(world.suite, roles(), {HOLDER: "treasury"})


def test_every_name_is_a_view(world):
    abis = {kind: contracts[0].abi for kind, contracts in targets(world.suite).items()}
    abis |= {"safe": SAFE_ABI, "fx": world.suite.uses.fx.abi}
    assert set(VIEWS) == set(abis)
    for kind, names in VIEWS.items():
        found = {x["name"]: x for x in abis[kind] if x["type"] == "function"}
        for name in names:
            assert found[name].get("stateMutability", "view") in ("view", "pure"), name


def asked(world, decoder, contract, named):
    """What is asked of one contract, in words."""
    found = questions(decoder.known, [contract.address], named)
    return [question.title(decoder.words) for question in found]


def test_what_was_named_is_asked_for(world, decoder):
    named = Named()
    named.add("account", [HOLDER.lower(), OTHER])
    named.add("roleId", 10)
    named.add("operationId", "0x" + REF.hex())
    found = asked(world, decoder, world.suite.authority, named)
    assert f"Authority: role, PAUSER, {HOLDER} (treasury)" in found
    assert f"Authority: role, PAUSER, {OTHER}" in found
    assert f"Authority: scheduled for, 0x{REF.hex()}" in found
    assert not [title for title in found if "role for" in title]
    token = asked(world, decoder, world.token, named)
    assert "token of HKD: supply" in token
    assert f"token of HKD: frozen, {OTHER}" in token
    assert asked(world, decoder, world.token, Named())[-1] == "token of HKD: everything delegated"
    assert list(questions(decoder.known, [OTHER], named)) == []


def test_what_is_answered_is_told_by_its_fields(world, decoder):
    found = questions(decoder.known, [world.token.address], Named())
    answers = {
        question.title(decoder.words): question.parts(question.ask(world.chain), decoder)
        for question in found
    }
    assert answers["token of HKD: supply"] == {"": "0.00 HKD"}
    assert answers["token of HKD: mint limit"] == {
        "capacity": "50,000,000.00 HKD",
        "window": "1d",
        "available": "50,000,000.00 HKD",
    }
    assert answers["token of HKD: headroom"] == {"": "refused"}
    assert answers["token of HKD: paused"] == {"": "nothing"}
    assert answers["token of HKD: reserve terms"] == {
        "source": f"{world.feed.address} (reserve feed of HKD)",
        "maxAge": "1d 2h",
        "bufferBps": "50",
        "singleChain": "no",
    }


def test_amounts_of_a_desk_are_in_the_currency_of_its_token(world, decoder):
    desk, channel = world.suite.desks.issuance, b"DIRECT-1".ljust(32, b"\0")
    world.act("GOVERNOR", desk, "openChannel", channel, world.token.address, 1, HOLDER, REF)
    world.act("GOVERNOR", desk, "raiseChannel", channel, 10**9, 2 * 10**9, 3600, REF)
    named = Named()
    named.add("channel", channel)
    [question] = [
        q
        for q in questions(decoder.known, [desk.address], named)
        if q.title(decoder.words) == 'issuance desk: channel, "DIRECT-1"'
    ]
    parts = question.parts(question.ask(world.chain), decoder)
    assert (parts["cap"], parts["capacity"], parts["window"]) == (
        "1,000.00 HKD",
        "2,000.00 HKD",
        "1h",
    )
    assert (parts["kind"], parts["payee"]) == ("direct", f"{HOLDER} (treasury)")
