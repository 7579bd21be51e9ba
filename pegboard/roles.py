"""Reads roles.toml strictly: who may do what, and who holds which role on which chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pegboard.amounts import parse_duration
from pegboard.config import (
    SUITE_POWERS,
    SUITE_PREFIX,
    RoleConfig,
    RolesConfig,
    SafeConfig,
    Table,
    read_toml,
    strings,
)
from pegboard.errors import ConfigError, PegboardError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def load_roles(path: Path) -> RolesConfig:
    """The declared roles and their holders."""
    top = read_toml(path)
    roles: dict[str, RoleConfig] = {}
    for name, data in top.take("roles", dict).items():
        table = Table(data, f"{path.name} [roles.{name}]")
        functions = {
            kind: strings(names, f"{path.name} functions of {name}")
            for kind, names in table.take("functions", dict, {}).items()
        }
        try:
            delay = parse_duration(table.take("delay", str))
        except PegboardError as fault:
            raise ConfigError(f"{path.name} [roles.{name}]: {fault}") from fault
        roles[name] = RoleConfig(
            name=name,
            id=table.take("id", int),
            delay=delay,
            guardian=table.take("guardian", str, None),
            functions=functions,
            apart_from=strings(
                table.take("apart_from", list, []), f"{path.name} apart_from of {name}"
            ),
        )
        table.close()
    holders = {
        chain: {
            role: strings(names, f"{path.name} holders of {role}") for role, names in table.items()
        }
        for chain, table in top.take("holders", dict).items()
    }
    safes = {
        chain: tuple(
            _safe(name, data, f"{path.name} [safes.{chain}.{name}]")
            for name, data in Table(tables, f"{path.name} [safes.{chain}]").rest().items()
        )
        for chain, tables in top.take("safes", dict, {}).items()
    }
    top.close()
    config = RolesConfig(roles, holders, by_id={r.id: r for r in roles.values()}, safes=safes)
    _check_roles(config, path.name)
    return config


def _safe(name: str, data: Any, where: str) -> SafeConfig:
    table = Table(data, where)
    safe = SafeConfig(
        name=name,
        address=table.take("address", str),
        owners=strings(table.take("owners", list), f"{where} owners"),
        threshold=table.take("threshold", int),
        modules=strings(table.take("modules", list, []), f"{where} modules"),
        guard=table.take("guard", str, None),
    )
    table.close()
    if len(set(safe.owners)) != len(safe.owners):
        raise ConfigError(f"{where}: an owner is named twice")
    if not 1 <= safe.threshold <= len(safe.owners):
        raise ConfigError(f"{where}: threshold must be 1 to the number of owners")
    return safe


def _check_roles(config: RolesConfig, where: str) -> None:
    roles = config.roles
    if "ADMIN" not in roles or roles["ADMIN"].id != 0:
        raise ConfigError(f"{where}: ADMIN must be declared with id 0")
    if config.granter not in roles:
        raise ConfigError(f"{where}: {config.granter}, which grants roles, is not declared")
    if len(config.by_id) != len(roles):
        raise ConfigError(f"{where}: two roles have the same id")
    taken: dict[tuple[str, str], str] = {}
    for role in roles.values():
        for name in (*role.apart_from, *([role.guardian] if role.guardian else [])):
            if name not in roles:
                raise ConfigError(f"{where}: {role.name} names {name}, which is not declared")
        if role.id == 0 and role.functions:
            raise ConfigError(f"{where}: no function may belong to ADMIN, which has no guardian")
        for kind, names in role.functions.items():
            for function in names:
                other = taken.setdefault((kind, function), role.name)
                if other != role.name:
                    raise ConfigError(
                        f"{where}: {kind}.{function} belongs to {other} and {role.name}"
                    )
    for chain, holders in config.holders.items():
        _check_holders(config, holders, f"{where} [holders.{chain}]")
    for chain, safes in config.safes.items():
        if chain not in config.holders:
            raise ConfigError(f"{where} [safes.{chain}]: no [holders.{chain}] are declared")
        if len({safe.address.lower() for safe in safes}) != len(safes):
            raise ConfigError(f"{where} [safes.{chain}]: an address is declared twice")


def _people(names: tuple[str, ...]) -> set[str]:
    """All but contracts of the suite, whose own verbs are kept apart by role."""
    return {name for name in names if not name.startswith(SUITE_PREFIX)}


def _check_holders(config: RolesConfig, holders: Mapping[str, tuple[str, ...]], where: str) -> None:
    for unknown in set(holders) - set(config.roles):
        raise ConfigError(f"{where}: {unknown} is not a role")
    guardians = {role.guardian for role in config.roles.values()}
    for role in config.roles.values():
        needed = role.functions or role.name in guardians or role.name in ("ADMIN", config.granter)
        if needed and not holders.get(role.name):
            raise ConfigError(f"{where}: {role.name} has no holder")
    for role_name, names in holders.items():
        for name in set(names) - _people(names):
            if role_name not in SUITE_POWERS.get(name, ()):
                raise ConfigError(f"{where}: {name} cannot be {role_name}")
    for role in config.roles.values():
        for other in role.apart_from:
            shared = _people(holders.get(role.name, ())) & _people(holders.get(other, ()))
            if shared:
                raise ConfigError(
                    f"{where}: {', '.join(sorted(shared))} holds {role.name} and {other}, "
                    "which must be held by different parties"
                )
