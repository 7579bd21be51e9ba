"""Disclosed outbound files and documents, checked anew against the chain and one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pegboard.errors import PegboardError, RowsError
from pegboard.inputs import moment_text
from pegboard.uses import order_list, trade, wms
from pegboard.uses.past import said
from pegboard.uses.terms import Doc
from pegboard.uses.trade import hexed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from pegboard.suite import Suite
    from pegboard.uses.documents import FingerprintKey, Invoice
    from pegboard.uses.order_list import Billed


@dataclass
class Audit:
    """What was found; `documents` are those on record, and `undisclosed` those without a file."""

    findings: list[str] = field(default_factory=list)
    invoices: int = 0
    papers: int = 0
    orders: int = 0
    documents: int = 0
    undisclosed: list[str] = field(default_factory=list)


def run(
    suite: Suite, files: Sequence[Path], key: FingerprintKey, currencies: Collection[str]
) -> Audit:
    """Every finding of these files; a file that cannot be read is one, and hides no other."""
    found = Audit()
    logged = said(suite.uses.receivables, "Attested")
    documents = [Doc.from_abi(event.given["doc"]) for event in logged]
    on_record = {doc.fingerprint: doc for doc in documents}
    invoices: dict[bytes, Invoice] = {}
    for path in files:
        try:
            data = wms.load(path)
            if isinstance(data, dict) and data.get("schema") == trade.DOCUMENT.schema:
                found.papers += 1
                found.findings += _paper(suite, path, data.get("currency"))
                continue
            invoice = wms.read(path, suite.chain.now(), currencies)
        except RowsError as fault:
            found.findings += [f"{path.name}: {line}" for line in fault.faults]
            continue
        except PegboardError as fault:
            found.findings.append(str(fault))
            continue
        found.invoices += 1
        found.orders += len(invoice.orders)
        name = invoice.fingerprint(key)
        if name in invoices:
            found.findings.append(
                f"{invoice.name} is the same invoice as {invoices[name].name}: {invoice.number}"
            )
            continue
        invoices[name] = invoice
        found.findings += _invoice(suite, invoice, name, on_record.get(name))
    found.findings += _repeated(suite, [order_list.of(i, key) for i in invoices.values()])
    found.documents = len(on_record)
    found.undisclosed = [hexed(name) for name in on_record if name not in invoices]
    return found


def _paper(suite: Suite, path: Path, code: Any) -> Iterable[str]:
    """A document's file: its signatures, and whether it is the one on record."""
    if code not in suite.pegs:
        return [f"{path.name} is in {code!a}, which is no currency that is deployed here"]
    document = trade.read_document(suite, suite.pegs[code], path)
    record = trade.require_same(suite, document)
    if record.status == "none":
        return [f"{path.name} is not on record: {hexed(document.doc.fingerprint)}"]
    return []


def _invoice(suite: Suite, invoice: Invoice, name: bytes, doc: Doc | None) -> Iterable[str]:
    """What an outbound file says, against the document that is on record for it."""
    if doc is None:
        yield (
            f"{invoice.name} is not on record: no document has the fingerprint {hexed(name)}; its "
            "parties, number, date, amount or currency differ, or the key does"
        )
        return
    peg = suite.pegs.get(invoice.currency)
    if peg is None or peg.token.address != doc.token:
        yield f"{invoice.name} is in {invoice.currency}, and its document in {doc.token}"
        return
    wanted = trade.terms_of(suite, peg, invoice, name, doc.attester)
    said_of = {
        "seller": (wanted.seller, doc.seller),
        "buyer": (wanted.buyer, doc.buyer),
        "face": (wanted.face, doc.face),
        "due": (moment_text(wanted.due), moment_text(doc.due)),
        "root of orders": (hexed(wanted.orders_root), hexed(doc.orders_root)),
    }
    for title, (here, there) in said_of.items():
        if here != there:
            yield f"{invoice.name}: the {title} on record is {there}, and of the file {here}"


def _repeated(suite: Suite, billed: Sequence[Billed]) -> Iterable[str]:
    """Orders that two documents bill which were not cancelled."""
    standing = [
        one for one in billed if trade.record_of(suite, one.fingerprint).status != "cancelled"
    ]
    first: dict[str, str] = {}
    for one in standing:
        for key in one.orders:
            if key in first:
                number = key.split("/", 1)[1]
                yield f"order {number} is billed in {first[key]} and in {one.where}"
            first.setdefault(key, one.where)
