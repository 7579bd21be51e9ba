"""docs/roles.md out of roles.toml: `python -m pegboard.powers roles.toml > docs/roles.md`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pegboard.amounts import format_duration
from pegboard.roles import load_roles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pegboard.config import RoleConfig, RolesConfig

COMMAND = "python -m pegboard.powers roles.toml > docs/roles.md"
_HEAD = f"""\
# Roles

Written by `{COMMAND}`; do not edit it here.

`roles.toml` declares who holds a role on a chain, and `ape run status` shows it. A member waits
the delay between scheduling and executing; meanwhile the guardian can cancel. {{granter}} grants
and revokes every role but ADMIN, which grants itself. Two roles that are apart are never held by
the same party.

| role | id | delay | guardian | may call | apart from |
|---|---|---|---|---|---|
"""


def page(config: RolesConfig) -> str:
    """The table of powers."""
    return _HEAD.format(granter=config.granter) + "".join(
        f"| {' | '.join(_cells(config, role))} |\n" for role in config.roles.values()
    )


def _cells(config: RolesConfig, role: RoleConfig) -> Iterator[str]:
    yield role.name
    yield str(role.id)
    yield format_duration(role.delay) if role.delay else "none"
    yield role.guardian or "none"
    calls = (f"{kind}: {_listed(names)}" for kind, names in role.functions.items())
    yield "; ".join(calls) or "nothing"
    # It holds both ways, whichever of the two declares it.
    others = {r.name for r in config.roles.values() if role.name in r.apart_from}
    yield ", ".join(sorted({*role.apart_from, *others})) or "nobody"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    sys.stdout.write(page(load_roles(Path(sys.argv[1]))))
