"""Channels of the issuance desk: through whom may be issued, and how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address

from pegboard import issuance
from pegboard.actions import Action, desk_action, money
from pegboard.amounts import exact_amount, format_duration
from pegboard.customers import customer_of
from pegboard.errors import InputError
from pegboard.issuance import KINDS, Channel, channel_word

if TYPE_CHECKING:
    from pegboard.suite import Peg, Suite

#: The most that the desk has room for.
MAX_CAP = 2**96 - 1


@dataclass(frozen=True)
class Limits:
    """What a channel may issue: `cap` in one order, and `capacity`, which refills over `window`."""

    cap: int
    capacity: int
    window: int

    def __post_init__(self) -> None:
        """Refuses what the desk has no room for, or what would mean no limit."""
        if self.cap > MAX_CAP:
            raise InputError("the cap is more than a channel can have (2^96 - 1 base units)")
        if self.window <= 0:
            raise InputError("the window is zero: a limit refills over a time, so say which")

    def told(self, peg: Peg) -> str:
        """For people."""
        return (
            f"up to {money(peg, self.cap)} an order and {money(peg, self.capacity)} per "
            f"{format_duration(self.window)}"
        )


# Reading


def find(suite: Suite, peg: Peg, name: str) -> Channel | None:
    """A channel of a currency, open or closed; None when there never was one."""
    found = suite.desks.issuance.call("channelOf", channel_word(name))
    _, token, payee, kind, *rest = found
    if not kind:
        return None
    token, payee = to_checksum_address(token), to_checksum_address(payee)
    if token != peg.token.address:
        raise InputError(
            f"{name} is a channel of {_code(suite, token)}, not of {peg.config.code}: "
            "`channels list` shows which there are"
        )
    return Channel(name, token, payee, KINDS[kind], *rest)


def known(suite: Suite, peg: Peg, name: str) -> Channel:
    """A channel of a currency that there is."""
    channel = find(suite, peg, name)
    if channel is None:
        raise InputError(f"there is no channel {name}: `channels list` shows which there are")
    return channel


def as_dict(suite: Suite, channel: Channel) -> dict[str, Any]:
    """A channel for JSON, with its payee's standing as a customer."""
    # Of a currency that is not declared here, too: any token knows how to be asked.
    decimals = next(iter(suite.pegs.values())).token.at(channel.token).call("decimals")
    return {
        "name": channel.name,
        "currency": _code(suite, channel.token),
        "token": channel.token,
        "kind": channel.kind,
        "payee": channel.payee,
        "payeeStanding": customer_of(suite, channel.payee).standing,
        "open": channel.open,
        "cap": _amount(channel.cap, decimals),
        "limit": _amount(channel.capacity, decimals),
        "window": channel.window,
        "available": _amount(channel.available, decimals),
    }


def listed(suite: Suite, peg: Peg | None = None) -> list[dict[str, Any]]:
    """All channels, or those of one currency, in the order of their opening."""
    return [as_dict(suite, channel) for channel in issuance.channels(suite, peg)]


def _amount(units: int, decimals: int) -> dict[str, str]:
    return {"amount": exact_amount(units, decimals), "units": str(units)}


def _code(suite: Suite, token: str) -> str:
    """The currency's code on the board, declared here or not; its address where it is retired."""
    code = bytes.fromhex(suite.registry.call("codeOf", token)[2:]).rstrip(b"\0")
    return code.decode() or token


# Verbs


def open_channel(suite: Suite, peg: Peg, name: str, kind: str, payee: str, ref: bytes) -> Action:
    """Opens a channel to a payee, with nothing to issue yet."""
    channel = find(suite, peg, name)
    if channel and (channel.kind, channel.payee) != (kind, payee):
        raise InputError(
            f"{name} is a {channel.kind} channel to {channel.payee}, for ever: open another "
            "channel for another payee or kind"
        )
    again = " again" if channel else ""
    standing = customer_of(suite, payee).standing
    return _action(
        suite,
        peg,
        "openChannel",
        (peg.token.address, KINDS.index(kind), payee),
        f"open{again} {name}, a {kind} channel of {peg.config.code} to {payee} (a wallet that is "
        f"{standing}), with no limits yet",
        name=name,
        ref=ref,
        done=bool(channel and channel.open),
        kind=kind,
        payee=payee,
        payeeStanding=standing,
    )


def raise_limits(suite: Suite, peg: Peg, name: str, to: Limits, ref: bytes) -> Action:
    """Sets cap and limit in either direction; a channel that is still to open may be named."""
    channel = find(suite, peg, name)
    now = _limits_of(channel)
    before = f"now {now.told(peg)}" if now else "which is not open yet"
    said = f"let {name} issue {to.told(peg)}, {before}"
    return _set(suite, peg, "raiseChannel", said, name=name, change=(now, to), ref=ref)


def lower_limits(suite: Suite, peg: Peg, name: str, to: Limits, ref: bytes) -> Action:
    """Cuts cap and limit at once; refuses what would rise by it, and says what."""
    now = _limits_of(known(suite, peg, name))
    if now is None:
        raise InputError(f"{name} is closed: nothing is issued through it")
    rising = _rising(peg, now, to)
    if rising:
        raise InputError(
            f"nothing may rise when {name} is lowered, and this would raise {'; '.join(rising)}: "
            "have GOVERNOR do that with `channels raise`"
        )
    said = f"let {name} issue only {to.told(peg)}, now {now.told(peg)}"
    return _set(suite, peg, "lowerChannel", said, name=name, change=(now, to), ref=ref)


def close(suite: Suite, peg: Peg, name: str, ref: bytes) -> Action:
    """Stops a channel."""
    said = f"close {name}, so that nothing is issued through it"
    done = not known(suite, peg, name).open
    return _action(suite, peg, "closeChannel", (), said, name=name, ref=ref, done=done)


def _rising(peg: Peg, now: Limits, to: Limits) -> list[str]:
    found = []
    if to.cap > now.cap:
        found.append(f"the cap (from {money(peg, now.cap)} to {money(peg, to.cap)})")
    if to.capacity > now.capacity:
        found.append(f"the limit (from {money(peg, now.capacity)} to {money(peg, to.capacity)})")
    if to.capacity * now.window > now.capacity * to.window:
        found.append(
            f"the refill per second (from {money(peg, now.capacity)} per "
            f"{format_duration(now.window)} to {money(peg, to.capacity)} per "
            f"{format_duration(to.window)})"
        )
    return found


def _limits_of(channel: Channel | None) -> Limits | None:
    """Of a channel that is open; a closed one starts with nothing when it opens again."""
    if channel is None or not channel.open:
        return None
    return Limits(channel.cap, channel.capacity, channel.window)


def _set(
    suite: Suite,
    peg: Peg,
    verb: str,
    said: str,
    *,
    name: str,
    change: tuple[Limits | None, Limits],
    ref: bytes,
) -> Action:
    now, to = change
    return _action(
        suite,
        peg,
        verb,
        (to.cap, to.capacity, to.window),
        said,
        name=name,
        ref=ref,
        done=now == to,
        cap=exact_amount(to.cap, peg.config.decimals),
        limit=exact_amount(to.capacity, peg.config.decimals),
        window=to.window,
    )


def _action(
    suite: Suite,
    peg: Peg,
    verb: str,
    args: tuple[Any, ...],
    said: str,
    *,
    name: str,
    ref: bytes,
    done: bool,
    **details: str | int,
) -> Action:
    return desk_action(
        suite.desks.issuance,
        verb,
        (channel_word(name), *args, ref),
        said,
        ref=ref,
        peg=peg,
        details={"channel": name, **details},
        nothing_to_do=done,
    )
