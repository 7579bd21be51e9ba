"""What binds an issue through a channel most, and how much that allows.

previewIssue
├── given a channel that is unknown or closed, or of a token that was retired: CHANNEL, nothing
├── given a payee that is unbound, cooling, past its due diligence, or may not receive: PAYEE,
│   nothing
├── given minting is paused, or the desk cannot mint at once: MINTING, nothing
├── else the least of these, the first of equals
│   ├── the channel's cap: ORDER_CAP
│   ├── the largest tier: TIERS
│   ├── what the channel's limit has left: CHANNEL_LIMIT
│   ├── what the token's limit has left: MINT_LIMIT
│   └── what the reserves back, or the supply has room for: RESERVES
├── so much is issued, and one unit more is refused with the matching error
└── given a reserve source that reverts, answers nonsense or burns all gas: RESERVES, nothing
"""

import pytest
from eth_abi import decode

from pegboard import create2
from pegboard.signing import binding
from tests.support.desks import (
    CHANNEL,
    DAY,
    approve,
    bank_ref,
    bind,
    channel_of,
    expel,
    grant,
    open_channel,
    propose,
    ready_desk,
)
from tests.support.refusal import refused
from tests.support.world import REF, key

CALL_GAS = 30_000_000
ZERO = "0x" + "00" * 20
CHANNEL_CLOSED, PAYEE, MINTING, ORDER_CAP, TIERS, CHANNEL_LIMIT, MINT_LIMIT, RESERVES = range(8)
HKD = 10**6
MILLION = 1_000_000 * HKD
CAP, CAPACITY = 5 * MILLION, 20 * MILLION
HOUR, MAX_AGE = 3_600, 26 * 3_600
PLENTY = 10**17
#: Larger than whatever is made to bind.
WIDE = 10**12
ELSEWHERE = b"WHOLESALER-1".ljust(32, b"\0")


def hexed(data):
    return "0x" + data.hex()


@pytest.fixture
def desk(world, payee):
    """Has a channel to the payee, who is ready; reserves are ample and fresh."""
    return ready_desk(world, payee)


def preview(world, name=CHANNEL):
    return world.suite.desks.issuance.call("previewIssue", name)


def order(world, amount):
    """Proposes an order for a credit of its own."""
    ref = bank_ref(f"credit {world.suite.desks.issuance.call('orderCount')}")
    propose(world, ref, amount)
    return ref


def issue(world, amount):
    """Proposes, and approves until it is issued."""
    desk, ref = world.suite.desks.issuance, order(world, amount)
    for by in range(desk.call("approvalsFor", world.token.address, amount)):
        approve(world, ref, amount, by=by)
    assert desk.call("isIssued", ref) is True


def not_issued(world, amount, error, /, **evidence):
    """Proposes, and is refused at the last approval."""
    desk, ref = world.suite.desks.issuance, order(world, amount)
    last = desk.call("approvalsFor", world.token.address, amount) - 1
    for by in range(last):
        approve(world, ref, amount, by=by)
    with refused(world, error, **evidence):
        approve(world, ref, amount, by=last)


# Nothing at all


@pytest.mark.parametrize("name", [ELSEWHERE, b"\0" * 32])
def test_an_unknown_channel_allows_nothing(world, desk, name):
    assert preview(world, name) == (CHANNEL_CLOSED, 0)
    with refused(world, "ChannelNotOpen", channel=hexed(name)):
        propose(world, bank_ref("credit"), 1, name)


def test_a_closed_channel_allows_nothing(world, desk):
    assert preview(world) == (ORDER_CAP, CAP)
    world.act("PAUSER", desk, "closeChannel", CHANNEL, REF)
    assert preview(world) == (CHANNEL_CLOSED, 0)
    with refused(world, "ChannelNotOpen", channel=hexed(CHANNEL)):
        propose(world, bank_ref("credit"), 1)


@pytest.mark.req("HK-08")
def test_an_unbound_payee_gets_nothing(world, desk, payee):
    world.act("REGISTRAR", world.suite.desks.customers, "unbind", payee.address, REF)
    assert preview(world) == (PAYEE, 0)
    not_issued(world, 1, "WalletUnknown", wallet=payee.address)


@pytest.mark.req("HK-08")
def test_a_cooling_payee_gets_nothing_until_it_is_ready(world, desk, payee):
    world.act("REGISTRAR", world.suite.desks.customers, "unbind", payee.address, REF)
    bind(world, payee, cool=False)
    ready = world.chain.now() + DAY
    world.chain.warp(DAY - 1)
    world.attest(PLENTY)
    assert preview(world) == (PAYEE, 0)
    not_issued(world, 1, "WalletCooling", wallet=payee.address, readyAt=ready)
    world.chain.warp(1)
    assert preview(world) == (ORDER_CAP, CAP)
    issue(world, CAP)


@pytest.mark.req("HK-49")
def test_a_payee_past_its_due_diligence_gets_nothing(world, desk, payee):
    until = world.chain.now() + 9
    world.act("REGISTRAR", world.suite.desks.customers, "renew", payee.address, until, REF)
    world.chain.warp(9)
    assert preview(world) == (ORDER_CAP, CAP)
    issue(world, CAP)
    world.chain.warp(1)
    assert preview(world) == (PAYEE, 0)
    not_issued(world, 1, "DueDiligenceExpired", wallet=payee.address, until=until)


@pytest.mark.req("HK-53")
def test_a_blacklisted_payee_gets_nothing(world, token, desk, payee):
    world.act("BLACKLISTER", token, "blacklist", [payee.address], REF)
    assert preview(world) == (PAYEE, 0)
    not_issued(world, 1, "BlacklistedAccount", account=payee.address)


def test_an_unverified_payee_gets_nothing_in_allow_list_mode(world, token, desk, payee):
    world.act("PAUSER", token, "enterAllowListMode", REF)
    assert preview(world) == (PAYEE, 0)
    not_issued(world, 1, "UnverifiedAccount", account=payee.address)
    world.act("VERIFIER", token, "verify", [payee.address], REF)
    assert preview(world) == (ORDER_CAP, CAP)
    issue(world, CAP)


def test_a_payee_that_became_a_redemption_desk_gets_nothing(world, token, desk, create, stranger):
    """What is sent there is surrendered, which a mint is not."""
    wallet, register = create(world, "SmartWallet", stranger.address), world.suite.desks.customers
    deadline = world.chain.now() + DAY
    message = binding(register, wallet.address, REF, 0, deadline)
    proof = bytes(stranger.sign_message(message).signature)
    until = world.chain.now() + 365 * DAY
    world.act("REGISTRAR", register, "bind", wallet.address, REF, until, deadline, proof, REF)
    open_channel(world, wallet.address, ELSEWHERE)
    world.attest(PLENTY)
    assert preview(world, ELSEWHERE) == (ORDER_CAP, CAP)
    ref = bank_ref("credit")
    propose(world, ref, 1, ELSEWHERE)
    world.act("GOVERNOR", token, "appointDesk", wallet.address, REF)
    world.chain.warp(1)
    world.attest(PLENTY)
    assert preview(world, ELSEWHERE) == (PAYEE, 0)
    with refused(world, "ERC20InvalidReceiver", receiver=wallet.address):
        approve(world, ref, 1, ELSEWHERE)


def test_a_frozen_payee_gets_all(world, token, desk, payee):
    """It may not send; it may receive."""
    world.act("FREEZER", token, "freeze", [payee.address], REF)
    assert preview(world) == (ORDER_CAP, CAP)
    issue(world, CAP)


@pytest.mark.parametrize("bits", [4, 5, 15])
def test_nothing_while_minting_is_paused(world, token, desk, bits):
    world.act("PAUSER", token, "pause", bits, REF)
    assert preview(world) == (MINTING, 0)
    not_issued(world, 1, "Paused", pauses=bits)


@pytest.mark.parametrize("bits", [1, 2, 8, 11])
def test_the_other_pauses_allow_all(world, token, desk, bits):
    world.act("PAUSER", token, "pause", bits, REF)
    assert preview(world) == (ORDER_CAP, CAP)
    issue(world, CAP)


def test_nothing_from_a_desk_that_may_not_mint(world, desk):
    expel(world, "MINTER", desk.address)
    assert preview(world) == (MINTING, 0)
    not_issued(world, 1, "AccessManagedUnauthorized", caller=desk.address)


def test_nothing_from_a_desk_that_would_have_to_wait(world, token, authority, desk):
    """A contract cannot schedule."""
    grant(world, "MINTER", desk.address, 60)
    world.attest(PLENTY)
    assert preview(world) == (MINTING, 0)
    payee = channel_of(world).payee
    ref = order(world, 1)
    data = token.encode("mint", payee, 1, ref)
    operation = authority.call("hashOperation", desk.address, token.address, data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        approve(world, ref, 1)


def test_what_comes_first_is_named_first(world, token, desk, payee):
    """Four faults at once, taken away one by one."""
    world.act("PAUSER", desk, "lowerChannel", CHANNEL, 0, 0, 1, REF)
    world.act("PAUSER", token, "pause", 4, REF)
    world.act("BLACKLISTER", token, "blacklist", [payee.address], REF)
    point = world.chain.snapshot()
    world.act("PAUSER", desk, "closeChannel", CHANNEL, REF)
    assert preview(world) == (CHANNEL_CLOSED, 0)
    world.chain.restore(point)
    assert preview(world) == (PAYEE, 0)
    world.act("RELEASER", token, "unblacklist", [payee.address], REF)
    assert preview(world) == (MINTING, 0)
    world.act("RESUMER", token, "resume", 4, REF, token.call("pauseNumber"))
    assert preview(world) == (ORDER_CAP, 0)


# The least of five


@pytest.fixture
def loose(world, desk, token, create, stranger):
    """A source that says anything, without buffer, and wide limits everywhere."""
    made = create(world, "LooseFeed")
    source(world, made.address)
    world.act("GOVERNOR", desk, "raiseChannel", CHANNEL, WIDE, WIDE, 10**6 * DAY, REF)
    world.act("GOVERNOR", token, "raiseMintLimit", WIDE, 10**6 * DAY, REF)
    world.act("GOVERNOR", desk, "loosenTiers", token.address, [(WIDE, 1)], REF)
    made.send("set", WIDE, world.chain.now(), sender=stranger.address)
    return made


def source(world, address, *, single=True):
    terms = (address, HOUR, 0, single)
    world.act("GOVERNOR", world.token, "setReserveConfig", terms, REF)


def bind_cap(world, loose, value):
    channel = channel_of(world)
    terms = (value, channel.capacity, channel.window)
    world.act("PAUSER", world.suite.desks.issuance, "lowerChannel", CHANNEL, *terms, REF)


def bind_tiers(world, loose, value):
    desk, tiers = world.suite.desks.issuance, [(value, 2)]
    world.act("PAUSER", desk, "tightenTiers", world.token.address, tiers if value else [], REF)


def bind_channel_limit(world, loose, value):
    channel = channel_of(world)
    terms = (channel.cap, value, channel.window)
    world.act("PAUSER", world.suite.desks.issuance, "lowerChannel", CHANNEL, *terms, REF)


def bind_mint_limit(world, loose, value):
    world.act("PAUSER", world.token, "lowerMintLimit", value, 10**6 * DAY, REF)


def bind_reserves(world, loose, value):
    loose.send("set", value, world.chain.now(), sender=world.holder(4).address)


BINDING = {
    ORDER_CAP: bind_cap,
    TIERS: bind_tiers,
    CHANNEL_LIMIT: bind_channel_limit,
    MINT_LIMIT: bind_mint_limit,
    RESERVES: bind_reserves,
}


def refuse_one_more(world, constraint, allowed):
    """One unit above what is allowed is refused by what binds."""
    name, above = hexed(CHANNEL), allowed + 1
    proposal = {
        ORDER_CAP: ("OrderCapExceeded", {"channel": name, "amount": above, "cap": allowed}),
        TIERS: (
            "TierExceeded",
            {"token": world.token.address, "amount": above, "largest": allowed},
        ),
    }
    approval = {
        CHANNEL_LIMIT: (
            "ChannelLimitExceeded",
            {"channel": name, "amount": above, "available": allowed},
        ),
        MINT_LIMIT: ("MintLimitExceeded", {"value": above, "available": allowed}),
        RESERVES: ("ReserveExceeded", {"value": above, "headroom": allowed}),
    }
    if constraint in proposal:
        error, evidence = proposal[constraint]
        with refused(world, error, **evidence):
            order(world, above)
    else:
        error, evidence = approval[constraint]
        not_issued(world, above, error, **evidence)


@pytest.mark.req("HK-07", "HK-25")
@pytest.mark.parametrize("allowed", [1, 777, WIDE - 1])
@pytest.mark.parametrize("constraint", BINDING, ids=lambda c: BINDING[c].__name__)
def test_each_binds_in_turn_to_the_unit(world, token, payee, loose, constraint, allowed):
    """So much is issued, and one unit more is refused by what was named."""
    BINDING[constraint](world, loose, allowed)
    assert preview(world) == (constraint, allowed)
    refuse_one_more(world, constraint, allowed)
    issue(world, allowed)
    assert token.call("balanceOf", payee.address) == allowed


@pytest.mark.parametrize("constraint", BINDING, ids=lambda c: BINDING[c].__name__)
def test_each_of_zero_allows_nothing(world, loose, constraint):
    """Zero means zero."""
    BINDING[constraint](world, loose, 0)
    assert preview(world) == (constraint, 0)
    if constraint == RESERVES:
        not_issued(world, 1, "ReserveNotPositive", answer=0)
    else:
        refuse_one_more(world, constraint, 0)


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_the_least_binds_whichever_it_is(world, loose, first, step):
    """In twenty orders of size."""
    places = [(first + i * step) % 5 for i in range(5)]
    for place, constraint in enumerate(BINDING):
        BINDING[constraint](world, loose, 1_000 * (1 + places.index(place)))
    least = list(BINDING)[first]
    assert preview(world) == (least, 1_000)
    refuse_one_more(world, least, 1_000)
    issue(world, 1_000)


@pytest.mark.parametrize("first", range(5))
def test_of_equals_the_first_is_named(world, loose, first):
    for constraint in list(BINDING)[first:]:
        BINDING[constraint](world, loose, 500)
    assert preview(world) == (list(BINDING)[first], 500)
    issue(world, 500)


def test_what_was_issued_counts(world, token, loose):
    """In the channel's limit, in the token's and against the reserves alike."""
    for bind_to in (bind_channel_limit, bind_mint_limit, bind_reserves):
        point = world.chain.snapshot()
        bind_to(world, loose, 1_000)
        issue(world, 400)
        constraint = next(c for c, act in BINDING.items() if act is bind_to)
        assert preview(world) == (constraint, 600)
        refuse_one_more(world, constraint, 600)
        issue(world, 600)
        assert preview(world) == (constraint, 0)
        refuse_one_more(world, constraint, 0)
        world.chain.restore(point)


def test_what_others_mint_counts(world, token, loose, minter, stranger):
    """In the token's limit and against the reserves, not in the channel's limit."""
    bind_channel_limit(world, loose, 950)
    bind_mint_limit(world, loose, 1_000)
    assert preview(world) == (CHANNEL_LIMIT, 950)
    token.send("mint", stranger.address, 100, REF, sender=minter)
    assert preview(world) == (MINT_LIMIT, 900)
    bind_reserves(world, loose, 800)
    assert preview(world) == (RESERVES, 700)
    issue(world, 700)


@pytest.mark.req("HK-07")
@pytest.mark.parametrize("constraint", [CHANNEL_LIMIT, MINT_LIMIT])
def test_what_refills_is_allowed_second_by_second(world, desk, token, constraint):
    """A thousand in seven seconds, all used; rounded down, up to the capacity."""
    if constraint == CHANNEL_LIMIT:
        world.act("PAUSER", desk, "lowerChannel", CHANNEL, CAP, 1_000, 7, REF)
    else:
        world.act("PAUSER", token, "lowerMintLimit", 1_000, 7, REF)
    issue(world, 1_000)
    for seconds, available in ((0, 0), (1, 142), (2, 285), (6, 857), (7, 1_000), (70, 1_000)):
        point = world.chain.snapshot()
        world.chain.warp(seconds)
        assert preview(world) == (constraint, available)
        refuse_one_more(world, constraint, available)
        if available:
            issue(world, available)
        world.chain.restore(point)


@pytest.mark.req("HK-26")
def test_the_buffer_is_not_allowed(world, token, desk):
    """Of the shipped half percent, to the unit."""
    world.chain.warp(1)
    world.attest(1_005_000)
    assert preview(world) == (RESERVES, 1_000_000)
    refuse_one_more(world, RESERVES, 1_000_000)
    issue(world, 1_000_000)
    assert preview(world) == (RESERVES, 0)


def test_what_was_issued_beyond_the_reserves_allows_nothing(world, token, loose):
    """A shortfall is no headroom."""
    issue(world, 1_000)
    bind_reserves(world, loose, 999)
    assert preview(world) == (RESERVES, 0)
    refuse_one_more(world, RESERVES, 0)


# Whatever the source does


def misbehave(world, code):
    """Makes a source of this code, which is not there yet when it is named."""
    initcode = bytes.fromhex(f"60{len(code):02x}600b5f3960{len(code):02x}5ff300") + code
    source(world, create2.address_of(initcode))
    address, _ = create2.deploy(world.chain, initcode, sender=key(0).address)
    assert world.chain.code(address) == code


CODES = {
    "answers nothing": "00",
    "reverts": "5f5ffd",
    "burns all gas": "fe",
    "runs forever": "5b5f56",
    "answers a megabyte": "620fffff5ff3",
    "reverts with a megabyte": "620fffff5ffd",
    "answers more than there is gas for": "63ffffffff5ff3",
    "asks itself": "5f5f5f5f305afa00",
    "answers the largest words": "5f195f525f196020525f196040525f196060525f1960805260a05ff3",
}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_never_reverts_whatever_the_source_is(world, desk, code):
    """With the gas of a call of any node, not with all there is."""
    misbehave(world, bytes.fromhex(code))
    evm, point = world.chain.evm, world.chain.snapshot()
    data = desk.encode("previewIssue", CHANNEL)
    raw = evm.message_call(key(0).address, desk.address, calldata=data, gas=CALL_GAS)
    world.chain.restore(point)
    assert decode(["uint8", "uint256"], bytes(raw)) == (RESERVES, 0)


@pytest.mark.parametrize(
    ("answer", "age"),
    [
        (0, 0),
        (-1, 0),
        (-(2**255), 0),
        (2**255 - 1, HOUR + 1),
        (2**255 - 1, -1),
        (2**255 - 1, None),
    ],
    ids=["nothing", "below", "far below", "stale", "from the future", "without time"],
)
def test_an_answer_that_does_not_count_allows_nothing(world, loose, stranger, answer, age):
    updated = 0 if age is None else world.chain.now() - age
    loose.send("set", answer, updated, sender=stranger.address)
    assert preview(world) == (RESERVES, 0)
    errors = {
        "ReserveNotPositive": {"answer": answer},
        "ReserveStale": {"updatedAt": updated, "maxAge": HOUR},
        "ReserveTimeInvalid": {"updatedAt": updated},
    }
    error = list(errors)[0 if answer <= 0 else 1 if age and age > 0 else 2]
    not_issued(world, 1, error, **errors[error])


def test_a_statement_counts_to_its_last_second(world, desk):
    updated = world.feed.call("latestRoundData")[3]
    world.chain.warp(updated + MAX_AGE - world.chain.now())
    assert preview(world) == (ORDER_CAP, CAP)
    world.chain.warp(1)
    assert preview(world) == (RESERVES, 0)
    not_issued(world, 1, "ReserveStale", updatedAt=updated, maxAge=MAX_AGE)


@pytest.mark.parametrize("decimals", [256, 2**256 - 1])
def test_absurd_decimals_allow_nothing(world, loose, stranger, decimals):
    loose.send("setDecimals", decimals, sender=stranger.address)
    assert preview(world) == (RESERVES, 0)


@pytest.mark.parametrize(
    ("decimals", "reserves", "allowed"), [(8, 177_799, 1_777), (4, 9, 900), (255, 10**50, 0)]
)
def test_the_answer_is_read_in_its_own_unit(world, loose, stranger, decimals, reserves, allowed):
    """Rounded down to the token's."""
    loose.send("setDecimals", decimals, sender=stranger.address)
    bind_reserves(world, loose, reserves)
    assert preview(world) == (RESERVES, allowed)
    refuse_one_more(world, RESERVES, allowed)
    if allowed:
        issue(world, allowed)


@pytest.mark.parametrize("elsewhere", [10**11, WIDE + 1, 2**256 - 1])
def test_what_other_chains_may_issue_is_not_allowed(world, loose, stranger, elsewhere):
    source(world, loose.address, single=False)
    bind_reserves(world, loose, WIDE)
    loose.send("setElsewhere", elsewhere, sender=stranger.address)
    allowed = max(WIDE - elsewhere, 0)
    assert preview(world) == (RESERVES, allowed)
    refuse_one_more(world, RESERVES, allowed)
    if allowed:
        issue(world, allowed)


def test_a_source_that_reverts_allows_nothing(world, loose, stranger):
    loose.send("setBroken", True, sender=stranger.address)
    assert preview(world) == (RESERVES, 0)
    evidence = {"source": loose.address, "reason": "Error(reason=feed is broken)"}
    not_issued(world, 1, "ReserveUnavailable", **evidence)
    loose.send("setBroken", False, sender=stranger.address)
    assert preview(world) == (ORDER_CAP, WIDE)


def test_a_source_that_answers_too_little_allows_nothing(world, desk, create):
    source(world, create(world, "ShortFeed").address)
    assert preview(world) == (RESERVES, 0)


@pytest.mark.parametrize("single", [True, False])
def test_no_source_allows_nothing(world, desk, stranger, single):
    """Neither none at all, nor an address without code."""
    for address in (ZERO, stranger.address):
        source(world, address, single=single)
        assert preview(world) == (RESERVES, 0)


def test_disputed_reserves_allow_nothing(world, feed, desk):
    world.act("PAUSER", feed, "reportBreak", REF)
    assert preview(world) == (RESERVES, 0)
    reason = f"Disputed(ref={hexed(REF)})"
    not_issued(world, 1, "ReserveUnavailable", source=feed.address, reason=reason)


# What else refuses an issue


def test_a_token_that_left_the_board_is_not_issued(world, token, registry, desk):
    """Nothing is proposed of it, so nothing is allowed."""
    world.act("GOVERNOR", registry, "retire", b"HKD", REF)
    world.attest(PLENTY)
    with refused(world, "CurrencyMismatch", token=token.address, currency=hexed(b"HKD")):
        propose(world, bank_ref("credit"), 1)
    assert preview(world) == (CHANNEL_CLOSED, 0)


def test_the_supply_leaves_room(world, token, loose, desk, minter, stranger):
    """The supply is at most 2^112 - 1, whatever the reserves back."""
    room = 1_000
    loose.send("set", 2**200, world.chain.now(), sender=stranger.address)
    world.act("GOVERNOR", token, "raiseMintLimit", 2**208 - 1, 1, REF)
    loose.send("set", 2**200, world.chain.now(), sender=stranger.address)
    supply = 2**112 - 1 - room
    token.send("mint", stranger.address, supply, REF, sender=minter)
    world.chain.warp(1)
    not_issued(world, room + 1, "SupplyCapExceeded", supply=supply, value=room + 1)
    assert preview(world) == (RESERVES, room)
    issue(world, room)
    assert preview(world) == (RESERVES, 0)
