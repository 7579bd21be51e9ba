"""`presign`: pauses that signers sign ahead, for a sealed envelope."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pegboard import presigned
from pegboard.cli import show
from pegboard.cli.desk import signature_bytes
from pegboard.cli.options import at_desk, code_argument, ref_option
from pegboard.inputs import moment, reference
from pegboard.status import PAUSES

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk

_what = click.argument("what", nargs=-1, required=True, type=click.Choice(list(PAUSES)))
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def presign() -> None:
    """Sign pauses of a currency ahead, broadcast them in an emergency, or revoke them."""


@at_desk(group=presign, proposes=False)
@code_argument
@_what
@click.option("--from", "start", required=True, help="Usable from: 2026-01-31T09:00:00Z.")
@click.option("--until", required=True, help="Usable until and including this time, in UTC.")
@ref_option
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File.")
def sign(
    desk: Desk, code: str, what: tuple[str, ...], start: str, until: str, ref: str, out: Path
) -> None:
    """Sign ahead, as a signer, that WHAT of CODE may be stopped, into a file; sends nothing.

    All signers sign the same; anybody who holds a quorum of the files can then pause, once.
    Redemption needs the consent's --ref.
    """
    peg = desk.peg(code)
    ref_bytes = reference(ref, required="redeem" in what)
    times = (moment(start), moment(until))
    pause = presigned.to_sign(desk.opened, peg, what, times, ref_bytes, desk.signer)
    contract = desk.opened.desks.presigned
    show.progress(f"You sign that {presigned.describe(peg, pause)}.")
    show.progress(f"Token {pause.token}, contract {contract.address}, chain {desk.chain.chain_id}.")
    desk.confirm("Sign this pause?")
    signature = signature_bytes(desk.account.sign_message(pause.signable(contract)))
    data = presigned.as_file(contract, peg, pause, desk.signer, signature)
    out.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    desk.answer(data | {"file": str(out)}, f"Signed into {out}; nothing was sent.")


@at_desk(group=presign)
@click.argument("files", nargs=-1, required=True, type=_file)
def broadcast(desk: Desk, files: tuple[Path, ...]) -> None:
    """Pause at once by the signers' FILES; anybody with gas may. They say what is stopped.

    All files must be of the same pause; as many signers as the quorum asks for must have signed.
    """
    envelopes = [presigned.read(path) for path in files]
    peg = desk.peg(envelopes[0].currency)
    desk.carry_out(presigned.broadcast(desk.opened, peg, envelopes))


@at_desk(group=presign)
@code_argument
@ref_option
def revoke(desk: Desk, code: str, ref: str) -> None:
    """Void every pause of CODE that was signed ahead, at once, as EXPELLER. Needs --ref.

    A --ref voids once in an epoch: give a new one where more was signed since.
    """
    peg = desk.peg(code)
    desk.carry_out(presigned.revoke(desk.opened, peg, reference(ref, required=True)))


@at_desk("show", signs=False, group=presign)
@code_argument
def show_standing(desk: Desk, code: str) -> None:
    """Show the epoch that a pause of CODE must be signed for, the signers and their quorum."""
    peg = desk.peg(code)
    seen = presigned.standing(desk.opened, peg)
    lines = {
        "Token": f"{seen['token']}, chain {seen['chainId']}",
        "Contract": seen["contract"],
        "Epoch": seen["epoch"],
        "Quorum": f"{seen['quorum']} of {len(seen['signers'])}",
        "Signers": ", ".join(seen["signers"]),
        "Paused": ", ".join(seen["paused"]) or "nothing",
    }
    desk.answer(seen, "\n".join(f"{key:10} {value}" for key, value in lines.items()))
