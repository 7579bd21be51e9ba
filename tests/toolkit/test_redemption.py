"""Requests for redemption, before something is sent and as they read afterwards.

reading
├── a request is by its number, its addresses checksummed; none, where there never was one
├── what is open is listed by currency, page by page, without what is finished
├── what is overdue is so from the second after its due date
└── how a request ended is what its events say; a chain without history says only that it did
validate
├── given a request that is finished, or never was, it refuses and says which
├── given its clock runs, there is nothing to do
└── otherwise it says amount, holder and fee, and starts the clock
paying
├── given a bank reference that pays another request, it refuses and names it
├── given it is recorded so already, there is nothing to do
└── otherwise it says the net amount
paid
├── given a bank reference that was not recorded for it, it refuses
├── given it was paid by this reference, there is nothing to do
└── otherwise it says what is destroyed
reject
├── given a request that is not being paid, the desk refuses
└── given it was rejected since it was last instructed, there is nothing to do
return
├── given it was paid, it refuses and says so
├── given it was returned, there is nothing to do
└── otherwise it says what goes back to whom
extend
├── given its clock has not started, a day before its due date or more than a year ahead, or a
│   request that is overdue, it refuses before the delay
├── given it is due at the end of that day, there is nothing to do
└── otherwise it says both dates
note
├── given the holder of a payout is barred and the block would move, it records again and says so
└── given this reason is recorded, there is nothing to do
fees
├── given more than the desk's cap or its room, or lowering that raises, it refuses before the delay
├── given they are, or are announced, so, there is nothing to do
└── raised they count after the notice, lowered at once, and open requests keep theirs
refusals
└── times are dates, days are dates, statuses are words
"""

from dataclasses import replace

import pytest
from eth_utils import to_checksum_address

from pegboard import actions, issuance, redemption
from pegboard.calendars import parse_day
from pegboard.errors import InputError, NotPermitted, Reverted
from pegboard.explain import refusal
from pegboard.inputs import reference
from tests.support.anvil import AnvilChain
from tests.support.cases import freeze, name, open_case
from tests.support.desks import (
    DAY,
    bind,
    close,
    day_of,
    moment,
    settler,
    surrender,
    take_back,
    teller,
    to_paying,
    until,
)
from tests.support.revm import START, RevmChain
from tests.support.world import REF, artifacts, build_world, roles

UNIT = 10**6
OUT, OTHER_OUT = reference("OUT-1"), reference("OUT-2")
#: A Friday, three in the afternoon in Hong Kong; the next business day is Monday.
FRIDAY = "2027-01-22 15:00:00"
DUE = "2027-01-25 23:59:59"


def prepare(chain):
    """HKD and USD; a holder of both with a payout account, on a Friday."""
    world = build_world(chain, ("HKD", "USD"))
    holder = world.holder()
    world.fund(holder.address, 1_000_000 * UNIT)
    world.fund(holder.address, 1_000 * UNIT, peg=world.suite.peg("USD"))
    bind(world, holder)
    until(world, FRIDAY)
    return world


@pytest.fixture(scope="module")
def prepared():
    return prepare(RevmChain())


@pytest.fixture(scope="module")
def remembered():
    """The same on a node, which keeps the past."""
    with AnvilChain(31337, "--timestamp", str(START)) as chain:
        yield prepare(chain)


@pytest.fixture
def world(prepared):
    """The prepared world, as new in every test."""
    point = prepared.chain.snapshot()
    yield prepared
    prepared.chain.restore(point)


@pytest.fixture
def node(remembered):
    """The world on a node, as new in every test."""
    point = remembered.chain.snapshot()
    yield remembered
    remembered.chain.restore(point)


@pytest.fixture
def suite(world):
    return world.suite


@pytest.fixture
def peg(world):
    return world.peg


@pytest.fixture
def holder(prepared):
    return prepared.holder().address


def do(world, action, role):
    """As the role's member; waits for its delay."""
    signer = world.member(role)
    outcome = actions.carry_out(world.suite, action, signer)
    if not outcome.executed:
        world.chain.warp(outcome.ready_at - world.chain.now())
        outcome = actions.carry_out(world.suite, action, signer)
    assert outcome.executed
    return outcome.receipt


def summary(world, action, role):
    return actions.summarise(world.suite, roles(), action, world.member(role))


def said(fault, peg):
    return refusal(fault.value, artifacts().notices, peg.config)


# Reading


def test_a_request_that_never_was(suite):
    for number in (0, 1, 2**64):
        request = redemption.request_of(suite, number)
        assert (request.id, request.status, request.amount) == (number, "none", 0)
        assert redemption.outcome_of(suite, number) == "none"


@pytest.mark.req("HK-39")
def test_a_request_with_all_that_is_recorded_of_it(world, suite, peg, holder):
    number = surrender(world, holder, 100 * UNIT)
    request = redemption.Request(
        id=number,
        token=peg.token.address,
        holder=to_checksum_address(holder),
        amount=100 * UNIT,
        fee=0,
        status="requested",
        requested_at=moment(FRIDAY),
        valid_day=0,
        due_at=0,
        blocked_until=0,
    )
    assert redemption.request_of(suite, number) == request
    assert request.as_dict(6) == {
        "id": 1,
        "holder": holder,
        "amount": {"amount": "100.00", "units": "100000000"},
        "fee": {"amount": "0.00", "units": "0"},
        "status": "requested",
        "requestedAt": "2027-01-22T07:00:00Z",
        "validDay": None,
        "dueAt": None,
        "blockedUntil": None,
    }
    assert redemption.describe(peg, request) == f"1: requested, 100.00 HKD of {holder}"
    teller(world, "validate", number)
    teller(world, "instruct", number, OUT)
    request = redemption.request_of(suite, number)
    assert request.as_dict(6)["validDay"] == "2027-01-22"
    assert request.as_dict(6)["dueAt"] == "2027-01-25T15:59:59Z"
    assert request.as_dict(6)["blockedUntil"] == "2027-01-26"
    assert redemption.describe(peg, request) == (
        f"1: paying, 100.00 HKD of {holder}, due 2027-01-25T15:59:59Z"
    )


@pytest.mark.parametrize("page", [1, 2, 200])
def test_what_is_open_is_listed_by_currency(world, suite, peg, holder, monkeypatch, page):
    monkeypatch.setattr(issuance, "PAGE", page)
    usd = suite.peg("USD")
    for _ in range(3):
        surrender(world, holder, UNIT)
    usd.token.send("surrender", suite.desks.redemption.address, UNIT, REF, sender=holder)
    take_back(world, 2, holder)
    assert [r.id for r in redemption.open_requests(suite)] == [1, 3, 4]
    assert [r.id for r in redemption.open_requests(suite, peg)] == [1, 3]
    assert [r.id for r in redemption.open_requests(suite, usd)] == [4]


@pytest.mark.req("HK-39")
def test_overdue_from_the_second_after(world, suite, peg, holder):
    for _ in range(2):
        teller(world, "validate", surrender(world, holder, UNIT))
    surrender(world, holder, UNIT)
    teller(world, "instruct", 2, OUT)
    until(world, DUE)
    assert redemption.overdue(suite, peg) == []
    world.chain.warp(1)
    assert [r.id for r in redemption.overdue(suite, peg)] == [1, 2]
    assert redemption.overdue(suite, suite.peg("USD")) == []
    settler(world, "settle", 2, OUT)
    assert [r.id for r in redemption.overdue(suite)] == [1]


@pytest.mark.req("HK-42")
def test_how_a_request_ended(node):
    suite, holder, stranger = node.suite, node.holder().address, node.holder(1)
    paid = to_paying(node, holder, UNIT, OUT)
    settler(node, "settle", paid, OUT)
    taken = surrender(node, holder, UNIT)
    take_back(node, taken, holder)
    returned = surrender(node, holder, UNIT)
    teller(node, "giveBack", returned, REF)
    released = surrender(node, holder, UNIT)
    node.act("SEIZER", suite.desks.redemption, "release", released, stranger.address, REF)
    waiting = surrender(node, holder, UNIT)
    ended = [redemption.outcome_of(suite, n) for n in (paid, taken, returned, released, waiting)]
    assert ended == ["paid", "returned", "returned", "released", "requested"]
    assert redemption.outcome_of(suite, waiting + 1) == "none"


def test_a_chain_without_history_says_only_that_it_ended(world, suite, holder):
    number = surrender(world, holder, UNIT)
    take_back(world, number, holder)
    assert redemption.outcome_of(suite, number) == "closed"
    with pytest.raises(InputError, match=r"request 1: it is finished \(closed\)"):
        redemption.validate(suite, number)


# Validate


def verbs(suite, number):
    """Every verb of a request, ready to be called."""
    return (
        lambda: redemption.validate(suite, number),
        lambda: redemption.paying(suite, number, OTHER_OUT),
        lambda: redemption.rejected(suite, number, REF),
        lambda: redemption.give_back(suite, number, REF),
        lambda: redemption.extend(suite, number, parse_day("2027-02-01"), REF),
        lambda: redemption.record_delay(suite, number, REF),
    )


def test_nothing_is_done_to_a_request_that_never_was(suite):
    for verb in verbs(suite, 7):
        with pytest.raises(InputError) as caught:
            verb()
        assert str(caught.value) == (
            "request 7: there is no such request; `redeem list` shows the open ones"
        )


@pytest.mark.req("HK-42")
def test_nothing_is_done_to_a_request_that_was_paid(node):
    number = to_paying(node, node.holder().address, UNIT, OUT)
    settler(node, "settle", number, OUT)
    for verb in verbs(node.suite, number):
        with pytest.raises(InputError) as caught:
            verb()
        assert str(caught.value) == (
            f"request {number}: it is finished (paid); `redeem list` shows the open ones"
        )


def test_a_currency_that_is_not_declared_here(world, suite, holder):
    number = surrender(world, holder, UNIT)
    other = replace(suite, pegs={"USD": suite.peg("USD")})
    with pytest.raises(InputError, match="which is not declared here"):
        redemption.validate(other, number)


@pytest.mark.req("HK-39", "HK-11")
def test_validating_says_what_and_is_done_once(world, suite, peg, holder):
    number = surrender(world, holder, 1_234_500_000)
    action = redemption.validate(suite, number)
    seen = summary(world, action, "TELLER")
    assert seen.sentence == f"start the clock of request 1: 1,234.50 HKD of {holder}"
    assert (seen.needs, seen.delay, seen.status.code) == ("TELLER", 0, "HKD")
    assert action.details == {"request": 1, "holder": holder}
    do(world, action, "TELLER")
    assert redemption.request_of(suite, number).due_at == moment(DUE)
    assert redemption.validate(suite, number).nothing_to_do
    do(world, redemption.paying(suite, number, OUT), "TELLER")
    assert redemption.validate(suite, number).nothing_to_do


@pytest.mark.req("HK-41")
def test_the_fee_is_shown(world, suite, peg, holder):
    fees = redemption.set_fee(suite, peg, "raiseFee", UNIT, 10, REF)
    do(world, fees, "GOVERNOR")
    world.chain.warp(7 * DAY)
    number = surrender(world, holder, 1_000 * UNIT)
    said_of = redemption.describe(peg, redemption.request_of(suite, number))
    assert said_of == f"1: requested, 1,000.00 HKD of {holder}, 2.00 HKD kept as fee"
    teller(world, "validate", number)
    assert redemption.paying(suite, number, OUT).call.text == (
        "record that the bank is told to pay 998.00 HKD for request 1, reference OUT-1"
    )


def test_a_wallet_without_payout_account(world, suite, peg):
    stranger = world.holder(5)
    world.fund(stranger.address, UNIT)
    number = surrender(world, stranger.address, UNIT)
    with pytest.raises(Reverted) as caught:
        summary(world, redemption.validate(suite, number), "TELLER")
    assert said(caught, peg).startswith("WalletUnknown: ")
    assert said(caught, peg).endswith("have REGISTRAR bind the wallet first, with `customers bind`")


@pytest.mark.parametrize(
    ("verb", "role", "other"),
    [
        ("validate", "TELLER", "SETTLER"),
        ("paying", "TELLER", "SETTLER"),
        ("paid", "SETTLER", "TELLER"),
        ("rejected", "SETTLER", "TELLER"),
        ("give_back", "TELLER", "DEFERRER"),
        ("extend", "DEFERRER", "TELLER"),
        ("record_delay", "TELLER", "SETTLER"),
    ],
)
@pytest.mark.req("HK-39")
def test_each_verb_takes_its_role(world, suite, holder, monkeypatch, verb, role, other):
    number = surrender(world, holder, UNIT)
    if verb != "validate":
        teller(world, "validate", number)
    if verb in ("paid", "rejected"):
        teller(world, "instruct", number, OUT)
    rest = {"extend": (parse_day("2027-02-01"), REF), "validate": (), "paid": (OUT,)}
    action = getattr(redemption, verb)(suite, number, *rest.get(verb, (OTHER_OUT,)))
    monkeypatch.setattr(type(world.chain), "send", lambda *_: pytest.fail("sent"))
    for who in (world.member(other), holder):
        with pytest.raises(NotPermitted, match=f"that takes {role}"):
            actions.summarise(suite, roles(), action, who)
        with pytest.raises(NotPermitted):
            actions.carry_out(suite, action, who)


# Paying and paid


@pytest.mark.req("HK-42")
def test_a_bank_reference_pays_one_request(world, suite, holder):
    first = to_paying(world, holder, UNIT, OUT)
    second = surrender(world, holder, UNIT)
    teller(world, "validate", second)
    for verb in (redemption.paying, redemption.paid):
        with pytest.raises(InputError) as caught:
            verb(suite, second, OUT)
        expected = {
            redemption.paying: "this bank reference pays request 1: a reference pays one request",
            redemption.paid: "this bank reference was not recorded for request 2: check both, or "
            "record it with `redeem paying` first",
        }
        assert str(caught.value) == expected[verb]
    assert redemption.paying(suite, first, OUT).nothing_to_do
    # Another reference for what is being paid is the desk's to refuse.
    with pytest.raises(Reverted, match="WrongStatus"):
        summary(world, redemption.paying(suite, first, OTHER_OUT), "TELLER")


@pytest.mark.req("HK-42")
def test_paid_is_what_was_recorded_before(world, suite, peg, holder):
    number = surrender(world, holder, UNIT)
    teller(world, "validate", number)
    with pytest.raises(InputError, match="was not recorded for request 1"):
        redemption.paid(suite, number, OUT)
    teller(world, "instruct", number, OUT)
    with pytest.raises(InputError, match="was not recorded for request 1"):
        redemption.paid(suite, number, OTHER_OUT)
    action = redemption.paid(suite, number, OUT)
    assert action.call.text == (
        "record that request 1 was paid, and destroy its 1.00 HKD, reference OUT-1"
    )
    before = world.token.call("totalSupply")
    do(world, action, "SETTLER")
    assert world.token.call("totalSupply") == before - UNIT


@pytest.mark.req("HK-42")
def test_paid_twice_burns_once(node):
    suite, number = node.suite, to_paying(node, node.holder().address, UNIT, OUT)
    do(node, redemption.paid(suite, number, OUT), "SETTLER")
    burned = node.token.call("totalSupply")
    again = redemption.paid(suite, number, OUT)
    assert again.nothing_to_do
    assert again.call.text == f"nothing: request {number} is finished"
    with pytest.raises(InputError, match=rf"request {number}: it is finished \(paid\)"):
        redemption.paid(suite, number, OTHER_OUT)
    assert node.token.call("totalSupply") == burned


def test_paid_after_it_went_back(node):
    """The bank was told, rejected it, and the tokens went back: its reference stays spent."""
    suite, number = node.suite, to_paying(node, node.holder().address, UNIT, OUT)
    settler(node, "reject", number, REF)
    teller(node, "giveBack", number, REF)
    with pytest.raises(InputError, match=rf"request {number}: it is finished \(returned\)"):
        redemption.paid(suite, number, OUT)


@pytest.mark.req("HK-39")
def test_a_frozen_holder_is_not_paid(world, suite, peg, holder):
    number = to_paying(world, holder, UNIT, OUT)
    open_case(world)
    name(world, holder, UNIT)
    freeze(world, holder)
    with pytest.raises(Reverted) as caught:
        summary(world, redemption.paid(suite, number, OUT), "SETTLER")
    assert "FrozenAccount" in said(caught, peg)


# Reject and return


@pytest.mark.req("HK-42")
def test_a_payout_is_rejected_once(world, suite, peg, holder):
    number = surrender(world, holder, UNIT)
    teller(world, "validate", number)
    with pytest.raises(Reverted) as caught:
        summary(world, redemption.rejected(suite, number, REF), "SETTLER")
    assert said(caught, peg) == (
        "WrongStatus: The request is not in a status that allows this (id 1, status valid); look "
        "at it with `redeem list`"
    )
    teller(world, "instruct", number, OUT)
    action = redemption.rejected(suite, number, reference("AC04"))
    assert action.call.text == "record that the bank did not pay request 1, reference AC04"
    do(world, action, "SETTLER")
    assert redemption.rejected(suite, number, REF).nothing_to_do
    # The same reference instructs nothing again; another does, and can be rejected again.
    with pytest.raises(Reverted, match="BankReferenceMismatch"):
        summary(world, redemption.paying(suite, number, OUT), "TELLER")
    do(world, redemption.paying(suite, number, OTHER_OUT), "TELLER")
    assert not redemption.rejected(suite, number, REF).nothing_to_do


def test_what_is_being_paid_is_not_returned(world, suite, peg, holder):
    number = to_paying(world, holder, UNIT, OUT)
    with pytest.raises(Reverted) as caught:
        summary(world, redemption.give_back(suite, number, REF), "TELLER")
    assert "status paying" in said(caught, peg)


def test_returned_twice_goes_back_once(node):
    suite, holder = node.suite, node.holder().address
    before = node.token.call("balanceOf", holder)
    number = surrender(node, holder, 1_500_000)
    action = redemption.give_back(suite, number, reference("no mandate"))
    assert action.call.text == (
        f"give 1.50 HKD of request {number} back to {holder}, reference no mandate"
    )
    do(node, action, "TELLER")
    assert node.token.call("balanceOf", holder) == before
    assert redemption.give_back(suite, number, REF).nothing_to_do


# Extend and note


@pytest.mark.req("HK-43")
def test_what_can_never_be_extended_is_refused_before_the_delay(world, suite, holder):
    number = surrender(world, holder, UNIT)
    monday, tuesday = parse_day("2027-01-25"), parse_day("2027-01-26")
    with pytest.raises(InputError, match="the clock of request 1 has not started"):
        redemption.extend(suite, number, tuesday, REF)
    teller(world, "validate", number)
    for day in (monday - 1, 1, 0, parse_day("1969-12-31"), parse_day("0001-01-01")):
        with pytest.raises(InputError) as caught:
            redemption.extend(suite, number, day, REF)
        assert str(caught.value) == (
            "request 1 is due later already, 2027-01-25T15:59:59Z: it only moves later"
        )
    year = day_of("2027-01-22") + 366
    with pytest.raises(InputError) as caught:
        redemption.extend(suite, number, year + 1, REF)
    assert str(caught.value) == "a consent moves a date by a year at most, now to 2028-01-23"
    assert not redemption.extend(suite, number, year, REF).nothing_to_do
    assert redemption.extend(suite, number, monday, REF).nothing_to_do
    assert not redemption.extend(suite, number, tuesday, REF).nothing_to_do


@pytest.mark.req("HK-43")
def test_a_date_moves_once_by_consent(world, suite, holder):
    number = surrender(world, holder, UNIT)
    teller(world, "validate", number)
    tuesday = parse_day("2027-01-26")
    action = redemption.extend(suite, number, tuesday, reference("MA 7/2027"))
    seen = summary(world, action, "DEFERRER")
    assert seen.sentence == (
        "move the due date of request 1 from 2027-01-25T15:59:59Z to 2027-01-26T15:59:59Z, "
        "reference MA 7/2027"
    )
    assert (seen.needs, seen.delay) == ("DEFERRER", 3600)
    do(world, action, "DEFERRER")
    assert redemption.request_of(suite, number).due_at == moment("2027-01-26 23:59:59")
    assert redemption.extend(suite, number, tuesday, REF).nothing_to_do


@pytest.mark.req("HK-43")
def test_a_typhoon_may_have_moved_it_as_far(world, suite, holder):
    number = surrender(world, holder, UNIT)
    teller(world, "validate", number)
    tuesday = parse_day("2027-01-26")
    assert not redemption.extend(suite, number, tuesday, REF).nothing_to_do
    close(world, "2027-01-25")
    assert redemption.request_of(suite, number).due_at == moment("2027-01-26 23:59:59")
    assert redemption.extend(suite, number, tuesday, REF).nothing_to_do


@pytest.mark.req("HK-43")
def test_consent_comes_before(world, suite, holder):
    number = surrender(world, holder, UNIT)
    teller(world, "validate", number)
    monday, tuesday = parse_day("2027-01-25"), parse_day("2027-01-26")
    until(world, DUE)
    assert not redemption.extend(suite, number, tuesday, REF).nothing_to_do
    world.chain.warp(1)
    with pytest.raises(InputError) as caught:
        redemption.extend(suite, number, tuesday, REF)
    assert str(caught.value) == (
        "request 1 is overdue since 2027-01-25T15:59:59Z: consent comes before"
    )
    assert redemption.extend(suite, number, monday, REF).nothing_to_do


def test_a_year_at_most_is_said_as_a_date(world, suite, peg, holder):
    number = surrender(world, holder, UNIT)
    teller(world, "validate", number)
    args = (number, day_of("2028-01-24"), REF)
    with pytest.raises(Reverted) as caught:
        world.act("DEFERRER", suite.desks.redemption, "extend", *args)
    assert "(id 1, day 2028-01-24, latest 2028-01-23); give a day up to then" in said(caught, peg)


def test_a_reason_is_recorded_once(node):
    suite, holder = node.suite, node.holder().address
    number, other = surrender(node, holder, UNIT), surrender(node, holder, UNIT)
    action = redemption.record_delay(suite, number, reference("HCMP 1/2027"))
    assert action.call.text == (
        f"record why request {number} waits; its due date stays, reference HCMP 1/2027"
    )
    assert not action.nothing_to_do
    do(node, action, "TELLER")
    assert redemption.record_delay(suite, number, reference("HCMP 1/2027")).nothing_to_do
    assert not redemption.record_delay(suite, number, reference("HCMP 2/2027")).nothing_to_do
    assert not redemption.record_delay(suite, other, reference("HCMP 1/2027")).nothing_to_do


def test_recording_a_reason_again_keeps_a_barred_holder_from_taking_back(node):
    """While nobody can settle, the block of a payout that was instructed starts anew by it."""
    suite, holder = node.suite, node.holder().address
    number, reason = to_paying(node, holder, UNIT, OUT), reference("HCMP 1/2027")
    plain = f"record why request {number} waits; its due date stays"
    assert redemption.record_delay(suite, number, reason).call.text == (
        f"{plain}, reference HCMP 1/2027"
    )
    open_case(node)
    name(node, holder, UNIT)
    freeze(node, holder)
    do(node, redemption.record_delay(suite, number, reason), "TELLER")
    assert redemption.record_delay(suite, number, reason).nothing_to_do
    until(node, "2027-01-25 12:00:00")
    action = redemption.record_delay(suite, number, reason)
    assert not action.nothing_to_do
    assert action.call.text == (
        f"{plain}, and its holder, who is barred, cannot take it back up to 2027-01-27, "
        "reference HCMP 1/2027"
    )
    do(node, action, "TELLER")
    assert redemption.request_of(suite, number).blocked_until == parse_day("2027-01-27")
    assert redemption.record_delay(suite, number, reason).nothing_to_do


# Fees


def fee(suite, peg):
    terms = redemption.terms_of(suite, peg)
    return terms.flat_fee, terms.fee_bps, terms.next_flat_fee, terms.next_fee_bps


@pytest.mark.req("HK-41")
def test_the_terms_as_declared(suite, peg):
    assert redemption.terms_of(suite, peg) == redemption.Terms(
        calendar="HK",
        business_days=1,
        flat_fee=0,
        fee_bps=0,
        next_flat_fee=0,
        next_fee_bps=0,
        next_from=0,
        max_fee_bps=100,
        notice=7 * DAY,
    )


@pytest.mark.req("HK-41")
def test_fees_that_can_never_be_are_refused_before_the_delay(world, suite, peg):
    for verb in ("raiseFee", "lowerFee"):
        with pytest.raises(InputError, match="101 bps is above the desk's cap of 100 bps"):
            redemption.set_fee(suite, peg, verb, 0, 101, REF)
        with pytest.raises(InputError, match="2\\^80 - 1"):
            redemption.set_fee(suite, peg, verb, 2**80, 0, REF)
    for flat, bps in ((1, 0), (0, 1)):
        with pytest.raises(InputError, match="lowering raises neither"):
            redemption.set_fee(suite, peg, "lowerFee", flat, bps, REF)
    action = redemption.set_fee(suite, peg, "raiseFee", 2**80 - 1, 100, REF)
    assert do(world, action, "GOVERNOR")


@pytest.mark.req("HK-41")
def test_a_raise_counts_after_the_notice_and_not_for_open_requests(world, suite, peg, holder):
    before = surrender(world, holder, 1_000 * UNIT)
    action = redemption.set_fee(suite, peg, "raiseFee", 5 * UNIT, 20, reference("board 3"))
    assert action.call.text == (
        "set the redemption fee to 5.00 HKD and 20 bps of the amount after a notice of 7d, "
        "reference board 3"
    )
    assert action.details == {"flatFee": {"amount": "5.00", "units": "5000000"}, "feeBps": 20}
    seen = summary(world, action, "GOVERNOR")
    assert (seen.needs, seen.delay) == ("GOVERNOR", 2 * DAY)
    do(world, action, "GOVERNOR")
    assert redemption.set_fee(suite, peg, "raiseFee", 5 * UNIT, 20, REF).nothing_to_do
    assert not redemption.set_fee(suite, peg, "raiseFee", 0, 0, REF).nothing_to_do
    terms = redemption.terms_of(suite, peg)
    assert fee(suite, peg) == (0, 0, 5 * UNIT, 20)
    assert terms.next_from == world.chain.now() + 7 * DAY
    world.chain.warp(7 * DAY - 1)
    assert suite.desks.redemption.call("feeFor", peg.token.address, 1_000 * UNIT) == 0
    world.chain.warp(1)
    assert fee(suite, peg) == (5 * UNIT, 20, 0, 0)
    after = surrender(world, holder, 1_000 * UNIT)
    fees = [redemption.request_of(suite, number).fee for number in (before, after)]
    assert fees == [0, 7 * UNIT]
    assert redemption.set_fee(suite, peg, "raiseFee", 5 * UNIT, 20, REF).nothing_to_do


@pytest.mark.req("HK-41")
def test_lowering_counts_at_once(world, suite, peg, holder):
    do(world, redemption.set_fee(suite, peg, "raiseFee", 5 * UNIT, 20, REF), "GOVERNOR")
    world.chain.warp(7 * DAY)
    action = redemption.set_fee(suite, peg, "lowerFee", 5 * UNIT, 0, REF)
    assert action.call.text.startswith("lower the redemption fee to 5.00 HKD and 0 bps of the")
    do(world, action, "GOVERNOR")
    assert fee(suite, peg) == (5 * UNIT, 0, 0, 0)
    assert redemption.set_fee(suite, peg, "lowerFee", 5 * UNIT, 0, REF).nothing_to_do
    number = surrender(world, holder, 1_000 * UNIT)
    assert redemption.request_of(suite, number).fee == 5 * UNIT


# Refusals


def test_days_and_times_of_refusals_are_dates(world, suite, peg, holder):
    desk, number = suite.desks.redemption, to_paying(world, holder, UNIT, OUT)
    with pytest.raises(Reverted) as caught:
        take_back(world, number, holder)
    assert "(id 1, blockedUntil 2027-01-26); wait until that day has ended" in said(caught, peg)
    with pytest.raises(Reverted) as caught:
        world.act("DEFERRER", desk, "extend", number, day_of("2027-01-25"), REF)
    assert "asked 2027-01-25T15:59:59Z, dueAt 2027-01-25T15:59:59Z); give a later" in said(
        caught, peg
    )
    with pytest.raises(Reverted) as caught:
        close(world, "2027-02-01")
    assert "(day 2027-02-01, from 2027-01-22, to 2027-01-29)" in said(caught, peg)


def test_a_fee_cap_is_no_money(world, suite, peg):
    with pytest.raises(Reverted) as caught:
        world.act("GOVERNOR", suite.desks.redemption, "raiseFee", peg.token.address, 0, 101, REF)
    assert "(feeBps 101, cap 100); stay within the desk's cap" in said(caught, peg)
    with pytest.raises(Reverted) as caught:
        world.act("GOVERNOR", suite.desks.redemption, "lowerFee", peg.token.address, UNIT, 0, REF)
    assert "(flatFee 1.00 HKD, feeBps 0); announce it instead" in said(caught, peg)


@pytest.mark.parametrize(
    ("status", "word"), [(1, "proposed"), (2, "issued"), (3, "cancelled"), (4, "expired")]
)
def test_a_status_is_a_word(peg, status, word):
    fault = Reverted(b"", "BankReferenceUsed", {"bankRef": "0x" + OUT.hex(), "status": status})
    text = refusal(fault, artifacts().notices, peg.config)
    assert f"(bankRef OUT-1, status {word}); do nothing: it has its order" in text
