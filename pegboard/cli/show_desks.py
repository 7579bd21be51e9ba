"""How orders, requests and bank files look: tables for people, dictionaries for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from pegboard.actions import money
from pegboard.cli.show import amount, console
from pegboard.errors import Reverted
from pegboard.inputs import moment_text, reference_text
from pegboard.redemption import describe

if TYPE_CHECKING:
    from pegboard.issuance import Accounted, Order
    from pegboard.redemption import Request, Terms
    from pegboard.suite import Peg, Suite


def orders(suite: Suite, peg: Peg, waiting: list[Order]) -> tuple[dict[str, Any], str]:
    """Orders that wait for approval."""
    decimals = peg.config.decimals
    needed = {order.ref: _needed(suite, peg, order) for order in waiting}
    listed = [
        {
            "bankRef": "0x" + order.ref.hex(),
            "channel": order.channel,
            "amount": amount(order.amount, decimals),
            "proposer": order.proposer,
            "approvers": list(order.approvers),
            "needed": needed[order.ref],
            "expiresAt": moment_text(order.expires_at),
        }
        for order in waiting
    ]
    lines = [
        f"{reference_text(order.ref)}  {money(peg, order.amount)} through {order.channel}, "
        f"{_given(order, needed[order.ref])}, until {moment_text(order.expires_at)}, by "
        f"{order.proposer}"
        for order in waiting
    ]
    return {"currency": peg.config.code, "orders": listed}, "\n".join(lines) or "No order waits."


def _needed(suite: Suite, peg: Peg, order: Order) -> int | None:
    """None where the tiers were tightened since, so that nobody can approve it."""
    try:
        return int(suite.desks.issuance.call("approvalsFor", peg.token.address, order.amount))
    except Reverted:
        return None


def _given(order: Order, needed: int | None) -> str:
    if needed is None:
        return "above the largest tier now: it cannot be issued"
    return f"{len(order.approvers)} of {needed} approvals"


def preview(peg: Peg, channel: str, constraint: str, allowed: int) -> tuple[dict[str, Any], str]:
    """What binds an issue."""
    result = {
        "currency": peg.config.code,
        "channel": channel,
        "constraint": constraint,
        "allowed": amount(allowed, peg.config.decimals),
    }
    return result, f"{money(peg, allowed)} could be issued through {channel}; binding: {constraint}"


def requests(
    peg: Peg, found: list[Request], now: int, none: str = "No request is open."
) -> tuple[dict[str, Any], str]:
    """Requests that are open, or what to say where there are none."""
    decimals = peg.config.decimals
    late = {request.id for request in found if request.due_at and now > request.due_at}
    listed = [request.as_dict(decimals) | {"overdue": request.id in late} for request in found]
    lines = [
        describe(peg, request) + (" OVERDUE" if request.id in late else "") for request in found
    ]
    return {"currency": peg.config.code, "requests": listed}, "\n".join(lines) or none


def terms(peg: Peg, found: Terms) -> tuple[dict[str, Any], str]:
    """What redeeming costs."""
    decimals = peg.config.decimals
    result = {
        "currency": peg.config.code,
        "calendar": found.calendar,
        "businessDays": found.business_days,
        "flatFee": amount(found.flat_fee, decimals),
        "feeBps": found.fee_bps,
        "maxFeeBps": found.max_fee_bps,
        "next": None,
    }
    lines = [
        f"{money(peg, found.flat_fee)} and {found.fee_bps} bps of the amount, at most "
        f"{found.max_fee_bps} bps in all; paid within {found.business_days} business days of "
        f"{found.calendar}"
    ]
    if found.next_from:
        result["next"] = {
            "from": moment_text(found.next_from),
            "flatFee": amount(found.next_flat_fee, decimals),
            "feeBps": found.next_fee_bps,
        }
        lines.append(
            f"from {moment_text(found.next_from)}: {money(peg, found.next_flat_fee)} and "
            f"{found.next_fee_bps} bps"
        )
    return result, "\n".join(lines)


def account(found: Accounted, verb: str, *, err: bool = False) -> None:
    """Every line of a bank's file, before anything is done."""
    table = Table(title=f"The bank's file, line by line: to {verb}")
    for column in ("Line", "Reference", "Amount", "Channel", "Outcome", "Why"):
        table.add_column(column, overflow="fold")
    for line in found.lines:
        shown = f"{line.amount} {line.currency}"
        table.add_row(line.where, line.reference, shown, line.channel, line.outcome, line.reason)
    console(err=err).print(table)


def accounted(found: Accounted, verb: str, chain_id: int) -> tuple[dict[str, Any], str]:
    """What became of every line."""
    outcomes = {line.outcome for line in found.lines}
    counts = {outcome: found.count(outcome) for outcome in sorted(outcomes)}
    result = {
        "command": verb,
        "chainId": chain_id,
        "counts": counts,
        "lines": [line.as_dict() for line in found.lines],
    }
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    refused = [
        f"  {line.reference or line.where}: {line.reason}"
        for line in found.lines
        if line.outcome in ("refused", "unknown")
    ]
    return result, "\n".join([f"{len(found.lines)} lines: {told or 'none'}.", *refused])
