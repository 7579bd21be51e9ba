"""The uses of a chain: where they are. They have no terms of their own but the registry's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.contract import Contract
from pegboard.desired.places import NOTHING_RECORDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pegboard.chain import Chain
    from pegboard.contract import Artifacts
    from pegboard.desired.places import Recorded


@dataclass(frozen=True)
class Uses:
    """The contracts that hold or move other people's tokens, by their word."""

    fx: Contract
    checkout: Contract
    receivables: Contract
    envelopes: Contract
    initcodes: Mapping[str, bytes]

    @property
    def by_name(self) -> dict[str, Contract]:
        """All of them, by the names of their code."""
        return {
            "FxSettle": self.fx,
            "Checkout": self.checkout,
            "Receivables": self.receivables,
            "RedEnvelope": self.envelopes,
        }


def locate_uses(
    chain: Chain,
    artifacts: Artifacts,
    authority: str,
    registry: str,
    recorded: Recorded = NOTHING_RECORDED,
) -> Uses:
    """Where the uses are or will be, over this registry."""
    codes: dict[str, bytes] = {}

    def place(name: str, *args: object) -> Contract:
        codes[name] = artifacts[name].initcode(*args)
        address = recorded.at(name, codes[name])
        return Contract(chain, address, artifacts[name].abi, artifacts.errors)

    return Uses(
        fx=place("FxSettle", registry),
        checkout=place("Checkout", authority, registry),
        receivables=place("Receivables", authority, registry),
        envelopes=place("RedEnvelope", authority, registry),
        initcodes=codes,
    )
