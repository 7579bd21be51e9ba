"""What a call to one of the uses does, read from its bytes.

effects
├── given every function of every use: it has a sentence of its own, which names all that it moves
├── given a verb that moves money or power: the whole sentence, to the letter, and how much moves
├── given what only the chain knows, such as what is held: it is asked for, and `all` without it
├── given what is no currency: base units, and of what
└── given a payment on a document, which is called as a batch of the token is: no rows
questions
└── ask what stands of payments, documents, envelopes, quotes and pairs
"""

from dataclasses import replace

import pytest

from pegboard.inputs import moment_text
from pegboard.reading.decode import Decoder, moved
from pegboard.reading.sentences import SENTENCES
from pegboard.views import Named, questions
from tests.support.revm import RevmChain
from tests.support.world import build_world, key, roles

TICKET = b"T-1".ljust(32, b"\0")
SIGNED = b"\1" * 65
TREASURY, OTHER = key(50).address, key(51).address
LINK = key(52)


@pytest.fixture
def decoder(market):
    return Decoder(market.world.suite, roles(), {TREASURY: "treasury"})


@pytest.fixture
def told(decoder):
    """The sentence of one call, and what it moves."""

    def read(contract, verb, *args, sender=""):
        data = contract.encode(verb, *args)
        [effect] = decoder.effects(contract.address, data, sender=sender)
        assert not effect.warns
        assert effect.details == ()
        return effect.text, [(peg.config.code, units) for peg, units in moved([effect])]

    return read


def test_every_function_of_every_use_has_a_sentence(market):
    uses = market.uses
    for kind, contract in (
        ("fx", uses.fx),
        ("checkout", uses.checkout),
        ("receivables", uses.receivables),
        ("envelopes", uses.envelopes),
    ):
        changing = {
            x["name"]
            for x in contract.abi
            if x["type"] == "function" and x["stateMutability"] not in ("view", "pure")
        }
        assert set(SENTENCES[kind]) == changing


@pytest.mark.req("HK-11")
def test_exchanges(market, told):
    fx, quote = market.uses.fx, market.quote()
    maker, until = quote.maker, moment_text(quote.deadline)
    hkd, usd = market.hkd.token.address, market.usd.token.address
    head = f"take the quote of {maker} until {until}: "
    settle = ("settle", quote.values(), SIGNED, TREASURY, TICKET)
    assert told(fx, *settle) == (
        f"{head}the sender pays 780.00 HKD, and {TREASURY} (treasury) gets 100.00 USD (7.80 HKD "
        'for 1 USD), reference "T-1"',
        [("HKD", 780_000_000)],
    )
    turned = replace(quote, sell=hkd, buy=usd, sell_amount=3, buy_amount=1)
    signed = ("settleFor", turned.values(), SIGNED, OTHER, TREASURY, bytes(32), SIGNED)
    assert told(fx, *signed) == (
        f"{head}{OTHER} pays 0.000001 USD, as it signed, and {TREASURY} (treasury) gets 0.000003 "
        "HKD (about 0.33333333 USD for 1 HKD)",
        [("USD", 1)],
    )
    asset = replace(quote, sell=OTHER)
    assert told(fx, "settle", asset.values(), SIGNED, TREASURY, bytes(32))[0] == (
        f"{head}the sender pays 780.00 HKD, and {TREASURY} (treasury) gets 100000000 base units "
        f"of {OTHER}"
    )
    paid = replace(quote, sell=hkd, buy=OTHER)
    assert told(fx, "settle", paid.values(), SIGNED, TREASURY, bytes(32)) == (
        f"{head}the sender pays 780000000 base units of {OTHER}, and {TREASURY} (treasury) gets "
        "100.00 HKD",
        [],
    )
    nonces = "void the sender's quotes of these nonces: "
    assert told(fx, "cancel", 1, 0b101) == (f"{nonces}256, 258", [])
    assert told(fx, "cancel", 0, 2**256 - 1)[0] == f"{nonces}256 from 0 to 255"
    assert told(fx, "cancel", 7, 0)[0] == f"{nonces}none"
    assert told(fx, "setSigner", OTHER, True)[0] == f"let {OTHER} sign quotes of the sender"
    assert told(fx, "setSigner", OTHER, False)[0].endswith("sign quotes of the sender no more")


@pytest.mark.req("HK-11")
def test_shop_payments(market, told):
    checkout, info = market.uses.checkout, market.info(order=TICKET)
    terms, payer, payee = info.values(), info.payer, info.payee
    by, refund_by = moment_text(info.capture_by), moment_text(info.refund_by)
    assert told(checkout, "authorize", terms, SIGNED) == (
        f"take 100.00 HKD of {payer} in, as {payer} signed, for {payee}: {info.operator} can "
        f"capture it until {by} for 100 bps to {info.fee_to}, and it can be refunded until "
        f'{refund_by}; order "T-1"',
        [("HKD", 100_000_000)],
    )
    market.authorize(info)
    fee = f"less 100 bps to {info.fee_to}"
    assert told(checkout, "capture", terms, 5_000_000) == (
        f'pay 5.00 HKD that {payer} has authorized to {payee}, {fee}; order "T-1"',
        [("HKD", 5_000_000)],
    )
    checkout.send("capture", terms, 40_000_000, sender=info.operator)
    assert told(checkout, "release", terms) == (
        f'give 60.00 HKD that is held of {payer} for {payee} back; order "T-1"',
        [("HKD", 60_000_000)],
    )
    assert told(checkout, "refund", terms, 7) == (
        f'pay 0.000007 HKD of the sender\'s back to {payer}, for what {payee} has got; order "T-1"',
        [("HKD", 7)],
    )
    assert told(checkout, "complianceRelease", terms, TREASURY, TICKET) == (
        f"send 60.00 HKD that is held of {payer}, who is barred, to {TREASURY} (treasury) by a "
        'lawful order; order "T-1", reference "T-1"',
        [("HKD", 60_000_000)],
    )


@pytest.mark.req("HK-11")
def test_credits(market, told):
    """A fee waits for its receiver; what others are sent by mistake is no money of ours."""
    checkout, hkd, info = market.uses.checkout, market.hkd.token.address, market.info()
    market.authorize(info)
    checkout.send("capture", info.values(), 100_000_000, sender=info.operator)
    assert told(checkout, "withdraw", hkd) == (
        "take all that is credited to the sender in HKD",
        [],
    )
    assert told(checkout, "withdraw", hkd, sender=info.fee_to) == (
        "take 1.00 HKD that is credited to the sender in HKD",
        [("HKD", 1_000_000)],
    )
    release = ("releaseCredit", hkd, info.fee_to, TREASURY, TICKET)
    assert told(checkout, *release) == (
        f"send 1.00 HKD that is credited to {info.fee_to}, who is barred, in HKD, to {TREASURY} "
        '(treasury) by a lawful order, reference "T-1"',
        [("HKD", 1_000_000)],
    )
    for contract in (checkout, market.uses.receivables, market.uses.envelopes):
        assert told(contract, "rescue", OTHER, TREASURY, bytes(32)) == (
            f"send all of {OTHER}, which came to this contract by mistake, to {TREASURY} "
            "(treasury)",
            [],
        )


@pytest.mark.req("HK-11")
def test_documents(market, told):
    trade, doc = market.uses.receivables, market.doc()
    terms, name, due = doc.values(), "0x" + doc.fingerprint.hex(), moment_text(doc.due)
    owes = f"{doc.buyer} owes {doc.seller} 1,000.00 HKD"
    accept = ("accept", doc.fingerprint, SIGNED)
    assert told(trade, *accept)[0] == (
        f"record that nobody (it is not on record) owes what the document {name} says, as it signed"
    )
    market.attest(doc)
    assert told(trade, "attest", terms, SIGNED) == (
        f"put the document {name} on record: {owes} until {due}, as {doc.attester} signed",
        [],
    )
    assert told(trade, *accept) == (
        f"record that {doc.buyer} owes what the document {name} says, as it signed",
        [],
    )
    offer = market.offer(doc)
    assert told(trade, "finance", terms, offer.values(), SIGNED) == (
        f"take 800.00 HKD of {offer.financier}, as it signed, on the document {name}, for 60 bps "
        "and 5 bps more for each day late",
        [("HKD", 800_000_000)],
    )
    assert told(trade, "pay", terms, 5_000_000, TICKET) == (
        f'pay 5.00 HKD of the sender\'s on the document {name}, by which {owes}, reference "T-1"',
        [("HKD", 5_000_000)],
    )
    assert told(trade, "markDefault", terms) == (
        f"record that {doc.buyer} has not paid the document {name} in time",
        [],
    )
    assert told(trade, "cancel", terms) == (
        f"take the document {name} back, by which {owes}",
        [],
    )
    assert told(trade, "cancelOffer", 7) == ("void the sender's offers of the nonce 7", [])


@pytest.mark.req("HK-11")
def test_envelopes(market, told):
    contract, envelope = market.uses.envelopes, market.envelope(LINK)
    terms, creator, until = envelope.values(), envelope.creator, moment_text(envelope.expiry)
    assert told(contract, "create", terms, SIGNED) == (
        f"fill 10 random packets with 88.00 HKD of {creator}, as {creator} signed, to be claimed "
        f"until {until} by the link of {LINK.address}",
        [("HKD", 88_000_000)],
    )
    equal = replace(envelope, random=False).values()
    assert told(contract, "create", equal, SIGNED)[0].startswith("fill 10 equal packets with")
    market.create(envelope)
    assert told(contract, "claim", terms, OTHER, SIGNED) == (
        f"pay {OTHER} a share of the envelope of {creator}, as the link of {LINK.address} signed",
        [],
    )
    assert told(contract, "refund", terms) == (
        f"give 88.00 HKD that nobody claimed of the envelope of {creator} back",
        [("HKD", 88_000_000)],
    )
    assert told(contract, "complianceRelease", terms, TREASURY, TICKET) == (
        f"send 88.00 HKD that is left of the envelope of {creator}, who is barred, to {TREASURY} "
        '(treasury) by a lawful order, reference "T-1"',
        [("HKD", 88_000_000)],
    )


@pytest.mark.req("HK-11")
def test_terms_of_the_board(market, told):
    board, rate = market.world.suite.registry, market.rate.address
    usd, hkd = market.usd.token.address, market.hkd.token.address
    both = f"{usd} (token of USD) and {hkd} (token of HKD)"
    assert told(board, "openPair", usd, hkd, rate, 3_600, 65, TICKET)[0] == (
        f"let {both} be exchanged within 65 bps of what {rate} says, whose answer may be 1h old, "
        'reference "T-1"'
    )
    assert told(board, "narrowPair", usd, hkd, 60, 1, bytes(32))[0] == (
        f"let {both} be exchanged only within 1 bps of what their feed says, whose answer may be "
        "1m old"
    )
    assert told(board, "closePair", usd, hkd, bytes(32))[0] == f"let {both} be exchanged no more"
    delivered = f"let the asset {OTHER} be delivered against payment"
    assert told(board, "listAsset", OTHER, bytes(32))[0] == delivered
    assert told(board, "delistAsset", OTHER, bytes(32))[0] == f"{delivered} no more"
    cap = (OTHER, hkd, 5_000_000, bytes(32))
    assert told(board, "raiseAttester", *cap) == (
        f"let {OTHER} vouch for documents in HKD of up to 5.00 HKD unpaid",
        [],
    )
    assert told(board, "cutAttester", *cap)[0] == (
        f"let {OTHER} vouch for documents in HKD of only up to 5.00 HKD unpaid"
    )


def test_without_a_chain_to_ask_it_says_all(market):
    """Where the contracts are yet to be made, nothing is held that could be told."""
    suite = build_world(RevmChain(), ("HKD",)).suite
    bare = replace(suite, chain=RevmChain())
    for name in ("checkout", "envelopes"):
        contract = getattr(bare.uses, name)
        contract = type(contract)(bare.chain, contract.address, contract.abi, {})
        bare = replace(bare, uses=replace(bare.uses, **{name: contract}))
    reader = Decoder(bare, roles())
    info, envelope = market.info(), market.envelope(LINK)
    said = []
    for name, verb, terms in (
        ("checkout", "release", info),
        ("envelopes", "refund", envelope),
    ):
        contract = getattr(bare.uses, name)
        [effect] = reader.effects(contract.address, contract.encode(verb, terms.values()))
        said.append((effect.text.split(" that ")[0], effect.amount))
    assert said == [("give all", 0), ("give all", 0)]


def asked(market, decoder, contract, named):
    """What is asked of one contract, and what it answers, in words."""
    found = questions(decoder.known, [contract.address], named)
    return {
        question.title(decoder.words): question.parts(question.ask(market.world.chain), decoder)
        for question in found
    }


def test_what_stands_is_asked_by_what_a_call_names(market, decoder):
    """Also of arguments within a struct: a quote's nonce, a document's token."""
    uses, info, doc, quote = market.uses, market.info(), market.doc(), market.quote()
    market.authorize(info)
    market.attest(doc)
    named = Named()
    call = uses.fx.encode("settle", quote.values(), SIGNED, TREASURY, TICKET)
    [effect] = decoder.effects(uses.fx.address, call)
    named.add_effect(effect)
    spent = asked(market, decoder, uses.fx, named)
    assert spent[f"exchange of currencies: quote used up, {quote.maker}, 7"] == {"": "no"}
    number = info.digest(uses.checkout)
    named.add("id", "0x" + number.hex())
    payment = asked(market, decoder, uses.checkout, named)
    assert payment[f"checkout: payment, 0x{number.hex()}"] == {
        "held": "100000000 base units",
        "refundable": "0 base units",
        "pausedBefore": "0",
    }
    hkd, usd = f"{quote.buy} (token of HKD)", f"{quote.sell} (token of USD)"
    assert payment[f"checkout: credit, {hkd}, {quote.maker}"] == {"": "0.00 HKD"}
    board = asked(market, decoder, market.world.suite.registry, named)
    assert board[f"currency registry: exchange, {usd}, {hkd}"] == {
        "feed": market.rate.address,
        "maxAge": "1h",
        "bandBps": "65",
        "sellDecimals": "6",
        "buyDecimals": "6",
        "feedDecimals": "8",
        "inverse": "no",
    }
    named = Named()
    call = uses.receivables.encode("cancel", doc.values())
    [effect] = decoder.effects(uses.receivables.address, call)
    named.add_effect(effect)
    trade = asked(market, decoder, uses.receivables, named)
    title = f"register of receivables: vouched for and unpaid, {doc.attester}, {hkd}"
    assert trade[title] == {"": "1,000.00 HKD"}
