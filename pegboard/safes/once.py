"""No reference is minted or burned twice, however often it was proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard import actions
from pegboard.errors import ReferenceUsed
from pegboard.inputs import reference_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pegboard.actions import Action
    from pegboard.reading.decode import Effect
    from pegboard.suite import Peg, Suite


def require_unused(suite: Suite, effects: Iterable[Effect]) -> None:
    """Refuses effects that mint or burn for a reference twice, or for one that was used before."""
    seen: set[tuple[str, str, bytes]] = set()
    for action in _money(suite, effects):
        actions.require_unused(action)
        key = (action.verb, action.contract.address, action.ref)
        if any(action.ref) and key in seen:
            raise ReferenceUsed(
                f"it does a {action.verb} for the reference {reference_text(action.ref)} twice: "
                "nothing was signed"
            )
        seen.add(key)


def _money(suite: Suite, effects: Iterable[Effect]) -> Iterator[Action]:
    for effect in effects:
        yield from _money(suite, effect.inner)
        for peg in suite.pegs.values():
            if effect.contract is peg.token and effect.function in ("mint", "burn"):
                yield _action(peg, effect)


def _action(peg: Peg, effect: Effect) -> Action:
    given = effect.arguments
    if effect.function == "mint":
        return actions.mint(peg, given["to"], given["value"], given["ref"])
    return actions.burn(peg, given["value"], given["ref"])
