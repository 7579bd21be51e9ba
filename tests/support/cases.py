"""Cases of courts and authorities, in one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eth_utils import keccak

from tests.support.world import REF

if TYPE_CHECKING:
    from typing import Any

    from pegboard.chain import Receipt
    from tests.support.world import World

DAY = 86_400
CASE, OTHER = keccak(text="case 1"), keccak(text="case 2")
DOCUMENT = keccak(text="order")
NO_CLASS, COURT_ORDER, AUTHORITY_REQUEST, SECURITY, REVIEW = range(5)
NONE, PROPOSED, EXECUTED, CANCELLED = range(4)
DESTROY = "0x" + "00" * 20


class Entry(NamedTuple):
    """What a case records of an account."""

    token: str
    account: str
    frozen: bool
    ceiling: int
    held: int
    taken: int


class Proposal(NamedTuple):
    """What is recorded of an order."""

    case: bytes
    token: str
    account: str
    to: str
    value: int
    redemption: int
    proposer: str
    proposed_at: int
    status: int


def caseworker(world: World, verb: str, *args: Any) -> Receipt:
    """Any verb of the case worker, at once."""
    return world.suite.desks.orders.send(verb, *args, sender=world.member("CASEWORKER"))


def open_case(
    world: World, case: bytes = CASE, *, days: int = 30, kind: int = COURT_ORDER
) -> Receipt:
    """Opens a case that is to be reviewed in so many days."""
    return caseworker(world, "openCase", case, kind, world.chain.now() + days * DAY, DOCUMENT)


def name(world: World, account: str, ceiling: int, case: bytes = CASE) -> Receipt:
    """Names an account of the first currency."""
    return caseworker(world, "nameAccount", case, world.token.address, account, ceiling)


def freeze(world: World, *accounts: str, case: bytes = CASE) -> Receipt:
    """Freezes named accounts."""
    return caseworker(world, "freeze", case, world.token.address, list(accounts))


def hold(world: World, account: str, value: int, case: bytes = CASE) -> Receipt:
    """Holds more of a named account."""
    return caseworker(world, "hold", case, world.token.address, account, value)


def unfreeze(world: World, *accounts: str, case: bytes = CASE) -> Receipt:
    """Lifts the case's freezes, after the releaser's delay."""
    args = (case, world.token.address, list(accounts))
    return world.act("RELEASER", world.suite.desks.orders, "unfreeze", *args)


def release(world: World, account: str, value: int, case: bytes = CASE) -> Receipt:
    """Releases what the case holds, after the releaser's delay."""
    args = (case, world.token.address, account, value)
    return world.act("RELEASER", world.suite.desks.orders, "release", *args)


def close(world: World, case: bytes = CASE) -> Receipt:
    """Closes a case, after the releaser's delay."""
    return world.act("RELEASER", world.suite.desks.orders, "closeCase", case, REF)


def propose(
    world: World, account: str, to: str, value: int, redemption: int = 0, case: bytes = CASE
) -> int:
    """Proposes to take; returns the order's number."""
    args = (case, world.token.address, account, to, value, redemption)
    caseworker(world, "propose", *args)
    return int(world.suite.desks.orders.call("proposalCount"))


def execute(world: World, number: int) -> Receipt:
    """Executes an order, after the executor's delay."""
    return world.act("EXECUTOR", world.suite.desks.orders, "execute", number)


def entry(world: World, account: str, case: bytes = CASE) -> Entry:
    """What a case records of an account of the first currency."""
    args = (case, world.token.address, account)
    return Entry(*world.suite.desks.orders.call("entryOf", *args))


def proposal(world: World, number: int) -> Proposal:
    """An order's record."""
    return Proposal(*world.suite.desks.orders.call("proposalOf", number))
