"""The relayer: submits what others signed, each payment once, and says what became of every one.

All of it is judged by the chain, so that the same files can be submitted again, by anybody.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eth_utils import keccak

from pegboard.actions import money
from pegboard.errors import InputError, Pending, Reverted
from pegboard.files.paying import barred_among
from pegboard.guards import ours_among
from pegboard.inputs import moment_text
from pegboard.sending.journal import Note, Wish
from pegboard.uses import history, payments, x402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pegboard.chain import Receipt
    from pegboard.files.paying import Deliver
    from pegboard.suite import Peg, Suite
    from pegboard.uses.x402 import SignedPayment

READY, DONE, REFUSED, PENDING = "ready", "done", "refused", "pending"
_TRANSFERS, _SIGNATURES = 1, 2
#: Reasons as x402 names them; the rest are this project's own.
MALFORMED, NETWORK, ASSET = "invalid_payload", "network_mismatch", "unknown_asset"
NAME, VERSION = "invalid_exact_evm_token_name_mismatch", "invalid_exact_evm_token_version_mismatch"
PAYEE = "invalid_exact_evm_payload_recipient_mismatch"
VALUE = "invalid_exact_evm_payload_authorization_value_mismatch"
EXPIRED = "invalid_exact_evm_payload_authorization_valid_before"
EARLY = "invalid_exact_evm_payload_authorization_valid_after"
SIGNATURE, SPENT = "invalid_exact_evm_payload_signature", "invalid_exact_evm_nonce_already_used"
FUNDS, FAILED = "invalid_exact_evm_insufficient_balance", "transaction_failed"
PAUSED, BARRED, KEEPER, TWICE = "paused", "barred", "suite_contract", "duplicate"


@dataclass(frozen=True)
class Item:
    """One signed payment, and where it stands; `code` and `reason` say why it was refused."""

    name: str
    payment: SignedPayment | None = None
    peg: Peg | None = None
    state: str = READY
    code: str = ""
    reason: str = ""
    tx: str = ""

    @property
    def matter(self) -> tuple[SignedPayment, Peg]:
        """The payment and its currency, which whatever can be submitted has."""
        if self.payment is None or self.peg is None:
            raise InputError(self.reason or f"{self.name} was not looked at")
        return self.payment, self.peg

    def refused(self, code: str, reason: str) -> Item:
        """The same, not to be submitted."""
        return replace(self, state=REFUSED, code=code, reason=reason)


def load(paths: Sequence[Path]) -> list[Item]:
    """The files, each for itself; of a folder all that end in .json, by their names."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not inside:
            raise InputError(f"{path} holds no .json file: name signed payments, or their folder")
        found += inside
    return [_item(path) for path in dict.fromkeys(found)]


def _item(path: Path) -> Item:
    try:
        return Item(str(path), x402.read(path))
    except InputError as fault:
        return Item(str(path)).refused(MALFORMED, str(fault))
    except OSError as fault:
        return Item(str(path)).refused(MALFORMED, f"{path.name}: {fault.strerror}")


# Judging


def examine(suite: Suite, items: Sequence[Item], margin: int = 0) -> list[Item]:
    """Where each stands now; `margin` is how many seconds it must still be valid."""
    now = suite.chain.now()
    found: list[Item] = []
    wanted: Counter[tuple[str, str]] = Counter()
    seen: dict[tuple[str, str, bytes], str] = {}
    for item in items:
        judged = _judge(suite, item, now, margin)
        if judged.state == READY:
            payment, peg = judged.matter
            paid = payment.authorization
            purse = (peg.token.address, paid.sender)
            first = seen.setdefault((*purse, paid.nonce), item.name)
            if first != item.name:
                judged = judged.refused(TWICE, f"it has the payer and the nonce of {first}")
            else:
                judged = _funded(judged, wanted[purse] + paid.value)
            wanted[purse] += paid.value if judged.state == READY else 0
        found.append(judged)
    return found


def located(suite: Suite, item: Item) -> Item:
    """The same with its currency; refused where it is of another chain, or of no token here."""
    found = item.payment
    if found is None:
        return item
    asked, here = found.requirements, suite.chain.chain_id
    if asked.chain_id != here:
        return item.refused(NETWORK, f"it is for chain {asked.chain_id}, and this is chain {here}")
    peg = next((p for p in suite.pegs.values() if p.token.address == asked.asset), None)
    if peg is None:
        return item.refused(ASSET, f"{asked.asset} is no token of this chain's suite")
    return replace(item, peg=peg)


def _judge(suite: Suite, item: Item, now: int, margin: int) -> Item:
    item = located(suite, item)
    if item.state != READY:
        return item
    found, peg = item.matter
    asked, paid = found.requirements, found.authorization
    name = peg.token.call("name")
    if asked.name != name:
        return item.refused(NAME, f"it calls the token {asked.name!r}, which is {name!r}")
    if asked.version != x402.DOMAIN_VERSION:
        return item.refused(VERSION, f"it was made for version {asked.version!r} of the token")
    if asked.pay_to != paid.to:
        return item.refused(PAYEE, f"{paid.to} is paid, and {asked.pay_to} was asked for")
    if asked.amount != paid.value:
        stated = f"{money(peg, paid.value)} is paid, and {money(peg, asked.amount)} was asked for"
        return item.refused(VALUE, stated)
    if not payments.is_signed(peg.token, found):
        changed = f"it is not signed by {paid.sender}: it was changed, or another key signed"
        return item.refused(SIGNATURE, changed)
    if peg.token.call("authorizationState", paid.sender, paid.nonce):
        return _spent(item, peg, found)
    if paid.valid_before <= now + margin:
        return item.refused(EXPIRED, f"it was valid before {moment_text(paid.valid_before)}")
    if now <= paid.valid_after:
        return item.refused(EARLY, f"it is valid after {moment_text(paid.valid_after)}")
    return _allowed(suite, item, peg, found)


def _spent(item: Item, peg: Peg, found: SignedPayment) -> Item:
    """Paid before is done; cancelled, or used for another payment, is not."""
    paid = found.authorization
    tx, move = history.end_of_nonce(peg.token, paid.sender, paid.nonce)
    if move is None:
        return item.refused(SPENT, f"{paid.sender} cancelled it, in transaction {tx}")
    if (move.to, move.value) != (paid.to, paid.value):
        other = f"{money(peg, move.value)} to {move.to}"
        return item.refused(SPENT, f"its nonce was used to pay {other}, in transaction {tx}")
    return replace(item, state=DONE, tx=tx)


def _allowed(suite: Suite, item: Item, peg: Peg, found: SignedPayment) -> Item:
    paid, token, code = found.authorization, peg.token, peg.config.code
    if token.call("pauses") & (_TRANSFERS | _SIGNATURES):
        return item.refused(PAUSED, f"transfers or signatures of {code} are paused")
    if not token.call("canSend", paid.sender):
        return item.refused(BARRED, f"the payer {paid.sender} may not send {code} now")
    for _, why in barred_among(peg, [paid.to]).values():
        return item.refused(BARRED, f"the payee {paid.to} {why}")
    for what in ours_among(suite, peg, [paid.to]).values():
        return item.refused(KEEPER, f"{paid.to} is {what}, which would keep the money")
    return item


def _funded(item: Item, wanted: int) -> Item:
    """Payments of one payer draw on the same money, in their order."""
    payment, peg = item.matter
    paid = payment.authorization
    available = peg.token.call("availableOf", paid.sender)
    if wanted <= available:
        return item
    others = "" if wanted == paid.value else f", {money(peg, wanted)} with those before it"
    return item.refused(
        FUNDS,
        f"{money(peg, paid.value)} is to be paid{others}, and {paid.sender} can spend "
        f"{money(peg, available)}",
    )


# Submitting


def wish_of(item: Item, relayer: str) -> Wish:
    """The transaction of a payment; its key makes it one, whoever asks for it and how often."""
    payment, peg = item.matter
    paid, token = payment.authorization, peg.token
    data = payments.submission(token, payment)
    text = f"submit {money(peg, paid.value)} from {paid.sender} to {paid.to}"
    key = f"payment in {token.address} by {paid.sender}, 0x{keccak(data).hex()}"
    return Wish(relayer, token.address, data, Note(text, key=key, verb="submit"))


def submit(
    suite: Suite,
    items: Sequence[Item],
    relayer: str,
    deliver: Deliver,
    *,
    margin: int = 0,
    explain: Callable[[Reverted], str] = str,
    progress: Callable[[Item, Receipt], None] = lambda *_: None,
) -> list[Item]:
    """Submits what is ready; what the chain refuses meanwhile stops none of the others.

    Where it is not known what became of a transaction nothing more is sent.
    """
    found, alone = list(items), False
    while ready := [index for index, item in enumerate(found) if item.state == READY]:
        chosen = ready[:1] if alone else ready
        try:
            receipts = deliver([wish_of(found[index], relayer) for index in chosen])
            for index, receipt in zip(chosen, receipts, strict=True):
                found[index] = replace(found[index], state=DONE, tx=receipt.tx)
                progress(found[index], receipt)
        except Pending as fault:
            told = str(fault)
            return [
                replace(i, state=PENDING, reason=told) if i.state == READY else i for i in found
            ]
        except Reverted as fault:
            before, found = found, _judged_again(suite, found, margin)
            if found == before and alone:
                found[chosen[0]] = found[chosen[0]].refused(FAILED, explain(fault))
            # Which of them it was is not told: they are tried one by one.
            alone = found == before
    return found


def _judged_again(suite: Suite, items: Sequence[Item], margin: int) -> list[Item]:
    """Those that are still to be submitted, as the chain is now."""
    ready = [index for index, item in enumerate(items) if item.state == READY]
    found = list(items)
    for index, item in zip(ready, examine(suite, [items[i] for i in ready], margin), strict=True):
        found[index] = item
    return found
