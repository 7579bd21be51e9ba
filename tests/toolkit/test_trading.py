"""Pairs, assets and attesters: what uses.toml declares is what the board says, and nothing more.

plan
├── given no chain that a declaration is for: nothing
├── given a feed, an asset or a currency that is not there: it refuses before anything is sent
├── given a pair
│   ├── that is not open: GOVERNOR opens it
│   ├── with another feed, or wider than on chain in anything: GOVERNOR opens it anew
│   ├── only narrower: PAUSER narrows it, at once
│   ├── turned: PAUSER closes it before GOVERNOR opens it
│   ├── that nobody declared: PAUSER closes it
│   └── of a currency that is not compared: it is left alone
├── given an asset: GOVERNOR lists it, and PAUSER delists what nobody declared
├── given an attester: GOVERNOR raises its cap, and PAUSER cuts it, down to nothing
├── given a currency that comes: its pair and caps wait until it is on the board
├── given a currency that goes: it leaves the board after its pairs
└── given a first deployment: the deployer does all of it
audit
└── names what nobody declared as a power, and what is otherwise as drift
"""

from dataclasses import replace

import pytest

from pegboard.deploy import Deployer
from pegboard.desired.apply import carry_out
from pegboard.desired.audit import audit
from pegboard.desired.declaration import AssetConfig, AttesterConfig, PairConfig, UsesConfig
from pegboard.desired.plan import BLOCKED, NOW, SCHEDULE, due_calls
from pegboard.errors import DeploymentError
from pegboard.suite import locate
from tests.support.planning import CutChain, planner_of, settle, who
from tests.support.uses import create
from tests.support.world import (
    REF,
    artifacts,
    build_world,
    currencies,
    desks,
    key,
    resolve,
    roles,
)

UNIT = 10**6
HOUR = 3_600
NOBODY_THERE = key(60).address
ATTESTER, STRANGER = key(36).address, key(37).address
DEPLOYER = key(0).address


def member(role):
    return resolve(roles().holders["local"][role][0])


GOVERNOR, PAUSER = (
    ("GOVERNOR", member("GOVERNOR"), SCHEDULE),
    ("PAUSER", member("PAUSER"), NOW),
)


@pytest.fixture(scope="module")
def made():
    return build_world(CutChain(), ("HKD", "USD"))


@pytest.fixture
def world(made):
    point = made.chain.snapshot()
    yield made
    made.chain.restore(point)


@pytest.fixture
def feeds(world):
    """Two feeds of the price, and a share."""
    rates = [create(world, "RateFeed", 8, 780_000_000, f"USD / HKD {n}") for n in (1, 2)]
    return [rate.address for rate in rates]


@pytest.fixture
def share(world):
    return create(world, "FundShare", STRANGER, 1).address


def pair(feed, base="USD", quote="HKD", max_age=HOUR, band_bps=65, chain="local"):
    return PairConfig(f"{base}-{quote}", base, quote, max_age, band_bps, {chain: feed})


def pairs(*found):
    return UsesConfig(pairs=found)


def assets(*places):
    found = (AssetConfig(f"FUND-{n}", {"local": it}) for n, it in enumerate(places, 1))
    return UsesConfig(assets=tuple(found))


def attesters(**caps):
    found = (AttesterConfig("WAREHOUSE", caps, {"local": ATTESTER}),) if caps else ()
    return UsesConfig(attesters=found)


def tokens(world, *codes):
    return [world.suite.peg(code).token.address for code in codes]


def open_pair(world, feed, base="USD", quote="HKD", max_age=HOUR, band_bps=65):
    terms = (*tokens(world, base, quote), feed, max_age, band_bps, REF)
    world.act("GOVERNOR", world.suite.registry, "openPair", *terms)


def planned(world, uses, signer, lines, **terms):
    """The plan has exactly these lines, each of this signer, and they make the chain so."""
    planner = planner_of(world, uses=uses, **terms)
    plan = planner.plan()
    assert plan.lines() == lines
    assert who(planner, plan) == [signer] * len(lines)
    settle(planner)
    assert planner.plan().clean
    assert findings(world, uses, **terms) == []


def findings(world, uses, **terms):
    found = audit(planner_of(world, uses=uses, **terms))
    return [(f.kind, f.text) for f in found if f.kind in ("drift", "power")]


def within(feed, bps=65, age="1h"):
    return f"within {bps} bps of {feed}, whose answer may be {age} old"


# What is not for this chain, and what is not there


def test_what_is_declared_for_another_chain_is_left_alone(world, feeds):
    uses = UsesConfig(
        (pair(NOBODY_THERE, chain="1"),),
        (AssetConfig("FUND", {"1": NOBODY_THERE}),),
        (AttesterConfig("WAREHOUSE", {"HKD": 5}, {"1": ATTESTER}),),
    )
    assert planner_of(world, uses=uses).plan().clean
    assert findings(world, uses) == []


def test_what_is_not_there_is_refused_before_anything_is_sent(world, feeds):
    cnh = pair(feeds[0], base="CNH")
    uses = UsesConfig(
        (pair(NOBODY_THERE), cnh),
        (AssetConfig("FUND", {"local": NOBODY_THERE}),),
        (AttesterConfig("WAREHOUSE", {"CNH": 5}, {"local": ATTESTER}),),
    )
    said = (
        "put uses.toml right for chain 31337, or check the network:\n"
        f"  there is no feed of the pair USD-HKD at {NOBODY_THERE}\n"
        "  the pair CNH-HKD needs CNH, which is not declared for this chain\n"
        f"  there is no asset FUND at {NOBODY_THERE}\n"
        "  the attester WAREHOUSE has a cap in CNH, which is not declared for this chain"
    )
    with pytest.raises(DeploymentError) as caught:
        planner_of(world, uses=uses).plan()
    assert str(caught.value) == said
    assert ("drift", said) in findings(world, uses)


# Pairs


def test_a_declared_pair_is_opened(world, feeds):
    uses = pairs(pair(feeds[0]))
    said = "USD and HKD are not exchanged, and a pair was declared"
    assert findings(world, uses) == [("drift", said)]
    planned(world, uses, GOVERNOR, [f"let USD and HKD be exchanged {within(feeds[0])}"])
    terms = world.suite.registry.call("rateTermsOf", *tokens(world, "USD", "HKD"))
    assert terms == (feeds[0].lower(), HOUR, 65, 6, 6, 8, False)


@pytest.mark.parametrize(
    "change", [{"max_age": HOUR + 1}, {"band_bps": 66}, {"max_age": 1, "band_bps": 66}]
)
def test_a_wider_pair_is_opened_anew(world, feeds, change):
    open_pair(world, feeds[0])
    wider = pair(feeds[0], **change)
    ages = {HOUR: "1h", HOUR + 1: "1h 1s", 1: "1s"}
    to = within(feeds[0], wider.band_bps, ages[wider.max_age])
    said = f"USD and HKD are exchanged {within(feeds[0])}, declared is {to}"
    assert findings(world, pairs(wider)) == [("drift", said)]
    planned(world, pairs(wider), GOVERNOR, [f"let USD and HKD be exchanged {to}"])


def test_another_feed_is_opened_anew(world, feeds):
    """Also where the terms beside it are narrower: whose word counts is no narrowing."""
    open_pair(world, feeds[0])
    to = within(feeds[1], 1)
    uses = pairs(pair(feeds[1], band_bps=1))
    planned(world, uses, GOVERNOR, [f"let USD and HKD be exchanged {to}"])


@pytest.mark.parametrize("change", [{"max_age": HOUR - 1}, {"band_bps": 64}])
def test_a_narrower_pair_is_narrowed_at_once(world, feeds, change):
    open_pair(world, feeds[0])
    narrower = pair(feeds[0], **change)
    to = within(feeds[0], narrower.band_bps, "1h" if narrower.max_age == HOUR else "59m 59s")
    said = f"USD and HKD are exchanged {within(feeds[0])}, declared is {to}"
    assert findings(world, pairs(narrower)) == [("drift", said)]
    planned(world, pairs(narrower), PAUSER, [f"let USD and HKD be exchanged only {to}"])


def test_a_pair_that_nobody_declared_is_a_power(world, feeds):
    open_pair(world, feeds[0])
    said = f"USD and HKD are exchanged {within(feeds[0])}, and no file declares it"
    assert findings(world, UsesConfig()) == [("power", said)]
    planned(world, UsesConfig(), PAUSER, ["let USD and HKD be exchanged no more"])
    assert world.suite.registry.call("pairsOf", world.token.address) == 0


def test_a_turned_pair_is_closed_before_it_is_opened(world, feeds):
    open_pair(world, feeds[0], base="HKD", quote="USD")
    uses = pairs(pair(feeds[0]))
    planner = planner_of(world, uses=uses)
    plan = planner.plan()
    assert plan.lines() == [
        "let HKD and USD be exchanged no more",
        f"let USD and HKD be exchanged {within(feeds[0])}",
    ]
    assert who(planner, plan) == [PAUSER, GOVERNOR]
    authority = world.suite.authority
    opening = authority.prepare("schedule", plan.steps[1].call.to, plan.steps[1].call.data, 0)
    assert [c.data for c in due_calls(plan, authority, member("GOVERNOR"))] == [opening.data]
    said = "HKD and USD are exchanged with HKD as the base, declared is USD"
    assert ("drift", said) in findings(world, uses)
    settle(planner)
    assert planner.plan().clean


def test_a_pair_of_a_currency_that_is_not_compared_is_left_alone(world, feeds):
    open_pair(world, feeds[0])
    assert planner_of(world, codes=("HKD",)).plan().clean
    wider = pairs(pair(feeds[0], band_bps=99))
    assert planner_of(world, uses=wider, codes=("USD",)).plan().clean
    assert not planner_of(world, uses=wider, codes=("USD", "HKD")).plan().clean


# Assets


def test_a_declared_asset_is_listed(world, share):
    uses = assets(share)
    said = f"the asset FUND-1 ({share}) is not delivered against payment, and was declared"
    assert findings(world, uses) == [("drift", said)]
    line = f"let the asset FUND-1 ({share}) be delivered against payment"
    planned(world, uses, GOVERNOR, [line])
    assert world.suite.registry.call("isAsset", share)


def test_an_asset_that_nobody_declared_is_a_power(world, share):
    world.act("GOVERNOR", world.suite.registry, "listAsset", share, REF)
    said = f"the asset {share} is delivered against payment, and no file declares it"
    assert findings(world, UsesConfig()) == [("power", said)]
    line = f"let the asset {share} be delivered against payment no more"
    planned(world, UsesConfig(), PAUSER, [line])
    assert not world.suite.registry.call("isAsset", share)


# Attesters


def raised(world, cap, code="HKD", account=ATTESTER):
    terms = (account, *tokens(world, code), cap, REF)
    world.act("GOVERNOR", world.suite.registry, "raiseAttester", *terms)


def test_a_declared_attester_is_raised(world):
    raised(world, 2 * UNIT)
    uses, name = attesters(HKD=5 * UNIT, USD=UNIT), f"WAREHOUSE ({ATTESTER})"
    assert findings(world, uses) == [
        ("drift", f"{name} vouches for up to 2.00 HKD, declared is 5.00 HKD"),
        ("drift", f"{name} vouches for up to 0.00 USD, declared is 1.00 USD"),
    ]
    lines = [
        f"let {name} vouch for documents of up to 5.00 HKD unpaid",
        f"let {name} vouch for documents of up to 1.00 USD unpaid",
    ]
    planned(world, uses, GOVERNOR, lines)
    caps = [
        world.suite.registry.call("attesterCap", ATTESTER, t) for t in tokens(world, "HKD", "USD")
    ]
    assert caps == [5 * UNIT, UNIT]


def test_an_attester_with_more_is_cut_at_once(world):
    """And to nothing in a currency that it has no cap in."""
    raised(world, 9 * UNIT)
    raised(world, 9 * UNIT, "USD")
    uses, name = attesters(HKD=5 * UNIT), f"WAREHOUSE ({ATTESTER})"
    assert findings(world, uses) == [
        ("drift", f"{name} vouches for up to 9.00 HKD, declared is 5.00 HKD"),
        ("power", f"{name} vouches for up to 9.00 USD, and no file declares it"),
    ]
    lines = [
        f"let {name} vouch for documents of only up to 5.00 HKD unpaid",
        f"let {name} vouch for nothing in USD",
    ]
    planned(world, uses, PAUSER, lines)


def test_an_attester_that_nobody_declared_is_a_power(world):
    raised(world, 9 * UNIT, account=STRANGER)
    said = f"{STRANGER} vouches for up to 9.00 HKD, and no file declares it"
    assert findings(world, attesters()) == [("power", said)]
    assert findings(world, attesters(), codes=("USD",)) == []
    planned(world, attesters(), PAUSER, [f"let {STRANGER} vouch for nothing in HKD"])


# Currencies that come and go


def test_a_pair_waits_for_its_currency(world, feeds):
    """Nothing is sent that the board would refuse, whatever is due first."""
    uses = UsesConfig(
        (pair(feeds[0], base="CNH"),),
        (),
        (AttesterConfig("WAREHOUSE", {"CNH": 5 * UNIT}, {"local": ATTESTER}),),
    )
    chosen = {code: currencies()[code] for code in ("HKD", "USD", "CNH")}
    planner = planner_of(world, uses=uses, chosen=chosen)
    late = [step for step in planner.plan().steps if step.subject == "the board's CNH"]
    assert [step.kind for step in late] == ["register", "open", "limit"]
    settle(planner)
    assert planner.plan().clean
    assert world.suite.registry.call("pairsOf", world.token.address) == 1


def test_a_currency_leaves_after_its_pairs(world, feeds):
    """The board would refuse it: GOVERNOR waits for PAUSER, also when its own delay is over."""
    open_pair(world, feeds[0])
    usd = world.suite.peg("USD").token.address

    def rest():
        planner = planner_of(world, chosen={"HKD": currencies()["HKD"]})
        plan = planner.plan()
        return [s for s in plan.steps if s.call.to == world.suite.registry.address], plan, planner

    steps, plan, planner = rest()
    assert [step.text for step in steps] == [
        f"let {usd} and HKD be exchanged no more",
        "take USD off the board",
    ]
    assert [step.subject for step in steps] == ["the board's USD"] * 2
    carry_out(planner, member("GOVERNOR"))
    world.chain.warp(2 * 86_400)
    steps, plan, planner = rest()
    assert due_calls(plan, world.suite.authority, member("GOVERNOR")) == []
    carry_out(planner, member("PAUSER"))
    carry_out(planner, member("GOVERNOR"))
    assert [step.text for step in rest()[0]] == []
    assert world.suite.registry.call("codes") == (b"HKD",)


def test_the_deployer_does_all_of_it():
    chain = CutChain()
    chosen = {code: currencies()[code] for code in ("HKD", "USD")}
    suite = locate(chain, artifacts(), chosen, desks(), DEPLOYER, resolve)
    world = replace(build_world(CutChain(), ("HKD",)), chain=chain)
    rate = create(world, "RateFeed", 8, 780_000_000, "USD / HKD")
    share = create(world, "FundShare", STRANGER, 1)
    uses = UsesConfig(
        (pair(rate.address),), assets(share.address).assets, attesters(HKD=5 * UNIT).attesters
    )
    deployer = Deployer(suite, artifacts(), roles(), DEPLOYER, resolve, uses=uses)
    deployer.apply(deployer.plan())
    deployer.verify()
    assert deployer.plan().clean
    assert suite.registry.call("isAsset", share.address)
    assert suite.registry.call("attesterCap", ATTESTER, suite.peg("HKD").token.address) == 5 * UNIT
    assert BLOCKED not in [s.state for who in deployer.plan().signers.values() for s in who]
