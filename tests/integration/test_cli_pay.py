"""`pay` on a real node.

send
├── given what nobody can want, or the chain would refuse: refuses; nothing is sent
├── given an invoice that says something else, or is none: refuses
├── given a reference that was used, signed for or cancelled, for something else: refuses
├── given an invoice that was paid to another, or by an exchange: refuses without a new --ref
├── given a large amount: it is typed in words; given a no: nothing is sent
├── given a Safe: proposes, if the proposal can be the same again
└── else: pays with its reference; the same again sends nothing, whoever else logs the reference

sign
├── given a time that is over, a file that is there, or a no: nothing is signed
├── given the reference again: the same signature, and never for something else
└── else: tells in words, and writes an x402 payload; nonces count, or are the reference, or chance

submit
├── given bad files: each is told with its reason, and stops none of the others
├── given folders, the same twice, or payments of more than there is: those that can be are paid
└── given them again: done, with the transaction that paid them

cancel
├── given another's, one that was paid, or nothing that can be found: refuses
└── else: voids it for ever, once

trace, notice
├── given a UETR that is none, or that nothing carries: says so
└── else: transfers, signed transfers, rows, skipped rows, exchanges and payments of receivables,
    and how settled they are
"""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from eth_utils import keccak

from pegboard.inputs import moment_text
from pegboard.signing import Authorization
from pegboard.uses import history, payments, x402
from pegboard.uses.remittance import new_uetr, reference_for
from tests.integration.conftest import ME, PAYER, blocks, now, person, warp
from tests.support.safes import make_safe
from tests.support.uses import open_market
from tests.support.world import REF, key

OTHER, RELAYER = 31, 33
HOUR = 3_600
NOBODY = "0x" + "00" * 20
NS = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"}


@pytest.fixture
def invoice(tmp_path):
    """Writes an invoice."""

    def write(**fields):
        path = tmp_path / "invoice.json"
        path.write_text(json.dumps(fields))
        return str(path)

    return write


def to(name, amount="12.50"):
    return ("--to", person(name), "--amount", amount)


def send(console, name, *words, amount="12.50", code=0):
    return console.act(PAYER, "pay", "send", "HKD", *to(name, amount), *words, code=code)


def sign(console, out, name, *words, amount="12.50", signer=PAYER, code=0):
    terms = (*to(name, amount), "--valid-for", "1h", "-o", str(out))
    return console.act(signer, "pay", "sign", "HKD", *terms, *words, code=code)


def refused(console, *words, index=PAYER):
    """The one line of a command that must not send anything."""
    before = blocks()
    message = console.refused(index, "pay", *words)
    assert blocks() == before
    return message


def balance(node, name):
    return node.token.call("balanceOf", person(name))


# Send: refused


def test_what_nobody_can_want_is_not_sent(console, node):
    desk = node.suite.desks.redemption.address
    usd = node.suite.peg("USD").token.address
    node.act("BLACKLISTER", node.token, "blacklist", [person("barred")], REF)
    for words, told in (
        (to("it", "0"), "the amount is zero: nothing would happen, so say how much"),
        (("--to", ME, "--amount", "1"), f"{ME} is the payer itself: say to whom"),
        (
            ("--to", usd, "--amount", "1"),
            f"{usd} is the USD token, which would keep the money: say to whom",
        ),
        (
            ("--to", desk, "--amount", "1"),
            f"{desk} is the RedemptionDesk, which would keep the money: say to whom",
        ),
        (
            to("barred"),
            f"{person('barred')} is blacklisted: it cannot be paid in HKD now",
        ),
        (
            ("--to", NOBODY, "--amount", "1"),
            f"{NOBODY} is no account for payments: it cannot be paid in HKD now",
        ),
        ((*to("it"), "--ref", "INV-7"), "'INV-7' is not a UETR: "),
        (
            (*to("it"), "--ref", "0x" + "11" * 32),
            f"0x{'11' * 32} is no payment's reference: its first 16 bytes are no UETR",
        ),
        (to("it", "1,000"), "'1,000' is not an amount: "),
        (to("it", "1.0000001"), "1.0000001 has 7 decimal places, the token has 6: "),
        (to("it", "5000001"), "ERC20InsufficientBalance: "),
    ):
        assert refused(console, "send", "HKD", *words).startswith(told), words
        if "Insufficient" not in told:
            sealed = ("--valid-for", "1h", "-o", "/nowhere/it.json")
            assert refused(console, "sign", "HKD", *words, *sealed).startswith(told), words
    assert "EUR is not declared" in refused(console, "send", "EUR", *to("it"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"{", "it is no JSON in UTF-8"),
        (b"\xff{}", "it is no JSON in UTF-8"),
        (b"[" * 100_000, "it is nested more than 32 deep"),
        (b"[1]", "it is no object with names and values"),
        (b"{}", "it is no object with names and values"),
        (b'{"a": 1, "a": 2}', "'a' is in it twice"),
        (b'{"a": NaN}', "NaN is no value of JSON"),
        (b'{"a": "\\ud800"}', "the remittance holds half a character, which UTF-8 has not"),
        (
            b'{"a": [{"b": 12.5}]}',
            "the remittance, a, item 1, b: 12.5 has no single way to be written: put it in quotes, "
            'such as "12.50"',
        ),
        (b" " * 262_145, "it is longer than 262,144 bytes"),
    ],
)
def test_an_invoice_that_is_none(console, node, tmp_path, text, told):
    path = tmp_path / "invoice.json"
    path.write_bytes(text)
    assert refused(console, "send", "HKD", *to("it"), "--invoice", str(path)) == (
        f"invoice.json cannot be taken as a remittance: {told}"
    )


def test_an_invoice_that_says_something_else(console, node, invoice):
    for fields, told in (
        ({"amount": "12.51"}, "amount 12.51, and here it is 12.50 HKD"),
        ({"currency": "USD"}, "currency USD, and here it is HKD"),
        ({"payee": ME}, f"payee {ME}, and here it is {person('it')}"),
    ):
        message = refused(console, "send", "HKD", *to("it"), "--invoice", invoice(**fields))
        assert message == f"the remittance says {told}: check both"
    uetr, path = new_uetr(), invoice(number="1")
    other = reference_for(uetr, {"number": "2"})
    message = refused(
        console, "send", "HKD", *to("it"), "--invoice", path, "--ref", f"0x{other.hex()}"
    )
    assert message.startswith(f"0x{other.hex()} is the reference of another remittance")


def test_a_large_amount_is_typed_in_words(console, node):
    words = ("pay", "send", "HKD", *to("LARGE", "1000001"), "--ref", new_uetr())
    signed = ("--account", f"TEST::{PAYER}", "--yes", "--json")
    before = blocks()
    answer = console.run(*words, *signed, stdin="y\n")
    assert (answer.code, blocks()) == (1, before)
    assert "Type the amount: one million one HKD" in answer.err
    assert console.run(*words, *signed, stdin="one million one HKD\n").code == 0
    assert balance(node, "LARGE") == 1_000_001 * 10**6


def test_a_no_sends_and_signs_nothing(console, node, tmp_path):
    before, out = blocks(), tmp_path / "it.json"
    account = ("--account", f"TEST::{PAYER}")
    answer = console.run("pay", "send", "HKD", *to("NO"), *account, stdin="n\n")
    assert (answer.code, blocks()) == (1, before)
    sealed = ("--valid-for", "1h", "-o", str(out))
    answer = console.run("pay", "sign", "HKD", *to("NO"), *sealed, *account, stdin="n\n")
    assert (answer.code, out.exists()) == (1, False)
    assert "Sign this payment?" in answer.err


# Send: done


def test_a_payment_is_sent_once(console, node, tmp_path):
    """The reference is in the log immediately before the transfer; the same again does nothing."""
    uetr = new_uetr()
    answer = send(console, "ONCE", "--ref", uetr)
    found, before = answer.json, blocks()
    assert (found["outcome"], found["uetr"], found["currency"]) == ("done", uetr, "HKD")
    assert (found["payer"], found["to"]) == (ME, person("ONCE"))
    assert found["amount"] == {"amount": "12.50", "units": "12500000"}
    assert f"{person('ONCE')} is not in addresses.toml" in answer.err
    [move] = history.transfers(node.token, history.receipt(node.chain, found["tx"]))
    assert move == history.Transfer(ME, person("ONCE"), 12_500_000, reference_for(uetr))
    again = send(console, "ONCE", "--ref", uetr, "--journal", str(tmp_path / "another machine"))
    assert (again.json["outcome"], again.json["tx"]) == ("nothing", found["tx"])
    assert (balance(node, "ONCE"), blocks()) == (12_500_000, before)
    other = refused(console, "send", "HKD", *to("ONCE", "12.51"), "--ref", uetr)
    assert other == (
        f"UETR {uetr} was paid already, 12.50 HKD to {person('ONCE')}, in transaction "
        f"{found['tx']}: give the new payment a reference of its own"
    )
    out = ("--valid-for", "1h", "-o", "/nowhere/it.json")
    assert refused(console, "sign", "HKD", *to("ONCE", "9"), "--ref", uetr, *out) == other
    signed = sign(console, "/nowhere/it.json", "ONCE", "--ref", uetr)
    assert (signed.json["outcome"], signed.json["tx"]) == ("nothing", found["tx"])


def test_an_invoice_is_paid_once(console, node, invoice):
    """Its hash finds the reference again, which nobody wrote down."""
    path = invoice(number="INV-1", amount="12.5", currency="HKD", payee=person("INVOICE"))
    found = send(console, "INVOICE", "--invoice", path)
    uetr = found.json["uetr"]
    assert f"UETR {uetr}: with --ref {uetr} as well it is paid once" in found.err
    expected = reference_for(uetr, json.loads(Path(path).read_text()))
    assert found.json["ref"] == f"0x{expected.hex()}"
    before = blocks()
    again = send(console, "INVOICE", "--invoice", path).json
    assert (again["outcome"], again["tx"]) == ("nothing", found.json["tx"])
    # Its UETR alone is half of its reference: the other half would make it another payment.
    words = ("send", "HKD", *to("INVOICE"), "--ref", uetr)
    assert refused(console, *words) == (
        f"UETR {uetr} was paid already, 12.50 HKD to {person('INVOICE')} for another remittance, "
        f"in transaction {found.json['tx']}: give the new payment a reference of its own"
    )
    written = new_uetr()
    path = invoice(number="INV-2", uetr=written)
    assert blocks() == before
    assert send(console, "INVOICE", "--invoice", path).json["uetr"] == written


def test_a_uetr_is_one_payment(console, node, invoice):
    """Whoever else is paid, however much, and for whatever."""
    uetr = new_uetr()
    tx = send(console, "UETR 1", "--ref", uetr).json["tx"]
    told = f"UETR {uetr} was paid already, 12.50 HKD to {person('UETR 1')}"
    words = ("--ref", uetr, "--invoice", invoice(number="UETR-1"))
    for rest, other in (
        ((*to("UETR 2"), "--ref", uetr), ""),
        ((*to("UETR 1", "9"), "--ref", uetr), ""),
        ((*to("UETR 2", "9"), *words), " for another remittance"),
    ):
        assert refused(console, "send", "HKD", *rest) == (
            f"{told}{other}, in transaction {tx}: give the new payment a reference of its own"
        )


def test_an_invoice_is_paid_to_one_payee(console, node, invoice):
    """It names none; paying it otherwise, or once more, takes a reference that is given."""
    path = invoice(number="ONE-PAYEE")
    tx = send(console, "PAYEE 1", "--invoice", path).json["tx"]
    told = (
        f"the invoice was paid already, 12.50 HKD to {person('PAYEE 1')}, in transaction {tx}: to "
        "pay it once more, give --ref with a UETR of its own"
    )
    for words in (to("PAYEE 2"), to("PAYEE 1", "1")):
        assert refused(console, "send", "HKD", *words, "--invoice", path) == told
    assert send(console, "PAYEE 1", "--invoice", path).json["outcome"] == "nothing"
    again = send(console, "PAYEE 2", "--invoice", path, "--ref", new_uetr())
    assert again.json["outcome"] == "done"
    assert send(console, "PAYEE 2", "--invoice", path).json["uetr"] == again.json["uetr"]


def test_an_invoice_that_was_paid_by_an_exchange(console, node, invoice):
    market, uetr, path = open_market(node), new_uetr(), invoice(number="BY-FX")
    ref = reference_for(uetr, {"number": "BY-FX"})
    tx = market.settle_for(market.quote(nonce=8), market.supplier.address, ref).tx
    told = f"was paid already, by `fx pay` in transaction {tx}: to pay it once more, give --ref"
    for what, words in (
        ("the invoice", ("--invoice", path)),
        (f"UETR {uetr}", ("--ref", uetr)),
        (f"UETR {uetr}", ("--ref", f"0x{ref.hex()}", "--invoice", path)),
    ):
        message = refused(console, "send", "HKD", *to("BY FX"), *words, index=OTHER)
        assert message == f"{what} {told} with a UETR of its own"
    # Another payer's exchange says nothing of mine.
    assert send(console, "BY FX", "--invoice", path).json["outcome"] == "done"


def test_without_a_reference_each_is_a_payment_of_its_own(console, node):
    first, second = send(console, "NEW").json, send(console, "NEW").json
    assert first["uetr"] != second["uetr"]
    assert balance(node, "NEW") == 25_000_000


def test_a_stranger_cannot_use_a_reference_up(console, node):
    """Anybody may move nothing for anybody, with any reference."""
    uetr = new_uetr()
    moved = "transferFrom(address,address,uint256,bytes)"
    node.token.send(moved, ME, person("X"), 0, reference_for(uetr), sender=key(OTHER).address)
    assert send(console, "STRANGER", "--ref", uetr).json["outcome"] == "done"
    assert balance(node, "STRANGER") == 12_500_000


def test_it_is_tried_on_a_copy_first(console, node):
    answer = send(console, "COPY", "--ref", new_uetr(), "--simulate")
    assert "On a copy of the chain:" in answer.err
    assert answer.json["simulation"]


def test_a_safe_is_asked_with_a_reference(console, node, tmp_path, monkeypatch):
    monkeypatch.setenv("PEGBOARD_PROPOSALS", str(tmp_path / "proposals"))
    safe = make_safe(node.chain, [key(index) for index in (55, 56, 57)], 2).address
    node.fund(safe, 100 * 10**6)
    words = ("pay", "send", "HKD", *to("SAFE"), "--safe", safe)
    assert console.refused(55, *words) == (
        "give --ref: a proposal that is made again must be the same one"
    )
    words = (*words, "--ref", new_uetr())
    answer = console.act(55, *words, code=3)
    console.act(56, "safe", "sign", answer.json["file"])
    console.act(39, "safe", "execute", answer.json["file"])
    assert balance(node, "SAFE") == 12_500_000
    assert console.act(55, *words).json["outcome"] == "nothing"


# Sign


def test_what_is_signed_is_told_and_written(console, node, tmp_path):
    out, uetr = tmp_path / "it.json", new_uetr()
    answer = sign(console, out, "TOLD", "--ref", uetr)
    file = x402.read(out)
    paid = file.authorization
    end = paid.valid_before
    assert now() + HOUR - 60 < end <= now() + HOUR
    assert paid == Authorization(ME, person("TOLD"), 12_500_000, 0, end, reference_for(uetr))
    assert file.requirements == x402.requirements(
        node.token, person("TOLD"), 12_500_000, file.requirements.timeout
    )
    assert payments.is_signed(node.token, file)
    text = " ".join(answer.err.split())
    assert (
        f"You sign that anybody may move 12.50 HKD (about 12) from {ME} to {person('TOLD')}, once, "
        f"before {moment_text(end)}." in text
    )
    assert f"Nonce 0x{reference_for(uetr).hex()}, UETR {uetr}." in text
    assert (answer.json["outcome"], answer.json["validBefore"]) == ("signed", moment_text(end))


def test_a_reference_is_signed_for_once(console, node, tmp_path, invoice):
    uetr, files = new_uetr(), [tmp_path / f"{n}.json" for n in range(3)]
    sign(console, files[0], "AGAIN", "--ref", uetr)
    sign(console, files[1], "AGAIN", "--ref", uetr)
    first, second = (x402.read(file) for file in files[:2])
    assert (first.authorization, first.signature) == (second.authorization, second.signature)
    words = ("--valid-for", "1h", "-o", str(files[2]), "--ref", uetr)
    message = refused(console, "sign", "HKD", *to("AGAIN", "12.51"), *words)
    assert message == (
        f"UETR {uetr} was signed for already, 12.50 HKD to {person('AGAIN')}: give the new payment "
        "a reference of its own"
    )
    message = refused(console, "send", "HKD", *to("AGAIN"), "--ref", uetr)
    assert message.startswith(f"UETR {uetr} is signed already, and anybody can submit it before ")
    assert not files[2].exists()
    path = invoice(number="SIGNED-1")
    made = [
        sign(console, tmp_path / f"i{n}.json", "INVOICED", "--invoice", path).json for n in "12"
    ]
    assert made[0]["nonce"] == made[1]["nonce"]


def test_a_file_that_is_there_is_kept(console, node, tmp_path):
    out = tmp_path / "it.json"
    sign(console, out, "KEPT", "--ref", new_uetr())
    text = out.read_bytes()
    terms = (*to("KEPT"), "--valid-for", "1h", "-o", str(out), "--ref", new_uetr())
    message = refused(console, "sign", "HKD", *terms)
    assert message == f"{out} holds something else: name another file, then repeat"
    assert out.read_bytes() == text


def test_nonces_count_or_are_drawn(console, node, tmp_path):
    """Numbers of one payer share a storage word; those that the chain has spent are passed over."""
    node.fund(key(OTHER).address, 100 * 10**6)
    message = payments.to_cancel(node.peg, key(OTHER).address, (1).to_bytes(32))
    spent = bytes(key(OTHER).sign_message(message).signature)
    void = "cancelAuthorization(address,bytes32,bytes)"
    node.token.send(void, key(OTHER).address, (1).to_bytes(32), spent, sender=ME)
    made = [
        sign(console, tmp_path / f"{n}.json", "COUNT", *words, signer=OTHER).json
        for n, words in enumerate(((), (), ("--nonce", "counted", "--ref", new_uetr())))
    ]
    assert [int(it["nonce"], 16) for it in made] == [0, 2, 3]
    assert made[0]["uetr"] == ""
    chance = sign(console, tmp_path / "r.json", "COUNT", "--nonce", "random", signer=OTHER).json
    assert int(chance["nonce"], 16) > 2**128
    own = sign(console, tmp_path / "o.json", "COUNT", "--nonce", "reference", signer=OTHER).json
    assert own["nonce"] == own["ref"] == f"0x{reference_for(own['uetr']).hex()}"


def test_a_time_that_is_over_is_not_signed(console, node, tmp_path):
    out = tmp_path / "it.json"
    words = ("sign", "HKD", *to("LATE"), "-o", str(out), "--valid-for")
    assert "it could never be used: " in refused(console, *words, "0s")
    assert "it could never be used: " in refused(
        console, *words, "1h", "--after", moment_text(now() + 60), "--valid-for", "0s"
    )
    assert "'1 hour' is not a duration" in refused(console, *words, "1 hour")
    assert "'soon' is not a time" in refused(console, *words, "1h", "--after", "soon")
    assert not out.exists()


# Submit


def sealed(node, payer, name, number, units=1_000_000, **changes):
    """A signed payment, by itself."""
    moment = now()
    paid = Authorization(
        payer.address, person(name), units, 0, moment + HOUR, keccak(text=f"nonce {name} {number}")
    )
    paid = replace(paid, **changes)
    signature = bytes(payer.sign_message(paid.signable(node.token)).signature)
    return payments.signed_payment(node.peg, paid, signature, moment)


def written(folder, name, file):
    data = file if isinstance(file, bytes) else json.dumps(file.as_json()).encode()
    (folder / name).write_bytes(data)


def test_bad_files_stop_none_of_the_others(console, node, tmp_path):
    """Each has its own reason, in words and as x402 names it; the good ones are paid."""
    me, poor = key(PAYER), key(45)
    good = sealed(node, me, "GOOD", 1)
    other_token = replace(good.requirements, asset=person("token"))
    cases = {
        "amount": (
            replace(sealed(node, me, "BAD", 1), requirements=good.requirements),
            "invalid_exact_evm_payload_recipient_mismatch",
            f"{person('BAD')} is paid, and {person('GOOD')} was asked for",
        ),
        "asked": (
            replace(good, requirements=replace(good.requirements, amount=2)),
            "invalid_exact_evm_payload_authorization_value_mismatch",
            "1.00 HKD is paid, and 0.000002 HKD was asked for",
        ),
        "barred": (
            sealed(node, me, "BARRED", 1),
            "barred",
            f"the payee {person('BARRED')} is blacklisted",
        ),
        "chain": (
            replace(good, requirements=replace(good.requirements, chain_id=1)),
            "network_mismatch",
            "it is for chain 1, and this is chain 31337",
        ),
        "early": (
            sealed(node, me, "BAD", 2, valid_after=now() + 600, valid_before=now() + 700),
            "invalid_exact_evm_payload_authorization_valid_after",
            None,
        ),
        "expired": (
            sealed(node, me, "BAD", 3, valid_before=now() - 1),
            "invalid_exact_evm_payload_authorization_valid_before",
            None,
        ),
        "funds": (
            sealed(node, poor, "BAD", 4),
            "invalid_exact_evm_insufficient_balance",
            f"1.00 HKD is to be paid, and {poor.address} can spend 0.00 HKD",
        ),
        "json": (
            b'{"x402Version": 2',
            "invalid_payload",
            "json.json is no signed payment: it is no JSON in UTF-8",
        ),
        "keeper": (
            sealed(node, me, "BAD", 5, to=node.suite.uses.checkout.address),
            "suite_contract",
            f"{node.suite.uses.checkout.address} is the Checkout, which would keep the money",
        ),
        "name": (
            replace(good, requirements=replace(good.requirements, name="USD Coin")),
            "invalid_exact_evm_token_name_mismatch",
            "it calls the token 'USD Coin', which is 'Pegboard HKD'",
        ),
        "tampered": (
            replace(
                good,
                authorization=replace(good.authorization, value=9),
                requirements=replace(good.requirements, amount=9),
            ),
            "invalid_exact_evm_payload_signature",
            f"it is not signed by {ME}: it was changed, or another key signed",
        ),
        "token": (
            replace(good, requirements=other_token),
            "unknown_asset",
            f"{person('token')} is no token of this chain's suite",
        ),
        "twice": (
            sealed(node, me, "TWICE", 1, nonce=good.authorization.nonce),
            "duplicate",
            f"it has the payer and the nonce of {tmp_path / 'good.json'}",
        ),
        "version": (
            replace(good, requirements=replace(good.requirements, version="2")),
            "invalid_exact_evm_token_version_mismatch",
            "it was made for version '2' of the token",
        ),
    }
    node.act("BLACKLISTER", node.token, "blacklist", [person("BARRED")], REF)
    written(tmp_path, "good.json", good)
    written(tmp_path, "z-good.json", sealed(node, me, "GOOD", 2))
    for name, (file, _, _) in cases.items():
        written(tmp_path, f"{name}.json", file)
    before = blocks()
    answer = console.act(RELAYER, "pay", "submit", str(tmp_path), code=1)
    rows = {
        row["file"].rsplit("/")[-1].removesuffix(".json"): row for row in answer.json["payments"]
    }
    assert (answer.json["done"], answer.json["refused"]) == (2, len(cases))
    for name, (_, code, reason) in cases.items():
        row = rows.pop(name)
        assert (row["state"], row["code"]) == ("refused", code), row
        assert reason in (None, row["reason"]), row
        assert f"{name}.json: {row['reason']}" in " ".join(answer.err.split())
    assert {row["state"] for row in rows.values()} == {"done"}
    assert (balance(node, "GOOD"), balance(node, "BAD")) == (2_000_000, 0)
    assert blocks() - before == 2
    again = console.act(RELAYER, "pay", "submit", str(tmp_path), code=1).json
    done = {row["tx"] for row in again["payments"] if row["state"] == "done"}
    assert done == {row["tx"] for row in rows.values()}
    assert blocks() - before == 2


def test_one_purse_pays_what_it_can(console, node, tmp_path):
    """Payments of one payer draw on the same money; the rest is paid once it is there."""
    payer = key(46)
    node.fund(payer.address, 2_500_000)
    for n in range(3):
        written(tmp_path, f"{n}.json", sealed(node, payer, "PURSE", n))
    answer = console.act(RELAYER, "pay", "submit", str(tmp_path), code=1).json
    assert [row["state"] for row in answer["payments"]] == ["done", "done", "refused"]
    assert answer["payments"][2]["reason"] == (
        f"1.00 HKD is to be paid, 3.00 HKD with those before it, and {payer.address} can spend "
        "2.50 HKD"
    )
    node.fund(payer.address, 500_000)
    answer = console.act(39, "pay", "submit", str(tmp_path))
    assert [row["state"] for row in answer.json["payments"]] == ["done"] * 3
    assert console.act(39, "pay", "submit", str(tmp_path)).json["outcome"] == "nothing"
    assert balance(node, "PURSE") == 3_000_000


def test_what_others_did_meanwhile_stops_none(console, node, tmp_path, monkeypatch):
    """A payee is barred, and a payment submitted by somebody else, after both were looked at."""
    from pegboard.cli import pay

    files = [sealed(node, key(PAYER), f"MEANWHILE {n}", n) for n in range(4)]
    for n, file in enumerate(files):
        written(tmp_path, f"{n}.json", file)
    real, meanwhile = pay.bulk.deliver, []

    def late(desk):
        if not meanwhile:
            meanwhile.append(True)
            node.act("BLACKLISTER", node.token, "blacklist", [person("MEANWHILE 1")], REF)
            data = payments.submission(node.token, files[2])
            node.token.submit(data, sender=key(OTHER).address)
        return real(desk)

    monkeypatch.setattr(pay.bulk, "deliver", late)
    answer = console.act(RELAYER, "pay", "submit", str(tmp_path), code=1).json
    states = [row["state"] for row in answer["payments"]]
    assert states == ["done", "refused", "done", "done"]
    assert answer["payments"][1]["reason"] == f"the payee {person('MEANWHILE 1')} is blacklisted"
    assert [balance(node, f"MEANWHILE {n}") for n in range(4)] == [10**6, 0, 10**6, 10**6]


def test_what_only_the_chain_refuses_stops_none(console, node, tmp_path, monkeypatch):
    """A refusal that looking again does not explain is found by sending one by one."""
    from pegboard.uses import relay

    barred = [person("HIDDEN 1")]
    for n in range(3):
        written(tmp_path, f"{n}.json", sealed(node, key(PAYER), f"HIDDEN {n}", n))
    node.act("BLACKLISTER", node.token, "blacklist", barred, REF)
    monkeypatch.setattr(relay, "barred_among", lambda *_: {})
    answer = console.act(RELAYER, "pay", "submit", str(tmp_path), code=1).json
    assert [row["state"] for row in answer["payments"]] == ["done", "refused", "done"]
    assert answer["payments"][1]["code"] == "transaction_failed"
    assert answer["payments"][1]["reason"].startswith("BlacklistedAccount: ")


def test_what_cannot_be_submitted_at_all(console, node, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert refused(console, "submit", str(empty), index=RELAYER) == (
        f"{empty} holds no .json file: name signed payments, or their folder"
    )
    answer = console.act(RELAYER, "pay", "submit", str(tmp_path / "nowhere.json"), code=2)
    assert "does not exist" in answer.err
    month = now() + 30 * 24 * HOUR
    written(tmp_path, "it.json", sealed(node, key(PAYER), "PAUSED", 1, valid_before=month))
    node.act("PAUSER", node.token, "pause", 2, REF)
    try:
        answer = console.act(RELAYER, "pay", "submit", str(tmp_path / "it.json"), code=1)
        [row] = answer.json["payments"]
        assert (row["code"], row["reason"]) == (
            "paused",
            "transfers or signatures of HKD are paused",
        )
    finally:
        number = node.token.call("pauseNumber")
        node.act("RESUMER", node.token, "resume", 2, REF, number)
    words = ("pay", "submit", str(tmp_path / "it.json"), "--account", f"TEST::{RELAYER}")
    before = blocks()
    answer = console.run(*words, stdin="n\n")
    assert (answer.code, blocks()) == (1, before)
    assert "To be submitted: 1.00 HKD" in answer.err
    assert "Sign and send 1 transactions?" in answer.err
    assert console.act(RELAYER, *words[:3], "--simulate").json["done"] == 1


# Cancel


def test_a_payment_is_voided_for_ever(console, node, tmp_path):
    out, uetr = tmp_path / "it.json", new_uetr()
    sign(console, out, "VOID", "--ref", uetr)
    assert refused(console, "cancel", str(out), index=OTHER) == (
        f"it.json is a payment by {ME}, who alone can void it"
    )
    assert refused(console, "cancel", str(out), "USD") == (
        "it.json is a payment in HKD, not in USD"
    )
    answer = console.act(PAYER, "pay", "cancel", str(out), "--simulate")
    assert answer.json["outcome"] == "done"
    before = blocks()
    again = console.act(PAYER, "pay", "cancel", str(out)).json
    assert (again["outcome"], again["tx"]) == ("nothing", answer.json["tx"])
    [row] = console.act(RELAYER, "pay", "submit", str(out), code=1).json["payments"]
    assert (row["code"], row["reason"]) == (
        "invalid_exact_evm_nonce_already_used",
        f"{ME} cancelled it, in transaction {answer.json['tx']}",
    )
    sealed_into = ("--valid-for", "1h", "-o", str(tmp_path / "new.json"), "--ref", uetr)
    assert refused(console, "sign", "HKD", *to("VOID"), *sealed_into).startswith(
        f"a payment with UETR {uetr} was cancelled, and cannot be made any more"
    )
    assert refused(console, "send", "HKD", *to("VOID"), "--ref", uetr).startswith(
        f"a payment with UETR {uetr} was cancelled, and cannot be made any more"
    )
    # What was signed with a number can be signed anew: its nonce is another one.
    first = sign(console, tmp_path / "1.json", "VOID", "--nonce", "counted", "--ref", new_uetr())
    nonce = first.json["nonce"]
    assert console.act(PAYER, "pay", "cancel", nonce, "HKD").json["outcome"] == "done"
    words = ("--nonce", "counted", "--ref", first.json["uetr"])
    assert sign(console, tmp_path / "2.json", "VOID", *words).json["nonce"] != nonce
    assert blocks() == before + 1
    assert balance(node, "VOID") == 0


def test_what_was_paid_stays_paid(console, node, tmp_path):
    out = tmp_path / "it.json"
    nonce = sign(console, out, "STAYS").json["nonce"]
    tx = console.act(RELAYER, "pay", "submit", str(out)).json["payments"][0]["tx"]
    told = (
        f"it was paid already, 12.50 HKD to {person('STAYS')}, in transaction {tx}: nothing takes "
        "a payment back"
    )
    for words in ((str(out),), (nonce, "HKD"), (str(int(nonce, 16)), "HKD")):
        assert refused(console, "cancel", *words) == told
    assert refused(console, "cancel", nonce) == (
        f"{nonce} is no file: name one, or a nonce and its currency"
    )
    assert refused(console, "cancel", "0x12", "HKD").startswith("'0x12' is no nonce: ")
    # The same nonce with other terms was not paid, whatever became of the nonce.
    file = sealed(node, key(PAYER), "OTHERS", 1, nonce=int(nonce, 16).to_bytes(32))
    written(tmp_path, "other.json", file)
    [row] = console.act(RELAYER, "pay", "submit", str(tmp_path / "other.json"), code=1).json[
        "payments"
    ]
    assert row["reason"] == (
        f"its nonce was used to pay 12.50 HKD to {person('STAYS')}, in transaction {tx}"
    )


# Trace and notice


def traced(console, uetr, *words):
    return console.run("pay", "trace", *words, "--uetr", uetr, "--json").json["found"]


def test_a_transfer_is_followed_until_it_is_final(console, node, invoice, tmp_path):
    path = invoice(number="TRACE-1")
    sent = send(console, "TRACE", "--invoice", path).json
    uetr = sent["uetr"]
    [found] = traced(console, uetr)
    amount = {"token": node.token.address, "currency": "HKD", "amount": "12.50"}
    assert found == {
        "kind": "transfer",
        "payer": ME,
        "payee": person("TRACE"),
        "paid": amount | {"units": "12500000"},
        "received": amount | {"units": "12500000"},
        "ref": sent["ref"],
        "about": None,
        "tx": sent["tx"],
        "block": sent["block"],
        "time": found["time"],
        "status": "included",
    }
    stamp = node.chain.block(hex(sent["block"]))["timestamp"]
    assert found["time"] == moment_text(int(stamp, 16))
    assert traced(console, uetr, "HKD", "--invoice", path) == [found]
    assert traced(console, uetr, "USD") == []
    assert traced(console, uetr, "--since", str(sent["block"])) == [found]
    answer = console.run("pay", "trace", "--uetr", uetr, "--since", str(sent["block"] + 1))
    assert (
        f"there is no block {sent['block'] + 1} yet: the last one is {sent['block']}" in answer.err
    )
    assert traced(console, uetr, "--invoice", invoice(number="other")) == []
    out = tmp_path / "notice.xml"
    seen = []
    for mined in (1, 40, 40):
        node.chain.result("anvil_mine", [hex(mined)])
        console.run("pay", "notice", "--uetr", uetr, "-o", str(out))
        status = Xml.parse(out).findtext(".//c:Ntry/c:Sts/c:Cd", namespaces=NS)
        seen.append((traced(console, uetr)[0]["status"], status))
    assert seen == [("included", "PDNG"), ("safe", "PDNG"), ("final", "BOOK")]
    assert traced(console, uetr, "--since", str(sent["block"] + 1)) == []
    text = console.run("pay", "trace", "--uetr", uetr).out
    assert text.startswith(f"Transfer, final\n  Payer     {ME}, paid 12.50 HKD\n")


def test_a_uetr_that_is_none_or_nobody_has(console, node, tmp_path):
    uetr, out = new_uetr(), tmp_path / "notice.xml"
    answer = console.run("pay", "trace", "--uetr", uetr)
    assert (answer.code, answer.out) == (0, f"Nothing on chain 31337 carries UETR {uetr}.\n")
    answer = console.run("pay", "trace", "--uetr", uetr.upper())
    assert answer.code == 1
    assert "is not a UETR" in answer.err
    answer = console.run("pay", "notice", "--uetr", uetr, "-o", str(out))
    assert (answer.code, out.exists()) == (1, False)
    assert "there is nothing to give notice of" in answer.err


def test_rows_and_signed_transfers_are_found(console, node, tmp_path):
    """One UETR in a batch, where one payee is barred, and as the nonce of a signed payment."""
    uetr = new_uetr()
    ref, batch = reference_for(uetr), keccak(text="batch")
    node.act("BLACKLISTER", node.token, "blacklist", [person("ROW 2")], REF)
    rows = [(person(f"ROW {n}"), n * 10**6) for n in (1, 2, 3)]
    pay = "pay(bytes32,uint8,(address,uint96)[],bytes32[],uint256)"
    refs = [ref, ref, reference_for(new_uetr())]
    node.token.send(pay, batch, 0, rows, refs, 6 * 10**6, sender=ME)
    out = tmp_path / "it.json"
    node.fund(key(OTHER).address, 100 * 10**6)
    sign(console, out, "ROW 4", "--ref", uetr, signer=OTHER)
    console.act(RELAYER, "pay", "submit", str(out))
    found = traced(console, uetr)
    assert [(it["kind"], it["payee"], it["received"]["amount"]) for it in found] == [
        ("batch row", person("ROW 1"), "1.00"),
        ("skipped row", person("ROW 2"), "0.00"),
        ("signed transfer", person("ROW 4"), "12.50"),
    ]
    assert [it["about"] for it in found] == [f"0x{batch.hex()}"] * 2 + [None]
    assert [it["payer"] for it in found] == [ME, ME, key(OTHER).address]
    assert found[1]["paid"]["amount"] == "2.00"
    notice = tmp_path / "notice.xml"
    console.run("pay", "notice", "HKD", "--uetr", uetr, "-o", str(notice))
    tree = Xml.parse(notice)
    assert [it.text for it in tree.findall(".//c:Ntry/c:Amt", NS)] == ["1.00", "12.50"]
    assert {it.text for it in tree.findall(".//c:UETR", NS)} == {uetr}


def test_an_exchange_is_found_with_both_sides(console, node, tmp_path):
    """The importer pays HKD, and the supplier receives USD: one UETR, one transaction."""
    market, uetr = open_market(node), new_uetr()
    supplier = market.supplier.address
    receipt = market.settle_for(market.quote(), supplier, reference_for(uetr))
    [found] = traced(console, uetr)
    assert (found["kind"], found["tx"]) == ("exchange", receipt.tx)
    assert (found["payer"], found["payee"]) == (market.taker.address, supplier)
    assert (found["paid"]["currency"], found["paid"]["amount"]) == ("HKD", "780.00")
    assert (found["received"]["currency"], found["received"]["amount"]) == ("USD", "100.00")
    out = tmp_path / "notice.xml"
    console.run("pay", "notice", "--uetr", uetr, "-o", str(out))
    tree = Xml.parse(out)
    assert tree.find(".//c:Ntry/c:Amt", NS).attrib == {"Ccy": "USD"}
    assert tree.findtext(".//c:InstdAmt/c:Amt", namespaces=NS) == "780.00"


def test_a_receivables_payment_is_found(console, node):
    """The buyer pays an invoice that is on record, with the UETR of its bank."""
    market, uetr = open_market(node), new_uetr()
    doc = market.doc(fingerprint=keccak(text="a traced invoice"))
    market.attest(doc)
    market.accept(doc)
    contract, buyer = market.uses.receivables, market.buyer.address
    receipt = contract.send("pay", doc.values(), 10**6, reference_for(uetr), sender=buyer)
    [found] = traced(console, uetr)
    assert (found["kind"], found["tx"]) == ("receivable", receipt.tx)
    assert (found["payer"], found["payee"]) == (buyer, market.seller.address)
    assert (found["paid"]["amount"], found["received"]["amount"]) == ("1.00", "1.00")
    assert found["about"] == f"0x{doc.fingerprint.hex()}"


def test_what_expired_can_be_signed_or_sent_anew(console, node, tmp_path):
    uetr = new_uetr()
    sign(console, tmp_path / "1.json", "ANEW", "--ref", uetr)
    warp(HOUR + 1)
    again = sign(console, tmp_path / "2.json", "ANEW", "--ref", uetr).json
    assert (again["outcome"], again["uetr"]) == ("signed", uetr)
    later = sign(
        console,
        tmp_path / "3.json",
        "ANEW",
        "--after",
        moment_text(now() + 600),
        "--nonce",
        "random",
    )
    assert "once, from " in later.err
    [row] = console.act(RELAYER, "pay", "submit", later.json["file"], code=1).json["payments"]
    assert row["code"] == "invalid_exact_evm_payload_authorization_valid_after"
    warp(HOUR + 1)
    assert send(console, "ANEW", "--ref", uetr).json["outcome"] == "done"
