"""Tokens that call back, take fees, lie or refuse: what they can reach, and what they cannot.

a token that nobody registered
├── in FxSettle, Checkout, Receivables and RedEnvelope: is refused before it is called once
├── rescued from an escrow: moves itself and nothing else, and cannot come back in
└── says that it is HKD: is no currency all the same

a token in the list of assets
├── when it delivers less, more or nothing, says no, or fails: no leg happens
├── when it lies about balances: the lie is all that anybody gets
├── when it calls back, by itself, by ERC-777 or by ERC-1363 hooks: finds FxSettle shut, and the
│   other uses as they are to any stranger
└── when it does any of this in any order: every balance of every currency is what it was, but for
    what the two parties signed

a currency
└── paid to accounts with code in every use: calls none of them back
"""

import random

import pytest
from eth_utils import keccak

from pegboard.contract import named
from pegboard.errors import Reverted
from tests.support.refusal import refused
from tests.support.uses import sign
from tests.support.world import REF, artifacts, key
from tests.unit.fx import WAYS, ZERO, Exchange, moved
from tests.unit.hostile import Manner, View, build, outcomes, plan

REENTERED = "ReentrancyGuardReentrantCall"
SIDES = ("sold", "bought")


@pytest.fixture
def world(market):
    return market.world


@pytest.fixture
def fx(market):
    return market.uses.fx


@pytest.fixture
def anybody(market):
    return market.relayer.address


@pytest.fixture
def hostile(market, fx, anybody):
    """A token that maker, taker and every use have, and have allowed."""
    made = build(market.world.chain, "HostileToken")
    contracts = market.uses.by_name.values()
    for owner in (market.maker, market.taker, market.buyer, market.financier):
        made.send("give", owner.address, 10**12, sender=anybody)
        for contract in contracts:
            made.send("approve", contract.address, 2**256 - 1, sender=owner.address)
    return made


@pytest.fixture
def exchange(market, hostile):
    return Exchange(market, others={"hostile": hostile.address})


@pytest.fixture
def listed(market, world, hostile):
    """The same, in the list of assets."""
    world.act("GOVERNOR", world.suite.registry, "listAsset", hostile.address, REF)
    market.price()
    return hostile


def behave(token, manner, view=View.HONEST):
    token.send("behave", manner, view, sender=key(69).address)


# Not registered


@pytest.fixture
def screaming(hostile, anybody):
    """Refuses whatever it is asked with an error of its own, which would tell of a call."""
    hostile.send("scream", sender=anybody)
    with pytest.raises(Reverted):
        hostile.call("canSend", anybody)
    with pytest.raises(Reverted):
        hostile.call("balanceOf", anybody)
    return hostile


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("side", SIDES)
def test_it_is_not_exchanged(market, world, exchange, screaming, way, side):
    other = market.hkd.token.address
    sell, buy = (screaming.address, other) if side == "sold" else (other, screaming.address)
    for one, two in ((sell, buy), (screaming.address, screaming.address)):
        quote = exchange.quote(sell=one, buy=two)
        with refused(world, "NotTradable", sell=one, buy=two):
            exchange.do(way, quote)
        assert exchange.check(quote) == 4


def test_it_is_not_held_by_checkout(market, world, screaming):
    info, contract = market.info(token=screaming.address), market.uses.checkout
    identifier = "0x" + info.digest(contract).hex()
    with refused(world, "TokenNotRegistered", token=screaming.address):
        contract.send("authorize", info.values(), bytes(65), sender=market.relayer.address)
    for verb, rest, sender in (
        ("capture", (1,), market.operator),
        ("release", (), market.operator),
        ("release", (), market.taker),
        ("refund", (1,), market.merchant),
    ):
        with refused(world, "PaymentNotOpen", id=identifier):
            contract.send(verb, info.values(), *rest, sender=sender.address)
    with pytest.raises(Reverted, match="PaymentNotOpen"):
        world.act("EXECUTOR", contract, "complianceRelease", info.values(), key(69).address, REF)


def test_it_is_no_receivable(market, world, screaming):
    doc, contract = market.doc(token=screaming.address), market.uses.receivables
    identifier, nothing = "0x" + doc.fingerprint.hex(), "0x" + "00" * 32
    with refused(world, "TokenNotRegistered", token=screaming.address):
        market.attest(doc)
    with refused(world, "WrongDocStatus", id=identifier, status=0):
        market.accept(doc)
    with refused(world, "DocMismatch", id=identifier, recorded=nothing):
        market.finance(doc, market.offer(doc))
    for verb, rest, sender in (
        ("pay", (1, REF), market.buyer),
        ("cancel", (), market.seller),
        ("markDefault", (), market.financier),
    ):
        with refused(world, "DocMismatch", id=identifier, recorded=nothing):
            contract.send(verb, doc.values(), *rest, sender=sender.address)
    for view in ("owed", "dueOf"):
        with refused(world, "DocMismatch", id=identifier, recorded=nothing):
            contract.call(view, doc.values())


def test_it_takes_no_other_tokens_record(market, world, screaming):
    """A document that differs in the token only is another one."""
    doc, contract = market.doc(), market.uses.receivables
    market.attest(doc)
    recorded = contract.call("receivableOf", doc.fingerprint)[1]
    other = market.doc(token=screaming.address)
    evidence = {"id": "0x" + doc.fingerprint.hex(), "recorded": "0x" + recorded.hex()}
    with refused(world, "DocMismatch", **evidence):
        contract.send("pay", other.values(), 1, REF, sender=market.buyer.address)


def test_it_is_in_no_envelope(market, world, screaming):
    link = key(45)
    envelope, contract = market.envelope(link, token=screaming.address), market.uses.envelopes
    identifier, to = "0x" + envelope.digest(contract).hex(), market.supplier.address
    with refused(world, "TokenNotRegistered", token=screaming.address):
        contract.send("create", envelope.values(), bytes(65), sender=market.relayer.address)
    claimed = sign(link, envelope.claim(contract, to))
    with refused(world, "EnvelopeUnknown", id=identifier):
        contract.send("claim", envelope.values(), to, claimed, sender=to)
    with refused(world, "EnvelopeUnknown", id=identifier):
        contract.send("refund", envelope.values(), sender=to)
    with pytest.raises(Reverted, match="EnvelopeUnknown"):
        world.act("EXECUTOR", contract, "complianceRelease", envelope.values(), to, REF)


def escrows(market):
    uses = market.uses
    return (uses.checkout, uses.receivables, uses.envelopes)


def test_nothing_of_it_is_credited(market, world, screaming, anybody):
    for contract in escrows(market):
        screaming_credit = {"token": screaming.address, "account": anybody}
        with refused(world, "NothingCredited", **screaming_credit):
            contract.send("withdraw", screaming.address, sender=anybody)


def test_saying_that_it_is_a_currency_does_not_make_it_one(world, hostile):
    registry = world.suite.registry
    assert hostile.call("currency") == "HKD"
    assert registry.call("codeOf", hostile.address) == "0x000000"
    assert registry.call("wasRegistered", hostile.address) is False


@pytest.mark.parametrize("which", range(3))
def test_a_rescue_moves_it_and_nothing_else(market, world, exchange, hostile, anybody, which):
    """What comes back in finds the escrow shut; what is held for others stays."""
    contract, scene = escrows(market)[which], Scene(market, hostile)
    hostile.send("give", contract.address, 50, sender=anybody)
    behave(hostile, Manner.HOOKS_OWN)
    inside = [step for step in scene.acts if step[1] == contract.address]
    plan(hostile, [(to, data) for _, to, data in inside])
    held = exchange.holdings()
    world.act("GOVERNOR", contract, "rescue", hostile.address, key(69).address, REF)
    assert hostile.call("balanceOf", key(69).address) == 50
    assert moved(held, exchange.holdings()) == {}
    found = told(hostile)
    assert len(found) == 2 * len(inside) > 0
    for (name, _, _), answer in zip(inside * 2, found, strict=True):
        guarded = name not in scene.unguarded
        assert answer == (REENTERED if guarded else scene.unguarded[name]), name


def test_a_currency_is_never_rescued(market, world):
    """Also not what strangers sent, nor once it is retired."""
    for contract in escrows(market):
        with pytest.raises(Reverted, match="NotForeign"):
            world.act("GOVERNOR", contract, "rescue", market.hkd.token.address, ZERO, REF)
    registry = world.suite.registry
    pair = (market.usd.token.address, market.hkd.token.address)
    world.act("PAUSER", registry, "closePair", *pair, REF)
    world.act("GOVERNOR", registry, "retire", b"HKD", REF)
    for contract in escrows(market):
        with pytest.raises(Reverted, match="NotForeign"):
            world.act("GOVERNOR", contract, "rescue", market.hkd.token.address, ZERO, b"x" * 32)


# Listed as an asset


def trade(market, exchange, token, side, **changes):
    """A thousandth of the asset for HKD 1, or the other way round."""
    sold = side == "sold"
    return exchange.quote(
        sell=token.address if sold else market.hkd.token.address,
        buy=market.hkd.token.address if sold else token.address,
        sell_amount=1_000 if sold else 1_000_000,
        buy_amount=1_000_000 if sold else 1_000,
        **changes,
    )


def delivery(market, side):
    return market.supplier.address if side == "sold" else market.maker.address


MISCOUNTED = {Manner.FEE: 999, Manner.KEEPS: 0, Manner.GIVES_MORE: 1_001}


@pytest.mark.parametrize("manner", MISCOUNTED, ids=str)
@pytest.mark.parametrize("side", SIDES)
def test_a_miscount_is_refused(market, world, exchange, listed, side, manner):
    """F1: exactly, or none."""
    behave(listed, manner)
    evidence = {"delivered": MISCOUNTED[manner], "wanted": 1_000}
    with refused(world, "AssetMiscounted", asset=listed.address, **evidence):
        exchange.do("settle", trade(market, exchange, listed, side))


@pytest.mark.parametrize("side", SIDES)
def test_an_asset_that_takes_instead_is_refused(market, world, exchange, listed, side, anybody):
    """F1: whoever should receive had some, and has less."""
    listed.send("give", delivery(market, side), 10, sender=anybody)
    behave(listed, Manner.TAKES)
    with refused(world, ""):
        exchange.do("settle", trade(market, exchange, listed, side))


@pytest.mark.parametrize("manner", [Manner.ANSWERS_FALSE, Manner.ANSWERS_SHORT], ids=str)
@pytest.mark.parametrize("side", SIDES)
def test_a_no_is_a_no(market, world, exchange, listed, side, manner):
    """F1: false, or half an answer, though the asset has moved."""
    behave(listed, manner)
    with refused(world, "SafeERC20FailedOperation", token=listed.address):
        exchange.do("settle", trade(market, exchange, listed, side))


@pytest.mark.parametrize("side", SIDES)
def test_no_answer_is_a_yes_if_it_has_moved(market, exchange, listed, side):
    """F1: as old tokens have it."""
    behave(listed, Manner.ANSWERS_NOTHING)
    exchange.assets = {"asset": listed}
    before = exchange.holdings()
    exchange.do("settle", trade(market, exchange, listed, side))
    giver, taker = ("maker", "supplier") if side == "sold" else ("taker", "maker")
    change = moved(before, exchange.holdings())
    assert (change[giver, "asset"], change[taker, "asset"]) == (-1_000, 1_000)


@pytest.mark.parametrize("side", SIDES)
def test_an_asset_that_fails_moves_no_money(market, world, exchange, listed, side):
    behave(listed, Manner.REVERTS)
    before = exchange.holdings()
    with pytest.raises(Reverted) as caught:
        exchange.do("settle", trade(market, exchange, listed, side))
    assert caught.value.data == CALLED
    assert moved(before, exchange.holdings()) == {}


@pytest.mark.parametrize("view", [View.REVERTS, View.NOTHING, View.SHORT, View.MOST])
@pytest.mark.parametrize("side", SIDES)
def test_an_asset_without_a_balance_moves_no_money(market, exchange, listed, side, view):
    """F1: it cannot be seen that anything arrived."""
    behave(listed, Manner.HONEST, view)
    before = exchange.holdings()
    quote = trade(market, exchange, listed, side)
    with pytest.raises(Reverted):
        exchange.do("settle", quote)
    assert moved(before, exchange.holdings()) == {}
    assert not exchange.spent(quote)


@pytest.mark.parametrize("way", WAYS)
def test_a_lie_is_all_that_is_bought(market, exchange, listed, way):
    """Who trades an asset that lies gets the lie; the money is what both signed, and no more."""
    behave(listed, Manner.LIES)
    before = exchange.holdings()
    exchange.do(way, trade(market, exchange, listed, "sold"))
    assert moved(before, exchange.holdings()) == {
        ("taker", "HKD"): -1_000_000,
        ("maker", "HKD"): 1_000_000,
    }


def test_an_assets_own_authorizations_are_never_asked(market, world, exchange, listed):
    """It would take anybody's money without a signature."""
    quote = trade(market, exchange, listed, "bought")
    with refused(world, "NotPegged", token=listed.address):
        exchange.do("settleFor", quote)


# Calling back


class Scene:
    """Something open in every use, and what a stranger with code could try against it."""

    def __init__(self, market, thief):
        self.market, self.thief = market, thief
        uses, hkd = market.uses, market.hkd.token
        place = thief.address
        exchange = Exchange(market)

        info, waiting = market.info(), market.info(order=REF)
        for terms in (info, waiting):
            market.authorize(terms)
        uses.checkout.send("capture", info.values(), 40_000_000, sender=market.operator.address)
        doc = market.doc(due=market.now + 10**6)
        market.attest(doc)
        market.accept(doc)
        market.finance(doc, market.offer(doc))
        envelope = market.envelope(key(45), submitter=market.operator.address)
        market.create(envelope)
        offered = market.quote(nonce=1_000)
        made = exchange.signed(offered)
        self.signed_payment = exchange.paid(offered, market.taker, market.supplier.address)
        gasless = (offered.values(), made, market.taker.address, market.supplier.address, REF)
        terms, rest = info.values(), envelope.values()
        funded = market.info(order=bytes(31) + b"\3")
        funding = market.pay_signed(funded, uses.checkout, market.taker, market.hkd)

        def by(contract, verb, *args):
            return (f"{contract.address}.{verb}", contract.address, contract.encode(verb, *args))

        fx, checkout = uses.fx, uses.checkout
        receivables, envelopes = uses.receivables, uses.envelopes
        #: (name, target, calldata)
        self.acts = [
            by(fx, "settle", offered.values(), made, place, REF),
            by(fx, "settleFor", *gasless, self.signed_payment),
            by(fx, "settleFor", *gasless[:2], market.taker.address, place, REF, made),
            by(fx, "cancel", 0, 2**256 - 1),
            by(fx, "setSigner", place, True),
            by(checkout, "authorize", terms, bytes(65)),
            by(checkout, "capture", terms, 1),
            by(checkout, "release", terms),
            by(checkout, "refund", terms, 1),
            by(checkout, "withdraw", hkd.address),
            by(checkout, "withdraw", place),
            by(receivables, "finance", doc.values(), market.offer(doc).values(), bytes(65)),
            by(receivables, "pay", doc.values(), 1, REF),
            by(receivables, "withdraw", hkd.address),
            by(receivables, "cancel", doc.values()),
            by(receivables, "markDefault", doc.values()),
            by(receivables, "attest", doc.values(), bytes(65)),
            by(envelopes, "create", rest, bytes(65)),
            by(envelopes, "claim", rest, place, sign(key(45), envelope.claim(envelopes, place))),
            by(envelopes, "refund", rest),
            by(envelopes, "withdraw", hkd.address),
        ]
        for contract in escrows(market):
            self.acts.append(by(contract, "rescue", hkd.address, place, REF))
            self.acts.append(by(contract, "releaseCredit", hkd.address, place, place, REF))
        for peg in (market.hkd, market.usd):
            for owner in (market.maker, market.taker, fx, checkout):
                call = ("transferFrom", owner.address, place, 1)
                self.acts.append(by(peg.token, *call))
            self.acts.append(by(peg.token, "mint", place, 1, REF))
        #: What a stranger may do who has the signatures: it moves what was signed.
        self.honest = by(checkout, "authorize", funded.values(), funding)
        receivable = f"{receivables.address}."
        #: Verbs that move nothing, or that the Authority guards first: no lock, and their answers.
        self.unguarded = {
            receivable + "cancel": "WrongDocStatus",
            receivable + "markDefault": "CallerNot",
            receivable + "attest": "WrongDocStatus",
        }
        for contract in escrows(market):
            for verb in ("rescue", "releaseCredit"):
                self.unguarded[f"{contract.address}.{verb}"] = "AccessManagedUnauthorized"

    def outside(self):
        """What each act answers to any stranger, by name."""
        fx, checkout, receivables, envelopes = (
            c.address for c in self.market.uses.by_name.values()
        )
        pegs = (self.market.hkd.token.address, self.market.usd.token.address)
        known = {
            f"{checkout}.authorize": "AuthorizationSpent",
            f"{checkout}.capture": "CallerNot",
            f"{checkout}.release": "CallerNot",
            f"{checkout}.refund": "ERC20InsufficientAllowance",
            f"{receivables}.finance": "CallerNot",
            f"{receivables}.pay": "ERC20InsufficientAllowance",
            f"{envelopes}.create": "EnvelopeExists",
            f"{envelopes}.claim": "CallerNot",
            f"{envelopes}.refund": "NotExpired",
        }
        known |= {f"{place}.withdraw": "NothingCredited" for place in (checkout, receivables)}
        known[f"{envelopes}.withdraw"] = "NothingCredited"
        known |= {f"{place}.transferFrom": "ERC20InsufficientAllowance" for place in pegs}
        known |= {f"{place}.mint": "AccessManagedUnauthorized" for place in pegs}
        known |= {f"{fx}.{verb}": REENTERED for verb in WAYS}
        # These are about the caller's own quotes only.
        known |= {f"{fx}.{verb}": "" for verb in ("cancel", "setSigner")}
        return known | self.unguarded


#: The error of the hostile token.
CALLED = keccak(text="Called()")[:4]


def told(script):
    """What each of its steps was answered: nothing, or the name of the refusal."""
    errors = artifacts().errors
    return [
        "" if passed else named(Reverted(bytes.fromhex(answer.hex())), errors).name
        for passed, answer in outcomes(script)
    ]


def run_scene(market, exchange, listed, manner, side, way="settle"):
    """A trade of an asset whose hooks try everything; who acts, and what it was told."""
    thief = listed
    to = None
    if manner != Manner.HOOKS_OWN:
        thief = build(market.world.chain, "Listener")
        exchange.others["thief"] = thief.address
        to = thief.address
    scene = Scene(market, thief)
    plan(thief, [(target, data) for _, target, data in scene.acts])
    behave(listed, manner)
    return scene, thief, to


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("manner", [Manner.HOOKS_OWN, Manner.HOOKS_777, Manner.HOOKS_1363], ids=str)
def test_what_calls_back_while_it_is_sold_gets_nothing(market, exchange, listed, manner, way):
    """F1: the trade is as signed; FxSettle is shut, the other uses answer as to any stranger."""
    scene, thief, to = run_scene(market, exchange, listed, manner, "sold")
    quote = trade(market, exchange, listed, "sold")
    before, supplies = exchange.holdings(), exchange.supplies()
    exchange.do(way, quote, to=to)
    assert moved(before, exchange.holdings()) == {
        ("taker", "HKD"): -1_000_000,
        ("maker", "HKD"): 1_000_000,
    }
    assert exchange.supplies() == supplies
    known, found = scene.outside(), told(thief)
    times = 2 if manner == Manner.HOOKS_OWN else 1
    assert len(found) == times * len(scene.acts)
    for (name, _, _), answer in zip(scene.acts * times, found, strict=True):
        assert answer == known[name], name


@pytest.mark.parametrize("manner", [Manner.HOOKS_777, Manner.HOOKS_OWN], ids=str)
def test_what_calls_back_while_it_is_bought_gets_nothing(market, exchange, listed, manner):
    """F1: the taker is a contract that its own asset calls before the money has moved."""
    scene, thief, _ = run_scene(market, exchange, listed, manner, "bought")
    fx, quote = market.uses.fx, trade(market, exchange, listed, "bought")
    before = exchange.holdings()
    if thief is listed:
        exchange.do("settle", quote)
        payee = "supplier"
    else:
        listed.send("give", thief.address, 1_000, sender=key(69).address)
        for to, data in (
            (listed.address, listed.encode("approve", fx.address, 1_000)),
            (fx.address, settling(exchange, quote, thief.address)),
        ):
            thief.send("execute", to, data, sender=key(69).address)
        payee = "thief"
    assert moved(before, exchange.holdings()) == {
        ("maker", "HKD"): -1_000_000,
        (payee, "HKD"): 1_000_000,
    }
    known, found = scene.outside(), told(thief)
    times = 2 if thief is listed else 1
    assert len(found) == times * len(scene.acts)
    for (name, _, _), answer in zip(scene.acts * times, found, strict=True):
        assert answer == known[name], name


def settling(exchange, quote, to):
    """Calldata of `settle`."""
    return exchange.fx.encode("settle", quote.values(), exchange.signed(quote), to, REF)


def test_a_contract_that_makes_gets_nothing_more(market, exchange, listed, fx):
    """F1: a maker whose asset calls it back while it delivers; by then it is paid, once."""
    thief = build(market.world.chain, "Listener")
    exchange.others["thief"] = thief.address
    listed.send("give", thief.address, 10_000, sender=key(69).address)
    data = listed.encode("approve", fx.address, 2**256 - 1)
    thief.send("execute", listed.address, data, sender=key(69).address)
    scene = Scene(market, thief)
    quote = trade(market, exchange, listed, "sold", maker=thief.address)
    again = fx.encode("settle", quote.values(), b"", thief.address, REF)
    plan(thief, [(fx.address, again), *((to, data) for _, to, data in scene.acts)])
    behave(listed, Manner.HOOKS_777)
    before = exchange.holdings()
    exchange.do("settle", quote, signature=b"")
    assert moved(before, exchange.holdings()) == {
        ("taker", "HKD"): -1_000_000,
        ("thief", "HKD"): 1_000_000,
    }
    assert told(thief)[0] == REENTERED
    known = scene.outside()
    # It has a little HKD now, but has still allowed nothing.
    for (name, _, _), answer in zip(scene.acts, told(thief)[1:], strict=True):
        assert answer == known[name], name


def test_what_was_signed_still_works_from_inside(market, exchange, listed):
    """A lock is no veto: what a payer has signed, even a hostile caller may submit, and no more."""
    scene, thief, to = run_scene(market, exchange, listed, Manner.HOOKS_1363, "sold")
    _, place, data = scene.honest
    plan(thief, [(place, data), (place, data)])
    before = exchange.holdings()
    exchange.do("settle", trade(market, exchange, listed, "sold"), to=to)
    assert moved(before, exchange.holdings()) == {
        ("taker", "HKD"): -101_000_000,
        ("maker", "HKD"): 1_000_000,
        ("Checkout", "HKD"): 100_000_000,
    }
    assert told(thief) == ["", "AuthorizationSpent"]


@pytest.mark.parametrize("seed", range(10))
def test_no_sequence_reaches_anything_else(market, exchange, listed, seed):
    """F1, F2, R4: trades and calls in any order change currencies only as two parties signed."""
    chance = random.Random(seed)
    listener = build(market.world.chain, "Listener")
    exchange.others["listener"] = listener.address
    scene = Scene(market, listener)
    before, supplies, wanted = exchange.holdings(), exchange.supplies(), {}
    settled = 0
    for nonce in range(25):
        for script in (listed, listener):
            steps = chance.sample(scene.acts[2:], chance.randint(1, 8))
            plan(script, [(to, data) for _, to, data in steps])
        behave(listed, chance.choice(list(Manner)), chance.choice((0, 0, 0, 1, 2, 3, 4, 5)))
        chance.choice((listed, listener)).send("act", sender=key(69).address)
        side, way = chance.choice(SIDES), chance.choice(WAYS)
        quote = trade(market, exchange, listed, side, nonce=nonce)
        to = chance.choice((None, listener.address, listed.address))
        try:
            exchange.do(way, quote, to=to)
        except Reverted:
            assert not exchange.spent(quote)
            continue
        settled += 1
        payee = {None: "supplier", listener.address: "listener", listed.address: "hostile"}[to]
        giver, taker = ("taker", "maker") if side == "sold" else ("maker", payee)
        for who, value in ((giver, -1_000_000), (taker, 1_000_000)):
            wanted[who, "HKD"] = wanted.get((who, "HKD"), 0) + value
    assert settled > 0
    change = {place: value for place, value in wanted.items() if value}
    assert moved(before, exchange.holdings()) == change
    assert exchange.supplies() == supplies


# Currencies


def test_a_currency_calls_nobody_back(market, world, exchange, fx):
    """Accounts with code are paid in every use, and none is called: no hook, no question."""
    listener = build(market.world.chain, "Listener")
    place, uses, anyone = listener.address, market.uses, market.relayer.address
    hkd = market.hkd.token
    exchange.others["listener"] = place
    world.fund(place, 10**10)
    world.fund(place, 10**10, peg=market.usd)
    market.price()
    for contract in (*uses.by_name.values(), market.taker):
        for peg in (market.hkd, market.usd):
            data = peg.token.encode("approve", contract.address, 2**256 - 1)
            listener.send("execute", peg.token.address, data, sender=anyone)
    plan(listener, [])
    before = exchange.holdings()
    # Exchange: as beneficiary, as maker, as taker.
    for nonce, way in enumerate(WAYS):
        exchange.do(way, exchange.quote(nonce=nonce), to=place)
        exchange.do(way, exchange.quote(maker=place, nonce=nonce), signature=b"")
    quote = exchange.quote(nonce=9)
    values = (quote.values(), exchange.signed(quote), place, place, REF, b"")
    fx.send("settleFor", *values, sender=anyone)
    # Checkout: as payer and payee.
    info = market.info(payer=place, payee=place, fee_bps=0)
    uses.checkout.send("authorize", info.values(), b"", sender=anyone)
    uses.checkout.send("capture", info.values(), 40_000_000, sender=market.operator.address)
    uses.checkout.send("refund", info.values(), 10_000_000, sender=market.merchant.address)
    uses.checkout.send("release", info.values(), sender=market.operator.address)
    # Receivables: as seller and financier.
    doc = market.doc(seller=place)
    market.attest(doc)
    market.accept(doc)
    offer = market.offer(doc)
    signature = sign(market.financier, offer.signable(uses.receivables))
    data = uses.receivables.encode("finance", doc.values(), offer.values(), signature)
    listener.send("execute", uses.receivables.address, data, sender=anyone)
    uses.receivables.send("pay", doc.values(), doc.face, REF, sender=market.buyer.address)
    # Envelopes: as creator and claimer.
    envelope = market.envelope(key(45), creator=place)
    uses.envelopes.send("create", envelope.values(), b"", sender=anyone)
    claimed = sign(key(45), envelope.claim(uses.envelopes, place))
    uses.envelopes.send("claim", envelope.values(), place, claimed, sender=anyone)
    world.chain.warp(envelope.expiry - market.now + 1)
    uses.envelopes.send("refund", envelope.values(), sender=anyone)
    # Plain movements, and a credit that waited.
    hkd.send("transfer", place, 5, sender=market.taker.address)
    hkd.send("transferFrom", place, market.taker.address, 5, sender=market.taker.address)
    kept = market.info(payee=place, fee_bps=10_000, fee_to=place, order=REF)
    market.authorize(kept)
    uses.checkout.send("capture", kept.values(), 7, sender=market.operator.address)
    data = uses.checkout.encode("withdraw", hkd.address)
    listener.send("execute", uses.checkout.address, data, sender=anyone)
    assert listener.call("calls") == 0
    change = moved(before, exchange.holdings())
    # USD: 3 deliveries in, 2 out; HKD: 2 quotes received, 1 paid; 10 refunded of what was captured
    # from itself; advance and rest of the document; 7 of fees.
    assert change["listener", "USD"] == 100_000_000
    paid = 2 * 780_000_000 - 780_000_000 + 10_000_000
    face = doc.face - offer.advance - offer.fee
    assert change["listener", "HKD"] == paid + offer.advance + face + 7


def test_the_listener_would_have_noticed(market, exchange, listed):
    """What the test above relies on: a hook that is called is counted."""
    listener = build(market.world.chain, "Listener")
    plan(listener, [])
    for manner, calls in ((Manner.HOOKS_777, 1), (Manner.HOOKS_1363, 2), (Manner.HONEST, 2)):
        behave(listed, manner)
        listed.send("transfer", listener.address, 1, sender=market.maker.address)
        assert listener.call("calls") == calls
