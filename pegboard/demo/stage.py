"""Where the story is played: who is who, what may be said, and what must turn out true."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pegboard import actions
from pegboard.amounts import format_duration, parse_amount
from pegboard.errors import Reverted, Unexpected
from pegboard.explain import refusal
from pegboard.inputs import moment_text
from pegboard.reserves import SignedStatement, Statement, signable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from eth_account.messages import SignableMessage
    from rich.console import Console

    from pegboard.actions import Action
    from pegboard.chain import JsonRpc, Receipt
    from pegboard.config import RolesConfig
    from pegboard.contract import Artifacts, Contract
    from pegboard.suite import Peg, Resolver, Suite


@dataclass
class Stage:
    """Everything that the story needs; `sign` signs a message as one of the cast."""

    console: Console
    chain: JsonRpc
    suite: Suite
    artifacts: Artifacts
    roles: RolesConfig
    resolve: Resolver
    people: Mapping[str, str]
    sign: Callable[[str, SignableMessage], bytes]
    steps: int = 0
    gas: int = 0
    refusals: list[str] = field(default_factory=list)

    # Saying

    def step(self, title: str) -> None:
        """A new chapter."""
        self.steps += 1
        self.console.print(f"\n[bold]{self.steps:2}. {title}[/bold]")

    def say(self, text: str) -> None:
        """One line."""
        self.console.print(f"    {self.named(text)}", markup=False)

    def named(self, text: str) -> str:
        """The same text with the people's names for their addresses."""
        for name, address in self.people.items():
            text = text.replace(address, name)
        return text

    def did(self, text: str, receipt: Receipt) -> Receipt:
        """Something that happened, with its gas."""
        self.gas += receipt.gas_used
        self.console.print(
            f"    [green]done[/green]     {self.named(text)} [dim]({receipt.gas_used:,} gas)[/]"
        )
        return receipt

    # Checking

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Fails the story unless something is as it must be."""
        if found != wanted:
            raise Unexpected(f"{what} is {found}, and should be {wanted}: the demo found a fault")

    def refused(
        self, name: str, what: str, attempt: Callable[[], Any], peg: Peg | None
    ) -> Reverted:
        """Something that must be refused, with this error and no other; `peg` tells amounts."""
        try:
            attempt()
        except Reverted as fault:
            if name not in str(fault):
                raise Unexpected(f"{what}: {name} was to be the reason, not {fault}") from fault
            self.refusals.append(name)
            reason = refusal(fault, self.artifacts.notices, peg.config if peg else None)
            self.console.print(f"    [red]refused[/red]  {what}")
            self.console.print(f"             {self.named(reason)}", markup=False, style="dim")
            return fault
        raise Unexpected(f"{what} was not refused: {name} was expected")

    # Doing

    def member(self, role: str) -> str:
        """Who holds a role."""
        return self.resolve(self.roles.holders_on(self.chain.chain_id)[role][0])

    def units(self, peg: Peg, text: str) -> int:
        """An amount of a currency."""
        return parse_amount(text, peg.config.decimals)

    def enact(self, action: Action) -> Receipt:
        """Does a privileged verb as its role, and waits out the delay where there is one."""
        role = actions.role_for(self.suite, action, self.roles)
        outcome = actions.carry_out(self.suite, action, self.member(role))
        if not outcome.executed and outcome.receipt:
            self.gas += outcome.receipt.gas_used
            wait = outcome.ready_at - self.chain.now()
            self.console.print(
                f"    [yellow]waits[/yellow]    {role} scheduled: "
                f"{self.named(action.call.text)}; due at "
                f"{moment_text(outcome.ready_at)}"
            )
            self.warp(wait)
            outcome = actions.carry_out(self.suite, action, self.member(role))
        if not outcome.executed or outcome.receipt is None:
            raise Unexpected(f"{role} could not {action.call.text}")
        return self.did(f"{role}: {action.call.text}", outcome.receipt)

    def enact_all(self, todo: Sequence[Action]) -> None:
        """The same for several verbs of one role, which wait together."""
        role = actions.role_for(self.suite, todo[0], self.roles)
        member = self.member(role)
        waits = [actions.carry_out(self.suite, action, member) for action in todo]
        self.gas += sum(outcome.receipt.gas_used for outcome in waits if outcome.receipt)
        self.say(f"{role} scheduled {len(todo)} operations")
        self.warp(max(outcome.ready_at for outcome in waits) - self.chain.now())
        for action in todo:
            self.enact(action)

    def attempt(self, action: Action, signer: str) -> str:
        """Does a verb as this signer; says why it was refused, or nothing."""
        try:
            outcome = actions.carry_out(self.suite, action, signer)
        except Reverted as fault:
            config = action.peg.config if action.peg else None
            return refusal(fault, self.artifacts.notices, config)
        self.gas += outcome.receipt.gas_used if outcome.receipt else 0
        return ""

    def act(self, contract: Contract, who: str, text: str, name: str, *args: Any) -> Receipt:
        """Does something that needs no role."""
        receipt = contract.send(name, *args, sender=self.people[who])
        return self.did(f"{who}: {text}", receipt)

    def warp(self, seconds: int) -> None:
        """Lets time pass."""
        self.chain.result("evm_increaseTime", [hex(seconds)])
        self.chain.result("anvil_mine", ["0x1"])
        self.say(f"... {format_duration(seconds)} later ...")

    def statement(self, peg: Peg, reserves: str, signers: int) -> tuple[Statement, list[Any]]:
        """A statement of now, signed by the first attestors."""
        config = peg.config
        units = parse_amount(reserves, config.reserves.decimals)
        document = bytes.fromhex(f"{units:064x}")
        statement = Statement(config.code, self.chain.now(), units, 0, document)
        message = signable(peg.feed, statement)
        names = config.reserves.attestors_on(self.chain.chain_id)[:signers]
        attestors = [self.resolve(name) for name in names]
        return statement, [SignedStatement(a, self.sign(a, message)) for a in attestors]
