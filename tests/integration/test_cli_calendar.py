"""`calendar` on a real node, whose clock shows Friday, 15 January 2027, 16:00 in Hong Kong.

show
└── the closed days of a year: on chain, in the file, or both

due
├── given a year that the file does not know: refuses
├── given a chain and a file that agree: says so
└── given a typhoon that only the chain knows of: says both, exit code 1

declare
├── given a day that is past or more than a week ahead, or no reference: refuses
├── given somebody who is not CLERK: refuses
└── else: closes it at once; a second run, or a weekend, does nothing

add, remove
├── given a weekend, or a day that is over when GOVERNOR may act: refuses, nothing waits
├── given days that are so already: nothing to do
└── else: scheduled, then done by the same command

the name
└── the standard library's calendar is still that
"""

import subprocess
import sys
from pathlib import Path

import pytest
from ape import networks

from pegboard.inputs import moment
from tests.integration.conftest import blocks, now, warp
from tests.support.world import ROOT

#: 16:00 in Hong Kong.
START = "2027-01-15T08:00:00Z"
CLERK, GOVERNOR, STRANGER = 49, 2, 39
DAY = 86_400


@pytest.fixture(scope="module")
def clock():
    """The files of the calendars end some day; the tests should not."""
    provider = networks.provider
    real = provider.get_block("latest").timestamp
    provider.make_request("evm_setTime", [moment(START)])
    provider.make_request("anvil_mine", ["0x1"])
    yield
    provider.make_request("evm_setTime", [real])


@pytest.fixture(scope="module")
def records(records, clock):
    """The console deploys with these, so only after the clock was set."""
    return records


def due(console, *words, code=0, place="HK"):
    answer = console.run("calendar", "due", place, *words, "--json")
    assert answer.code == code, answer
    return answer.json


def declared(console, day, ref="Signal 8, T9"):
    return console.act(CLERK, "calendar", "declare", "HK", day, "--ref", ref).json


def test_the_clock_shows_that(console):
    assert 0 <= now() - moment(START) < 600


# Show


@pytest.mark.req("HK-40")
def test_the_closed_days_of_a_year(console):
    shown = console.run("calendar", "show", "HK", "--json").json
    assert (shown["calendar"], shown["name"], shown["year"]) == ("HK", "Hong Kong", 2027)
    assert (shown["utcOffset"], shown["weekend"]) == (28800, ["Saturday", "Sunday"])
    days = {entry["day"]: entry for entry in shown["closedDays"]}
    assert len(days) == 17
    assert all(entry["inFile"] for entry in days.values())
    # New Year was past when the chain was set up.
    missing = [day for day, e in days.items() if not e["onChain"] and not e["weekend"]]
    assert missing == ["2027-01-01"]
    assert days["2027-02-08"] == {
        "day": "2027-02-08",
        "name": "The third day of Lunar New Year",
        "onChain": True,
        "inFile": True,
        "weekend": False,
    }


@pytest.mark.req("HK-40")
def test_a_typhoon_is_on_chain_only(console):
    declared(console, "2027-01-18")
    lines = console.run("calendar", "show", "hk", "--year", "2027").out.splitlines()
    assert lines[:3] == [
        "HK, Hong Kong: closed every Saturday and Sunday, and in 2027 on",
        "2027-01-01  FILE ONLY               The first day of January",
        "2027-01-18  chain only",
    ]
    assert "2027-02-06  file only, on a weekend Lunar New Year's Day" in lines
    assert "2027-02-08  chain and file          The third day of Lunar New Year" in lines


def test_a_year_that_nobody_knows_is_empty(console):
    assert (
        console.run("calendar", "show", "HK", "--year", "2031", "--json").json["closedDays"] == []
    )
    assert console.run("calendar", "show", "HK", "--year", "1969").code == 2


@pytest.mark.parametrize("place", ["EU", "US", "SG"])
def test_every_place_is_there(console, place):
    shown = console.run("calendar", "show", place, "--json").json
    assert shown["calendar"] == place
    assert due(console, "--days", "30", place=place)["agree"] is True


def test_an_unknown_place(console):
    for words in (("show", "XX"), ("due", "XX", "--days", "1")):
        answer = console.run("calendar", *words)
        assert answer.code == 1
        assert "'XX' is no calendar of calendars/; there is EU, HK, SG, US" in answer.err
    for words in (("declare", "XX", "2027-01-18"), ("add", "HKD", "2027-01-18")):
        assert "is no calendar of" in console.refused(CLERK, "calendar", *words, "--ref", "T9")


# Due


@pytest.mark.req("HK-40")
@pytest.mark.parametrize(
    ("start", "days", "day"),
    [
        (START, 1, "2027-01-18"),
        ("2027-01-15T15:59:59Z", 1, "2027-01-18"),
        ("2027-01-15T16:00:00Z", 1, "2027-01-18"),  # Saturday in Hong Kong
        ("2027-01-17T16:00:00Z", 1, "2027-01-19"),  # Monday there
        ("2027-02-05T08:00:00Z", 1, "2027-02-10"),
        ("2027-02-05T08:00:00Z", 30, "2027-03-23"),
    ],
)
def test_chain_and_file_agree(console, start, days, day):
    found = due(console, "--days", str(days), "--from", start)
    assert found == {
        "chainId": 31337,
        "calendar": "HK",
        "from": start,
        "days": days,
        "chain": f"{day}T15:59:59Z",
        "file": f"{day}T15:59:59Z",
        "agree": True,
        "differing": [],
    }


def test_now_is_the_default(console):
    assert due(console, "--days", "1")["chain"] == "2027-01-18T15:59:59Z"
    answer = console.run("calendar", "due", "HK", "--days", "1")
    assert answer.code == 0
    first, *rest = answer.out.splitlines()
    assert first.startswith("Open day 1 of HK after 2027-01-15T08:")
    assert rest == [
        "  2027-01-18T15:59:59Z, says the chain",
        "  2027-01-18T15:59:59Z, says the file",
    ]


@pytest.mark.req("HK-40")
def test_a_typhoon_makes_a_difference(console):
    declared(console, "2027-01-18")
    found = due(console, "--days", "1", "--from", START, code=1)
    assert (found["chain"], found["file"]) == ("2027-01-19T15:59:59Z", "2027-01-18T15:59:59Z")
    assert (found["agree"], found["differing"]) == (False, ["2027-01-18"])
    answer = console.run("calendar", "due", "HK", "--days", "1", "--from", START)
    assert answer.code == 1
    assert "THEY DIFFER, on 2027-01-18: the chain's counts" in answer.out
    # The other places know nothing of it.
    assert due(console, "--days", "1", place="SG")["agree"] is True


def test_a_day_that_was_past_at_the_start_differs_too(console):
    """The chain never learnt of New Year, which was over."""
    found = due(console, "--days", "1", "--from", "2026-12-31T04:00:00Z", code=1)
    assert (found["chain"], found["file"]) == ("2027-01-01T15:59:59Z", "2027-01-04T15:59:59Z")
    assert found["differing"] == ["2027-01-01"]


@pytest.mark.req("HK-40")
def test_a_year_without_holidays_is_not_guessed(console):
    for start in ("2027-12-31T04:00:00Z", "1960-01-01T00:00:00Z"):
        answer = console.run("calendar", "due", "HK", "--days", "1", "--from", start)
        assert answer.code == 1
        assert "the calendar HK knows 2026-01-01 to 2027-12-31, not" in answer.err
        assert "add the holidays of that year to its file" in answer.err


def test_what_cannot_be_counted(console):
    for words in ((), ("--days", "0"), ("--days", "31"), ("--days", "one")):
        answer = console.run("calendar", "due", "HK", *words)
        assert (answer.code, answer.out) == (2, "")
        assert "--days" in answer.err
    answer = console.run("calendar", "due", "HK", "--days", "1", "--from", "yesterday")
    assert answer.code == 1
    assert "not a time" in answer.err


# Declare


@pytest.mark.req("HK-40")
def test_a_day_is_closed_at_once(console):
    for day in ("2027-01-15", "2027-01-22"):  # today, and the last of seven
        done = declared(console, day)
        assert (done["outcome"], done["calendar"], done["days"]) == ("done", "HK", [day])
        before = blocks()
        assert declared(console, day)["outcome"] == "nothing"
        assert blocks() == before
    assert declared(console, "2027-01-16")["outcome"] == "nothing", "a Saturday is closed anyway"


@pytest.mark.req("HK-40")
def test_days_that_cannot_be_declared(console):
    before = blocks()
    for day in ("2027-01-14", "2027-01-23", "1960-01-01", "9999-12-31"):
        message = console.refused(CLERK, "calendar", "declare", "HK", day, "--ref", "T9")
        assert message == (f"{day} cannot be declared: only 2027-01-15 to 2027-01-22 can be")
    words = ("calendar", "declare", "HK")
    assert "not a day" in console.refused(CLERK, *words, "tomorrow", "--ref", "T9")
    assert "add --ref" in console.refused(CLERK, *words, "2027-01-18")
    message = console.refused(STRANGER, *words, "2027-01-18", "--ref", "T9")
    assert "that takes CLERK" in message
    assert blocks() == before


def test_what_is_declared_is_shown_first(console):
    words = ("calendar", "declare", "HK", "2027-01-18", "--ref", "T9")
    answer = console.run(*words, "--account", f"TEST::{CLERK}", stdin="n\n")
    assert answer.code == 1
    said = " ".join(answer.err.split())
    assert "close Monday 2027-01-18 in Hong Kong at once; open deadlines move" in said
    assert "Sign and send this?" in said


def test_the_day_is_the_places_own(console):
    """It is Saturday in Hong Kong when it is Friday evening in London."""
    warp(8 * 3600)
    message = console.refused(CLERK, "calendar", "declare", "HK", "2027-01-15", "--ref", "T9")
    assert "only 2027-01-16 to 2027-01-23 can be" in message


# Add and remove


@pytest.mark.req("HK-40")
def test_days_are_added_after_the_delay(console):
    words = ("calendar", "add", "HK", "2027-03-02", "2027-03-01", "--ref", "Gazette 7")
    first = console.act(GOVERNOR, *words, code=3).json
    assert (first["outcome"], first["days"]) == ("scheduled", ["2027-03-01", "2027-03-02"])
    early = console.act(GOVERNOR, *words, code=3).json
    assert early["readyAt"] == first["readyAt"]
    warp(2 * DAY)
    # The order of the days does not matter, nor naming one twice.
    again = ("calendar", "add", "HK", "2027-03-01", "2027-03-02", "2027-03-01")
    assert console.act(GOVERNOR, *again, "--ref", "Gazette 7").json["outcome"] == "done"
    before = blocks()
    assert console.act(GOVERNOR, *words).json["outcome"] == "nothing"
    assert blocks() == before
    found = due(console, "--days", "1", "--from", "2027-02-26T04:00:00Z", code=1)
    assert found["differing"] == ["2027-03-01", "2027-03-02"]
    assert (
        "THEY DIFFER, on 2027-03-01, 2027-03-02"
        in console.run("calendar", "due", "HK", "--days", "1", "--from", "2027-02-26T04:00:00Z").out
    )


@pytest.mark.req("HK-40")
def test_days_are_opened_again_after_the_delay(console):
    words = ("calendar", "remove", "HK", "2027-03-26", "--ref", "Gazette 8")
    waiting = console.run(*words, "--account", f"TEST::{GOVERNOR}", "--yes")
    assert waiting.code == 3
    said = "open Friday 2027-03-26 in Hong Kong again; what is due stays due, reference Gazette 8"
    assert f"Scheduled: {said}" in waiting.out
    warp(2 * DAY)
    assert console.act(GOVERNOR, *words).json["outcome"] == "done"
    assert console.act(GOVERNOR, *words).json["outcome"] == "nothing"
    assert due(console, "--days", "1", "--from", "2027-03-25T04:00:00Z", code=1)["differing"] == [
        "2027-03-26"
    ]
    # Some closed, some not: what is left is done.
    both = ("calendar", "add", "HK", "2027-03-26", "2027-03-29", "--ref", "Gazette 9")
    assert console.act(GOVERNOR, *both, code=3).json["outcome"] == "scheduled"
    warp(2 * DAY)
    assert console.act(GOVERNOR, *both).json["outcome"] == "done"


@pytest.mark.req("HK-40")
def test_what_is_too_late_is_refused_before_it_waits(console):
    """GOVERNOR may act on Sunday; a removal starts on the day after."""
    before = blocks()
    message = console.refused(GOVERNOR, "calendar", "add", "HK", "2027-01-15", "--ref", "G")
    assert message == "too late for that: when GOVERNOR may act, 2027-01-17 is the first day left"
    declared(console, "2027-01-18")
    before = blocks()
    warp(DAY)
    message = console.refused(GOVERNOR, "calendar", "remove", "HK", "2027-01-18", "--ref", "G")
    assert message == "too late for that: when GOVERNOR may act, 2027-01-19 is the first day left"
    assert blocks() == before + 1, "only time has passed"


def test_the_first_day_that_is_left(console):
    """To the day: what is not refused at first is done when it is due."""
    warp(DAY)  # Saturday, so that GOVERNOR may act on Monday
    declared(console, "2027-01-19")
    for verb, day in (("add", "2027-01-18"), ("remove", "2027-01-19")):
        words = ("calendar", verb, "HK", day, "--ref", "G")
        assert console.act(GOVERNOR, *words, code=3).json["outcome"] == "scheduled"
    warp(2 * DAY)
    for verb, day in (("add", "2027-01-18"), ("remove", "2027-01-19")):
        words = ("calendar", verb, "HK", day, "--ref", "G")
        assert console.act(GOVERNOR, *words).json["outcome"] == "done"


def test_what_was_scheduled_and_left_is_refused_when_it_is_too_late(console):
    words = ("calendar", "add", "HK", "2027-01-18", "--ref", "G")
    console.act(GOVERNOR, *words, code=3)
    warp(4 * DAY)
    assert "2027-01-19 is the first day left" in console.refused(GOVERNOR, *words)


@pytest.mark.parametrize("verb", ["add", "remove"])
def test_days_that_cannot_be_changed(console, verb):
    before = blocks()
    words = ("calendar", verb, "HK")
    message = console.refused(GOVERNOR, *words, "2027-03-01", "2027-03-06", "2027-03-07")
    assert message == "2027-03-06, 2027-03-07: a weekend, closed every week, whatever is listed"
    assert "not a day" in console.refused(GOVERNOR, *words, "2027-3-1")
    assert "DAY" in console.act(GOVERNOR, *words, code=2).err
    day = {"add": "2027-03-01", "remove": "2027-03-26"}[verb]
    assert "that takes GOVERNOR" in console.refused(CLERK, *words, day)
    assert blocks() == before


def test_nothing_to_do(console):
    for words in (("add", "HK", "2027-03-26"), ("remove", "HK", "2027-03-01")):
        assert console.act(GOVERNOR, "calendar", *words).json["outcome"] == "nothing"


def test_a_chain_that_does_not_know_the_place(console, monkeypatch):
    monkeypatch.setattr("pegboard.cli.calendar.calendar_code", lambda _: b"XX".ljust(32, b"\0"))
    answer = console.run("calendar", "show", "HK")
    assert answer.code == 1
    assert "CalendarUnknown" in answer.err
    assert "run apply, which adds the calendars that are declared" in answer.err


# The name


@pytest.mark.parametrize(
    "command",
    [
        ("ape", "run", "calendar", "--help"),
        ("ape", "run", "queue", "--help"),
        ("ape", "run", "customers", "--help"),
        ("pegboard", "calendar", "--help"),
    ],
    ids=" ".join,
)
def test_the_scripts_name_harms_nobody(command):
    """`calendar` and `queue` are modules of the standard library, which many others import."""
    path = Path(sys.executable).with_name(command[0])
    probe = f"""
import runpy, sys
sys.argv = {list(command)!r}
for name in ("calendar", "queue", "email.utils", "email._parseaddr", "http.cookiejar"):
    sys.modules.pop(name, None)
try:
    runpy.run_path({str(path)!r}, run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
import calendar, email.utils, http.cookiejar, queue
assert sys.modules["calendar"].__file__ == calendar.__file__
assert queue.SimpleQueue().empty()
print("LIBRARY", calendar.__file__, calendar.monthrange(2027, 2)[1])
"""
    found = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True
    )
    told = next(line for line in found.stdout.splitlines() if line.startswith("LIBRARY"))
    assert not told.split()[1].startswith(str(ROOT / "scripts"))
    assert told.split()[2] == "28"
    assert f"{command[-2]} [OPTIONS] COMMAND" in found.stdout
