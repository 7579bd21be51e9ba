"""`payout` on a real node.

T6: a file is judged whole, and its total confirmed, before anything is signed.

check, run
├── given any of the malformed inputs: one clear line, with row and reason; nothing is sent
├── given many faults: a line each, and how many there are
├── given payees or a payer that the chain refuses: refuses with every fault
├── given a UETR that this payer has paid elsewhere: refuses, and names the transaction
├── given another total than was approved, or no total: refuses
├── given a large total: it is typed in words, whatever --yes says
├── given a no: nothing is sent
├── given a Safe: proposes what fits into a transaction, and goes on when it is executed
└── else: pays, writes the status file and what to retry; a second run does nothing

receipt, retry
├── given a payer who never ran it, and the status file of another: refuses, and leaves the file
└── what became of every row, from the chain alone
"""

import errno
from xml.etree import ElementTree as Xml

import pytest

from pegboard.errors import ChainError, Reverted
from pegboard.files import bulk, payouts
from pegboard.uses.remittance import new_uetr, reference_for
from tests.integration.conftest import ME, PAYER, blocks, person
from tests.support import malformed
from tests.support.safes import make_safe, put_batcher
from tests.support.world import REF, currencies, key, resolve

NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"}


@pytest.fixture
def file(tmp_path):
    """Writes a payout file of these payments."""

    def write(name, *payments, total=None):
        units = sum(amount for _, amount in payments)
        lines = [f"{name},HKD,{len(payments)},{total or units}.00", malformed.HEADER]
        lines += [f"E-{n},{to},{amount}.00,{name}" for n, (to, amount) in enumerate(payments, 1)]
        path = tmp_path / "payroll.csv"
        path.write_text("\n".join(lines) + "\n", encoding="ascii")
        return path

    return write


def two(name):
    return (person(f"{name} 1"), 100), (person(f"{name} 2"), 250)


def run(console, path, total="350.00", *words, code=0):
    return console.act(PAYER, "payout", "run", str(path), "--total", total, *words, code=code)


# Refused


@pytest.mark.parametrize("name", malformed.CASES)
def test_malformed_input_never_reaches_the_chain(console, node, tmp_path, name):
    """T6, T7: one line with row and reason for each fault; nothing is signed or written."""
    data, told = malformed.CASES[name]
    path = tmp_path / "payroll.csv"
    path.write_bytes(data)
    before = blocks()
    answer = run(console, path, "3.50", code=1)
    *listed, last = [line.strip() for line in answer.err.splitlines() if line.strip()]
    if len(told) == 1:
        assert (listed, last) == ([], f"Error: nothing of payroll.csv was taken: {told[0]}")
    else:
        assert listed == list(told)
        assert last == (
            f"Error: nothing of payroll.csv was taken: {len(told)} faults, all of them above"
        )
    assert (answer.out, blocks()) == ("", before)
    assert [found.name for found in tmp_path.iterdir()] == ["payroll.csv"]


def test_many_faults_are_listed_and_counted(console, node, tmp_path):
    rows = [f"A-{n},{malformed.ONE},0,ref {n}" for n in range(1, 31)]
    path = tmp_path / "payroll.csv"
    path.write_bytes(malformed.lines(*rows, control="NOV,HKD,30,1.00"))
    answer = run(console, path, "1.00", code=1)
    *listed, last = answer.err.splitlines()
    assert len(listed) == 20
    assert listed[0] == "  row 3, amount: 0 is nothing: take the row out, or say how much"
    assert last.endswith("was taken: 30 faults, the first 20 of them above")


def test_what_only_the_chain_knows_is_told_at_once(console, node, file):
    """T6: payees that would keep the money, or may not have it."""
    node.act("BLACKLISTER", node.token, "blacklist", [person("barred")], REF)
    desk = node.suite.desks.redemption.address
    path = file(
        "CHAIN",
        (node.token.address, 1),
        (node.suite.peg("USD").token.address, 2),
        (desk, 3),
        (ME, 4),
        (person("barred"), 5),
        (person("fine"), 6),
    )
    before, told = blocks(), []
    for words in (("check", str(path), "--payer", ME), ("run", str(path), "--total", "21.00")):
        signing = ("--account", f"TEST::{PAYER}", "--yes") if words[0] == "run" else ()
        answer = console.run("payout", *words, *signing)
        assert answer.code == 1
        told.append(answer.err.splitlines())
    assert told[0] == told[1]
    assert told[0] == [
        f"  row 3, payee: {node.token.address} is the HKD token, which would keep the money",
        f"  row 4, payee: {node.suite.peg('USD').token.address} is the USD token, which would "
        "keep the money",
        f"  row 5, payee: {desk} is the RedemptionDesk, which would keep the money",
        f"  row 6, payee: {ME} is the payer itself",
        f"  row 7, payee: {person('barred')} is blacklisted",
        "Error: nothing of CHAIN was taken: 5 faults, all of them above",
    ]
    assert blocks() == before


def test_a_payer_without_the_money(console, node, file):
    """T6: the total is at most what the payer can spend."""
    path = file("POOR", *two("POOR"))
    poor = resolve("TEST::31")
    message = console.refused(31, "payout", "run", str(path), "--total", "350.00")
    assert message == (
        f"nothing of POOR was taken: the payer {poor} can spend 0.00 HKD, and 350.00 HKD is to be "
        "paid"
    )


@pytest.mark.parametrize("total", ["350.01", "3500000", "0"])
def test_another_total_than_was_approved(console, node, file, total):
    """T6: the unit and the total of the batch are confirmed before the first transaction."""
    before = blocks()
    message = console.refused(
        PAYER, "payout", "run", str(file("TOTAL", *two("TOTAL"))), "--total", total
    )
    assert message == f"{total} was approved, and payroll.csv is of 350.00 HKD: check both"
    assert blocks() == before


def test_no_total_is_wrong_usage(console, node, file):
    path = str(file("TOTAL", *two("TOTAL")))
    answer = console.run("payout", "run", path, "--account", f"TEST::{PAYER}", "--yes")
    assert (answer.code, answer.out) == (2, "")
    assert "Missing option '--total'" in answer.err


def test_a_large_total_is_typed_in_words(console, node, file):
    """T10: above a declared size, a person types the amount out, and --yes does not stand in."""
    path = file("LARGE", (person("LARGE"), 1_000_001))
    words = ("payout", "run", str(path), "--total", "1000001.00")
    signed = ("--account", f"TEST::{PAYER}", "--yes", "--json")
    before = blocks()
    for typed in ("", "y\n", "one million HKD\n", "1000001 HKD\n"):
        answer = console.run(*words, *signed, stdin=typed)
        # What is typed is echoed by the console of the tests, as a terminal would.
        assert (answer.code, answer.out.strip(), blocks()) == (1, typed.strip(), before)
        assert "Type the amount: one million one HKD" in answer.err
        assert "what was typed is not the amount in words: nothing was signed" in answer.err
    answer = console.run(*words, *signed, stdin="One million  one hkd\n")
    assert answer.code == 0
    assert '"name": "LARGE"' in answer.out
    assert node.token.call("balanceOf", person("LARGE")) == 1_000_001 * 10**6


def test_a_no_sends_nothing(console, node, file):
    path = file("NO", *two("NO"))
    before = blocks()
    words = ("payout", "run", str(path), "--total", "350.00", "--account", f"TEST::{PAYER}")
    answer = console.run(*words, stdin="n\n")
    assert (answer.code, blocks()) == (1, before)
    assert "Sign and send 1 transactions?" in answer.err


def test_a_disk_that_is_full(console, node, file, monkeypatch):
    """Where the status file cannot be written, nothing is paid."""
    path = file("DISK", *two("DISK"))

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr("pegboard.files.atomic.os.fsync", full)
    before = blocks()
    message = console.refused(PAYER, "payout", "run", str(path), "--total", "350.00")
    assert message == f"{path}: No space left on device"
    assert blocks() == before
    assert [found.name for found in path.parent.iterdir()] == ["payroll.csv"]


def test_a_file_that_was_changed_after_it_was_paid(console, node, file):
    """T4: the same name with other rows is refused, from any machine."""
    run(console, file("CHANGED", *two("CHANGED")))
    changed = file("CHANGED", *two("CHANGED"), (person("CHANGED 3"), 1))
    before = blocks()
    message = console.refused(PAYER, "payout", "run", str(changed), "--total", "351.00")
    assert "nothing of CHANGED was taken: CHANGED was paid with other rows, as batch 0x" in message
    assert blocks() == before


# Done


def test_a_file_is_paid_once(console, node, file, tmp_path):
    """T1: whoever runs it again, with another journal or in another order, sends nothing."""
    path = file("ONCE", *two("ONCE"))
    answer = run(console, path)
    found = answer.json
    assert (found["paid"], found["skipped"]["rows"], found["pending"]["rows"]) == (
        {"rows": 2, "total": {"amount": "350.00", "units": "350000000"}},
        0,
        0,
    )
    assert (found["currency"], found["payer"], found["name"]) == ("HKD", ME, "ONCE")
    assert found["files"] == {"status": str(tmp_path / "payroll.status.xml")}
    assert "part 1 of 1: 350.00 HKD paid, 2 rows, transaction 0x" in answer.err
    before = blocks()
    again = run(console, path, "350.00", "--journal", str(tmp_path / "another machine"))
    assert again.json == found
    lines = path.read_text().splitlines()
    path.write_text("\r\n".join([*lines[:2], *reversed(lines[2:])]))
    assert run(console, path).json == found
    assert blocks() == before
    assert [node.token.call("balanceOf", to) for to, _ in two("ONCE")] == [100 * 10**6, 250 * 10**6]


def test_what_a_payer_sees_before(console, node, file):
    """T6: batch, total, unit and count, and what nobody knows."""
    path = file("SEEN", (resolve("TEST::3"), 1), *two("SEEN"))
    answer = console.run("payout", "check", str(path), "--payer", ME)
    shown, title = {}, ""
    for line in answer.err.splitlines():
        # Where the window is narrow, a value goes on in the next line.
        title, value = line[:13].strip() or title, line[13:].strip()
        shown[title] = f"{shown.get(title, '')} {value}".strip()
    assert answer.out == "It can be paid.\n"
    batch = payouts.batch_of(node.peg, ME, payouts.read(path, currencies()))
    supply = node.token.call("totalSupply")
    assert shown == {
        "What": "pay 3 rows of SEEN",
        "Total": f"351.00 HKD (351; {351 * 10**10 // supply / 100:.2f} % of the supply)",
        "Parts": "1",
        "Left to pay": "351.00 HKD",
        "Payer": f"{ME}, can spend {node.token.call('availableOf', ME) // 10**6:,}.00 HKD",
        "Token": f"HKD at {node.token.address}, chain 31337",
        "Batch": f"0x{batch.id.hex()}",
        "Unknown": "2 payees are not in addresses.toml",
    }
    machine = console.run("payout", "check", str(path), "--payer", ME, "--json").json
    assert (machine["rows"], machine["parts"], machine["executed"]) == (3, 1, 0)
    assert machine["left"] == machine["total"] == {"amount": "351.00", "units": "351000000"}


def test_a_contract_without_code_here_needs_a_flag(console, node, file, monkeypatch, tmp_path):
    """T5: a multisig of another chain is not paid at an address that nobody owns here."""
    from pegboard.cli import desk as shared

    book = tmp_path / "addresses.toml"
    book.write_text(
        f'[holders.all]\nsafe = {{ address = "{person("SAFE 1")}", kind = "contract" }}\n'
    )
    load = shared.load_addresses
    monkeypatch.setattr(shared, "load_addresses", lambda _, chain_id: load(book, chain_id))
    path = file("SAFE", *two("SAFE"))
    message = console.refused(PAYER, "payout", "run", str(path), "--total", "350.00")
    assert message == (
        "nothing of SAFE was taken: row 3, payee: safe is a contract by addresses.toml, and there "
        f"is no code at {person('SAFE 1')} on this chain: whoever puts code there would own the "
        "money"
    )
    assert run(console, path, "350.00", "--codeless").json["paid"]["rows"] == 2


@pytest.mark.req("HK-53")
def test_skipped_rows_are_told_and_retried(console, node, file, tmp_path):
    """A payee who may not receive is skipped, told with a reason, and paid by a retry later."""
    barred = person("SKIP 2")
    node.act("BLACKLISTER", node.token, "blacklist", [barred], REF)
    path = file("SKIP", *two("SKIP"))
    told = f"nothing of SKIP was taken: row 4, payee: {barred} is blacklisted"
    assert console.refused(PAYER, "payout", "run", str(path), "--total", "350.00") == told
    answer = run(console, path, "350.00", "--skip-barred", code=1)
    assert f"  will be skipped: {barred} is blacklisted" in answer.err.splitlines()
    assert answer.json["paid"]["total"]["amount"] == "100.00"
    assert answer.json["skipped"] == {
        "rows": 1,
        "total": {"amount": "250.00", "units": "250000000"},
    }
    status = Xml.parse(tmp_path / "payroll.status.xml")
    rows = status.findall(".//p:TxInfAndSts", NS)
    assert [row.find("p:TxSts", NS).text for row in rows] == ["ACSC", "RJCT"]
    assert [row.find("p:StsRsnInf/p:Rsn/p:Cd", NS) is None for row in rows] == [True, False]
    retry = tmp_path / "payroll.retry.csv"
    assert retry.read_text() == (
        f"SKIP.r1,HKD,1,250.00\n{malformed.HEADER}\nE-2,{barred},250.00,SKIP\n"
    )
    node.act("RELEASER", node.token, "unblacklist", [barred], REF)
    assert run(console, retry, "250.00").json["paid"]["rows"] == 1
    assert node.token.call("balanceOf", barred) == 250 * 10**6


@pytest.mark.req("HK-71")
def test_receipt_and_retry_tell_it_from_the_chain(console, node, file, tmp_path):
    """T9: before it is paid, all is pending; the files can be made anew by anybody."""
    barred = person("TOLD 2")
    path = file("TOLD", *two("TOLD"))
    words = ("receipt", str(path), "--payer", ME)
    before = console.run("payout", *words)
    assert (before.code, before.out.splitlines()[0]) == (4, "Pending  2 rows, 350.00 HKD")
    node.act("BLACKLISTER", node.token, "blacklist", [barred], REF)
    run(console, path, "350.00", "--skip-barred", code=1)
    made = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p != path}
    assert sorted(made) == ["payroll.retry.csv", "payroll.status.xml"]
    for name in made:
        (tmp_path / name).unlink()
    after = console.run("payout", *words)
    assert after.code == 1
    assert after.out.splitlines() == [
        "Paid     1 rows, 100.00 HKD",
        "Skipped  1 rows, 250.00 HKD",
        f"  row 4, E-2: {barred} is blacklisted",
        f"Status   {tmp_path / 'payroll.status.xml'}",
        f"Retry    {tmp_path / 'payroll.retry.csv'}",
    ]
    assert (tmp_path / "payroll.retry.csv").read_bytes() == made["payroll.retry.csv"]
    retry = tmp_path / "payroll.retry.csv"
    retry.unlink()
    answer = console.run("payout", "retry", str(path), "--payer", ME, "--json")
    assert (answer.code, answer.json["files"]) == (0, {"retry": str(retry)})
    assert retry.read_bytes() == made["payroll.retry.csv"]


def test_the_status_of_another_payer_is_kept(console, node, file, tmp_path):
    """A payer who never ran the file has nothing to say about it."""
    path, other = file("KEPT", *two("KEPT")), resolve("TEST::31")
    run(console, path)
    status = tmp_path / "payroll.status.xml"
    before = status.read_bytes()
    answer = console.run("payout", "receipt", str(path), "--payer", other)
    assert (answer.code, status.read_bytes()) == (1, before)
    assert answer.err.strip() == (
        f"Error: {other} has paid nothing of payroll.csv, and {status} tells of another batch: "
        "name the payer of that one, or move the file away"
    )
    assert console.run("payout", "receipt", str(path), "--payer", ME).code == 0


def test_a_uetr_that_was_paid_elsewhere(console, node, file):
    """By `pay`, or in a batch of another name: it stands for one payment."""
    sent, rowed = new_uetr(), new_uetr()
    to = ("--to", person("SENT"), "--amount", "1.00", "--ref", sent)
    txs = [console.act(PAYER, "pay", "send", "HKD", *to).json["tx"]]

    def named(name, *uetrs):
        path = file(name, *two("UETRS"))
        text = path.read_text()
        for n, uetr in enumerate(uetrs):
            ref = reference_for(uetr, {"invoice": n}).hex()
            text = text.replace(f"{(100, 250)[n]}.00,{name}", f"{(100, 250)[n]}.00,0x{ref}")
        path.write_text(text)
        return path

    path = named("UETRS", new_uetr(), rowed)
    for _ in range(2):
        assert run(console, path).json["paid"]["rows"] == 2
    txs.append(console.run("pay", "trace", "--uetr", rowed, "--json").json["found"][0]["tx"])
    path, before = named("AGAIN", sent, rowed), blocks()
    paid = (("1.00", person("SENT")), ("250.00", person("UETRS 2")))
    faults = [
        f"  row {row}, reference: UETR {uetr} was paid already, {money} HKD to {payee}, in "
        f"transaction {tx}: take the row out, or give it another UETR"
        for row, uetr, (money, payee), tx in zip((3, 4), (sent, rowed), paid, txs, strict=True)
    ]
    for words in (("check", str(path), "--payer", ME), ("run", str(path), "--total", "350.00")):
        signing = ("--account", f"TEST::{PAYER}", "--yes") if words[0] == "run" else ()
        answer = console.run("payout", *words, *signing)
        assert (answer.code, answer.err.splitlines()[:2]) == (1, faults)
    assert blocks() == before


def test_what_was_paid_before_the_node_went_away_is_in_the_status_file(
    console, node, file, tmp_path, monkeypatch
):
    """T2, T9: the command fails, the file says what is settled, and the next run does the rest."""
    from pegboard.cli import payout

    payments = [(person(f"AWAY {n}"), 1) for n in range(401)]
    path = file("AWAY", *payments)
    real = payout.bulk.deliver

    def cut(desk):
        def send(wishes):
            for number, receipt in enumerate(real(desk)(wishes)):
                yield receipt
                if number == 1:
                    raise ChainError("the node is away")

        return send

    monkeypatch.setattr(payout.bulk, "deliver", cut)
    assert console.refused(PAYER, "payout", "run", str(path), "--total", "401.00") == (
        "the node is away"
    )
    monkeypatch.undo()
    group = Xml.parse(tmp_path / "payroll.status.xml").find(".//p:OrgnlGrpInfAndSts", NS)
    done = int(group.findall("p:NbOfTxsPerSts/p:DtldNbOfTxs", NS)[0].text)
    # The third was under way already.
    assert done in (400, 401)
    answer = run(console, path, "401.00")
    assert answer.json["paid"]["rows"] == 401
    assert set(bulk.ask(node.token, "balanceOf", [to for to, _ in payments])) == {10**6}


def test_a_safe_pays_part_by_part(console, node, file, tmp_path, monkeypatch):
    """A multisig is an account: its owners see every row, and nothing is paid twice."""
    monkeypatch.setenv("PEGBOARD_PROPOSALS", str(tmp_path / "proposals"))
    put_batcher(node.chain)
    safe = make_safe(node.chain, [key(index) for index in (55, 56, 57)], 2).address
    payments = [(person(f"BY SAFE {n}"), 1) for n in range(401)]
    path, paid = file("BY-SAFE", *payments), [to for to, _ in payments]
    words = ("payout", "run", str(path), "--total", "401.00", "--safe", safe)
    assert "can spend 0.00 HKD" in console.refused(55, *words)
    node.fund(safe, 401 * 10**6)

    def propose_and_execute():
        answer = console.act(55, *words, code=3)
        console.act(56, "safe", "sign", answer.json["file"])
        console.act(39, "safe", "execute", answer.json["file"])
        return answer

    first = propose_and_execute()
    assert first.json["outcome"] == "proposed"
    assert "2 of 3 parts: more would not fit in a transaction." in first.err
    assert f"1.00 HKD to {person('BY SAFE 7')}" in " ".join(first.err.split())
    assert sum(bulk.ask(node.token, "balanceOf", paid)) == 400 * 10**6
    propose_and_execute()
    assert bulk.ask(node.token, "balanceOf", paid) == [10**6] * 401
    assert console.act(55, *words).json["paid"]["rows"] == 401


# Bulk


def test_many_accounts_are_asked_about_at_once(console, node):
    """The same answers as one by one, over the edge of a call."""
    accounts = [person(f"many {n}") for n in range(bulk.PAGE + 2)]
    marked = [accounts[0], accounts[bulk.PAGE - 1], accounts[bulk.PAGE], accounts[-1]]
    node.act("VERIFIER", node.token, "verify", marked, REF)
    assert bulk.which(node.token, "isVerified", accounts) == set(marked)
    node.act("FREEZER", node.token, "hold", accounts[1], 2**112 - 1, REF)
    held = bulk.ask(node.token, "getFrozenTokens", accounts)
    assert (held[1], sum(held), len(held)) == (2**112 - 1, 2**112 - 1, len(accounts))
    assert bulk.ask(node.token, "balanceOf", []) == []


def test_a_view_that_refuses_is_a_refusal(console, node):
    with pytest.raises(Reverted):
        bulk.ask(node.suite.desks.customers, "unbind", [ME])
