"""The file a bank would send: a camt.053.001.08 statement, for the demo and for tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from pegboard.amounts import exact_amount
from pegboard.files.credits import DECIMALS, units_of

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
ACCOUNT = "012-345-678901"
DAY = date(2026, 1, 30)


@dataclass(frozen=True)
class Row:
    """An entry of the statement; with `parts`, several transactions that are booked as one."""

    reference: str
    amount: str
    remittance: str = ""
    end_to_end_id: str = "NOTPROVIDED"
    payer: str = "Payer Limited"
    booking_date: date = DAY
    value_date: date = DAY
    side: str = "CRDT"
    status: str = "BOOK"
    reversal: bool = False
    returned: bool = False
    parts: tuple[Row, ...] = ()


def batch(reference: str, *parts: Row) -> Row:
    """The rows as one entry of their sum."""
    total = sum(units_of(part.amount) for part in parts)
    return replace(parts[0], reference=reference, amount=_text(total), parts=parts)


def camt_053(
    rows: Sequence[Row],
    *,
    account: str = ACCOUNT,
    currency: str = "HKD",
    opening: str = "0",
    day: date = DAY,
) -> str:
    """A statement of these entries, with the totals and balances that they make."""
    root = ET.Element("Document", xmlns=NAMESPACE)
    body = _add(root, "BkToCstmrStmt")
    header = _add(body, "GrpHdr")
    _add(header, "MsgId", f"{day}/1")
    _add(header, "CreDtTm", f"{day}T23:59:00Z")
    statement = _add(body, "Stmt")
    _add(statement, "Id", f"{day}/1")
    holder = _add(statement, "Acct")
    is_iban = account[:2].isalpha() and account[2:4].isdigit() and account.isalnum()
    _add(holder, "Id/IBAN" if is_iban else "Id/Othr/Id", account)
    _add(holder, "Ccy", currency)
    start = units_of(opening)
    moved = sum(_signed(row) for row in rows if row.status == "BOOK")
    for code, units in (("OPBD", start), ("CLBD", start + moved)):
        balance = _add(statement, "Bal")
        _add(balance, "Tp/CdOrPrtry/Cd", code)
        _add(balance, "Amt", _text(abs(units))).set("Ccy", currency)
        _add(balance, "CdtDbtInd", "CRDT" if units >= 0 else "DBIT")
        _add(balance, "Dt/Dt", str(day))
    summary = _add(statement, "TxsSummry")
    _add(summary, "TtlNtries/NbOfNtries", str(len(rows)))
    for name, side in (("TtlCdtNtries", "CRDT"), ("TtlDbtNtries", "DBIT")):
        chosen = [row for row in rows if row.side == side]
        total = _add(summary, name)
        _add(total, "NbOfNtries", str(len(chosen)))
        _add(total, "Sum", _text(sum(units_of(row.amount) for row in chosen)))
    for row in rows:
        _entry(statement, row, currency)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _text(units: int) -> str:
    return exact_amount(units, DECIMALS)


def _signed(row: Row) -> int:
    return units_of(row.amount) * (1 if row.side == "CRDT" else -1)


def _add(parent: ET.Element, path: str, text: str | None = None) -> ET.Element:
    for name in path.split("/"):
        parent = ET.SubElement(parent, name)
    parent.text = text
    return parent


def _entry(parent: ET.Element, row: Row, currency: str) -> None:
    entry = _add(parent, "Ntry")
    _add(entry, "Amt", row.amount).set("Ccy", currency)
    _add(entry, "CdtDbtInd", row.side)
    if row.reversal:
        _add(entry, "RvslInd", "true")
    _add(entry, "Sts/Cd", row.status)
    _add(entry, "BookgDt/Dt", str(row.booking_date))
    _add(entry, "ValDt/Dt", str(row.value_date))
    _add(entry, "AcctSvcrRef", row.reference)
    domain = _add(entry, "BkTxCd/Domn")
    _add(domain, "Cd", "PMNT")
    family = _add(domain, "Fmly")
    _add(family, "Cd", "RCDT" if row.side == "CRDT" else "ICDT")
    _add(family, "SubFmlyCd", "DMCT")
    details = _add(entry, "NtryDtls")
    if row.parts:
        _add(details, "Btch/NbOfTxs", str(len(row.parts)))
    for part in row.parts or (row,):
        _transaction(details, part, currency)


def _transaction(parent: ET.Element, row: Row, currency: str) -> None:
    details = _add(parent, "TxDtls")
    references = _add(details, "Refs")
    _add(references, "AcctSvcrRef", row.reference)
    _add(references, "EndToEndId", row.end_to_end_id)
    _add(details, "Amt", row.amount).set("Ccy", currency)
    _add(details, "CdtDbtInd", row.side)
    _add(details, "RltdPties/Dbtr/Pty/Nm", row.payer)
    if row.remittance:
        _add(details, "RmtInf/Ustrd", row.remittance)
    if row.returned:
        _add(details, "RtrInf/Rsn/Cd", "AC04")
