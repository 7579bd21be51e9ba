"""Where a drill is played: a fresh chain with the suite on it, everybody's keys, and a clock."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eth_utils import keccak

from pegboard.chains import chain_of
from pegboard.demo.stage import Stage
from pegboard.deploy import Deployer
from pegboard.drill.node import ACCOUNTS, CHAIN_ID, Key, Node
from pegboard.drill.report import Report, Step
from pegboard.errors import ChainError, DrillFailed, PegboardError
from pegboard.inputs import address, reference
from pegboard.operate import perform
from pegboard.reserves import post
from pegboard.sending.courier import Courier, Signer
from pegboard.sending.journal import Journal
from pegboard.signing import binding
from pegboard.suite import locate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from eth_account.messages import SignableMessage
    from rich.console import Console

    from pegboard.chain import Receipt
    from pegboard.chains import ChainConfig
    from pegboard.config import CurrencyConfig, DesksConfig, RolesConfig
    from pegboard.contract import Artifacts, Contract
    from pegboard.suite import Peg, Suite

DAY = 86_400
CODE = "HKD"


@dataclass(frozen=True)
class Kit:
    """What the issuer declares, and the compiled contracts."""

    artifacts: Artifacts
    currencies: Mapping[str, CurrencyConfig]
    desks: DesksConfig
    roles: RolesConfig
    chains: Mapping[int, ChainConfig]


class Keys:
    """The keys of the test mnemonic, numbered as Ape numbers its test accounts."""

    def __init__(self) -> None:
        self._keys = [Key(index) for index in range(ACCOUNTS)]
        self.by_address: dict[str, Key] = {key.address: key for key in self._keys}

    def __getitem__(self, index: int) -> Key:
        """One key."""
        return self._keys[index]

    def resolve(self, name: str) -> str:
        """The address of an address or of TEST::n."""
        if name.startswith("TEST::"):
            return self[int(name.removeprefix("TEST::"))].address
        return address(name)

    def sign(self, who: str, message: SignableMessage) -> bytes:
        """A message signed as somebody."""
        return self.by_address[who].sign_message(message)


@dataclass
class Ground(Stage):
    """A stage whose every step is timed and goes into the report."""

    node: Node = field(kw_only=True)
    keys: Keys = field(kw_only=True)
    kit: Kit = field(kw_only=True)
    folder: Path = field(kw_only=True)
    report: Report = field(kw_only=True)
    #: The chain's time when it was last asked.
    seen: int = field(default=0, kw_only=True)

    @property
    def peg(self) -> Peg:
        """The currency that is drilled with."""
        return self.suite.peg(CODE)

    def courier(self, name: str = "journal", **changes: int) -> Courier:
        """Sends through a journal of this name; another name is another machine."""
        config = chain_of(self.kit.chains, CHAIN_ID)
        config = type(config)(**{**vars(config), **changes})
        journal = Journal(self.folder / f"{name}.sqlite", CHAIN_ID, self.node.genesis())
        signers: dict[str, Signer] = {**self.keys.by_address}
        return Courier(self.node, journal, config, signers)

    @contextmanager
    def timed(self, title: str) -> Iterator[Step]:
        """The next step of the runbook; what goes wrong in it ends the drill, and is told."""
        number = len(self.report.steps)
        left = self.report.planned[number:]
        if not left or left[0].title != title:
            raise DrillFailed(f"the runbook has no step {number + 1}, {title}")
        plan, within = left[0], left[0].within
        delay = plan.delay(self.roles)
        step = Step(number + 1, title, plan.who, plan.command, within, delay)
        self.report.steps.append(step)
        self.step(f"{title} ({plan.who}: {plan.command})")
        began, at = time.monotonic(), self._clock()
        try:
            yield step
            step.outcome = "passed"
        except PegboardError as fault:
            step.fault = str(fault)
            raise DrillFailed(f"step {step.number}, {title}: {fault}") from fault
        finally:
            step.seconds = time.monotonic() - began
        step.chain_seconds = self._clock() - at
        if step.seconds > within:
            step.outcome, step.fault = "late", f"declared to take at most {within} seconds"
        if not delay <= step.chain_seconds <= delay + 3600 * bool(delay) + 60:
            step.outcome = "late"
            step.fault = f"declared to wait {delay} seconds on chain, and it was otherwise"

    def _clock(self) -> int:
        """The chain's time; while its node is dead, it stands still."""
        with suppress(ChainError):
            self.seen = self.chain.now()
        return self.seen

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Fails the step unless something is as it must be."""
        if found != wanted:
            raise DrillFailed(f"{what} is {_told(found)}, and should be {_told(wanted)}")

    def shows(self, step: Step, what: str, found: object, wanted: object) -> None:
        """Something that the chain must show, which goes into the report."""
        self.expect(what, found, wanted)
        step.checks.append(f"{what}: {self.named(_told(found))}")

    def must_refuse(
        self, step: Step, name: str, what: str, contract: Contract, who: str, *call: Any
    ) -> None:
        """A call that must be refused with this error, which goes into the report."""
        data = contract.encode(*call)
        self.refused(name, what, lambda: contract.submit(data, sender=who), self.peg)
        step.checks.append(f"refused, {name}: {what}")

    def as_role(self, role: str, contract: Contract, verb: str, *args: Any, text: str) -> Receipt:
        """A privileged call by the role's first holder, who waits as long as the role must."""
        call = contract.prepare(verb, *args, text=text)
        member = self.member(role)
        outcome = perform(self.suite.authority, call, member)
        if not outcome.executed:
            self.warp(outcome.ready_at - self.chain.now())
            outcome = perform(self.suite.authority, call, member)
        if outcome.receipt is None:
            raise DrillFailed(f"{role} could not {text}")
        return self.did(f"{role}: {text}", outcome.receipt)


def _told(found: object) -> str:
    if isinstance(found, set | tuple | list):
        return ", ".join(sorted(map(str, found))) or "none"
    return str(found)


@contextmanager
def ground(
    kit: Kit, folder: Path, report: Report, console: Console, people: Sequence[str] = ()
) -> Iterator[Ground]:
    """A deployed HKD on a node of its own; `people` are those without any role."""
    node, keys = Node(folder / "state.json"), Keys()
    deployer = keys[0].address
    chosen = {CODE: kit.currencies[CODE]}
    suite = locate(node, kit.artifacts, chosen, kit.desks, deployer, keys.resolve)
    cast = {name: keys[20 + index].address for index, name in enumerate(people)}
    cast |= {"deployer": deployer, "relayer": keys[19].address}
    played = Ground(
        console,
        node,
        suite,
        kit.artifacts,
        kit.roles,
        keys.resolve,
        cast,
        keys.sign,
        node=node,
        keys=keys,
        kit=kit,
        folder=folder,
        report=report,
    )
    try:
        node.start()
        node.courier = played.courier()
        deploy = Deployer(suite, kit.artifacts, kit.roles, deployer, keys.resolve)
        deploy.apply(deploy.plan())
        deploy.verify()
        yield played
    finally:
        node.die()


# What drills begin with


def attest(ground: Ground, reserves: str) -> None:
    """A statement of now, signed by a quorum."""
    signed = ground.statement(ground.peg, reserves, signers=3)
    post(ground.peg.feed, *signed, sender=ground.people["relayer"])


def bind(ground: Ground, who: str) -> None:
    """A wallet bound to its customer by its own signature, with a payout account."""
    register, wallet, now = ground.suite.desks.customers, ground.people[who], ground.chain.now()
    customer, nonce = keccak(text=f"file of {who}"), register.call("customerOf", wallet)[3]
    proof = ground.sign(wallet, binding(register, wallet, customer, nonce, now + DAY))
    args = (wallet, customer, now + 365 * DAY, now + DAY, proof, reference("KYC"))
    ground.as_role("REGISTRAR", register, "bind", *args, text=f"bind {wallet} to its customer")
    account = (wallet, keccak(text=f"account of {who}"), reference("KYC"))
    ground.as_role("REGISTRAR", register, "setPayout", *account, text="set its payout account")
    ground.warp(register.call("cooling"))


def holders_of(suite: Suite, roles: RolesConfig, role: str) -> set[str]:
    """Who holds a role, in effect."""
    number = roles.roles[role].id
    return {who for who in suite.members(number) if suite.authority.call("hasRole", number, who)[0]}
