"""The desks in plain Python, to compare the contracts with.

As in `model`, a verb applies itself whole, or raises `Refused` with the name of the error that the
contract must answer; checks come in the contract's order. All of a `Board` share its clock.
References are bytes; the zero reference is none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eth_utils import keccak

from tests.support.model import (
    BLACKLISTED,
    DAY,
    FROZEN,
    MAX_WORD,
    MINT,
    REDEEM,
    SUITE,
    VERIFIED,
    ZERO,
    Bucket,
    Refused,
    Token,
    refuse_if,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pegboard.config import DesksConfig

NO_REF = bytes(32)
CHANNEL, PAYEE, MINTING, ORDER_CAP, TIERS, CHANNEL_LIMIT, MINT_LIMIT, RESERVES = range(8)
UNKNOWN, COOLING, EXPIRED_DILIGENCE, READY = range(4)
#: Of an order.
NONE, PROPOSED, ISSUED, CANCELLED, EXPIRED = range(5)
#: Of a request; of a proposal to take, PROPOSED is followed by EXECUTED and WITHDRAWN.
REQUESTED, VALID, PAYING, CLOSED = range(1, 5)
EXECUTED, WITHDRAWN = 2, 3
MOST_TIERS = 8
LONGEST_DILIGENCE = 3 * 366 * DAY
LONGEST_REVIEW = 366 * DAY
LONGEST_EXTENSION = 366
CHALLENGE = DAY
FARTHEST_DECLARATION = 7
FIRST_WEEKDAY = 3
MAX_FEE = 2**96 - 1


def number(ref: bytes) -> int:
    """Bytes as the word that they are."""
    return int.from_bytes(ref, "big")


class DeskToken(Token):
    """A token that knows desks; its movements go into the board's list, with its address."""

    def _shift(self, sender: str, to: str, value: int) -> None:
        super()._shift(sender, to, value)
        self.transfers[-1] = (self.address, *self.transfers[-1])

    def is_barred(self, address: str) -> bool:
        return self.accounts[address].has(BLACKLISTED | FROZEN)


class Board:
    """All contracts of a chain, the roles, and the clock."""

    issuing: Issuing
    redeeming: Redeeming
    orders: Orders

    def __init__(self, config: DesksConfig) -> None:
        self._now = 0
        self.config = config
        self.transfers: list[tuple[str, ...]] = []
        self.tokens: dict[str, DeskToken] = {}
        self.by_code: dict[str, DeskToken] = {}
        #: What the registry answers; a currency can be taken off the board.
        self.codes: dict[str, str] = {}
        self.members: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self.register = Register(self)
        self.calendars = {
            code: Calendar(each.utc_offset, each.weekend) for code, each in config.calendars.items()
        }

    @property
    def now(self) -> int:
        return self._now

    @now.setter
    def now(self, now: int) -> None:
        self._now = now
        for token in self.tokens.values():
            token.now = now

    def add(self, code: str, address: str, decimals: int) -> DeskToken:
        """A token on the board."""
        token = DeskToken(address, decimals)
        token.transfers, token.now = self.transfers, self._now  # type: ignore[assignment]
        self.tokens[address] = self.by_code[code] = token
        self.codes[address] = code
        return token

    # Who may

    def require(self, role: str, caller: str) -> None:
        """Passes members without a delay: here nobody schedules."""
        delay = self.members[role].get(caller)
        refuse_if(delay is None, "AccessManagedUnauthorized")
        refuse_if(delay != 0, "AccessManagerNotScheduled")

    def grant(self, role: str, account: str, delay: int = 0) -> None:
        self.members[role][account] = delay

    def expel(self, role: str, account: str) -> None:
        self.members[role].pop(account, None)


# Customers


@dataclass
class Customer:
    """What is recorded of a wallet."""

    bound_at: int = 0
    payout_at: int = 0
    until: int = 0
    bindings: int = 0
    ref: bytes = NO_REF
    payout: bytes = NO_REF

    @property
    def words(self) -> tuple[int, int, int]:
        """The customer as the chain stores it."""
        times = self.until << 80 | self.payout_at << 40 | self.bound_at
        return self.bindings << 120 | times, number(self.ref), number(self.payout)


class Register:
    """Whose wallet is whose."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.cooling = board.config.cooling
        self.customers: defaultdict[str, Customer] = defaultdict(Customer)

    def standing(self, wallet: str) -> int:
        customer, now = self.customers[wallet], self.board.now
        if not customer.bound_at:
            return UNKNOWN
        if now > customer.until:
            return EXPIRED_DILIGENCE
        return COOLING if now < customer.bound_at + self.cooling else READY

    def _check_diligence(self, wallet: str) -> Customer:
        customer = self.customers[wallet]
        refuse_if(not customer.bound_at, "WalletUnknown")
        refuse_if(self.board.now > customer.until, "DueDiligenceExpired")
        return customer

    def require_ready(self, wallet: str) -> None:
        customer = self._check_diligence(wallet)
        refuse_if(self.board.now < customer.bound_at + self.cooling, "WalletCooling")

    def require_payout(self, wallet: str) -> None:
        customer = self._check_diligence(wallet)
        refuse_if(customer.payout == NO_REF, "PayoutUnset")
        refuse_if(self.board.now < customer.payout_at + self.cooling, "PayoutCooling")

    def _check_end(self, until: int) -> None:
        now = self.board.now
        refuse_if(not now < until <= now + LONGEST_DILIGENCE, "InvalidDueDiligence")

    def bind(
        self, caller: str, wallet: str, ref: bytes, until: int, deadline: int, *, proven: bool
    ) -> None:
        """`proven`: the wallet signed exactly this, with its present count of bindings."""
        self.board.require("REGISTRAR", caller)
        refuse_if(ref == NO_REF, "ReferenceRequired")
        refuse_if(self.board.now > deadline, "ProofExpired")
        self._check_end(until)
        refuse_if(not proven, "ProofInvalid")
        customer = self.customers[wallet]
        refuse_if(bool(customer.bound_at), "WalletAlreadyBound")
        bindings = customer.bindings + 1
        self.customers[wallet] = Customer(self.board.now, 0, until, bindings, ref)

    def renew(self, caller: str, wallet: str, until: int) -> None:
        self.board.require("REGISTRAR", caller)
        self._check_end(until)
        refuse_if(not self.customers[wallet].bound_at, "WalletUnknown")
        self.customers[wallet].until = until

    def set_payout(self, caller: str, wallet: str, payout: bytes) -> None:
        self.board.require("REGISTRAR", caller)
        customer = self.customers[wallet]
        refuse_if(not customer.bound_at, "WalletUnknown")
        customer.payout, customer.payout_at = payout, self.board.now

    def unbind(self, caller: str, wallet: str) -> None:
        self.board.require("REGISTRAR", caller)
        customer = self.customers[wallet]
        refuse_if(not customer.bound_at, "WalletUnknown")
        self.customers[wallet] = Customer(bindings=customer.bindings)


# Issuing


@dataclass
class Channel:
    """Through whom may be issued, and how much."""

    name: bytes
    number: int
    token: DeskToken
    kind: int
    payee: str
    is_open: bool = False
    cap: int = 0
    limit: Bucket = field(default_factory=Bucket)

    @property
    def words(self) -> tuple[int, ...]:
        """The channel as the chain stores it, but for what its limit has used."""
        head = self.is_open << 200 | self.kind << 192 | self.number << 160
        return (
            head | int(self.token.address, 16),
            self.cap << 160 | int(self.payee, 16),
            self.limit.window << 208 | self.limit.capacity,
        )


@dataclass
class Order:
    """One bank credit to be issued; `approvers` lacks the last, who issued."""

    channel: Channel
    amount: int
    proposer: str
    expires_at: int
    status: int = PROPOSED
    approvers: list[str] = field(default_factory=list)

    @property
    def words(self) -> tuple[int, int]:
        """The order as the chain stores it."""
        head = self.channel.number << 216 | len(self.approvers) << 208 | self.status << 200
        return head | self.expires_at << 160 | int(self.proposer, 16), self.amount


Tiers = tuple[tuple[int, int], ...]


def check_tiers(tiers: Tiers) -> None:
    """Tiers ascend in size, and do not descend in approvals."""
    refuse_if(len(tiers) > MOST_TIERS, "TiersInvalid")
    last = (0, 0)
    for tier in tiers:
        refuse_if(tier[0] <= last[0] or tier[1] == 0 or tier[1] < last[1], "TiersInvalid")
        last = tier


class Issuing:
    """The desk that issues."""

    def __init__(self, board: Board, address: str) -> None:
        self.board, self.address = board, address
        self.channels: dict[bytes, Channel] = {}
        self.tiers: dict[str, Tiers] = dict.fromkeys(board.tokens, ())
        self.orders: dict[bytes, Order] = {}

    # Views

    def status(self, ref: bytes) -> int:
        if ref not in self.orders:
            return NONE
        order = self.orders[ref]
        late = order.status == PROPOSED and self.board.now > order.expires_at
        return EXPIRED if late else order.status

    def approvals(self, token: str, amount: int) -> int:
        """How many must approve; zero when no tier allows the amount."""
        return next((each for up_to, each in self.tiers[token] if amount <= up_to), 0)

    def largest(self, token: str) -> int:
        return self.tiers[token][-1][0] if self.tiers[token] else 0

    def bounds(self, name: bytes) -> dict[int, int]:
        """What each constraint allows, in the order of the constraints."""
        channel = self.channels.get(name)
        if channel is None or not channel.is_open:
            return {CHANNEL: 0}
        token, now = channel.token, self.board.now
        if token.address not in self.board.codes:
            return {CHANNEL: 0}
        known = token.has_account(channel.payee) and token.may_receive(channel.payee)
        ready = known and self.board.register.standing(channel.payee) == READY
        minter = self.board.members["MINTER"].get(self.address) == 0
        try:
            headroom = token.headroom()
        except Refused:
            headroom = 0
        return {
            PAYEE: MAX_WORD if ready else 0,
            MINTING: MAX_WORD if minter and not token.pauses & MINT else 0,
            ORDER_CAP: channel.cap,
            TIERS: self.largest(token.address),
            CHANNEL_LIMIT: channel.limit.available(now),
            MINT_LIMIT: token.limit.available(now),
            RESERVES: headroom,
        }

    def preview(self, name: bytes) -> tuple[int, int]:
        """What binds most, and what it allows."""
        bounds = self.bounds(name)
        binding = min(bounds, key=lambda constraint: bounds[constraint])
        return binding, bounds[binding]

    # Orders

    def propose(self, caller: str, ref: bytes, name: bytes, code: str, amount: int) -> None:
        self.board.require("PROPOSER", caller)
        refuse_if(ref == NO_REF, "ReferenceRequired")
        refuse_if(self.status(ref) in (PROPOSED, ISSUED), "BankReferenceUsed")
        channel = self._open(name)
        token = channel.token.address
        refuse_if(not code or self.board.codes.get(token) != code, "CurrencyMismatch")
        refuse_if(amount == 0, "NothingToIssue")
        refuse_if(amount > channel.cap, "OrderCapExceeded")
        refuse_if(self.approvals(token, amount) == 0, "TierExceeded")
        expires_at = self.board.now + self.board.config.order_life
        self.orders[ref] = Order(channel, amount, caller, expires_at)

    def approve(self, caller: str, ref: bytes, name: bytes, amount: int) -> bool:
        """Returns whether it issued."""
        self.board.require("APPROVER", caller)
        refuse_if(self.status(ref) != PROPOSED, "OrderNotProposed")
        channel, order = self._open(name), self.orders[ref]
        refuse_if(order.channel is not channel or order.amount != amount, "OrderMismatch")
        self._check_parties(caller, order)
        token = channel.token
        needed = self.approvals(token.address, amount)
        refuse_if(needed == 0, "TierExceeded")
        if len(order.approvers) + 1 < needed:
            order.approvers.append(caller)
            return False
        refuse_if(amount > channel.cap, "OrderCapExceeded")
        self.board.register.require_ready(channel.payee)
        now = self.board.now
        refuse_if(amount > channel.limit.available(now), "ChannelLimitExceeded")
        self.board.require("MINTER", self.address)
        token.mint(self.address, channel.payee, amount)
        channel.limit.consume(amount, now)
        order.status = ISSUED
        return True

    def _check_parties(self, caller: str, order: Order) -> None:
        members = self.board.members
        refuse_if(caller == order.proposer, "ProposerCannotApprove")
        refuse_if(order.proposer not in members["PROPOSER"], "PartyExpelled")
        for approver in order.approvers:
            refuse_if(approver == caller, "AlreadyApproved")
            refuse_if(approver not in members["APPROVER"], "PartyExpelled")

    def cancel(self, caller: str, ref: bytes) -> None:
        self.board.require("GUARDIAN", caller)
        stored = self.orders[ref].status if ref in self.orders else NONE
        refuse_if(stored != PROPOSED, "OrderNotProposed")
        self.orders[ref].status = CANCELLED

    # Channels and tiers

    def _open(self, name: bytes) -> Channel:
        channel = self.channels.get(name)
        if channel is None or not channel.is_open:
            raise Refused("ChannelNotOpen")
        return channel

    def open_channel(self, name: bytes, token: str, kind: int, payee: str) -> None:
        channel = self.channels.get(name)
        valid = name != NO_REF and kind and payee != ZERO and not (channel and channel.is_open)
        refuse_if(not valid, "ChannelInvalid")
        if channel:
            kept = (channel.token.address, channel.kind, channel.payee)
            refuse_if(kept != (token, kind, payee), "ChannelInvalid")
        refuse_if(token not in self.board.codes, "CurrencyMismatch")
        if channel is None:
            place = len(self.channels) + 1
            channel = Channel(name, place, self.board.tokens[token], kind, payee)
            self.channels[name] = channel
        channel.is_open, channel.cap = True, 0
        channel.limit.set(0, 1, self.board.now)

    def close_channel(self, name: bytes) -> None:
        self._open(name).is_open = False

    def raise_channel(self, name: bytes, cap: int, capacity: int, window: int) -> None:
        channel = self._open(name)
        channel.limit.set(capacity, window, self.board.now)
        channel.cap = cap

    def lower_channel(self, name: bytes, cap: int, capacity: int, window: int) -> None:
        channel = self._open(name)
        limit = channel.limit
        faster = capacity * limit.window > limit.capacity * window
        raised = cap > channel.cap or capacity > limit.capacity or faster
        refuse_if(raised, "ChannelNotLowered")
        self.raise_channel(name, cap, capacity, window)

    def loosen_tiers(self, token: str, tiers: Tiers) -> None:
        check_tiers(tiers)
        self.tiers[token] = tiers

    def tighten_tiers(self, token: str, tiers: Tiers) -> None:
        for up_to, approvals in tiers:
            before = self.approvals(token, up_to)
            refuse_if(before == 0 or before > approvals, "TiersNotTightened")
        self.loosen_tiers(token, tiers)


# Redeeming


@dataclass
class Calendar:
    """Business days of a place."""

    offset: int
    weekend: int
    closed: set[int] = field(default_factory=set)

    def day_of(self, moment: int) -> int:
        return (moment + self.offset) // DAY

    def end_of(self, day: int) -> int:
        """The last second of a day."""
        return (day + 1) * DAY - self.offset - 1

    def is_open(self, day: int) -> bool:
        return not self.weekend >> (day + FIRST_WEEKDAY) % 7 & 1 and day not in self.closed

    def open_day_after(self, day: int, count: int) -> int:
        while count:
            day += 1
            count -= self.is_open(day)
        return day

    def add(self, days: Iterable[int], now: int) -> None:
        refuse_if(any(day < self.day_of(now) for day in days), "DayOutOfRange")
        self.closed |= set(days)

    def remove(self, days: Iterable[int], now: int) -> None:
        refuse_if(any(day <= self.day_of(now) for day in days), "DayOutOfRange")
        self.closed -= set(days)

    def declare(self, day: int, now: int, *, referenced: bool) -> None:
        refuse_if(not referenced, "ReferenceRequired")
        refuse_if(not 0 <= day - self.day_of(now) <= FARTHEST_DECLARATION, "DayOutOfRange")
        self.closed.add(day)


@dataclass
class Fees:
    """When and at which fee a token is redeemed."""

    calendar: str
    days: int
    flat: int = 0
    bps: int = 0
    next_flat: int = 0
    next_bps: int = 0
    next_from: int = 0

    @property
    def word(self) -> int:
        """The terms as the chain stores them, but for the calendar."""
        announced = self.next_from << 192 | self.next_bps << 176 | self.next_flat << 96
        return self.days << 232 | announced | self.bps << 80 | self.flat

    def current(self, now: int) -> tuple[int, int]:
        risen = self.next_from and now >= self.next_from
        return (self.next_flat, self.next_bps) if risen else (self.flat, self.bps)

    def book(self, now: int) -> None:
        """An announced fee whose time has come is the fee."""
        if self.next_from and now >= self.next_from:
            self.flat, self.bps = self.current(now)
            self.next_flat = self.next_bps = self.next_from = 0


@dataclass
class Request:
    """An open request; a closed one has no record."""

    token: DeskToken
    holder: str
    amount: int
    fee: int
    requested_at: int
    status: int = REQUESTED
    valid_day: int = 0
    due: int = 0
    paying_day: int = 0
    payout: bytes = bytes(12)

    @property
    def words(self) -> tuple[int, int, int]:
        """The request as the chain stores it."""
        days = self.paying_day << 192 | self.valid_day << 168 | self.status << 160
        return (
            self.requested_at << 216 | days | int(self.holder, 16),
            self.due << 208 | self.fee << 112 | self.amount,
            number(self.payout) << 160 | int(self.token.address, 16),
        )


class Redeeming:
    """The desk that redeems."""

    def __init__(self, board: Board, address: str, terms: Mapping[str, Fees]) -> None:
        self.board, self.address = board, address
        self.terms = dict(terms)
        self.requests: dict[int, Request] = {}
        self.count = 0
        self.paid_by: dict[bytes, int] = {}

    # Views

    def status(self, request_id: int) -> int:
        if request_id in self.requests:
            return self.requests[request_id].status
        return CLOSED if 0 < request_id <= self.count else NONE

    def fee(self, token: str, amount: int) -> int:
        flat, bps = self.terms[token].current(self.board.now)
        cap = amount * self.board.config.max_fee_bps // 10_000
        return min(flat + amount * bps // 10_000, cap, MAX_FEE)

    def calendar(self, token: str) -> Calendar:
        return self.board.calendars[self.terms[token].calendar]

    def _calendar_of(self, request: Request) -> Calendar:
        return self.calendar(request.token.address)

    def _reckoned(self, request: Request, day: int) -> int:
        """The end of the business days after a day, by the calendar as it stands."""
        calendar = self._calendar_of(request)
        days = self.terms[request.token.address].days
        return calendar.end_of(calendar.open_day_after(day, days))

    def due_at(self, request_id: int) -> int:
        request = self.requests.get(request_id)
        if request is None or not request.valid_day:
            return 0
        return max(request.due, self._reckoned(request, request.valid_day))

    def is_overdue(self, request_id: int) -> bool:
        due = self.due_at(request_id)
        return bool(due) and self.board.now > due

    def today(self, request: Request) -> int:
        return self._calendar_of(request).day_of(self.board.now)

    def blocked_until(self, request: Request) -> int:
        """The last day of the block by the calendar as it stands; zero if the bank was not told."""
        days = self.board.config.block_days
        calendar, day = self._calendar_of(request), request.paying_day
        return calendar.open_day_after(day, days) if day else 0

    # Requests

    def _in(self, request_id: int, *statuses: int) -> Request:
        refuse_if(self.status(request_id) not in statuses, "WrongStatus")
        return self.requests[request_id]

    def _check_free(self, request: Request) -> None:
        refuse_if(request.token.is_barred(request.holder), "HolderBarred")

    def _check_payable(self, request: Request) -> None:
        self._check_free(request)
        self.board.register.require_payout(request.holder)

    def surrender(self, caller: str, token: DeskToken, desk: str, value: int) -> None:
        token.surrender(caller, desk, value)
        # The token has asked for the mark of a desk, which this desk alone carries.
        self.count += 1
        fee = self.fee(token.address, value)
        self.requests[self.count] = Request(token, caller, value, fee, self.board.now)

    def take_back(self, caller: str, request_id: int) -> None:
        request = self._in(request_id, REQUESTED, VALID, PAYING)
        refuse_if(caller != request.holder, "NotHolder")
        refuse_if(self.today(request) <= self.blocked_until(request), "PayoutPending")
        self._return(request_id, request)

    def validate(self, caller: str, request_id: int) -> None:
        self.board.require("TELLER", caller)
        request = self._in(request_id, REQUESTED)
        self._check_payable(request)
        today = self.today(request)
        request.due = self._reckoned(request, today)
        request.status, request.valid_day = VALID, today

    def instruct(self, caller: str, request_id: int, bank_ref: bytes) -> None:
        self.board.require("TELLER", caller)
        refuse_if(bank_ref == NO_REF, "ReferenceRequired")
        request = self._in(request_id, VALID)
        refuse_if(bool(request.token.pauses & REDEEM), "Paused")
        self._check_payable(request)
        refuse_if(bank_ref in self.paid_by, "BankReferenceMismatch")
        self.paid_by[bank_ref] = request_id
        request.status, request.payout = PAYING, keccak(bank_ref)[:12]
        request.paying_day = self.today(request)

    def give_back(self, caller: str, request_id: int, reason: bytes) -> None:
        self.board.require("TELLER", caller)
        refuse_if(reason == NO_REF, "ReferenceRequired")
        self._return(request_id, self._in(request_id, REQUESTED, VALID))

    def record_delay(self, caller: str, request_id: int, reason: bytes) -> None:
        self.board.require("TELLER", caller)
        refuse_if(reason == NO_REF, "ReferenceRequired")
        request = self._in(request_id, REQUESTED, VALID, PAYING)
        if request.status == PAYING and request.token.is_barred(request.holder):
            request.paying_day = self.today(request)

    def settle(self, caller: str, request_id: int, bank_ref: bytes) -> None:
        self.board.require("SETTLER", caller)
        request = self._in(request_id, PAYING)
        refuse_if(request.payout != keccak(bank_ref)[:12], "BankReferenceMismatch")
        request.token.burn_escrow(self.address, request.holder, request.amount)
        del self.requests[request_id]

    def reject(self, caller: str, request_id: int, reason: bytes) -> None:
        self.board.require("SETTLER", caller)
        refuse_if(reason == NO_REF, "ReferenceRequired")
        self._in(request_id, PAYING).status = VALID

    def extend(self, caller: str, request_id: int, day: int, consent: bytes) -> None:
        self.board.require("DEFERRER", caller)
        refuse_if(consent == NO_REF, "ReferenceRequired")
        request = self.requests.get(request_id)
        if request is None or not request.valid_day:
            raise Refused("WrongStatus")
        refuse_if(day > self.today(request) + LONGEST_EXTENSION, "DueDateTooLate")
        refuse_if(self.is_overdue(request_id), "DueDatePassed")
        due = self._calendar_of(request).end_of(day)
        refuse_if(due <= self.due_at(request_id), "DueDateNotLater")
        request.due = due

    def release(self, caller: str, request_id: int, to: str, case_ref: bytes) -> None:
        self.board.require("SEIZER", caller)
        refuse_if(case_ref == NO_REF, "ReferenceRequired")
        request = self._in(request_id, REQUESTED, VALID)
        known = not request.token.allow_list or request.token.accounts[to].has(VERIFIED | SUITE)
        refuse_if(not known, "UnverifiedAccount")
        request.token.restore(self.address, to, request.amount)
        del self.requests[request_id]

    def _return(self, request_id: int, request: Request) -> None:
        self._check_free(request)
        request.token.restore(self.address, request.holder, request.amount)
        del self.requests[request_id]

    # Fees

    def raise_fee(self, token: str, flat: int, bps: int) -> None:
        refuse_if(bps > self.board.config.max_fee_bps, "FeeAboveCap")
        refuse_if(token not in self.terms, "TokenNotListed")
        terms, now = self.terms[token], self.board.now
        terms.book(now)
        terms.next_flat, terms.next_bps = flat, bps
        terms.next_from = now + self.board.config.fee_notice

    def lower_fee(self, token: str, flat: int, bps: int) -> None:
        refuse_if(token not in self.terms, "TokenNotListed")
        terms, now = self.terms[token], self.board.now
        in_force = terms.current(now)
        refuse_if(flat > in_force[0] or bps > in_force[1], "FeeNotLowered")
        terms.book(now)
        terms.flat, terms.bps = flat, bps


# Lawful orders


@dataclass
class Entry:
    """An account that a case names."""

    token: str
    account: str
    ceiling: int
    frozen: bool = False
    held: int = 0
    taken: int = 0

    @property
    def words(self) -> tuple[int, ...]:
        """The entry as the chain stores it."""
        account = self.frozen << 160 | int(self.account, 16)
        return int(self.token, 16), account, self.held << 112 | self.ceiling, self.taken


@dataclass
class Case:
    """An order of a court or authority."""

    kind: int
    opened_at: int
    review_by: int
    document: bytes
    closed: bool = False
    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)

    @property
    def restraints(self) -> int:
        return sum(bool(entry.frozen or entry.held) for entry in self.entries.values())

    @property
    def words(self) -> tuple[int, int]:
        """The case as the chain stores it."""
        flags = self.restraints << 96 | self.closed << 88
        times = self.review_by << 48 | self.opened_at << 8
        return flags | times | self.kind, number(self.document)


@dataclass
class Taking:
    """A proposal to take; a `to` of zero destroys."""

    case: bytes
    token: str
    account: str
    to: str
    value: int
    redemption: int
    proposer: str
    proposed_at: int
    status: int = PROPOSED

    @property
    def words(self) -> tuple[int, ...]:
        """The proposal as the chain stores it."""
        people = (int(each, 16) for each in (self.token, self.account, self.to))
        last = self.status << 200 | self.proposed_at << 160 | int(self.proposer, 16)
        return number(self.case), *people, self.value, self.redemption, last


class Orders:
    """The book of cases, which freezes, holds and takes at the tokens."""

    def __init__(self, board: Board, redeeming: Redeeming, address: str) -> None:
        self.board, self.redeeming, self.address = board, redeeming, address
        self.cases: dict[bytes, Case] = {}
        self.takings: list[Taking] = []
        self.freezes: Counter[tuple[str, str]] = Counter()
        #: What was frozen at the token when the first of its cases froze it.
        self.frozen_before: dict[tuple[str, str], bool] = {}

    def held(self, token: str, account: str) -> int:
        """What all cases hold of an account."""
        entries = (case.entries.get((token, account)) for case in self.cases.values())
        return sum(entry.held for entry in entries if entry)

    # The book

    def _case(self, case_id: bytes) -> Case:
        case = self.cases.get(case_id)
        if case is None or case.closed:
            raise Refused("CaseNotOpen")
        return case

    def _active(self, case_id: bytes) -> Case:
        case = self._case(case_id)
        refuse_if(self.board.now > case.review_by, "ReviewOverdue")
        return case

    def _entry(self, case_id: bytes, token: str, account: str) -> Entry:
        entry = self.cases[case_id].entries.get((token, account))
        if entry is None:
            raise Refused("AccountNotNamed")
        return entry

    def _check_review(self, kind: int, review_by: int) -> None:
        now = self.board.now
        refuse_if(not kind or not now < review_by <= now + LONGEST_REVIEW, "InvalidCase")

    def open_case(
        self, caller: str, case_id: bytes, kind: int, review_by: int, document: bytes
    ) -> None:
        self.board.require("CASEWORKER", caller)
        refuse_if(NO_REF in (case_id, document), "ReferenceRequired")
        refuse_if(case_id in self.cases, "CaseExists")
        self._check_review(kind, review_by)
        self.cases[case_id] = Case(kind, self.board.now, review_by, document)

    def review_case(self, caller: str, case_id: bytes, review_by: int, ref: bytes) -> None:
        self.board.require("CASEWORKER", caller)
        refuse_if(ref == NO_REF, "ReferenceRequired")
        case = self._case(case_id)
        self._check_review(case.kind, review_by)
        case.review_by = review_by

    def name_account(
        self, caller: str, case_id: bytes, token: str, account: str, ceiling: int
    ) -> None:
        self.board.require("CASEWORKER", caller)
        case = self._active(case_id)
        refuse_if(token not in self.board.tokens, "TokenUnknown")
        entry = case.entries.get((token, account))
        if entry is None:
            case.entries[token, account] = Entry(token, account, ceiling)
            return
        refuse_if(ceiling < entry.held + entry.taken, "CeilingExceeded")
        entry.ceiling = ceiling

    def close_case(self, caller: str, case_id: bytes, ref: bytes) -> None:
        self.board.require("RELEASER", caller)
        refuse_if(ref == NO_REF, "ReferenceRequired")
        case = self._case(case_id)
        refuse_if(case.restraints != 0, "CaseStillRestrains")
        case.closed = True

    # Restraining

    def freeze(self, caller: str, case_id: bytes, token: str, accounts: list[str]) -> None:
        self.board.require("CASEWORKER", caller)
        self._active(case_id)
        entries = [self._entry(case_id, token, account) for account in accounts]
        ledger = self.board.tokens[token]
        before = {each: ledger.accounts[each].has(FROZEN) for each in accounts}
        ledger.bar(FROZEN, accounts)
        for entry in entries:
            if entry.frozen:
                continue
            if not self.freezes[token, entry.account]:
                self.frozen_before[token, entry.account] = before[entry.account]
            entry.frozen = True
            self.freezes[token, entry.account] += 1

    def unfreeze(self, caller: str, case_id: bytes, token: str, accounts: list[str]) -> None:
        self.board.require("RELEASER", caller)
        self._case(case_id)
        for entry in [self._entry(case_id, token, account) for account in accounts]:
            if not entry.frozen:
                continue
            entry.frozen = False
            self.freezes[token, entry.account] -= 1
            pair = (token, entry.account)
            if not self.freezes[pair] and not self.frozen_before[pair]:
                self.board.tokens[token].unmark(FROZEN, [entry.account])

    def hold(self, caller: str, case_id: bytes, token: str, account: str, value: int) -> None:
        self.board.require("CASEWORKER", caller)
        refuse_if(value == 0, "NothingOrdered")
        self._active(case_id)
        entry = self._entry(case_id, token, account)
        allowed = max(entry.ceiling - entry.taken - entry.held, 0)
        refuse_if(value > allowed, "CeilingExceeded")
        self.board.tokens[token].hold(account, value)
        entry.held += value

    def release(self, caller: str, case_id: bytes, token: str, account: str, value: int) -> None:
        self.board.require("RELEASER", caller)
        refuse_if(value == 0, "NothingOrdered")
        self._case(case_id)
        entry = self._entry(case_id, token, account)
        refuse_if(value > entry.held, "NotHeldByCase")
        entry.held -= value
        ledger = self.board.tokens[token]
        # What others hold is theirs, whatever was released at the token itself.
        spare = max(ledger.accounts[account].held - self.held(token, account), 0)
        ledger.release(account, min(value, spare))

    # Taking

    def _executable(self, taking: Taking) -> Entry:
        refuse_if(taking.value == 0, "NothingOrdered")
        self._active(taking.case)
        entry = self._entry(taking.case, taking.token, taking.account)
        allowed = entry.ceiling - entry.taken
        if taking.redemption:
            request = self.redeeming.requests.get(taking.redemption)
            terms = (taking.token, taking.account, taking.value)
            same = request and (request.token.address, request.holder, request.amount) == terms
            refuse_if(not same or taking.to == ZERO, "RedemptionMismatch")
            allowed = max(allowed - entry.held, 0) if entry.frozen else 0
        elif not entry.frozen:
            allowed = min(allowed, entry.held)
        refuse_if(taking.value > allowed, "CeilingExceeded")
        return entry

    def propose(self, caller: str, case_id: bytes, *terms: object) -> None:
        """`terms`: token, account, to, value, redemption."""
        self.board.require("CASEWORKER", caller)
        taking = Taking(case_id, *terms, caller, self.board.now)  # type: ignore[arg-type]
        self._executable(taking)
        self.takings.append(taking)

    def _waiting(self, number_: int) -> Taking:
        known = 0 < number_ <= len(self.takings)
        waits = known and self.takings[number_ - 1].status == PROPOSED
        refuse_if(not waits, "OrderNotProposed")
        return self.takings[number_ - 1]

    def execute(self, caller: str, number_: int) -> None:
        self.board.require("EXECUTOR", caller)
        taking = self._waiting(number_)
        refuse_if(caller == taking.proposer, "ProposerCannotExecute")
        refuse_if(self.board.now < taking.proposed_at + CHALLENGE, "StillChallengeable")
        refuse_if(taking.proposer not in self.board.members["CASEWORKER"], "PartyExpelled")
        entry = self._executable(taking)
        if taking.redemption:
            self.redeeming.release(self.address, taking.redemption, taking.to, taking.case)
        else:
            self._take(taking, entry)
        taking.status = EXECUTED
        entry.taken += taking.value

    def _take(self, taking: Taking, entry: Entry) -> None:
        """What other cases hold stays held."""
        token = self.board.tokens[taking.token]
        account, consumed = token.accounts[taking.account], min(entry.held, taking.value)
        others = max(account.held - consumed, 0)
        if taking.to == ZERO:
            token.destroy(taking.account, taking.value)
        else:
            token.seize(taking.account, taking.to, taking.value)
        entry.held -= consumed
        account.held = max(others, account.held, self.held(taking.token, taking.account))

    def cancel(self, caller: str, number_: int) -> None:
        self.board.require("GUARDIAN", caller)
        self._waiting(number_).status = WITHDRAWN
