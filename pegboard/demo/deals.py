"""The uses at work: an invoice is financed and paid late, an envelope is shared, a fund sold."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from eth_account import Account
from eth_utils import keccak, to_checksum_address

from pegboard import actions, create2
from pegboard.actions import desk_action, money
from pegboard.demo.measured import Holding, many, measured
from pegboard.inputs import reference
from pegboard.uses.documents import (
    FingerprintKey,
    Invoice,
    Order,
    Party,
    canonical_json,
    normalised,
)
from pegboard.uses.remittance import new_uetr, reference_for
from pegboard.uses.terms import Doc, Envelope, Offer, Quote

if TYPE_CHECKING:
    from pegboard.contract import Contract
    from pegboard.demo.stage import Stage
    from pegboard.suite import Peg

DAY = 86_400
ORDERS, PACKETS = 50, 20
FACE, CAP = "2500000.00", "5000000"
FEE_BPS, LATE_BPS = 60, 5
#: The users of a registry share one; this one is everybody's.
KEY = FingerprintKey(b"everybody knows this key of demos")


def _invoice(stage: Stage, number: str) -> Invoice:
    """What a warehouse's system says: an invoice over orders that it has sent out."""
    today, cents = stage.chain.now() // DAY, 250_000_000
    orders = tuple(
        Order(
            f"OUT{n:03}",
            cents // ORDERS,
            canonical_json(
                {
                    "orderNo": f"OUT{n:03}",
                    "warehouse": "RTM-2",
                    "lines": [{"sku": f"SKU{n % 7}", "quantity": str(10 + n)}],
                    "outboundAt": f"2026-11-{1 + n % 20:02}",
                    "carrier": "ROAD",
                    "tracking": f"T{n:06}",
                    "declaredValue": str(cents // ORDERS),
                }
            ),
        )
        for n in range(ORDERS)
    )
    return Invoice(
        name=number,
        seller=Party("HKSELLER1", stage.people["seller"]),
        buyer=Party("NLBUYER1", stage.people["buyer"]),
        number=normalised(number),
        issued=today,
        due=today + 60,
        amount=cents,
        currency="HKD",
        orders=orders,
    )


def finance(stage: Stage, hkd: Peg) -> None:
    """From goods in a warehouse to money at once, and the buyer's late payment to its owner."""
    stage.step(f"{money(hkd, stage.units(hkd, FACE))}: {ORDERS} warehouse orders, financed at 80 %")
    deal, people, chain = _Deal(stage, hkd), stage.people, stage.chain
    book = deal.book
    args = (people["warehouse"], hkd.token.address, stage.units(hkd, CAP), reference("RTM-2"))
    text = "let the Rotterdam warehouse vouch for documents"
    stage.enact(desk_action(stage.suite.registry, "raiseAttester", args, text))
    for who in ("buyer", "financier", "rival"):
        hkd.token.send("approve", book.address, 2**256 - 1, sender=people[who])
    doc = deal.document("INV-7001")
    holdings = [Holding.of(stage, who, hkd) for who in ("seller", "financier", "buyer")]
    with measured(stage, holdings):
        stage.act(book, "relayer", "the warehouse's document", *deal.attesting(doc))
        signed = stage.sign(people["buyer"], doc.acceptance(book))
        stage.act(book, "relayer", "the buyer's acceptance", "accept", doc.fingerprint, signed)
        stage.act(book, "seller", "takes 80 % now, at 0.6 %", *deal.financing(doc, "financier"))
    again = partial(book.send, *deal.financing(doc, "rival"), sender=people["seller"])
    stage.refused("WrongDocStatus", "a second financier for the same invoice", again, hkd)
    respelt = deal.document("inv 7001")
    stage.expect("the fingerprint of the invoice saved anew", respelt.fingerprint, doc.fingerprint)
    again = partial(book.send, *deal.attesting(respelt), sender=people["relayer"])
    stage.refused("WrongDocStatus", "the same invoice in another spelling", again, hkd)

    stage.warp(doc.due - chain.now() + 3 * DAY + 60)
    with measured(stage, holdings):
        stage.act(book, "buyer", "pays 1,200,000.00 HKD, 3 days late", *deal.payment(doc, 12))
        seller = people["seller"]
        stage.enact(actions.mark(hkd, "blacklist", [seller], reference("case 21")))
        stage.warp(2 * DAY)
        stage.act(book, "buyer", "pays 1,300,000.00 HKD, 5 days late", *deal.payment(doc, 13))
    rest = deal.check(doc)
    stage.say(f"the seller is on the blacklist: {money(hkd, rest)} waits for it")
    stage.enact(actions.mark(hkd, "unblacklist", [seller], reference("case 21 closed")))
    with measured(stage, holdings[:1]):
        stage.act(book, "seller", f"takes {money(hkd, rest)}", "withdraw", hkd.token.address)
    stage.expect("what the book holds", hkd.token.call("balanceOf", book.address), 0)


class _Deal:
    """One invoice between seller, buyer, warehouse and whoever finances it."""

    def __init__(self, stage: Stage, peg: Peg) -> None:
        self.stage, self.peg = stage, peg
        self.book = stage.suite.uses.receivables

    def document(self, number: str) -> Doc:
        """As the warehouse signs it."""
        invoice, people = _invoice(self.stage, number), self.stage.people
        parties = (people["warehouse"], invoice.seller.account, invoice.buyer.account)
        due = (invoice.due + 1) * DAY - 1
        face = invoice.face(self.peg.config.decimals)
        prints = (invoice.fingerprint(KEY), invoice.orders_root)
        return Doc(*parties, self.peg.token.address, face, due, *prints)

    def attesting(self, doc: Doc) -> tuple[str, object, bytes]:
        """The verb and its arguments."""
        signed = self.stage.sign(self.stage.people["warehouse"], doc.signable(self.book))
        return "attest", doc.values(), signed

    def financing(self, doc: Doc, who: str) -> tuple[str, object, object, bytes]:
        """The verb and its arguments, with an offer of 80 %."""
        until = self.stage.chain.now() + DAY
        terms = (doc.face * 8 // 10, FEE_BPS, LATE_BPS, until, 1)
        offer = Offer(doc.hash, self.stage.people[who], *terms)
        signed = self.stage.sign(self.stage.people[who], offer.signable(self.book))
        return "finance", doc.values(), offer.values(), signed

    def payment(self, doc: Doc, parts: int) -> tuple[str, object, int, bytes]:
        """The verb and its arguments, for so many hundred thousands."""
        units = self.stage.units(self.peg, "100000.00") * parts
        ref = reference_for(new_uetr(), {"invoice": "INV-7001"})
        return "pay", doc.values(), units, ref

    def check(self, doc: Doc) -> int:
        """Advance, fee and five days to the financier; what is left to the seller."""
        stage, token = self.stage, self.peg.token
        advance = doc.face * 8 // 10
        due = advance + advance * FEE_BPS // 10_000 + advance * LATE_BPS * 5 // 10_000
        start = stage.units(self.peg, "2500000.00")
        found = token.call("balanceOf", stage.people["financier"])
        stage.expect("the financier's balance", found, start - advance + due)
        credit: int = self.book.call("creditOf", token.address, stage.people["seller"])
        stage.expect("the seller's credit", credit, doc.face - due)
        return credit


def give(stage: Stage, hkd: Peg) -> None:
    """A link is shared; each who claims gets a share by chance."""
    stage.step(f"A red envelope for {PACKETS}")
    contract, people, now = stage.suite.uses.envelopes, stage.people, stage.chain.now()
    link, total = Account.create(), stage.units(hkd, "888.00")
    stage.chain.result("anvil_setBalance", [people["giver"], "0x0"])
    envelope = Envelope(
        people["giver"],
        hkd.token.address,
        link.address,
        people["relayer"],
        total,
        PACKETS,
        random=True,
        expiry=now + DAY,
        salt=keccak(text="spring"),
    )
    guests = [to_checksum_address(keccak(text=f"guest {n}")[:20]) for n in range(PACKETS + 1)]

    def claim(guest: str) -> tuple[Contract, str, tuple[object, ...]]:
        signed = bytes(link.sign_message(envelope.claim(contract, guest)).signature)
        return contract, "claim", (envelope.values(), guest, signed)

    with measured(stage, [Holding.of(stage, "giver", hkd)]):
        message = envelope.payment(contract).signable(hkd.token, "ReceiveWithAuthorization")
        signed = stage.sign(people["giver"], message)
        values = (envelope.values(), signed)
        stage.act(contract, "relayer", "fills it with giver's 888.00 HKD", "create", *values)
        many(stage, "relayer", "submits what guests claimed", [claim(g) for g in guests[:-1]])
    shares = [hkd.token.call("balanceOf", guest) for guest in guests[:-1]]
    stage.expect("the sum of the shares", sum(shares), total)
    stage.say(f"{money(hkd, min(shares))} to {money(hkd, max(shares))}, {money(hkd, total)} in all")
    _, verb, args = claim(guests[-1])
    late = partial(contract.send, verb, *args, sender=people["relayer"])
    stage.refused("EnvelopeEmpty", "one guest more", late, hkd)


def invest(stage: Stage, usd: Peg) -> None:
    """Delivery versus payment: the share and its price change hands together or not at all."""
    stage.step("A share of a money market fund is bought, delivery versus payment")
    fx, people = stage.suite.uses.fx, stage.people
    artifact, whole = stage.artifacts["FundShare"], 10**18
    initcode = artifact.initcode(people["fund"], 1_000 * whole)
    place, _ = create2.deploy(stage.suite.chain, initcode, sender=people["relayer"])
    share = stage.suite.registry.at(place, artifact.abi)
    text = "let the fund's shares be delivered against payment"
    args = (place, reference("MMF"))
    stage.enact(desk_action(stage.suite.registry, "listAsset", args, text))
    share.send("approve", fx.address, 2**256 - 1, sender=people["fund"])
    stage.chain.result("anvil_setBalance", [people["investor"], "0x0"])

    def buy(count: int, price: str, nonce: int) -> tuple[object, ...]:
        units, until = stage.units(usd, price), stage.chain.now() + 45
        parties = (people["fund"], people["investor"], place, usd.token.address)
        quote = Quote(*parties, count * whole, units, until, nonce)
        ref = reference_for(new_uetr(), {"subscription": str(count)})
        made = stage.sign(people["fund"], quote.signable(fx))
        payment = quote.payment(fx, people["investor"], people["investor"], ref)
        paid = stage.sign(
            people["investor"], payment.signable(usd.token, "ReceiveWithAuthorization")
        )
        return quote.values(), made, people["investor"], people["investor"], ref, paid

    holdings = [Holding.of(stage, who, usd) for who in ("investor", "fund")]
    holdings += [Holding(who, people[who], share, "MMF", 18) for who in ("investor", "fund")]
    with measured(stage, holdings):
        text = "1,000 shares of fund for 100,500.00 USD of investor"
        stage.act(fx, "relayer", text, "settleFor", *buy(1_000, "100500.00", 1))
    stage.expect(
        "the investor's shares", share.call("balanceOf", people["investor"]), 1_000 * whole
    )
    before = usd.token.call("balanceOf", people["investor"])
    short = partial(fx.send, "settleFor", *buy(1, "100.50", 2), sender=people["relayer"])
    stage.refused("ERC20InsufficientBalance", "a share that the fund does not have", short, None)
    stage.expect("the investor's USD", usd.token.call("balanceOf", people["investor"]), before)
