"""Whether a rate lies in its band, against exact fractions.

Given two currencies of 6 or 18 decimals each and a feed of any decimals
    when either of them is sold for the other
        it is out of the band exactly if the fraction is, and `settle` says the same as `check`
        the most and the least that fit are in, one unit beyond either is out
        an edge that is hit exactly is in
        the same amounts the other way round are judged the same
        no price and no amounts make `check` revert
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import ceil, floor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pegboard import create2
from pegboard.contract import Contract
from pegboard.errors import Reverted
from tests.support.revm import RevmChain
from tests.support.world import REF, artifacts, key

ANYBODY, TAKER = key(30).address, key(31).address
ZERO = "0x" + "00" * 20
WHOLE = 10_000
OUT_OF_BAND, STALE = 16, 8
#: Codes of the currencies, with their decimals.
CURRENCIES = {"AAA": 6, "BBB": 6, "CCC": 18, "DDD": 18}
MOST = 2**128 - 1
#: Beyond this an answer is no price.
DEAREST = 2**192 - 1

pairs = st.sampled_from([("AAA", "BBB"), ("AAA", "CCC"), ("DDD", "BBB"), ("CCC", "DDD")])
feeds = st.sampled_from((8, 18))
bands = st.one_of(st.sampled_from((1, 65, 9_999)), st.integers(1, 9_999))
inverses = st.booleans()
#: About 10 ** -8 to 10 ** 8 in a feed's unit.
prices = st.one_of(st.integers(1, 10**10), st.integers(10**10, 10**26))


class Lab:
    """A board whose only feed says anything, and the exchange over it."""

    def __init__(self) -> None:
        self.chain = RevmChain()
        authority = self._create("Authority", ANYBODY)
        audits = self._create("AuditRegister", authority.address)
        controls = self._create("Controls", authority.address, audits.address)
        self.registry = self._create("CurrencyRegistry", authority.address)
        self.feed = self._create("LooseFeed")
        self.fx = self._create("FxSettle", self.registry.address)
        verbs = [self.registry.selector(v) for v in ("register", "openPair")]
        place = self.registry.address
        authority.send("setTargetFunctionRole", place, verbs, 1, sender=ANYBODY)
        authority.send("grantRole", 1, ANYBODY, 0, sender=ANYBODY)
        self.tokens = {}
        for code, places in CURRENCIES.items():
            made = self._create("PeggedToken", code, code, places, code, controls.address)
            self.tokens[code] = made.address
            values = (code.encode(), made.address, self.feed.address, REF)
            self.registry.send("register", *values, sender=ANYBODY)

    def _create(self, name: str, *args: object) -> Contract:
        artifact = artifacts()[name]
        address, _ = create2.deploy(self.chain, artifact.initcode(*args), sender=ANYBODY)
        return Contract(self.chain, address, artifact.abi, artifacts().errors)

    def open(self, pair: tuple[str, str], unit: int, price: int, band: int) -> None:
        """The pair with this band, at this price in 10 ** -unit."""
        self.feed.send("setDecimals", unit, sender=ANYBODY)
        self.feed.send("set", price, self.chain.now(), sender=ANYBODY)
        base, quote = (self.tokens[code] for code in pair)
        terms = (base, quote, self.feed.address, 3_600, band, REF)
        self.registry.send("openPair", *terms, sender=ANYBODY)

    def quote(self, pair: tuple[str, str], base: int, quote: int, *, inverse: bool):
        """`base` units of the first currency against `quote` units of the second."""
        sell, buy = (pair[1], pair[0]) if inverse else pair
        amounts = (quote, base) if inverse else (base, quote)
        tokens = (self.tokens[sell], self.tokens[buy])
        return (ANYBODY, ZERO, *tokens, *amounts, self.chain.now(), 0)

    def bits(self, *args, **how) -> int:
        """What `check` says of the rate."""
        told: int = self.fx.call("check", self.quote(*args, **how), b"", TAKER)
        return told & (OUT_OF_BAND | STALE)

    def settles(self, *args, **how) -> bool:
        """Whether `settle` finds the rate in its band; nobody has signed, which it says next."""
        with pytest.raises(Reverted) as refusal:
            self.fx.send("settle", self.quote(*args, **how), b"", TAKER, REF, sender=TAKER)
        assert refusal.value.name in ("InvalidQuoteSignature", "RateOutOfBand")
        return refusal.value.name == "InvalidQuoteSignature"


@cache
def board() -> Lab:
    return Lab()


@pytest.fixture(scope="module", autouse=True)
def _own_chain():
    yield
    board.cache_clear()


@st.composite
def opened(draw):
    """An open pair: what it is, and the exact edges of quote units for one base unit."""
    pair, unit, price, band = draw(pairs), draw(feeds), draw(prices), draw(bands)
    board().open(pair, unit, price, band)
    here, there = (CURRENCIES[code] for code in pair)
    one = Fraction(price * 10**there, 10 ** (unit + here))
    return pair, one * Fraction(WHOLE - band, WHOLE), one * Fraction(WHOLE + band, WHOLE)


def fits(least, most, base, quote):
    return least <= Fraction(quote, base) <= most


amounts = st.one_of(st.integers(1, 10**6), st.integers(1, 10**27), st.integers(1, MOST))


@given(opened(), amounts, amounts, inverses)
def test_any_rate_is_judged_as_its_fraction(terms, base, quote, inverse):
    """F4: out of band exactly if the fraction is, in `check` and in `settle` alike."""
    pair, least, most = terms
    good = fits(least, most, base, quote)
    assert board().bits(pair, base, quote, inverse=inverse) == (0 if good else OUT_OF_BAND)
    assert board().settles(pair, base, quote, inverse=inverse) is good


@given(opened(), amounts, st.integers(-3, 3), st.booleans(), inverses)
def test_rates_near_an_edge_are_judged_as_their_fractions(terms, base, off, upper, inverse):
    """F4: a few units around either edge each is in or out as the fraction is."""
    pair, least, most = terms
    quote = round(base * (most if upper else least)) + off
    assume(1 <= quote <= MOST)
    good = fits(least, most, base, quote)
    assert board().bits(pair, base, quote, inverse=inverse) == (0 if good else OUT_OF_BAND)
    assert board().settles(pair, base, quote, inverse=inverse) is good


@given(opened(), amounts, inverses)
def test_the_last_units_are_in_and_the_next_are_out(terms, base, inverse):
    """F4: the least and the most quote units for an amount fit, one less and one more do not."""
    pair, least, most = terms
    low, high = ceil(base * least), floor(base * most)
    assume(1 < low <= high < MOST)
    for quote, wanted in ((low - 1, 16), (low, 0), (high, 0), (high + 1, 16)):
        assert board().bits(pair, base, quote, inverse=inverse) == wanted


@given(pairs, feeds, st.integers(1, 10**6), st.integers(1, 10**6), bands, inverses)
def test_an_edge_that_is_hit_exactly_is_in(pair, unit, price, base, band, inverse):
    """F4: equality belongs to the band, on both sides, and one unit of it does not go beyond."""
    board().open(pair, unit, price * 10 ** (unit - 2), band)
    here, there = (CURRENCIES[code] for code in pair)
    for share, beyond in ((WHOLE - band, -1), (WHOLE + band, 1)):
        exact = Fraction(base * price * share, 100 * WHOLE) * 10**there
        assert exact.denominator == 1
        quote = int(exact)
        assert board().bits(pair, base * 10**here, quote, inverse=inverse) == 0
        if quote + beyond:
            assert board().bits(pair, base * 10**here, quote + beyond, inverse=inverse) == 16


@given(opened(), amounts, st.integers(-3, 3), st.booleans())
def test_both_directions_are_judged_alike(terms, base, off, upper):
    """F4: who sells and who buys makes no difference to what a rate is, close to an edge either."""
    pair, least, most = terms
    quote = round(base * (most if upper else least)) + off
    assume(1 <= quote <= MOST)
    one = board().bits(pair, base, quote, inverse=False)
    assert one == board().bits(pair, base, quote, inverse=True)


extremes = st.one_of(st.sampled_from((0, 1, 2, MOST - 1, MOST)), st.integers(0, MOST))
answers = st.one_of(
    st.sampled_from((-(2**255), -1, 0, 1, DEAREST, DEAREST + 1, 2**255 - 1)),
    st.integers(-(2**255), 2**255 - 1),
    st.integers(1, DEAREST),
)


@given(pairs, st.integers(0, 18), answers, bands, extremes, extremes, inverses)
def test_nothing_overflows(pair, unit, answer, band, base, quote, inverse):
    """F4: any answer and any amounts are judged exactly, and never revert."""
    board().open(pair, unit, answer, band)
    here, there = (CURRENCIES[code] for code in pair)
    if not 0 < answer <= DEAREST:
        wanted = STALE
    else:
        # Cross-multiplied, as amounts may be zero here.
        scaled = base * answer * 10**there
        rate = quote * 10 ** (unit + here) * WHOLE
        good = scaled * (WHOLE - band) <= rate <= scaled * (WHOLE + band)
        wanted = 0 if good else OUT_OF_BAND
    assert board().bits(pair, base, quote, inverse=inverse) == wanted
