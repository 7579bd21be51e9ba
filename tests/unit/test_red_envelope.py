"""Red envelopes: a sum in packets, and who gets what of it.

create
├── given no packets, less than 0.01 for each, no key, or an expiry behind: InvalidEnvelope
├── given a token that is not on the board: TokenNotRegistered
├── given terms that were created before, whatever became of them: EnvelopeExists
├── given a signature over any other term, or somebody else's: the token's InvalidSignature
├── given a creator who may not send, has too little, or has cancelled: the token's refusal
├── while transfers are paused: Paused
└── else: `total` is here, by anybody's hand, of a key or of a wallet contract

claim
├── by another than the submitter, where there is one: CallerNot
├── given terms that were never created, or of which nothing is left: EnvelopeUnknown, -Empty
├── after the expiry, pauses added: EnvelopeExpired
├── by an address that has its share: AlreadyClaimed
├── given a signature of another key, for another address or envelope: InvalidSignature
├── given a creator who may not send: OwnerBarred
├── given a claimer who may not receive, a pause, too little gas: nothing, and the packet stays
└── else: an equal share, or one between 0.01 and twice the mean; the last takes the rest

refund
├── until the expiry, pauses added; unknown or empty: refused
├── given a creator who may not send, or a pause: refused
└── else: by anybody, to the creator

complianceRelease
├── by another than EXECUTOR, without reference, of a creator who may send: refused
└── else: the rest goes where the order says
"""

from dataclasses import replace
from math import sqrt

import pyrevm
import pytest
from eth_abi import encode
from eth_utils import keccak

from pegboard.errors import Reverted
from pegboard.signing import cancellation
from tests.support.holding import (
    NO_RECEIVER,
    NO_REF,
    NO_SENDER,
    TRANSFERS,
    bar,
    clear,
    logged,
    moves,
    pause,
    pause_for,
    retire,
    starve,
    warp_to,
)
from tests.support.refusal import emitted, refused, when_due
from tests.support.revm import START, RevmChain
from tests.support.uses import DAY, ZERO, create, open_market, sign
from tests.support.world import REF, build_world, currencies, key

REF_HEX = "0x" + REF.hex()
LINK = key(45)
OTHER = key(59)
CLAIMERS = [key(index) for index in range(46, 56)]
TOTAL = 88_000_000
LEAST = 10_000


@pytest.fixture
def world(market):
    return market.world


@pytest.fixture
def envelopes(market):
    return market.uses.envelopes


@pytest.fixture
def filled(market):
    """HKD 88 in 10 random packets."""
    envelope = market.envelope(LINK)
    market.create(envelope)
    return envelope


def hexed(envelope, contract):
    return "0x" + envelope.digest(contract).hex()


def rest(market, envelope):
    """What is left, and for how many."""
    contract = market.uses.envelopes
    return contract.call("restOf", envelope.digest(contract))[:2]


def claim(market, envelope, claimer, sender=None, signer=LINK):
    contract = market.uses.envelopes
    signature = sign(signer, envelope.claim(contract, claimer))
    args = (envelope.values(), claimer, signature)
    return contract.send("claim", *args, sender=sender or market.relayer.address)


def claims(market, envelope):
    """Everybody's share, in turn, until nothing is left."""
    shares = []
    for one in CLAIMERS[: rest(market, envelope)[1]]:
        before = market.balance(market.hkd, one.address)
        claim(market, envelope, one.address)
        shares.append(market.balance(market.hkd, one.address) - before)
    return shares


def refund(market, envelope, sender=None):
    caller = sender or market.relayer.address
    return market.uses.envelopes.send("refund", envelope.values(), sender=caller)


def order(market, envelope, to=OTHER.address, ref=REF):
    """EXECUTOR's last step, its delay waited for."""
    args = ("complianceRelease", envelope.values(), to, ref)
    return when_due(market.world, "EXECUTOR", market.uses.envelopes, *args)


def roll(market, seed):
    """The block's randomness is of this seed."""
    drawn = keccak(text=f"block {seed}")
    number = market.now - START + 1
    block = pyrevm.BlockEnv(timestamp=market.now, number=number, prevrandao=drawn)
    market.world.chain.evm.set_block_env(block)
    return drawn


# create


@pytest.mark.parametrize(
    "changes",
    [
        {"packets": 0},
        {"total": 10 * LEAST - 1},
        {"packets": 1, "total": 0},
        {"packets": 65_535, "total": 65_535 * LEAST - 1},
        {"key": ZERO},
        {"expiry": "past"},
        {"expiry": 0},
    ],
)
def test_an_envelope_must_mean_something(market, world, changes):
    """E2: at least 0.01 a packet."""
    if changes.get("expiry") == "past":
        changes = {"expiry": market.now - 1}
    with refused(world, "InvalidEnvelope"):
        market.create(market.envelope(LINK, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"total": 10 * LEAST},
        {"packets": 1, "total": LEAST},
        {"packets": 65_535, "total": 65_535 * LEAST},
        {"expiry": "now"},
    ],
)
def test_an_envelope_at_its_bounds_is_taken(market, envelopes, changes):
    if changes.get("expiry") == "now":
        changes = {"expiry": market.now}
    envelope = market.envelope(LINK, **changes)
    with moves(market, {envelope.creator: -envelope.total, envelopes.address: envelope.total}):
        market.create(envelope)
    assert rest(market, envelope) == (envelope.total, envelope.packets)


@pytest.mark.parametrize(("decimals", "least"), [(2, 1), (18, 10**16)])
def test_the_least_is_a_hundredth_of_the_currency(decimals, least):
    """E2: whatever its decimals."""
    odd = replace(currencies()["HKD"], decimals=decimals)
    market = open_market(build_world(RevmChain(), ("HKD", "USD"), {"HKD": odd}))
    with refused(market.world, "InvalidEnvelope"):
        market.create(market.envelope(LINK, packets=3, total=3 * least - 1))
    envelope = market.envelope(LINK, packets=3, total=3 * least)
    if 3 * least <= 10**12:
        market.create(envelope)
        assert claims(market, envelope) == [least] * 3
        return
    balance = market.balance(market.hkd, envelope.creator)
    evidence = {"sender": envelope.creator, "balance": balance, "needed": 3 * least}
    with refused(market.world, "ERC20InsufficientBalance", **evidence):
        market.create(envelope)


def test_a_foreign_token_is_not_taken(market, world):
    """R11: only what is on the board is called."""
    foreign = create(world, "ForeignToken", market.taker.address, TOTAL)
    with refused(world, "TokenNotRegistered", token=foreign.address):
        market.create(market.envelope(LINK, token=foreign.address))


def test_a_retired_currency_comes_in_no_more_but_goes_out(market, world, token):
    """R11: what is in an envelope is claimed and goes back as before."""
    envelope = market.envelope(LINK, expiry=market.now + 9 * DAY)
    market.create(envelope)
    retire(market)
    with refused(world, "TokenNotRegistered", token=token.address):
        market.create(market.envelope(LINK, salt=bytes(32)))
    claim(market, envelope, CLAIMERS[0].address)
    warp_to(market, envelope.expiry + 1)
    left = rest(market, envelope)[0]
    with moves(market, {envelope.creator: left, market.uses.envelopes.address: -left}):
        refund(market, envelope)


@pytest.mark.parametrize("end", ["full", "claimed", "released"])
def test_terms_are_created_once(market, world, envelopes, end):
    """E1, E4: for ever, since who has claimed is remembered under them."""
    envelope = market.envelope(LINK, expiry=market.now + 9 * DAY)
    market.create(envelope)
    if end == "claimed":
        claims(market, envelope)
    if end == "released":
        bar(market, "frozen", envelope.creator)
        order(market, envelope)()
        clear(market, "frozen", envelope.creator)
    with refused(world, "EnvelopeExists", id=hexed(envelope, envelopes)):
        market.create(envelope)


@pytest.mark.parametrize(
    "changes",
    [
        {"creator": OTHER.address},
        {"token": "usd"},
        {"key": OTHER.address},
        {"submitter": OTHER.address},
        {"total": TOTAL - 1},
        {"packets": 9},
        {"random": False},
        {"expiry": 1_900_000_000},
        {"salt": bytes(32)},
    ],
)
def test_the_creator_signs_every_term(market, world, envelopes, changes):
    """R5: the nonce is the terms."""
    if "token" in changes:
        changes = {"token": market.usd.token.address}
    envelope = market.envelope(LINK)
    signature = market.pay_signed(envelope, envelopes, market.taker, market.hkd)
    other = replace(envelope, **changes)
    with refused(world, "InvalidSignature", signer=other.creator):
        envelopes.send("create", other.values(), signature, sender=market.relayer.address)


@pytest.mark.parametrize("creator", [ZERO, OTHER.address])
def test_nobody_fills_it_for_another(market, world, creator):
    """R10: address zero signs nothing."""
    with refused(world, "InvalidSignature", signer=creator):
        market.create(market.envelope(LINK, creator=creator))


@pytest.mark.parametrize(("how", "error"), NO_SENDER.items())
def test_a_barred_creator_fills_nothing(market, world, how, error):
    """R2: who may not send puts nothing here."""
    envelope = market.envelope(LINK)
    bar(market, how, envelope.creator)
    with refused(world, error, account=envelope.creator):
        market.create(envelope)


def test_a_creator_fills_it_with_what_it_has(market, world):
    envelope = market.envelope(LINK, total=10**12 + 1)
    evidence = {"sender": envelope.creator, "balance": 10**12, "needed": 10**12 + 1}
    with refused(world, "ERC20InsufficientBalance", **evidence):
        market.create(envelope)


@pytest.mark.parametrize("pauses", [1, 2])
def test_nothing_is_filled_in_a_pause(market, world, token, pauses):
    """R1: of transfers, or of signatures."""
    world.act("PAUSER", token, "pause", pauses, REF)
    with refused(world, "Paused", pauses=pauses):
        market.create(market.envelope(LINK))


def test_a_cancelled_authorization_fills_nothing(market, world, envelopes, token):
    envelope = market.envelope(LINK)
    nonce = envelope.digest(envelopes)
    signature = sign(market.taker, cancellation(token, envelope.creator, nonce))
    verb = "cancelAuthorization"
    token.send(verb, envelope.creator, nonce, signature, sender=market.relayer.address)
    evidence = {"authorizer": envelope.creator, "nonce": "0x" + nonce.hex()}
    with refused(world, "AuthorizationSpent", **evidence):
        market.create(envelope)


def test_the_signature_is_worth_nothing_at_the_token(market, world, envelopes, token):
    """R5: who runs ahead with it is refused, and has spoilt nothing."""
    envelope = market.envelope(LINK)
    signature = market.pay_signed(envelope, envelopes, market.taker, market.hkd)
    values = (*envelope.payment(envelopes).values(), signature)
    evidence = {"caller": OTHER.address, "payee": envelopes.address}
    with refused(world, "CallerNotPayee", **evidence):
        token.send("receiveWithAuthorization", *values, sender=OTHER.address)
    with refused(world, "InvalidSignature", signer=envelope.creator):
        token.send("transferWithAuthorization", *values, sender=OTHER.address)
    market.create(envelope)
    assert rest(market, envelope) == (TOTAL, 10)


def test_creates_by_anybodys_hand(market, envelopes):
    """E1, R4: `total` is here, and the word says so."""
    envelope = market.envelope(LINK)
    identity = hexed(envelope, envelopes)
    signature = market.pay_signed(envelope, envelopes, market.taker, market.hkd)
    assert envelopes.call("create", envelope.values(), signature) == identity
    assert envelopes.call("idOf", envelope.values()) == identity
    with moves(market, {envelope.creator: -TOTAL, envelopes.address: TOTAL}):
        receipt = market.create(envelope)
    terms = tuple(v.lower() if isinstance(v, str) else v for v in envelope.values())
    moved = {"from": envelope.creator, "to": envelopes.address, "value": TOTAL}
    assert logged(market, envelopes, receipt) == [
        ("Created", {"id": identity, "creator": envelope.creator, "envelope": terms}),
        ("AuthorizationUsed", {"authorizer": envelope.creator, "nonce": identity}),
        ("Transfer", moved),
    ]
    assert envelopes.call("restOf", envelope.digest(envelopes)) == (TOTAL, 10, True, 0)


def test_a_wallet_contract_fills_it(market, world, envelopes):
    """R10: by ERC-1271, as long as the wallet says so."""
    wallet = create(world, "SmartWallet", key(57).address)
    world.fund(wallet.address, TOTAL, peg=market.hkd)
    envelope = market.envelope(LINK, creator=wallet.address)
    for signer, error in ((market.taker, "InvalidSignature"), (key(57), None)):
        signature = market.pay_signed(envelope, envelopes, signer, market.hkd)
        args = (envelope.values(), signature)
        if error:
            with refused(world, error, signer=wallet.address):
                envelopes.send("create", *args, sender=OTHER.address)
            continue
        with moves(market, {wallet.address: -TOTAL, envelopes.address: TOTAL}):
            envelopes.send("create", *args, sender=OTHER.address)


# claim


def test_only_the_submitter_submits(market, world, envelopes):
    """Neither the claimer nor the key, whose signature is good."""
    envelope = market.envelope(LINK, submitter=market.relayer.address)
    market.create(envelope)
    one = CLAIMERS[0].address
    for caller in (one, LINK.address, envelope.creator):
        with refused(world, "CallerNot", wanted=envelope.submitter, caller=caller):
            claim(market, envelope, one, sender=caller)
    claim(market, envelope, one)
    assert envelopes.call("hasClaimed", envelope.digest(envelopes), one) is True


@pytest.mark.parametrize("verb", ["claim", "refund", "complianceRelease"])
@pytest.mark.parametrize(
    "changes",
    [
        {"creator": OTHER.address},
        {"key": OTHER.address},
        {"total": TOTAL + 1},
        {"packets": 1},
        {"random": False},
        {"expiry": 1_800_000_000},
        {"salt": bytes(32)},
    ],
)
def test_other_terms_are_another_envelope(market, world, envelopes, filled, verb, changes):
    """R5: of which nobody knows anything."""
    other = replace(filled, **changes)
    steps = {
        "claim": lambda: claim(market, other, OTHER.address, signer=OTHER),
        "refund": lambda: refund(market, other),
        "complianceRelease": order(market, other),
    }
    with refused(world, "EnvelopeUnknown", id=hexed(other, envelopes)):
        steps[verb]()


@pytest.mark.parametrize("end", ["claimed", "refunded", "released"])
@pytest.mark.parametrize("verb", ["claim", "refund", "complianceRelease"])
def test_what_is_empty_stays_empty(market, world, envelopes, filled, end, verb):
    """E1, E4: after the last packet, the refund, or the order."""
    if end == "claimed":
        claims(market, filled)
    if end == "refunded":
        claim(market, filled, CLAIMERS[0].address)
        warp_to(market, filled.expiry + 1)
        refund(market, filled)
    if end == "released":
        bar(market, "frozen", filled.creator)
        order(market, filled)()
    assert rest(market, filled) == (0, 0)
    steps = {
        "claim": lambda: claim(market, filled, OTHER.address),
        "refund": lambda: refund(market, filled),
        "complianceRelease": order(market, filled),
    }
    with refused(world, "EnvelopeEmpty", id=hexed(filled, envelopes)):
        steps[verb]()


def test_the_last_second_of_a_claim_and_the_first_of_a_refund(market, world, filled):
    """E6: at every second exactly one of them can be done."""
    for moment in (market.now, filled.expiry):
        warp_to(market, moment)
        with refused(world, "NotExpired", expiry=filled.expiry):
            refund(market, filled)
    claim(market, filled, CLAIMERS[0].address)
    warp_to(market, filled.expiry + 1)
    with refused(world, "EnvelopeExpired", expiry=filled.expiry):
        claim(market, filled, CLAIMERS[1].address)
    refund(market, filled)
    assert rest(market, filled) == (0, 0)


def test_a_pause_extends_the_expiry_to_the_second(market, world, envelopes):
    """E6, R3: by what it lasted after the creation."""
    pause_for(market, 4_000)
    envelope = market.envelope(LINK)
    market.create(envelope)
    assert envelopes.call("restOf", envelope.digest(envelopes)) == (TOTAL, 10, True, 4_000)
    pause_for(market, 2 * DAY + 1)
    pause_for(market, 3_600)
    tolled = envelope.expiry + 2 * DAY + 1 + 3_600
    warp_to(market, tolled)
    with refused(world, "NotExpired", expiry=tolled):
        refund(market, envelope)
    claim(market, envelope, CLAIMERS[0].address)
    warp_to(market, tolled + 1)
    with refused(world, "EnvelopeExpired", expiry=tolled):
        claim(market, envelope, CLAIMERS[1].address)
    refund(market, envelope)


def test_a_running_pause_keeps_it_from_expiring(market, world, filled):
    """E6, R3: nobody claims then, and nothing goes back."""
    pause(market)
    warp_to(market, filled.expiry + 100 * DAY)
    with refused(world, "Paused", pauses=TRANSFERS):
        claim(market, filled, CLAIMERS[0].address)
    with pytest.raises(Reverted) as caught:
        refund(market, filled)
    assert caught.value.name == "NotExpired"


def test_an_address_claims_once(market, world, envelopes, filled):
    """E3: of each envelope."""
    one = CLAIMERS[0].address
    claim(market, filled, one)
    evidence = {"id": hexed(filled, envelopes), "to": one}
    for caller in (market.relayer.address, one):
        with refused(world, "AlreadyClaimed", **evidence):
            claim(market, filled, one, sender=caller)
    second = market.envelope(LINK, salt=bytes(32))
    market.create(second)
    claim(market, second, one)
    assert rest(market, filled)[1] == rest(market, second)[1] == 9


def test_the_key_names_who_claims(market, world, envelopes, filled):
    """R10: its signature for another address, another envelope, or of another key is nothing."""
    second = market.envelope(LINK, salt=bytes(32))
    market.create(second)
    one = CLAIMERS[0].address
    wrong = (
        sign(LINK, filled.claim(envelopes, CLAIMERS[1].address)),
        sign(LINK, second.claim(envelopes, one)),
        sign(CLAIMERS[0], filled.claim(envelopes, one)),
        sign(market.taker, filled.claim(envelopes, one)),
        b"",
    )
    for signature in wrong:
        with refused(world, "InvalidSignature", signer=LINK.address):
            envelopes.send("claim", filled.values(), one, signature, sender=one)


def test_a_wallet_contract_is_a_key(market, world, envelopes):
    """R10: by ERC-1271."""
    wallet = create(world, "SmartWallet", key(57).address)
    envelope = market.envelope(LINK, key=wallet.address)
    market.create(envelope)
    with refused(world, "InvalidSignature", signer=wallet.address):
        claim(market, envelope, CLAIMERS[0].address)
    claim(market, envelope, CLAIMERS[0].address, signer=key(57))
    assert rest(market, envelope)[1] == 9


@pytest.mark.parametrize("how", NO_SENDER)
def test_a_barred_creators_envelope_gives_nothing(market, world, how):
    """R2: neither to claimers nor back; once cleared it goes on."""
    envelope = market.envelope(LINK, expiry=market.now + 9 * DAY)
    market.create(envelope)
    bar(market, how, envelope.creator)
    with refused(world, "OwnerBarred", owner=envelope.creator):
        claim(market, envelope, CLAIMERS[0].address)
    clear(market, how, envelope.creator)
    claim(market, envelope, CLAIMERS[0].address)
    bar(market, how, envelope.creator)
    warp_to(market, envelope.expiry + 1)
    with refused(world, "OwnerBarred", owner=envelope.creator):
        refund(market, envelope)
    clear(market, how, envelope.creator)
    left = rest(market, envelope)[0]
    with moves(market, {envelope.creator: left, market.uses.envelopes.address: -left}):
        refund(market, envelope)


@pytest.mark.parametrize(("how", "error"), NO_RECEIVER.items())
def test_a_barred_claimers_packet_stays(market, world, envelopes, how, error):
    """R2: it was not earned yet, so it is not credited; once cleared it can be claimed."""
    envelope = market.envelope(LINK, expiry=market.now + 9 * DAY)
    market.create(envelope)
    one = CLAIMERS[0].address
    bar(market, how, one)
    with refused(world, error, account=one):
        claim(market, envelope, one)
    assert rest(market, envelope) == (TOTAL, 10)
    assert envelopes.call("hasClaimed", envelope.digest(envelopes), one) is False
    claim(market, envelope, CLAIMERS[1].address)
    clear(market, how, one)
    claim(market, envelope, one)
    assert rest(market, envelope)[1] == 8


def test_a_frozen_claimer_gets_its_share(market, filled):
    """R2: who is frozen may receive."""
    bar(market, "frozen", CLAIMERS[0].address)
    claim(market, filled, CLAIMERS[0].address)
    assert market.balance(market.hkd, CLAIMERS[0].address) == TOTAL - rest(market, filled)[0]


def test_nothing_is_claimed_in_a_pause(market, world, filled):
    """R1: the packet stays."""
    pause(market)
    with refused(world, "Paused", pauses=TRANSFERS):
        claim(market, filled, CLAIMERS[0].address)


def test_a_lack_of_gas_claims_nothing(market, envelopes):
    """R1: with any gas the share is paid, or nothing has happened."""
    envelope = market.envelope(LINK, random=False)
    market.create(envelope)
    one = CLAIMERS[0].address
    signature = sign(LINK, envelope.claim(envelopes, one))
    args = (envelope.values(), one, signature)

    def paid():
        return market.balance(market.hkd, one) == TOTAL // 10

    starve(market, one, envelopes, "claim", *args, done=paid)


@pytest.mark.parametrize("to", ["zero", "token"])
def test_who_has_no_account_claims_nothing(market, world, token, filled, to):
    to = ZERO if to == "zero" else token.address
    with refused(world, "ERC20InvalidReceiver", receiver=to):
        claim(market, filled, to)


def test_the_contract_itself_claims_nothing(market, envelopes, filled):
    """R4: what it would send itself would be in no envelope, and could never leave."""
    with pytest.raises(Reverted):
        claim(market, filled, envelopes.address)
    assert market.balance(market.hkd, envelopes.address) == rest(market, filled)[0]


# Shares


@pytest.mark.parametrize(
    ("total", "packets", "shares"),
    [
        (TOTAL, 10, [8_800_000] * 10),
        (100_000, 3, [33_333, 33_333, 33_334]),
        (100_001, 3, [33_333, 33_334, 33_334]),
        (10_000, 1, [10_000]),
        (20_001, 2, [10_000, 10_001]),
        (77_777, 7, [11_111] * 7),
        (99_999, 7, [14_285, 14_285, 14_285, 14_286, 14_286, 14_286, 14_286]),
    ],
)
def test_equal_shares_are_rounded_down(market, world, envelopes, total, packets, shares):
    """E1, E2, E4: the last takes the rest, and there is no further one."""
    envelope = market.envelope(LINK, total=total, packets=packets, random=False)
    market.create(envelope)
    assert claims(market, envelope) == shares
    assert sum(shares) == total
    assert market.balance(market.hkd, envelopes.address) == 0
    with refused(world, "EnvelopeEmpty", id=hexed(envelope, envelopes)):
        claim(market, envelope, OTHER.address)


@pytest.mark.parametrize(
    ("total", "packets"),
    [
        (TOTAL, 10),
        (10 * LEAST, 10),
        (10 * LEAST + 1, 10),
        (10 * LEAST + 5, 10),
        (20_001, 2),
        (10**12, 7),
        (12_345, 1),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_random_shares_are_those_of_the_rule(market, envelopes, total, packets, seed):
    """E1, E2: to the unit, what is left never falls below the least for those who wait."""
    envelope = market.envelope(LINK, total=total, packets=packets)
    market.create(envelope)
    left, shares = total, []
    for waiting in range(packets, 0, -1):
        one = CLAIMERS[packets - waiting].address
        words = (roll(market, seed), envelope.digest(envelopes), one)
        drawn = int.from_bytes(keccak(encode(["bytes32", "bytes32", "address"], words)), "big")
        span = 2 * (left - waiting * LEAST) // waiting + 1
        share = left if waiting == 1 else LEAST + drawn % span
        with moves(market, {one: share, envelopes.address: -share}):
            receipt = claim(market, envelope, one)
        evidence = {"to": one, "value": share, "packetsLeft": waiting - 1}
        moved = {"from": envelopes.address, "to": one, "value": share}
        assert logged(market, envelopes, receipt) == [
            ("Claimed", {"id": hexed(envelope, envelopes), **evidence}),
            ("Transfer", moved),
        ]
        left -= share
        shares.append(share)
        assert share >= LEAST
        assert rest(market, envelope) == (left, waiting - 1)
        assert left >= (waiting - 1) * LEAST
    assert sum(shares) == total


def test_claim_answers_the_share(market, envelopes, filled):
    one = CLAIMERS[0].address
    roll(market, 1)
    signature = sign(LINK, filled.claim(envelopes, one))
    share = envelopes.call("claim", filled.values(), one, signature)
    claim(market, filled, one)
    assert market.balance(market.hkd, one) == share


def test_every_position_has_the_same_expectation(market, envelopes, record_property):
    """E5: within 3 standard errors of the mean over 4,000 envelopes; the later, the wider."""
    rounds, packets = 4_000, 5
    envelope = market.envelope(LINK, total=50_000_000, packets=packets)
    market.create(envelope)
    calls = []
    for one in CLAIMERS[:packets]:
        signature = sign(LINK, envelope.claim(envelopes, one.address))
        calls.append(envelopes.encode("claim", envelope.values(), one.address, signature))
    evm, sender = market.world.chain.evm, market.relayer.address
    shares = [[] for _ in calls]
    for seed in range(rounds):
        point = evm.snapshot()
        roll(market, seed)
        for position, data in enumerate(calls):
            answer = evm.message_call(sender, envelopes.address, calldata=data)
            evm.reset_transient_storage()
            shares[position].append(int.from_bytes(answer, "big"))
        evm.revert(point)
    mean, spreads = 10_000_000, []
    for drawn in shares:
        found = sum(drawn) / rounds
        spread = sqrt(sum((one - found) ** 2 for one in drawn) / (rounds - 1))
        record_property("told", f"mean {found:,.0f}, spread {spread:,.0f}")
        assert abs(found - mean) < 3 * spread / sqrt(rounds)
        # Three errors are small enough to see a share that is off by a twentieth.
        assert 3 * spread / sqrt(rounds) < mean / 20
        spreads.append(spread)
    assert spreads[:4] == sorted(spreads[:4])
    assert all(sum(drawn) == 50_000_000 for drawn in zip(*shares, strict=True))
    # The first is uniform between the least and twice the mean of what is above it.
    assert LEAST <= min(shares[0]) < LEAST + mean / 100
    assert 2 * mean - LEAST - mean / 100 < max(shares[0]) <= 2 * mean - LEAST


# refund


def test_what_nobody_created_is_not_refunded(market, world, envelopes):
    envelope = market.envelope(LINK)
    with refused(world, "EnvelopeUnknown", id=hexed(envelope, envelopes)):
        refund(market, envelope)


def test_nothing_goes_back_in_a_pause(market, world, filled):
    """R1: it waits, until the pause is over."""
    warp_to(market, filled.expiry + 1)
    pause(market)
    with refused(world, "Paused", pauses=TRANSFERS):
        refund(market, filled)


def test_a_lack_of_gas_gives_nothing_back(market, envelopes, filled):
    """R1: whole or not at all."""
    warp_to(market, filled.expiry + 1)

    def back():
        return market.balance(market.hkd, filled.creator) == 10**12

    starve(market, OTHER.address, envelopes, "refund", filled.values(), done=back)


@pytest.mark.parametrize("taken", [0, 4])
def test_anybody_gives_the_rest_back_to_the_creator(market, envelopes, filled, taken):
    """E1, E6: claims and refund together are the total."""
    for one in CLAIMERS[:taken]:
        claim(market, filled, one.address)
    claimed = sum(market.balance(market.hkd, one.address) for one in CLAIMERS)
    left = TOTAL - claimed
    warp_to(market, filled.expiry + 1)
    with moves(market, {filled.creator: left, envelopes.address: -left}):
        receipt = refund(market, filled, OTHER.address)
    returned = {"id": hexed(filled, envelopes), "creator": filled.creator, "value": left}
    moved = {"from": envelopes.address, "to": filled.creator, "value": left}
    assert logged(market, envelopes, receipt) == [("Returned", returned), ("Transfer", moved)]
    assert market.balance(market.hkd, envelopes.address) == 0
    assert envelopes.call("restOf", filled.digest(envelopes)) == (0, 0, True, 0)


def test_one_envelope_never_pays_anothers_claims(market, envelopes, filled):
    """R4: what is here is what is left of all."""
    second = market.envelope(LINK, salt=bytes(32), total=10 * LEAST)
    market.create(second)
    claims(market, filled)
    assert rest(market, second) == (10 * LEAST, 10)
    assert market.balance(market.hkd, envelopes.address) == 10 * LEAST


# complianceRelease


@pytest.mark.parametrize("who", ["taker", "relayer", "GOVERNOR", "FREEZER"])
def test_only_executor_releases_by_order(market, world, envelopes, filled, who):
    caller = world.member(who) if who.isupper() else getattr(market, who).address
    bar(market, "frozen", filled.creator)
    args = (filled.values(), OTHER.address, REF)
    with refused(world, "AccessManagedUnauthorized", caller=caller):
        envelopes.send("complianceRelease", *args, sender=caller)


def test_an_order_waits_for_its_delay(market, world, envelopes, filled):
    bar(market, "frozen", filled.creator)
    executor = world.member("EXECUTOR")
    data = envelopes.encode("complianceRelease", filled.values(), OTHER.address, REF)
    operation = world.suite.authority.call("hashOperation", executor, envelopes.address, data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        envelopes.submit(data, sender=executor)


def test_an_order_needs_its_case(market, world, filled):
    bar(market, "frozen", filled.creator)
    step = order(market, filled, ref=NO_REF)
    with refused(world, "ReferenceRequired"):
        step()


def test_no_order_takes_from_who_may_send(market, world, filled):
    step = order(market, filled)
    with refused(world, "OwnerNotBarred", owner=filled.creator):
        step()


def test_an_order_pays_nobody_who_may_not_receive(market, world, token, filled):
    bar(market, "frozen", filled.creator)
    world.act("BLACKLISTER", token, "blacklist", [OTHER.address], REF)
    step = order(market, filled)
    with refused(world, "BlacklistedAccount", account=OTHER.address):
        step()


def test_no_order_in_a_pause(market, world, filled):
    """R1: it waits, and may be repeated."""
    bar(market, "frozen", filled.creator)
    step = order(market, filled)
    pause(market)
    with refused(world, "Paused", pauses=TRANSFERS):
        step()


@pytest.mark.parametrize("how", ["frozen", "blacklisted"])
@pytest.mark.parametrize("expired", [False, True])
def test_by_order_the_rest_goes_where_it_says(market, world, envelopes, how, expired):
    """E1, R2: the one way out for a barred creator, before the expiry and after it."""
    envelope = market.envelope(LINK, expiry=market.now + (DAY // 2 if expired else 9 * DAY))
    market.create(envelope)
    claim(market, envelope, CLAIMERS[0].address)
    left = rest(market, envelope)[0]
    bar(market, how, envelope.creator)
    step = order(market, envelope)
    assert (market.now > envelope.expiry) is expired
    with moves(market, {OTHER.address: left, envelopes.address: -left}):
        receipt = step()
    evidence = {"id": hexed(envelope, envelopes), "to": OTHER.address, "value": left}
    operator = world.member("EXECUTOR")
    assert emitted(envelopes, receipt) == [
        ("ComplianceReleased", {**evidence, "operator": operator, "ref": REF_HEX})
    ]
    assert rest(market, envelope) == (0, 0)


# As a whole


def test_a_pause_changes_when_and_not_what(market, envelopes):
    """R3: the same claims and the refund with and without a pause end with the same balances."""
    ends = []
    for paused in (0, 3 * DAY):
        point = market.world.chain.snapshot()
        envelope = market.envelope(LINK, random=False)
        market.create(envelope)
        claim(market, envelope, CLAIMERS[0].address)
        if paused:
            pause_for(market, paused)
        warp_to(market, envelope.expiry + paused)
        claim(market, envelope, CLAIMERS[1].address)
        warp_to(market, envelope.expiry + paused + 1)
        refund(market, envelope)
        people = (envelope.creator, *(one.address for one in CLAIMERS[:2]), envelopes.address)
        ends.append([market.balance(market.hkd, one) for one in people])
        market.world.chain.restore(point)
    share = TOTAL // 10
    assert ends[0] == [10**12 - 2 * share, share, share, 0]
    assert ends[0] == ends[1]
