"""Reserves and minting, stepped beside their model.

Given a currency of any decimals, its reserve feed, another feed that may say anything, or none
    when attestors post, a break is reported, terms, limits and attestors change, and somebody mints
        it succeeds, or is refused with the very error that the model names
        S1  the words of the token's supply, limit and terms, and of the feed, are the model's (I15)
        S2  a refused call has changed nothing (I15)
        S3  after a mint, issued and elsewhere are within usable reserves, to the unit (I6, I8)
        S4  supply rises by a mint only (I6)
        S5  minted in any window is at most the capacity and the refill of that window (I7)
        S6  the feed's as-of times advance, and none was in the future when it was posted (I8)
        S7  no mint succeeds against a source that is unset, stale, disputed or not positive (I8)
        S8  within a day the reserves left rise by the bound at most, but by the larger quorum (I8)
        S9  transfers and burns stay open whatever the reserves are (I9)
        S10 the balances sum up to the supply, and the supply is minted less burned (I1, I2)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eth_utils import keccak
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from pegboard import create2
from pegboard.contract import Contract
from pegboard.errors import Reverted
from pegboard.reserves import Statement, signable
from tests.support.model import (
    DAY,
    MAX_VALUE,
    MAX_WORD,
    ZERO,
    AnyFeed,
    Feed,
    NoFeed,
    Refused,
    Round,
    Terms,
    Token,
)
from tests.support.stateful import (
    BUCKETS,
    CONFIG,
    LIMIT,
    TERMS,
    Twins,
    account_slot,
    deploy_swift,
    mapping_slot,
    member,
    report,
    require_all,
    sequences,
)
from tests.support.world import REF, artifacts, currencies, key

MINTER, BURNER, STRANGER = member("MINTER"), member("BURNER"), key(30).address
CAST = (key(20).address, key(21).address, BURNER)
ATTESTORS = {key(i).address: key(i) for i in (16, 17, 18, 19)}
IN_ORDER = sorted(ATTESTORS, key=lambda a: int(a, 16))
NO_CODE = key(31).address
DOCUMENT = keccak(text="full statement")
#: Decimals of the token and of its feed.
DECIMALS = {"HKD": (6, 6), "USD": (18, 8), "CNH": (2, 18), "EUR": (8, 0)}
MAX_AGE = 26 * 3_600
#: All divide a day, so that refills are whole numbers of (units * day).
WINDOWS = (DAY, 3_600, 60, 1, DAY // 4)
#: Storage of the feed: latest statement, quorums and anchor, what was left, break, rounds.
FEED_LATEST, FEED_RULES, FEED_LEFT, FEED_ROUNDS = 0, 1, 2, 4
FIGURE = 2**104 - 1

ACTIONS = (
    "post",
    "post by the larger quorum",
    "post of a fall",
    "post with elsewhere",
    "reportBreak",
    "clearBreak",
    "expelAttestor",
    "addAttestor",
    "setQuorums",
    "setReserveConfig",
    "raiseMintLimit",
    "lowerMintLimit",
    "mint",
    "mint of all that the reserves allow",
    "mint of all that the limit allows",
    "mint against the other feed",
    "burn",
    "burn without reserves",
    "transfer",
    "transfer without reserves",
    "warp",
    "look",
)
REFUSALS = (
    "AccessManagedUnauthorized",
    "AsOfInFuture",
    "AsOfNotAdvancing",
    "CurrencyMismatch",
    "ERC20InsufficientBalance",
    "InvalidAttestor",
    "InvalidQuorums",
    "InvalidWindow",
    "LimitNotLowered",
    "MintLimitExceeded",
    "NotAttestor",
    "QuorumNotMet",
    "ReferenceRequired",
    "ReserveExceeded",
    "ReserveNotPositive",
    "ReserveStale",
    "ReserveTimeInvalid",
    "ReserveUnavailable",
    "ReserveUnset",
    "SignersNotAscending",
    "SupplyCapExceeded",
)

#: What the other feed may say wrong, or at the edge of wrong; times are told from now.
OTHER_FAULTS = (
    (("reserves", 0),),
    (("reserves", -1),),
    (("updated_at", 0),),
    (("updated_at", 1),),
    (("updated_at", -MAX_AGE),),
    (("updated_at", -MAX_AGE - 1),),
    (("decimals", 255),),
    (("decimals", 256),),
    (("elsewhere", MAX_WORD),),
    (("broken", True),),
)

people = st.sampled_from(CAST)
chance = st.sampled_from
usually = st.sampled_from((True, True, True, True, False))


def as_of_in(words):
    """The as-of time of the feed's latest statement."""
    return words["latest"] >> 208 & (2**40 - 1)


class ReserveMachine(Twins):
    """Everything that decides whether a unit may be born."""

    cast = CAST

    def deploy(self, chain: Any) -> Any:
        """Four currencies of different decimals on one chain, and a feed that says anything."""
        hkd = currencies()["HKD"]
        configs = {}
        for code, (decimals, unit) in DECIMALS.items():
            reserves = replace(hkd.reserves, decimals=unit, max_age=MAX_AGE)
            capacity = 50_000 * 10**decimals
            configs[code] = replace(
                hkd,
                code=code,
                name=f"Pegboard {code}",
                symbol=f"pb{code}",
                decimals=decimals,
                reserves=reserves,
                limit_capacity=capacity,
            )
        suite = deploy_swift(chain, configs)
        artifact = artifacts()["LooseFeed"]
        address, _ = create2.deploy(chain, artifact.initcode(), sender=STRANGER)
        return suite, Contract(chain, address, artifact.abi)

    @initialize(code=chance(tuple(DECIMALS)))
    def begin(self, code):
        suite, self.other = self.suite
        self.peg = suite.pegs[code]
        token_decimals, unit = DECIMALS[code]
        self.one = 10**unit
        terms = self.peg.config.reserves
        self.feed = Feed(
            code,
            unit,
            {key(i).address for i in (16, 17, 18)},
            terms.quorum,
            terms.rise_quorum,
            terms.max_rise_bps,
        )
        self.loose = AnyFeed()
        self.model = Token(self.peg.token.address, token_decimals)
        self.model.now = self.chain.now()
        self.model.terms = Terms(self.feed, terms.max_age, terms.buffer_bps)
        self.source_at = self.peg.feed.address
        self.round = 0
        self.words = self.read_words()
        limit = self.model.limit
        limit.capacity, limit.window = self.peg.config.limit_capacity, self.peg.config.limit_window
        limit.at = self.words["bucket"] >> 208
        self.before, self.moved_by, self.affordable = self.words, "", False
        # Minted and limits in force, as (time, minted) and (from, capacity, window).
        self.mints: list[tuple[int, int]] = []
        self.limits = [(limit.at, limit.capacity, limit.window)]
        # Of each accepted statement: its window, (reserves, left), by the larger quorum.
        self.lefts: list[tuple[int, tuple[int, int], bool]] = []
        self.post(0, 40_000, 0, 3, None)
        self.mint("some", CAST[0])

    # Helpers

    def watched(self):
        slots = {a: account_slot(a) for a in (*CAST, ZERO, self.peg.token.address)}
        return slots | {
            "config": CONFIG,
            "terms": TERMS,
            "limit": LIMIT,
            "bucket": mapping_slot(0, BUCKETS),
        }

    def read_words(self):
        words, feed, storage = super().read_words(), self.peg.feed.address, self.chain.storage
        words["latest"] = storage(feed, FEED_LATEST)
        words["rules"] = storage(feed, FEED_RULES)
        words["anchor left"] = storage(feed, FEED_LEFT)
        words["round"] = storage(feed, mapping_slot(as_of_in(words), FEED_ROUNDS))
        return words

    def _bound(self, verb, *arguments, **options):
        return lambda: getattr(self.model, verb)(*arguments, **options)

    def _do(self, action, sender, function, arguments, verb, contract=None):
        self.before, self.moved_by = self.words, function
        target = contract or self.peg.token
        return self.perform(action, target, sender, function, arguments, verb)

    @property
    def _unusable(self):
        """Whether no mint may succeed now."""
        self.model.now = self.chain.now()
        try:
            self.model.headroom()
        except Refused:
            return True
        return False

    # The feed

    def _anchors(self, last, now):
        """What reserves and what is left of them may not rise far above."""
        if last is None:
            return 0, 0
        if now >= self.feed.anchored_at + DAY:
            return last.reserves, last.left
        feed = self.feed
        return min(feed.anchor_reserves, last.reserves), min(feed.anchor_left, last.left)

    @rule(
        age=chance((0, 0, 0, 1, 600, MAX_AGE)),
        reserves=chance(("as before", "bound", "above bound", "half", "nothing", 40_000, 80_000)),
        elsewhere=chance((0, 0, 1, 1_000, 90_000)),
        signers=chance((2, 3, 3, 4, 1)),
        fault=chance((None,) * 8 + ("currency", "future", "order", "twice", "stranger", "again")),
    )
    def post(self, age, reserves, elsewhere, signers, fault):
        """A statement of some age that the first so many attestors signed."""
        last = self.feed.rounds[-1] if self.feed.rounds else None
        if last and fault is None:
            # Time passes until a statement of that age is newer than the last.
            self.chain.warp(max(last.as_of + 1 + age - self.chain.now(), 0))
        now = self.chain.now()
        as_of = now + 1 if fault == "future" else now - age
        if fault == "again" and last:
            as_of = last.as_of
        # Now and then not a whole unit of the token.
        elsewhere = elsewhere * self.one + (elsewhere == 1_000)
        bound = min(
            anchor * (10_000 + self.feed.max_rise_bps) // 10_000 + extra
            for anchor, extra in zip(self._anchors(last, now), (0, elsewhere), strict=True)
        )
        words = {
            "as before": last.reserves if last else 0,
            "bound": bound,
            "above bound": bound + 1,
            "half": last.reserves // 2 if last else 0,
            "nothing": 0,
        }
        value = words[reserves] if reserves in words else reserves * self.one
        code = "XXX" if fault == "currency" else self.feed.currency
        statement = Statement(code, as_of, value, elsewhere, DOCUMENT)
        names = [a for a in IN_ORDER if a in self.feed.attestors][:signers]
        if fault == "order":
            names.reverse()
        elif fault == "twice":
            names = [*names, *names[-1:]]
        elif fault == "stranger":
            names = [*names[:-1], CAST[0]]
        message = signable(self.peg.feed, statement)
        signed = [bytes(KEYS[n].sign_message(message).signature) for n in names]
        larger = len(names) >= self.feed.rise_quorum
        action = "post"
        if last and value < last.reserves:
            action = "post of a fall"
        elif elsewhere:
            action = "post with elsewhere"

        def verb():
            return self.feed.post(code, as_of, value, elsewhere, names, self.model.now)

        if last and value > bound:
            action = "post by the larger quorum"
        values = (statement.values(), signed)
        if self._do(action, STRANGER, "post", values, verb, self.peg.feed):
            figures = (value, max(value - elsewhere, 0))
            self.lefts.append((self.feed.anchored_at, figures, larger))

    @rule(report=chance((True, False, False)), referenced=usually)
    def dispute(self, report, referenced):
        feed, ref = self.peg.feed, REF if referenced or not report else bytes(32)
        if report:

            def verb():
                return self.feed.report_break(referenced=referenced)

            self._do("reportBreak", member("PAUSER"), "reportBreak", (ref,), verb, feed)
        else:
            clear = self.feed.clear_break
            self._do("clearBreak", member("RESUMER"), "clearBreak", (REF, ref), clear, feed)

    @rule(index=st.integers(0, 3), expel=chance((False, False, True)))
    def attestor(self, index, expel):
        feed, who = self.peg.feed, IN_ORDER[index]
        if expel:

            def verb():
                return self.feed.expel_attestor(who)

            self._do("expelAttestor", member("EXPELLER"), "expelAttestor", (who, REF), verb, feed)
        else:

            def verb():
                return self.feed.add_attestor(who)

            self._do("addAttestor", member("GOVERNOR"), "addAttestor", (who, REF), verb, feed)

    @rule(
        quorums=chance(
            ((2, 3, 2_000), (1, 2, 0), (1, 3, 10_000), (2, 2, 500), (0, 1, 0), (3, 2, 0))
        )
    )
    def set_quorums(self, quorums):
        def verb():
            return self.feed.set_quorums(*quorums)

        self._do(
            "setQuorums", member("GOVERNOR"), "setQuorums", (*quorums, REF), verb, self.peg.feed
        )

    # Terms and limits

    @rule(
        source=chance(("feed", "feed", "feed", "other", "none", "no code")),
        max_age=chance((MAX_AGE, MAX_AGE, 600, 0)),
        buffer_bps=chance((50, 0, 1, 10_000, 65_535)),
        single_chain=st.booleans(),
    )
    def set_terms(self, source, max_age, buffer_bps, single_chain):
        feeds = {
            "feed": (self.feed, self.peg.feed.address),
            "other": (self.loose, self.other.address),
            "none": (None, ZERO),
            "no code": (NoFeed(), NO_CODE),
        }
        feed, address = feeds[source]
        terms = Terms(feed, max_age, buffer_bps, single_chain)
        arguments = ((address, max_age, buffer_bps, single_chain), REF)
        governor, verb = member("GOVERNOR"), self._bound("set_terms", terms)
        self.source_at = address
        self._do("setReserveConfig", governor, "setReserveConfig", arguments, verb)

    @rule(
        answer=chance((40_000, 50_000)),
        decimals=chance((0, 6, 18, 19, 77)),
        elsewhere=chance((0, 0, 7)),
        fault=chance(((),) * 6 + tuple(OTHER_FAULTS)),
        to=people,
        value=chance((0, 1, 10_000)),
    )
    def mint_against_other(self, answer, decimals, elsewhere, fault, to, value):
        """The other feed is told what to say, declared as the source, and asked."""
        now = self.chain.now()
        told = {"decimals": decimals, "reserves": answer * 10 ** min(decimals, 60)}
        told |= {"elsewhere": elsewhere * 10 ** min(decimals, 60), "broken": False}
        told |= {"updated_at": now} | dict(fault)
        if told["updated_at"] in (1, -MAX_AGE, -MAX_AGE - 1):
            told["updated_at"] += now
        self.loose.__dict__.update(told)
        calls = (
            ("set", (told["reserves"], told["updated_at"])),
            ("setDecimals", (told["decimals"],)),
            ("setElsewhere", (told["elsewhere"],)),
            ("setBroken", (told["broken"],)),
        )
        for name, arguments in calls:
            self.other.send(name, *arguments, sender=STRANGER)
        self.set_terms("other", MAX_AGE, 50, single_chain=False)
        self._mint("mint against the other feed", to, value * 10**self.model.decimals)

    @rule(
        capacity=chance((0, 100, 50_000, 60_000, 10**6)), window=chance((*WINDOWS, 0)), up=usually
    )
    def set_limit(self, capacity, window, up):
        capacity *= 10**self.model.decimals
        name, role = ("raiseMintLimit", "GOVERNOR") if up else ("lowerMintLimit", "PAUSER")
        verb = self._bound("raise_limit" if up else "lower_limit", capacity, window)
        if self._do(name, member(role), name, (capacity, window, REF), verb):
            self.limits.append((self.chain.now(), capacity, window))

    @rule(part=chance((1, 2, 3)))
    def cut_limit(self, part):
        capacity, window = self.model.limit.capacity // part, self.model.limit.window
        verb = self._bound("lower_limit", capacity, window)
        arguments = (capacity, window, REF)
        if self._do("lowerMintLimit", member("PAUSER"), "lowerMintLimit", arguments, verb):
            self.limits.append((self.chain.now(), capacity, window))

    # Money

    @rule(
        kind=chance(("some", "some", "headroom", "limit", "above headroom", "above limit", "cap")),
        to=people,
    )
    def mint(self, kind, to):
        self.model.now = self.chain.now()
        headroom = 0 if self._unusable else self.model.headroom()
        available, some = self.model.limit.available(self.model.now), 10**self.model.decimals
        value = {
            "headroom": headroom,
            "limit": available,
            "above headroom": headroom + 1,
            "above limit": available + 1,
            "cap": MAX_VALUE,
        }.get(kind, some)
        action = "mint"
        if value == headroom > 0:
            action = "mint of all that the reserves allow"
        elif value == available > 0:
            action = "mint of all that the limit allows"
        self._mint(action, to, value)

    def _mint(self, action, to, value):
        verb = self._bound("mint", MINTER, to, value)
        if self._do(action, MINTER, "mint", (to, value, REF), verb):
            self.mints.append((self.model.now, value))

    @rule(part=chance((1, 2, 3, 0)))
    def burn(self, part):
        balance = self.model.accounts[BURNER].balance
        value = balance // part if part else balance + 1
        action = "burn without reserves" if self._unusable else "burn"
        verb = self._bound("burn", BURNER, value)
        self.affordable = value <= balance
        self._do(action, BURNER, "burn", (value, REF), verb)

    @rule(sender=people, to=people, part=chance((1, 2, 0)))
    def transfer(self, sender, to, part):
        balance = self.model.accounts[sender].balance
        value = balance // part if part else balance + 1
        action = "transfer without reserves" if self._unusable else "transfer"
        verb = self._bound("transfer", sender, to, value)
        self.affordable = value <= balance
        self._do(action, sender, "transfer", (to, value), verb)

    @rule(verb=chance(("mint", "raiseMintLimit", "lowerMintLimit", "burn")))
    def trespass(self, verb):
        """What needs a role is refused to all others (I10)."""
        arguments = {"mint": (CAST[0], 1, REF), "burn": (0, REF)}.get(verb, (1, 1, REF))
        self.affordable = False
        self._do(f"{verb} without a role", STRANGER, verb, arguments, _trespass)

    @rule(seconds=chance((1, 59, 600, 3_600, DAY // 2, DAY, MAX_AGE + 1)))
    def warp(self, seconds):
        self.chain.warp(seconds)
        self._passed("warp")

    @rule()
    def fresh(self):
        """A day passes, nobody disputes, and the feed counts again."""
        self.chain.warp(DAY)
        self.dispute(report=False, referenced=True)
        self.set_terms("feed", MAX_AGE, 50, single_chain=False)
        for index in range(3):
            if IN_ORDER[index] not in self.feed.attestors:
                self.attestor(index, expel=False)
        self.post(0, 80_000, 1_000, 4, None)

    @rule()
    def look(self):
        """The views say what the model says, and refuse for its reason."""
        model, token, feed = self.model, self.peg.token, self.peg.feed
        model.now = self.chain.now()
        limit = model.limit
        available = limit.available(model.now)
        assert token.call("mintRateLimit") == (limit.capacity, limit.window, available)
        terms = model.terms
        shown = (self.source_at.lower(), terms.max_age, terms.buffer_bps, terms.single_chain)
        assert token.call("reserveConfig") == shown
        self._look_at_headroom()
        assert set(feed.call("attestors")) == {a.lower() for a in self.feed.attestors}
        quorums = (self.feed.quorum, self.feed.rise_quorum, self.feed.max_rise_bps)
        assert feed.call("quorums") == quorums
        if self.feed.rounds:
            last = self.feed.rounds[-1]
            numbers = (last.as_of, last.as_of, last.posted_at)
            amounts = (last.reserves, last.elsewhere, "0x" + DOCUMENT.hex())
            assert feed.call("latestStatement") == (*numbers, *amounts)
        self._passed("look")

    def _look_at_headroom(self):
        try:
            expected = self.model.headroom()
        except Refused as refused:
            expected = refused.name
        try:
            answered = self.peg.token.call("reserveHeadroom")
        except Reverted as fault:
            answered = fault.name
        assert answered == expected

    def _passed(self, action):
        self.done[action] += 1
        type(self).steps += 1
        self.before, self.moved_by, self.last_refused = self.words, action, False

    # Invariants

    @invariant()
    def s1_every_word_is_the_models(self):
        model, feed = self.model, self.feed
        rules = feed.quorum | feed.rise_quorum << 8 | feed.max_rise_bps << 16
        rules |= feed.anchored_at << 32 | feed.anchor_reserves << 72
        terms = int(self.source_at, 16) | model.terms.max_age << 160
        terms |= model.terms.buffer_bps << 192 | model.terms.single_chain << 208
        expected = {a: model.accounts[a].word for a in CAST} | self.limit_words()
        expected |= {"config": model.config_word, "terms": terms | model.decimals << 216}
        last = feed.rounds[-1] if feed.rounds else Round(0, 0, 0, 0)
        figures = last.elsewhere << 104 | last.reserves
        expected |= {
            "latest": feed.disputed << 248 | last.as_of << 208 | figures,
            "rules": rules,
            "anchor left": feed.anchor_left,
            "round": last.posted_at << 208 | figures,
        }
        assert {name: self.words[name] for name in expected} == expected

    @invariant()
    def s2_a_refusal_changes_nothing(self):
        assert not self.last_refused or self.words == self.before

    @invariant()
    def s3_minted_units_are_within_usable_reserves(self):
        if self.supply <= self.before["config"] & MAX_VALUE:
            return
        terms, source = self.model.terms, self.model.terms.source
        if source is self.feed:
            reserves, unit = self.words["latest"] & FIGURE, source.decimals
            elsewhere = self.words["latest"] >> 104 & FIGURE
        else:
            reserves, unit, elsewhere = source.reserves, source.decimals, source.elsewhere
        # Both sides in 10 ** -(unit + decimals) units times the buffer: nothing is rounded.
        decimals = self.model.decimals
        owed = self.supply * 10**unit + (0 if terms.single_chain else elsewhere * 10**decimals)
        assert owed * (10_000 + terms.buffer_bps) <= reserves * 10**decimals * 10_000

    @invariant()
    def s4_supply_rises_by_a_mint_only(self):
        risen = self.supply - (self.before["config"] & MAX_VALUE)
        assert risen <= 0 or self.moved_by == "mint"

    @invariant()
    def s5_minted_in_a_window_is_within_capacity_and_refill(self):
        if self.moved_by != "mint" or self.last_refused:
            return
        end = self.mints[-1][0]
        for index, (start, _) in enumerate(self.mints):
            minted = sum(value for _, value in self.mints[index:])
            capacity, refill = self._limits_between(start, end)
            assert minted <= capacity + refill // DAY

    def _limits_between(self, start, end):
        """The largest capacity from `start` to `end`, and the refill times a day."""
        capacity = refill = 0
        ends = [since for since, _, _ in self.limits[1:]] + [end]
        for (since, size, window), until in zip(self.limits, ends, strict=True):
            # Settings of one second before a mint of that second were in force at no mint but then.
            if until >= start and since <= end:
                capacity = max(capacity, size)
                refill += max(until - max(since, start), 0) * size * (DAY // window)
        return capacity, refill

    @invariant()
    def s6_as_of_advances_and_is_never_in_the_future(self):
        last, before = as_of_in(self.words), as_of_in(self.before)
        posted_at = self.words["round"] >> 208
        assert last <= posted_at <= self.chain.now() or not self.feed.rounds
        if last != before:
            assert self.moved_by == "post"
            assert last > before

    @invariant()
    def s7_no_mint_without_fresh_reserves(self):
        if self.moved_by != "mint" or self.last_refused:
            return
        terms, now = self.model.terms, self.mints[-1][0]
        assert terms.max_age > 0
        if terms.source is self.feed:
            assert not self.words["latest"] >> 248
            as_of = as_of_in(self.words)
            assert self.words["latest"] & FIGURE > 0
        else:
            assert terms.source is self.loose
            assert not self.loose.broken
            as_of = self.loose.updated_at
        assert 0 < as_of <= now <= as_of + terms.max_age

    @invariant()
    def s8_the_smaller_quorum_cannot_raise_far_in_a_day(self):
        if self.moved_by != "post" or self.last_refused:
            return
        window, risen, larger = self.lefts[-1]
        if larger:
            return
        bound = 10_000 + self.feed.max_rise_bps
        for index in range(len(self.lefts) - 2, -1, -1):
            earlier, before, rose = self.lefts[index]
            # The last one before is always a bound; earlier ones while they are of this window.
            if index < len(self.lefts) - 2 and earlier != window:
                return
            assert all(n * 10_000 <= o * bound for n, o in zip(risen, before, strict=True))
            if rose:
                return

    @invariant()
    def s9_money_moves_whatever_the_reserves_are(self):
        if self.moved_by in {"transfer", "burn"}:
            assert self.last_refused != self.affordable

    @invariant()
    def s10_balances_and_events_add_up(self):
        assert sum(self.balance(a) for a in CAST) == self.supply == self.minted - self.burned


KEYS = ATTESTORS | {key(20).address: key(20)}


def _trespass():
    raise Refused("AccessManagedUnauthorized")


def test_reserves():
    """Holds for every sequence that hypothesis tries, and every action was among them."""
    run_state_machine_as_test(ReserveMachine, settings=sequences())
    report(ReserveMachine)
    require_all(ReserveMachine, ACTIONS, REFUSALS)
