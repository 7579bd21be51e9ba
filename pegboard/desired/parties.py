"""Who may hold what: opposite powers apart, and several signers behind each on a live chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_utils import to_checksum_address

from pegboard.config import BY_DESK, LOCAL_CHAINS
from pegboard.contract import selector_of
from pegboard.errors import DeploymentError, InputError, NotPermitted, Reverted
from pegboard.safes.safe import NOBODY, read_safe
from pegboard.suite import resolved_holders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pegboard.config import RolesConfig, SafeConfig
    from pegboard.safes.safe import Safe
    from pegboard.suite import Resolver, Suite

#: How the code of an account that delegates to a contract begins (EIP-7702).
DELEGATED = bytes.fromhex("ef0100")
#: What a Safe answers with the number of signers that it needs.
GET_THRESHOLD = selector_of("getThreshold()")
#: Whoever says what the reserves are must not move what they back.
_APART_FROM_ATTESTORS = ("MINTER", "APPROVER", "SETTLER")


def require_separate_parties(suite: Suite, roles: RolesConfig, resolve: Resolver) -> None:
    """Refuses a declaration in which one party could do what two should, compared by address."""
    for fault in party_faults(suite, roles, resolve):
        raise DeploymentError(fault)


def party_faults(suite: Suite, roles: RolesConfig, resolve: Resolver) -> Iterator[str]:
    """Everything by which one party could do what two should."""
    holders = _holders(suite, roles, resolve)
    for role in roles.roles.values():
        for other in role.apart_from:
            yield from _shared(role.name, other, holders.get(role.name), holders.get(other))
    for code, attestors in _attestors(suite, resolve).items():
        for name in _APART_FROM_ATTESTORS:
            yield from _shared(name, f"attestor of {code}", holders.get(name), attestors)
    if suite.chain.chain_id not in LOCAL_CHAINS:
        yield from _live_terms(suite)
        for name, accounts in holders.items():
            for account in sorted(accounts):
                yield from _single_signer(suite, name, account)


def _holders(suite: Suite, roles: RolesConfig, resolve: Resolver) -> dict[str, set[str]]:
    """The declared holders of each role, but for contracts of the suite."""
    return {
        name: {str(to_checksum_address(account)) for account in accounts} - suite.ours
        for name, accounts in resolved_holders(suite, roles, resolve).items()
    }


def _attestors(suite: Suite, resolve: Resolver) -> dict[str, set[str]]:
    chain_id = suite.chain.chain_id
    return {
        code: {
            str(to_checksum_address(resolve(name)))
            for name in peg.config.reserves.attestors_on(chain_id)
        }
        for code, peg in suite.pegs.items()
    }


def _shared(
    role: str, other: str, held: set[str] | None, opposed: set[str] | None
) -> Iterator[str]:
    for account in sorted((held or set()) & (opposed or set())):
        yield f"{account} would be {role} and {other}, which must be different parties"


# A live chain


def _live_terms(suite: Suite) -> Iterator[str]:
    chain_id, desks = suite.chain.chain_id, suite.desks.config
    for code, peg in suite.pegs.items():
        if peg.config.reserves.quorum < 2:
            yield (
                f"{code}: one attestor alone must not state reserves on chain {chain_id}: "
                "declare a quorum of at least 2"
            )
    for what, value in (("cooling", desks.cooling), ("fee_notice", desks.fee_notice)):
        if value == 0:
            yield (
                f"desks.toml: {what} is zero, and chain {chain_id} is live: whoever it protects "
                "would have no time, so declare one"
            )


def _single_signer(suite: Suite, role: str, account: str) -> Iterator[str]:
    """A plain key, one that delegates to code, or a multisig of one."""
    if role in BY_DESK:
        yield (
            f"{role} is declared for {account}: on a live chain only a contract of the "
            "suite holds it, so that nobody does alone what two should do"
        )
        return
    code = suite.chain.code(account)
    if not code or code.startswith(DELEGATED):
        delegating = ", although it delegates to code (EIP-7702)" if code else ""
        yield (
            f"{role} is declared for {account}, which is a plain key on chain "
            f"{suite.chain.chain_id}{delegating}: roles are held by contracts such as a Safe "
            "with at least two signers"
        )
        return
    try:
        threshold = int.from_bytes(suite.chain.call(account, GET_THRESHOLD)[:32])
    except Reverted:
        # No Safe: what else it is cannot be asked in one way for all.
        return
    if threshold == 1:
        yield _too_low(role, account)


def _too_low(role: str, account: str) -> str:
    return (
        f"{role} is declared for {account}, a multisig that one signer alone can use: "
        "raise its threshold to at least 2"
    )


# Multisigs


@dataclass(frozen=True)
class Group:
    """Whoever can act as an account: so many of these."""

    account: str
    people: frozenset[str]
    threshold: int


def multisig_faults(suite: Suite, roles: RolesConfig, resolve: Resolver) -> Iterator[str]:
    """Safes that others than several owners can use, and people who meet on two sides."""
    holders = _holders(suite, roles, resolve)
    safes = roles.safes_on(suite.chain.chain_id)
    declared = {_account(resolve, safe.address) for safe in safes}
    groups: dict[str, list[Group]] = {}
    for name, accounts in holders.items():
        groups[name] = []
        for account in sorted(accounts):
            code = suite.chain.code(account)
            if not code or code.startswith(DELEGATED):
                groups[name].append(Group(account, frozenset({account}), 1))
                continue
            safe = _safe_at(suite, account)
            if safe is None:
                yield (
                    f"{name} is declared for {account}, a contract that is no released Safe: who "
                    "signs for it, and how many must, cannot be told here"
                )
            elif isinstance(safe, str):
                yield f"{name} is declared for {account}, {safe}"
            else:
                yield from _weaknesses(name, safe, declared=account in declared)
                groups[name].append(Group(account, frozenset(safe.owners), safe.threshold))
    yield from _in_both(suite, roles, resolve, groups)


def _safe_at(suite: Suite, account: str) -> Safe | str | None:
    """The Safe at an address; why it is none to be trusted; None for what claims to be none."""
    try:
        return read_safe(suite.chain, account)
    except NotPermitted as fault:
        return str(fault)
    except (InputError, Reverted):
        pass
    try:
        suite.chain.call(account, GET_THRESHOLD)
    except Reverted:
        return None
    return "which answers as a multisig and has not the code of a released Safe"


def _weaknesses(role: str, safe: Safe, *, declared: bool) -> Iterator[str]:
    """What makes a Safe weak; a module and a guard of a declared one are compared, not judged."""
    if safe.threshold < 2:
        yield _too_low(role, safe.address)
    said = f"{role} is declared for the Safe {safe.address}"
    for module in () if declared else safe.modules:
        yield f"{said}, as which the module {module} acts without any signature"
    if not safe.handler_is_released:
        yield f"{said}, through whose handler {safe.handler} anybody calls as that Safe"
    if int(safe.guard, 16) and not declared:
        yield f"{said}, whose guard {safe.guard} can refuse every transaction"


def safe_faults(suite: Suite, roles: RolesConfig, resolve: Resolver) -> Iterator[str]:
    """Safes that are not as roles.toml declares them, and on a live chain undeclared ones."""
    chain_id = suite.chain.chain_id
    declared = {_account(resolve, safe.address): safe for safe in roles.safes_on(chain_id)}
    for account, config in declared.items():
        said = f"the Safe {config.name} ({account})"
        safe = _safe_at(suite, account) if suite.chain.code(account) else None
        if safe is None or isinstance(safe, str):
            yield f"{said} is declared, {safe or 'and no Safe is at its address'}"
            continue
        yield from (f"{said} {text}" for text in _changes(config, safe, resolve))
    if chain_id in LOCAL_CHAINS:
        return
    held: dict[str, list[str]] = {}
    for name, accounts in _holders(suite, roles, resolve).items():
        for account in accounts - set(declared):
            held.setdefault(account, []).append(name)
    for account, names in sorted(held.items()):
        if suite.chain.code(account) and not isinstance(_safe_at(suite, account), str | None):
            yield (
                f"the Safe {account} is {', '.join(names)}, and roles.toml does not say who owns "
                f"it: declare it in [safes.{chain_id}], so that an owner who is swapped is seen"
            )


def _changes(config: SafeConfig, safe: Safe, resolve: Resolver) -> Iterator[str]:
    """What of a Safe is not as it was declared."""
    for title, found, names in (
        ("owner", safe.owners, config.owners),
        ("module", safe.modules, config.modules),
    ):
        wanted = [_account(resolve, name) for name in names]
        yield from (f"has the {title} {a}, who was not declared" for a in found if a not in wanted)
        yield from (f"has not the {title} {a}, who was declared" for a in wanted if a not in found)
    if safe.threshold != config.threshold:
        yield f"asks for {safe.threshold} signatures, declared is {config.threshold}"
    guard = _account(resolve, config.guard or NOBODY)
    if safe.guard != guard:
        told = (address if int(address, 16) else "none" for address in (safe.guard, guard))
        yield "has the guard {}, declared is {}".format(*told)


def _account(resolve: Resolver, name: str) -> str:
    return str(to_checksum_address(resolve(name)))


def _in_both(
    suite: Suite, roles: RolesConfig, resolve: Resolver, groups: Mapping[str, list[Group]]
) -> Iterator[str]:
    pairs = [(r.name, other) for r in roles.roles.values() for other in r.apart_from]
    sides = dict(groups)
    for code, attestors in _attestors(suite, resolve).items():
        name, quorum = f"attestors of {code}", suite.pegs[code].config.reserves.quorum
        sides[name] = [Group(name, frozenset(attestors), quorum)]
        pairs += [(role, name) for role in _APART_FROM_ATTESTORS]
    for one, other in dict.fromkeys(pairs):
        for here in sides.get(one, []):
            for there in sides.get(other, []):
                both = here.people & there.people
                if here.account != there.account and len(both) >= max(
                    here.threshold, there.threshold
                ):
                    yield (
                        f"{', '.join(sorted(both))} can act as {one} ({here.account}) and as "
                        f"{other} ({there.account}), which must be different parties"
                    )


def unknown_powers(
    suite: Suite, roles: RolesConfig, holders: Mapping[str, tuple[str, ...]], accounts: list[str]
) -> list[str]:
    """Powers that any of these accounts has on chain without being declared for it."""
    found = []
    for role in roles.roles.values():
        for account in accounts:
            member, _ = suite.authority.call("hasRole", role.id, account)
            if member and account not in holders.get(role.name, ()):
                found.append(f"{account} holds {role.name} undeclared")
    return found
