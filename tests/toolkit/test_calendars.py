"""Business days are counted in standard time, and what is not declared is not guessed.

load_calendars
├── given a wrong declaration
│   └── it refuses, and names the file and what is wrong
└── given the four of the suite
    └── every closed day is a weekday, or a weekend day that is known to be one
due
├── given a year without declared holidays
│   └── it refuses
├── given a count below one
│   └── it refuses
└── given a moment and a count
    └── it is the last second of the n-th open day after the moment's day
"""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.calendars import DAY, day_text, load_calendar, load_calendars, parse_day
from pegboard.errors import ConfigError, InputError
from tests.support.world import ROOT

FOLDER = ROOT / "calendars"
CALENDARS = load_calendars(FOLDER)
HK, EU, US, SG = (CALENDARS[code] for code in ("HK", "EU", "US", "SG"))
TEXT = (FOLDER / "hk.toml").read_text()

#: The official lists name these too; closed as every week, they are in the files for comparison.
ON_A_WEEKEND = {
    "HK": "2026-04-04 2026-09-26 2026-12-26 2027-02-06 2027-03-27 2027-05-01 2027-12-25",
    "EU": "2026-12-26 2027-05-01 2027-12-25 2027-12-26",
    "US": "2026-07-04 2027-06-19 2027-07-04 2027-12-25",
    "SG": "2026-03-21 2026-05-31 2026-08-09 2026-11-08 2027-02-06 2027-02-07 2027-05-01 2027-12-25",
}


def changed(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


def at(calendar, text):
    """The moment at which a clock that shows the calendar's standard time shows this."""
    zone = timezone(timedelta(seconds=calendar.utc_offset))
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def due(calendar, text, days=1):
    """The day at whose end it is due."""
    end = calendar.due(at(calendar, text), days)
    assert calendar.day_of(end) + 1 == calendar.day_of(end + 1)
    return day_text(calendar.day_of(end))


# The declarations


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('code = "HK"\n', "", "code is missing"),
        ('code = "HK"', 'code = "hk"', "code must be two capital letters"),
        ('code = "HK"', 'code = "HKG"', "code must be two capital letters"),
        ('code = "HK"', "code = 5", "code has the wrong type"),
        ('name = "Hong Kong"', 'name = ""', "name and source must not be empty"),
        ('source = "General', 'sauce = "General', "source is missing"),
        ('"+08:00"', '"8"', "'8' is not a utc_offset: write standard time, such as"),
        ('"+08:00"', '"08:00"', "is not a utc_offset"),
        ('"+08:00"', '"+8:00"', "is not a utc_offset"),
        ('"+08:00"', '"+14:01"', "is not a utc_offset"),
        ('"+08:00"', '"-15:00"', "is not a utc_offset"),
        ('"+08:00"', '"+08:60"', "is not a utc_offset"),
        ('"+08:00"', '"Asia/Hong_Kong"', "is not a utc_offset"),
        ('"+08:00"', "28800", "utc_offset has the wrong type"),
        ('"Saturday", "Sunday"', '"Saturday", "sunday"', "'sunday' is not a day of the week"),
        ('"Saturday", "Sunday"', '"Sunday", "Sunday"', "distinct days"),
        ('"Saturday", "Sunday"', "5, 6", "weekend must be a list of strings"),
        (
            '"Saturday", "Sunday"',
            '"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"',
            "not the whole week",
        ),
        ('["Saturday", "Sunday"]', '"Sunday"', "weekend has the wrong type"),
        ("2026-02-17", "2026-02-30", "'2026-02-30' is not a day"),
        ("2026-02-17", "17-02-2026", "'17-02-2026' is not a day"),
        ("2026-02-17", "20260217", "'20260217' is not a day"),
        ("2026-02-17", "2026-02-18", "not valid TOML"),
        ("2026-02-17", "2024-02-18", "a year between the first and the last has none"),
        ('"Labour Day"', '""', "2026-05-01 must have a name"),
        ('"Labour Day"', "1", "2026-05-01 must have a name"),
        ("[holidays]", "[holiday]", "holidays is missing"),
        ("[holidays]", "holidays = {}\n[days]", "holidays is empty"),
        ("[holidays]", "extra = 1\n[holidays]", "unknown key extra"),
        ('name = "Hong Kong"', 'name = "Hong Kong', "not valid TOML"),
    ],
)
def test_a_wrong_calendar_is_refused(tmp_path, old, new, message):
    path = tmp_path / "hk.toml"
    path.write_text(changed(TEXT, old, new))
    with pytest.raises(ConfigError, match=message) as caught:
        load_calendar(path)
    assert str(caught.value).count("hk.toml") == 1


def test_files_are_called_by_their_code(tmp_path):
    (tmp_path / "sg.toml").write_text(TEXT)
    with pytest.raises(ConfigError, match=r"sg\.toml declares HK: call it hk\.toml"):
        load_calendars(tmp_path)


def test_no_calendar_at_all(tmp_path):
    with pytest.raises(ConfigError, match="no calendar is declared"):
        load_calendars(tmp_path)
    with pytest.raises(ConfigError, match="cannot read"):
        load_calendar(tmp_path / "nothing.toml")


def test_the_four_calendars():
    said = {c.code: (c.utc_offset, f"{c.weekend:07b}", c.first, c.last) for c in CALENDARS.values()}
    span = (parse_day("2026-01-01"), parse_day("2027-12-31"))
    assert said == {
        "HK": (8 * 3600, "1100000", *span),
        "EU": (3600, "1100000", *span),
        "US": (-5 * 3600, "1100000", *span),
        "SG": (8 * 3600, "1100000", *span),
    }
    for calendar in CALENDARS.values():
        assert "Check every date" in calendar.source, "nobody should take these dates on trust"


@pytest.mark.parametrize("code", CALENDARS)
def test_every_closed_day_is_a_weekday_or_known_not_to_be(code):
    """A date that is wrong by a day often falls on a weekend."""
    calendar = CALENDARS[code]
    weekend = [day_text(day) for day in sorted(calendar.holidays) if calendar.is_weekend(day)]
    assert weekend == ON_A_WEEKEND[code].split()
    for day in calendar.holidays:
        assert calendar.is_weekend(day) == (date.fromisoformat(day_text(day)).weekday() > 4)


@pytest.mark.parametrize("year", [2026, 2027])
def test_how_many_days_are_on_the_official_lists(year):
    count = {
        code: sum(day_text(day).startswith(str(year)) for day in calendar.holidays)
        for code, calendar in CALENDARS.items()
    }
    sundays_of_singapore = {2026: 3, 2027: 1}[year]  # each followed by a Monday
    moved_by_the_fed = {2026: 0, 2027: 1}[year]
    assert count == {
        "HK": 17,
        "EU": 6,
        "US": 11 + moved_by_the_fed,
        "SG": 11 + sundays_of_singapore,
    }


def easter(year):
    """Easter Sunday, by the rule of Meeus, Jones and Butcher."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), g = divmod(b, 4), (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + m - 7 * ((a + 11 * h + 22 * m) // 451) + 114, 31)
    return date(year, month, day + 1)


@pytest.mark.parametrize("year", [2026, 2027])
def test_days_that_follow_a_rule(year):
    """Good Friday, Easter Monday, and the Mondays and Thursday of the Federal Reserve."""

    def nth(month, weekday, n):
        first = date(year, month, 1)
        return first + timedelta((weekday - first.weekday()) % 7 + 7 * (n - 1))

    good_friday, easter_monday = easter(year) - timedelta(2), easter(year) + timedelta(1)
    for calendar in (HK, EU, SG):
        assert calendar.holidays[parse_day(str(good_friday))] == "Good Friday"
    for calendar in (HK, EU):
        assert not calendar.is_open(parse_day(str(easter_monday)))
    assert US.is_open(parse_day(str(good_friday)))
    last_monday_of_may = max(nth(5, 0, 4), nth(5, 0, 5), key=lambda d: (d.month == 5, d))
    by_rule = {
        "Birthday of Martin Luther King, Jr.": nth(1, 0, 3),
        "Washington's Birthday": nth(2, 0, 3),
        "Memorial Day": last_monday_of_may,
        "Labor Day": nth(9, 0, 1),
        "Columbus Day": nth(10, 0, 2),
        "Thanksgiving Day": nth(11, 3, 4),
    }
    declared = {name: day for day, name in US.holidays.items() if day_text(day)[:4] == str(year)}
    assert {name: declared[name] for name in by_rule} == {
        name: parse_day(str(day)) for name, day in by_rule.items()
    }


@pytest.mark.parametrize("year", [2026, 2027])
def test_a_sunday_is_made_up_for_on_the_next_free_day(year):
    """Where the law moves holidays, none is lost on a Sunday; a Saturday is lost."""
    for calendar in (SG, US):
        for day in calendar.holidays:
            if (day + 3) % 7 == 6 and day_text(day)[:4] == str(year):
                assert calendar.holidays[day + 1].endswith(("substituted", "observed"))
    assert not [day for day in HK.holidays if (day + 3) % 7 == 6], "every Sunday is one anyway"


# Days


def test_days_are_numbered_from_1970():
    assert parse_day("1970-01-01") == 0
    assert (parse_day("2026-01-01"), day_text(20454)) == (20454, "2026-01-01")
    assert HK.day_of(0) == 0
    assert US.day_of(0) == -1
    assert date(1970, 1, 1).strftime("%A") == "Thursday"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-2-1",
        "2026-02-30",
        "20260201",
        "2026-02-01T00:00",
        " 2026-02-01",
        "\uff12026-02-01",
    ],
)
def test_what_is_no_day(text):
    with pytest.raises(InputError, match="is not a day: write it as 2026-01-31"):
        parse_day(text)


@given(st.dates())
def test_days_read_back(day):
    assert day_text(parse_day(day.isoformat())) == day.isoformat()


def test_a_time_in_milliseconds_is_not_taken_for_one_in_seconds():
    with pytest.raises(InputError, match="is not the number of a day"):
        HK.due(1_769_850_000_000, 1)


@pytest.mark.parametrize("code", CALENDARS)
def test_a_day_lasts_from_midnight_to_midnight_in_standard_time(code):
    calendar = CALENDARS[code]
    day = parse_day("2026-02-10")
    assert calendar.end_of(day) == at(calendar, "2026-02-10T23:59:59")
    assert calendar.day_of(at(calendar, "2026-02-10T00:00:00")) == day
    assert calendar.day_of(calendar.end_of(day)) == day
    assert calendar.day_of(calendar.end_of(day) + 1) == day + 1


def test_summer_time_is_not_followed():
    """An hour late in summer, never early: the chain knows one offset for a place."""
    for calendar, zone in ((US, "America/New_York"), (EU, "Europe/Berlin")):
        for day, clock in (("2026-01-12", "23:59:59"), ("2026-07-13", "00:59:59")):
            end = datetime.fromtimestamp(calendar.end_of(parse_day(day)), ZoneInfo(zone))
            assert end.strftime("%H:%M:%S") == clock
    for calendar, zone in ((HK, "Asia/Hong_Kong"), (SG, "Asia/Singapore")):
        end = datetime.fromtimestamp(calendar.end_of(parse_day("2026-07-13")), ZoneInfo(zone))
        assert end.strftime("%H:%M:%S") == "23:59:59"


# Due dates


@pytest.mark.req("HK-40")
@pytest.mark.parametrize(
    ("moment", "days", "day"),
    [
        ("2026-01-12T09:00:00", 1, "2026-01-13"),
        ("2026-01-12T00:00:00", 1, "2026-01-13"),
        ("2026-01-12T23:59:59", 1, "2026-01-13"),
        ("2026-01-13T00:00:00", 1, "2026-01-14"),
        ("2026-01-16T09:00:00", 1, "2026-01-19"),  # Friday
        ("2026-01-17T09:00:00", 1, "2026-01-19"),  # Saturday
        ("2026-01-18T23:59:59", 1, "2026-01-19"),  # Sunday
        ("2026-02-13T17:00:00", 1, "2026-02-16"),  # the Monday before Lunar New Year
        ("2026-02-16T17:00:00", 1, "2026-02-20"),  # its eve
        ("2026-02-17T12:00:00", 1, "2026-02-20"),  # Lunar New Year's Day itself
        ("2027-02-05T17:00:00", 1, "2027-02-10"),  # the Friday before a long one
        ("2026-04-02T17:00:00", 1, "2026-04-08"),  # Easter and Ching Ming
        ("2026-04-02T17:00:00", 3, "2026-04-10"),
        ("2026-05-22T17:00:00", 1, "2026-05-26"),  # the Birthday of the Buddha, on a Sunday
        ("2026-09-25T17:00:00", 1, "2026-09-28"),  # Mid-Autumn, on a Saturday
        ("2026-12-24T17:00:00", 1, "2026-12-28"),  # Christmas
        ("2026-12-31T17:00:00", 1, "2027-01-04"),  # the year's end
        ("2026-12-31T17:00:00", 2, "2027-01-05"),
        ("2027-12-24T17:00:00", 1, "2027-12-28"),  # Christmas on a weekend
        ("2027-12-30T17:00:00", 1, "2027-12-31"),
        ("2026-01-12T09:00:00", 5, "2026-01-19"),
    ],
)
def test_due_in_hong_kong(moment, days, day):
    assert due(HK, moment, days) == day


@pytest.mark.parametrize(
    ("code", "moment", "day"),
    [
        ("EU", "2026-04-02T17:00:00", "2026-04-07"),
        ("EU", "2026-04-30T17:00:00", "2026-05-04"),
        ("EU", "2026-05-13T17:00:00", "2026-05-14"),  # Ascension Day: TARGET is open
        ("EU", "2026-12-24T17:00:00", "2026-12-28"),
        ("US", "2026-07-02T17:00:00", "2026-07-03"),  # a Friday before a Saturday: open
        ("US", "2027-07-02T17:00:00", "2027-07-06"),  # a Sunday: the Monday is closed
        ("US", "2026-11-25T17:00:00", "2026-11-27"),
        ("US", "2026-04-02T17:00:00", "2026-04-03"),  # Good Friday: the Fed is open
        ("SG", "2026-08-07T17:00:00", "2026-08-11"),
        ("SG", "2027-02-05T17:00:00", "2027-02-09"),
        ("SG", "2026-11-06T17:00:00", "2026-11-10"),
    ],
)
def test_due_elsewhere(code, moment, day):
    assert due(CALENDARS[code], moment) == day


@pytest.mark.req("HK-40")
def test_no_saturday_and_no_sunday_is_a_business_day():
    for day in range(HK.first, HK.last + 1):
        if date.fromisoformat(day_text(day)).weekday() > 4:
            assert not HK.is_open(day)


@pytest.mark.req("HK-40")
def test_a_year_that_is_not_declared_is_refused():
    """Without its holidays a deadline would come too early, and nobody would notice."""
    moment = at(HK, "2027-12-31T09:00:00")
    message = "the calendar HK knows 2026-01-01 to 2027-12-31, not 2028-01-01: add the holidays"
    with pytest.raises(InputError, match=message):
        HK.due(moment, 1)
    with pytest.raises(InputError, match="not 2025-12-31"):
        HK.is_open(HK.first - 1)
    assert HK.is_open(HK.last)


@pytest.mark.parametrize("count", [0, -1])
def test_a_deadline_needs_a_business_day(count):
    with pytest.raises(InputError, match="give at least 1"):
        HK.due(at(HK, "2026-01-12T09:00:00"), count)


_CODES = st.sampled_from(sorted(CALENDARS))
_MOMENTS = st.integers(
    int(datetime(2026, 1, 2, tzinfo=UTC).timestamp()),
    int(datetime(2027, 10, 1, tzinfo=UTC).timestamp()),
)
_DAYS = st.integers(1, 30)


@pytest.mark.req("HK-40")
@given(code=_CODES, moment=_MOMENTS, days=_DAYS)
def test_a_deadline_is_the_end_of_an_open_day(code, moment, days):
    """Between the moment's day and the deadline lie exactly so many open days."""
    calendar = CALENDARS[code]
    end = calendar.due(moment, days)
    day = calendar.day_of(end)
    assert calendar.is_open(day)
    assert end == calendar.end_of(day)
    assert (end + 1 + calendar.utc_offset) % DAY == 0
    assert sum(calendar.is_open(d) for d in range(calendar.day_of(moment) + 1, day + 1)) == days
    assert end - moment >= DAY * days


@given(code=_CODES, moment=_MOMENTS, later=st.integers(0, 20 * DAY), days=_DAYS)
def test_who_asks_later_or_for_more_is_never_due_earlier(code, moment, later, days):
    calendar = CALENDARS[code]
    assert calendar.due(moment, days) <= calendar.due(moment + later, days)
    assert calendar.due(moment, days) < calendar.due(moment, days + 1)


@given(code=_CODES, moment=_MOMENTS, one=_DAYS, other=_DAYS)
def test_counting_on_is_counting_at_once(code, moment, one, other):
    calendar = CALENDARS[code]
    assert calendar.due(calendar.due(moment, one), other) == calendar.due(moment, one + other)
