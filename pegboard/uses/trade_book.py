"""The book of receivables in one currency: rebuilt from the log, and compared with the chain."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pegboard.calendars import DAY
from pegboard.contract import padded
from pegboard.uses.past import said
from pegboard.uses.terms import Doc
from pegboard.uses.trade import FINANCED, OPEN, hexed, record_of, standing_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pegboard.suite import Peg, Suite
    from pegboard.uses.past import Said
    from pegboard.uses.trade import Record

#: Days past due up to and including which an amount is in a bucket.
BUCKETS = (("not due", 0), ("1-30", 30), ("31-60", 60), ("61-90", 90))
OLDEST = "90+"


@dataclass(frozen=True)
class Entry:
    """One document as it stands; `due` has the pauses added, `owed` is the financier's part."""

    doc: Doc
    record: Record
    due: int
    days_late: int
    owed: int

    @property
    def is_open(self) -> bool:
        """Whether something of it is still to be paid."""
        return self.record.status in OPEN

    @property
    def unpaid(self) -> int:
        """In base units; nothing of what was cancelled."""
        return self.doc.face - self.record.paid if self.is_open else 0

    @property
    def bucket(self) -> str:
        """By how long it is overdue."""
        return next((name for name, most in BUCKETS if self.days_late <= most), OLDEST)


@dataclass(frozen=True)
class Exposure:
    """What an attester vouches for; `cap` is in the registry."""

    account: str
    unpaid: int
    cap: int


@dataclass(frozen=True)
class Book:
    """All documents in a currency, and what waits for whom; amounts in base units."""

    entries: tuple[Entry, ...]
    attesters: tuple[Exposure, ...]
    waiting: Mapping[str, int]
    breaks: tuple[str, ...]

    def ageing(self) -> dict[str, tuple[int, int]]:
        """How many open documents, and how much unpaid, by bucket."""
        names = (*(name for name, _ in BUCKETS), OLDEST)
        found = {
            name: [e for e in self.entries if e.is_open and e.bucket == name] for name in names
        }
        return {name: (len(of), sum(e.unpaid for e in of)) for name, of in found.items()}

    def by(self, party: Callable[[Entry], str], amount: Callable[[Entry], int]) -> dict[str, int]:
        """Amounts of open documents by a party, largest first."""
        found: Counter[str] = Counter()
        for entry in self.entries:
            if entry.is_open and amount(entry):
                found[party(entry)] += amount(entry)
        return dict(found.most_common())

    @property
    def buyers(self) -> dict[str, int]:
        """What each buyer has to pay."""
        return self.by(lambda e: e.doc.buyer, lambda e: e.unpaid)

    @property
    def overdue(self) -> dict[str, int]:
        """What each buyer has not paid in time."""
        return self.by(lambda e: e.doc.buyer, lambda e: e.unpaid if e.days_late else 0)

    @property
    def financiers(self) -> dict[str, int]:
        """What each financier is owed now."""
        return self.by(lambda e: e.record.financier, lambda e: e.owed)


def take(suite: Suite, peg: Peg) -> Book:
    """Reads the book; `suite` is at the block that is meant."""
    contract = suite.uses.receivables
    docs = [Doc.from_abi(event.given["doc"]) for event in said(contract, "Attested")]
    entries = tuple(_entry(suite, doc) for doc in docs if doc.token == peg.token.address)
    accounts = dict.fromkeys([*(e.doc.attester for e in entries), *_appointed(suite, peg)])
    attesters = tuple(Exposure(a, *standing_of(suite, a, peg)) for a in accounts)
    waiting = _waiting(suite, peg)
    return Book(
        entries, attesters, waiting, tuple(_breaks(suite, peg, entries, attesters, waiting))
    )


def _entry(suite: Suite, doc: Doc) -> Entry:
    contract, record = suite.uses.receivables, record_of(suite, doc.fingerprint)
    due, now = contract.call("dueOf", doc.values()), suite.chain.now()
    days = max(0, -((due - now) // DAY))
    owed = contract.call("owed", doc.values()) if record.status in FINANCED else 0
    return Entry(doc, record, due, days, owed)


def _appointed(suite: Suite, peg: Peg) -> list[str]:
    word = padded(peg.token.address)
    return [e.given["attester"] for e in said(suite.registry, "AttesterCapSet", token=word)]


def _waiting(suite: Suite, peg: Peg) -> dict[str, int]:
    """Whose shares wait in the contract."""
    contract, token = suite.uses.receivables, peg.token.address
    word = padded(token)
    accounts = dict.fromkeys(e.given["account"] for e in said(contract, "Credited", token=word))
    found = {account: contract.call("creditOf", token, account) for account in accounts}
    return {account: units for account, units in found.items() if units}


def _breaks(
    suite: Suite,
    peg: Peg,
    entries: Iterable[Entry],
    attesters: Iterable[Exposure],
    waiting: Mapping[str, int],
) -> Iterable[str]:
    """What does not add up; nothing should."""
    contract = suite.uses.receivables
    paid, got = _payments(said(contract, "Paid"))
    unpaid: Counter[str] = Counter()
    for entry in entries:
        name = entry.doc.fingerprint
        if (entry.record.paid, entry.record.to_financier) != (paid[name], got[name]):
            yield (
                f"{hexed(name)}: the chain counts {entry.record.paid} paid and "
                f"{entry.record.to_financier} of it to the financier, its log {paid[name]} and "
                f"{got[name]}"
            )
        unpaid[entry.doc.attester] += entry.unpaid
    for one in attesters:
        if one.unpaid != unpaid[one.account]:
            yield (
                f"{one.account} vouches for {one.unpaid}, and its documents leave "
                f"{unpaid[one.account]} unpaid"
            )
    holds = peg.token.call("balanceOf", contract.address)
    if holds < sum(waiting.values()):
        yield f"{sum(waiting.values())} wait for accounts, and the contract has {holds}"


def _payments(events: Iterable[Said]) -> tuple[Counter[bytes], Counter[bytes]]:
    paid: Counter[bytes] = Counter()
    got: Counter[bytes] = Counter()
    for event in events:
        name = _bytes(event.given["id"])
        paid[name] += event.given["toFinancier"] + event.given["toSeller"]
        got[name] += event.given["toFinancier"]
    return paid, got


def _bytes(word: Any) -> bytes:
    return word if isinstance(word, bytes) else bytes.fromhex(word[2:])
