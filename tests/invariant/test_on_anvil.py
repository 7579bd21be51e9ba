"""The same machines on a node: the chain in memory is no special case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.invariant import test_issuance, test_ledger, test_orders, test_redemption, test_reserves
from tests.support.on_node import play

if TYPE_CHECKING:
    from tests.support.stateful import Twins

MACHINES = {
    test_ledger.LedgerMachine: test_ledger.ACTIONS,
    test_reserves.ReserveMachine: test_reserves.ACTIONS,
    test_issuance.IssuanceMachine: test_issuance.ACTIONS,
    test_redemption.RedemptionMachine: test_redemption.ACTIONS,
    test_orders.OrdersMachine: test_orders.ACTIONS,
}


@pytest.mark.parametrize("machine", MACHINES)
def test_on_anvil(machine: type[Twins]):
    """Every step has the outcome and leaves the words that the model says, on a real node too."""
    play(machine, MACHINES[machine])
