"""Payment against payment: both legs at a signed quote, or nothing.

settle, paid by the taker's allowance; settleFor, paid by the taker's signature
├── when the deadline has passed: reverts with QuoteExpired, whatever was paused meanwhile
├── when the quote names another taker: reverts with WrongTaker
├── when an amount is zero, or the contract would be paid: reverts with InvalidQuote
├── when the pair is closed: reverts with NotTradable
├── when the feed's answer is old, from the future, not positive or no price: reverts with RateStale
├── when the rate is outside the band, by whomever signed: reverts with RateOutOfBand
├── when neither the maker nor its signer signed exactly this: reverts with InvalidQuoteSignature
├── when the nonce is settled or cancelled: reverts with NonceSpent
├── when a party may not, or has not enough, or a token is paused: reverts as the token does
├── when an authorization names anything else: reverts as the token does
└── else: both legs move exactly, nothing stays, and the nonce is spent

cancel
└── voids the caller's nonces of one word, and no others

setSigner
├── lets a key sign the caller's quotes, and cancel nothing
└── takes it back
"""

from dataclasses import replace
from itertools import product

import pytest
from eth_utils import keccak

from pegboard.signing import cancellation
from tests.support.refusal import emitted, refused
from tests.support.signed import ORDER
from tests.support.uses import BAND, MAX_AGE, RATE, create, sign
from tests.support.world import REF, key
from tests.unit.fx import DIRECTIONS, WAYS, ZERO, Exchange, fresh_market, moved

REF_HEX = "0x" + REF.hex()
USD, HKD = 100_000_000, 780_000_000


@pytest.fixture
def world(market):
    return market.world


@pytest.fixture
def exchange(market):
    return Exchange(market)


@pytest.fixture
def fx(market):
    return market.uses.fx


@pytest.fixture(params=WAYS)
def way(request):
    return request.param


@pytest.fixture(params=DIRECTIONS)
def direction(request):
    return request.param


def coins(direction):
    """(sold, its code, bought, its code)"""
    return (USD, "USD", HKD, "HKD") if direction == "base" else (HKD, "HKD", USD, "USD")


# F1, F2, F6: both legs, and nothing else


def test_both_legs_move_exactly(market, exchange, fx, way, direction):
    """F1: the supplier gets what the maker sells, the maker what the taker pays, to the unit.

    F2: the contract keeps nothing. F6: the supplies stay.
    """
    quote = exchange.quote(direction)
    before, supplies = exchange.holdings(), exchange.supplies()
    receipt = exchange.do(way, quote)
    sold, out, bought, back = coins(direction)
    assert moved(before, exchange.holdings()) == {
        ("maker", out): -sold,
        ("supplier", out): sold,
        ("taker", back): -bought,
        ("maker", back): bought,
    }
    assert exchange.supplies() == supplies
    assert exchange.holdings()["FxSettle", "HKD"] == exchange.holdings()["FxSettle", "USD"] == 0
    assert emitted(fx, receipt) == [
        (
            "Settled",
            {
                "quote": "0x" + quote.digest(fx).hex(),
                "maker": market.maker.address,
                "ref": REF_HEX,
                "taker": market.taker.address,
                "to": market.supplier.address,
                "sell": quote.sell,
                "buy": quote.buy,
                "sellAmount": sold,
                "buyAmount": bought,
            },
        )
    ]


@pytest.mark.parametrize("to", ["taker", "maker"])
def test_who_trades_may_take_delivery(market, exchange, way, direction, to):
    """F1: also where two of the parties are one."""
    sold, out, bought, back = coins(direction)
    before = exchange.holdings()
    exchange.do(way, exchange.quote(direction), to=getattr(market, to).address)
    wanted = {("taker", back): -bought, ("maker", back): bought}
    if to == "taker":
        wanted |= {("maker", out): -sold, ("taker", out): sold}
    assert moved(before, exchange.holdings()) == wanted


def test_a_maker_may_take_its_own_quote(market, exchange, way, direction):
    """F1: nothing moves in sum. F3: the nonce is spent all the same."""
    quote, before = exchange.quote(direction), exchange.holdings()
    exchange.do(way, quote, taker=market.maker, to=market.maker.address)
    assert moved(before, exchange.holdings()) == {}
    assert exchange.spent(quote)


def test_what_strangers_sent_here_stays_here(market, exchange, fx, way, direction):
    """F2: a settlement neither uses nor moves it."""
    for peg, value in ((market.hkd, 5), (market.usd, 10**12)):
        market.world.fund(fx.address, value, peg=peg)
    exchange.do(way, exchange.quote(direction))
    held = exchange.holdings()
    assert (held["FxSettle", "HKD"], held["FxSettle", "USD"]) == (5, 10**12)


def test_allowances_are_used_exactly(market, exchange, fx, way, direction):
    """F1: the maker's by what it sells; the taker's by what it pays, or not at all by signature."""
    quote = exchange.quote(direction)
    sold, bought = exchange.currency(quote.sell).token, exchange.currency(quote.buy).token
    sold.send("approve", fx.address, quote.sell_amount, sender=quote.maker)
    bought.send("approve", fx.address, quote.buy_amount + 1, sender=market.taker.address)
    exchange.do(way, quote)
    assert sold.call("allowance", quote.maker, fx.address) == 0
    left = bought.call("allowance", market.taker.address, fx.address)
    assert left == (1 if way == "settle" else quote.buy_amount + 1)


@pytest.mark.parametrize("side", ["maker", "taker"])
def test_one_unit_too_little_moves_nothing(market, exchange, way, direction, side):
    """F1: none, where one leg cannot. F3: the nonce is unused, and settles once there is enough."""
    quote = exchange.quote(direction)
    account = getattr(market, side)
    token, needed = (
        (quote.sell, quote.sell_amount) if side == "maker" else (quote.buy, quote.buy_amount)
    )
    peg = exchange.currency(token)
    rest = market.balance(peg, account.address) - needed + 1
    peg.token.send("transfer", key(60).address, rest, sender=account.address)
    evidence = {"sender": account.address, "balance": needed - 1, "needed": needed}
    with refused(market.world, "ERC20InsufficientBalance", **evidence):
        exchange.do(way, quote)
    assert not exchange.spent(quote)
    peg.token.send("transfer", account.address, 1, sender=key(60).address)
    exchange.do(way, quote)
    # What one party ran out of, the other leg may have brought.
    assert exchange.spent(quote)


@pytest.mark.parametrize(
    ("way", "side"), [("settle", "maker"), ("settle", "taker"), ("settleFor", "maker")]
)
def test_one_unit_too_little_allowed_moves_nothing(market, exchange, fx, way, direction, side):
    """F1: none, where one leg is not allowed."""
    quote = exchange.quote(direction)
    account = getattr(market, side)
    token, needed = (
        (quote.sell, quote.sell_amount) if side == "maker" else (quote.buy, quote.buy_amount)
    )
    contract = exchange.currency(token).token
    contract.send("approve", fx.address, needed - 1, sender=account.address)
    evidence = {"spender": fx.address, "allowance": needed - 1, "needed": needed}
    with refused(market.world, "ERC20InsufficientAllowance", **evidence):
        exchange.do(way, quote)
    contract.send("approve", fx.address, needed, sender=account.address)
    exchange.do(way, quote)


# F3: once


@pytest.mark.parametrize("second", [*WAYS, "cancelled"])
def test_a_nonce_settles_once(market, exchange, fx, way, direction, second):
    """F3: not again in either way; cancelling what is settled changes nothing."""
    quote = exchange.quote(direction)
    exchange.do(way, quote)
    again = second
    if second == "cancelled":
        fx.send("cancel", 0, 1 << quote.nonce, sender=quote.maker)
        again = way
    with refused(market.world, "NonceSpent", maker=quote.maker, nonce=quote.nonce):
        exchange.do(again, quote)


def test_two_quotes_of_a_nonce_settle_one(market, exchange, way):
    """F3: whatever their terms."""
    exchange.do(way, exchange.quote("base"))
    other = exchange.quote("quote", deadline=market.now + 99)
    with refused(market.world, "NonceSpent", maker=other.maker, nonce=other.nonce):
        exchange.do(way, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(0, 1), (0, 255), (255, 256), (7, 263), (2**256 - 1, 2**256 - 2), (0, 2**255)],
)
def test_nonces_next_to_each_other_are_apart(market, exchange, fx, way, one, other):
    """F3: bits and words never meet, and what was spent stays spent when its neighbour is."""
    first, second = (exchange.quote(nonce=nonce) for nonce in (one, other))
    exchange.do(way, first)
    assert (exchange.spent(first), exchange.spent(second)) == (True, False)
    exchange.do(way, second)
    for quote in (first, second):
        with refused(market.world, "NonceSpent", maker=quote.maker, nonce=quote.nonce):
            exchange.do(way, quote)
    assert fx.call("isSpent", market.taker.address, one) is False


def test_what_is_cancelled_stays_so_when_its_neighbour_settles(market, exchange, fx, way):
    """F3: and what is settled stays so when its neighbour is cancelled."""
    void, settled, last = (exchange.quote(nonce=nonce) for nonce in (0, 7, 255))
    fx.send("cancel", 0, 1, sender=market.maker.address)
    exchange.do(way, settled)
    fx.send("cancel", 0, 1 << 255, sender=market.maker.address)
    for quote in (void, settled, last):
        with refused(market.world, "NonceSpent", maker=quote.maker, nonce=quote.nonce):
            exchange.do(way, quote)


@pytest.mark.parametrize("nonce", [0, 7, 255, 256, 2**256 - 1])
def test_a_cancelled_nonce_does_not_settle(market, exchange, fx, way, nonce):
    """F3: cancelled is spent."""
    quote = exchange.quote(nonce=nonce)
    word, mask = nonce >> 8, 1 << (nonce & 255)
    receipt = fx.send("cancel", word, mask, sender=quote.maker)
    told = {"maker": quote.maker, "word": word, "mask": mask}
    assert emitted(fx, receipt) == [("NoncesCancelled", told)]
    with refused(market.world, "NonceSpent", maker=quote.maker, nonce=nonce):
        exchange.do(way, quote)


def test_a_mask_voids_its_own_bits_only(market, exchange, fx):
    """F3: one word of one maker; what was void stays void."""
    maker = market.maker.address
    fx.send("cancel", 1, 0b101, sender=maker)
    fx.send("cancel", 1, 0b010, sender=maker)
    fx.send("cancel", 1, 0, sender=maker)
    void = [n for n in range(1024) if fx.call("isSpent", maker, n)]
    assert void == [256, 257, 258]
    fx.send("cancel", 2, 2**256 - 1, sender=maker)
    assert [n for n in range(1024) if fx.call("isSpent", maker, n)] == [*void, *range(512, 768)]
    for stranger in (market.taker.address, ZERO):
        assert not any(fx.call("isSpent", stranger, n) for n in range(256, 768))


def test_only_the_maker_cancels(market, exchange, fx, way):
    """F3: not the taker, nor a signer of the maker."""
    hot = key(60)
    fx.send("setSigner", hot.address, True, sender=market.maker.address)
    for other in (market.taker, hot):
        fx.send("cancel", 0, 2**256 - 1, sender=other.address)
    exchange.do(way, exchange.quote())


# Who signs


def altered(market, share):
    """One field each that differs from the quote of `Exchange.quote`."""
    return {
        "maker": market.financier.address,
        "taker": market.taker.address,
        "sell": share.address,
        "buy": share.address,
        "sell_amount": USD + 1,
        "buy_amount": HKD + 1,
        "deadline": market.now + 61,
        "nonce": 8,
    }


@pytest.mark.parametrize(
    "name", ["maker", "taker", "sell", "buy", "sell_amount", "buy_amount", "deadline", "nonce"]
)
def test_a_signature_is_bound_to_every_field(market, exchange, way, name):
    """F1: nobody sells what the maker has not signed."""
    world = market.world
    share = create(world, "FundShare", market.maker.address, 10**12)
    world.act("GOVERNOR", world.suite.registry, "listAsset", share.address, REF)
    market.price()
    quote = exchange.quote()
    other = replace(quote, **{name: altered(market, share)[name]})
    with refused(world, "InvalidQuoteSignature", maker=other.maker):
        exchange.do(way, other, signature=exchange.signed(quote))


def wrong_signatures(market, quote):
    fx, maker = market.uses.fx, market.maker
    good = sign(maker, quote.signable(fx))
    flipped = (ORDER - int.from_bytes(good[32:64])).to_bytes(32)
    elsewhere = fx.at(market.uses.checkout.address)
    return {
        "nobody's": b"",
        "a stranger's": sign(key(60), quote.signable(fx)),
        "the taker's": sign(market.taker, quote.signable(fx)),
        "short": good[:-1],
        "long": good + b"\0",
        "high s": good[:32] + flipped + bytes([55 - good[64]]),
        "v of 0 or 1": good[:64] + bytes([good[64] - 27]),
        "for another contract": sign(maker, quote.signable(elsewhere)),
        "zeros": bytes(65),
    }


@pytest.mark.parametrize(
    "fault",
    [
        *("nobody's", "a stranger's", "the taker's", "short", "long", "high s", "v of 0 or 1"),
        *("for another contract", "zeros"),
    ],
)
def test_refuses_other_signatures(market, exchange, way, fault):
    """F1: one form of the maker's own signature, over this contract's domain."""
    quote = exchange.quote()
    with refused(market.world, "InvalidQuoteSignature", maker=quote.maker):
        exchange.do(way, quote, signature=wrong_signatures(market, quote)[fault])


def test_address_zero_makes_nothing(market, exchange, fx, way):
    """F1: a signature that recovers nobody is not address zero's, nor that of signer zero."""
    fx.send("setSigner", ZERO, True, sender=market.maker.address)
    for quote in (exchange.quote(maker=ZERO), exchange.quote()):
        for signature in (b"", bytes(65), b"\1" * 64 + b"\x1d"):
            with refused(market.world, "InvalidQuoteSignature", maker=quote.maker):
                exchange.do(way, quote, signature=signature)


def test_a_hot_key_signs_while_it_is_set(market, exchange, fx, way, direction):
    """F1: for this maker only."""
    hot, quote = key(60), exchange.quote(direction)
    made = exchange.signed(quote, hot)
    fx.send("setSigner", hot.address, True, sender=market.financier.address)
    with refused(market.world, "InvalidQuoteSignature", maker=quote.maker):
        exchange.do(way, quote, signature=made)
    for allowed in (True, False):
        receipt = fx.send("setSigner", hot.address, allowed, sender=market.maker.address)
        told = {"maker": market.maker.address, "signer": hot.address, "allowed": allowed}
        assert emitted(fx, receipt) == [("SignerSet", told)]
        assert fx.call("isSignerOf", market.maker.address, hot.address) is allowed
        assert fx.call("isSignerOf", market.financier.address, hot.address) is True
        if not allowed:
            with refused(market.world, "InvalidQuoteSignature", maker=quote.maker):
                exchange.do(way, quote, signature=made)
            return
        before = exchange.holdings()
        exchange.do(
            way, replace(quote, nonce=8), signature=exchange.signed(replace(quote, nonce=8), hot)
        )
        assert moved(before, exchange.holdings())["maker", coins(direction)[1]] < 0


@pytest.fixture
def wallet(market, fx):
    """A contract wallet with both currencies, both allowed, and the stranger's key."""
    made = create(market.world, "SmartWallet", key(60).address)
    for peg in (market.hkd, market.usd):
        market.world.fund(made.address, 10**10, peg=peg)
        data = peg.token.encode("approve", fx.address, 2**256 - 1)
        made.send("execute", peg.token.address, data, sender=key(60).address)
    market.price()
    return made


def test_a_contract_wallet_makes(market, exchange, wallet, way, direction):
    """F1: ERC-1271 where no key is the maker."""
    exchange.others = {"wallet": wallet.address}
    quote = exchange.quote(direction, maker=wallet.address)
    sold, out, bought, back = coins(direction)
    before = exchange.holdings()
    exchange.do(way, quote, signature=exchange.signed(quote, key(60)))
    assert moved(before, exchange.holdings()) == {
        ("wallet", out): -sold,
        ("supplier", out): sold,
        ("taker", back): -bought,
        ("wallet", back): bought,
    }


@pytest.mark.parametrize("manner", [1, 3, 4])
def test_a_wallet_that_says_no_makes_nothing(market, exchange, wallet, way, manner):
    """F1: the whole word must be the magic one, and what a revert says is no answer."""
    wallet.send("behave", manner, sender=key(60).address)
    quote = exchange.quote(maker=wallet.address)
    with refused(market.world, "InvalidQuoteSignature", maker=wallet.address):
        exchange.do(way, quote, signature=exchange.signed(quote, key(60)))


def test_a_wallets_hot_key_signs(market, exchange, fx, wallet, way):
    """F1: set by the wallet itself; its owner's key alone is no key of the quote."""
    quote = exchange.quote(maker=wallet.address)
    made = exchange.signed(quote, key(61))
    with refused(market.world, "InvalidQuoteSignature", maker=wallet.address):
        exchange.do(way, quote, signature=made)
    data = fx.encode("setSigner", key(61).address, True)
    wallet.send("execute", fx.address, data, sender=key(60).address)
    exchange.do(way, quote, signature=made)


def test_a_contract_wallet_takes(market, exchange, fx, wallet, way, direction):
    """F1: by calling, or by ERC-1271."""
    exchange.others = {"wallet": wallet.address}
    quote = exchange.quote(direction, taker=wallet.address)
    made, to = exchange.signed(quote), market.supplier.address
    before = exchange.holdings()
    if way == "settle":
        data = fx.encode("settle", quote.values(), made, to, REF)
        wallet.send("execute", fx.address, data, sender=key(60).address)
    else:
        payment = quote.payment(fx, wallet.address, to, REF)
        token = exchange.currency(quote.buy).token
        paid = sign(key(60), payment.signable(token, "ReceiveWithAuthorization"))
        values = (quote.values(), made, wallet.address, to, REF, paid)
        fx.send("settleFor", *values, sender=market.relayer.address)
    sold, out, bought, back = coins(direction)
    assert moved(before, exchange.holdings()) == {
        ("maker", out): -sold,
        ("supplier", out): sold,
        ("wallet", back): -bought,
        ("maker", back): bought,
    }


@pytest.mark.parametrize(
    ("way", "party"), [("settle", "maker"), ("settleFor", "maker"), ("settleFor", "taker")]
)
def test_an_account_that_delegates_to_code_signs_with_its_key(way, party):
    """F1: ECDSA comes first, so EIP-7702 breaks no quote and no payment."""
    market = fresh_market()
    target = create(market.world, "SmartWallet", key(60).address)
    code = bytes.fromhex("ef0100" + target.address[2:])
    market.world.chain.put_code(getattr(market, party).address, code)
    exchange = Exchange(market)
    before = exchange.holdings()
    exchange.do(way, exchange.quote())
    assert moved(before, exchange.holdings())["supplier", "USD"] == USD


# When, for whom, what


def test_settles_until_its_deadline(market, exchange, way, direction):
    """F3: the last second counts, one more does not."""
    quote = exchange.quote(direction)
    world = market.world
    world.chain.warp(quote.deadline - market.now + 1)
    with refused(world, "QuoteExpired", deadline=quote.deadline):
        exchange.do(way, quote)
    world.chain.warp(-1)
    exchange.do(way, quote)


def test_a_pause_does_not_extend_it(market, exchange, way):
    """A stale price must die."""
    quote, world = exchange.quote(), market.world
    for peg in (market.hkd, market.usd):
        world.act("PAUSER", peg.token, "pause", 15, REF)
    world.chain.warp(61)
    for peg in (market.hkd, market.usd):
        world.act("RESUMER", peg.token, "resume", 15, REF, 1)
    market.price()
    with refused(world, "QuoteExpired", deadline=quote.deadline):
        exchange.do(way, quote)


def test_the_latest_deadline_overflows_nothing(exchange, way):
    exchange.do(way, exchange.quote(deadline=2**48 - 1))


def test_a_named_taker_alone_takes(market, exchange, way):
    quote = exchange.quote(taker=market.taker.address)
    evidence = {"taker": market.buyer.address, "wanted": market.taker.address}
    with refused(market.world, "WrongTaker", **evidence):
        exchange.do(way, quote, taker=market.buyer)
    exchange.do(way, quote)


@pytest.mark.parametrize("zero", [{"sell_amount": 0}, {"buy_amount": 0}, {"to": "fx"}], ids=str)
def test_refuses_what_is_no_exchange(market, exchange, fx, way, direction, zero):
    """F2: something for something, and not to this contract."""
    to = fx.address if "to" in zero else market.supplier.address
    changes = {name: value for name, value in zero.items() if name != "to"}
    with refused(market.world, "InvalidQuote"):
        exchange.do(way, exchange.quote(direction, **changes), to=to)


@pytest.mark.parametrize("place", ["zero", "token"])
def test_refuses_beneficiaries_without_account(market, exchange, way, direction, place):
    """F1: nothing is sent where it would be lost."""
    quote = exchange.quote(direction)
    to = ZERO if place == "zero" else quote.sell
    with refused(market.world, "ERC20InvalidReceiver", receiver=to):
        exchange.do(way, quote, to=to)


def test_what_is_off_the_board_is_not_exchanged(market, exchange, way, direction):
    """F4: a closed pair, and a token against itself."""
    world, registry = market.world, market.world.suite.registry
    pair = (market.usd.token.address, market.hkd.token.address)
    for token in pair:
        quote = exchange.quote(sell=token, buy=token)
        with refused(world, "NotTradable", sell=token, buy=token):
            exchange.do(way, quote)
    world.act("PAUSER", registry, "closePair", *pair, REF)
    quote = exchange.quote(direction)
    with refused(world, "NotTradable", sell=quote.sell, buy=quote.buy):
        exchange.do(way, quote)
    world.act("GOVERNOR", registry, "openPair", *pair, market.rate.address, MAX_AGE, BAND, REF)
    market.price()
    exchange.do(way, exchange.quote(direction))


@pytest.mark.parametrize("member", range(7))
def test_refuses_dirty_members(market, exchange, fx, way, member):
    """A quote is hashed as it stands in calldata, so what stands there must be clean."""
    quote, to = exchange.quote(), market.supplier.address
    values = [quote.values(), exchange.signed(quote), to, REF]
    if way == "settleFor":
        values.insert(2, market.taker.address)
        values.append(exchange.paid(quote, market.taker, to))
    data = bytearray(fx.encode(way, *values))
    data[4 + 32 * member] = 1
    with refused(market.world, ""):
        fx.submit(bytes(data), sender=market.taker.address)


# F4: the feed and the band


def test_the_feed_may_be_as_old_as_the_pair_says(market, exchange, way, direction):
    """F4: at maxAge it is fresh, one second later it is stale, whoever signs."""
    world, told = market.world, market.now
    world.chain.warp(MAX_AGE + 1)
    stale = {
        "feed": market.rate.address,
        "answer": RATE,
        "updatedAt": told,
        "maxAge": MAX_AGE,
    }
    with refused(world, "RateStale", **stale):
        exchange.do(way, exchange.quote(direction))
    world.chain.warp(-1)
    exchange.do(way, exchange.quote(direction))


@pytest.mark.parametrize("answer", [0, -1, -(2**200), 2**192, 2**215 - 1])
def test_refuses_what_is_no_price(market, exchange, way, direction, answer):
    """F4: zero, negative, or beyond what can be compared."""
    market.price(answer)
    evidence = {"answer": answer, "updatedAt": market.now, "maxAge": MAX_AGE}
    with refused(market.world, "RateStale", feed=market.rate.address, **evidence):
        exchange.do(way, exchange.quote(direction))


@pytest.mark.parametrize("ahead", [1, 2**39])
def test_refuses_a_price_from_the_future(market, exchange, way, direction, ahead):
    """F4: also one that is far ahead."""
    told = market.now + ahead
    market.price(RATE, told)
    evidence = {"answer": RATE, "updatedAt": told, "maxAge": MAX_AGE}
    with refused(market.world, "RateStale", feed=market.rate.address, **evidence):
        exchange.do(way, exchange.quote(direction))


def test_a_feed_that_fails_stops_the_exchange(market, exchange, way, direction):
    """F4: one that reverts, and one that answers too little, are no price."""
    world, registry = market.world, market.world.suite.registry
    for name, error, evidence in (
        ("LooseFeed", "Error", {"reason": "feed is broken"}),
        ("ShortFeed", "", {}),
    ):
        feed = create(world, name)
        if name == "LooseFeed":
            feed.send("setBroken", True, sender=market.relayer.address)
        pair = (market.usd.token.address, market.hkd.token.address)
        world.act("GOVERNOR", registry, "openPair", *pair, feed.address, MAX_AGE, BAND, REF)
        with refused(world, error, **evidence):
            exchange.do(way, exchange.quote(direction))


#: USD 100 at 7.80 with 65 bps is 774.93 to 785.07 HKD.
LEAST, MOST = 774_930_000, 785_070_000


@pytest.mark.parametrize(("hkd", "fits"), [(LEAST, 1), (LEAST - 1, 0), (MOST, 1), (MOST + 1, 0)])
def test_the_edges_of_the_band_belong_to_it(market, exchange, way, direction, hkd, fits):
    """F4: to the unit, in both directions."""
    amount = "buy_amount" if direction == "base" else "sell_amount"
    quote = exchange.quote(direction, **{amount: hkd})
    if not fits:
        with refused(market.world, "RateOutOfBand", answer=RATE, bandBps=BAND):
            exchange.do(way, quote)
        return
    before = exchange.holdings()
    exchange.do(way, quote)
    party = "taker" if direction == "base" else "maker"
    assert moved(before, exchange.holdings())[party, "HKD"] == -hkd


@pytest.mark.parametrize("thief", ["the maker's key", "a hot key"])
@pytest.mark.parametrize("hkd", [850_000_000, 700_000_000, 1, 10**12])
def test_a_stolen_key_cannot_leave_the_band(market, exchange, fx, way, direction, thief, hkd):
    """F4: HKD 8.50 for a dollar is refused, and so is 7.00, whoever holds the maker's keys."""
    hot = key(60)
    fx.send("setSigner", hot.address, True, sender=market.maker.address)
    amount = "buy_amount" if direction == "base" else "sell_amount"
    quote = exchange.quote(direction, **{amount: hkd})
    made = exchange.signed(quote, hot if thief == "a hot key" else None)
    with refused(market.world, "RateOutOfBand", answer=RATE, bandBps=BAND):
        exchange.do(way, quote, signature=made)


def test_a_narrower_band_binds_quotes_that_are_out(market, exchange, way, direction):
    """F4: the band at settlement counts, not the one at signing."""
    amount = "buy_amount" if direction == "base" else "sell_amount"
    quote, world = exchange.quote(direction, **{amount: MOST}), market.world
    pair = (market.usd.token.address, market.hkd.token.address)
    world.act("PAUSER", world.suite.registry, "narrowPair", *pair, MAX_AGE, BAND - 1, REF)
    with refused(world, "RateOutOfBand", answer=RATE, bandBps=BAND - 1):
        exchange.do(way, quote)


def test_the_price_at_settlement_counts(market, exchange, way, direction):
    """F4: a quote that was fair when it was signed is refused once the price has moved."""
    quote = exchange.quote(direction)
    market.price(RATE + RATE // 100)
    with refused(market.world, "RateOutOfBand", answer=RATE + RATE // 100, bandBps=BAND):
        exchange.do(way, quote)
    market.price(RATE)
    exchange.do(way, quote)


# F5: what the taker has signed


def misnamed(exchange, market, quote):
    """Signed payments that differ from what is submitted in one respect."""
    fx, taker, to = exchange.fx, market.taker, market.supplier.address
    token = exchange.currency(quote.buy).token
    payment = quote.payment(fx, taker.address, to, REF)
    other = replace(quote, nonce=9)

    def paid(authorization, by=taker, kind="ReceiveWithAuthorization"):
        return sign(by, authorization.signable(token, kind))

    wrong_token = exchange.currency(quote.sell).token
    return {
        "another beneficiary": paid(quote.payment(fx, taker.address, key(60).address, REF)),
        "the taker as beneficiary": paid(quote.payment(fx, taker.address, taker.address, REF)),
        "another reference": paid(quote.payment(fx, taker.address, to, keccak(b"other"))),
        "no reference": paid(quote.payment(fx, taker.address, to, bytes(32))),
        "another quote": paid(other.payment(fx, taker.address, to, REF)),
        "another value": paid(replace(payment, value=payment.value - 1)),
        "another payee": paid(replace(payment, to=market.uses.checkout.address)),
        "an earlier end": paid(replace(payment, valid_before=payment.valid_before - 1)),
        "a later end": paid(replace(payment, valid_before=payment.valid_before + 1)),
        "another begin": paid(replace(payment, valid_after=1)),
        "a transfer": paid(payment, kind="TransferWithAuthorization"),
        "another payer's key": paid(payment, by=market.buyer),
        "another currency": sign(taker, payment.signable(wrong_token, "ReceiveWithAuthorization")),
        "nothing": b"",
    }


MISNAMED = (
    *("another beneficiary", "the taker as beneficiary", "another reference", "no reference"),
    *("another quote", "another value", "another payee", "an earlier end", "a later end"),
    *("another begin", "a transfer", "another payer's key", "another currency", "nothing"),
)


@pytest.mark.parametrize("fault", MISNAMED)
def test_an_authorization_pays_for_what_it_names_only(market, exchange, fx, direction, fault):
    """F5: this quote, this beneficiary, this reference; then the taker's nonce is unused, too."""
    quote, taker = exchange.quote(direction), market.taker.address
    paid = misnamed(exchange, market, quote)[fault]
    values = (quote.values(), exchange.signed(quote), taker, market.supplier.address, REF, paid)
    with refused(market.world, "InvalidSignature", signer=taker):
        fx.send("settleFor", *values, sender=market.relayer.address)


@pytest.mark.parametrize("field", ["taker", "to", "ref"])
def test_a_relayer_cannot_turn_it(market, exchange, fx, direction, field):
    """F5: not to itself, not for another, not under another reference."""
    quote, thief = exchange.quote(direction), market.relayer.address
    call = {"taker": market.taker.address, "to": market.supplier.address, "ref": REF}
    paid = exchange.paid(quote, market.taker, call["to"])
    call[field] = keccak(b"other") if field == "ref" else thief
    values = (quote.values(), exchange.signed(quote), *call.values(), paid)
    with refused(market.world, "InvalidSignature", signer=call["taker"]):
        fx.send("settleFor", *values, sender=thief)


def test_the_nonce_of_a_payment_is_its_terms(market, exchange, fx):
    """F5: what the contract asks for is what a wallet computes, and every part of it counts."""
    quote, to = exchange.quote(), market.supplier.address
    digest = quote.digest(fx)
    seen = set()
    for one, other, ref in product(
        (digest, keccak(digest)), (to, ZERO, market.taker.address), (REF, bytes(32))
    ):
        answer = fx.call("authorizationNonce", one, other, ref)
        word = one + bytes(12) + bytes.fromhex(other[2:]) + ref
        assert answer == "0x" + keccak(word).hex()
        seen.add(answer)
    assert len(seen) == 12
    payment = quote.payment(fx, market.taker.address, to, REF)
    assert fx.call("authorizationNonce", digest, to, REF) == "0x" + payment.nonce.hex()


def test_what_the_taker_has_cancelled_is_not_paid(market, exchange, fx):
    """F5: cancelled at the token; the maker's nonce stays unused, and the taker can still call."""
    quote, taker = exchange.quote(), market.taker
    nonce = quote.payment(fx, taker.address, market.supplier.address, REF).nonce
    token = market.hkd.token
    signature = sign(taker, cancellation(token, taker.address, nonce))
    verb = "cancelAuthorization(address,bytes32,bytes)"
    token.send(verb, taker.address, nonce, signature, sender=market.relayer.address)
    evidence = {"authorizer": taker.address, "nonce": "0x" + nonce.hex()}
    with refused(market.world, "AuthorizationSpent", **evidence):
        exchange.do("settleFor", quote)
    exchange.do("settle", quote)


def test_any_relayer_may_submit_it(market, exchange, fx):
    """F5: also one who is barred in both currencies: it pays nothing but gas."""
    for peg in (market.hkd, market.usd):
        market.world.act("BLACKLISTER", peg.token, "blacklist", [market.relayer.address], REF)
    before = exchange.holdings()
    exchange.do("settleFor", exchange.quote())
    assert moved(before, exchange.holdings())["supplier", "USD"] == USD


# Freeze and pause

#: (party, what it does with which leg) -> the states in which it may not.
NOT_ALLOWED = {
    ("maker", "sell"): ("frozen", "blacklisted", "held", "unverified"),
    ("maker", "buy"): ("blacklisted", "unverified"),
    ("taker", "buy"): ("frozen", "blacklisted", "held", "unverified"),
    ("supplier", "sell"): ("blacklisted", "unverified"),
}
STATES = ("frozen", "blacklisted", "held", "unverified")


def put(exchange, token, account, state):
    """Puts one account of a currency into a state, in which nobody else is."""
    market, world = exchange.market, exchange.market.world
    if state == "frozen":
        world.act("FREEZER", token, "freeze", [account], REF)
    elif state == "blacklisted":
        world.act("BLACKLISTER", token, "blacklist", [account], REF)
    elif state == "held":
        world.act("FREEZER", token, "hold", account, 2**100, REF)
    else:
        everybody = [getattr(market, name).address for name in ("maker", "taker", "supplier")]
        world.act("VERIFIER", token, "verify", [a for a in everybody if a != account], REF)
        world.act("PAUSER", token, "enterAllowListMode", REF)


def as_told(state, account, needed):
    """The token's refusal."""
    return {
        "frozen": ("FrozenAccount", {"account": account}),
        "blacklisted": ("BlacklistedAccount", {"account": account}),
        "unverified": ("UnverifiedAccount", {"account": account}),
        "held": (
            "ERC7943InsufficientUnfrozenBalance",
            {"account": account, "amount": needed, "unfrozen": 0},
        ),
    }[state]


@pytest.mark.req("HK-53")
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("party", "leg"), NOT_ALLOWED)
def test_barred_parties_stop_both_legs(market, exchange, way, direction, party, leg, state):
    """F1: who may not send or receive its leg; F3: the nonce is unused, also the taker's."""
    quote = exchange.quote(direction)
    token = exchange.currency(quote.sell if leg == "sell" else quote.buy).token
    account = getattr(market, party).address
    put(exchange, token, account, state)
    if state not in NOT_ALLOWED[party, leg]:
        exchange.do(way, quote)
        return
    needed = quote.sell_amount if leg == "sell" else quote.buy_amount
    error, evidence = as_told(state, account, needed)
    with refused(market.world, error, **evidence):
        exchange.do(way, quote)
    assert not exchange.spent(quote)


@pytest.mark.req("HK-53")
@pytest.mark.parametrize("leg", ["sell", "buy"])
def test_a_pause_of_either_currency_stops_both_legs(market, exchange, way, direction, leg):
    """F1: neither leg. F3: the nonce is unused."""
    quote, world = exchange.quote(direction, deadline=market.now + 10_000), market.world
    token = exchange.currency(quote.sell if leg == "sell" else quote.buy).token
    world.act("PAUSER", token, "pause", 1, REF)
    with refused(world, "Paused", pauses=1):
        exchange.do(way, quote)
    world.act("RESUMER", token, "resume", 1, REF, 1)
    market.price()
    exchange.do(way, quote)


@pytest.mark.parametrize("leg", ["sell", "buy"])
def test_a_pause_of_signatures_stops_signed_payments_only(market, exchange, way, direction, leg):
    quote = exchange.quote(direction)
    token = exchange.currency(quote.sell if leg == "sell" else quote.buy).token
    market.world.act("PAUSER", token, "pause", 2, REF)
    if (way, leg) == ("settleFor", "buy"):
        with refused(market.world, "Paused", pauses=2):
            exchange.do(way, quote)
        return
    exchange.do(way, quote)


def test_who_is_blacklisted_in_a_currency_cannot_have_it_paid(market, exchange, way, direction):
    """A taker whom the sold currency bars does not buy it for a third party either."""
    quote = exchange.quote(direction)
    token = exchange.currency(quote.sell).token
    put(exchange, token, market.taker.address, "blacklisted")
    with refused(market.world, "BeneficiaryBarred", to=market.taker.address):
        exchange.do(way, quote)
