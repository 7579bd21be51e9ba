"""The uses on the stage of the verbs: something of each in every status, and acts upon it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eth_utils import keccak

from tests.support.uses import Market, create, open_market, sign
from tests.support.world import REF, key

if TYPE_CHECKING:
    from collections.abc import Callable

    from eth_account.signers.local import LocalAccount

    from pegboard.contract import Contract
    from pegboard.uses.terms import Doc, Envelope, Info
    from tests.support.world import World

QUOTE = "(address,address,address,address,uint128,uint128,uint48,uint256)"
INFO = "(address,address,address,address,uint104,uint48,uint48,uint48,uint16,address,bytes32)"
DOC = "(address,address,address,address,uint96,uint32,bytes32,bytes32)"
OFFER = "(bytes32,address,uint96,uint16,uint16,uint48,uint256)"
ENVELOPE = "(address,address,address,address,uint96,uint16,bool,uint40,bytes32)"
#: The code of each use.
USE_CODE = {
    "fx": ("FxSettle",),
    "checkout": ("Checkout",),
    "receivables": ("Receivables",),
    "envelopes": ("RedEnvelope",),
}
#: What anybody may call in them: it is one's own, or signed.
USE_PUBLIC = {
    "fx": {
        f"settle({QUOTE},bytes,address,bytes32)",
        f"settleFor({QUOTE},bytes,address,address,bytes32,bytes)",
        "cancel(uint256,uint256)",
        "setSigner(address,bool)",
    },
    "checkout": {
        f"authorize({INFO},bytes)",
        f"capture({INFO},uint104)",
        f"release({INFO})",
        f"refund({INFO},uint104)",
        "withdraw(address)",
    },
    "receivables": {
        f"attest({DOC},bytes)",
        "accept(bytes32,bytes)",
        f"finance({DOC},{OFFER},bytes)",
        f"pay({DOC},uint96,bytes32)",
        f"markDefault({DOC})",
        f"cancel({DOC})",
        "cancelOffer(uint256)",
        "withdraw(address)",
    },
    "envelopes": {
        f"create({ENVELOPE},bytes)",
        f"claim({ENVELOPE},address,bytes)",
        f"refund({ENVELOPE})",
        "withdraw(address)",
    },
}
VALUE = 5
LINK = key(62)


@dataclass(frozen=True)
class UseStage:
    """A market, and terms that were used: `barred` is of somebody who was blacklisted since."""

    market: Market
    share: Contract
    unlisted: Contract
    info: Info
    barred_info: Info
    docs: dict[str, Doc]
    envelope: Envelope
    expired: Envelope
    barred_envelope: Envelope

    @property
    def barred(self) -> str:
        """Blacklisted; it has credits at the checkout and at the receivables."""
        return key(61).address

    @property
    def everybody(self) -> list[str]:
        """Who pays and is paid in the uses."""
        market = self.market
        people = (market.maker, market.taker, market.supplier, market.merchant, market.seller)
        return [p.address for p in (*people, market.buyer, market.financier, key(40))]


def _doc(market: Market, name: str, **changes: Any) -> Doc:
    return market.doc(fingerprint=keccak(text=name), **changes)


def set_uses(world: World) -> UseStage:
    """Opens the market, and bars one who takes part in it."""
    market, barred = open_market(world), key(61)
    market.allow(market.hkd, market.buyer, market.uses.receivables)
    world.fund(barred.address, 10**9, peg=market.hkd)
    share, unlisted = (create(world, "FundShare", market.maker.address, n) for n in (10, 11))
    world.act("GOVERNOR", world.suite.registry, "listAsset", share.address, REF)
    far = market.now + 300 * 86_400
    dates = {"auth_by": far, "capture_by": far, "refund_by": far}
    info = market.info(**dates)
    barred_info = market.info(payer=barred.address, order=REF, **dates)
    docs = {
        "attested": _doc(market, "attested"),
        "accepted": _doc(market, "accepted"),
        # Overdue as soon as it is financed.
        "financed": _doc(market, "financed", due=1),
        "sold": _doc(market, "sold", seller=barred.address),
    }
    envelopes = [
        market.envelope(LINK, expiry=far),
        market.envelope(LINK, expiry=market.now),
        market.envelope(LINK, expiry=far, creator=barred.address),
    ]
    stage = UseStage(market, share, unlisted, info, barred_info, docs, *envelopes)
    _take_part(stage, barred)
    return stage


def _take_part(stage: UseStage, barred: LocalAccount) -> None:
    market, uses = stage.market, stage.market.uses
    for terms, payer in ((stage.info, market.taker), (stage.barred_info, barred)):
        market.authorize(terms, payer)
    market.create(stage.envelope)
    market.create(stage.expired)
    paid = market.pay_signed(stage.barred_envelope, uses.envelopes, barred, market.hkd)
    values = (stage.barred_envelope.values(), paid)
    uses.envelopes.send("create", *values, sender=market.relayer.address)
    for name, doc in stage.docs.items():
        market.attest(doc)
        if name in ("accepted", "financed"):
            market.accept(doc)
    market.finance(stage.docs["financed"], market.offer(stage.docs["financed"]))
    world, token = market.world, market.hkd.token
    world.act("BLACKLISTER", token, "blacklist", [barred.address], REF)
    # Credits: a fee, a price, and what a barred payee and a barred seller could not receive.
    operator = {"sender": market.operator.address}
    uses.checkout.send("capture", stage.info.values(), 10_000, **operator)
    gone = replace(stage.info, payee=barred.address, order=keccak(text="second"))
    market.authorize(gone)
    uses.checkout.send("capture", gone.values(), 10_000, **operator)
    pay = (stage.docs["sold"].values(), VALUE, REF)
    uses.receivables.send("pay", *pay, sender=market.buyer.address)
    world.chain.warp(1)


#: (kind, verb) -> the arguments of what only a role may do; of a `Stage` with uses.
USE_VERBS: dict[tuple[str, str], Callable[[Any], tuple[Any, ...]]] = {
    ("registry", "openPair"): lambda s: (*_pair(s), s.uses.market.rate.address, 60, 99, REF),
    ("registry", "narrowPair"): lambda s: (*_pair(s), 60, 1, REF),
    ("registry", "closePair"): lambda s: (*_pair(s), REF),
    ("registry", "listAsset"): lambda s: (s.uses.unlisted.address, REF),
    ("registry", "delistAsset"): lambda s: (s.uses.share.address, REF),
    ("registry", "raiseAttester"): lambda s: (*_attester(s), 10**20, REF),
    ("registry", "cutAttester"): lambda s: (*_attester(s), 0, REF),
    ("checkout", "complianceRelease"): lambda s: (s.uses.barred_info.values(), s.person, REF),
    ("envelopes", "complianceRelease"): lambda s: (s.uses.barred_envelope.values(), s.person, REF),
}
for _kind in ("checkout", "receivables", "envelopes"):
    USE_VERBS |= {
        (_kind, "releaseCredit"): lambda s: (
            s.world.token.address,
            s.uses.barred,
            s.person,
            REF,
        ),
        (_kind, "rescue"): lambda s: (s.foreign.address, s.person, REF),
    }


def _pair(stage: Any) -> tuple[str, str]:
    market = stage.uses.market
    return market.usd.token.address, market.hkd.token.address


def _attester(stage: Any) -> tuple[str, str]:
    market = stage.uses.market
    return market.attester.address, market.hkd.token.address


def _send(contract: Contract, verb: str, *args: Any, sender: LocalAccount) -> Callable[[], Any]:
    return lambda: contract.send(verb, *args, sender=sender.address)


def _settle(stage: UseStage) -> Callable[[], Any]:
    market = stage.market
    market.price()
    quote = market.quote()
    signature = sign(market.maker, quote.signable(market.uses.fx))
    terms = (quote.values(), signature, market.supplier.address, REF)
    return _send(market.uses.fx, "settle", *terms, sender=market.taker)


def _settle_for(stage: UseStage) -> Callable[[], Any]:
    market = stage.market
    market.price()
    quote = market.quote()
    return lambda: market.settle_for(quote, market.supplier.address)


def _authorize(stage: UseStage) -> Callable[[], Any]:
    fresh = stage.market.info(order=keccak(text="fresh"))
    return lambda: stage.market.authorize(fresh)


def _capture(stage: UseStage) -> Callable[[], Any]:
    market = stage.market
    terms = (stage.info.values(), VALUE)
    return _send(market.uses.checkout, "capture", *terms, sender=market.operator)


def _release(stage: UseStage) -> Callable[[], Any]:
    market = stage.market
    return _send(market.uses.checkout, "release", stage.info.values(), sender=market.operator)


def _refund(stage: UseStage) -> Callable[[], Any]:
    market = stage.market
    terms = (stage.info.values(), VALUE)
    return _send(market.uses.checkout, "refund", *terms, sender=market.merchant)


def _take_fee(stage: UseStage) -> Callable[[], Any]:
    market = stage.market
    return _send(market.uses.checkout, "withdraw", market.hkd.token.address, sender=key(40))


def _attest(stage: UseStage) -> Callable[[], Any]:
    fresh = _doc(stage.market, "fresh")
    return lambda: stage.market.attest(fresh)


def _accept(stage: UseStage) -> Callable[[], Any]:
    return lambda: stage.market.accept(stage.docs["attested"])


def _finance(stage: UseStage) -> Callable[[], Any]:
    doc = stage.docs["accepted"]
    offer = stage.market.offer(doc)
    return lambda: stage.market.finance(doc, offer)


def _pay(stage: UseStage) -> Callable[[], Any]:
    market = stage.market
    terms = (stage.docs["financed"].values(), VALUE, REF)
    return _send(market.uses.receivables, "pay", *terms, sender=market.buyer)


def _mark_default(stage: UseStage) -> Callable[[], Any]:
    market = stage.market
    doc = stage.docs["financed"].values()
    return _send(market.uses.receivables, "markDefault", doc, sender=market.financier)


def _cancel(stage: UseStage) -> Callable[[], Any]:
    market = stage.market
    doc = stage.docs["attested"].values()
    return _send(market.uses.receivables, "cancel", doc, sender=market.seller)


def _create(stage: UseStage) -> Callable[[], Any]:
    fresh = stage.market.envelope(LINK, salt=keccak(text="fresh"))
    return lambda: stage.market.create(fresh)


def _claim(stage: UseStage) -> Callable[[], Any]:
    market = stage.market
    contract, to = market.uses.envelopes, market.supplier.address
    signature = sign(LINK, stage.envelope.claim(contract, to))
    terms = (stage.envelope.values(), to, signature)
    return _send(contract, "claim", *terms, sender=market.relayer)


def _return(stage: UseStage) -> Callable[[], Any]:
    market = stage.market
    return _send(market.uses.envelopes, "refund", stage.expired.values(), sender=market.relayer)


#: (kind, verb) -> how anybody does it: an act that is made ready now and done later.
USE_ACTS: dict[tuple[str, str], Callable[[UseStage], Callable[[], Any]]] = {
    ("fx", "settle"): _settle,
    ("fx", "settleFor"): _settle_for,
    ("fx", "cancel"): lambda s: _send(s.market.uses.fx, "cancel", 0, 1, sender=s.market.maker),
    ("fx", "setSigner"): lambda s: _send(
        s.market.uses.fx, "setSigner", s.market.relayer.address, True, sender=s.market.maker
    ),
    ("checkout", "authorize"): _authorize,
    ("checkout", "capture"): _capture,
    ("checkout", "release"): _release,
    ("checkout", "refund"): _refund,
    ("checkout", "withdraw"): _take_fee,
    ("receivables", "attest"): _attest,
    ("receivables", "accept"): _accept,
    ("receivables", "finance"): _finance,
    ("receivables", "pay"): _pay,
    ("receivables", "markDefault"): _mark_default,
    ("receivables", "cancel"): _cancel,
    ("receivables", "cancelOffer"): lambda s: _send(
        s.market.uses.receivables, "cancelOffer", 9, sender=s.market.financier
    ),
    ("envelopes", "create"): _create,
    ("envelopes", "claim"): _claim,
    ("envelopes", "refund"): _return,
}
