"""Business days on chain, and the due dates that follow them.

a view
├── when there is no such calendar: reverts with CalendarUnknown
├── openDayAfter, when none or more than 30 are asked for, or a year has too few: reverts with
│   NoOpenDay
└── else: says what `pegboard.calendars` says of the declared calendars, and of any other

addCalendar
├── when it has no name: reverts with CalendarUnknown
├── when it is there: reverts with CalendarExists
├── when the offset is above 14 hours, or no day of the week is open: reverts with InvalidCalendar
└── else: is there, without holidays

addHolidays, removeHolidays
├── when there is no such calendar: reverts with CalendarUnknown
├── when any day is past, or today is removed: reverts with DayOutOfRange
└── else: closes or opens the days; what is so already is passed over

declareClosed
├── when the reference is zero: reverts with ReferenceRequired
├── when there is no such calendar: reverts with CalendarUnknown
├── when the day is past, or more than a week ahead: reverts with DayOutOfRange
└── else: closes the day at once

the due date of a redemption
├── is the end of the last of its business days after validity
├── moves with a day that is closed before it is over, and by nothing else
├── a holiday removed later never moves it forward
├── extend, when it is overdue: reverts with DueDatePassed
├── extend, when the day is not later: reverts with DueDateNotLater
├── extend, when the day is more than 366 days ahead: reverts with DueDateTooLate
└── is in time to its last second
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_utils import keccak
from hypothesis import assume, given
from hypothesis import strategies as st

from pegboard.calendars import DAY, Calendar, load_calendars
from pegboard.desks import calendar_code
from pegboard.errors import Reverted
from tests.support.desks import (
    bank_ref,
    bind,
    close,
    day_of,
    is_late,
    moment,
    redemption,
    settler,
    surrender,
    take_back,
    teller,
    until,
)
from tests.support.refusal import emitted, refused, when_due
from tests.support.revm import RevmChain
from tests.support.stateful import deploy_swift, error_names, member
from tests.support.world import REF, ROOT, build_world, currencies, roles

NO_REF = b"\0" * 32
REF_HEX = "0x" + REF.hex()
FUNDS, AMOUNT = 1_000_000_000, 250_000_000
ALL = 2**256 - 1
FAR = 2**24 - 1
LARGEST = 14 * 3_600
FIRST = bank_ref("payout 1")
REASON = keccak(text="why")
REASON_HEX = "0x" + REASON.hex()
#: The last day that an extension on Monday, 25 January 2027 can name.
LATEST = day_of("2027-01-25") + 366
CALENDARS = load_calendars(ROOT / "calendars")
HK = CALENDARS["HK"]
CODES = {code: calendar_code(code) for code in CALENDARS}
MINE = calendar_code("XX")


@pytest.fixture
def calendar(world):
    return world.suite.desks.calendar


@pytest.fixture
def desk(world):
    return world.suite.desks.redemption


@pytest.fixture
def clerk(world):
    return world.member("CLERK")


@pytest.fixture
def customer(world, holder):
    """Has 1,000 HKD, a bound wallet and a payout account; it is Saturday, 16 January 2027."""
    bind(world, holder)
    return holder.address


def closed_days(calendar, code, first, last):
    """What is closed beside the weekends, from the raw bits."""
    return {
        index << 8 | bit
        for index in range(first >> 8, (last >> 8) + 1)
        for bits in [calendar.call("closedDays", code, index)]
        for bit in range(256)
        if bits >> bit & 1
    }


# The declared calendars

FIRST_DAY = HK.day_of(RevmChain().now())
LAST_DAY = min(c.last for c in CALENDARS.values())
codes = st.sampled_from(sorted(CALENDARS))
days = st.integers(FIRST_DAY, LAST_DAY)


@pytest.mark.req("HK-40")
@pytest.mark.parametrize("code", CODES)
def test_has_what_is_declared(calendar, code):
    """Every day from the deployment on, and the rule of every week."""
    declared = CALENDARS[code]
    assert calendar.call("calendarOf", CODES[code]) == (declared.utc_offset, declared.weekend)
    expected = {d for d in declared.holidays if d >= FIRST_DAY and not declared.is_weekend(d)}
    assert closed_days(calendar, CODES[code], FIRST_DAY - 400, LAST_DAY + 400) == expected
    for day in range(FIRST_DAY, LAST_DAY + 1):
        assert calendar.call("isOpen", CODES[code], day) is declared.is_open(day)


@pytest.mark.req("HK-40")
@given(code=codes, day=days, count=st.integers(1, 30))
def test_counts_business_days_as_the_toolkit_does(deployed, code, day, count):
    """The chain and the queue of the teller never disagree about a date."""
    declared, calendar = CALENDARS[code], deployed.suite.desks.calendar
    assume(day + 60 <= declared.last)
    expected = declared.open_day_after(day, count)
    assert calendar.call("openDayAfter", CODES[code], day, count) == expected


@pytest.mark.req("HK-40")
@given(code=codes, timestamp=st.integers(LARGEST, 2**40 - 1))
def test_counts_days_as_the_toolkit_does(deployed, code, timestamp):
    """A day begins one second after the one before ends."""
    declared, calendar = CALENDARS[code], deployed.suite.desks.calendar
    day = calendar.call("dayOf", CODES[code], timestamp)
    end = calendar.call("endOf", CODES[code], day)
    assert (day, end) == (declared.day_of(timestamp), declared.end_of(day))
    assert end - DAY < timestamp <= end
    assert calendar.call("dayOf", CODES[code], end) == day
    assert calendar.call("dayOf", CODES[code], end + 1) == day + 1


@pytest.mark.req("HK-40")
@pytest.mark.parametrize("day", ["2027-01-16", "2027-01-17", "2027-02-08", "2027-03-26"])
def test_hong_kong_is_closed(calendar, day):
    """Saturdays, Sundays and general holidays."""
    assert calendar.call("isOpen", CODES["HK"], day_of(day)) is False


# Any calendar

_made = []


def _swift():
    """A deployment without delays, made once."""
    if not _made:
        chain = RevmChain()
        _made.append((chain, deploy_swift(chain).desks.calendar))
    return _made[0]


@given(
    offset=st.integers(-LARGEST, LARGEST),
    weekend=st.integers(0, 126),
    closed=st.lists(st.tuples(st.integers(1, 400), st.integers(1, 200)), max_size=4),
    start=st.integers(0, 400),
    count=st.integers(1, 30),
)
def test_any_calendar_counts_alike(offset, weekend, closed, start, count):
    """Or a year has too few open days, and none is guessed."""
    chain, contract = _swift()
    point = chain.snapshot()
    today = (chain.now() + offset) // DAY
    holidays = sorted({today + a + i for a, length in closed for i in range(length)})
    governor = member("GOVERNOR")
    contract.send("addCalendar", MINE, offset, weekend, REF, sender=governor)
    contract.send("addHolidays", MINE, holidays, REF, sender=governor)
    try:
        answer = contract.call("openDayAfter", MINE, today + start, count)
    except Reverted as fault:
        answer = error_names()[fault.data[:4]], fault.arguments
    still_open = contract.call("isOpen", MINE, today + start)
    chain.restore(point)

    known = dict.fromkeys([today - 1_000, *holidays, today + 2_000], "closed")
    twin = Calendar("XX", "X", offset, weekend, "-", known)
    assert still_open is twin.is_open(today + start)
    expected = twin.open_day_after(today + start, count)
    if expected <= today + start + 366:
        assert answer == expected
    else:
        assert answer == ("NoOpenDay", {"from": today + start, "count": count})


# What is refused


@pytest.mark.parametrize("code", [MINE, b"hk".ljust(32, b"\0"), b"\0" * 32, b"\0HK".ljust(32)])
@pytest.mark.parametrize(
    ("view", "args"),
    [
        ("calendarOf", ()),
        ("dayOf", (FIRST_DAY * DAY,)),
        ("endOf", (FIRST_DAY,)),
        ("isOpen", (FIRST_DAY,)),
        ("openDayAfter", (FIRST_DAY, 1)),
        ("openDayAfter", (FIRST_DAY, 0)),
        ("closedDays", (FIRST_DAY >> 8,)),
    ],
)
def test_answers_for_no_other_calendar(world, calendar, code, view, args):
    with refused(world, "CalendarUnknown", code="0x" + code.hex()):
        calendar.call(view, code, *args)


@pytest.mark.parametrize("count", [0, 31, 255])
def test_counts_1_to_30_days(world, calendar, count):
    evidence = {"from": FIRST_DAY, "count": count}
    with refused(world, "NoOpenDay", **evidence):
        calendar.call("openDayAfter", CODES["HK"], FIRST_DAY, count)


def test_looks_no_further_than_a_year(world, calendar, governor):
    """366 days, to the day."""
    world.act("GOVERNOR", calendar, "addCalendar", MINE, 0, 0, REF)
    today = world.chain.now() // DAY
    ahead = list(range(today + 10, today + 10 + 366))
    world.act("GOVERNOR", calendar, "addHolidays", MINE, ahead, REF)
    evidence = {"from": today + 9, "count": 1}
    with refused(world, "NoOpenDay", **evidence):
        calendar.call("openDayAfter", MINE, today + 9, 1)
    assert calendar.call("openDayAfter", MINE, today + 10, 1) == today + 376
    evidence = {"from": today + 10, "count": 2}
    with refused(world, "NoOpenDay", **evidence):
        calendar.call("openDayAfter", MINE, today + 10, 2)


@pytest.mark.parametrize(
    ("offset", "weekend"),
    [
        (LARGEST + 1, 0),
        (-LARGEST - 1, 0),
        (2**31 - 1, 0),
        (-(2**31), 0),
        (0, 127),
        (0, 128),
        (0, 255),
    ],
)
def test_adds_no_impossible_calendar(world, calendar, offset, weekend):
    act = when_due(world, "GOVERNOR", calendar, "addCalendar", MINE, offset, weekend, REF)
    with refused(world, "InvalidCalendar", utcOffset=offset, weekend=weekend):
        act()


def test_adds_no_calendar_without_a_name(world, calendar):
    act = when_due(world, "GOVERNOR", calendar, "addCalendar", NO_REF, 0, 0, REF)
    with refused(world, "CalendarUnknown", code="0x" + NO_REF.hex()):
        act()


@pytest.mark.parametrize("code", CODES)
def test_adds_no_calendar_twice(world, calendar, code):
    """Nothing that a due date was reckoned by is replaced."""
    act = when_due(world, "GOVERNOR", calendar, "addCalendar", CODES[code], 0, 0, REF)
    with refused(world, "CalendarExists", code="0x" + CODES[code].hex()):
        act()


@pytest.mark.parametrize(
    ("offset", "weekend"), [(LARGEST, 0), (-LARGEST, 126), (0, 96), (20_700, 63)]
)
def test_adds_a_calendar(world, calendar, offset, weekend):
    receipt = when_due(world, "GOVERNOR", calendar, "addCalendar", MINE, offset, weekend, REF)()
    said = {"code": "0x" + MINE.hex(), "utcOffset": offset, "weekend": weekend}
    said |= {"operator": world.member("GOVERNOR"), "ref": REF_HEX}
    assert emitted(calendar, receipt) == [("CalendarAdded", said)]
    assert calendar.call("calendarOf", MINE) == (offset, weekend)
    monday = day_of("2027-01-18")
    week = [calendar.call("isOpen", MINE, monday + i) for i in range(7)]
    assert week == [not weekend >> i & 1 for i in range(7)]
    assert closed_days(calendar, MINE, monday - 400, monday + 400) == set()


# Holidays


@pytest.mark.parametrize("verb", ["addHolidays", "removeHolidays"])
def test_changes_no_other_calendar(world, calendar, verb):
    """Not even for no day."""
    for list_ in ([], [FAR]):
        act = when_due(world, "GOVERNOR", calendar, verb, MINE, list_, REF)
        with refused(world, "CalendarUnknown", code="0x" + MINE.hex()):
            act()


@pytest.mark.req("HK-40")
@pytest.mark.parametrize("others", [[], [day_of("2027-06-30")]])
@pytest.mark.parametrize(
    ("verb", "at", "day", "first"),
    [
        ("addHolidays", "2027-01-20 00:00:00", "2027-01-19", "2027-01-20"),
        ("addHolidays", "2027-01-20 23:59:59", "1970-01-01", "2027-01-20"),
        ("removeHolidays", "2027-01-19 23:59:59", "2027-01-19", "2027-01-20"),
        ("removeHolidays", "2027-01-20 00:00:00", "2027-01-20", "2027-01-21"),
        ("removeHolidays", "2027-01-20 00:00:00", "2027-01-01", "2027-01-21"),
    ],
)
def test_the_past_stays_as_it_was(world, calendar, verb, at, day, first, others):
    """To the second; one such day refuses the whole list."""
    list_ = [*others, day_of(day)]
    act = when_due(world, "GOVERNOR", calendar, verb, CODES["HK"], list_, REF)
    until(world, at)
    evidence = {"day": day_of(day), "from": day_of(first), "to": FAR}
    with refused(world, "DayOutOfRange", **evidence):
        act()


@pytest.mark.req("HK-40")
@pytest.mark.parametrize("at", ["2027-01-20 00:00:00", "2027-01-20 23:59:59"])
def test_today_closes(world, calendar, at):
    today = day_of("2027-01-20")
    act = when_due(world, "GOVERNOR", calendar, "addHolidays", CODES["HK"], [today], REF)
    until(world, at)
    act()
    assert calendar.call("isOpen", CODES["HK"], today) is False


def test_tomorrow_opens(world, calendar):
    """Up to the last second of today."""
    until(world, "2027-02-05 00:00:00")
    monday = day_of("2027-02-08")
    act = when_due(world, "GOVERNOR", calendar, "removeHolidays", CODES["HK"], [monday], REF)
    until(world, "2027-02-07 23:59:59")
    act()
    assert calendar.call("isOpen", CODES["HK"], monday) is True


def test_adds_holidays_once(world, calendar, governor):
    """Of a list with old ones, a weekend and a double, only what is new is told."""
    old, new, saturday = (day_of(d) for d in ("2027-02-08", "2027-06-30", "2027-07-03"))
    list_ = [old, new, saturday, new]
    receipt = when_due(world, "GOVERNOR", calendar, "addHolidays", CODES["HK"], list_, REF)()
    said = {"code": "0x" + CODES["HK"].hex(), "operator": governor, "ref": REF_HEX}
    assert emitted(calendar, receipt) == [
        ("HolidayAdded", said | {"day": new}),
        ("HolidayAdded", said | {"day": saturday}),
    ]
    assert calendar.call("isOpen", CODES["HK"], new) is False
    assert calendar.call("isOpen", CODES["SG"], new) is True


def test_removes_holidays_once(world, calendar, governor):
    """Declared ones, too; a weekend stays closed by its rule."""
    typhoon, holiday, sunday = (day_of(d) for d in ("2027-01-22", "2027-02-08", "2027-02-07"))
    until(world, "2027-01-18 09:00:00")
    close(world, "2027-01-22")
    list_ = [typhoon, holiday, sunday, holiday]
    receipt = when_due(world, "GOVERNOR", calendar, "removeHolidays", CODES["HK"], list_, REF)()
    said = {"code": "0x" + CODES["HK"].hex(), "operator": governor, "ref": REF_HEX}
    assert emitted(calendar, receipt) == [
        ("HolidayRemoved", said | {"day": typhoon}),
        ("HolidayRemoved", said | {"day": holiday}),
    ]
    opened = [calendar.call("isOpen", CODES["HK"], d) for d in (typhoon, holiday, sunday)]
    assert opened == [True, True, False]
    assert calendar.call("isOpen", CODES["SG"], holiday) is False


@pytest.mark.parametrize("day", [FIRST_DAY | 255, (FIRST_DAY | 255) + 1, FAR - 1, FAR])
def test_a_holiday_closes_its_own_day_only(world, calendar, day):
    """At both ends of a word, and at the end of time."""
    world.act("GOVERNOR", calendar, "addCalendar", MINE, 0, 0, REF)
    world.act("GOVERNOR", calendar, "addHolidays", MINE, [day], REF)
    assert calendar.call("closedDays", MINE, day >> 8) == 1 << (day & 255)
    around = [d for d in (day - 1, day, day + 1) if d <= FAR]
    assert [calendar.call("isOpen", MINE, d) for d in around] == [d != day for d in around]


@pytest.mark.req("HK-09")
@pytest.mark.parametrize("verb", ["addHolidays", "removeHolidays"])
def test_plans_change_late(world, calendar, governor, verb):
    """Only a typhoon is declared at once."""
    data = calendar.encode(verb, CODES["HK"], [day_of("2027-06-30")], REF)
    operation = world.suite.authority.call("hashOperation", governor, calendar.address, data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        calendar.submit(data, sender=governor)


# Declared days


def test_a_declaration_needs_a_reference(world, calendar, clerk):
    with refused(world, "ReferenceRequired"):
        calendar.send("declareClosed", CODES["HK"], FIRST_DAY, NO_REF, sender=clerk)


def test_declares_nothing_in_other_calendars(world, calendar, clerk):
    with refused(world, "CalendarUnknown", code="0x" + MINE.hex()):
        calendar.send("declareClosed", MINE, FIRST_DAY, REF, sender=clerk)


@pytest.mark.req("HK-40")
@pytest.mark.parametrize(
    ("code", "at", "offset"),
    [
        ("HK", "2027-01-20 00:00:00", 0),
        ("HK", "2027-01-20 23:59:59", 0),
        # In New York it is the day before until one in the afternoon.
        ("US", "2027-01-20 12:59:59", -1),
        ("US", "2027-01-20 13:00:00", 0),
    ],
)
def test_declares_today_and_a_week_ahead(world, calendar, clerk, code, at, offset):
    """Each place's own today, to the second."""
    until(world, at)
    today = day_of("2027-01-20") + offset
    for day in (today - 1, today + 8, 0, FAR):
        evidence = {"day": day, "from": today, "to": today + 7}
        with refused(world, "DayOutOfRange", **evidence):
            calendar.send("declareClosed", CODES[code], day, REF, sender=clerk)
    for day in (today, today + 7):
        calendar.send("declareClosed", CODES[code], day, REF, sender=clerk)
        assert calendar.call("isOpen", CODES[code], day) is False


@pytest.mark.req("HK-40")
def test_a_declared_day_closes_at_once(world, calendar, clerk):
    """Here only; a second declaration tells nothing new."""
    until(world, "2027-01-20 09:00:00")
    today = day_of("2027-01-20")
    assert calendar.call("isOpen", CODES["HK"], today) is True
    receipt = close(world, "2027-01-20")
    said = {"code": "0x" + CODES["HK"].hex(), "day": today, "operator": clerk, "ref": REF_HEX}
    assert emitted(calendar, receipt) == [("ClosureDeclared", said)]
    assert calendar.call("isOpen", CODES["HK"], today) is False
    assert calendar.call("openDayAfter", CODES["HK"], today - 1, 1) == today + 1
    assert calendar.call("isOpen", CODES["SG"], today) is True
    assert emitted(calendar, close(world, "2027-01-20")) == []


def test_a_holiday_need_not_be_declared(world, calendar):
    until(world, "2027-02-08 09:00:00")
    assert emitted(calendar, close(world, "2027-02-08")) == []


@pytest.mark.req("HK-40")
def test_only_a_clerk_declares(world, calendar, stranger, governor):
    for caller in (stranger.address, governor, world.member("TELLER"), world.member("DEFERRER")):
        with refused(world, "AccessManagedUnauthorized", caller=caller):
            calendar.send("declareClosed", CODES["HK"], FIRST_DAY, REF, sender=caller)


# The due date of a redemption

DUE = {
    "the first second of a Thursday": ("2027-01-21 00:00:00", "2027-01-22"),
    "the last second of a Thursday": ("2027-01-21 23:59:59", "2027-01-22"),
    "over a weekend": ("2027-01-22 00:00:00", "2027-01-25"),
    "on a Saturday": ("2027-01-23 12:00:00", "2027-01-25"),
    "on a Sunday": ("2027-01-24 23:59:59", "2027-01-25"),
    "on a Monday": ("2027-01-25 00:00:00", "2027-01-26"),
    "over the Lunar New Year": ("2027-02-05 09:00:00", "2027-02-10"),
    "on a general holiday": ("2027-02-08 09:00:00", "2027-02-10"),
    "over Easter": ("2027-03-25 09:00:00", "2027-03-30"),
    "over Christmas": ("2027-12-24 09:00:00", "2027-12-28"),
}


@pytest.mark.req("HK-39")
@pytest.mark.req("HK-40")
@pytest.mark.parametrize("case", DUE)
def test_is_due_at_the_end_of_the_next_business_day(world, desk, customer, case):
    valid, due = DUE[case]
    number = surrender(world, customer, AMOUNT)
    until(world, valid)
    teller(world, "validate", number)
    assert desk.call("dueAt", number) == moment(f"{due} 23:59:59")
    assert desk.call("dueAt", number) == HK.due(world.chain.now(), 1)


@pytest.mark.parametrize("days_", [2, 5, 30])
def test_is_due_after_as_many_business_days_as_promised(days_):
    """Where a regime gives more time than Hong Kong's."""
    shipped = currencies()["HKD"]
    slower = replace(shipped, redemption=replace(shipped.redemption, business_days=days_))
    world = build_world(RevmChain(), overrides={"HKD": slower})
    person = world.holder()
    world.fund(person.address, FUNDS)
    bind(world, person)
    number = surrender(world, person.address, AMOUNT)
    teller(world, "validate", number)
    assert redemption(world, number).due_at == HK.due(world.chain.now(), days_)


@pytest.fixture
def due_monday(world, customer):
    """A request that became valid on a Sunday and is due on Monday, 25 January 2027."""
    until(world, "2027-01-24 12:00:00")
    number = surrender(world, customer, AMOUNT)
    teller(world, "validate", number)
    assert redemption(world, number).due_at == moment("2027-01-25 23:59:59")
    return number


def extend(world, number, day):
    desk = world.suite.desks.redemption
    return world.act("DEFERRER", desk, "extend", number, day_of(day), REASON)


def _nothing(world, number):
    return "2027-01-25 23:59:59"


def _typhoon(world, number):
    """Declared in the last second of the day itself."""
    until(world, "2027-01-25 23:59:59")
    close(world, "2027-01-25")
    return "2027-01-26 23:59:59"


def _two_typhoons(world, number):
    """The second on the day to which the first moved the date."""
    _typhoon(world, number)
    until(world, "2027-01-26 23:59:59")
    close(world, "2027-01-26")
    return "2027-01-27 23:59:59"


def _new_holiday(world, number):
    act = ("addHolidays", CODES["HK"], [day_of("2027-01-26")], REF)
    late_act = when_due(world, "GOVERNOR", world.suite.desks.calendar, *act)
    late_act()
    return "2027-01-25 23:59:59"


def _consent(world, number):
    """To a Saturday: the authority may name any day."""
    extend(world, number, "2027-01-30")
    return "2027-01-30 23:59:59"


def _consent_within_a_typhoon(world, number):
    """Where the calendar closes more days than were consented to, it has the last word."""
    extend(world, number, "2027-01-26")
    for day in (25, 26, 27):
        close(world, f"2027-01-{day}")
    return "2027-01-28 23:59:59"


MOVERS = [_nothing, _typhoon, _two_typhoons, _consent, _consent_within_a_typhoon]


@pytest.mark.req("HK-39")
@pytest.mark.req("HK-40")
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("mover", MOVERS, ids=lambda m: m.__name__.strip("_"))
def test_is_late_one_second_after_the_due_date(world, desk, due_monday, mover, late):
    """D8: whatever moved the date, to the second."""
    teller(world, "instruct", due_monday, FIRST)
    due = moment(mover(world, due_monday))
    assert desk.call("dueAt", due_monday) == redemption(world, due_monday).due_at == due
    world.chain.warp(due + late - world.chain.now())
    assert desk.call("isOverdue", due_monday) is late
    listed = (desk.call("requestOf", due_monday),) if late else ()
    assert desk.call("overdueRequests", 0, ALL) == listed
    assert is_late(world, settler(world, "settle", due_monday, FIRST)) is late
    assert desk.call("isOverdue", due_monday) is False


@pytest.mark.req("HK-40")
def test_a_typhoon_of_yesterday_moves_nothing(world, desk, calendar, clerk, due_monday):
    until(world, "2027-01-26 00:00:00")
    monday = day_of("2027-01-25")
    evidence = {"day": monday, "from": monday + 1, "to": monday + 8}
    with refused(world, "DayOutOfRange", **evidence):
        calendar.send("declareClosed", CODES["HK"], monday, REF, sender=clerk)
    assert desk.call("isOverdue", due_monday) is True


@pytest.mark.req("HK-40")
def test_a_typhoon_after_the_due_date_heals_nothing(world, desk, due_monday):
    until(world, "2027-01-26 00:00:00")
    close(world, "2027-01-26")
    assert desk.call("dueAt", due_monday) == moment("2027-01-25 23:59:59")
    assert desk.call("isOverdue", due_monday) is True


@pytest.mark.req("HK-40")
def test_a_typhoon_before_validity_counts_too(world, desk, customer):
    """Declared ahead, for the day on which it would have been due."""
    number = surrender(world, customer, AMOUNT)
    until(world, "2027-01-24 12:00:00")
    close(world, "2027-01-25")
    teller(world, "validate", number)
    assert desk.call("dueAt", number) == moment("2027-01-26 23:59:59")


@pytest.mark.req("HK-40")
def test_a_holiday_removed_later_never_moves_the_date_forward(world, desk, calendar, customer):
    """Who waits for a date may rely on it, and so may who pays."""
    number = surrender(world, customer, AMOUNT)
    until(world, "2027-02-05 09:00:00")
    teller(world, "validate", number)
    due = moment("2027-02-10 23:59:59")
    holidays = [day_of("2027-02-08"), day_of("2027-02-09")]
    world.act("GOVERNOR", calendar, "removeHolidays", CODES["HK"], holidays, REF)
    assert HK.day_of(world.chain.now()) == day_of("2027-02-07")
    assert calendar.call("openDayAfter", CODES["HK"], day_of("2027-02-05"), 1) == holidays[0]
    assert desk.call("dueAt", number) == due
    world.chain.warp(due - world.chain.now())
    assert desk.call("isOverdue", number) is False
    world.chain.warp(1)
    assert desk.call("isOverdue", number) is True


def test_a_closure_taken_back_gives_back_what_it_took(world, desk, calendar, customer):
    """Closed after validity and opened again: never before the date that validity told."""
    number = surrender(world, customer, AMOUNT)
    friday = day_of("2027-01-22")
    reopen = when_due(world, "GOVERNOR", calendar, "removeHolidays", CODES["HK"], [friday], REF)
    until(world, "2027-01-21 09:00:00")
    teller(world, "validate", number)
    assert desk.call("dueAt", number) == moment("2027-01-22 23:59:59")
    close(world, "2027-01-22")
    assert desk.call("dueAt", number) == moment("2027-01-25 23:59:59")
    until(world, "2027-01-21 23:59:59")
    reopen()
    assert desk.call("dueAt", number) == moment("2027-01-22 23:59:59")
    assert desk.call("isOverdue", number) is False


def _token(role, verb, *args):
    return lambda world, number: world.act(role, world.token, verb, *args, REF)


def _holder(role, verb):
    def act(world, number):
        world.act(role, world.token, verb, [redemption(world, number).holder], REF)

    return act


def _fee(verb, flat):
    def act(world, number):
        desk = world.suite.desks.redemption
        world.act("GOVERNOR", desk, verb, world.token.address, flat, 0, REF)

    return act


def _customer(verb, *args):
    def act(world, number):
        register, wallet = world.suite.desks.customers, redemption(world, number).holder
        world.act("REGISTRAR", register, verb, wallet, *args, REF)

    return act


def _reject(world, number):
    teller(world, "instruct", number, FIRST)
    settler(world, "reject", number, REASON)


def _delay_of_barred(world, number):
    """It moves the block of a payout, and no date."""
    teller(world, "instruct", number, FIRST)
    world.act("FREEZER", world.token, "freeze", [redemption(world, number).holder], REF)
    until(world, "2027-01-28 09:00:00")
    teller(world, "recordDelay", number, REASON)


def _elsewhere(world, number):
    for code in ("SG", "US", "EU"):
        close(world, "2027-01-25", code)


def _another(world, number):
    """Surrendered, valid later, and taken back."""
    other = surrender(world, redemption(world, number).holder, 1)
    world.chain.warp(20 * 3_600)
    teller(world, "validate", other)
    take_back(world, other, redemption(world, number).holder)


#: All that could be thought to move a date, and does not.
STILL = {
    "a delay": lambda world, number: teller(world, "recordDelay", number, REASON),
    "a delay while its holder is barred": _delay_of_barred,
    "an instruction": lambda world, number: teller(world, "instruct", number, FIRST),
    "a rejection": _reject,
    "a freeze": _holder("FREEZER", "freeze"),
    "a blacklisting": _holder("BLACKLISTER", "blacklist"),
    "a pause of redemption": _token("PAUSER", "pause", 8),
    "every pause": _token("PAUSER", "pause", 15),
    "the allow-list mode": _token("PAUSER", "enterAllowListMode"),
    "a higher fee": _fee("raiseFee", 1),
    "a lower fee": _fee("lowerFee", 0),
    "a changed account": _customer("setPayout", keccak(text="bank account 2")),
    "a lost customer": _customer("unbind"),
    "a break": lambda world, number: world.act("PAUSER", world.feed, "reportBreak", REF),
    "typhoons elsewhere": _elsewhere,
    "a holiday after the due date": _new_holiday,
    "another request": _another,
    "half a year": lambda world, number: world.chain.warp(180 * DAY),
}


@pytest.mark.req("HK-43")
@pytest.mark.parametrize("what", STILL)
def test_nothing_else_moves_the_due_date(world, desk, due_monday, what):
    """It is recorded why a request waits; the date stands."""
    due = desk.call("dueAt", due_monday)
    STILL[what](world, due_monday)
    assert desk.call("dueAt", due_monday) == redemption(world, due_monday).due_at == due
    assert desk.call("isOverdue", due_monday) is (world.chain.now() > due)


def test_says_why_a_request_waits(world, desk, due_monday):
    receipt = teller(world, "recordDelay", due_monday, REASON)
    said = {"id": due_monday, "operator": world.member("TELLER"), "reason": REASON_HEX}
    assert emitted(desk, receipt) == [("DelayRecorded", said)]


# Consent


@pytest.mark.req("HK-43")
def test_extends_by_consent(world, desk, due_monday):
    """More than once, and each time later."""
    due, operator = moment("2027-01-26 23:59:59"), world.member("DEFERRER")
    said = {"id": due_monday, "operator": operator, "consentRef": REASON_HEX}
    receipt = extend(world, due_monday, "2027-01-26")
    assert emitted(desk, receipt) == [("DueDateExtended", said | {"dueAt": due})]
    assert desk.call("dueAt", due_monday) == due
    receipt = extend(world, due_monday, "2027-01-27")
    assert emitted(desk, receipt) == [("DueDateExtended", said | {"dueAt": due + DAY})]
    assert desk.call("dueAt", due_monday) == due + DAY


@pytest.mark.req("HK-43")
@pytest.mark.parametrize("mover", MOVERS, ids=lambda m: m.__name__.strip("_"))
@pytest.mark.parametrize("back", [0, 1, 20_000])
def test_extends_only_to_a_later_day(world, desk, due_monday, mover, back):
    """Than the one in force, whatever moved it there."""
    due = moment(mover(world, due_monday))
    args = (due_monday, HK.day_of(due) - back, REASON)
    act = when_due(world, "DEFERRER", desk, "extend", *args)
    evidence = {"id": due_monday, "asked": due - back * DAY, "dueAt": due}
    with refused(world, "DueDateNotLater", **evidence):
        act()


@pytest.mark.req("HK-43")
def test_extends_late_and_by_the_deferrer_only(world, desk, stranger, governor, due_monday):
    data = desk.encode("extend", due_monday, day_of("2027-01-26"), REASON)
    for caller in (stranger.address, governor, world.member("TELLER"), world.member("CLERK")):
        with refused(world, "AccessManagedUnauthorized", caller=caller):
            desk.submit(data, sender=caller)
    deferrer = world.member("DEFERRER")
    operation = world.suite.authority.call("hashOperation", deferrer, desk.address, data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        desk.submit(data, sender=deferrer)


def extension(world, number, day, at):
    """An extension that can be done at this moment, which has come."""
    world.chain.warp(at - roles().roles["DEFERRER"].delay - world.chain.now())
    desk = world.suite.desks.redemption
    act = when_due(world, "DEFERRER", desk, "extend", number, day, REASON)
    assert world.chain.now() == at
    return act


@pytest.mark.req("HK-43")
@pytest.mark.parametrize("mover", MOVERS, ids=lambda m: m.__name__.strip("_"))
@pytest.mark.parametrize("ahead", [-1, 0, 1, 30])
def test_a_consent_comes_before_the_due_date(world, desk, due_monday, mover, ahead):
    """What is overdue stays so, whatever moved the date and whatever day is asked for."""
    due = moment(mover(world, due_monday))
    act = extension(world, due_monday, HK.day_of(due) + ahead, due + 1)
    with refused(world, "DueDatePassed", id=due_monday, dueAt=due):
        act()
    assert desk.call("isOverdue", due_monday) is True


@pytest.mark.req("HK-43")
@pytest.mark.parametrize("mover", MOVERS, ids=lambda m: m.__name__.strip("_"))
def test_extends_to_the_last_second(world, desk, due_monday, mover):
    due = moment(mover(world, due_monday))
    extension(world, due_monday, HK.day_of(due) + 1, due)()
    assert desk.call("dueAt", due_monday) == due + DAY


@pytest.mark.req("HK-43")
@pytest.mark.parametrize("at", ["2027-01-25 00:00:00", "2027-01-25 23:59:59"])
@pytest.mark.parametrize("day", [LATEST + 1, 12_746_661, FAR])
def test_extends_by_a_year_at_most(world, due_monday, at, day):
    """Nor to a day whose end would not fit its record."""
    act = extension(world, due_monday, day, moment(at))
    with refused(world, "DueDateTooLate", id=due_monday, day=day, latest=LATEST):
        act()


@pytest.mark.req("HK-43")
@pytest.mark.parametrize("at", ["2027-01-25 00:00:00", "2027-01-25 23:59:59"])
def test_extends_by_a_year(world, desk, due_monday, at):
    extension(world, due_monday, LATEST, moment(at))()
    assert desk.call("dueAt", due_monday) == HK.end_of(LATEST)
