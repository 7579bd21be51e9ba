"""Lawful orders, stepped beside their model.

Given accounts that several cases name, and others who freeze and release at the token itself
    when cases freeze, hold, release and take, and accounts go on paying as far as they can
        each step succeeds, or is refused with the very error that the model names
        S1  every word of tokens, requests, cases, entries and proposals is the model's
        S2  a refused call has changed nothing
        L1  what all cases hold of an account is held at the token, unless RELEASER released there
        L2  an account is frozen at the token while a case freezes it, or if it was frozen there
            when none did, unless RELEASER lifted it there; whom nobody ever froze is not frozen
        L3  each case counts its restraints, each account its freezes and what cases hold of it
        L4  a case never holds and takes more of an account than its ceiling
        L5  a stranger's account never changes, nor that of anybody whom no case names
        L6  what a case took is the sum of its executed orders, and exactly that has moved
        L7  the supply falls by destroyed units only
        L8  an order executes once, by another than its proposer, a day later, while its case acts
        L9  taking by one case leaves what the others hold
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from eth_abi import decode
from eth_utils import keccak, to_checksum_address
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from tests.support.desk_machine import (
    CODES,
    MARKS,
    STRANGER,
    AnyTime,
    DeskMachine,
    chance,
    seldom,
    usually,
)
from tests.support.desk_model import EXECUTED, NO_REF, PROPOSED
from tests.support.model import (
    BLACKLISTED,
    DAY,
    FROZEN,
    MAX_VALUE,
    ZERO,
    Refused,
)
from tests.support.stateful import member, report, require_all, sequences
from tests.support.world import REF, key, roles

SUSPECTS = tuple(key(20 + i).address for i in range(3))
#: Where seized tokens go, and who has nothing to do with any of it.
TREASURY = key(24).address
BYSTANDER = key(25).address
CASEWORKERS = (member("CASEWORKER"), member("EXECUTOR"))
EXECUTORS = (member("EXECUTOR"), key(54).address)
RELEASER, GUARDIAN = member("RELEASER"), member("GUARDIAN")
MINTER, GOVERNOR = member("MINTER"), member("GOVERNOR")
GENESIS = 50_000
CASES = tuple(keccak(text=f"case {i}") for i in range(5))
DOCUMENT = keccak(text="order of the court")
FREEZING = ("bytes32", "address", "address[]")
FIGURE, PERSON, MOMENT = MAX_VALUE, 2**160 - 1, 2**40 - 1
#: Functions of the book, all of them.
BOOK = {"openCase", "reviewCase", "nameAccount", "freeze", "hold", "propose", "execute", "cancel"}
BOOK |= {"unfreeze", "release", "closeCase", "multicall"}

#: What may come between the proposal and its execution.
MISHAPS = (
    "it_is_executed_twice",
    "the_review_date_passes",
    "the_restraint_ends",
    "it_is_lifted_at_the_token",
    "it_is_released_at_the_token",
    "the_proposer_goes",
    "the_recipient_is_barred",
    "it_is_cancelled",
    "everything_is_paused",
)

ACTIONS = (
    "openCase",
    "reviewCase",
    "reviewCase of an overdue one",
    "nameAccount",
    "nameAccount again",
    "freeze",
    "freeze of what another case froze",
    "freeze of a list",
    "unfreeze",
    "unfreeze of what another case freezes",
    "unfreeze after the review date",
    "hold",
    "hold of what another case holds",
    "release",
    "release after the review date",
    "release of what was released at the token",
    "propose",
    "propose of a redemption",
    "seize",
    "seize of held units",
    "seize of what another case holds, too",
    "destroy",
    "take of a redemption",
    "cancel",
    "closeCase",
    "multicall",
    "freeze at the token",
    "unfreeze at the token",
    "hold at the token",
    "release at the token",
    "blacklist at the token",
    "unblacklist at the token",
    "verify at the token",
    "transfer",
    "surrender",
    "takeBack",
    "pause 15",
    "resume",
    "enterAllowListMode",
    "leaveAllowListMode",
    "expel",
    "grant",
    "look",
    "warp",
    "warp to an edge",
)
REFUSALS = (
    "AccessManagedUnauthorized",
    "AccountNotNamed",
    "BlacklistedAccount",
    "CaseExists",
    "CaseNotOpen",
    "CaseStillRestrains",
    "CeilingExceeded",
    "ERC7943InsufficientUnfrozenBalance",
    "FrozenAccount",
    "HolderBarred",
    "InvalidAccount",
    "InvalidCase",
    "NotHeldByCase",
    "NothingOrdered",
    "OrderNotProposed",
    "OutOfReach",
    "PartyExpelled",
    "Paused",
    "ProposerCannotExecute",
    "RedemptionMismatch",
    "ReferenceRequired",
    "ReviewOverdue",
    "StillChallengeable",
    "SuiteAccount",
    "TokenUnknown",
    "UnverifiedAccount",
)

suspects = chance(SUSPECTS)
case_ids = chance(CASES)
#: Mostly the first currency, so that cases meet.
tokens = chance(("HKD", "HKD", "HKD", "USD"))
indexes = st.integers(0, 20)


class OrdersMachine(AnyTime, DeskMachine):
    """Everything that an authority can order of an account."""

    people = (*SUSPECTS, TREASURY, BYSTANDER)
    heard = ("LawfulOrders",)

    # Preparation

    def prepare(self) -> None:
        """Everybody has tokens; the executor may propose, too, and there is another executor."""
        for code in CODES:
            self.post_statement(code, 10**9, count=False)
            for holder in (*SUSPECTS, BYSTANDER, STRANGER):
                arguments, values = (holder, GENESIS, REF), (MINTER, holder, GENESIS)
                self.to_token("mint", code, MINTER, "mint", arguments, "mint", *values, count=False)
        self._grant("CASEWORKER", CASEWORKERS[1], count=False)
        self._grant("EXECUTOR", EXECUTORS[1], count=False)

    def _start(self) -> None:
        super()._start()
        # Told from the log: what was taken, by case and account, and which orders were executed.
        self.taken: Counter[tuple[str, str, str]] = Counter()
        self.executed: set[int] = set()
        # By currency and account: frozen (now, ever), lifted and released by others at the token.
        self.frozen: set[tuple[str, str]] = set()
        self.ever_frozen: set[tuple[str, str]] = set()
        self.lifted: set[tuple[str, str]] = set()
        self.released: set[tuple[str, str]] = set()
        self.destroyed = dict.fromkeys(CODES, 0)
        self.first = self.words

    def watch(self) -> None:
        self.watch_redeeming()
        self.watch_cases(CASES)

    def grow(self) -> None:
        self.watch_requests()
        self.watch_entries()

    @property
    def book(self) -> Any:
        """The model of the book of cases."""
        return self.model.orders

    def moments(self) -> list[int]:
        """The last seconds before reviews."""
        return [case.review_by for case in self.book.cases.values()]

    # Helpers

    def _to_book(
        self, action: str, sender: str, function: str, *arguments: Any, verb: str = ""
    ) -> bool:
        """A verb of the book whose model takes the same arguments after its caller."""
        method = getattr(self.book, verb or function)
        book = self.suite.desks.orders
        return self.do(
            action, book, sender, function, arguments, lambda: method(sender, *arguments)
        )

    def _grant(self, role: str, account: str, *, count: bool = True) -> None:
        arguments = (roles().roles[role].id, account, 0)
        verb, authority = self.model.grant, self.suite.authority
        self.do(
            "grant",
            authority,
            GOVERNOR,
            "grantRole",
            arguments,
            lambda: verb(role, account),
            count=count,
        )

    def _expel(self, role: str, account: str) -> None:
        arguments = (roles().roles[role].id, account, REF)
        verb, authority = self.model.expel, self.suite.authority
        expeller = member("EXPELLER")
        self.do("expel", authority, expeller, "expel", arguments, lambda: verb(role, account))

    def _restore_parties(self) -> None:
        for role, parties in (("CASEWORKER", CASEWORKERS), ("EXECUTOR", EXECUTORS)):
            for account in parties:
                if account not in self.model.members[role]:
                    self._grant(role, account)

    def _entry(self, case_id: bytes, code: str, account: str) -> Any:
        case = self.book.cases.get(case_id)
        return case and case.entries.get((self.token(code).address, account))

    def _open(self, case_id: bytes, days: int = 30) -> bool:
        review_by = self.chain.now() + days * DAY
        arguments = (case_id, 1, review_by, DOCUMENT)
        return self._to_book("openCase", CASEWORKERS[0], "openCase", *arguments, verb="open_case")

    def _name(self, case_id: bytes, code: str, account: str, ceiling: int, by: str = "") -> bool:
        again = self._entry(case_id, code, account) is not None
        return self._to_book(
            "nameAccount again" if again else "nameAccount",
            by or CASEWORKERS[0],
            "nameAccount",
            case_id,
            self.token(code).address,
            account,
            ceiling,
            verb="name_account",
        )

    def _freeze(self, case_id: bytes, code: str, accounts: list[str], by: str = "") -> bool:
        token = self.token(code).address
        entries = [self._entry(case_id, code, account) for account in accounts]
        others = any(
            entry and not entry.frozen and self.book.freezes[token, entry.account]
            for entry in entries
        )
        action = "freeze of a list" if len(set(accounts)) > 1 else "freeze"
        action = "freeze of what another case froze" if others else action
        return self._to_book(action, by or CASEWORKERS[0], "freeze", case_id, token, accounts)

    def _unfreeze(self, case_id: bytes, code: str, accounts: list[str], by: str = "") -> bool:
        token, case = self.token(code).address, self.book.cases.get(case_id)
        entries = [self._entry(case_id, code, account) for account in accounts]
        others = any(
            entry and entry.frozen and self.book.freezes[token, entry.account] > 1
            for entry in entries
        )
        action = "unfreeze"
        if case and self.chain.now() > case.review_by:
            action = "unfreeze after the review date"
        elif others:
            action = "unfreeze of what another case freezes"
        return self._to_book(action, by or RELEASER, "unfreeze", case_id, token, accounts)

    def _held_by_others(self, case_id: bytes, code: str, account: str) -> int:
        entries = [self._entry(each, code, account) for each in CASES if each != case_id]
        return sum(entry.held for entry in entries if entry)

    def _hold(self, case_id: bytes, code: str, account: str, value: int, by: str = "") -> bool:
        others = self._held_by_others(case_id, code, account)
        action = "hold of what another case holds" if others else "hold"
        arguments = (case_id, self.token(code).address, account, value)
        return self._to_book(action, by or CASEWORKERS[0], "hold", *arguments)

    def _release(self, case_id: bytes, code: str, account: str, value: int, by: str = "") -> bool:
        case, held = self.book.cases.get(case_id), self.token(code).accounts[account].held
        action = "release"
        if case and self.chain.now() > case.review_by:
            action = "release after the review date"
        elif value > held:
            action = "release of what was released at the token"
        arguments = (case_id, self.token(code).address, account, value)
        return self._to_book(action, by or RELEASER, "release", *arguments)

    def _propose(self, case_id: bytes, *terms: Any, by: str = "") -> bool:
        action = "propose of a redemption" if terms[4] else "propose"
        return self._to_book(action, by or CASEWORKERS[0], "propose", case_id, *terms)

    def _execute(self, number_: int, by: str) -> bool:
        action, known = "destroy", 0 < number_ <= len(self.book.takings)
        if known:
            taking = self.book.takings[number_ - 1]
            token = self.model.tokens[taking.token]
            if taking.redemption:
                action = "take of a redemption"
            elif taking.to != ZERO:
                code = (self.model.by_code["HKD"] is token and "HKD") or "USD"
                barred = token.is_barred(taking.account)
                action = "seize" if barred else "seize of held units"
                if self._held_by_others(taking.case, code, taking.account):
                    action = "seize of what another case holds, too"
        return self._to_book(action, by, "execute", number_)

    def _ready(self, index: int) -> bytes | None:
        """A case that can act: opened or reviewed, if need be."""
        cases, now = self.book.cases, self.chain.now()
        self._restore_parties()
        usable = [each for each in CASES if each not in cases or not cases[each].closed]
        if not usable:
            return None
        case_id = usable[index % len(usable)]
        if case_id not in cases:
            self._open(case_id)
        elif now > cases[case_id].review_by:
            self._review(case_id, now + 30 * DAY)
        return case_id

    def _review(self, case_id: bytes, review_by: int, ref: bytes = REF) -> bool:
        case = self.book.cases.get(case_id)
        late = case and self.chain.now() > case.review_by
        action = "reviewCase of an overdue one" if late else "reviewCase"
        arguments = (case_id, review_by, ref)
        return self._to_book(action, CASEWORKERS[0], "reviewCase", *arguments, verb="review_case")

    def _make_room(self, case_id: bytes, code: str, account: str, room: int) -> None:
        """Names an account so that the case may take so much more."""
        entry = self._entry(case_id, code, account)
        used = entry.held + entry.taken if entry else 0
        if entry is None or entry.ceiling < used + room:
            self._name(case_id, code, account, min(used + room, MAX_VALUE))

    # Cases

    @rule(
        case_id=chance((*CASES, *CASES, NO_REF)),
        kind=chance((1, 2, 3, 4, 0)),
        days=chance((1, 30, 366, 366, 367, 0)),
        document=chance((DOCUMENT, DOCUMENT, DOCUMENT, NO_REF)),
        by=chance((*CASEWORKERS, *CASEWORKERS, STRANGER)),
    )
    def open_case(self, case_id, kind, days, document, by):
        arguments = (case_id, kind, self.chain.now() + days * DAY, document)
        self._to_book("openCase", by, "openCase", *arguments, verb="open_case")

    @rule(case_id=case_ids, days=chance((1, 30, 366, 367, 0)), ref=chance((REF, REF, NO_REF)))
    def review(self, case_id, days, ref):
        self._review(case_id, self.chain.now() + days * DAY, ref)

    @rule(
        case_id=case_ids,
        code=tokens,
        account=chance((*SUSPECTS, *SUSPECTS, "desk", "zero")),
        ceiling=chance((100, 5_000, GENESIS, MAX_VALUE, 0)),
        unknown=seldom,
    )
    def name(self, case_id, code, account, ceiling, unknown):
        """An account, which may be nobody's, of a token, which may be none of ours."""
        places = {"desk": self.model.redeeming.address, "zero": ZERO}
        account = places.get(account, account)
        if unknown:
            arguments = (case_id, STRANGER, account, ceiling)
            self._to_book(
                "nameAccount", CASEWORKERS[0], "nameAccount", *arguments, verb="name_account"
            )
        else:
            self._name(case_id, code, account, ceiling)

    @rule(case_id=case_ids, ref=chance((REF, REF, REF, NO_REF)), idle=usually)
    def close(self, case_id, ref, idle):
        """A case that restrains nobody, if there is one."""
        cases = self.book.cases
        free = [each for each, case in cases.items() if not case.closed and not case.restraints]
        case_id = free[0] if free and idle else case_id
        self._to_book("closeCase", RELEASER, "closeCase", case_id, ref, verb="close_case")

    # Restraining

    @rule(
        index=indexes,
        code=tokens,
        accounts=st.lists(chance((*SUSPECTS, *SUSPECTS, *SUSPECTS, "desk", "zero")), max_size=3),
        named=usually,
        by=chance((*CASEWORKERS, *CASEWORKERS, STRANGER)),
    )
    def freeze(self, index, code, accounts, named, by):
        places = {"desk": self.model.redeeming.address, "zero": ZERO}
        accounts = [places.get(account, account) for account in accounts]
        case_id = CASES[index % len(CASES)]
        if named and (ready := self._ready(index)):
            case_id = ready
            for account in accounts:
                self._make_room(case_id, code, account, 1_000)
        self._freeze(case_id, code, accounts, by)

    @rule(case_id=case_ids, code=tokens, accounts=st.lists(suspects, max_size=3), any_=seldom)
    def unfreeze(self, case_id, code, accounts, any_):
        """What the case froze, or anything."""
        case = self.book.cases.get(case_id)
        if case and not any_:
            token = self.token(code).address
            accounts = [e.account for e in case.entries.values() if e.frozen and e.token == token]
        self._unfreeze(case_id, code, accounts)

    @rule(
        index=indexes,
        code=tokens,
        account=suspects,
        value=chance((0, 1, 700, 5_000, GENESIS + 1, "all", "above all")),
        ready=usually,
    )
    def hold(self, index, code, account, value, ready):
        case_id = CASES[index % len(CASES)]
        if ready and (found := self._ready(index)):
            case_id = found
            self._make_room(case_id, code, account, value if isinstance(value, int) else 300)
        entry = self._entry(case_id, code, account)
        allowed = max(entry.ceiling - entry.held - entry.taken, 0) if entry else 0
        value = {"all": allowed, "above all": allowed + 1}.get(value, value)
        self._hold(case_id, code, account, min(value, MAX_VALUE))

    @rule(index=indexes, part=chance((0, 1, 1, 2, 3)), above=seldom)
    def release(self, index, part, above):
        """Of something that a case holds, most often all."""
        holding = [
            (case_id, entry)
            for case_id, case in self.book.cases.items()
            for entry in case.entries.values()
            if entry.held
        ]
        if not holding:
            self._release(CASES[index % len(CASES)], "HKD", SUSPECTS[0], 1)
            return
        case_id, entry = holding[index % len(holding)]
        value = entry.held // part if part else 0
        self._release(case_id, self._code(entry.token), entry.account, value + above)

    def _code(self, token: str) -> str:
        return next(code for code in CODES if self.token(code).address == token)

    @rule(
        index=indexes,
        code=tokens,
        accounts=st.lists(suspects, min_size=1, max_size=2),
        free=usually,
    )
    def in_one_call(self, index, code, accounts, free):
        """A case is opened, names an account and freezes it, all at once or not at all."""
        unused = [case_id for case_id in CASES if case_id not in self.book.cases]
        case_id = unused[0] if unused and free else CASES[index % len(CASES)]
        token, caller = self.token(code).address, CASEWORKERS[0]
        opening = (case_id, 2, self.chain.now() + 30 * DAY, DOCUMENT)
        naming, freezing = (case_id, token, accounts[0], 9_000), (case_id, token, accounts)
        book = self.suite.desks.orders
        calls = [
            book.encode("openCase", *opening),
            book.encode("nameAccount", *naming),
            book.encode("freeze", *freezing),
        ]

        def verb() -> None:
            model = self.book
            model.open_case(caller, *opening)
            try:
                model.name_account(caller, *naming)
                model.freeze(caller, *freezing)
            except Refused:
                # What came before in the same call has not happened.
                del model.cases[case_id]
                raise

        self.do("multicall", book, caller, "multicall", (calls,), verb)

    # Taking

    @rule(
        case_id=case_ids,
        code=tokens,
        account=suspects,
        to=chance((TREASURY, ZERO, *SUSPECTS)),
        value=chance((0, 1, 500, 5_000)),
        redemption=chance((0, 0, 0, 1, 2)),
        by=chance((*CASEWORKERS, STRANGER)),
    )
    def propose(self, case_id, code, account, to, value, redemption, by):
        terms = (self.token(code).address, account, to, value, redemption)
        self._propose(case_id, *terms, by=by)

    @rule(index=indexes, by=chance((*EXECUTORS, *EXECUTORS, CASEWORKERS[0])), waits=usually)
    def execute(self, index, by, waits):
        """One that waits, or any."""
        takings = self.book.takings
        waiting = [n for n, t in enumerate(takings, 1) if t.status == PROPOSED]
        number_ = index % (len(takings) + 2)
        self._execute(waiting[index % len(waiting)] if waiting and waits else number_, by)

    @rule(index=indexes, by=chance((GUARDIAN, GUARDIAN, RELEASER)))
    def cancel(self, index, by):
        waiting = [n for n, t in enumerate(self.book.takings, 1) if t.status == PROPOSED]
        number_ = waiting[index % len(waiting)] if waiting else index
        self._cancel(number_, by)

    def _cancel(self, number_: int, by: str = GUARDIAN) -> None:
        verb, book = self.book.cancel, self.suite.desks.orders
        self.do("cancel", book, by, "cancel", (number_, REF), lambda: verb(by, number_))

    @rule(
        index=indexes,
        code=tokens,
        account=suspects,
        how=chance(("frozen", "held", "held", "redemption")),
        to=chance((TREASURY, TREASURY, ZERO, SUSPECTS[0])),
        part=chance((1, 2, 3)),
        mishap=chance((None,) * 6 + MISHAPS),
        by=chance(EXECUTORS),
        wait=chance((DAY, DAY, DAY, DAY, DAY - 1)),
        proposer=chance((CASEWORKERS[0], CASEWORKERS[0], CASEWORKERS[1])),
    )
    def take(self, index, code, account, how, to, part, mishap, by, wait, proposer):
        """All the way from naming to taking, unless something comes between."""
        case_id = self._ready(index)
        if case_id is None:
            return
        self._open_the_treasury(code)
        token, redemption = self.token(code), 0
        if how == "redemption":
            if token.pauses:
                self.resume_all(code)
            if not self.surrender(code, account, token.accounts[account].spendable // part):
                return
            redemption = self.model.redeeming.count
            value = self.model.redeeming.requests[redemption].amount
        else:
            value = token.accounts[account].balance // part
        self._make_room(case_id, code, account, max(value, 1))
        if how == "held":
            self._hold(case_id, code, account, value)
        else:
            self._freeze(case_id, code, [account])
        terms = (token.address, account, to, value, redemption)
        if not self._propose(case_id, *terms, by=proposer):
            return
        number_ = len(self.book.takings)
        if mishap:
            getattr(self, f"_{mishap}")(case_id, code, account, number_)
        self.pass_time(wait)
        self._execute(number_, by)
        if mishap == "it_is_executed_twice":
            self._execute(number_, by)

    def _open_the_treasury(self, code: str) -> None:
        """The treasury can receive again, if it could not."""
        token = self.token(code)
        if token.accounts[TREASURY].has(BLACKLISTED):
            self._at_token("unblacklist", code, TREASURY)
        if not token.may_receive(TREASURY):
            self.list_mode(code, on=False)

    def _it_is_executed_twice(self, *_: Any) -> None:
        """The second time comes after the first."""

    def _the_review_date_passes(self, case_id: bytes, *_: Any) -> None:
        self.pass_time(self.book.cases[case_id].review_by + 1 - self.chain.now())

    def _the_restraint_ends(self, case_id: bytes, code: str, account: str, _: int) -> None:
        self._unfreeze(case_id, code, [account])
        if held := self._entry(case_id, code, account).held:
            self._release(case_id, code, account, held)

    def _it_is_lifted_at_the_token(self, _: bytes, code: str, account: str, __: int) -> None:
        self._at_token("unfreeze", code, account)

    def _it_is_released_at_the_token(self, _: bytes, code: str, account: str, __: int) -> None:
        self._at_token("release", code, account, self.token(code).accounts[account].held)

    def _the_proposer_goes(self, *more: Any) -> None:
        self._expel("CASEWORKER", self.book.takings[more[-1] - 1].proposer)

    def _the_recipient_is_barred(self, _: bytes, code: str, __: str, number_: int) -> None:
        to = self.book.takings[number_ - 1].to
        if to != ZERO:
            self._at_token("blacklist", code, to)

    def _it_is_cancelled(self, *more: Any) -> None:
        self._cancel(more[-1])

    def _everything_is_paused(self, _: bytes, code: str, *__: Any) -> None:
        self.pause_some(code, 15)

    @rule(
        index=indexes,
        code=tokens,
        account=suspects,
        how=chance(("freeze", "hold", "hold")),
        then=chance(("take", "take", "let go")),
        by=chance(EXECUTORS),
        value=st.integers(1, 2_000),
    )
    def meet(self, index, code, account, how, then, by, value):
        """Two cases restrain the same account, and one of them takes or lets go."""
        first, second = self._ready(index), self._ready(index + 1)
        if first is None or second is None or first == second:
            return
        for case_id in (first, second):
            self._make_room(case_id, code, account, value)
            if how == "freeze":
                self._freeze(case_id, code, [account])
            else:
                self._hold(case_id, code, account, value)
        if then == "take":
            self._open_the_treasury(code)
            terms = (self.token(code).address, account, TREASURY, value, 0)
            if self._propose(first, *terms):
                self.pass_time(DAY)
                self._execute(len(self.book.takings), by)
        elif how == "freeze":
            self._unfreeze(first, code, [account])
        else:
            self._release(first, code, account, value)

    @rule(index=indexes, code=tokens, account=suspects, value=st.integers(1, 2_000))
    def release_what_is_gone(self, index, code, account, value):
        """What a case holds was released at the token before it lets go."""
        if case_id := self._ready(index):
            self._make_room(case_id, code, account, value)
            if self._hold(case_id, code, account, value):
                held = self.token(code).accounts[account].held
                self._at_token("release", code, account, held - value // 2)
                self._release(case_id, code, account, value)

    # Others

    def _at_token(self, verb: str, code: str, account: str, value: int = 0) -> bool:
        """What FREEZER, RELEASER and BLACKLISTER do without a case."""
        action, values = f"{verb} at the token", (account, value)
        roles_ = {"hold": "FREEZER", "release": "RELEASER"}
        if verb in roles_:
            arguments = (*values, REF)
            sender = member(roles_[verb])
            return self.to_token(action, code, sender, verb, arguments, verb, *values)
        role, method, flag = MARKS[verb]
        arguments = ([account], REF)
        return self.to_token(action, code, member(role), verb, arguments, method, flag, [account])

    @rule(
        verb=chance(
            ("freeze", "unfreeze", "hold", "release", "blacklist", "unblacklist", "unblacklist")
        ),
        code=tokens,
        account=chance((*SUSPECTS, TREASURY)),
        value=st.integers(1, 3_000),
    )
    def others(self, verb, code, account, value):
        """Somebody freezes, holds or lifts at the token itself."""
        token = self.token(code)
        if verb == "release":
            value = min(value, token.accounts[account].held)
        elif verb == "unblacklist":
            listed = [p for p in self.people if token.accounts[p].has(BLACKLISTED)]
            account = listed[0] if listed else account
        self._at_token(verb, code, account, value)

    @rule(
        code=tokens,
        sender=chance((*SUSPECTS, TREASURY, BYSTANDER)),
        to=chance((*SUSPECTS, BYSTANDER)),
        part=chance((1, 2, 3)),
        above=seldom,
    )
    def transfer(self, code, sender, to, part, above):
        """Of what may be spent, and a unit more now and then."""
        spendable = self.token(code).accounts[sender].spendable
        self.move(code, sender, to, spendable + 1 if above else spendable // part)

    @rule(code=tokens, holder=suspects, value=st.integers(1, 3_000))
    def surrender_some(self, code, holder, value):
        self.surrender(code, holder, value)

    @rule(index=indexes)
    def take_back(self, index):
        requests = self.model.redeeming.requests
        if requests:
            number_ = list(requests)[index % len(requests)]
            holder = requests[number_].holder
            self.to_redemption("takeBack", holder, "takeBack", number_, verb="take_back")

    @rule(code=tokens, back=chance((True, True, False)))
    def pause(self, code, back):
        """Everything stops, or goes on; the law does not care."""
        if self.token(code).pauses and back:
            self.resume_all(code)
        else:
            self.pause_some(code, 15)

    @rule(code=tokens, verified=usually)
    def allow_list(self, code, verified):
        """Nobody here is verified, but perhaps for the treasury."""
        on = not self.token(code).allow_list
        if on and verified:
            self._at_token("verify", code, TREASURY)
        self.list_mode(code, on=on)

    @rule(who=st.integers(0, 3), back=usually)
    def party(self, who, back):
        """A caseworker or executor is expelled, or those that were come back."""
        role, parties = (("CASEWORKER", CASEWORKERS), ("EXECUTOR", EXECUTORS))[who % 2]
        if back:
            self._restore_parties()
        if parties[who // 2] in self.model.members[role]:
            self._expel(role, parties[who // 2])

    @rule(index=indexes)
    def look(self, index):
        """The views say what the model says."""
        book, call = self.book, self.suite.desks.orders.call
        assert call("caseCount") == len(book.cases)
        assert call("cases", 0, 100) == tuple(book.cases)
        for case_id, case in book.cases.items():
            shown = call("caseOf", case_id)
            times = (case.kind, case.opened_at, case.review_by, case.closed, case.restraints)
            assert shown == (*times, case.document)
            entries = tuple(
                (e.token.lower(), e.account.lower(), e.frozen, e.ceiling, e.held, e.taken)
                for e in case.entries.values()
            )
            assert call("entries", case_id, 0, 100) == entries
        waiting = [n for n, t in enumerate(book.takings, 1) if t.status == PROPOSED]
        assert call("openProposals", 0, 1_000)[0] == tuple(waiting)
        number_ = index % (len(book.takings) + 2)
        known = 0 < number_ <= len(book.takings)
        status = book.takings[number_ - 1].status if known else 0
        assert call("proposalOf", number_)[8] == status
        self.passed("look")

    # Invariants

    def _entries_in(self, words: Any) -> dict[tuple[bytes, str, str], tuple[int, int, int, int]]:
        """By case, currency and account: frozen, ceiling, held and taken, of raw words."""
        found = {}
        for case_id in CASES:
            for index in range(words.get(f"entries {case_id!r}", 0)):
                token, account, amounts, taken = (
                    words[f"entry {case_id!r} {index} {i}"] for i in range(4)
                )
                code = next(c for c in CODES if int(self.token(c).address, 16) == token)
                who = self._person(account & PERSON)
                figures = (account >> 160 & 1, amounts & FIGURE, amounts >> 112, taken)
                found[case_id, code, who] = figures
        return found

    def _person(self, number_: int) -> str:
        people = (*self.people, self.model.redeeming.address, ZERO)
        return next(person for person in people if int(person, 16) == number_)

    @invariant()
    def s1_every_word_is_the_models(self):
        assert self.words == self.expected_words()

    @invariant()
    def l1_held_by_cases_is_held_at_the_token(self):
        for step in self.unseen("L1"):
            if step.refused:
                continue
            if step.sender == RELEASER and self._is_at_token(step, "release"):
                self.released.add(self._subject(step))
            sums: Counter[tuple[str, str]] = Counter()
            for (_, code, account), (_, _, held, _) in self._entries_in(step.after).items():
                sums[code, account] += held
            for (code, account), held in sums.items():
                if held and (code, account) not in self.released:
                    assert held <= step.after[f"{code} {account}"] >> 112 & FIGURE

    def _is_at_token(self, step: Any, verb: str) -> bool:
        return step.function == verb and step.contract in self.model.tokens

    def _subject(self, step: Any) -> tuple[str, str]:
        """Currency and account of a step at a token."""
        who = step.arguments[0]
        return self._code(step.contract), who[0] if isinstance(who, list) else who

    @invariant()
    def l2_frozen_is_what_somebody_froze(self):
        for step in self.unseen("L2"):
            if step.refused:
                continue
            by_case = self._frozen_by_cases(step.after)
            self._follow_freezes(step)
            for code in CODES:
                for person in self.people:
                    pair = (code, person)
                    flag = bool(step.after[f"{code} {person}"] >> 248 & FROZEN)
                    if pair not in self.lifted and (pair in by_case or pair in self.frozen):
                        assert flag
                    elif pair not in by_case and pair not in self.ever_frozen:
                        assert not flag

    def _frozen_by_cases(self, words: Any) -> set[tuple[str, str]]:
        entries = self._entries_in(words)
        return {(code, who) for (_, code, who), figures in entries.items() if figures[0]}

    def _follow_freezes(self, step: Any) -> None:
        """Keeps what was frozen at the token while no case did, and what was lifted there."""
        if self._is_at_token(step, "freeze"):
            pair = self._subject(step)
            self.lifted.discard(pair)
            self.ever_frozen.add(pair)
            if pair not in self._frozen_by_cases(step.before):
                self.frozen.add(pair)
        elif self._is_at_token(step, "unfreeze"):
            self.frozen.discard(self._subject(step))
            self.lifted.add(self._subject(step))
        elif step.function in ("freeze", "multicall"):
            _, token, accounts = self._freezing_in(step)
            self.lifted -= {(self._code(token), account) for account in accounts}

    def _freezing_in(self, step: Any) -> Any:
        """The arguments of a freezing, which is the last of several calls in one."""
        if step.function != "multicall":
            return step.arguments
        case_id, token, accounts = decode(FREEZING, step.arguments[0][-1][4:])
        return case_id, to_checksum_address(token), [to_checksum_address(a) for a in accounts]

    @invariant()
    def l3_restraints_are_counted(self):
        entries = self._entries_in(self.words)
        counts: Counter[tuple[str, str]] = Counter()
        sums: Counter[tuple[str, str]] = Counter()
        restraints: Counter[bytes] = Counter()
        for (case_id, code, account), (frozen, _, held, _) in entries.items():
            counts[code, account] += frozen
            sums[code, account] += held
            restraints[case_id] += bool(frozen or held)
        for code in CODES:
            for person in self.people:
                assert self.words[f"freezes {code} {person}"] == counts[code, person]
                assert self.words[f"held by cases {code} {person}"] == sums[code, person]
        for case_id in CASES:
            flags = self.words[f"case {case_id!r} 0"]
            assert flags >> 96 == restraints[case_id]
            assert not (flags >> 88 & 1 and restraints[case_id])

    @invariant()
    def l4_a_case_stays_within_its_ceiling(self):
        for step in self.unseen("L4"):
            for _, ceiling, held, taken in self._entries_in(step.after).values():
                assert held + taken <= ceiling

    @invariant()
    def l5_who_is_not_named_is_not_touched(self):
        for code in CODES:
            stranger = f"{code} {STRANGER}"
            assert self.words[stranger] == self.first[stranger]
        for step in self.unseen("L5"):
            if step.contract != self.book.address or step.refused:
                continue
            named = {(code, account) for _, code, account in self._entries_in(step.after)}
            received = {(self._code(t), to) for t, _, to, _ in step.transfers}
            for code in CODES:
                for person in self.people:
                    if (code, person) not in named | received:
                        name = f"{code} {person}"
                        assert step.after[name] == step.before[name]

    @invariant()
    def l6_taken_is_what_was_executed_and_moved(self):
        for step in self.unseen("L6"):
            orders = [told for event, told in step.events if event == "OrderExecuted"]
            assert len(orders) == (step.function == "execute" and not step.refused)
            for told in orders:
                taking = self._taking_in(step.before, told["id"])
                token, account, to, value, redemption = taking[1:6]
                source = self.model.redeeming.address if redemption else self._person(account)
                code = next(c for c in CODES if int(self.token(c).address, 16) == token)
                moved = (self.token(code).address, source, self._person(to), value)
                assert step.transfers == (moved,)
                assert told["value"] == value
                self.taken[told["caseId"], code, self._person(account)] += value
        entries = self._entries_in(self.words)
        taken = {("0x" + c.hex(), code, who): f[3] for (c, code, who), f in entries.items()}
        assert {key_: value for key_, value in taken.items() if value} == dict(self.taken)

    def _taking_in(self, words: Any, number_: int) -> tuple[int, ...]:
        return tuple(words[f"taking {number_ - 1} {i}"] for i in range(7))

    @invariant()
    def l7_supply_falls_by_destroyed_units_only(self):
        for step in self.unseen("L7"):
            for code in CODES:
                fallen = self.supply_of(step.before, code) - self.supply_of(step.after, code)
                gone = [v for t, _, to, v in step.transfers if (self._code(t), to) == (code, ZERO)]
                assert fallen == sum(gone)
                assert not gone or step.function == "execute"

    @invariant()
    def l8_an_order_executes_once_and_by_another(self):
        for step in self.unseen("L8"):
            for event, told in step.events:
                if event != "OrderExecuted":
                    continue
                assert told["id"] not in self.executed
                self.executed.add(told["id"])
                before = self._taking_in(step.before, told["id"])
                after = self._taking_in(step.after, told["id"])
                assert (before[6] >> 200, after[6] >> 200) == (PROPOSED, EXECUTED)
                assert before[6] & PERSON != int(step.sender, 16)
                assert step.now >= (before[6] >> 160 & MOMENT) + DAY
                flags = step.before[f"case {bytes.fromhex(told['caseId'][2:])!r} 0"]
                assert not flags >> 88 & 1
                assert step.now <= flags >> 48 & MOMENT

    @invariant()
    def l9_other_cases_keep_what_they_hold(self):
        for step in self.unseen("L9"):
            for event, told in step.events:
                if event != "OrderExecuted":
                    continue
                case_id = bytes.fromhex(told["caseId"][2:])
                before, after = self._entries_in(step.before), self._entries_in(step.after)
                for entry, figures in before.items():
                    assert entry[0] == case_id or after[entry] == figures


def test_orders():
    """Holds for every sequence that hypothesis tries, and every action was among them."""
    run_state_machine_as_test(OrdersMachine, settings=sequences())
    report(OrdersMachine)
    require_all(OrdersMachine, ACTIONS, REFUSALS)
