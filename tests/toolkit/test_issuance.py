"""Issuing by orders and by a bank's file, before it is sent.

reading
├── an order is by its bank reference, its addresses checksummed; none, where there never was one
├── an order is proposed up to and including its last second, and expired after it
├── what waits is listed by currency, page by page, without what was issued or cancelled
└── a preview names what binds, and by how much
a channel's name
└── given anything but 1 to 31 of A-Z, 0-9 and -, a letter first, it refuses
a credit's reference
└── is of account and bank's reference, the same by hand as by file
propose
├── given nothing, or more than the desk has room for, it refuses
├── given a channel of another currency, it refuses, even where the very order is there
├── given the reference has an order of other terms, it refuses: cancel it, or ask the bank
├── given a signer without the role, it refuses before anything is sent
├── given the very order waits or was issued, there is nothing to do
└── given none, or one that expired or was cancelled, it proposes
approve
├── given no order, or one that expired or was cancelled, it refuses
├── given an order of other terms or of another currency, it refuses, and the desk would too
├── given a signer without the role, it refuses before anything is sent
├── given the signer has approved, or it was issued, there is nothing to do
└── otherwise it approves, and the last approval issues
cancel
├── given no order, an issued one, or one of another currency, it refuses
├── given it is cancelled, there is nothing to do
└── otherwise it cancels, and the reference can be proposed anew
a bank's file
├── given one reference for two contents, nothing of it is taken
├── given a line in another currency, one that names no or two channels, or one whose funds count
│   from tomorrow, that line is refused and no other
├── given an amount that the bank restated, it refuses
├── given duplicates, debits and pending entries, they are listed and left out
├── given it was run before, there is nothing to do, also for what was done by hand or closed since
├── given an order differs from the bank, its approval is refused
└── otherwise each credit is proposed, approved and issued once
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from eth_utils import keccak, to_checksum_address

from pegboard import actions, issuance
from pegboard.demo.bankfile import ACCOUNT
from pegboard.errors import BankFileError, InputError, NotPermitted, Reverted
from pegboard.explain import refusal
from pegboard.files.bank import read_statements
from pegboard.inputs import reference
from tests.support.deposits import bank_file, credit, today
from tests.support.desks import (
    DAY,
    WHOLESALE,
    approve,
    approver,
    bank_ref,
    bind,
    later,
    moment,
    open_channel,
    propose,
    ready_desk,
    until,
)
from tests.support.revm import RevmChain
from tests.support.world import REF, World, artifacts, build_world, roles

NAME, OTHER = "ENTERPRISE-1", "WHOLESALER-2"
UNIT = 10**6
ONE, TWO, THREE = bank_ref("one"), bank_ref("two"), bank_ref("three")


@pytest.fixture(scope="module")
def prepared():
    """HKD and USD; in HKD a channel each for an enterprise and a wholesaler, and ample reserves."""
    world = build_world(RevmChain(), ("HKD", "USD"))
    enterprise, wholesaler = world.holder(0), world.holder(1)
    ready_desk(world, enterprise)
    bind(world, wholesaler)
    name = issuance.channel_word(OTHER)
    open_channel(world, wholesaler.address, name, kind=WHOLESALE)
    later(world, ("GOVERNOR", world.suite.desks.issuance, "openChannel", usd_channel(world)))
    world.attest(10**17)
    return world


def usd_channel(world):
    """A channel of the other currency."""
    name = issuance.channel_word("USD-1")
    return (name, world.suite.peg("USD").token.address, 1, world.holder(0).address, REF)


@pytest.fixture
def world(prepared) -> World:
    """The prepared world, as new in every test."""
    point = prepared.chain.snapshot()
    yield prepared
    prepared.chain.restore(point)


@pytest.fixture
def suite(world):
    return world.suite


@pytest.fixture
def peg(world):
    return world.peg


@pytest.fixture
def usd(world):
    return world.suite.peg("USD")


@pytest.fixture
def unsent(world, monkeypatch):
    """Nothing may be sent."""
    monkeypatch.setattr(type(world.chain), "send", lambda *_: pytest.fail("sent"))


@pytest.fixture
def take(world, tmp_path):
    """Reads a bank's file of these entries."""

    def read(*rows, currency="HKD"):
        return read_statements(bank_file(tmp_path / "statement.xml", *rows, currency=currency))

    return read


def run(world, found, signer):
    """Carries out what is to be done; what the chain refuses is refused line by line."""
    for line in found.to_do:
        try:
            actions.carry_out(world.suite, line.action, signer)
            line.outcome = "done"
        except Reverted as fault:
            line.outcome, line.reason = "refused", fault.name
    return found


def proposed_by_file(world, statements):
    found = issuance.proposals(world.suite, world.peg, statements)
    return run(world, found, world.member("PROPOSER"))


def approved_by_file(world, statements, by=0):
    found = issuance.approvals(world.suite, world.peg, statements, approver(by))
    return run(world, found, approver(by))


def outcomes(found):
    return [(line.reference or line.where, line.outcome) for line in found.lines]


def issued(world, payee):
    return world.token.call("balanceOf", world.holder(payee).address)


# Names and references


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ent-1",
        "1ENT",
        "-ENT",
        "ENT 1",
        "ENT_1",
        "ENT\n",
        "ÄNT",
        "A" * 32,
        "ENT\N{FULLWIDTH DIGIT ONE}",
    ],
)
def test_what_is_no_channels_name(name):
    with pytest.raises(InputError, match="1 to 31 of A-Z, 0-9 and -, a letter first"):
        issuance.channel_word(name)


@pytest.mark.parametrize("name", ["A", "ENT-1", "A" * 31, "X9-"])
def test_a_channels_name_is_padded(name):
    assert issuance.channel_word(name) == name.encode() + bytes(32 - len(name))


@pytest.mark.req("HK-38")
def test_a_credit_has_one_reference_by_hand_and_by_file(take, world):
    ((found,),) = [s.credits for s in take(credit(world, "FPS17", "10.00", NAME))]
    by_hand = issuance.credit_reference(ACCOUNT, "FPS17")
    assert by_hand == keccak(text=f"pegboard-deposit/1\n{ACCOUNT}\nFPS17")
    assert by_hand == issuance.deposit_reference(found)
    for account, ref in ((ACCOUNT, ""), ("", "FPS17"), (ACCOUNT, "FPS\n17"), (ACCOUNT, "=1+1")):
        with pytest.raises(InputError, match="is not"):
            issuance.credit_reference(account, ref)


# Reading


def test_an_order_that_never_was(suite):
    order = issuance.order_of(suite, ONE)
    assert (order.ref, order.status, order.amount, order.channel) == (ONE, "none", 0, "")
    assert order.approvers == ()


def test_an_order_with_all_that_is_recorded_of_it(world, suite):
    propose(world, ONE, 2_000_000 * UNIT)
    expires_at = world.chain.now() + 3 * DAY
    approve(world, ONE, 2_000_000 * UNIT)
    assert issuance.order_of(suite, ONE) == issuance.Order(
        ref=ONE,
        channel=NAME,
        amount=2_000_000 * UNIT,
        proposer=world.member("PROPOSER"),
        expires_at=expires_at,
        status="proposed",
        approvers=(approver(0),),
    )
    approve(world, ONE, 2_000_000 * UNIT, by=1)
    assert issuance.order_of(suite, ONE).status == "issued"


def test_an_order_waits_to_its_last_second(world, suite, peg):
    propose(world, ONE, UNIT)
    world.chain.warp(3 * DAY)
    assert issuance.order_of(suite, ONE).status == "proposed"
    assert issuance.propose(suite, peg, ONE, NAME, UNIT).nothing_to_do
    world.chain.warp(1)
    assert issuance.order_of(suite, ONE).status == "expired"
    assert issuance.open_orders(suite, peg) == []
    assert not issuance.propose(suite, peg, ONE, NAME, UNIT).nothing_to_do


@pytest.mark.parametrize("page", [1, 2, 3, 200])
def test_what_waits_is_listed_by_currency(world, suite, peg, usd, monkeypatch, page):
    monkeypatch.setattr(issuance, "PAGE", page)
    for ref in (ONE, TWO, THREE):
        propose(world, ref, UNIT)
    approve(world, TWO, UNIT)
    propose(world, TWO[::-1], 5 * UNIT, issuance.channel_word(OTHER))
    world.act("GUARDIAN", suite.desks.issuance, "cancel", THREE, REF)
    assert [order.ref for order in issuance.open_orders(suite, peg)] == [ONE, TWO[::-1]]
    assert issuance.open_orders(suite, usd) == []
    assert [c.name for c in issuance.channels(suite)] == [NAME, OTHER, "USD-1"]
    assert [c.name for c in issuance.channels(suite, peg)] == [NAME, OTHER]
    assert [c.name for c in issuance.channels(suite, usd)] == ["USD-1"]


@pytest.mark.parametrize(
    ("count", "start", "asked"),
    [(0, 0, []), (0, 1, []), (3, 0, [0]), (4, 0, [0, 3]), (3, 1, [1]), (7, 1, [1, 4, 7])],
)
def test_pages_ask_for_no_more_than_there_is(monkeypatch, count, start, asked):
    monkeypatch.setattr(issuance, "PAGE", 3)
    calls = []

    def read(offset, limit):
        calls.append(offset)
        assert limit == 3
        return list(range(offset, min(offset + limit, count + start)))

    assert list(issuance.pages(count, read, start)) == list(range(start, count + start))
    assert calls == asked


def test_a_channel_with_all_that_is_recorded_of_it(world, suite, peg):
    direct, wholesale = issuance.channels(suite, peg)
    assert direct == issuance.Channel(
        name=NAME,
        token=peg.token.address,
        payee=to_checksum_address(world.holder(0).address),
        kind="direct",
        open=True,
        cap=5_000_000 * UNIT,
        capacity=20_000_000 * UNIT,
        window=DAY,
        available=20_000_000 * UNIT,
    )
    assert (wholesale.name, wholesale.kind) == (OTHER, "wholesale")


@pytest.mark.req("HK-38")
def test_a_preview_names_what_binds(world, suite):
    assert issuance.preview(suite, NAME) == (
        "the channel's cap on one order",
        5_000_000 * UNIT,
    )
    assert issuance.preview(suite, "NOBODY") == ("the channel is not open", 0)
    world.act("PAUSER", world.token, "pause", 4, REF)
    assert issuance.preview(suite, NAME) == ("minting is stopped", 0)
    world.act("RESUMER", world.token, "resume", 4, REF, world.token.call("pauseNumber"))
    world.chain.warp(26 * 3600 + 1)
    assert issuance.preview(suite, NAME) == ("the reserves", 0)


# Propose


@pytest.mark.parametrize("units", [0, 2**96, 2**112 - 1])
def test_an_order_has_a_size(suite, peg, units):
    for act in (issuance.propose, issuance.approve):
        signer = () if act is issuance.propose else (approver(),)
        with pytest.raises(InputError, match="above zero, and at most 2\\^96 - 1"):
            act(suite, peg, ONE, NAME, units, *signer)


def test_the_largest_that_there_is_room_for_is_the_desks_to_refuse(world, suite, peg):
    action = issuance.propose(suite, peg, ONE, NAME, 2**96 - 1)
    with pytest.raises(Reverted, match="OrderCapExceeded") as caught:
        actions.summarise(suite, roles(), action, world.member("PROPOSER"))
    text = refusal(caught.value, artifacts().notices, peg.config)
    assert "channel ENTERPRISE-1, amount 79,228,162,514,264,337,593,543.950335 HKD" in text
    assert "cap 5,000,000.00 HKD); have GOVERNOR raise the channel's cap" in text


@pytest.mark.req("HK-38")
def test_a_channel_is_of_one_currency(world, suite, usd):
    """What a signer is shown is what is done: an approval on chain names no currency."""
    propose(world, ONE, UNIT)
    for act in (issuance.propose, issuance.approve):
        signer = () if act is issuance.propose else (approver(),)
        with pytest.raises(InputError, match="a channel of another currency, not of USD"):
            act(suite, usd, ONE, NAME, UNIT, *signer)
    with pytest.raises(InputError, match="a channel of another currency, not of USD"):
        issuance.cancel(suite, ONE, REF, usd)
    with pytest.raises(InputError, match="not of HKD"):
        issuance.propose(suite, world.peg, TWO, "USD-1", UNIT)


@pytest.mark.req("HK-38", "HK-11")
def test_a_proposal_says_what_it_binds(world, suite, peg):
    action = issuance.propose(suite, peg, ONE, NAME, 1_250_500_000)
    seen = actions.summarise(suite, roles(), action, world.member("PROPOSER"))
    assert seen.sentence == (
        f"propose to issue 1,250.50 HKD through ENTERPRISE-1, bank reference 0x{ONE.hex()}"
    )
    assert (seen.needs, seen.delay, seen.contract) == (
        "PROPOSER",
        0,
        suite.desks.issuance.address,
    )
    assert (action.ref, action.amount, action.details) == (ONE, 1_250_500_000, {"channel": NAME})
    actions.carry_out(suite, action, world.member("PROPOSER"))
    assert issuance.order_of(suite, ONE).amount == 1_250_500_000


@pytest.mark.req("HK-38")
def test_the_very_order_is_not_proposed_twice(world, suite, peg):
    propose(world, ONE, UNIT)
    assert issuance.propose(suite, peg, ONE, NAME, UNIT).nothing_to_do
    approve(world, ONE, UNIT)
    assert issuance.propose(suite, peg, ONE, NAME, UNIT).nothing_to_do


@pytest.mark.req("HK-38")
@pytest.mark.parametrize(("name", "units"), [(NAME, UNIT + 1), (OTHER, UNIT)])
def test_a_bank_reference_keeps_its_terms(world, suite, peg, name, units):
    propose(world, ONE, UNIT)
    asked = f"not of {actions.money(peg, units)} through {name}: "
    with pytest.raises(InputError) as caught:
        issuance.propose(suite, peg, ONE, name, units)
    assert str(caught.value) == (
        "this bank reference has an order of 1.00 HKD through ENTERPRISE-1 (proposed), "
        f"{asked}have GUARDIAN cancel it if it is wrong"
    )
    approve(world, ONE, UNIT)
    with pytest.raises(InputError) as caught:
        issuance.propose(suite, peg, ONE, name, units)
    assert str(caught.value) == (
        "this bank reference has an order of 1.00 HKD through ENTERPRISE-1 (issued), "
        f"{asked}it issues once, so ask the bank what the difference is"
    )


def test_what_was_cancelled_is_proposed_anew_with_other_terms(world, suite, peg):
    propose(world, ONE, UNIT)
    world.act("GUARDIAN", suite.desks.issuance, "cancel", ONE, REF)
    action = issuance.propose(suite, peg, ONE, OTHER, 2 * UNIT)
    actions.carry_out(suite, action, world.member("PROPOSER"))
    assert issuance.order_of(suite, ONE).channel == OTHER


@pytest.mark.req("HK-38")
def test_proposing_takes_the_role(world, suite, peg, unsent):
    action = issuance.propose(suite, peg, ONE, NAME, UNIT)
    for who in (approver(), world.member("GOVERNOR"), world.holder().address):
        with pytest.raises(NotPermitted, match="that takes PROPOSER"):
            actions.summarise(suite, roles(), action, who)
        with pytest.raises(NotPermitted):
            actions.carry_out(suite, action, who)


# Approve


def test_what_does_not_wait_is_not_approved(world, suite, peg):
    with pytest.raises(InputError) as caught:
        issuance.approve(suite, peg, ONE, NAME, UNIT, approver())
    assert str(caught.value) == "no order waits for this bank reference"
    propose(world, ONE, UNIT)
    world.act("GUARDIAN", suite.desks.issuance, "cancel", ONE, REF)
    with pytest.raises(InputError, match=r"\(it is cancelled\)"):
        issuance.approve(suite, peg, ONE, NAME, UNIT, approver())
    propose(world, ONE, UNIT)
    world.chain.warp(3 * DAY + 1)
    with pytest.raises(InputError, match=r"\(it is expired\)"):
        issuance.approve(suite, peg, ONE, NAME, UNIT, approver())


@pytest.mark.req("HK-38")
@pytest.mark.parametrize(("name", "units"), [(NAME, UNIT + 1), (OTHER, UNIT)])
def test_an_order_that_differs_from_the_bank_is_not_approved(world, suite, peg, name, units):
    propose(world, ONE, UNIT)
    with pytest.raises(InputError) as caught:
        issuance.approve(suite, peg, ONE, name, units, approver())
    assert str(caught.value) == (
        "the order is of 1.00 HKD through ENTERPRISE-1, not of "
        f"{actions.money(peg, units)} through {name}: do not approve it, have GUARDIAN cancel it"
    )
    # The desk itself would refuse it, too.
    with pytest.raises(Reverted) as refused:
        approve(world, ONE, units, issuance.channel_word(name))
    assert refused.value.name == "OrderMismatch"
    text = refusal(refused.value, artifacts().notices, peg.config)
    assert f"bankRef 0x{ONE.hex()}, channel ENTERPRISE-1, amount 1.00 HKD); do not approve" in text
    approve(world, ONE, UNIT)
    with pytest.raises(InputError, match="it was issued, so ask the bank what the difference is"):
        issuance.approve(suite, peg, ONE, name, units, approver())


@pytest.mark.req("HK-38")
def test_an_approver_counts_once_and_the_last_issues(world, suite, peg):
    units = 1_000_000 * UNIT + 1
    propose(world, ONE, units)
    first = issuance.approve(suite, peg, ONE, NAME, units, approver(0))
    assert not first.nothing_to_do
    assert first.call.text == (
        f"approve to issue 1,000,000.000001 HKD through ENTERPRISE-1, bank reference 0x{ONE.hex()}"
    )
    actions.carry_out(suite, first, approver(0))
    assert issued(world, 0) == 0
    again = issuance.approve(suite, peg, ONE, NAME, units, approver(0).lower())
    assert again.nothing_to_do
    second = issuance.approve(suite, peg, ONE, NAME, units, approver(1))
    assert not second.nothing_to_do
    actions.carry_out(suite, second, approver(1))
    assert issued(world, 0) == units
    assert issuance.approve(suite, peg, ONE, NAME, units, approver(2)).nothing_to_do


@pytest.mark.req("HK-38")
def test_approving_takes_the_role(world, suite, peg):
    propose(world, ONE, UNIT)
    proposer = world.member("PROPOSER")
    action = issuance.approve(suite, peg, ONE, NAME, UNIT, proposer)
    with pytest.raises(NotPermitted, match="that takes APPROVER"):
        actions.summarise(suite, roles(), action, proposer)
    assert issued(world, 0) == 0


# Cancel


def test_what_cannot_be_cancelled(world, suite, peg):
    with pytest.raises(InputError) as caught:
        issuance.cancel(suite, ONE, REF, peg)
    assert str(caught.value) == "this bank reference has no order to cancel"
    propose(world, ONE, UNIT)
    approve(world, ONE, UNIT)
    with pytest.raises(InputError, match=r"no order to cancel \(it is issued\)"):
        issuance.cancel(suite, ONE, REF, peg)


def test_cancelling_twice(world, suite, peg):
    propose(world, ONE, UNIT)
    action = issuance.cancel(suite, ONE, reference("typed wrongly"), peg)
    assert action.call.text == (
        f"cancel the order of bank reference 0x{ONE.hex()}, 1.00 HKD through ENTERPRISE-1, "
        "reference typed wrongly"
    )
    with pytest.raises(NotPermitted, match="that takes GUARDIAN"):
        actions.summarise(suite, roles(), action, world.member("PROPOSER"))
    actions.carry_out(suite, action, world.member("GUARDIAN"))
    assert issuance.order_of(suite, ONE).status == "cancelled"
    assert issuance.cancel(suite, ONE, REF, peg).nothing_to_do


# A bank's file


@pytest.mark.req("HK-38")
def test_every_line_of_a_file_is_accounted_for(world, peg, take):
    rows = [
        credit(world, "FPS1", "100.00", f"for {NAME}, thank you"),
        credit(world, "FPS2", "200.50", f"/{OTHER.lower()}/"),
        credit(world, "FPS1", "100.00", f"for {NAME}, thank you"),
        credit(world, "FPS3", "5.00", "charges", side="DBIT"),
        credit(world, "FPS4", "6.00", NAME, status="PDNG"),
        credit(world, "FPS5", "7.00", "rent"),
    ]
    found = issuance.proposals(world.suite, peg, take(*rows))
    told = [
        (line.reference, line.amount, line.currency, line.channel, line.outcome)
        for line in found.lines
    ]
    assert told == [
        ("FPS1", "100.00", "HKD", NAME, "ready"),
        ("FPS2", "200.50", "HKD", OTHER, "ready"),
        ("FPS5", "7.00", "HKD", "", "refused"),
        ("", "100.00", "HKD", "", "duplicate"),
        ("", "5.00", "HKD", "", "ignored"),
        ("", "6.00", "HKD", "", "ignored"),
    ]
    assert [line.reason for line in found.lines[2:4]] == [
        "its remittance names no open channel: ask the payer, then propose it by hand",
        f"a duplicate of {found.lines[0].where}, reference FPS1",
    ]
    assert [line.reference for line in found.to_do] == ["FPS1", "FPS2"]
    assert found.count("ignored") == 2
    assert found.lines[0].as_dict() == {
        "where": found.lines[0].where,
        "currency": "HKD",
        "amount": "100.00",
        "outcome": "ready",
        "reference": "FPS1",
        "bankRef": "0x" + issuance.credit_reference(ACCOUNT, "FPS1").hex(),
        "channel": NAME,
    }
    assert "bankRef" not in found.lines[4].as_dict()


@pytest.mark.req("HK-38")
def test_a_file_is_proposed_approved_and_issued_once(world, take):
    statements = take(
        credit(world, "FPS1", "100.00", NAME),
        credit(world, "FPS2", "2000000.00", OTHER),
        credit(world, "FPS3", "0.01", NAME),
    )
    done = [("FPS1", "done"), ("FPS2", "done"), ("FPS3", "done")]
    nothing = [(name, "nothing") for name, _ in done]
    assert outcomes(proposed_by_file(world, statements)) == done
    assert outcomes(proposed_by_file(world, statements)) == nothing
    assert outcomes(approved_by_file(world, statements)) == done
    assert (issued(world, 0), issued(world, 1)) == (100_010_000, 0)
    # The same approver again: the large one waits for another.
    assert outcomes(approved_by_file(world, statements)) == nothing
    second = [("FPS1", "nothing"), ("FPS2", "done"), ("FPS3", "nothing")]
    assert outcomes(approved_by_file(world, statements, by=1)) == second
    assert (issued(world, 0), issued(world, 1)) == (100_010_000, 2_000_000 * UNIT)
    assert outcomes(approved_by_file(world, statements, by=2)) == nothing
    assert outcomes(proposed_by_file(world, statements)) == nothing
    assert world.token.call("totalSupply") == 2_000_100_010_000


@pytest.mark.req("HK-38")
def test_what_was_cut_off_half_way_goes_on_where_it_stopped(world, peg, take):
    statements = take(*(credit(world, f"FPS{n}", f"{n}.00", NAME) for n in range(1, 6)))
    found = issuance.proposals(world.suite, peg, statements)
    for line in found.to_do[:2]:
        actions.carry_out(world.suite, line.action, world.member("PROPOSER"))
    again = proposed_by_file(world, statements)
    assert [line.outcome for line in again.lines] == ["nothing"] * 2 + ["done"] * 3
    approvals = issuance.approvals(world.suite, peg, statements, approver())
    for line in approvals.to_do[:4]:
        actions.carry_out(world.suite, line.action, approver())
    again = approved_by_file(world, statements)
    assert [line.outcome for line in again.lines] == ["nothing"] * 4 + ["done"]
    assert issued(world, 0) == 15 * UNIT


@pytest.mark.req("HK-38")
def test_an_amount_that_the_bank_restates_is_the_same_credit(world, take):
    first = take(credit(world, "FPS1", "100.00", NAME))
    restated = take(credit(world, "FPS1", "1000.00", NAME))
    proposed_by_file(world, first)
    for found in (proposed_by_file(world, restated), approved_by_file(world, restated)):
        (line,) = found.lines
        assert (line.outcome, found.to_do) == ("refused", [])
        assert "have GUARDIAN cancel it" in line.reason
    approved_by_file(world, first)
    for found in (proposed_by_file(world, restated), approved_by_file(world, restated)):
        (line,) = found.lines
        assert line.outcome == "refused"
        assert "ask the bank what the difference is" in line.reason
    assert issued(world, 0) == 100 * UNIT


@pytest.mark.req("HK-38")
def test_one_reference_for_two_contents_takes_nothing(world, peg, take):
    statements = take(credit(world, "FPS1", "100.00", NAME), credit(world, "FPS1", "101.00", NAME))
    for read in (issuance.proposals, issuance.approvals):
        signer = () if read is issuance.proposals else (approver(),)
        with pytest.raises(BankFileError, match="differ in amount: ask the bank which is right"):
            read(world.suite, peg, statements, *signer)


@pytest.mark.req("HK-38")
def test_a_credit_in_another_currency_is_refused(world, peg, take):
    statements = take(credit(world, "FPS1", "100.00", NAME), currency="USD")
    (line,) = issuance.proposals(world.suite, peg, statements).lines
    assert (line.outcome, line.reason) == ("refused", "it is in USD, not in HKD")
    (line,) = issuance.proposals(world.suite, world.suite.peg("USD"), statements).lines
    assert line.reason.startswith("its remittance names no open channel")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", "names no open channel"),
        ("ENTERPRISE", "names no open channel"),
        (f"{NAME}0", "names no open channel"),
        (f"X{NAME}", "names no open channel"),
        (f"{NAME}-", "names no open channel"),
        ("ENTERPRISE -1", "names no open channel"),
        ("USD-1", "names no open channel"),
        (f"{NAME} or {OTHER}", f"names {NAME}, {OTHER}"),
    ],
)
def test_what_a_remittance_must_name(world, peg, take, words, why):
    statements = take(credit(world, "FPS1", "1.00", words), credit(world, "FPS2", "2.00", NAME))
    found = issuance.proposals(world.suite, peg, statements)
    assert outcomes(found) == [("FPS1", "refused"), ("FPS2", "ready")]
    assert found.lines[0].reason == f"its remittance {why}: ask the payer, then propose it by hand"


@pytest.mark.parametrize("words", [NAME, f"{NAME} {NAME}", f"inv.7,{NAME.lower()};thanks"])
def test_how_a_channel_may_be_named(words):
    assert issuance.channel_in(words, {NAME, OTHER}) == NAME


@pytest.mark.req("HK-38")
def test_funds_count_from_their_value_date_in_hong_kong(world, peg, take):
    """To the second: the day begins at 16:00 UTC of the day before."""
    tomorrow = today(world) + timedelta(days=1)
    statements = take(credit(world, "FPS1", "1.00", NAME, value_date=tomorrow))
    until(world, f"{tomorrow - timedelta(days=1)} 23:59:59")
    for read in (issuance.proposals, issuance.approvals):
        signer = () if read is issuance.proposals else (approver(),)
        (line,) = read(world.suite, peg, statements, *signer).lines
        assert (line.outcome, line.reason) == (
            "refused",
            f"its funds count from {tomorrow}: propose it then",
        )
    world.chain.warp(1)
    assert world.chain.now() == moment(f"{tomorrow} 00:00:00")
    (line,) = issuance.proposals(world.suite, peg, statements).lines
    assert line.outcome == "ready"


@pytest.mark.req("HK-38")
def test_a_line_that_differs_stops_no_other(world, peg, take):
    statements = take(
        credit(world, "FPS1", "100.00", NAME),
        credit(world, "FPS2", "171.00", NAME),
        credit(world, "FPS3", "300.00", NAME),
    )
    wrong = issuance.credit_reference(ACCOUNT, "FPS2")
    propose(world, wrong, 117 * UNIT)
    assert outcomes(proposed_by_file(world, statements)) == [
        ("FPS1", "done"),
        ("FPS2", "refused"),
        ("FPS3", "done"),
    ]
    found = approved_by_file(world, statements)
    assert outcomes(found) == [("FPS1", "done"), ("FPS2", "refused"), ("FPS3", "done")]
    assert found.lines[1].reason == (
        "the order is of 117.00 HKD through ENTERPRISE-1, not of 171.00 HKD through "
        "ENTERPRISE-1: do not approve it, have GUARDIAN cancel it"
    )
    assert issued(world, 0) == 400 * UNIT
    world.act("GUARDIAN", world.suite.desks.issuance, "cancel", wrong, REF)
    proposed_by_file(world, statements)
    approved_by_file(world, statements)
    assert issued(world, 0) == 571 * UNIT


@pytest.mark.req("HK-38")
def test_what_was_done_by_hand_is_not_done_again_by_file(world, take):
    statements = take(credit(world, "FPS1", "1.00", "rent"))
    by_hand = issuance.credit_reference(ACCOUNT, "FPS1")
    assert outcomes(proposed_by_file(world, statements)) == [("FPS1", "refused")]
    propose(world, by_hand, UNIT)
    assert outcomes(proposed_by_file(world, statements)) == [("FPS1", "nothing")]
    # The bank's words do not confirm the channel: who approves has to ask, too.
    assert outcomes(approved_by_file(world, statements)) == [("FPS1", "refused")]
    approve(world, by_hand, UNIT)
    assert outcomes(approved_by_file(world, statements)) == [("FPS1", "nothing")]
    restated = take(credit(world, "FPS1", "2.00", "rent"))
    assert outcomes(proposed_by_file(world, restated)) == [("FPS1", "refused")]


def test_what_was_issued_before_its_channel_closed_needs_nothing(world, take):
    statements = take(credit(world, "FPS1", "1.00", NAME), credit(world, "FPS2", "2.00", NAME))
    proposed_by_file(world, statements)
    approve(world, issuance.credit_reference(ACCOUNT, "FPS1"), UNIT)
    desk = world.suite.desks.issuance
    world.act("PAUSER", desk, "closeChannel", issuance.channel_word(NAME), REF)
    assert outcomes(approved_by_file(world, statements)) == [
        ("FPS1", "nothing"),
        ("FPS2", "refused"),
    ]


def test_a_file_of_no_credits(world, peg, take):
    found = issuance.proposals(
        world.suite, peg, take(credit(world, "FEE1", "5.00", "charges", side="DBIT"))
    )
    assert outcomes(found) == [(found.lines[0].where, "ignored")]
    assert found.to_do == []


def test_a_credit_that_the_token_cannot_hold_exactly(world, peg, take):
    """A token of two decimals, and a bank that writes three."""
    coarse = replace(peg, config=replace(peg.config, decimals=2))
    statements = take(credit(world, "FPS1", "1.005", NAME))
    (line,) = issuance.proposals(world.suite, coarse, statements).lines
    assert line.outcome == "refused"
    assert "amounts are never rounded" in line.reason
