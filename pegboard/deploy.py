"""The first deployment of a suite: one account makes everything, and hands all powers over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pegboard.desired.apply import Applied, send
from pegboard.desired.plan import Move, Plan, Planner
from pegboard.errors import DeploymentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.chain import Receipt

__all__ = ["Deployer", "Plan"]


@dataclass
class Deployer(Planner):
    """Deploys one suite as `account`; a cut run is resumed by another one."""

    receipts: list[Receipt] = field(default_factory=list)

    def apply(self, plan: Plan, progress: Callable[[str], None] = lambda _: None) -> None:
        """Carries a plan out; refuses what is no longer the deployer's to do."""
        if not self.is_deploying() and not plan.empty:
            todo = "\n  ".join(plan.lines())
            raise DeploymentError(
                f"{self.account} is not ADMIN without delay (it hands that over when a deployment "
                f"ends): `plan` shows who can do this, and `apply` does it as them:\n  {todo}"
            )
        done = Applied(plan)
        moves = [Move(step, step.call, executes=True) for step in plan.steps]
        try:
            send(self, moves, self.account, done, progress)
        finally:
            self.receipts += done.receipts

    def verify(self) -> None:
        """Fails unless the chain is as declared, and nobody has or will have another power.

        A fee that was announced comes into force after the notice that holders are given.
        """
        left = self.plan()
        differs = [*left.faults, *(d for d in left.underway if d.power)]
        texts = [*left.lines(), *(difference.text for difference in differs)]
        if texts:
            raise DeploymentError(
                "after deployment the chain still differs:\n  " + "\n  ".join(texts)
            )
