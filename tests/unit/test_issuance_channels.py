"""Channels of the issuance desk, their limits, and how many must approve.

openChannel
├── when it has no name, kind or payee: reverts with ChannelInvalid
├── given it is open: reverts with ChannelInvalid
├── given it was opened before for another token, kind or payee: reverts with ChannelInvalid
├── when the token is not on the board, or not any more: reverts with CurrencyMismatch
├── before its delay: reverts
└── else: opens with neither cap nor limit, also when opened anew

closeChannel
├── given a channel that is unknown or closed: reverts with ChannelNotOpen
└── else: closes at once

lowerChannel
├── given a channel that is unknown or closed: reverts with ChannelNotOpen
├── when cap, capacity or refill would rise, or a window of zero would refill at once: reverts with
│   ChannelNotLowered
├── when the window is zero: reverts with InvalidWindow
└── else: cuts at once

raiseChannel
├── given a channel that is unknown or closed: reverts with ChannelNotOpen
├── when the window is zero: reverts with InvalidWindow
├── before its delay: reverts
└── else: sets cap and limit in either direction

a limit
├── refills to the unit, second by second, up to its capacity and never beyond
├── given a change: what is used stays used, and has refilled at the old rate until now
└── of zero, given any time: allows nothing

loosenTiers
├── when there are more than eight: reverts with TiersInvalid
├── when sizes do not ascend, approvals descend, or one needs none: reverts with TiersInvalid
├── before its delay: reverts
└── else: replaces all

tightenTiers
├── when a size would need fewer approvals, or was allowed by no tier: reverts with
│   TiersNotTightened
├── when the tiers would be invalid: reverts with TiersInvalid
└── else: replaces all, at once; by none, too

approvalsFor
├── when the amount is above the last tier, or there is none: reverts with TierExceeded
└── else: what the first tier needs that reaches the amount
"""

import pytest

from pegboard.errors import Reverted
from tests.support.desks import (
    CHANNEL,
    DAY,
    DIRECT,
    WHOLESALE,
    Channel,
    approve,
    bank_ref,
    bind,
    channel_of,
    later,
    open_channel,
    propose,
    read_channel,
)
from tests.support.refusal import emitted, refused, when_due, words_of
from tests.support.revm import RevmChain
from tests.support.world import REF, build_world

ZERO = "0x" + "00" * 20
REF_HEX = "0x" + REF.hex()
NO_NAME = b"\0" * 32
HKD = 10**6
MILLION = 1_000_000 * HKD
CAP, CAPACITY = 5 * MILLION, 20 * MILLION
MOST_CAP, MOST_CAPACITY, LONGEST = 2**96 - 1, 2**208 - 1, 2**48 - 1
SHIPPED = [(MILLION, 1), (10 * MILLION, 2)]
ELSEWHERE = b"WHOLESALER-1".ljust(32, b"\0")
EIGHT = [(10**n, n) for n in range(1, 9)]


def hexed(data):
    return "0x" + data.hex()


@pytest.fixture
def desk(world):
    return world.suite.desks.issuance


@pytest.fixture
def opened(world, desk, payee):
    """The channel, with cap and limit."""
    open_channel(world, payee.address)


@pytest.fixture
def ready(world, desk, payee, opened):
    """Its payee is ready, and reserves are ample and fresh."""
    bind(world, payee)
    world.attest(10**17)


def opening(world, payee, name=CHANNEL, token=None, kind=DIRECT):
    """The last step of opening a channel, when it is due."""
    desk, token = world.suite.desks.issuance, token or world.token.address
    return when_due(world, "GOVERNOR", desk, "openChannel", name, token, kind, payee, REF)


def raising(world, cap, capacity, window, name=CHANNEL):
    desk = world.suite.desks.issuance
    return when_due(world, "GOVERNOR", desk, "raiseChannel", name, cap, capacity, window, REF)


def lower(world, cap, capacity, window, name=CHANNEL):
    desk = world.suite.desks.issuance
    return world.act("PAUSER", desk, "lowerChannel", name, cap, capacity, window, REF)


def close(world, name=CHANNEL):
    return world.act("PAUSER", world.suite.desks.issuance, "closeChannel", name, REF)


def limit_set(operator, cap, capacity, window, name=CHANNEL):
    terms = {"cap": cap, "capacity": capacity, "window": window}
    evidence = {"channel": hexed(name), **terms, "operator": operator, "ref": REF_HEX}
    return ("ChannelLimitSet", evidence)


def waits(world, role, contract, name, *args):
    """Refuses the verb to the member who has not waited."""
    call, sender = contract.prepare(name, *args), world.member(role)
    operation = world.suite.authority.call("hashOperation", sender, contract.address, call.data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        contract.submit(call.data, sender=sender)


# Opening


@pytest.mark.parametrize(
    ("name", "kind", "nobody"),
    [(NO_NAME, DIRECT, False), (CHANNEL, 0, False), (CHANNEL, WHOLESALE, True)],
    ids=["no name", "no kind", "no payee"],
)
def test_refuses_a_channel_without(world, token, payee, name, kind, nobody):
    act = opening(world, ZERO if nobody else payee.address, name, kind=kind)
    with refused(world, "ChannelInvalid", channel=hexed(name), token=token.address):
        act()


def test_refuses_a_kind_that_is_none(world, payee):
    act = opening(world, payee.address, kind=3)
    before = words_of(world)
    with pytest.raises(Reverted) as caught:  # the decoder refuses it, without a reason
        act()
    assert caught.value.data == b""
    assert words_of(world) == before


def test_refuses_to_open_an_open_channel(world, token, payee, opened):
    """It would lose its limit at the most inconvenient moment."""
    act = opening(world, payee.address)
    with refused(world, "ChannelInvalid", channel=hexed(CHANNEL), token=token.address):
        act()


@pytest.mark.parametrize("change", ["token", "kind", "payee"])
def test_a_channel_keeps_what_it_stands_for(payee, change):
    """Orders bind the channel; nobody can turn it to another payee while they wait."""
    world = build_world(RevmChain(), ("HKD", "USD"))
    open_channel(world, payee.address)
    close(world)
    stranger, usd = world.holder(4).address, world.suite.pegs["USD"].token.address
    terms = {"payee": payee.address, "token": world.token.address, "kind": DIRECT}
    terms |= {"token": {"token": usd}, "kind": {"kind": WHOLESALE}, "payee": {"payee": stranger}}[
        change
    ]
    act = opening(world, **terms)
    with refused(world, "ChannelInvalid", channel=hexed(CHANNEL), token=terms["token"]):
        act()
    opening(world, payee.address)()


@pytest.mark.parametrize("token", [ZERO, "feed"])
def test_refuses_a_token_that_is_not_on_the_board(world, feed, payee, token):
    token = feed.address if token == "feed" else token
    act = opening(world, payee.address, token=token)
    with refused(world, "CurrencyMismatch", token=token, currency="0x000000"):
        act()


def test_refuses_a_token_that_left_the_board(world, token, registry, payee, opened):
    """Neither a new channel nor one that was."""
    close(world)
    world.act("GOVERNOR", registry, "retire", b"HKD", REF)
    for name in (CHANNEL, ELSEWHERE):
        act = opening(world, payee.address, name)
        with refused(world, "CurrencyMismatch", token=token.address, currency="0x000000"):
            act()


@pytest.mark.req("HK-05")
def test_opens_late(world, token, desk, payee):
    waits(
        world, "GOVERNOR", desk, "openChannel", CHANNEL, token.address, DIRECT, payee.address, REF
    )


@pytest.mark.req("HK-07")
@pytest.mark.parametrize("kind", [DIRECT, WHOLESALE])
def test_opens_without_cap_and_limit(world, token, desk, payee, governor, kind):
    """Zero means zero: nothing is issued before both are raised, whatever time passes."""
    nothing = Channel(CHANNEL, ZERO, ZERO, 0, False, 0, 0, 0, 0)
    assert channel_of(world) == nothing
    receipt = opening(world, payee.address, kind=kind)()
    assert emitted(desk, receipt) == [
        (
            "ChannelOpened",
            {
                "channel": hexed(CHANNEL),
                "token": token.address,
                "kind": kind,
                "payee": payee.address,
                "operator": governor,
                "ref": REF_HEX,
            },
        ),
        limit_set(governor, 0, 0, 1),
    ]
    fresh = Channel(CHANNEL, token.address, payee.address, kind, True, 0, 0, 1, 0)
    assert channel_of(world) == fresh
    world.chain.warp(4_000 * DAY)
    assert channel_of(world) == fresh
    with refused(world, "OrderCapExceeded", channel=hexed(CHANNEL), amount=1, cap=0):
        propose(world, bank_ref("credit"), 1)


@pytest.mark.req("HK-07")
def test_with_a_cap_and_no_limit_nothing_is_issued(world, payee, ready):
    """Zero means zero, and never no limit."""
    lower(world, CAP, 0, DAY)
    propose(world, bank_ref("credit"), 1)
    for _ in range(2):
        with refused(world, "ChannelLimitExceeded", channel=hexed(CHANNEL), amount=1, available=0):
            approve(world, bank_ref("credit"), 1)
        world.chain.warp(DAY)
        world.attest(10**17)


def test_opening_asks_nothing_of_the_payee(world, desk, stranger):
    """Whether it is a customer counts when something is issued."""
    opening(world, stranger.address)()
    assert channel_of(world).payee == stranger.address


# Closing


@pytest.mark.parametrize("name", [CHANNEL, ELSEWHERE, NO_NAME])
@pytest.mark.parametrize("verb", ["closeChannel", "lowerChannel", "raiseChannel"])
def test_refuses_a_channel_that_is_not_open(world, desk, opened, verb, name):
    """Closed, or never opened."""
    close(world)
    args = (name, REF) if verb == "closeChannel" else (name, 0, 0, 1, REF)
    role = "GOVERNOR" if verb == "raiseChannel" else "PAUSER"
    act = when_due(world, role, desk, verb, *args)
    with refused(world, "ChannelNotOpen", channel=hexed(name)):
        act()


@pytest.mark.req("HK-07")
def test_closes_at_once(world, desk, pauser, opened):
    before = channel_of(world)
    receipt = desk.send("closeChannel", CHANNEL, REF, sender=pauser)
    evidence = {"channel": hexed(CHANNEL), "operator": pauser, "ref": REF_HEX}
    assert emitted(desk, receipt) == [("ChannelClosed", evidence)]
    assert channel_of(world) == before._replace(is_open=False)


def test_opened_anew_it_is_the_same_with_nothing(world, token, payee, governor, desk, opened):
    """Same token, kind and payee, same place in the list; cap and limit wait to be raised."""
    close(world)
    receipt = opening(world, payee.address)()
    assert [name for name, _ in emitted(desk, receipt)] == ["ChannelOpened", "ChannelLimitSet"]
    assert emitted(desk, receipt)[1] == limit_set(governor, 0, 0, 1)
    assert channel_of(world) == Channel(
        CHANNEL, token.address, payee.address, DIRECT, True, 0, 0, 1, 0
    )
    assert desk.call("channelCount") == 1


# Lowering


@pytest.mark.req("HK-07")
@pytest.mark.parametrize(
    ("cap", "capacity", "window"),
    [
        (CAP + 1, CAPACITY, DAY),
        (CAP, CAPACITY + 1, DAY),
        (CAP, CAPACITY, DAY - 1),
        (CAP, CAPACITY // 2, DAY // 2 - 1),
        (CAP, CAPACITY + 1, 10 * DAY),
        (0, 1, 0),
        (0, MOST_CAPACITY, LONGEST),
        (MOST_CAP, 0, 1),
    ],
)
def test_lowering_raises_nothing(world, desk, pauser, opened, cap, capacity, window):
    """By the unit, by the second."""
    with refused(world, "ChannelNotLowered", channel=hexed(CHANNEL)):
        desk.send("lowerChannel", CHANNEL, cap, capacity, window, REF, sender=pauser)


@pytest.mark.parametrize(("capacity", "window"), [(3, 1), (5, 2), (8, 4), (7, 2)])
def test_the_refill_is_compared_exactly(world, desk, pauser, opened, capacity, window):
    """Seven in three seconds: 9 > 7, 15 > 14; rates are crossed, never rounded."""
    lower(world, CAP, 7, 3)
    with refused(world, "ChannelNotLowered", channel=hexed(CHANNEL)):
        desk.send("lowerChannel", CHANNEL, CAP, capacity, window, REF, sender=pauser)


@pytest.mark.parametrize(("capacity", "window"), [(2, 1), (4, 2), (7, 3), (7, 4), (0, 1)])
def test_a_refill_that_is_not_faster_is_lower(world, opened, capacity, window):
    """Two a second is less than seven in three."""
    lower(world, CAP, 7, 3)
    lower(world, CAP, capacity, window)
    assert channel_of(world)[5:] == (CAP, capacity, window, capacity)


@pytest.mark.parametrize("verb", ["lowerChannel", "raiseChannel"])
@pytest.mark.parametrize("capacity", [0, CAPACITY])
def test_refuses_a_window_of_zero(world, desk, opened, verb, capacity):
    """Zero is no window, and never none at all: what would refill at once is told as a raise."""
    role = "PAUSER" if verb == "lowerChannel" else "GOVERNOR"
    act = when_due(world, role, desk, verb, CHANNEL, CAP, capacity, 0, REF)
    told = capacity and role == "PAUSER"
    error = "ChannelNotLowered" if told else "InvalidWindow"
    with refused(world, error, **({"channel": hexed(CHANNEL)} if told else {})):
        act()


@pytest.mark.req("HK-07")
@pytest.mark.parametrize(
    ("cap", "capacity", "window"),
    [(CAP - 1, CAPACITY, DAY), (CAP, CAPACITY - 1, DAY), (CAP, CAPACITY, LONGEST), (0, 0, 1)],
)
def test_lowers_at_once(world, desk, pauser, opened, cap, capacity, window):
    before = channel_of(world)
    receipt = desk.send("lowerChannel", CHANNEL, cap, capacity, window, REF, sender=pauser)
    assert emitted(desk, receipt) == [limit_set(pauser, cap, capacity, window)]
    terms = {"cap": cap, "capacity": capacity, "window": window, "available": capacity}
    assert channel_of(world) == before._replace(**terms)


def test_lowers_to_the_same(world, opened):
    before = channel_of(world)
    lower(world, CAP, CAPACITY, DAY)
    assert channel_of(world) == before


# Raising


@pytest.mark.req("HK-07")
@pytest.mark.parametrize("cap", [CAP + 1, 0])
def test_raises_late(world, desk, opened, cap):
    """Also downwards: the verb waits, not the direction."""
    waits(world, "GOVERNOR", desk, "raiseChannel", CHANNEL, cap, CAPACITY, DAY, REF)


@pytest.mark.parametrize(
    ("cap", "capacity", "window"),
    [
        (CAP + 1, CAPACITY + 1, DAY - 1),
        (MOST_CAP, MOST_CAPACITY, 1),
        (MOST_CAP, MOST_CAPACITY, LONGEST),
        (0, 0, 1),
    ],
)
def test_raises_in_either_direction(world, desk, governor, opened, cap, capacity, window):
    """Up to what the words hold."""
    before = channel_of(world)
    receipt = raising(world, cap, capacity, window)()
    assert emitted(desk, receipt) == [limit_set(governor, cap, capacity, window)]
    terms = {"cap": cap, "capacity": capacity, "window": window, "available": capacity}
    assert channel_of(world) == before._replace(**terms)


@pytest.mark.req("HK-07")
def test_a_guardian_cancels_a_raise_that_a_cut_meets(world, authority, desk, governor, opened):
    """What was scheduled ahead of a cut would undo it when due."""
    call = desk.prepare("raiseChannel", CHANNEL, CAP, CAPACITY, DAY, REF)
    authority.send("schedule", desk.address, call.data, 0, sender=governor)
    lower(world, 0, 0, 1)
    authority.send("cancel", governor, desk.address, call.data, sender=world.member("GUARDIAN"))
    world.chain.warp(2 * DAY)
    operation = authority.call("hashOperation", governor, desk.address, call.data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        desk.submit(call.data, sender=governor)
    assert channel_of(world).cap == 0


def test_channels_have_their_own_limits(world, payee, ready):
    open_channel(world, payee.address, ELSEWHERE, cap=10, capacity=10)
    world.attest(10**17)
    issue(world, 7, ELSEWHERE)
    assert channel_of(world).available == CAPACITY
    assert channel_of(world, ELSEWHERE).available == 3
    lower(world, 1, 2, DAY)
    assert channel_of(world, ELSEWHERE)[5:] == (10, 10, DAY, 3)


# Refilling


def issue(world, amount, name=CHANNEL):
    """Issues small amounts, each for a credit of its own."""
    number = world.suite.desks.issuance.call("orderCount")
    ref = bank_ref(f"credit {number}")
    propose(world, ref, amount, name)
    approve(world, ref, amount, name)


def too_much(world, amount, available):
    """One more than the limit has left is refused, and stays proposed."""
    number = world.suite.desks.issuance.call("orderCount")
    ref = bank_ref(f"credit {number}")
    propose(world, ref, amount)
    evidence = {"channel": hexed(CHANNEL), "amount": amount, "available": available}
    with refused(world, "ChannelLimitExceeded", **evidence):
        approve(world, ref, amount)


@pytest.fixture
def small(world, ready):
    """A thousand in seven seconds, all used."""
    lower(world, CAP, 1_000, 7)
    issue(world, 1_000)


@pytest.mark.req("HK-07")
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("seconds", "available"),
    [(0, 0), (1, 142), (2, 285), (3, 428), (6, 857), (7, 1_000), (8, 1_000), (DAY, 1_000)],
)
def test_refills_to_the_unit(world, token, payee, seconds, available):
    """D3: linear, rounded down, and never beyond the capacity."""
    world.chain.warp(seconds)
    assert channel_of(world).available == available
    too_much(world, available + 1, available)
    if available:
        issue(world, available)
    assert channel_of(world).available == 0
    assert token.call("balanceOf", payee.address) == 1_000 + available


@pytest.mark.req("HK-07")
@pytest.mark.usefixtures("small")
def test_never_more_than_capacity_and_refill(world, token):
    """D3: what is rounded down in each second is not caught up."""
    for second in range(1, 30):
        world.chain.warp(1)
        too_much(world, 143, 142)
        issue(world, 142)
        issued = token.call("totalSupply")
        assert issued == 1_000 + second * 142 <= 1_000 + second * 1_000 // 7


@pytest.mark.usefixtures("small")
def test_what_is_used_stays_used_when_lowered(world):
    """It refilled at the old rate until now, and at the new one from here."""
    world.chain.warp(3)
    lower(world, CAP, 1_000, 70)
    assert channel_of(world).available == 428
    world.chain.warp(1)
    assert channel_of(world).available == 442


@pytest.mark.usefixtures("small")
def test_a_capacity_below_what_is_used_leaves_nothing(world):
    """Until so much has refilled that some is left."""
    lower(world, CAP, 500, 7)
    for second, available in ((0, 0), (7, 0), (8, 71), (14, 500), (15, 500)):
        point = world.chain.snapshot()
        world.chain.warp(second)
        assert channel_of(world).available == available
        too_much(world, available + 1, available)
        world.chain.restore(point)


@pytest.mark.req("HK-07")
@pytest.mark.usefixtures("ready")
def test_what_is_used_stays_used_when_raised(world):
    """A new rate never counts backwards."""
    lower(world, CAP, 1_000, 7)
    act = raising(world, CAP, 2_000, 1)
    world.attest(10**17)
    issue(world, 1_000)
    world.chain.warp(3)
    act()
    assert channel_of(world).available == 1_428
    too_much(world, 1_429, 1_428)
    world.chain.warp(1)
    assert channel_of(world).available == 2_000


@pytest.mark.req("HK-07")
@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("closed", [0, 5])
@pytest.mark.parametrize("idle", [0, 2])
def test_what_is_used_stays_used_when_opened_anew(world, token, desk, payee, closed, idle):
    """Closed it refills as before, opened anew without limit it does not."""
    lower(world, CAP, 100_000, 100 * DAY)
    issue(world, 100_000)
    close(world)
    world.chain.warp(closed * DAY)
    opening = ("openChannel", (CHANNEL, token.address, DIRECT, payee.address, REF))
    raising = ("raiseChannel", (CHANNEL, CAP, 100_000, 100 * DAY, REF))
    if idle:
        later(world, ("GOVERNOR", desk, *opening))
        later(world, ("GOVERNOR", desk, *raising))
    else:
        later(world, ("GOVERNOR", desk, *opening), ("GOVERNOR", desk, *raising))
    available = (closed + 2) * 1_000
    assert channel_of(world).available == available
    world.chain.warp(DAY)
    assert channel_of(world).available == available + 1_000


@pytest.mark.usefixtures("ready")
def test_the_widest_limit_counts(world, token):
    """No word overflows at its largest value."""
    raising(world, MOST_CAP, MOST_CAPACITY, LONGEST)()
    world.attest(10**17)
    issue(world, MILLION)
    assert channel_of(world).available == MOST_CAPACITY - MILLION
    lower(world, MOST_CAP, MOST_CAPACITY, LONGEST)
    world.chain.warp(1)
    assert channel_of(world).available == MOST_CAPACITY


# Tiers


def set_tiers(world, role, *tiers):
    """The last step of setting tiers, when it is due."""
    verb = {"PAUSER": "tightenTiers", "GOVERNOR": "loosenTiers"}[role]
    return when_due(world, role, world.suite.desks.issuance, verb, world.token.address, tiers, REF)


@pytest.mark.parametrize(
    ("tiers", "index"),
    [
        ([*EIGHT, (10**9, 8)], 8),
        ([(0, 1)], 0),
        ([(1, 0)], 0),
        ([(5, 1), (5, 2)], 1),
        ([(5, 1), (4, 2)], 1),
        ([(5, 2), (6, 1)], 1),
        ([(5, 1), (6, 0)], 1),
        ([(5, 1), (6, 1), (0, 1)], 2),
        ([*EIGHT[:7], (10**8, 6)], 7),
    ],
)
def test_refuses_tiers_that_do_not_ascend(world, tiers, index):
    act = set_tiers(world, "GOVERNOR", *tiers)
    with refused(world, "TiersInvalid", index=index):
        act()


@pytest.mark.parametrize(
    ("tiers", "index"),
    [
        ([(n, 2) for n in range(1, 10)], 8),
        ([(0, 1)], 0),
        ([(5, 2), (5, 2)], 1),
        ([(5, 2), (4, 2)], 1),
        ([(5, 3), (6, 2)], 1),
    ],
)
def test_refuses_tighter_tiers_that_do_not_ascend(world, tiers, index):
    act = set_tiers(world, "PAUSER", *tiers)
    with refused(world, "TiersInvalid", index=index):
        act()


@pytest.mark.req("HK-05")
@pytest.mark.parametrize(
    ("tiers", "bad"),
    [
        ([(10 * MILLION + 1, 9)], 0),
        ([(MILLION, 1), (10 * MILLION, 2), (11 * MILLION, 255)], 2),
        ([(10 * MILLION, 1)], 0),
        ([(MILLION + 1, 1)], 0),
        ([(MILLION, 1), (2 * MILLION, 1), (10 * MILLION, 2)], 1),
        ([(MILLION, 0)], 0),
        ([(2**96 - 1, 255)], 0),
    ],
)
def test_tightening_lets_nothing_through_more_easily(world, tiers, bad):
    """By the unit: each size needs what it needed before, or more."""
    size, approvals = tiers[bad]
    act = set_tiers(world, "PAUSER", *tiers)
    with refused(world, "TiersNotTightened", upTo=size, approvals=approvals):
        act()


def test_where_no_tiers_are_none_are_tighter(world):
    set_tiers(world, "PAUSER")()
    with refused(world, "TiersNotTightened", upTo=1, approvals=255):
        set_tiers(world, "PAUSER", (1, 255))()


@pytest.mark.req("HK-05")
@pytest.mark.parametrize(
    "tiers",
    [
        [],
        SHIPPED,
        [(MILLION, 1)],
        [(MILLION - 1, 1), (10 * MILLION, 2)],
        [(MILLION, 2), (10 * MILLION, 2)],
        [(10 * MILLION, 2)],
        [(3, 1), (MILLION, 1), (10 * MILLION - 1, 255)],
        [(n, n) for n in range(1, 9)],
    ],
)
def test_tightens_at_once(world, token, desk, pauser, tiers):
    receipt = desk.send("tightenTiers", token.address, tiers, REF, sender=pauser)
    evidence = {"token": token.address, "tiers": tuple(tiers), "operator": pauser}
    assert emitted(desk, receipt) == [("TiersSet", evidence | {"ref": REF_HEX})]
    assert desk.call("tiersOf", token.address) == tuple(tiers)


@pytest.mark.req("HK-05")
def test_loosens_late(world, token, desk):
    """How many must approve is nobody's to lower alone and at once."""
    waits(world, "GOVERNOR", desk, "loosenTiers", token.address, [(10 * MILLION, 1)], REF)


@pytest.mark.parametrize("tiers", [EIGHT, [(2**96 - 1, 255)], [(1, 1), (2, 1)], []])
def test_loosens_by_replacing_all(world, token, desk, governor, tiers):
    """None of the old ones is left, however many there were."""
    set_tiers(world, "GOVERNOR", *((n, 9) for n in range(10, 18)))()
    receipt = set_tiers(world, "GOVERNOR", *tiers)()
    evidence = {"token": token.address, "tiers": tuple(tiers), "operator": governor}
    assert emitted(desk, receipt) == [("TiersSet", evidence | {"ref": REF_HEX})]
    assert desk.call("tiersOf", token.address) == tuple(tiers)


def test_tiers_are_of_one_token(world, token, desk, stranger):
    """Of a token without any, none are known."""
    other = stranger.address
    assert desk.call("tiersOf", token.address) == tuple(SHIPPED)
    assert desk.call("tiersOf", other) == ()
    with refused(world, "TierExceeded", token=other, amount=1, largest=0):
        desk.call("approvalsFor", other, 1)


@pytest.mark.parametrize("tiers", [SHIPPED, EIGHT, [(5, 255)], [(1, 1), (2, 1), (3, 3)]])
def test_an_amount_needs_what_its_tier_needs(world, token, desk, tiers):
    """At each boundary, one below and one above."""
    set_tiers(world, "GOVERNOR", *tiers)()
    lowest = 0
    for size, approvals in tiers:
        for amount in {lowest + 1, size - 1, size} - {lowest}:
            assert desk.call("approvalsFor", token.address, amount) == approvals, amount
        lowest = size
    for amount in (lowest + 1, 2**96, 2**256 - 1):
        evidence = {"token": token.address, "amount": amount, "largest": lowest}
        with refused(world, "TierExceeded", **evidence):
            desk.call("approvalsFor", token.address, amount)


def test_without_tiers_no_amount_is_allowed(world, token, desk):
    """Zero means zero: not even an order of nothing."""
    set_tiers(world, "PAUSER")()
    for amount in (0, 1):
        with refused(world, "TierExceeded", token=token.address, amount=amount, largest=0):
            desk.call("approvalsFor", token.address, amount)


# Lists


def test_lists_the_channels_page_by_page(world, desk, payee):
    """In the order of their opening, closed ones too; beyond the end there is nothing."""
    names = [b"A".ljust(32, b"\0"), b"C".ljust(32, b"\0"), b"B".ljust(32, b"\0")]
    everything = 2**256 - 1
    assert desk.call("channels", 0, everything) == ()
    assert desk.call("channelCount") == 0
    for number, name in enumerate(names):
        open_channel(world, payee.address, name, cap=number)
    close(world, names[1])
    pages = {
        (0, 0): [],
        (0, 1): [0],
        (0, 3): [0, 1, 2],
        (0, everything): [0, 1, 2],
        (1, 1): [1],
        (1, everything): [1, 2],
        (2, 5): [2],
        (3, 1): [],
        (3, everything): [],
        (everything, everything): [],
    }
    for page, found in pages.items():
        listed = [read_channel(record) for record in desk.call("channels", *page)]
        assert listed == [channel_of(world, names[i]) for i in found], page
    assert desk.call("channelCount") == 3
    assert [channel_of(world, name).is_open for name in names] == [True, False, True]
