"""Whether the chain is as declared, and nobody has a power that no file declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pegboard.desired.access import ADMIN
from pegboard.desired.bytecode import code_faults
from pegboard.desired.commons import require_declared
from pegboard.desired.parties import multisig_faults, party_faults, safe_faults
from pegboard.desired.records import record_of
from pegboard.desired.trading import require_tradable
from pegboard.errors import PegboardError
from pegboard.inputs import moment_text
from pegboard.queue import OPEN, operations, reader, required_role, role_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pegboard.desired.plan import Planner

#: Drift of a setting, a power that nobody declared, who holds powers, code, what is to come, and
#: what was recorded.
DRIFT, POWER, HOLDER, CODE, PENDING, RECORD = (
    "drift",
    "power",
    "holder",
    "code",
    "pending",
    "record",
)


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was declared."""

    kind: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return {"class": self.kind, "text": self.text}


def audit(
    planner: Planner, records: Mapping[str, dict[str, Any] | None] | None = None
) -> list[Finding]:
    """Everything that is not as declared; `records` are those of the compared currencies."""
    found = [*_differences(planner), *_holders(planner), *_pending(planner)]
    found += [Finding(CODE, text) for text in code_faults(planner.suite, planner.codes)]
    if records is not None:
        found += [Finding(RECORD, text) for text in _records(planner, records)]
    return list(dict.fromkeys(found))


def _differences(planner: Planner) -> Iterator[Finding]:
    reader = planner.reader()
    for require in (require_declared, require_tradable):
        try:
            require(reader)
        except PegboardError as fault:
            yield Finding(DRIFT, str(fault))
    if reader.deploying:
        text = f"the deployment is not over: {planner.account} is ADMIN without delay"
        if reader.is_there(planner.suite.authority):
            yield Finding(POWER, text)
    found = planner.differences(reader)
    if not reader.is_there(planner.suite.authority):
        # All the rest follows from it.
        found = [d for d in found if any(step.kind == "create" for step in d.steps)]
    for difference in found:
        kind = PENDING if difference.until else POWER if difference.power else DRIFT
        yield Finding(kind, difference.text)


def _holders(planner: Planner) -> Iterator[Finding]:
    suite, roles, resolve = planner.suite, planner.roles, planner.resolve
    for text in party_faults(suite, roles, resolve):
        yield Finding(HOLDER, text)
    for text in multisig_faults(suite, roles, resolve):
        yield Finding(HOLDER, text)
    for text in safe_faults(suite, roles, resolve):
        yield Finding(HOLDER, text)


def _pending(planner: Planner) -> Iterator[Finding]:
    """What is scheduled and will change powers, settings or code, as soon as its delay is over.

    Everyday verbs that wait, such as a release, change nothing that is declared.
    """
    suite, roles = planner.suite, planner.roles
    if not suite.chain.code(suite.authority.address):
        return
    describe = reader(suite, roles)
    everyday = set(roles.roles) - {ADMIN, roles.granter, "UPGRADER"}
    for operation in operations(suite):
        role = role_name(roles, required_role(suite.authority, operation))
        if operation.state in OPEN and role not in everyday:
            what = "; ".join(describe(operation.target, operation.data))
            due = f"due at {moment_text(operation.due)}"
            yield Finding(PENDING, f"{operation.caller} ({role}) has scheduled {what}, {due}")


def _records(planner: Planner, records: Mapping[str, dict[str, Any] | None]) -> Iterator[str]:
    for code, record in records.items():
        peg = planner.suite.pegs[code]
        if not planner.suite.chain.code(peg.token.address):
            continue
        if record is None:
            yield f"no deployment of {code} is recorded for chain {planner.suite.chain.chain_id}"
            continue
        wanted = record_of(planner.suite, peg, planner.account)
        for path, stated, actual in _apart(record, wanted):
            yield f"the record of {code} says {path} is {stated}, and it is {actual}"


def _apart(stated: Any, actual: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(stated, dict) and isinstance(actual, dict):
        for key in dict.fromkeys((*stated, *actual)):
            inner = f"{path}.{key}" if path else key
            yield from _apart(stated.get(key, "nothing"), actual.get(key, "nothing"), inner)
    elif stated != actual:
        yield path, stated, actual
