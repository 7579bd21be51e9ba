"""Redeeming, stepped beside its model.

Given two currencies of different places, holders known, barred or unverified, and every pause
    when tokens are surrendered, requests go their ways, days are closed and opened, and fees change
        each step succeeds, or is refused with the very error that the model names
        S1  every word of tokens, register, calendars, terms and requests is the model's
        S2  a refused call has changed nothing
        D4  the desk's balance is the sum of its open requests, of each token
        D6  the supply falls from Paying to Paid only, by exactly one request's amount
        D7  a holder who is not barred takes back what is not blocked, and nobody else anything
        D8  a payout is late when and only when it comes after the due date
        R1  a due date is never before the one that was fixed or consented to, and moves later by a
            closed day or by consent only; nothing but time makes a request overdue, for ever
        R2  a fee is fixed by the request, and within the cap
        R3  the supply is what it was at first less what was paid
        R4  whatever the state, whoever is not barred gets the tokens back when the block is over
        R5  feeds, and pauses but the one of redemption, change no outcome
        R6  what the bank is told to pay is burned, or taken back after the block, and nothing else
"""

from __future__ import annotations

from typing import Any

from eth_utils import keccak
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from tests.support.desk_machine import (
    CODES,
    MARKS,
    STRANGER,
    AnyTime,
    DeskMachine,
    chance,
    codes,
    seldom,
    usually,
)
from tests.support.desk_model import (
    NO_REF,
    PAYING,
    REQUESTED,
    UNKNOWN,
    VALID,
)
from tests.support.model import (
    BLACKLISTED,
    DAY,
    FROZEN,
    MAX_VALUE,
    REDEEM,
    TRANSFERS,
    VERIFIED,
    ZERO,
    Refused,
)
from tests.support.stateful import member, report, require_all, sequences
from tests.support.world import REF, desks, key

KNOWN, OTHER, UNBOUND, SUSPECT = (key(20 + i).address for i in range(4))
HOLDERS = (KNOWN, OTHER, UNBOUND, SUSPECT)
MINTER, TELLER, SETTLER = member("MINTER"), member("TELLER"), member("SETTLER")
GOVERNOR, DEFERRER, SEIZER = member("GOVERNOR"), member("DEFERRER"), member("SEIZER")
CLERK = member("CLERK")
GENESIS = 100_000
#: Days of due diligence: no run leaps further.
DILIGENCE = 40
PLACES = {"HKD": "HK", "USD": "US"}
DAY_BITS, MOMENT, BARRED = 2**24 - 1, 2**40 - 1, (BLACKLISTED | FROZEN) << 248
NEXT = {REQUESTED: "validate", VALID: "instruct", PAYING: "settle"}
#: Verbs that must go on whatever the feeds are, and while transfers are paused.
MOVES = ("surrender", "validate", "instruct", "settle", "takeBack", "giveBack")
CONTEXTS = ("with a dead feed", "while transfers are paused", "in allow-list mode")
#: What moves a due date.
MOVERS = {"validate", "extend", "addHolidays", "removeHolidays", "declareClosed"}

ACTIONS = (
    *MOVES,
    *(f"{verb} {context}" for verb in MOVES for context in CONTEXTS),
    "surrender by an unverified holder",
    "instruct again",
    "settle in time",
    "settle late",
    "settle with a fee",
    "settle while redemption is paused",
    "takeBack of what was Paying",
    "takeBack while redemption is paused",
    "takeBack on the first day",
    "reject",
    "recordDelay",
    "recordDelay that renews a block",
    "extend",
    "release",
    "release of a barred holder's",
    "addHolidays",
    "addHolidays that moves a date",
    "removeHolidays",
    "removeHolidays that moves a date",
    "declareClosed",
    "declareClosed that moves a date",
    "raiseFee",
    "lowerFee",
    "transfer",
    "hold",
    "unhold",
    *MARKS,
    "enterAllowListMode",
    "leaveAllowListMode",
    *(f"pause {bits}" for bits in (1, 6, 7, 8, 15)),
    "resume",
    "post",
    "reportBreak",
    "clearBreak",
    "bind",
    "unbind",
    "renew",
    "setPayout",
    "rescue",
    "rescue of a barred holder",
    "indifference",
    "look",
    "warp",
    "warp to an edge",
)
REFUSALS = (
    "AccessManagedUnauthorized",
    "BankReferenceMismatch",
    "BlacklistedAccount",
    "CalendarUnknown",
    "DayOutOfRange",
    "DueDateNotLater",
    "DueDatePassed",
    "DueDateTooLate",
    "DueDiligenceExpired",
    "ERC20InsufficientBalance",
    "ERC20InvalidReceiver",
    "ERC7943InsufficientUnfrozenBalance",
    "FeeAboveCap",
    "FeeNotLowered",
    "FrozenAccount",
    "HolderBarred",
    "NotHolder",
    "NotRedemptionDesk",
    "NothingToSurrender",
    "Paused",
    "PayoutPending",
    "ReferenceRequired",
    "TokenNotListed",
    "UnverifiedAccount",
    "WalletUnknown",
    "WrongStatus",
)

holders = chance(HOLDERS)
tellers = chance((TELLER, TELLER, SETTLER))
clerks = chance((CLERK, CLERK, TELLER))
indexes = st.integers(0, 30)
amounts = st.one_of(
    st.integers(1, 3_000), chance(("all", "half", "too much", "above what is held", 0))
)


class RedemptionMachine(AnyTime, DeskMachine):
    """Everything that can happen to a request."""

    people = HOLDERS
    heard = ("RedemptionDesk",)

    # Preparation

    def prepare(self) -> None:
        """Everybody has tokens; the feeds will grow old; three of four are known."""
        for code in CODES:
            self.post_statement(code, 10**9, count=False)
            for holder in HOLDERS:
                arguments, values = (holder, GENESIS, REF), (MINTER, holder, GENESIS)
                self.to_token("mint", code, MINTER, "mint", arguments, "mint", *values, count=False)
        for holder in (KNOWN, OTHER, SUSPECT):
            self.bind_wallet(holder, days=DILIGENCE, count=False)
            self.to_register("setPayout", holder, keccak(text=holder), count=False)
        self.pass_time(desks().cooling)

    def _start(self) -> None:
        super()._start()
        self.payouts = 0
        self.paid = dict.fromkeys(CODES, 0)

    def watch(self) -> None:
        self.watch_customers()
        self.watch_redeeming()

    def grow(self) -> None:
        self.watch_requests()
        self.watch_calendars()

    @property
    def desk(self) -> Any:
        """The model of the desk."""
        return self.model.redeeming

    def moments(self) -> list[int]:
        """Due dates, ends of blocks, new fees, and wallets that become ready or overdue."""
        self.model.now = self.chain.now()
        register, found = self.model.register, []
        for number_, request in self.desk.requests.items():
            calendar = self.desk.calendar(request.token.address)
            blocked = self.desk.blocked_until(request)
            found += [self.desk.due_at(number_), calendar.end_of(blocked)]
            found.append(calendar.end_of(self.desk.today(request)))
        for customer in register.customers.values():
            found += [customer.bound_at + register.cooling - 1, customer.until]
            found.append(customer.payout_at + register.cooling - 1)
        return found + [terms.next_from - 1 for terms in self.desk.terms.values()]

    # Helpers

    def _amount(self, code: str, holder: str, amount: int | str) -> int:
        account = self.token(code).accounts[holder]
        words = {
            "all": account.spendable,
            "half": account.spendable // 2,
            "too much": account.balance + 1,
            "above what is held": account.spendable + 1,
        }
        return words[amount] if isinstance(amount, str) else amount

    def _code_of(self, number_: int) -> str:
        request = self.desk.requests.get(number_)
        return self.model.codes[request.token.address] if request else CODES[0]

    def _pick(self, index: int, *statuses: int) -> int:
        """An open request in one of these statuses, if there is any."""
        requests = self.desk.requests
        fitting = [n for n, r in requests.items() if r.status in statuses] or list(requests)
        return fitting[index % len(fitting)] if fitting else index

    def _note(self, verb: str, code: str, *more: str) -> None:
        """Counts under which circumstances a verb succeeded."""
        token = self.token(code)
        seen = (self.is_unusable(code), token.pauses & TRANSFERS, token.allow_list)
        for context, holds in zip(CONTEXTS, seen, strict=True):
            if holds:
                self.done[f"{verb} {context}"] += 1
        for label in more:
            self.done[label] += 1

    def _surrender(self, code: str, holder: str, value: int) -> bool:
        token = self.token(code)
        unverified = token.allow_list and not token.accounts[holder].has(VERIFIED)
        if not self.surrender(code, holder, value):
            return False
        self._note("surrender", code, *["surrender by an unverified holder"] * unverified)
        return True

    def _validate(self, number_: int, by: str = TELLER) -> bool:
        went = self.to_redemption("validate", by, "validate", number_)
        if went:
            self._note("validate", self._code_of(number_))
        return went

    def _instruct(self, number_: int, ref: bytes | None = None, by: str = TELLER) -> bool:
        request = self.desk.requests.get(number_)
        if ref is None:
            self.payouts += 1
            ref = keccak(text=f"payout {self.payouts}")
        again = request is not None and request.paying_day != 0
        if not self.to_redemption("instruct", by, "instruct", number_, ref):
            return False
        self._note("instruct", self._code_of(number_), *["instruct again"] * again)
        return True

    def _payout(self, number_: int) -> bytes:
        """The last bank reference that was to pay a request."""
        refs = [ref for ref, paid in self.desk.paid_by.items() if paid == number_]
        return refs[-1] if refs else keccak(text="no payout")

    def _settle(self, number_: int, ref: bytes | None = None, by: str = SETTLER) -> bool:
        self.model.now = self.chain.now()
        code, request = self._code_of(number_), self.desk.requests.get(number_)
        late = "settle late" if self.desk.is_overdue(number_) else "settle in time"
        paused = self.token(code).pauses & REDEEM
        labels = {
            late: True,
            "settle with a fee": request and request.fee,
            "settle while redemption is paused": paused,
        }
        ref = self._payout(number_) if ref is None else ref
        went = self.to_redemption("settle", by, "settle", number_, ref)
        if went:
            self._note("settle", code, *(label for label, holds in labels.items() if holds))
        return went

    def _take_back(self, number_: int, by: str | None = None) -> bool:
        code, request = self._code_of(number_), self.desk.requests.get(number_)
        paying = request is not None and request.status == PAYING
        paused = self.token(code).pauses & REDEEM
        edge = False
        if request:
            calendar = self.desk.calendar(request.token.address)
            edge = calendar.day_of(self.chain.now()) == self.desk.blocked_until(request) + 1
        by = by or (request.holder if request else STRANGER)
        went = self.to_redemption("takeBack", by, "takeBack", number_, verb="take_back")
        if went:
            labels = {
                "takeBack of what was Paying": paying,
                "takeBack while redemption is paused": paused,
                "takeBack on the first day": edge,
            }
            self._note("takeBack", code, *(label for label, holds in labels.items() if holds))
        return went

    def _give_back(self, number_: int, reason: bytes = REF, by: str = TELLER) -> None:
        code, arguments = self._code_of(number_), (number_, reason)
        if self.to_redemption("giveBack", by, "giveBack", *arguments, verb="give_back"):
            self._note("giveBack", code)

    def _move_on(self, number_: int) -> bool:
        """The next verb of a request."""
        status = self.desk.status(number_)
        return bool(status in NEXT and getattr(self, f"_{NEXT[status]}")(number_))

    def _set_right(self, code: str, holder: str) -> None:
        """Undoes whatever would refuse a request of this holder."""
        token, register = self.token(code), self.model.register
        if token.pauses & REDEEM:
            self.resume_all(code, REDEEM)
        for flag, verb in ((BLACKLISTED, "unblacklist"), (FROZEN, "unfreeze")):
            if token.accounts[holder].has(flag):
                self.mark_accounts(verb, code, [holder])
        standing, now = register.standing(holder), self.chain.now()
        if standing == UNKNOWN:
            self.bind_wallet(holder, days=DILIGENCE)
        elif register.customers[holder].until < now + 2 * DAY:
            self.to_register("renew", holder, now + DILIGENCE * DAY)
        customer = register.customers[holder]
        if customer.payout == NO_REF:
            self.to_register("setPayout", holder, keccak(text=holder))
        if max(customer.bound_at, customer.payout_at) + register.cooling > now:
            self.pass_time(register.cooling)

    # Requests

    @rule(code=codes, holder=holders, amount=amounts)
    def surrender_some(self, code, holder, amount):
        self._surrender(code, holder, self._amount(code, holder, amount))

    @rule(code=codes, holder=holders, wrong=chance(("desk", "own account")))
    def surrender_elsewhere(self, code, holder, wrong):
        """Only a desk that was appointed takes tokens, and by `surrender` only."""
        desk = self.suite.desks.redemption.address
        if wrong == "desk":
            self.move(code, holder, desk, 1)
            return
        verb = self.token(code).surrender
        token, arguments = self.suite.pegs[code].token, (holder, 1, REF)
        self.do("surrender", token, holder, "surrender", arguments, lambda: verb(holder, holder, 1))

    @rule(index=indexes)
    def move_on(self, index):
        self._move_on(self._pick(index, REQUESTED, VALID, PAYING))

    @rule(
        code=codes,
        holder=holders,
        amount=st.integers(1, 3_000),
        waits=st.lists(chance((0, 0, 3_600, DAY, 3 * DAY)), min_size=3, max_size=3),
        right=usually,
    )
    def pay_out(self, code, holder, amount, waits, right):
        """From the request to the payout, with pauses in between."""
        if right:
            self._set_right(code, holder)
        if self._surrender(code, holder, amount):
            number_ = self.desk.count
            for wait in waits:
                self.pass_time(wait)
                self._move_on(number_)

    @rule(
        verb=chance(("validate", "instruct", "settle")),
        index=indexes,
        fault=chance(("status", "number", "reference", "no reference", "role")),
    )
    def go_wrong(self, verb, index, fault):
        """A verb at the wrong time, of the wrong request, or with the wrong reference."""
        status = {"validate": REQUESTED, "instruct": VALID, "settle": PAYING}[verb]
        number_ = self._pick(index, status)
        if fault == "status":
            number_ = self._pick(index, *({REQUESTED, VALID, PAYING} - {status}))
        elif fault == "number":
            number_ = index % (self.desk.count + 2)
        by = {"by": STRANGER} if fault == "role" else {}
        refs = list(self.desk.paid_by)
        if verb == "validate":
            self._validate(number_, **by)
            return
        ref = None
        if fault == "reference":
            ref = refs[index % len(refs)] if refs else keccak(text="no payout")
        elif fault == "no reference":
            ref = NO_REF
        getattr(self, f"_{verb}")(number_, ref, **by)

    @rule(
        code=codes,
        holder=holders,
        stage=st.integers(0, 3),
        last=chance(("settle", "takeBack", "giveBack")),
        listed=st.booleans(),
    )
    def weather_a_storm(self, code, holder, stage, last, listed):
        """Nothing is paid any more, reserves are disputed, and redemption goes on."""
        self._set_right(code, holder)
        self.pause_some(code, 7)
        self.dispute_feed(code, report=True)
        if listed:
            self.list_mode(code, on=True)
        if self._surrender(code, holder, 500):
            number_ = self.desk.count
            for _ in range(stage if last != "giveBack" else min(stage, 1)):
                self._move_on(number_)
            if last == "takeBack":
                self._take_back(number_)
            elif last == "giveBack":
                self._give_back(number_)
        self.resume_all(code)

    @rule(code=codes, holder=holders, last=chance(("settle", "takeBack")), told=st.booleans())
    def stop_redeeming(self, code, holder, last, told):
        """Redemption is paused when the bank has paid, or before it is told."""
        self._set_right(code, holder)
        if not (self._surrender(code, holder, 800) and self._validate(self.desk.count)):
            return
        number_ = self.desk.count
        if told:
            self._instruct(number_)
        self.pause_some(code, REDEEM)
        self._instruct(number_)
        if last == "settle":
            self._settle(number_)
        else:
            self._take_back(number_)

    @rule(code=codes, holder=holders)
    def surrender_what_is_held(self, code, holder):
        """All but what is held, and not one unit more."""
        self._set_right(code, holder)
        held = (holder, (self._amount(code, holder, "all") + 1) // 2)
        freezer, releaser = member("FREEZER"), member("RELEASER")
        self.to_token("hold", code, freezer, "hold", (*held, REF), "hold", *held)
        for amount in ("above what is held", "all"):
            self._surrender(code, holder, self._amount(code, holder, amount))
        self.to_token("unhold", code, releaser, "release", (*held, REF), "release", *held)

    @rule(code=codes, holder=holders, after=st.integers(0, 1))
    def change_bank(self, code, holder, after):
        """A new payout account is not used before its cooling is over, to the second."""
        self._set_right(code, holder)
        if self._surrender(code, holder, 200):
            self.to_register("setPayout", holder, NO_REF)
            self._validate(self.desk.count)
            self.to_register("setPayout", holder, keccak(text=f"bank at {self.chain.now()}"))
            self._validate(self.desk.count)
            self.pass_time(desks().cooling - 1 + after)
            self._validate(self.desk.count)

    @rule(code=codes, holder=holders, wait=chance((0, DAY)), back=st.booleans())
    def pay_out_again(self, code, holder, wait, back):
        """The bank rejects a payout, and is told again, or the tokens go back."""
        self._set_right(code, holder)
        if not self._surrender(code, holder, 400):
            return
        number_ = self.desk.count
        if self._validate(number_) and self._instruct(number_):
            self.to_redemption("reject", SETTLER, "reject", number_, REF)
            self.pass_time(wait)
            if back:
                self._give_back(number_)
            elif self._instruct(number_):
                self._settle(number_)

    @rule(index=indexes, by=chance((None, None, None, None, *HOLDERS, TELLER)))
    def take_back(self, index, by):
        self._take_back(self._pick(index, REQUESTED, VALID, PAYING), by)

    @rule(code=codes, holder=holders, rejected=st.booleans(), barred=seldom)
    def take_back_what_is_blocked(self, code, holder, rejected, barred):
        """Refused in the last second of the block, and done in the next."""
        self._set_right(code, holder)
        if not self._surrender(code, holder, 700):
            return
        number_ = self.desk.count
        if not (self._validate(number_) and self._instruct(number_)):
            return
        if rejected:
            self.to_redemption("reject", SETTLER, "reject", number_, REF)
        if barred:
            self.mark_accounts("freeze", code, [holder])
        request = self.desk.requests[number_]
        blocked = self.desk.blocked_until(request)
        end = self.desk.calendar(request.token.address).end_of(blocked)
        self.pass_time(end - self.chain.now())
        self._take_back(number_)
        self.pass_time(1)
        self._take_back(number_)

    @rule(
        index=indexes, reason=chance((REF, REF, REF, NO_REF)), by=chance((TELLER, TELLER, SETTLER))
    )
    def give_back(self, index, reason, by):
        self._give_back(self._pick(index, REQUESTED, VALID, PAYING), reason, by)

    @rule(index=indexes, reason=chance((REF, REF, REF, NO_REF)), again=usually)
    def reject(self, index, reason, again):
        """The bank did not pay; most often it is told again."""
        number_ = self._pick(index, PAYING)
        if self.to_redemption("reject", SETTLER, "reject", number_, reason) and again:
            self._instruct(number_)

    @rule(index=indexes, reason=chance((REF, REF, NO_REF)))
    def record_delay(self, index, reason):
        self._record_delay(
            index if index > 25 else self._pick(index, REQUESTED, VALID, PAYING), reason
        )

    def _record_delay(self, number_: int, reason: bytes = REF) -> None:
        request, verb = self.desk.requests.get(number_), "record_delay"
        day = request.paying_day if request else 0
        went = self.to_redemption("recordDelay", TELLER, "recordDelay", number_, reason, verb=verb)
        if went and request.paying_day != day:
            self.done["recordDelay that renews a block"] += 1

    @rule(
        code=codes,
        holder=holders,
        wait=chance((0, DAY, 2 * DAY)),
        paid=st.booleans(),
        verb=chance(("freeze", "blacklist")),
    )
    def bar_while_the_bank_pays(self, code, holder, wait, paid, verb):
        """The holder is barred, so that nobody can settle; and the block does not run out."""
        self._set_right(code, holder)
        if not (self._surrender(code, holder, 600) and self._validate(self.desk.count)):
            return
        number_ = self.desk.count
        if self._instruct(number_):
            self.mark_accounts(verb, code, [holder])
            self._settle(number_)
            self.pass_time(wait)
            self._record_delay(number_)
            self.mark_accounts(f"un{verb}", code, [holder])
            self._take_back(number_)
            if paid:
                self._settle(number_)

    @rule(
        index=indexes,
        days=chance((-1, 0, 1, 1, 3, 10, 400)),
        consent=chance((REF, REF, REF, NO_REF)),
        ahead=usually,
    )
    def extend(self, index, days, consent, ahead):
        """So many days after the due date in force, most often before it has passed."""
        self.model.now = self.chain.now()
        number_ = self._pick(index, VALID, PAYING)
        running = [n for n in self.desk.requests if self.desk.due_at(n) >= self.model.now]
        if running and ahead:
            number_ = running[index % len(running)]
        due = self.desk.due_at(number_)
        calendar = self.model.calendars[PLACES[self._code_of(number_)]]
        day = calendar.day_of(due or self.model.now) + days
        self.to_redemption("extend", DEFERRER, "extend", number_, day, consent)

    @rule(
        index=indexes,
        to=chance((*HOLDERS, *HOLDERS, "desk", "token", "zero")),
        by=chance((SEIZER, SEIZER, SEIZER, TELLER)),
        case_ref=chance((REF, REF, REF, NO_REF)),
        barred=st.booleans(),
        paying=seldom,
    )
    def release(self, index, to, by, case_ref, barred, paying):
        """By a lawful order, most often of somebody who was barred."""
        number_ = self._pick(index, PAYING) if paying else self._pick(index, REQUESTED, VALID)
        code, request = self._code_of(number_), self.desk.requests.get(number_)
        if request and barred:
            self.mark_accounts("freeze", code, [request.holder])
        places = {"desk": self.desk.address, "token": self.token(code).address, "zero": ZERO}
        arguments = (number_, places.get(to, to), case_ref)
        if self.to_redemption("release", by, "release", *arguments) and barred:
            self.done["release of a barred holder's"] += 1

    @rule(
        what=chance(("onSurrender", "restore", "burnEscrow")),
        code=codes,
        caller=chance((STRANGER, KNOWN)),
    )
    def trespass(self, what, code, caller):
        """What contracts say to each other is for them alone."""
        desk, token = self.suite.desks.redemption, self.suite.pegs[code].token
        if what == "onSurrender":
            self.do(what, desk, caller, what, (caller, 1, REF), _not_listed)
            return
        verb = {"restore": "restore", "burnEscrow": "burn_escrow"}[what]
        model = self.token(code)
        self.do(
            what, token, caller, what, (caller, 1), lambda: getattr(model, verb)(caller, caller, 1)
        )

    # Calendars

    @rule(
        code=codes,
        ahead=st.lists(st.integers(0, 8), min_size=1, max_size=3),
        how=chance(("add", "add", "remove", "remove", "past", "unknown")),
    )
    def change_holidays(self, code, ahead, how):
        """Days from today on are closed, those from tomorrow on are opened."""
        place = PLACES[code]
        calendar = self.model.calendars[place]
        today = calendar.day_of(self.chain.now())
        function = "removeHolidays" if how in ("remove", "unknown") else "addHolidays"
        days = [today + each for each in ahead]
        if how == "past":
            days[-1] = today - 1
        elif how == "remove":
            # What is closed already, rather.
            days = [day for day in days if day in calendar.closed] or days
        self._change("XX" if how == "unknown" else place, function, days)

    def _change(self, place: str, function: str, days: list[int]) -> None:
        def verb() -> None:
            known = self.model.calendars.get(place)
            if known is None:
                raise Refused("CalendarUnknown")
            change = known.remove if function == "removeHolidays" else known.add
            change(days, self.model.now)

        self._close(function, GOVERNOR, place, days, REF, verb)

    def _close(self, function: str, by: str, place: str, days: Any, ref: bytes, verb: Any) -> None:
        """Changes a calendar, and counts when that moved a due date."""
        self.model.now = self.chain.now()
        dues = {n: self.desk.due_at(n) for n in self.desk.requests}
        contract, name = self.suite.desks.calendar, place.encode().ljust(32, b"\0")
        went = self.do(function, contract, by, function, (name, days, ref), verb)
        if went and {n: self.desk.due_at(n) for n in self.desk.requests} != dues:
            self.done[f"{function} that moves a date"] += 1

    @rule(
        code=codes, ahead=st.integers(-1, 8), referenced=usually, by=chance((CLERK, CLERK, TELLER))
    )
    def typhoon(self, code, ahead, referenced, by):
        """A day is closed at short notice."""
        place = PLACES[code]
        calendar = self.model.calendars[place]
        day = calendar.day_of(self.chain.now()) + ahead
        self._declare(place, day, by, REF if referenced else NO_REF)

    def _declare(self, place: str, day: int, by: str, ref: bytes) -> None:
        def verb() -> None:
            self.model.require("CLERK", by)
            calendar = self.model.calendars[place]
            calendar.declare(day, self.model.now, referenced=ref != NO_REF)

        self._close("declareClosed", by, place, day, ref, verb)

    @rule(code=codes, holder=holders, how=chance(("typhoon", "holiday", "not after all")))
    def close_the_due_date(self, code, holder, how):
        """The very day on which a payout is due is closed, and perhaps opened again."""
        self._set_right(code, holder)
        if not (self._surrender(code, holder, 300) and self._validate(self.desk.count)):
            return
        place = PLACES[code]
        day = self.model.calendars[place].day_of(self.desk.due_at(self.desk.count))
        if how == "typhoon":
            self._declare(place, day, CLERK, REF)
            return
        self._change(place, "addHolidays", [day])
        if how == "not after all":
            self._change(place, "removeHolidays", [day])

    # Fees

    @rule(
        code=codes,
        flat=chance((0, 1, 20, 2**80 - 1)),
        bps=chance((0, 10, 100, 101)),
        up=st.booleans(),
        listed=usually,
    )
    def set_fee(self, code, flat, bps, up, listed):
        """Announced, or lowered at once."""
        token = self.token(code).address if listed else STRANGER
        function, verb = ("raiseFee", "raise_fee") if up else ("lowerFee", "lower_fee")
        arguments = (token, flat, bps)
        self.do(
            function,
            self.suite.desks.redemption,
            GOVERNOR,
            function,
            (*arguments, REF),
            lambda: getattr(self.desk, verb)(*arguments),
        )

    @rule(code=codes)
    def fee_comes_into_force(self, code):
        """A higher fee is announced, and the notice runs out."""
        arguments, verb = (self.token(code).address, 5, 50), self.desk.raise_fee
        desk = self.suite.desks.redemption
        self.do("raiseFee", desk, GOVERNOR, "raiseFee", (*arguments, REF), lambda: verb(*arguments))
        self.pass_time(desks().fee_notice)

    # Everything around

    @rule(code=codes, verb=chance(tuple(MARKS)), holder=holders, everybody=st.booleans())
    def mark(self, code, verb, holder, everybody):
        """Bars, unbars, verifies or unverifies; what opens is most often for everybody."""
        opens = verb.startswith("un") and verb != "unverify"
        self.mark_accounts(verb, code, list(HOLDERS) if everybody and opens else [holder])

    @rule(code=codes, on=st.booleans())
    def allow_list(self, code, on):
        self.list_mode(code, on=on)

    @rule(code=codes, bits=chance((1, 1, 6, 8, 15)), back=st.booleans())
    def pause(self, code, bits, back):
        """Stops something, or rather opens everything that was stopped."""
        if self.token(code).pauses and back:
            self.resume_all(code)
        else:
            self.pause_some(code, bits)

    @rule(code=codes, back=usually)
    def dispute(self, code, back):
        disputed = self.token(code).terms.source.disputed
        self.dispute_feed(code, report=not (disputed and back))

    @rule(code=codes, fresh=seldom)
    def state_reserves(self, code, fresh):
        """Feeds grow old by themselves; now and then there is a statement."""
        if fresh:
            self.post_statement(code, 10**9)

    @rule(code=codes, holder=holders, more=st.booleans(), value=st.integers(1, 60_000))
    def hold(self, code, holder, more, value):
        """An amount is held at the token, or all that is held is released."""
        held = self.token(code).accounts[holder].held
        if more or not held:
            arguments, verb = (holder, value), "hold"
            self.to_token(
                "hold", code, member("FREEZER"), verb, (*arguments, REF), verb, *arguments
            )
        else:
            arguments, releaser = (holder, held), member("RELEASER")
            self.to_token(
                "unhold", code, releaser, "release", (*arguments, REF), "release", *arguments
            )

    @rule(code=codes, holder=holders, to=holders, amount=amounts)
    def transfer(self, code, holder, to, amount):
        self.move(code, holder, to, self._amount(code, holder, amount))

    @rule(holder=holders, what=chance(("unbind", "renew", "expire", "setPayout", "unset", "bind")))
    def change_customer(self, holder, what):
        """Customers come and go, and change their bank."""
        now = self.chain.now()
        if what == "unbind":
            self.to_register("unbind", holder)
        elif what == "bind":
            self.bind_wallet(holder, days=DILIGENCE)
        elif what in ("renew", "expire"):
            self.to_register("renew", holder, now + (DILIGENCE * DAY if what == "renew" else 60))
        else:
            payout = NO_REF if what == "unset" else keccak(text=f"bank at {now}")
            self.to_register("setPayout", holder, payout)

    # Looking

    @rule(code=codes, amount=st.integers(0, 2**112 - 1), index=indexes)
    def look(self, code, amount, index):
        """The views say what the model says."""
        self.model.now = now = self.chain.now()
        desk, call = self.desk, self.suite.desks.redemption.call
        token = self.token(code).address
        terms = desk.terms[token]
        flat, bps = terms.current(now)
        shown = call("termsOf", token)
        announced = (terms.next_flat, terms.next_bps, terms.next_from)
        announced = announced if terms.next_from > now else (0, 0, 0)
        assert shown[1:] == (terms.days, flat, bps, *announced)
        assert call("feeFor", token, amount) == desk.fee(token, amount)
        number_ = index % (desk.count + 2)
        shown, request = call("requestOf", number_), desk.requests.get(number_)
        assert (shown[0], shown[5]) == (number_, desk.status(number_))
        assert shown[8] == call("dueAt", number_) == desk.due_at(number_)
        assert call("isOverdue", number_) == desk.is_overdue(number_)
        if request:
            assert shown[3:5] == (request.amount, request.fee)
        assert [each[0] for each in call("openRequests", 0, 1_000)] == sorted(desk.requests)
        overdue = [n for n in sorted(desk.requests) if desk.is_overdue(n)]
        assert [each[0] for each in call("overdueRequests", 0, 1_000)] == overdue
        self.passed("look")

    @rule()
    def rescue(self):
        """R4: with everything paused and disputed, every holder gets the tokens back in the end."""
        desk, requests = self.suite.desks.redemption, self.desk.requests
        freed: set[tuple[str, str]] = set()
        with self.aside():
            for code in CODES:
                token, feed = self.suite.pegs[code].token, self.suite.pegs[code].feed
                token.send("pause", 15, REF, sender=member("PAUSER"))
                token.send("enterAllowListMode", REF, sender=member("PAUSER"))
                feed.send("reportBreak", REF, sender=member("PAUSER"))
            for number_, request in requests.items():
                code = self._code_of(number_)
                calendar = self.model.calendars[PLACES[code]]
                end = calendar.end_of(self.desk.blocked_until(request)) + 1
                self.chain.warp(max(end - self.chain.now(), 0))
                barred = request.token.is_barred(request.holder)
                if barred and (code, request.holder) not in freed:
                    freed.add((code, request.holder))
                    refusal = self.attempt(desk, request.holder, "takeBack", number_)
                    assert refusal == "HolderBarred"
                    token, releaser = self.suite.pegs[code].token, member("RELEASER")
                    for verb in ("unblacklist", "unfreeze"):
                        token.send(verb, [request.holder], REF, sender=releaser)
                assert self.attempt(desk, request.holder, "takeBack", number_) == ""
            for code in CODES:
                assert self.suite.pegs[code].token.call("balanceOf", desk.address) == 0
        if requests:
            self.passed("rescue of a barred holder" if freed else "rescue")

    @rule(index=indexes, verb=chance(MOVES), code=codes, holder=holders)
    def indifference(self, index, verb, code, holder):
        """R5: the same outcome with a broken feed and all pauses but one, as without them."""
        status = {"validate": REQUESTED, "instruct": VALID, "settle": PAYING}
        number_ = self._pick(index, status.get(verb, REQUESTED), VALID)
        code = self._code_of(number_) if verb != "surrender" else code
        peg, desk = self.suite.pegs[code], self.suite.desks.redemption
        request = self.desk.requests.get(number_)
        contract, sender, arguments = {
            "surrender": (peg.token, holder, (desk.address, 1, REF)),
            "validate": (desk, TELLER, (number_,)),
            "instruct": (desk, TELLER, (number_, keccak(text="indifferent"))),
            "settle": (desk, SETTLER, (number_, self._payout(number_))),
            "takeBack": (desk, request.holder if request else holder, (number_,)),
            "giveBack": (desk, TELLER, (number_, REF)),
        }[verb]
        outcomes = []
        for stopped in (True, False):
            with self.aside():
                if stopped:
                    peg.token.send("pause", 7, REF, sender=member("PAUSER"))
                    peg.feed.send("reportBreak", REF, sender=member("PAUSER"))
                outcomes.append(self.attempt(contract, sender, verb, *arguments))
        assert outcomes[0] == outcomes[1]
        self.passed("indifference")

    # Invariants

    def _records(self, words: Any) -> dict[int, tuple[int, int, int]]:
        """The open requests in raw words."""
        found, number_ = {}, 1
        while f"request {number_} 0" in words:
            record = tuple(words[f"request {number_} {i}"] for i in range(3))
            if record[0]:
                found[number_] = record
            number_ += 1
        return found

    def _code_in(self, record: tuple[int, int, int]) -> str:
        return next(c for c in CODES if int(self.token(c).address, 16) == record[2] & (2**160 - 1))

    def _open_in(self, words: Any, place: str, day: int) -> bool:
        """Whether the raw calendar has a day open."""
        weekend = self.model.calendars[place].weekend
        closed = words[f"calendar {place} {day >> 8}"] >> (day & 255) & 1
        return not closed and not weekend >> (day + 3) % 7 & 1

    def _due_in(self, words: Any, record: tuple[int, int, int]) -> int:
        """The due date by raw words alone."""
        day, code = record[0] >> 168 & DAY_BITS, self._code_in(record)
        if not day:
            return 0
        place, left = PLACES[code], words[f"fees {code}"] >> 232 & 255
        while left:
            day += 1
            left -= self._open_in(words, place, day)
        return max(record[1] >> 208, self.model.calendars[place].end_of(day))

    def _blocked_in(self, words: Any, record: tuple[int, int, int]) -> int:
        """The last day of a request's block by raw words alone."""
        day, code = record[0] >> 192 & DAY_BITS, self._code_in(record)
        left = desks().block_days if day else 0
        while left:
            day += 1
            left -= self._open_in(words, PLACES[code], day)
        return day

    @invariant()
    def s1_every_word_is_the_models(self):
        assert self.words == self.expected_words()

    @invariant()
    def d4_the_balance_is_the_sum_of_open_requests(self):
        for step in self.unseen("D4"):
            sums = dict.fromkeys(CODES, 0)
            for record in self._records(step.after).values():
                sums[self._code_in(record)] += record[1] & MAX_VALUE
            desk = self.desk.address
            assert sums == {code: self.balance_of(step.after, code, desk) for code in CODES}

    @invariant()
    def d6_only_a_payout_burns_and_exactly_one_request(self):
        for step in self.unseen("D6"):
            burned = {
                code: self.supply_of(step.before, code) - self.supply_of(step.after, code)
                for code in CODES
            }
            paid = [told for event, told in step.events if event == "RedemptionPaid"]
            assert len(paid) <= 1
            expected = dict.fromkeys(CODES, 0)
            if paid:
                before, after = self._records(step.before), self._records(step.after)
                record = before.pop(paid[0]["id"])
                assert step.function == "settle"
                assert record[0] >> 160 & 255 == PAYING
                assert before == after
                expected[self._code_in(record)] = record[1] & MAX_VALUE
            assert burned == expected

    @invariant()
    def d7_take_back_is_as_stated(self):
        for step in self.unseen("D7"):
            if step.function != "takeBack":
                continue
            (number_,), before = step.arguments, self._records(step.before)
            record, allowed = before.get(number_), False
            if record:
                code = self._code_in(record)
                holder, blocked = record[0] & (2**160 - 1), self._blocked_in(step.before, record)
                today = self.model.calendars[PLACES[code]].day_of(step.now)
                allowed = holder == int(step.sender, 16) and today > blocked
                allowed = allowed and not step.before[f"{code} {step.sender}"] & BARRED
            assert allowed == (step.refused is None)
            if allowed:
                value = record[1] & MAX_VALUE
                moved = (self.token(code).address, self.desk.address, step.sender, value)
                assert step.transfers == (moved,)
                assert number_ not in self._records(step.after)

    @invariant()
    def d8_late_is_after_the_due_date(self):
        for step in self.unseen("D8"):
            for event, told in step.events:
                if event == "RedemptionPaid":
                    record = self._records(step.before)[told["id"]]
                    assert told["late"] == (step.now > self._due_in(step.before, record))

    @invariant()
    def r1_a_due_date_moves_as_stated(self):
        for step in self.unseen("R1"):
            if step.function not in MOVERS or step.refused:
                calendars = [name for name in step.before if name.startswith("calendar ")]
                assert all(step.after[name] == step.before[name] for name in calendars)
                continue
            before, after = self._records(step.before), self._records(step.after)
            assert before.keys() == after.keys()
            for number_, record in before.items():
                if not record[0] >> 168 & DAY_BITS:
                    continue
                due = self._due_in(step.before, record)
                later = self._due_in(step.after, after[number_])
                fixed = after[number_][1] >> 208
                assert fixed >= record[1] >> 208
                assert later >= fixed
                assert later >= due or step.function == "removeHolidays"
                assert later == due or step.function != "validate"
                assert (step.now > due) == (step.now > later)

    @invariant()
    def r2_a_fee_is_fixed_by_the_request(self):
        cap = desks().max_fee_bps
        for step in self.unseen("R2"):
            for event, told in step.events:
                if event == "RedemptionRequested":
                    assert told["fee"] <= told["amount"] * cap // 10_000
            before, after = self._records(step.before), self._records(step.after)
            for number_ in before.keys() & after.keys():
                # Amount and fee, holder and token stay as they were.
                low = 2**208 - 1
                assert before[number_][1] & low == after[number_][1] & low
                low = 2**160 - 1
                assert before[number_][0] & low == after[number_][0] & low
                assert before[number_][2] & low == after[number_][2] & low

    @invariant()
    def r3_supply_changes_by_what_is_paid(self):
        for step in self.unseen("R3"):
            for event, told in step.events:
                if event == "RedemptionPaid":
                    record = self._records(step.before)[told["id"]]
                    self.paid[self._code_in(record)] += record[1] & MAX_VALUE
        left = {code: len(HOLDERS) * GENESIS - self.paid[code] for code in CODES}
        assert left == {code: self.supply_of(self.words, code) for code in CODES}

    @invariant()
    def r6_what_is_being_paid_goes_nowhere_else(self):
        for step in self.unseen("R6"):
            before, after = self._records(step.before), self._records(step.after)
            for number_ in before.keys() - after.keys():
                if before[number_][0] >> 160 & 255 == PAYING:
                    assert step.function in {"settle", "takeBack"}
                    assert step.arguments[0] == number_


def _not_listed() -> None:
    raise Refused("TokenNotListed")


def test_redemption():
    """Holds for every sequence that hypothesis tries, and every action was among them."""
    run_state_machine_as_test(RedemptionMachine, settings=sequences())
    report(RedemptionMachine)
    require_all(RedemptionMachine, ACTIONS, REFUSALS)
