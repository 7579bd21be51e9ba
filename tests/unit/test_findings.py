"""What a hostile reading of the desks found, the gravest first: each test asserts what should hold.

money twice
├── given a payout that the bank made, and a pause of redemption past its block: not taken back
├── given the same, and a holder who was frozen meanwhile: not taken back
├── given days that were closed after the payout was instructed: the block moves, as the date does
├── given a payout under way: a lawful order does not move its tokens
└── given a desk that was replaced: what its successor issued it does not issue again
time that two parties and a guardian were promised
├── execute: is not scheduled before the order is there
└── raising, opening and loosening: are not scheduled ahead of a cut
one key too few
├── setPayout: needs the holder's word
├── small orders in a row: need as many approvals as one of their size
└── a clerk alone: does not put off payments for ever
what a case leaves behind
├── unfreeze: leaves a freeze that the case did not set
├── release, execute: leave what another case holds, whatever was released at the token
├── hold: finds at once again what was released at the token
└── the ceiling: bounds what is held and taken together
what is retired, replaced or declared
├── a desk that takes no more requests: gives back, and burns, what it has
├── a retired currency: is within reach of orders, and not issued
├── a channel that the deployer opened in its minutes: does not pass verification
├── powers that a contract exercises: are apart as those of its own were
└── extend: records the day that was asked for, or refuses
"""

from __future__ import annotations

from contextlib import suppress

import pytest
from eth_utils import keccak

from pegboard.deploy import Deployer, Plan
from pegboard.desks import calendar_code
from pegboard.errors import DeploymentError, Reverted
from pegboard.suite import locate
from tests.support import cases
from tests.support import desks as counter
from tests.support.cases import CASE, OTHER
from tests.support.desks import CHANNEL, DAY, DIRECT, bank_ref, bind, open_channel, until
from tests.support.refusal import refused, when_due
from tests.support.revm import RevmChain
from tests.support.world import REF, artifacts, currencies, desks, key, resolve, roles

FUNDS, AMOUNT = 1_000_000_000, 250_000_000
PAID = bank_ref("payout 1")
CREDIT = bank_ref("credit 1")
MILLION = 10**12


@pytest.fixture
def orders(world):
    return world.suite.desks.orders


@pytest.fixture
def issuance(world):
    return world.suite.desks.issuance


@pytest.fixture
def desk(world):
    return world.suite.desks.redemption


@pytest.fixture
def customer(world, holder):
    """Has 1,000 HKD, a bound wallet and a payout account; it is Saturday, 16 January 2027."""
    bind(world, holder)
    return holder.address


@pytest.fixture
def account(world, holder):
    """The holder, named with all it has in two cases."""
    for case in (CASE, OTHER):
        cases.open_case(world, case)
        cases.name(world, holder.address, FUNDS, case)
    return holder.address


def balance(world, account):
    return world.token.call("balanceOf", account)


def held(world, account):
    return world.token.call("getFrozenTokens", account)


def tried(act, *args):
    """Does it, if it can be done."""
    with suppress(Reverted):
        act(*args)


# Money twice


# FAULT: the redemption pause stops `settle` and not `takeBack`, while the block runs out.
def test_what_was_paid_is_not_taken_back_in_a_pause_of_redemption(world, token, customer):
    """High. The bank has paid on Monday; redemption is paused until Wednesday."""
    number = counter.to_paying(world, customer, AMOUNT, PAID)
    world.act("PAUSER", token, "pause", 8, REF)
    tried(counter.settler, world, "settle", number, PAID)
    until(world, "2027-01-20 00:00:00")
    tried(counter.settler, world, "settle", number, PAID)
    tried(counter.take_back, world, number, customer)
    assert balance(world, customer) == FUNDS - AMOUNT


# FAULT: the same race, opened by a freeze: it stops `settle`, and the block runs on.
def test_what_was_paid_is_not_taken_back_after_a_freeze(world, token, customer):
    """High. The holder acts in the block of its release, before SETTLER can."""
    number = counter.to_paying(world, customer, AMOUNT, PAID)
    world.act("FREEZER", token, "freeze", [customer], REF)
    tried(counter.settler, world, "settle", number, PAID)
    until(world, "2027-01-20 00:00:00")
    world.act("RELEASER", token, "unfreeze", [customer], REF)
    tried(counter.take_back, world, number, customer)
    tried(counter.settler, world, "settle", number, PAID)
    assert balance(world, customer) == FUNDS - AMOUNT


# FAULT: `blockedUntil` is reckoned once; days closed later move the due date and not the block.
def test_the_block_has_its_business_days_whatever_is_closed(world, customer):
    """Medium. Instructed on Saturday; Monday and Tuesday are lost to a typhoon."""
    number = counter.to_paying(world, customer, AMOUNT, PAID)
    for day in ("2027-01-18", "2027-01-19"):
        counter.close(world, day)
    until(world, "2027-01-20 00:00:00")
    until_day = counter.day_of("2027-01-21")
    with refused(world, "PayoutPending", id=number, blockedUntil=until_day):
        counter.take_back(world, number, customer)


# FAULT: `release` takes a request in any status; once it is closed, what was paid is never burned.
def test_an_order_does_not_move_what_the_bank_is_paying(world, payee, customer):
    """Medium. One who reads a number alone cannot see that the bank was told."""
    number = counter.to_paying(world, customer, AMOUNT, PAID)
    cases.open_case(world)
    cases.name(world, customer, FUNDS)
    cases.freeze(world, customer)
    with suppress(Reverted):
        cases.execute(world, cases.propose(world, customer, payee.address, AMOUNT, number))
    assert balance(world, payee.address) == 0


def _mapped(world, contract, kind):
    """A contract's verbs, given to the roles that roles.toml names."""
    authority, admin = world.suite.authority, world.member("ADMIN")
    calls = []
    for role in roles().roles.values():
        selectors = [contract.selector(verb) for verb in role.functions.get(kind, ())]
        calls.append(
            authority.encode("setTargetFunctionRole", contract.address, selectors, role.id)
        )
    for data in calls:
        authority.send("schedule", authority.address, data, 0, sender=admin)
    world.chain.warp(roles().roles["ADMIN"].delay)
    for data in calls:
        authority.submit(data, sender=admin)


# FAULT: a desk knows its predecessor and no successor; nothing ends it but the loss of MINTER.
def test_a_desk_does_not_issue_what_its_successor_did(world, create, issuance, token, customer):
    """Medium. As long as both are MINTER, which nobody is stopped from leaving so."""
    register, registry = world.suite.desks.customers, world.suite.registry
    at = (world.suite.authority.address, registry.address, register.address, issuance.address)
    new = create(world, "IssuanceDesk", *at, 3 * DAY)
    _mapped(world, new, "issuance")
    minter = roles().roles["MINTER"].id
    world.act("GOVERNOR", world.suite.authority, "grantRole", minter, new.address, 0)
    open_channel(world, customer)
    tiers = [(MILLION, 1)]
    world.act("GOVERNOR", new, "loosenTiers", token.address, tiers, REF)
    world.act("GOVERNOR", new, "openChannel", CHANNEL, token.address, DIRECT, customer, REF)
    world.act("GOVERNOR", new, "raiseChannel", CHANNEL, AMOUNT, AMOUNT, DAY, REF)
    world.attest(10**17)
    new.send("propose", CREDIT, CHANNEL, b"HKD", AMOUNT, sender=world.member("PROPOSER"))
    new.send("approve", CREDIT, CHANNEL, AMOUNT, sender=counter.approver())
    assert balance(world, customer) == FUNDS + AMOUNT
    tried(counter.propose, world, CREDIT, AMOUNT)
    tried(counter.approve, world, CREDIT, AMOUNT)
    assert balance(world, customer) == FUNDS + AMOUNT


# Time that was promised


# FAULT: `execute` names a number only, and numbers are known ahead: its day is spent before.
@pytest.mark.req("HK-55")
def test_an_order_is_not_executed_in_the_second_of_its_proposal(world, orders, account, payee):
    """High. Neither the holder nor a guardian has a moment, if both parties agree."""
    act = when_due(world, "EXECUTOR", orders, "execute", 1)
    cases.freeze(world, account)
    assert cases.propose(world, account, payee.address, FUNDS) == 1
    tried(act)
    assert balance(world, account) == FUNDS


CUTS = {
    "raiseChannel": ("lowerChannel", lambda _: (CHANNEL, 1, 1, DAY, REF)),
    "openChannel": ("closeChannel", lambda _: (CHANNEL, REF)),
    "loosenTiers": ("tightenTiers", lambda w: (w.token.address, [(1, 9)], REF)),
    "raiseMintLimit": ("lowerMintLimit", lambda _: (1, DAY, REF)),
}
LOOSER = {
    "raiseChannel": lambda _: (CHANNEL, MILLION, MILLION, DAY, REF),
    "openChannel": lambda w: (CHANNEL, w.token.address, DIRECT, w.holder().address, REF),
    "loosenTiers": lambda w: (w.token.address, [(MILLION, 1)], REF),
    "raiseMintLimit": lambda _: (MILLION, DAY, REF),
}


# FAULT: they name nothing that a later cut would change, as `resume` and `clearBreak` do.
@pytest.mark.req("HK-09")
@pytest.mark.parametrize("verb", LOOSER)
def test_what_was_scheduled_before_a_cut_does_not_undo_it(world, token, issuance, customer, verb):
    """Medium. Decision 10: loosening never outruns a later tightening."""
    open_channel(world, customer)
    target = token if verb == "raiseMintLimit" else issuance
    loosen = when_due(world, "GOVERNOR", target, verb, *LOOSER[verb](world))
    cut, args = CUTS[verb]
    world.act("PAUSER", target, cut, *args(world))

    def state():
        channel = issuance.call("channelOf", CHANNEL)
        tiers = issuance.call("tiersOf", token.address)
        return channel[4:8], tiers, token.call("mintRateLimit")[:2]

    before = state()
    tried(loosen)
    assert state() == before


# One key too few


# FAULT: binding needs the wallet's signature, the account that its money goes to does not.
@pytest.mark.req("HK-44")
def test_a_payout_goes_where_the_holder_said(world, desk, customer):
    """Medium. REGISTRAR alone, with an accomplice's account, and a day's patience."""
    number = counter.surrender(world, customer, AMOUNT)
    elsewhere = keccak(text="bank account of another")
    register = world.suite.desks.customers
    tried(world.act, "REGISTRAR", register, "setPayout", customer, elsewhere, REF)
    world.chain.warp(DAY)
    receipt = counter.teller(world, "validate", number)
    assert desk.events(receipt.logs)[0][1]["payoutRef"] == "0x" + counter.PAYOUT.hex()


# FAULT: tiers look at one order at a time.
@pytest.mark.req("HK-03")
def test_small_orders_need_no_fewer_approvals_than_one_of_their_size(world, issuance, customer):
    """Low. One PROPOSER and one APPROVER issue all that the channel allows in a day."""
    open_channel(world, customer)
    world.attest(10**17)
    many, small = 20, MILLION
    total = many * small
    for number in range(many):
        counter.propose(world, bank_ref(str(number)), small)
        tried(counter.approve, world, bank_ref(str(number)), small)
    alone = [tier[0] for tier in issuance.call("tiersOf", world.token.address) if tier[1] == 1]
    assert alone == [small]
    assert balance(world, customer) < FUNDS + total


# FAULT: a week at a time and without end; nobody can undo today, nor the next two days in time.
@pytest.mark.req("HK-43")
def test_a_clerk_alone_does_not_put_off_payments_for_ever(world, desk, customer):
    """Low. Every day of a month is declared closed."""
    number = counter.surrender(world, customer, AMOUNT)
    counter.teller(world, "validate", number)
    calendar, clerk = world.suite.desks.calendar, world.member("CLERK")
    code = calendar_code("HK")
    for _ in range(30):
        today = calendar.call("dayOf", code, world.chain.now())
        tried(lambda day: calendar.send("declareClosed", code, day, REF, sender=clerk), today)
        world.chain.warp(DAY)
    assert desk.call("isOverdue", number) is True


# What a case leaves behind


# FAULT: the count of freezes knows those of this contract's cases only.
@pytest.mark.req("HK-54")
def test_a_case_lifts_only_what_it_set(world, token, account):
    """Medium. FREEZER froze at the token, or a contract for orders before this one did."""
    world.act("FREEZER", token, "freeze", [account], keccak(text="another ticket"))
    cases.freeze(world, account)
    cases.unfreeze(world, account)
    assert token.call("isFrozen", account) is True


# FAULT: what is left at the token is taken for the case's own.
@pytest.mark.req("HK-54")
@pytest.mark.parametrize("verb", ["release", "execute"])
def test_a_release_at_the_token_costs_no_other_case_its_hold(world, token, account, payee, verb):
    """Medium. Of 300 and 500 the token is told to free 300; this case then frees, or takes, 300."""
    cases.hold(world, account, 300)
    cases.hold(world, account, 500, OTHER)
    world.act("RELEASER", token, "release", account, 300, REF)
    if verb == "release":
        cases.release(world, account, 300)
    else:
        with suppress(Reverted):
            cases.execute(world, cases.propose(world, account, payee.address, 300))
    assert cases.entry(world, account, OTHER).held == 500
    assert held(world, account) == 500


# FAULT: `freeze` is set again, `hold` waits a day for the case's own release.
@pytest.mark.req("HK-54")
def test_what_was_released_at_the_token_is_held_again_at_once(world, token, account):
    """Low. The case's record still counts it against the ceiling."""
    cases.hold(world, account, FUNDS)
    world.act("RELEASER", token, "release", account, FUNDS, REF)
    tried(cases.hold, world, account, FUNDS)
    assert held(world, account) == FUNDS


# FAULT: what is taken in redemption consumes no hold, and leaves both beyond the ceiling.
@pytest.mark.req("HK-55")
def test_a_ceiling_bounds_what_is_held_and_taken(world, account, payee):
    """Low. The order says 250: 250 were taken, and 250 more stay held."""
    number = counter.surrender(world, account, AMOUNT)
    cases.name(world, account, AMOUNT)
    cases.hold(world, account, AMOUNT)
    cases.freeze(world, account)
    with suppress(Reverted):
        cases.execute(world, cases.propose(world, account, payee.address, AMOUNT, number))
    entry = cases.entry(world, account)
    assert entry.held + entry.taken <= entry.ceiling
    assert held(world, account) == entry.held


# FAULT: as above; a ceiling is then not even raised, unless by so much.
@pytest.mark.req("HK-55")
def test_a_ceiling_can_always_be_raised(world, account, payee):
    """Low. From 250 to 300 is no lowering."""
    number = counter.surrender(world, account, AMOUNT)
    cases.name(world, account, AMOUNT)
    cases.hold(world, account, AMOUNT)
    cases.freeze(world, account)
    with suppress(Reverted):
        cases.execute(world, cases.propose(world, account, payee.address, AMOUNT, number))
    cases.name(world, account, 300_000_000)
    assert cases.entry(world, account).ceiling == 300_000_000


# What is retired, replaced or declared


# FAULT: one flag lets tokens in and out, so that a desk cannot be closed and then emptied.
@pytest.mark.req("HK-39")
def test_a_desk_that_takes_no_more_gives_back(world, desk, token, customer):
    """Medium. A replaced desk goes on taking requests, or keeps what it has."""
    number = counter.surrender(world, customer, AMOUNT)
    world.act("GOVERNOR", token, "delist", [desk.address], REF)
    tried(counter.surrender, world, customer, AMOUNT)
    assert desk.call("requestCount") == number
    tried(counter.take_back, world, number, customer)
    assert balance(world, customer) == FUNDS


# FAULT: `nameAccount` asks for the board, which a currency leaves while people still have it.
@pytest.mark.req("HK-54")
def test_a_retired_currency_is_within_reach_of_orders(world, registry, token, holder):
    """Medium. On a live chain SEIZER is this contract alone: nothing else could take."""
    world.act("GOVERNOR", registry, "retire", b"HKD", REF)
    cases.open_case(world)
    tried(cases.name, world, holder.address, FUNDS)
    tried(cases.freeze, world, holder.address)
    assert token.call("isFrozen", holder.address) is True


# FAULT: `approve` does not ask again what `propose` asked.
@pytest.mark.req("HK-38")
def test_a_retired_currency_is_not_issued(world, registry, customer):
    """Low. By an order that was proposed before."""
    open_channel(world, customer)
    world.chain.warp(DAY)
    retire = when_due(world, "GOVERNOR", registry, "retire", b"HKD", REF)
    world.attest(10**17)
    counter.propose(world, CREDIT, AMOUNT)
    retire()
    tried(counter.approve, world, CREDIT, AMOUNT)
    assert balance(world, customer) == FUNDS


# FAULT: `verify` does not look at channels, signers or tagged wallets, which can all be listed.
@pytest.mark.req("HK-38")
def test_a_channel_of_the_deployers_does_not_pass_verification():
    """Low. It is GOVERNOR for minutes; a channel to itself stays, and so would a wrong signer."""
    chain, deployer_at = RevmChain(), key(0).address
    suite = locate(chain, artifacts(), {"HKD": currencies()["HKD"]}, desks(), deployer_at, resolve)
    deployer = Deployer(suite, artifacts(), roles(), deployer_at, resolve)
    plan = deployer.plan()
    deployer.apply(Plan(plan.creations, plan.settings, ()))
    token, desk = suite.peg("HKD").token, suite.desks.issuance
    for verb, args in {
        "openChannel": (CHANNEL, token.address, DIRECT, deployer_at, REF),
        "raiseChannel": (CHANNEL, MILLION, MILLION, DAY, REF),
    }.items():
        desk.send(verb, *args, sender=deployer_at)
    deployer.apply(Plan((), (), plan.handover))
    with pytest.raises(DeploymentError):
        deployer.verify()


#: Who works a contract that holds a power: what was apart from the power is apart from them.
WORKED_BY = {"MINTER": "APPROVER", "SEIZER": "EXECUTOR"}


def _apart(one, other):
    table = roles().roles
    return other in table[one].apart_from or one in table[other].apart_from


# FAULT: the separations of MINTER and SEIZER bind nobody once only contracts hold these.
@pytest.mark.req("HK-04")
@pytest.mark.parametrize(("power", "worker"), WORKED_BY.items())
def test_who_works_a_contract_is_apart_from_whom_its_power_was(power, worker):
    """Low."""
    opposed = {role for role in roles().roles if role != worker and _apart(power, role)}
    assert opposed
    assert [role for role in sorted(opposed) if not _apart(worker, role)] == []


# FAULT: who is to pay in time is not apart from all who can move the time; nor who proposes from
# whoever cancels what is wrong.
@pytest.mark.req("HK-04")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CLERK", "TELLER"),
        ("CLERK", "SETTLER"),
        ("DEFERRER", "SETTLER"),
        ("GUARDIAN", "CASEWORKER"),
        ("GUARDIAN", "PROPOSER"),
    ],
)
def test_these_are_apart_too(one, other):
    """Low."""
    assert _apart(one, other)


# FAULT: seconds have 40 bits in a record; a day has 24, and its end may not fit.
@pytest.mark.req("HK-43")
def test_an_extension_is_to_the_day_that_was_asked(world, desk, customer):
    """Low. And nothing brings a date back that was put too far."""
    number = counter.surrender(world, customer, AMOUNT)
    counter.teller(world, "validate", number)
    day = 2**24 - 1
    tried(world.act, "DEFERRER", desk, "extend", number, day, REF)
    end = world.suite.desks.calendar.call("endOf", calendar_code("HK"), day)
    assert desk.call("dueAt", number) in (end, counter.moment("2027-01-18 23:59:59"))
