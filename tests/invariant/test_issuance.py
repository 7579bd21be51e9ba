"""Issuing, stepped beside its model.

Given two currencies, channels of enterprises and wholesalers, customers, roles and reserve feeds
    when orders are proposed, approved, cancelled and run out, and all that they depend on changes
        each step succeeds, or is refused with the very error that the model names
        S1  every word of tokens, feeds, register, channels, tiers and orders is the model's
        S2  a refused call has changed nothing
        D1  each bank reference issues at most once, ever, and an order with it
        D2  after an issue the supply is within fresh, undisputed, usable reserves
        D3  an order is within its channel's cap when it issues, and what a channel issues in any
            window is at most its capacity and the refill of that window
        D5  what all channels issued, less what was redeemed, burned and destroyed, is the supply,
            to the unit
        A1  the supply rises by a last approval only, by its order's amount, to the channel's payee
        A2  as many distinct parties as the tier asks for approved an issued order, none of them its
            proposer, and all still in their roles
        A3  what `previewIssue` allows issues, and one unit more does not
        A4  a proposed order's terms stand, and an issued one is for ever
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from eth_utils import keccak
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from tests.support.desk_machine import (
    CODES,
    STRANGER,
    AnyTime,
    DeskMachine,
    chance,
    codes,
    usually,
)
from tests.support.desk_model import (
    CANCELLED,
    CHANNEL,
    CHANNEL_LIMIT,
    EXPIRED,
    EXPIRED_DILIGENCE,
    ISSUED,
    MINT_LIMIT,
    MINTING,
    NO_REF,
    ORDER_CAP,
    PAYEE,
    PROPOSED,
    READY,
    RESERVES,
    TIERS,
    UNKNOWN,
)
from tests.support.model import BLACKLISTED, DAY, MINT, VERIFIED, ZERO
from tests.support.stateful import member, report, require_all, sequences
from tests.support.world import REF, key, roles

ENTERPRISE, WHOLESALER, BURNER = key(20).address, key(21).address, member("BURNER")
PAYEES = (ENTERPRISE, WHOLESALER, BURNER)
GOVERNOR, PAUSER, GUARDIAN = member("GOVERNOR"), member("PAUSER"), member("GUARDIAN")
#: The second proposer approves, too, but not what it proposed.
PROPOSERS = (key(40).address, key(41).address)
APPROVERS = (key(41).address, key(42).address, key(43).address)
#: Who fills up the ranks when `previewIssue` is put to the test.
SPARE = key(54).address, tuple(key(i).address for i in range(55, 60))
DIRECT, WHOLESALE = 1, 2
CHANNELS = {
    b"DIRECT HKD".ljust(32, b"\0"): ("HKD", DIRECT, ENTERPRISE),
    b"WHOLESALE HKD".ljust(32, b"\0"): ("HKD", WHOLESALE, WHOLESALER),
    b"DIRECT USD".ljust(32, b"\0"): ("USD", DIRECT, ENTERPRISE),
    b"WHOLESALE USD".ljust(32, b"\0"): ("USD", WHOLESALE, BURNER),
}
NAMES = tuple(CHANNELS)
LATER = b"LATER".ljust(32, b"\0")
#: A few references that come up again and again.
REFS = tuple(keccak(text=f"credit {i}") for i in range(3))
#: All windows divide a day, so that refills are whole numbers of (units * day).
WINDOWS = (DAY, DAY, DAY // 4, 3_600, 1)
TIER_LISTS = (
    ((1_000, 1), (5_000, 2), (20_000, 3)),
    ((1_000, 1), (5_000, 2), (20_000, 3)),
    ((20_000, 1),),
    ((500, 1), (5_000, 3)),
    ((2_000, 2),),
    (),
)
BAD_TIERS = (
    ((5_000, 1), (1_000, 2)),
    ((1_000, 0),),
    ((1_000, 2), (5_000, 1)),
    tuple((i, 1) for i in range(1, 10)),
)
#: What refuses one unit more than `previewIssue` allows.
REASONS = {
    CHANNEL: {"ChannelNotOpen", "CurrencyMismatch"},
    PAYEE: {
        "WalletUnknown",
        "WalletCooling",
        "DueDiligenceExpired",
        "BlacklistedAccount",
        "UnverifiedAccount",
    },
    MINTING: {"Paused", "AccessManagedUnauthorized", "AccessManagerNotScheduled"},
    ORDER_CAP: {"OrderCapExceeded"},
    TIERS: {"TierExceeded"},
    CHANNEL_LIMIT: {"ChannelLimitExceeded"},
    MINT_LIMIT: {"MintLimitExceeded"},
    RESERVES: {"ReserveExceeded", "ReserveStale", "ReserveUnavailable", "ReserveNotPositive"},
}
BOUND = {
    ORDER_CAP: "the cap",
    TIERS: "the largest tier",
    CHANNEL_LIMIT: "the channel's limit",
    MINT_LIMIT: "the mint limit",
    RESERVES: "the reserves",
}
#: What may come between the proposal and the last approval.
MISHAPS = (
    "terms_are_mistaken",
    "proposer_goes",
    "proposer_must_wait",
    "approver_goes",
    "approver_must_wait",
    "desk_goes",
    "channel_closes",
    "cap_falls",
    "limit_falls",
    "tiers_shrink",
    "tiers_ask_for_more",
    "tiers_ask_for_less",
    "payee_goes",
    "payee_is_bound_anew",
    "diligence_ends",
    "payee_is_barred",
    "minting_stops",
    "reserves_fall",
    "reserves_are_disputed",
    "a_day_passes",
    "it_runs_out",
    "it_is_cancelled",
    "somebody_approves_twice",
    "currency_retires",
)
#: What an order needs of everything to be issued in most cases.
ENOUGH = 8_000
FIGURE, MOMENT = 2**104 - 1, 2**40 - 1

ACTIONS = (
    "propose",
    "propose anew",
    "approve",
    "issue on approval 1",
    "issue on approval 2",
    "issue on approval 3",
    "issue of a small order",
    *(f"issue of all that {bound} allows" for bound in BOUND.values()),
    "cancel",
    "cancel of a late order",
    "openChannel",
    "openChannel anew",
    "closeChannel",
    "raiseChannel",
    "lowerChannel",
    "loosenTiers",
    "tightenTiers",
    "bind",
    "unbind",
    "renew",
    "setPayout",
    "blacklist",
    "unblacklist",
    "verify",
    "unverify",
    "enterAllowListMode",
    "leaveAllowListMode",
    "pause 4",
    "resume",
    "post",
    "post of a fall",
    "reportBreak",
    "clearBreak",
    "expel",
    "grant",
    "grant with a delay",
    "raiseMintLimit",
    "lowerMintLimit",
    "transfer",
    "burn",
    "destroy",
    "surrender",
    "validate",
    "instruct",
    "settle",
    "retire",
    "register",
    "preview",
    "look",
    "warp",
    "warp to an edge",
)
REFUSALS = (
    "AccessManagedUnauthorized",
    "AccessManagerNotScheduled",
    "AlreadyApproved",
    "BankReferenceUsed",
    "BlacklistedAccount",
    "ChannelInvalid",
    "ChannelLimitExceeded",
    "ChannelNotLowered",
    "ChannelNotOpen",
    "CurrencyMismatch",
    "DueDiligenceExpired",
    "InvalidDueDiligence",
    "InvalidWindow",
    "MintLimitExceeded",
    "NothingToIssue",
    "OrderCapExceeded",
    "OrderMismatch",
    "OrderNotProposed",
    "PartyExpelled",
    "Paused",
    "ProofExpired",
    "ProofInvalid",
    "ProposerCannotApprove",
    "ReferenceRequired",
    "ReserveExceeded",
    "ReserveStale",
    "ReserveUnavailable",
    "TierExceeded",
    "TiersInvalid",
    "TiersNotTightened",
    "UnverifiedAccount",
    "WalletAlreadyBound",
    "WalletCooling",
    "WalletUnknown",
)

names = chance(NAMES)
payees = chance(PAYEES)
known = chance((*NAMES, *NAMES, *NAMES, LATER))


class IssuanceMachine(AnyTime, DeskMachine):
    """Everything that decides whether a unit may be born at the desk."""

    people = PAYEES
    heard = ("IssuanceDesk",)

    # Preparation

    def prepare(self) -> None:
        """Channels with caps and limits, known payees, small tiers, a second proposer, reserves."""
        self._grant("PROPOSER", PROPOSERS[1], count=False)
        for payee in PAYEES:
            self.bind_wallet(payee, count=False)
            self.to_register("setPayout", payee, keccak(text=payee), count=False)
        self.pass_time(self.model.register.cooling)
        for name, (code, kind, payee) in CHANNELS.items():
            token = self.token(code).address
            self._govern("openChannel", name, token, kind, payee, count=False)
            self._govern("raiseChannel", name, 20_000, 50_000, DAY, count=False)
        for code in CODES:
            tiers = TIER_LISTS[0]
            self._govern("loosenTiers", self.token(code).address, tiers, count=False)
            self._set_limit(code, 60_000, DAY, up=True, count=False)
            self.post_statement(code, 100_000, count=False)

    def _start(self) -> None:
        super()._start()
        # Told from the log: issued by each channel and when, the trail of each order, what issued.
        self.issues: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self.trails: dict[str, tuple[str, list[str]]] = {}
        self.spent: set[str] = set()
        self.net = dict.fromkeys(CODES, 0)
        # (since, capacity, window) of each channel.
        limits = {name: channel.limit for name, channel in self.desk.channels.items()}
        self.limits = {
            name: [(limit.at, limit.capacity, limit.window)] for name, limit in limits.items()
        }
        self.credits = 0

    def watch(self) -> None:
        self.watch_customers()
        self.watch_issuing((*NAMES, LATER))
        self.watch_redeeming()

    def grow(self) -> None:
        self.watch_orders()
        self.watch_requests()

    @property
    def desk(self) -> Any:
        """The model of the desk."""
        return self.model.issuing

    def moments(self) -> list[int]:
        """Orders that run out, wallets that become ready or overdue, statements that grow old."""
        orders = [o.expires_at for o in self.desk.orders.values() if o.status == PROPOSED]
        customers = [c for c in self.model.register.customers.values() if c.bound_at]
        ready = [c.bound_at + self.model.register.cooling - 1 for c in customers]
        tokens = [self.token(code).terms for code in CODES]
        stale = [terms.source.rounds[-1].as_of + terms.max_age for terms in tokens]
        return orders + ready + [c.until for c in customers] + stale

    # Helpers

    def _to_desk(
        self,
        action: str,
        sender: str,
        function: str,
        arguments: tuple[Any, ...],
        verb: Any,
        *,
        count: bool = True,
    ) -> bool:
        contract = self.suite.desks.issuance
        return self.do(action, contract, sender, function, arguments, verb, count=count)

    def _govern(self, function: str, *arguments: Any, count: bool = True) -> bool:
        """What GOVERNOR and PAUSER do to channels and tiers."""
        tightens = function in {"closeChannel", "lowerChannel", "tightenTiers"}
        verb = {"Channel": "_channel", "Tiers": "_tiers"}
        method = function
        for old, new in verb.items():
            method = method.replace(old, new)
        action = function
        if function == "openChannel" and arguments[0] in self.desk.channels:
            action = "openChannel anew"
        went = self._to_desk(
            action,
            PAUSER if tightens else GOVERNOR,
            function,
            (*arguments, REF),
            lambda: getattr(self.desk, method)(*arguments),
            count=count,
        )
        if went and count and "Channel" in function:
            limit = self.desk.channels[arguments[0]].limit
            terms = (self.model.now, limit.capacity, limit.window)
            self.limits.setdefault(arguments[0], []).append(terms)
        return went

    def _set_limit(
        self, code: str, capacity: int, window: int, *, up: bool, count: bool = True
    ) -> bool:
        name = "raiseMintLimit" if up else "lowerMintLimit"
        verb, sender = ("raise_limit", GOVERNOR) if up else ("lower_limit", PAUSER)
        arguments = (capacity, window, REF)
        return self.to_token(
            name, code, sender, name, arguments, verb, capacity, window, count=count
        )

    def _parties(self) -> list[tuple[str, str]]:
        """Everybody whose role an issue needs."""
        hands = [("PROPOSER", p) for p in PROPOSERS] + [("APPROVER", a) for a in APPROVERS]
        return [*hands, ("MINTER", self.suite.desks.issuance.address)]

    def _grant(self, role: str, account: str, delay: int = 0, *, count: bool = True) -> None:
        self.do(
            "grant with a delay" if delay else "grant",
            self.suite.authority,
            GOVERNOR,
            "grantRole",
            (roles().roles[role].id, account, delay),
            lambda: self.model.grant(role, account, delay),
            count=count,
        )

    def _expel(self, role: str, account: str) -> None:
        arguments = (roles().roles[role].id, account, REF)
        verb = self.model.expel
        authority, expeller = self.suite.authority, member("EXPELLER")
        self.do("expel", authority, expeller, "expel", arguments, lambda: verb(role, account))

    def _restore_party(self, role: str, account: str) -> None:
        """Grants a role without delay; lowering a delay would take that long, so it is expelled."""
        if self.model.members[role].get(account):
            self._expel(role, account)
        if account not in self.model.members[role]:
            self._grant(role, account)

    def _set_right(self, name: bytes) -> None:
        """Undoes whatever would refuse an order of some size through this channel."""
        code, kind, payee = CHANNELS[name]
        token, desk, register = self.token(code), self.desk, self.model.register
        if token.address not in self.model.codes:
            self._back_on_board(code)
        channel = desk.channels[name]
        if not channel.is_open:
            self._govern("openChannel", name, token.address, kind, payee)
        if (channel.cap, channel.limit.capacity, channel.limit.window) != (20_000, 50_000, DAY):
            self._govern("raiseChannel", name, 20_000, 50_000, DAY)
        if desk.largest(token.address) < ENOUGH:
            self._govern("loosenTiers", token.address, TIER_LISTS[0])
        for role, account in self._parties():
            self._restore_party(role, account)
        if token.accounts[payee].has(BLACKLISTED):
            self.mark_accounts("unblacklist", code, [payee])
        if token.allow_list and not token.accounts[payee].has(VERIFIED):
            self.list_mode(code, on=False)
        if token.pauses:
            self.resume_all(code)
        if token.limit.capacity < ENOUGH:
            self._set_limit(code, 60_000, DAY, up=True)
        standing = register.standing(payee)
        if standing == UNKNOWN:
            self.bind_wallet(payee)
            self.to_register("setPayout", payee, keccak(text=payee))
        elif standing == EXPIRED_DILIGENCE:
            self.to_register("renew", payee, self.chain.now() + 700 * DAY)
        if standing != READY:
            self.pass_time(register.cooling)
        now = self.chain.now()
        if min(limit.available(now) for limit in (channel.limit, token.limit)) < ENOUGH:
            self.pass_time(DAY)
        if self.is_unusable(code) or token.headroom() < ENOUGH:
            if token.terms.source.disputed:
                self.dispute_feed(code, report=False)
            self.post_statement(code, token.supply + 50_000)

    def _amount(self, amount: int | str, name: bytes) -> int:
        channel = self.desk.channels.get(name)
        if channel is None or isinstance(amount, int):
            return amount if isinstance(amount, int) else 1
        self.model.now = self.chain.now()
        tiers = self.desk.tiers[channel.token.address]
        allowed = self.desk.preview(name)[1]
        words = {
            "all": allowed,
            "above all": allowed + 1,
            "the cap": channel.cap,
            "above the cap": channel.cap + 1,
            "a tier": tiers[0][0] if tiers else 1,
            "above a tier": tiers[-2][0] + 1 if len(tiers) > 1 else 1,
            "above the tiers": tiers[-1][0] + 1 if tiers else 1,
            "some": 600,
        }
        return min(words[amount], 2**96 - 1)

    def _propose(
        self, ref: bytes, name: bytes, amount: int, by: str, *, code: str | None = None
    ) -> bool:
        code = CHANNELS.get(name, CHANNELS[NAMES[0]])[0] if code is None else code
        action = "propose anew" if ref in self.desk.orders else "propose"
        arguments = (ref, name, code.encode(), amount)
        verb = self.desk.propose
        return self._to_desk(
            action, by, "propose", arguments, lambda: verb(by, ref, name, code, amount)
        )

    def _approve(self, ref: bytes, name: bytes, amount: int, by: str) -> bool:
        self.model.now = self.chain.now()
        order, channel = self.desk.orders.get(ref), self.desk.channels.get(name)
        action, bound = "approve", ""
        if order and channel:
            given = len(order.approvers) + 1
            needed = self.desk.approvals(channel.token.address, amount)
            if given >= needed:
                action = f"issue on approval {given}"
                constraint, allowed = self.desk.preview(name)
                bound = BOUND.get(constraint, "") if amount == allowed else ""
        arguments = (ref, name, amount)
        verb = self.desk.approve
        went = self._to_desk(action, by, "approve", arguments, lambda: verb(by, ref, name, amount))
        if went and action != "approve":
            kind = f"all that {bound} allows" if bound else "a small order"
            self.done[f"issue of {kind}"] += 1
        return went

    def _order(self, ref: bytes) -> tuple[bytes, int]:
        """The channel and amount that an approval of it must name."""
        order = self.desk.orders.get(ref)
        return (order.channel.name, order.amount) if order else (NAMES[0], 1)

    def _waiting(self) -> list[bytes]:
        self.model.now = self.chain.now()
        return [ref for ref in self.desk.orders if self.desk.status(ref) == PROPOSED]

    # Orders

    @rule(
        ref=chance((*REFS, *REFS, *REFS, NO_REF)),
        name=known,
        amount=st.one_of(
            st.integers(1, 1_500),
            chance(("all", "above all", "the cap", "above the cap", "above the tiers", 0)),
        ),
        by=chance((*PROPOSERS, *PROPOSERS, APPROVERS[1])),
        code=chance((None,) * 8 + ("XXX", "\0\0\0")),
    )
    def propose(self, ref, name, amount, by, code):
        self._propose(ref, name, self._amount(amount, name), by, code=code)

    @rule(
        index=st.integers(0, 5),
        by=chance((*APPROVERS, *APPROVERS, PROPOSERS[0], STRANGER)),
        fault=chance((None,) * 8 + ("amount", "channel", "unknown")),
    )
    def approve(self, index, by, fault):
        """An order that waits, by its terms or others."""
        waiting = self._waiting() or list(self.desk.orders) or list(REFS)
        ref = waiting[index % len(waiting)]
        name, amount = self._order(ref)
        if fault == "amount":
            amount += 1
        elif fault == "channel":
            name = NAMES[(NAMES.index(name) + 1) % 4] if name in NAMES else NAMES[0]
        elif fault == "unknown":
            ref = REFS[index % 3]
        self._approve(ref, name, amount, by)

    @rule(
        name=names,
        amount=st.one_of(
            st.integers(1, 1_500),
            chance(("all", "all", "above all", "a tier", "above a tier", "some")),
        ),
        by=chance(PROPOSERS),
        first=st.integers(0, 2),
        right=usually,
    )
    def issue(self, name, amount, by, first, right):
        """A new bank credit is proposed, and all approvers approve until it is issued."""
        if right:
            self._set_right(name)
        self._issue(name, self._amount(amount, name), by, first)

    def _issue(self, name: bytes, amount: int, by: str, first: int) -> bool:
        ref = self._new_credit()
        if self._propose(ref, name, amount, by):
            for index in range(3):
                self._approve(ref, name, amount, APPROVERS[(first + index) % 3])
                if self.desk.status(ref) == ISSUED:
                    return True
        return False

    def _new_credit(self) -> bytes:
        self.credits += 1
        return keccak(text=f"new credit {self.credits}")

    @rule(
        name=names,
        bound=chance(tuple(BOUND)),
        size=chance((900, 1_000, 1_001, 3_000, 5_000)),
        first=st.integers(0, 2),
    )
    def issue_up_to_the_edge(self, name, bound, size, first):
        """All but one thing is ample: what it allows is issued, and not one unit more."""
        self._set_right(name)
        code, token = CHANNELS[name][0], self.token(CHANNELS[name][0])
        if bound == ORDER_CAP:
            self._govern("raiseChannel", name, size, 50_000, DAY)
        elif bound == TIERS:
            self._govern("loosenTiers", token.address, ((size // 2, 1), (size, 2)))
        elif bound == CHANNEL_LIMIT:
            used = self.desk.channels[name].limit.used_at(self.chain.now())
            self._govern("raiseChannel", name, 20_000, used + size, DAY)
        elif bound == MINT_LIMIT:
            used = token.limit.used_at(self.chain.now())
            self._set_limit(code, used + size, DAY, up=True)
        else:
            owed = token.supply + size
            self.post_statement(code, -(-owed * (10_000 + token.terms.buffer_bps) // 10_000))
        # In the second of the change the limit before it would count, too.
        self.pass_time(1)
        self._issue(name, self._amount("above all", name), PROPOSERS[0], first)
        self._issue(name, self._amount("all", name), PROPOSERS[0], first)
        # The cap and the tiers are of each order; of the others nothing is left.
        self._issue(name, 1, PROPOSERS[0], first)

    @rule(
        name=names,
        amount=chance((700, 2_500, 7_000)),
        given=st.integers(0, 2),
        mishap=chance(tuple(MISHAPS)),
        mended=st.booleans(),
    )
    def interrupt(self, name, amount, given, mishap, mended):
        """Something happens between proposal and last approval, and may be mended."""
        self._set_right(name)
        ref, proposer = self._new_credit(), PROPOSERS[0]
        if not self._propose(ref, name, amount, proposer):
            return
        given = min(given, self.desk.approvals(self.token(CHANNELS[name][0]).address, amount) - 1)
        for approver in APPROVERS[:given]:
            self._approve(ref, name, amount, approver)
        getattr(self, f"_{mishap}")(name, ref, amount, given)
        self._approve(ref, name, amount, APPROVERS[given])
        if mended:
            self._set_right(name)
            if self.desk.status(ref) in (CANCELLED, EXPIRED):
                given = 0
                self._propose(ref, name, amount, proposer)
            for approver in APPROVERS[given:]:
                self._approve(ref, name, amount, approver)

    def _proposer_goes(self, *_: Any) -> None:
        self._expel("PROPOSER", PROPOSERS[0])

    def _terms_are_mistaken(self, name: bytes, ref: bytes, amount: int, given: int) -> None:
        self._approve(ref, name, amount + 1, APPROVERS[given])

    def _proposer_must_wait(self, *_: Any) -> None:
        """With a delay it has its role still, and the order goes on."""
        self._expel("PROPOSER", PROPOSERS[0])
        self._grant("PROPOSER", PROPOSERS[0], 3_600)

    def _approver_must_wait(self, _: bytes, __: bytes, ___: int, given: int) -> None:
        self._expel("APPROVER", APPROVERS[given])
        self._grant("APPROVER", APPROVERS[given], 3_600)

    def _approver_goes(self, *_: Any) -> None:
        self._expel("APPROVER", APPROVERS[0])

    def _desk_goes(self, *_: Any) -> None:
        self._expel("MINTER", self.suite.desks.issuance.address)

    def _channel_closes(self, name: bytes, *_: Any) -> None:
        self._govern("closeChannel", name)

    def _cap_falls(self, name: bytes, _: bytes, amount: int, __: int) -> None:
        self._govern("lowerChannel", name, amount - 1, 50_000, DAY)

    def _limit_falls(self, name: bytes, _: bytes, amount: int, __: int) -> None:
        self._govern("lowerChannel", name, 20_000, amount - 1, DAY)

    def _tiers_shrink(self, name: bytes, _: bytes, amount: int, __: int) -> None:
        token = self.token(CHANNELS[name][0]).address
        self._govern("tightenTiers", token, ((amount - 1, 3),))

    def _tiers_ask_for_more(self, name: bytes, *_: Any) -> None:
        token = self.token(CHANNELS[name][0]).address
        most = self.desk.largest(token)
        self._govern("tightenTiers", token, ((most, 3),))

    def _tiers_ask_for_less(self, name: bytes, *_: Any) -> None:
        self._govern("loosenTiers", self.token(CHANNELS[name][0]).address, ((20_000, 1),))

    def _payee_goes(self, name: bytes, *_: Any) -> None:
        self.to_register("unbind", CHANNELS[name][2])

    def _payee_is_bound_anew(self, name: bytes, *_: Any) -> None:
        self.to_register("unbind", CHANNELS[name][2])
        self.bind_wallet(CHANNELS[name][2])
        self.pass_time(self.model.register.cooling - 1)

    def _diligence_ends(self, name: bytes, *_: Any) -> None:
        self.to_register("renew", CHANNELS[name][2], self.chain.now() + 60)
        self.pass_time(61)

    def _payee_is_barred(self, name: bytes, *_: Any) -> None:
        code, _, payee = CHANNELS[name]
        self.mark_accounts("blacklist", code, [payee])

    def _minting_stops(self, name: bytes, *_: Any) -> None:
        self.pause_some(CHANNELS[name][0], MINT)

    def _reserves_fall(self, name: bytes, _: bytes, amount: int, __: int) -> None:
        code = CHANNELS[name][0]
        self.post_statement(code, self.token(code).supply + amount)

    def _reserves_are_disputed(self, name: bytes, *_: Any) -> None:
        self.dispute_feed(CHANNELS[name][0], report=True)

    def _a_day_passes(self, *_: Any) -> None:
        self.pass_time(2 * DAY)

    def _it_runs_out(self, _: bytes, ref: bytes, *__: Any) -> None:
        self.pass_time(self.desk.orders[ref].expires_at + 1 - self.chain.now())

    def _it_is_cancelled(self, _: bytes, ref: bytes, *__: Any) -> None:
        self._cancel(ref, GUARDIAN)

    def _somebody_approves_twice(self, name: bytes, ref: bytes, amount: int, given: int) -> None:
        self._approve(ref, name, amount, APPROVERS[given - 1])

    def _currency_retires(self, name: bytes, *_: Any) -> None:
        self._retire(CHANNELS[name][0])

    @rule(index=st.integers(0, 9))
    def touch_what_is_issued(self, index):
        """It is not cancelled, not proposed anew, and not approved once more."""
        issued = [ref for ref, order in self.desk.orders.items() if order.status == ISSUED]
        if not issued:
            return
        ref = issued[index % len(issued)]
        name, amount = self._order(ref)
        if name in CHANNELS:
            self._set_right(name)
        self._cancel(ref, GUARDIAN)
        self._propose(ref, name, amount, PROPOSERS[0])
        for approver in APPROVERS:
            self._approve(ref, name, amount, approver)

    @rule(index=st.integers(0, 9), by=chance((GUARDIAN, GUARDIAN, GUARDIAN, PROPOSERS[0])))
    def cancel(self, index, by):
        orders = self.desk.orders
        open_ = [ref for ref, order in orders.items() if order.status == PROPOSED]
        choice = open_ if open_ and index < 7 else [*orders, *REFS]
        ref = choice[index % len(choice)]
        self._cancel(ref, by)

    def _cancel(self, ref: bytes, by: str) -> None:
        self.model.now = self.chain.now()
        late = self.desk.status(ref) == EXPIRED
        action = "cancel of a late order" if late else "cancel"
        verb = self.desk.cancel
        self._to_desk(action, by, "cancel", (ref, REF), lambda: verb(by, ref))

    # Channels and tiers

    @rule(
        name=known,
        cap=chance((20_000, 20_000, 3_000, 800, 0)),
        capacity=chance((50_000, 50_000, 20_000, 4_000, 0)),
        window=chance((*WINDOWS, 0)),
        up=usually,
    )
    def set_channel(self, name, cap, capacity, window, up):
        function = "raiseChannel" if up else "lowerChannel"
        self._govern(function, name, cap, capacity, window)

    @rule(name=names, part=chance((1, 2, 3)))
    def cut_channel(self, name, part):
        channel = self.desk.channels[name]
        cap, capacity = channel.cap // part, channel.limit.capacity // part
        self._govern("lowerChannel", name, cap, capacity, channel.limit.window)

    @rule(name=known)
    def close(self, name):
        self._govern("closeChannel", name)

    @rule(
        name=known,
        fault=chance((None,) * 6 + ("kind", "no kind", "payee", "nobody", "token", "name")),
        raised=usually,
    )
    def reopen(self, name, fault, raised):
        """A closed channel, most often with its former cap and limit; or one that never was."""
        closed = [n for n, channel in self.desk.channels.items() if not channel.is_open]
        name = closed[0] if closed and fault != "name" else name
        code, kind, payee = CHANNELS.get(name, CHANNELS[NAMES[1]])
        token = self.token(code).address
        faults = {
            "kind": (name, token, 3 - kind, payee),
            "no kind": (name, token, 0, payee),
            "payee": (name, token, kind, STRANGER),
            "nobody": (name, token, kind, ZERO),
            "token": (name, STRANGER, kind, payee),
            "name": (NO_REF, token, kind, payee),
        }
        if self._govern("openChannel", *faults.get(fault, (name, token, kind, payee))) and raised:
            self._govern("raiseChannel", name, 20_000, 50_000, DAY)

    @rule(code=codes, tiers=chance((*TIER_LISTS, *BAD_TIERS)), tighten=chance((True, False)))
    def set_tiers(self, code, tiers, tighten):
        function = "tightenTiers" if tighten else "loosenTiers"
        self._govern(function, self.token(code).address, tiers)

    @rule(code=codes, how=chance(("one more", "without the largest", "half")))
    def tighten(self, code, how):
        """Stricter than those in force, whatever they are."""
        token = self.token(code).address
        tiers = self.desk.tiers[token]
        stricter = {
            "one more": tuple((up_to, min(each + 1, len(SPARE[1]))) for up_to, each in tiers),
            "without the largest": tiers[:-1],
            "half": tuple((up_to // 2, each) for up_to, each in tiers),
        }
        self._govern("tightenTiers", token, stricter[how])

    # Customers

    @rule(
        payee=payees,
        days=chance((700, 700, 3, 1)),
        fault=chance((None,) * 6 + ("reference", "late", "over", "too long", "signer", "old")),
        cool=usually,
    )
    def bind(self, payee, days, fault, cool):
        """One that is not bound, if there is one."""
        customers = self.model.register.customers
        payee = next((each for each in PAYEES if not customers[each].bound_at), payee)
        if self.bind_wallet(payee, days=days, fault=fault):
            self.to_register("setPayout", payee, keccak(text=payee))
            if cool:
                self.pass_time(self.model.register.cooling)

    @rule(payee=payees)
    def unbind(self, payee):
        self.to_register("unbind", payee)

    @rule(payee=payees, seconds=chance((700 * DAY, 700 * DAY, DAY, 60, 0)))
    def renew(self, payee, seconds):
        customers = self.model.register.customers
        over = [p for p in PAYEES if 0 < customers[p].until < self.chain.now()]
        payee = over[0] if over and seconds else payee
        self.to_register("renew", payee, self.chain.now() + seconds)

    # The token

    @rule(code=codes, payee=payees, back=chance((True, True, False)))
    def bar(self, code, payee, back):
        """A payee is blacklisted, or rather one that is comes back."""
        listed = [p for p in PAYEES if self.token(code).accounts[p].has(BLACKLISTED)]
        if listed and back:
            self.mark_accounts("unblacklist", code, listed)
        else:
            self.mark_accounts("blacklist", code, [payee])

    @rule(code=codes, payee=payees, known_=chance((True, True, False)))
    def list_mode_and_identity(self, code, payee, known_):
        """Allow-list mode, in which a payee is verified or not."""
        if self.token(code).allow_list:
            self.list_mode(code, on=False)
            return
        self.mark_accounts("verify" if known_ else "unverify", code, [payee])
        self.list_mode(code, on=True)

    @rule(code=codes, back=usually)
    def pause(self, code, back):
        """Minting stops, or rather goes on when it was stopped."""
        if self.token(code).pauses & MINT and back:
            self.resume_all(code)
        else:
            self.pause_some(code, MINT)

    @rule(
        code=codes,
        capacity=chance((60_000, 60_000, 15_000, 2_000, 0)),
        window=chance((*WINDOWS, 0)),
        up=usually,
    )
    def set_limit(self, code, capacity, window, up):
        self._set_limit(code, capacity, window, up=up)

    @rule(
        code=codes,
        reserves=chance(("exact", "exact", "half", 100_000, 100_000, 100_000, 1)),
        elsewhere=chance((0, 0, 0, 500, 90_000)),
        age=chance((0, 0, 0, DAY)),
    )
    def state_reserves(self, code, reserves, elsewhere, age):
        """A statement that is ample, fits the supply to the unit, or has fallen below it."""
        token = self.token(code)
        bps = 10_000 + token.terms.buffer_bps
        last = token.terms.source.rounds[-1].reserves
        owed = token.supply + elsewhere + 700
        value = {"exact": -(-owed * bps // 10_000), "half": last // 2}.get(reserves, reserves)
        if self.post_statement(code, value, elsewhere, age=age) and value < last:
            self.done["post of a fall"] += 1

    @rule(code=codes, back=usually)
    def dispute(self, code, back):
        disputed = self.token(code).terms.source.disputed
        self.dispute_feed(code, report=not (disputed and back))

    @rule(who=st.integers(0, 5), again=chance(("at once", "at once", "with a delay", "not at all")))
    def party(self, who, again):
        """A member is expelled, and perhaps granted its role again; who was away comes back."""
        role, account = self._parties()[who]
        if self.model.members[role].get(account, 1) == 0:
            self._expel(role, account)
        elif again != "with a delay":
            self._restore_party(role, account)
            return
        if again == "at once":
            self._grant(role, account)
        elif again == "with a delay" and account not in self.model.members[role]:
            self._grant(role, account, 3_600)

    # Off the board

    @rule(code=codes, back=usually)
    def retire(self, code, back):
        """Off the board, and most often on it again; what was proposed can still be issued."""
        if self.token(code).address in self.model.codes:
            self._retire(code)
        if back:
            self._back_on_board(code)

    def _retire(self, code: str) -> None:
        registry, token = self.suite.registry, self.token(code).address
        verb, arguments = self.model.codes.pop, (code.encode(), REF)
        self.do("retire", registry, GOVERNOR, "retire", arguments, lambda: verb(token))

    def _back_on_board(self, code: str) -> None:
        peg = self.suite.pegs[code]
        arguments = (code.encode(), peg.token.address, peg.feed.address, REF)
        self.do(
            "register",
            self.suite.registry,
            GOVERNOR,
            "register",
            arguments,
            lambda: self.model.codes.__setitem__(peg.token.address, code),
        )

    # Out of existence

    @rule(code=codes, payee=payees, to=payees, part=chance((1, 2)))
    def transfer(self, code, payee, to, part):
        self.move(code, payee, to, self.token(code).accounts[payee].balance // part)

    @rule(code=codes, part=chance((1, 2, 3)))
    def burn(self, code, part):
        value = self.token(code).accounts[BURNER].balance // part
        self.to_token("burn", code, BURNER, "burn", (value, REF), "burn", BURNER, value)

    @rule(code=codes, payee=payees)
    def destroy(self, code, payee):
        """Half of what a blacklisted payee has."""
        self.mark_accounts("blacklist", code, [payee])
        value = (self.token(code).accounts[payee].balance + 1) // 2
        arguments = (payee, value, REF)
        self.to_token(
            "destroy", code, member("SEIZER"), "destroy", arguments, "destroy", payee, value
        )
        self.mark_accounts("unblacklist", code, [payee])

    @rule(code=codes, payee=payees, part=chance((1, 2)))
    def redeem(self, code, payee, part):
        """All the way to the payout."""
        value = self.token(code).accounts[payee].balance // part
        if not self.surrender(code, payee, value):
            return
        number_, teller = self.model.redeeming.count, member("TELLER")
        payout = keccak(text=f"payout {number_}")
        if not self.to_redemption("validate", teller, "validate", number_):
            return
        if self.to_redemption("instruct", teller, "instruct", number_, payout):
            self.to_redemption("settle", member("SETTLER"), "settle", number_, payout)

    # Looking

    @rule(name=known)
    def look(self, name):
        """The views say what the model says."""
        self.model.now = self.chain.now()
        call, desk = self.suite.desks.issuance.call, self.desk
        assert call("previewIssue", name) == desk.preview(name)
        if channel := desk.channels.get(name):
            limit = channel.limit
            shown = call("channelOf", name)
            terms = (channel.kind, channel.is_open, channel.cap, limit.capacity, limit.window)
            assert shown[3:] == (*terms, limit.available(self.model.now))
            tiers = desk.tiers[channel.token.address]
            assert call("tiersOf", channel.token.address) == tiers
        refs = (*REFS, *list(desk.orders)[-2:])
        for ref in refs:
            order, status = desk.orders.get(ref), desk.status(ref)
            shown = call("orderOf", ref)
            assert shown[5] == status
            assert call("isIssued", ref) == (status == ISSUED)
            if order:
                assert shown[:3] == (ref, order.channel.name, order.amount)
                approvers = tuple(each.lower() for each in order.approvers)
                assert shown[3:] == (order.proposer.lower(), order.expires_at, status, approvers)
        waiting = [ref for ref in desk.orders if desk.status(ref) == PROPOSED]
        assert [each[0] for each in call("openOrders", 0, 1_000)] == waiting
        self.passed("look")

    @rule(name=names)
    def preview(self, name):
        """A3: what is allowed issues, and one unit more is refused for the reason that is named."""
        self.model.now = self.chain.now()
        constraint, allowed = self.suite.desks.issuance.call("previewIssue", name)
        with self.aside():
            proposer, approvers = SPARE
            for role, one in (("PROPOSER", proposer), *(("APPROVER", a) for a in approvers)):
                role_id = roles().roles[role].id
                self.suite.authority.send("grantRole", role_id, one, 0, sender=GOVERNOR)
            if allowed:
                with self.aside():
                    assert self._try_issue(name, allowed) == ""
            # Where several bind, the contracts may come to another of them first.
            binding = [c for c, bound in self.desk.bounds(name).items() if bound <= allowed]
            assert constraint == binding[0]
            reasons = {reason for each in binding for reason in REASONS[each]}
            assert self._try_issue(name, allowed + 1) in reasons
        self.passed("preview")

    def _try_issue(self, name: bytes, amount: int) -> str:
        """Issues on the chain alone, by others; answers why not."""
        desk, code, ref = self.suite.desks.issuance, CHANNELS[name][0].encode(), keccak(text="try")
        proposer, approvers = SPARE
        refusal = self.attempt(desk, proposer, "propose", ref, name, code, amount)
        for one in approvers:
            if refusal or desk.call("isIssued", ref):
                return refusal
            refusal = self.attempt(desk, one, "approve", ref, name, amount)
        assert refusal or desk.call("isIssued", ref), "there are too few approvers"
        return refusal

    # Invariants

    @invariant()
    def s1_every_word_is_the_models(self):
        assert self.words == self.expected_words()

    @invariant()
    def d1_a_bank_reference_issues_once(self):
        for step in self.unseen("D1"):
            for event, told in step.events:
                if event == "Issued":
                    assert told["bankRef"] not in self.spent
                    self.spent.add(told["bankRef"])

    @invariant()
    def d2_what_is_issued_is_within_fresh_reserves(self):
        for step in self.unseen("D2"):
            for code in CODES:
                supply = self.supply_of(step.after, code)
                if supply <= self.supply_of(step.before, code):
                    continue
                latest, terms = step.after[f"{code} latest"], self.token(code).terms
                reserves, elsewhere = latest & FIGURE, latest >> 104 & FIGURE
                as_of, disputed = latest >> 208 & MOMENT, latest >> 248
                assert (supply + elsewhere) * (10_000 + terms.buffer_bps) <= reserves * 10_000
                assert not disputed
                assert 0 < as_of <= step.now <= as_of + terms.max_age

    @invariant()
    def d3_a_channel_issues_within_its_cap_and_its_limit(self):
        for step in self.unseen("D3"):
            for event, told in step.events:
                if event != "Issued":
                    continue
                name = bytes.fromhex(told["channel"][2:])
                assert told["amount"] <= step.before[f"channel {name!r} 1"] >> 160
                self.issues[told["channel"]].append((step.now, told["amount"]))
                issues = self.issues[told["channel"]]
                for index, (start, _) in enumerate(issues):
                    issued = sum(amount for _, amount in issues[index:])
                    capacity, refill = self._limits_between(name, start, step.now)
                    assert issued <= capacity + refill // DAY

    def _limits_between(self, name: bytes, start: int, end: int) -> tuple[int, int]:
        """The largest capacity from `start` to `end`, and the refill times a day."""
        capacity = refill = 0
        limits = self.limits[name]
        ends = [since for since, _, _ in limits[1:]] + [end]
        for (since, size, window), until in zip(limits, ends, strict=True):
            if until >= start and since <= end:
                capacity = max(capacity, size)
                refill += max(min(until, end) - max(since, start), 0) * size * (DAY // window)
        return capacity, refill

    @invariant()
    def d5_issued_less_redeemed_and_destroyed_is_the_supply(self):
        for step in self.unseen("D5"):
            by_address = {self.token(code).address: code for code in CODES}
            for event, told in step.events:
                if event == "Issued":
                    code = CHANNELS.get(bytes.fromhex(told["channel"][2:]), ("HKD",))[0]
                    self.net[code] += told["amount"]
            for token, _, to, value in step.transfers:
                if to == ZERO:
                    assert step.function in {"settle", "burn", "destroy"}
                    self.net[by_address[token]] -= value
        assert self.net == {code: self.supply_of(self.words, code) for code in CODES}

    @invariant()
    def a1_supply_rises_by_a_last_approval_only(self):
        for step in self.unseen("A1"):
            issued = [told for event, told in step.events if event == "Issued"]
            assert len(issued) <= 1
            rises = [self.supply_of(step.after, c) - self.supply_of(step.before, c) for c in CODES]
            assert sum(max(rise, 0) for rise in rises) == sum(told["amount"] for told in issued)
            for told in issued:
                assert step.function == "approve"
                code, _, payee = CHANNELS.get(
                    bytes.fromhex(told["channel"][2:]), CHANNELS[NAMES[1]]
                )
                moved = (self.token(code).address, ZERO, payee, told["amount"])
                assert (step.transfers, told["to"]) == ((moved,), payee)

    @invariant()
    def a2_distinct_parties_in_their_roles_approved(self):
        for step in self.unseen("A2"):
            for event, told in step.events:
                if event == "OrderProposed":
                    self.trails[told["bankRef"]] = (told["proposer"], [])
                elif event == "OrderApproved":
                    self.trails[told["bankRef"]][1].append(told["approver"])
                    assert told["approvals"] == len(self.trails[told["bankRef"]][1])
                elif event == "Issued":
                    proposer, approvers = self.trails[told["bankRef"]]
                    assert len(set(approvers)) == len(approvers)
                    assert proposer not in approvers
                    assert approvers[-1] == told["approver"] == step.sender
                    assert len(approvers) >= self._asked(step, told)
                    assert self._has("PROPOSER", proposer)
                    assert all(self._has("APPROVER", one) for one in approvers)

    def _has(self, role: str, account: str) -> bool:
        return bool(self.suite.authority.call("hasRole", roles().roles[role].id, account)[0])

    def _asked(self, step: Any, told: dict[str, Any]) -> int:
        """The approvals that the raw tiers ask for."""
        code = CHANNELS.get(bytes.fromhex(told["channel"][2:]), ("HKD",))[0]
        words = [step.before[f"tiers {code} {i}"] for i in range(4)]
        tiers = [half for word in words for half in (word & (2**104 - 1), word >> 104)]
        fitting = [tier >> 96 for tier in tiers if told["amount"] <= tier & (2**96 - 1)]
        return fitting[0]

    @invariant()
    def a4_terms_stand_and_issued_is_for_ever(self):
        for step in self.unseen("A4"):
            for name, word in step.before.items():
                if not name.startswith("order ") or not name.endswith(" 0"):
                    continue
                status, after = word >> 200 & 255, step.after[name]
                if status == ISSUED:
                    assert after == word
                elif status == PROPOSED and after >> 200 & 255 != CANCELLED:
                    late = step.now > word >> 160 & MOMENT
                    same = (after ^ word) & ~(0xFFFF << 200) == 0
                    assert same or (late and step.function == "propose")


def test_issuance():
    """Holds for every sequence that hypothesis tries, and every action was among them."""
    run_state_machine_as_test(IssuanceMachine, settings=sequences())
    report(IssuanceMachine)
    require_all(IssuanceMachine, ACTIONS, REFUSALS)
