"""What a drill did and how long it took, against what its runbook declares."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pegboard import __version__
from pegboard.amounts import format_duration
from pegboard.files import atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pegboard.config import RolesConfig

SCHEMA = "pegboard-drill/1"


@dataclass(frozen=True)
class Planned:
    """A step as its runbook has it: `within` so many seconds, and as long as role `waits` must."""

    title: str
    who: str
    command: str
    within: int = 10
    waits: str = ""

    def delay(self, roles: RolesConfig) -> int:
        """How long the chain makes it wait."""
        return roles.roles[self.waits].delay if self.waits else 0


@dataclass
class Step:
    """One step as it was played."""

    number: int
    title: str
    who: str
    command: str
    within: int
    delay: int = 0
    seconds: float = 0.0
    chain_seconds: int = 0
    checks: list[str] = field(default_factory=list)
    outcome: str = "failed"
    fault: str = ""


@dataclass
class Report:
    """One drill, from its first step to its last."""

    drill: str
    within: int
    planned: Sequence[Planned]
    steps: list[Step] = field(default_factory=list)
    prepared: float = 0.0
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    _since: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every step did what it should, in time."""
        played = len(self.steps) == len(self.planned)
        return played and all(step.outcome == "passed" for step in self.steps)

    def stopped(self, fault: str) -> None:
        """Keeps a fault that no step has told, such as one of the preparation."""
        if not any(step.outcome == "failed" for step in self.steps):
            self.steps.append(Step(len(self.steps) + 1, "Prepare", "the drill", "drill", 0))
            self.steps[-1].fault = fault

    def end(self) -> None:
        """Stops the clock."""
        self.seconds = time.monotonic() - self._since
        if self.seconds > self.within and self.passed:
            last = self.steps[-1]
            last.outcome = "late"
            last.fault = f"the whole drill took more than the {self.within} seconds declared for it"

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        steps = [asdict(step) | {"seconds": f"{step.seconds:.2f}"} for step in self.steps]
        return {
            "schema": SCHEMA,
            "release": __version__,
            "drill": self.drill,
            "runbook": f"docs/runbooks/{self.drill}.md",
            "began": self.began.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "outcome": "passed" if self.passed else "failed",
            "seconds": f"{self.seconds:.2f}",
            "within": self.within,
            "preparation": f"{self.prepared:.2f}",
            "steps": steps,
        }

    def page(self) -> str:
        """For people."""
        found = self.as_dict()
        rows = "".join(_row(step) for step in self.steps)
        checks = "".join(_checks(step) for step in self.steps)
        return (
            f"# Drill: {self.drill}, {self.began:%Y-%m-%d %H:%M} UTC, release {__version__}\n\n"
            f"**{found['outcome'].upper()}** in {found['seconds']} of {self.within} seconds, "
            f"{found['preparation']} of them to prepare the chain. Runbook: `{found['runbook']}`. "
            "Played on a local chain with test keys: it shows that the commands work and how long "
            "they take, not how long people take.\n\n"
            "| step | who | command | seconds | target | chain time | declared delay | outcome |\n"
            f"|---|---|---|---|---|---|---|---|\n{rows}{checks}"
        )

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Both files; a second drill of a day never takes the place of the first."""
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{self.began:%Y-%m-%d}-{self.drill}"
        name, number = stem, 1
        while (folder / f"{name}.md").exists() or (folder / f"{name}.json").exists():
            number += 1
            name = f"{stem}-{number}"
        paths = folder / f"{name}.md", folder / f"{name}.json"
        atomic.write(paths[0], self.page().encode())
        atomic.write(paths[1], (json.dumps(self.as_dict(), indent=2) + "\n").encode())
        return paths


def _row(step: Step) -> str:
    cells = (
        f"{step.number}. {step.title}",
        step.who,
        f"`{step.command}`",
        f"{step.seconds:.2f}",
        str(step.within),
        format_duration(step.chain_seconds),
        format_duration(step.delay) if step.delay else "none",
        step.outcome,
    )
    return f"| {' | '.join(cells)} |\n"


def _checks(step: Step) -> str:
    lines = [f"- {check}" for check in step.checks]
    if step.fault:
        lines.append(f"- **{step.outcome}**: {step.fault}")
    return f"\n## {step.number}. {step.title}\n\n" + "\n".join(lines) + "\n"
