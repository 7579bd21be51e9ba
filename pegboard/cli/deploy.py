"""`deploy`: bring a chain to what is declared, as the account that hands everything over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pegboard.cli import show
from pegboard.cli.declared import declaration_option, declared_at, write_records
from pegboard.cli.options import at_desk
from pegboard.deploy import Deployer

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk


@at_desk(proposes=False)
@click.argument("codes", metavar="[CODE]...", nargs=-1)
@declaration_option
def deploy(desk: Desk, codes: tuple[str, ...], declaration: str | None) -> None:
    """Deploy the currencies CODE (default: all that are declared) and hand all powers over.

    Shows the plan, asks once, carries it out, compares the chain with the declaration, and writes
    deployments/<chainId>/<code>.json. A second run does nothing; a run that was cut is resumed by
    the same command. The signer is the deployer, which decides the addresses and ends without
    any power. Whatever changes later is for `plan` and `apply`.

    Example: ape run deploy HKD USD --account deployer --network ethereum:sepolia
    """
    found = declared_at(desk, declaration, codes, desk.signer)
    deployer = Deployer(**vars(found.planner(desk)))
    plan = deployer.plan()
    if not plan.empty:
        show.plan(plan.lines(), desk.chain.chain_id, desk.signer)
        desk.confirm("Carry this plan out?")
        deployer.apply(plan, show.progress)
    deployer.verify()
    suite = replace(found.suite, pegs={code: found.suite.pegs[code] for code in found.codes})
    sent = [receipt.tx for receipt in deployer.receipts]
    result: dict[str, Any] = {
        "command": "deploy",
        "outcome": "nothing" if plan.empty else "done",
        "chainId": desk.chain.chain_id,
        "deployer": desk.signer,
        "tokens": {code: peg.token.address for code, peg in suite.pegs.items()},
        "records": write_records(desk, found, found.codes),
        "transactions": sent,
        "gasUsed": sum(receipt.gas_used for receipt in deployer.receipts),
    }
    desk.answer(result, show.deployed(suite, plan.empty, len(sent)))
