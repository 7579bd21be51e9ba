"""The customer's credit transfers of ISO 20022, pain.001.001.03 up to .12, as a payout file.

A creditor's account is its address, under CdtrAcct/Id/Othr/Id; names and other particulars of
people stay in the file. What is written on chain of a payment is its UETR and half of the hash of
its remittance, or its EndToEndId where the file has no UETRs.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from pegboard.amounts import format_amount, parse_amount
from pegboard.errors import InputError, PegboardError, RowsError
from pegboard.files import rows
from pegboard.files.xmltree import parse
from pegboard.uses import remittance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pegboard.config import CurrencyConfig
    from pegboard.files.xmltree import Node

_NAMESPACE = re.compile(
    r"urn:iso:std:iso:20022:tech:xsd:(pain\.001\.001\.(?:0[3-9]|1[0-2]))", re.ASCII
)
_MARK = b"\xef\xbb\xbf"
#: Transfers, and not cheques.
_METHOD = "TRF"
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_LOCAL = timezone(timedelta(hours=8))


def is_pain001(path: Path) -> bool:
    """Whether a file is XML, which no file of rows is."""
    try:
        with path.open("rb") as file:
            return file.read(64).removeprefix(_MARK).lstrip()[:1] == b"<"
    except OSError:
        return False


class Transfers:
    """One file; what is wrong in it gathers in `faults`."""

    def __init__(self, path: Path, currencies: Mapping[str, CurrencyConfig], now: int) -> None:
        self.name, self._currencies, self._now = path.name, currencies, now
        self.faults: list[str] = []
        root = self._root(path)
        self.schema = self._schema(root)
        self._top = self._need(root, "CstmrCdtTrfInitn", "the file")
        self._head = self._need(self._top, "GrpHdr", "the file")
        self.payer = ""
        self.currency = self._currency()

    def fault(self, where: str, reason: str) -> None:
        """One fault more."""
        self.faults.append(f"{where}: {reason}")

    def close(self) -> None:
        """Ends in the one error, if there was any fault."""
        if self.faults:
            raise RowsError(self.name, self.faults)

    def batch_name(self, check: Callable[[str], str]) -> str:
        """The message's own id, which names the batch."""
        found = self._take(self._head, "GrpHdr", check, "MsgId")
        return str(found or "")

    def payments(self, columns: Sequence[rows.Column]) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """The transfers without a fault, each with its block's id, its number and its values."""
        checks = {column.name: column.check for column in columns}
        number = 0
        for block in self._top.every("PmtInf"):
            block_id = self._leaf(block, "PmtInf", "PmtInfId") or ""
            where = f"PmtInf {block_id}".rstrip()
            self._block(block, where)
            first, total = number, 0
            for transfer in block.every("CdtTrfTxInf"):
                number += 1
                values = self._transfer(transfer, number, checks)
                total += values.get("amount") or 0
                if len(values) == len(columns):
                    yield block_id, number, values
            self.announced(block, where, number - first, total)
        if not number:
            self.fault("the file", "it has no CdtTrfTxInf: there is nothing to pay")

    def announced(self, node: Node | None, where: str, count: int, total: int) -> None:
        """What a header announces must be what follows; a block may announce nothing."""
        if self.currency is None or self.faults or node is None:
            return
        said = self._leaf(node, where, "NbOfTxs")
        if said is not None and said != str(count):
            self.fault(where, f"NbOfTxs announces {said!a}, and {count:,} follow")
        said = self._leaf(node, where, "CtrlSum")
        if said is None:
            return
        try:
            announced = parse_amount(said, self.currency.decimals)
        except PegboardError as fault:
            self.fault(where, f"CtrlSum: {fault}")
            return
        if announced != total:
            found = format_amount(total, self.currency.decimals)
            self.fault(where, f"CtrlSum announces {said}, and {found} {self.currency.code} follow")

    def announced_by_all(self, count: int, total: int) -> None:
        """The same of the whole file, which must announce both."""
        for tag in ("NbOfTxs", "CtrlSum"):
            if not self.faults and self._leaf(self._head, "GrpHdr", tag) is None:
                self.fault("GrpHdr", f"{tag} is missing: it must announce what follows")
        self.announced(self._head, "GrpHdr", count, total)

    # Reading

    def _root(self, path: Path) -> Node:
        try:
            data = path.read_bytes() if path.stat().st_size <= rows.MAX_BYTES else None
        except OSError as fault:
            raise RowsError(self.name, [f"it cannot be read: {fault.strerror}"]) from fault
        if data is None:
            most = rows.MAX_BYTES // 2**20
            raise RowsError(self.name, [f"it has more than {most} MiB: split it"])
        try:
            return parse(data)
        except InputError as fault:
            raise RowsError(self.name, [str(fault)]) from fault

    def _schema(self, root: Node) -> str:
        match = _NAMESPACE.fullmatch(root.namespace)
        if root.name != "Document" or not match:
            told = root.namespace or root.name
            raise RowsError(self.name, [f"{told!a} is no pain.001.001.03 to .12 of ISO 20022"])
        return match[1]

    def _need(self, node: Node, tag: str, where: str) -> Node:
        try:
            found = node.one(tag)
        except InputError as fault:
            raise RowsError(self.name, [f"{where}: {fault}"]) from fault
        if found is None:
            raise RowsError(self.name, [f"{where}: {tag} is missing"])
        return found

    def _leaf(self, node: Node, where: str, *path: str) -> str | None:
        try:
            return node.leaf(*path)
        except InputError as fault:
            self.fault(where, str(fault))
            return None

    def _take(self, node: Node, where: str, check: Callable[[str], Any], *path: str) -> Any | None:
        text = self._leaf(node, where, *path)
        if not text:
            self.fault(where, f"{'/'.join(path)} is missing")
            return None
        try:
            return check(text)
        except PegboardError as fault:
            self.fault(where, f"{'/'.join(path)}: {fault}")
            return None

    def _currency(self) -> CurrencyConfig | None:
        """The one currency of all amounts."""
        found: dict[str, None] = {}
        for block in self._top.every("PmtInf"):
            for transfer in block.every("CdtTrfTxInf"):
                for amount in transfer.every("Amt"):
                    found |= dict.fromkeys(
                        node.attributes.get("Ccy", "none") for node in amount.every("InstdAmt")
                    )
        if len(found) > 1:
            self.fault("the file", f"it has amounts in {', '.join(found)}: one currency a file")
            return None
        code = next(iter(found), "")
        if code and code not in self._currencies:
            known = ", ".join(self._currencies)
            self.fault("the file", f"{code!a} is not declared; there is {known}")
        return self._currencies.get(code)

    def _block(self, block: Node, where: str) -> None:
        method = self._leaf(block, where, "PmtMtd")
        if method not in (None, _METHOD):
            self.fault(where, f"PmtMtd is {method!a}, and only {_METHOD} is paid")
        self._due(block, where)
        payer = self._leaf(block, where, "DbtrAcct", "Id", "Othr", "Id")
        if payer is None:
            return
        try:
            payer = rows.account(payer)
        except PegboardError as fault:
            self.fault(where, f"DbtrAcct/Id/Othr/Id: {fault}")
            return
        if self.payer not in ("", payer):
            self.fault(where, f"its debtor is {payer}, and before it was {self.payer}")
        self.payer = payer

    def _due(self, block: Node, where: str) -> None:
        """What is to be paid later is not paid now; a day is that of UTC+8, which begins first."""
        # From 001.08 on the date is a choice of two elements.
        kinds: list[tuple[str, ...]] = [("Dt",), ("DtTm",)]
        if not any(date.children for date in block.every("ReqdExctnDt")):
            kinds = [()]
        texts = [self._leaf(block, where, "ReqdExctnDt", *kind) for kind in kinds]
        text = next((text for text in texts if text is not None), None)
        if text is None:
            return
        day = _DAY.fullmatch(text)
        try:
            due = datetime.fromisoformat(day[1] if day else text)
        except ValueError:
            self.fault(where, f"ReqdExctnDt is {text!a}, and that is no date")
            return
        due = due if due.tzinfo else due.replace(tzinfo=_LOCAL)
        if due.timestamp() > self._now:
            self.fault(where, f"ReqdExctnDt is {text}, which is to come: run it on or after that")

    def _transfer(
        self, transfer: Node, number: int, checks: Mapping[str, Callable[[str], Any]]
    ) -> dict[str, Any]:
        where = f"payment {number}"
        end_to_end = self._leaf(transfer, where, "PmtId", "EndToEndId")
        if end_to_end:
            where += f" ({end_to_end[:35]!a})"
        values = {
            "id": self._take(transfer, where, checks["id"], "PmtId", "EndToEndId"),
            "payee": self._take(
                transfer, where, checks["payee"], *("CdtrAcct", "Id", "Othr", "Id")
            ),
            "amount": self._take(transfer, where, checks["amount"], "Amt", "InstdAmt"),
            "reference": self._reference(transfer, where, end_to_end or ""),
        }
        return {name: value for name, value in values.items() if value is not None}

    def _reference(self, transfer: Node, where: str, end_to_end: str) -> str | None:
        uetr = self._leaf(transfer, where, "PmtId", "UETR")
        if uetr is None:
            return end_to_end
        told = self._leaf(transfer, where, "RmtInf", "Ustrd")
        told_of = {"endToEndId": end_to_end, "remittance": told or ""}
        try:
            word = remittance.reference_for(uetr, told_of)
        except PegboardError as fault:
            self.fault(where, f"PmtId/UETR: {fault}")
            return None
        return "0x" + word.hex()
