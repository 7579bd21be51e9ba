"""`--simulate`: what is to be signed is tried on a copy of the chain before anybody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.chains import chain_of
from pegboard.cli import show
from pegboard.errors import ChainError, NotPermitted
from pegboard.operate import next_step
from pegboard.reading.decode import Decoder
from pegboard.reading.fork import Fork
from pegboard.reading.preview import preview
from pegboard.safes.multisend import Piece

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pegboard.actions import Action
    from pegboard.chains import ChainConfig
    from pegboard.cli.desk import Desk
    from pegboard.contract import Call
    from pegboard.reading.preview import Inside, Preview

#: Lines that a person still reads; of more events than this the kinds are counted.
MOST = 20


def wanted(given: bool | None, config: ChainConfig) -> bool:
    """What the option says, or else whether there is money on the chain."""
    return not config.test_keys if given is None else given


def decoder_of(desk: Desk) -> Decoder:
    """Reads calls to the contracts that the desk has open."""
    names = {address: holder.label for address, holder in desk.address_book.holders.items()}
    return Decoder(desk.opened, desk.roles, names)


def step_of(desk: Desk, action: Action) -> Call:
    """What is signed for a verb now: the verb itself, or the scheduling of it."""
    if action.public:
        return action.call
    return next_step(desk.opened.authority, action.call, desk.signer).call


def piece_of(call: Call) -> Piece:
    """A call as it is tried."""
    return Piece(call.to, 0, call.data)


def attempt(
    desk: Desk, pieces: Iterable[Piece], sender: str = "", inside: Inside | None = None
) -> Preview | None:
    """Tries calls in order, and tells what they change; None where it is not wanted."""
    calls = list(pieces)
    if not calls or not wanted(desk.simulates, chain_of(desk.chains, desk.chain.chain_id)):
        return None
    if len(calls) > MOST:
        show.progress(f"Trying {len(calls):,} calls on a copy of the chain...")
    decoder = decoder_of(desk)
    try:
        with Fork(desk.chain) as fork:
            found = preview(
                *(fork, decoder, sender or desk.signer, calls, desk.explain),
                inside=inside,
                most=MOST,
            )
    except ChainError as fault:
        raise ChainError(
            f"nothing was signed, since it could not be tried: {fault}; or give --no-simulate"
        ) from fault
    desk.simulation = found.as_dict()
    show.progress("On a copy of the chain:")
    for line in found.brief(MOST):
        show.progress(f"  {line}")
    return found


def rehearse(
    desk: Desk, pieces: Iterable[Piece], sender: str = "", inside: Inside | None = None
) -> None:
    """Tries calls as they will be sent; ends the command where the copy refuses one."""
    found = attempt(desk, pieces, sender, inside)
    if found is None or found.success:
        return
    refusal = next(result.refusal for result in found.results if result.refusal)
    raise NotPermitted(f"a copy of the chain refuses it, so nothing was signed: {refusal}")


def rehearse_verb(desk: Desk, action: Action) -> None:
    """Tells what the bytes say that will be signed, and what they do on a copy of the chain."""
    call = step_of(desk, action)
    for effect in decoder_of(desk).effects(call.to, call.data, sender=desk.signer):
        for line in effect.lines():
            show.progress(f"Signed is: {line}")
    rehearse(desk, [piece_of(call)])
