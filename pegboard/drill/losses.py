"""`rpc-loss`: the node dies while a transaction is on its way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pegboard import actions
from pegboard.drill.ground import Ground, attest
from pegboard.drill.report import Planned
from pegboard.errors import ChainError, Pending, Unexpected
from pegboard.inputs import reference
from pegboard.sending.journal import DONE, SIGNED

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.actions import Action
    from pegboard.drill.report import Step

NAME, WITHIN = "rpc-loss", 60
PEOPLE = ("customer",)
STEPS = (
    Planned("The node dies before the block", "MINTER", "mint", within=20),
    Planned("Start the node again, or use another", "operator", "status"),
    Planned("Repeat the same command", "MINTER", "mint"),
    Planned("The node dies after the block", "MINTER", "mint", within=20),
    Planned("Start the node again, or use another", "operator", "status"),
    Planned("Repeat the same command", "MINTER", "mint"),
    Planned("Repeat it once more", "MINTER", "mint"),
)
UNIT = 10**6
FIRST, SECOND = reference("FPS 10"), reference("FPS 11")
_SEND, _PAUSE = "eth_sendRawTransaction", 0.02


def prepare(ground: Ground) -> None:
    """Reserves, and nothing minted yet."""
    attest(ground, "1000000")
    # A drill does not wait as long as production would.
    ground.node.courier = ground.courier(patience=2, bump_after=1)


def play(ground: Ground) -> None:
    """All of the runbook, for the two ways in which an answer can be missing."""
    before_it_was_included(ground)
    after_it_was_included(ground)


def _mint(ground: Ground, ref: bytes) -> Action:
    return actions.mint(ground.peg, ground.people["customer"], 1_000 * UNIT, ref)


def before_it_was_included(ground: Ground) -> None:
    """The node took it into its pool, and died before any block."""
    with ground.timed("The node dies before the block") as step:
        ground.chain.result("evm_setAutomine", [False])
        ground.node.after = _strike(ground)
        _is_pending(ground, FIRST)
        ground.shows(step, "what the journal has", _state(ground, FIRST), SIGNED)
    _restart(ground)
    with ground.timed("Repeat the same command") as step:
        _repeat(ground, FIRST)
        _once(ground, step, FIRST, supply=1_000 * UNIT)


def after_it_was_included(ground: Ground) -> None:
    """The transaction is in a block, and nobody here has heard of it."""
    with ground.timed("The node dies after the block") as step:
        ground.node.after = _strike(ground, blocks=1)
        _is_pending(ground, SECOND)
        ground.shows(step, "what the journal has", _state(ground, SECOND), SIGNED)
    _restart(ground)
    with ground.timed("Repeat the same command") as step:
        _repeat(ground, SECOND)
        _once(ground, step, SECOND, supply=2_000 * UNIT)
    with ground.timed("Repeat it once more") as step:
        _repeat(ground, SECOND)
        _repeat(ground, FIRST)
        _once(ground, step, FIRST, supply=2_000 * UNIT)
        _once(ground, step, SECOND, supply=2_000 * UNIT)


def _strike(ground: Ground, *, blocks: int = 0) -> Callable[[str], None]:
    """Kills the node when it has taken a transaction, or included it, before it says so."""
    height = ground.chain.height() + blocks

    def after(method: str) -> None:
        if method == _SEND:
            ground.node.after = lambda _: None
            while ground.chain.height() < height:
                time.sleep(_PAUSE)
            ground.node.die()
            raise ChainError("the connection was cut")

    return after


def _is_pending(ground: Ground, ref: bytes) -> None:
    """T9: what is not known is pending, never failed."""
    try:
        actions.carry_out(ground.suite, _mint(ground, ref), ground.member("MINTER"))
    except Pending as fault:
        ground.say(str(fault))
        return
    raise Unexpected("the command ended, and its node is dead")


def _restart(ground: Ground) -> None:
    with ground.timed("Start the node again, or use another") as step:
        ground.node.start()
        found = ground.chain.code(ground.peg.token.address)
        ground.shows(step, "whether the token is there", "yes" if found else "no", "yes")


def _repeat(ground: Ground, ref: bytes) -> None:
    """What a command does when it is repeated: what is under way is settled, then it looks."""
    courier, minter = ground.node.courier, ground.member("MINTER")
    if courier is None:
        raise Unexpected("no courier")
    courier.settle(minter)
    action = _mint(ground, ref)
    if tx := actions.done_before(action):
        ground.say(f"nothing to do: it was done in transaction {tx}")
        return
    actions.carry_out(ground.suite, action, minter)


def _state(ground: Ground, ref: bytes) -> str:
    key = actions.note_of(_mint(ground, ref)).key
    courier = ground.node.courier
    order = courier.journal.by_key(key) if courier else None
    return order.state if order else "nothing"


def _once(ground: Ground, step: Step, ref: bytes, *, supply: int) -> None:
    """T1, T2: the log of the chain has this reference once, and the supply agrees."""
    token = ground.peg.token
    found = ground.chain.logs(token.address, token.topics("Minted", ref=ref))
    ground.shows(step, "how often the chain has the reference", len(found), 1)
    ground.shows(step, "the supply in base units", token.call("totalSupply"), supply)
    ground.shows(step, "what the journal has", _state(ground, ref), DONE)
