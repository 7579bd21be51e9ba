"""Orders of courts and authorities, before they are sent and as they read afterwards.

what people type
├── a day means its last second, in UTC
└── a case is a reference, and never empty
open
├── given a case that is closed, or open with other content, it refuses and names each difference
├── given the same content, there is nothing to do, overdue or not
└── otherwise it opens, as CASEWORKER
review
├── given this reference and date were recorded, there is nothing to do, whatever came later
└── given another date or another reference, it records
close
├── given it restrains somebody, it is scheduled all the same, and refused when due
└── given it is closed, there is nothing to do
freeze
├── given a case that is not there, or an address twice, it refuses
├── given one account that cannot be frozen, none is named or frozen
├── given accounts that are not named, it names and freezes them in one transaction, with no ceiling
├── given a ceiling, it names with it, and gives it to those that are named otherwise
├── given some are frozen by the case, it freezes the others
├── given a freeze was lifted at the token, it freezes again
└── given all is so, there is nothing to do
hold
├── given zero, less than is held, or a hold that the token does not keep, it refuses
├── given more than the ceiling, the chain refuses
├── given nothing is held, it names with this ceiling and holds in one transaction
├── given less is held, it holds the difference, with the ceiling that was said
└── given as much is held, there is nothing to do
unfreeze
├── given an account that is not named, or an address twice, it refuses
├── given another case freezes it too, it says that it stays frozen
└── given the case freezes none, there is nothing to do
release
├── given zero, an account that is not named, or more than is held, it refuses
├── given exactly this was released since the last hold, there is nothing to do
└── given it is asked for again, or was held since, it releases
seize and destroy
├── given zero, address zero or the account itself, it refuses
├── given the same order waits, or was executed, there is nothing to do and it says the number
├── given any other term, or again after its execution, it proposes
└── otherwise it proposes, and its number is known
execute and cancel
├── given no such order, or one that ended the other way, it refuses
├── given it ended so already, there is nothing to do
└── otherwise it says the whole order in one sentence
reading
├── a case, its accounts with what the tokens say, its orders that wait, page by page
├── a token that is not declared here is read by what it says of itself
└── a case is overdue from the second after its review day until it is reviewed or closed
a chain without history
└── what needs the past is done again, which the contract's ceilings bound
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from eth_utils import keccak

from pegboard import actions
from pegboard import orders as lawful
from pegboard.errors import InputError, NotPermitted, Reverted
from pegboard.explain import refusal
from pegboard.inputs import reference
from tests.support.desks import surrender
from tests.support.refusal import emitted
from tests.support.remember import Remembering
from tests.support.world import REF, artifacts, build_world, roles

CASE, OTHER = reference("case 12"), reference("case 13")
BY = lawful.last_second("2027-06-30")
DOCUMENT = keccak(text="order")
UNIT = 10**6
DAY = 86_400


@pytest.fixture(scope="module")
def remembered():
    return build_world(Remembering(), ("HKD", "USD"))


@pytest.fixture
def world(remembered):
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
def desk(world):
    return world.suite.desks.orders


@pytest.fixture
def caseworker(world):
    return world.member("CASEWORKER")


@pytest.fixture
def holder(world):
    """Has 1,000 HKD."""
    account = world.holder(0).address
    world.fund(account, 1000 * UNIT)
    return account


@pytest.fixture
def stranger(world):
    return world.holder(4).address


@pytest.fixture
def court(world):
    """Who receives what is taken."""
    return world.holder(5).address


@pytest.fixture
def opened(world):
    """A court's case."""
    do(world, "CASEWORKER", lawful.open_case(world.suite, CASE, "court-order", BY, DOCUMENT))
    return CASE


def do(world, role, action):
    """Carries it out as the role's member, waiting for the delay when there is one."""
    assert not action.nothing_to_do
    outcome = actions.carry_out(world.suite, action, world.member(role))
    if not outcome.executed:
        world.chain.warp(outcome.ready_at - world.chain.now())
        outcome = actions.carry_out(world.suite, action, world.member(role))
    assert outcome.executed
    return outcome.receipt


def summary(world, role, action):
    return actions.summarise(world.suite, roles(), action, world.member(role))


def entry(world, account, case=CASE):
    """What a case says of an account, without the account."""
    found = lawful.entry_of(world.suite, case, world.token.address, account)
    return found and (found.frozen, found.ceiling, found.held, found.taken)


def word(case):
    return "0x" + case.hex()


# What people type


def test_a_day_means_its_last_second():
    end = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert lawful.last_second("2026-12-31") == int(end.timestamp())
    assert lawful.last_second("2027-01-01") == int(end.timestamp()) + DAY


@pytest.mark.parametrize("text", ["", "2026-12", "2026-02-30", "31.12.2026", "2026-12-31T00:00Z"])
def test_what_is_no_day(text):
    with pytest.raises(InputError, match="is not a day: write it as 2026-01-31"):
        lawful.last_second(text)


def test_a_case_is_a_reference_and_never_empty():
    assert lawful.case_id(" case 12 ") == CASE == b"case 12".ljust(32, b"\0")
    assert lawful.case_id("0x" + "ab" * 32) == b"\xab" * 32
    for text in ("", "  ", "0x" + "00" * 32):
        with pytest.raises(InputError, match="the case is empty"):
            lawful.case_id(text)


# Open


@pytest.mark.parametrize(
    ("kind", "by", "document", "difference"),
    [
        ("review", BY, DOCUMENT, "its class is court-order, not review"),
        (
            "court-order",
            BY,
            keccak(text="another"),
            f"its document is 0x{DOCUMENT.hex()}, not 0x{keccak(text='another').hex()}",
        ),
        (
            "court-order",
            BY + DAY,
            DOCUMENT,
            "it is to be reviewed by 2027-06-30T23:59:59Z, not 2027-07-01T23:59:59Z, which "
            "`orders review` changes",
        ),
    ],
)
def test_open_names_the_difference(suite, opened, kind, by, document, difference):
    with pytest.raises(InputError) as caught:
        lawful.open_case(suite, opened, kind, by, document)
    assert str(caught.value) == f"case case 12 is open with other content: {difference}"


def test_open_names_all_differences(suite, opened):
    with pytest.raises(InputError) as caught:
        lawful.open_case(suite, opened, "security", BY - 1, keccak(text="another"))
    assert str(caught.value).count("; ") == 2
    for part in ("class", "document", "reviewed by"):
        assert part in str(caught.value)


def test_open_refuses_a_closed_case(world, suite, opened):
    do(world, "RELEASER", lawful.close(suite, opened, REF))
    with pytest.raises(InputError, match="case case 12 is closed, and a case is opened once"):
        lawful.open_case(suite, opened, "court-order", BY, DOCUMENT)


def test_open_twice_is_nothing_to_do(world, suite, opened):
    assert lawful.open_case(suite, opened, "court-order", BY, DOCUMENT).nothing_to_do
    world.chain.warp(BY + 1 - world.chain.now())
    assert lawful.open_case(suite, opened, "court-order", BY, DOCUMENT).nothing_to_do


@pytest.mark.req("HK-02")
@pytest.mark.req("HK-54")
def test_open(world, suite, desk, caseworker):
    action = lawful.open_case(suite, CASE, "authority-request", BY, DOCUMENT)
    seen = summary(world, "CASEWORKER", action)
    assert (seen.needs, seen.delay) == ("CASEWORKER", 0)
    said = "open case case 12 (authority request), to be reviewed by 2027-06-30T23:59:59Z"
    assert seen.sentence == said
    assert action.details == {
        "case": "case 12",
        "caseId": word(CASE),
        "class": "authority-request",
        "document": "0x" + DOCUMENT.hex(),
    }
    opened_at = world.chain.now()
    assert emitted(desk, do(world, "CASEWORKER", action)) == [
        (
            "CaseOpened",
            {
                "caseId": word(CASE),
                "class": 2,
                "reviewBy": BY,
                "document": "0x" + DOCUMENT.hex(),
                "operator": caseworker,
            },
        )
    ]
    assert lawful.case_of(suite, CASE) == lawful.Case(
        CASE, "authority-request", opened_at, BY, closed=False, restraints=0, document=DOCUMENT
    )


@pytest.mark.parametrize("index", range(1, 5))
def test_every_class_is_the_contracts(world, suite, desk, index):
    do(world, "CASEWORKER", lawful.open_case(suite, CASE, lawful.CLASSES[index], BY, DOCUMENT))
    assert desk.call("caseOf", CASE)[0] == index
    assert lawful.case_of(suite, CASE).kind == lawful.CLASSES[index]


def test_only_a_caseworker_opens(suite, stranger):
    action = lawful.open_case(suite, CASE, "review", BY, DOCUMENT)
    with pytest.raises(NotPermitted, match="that takes CASEWORKER"):
        actions.summarise(suite, roles(), action, stranger)


# Review


def test_what_is_not_there_is_refused(suite, peg, holder, court):
    missing = "there is no case case 13: `orders list` shows all cases"
    attempts = (
        lambda: lawful.review(suite, OTHER, BY, REF),
        lambda: lawful.close(suite, OTHER, REF),
        lambda: lawful.freeze(suite, peg, OTHER, [holder]),
        lambda: lawful.hold(suite, peg, OTHER, holder, 1),
        lambda: lawful.unfreeze(suite, peg, OTHER, [holder]),
        lambda: lawful.release(suite, peg, OTHER, holder, 1),
        lambda: lawful.propose(suite, peg, OTHER, holder, court, 1),
        lambda: lawful.standing(suite, OTHER),
    )
    for attempt in attempts:
        with pytest.raises(InputError) as caught:
            attempt()
        assert str(caught.value) == missing


def test_a_review_is_recorded_once_and_never_undoes_a_later_one(world, suite, desk, opened):
    first, later = reference("review 1"), reference("review 2")
    do(world, "CASEWORKER", lawful.review(suite, opened, BY + DAY, first))
    assert lawful.review(suite, opened, BY + DAY, first).nothing_to_do
    do(world, "CASEWORKER", lawful.review(suite, opened, BY + 2 * DAY, later))
    assert lawful.review(suite, opened, BY + DAY, first).nothing_to_do
    assert lawful.case_of(suite, opened).review_by == BY + 2 * DAY


def test_another_review_of_the_same_day_is_recorded(world, suite, desk, opened, caseworker):
    do(world, "CASEWORKER", lawful.review(suite, opened, BY, reference("review 1")))
    action = lawful.review(suite, opened, BY, reference("review 2"))
    assert action.call.text == (
        "record a review of case case 12 (court order); the next is due by 2027-06-30T23:59:59Z, "
        "reference review 2"
    )
    assert emitted(desk, do(world, "CASEWORKER", action)) == [
        (
            "CaseReviewed",
            {
                "caseId": word(CASE),
                "reviewBy": BY,
                "operator": caseworker,
                "ref": "0x" + reference("review 2").hex(),
            },
        )
    ]
    assert not lawful.review(suite, opened, BY + 1, reference("review 2")).nothing_to_do


# Close


def test_closing_is_refused_when_due_while_it_restrains(world, suite, peg, opened, holder):
    do(world, "CASEWORKER", lawful.freeze(suite, peg, opened, [holder]))
    action = lawful.close(suite, opened, REF)
    releaser = world.member("RELEASER")
    assert not actions.carry_out(suite, action, releaser).executed
    world.chain.warp(DAY)
    with pytest.raises(Reverted) as caught:
        summary(world, "RELEASER", action)
    evidence = {"caseId": word(CASE), "restraints": 1}
    assert (caught.value.name, caught.value.arguments) == ("CaseStillRestrains", evidence)
    assert "have RELEASER lift its freezes" in refusal(caught.value, artifacts().notices, None)


@pytest.mark.req("HK-02")
def test_close(world, suite, opened):
    action = lawful.close(suite, opened, reference("lifted"))
    seen = summary(world, "RELEASER", action)
    assert (seen.needs, seen.delay) == ("RELEASER", DAY)
    assert seen.sentence == "close case case 12 (court order), reference lifted"
    do(world, "RELEASER", action)
    assert lawful.case_of(suite, opened).closed
    assert lawful.close(suite, opened, reference("another")).nothing_to_do


# Freeze


def test_freeze_refuses_an_address_twice(suite, peg, opened, holder):
    with pytest.raises(InputError, match="twice"):
        lawful.freeze(suite, peg, opened, [holder, holder])


@pytest.mark.parametrize("role", ["EXECUTOR", "RELEASER", "FREEZER"])
def test_only_a_caseworker_freezes(world, suite, peg, opened, holder, role):
    action = lawful.freeze(suite, peg, opened, [holder])
    for attempt in (
        lambda: summary(world, role, action),
        lambda: actions.carry_out(suite, action, world.member(role)),
    ):
        with pytest.raises(Reverted) as caught:
            attempt()
        evidence = {"caller": world.member(role)}
        assert (caught.value.name, caught.value.arguments) == (
            "AccessManagedUnauthorized",
            evidence,
        )


def test_one_that_cannot_be_frozen_stops_all(world, suite, peg, opened, holder):
    action = lawful.freeze(suite, peg, opened, [holder, world.token.address])
    with pytest.raises(Reverted, match="InvalidAccount"):
        do(world, "CASEWORKER", action)
    assert lawful.standing(suite, opened).accounts == ()
    assert not world.token.call("isFrozen", holder)


@pytest.mark.req("HK-02")
@pytest.mark.req("HK-54")
def test_freeze_names_and_freezes_in_one_transaction(
    world, suite, peg, desk, opened, holder, stranger, caseworker
):
    action = lawful.freeze(suite, peg, opened, [holder, stranger])
    seen = summary(world, "CASEWORKER", action)
    assert (seen.needs, seen.delay) == ("CASEWORKER", 0)
    assert seen.sentence == (
        f"freeze {holder}, {stranger} in HKD under case case 12 (court order), to receive but not "
        f"send; name in it {holder} with the ceiling all, {stranger} with the ceiling all"
    )
    where = {"caseId": word(CASE), "token": world.token.address, "operator": caseworker}
    ceiling = {"ceiling": 2**112 - 1}
    assert emitted(desk, do(world, "CASEWORKER", action)) == [
        ("AccountNamed", where | {"account": holder} | ceiling),
        ("AccountNamed", where | {"account": stranger} | ceiling),
        ("CaseFroze", where | {"account": holder}),
        ("CaseFroze", where | {"account": stranger}),
    ]
    for account in (holder, stranger):
        assert world.token.call("isFrozen", account)
        assert entry(world, account) == (True, lawful.EVERYTHING, 0, 0)
    assert lawful.freeze(suite, peg, opened, [stranger, holder]).nothing_to_do


def test_freeze_freezes_the_others(world, suite, peg, desk, opened, holder, stranger, caseworker):
    do(world, "CASEWORKER", lawful.freeze(suite, peg, opened, [holder], 7 * UNIT))
    action = lawful.freeze(suite, peg, opened, [holder, stranger])
    where = {"caseId": word(CASE), "token": world.token.address, "operator": caseworker}
    assert emitted(desk, do(world, "CASEWORKER", action)) == [
        ("AccountNamed", where | {"account": stranger, "ceiling": lawful.EVERYTHING}),
        ("CaseFroze", where | {"account": stranger}),
    ]
    assert entry(world, holder) == (True, 7 * UNIT, 0, 0)


def test_a_ceiling_is_given_to_those_that_have_another(world, suite, peg, opened, holder):
    do(world, "CASEWORKER", lawful.freeze(suite, peg, opened, [holder], 0))
    assert entry(world, holder) == (True, 0, 0, 0)
    assert lawful.freeze(suite, peg, opened, [holder], 0).nothing_to_do
    action = lawful.freeze(suite, peg, opened, [holder], 7 * UNIT)
    assert f"name in it {holder} with the ceiling 7.00 HKD" in action.call.text
    do(world, "CASEWORKER", action)
    assert entry(world, holder) == (True, 7 * UNIT, 0, 0)


def test_a_freeze_that_was_lifted_at_the_token_is_done_again(world, suite, peg, opened, holder):
    do(world, "CASEWORKER", lawful.freeze(suite, peg, opened, [holder]))
    world.act("RELEASER", world.token, "unfreeze", [holder], REF)
    assert not world.token.call("isFrozen", holder)
    do(world, "CASEWORKER", lawful.freeze(suite, peg, opened, [holder]))
    assert world.token.call("isFrozen", holder)
    assert suite.desks.orders.call("freezesOf", world.token.address, holder) == 1


@pytest.mark.req("HK-54")
def test_an_overdue_case_freezes_nobody(world, suite, peg, opened, holder):
    world.chain.warp(BY - world.chain.now())
    summary(world, "CASEWORKER", lawful.freeze(suite, peg, opened, [holder]))
    world.chain.warp(1)
    with pytest.raises(Reverted) as caught:
        summary(world, "CASEWORKER", lawful.freeze(suite, peg, opened, [holder]))
    text = refusal(caught.value, artifacts().notices, None)
    assert text.startswith("ReviewOverdue: ")
    assert "reviewBy 2027-06-30T23:59:59Z" in text
    assert text.endswith("have CASEWORKER record its review first, with `orders review`")


# Hold


def test_hold_refuses_zero(suite, peg, opened, holder):
    with pytest.raises(InputError, match="the amount is zero"):
        lawful.hold(suite, peg, opened, holder, 0)


def test_hold_refuses_less_than_is_held(world, suite, peg, opened, holder):
    do(world, "CASEWORKER", lawful.hold(suite, peg, opened, holder, 10 * UNIT))
    with pytest.raises(InputError) as caught:
        lawful.hold(suite, peg, opened, holder, 10 * UNIT - 1)
    assert str(caught.value) == (
        f"case case 12 holds 10.00 HKD of {holder}, which is more: have RELEASER release what is "
        "too much"
    )


def test_hold_refuses_where_the_token_does_not_keep_it(world, suite, peg, opened, holder):
    do(world, "CASEWORKER", lawful.hold(suite, peg, opened, holder, 10 * UNIT))
    world.act("RELEASER", world.token, "release", holder, 1, REF)
    for units in (10 * UNIT, 11 * UNIT):
        with pytest.raises(InputError) as caught:
            lawful.hold(suite, peg, opened, holder, units)
        assert str(caught.value) == (
            f"case case 12 holds 10.00 HKD of {holder}, but the token only 9.999999 HKD, since it "
            "was released or taken there: have RELEASER release it from the case too, then hold "
            "anew"
        )


def test_hold_stays_within_the_ceiling(world, suite, peg, opened, holder):
    do(world, "CASEWORKER", lawful.hold(suite, peg, opened, holder, 10 * UNIT))
    action = lawful.hold(suite, peg, opened, holder, 10 * UNIT + 1)
    with pytest.raises(Reverted) as caught:
        summary(world, "CASEWORKER", action)
    evidence = {"caseId": word(CASE), "account": holder, "value": 1, "allowed": 0}
    assert (caught.value.name, caught.value.arguments) == ("CeilingExceeded", evidence)
    text = refusal(caught.value, artifacts().notices, peg.config)
    assert "value 0.000001 HKD, allowed 0.00 HKD" in text
    assert text.endswith("give --ceiling where the order says more")


@pytest.mark.req("HK-02")
@pytest.mark.req("HK-54")
def test_hold_names_and_holds_in_one_transaction(
    world, suite, peg, desk, opened, holder, caseworker
):
    action = lawful.hold(suite, peg, opened, holder, 10 * UNIT)
    seen = summary(world, "CASEWORKER", action)
    assert (seen.needs, seen.delay) == ("CASEWORKER", 0)
    assert seen.sentence == (
        f"hold 10.00 HKD of {holder} in all under case case 12 (court order), 10.00 HKD more than "
        f"it does; name in it {holder} with the ceiling 10.00 HKD"
    )
    where = {"caseId": word(CASE), "token": world.token.address, "account": holder}
    assert emitted(desk, do(world, "CASEWORKER", action)) == [
        ("AccountNamed", where | {"ceiling": 10 * UNIT, "operator": caseworker}),
        ("CaseHeld", where | {"value": 10 * UNIT, "operator": caseworker}),
    ]
    assert entry(world, holder) == (False, 10 * UNIT, 10 * UNIT, 0)
    assert world.token.call("availableOf", holder) == 990 * UNIT
    assert lawful.hold(suite, peg, opened, holder, 10 * UNIT).nothing_to_do


def test_hold_holds_the_difference(world, suite, peg, desk, opened, holder, caseworker):
    do(world, "CASEWORKER", lawful.hold(suite, peg, opened, holder, 10 * UNIT, 20 * UNIT))
    assert entry(world, holder) == (False, 20 * UNIT, 10 * UNIT, 0)
    where = {"caseId": word(CASE), "token": world.token.address, "account": holder}
    action = lawful.hold(suite, peg, opened, holder, 12 * UNIT)
    assert emitted(desk, do(world, "CASEWORKER", action)) == [
        ("CaseHeld", where | {"value": 2 * UNIT, "operator": caseworker})
    ]
    action = lawful.hold(suite, peg, opened, holder, 12 * UNIT, 30 * UNIT)
    assert emitted(desk, do(world, "CASEWORKER", action)) == [
        ("AccountNamed", where | {"ceiling": 30 * UNIT, "operator": caseworker})
    ]
    assert world.token.call("getFrozenTokens", holder) == 12 * UNIT


def test_two_cases_hold_apart(world, suite, peg, opened, holder):
    do(world, "CASEWORKER", lawful.open_case(suite, OTHER, "review", BY, DOCUMENT))
    do(world, "CASEWORKER", lawful.hold(suite, peg, opened, holder, 10 * UNIT))
    do(world, "CASEWORKER", lawful.hold(suite, peg, OTHER, holder, 10 * UNIT))
    assert world.token.call("getFrozenTokens", holder) == 20 * UNIT


# Unfreeze


def test_unfreeze_refuses_what_the_case_does_not_name(world, suite, peg, opened, holder, stranger):
    do(world, "CASEWORKER", lawful.freeze(suite, peg, opened, [holder]))
    with pytest.raises(InputError) as caught:
        lawful.unfreeze(suite, peg, opened, [holder, stranger])
    assert str(caught.value) == (
        f"case case 12 does not name {stranger} of HKD: `orders show` prints the accounts that it "
        "names"
    )
    with pytest.raises(InputError, match="twice"):
        lawful.unfreeze(suite, peg, opened, [holder, holder])


@pytest.mark.req("HK-02")
@pytest.mark.req("HK-54")
def test_unfreeze(world, suite, peg, opened, holder, stranger):
    do(world, "CASEWORKER", lawful.freeze(suite, peg, opened, [holder, stranger]))
    action = lawful.unfreeze(suite, peg, opened, [holder, stranger])
    seen = summary(world, "RELEASER", action)
    assert (seen.needs, seen.delay) == ("RELEASER", DAY)
    assert seen.sentence == (
        f"lift the freeze of {holder}, {stranger} in HKD by case case 12 (court order)"
    )
    do(world, "RELEASER", action)
    assert not world.token.call("isFrozen", holder)
    assert lawful.unfreeze(suite, peg, opened, [holder, stranger]).nothing_to_do
    assert lawful.case_of(suite, opened).restraints == 0


def test_unfreeze_says_what_stays_frozen(world, suite, peg, opened, holder):
    do(world, "CASEWORKER", lawful.open_case(suite, OTHER, "review", BY, DOCUMENT))
    for case in (opened, OTHER):
        do(world, "CASEWORKER", lawful.freeze(suite, peg, case, [holder]))
    action = lawful.unfreeze(suite, peg, opened, [holder])
    assert action.call.text.endswith(f"; another case still freezes {holder}")
    assert action.details["stillFrozen"] == [holder]
    do(world, "RELEASER", action)
    assert world.token.call("isFrozen", holder)
    again = lawful.unfreeze(suite, peg, opened, [holder])
    assert again.nothing_to_do
    assert again.details["stillFrozen"] == [holder]
    assert lawful.unfreeze(suite, peg, OTHER, [holder]).details["stillFrozen"] == []


# Release


def test_release_refuses(world, suite, peg, opened, holder, stranger):
    do(world, "CASEWORKER", lawful.hold(suite, peg, opened, holder, 10 * UNIT))
    with pytest.raises(InputError, match="the amount is zero"):
        lawful.release(suite, peg, opened, holder, 0)
    with pytest.raises(InputError, match=f"does not name {stranger} of HKD"):
        lawful.release(suite, peg, opened, stranger, 1)
    with pytest.raises(InputError) as caught:
        lawful.release(suite, peg, opened, holder, 10 * UNIT + 1)
    assert str(caught.value) == f"case case 12 holds 10.00 HKD of {holder}: release no more"


@pytest.mark.req("HK-02")
def test_release_once(world, suite, peg, opened, holder):
    do(world, "CASEWORKER", lawful.hold(suite, peg, opened, holder, 10 * UNIT))
    action = lawful.release(suite, peg, opened, holder, 4 * UNIT)
    seen = summary(world, "RELEASER", action)
    assert (seen.needs, seen.delay) == ("RELEASER", DAY)
    said = f"release 4.00 HKD of {holder} that case case 12 (court order) holds"
    assert seen.sentence == said
    do(world, "RELEASER", action)
    assert entry(world, holder) == (False, 10 * UNIT, 6 * UNIT, 0)
    assert lawful.release(suite, peg, opened, holder, 4 * UNIT).nothing_to_do
    assert not lawful.release(suite, peg, opened, holder, 3 * UNIT).nothing_to_do


def test_release_again(world, suite, peg, opened, holder, stranger):
    for account in (holder, stranger):
        do(world, "CASEWORKER", lawful.hold(suite, peg, opened, account, 10 * UNIT))
    do(world, "RELEASER", lawful.release(suite, peg, opened, holder, 4 * UNIT))
    # What was released of one account is not of another.
    assert not lawful.release(suite, peg, opened, stranger, 4 * UNIT).nothing_to_do
    do(world, "RELEASER", lawful.release(suite, peg, opened, holder, 4 * UNIT, again=True))
    assert entry(world, holder) == (False, 10 * UNIT, 2 * UNIT, 0)
    assert lawful.release(suite, peg, opened, holder, 4 * UNIT).nothing_to_do
    with pytest.raises(InputError, match=r"holds 2\.00 HKD"):
        lawful.release(suite, peg, opened, holder, 4 * UNIT, again=True)
    do(world, "CASEWORKER", lawful.hold(suite, peg, opened, holder, 10 * UNIT))
    do(world, "RELEASER", lawful.release(suite, peg, opened, holder, 4 * UNIT))
    assert entry(world, holder) == (False, 10 * UNIT, 6 * UNIT, 0)


# Seize and destroy


@pytest.fixture
def frozen(world, opened, holder):
    """A holder whom the case froze."""
    do(world, "CASEWORKER", lawful.freeze(world.suite, world.peg, opened, [holder]))
    return holder


def test_propose_refuses_what_means_nothing(suite, peg, opened, frozen, court):
    with pytest.raises(InputError, match="the amount is zero"):
        lawful.propose(suite, peg, opened, frozen, court, 0)
    with pytest.raises(InputError, match="address zero receives nothing: to destroy, use"):
        lawful.propose(suite, peg, opened, frozen, lawful.NOBODY, 1)
    with pytest.raises(InputError, match=f"{frozen} would be taken from and receive"):
        lawful.propose(suite, peg, opened, frozen, frozen, 1)


def test_propose_needs_as_much_frozen_or_held(world, suite, peg, opened, holder, court):
    do(world, "CASEWORKER", lawful.hold(suite, peg, opened, holder, 10 * UNIT))
    summary(
        world,
        "CASEWORKER",
        lawful.propose(suite, peg, opened, holder, court, 10 * UNIT, again=True),
    )
    action = lawful.propose(suite, peg, opened, holder, court, 10 * UNIT + 1)
    with pytest.raises(Reverted) as caught:
        summary(world, "CASEWORKER", action)
    assert (caught.value.name, caught.value.arguments["allowed"]) == ("CeilingExceeded", 10 * UNIT)


def proposed(world, action):
    """Proposes as CASEWORKER; the number that the order got."""
    assert not action.nothing_to_do
    outcome = actions.carry_out(world.suite, action, world.member("CASEWORKER"))
    return lawful.proposed(world.suite, outcome)


def test_only_a_caseworker_proposes(world, suite, peg, opened, frozen, court):
    action = lawful.propose(suite, peg, opened, frozen, court, UNIT)
    with pytest.raises(Reverted, match="AccessManagedUnauthorized"):
        summary(world, "EXECUTOR", action)


@pytest.mark.req("HK-02")
@pytest.mark.req("HK-55")
def test_seize_is_proposed_once_while_it_waits(world, suite, peg, opened, frozen, court):
    action = lawful.propose(suite, peg, opened, frozen, court, 4 * UNIT)
    seen = summary(world, "CASEWORKER", action)
    assert (seen.needs, seen.delay) == ("CASEWORKER", 0)
    assert seen.sentence == (
        f"propose to take 4.00 HKD from {frozen} to {court} under case case 12 (court order)"
    )
    assert proposed(world, action) == 1
    for again in (False, True):
        same = lawful.propose(suite, peg, opened, frozen, court, 4 * UNIT, again=again)
        assert same.nothing_to_do
        assert same.details == {
            "case": "case 12",
            "caseId": word(CASE),
            "account": frozen,
            "to": court,
            "redemption": None,
            "order": 1,
            "status": "proposed",
        }


def test_any_other_term_is_another_order(world, suite, peg, opened, frozen, court, stranger):
    propose = lawful.propose
    do(world, "CASEWORKER", lawful.open_case(suite, OTHER, "court-order", BY, DOCUMENT))
    for account in (stranger, frozen):
        do(world, "CASEWORKER", lawful.freeze(suite, peg, OTHER, [account]))
    do(world, "CASEWORKER", lawful.freeze(suite, peg, opened, [stranger]))
    assert proposed(world, propose(suite, peg, opened, frozen, court, UNIT)) == 1
    assert proposed(world, propose(suite, peg, opened, frozen, court, UNIT + 1)) == 2
    assert proposed(world, propose(suite, peg, opened, frozen, stranger, UNIT)) == 3
    assert proposed(world, propose(suite, peg, opened, frozen, None, UNIT)) == 4
    assert proposed(world, propose(suite, peg, opened, stranger, court, UNIT)) == 5
    assert proposed(world, propose(suite, peg, OTHER, frozen, court, UNIT)) == 6
    usd = suite.pegs["USD"]
    do(world, "CASEWORKER", lawful.freeze(suite, usd, opened, [frozen]))
    assert proposed(world, propose(suite, usd, opened, frozen, court, UNIT)) == 7
    assert [order.id for order in lawful.open_orders(suite, opened)] == [1, 2, 3, 4, 5, 7]


@pytest.mark.req("HK-55")
def test_an_executed_order_is_proposed_again_only_where_it_is_said(
    world, suite, peg, opened, frozen, court
):
    terms = (suite, peg, opened, frozen, court, 4 * UNIT)
    proposed(world, lawful.propose(*terms))
    do(world, "EXECUTOR", lawful.execute(suite, 1))
    done = lawful.propose(*terms)
    assert done.nothing_to_do
    assert (done.details["order"], done.details["status"]) == (1, "executed")
    assert proposed(world, lawful.propose(*terms, again=True)) == 2
    # The one that waits comes before the one that was executed.
    waiting = lawful.propose(*terms)
    assert (waiting.details["order"], waiting.details["status"]) == (2, "proposed")


def test_a_cancelled_order_can_be_proposed_anew(world, suite, peg, opened, frozen, court):
    terms = (suite, peg, opened, frozen, court, 4 * UNIT)
    proposed(world, lawful.propose(*terms))
    do(world, "GUARDIAN", lawful.cancel(suite, 1, REF))
    assert proposed(world, lawful.propose(*terms)) == 2


# Execute and cancel


def test_what_was_never_proposed_is_refused(suite):
    for attempt in (
        lambda: lawful.order_of(suite, 1),
        lambda: lawful.execute(suite, 1),
        lambda: lawful.cancel(suite, 1, REF),
    ):
        with pytest.raises(InputError, match="there is no order 1"):
            attempt()


@pytest.mark.req("HK-02")
@pytest.mark.req("HK-55")
def test_execute_says_the_whole_order(world, suite, peg, opened, frozen, court):
    proposed(world, lawful.propose(suite, peg, opened, frozen, court, 4 * UNIT))
    action = lawful.execute(suite, 1)
    seen = summary(world, "EXECUTOR", action)
    assert (seen.needs, seen.delay) == ("EXECUTOR", DAY)
    assert seen.sentence == (
        f"execute order 1: take 4.00 HKD from {frozen} to {court} under case case 12 (court order)"
    )
    with pytest.raises(NotPermitted, match="that takes EXECUTOR"):
        summary(world, "CASEWORKER", action)
    do(world, "EXECUTOR", action)
    assert world.token.call("balanceOf", court) == 4 * UNIT
    assert entry(world, frozen) == (True, lawful.EVERYTHING, 0, 4 * UNIT)
    assert lawful.execute(suite, 1).nothing_to_do
    with pytest.raises(InputError, match="order 1 was executed: there is nothing to cancel"):
        lawful.cancel(suite, 1, REF)


@pytest.mark.req("HK-55")
def test_destroy_lowers_the_supply(world, suite, peg, opened, frozen):
    supply = world.token.call("totalSupply")
    proposed(world, lawful.propose(suite, peg, opened, frozen, None, 4 * UNIT))
    action = lawful.execute(suite, 1)
    assert action.call.text == (
        f"execute order 1: destroy 4.00 HKD of {frozen} under case case 12 (court order)"
    )
    assert action.details["to"] is None
    do(world, "EXECUTOR", action)
    assert world.token.call("totalSupply") == supply - 4 * UNIT


@pytest.mark.req("HK-55")
def test_what_waits_at_the_redemption_desk_is_taken_whole(world, suite, peg, opened, holder, court):
    request = surrender(world, holder, 5 * UNIT)
    do(world, "CASEWORKER", lawful.freeze(suite, peg, opened, [holder]))
    wrong = lawful.propose(suite, peg, opened, holder, court, 4 * UNIT, request)
    with pytest.raises(Reverted) as caught:
        summary(world, "CASEWORKER", wrong)
    evidence = {"redemption": request}
    assert (caught.value.name, caught.value.arguments) == ("RedemptionMismatch", evidence)
    own = lawful.propose(suite, peg, opened, holder, court, 5 * UNIT)
    whole = lawful.propose(suite, peg, opened, holder, court, 5 * UNIT, request)
    assert [proposed(world, own), proposed(world, whole)] == [1, 2]
    action = lawful.execute(suite, 2)
    assert action.call.text == (
        f"execute order 2: take 5.00 HKD of request {request} at the redemption desk from {holder} "
        f"to {court} under case case 12 (court order)"
    )
    assert action.details["redemption"] == request
    do(world, "EXECUTOR", action)
    assert world.token.call("balanceOf", court) == 5 * UNIT
    assert world.token.call("balanceOf", holder) == 995 * UNIT


@pytest.mark.req("HK-55")
def test_a_case_holds_and_takes_no_more_than_its_ceiling(world, suite, peg, opened, holder, court):
    request = surrender(world, holder, 10 * UNIT)
    do(world, "CASEWORKER", lawful.freeze(suite, peg, opened, [holder], 10 * UNIT))
    do(world, "CASEWORKER", lawful.hold(suite, peg, opened, holder, 10 * UNIT))
    action = lawful.propose(suite, peg, opened, holder, court, 10 * UNIT, request)
    with pytest.raises(Reverted, match="CeilingExceeded"):
        summary(world, "CASEWORKER", action)


@pytest.mark.req("HK-02")
def test_cancel_stops_a_scheduled_execution(world, suite, peg, opened, frozen, court):
    proposed(world, lawful.propose(suite, peg, opened, frozen, court, 4 * UNIT))
    executor = world.member("EXECUTOR")
    assert not actions.carry_out(suite, lawful.execute(suite, 1), executor).executed
    action = lawful.cancel(suite, 1, reference("withdrawn"))
    seen = summary(world, "GUARDIAN", action)
    assert (seen.needs, seen.delay) == ("GUARDIAN", 0)
    assert seen.sentence.startswith("cancel order 1: take 4.00 HKD from ")
    assert seen.sentence.endswith("(court order), reference withdrawn")
    late = lawful.execute(suite, 1)
    do(world, "GUARDIAN", action)
    assert lawful.cancel(suite, 1, REF).nothing_to_do
    with pytest.raises(InputError, match="order 1 was cancelled"):
        lawful.execute(suite, 1)
    world.chain.warp(DAY)
    with pytest.raises(Reverted, match="OrderNotProposed"):
        actions.carry_out(suite, late, executor)
    assert world.token.call("balanceOf", court) == 0


# Reading


@pytest.mark.req("HK-54")
def test_a_case_reads_as_it_stands(world, suite, peg, opened, holder, stranger, court):
    do(world, "CASEWORKER", lawful.hold(suite, peg, opened, holder, 10 * UNIT, 20 * UNIT))
    do(world, "CASEWORKER", lawful.freeze(suite, suite.pegs["USD"], opened, [stranger]))
    number = proposed(world, lawful.propose(suite, peg, opened, holder, court, 4 * UNIT))
    do(world, "EXECUTOR", lawful.execute(suite, number))
    proposed(world, lawful.propose(suite, peg, opened, holder, None, 3 * UNIT))
    # What others do at the token shows in what the token says, and not in the case.
    world.act("FREEZER", world.token, "hold", holder, UNIT, REF)
    world.act("FREEZER", world.token, "freeze", [holder], REF)

    seen = lawful.standing(suite, opened)
    assert (seen.case.restraints, seen.case.closed) == (2, False)
    hkd = lawful.Currency("HKD", 6, world.token)
    usd = lawful.Currency("USD", 6, suite.pegs["USD"].token)
    first = lawful.Entry(world.token.address, holder, False, 20 * UNIT, 6 * UNIT, 4 * UNIT)
    other = lawful.Entry(usd.token.address, stranger, True, lawful.EVERYTHING, 0, 0)
    assert seen.accounts == (
        lawful.Account(first, hkd, True, 7 * UNIT, 996 * UNIT),
        lawful.Account(other, usd, True, 0, 0),
    )
    caseworker = world.member("CASEWORKER")
    proposed_at = lawful.order_of(suite, 2).proposed_at
    assert 0 < proposed_at <= world.chain.now()
    waiting = lawful.Order(
        CASE,
        world.token.address,
        holder,
        lawful.NOBODY,
        3 * UNIT,
        0,
        caseworker,
        proposed_at,
        "proposed",
        2,
    )
    assert seen.orders == ((waiting, hkd),)


def test_every_page_is_read(world, suite, peg, desk, opened, court, monkeypatch):
    monkeypatch.setattr("pegboard.orders.PAGE", 2)
    monkeypatch.setattr("pegboard.issuance.PAGE", 2)
    accounts = [world.holder(index).address for index in range(4)]
    for count in range(1, 5):
        do(world, "CASEWORKER", lawful.freeze(suite, peg, opened, accounts[:count]))
        seen = lawful.standing(suite, opened)
        assert [account.entry.account for account in seen.accounts] == accounts[:count]
        proposed(world, lawful.propose(suite, peg, opened, accounts[0], court, count))
        waiting = lawful.open_orders(suite, opened)
        assert [order.id for order in waiting] == list(range(1, count + 1))
    ids = [opened, *(reference(f"case {number}") for number in range(20, 24))]
    for case in ids[1:]:
        do(world, "CASEWORKER", lawful.open_case(suite, case, "review", BY, DOCUMENT))
    assert [case.id for case in lawful.cases(suite)] == ids
    assert [case.kind for case in lawful.cases(suite)] == ["court-order"] + ["review"] * 4


def test_a_token_that_is_not_declared_is_read_all_the_same(world, suite, opened, stranger, court):
    usd = suite.pegs["USD"]
    world.fund(stranger, UNIT, peg=usd)
    do(world, "CASEWORKER", lawful.freeze(suite, usd, opened, [stranger]))
    proposed(world, lawful.propose(suite, usd, opened, stranger, court, UNIT))
    less = replace(suite, pegs={"HKD": suite.pegs["HKD"]})
    seen = lawful.standing(less, opened).accounts[0].currency
    assert (seen.code, seen.decimals) == ("pbUSD", 6)
    assert seen.token.address == usd.token.address
    action = lawful.execute(less, 1)
    assert "take 1.00 pbUSD from" in action.call.text
    assert action.peg is None
    do(world, "EXECUTOR", action)
    assert usd.token.call("balanceOf", court) == UNIT


def test_a_case_is_overdue_from_the_second_after(world, suite, opened):
    assert not lawful.case_of(suite, opened).is_overdue(BY)
    assert lawful.case_of(suite, opened).is_overdue(BY + 1)
    do(world, "CASEWORKER", lawful.review(suite, opened, BY + DAY, REF))
    assert not lawful.case_of(suite, opened).is_overdue(BY + DAY)
    do(world, "RELEASER", lawful.close(suite, opened, REF))
    assert not lawful.case_of(suite, opened).is_overdue(BY + DAY + 1)


# A chain without history


@pytest.fixture
def forgetful(deployed):
    """A world on a chain that cannot be asked for past events."""
    point = deployed.chain.snapshot()
    yield deployed
    deployed.chain.restore(point)


def test_without_history_the_ceiling_bounds_a_repetition(forgetful):
    world, suite, peg = forgetful, forgetful.suite, forgetful.peg
    holder, court = world.holder(0).address, world.holder(5).address
    world.fund(holder, 1000 * UNIT)
    do(world, "CASEWORKER", lawful.open_case(suite, CASE, "court-order", BY, DOCUMENT))
    do(world, "CASEWORKER", lawful.hold(suite, peg, CASE, holder, 10 * UNIT))
    proposed(world, lawful.propose(suite, peg, CASE, holder, court, 6 * UNIT))
    assert lawful.propose(suite, peg, CASE, holder, court, 6 * UNIT).nothing_to_do
    do(world, "EXECUTOR", lawful.execute(suite, 1))
    again = lawful.propose(suite, peg, CASE, holder, court, 6 * UNIT)
    assert not again.nothing_to_do
    with pytest.raises(Reverted, match="CeilingExceeded"):
        summary(world, "CASEWORKER", again)
