"""What became of a batch, row by row, from the token's log; and the two files that tell it.

The status file has the shape of ISO 20022's pain.002: a bank's answer to a file of payments.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from pegboard.amounts import exact_amount
from pegboard.chain import History
from pegboard.contract import padded
from pegboard.errors import ChainError, InputError
from pegboard.files.paying import barred_among
from pegboard.files.payouts import COLUMNS, parts_of
from pegboard.inputs import moment_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pegboard.files.payouts import Batch, Payment
    from pegboard.suite import Peg

#: ISO 20022: settled, rejected, pending.
PAID, SKIPPED, PENDING = "ACSC", "RJCT", "PDNG"
_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"


@dataclass(frozen=True)
class Result:
    """What became of one row, in the terms of ISO 20022; `part` counts from one."""

    payment: Payment
    status: str
    part: int
    tx: str = ""
    code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """What became of a batch, as of a moment of the chain."""

    batch: Batch
    results: tuple[Result, ...]
    moment: int

    def of(self, status: str) -> list[Result]:
        """The rows with this status, in the order of the file."""
        found = (result for result in self.results if result.status == status)
        return sorted(found, key=lambda result: result.payment.row)

    def total(self, status: str) -> int:
        """What the rows with this status add up to, in base units."""
        return sum(result.payment.units for result in self.results if result.status == status)


def report(batch: Batch) -> Report:
    """What became of every row, from the token's log."""
    executed, left_out = _executed(batch), _left_out(batch)
    results: list[Result] = []
    for chunk in batch.chunks:
        if chunk.index not in executed:
            results += (Result(p, PENDING, chunk.index + 1) for p in chunk.payments)
            continue
        tx, paid, skipped, rows = executed[chunk.index]
        out = left_out.get(tx, set())
        missed = sum(p.units for p in chunk.payments if p.payee in out)
        if (paid, skipped, rows) != (chunk.total - missed, missed, len(chunk.payments)):
            raise ChainError(
                f"transaction {tx} executed part {chunk.index + 1} of batch 0x{batch.id.hex()} "
                "with other rows than the file has: look at it before anything else is paid"
            )
        for p in chunk.payments:
            results.append(Result(p, SKIPPED if p.payee in out else PAID, chunk.index + 1, tx))
    return Report(batch, tuple(_explained(batch.peg, results)), batch.peg.token.chain.now())


def _executed(batch: Batch) -> dict[int, tuple[str, int, int, int]]:
    """The transaction of each executed chunk, and what it said it paid, skipped and counted."""
    token, chain = batch.peg.token, batch.peg.token.chain
    if not isinstance(chain, History):
        raise ChainError("this chain keeps no history: connect to a node")
    topics = token.topics("Batch", payer=padded(batch.payer), batchId=batch.id)
    found = {}
    for log in chain.logs(token.address, topics):
        for _, said in token.events([log]):
            found[said["chunk"]] = (log.tx, said["paid"], said["skipped"], said["rows"])
    return found


def _left_out(batch: Batch) -> dict[str, set[str]]:
    """The payees that each transaction skipped: in one chunk a payee is skipped always or never."""
    token, chain = batch.peg.token, batch.peg.token.chain
    found: dict[str, set[str]] = {}
    if isinstance(chain, History):
        for log in chain.logs(token.address, token.topics("Skipped", batchId=batch.id)):
            for _, said in token.events([log]):
                found.setdefault(log.tx, set()).add(said["to"])
    return found


def _explained(peg: Peg, results: Sequence[Result]) -> Iterator[Result]:
    """Why a payee may not receive, as far as it can be told now."""
    skipped = list(dict.fromkeys(r.payment.payee for r in results if r.status == SKIPPED))
    barred = barred_among(peg, skipped)
    since = ("NARR", "could not receive when it was to be paid, and can now")
    for result in results:
        if result.status == SKIPPED:
            code, why = barred.get(result.payment.payee, since)
            reason = f"{result.payment.payee} {why}"
            yield Result(result.payment, SKIPPED, result.part, result.tx, code, reason)
        else:
            yield result


def retry_file(found: Report) -> bytes:
    """The skipped rows as a payout file of its own, under a name of its own; none is empty."""
    skipped = found.of(SKIPPED)
    if not skipped:
        return b""
    file, decimals = found.batch.file, found.batch.peg.config.decimals
    base, number = parts_of(file.name)
    if number == 99:
        raise InputError(f"{file.name} was tried a hundred times: give the rest another name")
    total = exact_amount(found.total(SKIPPED), decimals)
    lines = [(f"{base}.r{number + 1}", file.currency.code, str(len(skipped)), total), COLUMNS]
    for payment in (result.payment for result in skipped):
        amount = exact_amount(payment.units, decimals)
        lines.append((payment.id, payment.payee, amount, _quoted(payment.reference)))
    return "".join(",".join(line) + "\n" for line in lines).encode()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"') else text


def status_file(found: Report) -> bytes:
    """The whole batch in the shape of pain.002: its sums by status, and every row."""
    batch, decimals = found.batch, found.batch.peg.config.decimals
    root = Xml.Element("Document", xmlns=_NAMESPACE)
    top = Xml.SubElement(root, "CstmrPmtStsRpt")
    head = _add(top, "GrpHdr")
    _add(head, "MsgId", f"{batch.id.hex()[:16]}-{found.moment}")
    _add(head, "CreDtTm", moment_text(found.moment))
    group = _add(top, "OrgnlGrpInfAndSts")
    _add(group, "OrgnlMsgId", batch.file.name)
    _add(group, "OrgnlMsgNmId", batch.file.schema)
    _add(group, "OrgnlNbOfTxs", str(len(found.results)))
    _add(group, "OrgnlCtrlSum", exact_amount(batch.file.total, decimals))
    _add(group, "GrpSts", _group_status(found))
    _add(_add(group, "StsRsnInf"), "AddtlInf", f"batch 0x{batch.id.hex()}")
    for status in (PAID, SKIPPED, PENDING):
        each = _add(group, "NbOfTxsPerSts")
        _add(each, "DtldNbOfTxs", str(len(found.of(status))))
        _add(each, "DtldSts", status)
        _add(each, "DtldCtrlSum", exact_amount(found.total(status), decimals))
    # Blocks follow each other in a file as its rows do.
    ordered = sorted(found.results, key=lambda result: result.payment.row)
    for block, results in groupby(ordered, lambda result: result.payment.block):
        payments = _add(top, "OrgnlPmtInfAndSts")
        _add(payments, "OrgnlPmtInfId", block or batch.file.name)
        for result in results:
            _add_row(payments, result, found)
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add_row(to: Xml.Element, result: Result, found: Report) -> None:
    payment, config = result.payment, found.batch.peg.config
    row = _add(to, "TxInfAndSts")
    _add(row, "OrgnlEndToEndId", payment.id)
    if payment.uetr:
        _add(row, "OrgnlUETR", payment.uetr)
    _add(row, "TxSts", result.status)
    told = _add(row, "StsRsnInf")
    if result.code:
        _add(_add(told, "Rsn"), "Cd", result.code)
        _add(told, "AddtlInf", result.reason)
    _add(told, "AddtlInf", f"part {result.part}{', transaction ' + result.tx if result.tx else ''}")
    original = _add(row, "OrgnlTxRef")
    amount = exact_amount(payment.units, config.decimals)
    _add(_add(original, "Amt"), "InstdAmt", amount).set("Ccy", config.code)
    if payment.reference:
        _add(_add(original, "RmtInf"), "Ustrd", payment.reference)
    _add(_add(_add(_add(original, "CdtrAcct"), "Id"), "Othr"), "Id", payment.payee)


def is_of_another(found: Report, status: bytes) -> bool:
    """Whether a status file tells of another batch, while nothing of this one was executed."""
    begun = len(found.of(PENDING)) < len(found.results)
    return not begun and f"batch 0x{found.batch.id.hex()}".encode() not in status


def _group_status(found: Report) -> str:
    """One status of the whole: pending while any row is, partly accepted where some are out."""
    present = {result.status for result in found.results}
    if PENDING in present:
        return PENDING
    return present.pop() if len(present) == 1 else "PART"


def _add(to: Xml.Element, tag: str, text: str = "") -> Xml.Element:
    element = Xml.SubElement(to, tag)
    if text:
        element.text = text
    return element
