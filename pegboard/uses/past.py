"""What the uses have logged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pegboard.chain import History
from pegboard.errors import ChainError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pegboard.contract import Contract


@dataclass(frozen=True)
class Said:
    """One event, and the transaction that it is of."""

    tx: str
    given: Mapping[str, Any]


def settled(exchange: Contract, taker: str, wanted: Callable[[bytes], bool]) -> str:
    """The first transaction of a taker's exchange with such a reference; empty for none."""
    events = (it for it in said(exchange, "Settled") if it.given["taker"] == taker)
    return next((it.tx for it in events if wanted(bytes.fromhex(it.given["ref"][2:]))), "")


def said(contract: Contract, event: str, **indexed: bytes) -> list[Said]:
    """All events of this name with these indexed words, in order."""
    chain = contract.chain
    if not isinstance(chain, History):
        raise ChainError("this chain keeps no history: connect to a node")
    logs = chain.logs(contract.address, contract.topics(event, **indexed))
    return [Said(log.tx, given) for log in logs for _, given in contract.events([log])]
