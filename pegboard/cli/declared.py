"""What was declared and what is recorded, for the commands that compare it with the chain."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pegboard.desired import records
from pegboard.desired.declaration import load_declaration
from pegboard.desired.plan import Planner
from pegboard.errors import DeploymentError, InputError
from pegboard.suite import locate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.cli.desk import Desk
    from pegboard.desired.declaration import Declaration
    from pegboard.desired.places import Recorded
    from pegboard.suite import Suite

declaration_option = click.option(
    "--declaration",
    type=click.Path(file_okay=False, exists=True),
    help="Folder with currencies/, calendars/, desks.toml and roles.toml. Default: this one.",
)


@dataclass(frozen=True)
class Declared:
    """A declaration on one chain: the currencies that are meant, and their records."""

    declaration: Declaration
    suite: Suite
    codes: tuple[str, ...]
    deployer: str
    records: dict[str, dict[str, Any] | None]

    def planner(self, desk: Desk) -> Planner:
        """What compares it with the chain."""
        declared = self.declaration
        return Planner(
            self.suite,
            desk.artifacts,
            declared.roles,
            self.deployer,
            desk.resolve,
            declared.channels,
            frozenset(self.codes),
            declared.uses,
        )

    def missing_records(self) -> list[str]:
        """The currencies that are there whole, and recorded nowhere."""
        chain, found = self.suite.chain, []
        for code in self.codes:
            peg = self.suite.pegs[code]
            there = chain.code(peg.token.address) and chain.code(peg.feed.address)
            if there and self.records[code] is None:
                found.append(code)
        return found


def declared_at(
    desk: Desk, folder: str | None, codes: Sequence[str], deployer: str = ""
) -> Declared:
    """Reads declaration and records; without codes every currency that the chain is to have."""
    declaration = load_declaration(Path(folder) if folder else desk.root)
    chain_id = desk.chain.chain_id
    configs = declaration.currencies_on(chain_id)
    wanted = tuple(dict.fromkeys(code.upper() for code in codes)) or tuple(configs)
    unknown = [code for code in wanted if code not in declaration.currencies]
    if unknown or not wanted:
        known = ", ".join(declaration.currencies)
        named = ", ".join(unknown) or f"no currency of chain {chain_id}"
        raise InputError(f"{named} is not declared in currencies/; there is {known}")
    # A named one without attestors for this chain is refused by its own name.
    configs |= {code: declaration.currencies[code] for code in wanted}
    recorded = desk.recorded()
    deployer = deployer or _deployer(desk, wanted[0], recorded)
    if recorded.deployer and recorded.deployer != deployer:
        raise DeploymentError(
            f"the suite is deployed on chain {chain_id} by {recorded.deployer}; as {deployer} "
            "there would be a second one, with tokens of the same names: use that account"
        )
    suite = locate(
        desk.chain, desk.artifacts, configs, declaration.desks, deployer, desk.resolve, recorded
    )
    # What the desk decodes and explains is of this declaration, too.
    desk.opened, desk.roles = suite, declaration.roles
    found = {code: desk.record(code) for code in wanted}
    return Declared(declaration, suite, wanted, deployer, found)


def _deployer(desk: Desk, code: str, recorded: Recorded) -> str:
    """As said; else as recorded of any currency; else the first test account on a local chain."""
    if recorded.deployer and not click.get_current_context().params.get("deployer"):
        return recorded.deployer
    return desk.deployer_of(code)


def write_records(desk: Desk, declared: Declared, codes: Sequence[str]) -> dict[str, str]:
    """Writes what was deployed; says where."""
    folder = desk.root / desk.folder
    return {
        code: str(
            records.write(folder, declared.suite, declared.suite.pegs[code], declared.deployer)
        )
        for code in codes
    }
