"""One key of each role, stolen: the most that it can take or destroy alone.

given money in circulation, in redemption, under way and in the uses, a customer who is a thief,
and one key
├── the thief tries every verb of the role, on every contract, with the worst arguments
│   ├── what has no delay happens at once
│   └── what has a delay is scheduled, cancelled by GUARDIAN, and refused when it would be due
├── then the thief waits until every block has run out, and takes what it can get
│   └── the loss is at most what docs/guarantees.md declares for the role
├── with the keys of BLACKLISTER and EXECUTOR, and nobody who cancels, what a use holds can be taken
└── with the keys of two roles that are apart the loss is above nothing
    └── so the measure sees losses; and it stays within cap, limits and reserves
"""

import re
from dataclasses import dataclass, replace

import pytest
from eth_utils import keccak

from pegboard.contract import Contract
from pegboard.deploy import Deployer
from pegboard.errors import Reverted
from pegboard.reserves import SignedStatement, Statement, post, signable
from pegboard.signing import SignedPause, binding
from pegboard.suite import locate
from pegboard.uses.terms import Envelope, Info
from tests.support.desks import (
    CHANNEL,
    DAY,
    DIRECT,
    approve,
    approver,
    bank_ref,
    bind,
    open_channel,
    propose,
    surrender,
    teller,
)
from tests.support.revm import RevmChain
from tests.support.uses import RATE, Market, create
from tests.support.world import (
    REF,
    ROOT,
    World,
    artifacts,
    currencies,
    desks,
    key,
    resolve,
    roles,
)

UNIT = 10**6
VICTIMS = [key(index) for index in (20, 21, 22)]
THIEF = key(23)
CASE = b"CASE-1".ljust(32, b"\0")
FOREVER = 10**6 * DAY
#: Who is paid, and how much of it is on its way through the bank.
UNDER_WAY = 75_000 * UNIT
#: What the checkout takes in; a part of it is captured.
IN_USES = 20_000 * UNIT


def production():
    """The shipped roles as a live chain has them: nobody mints or seizes but contracts."""
    held = dict(roles().holders["local"])
    for name in ("MINTER", "SEIZER"):
        held[name] = tuple(who for who in held[name] if who.startswith("suite::"))
    return replace(roles(), holders={"local": held})


@dataclass(frozen=True)
class Scene:
    """A deployed world with money in every state, and the attacks of each verb.

    Of the first victim the checkout holds `info`, of the second there is an `envelope`, and the
    third has a credit at the checkout.
    """

    world: World
    market: Market
    share: Contract
    info: Info
    envelope: Envelope

    @property
    def desks(self):
        return self.world.suite.desks

    def worth(self, people):
        """What people have: balances, and what the desk owes them back."""
        tokens, desk = self.world.token, self.desks.redemption
        held = sum(tokens.call("balanceOf", person.address) for person in people)
        owners = {person.address.lower() for person in people}
        waiting = desk.call("openRequests", 1, 100)
        held += sum(request[3] for request in waiting if request[2].lower() in owners)
        return held + sum(worth for owner, worth in self.in_uses() if owner.lower() in owners)

    def in_uses(self):
        """Whose money the uses hold, and how much."""
        uses, token = self.market.uses, self.world.token.address
        payment = uses.checkout.call("paymentOf", self.info.digest(uses.checkout))
        rest = uses.envelopes.call("restOf", self.envelope.digest(uses.envelopes))
        found = [(self.info.payer, payment[0]), (self.envelope.creator, rest[0])]
        credited = [person.address for person in (*VICTIMS, THIEF)]
        return found + [(a, uses.checkout.call("creditOf", token, a)) for a in credited]

    def loss(self, before):
        """What victims lost or the thief gained, whichever is more; theft would be both."""
        return max(before[0] - self.worth(VICTIMS), self.worth([THIEF]) - before[1], 0)

    def standing(self):
        return self.worth(VICTIMS), self.worth([THIEF])


def set_scene():
    chain, table, account = RevmChain(), production(), key(0).address
    chosen = {code: currencies()[code] for code in ("HKD", "USD")}
    suite = locate(chain, artifacts(), chosen, desks(), account, resolve)
    deployer = Deployer(suite, artifacts(), table, account, resolve)
    deployer.apply(deployer.plan())
    deployer.verify()
    world = World(chain, suite, deployer)
    for person in (*VICTIMS, THIEF):
        bind(world, person)
    for number, person in enumerate((*VICTIMS, THIEF)):
        open_channel(world, person.address, b"CHANNEL-%d".ljust(32, b"\0") % number, kind=DIRECT)
    open_channel(world, THIEF.address)
    market, share = open_trade(world)
    world.attest(50_000_000 * UNIT)
    for number in range(len(VICTIMS) + 1):
        ref, name = bank_ref(f"honest {number}"), b"CHANNEL-%d".ljust(32, b"\0") % number
        propose(world, ref, 500_000 * UNIT, name)
        approve(world, ref, 500_000 * UNIT, name)
    # One request of each status, and one of the thief's own that the bank is paying.
    for person, amount in ((VICTIMS[0], 75_000), (VICTIMS[1], 50_000), (VICTIMS[2], 25_000)):
        surrender(world, person.address, amount * UNIT)
    for number in (1, 2):
        teller(world, "validate", number)
    teller(world, "instruct", 1, bank_ref("payout 1"))
    # An order that waits for its second approver, and a case that names a stranger.
    propose(world, bank_ref("waits"), 2_000_000 * UNIT, b"CHANNEL-0".ljust(32, b"\0"))
    orders, review = suite.desks.orders, chain.now() + 90 * DAY
    world.act("CASEWORKER", orders, "openCase", CASE, 1, review, REF)
    world.act("CASEWORKER", orders, "nameAccount", CASE, world.token.address, key(31).address, 1)
    return Scene(world, market, share, *money_in_uses(market))


def open_trade(world):
    """A pair, an asset and an attester."""
    suite, hkd, usd = world.suite, world.suite.peg("HKD"), world.suite.peg("USD")
    market = Market(world, hkd, usd, create(world, "RateFeed", 8, RATE, "USD / HKD"))
    share = create(world, "FundShare", THIEF.address, 1)
    pair = (usd.token.address, hkd.token.address, market.rate.address, 3_600, 65, REF)
    world.act("GOVERNOR", suite.registry, "openPair", *pair)
    world.act("GOVERNOR", suite.registry, "listAsset", share.address, REF)
    attester = (market.attester.address, hkd.token.address, 10**12, REF)
    world.act("GOVERNOR", suite.registry, "raiseAttester", *attester)
    return market, share


def money_in_uses(market):
    """Of every victim."""
    payer, creator, merchant = VICTIMS
    info = market.info(payer=payer.address, fee_to=merchant.address, max=IN_USES)
    market.authorize(info, payer)
    checkout, envelopes = market.uses.checkout, market.uses.envelopes
    checkout.send("capture", info.values(), 1_000 * UNIT, sender=market.operator.address)
    envelope = market.envelope(key(32), creator=creator.address)
    signed = market.pay_signed(envelope, envelopes, creator, market.hkd)
    envelopes.send("create", envelope.values(), signed, sender=market.relayer.address)
    return info, envelope


@pytest.fixture(scope="module")
def staged():
    return set_scene()


@pytest.fixture
def scene(staged):
    point = staged.world.chain.snapshot()
    yield staged
    staged.world.chain.restore(point)


def attacks(scene):
    """The worst that each verb can be asked for."""
    world = scene.world
    token, now = world.token, world.chain.now()
    everybody = [person.address for person in VICTIMS]
    uses, usd = world.suite.uses, scene.market.usd.token.address
    held, packed = scene.info.values(), scene.envelope.values()
    most, me, at = 40_000_000 * UNIT, THIEF.address, token.address
    name = b"CHANNEL-0".ljust(32, b"\0")
    role = {r.name: r.id for r in roles().roles.values()}
    deadline = now + DAY
    fresh = key(24)
    customer = keccak(text="thief")
    nonce = scene.desks.customers.call("customerOf", fresh.address)[3]
    proof = bytes(
        fresh.sign_message(
            binding(scene.desks.customers, fresh.address, customer, nonce, deadline)
        ).signature
    )
    return {
        ("token", "mint"): [(me, most, REF)],
        ("token", "burn"): [(0, REF), (1, REF), (500_000 * UNIT, REF)],
        ("token", "blacklist"): [(everybody, REF)],
        ("token", "freeze"): [(everybody, REF)],
        ("token", "hold"): [(a, 2**100, REF) for a in everybody],
        ("token", "unblacklist"): [(everybody, REF)],
        ("token", "unfreeze"): [(everybody, REF)],
        ("token", "release"): [(a, 1, REF) for a in everybody],
        ("token", "seize"): [(a, me, 1, REF) for a in everybody],
        ("token", "destroy"): [(a, 1, REF) for a in everybody],
        ("token", "verify"): [([me], REF)],
        ("token", "unverify"): [(everybody, REF)],
        ("token", "pause"): [(15, REF)],
        ("token", "enterAllowListMode"): [(REF,)],
        ("token", "lowerMintLimit"): [(0, DAY, REF)],
        ("token", "resume"): [(15, REF, token.call("pauseNumber"))],
        ("token", "upgrade"): [(me, REF, REF, True)],
        ("token", "leaveAllowListMode"): [(REF,)],
        ("token", "setReserveConfig"): [((me, 31 * DAY, 0, True), REF)],
        ("token", "raiseMintLimit"): [(2**200, 1, REF)],
        ("token", "enlist"): [([me], REF)],
        ("token", "delist"): [([scene.desks.redemption.address], REF)],
        ("token", "appointDesk"): [(scene.desks.orders.address, REF)],
        ("token", "rescueERC20"): [(at, me, most, REF)],
        ("feed", "reportBreak"): [(REF,)],
        ("feed", "clearBreak"): [(REF, REF)],
        ("feed", "addAttestor"): [(me, REF)],
        ("feed", "setQuorums"): [(1, 2, 65_535, REF)],
        ("feed", "expelAttestor"): [(key(16).address, REF)],
        ("registry", "register"): [(b"EVL", me, me, REF)],
        ("registry", "retire"): [(b"HKD", REF)],
        ("registry", "tagWallet"): [(me, b"TREASURY".ljust(32, b"\0"), REF)],
        ("registry", "untagWallet"): [(me, REF)],
        ("registry", "openPair"): [(usd, at, scene.market.rate.address, 2**32 - 1, 9_999, REF)],
        ("registry", "narrowPair"): [(usd, at, 1, 1, REF)],
        ("registry", "closePair"): [(usd, at, REF)],
        ("registry", "listAsset"): [(uses.checkout.address, REF)],
        ("registry", "delistAsset"): [(scene.share.address, REF)],
        ("registry", "raiseAttester"): [(me, at, 2**255, REF)],
        ("registry", "cutAttester"): [(scene.market.attester.address, at, 0, REF)],
        ("checkout", "complianceRelease"): [(held, me, REF)],
        ("envelopes", "complianceRelease"): [(packed, me, REF)],
        **{
            (kind, verb): rows
            for kind in ("checkout", "receivables", "envelopes")
            for verb, rows in {
                "releaseCredit": [(at, a, me, REF) for a in everybody],
                "rescue": [(at, me, REF), (scene.share.address, me, REF)],
            }.items()
        },
        ("audits", "register"): [(keccak(text="fake"), keccak(world.chain.code(at)))],
        ("audits", "withdraw"): [(REF,)],
        ("authority", "expel"): [(i, account, REF) for i, account in everyone(world)],
        ("authority", "grantRole"): [(role[n], me, 0) for n in ("MINTER", "SEIZER", "GOVERNOR")],
        ("authority", "revokeRole"): [(role["GUARDIAN"], world.member("GUARDIAN"))],
        ("authority", "labelRole"): [(role["MINTER"], "nobody")],
        ("authority", "setRoleAdmin"): [(role["MINTER"], role["PROPOSER"])],
        ("authority", "setRoleGuardian"): [(role["GOVERNOR"], role["GOVERNOR"])],
        ("authority", "setGrantDelay"): [(role["MINTER"], 0)],
        ("authority", "setTargetAdminDelay"): [(at, 0)],
        ("authority", "setTargetFunctionRole"): [(at, [token.selector("mint")], 2**64 - 1)],
        ("authority", "setTargetClosed"): [(at, True)],
        ("authority", "updateAuthority"): [(at, me)],
        ("customers", "bind"): [(fresh.address, customer, now + 300 * DAY, deadline, proof, REF)],
        ("customers", "renew"): [(me, now + 1000 * DAY, REF)],
        ("customers", "setPayout"): [(a, keccak(text="thief's account"), REF) for a in everybody],
        ("customers", "unbind"): [(a, REF) for a in everybody],
        ("calendar", "declareClosed"): [
            (b"HK".ljust(32, b"\0"), now // DAY + n, REF) for n in range(9)
        ],
        ("calendar", "addCalendar"): [(b"XX".ljust(32, b"\0"), 0, 0, REF)],
        ("calendar", "addHolidays"): [
            (b"HK".ljust(32, b"\0"), list(range(now // DAY + 1, now // DAY + 200)), REF)
        ],
        ("calendar", "removeHolidays"): [
            (b"HK".ljust(32, b"\0"), list(range(now // DAY + 2, now // DAY + 200)), REF)
        ],
        ("issuance", "propose"): [
            (keccak(text=f"stolen {n}"), CHANNEL, b"HKD", 5_000_000 * UNIT) for n in range(5)
        ],
        ("issuance", "approve"): [
            (bank_ref("waits"), name, 2_000_000 * UNIT),
            (bank_ref("waits"), CHANNEL, 2_000_000 * UNIT),
            (bank_ref("honest 0"), name, 500_000 * UNIT),
            *((keccak(text=f"stolen {n}"), CHANNEL, 5_000_000 * UNIT) for n in range(5)),
        ],
        ("issuance", "cancel"): [(bank_ref("waits"), REF)],
        ("issuance", "closeChannel"): [(name, REF)],
        ("issuance", "lowerChannel"): [(name, 0, 0, DAY, REF)],
        ("issuance", "tightenTiers"): [(at, [], REF)],
        ("issuance", "openChannel"): [(b"EVIL".ljust(32, b"\0"), at, DIRECT, me, REF)],
        ("issuance", "raiseChannel"): [(CHANNEL, 2**95, 2**200, 1, REF)],
        ("issuance", "loosenTiers"): [(at, [(2**95, 1)], REF)],
        ("redemption", "validate"): [(n,) for n in (1, 2, 3)],
        ("redemption", "instruct"): [(n, keccak(text=f"fake {n}")) for n in (1, 2, 3)],
        ("redemption", "giveBack"): [(n, REF) for n in (1, 2, 3)],
        ("redemption", "recordDelay"): [(n, REF) for n in (1, 2, 3)],
        ("redemption", "settle"): [
            (n, ref) for n in (1, 2, 3) for ref in (bank_ref("payout 1"), keccak(text="fake"))
        ],
        ("redemption", "reject"): [(n, REF) for n in (1, 2, 3)],
        ("redemption", "extend"): [(n, now // DAY + 300, REF) for n in (1, 2)],
        ("redemption", "release"): [(n, me, REF) for n in (1, 2, 3)],
        ("redemption", "list"): [(me, b"HK".ljust(32, b"\0"), 1, REF)],
        ("redemption", "raiseFee"): [(at, 2**79, 100, REF)],
        ("redemption", "lowerFee"): [(at, 0, 0, REF)],
        ("orders", "openCase"): [(REF, 1, now + DAY, REF)],
        ("orders", "reviewCase"): [(CASE, now + 300 * DAY, REF)],
        ("orders", "nameAccount"): [(CASE, at, a, 2**111) for a in everybody],
        ("orders", "freeze"): [(CASE, at, everybody)],
        ("orders", "hold"): [(CASE, at, a, 10**6) for a in everybody],
        ("orders", "propose"): [
            (CASE, at, a, to, 400_000 * UNIT, 0) for a in everybody for to in (me, "0x" + "00" * 20)
        ],
        ("orders", "execute"): [(n,) for n in range(1, 8)],
        ("orders", "cancel"): [(n, REF) for n in range(1, 8)],
        ("orders", "unfreeze"): [(CASE, at, everybody)],
        ("orders", "release"): [(CASE, at, a, 1) for a in everybody],
        ("orders", "closeCase"): [(CASE, REF)],
        ("presigned", "revoke"): [(at, REF)],
        ("presigned", "expelSigner"): [(key(51).address, REF)],
        ("presigned", "addSigner"): [(me, REF)],
        ("presigned", "setQuorum"): [(2, REF)],
    }


def everyone(world):
    """Every role with its first holder."""
    return [(r.id, world.member(r.name)) for r in roles().roles.values() if r.id]


def steal(scene, role):
    """Does the worst with one role's key; returns (succeeded, cancelled)."""
    world, suite = scene.world, scene.world.suite
    thief, targets = world.member(role), target_of(scene)
    worst = attacks(scene)
    done, waiting = 0, []
    for kind, names in roles().roles[role].functions.items():
        for name in names:
            for args in worst[kind, name]:
                data = targets[kind].encode(name, *args)
                try:
                    if roles().roles[role].delay:
                        suite.authority.send(
                            "schedule", targets[kind].address, data, 0, sender=thief
                        )
                        waiting.append((targets[kind], data))
                    else:
                        targets[kind].submit(data, sender=thief)
                        done += 1
                except Reverted:
                    continue
    cancelled = cancel_all(scene, thief, waiting)
    finish(scene)
    return done, cancelled


def target_of(scene):
    suite, parts = scene.world.suite, scene.desks
    return {
        "token": scene.world.token,
        "feed": scene.world.feed,
        "registry": suite.registry,
        "audits": suite.audits,
        "authority": suite.authority,
        "customers": parts.customers,
        "calendar": parts.calendar,
        "issuance": parts.issuance,
        "redemption": parts.redemption,
        "orders": parts.orders,
        "presigned": parts.presigned,
        "checkout": suite.uses.checkout,
        "receivables": suite.uses.receivables,
        "envelopes": suite.uses.envelopes,
    }


def cancel_all(scene, thief, waiting):
    """GUARDIAN cancels everything in time; when it would be due it is refused."""
    world, authority = scene.world, scene.world.suite.authority
    guardian = world.member("GUARDIAN")
    for contract, data in waiting:
        authority.send("cancel", thief, contract.address, data, sender=guardian)
    world.chain.warp(6 * DAY)
    for contract, data in waiting:
        with pytest.raises(Reverted):
            contract.submit(data, sender=thief)
    return len(waiting)


def finish(scene):
    """The thief and the victims take back what they can, once every block has run out."""
    desk = scene.desks.redemption
    scene.world.chain.warp(20 * DAY)
    for number in range(1, desk.call("requestCount") + 1):
        for person in (*VICTIMS, THIEF):
            try:
                desk.send("takeBack", number, sender=person.address)
            except Reverted:
                continue
    uses = scene.market.uses
    for person in (*VICTIMS, THIEF):
        for contract, verb, terms in (
            (uses.checkout, "release", scene.info.values()),
            (uses.checkout, "withdraw", scene.world.token.address),
            (uses.envelopes, "refund", scene.envelope.values()),
        ):
            try:
                contract.send(verb, terms, sender=person.address)
            except Reverted:
                continue


def declared():
    """The bounds in docs/guarantees.md, by role."""
    text = (ROOT / "docs" / "guarantees.md").read_text()
    section = text.split("## One stolen key")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([A-Z]+) \| ([^|]+) \|", section, re.MULTILINE)
    return {role: {"nothing": 0, "payouts under way": UNDER_WAY}[bound] for role, bound in rows}


KEYS = [name for name in roles().roles if name not in ("MINTER", "SEIZER")]


def test_every_role_has_a_declared_bound():
    assert set(declared()) == set(roles().roles)


@pytest.mark.req("HK-03")
@pytest.mark.req("HK-22")
@pytest.mark.parametrize("role", KEYS)
def test_one_stolen_key_is_bounded(scene, role, record_property):
    """Nothing but payouts under way can be lost by one key."""
    before = scene.standing()
    done, cancelled = steal(scene, role)
    loss = scene.loss(before)
    told = f"stolen {role}: {done} attacks done, {cancelled} cancelled, {loss // UNIT} HKD lost"
    record_property("told", told)
    assert done + cancelled > 0 or not roles().roles[role].functions
    assert loss <= declared()[role]


@pytest.mark.parametrize("role", ["MINTER", "SEIZER"])
def test_nobody_has_a_key_that_mints_or_seizes(scene, role):
    members = scene.world.suite.members(roles().roles[role].id)
    assert members <= scene.world.suite.ours
    assert len(members) == 1


def test_a_settlers_key_can_destroy_what_is_under_way(scene):
    """The bound is reached: the bank is paying it, and the tokens go before the money is there."""
    before = scene.standing()
    steal(scene, "SETTLER")
    assert scene.loss(before) == UNDER_WAY


@pytest.mark.req("HK-07")
def test_two_keys_that_are_apart_are_bounded_by_limits(scene):
    """PROPOSER and one APPROVER: orders of the first tier, until the channel's limit is used."""
    world, before = scene.world, scene.standing()
    desk = scene.desks.issuance
    available = desk.call("channelOf", CHANNEL)[8]
    largest = desk.call("tiersOf", world.token.address)[0][0]
    taken = 0
    for number in range(50):
        ref = keccak(text=f"pair {number}")
        try:
            propose(world, ref, largest)
            approve(world, ref, largest)
        except Reverted:
            break
        taken += largest
    assert 0 < taken <= available
    assert scene.loss(before) == taken
    with pytest.raises(Reverted):
        desk.send("approve", ref, CHANNEL, largest, sender=approver(1))


@pytest.mark.req("HK-07")
def test_two_keys_that_are_apart_take_what_a_use_holds_of_one(scene):
    """BLACKLISTER and EXECUTOR, with no GUARDIAN awake: that payment, and nothing else."""
    world, before = scene.world, scene.standing()
    uses, payer = scene.market.uses, scene.info.payer
    held = uses.checkout.call("paymentOf", scene.info.digest(uses.checkout))[0]
    order = (scene.info.values(), THIEF.address, REF)
    with pytest.raises(Reverted) as caught:
        world.act("EXECUTOR", uses.checkout, "complianceRelease", *order)
    assert (caught.value.name, caught.value.arguments) == ("OwnerNotBarred", {"owner": payer})
    world.act("BLACKLISTER", world.token, "blacklist", [payer], REF)
    world.chain.warp(1)
    world.act("EXECUTOR", uses.checkout, "complianceRelease", *order)
    assert held == IN_USES - 1_000 * UNIT
    assert scene.loss(before) == held


def test_one_attestor_and_one_signer_can_do_nothing(scene):
    """Neither a statement nor a pause; the deployer neither."""
    world, now = scene.world, scene.world.chain.now()
    statement = Statement("HKD", now, 10**15, 0, REF)
    signed = key(16).sign_message(signable(world.feed, statement))
    with pytest.raises(Reverted):
        post(world.feed, statement, [_signed(key(16), signed)], sender=THIEF.address)
    pause = SignedPause(world.token.address, 15, now, now + DAY, 0, REF)
    one = bytes(key(51).sign_message(pause.signable(scene.desks.presigned)).signature)
    with pytest.raises(Reverted):
        scene.desks.presigned.send("pause", *pause.values(), [one], sender=THIEF.address)
    everything = [r.id for r in roles().roles.values()]
    authority = world.suite.authority
    assert not any(authority.call("hasRole", i, key(0).address)[0] for i in everything)


def _signed(account, message):
    return SignedStatement(account.address, bytes(message.signature))
