"""Ways of delivering the parts of a file without a courier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import ChainError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pegboard.chain import Receipt
    from pegboard.files.paying import Deliver
    from pegboard.sending.journal import Wish
    from tests.support.world import World


def one_by_one(world: World, stop: int | None = None) -> Deliver:
    """Waits for each transaction before the next is sent; the node is away from number `stop`."""

    def deliver(wishes: Sequence[Wish]) -> Iterator[Receipt]:
        for number, wish in enumerate(wishes):
            if number == stop:
                raise ChainError("the node is away")
            yield world.token.submit(wish.data, sender=wish.signer, note=wish.note)

    return deliver
