"""`pay`: one payment, sent or signed; submitting what was signed; and following it by its UETR."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pegboard.amounts import parse_amount, parse_duration
from pegboard.chains import chain_of
from pegboard.cli import bulk, show, show_pay
from pegboard.cli import pay_steps as steps
from pegboard.cli.desk import signature_bytes
from pegboard.cli.options import Address, at_desk, code_argument
from pegboard.errors import InputError, Pending
from pegboard.files import atomic
from pegboard.inputs import NO_REFERENCE, moment
from pegboard.uses import notice as notices
from pegboard.uses import payments, pledge, relay, remittance
from pegboard.uses.payments import Payment

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_to = click.option("--to", required=True, type=Address(), help="Who is paid.")
_amount = click.option("--amount", required=True, help="How much, such as 12500.00.")
_invoice = click.option("--invoice", type=_file, help="JSON of what is paid; its hash is logged.")
_ref = click.option("--ref", default="", help="UETR of the payment. Default: a new one, or none.")
_uetr = click.option("--uetr", required=True, help="What banks call the payment (UUIDv4).")
_code = click.argument("code", metavar="[CODE]", required=False)
_out = click.option(
    "-o", "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File."
)
_since = click.option("--since", type=click.IntRange(0), default=0, help="First block to look in.")


@click.group()
def pay() -> None:
    """Send or sign a payment, submit signed ones, cancel one, and follow one by its UETR."""


@at_desk(group=pay)
@code_argument
@_to
@_amount
@_invoice
@_ref
def send(desk: Desk, code: str, to: str, amount: str, invoice: Path | None, ref: str) -> None:
    """Pay AMOUNT of CODE from the signer's own tokens, once for each reference.

    Repeated with the same --ref, or the same --invoice, it pays nothing more. Without either, each
    run is a payment of its own.
    """
    peg = desk.peg(code)
    about = remittance.read_remittance(invoice) if invoice else None
    units = parse_amount(amount, peg.config.decimals)
    if desk.safe and not (ref or (about or {}).get("uetr")):
        raise InputError("give --ref: a proposal that is made again must be the same one")
    ends = (desk.signer, to, units)
    known = ref or steps.under_way(desk, peg, ends, about)
    used = steps.used(desk, peg, desk.signer)
    found = payments.reference_of(desk.opened, peg, ends, known, about, used)
    payment = Payment(peg, *ends, found, used)
    payments.require_sound(desk.opened, payment, about)
    pledge.require_none_signed(steps.register(desk), payment)
    show.progress(f"UETR {payment.uetr}: with --ref {payment.uetr} as well it is paid once")
    desk.carry_out(payments.send(payment))


@at_desk(group=pay, proposes=False, settles=False)
@code_argument
@_to
@_amount
@click.option("--valid-for", required=True, help="How long it can be used, such as 1h.")
@click.option("--after", default="", help="It can be used from this time. Default: at once.")
@_invoice
@_ref
@click.option(
    "--nonce",
    type=click.Choice(pledge.NONCES),
    help="What makes it one: its reference (the default where it has one), the next number "
    "(else; the cheapest), or chance.",
)
@_out
def sign(desk: Desk, code: str, to: str, amount: str, valid_for: str, **rest: Any) -> None:
    """Sign a payment of AMOUNT of CODE into a file that anybody can submit; sends nothing.

    The file is an x402 payload, scheme `exact`. A reference is signed for once: repeated, the same
    signature is written again.
    """
    peg, (invoice, ref, out) = desk.peg(code), (rest["invoice"], rest["ref"], rest["out"])
    about = remittance.read_remittance(invoice) if invoice else None
    nonce = rest["nonce"] or (pledge.REFERENCE if ref or about else pledge.COUNTED)
    start = moment(rest["after"]) if rest["after"] else 0
    now = desk.chain.now()
    window = (start, max(start, now) + parse_duration(valid_for))
    ends = (desk.signer, to, parse_amount(amount, peg.config.decimals))
    register = steps.register(desk)
    with register.only():
        named = ref or about or nonce == pledge.REFERENCE
        known = ref or steps.signed_before(register, peg, ends, about)
        found, used = NO_REFERENCE, steps.used(desk, peg, desk.signer)
        if named:
            found = payments.reference_of(desk.opened, peg, ends, known, about, used)
        payment = Payment(peg, *ends, found, used)
        payments.require_sound(desk.opened, payment, about)
        made = pledge.pledge(register, payment, window, nonce)
        if made.authorization is None:
            result = show_pay.signed(payment, None, out) | {"tx": made.tx}
            desk.answer(result, f"Nothing to do: it was paid in transaction {made.tx}.")
            return
        wanted = made.authorization
        steps.require_room(out, wanted)
        signature = made.signature or steps.signature(desk, payment, wanted, register)
    file = payments.signed_payment(peg, wanted, signature, now)
    steps.write(out, file)
    told = f"Written again into {out}" if made.signature else f"Signed into {out}"
    desk.answer(show_pay.signed(payment, file, out), f"{told}; nothing was sent.")


@at_desk(group=pay, proposes=False, simulates=True)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def submit(desk: Desk, files: tuple[Path, ...]) -> None:
    """Submit the signed payments in FILES, or in folders of them, and pay the gas for them.

    Each is looked at first; a bad one stops none of the others. Repeated, it sends nothing twice.
    """
    items, suite = relay.load(files), desk.board()
    margin = 2 * chain_of(desk.chains, desk.chain.chain_id).block_time
    items = relay.examine(suite, items, margin)
    show_pay.looked_at(items)
    wishes = [relay.wish_of(it, desk.signer) for it in items if it.state == relay.READY]
    if wishes:
        bulk.confirm(desk, wishes)
        items = relay.submit(
            suite,
            items,
            desk.signer,
            bulk.deliver(desk),
            margin=margin,
            explain=desk.explain,
            progress=lambda item, receipt: show.progress(f"{item.name}: paid in {receipt.tx}"),
        )
    desk.answer(*show_pay.submitted(items, len(wishes)))
    states = {item.state for item in items}
    if relay.PENDING in states:
        click.get_current_context().exit(Pending.exit_code)
    if relay.REFUSED in states:
        click.get_current_context().exit(1)


@at_desk(group=pay, proposes=False, simulates=True)
@click.argument("what", metavar="FILE|NONCE")
@_code
def cancel(desk: Desk, what: str, code: str | None) -> None:
    """Void a payment that the signer signed, by its FILE, or by its NONCE and CODE, for ever.

    The signer signs the cancellation and sends it. What was paid already stays paid.
    """
    peg, nonce = steps.to_cancel(desk, what, code)
    action = payments.cancel(peg, desk.signer, nonce)
    if not action.nothing_to_do:
        show.progress(f"You sign to {action.call.text}.")
        message = payments.to_cancel(peg, desk.signer, nonce)
        signature = signature_bytes(desk.account.sign_message(message))
        action = payments.cancel(peg, desk.signer, nonce, signature)
    desk.carry_out(action)


@at_desk(signs=False, group=pay)
@_code
@_uetr
@_invoice
@_since
def trace(desk: Desk, code: str | None, uetr: str, invoice: Path | None, since: int) -> None:
    """Show everything on the chain that carries a UETR, of CODE or of all currencies.

    With --invoice the node finds the whole reference by itself, however long the chain is.
    """
    found = steps.traced(desk, code, uetr, invoice, since)
    desk.answer(*show_pay.traced(uetr, found, desk.chain.chain_id))


@at_desk(signs=False, group=pay)
@_code
@_uetr
@_invoice
@_since
@_out
def notice(
    desk: Desk, code: str | None, uetr: str, invoice: Path | None, since: int, out: Path
) -> None:
    """Write a notice of a received payment in the shape of ISO 20022's camt.054.

    An entry is booked when its block is final, and pending before: write it anew then.
    """
    found = steps.traced(desk, code, uetr, invoice, since)
    atomic.write(out, notices.notice(found, desk.chain.now()))
    result, text = show_pay.traced(uetr, found, desk.chain.chain_id)
    desk.answer(result | {"file": str(out)}, f"{text}\nWritten into {out}.")
