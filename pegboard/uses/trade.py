"""Receivables: documents of sales and offers on them, as they are signed and as they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address

from pegboard.actions import money
from pegboard.calendars import day_text
from pegboard.errors import InputError, NotPermitted
from pegboard.inputs import moment_text
from pegboard.uses import papers
from pegboard.uses.past import said
from pegboard.uses.terms import Doc, Offer

if TYPE_CHECKING:
    from pathlib import Path

    from pegboard.contract import Contract
    from pegboard.suite import Peg, Suite
    from pegboard.uses.documents import FingerprintKey, Invoice

DOCUMENT = papers.Form(
    "pegboard-receivable/1",
    "document of a sale",
    "trade attest",
    ("currency", "terms", "attesterSignature", "buyerSignature"),
)
OFFER = papers.Form(
    "pegboard-offer/1", "offer of finance", "trade offer", ("currency", "terms", "signature")
)
#: As `IReceivables.Status` counts them.
STATUSES = ("none", "attested", "accepted", "financed", "settled", "defaulted", "cancelled")
#: In these something is unpaid.
OPEN = ("attested", "accepted", "financed", "defaulted")
FINANCED = ("financed", "defaulted")
_LARGEST_FACE = 2**96
_LAST_DUE = 2**32


@dataclass(frozen=True)
class Record:
    """What stands of a document on chain; amounts in base units."""

    status: str
    doc: bytes
    buyer: str
    paused_before: int
    due: int
    paid: int
    to_financier: int
    financier: str
    advance: int
    fee_bps: int
    late_bps: int


@dataclass(frozen=True)
class Document:
    """A document of a sale, and the signatures that are at hand."""

    name: str
    doc: Doc
    attester_signature: bytes = b""
    buyer_signature: bytes = b""


@dataclass(frozen=True)
class Split:
    """Where a payment goes; `owed` is what the financier is owed before it."""

    owed: int
    late: int
    to_financier: int
    to_seller: int


def hexed(word: bytes) -> str:
    """32 bytes for people and machines."""
    return "0x" + word.hex()


# Reading


def record_of(suite: Suite, fingerprint: bytes) -> Record:
    """What stands under a fingerprint; its status is none where nothing does."""
    found = suite.uses.receivables.call("receivableOf", fingerprint)
    status, doc, buyer, paused, due, paid, got, financier, advance, fee, late = found
    parties = (to_checksum_address(buyer), to_checksum_address(financier))
    terms = (advance, fee, late)
    return Record(STATUSES[status], doc, parties[0], paused, due, paid, got, parties[1], *terms)


def find(suite: Suite, fingerprint: bytes) -> Document:
    """The document that is on record under a fingerprint, from the log."""
    events = said(suite.uses.receivables, "Attested", id=fingerprint)
    if not events:
        raise InputError(f"no document is on record under {hexed(fingerprint)}")
    return Document(hexed(fingerprint), Doc.from_abi(events[0].given["doc"]))


def find_signed(suite: Suite, signed: bytes) -> Doc | None:
    """The document on record whose hash parties sign; none where no such one is."""
    events = said(suite.uses.receivables, "Attested")
    found = (Doc.from_abi(event.given["doc"]) for event in events)
    return next((doc for doc in found if doc.hash == signed), None)


def currency_of(suite: Suite, doc: Doc) -> Peg:
    """The currency of a document."""
    peg = suite.peg_at(doc.token)
    if peg is None:
        raise InputError(f"{doc.token}, in which the document is, is no currency that is declared")
    return peg


def read_document(suite: Suite, peg: Peg, path: Path) -> Document:
    """A document's file, if its signatures are those of its parties."""
    contract = suite.uses.receivables
    paper = papers.read(path, DOCUMENT, contract)
    doc = paper.terms(Doc)
    if doc.token != peg.token.address:
        raise InputError(
            f"{path.name} says {peg.config.code}, and its document is in {doc.token}: it was "
            "changed, or is of another deployment"
        )
    attested = paper.bytes_of("attesterSignature")
    accepted = paper.bytes_of("buyerSignature")
    chain = contract.chain
    if not attested:
        raise InputError(f"{path.name} is not signed by {doc.attester}: have it signed first")
    papers.require_signed(path.name, chain, doc.signable(contract), attested, doc.attester)
    if accepted:
        papers.require_signed(path.name, chain, doc.acceptance(contract), accepted, doc.buyer)
    return Document(path.name, doc, attested, accepted)


def document_file(contract: Contract, peg: Peg, document: Document) -> dict[str, Any]:
    """What a document's file says."""
    return DOCUMENT.fill(
        contract,
        currency=peg.config.code,
        terms=document.doc,
        attesterSignature=document.attester_signature,
        buyerSignature=document.buyer_signature,
    )


def read_offer(suite: Suite, doc: Doc | None, path: Path) -> tuple[Offer, bytes]:
    """An offer's file, if it is its financier's, and for this document where one is meant."""
    contract = suite.uses.receivables
    paper = papers.read(path, OFFER, contract)
    offer, signature = paper.terms(Offer), paper.bytes_of("signature")
    message = offer.signable(contract)
    papers.require_signed(path.name, contract.chain, message, signature, offer.financier)
    if doc and offer.doc != doc.hash:
        other = find_signed(suite, offer.doc)
        which = hexed(other.fingerprint) if other else "which is not on record"
        raise InputError(f"{path.name} is an offer on another document, {which}")
    return offer, signature


def describe(peg: Peg, doc: Doc) -> str:
    """A document in one sentence."""
    return (
        f"{doc.buyer} owes {doc.seller} {money(peg, doc.face)} by {moment_text(doc.due)}, by the "
        f"word of {doc.attester}"
    )


def require_same(suite: Suite, document: Document, *, missing: str = "") -> Record:
    """The record of this very document; refuses another one under its fingerprint."""
    doc, contract = document.doc, suite.uses.receivables
    record = record_of(suite, doc.fingerprint)
    if record.status == "none" and missing:
        raise InputError(f"{document.name} is not on record yet: {missing}")
    if record.status != "none" and record.doc != _hash(contract, doc):
        other = find(suite, doc.fingerprint).doc
        raise InputError(
            f"this invoice is on record already ({record.status}), under {hexed(doc.fingerprint)}: "
            f"attested by {other.attester} for {other.seller}, with other terms or orders; an "
            "invoice is on record once, for ever"
        )
    return record


def _hash(contract: Contract, doc: Doc) -> bytes:
    """EIP-712's hash of the struct, as `docHash` says it."""
    return doc.signable(contract).body


# What is signed


def standing_of(suite: Suite, attester: str, peg: Peg) -> tuple[int, int]:
    """What is unpaid of an attester's documents, and its cap, in base units."""
    words = (attester, peg.token.address)
    exposure = suite.uses.receivables.call("exposureOf", *words)
    return exposure, suite.registry.call("attesterCap", *words)


def terms_of(suite: Suite, peg: Peg, invoice: Invoice, fingerprint: bytes, attester: str) -> Doc:
    """The document of an invoice: due when the day ends where the currency is at home."""
    calendar = suite.desks.config.calendars[peg.config.redemption.calendar]
    due, face = calendar.end_of(invoice.due), invoice.face(peg.config.decimals)
    parties = (attester, invoice.seller.account, invoice.buyer.account)
    return Doc(*parties, peg.token.address, face, due, fingerprint, invoice.orders_root)


def to_attest(suite: Suite, peg: Peg, invoice: Invoice, key: FingerprintKey, attester: str) -> Doc:
    """What an attester signs for an invoice that is not due yet."""
    doc = terms_of(suite, peg, invoice, invoice.fingerprint(key), attester)
    if not suite.chain.now() < doc.due < _LAST_DUE:
        raise InputError(
            f"{invoice.name} is due on {day_text(invoice.due)}, which is over, or too far away: "
            "attest what is still to be paid"
        )
    if doc.face >= _LARGEST_FACE:
        raise InputError(f"{invoice.name} is of more than a document can hold")
    if attester in (doc.seller, doc.buyer):
        raise NotPermitted(f"{attester} is a party of {invoice.name}, and vouches for others only")
    return doc


def require_room(suite: Suite, peg: Peg, doc: Doc) -> None:
    """Refuses what is beyond the attester's cap, before anything is signed."""
    exposure, cap = standing_of(suite, doc.attester, peg)
    if not cap:
        raise NotPermitted(
            f"{doc.attester} vouches for nothing in {peg.config.code}: have GOVERNOR set its cap "
            "in the registry"
        )
    if exposure + doc.face > cap:
        raise NotPermitted(
            f"{doc.attester} would vouch for {money(peg, exposure + doc.face)}, and its cap is "
            f"{money(peg, cap)}: wait for payments, or have GOVERNOR raise it"
        )


def to_offer(
    suite: Suite, document: Document, financier: str, advance: int, terms: tuple[int, int, int, int]
) -> Offer:
    """What a financier signs; `terms` are fee and lateness in basis points, expiry and nonce."""
    fee_bps, late_bps, expiry, nonce = terms
    doc = document.doc
    offer = Offer(doc.hash, financier, advance, fee_bps, late_bps, expiry, nonce)
    record = require_same(suite, document, missing="its attester submits it first")
    require_financeable(document, record)
    peg = currency_of(suite, doc)
    require_within(peg, doc, record, offer)
    return offer


def require_financeable(document: Document, record: Record) -> None:
    if record.status in FINANCED:
        raise InputError(
            f"{document.name} is financed already, by {record.financier}: an invoice is financed "
            "once"
        )
    if record.status in ("settled", "cancelled"):
        raise InputError(f"{document.name} is {record.status}: there is nothing to finance")


def require_within(peg: Peg, doc: Doc, record: Record, offer: Offer) -> None:
    unpaid = doc.face - record.paid
    if not 0 < offer.advance + offer.fee <= unpaid or not offer.advance:
        raise InputError(
            f"an advance of {money(peg, offer.advance)} and its fee of {money(peg, offer.fee)} "
            f"are not within what is unpaid, {money(peg, unpaid)}"
        )


def offer_file(contract: Contract, peg: Peg, offer: Offer, signature: bytes) -> dict[str, Any]:
    """What an offer's file says."""
    return OFFER.fill(contract, currency=peg.config.code, terms=offer, signature=signature)


# Where payments go


def split(suite: Suite, doc: Doc, record: Record, units: int) -> Split:
    """Where a payment of now would go."""
    owed = 0
    if record.status in FINANCED:
        owed = suite.uses.receivables.call("owed", doc.values())
    plain = record.advance + record.advance * record.fee_bps // 10_000 - record.to_financier
    to_financier = min(units, owed)
    return Split(owed, max(0, owed - max(0, plain)), to_financier, units - to_financier)


def describe_split(peg: Peg, doc: Doc, record: Record, where: Split) -> list[str]:
    """The split of a payment, for people."""
    lines = []
    if record.status in FINANCED:
        late = f", {money(peg, where.late)} of it for lateness" if where.late else ""
        lines.append(f"The financier {record.financier} is owed {money(peg, where.owed)}{late}.")
        lines.append(f"It gets {money(peg, where.to_financier)} of this payment.")
    lines.append(f"The seller {doc.seller} gets {money(peg, where.to_seller)}.")
    shares = ((record.financier, where.to_financier), (doc.seller, where.to_seller))
    for account, units in shares:
        if units and not peg.token.call("canReceive", account):
            lines.append(
                f"{account} may not receive now: its share waits in the contract until it may."
            )
    return lines
