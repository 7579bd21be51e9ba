"""Redeeming at par: requests, payouts and burns; the clock is in test_business_calendar.

a request, by `surrender` at the token
├── when redemption is paused: reverts with Paused
├── when whoever calls onSurrender is no listed token: reverts with TokenNotListed
├── given the allow-list mode, another pause, a stale, disputed or dead feed: goes on
└── else: records it, and the desk holds exactly what its open requests hold

every verb
├── given a request in another status, a finished one or none: reverts with WrongStatus
└── given the right status: moves it to the next, and says so

validate, instruct
├── when the wallet is not bound, its due diligence over, its payout account unset or changed
│   recently: reverts with the register's reason
├── when the holder is frozen or blacklisted: reverts with HolderBarred
├── instruct, when the reference is zero: reverts with ReferenceRequired
├── instruct, when redemption is paused: reverts with Paused
├── instruct, when the reference was ever used: reverts with BankReferenceMismatch
└── else: starts the clock; blocks the holder for two business days, by the calendar as it stands

takeBack, giveBack
├── takeBack, when called by another: reverts with NotHolder
├── takeBack, up to the end of the block: reverts with PayoutPending
├── takeBack, given a delay that was recorded while the holder was barred: the block is a new one
├── giveBack, when the reason is zero: reverts with ReferenceRequired
├── when the holder is frozen or blacklisted: reverts with HolderBarred
└── else: returns the tokens, whatever is paused

settle, reject
├── settle, when the holder is barred: reverts with the token's reason, until it is cleared
├── settle, when the reference is another: reverts with BankReferenceMismatch
├── reject, when the reason is zero: reverts with ReferenceRequired
└── else: burns exactly the amount, whatever is paused; or makes the request valid again

release
├── when the case is zero: reverts with ReferenceRequired
├── when the bank may be paying: reverts with WrongStatus
├── when the destination may not receive: reverts with the token's reason
└── else: moves the tokens of an open request, whoever is barred
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from eth_utils import keccak, to_checksum_address

from pegboard.errors import Reverted
from tests.support.desks import (
    CLOSED,
    DAY,
    NEW_YORK,
    NONE,
    PAYING,
    PAYOUT,
    REQUESTED,
    VALID,
    bank_ref,
    bind,
    close,
    day_of,
    is_late,
    moment,
    redemption,
    settler,
    surrender,
    take_back,
    teller,
    to_paying,
    until,
)
from tests.support.refusal import emitted, refused, when_due
from tests.support.revm import RevmChain
from tests.support.world import REF, build_world

ZERO = "0x" + "00" * 20
NO_REF = b"\0" * 32
REF_HEX, NO_REF_HEX = "0x" + REF.hex(), "0x" + NO_REF.hex()
FUNDS, AMOUNT = 1_000_000_000, 250_000_000
ALL = 2**256 - 1
FIRST, SECOND = bank_ref("payout 1"), bank_ref("payout 2")
REASON = keccak(text="why")
REASON_HEX, FIRST_HEX = "0x" + REASON.hex(), "0x" + FIRST.hex()
BARS = {"frozen": ("FREEZER", "freeze"), "blacklisted": ("BLACKLISTER", "blacklist")}
CLEARED = {"frozen": "unfreeze", "blacklisted": "unblacklist"}
BARRED_BY = {"frozen": "FrozenAccount", "blacklisted": "BlacklistedAccount"}


@pytest.fixture
def desk(world):
    return world.suite.desks.redemption


@pytest.fixture
def customer(world, holder):
    """Has 1,000 HKD, a bound wallet and a payout account; it is Saturday, 16 January 2027."""
    bind(world, holder)
    return holder.address


def bar(world, state, account):
    role, verb = BARS[state]
    world.act(role, world.token, verb, [account], REF)


def clear(world, state, account):
    world.act("RELEASER", world.token, CLEARED[state], [account], REF)


def escrow(world):
    """What the desk holds, and what its open requests hold."""
    desk = world.suite.desks.redemption
    requests = desk.call("openRequests", 0, ALL)
    return world.token.call("balanceOf", desk.address), sum(r[3] for r in requests)


# Every status by every verb


class Verb(NamedTuple):
    """Who does it, with what after the number, from which statuses to which."""

    role: str
    args: tuple
    to: dict[int, int]


ANY_DAY = day_of("2027-02-16")
VERBS = {
    "takeBack": Verb("HOLDER", (), dict.fromkeys((REQUESTED, VALID, PAYING), CLOSED)),
    "validate": Verb("TELLER", (), {REQUESTED: VALID}),
    "instruct": Verb("TELLER", (SECOND,), {VALID: PAYING}),
    "giveBack": Verb("TELLER", (REASON,), {REQUESTED: CLOSED, VALID: CLOSED}),
    "recordDelay": Verb("TELLER", (REASON,), {s: s for s in (REQUESTED, VALID, PAYING)}),
    "settle": Verb("SETTLER", (FIRST,), {PAYING: CLOSED}),
    "reject": Verb("SETTLER", (REASON,), {PAYING: VALID}),
    "extend": Verb("DEFERRER", (ANY_DAY, REASON), {VALID: VALID, PAYING: PAYING}),
    "release": Verb("SEIZER", (ZERO, REF), {REQUESTED: CLOSED, VALID: CLOSED}),
}
#: By what a request came to where it is.
WAYS = {
    "requested": REQUESTED,
    "valid": VALID,
    "rejected": VALID,
    "paying": PAYING,
    "paid": CLOSED,
    "taken back": CLOSED,
    "given back": CLOSED,
    "released": CLOSED,
}


def brought(world, customer, way, *, unblocked=True):
    """A request that came this way; any block is over, unless told."""
    number = surrender(world, customer, AMOUNT)
    if way == "taken back":
        take_back(world, number, customer)
    if way == "given back":
        teller(world, "giveBack", number, REASON)
    if way == "released":
        args = (number, world.holder(1).address, REF)
        world.act("SEIZER", world.suite.desks.redemption, "release", *args)
    if way in ("valid", "rejected", "paying", "paid"):
        teller(world, "validate", number)
    if way in ("rejected", "paying", "paid"):
        teller(world, "instruct", number, FIRST)
    if way == "rejected":
        settler(world, "reject", number, REASON)
    if way == "paid":
        settler(world, "settle", number, FIRST)
    if unblocked:
        until(world, "2027-01-20 00:00:00")
    return number


def ready(world, verb, number, customer):
    """The verb upon a request, ready to be done: a call without arguments."""
    desk, does = world.suite.desks.redemption, VERBS[verb]
    args = [world.holder(1).address if a == ZERO else a for a in does.args]
    if does.role == "HOLDER":
        return lambda: desk.send(verb, number, *args, sender=customer)
    return when_due(world, does.role, desk, verb, number, *args)


@pytest.mark.req("HK-39")
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("way", WAYS)
def test_every_verb_in_every_status(world, customer, way, verb):
    """D6: what a verb does not start from is refused by name, and changes nothing."""
    number = brought(world, customer, way, unblocked=verb == "takeBack")
    status = WAYS[way]
    assert redemption(world, number).status == status
    act = ready(world, verb, number, customer)
    if status in VERBS[verb].to:
        act()
        assert redemption(world, number).status == VERBS[verb].to[status]
    else:
        with refused(world, "WrongStatus", id=number, status=status):
            act()


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("number", [0, 2, ALL])
def test_refuses_requests_that_never_were(world, customer, verb, number):
    surrender(world, customer, AMOUNT)
    act = ready(world, verb, number, customer)
    with refused(world, "WrongStatus", id=number, status=NONE):
        act()


# Requesting


@pytest.mark.req("HK-39")
@pytest.mark.parametrize("value", [1, AMOUNT, FUNDS])
def test_requests(world, desk, token, customer, value):
    requested_at = world.chain.now()
    receipt = token.send("surrender", desk.address, value, REF, sender=customer)
    assert emitted(desk, receipt) == [
        (
            "RedemptionRequested",
            {
                "id": 1,
                "token": token.address,
                "holder": customer,
                "amount": value,
                "fee": 0,
                "ref": REF_HEX,
            },
        )
    ]
    record = (1, token.address, customer, value, 0, REQUESTED, requested_at, 0, 0, 0)
    assert redemption(world, 1) == record
    assert desk.call("dueAt", 1) == 0
    assert desk.call("requestCount") == 1
    assert token.call("balanceOf", customer) == FUNDS - value
    assert escrow(world) == (value, value)


@pytest.mark.parametrize("caller", ["stranger", "customer", "TELLER", "GOVERNOR", "MINTER"])
def test_takes_requests_from_listed_tokens_only(world, desk, stranger, customer, caller):
    """A request that no token's units stand behind would be paid by the others'."""
    people = {"stranger": stranger.address, "customer": customer}
    caller = people.get(caller) or world.member(caller)
    with refused(world, "TokenNotListed", token=caller):
        desk.send("onSurrender", customer, 1, REF, sender=caller)


def test_takes_requests_from_no_other_contract(world, desk, customer, create, relayer):
    wallet = create(world, "SmartWallet", relayer.address)
    data = desk.encode("onSurrender", customer, 1, REF)
    with refused(world, "TokenNotListed", token=wallet.address):
        wallet.send("execute", desk.address, data, sender=relayer.address)


def test_tokens_come_by_requests_only(world, desk, token, customer, minter):
    """D4: nothing else reaches the desk, so that its balance is what it owes."""
    surrender(world, customer, AMOUNT)
    for act in (
        lambda: token.send("transfer", desk.address, 1, sender=customer),
        lambda: token.send("mint", desk.address, 1, REF, sender=minter),
    ):
        with refused(world, "ERC20InvalidReceiver", receiver=desk.address):
            act()
    assert escrow(world) == (AMOUNT, AMOUNT)


# Validity


@pytest.mark.req("HK-39")
def test_validates(world, desk, customer):
    number = surrender(world, customer, AMOUNT)
    requested_at = world.chain.now()
    world.chain.warp(3_600)
    due = moment("2027-01-18 23:59:59")
    receipt = teller(world, "validate", number)
    assert emitted(desk, receipt) == [
        (
            "RedemptionValidated",
            {
                "id": number,
                "payoutRef": "0x" + PAYOUT.hex(),
                "dueAt": due,
                "operator": world.member("TELLER"),
            },
        )
    ]
    valid_day = day_of("2027-01-16")
    token = world.token.address
    record = (number, token, customer, AMOUNT, 0, VALID, requested_at, valid_day, due, 0)
    assert redemption(world, number) == record
    assert desk.call("dueAt", number) == due


def _unbind(world, wallet):
    world.act("REGISTRAR", world.suite.desks.customers, "unbind", wallet, REF)
    return "WalletUnknown", {"wallet": wallet}


def _expire(world, wallet):
    end = world.suite.desks.customers.call("customerOf", wallet)[2]
    world.chain.warp(end + 1 - world.chain.now())
    return "DueDiligenceExpired", {"wallet": wallet, "until": end}


def _unset(world, wallet):
    world.act("REGISTRAR", world.suite.desks.customers, "setPayout", wallet, NO_REF, REF)
    return "PayoutUnset", {"wallet": wallet}


def _change(world, wallet):
    register, ready_at = world.suite.desks.customers, world.chain.now() + DAY
    world.act("REGISTRAR", register, "setPayout", wallet, keccak(text="bank account 2"), REF)
    world.chain.warp(DAY - 1)
    return "PayoutCooling", {"wallet": wallet, "readyAt": ready_at}


UNPAYABLE = {
    "not bound": _unbind,
    "due diligence over": _expire,
    "no payout account": _unset,
    "another payout account": _change,
}


@pytest.mark.req("HK-44")
@pytest.mark.req("HK-49")
@pytest.mark.parametrize("verb", ["validate", "instruct"])
@pytest.mark.parametrize("fault", UNPAYABLE)
def test_pays_only_to_a_customer_and_its_account(world, customer, fault, verb):
    number = surrender(world, customer, AMOUNT)
    if verb == "instruct":
        teller(world, "validate", number)
    name, evidence = UNPAYABLE[fault](world, customer)
    with refused(world, name, **evidence):
        teller(world, verb, number, *VERBS[verb].args)


@pytest.mark.req("HK-44")
@pytest.mark.parametrize("verb", ["validate", "instruct"])
def test_a_changed_account_is_paid_once_it_has_cooled(world, desk, customer, verb):
    number = surrender(world, customer, AMOUNT)
    if verb == "instruct":
        teller(world, "validate", number)
    _change(world, customer)
    world.chain.warp(1)
    receipt = teller(world, verb, number, *VERBS[verb].args)
    said = emitted(desk, receipt)[0][1]["payoutRef"]
    assert said == "0x" + keccak(text="bank account 2").hex()


@pytest.mark.req("HK-49")
@pytest.mark.parametrize("verb", ["validate", "instruct"])
def test_due_diligence_counts_to_its_last_second(world, customer, verb):
    number = surrender(world, customer, AMOUNT)
    if verb == "instruct":
        teller(world, "validate", number)
    end = world.suite.desks.customers.call("customerOf", customer)[2]
    world.chain.warp(end - world.chain.now())
    teller(world, verb, number, *VERBS[verb].args)
    assert redemption(world, number).status == VERBS[verb].to[VALID if verb == "instruct" else 1]


def test_a_payment_that_was_made_is_recorded_whatever_the_register_says(world, customer):
    number = to_paying(world, customer, AMOUNT, FIRST)
    _unbind(world, customer)
    settler(world, "settle", number, FIRST)
    assert redemption(world, number).status == CLOSED


@pytest.mark.req("HK-53")
@pytest.mark.parametrize("state", BARS)
@pytest.mark.parametrize(
    ("verb", "way"),
    [
        ("validate", "requested"),
        ("instruct", "valid"),
        ("takeBack", "requested"),
        ("takeBack", "valid"),
        ("takeBack", "paying"),
        ("giveBack", "requested"),
        ("giveBack", "rejected"),
    ],
)
def test_nothing_of_a_barred_holder_moves(world, customer, state, verb, way):
    """D7: until the holder is cleared; then it does."""
    number = brought(world, customer, way)
    bar(world, state, customer)
    act = ready(world, verb, number, customer)
    with refused(world, "HolderBarred", id=number, holder=customer):
        act()
    clear(world, state, customer)
    act()
    assert redemption(world, number).status == VERBS[verb].to[WAYS[way]]


# Paying


@pytest.mark.req("HK-42")
def test_instructs(world, desk, customer):
    number = surrender(world, customer, AMOUNT)
    teller(world, "validate", number)
    before = redemption(world, number)
    receipt = teller(world, "instruct", number, FIRST)
    blocked = day_of("2027-01-19")
    assert emitted(desk, receipt) == [
        (
            "PayoutInstructed",
            {
                "id": number,
                "bankRef": FIRST_HEX,
                "payoutRef": "0x" + PAYOUT.hex(),
                "blockedUntil": blocked,
                "operator": world.member("TELLER"),
            },
        )
    ]
    assert redemption(world, number) == before._replace(status=PAYING, blocked_until=blocked)
    assert desk.call("requestPaidBy", FIRST) == number
    assert desk.call("blockDays") == 2


@pytest.mark.parametrize(
    "verb", ["instruct", "giveBack", "recordDelay", "reject", "extend", "release"]
)
def test_needs_a_reference(world, customer, verb):
    """Whatever the status: it is asked first."""
    number = brought(world, customer, "paying" if verb in ("reject", "extend") else "valid")
    does = VERBS[verb]
    args = (number, *does.args[:-1], NO_REF)
    act = when_due(world, does.role, world.suite.desks.redemption, verb, *args)
    with refused(world, "ReferenceRequired"):
        act()


@pytest.mark.req("HK-42")
@pytest.mark.parametrize("way", ["paying", "rejected", "paid", "taken back"])
def test_a_bank_reference_pays_one_request_ever(world, desk, customer, way):
    first = brought(world, customer, "paying" if way == "taken back" else way)
    if way == "taken back":
        take_back(world, first, customer)
    second = surrender(world, customer, AMOUNT)
    teller(world, "validate", second)
    with refused(world, "BankReferenceMismatch", id=second, bankRef=FIRST_HEX, usedBy=first):
        teller(world, "instruct", second, FIRST)
    assert desk.call("requestPaidBy", FIRST) == first


@pytest.mark.req("HK-42")
def test_a_rejected_payout_needs_a_new_reference(world, desk, customer):
    number = brought(world, customer, "rejected")
    with refused(world, "BankReferenceMismatch", id=number, bankRef=FIRST_HEX, usedBy=number):
        teller(world, "instruct", number, FIRST)
    teller(world, "instruct", number, SECOND)
    with refused(world, "BankReferenceMismatch", id=number, bankRef=FIRST_HEX, usedBy=number):
        settler(world, "settle", number, FIRST)
    settler(world, "settle", number, SECOND)
    assert [desk.call("requestPaidBy", ref) for ref in (FIRST, SECOND)] == [number, number]


@pytest.mark.req("HK-42")
def test_settles_by_its_own_reference_only(world, customer):
    number = to_paying(world, customer, AMOUNT, FIRST)
    other = to_paying(world, customer, AMOUNT, SECOND)
    for ref, used_by in ((SECOND, other), (bank_ref("payout 3"), 0), (NO_REF, 0)):
        evidence = {"id": number, "bankRef": "0x" + ref.hex(), "usedBy": used_by}
        with refused(world, "BankReferenceMismatch", **evidence):
            settler(world, "settle", number, ref)


@pytest.mark.req("HK-42")
def test_settles(world, desk, token, customer):
    """D6: the amount leaves the supply, and only now."""
    number = to_paying(world, customer, AMOUNT, FIRST)
    assert token.call("totalSupply") == FUNDS
    receipt = settler(world, "settle", number, FIRST)
    operator = world.member("SETTLER")
    assert emitted(desk, receipt) == [
        (
            "RedemptionPaid",
            {"id": number, "bankRef": FIRST_HEX, "late": False, "operator": operator},
        )
    ]
    burned = {"from": desk.address, "to": ZERO, "value": AMOUNT}
    assert emitted(token, receipt) == [("Transfer", burned)]
    assert token.call("totalSupply") == FUNDS - AMOUNT
    assert redemption(world, number) == (number, ZERO, ZERO, 0, 0, CLOSED, 0, 0, 0, 0)
    assert desk.call("dueAt", number) == 0
    assert desk.call("requestPaidBy", FIRST) == number
    assert escrow(world) == (0, 0)


@pytest.mark.req("HK-53")
@pytest.mark.parametrize("state", BARS)
def test_settles_not_for_a_barred_holder_until_it_is_cleared(world, desk, customer, state):
    number = to_paying(world, customer, AMOUNT, FIRST)
    bar(world, state, customer)
    with refused(world, BARRED_BY[state], account=customer):
        settler(world, "settle", number, FIRST)
    clear(world, state, customer)
    assert is_late(world, settler(world, "settle", number, FIRST)) is False


def test_rejects(world, desk, customer):
    number = to_paying(world, customer, AMOUNT, FIRST)
    before = redemption(world, number)
    receipt = settler(world, "reject", number, REASON)
    said = {"id": number, "operator": world.member("SETTLER"), "reason": REASON_HEX}
    assert emitted(desk, receipt) == [("PayoutRejected", said)]
    assert redemption(world, number) == before._replace(status=VALID)


@pytest.mark.parametrize("state", BARS)
def test_what_the_bank_did_not_pay_is_recorded_for_a_barred_holder_too(world, customer, state):
    number = to_paying(world, customer, AMOUNT, FIRST)
    bar(world, state, customer)
    settler(world, "reject", number, REASON)
    assert redemption(world, number).status == VALID


# Returning


@pytest.mark.parametrize("way", ["requested", "valid", "paying", "rejected"])
def test_only_the_holder_takes_back(world, desk, customer, stranger, way):
    """D7: not even the issuer can in its name."""
    number = brought(world, customer, way)
    for caller in (stranger.address, world.member("TELLER"), world.member("GOVERNOR")):
        with refused(world, "NotHolder", id=number, caller=caller):
            desk.send("takeBack", number, sender=caller)


@pytest.mark.req("HK-39")
@pytest.mark.parametrize("way", ["requested", "valid", "paying", "rejected"])
def test_takes_back(world, desk, token, customer, way):
    """D7: past the block, also of what the bank was told to pay."""
    number = brought(world, customer, way)
    receipt = take_back(world, number, customer)
    said = {"id": number, "operator": customer, "reason": NO_REF_HEX}
    assert emitted(desk, receipt) == [("RedemptionReturned", said)]
    moved = {"from": desk.address, "to": customer, "value": AMOUNT}
    assert emitted(token, receipt) == [("Transfer", moved)]
    assert token.call("balanceOf", customer) == token.call("totalSupply") == FUNDS
    assert redemption(world, number) == (number, ZERO, ZERO, 0, 0, CLOSED, 0, 0, 0, 0)


@pytest.mark.req("HK-39")
@pytest.mark.parametrize("outcome", ["paying", "rejected"])
def test_takes_back_only_when_the_block_is_over(world, customer, outcome):
    """D7: to the second; a rejection does not shorten it."""
    number = to_paying(world, customer, AMOUNT, FIRST)
    if outcome == "rejected":
        settler(world, "reject", number, REASON)
    blocked = day_of("2027-01-19")
    with refused(world, "PayoutPending", id=number, blockedUntil=blocked):
        take_back(world, number, customer)
    until(world, "2027-01-19 23:59:59")
    with refused(world, "PayoutPending", id=number, blockedUntil=blocked):
        take_back(world, number, customer)
    world.chain.warp(1)
    take_back(world, number, customer)
    assert redemption(world, number).status == CLOSED


def test_a_new_payout_blocks_anew(world, customer):
    number = brought(world, customer, "rejected")
    teller(world, "instruct", number, SECOND)
    blocked = day_of("2027-01-22")
    until(world, "2027-01-22 23:59:59")
    with refused(world, "PayoutPending", id=number, blockedUntil=blocked):
        take_back(world, number, customer)
    world.chain.warp(1)
    take_back(world, number, customer)
    assert redemption(world, number).status == CLOSED


def test_a_block_lasts_two_business_days(world, customer):
    """Over the Lunar New Year: from Friday to the Thursday after."""
    until(world, "2027-02-05 10:00:00")
    number = to_paying(world, customer, AMOUNT, FIRST)
    assert redemption(world, number).blocked_until == day_of("2027-02-11")


@pytest.mark.req("HK-40")
@pytest.mark.parametrize("outcome", ["paying", "rejected"])
def test_a_block_has_its_business_days_whatever_is_closed(world, customer, outcome):
    """Instructed on a Saturday; on Tuesday, its last day, there is a typhoon."""
    number = to_paying(world, customer, AMOUNT, FIRST)
    if outcome == "rejected":
        settler(world, "reject", number, REASON)
    until(world, "2027-01-19 23:59:59")
    close(world, "2027-01-19")
    blocked = day_of("2027-01-20")
    assert redemption(world, number).blocked_until == blocked
    until(world, "2027-01-20 23:59:59")
    with refused(world, "PayoutPending", id=number, blockedUntil=blocked):
        take_back(world, number, customer)
    world.chain.warp(1)
    take_back(world, number, customer)
    assert redemption(world, number).status == CLOSED


@pytest.mark.parametrize("state", BARS)
def test_a_delay_while_the_holder_is_barred_blocks_anew(world, customer, state):
    """Nobody could record a payment meanwhile: there is time for it when the holder is cleared."""
    number = to_paying(world, customer, AMOUNT, FIRST)
    before = redemption(world, number)
    bar(world, state, customer)
    until(world, "2027-01-21 09:00:00")
    teller(world, "recordDelay", number, REASON)
    blocked = day_of("2027-01-25")
    assert redemption(world, number) == before._replace(blocked_until=blocked)
    clear(world, state, customer)
    until(world, "2027-01-25 23:59:59")
    with refused(world, "PayoutPending", id=number, blockedUntil=blocked):
        take_back(world, number, customer)
    world.chain.warp(1)
    take_back(world, number, customer)
    assert redemption(world, number).status == CLOSED


@pytest.mark.parametrize(
    ("way", "state"),
    [
        ("paying", None),
        *((way, state) for way in ("requested", "valid", "rejected") for state in BARS),
    ],
)
def test_other_delays_leave_the_block(world, customer, way, state):
    """Who may be paid, or is not being paid, is not blocked by a word of the teller's."""
    number = brought(world, customer, way)
    if state:
        bar(world, state, customer)
    before = redemption(world, number)
    teller(world, "recordDelay", number, REASON)
    assert redemption(world, number) == before


@pytest.mark.req("HK-39")
@pytest.mark.parametrize("way", ["requested", "valid", "paying"])
def test_takes_back_while_everything_is_paused(world, token, customer, way):
    """D7: nothing stops giving back."""
    number = brought(world, customer, way)
    world.act("PAUSER", token, "enterAllowListMode", REF)
    world.act("PAUSER", token, "pause", 15, REF)
    take_back(world, number, customer)
    assert token.call("balanceOf", customer) == FUNDS


def test_a_hold_bars_nobody_from_taking_back(world, token, customer):
    """A hold is on an amount; the tokens come back under it."""
    number = surrender(world, customer, AMOUNT)
    world.act("FREEZER", token, "hold", customer, FUNDS, REF)
    take_back(world, number, customer)
    assert token.call("balanceOf", customer) == FUNDS
    assert token.call("availableOf", customer) == 0


@pytest.mark.parametrize("way", ["requested", "valid", "rejected"])
def test_gives_back(world, desk, token, customer, way):
    """Also before the block is over: the teller knows what the bank said."""
    number = surrender(world, customer, AMOUNT)
    if way != "requested":
        teller(world, "validate", number)
    if way == "rejected":
        teller(world, "instruct", number, FIRST)
        settler(world, "reject", number, REASON)
    world.act("PAUSER", token, "pause", 15, REF)
    receipt = teller(world, "giveBack", number, REASON)
    said = {"id": number, "operator": world.member("TELLER"), "reason": REASON_HEX}
    assert emitted(desk, receipt) == [("RedemptionReturned", said)]
    assert token.call("balanceOf", customer) == FUNDS
    assert escrow(world) == (0, 0)


# Whatever else stands still


def whole_path(world, customer):
    """From the request to the burn."""
    before = world.token.call("totalSupply")
    number = to_paying(world, customer, AMOUNT, FIRST)
    settler(world, "settle", number, FIRST)
    assert world.token.call("totalSupply") == before - AMOUNT


@pytest.mark.req("HK-14")
@pytest.mark.parametrize("bits", range(1, 8))
def test_other_pauses_stop_nothing(world, token, customer, bits):
    world.act("PAUSER", token, "pause", bits, REF)
    whole_path(world, customer)


@pytest.mark.req("HK-14")
@pytest.mark.parametrize("bits", [8, 15])
def test_its_own_pause_stops_requests_and_instructions(world, desk, token, customer, bits):
    """And neither what checks and gives back, nor the record of what was paid."""
    paying, rejected, valid = (
        to_paying(world, customer, 1, FIRST),
        to_paying(world, customer, 1, SECOND),
        surrender(world, customer, 1),
    )
    world.act("PAUSER", token, "pause", bits, REF)
    with refused(world, "Paused", pauses=bits):
        token.send("surrender", desk.address, 1, REF, sender=customer)
    teller(world, "validate", valid)
    third = bank_ref("payout 3")
    with refused(world, "Paused", pauses=bits):
        teller(world, "instruct", valid, third)
    settler(world, "settle", paying, FIRST)
    settler(world, "reject", rejected, REASON)
    teller(world, "giveBack", rejected, REASON)
    assert token.call("totalSupply") == FUNDS - 1
    world.act("RESUMER", token, "resume", bits, REF, token.call("pauseNumber"))
    teller(world, "instruct", valid, third)
    assert redemption(world, valid).status == PAYING


def _stale(world):
    world.chain.warp(27 * 3_600)


def _disputed(world):
    world.act("PAUSER", world.feed, "reportBreak", REF)


@pytest.mark.req("HK-25")
@pytest.mark.parametrize("fault", [_stale, _disputed], ids=["stale", "disputed"])
def test_asks_no_reserve_feed(world, token, customer, fault):
    """R9: what stops issuing never stops redeeming."""
    world.attest(10**17)
    assert token.call("reserveHeadroom") > 0
    fault(world)
    with pytest.raises(Reverted):
        token.call("reserveHeadroom")
    whole_path(world, customer)


@pytest.mark.req("HK-25")
def test_asks_no_dead_feed(own_world):
    world, person = own_world, own_world.holder()
    world.fund(person.address, FUNDS)
    bind(world, person)
    world.chain.put_code(world.feed.address, b"\xfe")
    with pytest.raises(Reverted):
        world.token.call("reserveHeadroom")
    whole_path(world, person.address)


@pytest.mark.req("HK-39")
def test_the_unverified_redeem_in_allow_list_mode(world, token, customer, payee):
    world.act("PAUSER", token, "enterAllowListMode", REF)
    with refused(world, "UnverifiedAccount", account=customer):
        token.send("transfer", payee.address, 1, sender=customer)
    take_back(world, surrender(world, customer, AMOUNT), customer)
    assert token.call("balanceOf", customer) == FUNDS
    whole_path(world, customer)


@pytest.mark.req("HK-42")
def test_holds_exactly_what_is_requested(world, desk, token, customer, payee):
    """D4, D6: to the unit after every step, and the supply falls by payments only."""
    open_amounts, supply = {}, 2 * FUNDS
    world.fund(payee.address, FUNDS)

    def check():
        assert escrow(world) == (sum(open_amounts.values()),) * 2
        assert {r[0]: r[3] for r in desk.call("openRequests", 0, ALL)} == open_amounts
        assert token.call("totalSupply") == supply

    for number, (who, value) in enumerate(
        [(customer, 7), (payee.address, 500), (customer, 11), (payee.address, 13)], start=1
    ):
        assert surrender(world, who, value) == number
        open_amounts[number] = value
        check()
    for number, ref in ((1, FIRST), (3, SECOND)):
        teller(world, "validate", number)
        check()
        teller(world, "instruct", number, ref)
        check()
    settler(world, "reject", 3, REASON)
    check()
    for number, act, burned in (
        (1, lambda: settler(world, "settle", 1, FIRST), 7),
        (2, lambda: take_back(world, 2, payee.address), 0),
        (3, lambda: teller(world, "giveBack", 3, REASON), 0),
        (4, lambda: world.act("SEIZER", desk, "release", 4, customer, REF), 0),
    ):
        act()
        del open_amounts[number]
        supply -= burned
        check()
    assert token.call("balanceOf", customer) == FUNDS - 7 + 13
    assert token.call("balanceOf", payee.address) == FUNDS - 13


# Pages


def raw(desk, number):
    return desk.call("requestOf", number)


def test_what_is_not_valid_is_not_overdue(world, desk, customer):
    """The clock starts with validity."""
    number = surrender(world, customer, AMOUNT)
    world.chain.warp(30 * DAY)
    assert desk.call("isOverdue", number) is False
    assert desk.call("overdueRequests", 0, ALL) == ()
    for unknown in (0, number + 1, ALL):
        assert desk.call("isOverdue", unknown) is False
        assert desk.call("dueAt", unknown) == 0
        assert redemption(world, unknown) == (unknown, ZERO, ZERO, 0, 0, NONE, 0, 0, 0, 0)


@pytest.fixture
def seven(world, customer):
    """Number 1 is requested, 2 paid, 3 valid, 4 taken back, 5 paying, 6 and 7 requested."""
    for value in range(1, 8):
        surrender(world, customer, value)
    for number in (2, 3, 5):
        teller(world, "validate", number)
    for number, ref in ((2, FIRST), (5, SECOND)):
        teller(world, "instruct", number, ref)
    settler(world, "settle", 2, FIRST)
    take_back(world, 4, customer)


PAGES = [
    (0, ALL, [1, 3, 5, 6, 7]),
    (1, ALL, [1, 3, 5, 6, 7]),
    (0, 3, [1, 3]),
    (1, 3, [1, 3]),
    (2, 1, []),
    (2, 2, [3]),
    (3, 3, [3, 5]),
    (7, 1, [7]),
    (7, 9, [7]),
    (6, ALL, [6, 7]),
    (1, 0, []),
    (0, 0, []),
    (8, 1, []),
    (ALL, ALL, []),
]


@pytest.mark.usefixtures("seven")
@pytest.mark.parametrize(("first", "limit", "numbers"), PAGES)
def test_lists_what_is_open_in_pages(desk, first, limit, numbers):
    page = desk.call("openRequests", first, limit)
    assert page == tuple(raw(desk, number) for number in numbers)


@pytest.mark.req("HK-39")
@pytest.mark.usefixtures("seven")
@pytest.mark.parametrize(
    ("first", "limit", "numbers"), [(f, n, [i for i in got if i in (3, 5)]) for f, n, got in PAGES]
)
def test_lists_what_is_overdue_in_pages(world, desk, first, limit, numbers):
    """Anybody can read it."""
    until(world, "2027-01-18 23:59:59")
    assert desk.call("overdueRequests", first, limit) == ()
    world.chain.warp(1)
    page = desk.call("overdueRequests", first, limit)
    assert page == tuple(raw(desk, number) for number in numbers)


def test_lists_nothing_where_there_is_nothing(desk):
    for view in ("openRequests", "overdueRequests"):
        assert desk.call(view, 0, ALL) == ()
        assert desk.call(view, 1, 1) == ()


# By lawful order


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("way", ["requested", "valid", "rejected"])
@pytest.mark.parametrize("state", [None, *BARS])
def test_releases_by_order(world, desk, token, customer, payee, seizer, way, state):
    """Also what a barred holder surrendered, and while everything is paused."""
    number = brought(world, customer, way)
    if state:
        bar(world, state, customer)
    world.act("PAUSER", token, "pause", 15, REF)
    receipt = when_due(world, "SEIZER", desk, "release", number, payee.address, REF)()
    said = {"id": number, "to": payee.address, "operator": seizer, "caseRef": REF_HEX}
    assert emitted(desk, receipt) == [("RedemptionReleased", said)]
    moved = {"from": desk.address, "to": payee.address, "value": AMOUNT}
    assert emitted(token, receipt) == [("Transfer", moved)]
    assert token.call("balanceOf", payee.address) == AMOUNT
    assert token.call("totalSupply") == FUNDS
    assert redemption(world, number) == (number, ZERO, ZERO, 0, 0, CLOSED, 0, 0, 0, 0)
    assert escrow(world) == (0, 0)


@pytest.mark.parametrize("to", ["zero", "token", "desk"])
def test_releases_to_no_account_that_is_none(world, desk, token, customer, to):
    number = surrender(world, customer, AMOUNT)
    to = {"zero": ZERO, "token": token.address, "desk": desk.address}[to]
    act = when_due(world, "SEIZER", desk, "release", number, to, REF)
    with refused(world, "ERC20InvalidReceiver", receiver=to):
        act()


def test_releases_not_to_a_blacklisted_account(world, desk, customer, payee):
    number = surrender(world, customer, AMOUNT)
    bar(world, "blacklisted", payee.address)
    act = when_due(world, "SEIZER", desk, "release", number, payee.address, REF)
    with refused(world, "BlacklistedAccount", account=payee.address):
        act()


def test_releases_to_a_frozen_account(world, desk, token, customer, payee):
    """It may receive; what it has is out of its hands already."""
    number = surrender(world, customer, AMOUNT)
    bar(world, "frozen", payee.address)
    world.act("SEIZER", desk, "release", number, payee.address, REF)
    assert token.call("balanceOf", payee.address) == AMOUNT


def test_releases_not_to_an_unverified_account_in_allow_list_mode(
    world, desk, token, customer, payee
):
    """As a seizure refuses it: that a holder gets back its own is another matter."""
    number = surrender(world, customer, AMOUNT)
    world.act("PAUSER", token, "enterAllowListMode", REF)
    act = when_due(world, "SEIZER", desk, "release", number, payee.address, REF)
    with refused(world, "UnverifiedAccount", account=payee.address):
        act()
    world.act("VERIFIER", token, "verify", [payee.address], REF)
    act()
    assert token.call("balanceOf", payee.address) == AMOUNT


def test_only_a_seizer_releases(world, desk, customer, stranger, payee):
    number = surrender(world, customer, AMOUNT)
    args = (number, payee.address, REF)
    for caller in (customer, stranger.address, world.member("TELLER"), world.member("SETTLER")):
        with refused(world, "AccessManagedUnauthorized", caller=caller):
            desk.send("release", *args, sender=caller)
    seizer, data = world.member("SEIZER"), desk.encode("release", *args)
    operation = world.suite.authority.call("hashOperation", seizer, desk.address, data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        desk.submit(data, sender=seizer)


# Two currencies


@pytest.fixture(scope="module")
def pair():
    """HKD, redeemed by Hong Kong's calendar, and USD, by that of the Federal Reserve."""
    return build_world(RevmChain(), ("HKD", "USD"))


@pytest.mark.req("HK-40")
@pytest.mark.req("HK-29")
def test_two_currencies_side_by_side(pair):
    """Each by its own calendar, burned in its own supply."""
    world, desk = pair, pair.suite.desks.redemption
    person = world.holder()
    tokens = [peg.token for peg in world.suite.pegs.values()]
    for peg in world.suite.pegs.values():
        world.fund(person.address, FUNDS, peg=peg)
    bind(world, person)
    # Monday, the 18th, is a holiday in the United States only.
    for number, token in enumerate(tokens, start=1):
        token.send("surrender", desk.address, AMOUNT * number, REF, sender=person.address)
        teller(world, "validate", number)
        teller(world, "instruct", number, bank_ref(str(number)))
    assert [to_checksum_address(raw(desk, n)[1]) for n in (1, 2)] == [t.address for t in tokens]
    assert [t.call("balanceOf", desk.address) for t in tokens] == [AMOUNT, 2 * AMOUNT]
    hkd, usd = moment("2027-01-18 23:59:59"), moment("2027-01-19 23:59:59", NEW_YORK)
    assert [desk.call("dueAt", n) for n in (1, 2)] == [hkd, usd]
    world.chain.warp(hkd + 1 - world.chain.now())
    assert [desk.call("isOverdue", n) for n in (1, 2)] == [True, False]
    with refused(
        world, "BankReferenceMismatch", id=1, bankRef="0x" + bank_ref("2").hex(), usedBy=2
    ):
        settler(world, "settle", 1, bank_ref("2"))
    world.chain.warp(usd - world.chain.now())
    assert is_late(world, settler(world, "settle", 2, bank_ref("2"))) is False
    assert [t.call("totalSupply") for t in tokens] == [FUNDS, FUNDS - 2 * AMOUNT]
    assert is_late(world, settler(world, "settle", 1, bank_ref("1"))) is True
    assert [t.call("totalSupply") for t in tokens] == [FUNDS - AMOUNT, FUNDS - 2 * AMOUNT]
    assert [t.call("balanceOf", desk.address) for t in tokens] == [0, 0]
