"""Paying a batch: what stands in its way, what is left of it, and sending that.

All of it is read from the chain, so that any machine goes on where another one was stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.actions import money
from pegboard.chain import History
from pegboard.contract import padded, selector_of
from pegboard.errors import Reverted, RowsError
from pegboard.files import bulk
from pegboard.files.payouts import same_name
from pegboard.guards import missing_contracts, ours_among

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pegboard.chain import Receipt
    from pegboard.files.addressbook import AddressBook
    from pegboard.files.payouts import Batch, Chunk
    from pegboard.sending.journal import Wish
    from pegboard.suite import Peg, Suite

    Deliver = Callable[[Sequence[Wish]], Iterator[Receipt]]

_EXECUTED = selector_of("ChunkExecuted(address,bytes32,uint8)")
_TRANSFERS = 1


@dataclass(frozen=True)
class Standing:
    """A batch before it is sent; `barred` are payees still to be paid, with the reason."""

    done: frozenset[int]
    left: int
    available: int
    barred: Mapping[str, tuple[str, str]]
    unknown: int


def remaining(batch: Batch) -> list[Chunk]:
    """The chunks that the token has not executed for this payer."""
    state = batch.peg.token
    return [
        chunk
        for chunk in batch.chunks
        if not state.call("chunkState", batch.payer, batch.id, chunk.index)
    ]


def examine(
    suite: Suite,
    batch: Batch,
    book: AddressBook,
    *,
    skip_barred: bool = False,
    codeless: bool = False,
    paid: Mapping[int, str] | None = None,
) -> Standing:
    """Refuses what cannot be paid in whole, with every fault at once; else where it stands.

    `paid` are rows whose UETR stands for another payment already, with the reason.
    In a batch that has begun, a payee who was barred meanwhile is skipped by the token and told
    in its report: refusing would leave the others unpaid.
    """
    chunks = remaining(batch)
    begun = len(chunks) < len(batch.chunks)
    payments = [payment for chunk in chunks for payment in chunk.payments]
    left = sum(payment.units for payment in payments)
    payees = list(dict.fromkeys(payment.payee for payment in payments))
    barred = barred_among(batch.peg, payees)
    available = batch.peg.token.call("availableOf", batch.payer)
    faults = [*_other_contents(batch), *(_payer_faults(batch, left, available) if left else ())]
    refused = _payee_faults(suite, batch, payees)
    if not codeless:
        refused |= {
            payee: f"{label} is a contract by addresses.toml, and there is no code at {payee} on "
            "this chain: whoever puts code there would own the money"
            for payee, label in missing_contracts(suite, book, payees).items()
        }
    if not (skip_barred or begun):
        refused = {payee: f"{payee} {why}" for payee, (_, why) in barred.items()} | refused
    rows = sorted((p for p in payments if p.payee in refused), key=lambda payment: payment.row)
    faults += [f"row {payment.row}, payee: {refused[payment.payee]}" for payment in rows]
    faults += [f"row {row}, reference: {why}" for row, why in sorted((paid or {}).items())]
    if faults:
        raise RowsError(batch.file.name, faults)
    return Standing(
        done=frozenset(chunk.index for chunk in batch.chunks)
        - frozenset(chunk.index for chunk in chunks),
        left=left,
        available=available,
        barred=barred,
        unknown=len(book.unknown(payees)),
    )


def barred_among(peg: Peg, accounts: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Those who may not receive now, with the reason in a code of ISO 20022 and in words."""
    able = bulk.which(peg.token, "canReceive", accounts)
    barred = [account for account in accounts if account not in able]
    blacklisted = bulk.which(peg.token, "isBlacklisted", barred)
    desks = bulk.which(peg.token, "isRedemptionDesk", barred)
    listed = bool(barred) and peg.token.call("isAllowListOn")
    verified = bulk.which(peg.token, "isVerified", barred) if listed else set(barred)
    found = {}
    for account in barred:
        if account in blacklisted:
            found[account] = ("AC06", "is blacklisted")
        elif account in desks:
            found[account] = ("AG01", "is a redemption desk, which takes surrendered tokens only")
        elif account in verified:
            found[account] = ("AC01", "is no account for payments")
        else:
            found[account] = ("RR04", "is not verified, and only verified accounts may receive")
    return found


def _payer_faults(batch: Batch, left: int, available: int) -> Iterator[str]:
    peg, payer, token = batch.peg, batch.payer, batch.peg.token
    code = peg.config.code
    if token.call("pauses") & _TRANSFERS:
        yield f"transfers of {code} are paused: have RESUMER open them first"
    if token.call("isBlacklisted", payer) or token.call("isFrozen", payer):
        yield f"the payer {payer} is barred from sending {code}"
    elif not token.call("canSend", payer):
        yield f"the payer {payer} is not verified, and only verified accounts may send {code}"
    elif available < left:
        held = token.call("getFrozenTokens", payer)
        of_it = f" ({money(peg, held)} is held)" if held else ""
        yield (
            f"the payer {payer} can spend {money(peg, available)}{of_it}, "
            f"and {money(peg, left)} is to be paid"
        )


def _payee_faults(suite: Suite, batch: Batch, payees: Sequence[str]) -> dict[str, str]:
    ours = ours_among(suite, batch.peg, payees)
    refused = {
        payee: f"{payee} is {what}, which would keep the money" for payee, what in ours.items()
    }
    if batch.payer in payees:
        refused[batch.payer] = f"{batch.payer} is the payer itself"
    return refused


def _other_contents(batch: Batch) -> Iterator[str]:
    """T4: a name stands for one content; another one under it would pay its rows again."""
    for other in paid_under_its_name(batch.peg, batch.payer, batch.id):
        yield (
            f"{batch.file.name} was paid with other rows, as batch 0x{other.hex()}: take that file "
            "again, or pay what is new in a file with another name"
        )


def paid_under_its_name(peg: Peg, payer: str, batch_id: bytes) -> list[bytes]:
    """The ids of other batches that this payer has paid under the name of this one."""
    token, chain = peg.token, peg.token.chain
    if not isinstance(chain, History):
        return []
    logs = chain.logs(token.address, token.topics("Batch", payer=padded(payer)))
    return sorted({log.topics[2] for log in logs if same_name(log.topics[2], batch_id)})


def pay(
    batch: Batch, deliver: Deliver, progress: Callable[[Chunk, Receipt], None] = lambda *_: None
) -> None:
    """Sends what is left; a chunk that another machine executed meanwhile is passed over."""
    left = remaining(batch)
    while left:
        try:
            for chunk, receipt in zip(left, deliver([c.wish for c in left]), strict=True):
                progress(chunk, receipt)
        except Reverted as fault:
            before, left = left, remaining(batch)
            if fault.data[:4] != _EXECUTED or len(left) >= len(before):
                raise
        else:
            return
