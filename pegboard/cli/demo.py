"""`demo`: the whole story on a local chain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from ape import accounts
from ape.logging import logger
from rich.console import Console

from pegboard.chain import ApeChain
from pegboard.cli import show
from pegboard.cli.desk import signature_bytes
from pegboard.cli.options import at_desk
from pegboard.config import LOCAL_CHAINS
from pegboard.demo import day, uses
from pegboard.demo import story as tour
from pegboard.demo.stage import Stage
from pegboard.errors import DeploymentError
from pegboard.status import holders_of, status_of

if TYPE_CHECKING:
    from eth_account.messages import SignableMessage

    from pegboard.cli.desk import Desk

#: What can be told, and who plays in it besides the members of roles.
STORIES = {
    "tour": (tour.tell, tour.HOLDERS),
    "issuance": (day.tell, day.CAST),
    "uses": (uses.tell, uses.CAST),
}
_NOTE = (
    "This is a local chain that forgets. Issuing a stablecoin that refers to the Hong Kong dollar, "
    "or issuing one in Hong Kong as a business, needs a licence (Cap. 656)."
)


@at_desk(signs=False)
@click.argument("story", type=click.Choice(list(STORIES)), default="tour")
def demo(desk: Desk, story: str) -> None:
    """Deploy three currencies on an empty local chain and show them at work, in two minutes.

    STORY is the tour of everything; issuance, a day at the desks, from a bank's file to payouts; or
    uses: payments abroad and by file, a shop, an invoice financed, an envelope, a fund share.
    Every line is checked; the first surprise ends it with exit code 1. With --json the story goes
    to stderr and the final figures to stdout.
    """
    if desk.chain.chain_id not in LOCAL_CHAINS:
        raise DeploymentError(f"the demo is for local chains, not chain {desk.chain.chain_id}")
    console = Console(stderr=desk.as_json, highlight=False, soft_wrap=True)
    tell, cast = STORIES[story]
    stage = stage_of(desk, console, cast)
    if desk.chain.code(stage.suite.authority.address):
        raise DeploymentError("the demo needs an empty chain: start a new one")
    console.print(_NOTE)
    with logger.at_level("WARNING"):  # Ape would log each transaction between the lines
        tell(stage)
    found = [status_of(peg) for peg in stage.suite.pegs.values()]
    holders = holders_of(stage.suite, desk.roles, desk.resolve)
    show.status(console, found, holders)
    console.print(
        f"\n{stage.steps} steps, {len(stage.refusals)} refusals as they must be, "
        f"{stage.gas:,} gas. Every expectation held."
    )
    if desk.as_json:
        currencies = {s.code: show.machine(s) for s in found}
        click.echo(json.dumps({"currencies": currencies, "refusals": stage.refusals}, indent=2))


def stage_of(desk: Desk, console: Console, holders: tuple[str, ...]) -> Stage:
    """The test accounts of the chain as cast; holders are people without any role."""
    cast = [accounts.test_accounts[index] for index in range(60)]
    extras = [accounts.test_accounts.generate_test_account() for _ in holders]
    by_address: dict[str, Any] = {str(a.address): a for a in cast + extras}
    people = {name: str(a.address) for name, a in zip(holders, extras, strict=True)}
    people |= {"deployer": str(cast[0].address), "relayer": str(cast[19].address)}
    for who, address in people.items():
        balance = 0 if who == "shopper" else 10**20
        desk.chain.result("anvil_setBalance", [address, hex(balance)])

    def sign(who: str, message: SignableMessage) -> bytes:
        return signature_bytes(by_address[who].sign_message(message))

    chain = ApeChain(desk.provider, desk.courier(by_address.values()))
    suite = desk.suite(["HKD", "USD", "CNH"], people["deployer"], chain)
    return Stage(console, chain, suite, desk.artifacts, desk.roles, desk.resolve, people, sign)
