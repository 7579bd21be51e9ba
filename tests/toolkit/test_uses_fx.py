"""Quotes and what is done with them, in memory.

rates
├── a price is the feed's with the spread, rounded for who sells, in both directions
├── for any amounts the band is the contract's, to the unit
└── given a feed that answers no price, or from the future, or not at all: refuses

quotes
├── given a currency pair that is not open, or a token that nobody knows: says so
├── the nonce is the second of its making, and never one that is spent
├── a quote settles for whom `check` finds no reason, and for nobody else
└── an asset's price is rounded up where the maker sells, down where it buys

acts
├── given a settled quote: nothing to do for the same, refused for any other
├── given a contract of the suite, or the asset itself, as a receiver: refuses
├── a payment is for one taker, beneficiary and reference
├── given an invoice that was paid on at another quote: refuses, unless its file says again
├── given one for which something is signed that can still be submitted: refuses
└── an invoice is paid on once

makers
└── what each can deliver, has sold and bought
"""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pegboard.errors import InputError, NotPermitted, Reverted
from pegboard.inputs import moment_text
from pegboard.uses import fx as acts
from pegboard.uses import makers, papers, quotes
from pegboard.uses.legs import leg_of, written_at
from pegboard.uses.rates import Rate, rate_of
from pegboard.uses.register import Register
from pegboard.uses.remittance import uetr_of
from tests.support.uses import BAND, MAX_AGE, RATE, create, sign
from tests.support.world import REF, key

UNIT = 10**6
NOBODY = quotes.NOBODY
_SLOW = settings(max_examples=100, suppress_health_check=list(HealthCheck))


@pytest.fixture
def suite(market):
    return market.world.suite


@pytest.fixture
def signed(market):
    """USD 100 for HKD 780, by its maker."""

    def make(**changes):
        quote = market.quote(**changes)
        return quotes.SignedQuote(
            "q.json", quote, sign(market.maker, quote.signable(market.uses.fx))
        )

    return make


def terms(market, **given):
    base = {"maker": market.maker.address, "taker": None, "ttl": 45, "nonce": None}
    return base | given


# Rates


def rate(*, inverse=False, sell=6, buy=6, feed=8, answer=RATE):
    return Rate("USD/HKD", NOBODY, 60, BAND, sell, buy, feed, inverse, answer, 0)


@_SLOW
@given(
    sold=st.integers(1, 2**100),
    spread=st.integers(0, 9_999),
    inverse=st.booleans(),
    decimals=st.tuples(st.integers(2, 18), st.integers(2, 18), st.integers(0, 18)),
    answer=st.integers(1, 2**100),
)
def test_a_price_is_the_least_that_gives_the_spread(sold, spread, inverse, decimals, answer):
    """Rounded up by less than a unit: never in favour of who buys."""
    sell, buy, feed = decimals
    found = rate(inverse=inverse, sell=sell, buy=buy, feed=feed, answer=answer)
    price = Fraction(answer, 10**feed)
    price = 1 / price if inverse else price
    exact = Fraction(sold, 10**sell) * price * Fraction(10_000 + spread, 10_000) * 10**buy
    assert 0 <= found.price_of(sold, spread) - exact < 1


@_SLOW
@given(
    sold=st.integers(1, 10**9),
    bps=st.integers(-90, 90),
    more=st.integers(-2, 2),
    back=st.booleans(),
)
def test_the_band_is_the_contracts(shared, sold, bps, more, back):
    """What the library finds within the band the contract does, and nothing else."""
    suite, market = shared.world.suite, shared
    sell, buy = (market.hkd, market.usd) if back else (market.usd, market.hkd)
    found = rate_of(suite, sell, buy)
    exact = found.price_of(sold, 0)
    bought = max(1, exact * (10_000 + bps) // 10_000 + more)
    quote = market.quote(
        sell=sell.token.address, buy=buy.token.address, sell_amount=sold, buy_amount=bought
    )
    bits = market.uses.fx.call("check", quote.values(), b"", market.taker.address)
    assert found.contains(sold, bought) == (not bits & quotes.OUT_OF_BAND)


def test_a_feed_without_a_price(market, suite):
    now = market.now
    for answer, at, told in (
        (0, now, "answers 0: no price"),
        (-1, now, "answers -1: no price"),
        (2**192, now, f"answers {2**192}: no price"),
        (RATE, now + 1, "its answer is from the future"),
        (RATE, now - MAX_AGE - 1, "its answer is from 1h 1s ago"),
    ):
        market.price(answer, at)
        with pytest.raises(InputError, match="the feed 0x") as fault:
            rate_of(suite, market.usd, market.hkd).require_fresh(now)
        assert told in str(fault.value)
    market.price(RATE, now - MAX_AGE)
    rate_of(suite, market.usd, market.hkd).require_fresh(now)


# Quotes


def test_a_nonce_is_the_second_and_never_spent(market, suite):
    made = quotes.quote_pair(suite, market.usd, market.hkd, 100 * UNIT, 3, **terms(market))
    assert (made.nonce, made.deadline) == (market.now, market.now + 45)
    word, bit = divmod(market.now, 256)
    mask = 0b11 << bit
    market.uses.fx.send("cancel", word, mask, sender=market.maker.address)
    again = quotes.quote_pair(suite, market.usd, market.hkd, 100 * UNIT, 3, **terms(market))
    assert again.nonce == market.now + 2
    with pytest.raises(InputError, match="was settled or cancelled: give another"):
        quotes.quote_pair(suite, market.usd, market.hkd, UNIT, 3, **terms(market, nonce=market.now))


@pytest.mark.parametrize("ttl", [0, -1, 61, 3_600])
def test_no_quote_lives_long(market, suite, ttl):
    with pytest.raises(InputError, match="a quote lives for 1s to 60s"):
        quotes.quote_pair(suite, market.usd, market.hkd, UNIT, 3, **terms(market, ttl=ttl))


def test_no_quote_is_of_more_than_a_token_can_hold(market, suite):
    with pytest.raises(InputError, match="more than any token can hold"):
        quotes.quote_pair(suite, market.usd, market.hkd, 2**111, 3, **terms(market))


def test_a_pair_that_is_closed(market, suite):
    usd, hkd = market.usd.token.address, market.hkd.token.address
    market.world.act("PAUSER", suite.registry, "closePair", usd, hkd, REF)
    with pytest.raises(InputError) as fault:
        quotes.quote_pair(suite, market.usd, market.hkd, UNIT, 3, **terms(market))
    assert str(fault.value) == "USD and HKD are no open pair: have GOVERNOR open it"


def test_what_check_finds_is_what_the_contract_does(market, suite, signed):
    """A quote with no reason settles; with one it does not, for each of them."""
    fx, taker = market.uses.fx, market.taker.address
    stranger, other = key(45).address, market.supplier.address
    late = signed(deadline=market.now - 1)
    cases = {
        quotes.EXPIRED: (late, taker),
        quotes.NOT_TRADABLE: (signed(sell=market.hkd.token.address), taker),
        quotes.OUT_OF_BAND: (signed(buy_amount=790_000_000), taker),
        quotes.SIGNATURE: (replace(signed(), signature=bytes(65)), taker),
        quotes.OTHER_TAKER: (signed(taker=other), taker),
        quotes.MAKER_SENDS: (signed(sell_amount=10**13, buy_amount=78 * 10**12), taker),
        quotes.TAKER_SENDS | quotes.TAKER_ALLOWS: (signed(), stranger),
    }
    for bits, (quote, who) in cases.items():
        found = quotes.check(suite, quote, who)
        assert bits & sum(found) == bits
        assert all(found.values())
        with pytest.raises(InputError, match=r"^q\.json would not settle: "):
            quotes.require_good(suite, quote, who)
        with pytest.raises(Reverted):
            fx.call("settle", quote.terms.values(), quote.signature, who, REF, sender=who)
    assert quotes.check(suite, signed(), taker) == {}
    assert quotes.check(suite, signed()) == {}
    fx.call("settle", signed().terms.values(), signed().signature, taker, REF, sender=taker)


def test_a_stale_feed_and_a_spent_nonce(market, suite, signed):
    fx = market.uses.fx
    fx.send("cancel", 0, 1 << 7, sender=market.maker.address)
    market.world.chain.warp(MAX_AGE + 1)
    found = quotes.check(suite, signed(), market.taker.address)
    assert set(found) == {quotes.SPENT, quotes.STALE}
    assert not quotes.settles(suite, signed(), found)


def test_a_token_that_nobody_knows(market, suite, signed):
    stranger = key(45).address
    quote = signed(sell=stranger)
    assert sum(quotes.check(suite, quote, market.taker.address)) == quotes.NOT_TRADABLE
    assert f"gives 100000000 base units of {stranger} to anybody" in quotes.describe(
        suite, quote.terms
    )
    with pytest.raises(InputError, match="neither a declared currency nor a listed asset"):
        leg_of(suite, stranger)


@pytest.mark.parametrize(("sells", "units"), [(True, 333_333_334), (False, 333_333_333)])
def test_an_assets_price_is_rounded_for_the_maker(market, suite, sells, units):
    share = create(market.world, "FundShare", market.maker.address, 10**24)
    market.world.act("GOVERNOR", suite.registry, "listAsset", share.address, REF)
    asset, currency = leg_of(suite, share.address), leg_of(suite, market.hkd.token.address)
    # 3.333333333333333333 at 100 each
    made = quotes.quote_asset(
        *(suite, asset, currency, 3_333_333_333_333_333_333, 100 * 10**18),
        sells=sells,
        **terms(market),
    )
    legs = (share.address, market.hkd.token.address)
    assert (made.sell, made.buy) == (legs if sells else legs[::-1])
    assert {made.sell_amount, made.buy_amount} == {3_333_333_333_333_333_333, units}
    assert written_at(suite, share.address, 10**18) == f"1.00 MMF ({share.address})"
    with pytest.raises(InputError, match="one side would give nothing"):
        quotes.quote_asset(suite, asset, currency, 1, 1, sells=False, **terms(market))


def test_only_a_signer_of_the_maker_signs(market, suite):
    maker, hot = market.maker.address, key(45).address
    quotes.require_signer(suite, maker, maker)
    with pytest.raises(NotPermitted, match="is no signer of"):
        quotes.require_signer(suite, maker, hot)
    market.uses.fx.send("setSigner", hot, True, sender=maker)
    quotes.require_signer(suite, maker, hot)
    with pytest.raises(NotPermitted, match="quotes between currencies only"):
        quotes.require_signer(suite, maker, hot, asset=True)
    quotes.require_signer(suite, maker, maker, asset=True)


def test_what_a_maker_lacks_is_told(market, suite):
    poor = market.quote(maker=key(45).address)
    assert quotes.shortfall(suite, market.quote()) == []
    assert quotes.shortfall(suite, poor) == [
        f"It would not settle now: {poor.maker} has 0.00 USD, and 100.00 USD is needed.",
        "It would not settle now: the maker lets FxSettle take 0.00 USD: see `fx allow`.",
    ]


# Acts


def test_a_quote_settles_once_and_says_so(market, suite, signed):
    taker, to = market.taker.address, market.supplier.address
    quote = signed()
    action = acts.settle(suite, quote, taker, to, REF)
    assert (action.nothing_to_do, action.amount) == (False, 780 * UNIT)
    receipt = action.contract.submit(action.call.data, sender=taker)
    again = acts.settle(suite, quote, taker, to, REF)
    assert (again.nothing_to_do, again.details["tx"]) == (True, receipt.tx)
    for who, where, ref in ((to, to, REF), (taker, taker, REF), (taker, to, bytes(32))):
        with pytest.raises(InputError, match="a quote settles once"):
            acts.settle(suite, quote, who, where, ref)
    with pytest.raises(InputError, match="nothing is left to cancel"):
        acts.to_cancel(suite, quote, market.maker.address)


def test_a_payment_is_for_one_beneficiary_and_reference(market, suite, signed):
    taker, to = market.taker, market.supplier.address
    payment = acts.Payment("p.json", signed(), taker.address, to, REF, b"")
    payment = replace(payment, authorization=sign(taker, acts.to_sign(suite, payment)))
    for other in (replace(payment, to=taker.address), replace(payment, ref=bytes(32))):
        action = acts.submit(suite, other)
        with pytest.raises(Reverted):
            action.contract.simulate(action.call.data, sender=market.relayer.address)
    action = acts.submit(suite, payment)
    assert action.amount is None
    receipt = action.contract.submit(action.call.data, sender=market.relayer.address)
    assert acts.submit(suite, payment).details["tx"] == receipt.tx
    assert market.balance(market.usd, to) == 100 * UNIT


def test_no_contract_of_the_suite_receives(market, suite, signed):
    """Nobody could take it out again."""
    taker, uses = market.taker.address, market.uses
    told = {it.address: f"the {name}" for name, it in uses.by_name.items()}
    told |= {
        suite.registry.address: "the registry",
        market.hkd.token.address: "the HKD token",
        market.usd.token.address: "the USD token",
        market.usd.feed.address: "the USD reserve feed",
    }
    payment = acts.Payment("p.json", signed(), taker, taker, REF, b"")
    for to, what in told.items():
        reason = f"{to} is {what}, which would keep what is delivered: say to whom"
        for act in (
            lambda to=to: acts.settle(suite, signed(), taker, to, REF),
            lambda to=to: acts.submit(suite, replace(payment, to=to)),
        ):
            with pytest.raises(InputError) as fault:
                act()
            assert str(fault.value) == reason
    share = create(market.world, "FundShare", market.maker.address, 10**24)
    market.world.act("GOVERNOR", suite.registry, "listAsset", share.address, REF)
    quote = market.quote(sell=share.address, sell_amount=10**18)
    for to, what in ((share.address, "the asset itself"), (uses.fx.address, told[uses.fx.address])):
        with pytest.raises(InputError, match=f"^{to} is {what}, which would keep"):
            acts.require_receiver(suite, quote, to)
    acts.require_receiver(suite, quote, taker)


def signed_payment(market, suite, quote, name="p.json", **more):
    """The taker's, for the supplier."""
    ends = (market.taker.address, market.supplier.address, REF)
    payment = acts.Payment(name, quote, *ends, b"", **more)
    return replace(payment, authorization=sign(market.taker, acts.to_sign(suite, payment)))


def test_a_second_file_of_an_invoice_is_not_submitted(market, suite, signed, tmp_path):
    first = signed_payment(market, suite, signed())
    second = signed_payment(market, suite, signed(nonce=8), "p2.json")
    assert not acts.submit(suite, second).nothing_to_do
    action = acts.submit(suite, first)
    receipt = action.contract.submit(action.call.data, sender=market.relayer.address)
    with pytest.raises(InputError) as fault:
        acts.submit(suite, second)
    assert str(fault.value) == (
        f"the invoice of p2.json was paid on in transaction {receipt.tx}, at another quote: to pay "
        "on it once more, its taker signs anew, with --again"
    )
    assert acts.submit(suite, first).nothing_to_do
    again = signed_payment(market, suite, signed(nonce=8), again=True)
    file = tmp_path / "p.json"
    papers.write(file, acts.payment_file(suite, again))
    found = acts.read_payment(suite, file)
    assert (found.again, found.authorization) == (True, again.authorization)
    assert not acts.submit(suite, found).nothing_to_do
    papers.write(file, acts.payment_file(suite, second))
    assert acts.read_payment(suite, file).again is False


def test_an_invoice_is_signed_for_once_while_it_can_be_submitted(market, suite, signed, tmp_path):
    taker, register = market.taker.address, Register(tmp_path / "signed.jsonl")
    first = signed_payment(market, suite, signed())

    def ask(who=taker, about=REF[16:]):
        acts.require_none_signed(suite, register, who, about, "i.json")

    ask()
    with register.only():
        register.keep(acts.entry_of(suite, first))
    with pytest.raises(InputError) as fault:
        ask()
    until = moment_text(first.quote.terms.deadline)
    assert str(fault.value) == (
        f"i.json is signed for already, 780.00 HKD under UETR {uetr_of(REF)}, which anybody can "
        f"submit until {until}: submit that file, or wait until it is over, or add --again to pay "
        "on it once more"
    )
    ask(market.supplier.address)
    ask(about=REF[:16])
    point = market.world.chain.snapshot()
    market.world.chain.warp(first.quote.terms.deadline - market.now)
    with pytest.raises(InputError, match="is signed for already"):
        ask()
    market.world.chain.warp(1)
    ask()
    market.world.chain.restore(point)
    action = acts.submit(suite, first)
    action.contract.submit(action.call.data, sender=market.relayer.address)
    ask()
    with pytest.raises(InputError, match="was paid on"):
        acts.require_unpaid(suite, taker, REF[16:], "i.json")


def test_an_invoice_is_paid_on_once(market, suite, signed):
    taker = market.taker.address
    acts.require_unpaid(suite, taker, REF[16:], "i.json")
    action = acts.settle(suite, signed(), taker, taker, REF)
    action.contract.submit(action.call.data, sender=taker)
    with pytest.raises(InputError, match="add --again to pay on it once more"):
        acts.require_unpaid(suite, taker, REF[16:], "i.json")
    acts.require_unpaid(suite, market.supplier.address, REF[16:], "i.json")
    acts.require_unpaid(suite, taker, REF[:16], "i.json")


def test_nonces_of_one_word_are_cancelled_together(market, suite):
    maker = market.maker.address
    action = acts.cancel(suite, maker, [256, 511, 256])
    action.contract.submit(action.call.data, sender=maker)
    spent = [market.uses.fx.call("isSpent", maker, nonce) for nonce in (255, 256, 257, 511, 512)]
    assert spent == [False, True, False, True, False]
    assert acts.cancel(suite, maker, [511]).nothing_to_do
    with pytest.raises(InputError, match="several words of 256"):
        acts.cancel(suite, maker, [255, 256])


# Makers


def test_what_makers_can_deliver(market, suite, signed):
    taker, maker = market.taker.address, market.maker.address
    assert makers.inventories(suite) == []
    action = acts.settle(suite, signed(), taker, taker, REF)
    action.contract.submit(action.call.data, sender=taker)
    hkd, usd = makers.inventories(suite, [maker])
    assert (usd.sold, usd.bought, usd.available) == (100 * UNIT, 0, 10**12 - 100 * UNIT)
    assert (hkd.sold, hkd.bought) == (0, 780 * UNIT)
    assert (usd.deliverable, usd.utilisation) == (usd.available, 1)
    market.usd.token.send("approve", market.uses.fx.address, 300 * UNIT, sender=maker)
    usd = makers.inventories(suite)[1]
    assert (usd.deliverable, usd.utilisation) == (300 * UNIT, 2_500)
    named = key(45).address
    market.uses.fx.send("setSigner", maker, True, sender=named)
    empty = [it for it in makers.inventories(suite) if it.maker == named]
    assert [(it.deliverable, it.utilisation) for it in empty] == [(0, 0), (0, 0)]
