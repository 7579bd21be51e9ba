"""No reference is minted or burned twice, and no name is paid twice, however often proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard import actions
from pegboard.errors import PegboardError, ReferenceUsed
from pegboard.files.paying import paid_under_its_name
from pegboard.files.payouts import batch_in, same_name
from pegboard.inputs import reference_text
from pegboard.safes.safe import pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pegboard.actions import Action
    from pegboard.reading.decode import Effect
    from pegboard.safes.safe import SafeTx
    from pegboard.suite import Peg, Suite


def require_unused(suite: Suite, effects: Iterable[Effect], sender: str = "") -> None:
    """Refuses effects that mint or burn for a reference twice, or for one that was used before.

    And payouts of `sender` under a name that it has paid other rows under.
    """
    effects = tuple(effects)
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
    if sender:
        _require_one_content(suite, effects, sender)


def require_no_other(tx: SafeTx, waiting: Iterable[SafeTx]) -> None:
    """Refuses a payout of which another file with the same name is proposed already."""
    mine = _batches(tx)
    for other in waiting:
        for to, proposed in _batches(other):
            if any(to == token and same_name(proposed, batch) for token, batch in mine):
                raise ReferenceUsed(
                    f"number {other.nonce} of the Safe pays other rows under the same name, as "
                    f"batch 0x{proposed.hex()}, and waits to be executed: reject that number "
                    "first, or give the file another name if both are to be paid"
                )


def _batches(tx: SafeTx) -> set[tuple[str, bytes]]:
    """The payouts of a transaction, by token and batch; what is no batch of calls has none."""
    try:
        found = {(piece.to, batch_in(piece.data)) for piece in pieces(tx)}
    except PegboardError:
        return set()
    return {(to, batch) for to, batch in found if batch}


def _require_one_content(suite: Suite, effects: Iterable[Effect], sender: str) -> None:
    for effect in effects:
        for peg in suite.pegs.values():
            if effect.contract is not peg.token or effect.function != "pay":
                continue
            batch = batch_in(effect.data)
            for other in paid_under_its_name(peg, sender, batch):
                raise ReferenceUsed(
                    f"it pays a file as batch 0x{batch.hex()}, and {sender} has paid other rows "
                    f"under its name, as batch 0x{other.hex()}: nothing was signed; give what is "
                    "new another name"
                )


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
