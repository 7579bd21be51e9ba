"""Whom the Authority lets call what: by the declaration, and as the chain stands now."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING

from eth_abi import decode

from pegboard.contract import decoded, selector_of, signature_of, type_of
from pegboard.suite import targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from pegboard.config import RolesConfig
    from pegboard.contract import Call, Contract
    from pegboard.suite import Suite

ADMIN = "ADMIN"
ADMIN_ID = 0
#: Everybody is a member of it.
PUBLIC_ID = 2**64 - 1
#: Functions of the manager that it keeps for ADMIN, whatever they are mapped to.
OF_ADMIN = (
    *("labelRole", "setRoleAdmin", "setRoleGuardian", "setGrantDelay", "setTargetAdminDelay"),
    *("updateAuthority", "setTargetClosed", "setTargetFunctionRole"),
)
#: Those that it keeps for whoever grants the role that they name.
OF_GRANTER = ("grantRole", "revokeRole")
#: Those that wait as long as the target that they name asks for, too.
_OF_TARGET = ("updateAuthority", "setTargetClosed", "setTargetFunctionRole")
#: How many answers are asked for at once.
_BATCH = 200


def ask_each(authority: Contract, name: str, rows: Sequence[Sequence[Any]]) -> list[Any]:
    """One view with many arguments, in few calls: the manager answers lists."""
    kinds = [type_of(output) for output in authority.function(name)["outputs"]]
    found: list[Any] = []
    for start in range(0, len(rows), _BATCH):
        calls = [authority.encode(name, *row) for row in rows[start : start + _BATCH]]
        for answer in authority.call("multicall", calls):
            values = decoded(kinds, answer, f"{name} of {authority.address}")
            found.append(values[0] if len(values) == 1 else values)
    return found


def may_call(authority: Contract, call: Call, sender: str) -> tuple[bool, int]:
    """Whether the chain lets `sender` do this now, and the delay that it asks for."""
    selector = call.data[:4]
    if call.to != authority.address:
        immediate, delay = authority.call("canCall", sender, call.to, selector)
        return immediate or delay > 0, delay
    role_id, wait = role_kept(authority, call.data)
    if role_id is None:
        if authority.call("isTargetClosed", authority.address):
            return False, 0
        role_id = authority.call("getTargetFunctionRole", authority.address, selector)
    member, delay = authority.call("hasRole", role_id, sender)
    return (True, max(delay, wait)) if member else (False, 0)


def role_kept(authority: Contract, data: bytes) -> tuple[int | None, int]:
    """The role that the manager itself asks for, if it does, and the delay of the target."""
    names = {authority.selector(name): name for name in (*OF_ADMIN, *OF_GRANTER)}
    name = names.get(data[:4], "")
    if name in OF_GRANTER:
        (role_id,) = decode(["uint64"], data[4:36])
        return int(authority.call("getRoleAdmin", role_id)), 0
    if not name:
        return None, 0
    if name not in _OF_TARGET:
        return ADMIN_ID, 0
    (target,) = decode(["address"], data[4:36])
    return ADMIN_ID, int(authority.call("getTargetAdminDelay", target))


class Powers:
    """Which role may call what, by the declaration."""

    def __init__(self, suite: Suite, roles: RolesConfig) -> None:
        self._suite, self._roles = suite, roles

    @cached_property
    def _mapped(self) -> dict[tuple[str, bytes], str]:
        return {
            (contract.address, contract.selector(name)): role.name
            for kind, contracts in targets(self._suite).items()
            for contract in contracts
            for role in self._roles.roles.values()
            for name in role.functions.get(kind, ())
        }

    def declared(self, contract: Contract, selector: bytes) -> int:
        """The id of the role that a function is declared for; ADMIN's for none."""
        name = self._mapped.get((contract.address, selector))
        return self._roles.roles[name].id if name else ADMIN_ID

    def role_of(self, call: Call) -> str:
        """The name of the role that must do this."""
        authority, roles = self._suite.authority, self._roles
        if call.to != authority.address:
            return self._mapped.get((call.to, call.data[:4]), ADMIN)
        if call.data[:4] in {authority.selector(name) for name in OF_GRANTER}:
            (role_id,) = decode(["uint64"], call.data[4:36])
            return ADMIN if role_id == ADMIN_ID else roles.granter
        if call.data[:4] in {authority.selector(name) for name in OF_ADMIN}:
            return ADMIN
        return self._mapped.get((call.to, call.data[:4]), ADMIN)

    def has_verb(self, contract: Contract, name: str) -> bool:
        """Whether a function is declared for anybody."""
        return (contract.address, contract.selector(name)) in self._mapped


def titles(suite: Suite) -> dict[str, str]:
    """The contracts of a chain by address, as sentences call them."""
    found: dict[str, str] = {
        suite.authority.address: "the Authority",
        suite.audits.address: "the audit register",
        suite.registry.address: "the registry",
        suite.controls.address: "Controls",
        suite.feed_controls.address: "FeedControls",
    }
    for code, peg in suite.pegs.items():
        found[peg.token.address] = f"the {code} token"
        found[peg.feed.address] = f"the {code} reserve feed"
    return found | {it.address: f"the {name}" for name, it in suite.by_name.items()}


@cache
def _selector(signature: str) -> bytes:
    return selector_of(signature)


def functions(contract: Contract) -> dict[bytes, str]:
    """The names of a contract's functions by their selectors, overloaded ones apart."""
    return {
        _selector(signature_of(item)): item["name"]
        for item in contract.abi
        if item["type"] == "function"
    }


def named_functions(contract: Contract, selectors: Iterable[bytes]) -> str:
    """Functions by their names, or by their selectors where the ABI has none."""
    known = functions(contract)
    return ", ".join(known.get(selector, "0x" + selector.hex()) for selector in selectors)
