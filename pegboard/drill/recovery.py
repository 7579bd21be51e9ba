"""`recovery`: a wrong upgrade waits, ADMIN changes hands, and a machine is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from eth_utils import keccak

from pegboard import actions, expel, queue
from pegboard.deploy import Deployer
from pegboard.desired import records
from pegboard.drill.ground import CODE, Ground, attest, holders_of
from pegboard.drill.report import Planned
from pegboard.errors import ReferenceUsed, Unexpected
from pegboard.inputs import reference
from pegboard.suite import locate

if TYPE_CHECKING:
    from pathlib import Path

NAME, WITHIN = "recovery", 60
PEOPLE = ("customer", "successor")
STEPS = (
    Planned("Find it in the queue", "anybody", "queue list"),
    Planned("Cancel it", "GUARDIAN", "queue cancel"),
    Planned("See that it is not executed when due", "UPGRADER", "queue execute", waits="UPGRADER"),
    Planned("Grant ADMIN to a new holder", "ADMIN", "apply", waits="ADMIN"),
    Planned("Expel the old holder", "EXPELLER", "expel member"),
    Planned("Rebuild the records", "the new machine", "deploy"),
    Planned("Repeat the last order without the journal", "MINTER", "mint"),
)
REF, CREDIT = reference("incident 9"), reference("FPS 9")
UNIT = 10**6


def prepare(ground: Ground) -> None:
    """Records and a journal on one machine, money in circulation, and a wrong upgrade."""
    attest(ground, "1000000")
    mint = actions.mint(ground.peg, ground.people["customer"], 1_000 * UNIT, CREDIT)
    actions.carry_out(ground.suite, mint, ground.member("MINTER"))
    records.write(ground.folder / "deployments", ground.suite, ground.peg, _deployer(ground))
    wrong = ground.suite.controls.address
    code, audit = keccak(ground.chain.code(wrong)), keccak(text="no audit")
    upgrade = ground.peg.token.encode("upgrade", wrong, code, audit, False)  # noqa: FBT003
    args = ("schedule", ground.peg.token.address, upgrade, 0)
    ground.suite.authority.send(*args, sender=ground.member("UPGRADER"))


def play(ground: Ground) -> None:
    """All of the runbook."""
    stop_the_upgrade(ground)
    replace_admin(ground)
    rebuild(ground)


def stop_the_upgrade(ground: Ground) -> None:
    """Found in the queue, cancelled, and refused when it would have been due."""
    suite, token = ground.suite, ground.peg.token
    with ground.timed("Find it in the queue") as step:
        [found] = [op for op in queue.operations(suite) if op.state in queue.OPEN]
        told = queue.as_dict(suite, ground.roles, found, queue.reader(suite, ground.roles))
        ground.shows(step, "what waits", told["function"], "upgrade")
        ground.shows(step, "who can cancel it", told["guardian"], "GUARDIAN")
    with ground.timed("Cancel it") as step:
        guardian = ground.member("GUARDIAN")
        reader = queue.reader(suite, ground.roles)
        action = queue.cancel(suite, ground.roles, found, guardian, reader, REF)
        actions.carry_out(suite, action, guardian)
        states = {op.key: op.state for op in queue.operations(suite)}
        ground.shows(step, "what became of it", states[found.key], "cancelled")
    wait = ground.roles.roles["UPGRADER"].delay
    title = "See that it is not executed when due"
    with ground.timed(title) as step:
        ground.warp(wait)
        data = found.data
        ground.refused(
            "AccessManagerNotScheduled",
            "the cancelled upgrade",
            lambda: token.submit(data, sender=found.caller),
            ground.peg,
        )
        step.checks.append("refused, AccessManagerNotScheduled: the cancelled upgrade")
        ours = suite.controls.address.lower()
        ground.shows(step, "the code in force", token.call("implementation").lower(), ours)


def replace_admin(ground: Ground) -> None:
    """The new holder first, then the old one at once: ADMIN is never nobody."""
    suite, old, new = ground.suite, ground.member("ADMIN"), ground.people["successor"]
    wait = ground.roles.roles["ADMIN"].delay
    with ground.timed("Grant ADMIN to a new holder") as step:
        data = suite.authority.encode("grantRole", 0, new, wait)
        suite.authority.send("schedule", suite.authority.address, data, 0, sender=old)
        ground.warp(wait)
        suite.authority.submit(data, sender=old)
        members = holders_of(suite, ground.roles, "ADMIN")
        ground.shows(step, "who is ADMIN", members, {old, new})
    with ground.timed("Expel the old holder") as step:
        action = expel.member(suite, ground.roles, "ADMIN", old, REF)
        actions.carry_out(suite, action, ground.member("EXPELLER"))
        ground.shows(step, "who is ADMIN", holders_of(suite, ground.roles, "ADMIN"), {new})
        ground.must_refuse(
            step,
            "LastAdmin",
            "expelling the only ADMIN",
            suite.authority,
            ground.member("EXPELLER"),
            *("expel", 0, new, REF),
        )


def rebuild(ground: Ground) -> None:
    """A new machine has the repository and the chain, and nothing else."""
    kit, deployer = ground.kit, _deployer(ground)
    kept = ground.folder / "deployments"
    with ground.timed("Rebuild the records") as step:
        chosen = {ground.peg.config.code: ground.peg.config}
        suite = locate(ground.node, kit.artifacts, chosen, kit.desks, deployer, ground.keys.resolve)
        made = Deployer(suite, kit.artifacts, kit.roles, deployer, ground.keys.resolve)
        missing = [text for text in made.plan().lines() if "ADMIN" not in text]
        ground.shows(step, "what a deployment would do besides naming ADMIN", missing, [])
        path = records.write(ground.folder / "anew", suite, suite.peg(CODE), deployer)
        lost = records.path_of(kept, ground.chain.chain_id, CODE).read_text()
        ground.shows(step, "the records against the lost ones", _compare(path, lost), "the same")
    with ground.timed("Repeat the last order without the journal") as step:
        ground.node.courier = ground.courier("another")
        action = actions.mint(ground.peg, ground.people["customer"], 1_000 * UNIT, CREDIT)
        try:
            actions.carry_out(ground.suite, action, ground.member("MINTER"))
        except ReferenceUsed as fault:
            step.checks.append(f"refused: {fault}")
        else:
            raise Unexpected("an order was carried out twice")
        supply = ground.peg.token.call("totalSupply")
        ground.shows(step, "the supply in base units", supply, 1_000 * UNIT)


def _compare(path: Path, lost: str) -> str:
    return "the same" if json.loads(path.read_text()) == json.loads(lost) else "others"


def _deployer(ground: Ground) -> str:
    return ground.people["deployer"]
