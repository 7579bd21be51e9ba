"""Checkout, stepped beside its model.

Given two currencies, payers, payees, operators and payments in them
    when payments are authorized, captured, released, refunded and released by order, while people
    are barred, tokens pause, time passes, and strangers try whatever they can
        each step succeeds, or is refused with the very error that the model names
        S1  every word of tokens, payments, credits and authorizations is the model's
        S2  no use has more of a currency than its ledger says, to the unit
        S3  what a barred account has, holds and is credited never falls, but by order
        C1  the balance is the sum of what is held and of all credits
        C2  held and refundable together, and all captures together, are at most what was authorized
        C3  the fee is the captured value's part rounded down, and the payee gets all the rest
        C4  an id opens once, ever
        C5  refunds are at most what was captured, and go to the payer
        C6  nothing is captured while the payer may not send
        C7  nobody but payee, payer and creditors receives, unless an order says so
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eth_utils import keccak
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from pegboard.uses.terms import Info
from tests.support.desk_machine import CODES, chance, codes, mapping_slot, seldom, usually
from tests.support.desk_model import NO_REF, number
from tests.support.model import DAY, ZERO
from tests.support.uses_machine import (
    CUSTODIAN,
    ESCROWS,
    EXECUTOR,
    GOVERNOR,
    HOSTILE,
    WEATHER,
    EscrowMachine,
    few_sequences,
    tell,
    whoever,
)
from tests.support.uses_model import Checkout
from tests.support.world import REF, key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.uses_model import Payment, UsesBoard

PAYERS = {each.address: each for each in (key(31), key(38), key(35))}
SHOP, SELLER, OPERATOR, FEE = key(35).address, key(37).address, key(34).address, key(40).address
PAYER, OTHER_PAYER = key(31).address, key(38).address
PAYMENTS, HALF = 3, 2**104 - 1
OPEN, SHUT = "open", "shut"
FAULTS = (
    *("signer", "other terms", "late", "again", "too much", "void", "foreign", "held"),
    *("terms",) * 3,
)
BAD_TERMS: tuple[dict[str, Any], ...] = (
    {"operator": ZERO},
    {"payee": ZERO},
    {"payee": "itself"},
    {"payer": ZERO},
    {"max": 0},
    {"fee_bps": 10_001},
    {"fee_bps": 1, "fee_to": ZERO},
    {"capture_by": 0},
    {"refund_by": 0},
)
#: What may come between authorization and capture.
MISHAPS = (
    "payer frozen",
    "payer blacklisted",
    "payee blacklisted",
    "paused",
    "unknown payer",
    "too late",
    "retired",
    "given back",
    "ordered",
    "all captured",
)

ACTIONS = (
    *WEATHER,
    *ESCROWS,
    "authorize",
    "cancelAuthorization",
    "capture",
    "capture after a pause",
    "capture for a credit",
    "capture of all",
    "complianceRelease",
    "hostile calls",
    "look",
    "refund",
    "refund for a credit",
    "release",
    "release by the payer",
    "vise",
)
REFUSALS = (
    "AccessManagedUnauthorized",
    "AuthorizationExpired",
    "AuthorizationSpent",
    "BlacklistedAccount",
    "CallerNot",
    "CallerNotPayee",
    "DeadlinePassed",
    "ERC20InsufficientAllowance",
    "ERC20InsufficientBalance",
    "ERC20InvalidReceiver",
    "ERC7943InsufficientUnfrozenBalance",
    "FrozenAccount",
    "InvalidSignature",
    "InvalidTerms",
    "InvalidValue",
    "NotForeign",
    "NotYetReleasable",
    "NothingCredited",
    "OwnerBarred",
    "OwnerNotBarred",
    "Paused",
    "PaymentNotOpen",
    "ReferenceRequired",
    "TokenNotRegistered",
    "UnverifiedAccount",
)

parts = chance(("all", "all", "all", "half", "half", "some", "above", 0))
times = st.tuples(chance((600, DAY)), chance((0, 600, DAY, 7 * DAY)), chance((0, 3_600, 30 * DAY)))


class CheckoutMachine(EscrowMachine):
    """Everything that can happen between a payer's signature and the last refund."""

    use = "checkout"
    heard = ("Checkout",)
    people = (PAYER, OTHER_PAYER, SHOP, SELLER, OPERATOR, FEE, HOSTILE.address, CUSTODIAN.address)

    # Preparation

    def add_use(self, board: UsesBoard) -> None:
        board.checkout = Checkout(board, self.suite.uses.checkout.address)

    def _start(self) -> None:
        self.orders = 0
        self.terms: dict[bytes, Info] = {}
        # Told from the log: what happened to each payment so far.
        self.opened: Counter[str] = Counter()
        self.captured: Counter[str] = Counter()
        self.released: Counter[str] = Counter()
        self.refunded: Counter[str] = Counter()
        super()._start()

    def creditors(self) -> tuple[str, ...]:
        return (*self.people, *self._odd_payees())

    def _odd_payees(self) -> tuple[str, ...]:
        """Who can never receive."""
        return (self.address("HKD"), self.suite.desks.redemption.address)

    def watch(self) -> None:
        self.watch_credits()

    def grow(self) -> None:
        for id_, info in self.terms.items():
            if f"payment {id_!r}" not in self.places:

                def word(id_: bytes = id_) -> int:
                    payment = self.ledger.payments.get(id_)
                    return payment.word if payment else 0

                slot = mapping_slot(number(id_), PAYMENTS)
                self.see(f"payment {id_!r}", self.contract, slot, word)
                for code in CODES:
                    if info.token == self.address(code):
                        self.watch_spent(code, info.payer, id_)

    def moments(self) -> list[int]:
        """The tolled deadlines of what is open."""
        tolled = self.ledger.tolled
        return [
            tolled(deadline, each.info.token, each.paused_before)
            for each in self._open()
            for deadline in (each.info.capture_by, each.info.refund_by)
        ]

    def held(self, words: Mapping[str, int]) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        by_address = {self.address(code): code for code in CODES}
        for id_, info in self.terms.items():
            if info.token in by_address:
                found[by_address[info.token], info.payer] += words.get(f"payment {id_!r}", 0) & HALF
        return found

    # Helpers

    def _open(self) -> list[Payment]:
        return [each for each in self.ledger.payments.values() if each.word]

    def _id(self, info: Info) -> bytes:
        id_ = info.digest(self.contract)
        if id_ not in self.terms:
            self.terms[id_] = info
            self.words = self.read_words()
        return id_

    def _code(self, info: Info) -> str:
        return next((code for code in CODES if info.token == self.address(code)), CODES[0])

    def _pick(self, index: int, wanted: Any = None) -> Info | None:
        """The terms of an open payment, of one that has what is wanted, or of any."""
        known = list(self.ledger.payments.values())
        chosen = [each for each in self._open() if wanted is None or wanted(each)] or known
        return chosen[index % len(chosen)].info if chosen else None

    def _capturable(self, payment: Payment) -> bool:
        """Held, and not too late."""
        self.model.now = self.chain.now()
        info = payment.info
        late = self.ledger.has_passed(info.capture_by, info.token, payment.paused_before)
        return payment.held > 0 and not late

    def _value(self, part: Any, available: int) -> int:
        sizes = {"all": available, "half": available // 2, "some": 333, "above": available + 1}
        return min(sizes.get(part, 0), HALF)

    def _payment(self, info: Info) -> Payment | None:
        return self.ledger.payments.get(self._id(info))

    # Verbs

    def _authorize(self, info: Info, signer: Any, signed: Info | None = None) -> bool:
        """`signed`: the terms that were signed, when they are others."""
        payment = (signed or info).payment(self.contract)
        code, id_ = self._code(info), self._id(info)
        signature = self.signed(code, payment, signer)
        proven = signer.address if signed is None else None
        return self.to_use(
            "authorize",
            HOSTILE.address,
            "authorize",
            (info.values(), signature),
            "authorize",
            *(id_, info, proven),
        )

    def _capture(self, by: str, info: Info, value: int) -> bool:
        payment = self._payment(info)
        whole = payment is not None and value == payment.held
        tolled = self.chain.now() > info.capture_by
        waits = not self.model.can_receive(info.token, info.payee)
        values = (info.values(), value)
        went = self.to_use(
            "capture", by, "capture", values, "capture", by, self._id(info), info, value
        )
        if went:
            kinds = (("of all", whole), ("after a pause", tolled), ("for a credit", waits))
            for kind, is_so in kinds:
                self.done[f"capture {kind}"] += is_so
        return went

    def _release(self, by: str, info: Info) -> bool:
        action = "release by the payer" if by == info.payer else "release"
        values = (info.values(),)
        return self.to_use(action, by, "release", values, "release", by, self._id(info), info)

    def _refund(self, by: str, info: Info, value: int) -> bool:
        waits = not self.model.can_receive(info.token, info.payer)
        action, values = "refund for a credit" if waits else "refund", (info.values(), value)
        return self.to_use(action, by, "refund", values, "refund", by, self._id(info), info, value)

    def _comply(self, by: str, info: Info, to: str, ref: bytes) -> bool:
        values = (by, self._id(info), info, to, ref)
        arguments = (info.values(), to, ref)
        return self.to_use(
            "complianceRelease", by, "complianceRelease", arguments, "compliance_release", *values
        )

    def _new(self, code: str, payer: str, payee: str, **changes: Any) -> Info:
        self.orders += 1
        now, order = self.chain.now(), keccak(text=f"order {self.orders}")
        until = (now + DAY, now + 7 * DAY, now + 30 * DAY)
        terms = (OPERATOR, payer, payee, self.address(code), 10_001, *until, 150, FEE, order)
        return replace(Info(*terms), **changes)

    # Rules

    @rule(
        code=codes,
        payer=chance((PAYER, PAYER, OTHER_PAYER, SHOP)),
        payee=chance((SHOP, SHOP, SELLER, PAYER, "odd", "odd", "use")),
        operator=chance((OPERATOR, OPERATOR, SHOP, PAYER)),
        size=chance((1, 777, 10_001, 10**9)),
        fee=chance(((0, ZERO), (150, FEE), (1, FEE), (10_000, FEE), (3_333, SHOP), (99, PAYER))),
        until=times,
        fault=chance((None,) * 12 + FAULTS),
        index=st.integers(0, 20),
        right=usually,
    )
    def authorize(self, code, payer, payee, operator, size, fee, until, fault, index, right):
        if payee == "odd":
            payee = self._odd_payees()[index % 2]
        elif payee == "use":
            payee = self.suite.uses.envelopes.address
        now, signer = self.chain.now(), PAYERS[payer]
        if right:
            self.set_right(code, payer)
        dates = (now + until[0], now + until[0] + until[1], now + sum(until))
        info = self._new(
            code,
            payer,
            payee,
            operator=operator,
            max=size,
            fee_bps=fee[0],
            fee_to=fee[1],
            **dict(zip(("auth_by", "capture_by", "refund_by"), dates, strict=True)),
        )
        if fault is None and index > 17:
            fault = "void"
        if fault == "signer":
            self._authorize(info, HOSTILE)
        elif fault == "other terms":
            self._authorize(replace(info, fee_bps=10_000, fee_to=HOSTILE.address), signer, info)
        elif fault == "late":
            self._authorize(replace(info, auth_by=now - 1), signer)
        elif fault == "too much":
            balance = self.token(code).accounts[payer].balance
            self._authorize(replace(info, max=balance + 1), signer)
        elif fault == "held":
            self.hold(code, self.people.index(payer), 10**14, held=True)
            self._authorize(info, signer)
        elif fault == "terms":
            changes = BAD_TERMS[index % len(BAD_TERMS)]
            itself = changes == {"payee": "itself"}
            changes = {"payee": self.contract.address} if itself else changes
            self._authorize(replace(info, **changes), signer)
        elif fault == "foreign":
            self._authorize(replace(info, token=self.market.rate.address), signer)
        elif fault == "void":
            self.cancel_payment(code, signer, self._id(info))
            self._authorize(info, signer)
        elif fault == "again":
            # What a stranger made up in its own favour, nobody ever signs.
            known = [each for each in self.terms.values() if each.fee_to != HOSTILE.address]
            again = known[index % len(known)] if known else info
            self._authorize(again, PAYERS.get(again.payer, signer))
        else:
            payment = info.payment(self.contract)
            if fault is None and index < 2:
                self.steal(code, payment, self.signed(code, payment, signer))
            self._authorize(info, signer)

    @rule(
        index=st.integers(0, 20),
        part=parts,
        by=chance((OPERATOR, OPERATOR, None, None, HOSTILE.address)),
        right=usually,
    )
    def capture(self, index, part, by, right):
        info = self._pick(index, self._capturable)
        if info is None:
            return
        if right:
            self.set_right(self._code(info), info.payer)
        payment = self._payment(info)
        self._capture(by or info.operator, info, self._value(part, payment.held))

    @rule(
        index=st.integers(0, 20),
        by=chance(("operator", "operator", "payee", "payee", "payer", "stranger")),
        late=usually,
        right=usually,
    )
    def release(self, index, by, late, right):
        info = self._pick(index, lambda each: each.held)
        if info is None:
            return
        if right:
            self.set_right(self._code(info), info.payer)
        caller = HOSTILE.address if by == "stranger" else getattr(info, by)
        # A contract calls nobody.
        caller = caller if caller in self.people else info.operator
        if by == "payer" and late:
            self._wait(info.capture_by, info, after=1)
        self._release(caller, info)

    def _wait(self, deadline: int, info: Info, after: int) -> None:
        """Until the tolled deadline, or the second after it."""
        self.model.now = self.chain.now()
        payment = self._payment(info)
        moment = self.ledger.tolled(deadline, info.token, payment.paused_before) + after
        self.pass_time(max(moment - self.chain.now(), 0))

    @rule(
        index=st.integers(0, 20),
        part=parts,
        by=chance((SHOP, SHOP, OTHER_PAYER, HOSTILE.address, SELLER)),
        barred=seldom,
        allowed=usually,
        right=usually,
    )
    def refund(self, index, part, by, barred, allowed, right):
        info = self._pick(index, lambda each: each.refundable)
        if info is None:
            return
        code = self._code(info)
        if right:
            self.set_right(code, info.payer, by)
        if allowed and self.token(code).allowance(by, self.contract.address) < info.max:
            values = (self.contract.address, info.max)
            self.to_token("allow", code, by, "approve", values, "approve", by, *values)
        if barred:
            self.mark_accounts("blacklist", code, [info.payer])
        self._refund(by, info, self._value(part, self._payment(info).refundable))

    @rule(
        index=st.integers(0, 20),
        by=chance((EXECUTOR, EXECUTOR, EXECUTOR, HOSTILE.address, GOVERNOR, OPERATOR)),
        ref=chance((REF, REF, REF, NO_REF)),
        barred=usually,
    )
    def comply(self, index, by, ref, barred):
        """By order, from a payer who may not send."""
        info = self._pick(index, lambda each: each.held)
        if info is None:
            return
        code = self._code(info)
        if barred:
            self.set_right(code, CUSTODIAN.address)
            self.mark_accounts("freeze", code, [info.payer])
        self._comply(by, info, CUSTODIAN.address, ref)

    @rule(code=codes, mishap=chance(MISHAPS), fee=chance((0, 99, 10_000)), seconds=chance((1, DAY)))
    def serve(self, code, mishap, fee, seconds):
        """A payment with a mishap in its middle, which is undone before the end."""
        self.set_right(code, PAYER, SHOP)
        info = self._new(code, PAYER, SHOP, fee_bps=fee)
        if not self._authorize(info, PAYERS[PAYER]):
            return
        self._capture(OPERATOR, info, 1_000)
        self._happen(mishap, code, info, seconds)
        self._capture(OPERATOR, info, 1_000)
        self._refund(SELLER, info, 10)
        self._refund(SHOP, info, 10)
        self.set_right(code, PAYER, SHOP)
        self._capture(OPERATOR, info, 500)
        self._refund(SHOP, info, 77)
        self._wait(info.capture_by, info, after=0)
        self._release(PAYER, info)
        self.pass_time(1)
        self._release(PAYER, info)
        self._wait(info.refund_by, info, after=seconds - 1)
        self._refund(SHOP, info, 1)
        if self.ledger.credits[info.token, SHOP]:
            values = (info.token,)
            self.to_use("withdraw", SHOP, "withdraw", values, "withdraw", SHOP, *values)

    def _happen(self, mishap: str, code: str, info: Info, seconds: int) -> None:
        """Pauses, bars, orders, the end of a deadline, or of what is held."""
        place = CUSTODIAN.address
        if mishap == "paused":
            self.pause_some(code, 1)
            self._capture(OPERATOR, info, 1)
            self._wait(info.capture_by, info, after=0)
            self.pass_time(seconds)
            self._release(PAYER, info)
        elif mishap == "too late":
            self._wait(info.capture_by, info, after=1)
        elif mishap == "unknown payer":
            self.mark_accounts("unverify", code, [PAYER])
            self.list_mode(code, on=True)
        elif mishap == "retired":
            self.retire(code, close=True, back=False)
            self._authorize(self._new(code, PAYER, SHOP), PAYERS[PAYER])
        elif mishap == "given back":
            self._release(SHOP if seconds == 1 else OPERATOR, info)
        elif mishap == "all captured":
            self._capture(OPERATOR, info, self._payment(info).held)
        elif mishap == "ordered":
            self._comply(EXECUTOR, info, place, REF)
            self.mark_accounts("freeze", code, [PAYER])
            self.set_right(code, place)
            self._comply(HOSTILE.address, info, place, REF)
            self._comply(EXECUTOR, info, place, NO_REF)
            self._comply(EXECUTOR, info, self.contract.address, REF)
            self._comply(EXECUTOR, info, place, REF)
        else:
            who, verb = mishap.split()
            verb = {"frozen": "freeze", "blacklisted": "blacklist"}[verb]
            self.mark_accounts(verb, code, [PAYER if who == "payer" else SHOP])
            self._authorize(self._new(code, PAYER, SHOP), PAYERS[PAYER])
            if who == "payee" and seconds == 1:
                self._capture(OPERATOR, info, 1_111)
                self.set_right(code, place)
                values = (info.token, SHOP, place, REF)
                by = EXECUTOR
                function = "releaseCredit"
                self.to_use(function, by, function, values, "release_credit", by, *values)

    @rule(index=st.integers(0, 20), who=whoever)
    def meddle(self, index, who):
        """A stranger tries every verb on a payment, in its own favour where there is one."""
        info = self._pick(index)
        if info is None:
            return
        by = HOSTILE.address
        mine = replace(info, payee=by, operator=by, fee_bps=10_000, fee_to=by)
        went = [
            self._capture(by, info, 1),
            self._capture(by, mine, 1),
            self._release(by, info),
            self._release(by, mine),
            self._comply(by, info, by, REF),
            self._refund(by, mine, 1),
            self._authorize(replace(mine, order=REF), PAYERS.get(info.payer, key(31)), info),
        ]
        assert not any(went)
        self.passed("hostile calls")

    @rule(index=st.integers(0, 20), verb=chance(("freeze", "blacklist")))
    def vise(self, index, verb):
        """S3: of a barred payer nobody can get anything out, whatever is tried."""
        info = self._pick(index, lambda each: each.held)
        if info is None or info.payer not in self.people:
            return
        code = self._code(info)
        self.set_right(code, *self.people)
        self.mark_accounts(verb, code, [info.payer])
        token, contract = self.suite.pegs[code].token, self.contract
        owned = self.balance_of(self.words, code, info.payer)
        for by in self.people:
            with self.aside():
                assert self.attempt(contract, by, "capture", info.values(), 1) != ""
                assert self.attempt(contract, by, "release", info.values()) != ""
                if by == info.payer:
                    assert self.attempt(token, by, "transfer(address,uint256)", FEE, 1) != ""
                    self.attempt(contract, by, "withdraw", info.token)
                held = contract.call("paymentOf", info.digest(contract))[0]
                assert held == self._payment(info).held
                assert token.call("balanceOf", info.payer) >= owned
        self.passed("vise")

    @rule()
    def look(self):
        """The views say what the model says."""
        self.model.now = self.chain.now()
        for id_, info in list(self.terms.items())[-5:]:
            payment = self.ledger.payments.get(id_)
            shown = (0, 0, 0)
            if payment and payment.word:
                shown = (payment.held, payment.refundable, payment.paused_before)
            assert self.contract.call("paymentOf", id_) == shown
            assert self.contract.call("idOf", info.values()) == "0x" + id_.hex()
        for (token, account), value in self.ledger.credits.items():
            assert self.contract.call("creditOf", token, account) == value
        self.passed("look")

    # Invariants

    @invariant()
    def c1_the_balance_is_held_or_credited(self):
        by_code = {self.address(code): code for code in CODES}
        held: Counter[str] = Counter()
        for each in self._open():
            held[each.info.token] += each.held
        for token, code in by_code.items():
            balance = self.balance_of(self.words, code, self.contract.address)
            given = self.gifts()[token, self.contract.address]
            assert balance == held[token] + self.ledger.credited(token) + given

    @invariant()
    def c2_to_c5_totals_of_each_payment(self):
        for step in self.unseen("C2"):
            for event, told in step.events:
                if event == "Authorized":
                    self.opened[told["id"]] += 1
                    assert self.opened[told["id"]] == 1
                elif event in {"Captured", "Refunded", "Released", "ComplianceReleased"}:
                    self._tally(event, told["id"])[told["id"]] += told["value"]
        for id_, info in self.terms.items():
            name, word = "0x" + id_.hex(), self.words[f"payment {id_!r}"]
            captured, refunded = self.captured[name], self.refunded[name]
            assert refunded <= captured <= info.max
            if self.opened[name]:
                rest = info.max - captured - self.released[name]
                assert (word & HALF, word >> 104 & HALF) == (rest, captured - refunded)
            else:
                assert word == captured == 0

    def _tally(self, event: str, id_: str) -> Counter[str]:
        assert self.opened[id_] == 1
        tallies = {"Captured": self.captured, "Refunded": self.refunded}
        return tallies.get(event, self.released)

    @invariant()
    def c3_c5_c6_who_gets_how_much(self):
        for step in self.unseen("C3"):
            for event, told in step.events:
                if event not in {"Captured", "Refunded", "Released"}:
                    continue
                info, value = self.terms[bytes.fromhex(told["id"][2:])], told["value"]
                code = self._code(info)
                expected: Counter[str] = Counter()
                if event == "Captured":
                    fee = value * info.fee_bps // 10_000
                    assert told["fee"] == fee
                    assert not self.is_barred(step.before, code, info.payer)
                    expected.update({info.payee: value - fee})
                    expected.update({info.fee_to: fee})
                    expected.subtract({info.payer: value})
                elif event == "Refunded":
                    expected.update({info.payer: value})
                    expected.subtract({step.sender: value})
                self._check_wealth(step, code, expected)

    def _check_wealth(self, step: Any, code: str, expected: Mapping[str, int]) -> None:
        """What people have, hold and are credited changes by exactly this."""
        before, after = (self.held(w) + self.credits_of(w) for w in (step.before, step.after))
        for each in self.people:
            had = self.balance_of(step.before, code, each) + before[code, each]
            has = self.balance_of(step.after, code, each) + after[code, each]
            assert has - had == expected.get(each, 0), f"{step.function}: {each}"

    @invariant()
    def c7_nobody_else_receives(self):
        place = self.contract.address
        for step in self.unseen("C7"):
            if step.contract != place or step.refused:
                continue
            allowed, function = self._entitled(step), step.function
            for _, sender, receiver, _ in step.transfers:
                assert sender != place or receiver == allowed
                assert sender == place or function in {"authorize", "refund"}

    def _entitled(self, step: Any) -> str | None:
        """Who may receive by this call."""
        arguments = step.arguments
        if step.function in {"capture", "release"}:
            return str(arguments[0][2 if step.function == "capture" else 1])
        places = {"complianceRelease": 1, "releaseCredit": 2}
        if step.function in places:
            return str(arguments[places[step.function]])
        return step.sender if step.function == "withdraw" else None


def test_checkout(record_property):
    """Holds for every sequence that hypothesis tries, and every action was among them."""
    run_state_machine_as_test(CheckoutMachine, settings=few_sequences())
    tell(CheckoutMachine, record_property, ACTIONS, REFUSALS)
