"""The same machines on a node: the chain in memory is no special case."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.invariant import test_ledger, test_reserves
from tests.support.anvil import AnvilChain
from tests.support.stateful import Twins, report

STEPS = 200
MACHINES = {
    test_ledger.LedgerMachine: test_ledger.ACTIONS,
    test_reserves.ReserveMachine: test_reserves.ACTIONS,
}


class StillAnvil(AnvilChain):
    """A node whose clock moves only when told: each block has its parent's time."""

    def __init__(self) -> None:
        super().__init__()
        self.result("anvil_setBlockTimestampInterval", [0])

    def warp(self, seconds: int) -> None:
        """The next block is mined so much later."""
        later = self.now() + seconds
        if seconds:
            self.result("evm_setNextBlockTimestamp", [hex(later)])
            self.result("anvil_mine", ["0x1"])
        assert self.now() == later


def _verb(action: str) -> str:
    """`pay` of `pay with a skipped row`."""
    return action.split()[0]


@pytest.mark.parametrize("machine", MACHINES)
def test_on_anvil(machine: type[Twins]):
    """Every step has the outcome and leaves the words that the model says, on a real node too."""
    verbs = {_verb(action) for action in MACHINES[machine]}
    # Never derandomized, as a run under CI would be: every batch must be another one.
    few = settings(
        max_examples=6, stateful_step_count=50, phases=[Phase.generate], derandomize=False
    )
    with StillAnvil() as chain:
        on_node: Any = type(f"{machine.__name__}OnAnvil", (machine,), {"new_chain": lambda: chain})
        # At least 200 steps; then on, within reason, until every verb has succeeded.
        for _ in range(40):
            run_state_machine_as_test(on_node, settings=few)
            if on_node.steps >= STEPS and verbs <= {_verb(action) for action in on_node.done}:
                break
        report(on_node)
        assert on_node.steps >= STEPS
        missing = verbs - {_verb(action) for action in on_node.done}
        assert not missing, f"never succeeded: {', '.join(sorted(missing))}"
        assert len(on_node.refused) >= 10
