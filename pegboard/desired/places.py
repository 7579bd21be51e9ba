"""Where the contracts of a chain are: as recorded, or else by computation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pegboard import create2

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Recorded:
    """Where the contracts of a chain are, as the records of their deployment say."""

    deployer: str = ""
    places: Mapping[str, str] = field(default_factory=dict)

    def at(self, name: str, initcode: bytes) -> str:
        """The recorded place of a contract; where it would be made, if it is recorded nowhere."""
        return self.places.get(name) or create2.address_of(initcode)


NOTHING_RECORDED = Recorded()
