"""What the commands on files of rows share: delivery, the address book, amounts in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pegboard.cli import proposing, show, simulating
from pegboard.contract import Call, named
from pegboard.errors import Reverted
from pegboard.safes.multisend import Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pegboard.chain import Receipt
    from pegboard.cli.desk import Desk
    from pegboard.files.paying import Deliver
    from pegboard.sending.journal import Wish
    from pegboard.suite import Peg

#: Parts that a Safe executes in one transaction: 11 of the 16.7 million gas it may take (EIP-7825).
IN_A_PROPOSAL = 2


def deliver(desk: Desk) -> Deliver:
    """Sends through the desk's courier, several transactions under way at a time."""

    def send(wishes: Sequence[Wish]) -> Iterator[Receipt]:
        try:
            yield from desk.sender.deliver_all(wishes)
        except Reverted as fault:
            raise named(fault, desk.artifacts.errors) from fault

    return send


def propose(
    desk: Desk,
    wishes: Sequence[Wish],
    result: dict[str, Any],
    amounts: Sequence[tuple[Peg, int]] = (),
) -> None:
    """Proposes the first parts to the Safe; when they are executed, the same command goes on."""
    now = wishes[:IN_A_PROPOSAL]
    if len(now) < len(wishes):
        show.progress(f"{len(now)} of {len(wishes)} parts: more would not fit in a transaction.")
    calls = [Call(wish.target, wish.data, wish.note.text) for wish in now]
    proposing.write(desk, proposing.safe_of(desk), calls, result, amounts)


def confirm(desk: Desk, wishes: Sequence[Wish], amounts: Sequence[tuple[Peg, int]] = ()) -> None:
    """Tries all parts on a copy of the chain where that is wanted, then asks once for them all."""
    simulating.rehearse(desk, [Piece(wish.target, 0, wish.data) for wish in wishes])
    desk.confirm_amounts(amounts)
    desk.confirm(f"Sign and send {len(wishes)} transactions?")
