"""Where the compiled contracts are: in the installed package, or where `make compile` left them."""

from __future__ import annotations

from pathlib import Path

#: Only a wheel has it: see tools/hatch_build.py.
SHIPPED = Path(__file__).with_name("compiled.json")


def compiled(root: Path) -> Path:
    """The contracts that belong to this release; those of a checkout are compiled in place."""
    return SHIPPED if SHIPPED.is_file() else root / ".build" / "__local__.json"
