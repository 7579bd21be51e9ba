"""`channels` on a real node.

open
├── given a name, kind or payee that cannot be, or another than the channel has: refuses
└── else: scheduled, then done by the same command; a second run does nothing

raise
├── given an amount or a window that cannot be: refuses
└── else: scheduled, then done, also together with opening

lower
├── given anything that would rise: refuses, and says what
└── else: at once; a second run does nothing

close
└── at once; a second run does nothing; what never was is refused

list, show
└── every channel; what binds an issue
"""

import pytest

from tests.integration.conftest import blocks, warp
from tests.support.world import resolve

GOVERNOR, PAUSER, STRANGER = 2, 11, 39
PAYEE, OTHER = resolve("TEST::30"), resolve("TEST::31")
NAME = "ENTERPRISE-1"
DAY = 86_400
TERMS = ("--cap", "5000000", "--limit", "20000000.50", "--window", "1d", "--ref", "board 4")


def terms(cap, limit, window):
    return ("--cap", cap, "--limit", limit, "--window", window, "--ref", "incident 3")


def to_open(name=NAME, *, code="HKD", kind="direct", payee=PAYEE):
    return ("channels", "open", code, name, "--kind", kind, "--payee", payee, "--ref", "board 4")


def to_raise(*limits, name=NAME, code="HKD"):
    return ("channels", "raise", code, name, *(limits or TERMS))


def to_lower(*limits, name=NAME, code="HKD"):
    return ("channels", "lower", code, name, *limits)


def to_close(name=NAME, *, code="HKD"):
    return ("channels", "close", code, name, "--ref", "incident 3")


@pytest.fixture
def opened(console):
    """An open channel that may issue 5 million an order and 20 million and a half a day."""
    for words in (to_open(), to_raise()):
        assert console.act(GOVERNOR, *words, code=3).json["outcome"] == "scheduled"
    warp(2 * DAY)
    for words in (to_open(), to_raise()):
        assert console.act(GOVERNOR, *words).json["outcome"] == "done"
    return console


def shown(console, name=NAME, code="HKD"):
    return console.run("channels", "show", code, name, "--json").json


# Open


@pytest.mark.req("HK-47")
def test_opening_waits(console):
    first = console.act(GOVERNOR, *to_open("W-1", kind="wholesale"), code=3).json
    assert (first["outcome"], first["channel"], first["kind"]) == ("scheduled", "W-1", "wholesale")
    assert (first["payee"], first["payeeStanding"]) == (PAYEE, "unknown")
    again = console.act(GOVERNOR, *to_open("W-1", kind="wholesale"), code=3).json
    assert again["readyAt"] == first["readyAt"]
    warp(2 * DAY)
    done = console.act(GOVERNOR, *to_open("W-1", kind="wholesale")).json
    assert (done["outcome"], done["currency"], done["refText"]) == ("done", "HKD", "board 4")
    before = blocks()
    assert console.act(GOVERNOR, *to_open("W-1", kind="wholesale")).json["outcome"] == "nothing"
    assert blocks() == before
    found = shown(console, "W-1")
    assert (found["open"], found["cap"]["units"], found["binding"]) == (
        True,
        "0",
        "the payee may not be issued to now",
    )


def test_what_is_opened_is_shown_first(console):
    answer = console.run(*to_open(), "--account", f"TEST::{GOVERNOR}", stdin="n\n")
    assert answer.code == 1
    said = " ".join(answer.err.split())
    assert f"open {NAME}, a direct channel of HKD to {PAYEE} (a wallet that is unknown)" in said
    assert "GOVERNOR, waits 2d first" in said
    assert "Schedule this?" in said


@pytest.mark.req("HK-47")
@pytest.mark.parametrize("name", ["enterprise-1", "1A", "A_B", "A" * 32, "Ä", ""])
def test_names_that_are_refused(console, name):
    before = blocks()
    for words in (
        to_open(name),
        to_raise(name=name),
        to_lower(*TERMS, name=name),
        to_close(name),
    ):
        message = console.refused(GOVERNOR, *words)
        assert "is not a channel's name: 1 to 31 of A-Z, 0-9 and -, a letter first" in message
    answer = console.run("channels", "show", "HKD", name)
    assert (answer.code, answer.out) == (1, "")
    assert blocks() == before


def test_options_that_are_usage_errors(console):
    for words, part in (
        (to_open(kind="retail"), "--kind"),
        (to_open(payee=PAYEE.lower()), "--payee"),
        (("channels", "open", "HKD", NAME, "--kind", "direct"), "--payee"),
        (("channels", "open", "HKD", NAME, "--payee", PAYEE), "--kind"),
        (("channels", "raise", "HKD", NAME, *TERMS[2:]), "--cap"),
        (("channels", "raise", "HKD", NAME, *TERMS[:2], *TERMS[4:]), "--limit"),
        (("channels", "lower", "HKD", NAME, *TERMS[:4]), "--window"),
    ):
        answer = console.act(GOVERNOR, *words, code=2)
        assert answer.out == ""
        assert part in answer.err


@pytest.mark.req("HK-47")
def test_a_channel_keeps_its_currency_kind_and_payee(opened):
    before = blocks()
    kept = f"{NAME} is a direct channel to {PAYEE}, for ever"
    assert kept in opened.refused(GOVERNOR, *to_open(kind="wholesale"))
    assert kept in opened.refused(GOVERNOR, *to_open(payee=OTHER))
    for words in (to_open(code="USD"), to_raise(code="USD"), to_close(code="USD")):
        assert f"{NAME} is a channel of HKD, not of USD" in opened.refused(GOVERNOR, *words)
    assert blocks() == before


def test_who_may(console, opened):
    before = blocks()
    assert "that takes GOVERNOR" in console.refused(STRANGER, *to_open("W-1"))
    assert "that takes GOVERNOR" in console.refused(PAUSER, *to_raise(*terms("9", "9", "1d")))
    assert "that takes PAUSER" in console.refused(GOVERNOR, *to_lower(*terms("1", "1", "1d")))
    assert "that takes PAUSER" in console.refused(GOVERNOR, *to_close())
    assert blocks() == before


# Raise


@pytest.mark.req("HK-47")
def test_raising_waits(opened):
    words = to_raise("--cap", "6000000", "--limit", "30000000", "--window", "26h", "--ref", "r")
    first = opened.act(GOVERNOR, *words, code=3).json
    assert (first["cap"], first["limit"], first["window"]) == ("6000000.00", "30000000.00", 93_600)
    warp(2 * DAY)
    assert opened.act(GOVERNOR, *words).json["outcome"] == "done"
    assert opened.act(GOVERNOR, *words).json["outcome"] == "nothing"
    found = shown(opened)
    assert found["cap"] == {"amount": "6000000.00", "units": "6000000000000"}
    assert found["limit"] == {"amount": "30000000.00", "units": "30000000000000"}
    assert found["window"] == 93_600


def test_a_channel_that_never_opened_is_refused_when_it_is_due(console):
    words = to_raise(name="W-7")
    waiting = console.run(*words, "--account", f"TEST::{GOVERNOR}", "--yes")
    assert waiting.code == 3
    assert "which is not open yet" in waiting.out
    warp(2 * DAY)
    message = console.refused(GOVERNOR, *words)
    assert "ChannelNotOpen" in message
    assert "have GOVERNOR open it, with `channels open`" in message


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (("1e6", "1", "1d"), "plain digits"),
        (("1", "1,000", "1d"), "plain digits"),
        (("0.0000001", "1", "1d"), "never rounded"),
        (("1", "1", "1w"), "is not a duration"),
        (("1", "1", "0s"), "the window is zero"),
        ((f"{2**96 // 10**6 + 1}", "1", "1d"), "more than a channel can have"),
        (("1", f"{2**112}", "1d"), "more than any token can hold"),
    ],
)
def test_limits_that_are_refused(console, limits, message):
    before = blocks()
    for words in (to_raise(*terms(*limits)), to_lower(*terms(*limits))):
        assert message in console.refused(GOVERNOR, *words)
    assert blocks() == before


# Lower


@pytest.mark.req("HK-47")
def test_lowering_is_at_once(opened):
    limits = terms("5000000", "10000000", "1d")
    done = opened.act(PAUSER, *to_lower(*limits)).json
    assert (done["outcome"], done["limit"], done["refText"]) == (
        "done",
        "10000000.00",
        "incident 3",
    )
    before = blocks()
    assert opened.act(PAUSER, *to_lower(*limits)).json["outcome"] == "nothing"
    assert blocks() == before
    assert shown(opened)["limit"]["amount"] == "10000000.00"


@pytest.mark.req("HK-47")
@pytest.mark.parametrize(
    ("limits", "rises"),
    [
        (("5000000.000001", "1", "1d"), "raise the cap (from 5,000,000.00 HKD to 5,000,000.000001"),
        (("1", "20000001", "2d"), "raise the limit (from 20,000,000.50 HKD to 20,000,001.00 HKD):"),
        (("1", "10000001", "12h"), "raise the refill per second (from 20,000,000.50 HKD per 1d to"),
        (("6000000", "1", "1s"), "to 6,000,000.00 HKD): have GOVERNOR do that"),
    ],
)
def test_what_would_rise_is_said(opened, limits, rises):
    before = blocks()
    message = opened.refused(PAUSER, *to_lower(*terms(*limits)))
    assert message.startswith(f"nothing may rise when {NAME} is lowered, and this would raise the ")
    assert rises in message
    assert blocks() == before


# Close


@pytest.mark.req("HK-47")
def test_closing_is_at_once(opened):
    assert opened.act(PAUSER, *to_close()).json["outcome"] == "done"
    before = blocks()
    answer = opened.run(*to_close(), "--account", f"TEST::{PAUSER}")
    assert (answer.code, answer.out) == (0, "Nothing to do: it is so already.\n")
    assert blocks() == before
    found = shown(opened)
    assert (found["open"], found["binding"]) == (False, "the channel is not open")
    assert found["allowed"] == {"amount": "0.00", "units": "0"}
    assert "is closed" in opened.refused(PAUSER, *to_lower(*terms("1", "1", "1d")))
    assert "there is no channel W-9" in opened.refused(PAUSER, *to_close("W-9"))
    assert "there is no channel W-9" in opened.refused(
        PAUSER, *to_lower(*terms("1", "1", "1d"), name="W-9")
    )


@pytest.mark.req("HK-47")
def test_a_closed_channel_opens_again_with_nothing(opened):
    opened.act(PAUSER, *to_close())
    words = (*to_open()[:-1], "board 5")
    opened.act(GOVERNOR, *words, code=3)
    warp(2 * DAY)
    assert opened.act(GOVERNOR, *words).json["outcome"] == "done"
    found = shown(opened)
    assert (found["open"], found["cap"]["units"], found["limit"]["units"]) == (True, "0", "0")


# List and show


def test_without_channels(console):
    answer = console.run("channels", "list")
    assert (answer.code, answer.out) == (0, "There is no channel.\n")
    assert console.run("channels", "list", "USD", "--json").json == {
        "chainId": 31337,
        "channels": [],
    }
    answer = console.run("channels", "show", "HKD", NAME)
    assert answer.code == 1
    assert f"there is no channel {NAME}: `channels list` shows which there are" in answer.err


@pytest.mark.req("HK-47")
def test_every_channel_is_listed(opened):
    words = to_open("USD-1", code="USD", kind="wholesale", payee=OTHER)
    opened.act(GOVERNOR, *words, code=3)
    warp(2 * DAY)
    opened.act(GOVERNOR, *words)
    every = opened.run("channels", "list", "--json").json["channels"]
    assert [(c["name"], c["currency"]) for c in every] == [(NAME, "HKD"), ("USD-1", "USD")]
    assert opened.run("channels", "list", "hkd", "--json").json["channels"] == every[:1]
    assert every[0] == {
        "name": NAME,
        "currency": "HKD",
        "token": opened.status()["token"],
        "kind": "direct",
        "payee": PAYEE,
        "payeeStanding": "unknown",
        "open": True,
        "cap": {"amount": "5000000.00", "units": "5000000000000"},
        "limit": {"amount": "20000000.50", "units": "20000000500000"},
        "window": DAY,
        "available": {"amount": "20000000.50", "units": "20000000500000"},
    }
    assert opened.run("channels", "list").out.splitlines() == [
        f"{NAME}  HKD  open  direct to {PAYEE} (unknown), cap 5,000,000.00, limit 20,000,000.50 "
        "per 1d, 20,000,000.50 left",
        f"USD-1  USD  open  wholesale to {OTHER} (unknown), cap 0.00, limit 0.00 per 1s, 0.00 left",
    ]
    out = opened.run("channels", "show", "HKD", NAME).out.splitlines()
    assert out[1] == "0.00 HKD could be issued now; binding: the payee may not be issued to now"
    answer = opened.run("channels", "list", "EUR")
    assert answer.code == 1
    assert "EUR is not declared" in answer.err
