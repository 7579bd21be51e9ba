"""What commands share in which a party signs terms, or acts on a file of terms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pegboard.amounts import parse_amount
from pegboard.cli import show
from pegboard.cli.desk import signature_bytes
from pegboard.guards import require_payable
from pegboard.inputs import address
from pegboard.uses import papers
from pegboard.uses.legs import Leg, allow, leg_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from eth_account.messages import SignableMessage

    from pegboard.cli.desk import Desk
    from pegboard.contract import Contract
    from pegboard.suite import Peg

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
out_option = click.option(
    *("-o", "--out"),
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; it must be a new one.",
)


def sign(
    desk: Desk,
    message: SignableMessage,
    told: Iterable[str],
    amounts: Iterable[tuple[Peg | None, int | None]],
    payees: Iterable[str] = (),
) -> bytes:
    """Shows what is signed, has a large amount typed in words, asks once, and signs."""
    payees = list(payees)
    require_payable(desk.opened, desk.address_book, payees)
    for line in told:
        show.progress(line)
    for payee in desk.address_book.unknown(payees):
        show.progress(f"{payee} is not in addresses.toml")
    desk.confirm_amounts(amounts)
    desk.confirm("Sign this?")
    return signature_bytes(desk.account.sign_message(message))


def keep(
    desk: Desk, path: Path, data: Mapping[str, Any], more: Mapping[str, Any], text: str
) -> None:
    """Writes what was made into its file, and answers."""
    papers.write(path, data)
    desk.answer({**data, **more, "file": str(path)}, text)


def leg_named(desk: Desk, name: str) -> Leg:
    """A currency by its code, or a listed asset by its address; the desk has the board open."""
    if name.startswith("0x"):
        return leg_of(desk.opened, address(name))
    return leg_of(desk.opened, desk.opened.peg(name).token.address)


def carry_out_allowance(desk: Desk, leg: Leg, contract: Contract, title: str, amount: str) -> None:
    """Sets what a contract of the suite may take of the signer's own."""
    units = parse_amount(amount, leg.decimals)
    desk.carry_out(allow(leg, desk.signer, contract, title, units))
