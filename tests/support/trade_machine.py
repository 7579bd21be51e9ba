"""What the machines of receivables and envelopes add: supply that comes and goes, and thieves.

S1 is told by the chain's own log, since the deployment; S3 is also tried, by taking every way out
that a barred owner's value might have.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyrevm
from eth_utils import keccak
from hypothesis.stateful import invariant, rule

from tests.support.desk_machine import CODES, FAR, chance, codes
from tests.support.desk_model import number
from tests.support.model import DAY, MAX_WORD, MINT, TRANSFERS
from tests.support.revm import START, RevmChain
from tests.support.stateful import TRANSFER, member
from tests.support.uses_machine import GOVERNOR, EscrowMachine, whoever
from tests.support.world import REF, key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pegboard.chain import Receipt
    from pegboard.contract import Contract
    from pegboard.sending.journal import Note
    from tests.support.desk_machine import Step

MINTER, BURNER, RESUMER = member("MINTER"), member("BURNER"), member("RESUMER")
RESERVES = 10**17
#: Longer than any deadline of a run.
AGES = 400 * DAY
TRADE = ("burn", "mint", "post", "strip")
#: The attempt to take what is somebody else's: contract, sender, function and arguments.
Attempt = tuple["Contract", str, str, tuple[Any, ...]]


class ToldChain(RevmChain):
    """A chain that adds up what its Transfer events say was issued and burned, from the first.

    Each of its blocks draws another number, as blocks do.
    """

    def __init__(self) -> None:
        super().__init__()
        self.issued: Counter[str] = Counter()

    def _set_time(self) -> None:
        moment, block = self.timestamp, self.timestamp - START + 1
        self.evm.set_block_env(
            pyrevm.BlockEnv(timestamp=moment, number=block, prevrandao=self.draw)
        )

    @property
    def draw(self) -> bytes:
        """What this block drew."""
        return keccak(self.timestamp.to_bytes(32, "big"))

    def snapshot(self) -> Any:
        return super().snapshot(), self.issued.copy()

    def restore(self, point: Any) -> None:
        base, issued = point
        super().restore(base)
        self.issued = issued.copy()

    def send(self, sender: str, to: str, data: bytes, *note: Note) -> Receipt:
        receipt = super().send(sender, to, data, *note)
        for log in receipt.logs:
            if log.topics and log.topics[0] == TRANSFER:
                born, gone = (number(topic) == 0 for topic in log.topics[1:3])
                self.issued[log.address] += (born - gone) * number(log.data)
        return receipt


class TradeMachine(EscrowMachine):
    """Receivables or envelopes, among people who all have money."""

    new_chain = ToldChain

    # Preparation

    def prepare(self) -> None:
        """Money and allowances for all people."""
        super().prepare()
        for code in CODES:
            for person in self.people:
                self.mint_to(code, person, 10**9, count=False)
                self._allow(code, person, MAX_WORD, count=False)

    def _start(self) -> None:
        #: When each pause of transfers began and ended.
        self.pauses: dict[str, list[list[int]]] = {code: [] for code in CODES}
        super()._start()

    def do(self, *arguments: Any, **options: Any) -> bool:
        """Also notes when transfers were paused."""
        went = super().do(*arguments, **options)
        step = self.history[-1]
        for code in CODES:
            was, is_ = (w[f"{code} config"] >> 192 & TRANSFERS for w in (step.before, step.after))
            if is_ and not was:
                self.pauses[code].append([step.now, FAR])
            elif was and not is_:
                self.pauses[code][-1][1] = step.now
        self.note(step)
        return went

    def note(self, step: Step) -> None:
        """Keeps what the invariants ask later."""

    def paused(self, code: str, since: int, until: int) -> int:
        """For how long transfers were paused between two moments, told without the contract."""
        cut = ((max(start, since), min(end, until)) for start, end in self.pauses[code])
        return sum(max(end - start, 0) for start, end in cut)

    def _allow(self, code: str, owner: str, value: int, *, count: bool = True) -> bool:
        values = (self.contract.address, value)
        return self.to_token(
            "allow", code, owner, "approve", values, "approve", owner, *values, count=count
        )

    def mint_to(self, code: str, to: str, value: int, *, count: bool = True) -> bool:
        """The minter's own verb, against what the last statement says."""
        arguments = (to, value, REF)
        return self.to_token(
            "mint", code, MINTER, "mint", arguments, "mint", MINTER, to, value, count=count
        )

    def take_off_board(self, code: str) -> None:
        """The currency retires; what was begun in it goes on."""
        token, verb = self.address(code), self.model.retire
        if self.model.pairs:
            self._close_pair()
        self.do(
            "retire",
            self.suite.registry,
            GOVERNOR,
            "retire",
            (code.encode(), REF),
            lambda: verb(GOVERNOR, token),
        )

    def code_of(self, token: str) -> str:
        """The currency of a token."""
        known = self.model.tokens.get(token)
        return next((code for code in CODES if self.token(code) is known), "")

    # Issuance

    @rule(code=codes, who=whoever, value=chance((1, 10_000, 10**8)))
    def mint(self, code, who, value):
        """Against a new statement, where the last is too old."""
        if self.is_unusable(code):
            self.post_statement(code, RESERVES)
        if self.token(code).pauses & MINT:
            self.resume_all(code)
        self.mint_to(code, self.person(who), value)

    @rule(code=codes, part=chance((1, 2, 100)), more=chance((0, 0, 0, 1)))
    def burn(self, code, part, more):
        value = self.token(code).accounts[BURNER].balance // part + more
        arguments = (value, REF)
        self.to_token("burn", code, BURNER, "burn", arguments, "burn", BURNER, value)

    # Thieves

    def ways_out(self, code: str, owner: str) -> Iterable[Attempt]:
        """All by which what belongs to an owner could leave it; each on a chain set aside."""
        token, friend = self.suite.pegs[code].token, key(66).address
        all_ = self.balance_of(self.words, code, owner)
        yield token, owner, "transfer", (friend, all_)
        yield token, owner, "approve", (friend, MAX_WORD)
        yield token, friend, "transferFrom", (owner, friend, all_)
        yield token, owner, "burn", (all_, REF)
        yield self.contract, owner, "withdraw", (token.address,)
        yield self.contract, friend, "withdraw", (token.address,)
        for caller in (owner, friend):
            arguments = (token.address, owner, friend, REF)
            yield self.contract, caller, "releaseCredit", arguments
            yield self.contract, caller, "rescue", (token.address, friend, REF)

    @rule(
        code=codes,
        who=whoever,
        verb=chance(("freeze", "blacklist", "unverify")),
        later=chance((0, 0, AGES)),
        back=chance((True, True, False)),
    )
    def strip(self, code, who, verb, later, back):
        """S3, tried: whoever takes whatever way, whenever, a barred owner has no unit less."""
        owner = self.person(who)
        self.mark_accounts(verb, code, [owner])
        if verb == "unverify" and not self.token(code).allow_list:
            self.list_mode(code, on=True)
        had = self.belongs(self.words, code, owner)
        with self.aside():
            if self.token(code).pauses:
                number_ = self.token(code).pause_number
                self.attempt(self.suite.pegs[code].token, RESUMER, "resume", 15, REF, number_)
            self.chain.warp(later)
            for contract, sender, function, arguments in self.ways_out(code, owner):
                self.attempt(contract, sender, function, *arguments)
                has = self.belongs(self.read_words(), code, owner)
                assert has >= had, f"{function} by {sender} took {had - has} {code} of {owner}"
        self.passed("strip")
        if back:
            self.set_right(code, owner)
            if self.token(code).allow_list:
                self.list_mode(code, on=False)

    def belongs(self, words: Mapping[str, int], code: str, owner: str) -> int:
        """What is beneficially somebody's, by raw words."""
        held = self.held(words)[code, owner] + self.credits_of(words)[code, owner]
        return self.balance_of(words, code, owner) + held

    # Told from events

    @invariant()
    def s1_the_supply_is_what_was_issued_less_what_was_burned(self):
        for code in CODES:
            assert self.supply_of(self.words, code) == self.chain.issued[self.address(code)]
