"""How things look: summaries and tables for people, dictionaries for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from pegboard.actions import money
from pegboard.amounts import exact_amount, format_amount, format_duration, spoken_amount
from pegboard.inputs import moment_text, reference_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.actions import Action, Summary
    from pegboard.chain import Receipt
    from pegboard.status import PegStatus
    from pegboard.suite import Peg, Suite


def console(*, err: bool = False) -> Console:
    """Where people read; wide when it is not a terminal, so that nothing is cut."""
    return Console(stderr=err, highlight=False, soft_wrap=True)


def amount(units: int | None, decimals: int) -> dict[str, str] | None:
    """An amount for machines: exact in currency units, and in base units; never a float."""
    if units is None:
        return None
    return {"amount": exact_amount(units, decimals), "units": str(units)}


def outcome(
    action: Action, receipt: Receipt | None, chain_id: int, *, ready_at: int = 0
) -> dict[str, Any]:
    """What became of a verb, for machines."""
    result: dict[str, Any] = {
        "command": action.verb,
        "outcome": "scheduled" if ready_at else "done" if receipt else "nothing",
        "chainId": chain_id,
        "contract": action.contract.address,
        "ref": "0x" + action.ref.hex(),
        "refText": reference_text(action.ref),
        **action.details,
    }
    if action.peg:
        result["currency"] = action.peg.config.code
        if action.amount is not None:
            result["amount"] = amount(action.amount, action.peg.config.decimals)
    if ready_at:
        result["readyAt"] = moment_text(ready_at)
    if receipt:
        result |= {"tx": receipt.tx, "block": receipt.block, "gasUsed": receipt.gas_used}
    return result


def waiting(action: Action, ready_at: int, now: int) -> str:
    """When a scheduled verb can be executed, for people."""
    return (
        f"Scheduled: {action.call.text}\n"
        f"It can be executed from {moment_text(ready_at)} (in {format_duration(ready_at - now)}), "
        "by repeating the same command. Until then its guardian can cancel it."
    )


def _sized(peg: Peg, units: int, supply: int) -> str:
    share = f"{format_amount(units * 10_000 // supply, 2)} % of" if supply else "the first of"
    words = spoken_amount(units, peg.config.decimals)
    return f"{money(peg, units)} ({words}; {share} the supply; {units} base units)"


def headroom(status: PegStatus) -> str:
    """What may still be minted against the reserves, or why nothing may."""
    if status.headroom is None:
        return f"none: {status.headroom_reason}"
    return format_amount(status.headroom, status.decimals)


def statement_age(status: PegStatus) -> str:
    """How old the last statement is."""
    if status.statement_age is None:
        return "none yet"
    age = format_duration(status.statement_age)
    return f"{age} old, disputed" if status.break_ref else f"{age} old"


def summary(seen: Summary, action: Action) -> None:
    """What the signer should see before signing, on stderr."""
    status, table = seen.status, Table.grid(padding=(0, 2))
    table.add_row("What", seen.sentence)
    if status and action.peg and action.amount is not None:
        table.add_row("Amount", _sized(action.peg, action.amount, status.supply))
    if status:
        table.add_row("Token", f"{status.code} at {status.token}, chain {seen.chain_id}")
    if not status or seen.contract not in (status.token, status.feed):
        table.add_row("Contract", f"{seen.contract}, chain {seen.chain_id}")
    table.add_row("Signer", f"{seen.signer}, holds {', '.join(seen.roles) or 'no role'}")
    wait = f", waits {format_duration(seen.delay)} first" if seen.delay else ", at once"
    table.add_row("Needs", seen.needs + wait)
    if status:
        _add_standing(table, status)
    console(err=True).print(table)


def _add_standing(table: Table, status: PegStatus) -> None:
    table.add_row("Supply", format_amount(status.supply, status.decimals))
    reserves = format_amount(status.reserves, status.reserve_decimals)
    table.add_row("Reserves", f"{reserves}, statement: {statement_age(status)}")
    table.add_row("Headroom", headroom(status))
    table.add_row("Mint limit left", format_amount(status.limit_available, status.decimals))
    if status.paused:
        table.add_row("Paused", ", ".join(status.paused))


def machine(seen: PegStatus) -> dict[str, Any]:
    """One currency for machines."""
    result = seen.as_dict()
    for key in ("supply", "headroom", "limit_capacity", "limit_available"):
        result[key] = amount(result[key], seen.decimals)
    result["reserves"] = amount(seen.reserves, seen.reserve_decimals)
    return result


def status(to: Console, found: list[PegStatus], holders: dict[str, list[dict[str, Any]]]) -> None:
    """All currencies and all roles, for people."""
    to.print()
    to.print(status_table(found))
    for seen in found:
        to.print(f"{seen.code}  token {seen.token}  reserve feed {seen.feed}")
    to.print(roles_table(holders))


def status_table(found: list[PegStatus]) -> Table:
    """All currencies side by side."""
    table = Table(title="Currencies")
    for column in ("", *(s.code for s in found)):
        table.add_column(column, justify="right" if column else "left", overflow="fold")
    rows: dict[str, Callable[[PegStatus], str]] = {
        "Supply": lambda s: format_amount(s.supply, s.decimals),
        "Reserves": lambda s: format_amount(s.reserves, s.reserve_decimals),
        "Headroom": headroom,
        "Statement": statement_age,
        "Mint limit left": lambda s: format_amount(s.limit_available, s.decimals),
        "Mint limit": lambda s: (
            f"{format_amount(s.limit_capacity, s.decimals)} per {format_duration(s.limit_window)}"
        ),
        "Paused": lambda s: ", ".join(s.paused) or "nothing",
        "Who may hold": lambda s: "verified only" if s.allow_list_mode else "all but barred",
        "Hot path": lambda s: "delegated" if s.delegates_all else "in place",
    }
    for title, cell in rows.items():
        table.add_row(title, *(cell(s) for s in found))
    return table


def roles_table(holders: dict[str, list[dict[str, Any]]]) -> Table:
    """Who holds which role, as declared and as on chain."""
    table = Table(title="Roles")
    for column in ("Role", "Holder", "Delay", "On chain"):
        table.add_column(column)
    for role, members in holders.items():
        for member in members:
            delay = format_duration(member["delay"]) if member["delay"] else "none"
            held = "yes" if member["holds"] else "NO"
            table.add_row(role, member["account"], delay, held)
    return table


def plan(lines: list[str], chain_id: int, signer: str) -> None:
    """What a deployment will do, on stderr."""
    to = console(err=True)
    to.print(f"On chain {chain_id}, as {signer}, {len(lines)} steps:")
    for number, line in enumerate(lines, 1):
        to.print(f"{number:4}. {line}", markup=False)


def progress(line: str) -> None:
    """One step of long work, on stderr."""
    console(err=True).print(f"  {line}", markup=False)


def deployed(suite: Suite, unchanged: bool, sent: int) -> str:
    """What is there after a deployment, for people."""
    head = (
        "Nothing to do: the chain is as declared." if unchanged else f"Done: {sent} transactions."
    )
    return "\n".join([head, *(f"{c}  {p.token.address}" for c, p in suite.pegs.items())])


def statement(peg: Peg, seen: dict[str, Any]) -> str:
    """The last statement, for people."""
    room = seen["headroom"]["amount"] if seen["headroom"] else f"none: {seen['reason']}"
    age = "none yet"
    if seen["age"] is not None:
        age = f"round {seen['round']}, as of {seen['asOf']}, {format_duration(seen['age'])} old"
    lines = {
        "Statement": age,
        "Reserves": f"{format_amount(int(seen['reserves']['units']), peg.config.reserves.decimals)}"
        f" {seen['currency']}",
        "Elsewhere": seen["elsewhere"]["amount"],
        "Document": seen["document"],
        "Break": seen["breakRef"] or "none reported",
        "Headroom": room,
        "Quorum": f"{seen['quorum']} of {len(seen['attestors'])}; {seen['riseQuorum']} for a rise "
        f"of more than {seen['maxRiseBps'] / 100:g} % a day",
        "Attestors": ", ".join(seen["attestors"]),
    }
    return "\n".join(f"{key:10} {value}" for key, value in lines.items())
