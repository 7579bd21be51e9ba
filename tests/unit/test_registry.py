"""The board: which token stands for which currency.

register
├── when the token or the feed calls itself by another code: reverts with CodeMismatch
├── when the code or the token is registered already: reverts with AlreadyRegistered
├── when there is no contract: reverts
└── else: records both, both ways

retire
├── when the code is not registered: reverts with NotRegistered
└── else: forgets, and the token goes on

currencyOf
└── when the code is not registered: reverts with NotRegistered
"""

import pytest

from tests.support.refusal import emitted, refused, when_due
from tests.support.world import REF

ZERO = "0x" + "00" * 20
NONE = "0x000000"


def code(text):
    return "0x" + text.encode().hex()


@pytest.fixture
def euro(world, create):
    """A token and a feed of a currency that is not on the board."""
    token = create(world, "PeggedToken", "Euro", "E", 6, "EUR", world.suite.controls.address)
    attestor = world.holder(9).address
    authority = world.suite.authority.address
    return token, create(
        world,
        "ReserveFeed",
        world.suite.feed_controls.address,
        "EUR",
        6,
        [attestor, authority],
        1,
        2,
        0,
    )


@pytest.mark.parametrize("wrong", ["token", "feed", "both", "zero"])
def test_refuses_another_code(world, registry, token, feed, euro, wrong):
    """A currency is registered by the name that its contracts give themselves."""
    asked, contracts, said = {
        "token": (b"EUR", (token, euro[1]), "HKD"),
        "feed": (b"EUR", (euro[0], feed), "HKD"),
        "both": (b"CNH", euro, "EUR"),
        "zero": (b"\0\0\0", euro, "EUR"),
    }[wrong]
    addresses = [c.address for c in contracts]
    act = when_due(world, "GOVERNOR", registry, "register", asked, *addresses, REF)
    with refused(world, "CodeMismatch", code="0x" + asked.hex(), currency=said):
        act()


def test_refuses_what_is_registered(world, registry, token, feed):
    act = when_due(
        world, "GOVERNOR", registry, "register", b"HKD", token.address, feed.address, REF
    )
    with refused(world, "AlreadyRegistered", code=code("HKD"), token=token.address):
        act()


def test_refuses_a_second_token_of_a_currency(world, registry, create, feed):
    controls = world.suite.controls.address
    second = create(world, "PeggedToken", "Second", "S", 6, "HKD", controls)
    act = when_due(
        world, "GOVERNOR", registry, "register", b"HKD", second.address, feed.address, REF
    )
    with refused(world, "AlreadyRegistered", code=code("HKD"), token=second.address):
        act()


def test_refuses_what_is_no_contract(world, registry, euro, stranger):
    for pair in ((stranger.address, euro[1].address), (euro[0].address, ZERO)):
        act = when_due(world, "GOVERNOR", registry, "register", b"EUR", *pair, REF)
        with refused(world, ""):
            act()


def test_the_deployed_currency_is_on_the_board(registry, token, feed):
    assert registry.call("codes") == (b"HKD",)
    assert registry.call("currencyOf", b"HKD") == (token.address.lower(), feed.address.lower())
    assert registry.call("codeOf", token.address) == code("HKD")


@pytest.mark.parametrize("asked", [b"EUR", b"hkd", b"\0\0\0"])
def test_refuses_to_name_what_is_not_there(world, registry, asked):
    with refused(world, "NotRegistered", code="0x" + asked.hex()):
        registry.call("currencyOf", asked)


def test_knows_no_other_token(registry, stranger, feed):
    assert registry.call("codeOf", stranger.address) == NONE
    assert registry.call("codeOf", feed.address) == NONE
    assert registry.call("codeOf", ZERO) == NONE


def test_registers_and_retires(world, registry, token, euro):
    addresses = [c.address for c in euro]
    receipt = when_due(world, "GOVERNOR", registry, "register", b"EUR", *addresses, REF)()
    assert emitted(registry, receipt) == [
        (
            "CurrencyRegistered",
            {
                "code": code("EUR"),
                "token": addresses[0],
                "feed": addresses[1],
                "ref": "0x" + REF.hex(),
            },
        )
    ]
    assert set(registry.call("codes")) == {b"HKD", b"EUR"}
    assert registry.call("codeOf", addresses[0]) == code("EUR")

    receipt = when_due(world, "GOVERNOR", registry, "retire", b"EUR", REF)()
    assert emitted(registry, receipt) == [
        (
            "CurrencyRetired",
            {"code": code("EUR"), "token": addresses[0], "ref": "0x" + REF.hex()},
        )
    ]
    assert registry.call("codes") == (b"HKD",)
    assert registry.call("codeOf", addresses[0]) == NONE
    with refused(world, "NotRegistered", code=code("EUR")):
        registry.call("currencyOf", b"EUR")

    when_due(world, "GOVERNOR", registry, "register", b"EUR", *addresses, REF)()
    assert registry.call("currencyOf", b"EUR")[0] == addresses[0].lower()


def test_refuses_to_retire_what_is_not_there(world, registry):
    act = when_due(world, "GOVERNOR", registry, "retire", b"EUR", REF)
    with refused(world, "NotRegistered", code=code("EUR")):
        act()


@pytest.mark.req("HK-75")
def test_a_retired_token_goes_on(world, registry, token, holder, payee):
    world.act("GOVERNOR", registry, "retire", b"HKD", REF)
    token.send("transfer", payee.address, 5, sender=holder.address)
    assert token.call("balanceOf", payee.address) == 5
