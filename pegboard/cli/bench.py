"""`bench`: what a payment costs and how long it takes, beside published figures of others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from ape.logging import logger
from rich.console import Console

from pegboard.cli.demo import stage_of
from pegboard.cli.options import at_desk
from pegboard.config import LOCAL_CHAINS
from pegboard.demo import uses
from pegboard.errors import DeploymentError
from pegboard.files import atomic
from pegboard.uses import remit as reckoning
from pegboard.uses.remit import AMOUNTS, SCENARIOS, Terms, number, rounded
from pegboard.uses.remit_chart import chart

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from pegboard.cli.desk import Desk
    from pegboard.uses.remit import Sources

F = TypeVar("F", bound="Callable[..., Any]")
#: The first of them opens storage words that later ones find.
_PLAYED = 4


@click.group()
def bench() -> None:
    """Measure what payments cost and how long they take."""


def _figure(name: str, default: str, text: str) -> Callable[[F], F]:
    return click.option(name, default=default, show_default=True, help=text)


@at_desk(signs=False, group=bench)
@_figure("--amount", "10000", "What is paid, in US dollars.")
@_figure("--gas-gwei", "1", "The gas price.")
@_figure("--eth-usd", "2000", "The price of the chain's coin.")
@_figure("--ramp-bps", "5", "What each ramp takes, in and out, in basis points.")
@_figure("--fx-bps", "5", "The FX spread, in basis points.")
@_figure("--issuer-bps", "0", "What the issuer takes for redemption, in basis points.")
@_figure("--bank-pct", "1.6", "What a bank takes, in percent.")
@click.option(
    "-o",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the comparison into this SVG file.",
)
def remit(desk: Desk, output: Path | None, **figures: str) -> None:
    """Cost and time of a payment across borders and currencies, from this suite's own receipts.

    The gas is the median of the chain's latest gasless payments through FxSettle. An empty local
    chain settles some first. Ramps, spread and prices are what the options say.
    """
    sources = reckoning.load_sources(desk.root / "bench" / "sources.toml")
    positive = ("amount", "bank_pct")
    read = {
        name: number(text, "--" + name.replace("_", "-"), positive=name in positive)
        for name, text in figures.items()
    }
    gas, count = _gas(desk)
    terms = Terms(gas=gas, **read)
    if output:
        atomic.write(output, chart(terms, sources).encode())
    desk.answer(_machine(terms, count, sources), "\n".join(_told(terms, count, sources)))


def _gas(desk: Desk) -> tuple[int, int]:
    try:
        suite = desk.board()
    except DeploymentError:
        if desk.chain.chain_id not in LOCAL_CHAINS:
            raise
        stage = stage_of(desk, Console(quiet=True), uses.CAST)
        with logger.at_level("WARNING"):
            uses.settle_some(stage, _PLAYED)
        suite = stage.suite
    return reckoning.settled_gas(suite, desk.chain)


def _told(terms: Terms, count: int, sources: Sources) -> list[str]:
    amount, percent = f"{terms.amount:,}", sources.claimed_percent
    lines = [
        f"A payment of {amount} USD across currencies takes {terms.gas:,} gas, the median of "
        f"{count} receipts.",
        f"At {terms.gas_gwei} gwei and {terms.eth_usd} USD that is {_usd(terms.network)}; with two "
        f"ramps of {terms.ramp_bps} bps, {terms.fx_bps} bps of FX spread and {terms.issuer_bps} "
        f"bps for the issuer {_usd(terms.total)}.",
        f"A bank at {terms.bank_pct} % takes {_usd(terms.bank)}: this is "
        f"{rounded(terms.saving, 1)} % less.",
        "",
        f"{percent} % less needs ramps and spread of together at most:",
    ]
    for cost in sources.costs:
        room = _at(terms, cost.percent).room(percent)
        words = f"{rounded(room, 1)} bps" if room > 0 else "impossible, gas alone is more"
        lines.append(f"  {words:>12}  against {cost.percent} % ({cost.what}; {cost.source})")
    lines += ["", "Saving in percent, by ramp on each side / FX spread in bps:"]
    lines.append(" " * 10 + "".join(f"{f'{ramp}/{fx}':>9}" for ramp, fx in SCENARIOS))
    for size, row in zip(AMOUNTS, reckoning.savings(terms), strict=True):
        lines.append(f"{size:>9,} " + "".join(f"{rounded(value, 1):>9}" for value in row))
    lines += ["", "Seconds until a payment is     included     safe    final   fiat in hand"]
    for chain in sources.chains:
        times = f"{chain.included:>9}{chain.safe:>9}{chain.final:>9}"
        lines.append(f"  {chain.name:26}{times}   not measured here ({chain.source})")
    for duration in sources.durations:
        lines.append(f"  {duration.seconds:>9,}  {duration.what} ({duration.source})")
    lines += ["", *_claim(sources)]
    return lines


def _claim(sources: Sources) -> list[str]:
    within = sources.claimed_seconds
    lines = [f"Within {within} seconds ({sources.claim}) is true of being"]
    for name in ("included", "safe", "final"):
        found = [chain.name for chain in sources.chains if getattr(chain, name) <= within]
        lines.append(f"  {name:9} on {', '.join(found) or 'none of them'}")
    return [*lines, "The ramps at both ends are banks, which no chain speeds up."]


def _at(terms: Terms, percent: Decimal) -> Terms:
    return Terms(**{**vars(terms), "bank_pct": percent})


def _usd(value: Decimal) -> str:
    return f"{value.quantize(value.__class__('0.0001')):,} USD"


def _machine(terms: Terms, count: int, sources: Sources) -> dict[str, Any]:
    percent = sources.claimed_percent
    rooms = {c.what: str(_at(terms, c.percent).room(percent)) for c in sources.costs}
    return {
        **{name: str(value) for name, value in vars(terms).items()},
        "receipts": count,
        "networkUsd": str(terms.network),
        "totalUsd": str(terms.total),
        "bankUsd": str(terms.bank),
        "savingPercent": str(terms.saving),
        "roomBps": rooms,
        "savings": {
            str(size): [str(value) for value in row]
            for size, row in zip(AMOUNTS, reckoning.savings(terms), strict=True)
        },
    }
