"""T1, T2: `apply`, killed with -9 at every step, and run again: each repair is made once.

The chain drifted by two limits that PAUSER may lower at once; the same command repairs both.
"""

import pytest

from tests.support.anvil import AnvilChain
from tests.support.killing import kill_everywhere, scene, told
from tests.support.world import REF, build_world, key

PAUSER = 11


@pytest.mark.req("HK-21")
def test_killed_at_every_step(tmp_path, record_property):
    with AnvilChain() as chain:
        world = build_world(chain)
        config, token, desk = world.peg.config, world.token, world.suite.desks.issuance
        wider = ((config.tiers[-1].up_to + 1, 1),)
        world.act("GOVERNOR", token, "raiseMintLimit", config.limit_capacity + 1, 86_400, REF)
        world.act("GOVERNOR", desk, "loosenTiers", token.address, wider, REF)

        def outcome():
            sent = chain.result("eth_getTransactionCount", [key(PAUSER).address, "latest"])
            tiers = tuple(desk.call("tiersOf", token.address))
            return int(sent, 16), token.call("mintRateLimit")[0], tiers

        with scene(world, tmp_path, "plan", "apply") as at:
            plan = str(tmp_path / "plan.json")
            assert at.run(("plan", "HKD", "--out", plan)).code in (0, 1)
            words = ("apply", plan, "--account", f"TEST::{PAUSER}", "--yes")
            killed, wanted = kill_everywhere(at, words, outcome)
    tiers = tuple((tier.up_to, tier.approvals) for tier in config.tiers)
    assert wanted == (2, config.limit_capacity, tiers)
    record_property("told", told("apply", killed))
