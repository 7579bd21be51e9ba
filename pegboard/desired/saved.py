"""A plan in a file: made once, reviewed by others, and only that plan applied."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils import keccak

from pegboard.amounts import format_duration
from pegboard.chain import JsonRpc
from pegboard.desired.access import titles
from pegboard.errors import DeploymentError, InputError
from pegboard.files import atomic
from pegboard.inputs import moment, moment_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pegboard.chain import Chain
    from pegboard.desired.differences import Step
    from pegboard.desired.plan import Plan, Planner

SCHEMA = "pegboard-plan/1"
#: What makes two steps the same; who can make them, and when, changes with time.
_SAME = ("kind", "role", "to", "data", "does")
_FACTS = {
    "chainId": "it was made for chain {stated}, and this is chain {found}",
    "genesis": "it was made for another chain with this id, whose first block is {stated}",
    "deployer": "it was made for the suite that {stated} deployed, and this is {found}'s",
    "declaration": "the declaration has changed since: its digest was {stated} and is {found}",
}


@dataclass(frozen=True)
class SavedPlan:
    """A plan as its file has it, unchanged."""

    name: str
    content: dict[str, Any]

    @property
    def codes(self) -> tuple[str, ...]:
        """The currencies that it is about."""
        return tuple(self.content["codes"])

    @property
    def hash(self) -> str:
        """What reviewers compare."""
        return str(self.content["hash"])

    def require_same_facts(self, planner: Planner, digest: str) -> None:
        """Refuses another chain, another suite or another declaration."""
        for key, found in facts(planner, digest).items():
            if self.content[key] != found:
                text = _FACTS[key].format(stated=self.content[key], found=found)
                raise DeploymentError(f"{self.name} is not applied: {text}; make a plan anew")

    def require_recent(self, now: int, longest: int) -> None:
        """Refuses a plan that is so old that nobody remembers what it was reviewed for."""
        made = str(self.content["at"])
        age = now - moment(made)
        if age > longest:
            raise DeploymentError(
                f"{self.name} is not applied: it was made at {made}, "
                f"{format_duration(age)} ago, and a plan is applied for {format_duration(longest)}"
                ": make a plan anew, and have it reviewed, or say a longer --max-age if all of it "
                "is still meant"
            )

    def require_covers(self, plan: Plan, planner: Planner) -> None:
        """Refuses what a plan that is made now has, and this one has not.

        What this one has and a fresh one has not is done.
        """
        known = {_key(step) for step in self.content["steps"]}
        fresh = [step_as_dict(planner, plan, step) for step in plan.steps]
        others = [step["does"] for step in fresh if _key(step) not in known]
        if others:
            listed = "\n  ".join(others)
            raise DeploymentError(
                f"{self.name} is not applied: the chain has changed, so that a plan that is made "
                f"now would also\n  {listed}\nMake a plan anew"
            )


def _key(step: dict[str, Any]) -> tuple[str, ...]:
    return tuple(step[name] for name in _SAME)


def facts(planner: Planner, digest: str) -> dict[str, Any]:
    """What must be the same when a plan is made and when it is applied."""
    chain = planner.suite.chain
    return {
        "chainId": chain.chain_id,
        "genesis": _genesis(chain),
        "deployer": planner.account,
        "declaration": digest,
    }


def _genesis(chain: Chain) -> str:
    if not isinstance(chain, JsonRpc):
        return ""
    return chain.genesis()


def as_dict(planner: Planner, plan: Plan, digest: str, codes: Iterable[str]) -> dict[str, Any]:
    """A plan as its file says it, and its hash over all of that."""
    chain = planner.suite.chain
    content: dict[str, Any] = {"schema": SCHEMA} | facts(planner, digest)
    content |= {
        "block": chain.height() if isinstance(chain, JsonRpc) else 0,
        "at": moment_text(chain.now()),
        "codes": sorted(codes),
        "steps": [step_as_dict(planner, plan, step) for step in plan.steps],
        "underway": [difference.text for difference in plan.underway],
        "faults": [difference.text for difference in plan.faults],
    }
    return content | {"hash": _hash(content)}


def step_as_dict(planner: Planner, plan: Plan, step: Step) -> dict[str, Any]:
    """One step: what it does, to which contract, and who can make it."""
    named = titles(planner.suite)
    return {
        "kind": step.kind,
        "role": step.role,
        "does": step.text,
        "contract": step.name or named.get(step.call.to, step.call.to),
        "to": step.call.to,
        "data": "0x" + step.call.data.hex(),
        "signers": [
            {"account": s.account, "state": s.state, "delay": s.delay}
            | ({"readyAt": moment_text(s.ready_at)} if s.ready_at else {})
            for s in plan.signers.get(step, ())
        ],
    }


def _hash(content: dict[str, Any]) -> str:
    bare = {key: value for key, value in content.items() if key != "hash"}
    return "0x" + keccak(json.dumps(bare, sort_keys=True).encode()).hex()


def _bytes(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=2) + "\n").encode()


def save(path: Path, content: dict[str, Any]) -> None:
    """Writes a plan whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(path, _bytes(content))


def load(path: Path) -> SavedPlan:
    """Reads a plan; refuses one of which a single byte was changed."""
    try:
        raw = path.read_bytes()
        content = json.loads(raw)
        if content["schema"] != SCHEMA:
            raise InputError(f"{path.name} is no plan: make one with `plan --out`")
        _ = (
            [_key(step) for step in content["steps"]],
            [content[key] for key in (*_FACTS, "codes", "at")],
        )
        # Also what a reader of JSON would not see: spaces, and keys that are there twice.
        unchanged = _bytes(content) == raw and content["hash"] == _hash(content)
    except OSError as fault:
        raise InputError(f"cannot read {path}: {fault.strerror}") from fault
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise InputError(f"{path.name} is no plan: make one with `plan --out`") from fault
    if not unchanged:
        raise InputError(
            f"{path.name} was changed after it was made, since its hash is not that of what it "
            "says: nothing of it is applied; make a plan anew"
        )
    return SavedPlan(path.name, content)
