"""What the desks' state machines share: two currencies, their desks, and every word they store.

A machine prepares its chain and its model once, by the same steps that its rules take; each run
starts from copies of both. What a step did is kept, so that invariants see each step of a rule
that takes several.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from eth_utils import keccak, to_checksum_address
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from pegboard.contract import Contract, signature_of
from pegboard.errors import Reverted
from pegboard.reserves import Statement, signable
from pegboard.signing import binding
from tests.support.desk_model import (
    NO_REF,
    Board,
    Fees,
    Issuing,
    Orders,
    Redeeming,
    number,
)
from tests.support.model import (
    BLACKLISTED,
    DAY,
    FROZEN,
    MAX_VALUE,
    REDEMPTION,
    SUITE,
    VERIFIED,
    Feed,
    Refused,
    Terms,
)
from tests.support.stateful import (
    BUCKETS,
    CONFIG,
    LIMIT,
    TRANSFER,
    Twins,
    account_slot,
    deploy_swift,
    error_names,
    member,
)
from tests.support.stateful import mapping_slot as _mapping_slot
from tests.support.world import REF, currencies, desks, key, resolve, roles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pegboard.chain import Log, Receipt
    from tests.support.desk_model import DeskToken

CODES = ("HKD", "USD")
BUFFER = 50
STRANGER = key(30).address
ATTESTORS = sorted((key(i) for i in (16, 17, 18)), key=lambda k: int(k.address, 16))
DOCUMENT = keccak(text="full statement")
#: A proof that outlives every run.
FAR = 2**40
#: The flags that mark accounts at the token: the role, the model's verb, and the flag.
MARKS = {
    "blacklist": ("BLACKLISTER", "bar", BLACKLISTED),
    "freeze": ("FREEZER", "bar", FROZEN),
    "unblacklist": ("RELEASER", "unmark", BLACKLISTED),
    "unfreeze": ("RELEASER", "unmark", FROZEN),
    "verify": ("VERIFIER", "mark", VERIFIED),
    "unverify": ("VERIFIER", "unmark", VERIFIED),
}

chance = st.sampled_from
usually = st.sampled_from((True, True, True, True, False))
seldom = st.sampled_from((False, False, False, True))
codes = st.sampled_from(CODES)

# Slots, by contract and in the order of declaration.
_CHANNELS, _NAMES, _TIERS, _ORDERS, _APPROVERS, _BANK_REFS = range(6)
_FEES, _REQUESTS, _RECORDS, _PAID_BY = range(4)
_WALLETS, _CUSTOMERS = 2, 4
_CALENDARS = 0
_CASES, _CASE_IDS, _ENTRIES, _PLACES, _FREEZES, _HELD, _FROZEN_BEFORE, _TAKINGS = range(8)

mapping_slot = cache(_mapping_slot)


@cache
def array_slot(slot: int, offset: int) -> int:
    """Where an array at a slot has the word of an offset."""
    return int.from_bytes(keccak(slot.to_bytes(32, "big")), "big") + offset


#: Neighbouring words, or None when all are zero.
Words = tuple[int, ...] | None


@dataclass(frozen=True)
class Step:
    """What one call did, as the invariants look at it; `events` are the desks', as decoded."""

    contract: str
    function: str
    arguments: tuple[Any, ...]
    sender: str
    now: int
    refused: str | None
    before: Mapping[str, int]
    after: Mapping[str, int]
    events: tuple[tuple[str, dict[str, Any]], ...]
    transfers: tuple[tuple[str, str, str, int], ...]


class DeskMachine(Twins):
    """All desks of a chain with two currencies, beside their models."""

    #: Whose words are watched, besides the desks'.
    people: ClassVar[tuple[str, ...]]
    #: The desks whose events a step keeps.
    heard: ClassVar[tuple[str, ...]] = ()
    new_board: ClassVar[type[Board]] = Board

    model: Any

    # Preparation, once for all runs

    def deploy(self, chain: Any) -> Any:
        """The shipped currencies, the second with two business days; then what a machine needs."""
        configs = {code: currencies()[code] for code in CODES}
        slower = replace(configs["USD"].redemption, business_days=2)
        configs["USD"] = replace(configs["USD"], redemption=slower)
        self.chain, self.suite = chain, deploy_swift(chain, configs)
        self.model = self._board()
        self._start()
        self._mirror()
        self.prepare()
        return self.suite, self.model

    def prepare(self) -> None:
        """The steps before the first of every run."""
        raise NotImplementedError

    def _board(self) -> Board:
        suite, board = self.suite, self.new_board(desks())
        board.now = self.chain.now()
        for role, holders in roles().holders["local"].items():
            for holder in holders:
                ours = suite.desks.by_name.get(holder.removeprefix("suite::"))
                board.grant(role, ours.address if ours else resolve(holder))
        terms = {}
        for code, peg in suite.pegs.items():
            config = peg.config
            token = board.add(code, peg.token.address, config.decimals)
            source = config.reserves
            attestors = {each.address for each in ATTESTORS}
            feed = Feed(code, 6, attestors, source.quorum, source.rise_quorum, source.max_rise_bps)
            token.terms = Terms(feed, source.max_age, source.buffer_bps)
            token.accounts[suite.desks.issuance.address].flags = SUITE
            token.accounts[suite.desks.redemption.address].flags = SUITE | REDEMPTION
            token.limit.set(config.limit_capacity, config.limit_window, board.now)
            terms[token.address] = Fees(config.redemption.calendar, config.redemption.business_days)
        board.issuing = Issuing(board, suite.desks.issuance.address)
        board.redeeming = Redeeming(board, suite.desks.redemption.address, terms)
        board.orders = Orders(board, board.redeeming, suite.desks.orders.address)
        for peg in suite.pegs.values():
            tiers = tuple((tier.up_to, tier.approvals) for tier in peg.config.tiers)
            board.issuing.tiers[peg.token.address] = tiers
        for name, declared in desks().calendars.items():
            today = declared.day_of(board.now)
            ahead = {day for day in declared.holidays if day >= today}
            board.calendars[name].closed = {d for d in ahead if not declared.is_weekend(d)}
        return board

    def _mirror(self) -> None:
        """Times that only the chain knows: when each limit was set in deployment."""
        for code in CODES:
            self.token(code).limit.at = self.words[f"{code} bucket"] >> 208

    @initialize()
    def begin(self) -> None:
        self.suite, prepared = self.suite
        # What the desks were created with is the same in every run.
        self.model = deepcopy(prepared, {id(prepared.config): prepared.config})
        self._start()

    def _start(self) -> None:
        self.history: list[Step] = []
        self.seen: Counter[str] = Counter()
        self.places: dict[str, tuple[str, int]] = {}
        self.groups: list[tuple[tuple[str, ...], Callable[[], tuple[int, ...]]]] = []
        self.logged: tuple[tuple[str, dict[str, Any]], ...] = ()
        for code in CODES:
            self._watch_token(code)
        self.watch()
        self.words = self.read_words()

    # Words

    def watch(self) -> None:
        """Names the words that this machine watches, once a run."""
        raise NotImplementedError

    def grow(self) -> None:
        """Names the words of what came into being since."""

    def see(self, name: str, contract: Contract, slot: int, expected: Callable[[], int]) -> None:
        """Watches one word, by a name."""
        self.places[name] = (contract.address, slot)
        self.groups.append(((name,), lambda: (expected(),)))

    def see_all(
        self, name: str, contract: Contract, slot: int, width: int, words: Callable[[], Words]
    ) -> None:
        """Watches neighbouring words; `words` answers them all, or None for zeros."""
        zeros, names = (0,) * width, tuple(f"{name} {index}" for index in range(width))
        self.places |= {each: (contract.address, slot + i) for i, each in enumerate(names)}
        self.groups.append((names, lambda: words() or zeros))

    def _watch_token(self, code: str) -> None:
        token, contract = self.token(code), self.suite.pegs[code].token
        desks_ = self.suite.desks
        ours = (desks_.issuance.address, desks_.redemption.address, desks_.orders.address)
        for person in (*self.people, STRANGER, *ours):

            def word(person: str = person) -> int:
                return token.accounts[person].word

            self.see(f"{code} {person}", contract, account_slot(person), word)
        self.see(f"{code} config", contract, CONFIG, lambda: token.config_word)
        limit = token.limit
        self.see(f"{code} limit", contract, LIMIT, lambda: limit.window << 208 | limit.capacity)
        bucket = mapping_slot(0, BUCKETS)
        self.see(f"{code} bucket", contract, bucket, lambda: limit.at << 208 | limit.used)
        feed = token.terms.source

        def latest() -> int:
            if not feed.rounds:
                return 0
            last = feed.rounds[-1]
            figures = last.elsewhere << 104 | last.reserves
            return feed.disputed << 248 | last.as_of << 208 | figures

        self.see(f"{code} latest", self.suite.pegs[code].feed, 0, latest)

    def watch_customers(self) -> None:
        """The records of all people, and how many are bound."""
        register, contract = self.model.register, self.suite.desks.customers
        for person in self.people:

            def words(person: str = person) -> tuple[int, ...]:
                return register.customers[person].words

            slot = mapping_slot(person, _CUSTOMERS)
            self.see_all(f"customer {person}", contract, slot, 3, words)
        self.see(
            "wallets",
            contract,
            _WALLETS,
            lambda: sum(bool(each.bound_at) for each in register.customers.values()),
        )

    def watch_redeeming(self) -> None:
        """Terms, and how many requests there were."""
        contract, desk = self.suite.desks.redemption, self.model.redeeming
        for code in CODES:
            terms = desk.terms[self.token(code).address]

            def word(terms: Any = terms) -> int:
                return int(terms.word)

            slot = mapping_slot(self.token(code).address, _FEES)
            self.see(f"fees {code}", contract, slot, word)
        self.see("requests", contract, _REQUESTS, lambda: desk.count)

    def watch_calendars(self) -> None:
        """The words of 256 days around today, of the currencies' places."""
        contract = self.suite.desks.calendar
        for name in {terms.calendar for terms in self.model.redeeming.terms.values()}:
            calendar = self.model.calendars[name]
            base = mapping_slot(number(name.encode().ljust(32, b"\0")), _CALENDARS)
            today = calendar.day_of(self.chain.now()) >> 8
            for index in range(today, today + 2):
                if f"calendar {name} {index}" in self.places:
                    continue

                def bits(index: int = index, calendar: Any = calendar) -> int:
                    return sum(1 << (day & 255) for day in calendar.closed if day >> 8 == index)

                self.see(f"calendar {name} {index}", contract, mapping_slot(index, base + 1), bits)

    def watch_requests(self) -> None:
        """The records of all requests there were, and of the next; and whom payouts paid."""
        contract, desk = self.suite.desks.redemption, self.model.redeeming
        for request_id in range(1, desk.count + 2):
            if f"request {request_id} 0" not in self.places:

                def words(request_id: int = request_id) -> tuple[int, ...] | None:
                    request = desk.requests.get(request_id)
                    return request.words if request else None

                slot = mapping_slot(request_id, _RECORDS)
                self.see_all(f"request {request_id}", contract, slot, 3, words)
        for ref in desk.paid_by:
            if f"paid by {ref!r}" not in self.places:

                def paid(ref: bytes = ref) -> int:
                    return int(desk.paid_by[ref])

                self.see(f"paid by {ref!r}", contract, mapping_slot(number(ref), _PAID_BY), paid)

    def watch_issuing(self, names: tuple[bytes, ...]) -> None:
        """Channels, tiers, and how many channels and bank references there are."""
        contract, desk = self.suite.desks.issuance, self.model.issuing
        for name in names:
            slot = mapping_slot(number(name), _CHANNELS)

            def words(name: bytes = name) -> tuple[int, ...] | None:
                channel = desk.channels.get(name)
                return channel.words if channel else None

            self.see_all(f"channel {name!r}", contract, slot, 3, words)

            def bucket(name: bytes = name) -> int:
                channel = desk.channels.get(name)
                return channel.limit.at << 208 | channel.limit.used if channel else 0

            self.see(f"bucket {name!r}", contract, mapping_slot(0, slot + 3), bucket)
        for code in CODES:
            token = self.token(code).address

            def packed(token: str = token) -> tuple[int, ...]:
                tiers = [approvals << 96 | up_to for up_to, approvals in desk.tiers[token]]
                tiers += [0] * (8 - len(tiers))
                return tuple(tiers[i] | tiers[i + 1] << 104 for i in (0, 2, 4, 6))

            self.see_all(f"tiers {code}", contract, mapping_slot(token, _TIERS), 4, packed)
        self.see("channels", contract, _NAMES, lambda: len(desk.channels))
        self.see("bank references", contract, _BANK_REFS, lambda: len(desk.orders))

    def watch_orders(self) -> None:
        """Every order that was ever proposed, and its approvers."""
        contract, desk = self.suite.desks.issuance, self.model.issuing
        for ref in desk.orders:
            if f"order {ref!r} 0" in self.places:
                continue
            slot = mapping_slot(number(ref), _ORDERS)
            self.see_all(
                f"order {ref!r}", contract, slot, 2, lambda ref=ref: desk.orders[ref].words
            )
            list_at = mapping_slot(number(ref), _APPROVERS)
            self.see(
                f"approvals {ref!r}",
                contract,
                list_at,
                lambda ref=ref: len(desk.orders[ref].approvers),
            )

            def approvers(ref: bytes = ref) -> tuple[int, ...]:
                given = [int(each, 16) for each in desk.orders[ref].approvers]
                return (*given, *[0] * (3 - len(given)))

            self.see_all(f"approver {ref!r}", contract, array_slot(list_at, 0), 3, approvers)

    def watch_cases(self, ids: tuple[bytes, ...]) -> None:
        """The cases, how many there are, and how many freeze an account."""
        contract, book = self.suite.desks.orders, self.model.orders
        for case_id in ids:

            def words(case_id: bytes = case_id) -> tuple[int, ...] | None:
                return book.cases[case_id].words if case_id in book.cases else None

            slot = mapping_slot(number(case_id), _CASES)
            self.see_all(f"case {case_id!r}", contract, slot, 2, words)
        self.see("cases", contract, _CASE_IDS, lambda: len(book.cases))
        self.see("takings", contract, _TAKINGS, lambda: len(book.takings))
        for code in CODES:
            token = self.token(code).address
            for person in self.people:
                pair = (token, person)
                of_person = {
                    "freezes": (_FREEZES, lambda of=pair: book.freezes[of]),
                    "held by cases": (_HELD, lambda of=pair: book.held(*of)),
                    "frozen before": (
                        _FROZEN_BEFORE,
                        lambda of=pair: int(book.frozen_before.get(of, False)),
                    ),
                }
                for what, (mapping, word) in of_person.items():
                    slot = mapping_slot(person, mapping_slot(token, mapping))
                    self.see(f"{what} {code} {person}", contract, slot, word)

    def watch_entries(self) -> None:
        """What each case names, and what is proposed to be taken."""
        contract, book = self.suite.desks.orders, self.model.orders
        for case_id, case in book.cases.items():
            list_at = mapping_slot(number(case_id), _ENTRIES)
            if f"entries {case_id!r}" not in self.places:
                self.see(
                    f"entries {case_id!r}", contract, list_at, lambda case=case: len(case.entries)
                )
            for index, entry in enumerate(case.entries.values()):
                name = f"entry {case_id!r} {index}"
                if f"{name} 0" not in self.places:
                    slot = array_slot(list_at, 4 * index)
                    self.see_all(name, contract, slot, 4, lambda entry=entry: entry.words)
        for index in range(len(book.takings)):
            if f"taking {index} 0" not in self.places:
                slot = array_slot(_TAKINGS, 7 * index)
                self.see_all(
                    f"taking {index}",
                    contract,
                    slot,
                    7,
                    lambda index=index: book.takings[index].words,
                )

    def read_words(self) -> dict[str, int]:
        self.grow()
        storage = self.chain.storage
        return {name: storage(at, slot) for name, (at, slot) in self.places.items()}

    def expected_words(self) -> dict[str, int]:
        expected: dict[str, int] = {}
        for names, words in self.groups:
            expected.update(zip(names, words(), strict=True))
        return expected

    # Steps

    def token(self, code: str) -> DeskToken:
        """The model of a currency's token."""
        return self.model.by_code[code]

    def do(
        self,
        action: str,
        contract: Contract,
        sender: str,
        function: str,
        arguments: tuple[Any, ...],
        verb: Callable[[], Any],
        *,
        count: bool = True,
    ) -> bool:
        """One step, of which is kept what it did."""
        before, refusals = self.words, []
        self.logged = ()

        def told() -> None:
            try:
                verb()
            except Refused as refused:
                refusals.append(refused.name)
                raise

        went = self.perform(action, contract, sender, function, arguments, told, count=count)
        moved = () if refusals else tuple(self.model.transfers)
        refusal, now = next(iter(refusals), None), self.model.now
        call = (contract.address, function, arguments, sender, now)
        self.history.append(Step(*call, refusal, before, self.words, self.logged, moved))
        return went

    def _check_transfers(self, action: str, receipt: Receipt) -> None:
        logged = [
            (log.address, _address(log.topics[1]), _address(log.topics[2]), number(log.data))
            for log in receipt.logs
            if log.topics and log.topics[0] == TRANSFER
        ]
        moved = self.model.transfers
        assert logged == moved, f"{action} logged {logged}, the model moved {moved}"
        by_name = self.suite.desks.by_name | self.suite.uses.by_name
        contracts = {by_name[name].address: by_name[name] for name in self.heard}
        self.logged = tuple(
            _decoded(contracts[log.address], log)
            for log in receipt.logs
            if log.address in contracts
        )

    def unseen(self, reader: str) -> list[Step]:
        """The steps that this reader has not seen yet."""
        start, self.seen[reader] = self.seen[reader], len(self.history)
        return self.history[start:]

    def passed(self, action: str) -> None:
        """Counts what is no call."""
        self.done[action] += 1
        type(self).steps += 1
        self.last_refused = False

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is inside happens on the chain only, and is undone."""
        point = self.chain.snapshot()
        try:
            yield
        finally:
            self.chain.restore(point)

    def attempt(self, contract: Contract, sender: str, function: str, *arguments: Any) -> str:
        """Sends on the chain only; answers the refusal's name, or nothing."""
        try:
            contract.send(function, *arguments, sender=sender)
        except Reverted as fault:
            return error_names()[fault.data[:4]]
        return ""

    def pass_time(self, seconds: int) -> None:
        """Lets time pass on both sides; it may bring words into sight."""
        self.chain.warp(seconds)
        self.model.now = self.chain.now()
        watched = len(self.places)
        self.grow()
        if len(self.places) != watched:
            self.words = self.read_words()

    # Verbs of several machines

    def to_token(
        self,
        action: str,
        code: str,
        sender: str,
        function: str,
        arguments: tuple[Any, ...],
        verb: str,
        *values: Any,
        count: bool = True,
        **options: Any,
    ) -> bool:
        """A verb of a token, with the model's verb and its values."""
        return self.do(
            action,
            self.suite.pegs[code].token,
            sender,
            function,
            arguments,
            lambda: getattr(self.token(code), verb)(*values, **options),
            count=count,
        )

    def mark_accounts(self, verb: str, code: str, accounts: list[str]) -> bool:
        """Bars, unbars, verifies or unverifies."""
        role, method, flag = MARKS[verb]
        return self.to_token(
            verb, code, member(role), verb, (accounts, REF), method, flag, accounts
        )

    def bind_wallet(
        self,
        wallet: str,
        *,
        days: int = 700,
        fault: str | None = None,
        count: bool = True,
    ) -> bool:
        """Binds by the wallet's own signature, unless it is at fault."""
        register = self.suite.desks.customers
        ref = NO_REF if fault == "reference" else keccak(text=f"customer {wallet}")
        now = self.chain.now()
        until = {"over": now, "too long": now + 4 * 366 * DAY}.get(str(fault), now + days * DAY)
        deadline = now - 1 if fault == "late" else FAR
        nonce = self.model.register.customers[wallet].bindings - (fault == "old")
        signer = "another" if fault == "signer" else wallet
        proof = _proof(register, wallet, ref, max(nonce, 0), deadline, signer)
        proven = fault != "signer" and (fault != "old" or nonce < 0)
        caller = member("REGISTRAR")
        return self.do(
            "bind",
            register,
            caller,
            "bind",
            (wallet, ref, until, deadline, proof, REF),
            lambda: self.model.register.bind(caller, wallet, ref, until, deadline, proven=proven),
            count=count,
        )

    def to_register(self, function: str, *arguments: Any, count: bool = True) -> bool:
        """renew, setPayout or unbind."""
        caller, verb = member("REGISTRAR"), {"setPayout": "set_payout"}.get(function, function)
        return self.do(
            function,
            self.suite.desks.customers,
            caller,
            function,
            (*arguments, REF),
            lambda: getattr(self.model.register, verb)(caller, *arguments),
            count=count,
        )

    def post_statement(
        self, code: str, reserves: int, elsewhere: int = 0, *, age: int = 0, count: bool = True
    ) -> bool:
        """All attestors sign; time passes until the statement is newer than the last."""
        feed = self.token(code).terms.source
        last = feed.rounds[-1].as_of if feed.rounds else 0
        self.pass_time(max(last + 1 + age - self.chain.now(), 0))
        as_of = self.chain.now() - age
        statement = Statement(code, as_of, reserves, elsewhere, DOCUMENT)
        message = signable(self.suite.pegs[code].feed, statement)
        signed = [bytes(each.sign_message(message).signature) for each in ATTESTORS]
        names = [each.address for each in ATTESTORS]
        return self.do(
            "post",
            self.suite.pegs[code].feed,
            STRANGER,
            "post",
            (statement.values(), signed),
            lambda: feed.post(code, as_of, reserves, elsewhere, names, self.model.now),
            count=count,
        )

    def dispute_feed(self, code: str, *, report: bool) -> bool:
        """Reports a break, or clears it."""
        contract, source = self.suite.pegs[code].feed, self.token(code).terms.source
        if report:
            return self.do(
                "reportBreak",
                contract,
                member("PAUSER"),
                "reportBreak",
                (REF,),
                lambda: source.report_break(referenced=True),
            )
        return self.do(
            "clearBreak", contract, member("RESUMER"), "clearBreak", (REF, REF), source.clear_break
        )

    def is_unusable(self, code: str) -> bool:
        """Whether no mint could succeed, whatever its size, for the reserves."""
        self.model.now = self.chain.now()
        try:
            self.token(code).headroom()
        except Refused:
            return True
        return False

    def resume_all(self, code: str, bits: int = 15) -> bool:
        """Resumes by the last pause's number."""
        last = self.token(code).pause_number
        arguments, values = (bits, REF, last), (bits,)
        return self.to_token(
            "resume", code, member("RESUMER"), "resume", arguments, "resume", *values, number=last
        )

    def pause_some(self, code: str, bits: int) -> bool:
        """Pauses, with a consent reference."""
        return self.to_token(
            f"pause {bits}", code, member("PAUSER"), "pause", (bits, REF), "pause", bits
        )

    def list_mode(self, code: str, *, on: bool) -> bool:
        """Enters or leaves allow-list mode."""
        name, role = ("enterAllowListMode", "PAUSER") if on else ("leaveAllowListMode", "GOVERNOR")
        return self.to_token(name, code, member(role), name, (REF,), "set_allow_list", on=on)

    def move(self, code: str, sender: str, to: str, value: int) -> bool:
        """A plain transfer."""
        return self.to_token(
            "transfer", code, sender, "transfer", (to, value), "transfer", sender, to, value
        )

    # Redemption, of which every machine needs some

    def to_redemption(
        self, action: str, sender: str, function: str, *arguments: Any, verb: str = ""
    ) -> bool:
        """A verb of the redemption desk whose model takes the same arguments after its caller."""
        return self.do(
            action,
            self.suite.desks.redemption,
            sender,
            function,
            arguments,
            lambda: getattr(self.model.redeeming, verb or function)(sender, *arguments),
        )

    def surrender(self, code: str, holder: str, value: int, action: str = "surrender") -> bool:
        """A request for redemption."""
        desk = self.suite.desks.redemption.address
        return self.do(
            action,
            self.suite.pegs[code].token,
            holder,
            "surrender",
            (desk, value, REF),
            lambda: self.model.redeeming.surrender(holder, self.token(code), desk, value),
        )

    # Raw figures

    def balance_of(self, words: Mapping[str, int], code: str, account: str) -> int:
        """The balance in an account's raw word."""
        return words[f"{code} {account}"] & MAX_VALUE

    def supply_of(self, words: Mapping[str, int], code: str) -> int:
        """The supply in the raw CONFIG word."""
        return words[f"{code} config"] & MAX_VALUE


class AnyTime:
    """Time passes, most often by itself, and sometimes up to a moment that matters."""

    def moments(self) -> list[int]:
        """Seconds after which something changes."""
        raise NotImplementedError

    @rule(seconds=chance((1, 600, 3_600, DAY // 4, DAY, 3 * DAY)))
    def warp(self, seconds: int) -> None:
        self.pass_time(seconds)
        self.passed("warp")

    @rule(index=st.integers(0, 40), after=st.integers(0, 1))
    def warp_to_an_edge(self, index: int, after: int) -> None:
        """To the last second before something changes, or to the first after it."""
        now = self.chain.now()
        ahead = sorted({moment for moment in self.moments() if moment >= now})
        if ahead:
            self.pass_time(ahead[index % len(ahead)] + after - now)
            self.passed("warp to an edge")


@cache
def _proof(
    register: Contract, wallet: str, ref: bytes, nonce: int, deadline: int, signer: str
) -> bytes:
    """A wallet's signature, or another's; signing takes longer than all else in a step."""
    message = binding(register, wallet, ref, nonce, deadline)
    return bytes(_key_of(signer).sign_message(message).signature)


@cache
def _key_of(address: str) -> Any:
    return next((key(i) for i in range(60) if key(i).address == address), key(30))


@cache
def _address(topic: bytes) -> str:
    return to_checksum_address(topic[-20:])


@cache
def _event(contract: Contract, topic: bytes) -> Contract:
    """The contract as one that knows this event only, so that decoding need not look for it."""
    events = (item for item in contract.abi if item["type"] == "event")
    known = next(item for item in events if keccak(text=signature_of(item)) == topic)
    return Contract(contract.chain, contract.address, [known])


def _decoded(contract: Contract, log: Log) -> tuple[str, dict[str, Any]]:
    return _event(contract, log.topics[0]).events([log])[0]
