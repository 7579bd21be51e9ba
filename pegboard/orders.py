"""Orders of courts and authorities: cases, what they restrain, and what they take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address

from pegboard.actions import Action, desk_action, money
from pegboard.amounts import MAX_UNITS, format_amount
from pegboard.calendars import parse_day
from pegboard.chain import History
from pegboard.contract import padded
from pegboard.errors import InputError, Reverted
from pegboard.inputs import moment_text, reference, reference_text
from pegboard.issuance import PAGE, pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pegboard.contract import Contract
    from pegboard.operate import Outcome
    from pegboard.suite import Peg, Suite

CLASSES = ("none", "court-order", "authority-request", "security", "review")
STATUSES = ("none", "proposed", "executed", "cancelled")
#: The largest ceiling that the contract takes: whatever the account has, now or later.
EVERYTHING = MAX_UNITS
#: The destination of what is destroyed.
NOBODY = "0x" + "00" * 20
_DAY = 86_400


@dataclass(frozen=True)
class Case:
    """A case as the contract keeps it; `kind` is its class, times are in seconds."""

    id: bytes
    kind: str
    opened_at: int
    review_by: int
    closed: bool
    restraints: int
    document: bytes

    @property
    def name(self) -> str:
        """Its id, as text where it is one."""
        return reference_text(self.id)

    @property
    def title(self) -> str:
        """Its id and its class, for people."""
        return f"case {self.name} ({self.kind.replace('-', ' ')})"

    def is_overdue(self, now: int) -> bool:
        """Whether it had to be reviewed before, so that it only releases."""
        return not self.closed and now > self.review_by


@dataclass(frozen=True)
class Entry:
    """An account that a case names; amounts in base units."""

    token: str
    account: str
    frozen: bool
    ceiling: int
    held: int
    taken: int


@dataclass(frozen=True)
class Order:
    """An order to take, proposed under a case; `to` is address zero where it destroys."""

    case: bytes
    token: str
    account: str
    to: str
    value: int
    redemption: int
    proposer: str
    proposed_at: int
    status: str
    id: int = 0

    @property
    def terms(self) -> tuple[bytes, str, str, str, int, int]:
        """What it orders, whoever proposed it."""
        return (self.case, self.token, self.account, self.to, self.value, self.redemption)


@dataclass(frozen=True)
class Currency:
    """A token in which a case acts, declared here or not."""

    code: str
    decimals: int
    token: Contract

    def money(self, units: int) -> str:
        """An amount for people."""
        return f"{format_amount(units, self.decimals)} {self.code}"

    def ceiling(self, units: int) -> str:
        """A ceiling for people."""
        return "all" if units == EVERYTHING else self.money(units)


@dataclass(frozen=True)
class Account:
    """What a case did to an account, and what the token says of it now, whoever did it."""

    entry: Entry
    currency: Currency
    is_frozen: bool
    held: int
    balance: int


@dataclass(frozen=True)
class Standing:
    """A case with its accounts and the orders that wait."""

    case: Case
    accounts: tuple[Account, ...]
    orders: tuple[tuple[Order, Currency], ...]


# What people type


def case_id(text: str) -> bytes:
    """A case's id: taken like a reference, and never empty."""
    found = reference(text)
    if not any(found):
        raise InputError("the case is empty: give its number, such as 'case 12'")
    return found


def last_second(day: str) -> int:
    """The last second, in UTC, of a day such as 2026-12-31."""
    return (parse_day(day) + 1) * _DAY - 1


# Reading


def case_of(suite: Suite, case: bytes) -> Case:
    """One case; refuses one that was never opened."""
    found = _case(case, suite.desks.orders.call("caseOf", case))
    if found.kind == "none":
        raise InputError(f"there is no case {found.name}: `orders list` shows all cases")
    return found


def cases(suite: Suite) -> list[Case]:
    """All cases, in the order of their opening."""
    desk = suite.desks.orders
    ids = pages(desk.call("caseCount"), lambda at, n: desk.call("cases", at, n))
    return [case_of(suite, case) for case in ids]


def _case(case: bytes, found: Sequence[Any]) -> Case:
    kind, *rest = found
    return Case(case, CLASSES[kind], *rest)


def entry_of(suite: Suite, case: bytes, token: str, account: str) -> Entry | None:
    """What a case says of an account, if it names it."""
    try:
        return _entry(suite.desks.orders.call("entryOf", case, token, account))
    except Reverted as fault:
        if fault.name == "AccountNotNamed":
            return None
        raise


def _entry(found: Sequence[Any]) -> Entry:
    token, account, *rest = found
    return Entry(to_checksum_address(token), to_checksum_address(account), *rest)


def order_of(suite: Suite, number: int) -> Order:
    """One order to take; refuses one that was never proposed."""
    order = _order(number, suite.desks.orders.call("proposalOf", number))
    if order.status == "none":
        raise InputError(f"there is no order {number}: `orders show` prints those of a case")
    return order


def open_orders(suite: Suite, case: bytes) -> list[Order]:
    """The orders of a case that wait, in the order of their proposal."""
    desk = suite.desks.orders

    def page(first: int, limit: int) -> list[Order]:
        ids, found = desk.call("openProposals", first, limit)
        return [_order(number, order) for number, order in zip(ids, found, strict=True)]

    waiting: Iterable[Order] = pages(desk.call("proposalCount"), page, start=1)
    return [order for order in waiting if order.case == case]


def _order(number: int, found: Sequence[Any]) -> Order:
    case, token, account, to, value, redemption, proposer, proposed_at, status = found
    token, account, to, proposer = map(to_checksum_address, (token, account, to, proposer))
    terms = (case, token, account, to, value, redemption)
    return Order(*terms, proposer, proposed_at, STATUSES[status], number)


def currency_of(suite: Suite, token: str) -> Currency:
    """A token for people: by its declaration, or by what it says of itself."""
    peg = suite.peg_at(token)
    if peg:
        return Currency(peg.config.code, peg.config.decimals, peg.token)
    contract = next(iter(suite.pegs.values())).token.at(token)
    return Currency(contract.call("symbol"), contract.call("decimals"), contract)


def standing(suite: Suite, case: bytes) -> Standing:
    """All that a case did, and what the tokens say now."""
    found, desk = case_of(suite, case), suite.desks.orders
    named: list[Entry] = []
    while True:
        page = [_entry(entry) for entry in desk.call("entries", case, len(named), PAGE)]
        named += page
        if len(page) < PAGE:
            break
    waiting = open_orders(suite, case)
    known = {token: currency_of(suite, token) for token in {entry.token for entry in named}}
    return Standing(
        found,
        tuple(_account(entry, known[entry.token]) for entry in named),
        # An order is only of an account that the case names.
        tuple((order, known[order.token]) for order in waiting),
    )


def _account(entry: Entry, currency: Currency) -> Account:
    token, account = currency.token, entry.account
    return Account(
        entry,
        currency,
        token.call("isFrozen", account),
        token.call("getFrozenTokens", account),
        token.call("balanceOf", account),
    )


def taking(suite: Suite, order: Order) -> str:
    """The whole order in one clause: what, of whom, to whom, under which case."""
    case, amount = case_of(suite, order.case), currency_of(suite, order.token).money(order.value)
    if order.to == NOBODY:
        return f"destroy {amount} of {order.account} under {case.title}"
    if order.redemption:
        amount += f" of request {order.redemption} at the redemption desk"
    return f"take {amount} from {order.account} to {order.to} under {case.title}"


def _past(suite: Suite, *topics: bytes | None) -> list[tuple[str, dict[str, Any]]]:
    """What was logged about cases; nothing on a chain in memory, which keeps no history."""
    desk, chain = suite.desks.orders, suite.chain
    return desk.events(chain.logs(desk.address, topics)) if isinstance(chain, History) else []


# Cases


def open_case(suite: Suite, case: bytes, kind: str, review_by: int, document: bytes) -> Action:
    """Opens a case; nothing to do where it was opened with this content."""
    wanted = Case(case, kind, 0, review_by, closed=False, restraints=0, document=document)
    known = _case(case, suite.desks.orders.call("caseOf", case))
    if known.kind != "none":
        _require_same(known, wanted)
    return desk_action(
        suite.desks.orders,
        "openCase",
        (case, CLASSES.index(kind), review_by, document),
        f"open {wanted.title}, to be reviewed by {moment_text(review_by)}",
        details=_named(wanted) | {"class": kind, "document": "0x" + document.hex()},
        nothing_to_do=known.kind != "none",
    )


def _require_same(known: Case, wanted: Case) -> None:
    if known.closed:
        raise InputError(f"case {known.name} is closed, and a case is opened once: take another id")
    other = []
    if known.kind != wanted.kind:
        other.append(f"its class is {known.kind}, not {wanted.kind}")
    if known.document != wanted.document:
        other.append(f"its document is 0x{known.document.hex()}, not 0x{wanted.document.hex()}")
    if known.review_by != wanted.review_by:
        dates = f"{moment_text(known.review_by)}, not {moment_text(wanted.review_by)}"
        other.append(f"it is to be reviewed by {dates}, which `orders review` changes")
    if other:
        raise InputError(f"case {known.name} is open with other content: {'; '.join(other)}")


def review(suite: Suite, case: bytes, review_by: int, ref: bytes) -> Action:
    """Records a review with the date of the next; nothing to do where this very one is recorded.

    A review is known by its reference and its date, so that a repetition never undoes a later one.
    """
    found = case_of(suite, case)
    past = _past(suite, *suite.desks.orders.topics("CaseReviewed", caseId=case, ref=ref))
    return desk_action(
        suite.desks.orders,
        "reviewCase",
        (case, review_by, ref),
        f"record a review of {found.title}; the next is due by {moment_text(review_by)}",
        ref=ref,
        details=_named(found) | {"reviewBy": moment_text(review_by)},
        nothing_to_do=any(event["reviewBy"] == review_by for _, event in past),
    )


def close(suite: Suite, case: bytes, ref: bytes) -> Action:
    """Closes a case that restrains nobody any more."""
    found = case_of(suite, case)
    return desk_action(
        suite.desks.orders,
        "closeCase",
        (case, ref),
        f"close {found.title}",
        ref=ref,
        details=_named(found),
        nothing_to_do=found.closed,
    )


def _named(case: Case) -> dict[str, Any]:
    return {"case": case.name, "caseId": "0x" + case.id.hex()}


# Restraining and releasing


def freeze(
    suite: Suite, peg: Peg, case: bytes, accounts: Sequence[str], ceiling: int | None = None
) -> Action:
    """Names accounts where the case does not yet, and freezes them, in one transaction."""
    _require_distinct(accounts)
    found, steps = case_of(suite, case), _Steps(suite, peg, case)
    barring = []
    for account in accounts:
        entry = entry_of(suite, case, peg.token.address, account)
        steps.name(account, entry, ceiling, EVERYTHING)
        # Somebody may have lifted it at the token, past the case.
        if entry is None or not entry.frozen or not peg.token.call("isFrozen", account):
            barring.append(account)
    if barring:
        steps.add("freeze", barring)
    said = f"freeze {', '.join(accounts)} in {peg.config.code} under {found.title}"
    said += ", to receive but not send"
    return steps.action("freeze", said, _named(found) | {"accounts": list(accounts)})


def hold(
    suite: Suite, peg: Peg, case: bytes, account: str, units: int, ceiling: int | None = None
) -> Action:
    """Holds so much in all under this case, naming the account where the case does not yet."""
    _require_positive(units)
    found, steps = case_of(suite, case), _Steps(suite, peg, case)
    entry = entry_of(suite, case, peg.token.address, account)
    held = entry.held if entry else 0
    if units < held:
        raise InputError(
            f"case {found.name} holds {money(peg, held)} of {account}, which is more: "
            "have RELEASER release what is too much"
        )
    _require_kept(peg, found, account, held)
    steps.name(account, entry, ceiling, units)
    if units > held:
        steps.add("hold", account, units - held)
    said = f"hold {money(peg, units)} of {account} in all under {found.title}"
    said += f", {money(peg, units - held)} more than it does"
    return steps.action("hold", said, _named(found) | {"account": account}, units)


def _require_kept(peg: Peg, case: Case, account: str, held: int) -> None:
    kept = peg.token.call("getFrozenTokens", account)
    if kept < held:
        raise InputError(
            f"case {case.name} holds {money(peg, held)} of {account}, but the token only "
            f"{money(peg, kept)}, since it was released or taken there: have RELEASER release it "
            "from the case too, then hold anew"
        )


class _Steps:
    """Several verbs of a CASEWORKER about accounts of one case, to be done in one transaction."""

    def __init__(self, suite: Suite, peg: Peg, case: bytes) -> None:
        self._desk, self._peg, self._case = suite.desks.orders, peg, case
        self._currency = currency_of(suite, peg.token.address)
        self._calls: list[bytes] = []
        self._named: list[str] = []

    def add(self, verb: str, *args: Any) -> None:
        """One more verb on this case and this token."""
        self._calls.append(self._desk.encode(verb, self._case, self._peg.token.address, *args))

    def name(self, account: str, entry: Entry | None, ceiling: int | None, default: int) -> None:
        """Names an account that is not named yet, or gives it the ceiling that was asked for."""
        units = default if ceiling is None else ceiling
        if entry is None or (ceiling is not None and entry.ceiling != ceiling):
            self.add("nameAccount", account, units)
            self._named.append(f"{account} with the ceiling {self._currency.ceiling(units)}")

    def action(
        self, verb: str, said: str, details: dict[str, Any], units: int | None = None
    ) -> Action:
        """All of it, by whoever is CASEWORKER."""
        if self._named:
            said += f"; name in it {', '.join(self._named)}"
        action = desk_action(
            self._desk,
            "multicall",
            (self._calls,),
            said,
            peg=self._peg,
            details=details,
            amount=units,
            nothing_to_do=not self._calls,
            public=True,
            needs="CASEWORKER",
        )
        return replace(action, verb=verb)


def unfreeze(suite: Suite, peg: Peg, case: bytes, accounts: Sequence[str]) -> Action:
    """Lifts this case's freezes; what another case freezes stays frozen, and it says so."""
    _require_distinct(accounts)
    found = case_of(suite, case)
    named = [_require_named(suite, peg, found, account) for account in accounts]
    staying = [e.account for e in named if _freezes_of(suite, peg, e.account) > e.frozen]
    said = f"lift the freeze of {', '.join(accounts)} in {peg.config.code} by {found.title}"
    if staying:
        said += f"; another case still freezes {', '.join(staying)}"
    return desk_action(
        suite.desks.orders,
        "unfreeze",
        (case, peg.token.address, list(accounts)),
        said,
        peg=peg,
        details=_named(found) | {"accounts": list(accounts), "stillFrozen": staying},
        nothing_to_do=not any(entry.frozen for entry in named),
    )


def _freezes_of(suite: Suite, peg: Peg, account: str) -> int:
    return int(suite.desks.orders.call("freezesOf", peg.token.address, account))


def release(
    suite: Suite, peg: Peg, case: bytes, account: str, units: int, *, again: bool = False
) -> Action:
    """Releases so much of what the case holds; the same again only where it is said.

    Nothing to do where the case released exactly this since it last held something there.
    """
    _require_positive(units)
    found = case_of(suite, case)
    entry = _require_named(suite, peg, found, account)
    done = not again and _released(suite, entry, case, units)
    if not done and units > entry.held:
        raise InputError(
            f"case {found.name} holds {money(peg, entry.held)} of {account}: release no more"
        )
    return desk_action(
        suite.desks.orders,
        "release",
        (case, peg.token.address, account, units),
        f"release {money(peg, units)} of {account} that {found.title} holds",
        peg=peg,
        details=_named(found) | {"account": account},
        amount=units,
        nothing_to_do=done,
    )


def _released(suite: Suite, entry: Entry, case: bytes, units: int) -> bool:
    done = False
    for name, event in _past(suite, None, case, padded(entry.token), padded(entry.account)):
        if name == "CaseHeld":
            done = False
        elif name == "CaseReleased":
            done = done or event["value"] == units
    return done


def _require_named(suite: Suite, peg: Peg, case: Case, account: str) -> Entry:
    entry = entry_of(suite, case.id, peg.token.address, account)
    if entry is None:
        raise InputError(
            f"case {case.name} does not name {account} of {peg.config.code}: "
            "`orders show` prints the accounts that it names"
        )
    return entry


def _require_distinct(accounts: Sequence[str]) -> None:
    if len(set(accounts)) != len(accounts):
        raise InputError("the same address is given twice: name each once")


def _require_positive(units: int) -> None:
    if units <= 0:
        raise InputError("the amount is zero: nothing would happen, so say how much")


# Taking


def propose(
    suite: Suite,
    peg: Peg,
    case: bytes,
    account: str,
    to: str | None,
    units: int,
    redemption: int = 0,
    *,
    again: bool = False,
) -> Action:
    """Proposes to take of an account, to somebody or, without `to`, to destroy it.

    Nothing to do where the same order waits, or was executed and is not asked for again; the
    details then say its number.
    """
    _require_positive(units)
    if to == NOBODY:
        raise InputError("address zero receives nothing: to destroy, use `orders destroy`")
    if to == account:
        raise InputError(f"{to} would be taken from and receive: give the order's destination")
    found = case_of(suite, case)
    terms = (case, peg.token.address, account, to or NOBODY, units, redemption)
    order = Order(*terms, "", 0, "none")
    same = _same(suite, order, again=again)
    details = _named(found) | {"account": account, "to": to, "redemption": redemption or None}
    return desk_action(
        suite.desks.orders,
        "propose",
        (case, order.token, account, order.to, units, redemption),
        f"propose to {taking(suite, order)}",
        peg=peg,
        details=details | ({"order": same.id, "status": same.status} if same else {}),
        amount=units,
        nothing_to_do=same is not None,
        public=True,
        needs="CASEWORKER",
    )


def _same(suite: Suite, order: Order, *, again: bool) -> Order | None:
    """The last order with these terms that waits or, unless asked for again, was executed."""
    known = [o for o in open_orders(suite, order.case) if o.terms == order.terms]
    if not known and not again:
        topics = {"caseId": order.case, "account": padded(order.account)}
        past = _past(suite, *suite.desks.orders.topics("OrderProposed", **topics))
        proposed = (order_of(suite, event["id"]) for _, event in past)
        known = [o for o in proposed if o.terms == order.terms and o.status == "executed"]
    return known[-1] if known else None


def proposed(suite: Suite, outcome: Outcome) -> int:
    """The number of the order that was proposed, which only its transaction tells."""
    logs = outcome.receipt.logs if outcome.receipt else ()
    return int(dict(suite.desks.orders.events(logs))["OrderProposed"]["id"])


def execute(suite: Suite, number: int) -> Action:
    """Executes an order that waits."""
    order = order_of(suite, number)
    if order.status == "cancelled":
        raise InputError(f"order {number} was cancelled: propose it anew if it stands")
    return _about(suite, order, "execute", (number,), done=order.status == "executed")


def cancel(suite: Suite, number: int, ref: bytes) -> Action:
    """Cancels an order that waits, also one whose execution is scheduled."""
    order = order_of(suite, number)
    if order.status == "executed":
        raise InputError(f"order {number} was executed: there is nothing to cancel")
    done = order.status == "cancelled"
    return _about(suite, order, "cancel", (number, ref), done=done, ref=ref)


def _about(
    suite: Suite,
    order: Order,
    verb: str,
    args: tuple[Any, ...],
    *,
    done: bool,
    ref: bytes = bytes(32),
) -> Action:
    details = _named(case_of(suite, order.case)) | {
        "order": order.id,
        "account": order.account,
        "to": None if order.to == NOBODY else order.to,
        "redemption": order.redemption or None,
    }
    return desk_action(
        suite.desks.orders,
        verb,
        args,
        f"{verb} order {order.id}: {taking(suite, order)}",
        ref=ref,
        peg=suite.peg_at(order.token),
        details=details,
        amount=order.value,
        nothing_to_do=done,
    )
