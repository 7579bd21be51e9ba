"""T1, T2: `issue approve`, killed with -9 at every step of the last approval, and run again.

The bank's credit is issued once, whatever the moment.
"""

import pytest

from pegboard import issuance
from pegboard.demo.bankfile import ACCOUNT
from tests.support.anvil import AnvilChain
from tests.support.desks import CHANNEL, order_of, propose, ready_desk
from tests.support.killing import kill_everywhere, scene, told
from tests.support.world import build_world, key

REFERENCE = issuance.credit_reference(ACCOUNT, "FPS1")
WORDS = (
    *("issue", "approve", "HKD", "--bank-account", ACCOUNT, "--bank-ref", "FPS1"),
    *("--channel", "ENTERPRISE-1", "--amount", "100.00", "--account", "TEST::41", "--yes"),
)


@pytest.mark.req("HK-38")
def test_killed_at_every_step(tmp_path, record_property):
    with AnvilChain() as chain:
        world = build_world(chain)
        ready_desk(world, world.holder(0))
        propose(world, REFERENCE, 100 * 10**6, CHANNEL)

        def outcome():
            approver = chain.result("eth_getTransactionCount", [key(41).address, "latest"])
            order = order_of(world, REFERENCE)
            return world.token.call("totalSupply"), order.status, int(approver, 16)

        with scene(world, tmp_path, "issue") as at:
            killed, wanted = kill_everywhere(at, WORDS, outcome)
    assert wanted == (100 * 10**6, 2, 1)
    record_property("told", told("issue", killed))
