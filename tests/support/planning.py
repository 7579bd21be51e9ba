"""Changing a suite behind the declaration's back, and letting its holders carry out plans."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pegboard.desired.apply import carry_out
from pegboard.desired.declaration import UsesConfig
from pegboard.desired.plan import NOW, SCHEDULE, WAITING, Plan, Planner
from pegboard.desired.records import record_of, recorded
from pegboard.operate import due_at
from pegboard.sending.journal import NO_NOTE, Note
from pegboard.suite import locate
from tests.support.remember import Remembering
from tests.support.revm import RevmChain
from tests.support.world import artifacts, currencies, desks, key, resolve, roles

if TYPE_CHECKING:
    from pegboard.chain import Receipt
    from pegboard.contract import Call, Contract
    from tests.support.world import World

DEPLOYER = key(0).address
#: Somebody without any role.
ANYBODY = key(29).address


class CutChain(Remembering):
    """Goes dead after a number of transactions."""

    left = 10**9

    def send(self, sender: str, to: str, data: bytes, note: Note = NO_NOTE) -> Receipt:
        if self.left == 0:
            raise ConnectionError
        self.left -= 1
        return super().send(sender, to, data, note)


class Thinking(Remembering):
    """A chain that tells what a creation would leave behind, as a node does.

    `known` are the contracts that a creation may look at.
    """

    known: tuple[str, ...] = ()

    def created(self, address: str, initcode: bytes) -> bytes:
        other = RevmChain(self.chain_id, self.timestamp)
        for known in self.known:
            other.put_code(known, self.code(known))
        other.put_code(address, initcode)
        return other.call(address, b"")


def planner_of(
    world: World,
    *,
    chosen: dict[str, Any] | None = None,
    declared: Any = None,
    table: Any = None,
    channels: Any = None,
    uses: Any = None,
    codes: tuple[str, ...] = (),
    kept: bool = False,
) -> Planner:
    """What compares a world with the shipped declaration, or with another one.

    With `kept` the contracts are where the records of the world's deployment say.
    """
    suite = world.suite
    there = {code: currencies()[code] for code in suite.pegs}
    found = [record_of(suite, peg, DEPLOYER) for peg in suite.pegs.values()] if kept else []
    located = locate(
        world.chain,
        artifacts(),
        there if chosen is None else chosen,
        declared or desks(),
        DEPLOYER,
        resolve,
        recorded(found),
    )
    table = table or roles()
    declared_uses = uses or UsesConfig()
    left = (channels or {}, frozenset(codes), declared_uses)
    return Planner(located, artifacts(), table, DEPLOYER, resolve, *left)


def table_with(**changes: tuple[str, ...]) -> Any:
    """The shipped roles with other holders."""
    return replace(roles(), holders={"local": {**roles().holders["local"], **changes}})


def act_as(world: World, role: str, contract: Contract, name: str, *args: Any) -> None:
    """A privileged call, scheduled and waited for where it must be; of the Authority's own, too."""
    send_as(world, world.member(role), contract.prepare(name, *args), roles().roles[role].delay)


def send_as(world: World, account: str, call: Call, delay: int) -> None:
    """A call as an account that waits so long."""
    authority = world.suite.authority
    if delay:
        authority.send("schedule", call.to, call.data, 0, sender=account)
        world.chain.warp(due_at(authority, call, account) - world.chain.now())
    authority.at(call.to).submit(call.data, sender=account)


def settle(planner: Planner, limit: int = 8) -> Plan:
    """Everybody who is declared does what they can, and time passes, until nothing is left."""
    chain = planner.suite.chain
    for _ in range(limit):
        plan = planner.plan()
        if plan.empty:
            return plan
        able = {s.account for who in plan.signers.values() for s in who if _can(s)}
        for account in ([ANYBODY] if plan.creations else []) + sorted(able):
            carry_out(planner, account)
        plan = planner.plan()
        waits = [s.ready_at for who in plan.signers.values() for s in who if s.state == WAITING]
        chain.warp(max(0, min(waits, default=0) - chain.now()))
    raise AssertionError(f"after {limit} rounds is left: {planner.plan().lines()}")


def _can(signer: Any) -> bool:
    return signer.state in (NOW, SCHEDULE)


def who(planner: Planner, plan: Plan) -> list[tuple[str, str, str]]:
    """Each step's role, and the account and state of its first signer."""
    found = []
    for step in plan.steps:
        first = next(iter(plan.signers[step]), None)
        found.append((step.role, first.account if first else "", first.state if first else ""))
    return found
