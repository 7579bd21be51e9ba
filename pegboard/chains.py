"""chains.toml: where the suite may be used, and how transactions are sent there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.amounts import parse_amount, parse_duration
from pegboard.config import LOCAL_CHAINS, Table, read_toml
from pegboard.errors import ConfigError, PegboardError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GWEI = 9


@dataclass(frozen=True)
class ChainConfig:
    """One chain; fees in wei, durations in seconds.

    `confirmations` counts blocks from the one that includes a transaction, itself included.
    """

    chain_id: int
    name: str
    test_keys: bool
    confirmations: int
    block_time: int
    max_fee: int
    max_tip: int
    bump_after: int
    patience: int

    @property
    def is_local(self) -> bool:
        """A chain that forgets: no money, no licence."""
        return self.chain_id in LOCAL_CHAINS


def load_chains(path: Path) -> dict[int, ChainConfig]:
    """All declared chains, by their ids."""
    top = read_toml(path)
    tables = top.take("chains", dict)
    top.close()
    return {chain.chain_id: chain for chain in (_chain(key, tables[key], path) for key in tables)}


def _chain(key: str, data: object, path: Path) -> ChainConfig:
    where = f"{path.name} [chains.{key}]"
    if not re.fullmatch("[1-9][0-9]{0,18}", key):
        raise ConfigError(f"{where}: a chain is declared by its id, such as [chains.1]")
    table = Table(data, where)
    try:
        keys = table.take("keys", str)
        chain = ChainConfig(
            chain_id=int(key),
            name=table.take("name", str),
            test_keys=keys == "test",
            confirmations=table.take("confirmations", int),
            block_time=parse_duration(table.take("block_time", str)),
            max_fee=parse_amount(table.take("max_fee", str), GWEI),
            max_tip=parse_amount(table.take("max_tip", str), GWEI),
            bump_after=parse_duration(table.take("bump_after", str)),
            patience=parse_duration(table.take("patience", str)),
        )
        table.close()
    except ConfigError:
        raise
    except PegboardError as fault:
        raise ConfigError(f"{where}: {fault}") from fault
    problems = {
        'keys must be "test" on a local chain and "real" on any other': keys
        != ("test" if chain.is_local else "real"),
        "block_time must be above zero on a live chain": not chain.is_local
        and chain.block_time == 0,
        "confirmations must be 1 to 100000": not 1 <= chain.confirmations <= 100_000,
        "max_fee must be above zero": chain.max_fee == 0,
        "max_tip must not be above max_fee": chain.max_tip > chain.max_fee,
        "bump_after must be above zero": chain.bump_after == 0,
        "patience must be at least bump_after": chain.patience < chain.bump_after,
    }
    for problem, found in problems.items():
        if found:
            raise ConfigError(f"{where}: {problem}")
    return chain


def chain_of(chains: Mapping[int, ChainConfig], chain_id: int) -> ChainConfig:
    """The declaration of a chain; refuses one that has none."""
    try:
        return chains[chain_id]
    except KeyError:
        known = ", ".join(f"{it.name} ({it.chain_id})" for it in chains.values())
        raise ConfigError(
            f"the node is of chain {chain_id}, which chains.toml does not declare; there is "
            f"{known}: check --network, or add [chains.{chain_id}]"
        ) from None
