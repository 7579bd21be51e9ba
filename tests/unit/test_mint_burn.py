"""Creating and destroying units, the reserve check and the mint limit.

mint
├── given minting is paused: reverts with Paused
├── given a blacklisted minter or recipient, or an unverified recipient in allow-list mode: reverts
├── when the recipient is address zero or the token: reverts with ERC20InvalidReceiver
├── when the supply would exceed 2^112 - 1: reverts with SupplyCapExceeded
├── given no reserve source or no maximum age: reverts with ReserveUnset
├── given a source that reverts, has no code, answers too little or in absurd decimals, or has no
│   `elsewhere()` without being declared single-chain: reverts with ReserveUnavailable
├── given an answer of zero or less: reverts with ReserveNotPositive
├── given an answer from the future or without time: reverts with ReserveTimeInvalid
├── given an answer older than the maximum age: reverts with ReserveStale
├── when issued + elsewhere + value is above the usable reserves: reverts with ReserveExceeded
├── when the value is above what the limit has left: reverts with MintLimitExceeded
└── else: supply and recipient rise by exactly the value, up to the last unit of headroom or limit

burn
├── given redemption is paused: reverts with Paused
├── given a burner that is frozen, blacklisted or unverified in allow-list mode: reverts
├── when the value is not spendable: reverts
└── else, whatever the reserves say: supply and burner fall by exactly the value

lowerMintLimit, raiseMintLimit
├── when the window is zero: reverts with InvalidWindow
├── when a cut would raise capacity or refill: reverts with LimitNotLowered
└── else: what is used stays used, and has refilled at the old rate until now
"""

from dataclasses import replace
from itertools import pairwise

import pytest
from eth_utils import keccak

from pegboard.errors import Reverted
from tests.support.refusal import emitted, refused, when_due
from tests.support.revm import RevmChain
from tests.support.world import REF, build_world, currencies

ZERO = "0x" + "00" * 20
REF_HEX = "0x" + REF.hex()
NO_REF = b"\0" * 32
MAX = 2**112 - 1
HOUR, DAY = 3_600, 86_400
RESERVES = 10**12
CAPACITY = 50_000_000 * 10**6


@pytest.fixture
def mint(world, token, minter, payee):
    def act(value, to=payee.address, sender=minter):
        return token.send("mint", to, value, REF, sender=sender)

    return act


@pytest.fixture
def loose(world, token, create, stranger):
    """A feed that says anything, declared single-chain, without buffer and fresh for an hour."""
    made = create(world, "LooseFeed")
    terms(world, token, made.address)

    def say(answer=RESERVES, age=0):
        made.send("set", answer, world.chain.now() - age, sender=stranger.address)

    made.say = say
    say()
    return made


def terms(world, token, source, age=HOUR, buffer=0, single=True):
    world.act("GOVERNOR", token, "setReserveConfig", (source, age, buffer, single), REF)


# Who and to whom


def test_refuses_a_stranger(world, mint, stranger):
    """I6: only who has the role."""
    world.attest(RESERVES)
    with refused(world, "AccessManagedUnauthorized", caller=stranger.address):
        mint(1, sender=stranger.address)


def test_an_expelled_minter_stops_at_once(world, mint, minter, expeller):
    """I7: removal is immediate, whatever is left of the limit."""
    world.attest(RESERVES)
    mint(1)
    world.suite.authority.send("expel", 3, minter, REF, sender=expeller)
    with refused(world, "AccessManagedUnauthorized", caller=minter):
        mint(1)


def test_refuses_while_minting_is_paused(world, token, mint):
    """I6 and I12: the mint bit."""
    world.attest(RESERVES)
    world.act("PAUSER", token, "pause", 4, REF)
    with refused(world, "Paused", pauses=4):
        mint(1)


@pytest.mark.req("HK-53")
@pytest.mark.parametrize("party", ["minter", "payee"])
def test_refuses_blacklisted_parties(world, token, mint, minter, payee, party):
    """I6, I13: as minter and mint-to; I14: a blacklisted minter cannot mint."""
    account = {"minter": minter, "payee": payee.address}[party]
    world.attest(RESERVES)
    world.act("BLACKLISTER", token, "blacklist", [account], REF)
    with refused(world, "BlacklistedAccount", account=account):
        mint(1)


def test_mints_to_a_frozen_account(world, token, mint, payee):
    world.attest(RESERVES)
    world.act("FREEZER", token, "freeze", [payee.address], REF)
    mint(5)
    assert token.call("balanceOf", payee.address) == 5


@pytest.mark.req("HK-52")
def test_refuses_an_unverified_recipient_in_allow_list_mode(world, token, mint, payee):
    world.attest(RESERVES)
    world.act("PAUSER", token, "enterAllowListMode", REF)
    with refused(world, "UnverifiedAccount", account=payee.address):
        mint(1)
    world.act("VERIFIER", token, "verify", [payee.address], REF)
    mint(1)


@pytest.mark.parametrize("to", [ZERO, "token"])
def test_refuses_recipients_without_account(world, token, mint, to):
    """I4: nothing is ever minted to address zero or the token."""
    to = token.address if to == "token" else to
    world.attest(RESERVES)
    with refused(world, "ERC20InvalidReceiver", receiver=to):
        mint(1, to=to)


# The source


@pytest.mark.req("HK-25")
def test_refuses_without_a_source(world, token, mint):
    """I8: an unset feed means no minting, never no check."""
    terms(world, token, ZERO)
    with refused(world, "ReserveUnset"):
        mint(1)
    with refused(world, "ReserveUnset"):
        token.call("reserveHeadroom")


def test_refuses_without_a_maximum_age(world, token, mint, loose):
    """I8: a zero age means always stale, never no check."""
    terms(world, token, loose.address, age=0)
    loose.say()
    with refused(world, "ReserveUnset"):
        mint(1)


def test_refuses_a_reverting_source(world, mint, loose, stranger):
    """I8: a failed read never counts as zero or as enough."""
    loose.send("setBroken", True, sender=stranger.address)
    with refused(
        world,
        "ReserveUnavailable",
        source=loose.address,
        reason="Error(reason=feed is broken)",
    ):
        mint(1)


def test_refuses_a_source_without_code(world, token, mint, stranger):
    """I8: an address without code answers nothing."""
    terms(world, token, stranger.address)
    with refused(world, "ReserveUnavailable", source=stranger.address, reason="0x"):
        mint(1)


def test_refuses_a_source_that_answers_too_little(world, token, create, mint):
    """I8: four words are no round."""
    short = create(world, "ShortFeed")
    terms(world, token, short.address)
    now = world.chain.now()
    words = "".join(f"{n:064x}" for n in (1, 10**18, now, now))
    with refused(
        world,
        "ReserveUnavailable",
        source=short.address,
        reason=f"refused without a known reason (0x{words})",
    ):
        mint(1)


def test_refuses_absurd_decimals(world, mint, loose, stranger):
    """I8: decimals are read each time, and must be a uint8."""
    loose.send("setDecimals", 256, sender=stranger.address)
    with pytest.raises(Reverted) as caught:
        mint(1)
    assert caught.value.name == "ReserveUnavailable"
    assert caught.value.arguments["source"] == loose.address


def test_reads_the_decimals_each_time(world, token, mint, loose, stranger):
    """I8: a feed behind a proxy may change them."""
    assert token.call("reserveHeadroom") == RESERVES
    loose.send("setDecimals", 8, sender=stranger.address)
    assert token.call("reserveHeadroom") == RESERVES // 100
    with refused(world, "ReserveExceeded", value=RESERVES // 100 + 1, headroom=RESERVES // 100):
        mint(RESERVES // 100 + 1)
    for decimals in (84, 255):
        loose.send("setDecimals", decimals, sender=stranger.address)
        with refused(world, "ReserveExceeded", value=1, headroom=0):
            mint(1)


@pytest.mark.parametrize("answer", [0, -1, -(2**255)])
def test_refuses_reserves_that_are_not_positive(world, mint, loose, answer):
    """I8: answer <= 0."""
    loose.say(answer)
    with refused(world, "ReserveNotPositive", answer=answer):
        mint(1)


@pytest.mark.parametrize("ahead", [1, DAY])
def test_refuses_an_answer_from_the_future(world, mint, loose, ahead):
    """I8: updatedAt > now."""
    loose.say(age=-ahead)
    with refused(world, "ReserveTimeInvalid", updatedAt=world.chain.now() + ahead):
        mint(1)


def test_refuses_an_answer_without_time(world, mint, loose, stranger):
    """I8: updatedAt = 0."""
    loose.send("set", RESERVES, 0, sender=stranger.address)
    with refused(world, "ReserveTimeInvalid", updatedAt=0):
        mint(1)


@pytest.mark.req("HK-25")
def test_refuses_a_stale_answer(world, mint, loose):
    """I8: age > maxAge; an answer of exactly this age is fresh."""
    world.chain.warp(HOUR)
    mint(1)
    world.chain.warp(1)
    with refused(world, "ReserveStale", updatedAt=world.chain.now() - HOUR - 1, maxAge=HOUR):
        mint(1)


def test_refuses_disputed_reserves(world, token, feed, mint):
    """I6, I8: a reported break stops minting at once."""
    world.attest(RESERVES)
    world.act("PAUSER", feed, "reportBreak", REF)
    with refused(
        world, "ReserveUnavailable", source=feed.address, reason=f"Disputed(ref={REF_HEX})"
    ):
        mint(1)


def test_refuses_before_the_first_statement(world, feed, mint):
    with refused(world, "ReserveUnavailable", source=feed.address, reason="NoStatement(round=0)"):
        mint(1)


@pytest.mark.req("HK-25")
def test_a_dead_source_stops_minting_only(world, token, holder, burner, mint, loose, stranger):
    """I9: stale or broken, transfers and redemption go on."""
    loose.send("setBroken", True, sender=stranger.address)
    token.send("transfer", burner, 300, sender=holder.address)
    token.send("burn", 300, REF, sender=burner)
    terms(world, token, ZERO)
    token.send("transfer", burner, 200, sender=holder.address)
    token.send("burn", 200, REF, sender=burner)
    assert token.call("totalSupply") == 1_000_000_000 - 500


# How much


@pytest.mark.req("HK-25")
def test_refuses_one_unit_above_the_headroom(world, token, mint, loose):
    """I6, I8: equality passes, one unit above fails."""
    mint(400)
    left = RESERVES - 400
    assert token.call("reserveHeadroom") == left
    with refused(world, "ReserveExceeded", value=left + 1, headroom=left):
        mint(left + 1)
    mint(left)
    assert token.call("reserveHeadroom") == 0
    with refused(world, "ReserveExceeded", value=1, headroom=0):
        mint(1)


@pytest.mark.req("HK-26")
@pytest.mark.parametrize(
    ("buffer", "reserves", "usable"),
    [
        (50, 1_005_000, 1_000_000),
        (50, 1_004_999, 999_999),
        (1, 10_000, 9_999),
        (65_535, 75_534, 9_999),
    ],
)
def test_the_buffer_is_kept_exactly(world, token, mint, loose, buffer, reserves, usable):
    """I8: usable = reserves * 10000 / (10000 + buffer), rounded down."""
    terms(world, token, loose.address, buffer=buffer)
    loose.say(reserves)
    assert token.call("reserveHeadroom") == usable
    with refused(world, "ReserveExceeded", value=usable + 1, headroom=usable):
        mint(usable + 1)
    mint(usable)


def test_what_other_chains_may_issue_counts(world, token, mint, loose, stranger):
    """I6: issued + elsewhere + value <= usable reserves."""
    terms(world, token, loose.address, single=False)
    loose.say(1_000)
    loose.send("setElsewhere", 600, sender=stranger.address)
    mint(100)
    with refused(world, "ReserveExceeded", value=301, headroom=300):
        mint(301)
    for elsewhere in (900, 5_000, 2**256 - 1):
        loose.send("setElsewhere", elsewhere, sender=stranger.address)
        with refused(world, "ReserveExceeded", value=1, headroom=0):
            mint(1)


def test_what_other_chains_may_issue_is_rounded_up(world, token, loose, stranger):
    """I8: what backs is rounded down, what is owed is rounded up."""
    terms(world, token, loose.address, single=False)
    loose.send("setDecimals", 8, sender=stranger.address)
    loose.say(100_099)
    loose.send("setElsewhere", 1, sender=stranger.address)
    assert token.call("reserveHeadroom") == 1_000 - 1


def test_a_fall_of_the_reserves_stops_minting_and_nothing_else(world, token, mint, loose, payee):
    """I9: a shortfall blocks mint only."""
    mint(1_000)
    loose.say(999)
    assert token.call("reserveHeadroom") == 0
    with refused(world, "ReserveExceeded", value=1, headroom=0):
        mint(1)
    token.send("transfer", world.holder(5).address, 1_000, sender=payee.address)


def test_a_burn_gives_headroom_back(world, token, mint, loose, burner):
    mint(RESERVES, to=burner)
    token.send("burn", 9, REF, sender=burner)
    assert token.call("reserveHeadroom") == 9
    mint(9)


@pytest.mark.req("HK-27")
def test_barred_units_stay_backed(world, token, mint, loose, payee):
    """I6: freezing gives no headroom."""
    mint(600)
    world.act("BLACKLISTER", token, "blacklist", [payee.address], REF)
    world.act("FREEZER", token, "hold", payee.address, 600, REF)
    assert token.call("totalSupply") == 600
    assert token.call("reserveHeadroom") == RESERVES - 600


@pytest.mark.req("HK-07")
def test_refuses_more_than_the_limit_has_left(world, mint):
    """I6, I7: the refilling limit; I15: a refused mint uses none of it."""
    world.attest(10**17)
    with refused(world, "MintLimitExceeded", value=CAPACITY + 1, available=CAPACITY):
        mint(CAPACITY + 1)
    mint(CAPACITY)
    with refused(world, "MintLimitExceeded", value=1, available=0):
        mint(1)


def test_refuses_under_a_limit_of_zero(world, token, mint):
    """I7: zero means no minting, never no limit."""
    world.attest(10**17)
    world.act("PAUSER", token, "lowerMintLimit", 0, DAY, REF)
    with refused(world, "MintLimitExceeded", value=1, available=0):
        mint(1)
    world.chain.warp(DAY)
    with refused(world, "MintLimitExceeded", value=1, available=0):
        mint(1)


def test_the_supply_never_exceeds_its_field(world, token, mint, loose):
    """The supply is capped at 2^112 - 1."""
    world.act("GOVERNOR", token, "raiseMintLimit", 2**208 - 1, 1, REF)
    loose.say(2**200)
    with refused(world, "SupplyCapExceeded", supply=0, value=MAX + 1):
        mint(MAX + 1)
    with refused(world, "SupplyCapExceeded", supply=0, value=2**256 - 1):
        mint(2**256 - 1)
    mint(MAX)
    assert token.call("totalSupply") == MAX
    with refused(world, "SupplyCapExceeded", supply=MAX, value=1):
        mint(1)


@pytest.mark.req("HK-38")
def test_mints_exactly_the_value(world, token, mint, minter, payee):
    """I2: one Transfer from address zero a mint, I6: and the supply rises by exactly the value."""
    world.attest(RESERVES)
    for value in (1, 1_000_000):
        supply, balance = token.call("totalSupply"), token.call("balanceOf", payee.address)
        receipt = mint(value)
        assert emitted(token, receipt) == [
            ("Transfer", {"from": ZERO, "to": payee.address, "value": value}),
            ("Minted", {"minter": minter, "ref": REF_HEX}),
        ]
        assert token.call("totalSupply") == supply + value
        assert token.call("balanceOf", payee.address) == balance + value


def test_refuses_to_mint_nothing(world, token, payee, minter):
    """I6: a mint of zero would pass even without headroom."""
    world.attest(RESERVES)
    with refused(world, "NothingToMint"):
        token.send("mint", payee.address, 0, REF, sender=minter)


def test_mints_while_transfers_and_signatures_are_paused(world, token, mint):
    """I12: the other bits do not stop minting."""
    world.attest(RESERVES)
    world.act("PAUSER", token, "pause", 11, REF)
    mint(1)


# Decimals

PLENTY = replace(currencies()["HKD"], limit_capacity=MAX)


@pytest.mark.parametrize("decimals", range(2, 19))
def test_every_pair_of_decimals(create, decimals):
    """I8: compared in one unit, reserves rounded down and elsewhere up, for feeds of 0 to 18."""
    world = build_world(RevmChain(), overrides={"HKD": replace(PLENTY, decimals=decimals)})
    token, caller = world.token, world.holder(4).address
    loose = create(world, "LooseFeed")
    terms(world, token, loose.address, age=DAY, single=False)
    assert token.call("decimals") == decimals
    start = world.chain.snapshot()
    for unit in range(19):
        for answer, elsewhere in ((1_234_567 * 10**unit + 10**unit // 2, 3), (19, 0)):
            loose.send("setDecimals", unit, sender=caller)
            loose.send("set", answer, world.chain.now(), sender=caller)
            loose.send("setElsewhere", elsewhere, sender=caller)
            backed = answer * 10**decimals // 10**unit
            owed = -(-elsewhere * 10**decimals // 10**unit)
            headroom = max(backed - owed, 0)
            assert token.call("reserveHeadroom") == headroom
            with refused(world, "ReserveExceeded", value=headroom + 1, headroom=headroom):
                token.send("mint", caller, headroom + 1, REF, sender=world.member("MINTER"))
            if headroom:
                token.send("mint", caller, headroom, REF, sender=world.member("MINTER"))
            assert token.call("totalSupply") == headroom
            world.chain.restore(start)
            start = world.chain.snapshot()


@pytest.mark.parametrize(
    ("decimals", "unit"), [(2, 0), (2, 18), (6, 8), (18, 0), (18, 2), (18, 18)]
)
def test_the_shipped_feed_in_other_decimals(decimals, unit):
    """I8: the same with our own feed, buffer included."""
    config = replace(PLENTY, decimals=decimals, reserves=replace(PLENTY.reserves, decimals=unit))
    world = build_world(RevmChain(), overrides={"HKD": config})
    token, minter, to = world.token, world.member("MINTER"), world.holder(1).address
    world.attest(1_005 * 10**unit)
    assert token.call("reserveHeadroom") == 1_000 * 10**decimals
    with refused(
        world, "ReserveExceeded", value=1_000 * 10**decimals + 1, headroom=1_000 * 10**decimals
    ):
        token.send("mint", to, 1_000 * 10**decimals + 1, REF, sender=minter)
    token.send("mint", to, 1_000 * 10**decimals, REF, sender=minter)


# The limit


def test_refuses_a_window_of_zero(world, token, pauser):
    """RateLimiter would take it for one second."""
    with refused(world, "InvalidWindow"):
        token.send("lowerMintLimit", 0, 0, REF, sender=pauser)
    raise_limit = when_due(world, "GOVERNOR", token, "raiseMintLimit", CAPACITY, 0, REF)
    with refused(world, "InvalidWindow"):
        raise_limit()


@pytest.mark.parametrize(
    ("capacity", "window"),
    [
        (CAPACITY + 1, 2 * DAY),
        (CAPACITY, DAY - 1),
        (CAPACITY - 1, DAY // 2),
        (2**208 - 1, 2**48 - 1),
        (1, 0),
    ],
)
def test_a_cut_raises_neither_capacity_nor_refill(world, token, pauser, capacity, window):
    """I7: raising is slower than lowering."""
    with refused(world, "LimitNotLowered", capacity=capacity, window=window):
        token.send("lowerMintLimit", capacity, window, REF, sender=pauser)


@pytest.mark.req("HK-07")
@pytest.mark.parametrize(
    ("capacity", "window"),
    [(CAPACITY, DAY), (CAPACITY, DAY + 1), (CAPACITY // 2, DAY // 2), (0, 1)],
)
def test_cuts_at_once(world, token, pauser, capacity, window):
    receipt = token.send("lowerMintLimit", capacity, window, REF, sender=pauser)
    assert emitted(token, receipt) == [
        (
            "MintLimitSet",
            {"capacity": capacity, "window": window, "operator": pauser, "ref": REF_HEX},
        )
    ]
    assert token.call("mintRateLimit") == (capacity, window, capacity)


@pytest.mark.req("HK-09")
def test_raises_late(world, token, governor):
    """I7: raising a cap waits, lowering does not."""
    call = token.prepare("raiseMintLimit", 2 * CAPACITY, DAY, REF)
    operation = world.suite.authority.call("hashOperation", governor, token.address, call.data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        token.submit(call.data, sender=governor)
    receipt = when_due(world, "GOVERNOR", token, "raiseMintLimit", 2 * CAPACITY, DAY, REF)()
    assert emitted(token, receipt) == [
        (
            "MintLimitSet",
            {"capacity": 2 * CAPACITY, "window": DAY, "operator": governor, "ref": REF_HEX},
        )
    ]


def test_refills_with_time(world, token, mint):
    """I7: rounded down."""
    world.attest(10**17)
    mint(CAPACITY)
    for seconds in (1, 7, HOUR):
        before = token.call("mintRateLimit")[2]
        world.chain.warp(seconds)
        assert token.call("mintRateLimit")[2] >= before
    elapsed = 1 + 7 + HOUR
    assert token.call("mintRateLimit")[2] == CAPACITY * elapsed // DAY
    world.chain.warp(DAY)
    assert token.call("mintRateLimit")[2] == CAPACITY


def test_a_cut_leaves_what_is_used(world, token, mint, pauser):
    """What was used refilled at the old rate until the cut, and at the new rate after it."""
    world.attest(10**17)
    mint(CAPACITY)
    world.chain.warp(DAY // 4)
    used = CAPACITY - CAPACITY // 4
    token.send("lowerMintLimit", CAPACITY // 2, DAY, REF, sender=pauser)
    assert token.call("mintRateLimit")[2] == 0
    world.chain.warp(DAY // 2)
    used -= CAPACITY // 2 // 2
    assert token.call("mintRateLimit")[2] == CAPACITY // 2 - used
    world.attest(10**17)
    with refused(
        world,
        "MintLimitExceeded",
        value=CAPACITY // 2 - used + 1,
        available=CAPACITY // 2 - used,
    ):
        mint(CAPACITY // 2 - used + 1)


def test_a_raise_forgives_nothing(world, token, mint):
    """The time that passed refills at the old rate, not at the new one."""
    world.attest(10**17)
    act = when_due(world, "GOVERNOR", token, "raiseMintLimit", 100 * CAPACITY, DAY, REF)
    world.attest(10**17)
    mint(CAPACITY)
    world.chain.warp(DAY // 4)
    act()
    used = CAPACITY - CAPACITY // 4
    assert token.call("mintRateLimit") == (100 * CAPACITY, DAY, 100 * CAPACITY - used)


def test_the_same_limit_again_forgives_nothing(world, token, mint, pauser):
    world.attest(10**17)
    mint(CAPACITY)
    for _ in range(3):
        token.send("lowerMintLimit", CAPACITY, DAY, REF, sender=pauser)
    assert token.call("mintRateLimit")[2] == 0


def test_a_burn_gives_no_limit_back(world, token, mint, burner):
    world.attest(10**17)
    mint(CAPACITY, to=burner)
    token.send("burn", CAPACITY, REF, sender=burner)
    assert token.call("mintRateLimit")[2] == 0


@pytest.mark.req("HK-07")
def test_minted_in_any_window_is_bounded(world, token, mint, pauser):
    """I7: minted over any window W <= capacity + floor(refill x W), however greedy the minter."""
    capacity, window = 1_000_003, 86_399
    token.send("lowerMintLimit", capacity, window, REF, sender=pauser)
    minted = []
    for step in (0, 1, 59, 3_600, 12_345, 86_399, 3, 40_000, 40_000, 100_000, 7, 50_001):
        world.chain.warp(step)
        if world.chain.now() > world.feed.call("latestStatement")[1]:
            world.attest(10**17)
        value = token.call("mintRateLimit")[2]
        mint(value)
        minted.append((world.chain.now(), value))
    assert all(at <= later for (at, _), (later, _) in pairwise(minted))
    for first in range(len(minted)):
        for last in range(first, len(minted)):
            elapsed = minted[last][0] - minted[first][0]
            total = sum(value for _, value in minted[first : last + 1])
            assert total <= capacity + capacity * elapsed // window
    assert sum(value for _, value in minted) > 3 * capacity


# Burning


def test_burn_refuses_a_stranger(world, token, holder):
    with refused(world, "AccessManagedUnauthorized", caller=holder.address):
        token.send("burn", 1, REF, sender=holder.address)


@pytest.fixture
def funded(world, burner):
    """The burner has 1,000."""
    world.fund(burner, 1_000)
    return burner


@pytest.mark.req("HK-14")
def test_burn_refuses_while_redemption_is_paused(world, token, funded):
    """I12: redemption has its own bit."""
    world.act("PAUSER", token, "pause", 8, REF)
    with refused(world, "Paused", pauses=8):
        token.send("burn", 1, REF, sender=funded)


@pytest.mark.parametrize(
    ("role", "verb", "error"),
    [("FREEZER", "freeze", "FrozenAccount"), ("BLACKLISTER", "blacklist", "BlacklistedAccount")],
)
def test_burn_refuses_a_barred_burner(world, token, funded, role, verb, error):
    """I13: as burn-from."""
    world.act(role, token, verb, [funded], REF)
    with refused(world, error, account=funded):
        token.send("burn", 1, REF, sender=funded)


def test_burn_refuses_an_unverified_burner_in_allow_list_mode(world, token, funded):
    world.act("PAUSER", token, "enterAllowListMode", REF)
    with refused(world, "UnverifiedAccount", account=funded):
        token.send("burn", 1, REF, sender=funded)


def test_burn_refuses_more_than_the_balance(world, token, funded):
    with refused(world, "ERC20InsufficientBalance", sender=funded, balance=1_000, needed=1_001):
        token.send("burn", 1_001, REF, sender=funded)


def test_burn_refuses_more_than_is_not_held(world, token, funded):
    world.act("FREEZER", token, "hold", funded, 10, REF)
    with refused(
        world,
        "ERC7943InsufficientUnfrozenBalance",
        account=funded,
        amount=991,
        unfrozen=990,
    ):
        token.send("burn", 991, REF, sender=funded)


@pytest.mark.req("HK-42")
@pytest.mark.parametrize("value", [0, 1, 1_000])
def test_burns_exactly_the_value(world, token, funded, value):
    """I2: one Transfer to address zero a burn; supply and burner fall by exactly the value."""
    world.act("PAUSER", token, "pause", 7, REF)
    receipt = token.send("burn", value, REF, sender=funded)
    assert emitted(token, receipt) == [
        ("Transfer", {"from": funded, "to": ZERO, "value": value}),
        ("Burned", {"ref": REF_HEX}),
    ]
    assert token.call("totalSupply") == 1_000 - value
    assert token.call("balanceOf", funded) == 1_000 - value


# Terms


def test_terms_are_set_late_and_logged(world, token, feed, governor, loose):
    call = token.prepare("setReserveConfig", (feed.address, 5, 6, False), REF)
    operation = world.suite.authority.call("hashOperation", governor, token.address, call.data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        token.submit(call.data, sender=governor)
    receipt = when_due(
        world, "GOVERNOR", token, "setReserveConfig", (feed.address, 5, 6, False), REF
    )()
    assert emitted(token, receipt) == [
        (
            "ReserveConfigSet",
            {
                "source": feed.address,
                "maxAge": 5,
                "bufferBps": 6,
                "singleChain": False,
                "operator": governor,
                "ref": REF_HEX,
            },
        )
    ]
    assert token.call("reserveConfig") == (feed.address.lower(), 5, 6, False)


# The books


@pytest.mark.req("HK-31")
def test_the_books_agree_with_the_events(world, token, holder, payee, spender, burner):
    """I1: balances add up to the supply; I2: it is minted minus burned, from events alone."""
    logs = []

    def record(receipt):
        logs.extend(receipt.logs)

    def do(role, *args):
        record(world.act(role, token, *args))

    minter = world.member("MINTER")
    world.act("PAUSER", token, "enterAllowListMode", REF)
    people = [holder.address, payee.address, spender.address, burner]
    do("VERIFIER", "verify", people, REF)
    record(token.send("mint", payee.address, 5_000, REF, sender=minter))
    record(token.send("transfer", burner, 2_222, sender=payee.address))
    rows = [(payee.address, 10), (spender.address, 20), (world.holder(9).address, 40)]
    record(
        token.send(
            "pay(bytes32,uint8,(address,uint96)[],uint256)",
            *(keccak(text="b"), 0, rows, 70),
            sender=holder.address,
        )
    )
    record(token.send("burn", 2_000, REF, sender=burner))
    do("FREEZER", "hold", holder.address, 1_000, REF)
    do("SEIZER", "seize", holder.address, spender.address, 600, REF)
    do("SEIZER", "destroy", holder.address, 400, REF)

    balances = dict.fromkeys([*people, world.holder(9).address], 0) | {holder.address: 10**9}
    supply = 10**9
    for name, event in token.events(logs):
        if name == "Transfer":
            sender, to, value = event["from"], event["to"], event["value"]
            supply += (sender == ZERO) * value - (to == ZERO) * value
            for account, change in ((sender, -value), (to, value)):
                if account != ZERO:
                    balances[account] += change
    assert token.call("totalSupply") == supply == 10**9 + 5_000 - 2_000 - 400
    assert {a: token.call("balanceOf", a) for a in balances} == balances
    assert sum(balances.values()) == supply


# What may be declared


def test_refuses_the_feed_of_another_currency(world, token, create):
    """I8: a feed that names a currency must name the token's."""
    attestors = [world.holder(8).address, world.holder(9).address]
    controls = world.suite.feed_controls.address
    feed = create(world, "ReserveFeed", controls, "USD", 6, attestors, 1, 2, 0)
    act = when_due(world, "GOVERNOR", token, "setReserveConfig", (feed.address, DAY, 0, False), REF)
    with refused(world, "ReserveCurrencyMismatch", source=feed.address, currency="USD"):
        act()


def test_refuses_an_age_that_means_no_check(world, token, feed):
    """I8: 31 days at most."""
    for age, passes in ((31 * DAY, True), (31 * DAY + 1, False)):
        config = (feed.address, age, 0, False)
        act = when_due(world, "GOVERNOR", token, "setReserveConfig", config, REF)
        if passes:
            act()
            continue
        with refused(world, "ReserveAgeTooLong", maxAge=age):
            act()
