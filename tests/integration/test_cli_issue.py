"""`issue` on a real node, with good and bad input.

propose and approve, one credit
├── given no role, or terms that the desk refuses, nothing is sent
├── given a bank's own reference without its account, it refuses: it would be another credit
├── by hand and by file a credit is the same, and issues once
└── a second run has nothing to do
propose and approve, a bank's file
├── given a fault in the file, nothing of it is taken
├── given no role, or a no, nothing is sent
├── given a line that is refused, the others are done, and the exit code is 1
├── given the reserves run short half way, what fits is issued, and the rest by a second run
├── killed or interrupted half way, a second run does the rest, and each credit issues once
├── given it is not known what became of a transaction, nothing more is sent
└── given a role that waits, every line is scheduled, and the exit code is 3
cancel, list, preview
└── are about the currency that is named
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from ape import networks

from pegboard import issuance
from pegboard.chain import ApeChain
from pegboard.config import load_currencies
from pegboard.demo.bankfile import ACCOUNT
from pegboard.errors import Pending
from tests.integration.conftest import CHAIN_ID, blocks, warp
from tests.support.deposits import bank_file, credit, today
from tests.support.desks import WHOLESALE, bind, grant, later, open_channel, ready_desk
from tests.support.node import attached, to_quiet_friday
from tests.support.world import REF, ROOT, resolve

NAME, OTHER = "ENTERPRISE-1", "WHOLESALER-2"
PROPOSER, APPROVER, SECOND, GUARDIAN = 40, 41, 42, 3
UNIT = 10**6
TERMS = ("--channel", NAME, "--amount", "100.00")
ONE = ("--bank-account", ACCOUNT, "--bank-ref", "FPS1")
REFERENCE = issuance.credit_reference(ACCOUNT, "FPS1")


@pytest.fixture(scope="module")
def office(console):
    """A channel for an enterprise, one for a wholesaler, one of USD; ample fresh reserves."""
    world = attached()
    ready_desk(world, world.holder(0))
    bind(world, world.holder(1))
    open_channel(world, world.holder(1).address, issuance.channel_word(OTHER), kind=WHOLESALE)
    desk, usd = world.suite.desks.issuance, world.suite.peg("USD").token.address
    terms = (issuance.channel_word("USD-1"), usd, 1, world.holder(0).address, REF)
    later(world, ("GOVERNOR", desk, "openChannel", terms))
    to_quiet_friday(world)
    world.attest(10**17)
    return world


@pytest.fixture(autouse=True)
def wordless(monkeypatch):
    """No amount is typed in words here: test_cli_simulate.py is about that."""

    def load(folder):
        return {
            code: replace(it, confirm_above=None) for code, it in load_currencies(folder).items()
        }

    monkeypatch.setattr("pegboard.cli.desk.load_currencies", load)


@pytest.fixture
def file(office, tmp_path):
    """Writes the bank's file of these entries; answers its option."""

    def write(*rows, currency="HKD"):
        return "--bank-file", str(bank_file(tmp_path / "bank.xml", *rows, currency=currency))

    return write


@pytest.fixture
def three(office, file):
    """A small credit, a large one, and a small one."""
    return file(
        credit(office, "FPS1", "100.00", f"for {NAME}"),
        credit(office, "FPS2", "2000000.00", OTHER),
        credit(office, "FPS3", "0.01", NAME),
    )


def words(verb, *rest, code="HKD"):
    return "issue", verb, code, *rest


def counts(answer):
    return answer.json["counts"]


def orders(console, code="HKD"):
    return console.run(*words("list", "--json", code=code)).json["orders"]


def supply(console):
    return console.status()["supply"]["amount"]


# One credit


@pytest.mark.req("HK-38")
def test_a_credit_by_hand_from_proposal_to_issue(console, office):
    proposed = console.act(PROPOSER, *words("propose", *ONE, *TERMS)).json
    assert {key: proposed[key] for key in proposed if key not in ("tx", "block", "gasUsed")} == {
        "command": "propose",
        "outcome": "done",
        "chainId": CHAIN_ID,
        "contract": office.suite.desks.issuance.address,
        "ref": "0x" + REFERENCE.hex(),
        "refText": "0x" + REFERENCE.hex(),
        "channel": NAME,
        "currency": "HKD",
        "amount": {"amount": "100.00", "units": "100000000"},
    }
    before = blocks()
    assert console.act(PROPOSER, *words("propose", *ONE, *TERMS)).json["outcome"] == "nothing"
    assert blocks() == before
    approved = console.act(APPROVER, *words("approve", *ONE, *TERMS)).json
    assert (approved["command"], approved["outcome"]) == ("approve", "done")
    assert supply(console) == "100.00"
    before = blocks()
    for index, verb in ((APPROVER, "approve"), (SECOND, "approve"), (PROPOSER, "propose")):
        assert console.act(index, *words(verb, *ONE, *TERMS)).json["outcome"] == "nothing"
    assert blocks() == before
    again = console.run(*words("propose", *ONE, *TERMS), "--account", f"TEST::{PROPOSER}")
    assert again.out == "Nothing to do: it is so already.\n"


@pytest.mark.req("HK-11")
def test_the_summary_comes_before_the_signature(console, office):
    command = words("propose", *ONE, *TERMS, "--account", f"TEST::{PROPOSER}", "--deployer")
    answer = console.run(*command, "TEST::0", stdin="n\n")
    assert answer.code == 1
    for part in (
        f"propose to issue 100.00 HKD through {NAME}, bank reference",
        f"0x{REFERENCE.hex()[:20]}",
        "100.00 HKD (100; the first of the supply; 100000000 base units)",
        f"{office.suite.desks.issuance.address}, chain 31337",
        "holds PROPOSER",
        "Headroom",
        "Sign and send this?",
    ):
        assert part in " ".join(answer.err.split())
    assert orders(console) == []
    done = console.run(*command, "TEST::0", "-y")
    assert done.out.startswith(f"Done: propose to issue 100.00 HKD through {NAME}, bank")


@pytest.mark.req("HK-38")
def test_only_the_role_may_and_nothing_is_sent(console, office, three):
    before = blocks()
    for index in (APPROVER, 2, 4, 19):
        for rest in ((*ONE, *TERMS), three):
            message = console.refused(index, *words("propose", *rest))
            assert "that takes PROPOSER; `status` prints who holds it" in message
    assert blocks() == before
    console.act(PROPOSER, *words("propose", *three))
    before = blocks()
    for index in (PROPOSER, 2, 4, 19):
        for rest in ((*ONE, *TERMS), three):
            assert "that takes APPROVER" in console.refused(index, *words("approve", *rest))
    assert "that takes GUARDIAN" in console.refused(
        PROPOSER, *words("cancel", *ONE, "--ref", "typed wrongly")
    )
    assert blocks() == before


@pytest.mark.req("HK-38")
def test_a_credit_is_the_same_by_hand_and_by_file(console, office, file):
    """Or it would issue twice."""
    unnamed = file(credit(office, "FPS1", "100.00", "invoice 7"))
    answer = console.act(PROPOSER, *words("propose", *unnamed), code=1)
    (line,) = answer.json["lines"]
    assert line["outcome"] == "refused"
    assert line["reason"].endswith("ask the payer, then propose it by hand")
    bare = ("--bank-ref", "FPS1", *TERMS)
    for verb, index in (("propose", PROPOSER), ("approve", APPROVER)):
        message = console.refused(index, *words(verb, *bare))
        assert message == (
            "'FPS1' is the bank's own reference: add --bank-account, as the bank's file writes "
            "it, or give the 0x reference that `issue list` shows"
        )
    # As JSON shows it, and as the bank writes it.
    by_hex = ("--bank-ref", line["bankRef"], *TERMS)
    assert console.act(PROPOSER, *words("propose", *by_hex)).json["outcome"] == "done"
    assert console.act(PROPOSER, *words("propose", *ONE, *TERMS)).json["outcome"] == "nothing"
    assert counts(console.act(PROPOSER, *words("propose", *unnamed))) == {"nothing": 1}
    console.act(APPROVER, *words("approve", *ONE, *TERMS))
    for index, verb in ((PROPOSER, "propose"), (APPROVER, "approve")):
        assert counts(console.act(index, *words(verb, *unnamed))) == {"nothing": 1}
    assert supply(console) == "100.00"


@pytest.mark.parametrize("ref", ["0x12", "0xzz", "0x" + "1" * 63, "0x" + "0" * 64, " "])
def test_a_reference_that_is_none(console, office, ref):
    before = blocks()
    for verb, index in (("propose", PROPOSER), ("approve", APPROVER)):
        message = console.refused(index, *words(verb, "--bank-ref", ref, *TERMS))
        assert "reference" in message
    message = console.refused(GUARDIAN, *words("cancel", "--bank-ref", ref, "--ref", "x"))
    assert "reference" in message
    given = ("--bank-account", ACCOUNT, "--bank-ref", "=HYPERLINK()")
    assert "is not a bank's reference" in console.refused(
        PROPOSER, *words("propose", *given, *TERMS)
    )
    given = ("--bank-account", "two words", "--bank-ref", "FPS1")
    assert "is not an account" in console.refused(PROPOSER, *words("propose", *given, *TERMS))
    assert blocks() == before


@pytest.mark.parametrize("verb", ["propose", "approve"])
def test_one_credit_or_one_file(console, office, three, verb):
    index = {"propose": PROPOSER, "approve": APPROVER}[verb]
    either = "give either --bank-file, or --bank-ref, --channel and --amount"
    for extra in (ONE[:2], ONE[2:], TERMS[:2], TERMS[2:]):
        assert console.refused(index, *words(verb, *three, *extra)) == either
    incomplete = "give --bank-file, or all of --bank-ref, --channel and --amount"
    for given in ((), (*ONE, *TERMS[:2]), (*ONE, *TERMS[2:]), (*ONE[:2], *TERMS)):
        assert console.refused(index, *words(verb, *given)) == incomplete
    missing = console.act(index, *words(verb, "--bank-file", "missing.xml"), code=2)
    assert "does not exist" in missing.err
    folder = console.act(index, *words(verb, "--bank-file", str(ROOT)), code=2)
    assert "is a directory" in folder.err
    assert console.act(index, "issue", verb, code=2).out == ""
    assert console.run(*words(verb, *ONE, *TERMS)).code == 2


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        ("1e6", "plain digits"),
        ("-1", "plain digits"),
        ("0.0000001", "never rounded"),
        ("0", "above zero"),
        ("79228162514264337593543.950336", "at most 2^96 - 1"),
        ("1" + "0" * 30, "more than any token can hold"),
        ("5000000.000001", "OrderCapExceeded"),
    ],
)
def test_amounts_that_no_order_can_have(console, office, amount, message):
    before = blocks()
    terms = (*ONE, "--channel", NAME, "--amount", amount)
    assert message in console.refused(PROPOSER, *words("propose", *terms))
    if "Cap" not in message:
        assert message in console.refused(APPROVER, *words("approve", *terms))
    assert blocks() == before


@pytest.mark.parametrize("name", ["", "ent-1", "NOBODY", "A" * 32])
def test_channels_that_are_none(console, office, name):
    terms = (*ONE, "--channel", name, "--amount", "1")
    message = console.refused(PROPOSER, *words("propose", *terms))
    said = {"": "give --bank-file, or all of", "NOBODY": "ChannelNotOpen: There is no such channel"}
    assert said.get(name, "is not a channel's name") in message
    if name == "NOBODY":
        assert "(channel NOBODY); have GOVERNOR open it" in message


@pytest.mark.req("HK-38")
def test_another_currency_is_refused(console, office):
    console.act(PROPOSER, *words("propose", *ONE, *TERMS))
    before = blocks()
    for index, verb in ((PROPOSER, "propose"), (APPROVER, "approve")):
        message = console.refused(index, *words(verb, *ONE, *TERMS, code="USD"))
        assert message == f"{NAME} is a channel of another currency, not of USD"
    cancel = words("cancel", *ONE, "--ref", "wrong", code="USD")
    assert "of another currency" in console.refused(GUARDIAN, *cancel)
    assert "EUR is not declared" in console.refused(
        PROPOSER, *words("propose", *ONE, *TERMS, code="EUR")
    )
    assert "CNH is not deployed" in console.refused(
        PROPOSER, *words("propose", *ONE, *TERMS, code="CNH")
    )
    assert blocks() == before


@pytest.mark.req("HK-38")
def test_an_order_of_other_terms_is_neither_proposed_nor_approved(console, office):
    console.act(PROPOSER, *words("propose", *ONE, *TERMS))
    before = blocks()
    others = (("--channel", NAME, "--amount", "100.01"), ("--channel", OTHER, "--amount", "100"))
    for terms in others:
        message = console.refused(PROPOSER, *words("propose", *ONE, *terms))
        assert "has an order of 100.00 HKD through ENTERPRISE-1 (proposed)" in message
        message = console.refused(APPROVER, *words("approve", *ONE, *terms))
        assert "do not approve it, have GUARDIAN cancel it" in message
    assert blocks() == before


# A bank's file


@pytest.mark.req("HK-38", "HK-31")
def test_a_file_from_proposal_to_issue(console, office, three):
    answer = console.act(PROPOSER, *words("propose", *three))
    assert set(answer.json) == {"command", "chainId", "counts", "lines"}
    assert (answer.json["command"], answer.json["chainId"]) == ("propose", CHAIN_ID)
    assert counts(answer) == {"done": 3}
    first = answer.json["lines"][0]
    assert first == {
        "where": first["where"],
        "currency": "HKD",
        "amount": "100.00",
        "outcome": "done",
        "reference": "FPS1",
        "bankRef": "0x" + REFERENCE.hex(),
        "channel": NAME,
        "tx": first["tx"],
    }
    assert len(first["tx"]) == 66
    # Before anything was signed, every line was shown, and one as it would be signed.
    for part in ("line by line: to propose", "FPS2", "2000000.00 HKD", "What", "holds PROPOSER"):
        assert part in answer.err
    before = blocks()
    assert counts(console.act(PROPOSER, *words("propose", *three))) == {"nothing": 3}
    assert blocks() == before
    assert counts(console.act(APPROVER, *words("approve", *three))) == {"done": 3}
    assert supply(console) == "100.01"
    before = blocks()
    assert counts(console.act(APPROVER, *words("approve", *three))) == {"nothing": 3}
    assert blocks() == before
    assert counts(console.act(SECOND, *words("approve", *three))) == {"done": 1, "nothing": 2}
    assert supply(console) == "2000100.01"
    for index, verb in ((SECOND, "approve"), (43, "approve"), (PROPOSER, "propose")):
        assert counts(console.act(index, *words(verb, *three))) == {"nothing": 3}


def test_a_file_for_people(console, office, file):
    given = file(
        credit(office, "FPS1", "100.00", NAME),
        credit(office, "FPS2", "5.00", "rent"),
        credit(office, "FPS1", "100.00", NAME),
        credit(office, "FEE", "1.00", "charges", side="DBIT"),
    )
    answer = console.run(*words("propose", *given), "--account", f"TEST::{PROPOSER}", "--yes")
    assert answer.code == 1
    assert answer.out == (
        "4 lines: 1 done, 1 duplicate, 1 ignored, 1 refused.\n"
        "  FPS2: its remittance names no open channel: ask the payer, then propose it by hand\n"
    )
    for part in ("line by line: to propose", "100.00 HKD", "duplicate", "ignored", "refused"):
        assert part in answer.err


def test_a_no_sends_nothing(console, office, three):
    before = blocks()
    command = words("propose", *three, "--account", f"TEST::{PROPOSER}")
    answer = console.run(*command, stdin="n\n")
    assert answer.code == 1
    assert "Sign and send 3 transactions such as this?" in answer.err
    assert "lines" not in answer.out
    assert blocks() == before
    assert console.run(*command, stdin="y\n").code == 0
    assert blocks() == before + 3


@pytest.mark.req("HK-38")
def test_a_refused_line_stops_no_other(console, office, file):
    tomorrow = today(office) + timedelta(days=1)
    rows = (
        credit(office, "FPS1", "1.00", NAME, value_date=tomorrow),
        credit(office, "FPS2", "2.00", f"{NAME} {OTHER}"),
        credit(office, "FPS3", "3.00", "rent"),
        credit(office, "FPS4", "5000000.01", NAME),
        credit(office, "FPS5", "5.00", NAME),
    )
    answer = console.act(PROPOSER, *words("propose", *file(*rows)), code=1)
    assert counts(answer) == {"done": 1, "refused": 4}
    reasons = [line.get("reason", "") for line in answer.json["lines"]]
    assert reasons[0] == f"its funds count from {tomorrow}: propose it then"
    assert reasons[1].startswith(f"its remittance names {NAME}, {OTHER}: ask the payer")
    assert reasons[2].startswith("its remittance names no open channel: ask the payer")
    assert reasons[3].startswith("OrderCapExceeded: More than one order of the channel may issue")
    assert reasons[3].endswith("have GOVERNOR raise the channel's cap, if the credit is right")
    assert reasons[4] == ""
    assert [order["bankRef"] for order in orders(console)] == [answer.json["lines"][4]["bankRef"]]
    answer = console.act(APPROVER, *words("approve", *file(*rows)), code=1)
    assert counts(answer) == {"done": 1, "refused": 4}
    assert supply(console) == "5.00"
    warp(9 * 3600)
    answer = console.act(PROPOSER, *words("propose", *file(*rows)), code=1)
    assert counts(answer) == {"done": 1, "nothing": 1, "refused": 3}


@pytest.mark.req("HK-38")
def test_another_currency_in_the_file(console, office, file):
    given = file(credit(office, "FPS1", "100.00", NAME), currency="USD")
    answer = console.act(PROPOSER, *words("propose", *given), code=1)
    (line,) = answer.json["lines"]
    assert (line["outcome"], line["reason"]) == ("refused", "it is in USD, not in HKD")
    assert orders(console) == []


@pytest.mark.req("HK-38")
def test_what_the_bank_restates(console, office, file):
    first = credit(office, "FPS1", "100.00", NAME)
    console.act(PROPOSER, *words("propose", *file(first)))
    restated = file(replace(first, amount="1000.00"))
    for index, verb, advice in (
        (PROPOSER, "propose", "have GUARDIAN cancel it if it is wrong"),
        (APPROVER, "approve", "do not approve it, have GUARDIAN cancel it"),
    ):
        answer = console.act(index, *words(verb, *restated), code=1)
        assert answer.json["lines"][0]["reason"].endswith(advice)
    console.act(APPROVER, *words("approve", *file(first)))
    restated = file(replace(first, amount="1000.00"))
    for index, verb in ((PROPOSER, "propose"), (APPROVER, "approve")):
        answer = console.act(index, *words(verb, *restated), code=1)
        assert answer.json["lines"][0]["reason"].endswith("ask the bank what the difference is")
    assert supply(console) == "100.00"


@pytest.mark.req("HK-38")
def test_a_file_with_faults_is_not_taken(console, office, file):
    before = blocks()
    given = file(credit(office, "FPS1", "100.00", NAME), credit(office, "FPS1", "101.00", NAME))
    for index, verb in ((PROPOSER, "propose"), (APPROVER, "approve")):
        message = console.refused(index, *words(verb, *given))
        assert "have the same reference, FPS1, and differ in amount" in message
    path = Path(given[1])
    text = path.read_text()
    path.write_text(text.replace("<Amt", "<Amount", 1).replace("CRDT", "KRDT"))
    message = console.refused(PROPOSER, *words("propose", *given))
    assert message.startswith("nothing of bank.xml was taken; put right what is wrong in it:")
    path.write_text("account,reference\n")
    assert "the header must be exactly" in console.refused(PROPOSER, *words("propose", *given))
    path.write_text("")
    assert "it is empty" in console.refused(PROPOSER, *words("propose", *given))
    assert blocks() == before


def test_a_csv_is_a_bank_file_too(console, office, tmp_path):
    path, day = tmp_path / "bank.csv", today(office)
    header = "account,reference,end_to_end_id,currency,amount,booking_date,value_date,remittance"
    path.write_text(f"{header}\n{ACCOUNT},FPS1,INV-1,HKD,100.00,{day},{day},{NAME}\n")
    answer = console.act(PROPOSER, *words("propose", "--bank-file", str(path)))
    assert counts(answer) == {"done": 1}
    assert console.act(PROPOSER, *words("propose", *ONE, *TERMS)).json["outcome"] == "nothing"


@pytest.mark.req("HK-38", "HK-31")
def test_reserves_that_run_short_half_way(console, office, file):
    warp(1)
    office.attest(251_250_000 * UNIT // 1_000)  # 250,000 after the buffer
    rows = [credit(office, f"FPS{n}", "100000.00", NAME) for n in range(1, 5)]
    given = file(*rows)
    console.act(PROPOSER, *words("propose", *given))
    answer = console.act(APPROVER, *words("approve", *given), code=1)
    assert counts(answer) == {"done": 2, "refused": 2}
    for line in answer.json["lines"][2:]:
        assert line["reason"].startswith("ReserveExceeded: ")
        assert "value 100,000.00 HKD, headroom 50,000.00 HKD" in line["reason"]
        assert line["reason"].endswith("post a newer statement of higher reserves first")
    assert supply(console) == "200000.00"
    warp(1)
    office.attest(10**17)
    assert counts(console.act(APPROVER, *words("approve", *given))) == {"done": 2, "nothing": 2}
    assert supply(console) == "400000.00"


# Cut off


@pytest.mark.req("HK-38")
def test_killed_half_way_and_run_again(console, office, file):
    """By a signal that no process can catch, in a process of its own."""
    given = file(*(credit(office, f"FPS{n}", f"{n}.00", NAME) for n in range(1, 16)))
    network = ("--network", networks.provider.network_choice, "--records", console.records)
    signed = ("--account", f"TEST::{PROPOSER}", "--yes", "--json")
    script = str(Path(sys.executable).with_name("pegboard"))
    before = blocks()
    process = subprocess.Popen(
        [script, *words("propose", *given), *signed, *network],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while blocks() < before + 3:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    there = len(orders(console))
    assert 3 <= there < 15
    answer = console.act(PROPOSER, *words("propose", *given))
    assert counts(answer) == {"done": 15 - there, "nothing": there}
    assert len(orders(console)) == 15
    assert blocks() == before + 15
    console.act(APPROVER, *words("approve", *given))
    assert supply(console) == "120.00"


class Failing:
    """Sends so many transactions, and then fails."""

    def __init__(self, monkeypatch, after, fault):
        self.send, self.sent, self.after, self.fault = ApeChain.send, 0, after, fault
        monkeypatch.setattr(ApeChain, "send", lambda *args: self(*args))

    def __call__(self, chain, *args):
        if self.sent == self.after:
            raise self.fault
        self.sent += 1
        return self.send(chain, *args)


@pytest.mark.req("HK-38")
def test_interrupted_half_way_and_run_again(console, office, three, monkeypatch):
    console.act(PROPOSER, *words("propose", *three))
    with monkeypatch.context() as patch:
        Failing(patch, 2, KeyboardInterrupt())
        answer = console.act(APPROVER, *words("approve", *three), code=1)
    assert answer.out == ""
    assert "Aborted!" in answer.err
    # What was done is told.
    assert [line.split()[:2] for line in answer.err.splitlines() if line.startswith("  done")] == [
        ["done", "FPS1"],
        ["done", "FPS2"],
    ]
    answer = console.act(APPROVER, *words("approve", *three))
    assert counts(answer) == {"done": 1, "nothing": 2}
    console.act(SECOND, *words("approve", *three))
    assert supply(console) == "2000100.01"


@pytest.mark.req("HK-38")
def test_after_an_unknown_outcome_nothing_more_is_sent(console, office, three, monkeypatch):
    with monkeypatch.context() as patch:
        failing = Failing(patch, 1, Pending("was handed over and its outcome is unknown"))
        answer = console.act(PROPOSER, *words("propose", *three), code=4)
    assert counts(answer) == {"done": 1, "ready": 1, "unknown": 1}
    assert [line["outcome"] for line in answer.json["lines"]] == ["done", "unknown", "ready"]
    assert "its outcome is unknown" in answer.json["lines"][1]["reason"]
    assert failing.sent == 1
    answer = console.act(PROPOSER, *words("propose", *three))
    assert counts(answer) == {"done": 2, "nothing": 1}


def test_somebody_else_was_faster(console, office, three, monkeypatch):
    """Between the look at a line and its transaction, another run has proposed it."""
    send = ApeChain.send

    def late(chain, sender, to, data, note):
        if len(orders(console)) < 3:
            office.chain.send(sender, to, data)
        return send(chain, sender, to, data, note)

    with monkeypatch.context() as patch:
        patch.setattr(ApeChain, "send", late)
        answer = console.act(PROPOSER, *words("propose", *three), code=1)
    assert counts(answer) == {"refused": 3}
    for line in answer.json["lines"]:
        assert line["reason"].startswith("BankReferenceUsed: This bank reference has an order")
        assert "status proposed); do nothing: it has its order" in line["reason"]
    assert len(orders(console)) == 3


def test_a_role_that_waits_schedules_every_line(console, office, three):
    slow = 30
    grant(office, "PROPOSER", resolve(f"TEST::{slow}"), 3600)
    office.attest(10**17)
    answer = console.act(slow, *words("propose", *three), code=3)
    assert counts(answer) == {"scheduled": 3}
    assert orders(console) == []
    before = blocks()
    answer = console.act(slow, *words("propose", *three), code=3)
    assert counts(answer) == {"scheduled": 3}
    assert "not due before" in answer.json["lines"][0]["reason"]
    assert blocks() == before
    warp(3600)
    assert counts(console.act(slow, *words("propose", *three))) == {"done": 3}
    assert len(orders(console)) == 3
    assert counts(console.act(slow, *words("propose", *three))) == {"nothing": 3}


# Cancel


def test_cancelling_an_order(console, office):
    command = words("cancel", *ONE)
    assert "--ref" in console.refused(GUARDIAN, *command)
    assert "--ref" in console.refused(GUARDIAN, *command, "--ref", " ")
    assert console.act(GUARDIAN, *words("cancel", "--ref", "x"), code=2).out == ""
    told = console.refused(GUARDIAN, *command, "--ref", "typed wrongly")
    assert told == "this bank reference has no order to cancel"
    bare = words("cancel", "--bank-ref", "FPS1", "--ref", "x")
    assert "add --bank-account" in console.refused(GUARDIAN, *bare)
    console.act(PROPOSER, *words("propose", *ONE, *TERMS))
    done = console.act(GUARDIAN, *command, "--ref", "typed wrongly").json
    assert (done["outcome"], done["refText"]) == ("done", "typed wrongly")
    assert done["bankRef"] == "0x" + REFERENCE.hex()
    before = blocks()
    by_hex = words("cancel", "--bank-ref", done["bankRef"], "--ref", "typed wrongly")
    assert console.act(GUARDIAN, *by_hex).json["outcome"] == "nothing"
    assert blocks() == before
    assert "(it is cancelled)" in console.refused(APPROVER, *words("approve", *ONE, *TERMS))
    console.act(PROPOSER, *words("propose", *ONE, *TERMS))
    console.act(APPROVER, *words("approve", *ONE, *TERMS))
    assert "(it is issued)" in console.refused(GUARDIAN, *command, "--ref", "too late")


# List and preview


def test_what_waits_is_listed(console, office, three):
    assert console.run(*words("list")).out == "No order waits.\n"
    console.act(PROPOSER, *words("propose", *three))
    console.act(APPROVER, *words("approve", *three))
    (order,) = orders(console)
    assert order == {
        "bankRef": "0x" + issuance.credit_reference(ACCOUNT, "FPS2").hex(),
        "channel": OTHER,
        "amount": {"amount": "2000000.00", "units": "2000000000000"},
        "proposer": resolve(f"TEST::{PROPOSER}"),
        "approvers": [resolve(f"TEST::{APPROVER}")],
        "needed": 2,
        "expiresAt": order["expiresAt"],
    }
    out = console.run(*words("list", "--deployer", "TEST::0")).out
    assert out == (
        f"{order['bankRef']}  2,000,000.00 HKD through {OTHER}, 1 of 2 approvals, until "
        f"{order['expiresAt']}, by {resolve(f'TEST::{PROPOSER}')}\n"
    )
    assert orders(console, "USD") == []
    assert "EUR is not declared" in console.run(*words("list", code="EUR")).err


def test_an_order_that_no_tier_allows_any_more_is_still_listed(console, office, three):
    """It can only be cancelled; and hides no other."""
    console.act(PROPOSER, *words("propose", *three))
    desk, token = office.suite.desks.issuance, office.token.address
    office.act("PAUSER", desk, "tightenTiers", token, [(1_000_000 * UNIT, 1)], REF)
    assert [order["needed"] for order in orders(console)] == [1, None, 1]
    out = console.run(*words("list")).out
    assert "2,000,000.00 HKD through WHOLESALER-2, above the largest tier now: it cannot" in out
    answer = console.act(APPROVER, *words("approve", *three), code=1)
    assert counts(answer) == {"done": 2, "refused": 1}
    reason = answer.json["lines"][1]["reason"]
    assert "amount 2,000,000.00 HKD, largest 1,000,000.00 HKD); have GOVERNOR add a tier" in reason


@pytest.mark.req("HK-38")
def test_what_binds_is_previewed(console, office):
    found = console.run(*words("preview", NAME, "--json")).json
    assert found == {
        "currency": "HKD",
        "channel": NAME,
        "constraint": "the channel's cap on one order",
        "allowed": {"amount": "5000000.00", "units": "5000000000000"},
    }
    assert console.run(*words("preview", NAME)).out == (
        "5,000,000.00 HKD could be issued through ENTERPRISE-1; binding: the channel's cap on one "
        "order\n"
    )
    nobody = console.run(*words("preview", "NOBODY", "--json")).json
    assert (nobody["constraint"], nobody["allowed"]["units"]) == ("the channel is not open", "0")
    other = console.run(*words("preview", NAME, code="USD"))
    assert (other.code, "of another currency" in other.err) == (1, True)
    wrong = console.run(*words("preview", "ent-1"))
    assert (wrong.code, "is not a channel's name" in wrong.err) == (1, True)
    assert console.run(*words("preview")).code == 2
