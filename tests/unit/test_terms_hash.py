"""What people sign is what the contracts hash: all five terms against a wallet's own library.

quote, info, doc, envelope
└── given any values, their extremes among them: the contract's hash is the wallet's

offer
├── signed exactly: is taken
└── changed in any field after signing: reverts with InvalidSignature, or names the field
"""

import random
from dataclasses import fields, replace

import pytest
from eth_utils import to_checksum_address

from pegboard.uses.terms import Doc, Envelope, Info, Quote
from tests.support.refusal import refused
from tests.support.uses import sign
from tests.support.world import key

ROUNDS = 40


def place(market, kind):
    """The contract that hashes these terms, and its view."""
    uses = market.uses
    return {
        Quote: (uses.fx, "quoteHash"),
        Info: (uses.checkout, "idOf"),
        Doc: (uses.receivables, "docHash"),
        Envelope: (uses.envelopes, "idOf"),
    }[kind]


def some(chance, kind):
    """A value of a Solidity type; one in two is an extreme."""
    if kind == "bool":
        return chance.random() < 0.5
    if kind == "address":
        number = chance.choice((0, 1, 2**160 - 1, chance.getrandbits(160)))
        return "0x" + number.to_bytes(20).hex()
    if kind == "bytes32":
        return chance.choice((bytes(32), b"\xff" * 32, chance.randbytes(32), chance.randbytes(32)))
    bits = int(kind.removeprefix("uint"))
    return chance.choice((0, 2**bits - 1, chance.getrandbits(bits), chance.getrandbits(bits)))


def some_terms(chance, kind):
    values = [some(chance, solidity) for _, solidity in kind.FIELDS]
    return kind(
        *(
            to_checksum_address(value) if solidity == "address" else value
            for value, (_, solidity) in zip(values, kind.FIELDS, strict=True)
        )
    )


def hashed(contract, terms):
    """What the contract's view must answer: a digest, or for documents the hash of the struct."""
    wallet = terms.signable(contract).body if isinstance(terms, Doc) else terms.digest(contract)
    return "0x" + wallet.hex()


@pytest.mark.parametrize("kind", [Quote, Info, Doc, Envelope])
def test_the_contract_hashes_as_a_wallet_does(market, kind):
    """R10: for any values of the fields."""
    contract, view = place(market, kind)
    chance, seen = random.Random(kind.TYPE), set()
    for _ in range(ROUNDS):
        terms = some_terms(chance, kind)
        answer = contract.call(view, terms.values())
        assert answer == hashed(contract, terms)
        seen.add(answer)
    assert len(seen) == ROUNDS


@pytest.mark.parametrize("kind", [Quote, Info, Doc, Envelope])
def test_every_field_counts(market, kind):
    """R10: terms that differ in one field have another hash."""
    contract, view = place(market, kind)
    terms = some_terms(random.Random(1), kind)
    seen = {contract.call(view, terms.values())}
    for field, (_, solidity) in zip(fields(kind), kind.FIELDS, strict=True):
        value = getattr(terms, field.name)
        if solidity == "bool":
            other = not value
        elif solidity == "bytes32":
            other = bytes(31) + b"\5"
        elif solidity == "address":
            other = key(70).address
        else:
            other = value ^ 1
        changed = replace(terms, **{field.name: other})
        answer = contract.call(view, changed.values())
        assert answer == hashed(contract, changed)
        seen.add(answer)
    assert len(seen) == len(kind.FIELDS) + 1


def test_hashes_are_a_contracts_own_on_its_chain(market):
    """R10: the same quote is another one at another address."""
    quote = market.quote()
    fx = market.uses.fx
    assert quote.digest(fx) != quote.digest(fx.at(key(70).address))
    assert fx.call("eip712Domain")[1:3] == ("Pegboard FxSettle", "1")


@pytest.fixture
def accepted(market):
    """A document that its buyer has accepted."""
    doc = market.doc()
    market.attest(doc)
    market.accept(doc)
    return doc


def take(market, doc, offer, signature):
    values = (doc.values(), offer.values(), signature)
    return market.uses.receivables.send("finance", *values, sender=market.seller.address)


@pytest.mark.parametrize("seed", range(12))
def test_an_offer_is_hashed_as_a_wallet_does(market, accepted, seed):
    """R10: for any values that can be taken."""
    chance = random.Random(seed)
    offer = market.offer(
        accepted,
        advance=chance.randint(1, accepted.face // 3),
        fee_bps=chance.choice((0, 1, 10_000)),
        late_bps_per_day=chance.choice((0, 65_535, chance.getrandbits(16))),
        expiry=chance.choice((market.now, 2**48 - 1)),
        nonce=chance.choice((0, 2**256 - 1, chance.getrandbits(256))),
    )
    contract = market.uses.receivables
    take(market, accepted, offer, sign(market.financier, offer.signable(contract)))
    record = contract.call("receivableOf", accepted.fingerprint)
    assert record[8] == offer.advance


@pytest.mark.parametrize(
    "changed",
    [
        {"financier": "other"},
        {"advance": 799_999_999},
        {"fee_bps": 61},
        {"late_bps_per_day": 6},
        {"expiry": 2**48 - 1},
        {"nonce": 2},
    ],
    ids=str,
)
def test_an_offer_is_bound_to_every_field(market, accepted, changed):
    """R10: what the financier has not signed is not taken."""
    offer = market.offer(accepted)
    made = sign(market.financier, offer.signable(market.uses.receivables))
    if "financier" in changed:
        changed = {"financier": market.taker.address}
    other = replace(offer, **changed)
    with refused(market.world, "InvalidSignature", signer=other.financier):
        take(market, accepted, other, made)
    take(market, accepted, offer, made)
