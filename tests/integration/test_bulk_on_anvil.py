"""Ten thousand payments and a thousand barred accounts on a real node.

payout run
├── killed with -9 in the middle, and run again: every payee has exactly what the file says
└── undisturbed: at least ten times the rows per second of a plain loop over Ape's contract calls

blacklist file
├── killed with -9 in the middle, and run again: every account is barred, and was barred once
└── undisturbed: at least ten times the accounts per second of such a loop

The loop waits for the same receipts and confirmations, on the same node, in the same run.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ape import Contract, accounts, networks
from eth_utils import keccak, to_checksum_address

from pegboard.files import bulk
from tests.integration.conftest import PAYER, blocks
from tests.support.world import ROOT, artifacts

BLACKLISTER = 6
ROWS, ACCOUNTS = 10_000, 1_000
#: Calls of the plain loop, enough for a steady rate.
SAMPLE = 200


def people(name, count):
    return [to_checksum_address(keccak(text=f"{name} {n}")[:20]) for n in range(count)]


@pytest.fixture(scope="module")
def ape_token(node):
    """The token as anybody would use it from a script."""
    return Contract(node.token.address, abi=artifacts().token_abi)


def pays(path, name, payees):
    """A payout file in which every row is of another amount."""
    cents = [100 + n for n in range(len(payees))]
    lines = [f"{name},HKD,{len(payees)},{money(sum(cents))}", "id,payee,amount,reference"]
    lines += [
        f"E-{n:05},{to},{money(c)},SALARY {name}"
        for n, (to, c) in enumerate(zip(payees, cents, strict=True))
    ]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return cents, ("payout", "run", str(path), "--total", money(sum(cents)))


def money(cents):
    return f"{cents // 100}.{cents % 100:02}"


def bars(path, accounts_):
    path.write_text("\n".join(["account", *accounts_]) + "\n", encoding="ascii")
    return ("blacklist", "file", "HKD", str(path), "--ref", "list 2026-11")


def started(console, signer, words):
    """A command as a process of its own."""
    command = [str(Path(sys.executable).with_name("pegboard")), *words]
    command += ["--account", f"TEST::{signer}", "--yes", "--records", console.records]
    command += ["--network", networks.provider.network_choice]
    return subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )


def kill(child):
    child.send_signal(signal.SIGKILL)
    child.stderr.close()
    assert child.wait(10) == -signal.SIGKILL


def timed(act):
    begun = time.perf_counter()
    answer = act()
    return answer, time.perf_counter() - begun


def against_loop(act, call, names):
    """How long it takes, and the calls a second of a plain loop, half before it, half after it.

    So both have the same share of a busy machine, and of a chain that has grown.
    """
    looped = []
    begun = time.perf_counter()
    looped += [call(name) for name in names[: SAMPLE // 2]]
    between = time.perf_counter()
    answer = act()
    resumed = time.perf_counter()
    looped += [call(name) for name in names[SAMPLE // 2 :]]
    ended = time.perf_counter()
    assert len(looped) == SAMPLE
    assert not any(receipt.failed for receipt in looped)
    return answer, resumed - between, SAMPLE / (between - begun + ended - resumed)


def test_ten_thousand_payments_against_a_plain_loop(
    console, node, ape_token, tmp_path, record_property
):
    payer = accounts.test_accounts[PAYER]
    payees = people("undisturbed", ROWS)
    cents, words = pays(tmp_path / "payroll.csv", "UNDISTURBED", payees)
    answer, took, rate = against_loop(
        lambda: console.act(PAYER, *words),
        lambda to: ape_token.transfer(to, 10_000, b"SALARY", sender=payer),
        people("loop", SAMPLE),
    )
    assert answer.json["paid"]["rows"] == ROWS
    assert bulk.ask(node.token, "balanceOf", payees) == [c * 10**4 for c in cents]
    ratio = ROWS / took / rate
    record_property(
        "told",
        f"payout of {ROWS:,} rows: {took:.1f} s, {ROWS / took:,.0f} rows/s; plain loop of Ape "
        f"contract calls ({SAMPLE} of them): {rate:.0f} rows/s; ratio {ratio:.1f}",
    )
    assert ratio >= 10
    before = blocks()
    assert console.act(PAYER, *words).json == answer.json
    assert blocks() == before


@pytest.mark.req("HK-56")
def test_a_thousand_accounts_barred_against_a_plain_loop(
    console, node, ape_token, tmp_path, record_property
):
    bar, ref = accounts.test_accounts[BLACKLISTER], keccak(text="list")
    listed = people("undisturbed", ACCOUNTS)
    words = bars(tmp_path / "list.csv", listed)
    _, took, rate = against_loop(
        lambda: console.act(BLACKLISTER, *words),
        lambda to: ape_token.blacklist([to], ref, sender=bar),
        people("loop of bars", SAMPLE),
    )
    assert bulk.which(node.token, "isBlacklisted", listed) == set(listed)
    ratio = ACCOUNTS / took / rate
    record_property(
        "told",
        f"blacklist of {ACCOUNTS:,} accounts: {took:.1f} s, {ACCOUNTS / took:,.0f} accounts/s; "
        f"plain loop ({SAMPLE} of them): {rate:.0f} accounts/s; ratio {ratio:.1f}",
    )
    assert ratio >= 10


def test_ten_thousand_payments_killed_in_the_middle(console, node, tmp_path, record_property):
    """T1, T2: after kill -9 the same command pays the rest, and nobody twice."""
    payees = people("killed", ROWS)
    cents, words = pays(tmp_path / "payroll.csv", "KILLED", payees)
    child = started(console, PAYER, words)
    assert any("part 20 of 50" in line for line in child.stderr)
    kill(child)
    before = [word > 0 for word in bulk.ask(node.token, "balanceOf", payees)]
    assert 20 * 200 <= sum(before) < ROWS
    answer, took = timed(lambda: console.act(PAYER, *words))
    assert answer.json["paid"] == {
        "rows": ROWS,
        "total": {"amount": money(sum(cents)), "units": str(sum(cents) * 10**4)},
    }
    assert bulk.ask(node.token, "balanceOf", payees) == [c * 10**4 for c in cents]
    record_property(
        "told",
        f"payout of {ROWS:,} rows killed with -9 after {sum(before):,}: resumed and completed in "
        f"{took:.1f} s, every balance exact",
    )


@pytest.mark.req("HK-56")
def test_a_thousand_accounts_barred_killed_in_the_middle(console, node, tmp_path, record_property):
    """T1, T2: killed with two of five parts on chain, and the others forgotten by the node."""
    listed, ask = people("sanctioned", ACCOUNTS), node.chain.result
    words = bars(tmp_path / "list.csv", listed)
    ask("evm_setAutomine", [False])
    ask("evm_setBlockGasLimit", [hex(13_000_000)])
    child = started(console, BLACKLISTER, words)
    while int(ask("txpool_status", [])["pending"], 16) < 5:
        assert child.poll() is None
        time.sleep(0.02)
    ask("anvil_mine", ["0x1"])
    kill(child)
    ask("anvil_dropAllTransactions", [])
    ask("evm_setBlockGasLimit", [hex(30_000_000)])
    ask("evm_setAutomine", [True])
    assert len(bulk.which(node.token, "isBlacklisted", listed)) == 400
    done, took = timed(lambda: console.act(BLACKLISTER, *words))
    assert done.json["accounts"] == {"done": ACCOUNTS, "scheduled": 0, "open": 0}
    assert bulk.which(node.token, "isBlacklisted", listed) == set(listed)
    events = node.chain.logs(node.token.address, node.token.topics("Blacklisted"))
    barred = [to_checksum_address(log.topics[1][-20:]) for log in events]
    assert [barred.count(account) for account in listed] == [1] * ACCOUNTS
    record_property(
        "told",
        f"blacklist of {ACCOUNTS:,} accounts killed with -9 after 400: resumed and completed in "
        f"{took:.1f} s, every account barred once",
    )
