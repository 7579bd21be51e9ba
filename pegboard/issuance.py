"""Issuing through the desk: orders, and the bank's credits that they stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address

from pegboard.actions import Action, desk_action, money
from pegboard.amounts import parse_amount
from pegboard.calendars import day_text
from pegboard.errors import InputError, PegboardError
from pegboard.files.bank import Credit, deposit_reference, unique
from pegboard.inputs import reference_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pegboard.contract import Contract
    from pegboard.files.bank import Ignored, Statement
    from pegboard.suite import Peg, Suite

STATUSES = ("none", "proposed", "issued", "cancelled", "expired")
KINDS = ("none", "direct", "wholesale")
#: What can bind an issue, as `IIssuanceDesk.Constraint` counts it.
CONSTRAINTS = (
    "the channel is not open",
    "the payee may not be issued to now",
    "minting is stopped",
    "the channel's cap on one order",
    "the tiers of approval",
    "the channel's refilling limit",
    "the token's mint limit",
    "the reserves",
)
#: The most that an order has room for.
MAX_ORDER = 2**96 - 1
PAGE = 200
_NAME = re.compile(r"[A-Z][A-Z0-9-]{0,30}", re.ASCII)
_WORD = re.compile(r"[A-Z0-9-]+", re.ASCII)


@dataclass(frozen=True)
class Order:
    """An order as the desk keeps it; the amount in base units."""

    ref: bytes
    channel: str
    amount: int
    proposer: str
    expires_at: int
    status: str
    approvers: tuple[str, ...]


@dataclass(frozen=True)
class Channel:
    """A channel as the desk keeps it; amounts in base units."""

    name: str
    token: str
    payee: str
    kind: str
    open: bool
    cap: int
    capacity: int
    window: int
    available: int


@dataclass
class Line:
    """What becomes of one line of a bank's file; `action` is what is still to be done for it."""

    where: str
    currency: str
    amount: str
    outcome: str
    reason: str = ""
    reference: str = ""
    ref: bytes = b""
    channel: str = ""
    action: Action | None = None
    tx: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        shown = {k: v for k, v in vars(self).items() if k not in ("action", "ref") and v}
        return shown | ({"bankRef": "0x" + self.ref.hex()} if self.ref else {})


@dataclass
class Accounted:
    """A bank's file, every line of it."""

    lines: list[Line] = field(default_factory=list)

    @property
    def to_do(self) -> list[Line]:
        """The lines for which something is still to be done."""
        return [line for line in self.lines if line.action]

    def count(self, outcome: str) -> int:
        """How many lines came to this."""
        return sum(line.outcome == outcome for line in self.lines)


# Reading


def channel_word(name: str) -> bytes:
    """A channel's name as contracts write it."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!a} is not a channel's name: 1 to 31 of A-Z, 0-9 and -, a letter first"
        )
    return name.encode().ljust(32, b"\0")


def pages(count: int, read: Callable[[int, int], Sequence[Any]], start: int = 0) -> Iterator[Any]:
    """Everything of a list that a contract hands out in parts."""
    for offset in range(start, count + start, PAGE):
        yield from read(offset, PAGE)


def credit_reference(account: str, reference: str) -> bytes:
    """What stands on chain for a credit, known by account and the bank's reference as in a file."""
    return deposit_reference(Credit(account, reference, "", "", "", date.min, date.min, ""))


def _order(found: Sequence[Any]) -> Order:
    ref, channel, amount, proposer, expires_at, status, approvers = found
    return Order(
        _bytes(ref),
        reference_text(_bytes(channel)),
        amount,
        to_checksum_address(proposer),
        expires_at,
        STATUSES[status],
        tuple(to_checksum_address(approver) for approver in approvers),
    )


def _bytes(word: bytes | str) -> bytes:
    return word if isinstance(word, bytes) else bytes.fromhex(word[2:])


def order_of(suite: Suite, ref: bytes) -> Order:
    """The order of a bank reference; its status is none when there is none."""
    return _order(suite.desks.issuance.call("orderOf", ref))


def open_orders(suite: Suite, peg: Peg) -> list[Order]:
    """All orders in a currency that wait for approval, in the order of their first proposal."""
    desk = suite.desks.issuance
    names = {channel.name for channel in channels(suite, peg)}
    found = pages(desk.call("orderCount"), lambda at, n: desk.call("openOrders", at, n))
    return [order for order in map(_order, found) if order.channel in names]


def channels(suite: Suite, peg: Peg | None = None) -> list[Channel]:
    """All channels, or those of one currency, in the order of their opening."""
    desk = suite.desks.issuance
    found = pages(desk.call("channelCount"), lambda at, n: desk.call("channels", at, n))
    known = [_channel(channel) for channel in found]
    return [c for c in known if peg is None or c.token == peg.token.address]


def _channel(found: Sequence[Any]) -> Channel:
    name, token, payee, kind, *rest = found
    token, payee = to_checksum_address(token), to_checksum_address(payee)
    return Channel(reference_text(_bytes(name)), token, payee, KINDS[kind], *rest)


def preview(suite: Suite, channel: str) -> tuple[str, int]:
    """What binds an issue through a channel most, and what it allows in base units."""
    constraint, allowed = suite.desks.issuance.call("previewIssue", channel_word(channel))
    return CONSTRAINTS[constraint], allowed


def require_currency(suite: Suite, peg: Peg, channel: str) -> None:
    """Refuses a channel of another currency: what a signer is shown would not be what is done."""
    token = suite.desks.issuance.call("channelOf", channel_word(channel))[1]
    if int(token, 16) and to_checksum_address(token) != peg.token.address:
        raise InputError(f"{channel} is a channel of another currency, not of {peg.config.code}")


# Verbs


def propose(suite: Suite, peg: Peg, ref: bytes, channel: str, units: int) -> Action:
    """Proposes to issue for one bank credit; nothing to do where the very order waits or issued."""
    _require_order(units)
    require_currency(suite, peg, channel)
    order = order_of(suite, ref)
    wanted = (channel, units)
    if order.status in ("proposed", "issued") and (order.channel, order.amount) != wanted:
        advice = "have GUARDIAN cancel it if it is wrong"
        if order.status == "issued":
            advice = "it issues once, so ask the bank what the difference is"
        raise InputError(
            f"this bank reference has an order of {money(peg, order.amount)} through "
            f"{order.channel} ({order.status}), not of {money(peg, units)} through {channel}: "
            f"{advice}"
        )
    return _about(
        suite.desks.issuance,
        "propose",
        (ref, channel_word(channel), peg.config.code.encode(), units),
        f"propose to issue {money(peg, units)} through {channel}",
        peg=peg,
        ref=ref,
        amount=units,
        details={"channel": channel},
        nothing_to_do=order.status in ("proposed", "issued"),
    )


def approve(suite: Suite, peg: Peg, ref: bytes, channel: str, units: int, signer: str) -> Action:
    """Approves an order of exactly these terms; the last approval issues."""
    _require_order(units)
    require_currency(suite, peg, channel)
    order = order_of(suite, ref)
    if order.status not in ("proposed", "issued"):
        raise InputError(f"no order waits for this bank reference{_so(order)}")
    if (order.channel, order.amount) != (channel, units):
        advice = "do not approve it, have GUARDIAN cancel it"
        if order.status == "issued":
            advice = "it was issued, so ask the bank what the difference is"
        raise InputError(
            f"the order is of {money(peg, order.amount)} through {order.channel}, not of "
            f"{money(peg, units)} through {channel}: {advice}"
        )
    mine = signer.lower() in (a.lower() for a in order.approvers)
    return _about(
        suite.desks.issuance,
        "approve",
        (ref, channel_word(channel), units),
        f"approve to issue {money(peg, units)} through {channel}",
        peg=peg,
        ref=ref,
        amount=units,
        details={"channel": channel},
        nothing_to_do=order.status == "issued" or mine,
    )


def cancel(suite: Suite, ref: bytes, reason: bytes, peg: Peg | None = None) -> Action:
    """Cancels an order that was not issued; refuses one of another currency than is meant."""
    order = order_of(suite, ref)
    if order.status in ("none", "issued"):
        raise InputError(f"this bank reference has no order to cancel{_so(order)}")
    named = f"cancel the order of bank reference {reference_text(ref)}"
    if peg:
        require_currency(suite, peg, order.channel)
        named += f", {money(peg, order.amount)} through {order.channel}"
    return desk_action(
        suite.desks.issuance,
        "cancel",
        (ref, reason),
        named,
        ref=reason,
        details={"bankRef": "0x" + ref.hex()},
        nothing_to_do=order.status == "cancelled",
    )


def _require_order(units: int) -> None:
    if not 0 < units <= MAX_ORDER:
        raise InputError("the amount of an order is above zero, and at most 2^96 - 1 base units")


def _so(order: Order) -> str:
    return "" if order.status == "none" else f" (it is {order.status})"


def _about(
    desk: Contract, verb: str, args: tuple[Any, ...], sentence: str, *, ref: bytes, **rest: Any
) -> Action:
    said = f"{sentence}, bank reference {reference_text(ref)}"
    action = desk_action(desk, verb, args, said, **rest)
    return Action(**{**vars(action), "ref": ref})


# A bank's file


def proposals(suite: Suite, peg: Peg, statements: Iterable[Statement]) -> Accounted:
    """What to propose for a bank's file: one order a credit whose remittance names a channel."""

    def act(ref: bytes, channel: str, units: int) -> Action:
        return propose(suite, peg, ref, channel, units)

    return _account_for(suite, peg, statements, act, settled=("proposed", "issued"))


def approvals(suite: Suite, peg: Peg, statements: Iterable[Statement], signer: str) -> Accounted:
    """What to approve by the bank's own file: orders that say exactly what the bank says."""

    def act(ref: bytes, channel: str, units: int) -> Action:
        return approve(suite, peg, ref, channel, units, signer)

    return _account_for(suite, peg, statements, act, settled=("issued",))


def _account_for(
    suite: Suite,
    peg: Peg,
    statements: Iterable[Statement],
    act: Callable[[bytes, str, int], Action],
    settled: tuple[str, ...],
) -> Accounted:
    found = list(statements)
    kept, repeated = unique(credit for statement in found for credit in statement.credits)
    ignored = [line for statement in found for line in statement.ignored]
    names = {channel.name for channel in channels(suite, peg) if channel.open}

    def channel_of(credit: Credit) -> str:
        try:
            return channel_in(credit.remittance, names)
        except InputError:
            # Done by hand, or through a channel that was closed since.
            order = order_of(suite, deposit_reference(credit))
            if order.status not in settled:
                raise
            return order.channel

    calendar = suite.desks.config.calendars[peg.config.redemption.calendar]
    today = date.fromisoformat(day_text(calendar.day_of(suite.chain.now())))
    lines = [_line(peg, credit, channel_of, today, act) for credit in kept]
    lines += [_left_out(line, "duplicate") for line in repeated]
    lines += [_left_out(line, "ignored") for line in ignored]
    return Accounted(lines)


def _left_out(line: Ignored, outcome: str) -> Line:
    return Line(line.where, line.currency, line.amount, outcome, line.reason)


def _line(
    peg: Peg,
    credit: Credit,
    channel_of: Callable[[Credit], str],
    today: date,
    act: Callable[[bytes, str, int], Action],
) -> Line:
    line = Line(
        credit.where,
        credit.currency,
        credit.amount,
        "refused",
        reference=credit.reference,
        ref=deposit_reference(credit),
    )
    try:
        if credit.value_date > today:
            raise InputError(f"its funds count from {credit.value_date}: propose it then")
        if credit.currency != peg.config.code:
            raise InputError(f"it is in {credit.currency}, not in {peg.config.code}")
        line.channel = channel_of(credit)
        action = act(line.ref, line.channel, parse_amount(credit.amount, peg.config.decimals))
    except PegboardError as fault:
        line.reason = str(fault)
        return line
    line.outcome = "nothing" if action.nothing_to_do else "ready"
    line.action = None if action.nothing_to_do else action
    return line


def channel_in(remittance: str, names: set[str]) -> str:
    """The one open channel that a payer's words name."""
    named = sorted(names.intersection(_WORD.findall(remittance.upper())))
    if len(named) != 1:
        what = f"names {', '.join(named)}" if named else "names no open channel"
        raise InputError(f"its remittance {what}: ask the payer, then propose it by hand")
    return named[0]
