"""`calendar`: the business days of a place, on chain and in its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pegboard.actions import Action, desk_action
from pegboard.calendars import WEEKDAYS, day_text, parse_day
from pegboard.cli.options import at_desk, ref_option
from pegboard.desks import calendar_code
from pegboard.errors import InputError
from pegboard.inputs import moment, moment_text, reference
from pegboard.operate import due_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pegboard.calendars import Calendar
    from pegboard.cli.desk import Desk
    from pegboard.contract import Contract

#: How far ahead CLERK may declare a day closed.
_AHEAD = 7
_code = click.argument("code", metavar="CODE")
_days = click.argument("days", metavar="DAY...", nargs=-1, required=True)


@click.group()
def calendar() -> None:
    """Show the business days of a place, count them, and close days or open them again."""


@at_desk(signs=False, group=calendar)
@_code
@click.option("--year", type=click.IntRange(1970, 9999), help="The year; this one by default.")
def show(desk: Desk, code: str, year: int | None) -> None:
    """Show the closed days of calendar CODE in a year: those of its file, and those on chain.

    Days of the file that were past when the chain was set up, or on a weekend, are not on chain.
    """
    contract, place = _open(desk, code)
    year = year or int(day_text(place.day_of(desk.chain.now()))[:4])
    offset, weekend = contract.call("calendarOf", calendar_code(place.code))
    days = range(parse_day(f"{year}-01-01"), parse_day(f"{year}-12-31") + 1)
    there = _closed(contract, place, days)
    listed = [
        {
            "day": day_text(day),
            "name": place.holidays.get(day, ""),
            "onChain": day in there,
            "inFile": day in place.holidays,
            "weekend": place.is_weekend(day),
        }
        for day in days
        if day in there or day in place.holidays
    ]
    closed = [name for bit, name in enumerate(WEEKDAYS) if weekend >> bit & 1]
    result = {"chainId": desk.chain.chain_id, "calendar": place.code, "name": place.name}
    result |= {"year": year, "utcOffset": offset, "weekend": closed, "closedDays": listed}
    lines = [f"{place.code}, {place.name}: closed every {' and '.join(closed)}, and in {year} on"]
    desk.answer(result, "\n".join(lines + [_line(entry) for entry in listed]))


def _line(entry: dict[str, Any]) -> str:
    where = "chain and file" if entry["onChain"] and entry["inFile"] else "chain only"
    if not entry["onChain"]:
        where = "file only, on a weekend" if entry["weekend"] else "FILE ONLY"
    return f"{entry['day']}  {where:24}{entry['name']}".rstrip()


@at_desk(signs=False, group=calendar)
@_code
@click.option("--days", required=True, type=click.IntRange(1, 30), help="How many open days.")
@click.option("--from", "start", default="", help="2026-01-31T09:00:00Z; now by default.")
def due(desk: Desk, code: str, days: int, start: str) -> None:
    """Count open days of calendar CODE from a time, by the chain and by the file.

    Exit code 1 where they differ, as they do after a typhoon that only the chain knows of.
    """
    contract, place = _open(desk, code)
    since, word = moment(start) if start else desk.chain.now(), calendar_code(place.code)
    by_file = place.open_day_after(place.day_of(since), days)
    first = contract.call("dayOf", word, since)
    by_chain = contract.call("openDayAfter", word, first, days)
    ends = {"chain": contract.call("endOf", word, by_chain), "file": place.end_of(by_file)}
    agree = ends["chain"] == ends["file"]
    differing = _differing(contract, place, range(first + 1, max(by_chain, by_file) + 1))
    result = {
        "chainId": desk.chain.chain_id,
        "calendar": place.code,
        "from": moment_text(since),
        "days": days,
        **{source: moment_text(end) for source, end in ends.items()},
        "agree": agree,
        "differing": differing,
    }
    told = [f"Open day {days} of {place.code} after {moment_text(since)} ends at"]
    told += [f"  {moment_text(end)}, says the {source}" for source, end in ends.items()]
    if not agree:
        told.append(f"THEY DIFFER, on {', '.join(differing)}: the chain's counts")
    desk.answer(result, "\n".join(told))
    if not agree:
        click.get_current_context().exit(1)


def _differing(contract: Contract, place: Calendar, days: range) -> list[str]:
    there = _closed(contract, place, days)
    working = [day for day in days if not place.is_weekend(day)]
    return [day_text(day) for day in working if (day in there) != (day in place.holidays)]


@at_desk(group=calendar)
@_code
@click.argument("day")
@ref_option
def declare(desk: Desk, code: str, day: str, ref: str) -> None:
    """Close a DAY of calendar CODE at once, as CLERK: today or one of the next seven.

    For typhoons and black rainstorms. Needs --ref, such as the warning. It cannot be taken back
    on the day itself.
    """
    contract, place = _open(desk, code)
    number, today = parse_day(day), place.day_of(desk.chain.now())
    if not today <= number <= today + _AHEAD:
        last = day_text(today + _AHEAD)
        raise InputError(f"{day} cannot be declared: only {day_text(today)} to {last} can be")
    ref_bytes = reference(ref, required=True)
    word = calendar_code(place.code)
    desk.carry_out(
        desk_action(
            contract,
            "declareClosed",
            (word, number, ref_bytes),
            f"close {_named([number])} in {place.name} at once; open deadlines move",
            ref=ref_bytes,
            details={"calendar": place.code, "days": [day_text(number)]},
            nothing_to_do=not contract.call("isOpen", word, number),
        )
    )


@at_desk(group=calendar)
@_code
@_days
@ref_option
def add(desk: Desk, code: str, days: tuple[str, ...], ref: str) -> None:
    """Close DAYs of calendar CODE, as GOVERNOR, who waits first (exit code 3, then repeat).

    Write them into the calendar's file as well. What cannot wait, CLERK declares.
    """
    _change(desk, code, days, ref, closed=True)


@at_desk(group=calendar)
@_code
@_days
@ref_option
def remove(desk: Desk, code: str, days: tuple[str, ...], ref: str) -> None:
    """Open DAYs of calendar CODE again, as GOVERNOR, who waits first (exit code 3, then repeat).

    Take them out of the calendar's file first, or the next `deploy` closes them again.
    """
    _change(desk, code, days, ref, closed=False)


def _change(desk: Desk, code: str, days: tuple[str, ...], ref: str, *, closed: bool) -> None:
    contract, place = _open(desk, code)
    numbers = sorted({parse_day(day) for day in days})
    weekend = [day_text(day) for day in numbers if place.is_weekend(day)]
    if weekend:
        raise InputError(f"{', '.join(weekend)}: a weekend, closed every week, whatever is listed")
    there = _closed(contract, place, numbers)
    words = f"close {_named(numbers)} in {place.name}"
    if not closed:
        words = f"open {_named(numbers)} in {place.name} again; what is due stays due"
    ref_bytes = reference(ref)
    action = desk_action(
        contract,
        "addHolidays" if closed else "removeHolidays",
        (calendar_code(place.code), numbers, ref_bytes),
        words,
        ref=ref_bytes,
        details={"calendar": place.code, "days": [day_text(day) for day in numbers]},
        nothing_to_do=there == (set(numbers) if closed else set()),
    )
    if not action.nothing_to_do:
        _require_in_time(desk, place, action, numbers[0] - (not closed))
    desk.carry_out(action)


def _require_in_time(desk: Desk, place: Calendar, action: Action, day: int) -> None:
    """Refuses now what the chain would refuse only after the delay."""
    ready_at = due_at(desk.opened.authority, action.call, desk.signer)
    then = ready_at or desk.chain.now() + desk.roles.roles["GOVERNOR"].delay
    earliest = place.day_of(max(then, desk.chain.now()))
    if day < earliest:
        late = day_text(earliest + (action.verb == "removeHolidays"))
        raise InputError(f"too late for that: when GOVERNOR may act, {late} is the first day left")


def _open(desk: Desk, code: str) -> tuple[Contract, Calendar]:
    """The contract, and what the file says."""
    known = desk.desks.calendars
    if code.upper() not in known:
        raise InputError(f"{code!r} is no calendar of calendars/; there is {', '.join(known)}")
    return desk.board().desks.calendar, known[code.upper()]


def _closed(contract: Contract, place: Calendar, days: Iterable[int]) -> set[int]:
    """Those of the days that are closed on chain as such, not as a weekend."""
    bits: dict[int, int] = {}
    for index in {day >> 8 for day in days}:
        bits[index] = contract.call("closedDays", calendar_code(place.code), index)
    return {day for day in days if bits[day >> 8] >> (day & 255) & 1}


def _named(days: Iterable[int]) -> str:
    return ", ".join(f"{WEEKDAYS[(day + 3) % 7]} {day_text(day)}" for day in days)
