"""`customers` on a real node.

prove
├── given a name for a reference, a deadline that has passed, or a no: nothing is signed
└── else: signs into a file, and sends nothing

bind
├── given a file for another chain, register or nonce, changed, or late: refuses, nothing is sent
├── given an account that is not REGISTRAR, or due diligence in the past or too long: refuses
└── else: binds; a second run does nothing

payout, renew, unbind
├── given a wallet that is not bound, or what would be hashed: refuses
└── else: does it; a second run does nothing

show, list
└── where each wallet stands, how many days are left, and until when it cools
"""

import json

import pytest

from pegboard.calendars import DAY, day_text
from pegboard.chain import ApeChain
from pegboard.inputs import moment_text
from tests.integration.conftest import blocks, now, warp
from tests.support.world import resolve

CUSTOMER = "0x" + "7f" * 32
ACCOUNT = "A-20f1"
REGISTRAR, STRANGER, WALLET, OTHER = 44, 39, 30, 31
ADDRESS = resolve(f"TEST::{WALLET}")


def day(ahead):
    """A day from now, in UTC."""
    return day_text(now() // DAY + ahead)


def end(text):
    """The last second of a day, as people read it."""
    return f"{text}T23:59:59Z"


@pytest.fixture
def proof(console, tmp_path):
    """Makes a file that a wallet signed."""

    def prove(wallet=WALLET, *, customer=CUSTOMER, name="proof.json", hours=24):
        out = tmp_path / name
        deadline = ("--deadline", moment_text(now() + hours * 3600))
        console.act(
            wallet, "customers", "prove", "--customer", customer, *deadline, "--out", str(out)
        )
        return out

    return prove


@pytest.fixture
def bind(console):
    """Binds by a file."""

    def act(path, *, until=None, ref="ticket 1", by=REGISTRAR):
        words = ("customers", "bind", str(path), "--until", until or day(365), "--ref", ref)
        return console.act(by, *words).json

    return act


@pytest.fixture
def refused(console):
    """A binding that is refused before anything is sent."""

    def act(path, *, until=None, by=REGISTRAR):
        before = blocks()
        words = ("customers", "bind", str(path), "--until", until or day(365), "--ref", "ticket 1")
        message = console.refused(by, *words)
        assert blocks() == before
        return message

    return act


def shown(console, address=ADDRESS):
    return console.run("customers", "show", address, "--json").json


# Prove


@pytest.mark.req("HK-45")
def test_a_wallet_proves_whose_it_is(console, proof):
    before, earliest = blocks(), moment_text(now() + 24 * 3600)
    data = json.loads(proof().read_text())
    assert (data["wallet"], data["customerRef"], data["nonce"]) == (ADDRESS, CUSTOMER, 0)
    assert data["chainId"] == 31337
    assert earliest <= data["deadline"] <= moment_text(now() + 24 * 3600)
    assert blocks() == before


def test_the_wallet_sees_what_it_signs(console, tmp_path):
    out = tmp_path / "proof.json"
    words = ("customers", "prove", "--customer", "C-7f3a", "--deadline", "2099-01-01T00:00:00Z")
    words += ("--out", str(out), "--account", f"TEST::{WALLET}")
    answer = console.run(*words, stdin="n\n")
    assert answer.code == 1
    assert f"You state: {ADDRESS} is a wallet of customer C-7f3a." in answer.err
    assert "chain 31337, until 2099-01-01T00:00:00Z" in answer.err
    assert "Sign this statement?" in answer.err
    assert not out.exists()
    done = console.run(*words, "--yes")
    assert (done.code, done.out) == (0, f"Signed into {out}; nothing was sent.\n")
    assert out.exists()


@pytest.mark.req("HK-44")
def test_what_is_not_signed(console, tmp_path):
    out = tmp_path / "proof.json"

    def prove(customer, deadline):
        words = ("customers", "prove", "--customer", customer, "--deadline", deadline)
        return console.refused(WALLET, *words, "--out", str(out))

    assert "it is never hashed" in prove("Chan Tai Man, 1 Queen's Road Central", moment_text(now()))
    assert "not a time" in prove(CUSTOMER, "tomorrow")
    assert "has passed" in prove(CUSTOMER, "2020-01-01T00:00:00Z")
    assert not out.exists()
    missing = str(tmp_path / "nowhere" / "proof.json")
    words = ("customers", "prove", "--customer", CUSTOMER, "--deadline", "2099-01-01T00:00:00Z")
    assert "nowhere" in console.refused(WALLET, *words, "--out", missing)


# Bind


@pytest.mark.req("HK-44", "HK-45")
def test_binding_and_using(console, proof, bind):
    until = day(365)
    path = proof()
    done = bind(path, until=until)
    assert (done["outcome"], done["command"], done["refText"]) == ("done", "bind", "ticket 1")
    assert (done["wallet"], done["customerRef"]) == (ADDRESS, CUSTOMER)
    assert done["dueDiligenceUntil"] == end(until)
    before = blocks()
    assert bind(path, until=until)["outcome"] == "nothing"
    assert blocks() == before
    found = shown(console)
    assert (found["standing"], found["daysLeft"], found["bindings"]) == ("cooling", 365, 1)
    assert (found["payoutRef"], found["payoutReadyAt"]) == (None, None)
    warp(24 * 3600)
    found = shown(console)
    assert (found["standing"], found["daysLeft"]) == ("ready", 364)


def test_the_registrar_sees_what_is_bound(console, proof):
    until = day(30)
    words = ("customers", "bind", str(proof(customer="C-7f3a")), "--until", until)
    answer = console.run(*words, "--account", f"TEST::{REGISTRAR}", stdin="n\n")
    assert answer.code == 1
    said = f"bind {ADDRESS} to customer C-7f3a, whose due diligence counts until {end(until)}"
    assert said in " ".join(answer.err.split())
    assert "holds REGISTRAR" in answer.err
    assert shown(console)["standing"] == "unknown"


@pytest.mark.req("HK-45")
def test_a_file_for_elsewhere_is_refused(console, proof, refused):
    path = proof()
    good = json.loads(path.read_text())

    def changed(**changes):
        path.write_text(json.dumps(good | changes))
        return refused(path)

    assert "on chain 1, not for this one" in changed(chainId=1)
    token = console.status()["token"]
    assert f"for register {token}" in changed(register=token)
    assert "is not signed by" in changed(nonce=1)
    assert "is not signed by" in changed(wallet=resolve(f"TEST::{OTHER}"))
    assert "is not signed by" in changed(customerRef="0x" + "11" * 32)
    path.write_text("{}")
    assert "is no proof of a wallet: make it with `prove`" in refused(path)


@pytest.mark.req("HK-45")
def test_a_file_of_another_nonce_is_refused(console, proof, bind, refused):
    path = proof()
    bind(path)
    console.act(REGISTRAR, "customers", "unbind", ADDRESS, "--ref", "ticket 2")
    assert "was bound 1 times, and the proof is for one that was bound 0 times" in refused(path)
    assert bind(proof(name="anew.json"))["outcome"] == "done"
    assert shown(console)["bindings"] == 2


@pytest.mark.req("HK-45")
def test_a_late_file_is_refused(console, proof, refused):
    path = proof(hours=1)
    warp(2 * 3600)
    assert "the proof could be used until" in refused(path)


def test_a_bound_wallet_is_not_bound_to_another(console, proof, bind, refused):
    bind(proof())
    again = proof(customer="0x" + "11" * 32, name="other.json")
    assert f"is bound to customer {CUSTOMER}: unbind it first" in refused(again)


def test_who_may_bind_and_until_when(console, proof, refused, tmp_path):
    path = proof()
    assert "that takes REGISTRAR" in refused(path, by=STRANGER)
    assert "is over: due diligence must end in the future" in refused(path, until=day(-1))
    assert "not a day" in refused(path, until="31.12.2026")
    message = refused(path, until=day(3 * 366 + 1))
    assert "InvalidDueDiligence" in message
    assert f"until {end(day(3 * 366 + 1))}" in message
    assert "at most three years from now" in message
    missing = ("customers", "bind", str(tmp_path / "none.json"), "--until", day(1))
    assert "does not exist" in console.act(REGISTRAR, *missing, code=2).err
    assert "--until" in console.act(REGISTRAR, "customers", "bind", str(path), code=2).err


# Payout, renew, unbind


@pytest.mark.req("HK-44")
def test_the_account_that_is_paid(console, proof, bind):
    words = ("customers", "payout", ADDRESS, ACCOUNT, "--ref", "ticket 3")
    message = console.refused(REGISTRAR, *words)
    assert "WalletUnknown" in message
    assert "bind the wallet first" in message
    bind(proof())
    assert console.act(REGISTRAR, *words).json["outcome"] == "done"
    before = blocks()
    assert console.act(REGISTRAR, *words).json["outcome"] == "nothing"
    assert blocks() == before
    found = shown(console)
    assert found["payoutRef"] == "0x" + ACCOUNT.encode().ljust(32, b"\0").hex()
    assert found["payoutReadyAt"] >= found["readyAt"]
    assert "that takes REGISTRAR" in console.refused(
        STRANGER, "customers", "payout", ADDRESS, "A-2"
    )


@pytest.mark.req("HK-44")
@pytest.mark.parametrize("account", ["012-875-0-123456-7, Chan Tai Man Trading", "陳大文", ""])
def test_an_account_is_never_hashed(console, account):
    words = ("customers", "payout", ADDRESS, account, "--ref", "ticket 3")
    assert "it is never hashed" in console.refused(REGISTRAR, *words)


def test_renewing(console, proof, bind):
    words = ("customers", "renew", ADDRESS, "--ref", "review 1", "--until")
    assert "WalletUnknown" in console.refused(REGISTRAR, *words, day(30))
    bind(proof())
    until = day(500)
    done = console.act(REGISTRAR, *words, until).json
    assert (done["outcome"], done["dueDiligenceUntil"]) == ("done", end(until))
    assert console.act(REGISTRAR, *words, until).json["outcome"] == "nothing"
    assert shown(console)["daysLeft"] == 500
    assert "is over" in console.refused(REGISTRAR, *words, day(-1))
    console.act(REGISTRAR, *words, day(1))
    warp(2 * DAY)
    assert (shown(console)["standing"], shown(console)["daysLeft"]) == ("expired", 0)
    assert "expired" in console.run("customers", "list").out


def test_unbinding(console, proof, bind):
    words = ("customers", "unbind", ADDRESS, "--ref", "left")
    assert console.act(REGISTRAR, *words).json["outcome"] == "nothing"
    bind(proof())
    assert console.act(REGISTRAR, *words).json["outcome"] == "done"
    answer = console.run(*words, "--account", f"TEST::{REGISTRAR}")
    assert (answer.code, answer.out) == (0, "Nothing to do: it is so already.\n")
    assert "is unknown: it was bound 1 times" in console.run("customers", "show", ADDRESS).out


@pytest.mark.parametrize("verb", ["payout", "renew", "unbind", "show"])
def test_wrong_addresses_are_usage_errors(console, verb):
    rest = {"payout": (ACCOUNT,), "renew": ("--until", "2099-01-01")}.get(verb, ())
    signing = ("--account", f"TEST::{REGISTRAR}", "--yes") if verb != "show" else ()
    answer = console.run("customers", verb, ADDRESS.lower(), *rest, *signing)
    assert answer.code == 2
    assert "checksum" in answer.err


# Show and list


@pytest.mark.req("HK-44")
def test_all_wallets_are_listed(console, proof, bind):
    empty = console.run("customers", "list")
    assert (empty.code, empty.out) == (0, "No wallet is bound.\n")
    assert console.run("customers", "list", "--json").json == {"chainId": 31337, "customers": []}
    bind(proof(), until=day(365))
    bind(proof(OTHER, customer="C-7f3a", name="other.json"), until=day(30))
    console.act(REGISTRAR, "customers", "payout", ADDRESS, ACCOUNT)
    listed = console.run("customers", "list", "--json").json["customers"]
    assert [c["wallet"] for c in listed] == [resolve(f"TEST::{OTHER}"), ADDRESS]
    assert [(c["standing"], c["daysLeft"]) for c in listed] == [("cooling", 30), ("cooling", 365)]
    assert listed[1] == {k: v for k, v in shown(console).items() if k != "chainId"}
    first, second = console.run("customers", "list").out.splitlines()
    assert first == (
        f"{resolve(f'TEST::{OTHER}')}  cooling  30 days left  customer C-7f3a  NO PAYOUT ACCOUNT"
    )
    assert second == f"{ADDRESS}  cooling  365 days left  customer {CUSTOMER}"


def test_the_list_is_of_one_block(console, proof, bind, monkeypatch):
    """Between two pages of the latest block a wallet could slip through."""
    path = proof()
    register, asked, request = json.loads(path.read_text())["register"], set(), ApeChain.request
    bind(path)

    def watched(self, method, params):
        if method == "eth_call" and params[0]["to"] == register:
            asked.add(params[1])
        return request(self, method, params)

    monkeypatch.setattr(ApeChain, "request", watched)
    assert ADDRESS in console.run("customers", "list").out
    assert asked == {hex(blocks())}


def test_one_wallet_for_people(console, proof, bind):
    bind(proof())
    console.act(REGISTRAR, "customers", "payout", ADDRESS, ACCOUNT)
    out = console.run("customers", "show", ADDRESS).out
    found = shown(console)
    assert out.splitlines() == [
        f"Wallet     {ADDRESS}",
        "Standing   cooling",
        f"Customer   {CUSTOMER}",
        f"Usable     from {found['readyAt']}",
        f"Diligence  until {found['dueDiligenceUntil']}, 365 days left",
        f"Payout     {ACCOUNT}, usable from {found['payoutReadyAt']}",
    ]
