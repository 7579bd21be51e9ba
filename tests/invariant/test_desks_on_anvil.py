"""The desks' machines on a node, as `test_on_anvil` runs those of the token."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.invariant import test_issuance, test_orders, test_redemption
from tests.invariant.test_on_anvil import StillAnvil
from tests.support.stateful import report

if TYPE_CHECKING:
    from tests.support.desk_machine import DeskMachine

STEPS = 200
MACHINES = {
    test_issuance.IssuanceMachine: test_issuance.ACTIONS,
    test_redemption.RedemptionMachine: test_redemption.ACTIONS,
    test_orders.OrdersMachine: test_orders.ACTIONS,
}


class SettledAnvil(StillAnvil):
    """A node that goes back only when its pool is empty."""

    def restore(self, point: str) -> None:
        # A receipt is there before the transaction leaves the pool: it would be mined once more.
        while any(int(count, 16) for count in self.result("txpool_status", []).values()):
            time.sleep(0.002)
        super().restore(point)


def _verbs(actions: Any) -> set[str]:
    """`settle` of `settle with a fee`."""
    return {action.split()[0] for action in actions}


@pytest.mark.parametrize("machine", MACHINES)
def test_on_anvil(machine: type[DeskMachine]):
    """Every step has the outcome and leaves the words that the model says, on a real node too."""
    verbs = _verbs(MACHINES[machine])
    # Never derandomized, as a run under CI would be: every batch must be another one.
    few = settings(
        max_examples=6, stateful_step_count=50, phases=[Phase.generate], derandomize=False
    )
    with SettledAnvil() as chain:
        on_node: Any = type(f"{machine.__name__}OnAnvil", (machine,), {"new_chain": lambda: chain})
        # At least 200 steps; then on, within reason, until every verb has succeeded.
        for _ in range(40):
            run_state_machine_as_test(on_node, settings=few)
            if on_node.steps >= STEPS and verbs <= _verbs(on_node.done):
                break
        report(on_node)
        assert on_node.steps >= STEPS
        missing = verbs - _verbs(on_node.done)
        assert not missing, f"never succeeded: {', '.join(sorted(missing))}"
        assert len(on_node.refused) >= 10
