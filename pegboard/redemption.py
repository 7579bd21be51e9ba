"""Redeeming through the desk: requests, their clocks, and what the bank did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address

from pegboard.actions import Action, desk_action, money
from pegboard.amounts import exact_amount, format_duration
from pegboard.calendars import day_text
from pegboard.chain import History
from pegboard.desks import calendar_code
from pegboard.errors import InputError
from pegboard.inputs import moment_text, reference_text
from pegboard.issuance import pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.suite import Peg, Suite

#: How a request ends, by the event that says so.
OUTCOMES = {
    "RedemptionPaid": "paid",
    "RedemptionReturned": "returned",
    "RedemptionReleased": "released",
}
STATUSES = ("none", "requested", "valid", "paying", "closed")
#: What the desk has room for.
MAX_FLAT_FEE = 2**80 - 1
#: How far a consent moves a due date at most, in days from the extension, as the desk has it.
LONGEST_EXTENSION = 366


@dataclass(frozen=True)
class Request:
    """A request as the desk keeps it; amounts in base units, times in seconds, days as numbers."""

    id: int
    token: str
    holder: str
    amount: int
    fee: int
    status: str
    requested_at: int
    valid_day: int
    due_at: int
    blocked_until: int

    def as_dict(self, decimals: int) -> dict[str, Any]:
        """For JSON; what is not known yet is none."""
        return {
            "id": self.id,
            "holder": self.holder,
            "amount": _amount(self.amount, decimals),
            "fee": _amount(self.fee, decimals),
            "status": self.status,
            "requestedAt": moment_text(self.requested_at),
            "validDay": day_text(self.valid_day) if self.valid_day else None,
            "dueAt": moment_text(self.due_at) if self.due_at else None,
            "blockedUntil": day_text(self.blocked_until) if self.blocked_until else None,
        }


def _amount(units: int, decimals: int) -> dict[str, str]:
    return {"amount": exact_amount(units, decimals), "units": str(units)}


def request_of(suite: Suite, number: int) -> Request:
    """One request; its status is none when there never was one, and closed when it is finished."""
    return _request(suite.desks.redemption.call("requestOf", number))


def open_requests(suite: Suite, peg: Peg | None = None) -> list[Request]:
    """All requests that are neither paid nor returned, or those of one currency."""
    return _listed(suite, "openRequests", peg)


def overdue(suite: Suite, peg: Peg | None = None) -> list[Request]:
    """All requests that are unpaid after their due date."""
    return _listed(suite, "overdueRequests", peg)


def _listed(suite: Suite, view: str, peg: Peg | None) -> list[Request]:
    desk = suite.desks.redemption
    found = pages(desk.call("requestCount"), lambda at, n: desk.call(view, at, n), start=1)
    known = [_request(request) for request in found]
    return [r for r in known if peg is None or r.token == peg.token.address]


def _request(found: Sequence[Any]) -> Request:
    number, token, holder, amount, fee, status, *rest = found
    return Request(
        number,
        to_checksum_address(token),
        to_checksum_address(holder),
        amount,
        fee,
        STATUSES[status],
        *rest,
    )


def _open(suite: Suite, number: int) -> tuple[Request, Peg]:
    request = request_of(suite, number)
    if request.status in ("none", "closed"):
        ended = outcome_of(suite, number)
        what = "there is no such request" if ended == "none" else f"it is finished ({ended})"
        raise InputError(f"request {number}: {what}; `redeem list` shows the open ones")
    peg = next((p for p in suite.pegs.values() if p.token.address == request.token), None)
    if peg is None:
        raise InputError(f"request {number} is of {request.token}, which is not declared here")
    return request, peg


def _paid_by(suite: Suite, bank_ref: bytes) -> int:
    return int(suite.desks.redemption.call("requestPaidBy", bank_ref))


def validate(suite: Suite, number: int) -> Action:
    """Records that the issuer's conditions are met; the clock starts."""
    request, peg = _open(suite, number)
    said = f"start the clock of request {number}: {_terms(peg, request)}"
    return _action(suite, peg, request, "validate", (), said, done=request.status != "requested")


def paying(suite: Suite, number: int, bank_ref: bytes) -> Action:
    """Records the bank reference of the payout, before the bank is instructed."""
    request, peg = _open(suite, number)
    used = _paid_by(suite, bank_ref)
    if used not in (0, number):
        raise InputError(f"this bank reference pays request {used}: a reference pays one request")
    net = money(peg, request.amount - request.fee)
    said = f"record that the bank is told to pay {net} for request {number}"
    done = request.status == "paying" and used == number
    return _action(suite, peg, request, "instruct", (bank_ref,), said, done=done, ref=bank_ref)


def paid(suite: Suite, number: int, bank_ref: bytes) -> Action:
    """Records that the bank has paid, and burns the tokens."""
    used = _paid_by(suite, bank_ref)
    if used == number and outcome_of(suite, number) == "paid":
        return _finished(suite, number)
    request, peg = _open(suite, number)
    if used != number:
        raise InputError(
            f"this bank reference was not recorded for request {number}: check both, or record it "
            "with `redeem paying` first"
        )
    said = f"record that request {number} was paid, and destroy its {money(peg, request.amount)}"
    return _action(suite, peg, request, "settle", (bank_ref,), said, ref=bank_ref)


def rejected(suite: Suite, number: int, reason: bytes) -> Action:
    """Records that the bank did not pay."""
    request, peg = _open(suite, number)
    said = f"record that the bank did not pay request {number}"
    done = request.status == "valid" and request.blocked_until != 0
    return _action(suite, peg, request, "reject", (reason,), said, done=done, ref=reason)


def give_back(suite: Suite, number: int, reason: bytes) -> Action:
    """Returns the tokens of a request that is not being paid."""
    if outcome_of(suite, number) == "returned":
        return _finished(suite, number)
    request, peg = _open(suite, number)
    said = f"give {money(peg, request.amount)} of request {number} back to {request.holder}"
    return _action(suite, peg, request, "giveBack", (reason,), said, ref=reason)


def extend(suite: Suite, number: int, day: int, consent: bytes) -> Action:
    """Moves the due date to the end of a later day, by written consent.

    What can never be is refused at once, and not only when it is due.
    """
    request, peg = _open(suite, number)
    if not request.due_at:
        raise InputError(f"the clock of request {number} has not started: nothing is due yet")
    code, calendar = calendar_code(terms_of(suite, peg).calendar), suite.desks.calendar
    now, before = suite.chain.now(), moment_text(request.due_at)
    latest = calendar.call("dayOf", code, now) + LONGEST_EXTENSION
    if day > latest:
        raise InputError(f"a consent moves a date by a year at most, now to {day_text(latest)}")
    due = calendar.call("endOf", code, day) if day > 0 else 0
    done = due == request.due_at
    if not done and now > request.due_at:
        raise InputError(f"request {number} is overdue since {before}: consent comes before")
    if due < request.due_at:
        raise InputError(f"request {number} is due later already, {before}: it only moves later")
    said = f"move the due date of request {number} from {before} to {moment_text(due)}"
    return _action(suite, peg, request, "extend", (day, consent), said, done=done, ref=consent)


def record_delay(suite: Suite, number: int, reason: bytes) -> Action:
    """Records publicly why a request waits.

    Nothing to do where this reason is recorded, unless recording it lets a block start anew.
    """
    request, peg = _open(suite, number)
    desk, chain = suite.desks.redemption, suite.chain
    topics = desk.topics("DelayRecorded", id=_word(number), reason=reason)
    until = _blocked_anew(suite, peg, request)
    done = isinstance(chain, History) and bool(chain.logs(desk.address, topics)) and not until
    said = f"record why request {number} waits; its due date stays"
    if until:
        said += f", and its holder, who is barred, cannot take it back up to {day_text(until)}"
    return _action(suite, peg, request, "recordDelay", (reason,), said, done=done, ref=reason)


def _blocked_anew(suite: Suite, peg: Peg, request: Request) -> int:
    """To which day a recorded delay moves the block of a payout; zero where it moves none."""
    token, desks = peg.token, suite.desks
    barred = token.call("isBlacklisted", request.holder) or token.call("isFrozen", request.holder)
    if request.status != "paying" or not barred:
        return 0
    code = calendar_code(terms_of(suite, peg).calendar)
    today = desks.calendar.call("dayOf", code, suite.chain.now())
    days = desks.redemption.call("blockDays")
    until = int(desks.calendar.call("openDayAfter", code, today, days))
    return until if until > request.blocked_until else 0


@dataclass(frozen=True)
class Terms:
    """What redeeming a currency costs, in base units and basis points, and by when it is paid."""

    calendar: str
    business_days: int
    flat_fee: int
    fee_bps: int
    next_flat_fee: int
    next_fee_bps: int
    next_from: int
    max_fee_bps: int
    notice: int


def terms_of(suite: Suite, peg: Peg) -> Terms:
    """The terms in force, and those that are announced."""
    desk = suite.desks.redemption
    found = desk.call("termsOf", peg.token.address)
    limits = desk.call("maxFeeBps"), desk.call("feeNotice")
    return Terms(reference_text(found[0]), *(*found[1:], *limits))


def set_fee(suite: Suite, peg: Peg, verb: str, flat: int, bps: int, ref: bytes) -> Action:
    """Announces fees (`raiseFee`), or lowers them at once (`lowerFee`).

    What can never be is refused at once, and not only when it is due.
    """
    terms = terms_of(suite, peg)
    if bps > terms.max_fee_bps:
        raise InputError(f"{bps} bps is above the desk's cap of {terms.max_fee_bps} bps")
    if flat > MAX_FLAT_FEE:
        raise InputError("the flat fee is more than the desk has room for (2^80 - 1 base units)")
    if verb == "lowerFee" and (flat > terms.flat_fee or bps > terms.fee_bps):
        raise InputError(
            f"the fee is {money(peg, terms.flat_fee)} and {terms.fee_bps} bps, and lowering raises "
            "neither: announce it with `redeem raise-fees`"
        )
    what = f"{money(peg, flat)} and {bps} bps of the amount"
    said = f"lower the redemption fee to {what}"
    done = (terms.flat_fee, terms.fee_bps) == (flat, bps)
    if verb == "raiseFee":
        said = f"set the redemption fee to {what} after a notice of {format_duration(terms.notice)}"
        done = (terms.next_flat_fee, terms.next_fee_bps) == (flat, bps) if terms.next_from else done
    return desk_action(
        suite.desks.redemption,
        verb,
        (peg.token.address, flat, bps, ref),
        said,
        ref=ref,
        peg=peg,
        details={"flatFee": _amount(flat, peg.config.decimals), "feeBps": bps},
        nothing_to_do=done,
    )


def _finished(suite: Suite, number: int) -> Action:
    desk, details = suite.desks.redemption, {"request": number}
    said = f"nothing: request {number} is finished"
    return desk_action(desk, "takeBack", (number,), said, details=details, nothing_to_do=True)


def outcome_of(suite: Suite, number: int) -> str:
    """How a finished request ended: paid, returned or released; else its status, such as valid.

    The desk keeps nothing of a finished request, so its events are asked.
    """
    request = request_of(suite, number)
    desk, chain = suite.desks.redemption, suite.chain
    if request.status != "closed" or not isinstance(chain, History):
        return request.status
    for event, ended in OUTCOMES.items():
        if chain.logs(desk.address, desk.topics(event, id=_word(number))):
            return ended
    return request.status


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _action(
    suite: Suite,
    peg: Peg,
    request: Request,
    verb: str,
    args: tuple[Any, ...],
    said: str,
    *,
    done: bool = False,
    ref: bytes = bytes(32),
) -> Action:
    return desk_action(
        suite.desks.redemption,
        verb,
        (request.id, *args),
        said,
        ref=ref,
        peg=peg,
        amount=request.amount,
        details={"request": request.id, "holder": request.holder},
        nothing_to_do=done,
    )


def _terms(peg: Peg, request: Request) -> str:
    kept = f", {money(peg, request.fee)} kept as fee" if request.fee else ""
    return f"{money(peg, request.amount)} of {request.holder}{kept}"


def describe(peg: Peg, request: Request) -> str:
    """A request for people, in one line."""
    due = f", due {moment_text(request.due_at)}" if request.due_at else ""
    return f"{request.id}: {request.status}, {_terms(peg, request)}{due}"
