"""The desks of a chain: where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.contract import Contract
from pegboard.desired.places import NOTHING_RECORDED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pegboard.chain import Chain
    from pegboard.config import DesksConfig
    from pegboard.contract import Artifacts
    from pegboard.desired.places import Recorded

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
    recorded: Recorded = NOTHING_RECORDED,
) -> Desks:
    """Where the desks are or will be, under this Authority and over this registry."""
    codes: dict[str, bytes] = {}

    def place(name: str, *args: object) -> Contract:
        codes[name] = artifacts[name].initcode(*args)
        address = recorded.at(name, codes[name])
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


def calendar_code(code: str) -> bytes:
    """A calendar's code as contracts write it."""
    return code.encode().ljust(32, b"\0")
