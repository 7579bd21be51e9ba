"""Orders of the issuance desk: proposed by one, approved by others, issued once.

propose
├── when the bank reference is zero: reverts with ReferenceRequired
├── given an open order of this reference, or one issued here or at a desk before: reverts with
│   BankReferenceUsed
├── given a channel that is unknown or closed: reverts with ChannelNotOpen
├── when the funds are of no or another currency, or the token was retired: reverts with
│   CurrencyMismatch
├── when the amount is zero: reverts with NothingToIssue
├── when the amount is above the channel's cap: reverts with OrderCapExceeded
├── when no tier allows the amount: reverts with TierExceeded
├── given an order of this reference that was cancelled or has expired: opens it anew, unapproved
└── else: opens an order until and including its expiry

approve
├── given no order, or one that was issued or cancelled, or has expired: reverts with
│   OrderNotProposed
├── when it names a channel that is unknown or closed: reverts with ChannelNotOpen
├── when it names another amount or channel: reverts with OrderMismatch, and the order's own terms
├── when the proposer approves, whatever its roles: reverts with ProposerCannotApprove
├── when an approver approves again, in whatever way: reverts with AlreadyApproved
├── given a party that has lost its role: reverts with PartyExpelled, until it has the role again
├── when no tier allows the amount any more: reverts with TierExceeded
├── given fewer approvals than the tiers of now ask for: counts, and issues nothing
├── the last one, given anything in the way of the issue: reverts with the reason, and whatever it
│   would have consumed is there when the obstacle is gone
├── the last one, given a desk before this one that issued the reference since: reverts with
│   BankReferenceUsed
└── else, the last one: issues exactly the amount to the channel's payee

cancel
├── given no order, or one that was issued or cancelled: reverts with OrderNotProposed
└── else, also after its expiry: nobody can approve it

openOrders
└── those that are still open, in the order of their first proposal, page by page
"""

import pytest

from tests.support.desks import (
    CANCELLED,
    CHANNEL,
    DAY,
    DIRECT,
    EXPIRED,
    ISSUED,
    NONE,
    PROPOSED,
    Order,
    appoint,
    approve,
    approver,
    bank_ref,
    bind,
    channel_of,
    expel,
    grant,
    later,
    open_channel,
    order_of,
    propose,
    read_order,
    ready_desk,
)
from tests.support.refusal import emitted, refused
from tests.support.revm import RevmChain
from tests.support.world import REF, build_world

ZERO = "0x" + "00" * 20
NO_REF = b"\0" * 32
HKD = 10**6
MILLION = 1_000_000 * HKD
#: The largest orders that one and that two approve.
ONE, TWO = MILLION, 10 * MILLION
CAP, CAPACITY, MINT_CAPACITY = 5 * MILLION, 20 * MILLION, 50 * MILLION
RESERVES = 10**17
LIFE, MAX_AGE = 3 * DAY, 26 * 3_600
CREDIT, OTHER = bank_ref("credit 1"), bank_ref("credit 2")
ELSEWHERE = b"WHOLESALER-1".ljust(32, b"\0")


def hexed(data):
    return "0x" + data.hex()


@pytest.fixture
def desk(world, payee):
    """Has a channel to the payee, who is ready; reserves are ample and fresh."""
    return ready_desk(world, payee)


@pytest.fixture
def proposer(world):
    return world.member("PROPOSER")


@pytest.fixture
def successor(world, desk, create):
    """A desk that takes over from the deployed one, with the same channel."""
    return succeed(world, desk, create)


def succeed(world, desk, create):
    suite = world.suite
    made = create(
        world,
        "IssuanceDesk",
        suite.authority.address,
        suite.registry.address,
        suite.desks.customers.address,
        desk.address,
        LIFE,
    )
    appoint(world, made)
    payee, token = channel_of(world).payee, world.token.address
    later(
        world,
        ("GOVERNOR", made, "openChannel", (CHANNEL, token, DIRECT, payee, REF)),
        ("GOVERNOR", made, "raiseChannel", (CHANNEL, CAP, CAPACITY, DAY, REF)),
        ("GOVERNOR", made, "loosenTiers", (token, [(ONE, 1), (TWO, 2)], REF)),
    )
    world.attest(RESERVES)
    return made


def propose_at(world, desk, ref, amount):
    return desk.send("propose", ref, CHANNEL, b"HKD", amount, sender=world.member("PROPOSER"))


def approve_at(desk, ref, amount, by=0):
    return desk.send("approve", ref, CHANNEL, amount, sender=approver(by))


def cancel(world, ref):
    return world.act("GUARDIAN", world.suite.desks.issuance, "cancel", ref, REF)


def raise_cap(world, cap=TWO * 2):
    desk = world.suite.desks.issuance
    world.act("GOVERNOR", desk, "raiseChannel", CHANNEL, cap, CAPACITY, DAY, REF)
    world.attest(RESERVES)


def set_tiers(world, role, *tiers):
    verb = {"PAUSER": "tightenTiers", "GOVERNOR": "loosenTiers"}[role]
    world.act(role, world.suite.desks.issuance, verb, world.token.address, tiers, REF)
    if role == "GOVERNOR":
        world.attest(RESERVES)


def issue(world, ref, amount):
    """Proposes and approves, as often as the shipped tiers ask for."""
    propose(world, ref, amount)
    for by in range(1 if amount <= ONE else 2):
        approve(world, ref, amount, by=by)


# What is not proposed


@pytest.mark.req("HK-38")
def test_a_bank_reference_is_required(world, desk):
    with refused(world, "ReferenceRequired"):
        propose(world, NO_REF, ONE)


@pytest.mark.parametrize("channel", [ELSEWHERE, NO_REF])
def test_refuses_an_unknown_channel(world, desk, channel):
    with refused(world, "ChannelNotOpen", channel=hexed(channel)):
        propose(world, CREDIT, ONE, channel)


def test_refuses_a_closed_channel(world, desk):
    world.act("PAUSER", desk, "closeChannel", CHANNEL, REF)
    with refused(world, "ChannelNotOpen", channel=hexed(CHANNEL)):
        propose(world, CREDIT, ONE)


@pytest.mark.req("HK-38")
@pytest.mark.parametrize("currency", [b"USD", b"hkd", b"HK\0", b"\0\0\0"])
def test_refuses_funds_of_another_currency(world, token, desk, proposer, currency):
    """Funds of no currency are of another one, too."""
    evidence = {"token": token.address, "currency": hexed(currency)}
    with refused(world, "CurrencyMismatch", **evidence):
        desk.send("propose", CREDIT, CHANNEL, currency, ONE, sender=proposer)


@pytest.mark.req("HK-38")
@pytest.mark.parametrize(("funds", "code"), [(b"HKD", "USD"), (b"USD", "HKD")])
def test_refuses_funds_of_another_currency_of_the_board(funds, code):
    """What the bank credited in one currency is never issued in another."""
    world = build_world(RevmChain(), ("HKD", "USD"))
    desk, token = world.suite.desks.issuance, world.suite.pegs[code].token
    payee, proposer = world.holder(1), world.member("PROPOSER")
    bind(world, payee)
    terms = (CHANNEL, token.address, DIRECT, payee.address, REF)
    world.act("GOVERNOR", desk, "openChannel", *terms)
    world.act("GOVERNOR", desk, "raiseChannel", CHANNEL, CAP, CAPACITY, DAY, REF)
    with refused(world, "CurrencyMismatch", token=token.address, currency=hexed(funds)):
        desk.send("propose", CREDIT, CHANNEL, funds, 1, sender=proposer)
    desk.send("propose", CREDIT, CHANNEL, code.encode(), 1, sender=proposer)
    world.attest(RESERVES, peg=world.suite.pegs[code])
    approve(world, CREDIT, 1)
    assert token.call("balanceOf", payee.address) == 1


@pytest.mark.parametrize("currency", [b"HKD", b"\0\0\0"])
def test_refuses_a_token_that_left_the_board(world, token, registry, desk, proposer, currency):
    """The token goes on, and nothing new is proposed; no currency is not the currency of none."""
    world.act("GOVERNOR", registry, "retire", b"HKD", REF)
    evidence = {"token": token.address, "currency": hexed(currency)}
    with refused(world, "CurrencyMismatch", **evidence):
        desk.send("propose", CREDIT, CHANNEL, currency, ONE, sender=proposer)


def test_what_was_proposed_before_a_retirement_is_stopped_by_closing(world, token, registry, desk):
    """The board is asked when an order is proposed; a channel stops at once, orders included."""
    propose(world, CREDIT, ONE)
    world.act("GOVERNOR", registry, "retire", b"HKD", REF)
    world.attest(RESERVES)
    world.act("PAUSER", desk, "closeChannel", CHANNEL, REF)
    with refused(world, "ChannelNotOpen", channel=hexed(CHANNEL)):
        approve(world, CREDIT, ONE)
    assert token.call("totalSupply") == 0


def test_refuses_an_order_of_nothing(world, desk):
    with refused(world, "NothingToIssue"):
        propose(world, CREDIT, 0)


@pytest.mark.req("HK-07")
def test_an_order_is_at_most_the_cap(world, desk):
    """D3: to the unit."""
    evidence = {"channel": hexed(CHANNEL), "amount": CAP + 1, "cap": CAP}
    with refused(world, "OrderCapExceeded", **evidence):
        propose(world, CREDIT, CAP + 1)
    propose(world, CREDIT, CAP)


@pytest.mark.req("HK-07")
def test_without_cap_nothing_is_proposed(world, desk):
    """Zero means zero."""
    world.act("PAUSER", desk, "lowerChannel", CHANNEL, 0, CAPACITY, DAY, REF)
    with refused(world, "OrderCapExceeded", channel=hexed(CHANNEL), amount=1, cap=0):
        propose(world, CREDIT, 1)


def test_an_order_is_at_most_the_last_tier(world, token, desk):
    """To the unit."""
    raise_cap(world)
    evidence = {"token": token.address, "amount": TWO + 1, "largest": TWO}
    with refused(world, "TierExceeded", **evidence):
        propose(world, CREDIT, TWO + 1)
    propose(world, CREDIT, TWO)


def test_without_tiers_nothing_is_proposed(world, token, desk):
    """Zero means zero."""
    set_tiers(world, "PAUSER")
    with refused(world, "TierExceeded", token=token.address, amount=1, largest=0):
        propose(world, CREDIT, 1)


# What is proposed


@pytest.mark.req("HK-38")
@pytest.mark.parametrize("amount", [1, CAP])
def test_an_order_binds_reference_channel_and_amount(world, token, desk, proposer, amount):
    assert order_of(world, CREDIT) == Order(CREDIT, NO_REF, 0, ZERO, 0, NONE, ())
    receipt = propose(world, CREDIT, amount)
    expires = world.chain.now() + LIFE
    assert emitted(desk, receipt) == [
        (
            "OrderProposed",
            {
                "bankRef": hexed(CREDIT),
                "channel": hexed(CHANNEL),
                "amount": amount,
                "proposer": proposer,
                "expiresAt": expires,
            },
        )
    ]
    assert order_of(world, CREDIT) == Order(
        CREDIT, CHANNEL, amount, proposer, expires, PROPOSED, ()
    )
    assert desk.call("orderLife") == LIFE
    assert desk.call("orderCount") == 1
    assert desk.call("isIssued", CREDIT) is False
    assert token.call("totalSupply") == 0


def test_a_proposal_uses_nothing(world, token, desk):
    """Neither limit counts what is only proposed."""
    for number in range(6):
        propose(world, bank_ref(f"credit {number}"), CAP)
    assert channel_of(world).available == CAPACITY
    assert token.call("mintRateLimit") == (MINT_CAPACITY, DAY, MINT_CAPACITY)


# D1: a bank reference issues at most once, ever


@pytest.mark.req("HK-38")
@pytest.mark.parametrize("amount", [ONE, 1])
@pytest.mark.parametrize("name", [CHANNEL, ELSEWHERE])
def test_an_open_reference_is_used(world, desk, payee, name, amount):
    """D1: whatever the other order is of."""
    if name == ELSEWHERE:
        open_channel(world, payee.address, name)
    propose(world, CREDIT, ONE)
    with refused(world, "BankReferenceUsed", bankRef=hexed(CREDIT), status=PROPOSED):
        propose(world, CREDIT, amount, name)
    propose(world, OTHER, amount, name)


@pytest.mark.req("HK-38")
@pytest.mark.parametrize("name", [CHANNEL, ELSEWHERE])
@pytest.mark.parametrize("after", [0, LIFE + 1, 4_000 * DAY])
def test_an_issued_reference_is_used_for_ever(world, desk, payee, name, after):
    """D1: in every channel, at every time."""
    if name == ELSEWHERE:
        open_channel(world, payee.address, name)
        world.attest(RESERVES)
    issue(world, CREDIT, ONE)
    world.chain.warp(after)
    assert desk.call("isIssued", CREDIT) is True
    with refused(world, "BankReferenceUsed", bankRef=hexed(CREDIT), status=ISSUED):
        propose(world, CREDIT, 1, name)
    with refused(world, "OrderNotProposed", bankRef=hexed(CREDIT), status=ISSUED):
        approve(world, CREDIT, ONE, by=1)
    with refused(world, "OrderNotProposed", bankRef=hexed(CREDIT), status=ISSUED):
        cancel(world, CREDIT)


@pytest.mark.req("HK-38")
@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_a_reference_that_was_not_issued_is_proposed_anew(world, token, desk, payee, proposer, end):
    """D1: on new terms, with none of the old approvals, and issued once all the same."""
    old, new = ONE + 1, ONE + 2
    propose(world, CREDIT, old)
    approve(world, CREDIT, old, by=0)
    if end == "cancelled":
        cancel(world, CREDIT)
    else:
        world.chain.warp(LIFE + 1)
        world.attest(RESERVES)
    propose(world, CREDIT, new)
    expires = world.chain.now() + LIFE
    assert order_of(world, CREDIT) == Order(CREDIT, CHANNEL, new, proposer, expires, PROPOSED, ())
    assert desk.call("orderCount") == 1

    evidence = {"bankRef": hexed(CREDIT), "channel": hexed(CHANNEL), "amount": new}
    with refused(world, "OrderMismatch", **evidence):
        approve(world, CREDIT, old, by=1)
    for by, approvals in ((0, 1), (1, 2)):
        receipt = approve(world, CREDIT, new, by=by)
        assert emitted(desk, receipt)[0][1]["approvals"] == approvals
    assert token.call("balanceOf", payee.address) == token.call("totalSupply") == new
    with refused(world, "BankReferenceUsed", bankRef=hexed(CREDIT), status=ISSUED):
        propose(world, CREDIT, new)


def test_a_reference_proposed_anew_can_change_its_channel(world, desk, payee):
    open_channel(world, payee.address, ELSEWHERE)
    propose(world, CREDIT, ONE)
    cancel(world, CREDIT)
    propose(world, CREDIT, ONE, ELSEWHERE)
    evidence = {"bankRef": hexed(CREDIT), "channel": hexed(ELSEWHERE), "amount": ONE}
    with refused(world, "OrderMismatch", **evidence):
        approve(world, CREDIT, ONE)
    world.attest(RESERVES)
    approve(world, CREDIT, ONE, ELSEWHERE)
    assert channel_of(world).available == CAPACITY
    assert channel_of(world, ELSEWHERE).available == CAPACITY - ONE


# D1: over successive desks


@pytest.mark.req("HK-38")
def test_what_a_desk_before_issued_is_used(world, desk, successor):
    """D1: though this desk has no order of it."""
    issue(world, CREDIT, ONE)
    assert successor.call("predecessor").lower() == desk.address.lower()
    assert successor.call("isIssued", CREDIT) is True
    assert order_of(world, CREDIT, successor).status == NONE
    with refused(world, "BankReferenceUsed", bankRef=hexed(CREDIT), status=ISSUED):
        propose_at(world, successor, CREDIT, ONE)


@pytest.mark.req("HK-38")
@pytest.mark.parametrize("status", [PROPOSED, CANCELLED, EXPIRED])
def test_what_a_desk_before_did_not_issue_is_free(world, token, desk, successor, status):
    """D1: counts what is issued, not what was once meant to be."""
    propose(world, CREDIT, ONE)
    if status == CANCELLED:
        cancel(world, CREDIT)
    if status == EXPIRED:
        world.chain.warp(LIFE + 1)
        world.attest(RESERVES)
    assert order_of(world, CREDIT).status == status
    propose_at(world, successor, CREDIT, ONE)
    approve_at(successor, CREDIT, ONE)
    assert token.call("totalSupply") == ONE
    assert successor.call("isIssued", CREDIT) is True
    assert desk.call("isIssued", CREDIT) is False


@pytest.mark.req("HK-38")
@pytest.mark.parametrize("amount", [ONE, ONE + 1])
def test_a_desk_before_issues_between_proposal_and_approval(world, token, desk, successor, amount):
    """D1: asked again when it counts; cancelled, the reference stays used."""
    propose_at(world, successor, CREDIT, amount)
    last = amount > ONE
    if last:
        approve_at(successor, CREDIT, amount)
    issue(world, CREDIT, ONE)
    with refused(world, "BankReferenceUsed", bankRef=hexed(CREDIT), status=ISSUED):
        approve_at(successor, CREDIT, amount, by=int(last))
    assert token.call("totalSupply") == ONE
    world.act("GUARDIAN", successor, "cancel", CREDIT, REF)
    with refused(world, "BankReferenceUsed", bankRef=hexed(CREDIT), status=ISSUED):
        propose_at(world, successor, CREDIT, amount)


@pytest.mark.req("HK-38")
def test_a_desk_long_before_counts_too(world, create, desk, successor):
    """D1: a desk asks its predecessor, which asks its own."""
    third = succeed(world, successor, create)
    issue(world, CREDIT, ONE)
    propose_at(world, successor, OTHER, ONE)
    approve_at(successor, OTHER, ONE)
    for ref in (CREDIT, OTHER):
        assert third.call("isIssued", ref) is True
        with refused(world, "BankReferenceUsed", bankRef=hexed(ref), status=ISSUED):
            propose_at(world, third, ref, ONE)
    assert third.call("isIssued", bank_ref("credit 3")) is False


@pytest.mark.req("HK-38")
def test_a_desk_before_that_cannot_mint_issues_nothing(world, token, desk, successor):
    """D1: a desk does not ask its successor, so a succession ends with taking its power to mint."""
    propose(world, CREDIT, ONE)
    expel(world, "MINTER", desk.address)
    propose_at(world, successor, CREDIT, ONE)
    approve_at(successor, CREDIT, ONE)
    with refused(world, "AccessManagedUnauthorized", caller=desk.address):
        approve(world, CREDIT, ONE)
    assert token.call("totalSupply") == ONE


# What is not approved


@pytest.mark.parametrize("amount", [ONE, 0])
@pytest.mark.parametrize("status", [NONE, ISSUED, CANCELLED, EXPIRED])
def test_refuses_what_is_not_waiting(world, desk, status, amount):
    if status != NONE:
        propose(world, CREDIT, ONE)
    if status == ISSUED:
        approve(world, CREDIT, ONE)
    if status == CANCELLED:
        cancel(world, CREDIT)
    if status == EXPIRED:
        world.chain.warp(LIFE + 1)
    with refused(world, "OrderNotProposed", bankRef=hexed(CREDIT), status=status):
        approve(world, CREDIT, amount, by=1)


@pytest.mark.parametrize("amount", [ONE - 1, ONE + 1, 0, 2**96 - 1])
def test_refuses_another_amount(world, desk, amount):
    """The evidence is what the order binds, for who approves to compare."""
    propose(world, CREDIT, ONE)
    evidence = {"bankRef": hexed(CREDIT), "channel": hexed(CHANNEL), "amount": ONE}
    with refused(world, "OrderMismatch", **evidence):
        approve(world, CREDIT, amount)
    approve(world, CREDIT, ONE)


def test_refuses_another_channel(world, desk, payee):
    """An open one, even to the same payee; an unknown one is told as such."""
    open_channel(world, payee.address, ELSEWHERE)
    world.attest(RESERVES)
    propose(world, CREDIT, ONE)
    evidence = {"bankRef": hexed(CREDIT), "channel": hexed(CHANNEL), "amount": ONE}
    with refused(world, "OrderMismatch", **evidence):
        approve(world, CREDIT, ONE, ELSEWHERE)
    with refused(world, "ChannelNotOpen", channel=hexed(REF)):
        approve(world, CREDIT, ONE, REF)
    approve(world, CREDIT, ONE)


@pytest.mark.req("HK-05")
@pytest.mark.parametrize("amount", [ONE, ONE + 1])
def test_who_proposed_never_approves(world, desk, proposer, amount):
    """Neither first nor last, though it holds the role."""
    grant(world, "APPROVER", proposer)
    world.attest(RESERVES)
    propose(world, CREDIT, amount)
    evidence = {"bankRef": hexed(CREDIT), "proposer": proposer}
    for by in range(1 if amount == ONE else 2):
        with refused(world, "ProposerCannotApprove", **evidence):
            desk.send("approve", CREDIT, CHANNEL, amount, sender=proposer)
        approve(world, CREDIT, amount, by=by)
    assert desk.call("isIssued", CREDIT) is True


@pytest.mark.req("HK-05")
def test_who_proposed_a_cancelled_order_may_approve_the_next(world, desk, stranger, proposer):
    """It is another's order now."""
    later(
        world,
        ("GOVERNOR", world.suite.authority, "grantRole", (16, proposer, 0)),
        ("GOVERNOR", world.suite.authority, "grantRole", (15, stranger.address, 0)),
    )
    world.attest(RESERVES)
    propose(world, CREDIT, ONE)
    cancel(world, CREDIT)
    desk.send("propose", CREDIT, CHANNEL, b"HKD", ONE, sender=stranger.address)
    desk.send("approve", CREDIT, CHANNEL, ONE, sender=proposer)
    assert desk.call("isIssued", CREDIT) is True


# Nobody counts twice


@pytest.mark.req("HK-05")
def test_nobody_approves_twice(world, desk):
    set_tiers(world, "GOVERNOR", (TWO, 3))
    propose(world, CREDIT, ONE)
    approve(world, CREDIT, ONE, by=0)
    approve(world, CREDIT, ONE, by=1)
    for by in (0, 1):
        evidence = {"bankRef": hexed(CREDIT), "approver": approver(by)}
        with refused(world, "AlreadyApproved", **evidence):
            approve(world, CREDIT, ONE, by=by)
    approve(world, CREDIT, ONE, by=2)
    assert desk.call("isIssued", CREDIT) is True


@pytest.mark.req("HK-05")
def test_nobody_approves_twice_through_the_manager(world, authority, desk):
    """Executed by the manager, the call would be the manager's and not the person's."""
    propose(world, CREDIT, ONE + 1)
    data = desk.encode("approve", CREDIT, CHANNEL, ONE + 1)
    with refused(world, "CallerIsAuthority"):
        authority.send("execute", desk.address, data, sender=approver())
    approve(world, CREDIT, ONE + 1)
    with refused(world, "CallerIsAuthority"):
        authority.send("execute", desk.address, data, sender=approver())


@pytest.mark.req("HK-05")
def test_nobody_approves_twice_by_schedule(world, authority, desk):
    """An approver with a delay counts by its own name, and once."""
    delay = 60
    grant(world, "APPROVER", approver(), delay)
    world.attest(RESERVES)
    propose(world, CREDIT, ONE + 1)
    data = desk.encode("approve", CREDIT, CHANNEL, ONE + 1)
    authority.send("schedule", desk.address, data, 0, sender=approver())
    world.chain.warp(delay)
    with refused(world, "CallerIsAuthority"):
        authority.send("execute", desk.address, data, sender=approver())
    receipt = desk.submit(data, sender=approver())
    assert emitted(desk, receipt) == [approved(approver(), 1, 2)]

    authority.send("schedule", desk.address, data, 0, sender=approver())
    world.chain.warp(delay)
    with refused(world, "AlreadyApproved", bankRef=hexed(CREDIT), approver=approver()):
        desk.submit(data, sender=approver())
    with refused(world, "CallerIsAuthority"):
        authority.send("execute", desk.address, data, sender=approver())
    approve(world, CREDIT, ONE + 1, by=1)
    assert desk.call("isIssued", CREDIT) is True


@pytest.mark.req("HK-05")
def test_nobody_approves_twice_by_losing_and_regaining_the_role(world, desk):
    propose(world, CREDIT, ONE + 1)
    approve(world, CREDIT, ONE + 1)
    expel(world, "APPROVER", approver())
    grant(world, "APPROVER", approver())
    world.attest(RESERVES)
    with refused(world, "AlreadyApproved", bankRef=hexed(CREDIT), approver=approver()):
        approve(world, CREDIT, ONE + 1)
    approve(world, CREDIT, ONE + 1, by=1)
    assert desk.call("isIssued", CREDIT) is True


# Parties that have lost their role


@pytest.mark.req("HK-05")
@pytest.mark.parametrize("amount", [ONE, ONE + 1])
def test_the_proposal_of_an_expelled_proposer_dies(world, desk, proposer, amount):
    """Whoever approves, and however often it was approved before."""
    propose(world, CREDIT, amount)
    last = amount > ONE
    if last:
        approve(world, CREDIT, amount)
    expel(world, "PROPOSER", proposer)
    for by in (int(last), 2):
        with refused(world, "PartyExpelled", bankRef=hexed(CREDIT), party=proposer):
            approve(world, CREDIT, amount, by=by)


@pytest.mark.req("HK-05")
@pytest.mark.parametrize("gone", [0, 1])
def test_an_order_with_an_approval_of_an_expelled_approver_dies(world, desk, gone):
    """Each of several, by name."""
    set_tiers(world, "GOVERNOR", (TWO, 3))
    propose(world, CREDIT, ONE)
    approve(world, CREDIT, ONE, by=0)
    approve(world, CREDIT, ONE, by=1)
    expel(world, "APPROVER", approver(gone))
    with refused(world, "PartyExpelled", bankRef=hexed(CREDIT), party=approver(gone)):
        approve(world, CREDIT, ONE, by=2)


@pytest.mark.req("HK-05")
def test_an_order_with_an_approval_of_who_renounced_dies(world, authority, desk):
    propose(world, CREDIT, ONE + 1)
    approve(world, CREDIT, ONE + 1)
    authority.send("renounceRole", 16, approver(), sender=approver())
    with refused(world, "PartyExpelled", bankRef=hexed(CREDIT), party=approver()):
        approve(world, CREDIT, ONE + 1, by=1)


@pytest.mark.req("HK-05")
def test_the_order_of_an_expelled_party_is_cancelled_and_proposed_anew(world, desk):
    """What the expelled approved does not count again."""
    propose(world, CREDIT, ONE + 1)
    approve(world, CREDIT, ONE + 1, by=0)
    expel(world, "APPROVER", approver(0))
    cancel(world, CREDIT)
    propose(world, CREDIT, ONE + 1)
    receipt = approve(world, CREDIT, ONE + 1, by=1)
    assert emitted(desk, receipt) == [approved(approver(1), 1, 2)]
    approve(world, CREDIT, ONE + 1, by=2)
    assert desk.call("isIssued", CREDIT) is True


@pytest.mark.parametrize("delay", [0, 60])
@pytest.mark.parametrize("party", ["proposer", "approver"])
def test_with_the_role_its_word_counts_again(world, token, desk, payee, proposer, party, delay):
    """A grant is late and a guardian can cancel it; the order has not outlived its own expiry."""
    role, person = {"proposer": ("PROPOSER", proposer), "approver": ("APPROVER", approver())}[party]
    propose(world, CREDIT, ONE + 1)
    approve(world, CREDIT, ONE + 1)
    expel(world, role, person)
    with refused(world, "PartyExpelled", bankRef=hexed(CREDIT), party=person):
        approve(world, CREDIT, ONE + 1, by=1)
    grant(world, role, person, delay)
    world.attest(RESERVES)
    approve(world, CREDIT, ONE + 1, by=1)
    assert token.call("balanceOf", payee.address) == ONE + 1


# Tiers


def approved(person, approvals, needed, ref=CREDIT):
    evidence = {"bankRef": hexed(ref), "approver": person}
    return ("OrderApproved", evidence | {"approvals": approvals, "needed": needed})


def issued(person, payee, amount, ref=CREDIT):
    evidence = {"channel": hexed(CHANNEL), "bankRef": hexed(ref), "to": payee.address}
    return ("Issued", evidence | {"amount": amount, "approver": person})


@pytest.mark.req("HK-05")
@pytest.mark.parametrize(("amount", "needed"), [(1, 1), (ONE, 1), (ONE + 1, 2), (TWO, 2)])
def test_the_larger_the_more_approve(world, token, desk, payee, amount, needed):
    """D3: to the unit; the last approval issues, and says so."""
    raise_cap(world)
    propose(world, CREDIT, amount)
    for by in range(needed):
        last = by == needed - 1
        terms = (CREDIT, CHANNEL, amount)
        assert desk.call("approve", *terms, sender=approver(by)) is last
        receipt = approve(world, CREDIT, amount, by=by)
        events = [approved(approver(by), by + 1, needed)]
        events += [issued(approver(by), payee, amount)] if last else []
        assert emitted(desk, receipt) == events
        assert token.call("balanceOf", payee.address) == (amount if last else 0)


def test_an_approval_that_is_not_the_last_uses_nothing(world, token, desk, proposer):
    propose(world, CREDIT, ONE + 1)
    expires = world.chain.now() + LIFE
    receipt = approve(world, CREDIT, ONE + 1)
    assert {log.address for log in receipt.logs} == {desk.address}
    assert channel_of(world).available == CAPACITY
    assert token.call("mintRateLimit") == (MINT_CAPACITY, DAY, MINT_CAPACITY)
    assert desk.call("isIssued", CREDIT) is False
    assert order_of(world, CREDIT) == Order(
        CREDIT, CHANNEL, ONE + 1, proposer, expires, PROPOSED, (approver(),)
    )


@pytest.mark.req("HK-05")
def test_tiers_tightened_meanwhile_count(world, desk, payee):
    """How many must approve is asked when they do."""
    propose(world, CREDIT, ONE)
    set_tiers(world, "PAUSER", (ONE, 3))
    for by in (0, 1):
        receipt = approve(world, CREDIT, ONE, by=by)
        assert emitted(desk, receipt) == [approved(approver(by), by + 1, 3)]
    receipt = approve(world, CREDIT, ONE, by=2)
    assert emitted(desk, receipt) == [
        approved(approver(2), 3, 3),
        issued(approver(2), payee, ONE),
    ]


def test_tiers_loosened_meanwhile_count(world, desk, payee):
    """What was given is enough, and the next approval issues."""
    set_tiers(world, "GOVERNOR", (TWO, 3))
    propose(world, CREDIT, ONE)
    approve(world, CREDIT, ONE, by=0)
    approve(world, CREDIT, ONE, by=1)
    set_tiers(world, "GOVERNOR", (TWO, 1))
    assert desk.call("isIssued", CREDIT) is False
    receipt = approve(world, CREDIT, ONE, by=2)
    assert emitted(desk, receipt) == [
        approved(approver(2), 3, 1),
        issued(approver(2), payee, ONE),
    ]


def test_tiers_loosened_meanwhile_give_nobody_a_second_voice(world, desk):
    propose(world, CREDIT, ONE + 1)
    approve(world, CREDIT, ONE + 1)
    set_tiers(world, "GOVERNOR", (TWO, 1))
    with refused(world, "AlreadyApproved", bankRef=hexed(CREDIT), approver=approver()):
        approve(world, CREDIT, ONE + 1)
    approve(world, CREDIT, ONE + 1, by=1)


@pytest.mark.parametrize("given", [0, 1])
def test_an_order_above_the_tiers_of_now_is_refused(world, token, desk, given):
    """At the first approval, or the last; to the unit."""
    propose(world, CREDIT, ONE + 2)
    if given:
        approve(world, CREDIT, ONE + 2)
    set_tiers(world, "PAUSER", (ONE + 1, 2))
    evidence = {"token": token.address, "amount": ONE + 2, "largest": ONE + 1}
    with refused(world, "TierExceeded", **evidence):
        approve(world, CREDIT, ONE + 2, by=given)


# What stands in the way of an issue: put there, told, and taken away


def cap_below(world, payee, amount):
    desk = world.suite.desks.issuance
    world.act("PAUSER", desk, "lowerChannel", CHANNEL, amount - 1, CAPACITY, DAY, REF)
    evidence = {"channel": hexed(CHANNEL), "amount": amount, "cap": amount - 1}
    yield "OrderCapExceeded", evidence
    raise_cap(world, amount)


def channel_limit_below(world, payee, amount):
    desk = world.suite.desks.issuance
    world.act("PAUSER", desk, "lowerChannel", CHANNEL, CAP, amount - 1, DAY, REF)
    evidence = {"channel": hexed(CHANNEL), "amount": amount, "available": amount - 1}
    yield "ChannelLimitExceeded", evidence
    world.act("GOVERNOR", desk, "raiseChannel", CHANNEL, CAP, CAPACITY, DAY, REF)


def mint_limit_below(world, payee, amount):
    world.act("PAUSER", world.token, "lowerMintLimit", amount - 1, DAY, REF)
    yield "MintLimitExceeded", {"value": amount, "available": amount - 1}
    world.act("GOVERNOR", world.token, "raiseMintLimit", MINT_CAPACITY, DAY, REF)


def reserves_below(world, payee, amount):
    attest_headroom(world, amount - 1)
    yield "ReserveExceeded", {"value": amount, "headroom": amount - 1}


def stale_feed(world, payee, amount):
    updated = world.feed.call("latestRoundData")[3]
    world.chain.warp(updated + MAX_AGE + 1 - world.chain.now())
    yield "ReserveStale", {"updatedAt": updated, "maxAge": MAX_AGE}


def disputed_feed(world, payee, amount):
    world.act("PAUSER", world.feed, "reportBreak", REF)
    reason = f"Disputed(ref={hexed(REF)})"
    yield "ReserveUnavailable", {"source": world.feed.address, "reason": reason}
    world.act("RESUMER", world.feed, "clearBreak", REF, REF)


def paused_mint(world, payee, amount):
    token = world.token
    world.act("PAUSER", token, "pause", 4, REF)
    yield "Paused", {"pauses": 4}
    world.act("RESUMER", token, "resume", 4, REF, token.call("pauseNumber"))


def desk_without_role(world, payee, amount):
    desk = world.suite.desks.issuance
    expel(world, "MINTER", desk.address)
    yield "AccessManagedUnauthorized", {"caller": desk.address}
    grant(world, "MINTER", desk.address)


def blacklisted_payee(world, payee, amount):
    world.act("BLACKLISTER", world.token, "blacklist", [payee.address], REF)
    yield "BlacklistedAccount", {"account": payee.address}
    world.act("RELEASER", world.token, "unblacklist", [payee.address], REF)


def unverified_payee(world, payee, amount):
    world.act("PAUSER", world.token, "enterAllowListMode", REF)
    yield "UnverifiedAccount", {"account": payee.address}
    world.act("VERIFIER", world.token, "verify", [payee.address], REF)


def unbound_payee(world, payee, amount):
    world.act("REGISTRAR", world.suite.desks.customers, "unbind", payee.address, REF)
    yield "WalletUnknown", {"wallet": payee.address}
    bind(world, payee)


def cooling_payee(world, payee, amount):
    world.act("REGISTRAR", world.suite.desks.customers, "unbind", payee.address, REF)
    bind(world, payee, cool=False)
    ready = world.chain.now() + DAY
    world.chain.warp(DAY - 1)
    yield "WalletCooling", {"wallet": payee.address, "readyAt": ready}
    world.chain.warp(1)


def expired_payee(world, payee, amount):
    register, until = world.suite.desks.customers, world.chain.now() + 9
    world.act("REGISTRAR", register, "renew", payee.address, until, REF)
    world.chain.warp(10)
    yield "DueDiligenceExpired", {"wallet": payee.address, "until": until}
    world.act("REGISTRAR", register, "renew", payee.address, until + DAY * 9, REF)


def closed_channel(world, payee, amount):
    desk = world.suite.desks.issuance
    world.act("PAUSER", desk, "closeChannel", CHANNEL, REF)
    yield "ChannelNotOpen", {"channel": hexed(CHANNEL)}
    terms = (CHANNEL, world.token.address, DIRECT, payee.address, REF)
    later(
        world,
        ("GOVERNOR", desk, "openChannel", terms),
        ("GOVERNOR", desk, "raiseChannel", (CHANNEL, CAP, CAPACITY, DAY, REF)),
    )


def no_tiers(world, payee, amount):
    set_tiers(world, "PAUSER")
    yield "TierExceeded", {"token": world.token.address, "amount": amount, "largest": 0}
    set_tiers(world, "GOVERNOR", (ONE, 1), (TWO, 2))


def attest_headroom(world, headroom):
    """Attests the smallest reserves whose usable part is this much above the supply."""
    usable = world.token.call("totalSupply") + headroom
    world.chain.warp(1)
    world.attest(-(-usable * 10_050 // 10_000))
    assert world.token.call("reserveHeadroom") == headroom


OBSTACLES = [
    cap_below,
    channel_limit_below,
    mint_limit_below,
    pytest.param(reserves_below, marks=pytest.mark.req("HK-25")),
    pytest.param(stale_feed, marks=pytest.mark.req("HK-25")),
    pytest.param(disputed_feed, marks=pytest.mark.req("HK-25")),
    paused_mint,
    desk_without_role,
    pytest.param(blacklisted_payee, marks=pytest.mark.req("HK-53")),
    pytest.param(unverified_payee, marks=pytest.mark.req("HK-08")),
    pytest.param(unbound_payee, marks=pytest.mark.req("HK-08")),
    pytest.param(cooling_payee, marks=pytest.mark.req("HK-08")),
    pytest.param(expired_payee, marks=pytest.mark.req("HK-49")),
    closed_channel,
    no_tiers,
]


@pytest.mark.parametrize("amount", [ONE, ONE + 1], ids=["first", "second"])
@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_the_last_approval_meets_the_obstacle_and_uses_nothing(
    world, token, desk, payee, obstacle, amount
):
    """D2, D3: the same approval issues when the obstacle is gone, and uses what it uses once."""
    propose(world, CREDIT, amount)
    last = int(amount > ONE)
    if last:
        approve(world, CREDIT, amount)
    way = obstacle(world, payee, amount)
    error, evidence = next(way)
    with refused(world, error, **evidence):
        approve(world, CREDIT, amount, by=last)
    assert next(way, None) is None
    world.chain.warp(1)
    world.attest(RESERVES)

    receipt = approve(world, CREDIT, amount, by=last)
    assert emitted(desk, receipt) == [
        approved(approver(last), last + 1, last + 1),
        issued(approver(last), payee, amount),
    ]
    assert token.call("balanceOf", payee.address) == token.call("totalSupply") == amount
    assert channel_of(world).available == CAPACITY - amount
    assert token.call("mintRateLimit")[2] == MINT_CAPACITY - amount


@pytest.mark.parametrize(
    "obstacle",
    [
        cap_below,
        channel_limit_below,
        mint_limit_below,
        reserves_below,
        stale_feed,
        paused_mint,
        desk_without_role,
        blacklisted_payee,
        unbound_payee,
    ],
)
def test_the_first_of_two_approvals_passes_the_obstacle(world, token, desk, payee, obstacle):
    """Only the issue meets it."""
    propose(world, CREDIT, ONE + 1)
    error, evidence = next(obstacle(world, payee, ONE + 1))
    receipt = approve(world, CREDIT, ONE + 1)
    assert emitted(desk, receipt) == [approved(approver(), 1, 2)]
    with refused(world, error, **evidence):
        approve(world, CREDIT, ONE + 1, by=1)


@pytest.mark.req("HK-49")
def test_issues_in_the_last_second_of_due_diligence(world, token, desk, payee):
    """Until and including; a second later it is refused, as above."""
    register, until = world.suite.desks.customers, world.chain.now() + 9
    world.act("REGISTRAR", register, "renew", payee.address, until, REF)
    propose(world, CREDIT, ONE)
    world.chain.warp(9)
    approve(world, CREDIT, ONE)
    assert token.call("balanceOf", payee.address) == ONE


@pytest.mark.req("HK-25")
def test_issues_in_the_last_second_of_a_statement(world, token, desk, payee):
    """D2: the reserves are at most so old."""
    updated = world.feed.call("latestRoundData")[3]
    propose(world, CREDIT, ONE)
    world.chain.warp(updated + MAX_AGE - world.chain.now())
    approve(world, CREDIT, ONE)
    assert token.call("balanceOf", payee.address) == ONE


@pytest.mark.req("HK-25")
def test_the_supply_is_backed_to_the_unit(world, token, desk):
    """D2: after an issue the supply is at most the usable reserves."""
    attest_headroom(world, ONE + 1)
    issue(world, CREDIT, ONE)
    assert token.call("reserveHeadroom") == 1
    propose(world, OTHER, 2)
    with refused(world, "ReserveExceeded", value=2, headroom=1):
        approve(world, OTHER, 2)
    issue(world, bank_ref("credit 3"), 1)
    assert token.call("reserveHeadroom") == 0
    reserves = world.feed.call("latestRoundData")[1]
    assert token.call("totalSupply") == ONE + 1 == reserves * 10_000 // 10_050
    attest_headroom(world, 2)
    approve(world, OTHER, 2)


@pytest.mark.req("HK-08", "HK-38")
@pytest.mark.parametrize("amount", [ONE, ONE + 1])
def test_issues_exactly_the_amount_to_the_payee(world, token, desk, payee, proposer, amount):
    """The approvals before the last stand in the order, the last one in `Issued`."""
    propose(world, CREDIT, amount)
    expires = world.chain.now() + LIFE
    last = int(amount > ONE)
    if last:
        approve(world, CREDIT, amount)
    receipt = approve(world, CREDIT, amount, by=last)
    assert emitted(desk, receipt) == [
        approved(approver(last), last + 1, last + 1),
        issued(approver(last), payee, amount),
    ]
    assert emitted(token, receipt) == [
        ("Transfer", {"from": ZERO, "to": payee.address, "value": amount}),
        ("Minted", {"minter": desk.address, "ref": hexed(CREDIT)}),
    ]
    assert len(receipt.logs) == 4
    assert token.call("balanceOf", payee.address) == token.call("totalSupply") == amount
    assert desk.call("isIssued", CREDIT) is True
    before = (approver(),) * last
    assert order_of(world, CREDIT) == Order(
        CREDIT, CHANNEL, amount, proposer, expires, ISSUED, before
    )


def test_issues_to_a_frozen_payee(world, token, desk, payee):
    """It may receive; what it has stays frozen, and backed."""
    world.act("FREEZER", token, "freeze", [payee.address], REF)
    issue(world, CREDIT, ONE)
    assert token.call("balanceOf", payee.address) == ONE


@pytest.mark.parametrize("bits", [1, 2, 8, 11])
def test_issues_under_the_other_pauses(world, token, desk, payee, bits):
    world.act("PAUSER", token, "pause", bits, REF)
    issue(world, CREDIT, ONE)
    assert token.call("balanceOf", payee.address) == ONE


# Time


@pytest.mark.parametrize("amount", [ONE, ONE + 1])
def test_an_order_can_be_issued_until_and_including_its_expiry(world, token, desk, payee, amount):
    """To the second; approvals before it do not keep it open."""
    propose(world, CREDIT, amount)
    expires = world.chain.now() + LIFE
    last = int(amount > ONE)
    if last:
        approve(world, CREDIT, amount)
    world.chain.warp(LIFE)
    world.attest(RESERVES)
    point = world.chain.snapshot()
    approve(world, CREDIT, amount, by=last)
    assert token.call("balanceOf", payee.address) == amount
    world.chain.restore(point)

    assert order_of(world, CREDIT).status == PROPOSED
    world.chain.warp(1)
    found = order_of(world, CREDIT)
    assert (found.status, found.expires_at) == (EXPIRED, expires)
    with refused(world, "OrderNotProposed", bankRef=hexed(CREDIT), status=EXPIRED):
        approve(world, CREDIT, amount, by=last)


def test_an_order_blocks_its_reference_until_and_including_its_expiry(world, desk):
    propose(world, CREDIT, ONE)
    world.chain.warp(LIFE)
    with refused(world, "BankReferenceUsed", bankRef=hexed(CREDIT), status=PROPOSED):
        propose(world, CREDIT, ONE)
    world.chain.warp(1)
    propose(world, CREDIT, ONE)


# Cancelling


@pytest.mark.parametrize("status", [NONE, ISSUED, CANCELLED])
def test_refuses_to_cancel_what_is_not_waiting(world, desk, guardian, status):
    if status != NONE:
        propose(world, CREDIT, ONE)
    if status == ISSUED:
        approve(world, CREDIT, ONE)
    if status == CANCELLED:
        cancel(world, CREDIT)
    with refused(world, "OrderNotProposed", bankRef=hexed(CREDIT), status=status):
        desk.send("cancel", CREDIT, REF, sender=guardian)


@pytest.mark.parametrize("ref", [REF, NO_REF])
@pytest.mark.parametrize("after", [0, LIFE, LIFE + 1])
def test_cancels_at_once(world, desk, guardian, after, ref):
    """Also what has expired already, and without a reference of its own."""
    propose(world, CREDIT, ONE + 1)
    approve(world, CREDIT, ONE + 1)
    world.chain.warp(after)
    receipt = desk.send("cancel", CREDIT, ref, sender=guardian)
    evidence = {"bankRef": hexed(CREDIT), "operator": guardian, "ref": hexed(ref)}
    assert emitted(desk, receipt) == [("OrderCancelled", evidence)]
    assert order_of(world, CREDIT).status == CANCELLED
    with refused(world, "OrderNotProposed", bankRef=hexed(CREDIT), status=CANCELLED):
        approve(world, CREDIT, ONE + 1, by=1)


def test_what_was_refused_at_the_last_approval_can_be_cancelled(world, token, desk):
    propose(world, CREDIT, ONE)
    world.act("PAUSER", token, "pause", 4, REF)
    with refused(world, "Paused", pauses=4):
        approve(world, CREDIT, ONE)
    cancel(world, CREDIT)
    assert order_of(world, CREDIT).status == CANCELLED


# Lists


def test_lists_the_open_orders_page_by_page(world, desk):
    """A page is counted before the closed are left out; beyond the end there is nothing."""
    names = ("expired", "open", "cancelled", "issued", "open too")
    expired, first, cancelled, closed, second = (bank_ref(name) for name in names)
    propose(world, expired, 1)
    world.chain.warp(LIFE + 1)
    world.attest(RESERVES)
    for amount, ref in enumerate((first, cancelled, closed, second), 2):
        propose(world, ref, amount)
    cancel(world, cancelled)
    approve(world, closed, 4)
    everything = 2**256 - 1
    pages = {
        (0, 5): [first, second],
        (0, everything): [first, second],
        (0, 0): [],
        (0, 1): [],
        (0, 2): [first],
        (1, 1): [first],
        (1, everything): [first, second],
        (2, 2): [],
        (2, 3): [second],
        (4, 1): [second],
        (4, everything): [second],
        (5, 1): [],
        (5, everything): [],
        (6, 0): [],
        (everything, everything): [],
    }
    for page, found in pages.items():
        orders = [read_order(record) for record in desk.call("openOrders", *page)]
        assert orders == [order_of(world, ref) for ref in found], page
    assert desk.call("orderCount") == 5

    propose(world, expired, 9)
    listed = [read_order(r).bank_ref for r in desk.call("openOrders", 0, everything)]
    assert listed == [expired, first, second]
    assert desk.call("orderCount") == 5


def test_lists_nothing_where_there_is_nothing(desk):
    for page in ((0, 0), (0, 2**256 - 1), (2**256 - 1, 2**256 - 1)):
        assert desk.call("openOrders", *page) == ()
    assert desk.call("orderCount") == 0
    assert desk.call("predecessor") == ZERO
