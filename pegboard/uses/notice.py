"""A credit notice for a received payment, in the shape of ISO 20022's camt.054.

What a bank tells a customer of a payment that came in; the UETR is the one of its pacs.008. An
entry is booked once its block is final, and pending until then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from pegboard.amounts import exact_amount
from pegboard.errors import InputError
from pegboard.inputs import moment_text
from pegboard.uses.remittance import HALF, uetr_of
from pegboard.uses.trace import FINAL, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.suite import Peg
    from pegboard.uses.trace import Finding

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
#: Payments, received credit transfers, domestic or across borders: what the chain cannot tell.
_FAMILY = (("Cd", "PMNT"), ("Fmly", "RCDT"), ("SubFmlyCd", "OTHR"))


def notice(found: Sequence[Finding], moment: int) -> bytes:
    """A notice for every account that received something in a currency, one entry for each."""
    received = [it for it in found if it.kind != SKIPPED and it.received.peg]
    if not received:
        raise InputError("there is nothing to give notice of: no currency was received")
    root = Xml.Element("Document", xmlns=_NAMESPACE)
    top = Xml.SubElement(root, "BkToCstmrDbtCdtNtfctn")
    head = _add(top, "GrpHdr")
    _add(head, "MsgId", f"{uetr_of(received[0].ref)[:18]}-{moment}")
    _add(head, "CreDtTm", moment_text(moment))
    for number, credit in enumerate(received, 1):
        if credit.received.peg:
            _add_notice(top, credit, credit.received.peg, number, moment)
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add_notice(top: Xml.Element, credit: Finding, peg: Peg, number: int, moment: int) -> None:
    code, told = peg.config.code, exact_amount(credit.received.units, peg.config.decimals)
    one = _add(top, "Ntfctn")
    _add(one, "Id", f"{credit.block}-{number}")
    _add(one, "CreDtTm", moment_text(moment))
    account = _add(one, "Acct")
    _add(_add(_add(account, "Id"), "Othr"), "Id", credit.payee)
    _add(account, "Ccy", code)
    entry = _add(one, "Ntry")
    _add(entry, "Amt", told).set("Ccy", code)
    _add(entry, "CdtDbtInd", "CRDT")
    _add(_add(entry, "Sts"), "Cd", "BOOK" if credit.status == FINAL else "PDNG")
    for day in ("BookgDt", "ValDt"):
        _add(_add(entry, day), "DtTm", moment_text(credit.time))
    domain = _add(_add(entry, "BkTxCd"), "Domn")
    _add(domain, *_FAMILY[0])
    family = _add(domain, _FAMILY[1][0])
    _add(family, "Cd", _FAMILY[1][1])
    _add(family, *_FAMILY[2])
    _add_transaction(_add(_add(entry, "NtryDtls"), "TxDtls"), credit, code, told)
    _add(entry, "AddtlNtryInf", f"{credit.kind}, {credit.status}, block {credit.block}")


def _add_transaction(one: Xml.Element, credit: Finding, code: str, told: str) -> None:
    refs = _add(one, "Refs")
    _add(refs, "UETR", uetr_of(credit.ref))
    other = _add(refs, "Prtry")
    _add(other, "Tp", "transaction")
    _add(other, "Ref", credit.tx)
    _add(one, "Amt", told).set("Ccy", code)
    _add(one, "CdtDbtInd", "CRDT")
    paid = credit.paid
    if paid.peg and paid.peg.config.code != code:
        instructed = _add(_add(_add(one, "AmtDtls"), "InstdAmt"), "Amt")
        instructed.text = exact_amount(paid.units, paid.peg.config.decimals)
        instructed.set("Ccy", paid.peg.config.code)
    parties = _add(one, "RltdPties")
    for name, who in (("DbtrAcct", credit.payer), ("CdtrAcct", credit.payee)):
        _add(_add(_add(_add(parties, name), "Id"), "Othr"), "Id", who)
    if any(credit.ref[HALF:]):
        _add(_add(one, "RmtInf"), "Ustrd", f"remittance 0x{credit.ref[HALF:].hex()}")


def _add(to: Xml.Element, tag: str, text: str = "") -> Xml.Element:
    element = Xml.SubElement(to, tag)
    if text:
        element.text = text
    return element
