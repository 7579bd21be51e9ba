"""Checkout payments by the library, in memory.

make
└── given dates out of order, a fee for nobody or a receiver without a fee, no amount: refuses

standing
├── adds what the log says of this payment only; what is tolled is added
├── an authorization that the payer voided is not one that may still come
└── who may do what until when, in each state, to the second

acts
├── given a contract of the suite as payee or receiver of the fee: refuses, as it would keep it
├── a capture for who may not receive says that it is credited
├── a capture, or a refund, is done once for each sum before it, whatever is repeated
├── given any third sum: refuses, and names it
└── a file that was not authorized, or whose signature was voided, is refused
"""

from dataclasses import replace

import pytest
from eth_utils import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pegboard.actions import carry_out, done_before, note_of
from pegboard.errors import ChainError, InputError, NotPermitted, ReferenceUsed
from pegboard.inputs import moment_text
from pegboard.signing import cancellation
from pegboard.uses import checkouts as acts
from pegboard.uses.past import said
from tests.support.revm import RevmChain
from tests.support.uses import DAY, sign
from tests.support.world import REF, key

UNIT = 10**6
_SLOW = settings(max_examples=40, suppress_health_check=list(HealthCheck))


def order_of(market, **changes):
    """HKD 100 with a fee of 1 %, signed by its payer."""
    contract = market.uses.checkout
    order = acts.Order("o.json", contract, market.hkd, market.info(**changes), b"")
    return replace(order, authorization=sign(market.taker, order.to_sign()))


@pytest.fixture
def order(market):
    return order_of(market)


def send(action, sender):
    assert not action.nothing_to_do
    assert not done_before(action)
    return action.contract.submit(action.call.data, sender=sender)


@pytest.fixture
def opened(market, order):
    send(acts.authorize(market.world.suite, order, market.now), market.relayer.address)
    return order


# Make


def made(market, units=UNIT, *, periods=(1, 2, 3), fee=(0, None)):
    parties = (market.operator.address, market.taker.address, market.merchant.address)
    return acts.make(
        *(market.world.suite, market.hkd, units),
        parties=parties,
        periods=periods,
        fee=fee,
        order=REF,
    )


def test_what_makes_no_sense_is_not_made(market):
    to = key(40).address
    cases = (
        ({"units": 0}, "the amount is zero"),
        ({"units": 2**104}, "more than a payment has room for"),
        ({"periods": (0, 2, 3)}, "are not in this order"),
        ({"periods": (3, 2, 3)}, "are not in this order"),
        ({"periods": (1, 3, 2)}, "are not in this order"),
        ({"fee": (10_001, to)}, "a fee is 0 to 10000 bps, not 10001"),
        ({"fee": (1, None)}, "a fee goes to somebody: add --fee-to"),
        ({"fee": (0, to)}, "nothing would go to --fee-to: add --fee-bps"),
    )
    for changes, told in cases:
        with pytest.raises(InputError, match=told):
            made(market, **changes)
    info = made(market, periods=(1, 1, 1), fee=(10_000, to))
    assert (info.auth_by, info.refund_by, info.fee_to) == (market.now + 1, market.now + 1, to)
    assert made(market).fee_to == acts.NOBODY


# Standing


def test_a_chain_without_history_is_refused(market, order):
    chain = RevmChain()
    contract = type(order.contract)(chain, order.contract.address, order.contract.abi)
    with pytest.raises(ChainError, match="keeps no history"):
        said(contract, "Captured", id=order.id)


def test_only_the_log_of_this_payment_counts(market, opened):
    other = order_of(market, order=keccak(text="another"))
    send(acts.authorize(market.world.suite, other, market.now), market.relayer.address)
    send(acts.capture(other, 99 * UNIT, 0), market.operator.address)
    found = acts.standing_of(opened)
    assert (found.captured, found.held, found.state) == (0, 100 * UNIT, "open")


def test_a_voided_signature_is_told_from_a_missing_one(market, order):
    now, token = market.now, market.hkd.token
    assert acts.standing_of(order).state == "not authorized"
    assert acts.possible(acts.standing_of(order), now) == [
        f"authorize: anybody, until {moment_text(order.terms.auth_by)}"
    ]
    unsigned = replace(order, authorization=b"")
    assert acts.possible(acts.standing_of(unsigned), now) == [
        f"authorize: {order.terms.payer}, by signing, then anybody, until "
        f"{moment_text(order.terms.auth_by)}"
    ]
    with pytest.raises(InputError, match="is not signed: have 0x"):
        acts.authorize(market.world.suite, unsigned, now)
    with pytest.raises(InputError, match="could be authorized until"):
        acts.authorize(market.world.suite, order, order.terms.auth_by + 1)
    assert not acts.authorize(market.world.suite, order, order.terms.auth_by).nothing_to_do
    made = sign(market.taker, cancellation(token, order.terms.payer, order.id))
    verb = "cancelAuthorization(address,bytes32,bytes)"
    token.send(verb, order.terms.payer, order.id, made, sender=market.relayer.address)
    assert acts.standing_of(order).state == "voided by the payer"
    with pytest.raises(InputError, match="voided its signature"):
        acts.authorize(market.world.suite, order, now)


def test_who_may_do_what_until_when(market, opened):
    """To the second: the last one of each time is still in it."""
    terms, found = opened.terms, acts.standing_of(opened)
    held = f"release 100.00 HKD: {terms.payer}, {terms.operator} or {terms.payee}"
    last = moment_text(terms.capture_by)
    assert acts.possible(found, terms.capture_by) == [
        f"capture 100.00 HKD: {terms.operator}, until {last}",
        f"release 100.00 HKD: {terms.operator} or {terms.payee}",
        f"release: the payer {terms.payer}, after {last}",
    ]
    assert acts.possible(found, terms.capture_by + 1) == [held]
    send(acts.capture(opened, 30 * UNIT, 0), terms.operator)
    found = acts.standing_of(opened)
    until = moment_text(terms.refund_by)
    assert acts.possible(found, terms.refund_by)[-1] == (
        f"refund 30.00 HKD: anybody, until {until}"
    )
    assert acts.possible(found, terms.refund_by + 1) == [held.replace("100", "70")]
    send(acts.release(opened), terms.operator)
    assert acts.possible(acts.standing_of(opened), terms.refund_by + 1) == ["Nothing more."]


def test_a_pause_moves_the_times(market, opened):
    terms, token = opened.terms, market.hkd.token
    market.world.act("PAUSER", token, "pause", 1, REF)
    market.world.chain.warp(2 * DAY)
    found = acts.standing_of(opened)
    assert found.tolled == 2 * DAY
    assert "capture" in acts.possible(found, terms.capture_by + 2 * DAY)[0]
    assert "release" in acts.possible(found, terms.capture_by + 2 * DAY + 1)[0]


@pytest.mark.parametrize(
    ("role", "verb", "why"),
    [("FREEZER", "freeze", "it is frozen"), ("BLACKLISTER", "blacklist", "it is blacklisted")],
)
def test_a_barred_payer(market, opened, role, verb, why):
    payer = opened.terms.payer
    market.world.act(role, market.hkd.token, verb, [payer], REF)
    assert acts.possible(acts.standing_of(opened), market.now) == [
        f"nothing held leaves the payer {payer} but by order: {why}"
    ]


# Acts


@_SLOW
@given(parts=st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=8))
def test_parts_are_captured_once_whatever_is_repeated(shared, parts):
    """What was captured is the sum of the parts, each repeated or not."""
    market = shared
    point = market.world.chain.snapshot()
    order = order_of(market)
    send(acts.authorize(market.world.suite, order, market.now), market.relayer.address)
    total = 0
    for part, repeated in parts:
        if total + part > 100:
            break
        for _ in range(1 + repeated):
            action = acts.capture(order, part * UNIT, total * UNIT)
            if not done_before(action):
                send(action, market.operator.address)
        total += part
    found = acts.standing_of(order)
    assert (found.captured, found.held) == (total * UNIT, (100 - total) * UNIT)
    market.world.chain.restore(point)


def test_any_third_sum_is_refused(market, opened):
    operator, shop = opened.terms.operator, market.merchant.address
    send(acts.capture(opened, 40 * UNIT, 0), operator)
    for units, already in ((41, 0), (30, 5), (1, 41), (40, 41), (1, 38)):
        with pytest.raises(InputError, match=r"^40\.00 HKD of o\.json is captured, not "):
            acts.capture(opened, units * UNIT, already * UNIT)
    assert done_before(acts.capture(opened, 1 * UNIT, 39 * UNIT))
    send(acts.refund(opened, 15 * UNIT, 0, shop), shop)
    with pytest.raises(InputError, match=r"^15\.00 HKD of o\.json is refunded, not 0\.00 HKD"):
        acts.refund(opened, 5 * UNIT, 0, shop)
    with pytest.raises(InputError, match="the amount is zero"):
        acts.capture(opened, 0, 0)
    with pytest.raises(NotPermitted, match="raise that with `checkout allow`"):
        acts.refund(opened, 5 * UNIT, 15 * UNIT, key(45).address)


def test_a_part_is_one_effect_whoever_is_first(market, opened):
    """T4: what was decided on an older sum is not sent, and two processes sign one transaction."""
    operator = opened.terms.operator
    action = acts.capture(opened, 40 * UNIT, 0)
    twin = acts.capture(opened, 40 * UNIT, 0)
    other = acts.capture(opened, 40 * UNIT, 0)
    assert note_of(action).key == f"capture of the payment 0x{opened.id.hex()} after 0"
    assert note_of(twin) == note_of(action)
    send(action, operator)
    with pytest.raises(ReferenceUsed, match="this was done already, in transaction 0x"):
        carry_out(market.world.suite, twin, operator)
    send(acts.capture(opened, 5 * UNIT, 40 * UNIT), operator)
    with pytest.raises(InputError, match=r"^45\.00 HKD of o\.json is captured, not 0\.00 HKD"):
        carry_out(market.world.suite, other, operator)
    assert acts.standing_of(opened).captured == 45 * UNIT


def test_nothing_happens_before_it_is_authorized(market, order):
    shop = market.merchant.address
    for act in (
        lambda: acts.capture(order, 1, 0),
        lambda: acts.refund(order, 1, 0, shop),
        lambda: acts.release(order),
    ):
        with pytest.raises(InputError, match="is not authorized: run `checkout authorize` first"):
            act()


def test_a_fee_waits_for_its_receiver(market, opened):
    fee_to = opened.terms.fee_to
    suite = market.world.suite
    assert acts.withdraw(suite, market.hkd, fee_to).nothing_to_do
    send(acts.capture(opened, 40 * UNIT, 0), opened.terms.operator)
    action = acts.withdraw(suite, market.hkd, fee_to)
    assert action.amount == 400_000
    send(action, fee_to)
    assert acts.withdraw(suite, market.hkd, fee_to).nothing_to_do


# Who would keep it


@pytest.mark.parametrize("field", ["payee", "fee_to"])
def test_no_contract_of_the_suite_is_paid(market, field):
    """Nobody could take it out again."""
    suite = market.world.suite
    for keeper in (market.uses.fx, market.hkd.token, suite.desks.issuance):
        told = f"{keeper.address} is .*, which would keep the money: say to whom"
        order = order_of(market, **{field: keeper.address})
        with pytest.raises(InputError, match=told):
            acts.authorize(suite, order, market.now)
        parties = (market.operator.address, market.taker.address, market.merchant.address)
        given = {"payee": market.merchant.address, "fee_to": key(40).address}
        given[field] = keeper.address
        with pytest.raises(InputError, match=told):
            acts.make(
                suite,
                market.hkd,
                UNIT,
                parties=(*parties[:2], given["payee"]),
                periods=(DAY, DAY, DAY),
                fee=(1, given["fee_to"]),
                order=REF,
            )


def test_what_is_only_credited_is_not_called_paid(market, opened):
    payee = opened.terms.payee
    assert (
        f"pay 10.00 HKD of what is held to {payee}" in acts.capture(opened, 10 * UNIT, 0).call.text
    )
    market.world.act("BLACKLISTER", market.hkd.token, "blacklist", [payee], REF)
    assert acts.capture(opened, 10 * UNIT, 0).call.text == (
        f"credit 10.00 HKD of what is held to {payee}, less a fee of 0.10 HKD: it may not receive "
        "HKD now, since it is blacklisted, and can withdraw later"
    )
