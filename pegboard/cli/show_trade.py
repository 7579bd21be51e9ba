"""How receivables look: documents, offers, the book and the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pegboard.actions import money
from pegboard.cli.show import amount, progress
from pegboard.inputs import moment_text
from pegboard.uses.trade import describe, hexed, standing_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pegboard.suite import Peg, Suite
    from pegboard.uses.documents import Invoice
    from pegboard.uses.terms import Doc, Offer
    from pegboard.uses.trade import Record
    from pegboard.uses.trade_audit import Audit
    from pegboard.uses.trade_book import Book, Entry


def to_sign(suite: Suite, peg: Peg, doc: Doc, invoice: Invoice | None = None) -> None:
    """What an attester or a buyer signs, on stderr."""
    if invoice:
        progress(f"{invoice.name}: {len(invoice.orders)} orders, invoice {invoice.number}")
    progress(describe(peg, doc))
    progress(f"Fingerprint     {hexed(doc.fingerprint)}")
    progress(f"Root of orders  {hexed(doc.orders_root)}")
    progress(f"Contract        {suite.uses.receivables.address}, chain {suite.chain.chain_id}")


def exposure(suite: Suite, peg: Peg, doc: Doc, book: Book, financier: str) -> dict[str, Any]:
    """What is at stake already with the parties of a document: on stderr, and for machines."""
    unpaid, cap = standing_of(suite, doc.attester, peg)
    owes, late = book.buyers.get(doc.buyer, 0), book.overdue.get(doc.buyer, 0)
    mine = book.financiers.get(financier, 0)
    progress(f"Attester {doc.attester}: {money(peg, unpaid)} unpaid, of a cap of {money(peg, cap)}")
    progress(f"Buyer {doc.buyer}: owes {money(peg, owes)}, {money(peg, late)} of it overdue")
    progress(f"Financier {financier}: is owed {money(peg, mine)} now")
    figures = {"attester": unpaid, "cap": cap, "buyer": owes, "overdue": late, "financier": mine}
    return {name: amount(units, peg.config.decimals) for name, units in figures.items()}


def offered(peg: Peg, doc: Doc, offer: Offer) -> dict[str, Any]:
    """An offer on a document, for machines."""
    decimals = peg.config.decimals
    return {
        "id": hexed(doc.fingerprint),
        "doc": hexed(offer.doc),
        "currency": peg.config.code,
        "financier": offer.financier,
        "advance": amount(offer.advance, decimals),
        "fee": amount(offer.fee, decimals),
        "lateBpsPerDay": offer.late_bps_per_day,
        "expiry": moment_text(offer.expiry),
        "nonce": str(offer.nonce),
    }


def document(peg: Peg, doc: Doc, record: Record, owed: int) -> tuple[dict[str, Any], str]:
    """A document and what stands of it."""
    decimals, unpaid = peg.config.decimals, doc.face - record.paid
    result = {
        "id": hexed(doc.fingerprint),
        "status": record.status,
        "currency": peg.config.code,
        "attester": doc.attester,
        "seller": doc.seller,
        "buyer": doc.buyer,
        "face": amount(doc.face, decimals),
        "due": moment_text(doc.due),
        "ordersRoot": hexed(doc.orders_root),
        "paid": amount(record.paid, decimals),
        "unpaid": amount(unpaid, decimals),
        "financier": record.financier if record.advance else None,
        "advance": amount(record.advance, decimals),
        "owed": amount(owed, decimals),
    }
    lines = [f"{hexed(doc.fingerprint)}: {record.status}", describe(peg, doc)]
    lines.append(f"paid {money(peg, record.paid)}, unpaid {money(peg, unpaid)}")
    if record.advance:
        lines.append(
            f"{record.financier} advanced {money(peg, record.advance)} and is owed "
            f"{money(peg, owed)} now"
        )
    return result, "\n".join(lines)


def book(peg: Peg, found: Book, when: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The book of one currency."""
    decimals = peg.config.decimals

    def sums(of: Mapping[str, int]) -> list[dict[str, Any]]:
        return [{"account": who, "amount": amount(units, decimals)} for who, units in of.items()]

    result = {
        **when,
        "currency": peg.config.code,
        "ageing": [
            {"days": name, "documents": count, "unpaid": amount(units, decimals)}
            for name, (count, units) in found.ageing().items()
        ],
        "attesters": [
            {
                "account": one.account,
                "unpaid": amount(one.unpaid, decimals),
                "cap": amount(one.cap, decimals),
            }
            for one in found.attesters
        ],
        "buyers": sums(found.buyers),
        "overdue": sums(found.overdue),
        "financiers": sums(found.financiers),
        "waiting": sums(found.waiting),
        "documents": [_entry(peg, entry) for entry in found.entries],
        "breaks": list(found.breaks),
    }
    return result, "\n".join(_book_lines(peg, found, when))


def _entry(peg: Peg, entry: Entry) -> dict[str, Any]:
    shown, _ = document(peg, entry.doc, entry.record, entry.owed)
    bucket = entry.bucket if entry.is_open else None
    return shown | {"due": moment_text(entry.due), "daysLate": entry.days_late, "bucket": bucket}


def _book_lines(peg: Peg, found: Book, when: Mapping[str, Any]) -> list[str]:
    lines = [f"{peg.config.code} at block {when['block']}, {when['time']}"]
    for name, (count, units) in found.ageing().items():
        noun = "document" if count == 1 else "documents"
        lines.append(f"{name:8} {money(peg, units)} unpaid, {count} {noun}")
    for one in found.attesters:
        lines.append(
            f"attester {one.account}: {money(peg, one.unpaid)} unpaid, of a cap of "
            f"{money(peg, one.cap)}"
        )
    titles: dict[str, Mapping[str, int]] = {"buyer": found.buyers, "overdue of": found.overdue}
    titles |= {"financier": found.financiers, "waits for": found.waiting}
    for title, of in titles.items():
        lines += [f"{title} {account}: {money(peg, units)}" for account, units in of.items()]
    return lines + [f"DOES NOT ADD UP (base units): {fault}" for fault in found.breaks]


def audit(found: Audit, chain_id: int) -> tuple[dict[str, Any], str]:
    """What an audit found."""
    result = {
        "chainId": chain_id,
        "invoices": found.invoices,
        "documents": found.papers,
        "orders": found.orders,
        "onRecord": found.documents,
        "undisclosed": found.undisclosed,
        "findings": found.findings,
    }
    lines = [f"FINDING: {finding}" for finding in found.findings]
    lines.append(
        f"{found.invoices} invoices with {found.orders} orders and {found.papers} signed documents "
        f"were checked: {len(found.findings) or 'no'} findings."
    )
    if found.undisclosed:
        lines.append(
            f"{len(found.undisclosed)} of {found.documents} documents on record have no file here: "
            "what they bill was not compared."
        )
    return result, "\n".join(lines)
