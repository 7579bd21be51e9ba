"""One consistent picture of a currency: everything read at one block, and added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_utils import to_checksum_address

from pegboard.chain import History
from pegboard.errors import ChainError
from pegboard.inputs import reference_text
from pegboard.issuance import channels, open_orders
from pegboard.redemption import open_requests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pegboard.chain import Log
    from pegboard.contract import Contract
    from pegboard.issuance import Channel, Order
    from pegboard.redemption import Request
    from pegboard.suite import Peg, Suite

ZERO = bytes(32)
#: Events of a token after which an account may be restricted; each has it as its first argument.
_RESTRICTING = ("Blacklisted", "AccountFrozen", "Frozen")
#: Accounts asked about in one call.
PAGE = 200


@dataclass(frozen=True)
class Restricted:
    """An account that cannot dispose of all it has; amounts in base units."""

    account: str
    blacklisted: bool
    frozen: bool
    held: int
    restricted: int


@dataclass(frozen=True)
class Picture:
    """A currency at the end of a block; amounts in base units.

    The parts of the supply are disjoint. `minted` and `burned` are rebuilt from the token's log,
    `issued` and `redeemed` from the desks'; what no channel issued was minted `otherwise`.
    """

    total: int
    in_redemption: int
    restricted: int
    treasury: int
    circulating: int
    minted: int
    burned: int
    issued: dict[str, int]
    redeemed: int
    otherwise: int
    minters: tuple[str, ...]
    wallets: dict[str, str]
    channels: tuple[Channel, ...]
    orders: tuple[Order, ...]
    requests: tuple[Request, ...]
    accounts: tuple[Restricted, ...]

    @property
    def breaks(self) -> list[str]:
        """What does not add up; nothing should."""
        parts = self.in_redemption + self.restricted + self.treasury + self.circulating
        net, issued = self.minted - self.burned, sum(self.issued.values())
        escrow = sum(request.amount for request in self.requests)
        barred = sum(entry.restricted for entry in self.accounts)
        checks = {
            f"the parts of the supply are {parts}, not {self.total}": parts == self.total,
            f"minted less burned is {net}, not {self.total}": net == self.total,
            f"open requests hold {escrow}, not {self.in_redemption}": escrow == self.in_redemption,
            f"restricted accounts have {barred}, not {self.restricted}": barred == self.restricted,
            f"the channels issued {issued}, and only {self.minted} was minted": self.otherwise >= 0,
            f"{self.redeemed} was paid out, and only {self.burned} burned": self.redeemed
            <= self.burned,
        }
        return [fault for fault, holds in checks.items() if not holds]


def take(suite: Suite, peg: Peg, minter_role: int) -> Picture:
    """Reads everything of a currency; `suite` is at the block that is meant."""
    token, desks = peg.token, suite.desks
    accounts = sorted(_once_restricted(token), key=lambda a: int(a, 16))
    total, inside, restricted, treasury, rest = desks.views.call(
        "supplyBreakdown", token.address, accounts
    )
    minted = sum(_values(token, "Transfer", **{"from": ZERO}))
    burned = sum(_values(token, "Transfer", to=ZERO))
    known = channels(suite, peg)
    issued = {c.name: sum(_issued(desks.issuance, c)) for c in known}
    amounts, paid = _requests_of(suite, peg), _paid(suite)
    wallets = suite.registry.call("wallets")
    return Picture(
        total=total,
        in_redemption=inside,
        restricted=restricted,
        treasury=treasury,
        circulating=rest,
        minted=minted,
        burned=burned,
        issued=issued,
        redeemed=sum(units for number, units in amounts.items() if number in paid),
        otherwise=minted - sum(issued.values()),
        minters=tuple(sorted(suite.members(minter_role))),
        wallets={
            to_checksum_address(w): reference_text(_word(suite.registry.call("purposeOf", w)))
            for w in wallets
        },
        channels=tuple(known),
        orders=tuple(open_orders(suite, peg)),
        requests=tuple(open_requests(suite, peg)),
        accounts=tuple(_restricted(suite, token, accounts)),
    )


def _word(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else bytes.fromhex(value[2:])


def _logs(contract: Contract, event: str, **indexed: bytes) -> tuple[Log, ...]:
    chain = contract.chain
    if not isinstance(chain, History):
        raise ChainError("this chain keeps no history: connect to a node")
    return chain.logs(contract.address, contract.topics(event, **indexed))


def _values(contract: Contract, event: str, **indexed: bytes) -> Iterator[int]:
    for _, arguments in contract.events(_logs(contract, event, **indexed)):
        yield arguments["value"]


def _issued(desk: Contract, channel: Channel) -> Iterator[int]:
    name = channel.name.encode().ljust(32, b"\0")
    for _, arguments in desk.events(_logs(desk, "Issued", channel=name)):
        yield arguments["amount"]


def _requests_of(suite: Suite, peg: Peg) -> dict[int, int]:
    desk = suite.desks.redemption
    events = desk.events(_logs(desk, "RedemptionRequested"))
    return {e["id"]: e["amount"] for _, e in events if e["token"] == peg.token.address}


def _paid(suite: Suite) -> set[int]:
    desk = suite.desks.redemption
    return {e["id"] for _, e in desk.events(_logs(desk, "RedemptionPaid"))}


def _once_restricted(token: Contract) -> set[str]:
    """Everybody who was ever barred or held."""
    return {
        arguments["account"]
        for event in _RESTRICTING
        for _, arguments in token.events(_logs(token, event))
    }


def _restricted(suite: Suite, token: Contract, accounts: list[str]) -> Iterable[Restricted]:
    """Those of them who still are."""
    for start in range(0, len(accounts), PAGE):
        page = accounts[start : start + PAGE]
        amounts = suite.desks.views.call("restrictedOf", token.address, page)
        for account, amount in zip(page, amounts, strict=True):
            blacklisted = token.call("isBlacklisted", account)
            frozen, held = token.call("isFrozen", account), token.call("getFrozenTokens", account)
            if blacklisted or frozen or held:
                yield Restricted(account, blacklisted, frozen, held, amount)
