"""What redemption costs, and what can be redeemed at all.

the fee of a request
├── when the token is not listed: reverts with TokenNotListed
├── when flat and proportional fee together are above the cap: the cap, rounded down
├── when it would not fit a record: what fits
├── else: the flat fee and the proportional one, rounded down
└── is fixed by the request

raiseFee
├── when the token is not listed: reverts with TokenNotListed
├── when the proportional fee is above the cap: reverts with FeeAboveCap
├── given an announcement before: replaces it
└── counts after the notice, to the second

lowerFee
├── when the token is not listed: reverts with TokenNotListed
├── when either fee would rise: reverts with FeeNotLowered
└── counts at once, and an announced change stays announced

list
├── when it has no business days, or more than 30, or is no contract, or is listed already:
│   reverts with ListingInvalid
├── when there is no such calendar: reverts with CalendarUnknown
└── else: can be redeemed
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from eth_utils import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from pegboard.desks import calendar_code
from tests.support.desks import (
    bank_ref,
    bind,
    redemption,
    settler,
    surrender,
    take_back,
    teller,
    to_paying,
)
from tests.support.refusal import emitted, refused, when_due
from tests.support.revm import RevmChain
from tests.support.stateful import deploy_swift, member
from tests.support.world import REF

REF_HEX = "0x" + REF.hex()
DAY = 86_400
NOTICE = 7 * DAY
CAP = 100
FUNDS, AMOUNT = 1_000_000_000, 100_000_000
HK, US = calendar_code("HK"), calendar_code("US")


class Terms(NamedTuple):
    """As `termsOf` answers."""

    calendar: bytes
    days: int
    flat: int
    bps: int
    next_flat: int
    next_bps: int
    next_from: int


@pytest.fixture
def desk(world):
    return world.suite.desks.redemption


@pytest.fixture
def raise_fee(world, desk, token):
    """Announces a fee; returns from when it counts."""

    def act(flat, bps):
        world.act("GOVERNOR", desk, "raiseFee", token.address, flat, bps, REF)
        return world.chain.now() + NOTICE

    return act


@pytest.fixture
def lower_fee(world, desk, token):
    return lambda flat, bps: world.act("GOVERNOR", desk, "lowerFee", token.address, flat, bps, REF)


@pytest.fixture
def charge(world, raise_fee):
    """Announces a fee and lets the notice pass."""

    def act(flat, bps):
        raise_fee(flat, bps)
        world.chain.warp(NOTICE)

    return act


def terms(desk, token):
    return Terms(*desk.call("termsOf", token.address))


def fees(desk, token):
    """In force, announced, and from when."""
    return terms(desk, token)[2:]


# The fee of a request


@pytest.mark.req("HK-41")
def test_is_deployed_without_fees(desk, token):
    assert terms(desk, token) == (HK, 1, 0, 0, 0, 0, 0)
    assert desk.call("maxFeeBps") == CAP
    assert desk.call("feeNotice") == NOTICE
    for amount in (0, 1, AMOUNT, 2**112 - 1):
        assert desk.call("feeFor", token.address, amount) == 0


@pytest.mark.parametrize(
    ("view", "more"), [("feeFor", (1,)), ("feeFor", (0,)), ("termsOf", ())], ids=str
)
def test_knows_nothing_of_other_tokens(world, desk, stranger, view, more):
    for other in (stranger.address, desk.address, world.feed.address, "0x" + "00" * 20):
        with refused(world, "TokenNotListed", token=other):
            desk.call(view, other, *more)


@pytest.mark.req("HK-41")
@pytest.mark.parametrize(
    ("flat", "bps", "amount", "fee"),
    [
        (0, 50, 199, 0),
        (0, 50, 200, 1),
        (0, 50, 399, 1),
        (0, 50, AMOUNT, 500_000),
        (0, 100, AMOUNT, 1_000_000),
        (60, 0, 5_999, 59),
        (60, 0, 6_000, 60),
        (60, 0, AMOUNT, 60),
        (60, 50, 6_000, 60),
        (60, 50, 11_999, 119),
        (60, 50, 12_000, 120),
        (60, 50, 12_200, 121),
        (1, 100, 99, 0),
        (1, 100, 100, 1),
        (1, 100, AMOUNT, 1_000_000),
        (2**80 - 1, 100, AMOUNT, 1_000_000),
    ],
)
def test_takes_both_fees_up_to_the_cap(desk, token, charge, flat, bps, amount, fee):
    """Rounded down, and the cap as well: a small request is never eaten by the flat fee."""
    charge(flat, bps)
    assert desk.call("feeFor", token.address, amount) == fee


@pytest.mark.parametrize(
    ("flat", "amount", "fee"),
    [
        (0, (2**96 - 1) * 100, 2**96 - 1),
        (0, 2**96 * 100 - 1, 2**96 - 1),
        (0, 2**96 * 100, 2**96 - 1),
        (0, 2**112 - 1, 2**96 - 1),
        (2**80 - 1, 2**112 - 1, 2**96 - 1),
    ],
)
def test_the_greatest_fee_fits_its_record(desk, token, charge, flat, amount, fee):
    charge(flat, 100)
    assert desk.call("feeFor", token.address, amount) == fee


def test_refuses_amounts_that_cannot_be(world, desk, token):
    with refused(world, "SafeCastOverflowedUintDowncast", bits=112, value=2**112):
        desk.call("feeFor", token.address, 2**112)


@pytest.mark.req("HK-41")
@given(
    flat=st.one_of(st.integers(0, 10**9), st.integers(0, 2**80 - 1)),
    bps=st.integers(0, CAP),
    amount=st.one_of(st.integers(0, 10**12), st.integers(0, 2**112 - 1)),
)
def test_no_fee_is_above_the_cap(flat, bps, amount):
    """min(flat + amount * bps / 10000, amount * cap / 10000), both rounded down."""
    chain, desk, token = _swift()
    point = chain.snapshot()
    desk.send("raiseFee", token.address, flat, bps, REF, sender=member("GOVERNOR"))
    chain.warp(NOTICE)
    fee = desk.call("feeFor", token.address, amount)
    chain.restore(point)
    expected = min(flat + amount * bps // 10_000, amount * CAP // 10_000)
    assert fee == min(expected, 2**96 - 1)
    assert fee * 10_000 <= amount * CAP


_made = []


def _swift():
    """A deployment without delays, made once."""
    if not _made:
        chain = RevmChain()
        suite = deploy_swift(chain)
        _made.append((chain, suite.desks.redemption, suite.peg("HKD").token))
    return _made[0]


@pytest.mark.req("HK-41")
def test_the_fee_is_fixed_by_the_request(world, desk, token, holder, charge, lower_fee):
    """Neither a raise nor a lowering touches what is open; the whole amount is burned."""
    bind(world, holder)
    free = surrender(world, holder.address, AMOUNT)
    charge(7, 30)
    receipt = token.send("surrender", desk.address, AMOUNT, REF, sender=holder.address)
    assert emitted(desk, receipt) == [
        (
            "RedemptionRequested",
            {
                "id": free + 1,
                "token": token.address,
                "holder": holder.address,
                "amount": AMOUNT,
                "fee": 300_007,
                "ref": REF_HEX,
            },
        )
    ]
    lower_fee(0, 1)
    cheap = surrender(world, holder.address, AMOUNT)
    assert [redemption(world, n).fee for n in (free, free + 1, cheap)] == [0, 300_007, 10_000]
    for number in (free, free + 1, cheap):
        teller(world, "validate", number)
        teller(world, "instruct", number, bank_ref(str(number)))
    charge(0, 100)
    assert [redemption(world, n).fee for n in (free, free + 1, cheap)] == [0, 300_007, 10_000]
    settler(world, "settle", free + 1, bank_ref(str(free + 1)))
    assert token.call("totalSupply") == FUNDS - AMOUNT


@pytest.mark.req("HK-41")
def test_taking_back_costs_nothing(world, token, holder, charge):
    charge(0, 100)
    take_back(world, surrender(world, holder.address, AMOUNT), holder.address)
    assert token.call("balanceOf", holder.address) == FUNDS


@pytest.mark.req("HK-41")
def test_a_payout_rejected_and_instructed_anew_costs_the_same(world, holder, charge):
    bind(world, holder)
    number = to_paying(world, holder.address, AMOUNT, bank_ref("first"))
    charge(0, 100)
    settler(world, "reject", number, REF)
    teller(world, "instruct", number, bank_ref("second"))
    assert redemption(world, number).fee == 0


# Raising


@pytest.mark.req("HK-41")
@pytest.mark.parametrize("bps", [CAP + 1, 2**16 - 1])
def test_refuses_a_fee_above_the_cap(world, desk, token, bps):
    act = when_due(world, "GOVERNOR", desk, "raiseFee", token.address, 0, bps, REF)
    with refused(world, "FeeAboveCap", feeBps=bps, cap=CAP):
        act()


@pytest.mark.parametrize("verb", ["raiseFee", "lowerFee"])
def test_sets_no_fee_of_other_tokens(world, desk, stranger, verb):
    act = when_due(world, "GOVERNOR", desk, verb, stranger.address, 0, 0, REF)
    with refused(world, "TokenNotListed", token=stranger.address):
        act()


@pytest.mark.req("HK-41")
def test_a_raise_counts_after_the_notice(world, desk, token, holder):
    """To the second; requests of the last second before go by the old fee."""
    operator = world.member("GOVERNOR")
    receipt = when_due(world, "GOVERNOR", desk, "raiseFee", token.address, 7, 30, REF)()
    since = world.chain.now() + NOTICE
    said = {"token": token.address, "flatFee": 7, "feeBps": 30, "from": since}
    assert emitted(desk, receipt) == [("FeeSet", said | {"operator": operator, "ref": REF_HEX})]
    assert fees(desk, token) == (0, 0, 7, 30, since)
    world.chain.warp(NOTICE - 1)
    assert fees(desk, token) == (0, 0, 7, 30, since)
    assert desk.call("feeFor", token.address, AMOUNT) == 0
    before = surrender(world, holder.address, AMOUNT)
    world.chain.warp(1)
    assert fees(desk, token) == (7, 30, 0, 0, 0)
    assert desk.call("feeFor", token.address, AMOUNT) == 300_007
    after = surrender(world, holder.address, AMOUNT)
    assert [redemption(world, n).fee for n in (before, after)] == [0, 300_007]


@pytest.mark.req("HK-09")
@pytest.mark.parametrize("verb", ["raiseFee", "lowerFee", "list"])
def test_sets_terms_late_and_by_the_governor_only(world, desk, token, stranger, verb):
    args = (token.address, HK, 1, REF) if verb == "list" else (token.address, 0, 0, REF)
    data, governor = desk.encode(verb, *args), world.member("GOVERNOR")
    operation = world.suite.authority.call("hashOperation", governor, desk.address, data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        desk.submit(data, sender=governor)
    for caller in (stranger.address, world.member("TELLER"), world.member("PAUSER")):
        with refused(world, "AccessManagedUnauthorized", caller=caller):
            desk.submit(data, sender=caller)


@pytest.mark.req("HK-41")
def test_a_second_announcement_replaces_the_first(world, desk, token, raise_fee):
    """And waits its own notice from its own beginning."""
    first = raise_fee(1, 10)
    world.chain.warp(DAY)
    second = raise_fee(2, 20)
    assert second > first
    assert fees(desk, token) == (0, 0, 2, 20, second)
    world.chain.warp(first - world.chain.now())
    assert fees(desk, token) == (0, 0, 2, 20, second)
    world.chain.warp(second - world.chain.now())
    assert fees(desk, token) == (2, 20, 0, 0, 0)


def test_an_announcement_after_its_time_starts_from_what_is_in_force(
    world, desk, token, charge, raise_fee
):
    """A fee that counts already is not undone by announcing the next."""
    charge(1, 10)
    since = raise_fee(2, 20)
    assert fees(desk, token) == (1, 10, 2, 20, since)
    world.chain.warp(NOTICE)
    assert fees(desk, token) == (2, 20, 0, 0, 0)


def test_announces_lower_fees_too(world, desk, token, charge, raise_fee):
    """In either direction: they wait like any other."""
    charge(5, 50)
    since = raise_fee(6, 0)
    assert fees(desk, token) == (5, 50, 6, 0, since)
    world.chain.warp(NOTICE)
    assert fees(desk, token) == (6, 0, 0, 0, 0)


@pytest.mark.req("HK-41")
@pytest.mark.parametrize(("flat", "bps"), [(0, CAP), (2**80 - 1, CAP), (0, 0)])
def test_announces_up_to_the_cap(world, desk, token, charge, flat, bps):
    charge(flat, bps)
    assert fees(desk, token) == (flat, bps, 0, 0, 0)


# Lowering


@pytest.mark.req("HK-41")
@pytest.mark.parametrize(
    ("flat", "bps"), [(6, 50), (5, 51), (6, 51), (0, 51), (6, 0), (2**80 - 1, 2**16 - 1)]
)
def test_a_lowering_raises_nothing(world, desk, token, charge, flat, bps):
    """Neither fee in exchange for the other."""
    charge(5, 50)
    act = when_due(world, "GOVERNOR", desk, "lowerFee", token.address, flat, bps, REF)
    with refused(world, "FeeNotLowered", flatFee=flat, feeBps=bps):
        act()


def test_a_lowering_is_measured_by_what_is_in_force(world, desk, token, raise_fee):
    """Not by what is announced."""
    raise_fee(5, 50)
    act = when_due(world, "GOVERNOR", desk, "lowerFee", token.address, 4, 40, REF)
    with refused(world, "FeeNotLowered", flatFee=4, feeBps=40):
        act()


@pytest.mark.req("HK-41")
@pytest.mark.parametrize(("flat", "bps"), [(5, 50), (4, 50), (5, 49), (0, 0)])
def test_a_lowering_counts_at_once(world, desk, token, holder, charge, flat, bps):
    charge(5, 50)
    receipt = when_due(world, "GOVERNOR", desk, "lowerFee", token.address, flat, bps, REF)()
    assert emitted(desk, receipt) == [
        (
            "FeeSet",
            {
                "token": token.address,
                "flatFee": flat,
                "feeBps": bps,
                "from": world.chain.now(),
                "operator": world.member("GOVERNOR"),
                "ref": REF_HEX,
            },
        )
    ]
    assert fees(desk, token) == (flat, bps, 0, 0, 0)
    number = surrender(world, holder.address, AMOUNT)
    assert redemption(world, number).fee == flat + AMOUNT * bps // 10_000


@pytest.mark.req("HK-41")
def test_an_announced_change_survives_a_lowering(world, desk, token, charge, raise_fee, lower_fee):
    charge(5, 50)
    since = raise_fee(6, 60)
    lower_fee(1, 10)
    assert fees(desk, token) == (1, 10, 6, 60, since)
    world.chain.warp(since - 1 - world.chain.now())
    assert fees(desk, token) == (1, 10, 6, 60, since)
    world.chain.warp(1)
    assert fees(desk, token) == (6, 60, 0, 0, 0)


def test_a_lowering_after_the_notice_lowers_what_has_risen(world, desk, token, charge, lower_fee):
    """And what has risen does not rise again."""
    charge(5, 50)
    lower_fee(4, 40)
    assert fees(desk, token) == (4, 40, 0, 0, 0)
    world.chain.warp(30 * DAY)
    assert fees(desk, token) == (4, 40, 0, 0, 0)


# Listing


@pytest.fixture
def euro(world, create):
    """A token that is not listed."""
    return create(world, "PeggedToken", "Euro", "E", 6, "EUR", world.suite.controls.address)


@pytest.mark.parametrize("days", [0, 31, 255])
def test_lists_nothing_with_other_than_1_to_30_days(world, desk, euro, days):
    act = when_due(world, "GOVERNOR", desk, "list", euro.address, HK, days, REF)
    with refused(world, "ListingInvalid", token=euro.address, businessDays=days):
        act()


@pytest.mark.parametrize("who", ["stranger", "zero"])
def test_lists_nothing_without_code(world, desk, stranger, who):
    nobody = {"stranger": stranger.address, "zero": "0x" + "00" * 20}[who]
    act = when_due(world, "GOVERNOR", desk, "list", nobody, HK, 1, REF)
    with refused(world, "ListingInvalid", token=nobody, businessDays=1):
        act()


@pytest.mark.parametrize(("code", "days"), [(HK, 1), (HK, 5), (US, 1)])
def test_lists_nothing_twice(world, desk, token, code, days):
    """For ever: what holders were promised stays."""
    act = when_due(world, "GOVERNOR", desk, "list", token.address, code, days, REF)
    with refused(world, "ListingInvalid", token=token.address, businessDays=days):
        act()


@pytest.mark.parametrize("code", [b"XX".ljust(32, b"\0"), b"\0" * 32, b"hk".ljust(32, b"\0")])
def test_lists_nothing_by_a_calendar_that_is_not_there(world, desk, euro, code):
    act = when_due(world, "GOVERNOR", desk, "list", euro.address, code, 1, REF)
    with refused(world, "CalendarUnknown", code="0x" + code.hex()):
        act()


@pytest.mark.parametrize("days", [1, 30])
def test_lists(world, desk, euro, days):
    receipt = when_due(world, "GOVERNOR", desk, "list", euro.address, US, days, REF)()
    assert emitted(desk, receipt) == [
        (
            "TokenListed",
            {
                "token": to_checksum_address(euro.address),
                "calendar": "0x" + US.hex(),
                "businessDays": days,
                "operator": world.member("GOVERNOR"),
                "ref": REF_HEX,
            },
        )
    ]
    assert terms(desk, euro) == (US, days, 0, 0, 0, 0, 0)
    assert desk.call("feeFor", euro.address, AMOUNT) == 0
