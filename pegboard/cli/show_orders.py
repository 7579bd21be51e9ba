"""How cases of courts and authorities are shown, and what escrows keep of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pegboard import orders as lawful
from pegboard.actions import money
from pegboard.cli import show
from pegboard.inputs import moment_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pegboard.orders import Account, Case, Currency, Order, Standing
    from pegboard.suite import Peg, Suite
    from pegboard.uses.escrowed import Kept, Taken


Shown = tuple[dict[str, Any], str]


def case(suite: Suite, seen: Standing, taken: list[Taken], now: int) -> Shown:
    """One case: its dates, its accounts, what the tokens say, what escrows gave, what waits."""
    found = seen.case
    result = {
        "chainId": suite.chain.chain_id,
        **_machine(found, now),
        "accounts": [_account(account) for account in seen.accounts],
        "escrowed": [
            {
                "account": it.owner,
                "to": it.to,
                "currency": it.currency.code,
                "amount": show.amount(it.units, it.currency.decimals),
                "tx": it.tx,
            }
            for it in taken
        ],
        "orders": [_order(order, currency) for order, currency in seen.orders],
    }
    opened = f"opened {moment_text(found.opened_at)}, document 0x{found.document.hex()}"
    lines = [_line(found, now), opened, *(_account_line(account) for account in seen.accounts)]
    lines += [
        f"{it.currency.money(it.units)} of {it.owner} out of escrow to {it.to}, transaction {it.tx}"
        for it in taken
    ]
    lines += [
        f"order {order.id} waits, proposed by {order.proposer}: {lawful.taking(suite, order)}"
        for order, _ in seen.orders
    ]
    return result, "\n".join(lines)


def cases(chain_id: int, found: list[Case], now: int) -> Shown:
    """All cases, a line each."""
    result = {"chainId": chain_id, "cases": [_machine(case, now) for case in found]}
    return result, "\n".join(_line(case, now) for case in found) or "No case was opened yet."


def escrowed(peg: Peg, account: str, found: Iterable[Kept]) -> Shown:
    """What the escrows keep of an account, by the names that `orders take-escrowed` takes."""
    left = [kept for kept in found if kept.units]
    result = {
        "chainId": peg.token.chain.chain_id,
        "currency": peg.config.code,
        "account": account,
        "kept": [
            {
                "what": kept.name,
                "kind": kept.kind,
                "contract": kept.contract.address,
                "amount": show.amount(kept.units, peg.config.decimals),
            }
            for kept in left
        ],
    }
    lines = [f"{kept.kind:<8}  {kept.name}  {money(peg, kept.units)}" for kept in left]
    return result, "\n".join(lines) or f"No escrow keeps {peg.config.code} of {account}."


def _machine(case: Case, now: int) -> dict[str, Any]:
    return {
        "case": case.name,
        "caseId": "0x" + case.id.hex(),
        "class": case.kind,
        "openedAt": moment_text(case.opened_at),
        "reviewBy": moment_text(case.review_by),
        "overdue": case.is_overdue(now),
        "closed": case.closed,
        "restraints": case.restraints,
        "document": "0x" + case.document.hex(),
    }


def _account(seen: Account) -> dict[str, Any]:
    entry, decimals = seen.entry, seen.currency.decimals
    return {
        "currency": seen.currency.code,
        "token": entry.token,
        "account": entry.account,
        "frozen": entry.frozen,
        "ceiling": show.amount(entry.ceiling, decimals),
        "held": show.amount(entry.held, decimals),
        "taken": show.amount(entry.taken, decimals),
        "now": {
            "frozen": seen.is_frozen,
            "held": show.amount(seen.held, decimals),
            "balance": show.amount(seen.balance, decimals),
        },
    }


def _order(order: Order, currency: Currency) -> dict[str, Any]:
    return {
        "order": order.id,
        "currency": currency.code,
        "token": order.token,
        "account": order.account,
        "to": None if order.to == lawful.NOBODY else order.to,
        "amount": show.amount(order.value, currency.decimals),
        "redemption": order.redemption or None,
        "proposer": order.proposer,
    }


def _line(case: Case, now: int) -> str:
    if case.closed:
        return f"{case.title}: closed"
    late = ", OVERDUE: until then it only releases" if case.is_overdue(now) else ""
    many = "account" if case.restraints == 1 else "accounts"
    by = f"to be reviewed by {moment_text(case.review_by)}{late}"
    return f"{case.title}: open, restrains {case.restraints} {many}, {by}"


def _account_line(seen: Account) -> str:
    entry, currency = seen.entry, seen.currency
    frozen = "frozen" if entry.frozen else "not frozen"
    now = "frozen" if seen.is_frozen else "not frozen"
    return (
        f"{currency.code} {entry.account}: {frozen}, holds {currency.money(entry.held)}, took "
        f"{currency.money(entry.taken)}, ceiling {currency.ceiling(entry.ceiling)}; the token "
        f"says: {now}, {currency.money(seen.held)} held, balance {currency.money(seen.balance)}"
    )
