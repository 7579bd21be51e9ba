"""The desks of a chain: where they are, and how a deployment sets them up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_utils import keccak

from pegboard import create2
from pegboard.contract import Contract
from pegboard.errors import DeploymentError, Reverted
from pegboard.inputs import reference_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pegboard.calendars import Calendar
    from pegboard.chain import Chain
    from pegboard.config import DesksConfig
    from pegboard.contract import Artifacts, Call
    from pegboard.suite import Peg, Suite

    Resolver = Callable[[str], str]


@dataclass(frozen=True)
class Desks:
    """The contracts of a chain around its tokens."""

    config: DesksConfig
    customers: Contract
    calendar: Contract
    issuance: Contract
    redemption: Contract
    orders: Contract
    presigned: Contract
    views: Contract
    initcodes: Mapping[str, bytes]

    @property
    def by_name(self) -> dict[str, Contract]:
        """All of them, by the names of their code."""
        return {
            "CustomerRegister": self.customers,
            "BusinessCalendar": self.calendar,
            "IssuanceDesk": self.issuance,
            "RedemptionDesk": self.redemption,
            "LawfulOrders": self.orders,
            "PauseBySignature": self.presigned,
            "AuditViews": self.views,
        }


def locate_desks(
    chain: Chain,
    artifacts: Artifacts,
    config: DesksConfig,
    authority: str,
    registry: str,
    resolve: Resolver,
) -> Desks:
    """Where the desks are or will be, under this Authority and over this registry."""
    codes: dict[str, bytes] = {}

    def place(name: str, *args: object) -> Contract:
        codes[name] = artifacts[name].initcode(*args)
        address = create2.address_of(codes[name])
        return Contract(chain, address, artifacts[name].abi, artifacts.errors)

    customers = place("CustomerRegister", authority, config.cooling)
    calendar = place("BusinessCalendar", authority)
    issuance = place(
        "IssuanceDesk",
        authority,
        registry,
        customers.address,
        config.predecessor,
        config.order_life,
    )
    redemption = place(
        "RedemptionDesk",
        authority,
        calendar.address,
        customers.address,
        config.max_fee_bps,
        config.fee_notice,
        config.block_days,
    )
    orders = place("LawfulOrders", authority, redemption.address)
    signers = [resolve(name) for name in config.pause_signers_on(chain.chain_id)]
    presigned = place("PauseBySignature", authority, signers, config.pause_quorum)
    views = place("AuditViews", registry, redemption.address)
    return Desks(config, customers, calendar, issuance, redemption, orders, presigned, views, codes)


def desk_settings(suite: Suite, fresh: Callable[[Contract], bool]) -> Iterator[Call]:
    """What is missing between the declaration and the desks; `fresh` says what is to be made."""
    desks, now = suite.desks, suite.chain.now()
    _require_declared(suite)
    for calendar in desks.config.calendars.values():
        yield from _calendar_settings(desks.calendar, calendar, now, new=fresh(desks.calendar))
    for peg in suite.pegs.values():
        yield from _currency_settings(suite, peg, fresh)


def _require_declared(suite: Suite) -> None:
    """Refuses what a desk would refuse later, when half of a deployment is done."""
    config = suite.desks.config
    for code, peg in suite.pegs.items():
        if peg.config.redemption.calendar not in config.calendars:
            raise DeploymentError(
                f"{code} is redeemed by the calendar {peg.config.redemption.calendar}, which no "
                f"file declares; there is {', '.join(config.calendars)}"
            )
    if int(config.predecessor, 16) and not suite.chain.code(config.predecessor):
        raise DeploymentError(
            f"there is no desk at the predecessor {config.predecessor} on chain "
            f"{suite.chain.chain_id}: take it out of desks.toml, or check the network"
        )


def _require_same(what: str, found: tuple[object, ...], declared: tuple[object, ...]) -> None:
    """What is set once, for ever, must be what was declared."""
    if found != declared:
        raise DeploymentError(
            f"{what} is {found} on chain and {declared} in its file, and cannot be changed: "
            "put the file right, or deploy another desk"
        )


def _calendar_settings(
    contract: Contract, calendar: Calendar, now: int, *, new: bool
) -> Iterator[Call]:
    code, ref = calendar_code(calendar.code), keccak(text=f"calendar {calendar.code}")
    known = not new and answers(contract, "calendarOf", code)
    if known:
        declared = (calendar.utc_offset, calendar.weekend)
        what = f"the clock and weekend of the calendar {calendar.code}"
        _require_same(what, tuple(contract.call("calendarOf", code)), declared)
    else:
        yield contract.prepare(
            "addCalendar",
            code,
            calendar.utc_offset,
            calendar.weekend,
            ref,
            text=f"add the business calendar of {calendar.name}",
        )
    today = calendar.day_of(now)
    missing = [
        day
        for day in sorted(calendar.holidays)
        if day >= today
        and not calendar.is_weekend(day)
        and not (known and _closed(contract, code, day))
    ]
    if missing:
        yield contract.prepare(
            "addHolidays",
            code,
            missing,
            ref,
            text=f"add {len(missing)} holidays to the calendar of {calendar.name}",
        )


def calendar_code(code: str) -> bytes:
    """A calendar's code as contracts write it."""
    return code.encode().ljust(32, b"\0")


def answers(contract: Contract, name: str, *args: object) -> bool:
    """Whether a view answers; those of the desks refuse what they do not know."""
    try:
        contract.call(name, *args)
    except Reverted:
        return False
    return True


def _closed(contract: Contract, code: bytes, day: int) -> bool:
    return bool(contract.call("closedDays", code, day >> 8) >> (day & 255) & 1)


def _currency_settings(suite: Suite, peg: Peg, fresh: Callable[[Contract], bool]) -> Iterator[Call]:
    desks, config, token = suite.desks, peg.config, peg.token
    ref = keccak(text=f"deploy {config.code}")
    new = fresh(token)
    if new or fresh(desks.issuance) or not token.call("isEnlisted", desks.issuance.address):
        yield token.prepare(
            "enlist",
            [desks.issuance.address],
            ref,
            text=f"make the issuance desk a contract of {config.code}",
        )
    desk = desks.redemption.address
    if new or fresh(desks.redemption) or not token.call("isRedemptionDesk", desk):
        yield token.prepare(
            "appointDesk",
            desk,
            ref,
            text=f"let the redemption desk take {config.code}",
        )
    tiers = tuple((tier.up_to, tier.approvals) for tier in config.tiers)
    known = () if fresh(desks.issuance) else desks.issuance.call("tiersOf", token.address)
    if tuple(known) != tiers:
        yield desks.issuance.prepare(
            "loosenTiers",
            token.address,
            tiers,
            ref,
            text=f"set how many must approve orders of {config.code}",
        )
    calendar, days = calendar_code(config.redemption.calendar), config.redemption.business_days
    listed = not fresh(desks.redemption) and answers(desks.redemption, "termsOf", token.address)
    if listed:
        found = desks.redemption.call("termsOf", token.address)[:2]
        _require_same(
            f"by when {config.code} is redeemed",
            (reference_text(found[0]), found[1]),
            (config.redemption.calendar, days),
        )
    else:
        yield desks.redemption.prepare(
            "list",
            token.address,
            calendar,
            days,
            ref,
            text=f"let {config.code} be redeemed within {days} "
            f"business days of {config.redemption.calendar}",
        )
