"""The uses in plain Python: pairs and rates, settlement of quotes, and payments that are held.

As in `model`, a verb applies itself whole, or raises `Refused` with the name of the error that the
contract must answer; checks come in the contract's order. Rates are compared as fractions. Terms
are those that people sign; `signer` is who did, or None when something else was signed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.support.desk_model import NO_REF, Board, number
from tests.support.model import (
    BLACKLISTED,
    FROZEN,
    MAX_WORD,
    TRANSFERS,
    ZERO,
    Refused,
    refuse_if,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.config import DesksConfig
    from pegboard.uses.terms import Info, Quote

WHOLE = 10_000
LARGEST_ANSWER = 2**192 - 1
#: Why a quote would not settle, as `check` says it; the taker's are the maker's, two bits higher.
EXPIRED, SPENT, NOT_TRADABLE, STALE, OUT_OF_BAND, SIGNATURE, OTHER_TAKER, TERMS = (
    1 << bit for bit in range(8)
)
CANNOT_SEND, ALLOWANCE, OF_TAKER = 256, 512, 2


@dataclass
class Asset:
    """Another issuer's token, that knows nobody."""

    address: str
    transfers: list[tuple[str, ...]]
    balances: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    allowances: dict[tuple[str, str], int] = field(default_factory=dict)

    def allowance(self, owner: str, spender: str) -> int:
        return self.allowances.get((owner, spender), 0)

    def approve(self, caller: str, spender: str, value: int) -> None:
        self.allowances[caller, spender] = value

    def transfer(self, caller: str, to: str, value: int) -> None:
        refuse_if(to == ZERO, "ERC20InvalidReceiver")
        refuse_if(value > self.balances[caller], "ERC20InsufficientBalance")
        self.balances[caller] -= value
        self.balances[to] += value
        self.transfers.append((self.address, caller, to, value))  # type: ignore[arg-type]

    def transfer_from(self, caller: str, owner: str, to: str, value: int) -> None:
        allowed = self.allowance(owner, caller)
        refuse_if(allowed < value, "ERC20InsufficientAllowance")
        self.transfer(owner, to, value)
        if allowed != MAX_WORD:
            self.allowances[owner, caller] = allowed - value


@dataclass(frozen=True)
class Pair:
    """Two currencies that may be exchanged; the feed says how much `quote` one `base` is."""

    base: str
    quote: str
    max_age: int
    band: int


@dataclass(frozen=True)
class Rate:
    """What a feed of eight decimals answered, and when."""

    answer: int
    time: int

    @property
    def word(self) -> int:
        """The round as the chain stores it."""
        return self.time << 216 | self.answer & (2**216 - 1)

    @property
    def price(self) -> Fraction:
        return Fraction(self.answer, 10**8)

    def is_fresh(self, now: int, max_age: int) -> bool:
        """Beyond 192 bits it is no price."""
        return 0 < self.answer <= LARGEST_ANSWER and self.time <= now <= self.time + max_age


class UsesBoard(Board):
    """A board with a market: pairs, assets, attesters, a feed of rates, and the uses themselves."""

    def __init__(self, config: DesksConfig) -> None:
        super().__init__(config)
        #: By both of their directions.
        self.pairs: dict[tuple[str, str], Pair] = {}
        self.assets: set[str] = set()
        self.caps: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.rates: list[Rate] = []
        self.foreign: dict[str, Asset] = {}

    # What is whole

    @contextmanager
    def whole(self) -> Iterator[None]:
        """The movements inside happen all, or none of them."""
        tokens = list(self.tokens.values())
        accounts = [{at: replace(a) for at, a in t.accounts.items()} for t in tokens]
        kept = [(dict(t.allowances), set(t.spent), len(self.transfers)) for t in tokens]
        others = [(a, a.balances.copy(), dict(a.allowances)) for a in self.foreign.values()]
        try:
            yield
        except Refused:
            for token, before, (allowances, spent, moved) in zip(
                tokens, accounts, kept, strict=True
            ):
                token.allowances, token.spent = allowances, spent
                token.accounts.clear()
                token.accounts.update(before)
                del self.transfers[moved:]
            for asset, balances, allowances in others:
                asset.balances, asset.allowances = balances, allowances
            raise

    # Who may: nobody does who has no account

    def can_send(self, token: str, account: str) -> bool:
        return self.tokens[token].has_account(account) and self.tokens[token].may_send(account)

    def can_receive(self, token: str, account: str) -> bool:
        return self.tokens[token].has_account(account) and self.tokens[token].may_receive(account)

    # Pairs, assets and attesters

    def require_currency(self, token: str) -> None:
        refuse_if(token not in self.codes, "TokenNotRegistered")

    def terms_of(self, sell: str, buy: str) -> Pair | None:
        """The pair, or None where one of the two is an asset."""
        if pair := self.pairs.get((sell, buy)):
            return pair
        other = buy if sell in self.assets else sell
        delivers = bool({sell, buy} & self.assets) and other in self.codes
        refuse_if(not delivers, "NotTradable")
        return None

    def pairs_of(self, token: str) -> int:
        return sum(pair.base == token for pair in self.pairs.values()) + sum(
            pair.quote == token for pair in self.pairs.values()
        )

    def _set_pair(self, pair: Pair) -> None:
        self.pairs[pair.base, pair.quote] = self.pairs[pair.quote, pair.base] = pair

    def open_pair(self, caller: str, base: str, quote: str, max_age: int, band: int) -> None:
        self.require("GOVERNOR", caller)
        self.require_currency(base)
        self.require_currency(quote)
        present = self.pairs.get((base, quote))
        turned = present is not None and present.base != base
        usable = base != quote and max_age and 0 < band < WHOLE
        refuse_if(not usable or turned, "InvalidPair")
        self._set_pair(Pair(base, quote, max_age, band))

    def _pair(self, base: str, quote: str) -> Pair:
        pair = self.pairs.get((base, quote))
        if pair is None or pair.base != base:
            raise Refused("PairNotOpen")
        return pair

    def narrow_pair(self, caller: str, base: str, quote: str, max_age: int, band: int) -> None:
        self.require("PAUSER", caller)
        pair = self._pair(base, quote)
        refuse_if(max_age > pair.max_age or band > pair.band, "NotNarrower")
        refuse_if(max_age == 0 or band == 0, "InvalidPair")
        self._set_pair(Pair(base, quote, max_age, band))

    def close_pair(self, caller: str, base: str, quote: str) -> None:
        self.require("PAUSER", caller)
        self._pair(base, quote)
        del self.pairs[base, quote], self.pairs[quote, base]

    def list_asset(self, caller: str, asset: str) -> None:
        self.require("GOVERNOR", caller)
        refuse_if(asset not in self.foreign or asset in self.assets, "InvalidAsset")
        self.assets.add(asset)

    def delist_asset(self, caller: str, asset: str) -> None:
        self.require("PAUSER", caller)
        refuse_if(asset not in self.assets, "InvalidAsset")
        self.assets.remove(asset)

    def raise_attester(self, caller: str, attester: str, token: str, cap: int) -> None:
        self.require("GOVERNOR", caller)
        self.require_currency(token)
        refuse_if(attester == ZERO or cap <= self.caps[attester, token], "InvalidCap")
        self.caps[attester, token] = cap

    def cap_of(self, attester: str, token: str) -> int:
        """What counts of a cap: nothing where the token is off the board."""
        return self.caps[attester, token] if token in self.codes else 0

    def cut_attester(self, caller: str, attester: str, token: str, cap: int) -> None:
        self.require("PAUSER", caller)
        refuse_if(cap >= self.caps[attester, token], "InvalidCap")
        self.caps[attester, token] = cap

    def push(self, answer: int, time: int) -> None:
        self.rates.append(Rate(answer, time))

    def retire(self, caller: str, token: str) -> None:
        self.require("GOVERNOR", caller)
        refuse_if(token not in self.codes, "NotRegistered")
        refuse_if(self.pairs_of(token) != 0, "PairsOpen")
        del self.codes[token]

    def register_token(self, caller: str, token: str, code: str) -> None:
        self.require("GOVERNOR", caller)
        refuse_if(token in self.codes, "AlreadyRegistered")
        self.codes[token] = code


class Escrow:
    """What every use that holds tokens has in common."""

    def __init__(self, board: UsesBoard, address: str) -> None:
        self.board, self.address = board, address
        #: By token and account.
        self.credits: Counter[tuple[str, str]] = Counter()

    @property
    def now(self) -> int:
        return self.board.now

    # Who may, and until when

    def can_send(self, token: str, account: str) -> bool:
        return self.board.can_send(token, account)

    def can_receive(self, token: str, account: str) -> bool:
        return self.board.can_receive(token, account)

    def check_currency(self, token: str) -> None:
        refuse_if(token not in self.board.codes, "TokenNotRegistered")

    def check_free(self, token: str, owner: str) -> None:
        """What is held leaves its owner only while the owner may send."""
        refuse_if(not self.can_send(token, owner), "OwnerBarred")

    def check_ordered(self, token: str, owner: str, ref: bytes) -> None:
        """What is held leaves a barred owner by order only."""
        refuse_if(ref == NO_REF, "ReferenceRequired")
        refuse_if(not self.is_barred(token, owner), "OwnerNotBarred")

    def is_barred(self, token: str, account: str) -> bool:
        """Frozen or blacklisted, which being unverified is not."""
        return self.board.tokens[token].accounts[account].has(BLACKLISTED | FROZEN)

    def tolled(self, deadline: int, token: str, paused_before: int) -> int:
        """The last second, moved by what the token was paused since."""
        return deadline + self.board.tokens[token].paused_seconds - paused_before

    def has_passed(self, deadline: int, token: str, paused_before: int) -> bool:
        return self.now > self.tolled(deadline, token, paused_before)

    # Movements

    def send(self, token: str, to: str, value: int) -> None:
        """To anybody but itself, where nobody would be owed it."""
        refuse_if(to == self.address, "ERC20InvalidReceiver")
        self.board.tokens[token].transfer(self.address, to, value)

    def check_unpaused(self, token: str) -> None:
        refuse_if(bool(self.board.tokens[token].pauses & TRANSFERS), "Paused")

    def give(self, token: str, to: str, value: int) -> None:
        """Sends what is held to whom it belongs, or credits it; a pause stops either."""
        if self.can_receive(token, to):
            self.send(token, to, value)
        else:
            self.check_unpaused(token)
            self.credits[token, to] += value

    def collect(self, token: str, payer: str, to: str, value: int) -> None:
        """Takes from a payer for whom it belongs to, or for its credit."""
        opens = self.can_receive(token, to)
        place = to if opens else self.address
        self.board.tokens[token].transfer_from(self.address, payer, place, value)
        if not opens:
            self.credits[token, to] += value

    def credited(self, token: str) -> int:
        """All credits in a currency."""
        return sum(value for (of, _), value in self.credits.items() if of == token)

    def _credit_of(self, token: str, account: str) -> int:
        refuse_if(self.credits[token, account] == 0, "NothingCredited")
        return self.credits[token, account]

    # Verbs

    def withdraw(self, caller: str, token: str) -> None:
        self.send(token, caller, self._credit_of(token, caller))
        self.credits[token, caller] = 0

    def release_credit(self, caller: str, token: str, account: str, to: str, ref: bytes) -> None:
        self.board.require("EXECUTOR", caller)
        refuse_if(ref == NO_REF, "ReferenceRequired")
        open_to_all = not self.board.tokens[token].allow_list
        shut = open_to_all and not self.can_receive(token, account)
        refuse_if(not shut and not self.is_barred(token, account), "OwnerNotBarred")
        self.send(token, to, self._credit_of(token, account))
        self.credits[token, account] = 0

    def rescue(self, caller: str, token: str, to: str) -> None:
        self.board.require("GOVERNOR", caller)
        refuse_if(token in self.board.tokens, "NotForeign")
        asset = self.board.foreign[token]
        asset.transfer(self.address, to, asset.balances[self.address])


# Settlement of quotes


class Fx:
    """Two movements or none; it never holds anything."""

    def __init__(self, board: UsesBoard, address: str) -> None:
        self.board, self.address = board, address
        self.spent: set[tuple[str, int]] = set()
        self.signers: set[tuple[str, str]] = set()
        #: Whose key signs for a contract.
        self.wallets: dict[str, str] = {}

    # Views

    def is_signed(self, maker: str, signer: str | None, *, banded: bool) -> bool:
        """By the maker, by what its contract takes for it, or within a band by a signer it set."""
        own = signer in (maker, self.wallets.get(maker))
        return signer is not None and (own or (banded and (maker, signer) in self.signers))

    def _rate_fault(self, pair: Pair, quote: Quote) -> str | None:
        rate = self.board.rates[-1]
        if not rate.is_fresh(self.board.now, pair.max_age):
            return "RateStale"
        units = {each: 10 ** self.board.tokens[each].decimals for each in (pair.base, pair.quote)}
        amounts = {quote.sell: quote.sell_amount, quote.buy: quote.buy_amount}
        base, other = (Fraction(amounts[each], units[each]) for each in (pair.base, pair.quote))
        off = abs(other - rate.price * base)
        return "RateOutOfBand" if off > rate.price * base * pair.band / WHOLE else None

    def _leg_faults(self, token: str, payer: str, to: str, value: int) -> int:
        if token in self.board.codes:
            currency = self.board.tokens[token]
            able, allowed = currency.can_transfer(payer, to, value), currency.allowances
        else:
            asset = self.board.foreign[token]
            able, allowed = asset.balances[payer] >= value, asset.allowances
        short = allowed.get((payer, self.address), 0) < value
        if token in self.board.codes:
            short = short or not self.board.can_send(token, self.address)
        return (0 if able else CANNOT_SEND) | (ALLOWANCE if short else 0)

    def check(self, quote: Quote, signer: str | None, taker: str) -> int:
        """Why it would not settle now for a taker who keeps what it buys."""
        bits = EXPIRED if self.board.now > quote.deadline else 0
        bits |= SPENT if (quote.maker, quote.nonce) in self.spent else 0
        bits |= OTHER_TAKER if quote.taker not in (ZERO, taker) else 0
        bits |= 0 if quote.sell_amount and quote.buy_amount else TERMS
        try:
            pair = self.board.terms_of(quote.sell, quote.buy)
        except Refused:
            signed = self.is_signed(quote.maker, signer, banded=False)
            return bits | NOT_TRADABLE | (0 if signed else SIGNATURE)
        signed = self.is_signed(quote.maker, signer, banded=pair is not None)
        bits |= 0 if signed else SIGNATURE
        bits |= TERMS if pair is None and quote.maker == taker else 0
        if pair:
            fault = self._rate_fault(pair, quote)
            bits |= {"RateStale": STALE, "RateOutOfBand": OUT_OF_BAND}.get(str(fault), 0)
        bits |= self._leg_faults(quote.sell, quote.maker, taker, quote.sell_amount)
        return bits | self._leg_faults(quote.buy, taker, quote.maker, quote.buy_amount) << OF_TAKER

    # Verbs

    def cancel(self, caller: str, word: int, mask: int) -> None:
        self.spent |= {(caller, word << 8 | bit) for bit in range(256) if mask >> bit & 1}

    def set_signer(self, caller: str, signer: str, *, on: bool) -> None:
        (self.signers.add if on else self.signers.discard)((caller, signer))

    def _check(self, quote: Quote, signer: str | None, taker: str, to: str) -> bool:
        """Returns whether an asset is delivered."""
        refuse_if(self.board.now > quote.deadline, "QuoteExpired")
        refuse_if(quote.taker not in (ZERO, taker), "WrongTaker")
        given = quote.sell_amount and quote.buy_amount
        refuse_if(not given or to == self.address, "InvalidQuote")
        pair = self.board.terms_of(quote.sell, quote.buy)
        if pair and (fault := self._rate_fault(pair, quote)):
            raise Refused(fault)
        signed = self.is_signed(quote.maker, signer, banded=pair is not None)
        refuse_if(not signed, "InvalidQuoteSignature")
        refuse_if((quote.maker, quote.nonce) in self.spent, "NonceSpent")
        asset_sold = pair is None and quote.sell not in self.board.codes
        if pair is None:
            currency = quote.buy if asset_sold else quote.sell
            refuse_if(not self.board.can_receive(currency, to), "BeneficiaryBarred")
        if not asset_sold and to != taker:
            refuse_if(not self.board.can_send(quote.sell, taker), "BeneficiaryBarred")
        return pair is None

    def _move(self, token: str, payer: str, to: str, value: int) -> None:
        if token in self.board.codes:
            self.board.tokens[token].transfer_from(self.address, payer, to, value)
            return
        self.board.foreign[token].transfer_from(self.address, payer, to, value)
        refuse_if(payer == to, "AssetMiscounted")

    def settle(self, caller: str, quote: Quote, signer: str | None, to: str) -> None:
        self._check(quote, signer, caller, to)
        with self.board.whole():
            self._move(quote.buy, caller, quote.maker, quote.buy_amount)
            self._move(quote.sell, quote.maker, to, quote.sell_amount)
        self.spent.add((quote.maker, quote.nonce))

    def settle_for(
        self, quote: Quote, signer: str | None, taker: str, to: str, nonce: bytes, payer: str | None
    ) -> None:
        """`payer`: who signed the payment of exactly this `nonce`."""
        delivery = self._check(quote, signer, taker, to)
        refuse_if(delivery and quote.buy not in self.board.codes, "NotPegged")
        token, valid = self.board.tokens[quote.buy], (0, quote.deadline + 1)
        movement = (taker, self.address, quote.buy_amount, valid, number(nonce), payer)
        with self.board.whole():
            token.authorized_transfer(*movement, self.address)
            token.transfer(self.address, quote.maker, quote.buy_amount)
            self._move(quote.sell, quote.maker, to, quote.sell_amount)
        self.spent.add((quote.maker, quote.nonce))


# Checkout


@dataclass
class Payment:
    """What stands of a payment, with its terms."""

    info: Info
    held: int
    paused_before: int
    refundable: int = 0

    @property
    def word(self) -> int:
        """The payment as the chain stores it; nothing once it is closed."""
        if not self.held and not self.refundable:
            return 0
        return self.paused_before << 208 | self.refundable << 104 | self.held


class Checkout(Escrow):
    """Payments for shops: held for the payer, captured for the payee, refunded by anybody."""

    def __init__(self, board: UsesBoard, address: str) -> None:
        super().__init__(board, address)
        #: By id, for ever.
        self.payments: dict[bytes, Payment] = {}

    def _open(self, id_: bytes) -> Payment:
        payment = self.payments.get(id_)
        if payment is None or not payment.word:
            raise Refused("PaymentNotOpen")
        return payment

    def _check_before(self, deadline: int, payment: Payment) -> None:
        late = self.has_passed(deadline, payment.info.token, payment.paused_before)
        refuse_if(late, "DeadlinePassed")

    def authorize(self, id_: bytes, info: Info, signer: str | None) -> None:
        dated = info.auth_by <= info.capture_by <= info.refund_by
        named = ZERO not in (info.operator, info.payer, info.payee) and info.payee != self.address
        paid_to = info.fee_to not in (ZERO, self.address)
        priced = info.fee_bps == 0 or (info.fee_bps <= WHOLE and paid_to)
        refuse_if(not (dated and named and priced and info.max), "InvalidTerms")
        self.check_currency(info.token)
        token, valid = self.board.tokens[info.token], (0, info.auth_by + 1)
        movement = (info.payer, self.address, info.max, valid, number(id_), signer, self.address)
        token.authorized_transfer(*movement)
        self.payments[id_] = Payment(info, info.max, token.paused_seconds)

    def capture(self, caller: str, id_: bytes, info: Info, value: int) -> None:
        refuse_if(caller != info.operator, "CallerNot")
        payment = self._open(id_)
        self._check_before(info.capture_by, payment)
        refuse_if(not 0 < value <= payment.held, "InvalidValue")
        self.check_free(info.token, info.payer)
        fee = int(Fraction(value * info.fee_bps, WHOLE))
        if value > fee:
            self.give(info.token, info.payee, value - fee)
        else:
            self.check_unpaused(info.token)
        self.credits[info.token, info.fee_to] += fee
        payment.held -= value
        payment.refundable += value

    def _empty(self, payment: Payment, to: str) -> None:
        refuse_if(payment.held == 0, "InvalidValue")
        self.send(payment.info.token, to, payment.held)
        payment.held = 0

    def release(self, caller: str, id_: bytes, info: Info) -> None:
        payment = self._open(id_)
        if caller not in (info.operator, info.payee):
            refuse_if(caller != info.payer, "CallerNot")
            late = self.has_passed(info.capture_by, info.token, payment.paused_before)
            refuse_if(not late, "NotYetReleasable")
        self.check_free(info.token, info.payer)
        self._empty(payment, info.payer)

    def refund(self, caller: str, id_: bytes, info: Info, value: int) -> None:
        payment = self._open(id_)
        self._check_before(info.refund_by, payment)
        refuse_if(not 0 < value <= payment.refundable, "InvalidValue")
        self.collect(info.token, caller, info.payer, value)
        payment.refundable -= value

    def compliance_release(self, caller: str, id_: bytes, info: Info, to: str, ref: bytes) -> None:
        self.board.require("EXECUTOR", caller)
        payment = self._open(id_)
        self.check_ordered(info.token, info.payer, ref)
        self._empty(payment, to)
