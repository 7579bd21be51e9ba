"""S4: a pause moves everybody's times, and nothing else.

Given a script of uses: payments, receivables, envelopes and exchanges, and people who are barred
    when it is played with transfer pauses of any length at any places, and without them
        S4  every step ends as it did, with success or with the same error; and in the end all
            balances, credits, holds, debts, exposures and remaining times are the same
        while it is paused, nothing that the next steps try moves a unit
    when the same time passes without a pause
        deadlines do pass
What people sign for now (quotes, offers, authorizations) is signed when it is used, as it is not
extended: a price must die.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from pegboard.errors import Reverted
from pegboard.uses.terms import Doc, Envelope, Info
from tests.support.revm import RevmChain
from tests.support.stateful import deploy_swift, error_names, member
from tests.support.uses import CAP, DAY, RATE, ZERO, Market, open_market, sign
from tests.support.world import REF, World, currencies, key

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.contract import Contract
    from pegboard.suite import Peg

CODES = ("HKD", "USD")
PAYER, BUYER, MERCHANT, SELLER = key(31), key(38), key(35), key(37)
MAKER, SUPPLIER, OPERATOR, FINANCIER = key(30), key(32), key(34), key(39)
FEE, ATTESTER, LINK, CUSTODIAN = key(40), key(36), key(45), key(46)
PEOPLE = (PAYER, BUYER, MERCHANT, SELLER, MAKER, SUPPLIER, OPERATOR, FINANCIER, FEE, CUSTODIAN)
#: Who is barred and freed, and has credits then.
BARRED = (PAYER, BUYER, MERCHANT, SELLER, FINANCIER, SUPPLIER, FEE)
#: Deadlines and waits are the same few, so that many steps fall on the last second, or after it.
TIMES = (600, DAY, 7 * DAY, 30 * DAY)
WAITS = (*(0,) * 12, 1, 1, 1, *TIMES)
SIZES = (1, 333, 100_000, 7_654_321)
KINDS = (
    *("authorize", "sell", "sell", "capture", "capture", "capture for a credit"),
    *("release", "refund", "refund", "release by order"),
    *("attest", "accept", "accept", "agree", "agree", "finance", "finance", "finance"),
    *("supply", "supply", "pay", "pay", "default", "cancel"),
    *("create", *("claim",) * 4, "take back", "return by order"),
    *("settle", "settle for", "bar", *("free",) * 4, "withdraw", "transfer"),
)
#: Every way in which a step ends well, and some in which a time decides.
ENDS = (
    *KINDS,
    *("capture: DeadlinePassed", "release: NotYetReleasable", "refund: DeadlinePassed"),
    *("default: NotOverdue", "claim: EnvelopeExpired", "take back: NotExpired"),
    *("late payment", "pauses"),
)
LEAST_STEPS = 5_000

steps = st.tuples(
    st.sampled_from(KINDS),
    st.integers(0, 11),
    st.sampled_from(SIZES),
    st.sampled_from(TIMES),
    st.sampled_from(WAITS),
)
#: Before which step, how long.
pauses = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from((1, 599, 600, DAY, 31 * DAY, 400 * DAY))),
    min_size=1,
    max_size=2,
)
Step = tuple[str, int, int, int, int]
#: So that there is something of each kind from the beginning, and what is too early is tried.
PRELUDE: tuple[Step, ...] = (
    ("sell", 1, SIZES[2], DAY, 0),
    ("supply", 0, SIZES[3], 7 * DAY, 1),
    ("create", 5, SIZES[3], DAY, 1),
    ("release", 0, SIZES[1], 0, 0),
    ("default", 0, 0, 0, 0),
    ("take back", 0, 0, 0, 0),
    ("claim", 0, 0, 0, 0),
)


@cache
def opened() -> Market:
    """The market, once; every play starts from it and leaves it as it was."""
    chain = RevmChain()
    suite = deploy_swift(chain, {code: currencies()[code] for code in CODES})
    market = open_market(World(chain, suite, None))
    usd, governor = market.usd.token.address, member("GOVERNOR")
    suite.registry.send("raiseAttester", ATTESTER.address, usd, CAP, REF, sender=governor)
    return market


class Play:
    """One performance of a script, on a chain of its own."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        self.market, self.codes = opened(), codes
        self.chain, self.uses = self.market.world.chain, self.market.uses
        self.ends: list[str] = []
        self.tally: Counter[str] = Counter()
        self.payments: list[Info] = []
        self.docs: list[Doc] = []
        self.envelopes: list[Envelope] = []
        self.nonce = 0
        #: What is created after a pause has another date, and so would draw other shares.
        self.dated_anew = False
        self.final: dict[str, Any] = {}

    # Who and what

    def peg(self, index: int) -> Peg:
        return self.market.world.suite.pegs[self.codes[index % len(self.codes)]]

    def code_of(self, token: str) -> Contract:
        pegs = self.market.world.suite.pegs.values()
        return next(peg.token for peg in pegs if peg.token.address == token)

    def sent(self, contract: Contract, sender: Any, function: str, *arguments: Any) -> str:
        """Success is nothing, a refusal its name."""
        sender = sender if isinstance(sender, str) else sender.address
        try:
            contract.send(function, *arguments, sender=sender)
        except Reverted as fault:
            return error_names()[fault.data[:4]]
        return ""

    # The script

    def play(self, script: list[Step], interrupted: list[tuple[int, int]], *, stop: bool) -> None:
        """With its pauses, or as if there were none."""
        places = sorted((at % len(script), length) for at, length in interrupted)
        for index, step in enumerate(script):
            for at, length in places:
                if at == index:
                    self.dated_anew = True
                    if stop:
                        self.interrupt(length, script[index : index + 2])
            self.chain.warp(step[-1])
            end = self.act(step)
            self.ends.append(end)
            self.tally[f"{step[0]}: {end}" if end else step[0]] += 1

    def interrupt(self, length: int, following: list[Step]) -> None:
        """Nothing moves while it lasts, whatever is tried."""
        suite, before = self.market.world.suite, self.balances()
        for code in self.codes:
            suite.pegs[code].token.send("pause", 1, REF, sender=member("PAUSER"))
        self.chain.warp(length)
        point, known = self.chain.snapshot(), [*map(list, self.known())]
        for step in following:
            self.act(step)
        assert {name: self.balances()[name] for name in before} == before
        self.payments, self.docs, self.envelopes = known
        self.chain.restore(point)
        for code in self.codes:
            token = suite.pegs[code].token
            number = token.call("pauseNumber")
            token.send("resume", 1, REF, number, sender=member("RESUMER"))
        self.tally["pauses"] += 1

    def known(self) -> tuple[list[Any], ...]:
        return self.payments, self.docs, self.envelopes

    def act(self, step: Step) -> str:
        """One step; what it is about is chosen by its number among what there is."""
        kind, index, size, time, _ = step
        verb: Callable[[int, int, int], str] = getattr(self, kind.replace(" ", "_"))
        return verb(index, size, time)

    # Checkout

    def authorize(self, index: int, size: int, time: int) -> str:
        contract, now, peg = self.uses.checkout, self.chain.now(), self.peg(index)
        payer, payee = (PAYER, BUYER)[index // 2 % 2], (MERCHANT, SELLER)[index // 4 % 2]
        order = keccak(text=f"order {len(self.payments)}")
        people = (OPERATOR.address, payer.address, payee.address, peg.token.address)
        dates = (now, now + time, now + time + DAY * (index % 3))
        info = Info(*people, size, *dates, 150 * (index % 3), FEE.address, order)
        self.payments.append(info)
        signature = self.market.pay_signed(info, contract, payer, peg)
        return self.sent(contract, OPERATOR, "authorize", info.values(), signature)

    def _payment(self, index: int) -> Info:
        return self.payments[-1 - index // 4 % len(self.payments)]

    def capture(self, index: int, size: int, time: int) -> str:
        info = self._payment(index)
        value = min(size, max(info.max // 3, 1))
        return self.sent(self.uses.checkout, OPERATOR, "capture", info.values(), value)

    def sell(self, index: int, size: int, time: int) -> str:
        """A payment of which a part is captured at once."""
        return self.authorize(index, size, time) or self.capture(0, size, time)

    def capture_for_a_credit(self, index: int, size: int, time: int) -> str:
        """A payment whose payees are blacklisted before the second capture."""
        end = self.sell(index, size, time)
        self._mark("blacklist", "BLACKLISTER", BARRED.index(MERCHANT))
        self._mark("blacklist", "BLACKLISTER", BARRED.index(SELLER))
        return end or self.capture(0, size, time)

    def release(self, index: int, size: int, time: int) -> str:
        info = self._payment(index)
        by = (info.payer, info.payer, OPERATOR)[size % 3]
        return self.sent(self.uses.checkout, by, "release", info.values())

    def refund(self, index: int, size: int, time: int) -> str:
        info = self._payment(index)
        return self.sent(self.uses.checkout, MERCHANT, "refund", info.values(), size % info.max + 1)

    def release_by_order(self, index: int, size: int, time: int) -> str:
        info, by = self._payment(index), member("EXECUTOR")
        self._freeze(info.payer, size)
        values = (info.values(), CUSTODIAN.address, REF)
        return self.sent(self.uses.checkout, by, "complianceRelease", *values)

    # Receivables

    def attest(self, index: int, size: int, time: int) -> str:
        contract, number = self.uses.receivables, len(self.docs)
        names = (ATTESTER.address, SELLER.address, BUYER.address, self.peg(index).token.address)
        papers = keccak(text=f"invoice {number}"), keccak(text=f"orders {number}")
        doc = Doc(*names, size * 9, self.chain.now() + time, *papers)
        self.docs.append(doc)
        signature = sign(ATTESTER, doc.signable(contract))
        return self.sent(contract, SELLER, "attest", doc.values(), signature)

    def _doc(self, index: int) -> Doc:
        return self.docs[-1 - index // 6 % len(self.docs)]

    def accept(self, index: int, size: int, time: int) -> str:
        if index % 2:
            self.attest(index, size, time)
        contract, doc = self.uses.receivables, self._doc(index)
        signature = sign(BUYER, doc.acceptance(contract))
        return self.sent(contract, SELLER, "accept", doc.fingerprint, signature)

    def finance(self, index: int, size: int, time: int) -> str:
        if index % 2:
            self.agree(index - 1, size, time)
        contract, doc = self.uses.receivables, self._doc(index)
        self.nonce += 1
        changes = {"advance": doc.face * 7 // 10, "late_bps_per_day": 9, "nonce": self.nonce}
        offer = self.market.offer(doc, **changes)
        signature = sign(FINANCIER, offer.signable(contract))
        return self.sent(contract, SELLER, "finance", doc.values(), offer.values(), signature)

    def supply(self, index: int, size: int, time: int) -> str:
        """A document that is accepted and financed at once."""
        return self.agree(index, size, time) or self.finance(0, size, time)

    def agree(self, index: int, size: int, time: int) -> str:
        """A document that is accepted at once."""
        return self.attest(index, size, time) or self.accept(0, size, time)

    def pay(self, index: int, size: int, time: int) -> str:
        contract, doc = self.uses.receivables, self._doc(index)
        left = doc.face - contract.call("receivableOf", doc.fingerprint)[5]
        value = min(max(left // (1 + index % 3), 1), max(left, 1))
        late = self._is_late(doc)
        end = self.sent(contract, BUYER, "pay", doc.values(), value, REF)
        self.tally["late payment"] += late and not end
        return end

    def _is_late(self, doc: Doc) -> bool:
        try:
            return bool(self.chain.now() > self.uses.receivables.call("dueOf", doc.values()) + DAY)
        except Reverted:
            return False

    def default(self, index: int, size: int, time: int) -> str:
        doc = self._doc(index)
        return self.sent(self.uses.receivables, FINANCIER, "markDefault", doc.values())

    def cancel(self, index: int, size: int, time: int) -> str:
        if index % 2:
            self.attest(index, size, time)
        doc = self._doc(index // 2)
        return self.sent(self.uses.receivables, SELLER, "cancel", doc.values())

    # Envelopes

    def create(self, index: int, size: int, time: int) -> str:
        contract, peg = self.uses.envelopes, self.peg(index)
        random = index % 2 == 1 and not self.dated_anew
        names = (PAYER.address, peg.token.address, LINK.address, ZERO)
        salt = len(self.envelopes).to_bytes(32, "big")
        terms = (size * 10, 1 + index % 4, random, self.chain.now() + time, salt)
        envelope = Envelope(*names, *terms)
        self.envelopes.append(envelope)
        signature = self.market.pay_signed(envelope, contract, PAYER, peg)
        return self.sent(contract, SUPPLIER, "create", envelope.values(), signature)

    def _envelope(self, index: int) -> Envelope:
        return self.envelopes[-1 - index // 4 % len(self.envelopes)]

    def claim(self, index: int, size: int, time: int) -> str:
        contract, envelope = self.uses.envelopes, self._envelope(index)
        to = (SUPPLIER, SELLER, FEE, FINANCIER)[index % 4].address
        signature = sign(LINK, envelope.claim(contract, to))
        return self.sent(contract, SUPPLIER, "claim", envelope.values(), to, signature)

    def take_back(self, index: int, size: int, time: int) -> str:
        envelope = self._envelope(index)
        return self.sent(self.uses.envelopes, SUPPLIER, "refund", envelope.values())

    def return_by_order(self, index: int, size: int, time: int) -> str:
        envelope, by = self._envelope(index), member("EXECUTOR")
        self._freeze(envelope.creator, size)
        values = (envelope.values(), CUSTODIAN.address, REF)
        return self.sent(self.uses.envelopes, by, "complianceRelease", *values)

    # Exchange

    def settle(self, index: int, size: int, time: int) -> str:
        fx, quote = self.uses.fx, self._quote(size)
        values = (quote.values(), sign(MAKER, quote.signable(fx)), SUPPLIER.address, REF)
        return self.sent(fx, PAYER, "settle", *values)

    def settle_for(self, index: int, size: int, time: int) -> str:
        fx, quote = self.uses.fx, self._quote(size)
        payment = quote.payment(fx, BUYER.address, SUPPLIER.address, REF)
        token = self.market.hkd.token
        paid = sign(BUYER, payment.signable(token, "ReceiveWithAuthorization"))
        made = sign(MAKER, quote.signable(fx))
        values = (quote.values(), made, BUYER.address, SUPPLIER.address, REF, paid)
        return self.sent(fx, FINANCIER, "settleFor", *values)

    def _quote(self, size: int) -> Any:
        """Made now, at a price that is pushed now."""
        self.market.price()
        self.nonce += 1
        amounts = {"sell_amount": 1_000 * size, "buy_amount": size * RATE // 10**5}
        return self.market.quote(nonce=self.nonce, **amounts)

    # People

    def bar(self, index: int, size: int, time: int) -> str:
        verb, role = (("freeze", "FREEZER"), ("blacklist", "BLACKLISTER"))[size % 2]
        return self._mark(verb, role, index)

    def free(self, index: int, size: int, time: int) -> str:
        self._mark("unfreeze", "RELEASER", index)
        return self._mark("unblacklist", "RELEASER", index)

    def _freeze(self, account: str, size: int) -> None:
        """Before an order, most often."""
        if size != SIZES[0]:
            self._mark("freeze", "FREEZER", [each.address for each in BARRED].index(account))

    def _mark(self, verb: str, role: str, index: int) -> str:
        account = BARRED[index % len(BARRED)].address
        ends = [
            self.sent(peg.token, member(role), verb, [account], REF)
            for peg in self.market.world.suite.pegs.values()
        ]
        return "".join(ends)

    def withdraw(self, index: int, size: int, time: int) -> str:
        """Whoever has a credit, at the first use where there is one."""
        for contract in (self.uses.checkout, self.uses.receivables):
            for peg in self.market.world.suite.pegs.values():
                for each in PEOPLE:
                    if contract.call("creditOf", peg.token.address, each.address):
                        return self.sent(contract, each, "withdraw", peg.token.address)
        return self.sent(self.uses.checkout, MERCHANT, "withdraw", self.peg(index).token.address)

    def transfer(self, index: int, size: int, time: int) -> str:
        sender, to = PEOPLE[index % len(PEOPLE)], PEOPLE[size % len(PEOPLE)]
        token = self.peg(index).token
        return self.sent(token, sender, "transfer(address,uint256)", to.address, size)

    # What is whose in the end

    def balances(self) -> dict[str, int]:
        """Of people and uses, in what is paused."""
        places = [each.address for each in PEOPLE]
        places += [each.address for each in self.uses.by_name.values()]
        tokens = [self.peg(index).token for index in range(len(self.codes))]
        return {f"{t.address} {at}": t.call("balanceOf", at) for t in tokens for at in places}

    def entitlements(self) -> dict[str, Any]:
        """All that anybody has, is owed or may do, and for how long."""
        found: dict[str, Any] = self.balances()
        now, uses = self.chain.now(), self.uses
        for peg in self.market.world.suite.pegs.values():
            token = peg.token.address
            found[f"supply {token}"] = peg.token.call("totalSupply")
            exposure = uses.receivables.call("exposureOf", ATTESTER.address, token)
            found[f"exposure {token}"] = exposure
            for each in PEOPLE:
                found[f"{token} {each.address}"] = peg.token.call("balanceOf", each.address)
                for name in ("checkout", "receivables", "envelopes"):
                    credit = getattr(uses, name).call("creditOf", token, each.address)
                    found[f"{name} {token} {each.address}"] = credit
        for index, info in enumerate(self.payments):
            held, refundable, before = uses.checkout.call("paymentOf", info.digest(uses.checkout))
            moved = self.code_of(info.token).call("pausedSeconds") - before - now
            left = (info.capture_by + moved, info.refund_by + moved) if held or refundable else ()
            found[f"payment {index}"] = (held, refundable, left)
        for index, doc in enumerate(self.docs):
            found[f"receivable {index}"] = self._receivable(doc, now)
        for index, envelope in enumerate(self.envelopes):
            name = envelope.digest(uses.envelopes)
            left, packets, opened_, before = uses.envelopes.call("restOf", name)
            moved = self.code_of(envelope.token).call("pausedSeconds") - before - now
            time = envelope.expiry + moved if left else None
            found[f"envelope {index}"] = (left, packets, opened_, time)
        return found

    def _receivable(self, doc: Doc, now: int) -> tuple[Any, ...]:
        contract = self.uses.receivables
        shown = contract.call("receivableOf", doc.fingerprint)
        if not shown[0]:
            return ()
        time, owed = contract.call("dueOf", doc.values()) - now, contract.call("owed", doc.values())
        # All but the document's hash, which has its date, and what says when it was attested.
        status, _, buyer, _, _, *rest = shown
        return (status, buyer, *rest, time, owed)


def played(
    script: list[Step], interrupted: list[tuple[int, int]], codes: tuple[str, ...], *, stop: bool
) -> Play:
    """A whole play, after which the chain is as it was; `final` has what was whose."""
    play = Play(codes)
    point = play.chain.snapshot()
    try:
        play.play(script, interrupted, stop=stop)
        play.final = play.entitlements()
    finally:
        play.chain.restore(point)
    return play


def test_a_pause_moves_times_and_nothing_else(record_property):
    """S4: the same script, with pauses and without."""
    tally: Counter[str] = Counter()

    @settings(max_examples=max(settings.default.max_examples // 10, 200))
    @given(
        script=st.lists(steps, min_size=15, max_size=45),
        interrupted=pauses,
        codes=st.sampled_from((("HKD",), CODES)),
    )
    def same(script: list[Step], interrupted: list[tuple[int, int]], codes: tuple[str, ...]):
        whole = [*PRELUDE, *script]
        plain = played(whole, interrupted, codes, stop=False)
        paused = played(whole, interrupted, codes, stop=True)
        assert paused.ends == plain.ends
        assert paused.final == plain.final
        tally.update(paused.tally)
        tally["steps"] += 2 * len(whole)

    same()
    ends = ", ".join(f"{end} {times}" for end, times in sorted(tally.items()))
    record_property("told", f"S4, what the paused plays did: {ends}")
    assert tally["steps"] >= LEAST_STEPS
    never = [end for end in ENDS if not tally[end]]
    assert not never, f"never: {never} in {ends}"


def test_the_same_time_without_a_pause_does_change_it():
    """What passes between authorization and capture decides, unless it was a pause."""
    script = [*PRELUDE, ("capture", 0, 333, DAY, DAY - 2), ("capture", 0, 333, DAY, 1)]
    plain = played(script, [(len(PRELUDE), DAY)], CODES, stop=False)
    paused = played(script, [(len(PRELUDE), DAY)], CODES, stop=True)
    waited = played([*PRELUDE, ("free", 0, 0, 0, DAY), *script[7:]], [], CODES, stop=False)
    assert plain.ends[-2:] == paused.ends[-2:] == ["", "DeadlinePassed"]
    assert waited.ends[-2:] == ["DeadlinePassed", "DeadlinePassed"]
