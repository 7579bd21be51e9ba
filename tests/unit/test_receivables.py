"""Receivables: one record of a document, one financier, and the buyer's money through a waterfall.

attest
├── given a document without face, date, fingerprint or two parties: InvalidDoc
├── given a fingerprint that was ever used, by whatever document: WrongDocStatus
├── given a token that is not on the board: TokenNotRegistered
├── beyond the attester's cap, or by one that has none: AttesterCapExceeded
├── given a signature over any other word, or of another: InvalidSignature
└── else: on record, and the exposure rises by the face

accept
├── in any status but ATTESTED: WrongDocStatus
├── given the buyer's acceptance of another document, or somebody else's: InvalidSignature
└── else: the buyer owes it

finance
├── by another than the seller, of another document, in another status: refused
├── given an offer for another document, expired, cancelled, or not the financier's: refused
├── given an attester without a cap any more: AttesterExpelled
├── given no advance, or one that with its fee is more than is unpaid: InvalidAdvance
├── given a seller who may not send: OwnerBarred; a financier: the token's refusal; a pause: Paused
└── else: the advance moves, and nobody else can finance it any more

pay
├── of another document, after settlement or cancellation, nothing or too much: refused
├── given a payer who may not or cannot pay, a pause, too little gas: nothing
├── given a recipient who may not receive: credited
└── else: to the financier what is owed that day, the rest to the seller

markDefault
├── by another than the financier, in another status, until the due date with pauses: refused
└── else: recorded, and payments go on

cancel, cancelOffer
├── by others, once financed or paid: refused
└── else: void for ever
"""

from dataclasses import replace

import pytest
from eth_utils import keccak

from tests.support.holding import (
    NO_RECEIVER,
    NO_SENDER,
    TRANSFERS,
    bar,
    clear,
    credit,
    forged,
    logged,
    moves,
    pause,
    pause_for,
    retire,
    starve,
    warp_to,
)
from tests.support.refusal import emitted, refused
from tests.support.uses import CAP, DAY, ZERO, create, sign
from tests.support.world import REF, key

REF_HEX = "0x" + REF.hex()
NONE, ATTESTED, ACCEPTED, FINANCED, SETTLED, DEFAULTED, CANCELLED = range(7)
STATUSES = range(7)
FACE = 1_000_000_000
ADVANCE = 800_000_000
FEE = 4_800_000
#: 5 bps of the advance.
LATE = 400_000
OTHER = key(50).address
SECP256K1_ORDER = 2**256 - 0x14551231950B75FC4402DA1732FC9BEBF


@pytest.fixture
def world(market):
    return market.world


@pytest.fixture
def receivables(market):
    return market.uses.receivables


@pytest.fixture
def doc(market):
    return market.doc()


@pytest.fixture
def attested(market, doc):
    market.attest(doc)
    return doc


@pytest.fixture
def accepted(market, attested):
    market.accept(attested)
    return attested


@pytest.fixture
def financed(market, accepted):
    market.finance(accepted, market.offer(accepted))
    return accepted


def hexed(doc):
    return "0x" + doc.fingerprint.hex()


def pay(market, doc, value, sender=None):
    caller = sender or market.buyer.address
    return market.uses.receivables.send("pay", doc.values(), value, REF, sender=caller)


def cancel(market, doc, sender=None):
    caller = sender or market.seller.address
    return market.uses.receivables.send("cancel", doc.values(), sender=caller)


def default(market, doc, sender=None):
    caller = sender or market.financier.address
    return market.uses.receivables.send("markDefault", doc.values(), sender=caller)


def finance(market, doc, offer, sender=None, signer=None):
    contract = market.uses.receivables
    signature = sign(signer or market.financier, offer.signable(contract))
    values = (doc.values(), offer.values(), signature)
    return contract.send("finance", *values, sender=sender or market.seller.address)


def record(market, doc):
    names = ("status", "doc", "buyer", "paused_before", "due", "paid", "to_financier")
    names += ("financier", "advance", "fee_bps", "late_bps")
    values = market.uses.receivables.call("receivableOf", doc.fingerprint)
    return dict(zip(names, values, strict=True))


def status(market, doc):
    return record(market, doc)["status"]


def owed(market, doc):
    return market.uses.receivables.call("owed", doc.values())


def exposure(market, doc):
    return market.uses.receivables.call("exposureOf", doc.attester, doc.token)


def reach(market, doc, target):
    """Brings a document to a status."""
    if target != NONE:
        market.attest(doc)
    if target == CANCELLED:
        cancel(market, doc)
    if target in (ACCEPTED, FINANCED, SETTLED, DEFAULTED):
        market.accept(doc)
    if target in (FINANCED, DEFAULTED):
        market.finance(doc, market.offer(doc))
    if target == SETTLED:
        pay(market, doc, FACE)
    if target == DEFAULTED:
        warp_to(market, doc.due + 1)
        default(market, doc)
    assert status(market, doc) == target


def assert_solvent(market, doc):
    """V4: what is held is what is credited."""
    contract = market.uses.receivables
    held = sum(credit(market, contract, key(index).address) for index in range(30, 60))
    assert market.balance(market.hkd, contract.address) == held


# The edges, all of them

VERBS = {
    "attest": lambda market, doc: market.attest(doc),
    "accept": lambda market, doc: market.accept(doc),
    "finance": lambda market, doc: market.finance(doc, market.offer(doc)),
    "pay a part": lambda market, doc: pay(market, doc, 1),
    "pay all": lambda market, doc: pay(market, doc, FACE),
    "markDefault": lambda market, doc: default(market, doc),
    "cancel": lambda market, doc: cancel(market, doc),
}
EDGES = {
    (NONE, "attest"): ATTESTED,
    (ATTESTED, "accept"): ACCEPTED,
    (ATTESTED, "pay a part"): ATTESTED,
    (ATTESTED, "pay all"): SETTLED,
    (ATTESTED, "cancel"): CANCELLED,
    (ACCEPTED, "finance"): FINANCED,
    (ACCEPTED, "pay a part"): ACCEPTED,
    (ACCEPTED, "pay all"): SETTLED,
    (ACCEPTED, "cancel"): CANCELLED,
    (FINANCED, "pay a part"): FINANCED,
    (FINANCED, "pay all"): SETTLED,
    (FINANCED, "markDefault"): DEFAULTED,
    (DEFAULTED, "pay a part"): DEFAULTED,
    (DEFAULTED, "pay all"): SETTLED,
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("start", STATUSES)
def test_goes_along_the_edges_only(market, world, doc, start, verb):
    """V7, V8: each verb in each status; what is no edge is refused with the status."""
    reach(market, doc, start)
    if verb == "markDefault" and market.now <= doc.due:
        warp_to(market, doc.due + 1)
    if (start, verb) in EDGES:
        VERBS[verb](market, doc)
        assert status(market, doc) == EDGES[start, verb]
        paid = {"pay a part": 1, "pay all": FACE}.get(verb, 0)
        assert record(market, doc)["paid"] == paid
        assert (record(market, doc)["paid"] == FACE) is (EDGES[start, verb] == SETTLED)
        return
    if start == NONE and verb != "accept":
        with refused(world, "DocMismatch", id=hexed(doc), recorded="0x" + "00" * 32):
            VERBS[verb](market, doc)
        return
    with refused(world, "WrongDocStatus", id=hexed(doc), status=start):
        VERBS[verb](market, doc)


@pytest.mark.parametrize("start", [ATTESTED, ACCEPTED])
def test_what_was_paid_on_can_be_cancelled_until_it_is_financed(market, doc, start):
    """V7: else whoever pays one unit keeps a false document alive, with its attester's exposure."""
    reach(market, doc, start)
    pay(market, doc, 1)
    assert exposure(market, doc) == FACE - 1
    cancel(market, doc, doc.attester)
    assert (status(market, doc), exposure(market, doc)) == (CANCELLED, 0)


def test_a_seller_does_not_finance_itself(market, world, accepted):
    """V5: it would keep its attester from cancelling."""
    offer = market.offer(accepted, financier=accepted.seller, advance=1)
    with refused(world, "InvalidFinancier", financier=accepted.seller):
        market.finance(accepted, offer)


def test_nothing_is_financed_in_a_retired_currency(market, world, accepted):
    retire(market)
    evidence = {"attester": accepted.attester, "token": accepted.token}
    with refused(world, "AttesterExpelled", **evidence):
        market.finance(accepted, market.offer(accepted))


CHANGES = [
    {"attester": OTHER},
    {"seller": OTHER},
    {"buyer": OTHER},
    {"token": "usd"},
    {"face": FACE + 1},
    {"due": 4_000_000_000},
    {"orders_root": REF},
]


@pytest.mark.parametrize("changes", CHANGES, ids=[next(iter(c)) for c in CHANGES])
@pytest.mark.parametrize("verb", ["finance", "pay a part", "markDefault", "cancel"])
def test_another_document_of_this_fingerprint_is_nothing(
    market, world, receivables, accepted, verb, changes
):
    """V1: the record is of one document, word by word."""
    if "token" in changes:
        changes = {"token": market.usd.token.address}
    other = replace(accepted, **changes)
    recorded = "0x" + accepted.signable(receivables).body.hex()
    with refused(world, "DocMismatch", id=hexed(accepted), recorded=recorded):
        VERBS[verb](market, other)
    for view in ("owed", "dueOf"):
        with refused(world, "DocMismatch", id=hexed(accepted), recorded=recorded):
            receivables.call(view, other.values())


def test_a_dirty_word_is_another_document(market, world, receivables, attested):
    """V1: bits above a member's type are part of what is hashed, even where nobody reads it."""
    buyer = int(attested.buyer, 16) | 1 << 255
    data = forged(receivables, 2, buyer, "cancel", attested.values())
    recorded = "0x" + attested.signable(receivables).body.hex()
    with refused(world, "DocMismatch", id=hexed(attested), recorded=recorded):
        receivables.submit(data, sender=attested.seller)


# attest


@pytest.mark.parametrize(
    "changes",
    [
        {"face": 0},
        {"due": 0},
        {"fingerprint": bytes(32)},
        {"seller": ZERO},
        {"buyer": ZERO},
        {"buyer": key(37).address},
    ],
)
def test_a_document_must_mean_something(market, world, changes):
    with refused(world, "InvalidDoc"):
        market.attest(market.doc(**changes))


def test_the_contract_itself_is_no_seller(market, world, receivables):
    """V4: what it would get as the seller would be nobody's, and could never leave."""
    with refused(world, "InvalidDoc"):
        market.attest(market.doc(seller=receivables.address))


@pytest.mark.parametrize("end", [ATTESTED, SETTLED, CANCELLED])
def test_a_fingerprint_is_used_once_for_ever(market, world, doc, end):
    """V1: by no other document, of no other parties, in no other currency, ever again."""
    reach(market, doc, end)
    others = (
        doc,
        replace(doc, face=1),
        replace(doc, seller=OTHER, buyer=key(51).address),
        replace(doc, token=market.usd.token.address),
    )
    for other in others:
        with refused(world, "WrongDocStatus", id=hexed(doc), status=end):
            market.attest(other)


def test_a_foreign_token_is_not_taken(market, world):
    """R11: only what is on the board is called."""
    foreign = create(world, "ForeignToken", OTHER, 1)
    with refused(world, "TokenNotRegistered", token=foreign.address):
        market.attest(market.doc(token=foreign.address))


def test_a_retired_currency_comes_in_no_more_but_is_paid(market, world, financed, token):
    """R11: what was attested before is paid to the end."""
    retire(market)
    with refused(world, "TokenNotRegistered", token=token.address):
        market.attest(market.doc(fingerprint=REF))
    pay(market, financed, FACE)
    assert status(market, financed) == SETTLED


def test_an_attester_vouches_within_its_cap(market, world, doc):
    """V4: to the unit, over all that is unpaid."""
    evidence = {"attester": doc.attester, "token": doc.token}
    with refused(world, "AttesterCapExceeded", **evidence, exposure=CAP + 1, cap=CAP):
        market.attest(replace(doc, face=CAP + 1))
    market.attest(replace(doc, face=CAP))
    assert exposure(market, doc) == CAP
    second = replace(doc, face=1, fingerprint=REF)
    with refused(world, "AttesterCapExceeded", **evidence, exposure=CAP + 1, cap=CAP):
        market.attest(second)
    pay(market, replace(doc, face=CAP), 1)
    market.attest(second)
    assert exposure(market, doc) == CAP


def test_who_has_no_cap_vouches_for_nothing(market, world, doc):
    """Nor for anything in another currency."""
    evidence = {"exposure": FACE, "cap": 0}
    usd = market.usd.token.address
    with refused(world, "AttesterCapExceeded", attester=OTHER, token=doc.token, **evidence):
        market.attest(replace(doc, attester=OTHER))
    with refused(world, "AttesterCapExceeded", attester=doc.attester, token=usd, **evidence):
        market.attest(replace(doc, token=usd))
    with refused(world, "AttesterCapExceeded", attester=ZERO, token=doc.token, **evidence):
        market.attest(replace(doc, attester=ZERO))


def test_a_cut_stops_the_next_document_at_once(market, world, attested):
    registry = market.world.suite.registry
    people = (attested.attester, attested.token)
    world.act("PAUSER", registry, "cutAttester", *people, FACE, REF)
    evidence = {"attester": people[0], "token": people[1], "exposure": FACE + 1, "cap": FACE}
    with refused(world, "AttesterCapExceeded", **evidence):
        market.attest(market.doc(fingerprint=REF, face=1))


@pytest.mark.parametrize("changes", CHANGES[1:], ids=[next(iter(c)) for c in CHANGES[1:]])
def test_the_attester_signs_every_word(market, world, receivables, doc, changes):
    """R10: and the fingerprint."""
    if "token" in changes:
        usd = market.usd.token.address
        terms = (doc.attester, usd, CAP, REF)
        world.act("GOVERNOR", world.suite.registry, "raiseAttester", *terms)
        changes = {"token": usd}
    signature = sign(market.attester, doc.signable(receivables))
    for other in (replace(doc, **changes), replace(doc, fingerprint=REF)):
        with refused(world, "InvalidSignature", signer=doc.attester):
            receivables.send("attest", other.values(), signature, sender=market.relayer.address)


@pytest.mark.parametrize("who", ["seller", "buyer", "financier"])
def test_nobody_attests_for_the_attester(market, world, receivables, doc, who):
    """R10: nor by sending it."""
    account = getattr(market, who)
    signature = sign(account, doc.signable(receivables))
    for caller in (account.address, doc.attester):
        with refused(world, "InvalidSignature", signer=doc.attester):
            receivables.send("attest", doc.values(), signature, sender=caller)


def test_a_mirrored_signature_is_none(market, world, receivables, doc):
    """R10: the higher of the two values of s is refused."""
    signature = sign(market.attester, doc.signable(receivables))
    s, v = int.from_bytes(signature[32:64], "big"), signature[64]
    mirrored = signature[:32] + (SECP256K1_ORDER - s).to_bytes(32, "big") + bytes([55 - v])
    with refused(world, "InvalidSignature", signer=doc.attester):
        receivables.send("attest", doc.values(), mirrored, sender=OTHER)


def test_attests(market, receivables, doc):
    """V1: by anybody's hand; the exposure rises by the face and nothing moves."""
    identity = hexed(doc)
    signature = sign(market.attester, doc.signable(receivables))
    assert receivables.call("attest", doc.values(), signature) == identity
    with moves(market, {}):
        receipt = market.attest(doc)
    terms = tuple(v.lower() if isinstance(v, str) else v for v in doc.values())
    people = {"seller": doc.seller, "buyer": doc.buyer}
    assert logged(market, receivables, receipt) == [
        ("Attested", {"id": identity, **people, "doc": terms})
    ]
    kept = record(market, doc)
    body = doc.signable(receivables).body
    assert (kept["status"], kept["doc"], kept["due"]) == (ATTESTED, body, doc.due)
    assert kept["buyer"].lower() == doc.buyer.lower()
    assert (kept["paid"], kept["to_financier"], kept["advance"]) == (0, 0, 0)
    assert kept["financier"] == ZERO
    assert receivables.call("docHash", doc.values()) == "0x" + body.hex()
    assert exposure(market, doc) == FACE
    assert owed(market, doc) == 0


def test_a_wallet_contract_attests(market, world, receivables, doc):
    """R10: by ERC-1271."""
    wallet = create(world, "SmartWallet", key(51).address)
    terms = (wallet.address, doc.token, FACE, REF)
    world.act("GOVERNOR", world.suite.registry, "raiseAttester", *terms)
    other = replace(doc, attester=wallet.address)
    for signer in (market.attester, key(52)):
        with refused(world, "InvalidSignature", signer=wallet.address):
            signature = sign(signer, other.signable(receivables))
            receivables.send("attest", other.values(), signature, sender=OTHER)
    signature = sign(key(51), other.signable(receivables))
    receivables.send("attest", other.values(), signature, sender=OTHER)
    assert exposure(market, other) == FACE


# accept


@pytest.mark.parametrize("who", ["seller", "attester", "financier", "taker"])
def test_nobody_accepts_for_the_buyer(market, world, receivables, attested, who):
    """V5, R10: an acknowledgement is the debtor's own."""
    signature = sign(getattr(market, who), attested.acceptance(receivables))
    with refused(world, "InvalidSignature", signer=attested.buyer):
        receivables.send("accept", attested.fingerprint, signature, sender=attested.buyer)


@pytest.mark.parametrize(
    "changes", [*CHANGES, {"fingerprint": REF}], ids=[*(next(iter(c)) for c in CHANGES), "id"]
)
def test_the_buyer_accepts_this_document_only(market, world, receivables, attested, changes):
    """V5: an acceptance of another is worth nothing here."""
    if "token" in changes:
        changes = {"token": market.usd.token.address}
    other = replace(attested, **changes)
    signature = sign(market.buyer, other.acceptance(receivables))
    with refused(world, "InvalidSignature", signer=attested.buyer):
        receivables.send("accept", attested.fingerprint, signature, sender=OTHER)


def test_a_signed_document_is_no_acceptance(market, world, receivables, attested):
    """R10: the two messages are of two types."""
    signature = sign(market.buyer, attested.signable(receivables))
    with refused(world, "InvalidSignature", signer=attested.buyer):
        receivables.send("accept", attested.fingerprint, signature, sender=OTHER)


def test_accepts(market, receivables, attested):
    with moves(market, {}):
        receipt = market.accept(attested)
    assert logged(market, receivables, receipt) == [("Accepted", {"id": hexed(attested)})]
    assert status(market, attested) == ACCEPTED
    assert exposure(market, attested) == FACE


@pytest.mark.parametrize("how", [*NO_SENDER, "paused"])
def test_accepting_moves_nothing_so_nothing_bars_it(market, attested, how):
    """R1: neither a bar of the buyer nor a pause."""
    if how == "paused":
        pause(market)
    else:
        bar(market, how, attested.buyer)
    market.accept(attested)
    assert status(market, attested) == ACCEPTED


def test_a_wallet_contract_accepts(market, world, receivables, doc):
    """R10: by ERC-1271."""
    wallet = create(world, "SmartWallet", key(51).address)
    other = replace(doc, buyer=wallet.address)
    market.attest(other)
    with refused(world, "InvalidSignature", signer=wallet.address):
        market.accept(other)
    signature = sign(key(51), other.acceptance(receivables))
    receivables.send("accept", other.fingerprint, signature, sender=OTHER)
    assert status(market, other) == ACCEPTED


# finance


@pytest.mark.parametrize("who", ["financier", "buyer", "attester", "relayer"])
def test_only_the_seller_takes_an_offer(market, world, accepted, who):
    """V5: nobody makes the seller a debtor."""
    caller = getattr(market, who).address
    with refused(world, "CallerNot", wanted=accepted.seller, caller=caller):
        finance(market, accepted, market.offer(accepted), sender=caller)


def test_an_unaccepted_document_is_not_financed(market, world, attested):
    """V5: only after the buyer's acceptance."""
    with refused(world, "WrongDocStatus", id=hexed(attested), status=ATTESTED):
        market.finance(attested, market.offer(attested))


def test_a_second_financier_is_refused(market, world, financed):
    """V5: nor the first one again."""
    second = market.offer(financed, financier=market.maker.address, nonce=2)
    with refused(world, "WrongDocStatus", id=hexed(financed), status=FINANCED):
        finance(market, financed, second, signer=market.maker)
    with refused(world, "WrongDocStatus", id=hexed(financed), status=FINANCED):
        market.finance(financed, market.offer(financed))


def test_an_offer_is_for_one_document(market, world, accepted):
    """V5: not for another of the same seller."""
    offer = replace(market.offer(accepted), doc=REF)
    wanted = "0x" + accepted.hash.hex()
    with refused(world, "OfferMismatch", doc=wanted, offered=REF_HEX):
        market.finance(accepted, offer)


def test_the_last_second_of_an_offer(market, world, accepted):
    """R3: a pause does not extend it: nothing is held yet."""
    offer = market.offer(accepted)
    pause_for(market, 2 * 3_600)
    warp_to(market, offer.expiry + 1)
    with refused(world, "OfferExpired", expiry=offer.expiry):
        market.finance(accepted, offer)
    other = market.offer(accepted)
    warp_to(market, other.expiry)
    market.finance(accepted, other)
    assert status(market, accepted) == FINANCED


def test_a_cancelled_offer_is_void(market, world, receivables, accepted):
    """V5: for all offers of this nonce of this financier, and no other."""
    receivables.send("cancelOffer", 1, sender=market.maker.address)
    receipt = receivables.send("cancelOffer", 1, sender=market.financier.address)
    said = {"financier": market.financier.address, "nonce": 1}
    assert emitted(receivables, receipt) == [("OfferCancelled", said)]
    assert receivables.call("isCancelled", market.financier.address, 1) is True
    assert receivables.call("isCancelled", market.financier.address, 2) is False
    for offer in (market.offer(accepted), market.offer(accepted, advance=1)):
        with refused(world, "OfferIsCancelled", **said):
            market.finance(accepted, offer)
    market.finance(accepted, market.offer(accepted, nonce=2))
    assert status(market, accepted) == FINANCED


def test_nobody_cancels_anothers_offer(market, receivables, accepted):
    for caller in (market.seller, market.maker, market.attester):
        receivables.send("cancelOffer", 1, sender=caller.address)
    market.finance(accepted, market.offer(accepted))
    assert status(market, accepted) == FINANCED


def test_an_expelled_attesters_document_is_not_financed(market, world, accepted):
    """The word of who is cut to zero is worth nothing from that second on."""
    people = (accepted.attester, accepted.token)
    world.act("PAUSER", world.suite.registry, "cutAttester", *people, 1, REF)
    point = world.chain.snapshot()
    market.finance(accepted, market.offer(accepted))
    world.chain.restore(point)
    world.act("PAUSER", world.suite.registry, "cutAttester", *people, 0, REF)
    with refused(world, "AttesterExpelled", attester=people[0], token=people[1]):
        market.finance(accepted, market.offer(accepted))


def test_an_expelled_attesters_document_is_still_paid_and_cancelled(market, world, financed):
    second = market.doc(fingerprint=REF)
    market.attest(second)
    people = (financed.attester, financed.token)
    world.act("PAUSER", world.suite.registry, "cutAttester", *people, 0, REF)
    pay(market, financed, FACE)
    cancel(market, second, financed.attester)
    assert (status(market, financed), status(market, second)) == (SETTLED, CANCELLED)
    assert exposure(market, financed) == 0


@pytest.mark.parametrize(
    ("advance", "bps", "claim"),
    [
        (0, 60, 0),
        (FACE + 1, 0, FACE + 1),
        (FACE, 1, FACE + 100_000),
        (990_099_010, 100, FACE),
        (990_099_011, 100, FACE + 1),
        (500_000_000, 10_001, 1_000_050_000),
        (2**96 - 1, 65_535, 2**96 - 1 + (2**96 - 1) * 65_535 // 10_000),
    ],
)
def test_an_advance_and_its_fee_are_within_what_is_unpaid(
    market, world, accepted, advance, bps, claim
):
    """V6: the fee rounded down; one unit more is refused."""
    offer = market.offer(accepted, advance=advance, fee_bps=bps)
    if claim == FACE:
        market.finance(accepted, offer)
        assert owed(market, accepted) == FACE
        return
    with refused(world, "InvalidAdvance", advanceAndFee=claim, unpaid=FACE):
        market.finance(accepted, offer)


def test_what_was_paid_before_narrows_an_advance(market, world, accepted):
    """V6, V2: to the unit."""
    pay(market, accepted, 300_000_000)
    offer = market.offer(accepted, advance=700_000_001, fee_bps=0)
    with refused(world, "InvalidAdvance", advanceAndFee=700_000_001, unpaid=700_000_000):
        market.finance(accepted, offer)
    market.finance(accepted, replace(offer, advance=700_000_000))
    assert owed(market, accepted) == 700_000_000


@pytest.mark.parametrize(
    "changes",
    [
        {"financier": OTHER},
        {"advance": ADVANCE + 1},
        {"fee_bps": 0},
        {"late_bps_per_day": 0},
        {"expiry": 4_000_000_000},
        {"nonce": 2},
    ],
)
def test_the_financier_signs_every_term(market, world, receivables, accepted, changes):
    """R10: the seller improves nothing."""
    offer = market.offer(accepted)
    signature = sign(market.financier, offer.signable(receivables))
    other = replace(offer, **changes)
    with refused(world, "InvalidSignature", signer=other.financier):
        values = (accepted.values(), other.values(), signature)
        receivables.send("finance", *values, sender=accepted.seller)


def test_an_offer_without_financier_is_nobodys(market, world, accepted):
    """R10: address zero signs nothing."""
    with refused(world, "InvalidSignature", signer=ZERO):
        market.finance(accepted, market.offer(accepted, financier=ZERO))


@pytest.mark.parametrize("how", NO_SENDER)
def test_a_barred_seller_takes_no_financing(market, world, accepted, how):
    """R2: not even a frozen one, who may receive."""
    bar(market, how, accepted.seller)
    with refused(world, "OwnerBarred", owner=accepted.seller):
        market.finance(accepted, market.offer(accepted))


@pytest.mark.parametrize(("how", "error"), NO_SENDER.items())
def test_a_barred_financier_advances_nothing(market, world, accepted, how, error):
    """R2: the token refuses, and the document stays free for another."""
    bar(market, how, market.financier.address)
    with refused(world, error, account=market.financier.address):
        market.finance(accepted, market.offer(accepted))


def test_a_financier_advances_what_it_has_and_allows(market, world, receivables, accepted, token):
    financier = market.financier.address
    token.send("approve", receivables.address, ADVANCE - 1, sender=financier)
    evidence = {"spender": receivables.address, "allowance": ADVANCE - 1, "needed": ADVANCE}
    with refused(world, "ERC20InsufficientAllowance", **evidence):
        market.finance(accepted, market.offer(accepted))
    token.send("approve", receivables.address, ADVANCE, sender=financier)
    token.send("transfer", OTHER, 10**12 - ADVANCE + 1, sender=financier)
    evidence = {"sender": financier, "balance": ADVANCE - 1, "needed": ADVANCE}
    with refused(world, "ERC20InsufficientBalance", **evidence):
        market.finance(accepted, market.offer(accepted))


def test_nothing_is_advanced_in_a_pause(market, world, accepted):
    """R1: it waits, as far as the offer does."""
    pause(market)
    with refused(world, "Paused", pauses=TRANSFERS):
        market.finance(accepted, market.offer(accepted))


def test_finances(market, receivables, accepted):
    """V4, V5: the advance moves whole from the financier to the seller; nothing stays here."""
    offer = market.offer(accepted)
    with moves(market, {offer.financier: -ADVANCE, accepted.seller: ADVANCE}):
        receipt = market.finance(accepted, offer)
    terms = tuple(v.lower() if isinstance(v, str) else v for v in offer.values())
    moved = {"from": offer.financier, "to": accepted.seller, "value": ADVANCE}
    assert logged(market, receivables, receipt) == [
        ("Financed", {"id": hexed(accepted), "financier": offer.financier, "offer": terms}),
        ("Transfer", moved),
    ]
    kept = record(market, accepted)
    assert kept["financier"].lower() == offer.financier.lower()
    found = [kept[name] for name in ("status", "advance", "fee_bps", "late_bps", "paid")]
    assert found == [FINANCED, ADVANCE, 60, 5, 0]
    assert owed(market, accepted) == ADVANCE + FEE
    assert exposure(market, accepted) == FACE


def test_a_wallet_contract_finances(market, world, receivables, accepted, token):
    """R10: by ERC-1271, out of what it has allowed."""
    wallet = create(world, "SmartWallet", key(51).address)
    world.fund(wallet.address, ADVANCE, peg=market.hkd)
    allow = token.encode("approve", receivables.address, ADVANCE)
    wallet.send("execute", token.address, allow, sender=OTHER)
    offer = market.offer(accepted, financier=wallet.address)
    with refused(world, "InvalidSignature", signer=wallet.address):
        finance(market, accepted, offer)
    with moves(market, {wallet.address: -ADVANCE, accepted.seller: ADVANCE}):
        finance(market, accepted, offer, signer=key(51))


# pay


@pytest.mark.parametrize("start", [ATTESTED, ACCEPTED, FINANCED, DEFAULTED])
def test_pays_at_most_what_is_unpaid(market, world, doc, start):
    """V2: in all, whoever pays."""
    reach(market, doc, start)
    for value in (0, FACE + 1):
        with refused(world, "InvalidPayment", value=value, unpaid=FACE):
            pay(market, doc, value)
    pay(market, doc, FACE - 1)
    with refused(world, "InvalidPayment", value=2, unpaid=1):
        pay(market, doc, 2)
    pay(market, doc, 1)
    assert status(market, doc) == SETTLED


@pytest.mark.parametrize(("how", "error"), NO_SENDER.items())
@pytest.mark.parametrize("barred", [None, "seller", "financier"])
def test_a_barred_payer_pays_nothing(market, world, token, financed, how, error, barred):
    """R2: nor does it credit anybody."""
    bar(market, how, financed.buyer)
    if barred:
        party = getattr(market, barred).address
        world.act("BLACKLISTER", token, "blacklist", [party], REF)
    with refused(world, error, account=financed.buyer):
        pay(market, financed, FACE)


def test_pays_out_of_the_callers_allowance_and_balance(market, world, receivables, token, financed):
    """V4: what others have credited here is never what is paid."""
    world.fund(OTHER, 4, peg=market.hkd)
    evidence = {"spender": receivables.address, "allowance": 0, "needed": 5}
    with refused(world, "ERC20InsufficientAllowance", **evidence):
        pay(market, financed, 5, OTHER)
    token.send("approve", receivables.address, 5, sender=OTHER)
    with refused(world, "ERC20InsufficientBalance", sender=OTHER, balance=4, needed=5):
        pay(market, financed, 5, OTHER)


@pytest.mark.parametrize("barred", [None, "seller", "financier"])
def test_nothing_is_paid_in_a_pause(market, world, financed, barred):
    """R1: neither paid nor credited."""
    if barred:
        bar(market, "blacklisted", getattr(market, barred).address)
    pause(market)
    with refused(world, "Paused", pauses=TRANSFERS):
        pay(market, financed, FACE)


def test_a_lack_of_gas_credits_nobody(market, receivables, financed):
    """R1: with any gas both are paid, or nothing has happened."""

    def paid():
        return market.balance(market.hkd, financed.seller) == FACE - FEE

    args = (financed.values(), FACE, REF)
    starve(market, financed.buyer, receivables, "pay", *args, done=paid)


@pytest.mark.parametrize("start", [ATTESTED, ACCEPTED])
def test_without_financier_all_is_the_sellers(market, receivables, doc, start):
    """V3, V8: paid in full it is settled, and can never be financed."""
    reach(market, doc, start)
    with moves(market, {doc.buyer: -400_000_000, doc.seller: 400_000_000}):
        receipt = pay(market, doc, 400_000_000)
    parts = {"toFinancier": 0, "toSeller": 400_000_000, "settled": False}
    assert logged(market, receivables, receipt) == [
        ("Paid", {"id": hexed(doc), "payer": doc.buyer, "ref": REF_HEX, **parts}),
        ("Transfer", {"from": doc.buyer, "to": doc.seller, "value": 400_000_000}),
    ]
    assert (owed(market, doc), exposure(market, doc)) == (0, 600_000_000)
    pay(market, doc, 600_000_000)
    assert (status(market, doc), exposure(market, doc)) == (SETTLED, 0)


def test_first_the_financier_then_the_seller(market, receivables, financed):
    """V2, V3, V4: over the step, to the unit."""
    claim = ADVANCE + FEE
    buyer, financier, seller = financed.buyer, market.financier.address, financed.seller
    with moves(market, {buyer: 1 - claim, financier: claim - 1}):
        pay(market, financed, claim - 1)
    assert (owed(market, financed), record(market, financed)["late_bps"]) == (1, 5)
    with moves(market, {buyer: -11, financier: 1, seller: 10}):
        receipt = pay(market, financed, 11)
    parts = {"toFinancier": 1, "toSeller": 10, "settled": False}
    assert logged(market, receivables, receipt) == [
        ("Paid", {"id": hexed(financed), "payer": buyer, "ref": REF_HEX, **parts}),
        ("Transfer", {"from": buyer, "to": financier, "value": 1}),
        ("Transfer", {"from": buyer, "to": seller, "value": 10}),
    ]
    kept = record(market, financed)
    assert (kept["paid"], kept["to_financier"]) == (claim + 10, claim)
    rest = FACE - claim - 10
    assert (owed(market, financed), exposure(market, financed)) == (0, rest)
    with moves(market, {buyer: -rest, seller: rest}):
        pay(market, financed, rest)
    kept = record(market, financed)
    assert (kept["status"], kept["paid"], kept["to_financier"]) == (SETTLED, FACE, claim)
    assert exposure(market, financed) == 0
    assert_solvent(market, financed)


def test_anybody_pays(market, financed):
    """V3: out of its own tokens."""
    payer = market.maker.address
    changes = {payer: -FACE, market.financier.address: ADVANCE + FEE}
    with moves(market, {**changes, financed.seller: FACE - ADVANCE - FEE}):
        pay(market, financed, FACE, payer)


@pytest.mark.parametrize(
    ("seconds", "days"),
    [
        (0, 0),
        (1, 0),
        (DAY - 1, 0),
        (DAY, 1),
        (2 * DAY - 1, 1),
        (2 * DAY, 2),
        (5 * DAY, 5),
        (487 * DAY, 487),
        (488 * DAY, 488),
    ],
)
@pytest.mark.parametrize("paused", [0, 3_600, 3 * DAY + 1])
def test_lateness_counts_whole_days(market, financed, seconds, days, paused):
    """V2, R3: after the due date, to which a pause has added what it lasted."""
    if paused:
        pause_for(market, paused)
    due = financed.due + paused
    assert market.uses.receivables.call("dueOf", financed.values()) == due
    warp_to(market, due + seconds)
    claim = ADVANCE + FEE + days * LATE
    assert claim <= FACE
    assert owed(market, financed) == claim
    changes = {financed.buyer: -FACE, market.financier.address: claim}
    with moves(market, {**changes, financed.seller: FACE - claim}):
        pay(market, financed, FACE)
    assert status(market, financed) == SETTLED


def test_a_pause_before_the_document_adds_nothing(market):
    """R3: what was paused then is no excuse now."""
    pause_for(market, 2 * DAY)
    doc = market.doc()
    reach(market, doc, FINANCED)
    assert record(market, doc)["paused_before"] == 2 * DAY
    assert market.uses.receivables.call("dueOf", doc.values()) == doc.due
    warp_to(market, doc.due + DAY)
    assert owed(market, doc) == ADVANCE + FEE + LATE


def test_no_day_passes_in_a_pause(market, financed):
    """R3: a running one, too, and one after the due date."""
    warp_to(market, financed.due + DAY)
    assert owed(market, financed) == ADVANCE + FEE + LATE
    pause(market)
    for _ in range(3):
        market.world.chain.warp(DAY)
        assert owed(market, financed) == ADVANCE + FEE + LATE


def test_lateness_is_rounded_down(market, accepted):
    """V2: of what all the days together make."""
    offer = market.offer(accepted, advance=9_999, fee_bps=1, late_bps_per_day=3)
    market.finance(accepted, offer)
    for days, late in ((0, 0), (1, 2), (2, 5), (3, 8), (4, 11)):
        warp_to(market, accepted.due + days * DAY)
        assert owed(market, accepted) == 9_999 + 0 + late


def test_parts_paid_late_are_set_off(market, financed):
    """V2, V3: lateness is on the advance, whatever was paid of it."""
    financier = market.financier.address
    warp_to(market, financed.due + DAY)
    with moves(market, {financed.buyer: -400_000_000, financier: 400_000_000}):
        pay(market, financed, 400_000_000)
    warp_to(market, financed.due + 11 * DAY)
    rest = ADVANCE + FEE + 11 * LATE - 400_000_000
    assert owed(market, financed) == rest
    left = 600_000_000 - rest
    with moves(market, {financed.buyer: -600_000_000, financier: rest, financed.seller: left}):
        pay(market, financed, 600_000_000)
    assert record(market, financed)["to_financier"] == ADVANCE + FEE + 11 * LATE


@pytest.mark.parametrize("days", [0, 10])
def test_lateness_stops_once_the_financier_is_whole(market, financed, days):
    """V2: who has all that it is owed is not late with anything."""
    warp_to(market, financed.due + days * DAY)
    claim = ADVANCE + FEE + days * LATE
    pay(market, financed, claim)
    assert (owed(market, financed), record(market, financed)["late_bps"]) == (0, 0)
    warp_to(market, financed.due + (days + 50) * DAY)
    assert owed(market, financed) == 0
    rest = FACE - claim
    with moves(market, {financed.buyer: -rest, financed.seller: rest}):
        pay(market, financed, rest)
    kept = record(market, financed)
    assert (kept["status"], kept["to_financier"]) == (SETTLED, claim)


def test_lateness_goes_on_while_a_unit_is_owed(market, financed):
    """V2: one unit short is not whole."""
    warp_to(market, financed.due + 10 * DAY)
    pay(market, financed, ADVANCE + FEE + 10 * LATE - 1)
    assert owed(market, financed) == 1
    warp_to(market, financed.due + 11 * DAY)
    assert owed(market, financed) == 1 + LATE


def test_the_financier_is_owed_at_most_what_is_unpaid(market, accepted):
    """V2, V8: it is settled when the face is paid, though the financier is not whole."""
    pay(market, accepted, 100_000_000)
    market.finance(accepted, market.offer(accepted))
    warp_to(market, accepted.due + 600 * DAY)
    assert owed(market, accepted) == 900_000_000
    pay(market, accepted, 500_000_000)
    assert owed(market, accepted) == 400_000_000
    financier = market.financier.address
    with moves(market, {accepted.buyer: -400_000_000, financier: 400_000_000}):
        pay(market, accepted, 400_000_000)
    kept = record(market, accepted)
    assert (kept["status"], kept["paid"]) == (SETTLED, FACE)
    assert kept["to_financier"] == 900_000_000 < ADVANCE + FEE + 600 * LATE
    assert owed(market, accepted) == 0


@pytest.mark.parametrize("how", NO_RECEIVER)
@pytest.mark.parametrize("who", ["seller", "financier"])
def test_a_barred_recipients_leg_is_credited(market, receivables, token, financed, how, who):
    """R2, V3, V4: and the other's is paid."""
    shares = {"financier": ADVANCE + FEE, "seller": FACE - ADVANCE - FEE}
    barred = getattr(market, who).address
    free = next(name for name in shares if name != who)
    bar(market, how, barred)
    paid = {getattr(market, free).address: shares[free], receivables.address: shares[who]}
    with moves(market, {financed.buyer: -FACE, **paid}):
        receipt = pay(market, financed, FACE)
    kept = ("Credited", {"token": token.address, "account": barred, "value": shares[who]})
    assert [event for event in logged(market, receivables, receipt) if event[0] == "Credited"] == [
        kept
    ]
    assert credit(market, receivables, barred) == shares[who]
    assert status(market, financed) == SETTLED
    assert_solvent(market, financed)
    clear(market, how, barred)
    with moves(market, {barred: shares[who], receivables.address: -shares[who]}):
        receivables.send("withdraw", token.address, sender=barred)


def test_both_legs_are_credited(market, world, token, receivables, financed):
    """R2, V4: each under its owner's name, and they add up."""
    people = [financed.seller, market.financier.address]
    world.act("BLACKLISTER", token, "blacklist", people, REF)
    with moves(market, {financed.buyer: -FACE, receivables.address: FACE}):
        pay(market, financed, FACE)
    kept = [credit(market, receivables, one) for one in people]
    assert kept == [FACE - ADVANCE - FEE, ADVANCE + FEE]


@pytest.mark.parametrize("who", ["seller", "financier"])
def test_a_frozen_recipient_is_paid(market, financed, who):
    """R2: who is frozen may receive."""
    bar(market, "frozen", getattr(market, who).address)
    changes = {financed.buyer: -FACE, market.financier.address: ADVANCE + FEE}
    with moves(market, {**changes, financed.seller: FACE - ADVANCE - FEE}):
        pay(market, financed, FACE)


# markDefault


@pytest.mark.parametrize("who", ["seller", "buyer", "attester", "relayer"])
def test_only_the_financier_records_a_default(market, world, financed, who):
    warp_to(market, financed.due + 1)
    caller = getattr(market, who).address
    with refused(world, "CallerNot", wanted=market.financier.address, caller=caller):
        default(market, financed, caller)


@pytest.mark.parametrize("paused", [0, 3_600, 9 * DAY])
def test_there_is_no_default_until_the_due_date(market, world, receivables, financed, paused):
    """R3: the last second is in time, pauses added."""
    if paused:
        pause_for(market, paused)
    due = financed.due + paused
    for moment in (market.now, due):
        warp_to(market, moment)
        with refused(world, "NotOverdue", due=due):
            default(market, financed)
    warp_to(market, due + 1)
    receipt = default(market, financed)
    evidence = {"financier": market.financier.address, "owed": ADVANCE + FEE}
    assert emitted(receivables, receipt) == [("Defaulted", {"id": hexed(financed), **evidence})]
    assert status(market, financed) == DEFAULTED


def test_a_default_tells_what_is_owed(market, receivables, financed):
    """V2: which is at most what is unpaid, as `owed` says."""
    warp_to(market, financed.due + 600 * DAY)
    assert owed(market, financed) == FACE
    receipt = default(market, financed)
    evidence = {"financier": market.financier.address, "owed": FACE}
    assert emitted(receivables, receipt) == [("Defaulted", {"id": hexed(financed), **evidence})]


def test_payments_after_a_default_go_on(market, financed):
    """V7, V8: late days are counted on, and what is paid settles it."""
    warp_to(market, financed.due + 3 * DAY)
    default(market, financed)
    claim = ADVANCE + FEE + 3 * LATE
    financier = market.financier.address
    with moves(market, {financed.buyer: -claim + 7, financier: claim - 7}):
        pay(market, financed, claim - 7)
    assert status(market, financed) == DEFAULTED
    warp_to(market, financed.due + 4 * DAY)
    assert owed(market, financed) == 7 + LATE
    rest = FACE - claim + 7
    changes = {financed.buyer: -rest, financier: 7 + LATE, financed.seller: rest - 7 - LATE}
    with moves(market, changes):
        pay(market, financed, rest)
    assert (status(market, financed), exposure(market, financed)) == (SETTLED, 0)


# cancel


@pytest.mark.parametrize("who", ["buyer", "financier", "relayer"])
def test_only_seller_and_attester_cancel(market, world, accepted, who):
    caller = getattr(market, who).address
    with refused(world, "CallerNot", wanted=accepted.seller, caller=caller):
        cancel(market, accepted, caller)


@pytest.mark.parametrize("who", ["seller", "attester"])
@pytest.mark.parametrize("start", [ATTESTED, ACCEPTED])
def test_cancels(market, receivables, doc, who, start):
    """V1, V7: the exposure falls by the face, and the fingerprint stays used."""
    second = market.doc(fingerprint=keccak(text="second"), face=5)
    market.attest(second)
    reach(market, doc, start)
    assert exposure(market, doc) == FACE + 5
    caller = getattr(market, who).address
    with moves(market, {}):
        receipt = cancel(market, doc, caller)
    assert logged(market, receivables, receipt) == [("Cancelled", {"id": hexed(doc), "by": caller})]
    assert (status(market, doc), exposure(market, doc)) == (CANCELLED, 5)


# As a whole


def test_two_documents_of_one_attester_do_not_mix(market, financed):
    """V2, V4: what is paid on one changes nothing of the other but the common exposure."""
    second = market.doc(fingerprint=REF)
    reach(market, second, FINANCED)
    pay(market, financed, 600_000_000)
    assert (owed(market, financed), owed(market, second)) == (204_800_000, ADVANCE + FEE)
    assert record(market, second)["paid"] == 0
    assert exposure(market, second) == 2 * FACE - 600_000_000


def test_a_pause_changes_when_and_not_what(market):
    """R3: the same late payments with and without a pause end with the same balances."""
    ends = []
    for paused in (0, 20 * DAY + 5):
        point = market.world.chain.snapshot()
        doc = market.doc()
        reach(market, doc, FINANCED)
        if paused:
            pause_for(market, paused)
        warp_to(market, doc.due + paused + 4 * DAY)
        pay(market, doc, 500_000_000)
        warp_to(market, doc.due + paused + 6 * DAY - 1)
        default(market, doc)
        pay(market, doc, 500_000_000)
        people = (doc.buyer, doc.seller, market.financier.address)
        ends.append([market.balance(market.hkd, one) for one in people])
        market.world.chain.restore(point)
    whole = 10**12
    claim = ADVANCE + FEE + 5 * LATE
    assert ends[0] == [whole - FACE, FACE - claim + ADVANCE, whole + claim - ADVANCE]
    assert ends[0] == ends[1]
