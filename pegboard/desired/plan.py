"""What is to be done so that the chain is as declared: by whom, and when they can."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pegboard import create2
from pegboard.contract import Call
from pegboard.desired.access import ADMIN, ADMIN_ID, may_call
from pegboard.desired.commons import common_differences, later_differences, require_declared
from pegboard.desired.declaration import UsesConfig
from pegboard.desired.differences import Difference, Reader, Step
from pegboard.desired.membership import deployer_roles, member_differences, power_differences
from pegboard.desired.parties import require_separate_parties
from pegboard.desired.settings import currency_differences
from pegboard.desired.trading import closing_differences, opening_differences, require_tradable
from pegboard.errors import DeploymentError
from pegboard.operate import due_at
from pegboard.suite import contracts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pegboard.config import RolesConfig
    from pegboard.contract import Artifacts, Contract
    from pegboard.desired.declaration import ChannelConfig
    from pegboard.suite import Resolver, Suite

#: When a signer can make a step: now, first schedule it, wait for what was scheduled, or not yet.
NOW, SCHEDULE, WAITING, BLOCKED = "now", "schedule", "waiting", "blocked"


@dataclass(frozen=True)
class Signer:
    """What one account can do about a step; `ready_at` is when what it scheduled is due."""

    account: str
    state: str
    delay: int = 0
    ready_at: int = 0


@dataclass(frozen=True)
class Plan:
    """The steps, in their order.

    `deployer` is set as long as a deployment lasts: that account alone makes all of them, at once.
    """

    creations: tuple[Step, ...]
    settings: tuple[Step, ...]
    handover: tuple[Step, ...] = ()
    deployer: str = ""
    #: What ends by itself, and what no step can end.
    underway: tuple[Difference, ...] = ()
    faults: tuple[Difference, ...] = ()
    signers: Mapping[Step, tuple[Signer, ...]] = field(default_factory=dict)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All of them."""
        return (*self.creations, *self.settings, *self.handover)

    @property
    def empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.steps

    @property
    def clean(self) -> bool:
        """Whether the chain is as declared."""
        return self.empty and not self.underway and not self.faults

    def lines(self) -> list[str]:
        """The plan in words, in order."""
        return [step.text for step in self.steps]


@dataclass
class Planner:
    """Compares one suite with its declaration; `account` is who deploys, or has deployed, it."""

    suite: Suite
    artifacts: Artifacts
    roles: RolesConfig
    account: str
    resolve: Resolver
    channels: Mapping[str, ChannelConfig] = field(default_factory=dict)
    #: The currencies that are compared; empty for all.
    codes: frozenset[str] = frozenset()
    uses: UsesConfig = field(default_factory=UsesConfig)

    def is_deploying(self) -> bool:
        """Whether the deployer still does everything: nothing is there, or it is ADMIN at once."""
        authority = self.suite.authority
        if not self.suite.chain.code(authority.address):
            return True
        return tuple(authority.call("hasRole", ADMIN_ID, self.account)) == (True, 0)

    def reader(self) -> Reader:
        """What compares, as the chain is now."""
        return Reader(
            self.suite,
            self.roles,
            self.resolve,
            self.channels,
            self.codes,
            self.is_deploying(),
            self.uses,
        )

    def differences(self, reader: Reader | None = None) -> list[Difference]:
        """Everything that is otherwise than declared; what a deployment lends is left out."""
        reader = reader or self.reader()
        found = list(_creations(reader))
        found += power_differences(reader)
        found += common_differences(reader)
        found += closing_differences(reader)
        for peg in reader.pegs.values():
            found += currency_differences(reader, peg)
        found += later_differences(reader)
        found += opening_differences(reader)
        found += member_differences(reader, self.account if reader.deploying else "")
        return found

    def plan(self) -> Plan:
        """What is to be done; sends nothing, and refuses a declaration that cannot be."""
        reader = self.reader()
        require_separate_parties(self.suite, self.roles, self.resolve)
        require_declared(reader)
        require_tradable(reader)
        found = self.differences(reader)
        fixed = [difference.text for difference in found if difference.fixed]
        if fixed:
            raise DeploymentError("\n  ".join(["what cannot be changed differs:", *fixed]))
        steps = [step for difference in found for step in difference.steps]
        creations = tuple(step for step in steps if step.kind == "create")
        settings = tuple(step for step in steps if step.kind != "create")
        plan = Plan(
            creations,
            settings,
            underway=tuple(d for d in found if d.until),
            faults=tuple(d for d in found if not d.steps and not d.until),
        )
        if reader.deploying:
            return self._deployment(reader, plan)
        return replace(plan, signers={s: tuple(_signers(reader, s)) for s in plan.steps})

    # A deployment

    def _deployment(self, reader: Reader, plan: Plan) -> Plan:
        """Lends the deployer what it needs, and takes everything from it in the end."""
        held = deployer_roles(reader, self.account)
        declared = {name for name, who in reader.holders.items() if self.account in who}
        needed = {step.role for step in plan.settings} - {ADMIN}
        # The granter first of all: afterwards only its own members make others of anything.
        granter = [reader.roles.granter] if plan.settings else []
        lent = [name for name in (*granter, *sorted(needed - set(granter))) if name not in held]
        loans = tuple(self._loan(reader, name) for name in lent)
        admins = tuple(s for s in plan.settings if _is_about_admins(s))
        settings = (*loans, *(s for s in plan.settings if s not in admins))
        left = [] if reader.is_there(self.suite.authority) else [ADMIN]
        back = [name for name in (*lent, *held, *left) if name not in declared]
        returns = tuple(self._return(reader, name) for name in _admin_last(back, reader))
        plan = replace(plan, settings=settings, handover=(*admins, *returns))
        deployer = (Signer(self.account, NOW),)
        signers = dict.fromkeys(plan.steps, deployer)
        return replace(plan, deployer=self.account, signers=signers)

    def _loan(self, reader: Reader, name: str) -> Step:
        role = reader.roles.roles[name]
        call = self.suite.authority.prepare(
            "grantRole", role.id, self.account, 0, text=f"lend {name} to the deployer"
        )
        return reader.step("lend", call)

    def _return(self, reader: Reader, name: str) -> Step:
        role = reader.roles.roles[name]
        call = self.suite.authority.prepare(
            "renounceRole", role.id, self.account, text=f"take {name} from the deployer"
        )
        return Step("return", call, name)


def _is_about_admins(step: Step) -> bool:
    return step.kind in ("grant", "revoke") and step.role == ADMIN


def _admin_last(names: Iterable[str], reader: Reader) -> list[str]:
    """The granter second to last: whoever has neither can return nothing else."""
    order = (reader.roles.granter, ADMIN)
    return sorted(dict.fromkeys(names), key=lambda name: (name in order, name == ADMIN))


# Creations


def _creations(reader: Reader) -> Iterator[Difference]:
    for name, contract, initcode in contracts(reader.suite, reader.codes):
        if reader.is_there(contract):
            continue
        made = create2.address_of(initcode)
        if made != contract.address:
            yield Difference(
                f"nothing is at {contract.address}, where the records have the {name}: check the "
                "network and the records",
                fixed=True,
            )
            continue
        text = f"create {name} at {contract.address}"
        call = Call(create2.FACTORY, create2.SALT + initcode, text)
        step = Step("create", call, initcode=initcode, address=contract.address, name=name)
        yield Difference(f"there is no {name} at {contract.address}", (step,))


# Signers


def _signers(reader: Reader, step: Step) -> Iterator[Signer]:
    """The declared holders of the step's role, but for contracts of ours, and what each can do.

    Where none of them can, it is for whoever still holds the role and is no longer declared.
    """
    authority, role = reader.suite.authority, reader.roles.roles.get(step.role)
    declared = set(reader.holders.get(step.role, ()))
    found = [
        standing(authority, step.call, account, reader.now)
        for account in sorted(declared - reader.suite.ours)
    ]
    yield from found
    if role and all(signer.state == BLOCKED for signer in found):
        others = sorted(reader.members(role.id) - declared - reader.suite.ours)
        left = (standing(authority, step.call, account, reader.now) for account in others)
        yield from (signer for signer in left if signer.state != BLOCKED)


def standing(authority: Contract, call: Call, account: str, now: int) -> Signer:
    """What an account can do about a call, as the chain is now."""
    may, delay = may_call(authority, call, account)
    if not may:
        return Signer(account, BLOCKED)
    if delay == 0:
        return Signer(account, NOW)
    ready_at = due_at(authority, call, account)
    if not ready_at:
        return Signer(account, SCHEDULE, delay)
    return Signer(account, WAITING if ready_at > now else NOW, delay, ready_at)


@dataclass(frozen=True)
class Move:
    """One call that can be sent now: a step itself, or the scheduling of it."""

    step: Step
    call: Call
    executes: bool


def moves(plan: Plan, authority: Contract, account: str) -> list[Move]:
    """What one account can send now, in the order in which it must be sent."""
    found: list[Move] = []
    undone: set[tuple[str, str]] = set()
    for step in plan.steps:
        waits = any(s == step.subject and k != step.kind for s, k in undone)
        state = _state_for(plan, step, account)
        if state == NOW and not waits:
            found.append(Move(step, step.call, executes=True))
            continue
        if step.subject:
            undone.add((step.subject, step.kind))
        if state == SCHEDULE:
            text = f"schedule: {step.text}"
            call = authority.prepare("schedule", step.call.to, step.call.data, 0, text=text)
            found.append(Move(step, call, executes=False))
    return found


def creations(plan: Plan, authority: Contract, account: str) -> list[Move]:
    """The contracts that one account can make now; nothing else."""
    return [move for move in moves(plan, authority, account) if move.step.kind == "create"]


def _state_for(plan: Plan, step: Step, account: str) -> str:
    if not plan.deployer and step.kind == "create":
        return NOW
    signers: Sequence[Signer] = plan.signers.get(step, ())
    return next((s.state for s in signers if s.account == account), BLOCKED)


def due_calls(plan: Plan, authority: Contract, account: str) -> list[Call]:
    """What one account can send now, one by one or as one batch."""
    return [move.call for move in moves(plan, authority, account)]
