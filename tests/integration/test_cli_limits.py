"""`limits` on a real node.

raise
├── given an amount or a window that cannot be, or no reference: refuses
├── given another role: refuses
└── else: scheduled, then done by the same command; a second run does nothing

lower
├── given what would rise by it: refuses, and says what
└── else: at once; a second run does nothing

show
└── the limit in force, what is left, and what is declared
"""

import pytest

from tests.integration.conftest import blocks, warp

GOVERNOR, MINTER, PAUSER = 2, 4, 11
HOLDER = "0xBcd4042DE499D14e55001CcbB24a551F3b954096"
DAY = 86_400
REF = ("--ref", "board 9")


def shown(console, code="HKD"):
    return console.run("limits", "show", code, "--json").json


def terms(console):
    found = shown(console)
    return found["capacity"]["amount"], found["window"]


@pytest.fixture(autouse=True)
def as_declared(console):
    """Every test begins and ends with what currencies/hkd.toml says."""
    yield
    declared = shown(console)["declared"]
    words = ("limits", "raise", "HKD", declared["capacity"]["amount"], f"{declared['window']}s")
    while console.run(*words, *REF, "--account", "TEST::2", "--yes").code == 3:
        warp(2 * DAY)
    assert shown(console)["asDeclared"] is True


# Show


def test_the_limit_in_force_is_shown(console):
    found = shown(console)
    assert found["capacity"] == found["declared"]["capacity"] == found["available"]
    assert (found["asDeclared"], found["window"]) == (True, found["declared"]["window"])
    said = console.run("limits", "show", "HKD").out
    assert "DIFFERS" not in said
    assert [line[:10].strip() for line in said.splitlines()] == [
        *("Mint limit", "Left", "Declared", "Supply")
    ]


# Refused


@pytest.mark.parametrize(
    ("capacity", "window", "part"),
    [
        ("1e6", "1d", "'1e6' is not an amount"),
        ("1,000", "1d", "is not an amount"),
        ("0.0000001", "1d", "has 7 decimal places"),
        ("5", "1 day", "is not a duration"),
        ("5", "0s", "the window is zero"),
    ],
)
def test_what_cannot_be_taken(console, capacity, window, part):
    before = blocks()
    for index, verb in ((GOVERNOR, "raise"), (PAUSER, "lower")):
        assert part in console.refused(index, "limits", verb, "HKD", capacity, window, *REF)
    assert blocks() == before


def test_a_reference_and_the_role_are_required(console):
    before = blocks()
    for index, verb in ((GOVERNOR, "raise"), (PAUSER, "lower")):
        message = console.refused(index, "limits", verb, "HKD", "5", "1d")
        assert "a reference is required here" in message
        message = console.refused(MINTER, "limits", verb, "HKD", "5", "1d", *REF)
        assert f"that takes {'GOVERNOR' if verb == 'raise' else 'PAUSER'}" in message
    assert blocks() == before


@pytest.mark.req("HK-07")
def test_what_would_rise_is_not_lowered(console):
    capacity, window = terms(console)
    before = blocks()
    more = str(int(capacity.split(".")[0]) + 1)
    message = console.refused(PAUSER, "limits", "lower", "HKD", more, f"{window}s", *REF)
    assert "would raise the capacity (from" in message
    assert "the refill per second (from" in message
    assert "have GOVERNOR do that with `limits raise`" in message
    message = console.refused(PAUSER, "limits", "lower", "HKD", capacity, f"{window - 1}s", *REF)
    assert "capacity" not in message
    assert "the refill per second" in message
    assert blocks() == before


# Done


@pytest.mark.req("HK-07")
def test_lowering_is_at_once(stocked):
    done = stocked.act(PAUSER, "limits", "lower", "HKD", "1000.50", "2d", *REF).json
    assert (done["command"], done["outcome"]) == ("lowerMintLimit", "done")
    assert (done["capacity"]["units"], done["window"]) == ("1000500000", 2 * DAY)
    assert terms(stocked) == ("1000.50", 2 * DAY)
    assert "DIFFERS" in stocked.run("limits", "show", "HKD").out
    assert shown(stocked)["asDeclared"] is False
    before = blocks()
    again = stocked.act(PAUSER, "limits", "lower", "HKD", "1000.50", "2d", *REF).json
    assert again["outcome"] == "nothing"
    assert blocks() == before
    words = ("mint", "HKD", "1000.51", "--to", HOLDER, "--ref", "FPS 1")
    assert "MintLimitExceeded" in stocked.refused(MINTER, *words)


@pytest.mark.req("HK-09")
def test_raising_waits(console):
    words = ("limits", "raise", "HKD", "90000000", "1d", *REF)
    before = terms(console)
    first = console.act(GOVERNOR, *words, code=3).json
    assert first["outcome"] == "scheduled"
    assert first["before"]["capacity"]["amount"] == before[0]
    assert terms(console) == before
    warp(2 * DAY)
    assert console.act(GOVERNOR, *words).json["outcome"] == "done"
    assert terms(console) == ("90000000.00", DAY)
    assert console.act(GOVERNOR, *words).json["outcome"] == "nothing"


def test_what_is_raised_is_shown_first(console):
    answer = console.run(
        "limits", "raise", "HKD", "90000000", "1d", *REF, "--account", "TEST::2", stdin="n\n"
    )
    assert answer.code == 1
    said = " ".join(answer.err.split())
    assert "let 90,000,000.00 HKD be minted per 1d, now" in said
    assert "GOVERNOR, waits 2d first" in said
    assert "Schedule this?" in said
