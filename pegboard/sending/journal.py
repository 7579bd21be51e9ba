"""The journal: what was signed, in a file that outlives the process, before anything is sent.

One SQLite file for each chain, told apart by its first block, so that a local chain that was
started anew, or another network behind the same address, is never taken for the one it knows.
An order is one effect that is wanted; its attempts are the signed transactions for it, all with
the same number (nonce), so that at most one of them can ever be included.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils import keccak, to_checksum_address
from hexbytes import HexBytes

from pegboard import locks
from pegboard.errors import JournalError, OrderConflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

#: Signed and perhaps sent; in a block that is not deep enough; and the ends that it may have.
SIGNED, INCLUDED = "signed", "included"
DONE, REVERTED, REPLACED, CANCELLED = "done", "reverted", "replaced", "cancelled"
#: Confirmed on a local chain that was set back to before it.
FORGOTTEN = "forgotten"
OPEN = (SIGNED, INCLUDED)
#: Ends without any effect: the same key may be used again.
VOID = (REVERTED, REPLACED, CANCELLED, FORGOTTEN)
STATES = (*OPEN, DONE, *VOID)
_SCHEMA = 1
_TABLES = """
CREATE TABLE chain (schema INTEGER NOT NULL, chain_id INTEGER NOT NULL, genesis TEXT NOT NULL);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, digest BLOB NOT NULL, signer TEXT NOT NULL,
    target TEXT NOT NULL, data BLOB NOT NULL, text TEXT NOT NULL, unit TEXT NOT NULL,
    amount TEXT NOT NULL, facts TEXT NOT NULL, nonce INTEGER NOT NULL, made_at INTEGER NOT NULL,
    state TEXT NOT NULL, tx TEXT NOT NULL, block INTEGER NOT NULL, block_hash TEXT NOT NULL,
    ended_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX one_effect ON orders (key)
    WHERE key != '' AND state NOT IN ('reverted', 'replaced', 'cancelled', 'forgotten');
CREATE INDEX by_signer ON orders (signer, state);
CREATE TABLE attempts (
    order_id INTEGER NOT NULL REFERENCES orders (id), tx TEXT NOT NULL,
    raw BLOB NOT NULL, gas INTEGER NOT NULL, max_fee INTEGER NOT NULL, max_tip INTEGER NOT NULL,
    made_at INTEGER NOT NULL, cancels INTEGER NOT NULL, PRIMARY KEY (order_id, tx)
);
"""


@dataclass(frozen=True)
class Attempt:
    """One signed transaction; `cancels` tells one that only uses the number up."""

    tx: str
    raw: bytes
    gas: int
    max_fee: int
    max_tip: int
    made_at: int
    cancels: bool = False


@dataclass(frozen=True)
class Note:
    """What is kept of a transaction besides its bytes.

    `key` makes it one effect for ever, and is empty for none; `unit` and `amount`, in base units,
    are what a money-moving one counts towards the caps of its currency. The rest goes into the log
    of operations: the verb, the ticket, and who signed a Safe's transaction of which hash.
    """

    text: str = ""
    key: str = ""
    unit: str = ""
    amount: int = 0
    verb: str = ""
    ref: str = ""
    approvers: tuple[str, ...] = ()
    safe_tx_hash: str = ""

    def facts(self) -> str:
        """What the log of operations is told, as it is stored."""
        return json.dumps([self.verb, self.ref, list(self.approvers), self.safe_tx_hash])


NO_NOTE = Note()


@dataclass(frozen=True)
class Wish:
    """The effect that is wanted."""

    signer: str
    target: str
    data: bytes
    note: Note = NO_NOTE

    @property
    def text(self) -> str:
        """What it is, for people."""
        return self.note.text or f"0x{self.data[:4].hex()} of {self.target}"

    def digest(self, chain_id: int) -> bytes:
        """What makes two wishes the same, whoever signs: chain, target and data."""
        return keccak(f"{chain_id}:{self.target}:".encode() + self.data)


@dataclass(frozen=True)
class Order:
    """A wish that was signed, and what became of it."""

    id: int
    wish: Wish
    nonce: int
    made_at: int
    state: str
    tx: str
    block: int
    block_hash: str
    attempts: tuple[Attempt, ...]

    @property
    def newest(self) -> Attempt:
        """The attempt that pays most."""
        return self.attempts[-1]


class Journal:
    """The journal of one chain; every change is on disk when its method returns."""

    def __init__(self, path: Path, chain_id: int, genesis: str) -> None:
        self.path, self.chain_id, self._genesis = path, chain_id, genesis
        with self._guarded("opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._set_up()
            sound = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if sound != "ok":
            raise JournalError(f"{path} is damaged ({sound}): {_RESTORE}")

    def _set_up(self) -> None:
        with self._writing():
            if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'chain'").fetchone():
                for statement in filter(str.strip, _TABLES.split(";")):
                    self._db.execute(statement)
                facts = (_SCHEMA, self.chain_id, self._genesis)
                self._db.execute("INSERT INTO chain VALUES (?, ?, ?)", facts)
        found = tuple(self._db.execute("SELECT schema, chain_id, genesis FROM chain").fetchone())
        if found != (_SCHEMA, self.chain_id, self._genesis):
            raise JournalError(
                f"{self.path} is the journal of chain {found[1]} that began with {found[2]}, and "
                f"the node is of chain {self.chain_id} that began with {self._genesis}: check "
                "--network"
            )

    def close(self) -> None:
        """Ends the connection; nothing is lost without it."""
        self._db.close()

    # Look

    def open_orders(self, signer: str) -> list[Order]:
        """Everything of a signer whose end is not known, in the order of the numbers."""
        marks = ", ".join("?" * len(OPEN))
        where = f"signer = ? AND state IN ({marks}) ORDER BY nonce"
        return self._orders(where, (signer, *OPEN))

    def by_key(self, key: str) -> Order | None:
        """The order of a key that had, or may still have, its effect."""
        marks = ", ".join("?" * len(VOID))
        found = self._orders(f"key = ? AND state NOT IN ({marks})", (key, *VOID)) if key else []
        return found[0] if found else None

    def keys(self, begin: str) -> list[str]:
        """The keys that begin so, of orders that had, or may still have, their effect."""
        marks = ", ".join("?" * len(VOID))
        query = f"SELECT key FROM orders WHERE substr(key, 1, ?) = ? AND state NOT IN ({marks})"  # noqa: S608
        with self._guarded("read"):
            rows = self._db.execute(query, (len(begin), begin, *VOID))
            return [row["key"] for row in rows]

    def order(self, order_id: int) -> Order:
        """One order."""
        found = self._orders("id = ?", (order_id,))
        if not found:
            raise JournalError(f"there is no order {order_id} in {self.path}: see `journal list`")
        return found[0]

    def latest(self, count: int) -> list[Order]:
        """The newest orders, newest first."""
        return self._orders("1 ORDER BY id DESC LIMIT ?", (count,))

    def last_settled(self, signer: str) -> Order | None:
        """The order with the highest number of a signer that was included and is deep enough."""
        where = "signer = ? AND state IN (?, ?, ?) ORDER BY nonce DESC, id DESC LIMIT 1"
        found = self._orders(where, (signer, DONE, REVERTED, CANCELLED))
        return found[0] if found else None

    def moved_since(self, unit: str, moment: int) -> int:
        """Base units of a currency that orders since a moment moved or may move."""
        marks = ", ".join("?" * len(VOID))
        query = (
            f"SELECT amount FROM orders WHERE unit = ? AND made_at >= ? AND state NOT IN ({marks})"  # noqa: S608
        )
        with self._guarded("read"):
            return sum(int(r["amount"]) for r in self._db.execute(query, (unit, moment, *VOID)))

    def _orders(self, where: str, values: Sequence[Any]) -> list[Order]:
        with self._guarded("read"):
            rows = self._db.execute(f"SELECT * FROM orders WHERE {where}", values).fetchall()  # noqa: S608
            return [self._order(row) for row in rows]

    def _order(self, row: sqlite3.Row) -> Order:
        wish = Wish(
            row["signer"],
            row["target"],
            row["data"],
            _note(row),
        )
        query = "SELECT * FROM attempts WHERE order_id = ? ORDER BY rowid"
        attempts = tuple(
            Attempt(
                a["tx"],
                a["raw"],
                a["gas"],
                a["max_fee"],
                a["max_tip"],
                a["made_at"],
                bool(a["cancels"]),
            )
            for a in self._db.execute(query, (row["id"],))
        )
        sound = (
            row["state"] in STATES
            and wish.digest(self.chain_id) == row["digest"]
            and attempts
            and all(a.tx == "0x" + keccak(a.raw).hex() for a in attempts)
            and all(_is_for(a, wish, row["nonce"]) for a in attempts)
        )
        if not sound:
            raise JournalError(f"order {row['id']} in {self.path} was altered: {_RESTORE}")
        return Order(
            row["id"],
            wish,
            row["nonce"],
            row["made_at"],
            row["state"],
            row["tx"],
            row["block"],
            row["block_hash"],
            attempts,
        )

    # Write

    def sign(self, batch: Sequence[tuple[Wish, int, Attempt]]) -> list[Order]:
        """Keeps signed transactions, each with its number, all of them or none."""
        ids = []
        with self._writing():
            for wish, nonce, attempt in batch:
                ids.append(self._insert(wish, nonce, attempt))
        return [self.order(order_id) for order_id in ids]

    def _insert(self, wish: Wish, nonce: int, attempt: Attempt) -> int:
        digest = wish.digest(self.chain_id)
        note = wish.note
        told = (note.text, note.unit, str(note.amount), note.facts())
        named = (note.key, digest, wish.signer, wish.target, wish.data, *told)
        begun = (nonce, attempt.made_at, SIGNED, "", 0, "", 0)
        marks = ", ".join("?" * (len(named) + len(begun)))
        try:
            made = self._db.execute(
                f"INSERT INTO orders VALUES (NULL, {marks})",  # noqa: S608
                (*named, *begun),
            )
        except sqlite3.IntegrityError as fault:
            raise OrderConflict(f"{note.key} was signed by another command meanwhile") from fault
        order_id = made.lastrowid
        if order_id is None:
            raise JournalError(f"{self.path} did not keep the order")
        self._insert_attempt(order_id, attempt)
        return order_id

    def _insert_attempt(self, order_id: int, attempt: Attempt) -> None:
        fees = (attempt.gas, attempt.max_fee, attempt.max_tip)
        values = (order_id, attempt.tx, attempt.raw, *fees, attempt.made_at, attempt.cancels)
        self._db.execute("INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def sign_again(self, order: Order, attempt: Attempt) -> Order:
        """Keeps another attempt of the same number."""
        with self._writing(_SENT):
            self._insert_attempt(order.id, attempt)
        return self.order(order.id)

    def mark(
        self, order: Order, state: str, *, tx: str = "", block: int = 0, block_hash: str = ""
    ) -> Order:
        """What became of an order."""
        ended = 0 if state in OPEN else int(time.time())
        with self._writing(_SENT):
            self._db.execute(
                "UPDATE orders SET state = ?, tx = ?, block = ?, block_hash = ?, ended_at = ? "
                "WHERE id = ?",
                (state, tx, block, block_hash, ended, order.id),
            )
        return self.order(order.id)

    def forget(self, signer: str, nonce: int) -> None:
        """Everything from a number on was undone, since a local chain was set back."""
        with self._writing():
            self._db.execute(
                "UPDATE orders SET state = ? WHERE signer = ? AND nonce >= ?",
                (FORGOTTEN, signer, nonce),
            )

    # Inside

    @contextmanager
    def _writing(self, advice: str = "") -> Iterator[None]:
        with self._guarded("written", advice):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                # A full disk ends the transaction by itself.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _guarded(self, what: str, advice: str = "") -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as fault:
            raise JournalError(
                f"the journal {self.path} cannot be {what} ({fault}): {advice or _RESTORE}"
            ) from fault

    @contextmanager
    def only(self, signer: str, patience: float) -> Iterator[None]:
        """Keeps every other process of this machine from signing as `signer` meanwhile."""
        path = self.path.with_name(f"{self.path.stem}-{signer.lower()}.lock")
        with self._guarded("locked"):
            held = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not locks.take(held, patience):
                raise JournalError(
                    f"another command is signing as {signer}: wait until it ends, then repeat"
                )
            yield
        finally:
            os.close(held)


def _is_for(attempt: Attempt, wish: Wish, nonce: int) -> bool:
    """Whether signed bytes are of this order, and of no other."""
    signed = TypedTransaction.from_bytes(HexBytes(attempt.raw)).as_dict()
    target, data = (wish.signer, b"") if attempt.cancels else (wish.target, wish.data)
    found = (signed["nonce"], to_checksum_address(signed["to"]), bytes(signed["data"]))
    return found == (nonce, to_checksum_address(target), data)


def _note(row: sqlite3.Row) -> Note:
    try:
        verb, ref, approvers, safe_tx_hash = json.loads(row["facts"])
    except ValueError as fault:
        raise JournalError(f"order {row['id']} was altered: {_RESTORE}") from fault
    kept = (row["text"], row["key"], row["unit"], int(row["amount"]))
    return Note(*kept, verb, ref, tuple(approvers), safe_tx_hash)


_SENT = (
    "what was sent stays sent, and may still happen; make room on its disk, then repeat the same "
    "command, which goes on with it"
)
_RESTORE = (
    "nothing was signed; make sure that its disk has room and can be written, or restore the file "
    "from its backup"
)


def journal_path(folder: Path, chain_id: int, genesis: str) -> Path:
    """Where the journal of a chain is kept."""
    return folder / f"{chain_id}-{genesis[2:10]}.sqlite"
