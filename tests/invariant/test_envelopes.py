"""Red envelopes, stepped beside their model.

Given two currencies, creators, links, claimers, and people who are barred
    when envelopes are filled, claimed, given back and released by order, by whom they are for and
    by others, with the keys of other links, for other addresses, other terms, and again
        each step succeeds, or is refused with the very error that the model names, changing nothing
        E1  what was claimed, went back and is left is what was put in, to the unit
        E2  a share is at least 0.01, and so is what is left for each who can still claim
        E3  an address has one share of an envelope
        E4  as many claim as there were packets, and not one more
        E6  the rest goes back after the expiry, which pauses move, and to the creator only
        S1  the supply is what was issued less what was burned, told from events alone
        S2  every use holds what its ledger says, and what strangers gave it
        S3  nothing of a barred account's leaves it, but by order: a barred creator's envelope
            gives nothing
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eth_utils import keccak
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from pegboard.uses.terms import Envelope
from tests.support.desk_machine import CODES, chance, codes, mapping_slot, usually
from tests.support.desk_model import NO_REF, number
from tests.support.model import DAY, ZERO
from tests.support.trade_machine import BURNER, TRADE, TradeMachine
from tests.support.trade_model import Envelopes
from tests.support.uses import sign
from tests.support.uses_machine import (
    CUSTODIAN,
    EXECUTOR,
    GOVERNOR,
    HOSTILE,
    ORDERED,
    WEATHER,
    few_sequences,
    tell,
)
from tests.support.world import REF, key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.desk_machine import Step

CREATORS = (key(31).address, key(61).address)
CLAIMERS = tuple(key(i).address for i in range(62, 67))
SUBMITTER = key(67).address
KEYS = {key(i).address: key(i) for i in (31, *range(61, 68), 70, 71)}
LINKS = (key(70), key(71))
#: 0.01.
LEAST = 10_000
#: Where the contract has them; credits stand before them.
RESTS, CLAIMED = 3, 4
FIELD96 = 2**96 - 1
#: Envelopes that mean nothing, or are over.
SENSELESS = ("no packets", "too little", "no key", "expired", "foreign token")
#: How the creator's signature is misused.
MISSIGNED = ("signer", "other terms", "another kind", "cancelled")
#: How a claim is made wrongly.
MEDDLING = (
    *("caller", "other link", "other address", "other envelope", "other terms", "again"),
    *("nobody", "the token", "a redemption desk", "the contract"),
)
#: What may come between filling and the last claim.
MISHAPS = (
    *("none", "none", "creator frozen", "creator blacklisted", "claimer blacklisted"),
    *("claimer frozen", "paused", "unverified", "currency retires", "it expires"),
)

ACTIONS = (
    "create",
    "create of a random envelope",
    "create of the least",
    "create for a submitter",
    "create until now",
    "claim",
    "claim of a random share",
    "claim of the last packet",
    "claim by the submitter",
    "claim in the last second",
    "claim after the expiry that a pause moved",
    "claim of a retired currency",
    "refund",
    "refund by a stranger",
    "refund in the first second",
    "complianceRelease",
    "cancelAuthorization",
    "look",
    *TRADE,
    *WEATHER,
)
REFUSALS = (
    "AccessManagedUnauthorized",
    "AlreadyClaimed",
    "AuthorizationSpent",
    "BlacklistedAccount",
    "CallerNot",
    "CallerNotPayee",
    "ERC20InsufficientBalance",
    "ERC20InvalidReceiver",
    "EnvelopeEmpty",
    "EnvelopeExists",
    "EnvelopeExpired",
    "EnvelopeUnknown",
    "FrozenAccount",
    "InvalidEnvelope",
    "InvalidSignature",
    "NotExpired",
    "OwnerBarred",
    "OwnerNotBarred",
    "Paused",
    "ReferenceRequired",
    "TokenNotRegistered",
    "UnverifiedAccount",
)

indices = st.integers(0, 30)


class EnvelopesMachine(TradeMachine):
    """Envelopes from their filling to the last claim, and whoever meddles."""

    use = "envelopes"
    heard = ("RedEnvelope",)
    people = (*CREATORS, *CLAIMERS, BURNER)

    # Preparation

    def add_use(self, board: Any) -> None:
        board.envelopes = Envelopes(board, self.contract.address)

    def _start(self) -> None:
        #: All that were ever made up, by their ids.
        self.made: dict[bytes, Envelope] = {}
        #: What the events told, by envelope: when it was filled, shares, and what left otherwise.
        self.filled: dict[bytes, int] = {}
        self.shares: defaultdict[bytes, dict[str, int]] = defaultdict(dict)
        self.gone: Counter[bytes] = Counter()
        super()._start()

    def watch(self) -> None:
        self.watch_credits()

    def grow(self) -> None:
        for name, terms in self.made.items():
            if f"rest {name.hex()}" in self.places:
                continue

            def rest(name: bytes = name) -> int:
                there = self.ledger.rests.get(name)
                return there.word if there else 0

            slot = mapping_slot(number(name), RESTS)
            self.see(f"rest {name.hex()}", self.contract, slot, rest)
            base = mapping_slot(number(name), CLAIMED)
            for who in (*self.people, self.contract.address):

                def claimed(of: Any = (name, who)) -> int:
                    return int(of in self.ledger.claimed)

                slot = mapping_slot(who, base)
                self.see(f"claimed {name.hex()} {who}", self.contract, slot, claimed)
            for code in CODES:
                if self.address(code) == terms.token:
                    self.watch_spent(code, terms.creator, name)

    def moments(self) -> list[int]:
        """Expiries, with the pauses so far."""
        return [self.ledger.expiry_of(rest) for rest in self.ledger.rests.values() if rest.left]

    def note(self, step: Step) -> None:
        for event, told in step.events:
            name = bytes.fromhex(told["id"][2:]) if "id" in told else b""
            if event == "Created":
                self.filled.setdefault(name, step.now)
            elif event in {"Returned", "ComplianceReleased"}:
                self.gone[name] += told["value"]

    # Helpers

    def _name(self, terms: Envelope) -> bytes:
        return terms.digest(self.contract)

    def _known(self, terms: Envelope) -> bytes:
        """The id of these terms, whose words are watched from now on."""
        name = self._name(terms)
        if name not in self.made:
            self.made[name] = terms
            self.words = self.read_words()
        return name

    def _terms(self, code: str, creator: int, more: int, size: int, **changes: Any) -> Envelope:
        """Terms of an envelope of this size, with so much more than the least."""
        salt = keccak(text=f"envelope {len(self.made)}")
        total, expiry = size * LEAST + more, self.chain.now() + DAY
        terms = Envelope(
            *(CREATORS[creator], self.address(code), LINKS[more % 2].address, ZERO),
            *(total, size, True, expiry, salt),
        )
        return replace(terms, **changes)

    def _payment(self, code: str, terms: Envelope, fault: str | None) -> bytes:
        """The creator's signature, or what is no such thing."""
        signer = KEYS[CLAIMERS[0] if fault == "signer" else terms.creator]
        over = replace(terms, packets=terms.packets + 1) if fault == "other terms" else terms
        payment = over.payment(self.contract)
        if fault == "another kind":
            return sign(signer, payment.signable(self.suite.pegs[code].token))
        return self.signed(code, payment, signer)

    def _create(self, code: str, terms: Envelope, *, fault: str | None = None) -> bool:
        signature = self._payment(code, terms, fault)
        signer = None if fault in MISSIGNED[:3] else terms.creator
        name = self._known(terms)
        went = self.to_use(
            "create",
            HOSTILE.address,
            "create",
            (terms.values(), signature),
            "create",
            *(terms, name, signer),
        )
        if went:
            self._count(
                "create",
                {
                    "of a random envelope": terms.random,
                    "of the least": terms.total == terms.packets * LEAST,
                    "for a submitter": terms.submitter != ZERO,
                    "until now": terms.expiry == self.chain.now(),
                },
            )
        return went

    def _count(self, action: str, cases: dict[str, bool]) -> None:
        for case, is_so in cases.items():
            if is_so:
                self.done[f"{action} {case}"] += 1

    def _claim(self, terms: Envelope, to: str, caller: str, *, fault: str | None = None) -> bool:
        self.model.now = now = self.chain.now()
        name = self._known(terms)
        link = LINKS[(LINKS[0].address == terms.key) == (fault == "other link")]
        of, over = (CLAIMERS[4] if to != CLAIMERS[4] else CLAIMERS[3]), terms
        if fault == "other envelope":
            over = replace(terms, salt=REF)
        message = over.claim(self.contract, of if fault == "other address" else to)
        signed = fault not in {"other link", "other address", "other envelope"}
        rest = self.ledger.rests.get(name)
        expiry, packets = (self.ledger.expiry_of(rest), rest.packets) if rest else (0, 0)
        values = (caller, terms, name, to, self.chain.draw)
        went = self.to_use(
            "claim",
            caller,
            "claim",
            (terms.values(), to, sign(link, message)),
            "claim",
            *values,
            signed=signed,
        )
        if went:
            self._count(
                "claim",
                {
                    "of a random share": terms.random and packets > 1,
                    "of the last packet": packets == 1,
                    "by the submitter": terms.submitter != ZERO,
                    "in the last second": now == expiry,
                    "after the expiry that a pause moved": now > terms.expiry,
                    "of a retired currency": terms.token not in self.model.codes,
                },
            )
        return went

    def _refund(self, terms: Envelope, caller: str) -> bool:
        self.model.now = now = self.chain.now()
        name = self._known(terms)
        rest = self.ledger.rests.get(name)
        expiry = self.ledger.expiry_of(rest) if rest else 0
        went = self.to_use("refund", caller, "refund", (terms.values(),), "refund", name)
        if went:
            cases = {"by a stranger": caller == HOSTILE.address}
            self._count("refund", cases | {"in the first second": now == expiry + 1})
        return went

    def _release(self, terms: Envelope, to: str, by: str, ref: bytes) -> bool:
        values = (by, self._known(terms), to, ref)
        return self.to_use(
            "complianceRelease",
            by,
            "complianceRelease",
            (terms.values(), to, ref),
            "compliance_release",
            *values,
        )

    def _some(self, index: int) -> Envelope:
        """One that has something left, or else a new one."""
        having = [rest for rest in self.ledger.rests.values() if rest.left]
        if having:
            return having[index % len(having)].terms
        return self._fill(CODES[index % 2], index % 2, 1_000_000 + index, 1 + index % 4)

    def _fill(self, code: str, creator: int, more: int, packets: int, **changes: Any) -> Envelope:
        """A new one, with everything in order."""
        terms = self._terms(code, creator, more, packets, **changes)
        self.set_right(code, terms.creator)
        self._create(code, terms)
        return terms

    def _caller(self, terms: Envelope) -> str:
        return HOSTILE.address if terms.submitter == ZERO else terms.submitter

    # Creators

    @rule(
        code=codes,
        creator=st.integers(0, 1),
        more=chance((0, 1, 9_999, 100_000, 10**8)),
        packets=chance((1, 2, 3, 5)),
        random=st.booleans(),
        submitter=chance((ZERO, SUBMITTER)),
        last=chance((0, 1, 600, DAY, 3 * DAY)),
        right=usually,
    )
    def create(self, code, creator, more, packets, random, submitter, last, right):
        terms = self._terms(
            *(code, creator, more, packets),
            random=random,
            submitter=submitter,
            expiry=self.chain.now() + last,
        )
        if right:
            self.set_right(code, terms.creator)
        self._create(code, terms)

    @rule(
        code=codes,
        creator=st.integers(0, 1),
        index=indices,
        kind=chance((*SENSELESS, *MISSIGNED, "again", "stolen", "beyond means", "frozen")),
    )
    def create_wrongly(self, code, creator, index, kind):
        """What means nothing, is not signed by its creator, or was used up before."""
        if kind == "again":
            terms = self._fill(code, creator, 100_000, 1 + index % 3)
            self._claim(terms, CLAIMERS[index % 5], self._caller(terms))
            self._create(code, terms)
            return
        wrong: dict[str, dict[str, Any]] = {
            "no packets": {"packets": 0},
            "too little": {"total": 3 * LEAST - 1},
            "no key": {"key": ZERO},
            "expired": {"expiry": self.chain.now() - 1},
            "foreign token": {"token": HOSTILE.address},
            "beyond means": {"total": 10**14},
        }
        terms = self._terms(code, creator, 100_000, 3, **wrong.get(kind, {}))
        self.set_right(code, terms.creator)
        if kind == "cancelled":
            self.cancel_payment(code, KEYS[terms.creator], self._known(terms))
        if kind == "frozen":
            self.mark_accounts("freeze", code, [terms.creator])
        if kind == "stolen":
            self._known(terms)
            payment = terms.payment(self.contract)
            self.steal(code, payment, self.signed(code, payment, KEYS[terms.creator]))
        self._create(code, terms, fault=kind if kind in MISSIGNED else None)

    # Claimers

    @rule(index=indices, who=chance(CLAIMERS), times=chance((1, 1, 2, 5)), right=usually)
    def claim(self, index, who, times, right):
        """One claimer, or several, one after the other."""
        terms = self._some(index)
        start = CLAIMERS.index(who)
        for turn in range(times):
            to = CLAIMERS[(start + turn) % len(CLAIMERS)]
            if right:
                self.set_right(self.code_of(terms.token), terms.creator, to)
            self._claim(terms, to, self._caller(terms))

    @rule(index=indices, who=chance(CLAIMERS), fault=chance(MEDDLING), right=usually)
    def claim_wrongly(self, index, who, fault, right):
        """With another's link, for somebody else or nobody, under other terms, or once more."""
        terms = self._some(index)
        if right:
            self.set_right(self.code_of(terms.token), terms.creator, who)
        caller, to = self._caller(terms), who
        if fault == "caller" and terms.submitter == ZERO:
            code = self.code_of(terms.token)
            terms = self._fill(code, index % 2, 100_000, 3, submitter=SUBMITTER)
            caller = who
        elif fault == "caller":
            caller = terms.key
        elif fault == "other terms":
            terms = replace(terms, packets=terms.packets + 1)
        elif fault == "again":
            self._claim(terms, to, caller)
        desk = self.suite.desks.redemption.address
        places = {"nobody": ZERO, "the token": terms.token, "a redemption desk": desk}
        to = (places | {"the contract": self.contract.address}).get(fault, to)
        self._claim(terms, to, caller, fault=fault)

    # After the expiry

    @rule(
        index=indices,
        after=chance((1, 1, 0, 0, DAY, None)),
        paused=chance((0, 600, 2 * DAY)),
        verb=chance(("refund", "claim")),
        by=chance((HOSTILE.address, *CREATORS)),
        other=chance((False,) * 6 + (True,)),
        right=usually,
    )
    def come_late(self, index, after, paused, verb, by, other, right):
        """A refund or a claim around the expiry, to the second, also one that a pause moved."""
        terms = self._some(index)
        code = self.code_of(terms.token)
        if paused:
            self.pause_some(code, 1)
            self.pass_time(paused)
            self.resume_all(code)
        rest = self.ledger.rests.get(self._name(terms))
        if rest and after is not None:
            self.model.now = self.chain.now()
            self.pass_time(max(self.ledger.expiry_of(rest) + after - self.chain.now(), 0))
        if right:
            self.set_right(code, terms.creator, *CLAIMERS)
        if other:
            terms = replace(terms, total=terms.total + 1)
        if verb == "refund":
            self._refund(terms, by)
        else:
            name, start = self._name(terms), index % len(CLAIMERS)
            turned = (*CLAIMERS[start:], *CLAIMERS[:start])
            open_ = [each for each in turned if (name, each) not in self.ledger.claimed]
            self._claim(terms, (open_ or turned)[0], self._caller(terms))

    # Orders

    @rule(
        index=indices,
        by=chance((EXECUTOR, EXECUTOR, EXECUTOR, HOSTILE.address, GOVERNOR)),
        ref=chance((REF, REF, REF, REF, NO_REF)),
        to=chance((CUSTODIAN.address, CUSTODIAN.address, CLAIMERS[0], ZERO)),
        barred=usually,
        verb=chance(("freeze", "blacklist")),
    )
    def release(self, index, by, ref, to, barred, verb):
        """Of a barred creator's envelope, most often."""
        terms = self._some(index)
        code = self.code_of(terms.token)
        if barred:
            self.set_right(code, to)
            self.mark_accounts(verb, code, [terms.creator])
        self._release(terms, to, by, ref)

    # A whole life

    @rule(
        code=codes,
        creator=st.integers(0, 1),
        more=chance((0, 7, 100_000, 10**8)),
        packets=chance((1, 2, 4, 5)),
        random=st.booleans(),
        mishap=chance(MISHAPS),
        first=st.integers(0, 5),
        submitter=chance((ZERO, SUBMITTER)),
    )
    def life(self, code, creator, more, packets, random, mishap, first, submitter):
        """Filled, claimed one by one with a mishap in the middle, and what is left given back."""
        changes = {"random": random, "submitter": submitter}
        terms = self._fill(code, creator, more, packets, **changes)
        claimers = [CLAIMERS[(first + turn) % len(CLAIMERS)] for turn in range(packets)]
        self.set_right(code, *claimers)
        for turn, to in enumerate(claimers):
            if turn == packets // 2:
                self._happen(mishap, code, terms, to)
            self._claim(terms, to, self._caller(terms))
        self._refund(terms, terms.creator)

    def _happen(self, mishap: str, code: str, terms: Envelope, to: str) -> None:
        if mishap in {"creator frozen", "claimer frozen"}:
            self.mark_accounts("freeze", code, [terms.creator if "creator" in mishap else to])
        elif mishap in {"creator blacklisted", "claimer blacklisted"}:
            self.mark_accounts("blacklist", code, [terms.creator if "creator" in mishap else to])
        elif mishap == "paused":
            self.pause_some(code, 1)
        elif mishap == "unverified":
            self.list_mode(code, on=True)
        elif mishap == "currency retires":
            self.take_off_board(code)
        elif mishap == "it expires":
            self.pass_time(2 * DAY)

    # Thieves

    def ways_out(self, code: str, owner: str) -> Any:
        """Claiming from a barred creator, having it given back, and orders without any right."""
        yield from super().ways_out(code, owner)
        for rest in self.ledger.rests.values():
            terms = rest.terms
            if terms.creator != owner or self.code_of(terms.token) != code:
                continue
            link = next(link for link in LINKS if link.address == terms.key)
            for to in (*CLAIMERS, HOSTILE.address, self.contract.address):
                signature = sign(link, terms.claim(self.contract, to))
                arguments = (terms.values(), to, signature)
                yield self.contract, self._caller(terms), "claim", arguments
            for caller in (owner, HOSTILE.address):
                yield self.contract, caller, "refund", (terms.values(),)
                arguments = (terms.values(), HOSTILE.address, REF)
                yield self.contract, caller, "complianceRelease", arguments

    # Looking

    @rule(index=indices)
    def look(self, index):
        """The views say what the model says."""
        self.model.now = self.chain.now()
        call, names = self.contract.call, list(self.made)
        if not names:
            return
        name = names[index % len(names)]
        assert call("idOf", self.made[name].values()) == "0x" + name.hex()
        rest = self.ledger.rests.get(name)
        shown = (rest.left, rest.packets, True, rest.paused_before) if rest else (0, 0, False, 0)
        assert call("restOf", name) == shown
        for who in self.people:
            assert call("hasClaimed", name, who) == ((name, who) in self.ledger.claimed)
        for code in CODES:
            assert self.suite.pegs[code].token.call("totalSupply") == self.token(code).supply
        self.passed("look")

    # Invariants, from raw words, events and transfers

    def held(self, words: Any) -> Counter[tuple[str, str]]:
        """What is left is the creator's."""
        held: Counter[tuple[str, str]] = Counter()
        for name, terms in self.made.items():
            left = words.get(f"rest {name.hex()}", 0) & FIELD96
            if left:
                held[self.code_of(terms.token), terms.creator] += left
        return held

    def _told(self, reader: str, *kinds: str) -> Iterator[tuple[Step, str, bytes, Any]]:
        """The events of these kinds that this reader has not seen yet."""
        for step in self.unseen(reader):
            for event, told in step.events:
                if event in kinds:
                    yield step, event, bytes.fromhex(told["id"][2:]), told

    @invariant()
    def e1_what_went_in_is_what_went_out_and_what_is_left(self):
        for step, event, name, told in self._told("E1", "Created", "Claimed"):
            terms = self.made[name]
            if event == "Created":
                moved = (terms.token, terms.creator, self.contract.address, terms.total)
            else:
                self.shares[name][told["to"]] = told["value"]
                moved = (terms.token, self.contract.address, told["to"], told["value"])
            assert step.transfers == (moved,)
        for name in self.filled:
            out = sum(self.shares[name].values()) + self.gone[name]
            assert out + (self.words[f"rest {name.hex()}"] & FIELD96) == self.made[name].total

    @invariant()
    def e2_every_share_is_at_least_a_cent(self):
        for _, _, _, told in self._told("E2", "Claimed"):
            assert told["value"] >= LEAST
        for name in self.filled:
            left, packets = self._left(name)
            assert left >= packets * LEAST
            assert bool(left) == bool(packets)

    def _left(self, name: bytes) -> tuple[int, int]:
        """What is left, and for how many."""
        word = self.words[f"rest {name.hex()}"]
        return word & FIELD96, word >> 96 & 0xFFFF

    @invariant()
    def e3_an_address_has_one_share(self):
        for step, _, name, told in self._told("E3", "Claimed"):
            words = (step.before, step.after)
            before, after = (each[f"claimed {name.hex()} {told['to']}"] for each in words)
            assert (before, after) == (0, 1)

    @invariant()
    def e4_as_many_claim_as_there_are_packets(self):
        for name in self.filled:
            claims, (_, packets) = len(self.shares[name]), self._left(name)
            assert claims + packets <= self.made[name].packets
            assert self.gone[name] or claims + packets == self.made[name].packets

    @invariant()
    def e6_the_rest_goes_back_after_the_expiry_to_the_creator(self):
        for step, event, name, told in self._told("E6", "Returned", "Claimed"):
            terms = self.made[name]
            paused = self.paused(self.code_of(terms.token), self.filled[name], step.now)
            assert (step.now > terms.expiry + paused) == (event == "Returned")
            if event == "Returned":
                value = step.before[f"rest {name.hex()}"] & FIELD96
                moved = (terms.token, self.contract.address, terms.creator, value)
                assert (step.transfers, told["value"]) == ((moved,), value)

    @invariant()
    def e7_only_these_verbs_take_out(self):
        """An envelope's word changes by them alone, and by order just while its owner is barred."""
        for step in self.unseen("E7"):
            for name, terms in self.made.items():
                place, code = f"rest {name.hex()}", self.code_of(terms.token)
                if step.before.get(place, 0) == step.after.get(place, 0):
                    continue
                assert step.function in {"create", "claim", "refund", "complianceRelease"}
                barred = self.is_barred(step.before, code, terms.creator)
                assert barred == (step.function in ORDERED)


def test_envelopes(record_property):
    """Holds for every sequence that hypothesis tries, and every action was among them."""
    run_state_machine_as_test(EnvelopesMachine, settings=few_sequences())
    tell(EnvelopesMachine, record_property, ACTIONS, REFUSALS)
