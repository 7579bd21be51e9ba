"""The rules of a pegged token and of its reserves in plain Python, to compare the contracts with.

A verb either applies itself whole, or raises `Refused` with the name of the error that the contract
must answer; checks come in the contract's order. Time is `now`, set by the driver before each verb.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

ZERO = "0x" + "00" * 20
MAX_VALUE = 2**112 - 1
MAX_NONCE = 2**24 - 1
MAX_WORD = 2**256 - 1
TRANSFERS, SIGNATURES, MINT, REDEEM = 1, 2, 4, 8
BLACKLISTED, FROZEN, VERIFIED, SUITE, REDEMPTION = 1, 2, 4, 8, 16
DAY = 86400


class Refused(Exception):
    """The contract must refuse, with the error of this name."""

    def __init__(self, name: str):
        self.name = name
        super().__init__(name)


def refuse_if(condition: bool, name: str) -> None:
    """States one check."""
    if condition:
        raise Refused(name)


# Reserves


def scale_down(amount: int, unit: int, to: int) -> int:
    """An amount of 10 ** -unit in 10 ** -to, rounded down, at most 2 ** 256 - 1."""
    return min(amount * 10**to // 10**unit, MAX_WORD)


def scale_up(amount: int, unit: int, to: int) -> int:
    """The same, rounded up."""
    return min(-(-amount * 10**to // 10**unit), MAX_WORD)


def usable(reserves: int, buffer_bps: int) -> int:
    """What reserves back with the buffer taken off, rounded down."""
    return reserves * 10_000 // (10_000 + buffer_bps)


@dataclass
class Bucket:
    """A refilling limit."""

    capacity: int = 0
    window: int = 0
    used: int = 0
    at: int = 0

    def used_at(self, now: int) -> int:
        """What is still used after the refill so far."""
        return max(self.used - (now - self.at) * self.capacity // max(self.window, 1), 0)

    def available(self, now: int) -> int:
        """What may be taken now."""
        return max(self.capacity - self.used_at(now), 0)

    def consume(self, value: int, now: int) -> None:
        """Takes what is known to be available."""
        if value:
            self.used, self.at = self.used_at(now) + value, now

    def set(self, capacity: int, window: int, now: int) -> None:
        """New settings; what is used stays used."""
        refuse_if(window == 0, "InvalidWindow")
        self.used, self.at = self.used_at(now), now
        self.capacity, self.window = capacity, window


@dataclass(frozen=True)
class Round:
    """An accepted statement."""

    as_of: int
    posted_at: int
    reserves: int
    elsewhere: int

    @property
    def left(self) -> int:
        """The reserves that other chains may not have used."""
        return max(self.reserves - self.elsewhere, 0)


@dataclass
class Feed:
    """The reserve feed of a currency."""

    currency: str
    decimals: int
    attestors: set[str]
    quorum: int
    rise_quorum: int
    max_rise_bps: int
    rounds: list[Round] = field(default_factory=list)
    disputed: bool = False
    anchor_reserves: int = 0
    anchor_left: int = 0
    anchored_at: int = 0

    def post(
        self, currency: str, as_of: int, reserves: int, elsewhere: int, signers: list[str], now: int
    ) -> int:
        """Records a statement that these signed, in this order; returns how many had to."""
        refuse_if(currency != self.currency, "CurrencyMismatch")
        refuse_if(as_of > now, "AsOfInFuture")
        last = self.rounds[-1] if self.rounds else Round(0, 0, 0, 0)
        refuse_if(as_of <= last.as_of, "AsOfNotAdvancing")
        following = Round(as_of, now, reserves, elsewhere)
        anchored_at, anchors = self.anchored_at, (self.anchor_reserves, self.anchor_left)
        if now >= anchored_at + DAY:
            anchored_at, anchors = now, (last.reserves, last.left)
        anchors = (min(anchors[0], last.reserves), min(anchors[1], last.left))
        needed, risen = self.quorum, (following.reserves, following.left)
        bound = 10_000 + self.max_rise_bps
        if any(new * 10_000 > old * bound for new, old in zip(risen, anchors, strict=True)):
            needed, anchors = self.rise_quorum, risen
        refuse_if(len(signers) < needed, "QuorumNotMet")
        previous = 0
        for signer in signers:
            refuse_if(signer not in self.attestors, "NotAttestor")
            refuse_if(int(signer, 16) <= previous, "SignersNotAscending")
            previous = int(signer, 16)
        self.anchored_at = anchored_at
        self.anchor_reserves, self.anchor_left = anchors
        self.rounds.append(following)
        return needed

    def report_break(self, *, referenced: bool) -> None:
        refuse_if(not referenced, "ReferenceRequired")
        self.disputed = True

    def clear_break(self) -> None:
        refuse_if(not self.disputed, "NotDisputed")
        self.disputed = False

    def expel_attestor(self, attestor: str) -> None:
        refuse_if(attestor not in self.attestors, "NotAttestor")
        self.attestors.remove(attestor)

    def add_attestor(self, attestor: str) -> None:
        refuse_if(attestor == ZERO or attestor in self.attestors, "InvalidAttestor")
        self.attestors.add(attestor)

    def set_quorums(self, quorum: int, rise_quorum: int, max_rise_bps: int) -> None:
        bad = quorum == 0 or rise_quorum <= quorum or rise_quorum > len(self.attestors)
        refuse_if(bad, "InvalidQuorums")
        self.quorum, self.rise_quorum, self.max_rise_bps = quorum, rise_quorum, max_rise_bps

    # As a source of reserves

    def unit(self) -> int:
        return self.decimals

    def answer(self) -> tuple[int, int]:
        """The reserves and when they were counted."""
        refuse_if(self.disputed or not self.rounds, "ReserveUnavailable")
        return self.rounds[-1].reserves, self.rounds[-1].as_of

    def owed_elsewhere(self) -> int:
        return self.rounds[-1].elsewhere


@dataclass
class AnyFeed:
    """A foreign feed that may say anything."""

    decimals: int = 6
    reserves: int = 0
    updated_at: int = 0
    elsewhere: int = 0
    broken: bool = False

    def unit(self) -> int:
        refuse_if(self.decimals > 255, "ReserveUnavailable")
        return self.decimals

    def answer(self) -> tuple[int, int]:
        refuse_if(self.broken, "ReserveUnavailable")
        return self.reserves, self.updated_at

    def owed_elsewhere(self) -> int:
        return self.elsewhere


class NoFeed:
    """An address that answers nothing."""

    def unit(self) -> int:
        raise Refused("ReserveUnavailable")

    def answer(self) -> tuple[int, int]:
        raise Refused("ReserveUnavailable")

    def owed_elsewhere(self) -> int:
        raise Refused("ReserveUnavailable")


@dataclass(frozen=True)
class Terms:
    """How minting reads its reserves; a source of None is the zero address."""

    source: Feed | AnyFeed | NoFeed | None = None
    max_age: int = 0
    buffer_bps: int = 0
    single_chain: bool = False


# Ledger


@dataclass
class Account:
    """All that a movement asks about an account."""

    flags: int = 0
    nonce: int = 0
    held: int = 0
    balance: int = 0

    def has(self, flags: int) -> bool:
        return self.flags & flags != 0

    @property
    def spendable(self) -> int:
        return max(self.balance - self.held, 0)

    @property
    def word(self) -> int:
        """The account as the chain stores it."""
        return self.flags << 248 | self.nonce << 224 | self.held << 112 | self.balance


@dataclass
class Token:
    """One currency's token: its accounts, its modes, and its limits."""

    address: str
    decimals: int
    terms: Terms = field(default_factory=Terms)
    limit: Bucket = field(default_factory=Bucket)
    accounts: defaultdict[str, Account] = field(default_factory=lambda: defaultdict(Account))
    allowances: dict[tuple[str, str], int] = field(default_factory=dict)
    spent: set[tuple[str, int]] = field(default_factory=set)
    chunks: set[tuple[str, int, int]] = field(default_factory=set)
    supply: int = 0
    pauses: int = 0
    allow_list: bool = False
    pause_number: int = 0
    paused_since: int = 0
    paused_before: int = 0
    now: int = 0
    transfers: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def config_word(self) -> int:
        """The token as the chain stores it."""
        flags = self.pauses | self.allow_list << 4 | self.pause_number << 32
        return flags << 192 | self.paused_since << 152 | self.paused_before << 112 | self.supply

    def allowance(self, owner: str, spender: str) -> int:
        return self.allowances.get((owner, spender), 0)

    @property
    def paused_seconds(self) -> int:
        running = self.now - self.paused_since if self.paused_since else 0
        return self.paused_before + running

    # Who may

    def has_account(self, account: str) -> bool:
        return account not in (ZERO, self.address)

    def _known(self, account: Account) -> bool:
        return not self.allow_list or account.has(VERIFIED | SUITE)

    def may_send(self, address: str) -> bool:
        account = self.accounts[address]
        return not account.has(BLACKLISTED | FROZEN) and self._known(account)

    def may_receive(self, address: str) -> bool:
        account = self.accounts[address]
        return not account.has(BLACKLISTED | REDEMPTION) and self._known(account)

    def can_transfer(self, sender: str, to: str, value: int) -> bool:
        exist = self.has_account(sender) and self.has_account(to)
        willing = exist and self.may_send(sender) and self.may_receive(to)
        return willing and not self.pauses & TRANSFERS and value <= self.accounts[sender].spendable

    def _check_open(self, bits: int) -> None:
        refuse_if(self.pauses & bits != 0, "Paused")

    def _check_sender(self, address: str, *, known: bool = True) -> None:
        """`known`: whether it must be verified, where the mode asks for it."""
        account = self.accounts[address]
        refuse_if(account.has(BLACKLISTED), "BlacklistedAccount")
        refuse_if(account.has(FROZEN), "FrozenAccount")
        refuse_if(known and not self._known(account), "UnverifiedAccount")

    def _check_debit(self, sender: str, value: int, *, known: bool = True) -> None:
        self._check_sender(sender, known=known)
        account = self.accounts[sender]
        refuse_if(value > account.balance, "ERC20InsufficientBalance")
        refuse_if(value > account.spendable, "ERC7943InsufficientUnfrozenBalance")

    def _check_credit(self, to: str, *, known: bool = True) -> None:
        refuse_if(not self.has_account(to), "ERC20InvalidReceiver")
        refuse_if(self.accounts[to].has(BLACKLISTED), "BlacklistedAccount")
        refuse_if(self.accounts[to].has(REDEMPTION), "ERC20InvalidReceiver")
        refuse_if(known and not self._known(self.accounts[to]), "UnverifiedAccount")

    def _shift(self, sender: str, to: str, value: int) -> None:
        """Applies a movement that passed its checks."""
        if sender != ZERO:
            self.accounts[sender].balance -= value
        if to != ZERO:
            self.accounts[to].balance += value
        self.transfers.append((sender, to, value))

    def _check_move(self, sender: str, to: str, value: int) -> None:
        self._check_debit(sender, value)
        self._check_credit(to)

    # Holders

    def transfer(self, caller: str, to: str, value: int) -> None:
        self._check_open(TRANSFERS)
        self._check_move(caller, to, value)
        self._shift(caller, to, value)

    def transfer_from(self, caller: str, owner: str, to: str, value: int) -> None:
        self._check_open(TRANSFERS)
        refuse_if(owner == ZERO, "ERC20InvalidSender")
        self._check_sender(caller)
        allowed = self.allowance(owner, caller)
        refuse_if(allowed < value, "ERC20InsufficientAllowance")
        self._check_move(owner, to, value)
        if allowed != MAX_WORD:
            self.allowances[owner, caller] = allowed - value
        self._shift(owner, to, value)

    def approve(self, caller: str, spender: str, value: int) -> None:
        self._check_open(TRANSFERS)
        self._approve(caller, spender, value)

    def _approve(self, owner: str, spender: str, value: int) -> None:
        refuse_if(spender == ZERO, "ERC20InvalidSpender")
        self.allowances[owner, spender] = value

    def pay(
        self,
        caller: str,
        batch: int,
        chunk: int,
        rows: list[tuple[str, int]],
        total: int,
        refs: int | None = None,
    ) -> tuple[int, int]:
        """`refs` is the number of references or None; returns what was paid and skipped."""
        self._check_open(TRANSFERS)
        refuse_if(refs is not None and refs != len(rows), "BatchLengthMismatch")
        refuse_if(not rows, "BatchLengthMismatch")
        refuse_if((caller, batch, chunk) in self.chunks, "ChunkExecuted")
        self._check_debit(caller, total)
        refuse_if(not all(self.has_account(to) for to, _ in rows), "ERC20InvalidReceiver")
        payable = [r for r in rows if self.may_receive(r[0])]
        refuse_if(sum(v for _, v in rows) != total, "BatchTotalMismatch")
        self.chunks.add((caller, batch, chunk))
        for to, value in payable:
            self._shift(caller, to, value)
        paid = sum(v for _, v in payable)
        return paid, total - paid

    # Redemption

    def surrender(self, caller: str, desk: str, value: int) -> None:
        self._check_open(REDEEM)
        refuse_if(not self.accounts[desk].has(REDEMPTION), "NotRedemptionDesk")
        refuse_if(caller == desk, "ERC20InvalidSender")
        refuse_if(value == 0, "NothingToSurrender")
        self._check_debit(caller, value, known=False)
        self._shift(caller, desk, value)

    def _check_escrow(self, desk: str, value: int) -> None:
        refuse_if(not self.accounts[desk].has(REDEMPTION), "NotRedemptionDesk")
        refuse_if(value > self.accounts[desk].balance, "ERC20InsufficientBalance")

    def restore(self, desk: str, to: str, value: int) -> None:
        self._check_escrow(desk, value)
        self._check_credit(to, known=False)
        self._shift(desk, to, value)

    def burn_escrow(self, desk: str, holder: str, value: int) -> None:
        self._check_sender(holder, known=False)
        self._check_escrow(desk, value)
        self.supply -= value
        self._shift(desk, ZERO, value)

    def appoint_desk(self, address: str, *, code: bool) -> None:
        """`code`: whether there is any at the address."""
        self._check_free(address)
        refuse_if(not code, "NoCode")
        refuse_if(not self.has_account(address), "InvalidAccount")
        self._mark(SUITE | REDEMPTION, [address])

    # Signatures

    def permit(
        self, owner: str, spender: str, value: int, deadline: int, signer: str, signed_nonce: int
    ) -> None:
        """`signer` signed exactly these values with `signed_nonce`."""
        self._check_open(TRANSFERS | SIGNATURES)
        refuse_if(self.now > deadline, "SignatureExpired")
        account = self.accounts[owner]
        refuse_if(account.has(BLACKLISTED), "BlacklistedAccount")
        refuse_if(account.nonce == MAX_NONCE, "NonceExhausted")
        refuse_if(signer != owner or signed_nonce != account.nonce, "InvalidSignature")
        self._approve(owner, spender, value)
        account.nonce += 1

    def authorized_transfer(
        self,
        sender: str,
        to: str,
        value: int,
        valid: tuple[int, int],
        nonce: int,
        signer: str | None,
        payee: str | None = None,
    ) -> None:
        """`payee`: the caller of the receiving form; `signer`: None if another kind was signed."""
        self._check_open(TRANSFERS | SIGNATURES)
        refuse_if(payee is not None and payee != to, "CallerNotPayee")
        refuse_if(self.now <= valid[0], "AuthorizationNotYetValid")
        refuse_if(self.now >= valid[1], "AuthorizationExpired")
        refuse_if((sender, nonce) in self.spent, "AuthorizationSpent")
        refuse_if(signer != sender, "InvalidSignature")
        self._check_move(sender, to, value)
        self.spent.add((sender, nonce))
        self._shift(sender, to, value)

    def cancel_authorization(self, authorizer: str, nonce: int, signer: str) -> None:
        refuse_if(signer != authorizer, "InvalidSignature")
        refuse_if((authorizer, nonce) in self.spent, "AuthorizationSpent")
        self.spent.add((authorizer, nonce))

    # Issuance

    def headroom(self) -> int:
        """What the reserves still allow to mint."""
        terms = self.terms
        if terms.source is None or terms.max_age == 0:
            raise Refused("ReserveUnset")
        unit = terms.source.unit()
        answer, updated_at = terms.source.answer()
        refuse_if(answer <= 0, "ReserveNotPositive")
        refuse_if(updated_at == 0 or updated_at > self.now, "ReserveTimeInvalid")
        refuse_if(self.now - updated_at > terms.max_age, "ReserveStale")
        owed = self.supply
        if not terms.single_chain:
            owed += scale_up(terms.source.owed_elsewhere(), unit, self.decimals)
        return max(usable(scale_down(answer, unit, self.decimals), terms.buffer_bps) - owed, 0)

    def mint(self, caller: str, to: str, value: int) -> None:
        self._check_open(MINT)
        refuse_if(value == 0, "NothingToMint")
        refuse_if(self.accounts[caller].has(BLACKLISTED), "BlacklistedAccount")
        refuse_if(value > MAX_VALUE - self.supply, "SupplyCapExceeded")
        refuse_if(value > self.headroom(), "ReserveExceeded")
        refuse_if(value > self.limit.available(self.now), "MintLimitExceeded")
        self._check_credit(to)
        self.limit.consume(value, self.now)
        self.supply += value
        self._shift(ZERO, to, value)

    def burn(self, caller: str, value: int) -> None:
        self._check_open(REDEEM)
        self._check_debit(caller, value)
        self.supply -= value
        self._shift(caller, ZERO, value)

    def set_terms(self, terms: Terms) -> None:
        self.terms = terms

    def raise_limit(self, capacity: int, window: int) -> None:
        self.limit.set(capacity, window, self.now)

    def lower_limit(self, capacity: int, window: int) -> None:
        limit = self.limit
        faster = capacity * limit.window > limit.capacity * window
        refuse_if(capacity > limit.capacity or faster, "LimitNotLowered")
        limit.set(capacity, window, self.now)

    # Compliance

    def _check_barrable(self, address: str) -> None:
        refuse_if(not self.has_account(address), "InvalidAccount")
        refuse_if(self.accounts[address].has(SUITE), "SuiteAccount")

    def bar(self, flag: int, addresses: list[str]) -> None:
        """Blacklists or freezes."""
        for address in addresses:
            self._check_barrable(address)
        self._mark(flag, addresses)

    def mark(self, flag: int, addresses: list[str]) -> None:
        """Verifies, or makes a contract of the suite."""
        for address in addresses:
            if flag == SUITE:
                self._check_free(address)
            refuse_if(not self.has_account(address), "InvalidAccount")
        self._mark(flag, addresses)

    def _check_free(self, address: str) -> None:
        account = self.accounts[address]
        refuse_if(account.has(BLACKLISTED | FROZEN) or account.held != 0, "BarredAccount")

    def _mark(self, flag: int, addresses: list[str]) -> None:
        for address in addresses:
            self.accounts[address].flags |= flag

    def unmark(self, flag: int, addresses: list[str]) -> None:
        """Takes flags away; a desk's only once it has nothing that it owes back."""
        for address in addresses:
            owing = self.accounts[address].has(REDEMPTION) and self.accounts[address].balance
            refuse_if(bool(flag & REDEMPTION and owing), "DeskNotEmpty")
        for address in addresses:
            self.accounts[address].flags &= ~flag

    def hold(self, address: str, value: int, *, referenced: bool = True) -> None:
        refuse_if(not referenced, "ReferenceRequired")
        self._check_barrable(address)
        refuse_if(value > MAX_VALUE - self.accounts[address].held, "HoldTooLarge")
        self.accounts[address].held += value

    def release(self, address: str, value: int, *, referenced: bool = True) -> None:
        refuse_if(not referenced, "ReferenceRequired")
        refuse_if(not self.has_account(address), "InvalidAccount")
        refuse_if(value > self.accounts[address].held, "NotHeld")
        self.accounts[address].held -= value

    def reach(self, address: str) -> int:
        """What an order can take from an account."""
        account = self.accounts[address]
        barred = account.has(BLACKLISTED | FROZEN)
        return account.balance if barred else min(account.held, account.balance)

    def _check_take(self, address: str, value: int, *, referenced: bool) -> None:
        refuse_if(not referenced, "ReferenceRequired")
        self._check_barrable(address)
        refuse_if(value > self.reach(address), "OutOfReach")

    def seize(self, address: str, to: str, value: int, *, referenced: bool = True) -> None:
        refuse_if(to == address, "InvalidAccount")
        self._check_take(address, value, referenced=referenced)
        self._check_credit(to)
        self._consume_held(address, value)
        self._shift(address, to, value)

    def destroy(self, address: str, value: int, *, referenced: bool = True) -> None:
        self._check_take(address, value, referenced=referenced)
        self._consume_held(address, value)
        self.supply -= value
        self._shift(address, ZERO, value)

    def _consume_held(self, address: str, value: int) -> None:
        account = self.accounts[address]
        account.held -= min(account.held, value)

    # Modes

    def pause(self, bits: int, *, referenced: bool = True) -> None:
        refuse_if(not 0 < bits < 16, "InvalidPauses")
        refuse_if(bool(bits & REDEEM) and not referenced, "ReferenceRequired")
        if bits & TRANSFERS and not self.pauses & TRANSFERS:
            self.paused_since = self.now
        self.pauses |= bits
        self.pause_number += 1

    def resume(self, bits: int, *, number: int) -> None:
        refuse_if(not 0 < bits < 16, "InvalidPauses")
        refuse_if(number != self.pause_number, "PausedAgain")
        if bits & TRANSFERS:
            self.paused_before, self.paused_since = self.paused_seconds, 0
        self.pauses &= ~bits

    def set_allow_list(self, *, on: bool) -> None:
        self.allow_list = on
