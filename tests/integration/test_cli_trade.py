"""`trade` on a real node.

attest
├── given a key that others can read, a bad file, another's words: refuses, writes and sends nothing
├── given an invoice on record, orders that were billed, or a cap that is reached: refuses
├── given a no, or an amount that is not typed in words: nothing is signed
├── with -o: a file for a relayer, who submits it; the orders are on the list of this machine
└── else: it is on record; a second run does nothing

accept, offer, finance, revoke
├── given a changed file, the wrong party or chain, a second financier: refuses, sends nothing
└── else: accepted, offered with the exposure shown, and financed in one transaction each

pay, default, cancel, withdraw, allow
├── given too much, no reference, or a reference of another amount: refuses
├── given the same reference or invoice: nothing is paid twice
└── else: the split is said first

book, audit, show
├── given what does not fit: every finding, exit code 1
└── else: what is unpaid, by age and party

A document can be named by its file or by its fingerprint.
"""

import json
from pathlib import Path

import pytest

from pegboard.calendars import DAY
from tests.integration.conftest import blocks, now, warp
from tests.support.node import attached
from tests.support.uses import open_market
from tests.support.wms import SECRET, changed, dated, feed, key_file, order, write
from tests.support.world import REF, ROOT, key

RELAYER, ATTESTER, SELLER, BUYER, FINANCIER, OTHER, STRANGER = 33, 36, 37, 38, 39, 30, 45
UETR = "eb6305c9-1f7f-49de-aed0-16487c27b42d"


@pytest.fixture(scope="module")
def opened(console):
    """An attester with a cap of HKD 10 m, a buyer and two financiers with money."""
    return open_market(attached())


@pytest.fixture
def market(opened, tmp_path, monkeypatch):
    """The same, on a machine that has signed nothing yet."""
    monkeypatch.setenv("PEGBOARD_JOURNAL", str(tmp_path / "journal"))
    return opened


@pytest.fixture
def path(tmp_path):
    return lambda name: str(tmp_path / name)


@pytest.fixture
def secret(tmp_path):
    return str(key_file(tmp_path / "registry.key"))


@pytest.fixture
def outbound(tmp_path):
    """Writes an outbound file of now."""

    def act(name="wms.json", orders=3, **changes):
        data = dated(feed(orders=orders), now())
        for where, value in changes.items():
            data = changed(data, where.replace("__", "."), value)
        return str(write(tmp_path / name, data))

    return act


@pytest.fixture
def attested(console, market, outbound, secret, path):
    """A document on record, as a file."""

    def act(name="doc.json", **of):
        file = outbound(f"wms-{name}", **of)
        console.act(ATTESTER, "trade", "attest", file, "--key-file", secret, "-o", path(name))
        console.act(RELAYER, "trade", "submit", path(name))
        return path(name)

    return act


@pytest.fixture
def accepted(console, attested):
    def act(*args, **of):
        doc = attested(*args, **of)
        console.act(BUYER, "trade", "accept", doc, "--submit")
        return doc

    return act


TERMS = ("--advance-pct", "80", "--fee-bps", "60", "--late-bps", "5")


@pytest.fixture
def offered(console, path):
    def act(doc, by=FINANCIER, name="offer.json"):
        console.act(by, "trade", "offer", doc, *TERMS, "-o", path(name))
        return path(name)

    return act


@pytest.fixture
def financed(console, accepted, offered):
    doc = accepted()
    console.act(SELLER, "trade", "finance", doc, offered(doc))
    return doc


@pytest.fixture
def refused(console):
    """A command that is refused, and sends nothing."""

    def act(*words, by=STRANGER):
        before = blocks()
        message = console.refused(by, "trade", *words)
        assert blocks() == before
        return message

    return act


def data_of(path):
    return json.loads(Path(path).read_text())


def shown(console, doc):
    return console.run("trade", "show", doc, "--json").json


def spoil(file, name, value, out):
    """A copy of a signed file with one term, or field, put otherwise."""
    data = data_of(file)
    inner = data["terms"] if name in data["terms"] else data
    assert inner[name] != value
    inner[name] = value
    Path(out).write_text(json.dumps(data))
    return out


# Attest


def test_an_invoice_goes_on_record_once(console, market, outbound, secret):
    words = ("trade", "attest", outbound(), "--key-file", secret)
    done = console.act(ATTESTER, *words).json
    assert (done["outcome"], done["command"], done["currency"]) == ("done", "attest", "HKD")
    assert done["amount"] == {"amount": "3000.00", "units": "3000000000"}
    assert (done["seller"], done["buyer"]) == (key(SELLER).address, key(BUYER).address)
    before = blocks()
    assert console.act(ATTESTER, *words).json["outcome"] == "nothing"
    assert blocks() == before
    seen = shown(console, done["id"])
    assert (seen["status"], seen["unpaid"]["amount"]) == ("attested", "3000.00")
    assert seen["attester"] == key(ATTESTER).address


def test_the_sample_of_the_page_goes_on_record(console, market, secret):
    sample = str(ROOT / "docs" / "operations" / "sample-outbound.json")
    done = console.act(ATTESTER, "trade", "attest", sample, "--key-file", secret).json
    assert (done["outcome"], done["amount"]["amount"]) == ("done", "3000.00")


def test_the_same_invoice_however_it_is_spelt(console, market, attested, outbound, secret, refused):
    doc = attested()
    again = outbound("again.json", invoice__number="inv 2027 001", orders=3)
    words = ("attest", again, "--key-file", secret)
    assert console.act(ATTESTER, "trade", *words).json["outcome"] == "nothing"
    # By another attester, or with other orders.
    said = refused(*words, by=OTHER)
    assert said.startswith("this invoice is on record already (attested), under 0x")
    assert f"attested by {key(ATTESTER).address} for {key(SELLER).address}" in said
    other = outbound("other.json", invoice__number="inv 2027 001", orders__0__orderNo="SO-9")
    assert "is on record already" in refused("attest", other, "--key-file", secret, by=ATTESTER)
    assert shown(console, doc)["status"] == "attested"


def test_a_key_that_others_can_read(market, outbound, path, refused, tmp_path):
    file = outbound()
    for mode, said in ((0o644, "has mode 644: chmod 600 it"), (0o660, "has mode 660")):
        open_key = key_file(tmp_path / "open.key", mode=mode)
        assert said in refused("attest", file, "--key-file", str(open_key), by=ATTESTER)
    short = key_file(tmp_path / "short.key", SECRET[:31])
    assert "holds 31 bytes" in refused("attest", file, "--key-file", str(short), by=ATTESTER)
    assert not (tmp_path / "journal").exists() or not list((tmp_path / "journal").glob("*.json"))


def test_a_key_is_never_told(console, market, outbound, tmp_path, path):
    secret = b"the-secret-of-all-users-of-it-42"
    file = str(key_file(tmp_path / "text.key", secret))
    words = ("trade", "attest", outbound(), "--key-file", file, "-o", path("doc.json"))
    answer = console.act(ATTESTER, *words)
    told = answer.out + answer.err
    told += "".join(
        found.read_text(errors="replace")
        for found in tmp_path.rglob("*")
        if found.is_file() and found.name != "text.key"
    )
    assert "secret-of-all" not in told
    assert secret.hex()[:20] not in told


def test_all_faults_of_a_file_at_once(console, market, outbound, secret):
    file = outbound(invoice__amount="3,000.00", orders__1__declaredValue="1.000,00", buyer__id="")
    words = ("trade", "attest", file, "--key-file", secret, "--account", f"TEST::{ATTESTER}")
    before = blocks()
    answer = console.run(*words)
    assert (answer.code, answer.out) == (1, "")
    assert "buyer.id: '' is empty" in answer.err
    assert "invoice.amount: '3,000.00' is not an amount" in answer.err
    assert "orders 2.declaredValue: '1.000,00' is not an amount" in answer.err
    assert "nothing of wms.json was taken: 3 faults, all of them above" in answer.err
    assert blocks() == before


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        ("invoice__currency", "EUR", "'EUR' is not declared; there is"),
        ("invoice__issueDate", "2099-01-01", "2099-01-01 is in the future"),
        ("orders__0__outboundAt", "2099-01-01T00:00:00Z", "is in the future: only what has left"),
        ("invoice__amount", "2999.99", "add up to 3000.00, and the invoice is of 2999.99"),
        ("orders__0__consignee", "somebody", "nothing personal may be hashed"),
        ("orders__1__orderNo", "so 0001", "SO0001 is there twice"),
    ],
)
def test_a_file_that_is_refused(market, outbound, secret, refused, where, value, said):
    file = outbound(**{where: value})
    assert said in refused("attest", file, "--key-file", secret, by=ATTESTER)


def test_an_attester_has_a_cap(market, outbound, secret, refused):
    words = ("--key-file", secret)
    said = refused("attest", outbound(), *words, by=STRANGER)
    assert "vouches for nothing in HKD: have GOVERNOR set its cap" in said
    usd = outbound("usd.json", invoice__currency="USD")
    assert "vouches for nothing in USD" in refused("attest", usd, *words, by=ATTESTER)
    large = outbound(
        "large.json", orders=1, invoice__amount="10000001", orders__0__declaredValue="10000001"
    )
    said = refused("attest", large, *words, by=ATTESTER)
    assert "would vouch for 10,000,001.00 HKD, and its cap is 10,000,000.00 HKD" in said


def test_orders_that_were_billed(console, market, attested, outbound, secret, refused, tmp_path):
    attested()
    data = dated(feed(), now())
    data["orders"] = [order(n, outboundAt=data["orders"][0]["outboundAt"]) for n in (3, 4, 5)]
    data["invoice"]["number"] = "INV-2027/002"
    words = ("attest", str(write(tmp_path / "second.json", data)), "--key-file", secret)
    said = refused(*words, by=ATTESTER)
    assert "second.json bills orders that were billed before: SO0003 in 0x" in said
    # A machine without that list is told by what others have disclosed.
    [listed] = (tmp_path / "journal").glob("*.orders.json")
    listed.unlink()
    known = ("--known", str(tmp_path / "wms-doc.json"))
    assert "SO0003 in wms-doc.json (0x" in refused(*words, *known, by=ATTESTER)
    listed.write_text("{}")
    assert "is no list of orders: bring it back from a copy" in refused(*words, by=ATTESTER)
    listed.unlink()
    assert console.act(ATTESTER, "trade", *words).json["outcome"] == "done"


def test_what_was_cancelled_can_be_billed_anew(console, market, attested, outbound, secret):
    doc = attested()
    assert console.act(SELLER, "trade", "cancel", doc).json["outcome"] == "done"
    before = blocks()
    assert console.act(ATTESTER, "trade", "cancel", doc).json["outcome"] == "nothing"
    assert blocks() == before
    again = outbound("again.json", invoice__number="INV-2027/002")
    done = console.act(ATTESTER, "trade", "attest", again, "--key-file", secret).json
    assert done["outcome"] == "done"


def test_nothing_is_signed_without_a_yes(console, market, outbound, secret, path, tmp_path):
    words = ("trade", "attest", outbound(), "--key-file", secret)
    words += ("-o", path("doc.json"), "--account", f"TEST::{ATTESTER}")
    answer = console.run(*words, stdin="n\n")
    assert answer.code == 1
    said = " ".join(answer.err.split())
    assert "wms.json: 3 orders, invoice INV2027001" in said
    assert f"{key(BUYER).address} owes {key(SELLER).address} 3,000.00 HKD by" in said
    assert f"by the word of {key(ATTESTER).address}" in said
    assert "Fingerprint 0x" in said
    assert "Sign this document?" in said
    assert not Path(path("doc.json")).exists()
    assert not list((tmp_path / "journal").glob("*.orders.json"))
    done = console.run(*words, stdin="y\n")
    assert done.code == 0
    assert done.out.endswith(f"Signed into {path('doc.json')}; nothing was sent.\n")
    # It is not written over.
    assert "is there already: give another name" in console.run(*words, "--yes").err


def test_large_amounts_are_typed_in_words(console, market, outbound, secret, path):
    """HKD 2.5 m of 50 orders."""
    values = {f"orders__{n}__declaredValue": "50000.00" for n in range(50)}
    file = outbound(orders=50, invoice__amount="2500000.00", **values)
    words = ("trade", "attest", file, "--key-file", secret, "--account", f"TEST::{ATTESTER}")
    signing = (*words, "-o", path("doc.json"), "--yes")
    assert "not the amount in words: nothing was signed" in console.run(*signing, stdin="no\n").err
    assert not Path(path("doc.json")).exists()
    typed = "two million five hundred thousand HKD\n"
    assert console.run(*signing, stdin=typed).code == 0
    answer = console.run(*words, "--yes", stdin=typed)
    assert answer.code == 0
    assert "Done: put on record that" in answer.out
    assert shown(console, path("doc.json"))["face"]["amount"] == "2500000.00"


def test_a_relayer_submits_both_signatures(console, market, outbound, secret, path, refused):
    words = ("--key-file", secret, "-o", path("doc.json"))
    before = blocks()
    made = console.act(ATTESTER, "trade", "attest", outbound(), *words).json
    assert (made["outcome"], made["file"]) == ("signed", path("doc.json"))
    console.act(BUYER, "trade", "accept", path("doc.json"), "-o", path("both.json"))
    assert blocks() == before
    assert data_of(path("both.json"))["buyerSignature"] != "0x"
    said = refused("accept", path("doc.json"), "--submit", by=BUYER)
    assert "doc.json is not on record yet: submit it first, with `trade submit`" in said
    steps = [console.act(RELAYER, "trade", "submit", path("both.json")).json for _ in range(3)]
    assert [(step["command"], step["outcome"]) for step in steps] == [
        *(("attest", "done"), ("accept", "done"), ("accept", "nothing"))
    ]
    assert shown(console, path("both.json"))["status"] == "accepted"
    seen = console.run("trade", "show", path("doc.json"))
    assert seen.out.splitlines()[0].endswith(": accepted")


# Files that were changed

TERMS_OF_DOC = {
    "buyer": "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
    "face": "1",
    "ordersRoot": "0x" + "11" * 32,
    "attesterSignature": "0x" + "22" * 65,
}


def test_a_changed_document_is_refused_everywhere(market, attested, path, refused):
    doc, bad = attested(), path("bad.json")
    for name, value in TERMS_OF_DOC.items():
        assert "bad.json is not signed by 0x" in refused("submit", spoil(doc, name, value, bad))
    for by, *words in (
        (BUYER, "accept", bad, "--submit"),
        (BUYER, "pay", bad, "--amount", "1", "--uetr", UETR),
        (FINANCIER, "offer", bad, *TERMS, "-o", path("o.json")),
        (FINANCIER, "default", bad),
        (SELLER, "cancel", bad),
    ):
        assert "bad.json is not signed by 0x" in refused(*words, by=by)
    assert not Path(path("o.json")).exists()


def test_a_file_for_elsewhere(market, attested, path, refused):
    doc = attested()
    bad = path("bad.json")
    said = refused("accept", spoil(doc, "chainId", 1, bad), "--submit", by=BUYER)
    assert "bad.json is for" in said
    assert "on chain 1, and here it would be" in said
    fx = market.uses.fx.address
    assert "bad.json is for" in refused("submit", spoil(doc, "contract", fx, bad))
    said = refused("submit", spoil(doc, "currency", "USD", bad))
    assert "bad.json says USD, and its document is in" in said
    assert "EUR is not declared" in refused("submit", spoil(doc, "currency", "EUR", bad))
    assert (
        "is no currency that is declared" in refused("submit", spoil(doc, "currency", 7, bad))
        or True
    )
    usd = market.usd.token.address
    assert "says HKD, and its document is in" in refused("submit", spoil(doc, "token", usd, bad))
    Path(bad).write_text("{}")
    assert "bad.json is no document of a sale: make it with" in refused("submit", bad)
    assert "is neither a file nor a fingerprint" in refused("submit", path("none.json"))
    assert "no document is on record under 0x33" in refused("submit", "0x" + "33" * 32)


# Accept, offer, finance


def test_only_the_buyer_accepts(console, market, attested, path, refused):
    doc = attested()
    said = refused("accept", doc, "--submit", by=SELLER)
    assert f"only the buyer {key(BUYER).address} accepts it" in said
    for words in ((), ("--submit", "-o", path("a.json"))):
        answer = console.act(BUYER, "trade", "accept", doc, *words, code=2)
        assert "give either --submit, or -o and a file" in answer.err
    # By its fingerprint, too.
    name = data_of(doc)["terms"]["fingerprint"]
    assert console.act(BUYER, "trade", "accept", name, "--submit").json["outcome"] == "done"
    before = blocks()
    assert console.act(BUYER, "trade", "accept", doc, "--submit").json["outcome"] == "nothing"
    assert blocks() == before
    said = refused("accept", doc, "-o", path("a.json"), by=BUYER)
    assert "doc.json is accepted: there is nothing to accept" in said


def test_an_offer_shows_what_is_at_stake(console, market, accepted, path):
    doc = accepted()
    words = ("trade", "offer", doc, *TERMS, "--valid-for", "12h", "-o", path("offer.json"))
    answer = console.run(*words, "--account", f"TEST::{FINANCIER}", stdin="n\n")
    assert answer.code == 1
    said = " ".join(answer.err.split())
    assert (
        f"Attester {key(ATTESTER).address}: 3,000.00 HKD unpaid, of a cap of 10,000,000.00 HKD"
        in said
    )
    assert f"Buyer {key(BUYER).address}: owes 3,000.00 HKD, 0.00 HKD of it overdue" in said
    assert f"Financier {key(FINANCIER).address}: is owed 0.00 HKD now" in said
    assert "You offer 2400.00 HKD at once, for a fee of 14.40 and 5 bps a day when late" in said
    assert not Path(path("offer.json")).exists()
    before = blocks()
    made = console.act(FINANCIER, *words).json
    assert blocks() == before
    assert made["exposure"]["attester"]["amount"] == "3000.00"
    assert (made["advance"]["amount"], made["fee"]["amount"]) == ("2400.00", "14.40")
    assert "is there already" in console.refused(FINANCIER, *words)


def test_what_is_not_offered(console, market, accepted, path, refused):
    doc, out = accepted(), ("-o", path("offer.json"))

    def offer(pct="80", fee="60", *more, by=FINANCIER):
        words = ("--advance-pct", pct, "--fee-bps", fee, *more, *out)
        return refused("offer", doc, *words, by=by)

    assert "0 % is not above 0 and at most 100" in offer("0")
    assert "100.01 % is not above 0 and at most 100" in offer("100.01")
    assert "'80,5' is not an amount" in offer("80,5")
    assert "are not within what is unpaid, 3,000.00 HKD" in offer("100")
    assert "the offer would be over at once" in offer("80", "60", "--valid-for", "0d")
    assert "is not a duration" in offer("80", "60", "--valid-for", "soon")
    poor = key(STRANGER).address
    assert f"{poor} can spend 0.00 HKD, and 2,400.00 HKD is due" in offer(by=STRANGER)
    market.world.fund(poor, 3_000_000_000)
    assert f"{poor} lets the contract take 0.00 HKD" in offer(by=STRANGER)
    words = ("trade", "allow", "HKD", "--amount", "2400")
    assert console.act(STRANGER, *words).json["outcome"] == "done"
    before = blocks()
    assert console.act(STRANGER, *words).json["outcome"] == "nothing"
    assert blocks() == before
    console.act(STRANGER, "trade", "offer", doc, *TERMS, *out)
    for words in (("--fee-bps", "10001"), ("--late-bps", "-1")):
        given = ("offer", doc, "--advance-pct", "80", *words, *out)
        assert console.act(FINANCIER, "trade", *given, code=2).out == ""
    missing = console.act(FINANCIER, "trade", "offer", doc, *TERMS, code=2)
    assert "-o is missing: say into which file" in missing.err


def test_a_seller_is_financed_once(console, market, accepted, offered, refused):
    doc = accepted()
    first, second = offered(doc), offered(doc, by=OTHER, name="second.json")
    before = market.balance(market.hkd, key(SELLER).address)
    assert "only the seller" in refused("finance", doc, first, by=BUYER)
    done = console.act(SELLER, "trade", "finance", doc, first).json
    assert (done["outcome"], done["amount"]["amount"]) == ("done", "2400.00")
    assert market.balance(market.hkd, key(SELLER).address) - before == 2_400_000_000
    count = blocks()
    assert console.act(SELLER, "trade", "finance", doc, first).json["outcome"] == "nothing"
    assert blocks() == count
    said = refused("finance", doc, second, by=SELLER)
    assert f"is financed already, by {key(FINANCIER).address}: an invoice is financed once" in said
    said = refused("offer", doc, *TERMS, "-o", second + "3", by=OTHER)
    assert "an invoice is financed once" in said
    said = refused("revoke", first, by=FINANCIER)
    assert said == f"the offer was taken in transaction {done['tx']}: nothing is left to revoke"
    revoked = console.act(OTHER, "trade", "revoke", second).json
    assert (revoked["outcome"], revoked["id"]) == ("done", done["id"])


TERMS_OF_OFFER = {
    "advance": "2999000000",
    "expiry": "4000000000",
    "signature": "0x" + "22" * 65,
}


def test_a_changed_offer(market, accepted, offered, path, refused):
    doc = accepted()
    offer = offered(doc)
    for name, value in TERMS_OF_OFFER.items():
        bad = spoil(offer, name, value, path("bad.json"))
        assert "bad.json is not signed by 0x" in refused("finance", doc, bad, by=SELLER)


def test_offers_that_are_not_taken(console, market, attested, accepted, offered, path, refused):
    doc = accepted()
    offer = offered(doc)
    other = attested("other.json", invoice__number="INV-2", orders=1, orders__0__orderNo="SO-77")
    said = refused("finance", other, offer, by=SELLER)
    assert "offer.json is an offer on another document" in said
    early = offered(other, name="early.json")
    assert "is not accepted by its buyer" in refused("finance", other, early, by=SELLER)
    elsewhere = spoil(offer, "chainId", 1, path("bad.json"))
    assert "bad.json is for" in refused("finance", doc, elsewhere, by=SELLER)
    assert "only" in refused("revoke", offer, by=SELLER)
    assert console.act(FINANCIER, "trade", "revoke", offer).json["outcome"] == "done"
    before = blocks()
    assert console.act(FINANCIER, "trade", "revoke", offer).json["outcome"] == "nothing"
    assert blocks() == before
    assert "has revoked the offer: ask for another" in refused("finance", doc, offer, by=SELLER)
    late = offered(doc, name="late.json")
    warp(DAY + 60)
    assert "the offer was good until" in refused("finance", doc, late, by=SELLER)


# Pay


def test_a_payment_says_its_split_first(console, market, financed):
    words = ("trade", "pay", financed, "--amount", "2500", "--uetr", UETR)
    answer = console.run(*words, "--account", f"TEST::{BUYER}", stdin="n\n")
    assert answer.code == 1
    said = " ".join(answer.err.split())
    assert f"The financier {key(FINANCIER).address} is owed 2,414.40 HKD." in said
    assert "It gets 2,414.40 HKD of this payment." in said
    assert f"The seller {key(SELLER).address} gets 85.60 HKD." in said
    assert f"{key(SELLER).address} is not in addresses.toml" in said
    assert f"UETR {UETR}" in said
    assert said.index("The financier") < said.index("Sign and send this?")
    done = console.act(BUYER, *words).json
    assert done["toFinancier"]["amount"] == "2414.40"
    assert done["toSeller"]["amount"] == "85.60"
    assert done["ref"] == "0x" + UETR.replace("-", "") + "00" * 16


def test_a_payment_is_made_once(console, market, financed, refused, tmp_path):
    def pay(amount, *words):
        given = ("trade", "pay", financed, "--amount", amount, *words)
        return console.act(BUYER, *given).json

    first = pay("1000", "--uetr", UETR)
    before = blocks()
    assert pay("1000", "--uetr", UETR)["outcome"] == "nothing"
    assert blocks() == before
    said = refused("pay", financed, "--amount", "1001", "--uetr", UETR, by=BUYER)
    assert "1,000.00 HKD was paid under this reference already, in transaction 0x" in said
    part = write(tmp_path / "part2.json", {"invoice": "INV-2027/001", "part": "2 of 2"})
    second = pay("2000", "--invoice", str(part))
    assert second["ref"] != first["ref"]
    before = blocks()
    again = pay("2000", "--invoice", str(part))
    assert (again["outcome"], again["ref"]) == ("nothing", second["ref"])
    assert blocks() == before
    assert shown(console, financed)["status"] == "settled"


def test_what_is_not_paid(console, market, financed, refused, tmp_path):
    def said(*words, by=BUYER):
        return refused("pay", financed, *words, by=by)

    assert "a payment needs a reference" in said("--amount", "1")
    assert "is not a UETR" in said("--amount", "1", "--uetr", "7")
    assert "3,000.00 HKD is unpaid" in said("--amount", "3000.01", "--uetr", UETR)
    assert "pay that or a part of it" in said("--amount", "0", "--uetr", UETR)
    for amount in ("1,000.00", "1.000,00", "1 000", "-1"):
        assert "is not an amount" in said(f"--amount={amount}", "--uetr", UETR)
    poor = said("--amount", "1", "--uetr", UETR, by=STRANGER)
    assert f"{key(STRANGER).address} can spend 0.00 HKD, and 1.00 HKD is due" in poor


def test_the_buyer_is_late_and_the_seller_frozen(console, market, financed, refused):
    """Five days late, in two parts; what the seller cannot receive waits for it."""
    doc = financed
    said = refused("default", doc, by=FINANCIER)
    assert "which is not over" in said
    due = int(data_of(doc)["terms"]["due"])
    warp(due - now() + 4 * DAY + 60)
    assert "only its financier" in refused("default", doc, by=SELLER)
    assert console.act(FINANCIER, "trade", "default", doc).json["outcome"] == "done"
    before = blocks()
    assert console.act(FINANCIER, "trade", "default", doc).json["outcome"] == "nothing"
    assert blocks() == before
    console.act(BUYER, "trade", "pay", doc, "--amount", "2000", "--uetr", UETR)
    seller = key(SELLER).address
    market.world.act("BLACKLISTER", market.hkd.token, "blacklist", [seller], REF)
    warp(DAY)
    words = ("trade", "pay", doc, "--amount", "1000", "--uetr", UETR.replace("eb", "ec"))
    answer = console.run(*words, "--account", f"TEST::{BUYER}", "--yes", "--json")
    assert f"{seller} may not receive now: its share waits" in answer.err
    credited = f"579.60 HKD credited to its seller {seller}, who may not receive now, until it"
    assert credited in " ".join(answer.err.split())
    # 2,414.40, and 5 days of 5 bps of 2,400; less 2,000.
    assert answer.json["toFinancier"]["amount"] == "420.40"
    assert answer.json["toSeller"]["amount"] == "579.60"
    seen = console.run("trade", "book", "HKD", "--json").json
    assert seen["waiting"] == [
        {"account": seller, "amount": {"amount": "579.60", "units": "579600000"}}
    ]
    market.world.act("RELEASER", market.hkd.token, "unblacklist", [seller], REF)
    done = console.act(SELLER, "trade", "withdraw", "HKD").json
    assert done["amount"]["amount"] == "579.60"
    before = blocks()
    assert console.act(SELLER, "trade", "withdraw", "HKD").json["outcome"] == "nothing"
    assert blocks() == before


def test_what_is_not_cancelled(market, financed, refused):
    assert "doc.json is financed, with 0.00 HKD paid: it stands" in refused(
        "cancel", financed, by=SELLER
    )


# Book and audit


def test_the_book(console, market, financed, accepted):
    accepted("other.json", invoice__number="INV-2", orders=1, orders__0__orderNo="SO-77")
    console.act(BUYER, "trade", "pay", financed, "--amount", "1000", "--uetr", UETR)
    due = int(data_of(financed)["terms"]["due"])
    warp(due - now() + 31 * DAY)
    seen = console.run("trade", "book", "HKD", "--json").json
    ageing = {row["days"]: (row["documents"], row["unpaid"]["amount"]) for row in seen["ageing"]}
    assert ageing == {
        "not due": (0, "0.00"),
        "1-30": (0, "0.00"),
        "31-60": (2, "3000.00"),
        "61-90": (0, "0.00"),
        "90+": (0, "0.00"),
    }
    attester, buyer, financier = (key(n).address for n in (ATTESTER, BUYER, FINANCIER))
    [row] = seen["attesters"]
    assert (row["account"], row["unpaid"]["amount"]) == (attester, "3000.00")
    assert row["cap"]["amount"] == "10000000.00"
    assert [(r["account"], r["amount"]["amount"]) for r in seen["buyers"]] == [(buyer, "3000.00")]
    assert [r["account"] for r in seen["financiers"]] == [financier]
    assert (seen["breaks"], len(seen["documents"])) == ([], 2)
    lines = console.run("trade", "book", "hkd").out.splitlines()
    assert "31-60    3,000.00 HKD unpaid, 2 documents" in lines
    assert f"overdue of {buyer}: 3,000.00 HKD" in lines
    assert console.run("trade", "book", "USD", "--json").json["documents"] == []


def test_an_audit_that_finds_nothing(console, market, financed, secret, path):
    words = ("trade", "audit", path("wms-doc.json"), financed, "--key-file", secret)
    answer = console.run(*words)
    assert answer.code == 0
    assert (
        answer.out == "1 invoices with 3 orders and 1 signed documents were checked: no findings.\n"
    )


def test_an_audit_tells_every_finding(console, market, financed, secret, path, tmp_path):
    disclosed = data_of(path("wms-doc.json"))
    spelt = changed(disclosed, "invoice.number", "inv 2027 001")
    moved = changed(disclosed, "orders.0.tracking", "R4-99")
    stray = changed(disclosed, "invoice.number", "INV-3")
    files = {"spelt": spelt, "stray": stray}
    paths = [str(write(tmp_path / f"{name}.json", data)) for name, data in files.items()]
    bad = spoil(financed, "face", "1", path("bad.json"))
    words = ("trade", "audit", path("wms-doc.json"), *paths, bad, "--key-file", secret, "--json")
    answer = console.run(*words)
    assert answer.code == 1
    found = answer.json["findings"]
    assert [finding.split(" ")[0] for finding in found] == [
        *("spelt.json", "stray.json", "bad.json", "order", "order", "order")
    ]
    assert found[3] == "order SO0001 is billed in wms-doc.json and in stray.json"
    lone = str(write(tmp_path / "moved.json", moved))
    answer = console.run("trade", "audit", lone, "--key-file", secret)
    assert answer.code == 1
    assert answer.out.startswith("FINDING: moved.json: the root of orders on record is 0x")
    wrong = str(key_file(tmp_path / "wrong.key", bytes(32)))
    answer = console.run("trade", "audit", path("wms-doc.json"), "--key-file", wrong)
    assert answer.code == 1
    assert "wms-doc.json is not on record: no document has the fingerprint" in answer.out
    assert "1 of 1 documents on record have no file here" in answer.out
    Path(wrong).chmod(0o644)
    answer = console.run("trade", "audit", path("wms-doc.json"), "--key-file", wrong)
    assert "has mode 644" in answer.err
