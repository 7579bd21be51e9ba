"""Guard rails.

require_outsiders
├── given the Authority, a desk, a token, a feed or any other contract of the suite: refuses
├── given an account that GOVERNOR enlisted: refuses
└── given anybody else: nothing

require_payable
├── given a contract by the address book without code on this chain: refuses
└── given it with code, a plain account or a stranger: nothing

words_to_type, require_typed
├── given no declared size, or an amount up to it: nothing is typed
└── given more: the amount in words, and nothing else will do
"""

import dataclasses

import pytest

from pegboard.config import load_currency
from pegboard.desired.records import record_of
from pegboard.errors import ConfigError, InputError
from pegboard.files.addressbook import AddressBook, Holder
from pegboard.guards import (
    ours_among,
    require_outsiders,
    require_payable,
    require_typed,
    suite_contracts,
    words_to_type,
)
from tests.support.revm import RevmChain
from tests.support.world import REF, ROOT, build_world, currencies, key

PERSON, SAFE = key(20).address, key(21).address


def test_no_contract_of_the_suite_is_missing(world):
    """Everything that a deployment creates is ours, and nobody else is."""
    found = suite_contracts(world.suite)
    record = record_of(world.suite, world.peg, key(0).address)
    entries = [*record.values(), *record["desks"].values()]
    assert set(found) == {e["address"] for e in entries if isinstance(e, dict) and "address" in e}
    assert len(found) == 18
    assert found[world.token.address] == "the HKD token"
    assert found[world.suite.desks.redemption.address] == "the RedemptionDesk"


def test_other_currencies_of_the_chain_are_ours_too():
    """A command on one currency opens that one alone; the registry knows the others."""
    both = build_world(RevmChain(), ("HKD", "USD"))
    usd = both.suite.peg("USD")
    alone = dataclasses.replace(both.suite, pegs={"HKD": both.peg})
    found = suite_contracts(alone)
    assert (found[usd.token.address], found[usd.feed.address]) == (
        "the USD token",
        "the USD reserve feed",
    )


def test_every_contract_of_the_suite_is_refused(world):
    for address, what in suite_contracts(world.suite).items():
        with pytest.raises(InputError) as caught:
            require_outsiders(world.suite, world.peg, [PERSON, address])
        assert str(caught.value) == (
            f"{address} is {what}: nothing was done; act on the holder, not on the contract"
        )


def test_an_enlisted_contract_is_refused(world):
    require_outsiders(world.suite, world.peg, [PERSON, SAFE])
    world.act("GOVERNOR", world.token, "enlist", [SAFE], REF)
    assert ours_among(world.suite, world.peg, [PERSON, SAFE]) == {
        SAFE: "an enlisted contract of HKD"
    }
    with pytest.raises(InputError, match=f"{SAFE} is an enlisted contract of HKD"):
        require_outsiders(world.suite, world.peg, [SAFE])


def book(kind):
    return AddressBook({SAFE: Holder("safe", SAFE, kind)})


def test_a_contract_without_code_here_is_no_payee(world):
    """T5: what is a contract elsewhere and nothing here can be taken by a stranger."""
    with pytest.raises(InputError, match=r"\(safe\) is a contract by addresses.toml, and there is"):
        require_payable(world.suite, book("contract"), [PERSON, SAFE])
    require_payable(world.suite, book("account"), [PERSON, SAFE])
    world.chain.put_code(SAFE, b"\x00")
    require_payable(world.suite, book("contract"), [PERSON, SAFE])


@pytest.mark.parametrize(
    ("units", "above", "words"),
    [
        (10**12 + 1, None, ""),
        (10**12, 10**12, ""),
        (10**12 + 1, 10**12, "one million point zero zero zero zero zero one HKD"),
        (1, 0, "zero point zero zero zero zero zero one HKD"),
    ],
)
def test_what_is_larger_than_declared_is_typed(units, above, words):
    assert words_to_type(currencies()["HKD"], units, above) == words


def test_only_the_amount_in_words_will_do():
    require_typed("Two Million HKD", "two million HKD")
    with pytest.raises(InputError, match="not the amount in words: nothing was signed"):
        require_typed("yes", "two million HKD")


def test_the_size_is_declared_for_each_currency(tmp_path):
    assert {config.confirm_above for config in currencies().values()} == {10**12}
    text = (ROOT / "currencies" / "hkd.toml").read_text(encoding="utf-8")
    path = tmp_path / "hkd.toml"
    path.write_text(text[: text.index("[confirm]")], encoding="utf-8")
    assert load_currency(path).confirm_above is None
    path.write_text(text.replace('above = "1000000"', 'above = "1e6"'), encoding="utf-8")
    with pytest.raises(ConfigError, match="'1e6' is not an amount"):
        load_currency(path)
    path.write_text(text.replace("above =", "over ="), encoding="utf-8")
    with pytest.raises(ConfigError, match="above is missing"):
        load_currency(path)
