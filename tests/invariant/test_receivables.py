"""Receivables, stepped beside their model.

Given two currencies, attesters with caps, sellers, buyers, financiers, and people who are barred
    when documents are attested, accepted, financed, paid, called in default and cancelled, by whom
    they concern and by others, with signatures of others, over other documents and other offers
        each step succeeds, or is refused with the very error that the model names, changing nothing
        V1  a fingerprint has one record, for ever
        V2  what is paid is at most the face, and of each payment the financier gets what is due to
            it of advance, fee and lateness, of which no second that the token was paused is part
        V3  a payment costs its payer what financier and seller get, or are credited, to the unit
        V4  what the contract holds is what it owes in credits
        V5  a record has one financier, who came after the buyer had accepted
        V6  advance and fee are within what is unpaid when the seller takes them
        V7  a status goes where the table says, only
        V8  what is settled is paid whole
        V9  an attester's exposure is what is unpaid of its documents, within its cap when it grew
        S1  the supply is what was issued less what was burned, told from events alone
        S2  every use holds what its ledger says, and what strangers gave it
        S3  nothing of a barred account's leaves it, but by order
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from eth_utils import keccak, to_checksum_address
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from pegboard.uses.terms import Doc, Offer
from tests.support.desk_machine import CODES, FAR, chance, codes, mapping_slot, usually
from tests.support.desk_model import NO_REF, number
from tests.support.model import DAY, ZERO
from tests.support.trade_machine import BURNER, TRADE, TradeMachine
from tests.support.trade_model import FINANCED, OPEN, Receivables, Status
from tests.support.uses import sign
from tests.support.uses_machine import (
    ESCROWS,
    EXECUTOR,
    GOVERNOR,
    HOSTILE,
    PAUSER,
    WEATHER,
    few_sequences,
    tell,
)
from tests.support.world import REF, key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.desk_machine import Step

ATTESTERS = (key(36).address, key(61).address)
SELLERS = (key(37).address, key(62).address)
BUYERS = (key(38).address, key(63).address)
FINANCIERS = (key(39).address, key(64).address)
PAYER, STRANGER = key(65).address, HOSTILE.address
KEYS = {key(i).address: key(i) for i in (*range(36, 40), *range(61, 66), 47, 5)}
CAP = 5_000_000
NONCES = tuple(range(6))
#: Where the registry has the attesters' caps.
CAPS = 3
#: Where the contract has them; credits stand before them.
RECORDS, EXPOSURES, CANCELLED = 3, 4, 5
#: Where a record's status may go in one step.
EDGES = {
    (Status.NONE, Status.ATTESTED),
    (Status.ATTESTED, Status.ACCEPTED),
    (Status.ACCEPTED, Status.FINANCED),
    (Status.FINANCED, Status.DEFAULTED),
    *((open_, Status.SETTLED) for open_ in (*OPEN, *FINANCED)),
    *((open_, Status.CANCELLED) for open_ in OPEN),
}
#: Documents that mean nothing.
SENSELESS = {
    "no face": {"face": 0},
    "no date": {"due": 0},
    "no fingerprint": {"fingerprint": NO_REF},
    "no seller": {"seller": ZERO},
    "no buyer": {"buyer": ZERO},
    "foreign token": {"token": PAYER},
}
#: What else is said under a fingerprint that is used.
AGAIN = ("the same", "other content", "other parties", "other token")
NONSENSE = (*SENSELESS, "one party", "the contract", *AGAIN)
#: How an offer is taken wrongly.
MEDDLING = ("caller", "signer", "other offer", "other document", "other hash", "cancelled")
#: What may come between the attestation and the last payment.
MISHAPS = (
    "none",
    "seller frozen",
    *("seller blacklisted",) * 2,
    *("financier blacklisted",) * 2,
    "payer frozen",
    "paused",
    "attester expelled",
    "unverified",
    "currency retires",
    "allowance falls",
)
#: In which parts the buyer pays.
PARTS = (
    ("half of it", "owed", "all"),
    ("half of it", "one more than owed", "all"),
    ("one more than owed", "half of it", "all"),
    ("owed", "all"),
    ("all",),
)

ACTIONS = (
    "attest",
    "accept",
    "finance",
    "pay",
    "pay to the financier alone",
    "pay to the seller alone",
    "pay to both",
    "pay in full",
    "pay before acceptance",
    "pay in full before acceptance",
    "pay in full without financing",
    "pay after default",
    "pay late",
    "pay late after a pause",
    "pay once the financier is whole",
    "pay into a credit",
    "pay by the seller",
    "pay of a retired currency",
    "mark default",
    "cancel",
    "cancel offer",
    "raiseAttester",
    "cutAttester",
    "look",
    *ESCROWS,
    *TRADE,
    *WEATHER,
)
REFUSALS = (
    "AttesterCapExceeded",
    "AttesterExpelled",
    "BlacklistedAccount",
    "CallerNot",
    "DocMismatch",
    "ERC20InsufficientAllowance",
    "ERC20InsufficientBalance",
    "FrozenAccount",
    "InvalidAdvance",
    "InvalidDoc",
    "InvalidPayment",
    "InvalidSignature",
    "NotOverdue",
    "OfferExpired",
    "OfferIsCancelled",
    "OfferMismatch",
    "OwnerBarred",
    "Paused",
    "TokenNotRegistered",
    "UnverifiedAccount",
    "WrongDocStatus",
)
FIELD96, FIELD16 = 2**96 - 1, 2**16 - 1
#: When it was attested, and what it says.
Document = tuple[int, Doc]


class Raw(NamedTuple):
    """A record as the invariants look at it."""

    doc: int
    status: Status
    paid: int
    to_financier: int
    financier: str
    advance: int
    fee_bps: int
    late_bps: int


#: A step, and the document whose record was so before and is so after it.
Change = tuple["Step", Document, Raw, Raw]

pairs = st.integers(0, 1)
indices = st.integers(0, 30)


class ReceivablesMachine(TradeMachine):
    """Documents from their attestation to the last payment, and whoever meddles."""

    use = "receivables"
    heard = ("Receivables",)
    people = (*ATTESTERS, *SELLERS, *BUYERS, *FINANCIERS, PAYER, BURNER)

    # Preparation

    def add_use(self, board: Any) -> None:
        board.receivables = Receivables(board, self.contract.address)

    def prepare(self) -> None:
        super().prepare()
        for attester in ATTESTERS:
            for code in CODES:
                self.set_cap(attester, code, CAP, count=False)

    def _start(self) -> None:
        self.documents = 0
        self.attested: dict[str, Document] = {}
        self.seen_ids: set[str] = set()
        #: What became of records, step by step, and how far each reader has got.
        self.changes: list[Change] = []
        self.read: Counter[str] = Counter()
        super()._start()

    def watch(self) -> None:
        self.watch_credits()
        for attester in ATTESTERS:
            for code in CODES:
                token = self.token(code).address

                def exposure(of: Any = (attester, token)) -> int:
                    return self.ledger.exposures[of]

                slot = mapping_slot(token, mapping_slot(attester, EXPOSURES))
                self.see(f"exposure {code} {attester}", self.contract, slot, exposure)

                def cap(of: Any = (attester, token)) -> int:
                    return self.model.caps[of]

                slot = mapping_slot(token, mapping_slot(attester, CAPS))
                self.see(f"cap {code} {attester}", self.suite.registry, slot, cap)
        for financier in FINANCIERS:
            for nonce in NONCES:

                def gone(offer: Any = (financier, nonce)) -> int:
                    return int(offer in self.ledger.cancelled)

                slot = mapping_slot(nonce, mapping_slot(financier, CANCELLED))
                self.see(f"cancelled {financier} {nonce}", self.contract, slot, gone)

    def grow(self) -> None:
        for name in self.fingerprints():
            if f"record {name.hex()} 0" not in self.places:

                def words(name: bytes = name) -> tuple[int, ...] | None:
                    record = self.ledger.records.get(name)
                    return record.words if record else None

                slot = mapping_slot(number(name), RECORDS)
                self.see_all(f"record {name.hex()}", self.contract, slot, 4, words)

    def fingerprints(self) -> list[bytes]:
        """Those that were made up so far, and the next."""
        return [_fingerprint(index) for index in range(self.documents + 1)]

    def moments(self) -> list[int]:
        """Due dates, and the days of lateness after them."""
        records = [r for r in self.ledger.records.values() if r.status in OPEN | FINANCED]
        due = [self.ledger.due_of(record) for record in records]
        return due + [each + days * DAY - 1 for each in due for days in (1, 2)]

    # Helpers

    def _record(self, index: int, statuses: Any) -> Any:
        """One of the records in these statuses, or of all; None when there is none at all."""
        records = list(self.ledger.records.values())
        fitting = [record for record in records if record.status in statuses] or records
        return fitting[index % len(fitting)] if fitting else None

    def _new_doc(self, code: str, pair: int, face: int, days: int) -> Doc:
        fingerprint = self.fingerprints()[-1]
        self.documents += 1
        self.grow()
        self.words = self.read_words()
        return Doc(
            *(ATTESTERS[pair], SELLERS[pair], BUYERS[(pair + face) % 2]),
            *(self.token(code).address, face, self.chain.now() + days * DAY),
            *(fingerprint, keccak(fingerprint)),
        )

    def _attest(self, doc: Doc, *, fault: str | None = None) -> bool:
        signer = STRANGER if fault == "signer" else doc.attester
        over = replace(doc, face=doc.face + 1) if fault == "other document" else doc
        signature = sign(KEYS[signer], over.signable(self.contract))
        doc_hash = doc.signable(self.contract).body
        arguments, signed = (doc.values(), signature), fault is None
        return self.to_use(
            "attest", STRANGER, "attest", arguments, "attest", doc, doc_hash, signed=signed
        )

    def _accept(self, doc: Doc, *, fault: str | None = None) -> bool:
        signer = doc.seller if fault == "signer" else doc.buyer
        over = replace(doc, due=doc.due + 1) if fault == "other document" else doc
        signature = sign(KEYS[signer], over.acceptance(self.contract))
        arguments, signed = (doc.fingerprint, signature), fault is None
        return self.to_use(
            "accept", STRANGER, "accept", arguments, "accept", doc.fingerprint, signed=signed
        )

    def _offer(self, doc: Doc, pair: int, part: int, fee: int, late: int, hours: int) -> Offer:
        nonce = NONCES[(part + fee + hours) % len(NONCES)]
        advance, expiry = doc.face * part // 100, self.chain.now() + hours * 3_600
        return Offer(doc.hash, FINANCIERS[pair], advance, fee, late, expiry, nonce)

    def _finance(self, doc: Doc, offer: Offer, *, fault: str | None = None) -> bool:
        caller = offer.financier if fault == "caller" else doc.seller
        signer = doc.seller if fault == "signer" else offer.financier
        over = replace(offer, fee_bps=offer.fee_bps + 1) if fault == "other offer" else offer
        signature = sign(KEYS[signer], over.signable(self.contract))
        signed = fault not in {"signer", "other offer"}
        arguments, values = (doc.values(), offer.values(), signature), (caller, doc, offer)
        return self.to_use(
            "finance", caller, "finance", arguments, "finance", *values, signed=signed
        )

    def _pay(self, doc: Doc, value: int, payer: str) -> bool:
        self.model.now = self.chain.now()
        record = self.ledger.records.get(doc.fingerprint)
        before, seen = replace(record) if record else None, len(self.history)
        arguments, values = (doc.values(), value, REF), (payer, doc, value)
        went = self.to_use("pay", payer, "pay", arguments, "pay", *values)
        if went and before:
            events = dict(self.history[seen].events)
            self._tell_payment(doc, before, events, payer)
        return went

    def _tell_payment(self, doc: Doc, before: Any, events: Any, payer: str) -> None:
        """Counts what kind of payment it was."""
        told = events["Paid"]
        kinds = {(True, False): "the financier alone", (False, True): "the seller alone"}
        shares = bool(told["toFinancier"]), bool(told["toSeller"])
        self.done[f"pay to {kinds.get(shares, 'both')}"] += 1
        late = self.model.now > self.ledger.due_of(before) and before.late_bps > 0
        tolled = self.ledger.due_of(before) > doc.due
        cases = {
            "in full": told["settled"],
            "before acceptance": before.status == Status.ATTESTED,
            "in full before acceptance": told["settled"] and before.status == Status.ATTESTED,
            "in full without financing": told["settled"] and before.status == Status.ACCEPTED,
            "after default": before.status == Status.DEFAULTED,
            "late": late,
            "late after a pause": late and tolled,
            "once the financier is whole": before.status in FINANCED and not shares[0],
            "by the seller": payer == doc.seller,
            "into a credit": "Credited" in events,
            "of a retired currency": doc.token not in self.model.codes,
        }
        for case, is_so in cases.items():
            if is_so:
                self.done[f"pay {case}"] += 1

    def _ready(self, code: str, pair: int, face: int, days: int, *, accepted: bool = True) -> Doc:
        """A new document, attested and accepted, with everything in order."""
        doc = self._new_doc(code, pair, face, days)
        self.set_right(code, *self._parties(doc))
        self._make_room(doc)
        self._attest(doc)
        if accepted:
            self._accept(doc)
        return doc

    def _make_room(self, doc: Doc) -> None:
        code = self.code_of(doc.token)
        of = doc.attester, doc.token
        needed = self.ledger.exposures[of] + doc.face
        if self.model.caps[of] < needed:
            self.set_cap(doc.attester, code, max(needed, CAP))

    def _parties(self, doc: Doc) -> tuple[str, ...]:
        return (doc.seller, doc.buyer, *FINANCIERS)

    def set_cap(self, attester: str, code: str, cap: int, *, count: bool = True) -> bool:
        """Raises or cuts, as it is higher or lower."""
        token = self.token(code).address
        up = cap > self.model.caps[attester, token]
        verb = self.model.raise_attester if up else self.model.cut_attester
        name, caller = ("raiseAttester", GOVERNOR) if up else ("cutAttester", PAUSER)
        return self.do(
            name,
            self.suite.registry,
            caller,
            name,
            (attester, token, cap, REF),
            lambda: verb(caller, attester, token, cap),
            count=count,
        )

    def _amount(self, word: str | int, record: Any) -> int:
        self.model.now = self.chain.now()
        owed, unpaid = self.ledger.owed(record), record.unpaid
        words = {
            "owed": owed,
            "one more than owed": owed + 1,
            "half of it": max(unpaid // 2, 1),
            "all": unpaid,
            "one more": unpaid + 1,
            "nothing": 0,
        }
        return min(words[word] if isinstance(word, str) else word, FIELD96)

    # Attesters

    @rule(
        code=codes,
        pair=pairs,
        face=chance((1, 999, 10_000, 333_333, "all", "all", "one more")),
        days=chance((0, 1, 1, 3, 10, 60)),
        fault=chance((None,) * 5 + ("signer", "other document")),
        right=usually,
    )
    def attest(self, code, pair, face, days, fault, right):
        """A new document, most often with everything in order, up to the attester's cap."""
        if right:
            self.set_right(code)
        of = ATTESTERS[pair], self.address(code)
        room = max(self.model.caps[of] - self.ledger.exposures[of], 0)
        face = {"all": max(room, 1), "one more": room + 1}.get(face, face)
        self._attest(self._new_doc(code, pair, face, days), fault=fault)

    @rule(code=codes, pair=pairs, index=indices, kind=chance(NONSENSE))
    def attest_wrongly(self, code, pair, index, kind):
        """What means nothing; and V1, tried: the same fingerprint, whatever else it says."""
        record = self._record(index, set(Status))
        if record is None or kind not in AGAIN:
            doc = self._new_doc(code, pair, 1_000, 1)
            sellers = {"one party": doc.buyer, "the contract": self.contract.address}
            wrong = SENSELESS.get(kind) or {"seller": sellers.get(kind, doc.buyer)}
            self._attest(replace(doc, **wrong))
            return
        doc = record.doc
        if kind == "other content":
            doc = replace(doc, face=doc.face + 1)
        elif kind == "other parties":
            doc = replace(doc, attester=ATTESTERS[index % 2], seller=BUYERS[0], buyer=SELLERS[1])
        elif kind == "other token":
            tokens = [self.token(code).address for code in CODES]
            doc = replace(doc, token=tokens[doc.token == tokens[0]])
        self._attest(doc)

    @rule(code=codes, pair=pairs, cap=chance((CAP, CAP, 1_000_000, 1, 0, 0)))
    def cap(self, code, pair, cap):
        self.set_cap(ATTESTERS[pair], code, cap)

    @rule(
        index=indices, fault=chance((None,) * 4 + ("signer", "other document", "unknown", "again"))
    )
    def accept(self, index, fault):
        record = self._record(index, set(Status) if fault == "again" else {Status.ATTESTED})
        if record is None:
            return
        doc = record.doc
        if fault == "unknown":
            doc = replace(doc, fingerprint=self.fingerprints()[-1])
        wrong = fault if fault in {"signer", "other document"} else None
        self._accept(doc, fault=wrong)

    # Financiers

    @rule(
        index=indices,
        code=codes,
        pair=pairs,
        part=chance((1, 50, 80, 80, 100, 101)),
        fee=chance((0, 60, 60, 1_000, 10_000)),
        late=chance((0, 5, 5, 100, 2_000, FIELD16)),
        hours=chance((0, 1, 24, 24, -1)),
        fault=chance((None,) * 9 + MEDDLING),
        of=chance(("new", "new", "new", "accepted", "financed")),
    )
    def finance(self, index, code, pair, part, fee, late, hours, fault, of):
        """An accepted document, most often a new one, against one of the financiers' offers.

        V5, tried: and one that is financed already.
        """
        record = self._record(index, FINANCED if of == "financed" else {Status.ACCEPTED})
        if record is None or of == "new":
            doc = self._ready(code, pair, 10_000 + index, index % 5)
        else:
            doc = record.doc
        offer = self._offer(doc, pair, part, fee, late, hours)
        if fault == "cancelled":
            self._cancel_offer(offer.financier, offer.nonce)
        if fault == "other document":
            doc = replace(doc, face=doc.face + 1)
        elif fault == "other hash":
            offer = replace(offer, doc=self.fingerprints()[-1])
        wrong = fault if fault in {"caller", "signer", "other offer"} else None
        self._finance(doc, offer, fault=wrong)

    @rule(pair=pairs, nonce=chance(NONCES))
    def cancel_offer(self, pair, nonce):
        self._cancel_offer(FINANCIERS[pair], nonce)

    def _cancel_offer(self, caller: str, nonce: int) -> bool:
        values = (caller, nonce)
        return self.to_use("cancel offer", caller, "cancelOffer", (nonce,), "cancel_offer", *values)

    @rule(
        index=indices,
        who=chance(("financier",) * 4 + ("seller", "other", "stranger")),
        after=chance((1, 1, 1, 0, None)),
        fault=chance((None,) * 5 + ("other document",)),
    )
    def mark_default(self, index, who, after, fault):
        """In the first second after the due date, in the last before it, or whenever."""
        record = self._record(index, {Status.FINANCED})
        if record is None:
            return
        doc = record.doc
        other = FINANCIERS[record.financier == FINANCIERS[0]]
        callers = {"financier": record.financier, "seller": doc.seller, "other": other}
        caller = callers.get(who, STRANGER)
        if caller == ZERO:
            caller = FINANCIERS[0]
        if after is not None:
            self.model.now = self.chain.now()
            self.pass_time(max(self.ledger.due_of(record) + after - self.chain.now(), 0))
        if fault:
            doc = replace(doc, orders_root=REF)
        self._mark_default(doc, caller)

    def _mark_default(self, doc: Doc, caller: str) -> bool:
        arguments, values = (doc.values(),), (caller, doc)
        return self.to_use(
            "mark default", caller, "markDefault", arguments, "mark_default", *values
        )

    # Payers

    @rule(
        index=indices,
        by=chance(("buyer",) * 4 + ("payer", "payer", "seller", "financier", "stranger")),
        amount=chance(
            (
                "owed",
                "one more than owed",
                "half of it",
                "half of it",
                "all",
                "one more",
                "nothing",
                1,
            )
        ),
        of=chance((FINANCED, FINANCED, FINANCED, OPEN, set(Status))),
        fault=chance((None,) * 9 + ("other document",)),
        right=usually,
        barred=chance((None, None, "seller", "financier")),
    )
    def pay(self, index, by, amount, of, fault, right, barred):
        """Any part, by anybody, on what is financed, most often; who gets it may be barred."""
        record = self._record(index, of)
        if record is None or (right and record.status not in of):
            accepted = of != OPEN or index % 3 > 0
            doc = self._ready(CODES[index % 2], index % 2, 10_000 + index, 1, accepted=accepted)
            if of == FINANCED:
                self._finance(doc, self._offer(doc, index % 2, 80, 60, 50, 24))
            record = self.ledger.records.get(doc.fingerprint)
        if record is None:
            return
        doc, value = record.doc, self._amount(amount, record)
        payers = {"buyer": doc.buyer, "payer": PAYER, "seller": doc.seller, "stranger": STRANGER}
        payer = payers.get(by, FINANCIERS[0])
        if right:
            self.set_right(self.code_of(doc.token), payer)
        if barred == "seller" or (barred and record.financier != ZERO):
            who = doc.seller if barred == "seller" else record.financier
            self.mark_accounts("blacklist", self.code_of(doc.token), [who])
        if fault:
            doc = replace(doc, seller=PAYER)
        self._pay(doc, value, payer)

    # Sellers

    @rule(
        index=indices,
        who=chance(("seller", "seller", "attester", "buyer", "stranger")),
        of=chance((OPEN, OPEN, OPEN, set(Status))),
        fault=chance((None,) * 5 + ("other document",)),
    )
    def cancel(self, index, who, of, fault):
        record = self._record(index, of)
        if record is None:
            return
        doc = record.doc
        callers = {"seller": doc.seller, "attester": doc.attester, "buyer": doc.buyer}
        caller = callers.get(who, STRANGER)
        if fault:
            doc = replace(doc, token=STRANGER)
        self.to_use("cancel", caller, "cancel", (doc.values(),), "cancel", caller, doc)

    # A whole life

    @rule(
        code=codes,
        pair=pairs,
        mishap=chance(MISHAPS),
        early=chance((0, 0, 0, 1_000, 1_000, 100_000)),
        by=chance(("buyer", "buyer", "payer", "seller")),
        parts=chance(PARTS),
        paused=chance((0, 0, DAY, 5 * DAY)),
        late=chance((0, 1, 3, 7)),
        default=st.booleans(),
        credit=chance(("stays", "is taken", "is released")),
    )
    def life(self, code, pair, mishap, early, by, parts, paused, late, default, credit):
        """From order to cash: financed at 80 %, due in a day, perhaps late, paid in parts."""
        accepted = not early or pair == 0
        doc = self._ready(code, pair, 100_000, 1, accepted=accepted)
        if early:
            self._pay(doc, early, doc.buyer)
        if not accepted:
            self._accept(doc)
        self._happen(mishap, code, doc, before=True)
        offer = self._offer(doc, pair, 80, 60, 50, 24)
        if (offer.financier, offer.nonce) in self.ledger.cancelled:
            offer = replace(offer, nonce=len(NONCES))
        if not self._finance(doc, offer):
            self.set_right(code, *self._parties(doc))
            self.set_cap(doc.attester, code, 2 * CAP)
            self._finance(doc, offer)
        if paused:
            self.pause_some(code, 1)
            self.pass_time(paused)
            self.resume_all(code)
        record = self.ledger.records[doc.fingerprint]
        self.model.now = self.chain.now()
        if late:
            due = self.ledger.due_of(record)
            if default:
                self.pass_time(max(due - self.chain.now(), 0))
                self._mark_default(doc, offer.financier)
            self.pass_time(max(due + late * DAY - self.chain.now(), 0))
            if default:
                self._mark_default(doc, offer.financier)
        self._happen(mishap, code, doc, before=False)
        for amount in parts:
            value = self._amount(amount, record)
            if value:
                self._pay(doc, value, {"buyer": doc.buyer, "payer": PAYER}.get(by, doc.seller))
        for who in (doc.seller, offer.financier):
            if self.ledger.credits[doc.token, who] and credit != "stays":
                self._end_credit(code, who, taken=credit == "is taken")

    def _end_credit(self, code: str, who: str, *, taken: bool) -> None:
        """Its owner takes it, once it may receive again, or an order does, while it may not."""
        token, to = self.address(code), BURNER
        self.set_right(code, *((who,) if taken else (to,)))
        if taken:
            self.to_use("withdraw", who, "withdraw", (token,), "withdraw", who, token)
            return
        self.mark_accounts("blacklist", code, [who])
        values = (token, who, to, REF)
        self.to_use(
            "releaseCredit", EXECUTOR, "releaseCredit", values, "release_credit", EXECUTOR, *values
        )

    def _happen(self, mishap: str, code: str, doc: Doc, *, before: bool) -> None:
        """One thing that comes in between, `before` financing or after it."""
        if mishap == "seller frozen":
            self.mark_accounts("freeze", code, [doc.seller])
        elif mishap == "seller blacklisted":
            self.mark_accounts("blacklist", code, [doc.seller])
        elif mishap == "financier blacklisted":
            self.mark_accounts("blacklist", code, list(FINANCIERS))
        elif mishap == "payer frozen":
            self.mark_accounts("freeze", code, [doc.buyer])
        elif mishap == "paused":
            self.pause_some(code, 1)
        elif mishap == "attester expelled" and before:
            self.set_cap(doc.attester, code, 0)
        elif mishap == "unverified":
            self.list_mode(code, on=True)
        elif mishap == "currency retires" and not before:
            self.take_off_board(code)
        elif mishap == "allowance falls":
            self._allow(code, doc.buyer, 10)

    # Thieves

    def ways_out(self, code: str, owner: str) -> Any:
        """Paying, and taking an offer, with what belongs to a barred owner."""
        yield from super().ways_out(code, owner)
        for record in self.ledger.records.values():
            doc = record.doc
            if self.code_of(doc.token) != code:
                continue
            for caller in (owner, HOSTILE.address):
                yield self.contract, caller, "pay", (doc.values(), max(record.unpaid, 1), REF)
            if record.status == Status.ACCEPTED:
                offer = Offer(doc.hash, owner, 1, 0, 0, FAR, len(NONCES))
                signature = sign(KEYS[owner], offer.signable(self.contract))
                arguments = (doc.values(), offer.values(), signature)
                yield self.contract, doc.seller, "finance", arguments

    # Looking

    @rule(index=indices)
    def look(self, index):
        """The views say what the model says."""
        self.model.now = self.chain.now()
        call, record = self.contract.call, self._record(index, set(Status))
        if record is None:
            return
        doc, name = record.doc, record.doc.fingerprint
        shown = call("receivableOf", name)
        sums = (record.paid, record.to_financier)
        parties = (record.status, record.hash, doc.buyer.lower())
        assert (shown[0], shown[1], shown[2].lower()) == parties
        assert shown[3:7] == (record.paused_before, doc.due, *sums)
        rates = (record.advance, record.fee_bps, record.late_bps)
        assert (shown[7].lower(), *shown[8:]) == (record.financier.lower(), *rates)
        assert call("owed", doc.values()) == self.ledger.owed(record)
        assert call("dueOf", doc.values()) == self.ledger.due_of(record)
        assert call("docHash", doc.values()) == "0x" + record.hash.hex()
        exposure = self.ledger.exposures[doc.attester, doc.token]
        assert call("exposureOf", doc.attester, doc.token) == exposure
        code = self.code_of(doc.token)
        for person in self.people:
            credited = self.ledger.credits[doc.token, person]
            assert call("creditOf", doc.token, person) == credited
        assert self.suite.pegs[code].token.call("totalSupply") == self.token(code).supply
        self.passed("look")

    # Invariants, from raw words, events and transfers

    def held(self, words: Any) -> Counter[tuple[str, str]]:
        """Nothing but credits."""
        return Counter()

    def note(self, step: Step) -> None:
        for event, told in step.events:
            if event == "Attested":
                self.attested.setdefault(told["id"], (step.now, Doc.from_abi(told["doc"])))
        if step.refused or step.contract != self.contract.address:
            return
        for name, document in self.attested.items():
            places = [f"record {name[2:]} {index}" for index in range(4)]
            before, after = ([w.get(at, 0) for at in places] for w in (step.before, step.after))
            if before != after:
                self.changes.append((step, document, _raw(*before), _raw(*after)))

    def _raw(self, words: Any, name: str) -> Raw:
        return _raw(*(words[f"record {name[2:]} {index}"] for index in range(4)))

    def _changes(self, reader: str) -> Iterator[Change]:
        """The records that changed in steps which this reader has not seen yet."""
        start, self.read[reader] = self.read[reader], len(self.changes)
        return iter(self.changes[start:])

    @invariant()
    def v1_a_fingerprint_has_one_record(self):
        for step in self.unseen("V1"):
            for event, told in step.events:
                if event == "Attested":
                    assert told["id"] not in self.seen_ids
                    self.seen_ids.add(told["id"])
        for _, _, before, after in self._changes("V1"):
            assert before.doc in (0, after.doc)

    @invariant()
    def v2_the_financier_gets_what_is_due(self):
        for step, (at, doc), before, after in self._changes("V2"):
            assert after.to_financier <= after.paid <= doc.face
            tolled = doc.due + self.paused(self.code_of(doc.token), at, step.now)
            days = max(step.now - tolled, 0) // DAY
            rates = 10_000, before.fee_bps, before.late_bps * days
            claim = sum(before.advance * rate // 10_000 for rate in rates)
            due = max(claim - before.to_financier, 0)
            paid, got = after.paid - before.paid, after.to_financier - before.to_financier
            assert got == min(paid, due)

    @invariant()
    def v3_a_payment_costs_what_the_two_get(self):
        for step in self.unseen("V3"):
            for event, told in step.events:
                if event != "Paid":
                    continue
                doc, shares = self.attested[told["id"]][1], Counter()
                shares[self._raw(step.after, told["id"]).financier] += told["toFinancier"]
                shares[doc.seller] += told["toSeller"]
                cost = sum(value for _, owner, _, value in step.transfers if owner == step.sender)
                assert cost == told["toFinancier"] + told["toSeller"] == step.arguments[1]
                code = self.code_of(doc.token)
                for who, share in shares.items():
                    got = sum(value for _, _, to, value in step.transfers if to == who)
                    if who != ZERO:
                        words = (step.after, step.before)
                        after, before = (each[f"credit {code} {who}"] for each in words)
                        got += after - before
                    assert got == share

    @invariant()
    def v4_it_holds_what_it_owes_in_credits(self):
        owed = self.credits_of(self.words)
        for code in CODES:
            balance = self.balance_of(self.words, code, self.contract.address)
            given = self.gifts()[self.address(code), self.contract.address]
            assert balance - given == sum(v for (of, _), v in owed.items() if of == code)

    @invariant()
    def v5_a_record_has_one_financier(self):
        for step, _, before, after in self._changes("V5"):
            if before.financier != ZERO:
                same = before.financier, before.advance, before.fee_bps
                assert (after.financier, after.advance, after.fee_bps) == same
            elif after.financier != ZERO:
                assert (step.function, before.status) == ("finance", Status.ACCEPTED)

    @invariant()
    def v6_an_advance_and_its_fee_are_within_what_is_unpaid(self):
        for step, (_, doc), before, after in self._changes("V6"):
            if step.function == "finance":
                fee = after.advance * after.fee_bps // 10_000
                assert 0 < after.advance + fee <= doc.face - before.paid
                moved = (doc.token, after.financier, doc.seller, after.advance)
                assert (step.transfers, before.paid) == ((moved,), after.paid)

    @invariant()
    def v7_a_status_goes_where_the_table_says(self):
        for step, _, before, after in self._changes("V7"):
            if before.status != after.status:
                assert (before.status, after.status) in EDGES
                assert (after.status == Status.SETTLED) <= (step.function == "pay")
                assert (after.status == Status.DEFAULTED) <= (step.sender == before.financier)

    @invariant()
    def v8_what_is_settled_is_paid_whole(self):
        for _, (_, doc), _, after in self._changes("V8"):
            assert (after.status == Status.SETTLED) == (after.paid == doc.face)

    @invariant()
    def v9_exposure_is_what_is_unpaid(self):
        exposed: Counter[tuple[str, str]] = Counter()
        for name, (_, doc) in self.attested.items():
            record = self._raw(self.words, name)
            if record.status != Status.CANCELLED:
                exposed[self.code_of(doc.token), doc.attester] += doc.face - record.paid
        for code in CODES:
            for attester in ATTESTERS:
                assert self.words[f"exposure {code} {attester}"] == exposed[code, attester]
        for step in self.unseen("V9"):
            for name, word in step.after.items():
                if name.startswith("exposure ") and word > step.before[name]:
                    assert word <= step.before[name.replace("exposure", "cap")]
                    assert step.function == "attest"


@cache
def _fingerprint(index: int) -> bytes:
    return keccak(text=f"invoice {index}")


@cache
def _raw(doc: int, parties: int, sums: int, offer: int) -> Raw:
    """A record as the chain stores it."""
    financier = to_checksum_address((offer & 2**160 - 1).to_bytes(20, "big"))
    return Raw(
        *(doc, Status(parties >> 160 & 255), sums & FIELD96, sums >> 96 & FIELD96),
        *(financier, offer >> 160, sums >> 224 & FIELD16, sums >> 240),
    )


def test_receivables(record_property):
    """Holds for every sequence that hypothesis tries, and every action was among them."""
    run_state_machine_as_test(ReceivablesMachine, settings=few_sequences())
    tell(ReceivablesMachine, record_property, ACTIONS, REFUSALS)
