"""What the state machines of the uses share: two currencies and their market, and the weather.

A machine of a use names its `people`, makes the use's model in `add_use`, watches its words in
`watch` and `grow`, and says in `held` what raw words hold for whom. From here it has everything
that happens to people and tokens meanwhile (bars, pauses, allow-lists, donations, time), and S2 and
S3 of all uses, read from raw words alone.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from pegboard.signing import cancellation
from tests.support.desk_machine import (
    CODES,
    MARKS,
    AnyTime,
    DeskMachine,
    chance,
    codes,
    mapping_slot,
    seldom,
    usually,
)
from tests.support.desk_model import NO_REF, number
from tests.support.model import (
    BLACKLISTED,
    FROZEN,
    MAX_VALUE,
    MAX_WORD,
    SIGNATURES,
    SUITE,
    TRANSFERS,
    VERIFIED,
    Round,
)
from tests.support.stateful import (
    ALLOWANCES,
    AUTHORIZATIONS,
    counts,
    deploy_swift,
    member,
    require_all,
)
from tests.support.uses import BAND, CAP, MAX_AGE, RATE, Market, open_market, sign
from tests.support.uses_model import Pair, Rate, UsesBoard
from tests.support.world import REF, World, currencies, key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pegboard.contract import Contract
    from pegboard.signing import Authorization

#: Where orders send what they release, and who tries everything without any right.
CUSTODIAN, HOSTILE = key(46), key(47)
GOVERNOR, PAUSER, EXECUTOR = member("GOVERNOR"), member("PAUSER"), member("EXECUTOR")
#: What takes value out of a barred owner's hands by order.
ORDERED = {"complianceRelease", "releaseCredit"}
#: In CONFIG's flags.
ALLOW_LIST = 1 << (192 + 4)
#: Where every escrow has its credits.
CREDITS = 2
FEW = 3
AUTHORIZED = "address,address,uint256,uint256,uint256,bytes32,bytes"

WEATHER = (
    "allow",
    "blacklist",
    "closePair",
    "donate",
    "enterAllowListMode",
    "freeze",
    "hold",
    "leaveAllowListMode",
    "pause 1",
    "pause 2",
    "pause 3",
    "register",
    "release of a hold",
    "resume",
    "retire",
    "transfer",
    "unblacklist",
    "unfreeze",
    "unverify",
    "verify",
    "warp",
    "warp to an edge",
)
ESCROWS = ("releaseCredit", "withdraw")

whoever = st.integers(0, 99)


class UsesMachine(AnyTime, DeskMachine):
    """A use between currencies that are paused, people who are barred, and time that passes."""

    new_board = UsesBoard
    #: The use that this machine is about, as `suite.uses` and the model's attribute name it.
    use: ClassVar[str]
    market: ClassVar[Market]

    # Preparation

    def deploy(self, chain: Any) -> Any:
        """HKD and USD without delays, and an open market in them."""
        self.chain = chain
        self.suite = deploy_swift(chain, {code: currencies()[code] for code in CODES})
        type(self).market = open_market(World(chain, self.suite, None))
        self.found()
        self.model = self._board()
        self.add_use(self.model)
        self._start()
        self._mirror()
        self.prepare()
        return self.suite, self.model

    def found(self) -> None:
        """Makes what else must be on the chain, before the model is made."""

    def prepare(self) -> None:
        """The steps before the first of every run: half of all people are verified."""
        for code in CODES:
            known = list(self.people[::2])
            arguments, values = (known, REF), (VERIFIED, known)
            sender = member("VERIFIER")
            self.to_token("verify", code, sender, "verify", arguments, "mark", *values, count=False)

    def add_use(self, board: UsesBoard) -> None:
        """Gives the board its use's model, under the use's name."""
        raise NotImplementedError

    def _mirror(self) -> None:
        """What the deployment and the market did, as the chain tells it, once."""
        super()._mirror()
        board = self.model
        for code in CODES:
            token = self.token(code)
            for name, word in self.words.items():
                if name.startswith(f"{code} allowance ") and word:
                    token.allowances[*name.split()[2:]] = word
                elif name.startswith(f"{code} 0x"):
                    model = token.accounts[name.split()[1]]
                    model.balance, model.flags = word & MAX_VALUE, word >> 248
            token.supply = self.supply_of(self.words, code)
            token.limit.used = self.words[f"{code} bucket"] & (2**208 - 1)
            latest = self.words[f"{code} latest"]
            figures = latest & (2**104 - 1), latest >> 104 & (2**104 - 1)
            token.terms.source.rounds.append(Round(latest >> 208, board.now, *figures))
        hkd, usd = self.address("HKD"), self.address("USD")
        pair = Pair(usd, hkd, MAX_AGE, BAND)
        board.pairs = {(usd, hkd): pair, (hkd, usd): pair}
        board.rates = [Rate(RATE, board.now)] * 2
        board.caps[self.market.attester.address, hkd] = CAP

    def places_of_uses(self) -> tuple[str, ...]:
        """The addresses of all uses."""
        return tuple(each.address for each in self.suite.uses.by_name.values())

    def _start(self) -> None:
        self.donated: Counter[tuple[str, str]] = Counter()
        super()._start()

    # Who and what

    @property
    def contract(self) -> Contract:
        """The use's contract."""
        return getattr(self.suite.uses, self.use)

    @property
    def ledger(self) -> Any:
        """The use's model."""
        return getattr(self.model, self.use)

    def address(self, code: str) -> str:
        """A currency's token."""
        return self.suite.pegs[code].token.address

    def person(self, index: int) -> str:
        """One of the people."""
        return self.people[index % len(self.people)]

    def moments(self) -> list[int]:
        """When something changes, as `warp_to_an_edge` asks for it."""
        return []

    # Words

    def _watch_token(self, code: str) -> None:
        super()._watch_token(code)
        token, contract = self.token(code), self.suite.pegs[code].token
        for use in self.places_of_uses():

            def word(use: str = use) -> int:
                return token.accounts[use].word

            self.see(f"{code} {use}", contract, int(use, 16) | 1 << 160, word)
        spender = self.contract.address
        for owner in self.people:

            def allowed(owner: str = owner) -> int:
                return token.allowance(owner, spender)

            slot = mapping_slot(spender, mapping_slot(owner, ALLOWANCES))
            self.see(f"{code} allowance {owner} {spender}", contract, slot, allowed)

    def watch_spent(self, code: str, authorizer: str, nonce: bytes) -> None:
        """Watches whether an authorization was used; nonces that are hashes share no word."""
        name = f"{code} spent {authorizer} {nonce!r}"
        if name not in self.places:
            token, value = self.token(code), number(nonce)
            slot = mapping_slot(value >> 8, mapping_slot(authorizer, AUTHORIZATIONS))

            def bits() -> int:
                return ((authorizer, value) in token.spent) << (value & 255)

            self.see(name, self.suite.pegs[code].token, slot, bits)

    # Steps

    def to_use(
        self,
        action: str,
        sender: str,
        function: str,
        arguments: tuple[Any, ...],
        verb: str,
        *values: Any,
        count: bool = True,
        **options: Any,
    ) -> bool:
        """A verb of the use, with the model's verb and its values."""
        return self.do(
            action,
            self.contract,
            sender,
            function,
            arguments,
            lambda: getattr(self.ledger, verb)(*values, **options),
            count=count,
        )

    def signed(self, code: str, payment: Authorization, payer: Any) -> bytes:
        """The payer's signature over an ERC-3009 payment to a contract."""
        token = self.suite.pegs[code].token
        return sign(payer, payment.signable(token, "ReceiveWithAuthorization"))

    def steal(self, code: str, payment: Authorization, signature: bytes) -> None:
        """A payer's signature does nothing in other hands, nor as another kind of transfer."""
        pair = payment.valid_after, payment.valid_before
        nonce = number(payment.nonce)
        for kind in ("transfer", "receive"):
            assert not self.to_token(
                f"{kind} of a stranger",
                code,
                HOSTILE.address,
                f"{kind}WithAuthorization({AUTHORIZED})",
                (*payment.values(), signature),
                "authorized_transfer",
                *(payment.sender, payment.to, payment.value, pair, nonce),
                signer=payment.sender if kind == "receive" else None,
                payee=HOSTILE.address if kind == "receive" else None,
            )

    def cancel_payment(self, code: str, payer: Any, nonce: bytes) -> bool:
        """The payer takes its authorization back."""
        token = self.suite.pegs[code].token
        signature = sign(payer, cancellation(token, payer.address, nonce))
        self.watch_spent(code, payer.address, nonce)
        self.words = self.read_words()
        return self.to_token(
            "cancelAuthorization",
            code,
            HOSTILE.address,
            "cancelAuthorization(address,bytes32,bytes)",
            (payer.address, nonce, signature),
            "cancel_authorization",
            *(payer.address, number(nonce), payer.address),
        )

    def set_right(self, code: str, *accounts: str) -> None:
        """Undoes whatever would refuse these people."""
        token = self.token(code)
        if token.address not in self.model.codes:
            self._back_on_board(code)
        if token.pauses:
            self.resume_all(code, TRANSFERS | SIGNATURES)
        people = dict.fromkeys(each for each in accounts if each in self.people)
        for flag, verb in ((BLACKLISTED, "unblacklist"), (FROZEN, "unfreeze")):
            barred = [each for each in people if token.accounts[each].has(flag)]
            if barred:
                self.mark_accounts(verb, code, barred)
        if token.allow_list:
            unknown = [each for each in people if not token.accounts[each].has(VERIFIED | SUITE)]
            if unknown:
                self.mark_accounts("verify", code, unknown)
        for each in people:
            if held := token.accounts[each].held:
                self._release_hold(code, each, held)

    def _release_hold(self, code: str, account: str, value: int) -> None:
        self.to_token(
            "release of a hold",
            code,
            member("RELEASER"),
            "release",
            (account, value, REF),
            "release",
            *(account, value),
        )

    def _back_on_board(self, code: str) -> bool:
        peg = self.suite.pegs[code]
        arguments = (code.encode(), peg.token.address, peg.feed.address, REF)
        return self.do(
            "register",
            self.suite.registry,
            GOVERNOR,
            "register",
            arguments,
            lambda: self.model.register_token(GOVERNOR, peg.token.address, code),
        )

    def to_registry(self, function: str, sender: str, verb: str, *arguments: Any) -> bool:
        """A verb of the market's terms, whose model takes the same arguments after its caller."""
        return self.do(
            function,
            self.suite.registry,
            sender,
            function,
            (*arguments, REF),
            lambda: getattr(self.model, verb)(sender, *arguments),
        )

    # The weather

    @rule(code=codes, who=whoever, verb=chance(tuple(MARKS)))
    def mark(self, code, who, verb):
        """Bars and frees, verifies and unverifies; who is freed was barred, most often."""
        flag, token = MARKS[verb][2], self.token(code)
        marked = [each for each in self.people if token.accounts[each].has(flag)]
        chosen = marked if verb.startswith("un") and marked else self.people
        self.mark_accounts(verb, code, [chosen[who % len(chosen)]])

    @rule(code=codes, bits=chance((1, 1, 1, 2, 3)), seconds=chance((0, 1, 600, 100_000)))
    def pause(self, code, bits, seconds):
        if self.pause_some(code, bits) and seconds:
            self.pass_time(seconds)
            self.passed("warp")

    @rule(code=codes)
    def resume(self, code):
        self.resume_all(code, TRANSFERS | SIGNATURES)

    @rule(code=codes, on=chance((True, False, False)))
    def change_mode(self, code, on):
        self.list_mode(code, on=on)

    @rule(code=codes, who=whoever, to=whoever, part=chance((2, 7, 10**6)), gift=seldom)
    def transfer(self, code, who, to, part, gift):
        """To one of the people; or to a use, where it belongs to nobody and changes nothing."""
        sender, places = self.person(who), self.places_of_uses()
        value = self.token(code).accounts[sender].balance // part
        if not gift:
            self.move(code, sender, self.person(to), value)
            return
        values = (places[to % len(places)], min(value, 999))
        self.to_token("donate", code, sender, "transfer", values, "transfer", sender, *values)

    @rule(code=codes, who=whoever, value=chance((MAX_WORD, MAX_WORD, 0, 10**9)))
    def allow(self, code, who, value):
        owner, spender = self.person(who), self.contract.address
        values = (spender, value)
        self.to_token("allow", code, owner, "approve", values, "approve", owner, *values)

    @rule(code=codes, who=whoever, value=chance((1, 10**11, 10**14)), held=usually)
    def hold(self, code, who, value, held):
        account = self.person(who)
        present = self.token(code).accounts[account].held
        if present or not held:
            self._release_hold(code, account, present if held else present + 1)
        else:
            arguments, values = (account, value, REF), (account, value)
            self.to_token("hold", code, member("FREEZER"), "hold", arguments, "hold", *values)

    @rule(code=codes, close=usually, back=usually)
    def retire(self, code, close, back):
        """Off the board, once it has no pair, and most often on it again."""
        token = self.address(code)
        if close and self.model.pairs:
            self._close_pair()
        self.do(
            "retire",
            self.suite.registry,
            GOVERNOR,
            "retire",
            (code.encode(), REF),
            lambda: self.model.retire(GOVERNOR, token),
        )
        if back and token not in self.model.codes:
            self._back_on_board(code)

    def _close_pair(self) -> bool:
        tokens = self.address("USD"), self.address("HKD")
        return self.to_registry("closePair", PAUSER, "close_pair", *tokens)

    # What raw words say

    def held(self, words: Mapping[str, int]) -> Counter[tuple[str, str]]:
        """What the use holds apart from credits, by currency and beneficial owner."""
        raise NotImplementedError

    def credits_of(self, words: Mapping[str, int]) -> Counter[tuple[str, str]]:
        """What is credited, by currency and account; none where a use holds nothing."""
        return Counter()

    def gifts(self) -> Counter[tuple[str, str]]:
        """What strangers sent to uses, by token and use: whatever came without a use's own call."""
        uses = self.places_of_uses()
        for step in self.unseen("gifts"):
            for token, _, to, value in step.transfers:
                if to in uses and step.contract != to:
                    self.donated[token, to] += value
        return self.donated

    def is_barred(self, words: Mapping[str, int], code: str, account: str) -> bool:
        """Whether an account may not send, by its raw word and the currency's."""
        flags = words[f"{code} {account}"] >> 248
        listed = words[f"{code} config"] & ALLOW_LIST
        return bool(flags & (BLACKLISTED | FROZEN) or (listed and not flags & (VERIFIED | SUITE)))

    @invariant()
    def s1_every_word_is_the_models(self):
        expected = self.expected_words()
        wrong = {name: hex(word) for name, word in self.words.items() if word != expected[name]}
        assert not wrong, {name: (word, hex(expected[name])) for name, word in wrong.items()}

    @invariant()
    def s2_no_use_has_more_than_its_ledger_says(self):
        """To the unit, but for what strangers sent."""
        donated = self.gifts()
        held = self.held(self.words) + self.credits_of(self.words)
        for code in CODES:
            token = self.address(code)
            for use in self.places_of_uses():
                owed = sum(value for (of, _), value in held.items() if of == code)
                ledgered = owed if use == self.contract.address else 0
                balance = self.balance_of(self.words, code, use)
                assert balance == ledgered + donated[token, use]

    @invariant()
    def s3_nothing_leaves_a_barred_owner(self):
        """What a barred account has, holds in the use and is credited never falls, but by order."""
        for step in self.unseen("S3"):
            if step.refused or step.function in ORDERED:
                continue
            barred = [
                (code, each)
                for code in CODES
                for each in self.people
                if self.is_barred(step.before, code, each)
            ]
            if not barred:
                continue
            before, after = (
                self.held(words) + self.credits_of(words) for words in (step.before, step.after)
            )
            for code, each in barred:
                had = self.balance_of(step.before, code, each) + before[code, each]
                has = self.balance_of(step.after, code, each) + after[code, each]
                assert has >= had, f"{step.function} took {had - has} {code} of {each}"


class EscrowMachine(UsesMachine):
    """A use that holds tokens: credits, withdrawals, orders, and foreign tokens."""

    def creditors(self) -> tuple[str, ...]:
        """Whoever may have a credit."""
        return self.people

    def watch_credits(self) -> None:
        """The credits of all who may have one."""
        contract, ledger = self.contract, self.ledger
        for code in CODES:
            token = self.address(code)
            for each in self.creditors():

                def credit(token: str = token, each: str = each) -> int:
                    return int(ledger.credits[token, each])

                slot = mapping_slot(each, mapping_slot(token, CREDITS))
                self.see(f"credit {code} {each}", contract, slot, credit)

    def credits_of(self, words: Mapping[str, int]) -> Counter[tuple[str, str]]:
        found = ((code, each) for code in CODES for each in self.creditors())
        return Counter({pair: words[f"credit {pair[0]} {pair[1]}"] for pair in found})

    def _credited(self, code: str, who: int) -> str:
        """Somebody with a credit, if there is one."""
        token = self.address(code)
        having = [each for each in self.people if self.ledger.credits[token, each]]
        return having[who % len(having)] if having else self.person(who)

    @rule(code=codes, who=whoever, right=usually)
    def withdraw(self, code, who, right):
        account, token = self._credited(code, who), self.address(code)
        if right:
            self.set_right(code, account)
        self.to_use("withdraw", account, "withdraw", (token,), "withdraw", account, token)

    @rule(
        code=codes,
        who=whoever,
        by=chance((EXECUTOR, EXECUTOR, EXECUTOR, EXECUTOR, HOSTILE.address, GOVERNOR)),
        ref=chance((REF, REF, REF, REF, NO_REF)),
        barred=usually,
    )
    def release_credit(self, code, who, by, ref, barred):
        """Of somebody who may not send, or not receive, most often."""
        account, token, to = self._credited(code, who), self.address(code), CUSTODIAN.address
        if barred:
            self.set_right(code, to)
            self.mark_accounts(("blacklist", "freeze")[who % 2], code, [account])
        values = (token, account, to, ref)
        self.to_use("releaseCredit", by, "releaseCredit", values, "release_credit", by, *values)

    @rule(code=codes, by=chance((GOVERNOR, GOVERNOR, HOSTILE.address)))
    def rescue(self, code, by):
        """Never a currency, whatever it is now."""
        token, to = self.address(code), CUSTODIAN.address
        values = (token, to)
        self.to_use("rescue", by, "rescue", (*values, REF), "rescue", by, *values)


def few_sequences() -> settings:
    """A tenth of the profile's examples, of 50 steps, but 320 at least."""
    return settings(
        max_examples=max(settings.default.max_examples // 10, 320), stateful_step_count=50
    )


def tell(
    machine: type[UsesMachine],
    record: Any,
    actions: Iterable[str],
    refusals: Iterable[str],
) -> None:
    """Shows the counts, and fails when an action succeeded less than a few times."""
    record("told", counts(machine))
    require_all(machine, actions, refusals)
    rare = sorted(name for name in actions if machine.done[name] < FEW)
    assert not rare, f"hardly ever succeeded: {', '.join(rare)}\n{counts(machine)}"
