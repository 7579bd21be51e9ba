"""Which drills there are, and how one is run."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pegboard.drill import keys, losses, pauses, recovery
from pegboard.drill.ground import Kit, ground
from pegboard.drill.report import Report
from pegboard.errors import PegboardError

if TYPE_CHECKING:
    from types import ModuleType

    from rich.console import Console

DRILLS: dict[str, ModuleType] = {it.NAME: it for it in (keys, pauses, recovery, losses)}


def run(name: str, kit: Kit, console: Console) -> Report:
    """Plays one drill on a chain of its own; whatever fails is in the report."""
    drill = DRILLS[name]
    report = Report(name, drill.WITHIN, drill.STEPS)
    began = time.monotonic()
    with TemporaryDirectory(prefix="drill-") as folder:
        try:
            with ground(kit, Path(folder), report, console, drill.PEOPLE) as played:
                drill.prepare(played)
                report.prepared = time.monotonic() - began
                drill.play(played)
        except PegboardError as fault:
            report.stopped(str(fault))
    report.end()
    return report
