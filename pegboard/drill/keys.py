"""`key-compromise`: a key of PROPOSER is in wrong hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pegboard import expel, issuance, queue
from pegboard.actions import carry_out
from pegboard.drill.ground import DAY, Ground, holders_of
from pegboard.drill.report import Planned
from pegboard.inputs import reference

if TYPE_CHECKING:
    from pegboard.contract import Contract

NAME, WITHIN = "key-compromise", 60
PEOPLE = ("enterprise", "successor")
STEPS = (
    Planned("See what the key has done", "anybody", "issue list"),
    Planned("Expel the key", "EXPELLER", "expel member"),
    Planned("See that the key can do nothing", "the key", "issue propose"),
    Planned("Cancel its open orders", "GUARDIAN", "issue cancel"),
    Planned("Look for what else it scheduled", "GUARDIAN", "queue list"),
    Planned("Grant the role to a new key", "GOVERNOR", "apply", waits="GOVERNOR"),
    Planned("Prove the new key", "PROPOSER", "issue propose"),
)
ROLE, CHANNEL, REF = "PROPOSER", "DRILL-1", reference("incident 7")
UNIT = 10**6
#: Credits that no bank has seen.
FORGED = (reference("forged 1"), reference("forged 2"))


def prepare(ground: Ground) -> None:
    """An open channel, and two orders that the thief proposed through it."""
    desk, peg = ground.suite.desks.issuance, ground.peg
    channel = issuance.channel_word(CHANNEL)
    args = (channel, peg.token.address, 1, ground.people["enterprise"], reference("board 4"))
    ground.as_role("GOVERNOR", desk, "openChannel", *args, text=f"open {CHANNEL}")
    limits = (channel, 5_000_000 * UNIT, 20_000_000 * UNIT, DAY, reference("board 4"))
    ground.as_role("GOVERNOR", desk, "raiseChannel", *limits, text=f"let {CHANNEL} issue")
    for ref in FORGED:
        desk.send("propose", *_proposal(ground, ref), sender=ground.member(ROLE))


def _proposal(ground: Ground, ref: bytes) -> tuple[Any, ...]:
    channel, code = issuance.channel_word(CHANNEL), ground.peg.config.code.encode()
    return (ref, channel, code, 900_000 * UNIT)


def play(ground: Ground) -> None:
    """All of the runbook."""
    thief = ground.member(ROLE)
    successor = ground.people["successor"]
    desk, authority = ground.suite.desks.issuance, ground.suite.authority
    contain(ground, thief)
    undo(ground, desk, thief)
    replace(ground, successor)
    with ground.timed("Prove the new key") as step:
        desk.send("propose", *_proposal(ground, reference("FPS 1")), sender=successor)
        order = issuance.order_of(ground.suite, reference("FPS 1"))
        ground.shows(step, "who proposed the next order", order.proposer, successor)
        members = holders_of(ground.suite, ground.roles, ROLE)
        ground.shows(step, f"who holds {ROLE}", members, {successor})
        ground.shows(step, "what waits in the queue", _waiting(ground), [])
        ground.shows(step, "the powers of the stolen key", _powers(ground, thief), [])
    ground.expect("ADMIN's holders", len(authority.call("members", 0)), 1)


def contain(ground: Ground, thief: str) -> None:
    """What the key did, and that it does no more."""
    with ground.timed("See what the key has done") as step:
        found = [it for it in _orders(ground) if it.proposer == thief]
        ground.shows(step, "open orders of the key", len(found), len(FORGED))
    with ground.timed("Expel the key") as step:
        action = expel.member(ground.suite, ground.roles, ROLE, thief, REF)
        carry_out(ground.suite, action, ground.member("EXPELLER"))
        members = holders_of(ground.suite, ground.roles, ROLE)
        ground.shows(step, f"who holds {ROLE}", members, set())
    with ground.timed("See that the key can do nothing") as step:
        call = _proposal(ground, reference("forged 3"))
        what = "one more forged order"
        desk = ground.suite.desks.issuance
        ground.must_refuse(step, "AccessManagedUnauthorized", what, desk, thief, "propose", *call)


def undo(ground: Ground, desk: Contract, thief: str) -> None:
    """What the key left behind is taken away, before anybody approves it."""
    guardian, approver = ground.member("GUARDIAN"), ground.keys[41].address
    with ground.timed("Cancel its open orders") as step:
        for ref in FORGED:
            carry_out(ground.suite, issuance.cancel(ground.suite, ref, REF), guardian)
        left = [it for it in _orders(ground) if it.proposer == thief]
        ground.shows(step, "open orders of the key", len(left), 0)
        approve = ("approve", FORGED[0], issuance.channel_word(CHANNEL), 900_000 * UNIT)
        what = "an approver who has not heard of it"
        ground.must_refuse(step, "OrderNotProposed", what, desk, approver, *approve)
    with ground.timed("Look for what else it scheduled") as step:
        theirs = [op for op in queue.operations(ground.suite) if op.caller == thief]
        ground.shows(step, "operations that the key scheduled", theirs, [])


def replace(ground: Ground, successor: str) -> None:
    """The new holder, as slowly as any grant; the old key never comes back."""
    role = ground.roles.roles[ROLE]
    with ground.timed("Grant the role to a new key") as step:
        authority = ground.suite.authority
        args = (role.id, successor, role.delay)
        text = f"grant {ROLE} to {successor}"
        ground.as_role("GOVERNOR", authority, "grantRole", *args, text=text)
        members = holders_of(ground.suite, ground.roles, ROLE)
        ground.shows(step, f"who holds {ROLE}", members, {successor})


def _orders(ground: Ground) -> list[issuance.Order]:
    return issuance.open_orders(ground.suite, ground.peg)


def _waiting(ground: Ground) -> list[str]:
    return [op.key for op in queue.operations(ground.suite) if op.state in queue.OPEN]


def _powers(ground: Ground, account: str) -> list[str]:
    roles = ground.roles.roles.values()
    return [it.name for it in roles if ground.suite.authority.call("hasRole", it.id, account)[0]]
