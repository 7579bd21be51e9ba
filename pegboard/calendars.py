"""Business days of several places: calendars/*.toml, counted as `BusinessCalendar` does on chain.

A day is a number: the days since 1 January 1970 in the place's standard time. Where clocks are put
forward in summer, a day is thought to end when they show one o'clock in the morning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pegboard.config import read_toml, strings
from pegboard.errors import ConfigError, InputError, PegboardError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY = 86400
_EPOCH = date(1970, 1, 1).toordinal()
_FIRST_WEEKDAY = 3  # 1 January 1970 was a Thursday
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-5][0-9])", re.ASCII)
_LARGEST_OFFSET = 14 * 3600


@dataclass(frozen=True)
class Calendar:
    """The closed days of a place: `weekend` has bit 0 for Monday to bit 6 for Sunday."""

    code: str
    name: str
    utc_offset: int
    weekend: int
    source: str
    holidays: Mapping[int, str]

    @property
    def first(self) -> int:
        """The first day that the calendar knows."""
        return parse_day(f"{day_text(min(self.holidays))[:4]}-01-01")

    @property
    def last(self) -> int:
        """The last day that the calendar knows."""
        return parse_day(f"{day_text(max(self.holidays))[:4]}-12-31")

    def day_of(self, timestamp: int) -> int:
        """The day of a moment."""
        return (timestamp + self.utc_offset) // DAY

    def end_of(self, day: int) -> int:
        """The last second of a day."""
        return (day + 1) * DAY - 1 - self.utc_offset

    def is_open(self, day: int) -> bool:
        """Whether business is done; years without declared holidays are refused, not guessed."""
        if not self.first <= day <= self.last:
            raise InputError(
                f"the calendar {self.code} knows {day_text(self.first)} to {day_text(self.last)}, "
                f"not {day_text(day)}: add the holidays of that year to its file"
            )
        return not self.is_weekend(day) and day not in self.holidays

    def is_weekend(self, day: int) -> bool:
        """Whether the day is closed in every week."""
        return bool(self.weekend >> (day + _FIRST_WEEKDAY) % 7 & 1)

    def open_day_after(self, day: int, count: int) -> int:
        """The `count`-th open day after a day, which itself does not count."""
        if count < 1:
            raise InputError(f"{count} business days are none: give at least 1")
        while count:
            day += 1
            count -= self.is_open(day)
        return day

    def due(self, timestamp: int, business_days: int) -> int:
        """The last second of the n-th open day after the day of a moment."""
        return self.end_of(self.open_day_after(self.day_of(timestamp), business_days))


def parse_day(text: str) -> int:
    """The number of a day such as 2026-01-31."""
    fault = InputError(f"{text!a} is not a day: write it as 2026-01-31")
    if not _ISO.fullmatch(text):
        raise fault
    try:
        return date.fromisoformat(text).toordinal() - _EPOCH
    except ValueError:
        raise fault from None


def day_text(day: int) -> str:
    """A day for people, such as 2026-01-31."""
    try:
        return date.fromordinal(day + _EPOCH).isoformat()
    except (ValueError, OverflowError):
        raise InputError(f"{day} is not the number of a day") from None


def _offset(text: str) -> int:
    match = _OFFSET.fullmatch(text)
    seconds = int(match[2]) * 3600 + int(match[3]) * 60 if match else _LARGEST_OFFSET + 1
    if match is None or seconds > _LARGEST_OFFSET:
        raise ConfigError(f"{text!a} is not a utc_offset: write standard time, such as +08:00")
    return -seconds if match[1] == "-" else seconds


def _weekend(names: tuple[str, ...]) -> int:
    for name in names:
        if name not in WEEKDAYS:
            raise ConfigError(f"weekend: {name!a} is not a day of the week, such as Saturday")
    if len(set(names)) != len(names) or len(names) == len(WEEKDAYS):
        raise ConfigError("weekend must be distinct days, and not the whole week")
    return sum(1 << WEEKDAYS.index(name) for name in names)


def _holidays(given: Mapping[str, object]) -> dict[int, str]:
    found = {}
    for text, name in given.items():
        if not isinstance(name, str) or not name:
            raise ConfigError(f"holidays: {text} must have a name")
        found[parse_day(text)] = name
    years = sorted({int(day_text(day)[:4]) for day in found})
    if not years:
        raise ConfigError("holidays is empty: without them every weekday would be open")
    # A year left out would be a year without holidays.
    if years != list(range(years[0], years[-1] + 1)):
        raise ConfigError("holidays: a year between the first and the last has none")
    return found


def load_calendar(path: Path) -> Calendar:
    """One place's declaration."""
    top = read_toml(path)
    try:
        calendar = Calendar(
            code=top.take("code", str),
            name=top.take("name", str),
            utc_offset=_offset(top.take("utc_offset", str)),
            weekend=_weekend(strings(top.take("weekend", list), "weekend")),
            source=top.take("source", str),
            holidays=_holidays(top.take("holidays", dict)),
        )
        top.close()
        _check(calendar)
    except PegboardError as fault:
        raise ConfigError(f"{path.name}: {str(fault).removeprefix(f'{path.name}: ')}") from fault
    return calendar


def _check(calendar: Calendar) -> None:
    if not re.fullmatch("[A-Z]{2}", calendar.code):
        raise ConfigError("code must be two capital letters")
    if not calendar.name or not calendar.source:
        raise ConfigError("name and source must not be empty")


def load_calendars(folder: Path) -> dict[str, Calendar]:
    """All declared calendars, by code; the file of HK is hk.toml."""
    found = {}
    for path in sorted(folder.glob("*.toml")):
        calendar = load_calendar(path)
        if path.stem != calendar.code.lower():
            raise ConfigError(
                f"{path.name} declares {calendar.code}: call it {calendar.code.lower()}.toml"
            )
        found[calendar.code] = calendar
    if not found:
        raise ConfigError(f"no calendar is declared in {folder}: add one, such as hk.toml")
    return found
