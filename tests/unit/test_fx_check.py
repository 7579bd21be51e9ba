"""Why a quote would not settle, bit by bit.

check
├── given one fault, or two, or all: says exactly these, and `settle` is refused
├── given no fault: answers zero, and `settle` passes
├── given any reason why a leg cannot move: names the leg
├── given what is not on the board: asks it nothing
└── given feeds, assets, makers and values of any kind: never reverts
"""

import random
from itertools import combinations

import pytest
from eth_abi import decode

from pegboard.errors import Reverted
from tests.support.uses import BAND, MAX_AGE, RATE, create
from tests.support.world import REF, key
from tests.unit.fx import ZERO, Exchange, fresh_market
from tests.unit.hostile import Manner, View, build

EXPIRED, SPENT, NOT_TRADABLE, STALE, BAND_BIT, SIGNATURE, TAKER, TERMS = (1 << i for i in range(8))
MAKER_SENDS, MAKER_ALLOWS, TAKER_PAYS, TAKER_ALLOWS = (1 << i for i in range(8, 12))


@pytest.fixture
def exchange(market):
    return Exchange(market)


@pytest.fixture
def fx(market):
    return market.uses.fx


class Case:
    """A quote for HKD 780 that settles, unless something is done to it."""

    def __init__(self, exchange):
        self.exchange, self.market = exchange, exchange.market
        self.changes, self.signer = {}, None

    @property
    def quote(self):
        return self.exchange.quote(**self.changes)

    @property
    def signature(self):
        return self.exchange.signed(self.quote, self.signer)

    def bits(self):
        return self.exchange.check(self.quote, signature=self.signature)

    def settle(self):
        to = self.market.taker.address
        self.exchange.do("settle", self.quote, to=to, signature=self.signature)

    # What can be wrong

    def expired(self):
        self.changes["deadline"] = self.market.now - 1

    def spent(self):
        mask = 1 << self.quote.nonce
        self.exchange.fx.send("cancel", 0, mask, sender=self.market.maker.address)

    def closed(self):
        pair = (self.market.usd.token.address, self.market.hkd.token.address)
        world = self.market.world
        world.act("PAUSER", world.suite.registry, "closePair", *pair, REF)

    def stale(self):
        self.market.price(RATE, self.market.now - MAX_AGE - 1)

    def out_of_band(self):
        self.changes["buy_amount"] = 785_070_001

    def unsigned(self):
        self.signer = key(60)

    def for_another(self):
        self.changes["taker"] = self.market.buyer.address

    def for_nothing(self):
        self.changes |= {"sell_amount": 0, "buy_amount": 0}

    def maker_frozen(self):
        self._freeze(self.market.usd, self.market.maker)

    def maker_allows_too_little(self):
        self._allow(self.market.usd, self.market.maker, 99_999_999)

    def taker_frozen(self):
        self._freeze(self.market.hkd, self.market.taker)

    def taker_allows_too_little(self):
        self._allow(self.market.hkd, self.market.taker, 779_999_999)

    def _freeze(self, peg, account):
        self.market.world.act("FREEZER", peg.token, "freeze", [account.address], REF)

    def _allow(self, peg, account, value):
        peg.token.send("approve", self.exchange.fx.address, value, sender=account.address)


FAULTS = {
    "expired": EXPIRED,
    "spent": SPENT,
    "closed": NOT_TRADABLE,
    "stale": STALE,
    "out_of_band": BAND_BIT,
    "unsigned": SIGNATURE,
    "for_another": TAKER,
    "for_nothing": TERMS,
    "maker_frozen": MAKER_SENDS,
    "maker_allows_too_little": MAKER_ALLOWS,
    "taker_frozen": TAKER_PAYS,
    "taker_allows_too_little": TAKER_ALLOWS,
}
#: Both are about the amounts.
EXCLUSIVE = {"out_of_band", "for_nothing"}
SETS = [
    *((name,) for name in FAULTS),
    *(pair for pair in combinations(FAULTS, 2) if set(pair) != EXCLUSIVE),
    tuple(name for name in FAULTS if name not in ("closed", "stale", "for_nothing")),
    tuple(name for name in FAULTS if name not in ("closed", "out_of_band")),
]


def expected(names):
    """The sum of the bits, but for what then cannot be asked any more."""
    bits = sum(FAULTS[name] for name in names)
    if "closed" in names:
        bits &= EXPIRED | SPENT | SIGNATURE | TAKER | TERMS | NOT_TRADABLE
    if "stale" in names:
        bits &= ~BAND_BIT
    if "for_nothing" in names:
        bits &= ~(MAKER_ALLOWS | TAKER_ALLOWS)
    return bits


def test_the_bits_are_those_of_the_interface():
    assert [*FAULTS.values()] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048]


def test_no_fault_settles(exchange):
    case = Case(exchange)
    assert case.bits() == 0
    case.settle()
    assert case.bits() == SPENT


@pytest.mark.parametrize("names", SETS, ids="+".join)
def test_every_fault_has_its_bit(exchange, names):
    """Exactly the bits of what is wrong; and then it does not settle."""
    case = Case(exchange)
    for name in names:
        getattr(case, name)()
    assert case.bits() == expected(names)
    with pytest.raises(Reverted):
        case.settle()


# Why a leg cannot move


def obstruct(market, peg, sender, receiver, needed, reason):
    """Makes one leg impossible."""
    world, token = market.world, peg.token
    if reason == "receiver blacklisted":
        world.act("BLACKLISTER", token, "blacklist", [receiver], REF)
    elif reason == "blacklisted":
        world.act("BLACKLISTER", token, "blacklist", [sender], REF)
    elif reason == "held":
        had = token.call("balanceOf", sender)
        world.act("FREEZER", token, "hold", sender, had - needed + 1, REF)
    elif reason == "short":
        rest = token.call("balanceOf", sender) - needed + 1
        token.send("transfer", key(60).address, rest, sender=sender)
    elif reason == "paused":
        world.act("PAUSER", token, "pause", 1, REF)
    else:
        known = receiver if reason == "unverified" else sender
        world.act("VERIFIER", token, "verify", [known], REF)
        world.act("PAUSER", token, "enterAllowListMode", REF)


@pytest.mark.parametrize("leg", ["maker", "taker"])
@pytest.mark.parametrize(
    "reason",
    [
        *("receiver blacklisted", "blacklisted", "held", "short", "paused", "unverified"),
        "receiver unverified",
    ],
)
def test_it_names_the_leg_that_cannot_move(market, exchange, leg, reason):
    case = Case(exchange)
    sides = (market.maker.address, market.taker.address)
    if leg == "maker":
        obstruct(market, market.usd, *sides, case.quote.sell_amount, reason)
    else:
        obstruct(market, market.hkd, *sides[::-1], case.quote.buy_amount, reason)
    assert case.bits() == (MAKER_SENDS if leg == "maker" else TAKER_PAYS)
    with pytest.raises(Reverted):
        case.settle()


@pytest.mark.parametrize("leg", ["maker", "taker"])
def test_what_is_just_enough_has_no_bit(market, exchange, fx, leg):
    """To the unit: balance and allowance."""
    case = Case(exchange)
    account = getattr(market, leg).address
    peg = market.usd if leg == "maker" else market.hkd
    needed = case.quote.sell_amount if leg == "maker" else case.quote.buy_amount
    rest = market.balance(peg, account) - needed
    peg.token.send("transfer", key(60).address, rest, sender=account)
    peg.token.send("approve", fx.address, needed, sender=account)
    assert case.bits() == 0
    case.settle()


# Feeds


@pytest.mark.parametrize("answer", [0, -1, 2**192, 2**215 - 1])
def test_a_feed_without_a_price_is_stale(market, exchange, answer):
    market.price(answer)
    assert Case(exchange).bits() == STALE


def test_the_age_of_a_price_is_judged_to_the_second(market, exchange):
    for at, bits in ((MAX_AGE, 0), (MAX_AGE + 1, STALE), (0, 0), (-1, STALE)):
        market.price(RATE, market.now - at)
        assert Case(exchange).bits() == bits


@pytest.mark.parametrize(
    ("hkd", "bits"),
    [(774_930_000, 0), (774_929_999, 16), (785_070_000, 0), (785_070_001, 16)],
)
@pytest.mark.parametrize("direction", ["base", "quote"])
def test_the_band_is_judged_to_the_unit(exchange, direction, hkd, bits):
    amount = "buy_amount" if direction == "base" else "sell_amount"
    assert exchange.check(exchange.quote(direction, **{amount: hkd})) == bits


def reopened(market, feed):
    """The pair over another feed."""
    pair = (market.usd.token.address, market.hkd.token.address)
    registry = market.world.suite.registry
    market.world.act("GOVERNOR", registry, "openPair", *pair, feed.address, MAX_AGE, BAND, REF)


@pytest.mark.parametrize("feed", ["broken", "short", "time of 2^256 - 1"])
def test_a_feed_that_fails_is_stale(market, exchange, feed):
    made = create(market.world, "ShortFeed" if feed == "short" else "LooseFeed")
    if feed == "broken":
        made.send("setBroken", True, sender=market.relayer.address)
    elif feed != "short":
        made.send("set", RATE, 2**256 - 1, sender=market.relayer.address)
    reopened(market, made)
    assert Case(exchange).bits() == STALE


@pytest.mark.parametrize("code", [b"", b"\xfe", bytes.fromhex("5f5ff3"), bytes.fromhex("5f5ffd")])
def test_a_feed_that_lost_its_code_is_stale(code):
    """Nothing there, an invalid instruction, an empty answer, an empty refusal."""
    market = fresh_market()
    market.world.chain.put_code(market.rate.address, code)
    case = Case(Exchange(market))
    assert case.bits() == STALE
    with pytest.raises(Reverted if code != b"\xfe" else Exception):
        case.settle()


# Assets


@pytest.fixture
def asset(market, fx):
    """A listed token that behaves as it is told; maker and taker have and allow it."""
    made = build(market.world.chain, "HostileToken")
    for owner in (market.maker, market.taker):
        made.send("give", owner.address, 10**12, sender=owner.address)
        made.send("approve", fx.address, 2**256 - 1, sender=owner.address)
    registry = market.world.suite.registry
    market.world.act("GOVERNOR", registry, "listAsset", made.address, REF)
    market.price()
    return made


def sale(market, asset, side):
    """A quote that sells, or buys, the asset."""
    return {
        "sell": asset.address if side == "sold" else market.hkd.token.address,
        "buy": market.hkd.token.address if side == "sold" else asset.address,
        "sell_amount": 100,
        "buy_amount": 100,
    }


SIDES = {"sold": MAKER_SENDS | MAKER_ALLOWS, "bought": TAKER_PAYS | TAKER_ALLOWS}


@pytest.mark.parametrize("side", SIDES)
def test_an_asset_needs_no_price(market, exchange, asset, side):
    """No feed, no band."""
    market.price(0)
    case = Case(exchange)
    case.changes = sale(market, asset, side)
    assert case.bits() == 0
    case.settle()


@pytest.mark.parametrize(
    ("balance", "allowed", "bits"),
    [(99, 100, MAKER_SENDS), (100, 99, MAKER_ALLOWS), (100, 100, 0), (0, 0, 768)],
)
@pytest.mark.parametrize("side", SIDES)
def test_an_asset_is_asked_for_both_to_the_unit(
    market, exchange, fx, asset, side, balance, allowed, bits
):
    account = (market.maker if side == "sold" else market.taker).address
    asset.send("transfer", key(60).address, 10**12 - balance, sender=account)
    asset.send("approve", fx.address, allowed, sender=account)
    case = Case(exchange)
    case.changes = sale(market, asset, side)
    assert case.bits() == (bits if side == "sold" else bits << 2)


@pytest.mark.parametrize(
    ("view", "asked"),
    [
        (View.REVERTS, False),
        (View.NOTHING, False),
        (View.SHORT, False),
        (View.LONG, True),
        (View.MOST, True),
    ],
)
@pytest.mark.parametrize("side", SIDES)
def test_an_asset_that_gives_no_answer_has_nothing(market, exchange, asset, side, view, asked):
    """And never makes it revert."""
    asset.send("behave", Manner.HONEST, view, sender=market.maker.address)
    case = Case(exchange)
    case.changes = sale(market, asset, side)
    assert case.bits() == (0 if asked else SIDES[side])


def test_a_delisted_asset_is_asked_nothing(market, exchange, asset):
    """Whatever it would answer."""
    registry = market.world.suite.registry
    market.world.act("PAUSER", registry, "delistAsset", asset.address, REF)
    asset.send("scream", sender=market.maker.address)
    for side in SIDES:
        case = Case(exchange)
        case.changes = sale(market, asset, side)
        assert case.bits() == NOT_TRADABLE


def limited(exchange, quote, gas):
    """`check` with so much gas, as a contract or a node would call it."""
    fx, market = exchange.fx, exchange.market
    data = fx.encode("check", quote.values(), exchange.signed(quote), market.taker.address)
    answer = market.world.chain.evm.message_call(
        market.relayer.address, fx.address, calldata=data, gas=gas, is_static=True
    )
    return decode(["uint256"], bytes(answer))[0]


@pytest.mark.parametrize(("view", "gas"), [(View.BURNS, 10**7), (View.FLOODS, 3 * 10**7)])
@pytest.mark.parametrize("side", SIDES)
def test_an_asset_that_takes_all_gas_has_nothing(market, exchange, asset, side, view, gas):
    """`check` never reverts, with as much gas as a whole block may have."""
    quote = exchange.quote(**sale(market, asset, side))
    assert limited(exchange, quote, gas) == 0
    asset.send("behave", Manner.HONEST, view, sender=market.maker.address)
    assert limited(exchange, quote, gas) & SIDES[side]


def test_an_asset_that_would_come_back_to_its_sender_does_not_settle(market, exchange, asset):
    """A maker that takes its own quote delivers nothing, which `settle` refuses."""
    quote = exchange.quote(**sale(market, asset, "sold"))
    maker = market.maker
    with pytest.raises(Reverted):
        exchange.do("settle", quote, taker=maker, to=maker.address)
    assert exchange.check(quote, taker=maker.address)


# Anything at all


def test_address_zero_has_reasons_only(market, exchange, fx):
    nothing = (ZERO, ZERO, ZERO, ZERO, 0, 0, 0, 0)
    assert fx.call("check", nothing, b"", ZERO) == EXPIRED | SIGNATURE | TERMS | NOT_TRADABLE
    quote = exchange.quote(maker=ZERO)
    bits = SIGNATURE | MAKER_SENDS | MAKER_ALLOWS | TAKER_PAYS
    assert fx.call("check", quote.values(), b"", market.taker.address) == bits
    quote = exchange.quote()
    bits = fx.call("check", quote.values(), exchange.signed(quote), ZERO)
    assert bits == MAKER_SENDS | TAKER_PAYS | TAKER_ALLOWS


def test_any_values_have_an_answer(market, exchange, fx, asset):
    """Never reverts: any accounts and contracts in every place, any amounts and times."""
    chance = random.Random(3)
    listener = build(market.world.chain, "Listener")
    places = [
        *(ZERO, "0x" + "00" * 19 + "01", "0x" + "00" * 19 + "04", "0x" + "ff" * 20),
        *(market.maker.address, market.taker.address, listener.address, asset.address),
        *(market.hkd.token.address, market.usd.token.address, fx.address, market.rate.address),
        market.world.suite.registry.address,
    ]
    seen = set()
    for _ in range(400):
        asset.send("behave", 0, chance.randrange(6), sender=market.maker.address)
        quote = (
            *(chance.choice(places) for _ in range(4)),
            *(chance.choice((0, 1, 10**8, 2**128 - 1, chance.getrandbits(128))) for _ in range(2)),
            chance.choice((0, market.now, 2**48 - 1)),
            chance.choice((0, 2**256 - 1, chance.getrandbits(256))),
        )
        signature = chance.randbytes(chance.choice((0, 1, 64, 65, 66, 200)))
        bits = fx.call("check", quote, signature, chance.choice(places))
        assert 0 <= bits < 4096
        seen.add(bits & NOT_TRADABLE)
    assert seen == {0, NOT_TRADABLE}
