"""Everything that was declared, in one folder: what the chain should be, and the digest of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eth_utils import keccak

from pegboard.amounts import parse_amount, parse_duration
from pegboard.calendars import load_calendars
from pegboard.config import (
    Table,
    chain_key,
    load_currencies,
    load_desks,
    load_roles,
    read_toml,
)
from pegboard.errors import ConfigError, PegboardError
from pegboard.issuance import KINDS, channel_word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pegboard.config import CurrencyConfig, DesksConfig, RolesConfig

#: What belongs to a declaration, relative to its folder.
FILES = (
    "currencies/*.toml",
    "calendars/*.toml",
    "desks.toml",
    "roles.toml",
    "channels.toml",
    "chains.toml",
)
#: The most that the desk has room for.
_MAX_CAP = 2**96 - 1


@dataclass(frozen=True)
class ChannelConfig:
    """Through whom may be issued, and how much; amounts in base units, `payees` by chain."""

    name: str
    currency: str
    kind: str
    cap: int
    capacity: int
    window: int
    payees: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Declaration:
    """The desired state of every chain."""

    currencies: Mapping[str, CurrencyConfig]
    desks: DesksConfig
    roles: RolesConfig
    channels: Mapping[str, ChannelConfig]
    digest: str

    def currencies_on(self, chain_id: int) -> dict[str, CurrencyConfig]:
        """The currencies that are declared for a chain: those with attestors there."""
        key = chain_key(chain_id)
        return {code: c for code, c in self.currencies.items() if key in c.reserves.attestors}


def load_declaration(folder: Path) -> Declaration:
    """Reads a whole folder; `channels.toml` may be missing, which declares no channel."""
    currencies = load_currencies(folder / "currencies")
    return Declaration(
        currencies=currencies,
        desks=load_desks(folder / "desks.toml", load_calendars(folder / "calendars")),
        roles=load_roles(folder / "roles.toml"),
        channels=load_channels(folder / "channels.toml", currencies),
        digest=digest_of(folder),
    )


def digest_of(folder: Path) -> str:
    """One hash over the names and bytes of all files of a declaration."""
    found = sorted({path for pattern in FILES for path in folder.glob(pattern)})
    parts = (
        f"{path.relative_to(folder).as_posix()}\0".encode() + keccak(path.read_bytes())
        for path in found
    )
    return "0x" + keccak(b"".join(parts)).hex()


def load_channels(path: Path, currencies: Mapping[str, CurrencyConfig]) -> dict[str, ChannelConfig]:
    """The declared channels, by name."""
    if not path.exists():
        return {}
    top = read_toml(path)
    tables = top.take("channels", dict, {})
    top.close()
    found = {}
    for name, data in tables.items():
        where = f"{path.name} [channels.{name}]"
        try:
            found[name] = _channel(name, Table(data, where), currencies)
        except PegboardError as fault:
            raise ConfigError(f"{where}: {str(fault).removeprefix(f'{where}: ')}") from fault
    return found


def _channel(name: str, table: Table, currencies: Mapping[str, CurrencyConfig]) -> ChannelConfig:
    channel_word(name)
    currency, kind = table.take("currency", str), table.take("kind", str)
    if currency not in currencies:
        raise ConfigError(f"{currency} is not declared in currencies/")
    if kind not in KINDS[1:]:
        raise ConfigError(f"kind must be {' or '.join(KINDS[1:])}")
    decimals = currencies[currency].decimals
    channel = ChannelConfig(
        name=name,
        currency=currency,
        kind=kind,
        cap=parse_amount(table.take("cap", str), decimals),
        capacity=parse_amount(table.take("capacity", str), decimals),
        window=parse_duration(table.take("window", str)),
        payees=dict(table.table("payee").rest()),
    )
    table.close()
    if channel.window == 0:
        raise ConfigError("window must be above zero")
    if channel.cap > _MAX_CAP:
        raise ConfigError("cap is more than a channel can have (2^96 - 1 base units)")
    if not channel.payees or not all(isinstance(p, str) and p for p in channel.payees.values()):
        raise ConfigError('payee must name a wallet for each chain, such as local = "0x..."')
    return channel
