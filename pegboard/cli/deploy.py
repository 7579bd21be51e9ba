"""`deploy`: bring a chain to what is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pegboard import records
from pegboard.cli import show
from pegboard.cli.options import at_desk
from pegboard.deploy import Deployer
from pegboard.errors import DeploymentError

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk
    from pegboard.suite import Suite


@at_desk()
@click.argument("codes", metavar="[CODE]...", nargs=-1)
def deploy(desk: Desk, codes: tuple[str, ...]) -> None:
    """Deploy the currencies CODE (default: all that are declared) and hand all powers over.

    Shows the plan, asks once, carries it out, compares the chain with the declaration, and writes
    deployments/<chainId>/<code>.json. A second run does nothing; a run that was cut is resumed by
    the same command. The signer is the deployer, which decides the addresses and ends without
    any power.

    Example: ape run deploy HKD USD --account deployer --network ethereum:sepolia
    """
    wanted = [code.upper() for code in codes] or list(desk.currencies)
    suite = desk.suite(wanted, desk.signer)
    _require_same_deployer(desk, suite)
    deployer = Deployer(suite, desk.artifacts, desk.roles, desk.signer, desk.resolve)
    plan = deployer.plan()
    if not plan.empty:
        show.plan(plan.lines(), desk.chain.chain_id, desk.signer)
        desk.confirm("Carry this plan out?")
        deployer.apply(plan, show.progress)
    deployer.verify()
    sent = [receipt.tx for receipt in deployer.receipts]
    files = {
        code: str(records.write(desk.root / desk.folder, suite, peg, desk.signer))
        for code, peg in suite.pegs.items()
    }
    result: dict[str, Any] = {
        "command": "deploy",
        "outcome": "nothing" if plan.empty else "done",
        "chainId": desk.chain.chain_id,
        "deployer": desk.signer,
        "tokens": {code: peg.token.address for code, peg in suite.pegs.items()},
        "records": files,
        "transactions": sent,
        "gasUsed": sum(receipt.gas_used for receipt in deployer.receipts),
    }
    desk.answer(result, show.deployed(suite, plan.empty, len(sent)))


def _require_same_deployer(desk: Desk, suite: Suite) -> None:
    """Another deployer would mean other addresses: a second token of the same name."""
    for code, peg in suite.pegs.items():
        record = desk.record(code)
        if record and record["token"]["address"] != peg.token.address:
            raise DeploymentError(
                f"{code} is deployed on chain {desk.chain.chain_id} at "
                f"{record['token']['address']} by {record['deployer']}; as {desk.signer}, with "
                f"these contracts and this declaration, it would go to {peg.token.address}: use "
                "that account and the release that deployed it"
            )
