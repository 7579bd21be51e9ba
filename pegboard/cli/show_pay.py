"""How single payments look: signed, submitted, and found again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pegboard.actions import money
from pegboard.cli import show
from pegboard.inputs import moment_text
from pegboard.uses import relay

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pegboard.uses.payments import Payment
    from pegboard.uses.relay import Item
    from pegboard.uses.trace import Amount, Finding
    from pegboard.uses.x402 import SignedPayment


def named(payment: Payment) -> str:
    """Its UETR, as a sentence goes on."""
    return f", UETR {payment.uetr}" if payment.uetr else ""


def signed(payment: Payment, file: SignedPayment | None, out: Path) -> dict[str, Any]:
    """What was signed, for machines."""
    config = payment.peg.config
    result: dict[str, Any] = {
        "command": "pay sign",
        "outcome": "signed" if file else "nothing",
        "chainId": payment.peg.token.chain.chain_id,
        "currency": config.code,
        "token": payment.peg.token.address,
        "payer": payment.payer,
        "to": payment.to,
        "amount": show.amount(payment.units, config.decimals),
        "uetr": payment.uetr,
        "ref": "0x" + payment.ref.hex(),
    }
    if file:
        paid = file.authorization
        result |= {
            "nonce": "0x" + paid.nonce.hex(),
            "validAfter": moment_text(paid.valid_after) if paid.valid_after else None,
            "validBefore": moment_text(paid.valid_before),
            "file": str(out),
        }
    return result


def looked_at(items: Sequence[Item]) -> None:
    """What is ready to be submitted, in each currency, and what is not, on stderr."""
    total: Counter[str] = Counter()
    for item in items:
        if item.state == relay.READY and item.peg and item.payment:
            total[item.peg.config.code] += item.payment.authorization.value
        elif item.state == relay.REFUSED:
            show.progress(f"{item.name}: {item.reason}")
    pegs = {item.peg.config.code: item.peg for item in items if item.peg}
    for code, units in total.items():
        show.progress(f"To be submitted: {money(pegs[code], units)}")


def submitted(items: Sequence[Item], tried: int) -> tuple[dict[str, Any], str]:
    """What became of each signed payment."""
    count = Counter(item.state for item in items)
    lines = [_line(item) for item in items]
    told = {relay.DONE: "paid", relay.REFUSED: "refused", relay.PENDING: "not known yet"}
    sums = ", ".join(f"{count[state]} {word}" for state, word in told.items() if count[state])
    lines.append(f"{len(items)} signed payments: {sums}")
    if not tried and count[relay.DONE] == len(items):
        lines.append("Nothing to do.")
    result = {
        "command": "pay submit",
        "outcome": "done" if tried else "nothing",
        "payments": [_row(item) for item in items],
        **{state: count[state] for state in (relay.DONE, relay.REFUSED, relay.PENDING)},
    }
    return result, "\n".join(lines)


def _line(item: Item) -> str:
    why = f"paid in {item.tx}" if item.state == relay.DONE else f"{item.state}: {item.reason}"
    return f"{item.name}: {why}"


def _row(item: Item) -> dict[str, Any]:
    row: dict[str, Any] = {"file": item.name, "state": item.state}
    if item.payment:
        paid = item.payment.authorization
        row |= {"payer": paid.sender, "to": paid.to, "nonce": "0x" + paid.nonce.hex()}
        row["units"] = str(paid.value)
    if item.payment and item.peg:
        row["currency"] = item.peg.config.code
        row["amount"] = show.amount(item.payment.authorization.value, item.peg.config.decimals)
    if item.tx:
        row["tx"] = item.tx
    if item.reason:
        row |= {"code": item.code, "reason": item.reason}
    return row


def traced(uetr: str, found: Sequence[Finding], chain_id: int) -> tuple[dict[str, Any], str]:
    """Everything that carries a UETR."""
    result = {
        "command": "pay trace",
        "chainId": chain_id,
        "uetr": uetr,
        "found": [_finding(it) for it in found],
    }
    lines = [line for it in found for line in _lines(it)]
    return result, "\n".join(lines or [f"Nothing on chain {chain_id} carries UETR {uetr}."])


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "payer": found.payer,
        "payee": found.payee,
        "paid": _amount(found.paid),
        "received": _amount(found.received),
        "ref": "0x" + found.ref.hex(),
        "about": found.about or None,
        "tx": found.tx,
        "block": found.block,
        "time": moment_text(found.time),
        "status": found.status,
    }


def _amount(amount: Amount) -> dict[str, Any]:
    """Another asset than a currency has base units only."""
    if amount.peg is None:
        return {"token": amount.token, "currency": None, "units": str(amount.units)}
    config = amount.peg.config
    told = show.amount(amount.units, config.decimals) or {}
    return {"token": amount.token, "currency": config.code} | told


def _told(amount: Amount) -> str:
    if amount.peg:
        return money(amount.peg, amount.units)
    return f"{amount.units} base units of {amount.token}"


def _lines(found: Finding) -> list[str]:
    return [
        f"{found.kind.capitalize()}, {found.status}",
        f"  Payer     {found.payer}, paid {_told(found.paid)}",
        f"  Payee     {found.payee}, received {_told(found.received)}",
        f"  When      {moment_text(found.time)}, block {found.block}, transaction {found.tx}",
        f"  Reference 0x{found.ref.hex()}",
        *([f"  Of        {found.about}"] if found.about else []),
    ]
