"""`envelope` on a real node.

create
├── given too little, too many packets, no time: refuses, writes nothing
├── given a no at the first question: nothing is kept; at the second: the same command goes on
├── given a file of other terms: refuses
├── given a large total: it is typed in words
└── else: fills it, shows the link once, keeps the terms without it; a second run does nothing

claim, request, submit
├── given a link that is none, was changed or is for elsewhere: refuses, sends nothing
├── given a submitter: only what it submits counts; without one it says what is gameable
├── given a frozen creator, a barred claimer, an envelope that has expired: refuses
└── else: one share for each address; a second run does nothing

status, refund
└── by a file or by a link: what is left, who got what; what is left goes back once
"""

import json
import stat
from pathlib import Path

import pytest

from pegboard.uses.envelopes import GAMEABLE, MANY
from tests.integration.conftest import blocks, warp
from tests.support.world import REF, key

CREATOR, RELAYER, STRANGER = 31, 33, 45
UNIT = 10**6
ME = key(CREATOR).address
NOBODY = "0x" + "00" * 20


@pytest.fixture
def filled(console, market, tmp_path):
    """An envelope of HKD 88 in 4 shares: its file and its link."""
    numbers = iter(range(100))

    def make(*words, by=CREATOR):
        out = str(tmp_path / f"envelope{next(numbers)}.json")
        given = ("HKD", "88", "--packets", "4", *words, "-o", out)
        return out, console.act(by, "envelope", "create", *given).json["link"]

    return make


@pytest.fixture
def status(console):
    return lambda what: console.run("envelope", "status", what, "--json").json


def outcome(console, index, *words):
    return console.act(index, "envelope", *words).json["outcome"]


def shares(found):
    return {claim["to"]: int(claim["share"]["units"]) for claim in found["claims"]}


# Create


def test_an_envelope_is_made_once_and_its_link_shown_once(console, market, tmp_path, status):
    out, start = tmp_path / "e.json", market.balance(market.hkd, ME)
    words = ("envelope", "create", "HKD", "88", "--packets", "4", "-o", str(out))
    signing = ("--account", f"TEST::{CREATOR}")
    answer = console.run(*words, *signing, stdin="n\n")
    assert (answer.code, list(tmp_path.iterdir())) == (1, [])
    said = " ".join(answer.err.split())
    assert f"You sign that {ME} gives 88.00 HKD in 4 random shares, until " in said
    assert GAMEABLE in said
    assert MANY in said

    answer = console.run(*words, *signing, stdin="y\nn\n")
    waiting = tmp_path / "e.json.link"
    assert answer.code == 1
    assert stat.S_IMODE(waiting.stat().st_mode) == 0o600
    assert market.balance(market.hkd, ME) == start
    link = waiting.read_text().strip()
    secret = link.split("#")[1]
    assert secret not in out.read_text()

    done = console.run(*words, *signing, "--yes")
    assert (done.code, done.out.splitlines()[-3:]) == (0, [link, GAMEABLE, MANY])
    assert secret not in done.err
    assert not waiting.exists()
    assert market.balance(market.hkd, ME) == start - 88 * UNIT
    before = blocks()
    again = console.run(*words, *signing, "--yes")
    assert "Nothing to do" in again.out
    assert "Its link was shown before." in again.out
    assert secret not in again.out
    assert blocks() == before
    assert status(link)["left"]["amount"] == "88.00"


def test_a_file_of_other_terms_is_not_gone_on_with(console, market, filled):
    out, _ = filled()
    words = ("envelope", "create", "HKD", "89", "--packets", "4", "-o", out)
    message = console.refused(CREATOR, *words)
    assert message.startswith(f"{Path(out).name} is there already, and is of other terms (")
    words = ("envelope", "create", "HKD", "88", "--packets", "4", "--equal", "-o", out)
    assert message == console.refused(CREATOR, *words)


def test_a_large_envelope_is_typed_in_words(console, market, tmp_path):
    out = str(tmp_path / "e.json")
    words = ("envelope", "create", "HKD", "1000001", "--packets", "2", "--sign-only", "-o", out)
    signing = ("--account", f"TEST::{CREATOR}", "--yes")
    assert console.run(*words, *signing, stdin="one HKD\n").code == 1
    assert not Path(out).exists()
    assert console.run(*words, *signing, stdin="one million one HKD\n").code == 0


def test_what_is_no_envelope(console, market, tmp_path):
    out = ("-o", str(tmp_path / "e.json"))
    told = {
        ("0.03", "4"): "0.03 HKD is less than 0.01 HKD for each of 4 packets",
        ("88", "0"): "an envelope has 1 to 65535 packets, not 0",
        ("88", "65536"): "an envelope has 1 to 65535 packets, not 65536",
        (
            "88",
            "4",
            "--expires",
            "0s",
        ): "it would expire at once: give --expires a time such as 24h",
        ("8,8", "4"): "'8,8' is not an amount: write plain digits with an optional decimal point, "
        "such as 1250.50, without sign, separators, spaces or exponent",
    }
    before = blocks()
    found = {}
    for words in told:
        total, packets, *more = words
        given = ("envelope", "create", "HKD", total, "--packets", packets, *more, *out)
        found[words] = console.refused(CREATOR, *given)
    assert found == told
    poor = ("envelope", "create", "HKD", "88", "--packets", "4", *out)
    assert console.refused(STRANGER, *poor).startswith("ERC20InsufficientBalance: ")
    assert blocks() == before


# Claim


def test_every_address_has_one_share(console, market, filled, status):
    out, link = filled()
    people = [key(46 + n).address for n in range(4)]
    for who in people[:2]:
        assert outcome(console, STRANGER, "claim", link, "--to", who) == "done"
    before = blocks()
    assert outcome(console, STRANGER, "claim", link, "--to", people[0]) == "nothing"
    assert blocks() == before
    for who in people[2:]:
        signing = ("--account", f"TEST::{STRANGER}", "--yes", "--json")
        answer = console.run("envelope", "claim", "-", "--to", who, *signing, stdin=link + "\n")
        assert answer.json["outcome"] == "done"
    found = status(out)
    assert sum(shares(found).values()) == 88 * UNIT
    assert shares(found) == {who: market.balance(market.hkd, who) for who in people}
    assert (found["packetsLeft"], found["possible"]) == (0, "Nothing is left in it.")
    message = console.refused(STRANGER, "envelope", "claim", link, "--to", ME)
    assert message.startswith("EnvelopeEmpty: ")


def test_equal_shares(console, market, filled, status):
    _, link = filled("--equal")
    who = key(50).address
    outcome(console, STRANGER, "claim", link, "--to", who)
    found = status(link)
    assert (shares(found), found["gameable"]) == ({who: 22 * UNIT}, [MANY])


def test_a_relayer_fills_it_and_submits_claims(console, market, tmp_path, status):
    """Neither the creator nor the claimer needs gas, and nobody can try for a larger share."""
    out, claim, start = tmp_path / "e.json", str(tmp_path / "c.json"), blocks()
    relayer, who = key(RELAYER).address, key(42).address
    given = ("HKD", "10", "--packets", "2", "--submitter", relayer, "--sign-only", "-o", str(out))
    made = console.act(CREATOR, "envelope", "create", *given).json
    assert made["gameable"] == []
    assert not (tmp_path / "e.json.link").exists()
    assert status(str(out))["possible"] == "It is not filled: `envelope submit` fills it."
    message = console.refused(STRANGER, "envelope", "refund", str(out))
    assert message == "e.json was never filled: nothing is in it"
    assert blocks() == start
    assert outcome(console, RELAYER, "submit", str(out)) == "done"
    assert outcome(console, STRANGER, "submit", str(out)) == "nothing"

    message = console.refused(STRANGER, "envelope", "claim", made["link"], "--to", who)
    assert message == (
        f"claims of this envelope are submitted by {relayer} alone: make a file for it, with "
        "`envelope request`"
    )
    answer = console.run("envelope", "request", made["link"], "--to", who, "-o", claim)
    assert answer.out == f"Written into {claim}: hand it to the submitter.\n"
    assert made["link"].split("#")[1] not in Path(claim).read_text()
    assert outcome(console, RELAYER, "submit", claim) == "done"
    before = blocks()
    assert outcome(console, RELAYER, "submit", claim) == "nothing"
    assert blocks() == before
    assert list(shares(status(str(out)))) == [who]


def test_claims_that_were_changed(console, market, filled, tmp_path):
    claim = tmp_path / "c.json"
    _, link = filled("--submitter", key(RELAYER).address)
    console.run("envelope", "request", link, "--to", ME, "-o", str(claim))
    kept, before = json.loads(claim.read_text()), blocks()
    link_key = kept["terms"]["key"]
    signed = f"c.json is not signed by {link_key}: it was changed, or another key signed"
    told = {
        ("to", key(STRANGER).address): signed,
        ("total", "1"): signed,
        ("signature", "0x"): signed,
        ("to", "me"): "c.json: 'me' is not an address: write 0x and 40 hexadecimal digits",
        ("currency", "USD"): "c.json names USD, and its token "
        f"{market.hkd.token.address} is another one",
        ("schema", "x"): "c.json is no envelope: make it with `envelope create`",
    }
    found = {}
    for field, value in told:
        data = json.loads(json.dumps(kept))
        (data["terms"] if field in data["terms"] else data)[field] = value
        claim.write_text(json.dumps(data))
        found[field, value] = console.refused(RELAYER, "envelope", "submit", str(claim))
    assert found == told
    assert blocks() == before


def test_links_that_are_none(console, market, filled):
    _, link = filled()
    none = "this is no link of an envelope: copy it whole, from pegboard: to its end"
    changed = "this link was changed or cut: ask for it again"
    at = market.uses.envelopes.address
    told = {
        "hello": none,
        link[:-1]: none,
        link.split("#")[0]: none,
        link.replace("salt=", "sault="): none,
        link[:-1] + ("1" if link[-1] == "0" else "0"): changed,
        link.replace("total=88000000", "total=88000001"): changed,
        link.replace("random=true", "random=maybe"): changed,
        link.replace("currency=HKD", "currency=USD"): changed,
        link.replace("#", "#")[:-64] + "0" * 64: changed,
        link.replace("chain=31337", "chain=1"): f"this link is for {at} on chain 1, and here it "
        f"would be {at} on chain 31337: check --network",
    }
    before = blocks()
    found = {it: console.refused(STRANGER, "envelope", "claim", it, "--to", ME) for it in told}
    assert found == told
    assert blocks() == before
    message = console.run("envelope", "status", "nowhere.json").err
    assert message == (
        "Error: nowhere.json is neither a file nor a link that begins with pegboard:envelope?\n"
    )


def test_freezes_follow_the_money(console, market, filled, status):
    world, token, barred = market.world, market.hkd.token, key(43).address
    creator = key(44).address
    world.fund(creator, 100 * UNIT)
    out, link = filled(by=44)
    world.act("BLACKLISTER", token, "blacklist", [barred], REF)
    message = console.refused(STRANGER, "envelope", "claim", link, "--to", barred)
    assert message.startswith("BlacklistedAccount: ")
    world.act("FREEZER", token, "freeze", [creator], REF)
    message = console.refused(STRANGER, "envelope", "claim", link, "--to", ME)
    assert message.startswith("OwnerBarred: ")
    assert status(out)["possible"] == (
        f"Nothing leaves it but by order: of the creator {creator}, it is frozen."
    )


# Refund


def test_what_nobody_claimed_goes_back_once(console, market, filled, status):
    out, link = filled("--expires", "1h", "--equal")
    outcome(console, STRANGER, "claim", link, "--to", key(41).address)
    assert console.refused(STRANGER, "envelope", "refund", out).startswith("NotExpired: ")
    warp(3_700)
    message = console.refused(STRANGER, "envelope", "claim", link, "--to", ME)
    assert message.startswith("EnvelopeExpired: ")
    assert status(out)["possible"].endswith(f": `envelope refund` gives the rest to {ME}.")
    start = market.balance(market.hkd, ME)
    assert outcome(console, STRANGER, "refund", out) == "done"
    assert outcome(console, STRANGER, "refund", link) == "nothing"
    assert market.balance(market.hkd, ME) - start == 66 * UNIT
    found = status(out)
    assert (found["returned"]["amount"], found["left"]["amount"]) == ("66.00", "0.00")
