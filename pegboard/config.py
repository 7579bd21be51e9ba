"""What was declared: currencies/*.toml and desks.toml, read strictly; and what roles.toml says."""

from __future__ import annotations

import itertools
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pegboard.amounts import parse_amount, parse_duration
from pegboard.errors import ConfigError, PegboardError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pegboard.calendars import Calendar

#: Chains that forget: no money, no licence, holders may be plain keys.
LOCAL_CHAINS = frozenset({1337, 31337, 31338})
#: How a contract of the suite is named where an account could stand, and what it may be.
SUITE_PREFIX = "suite::"
SUITE_POWERS = {
    "suite::IssuanceDesk": ("MINTER",),
    "suite::LawfulOrders": ("FREEZER", "RELEASER", "SEIZER"),
    "suite::PauseBySignature": ("PAUSER",),
}
#: Roles that a live chain gives to nobody but such a contract.
BY_DESK = ("MINTER", "SEIZER")


@dataclass(frozen=True)
class ReserveConfig:
    """The reserve feed of a currency, and how minting reads it."""

    decimals: int
    max_age: int
    buffer_bps: int
    quorum: int
    rise_quorum: int
    max_rise_bps: int
    attestors: Mapping[str, tuple[str, ...]]

    def attestors_on(self, chain_id: int) -> tuple[str, ...]:
        """The declared attestors of a chain."""
        found: tuple[str, ...] = _for_chain(self.attestors, chain_id, "attestors")
        return found


@dataclass(frozen=True)
class Tier:
    """Orders of up to `up_to` base units need so many approvals."""

    up_to: int
    approvals: int


@dataclass(frozen=True)
class RedemptionConfig:
    """By when a currency is redeemed, and for which fee; None where no fee is declared."""

    calendar: str
    business_days: int
    flat_fee: int | None = None
    fee_bps: int | None = None


@dataclass(frozen=True)
class DesksConfig:
    """What the desks of a chain are created with; durations in seconds."""

    cooling: int
    order_life: int
    predecessor: str
    max_fee_bps: int
    fee_notice: int
    block_days: int
    pause_quorum: int
    pause_signers: Mapping[str, tuple[str, ...]]
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    wallets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def pause_signers_on(self, chain_id: int) -> tuple[str, ...]:
        """Who signs pauses ahead on a chain."""
        found: tuple[str, ...] = _for_chain(self.pause_signers, chain_id, "presigned_pause.signers")
        return found

    def wallets_on(self, chain_id: int) -> Mapping[str, str]:
        """The issuer's own wallets on a chain, each with its purpose; none where none is named."""
        return self.wallets.get(chain_key(chain_id), {})


@dataclass(frozen=True)
class Caps:
    """What one machine may sign to be created or paid: at once, and within 24 hours; base units."""

    order: int
    day: int


@dataclass(frozen=True)
class CurrencyConfig:
    """One currency."""

    code: str
    name: str
    symbol: str
    decimals: int
    reserves: ReserveConfig
    limit_capacity: int
    limit_window: int
    tiers: tuple[Tier, ...]
    redemption: RedemptionConfig
    #: What is larger is typed in words before it is signed; None where nothing is.
    confirm_above: int | None = None
    #: What one machine may sign of it; None where nothing is declared.
    caps: Caps | None = None


@dataclass(frozen=True)
class RoleConfig:
    """One role: what it may call, how long it waits, who can cancel, whom it shares nobody with."""

    name: str
    id: int
    delay: int
    guardian: str | None
    functions: Mapping[str, tuple[str, ...]]
    apart_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class SafeConfig:
    """A Safe as it is to be on one chain; accounts as `holders` names them."""

    name: str
    address: str
    owners: tuple[str, ...]
    threshold: int
    modules: tuple[str, ...] = ()
    guard: str | None = None


@dataclass(frozen=True)
class RolesConfig:
    """All roles, who holds them on which chain, and who signs for the Safes among those."""

    roles: Mapping[str, RoleConfig]
    holders: Mapping[str, Mapping[str, tuple[str, ...]]]
    granter: str = "GOVERNOR"
    by_id: Mapping[int, RoleConfig] = field(default_factory=dict)
    safes: Mapping[str, tuple[SafeConfig, ...]] = field(default_factory=dict)

    def safes_on(self, chain_id: int) -> tuple[SafeConfig, ...]:
        """The declared Safes of a chain; none where none is."""
        return self.safes.get(chain_key(chain_id), ())

    def holders_on(self, chain_id: int) -> Mapping[str, tuple[str, ...]]:
        """Who holds which role on a chain."""
        found: Mapping[str, tuple[str, ...]] = _for_chain(self.holders, chain_id, "holders")
        return found


def chain_key(chain_id: int) -> str:
    """How a declaration calls a chain."""
    return "local" if chain_id in LOCAL_CHAINS else str(chain_id)


def _for_chain(table: Mapping[str, Any], chain_id: int, what: str) -> Any:
    key = chain_key(chain_id)
    if key not in table:
        raise ConfigError(f"no {what} are declared for chain {chain_id}: add [{what}.{key}]")
    return table[key]


class Table:
    """A TOML table in which every key must be used and nothing may be missing."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise ConfigError(f"{where} must be a table")
        self._data = dict(data)
        self._where = where

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = ...) -> Any:
        """The value of a key, which must be there unless it has a default."""
        if key not in self._data and default is not ...:
            return default
        try:
            value = self._data.pop(key)
        except KeyError:
            raise ConfigError(f"{self._where}: {key} is missing") from None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ConfigError(f"{self._where}: {key} has the wrong type ({type(value).__name__})")
        return value

    def table(self, key: str) -> Table:
        """The table of a key."""
        return Table(self.take(key, dict), f"{self._where} [{key}]")

    def rest(self) -> dict[str, Any]:
        """All that was not taken yet."""
        data, self._data = self._data, {}
        return data

    def close(self) -> None:
        """Refuses what nobody took."""
        if self._data:
            raise ConfigError(f"{self._where}: unknown key {', '.join(sorted(self._data))}")


def read_toml(path: Path) -> Table:
    """A file as a table."""
    try:
        return Table(tomllib.loads(path.read_text(encoding="utf-8")), str(path.name))
    except OSError as fault:
        raise ConfigError(f"cannot read {path}: {fault.strerror}") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ConfigError(f"{path.name} is not valid TOML: {fault}") from fault


def strings(value: Any, where: str) -> tuple[str, ...]:
    """A list of texts, none of them empty."""
    if not isinstance(value, list) or not all(isinstance(x, str) and x for x in value):
        raise ConfigError(f"{where} must be a list of strings")
    return tuple(value)


def load_currency(path: Path) -> CurrencyConfig:
    """One currency's declaration."""
    top = read_toml(path)
    try:
        decimals = top.take("decimals", int, 6)
        reserves, limit = top.table("reserves"), top.table("mint_limit")
        issuance, redemption = top.table("issuance"), top.table("redemption")
        config = CurrencyConfig(
            code=top.take("code", str),
            name=top.take("name", str),
            symbol=top.take("symbol", str),
            decimals=decimals,
            reserves=ReserveConfig(
                decimals=reserves.take("decimals", int, decimals),
                max_age=parse_duration(reserves.take("max_age", str)),
                buffer_bps=reserves.take("buffer_bps", int),
                quorum=reserves.take("quorum", int),
                rise_quorum=reserves.take("rise_quorum", int),
                max_rise_bps=reserves.take("max_rise_bps", int),
                attestors={
                    chain: strings(names, f"{path.name} attestors of {chain}")
                    for chain, names in reserves.take("attestors", dict).items()
                },
            ),
            limit_capacity=parse_amount(limit.take("capacity", str), decimals),
            limit_window=parse_duration(limit.take("window", str)),
            tiers=_tiers(issuance.take("tiers", list), decimals, path.name),
            redemption=_redemption(redemption, decimals),
            confirm_above=_confirm_above(top, decimals),
            caps=_caps(top, decimals),
        )
        for table in (limit, reserves, issuance, redemption, top):
            table.close()
        _check_currency(config)
    except PegboardError as fault:
        raise ConfigError(
            f"{path.name}: {fault}".replace(f"{path.name}: {path.name}", path.name)
        ) from fault
    return config


def _caps(top: Table, decimals: int) -> Caps | None:
    found = top.take("caps", dict, None)
    if found is None:
        return None
    table = Table(found, "[caps]")
    caps = Caps(
        parse_amount(table.take("order", str), decimals),
        parse_amount(table.take("day", str), decimals),
    )
    table.close()
    return caps


def _confirm_above(top: Table, decimals: int) -> int | None:
    table = Table(top.take("confirm", dict, {"above": ""}), "[confirm]")
    above = table.take("above", str)
    table.close()
    return parse_amount(above, decimals) if above else None


def _redemption(table: Table, decimals: int) -> RedemptionConfig:
    calendar, days = table.take("calendar", str), table.take("business_days", int)
    flat, bps = table.take("flat_fee", str, None), table.take("fee_bps", int, None)
    if flat is None and bps is None:
        return RedemptionConfig(calendar, days)
    return RedemptionConfig(calendar, days, parse_amount(flat or "0", decimals), bps or 0)


def _tiers(rows: list[Any], decimals: int, where: str) -> tuple[Tier, ...]:
    tiers = []
    for row in rows:
        table = Table(row, f"{where} tiers")
        up_to = parse_amount(table.take("up_to", str), decimals)
        tiers.append(Tier(up_to, table.take("approvals", int)))
        table.close()
    return tuple(tiers)


def _ascend(tiers: tuple[Tier, ...]) -> bool:
    return all(
        a.up_to < b.up_to and a.approvals <= b.approvals for a, b in itertools.pairwise(tiers)
    )


def _check_currency(config: CurrencyConfig) -> None:
    terms = config.reserves
    problems = {
        "code must be three capital letters (ISO 4217)": not re.fullmatch("[A-Z]{3}", config.code),
        "name must have 1 to 31 bytes": not 1 <= len(config.name.encode()) <= 31,
        "symbol must have 1 to 31 bytes": not 1 <= len(config.symbol.encode()) <= 31,
        "decimals must be 2 to 18": not 2 <= config.decimals <= 18,
        "reserves.decimals must be 0 to 18": not 0 <= terms.decimals <= 18,
        "max_age must be above zero: zero would mean no minting": not 0 < terms.max_age < 2**32,
        "buffer_bps must be 0 to 65535": not 0 <= terms.buffer_bps < 2**16,
        "max_rise_bps must be 0 to 65535": not 0 <= terms.max_rise_bps < 2**16,
        "mint_limit.window must be above zero": not 0 < config.limit_window < 2**48,
        "max_age must be at most 31d": terms.max_age > 31 * 86400,
        "tiers must be 1 to 8, each with at least one approval": not 1 <= len(config.tiers) <= 8
        or any(not (0 < t.up_to < 2**96 and 1 <= t.approvals < 2**8) for t in config.tiers),
        "tiers must ascend in size and not descend in approvals": not _ascend(config.tiers),
        "redemption.business_days must be 1 to 30": not 1 <= config.redemption.business_days <= 30,
        "redemption.calendar must have 1 to 31 characters": not 1
        <= len(config.redemption.calendar)
        <= 31,
        "redemption.fee_bps must be 0 to 10000": not 0
        <= (config.redemption.fee_bps or 0)
        <= 10_000,
        "redemption.flat_fee must be below 2^80 base units": (config.redemption.flat_fee or 0)
        >= 2**80,
        "quorum must be at least 1 and rise_quorum above it": not 1
        <= terms.quorum
        < terms.rise_quorum,
    }
    for chain, names in terms.attestors.items():
        few = len(set(names)) != len(names) or len(names) < terms.rise_quorum
        problems[f"attestors of {chain} must be distinct and at least rise_quorum many"] = few
    for problem, found in problems.items():
        if found:
            raise ConfigError(problem)


def load_currencies(folder: Path) -> dict[str, CurrencyConfig]:
    """All declared currencies, by code; the file of HKD is hkd.toml."""
    found = {}
    for path in sorted(folder.glob("*.toml")):
        config = load_currency(path)
        if path.stem != config.code.lower():
            raise ConfigError(
                f"{path.name} declares {config.code}: call it {config.code.lower()}.toml"
            )
        found[config.code] = config
    if not found:
        raise ConfigError(f"no currency is declared in {folder}: add one, such as hkd.toml")
    return found


def load_desks(path: Path, calendars: Mapping[str, Calendar]) -> DesksConfig:
    """What the desks of a chain are created with, and the calendars that they are to know."""
    top = read_toml(path)
    try:
        customers, issuance = top.table("customers"), top.table("issuance")
        redemption, presigned = top.table("redemption"), top.table("presigned_pause")
        config = DesksConfig(
            cooling=parse_duration(customers.take("cooling", str)),
            order_life=parse_duration(issuance.take("order_life", str)),
            predecessor=issuance.take("predecessor", str, "0x" + "00" * 20),
            max_fee_bps=redemption.take("max_fee_bps", int),
            fee_notice=parse_duration(redemption.take("fee_notice", str)),
            block_days=redemption.take("block_days", int),
            pause_quorum=presigned.take("quorum", int),
            pause_signers={
                chain: strings(names, f"{path.name} signers of {chain}")
                for chain, names in presigned.take("signers", dict).items()
            },
            calendars=calendars,
            wallets={
                chain: dict(Table(named, f"{path.name} [wallets.{chain}]").rest())
                for chain, named in top.take("wallets", dict, {}).items()
            },
        )
        for table in (customers, issuance, redemption, presigned, top):
            table.close()
    except PegboardError as fault:
        raise ConfigError(
            f"{path.name}: {fault}".replace(f"{path.name}: {path.name}", path.name)
        ) from fault
    _check_desks(config, path.name)
    return config


def _check_desks(config: DesksConfig, where: str) -> None:
    problems = {
        "order_life must be above zero, and at most 30d": not 0 < config.order_life <= 30 * 86400,
        "cooling must be at most 30d": config.cooling > 30 * 86400,
        "max_fee_bps must be 0 to 10000": not 0 <= config.max_fee_bps <= 10_000,
        "fee_notice must be at most 366d": config.fee_notice > 366 * 86400,
        "block_days must be 1 to 30": not 1 <= config.block_days <= 30,
        "predecessor must be an address": not re.fullmatch("0x[0-9a-fA-F]{40}", config.predecessor),
    }
    for chain, names in config.pause_signers.items():
        few = len(set(names)) != len(names) or len(names) < config.pause_quorum
        problems[f"signers of {chain} must be distinct and at least quorum many"] = few
    for chain, wallets in config.wallets.items():
        unnamed = any(not isinstance(purpose, str) or not purpose for purpose in wallets.values())
        problems[f"every wallet of {chain} must have a purpose"] = unnamed
    problems["presigned_pause.quorum must be at least 2"] = config.pause_quorum < 2
    for problem, found in problems.items():
        if found:
            raise ConfigError(f"{where}: {problem}")
