"""Receivables by the library: signed files, verbs, the list of orders, the book and the audit.

read_document, read_offer
├── given a file for another chain, contract, currency or document, or no such file: refuses
├── given one term, or a signature, that was changed, of every field: refuses
└── else: the terms, and the signatures of the parties

terms_of, to_attest
├── given what is due already, or an attester that is a party: refuses
└── else: a document that ends with its day where the currency is at home

order list
├── given an order that another document bills: refuses, unless that one was cancelled
├── given another command that writes it: waits, and refuses what that one has billed
├── given a list that is none: refuses
└── else: what was attested is on it, however often it is written down

verbs
├── attest: another document under the fingerprint, beyond the cap, or by no attester: refused
├── accept, cancel, default: not in the status, not the party, not due: refused
├── finance: not accepted, another seller, over, revoked, beyond what is unpaid, unfunded: refused
├── finance: a second financier: refused; the same offer: nothing to do
├── pay: more than unpaid, nothing, unfunded, a reference of another amount: refused
├── pay: the financier first, the rest to the seller; the same reference: nothing to do
├── withdraw, allow, revoke: once
└── every refusal comes before anything is signed or sent

book
├── given nothing: nothing
├── ages by whole days past due, pauses added; adds up by attester, buyer and financier
└── given a log that differs from the chain: says so

audit
├── given what is malformed, not on record, spelt otherwise, billed twice, changed: each a finding
└── given what fits: none
"""

import json
from dataclasses import fields, replace

import pytest
from eth_utils import keccak

from pegboard import locks
from pegboard.chain import Log
from pegboard.errors import ChainError, InputError, JournalError, NotPermitted, ReferenceUsed
from pegboard.inputs import moment, moment_text
from pegboard.uses import order_list, papers, trade, trade_acts, trade_audit, trade_book, wms
from pegboard.uses.documents import FingerprintKey
from pegboard.uses.remittance import HALF, hash_of, reference_for, uetr_of
from pegboard.uses.terms import Doc, Offer
from pegboard.uses.trade import Document
from tests.support.remember import Remembering
from tests.support.revm import RevmChain
from tests.support.uses import CAP, DAY, open_market, sign
from tests.support.wms import SECRET, changed, feed, order, write
from tests.support.world import REF, build_world, key

KEY = FingerprintKey(SECRET)
UETR = "eb6305c9-1f7f-49de-aed0-16487c27b42d"
HKD = 1_000_000


@pytest.fixture(scope="module")
def opened():
    """A market on a chain that remembers, and where it stood."""
    market = open_market(build_world(Remembering(), ("HKD", "USD")))
    return market, market.world.chain.snapshot()


@pytest.fixture
def market(opened):
    market, _ = opened
    point = market.world.chain.snapshot()
    yield market
    market.world.chain.restore(point)


@pytest.fixture
def suite(market):
    return market.world.suite


@pytest.fixture
def peg(market):
    return market.hkd


@pytest.fixture
def contract(suite):
    return suite.uses.receivables


@pytest.fixture
def invoice(market, tmp_path):
    """Reads an outbound file of this content."""

    def act(data=None, name="wms.json"):
        path = write(tmp_path / name, data or feed())
        return wms.read(path, market.now, ("HKD", "USD"))

    return act


@pytest.fixture
def doc(market, suite, peg, invoice):
    """HKD 3,000, due on 11 March."""
    return trade.to_attest(suite, peg, invoice(), KEY, market.attester.address)


def document(doc, name="doc.json"):
    return Document(name, doc)


def signed(market, doc, name="doc.json"):
    """With both signatures."""
    contract = market.uses.receivables
    by_attester = sign(market.attester, doc.signable(contract))
    return Document(name, doc, by_attester, sign(market.buyer, doc.acceptance(contract)))


def do(action, signer):
    """Sends what a verb made."""
    assert not action.nothing_to_do
    return action.contract.submit(action.call.data, sender=signer.address)


def bring(market, doc, upto="financed", **terms):
    """Brings a document to a status, by the library's own verbs."""
    suite, peg = market.world.suite, market.hkd
    both = signed(market, doc)
    do(trade_acts.attest(suite, peg, both), market.relayer)
    if upto == "attested":
        return None
    do(trade_acts.accept(suite, peg, both), market.relayer)
    if upto == "accepted":
        return None
    offer = market.offer(doc, **terms)
    signature = sign(market.financier, offer.signable(market.uses.receivables))
    seller = market.seller
    do(trade_acts.finance(suite, peg, both, offer, signature, seller.address), seller)
    return offer


def text(fault):
    return str(fault.value)


# Files


@pytest.fixture
def files(market, contract, peg, doc, tmp_path):
    """A signed document's file, and its content."""
    path = tmp_path / "doc.json"
    papers.write(path, trade.document_file(contract, peg, signed(market, doc)))
    return path, json.loads(path.read_text())


def test_a_document_as_a_file(suite, peg, doc, market, files):
    path, data = files
    assert trade.read_document(suite, peg, path) == signed(market, doc)
    path.write_text(json.dumps(data | {"buyerSignature": "0x"}))
    assert trade.read_document(suite, peg, path).buyer_signature == b""


def test_a_file_for_elsewhere(suite, peg, market, files):
    path, data = files

    def refused(on=peg, **changes):
        path.write_text(json.dumps(data | changes))
        with pytest.raises(InputError) as caught:
            trade.read_document(suite, on, path)
        return text(caught)

    assert "doc.json is for" in refused(chainId=1)
    assert "on chain 1, and here it would be" in refused(chainId=1)
    assert "doc.json is for" in refused(contract=market.uses.fx.address)
    assert "doc.json says USD, and its document is in" in refused(market.usd)
    for changes in ({"schema": "pegboard-offer/1"}, {"note": "x"}):
        assert "doc.json is no document of a sale: make it with `trade attest`" in refused(
            **changes
        )
    path.write_text("[]")
    with pytest.raises(InputError, match="is no document of a sale"):
        trade.read_document(suite, peg, path)


OTHERS = {
    "attester": key(50).address,
    "seller": key(50).address,
    "buyer": key(50).address,
    "face": "1",
    "due": "1",
    "fingerprint": "0x" + "11" * 32,
    "ordersRoot": "0x" + "11" * 32,
}


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_a_document_that_was_changed(suite, peg, files, name):
    path, data = files
    path.write_text(json.dumps(data | {"terms": data["terms"] | {name: OTHERS[name]}}))
    with pytest.raises(InputError, match=r"is not signed by 0x.*: it was changed, or another key"):
        trade.read_document(suite, peg, path)


def test_every_field_of_a_document_is_among_them():
    assert set(OTHERS) | {"token"} == {name for name, _ in Doc.FIELDS}


@pytest.mark.parametrize("name", ["attesterSignature", "buyerSignature"])
@pytest.mark.parametrize("value", ["0x00", "0x" + "00" * 65, "0x" + "22" * 65])
def test_a_signature_that_was_changed(suite, peg, files, name, value):
    path, data = files
    path.write_text(json.dumps(data | {name: value}))
    with pytest.raises(InputError, match="is not signed by 0x"):
        trade.read_document(suite, peg, path)


def test_a_document_without_its_attester(suite, peg, files):
    path, data = files
    path.write_text(json.dumps(data | {"attesterSignature": "0x"}))
    with pytest.raises(InputError, match="is not signed by 0x"):
        trade.read_document(suite, peg, path)


@pytest.fixture
def offer_file(market, contract, peg, doc, tmp_path):
    offer = market.offer(doc)
    path = tmp_path / "offer.json"
    signature = sign(market.financier, offer.signable(contract))
    papers.write(path, trade.offer_file(contract, peg, offer, signature))
    return path, offer, signature


def test_an_offer_as_a_file(suite, doc, offer_file):
    path, offer, signature = offer_file
    assert trade.read_offer(suite, doc, path) == (offer, signature)
    assert trade.read_offer(suite, None, path) == (offer, signature)
    other = replace(doc, fingerprint=REF)
    with pytest.raises(InputError, match=r"offer\.json is an offer on another document"):
        trade.read_offer(suite, other, path)


@pytest.mark.parametrize("name", [name for name, _ in Offer.FIELDS])
def test_an_offer_that_was_changed(suite, doc, offer_file, name):
    path, _, _ = offer_file
    data = json.loads(path.read_text())
    value = {"doc": "0x" + "11" * 32, "financier": key(50).address}.get(name, "7")
    path.write_text(json.dumps(data | {"terms": data["terms"] | {name: value}}))
    with pytest.raises(InputError, match="is not signed by 0x"):
        trade.read_offer(suite, doc, path)


def test_a_wallet_that_is_a_contract_is_judged_by_the_chain(suite, peg, files, market):
    path, data = files
    terms = data["terms"] | {"buyer": market.hkd.token.address}
    path.write_text(json.dumps(data | {"terms": terms, "buyerSignature": "0x"}))
    with pytest.raises(InputError, match="is not signed by 0x"):
        trade.read_document(suite, peg, path)


# What is attested


def test_a_document_of_an_invoice(market, suite, peg, invoice, doc):
    found = invoice()
    assert doc == Doc(
        market.attester.address,
        market.seller.address,
        market.buyer.address,
        peg.token.address,
        3_000 * HKD,
        # 23:59:59 in Hong Kong.
        moment("2027-03-11T15:59:59Z"),
        found.fingerprint(KEY),
        found.orders_root,
    )


def test_what_is_due_already(market, suite, peg, invoice, doc):
    market.world.chain.warp(doc.due - market.now - 1)
    attester = market.attester.address
    assert trade.to_attest(suite, peg, invoice(), KEY, attester) == doc
    market.world.chain.warp(1)
    with pytest.raises(InputError, match=r"wms\.json is due on 2027-03-11, which is over"):
        trade.to_attest(suite, peg, invoice(), KEY, attester)


def test_what_is_due_in_another_age(market, suite, peg, invoice):
    late = invoice(changed(feed(), "invoice.dueDate", "2207-03-11"))
    with pytest.raises(InputError, match="or too far away"):
        trade.to_attest(suite, peg, late, KEY, market.attester.address)


def test_an_attester_is_no_party(market, suite, peg, invoice):
    for party in (market.seller, market.buyer):
        with pytest.raises(NotPermitted, match="vouches for others only"):
            trade.to_attest(suite, peg, invoice(), KEY, party.address)


def test_more_than_a_document_holds(market, suite, peg, invoice):
    most = str(2**96 // HKD + 1)
    data = changed(feed(orders=1), "invoice.amount", most)
    with pytest.raises(InputError, match="is of more than a document can hold"):
        trade.to_attest(
            *(suite, peg, invoice(changed(data, "orders.0.declaredValue", most)), KEY),
            market.attester.address,
        )


def test_the_cap_comes_first(market, suite, peg, doc):
    stranger = replace(doc, attester=key(50).address)
    with pytest.raises(NotPermitted, match="vouches for nothing in HKD: have GOVERNOR set its cap"):
        trade.require_room(suite, peg, stranger)
    trade.require_room(suite, peg, replace(doc, face=CAP))
    with pytest.raises(NotPermitted, match=r"would vouch for .*000001 HKD, and its cap is"):
        trade.require_room(suite, peg, replace(doc, face=CAP + 1))
    bring(market, doc, "attested")
    with pytest.raises(NotPermitted, match="would vouch for"):
        trade.require_room(suite, peg, replace(doc, face=CAP - doc.face + 1))
    assert trade.standing_of(suite, doc.attester, peg) == (doc.face, CAP)


# The list of orders


@pytest.fixture
def listed(tmp_path):
    return order_list.list_path(tmp_path / "31337-abcd.sqlite")


def test_the_list_is_beside_the_journal(listed):
    assert listed.name == "31337-abcd.orders.json"
    assert order_list.read(listed) == []


def test_what_was_attested_is_on_the_list(suite, listed, invoice):
    mine = order_list.of(invoice(), KEY)
    order_list.add(suite, listed, mine)
    order_list.add(suite, listed, mine)
    [found] = order_list.read(listed)
    assert (found.fingerprint, found.orders) == (mine.fingerprint, mine.orders)
    assert len(found.orders) == 3
    # The other orders of the same invoice may be on record instead.
    other = invoice(changed(feed(), "orders.0.orderNo", "SO-0009"))
    order_list.add(suite, listed, order_list.of(other, KEY))
    [found] = order_list.read(listed)
    assert [name[-6:] for name in found.orders] == ["SO0001", "SO0002", "SO0003", "SO0009"]


def second(invoice, **of):
    """Another invoice of the same seller, whose orders are 3, 4 and 5."""
    data = changed(feed(), "invoice.number", "INV-2027/002")
    data["orders"] = [order(number, **of) for number in (3, 4, 5)]
    return invoice(data, "second.json")


def test_an_order_is_billed_once(suite, invoice):
    first, later = (order_list.of(one, KEY) for one in (invoice(), second(invoice)))
    with pytest.raises(InputError) as caught:
        order_list.require_unbilled(suite, later, [first])
    assert text(caught) == (
        "second.json bills orders that were billed before: SO0003 in wms.json "
        f"({trade.hexed(first.fingerprint)})"
    )
    # It is no stranger to itself, and to the orders of others.
    order_list.require_unbilled(suite, first, [first])
    other = invoice(changed(feed(), "seller.id", "HK-BR 777"), "other.json")
    order_list.require_unbilled(suite, later, [order_list.of(other, KEY)])


def test_what_was_cancelled_is_billed_anew(market, suite, peg, invoice, doc):
    first, later = (order_list.of(one, KEY) for one in (invoice(), second(invoice)))
    bring(market, doc, "attested")
    with pytest.raises(InputError, match=r"SO0003 in wms\.json"):
        order_list.require_unbilled(suite, later, [first])
    seller = market.seller
    do(trade_acts.cancel(suite, peg, document(doc), seller.address), seller)
    order_list.require_unbilled(suite, later, [first])


def test_a_list_that_grew_meanwhile(suite, listed, invoice):
    """Another command has billed the order after this one looked."""
    order_list.add(suite, listed, order_list.of(invoice(), KEY))
    before = listed.read_bytes()
    with pytest.raises(InputError, match="SO0003 in 0x"):
        order_list.add(suite, listed, order_list.of(second(invoice), KEY))
    assert listed.read_bytes() == before


def test_only_one_command_writes_the_list(suite, listed, invoice, monkeypatch):
    monkeypatch.setattr(order_list, "_PATIENCE", 0.0)
    with listed.with_suffix(".lock").open("w") as file:
        assert locks.take(file.fileno(), 0.0)
        with pytest.raises(JournalError, match="another command is attesting"):
            order_list.add(suite, listed, order_list.of(invoice(), KEY))
    order_list.add(suite, listed, order_list.of(invoice(), KEY))


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"pegboard-orders/1": []}', '{"pegboard-orders/1": {"0xzz": []}}']
)
def test_no_list(listed, content):
    listed.write_text(content)
    with pytest.raises(InputError, match="is no list of orders: bring it back from a copy"):
        order_list.read(listed)


# Attest and accept


def test_a_document_goes_on_record_once(market, suite, peg, doc, contract):
    both = signed(market, doc)
    action = trade_acts.attest(suite, peg, both)
    assert (action.amount, action.public) == (doc.face, True)
    assert action.call.text == (
        f"put on record that {market.buyer.address} owes {market.seller.address} 3,000.00 HKD by "
        f"2027-03-11T15:59:59Z, by the word of {market.attester.address}"
    )
    do(action, market.relayer)
    assert trade_acts.attest(suite, peg, both).nothing_to_do
    record = trade.record_of(suite, doc.fingerprint)
    assert (record.status, record.buyer) == ("attested", doc.buyer)
    assert record.doc == bytes.fromhex(contract.call("docHash", doc.values())[2:])
    found = trade.find(suite, doc.fingerprint)
    assert found == Document(trade.hexed(doc.fingerprint), doc)
    assert trade.currency_of(suite, doc) is suite.pegs["HKD"]


def test_nothing_is_on_record(suite, doc):
    assert trade.record_of(suite, REF).status == "none"
    with pytest.raises(InputError, match=f"no document is on record under 0x{REF.hex()}"):
        trade.find(suite, REF)
    with pytest.raises(InputError, match="is no currency that is declared"):
        trade.currency_of(suite, replace(doc, token=key(50).address))


def test_the_same_invoice_by_another_attester(market, suite, peg, invoice, doc):
    """However it is spelt, whoever attests it."""
    bring(market, doc, "attested")
    spelt = changed(feed(), "invoice.number", "inv 2027 001")
    again = trade.to_attest(suite, peg, invoice(spelt), KEY, key(50).address)
    assert again.fingerprint == doc.fingerprint
    with pytest.raises(InputError) as caught:
        trade_acts.attest(suite, peg, document(again))
    assert text(caught) == (
        f"this invoice is on record already (attested), under {trade.hexed(doc.fingerprint)}: "
        f"attested by {doc.attester} for {doc.seller}, with other terms or orders; an invoice is "
        "on record once, for ever"
    )


@pytest.mark.parametrize("name", [f.name for f in fields(Doc) if f.name != "fingerprint"])
def test_no_verb_takes_another_document_of_the_fingerprint(market, suite, peg, doc, name):
    bring(market, doc, "attested")
    value = getattr(doc, name)
    kinds = {int: 7, bytes: REF, str: key(50).address}
    other = document(replace(doc, **{name: kinds[type(value)]}))
    me = market.seller.address
    for verb in (
        lambda: trade_acts.attest(suite, peg, other),
        lambda: trade_acts.accept(suite, peg, other),
        lambda: trade_acts.finance(suite, peg, other, market.offer(doc), b"", me),
        lambda: trade_acts.pay(suite, peg, other, 1, REF, me),
        lambda: trade_acts.default(suite, peg, other, me),
        lambda: trade_acts.cancel(suite, peg, other, me),
    ):
        with pytest.raises(InputError, match="this invoice is on record already"):
            verb()


def test_the_buyer_accepts_once(market, suite, peg, doc):
    both = signed(market, doc)
    with pytest.raises(InputError, match=r"doc\.json is not on record yet: submit it first"):
        trade_acts.accept(suite, peg, both)
    bring(market, doc, "attested")
    do(trade_acts.accept(suite, peg, both), market.relayer)
    assert trade.record_of(suite, doc.fingerprint).status == "accepted"
    assert trade_acts.accept(suite, peg, both).nothing_to_do


def test_nobody_owes_what_was_cancelled(market, suite, peg, doc):
    bring(market, doc, "attested")
    seller = market.seller
    do(trade_acts.cancel(suite, peg, document(doc), seller.address), seller)
    with pytest.raises(InputError, match=r"doc\.json was cancelled: nobody owes it any more"):
        trade_acts.accept(suite, peg, signed(market, doc))


# Offers and financing


def test_what_can_be_offered(market, suite, doc):
    financier, terms = market.financier.address, (60, 5, market.now + DAY, 1)
    with pytest.raises(InputError, match=r"doc\.json is not on record yet: its attester submits"):
        trade.to_offer(suite, document(doc), financier, HKD, terms)
    bring(market, doc, "accepted")
    offer = trade.to_offer(suite, document(doc), financier, 2_400 * HKD, terms)
    assert offer == market.offer(doc)
    for advance in (0, 2_990 * HKD, 3_000 * HKD):
        with pytest.raises(InputError, match=r"are not within what is unpaid, 3,000.00 HKD"):
            trade.to_offer(suite, document(doc), financier, advance, terms)


def test_a_seller_takes_an_offer_once(market, suite, peg, doc, contract):
    before = market.balance(peg, doc.seller)
    offer = bring(market, doc)
    assert market.balance(peg, doc.seller) - before == 2_400 * HKD
    record = trade.record_of(suite, doc.fingerprint)
    assert (record.status, record.financier, record.advance) == (
        *("financed", offer.financier, offer.advance),
    )
    signature = sign(market.financier, offer.signable(contract))
    words = (suite, peg, document(doc))
    again = trade_acts.finance(*words, offer, signature, doc.seller)
    assert again.nothing_to_do
    for other in (replace(offer, nonce=2), replace(offer, late_bps_per_day=6)):
        with pytest.raises(InputError, match=f"doc.json is financed already, by {offer.financier}"):
            trade_acts.finance(*words, other, signature, doc.seller)


def test_a_second_financier(market, suite, peg, doc):
    bring(market, doc)
    other = market.offer(doc, financier=market.maker.address)
    with pytest.raises(InputError, match=r"financed already, by 0x.*: an invoice is financed once"):
        trade_acts.finance(suite, peg, document(doc), other, b"", doc.seller)
    with pytest.raises(InputError, match="an invoice is financed once"):
        trade.to_offer(suite, document(doc), market.maker.address, HKD, (0, 0, 2**40, 1))


def test_what_cannot_be_taken(market, suite, peg, doc, contract):
    offer, chain = market.offer(doc), market.world.chain
    both = document(doc)

    def refused(offer=offer, signer=doc.seller, kind=InputError):
        with pytest.raises(kind) as caught:
            trade_acts.finance(suite, peg, both, offer, b"", signer)
        return text(caught)

    assert "doc.json is not on record yet" in refused()
    bring(market, doc, "attested")
    assert f"is not accepted by its buyer {doc.buyer} yet" in refused()
    do(trade_acts.accept(suite, peg, signed(market, doc)), market.relayer)
    assert "only the seller" in refused(signer=doc.buyer, kind=NotPermitted)
    assert "are not within what is unpaid" in refused(replace(offer, advance=3_000 * HKD))
    poor = replace(offer, financier=key(50).address)
    assert f"{poor.financier} can spend 0.00 HKD, and 2,400.00 HKD is due" in refused(poor)
    market.world.fund(poor.financier, offer.advance)
    assert f"{poor.financier} lets the contract take 0.00 HKD, and it takes" in refused(poor)
    point = chain.snapshot()
    do(trade_acts.revoke(suite, peg, offer, offer.financier), market.financier)
    assert trade_acts.revoke(suite, peg, offer, offer.financier).nothing_to_do
    assert "has revoked the offer: ask for another" in refused()
    chain.restore(point)
    point = chain.snapshot()
    words = (doc.attester, peg.token.address, 0, REF)
    market.world.act("PAUSER", suite.registry, "cutAttester", *words)
    assert f"{doc.attester} vouches for nothing in HKD any more" in refused()
    chain.restore(point)
    chain.warp(offer.expiry - market.now)
    assert not trade_acts.finance(suite, peg, both, offer, b"", doc.seller).nothing_to_do
    chain.warp(1)
    assert f"the offer was good until {moment_text(offer.expiry)}: ask" in refused()


def test_only_its_financier_revokes_an_offer(market, suite, peg, doc):
    offer = market.offer(doc)
    with pytest.raises(NotPermitted, match=f"only {offer.financier} revokes its offers"):
        trade_acts.revoke(suite, peg, offer, doc.seller)


def test_what_was_taken_is_not_revoked(market, suite, peg, doc):
    """By the hash that is signed the document is found, and told by its fingerprint."""
    offer = market.offer(doc)
    early = trade_acts.revoke(suite, peg, offer, offer.financier)
    assert early.call.text == (
        f"revoke the offer of 2,400.00 HKD on the signed document 0x{doc.hash.hex()}"
    )
    bring(market, doc, "accepted")
    action = trade_acts.revoke(suite, peg, offer, offer.financier)
    assert action.call.text == (
        f"revoke the offer of 2,400.00 HKD on the document 0x{doc.fingerprint.hex()}"
    )
    receipt = market.finance(doc, offer)
    with pytest.raises(InputError) as fault:
        trade_acts.revoke(suite, peg, offer, offer.financier)
    assert str(fault.value) == (
        f"the offer was taken in transaction {receipt.tx}: nothing is left to revoke"
    )
    other = replace(offer, nonce=2)
    do(trade_acts.revoke(suite, peg, other, offer.financier), market.financier)


def test_what_is_over_is_not_financed(market, suite, peg, doc):
    bring(market, doc, "accepted")
    action, _ = trade_acts.pay(suite, peg, document(doc), doc.face, REF, doc.buyer)
    do(action, market.buyer)
    with pytest.raises(InputError, match=r"doc\.json is settled: there is nothing to finance"):
        trade.to_offer(suite, document(doc), market.financier.address, HKD, (0, 0, 2**40, 1))


# Paying


def pay(market, doc, units, ref, by=None):
    payer = by or market.buyer
    suite, peg = market.world.suite, market.hkd
    action, where = trade_acts.pay(suite, peg, document(doc), units, ref, payer.address)
    do(action, payer)
    return where


def test_the_financier_comes_first(market, suite, peg, doc):
    """Two parts, the second five days late: 5 x 5 bps of 2,400 more."""
    bring(market, doc)
    start = market.balance(peg, doc.seller), market.balance(peg, market.financier.address)
    where = pay(market, doc, 1_500 * HKD, b"\1" * 32)
    # 2,400 and 0.6 % of it.
    assert where == trade.Split(2_414_400_000, 0, 1_500 * HKD, 0)
    record = trade.record_of(suite, doc.fingerprint)
    assert trade.describe_split(peg, doc, record, trade.split(suite, doc, record, HKD)) == [
        f"The financier {record.financier} is owed 914.40 HKD.",
        "It gets 1.00 HKD of this payment.",
        f"The seller {doc.seller} gets 0.00 HKD.",
    ]
    market.world.chain.warp(doc.due - market.now + 5 * DAY)
    where = pay(market, doc, 1_500 * HKD, b"\2" * 32)
    assert where == trade.Split(920_400_000, 6_000_000, 920_400_000, 579_600_000)
    assert market.balance(peg, doc.seller) - start[0] == 579_600_000
    assert market.balance(peg, market.financier.address) - start[1] == 2_420_400_000
    assert trade.record_of(suite, doc.fingerprint).status == "settled"
    with pytest.raises(InputError, match=r"doc\.json is settled: there is nothing to pay"):
        trade_acts.pay(suite, peg, document(doc), 1, REF, doc.buyer)


def test_without_a_financier_all_is_the_sellers(market, suite, peg, doc):
    bring(market, doc, "attested")
    where = pay(market, doc, HKD, REF)
    assert where == trade.Split(0, 0, 0, HKD)
    record = trade.record_of(suite, doc.fingerprint)
    assert trade.describe_split(peg, doc, record, where) == [
        f"The seller {doc.seller} gets 1.00 HKD."
    ]


def test_a_share_that_waits_is_told(market, suite, peg, doc):
    bring(market, doc)
    market.world.act("BLACKLISTER", peg.token, "blacklist", [doc.seller], REF)
    record = trade.record_of(suite, doc.fingerprint)
    where = trade.split(suite, doc, record, doc.face)
    assert trade.describe_split(peg, doc, record, where)[-1] == (
        f"{doc.seller} may not receive now: its share waits in the contract until it may."
    )
    action, _ = trade_acts.pay(suite, peg, document(doc), doc.face, REF, doc.buyer)
    assert action.call.text.startswith(
        f"pay 3,000.00 HKD on the document 0x{doc.fingerprint.hex()}: 2,414.40 HKD to its "
        f"financier and 585.60 HKD credited to its seller {doc.seller}, who may not receive now, "
        "until it withdraws, reference "
    )
    financier = market.financier.address
    point = market.world.chain.snapshot()
    market.world.act("BLACKLISTER", peg.token, "blacklist", [financier], REF)
    action, _ = trade_acts.pay(suite, peg, document(doc), HKD, REF, doc.buyer)
    assert f"1.00 HKD credited to its financier {financier}, who may not" in action.call.text
    assert "and 0.00 HKD to its seller, reference " in action.call.text
    market.world.chain.restore(point)
    pay(market, doc, doc.face, REF)
    book = trade_book.take(suite, peg)
    assert book.waiting == {doc.seller: 585_600_000}
    assert book.breaks == ()
    market.world.act("RELEASER", peg.token, "unblacklist", [doc.seller], REF)
    do(trade_acts.withdraw(suite, peg, doc.seller), market.seller)
    assert trade_acts.withdraw(suite, peg, doc.seller).nothing_to_do
    assert trade_book.take(suite, peg).waiting == {}


def test_what_is_not_paid(market, suite, peg, doc):
    def refused(units, payer=doc.buyer):
        with pytest.raises(InputError) as caught:
            trade_acts.pay(suite, peg, document(doc), units, REF, payer)
        return text(caught)

    assert "doc.json is not on record yet: only what is on record is paid here" in refused(1)
    bring(market, doc, "accepted")
    assert "3,000.00 HKD is unpaid of doc.json: pay that or a part of it" in refused(doc.face + 1)
    assert "pay that or a part of it" in refused(0)
    poor = key(50).address
    assert f"{poor} can spend 0.00 HKD, and 1.00 HKD is due" in refused(HKD, poor)
    market.world.fund(poor, HKD)
    assert "it raises that first, with `trade allow`" in refused(HKD, poor)
    do(trade_acts.allow(suite, peg, HKD, poor), key(50))
    assert trade_acts.allow(suite, peg, HKD, poor).nothing_to_do
    assert not trade_acts.allow(suite, peg, 0, poor).nothing_to_do
    assert not trade_acts.pay(suite, peg, document(doc), HKD, REF, poor)[0].nothing_to_do


def test_a_reference_pays_once(market, suite, peg, doc):
    """Also when everything else has changed since."""
    bring(market, doc)
    pay(market, doc, HKD, REF)
    words = (suite, peg, document(doc))
    assert trade_acts.pay(*words, HKD, REF, doc.buyer)[0].nothing_to_do
    with pytest.raises(ReferenceUsed, match=r"1.00 HKD was paid under this reference already, in"):
        trade_acts.pay(*words, 2 * HKD, REF, doc.buyer)
    # What a stranger pays under it keeps nobody from paying.
    market.world.fund(market.relayer.address, 1)
    do(trade_acts.allow(suite, peg, 1, market.relayer.address), market.relayer)
    pay(market, doc, 1, b"\3" * 32, market.relayer)
    assert not trade_acts.pay(*words, HKD, b"\3" * 32, doc.buyer)[0].nothing_to_do
    pay(market, doc, doc.face - HKD - 1, b"\4" * 32)
    assert trade_acts.pay(*words, HKD, REF, doc.buyer)[0].nothing_to_do


def test_references(market, suite, peg, doc):
    bring(market, doc)

    def ref(uetr="", remittance=None):
        return trade_acts.reference_of(suite, doc, doc.buyer, uetr, remittance)

    with pytest.raises(InputError, match="a payment needs a reference"):
        ref()
    with pytest.raises(InputError, match="is not a UETR"):
        ref("7")
    part = {"invoice": "INV-2027/001", "part": "1 of 2"}
    assert ref(UETR) == reference_for(UETR)
    assert ref(UETR, part) == reference_for(UETR, part)
    assert ref("", part | {"uetr": UETR}) == reference_for(UETR, part | {"uetr": UETR})
    fresh = ref("", part)
    assert uetr_of(fresh)
    assert fresh[HALF:] == hash_of(part)
    # Paid, it is the one that the same remittance has.
    assert ref("", part) != fresh
    pay(market, doc, HKD, fresh)
    assert ref("", part) == fresh
    assert ref("", part | {"part": "2 of 2"})[HALF:] != fresh[HALF:]


# Default and cancel


def test_default(market, suite, peg, doc):
    bring(market, doc, "accepted")
    me = market.financier
    words = (suite, peg, document(doc))
    with pytest.raises(InputError, match=r"doc\.json is accepted: nobody has financed it"):
        trade_acts.default(*words, me.address)
    offer = market.offer(doc)
    signature = sign(me, offer.signable(market.uses.receivables))
    do(trade_acts.finance(*words, offer, signature, doc.seller), market.seller)
    with pytest.raises(NotPermitted, match=f"only its financier {me.address} says so"):
        trade_acts.default(*words, doc.seller)
    market.world.chain.warp(doc.due - market.now)
    with pytest.raises(InputError, match="due by 2027-03-11T15:59:59Z, which is not over"):
        trade_acts.default(*words, me.address)
    market.world.chain.warp(1)
    do(trade_acts.default(*words, me.address), me)
    assert trade_acts.default(*words, me.address).nothing_to_do
    # It is still paid, and then over.
    pay(market, doc, doc.face, REF)
    with pytest.raises(InputError, match=r"doc\.json is settled: nobody has financed it"):
        trade_acts.default(*words, me.address)


def test_cancel(market, suite, peg, doc):
    words = (suite, peg, document(doc))
    with pytest.raises(InputError, match="there is nothing to take back"):
        trade_acts.cancel(*words, doc.seller)
    bring(market, doc, "accepted")
    with pytest.raises(NotPermitted, match="takes it back, and not"):
        trade_acts.cancel(*words, doc.buyer)
    point = market.world.chain.snapshot()
    pay(market, doc, 1, REF)
    with pytest.raises(InputError, match=r"is accepted, with 0.000001 HKD paid: it stands"):
        trade_acts.cancel(*words, doc.seller)
    market.world.chain.restore(point)
    do(trade_acts.cancel(*words, doc.attester), market.attester)
    assert trade_acts.cancel(*words, doc.seller).nothing_to_do
    # Its fingerprint stays used: it is this very document, and is not attested anew.
    assert trade_acts.attest(*words).nothing_to_do


# The book


def several(market, count, **changes):
    """Documents of HKD 1,000 each, one more day due for each."""
    return [
        market.doc(
            fingerprint=keccak(bytes([n])),
            due=market.now + (60 + n) * DAY,
            **changes,
        )
        for n in range(count)
    ]


def test_an_empty_book(suite, peg, market):
    book = trade_book.take(suite, peg)
    assert (book.entries, book.buyers, book.financiers, book.breaks) == ((), {}, {}, ())
    assert book.attesters == (trade_book.Exposure(market.attester.address, 0, CAP),)
    assert book.ageing() == dict.fromkeys(("not due", "1-30", "31-60", "61-90", "90+"), (0, 0))
    assert trade_book.take(suite, market.usd).attesters == ()


def test_the_book_adds_up(market, suite, peg):
    one, two, three = several(market, 3)
    bring(market, one)
    bring(market, two, "accepted")
    bring(market, three, "attested")
    pay(market, one, 100 * HKD, REF)
    do(trade_acts.cancel(suite, peg, document(three), three.seller), market.seller)
    book = trade_book.take(suite, peg)
    assert [entry.doc for entry in book.entries] == [one, two, three]
    assert [entry.unpaid for entry in book.entries] == [900 * HKD, 1_000 * HKD, 0]
    assert book.attesters == (trade_book.Exposure(market.attester.address, 1_900 * HKD, CAP),)
    assert book.buyers == {market.buyer.address: 1_900 * HKD}
    assert book.overdue == {}
    # 800 and 0.6 % of it, less 100.
    assert book.financiers == {market.financier.address: 704_800_000}
    assert book.ageing()["not due"] == (2, 1_900 * HKD)
    assert book.breaks == ()
    assert trade_book.take(suite, market.usd).entries == ()


@pytest.mark.parametrize(
    ("seconds", "bucket", "days"),
    [
        (0, "not due", 0),
        (1, "1-30", 1),
        (DAY, "1-30", 1),
        (DAY + 1, "1-30", 2),
        (30 * DAY, "1-30", 30),
        (30 * DAY + 1, "31-60", 31),
        (60 * DAY, "31-60", 60),
        (60 * DAY + 1, "61-90", 61),
        (90 * DAY, "61-90", 90),
        (90 * DAY + 1, "90+", 91),
    ],
)
def test_ages(market, suite, peg, seconds, bucket, days):
    [doc] = several(market, 1)
    bring(market, doc)
    market.world.chain.warp(doc.due - market.now + seconds)
    book = trade_book.take(suite, peg)
    assert (book.entries[0].bucket, book.entries[0].days_late) == (bucket, days)
    assert book.ageing()[bucket] == (1, doc.face)
    assert sum(count for count, _ in book.ageing().values()) == 1
    assert book.overdue == ({doc.buyer: doc.face} if days else {})


def test_a_pause_moves_what_is_due(market, suite, peg):
    [doc] = several(market, 1)
    bring(market, doc)
    market.world.act("PAUSER", peg.token, "pause", 1, REF)
    paused = doc.due - market.now + DAY
    market.world.chain.warp(paused)
    [entry] = trade_book.take(suite, peg).entries
    assert (entry.bucket, entry.due) == ("not due", doc.due + paused)


def test_a_log_that_differs_from_the_chain_is_told(market, suite, peg):
    [doc] = several(market, 1)
    bring(market, doc)
    pay(market, doc, HKD, REF)
    chain = market.world.chain
    lost = next(n for n, log in enumerate(chain.past) if log.topics[0] == paid_topic(market))
    kept = chain.past.pop(lost)
    [fault] = trade_book.take(suite, peg).breaks
    assert f"{trade.hexed(doc.fingerprint)}: the chain counts 1000000 paid" in fault
    chain.past.insert(lost, kept)
    assert trade_book.take(suite, peg).breaks == ()
    attested = next(log for log in chain.past if log.address == market.uses.receivables.address)
    chain.past.remove(attested)
    [fault] = trade_book.take(suite, peg).breaks
    assert fault == f"{doc.attester} vouches for 999000000, and its documents leave 0 unpaid"


def paid_topic(market):
    return market.uses.receivables.topics("Paid")[0]


def test_a_chain_that_keeps_no_history():
    market = open_market(build_world(RevmChain(), ("HKD", "USD")))
    with pytest.raises(ChainError, match="keeps no history"):
        trade_book.take(market.world.suite, market.hkd)


# The audit


@pytest.fixture
def check(market, suite, tmp_path):
    """What an audit finds in files of these contents."""

    def act(*contents, key=KEY):
        paths = []
        for number, content in enumerate(contents):
            path = tmp_path / f"{'abcdef'[number]}.json"
            if isinstance(content, str):
                path.write_text(content)
            else:
                write(path, content)
            paths.append(path)
        return trade_audit.run(suite, paths, key, ("HKD", "USD"))

    return act


def test_what_fits(market, suite, peg, contract, doc, check):
    bring(market, doc)
    both = trade.document_file(contract, peg, signed(market, doc))
    found = check(feed(), both)
    assert found == trade_audit.Audit([], 1, 1, 3, 1, [])
    assert check(both).undisclosed == [trade.hexed(doc.fingerprint)]


def test_what_is_not_on_record(market, check, doc, contract, peg):
    found = check(feed(), trade.document_file(contract, peg, signed(market, doc)))
    assert found.findings == [
        f"a.json is not on record: no document has the fingerprint {trade.hexed(doc.fingerprint)}; "
        "its parties, number, date, amount or currency differ, or the key does",
        f"b.json is not on record: {trade.hexed(doc.fingerprint)}",
    ]


def test_the_wrong_key(market, doc, check):
    bring(market, doc)
    [finding] = check(feed(), key=FingerprintKey(bytes(32))).findings
    assert "a.json is not on record" in finding
    assert finding.endswith("or the key does")


def test_the_same_invoice_twice(market, doc, check):
    bring(market, doc)
    found = check(feed(), changed(feed(), "invoice.number", "inv 2027 001"))
    assert found.findings == ["b.json is the same invoice as a.json: INV2027001"]


def test_an_order_in_two_documents(market, suite, peg, doc, invoice, check):
    """Each by itself is on record, and attested."""
    bring(market, doc)
    second(invoice)
    other = changed(feed(), "invoice.number", "INV-2027/002")
    other["orders"] = [order(number) for number in (3, 4, 5)]
    again = trade.to_attest(suite, peg, invoice(other), KEY, market.attester.address)
    bring(market, again, "attested")
    assert check(feed(), other).findings == ["order SO0003 is billed in a.json and in b.json"]
    do(trade_acts.cancel(suite, peg, document(again), again.seller), market.seller)
    assert check(feed(), other).findings == []


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        ("orders.0.tracking", "R4-9", "a.json: the root of orders on record is 0x"),
        ("invoice.dueDate", "2027-04-11", "a.json: the due on record is 2027-03-11T15:59:59Z, and"),
        ("seller.account", key(50).address, f"a.json: the seller on record is {key(37).address}"),
        ("buyer.account", key(50).address, f"a.json: the buyer on record is {key(38).address}"),
        ("orders.0.note", "x", "a.json: orders 1.note: is not asked for"),
    ],
)
def test_what_was_changed(market, doc, check, where, value, said):
    bring(market, doc)
    [finding] = check(changed(feed(), where, value)).findings
    assert finding.startswith(said)


def test_a_document_with_another_face_or_token(market, suite, doc, check):
    """An attester can sign what its invoice does not say; the audit tells."""
    bring(market, replace(doc, face=4_000 * HKD), "attested")
    [finding] = check(feed()).findings
    assert finding == "a.json: the face on record is 4000000000, and of the file 3000000000"


def test_a_document_in_another_token(market, doc, check, suite):
    market.world.act(
        *("GOVERNOR", suite.registry, "raiseAttester"),
        *(market.attester.address, market.usd.token.address, CAP, REF),
    )
    bring(market, replace(doc, token=market.usd.token.address), "attested")
    [finding] = check(feed()).findings
    assert finding == f"a.json is in HKD, and its document in {market.usd.token.address}"


def test_every_finding_is_told(market, doc, peg, contract, check):
    """A file that cannot be read hides no other."""
    bring(market, doc)
    paper = trade.document_file(contract, peg, signed(market, doc))
    found = check(
        "{",
        changed(changed(feed(), "invoice.amount", "3,000.00"), "buyer.id", 7),
        paper | {"chainId": 1},
        paper | {"currency": "EUR"},
        paper | {"buyerSignature": "0x" + "22" * 65},
        changed(feed(), "orders.0.tracking", "R4-9"),
    )
    assert [finding.split(" ")[0].rstrip(":") for finding in found.findings] == [
        *("nothing", "b.json", "b.json", "c.json", "d.json", "e.json", "f.json")
    ]
    assert (found.invoices, found.papers) == (1, 3)


def test_logs_are_read_as_they_are(market, suite, doc):
    """A log of another contract under the same event is nobody's document."""
    bring(market, doc, "attested")
    chain = market.world.chain
    forged = next(log for log in chain.past if log.address == market.uses.receivables.address)
    topics = (*forged.topics[:1], REF, *forged.topics[2:])
    chain.past.append(Log(key(50).address, topics, forged.data))
    with pytest.raises(InputError, match="no document is on record under"):
        trade.find(suite, REF)
