"""What is scheduled in the Authority: waiting for its delay, due, expired, executed or cancelled.

The log says what was scheduled, by whom and when; the chain says what has become of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pegboard import rpc
from pegboard.actions import Action
from pegboard.amounts import format_duration
from pegboard.chain import History, JsonRpc
from pegboard.contract import Call, Contract, selector_of, signature_of
from pegboard.desired.access import ADMIN_ID, role_kept
from pegboard.errors import ChainError, InputError, NotDue, NotPermitted
from pegboard.inputs import moment_text
from pegboard.reading.decode import Decoder
from pegboard.suite import contracts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pegboard.config import RolesConfig
    from pegboard.suite import Suite

    #: What calldata does, one sentence an effect.
    Describe = Callable[[str, bytes], list[str]]

OPEN = ("waiting", "due")
STATES = (*OPEN, "expired", "executed", "cancelled")
_ENDS = {"OperationExecuted": "executed", "OperationCanceled": "cancelled"}
_SHORTEST_PREFIX = 6


@dataclass(frozen=True)
class Operation:
    """One scheduling of one call; the same call scheduled anew has the same id and a new nonce."""

    id: bytes
    nonce: int
    caller: str
    target: str
    data: bytes
    due: int
    expires: int
    state: str
    tx: str
    ended: str = ""

    @property
    def key(self) -> str:
        """What people name it by; any beginning of it will do that no other has."""
        return f"0x{self.id.hex()}-{self.nonce}"


# Reading


def operations(suite: Suite) -> list[Operation]:
    """Everything that was ever scheduled, oldest first."""
    authority, chain = suite.authority, suite.chain
    if not isinstance(chain, History):
        raise ChainError(f"chain {chain.chain_id} keeps no history: ask a node that has its log")
    life, now = int(authority.call("expiration")), chain.now()
    ends = {}
    for event, state in _ENDS.items():
        for log in chain.logs(authority.address, authority.topics(event)):
            [(_, found)] = authority.events([log])
            ends[found["operationId"], found["nonce"]] = (state, log.tx)
    made = []
    for log in chain.logs(authority.address, authority.topics("OperationScheduled")):
        [(_, found)] = authority.events([log])
        state, ended = ends.get((found["operationId"], found["nonce"]), ("", ""))
        operation = Operation(
            id=bytes.fromhex(found["operationId"][2:]),
            nonce=found["nonce"],
            caller=found["caller"],
            target=found["target"],
            data=bytes.fromhex(found["data"][2:]),
            due=found["schedule"],
            expires=found["schedule"] + life,
            state=state,
            tx=log.tx,
            ended=ended,
        )
        made.append(operation)
    newest = {operation.id: operation.nonce for operation in made}
    return [
        op if op.state else replace(op, state=_standing(authority, op, newest[op.id], now))
        for op in made
    ]


def _standing(authority: Contract, operation: Operation, newest: int, now: int) -> str:
    """Of one that the log does not end: the chain decides, and must know of no later one."""
    nonce = int(authority.call("getNonce", operation.id))
    if nonce != newest:
        raise ChainError(
            f"the node's log ends at schedule {newest} of 0x{operation.id.hex()}, and the chain is "
            f"at {nonce}: ask a node that has the whole log"
        )
    scheduled = int(authority.call("getSchedule", operation.id))
    if operation.nonce != newest or not scheduled:
        return "expired"
    return "waiting" if scheduled > now else "due"


def find(found: Iterable[Operation], text: str) -> Operation:
    """The operation that a key or the beginning of one names: the newest of the same call."""
    wanted = text.lower()
    wanted = wanted if wanted.startswith("0x") else "0x" + wanted
    if len(wanted) < _SHORTEST_PREFIX:
        raise InputError(f"{text!r} is too short: give at least 4 digits of what `queue list` says")
    matching = [op for op in found if op.key.startswith(wanted)]
    if not matching:
        raise InputError(f"nothing was scheduled as {text}: `queue list --all` shows what was")
    if len({op.id for op in matching}) > 1:
        raise InputError(
            f"{text} may be {', '.join(op.key[:14] + '...' for op in matching)}: give more digits"
        )
    return max(matching, key=lambda op: op.nonce)


# Describing


def required_role(authority: Contract, operation: Operation) -> int:
    """The role that the call takes, as the manager itself decides it."""
    if operation.target == authority.address:
        role_id, _ = role_kept(authority, operation.data)
        if role_id is not None:
            return role_id
    return _mapped(authority, operation)


def guardian_role(authority: Contract, operation: Operation) -> int:
    """The role whose members can cancel it; ADMIN where no other was named."""
    return int(authority.call("getRoleGuardian", _mapped(authority, operation)))


def _mapped(authority: Contract, operation: Operation) -> int:
    at = (operation.target, operation.data[:4])
    return int(authority.call("getTargetFunctionRole", *at))


def holders(suite: Suite, role: int) -> list[str]:
    """The members of a role whose grant is in effect."""
    held = suite.members(role)
    return sorted(who for who in held if suite.authority.call("hasRole", role, who)[0])


def located(suite: Suite) -> dict[str, tuple[str, Contract]]:
    """The contracts of a chain by address, each with the name that people know it by."""
    # Their code is run by tokens and feeds: nothing is asked of the contracts themselves.
    behind = {suite.controls.address, suite.feed_controls.address}
    return {it.address: (name, it) for name, it, _ in contracts(suite) if it.address not in behind}


def function_of(contract: Contract, data: bytes) -> dict[str, Any] | None:
    """The ABI's item of calldata."""
    items = (x for x in contract.abi if x["type"] == "function")
    return next((x for x in items if selector_of(signature_of(x)) == data[:4]), None)


def reader(suite: Suite, roles: RolesConfig) -> Describe:
    """What any call does, read from its bytes."""
    decoder = Decoder(suite, roles)

    def describe(to: str, data: bytes) -> list[str]:
        return [effect.sentence for effect in decoder.effects(to, data)]

    return describe


def as_dict(
    suite: Suite, roles: RolesConfig, operation: Operation, describe: Describe
) -> dict[str, Any]:
    """One operation with everything that a signer, a guardian or an auditor asks."""
    authority = suite.authority
    name, contract = located(suite).get(operation.target, (operation.target, None))
    item = function_of(contract, operation.data) if contract else None
    role, guardian = required_role(authority, operation), guardian_role(authority, operation)
    member, delay = authority.call("hasRole", role, operation.caller)
    return {
        "key": operation.key,
        "id": "0x" + operation.id.hex(),
        "nonce": operation.nonce,
        "state": operation.state,
        "what": describe(operation.target, operation.data),
        "caller": operation.caller,
        "callerHolds": bool(member),
        "callerDelay": delay,
        "target": operation.target,
        "targetName": name,
        "function": item["name"] if item else "",
        "data": "0x" + operation.data.hex(),
        "scheduledAt": _time_of(suite, operation.tx),
        "scheduledIn": operation.tx,
        "dueAt": moment_text(operation.due),
        "expiresAt": moment_text(operation.expires),
        "endedIn": operation.ended,
        "role": role_name(roles, role),
        "guardian": role_name(roles, guardian),
        "guardians": holders(suite, guardian),
    }


def role_name(roles: RolesConfig, role: int) -> str:
    """A role as roles.toml calls it."""
    return roles.by_id[role].name if role in roles.by_id else f"role {role}"


def _time_of(suite: Suite, tx: str) -> str | None:
    """When a transaction was included; None where the node has forgotten it."""
    chain = suite.chain
    if not isinstance(chain, JsonRpc) or not tx:
        return None
    found = chain.result("eth_getTransactionByHash", [tx])
    if not found or not found.get("blockNumber"):
        return None
    return moment_text(rpc.integer(chain.block(found["blockNumber"])["timestamp"], "a block"))


# Acting


def execute(
    suite: Suite, roles: RolesConfig, operation: Operation, signer: str, describe: Describe
) -> Action:
    """The call itself, sent by who scheduled it; directly to the target, never scheduled anew."""
    told = f"{operation.key[:14]}... ({'; '.join(describe(operation.target, operation.data))})"
    if operation.state == "executed":
        return _action(suite, roles, operation, told, done=True)
    if operation.state == "cancelled":
        raise NotPermitted(f"{told} was cancelled in {operation.ended}: schedule it anew")
    if operation.state == "expired":
        raise NotPermitted(
            f"{told} expired at {moment_text(operation.expires)}: schedule it anew with the "
            "command that scheduled it"
        )
    if signer != operation.caller:
        raise NotPermitted(f"{told} can be executed by {operation.caller} alone, who scheduled it")
    now = suite.chain.now()
    if operation.state == "waiting":
        wait = format_duration(operation.due - now)
        raise NotDue(f"{told} is due at {moment_text(operation.due)}, in {wait}", operation.due)
    return _action(suite, roles, operation, told)


def _action(
    suite: Suite, roles: RolesConfig, operation: Operation, told: str, *, done: bool = False
) -> Action:
    target = located(suite).get(operation.target)
    contract = target[1] if target else suite.authority.at(operation.target)
    item = function_of(contract, operation.data)
    peg = next((p for p in suite.pegs.values() if operation.target == p.token.address), None)
    return Action(
        verb=item["name"] if item else "0x" + operation.data[:4].hex(),
        peg=peg,
        contract=contract,
        call=Call(operation.target, operation.data, f"execute {told}"),
        ref=bytes(32),
        details={"operation": operation.key},
        nothing_to_do=done,
        # Not through `operate`, which would schedule it anew were it cancelled in this moment.
        public=True,
        needs=role_name(roles, required_role(suite.authority, operation)),
    )


def cancel(
    suite: Suite,
    roles: RolesConfig,
    operation: Operation,
    signer: str,
    describe: Describe,
    ref: bytes,
) -> Action:
    """Takes an operation off the queue; the reference is for the records, not for the chain."""
    told = f"{operation.key[:14]}... ({'; '.join(describe(operation.target, operation.data))})"
    if operation.state == "executed":
        raise NotPermitted(f"{told} was executed in {operation.ended}: nothing is left to cancel")
    guardian = guardian_role(suite.authority, operation)
    if operation.state in OPEN:
        _require_may_cancel(suite, roles, operation, signer, told)
    args = (operation.caller, operation.target, operation.data)
    return Action(
        verb="cancel",
        peg=None,
        contract=suite.authority,
        call=suite.authority.prepare("cancel", *args, text=f"cancel {told}"),
        ref=ref,
        details={"operation": operation.key},
        nothing_to_do=operation.state not in OPEN,
        public=True,
        needs=role_name(roles, guardian),
    )


def _require_may_cancel(
    suite: Suite, roles: RolesConfig, operation: Operation, signer: str, told: str
) -> None:
    authority = suite.authority
    guardian = guardian_role(authority, operation)
    if signer == operation.caller:
        return
    if any(authority.call("hasRole", role, signer)[0] for role in (guardian, ADMIN_ID)):
        return
    named, who = role_name(roles, guardian), ", ".join(holders(suite, guardian)) or "nobody"
    raise NotPermitted(
        f"{signer} cannot cancel {told}: that takes {named} ({who}), or {operation.caller}, who "
        "scheduled it"
    )
