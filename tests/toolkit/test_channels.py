"""Channels: what may be asked of them, and what is said before it is signed.

Limits
├── given a cap that the desk has no room for, or no window: refuses
└── else: says what they are

open_channel
├── given a name that no bank's text can carry: refuses
├── given a channel of another currency, kind or payee: refuses, before anything waits
├── given one that is open: nothing to do
└── else: opens it, with nothing to issue yet; also one that was closed

raise_limits
├── given a channel that is not open yet: may be scheduled, and the chain judges when it is due
├── given the limits in force: nothing to do
└── else: sets them

lower_limits
├── given a channel that never was, or is closed: refuses
├── given anything that would rise: refuses, and says which of the three
├── given the limits in force: nothing to do
└── else: sets them at once

close
├── given a channel that never was: refuses
├── given a closed one: nothing to do
└── else: closes it

listed
└── every channel, with its payee's standing; of one currency or of all
"""

from dataclasses import replace

import pytest

from pegboard import actions, channels, issuance
from pegboard.channels import Limits
from pegboard.errors import InputError
from tests.support.desks import CHANNEL, WHOLESALE, bind, open_channel
from tests.support.refusal import emitted, refused
from tests.support.revm import RevmChain
from tests.support.world import REF, build_world, roles

DAY = 86_400
HKD = 10**6
NAME = "ENTERPRISE-1"
REF_HEX = "0x" + REF.hex()
WORD = "0x" + CHANNEL.hex()


@pytest.fixture
def desk(world):
    return world.suite.desks.issuance


@pytest.fixture
def payee(world):
    return world.holder(0).address


@pytest.fixture
def opened(world, payee):
    """A channel that may issue 5 HKD an order and 20 HKD a day."""
    open_channel(world, payee, cap=5 * HKD, capacity=20 * HKD)
    return world


def do(world, action, role):
    """Shows and does it, waiting for its delay, as the commands do."""
    signer = world.member(role)
    actions.summarise(world.suite, roles(), action, signer)
    outcome = actions.carry_out(world.suite, action, signer)
    if not outcome.executed:
        world.chain.warp(outcome.ready_at - world.chain.now())
        actions.summarise(world.suite, roles(), action, signer)
        outcome = actions.carry_out(world.suite, action, signer)
    return outcome.receipt


def to_open(world, payee, *, name=NAME, kind="direct"):
    return channels.open_channel(world.suite, world.peg, name, kind, payee, REF)


def to_lower(world, *limits):
    return channels.lower_limits(world.suite, world.peg, NAME, Limits(*limits), REF)


def to_raise(world, *limits):
    return channels.raise_limits(world.suite, world.peg, NAME, Limits(*limits), REF)


# Limits


def test_what_is_no_limit():
    assert Limits(2**96 - 1, 0, 1).cap == 2**96 - 1
    with pytest.raises(InputError, match=r"more than a channel can have \(2\^96 - 1 base units\)"):
        Limits(2**96, 0, 1)
    with pytest.raises(InputError, match="the window is zero"):
        Limits(1, 1, 0)


# Opening


@pytest.mark.req("HK-47")
@pytest.mark.parametrize(
    "name",
    ["", "hsbc", "1A", "-A", "A" * 32, "A B", "A_B", "Ä", "A\n", "A.", " A", "\uff21"],
)
def test_what_is_no_channels_name(world, payee, name):
    """A payer writes it in the bank's remittance text, in capitals."""
    with pytest.raises(InputError, match="1 to 31 of A-Z, 0-9 and -, a letter first"):
        to_open(world, payee, name=name)


@pytest.mark.req("HK-47")
@pytest.mark.parametrize("kind", ["direct", "wholesale"])
@pytest.mark.parametrize("name", ["A", "A" * 31, "W-2"])
def test_opens_with_nothing_to_issue(world, desk, payee, kind, name):
    action = to_open(world, payee, name=name, kind=kind)
    assert action.call.text == (
        f"open {name}, a {kind} channel of HKD to {payee} (a wallet that is unknown), with no "
        f"limits yet, reference {REF_HEX}"
    )
    events = emitted(desk, do(world, action, "GOVERNOR"))
    assert [event for event, _ in events] == ["ChannelOpened", "ChannelLimitSet"]
    found = channels.find(world.suite, world.peg, name)
    assert (found.name, found.token, found.payee) == (name, world.token.address, payee)
    assert (found.kind, found.open, found.cap, found.capacity) == (kind, True, 0, 0)
    assert to_open(world, payee, name=name, kind=kind).nothing_to_do


def test_a_payees_standing_is_said(world):
    bind(world, world.holder(0))
    action = to_open(world, world.holder(0).address)
    assert "(a wallet that is ready)" in action.call.text
    assert action.details["payeeStanding"] == "ready"


@pytest.mark.req("HK-47")
def test_a_channel_keeps_what_it_stands_for(opened, payee):
    """Refused at once: else it would be only after the delay."""
    other = opened.holder(1).address
    for kind, to in (("wholesale", payee), ("direct", other)):
        with pytest.raises(InputError, match=f"{NAME} is a direct channel to {payee}, for ever"):
            to_open(opened, to, kind=kind)


def test_a_closed_channel_opens_again_with_nothing(opened, payee):
    do(opened, channels.close(opened.suite, opened.peg, NAME, REF), "PAUSER")
    action = to_open(opened, payee)
    assert action.call.text.startswith(f"open again {NAME}, ")
    assert not action.nothing_to_do
    do(opened, action, "GOVERNOR")
    found = channels.known(opened.suite, opened.peg, NAME)
    assert (found.open, found.cap, found.capacity) == (True, 0, 0)


@pytest.fixture
def two():
    """HKD and USD, of which HKD has the channel."""
    world = build_world(RevmChain(), ("HKD", "USD"))
    open_channel(world, world.holder(0).address)
    return world


def test_a_name_belongs_to_one_currency(two):
    payee, dollars = two.holder(0).address, two.suite.peg("USD")
    for ask in (
        lambda: channels.open_channel(two.suite, dollars, NAME, "direct", payee, REF),
        lambda: channels.raise_limits(two.suite, dollars, NAME, Limits(1, 1, 1), REF),
        lambda: channels.lower_limits(two.suite, dollars, NAME, Limits(0, 0, 1), REF),
        lambda: channels.close(two.suite, dollars, NAME, REF),
        lambda: channels.known(two.suite, dollars, NAME),
    ):
        with pytest.raises(InputError, match=f"{NAME} is a channel of HKD, not of USD"):
            ask()
    # A name that is free may become any currency's.
    action = channels.open_channel(two.suite, dollars, "USD-1", "direct", payee, REF)
    do(two, action, "GOVERNOR")
    assert channels.known(two.suite, dollars, "USD-1").token == dollars.token.address


# Raising


@pytest.mark.req("HK-47")
def test_limits_are_raised_after_the_delay(opened, desk):
    action = to_raise(opened, 6 * HKD, 30 * HKD, 2 * DAY)
    assert action.call.text == (
        f"let {NAME} issue up to 6.00 HKD an order and 30.00 HKD per 2d, now up to 5.00 HKD an "
        f"order and 20.00 HKD per 1d, reference {REF_HEX}"
    )
    events = emitted(desk, do(opened, action, "GOVERNOR"))
    assert events == [
        (
            "ChannelLimitSet",
            {
                "channel": WORD,
                "cap": 6 * HKD,
                "capacity": 30 * HKD,
                "window": 2 * DAY,
                "operator": opened.member("GOVERNOR"),
                "ref": REF_HEX,
            },
        )
    ]
    assert to_raise(opened, 6 * HKD, 30 * HKD, 2 * DAY).nothing_to_do
    assert not to_raise(opened, 6 * HKD, 30 * HKD, 2 * DAY + 1).nothing_to_do


def test_raising_may_wait_together_with_opening(world, desk, payee):
    """Two days in all, not four."""
    governor = world.member("GOVERNOR")
    opening, raising = to_open(world, payee), to_raise(world, HKD, HKD, DAY)
    assert "which is not open yet" in raising.call.text
    for action in (opening, raising):
        actions.summarise(world.suite, roles(), action, governor)
        assert not actions.carry_out(world.suite, action, governor).executed
    world.chain.warp(2 * DAY)
    with refused(world, "ChannelNotOpen", channel=WORD):
        actions.summarise(world.suite, roles(), raising, governor)
    for action in (opening, raising):
        assert actions.carry_out(world.suite, action, governor).executed
    found = channels.known(world.suite, world.peg, NAME)
    assert (found.cap, found.capacity, found.window) == (HKD, HKD, DAY)


def test_a_closed_channels_old_limits_are_not_in_force(opened):
    do(opened, channels.close(opened.suite, opened.peg, NAME, REF), "PAUSER")
    action = to_raise(opened, 5 * HKD, 20 * HKD, DAY)
    assert not action.nothing_to_do
    assert "which is not open yet" in action.call.text


# Lowering


@pytest.mark.req("HK-47")
@pytest.mark.parametrize(
    ("limits", "rises"),
    [
        ((5 * HKD + 1, 20 * HKD, DAY), ["cap"]),
        ((5 * HKD, 20 * HKD, DAY - 1), ["refill"]),
        ((5 * HKD, 20 * HKD + 1, DAY), ["limit", "refill"]),
        ((5 * HKD, 20 * HKD + 1, 2 * DAY), ["limit"]),
        ((6 * HKD, 21 * HKD, DAY), ["cap", "limit", "refill"]),
        ((0, 10 * HKD + 1, DAY // 2), ["refill"]),
        ((6 * HKD, 0, 1), ["cap"]),
    ],
)
def test_what_would_rise_is_said(opened, desk, limits, rises):
    """Exactly where the desk refuses too."""
    with pytest.raises(InputError, match="nothing may rise when") as caught:
        to_lower(opened, *limits)
    said = str(caught.value)
    assert [rise for rise in ("cap", "limit", "refill") if f"the {rise} " in said] == rises
    with refused(opened, "ChannelNotLowered", channel=WORD):
        desk.send("lowerChannel", CHANNEL, *limits, REF, sender=opened.member("PAUSER"))


def test_the_three_are_told_with_their_figures(opened):
    with pytest.raises(InputError) as caught:
        to_lower(opened, 6 * HKD, 21 * HKD, DAY)
    assert str(caught.value) == (
        f"nothing may rise when {NAME} is lowered, and this would raise the cap (from 5.00 HKD to "
        "6.00 HKD); the limit (from 20.00 HKD to 21.00 HKD); the refill per second (from 20.00 "
        "HKD per 1d to 21.00 HKD per 1d): have GOVERNOR do that with `channels raise`"
    )


@pytest.mark.req("HK-47")
@pytest.mark.parametrize(
    "limits",
    [
        (5 * HKD - 1, 20 * HKD, DAY),
        (5 * HKD, 20 * HKD - 1, DAY),
        (5 * HKD, 20 * HKD, DAY + 1),
        (5 * HKD, 10 * HKD, DAY // 2),
        (0, 0, 1),
    ],
)
def test_lowers_at_once(opened, desk, limits):
    action = to_lower(opened, *limits)
    assert not action.nothing_to_do
    events = emitted(desk, do(opened, action, "PAUSER"))
    assert [event for event, _ in events] == ["ChannelLimitSet"]
    found = channels.known(opened.suite, opened.peg, NAME)
    assert (found.cap, found.capacity, found.window) == limits
    assert to_lower(opened, *limits).nothing_to_do


def test_the_limits_in_force_are_not_set_again(opened):
    assert to_lower(opened, 5 * HKD, 20 * HKD, DAY).nothing_to_do
    assert to_raise(opened, 5 * HKD, 20 * HKD, DAY).nothing_to_do


def test_only_an_open_channel_is_lowered(opened):
    with pytest.raises(InputError, match="there is no channel W-9: `channels list`"):
        channels.lower_limits(opened.suite, opened.peg, "W-9", Limits(0, 0, 1), REF)
    do(opened, channels.close(opened.suite, opened.peg, NAME, REF), "PAUSER")
    with pytest.raises(InputError, match=f"{NAME} is closed: nothing is issued through it"):
        to_lower(opened, 0, 0, 1)


# Closing


@pytest.mark.req("HK-47")
def test_closes_at_once(opened, desk):
    action = channels.close(opened.suite, opened.peg, NAME, REF)
    assert emitted(desk, do(opened, action, "PAUSER")) == [
        (
            "ChannelClosed",
            {"channel": WORD, "operator": opened.member("PAUSER"), "ref": REF_HEX},
        )
    ]
    assert channels.close(opened.suite, opened.peg, NAME, REF).nothing_to_do
    assert issuance.preview(opened.suite, NAME) == ("the channel is not open", 0)
    with pytest.raises(InputError, match="there is no channel W-9"):
        channels.close(opened.suite, opened.peg, "W-9", REF)


# Listing


@pytest.mark.req("HK-47")
def test_every_channel_is_listed(two):
    payee, dollars = two.holder(1).address, two.suite.peg("USD")
    bind(two, two.holder(0))
    usd = dollars.token.address
    two.act("GOVERNOR", two.suite.desks.issuance, "openChannel", b"W-1", usd, WHOLESALE, payee, REF)
    hkd = {
        "name": NAME,
        "currency": "HKD",
        "token": two.token.address,
        "kind": "direct",
        "payee": two.holder(0).address,
        "payeeStanding": "ready",
        "open": True,
        "cap": {"amount": "5000000.00", "units": "5000000000000"},
        "limit": {"amount": "20000000.00", "units": "20000000000000"},
        "window": DAY,
        "available": {"amount": "20000000.00", "units": "20000000000000"},
    }
    other = channels.listed(two.suite, dollars)
    assert [(c["name"], c["currency"], c["kind"]) for c in other] == [("W-1", "USD", "wholesale")]
    assert (other[0]["payee"], other[0]["payeeStanding"]) == (payee, "unknown")
    assert channels.listed(two.suite, two.peg) == [hkd]
    assert channels.listed(two.suite) == [hkd, *other]


def test_a_channel_of_an_undeclared_currency_is_not_hidden(two):
    alone = replace(two.suite, pegs={"USD": two.suite.peg("USD")})
    assert channels.listed(alone) == channels.listed(two.suite, two.peg)


def test_a_channel_of_a_retired_currency_goes_by_its_token(two):
    two.act("GOVERNOR", two.suite.registry, "retire", b"HKD", REF)
    (found,) = channels.listed(two.suite)
    assert (found["currency"], found["cap"]["amount"]) == (two.token.address, "5000000.00")
