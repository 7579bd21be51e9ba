"""What a token is called and how it counts: constants, checked once.

PeggedToken
├── when its name is longer than 31 bytes: reverts with StringTooLong, from the EIP-712 domain
├── when its name is empty, or its ticker empty or longer than 31 bytes: reverts with InvalidName
├── when its decimals are outside 2 to 18: reverts with InvalidDecimals
├── when its currency is not three capital letters: reverts with InvalidCurrency
├── when there is no code at the implementation: reverts with NoCode
└── else: answers what it was given; nothing can be minted before terms are set
"""

import pytest

from tests.support.refusal import creation_refused, refused
from tests.support.revm import RevmChain
from tests.support.world import REF, artifacts, build_world


def built(world, name="Name", symbol="SYM", decimals=6, currency="HKD", implementation=None):
    implementation = implementation or world.suite.controls.address
    args = (name, symbol, decimals, currency, implementation)
    sender = world.holder(9).address
    return world.chain.create(sender, artifacts()["PeggedToken"].initcode(*args))


@pytest.mark.parametrize("name", ["n" * 32, "名" * 11])
def test_refuses_names_that_do_not_fit(world, name):
    with creation_refused("StringTooLong", str=name):
        built(world, name=name)


def test_refuses_an_empty_name(world):
    with creation_refused("InvalidName", name=""):
        built(world, name="")


@pytest.mark.parametrize("symbol", ["", "s" * 32])
def test_refuses_tickers_that_do_not_fit(world, symbol):
    with creation_refused("InvalidName", name=symbol):
        built(world, symbol=symbol)


@pytest.mark.parametrize("decimals", [0, 1, 19, 255])
def test_refuses_other_decimals(world, decimals):
    with creation_refused("InvalidDecimals", decimals=decimals):
        built(world, decimals=decimals)


@pytest.mark.parametrize("currency", ["", "HK", "HKDX", "hkd", "HKd", "H D", "HK1", "@AZ", "[AZ"])
def test_refuses_what_is_no_currency_code(world, currency):
    with creation_refused("InvalidCurrency", currency=currency):
        built(world, currency=currency)


def test_refuses_an_implementation_without_code(world, stranger):
    """I23: nothing is deployed in front of nothing."""
    with creation_refused("NoCode", implementation=stranger.address):
        built(world, implementation=stranger.address)


@pytest.mark.parametrize(
    ("name", "symbol", "decimals", "currency"),
    [("N", "S", 2, "AAA"), ("n" * 31, "s" * 31, 18, "ZZZ"), ("名" * 10, "元", 6, "CNH")],
)
def test_answers_what_it_was_given(world, token, name, symbol, decimals, currency):
    made = token.at(built(world, name, symbol, decimals, currency))
    said = tuple(made.call(view) for view in ("name", "symbol", "decimals", "currency"))
    assert said == (name, symbol, decimals, currency)
    assert made.call("eip712Domain")[1] == name
    assert made.call("implementation").lower() == world.suite.controls.address.lower()
    assert made.call("totalSupply") == 0


def test_nothing_is_minted_before_anything_is_set(world, token, minter):
    """I8, I10: unset terms, limit and mappings mean no minting."""
    made = token.at(built(world))
    with refused(world, "ReserveUnset"):
        made.call("reserveHeadroom")
    assert made.call("mintRateLimit") == (0, 0, 0)
    with refused(world, "AccessManagedUnauthorized", caller=minter):
        made.send("mint", minter, 1, REF, sender=minter)


@pytest.mark.req("HK-18")
def test_the_same_inputs_give_the_same_addresses_on_every_chain():
    one, other = build_world(RevmChain(31337)), build_world(RevmChain(31338))
    for name in ("authority", "controls", "registry"):
        assert getattr(one.suite, name).address == getattr(other.suite, name).address
    assert one.token.address == other.token.address
    assert one.feed.address == other.feed.address
