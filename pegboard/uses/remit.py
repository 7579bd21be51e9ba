"""What a payment across borders costs and how long it takes, beside what is published of others.

All amounts are exact decimals in US dollars; only what is shown is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from statistics import median_high
from typing import TYPE_CHECKING, Any

from pegboard.config import Table, read_toml
from pegboard.errors import ChainError, InputError
from pegboard.uses.past import said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pegboard.chain import JsonRpc
    from pegboard.suite import Suite

BPS = Decimal(10_000)
_GWEI = Decimal(10**9)
#: Ramps on each side and FX spread, in basis points: what the table shows beside what was asked.
SCENARIOS = ((0, 0), (5, 5), (10, 10), (25, 20), (50, 50))
AMOUNTS = (1_000, 10_000, 100_000)
#: The most receipts that are looked at.
_RECENT = 100


@dataclass(frozen=True)
class Cost:
    """A published cost, in percent of the amount."""

    what: str
    percent: Decimal
    source: str


@dataclass(frozen=True)
class Duration:
    """A published duration in seconds."""

    what: str
    seconds: int
    source: str


@dataclass(frozen=True)
class Finality:
    """When a payment on a chain is included, safe and final, in seconds after it was sent."""

    name: str
    included: int
    safe: int
    final: int
    source: str


@dataclass(frozen=True)
class Sources:
    """Everything that is published, from one file."""

    costs: tuple[Cost, ...]
    durations: tuple[Duration, ...]
    chains: tuple[Finality, ...]
    claimed_percent: Decimal
    claimed_seconds: int
    claim: str


@dataclass(frozen=True)
class Terms:
    """What is reckoned with; the rates are for each side (ramps) or once (FX, issuer)."""

    amount: Decimal
    gas: int
    gas_gwei: Decimal
    eth_usd: Decimal
    ramp_bps: Decimal
    fx_bps: Decimal
    issuer_bps: Decimal
    bank_pct: Decimal

    @property
    def network(self) -> Decimal:
        """What the gas costs."""
        return self.gas * self.gas_gwei / _GWEI * self.eth_usd

    @property
    def total(self) -> Decimal:
        """What everything costs from one bank account to the other."""
        rates = 2 * self.ramp_bps + self.fx_bps + self.issuer_bps
        return self.network + self.amount * rates / BPS

    @property
    def bank(self) -> Decimal:
        """What a bank takes, at the published average."""
        return self.amount * self.bank_pct / 100

    @property
    def saving(self) -> Decimal:
        """The saving against the bank, in percent; negative where it costs more."""
        return (1 - self.total / self.bank) * 100

    def room(self, percent: Decimal) -> Decimal:
        """The most that ramps and FX may take together, in basis points, for such a saving."""
        left = self.bank * (1 - percent / 100) - self.network
        return left / self.amount * BPS - self.issuer_bps


def load_sources(path: Path) -> Sources:
    """The published figures; each must have its source and date."""
    top = read_toml(path)
    costs = [_cost(path, key, data) for key, data in top.take("cost", dict).items()]
    durations = [_duration(path, key, data) for key, data in top.take("time", dict).items()]
    chains = [_chain(path, key, data) for key, data in top.take("chain", dict).items()]
    for key, data in top.take("fee", dict, {}).items():
        fee = Table(data, f"{path.name} [fee.{key}]")
        for name in ("what", "hkd"):
            fee.take(name, str)
        _source(fee)
        fee.close()
    claim = Table(top.take("claim", dict), f"{path.name} [claim]")
    percent, seconds = Decimal(claim.take("percent_cheaper", str)), claim.take("seconds", int)
    said_by = _source(claim)
    claim.close()
    top.close()
    return Sources(tuple(costs), tuple(durations), tuple(chains), percent, seconds, said_by)


def _source(table: Table) -> str:
    table.take("kind", str, "")
    return f"{table.take('source', str)} ({table.take('date', str)})"


def _cost(path: Path, key: str, data: Mapping[str, Any]) -> Cost:
    table = Table(data, f"{path.name} [cost.{key}]")
    found = Cost(table.take("what", str), Decimal(table.take("percent", str)), _source(table))
    table.close()
    return found


def _duration(path: Path, key: str, data: Mapping[str, Any]) -> Duration:
    table = Table(data, f"{path.name} [time.{key}]")
    found = Duration(table.take("what", str), table.take("seconds", int), _source(table))
    table.close()
    return found


def _chain(path: Path, title: str, data: Mapping[str, Any]) -> Finality:
    table = Table(data, f"{path.name} [chain.{title}]")
    name = table.take("name", str)
    included, safe, final = (table.take(key, int) for key in ("included", "safe", "final"))
    found = Finality(name, included, safe, final, _source(table))
    table.close()
    return found


def settled_gas(suite: Suite, chain: JsonRpc) -> tuple[int, int]:
    """The gas of a gasless payment across currencies: the median of the latest, and how many."""
    found = [log.tx for log in said(suite.uses.fx, "Settled")][-_RECENT:]
    selector = suite.uses.fx.selector("settleFor")
    used = []
    for tx in dict.fromkeys(found):
        data = chain.result("eth_getTransactionByHash", [tx])
        receipt = chain.result("eth_getTransactionReceipt", [tx])
        if data is None or receipt is None:
            raise ChainError(f"the node does not tell transaction {tx}: use another one")
        if data["input"].startswith("0x" + selector.hex()):
            used.append(int(receipt["gasUsed"], 16))
    if not used:
        raise InputError(
            "no payment across currencies was settled on this chain yet: settle one with "
            "`fx pay`, or run this on an empty local chain, where it settles its own"
        )
    return median_high(used), len(used)


def number(text: str, what: str, *, positive: bool = False) -> Decimal:
    """A plain decimal of a command."""
    plain = text.replace(".", "", 1)
    if not (plain.isascii() and plain.isdigit()) or (positive and not Decimal(text)):
        least = "above zero" if positive else "of zero or more"
        raise InputError(f"{what} {text!a} must be a plain number {least}, such as 5 or 0.5")
    return Decimal(text)


def rounded(value: Decimal, places: int) -> Decimal:
    """For showing; always downwards, so that no saving looks larger than it is."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_FLOOR)


def savings(terms: Terms, amounts: Sequence[int] = AMOUNTS) -> list[list[Decimal]]:
    """The saving in percent for each amount and each scenario."""
    return [
        [
            Terms(
                Decimal(amount),
                terms.gas,
                terms.gas_gwei,
                terms.eth_usd,
                Decimal(ramp),
                Decimal(fx),
                terms.issuer_bps,
                terms.bank_pct,
            ).saving
            for ramp, fx in SCENARIOS
        ]
        for amount in amounts
    ]
