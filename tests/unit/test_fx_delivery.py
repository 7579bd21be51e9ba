"""Delivery against payment: a listed asset for a currency, at the price that both sign.

settle, settleFor with an asset on one side
├── when the asset is not listed, delisted, or traded for another asset, or its currency is retired:
│   reverts with NotTradable
├── when the beneficiary may not receive the currency: reverts with BeneficiaryBarred
├── when the asset is what an authorization would pay: reverts with NotPegged
├── when the asset moves less, more, or to its own sender: reverts with AssetMiscounted
├── when either leg fails: neither happens
└── else: both move exactly, whatever the price, and with no feed
"""

from dataclasses import replace

import pytest

from tests.support.refusal import emitted, refused
from tests.support.uses import create
from tests.support.world import REF, key
from tests.unit.fx import WAYS, ZERO, Exchange, fresh_market, moved

REF_HEX = "0x" + REF.hex()
SHARES = 10**18


@pytest.fixture(scope="module")
def opened():
    """A fund share that maker and taker hold, listed, and allowed."""
    market = fresh_market()
    world, fx = market.world, market.uses.fx
    share = create(world, "FundShare", market.maker.address, 10**24)
    share.send("transfer", market.taker.address, 10**23, sender=market.maker.address)
    for owner in (market.maker, market.taker):
        share.send("approve", fx.address, 2**256 - 1, sender=owner.address)
    world.act("GOVERNOR", world.suite.registry, "listAsset", share.address, REF)
    market.price()
    return market, share


@pytest.fixture
def market(opened):
    market, _ = opened
    chain = market.world.chain
    point = chain.snapshot()
    yield market
    chain.restore(point)


@pytest.fixture
def world(market):
    return market.world


@pytest.fixture
def fx(market):
    return market.uses.fx


@pytest.fixture
def share(opened):
    return opened[1]


@pytest.fixture
def exchange(market, share):
    return Exchange(market, {"MMF": share})


@pytest.fixture(params=WAYS)
def way(request):
    return request.param


@pytest.fixture
def sold(market, exchange, share):
    """One share for HKD 1,000."""
    return exchange.quote(sell=share.address, sell_amount=SHARES, buy_amount=1_000_000_000)


@pytest.fixture
def bought(market, exchange, share):
    """HKD 1,000 for one share of the taker's."""
    return exchange.quote(
        sell=market.hkd.token.address,
        buy=share.address,
        sell_amount=1_000_000_000,
        buy_amount=SHARES,
    )


# Both legs


def test_an_asset_is_delivered_against_payment(market, exchange, fx, way, sold):
    """F1: the share and the money, both exactly; F2: nothing stays; F6: the supplies stay."""
    before, supplies = exchange.holdings(), exchange.supplies()
    receipt = exchange.do(way, sold, to=market.taker.address)
    assert moved(before, exchange.holdings()) == {
        ("maker", "MMF"): -SHARES,
        ("taker", "MMF"): SHARES,
        ("taker", "HKD"): -1_000_000_000,
        ("maker", "HKD"): 1_000_000_000,
    }
    assert exchange.supplies() == supplies
    [(name, told)] = emitted(fx, receipt)
    assert (name, told["quote"]) == ("Settled", "0x" + sold.digest(fx).hex())
    assert (told["sell"], told["sellAmount"]) == (sold.sell, SHARES)
    assert (told["to"], told["ref"]) == (market.taker.address, REF_HEX)


def test_an_asset_is_bought_against_payment(market, exchange, bought):
    """F1: the maker pays in currency for the taker's share; the money may go to a third party."""
    before, supplies = exchange.holdings(), exchange.supplies()
    exchange.do("settle", bought)
    assert moved(before, exchange.holdings()) == {
        ("taker", "MMF"): -SHARES,
        ("maker", "MMF"): SHARES,
        ("maker", "HKD"): -1_000_000_000,
        ("supplier", "HKD"): 1_000_000_000,
    }
    assert exchange.supplies() == supplies


@pytest.mark.parametrize("code", ["HKD", "USD"])
@pytest.mark.parametrize("price", [1, 10**11])
def test_the_price_is_the_parties_own(market, exchange, way, share, code, price):
    """F4 binds currencies: an asset has no feed, so neither its age nor a band matters."""
    market.price(-1)
    market.world.chain.warp(30)
    token = exchange.tokens[code]
    quote = exchange.quote(sell=share.address, buy=token.address, sell_amount=1, buy_amount=price)
    before = exchange.holdings()
    exchange.do(way, quote)
    assert moved(before, exchange.holdings()) == {
        ("maker", "MMF"): -1,
        ("supplier", "MMF"): 1,
        ("taker", code): -price,
        ("maker", code): price,
    }


def test_what_was_sent_here_stays_here(market, exchange, share, fx, way, sold):
    """F2: shares that strangers sent are neither used nor moved."""
    share.send("transfer", fx.address, 5, sender=market.maker.address)
    exchange.do(way, sold)
    assert share.call("balanceOf", fx.address) == 5


def test_it_happens_once(market, exchange, way, sold, bought):
    """F3: also across sale and purchase of the same nonce."""
    exchange.do(way, sold)
    for again, quote in (("settle", sold), ("settleFor", sold), ("settle", bought)):
        with refused(market.world, "NonceSpent", maker=quote.maker, nonce=quote.nonce):
            exchange.do(again, quote)


# Neither leg


def test_an_asset_short_of_one_unit_moves_no_money(market, exchange, share, way, sold):
    """F1: the money went first, and comes back."""
    rest = share.call("balanceOf", market.maker.address) - SHARES + 1
    share.send("transfer", key(60).address, rest, sender=market.maker.address)
    evidence = {"sender": market.maker.address, "balance": SHARES - 1, "needed": SHARES}
    with refused(market.world, "ERC20InsufficientBalance", **evidence):
        exchange.do(way, sold)


def test_an_asset_that_is_not_allowed_moves_no_money(market, exchange, share, fx, way, sold):
    """F1: by one unit."""
    share.send("approve", fx.address, SHARES - 1, sender=market.maker.address)
    evidence = {"spender": fx.address, "allowance": SHARES - 1, "needed": SHARES}
    with refused(market.world, "ERC20InsufficientAllowance", **evidence):
        exchange.do(way, sold)
    share.send("approve", fx.address, SHARES, sender=market.maker.address)
    exchange.do(way, sold)


def test_money_that_is_short_moves_no_asset(market, exchange, bought):
    """F1: the asset went first, and comes back."""
    had = market.balance(market.hkd, market.maker.address)
    rest = had - bought.sell_amount + 1
    market.hkd.token.send("transfer", key(60).address, rest, sender=market.maker.address)
    evidence = {"balance": bought.sell_amount - 1, "needed": bought.sell_amount}
    with refused(market.world, "ERC20InsufficientBalance", sender=market.maker.address, **evidence):
        exchange.do("settle", bought)


@pytest.mark.parametrize(
    ("trade", "way"), [("sold", "settle"), ("sold", "settleFor"), ("bought", "settle")]
)
def test_a_pause_of_the_currency_moves_no_asset(request, market, exchange, trade, way):
    """F1: whichever leg comes first."""
    quote = request.getfixturevalue(trade)
    market.world.act("PAUSER", market.hkd.token, "pause", 1, REF)
    with refused(market.world, "Paused", pauses=1):
        exchange.do(way, quote)


# What is not traded


def test_an_unlisted_asset_is_not_delivered(market, exchange, share, way, sold, bought):
    """Neither sold nor bought, from the moment that it is taken off the list."""
    world = market.world
    world.act("PAUSER", world.suite.registry, "delistAsset", share.address, REF)
    for quote in (sold, bought):
        with refused(world, "NotTradable", sell=quote.sell, buy=quote.buy):
            exchange.do(way, quote)


def test_an_asset_is_not_exchanged_for_an_asset(market, exchange, share, way):
    """Also not for itself."""
    world = market.world
    other = create(world, "FundShare", market.taker.address, 10**24)
    world.act("GOVERNOR", world.suite.registry, "listAsset", other.address, REF)
    for sell, buy in ((share, other), (other, share), (share, share)):
        quote = exchange.quote(sell=sell.address, buy=buy.address)
        with refused(world, "NotTradable", sell=quote.sell, buy=quote.buy):
            exchange.do(way, quote)


def test_a_retired_currency_buys_nothing(market, exchange, way, sold, bought):
    world, registry = market.world, market.world.suite.registry
    pair = (market.usd.token.address, market.hkd.token.address)
    world.act("PAUSER", registry, "closePair", *pair, REF)
    world.act("GOVERNOR", registry, "retire", b"HKD", REF)
    for quote in (sold, bought):
        fresh = exchange.quote(sell=quote.sell, buy=quote.buy, sell_amount=1, buy_amount=1)
        with refused(world, "NotTradable", sell=quote.sell, buy=quote.buy):
            exchange.do(way, fresh)


def test_an_authorization_pays_in_currency_only(market, exchange, share, bought):
    """What an asset would call a signed payment is not asked for."""
    with refused(market.world, "NotPegged", token=share.address):
        exchange.do("settleFor", bought)


@pytest.mark.parametrize("way", WAYS)
def test_an_asset_that_comes_back_to_its_sender_is_not_delivered(
    market, exchange, share, way, sold
):
    """F1: nothing arrived."""
    evidence = {"asset": share.address, "delivered": 0, "wanted": SHARES}
    with refused(market.world, "AssetMiscounted", **evidence):
        exchange.do(way, sold, to=market.maker.address)


def test_an_asset_is_not_paid_to_oneself(market, exchange, share, bought):
    """F1: a maker who takes its own purchase gets nothing."""
    evidence = {"asset": share.address, "delivered": 0, "wanted": SHARES}
    with refused(market.world, "AssetMiscounted", **evidence):
        exchange.do("settle", bought, taker=market.maker)


@pytest.mark.parametrize("trade", ["sold", "bought"])
def test_nothing_is_delivered_to_this_contract(request, market, exchange, fx, trade):
    """F2: it could not give it back."""
    with refused(market.world, "InvalidQuote"):
        exchange.do("settle", request.getfixturevalue(trade), to=fx.address)


# Who is barred


def bar(market, account, state):
    """In the currency that pays."""
    world, token = market.world, market.hkd.token
    if state == "blacklisted":
        world.act("BLACKLISTER", token, "blacklist", [account], REF)
    elif state == "frozen":
        world.act("FREEZER", token, "freeze", [account], REF)
    else:
        everybody = [getattr(market, n).address for n in ("maker", "taker", "supplier")]
        world.act("VERIFIER", token, "verify", [a for a in everybody if a != account], REF)
        world.act("PAUSER", token, "enterAllowListMode", REF)


TRADES = [("sold", "settle"), ("sold", "settleFor"), ("bought", "settle")]


@pytest.mark.req("HK-53")
@pytest.mark.parametrize("state", ["blacklisted", "unverified"])
@pytest.mark.parametrize(("trade", "way"), TRADES)
def test_a_barred_beneficiary_takes_no_delivery(request, market, exchange, trade, way, state):
    """An asset does not know who is barred, the currency that pays for it does."""
    quote, to = request.getfixturevalue(trade), market.supplier.address
    bar(market, to, state)
    with refused(market.world, "BeneficiaryBarred", to=to):
        exchange.do(way, quote)
    assert not exchange.spent(quote)


@pytest.mark.parametrize(("trade", "way"), TRADES)
def test_nobody_takes_no_delivery(request, market, exchange, trade, way):
    """Address zero and the currency itself have no account in it."""
    quote = request.getfixturevalue(trade)
    for to in (ZERO, market.hkd.token.address):
        with refused(market.world, "BeneficiaryBarred", to=to):
            exchange.do(way, quote, to=to)


def test_a_frozen_beneficiary_may_receive(market, exchange, way, sold):
    bar(market, market.supplier.address, "frozen")
    exchange.do(way, sold)
    assert exchange.holdings()["supplier", "MMF"] == SHARES


@pytest.mark.req("HK-53")
@pytest.mark.parametrize("state", ["frozen", "blacklisted"])
@pytest.mark.parametrize(
    ("trade", "way", "party"),
    [
        ("sold", "settle", "taker"),
        ("sold", "settleFor", "taker"),
        ("bought", "settle", "maker"),
    ],
)
def test_who_may_not_pay_gets_no_asset(request, market, exchange, trade, way, party, state):
    """F1: the asset stays with its owner."""
    quote, account = request.getfixturevalue(trade), getattr(market, party).address
    bar(market, account, state)
    error = "FrozenAccount" if state == "frozen" else "BlacklistedAccount"
    with refused(market.world, error, account=account):
        exchange.do(way, quote)


@pytest.mark.req("HK-53")
def test_a_blacklisted_maker_sells_no_asset(market, exchange, way, sold):
    """F1: it could not be paid."""
    account = market.maker.address
    bar(market, account, "blacklisted")
    with refused(market.world, "BlacklistedAccount", account=account):
        exchange.do(way, sold)


@pytest.mark.parametrize("state", ["blacklisted", "unverified"])
def test_a_barred_taker_sells_no_asset_either(market, exchange, bought, state):
    """Who may not have the currency does not have it paid to somebody else for its asset."""
    account = market.taker.address
    bar(market, account, state)
    with refused(market.world, "BeneficiaryBarred", to=account):
        exchange.do("settle", bought)


def test_a_hot_key_signs_no_delivery(market, exchange, fx, way, sold):
    """It is bounded by the band, and an asset has none: it could give all away for a unit."""
    hot = key(60)
    fx.send("setSigner", hot.address, True, sender=market.maker.address)
    cheap = replace(sold, buy_amount=1)
    signature = exchange.signed(cheap, hot)
    assert fx.call("check", cheap.values(), signature, market.taker.address) & 32
    with refused(market.world, "InvalidQuoteSignature", maker=market.maker.address):
        exchange.do(way, cheap, signature=signature)
