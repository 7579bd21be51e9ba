"""Everything that was declared, in one folder: what the chain should be, and the digest of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from eth_utils import keccak

from pegboard.amounts import parse_amount, parse_duration
from pegboard.calendars import load_calendars
from pegboard.config import (
    Table,
    chain_key,
    load_currencies,
    load_desks,
    read_toml,
)
from pegboard.errors import ConfigError, PegboardError
from pegboard.issuance import KINDS, channel_word
from pegboard.roles import load_roles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pegboard.config import CurrencyConfig, DesksConfig, RolesConfig

#: What belongs to a declaration, relative to its folder.
FILES = (
    "currencies/*.toml",
    "calendars/*.toml",
    "desks.toml",
    "roles.toml",
    "channels.toml",
    "uses.toml",
    "chains.toml",
)
#: The most that the desk has room for.
_MAX_CAP = 2**96 - 1
_MAX_AGE = 2**32 - 1
_WHOLE_BPS = 10_000


_Named = TypeVar("_Named")


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
class PairConfig:
    """Two currencies that are exchanged; `feeds` say, by chain, what one `base` is in `quote`."""

    name: str
    base: str
    quote: str
    max_age: int
    band_bps: int
    feeds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AssetConfig:
    """What may be delivered against payment; `places` by chain."""

    name: str
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AttesterConfig:
    """Who vouches for documents, and for how much unpaid: base units by currency."""

    name: str
    caps: Mapping[str, int] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class UsesConfig:
    """On what terms the uses may use the currencies; nothing where nothing is declared."""

    pairs: tuple[PairConfig, ...] = ()
    assets: tuple[AssetConfig, ...] = ()
    attesters: tuple[AttesterConfig, ...] = ()


@dataclass(frozen=True)
class Declaration:
    """The desired state of every chain."""

    currencies: Mapping[str, CurrencyConfig]
    desks: DesksConfig
    roles: RolesConfig
    channels: Mapping[str, ChannelConfig]
    uses: UsesConfig
    digest: str

    def currencies_on(self, chain_id: int) -> dict[str, CurrencyConfig]:
        """The currencies that are declared for a chain: those with attestors there."""
        key = chain_key(chain_id)
        return {code: c for code, c in self.currencies.items() if key in c.reserves.attestors}


def load_declaration(folder: Path) -> Declaration:
    """Reads a whole folder; `channels.toml` and `uses.toml` may be missing, and declare nothing."""
    currencies = load_currencies(folder / "currencies")
    return Declaration(
        currencies=currencies,
        desks=load_desks(folder / "desks.toml", load_calendars(folder / "calendars")),
        roles=load_roles(folder / "roles.toml"),
        channels=load_channels(folder / "channels.toml", currencies),
        uses=load_uses(folder / "uses.toml", currencies),
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
    found = _each(path.name, top, "channels", currencies, _channel)
    top.close()
    return {channel.name: channel for channel in found}


def _each(
    file: str,
    top: Table,
    key: str,
    currencies: Mapping[str, CurrencyConfig],
    read: Callable[[str, Table, Mapping[str, CurrencyConfig]], _Named],
) -> tuple[_Named, ...]:
    """What `read` makes of every table of a key; a fault says where it is."""
    found = []
    for name, data in top.take(key, dict, {}).items():
        where = f"{file} [{key}.{name}]"
        try:
            table = Table(data, where)
            found.append(read(name, table, currencies))
            table.close()
        except PegboardError as fault:
            raise ConfigError(f"{where}: {str(fault).removeprefix(f'{where}: ')}") from fault
    return tuple(found)


def _require_currency(code: str, currencies: Mapping[str, CurrencyConfig]) -> CurrencyConfig:
    if code not in currencies:
        raise ConfigError(f"{code} is not declared in currencies/")
    return currencies[code]


def _by_chain(table: Table, what: str) -> dict[str, str]:
    """Who or what it is on each chain; refuses none at all."""
    found = table.rest()
    if not found or not all(isinstance(it, str) and it for it in found.values()):
        raise ConfigError(f'{what} for each chain, such as local = "0x..."')
    return found


def _channel(name: str, table: Table, currencies: Mapping[str, CurrencyConfig]) -> ChannelConfig:
    channel_word(name)
    currency, kind = table.take("currency", str), table.take("kind", str)
    decimals = _require_currency(currency, currencies).decimals
    if kind not in KINDS[1:]:
        raise ConfigError(f"kind must be {' or '.join(KINDS[1:])}")
    channel = ChannelConfig(
        name=name,
        currency=currency,
        kind=kind,
        cap=parse_amount(table.take("cap", str), decimals),
        capacity=parse_amount(table.take("capacity", str), decimals),
        window=parse_duration(table.take("window", str)),
        payees=_by_chain(table.table("payee"), "payee must name a wallet"),
    )
    if channel.window == 0:
        raise ConfigError("window must be above zero")
    if channel.cap > _MAX_CAP:
        raise ConfigError("cap is more than a channel can have (2^96 - 1 base units)")
    return channel


# The uses


def load_uses(path: Path, currencies: Mapping[str, CurrencyConfig]) -> UsesConfig:
    """The declared pairs, assets and attesters."""
    if not path.exists():
        return UsesConfig()
    top = read_toml(path)
    config = UsesConfig(
        pairs=_each(path.name, top, "pairs", currencies, _pair),
        assets=_each(path.name, top, "assets", currencies, _asset),
        attesters=_each(path.name, top, "attesters", currencies, _attester),
    )
    top.close()
    fault = _twice(config)
    if fault:
        raise ConfigError(f"{path.name}: {fault}")
    return config


def _pair(name: str, table: Table, currencies: Mapping[str, CurrencyConfig]) -> PairConfig:
    pair = PairConfig(
        name=name,
        base=table.take("base", str),
        quote=table.take("quote", str),
        max_age=parse_duration(table.take("max_age", str)),
        band_bps=table.take("band_bps", int),
        feeds=_by_chain(table.table("feed"), "feed must name a rate feed"),
    )
    for code in (pair.base, pair.quote):
        _require_currency(code, currencies)
    if pair.base == pair.quote:
        raise ConfigError("base and quote must be different currencies")
    if not 0 < pair.max_age <= _MAX_AGE:
        raise ConfigError("max_age must be above zero, and below 2^32 seconds")
    if not 0 < pair.band_bps < _WHOLE_BPS:
        raise ConfigError("band_bps must be 1 to 9999")
    return pair


def _asset(name: str, table: Table, _: Mapping[str, CurrencyConfig]) -> AssetConfig:
    return AssetConfig(name, _by_chain(table, "an asset must have its address"))


def _attester(name: str, table: Table, currencies: Mapping[str, CurrencyConfig]) -> AttesterConfig:
    caps = {}
    for code, cap in table.table("caps").rest().items():
        decimals = _require_currency(code, currencies).decimals
        if not isinstance(cap, str):
            raise ConfigError(f'the cap in {code} must be text, such as "50000000"')
        caps[code] = parse_amount(cap, decimals)
        if caps[code] == 0:
            raise ConfigError(f"the cap in {code} must be above zero")
    if not caps:
        raise ConfigError("caps must have a currency")
    return AttesterConfig(name, caps, _by_chain(table.table("account"), "account must be named"))


def _twice(config: UsesConfig) -> str:
    """What is declared twice, so that no chain could be as both say."""
    pairs = [tuple(sorted((pair.base, pair.quote))) for pair in config.pairs]
    for one, other in pairs:
        if pairs.count((one, other)) > 1:
            return f"{one} and {other} are two pairs"
    for what, named in (
        ("assets", [asset.places for asset in config.assets]),
        ("attesters", [attester.accounts for attester in config.attesters]),
    ):
        found = [(chain, who.lower()) for places in named for chain, who in places.items()]
        for chain, who in found:
            if found.count((chain, who)) > 1:
                return f"{who} is two {what} of {chain}"
    return ""
