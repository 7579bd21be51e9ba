"""`orders` on a real node, with good and bad input.

open, review, close
├── a case is opened once; again with the same content is nothing to do, with other content refused
├── a document is a file or its hash, a day is a day in UTC
├── a review is recorded once
└── a case is closed when it restrains nobody
freeze, hold, unfreeze, release
├── freezing and holding is at once and in one transaction, lifting and releasing waits a day
└── a second run is nothing to do
seize, destroy, execute, cancel
├── a proposal says its number, also when it is repeated
├── a no proposes nothing
├── the execution shows the whole order, waits a day, and is done once
└── an order that was cancelled is not executed
escrowed, take-escrowed
├── given an owner who is not barred, a name that no escrow knows, no such case: refuses
└── all of it goes where the order says a day later, once, and the case tells it
show and list
├── what the case did, and what the tokens say
└── reviews that are overdue are marked
words
└── nothing that is printed says more than the order does
"""

import json
import re
from datetime import UTC, datetime
from functools import cache

import click
import pytest
from click.testing import CliRunner
from eth_utils import keccak

from pegboard.cli import cli
from pegboard.inputs import reference
from tests.integration.conftest import CHAIN_ID, blocks, now, warp
from tests.support.node import attached
from tests.support.world import REF, ROOT, resolve

GUARDIAN, RELEASER, CASEWORKER, EXECUTOR, STRANGER = 3, 8, 47, 48, 19
DOCUMENT = "0x" + "11" * 32
CASE = "HCMP 12"
#: Words that would tell an account's holder, or anybody who reads along, of a suspicion.
TIPPING_OFF = re.compile(
    r"susp(ect|ici)|launder|terror|crim|fraud|investigat|sanction|police|offen[cs]e|scam|stolen"
    r"|\bSTR\b|\bSAR\b|JFIU|illegal|illicit",
    re.IGNORECASE,
)


@cache
def start():
    """When the tests of this file began: it stays, so that midnight may pass meanwhile."""
    return now()


def day(days):
    """The day so many days from the beginning, and its last second."""
    text = datetime.fromtimestamp(start() + days * 86400, UTC).strftime("%Y-%m-%d")
    return text, f"{text}T23:59:59Z"


def open_case(console, case=CASE, kind="court-order", days=90, document=DOCUMENT, code=0):
    """Opens a case as CASEWORKER."""
    words = ("--class", kind, "--review-by", day(days)[0], "--document", document)
    return console.act(CASEWORKER, "orders", "open", case, *words, code=code)


def show(console, case=CASE):
    """One case, for machines."""
    return console.run("orders", "show", case, "--json").json


def twice(console, index, *words):
    """A delayed command: scheduled, then done a day later."""
    first = console.act(index, *words, code=3).json
    assert first["outcome"] == "scheduled"
    assert console.act(index, *words, code=3).json["readyAt"] == first["readyAt"]
    warp(86400)
    return console.act(index, *words).json


@pytest.fixture
def holder():
    """Has no role."""
    return resolve("TEST::20")


@pytest.fixture
def other():
    return resolve("TEST::21")


@pytest.fixture
def court():
    """Who receives what is taken."""
    return resolve("TEST::22")


@pytest.fixture
def funded(stocked, holder):
    """The holder has 1,000 HKD, and a case is open."""
    stocked.act(4, "mint", "HKD", "1000", "--to", holder, "--ref", "FPS 17")
    open_case(stocked)
    return stocked


def hkd(units):
    whole, fraction = divmod(units, 10**6)
    shown = f"{fraction:06}".rstrip("0").ljust(2, "0")
    return {"amount": f"{whole}.{shown}", "units": str(units)}


# Open, review, close


@pytest.mark.req("HK-54")
def test_a_case_is_opened_once(console):
    answer = open_case(console).json
    assert (answer["outcome"], answer["command"], answer["class"]) == (
        "done",
        "openCase",
        "court-order",
    )
    assert (answer["case"], answer["caseId"]) == (CASE, "0x" + reference(CASE).hex())
    before = blocks()
    assert open_case(console).json["outcome"] == "nothing"
    words = ("--class", "review", "--review-by", day(90)[0], "--document", DOCUMENT)
    message = console.refused(CASEWORKER, "orders", "open", CASE, *words)
    assert message == (
        "case HCMP 12 is open with other content: its class is court-order, not review"
    )
    assert blocks() == before


@pytest.mark.parametrize("kind", ["court-order", "authority-request", "security", "review"])
def test_every_class_can_be_opened(console, kind):
    assert open_case(console, kind=kind).json["class"] == kind
    assert show(console)["class"] == kind


def test_the_document_may_be_a_file(console, tmp_path):
    document = tmp_path / "order.pdf"
    document.write_bytes(b"the order's text")
    answer = open_case(console, document=str(document)).json
    assert answer["document"] == "0x" + keccak(b"the order's text").hex()
    assert show(console)["document"] == answer["document"]
    words = ("--class", "review", "--review-by", day(90)[0], "--document")
    missing = console.refused(CASEWORKER, "orders", "open", "13", *words, str(tmp_path / "no.pdf"))
    assert missing == f"{tmp_path / 'no.pdf'}: No such file or directory"
    for wrong in ("0x11", "0x" + "00" * 32):
        assert "is not a hash" in console.refused(CASEWORKER, "orders", "open", "13", *words, wrong)


def test_what_opens_no_case(console, holder):
    before = blocks()
    words = ("--class", "review", "--document", DOCUMENT, "--review-by")
    opening = ("orders", "open", "13", *words)
    assert "is not a day" in console.refused(CASEWORKER, *opening, "31.12.2026")
    for days in (-1, 368):
        message = console.refused(CASEWORKER, *opening, day(days)[0])
        assert message.startswith("InvalidCase: ")
        assert f"reviewBy {day(days)[1]}" in message
        assert message.endswith("give a review day that is not past, and within 366 days")
    opening = (*opening, day(90)[0])
    assert "that takes CASEWORKER" in console.refused(STRANGER, *opening)
    empty = ("orders", "open", " ", *words, day(90)[0])
    assert "the case is empty" in console.refused(CASEWORKER, *empty)
    wrong = ("orders", "open", "13", "--class", "other", *words[2:], day(90)[0])
    assert console.act(CASEWORKER, *wrong, code=2).out == ""
    assert "64 hexadecimal digits" in console.refused(
        CASEWORKER, "orders", "open", "0x12", *words, day(90)[0]
    )
    assert blocks() == before


@pytest.mark.req("HK-54")
def test_a_review_is_recorded_once(console):
    open_case(console)
    words = ("orders", "review", CASE, "--review-by", day(180)[0])
    assert "--ref" in console.refused(CASEWORKER, *words)
    assert "that takes CASEWORKER" in console.refused(RELEASER, *words, "--ref", "review 1")
    done = console.act(CASEWORKER, *words, "--ref", "review 1").json
    assert (done["outcome"], done["reviewBy"], done["refText"]) == (
        "done",
        day(180)[1],
        "review 1",
    )
    later = ("orders", "review", CASE, "--review-by", day(200)[0], "--ref", "review 2")
    console.act(CASEWORKER, *later)
    assert console.act(CASEWORKER, *words, "--ref", "review 1").json["outcome"] == "nothing"
    assert show(console)["reviewBy"] == day(200)[1]
    unknown = ("orders", "review", "13", *words[3:], "--ref", "review 1")
    assert "there is no case 13" in console.refused(CASEWORKER, *unknown)


def test_a_case_is_closed_when_it_restrains_nobody(console, holder):
    open_case(console)
    console.act(CASEWORKER, "orders", "freeze", "HKD", CASE, holder)
    words = ("orders", "close", CASE)
    assert "--ref" in console.refused(RELEASER, *words)
    assert "that takes RELEASER" in console.refused(CASEWORKER, *words, "--ref", "lifted")
    console.act(RELEASER, *words, "--ref", "lifted", code=3)
    warp(86400)
    message = console.refused(RELEASER, *words, "--ref", "lifted")
    assert message.startswith("CaseStillRestrains: ")
    twice(console, RELEASER, "orders", "unfreeze", "HKD", CASE, holder)
    assert console.act(RELEASER, *words, "--ref", "lifted").json["outcome"] == "done"
    assert console.act(RELEASER, *words, "--ref", "lifted").json["outcome"] == "nothing"
    assert show(console)["closed"] is True
    assert console.run("orders", "list").out.startswith("case HCMP 12 (court order): closed")
    message = console.refused(CASEWORKER, "orders", "freeze", "HKD", CASE, holder, "--ceiling", "1")
    assert message.startswith("CaseNotOpen: ")


# Freeze, hold, unfreeze, release


@pytest.mark.req("HK-02")
@pytest.mark.req("HK-54")
def test_freeze_and_lift(console, holder, other):
    open_case(console)
    words = ("orders", "freeze", "HKD", CASE, holder, other)
    before = blocks()
    answer = console.act(CASEWORKER, *words).json
    assert blocks() == before + 1
    assert (answer["outcome"], answer["command"], answer["currency"]) == ("done", "freeze", "HKD")
    assert answer["accounts"] == [holder, other]
    assert console.act(CASEWORKER, *words).json["outcome"] == "nothing"
    assert blocks() == before + 1
    listed = show(console)["accounts"]
    assert [(a["account"], a["frozen"], a["now"]["frozen"]) for a in listed] == [
        (holder, True, True),
        (other, True, True),
    ]
    assert {a["ceiling"]["units"] for a in listed} == {str(2**112 - 1)}
    lifting = ("orders", "unfreeze", "HKD", CASE, holder)
    assert twice(console, RELEASER, *lifting)["stillFrozen"] == []
    assert console.act(RELEASER, *lifting).json["outcome"] == "nothing"
    assert [a["now"]["frozen"] for a in show(console)["accounts"]] == [False, True]


def test_a_freeze_that_is_refused_changes_nothing(console, holder):
    open_case(console)
    before = blocks()
    words = ("orders", "freeze", "HKD", CASE)
    message = console.refused(STRANGER, *words, holder)
    assert message.startswith("AccessManagedUnauthorized: ")
    token = console.status()["token"]
    assert "InvalidAccount" in console.refused(CASEWORKER, *words, holder, token)
    assert "twice" in console.refused(CASEWORKER, *words, holder, holder)
    assert "there is no case 13" in console.refused(
        CASEWORKER, "orders", "freeze", "HKD", "13", holder
    )
    assert "not an amount" in console.refused(CASEWORKER, *words, holder, "--ceiling", "all")
    assert console.act(CASEWORKER, *words, code=2).out == ""
    assert console.act(CASEWORKER, *words, holder.lower(), code=2).out == ""
    assert blocks() == before
    assert show(console)["accounts"] == []


def test_a_freeze_has_a_ceiling(funded, holder, court):
    words = ("orders", "freeze", "HKD", CASE, holder)
    funded.act(CASEWORKER, *words, "--ceiling", "10.50")
    assert show(funded)["accounts"][0]["ceiling"] == hkd(10_500_000)
    taking = ("orders", "seize", "HKD", CASE, holder, "10.500001", "--to", court)
    message = funded.refused(CASEWORKER, *taking)
    assert message.startswith("CeilingExceeded: ")
    assert "value 10.500001 HKD, allowed 10.50 HKD" in message
    assert funded.act(CASEWORKER, *words).json["outcome"] == "nothing"
    funded.act(CASEWORKER, *words, "--ceiling", "11")
    assert funded.act(CASEWORKER, *taking).json["outcome"] == "done"


@pytest.mark.req("HK-54")
def test_hold_and_release(funded, holder):
    words = ("orders", "hold", "HKD", CASE, holder)
    assert "the amount is zero" in funded.refused(CASEWORKER, *words, "0")
    assert "never rounded" in funded.refused(CASEWORKER, *words, "0.0000001")
    before = blocks()
    held = funded.act(CASEWORKER, *words, "10.50").json
    assert blocks() == before + 1
    assert (held["command"], held["amount"], held["account"]) == (
        "hold",
        hkd(10_500_000),
        holder,
    )
    assert funded.act(CASEWORKER, *words, "10.5").json["outcome"] == "nothing"
    assert "CeilingExceeded" in funded.refused(CASEWORKER, *words, "12")
    funded.act(CASEWORKER, *words, "12", "--ceiling", "20")
    assert "which is more" in funded.refused(CASEWORKER, *words, "11")
    seen = show(funded)["accounts"][0]
    assert (seen["ceiling"], seen["held"]) == (hkd(20_000_000), hkd(12_000_000))
    assert seen["now"] == {"frozen": False, "held": hkd(12_000_000), "balance": hkd(1_000_000_000)}

    words = ("orders", "release", "HKD", CASE, holder)
    assert "release no more" in funded.refused(RELEASER, *words, "12.000001")
    assert "that takes RELEASER" in funded.refused(CASEWORKER, *words, "5")
    assert twice(funded, RELEASER, *words, "5")["amount"] == hkd(5_000_000)
    assert funded.act(RELEASER, *words, "5").json["outcome"] == "nothing"
    twice(funded, RELEASER, *words, "5", "--again")
    assert show(funded)["accounts"][0]["now"]["held"] == hkd(2_000_000)


# Seize, destroy, execute, cancel


@pytest.mark.req("HK-55")
def test_seize(funded, holder, court):
    funded.act(CASEWORKER, "orders", "hold", "HKD", CASE, holder, "10")
    words = ("orders", "seize", "HKD", CASE, holder, "10")
    assert funded.act(CASEWORKER, *words, code=2).out == ""
    message = funded.refused(EXECUTOR, *words, "--to", court)
    assert message.startswith("AccessManagedUnauthorized: ")
    nobody = "0x" + "00" * 20
    assert "use `orders destroy`" in funded.refused(CASEWORKER, *words, "--to", nobody)
    words = (*words, "--to", court)
    answer = funded.act(CASEWORKER, *words).json
    assert (answer["command"], answer["order"], answer["status"]) == ("propose", 1, "proposed")
    assert (answer["to"], answer["amount"]) == (court, hkd(10_000_000))
    before = blocks()
    again = funded.act(CASEWORKER, *words).json
    assert (again["outcome"], again["order"], again["status"]) == ("nothing", 1, "proposed")
    said = funded.run(*words, "--account", f"TEST::{CASEWORKER}").out
    assert said == "Nothing to do: order 1 asks for this, and is proposed.\n"
    assert blocks() == before

    assert "that takes EXECUTOR" in funded.refused(CASEWORKER, "orders", "execute", "1")
    first = funded.run("orders", "execute", "1", "--account", f"TEST::{EXECUTOR}", "--yes")
    assert first.code == 3
    sentence = f"take 10.00 HKD from {holder} to {court} under case HCMP 12 (court order)"
    assert f"What execute order 1: {sentence} Amount" in " ".join(first.err.split())
    assert f"Scheduled: execute order 1: {sentence}" in first.out
    funded.act(EXECUTOR, "orders", "execute", "1", code=3)
    warp(86400)
    done = funded.act(EXECUTOR, "orders", "execute", "1").json
    assert (done["outcome"], done["order"], done["amount"]) == ("done", 1, hkd(10_000_000))
    assert funded.act(EXECUTOR, "orders", "execute", "1").json["outcome"] == "nothing"
    again = funded.act(CASEWORKER, *words).json
    assert (again["outcome"], again["order"], again["status"]) == ("nothing", 1, "executed")
    assert "CeilingExceeded" in funded.refused(CASEWORKER, *words, "--again")
    seen = show(funded)["accounts"][0]
    assert (seen["held"], seen["taken"]) == (hkd(0), hkd(10_000_000))
    assert seen["now"]["balance"] == hkd(990_000_000)


@pytest.mark.req("HK-55")
def test_destroy_once_more(funded, holder):
    supply = int(funded.status()["supply"]["units"])
    funded.act(CASEWORKER, "orders", "freeze", "HKD", CASE, holder)
    words = ("orders", "destroy", "HKD", CASE, holder, "4")
    answer = funded.run(*words, "--account", f"TEST::{CASEWORKER}", "--yes")
    assert f"Done: propose to destroy 4.00 HKD of {holder} under case HCMP 12" in answer.out
    assert answer.out.endswith("\nIt is order 1: EXECUTOR executes it, GUARDIAN can cancel it.\n")
    twice(funded, EXECUTOR, "orders", "execute", "1")
    assert funded.act(CASEWORKER, *words).json["outcome"] == "nothing"
    assert funded.act(CASEWORKER, *words, "--again").json["order"] == 2
    twice(funded, EXECUTOR, "orders", "execute", "2")
    assert int(funded.status()["supply"]["units"]) == supply - 8_000_000


def test_a_no_proposes_nothing(funded, holder):
    funded.act(CASEWORKER, "orders", "freeze", "HKD", CASE, holder)
    before = blocks()
    words = ("orders", "destroy", "HKD", CASE, holder, "4", "--account", f"TEST::{CASEWORKER}")
    answer = funded.run(*words, stdin="n\n")
    assert answer.code == 1
    assert f"What propose to destroy 4.00 HKD of {holder} under" in " ".join(answer.err.split())
    assert "Sign and send this?" in answer.err
    assert blocks() == before


@pytest.mark.req("HK-55")
def test_what_waits_at_the_redemption_desk(funded, holder, court):
    suite = attached(("HKD",)).suite
    desk = suite.desks.redemption
    suite.peg("HKD").token.send("surrender", desk.address, 5_000_000, REF, sender=holder)
    number = str(desk.call("requestCount"))
    funded.act(CASEWORKER, "orders", "freeze", "HKD", CASE, holder)
    words = ("orders", "seize", "HKD", CASE, holder, "5", "--to", court, "--redemption")
    assert "RedemptionMismatch" in funded.refused(CASEWORKER, *words, "99")
    assert funded.act(CASEWORKER, *words, "0", code=2).out == ""
    answer = funded.act(CASEWORKER, *words, number).json
    assert answer["redemption"] == int(number)
    assert show(funded)["orders"][0]["redemption"] == int(number)
    twice(funded, EXECUTOR, "orders", "execute", str(answer["order"]))
    assert suite.peg("HKD").token.call("balanceOf", court) == 5_000_000


@pytest.mark.req("HK-02")
def test_cancel(funded, holder, court):
    funded.act(CASEWORKER, "orders", "freeze", "HKD", CASE, holder)
    funded.act(CASEWORKER, "orders", "seize", "HKD", CASE, holder, "4", "--to", court)
    funded.act(EXECUTOR, "orders", "execute", "1", code=3)
    words = ("orders", "cancel", "1")
    assert "--ref" in funded.refused(GUARDIAN, *words)
    assert "that takes GUARDIAN" in funded.refused(EXECUTOR, *words, "--ref", "withdrawn")
    done = funded.act(GUARDIAN, *words, "--ref", "withdrawn").json
    assert (done["outcome"], done["order"], done["refText"]) == ("done", 1, "withdrawn")
    assert funded.act(GUARDIAN, *words, "--ref", "withdrawn").json["outcome"] == "nothing"
    warp(86400)
    assert "order 1 was cancelled" in funded.refused(EXECUTOR, "orders", "execute", "1")
    for command in ("execute", "cancel"):
        ref = ("--ref", "withdrawn") if command == "cancel" else ()
        assert "there is no order 2" in funded.refused(GUARDIAN, "orders", command, "2", *ref)
        assert funded.act(GUARDIAN, "orders", command, "0", *ref, code=2).out == ""


# Show and list


@pytest.mark.req("HK-54")
def test_show(funded, holder, other, court):
    funded.act(CASEWORKER, "orders", "hold", "HKD", CASE, holder, "10", "--ceiling", "20")
    funded.act(CASEWORKER, "orders", "freeze", "USD", CASE, other)
    funded.act(CASEWORKER, "orders", "seize", "HKD", CASE, holder, "4", "--to", court)
    seen = show(funded)
    hkd_token, usd_token = (funded.status(code)["token"] for code in ("HKD", "USD"))
    opened_at = seen.pop("openedAt")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", opened_at)
    everything = 2**112 - 1
    assert seen == {
        "chainId": CHAIN_ID,
        "case": CASE,
        "caseId": "0x" + reference(CASE).hex(),
        "class": "court-order",
        "reviewBy": day(90)[1],
        "overdue": False,
        "closed": False,
        "restraints": 2,
        "document": DOCUMENT,
        "accounts": [
            {
                "currency": "HKD",
                "token": hkd_token,
                "account": holder,
                "frozen": False,
                "ceiling": hkd(20_000_000),
                "held": hkd(10_000_000),
                "taken": hkd(0),
                "now": {
                    "frozen": False,
                    "held": hkd(10_000_000),
                    "balance": hkd(1_000_000_000),
                },
            },
            {
                "currency": "USD",
                "token": usd_token,
                "account": other,
                "frozen": True,
                "ceiling": hkd(everything),
                "held": hkd(0),
                "taken": hkd(0),
                "now": {"frozen": True, "held": hkd(0), "balance": hkd(0)},
            },
        ],
        "escrowed": [],
        "orders": [
            {
                "order": 1,
                "currency": "HKD",
                "token": hkd_token,
                "account": holder,
                "to": court,
                "amount": hkd(4_000_000),
                "redemption": None,
                "proposer": resolve(f"TEST::{CASEWORKER}"),
            }
        ],
    }
    by = resolve(f"TEST::{CASEWORKER}")
    assert funded.run("orders", "show", CASE, "--deployer", "TEST::0").out.splitlines() == [
        "case HCMP 12 (court order): open, restrains 2 accounts, to be reviewed by " + day(90)[1],
        f"opened {opened_at}, document {DOCUMENT}",
        f"HKD {holder}: not frozen, holds 10.00 HKD, took 0.00 HKD, ceiling 20.00 HKD; the token "
        "says: not frozen, 10.00 HKD held, balance 1,000.00 HKD",
        f"USD {other}: frozen, holds 0.00 USD, took 0.00 USD, ceiling all; the token says: frozen, "
        "0.00 USD held, balance 0.00 USD",
        f"order 1 waits, proposed by {by}: take 4.00 HKD from {holder} to {court} under case "
        "HCMP 12 (court order)",
    ]


def test_show_of_what_is_not_there(console):
    answer = console.run("orders", "show", "13")
    assert (answer.code, answer.out) == (1, "")
    assert "there is no case 13: `orders list` shows all cases" in answer.err


@pytest.mark.req("HK-54")
def test_list_marks_what_is_overdue(console, holder):
    assert console.run("orders", "list").out == "No case was opened yet.\n"
    assert console.run("orders", "list", "--json").json == {"chainId": CHAIN_ID, "cases": []}
    open_case(console, "13", kind="review", days=1)
    open_case(console)
    first, second = day(1)[1], day(90)[1]
    warp(2 * 86400)
    assert console.run("orders", "list").out.splitlines() == [
        f"case 13 (review): open, restrains 0 accounts, to be reviewed by {first}, OVERDUE: until "
        "then it only releases",
        f"case HCMP 12 (court order): open, restrains 0 accounts, to be reviewed by {second}",
    ]
    listed = console.run("orders", "list", "--json").json["cases"]
    assert [(c["case"], c["overdue"]) for c in listed] == [("13", True), (CASE, False)]
    message = console.refused(CASEWORKER, "orders", "freeze", "HKD", "13", holder)
    assert message.startswith("ReviewOverdue: ")
    words = ("orders", "review", "13", "--review-by", day(30)[0], "--ref", "review 1")
    console.act(CASEWORKER, *words)
    console.act(CASEWORKER, "orders", "freeze", "HKD", "13", holder)
    assert not show(console, "13")["overdue"]


# Escrows


@pytest.fixture
def envelope(funded, tmp_path):
    """HKD 88 of the holder's in an envelope."""
    words = ("HKD", "88", "--packets", "4", "-o", str(tmp_path / "envelope.json"))
    return funded.act(20, "envelope", "create", *words).json["id"]


@pytest.mark.req("HK-53")
def test_what_an_escrow_keeps_goes_where_the_order_says(funded, holder, court, envelope):
    seen = funded.run("orders", "escrowed", "HKD", holder, "--json").json["kept"]
    assert [(kept["what"], kept["kind"], kept["amount"]) for kept in seen] == [
        (envelope, "envelope", hkd(88_000_000))
    ]
    words = ("orders", "take-escrowed", "HKD", "14", holder, envelope, "--to", court)
    assert funded.refused(EXECUTOR, *words).startswith("there is no case 14")
    open_case(funded, "14")
    message = funded.refused(EXECUTOR, *words)
    assert message.startswith(f"{holder} is not barred in HKD, so what is kept is its own to use")
    funded.act(CASEWORKER, "orders", "freeze", "HKD", "14", holder)
    unknown = (*words[:5], "0x" + "22" * 32, *words[6:])
    assert "no escrow ever kept" in funded.refused(EXECUTOR, *unknown)
    assert "that takes EXECUTOR" in funded.refused(CASEWORKER, *words)
    done = twice(funded, EXECUTOR, *words)
    assert (done["outcome"], done["amount"], done["to"]) == ("done", hkd(88_000_000), court)
    assert (done["case"], done["refText"]) == ("14", "14")
    before = blocks()
    again = funded.act(EXECUTOR, *words).json
    assert (again["outcome"], again["tx"]) == ("nothing", done["tx"])
    said = funded.run(*words, "--account", f"TEST::{EXECUTOR}").out
    assert said == f"Nothing to do: it was done in transaction {done['tx']}.\n"
    assert blocks() == before
    (taken,) = show(funded, "14")["escrowed"]
    assert taken == {
        "account": holder,
        "to": court,
        "currency": "HKD",
        "amount": hkd(88_000_000),
        "tx": done["tx"],
    }
    lines = funded.run("orders", "show", "14").out
    assert f"88.00 HKD of {holder} out of escrow to {court}, transaction {done['tx']}" in lines
    said = funded.run("orders", "escrowed", "HKD", holder).out
    assert said == f"No escrow keeps HKD of {holder}.\n"


# Words


@pytest.mark.req("HK-54")
def test_nothing_that_is_printed_tips_off(funded, holder, court, envelope):
    told = [(ROOT / "docs" / "operations" / "orders.md").read_text()]
    group = cli.get_command(click.Context(cli), "orders")
    told += [CliRunner().invoke(cli, ["orders", name, "--help"]).output for name in group.commands]

    def tell(index, *words):
        for options in ((), ("--json",)):
            answer = funded.run(*words, "--account", f"TEST::{index}", "--yes", *options)
            assert answer.code in (0, 3), answer
            told.append(answer.out + answer.err)

    opening = ("--class", "security", "--review-by", day(90)[0], "--document", DOCUMENT)
    tell(CASEWORKER, "orders", "open", "13", *opening)
    tell(CASEWORKER, "orders", "freeze", "HKD", CASE, holder)
    tell(CASEWORKER, "orders", "hold", "HKD", CASE, holder, "5")
    tell(CASEWORKER, "orders", "seize", "HKD", CASE, holder, "4", "--to", court)
    tell(CASEWORKER, "orders", "destroy", "HKD", CASE, holder, "4")
    tell(EXECUTOR, "orders", "execute", "1")
    tell(GUARDIAN, "orders", "cancel", "2", "--ref", "withdrawn")
    words = ("HKD", CASE, holder, envelope, "--to", court)
    tell(EXECUTOR, "orders", "take-escrowed", *words)
    tell(RELEASER, "orders", "release", "HKD", CASE, holder, "1")
    tell(RELEASER, "orders", "unfreeze", "HKD", CASE, holder)
    tell(RELEASER, "orders", "close", "13", "--ref", "lifted")
    for words in (("show", CASE), ("list",), ("escrowed", "HKD", holder)):
        for options in ((), ("--json",)):
            told.append(funded.run("orders", *words, *options).out)
    assert len(told) == 1 + 15 + 22 + 6
    for text in told:
        assert text
        assert TIPPING_OFF.search(text) is None, text


def test_an_answer_is_one_json_object(funded, holder):
    words = ("orders", "freeze", "HKD", CASE, holder, "--account", f"TEST::{CASEWORKER}", "--yes")
    answer = funded.run(*words, "--json")
    assert json.loads(answer.out)["outcome"] == "done"
    assert "holds CASEWORKER" in answer.err
