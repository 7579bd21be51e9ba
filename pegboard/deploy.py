"""Deployment: compare the declaration with the chain, show the difference, apply it, look again.

The deployer is ADMIN only while it deploys; the last step hands ADMIN over and drops all powers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eth_utils import keccak, to_checksum_address

from pegboard import create2
from pegboard.desks import desk_settings
from pegboard.errors import DeploymentError
from pegboard.parties import require_separate_parties
from pegboard.suite import Peg, Suite, resolved_holders, targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pegboard.chain import Receipt
    from pegboard.config import RolesConfig
    from pegboard.contract import Artifacts, Call, Contract
    from pegboard.suite import Resolver

ADMIN_ID = 0


@dataclass(frozen=True)
class Creation:
    """A contract that is not there yet."""

    name: str
    address: str
    initcode: bytes


@dataclass(frozen=True)
class Plan:
    """What is missing between the declaration and the chain."""

    creations: tuple[Creation, ...]
    settings: tuple[Call, ...]
    handover: tuple[Call, ...]

    @property
    def empty(self) -> bool:
        """Whether the chain is as declared."""
        return not (self.creations or self.settings or self.handover)

    def lines(self) -> list[str]:
        """The plan in words, in order."""
        made = [f"create {c.name} at {c.address}" for c in self.creations]
        return made + [c.text for c in (*self.settings, *self.handover)]


@dataclass
class Deployer:
    """Deploys one suite as one account."""

    suite: Suite
    artifacts: Artifacts
    roles: RolesConfig
    account: str
    resolve: Resolver
    receipts: list[Receipt] = field(default_factory=list)

    @property
    def _chain_id(self) -> int:
        return self.suite.chain.chain_id

    def _holders(self) -> dict[str, tuple[str, ...]]:
        return resolved_holders(self.suite, self.roles, self.resolve)

    # Plan

    def plan(self) -> Plan:
        """The difference between the declaration and the chain; sends nothing."""
        require_separate_parties(self.suite, self.roles, self.resolve)
        creations = tuple(c for c in self._creations() if not self.suite.chain.code(c.address))
        if any(c.address == self.suite.authority.address for c in creations):
            settings = tuple(self._settings(fresh=True))
            return Plan(creations, settings, tuple(self._handover(fresh=True, borrowed=True)))
        created = frozenset(c.address for c in creations)
        settings = tuple(self._settings(fresh=False, created=created))
        # What the settings lend is not on chain yet, and must be given back all the same.
        handover = self._handover(fresh=False, borrowed=bool(settings))
        return Plan(creations, settings, tuple(handover))

    def _creations(self) -> Iterator[Creation]:
        suite, code = self.suite, self.suite.initcodes
        yield Creation("Authority", suite.authority.address, code.authority)
        yield Creation("AuditRegister", suite.audits.address, code.audits)
        yield Creation("Controls", suite.controls.address, code.controls)
        yield Creation("FeedControls", suite.feed_controls.address, code.feed_controls)
        yield Creation("CurrencyRegistry", suite.registry.address, code.registry)
        for name, contract in suite.desks.by_name.items():
            yield Creation(name, contract.address, suite.desks.initcodes[name])
        for name, peg in suite.pegs.items():
            yield Creation(f"{name} token", peg.token.address, code.tokens[name])
            yield Creation(f"{name} reserve feed", peg.feed.address, code.feeds[name])

    def _settings(self, *, fresh: bool, created: frozenset[str] = frozenset()) -> Iterator[Call]:
        calls = [*self._role_settings(fresh=fresh), *self._mappings(fresh=fresh, created=created)]
        for peg in self.suite.pegs.values():
            calls += self._currency_settings(peg, new=fresh or peg.token.address in created)
        calls += desk_settings(self.suite, lambda it: fresh or it.address in created)
        calls += self._grants(fresh=fresh)
        if calls:
            # First of all, while ADMIN still grants it: afterwards only its own members do.
            yield from self._borrow_governor(fresh=fresh)
        yield from calls

    def _role_settings(self, *, fresh: bool) -> Iterator[Call]:
        authority = self.suite.authority
        granter = self.roles.roles[self.roles.granter]
        for role in self.roles.roles.values():
            if role.id == ADMIN_ID:
                continue
            if fresh or authority.call("getRoleAdmin", role.id) != granter.id:
                yield authority.prepare(
                    "labelRole", role.id, role.name, text=f"name role {role.id} {role.name}"
                )
                yield authority.prepare(
                    "setRoleAdmin",
                    role.id,
                    granter.id,
                    text=f"let {granter.name} grant {role.name}",
                )
            if role.guardian:
                guardian = self.roles.roles[role.guardian]
                if fresh or authority.call("getRoleGuardian", role.id) != guardian.id:
                    yield authority.prepare(
                        "setRoleGuardian",
                        role.id,
                        guardian.id,
                        text=f"let {guardian.name} cancel what {role.name} schedules",
                    )

    def _mappings(self, *, fresh: bool, created: frozenset[str]) -> Iterator[Call]:
        authority = self.suite.authority
        for kind, contracts in targets(self.suite).items():
            for contract in contracts:
                new = fresh or contract.address in created
                for role in self.roles.roles.values():
                    names = [
                        name
                        for name in role.functions.get(kind, ())
                        if new
                        or authority.call(
                            "getTargetFunctionRole", contract.address, contract.selector(name)
                        )
                        != role.id
                    ]
                    if names:
                        yield authority.prepare(
                            "setTargetFunctionRole",
                            contract.address,
                            [contract.selector(name) for name in names],
                            role.id,
                            text=f"let {role.name} call {', '.join(names)} "
                            f"of {self._title(contract)}",
                        )

    def _title(self, contract: Contract) -> str:
        for code, peg in self.suite.pegs.items():
            if contract is peg.token:
                return f"the {code} token"
            if contract is peg.feed:
                return f"the {code} reserve feed"
        titles = {
            self.suite.audits.address: "the audit register",
            self.suite.registry.address: "the registry",
            self.suite.authority.address: "the Authority",
        }
        desks = {it.address: f"the {name}" for name, it in self.suite.desks.by_name.items()}
        return (titles | desks)[contract.address]

    def _currency_settings(self, peg: Peg, *, new: bool) -> Iterator[Call]:
        config, terms = peg.config, peg.config.reserves
        ref = keccak(text=f"deploy {config.code}")
        wanted = (peg.feed.address, terms.max_age, terms.buffer_bps, False)
        if new or tuple(peg.token.call("reserveConfig")) != (peg.feed.address.lower(), *wanted[1:]):
            yield peg.token.prepare(
                "setReserveConfig",
                wanted,
                ref,
                text=f"let {config.code} be minted against its reserve feed, "
                f"buffer {terms.buffer_bps} bps",
            )
        limit = (config.limit_capacity, config.limit_window)
        if new or peg.token.call("mintRateLimit")[:2] != limit:
            yield peg.token.prepare(
                "raiseMintLimit", *limit, ref, text=f"set the mint limit of {config.code}"
            )
        code = config.code.encode()
        if new or self.suite.registry.call("codeOf", peg.token.address) != "0x" + code.hex():
            yield self.suite.registry.prepare(
                "register",
                code,
                peg.token.address,
                peg.feed.address,
                ref,
                text=f"register {config.code}",
            )

    def _borrow_governor(self, *, fresh: bool) -> Iterator[Call]:
        granter = self.roles.roles[self.roles.granter]
        if fresh or not self._has(granter.id, self.account):
            yield self.suite.authority.prepare(
                "grantRole",
                granter.id,
                self.account,
                0,
                text=f"lend {granter.name} to the deployer",
            )

    def _grants(self, *, fresh: bool) -> Iterator[Call]:
        for name, accounts in self._holders().items():
            role = self.roles.roles[name]
            if role.id == ADMIN_ID:
                continue
            for account in accounts:
                wanted = self.suite.delay_of(role, account)
                member, delay = (False, 0) if fresh else self._access(role.id, account)
                if not member or delay != wanted:
                    yield self.suite.authority.prepare(
                        "grantRole",
                        role.id,
                        account,
                        wanted,
                        text=f"grant {name} to {account} with a delay of {wanted} s",
                    )

    def _handover(self, *, fresh: bool, borrowed: bool) -> Iterator[Call]:
        authority, admin = self.suite.authority, self.roles.roles["ADMIN"]
        for account in self._holders()["ADMIN"]:
            member, delay = (False, 0) if fresh else self._access(ADMIN_ID, account)
            if not member or delay != admin.delay:
                yield authority.prepare(
                    "grantRole",
                    ADMIN_ID,
                    account,
                    admin.delay,
                    text=f"grant ADMIN to {account} with a delay of {admin.delay} s",
                )
        declared = {
            self.roles.roles[name].id
            for name, held in self._holders().items()
            if self.account in held
        }
        granter = self.roles.roles[self.roles.granter].id
        for role_id in (granter, ADMIN_ID):
            lent = fresh or (borrowed and role_id == granter)
            if role_id not in declared and (lent or self._has(role_id, self.account)):
                name = self.roles.by_id[role_id].name
                yield authority.prepare(
                    "renounceRole", role_id, self.account, text=f"take {name} from the deployer"
                )

    def _access(self, role_id: int, account: str) -> tuple[bool, int]:
        member, delay = self.suite.authority.call("hasRole", role_id, account)
        return member, delay

    def _has(self, role_id: int, account: str) -> bool:
        return self._access(role_id, account)[0]

    # Apply

    def apply(self, plan: Plan, progress: Callable[[str], None] = lambda _: None) -> None:
        """Carries a plan out; neighbouring calls to the Authority go in one transaction."""
        chain = self.suite.chain
        create2.require_factory(chain)
        for creation in plan.creations:
            progress(f"create {creation.name}")
            address, receipt = create2.deploy(chain, creation.initcode, sender=self.account)
            if address != creation.address:
                raise DeploymentError(
                    f"{creation.name} went to {address}, not to {creation.address}"
                )
            if receipt:
                self.receipts.append(receipt)
        if plan.settings or plan.handover:
            self._require_power(plan)
        for batch in _in_a_row([*plan.settings, *plan.handover], self.suite.authority.address):
            for call in batch:
                progress(call.text)
            self.receipts.append(self._send(batch))

    def _require_power(self, plan: Plan) -> None:
        member, delay = self._access(ADMIN_ID, self.account)
        if not member or delay:
            # What the deployer would lend itself and give back is nothing for others to schedule.
            calls = [c.text for c in (*plan.settings, *plan.handover)]
            todo = "\n  ".join(text for text in calls if not text.endswith("the deployer"))
            raise DeploymentError(
                f"{self.account} is not ADMIN without delay (it hands that over when a deployment "
                f"ends); these changes must be scheduled by ADMIN or {self.roles.granter}:"
                f"\n  {todo}"
            )

    def _send(self, batch: list[Call]) -> Receipt:
        authority = self.suite.authority
        if batch[0].to != authority.address:
            return self.suite.chain.send(self.account, batch[0].to, batch[0].data)
        data = authority.encode("multicall", [call.data for call in batch])
        return authority.submit(data, sender=self.account)

    # Verify

    def verify(self) -> None:
        """Fails unless everything declared is in force, and nobody else holds any role."""
        left = self.plan()
        if not left.empty:
            raise DeploymentError(
                "after deployment the chain still differs:\n  " + "\n  ".join(left.lines())
            )
        for name, role in self.roles.roles.items():
            members = self.suite.members(role.id)
            undeclared = members - {to_checksum_address(a) for a in self._holders().get(name, ())}
            if undeclared:
                who = ", ".join(sorted(undeclared))
                raise DeploymentError(f"{who} is {name}, and was not declared")
        self._verify_code()

    def _verify_code(self) -> None:
        suite = self.suite
        for peg in suite.pegs.values():
            implementation = to_checksum_address(peg.token.call("implementation"))
            if implementation != suite.controls.address or peg.token.call("delegateAll"):
                raise DeploymentError(
                    f"{peg.config.code} delegates to {implementation}, "
                    f"not to {suite.controls.address}"
                )


def _in_a_row(calls: list[Call], authority: str) -> Iterator[list[Call]]:
    """Neighbouring calls to the Authority together, since it takes lists; others alone."""
    batch: list[Call] = []
    for call in calls:
        if call.to == authority:
            batch.append(call)
            continue
        if batch:
            yield batch
        batch = []
        yield [call]
    if batch:
        yield batch
