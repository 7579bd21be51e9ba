"""The steps of the commands of `pay`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pegboard.cli import show, show_pay
from pegboard.cli.desk import signature_bytes
from pegboard.errors import InputError, NotPermitted
from pegboard.files import atomic
from pegboard.uses import payments, relay, remittance, x402
from pegboard.uses.register import Entry, Register
from pegboard.uses.trace import trace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pegboard.cli.desk import Desk
    from pegboard.signing import Authorization
    from pegboard.suite import Peg
    from pegboard.uses.payments import Payment
    from pegboard.uses.trace import Finding

_COUNT = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_WORD = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)


def register(desk: Desk) -> Register:
    """What was signed on this chain with this machine, beside the journal."""
    path = desk.journal.path
    return Register(path.with_name(f"{path.stem}-signed.jsonl"))


def under_way(
    desk: Desk, peg: Peg, ends: tuple[str, str, int], about: Mapping[str, Any] | None
) -> str:
    """The reference of just this payment, which an earlier run left and this one finished."""
    sent = (payments.sent_with(peg, order.wish, ends, about) for order in desk.settled)
    return next((f"0x{ref.hex()}" for ref in sent if ref), "")


def used(desk: Desk, peg: Peg, payer: str) -> frozenset[bytes]:
    """The references that this machine has sent or signed for a payer."""
    begin = payments.key_of(peg, payer)
    sent = {bytes.fromhex(key[len(begin) :]) for key in desk.journal.keys(begin)}
    signed = {entry.ref for entry in register(desk).entries(peg.token.address, payer)}
    return frozenset(sent | signed)


def signed_before(
    kept: Register, peg: Peg, ends: tuple[str, str, int], about: Mapping[str, Any] | None
) -> str:
    """The reference with which the payment of this invoice was signed before."""
    payer, to, units = ends
    for entry in reversed(kept.entries(peg.token.address, payer) if about else ()):
        same = (entry.signed.to, entry.signed.value) == (to, units)
        if about and same and entry.ref[remittance.HALF :] == remittance.hash_of(about):
            return f"0x{entry.ref.hex()}"
    return ""


def signature(desk: Desk, payment: Payment, wanted: Authorization, kept: Register) -> bytes:
    """Told in words, confirmed, signed, and kept before it is handed on."""
    peg = payment.peg
    show.progress(f"You sign that {payments.describe(peg, wanted)}.")
    show.progress(f"Token {peg.token.address}, chain {desk.chain.chain_id}.")
    show.progress(f"Nonce 0x{wanted.nonce.hex()}{show_pay.named(payment)}.")
    if desk.address_book.unknown([payment.to]):
        show.progress(f"{payment.to} is not in addresses.toml")
    desk.confirm_amounts([(peg, payment.units)])
    desk.confirm("Sign this payment?")
    message = wanted.signable(peg.token)
    made = signature_bytes(desk.account.sign_message(message))
    if payments.recovered(message, made) != payment.payer:
        raise NotPermitted(f"the account did not sign as {payment.payer}: nothing was written")
    kept.keep(Entry(peg.token.address, payment.ref, wanted, made))
    return made


def require_room(out: Path, wanted: Authorization) -> None:
    """Refuses to write over anything else, which may be the only copy of a signed payment."""
    if not out.exists():
        return
    try:
        same = x402.read(out).authorization == wanted
    except InputError:
        same = False
    if not same:
        raise InputError(f"{out} holds something else: name another file, then repeat")


def write(out: Path, file: x402.SignedPayment) -> None:
    """The x402 payload."""
    atomic.write(out, json.dumps(file.as_json(), indent=2).encode() + b"\n")


def to_cancel(desk: Desk, what: str, code: str | None) -> tuple[Peg, bytes]:
    """The currency and the nonce of what is to be voided, which the signer must have signed."""
    path = Path(what)
    if not path.is_file():
        if not code:
            raise InputError(f"{what} is no file: name one, or a nonce and its currency")
        return desk.peg(code), _nonce(what)
    found = x402.read(path)
    item = relay.located(desk.board(), relay.Item(str(path), found))
    if item.peg is None:
        raise InputError(f"{path.name}: {item.reason}")
    signer, its = found.authorization.sender, item.peg.config.code
    if signer != desk.signer:
        raise NotPermitted(f"{path.name} is a payment by {signer}, who alone can void it")
    if code and code.upper() != its:
        raise InputError(f"{path.name} is a payment in {its}, not in {code}")
    return desk.peg(its), found.authorization.nonce


def _nonce(text: str) -> bytes:
    if _COUNT.fullmatch(text):
        return int(text).to_bytes(32)
    if not _WORD.fullmatch(text):
        raise InputError(f"{text!r} is no nonce: write its number, or 0x and 64 hexadecimal digits")
    return bytes.fromhex(text[2:])


def traced(
    desk: Desk, code: str | None, uetr: str, invoice: Path | None, since: int
) -> list[Finding]:
    """Everything that carries the UETR, in one currency or in all."""
    remittance.parse_uetr(uetr)
    about = remittance.read_remittance(invoice) if invoice else None
    if code:
        desk.peg(code)
    else:
        desk.board()
    return trace(desk.opened, uetr, about, since)
