"""The uses at work: who takes part in them, and what they sign."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_utils import keccak

from pegboard.contract import Contract
from pegboard.uses.terms import Doc, Envelope, Info, Offer, Quote
from tests.support.world import REF, artifacts, key

if TYPE_CHECKING:
    from eth_account.messages import SignableMessage
    from eth_account.signers.local import LocalAccount

    from pegboard.chain import Receipt
    from pegboard.suite import Peg
    from pegboard.uses.place import Uses
    from tests.support.world import World

ZERO = "0x" + "00" * 20
DAY = 86_400
#: USD/HKD, in 10 ** -8.
RATE = 780_000_000
BAND = 65
MAX_AGE = 3_600
CAP = 10**13


def sign(account: LocalAccount, message: SignableMessage) -> bytes:
    """65 bytes."""
    return bytes(account.sign_message(message).signature)


def create(world: World, name: str, *args: Any) -> Contract:
    """A contract of tests, from the artifact of this name."""
    from pegboard import create2

    initcode = artifacts()[name].initcode(*args)
    place, _ = create2.deploy(world.chain, initcode, sender=key(0).address)
    return Contract(world.chain, place, artifacts()[name].abi, artifacts().errors)


@dataclass(frozen=True)
class Market:
    """HKD and USD with their pair, an attester, and everybody who signs."""

    world: World
    hkd: Peg
    usd: Peg
    rate: Contract

    @property
    def uses(self) -> Uses:
        return self.world.suite.uses

    @cached_property
    def maker(self) -> LocalAccount:
        return key(30)

    @cached_property
    def taker(self) -> LocalAccount:
        return key(31)

    @cached_property
    def supplier(self) -> LocalAccount:
        return key(32)

    @cached_property
    def relayer(self) -> LocalAccount:
        return key(33)

    @cached_property
    def operator(self) -> LocalAccount:
        return key(34)

    @cached_property
    def merchant(self) -> LocalAccount:
        return key(35)

    @cached_property
    def attester(self) -> LocalAccount:
        return key(36)

    @cached_property
    def seller(self) -> LocalAccount:
        return key(37)

    @cached_property
    def buyer(self) -> LocalAccount:
        return key(38)

    @cached_property
    def financier(self) -> LocalAccount:
        return key(39)

    @property
    def now(self) -> int:
        return self.world.chain.now()

    def balance(self, peg: Peg, account: str) -> int:
        return peg.token.call("balanceOf", account)

    def allow(self, peg: Peg, owner: LocalAccount, spender: Contract) -> None:
        peg.token.send("approve", spender.address, 2**256 - 1, sender=owner.address)

    def price(self, answer: int = RATE, at: int | None = None) -> None:
        """The feed's answer, with its time."""
        moment = self.now if at is None else at
        self.rate.send("push", answer, moment, sender=self.relayer.address)

    # What they sign

    def quote(self, **changes: Any) -> Quote:
        """USD 100 for HKD 780."""
        quote = Quote(
            self.maker.address,
            ZERO,
            self.usd.token.address,
            self.hkd.token.address,
            100_000_000,
            780_000_000,
            self.now + 60,
            7,
        )
        return replace(quote, **changes)

    def info(self, **changes: Any) -> Info:
        """HKD 100 with a fee of 1 %."""
        info = Info(
            self.operator.address,
            self.taker.address,
            self.merchant.address,
            self.hkd.token.address,
            100_000_000,
            self.now + DAY,
            self.now + 7 * DAY,
            self.now + 30 * DAY,
            100,
            key(40).address,
            keccak(text="order"),
        )
        return replace(info, **changes)

    def doc(self, **changes: Any) -> Doc:
        """HKD 1,000 in 60 days."""
        doc = Doc(
            self.attester.address,
            self.seller.address,
            self.buyer.address,
            self.hkd.token.address,
            1_000_000_000,
            self.now + 60 * DAY,
            keccak(text="invoice"),
            keccak(text="orders"),
        )
        return replace(doc, **changes)

    def offer(self, doc: Doc, **changes: Any) -> Offer:
        """80 % at 0.6 %, and 5 bps a day when late."""
        offer = Offer(
            doc.hash,
            self.financier.address,
            doc.face * 8 // 10,
            60,
            5,
            self.now + DAY,
            1,
        )
        return replace(offer, **changes)

    def envelope(self, link: LocalAccount, **changes: Any) -> Envelope:
        """HKD 88 in 10 random packets."""
        envelope = Envelope(
            self.taker.address,
            self.hkd.token.address,
            link.address,
            ZERO,
            88_000_000,
            10,
            True,
            self.now + DAY,
            REF,
        )
        return replace(envelope, **changes)

    # What they do

    def pay_signed(self, terms: Any, contract: Contract, payer: LocalAccount, peg: Peg) -> bytes:
        """The payer's signature over what the terms take."""
        message = terms.payment(contract).signable(peg.token, "ReceiveWithAuthorization")
        return sign(payer, message)

    def authorize(self, info: Info, payer: LocalAccount | None = None) -> Receipt:
        contract = self.uses.checkout
        signature = self.pay_signed(info, contract, payer or self.taker, self.hkd)
        return contract.send("authorize", info.values(), signature, sender=self.relayer.address)

    def attest(self, doc: Doc) -> Receipt:
        contract = self.uses.receivables
        signature = sign(self.attester, doc.signable(contract))
        return contract.send("attest", doc.values(), signature, sender=self.relayer.address)

    def accept(self, doc: Doc) -> Receipt:
        contract = self.uses.receivables
        signature = sign(self.buyer, doc.acceptance(contract))
        return contract.send("accept", doc.fingerprint, signature, sender=self.relayer.address)

    def finance(self, doc: Doc, offer: Offer) -> Receipt:
        contract = self.uses.receivables
        signature = sign(self.financier, offer.signable(contract))
        values = (doc.values(), offer.values(), signature)
        return contract.send("finance", *values, sender=self.seller.address)

    def create(self, envelope: Envelope) -> Receipt:
        contract = self.uses.envelopes
        signature = self.pay_signed(envelope, contract, self.taker, self.hkd)
        return contract.send("create", envelope.values(), signature, sender=self.relayer.address)

    def settle_for(self, quote: Quote, to: str, ref: bytes = REF) -> Receipt:
        """The taker pays by signature."""
        fx = self.uses.fx
        payment = quote.payment(fx, self.taker.address, to, ref)
        peg = self.hkd if quote.buy == self.hkd.token.address else self.usd
        paid = sign(self.taker, payment.signable(peg.token, "ReceiveWithAuthorization"))
        made = sign(self.maker, quote.signable(fx))
        values = (quote.values(), made, self.taker.address, to, ref, paid)
        return fx.send("settleFor", *values, sender=self.relayer.address)


def open_market(world: World, kind: type[Market] = Market) -> Market:
    """The pair, the attester, and money for everybody."""
    hkd, usd = world.suite.peg("HKD"), world.suite.peg("USD")
    rate = create(world, "RateFeed", 8, RATE, "USD / HKD")
    market = kind(world, hkd, usd, rate)
    registry = world.suite.registry
    terms = (usd.token.address, hkd.token.address, rate.address, MAX_AGE, BAND, REF)
    world.act("GOVERNOR", registry, "openPair", *terms)
    world.act(
        "GOVERNOR",
        registry,
        "raiseAttester",
        market.attester.address,
        hkd.token.address,
        CAP,
        REF,
    )
    everybody = (market.maker, market.taker, market.merchant, market.buyer, market.financier)
    for peg in (hkd, usd):
        for account in everybody:
            world.fund(account.address, 10**12, peg=peg)
            for contract in market.uses.by_name.values():
                market.allow(peg, account, contract)
    market.price()
    return market
