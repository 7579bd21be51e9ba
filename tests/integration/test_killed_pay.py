"""T1, T2: `pay submit` and `pay send`, killed with -9 at every step, and run again: one effect.

Two signed payments are under way at the same time. The journal is kept: what was signed is in it.
"""

import json

import pytest
from eth_utils import keccak, to_checksum_address

from pegboard.signing import Authorization
from pegboard.uses import history, payments
from tests.support.anvil import AnvilChain
from tests.support.killing import kill_everywhere, scene, told
from tests.support.world import build_world, key

PAYER, RELAYER = 20, 33
PAYEES = [to_checksum_address(keccak(text=f"payee {n}")[:20]) for n in range(2)]


@pytest.fixture(scope="module")
def world():
    with AnvilChain() as chain:
        world = build_world(chain)
        world.fund(key(PAYER).address, 10**12)
        yield world


def moved(world, sender):
    """What the payer paid, and how many transactions it took the one who sends."""
    chain, token = world.chain, world.token
    sent = chain.result("eth_getTransactionCount", [key(sender).address, "latest"])
    payer = bytes.fromhex(key(PAYER).address[2:].rjust(64, "0"))
    logs = chain.logs(token.address, token.topics("Transfer", **{"from": payer}))
    moves = [m for log in logs for m in history.transfers(token, history.receipt(chain, log.tx))]
    return int(sent, 16), [(m.to, m.value, m.word) for m in moves]


def test_submitting_is_killed_at_every_step(world, tmp_path, record_property):
    folder, now = tmp_path / "signed", world.chain.now()
    folder.mkdir()
    for n, payee in enumerate(PAYEES):
        paid = Authorization(key(PAYER).address, payee, 10**6 + n, 0, now + 86_400, n.to_bytes(32))
        signature = bytes(key(PAYER).sign_message(paid.signable(world.token)).signature)
        file = payments.signed_payment(world.peg, paid, signature, now)
        (folder / f"{n}.json").write_text(json.dumps(file.as_json()))
    words = ("pay", "submit", str(folder), "--account", f"TEST::{RELAYER}", "--yes")
    with scene(world, tmp_path, "pay") as at:
        killed, wanted = kill_everywhere(at, words, lambda: moved(world, RELAYER))
    assert wanted == (
        2,
        [(payee, 10**6 + n, n.to_bytes(32)) for n, payee in enumerate(PAYEES)],
    )
    record_property("told", told("pay submit", killed))


def test_sending_is_killed_at_every_step(world, tmp_path, record_property):
    """Nobody wrote the reference down: the invoice finds what was under way, or paid."""
    invoice = tmp_path / "invoice.json"
    invoice.write_text('{"number": "INV-1"}')
    words = ("pay", "send", "HKD", "--to", PAYEES[0], "--amount", "7.00", "--invoice", str(invoice))
    words = (*words, "--account", f"TEST::{PAYER}", "--yes")

    def outcome():
        sent, moves = moved(world, PAYER)
        return sent, [(to, units) for to, units, _ in moves]

    sent, before = outcome()
    with scene(world, tmp_path, "pay") as at:
        killed, wanted = kill_everywhere(at, words, outcome)
    assert wanted == (sent + 1, [*before, (PAYEES[0], 7 * 10**6)])
    record_property("told", told("pay send", killed))
