"""At most one effect, and in the end exactly one, on a real node behind a proxy that misbehaves.

An order is delivered
├── given no fault: one effect, in the journal as done; again: the same receipt, nothing signed
├── given one fault of eleven kinds at each exchange in turn: a rerun ends with one effect
├── given kill -9 before and after each exchange in turn: a rerun ends with one effect
├── given the same key with other content: refused, whether the first is done or under way
├── given a reorganisation after inclusion: included anew, by the same bytes
├── given that the node dropped it: sent again, the same bytes
├── given that blocks come late: pending, never failed; the rerun goes on
├── given a fee too low for the next blocks: the same number at a higher fee, within the cap
├── given a base fee above the cap: nothing is signed; above it afterwards: pending
├── given an account without gas: nothing is signed; in mid-batch: the rest is done later
├── given a feed that goes stale on the way: refused, and issued later
├── given that it reverts in its block: the contract's refusal, nothing changed, may be repeated
├── given that another transaction took its number: told, and repeated by the next run
├── given a number that nobody used before it: filled, when patience allows
├── given a node behind the journal, or of another chain: nothing is signed
├── given two processes at once: one waits for the other
└── given a signer that signs something else, or as somebody else: nothing is sent
The journal
├── given one flipped bit, a cut file, another chain: refused, nothing signed
├── given a full or read-only disk: refused, nothing signed
└── given an order to cancel: its number is used up, and the key is free
Many orders: several under way at a time, each once, in order
"""

import itertools
import os
import sqlite3
import threading
import time
from collections import Counter

import pytest

from pegboard.config import Caps
from pegboard.errors import (
    ChainError,
    FeeTooHigh,
    JournalError,
    LogError,
    NotPermitted,
    OrderConflict,
    PegboardError,
    Pending,
    Replaced,
    Reverted,
)
from pegboard.sending import journal as states
from pegboard.sending.courier import WINDOW
from pegboard.sending.journal import Journal, Wish
from tests.support.anvil import AnvilChain
from tests.support.errands import AMOUNT, MINTER, OTHER, Errand, KeySigner, quick
from tests.support.faulty import FAULTS, KILL_AFTER, KILL_BEFORE, NONSENSE, Proxy
from tests.support.world import build_world, key

SENT = "eth_sendRawTransaction"


@pytest.fixture(scope="module")
def world():
    with AnvilChain() as chain:
        world = build_world(chain)
        world.attest(10**15)
        yield world


@pytest.fixture
def errand(world, tmp_path):
    point = world.chain.snapshot()
    with Proxy(world.chain.port) as proxy:
        errand = Errand(world, tmp_path, proxy.port, quick())
        errand.proxy = proxy
        yield errand
    # In this order: else what is left is mined while, or after, the chain is set back.
    world.chain.result("anvil_dropAllTransactions", [])
    world.chain.result("evm_setAutomine", [True])
    world.chain.restore(point)
    # What the next block costs at least is not set back with the chain.
    world.chain.result("anvil_setNextBlockBaseFeePerGas", [hex(10**9)])


def deliver(errand, number=0, **changes):
    """One run of a command, in a process of its own as far as the journal can tell."""
    courier = errand.courier(**changes)
    courier.settle(key(MINTER).address)
    return courier.deliver(errand.wish(number))


def holds(errand, times=1):
    assert errand.minted() == [AMOUNT] * times
    assert errand.journal().open_orders(key(MINTER).address) == []


def test_one_order(errand):
    before = errand.count()
    receipt = deliver(errand)
    holds(errand)
    order = errand.journal().by_key("mint of HKD 0")
    assert (order.state, order.tx, order.nonce) == (states.DONE, receipt.tx, before)
    assert deliver(errand).tx == receipt.tx
    assert errand.count() == before + 1


def trials(errand, faults):
    """Each fault at each exchange in turn, on the chain as it was, until a run has no more."""
    for fault in faults:
        for place in itertools.count():
            point = errand.node.snapshot()
            errand.proxy.start(lambda n, _, at=place, what=fault: what if n == at else None)
            yield fault, place
            for path in errand.folder.iterdir():
                path.unlink()
            errand.node.restore(point)
            if not errand.happened:
                break


def rerun(errand):
    """The same command once more, without any fault; remembers what the fault hit."""
    errand.happened = list(errand.proxy.done)
    errand.proxy.start()
    deliver(errand)
    holds(errand)


def test_every_fault_at_every_exchange(errand, record_property):
    """T1, T2, T9: at most one effect whatever was lost, and exactly one after the rerun."""
    ends = Counter()
    for fault, place in trials(errand, FAULTS):
        try:
            deliver(errand)
            end = "done at once"
        except PegboardError as told:
            end = type(told).__name__
        assert len(errand.minted()) <= 1
        assert end in ("done at once", "Pending", "ChainError"), (fault, place)
        rerun(errand)
        ends[fault, end] += len(errand.happened)
    assert sum(ends.values()) >= 11 * 10
    assert {fault for fault, _ in ends} == set(FAULTS)
    rows = (f"{fault}, {end}: {count}" for (fault, end), count in sorted(ends.items()))
    record_property(
        "told", "one fault in a mint, then a rerun, one effect each: " + "; ".join(rows)
    )


def in_child(errand, proxy):
    """A run in a process of its own, which the proxy kills; returns whether it was killed."""
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(ready, 1)
        code = 70
        try:
            deliver(errand)
            code = 0
        except PegboardError:
            code = 1
        finally:
            os._exit(code)
    proxy.victim = child
    os.write(go, b"!")
    _, status = os.waitpid(child, 0)
    os.close(ready)
    os.close(go)
    return os.WIFSIGNALED(status)


def test_killed_at_every_exchange(errand, record_property):
    """T1, T2: kill -9 before and after each exchange, enumerated."""
    killed = Counter()
    for fault, _ in trials(errand, (KILL_BEFORE, KILL_AFTER)):
        was_killed = in_child(errand, errand.proxy)
        assert len(errand.minted()) <= 1
        rerun(errand)
        assert was_killed == bool(errand.happened)
        killed.update((fault, method == SENT) for _, method, _ in errand.happened)
    assert killed[KILL_BEFORE, True] == killed[KILL_AFTER, True] == 1
    record_property(
        "told", f"a mint killed at each of {sum(killed.values())} steps: one effect each"
    )


def test_a_key_is_one_order(errand):
    """T4: the same id with other content is refused."""
    courier = errand.courier()
    courier.deliver(errand.wish())
    other = errand.wish(amount=AMOUNT + 1)
    with pytest.raises(OrderConflict, match="stands for something else: mint 0"):
        courier.deliver(other)
    holds(errand)


def test_a_key_is_one_order_while_it_is_under_way(errand):
    """T4."""
    errand.node.result("evm_setAutomine", [False])
    with pytest.raises(Pending):
        deliver(errand)
    errand.node.result("evm_setAutomine", [True])
    with pytest.raises(OrderConflict):
        errand.courier().deliver(errand.wish(amount=AMOUNT + 1))
    holds(errand)


def test_reorganised_after_inclusion(errand):
    """T3, T11: one confirmation is not three; what is gone is sent again, the same bytes."""
    errand.config = quick(confirmations=3)
    with pytest.raises(Pending):
        deliver(errand)
    assert errand.minted() == [AMOUNT]
    first = errand.journal().open_orders(key(MINTER).address)[0]
    assert first.state == states.INCLUDED
    errand.node.result("anvil_reorg", [1, []])
    errand.node.result("anvil_dropAllTransactions", [])
    assert errand.minted() == []
    threading.Timer(1, errand.node.result, ("anvil_mine", ["0x3"])).start()
    receipt = deliver(errand)
    holds(errand)
    assert receipt.tx in {attempt.tx for attempt in first.attempts}


def test_dropped_by_the_node(errand):
    errand.node.result("evm_setAutomine", [False])
    with pytest.raises(Pending, match="may still happen"):
        deliver(errand)
    signed = errand.journal().open_orders(key(MINTER).address)[0]
    errand.node.result("anvil_dropAllTransactions", [])
    errand.node.result("evm_setAutomine", [True])
    receipt = deliver(errand)
    holds(errand)
    assert receipt.tx in {attempt.tx for attempt in signed.attempts}


def test_paying_more_keeps_the_number(errand):
    errand.node.result("evm_setAutomine", [False])
    with pytest.raises(Pending) as told:
        deliver(errand)
    assert told.value.exit_code == 4
    order = errand.journal().open_orders(key(MINTER).address)[0]
    assert len(order.attempts) >= 2
    fees = [attempt.max_fee for attempt in order.attempts]
    assert fees == sorted(fees)
    assert all(b * 8 > a * 9 for a, b in itertools.pairwise(fees))
    errand.node.result("anvil_mine", ["0x1"])
    assert deliver(errand).tx == order.attempts[-1].tx
    holds(errand)


def test_a_higher_fee_that_nobody_signs(errand):
    """T9: whoever declines to sign again has not unsent what was sent."""
    errand.node.result("evm_setAutomine", [False])
    signer, sign = KeySigner(MINTER), KeySigner.sign

    def once(transaction):
        if signer.signed:
            raise NotPermitted("did not sign")
        return sign(signer, transaction)

    signer.sign = once
    with pytest.raises(Pending, match="may still happen"):
        errand.courier(signers={signer.address: signer}).deliver(errand.wish())
    assert len(errand.journal().latest(1)[0].attempts) == 1
    errand.node.result("anvil_mine", ["0x1"])
    deliver(errand)
    holds(errand)


def test_interrupted_while_it_waits(errand):
    """Ctrl-C ends the waiting, and nothing else."""
    errand.node.result("evm_setAutomine", [False])

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(Pending, match="may still happen"):
        errand.courier(sleep=interrupt).deliver(errand.wish())
    errand.node.result("anvil_mine", ["0x1"])
    deliver(errand)
    holds(errand)


def test_the_cap_holds_while_it_waits(errand):
    errand.config = quick(max_fee=3 * 10**9)
    errand.node.result("evm_setAutomine", [False])
    with pytest.raises(Pending):
        deliver(errand)
    order = errand.journal().open_orders(key(MINTER).address)[0]
    assert all(attempt.max_fee <= 3 * 10**9 for attempt in order.attempts)


def test_a_base_fee_above_the_cap(errand):
    errand.node.result("anvil_setNextBlockBaseFeePerGas", [hex(600 * 10**9)])
    errand.node.result("anvil_mine", ["0x1"])
    before = errand.count()
    with pytest.raises(FeeTooHigh, match=r"allows 500\.00: nothing was signed"):
        deliver(errand)
    assert errand.journal().latest(1) == []
    assert errand.count() == before


def test_a_base_fee_that_rises_after_signing(errand):
    """The price is never paid: pending, until the chain is cheaper."""
    errand.config = quick(max_fee=5 * 10**9)
    errand.node.result("evm_setAutomine", [False])
    sent = []

    def rise(_, method):
        if method == SENT:
            sent.append(method)
        elif sent == [SENT]:
            errand.node.result("anvil_setNextBlockBaseFeePerGas", [hex(10**11)])
            errand.node.result("anvil_mine", ["0x1"])
            sent.append("a block that is too dear")

    errand.proxy.start(rise)
    with pytest.raises(Pending):
        deliver(errand)
    assert "a block that is too dear" in sent
    assert errand.minted() == []
    errand.proxy.start()
    errand.node.result("anvil_setNextBlockBaseFeePerGas", [hex(10**9)])
    errand.node.result("evm_setAutomine", [True])
    errand.node.result("anvil_mine", ["0x2"])
    deliver(errand)
    holds(errand)


def test_an_account_without_gas(errand):
    errand.node.result("anvil_setBalance", [key(MINTER).address, hex(1000)])
    with pytest.raises(ChainError):
        deliver(errand)
    assert errand.journal().latest(1) == []


def test_reverted_in_its_block(errand):
    """Minting was stopped between simulation and inclusion: nothing changed; repeat it later."""
    errand.node.result("evm_setAutomine", [False])
    with pytest.raises(Pending):
        deliver(errand)
    pauser, token = errand.world.member("PAUSER"), errand.world.token
    data = token.encode("pause", 4, bytes(31) + b"\1")
    fees = {"gasPrice": hex(400 * 10**9), "gas": hex(10**6), "data": "0x" + data.hex()}
    errand.node.result("eth_sendTransaction", [{"from": pauser, "to": token.address} | fees])
    errand.node.result("anvil_mine", ["0x1"])
    errand.node.result("evm_setAutomine", [True])
    courier = errand.courier()
    assert [order.state for order in courier.settle(key(MINTER).address)] == [states.REVERTED]
    with pytest.raises(Reverted):
        errand.world.token.at(token.address).simulate(
            errand.wish().data, sender=key(MINTER).address
        )
    assert errand.minted() == []
    assert errand.journal().by_key("mint of HKD 0") is None


def test_a_feed_that_goes_stale_on_the_way(errand):
    """Fresh when it was simulated, stale in its block: refused by its name, and issued later."""
    errand.node.result("evm_setAutomine", [False])
    with pytest.raises(Pending):
        deliver(errand)
    errand.node.warp(errand.world.peg.config.reserves.max_age)
    errand.node.result("evm_setAutomine", [True])
    courier = errand.courier()
    assert [order.state for order in courier.settle(key(MINTER).address)] == [states.REVERTED]
    assert errand.minted() == []
    errand.world.attest(10**15)
    deliver(errand)
    holds(errand)


def test_out_of_gas_money_in_mid_batch(errand):
    """What was paid for is done, what was not is refused before it is signed; then the rest."""
    wishes, me = [errand.wish(n) for n in range(40)], key(MINTER).address
    sent = []

    def spend(_, method):
        if method == SENT:
            sent.append(method)
        elif len(sent) == WINDOW:
            # The last of them is answered before it is mined, and must still be paid for.
            errand.node.settle()
            errand.node.result("anvil_setBalance", [me, hex(1000)])

    errand.proxy.start(spend)
    with pytest.raises(ChainError, match="send it gas, then repeat the command"):
        list(errand.courier().deliver_all(wishes))
    assert len(errand.minted()) == WINDOW
    errand.proxy.start()
    errand.node.result("anvil_setBalance", [me, hex(10**18)])
    assert len(list(errand.courier().deliver_all(wishes))) == 40
    holds(errand, 40)


def test_the_number_was_taken(errand):
    """Somebody signs with the same key elsewhere: told once, and nothing is lost."""
    errand.node.result("evm_setAutomine", [False])
    with pytest.raises(Pending):
        deliver(errand)
    errand.node.result("anvil_dropAllTransactions", [])
    me = key(MINTER).address
    errand.node.result("evm_setAutomine", [True])
    errand.node.result("eth_sendTransaction", [{"from": me, "to": me, "gas": "0x5208"}])
    with pytest.raises(Replaced, match="find out who else signs with this key"):
        errand.courier().deliver(errand.wish())
    assert errand.minted() == []
    deliver(errand)
    holds(errand)


def test_two_machines_with_separate_journals(errand):
    """T1: what another machine has under way with this key stops this one."""
    errand.node.result("evm_setAutomine", [False])
    with pytest.raises(Pending):
        deliver(errand, name="here")
    with pytest.raises(ChainError, match="somebody signs with this key elsewhere; nothing was"):
        deliver(errand, name="there")
    assert errand.journal("there").latest(1) == []
    errand.node.result("anvil_mine", ["0x1"])
    errand.node.result("evm_setAutomine", [True])
    deliver(errand, name="here")
    assert errand.minted() == [AMOUNT]


def test_two_machines_in_the_same_moment(errand):
    """Both sign the same number, and only one is included: the other is told."""
    errand.node.result("evm_setAutomine", [False])
    lost = [errand.courier(name) for name in ("here", "there")]
    orders = []
    for courier, amount in zip(lost, (AMOUNT, AMOUNT + 1), strict=True):
        courier._send = lambda *_: None
        orders += courier._sign_all([errand.wish(amount=amount)])
    assert orders[0].nonce == orders[1].nonce
    errand.node.result("evm_setAutomine", [True])
    errand.courier("here").settle(key(MINTER).address)
    with pytest.raises(Replaced):
        errand.courier("there").settle(key(MINTER).address)
    assert errand.minted() == [AMOUNT]


def test_a_number_that_nobody_used(errand):
    """A node that counted too many left a gap, in which everything would wait for ever."""
    me, real = key(MINTER).address, errand.count()
    courier = errand.courier()
    courier._count, counted = lambda *_: real + 2, courier._count
    order = courier._sign_all([errand.wish()])[0]
    assert order.nonce == real + 2
    courier._count = counted
    courier = errand.courier()
    settled = courier.settle(me)
    assert [(o.state, o.nonce) for o in settled] == [(states.DONE, real + 2)]
    courier.settle(me)
    holds(errand)
    assert errand.count() == real + 3


def test_a_node_that_is_behind(errand):
    """What was confirmed is never forgotten where there is money: such a node is not believed."""
    deliver(errand)
    courier = errand.courier()
    courier._forget = lambda _: None
    courier._count = lambda *_: 0
    with pytest.raises(ChainError, match="the node is behind; nothing was signed"):
        courier.deliver(errand.wish(1))
    assert len(errand.journal().latest(5)) == 1


def test_a_node_of_another_chain(errand):
    """T5."""
    courier = errand.courier()
    errand.proxy.start(
        lambda _, method: "answered for another chain" if method == "eth_chainId" else None
    )
    with pytest.raises(ChainError, match="of chain 1, not 31337: nothing was signed"):
        courier.deliver(errand.wish())
    assert errand.journal().latest(1) == []


def test_two_processes_at_once(errand):
    """Two admins on one key and one machine: one after the other, with numbers of their own."""
    runs = [threading.Thread(target=deliver, args=(errand, n)) for n in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    holds(errand, 4)


def test_a_lock_that_is_held(errand):
    with (
        errand.journal().only(key(MINTER).address, 1),
        pytest.raises(JournalError, match="another command is signing as"),
    ):
        deliver(errand)
    assert errand.minted() == []


class Forger(KeySigner):
    def sign(self, transaction):
        return super().sign(dict(transaction) | {"value": 1})


class Impostor(KeySigner):
    def __init__(self, index):
        super().__init__(OTHER)
        self.address = key(index).address


@pytest.mark.parametrize(
    ("signer", "text"),
    [(Forger(MINTER), "another value"), (Impostor(MINTER), "was signed by")],
    ids=["something else", "somebody else"],
)
def test_what_comes_back_from_signing(errand, signer, text):
    courier = errand.courier(signers={key(MINTER).address: signer})
    with pytest.raises(ChainError, match=text):
        courier.deliver(errand.wish())
    assert errand.journal().latest(1) == []
    assert errand.minted() == []


@pytest.mark.parametrize(
    ("caps", "text"),
    [(Caps(AMOUNT - 1, 10 * AMOUNT), "at once"), (Caps(AMOUNT, 2 * AMOUNT - 1), "in 24 hours")],
    ids=["order", "day"],
)
def test_the_caps_of_this_machine(errand, caps, text):
    """T10: per order and per day, whatever the chain would allow."""
    deliver(errand, 0, caps={"HKD": Caps(AMOUNT, AMOUNT)})
    with pytest.raises(OrderConflict, match=rf"{text}\); nothing was signed"):
        deliver(errand, 1, caps={"HKD": caps})
    holds(errand)
    deliver(errand, 1, caps={"HKD": Caps(AMOUNT, 2 * AMOUNT)})
    holds(errand, 2)


def test_nobody_to_sign(errand):
    with pytest.raises(NotPermitted, match="no key for"):
        errand.courier(signers={}).deliver(errand.wish())


def test_cancelled(errand):
    errand.node.result("evm_setAutomine", [False])
    with pytest.raises(Pending):
        deliver(errand)
    order = errand.journal().open_orders(key(MINTER).address)[0]
    threading.Timer(0.5, errand.node.result, ("anvil_mine", ["0x1"])).start()
    assert errand.courier().cancel(order.id).state == states.CANCELLED
    assert errand.minted() == []
    assert errand.courier().cancel(order.id).state == states.CANCELLED
    errand.node.result("evm_setAutomine", [True])
    deliver(errand)
    holds(errand)


def test_many_under_way(errand):
    courier, before = errand.courier(), errand.count()
    receipts = list(courier.deliver_all([errand.wish(n) for n in range(40)]))
    assert len({receipt.tx for receipt in receipts}) == 40
    holds(errand, 40)
    assert errand.count() == before + 40
    assert [r.tx for r in errand.courier().deliver_all([errand.wish(n) for n in range(40)])] == [
        receipt.tx for receipt in receipts
    ]


def test_many_and_one_fails(errand):
    """The ones before it are done; of those after it none is signed that was not under way."""
    wishes = [errand.wish(n) for n in range(30)]
    wishes[20] = Wish(wishes[20].signer, wishes[20].target, b"\1\2\3\4", wishes[20].note)
    courier, done = errand.courier(), []
    with pytest.raises(ChainError):
        done.extend(courier.deliver_all(wishes))
    courier.settle(key(MINTER).address)
    assert len(errand.minted()) == len(set(errand.minted())) * len(errand.minted()) <= 20


class TestDamage:
    """What the journal cannot be believed or written for: nothing is signed."""

    @pytest.fixture
    def path(self, errand):
        deliver(errand)
        return errand.folder / "journal.sqlite"

    def refused(self, errand, text):
        before = errand.count()
        with pytest.raises(JournalError, match=text):
            deliver(errand, 1)
        assert errand.count() == before

    @pytest.mark.parametrize("column", ["data", "target", "state"])
    def test_an_order_that_was_altered(self, errand, path, column):
        db = sqlite3.connect(path)
        value = {"data": b"\0", "target": "0x" + "00" * 20, "state": "fine"}[column]
        db.execute(f"UPDATE orders SET {column} = ?", (value,))
        db.commit()
        db.close()
        with pytest.raises(JournalError, match="was altered"):
            errand.journal().latest(1)

    def test_signed_bytes_of_another_order(self, errand, path):
        deliver(errand, 1)
        db = sqlite3.connect(path)
        db.execute("UPDATE attempts SET order_id = 3 - order_id")
        db.commit()
        db.close()
        with pytest.raises(JournalError, match=r"order \d in .* was altered"):
            errand.journal().latest(2)

    def test_signed_bytes_that_were_altered(self, errand, path):
        db = sqlite3.connect(path)
        raw = db.execute("SELECT raw FROM attempts").fetchone()[0]
        db.execute("UPDATE attempts SET raw = ?", (raw[:-1] + bytes([raw[-1] ^ 1]),))
        db.commit()
        db.close()
        with pytest.raises(JournalError, match=r"order 1 in .* was altered"):
            deliver(errand)

    def test_a_file_that_was_cut(self, errand, path):
        with path.open("r+b") as file:
            file.truncate(5000)
        for extra in path.parent.glob("*-wal"):
            extra.unlink()
        self.refused(errand, "damaged|cannot be")

    def test_a_file_of_something_else(self, errand, path):
        path.write_bytes(b"no database" * 1000)
        for extra in path.parent.glob("*-wal"):
            extra.unlink()
        self.refused(errand, "cannot be opened")

    def test_the_journal_of_another_chain(self, errand, path):
        with pytest.raises(JournalError, match="is the journal of chain 31337 that began with"):
            Journal(path, 31337, "0x" + "11" * 32)

    def test_a_full_disk(self, errand, path, monkeypatch):
        connect = sqlite3.connect

        def full(*args, **rest):
            db = connect(*args, **rest)
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages}")
            return db

        monkeypatch.setattr(sqlite3, "connect", full)
        before, numbers = errand.count(), iter(range(1, 200))

        def fill():
            for number in numbers:
                deliver(errand, number)

        with pytest.raises(JournalError, match="disk is full"):
            fill()
        failed = next(numbers) - 1
        monkeypatch.undo()
        done = errand.count() - before
        deliver(errand, failed)
        assert errand.count() == before + done + (0 if done == failed else 1)
        assert errand.minted() == [AMOUNT] * (failed + 1)

    def test_a_disk_that_cannot_be_written(self, errand, path, monkeypatch):
        connect = sqlite3.connect

        def read_only(found, **rest):
            return connect(f"file:{found}?mode=ro", uri=True, **rest)

        monkeypatch.setattr(sqlite3, "connect", read_only)
        self.refused(errand, "readonly database")


def test_an_hour_of_clock_skew(errand, monkeypatch):
    """The machine's clock names the hour of an attempt, and decides nothing."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 3600)
    deliver(errand)
    monkeypatch.setattr(time, "time", lambda: real() + 3600)
    deliver(errand)
    deliver(errand, 1)
    holds(errand, 2)


def test_cancelled_after_the_clock_was_put_back(errand, monkeypatch):
    """The newest attempt is the last that was signed, whatever the clock said."""
    errand.node.result("evm_setAutomine", [False])
    with pytest.raises(Pending):
        deliver(errand)
    order, real = errand.journal().latest(1)[0], time.time
    monkeypatch.setattr(time, "time", lambda: real() - 3600)
    threading.Timer(0.5, errand.node.result, ("anvil_mine", ["0x1"])).start()
    assert errand.courier().cancel(order.id).state == states.CANCELLED
    assert errand.minted() == []


def test_a_log_that_cannot_be_written_stops_nobody(errand):
    def full(_):
        raise LogError("no room for the log")

    courier = errand.courier(ended=full)
    courier.deliver(errand.wish())
    assert courier.unlogged == ["no room for the log"]
    holds(errand)


def test_nonsense_for_ever(errand):
    """T9: what cannot be known is pending."""
    errand.proxy.start(
        lambda n, method: NONSENSE if n > 8 and method == "eth_getTransactionReceipt" else None
    )
    with pytest.raises(Pending):
        deliver(errand)
    errand.proxy.start()
    deliver(errand)
    holds(errand)
