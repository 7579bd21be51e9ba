"""T1, T2: `payout run`, killed with -9 at every step, and run again: every row is paid once.

Two parts are under way at the same time, so that a kill may leave one, the other, or both. The
journal is kept, and lost as well: what was paid is on chain.
"""

import pytest
from eth_utils import to_checksum_address

from tests.support.anvil import AnvilChain
from tests.support.killing import kill_everywhere, scene, told
from tests.support.world import build_world, key

PAYER = 20
ROWS = 201


def payees():
    return [f"0x{0xABCD00000000000000000000000000000000 + n:040x}" for n in range(ROWS)]


@pytest.fixture
def file(tmp_path):
    """A file of two parts; every row another amount."""
    total = sum(range(1, ROWS + 1))
    rows = [f"p{n},{to_checksum_address(to)},{n + 1}.00," for n, to in enumerate(payees())]
    head = [f"salaries,HKD,{ROWS},{total}.00", "id,payee,amount,reference"]
    path = tmp_path / "salaries.csv"
    path.write_text("\n".join([*head, *rows]) + "\n")
    return path, f"{total}.00"


def test_killed_at_every_step(tmp_path, file, record_property):
    path, total = file
    words = ("payout", "run", str(path), "--total", total, "--account", f"TEST::{PAYER}", "--yes")
    with AnvilChain() as chain:
        world = build_world(chain)
        world.fund(key(PAYER).address, 10**12)

        def outcome():
            sent = chain.result("eth_getTransactionCount", [key(PAYER).address, "latest"])
            payer = bytes.fromhex(key(PAYER).address[2:].rjust(64, "0"))
            paid = chain.logs(
                world.token.address, world.token.topics("Transfer", **{"from": payer})
            )
            return int(sent, 16), sorted(
                (log.topics[2][-20:].hex(), int.from_bytes(log.data)) for log in paid
            )

        with scene(world, tmp_path, "payout") as at:
            killed, wanted = kill_everywhere(at, words, outcome)
    assert wanted == (2, [(to[2:], (n + 1) * 10**6) for n, to in enumerate(payees())])
    record_property("told", told("payout", killed))
