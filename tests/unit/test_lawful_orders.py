"""Freezing, holding and taking under a case.

every verb
├── when called by anybody without its role: reverts with AccessManagedUnauthorized
├── given no such case, or a closed one: reverts with CaseNotOpen
├── given an account that the case does not name: reverts with AccountNotNamed
└── given an overdue case: freeze, hold, propose and execute revert with ReviewOverdue; release,
    unfreeze and closeCase go on

freeze
├── given a contract of the suite, address zero or the token: reverts with the token's reason
└── else: at once, all or none; who is frozen by the case already is passed over

hold
├── when the value is zero: reverts with NothingOrdered
├── when it exceeds the ceiling less what is held and taken: reverts with CeilingExceeded
└── else: at once

unfreeze, release
├── when the value is zero: reverts with NothingOrdered
├── when it exceeds what the case holds: reverts with NotHeldByCase
├── given another case on the account: what that one does stays
├── given a RELEASER who did it at the token before: goes on
└── else: after a day

propose
├── when the value is zero: reverts with NothingOrdered
├── when the account is neither frozen nor held by the case: reverts with CeilingExceeded
├── when the value exceeds the ceiling, or what is held of an account that is not frozen: so, too
├── given a request at the redemption desk that is another's, of another token or amount,
│   finished, or to be destroyed: reverts with RedemptionMismatch
└── else: waits

execute
├── when the order does not wait: reverts with OrderNotProposed
├── when called by who proposed it, whatever roles it has: reverts with ProposerCannotExecute
├── when who proposed it has lost the role: reverts with PartyExpelled
├── when any condition of the proposal does not hold any more: reverts as propose does
├── when the token has less than ordered: reverts with OutOfReach
├── before its delay of a day: reverts
├── within a day of the proposal: reverts with StillChallengeable
└── else: takes exactly the value, whatever is paused, and nothing of another case's hold

cancel
├── when the order does not wait: reverts with OrderNotProposed
└── else: it never executes

multicall
├── given one step that is refused: none happens
└── given a step of another role: reverts; who calls stays who called
"""

from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.support import cases
from tests.support.cases import (
    CANCELLED,
    CASE,
    COURT_ORDER,
    DAY,
    DESTROY,
    DOCUMENT,
    EXECUTED,
    NONE,
    OTHER,
    PROPOSED,
    Proposal,
    caseworker,
    entry,
    execute,
    open_case,
    proposal,
    propose,
)
from tests.support.desks import bank_ref, bind, surrender, take_back, teller
from tests.support.refusal import emitted, refused, when_due
from tests.support.revm import RevmChain
from tests.support.world import REF, build_world, roles

ZERO = "0x" + "00" * 20
FUNDS, AMOUNT = 1_000_000_000, 250_000_000
MOST = 2**112 - 1
ALL = 2**256 - 1
NO_REF = b"\0" * 32
CASE_HEX, OTHER_HEX, REF_HEX = ("0x" + word.hex() for word in (CASE, OTHER, REF))
ROLES = {role.name: role.id for role in roles().roles.values()}


@pytest.fixture
def orders(world):
    return world.suite.desks.orders


@pytest.fixture
def desk(world):
    return world.suite.desks.redemption


@pytest.fixture
def worker(world):
    return world.member("CASEWORKER")


@pytest.fixture
def executor(world):
    return world.member("EXECUTOR")


@pytest.fixture
def account(world, holder):
    """The holder, who has 1,000 HKD, named in a case with all of it."""
    open_case(world)
    cases.name(world, holder.address, FUNDS)
    return holder.address


@pytest.fixture
def both(world, account):
    """The same, and named in another case too."""
    open_case(world, OTHER)
    cases.name(world, account, FUNDS, OTHER)
    return account


def balances(world, *people):
    return [world.token.call("balanceOf", getattr(p, "address", p)) for p in people]


def held(world, account):
    return world.token.call("getFrozenTokens", account)


def said(world, account, **more):
    """What an event about an account of the case says."""
    operator = more.pop("operator", world.member("CASEWORKER"))
    base = {"caseId": CASE_HEX, "token": world.token.address, "account": account}
    return base | {"operator": operator} | more


# Who may, in which case, about whom


def _verbs(world, account, case=CASE):
    """Every verb about an account: its role, and arguments that work once it is frozen and held."""
    token, payee = world.token.address, world.holder(1).address
    return {
        "freeze": ("CASEWORKER", (case, token, [account])),
        "hold": ("CASEWORKER", (case, token, account, 1)),
        "propose": ("CASEWORKER", (case, token, account, payee, 1, 0)),
        "unfreeze": ("RELEASER", (case, token, [account])),
        "release": ("RELEASER", (case, token, account, 1)),
        "execute": ("EXECUTOR", (1,)),
        "cancel": ("GUARDIAN", (1, REF)),
    }


VERBS = ("freeze", "hold", "propose", "unfreeze", "release", "execute", "cancel")


@pytest.fixture
def busy(world, account):
    """Frozen and held in part, with an order that waits."""
    cases.freeze(world, account)
    cases.hold(world, account, 500)
    propose(world, account, world.holder(1).address, 5)
    return account


@pytest.mark.req("HK-04")
@pytest.mark.parametrize("verb", VERBS)
def test_only_its_role_may(world, orders, stranger, busy, verb):
    """Not even who holds the same power at the token."""
    role, args = _verbs(world, busy)[verb]
    if verb == "freeze":
        cases.name(world, stranger.address, 1)
        args = (*args[:2], [stranger.address])
    others = {"CASEWORKER", "EXECUTOR", "GUARDIAN", "RELEASER", "FREEZER", "SEIZER", "GOVERNOR"}
    for caller in (*map(world.member, sorted(others - {role})), stranger.address, busy):
        with refused(world, "AccessManagedUnauthorized", caller=caller):
            orders.send(verb, *args, sender=caller)
    assert len(emitted(orders, world.act(role, orders, verb, *args))) == 1


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("verb", ["freeze", "hold", "propose", "unfreeze", "release"])
def test_nothing_happens_without_a_case(world, orders, holder, verb):
    role, args = _verbs(world, holder.address, OTHER)[verb]
    act = when_due(world, role, orders, verb, *args)
    with refused(world, "CaseNotOpen", caseId=OTHER_HEX):
        act()


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("verb", ["freeze", "hold", "propose", "unfreeze", "release"])
def test_nothing_happens_to_who_is_not_named(world, orders, token, both, stranger, verb):
    """Neither to somebody else nor, in this token, to who is named for another."""
    role, args = _verbs(world, stranger.address)[verb]
    act = when_due(world, role, orders, verb, *args)
    with refused(
        world, "AccountNotNamed", caseId=CASE_HEX, token=token.address, account=stranger.address
    ):
        act()


def test_a_list_with_one_who_is_not_named_does_nothing(world, orders, token, account, stranger):
    evidence = {"caseId": CASE_HEX, "token": token.address, "account": stranger.address}
    with refused(world, "AccountNotNamed", **evidence):
        cases.freeze(world, account, stranger.address)
    cases.freeze(world, account)
    lift = (CASE, token.address, [account, stranger.address])
    act = when_due(world, "RELEASER", orders, "unfreeze", *lift)
    with refused(world, "AccountNotNamed", **evidence):
        act()


@pytest.mark.req("HK-54")
def test_overdue_it_only_releases(world, orders, token, busy):
    """To the second; and acts again once it is reviewed."""
    review_by = orders.call("caseOf", CASE)[2]
    world.chain.warp(review_by - world.chain.now() - DAY)
    scheduled = when_due(world, "EXECUTOR", orders, "execute", 1)
    assert world.chain.now() == review_by
    cases.freeze(world, busy)
    cases.hold(world, busy, 1)
    propose(world, busy, world.holder(1).address, 7)
    world.chain.warp(1)
    for verb in ("freeze", "hold", "propose"):
        _, args = _verbs(world, busy)[verb]
        with refused(world, "ReviewOverdue", caseId=CASE_HEX, reviewBy=review_by):
            caseworker(world, verb, *args)
    with refused(world, "ReviewOverdue", caseId=CASE_HEX, reviewBy=review_by):
        scheduled()

    caseworker(world, "reviewCase", CASE, world.chain.now() + 60 * DAY, REF)
    scheduled()
    assert entry(world, busy)[2:] == (True, FUNDS, 496, 5)

    world.chain.warp(61 * DAY)
    cases.unfreeze(world, busy)
    cases.release(world, busy, 496)
    cases.close(world)
    assert orders.call("caseOf", CASE)[3:5] == (True, 0)
    assert (token.call("isFrozen", busy), held(world, busy)) == (False, 0)


# Freezing


@pytest.mark.req("HK-54")
def test_freezes_at_once(world, orders, token, account, worker, payee):
    before = world.chain.now()
    receipt = cases.freeze(world, account)
    assert world.chain.now() == before
    assert emitted(orders, receipt) == [("CaseFroze", said(world, account))]
    at_token = {"account": account, "operator": orders.address, "ref": CASE_HEX}
    assert emitted(token, receipt) == [("AccountFrozen", at_token)]
    assert entry(world, account).frozen is True
    assert orders.call("freezesOf", token.address, account) == 1
    with refused(world, "FrozenAccount", account=account):
        token.send("transfer", payee.address, 1, sender=account)
    token.send("transfer", account, 0, sender=payee.address)


@pytest.mark.req("HK-54")
def test_freezes_many_and_passes_over_the_frozen(world, orders, token, account, payee, spender):
    people = [payee.address, spender.address]
    for person in people:
        cases.name(world, person, 1)
    cases.freeze(world, account)
    receipt = cases.freeze(world, account, *people, people[0])
    assert emitted(orders, receipt) == [("CaseFroze", said(world, p)) for p in people]
    assert [orders.call("freezesOf", token.address, p) for p in (account, *people)] == [1, 1, 1]
    assert orders.call("caseOf", CASE)[4] == 3
    receipt = cases.freeze(world, account)
    assert emitted(orders, receipt) == emitted(token, receipt) == []


@pytest.mark.req("HK-54")
@pytest.mark.parametrize("place", ["redemption desk", "issuance desk"])
def test_a_contract_of_the_suite_cannot_be_harmed(world, orders, token, account, desk, place):
    """It can be named, and that is all: it holds other people's tokens."""
    ours = {"redemption desk": desk, "issuance desk": world.suite.desks.issuance}[place].address
    surrender(world, account, AMOUNT)
    cases.name(world, ours, FUNDS)
    with refused(world, "SuiteAccount", account=ours):
        cases.freeze(world, ours)
    with refused(world, "SuiteAccount", account=ours):
        cases.freeze(world, account, ours)
    with refused(world, "SuiteAccount", account=ours):
        cases.hold(world, ours, 1)
    at = {"caseId": CASE_HEX, "account": ours}
    with refused(world, "CeilingExceeded", **at, value=1, allowed=0):
        propose(world, ours, account, 1)
    assert balances(world, desk) == [AMOUNT]


@pytest.mark.parametrize("place", ["zero", "token"])
def test_accounts_that_are_none_are_restrained_by_nobody(world, token, account, place):
    nobody = ZERO if place == "zero" else token.address
    cases.name(world, nobody, FUNDS)
    with refused(world, "InvalidAccount", account=nobody):
        cases.freeze(world, nobody)
    with refused(world, "InvalidAccount", account=nobody):
        cases.hold(world, nobody, 1)


@pytest.mark.req("HK-54")
def test_what_became_a_contract_of_the_suite_is_taken_by_no_order(world, token, account, payee):
    """Its freeze was lifted at the token, before it was enlisted."""
    cases.freeze(world, account)
    number = propose(world, account, payee.address, 1)
    world.act("RELEASER", token, "unfreeze", [account], REF)
    world.act("GOVERNOR", token, "enlist", [account], REF)
    act = when_due(world, "EXECUTOR", world.suite.desks.orders, "execute", number)
    with refused(world, "SuiteAccount", account=account):
        act()


# Holding


def test_holds_something(world, account):
    with refused(world, "NothingOrdered"):
        cases.hold(world, account, 0)


@pytest.mark.req("HK-54")
def test_holds_up_to_the_ceiling(world, orders, token, account):
    """Partly, and more in steps; the rest stays free."""
    cases.name(world, account, 600)
    at = {"caseId": CASE_HEX, "account": account}
    with refused(world, "CeilingExceeded", **at, value=601, allowed=600):
        cases.hold(world, account, 601)
    total = 0
    for value in (1, 399, 200):
        receipt = cases.hold(world, account, value)
        total += value
        assert emitted(orders, receipt) == [("CaseHeld", said(world, account, value=value))]
        assert emitted(token, receipt) == [
            ("Frozen", {"account": account, "amount": total}),
            (
                "Held",
                {"account": account, "value": value, "operator": orders.address, "ref": CASE_HEX},
            ),
        ]
        assert entry(world, account)[2:] == (False, 600, total, 0)
    with refused(world, "CeilingExceeded", **at, value=1, allowed=0):
        cases.hold(world, account, 1)
    assert token.call("availableOf", account) == FUNDS - 600


@pytest.mark.req("HK-55")
def test_what_was_taken_counts_against_the_ceiling(world, account, payee):
    cases.name(world, account, 600)
    cases.hold(world, account, 400)
    execute(world, propose(world, account, payee.address, 250))
    assert entry(world, account)[2:] == (False, 600, 150, 250)
    at = {"caseId": CASE_HEX, "account": account}
    with refused(world, "CeilingExceeded", **at, value=201, allowed=200):
        cases.hold(world, account, 201)
    cases.hold(world, account, 200)
    assert (entry(world, account).held, held(world, account)) == (350, 350)


@pytest.mark.req("HK-54")
@pytest.mark.parametrize("ceiling", [0, 1, MOST])
def test_a_raised_ceiling_is_in_force_at_once(world, account, ceiling):
    """Also above what the account has, and up to all that can ever be."""
    cases.name(world, account, ceiling)
    at = {"caseId": CASE_HEX, "account": account}
    if ceiling < MOST:
        with refused(world, "CeilingExceeded", **at, value=ceiling + 1, allowed=ceiling):
            cases.hold(world, account, ceiling + 1)
    if ceiling:
        cases.hold(world, account, ceiling)
    assert held(world, account) == ceiling


@pytest.mark.req("HK-54")
def test_all_cases_together_hold_what_a_token_can(world, both):
    cases.name(world, both, MOST)
    cases.hold(world, both, MOST)
    with refused(world, "HoldTooLarge", account=both, value=1, held=MOST):
        cases.hold(world, both, 1, OTHER)


# Two cases on one account: restraining and releasing


@pytest.mark.req("HK-54")
def test_an_account_stays_frozen_while_another_case_freezes_it(world, orders, token, both):
    cases.freeze(world, both)
    receipt = cases.freeze(world, both, case=OTHER)
    assert emitted(token, receipt) == []
    assert orders.call("freezesOf", token.address, both) == 2

    releaser = world.member("RELEASER")
    receipt = cases.unfreeze(world, both)
    lifted = said(world, both, operator=releaser)
    assert emitted(orders, receipt) == [("CaseUnfroze", lifted)]
    assert emitted(token, receipt) == []
    assert token.call("isFrozen", both) is True
    assert orders.call("freezesOf", token.address, both) == 1
    assert (entry(world, both).frozen, entry(world, both, OTHER).frozen) == (False, True)

    receipt = cases.unfreeze(world, both, case=OTHER)
    assert emitted(orders, receipt) == [("CaseUnfroze", lifted | {"caseId": OTHER_HEX})]
    at_token = {"account": both, "operator": orders.address, "ref": OTHER_HEX}
    assert emitted(token, receipt) == [("AccountUnfrozen", at_token)]
    assert token.call("isFrozen", both) is False
    assert orders.call("freezesOf", token.address, both) == 0


@pytest.mark.req("HK-54")
def test_lifts_of_a_list_what_no_other_case_freezes(world, token, both, payee, spender):
    """In any order, each once, whoever is named twice."""
    for person in (payee, spender):
        cases.name(world, person.address, 1)
    cases.freeze(world, both, payee.address, spender.address)
    cases.freeze(world, both, case=OTHER)
    releaser = world.member("RELEASER")
    listed = [spender.address, both, payee.address, spender.address]
    receipt = cases.unfreeze(world, *listed)
    orders = world.suite.desks.orders
    assert emitted(orders, receipt) == [
        ("CaseUnfroze", said(world, p, operator=releaser)) for p in listed[:3]
    ]
    at_token = {"operator": orders.address, "ref": CASE_HEX}
    assert emitted(token, receipt) == [
        ("AccountUnfrozen", {"account": p, **at_token}) for p in (spender.address, payee.address)
    ]
    assert token.call("isFrozen", both) is True


def test_lifting_nothing_changes_nothing(world, orders, token, both):
    """A case cannot lift what it did not set, though another did."""
    cases.freeze(world, both, case=OTHER)
    receipt = cases.unfreeze(world, both)
    assert emitted(orders, receipt) == emitted(token, receipt) == []
    assert token.call("isFrozen", both) is True
    assert orders.call("freezesOf", token.address, both) == 1


def test_releases_something(world, orders, busy, token):
    act = when_due(world, "RELEASER", orders, "release", CASE, token.address, busy, 0)
    with refused(world, "NothingOrdered"):
        act()


@pytest.mark.req("HK-54")
def test_a_case_releases_its_own_hold_only(world, orders, token, both):
    cases.hold(world, both, 300)
    cases.hold(world, both, 500, OTHER)
    act = when_due(world, "RELEASER", orders, "release", CASE, token.address, both, 301)
    with refused(world, "NotHeldByCase", caseId=CASE_HEX, account=both, value=301, held=300):
        act()
    receipt = cases.release(world, both, 299)
    releaser = world.member("RELEASER")
    freed = said(world, both, value=299, operator=releaser)
    assert emitted(orders, receipt) == [("CaseReleased", freed)]
    at_token = {"account": both, "value": 299, "operator": orders.address, "ref": CASE_HEX}
    assert emitted(token, receipt) == [
        ("Frozen", {"account": both, "amount": 501}),
        ("Released", at_token),
    ]
    assert (entry(world, both).held, entry(world, both, OTHER).held) == (1, 500)
    assert orders.call("heldOf", token.address, both) == 501
    cases.release(world, both, 1)
    assert held(world, both) == orders.call("heldOf", token.address, both) == 500


@pytest.mark.req("HK-09")
@pytest.mark.parametrize("verb", ["unfreeze", "release"])
def test_loosens_late(world, orders, token, busy, verb):
    """A day, in which a guardian can stop it."""
    role, args = _verbs(world, busy)[verb]
    releaser, authority, data = (
        world.member(role),
        world.suite.authority,
        orders.encode(verb, *args),
    )
    operation = authority.call("hashOperation", releaser, orders.address, data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        orders.submit(data, sender=releaser)
    authority.send("schedule", orders.address, data, 0, sender=releaser)
    world.chain.warp(DAY - 1)
    with refused(world, "AccessManagerNotReady", operationId=operation):
        orders.submit(data, sender=releaser)
    guardian = world.member("GUARDIAN")
    authority.send("cancel", releaser, orders.address, data, sender=guardian)
    world.chain.warp(1)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        orders.submit(data, sender=releaser)
    assert (token.call("isFrozen", busy), held(world, busy)) == (True, 500)


# A RELEASER at the token itself


@pytest.mark.req("HK-54")
@pytest.mark.parametrize("value", [1, 499, 500])
def test_a_release_at_the_token_bricks_no_case(world, orders, token, busy, value):
    world.act("RELEASER", token, "release", busy, value, REF)
    receipt = cases.release(world, busy, 500)
    freed = said(world, busy, value=500, operator=world.member("RELEASER"))
    assert emitted(orders, receipt) == [("CaseReleased", freed)]
    left = [e[1]["value"] for e in emitted(token, receipt) if e[0] == "Released"]
    assert left == ([500 - value] if value < 500 else [])
    assert (held(world, busy), entry(world, busy).held) == (0, 0)
    cases.unfreeze(world, busy)
    cases.close(world)
    assert orders.call("caseOf", CASE)[3:5] == (True, 0)


@pytest.mark.req("HK-54")
def test_an_unfreezing_at_the_token_bricks_no_case(world, orders, token, busy):
    """The case can freeze anew, which it is still on record for, and lift it."""
    world.act("RELEASER", token, "unfreeze", [busy], REF)
    receipt = cases.freeze(world, busy)
    assert emitted(orders, receipt) == []
    at_token = {"account": busy, "operator": orders.address, "ref": CASE_HEX}
    assert emitted(token, receipt) == [("AccountFrozen", at_token)]
    world.act("RELEASER", token, "unfreeze", [busy], keccak(text="another ticket"))
    receipt = cases.unfreeze(world, busy)
    lifted = said(world, busy, operator=world.member("RELEASER"))
    assert emitted(orders, receipt) == [("CaseUnfroze", lifted)]
    assert emitted(token, receipt) == []
    assert orders.call("freezesOf", token.address, busy) == 0


@pytest.mark.req("HK-55")
def test_what_was_released_at_the_token_is_out_of_reach(world, orders, token, account, payee):
    """The case is on record for it; the token decides."""
    cases.hold(world, account, 500)
    number = propose(world, account, payee.address, 500)
    world.act("RELEASER", token, "release", account, 200, REF)
    act = when_due(world, "EXECUTOR", orders, "execute", number)
    with refused(world, "OutOfReach", account=account, value=500, reach=300):
        act()
    execute(world, propose(world, account, payee.address, 300))
    assert balances(world, account, payee) == [FUNDS - 300, 300]
    # What the case still has on record is held again.
    assert (held(world, account), entry(world, account).held) == (200, 200)


# Proposing


def test_orders_something(world, busy, payee):
    with refused(world, "NothingOrdered"):
        propose(world, busy, payee.address, 0)


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("to", ["payee", "nobody"])
def test_proposes_only_of_what_the_case_restrains(world, both, payee, to):
    """Nobody's free money is in reach, nor what only another case restrains."""
    to = payee.address if to == "payee" else DESTROY
    at = {"caseId": CASE_HEX, "account": both}
    with refused(world, "CeilingExceeded", **at, value=1, allowed=0):
        propose(world, both, to, 1)
    cases.freeze(world, both, case=OTHER)
    cases.hold(world, both, 9, OTHER)
    with refused(world, "CeilingExceeded", **at, value=1, allowed=0):
        propose(world, both, to, 1)
    cases.hold(world, both, 300)
    with refused(world, "CeilingExceeded", **at, value=301, allowed=300):
        propose(world, both, to, 301)
    assert propose(world, both, to, 300) == 1


@pytest.mark.req("HK-55")
def test_proposes_no_more_than_the_ceiling(world, account, payee):
    cases.name(world, account, 600)
    cases.freeze(world, account)
    at = {"caseId": CASE_HEX, "account": account}
    with refused(world, "CeilingExceeded", **at, value=601, allowed=600):
        propose(world, account, payee.address, 601)
    execute(world, propose(world, account, payee.address, 450))
    with refused(world, "CeilingExceeded", **at, value=151, allowed=150):
        propose(world, account, payee.address, 151)
    execute(world, propose(world, account, DESTROY, 150))
    with refused(world, "CeilingExceeded", **at, value=1, allowed=0):
        propose(world, account, payee.address, 1)
    assert entry(world, account)[2:] == (True, 600, 0, 600)


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("to", ["payee", "nobody"])
def test_proposes(world, orders, token, account, worker, payee, to):
    to = payee.address if to == "payee" else DESTROY
    cases.freeze(world, account)
    assert orders.call("proposalCount") == 0
    args = (CASE, token.address, account, to, FUNDS, 0)
    receipt = caseworker(world, "propose", *args)
    told = {
        "id": 1,
        "caseId": CASE_HEX,
        "account": account,
        "token": token.address,
        "to": to,
        "value": FUNDS,
        "redemption": 0,
        "proposer": worker,
    }
    assert emitted(orders, receipt) == [("OrderProposed", told)]
    assert emitted(token, receipt) == []
    parties = [a.lower() for a in args[1:4]]
    recorded = (CASE, *parties, FUNDS, 0, worker.lower(), world.chain.now(), PROPOSED)
    assert proposal(world, 1) == recorded
    assert orders.call("proposalCount") == 1
    assert balances(world, account) == [FUNDS]


@pytest.mark.parametrize("number", [0, 2, ALL])
def test_there_is_no_other_order(world, busy, number):
    assert proposal(world, number) == Proposal(NO_REF, ZERO, ZERO, ZERO, 0, 0, ZERO, 0, NONE)


PAGES = [
    (0, 0, ()),
    (0, 1, (1,)),
    (0, 3, (1, 3)),
    (1, 3, (1, 3)),
    (2, 1, ()),
    (2, 2, (3,)),
    (4, 2, (5,)),
    (5, 1, (5,)),
    (5, ALL, (5,)),
    (6, 9, ()),
    (0, ALL, (1, 3, 5)),
    (ALL, ALL, ()),
]


@pytest.mark.parametrize(("first", "limit", "numbers"), PAGES)
def test_lists_what_waits_in_pages(world, orders, account, payee, first, limit, numbers):
    """Of five orders the second was cancelled and the fourth executed."""
    cases.freeze(world, account)
    for value in range(1, 6):
        propose(world, account, payee.address, value)
    orders.send("cancel", 2, REF, sender=world.member("GUARDIAN"))
    execute(world, 4)
    ids, open_ = orders.call("openProposals", first, limit)
    assert ids == numbers
    assert open_ == tuple(proposal(world, number) for number in numbers)
    assert [p[4] for p in open_] == list(numbers)


# Two parties


@pytest.mark.req("HK-04")
def test_who_proposes_does_not_execute(world, orders, token, busy, worker, executor, payee):
    """Also when one party was given both roles; a third one's order it may execute."""
    authority = world.suite.authority
    world.act("GOVERNOR", authority, "grantRole", ROLES["EXECUTOR"], worker, 0)
    world.act("GOVERNOR", authority, "grantRole", ROLES["CASEWORKER"], executor, 0)
    with refused(world, "ProposerCannotExecute", id=1, proposer=worker):
        orders.send("execute", 1, sender=worker)
    with refused(world, "ProposerCannotExecute", id=1, proposer=worker):
        orders.send("multicall", [orders.encode("execute", 1)], sender=worker)
    args = (CASE, token.address, busy, payee.address, 9, 0)
    orders.send("propose", *args, sender=executor)
    act = when_due(world, "EXECUTOR", orders, "execute", 2)
    with refused(world, "ProposerCannotExecute", id=2, proposer=executor):
        act()
    orders.send("execute", 2, sender=worker)
    execute(world, 1)
    assert balances(world, payee) == [14]


@pytest.mark.req("HK-04")
def test_nobody_executes_by_proposing_through_another_call(world, orders, busy, worker):
    """The manager's own `execute` is no third party."""
    data = orders.encode("execute", 1)
    world.act("GOVERNOR", world.suite.authority, "grantRole", ROLES["EXECUTOR"], worker, 0)
    with refused(world, "CallerIsAuthority"):
        world.suite.authority.send("execute", orders.address, data, sender=worker)


@pytest.mark.req("HK-06")
def test_an_order_dies_with_its_proposers_role(world, orders, busy, worker, expeller, payee):
    """Another's does not; what the case restrains stays."""
    other = world.holder(7).address
    role = ROLES["CASEWORKER"]
    world.act("GOVERNOR", world.suite.authority, "grantRole", role, other, 0)
    args = (CASE, world.token.address, busy, payee.address, 6, 0)
    orders.send("propose", *args, sender=other)
    world.suite.authority.send("expel", role, worker, REF, sender=expeller)
    act = when_due(world, "EXECUTOR", orders, "execute", 1)
    with refused(world, "PartyExpelled", id=1, party=worker):
        act()
    execute(world, 2)
    assert balances(world, payee) == [6]
    assert entry(world, busy).frozen is True


@pytest.mark.req("HK-06")
def test_a_proposer_who_must_wait_still_has_the_role(world, busy, payee):
    """A delay is no expulsion."""
    grant = (ROLES["CASEWORKER"], world.member("CASEWORKER"), 3_600)
    world.act("GOVERNOR", world.suite.authority, "grantRole", *grant)
    execute(world, 1)
    assert balances(world, payee) == [5]


@pytest.mark.req("HK-55")
def test_executes_after_a_day(world, orders, busy, executor, payee):
    authority, data = world.suite.authority, orders.encode("execute", 1)
    operation = authority.call("hashOperation", executor, orders.address, data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        orders.submit(data, sender=executor)
    authority.send("schedule", orders.address, data, 0, sender=executor)
    world.chain.warp(DAY - 1)
    with refused(world, "AccessManagerNotReady", operationId=operation):
        orders.submit(data, sender=executor)
    world.chain.warp(1)
    orders.submit(data, sender=executor)
    assert balances(world, payee) == [5]


@pytest.mark.req("HK-55")
def test_an_order_can_be_challenged_for_a_day(world, orders, account, payee):
    """To the second, however early its execution was scheduled: numbers are known ahead."""
    act = when_due(world, "EXECUTOR", orders, "execute", 1)
    cases.freeze(world, account)
    propose(world, account, payee.address, 5)
    until = world.chain.now() + DAY
    with refused(world, "StillChallengeable", id=1, until=until):
        act()
    world.chain.warp(DAY - 1)
    with refused(world, "StillChallengeable", id=1, until=until):
        act()
    world.chain.warp(1)
    act()
    assert balances(world, payee) == [5]


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("way", ["never", "executed", "cancelled"])
def test_executes_once_what_waits(world, orders, busy, way):
    number, status = {"never": (2, NONE), "executed": (1, EXECUTED), "cancelled": (1, CANCELLED)}[
        way
    ]
    guardian = world.member("GUARDIAN")
    if way == "executed":
        execute(world, 1)
    if way == "cancelled":
        orders.send("cancel", 1, REF, sender=guardian)
    act = when_due(world, "EXECUTOR", orders, "execute", number)
    with refused(world, "OrderNotProposed", id=number, status=status):
        act()
    with refused(world, "OrderNotProposed", id=number, status=status):
        orders.send("cancel", number, REF, sender=guardian)


@pytest.mark.req("HK-55")
def test_a_guardian_cancels(world, orders, token, busy, payee):
    """At once, also what is scheduled and due; the restraint stays, and it can be proposed anew."""
    act = when_due(world, "EXECUTOR", orders, "execute", 1)
    guardian = world.member("GUARDIAN")
    receipt = orders.send("cancel", 1, REF, sender=guardian)
    told = {"id": 1, "caseId": CASE_HEX, "operator": guardian, "ref": REF_HEX}
    assert emitted(orders, receipt) == [("OrderCancelled", told)]
    assert proposal(world, 1).status == CANCELLED
    with refused(world, "OrderNotProposed", id=1, status=CANCELLED):
        act()
    assert (token.call("isFrozen", busy), held(world, busy)) == (True, 500)
    execute(world, propose(world, busy, payee.address, 5))
    assert balances(world, payee) == [5]


@pytest.mark.req("HK-55")
def test_a_guardian_stops_the_execution_alone(world, orders, busy, executor):
    """The order goes on waiting for another one."""
    authority, data = world.suite.authority, orders.encode("execute", 1)
    authority.send("schedule", orders.address, data, 0, sender=executor)
    guardian = world.member("GUARDIAN")
    authority.send("cancel", executor, orders.address, data, sender=guardian)
    operation = authority.call("hashOperation", executor, orders.address, data)
    world.chain.warp(DAY)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        orders.submit(data, sender=executor)
    assert proposal(world, 1).status == PROPOSED


# What must still hold at the execution


@pytest.mark.req("HK-55")
def test_a_ceiling_that_was_lowered_binds(world, orders, account, payee):
    cases.freeze(world, account)
    number = propose(world, account, payee.address, 600)
    cases.name(world, account, 599)
    act = when_due(world, "EXECUTOR", orders, "execute", number)
    at = {"caseId": CASE_HEX, "account": account}
    with refused(world, "CeilingExceeded", **at, value=600, allowed=599):
        act()
    cases.name(world, account, 600)
    act()
    assert balances(world, payee) == [600]


@pytest.mark.req("HK-55")
def test_two_orders_of_a_case_take_its_ceiling_once(world, orders, account, payee):
    cases.name(world, account, 600)
    cases.freeze(world, account)
    first, second = (propose(world, account, payee.address, value) for value in (400, 400))
    execute(world, first)
    act = when_due(world, "EXECUTOR", orders, "execute", second)
    at = {"caseId": CASE_HEX, "account": account}
    with refused(world, "CeilingExceeded", **at, value=400, allowed=200):
        act()
    assert balances(world, payee) == [400]


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("restraint", ["frozen", "held"])
def test_what_was_lifted_is_not_taken(world, orders, account, payee, restraint):
    if restraint == "frozen":
        cases.freeze(world, account)
    else:
        cases.hold(world, account, 600)
    number = propose(world, account, payee.address, 600)
    if restraint == "frozen":
        cases.unfreeze(world, account)
    else:
        cases.release(world, account, 600)
    act = when_due(world, "EXECUTOR", orders, "execute", number)
    at = {"caseId": CASE_HEX, "account": account}
    with refused(world, "CeilingExceeded", **at, value=600, allowed=0):
        act()


@pytest.mark.req("HK-54")
@pytest.mark.parametrize("restraint", ["frozen", "held"])
def test_an_account_cannot_run_from_an_order(world, token, account, payee, restraint):
    """Front-run: what is restrained stays until the day has passed, in every way out."""
    if restraint == "frozen":
        cases.freeze(world, account)
        ways = ("FrozenAccount", {"account": account})
    else:
        cases.hold(world, account, FUNDS)
        ways = ("ERC7943InsufficientUnfrozenBalance", {"account": account})
    number = propose(world, account, payee.address, FUNDS)
    error, evidence = ways
    more = {"amount": 1, "unfrozen": 0} if restraint == "held" else {}
    with refused(world, error, **evidence, **more):
        token.send("transfer", world.holder(5).address, 1, sender=account)
    desk = world.suite.desks.redemption.address
    with refused(world, error, **evidence, **more):
        token.send("surrender", desk, 1, REF, sender=account)
    execute(world, number)
    assert balances(world, account, payee) == [0, FUNDS]


@pytest.mark.req("HK-54")
def test_who_ran_before_the_freeze_has_run(world, orders, token, account, payee, spender):
    """What left before is not followed; the order reaches what came in since, and no more."""
    token.send("transfer", spender.address, FUNDS - 100, sender=account)
    cases.freeze(world, account)
    number = propose(world, account, payee.address, FUNDS)
    act = when_due(world, "EXECUTOR", orders, "execute", number)
    with refused(world, "OutOfReach", account=account, value=FUNDS, reach=100):
        act()
    token.send("transfer", account, 50, sender=spender.address)
    execute(world, propose(world, account, payee.address, 150))
    assert balances(world, account, payee, spender) == [0, 150, FUNDS - 150]


@pytest.mark.req("HK-55")
def test_of_a_hold_only_the_rest_moves(world, token, account, payee, spender):
    """Between proposal and execution the account spends what is free."""
    cases.hold(world, account, 600)
    number = propose(world, account, payee.address, 600)
    token.send("transfer", spender.address, FUNDS - 600, sender=account)
    with refused(
        world, "ERC7943InsufficientUnfrozenBalance", account=account, amount=1, unfrozen=0
    ):
        token.send("transfer", spender.address, 1, sender=account)
    execute(world, number)
    assert balances(world, account, payee, spender) == [0, 600, FUNDS - 600]


@pytest.mark.req("HK-53")
@pytest.mark.parametrize("place", ["blacklisted", "token", "desk", "itself"])
def test_takes_to_nobody_who_may_not_receive(world, orders, token, busy, desk, payee, place):
    to = {"token": token, "desk": desk, "blacklisted": payee}.get(place)
    to = to.address if to else busy
    if place == "blacklisted":
        world.act("BLACKLISTER", token, "blacklist", [to], REF)
    error, evidence = {
        "blacklisted": ("BlacklistedAccount", {"account": to}),
        "itself": ("InvalidAccount", {"account": to}),
    }.get(place, ("ERC20InvalidReceiver", {"receiver": to}))
    act = when_due(world, "EXECUTOR", orders, "execute", propose(world, busy, to, 5))
    with refused(world, error, **evidence):
        act()


@pytest.mark.req("HK-53")
def test_takes_to_the_verified_in_allow_list_mode(world, orders, token, busy, payee):
    world.act("PAUSER", token, "enterAllowListMode", REF)
    act = when_due(world, "EXECUTOR", orders, "execute", 1)
    with refused(world, "UnverifiedAccount", account=payee.address):
        act()
    world.act("VERIFIER", token, "verify", [payee.address], REF)
    act()
    assert balances(world, payee) == [5]


# Taking


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("value", [1, 600, FUNDS])
@pytest.mark.parametrize("destroys", [False, True])
def test_takes_exactly_the_value(world, orders, token, account, executor, payee, value, destroys):
    """Events add up to the supply: a destruction is one Transfer to zero."""
    to = DESTROY if destroys else payee.address
    cases.freeze(world, account)
    receipt = execute(world, propose(world, account, to, value))
    told = {"id": 1, "caseId": CASE_HEX, "account": account, "value": value, "executor": executor}
    assert emitted(orders, receipt) == [("OrderExecuted", told)]
    taken = {"from": account, "value": value, "operator": orders.address, "caseRef": CASE_HEX}
    assert emitted(token, receipt) == [
        ("Transfer", {"from": account, "to": to, "value": value}),
        ("ForcedTransfer", {"from": account, "to": to, "amount": value}),
        ("Destroyed", taken) if destroys else ("Seized", taken | {"to": to}),
    ]
    assert proposal(world, 1).status == EXECUTED
    assert entry(world, account)[2:] == (True, FUNDS, 0, value)
    assert balances(world, account) == [FUNDS - value]
    assert token.call("totalSupply") == (FUNDS - value if destroys else FUNDS)
    assert balances(world, payee) == [0 if destroys else value]


@pytest.mark.req("HK-14")
@pytest.mark.req("HK-55")
@pytest.mark.parametrize("destroys", [False, True])
def test_works_frozen_and_paused_and_in_allow_list_mode(world, token, holder, payee, destroys):
    """All of it at once, from the opening of the case to the execution."""
    world.act("VERIFIER", token, "verify", [payee.address], REF)
    world.act("BLACKLISTER", token, "blacklist", [holder.address], REF)
    world.act("PAUSER", token, "enterAllowListMode", REF)
    world.act("PAUSER", token, "pause", 15, REF)
    assert token.call("isVerified", holder.address) is False
    open_case(world)
    cases.name(world, holder.address, FUNDS)
    cases.freeze(world, holder.address)
    cases.hold(world, holder.address, 600)
    execute(world, propose(world, holder.address, DESTROY if destroys else payee.address, FUNDS))
    assert balances(world, holder, payee) == [0, 0 if destroys else FUNDS]
    assert token.call("totalSupply") == (0 if destroys else FUNDS)
    cases.unfreeze(world, holder.address)
    cases.close(world)
    assert token.call("pauses") == 15


@pytest.mark.req("HK-55")
def test_works_without_reserves(world, token, account, payee, pauser):
    """No feed is asked: disputed and stale it takes all the same."""
    world.feed.send("reportBreak", REF, sender=pauser)
    cases.freeze(world, account)
    world.chain.warp(20 * DAY)
    execute(world, propose(world, account, payee.address, FUNDS))
    assert balances(world, payee) == [FUNDS]


#: freezes the account, holds, of the other case, taken: the account has 1,000.
SHARED = [
    pytest.param(True, 0, 300, 1_000, id="frozen, all, past the other's hold"),
    pytest.param(True, 0, 300, 700, id="frozen, just up to the other's hold"),
    pytest.param(True, 0, 300, 1, id="frozen, a unit"),
    pytest.param(True, 100, 300, 1_000, id="frozen and held, all"),
    pytest.param(True, 100, 300, 100, id="frozen and held, its own"),
    pytest.param(True, 100, 300, 101, id="frozen and held, one more than its own"),
    pytest.param(True, 100, 300, 99, id="frozen and held, one less than its own"),
    pytest.param(True, 100, 0, 500, id="frozen, no other"),
    pytest.param(False, 300, 200, 300, id="only held, all of its own"),
    pytest.param(False, 300, 200, 1, id="only held, a unit"),
    pytest.param(False, 700, 700, 700, id="only held, both exceed the balance"),
    pytest.param(False, 5_000, 400, 1_000, id="only held, its own exceeds the balance"),
    pytest.param(False, 400, 5_000, 400, id="only held, the other exceeds the balance"),
    pytest.param(True, 400, 5_000, 1_000, id="frozen, the other exceeds the balance"),
    pytest.param(True, 5_000, 5_000, 1_000, id="frozen, each exceeds the balance"),
]


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("destroys", [False, True])
@pytest.mark.parametrize(("freezes", "own", "others", "value"), SHARED)
def test_leaves_what_another_case_holds(world, payee, destroys, freezes, own, others, value):
    """The token consumes held units first, whoever holds them: the other's stay in full."""
    account, to = world.holder(6).address, DESTROY if destroys else payee.address
    world.fund(account, 1_000)
    for case, amount in ((CASE, own), (OTHER, others)):
        open_case(world, case)
        cases.name(world, account, 10_000, case)
        if amount:
            cases.hold(world, account, amount, case)
    if freezes:
        cases.freeze(world, account)
    execute(world, propose(world, account, to, value))
    kept = max(own - value, 0)
    assert entry(world, account)[2:] == (freezes, 10_000, kept, value)
    assert entry(world, account, OTHER)[2:] == (False, 10_000, others, 0)
    assert held(world, account) == kept + others
    assert balances(world, account, payee) == [1_000 - value, 0 if destroys else value]

    # What the other holds is the other's: it can still release all of it, and this one its own.
    if others:
        cases.release(world, account, others, OTHER)
    assert held(world, account) == kept


@pytest.mark.req("HK-55")
def test_a_hold_that_no_case_made_stays_too(world, token, account, payee):
    """FREEZER held at the token itself."""
    world.act("FREEZER", token, "hold", account, 70, REF)
    cases.hold(world, account, 30)
    cases.freeze(world, account)
    cases.release(world, account, 10)
    assert held(world, account) == 90
    execute(world, propose(world, account, payee.address, FUNDS))
    assert held(world, account) == 70


@pytest.mark.req("HK-54")
def test_a_freeze_that_no_case_made_stays_too(world, token, both):
    """FREEZER froze at the token first: the end of the last case lifts what none of them set."""
    world.act("FREEZER", token, "freeze", [both], REF)
    cases.freeze(world, both)
    cases.freeze(world, both, case=OTHER)
    for case in (CASE, OTHER):
        receipt = cases.unfreeze(world, both, case=case)
        assert emitted(token, receipt) == []
    assert token.call("isFrozen", both) is True
    world.act("RELEASER", token, "unfreeze", [both], REF)
    cases.freeze(world, both)
    cases.unfreeze(world, both, case=CASE)
    assert token.call("isFrozen", both) is False


@pytest.mark.req("HK-55")
def test_both_cases_take_in_turn(world, both, payee, spender):
    """Each its own; together they reach no more than there is."""
    cases.hold(world, both, 600_000_000)
    cases.hold(world, both, 700_000_000, OTHER)
    first = propose(world, both, payee.address, 600_000_000)
    second = propose(world, both, spender.address, 700_000_000, case=OTHER)
    execute(world, first)
    act = when_due(world, "EXECUTOR", world.suite.desks.orders, "execute", second)
    with refused(world, "OutOfReach", account=both, value=700_000_000, reach=400_000_000):
        act()
    execute(world, propose(world, both, spender.address, 400_000_000, case=OTHER))
    assert balances(world, both, payee, spender) == [0, 600_000_000, 400_000_000]
    assert held(world, both) == entry(world, both, OTHER).held == 300_000_000


# Tokens in redemption


@pytest.fixture
def requested(world, account):
    """Of the named account's 1,000 HKD a quarter is at the redemption desk."""
    return surrender(world, account, AMOUNT)


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("way", ["requested", "valid"])
def test_takes_what_is_in_redemption(world, orders, token, desk, holder, payee, executor, way):
    bind(world, holder)
    open_case(world)
    cases.name(world, holder.address, AMOUNT)
    number = surrender(world, holder.address, AMOUNT)
    if way == "valid":
        teller(world, "validate", number)
    cases.freeze(world, holder.address)
    world.act("PAUSER", token, "pause", 15, REF)
    order = propose(world, holder.address, payee.address, AMOUNT, number)
    assert proposal(world, order).redemption == number
    receipt = execute(world, order)
    told = {"id": order, "caseId": CASE_HEX, "account": holder.address, "value": AMOUNT}
    assert emitted(orders, receipt) == [("OrderExecuted", told | {"executor": executor})]
    released = {"id": number, "to": payee.address, "operator": orders.address, "caseRef": CASE_HEX}
    assert emitted(desk, receipt) == [("RedemptionReleased", released)]
    moved = {"from": desk.address, "to": payee.address, "value": AMOUNT}
    assert emitted(token, receipt) == [("Transfer", moved)]
    assert balances(world, desk, payee, holder) == [0, AMOUNT, FUNDS - AMOUNT]
    assert entry(world, holder.address)[2:] == (True, AMOUNT, 0, AMOUNT)


@pytest.mark.req("HK-55")
def test_what_is_in_redemption_is_out_of_reach_otherwise(world, orders, account, requested, payee):
    """The account's own tokens are one thing, the request's are another."""
    cases.freeze(world, account)
    act = when_due(
        world, "EXECUTOR", orders, "execute", propose(world, account, payee.address, FUNDS)
    )
    with refused(world, "OutOfReach", account=account, value=FUNDS, reach=FUNDS - AMOUNT):
        act()


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("value", [1, AMOUNT - 1, AMOUNT + 1])
def test_takes_a_request_whole(world, account, requested, payee, value):
    cases.freeze(world, account)
    with refused(world, "RedemptionMismatch", redemption=requested):
        propose(world, account, payee.address, value, requested)


@pytest.mark.req("HK-55")
def test_destroys_nothing_in_redemption(world, account, requested):
    cases.freeze(world, account)
    with refused(world, "RedemptionMismatch", redemption=requested):
        propose(world, account, DESTROY, AMOUNT, requested)


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("number", [2, ALL])
def test_takes_no_request_that_is_none(world, account, requested, payee, number):
    cases.freeze(world, account)
    with refused(world, "RedemptionMismatch", redemption=number):
        propose(world, account, payee.address, AMOUNT, number)


@pytest.mark.req("HK-55")
def test_takes_nobody_elses_request(world, account, requested, payee):
    """Naming and freezing one is no order against another."""
    cases.name(world, payee.address, FUNDS)
    cases.freeze(world, payee.address, account)
    with refused(world, "RedemptionMismatch", redemption=requested):
        propose(world, payee.address, world.holder(5).address, AMOUNT, requested)


@pytest.mark.req("HK-55")
def test_takes_no_request_of_another_token(payee):
    """HKD's case says nothing of the same holder's USD."""
    world = build_world(RevmChain(), ("HKD", "USD"))
    person = world.holder().address
    for peg in world.suite.pegs.values():
        world.fund(person, FUNDS, peg=peg)
    desk, usd = world.suite.desks.redemption, world.suite.pegs["USD"].token
    usd.send("surrender", desk.address, AMOUNT, REF, sender=person)
    open_case(world)
    cases.name(world, person, FUNDS)
    cases.freeze(world, person)
    with refused(world, "RedemptionMismatch", redemption=1):
        propose(world, person, payee.address, AMOUNT, 1)
    assert usd.call("isFrozen", person) is False


@pytest.mark.req("HK-55")
def test_takes_in_redemption_only_of_the_frozen(world, orders, account, requested, payee):
    """A hold is on the account: it does not follow into the desk. Asked again when executed."""
    cases.hold(world, account, FUNDS - AMOUNT)
    at = {"caseId": CASE_HEX, "account": account, "value": AMOUNT}
    with refused(world, "CeilingExceeded", **at, allowed=0):
        propose(world, account, payee.address, AMOUNT, requested)
    cases.freeze(world, account)
    order = propose(world, account, payee.address, AMOUNT, requested)
    cases.unfreeze(world, account)
    act = when_due(world, "EXECUTOR", orders, "execute", order)
    with refused(world, "CeilingExceeded", **at, allowed=0):
        act()
    cases.freeze(world, account)
    act()
    assert balances(world, payee) == [AMOUNT]


@pytest.mark.req("HK-55")
def test_the_ceiling_binds_in_redemption(world, account, requested, payee):
    cases.name(world, account, AMOUNT - 1)
    cases.freeze(world, account)
    at = {"caseId": CASE_HEX, "account": account}
    with refused(world, "CeilingExceeded", **at, value=AMOUNT, allowed=AMOUNT - 1):
        propose(world, account, payee.address, AMOUNT, requested)


@pytest.mark.req("HK-55")
def test_what_is_held_counts_in_redemption(world, account, requested, payee):
    """Of a request nothing held is consumed: both together stay within the ceiling."""
    cases.name(world, account, AMOUNT + 9)
    cases.hold(world, account, 10)
    cases.freeze(world, account)
    at = {"caseId": CASE_HEX, "account": account}
    with refused(world, "CeilingExceeded", **at, value=AMOUNT, allowed=AMOUNT - 1):
        propose(world, account, payee.address, AMOUNT, requested)
    cases.name(world, account, AMOUNT + 10)
    execute(world, propose(world, account, payee.address, AMOUNT, requested))
    assert entry(world, account)[2:] == (True, AMOUNT + 10, 10, AMOUNT)


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("way", ["taken back", "by another case"])
def test_a_request_that_was_finished_meanwhile(world, orders, both, requested, payee, way):
    cases.freeze(world, both)
    order = propose(world, both, payee.address, AMOUNT, requested)
    if way == "taken back":
        cases.unfreeze(world, both)
        take_back(world, requested, both)
        cases.freeze(world, both)
    else:
        cases.freeze(world, both, case=OTHER)
        execute(world, propose(world, both, payee.address, AMOUNT, requested, OTHER))
    act = when_due(world, "EXECUTOR", orders, "execute", order)
    with refused(world, "RedemptionMismatch", redemption=requested):
        act()


@pytest.mark.req("HK-54")
def test_a_frozen_holder_does_not_run_through_redemption(world, desk, holder, payee):
    """Between proposal and execution nothing of the request moves, in no status."""
    bind(world, holder)
    open_case(world)
    cases.name(world, holder.address, FUNDS)
    number = surrender(world, holder.address, AMOUNT)
    teller(world, "validate", number)
    cases.freeze(world, holder.address)
    order = propose(world, holder.address, payee.address, AMOUNT, number)
    barred = {"id": number, "holder": holder.address}
    with refused(world, "HolderBarred", **barred):
        take_back(world, number, holder.address)
    with refused(world, "HolderBarred", **barred):
        teller(world, "giveBack", number, REF)
    with refused(world, "HolderBarred", **barred):
        teller(world, "instruct", number, bank_ref("payout"))
    execute(world, order)
    assert balances(world, desk, payee) == [0, AMOUNT]


@pytest.mark.req("HK-53")
@pytest.mark.parametrize("place", ["blacklisted", "token", "desk"])
def test_releases_to_nobody_who_may_not_receive(
    world, orders, token, account, requested, desk, payee, place
):
    to = {"blacklisted": payee, "token": token, "desk": desk}[place].address
    error, evidence = "ERC20InvalidReceiver", {"receiver": to}
    if place == "blacklisted":
        world.act("BLACKLISTER", token, "blacklist", [to], REF)
        error, evidence = "BlacklistedAccount", {"account": to}
    cases.freeze(world, account)
    order = propose(world, account, to, AMOUNT, requested)
    act = when_due(world, "EXECUTOR", orders, "execute", order)
    with refused(world, error, **evidence):
        act()


@pytest.mark.req("HK-53")
def test_releases_to_the_verified_in_allow_list_mode(
    world, orders, token, account, requested, payee
):
    """As a seizure does."""
    world.act("PAUSER", token, "enterAllowListMode", REF)
    cases.freeze(world, account)
    order = propose(world, account, payee.address, AMOUNT, requested)
    act = when_due(world, "EXECUTOR", orders, "execute", order)
    with refused(world, "UnverifiedAccount", account=payee.address):
        act()


# Several steps in one call


def _steps(world, account, kind=COURT_ORDER):
    orders, token = world.suite.desks.orders, world.token.address
    review_by = world.chain.now() + 30 * DAY
    return [
        orders.encode("openCase", CASE, kind, review_by, DOCUMENT),
        orders.encode("nameAccount", CASE, token, account, FUNDS),
        orders.encode("freeze", CASE, token, [account]),
    ]


@pytest.mark.req("HK-54")
def test_opens_names_and_freezes_in_one_transaction(world, orders, token, holder, worker):
    receipt = orders.send("multicall", _steps(world, holder.address), sender=worker)
    events = emitted(orders, receipt)
    assert [name for name, _ in events] == ["CaseOpened", "AccountNamed", "CaseFroze"]
    assert {arguments["operator"] for _, arguments in events} == {worker}
    assert token.call("isFrozen", holder.address) is True
    assert entry(world, holder.address)[2:] == (True, FUNDS, 0, 0)


@pytest.mark.req("HK-04")
def test_many_calls_in_one_are_no_way_around_roles(world, orders, holder, stranger, executor):
    steps = _steps(world, holder.address)
    for caller in (stranger.address, executor, world.member("RELEASER"), world.member("FREEZER")):
        with refused(world, "AccessManagedUnauthorized", caller=caller):
            orders.send("multicall", steps, sender=caller)
    orders.send("multicall", steps, sender=world.member("CASEWORKER"))
    with refused(world, "AccessManagedUnauthorized", caller=stranger.address):
        orders.send("multicall", [orders.encode("multicall", steps[2:])], sender=stranger.address)


@pytest.mark.req("HK-04")
@pytest.mark.parametrize("verb", ["unfreeze", "release", "execute", "cancel"])
def test_a_step_of_another_role_undoes_all(world, orders, busy, worker, verb):
    """Who calls stays who called; what it may do alone is undone, too."""
    _, args = _verbs(world, busy)[verb]
    steps = [
        orders.encode("nameAccount", CASE, world.token.address, busy, MOST),
        orders.encode(verb, *args),
    ]
    with refused(world, "AccessManagedUnauthorized", caller=worker):
        orders.send("multicall", steps, sender=worker)
    assert entry(world, busy).ceiling == FUNDS


def test_a_refusal_keeps_its_reason(world, orders, account, worker):
    """It comes out as it is, and nothing happened."""
    steps = [
        orders.encode("freeze", CASE, world.token.address, [account]),
        orders.encode("hold", CASE, world.token.address, account, 0),
    ]
    with refused(world, "NothingOrdered"):
        orders.send("multicall", steps, sender=worker)


@pytest.mark.req("HK-55")
def test_each_step_waits_for_itself(world, orders, account, executor, payee):
    """Scheduled one by one, and executed together; what was not scheduled stops all."""
    cases.freeze(world, account)
    for value in (1, 2, 4):
        propose(world, account, payee.address, value)
    authority = world.suite.authority
    steps = [orders.encode("execute", number) for number in (1, 2, 3)]
    for data in steps[:2]:
        authority.send("schedule", orders.address, data, 0, sender=executor)
    world.chain.warp(DAY)
    operation = authority.call("hashOperation", executor, orders.address, steps[2])
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        orders.send("multicall", steps, sender=executor)
    first = authority.call("hashOperation", executor, orders.address, steps[0])
    with refused(world, "AccessManagerNotScheduled", operationId=first):
        orders.send("multicall", [steps[0], steps[0]], sender=executor)
    orders.send("multicall", steps[:2], sender=executor)
    assert balances(world, payee) == [3]
