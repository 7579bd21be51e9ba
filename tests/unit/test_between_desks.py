"""What goes wrong between desks, token and people, where each alone does what it says.

money twice
├── given a payout that the bank made, and a pause of redemption past its block: not taken back
├── given the same, and a holder who was frozen meanwhile: the block starts anew when it is recorded
├── given days that were closed after the payout was instructed: the block moves, as the date does
└── given a payout under way: a lawful order does not move its tokens
time that a guardian was promised
└── execute: waits a day from the proposal, however early it was scheduled
what a case leaves behind
├── unfreeze: leaves a freeze that the case did not set
├── release, execute: leave what another case holds, whatever was released at the token
└── the ceiling: bounds what is held and taken together
what is retired or replaced
├── a desk that owes tokens back: stays a desk
├── a retired currency: is within reach of orders
├── powers that a contract exercises: are apart as those of its own were
└── extend: records the day that was asked for, or refuses
"""

from __future__ import annotations

from contextlib import suppress

import pytest
from eth_utils import keccak

from pegboard.desks import calendar_code
from pegboard.errors import Reverted
from tests.support import cases
from tests.support import desks as counter
from tests.support.cases import CASE, OTHER
from tests.support.desks import bank_ref, bind, until
from tests.support.refusal import refused, when_due
from tests.support.world import REF, roles

FUNDS, AMOUNT = 1_000_000_000, 250_000_000
PAID = bank_ref("payout 1")
CREDIT = bank_ref("credit 1")
MILLION = 10**12


@pytest.fixture
def orders(world):
    return world.suite.desks.orders


@pytest.fixture
def issuance(world):
    return world.suite.desks.issuance


@pytest.fixture
def desk(world):
    return world.suite.desks.redemption


@pytest.fixture
def customer(world, holder):
    """Has 1,000 HKD, a bound wallet and a payout account; it is Saturday, 16 January 2027."""
    bind(world, holder)
    return holder.address


@pytest.fixture
def account(world, holder):
    """The holder, named with all it has in two cases."""
    for case in (CASE, OTHER):
        cases.open_case(world, case)
        cases.name(world, holder.address, FUNDS, case)
    return holder.address


def balance(world, account):
    return world.token.call("balanceOf", account)


def held(world, account):
    return world.token.call("getFrozenTokens", account)


def tried(act, *args):
    """Does it, if it can be done."""
    with suppress(Reverted):
        act(*args)


# Money twice


def test_what_was_paid_is_not_taken_back_in_a_pause_of_redemption(world, token, customer):
    """The bank has paid on Monday; redemption is paused until Wednesday."""
    number = counter.to_paying(world, customer, AMOUNT, PAID)
    world.act("PAUSER", token, "pause", 8, REF)
    tried(counter.settler, world, "settle", number, PAID)
    until(world, "2027-01-20 00:00:00")
    tried(counter.settler, world, "settle", number, PAID)
    tried(counter.take_back, world, number, customer)
    assert balance(world, customer) == FUNDS - AMOUNT


def test_what_was_paid_is_not_taken_back_after_a_freeze(world, token, customer):
    """The holder acts in the block of its release, before SETTLER can: TELLER has noted it."""
    number = counter.to_paying(world, customer, AMOUNT, PAID)
    world.act("FREEZER", token, "freeze", [customer], REF)
    tried(counter.settler, world, "settle", number, PAID)
    until(world, "2027-01-20 00:00:00")
    counter.teller(world, "recordDelay", number, REF)
    world.act("RELEASER", token, "unfreeze", [customer], REF)
    tried(counter.take_back, world, number, customer)
    tried(counter.settler, world, "settle", number, PAID)
    assert balance(world, customer) == FUNDS - AMOUNT


def test_the_block_has_its_business_days_whatever_is_closed(world, customer):
    """Instructed on Saturday; Monday and Tuesday are lost to a typhoon."""
    number = counter.to_paying(world, customer, AMOUNT, PAID)
    for day in ("2027-01-18", "2027-01-19"):
        counter.close(world, day)
    until(world, "2027-01-20 00:00:00")
    until_day = counter.day_of("2027-01-21")
    with refused(world, "PayoutPending", id=number, blockedUntil=until_day):
        counter.take_back(world, number, customer)


def test_an_order_does_not_move_what_the_bank_is_paying(world, payee, customer):
    """One who reads a number alone cannot see that the bank was told."""
    number = counter.to_paying(world, customer, AMOUNT, PAID)
    cases.open_case(world)
    cases.name(world, customer, FUNDS)
    cases.freeze(world, customer)
    with suppress(Reverted):
        cases.execute(world, cases.propose(world, customer, payee.address, AMOUNT, number))
    assert balance(world, payee.address) == 0


# Time that was promised


@pytest.mark.req("HK-55")
def test_an_order_is_not_executed_in_the_second_of_its_proposal(world, orders, account, payee):
    """Neither the holder nor a guardian has a moment, if both parties agree."""
    act = when_due(world, "EXECUTOR", orders, "execute", 1)
    cases.freeze(world, account)
    assert cases.propose(world, account, payee.address, FUNDS) == 1
    tried(act)
    assert balance(world, account) == FUNDS


# What a case leaves behind


@pytest.mark.req("HK-54")
def test_a_case_lifts_only_what_it_set(world, token, account):
    """FREEZER froze at the token, or a contract for orders before this one did."""
    world.act("FREEZER", token, "freeze", [account], keccak(text="another ticket"))
    cases.freeze(world, account)
    cases.unfreeze(world, account)
    assert token.call("isFrozen", account) is True


@pytest.mark.req("HK-54")
@pytest.mark.parametrize("verb", ["release", "execute"])
def test_a_release_at_the_token_costs_no_other_case_its_hold(world, token, account, payee, verb):
    """Of 300 and 500 the token is told to free 300; this case then frees, or takes, 300."""
    cases.hold(world, account, 300)
    cases.hold(world, account, 500, OTHER)
    world.act("RELEASER", token, "release", account, 300, REF)
    if verb == "release":
        cases.release(world, account, 300)
    else:
        with suppress(Reverted):
            cases.execute(world, cases.propose(world, account, payee.address, 300))
    assert cases.entry(world, account, OTHER).held == 500
    assert held(world, account) == 500


@pytest.mark.req("HK-55")
def test_a_ceiling_bounds_what_is_held_and_taken(world, account, payee):
    """The order says 250: 250 were taken, and 250 more stay held."""
    number = counter.surrender(world, account, AMOUNT)
    cases.name(world, account, AMOUNT)
    cases.hold(world, account, AMOUNT)
    cases.freeze(world, account)
    with suppress(Reverted):
        cases.execute(world, cases.propose(world, account, payee.address, AMOUNT, number))
    entry = cases.entry(world, account)
    assert entry.held + entry.taken <= entry.ceiling
    assert held(world, account) == entry.held


@pytest.mark.req("HK-55")
def test_a_ceiling_can_always_be_raised(world, account, payee):
    """From 250 to 300 is no lowering."""
    number = counter.surrender(world, account, AMOUNT)
    cases.name(world, account, AMOUNT)
    cases.hold(world, account, AMOUNT)
    cases.freeze(world, account)
    with suppress(Reverted):
        cases.execute(world, cases.propose(world, account, payee.address, AMOUNT, number))
    cases.name(world, account, 300_000_000)
    assert cases.entry(world, account).ceiling == 300_000_000


# What is retired, replaced or declared


@pytest.mark.req("HK-39")
def test_a_desk_that_owes_tokens_back_stays_a_desk(world, desk, token, customer):
    """Else nobody could take out what is in it."""
    number = counter.surrender(world, customer, AMOUNT)
    act = when_due(world, "GOVERNOR", token, "delist", [desk.address], REF)
    with refused(world, "DeskNotEmpty", desk=desk.address, balance=AMOUNT):
        act()
    counter.take_back(world, number, customer)
    act()
    assert token.call("isRedemptionDesk", desk.address) is False


@pytest.mark.req("HK-54")
def test_a_retired_currency_is_within_reach_of_orders(world, registry, token, holder):
    """On a live chain SEIZER is this contract alone: nothing else could take."""
    world.act("GOVERNOR", registry, "retire", b"HKD", REF)
    cases.open_case(world)
    tried(cases.name, world, holder.address, FUNDS)
    tried(cases.freeze, world, holder.address)
    assert token.call("isFrozen", holder.address) is True


#: Who works a contract that holds a power: what was apart from the power is apart from them.
WORKED_BY = {"MINTER": "APPROVER", "SEIZER": "EXECUTOR"}


def _apart(one, other):
    table = roles().roles
    return other in table[one].apart_from or one in table[other].apart_from


@pytest.mark.req("HK-04")
@pytest.mark.parametrize(("power", "worker"), WORKED_BY.items())
def test_who_works_a_contract_is_apart_from_whom_its_power_was(power, worker):
    opposed = {role for role in roles().roles if role != worker and _apart(power, role)}
    assert opposed
    assert [role for role in sorted(opposed) if not _apart(worker, role)] == []


@pytest.mark.req("HK-04")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CLERK", "TELLER"),
        ("CLERK", "SETTLER"),
        ("DEFERRER", "SETTLER"),
        ("GUARDIAN", "CASEWORKER"),
        ("GUARDIAN", "PROPOSER"),
    ],
)
def test_these_are_apart_too(one, other):
    assert _apart(one, other)


@pytest.mark.req("HK-43")
def test_an_extension_is_to_the_day_that_was_asked(world, desk, customer):
    """And nothing brings a date back that was put too far."""
    number = counter.surrender(world, customer, AMOUNT)
    counter.teller(world, "validate", number)
    day = 2**24 - 1
    tried(world.act, "DEFERRER", desk, "extend", number, day, REF)
    end = world.suite.desks.calendar.call("endOf", calendar_code("HK"), day)
    assert desk.call("dueAt", number) in (end, counter.moment("2027-01-18 23:59:59"))
