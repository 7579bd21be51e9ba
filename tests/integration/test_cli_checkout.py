"""`checkout` on a real node.

terms, sign
├── given dates out of order, a fee for nobody, no amount: refuses, writes nothing
├── given somebody else than the payer, a no, or a file that is there: refuses
├── given a large amount: it is typed in words
└── else: a file of terms, and the payer's signature in it

authorize, capture, release, refund, withdraw
├── given a changed, foreign or unsigned file, or terms that are late: refuses, sends nothing
├── given another sum before than --already says: refuses, and says which
├── given a frozen payer, a barred payee, a pause: as the contract says
└── else: does it; a second run does nothing

status
└── what is held and what became of the rest; who may do what until when, pauses added
"""

import json
from pathlib import Path

import pytest

from pegboard.inputs import moment_text
from tests.integration.conftest import blocks, now, warp
from tests.support.uses import DAY
from tests.support.world import REF, key

PAYER, RELAYER, OPERATOR, MERCHANT, FEES, STRANGER = 31, 33, 34, 35, 44, 45
UNIT = 10**6
ME = key(PAYER).address
NOBODY = "0x" + "00" * 20


@pytest.fixture
def made(console, market, tmp_path):
    """Writes terms of HKD 100 with a fee of 1 %, each of an order of its own."""
    numbers = iter(range(100))

    def make(*words, amount="100", payer=ME, payee=None, order="", code=0):
        out = str(tmp_path / f"order{next(numbers)}.json")
        given = ["--operator", key(OPERATOR).address, "--payer", payer]
        given += ["--payee", payee or key(MERCHANT).address, "--order", order or out[-25:]]
        given += ["--fee-bps", "100", "--fee-to", key(FEES).address, "-o", out]
        answer = console.run("checkout", "terms", "HKD", amount, *given, *words, "--json")
        assert answer.code == code, answer
        return out if not code else answer.err.strip().removeprefix("Error: ")

    return make


@pytest.fixture
def opened(console, made):
    """A payment that is authorized."""

    def make(*words, by=PAYER, **given):
        out = made(*words, payer=key(by).address, **given)
        console.act(by, "checkout", "sign", out)
        console.act(RELAYER, "checkout", "authorize", out)
        return out

    return make


def data_of(path):
    return json.loads(Path(path).read_text())


def status(console, path):
    return console.run("checkout", "status", path, "--json").json


def sums(found):
    names = ("held", "captured", "fees", "refundable", "refunded", "released")
    return tuple(found[name]["amount"] for name in names)


def outcome(console, index, *words):
    return console.act(index, "checkout", *words).json["outcome"]


# Terms


def test_the_terms_of_a_payment(console, market, made):
    before, at = blocks(), now()
    data = data_of(made("--capture-within", "2d", "--refund-within", "3d", order="A-1"))
    terms = data["terms"]
    assert (terms["max"], terms["feeBps"], data["authorization"]) == ("100000000", "100", "0x")
    days = [int(terms[name]) - at for name in ("authBy", "captureBy", "refundBy")]
    assert [round(seconds / DAY, 3) for seconds in days] == [1, 2, 3]
    assert bytes.fromhex(terms["order"][2:]).rstrip(b"\0") == b"A-1"
    assert blocks() == before


def test_terms_that_make_no_sense(console, market, made, tmp_path):
    told = {
        (
            "--authorize-within",
            "8d",
        ): "authorize, then capture, then refund: 8d, 7d, 30d are not in "
        "this order, or are nothing",
        (
            "--authorize-within",
            "0s",
        ): "authorize, then capture, then refund: 0s, 7d, 30d are not in "
        "this order, or are nothing",
        ("--fee-bps", "0"): "nothing would go to --fee-to: add --fee-bps",
        ("--refund-within", "soon"): "'soon' is not a duration: write a number and s, m, h or d, "
        "such as 26h",
        ("--order", " "): "a reference is required here: add --ref with the bank, ticket or case "
        "reference",
    }
    assert {words: made(*words, code=1) for words in told} == told
    assert made(amount="0", code=1) == "the amount is zero, or more than a payment has room for"
    words = ("--operator", ME, "--payer", ME, "--payee", ME, "--order", "1", "--fee-bps", "5")
    out = ("-o", str(tmp_path / "x.json"))
    answer = console.run("checkout", "terms", "HKD", "1", *words, *out)
    assert answer.err == "Error: a fee goes to somebody: add --fee-to\n"
    assert list(tmp_path.iterdir()) == []


def test_only_the_payer_signs_and_sees_what(console, market, made):
    out = made(order="A-2")
    message = console.refused(STRANGER, "checkout", "sign", out)
    assert message.endswith(f"is paid by {ME}, not by {key(STRANGER).address}")
    answer = console.run("checkout", "sign", out, "--account", f"TEST::{PAYER}", stdin="n\n")
    assert answer.code == 1
    said = " ".join(answer.err.split())
    assert f"You sign that {ME} lets {key(OPERATOR).address} capture up to 100.00 HKD for" in said
    assert "order A-2." in said
    assert data_of(out)["authorization"] == "0x"
    message = console.refused(RELAYER, "checkout", "authorize", out)
    assert message.endswith(f"is not signed: have {ME} sign it first")
    console.act(PAYER, "checkout", "sign", out)
    kept = data_of(out)
    assert len(kept["authorization"]) == 132
    again = console.run("checkout", "sign", out, "--account", f"TEST::{PAYER}", "--yes")
    assert again.out == "Nothing to do: it is signed.\n"
    assert data_of(out) == kept


def test_a_large_payment_is_typed_in_words(console, market, made):
    out = made(amount="1000000.01")
    words = ("checkout", "sign", out, "--account", f"TEST::{PAYER}", "--yes")
    assert console.run(*words, stdin="one million HKD\n").code == 1
    assert console.run(*words, stdin="one million point zero one HKD\n").code == 0


# Files


def test_changed_and_foreign_files(console, market, made):
    out = made()
    console.act(PAYER, "checkout", "sign", out)
    name, kept, before = Path(out).name, data_of(out), blocks()
    checkout, usd = market.uses.checkout.address, market.usd.token.address
    signed = f"{name} is not signed by {ME}: it was changed, or another key signed"
    told = {
        ("max", "100000001"): signed,
        ("payee", key(STRANGER).address): signed,
        ("authorization", "0x" + "11" * 65): signed,
        ("token", usd): f"{name} names HKD, and its token {usd} is another one",
        ("currency", "USD"): f"{name} names USD, and its token {kept['terms']['token']} is another "
        "one",
        ("currency", "XYZ"): "XYZ is not declared in currencies/; there is CNH, HKD, USD",
        ("currency", 5): f"{name}: currency must be text",
        ("chainId", 1): f"{name} is for {checkout} on chain 1, and here it would be {checkout} on "
        "chain 31337: check the file and --network",
        ("schema", "x"): f"{name} is no order: make it with `checkout terms`",
    }
    found = {}
    for field, value in told:
        data = json.loads(json.dumps(kept))
        (data["terms"] if field in data["terms"] else data)[field] = value
        Path(out).write_text(json.dumps(data))
        found[field, value] = console.refused(RELAYER, "checkout", "authorize", out)
    assert found == told
    assert blocks() == before


def test_what_comes_late_is_not_authorized(console, market, made):
    out = made("--authorize-within", "1m")
    console.act(PAYER, "checkout", "sign", out)
    warp(120)
    until = moment_text(int(data_of(out)["terms"]["authBy"]))
    assert console.refused(RELAYER, "checkout", "authorize", out).endswith(
        f"could be authorized until {until}: make a new one"
    )
    found = status(console, out)
    assert found["state"] == "not authorized"
    assert found["possible"] == ["Nothing more: it was not authorized in time, or is void."]


# Acting


def test_a_payment_in_parts(console, market, opened):
    """Each part once, a refund, the rest released, and the fee taken."""
    out, hkd = opened(), market.hkd
    shop = key(MERCHANT).address
    start = market.balance(hkd, shop), market.balance(hkd, ME)
    assert outcome(console, RELAYER, "authorize", out) == "nothing"
    assert sums(status(console, out)) == ("100.00", "0.00", "0.00", "0.00", "0.00", "0.00")

    assert outcome(console, OPERATOR, "capture", out, "40") == "done"
    before = blocks()
    assert outcome(console, OPERATOR, "capture", out, "40") == "nothing"
    message = console.refused(OPERATOR, "checkout", "capture", out, "30")
    assert message == (
        f"40.00 HKD of {Path(out).name} is captured, not 0.00 HKD: if 30.00 HKD more is right, add "
        "--already 40.00"
    )
    assert blocks() == before
    assert outcome(console, OPERATOR, "capture", out, "40", "--already", "40") == "done"
    assert outcome(console, OPERATOR, "capture", out, "40", "--already", "40") == "nothing"
    assert market.balance(hkd, shop) - start[0] == 79_200_000

    assert outcome(console, MERCHANT, "refund", out, "10") == "done"
    assert outcome(console, MERCHANT, "refund", out, "10") == "nothing"
    message = console.refused(MERCHANT, "checkout", "refund", out, "5")
    assert message.startswith(f"10.00 HKD of {Path(out).name} is refunded, not 0.00 HKD: ")
    assert sums(status(console, out)) == ("20.00", "80.00", "0.80", "70.00", "10.00", "0.00")

    assert outcome(console, MERCHANT, "release", out) == "done"
    assert outcome(console, MERCHANT, "release", out) == "nothing"
    assert market.balance(hkd, ME) - start[1] == 30 * UNIT
    found = status(console, out)
    assert sums(found) == ("0.00", "80.00", "0.80", "70.00", "10.00", "20.00")
    assert [line.split(":")[0] for line in found["possible"]] == ["refund 70.00 HKD"]

    assert console.act(FEES, "checkout", "withdraw", "HKD").json["amount"]["amount"] == "0.80"
    assert outcome(console, FEES, "withdraw", "HKD") == "nothing"
    assert outcome(console, MERCHANT, "refund", out, "70", "--already", "10") == "done"
    found = status(console, out)
    assert (found["state"], found["possible"]) == ("closed", ["Nothing more."])


def test_who_may_not(console, market, opened, made):
    out, unopened = opened(), made()
    before = blocks()
    message = console.refused(STRANGER, "checkout", "capture", out, "1")
    assert message.startswith("CallerNot: The caller is not the one who may do this")
    assert console.refused(OPERATOR, "checkout", "capture", out, "101").startswith(
        "InvalidValue: More than is held, or refundable, was asked for, or nothing (value 101.00 "
        "HKD, available 100.00 HKD)"
    )
    assert console.refused(OPERATOR, "checkout", "capture", out, "0") == (
        "the amount is zero: nothing would happen, so say how much"
    )
    assert console.refused(PAYER, "checkout", "release", out).startswith("NotYetReleasable: ")
    assert console.refused(STRANGER, "checkout", "refund", out, "1") == (
        f"{key(STRANGER).address} lets Checkout take 0.00 HKD, and 1.00 HKD is needed: raise that "
        "with `checkout allow`"
    )
    for words in (("capture", unopened, "1"), ("refund", unopened, "1"), ("release", unopened)):
        assert console.refused(OPERATOR, "checkout", *words) == (
            f"{Path(unopened).name} is not authorized: run `checkout authorize` first"
        )
    assert blocks() == before


def test_an_allowance_for_refunds(console, market, opened):
    out = opened()
    console.act(OPERATOR, "checkout", "capture", out, "10")
    market.world.fund(key(STRANGER).address, 10 * UNIT)
    assert outcome(console, STRANGER, "allow", "HKD", "10") == "done"
    assert outcome(console, STRANGER, "allow", "HKD", "10") == "nothing"
    assert outcome(console, STRANGER, "refund", out, "10") == "done"
    assert market.balance(market.hkd, key(STRANGER).address) == 0


def test_a_late_payment_is_released_by_its_payer(console, market, opened):
    out = opened("--authorize-within", "1m", "--capture-within", "2m", "--refund-within", "3m")
    warp(150)
    assert console.refused(OPERATOR, "checkout", "capture", out, "1").startswith("DeadlinePassed: ")
    who = f"{ME}, {key(OPERATOR).address} or {key(MERCHANT).address}"
    assert status(console, out)["possible"] == [f"release 100.00 HKD: {who}"]
    assert outcome(console, PAYER, "release", out) == "done"


def test_freezes_follow_the_money(console, market, opened):
    """A frozen payer's money stays; a barred merchant's is credited, and waits."""
    world, token = market.world, market.hkd.token
    payer, shop = key(46).address, key(47).address
    world.fund(payer, 200 * UNIT)
    out = opened(by=46, payee=shop)
    world.act("BLACKLISTER", token, "blacklist", [shop], REF)
    assert outcome(console, OPERATOR, "capture", out, "10") == "done"
    assert market.uses.checkout.call("creditOf", token.address, shop) == 9_900_000
    world.act("FREEZER", token, "freeze", [payer], REF)
    message = console.refused(OPERATOR, "checkout", "capture", out, "10", "--already", "10")
    assert message.startswith("OwnerBarred: ")
    assert status(console, out)["possible"][0] == (
        f"nothing held leaves the payer {payer} but by order: it is frozen"
    )


def test_a_pause_is_added_to_the_deadlines(console, market, opened):
    world, token = market.world, market.hkd.token
    out = opened("--capture-within", "2d", "--refund-within", "3d")
    first = status(console, out)
    world.act("PAUSER", token, "pause", 1, REF)
    message = console.refused(OPERATOR, "checkout", "capture", out, "1")
    assert message.startswith("Paused: ")
    world.act("RESUMER", token, "resume", 1, REF, token.call("pauseNumber"))
    found = status(console, out)
    assert found["pausedSeconds"] > 0
    times = (int(data_of(out)["terms"][name]) for name in ("captureBy", "refundBy"))
    tolled = [moment_text(time + found["pausedSeconds"]) for time in times]
    assert [found["captureBy"], found["refundBy"]] == tolled
    assert first["captureBy"] < found["captureBy"]
