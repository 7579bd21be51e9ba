"""What the supply of a currency consists of, from one block.

restrictedOf
├── given a frozen or blacklisted account: its balance
├── given a hold: what is held, at most the balance
└── else: nothing

supplyBreakdown
├── when accounts are not ascending, or one is named twice: reverts with AccountsNotAscending
├── given own wallets: theirs is treasury, but for what is restricted of those that are named
├── given requests of redemption: theirs is in redemption, whoever is named or tagged
├── given accounts that are not named: theirs circulates
└── in every case: the parts are disjoint and add up to the supply
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.support.desks import bank_ref, bind, settler, surrender, to_paying
from tests.support.refusal import refused
from tests.support.revm import RevmChain
from tests.support.stateful import deploy_swift
from tests.support.world import REF, World, build_world

ZERO = "0x" + "00" * 20
FUNDS = 1_000_000_000
PURPOSE = keccak(text="treasury")
HIGHEST = "0x" + "ff" * 20


class Parts(NamedTuple):
    """As `supplyBreakdown` answers."""

    total: int
    in_redemption: int
    restricted: int
    treasury: int
    circulating: int


@pytest.fixture
def views(world):
    return world.suite.desks.views


@pytest.fixture
def desk(world):
    return world.suite.desks.redemption


@pytest.fixture
def treasury(world, registry):
    """A wallet of the issuer's own, which has 300."""
    account = world.holder(5).address
    world.fund(account, 300)
    world.act("GOVERNOR", registry, "tagWallet", account, PURPOSE, REF)
    return account


def ascending(*accounts):
    return sorted(accounts, key=lambda a: int(a, 16))


def breakdown(world, *accounts, token=None):
    """The parts, which always add up to the supply."""
    token = token or world.token
    views = world.suite.desks.views
    parts = Parts(*views.call("supplyBreakdown", token.address, ascending(*accounts)))
    assert parts.total == token.call("totalSupply") == sum(parts[1:])
    return parts


# Restricted


@pytest.mark.req("HK-27")
@pytest.mark.parametrize(
    ("steps", "restricted"),
    [
        ([], 0),
        ([("FREEZER", "freeze")], FUNDS),
        ([("BLACKLISTER", "blacklist")], FUNDS),
        ([("FREEZER", "freeze"), ("BLACKLISTER", "blacklist")], FUNDS),
        ([("FREEZER", "hold", 1)], 1),
        ([("FREEZER", "hold", FUNDS)], FUNDS),
        ([("FREEZER", "hold", FUNDS + 1)], FUNDS),
        ([("FREEZER", "hold", 5), ("FREEZER", "freeze")], FUNDS),
        ([("FREEZER", "freeze"), ("RELEASER", "unfreeze")], 0),
        ([("VERIFIER", "verify")], 0),
    ],
    ids=str,
)
def test_counts_what_is_restricted(world, views, token, holder, steps, restricted):
    """All that is barred, or what is held; and all of it stays in the supply."""
    for role, verb, *value in steps:
        args = (holder.address, *value) if value else ([holder.address],)
        world.act(role, token, verb, *args, REF)
    assert views.call("restrictedOf", token.address, [holder.address]) == (restricted,)
    parts = breakdown(world, holder.address)
    assert parts == (FUNDS, 0, restricted, 0, FUNDS - restricted)
    assert breakdown(world) == (FUNDS, 0, 0, 0, FUNDS)


def test_answers_in_the_order_that_was_asked(world, views, token, holder, payee, desk):
    """Twice, and in any order: each answer is an account's own."""
    world.fund(payee.address, 70)
    world.act("FREEZER", token, "freeze", [payee.address], REF)
    world.act("FREEZER", token, "hold", holder.address, 9, REF)
    asked = [payee.address, holder.address, payee.address, ZERO, token.address, desk.address]
    assert views.call("restrictedOf", token.address, asked) == (70, 9, 70, 0, 0, 0)
    assert views.call("restrictedOf", token.address, []) == ()


# The parts


@pytest.mark.req("HK-28")
@pytest.mark.parametrize("numbers", [(1, 0), (0, 0), (1, 1), (0, 2, 1), (0, 1, 1), (2, 0, 1)])
def test_refuses_accounts_that_are_not_ascending(world, views, token, numbers):
    """None counts twice, whoever lists them."""
    people = ascending(*(world.holder(i).address for i in range(3)))
    named = [people[i] for i in numbers]
    previous, after = next((a, b) for a, b in pairwise(named) if a >= b)
    with refused(world, "AccountsNotAscending", previous=previous, next=after):
        views.call("supplyBreakdown", token.address, named)


@pytest.mark.req("HK-28")
def test_refuses_address_zero_twice(world, views, token):
    with refused(world, "AccountsNotAscending", previous=ZERO, next=ZERO):
        views.call("supplyBreakdown", token.address, [ZERO, ZERO])


def test_of_nothing(world):
    assert breakdown(world) == (0, 0, 0, 0, 0)
    assert breakdown(world, ZERO, HIGHEST, world.token.address) == (0, 0, 0, 0, 0)


@pytest.mark.req("HK-28")
def test_own_wallets_are_treasury(world, holder, treasury, registry):
    assert breakdown(world) == (FUNDS + 300, 0, 0, 300, FUNDS)
    assert breakdown(world, treasury) == (FUNDS + 300, 0, 0, 300, FUNDS)
    world.act("GOVERNOR", registry, "untagWallet", treasury, REF)
    assert breakdown(world, treasury) == (FUNDS + 300, 0, 0, 0, FUNDS + 300)


@pytest.mark.req("HK-28")
@pytest.mark.parametrize(
    ("verb", "value", "restricted"), [("freeze", None, 300), ("hold", 120, 120), ("hold", 301, 300)]
)
def test_a_restricted_treasury_counts_once(world, token, holder, treasury, verb, value, restricted):
    """Named it is restricted, else it is treasury."""
    args = ([treasury],) if value is None else (treasury, value)
    world.act("FREEZER", token, verb, *args, REF)
    total = FUNDS + 300
    assert breakdown(world) == (total, 0, 0, 300, FUNDS)
    assert breakdown(world, holder.address) == (total, 0, 0, 300, FUNDS)
    expected = (total, 0, restricted, 300 - restricted, FUNDS)
    assert breakdown(world, treasury) == expected
    assert breakdown(world, treasury, holder.address, ZERO, HIGHEST) == expected


@pytest.mark.req("HK-28")
@pytest.mark.req("HK-42")
def test_requests_are_in_redemption_until_they_are_paid(world, desk, holder):
    """The liability stands until the money has gone."""
    bind(world, holder)
    number = to_paying(world, holder.address, 400, bank_ref("payout"))
    surrender(world, holder.address, 50)
    assert breakdown(world) == (FUNDS, 450, 0, 0, FUNDS - 450)
    settler(world, "settle", number, bank_ref("payout"))
    assert breakdown(world) == (FUNDS - 400, 50, 0, 0, FUNDS - 450)


@pytest.mark.req("HK-28")
def test_the_desk_counts_once(world, token, desk, registry, holder):
    """Named, tagged, or both; and its holders' bars are not its own."""
    surrender(world, holder.address, 400)
    world.act("FREEZER", token, "freeze", [holder.address], REF)
    expected = (FUNDS, 400, FUNDS - 400, 0, 0)
    assert breakdown(world, holder.address) == expected
    assert breakdown(world, holder.address, desk.address) == expected
    world.act("GOVERNOR", registry, "tagWallet", desk.address, PURPOSE, REF)
    assert breakdown(world, holder.address) == expected
    assert breakdown(world, holder.address, desk.address) == expected


@pytest.mark.req("HK-27")
def test_a_freeze_leaves_the_liability_and_freed_units_redeem_in_full(world, token, holder):
    """What is restricted stays outstanding; afterwards all of it is paid."""
    bind(world, holder)
    before = token.call("totalSupply")
    world.act("FREEZER", token, "freeze", [holder.address], REF)
    assert breakdown(world, holder.address) == (before, 0, FUNDS, 0, 0)
    world.act("RELEASER", token, "unfreeze", [holder.address], REF)
    assert breakdown(world, holder.address) == (before, 0, 0, 0, FUNDS)
    number = to_paying(world, holder.address, FUNDS, bank_ref("all of it"))
    assert breakdown(world, holder.address) == (before, FUNDS, 0, 0, 0)
    settler(world, "settle", number, bank_ref("all of it"))
    assert breakdown(world, holder.address) == (0, 0, 0, 0, 0)


@pytest.mark.req("HK-28")
def test_every_currency_has_its_own_picture():
    """The issuer's wallets are the same for all; their balances are not."""
    world = build_world(RevmChain(), ("HKD", "USD"))
    pegs = list(world.suite.pegs.values())
    wallet, person = world.holder(5).address, world.holder().address
    world.act("GOVERNOR", world.suite.registry, "tagWallet", wallet, PURPOSE, REF)
    for scale, peg in enumerate(pegs, start=1):
        world.fund(wallet, 10 * scale, peg=peg)
        world.fund(person, 1_000 * scale, peg=peg)
    desk = world.suite.desks.redemption
    pegs[1].token.send("surrender", desk.address, 7, REF, sender=person)
    world.act("FREEZER", pegs[0].token, "freeze", [person], REF)
    hkd, usd = (breakdown(world, person, token=peg.token) for peg in pegs)
    assert hkd == (1_010, 0, 1_000, 10, 0)
    assert usd == (2_020, 7, 0, 20, 1_993)


# Every combination

_made = []


def _swift():
    """A deployment without delays and with reserves, made once."""
    if not _made:
        chain = RevmChain()
        world = World(chain, deploy_swift(chain), None)
        world.attest(10**17)
        _made.append(world)
    return _made[0]


class Person(NamedTuple):
    """What somebody gets and surrenders, and what is true of the rest."""

    minted: int
    surrendered: int
    held: int
    frozen: bool
    blacklisted: bool
    own: bool
    named: bool

    @property
    def balance(self):
        return self.minted - self.escrow

    @property
    def escrow(self):
        return min(self.surrendered, self.minted)

    @property
    def restricted(self):
        barred = self.frozen or self.blacklisted
        return self.balance if barred else min(self.held, self.balance)


amounts = st.one_of(st.integers(0, 3), st.integers(0, 2**40))
people = st.lists(
    st.builds(Person, amounts, amounts, amounts, *[st.booleans()] * 4), min_size=1, max_size=4
)


@pytest.mark.req("HK-27")
@pytest.mark.req("HK-28")
@given(people=people, desk_named=st.booleans(), desk_tagged=st.booleans())
def test_the_parts_add_up_in_every_combination(people, desk_named, desk_tagged):
    """Disjoint, whoever is tagged, restricted, redeeming or named."""
    world = _swift()
    point = world.chain.snapshot()
    desk = world.suite.desks.redemption.address
    named, tagged = [desk] * desk_named, [desk] * desk_tagged
    try:
        for index, person in enumerate(people):
            account = world.holder(index).address
            arrange(world, account, person)
            named += [account] * person.named
            tagged += [account] * person.own
        for account in tagged:
            world.act("GOVERNOR", world.suite.registry, "tagWallet", account, PURPOSE, REF)
        answer = breakdown(world, *named)
    finally:
        world.chain.restore(point)
    restricted = sum(p.restricted for p in people if p.named)
    treasury = sum(p.balance - p.named * p.restricted for p in people if p.own)
    escrow, total = sum(p.escrow for p in people), sum(p.minted for p in people)
    rest = total - escrow - restricted - treasury
    assert answer == (total, escrow, restricted, treasury, rest)


def arrange(world, account, person):
    """Funds somebody, surrenders, and bars and holds the rest."""
    if person.minted:
        world.fund(account, person.minted)
    if person.escrow:
        surrender(world, account, person.escrow)
    if person.held:
        world.act("FREEZER", world.token, "hold", account, person.held, REF)
    if person.frozen:
        world.act("FREEZER", world.token, "freeze", [account], REF)
    if person.blacklisted:
        world.act("BLACKLISTER", world.token, "blacklist", [account], REF)
