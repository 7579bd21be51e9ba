"""Sends transactions so that each has its effect once, whatever happens on the way.

What is signed is in the journal before it is sent, and every retry sends the same bytes. A new
fee keeps the number (nonce), so that one of the attempts at most is ever included. Success is a
receipt in a block of the present chain, with as many blocks upon it as chains.toml asks for; what
cannot be known is pending, never failed.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from eth_utils import keccak, to_hex

from pegboard.amounts import format_amount
from pegboard.errors import (
    ChainError,
    FeeTooHigh,
    LogError,
    NotPermitted,
    OrderConflict,
    Pending,
    Replaced,
    safe_text,
)
from pegboard.rpc import integer, table
from pegboard.sending import journal as states
from pegboard.sending.answers import receipt_of, require_faithful
from pegboard.sending.journal import Attempt, Note, Order, Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pegboard.chain import JsonRpc, Receipt
    from pegboard.chains import ChainConfig
    from pegboard.config import Caps
    from pegboard.sending.journal import Journal

#: Transactions of one signer that are under way at the same time.
WINDOW = 16
#: For how many seconds a number must be taken by none of ours before it counts as taken.
GRACE = 2.0
DAY = 86_400
#: What a plain transfer takes; an attempt that only uses a number up is one to oneself.
TRANSFER_GAS = 21_000


class Signer(Protocol):
    """Whatever holds a key: a key file, a hardware wallet, a service."""

    address: str

    def sign(self, transaction: Mapping[str, Any]) -> bytes:
        """The signed bytes of an EIP-1559 transaction."""
        ...


@dataclass(frozen=True)
class Fees:
    """What a transaction may cost at most, in wei for each unit of gas."""

    max_fee: int
    max_tip: int


@dataclass
class Courier:
    """Sends on one chain; `report` tells a person what is waited for."""

    node: JsonRpc
    journal: Journal
    config: ChainConfig
    signers: Mapping[str, Signer] = field(default_factory=dict)
    report: Callable[[str], None] = lambda _: None
    #: Told of every order that has an end, at least once, before the journal is.
    ended: Callable[[Order], None] = lambda _: None
    #: What this machine may sign, by currency.
    caps: Mapping[str, Caps] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    #: Why something that was sent is not in the log of operations.
    unlogged: list[str] = field(default_factory=list)
    #: When this process last sent which bytes.
    _sent: dict[str, float] = field(default_factory=dict)
    #: The receipts of orders that have an end, until they are handed over.
    _confirmed: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    #: Since when the number of which order is taken, and by none of ours.
    _missed: dict[int, float] = field(default_factory=dict)

    # What callers want

    def deliver(self, wish: Wish) -> Receipt:
        """One effect: signed unless it was before, sent until included, and confirmed."""
        # To its end, which frees the signer for others.
        [receipt] = self.deliver_all([wish])
        return receipt

    def deliver_all(self, wishes: Sequence[Wish]) -> Iterator[Receipt]:
        """Effects of one signer in this order, several under way at a time.

        At the first that fails no further one is signed; those under way stay in the journal.
        """
        if not wishes:
            return
        signer = wishes[0].signer
        with self._alone(signer):
            self._forget(signer)
            self._settle(signer)
            self._require_within_caps([wish for wish in wishes if self._known(wish) is None])
            queue: list[Order] = []
            left = list(wishes)
            while left or queue:
                room = WINDOW - len(queue)
                if left and room > WINDOW // 2:
                    queue += self._take(left[:room])
                    del left[:room]
                yield self._finish(queue.pop(0))

    def settle(self, signer: str) -> list[Order]:
        """Finds out what became of everything that this signer has under way; sends it again.

        An order whose number another transaction took is told once, as an error: a person should
        know who else signs with this key.
        """
        with self._alone(signer):
            self._forget(signer)
            return self._settle(signer)

    def cancel(self, order_id: int) -> Order:
        """Uses the number of an order up by a payment of nothing to oneself, unless it came in."""
        order = self.journal.order(order_id)
        with self._alone(order.wish.signer):
            order = self._look(self.journal.order(order_id))
            if order.state != states.SIGNED:
                return order
            fees = self._higher(order.newest, self._fees())
            if fees is None:
                raise FeeTooHigh(_cap_text(self.config, order.newest.max_fee))
            signer = order.wish.signer
            attempt = self._sign(signer, signer, b"", order.nonce, TRANSFER_GAS, fees, cancels=True)
            return self._pursue(self.journal.sign_again(order, attempt))

    def is_known(self, wish: Wish) -> bool:
        """Whether this order is in the journal already; refuses a key that stands for another."""
        return self._known(wish) is not None

    # Signing

    def _take(self, wishes: Sequence[Wish]) -> list[Order]:
        """Orders for these wishes: those of the journal, and newly signed ones."""
        found: dict[int, Order] = {}
        fresh: list[tuple[int, Wish]] = []
        for index, wish in enumerate(wishes):
            known = self._known(wish)
            if known:
                found[index] = known
            else:
                fresh.append((index, wish))
        if fresh:
            for (index, _), order in zip(fresh, self._sign_all([w for _, w in fresh]), strict=True):
                found[index] = order
        return [found[index] for index in sorted(found)]

    def _known(self, wish: Wish) -> Order | None:
        known = self.journal.by_key(wish.note.key)
        if known and known.wish.digest(self.config.chain_id) != wish.digest(self.config.chain_id):
            raise OrderConflict(
                f"{wish.note.key} is in the journal already, and stands for something else: "
                f"{known.wish.text} (`journal show {known.id}`); "
                "use the reference of the new order"
            )
        return known

    def _sign_all(self, wishes: Sequence[Wish]) -> list[Order]:
        self._require_same_chain()
        signer, fees = wishes[0].signer, self._fees()
        nonce = self._next_nonce(signer)
        batch = []
        for number, wish in enumerate(wishes, nonce):
            gas = self._gas(wish)
            attempt = self._sign(signer, wish.target, wish.data, number, gas, fees)
            batch.append((wish, number, attempt))
        self._require_funds(signer, batch)
        orders = self.journal.sign(batch)
        for order in orders:
            self._send(order.newest)
        return orders

    def _sign(
        self,
        signer: str,
        target: str,
        data: bytes,
        nonce: int,
        gas: int,
        fees: Fees,
        *,
        cancels: bool = False,
    ) -> Attempt:
        held = self.signers.get(signer)
        if held is None:
            raise NotPermitted(f"no key for {signer} was given to this command")
        wanted = {
            "type": 2,
            "chainId": self.config.chain_id,
            "nonce": nonce,
            "to": target,
            "value": 0,
            "data": to_hex(data),
            "gas": gas,
            "maxFeePerGas": fees.max_fee,
            "maxPriorityFeePerGas": fees.max_tip,
        }
        raw = held.sign(wanted)
        require_faithful(raw, wanted, signer)
        tx = "0x" + keccak(raw).hex()
        return Attempt(tx, raw, gas, fees.max_fee, fees.max_tip, int(time.time()), cancels)

    def _require_within_caps(self, wishes: Sequence[Wish]) -> None:
        """A slipped digit, or a stolen machine, ends here before the chain's own limits."""
        total: Counter[str] = Counter()
        for note in (wish.note for wish in wishes):
            caps = self.caps.get(note.unit)
            if caps is None:
                continue
            total[note.unit] += note.amount
            day = total[note.unit] + self.journal.moved_since(note.unit, int(time.time()) - DAY)
            if note.amount > caps.order or day > caps.day:
                raise OrderConflict(
                    f"{note.text}: more than the caps of {note.unit} allow this machine "
                    f"({'in 24 hours' if day > caps.day else 'at once'}); nothing was signed; "
                    "check the amount, or have [caps] of its currency changed"
                )

    def _require_same_chain(self) -> None:
        """A node behind a name can be exchanged while a command runs."""
        found = self._number("eth_chainId", [])
        if found != self.config.chain_id:
            raise ChainError(
                f"the node says now that it is of chain {found}, not {self.config.chain_id}: "
                "nothing was signed; check --network"
            )

    def _next_nonce(self, signer: str) -> int:
        nonce, included = self._count(signer, "pending"), self._count(signer, "latest")
        under_way = {order.nonce for order in self.journal.open_orders(signer)}
        if unknown := set(range(included, nonce)) - under_way:
            raise ChainError(
                f"the node has {len(unknown)} transactions of {signer} under way that this journal "
                "does not know: somebody signs with this key elsewhere; nothing was signed, so "
                "wait until they are included, then repeat the command"
            )
        last = self.journal.last_settled(signer)
        if last and nonce <= last.nonce:
            raise ChainError(
                f"the node counts {nonce} transactions of {signer}, and number {last.nonce} was "
                "included already: the node is behind; nothing was signed, so wait or use another"
            )
        while nonce in under_way:
            nonce += 1
        return nonce

    def _forget(self, signer: str) -> None:
        """A local chain may be set back; any other never forgets what was confirmed."""
        last = self.journal.last_settled(signer) if self.config.is_local else None
        if last and self._receipt(last.tx) is None:
            self.journal.forget(signer, self._count(signer, "latest"))

    def _gas(self, wish: Wish) -> int:
        transaction = {"from": wish.signer, "to": wish.target, "data": to_hex(wish.data)}
        estimate = self._number("eth_estimateGas", [transaction])
        # What is estimated now may take more in the block that includes it.
        gas = estimate + estimate // 4
        most = integer(self._block("latest")["gasLimit"], "eth_getBlockByNumber")
        if not _least_gas(wish.data) <= gas <= most:
            raise ChainError(
                f"the node estimates {estimate:,} gas, which no block would take for this: nothing "
                f"was signed: {wish.text}"
            )
        return gas

    def _fees(self) -> Fees:
        base = integer(self._block("latest")["baseFeePerGas"], "eth_getBlockByNumber")
        tip = min(self.config.max_tip, self._number("eth_maxPriorityFeePerGas", []))
        if base + tip > self.config.max_fee:
            raise FeeTooHigh(_cap_text(self.config, base + tip))
        return Fees(min(2 * base + tip, self.config.max_fee), tip)

    def _higher(self, last: Attempt, fees: Fees) -> Fees | None:
        """Fees that nodes take as a replacement, or None where the cap leaves no room."""
        least = Fees(last.max_fee * 9 // 8 + 1, last.max_tip * 9 // 8 + 1)
        wanted = Fees(max(least.max_fee, fees.max_fee), max(least.max_tip, fees.max_tip))
        return wanted if wanted.max_fee <= self.config.max_fee else None

    def _require_funds(self, signer: str, batch: Sequence[tuple[Wish, int, Attempt]]) -> None:
        """Refuses what the account cannot pay for, before any of it is kept or sent."""
        gas = sum(attempt.gas * attempt.max_fee for _, _, attempt in batch)
        balance = self._number("eth_getBalance", [signer, "latest"])
        if gas > balance:
            raise ChainError(
                f"{signer} has {format_amount(balance, 18)} to pay gas with, and may need "
                f"{format_amount(gas, 18)}: nothing was sent; send it gas, then repeat the command"
            )

    # Sending, and finding out

    def _settle(self, signer: str) -> list[Order]:
        settled = []
        for order in self.journal.open_orders(signer):
            self.report(f"going on with {order.wish.text}")
            settled.append(self._pursue(order))
        for order in settled:
            # A filler that somebody else made needless is no loss.
            if order.state == states.REPLACED and order.wish.data:
                self._complain(order)
        return settled

    def _finish(self, order: Order) -> Receipt:
        """The receipt of an order's effect; whatever else became of it is an error."""
        if order.state == states.DONE:
            # It was confirmed in an earlier run; whether it still is, only the chain says.
            order = self._look(replace(order, state=states.INCLUDED))
        if order.state in states.OPEN:
            order = self._pursue(order)
        if order.state == states.DONE:
            return receipt_of(self._confirmed.pop(order.id))
        self._complain(order)
        raise AssertionError(order.state)

    def _complain(self, order: Order) -> None:
        if order.state == states.REVERTED:
            # What it was refused with is told by the same call at the block that refused it.
            wish = order.wish
            self.node.at(order.block).call(wish.target, wish.data, sender=wish.signer)
            raise ChainError(
                f"transaction {order.tx} was included and reverted, for want of gas or by what "
                "came before it in its block; nothing changed: repeat the command"
            )
        if order.state == states.CANCELLED:
            raise Replaced(f"{order.wish.text} was cancelled: nothing of it happened")
        raise Replaced(
            f"another transaction of {order.wish.signer} took the number {order.nonce}, so nothing "
            f"of this happened: {order.wish.text}; find out who else signs with "
            "this key, then repeat the command"
        )

    def _pursue(self, order: Order) -> Order:
        """Looks, sends, pays more, until the order has an end or patience has."""
        begun = tried_at = self.clock()
        while True:
            try:
                order = self._look(order)
                if order.state not in states.OPEN:
                    return order
                if order.state == states.SIGNED:
                    self._send_again(order)
                    if self.clock() - tried_at >= self.config.bump_after:
                        tried_at = self.clock()
                        self._fill_gap(order)
                        order = self._pay_more(order)
            except ChainError as fault:
                # The node may be back in a moment, and what it has is not changed by asking.
                self.report(f"not known yet: {safe_text(fault)}")
            if self.clock() - begun > self.config.patience:
                raise Pending(_pending_text(order))
            try:
                self.sleep(min(2.0, self.config.block_time / 4) or 0.02)
            except KeyboardInterrupt:
                raise Pending(_pending_text(order)) from None

    def _send_again(self, order: Order) -> None:
        """Sends what this process has not sent, or not for a while: the same bytes."""
        sent_at = self._sent.get(order.newest.tx)
        if sent_at is None or self.clock() - sent_at >= self.config.bump_after:
            self._send(order.newest)

    def _send(self, attempt: Attempt) -> None:
        """Hands the bytes over; whatever a node answers, only the chain says what became of it."""
        self._sent[attempt.tx] = self.clock()
        try:
            self.node.result("eth_sendRawTransaction", [to_hex(attempt.raw)])
        except ChainError as fault:
            self.report(f"the node did not take {attempt.tx} now: {safe_text(fault)}")

    def _pay_more(self, order: Order) -> Order:
        wish, last = order.wish, order.newest
        if wish.signer not in self.signers:
            return order
        try:
            fees = self._higher(last, self._fees())
        except FeeTooHigh as fault:
            self.report(str(fault))
            return order
        if fees is None:
            return order
        self.report(f"paying more for {wish.text}")
        what = (wish.signer, b"") if last.cancels else (wish.target, wish.data)
        try:
            attempt = self._sign(
                wish.signer, *what, order.nonce, last.gas, fees, cancels=last.cancels
            )
        except NotPermitted as fault:
            # What was sent before may be included all the same.
            self.report(f"not signed anew: {fault}")
            return order
        order = self.journal.sign_again(order, attempt)
        self._send(attempt)
        return order

    def _fill_gap(self, order: Order) -> None:
        """Uses numbers before this one up that nobody has, or it would wait for ever."""
        signer = order.wish.signer
        known = {it.nonce for it in self.journal.open_orders(signer)}
        last = self.journal.last_settled(signer)
        first = max(self._count(signer, "pending"), last.nonce + 1 if last else 0)
        missing = [n for n in range(first, order.nonce) if n not in known]
        if not missing or signer not in self.signers:
            return
        self.report(f"filling {len(missing)} numbers of {signer} that were never used")
        fees, batch = self._fees(), []
        for nonce in missing:
            wish = Wish(signer, signer, b"", Note(f"use number {nonce} up, which nobody used"))
            try:
                attempt = self._sign(signer, signer, b"", nonce, TRANSFER_GAS, fees, cancels=True)
            except NotPermitted as fault:
                self.report(f"not filled: {fault}")
                return
            batch.append((wish, nonce, attempt))
        for filler in self.journal.sign(batch):
            self._send(filler.newest)

    def _look(self, order: Order) -> Order:
        """What the chain says of an order now, kept in the journal."""
        for attempt in order.attempts:
            receipt = self._receipt(attempt.tx)
            if receipt:
                return self._included(order, attempt, receipt)
        if order.state == states.INCLUDED:
            self.report(f"{order.tx} is in no block any more")
            order = self.journal.mark(order, states.SIGNED)
        if self._is_lost(order):
            return self._end(order, states.REPLACED)
        return order

    def _is_lost(self, order: Order) -> bool:
        """Whether another transaction took the number, as deep as ours would have to be."""
        block = hex(max(0, self._height() - self.config.confirmations + 1))
        if self._count(order.wish.signer, block) <= order.nonce:
            self._missed.pop(order.id, None)
            return False
        # A node may count a transaction well before it can tell of it.
        known = (self.node.result("eth_getTransactionByHash", [a.tx]) for a in order.attempts)
        since = self._missed.setdefault(order.id, self.clock())
        return not any(known) and self.clock() - since >= max(GRACE, self.config.bump_after)

    def _included(self, order: Order, attempt: Attempt, receipt: Mapping[str, Any]) -> Order:
        number = integer(receipt["blockNumber"], "eth_getTransactionReceipt")
        block_hash = receipt["blockHash"]
        place: dict[str, Any] = {"tx": attempt.tx, "block": number, "block_hash": block_hash}
        deep = self._height() - number + 1 >= self.config.confirmations
        if not deep or not self._is_canonical(number, block_hash):
            if (order.state, order.block_hash) == (states.INCLUDED, block_hash):
                return order
            return self.journal.mark(order, states.INCLUDED, **place)
        self._confirmed[order.id] = receipt
        succeeded = integer(receipt["status"], "eth_getTransactionReceipt") == 1
        state = states.DONE if succeeded else states.REVERTED
        return self._end(order, states.CANCELLED if attempt.cancels else state, **place)

    def _end(self, order: Order, state: str, **place: Any) -> Order:
        try:
            self.ended(replace(order, state=state, **place))
        except LogError as fault:
            # Nobody is kept from pausing by a log that cannot be written.
            self.report(str(fault))
            self.unlogged.append(str(fault))
        return self.journal.mark(order, state, **place)

    def _is_canonical(self, number: int, block_hash: str) -> bool:
        return bool(self._block(hex(number)).get("hash") == block_hash)

    # Questions, whose answers are not believed to be what was asked for

    def _number(self, method: str, params: list[Any]) -> int:
        return integer(self.node.result(method, params), method)

    def _height(self) -> int:
        return self._number("eth_blockNumber", [])

    def _count(self, account: str, block: str) -> int:
        return self._number("eth_getTransactionCount", [account, block])

    def _block(self, tag: str) -> Mapping[str, Any]:
        found = self.node.result("eth_getBlockByNumber", [tag, False])
        return table(found, "a block", "number", "hash", "baseFeePerGas", "gasLimit")

    def _receipt(self, tx: str) -> Mapping[str, Any] | None:
        found = self.node.result("eth_getTransactionReceipt", [tx])
        if found is None:
            return None
        names = ("transactionHash", "blockNumber", "blockHash", "status", "logs", "gasUsed")
        receipt = table(found, "a receipt", *names)
        if receipt["transactionHash"] != tx:
            raise ChainError(f"the node answers with the receipt of another transaction than {tx}")
        return receipt

    @contextmanager
    def _alone(self, signer: str) -> Iterator[None]:
        with self.journal.only(signer, self.config.patience):
            yield


def _least_gas(data: bytes) -> int:
    """What a transaction takes before anything is executed (EIP-7623)."""
    return TRANSFER_GAS + 10 * sum(4 if byte else 1 for byte in data)


def _pending_text(order: Order) -> str:
    return (
        f"transaction {order.newest.tx} (number {order.nonce}) was signed and sent, and is not "
        f"confirmed yet: {order.wish.text}; it may still happen. Repeat the same "
        "command, which goes on with it, or look with `journal list`"
    )


def _cap_text(config: ChainConfig, wanted: int) -> str:
    return (
        f"{config.name} asks for {format_amount(wanted, 9)} gwei, and chains.toml allows "
        f"{format_amount(config.max_fee, 9)}: nothing was signed; wait, or raise max_fee there"
    )
