"""The file an enterprise would send to its bank: a pain.001.001.09, for the demo and for tests."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from eth_utils import keccak

from pegboard.amounts import exact_amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.config import CurrencyConfig

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"


@dataclass(frozen=True)
class Transfer:
    """One payment; `units` are base units."""

    id: str
    payee: str
    units: int
    remittance: str

    @property
    def uetr(self) -> str:
        """A UETR that is the same each time the file is made."""
        return str(uuid.UUID(bytes=keccak(text=self.id)[:16], version=4))


def pain_001(
    name: str, payer: str, currency: CurrencyConfig, transfers: Sequence[Transfer]
) -> bytes:
    """The whole file."""
    root = Xml.Element("Document", xmlns=NAMESPACE)
    top = Xml.SubElement(root, "CstmrCdtTrfInitn")
    total = exact_amount(sum(t.units for t in transfers), currency.decimals)
    head = _add(top, "GrpHdr")
    for tag, text in (("MsgId", name), ("NbOfTxs", str(len(transfers))), ("CtrlSum", total)):
        _add(head, tag, text)
    block = _add(top, "PmtInf")
    _add(block, "PmtInfId", name)
    _add(block, "PmtMtd", "TRF")
    _account(_add(block, "DbtrAcct"), payer)
    for transfer in transfers:
        row = _add(block, "CdtTrfTxInf")
        ids = _add(row, "PmtId")
        _add(ids, "EndToEndId", transfer.id)
        _add(ids, "UETR", transfer.uetr)
        amount = exact_amount(transfer.units, currency.decimals)
        _add(_add(row, "Amt"), "InstdAmt", amount).set("Ccy", currency.code)
        _account(_add(row, "CdtrAcct"), transfer.payee)
        _add(_add(row, "RmtInf"), "Ustrd", transfer.remittance)
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _account(to: Xml.Element, address: str) -> None:
    _add(_add(_add(to, "Id"), "Othr"), "Id", address)


def _add(to: Xml.Element, tag: str, text: str = "") -> Xml.Element:
    element = Xml.SubElement(to, tag)
    if text:
        element.text = text
    return element
