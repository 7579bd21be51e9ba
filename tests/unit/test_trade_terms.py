"""The board's terms of trade: pairs, assets, attesters.

each verb
├── given somebody without the role, or with the opposite: reverts with AccessManagedUnauthorized
├── given a GOVERNOR who has not waited: reverts with AccessManagerNotScheduled
└── given a GUARDIAN: can cancel what a GOVERNOR has scheduled

openPair
├── when a token is no currency: reverts with TokenNotRegistered
├── when there is no feed, or it has no decimals: reverts
├── when the tokens are the same, the age is zero, the band is not from 1 to 9,999, the feed has
│   more than 18 decimals, or the pair is open the other way round: reverts with InvalidPair
├── given an open pair: puts other terms in both directions, and counts it once
└── else: both directions can trade

narrowPair
├── when it is not open, or named the other way round: reverts with PairNotOpen
├── when the age or the band is wider: reverts with NotNarrower
├── when one of them is zero: reverts with InvalidPair
└── else: both directions have it, and nothing else changes

closePair
├── when it is not open, or named the other way round: reverts with PairNotOpen
└── else: neither direction trades; it can be opened again, either way round

listAsset
├── when it is no contract, is or was a currency, or is listed: reverts with InvalidAsset
└── else: it trades against every currency without a feed, and against nothing else

delistAsset
├── when it is not listed: reverts with InvalidAsset
└── else: it trades no more

raiseAttester
├── when the token is no currency: reverts with TokenNotRegistered
├── when the attester is address zero, or the cap is not higher: reverts with InvalidCap
└── else: sets the cap of this attester in this currency

cutAttester
├── when the cap is not lower: reverts with InvalidCap
└── else: sets it, also where the currency is retired

retire
├── while a pair has the currency on either side: reverts with PairsOpen
└── else: it trades with nothing, assets included

register
└── given a listed asset: reverts with InvalidAsset, so that no currency trades without a band
"""

import pytest

from tests.support.refusal import emitted, refused, when_due
from tests.support.revm import RevmChain
from tests.support.uses import create
from tests.support.world import REF, build_world, roles
from tests.unit.fx import same

ZERO = "0x" + "00" * 20
REF_HEX = "0x" + REF.hex()
AGE, BAND = 3_600, 65
LATE = ("openPair", "listAsset", "raiseAttester")
AT_ONCE = ("narrowPair", "closePair", "delistAsset", "cutAttester")


@pytest.fixture(scope="module")
def opened():
    return build_world(RevmChain(), ("HKD", "USD", "CNH"))


@pytest.fixture
def world(opened):
    point = opened.chain.snapshot()
    yield opened
    opened.chain.restore(point)


@pytest.fixture
def hkd(world):
    return world.suite.peg("HKD").token.address


@pytest.fixture
def usd(world):
    return world.suite.peg("USD").token.address


@pytest.fixture
def cnh(world):
    return world.suite.peg("CNH").token.address


@pytest.fixture
def rate(world):
    return create(world, "RateFeed", 8, 780_000_000, "USD / HKD").address


@pytest.fixture
def share(world):
    """A fund share that nobody has listed."""
    return create(world, "FundShare", world.holder(0).address, 10**9).address


@pytest.fixture
def late(world, registry):
    """A GOVERNOR's verb, to be called once its delay has passed."""
    return lambda verb, *args: when_due(world, "GOVERNOR", registry, verb, *args, REF)


@pytest.fixture
def at_once(registry, pauser):
    """A PAUSER's verb, sent."""
    return lambda verb, *args: registry.send(verb, *args, REF, sender=pauser)


@pytest.fixture
def pair(late, usd, hkd, rate):
    """USD/HKD, open."""
    late("openPair", usd, hkd, rate, AGE, BAND)()
    return usd, hkd


def terms(registry, sell, buy):
    feed, *rest = registry.call("rateTermsOf", sell, buy)
    return same(feed), *rest


def closed(world, registry, sell, buy):
    """Neither direction trades."""
    for one, other in ((sell, buy), (buy, sell)):
        with refused(world, "NotTradable", sell=one, buy=other):
            registry.call("rateTermsOf", one, other)


# Who may


@pytest.fixture
def acts(world, usd, hkd, cnh, rate, share, late):
    """Every verb with arguments that its role's member could use now."""
    other = create(world, "FundShare", world.holder(1).address, 1).address
    attester = world.holder(8).address
    late("openPair", usd, hkd, rate, AGE, BAND)()
    late("listAsset", share)()
    late("raiseAttester", attester, hkd, 5)()
    return {
        "openPair": (usd, cnh, rate, AGE, BAND, REF),
        "listAsset": (other, REF),
        "raiseAttester": (attester, hkd, 6, REF),
        "narrowPair": (usd, hkd, AGE, BAND, REF),
        "closePair": (usd, hkd, REF),
        "delistAsset": (share, REF),
        "cutAttester": (attester, hkd, 4, REF),
    }


@pytest.mark.req("HK-09")
@pytest.mark.parametrize("verb", LATE + AT_ONCE)
def test_only_its_role_does_it(world, registry, stranger, acts, verb):
    """What opens is GOVERNOR's, what closes is PAUSER's, and neither does the other's."""
    wanted = "GOVERNOR" if verb in LATE else "PAUSER"
    others = [world.member(role) for role in roles().roles if role != wanted]
    for caller in (*others, stranger.address):
        with refused(world, "AccessManagedUnauthorized", caller=caller):
            registry.send(verb, *acts[verb], sender=caller)
    world.act(wanted, registry, verb, *acts[verb])


@pytest.mark.req("HK-09")
@pytest.mark.parametrize("verb", LATE)
def test_what_opens_waits(world, registry, governor, acts, verb):
    data = registry.encode(verb, *acts[verb])
    authority = world.suite.authority
    operation = authority.call("hashOperation", governor, registry.address, data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        registry.submit(data, sender=governor)
    authority.send("schedule", registry.address, data, 0, sender=governor)
    world.chain.warp(roles().roles["GOVERNOR"].delay - 1)
    with refused(world, "AccessManagerNotReady", operationId=operation):
        registry.submit(data, sender=governor)
    world.chain.warp(1)
    registry.submit(data, sender=governor)


@pytest.mark.parametrize("verb", LATE)
def test_a_guardian_stops_what_waits(world, registry, governor, guardian, acts, verb):
    data = registry.encode(verb, *acts[verb])
    authority = world.suite.authority
    operation = authority.call("hashOperation", governor, registry.address, data)
    authority.send("schedule", registry.address, data, 0, sender=governor)
    authority.send("cancel", governor, registry.address, data, sender=guardian)
    world.chain.warp(roles().roles["GOVERNOR"].delay)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        registry.submit(data, sender=governor)


# openPair


def test_a_pair_needs_two_currencies(world, late, registry, usd, hkd, rate, share, stranger):
    """The first that is none is named; an asset is none, and neither is what was retired."""
    late("listAsset", share)()
    world.act("GOVERNOR", registry, "retire", b"CNH", REF)
    retired = world.suite.peg("CNH").token.address
    for wrong in (ZERO, stranger.address, share, rate, retired):
        for base, quote in ((wrong, hkd), (usd, wrong), (wrong, wrong)):
            act = late("openPair", base, quote, rate, AGE, BAND)
            with refused(world, "TokenNotRegistered", token=wrong):
                act()
    act = late("openPair", share, retired, rate, AGE, BAND)
    with refused(world, "TokenNotRegistered", token=share):
        act()


def test_a_pair_needs_a_feed(world, late, usd, hkd, share, stranger):
    """Not an account without code; not a contract that says nothing of decimals or too much."""
    loose = create(world, "LooseFeed")
    loose.send("setDecimals", 256, sender=stranger.address)
    for feed in (ZERO, stranger.address, world.suite.authority.address, loose.address):
        act = late("openPair", usd, hkd, feed, AGE, BAND)
        with refused(world, ""):
            act()


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_age": 0},
        {"band_bps": 0},
        {"band_bps": 10_000},
        {"band_bps": 65_535},
        {"decimals": 19},
        {"decimals": 255},
        {"same": True},
    ],
    ids=str,
)
def test_refuses_terms_that_make_no_band(world, late, usd, hkd, wrong):
    feed = create(world, "RateFeed", wrong.get("decimals", 8), 1, "").address
    values = {"maxAge": wrong.get("max_age", AGE), "bandBps": wrong.get("band_bps", BAND)}
    quote = usd if "same" in wrong else hkd
    act = late("openPair", usd, quote, feed, *values.values())
    with refused(world, "InvalidPair", base=usd, quote=quote, feed=feed, **values):
        act()


def test_refuses_a_pair_the_other_way_round(world, late, pair, rate):
    """A pair has one direction in which its feed is read."""
    base, quote = pair
    act = late("openPair", quote, base, rate, AGE, BAND)
    evidence = {"feed": rate, "maxAge": AGE, "bandBps": BAND}
    with refused(world, "InvalidPair", base=quote, quote=base, **evidence):
        act()


@pytest.mark.parametrize(
    ("decimals", "age", "band"), [(0, 1, 1), (8, AGE, BAND), (18, 2**32 - 1, 9_999)]
)
def test_opens_a_pair(world, registry, late, usd, hkd, cnh, decimals, age, band):
    """Both directions, at the edges of what is allowed."""
    closed(world, registry, usd, hkd)
    feed = create(world, "RateFeed", decimals, 1, "").address
    receipt = late("openPair", usd, hkd, feed, age, band)()
    assert emitted(registry, receipt) == [
        (
            "PairOpened",
            {
                "base": usd,
                "quote": hkd,
                "feed": feed,
                "maxAge": age,
                "bandBps": band,
                "ref": REF_HEX,
            },
        )
    ]
    assert terms(registry, usd, hkd) == (feed, age, band, 6, 6, decimals, False)
    assert terms(registry, hkd, usd) == (feed, age, band, 6, 6, decimals, True)
    assert [registry.call("pairsOf", token) for token in (usd, hkd, cnh)] == [1, 1, 0]
    closed(world, registry, usd, cnh)
    closed(world, registry, hkd, cnh)


def test_each_token_has_its_own_decimals(world, registry, late, hkd, rate, create):
    """They are told from the side of who sells."""
    controls = world.suite.controls.address
    fine = create(world, "PeggedToken", "Euro", "E", 18, "EUR", controls).address
    late("register", b"EUR", fine, rate)()
    late("openPair", fine, hkd, rate, AGE, BAND)()
    assert terms(registry, fine, hkd) == (rate, AGE, BAND, 18, 6, 8, False)
    assert terms(registry, hkd, fine) == (rate, AGE, BAND, 6, 18, 8, True)


def test_an_open_pair_takes_other_terms(world, registry, late, pair):
    """Wider, too, and another feed; it stays one pair."""
    other = create(world, "RateFeed", 18, 10**18, "").address
    late("openPair", *pair, other, AGE + 1, BAND + 1)()
    assert terms(registry, *pair) == (other, AGE + 1, BAND + 1, 6, 6, 18, False)
    assert terms(registry, *pair[::-1]) == (other, AGE + 1, BAND + 1, 6, 6, 18, True)
    assert [registry.call("pairsOf", token) for token in pair] == [1, 1]


# narrowPair, closePair


@pytest.mark.parametrize("verb", ["narrowPair", "closePair"])
def test_changes_open_pairs_only(world, at_once, pair, cnh, verb):
    """Named by its base first; an unknown one, and one that was closed, are not open."""
    rest = (AGE, BAND) if verb == "narrowPair" else ()
    for base, quote in (pair[::-1], (pair[0], cnh), (pair[0], pair[0]), (ZERO, ZERO)):
        with refused(world, "PairNotOpen", base=base, quote=quote):
            at_once(verb, base, quote, *rest)
    at_once("closePair", *pair)
    with refused(world, "PairNotOpen", base=pair[0], quote=pair[1]):
        at_once(verb, *pair, *rest)


@pytest.mark.parametrize(
    ("age", "band"), [(AGE + 1, BAND), (AGE, BAND + 1), (AGE + 1, 0), (0, BAND + 1), (AGE + 1, 1)]
)
def test_narrows_only(world, at_once, pair, age, band):
    """Neither may be wider, whatever the other is."""
    with refused(world, "NotNarrower", maxAge=age, bandBps=band):
        at_once("narrowPair", *pair, age, band)


@pytest.mark.parametrize(("age", "band"), [(0, BAND), (AGE, 0), (0, 0)])
def test_narrows_to_something(world, at_once, pair, rate, age, band):
    """Nothing at all is what `closePair` is for."""
    evidence = {"base": pair[0], "quote": pair[1], "feed": rate}
    with refused(world, "InvalidPair", **evidence, maxAge=age, bandBps=band):
        at_once("narrowPair", *pair, age, band)


@pytest.mark.parametrize(("age", "band"), [(AGE, BAND), (AGE - 1, BAND), (AGE, BAND - 1), (1, 1)])
def test_narrows_both_directions(registry, at_once, pauser, pair, rate, age, band):
    receipt = at_once("narrowPair", *pair, age, band)
    assert emitted(registry, receipt) == [
        (
            "PairNarrowed",
            {
                "base": pair[0],
                "quote": pair[1],
                "maxAge": age,
                "bandBps": band,
                "operator": pauser,
                "ref": REF_HEX,
            },
        )
    ]
    assert terms(registry, *pair) == (rate, age, band, 6, 6, 8, False)
    assert terms(registry, *pair[::-1]) == (rate, age, band, 6, 6, 8, True)
    assert [registry.call("pairsOf", token) for token in pair] == [1, 1]


def test_closes_a_pair(world, registry, late, at_once, pauser, pair, rate, cnh):
    """Both directions, and no other pair of its currencies."""
    base, quote = pair
    late("openPair", base, cnh, rate, AGE, BAND)()
    receipt = at_once("closePair", *pair)
    assert emitted(registry, receipt) == [
        ("PairClosed", {"base": base, "quote": quote, "operator": pauser, "ref": REF_HEX})
    ]
    closed(world, registry, *pair)
    assert [registry.call("pairsOf", token) for token in (base, quote, cnh)] == [1, 0, 1]
    assert terms(registry, base, cnh) == (rate, AGE, BAND, 6, 6, 8, False)

    late("openPair", quote, base, rate, AGE, BAND)()
    assert terms(registry, quote, base) == (rate, AGE, BAND, 6, 6, 8, False)
    assert terms(registry, base, quote) == (rate, AGE, BAND, 6, 6, 8, True)


# Assets


def test_lists_contracts_that_are_no_currencies(world, late, registry, hkd, share, stranger):
    late("listAsset", share)()
    for asset in (ZERO, stranger.address, hkd, share):
        act = late("listAsset", asset)
        with refused(world, "InvalidAsset", asset=asset):
            act()


def test_an_asset_trades_against_currencies(world, registry, late, governor, hkd, usd, share):
    """Both ways round, without a feed; not with other assets, nor with what is neither."""
    other = create(world, "FundShare", world.holder(1).address, 1).address
    closed(world, registry, share, hkd)
    receipt = late("listAsset", share)()
    assert emitted(registry, receipt) == [
        ("AssetListed", {"asset": share, "operator": governor, "ref": REF_HEX})
    ]
    assert registry.call("isAsset", share) is True
    late("listAsset", other)()
    for currency in (hkd, usd):
        for sell, buy in ((share, currency), (currency, share)):
            assert terms(registry, sell, buy) == (ZERO, 0, 0, 0, 0, 0, False)
    for stuff in (share, other, ZERO, world.holder(0).address):
        closed(world, registry, share, stuff)


def test_only_listed_assets_are_delisted(world, at_once, hkd, share):
    for asset in (share, hkd, ZERO):
        with refused(world, "InvalidAsset", asset=asset):
            at_once("delistAsset", asset)


def test_a_delisted_asset_trades_no_more(world, registry, late, at_once, pauser, hkd, share):
    late("listAsset", share)()
    receipt = at_once("delistAsset", share)
    assert emitted(registry, receipt) == [
        ("AssetDelisted", {"asset": share, "operator": pauser, "ref": REF_HEX})
    ]
    assert registry.call("isAsset", share) is False
    closed(world, registry, share, hkd)
    with refused(world, "InvalidAsset", asset=share):
        at_once("delistAsset", share)
    late("listAsset", share)()
    assert terms(registry, share, hkd)[0] == ZERO


def test_nothing_trades_with_itself_or_with_nothing(world, registry, pair, share):
    for token in (*pair, share, ZERO):
        with refused(world, "NotTradable", sell=token, buy=token):
            registry.call("rateTermsOf", token, token)
        closed(world, registry, token, world.holder(0).address)


# Attesters


@pytest.fixture
def attester(world):
    return world.holder(8).address


def test_an_attester_vouches_in_currencies(world, late, attester, share, stranger):
    late("listAsset", share)()
    for token in (ZERO, stranger.address, share):
        act = late("raiseAttester", attester, token, 5)
        with refused(world, "TokenNotRegistered", token=token):
            act()


def test_a_cap_is_raised_upwards(world, late, attester, hkd):
    late("raiseAttester", attester, hkd, 5)()
    for who, cap, present in ((attester, 5, 5), (attester, 4, 5), (attester, 0, 5), (ZERO, 5, 0)):
        act = late("raiseAttester", who, hkd, cap)
        evidence = {"attester": who, "token": hkd, "cap": cap, "present": present}
        with refused(world, "InvalidCap", **evidence):
            act()
    act = late("raiseAttester", world.holder(7).address, hkd, 0)
    evidence = {"attester": world.holder(7).address, "token": hkd, "cap": 0, "present": 0}
    with refused(world, "InvalidCap", **evidence):
        act()


def test_a_cap_is_cut_downwards(world, late, at_once, attester, hkd, usd):
    late("raiseAttester", attester, hkd, 5)()
    cases = ((attester, hkd, 5, 5), (attester, hkd, 2**256 - 1, 5), (attester, usd, 0, 0))
    for who, token, cap, present in (*cases, (ZERO, ZERO, 0, 0)):
        evidence = {"attester": who, "token": token, "cap": cap, "present": present}
        with refused(world, "InvalidCap", **evidence):
            at_once("cutAttester", who, token, cap)


def test_a_cap_is_one_attesters_in_one_currency(
    world, registry, late, at_once, governor, pauser, attester, hkd, usd
):
    steps = [
        (late("raiseAttester", attester, hkd, 1), 1, governor),
        (late("raiseAttester", attester, hkd, 2**256 - 1), 2**256 - 1, governor),
        (lambda: at_once("cutAttester", attester, hkd, 7), 7, pauser),
        (lambda: at_once("cutAttester", attester, hkd, 0), 0, pauser),
    ]
    for act, cap, operator in steps:
        told = {
            "attester": attester,
            "token": hkd,
            "cap": cap,
            "operator": operator,
            "ref": REF_HEX,
        }
        assert emitted(registry, act()) == [("AttesterCapSet", told)]
        assert registry.call("attesterCap", attester, hkd) == cap
        assert registry.call("attesterCap", attester, usd) == 0
        assert registry.call("attesterCap", world.holder(7).address, hkd) == 0


# retire


def test_a_traded_currency_stays_on_the_board(world, registry, late, at_once, pair, rate, cnh):
    """Whichever side of a pair it is; each of its pairs counts."""
    base, quote = pair
    late("openPair", cnh, base, rate, AGE, BAND)()
    codes = (b"USD", b"HKD", b"CNH")
    acts = {c: when_due(world, "GOVERNOR", registry, "retire", c, REF) for c in codes}
    for code, pairs in zip(codes, (2, 1, 1), strict=True):
        with refused(world, "PairsOpen", code="0x" + code.hex(), pairs=pairs):
            acts[code]()
    at_once("closePair", cnh, base)
    with refused(world, "PairsOpen", code="0x" + b"USD".hex(), pairs=1):
        acts[b"USD"]()
    at_once("closePair", base, quote)
    acts[b"USD"]()
    assert registry.call("codeOf", base) == "0x000000"
    assert registry.call("wasRegistered", base) is True


def test_a_retired_currency_trades_with_nothing(
    world, registry, late, at_once, attester, hkd, usd, share
):
    """Assets included; what an attester may vouch for in it can still be cut."""
    late("listAsset", share)()
    late("raiseAttester", attester, hkd, 5)()
    world.act("GOVERNOR", registry, "retire", b"HKD", REF)
    closed(world, registry, share, hkd)
    assert terms(registry, share, usd)[0] == ZERO
    assert registry.call("attesterCap", attester, hkd) == 0
    at_once("cutAttester", attester, hkd, 0)
    assert registry.call("attesterCap", attester, hkd) == 0


# A currency is never traded without a band


def test_an_asset_does_not_become_a_currency(world, registry, late, at_once, create, rate, hkd):
    """F4: it would be sold for any other without a band; delisted it can be registered."""
    controls = world.suite.controls.address
    euro = create(world, "PeggedToken", "Euro", "E", 6, "EUR", controls).address
    late("listAsset", euro)()
    act = late("register", b"EUR", euro, rate)
    with refused(world, "InvalidAsset", asset=euro):
        act()
    at_once("delistAsset", euro)
    act()
    closed(world, registry, euro, hkd)


def test_a_currency_does_not_become_an_asset(world, registry, late, hkd, cnh):
    """F4: not once it is retired either, since it can come back."""
    world.act("GOVERNOR", registry, "retire", b"CNH", REF)
    act = late("listAsset", cnh)
    with refused(world, "InvalidAsset", asset=cnh):
        act()
    feed = world.suite.peg("CNH").feed.address
    late("register", b"CNH", cnh, feed)()
    closed(world, registry, cnh, hkd)
