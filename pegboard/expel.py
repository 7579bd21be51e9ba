"""Taking powers away at once: from members of roles, attestors, and signers of pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_utils import to_checksum_address

from pegboard.actions import Action, desk_action
from pegboard.errors import InputError
from pegboard.presigned import signers_of

if TYPE_CHECKING:
    from pegboard.config import RolesConfig
    from pegboard.suite import Peg, Suite


def member(suite: Suite, roles: RolesConfig, name: str, account: str, ref: bytes) -> Action:
    """Takes a role from an account; what it has scheduled under it can no longer be executed."""
    role = roles.roles.get(name.upper())
    if role is None:
        raise InputError(f"{name} is no role; there is {', '.join(roles.roles)}")
    left = suite.members(role.id) - {account}
    alone = "" if left else f"; nobody is left who holds {role.name}"
    return desk_action(
        suite.authority,
        "expel",
        (role.id, account, ref),
        f"take {role.name} from {account}{alone}",
        ref=ref,
        details={"role": role.name, "account": account, "left": sorted(left)},
        nothing_to_do=account not in suite.members(role.id),
    )


def attestor(peg: Peg, account: str, ref: bytes) -> Action:
    """Lets the signature of an attestor count no more in the statements of a currency."""
    found = [to_checksum_address(a) for a in peg.feed.call("attestors")]
    left = [one for one in found if one != account]
    quorum = peg.feed.call("quorums")[0]
    short = "" if len(left) >= quorum else f", fewer than the {quorum} who must sign"
    return desk_action(
        peg.feed,
        "expelAttestor",
        (account, ref),
        f"let {account} attest no reserves of {peg.config.code} any more; "
        f"{len(left)} attestors are left{short}",
        ref=ref,
        peg=peg,
        details={"account": account, "left": left},
        nothing_to_do=account not in found,
    )


def signer(suite: Suite, account: str, ref: bytes) -> Action:
    """Lets the signature of an account count no more in pauses that are signed ahead."""
    left = [one for one in signers_of(suite) if one != account]
    quorum = suite.desks.presigned.call("quorum")
    short = "" if len(left) >= quorum else f", fewer than the {quorum} who must sign"
    return desk_action(
        suite.desks.presigned,
        "expelSigner",
        (account, ref),
        f"let {account} sign no pauses ahead any more; {len(left)} signers are left{short}",
        ref=ref,
        details={"account": account, "left": left},
        nothing_to_do=account not in signers_of(suite),
    )
