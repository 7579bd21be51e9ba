"""Who may hold what: opposite powers apart, and several signers behind each on a live chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_utils import to_checksum_address

from pegboard.config import BY_DESK, LOCAL_CHAINS
from pegboard.contract import selector_of
from pegboard.errors import DeploymentError, Reverted
from pegboard.suite import resolved_holders

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pegboard.config import RolesConfig
    from pegboard.suite import Resolver, Suite

#: How the code of an account that delegates to a contract begins (EIP-7702).
DELEGATED = bytes.fromhex("ef0100")
#: What a Safe answers with the number of signers that it needs.
GET_THRESHOLD = selector_of("getThreshold()")


def require_separate_parties(suite: Suite, roles: RolesConfig, resolve: Resolver) -> None:
    """Refuses a declaration in which one party could do what two should, compared by address."""
    chain_id = suite.chain.chain_id
    holders: dict[str, set[str]] = {
        name: {str(to_checksum_address(account)) for account in accounts} - suite.ours
        for name, accounts in resolved_holders(suite, roles, resolve).items()
    }
    for role in roles.roles.values():
        for other in role.apart_from:
            _refuse_shared(role.name, other, holders.get(role.name), holders.get(other))
    for code, peg in suite.pegs.items():
        names = peg.config.reserves.attestors_on(chain_id)
        attestors: set[str] = {to_checksum_address(resolve(name)) for name in names}
        for role_name in ("MINTER", "APPROVER", "SETTLER"):
            _refuse_shared(role_name, f"attestor of {code}", holders.get(role_name), attestors)
    if chain_id not in LOCAL_CHAINS:
        _require_several_signers(suite, holders)


def _refuse_shared(role: str, other: str, held: set[str] | None, opposed: set[str] | None) -> None:
    for account in sorted((held or set()) & (opposed or set())):
        raise DeploymentError(
            f"{account} would be {role} and {other}, which must be different parties"
        )


def _require_several_signers(suite: Suite, holders: Mapping[str, set[str]]) -> None:
    chain_id = suite.chain.chain_id
    for code, peg in suite.pegs.items():
        if peg.config.reserves.quorum < 2:
            raise DeploymentError(
                f"{code}: one attestor alone must not state reserves on chain {chain_id}: "
                "declare a quorum of at least 2"
            )
    for role, accounts in holders.items():
        for account in sorted(accounts):
            if role in BY_DESK:
                raise DeploymentError(
                    f"{role} is declared for {account}: on a live chain only a contract of the "
                    "suite holds it, so that nobody does alone what two should do"
                )
            _refuse_single_signer(suite, role, account)


def _refuse_single_signer(suite: Suite, role: str, account: str) -> None:
    """A plain key, one that delegates to code, or a multisig of one."""
    code = suite.chain.code(account)
    if not code or code.startswith(DELEGATED):
        raise DeploymentError(
            f"{role} is declared for {account}, which is a plain key on chain "
            f"{suite.chain.chain_id}: roles are held by contracts such as a Safe "
            "with at least two signers"
        )
    try:
        threshold = int.from_bytes(suite.chain.call(account, GET_THRESHOLD)[:32])
    except Reverted:
        # No Safe: what else it is cannot be asked in one way for all.
        return
    if threshold == 1:
        raise DeploymentError(
            f"{role} is declared for {account}, a multisig that one signer alone can use: "
            "raise its threshold to at least 2"
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
