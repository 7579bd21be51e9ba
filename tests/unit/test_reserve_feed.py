"""Statements of reserves by k of n attestors.

post
├── when it is about another currency: reverts with CurrencyMismatch
├── when it was counted in the future: reverts with AsOfInFuture
├── when it is not newer than the last: reverts with AsOfNotAdvancing
├── when fewer signed than needed: reverts with QuorumNotMet
├── when a signature is not an attestor's over this statement: reverts with NotAttestor
├── when signers are not ascending, or one signed twice: reverts with SignersNotAscending
├── given a rise beyond the bound, counted from where the day began: needs the larger quorum
├── given a fall: needs the quorum only, and what has fallen does not rise again for free
└── else, by anybody: records a round that reads like Chainlink's

reportBreak, clearBreak
├── when the reference is zero: reverts with ReferenceRequired
├── given a break: every answer that counts reverts with Disputed, the record can be read
└── clearing it waits for its delay

expelAttestor, addAttestor, setQuorums
├── when nobody, or one twice, is added: reverts with InvalidAttestor
├── when somebody else is expelled: reverts with NotAttestor
├── when quorums do not fit: reverts with InvalidQuorums
├── expelling is at once, adding waits
└── too few left: nothing can be posted
"""

from dataclasses import replace

import pytest
from eth_utils import keccak, to_checksum_address

from pegboard.errors import Reverted
from pegboard.reserves import Statement, signable
from tests.support.refusal import creation_refused, emitted, refused, when_due, words_of
from tests.support.revm import RevmChain
from tests.support.world import REF, artifacts, build_world, currencies, key, resolve

ZERO = "0x" + "00" * 20
REF_HEX = "0x" + REF.hex()
NO_REF = b"\0" * 32
DOCUMENT = keccak(text="full statement")
DAY = 86_400
#: The declared attestors, in the order that the feed asks for.
ATTESTORS = sorted((key(16), key(17), key(18)), key=lambda a: int(a.address, 16))
START = 10**12


@pytest.fixture
def post(world, feed, relayer):
    """Posts a statement of now that these attestors signed; anybody may."""

    def act(
        reserves=START,
        signers=ATTESTORS,
        *,
        elsewhere=0,
        as_of=None,
        currency="HKD",
        signatures=None,
        to=feed,
    ):
        as_of = world.chain.now() if as_of is None else as_of
        statement = Statement(currency, as_of, reserves, elsewhere, DOCUMENT)
        message = signable(to, statement)
        if signatures is None:
            signatures = [bytes(a.sign_message(message).signature) for a in signers]
        return to.send("post", statement.values(), signatures, sender=relayer.address)

    return act


@pytest.fixture
def first(world, post):
    """A first statement at the beginning of a day; an hour has passed since."""
    world.chain.warp(DAY - world.chain.now() % DAY)
    post()
    world.chain.warp(3_600)


# What is refused


@pytest.mark.req("HK-29")
@pytest.mark.parametrize("currency", ["USD", "hkd", "", "HKD "])
def test_refuses_another_currency(world, post, currency):
    """A statement of another currency never counts."""
    with refused(world, "CurrencyMismatch", currency=currency):
        post(currency=currency)


def test_refuses_a_statement_from_the_future(world, post):
    as_of = world.chain.now() + 1
    with refused(world, "AsOfInFuture", asOf=as_of):
        post(as_of=as_of)


@pytest.mark.parametrize("back", [0, 1, DAY])
def test_refuses_a_statement_that_is_not_newer(world, post, back):
    """I8: updatedAt only advances; a late one is refused."""
    post()
    last = world.chain.now()
    world.chain.warp(9)
    with refused(world, "AsOfNotAdvancing", asOf=last - back, last=last):
        post(as_of=last - back)
    post(as_of=last + 1)


def test_refuses_the_beginning_of_time(world, post):
    with refused(world, "AsOfNotAdvancing", asOf=0, last=0):
        post(as_of=0)


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("count", [0, 1])
def test_refuses_too_few_signatures(world, post, count):
    with refused(world, "QuorumNotMet", signatures=count, needed=2):
        post(signers=ATTESTORS[:count])


@pytest.mark.usefixtures("first")
def test_refuses_a_stranger_among_the_signers(world, post, stranger):
    for signers in ([ATTESTORS[0], stranger], [*ATTESTORS, stranger], [stranger, ATTESTORS[0]]):
        with refused(world, "NotAttestor", signer=stranger.address):
            post(signers=signers)


@pytest.mark.usefixtures("first")
def test_refuses_one_attestor_twice(world, post):
    one = ATTESTORS[1]
    with refused(world, "SignersNotAscending", previous=one.address, next=one.address):
        post(signers=[one, one])


@pytest.mark.usefixtures("first")
def test_refuses_signers_out_of_order(world, post):
    low, high, _ = ATTESTORS
    with refused(world, "SignersNotAscending", previous=high.address, next=low.address):
        post(signers=[high, low])


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("field", ["as_of", "reserves", "elsewhere", "document", "currency"])
def test_a_signature_is_bound_to_every_field(world, feed, relayer, field):
    """I19: what was signed is what counts; another statement recovers somebody else."""
    signed = Statement("HKD", world.chain.now(), START, 5, DOCUMENT)
    other = {
        "as_of": signed.as_of - 1,
        "reserves": START - 1,
        "elsewhere": 6,
        "document": REF,
        "currency": "USD",
    }[field]
    message = signable(feed, replace(signed, **{field: other}))
    signatures = [bytes(a.sign_message(message).signature) for a in ATTESTORS[:2]]
    before = words_of(world)
    with pytest.raises(Reverted) as caught:  # whom it recovers, nobody can foresee
        feed.send("post", signed.values(), signatures, sender=relayer.address)
    assert caught.value.name == "NotAttestor"
    assert words_of(world) == before


@pytest.mark.usefixtures("first")
def test_a_signature_is_bound_to_chain_and_feed(world, feed, relayer):
    """I19: another chain's feed at the same address, another currency's feed on this chain."""
    signed = Statement("HKD", world.chain.now(), START, 0, DOCUMENT)
    elsewhere = build_world(RevmChain(31338)).feed
    assert elsewhere.address == feed.address
    usd = build_world(RevmChain(), ("USD",)).feed
    before = words_of(world)
    for other in (elsewhere, usd):
        message = signable(other, signed)
        signatures = [bytes(a.sign_message(message).signature) for a in ATTESTORS[:2]]
        with pytest.raises(Reverted) as caught:  # whom it recovers, nobody can foresee
            feed.send("post", signed.values(), signatures, sender=relayer.address)
        assert caught.value.name == "NotAttestor"
    assert words_of(world) == before


@pytest.mark.usefixtures("first")
def test_refuses_malformed_signatures(world, feed, post):
    """I20: 65 bytes of a key, or the address of a contract and what it accepts."""
    statement = Statement("HKD", world.chain.now(), START, 0, DOCUMENT)
    good = [bytes(a.sign_message(signable(feed, statement)).signature) for a in ATTESTORS]
    v_of_zero = good[1][:64] + bytes([good[1][64] - 27])
    for bad in (b"", b"\1" * 19, good[1][:64], v_of_zero, b"\0" * 65):
        with refused(world, "NotAttestor", signer=ZERO):
            post(signatures=[good[0], bad])
    # An attestor's address before its key's signature is no answer of a contract.
    with refused(world, "NotAttestor", signer=ZERO):
        post(signatures=[good[0], bytes.fromhex(ATTESTORS[1].address[2:]) + good[1]])


# Quorums


def test_the_first_statement_needs_the_larger_quorum(world, post):
    """It rises from nothing."""
    with refused(world, "QuorumNotMet", signatures=2, needed=3):
        post(signers=ATTESTORS[:2])
    post()


def test_a_first_statement_of_nothing_needs_the_quorum_only(world, feed, post):
    post(reserves=0, signers=ATTESTORS[:2])
    assert feed.call("latestRoundData")[1] == 0


@pytest.mark.usefixtures("first")
def test_a_rise_up_to_the_bound_needs_the_quorum(world, feed, post):
    bound = START * 12_000 // 10_000
    with refused(world, "QuorumNotMet", signatures=2, needed=3):
        post(bound + 1, ATTESTORS[:2])
    post(bound, ATTESTORS[:2])
    assert feed.call("latestRoundData")[1] == bound


@pytest.mark.usefixtures("first")
def test_small_rises_add_up_within_a_day(world, post):
    """The bound counts from where the day began, not from the last statement."""
    for percent in (110, 119, 120):
        post(START * percent // 100, ATTESTORS[:2])
        world.chain.warp(60)
    with refused(world, "QuorumNotMet", signatures=2, needed=3):
        post(START * 120 // 100 + 1, ATTESTORS[:2])
    world.chain.warp(DAY)
    post(START * 144 // 100, ATTESTORS[:2])


@pytest.mark.usefixtures("first")
def test_the_window_is_a_day_of_posting(world, post):
    """Days without a statement, made up for in one go, give one allowance."""
    world.chain.warp(10 * DAY)
    begin = world.chain.now() - 5 * DAY
    post(START * 120 // 100, ATTESTORS[:2], as_of=begin)
    for later in (1, DAY, 2 * DAY):
        with refused(world, "QuorumNotMet", signatures=2, needed=3):
            post(START * 120 // 100 + 1, ATTESTORS[:2], as_of=begin + later)
    world.chain.warp(DAY - 1)
    with refused(world, "QuorumNotMet", signatures=2, needed=3):
        post(START * 120 // 100 + 1, ATTESTORS[:2])
    world.chain.warp(1)
    post(START * 144 // 100, ATTESTORS[:2])


@pytest.mark.usefixtures("first")
def test_a_ceiling_elsewhere_hides_no_rise(world, post):
    """Reserves and what is left of them are bound apart: others read the reserves alone."""
    with refused(world, "QuorumNotMet", signatures=2, needed=3):
        post(10 * START, ATTESTORS[:2], elsewhere=9 * START)


@pytest.mark.usefixtures("first")
def test_what_has_fallen_does_not_rise_again_for_free(world, post):
    """A fall is always accepted, and lowers what the day's rise counts from."""
    post(START // 2, ATTESTORS[:2])
    world.chain.warp(60)
    with refused(world, "QuorumNotMet", signatures=2, needed=3):
        post(START // 2 * 120 // 100 + 1, ATTESTORS[:2])
    post(START // 2 * 120 // 100, ATTESTORS[:2])


@pytest.mark.usefixtures("first")
def test_the_larger_quorum_begins_the_day_anew(world, post):
    post(3 * START, ATTESTORS)
    world.chain.warp(60)
    post(3 * START * 120 // 100, ATTESTORS[:2])
    world.chain.warp(60)
    with refused(world, "QuorumNotMet", signatures=2, needed=3):
        post(3 * START * 120 // 100 + 1, ATTESTORS[:2])


def test_the_bound_is_on_what_is_left_for_this_chain(world, post):
    """Lowering the ceiling of other chains raises what can be minted here, too."""
    post(START, elsewhere=START // 2)
    world.chain.warp(1)
    with refused(world, "QuorumNotMet", signatures=2, needed=3):
        post(START, ATTESTORS[:2], elsewhere=START // 2 - START // 10 - 1)
    post(START, ATTESTORS[:2], elsewhere=START // 2 - START // 10)
    world.chain.warp(1)
    post(START, ATTESTORS[:2], elsewhere=2 * START)


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("reserves", [START, START - 1, 1, 0])
def test_a_fall_needs_the_quorum_only(world, feed, post, reserves):
    post(reserves, ATTESTORS[:2])
    assert feed.call("latestRoundData")[1] == reserves


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("pair", [(0, 1), (0, 2), (1, 2)])
def test_any_k_of_n_will_do(world, feed, post, pair):
    post(START + 1, [ATTESTORS[i] for i in pair])
    assert feed.call("latestRoundData")[1] == START + 1


# What is recorded


@pytest.mark.req("HK-34")
def test_records_a_round(world, feed, post):
    as_of = world.chain.now()
    world.chain.warp(77)
    receipt = post(START, elsewhere=9, as_of=as_of)
    assert emitted(feed, receipt) == [
        (
            "StatementPosted",
            {
                "round": as_of,
                "asOf": as_of,
                "reserves": START,
                "elsewhere": 9,
                "document": "0x" + DOCUMENT.hex(),
                "attestors": tuple(a.address.lower() for a in ATTESTORS),
            },
        )
    ]
    posted = as_of + 77
    document = "0x" + DOCUMENT.hex()
    assert feed.call("latestStatement") == (as_of, as_of, posted, START, 9, document)
    assert feed.call("elsewhere") == 9


def test_reads_like_chainlink(world, feed, post):
    """I8: updatedAt is when the reserves were counted, never when they were posted."""
    moments = []
    for reserves in (START, START + 5, 7):
        as_of = world.chain.now()
        world.chain.warp(50)
        post(reserves, as_of=as_of)
        moments.append((reserves, as_of))
    for reserves, as_of in moments:
        data = (as_of, reserves, as_of, as_of, as_of)
        assert feed.call("getRoundData", as_of) == data
    assert feed.call("latestRoundData") == data
    assert feed.call("decimals") == 6
    assert feed.call("version") == 1
    assert feed.call("description") == "HKD reserves"
    assert feed.call("currency") == "HKD"


@pytest.mark.parametrize("round_id", [0, 2, 2**80 - 1])
def test_refuses_a_round_that_is_not_there(world, feed, post, round_id):
    post()
    with refused(world, "NoStatement", round=round_id):
        feed.call("getRoundData", round_id)


def test_refuses_to_answer_before_the_first_statement(world, feed):
    for view in ("latestRoundData", "elsewhere"):
        with refused(world, "NoStatement", round=0):
            feed.call(view)
    assert feed.call("latestStatement") == (0, 0, 0, 0, 0, "0x" + "00" * 32)


def test_the_greatest_figures_fit(world, feed, post):
    """104 bits of reserves fill their field and touch no other."""
    post(2**104 - 1, elsewhere=2**104 - 1)
    assert feed.call("latestRoundData")[1] == 2**104 - 1
    assert feed.call("elsewhere") == 2**104 - 1
    assert feed.call("breakRef") == "0x" + "00" * 32


def test_the_hash_is_what_a_wallet_signs(world, feed):
    """I19: EIP-712 over the feed's own domain."""
    statement = Statement("HKD", world.chain.now(), START, 3, DOCUMENT)
    message = signable(feed, statement)
    digest = keccak(b"\x19\x01" + message.header + message.body)
    assert feed.call("statementHash", statement.values()) == "0x" + digest.hex()


# Breaks


def test_a_break_needs_a_reference(world, feed, pauser):
    with refused(world, "ReferenceRequired"):
        feed.send("reportBreak", NO_REF, sender=pauser)


def test_a_break_stops_the_answers_that_count(world, feed, post, pauser):
    post(START, elsewhere=4)
    receipt = feed.send("reportBreak", REF, sender=pauser)
    assert emitted(feed, receipt) == [("BreakReported", {"operator": pauser, "ref": REF_HEX})]
    for view in ("latestRoundData", "elsewhere"):
        with refused(world, "Disputed", ref=REF_HEX):
            feed.call(view)
    assert feed.call("breakRef") == REF_HEX
    assert feed.call("latestStatement")[3:5] == (START, 4)
    past = feed.call("latestStatement")[0]
    assert feed.call("getRoundData", past)[1] == START


def test_a_break_outlives_the_next_statement(world, feed, post, pauser):
    """Only RESUMER clears it."""
    post()
    feed.send("reportBreak", REF, sender=pauser)
    world.chain.warp(1)
    post()
    with refused(world, "Disputed", ref=REF_HEX):
        feed.call("latestRoundData")


@pytest.mark.req("HK-09")
def test_a_break_is_cleared_late(world, feed, post, pauser, resumer):
    post()
    feed.send("reportBreak", REF, sender=pauser)
    call = feed.prepare("clearBreak", REF, REF)
    operation = world.suite.authority.call("hashOperation", resumer, feed.address, call.data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        feed.submit(call.data, sender=resumer)
    receipt = when_due(world, "RESUMER", feed, "clearBreak", REF, REF)()
    assert emitted(feed, receipt) == [("BreakCleared", {"operator": resumer, "ref": REF_HEX})]
    assert feed.call("breakRef") == "0x" + "00" * 32
    assert feed.call("latestRoundData")[1] == START


# Attestors


@pytest.mark.req("HK-06")
def test_expels_at_once(world, feed, post, expeller):
    """I7: like any power, the word of an attestor is taken away without delay."""
    post()
    gone = ATTESTORS[0]
    receipt = feed.send("expelAttestor", gone.address, REF, sender=expeller)
    assert emitted(feed, receipt) == [
        (
            "AttestorExpelled",
            {"attestor": gone.address, "operator": expeller, "ref": REF_HEX},
        )
    ]
    world.chain.warp(1)
    with refused(world, "NotAttestor", signer=gone.address):
        post(signers=ATTESTORS[:2])
    post(signers=ATTESTORS[1:])


def test_too_few_left_means_no_statement(world, feed, post, expeller):
    post()
    for gone in ATTESTORS[:2]:
        feed.send("expelAttestor", gone.address, REF, sender=expeller)
    world.chain.warp(1)
    with refused(world, "QuorumNotMet", signatures=1, needed=2):
        post(signers=ATTESTORS[2:])


def test_refuses_to_expel_a_stranger(world, feed, stranger, expeller):
    with refused(world, "NotAttestor", signer=stranger.address):
        feed.send("expelAttestor", stranger.address, REF, sender=expeller)


def test_adds_late(world, feed, stranger, governor):
    call = feed.prepare("addAttestor", stranger.address, REF)
    operation = world.suite.authority.call("hashOperation", governor, feed.address, call.data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        feed.submit(call.data, sender=governor)
    receipt = when_due(world, "GOVERNOR", feed, "addAttestor", stranger.address, REF)()
    assert emitted(feed, receipt) == [
        (
            "AttestorAdded",
            {"attestor": stranger.address, "operator": governor, "ref": REF_HEX},
        )
    ]
    assert stranger.address.lower() in feed.call("attestors")


@pytest.mark.parametrize("attestor", [ZERO, ATTESTORS[0].address])
def test_refuses_nobody_and_one_twice(world, feed, attestor):
    add = when_due(world, "GOVERNOR", feed, "addAttestor", attestor, REF)
    with refused(world, "InvalidAttestor", attestor=attestor):
        add()


@pytest.mark.parametrize(("quorum", "rise"), [(0, 1), (0, 0), (2, 1), (1, 4), (4, 4)])
def test_refuses_quorums_that_do_not_fit(world, feed, quorum, rise):
    act = when_due(world, "GOVERNOR", feed, "setQuorums", quorum, rise, 2_000, REF)
    with refused(world, "InvalidQuorums", quorum=quorum, riseQuorum=rise, attestors=3):
        act()


def test_sets_quorums(world, feed, post):
    receipt = when_due(world, "GOVERNOR", feed, "setQuorums", 1, 2, 100, REF)()
    assert emitted(feed, receipt) == [
        (
            "QuorumsSet",
            {
                "quorum": 1,
                "riseQuorum": 2,
                "maxRiseBps": 100,
                "operator": world.member("GOVERNOR"),
                "ref": REF_HEX,
            },
        )
    ]
    assert feed.call("quorums") == (1, 2, 100)
    post(signers=ATTESTORS[:2])
    world.chain.warp(1)
    post(START * 101 // 100, ATTESTORS[:1])
    world.chain.warp(1)
    with refused(world, "QuorumNotMet", signatures=1, needed=2):
        post(START * 101 // 100 + 1, ATTESTORS[:1])


def test_a_contract_attests(world, feed, create, post, relayer):
    """I22: ERC-1271; the attestor's address leads the signature."""
    wallet = create(world, "SmartWallet", relayer.address)
    world.act("GOVERNOR", feed, "addAttestor", wallet.address, REF)
    post()
    world.chain.warp(1)

    def signed_by(owner, claimed=wallet.address):
        statement = Statement("HKD", world.chain.now(), START, 0, DOCUMENT)
        message = signable(feed, statement)
        inner = bytes(owner.sign_message(message).signature)
        other = bytes(ATTESTORS[0].sign_message(message).signature)
        pairs = [(claimed, bytes.fromhex(claimed[2:]) + inner), (ATTESTORS[0].address, other)]
        return [signature for _, signature in sorted(pairs, key=lambda p: int(p[0], 16))]

    with refused(world, "NotAttestor", signer=ZERO):
        post(signatures=signed_by(ATTESTORS[1]))
    stranger = create(world, "SmartWallet", key(29).address)
    with refused(world, "NotAttestor", signer=stranger.address):
        post(signatures=signed_by(key(29), stranger.address))
    for manner in (1, 3, 4):
        wallet.send("behave", manner, sender=relayer.address)
        with refused(world, "NotAttestor", signer=ZERO):
            post(signatures=signed_by(relayer))
    wallet.send("behave", 0, sender=relayer.address)
    receipt = post(signatures=signed_by(relayer))
    attestors = emitted(feed, receipt)[0][1]["attestors"]
    assert {to_checksum_address(a) for a in attestors} == {wallet.address, ATTESTORS[0].address}


# Construction


@pytest.mark.parametrize(
    ("change", "error", "evidence"),
    [
        ({"decimals": 19}, "InvalidDecimals", {"decimals": 19}),
        ({"quorum": 0}, "InvalidQuorums", {"quorum": 0, "riseQuorum": 3, "attestors": 3}),
        ({"rise_quorum": 1}, "InvalidQuorums", {"quorum": 2, "riseQuorum": 1, "attestors": 3}),
        ({"rise_quorum": 4}, "InvalidQuorums", {"quorum": 2, "riseQuorum": 4, "attestors": 3}),
        ({"attestors": {"local": (ZERO,)}}, "InvalidAttestor", {"attestor": ZERO}),
        (
            {"attestors": {"local": (ATTESTORS[0].address,) * 2}},
            "InvalidAttestor",
            {"attestor": ATTESTORS[0].address},
        ),
    ],
)
def test_refuses_to_be_built_wrong(world, authority, relayer, change, error, evidence):
    config = replace(currencies()["HKD"].reserves, **change)
    initcode = artifacts()["ReserveFeed"].initcode(
        authority.address,
        "HKD",
        config.decimals,
        [resolve(name) for name in config.attestors_on(31337)],
        config.quorum,
        config.rise_quorum,
        config.max_rise_bps,
    )
    with creation_refused(error, **evidence):
        world.chain.create(relayer.address, initcode)


@pytest.mark.req("HK-09")
def test_clearing_never_outruns_a_later_break(world, feed, post, pauser):
    """What was scheduled for one break does not clear the next, nor none."""
    later = keccak(text="another break")
    act = when_due(world, "RESUMER", feed, "clearBreak", REF, REF)
    with refused(world, "NotDisputed", reported=REF_HEX):
        act()
    feed.send("reportBreak", later, sender=pauser)
    with refused(world, "NotDisputed", reported=REF_HEX):
        act()
    world.act("RESUMER", feed, "clearBreak", later, REF)
    assert int(feed.call("breakRef"), 16) == 0
