"""`fx` on a real node.

quote
├── given a stale feed, a spread out of the band, a life of over a minute: refuses, writes nothing
├── given a stranger for a maker, a spent nonce, an asset that is not listed: refuses
├── given options that do not go together, or a file that is there: refuses
├── given a large amount: it is typed in words; given a no: nothing is written
└── else: the feed's price with the spread, rounded for the maker, signed into a file

check
├── given what would not settle: every reason in words, exit code 1
├── given only an allowance that is missing: says that it settles by `fx pay`
└── else: says that it would settle

settle, pay, submit
├── given a changed or foreign file, a frozen party, a pause, another taker: refuses, sends nothing
├── given an invoice of another amount, or one that was paid on: refuses, unless --again
├── given an invoice for which a file is signed that can still be settled: refuses, unless --again
├── given a contract of the suite as a receiver: refuses
├── given a quote that was settled otherwise, or cancelled: refuses
└── else: both legs at once; a second run does nothing

cancel, signer, allow, feed push, makers
└── does what it says; a second run does nothing
"""

import json
from pathlib import Path

import pytest
from eth_utils import keccak

from tests.integration.conftest import blocks, now, warp
from tests.support.node import attached
from tests.support.safes import make_safe, put_batcher
from tests.support.uses import MAX_AGE, RATE, create, open_market
from tests.support.world import REF, key

MAKER, TAKER, SUPPLIER, RELAYER, HOT, STRANGER = 30, 31, 32, 33, 44, 45
UNIT = 10**6
UETR = "eb6305c9-1f7f-49de-aed0-16487c27b42d"
NOBODY = "0x" + "00" * 20


@pytest.fixture(scope="module")
def opened(console):
    """USD/HKD at 7.80, and everybody with a million of both."""
    return open_market(attached())


@pytest.fixture
def market(opened):
    """The same, with a fresh answer of the feed."""
    opened.price()
    return opened


@pytest.fixture
def path(tmp_path):
    return lambda name: str(tmp_path / name)


@pytest.fixture
def quoted(console, market, path):
    """Makes a quote; nonces are counted, since a test may make two in a second."""
    numbers = iter(range(now() << 16, (now() << 16) + 100))

    def make(*words, by=MAKER, name="", sell="USD", buy="HKD", amount="100"):
        number = next(numbers)
        out = path(name or f"quote{number}.json")
        given = ("--sell", sell, "--buy", buy, "--amount", amount, "--spread-bps", "3")
        console.act(by, "fx", "quote", *given, "--nonce", str(number), *words, "-o", out)
        return out

    return make


@pytest.fixture
def invoice(tmp_path):
    """Writes an invoice of its own."""

    def make(number="INV-1", **fields):
        found = tmp_path / f"{number}.json"
        found.write_text(json.dumps({"number": number} | fields))
        return str(found)

    return make


def data_of(path):
    return json.loads(Path(path).read_text())


def changed(path, field, value):
    """The same file with something else in it."""
    data = data_of(path)
    inner = data if field in data else data["terms"]
    inner[field] = value
    Path(path).write_text(json.dumps(data))
    return path


def quote_words(*words, **given):
    base = {"sell": "USD", "buy": "HKD", "amount": "100", "spread-bps": "3"} | given
    pairs = ((f"--{name}", value) for name, value in base.items() if value is not None)
    return ("fx", "quote", *(word for pair in pairs for word in pair), *words)


def balances(market, *accounts):
    pegs = (market.usd, market.hkd)
    return {(peg.config.code, who): market.balance(peg, who) for peg in pegs for who in accounts}


# Quote


def test_a_quote_has_the_price_of_the_feed_and_the_spread(console, market, quoted):
    before = blocks()
    data = data_of(quoted("--ttl", "60s"))
    terms = data["terms"]
    # 100 * 7.80 * 1.0003
    assert (terms["sellAmount"], terms["buyAmount"]) == ("100000000", "780234000")
    assert (terms["maker"], terms["taker"]) == (key(MAKER).address, NOBODY)
    assert 59 <= int(terms["deadline"]) - now() <= 60
    back = data_of(quoted(sell="HKD", buy="USD", amount="780"))["terms"]
    # 780 / 7.80 * 1.0003
    assert (back["sellAmount"], back["buyAmount"]) == ("780000000", "100030000")
    assert blocks() == before


def test_the_maker_sees_what_it_signs(console, market, path):
    out = path("q.json")
    words = quote_words("--ttl", "20s", "-o", out, "--account", f"TEST::{MAKER}")
    answer = console.run(*words, stdin="n\n")
    assert answer.code == 1
    said = " ".join(answer.err.split())
    assert f"You sign that {key(MAKER).address} gives 100.00 USD to anybody for 780.234 HKD" in said
    assert "Sign this?" in said
    assert "would not settle now" not in said
    done = console.run(*words, "--yes")
    assert (done.code, done.out.split(":")[0]) == (0, f"Signed into {out}")


def test_a_large_quote_is_typed_in_words(console, market, path):
    out = path("q.json")
    words = (*quote_words("-o", out, amount="1500000"), "--account", f"TEST::{MAKER}", "--yes")
    answer = console.run(*words, stdin="two million USD\n")
    assert answer.code == 1
    assert "what was typed is not the amount in words: nothing was signed" in answer.err
    assert console.run(*words, stdin="one million five hundred thousand USD\n").code == 0
    assert data_of(out)["terms"]["sellAmount"] == "1500000000000"


def test_what_is_not_quoted(console, market, path):
    out = ("-o", path("q.json"))
    told = {
        quote_words(*out, "--ttl", "61s"): "a quote lives for 1s to 60s, not 1m 1s: its taker can "
        "wait for the price to move, and the maker cannot",
        quote_words(*out, "--ttl", "0s"): "a quote lives for 1s to 60s, not 0s: its taker can wait "
        "for the price to move, and the maker cannot",
        quote_words(
            *out, **{"spread-bps": "66"}
        ): "a spread of 66 bps on this amount is out of the "
        "band of 65 bps around 7.80 for USD/HKD: it would not settle",
        quote_words(*out, sell="HKD", buy="USD", amount="0.000001"): "a spread of 3 bps on this "
        "amount is out of the band of 65 bps around 7.80 for USD/HKD: it would not settle",
        quote_words(*out, amount="0"): "one side would give nothing: quote a larger amount",
        quote_words(*out, amount="1e3"): "'1e3' is not an amount: write plain digits with an "
        "optional decimal point, such as 1250.50, without sign, separators, spaces or exponent",
        quote_words(*out, sell="CNH"): "CNH is not declared; there is HKD, USD",
        quote_words(*out, buy="USD"): "USD and USD are no open pair: have GOVERNOR open it",
        quote_words(*out, buy=None): "give --sell, --buy and --spread-bps; or --asset and --price",
        quote_words(*out, "--price", "1"): "give --sell, --buy and --spread-bps; or --asset and "
        "--price",
        quote_words(*out, "--asset", NOBODY): "with --asset give --price, and either --sell or "
        "--buy; no --spread-bps",
        (
            "fx",
            "quote",
            "--asset",
            market.usd.token.address,
            "--buy",
            "HKD",
            "--price",
            "9.99",
            "--amount",
            "1",
            *out,
        ): "USD is a currency: quote it with --sell, --buy, --spread-bps",
        quote_words(*out, "--maker", key(SUPPLIER).address): f"{key(MAKER).address} is no signer "
        f"of {key(SUPPLIER).address}: have the maker add it, with `fx signer add`",
    }
    before = blocks()
    assert {words: console.refused(MAKER, *words) for words in told} == told
    assert not Path(out[1]).exists()
    assert blocks() == before


def test_a_stale_feed_is_not_quoted(console, market, path):
    warp(MAX_AGE + 60)
    message = console.refused(MAKER, *quote_words("-o", path("q.json")))
    assert message.startswith(f"the feed {market.rate.address} of USD/HKD is stale: its answer is ")
    assert message.endswith(" ago, and counts for 1h; wait for a new one")


def test_a_file_that_is_there_stays(console, market, quoted):
    out = quoted()
    kept = data_of(out)
    message = console.refused(MAKER, *quote_words("-o", out))
    assert message == f"{out} is there already: give another name, or move it away"
    assert data_of(out) == kept


# Check


def test_a_good_quote_would_settle(console, market, quoted):
    out = quoted()
    answer = console.run("fx", "check", out, "--taker", key(TAKER).address)
    assert (answer.code, answer.out.splitlines()[1]) == (0, "It would settle.")
    found = console.run("fx", "check", out, "--json").json
    assert (found["settles"], found["bits"], found["reasons"]) == (True, 0, [])


def test_an_allowance_is_not_needed_to_pay_by_signature(console, market, quoted):
    market.world.fund(key(STRANGER).address, 1_000 * UNIT, peg=market.hkd)
    answer = console.run("fx", "check", quoted(), "--taker", key(STRANGER).address)
    assert answer.code == 0
    assert answer.out.splitlines()[1:] == [
        "It would settle by `fx pay`; by `fx settle` it would not:",
        "- the taker lets FxSettle take 0.00 HKD, and 780.234 HKD is needed: it raises that with "
        "`fx allow`; `fx pay` needs no allowance",
    ]


def test_every_reason_is_told_at_once(console, market, quoted):
    out = quoted("--taker", key(TAKER).address, "--ttl", "1s", by=MAKER)
    changed(out, "maker", key(SUPPLIER).address)
    changed(out, "buyAmount", "790000000")
    warp(MAX_AGE + 60)
    answer = console.run("fx", "check", out, "--taker", key(43).address, "--json")
    maker, who = key(SUPPLIER).address, key(43).address
    assert answer.code == 1
    assert answer.json["bits"] == 1 + 8 + 32 + 64 + 256 + 512 + 1024 + 2048
    assert answer.json["reasons"][1:] == [
        "the feed of the pair is stale, or answers no price",
        f"{maker} did not sign it, nor did a signer of its: it was changed, or another key signed",
        f"it is for {key(TAKER).address} only",
        f"the maker cannot deliver: {maker} has 0.00 USD, and 100.00 USD is needed",
        "the maker lets FxSettle take 0.00 USD, and 100.00 USD is needed: it raises that with "
        "`fx allow`",
        f"the taker cannot pay: {who} has 0.00 HKD, and 790.00 HKD is needed",
        "the taker lets FxSettle take 0.00 HKD, and 790.00 HKD is needed: it raises that with "
        "`fx allow`; `fx pay` needs no allowance",
    ]
    market.price(RATE * 102 // 100)
    assert (
        "its rate is out of the band around the feed's answer"
        in (console.run("fx", "check", out, "--json").json["reasons"])
    )


def test_foreign_and_broken_files(console, market, quoted, tmp_path):
    out = quoted()
    fx = market.uses.fx.address
    told = {
        ("chainId", 1): f"q.json is for {fx} on chain 1, and here it would be {fx} on chain 31337: "
        "check the file and --network",
        ("contract", NOBODY): f"q.json is for {NOBODY} on chain 31337, and here it would be {fx} "
        "on chain 31337: check the file and --network",
        ("schema", "pegboard-quote/2"): "q.json is no quote: make it with `fx quote`",
        ("more", "1"): "q.json is no quote: make it with `fx quote`",
        (
            "sellAmount",
            "1.5",
        ): "q.json: sellAmount must be a whole number of base units below 2^128",
        ("sellAmount", 5): 'q.json: sellAmount must be text, such as "1000000"',
        ("signature", "0xzz"): "q.json: signature must be 0x and hex digits",
        ("signature", 5): "q.json: signature must be text",
        ("sell", key(TAKER).address.lower()): f"q.json: {key(TAKER).address.lower()} has a wrong "
        "checksum (EIP-55): copy the address again from where it is known to be right, capital and "
        "small letters included",
    }
    file, found = tmp_path / "q.json", {}
    for field, value in told:
        data = data_of(out)
        (data["terms"] if field in data["terms"] else data)[field] = value
        file.write_text(json.dumps(data))
        answer = console.run("fx", "check", str(file))
        assert (answer.code, answer.out) == (1, "")
        found[field, value] = answer.err.strip().removeprefix("Error: ")
    assert found == told
    file.write_text("[" * 10**5)
    answer = console.run("fx", "check", str(file))
    assert answer.err == "Error: q.json is no quote: make it with `fx quote`\n"


# Settle


def test_a_taker_settles_once(console, market, quoted):
    out = quoted()
    who = (key(MAKER).address, key(TAKER).address, key(SUPPLIER).address)
    before = balances(market, *who)
    words = ("fx", "settle", out, "--to", who[2], "--ref", "deal 1")
    done = console.act(TAKER, *words).json
    assert (done["outcome"], done["amount"]["amount"], done["to"]) == ("done", "780.234", who[2])
    after = balances(market, *who)
    moved = {
        place: after[place] - before[place] for place in after if after[place] != before[place]
    }
    assert moved == {
        ("USD", who[0]): -100 * UNIT,
        ("USD", who[2]): 100 * UNIT,
        ("HKD", who[0]): 780_234_000,
        ("HKD", who[1]): -780_234_000,
    }
    count = blocks()
    again = console.act(TAKER, *words).json
    assert (again["outcome"], again["tx"]) == ("nothing", done["tx"])
    message = console.refused(STRANGER, "fx", "settle", out)
    assert message.endswith(
        f"was settled in transaction {done['tx']}, by {who[1]} to {who[2]}: a quote settles once"
    )
    assert console.refused(MAKER, "fx", "cancel", out).endswith("nothing is left to cancel")
    assert blocks() == count


def test_what_does_not_settle(console, market, quoted):
    world, barred = market.world, key(46).address
    frozen = key(47).address
    world.act("BLACKLISTER", market.usd.token, "blacklist", [barred], REF)
    world.fund(frozen, 1_000 * UNIT, peg=market.hkd)
    world.act("FREEZER", market.hkd.token, "freeze", [frozen], REF)
    other = quoted("--taker", key(STRANGER).address)
    out, before = quoted(), blocks()
    name = out.rsplit("/", 1)[1]
    assert console.refused(TAKER, "fx", "settle", out, "--to", barred) == (
        f"it would not settle: {barred} may not receive USD: it is blacklisted"
    )
    assert console.refused(47, "fx", "settle", out).startswith(
        f"{name} would not settle: the taker cannot pay: {frozen} may not send HKD: it is frozen; "
        "the taker lets FxSettle take 0.00 HKD"
    )
    assert console.refused(TAKER, "fx", "settle", other).endswith(
        f"would not settle: it is for {key(STRANGER).address} only"
    )
    changed(out, "sellAmount", "100000001")
    assert console.refused(TAKER, "fx", "settle", out) == (
        f"{name} would not settle: {key(MAKER).address} did not sign it, nor did a signer of its: "
        "it was changed, or another key signed"
    )
    assert blocks() == before


def test_an_expired_quote_does_not_settle(console, market, quoted):
    out = quoted("--ttl", "1s")
    warp(2)
    message = console.refused(TAKER, "fx", "settle", out)
    assert "would not settle: it expired at " in message
    assert message.endswith(": have the maker quote anew")


def test_a_pause_stops_exchange(console, market, quoted):
    out, token = quoted("--ttl", "60s"), market.usd.token
    market.world.act("PAUSER", token, "pause", 1, REF)
    message = console.refused(TAKER, "fx", "settle", out)
    assert message.endswith("the maker cannot deliver: transfers of USD are paused")
    market.world.act("RESUMER", token, "resume", 1, REF, token.call("pauseNumber"))
    assert token.call("pauses") == 0


# Pay


def test_a_supplier_is_paid_by_a_relayer(console, market, quoted, invoice, path):
    """The importer has no USD, no gas is asked of it, and the reference ties chain and bank."""
    supplier, out = key(SUPPLIER).address, path("p.json")
    before, count = balances(market, supplier), blocks()
    inv = invoice("INV-7", amount="100.00", currency="USD")
    words = ("fx", "pay", quoted("--ttl", "60s"), "--to", supplier, "--invoice", inv)
    paid = console.act(TAKER, *words, "--uetr", UETR, "-o", out).json
    canonical = b'{"amount":"100.00","currency":"USD","number":"INV-7"}'
    ref = UETR.replace("-", "") + keccak(canonical)[:16].hex()
    assert (paid["uetr"], paid["ref"], paid["file"]) == (UETR, "0x" + ref, out)
    assert blocks() == count
    done = console.act(RELAYER, "fx", "submit", out).json
    assert (done["outcome"], done["ref"], done["taker"]) == ("done", "0x" + ref, key(TAKER).address)
    assert done["uetr"] == UETR
    assert balances(market, supplier)["USD", supplier] == before["USD", supplier] + 100 * UNIT
    count = blocks()
    again = console.act(STRANGER, "fx", "submit", out).json
    assert (again["outcome"], again["tx"]) == ("nothing", done["tx"])
    message = console.refused(
        TAKER, "fx", "pay", quoted(), "--to", supplier, "--invoice", inv, "-o", path("q.json")
    )
    assert message == (
        f"INV-7.json was paid on in transaction {done['tx']}: add --again to pay on it once more"
    )
    assert blocks() == count
    more = ("--to", supplier, "--invoice", inv, "--again", "--submit", "-o", path("q.json"))
    once = console.act(TAKER, "fx", "pay", quoted("--ttl", "60s"), *more).json
    assert (once["outcome"], once["command"]) == ("done", "settleFor")
    assert balances(market, supplier)["USD", supplier] == before["USD", supplier] + 200 * UNIT


def test_an_invoice_is_not_signed_for_twice(console, market, quoted, invoice, path, monkeypatch):
    supplier, inv = key(SUPPLIER).address, invoice("INV-9")
    before = balances(market, supplier)["USD", supplier]
    first, second = quoted("--ttl", "60s"), quoted("--ttl", "60s")
    words = ("--to", supplier, "--invoice", inv)
    paid = console.act(TAKER, "fx", "pay", first, *words, "-o", path("p1.json")).json
    message = console.refused(TAKER, "fx", "pay", second, *words, "-o", path("p2.json"))
    assert message.startswith(
        f"INV-9.json is signed for already, 780.234 HKD under UETR {paid['uetr']}, which anybody "
        f"can submit until "
    )
    assert not Path(path("p2.json")).exists()
    # Another machine knows nothing of the first file.
    monkeypatch.setenv("PEGBOARD_JOURNAL", path("elsewhere"))
    console.act(TAKER, "fx", "pay", second, *words, "-o", path("p2.json"))
    done = console.act(RELAYER, "fx", "submit", path("p1.json")).json
    count = blocks()
    assert console.refused(RELAYER, "fx", "submit", path("p2.json")) == (
        f"the invoice of p2.json was paid on in transaction {done['tx']}, at another quote: to pay "
        "on it once more, its taker signs anew, with --again"
    )
    assert blocks() == count
    third = quoted("--ttl", "60s")
    console.act(TAKER, "fx", "pay", third, *words, "--again", "-o", path("p3.json"))
    console.act(RELAYER, "fx", "submit", path("p3.json"))
    assert balances(market, supplier)["USD", supplier] == before + 200 * UNIT


def test_no_contract_of_the_suite_is_paid(console, market, quoted, invoice, path):
    out, before = quoted("--ttl", "60s"), blocks()
    for to, what in (
        (market.uses.fx.address, "the FxSettle"),
        (market.uses.checkout.address, "the Checkout"),
        (market.usd.token.address, "the USD token"),
    ):
        told = f"{to} is {what}, which would keep what is delivered: say to whom"
        assert console.refused(TAKER, "fx", "settle", out, "--to", to) == told
        words = ("--to", to, "--invoice", invoice("INV-10"), "-o", path("p.json"))
        assert console.refused(TAKER, "fx", "pay", out, *words) == told
    assert blocks() == before
    assert not Path(path("p.json")).exists()


def test_what_a_relayer_sends_is_tried_on_a_copy_first(console, market, quoted, invoice, path):
    supplier, out = key(SUPPLIER).address, path("p.json")
    words = ("fx", "pay", quoted("--ttl", "60s"), "--to", supplier, "--invoice", invoice("INV-S"))
    console.act(TAKER, *words, "-o", out)
    done = console.act(RELAYER, "fx", "submit", out, "--simulate").json
    assert done["outcome"] == "done"
    assert any("Settled" in event for event in done["simulation"]["events"])


def test_a_safe_takes_a_quote(console, market, quoted, path, monkeypatch):
    """A multisig is an account: the same command proposes."""
    world = market.world
    put_batcher(world.chain)
    monkeypatch.setenv("PEGBOARD_PROPOSALS", path("proposals"))
    safe = make_safe(world.chain, [key(TAKER)], 1).address
    world.fund(safe, 1_000 * UNIT, peg=market.hkd)
    allowed = console.act(TAKER, "fx", "allow", "HKD", "1000", "--safe", safe, code=3).json
    console.act(RELAYER, "safe", "execute", allowed["file"])
    out = quoted("--ttl", "60s")
    found = console.act(TAKER, "fx", "settle", out, "--safe", safe, code=3).json
    assert (found["outcome"], found["amount"]["amount"]) == ("proposed", "780.234")
    console.act(RELAYER, "safe", "execute", found["file"])
    assert market.balance(market.usd, safe) == 100 * UNIT
    assert console.act(TAKER, "fx", "settle", out, "--safe", safe).json["outcome"] == "nothing"


def test_a_payment_that_was_changed_is_not_submitted(console, market, quoted, invoice, path):
    supplier, out = key(SUPPLIER).address, path("p.json")
    words = ("fx", "pay", quoted("--ttl", "60s"), "--to", supplier, "--invoice", invoice("INV-8"))
    console.act(TAKER, *words, "-o", out)
    kept, before, told = data_of(out), blocks(), {}
    for field, value in (
        ("to", key(STRANGER).address),
        ("ref", "0x" + "11" * 32),
        ("taker", key(STRANGER).address),
        ("buyAmount", "1"),
        ("authorization", "0x" + "11" * 65),
    ):
        Path(out).write_text(json.dumps(kept))
        told[field] = console.refused(RELAYER, "fx", "submit", changed(out, field, value))
    signer = {field: key(TAKER).address for field in told} | {"taker": key(STRANGER).address}
    assert told == {
        field: f"p.json is not signed by {who}: it was changed, or another key signed"
        for field, who in signer.items()
    }
    changed(out, "ref", "0x11")
    assert console.refused(RELAYER, "fx", "submit", out).startswith("p.json: ref must be 0x and 64")
    assert blocks() == before


def test_what_is_not_paid(console, market, quoted, invoice, path, tmp_path):
    supplier, barred = key(SUPPLIER).address, key(48).address
    market.world.act("BLACKLISTER", market.usd.token, "blacklist", [barred], REF)
    rest = ("-o", path("p.json"))
    broken = tmp_path / "broken.json"
    broken.write_text('{"amount": 1.5}')

    def refused(inv, *words, to=supplier):
        given = ("--to", to, "--invoice", inv, *words, *rest)
        return console.refused(TAKER, "fx", "pay", quoted("--ttl", "60s"), *given)

    assert refused(invoice("A", amount="99", currency="USD")) == (
        "A.json is of 99 USD, and 100.00 USD would be delivered"
    )
    assert refused(invoice("B", amount="100", currency="HKD")) == (
        "B.json is of 100 HKD, and 100.00 USD would be delivered"
    )
    assert refused(invoice("C", amount="1,0", currency="USD")).startswith(
        "C.json, amount: '1,0' is"
    )
    assert refused(str(broken)).startswith("broken.json cannot be taken as a remittance: ")
    assert refused(invoice("D"), "--uetr", "1").startswith("'1' is not a UETR")
    assert refused(invoice("E"), to=barred) == (
        f"it would not settle: {barred} may not receive USD: it is blacklisted"
    )
    assert not (tmp_path / "p.json").exists()


# Delivery against payment


def test_an_asset_is_delivered_against_payment(console, market, path):
    """The investment leg: a fund share, at the price that both parties sign."""
    world, fx = market.world, market.uses.fx
    share = create(world, "FundShare", key(MAKER).address, 1_000 * 10**18)
    asset = ("--asset", share.address)
    words = ("fx", "quote", *asset, "--buy", "HKD", "--price", "101.123456789", "--ttl", "60s")
    unlisted = console.refused(MAKER, *words, "--amount", "10", "-o", path("x.json"))
    assert unlisted == (
        f"{share.address} is neither a declared currency nor a listed asset on this chain"
    )
    world.act("GOVERNOR", world.suite.registry, "listAsset", share.address, REF)
    market.price()
    console.act(MAKER, "fx", "allow", share.address, "500")
    assert share.call("allowance", key(MAKER).address, fx.address) == 500 * 10**18
    out = path("q.json")
    console.act(MAKER, *words, "--amount", "10", "--nonce", str(1 << 90), "-o", out)
    # 1,011.23456789, rounded up to six decimals for the maker
    assert data_of(out)["terms"]["buyAmount"] == "1011234568"
    taker = key(TAKER).address
    assert f"10.00 MMF ({share.address})" in console.run("fx", "check", out).out
    console.act(TAKER, "fx", "settle", out)
    assert share.call("balanceOf", taker) == 10 * 10**18
    back = path("back.json")
    given = (*asset, "--sell", "HKD", "--price", "101.123456789", "--amount", "10")
    console.act(MAKER, "fx", "quote", *given, "--nonce", str((1 << 90) + 1), "-o", back)
    assert data_of(back)["terms"]["sellAmount"] == "1011234567"
    answer = console.run("fx", "check", back, "--taker", taker, "--json")
    assert (answer.code, answer.json["bits"]) == (1, 2048)
    invoice = path("i.json")
    Path(invoice).write_text('{"number": "1"}')
    message = console.refused(
        TAKER, "fx", "pay", back, "--to", taker, "--invoice", invoice, "-o", path("p.json")
    )
    assert message == (
        f"MMF ({share.address}) is no currency, and cannot be paid by signature: use `fx settle`"
    )


# The maker's own


def test_quotes_are_cancelled(console, market, quoted):
    one, two = quoted(), quoted()
    numbers = [data_of(it)["terms"]["nonce"] for it in (one, two)]
    assert console.refused(STRANGER, "fx", "cancel", one).endswith(
        f"is of {key(MAKER).address}, who alone can cancel it"
    )
    assert console.refused(MAKER, "fx", "cancel") == "say what to void: a quote's file, or --nonce"
    message = console.refused(MAKER, "fx", "cancel", one, "--nonce", "0")
    assert message.startswith("these nonces are of several words of 256: ")
    done = console.act(MAKER, "fx", "cancel", one, "--nonce", numbers[1]).json
    assert (done["outcome"], done["nonces"]) == ("done", numbers)
    before = blocks()
    assert console.act(MAKER, "fx", "cancel", two).json["outcome"] == "nothing"
    answer = console.run("fx", "check", one, "--json")
    assert (answer.code, answer.json["bits"]) == (1, 2)
    assert console.refused(TAKER, "fx", "settle", two).endswith(
        "its nonce was settled or cancelled"
    )
    words = quote_words("--nonce", numbers[0], "-o", one + ".new")
    assert console.refused(MAKER, *words) == (
        f"the nonce {numbers[0]} of {key(MAKER).address} was settled or cancelled: give another"
    )
    assert blocks() == before


def test_a_hot_key_signs_while_it_may(console, market, quoted):
    hot, maker = key(HOT).address, key(MAKER).address
    assert console.act(MAKER, "fx", "signer", "add", hot).json["outcome"] == "done"
    assert console.act(MAKER, "fx", "signer", "add", hot).json["outcome"] == "nothing"
    out = quoted("--maker", maker, "--ttl", "60s", by=HOT)
    assert data_of(out)["terms"]["maker"] == maker
    assert console.run("fx", "check", out).code == 0
    assert console.act(MAKER, "fx", "signer", "remove", hot).json["outcome"] == "done"
    assert console.act(MAKER, "fx", "signer", "remove", hot).json["outcome"] == "nothing"
    assert console.run("fx", "check", out, "--json").json["bits"] == 32


def test_makers_are_shown_with_what_they_can_deliver(console, market, quoted):
    """Utilisation is what was sold, of that and what can still be delivered."""
    maker = key(49).address
    market.world.fund(maker, 300 * UNIT, peg=market.usd)
    console.act(49, "fx", "allow", "USD", "250")
    before = blocks()
    assert console.act(49, "fx", "allow", "USD", "250").json["outcome"] == "nothing"
    assert blocks() == before

    def shown(*words):
        rows = console.run("fx", "makers", *words, "--json").json["makers"]
        return {row["currency"]: row for row in rows if row["maker"] == maker}

    assert shown() == {}
    row = shown("--maker", maker)["USD"]
    assert (row["available"]["amount"], row["allowance"]) == ("300.00", "250000000")
    assert (row["deliverable"]["amount"], row["utilisationBps"]) == ("250.00", 0)
    console.act(TAKER, "fx", "settle", quoted(by=49))
    rows = shown()
    assert (rows["USD"]["sold"]["amount"], rows["USD"]["deliverable"]["amount"]) == (
        "100.00",
        "150.00",
    )
    assert (rows["USD"]["utilisationBps"], rows["HKD"]["bought"]["amount"]) == (4_000, "780.234")
    told = console.run("fx", "makers").out
    assert f"{maker}  can deliver 150.00 USD of 200.00 USD; sold 100.00 USD" in told
    assert console.act(49, "fx", "allow", "USD", "0").json["outcome"] == "done"
    assert market.usd.token.call("allowance", maker, market.uses.fx.address) == 0


def test_a_local_feed_is_pushed(console, market):
    done = console.act(STRANGER, "fx", "feed", "push", "usd/hkd", "7.81").json
    assert (done["outcome"], done["pair"], done["rate"]) == ("done", "USD/HKD", "7.81")
    assert market.rate.call("latestRoundData")[1] == 781_000_000
    told = {
        ("HKD/USD", "0.128"): "the pair is USD/HKD: write the rate of that",
        ("USDHKD", "7.8"): "'USDHKD' is no pair: write base and quote, such as USD/HKD",
        ("USD/HKD", "0"): "a rate of zero is no price: nothing was sent",
        ("USD/HKD", "7.800000001"): "'7.800000001' is no rate of USD/HKD: write plain digits with "
        "at most 8 after the point, such as 7.81",
    }
    found = {words: console.refused(STRANGER, "fx", "feed", "push", *words) for words in told}
    assert found == told
