"""`status`: what every currency looks like now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pegboard.cli import show
from pegboard.cli.options import at_desk
from pegboard.desired import records
from pegboard.errors import DeploymentError
from pegboard.status import PegStatus, holders_of, status_of

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk


@at_desk(signs=False)
@click.argument("codes", metavar="[CODE]...", nargs=-1)
def status(desk: Desk, codes: tuple[str, ...]) -> None:
    """Show supply, reserves, headroom, statement age, mint limit, flags and role holders.

    Without CODE, of every declared currency that is deployed. In JSON, every amount is given
    exactly in currency units (`amount`) and in base units (`units`); times are seconds.
    """
    wanted = [code.upper() for code in codes] or list(desk.currencies)
    found: list[PegStatus] = []
    for code in wanted:
        suite = desk.suite([code], desk.deployer_of(code))
        peg = suite.peg(code)
        if codes or desk.chain.code(peg.token.address):
            records.require_genuine(suite, peg, desk.record(code))
            found.append(status_of(peg))
    if not found:
        raise DeploymentError(f"nothing is deployed on chain {desk.chain.chain_id}: run deploy")
    holders = holders_of(suite, desk.roles, desk.resolve)
    if desk.as_json:
        currencies = {s.code: show.machine(s) for s in found}
        chain_id = desk.chain.chain_id
        desk.answer({"chainId": chain_id, "currencies": currencies, "roles": holders}, "")
        return
    show.status(show.console(), found, holders)
