"""addresses.toml: who is behind an address, as the issuer knows it; read strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.config import Table, chain_key, read_toml
from pegboard.errors import ConfigError, PegboardError
from pegboard.inputs import address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

KINDS = ("account", "contract")
_LABEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}", re.ASCII)
_CHAIN = re.compile(r"all|local|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Holder:
    """One entry; a contract is one on this chain only where its code is."""

    label: str
    address: str
    kind: str


@dataclass(frozen=True)
class AddressBook:
    """What is known on one chain."""

    holders: Mapping[str, Holder]

    def unknown(self, accounts: Iterable[str]) -> list[str]:
        """Those that are not in the book, each once, in their order."""
        return [account for account in dict.fromkeys(accounts) if account not in self.holders]


def load_addresses(path: Path, chain_id: int) -> AddressBook:
    """The entries for all chains and those for this one; no file is an empty book."""
    if not path.exists():
        return AddressBook({})
    top = read_toml(path)
    tables = top.take("holders", dict)
    top.close()
    wanted = ("all", chain_key(chain_id))
    holders: dict[str, Holder] = {}
    labels: set[str] = set()
    for chain, entries in tables.items():
        where = f"{path.name} [holders.{chain}]"
        if not _CHAIN.fullmatch(chain):
            raise ConfigError(f"{where}: a chain is all, local or its id")
        for holder in _entries(entries, where):
            if chain not in wanted:
                continue
            if holder.address in holders or holder.label in labels:
                raise ConfigError(f"{where}: {holder.label} ({holder.address}) is there twice")
            holders[holder.address] = holder
            labels.add(holder.label)
    return AddressBook(holders)


def _entries(data: object, where: str) -> Iterable[Holder]:
    for label, value in Table(data, where).rest().items():
        if not _LABEL.fullmatch(label):
            raise ConfigError(
                f"{where}: {label!a} is not a label: 1 to 40 of a-z, 0-9 and . _ -, a letter or "
                "digit first"
            )
        given = {"address": value} if isinstance(value, str) else value
        entry = Table(given, f"{where} {label}")
        kind = entry.take("kind", str, "account")
        if kind not in KINDS:
            raise ConfigError(f"{where} {label}: kind is {' or '.join(KINDS)}, not {kind!a}")
        try:
            yield Holder(label, address(entry.take("address", str)), kind)
        except ConfigError:
            raise
        except PegboardError as fault:
            raise ConfigError(f"{where} {label}: {fault}") from fault
        entry.close()
