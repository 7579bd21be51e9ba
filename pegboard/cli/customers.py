"""`customers`: which wallets belong to known customers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pegboard import customers as library
from pegboard.cli import show
from pegboard.cli.desk import signature_bytes
from pegboard.cli.options import Address, at_desk, ref_option
from pegboard.inputs import moment, moment_text, reference, reference_text

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk
    from pegboard.customers import Customer

_wallet = click.argument("wallet", metavar="ADDRESS", type=Address())
_until = click.option(
    "--until",
    required=True,
    help="The last day, in UTC, on which due diligence counts: 2026-12-31.",
)


@click.group()
def customers() -> None:
    """Bind wallets to known customers by their own signature, and say where they are paid."""


@at_desk(group=customers, proposes=False)
@click.option("--customer", required=True, help="Random reference of the customer; no name.")
@click.option("--deadline", required=True, help="Until when to be used: 2026-01-31T09:00:00Z.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File.")
def prove(desk: Desk, customer: str, deadline: str, out: Path) -> None:
    """Sign, with the wallet's own key, that it is the customer's, into a file; sends nothing.

    The registrar binds the wallet by the file, once, at the latest at the --deadline.
    """
    suite, ref = desk.board(), library.identifier(customer)
    proof = library.to_prove(suite, desk.signer, ref, moment(deadline))
    register = suite.desks.customers
    show.progress(f"You state: {desk.signer} is a wallet of customer {reference_text(ref)}.")
    show.progress(f"Register {register.address}, chain {desk.chain.chain_id}, until {deadline}.")
    desk.confirm("Sign this statement?")
    signature = signature_bytes(desk.account.sign_message(proof.signable(register)))
    proof = library.Proof(proof.wallet, ref, proof.nonce, proof.deadline, signature)
    data = library.as_file(register, proof)
    out.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    desk.answer(data | {"file": str(out)}, f"Signed into {out}; nothing was sent.")


@at_desk(group=customers)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_until
@ref_option
def bind(desk: Desk, file: Path, until: str, ref: str) -> None:
    """Bind the wallet that signed FILE to its customer, as REGISTRAR.

    It may be issued to, and may redeem, after the cooling period. A file binds once.
    """
    suite = desk.board()
    proof = library.from_file(suite.desks.customers, file)
    end = library.last_second(until, desk.chain.now())
    desk.carry_out(library.bind(suite, proof, end, reference(ref)))


@at_desk(group=customers)
@_wallet
@click.argument("payoutref", metavar="PAYOUTREF")
@ref_option
def payout(desk: Desk, wallet: str, payoutref: str, ref: str) -> None:
    """Pay redemptions of ADDRESS to the bank account PAYOUTREF, as REGISTRAR, after it cooled.

    PAYOUTREF is your random reference of the account in the customer's own name, not its number.
    """
    payout_ref = library.identifier(payoutref)
    desk.carry_out(library.set_payout(desk.board(), wallet, payout_ref, reference(ref)))


@at_desk(group=customers)
@_wallet
@_until
@ref_option
def renew(desk: Desk, wallet: str, until: str, ref: str) -> None:
    """Set until when the due diligence of ADDRESS counts, as REGISTRAR, earlier or later."""
    end = library.last_second(until, desk.chain.now())
    desk.carry_out(library.renew(desk.board(), wallet, end, reference(ref)))


@at_desk(group=customers)
@_wallet
@ref_option
def unbind(desk: Desk, wallet: str, ref: str) -> None:
    """Unbind ADDRESS from its customer at once, as REGISTRAR, and forget its payout account."""
    desk.carry_out(library.unbind(desk.board(), wallet, reference(ref)))


@at_desk("show", signs=False, group=customers)
@_wallet
def show_one(desk: Desk, wallet: str) -> None:
    """Show what the register keeps of ADDRESS: where it stands, and until when."""
    found, now = library.customer_of(desk.board(), wallet), desk.chain.now()
    desk.answer({"chainId": desk.chain.chain_id} | found.as_dict(now), _told(found, now))


@at_desk("list", signs=False, group=customers)
def list_all(desk: Desk) -> None:
    """List all bound wallets with their standing, those first whose due diligence ends first."""
    found, now = library.customers(desk.board()), desk.chain.now()
    listed = [customer.as_dict(now) for customer in found]
    text = "\n".join(_line(customer, now) for customer in found) or "No wallet is bound."
    desk.answer({"chainId": desk.chain.chain_id, "customers": listed}, text)


def _line(found: Customer, now: int) -> str:
    days = f"{found.days_left(now)} days left" if found.standing != "expired" else "expired"
    return f"{found.wallet}  {found.standing:7}  {days}  customer {reference_text(found.ref)}" + (
        "" if any(found.payout_ref) else "  NO PAYOUT ACCOUNT"
    )


def _told(found: Customer, now: int) -> str:
    if not found.bound_at:
        return f"{found.wallet} is unknown: it was bound {found.bindings} times, and is not now."
    lines = {
        "Wallet": found.wallet,
        "Standing": found.standing,
        "Customer": reference_text(found.ref),
        "Usable": f"from {moment_text(found.ready_at)}",
        "Diligence": f"until {moment_text(found.until)}, {found.days_left(now)} days left",
        "Payout": "none set",
    }
    if any(found.payout_ref):
        usable = moment_text(found.payout_ready_at)
        lines["Payout"] = f"{reference_text(found.payout_ref)}, usable from {usable}"
    return "\n".join(f"{key:10} {value}" for key, value in lines.items())
