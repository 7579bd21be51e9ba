"""What every currency of a chain looks like now."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address

from pegboard.errors import Reverted
from pegboard.suite import resolved_holders

if TYPE_CHECKING:
    from pegboard.config import RolesConfig
    from pegboard.suite import Peg, Resolver, Suite

PAUSES = {"transfers": 1, "signatures": 2, "mint": 4, "redeem": 8}


@dataclass(frozen=True)
class PegStatus:
    """One currency; amounts are base units.

    `headroom` is None, and `headroom_reason` says why, when nothing may be minted.
    """

    code: str
    token: str
    feed: str
    decimals: int
    supply: int
    reserves: int
    reserve_decimals: int
    headroom: int | None
    headroom_reason: str
    statement_age: int | None
    break_ref: str | None
    limit_capacity: int
    limit_window: int
    limit_available: int
    paused: tuple[str, ...]
    allow_list_mode: bool
    delegates_all: bool

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def pause_names(bits: int) -> tuple[str, ...]:
    """The names of pause bits."""
    return tuple(name for name, bit in PAUSES.items() if bits & bit)


def status_of(peg: Peg) -> PegStatus:
    """Reads one currency."""
    token, feed = peg.token, peg.feed
    headroom, reason = None, ""
    try:
        headroom = token.call("reserveHeadroom")
    except Reverted as fault:
        # A source that could not be read says why itself.
        reason = str(fault.arguments.get("reason") or fault)
    round_, as_of, _, reserves, _, _ = feed.call("latestStatement")
    break_ref = feed.call("breakRef")
    capacity, window, available = token.call("mintRateLimit")
    return PegStatus(
        code=peg.config.code,
        token=token.address,
        feed=feed.address,
        decimals=token.call("decimals"),
        supply=token.call("totalSupply"),
        reserves=reserves,
        reserve_decimals=feed.call("decimals"),
        headroom=headroom,
        headroom_reason=reason,
        statement_age=max(0, token.chain.now() - as_of) if round_ else None,
        break_ref=break_ref if int(break_ref, 16) else None,
        limit_capacity=capacity,
        limit_window=window,
        limit_available=available,
        paused=pause_names(token.call("pauses")),
        allow_list_mode=token.call("isAllowListOn"),
        delegates_all=token.call("delegateAll"),
    )


def holders_of(
    suite: Suite, roles: RolesConfig, resolve: Resolver
) -> dict[str, list[dict[str, Any]]]:
    """Every declared holder of every role, and whether the chain agrees."""
    found: dict[str, list[dict[str, Any]]] = {}
    declared = resolved_holders(suite, roles, resolve)
    for role in roles.roles.values():
        found[role.name] = []
        for account in declared.get(role.name, ()):
            member, delay = suite.authority.call("hasRole", role.id, account)
            found[role.name].append(
                {"account": to_checksum_address(account), "holds": member, "delay": delay}
            )
    return found
