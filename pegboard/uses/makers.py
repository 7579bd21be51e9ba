"""What makers of quotes can deliver, and what they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.uses.past import said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pegboard.suite import Peg, Suite

WHOLE = 10_000


@dataclass(frozen=True)
class Inventory:
    """A maker's standing in one currency; amounts in base units, of all that FxSettle settled."""

    maker: str
    peg: Peg
    available: int
    allowance: int
    sold: int
    bought: int

    @property
    def deliverable(self) -> int:
        """What quotes can still take: the maker has it, and lets FxSettle take it."""
        return min(self.available, self.allowance)

    @property
    def utilisation(self) -> int:
        """The part of what could be sold that was sold, in basis points, rounded down."""
        whole = self.sold + self.deliverable
        return self.sold * WHOLE // whole if whole else 0


def inventories(suite: Suite, known: Iterable[str] = ()) -> list[Inventory]:
    """Every maker that has settled or named a signer, and the known ones, in each currency."""
    fx = suite.uses.fx
    settled = [event.given for event in said(fx, "Settled")]
    named = [event.given["maker"] for event in said(fx, "SignerSet")]
    makers = dict.fromkeys((*known, *(it["maker"] for it in settled), *named))
    found = []
    for maker in makers:
        own = [it for it in settled if it["maker"] == maker]
        for peg in suite.pegs.values():
            token = peg.token
            found.append(
                Inventory(
                    maker,
                    peg,
                    token.call("availableOf", maker),
                    token.call("allowance", maker, fx.address),
                    sum(it["sellAmount"] for it in own if it["sell"] == token.address),
                    sum(it["buyAmount"] for it in own if it["buy"] == token.address),
                )
            )
    return found
