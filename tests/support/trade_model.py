"""Receivables and red envelopes in plain Python, to compare the contracts with.

As in `model`, a verb applies itself whole, or raises `Refused` with the name of the error that the
contract must answer; checks come in the contract's order. Terms are those that people sign;
`signed` tells whether the right key signed exactly these.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from eth_utils import keccak

from tests.support.desk_model import NO_REF, number
from tests.support.model import DAY, ZERO, Refused, refuse_if
from tests.support.uses_model import WHOLE, Escrow

if TYPE_CHECKING:
    from pegboard.uses.terms import Doc, Envelope, Offer
    from tests.support.uses_model import UsesBoard


# Receivables


class Status(IntEnum):
    """Of a receivable."""

    NONE = 0
    ATTESTED = 1
    ACCEPTED = 2
    FINANCED = 3
    SETTLED = 4
    DEFAULTED = 5
    CANCELLED = 6


OPEN = {Status.ATTESTED, Status.ACCEPTED}
FINANCED = {Status.FINANCED, Status.DEFAULTED}
OVER = {Status.SETTLED, Status.CANCELLED}


@dataclass
class Receivable:
    """What is on record under a fingerprint."""

    doc: Doc
    hash: bytes
    paused_before: int
    status: Status = Status.ATTESTED
    paid: int = 0
    to_financier: int = 0
    financier: str = ZERO
    advance: int = 0
    fee_bps: int = 0
    late_bps: int = 0

    @property
    def unpaid(self) -> int:
        return self.doc.face - self.paid

    @property
    def words(self) -> tuple[int, int, int, int]:
        """The record as the chain stores it."""
        parties = self.paused_before << 168 | self.status << 160 | int(self.doc.buyer, 16)
        rates = self.late_bps << 16 | self.fee_bps
        sums = rates << 224 | self.doc.due << 192 | self.to_financier << 96 | self.paid
        return number(self.hash), parties, sums, self.advance << 160 | int(self.financier, 16)


class Receivables(Escrow):
    """Documents, each attested once, accepted, financed once and paid."""

    def __init__(self, board: UsesBoard, address: str) -> None:
        super().__init__(board, address)
        self.records: dict[bytes, Receivable] = {}
        #: By attester and token.
        self.exposures: Counter[tuple[str, str]] = Counter()
        self.cancelled: set[tuple[str, int]] = set()

    # Reading

    def find(self, doc: Doc) -> Receivable:
        """The record of exactly this document."""
        record = self.records.get(doc.fingerprint)
        if record is None or record.doc != doc:
            raise Refused("DocMismatch")
        return record

    def due_of(self, record: Receivable) -> int:
        return self.tolled(record.doc.due, record.doc.token, record.paused_before)

    def claim_of(self, record: Receivable) -> int:
        """What the financier is owed, whatever is unpaid."""
        days = max(self.now - self.due_of(record), 0) // DAY
        fee = record.advance * record.fee_bps // WHOLE
        late = record.advance * record.late_bps * days // WHOLE
        return max(record.advance + fee + late - record.to_financier, 0)

    def owed(self, record: Receivable) -> int:
        """What the financier can still get."""
        return min(self.claim_of(record), record.unpaid) if record.status in FINANCED else 0

    def status(self, fingerprint: bytes) -> Status:
        record = self.records.get(fingerprint)
        return record.status if record else Status.NONE

    # Verbs

    def attest(self, doc: Doc, doc_hash: bytes, *, signed: bool) -> None:
        named = ZERO not in (doc.seller, doc.buyer) and doc.seller not in (doc.buyer, self.address)
        dated = doc.fingerprint != NO_REF and doc.due != 0
        refuse_if(not named or not dated or doc.face == 0, "InvalidDoc")
        refuse_if(doc.fingerprint in self.records, "WrongDocStatus")
        self.check_currency(doc.token)
        exposed = doc.attester, doc.token
        exposure = self.exposures[exposed] + doc.face
        refuse_if(exposure > self.board.caps[exposed], "AttesterCapExceeded")
        refuse_if(not signed, "InvalidSignature")
        self.exposures[exposed] = exposure
        paused = self.board.tokens[doc.token].paused_seconds
        self.records[doc.fingerprint] = Receivable(doc, doc_hash, paused)

    def accept(self, fingerprint: bytes, *, signed: bool) -> None:
        refuse_if(self.status(fingerprint) != Status.ATTESTED, "WrongDocStatus")
        refuse_if(not signed, "InvalidSignature")
        self.records[fingerprint].status = Status.ACCEPTED

    def finance(self, caller: str, doc: Doc, offer: Offer, *, signed: bool) -> None:
        record = self.find(doc)
        refuse_if(caller != doc.seller, "CallerNot")
        refuse_if(record.status != Status.ACCEPTED, "WrongDocStatus")
        refuse_if(offer.doc != doc.hash, "OfferMismatch")
        refuse_if(offer.financier == doc.seller, "InvalidFinancier")
        refuse_if(self.now > offer.expiry, "OfferExpired")
        refuse_if((offer.financier, offer.nonce) in self.cancelled, "OfferIsCancelled")
        refuse_if(not self.board.cap_of(doc.attester, doc.token), "AttesterExpelled")
        claim = offer.advance + offer.fee
        refuse_if(offer.advance == 0 or claim > record.unpaid, "InvalidAdvance")
        refuse_if(not signed, "InvalidSignature")
        self.check_free(doc.token, doc.seller)
        token = self.board.tokens[doc.token]
        token.transfer_from(self.address, offer.financier, doc.seller, offer.advance)
        record.status = Status.FINANCED
        record.financier, record.advance = offer.financier, offer.advance
        record.fee_bps, record.late_bps = offer.fee_bps, offer.late_bps_per_day

    def pay(self, caller: str, doc: Doc, value: int) -> None:
        record = self.find(doc)
        refuse_if(record.status in OVER, "WrongDocStatus")
        refuse_if(not 0 < value <= record.unpaid, "InvalidPayment")
        owing = self.claim_of(record) if record.status in FINANCED else 0
        to_financier = min(value, owing)
        shares = ((record.financier, to_financier), (doc.seller, value - to_financier))
        credited = self.credits.copy()
        try:
            with self.board.whole():
                for to, share in shares:
                    if share:
                        self.collect(doc.token, caller, to, share)
        except Refused:
            self.credits = credited
            raise
        record.paid += value
        record.to_financier += to_financier
        if record.status in FINANCED and to_financier == owing:
            record.late_bps = 0
        if not record.unpaid:
            record.status = Status.SETTLED
        self.exposures[doc.attester, doc.token] -= value

    def cancel_offer(self, caller: str, nonce: int) -> None:
        self.cancelled.add((caller, nonce))

    def mark_default(self, caller: str, doc: Doc) -> None:
        record = self.find(doc)
        refuse_if(record.status != Status.FINANCED, "WrongDocStatus")
        refuse_if(caller != record.financier, "CallerNot")
        refuse_if(self.now <= self.due_of(record), "NotOverdue")
        record.status = Status.DEFAULTED

    def cancel(self, caller: str, doc: Doc) -> None:
        record = self.find(doc)
        refuse_if(record.status not in OPEN, "WrongDocStatus")
        refuse_if(caller not in (doc.seller, doc.attester), "CallerNot")
        record.status = Status.CANCELLED
        self.exposures[doc.attester, doc.token] -= record.unpaid


# Red envelopes


@dataclass
class Rest:
    """What is left of an envelope."""

    terms: Envelope
    left: int
    packets: int
    paused_before: int

    @property
    def word(self) -> int:
        """As the chain stores it."""
        return self.paused_before << 120 | 1 << 112 | self.packets << 96 | self.left


class Envelopes(Escrow):
    """Envelopes, whose rest is their creator's until somebody claims a share."""

    def __init__(self, board: UsesBoard, address: str) -> None:
        super().__init__(board, address)
        self.rests: dict[bytes, Rest] = {}
        self.claimed: set[tuple[bytes, str]] = set()

    def least(self, token: str) -> int:
        """0.01 of a currency."""
        return 10 ** (self.board.tokens[token].decimals - 2)

    def held(self, token: str) -> int:
        """What is left in all envelopes of a currency."""
        return sum(rest.left for rest in self.rests.values() if rest.terms.token == token)

    def expiry_of(self, rest: Rest) -> int:
        return self.tolled(rest.terms.expiry, rest.terms.token, rest.paused_before)

    def share(self, name: bytes, to: str, draw: bytes) -> int:
        """What the next claimer gets; `draw` is what the block drew."""
        rest = self.rests[name]
        if rest.packets == 1:
            return rest.left
        if not rest.terms.random:
            return rest.left // rest.packets
        least = self.least(rest.terms.token)
        drawn = number(keccak(draw + name + bytes(12) + bytes.fromhex(to[2:])))
        return least + drawn % (2 * (rest.left - rest.packets * least) // rest.packets + 1)

    def _open(self, name: bytes) -> Rest:
        rest = self.rests.get(name)
        if rest is None:
            raise Refused("EnvelopeUnknown")
        refuse_if(rest.left == 0, "EnvelopeEmpty")
        return rest

    def _take(self, rest: Rest, to: str) -> None:
        self.send(rest.terms.token, to, rest.left)
        rest.left = rest.packets = 0

    def create(self, terms: Envelope, name: bytes, signer: str | None) -> None:
        """`signer` signed the creator's authorization of exactly these terms."""
        self.check_currency(terms.token)
        filled = terms.packets != 0 and terms.total >= terms.packets * self.least(terms.token)
        refuse_if(not filled or terms.key == ZERO or terms.expiry < self.now, "InvalidEnvelope")
        refuse_if(name in self.rests, "EnvelopeExists")
        token, valid = self.board.tokens[terms.token], (0, terms.expiry + 1)
        payer, payee, value = terms.creator, self.address, terms.total
        token.authorized_transfer(payer, payee, value, valid, number(name), signer, payee)
        self.rests[name] = Rest(terms, terms.total, terms.packets, token.paused_seconds)

    def claim(
        self, caller: str, terms: Envelope, name: bytes, to: str, draw: bytes, *, signed: bool
    ) -> None:
        refuse_if(terms.submitter not in (ZERO, caller), "CallerNot")
        rest = self._open(name)
        refuse_if(self.now > self.expiry_of(rest), "EnvelopeExpired")
        refuse_if((name, to) in self.claimed, "AlreadyClaimed")
        refuse_if(not signed, "InvalidSignature")
        self.check_free(terms.token, terms.creator)
        value = self.share(name, to, draw)
        self.send(terms.token, to, value)
        self.claimed.add((name, to))
        rest.left -= value
        rest.packets -= 1

    def refund(self, name: bytes) -> None:
        rest = self._open(name)
        refuse_if(self.now <= self.expiry_of(rest), "NotExpired")
        self.check_free(rest.terms.token, rest.terms.creator)
        self._take(rest, rest.terms.creator)

    def compliance_release(self, caller: str, name: bytes, to: str, ref: bytes) -> None:
        self.board.require("EXECUTOR", caller)
        rest = self._open(name)
        self.check_ordered(rest.terms.token, rest.terms.creator, ref)
        self._take(rest, to)
