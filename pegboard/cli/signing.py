"""`reserves sign`: an attestor's part."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from eth_utils import keccak, to_checksum_address

from pegboard import statements
from pegboard.amounts import parse_amount
from pegboard.cli import show
from pegboard.cli.desk import signature_bytes
from pegboard.cli.options import at_desk, code_argument
from pegboard.errors import NotPermitted
from pegboard.inputs import moment, word
from pegboard.reserves import SignedStatement, Statement, signable

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk


@at_desk(proposes=False)
@code_argument
@click.option("--reserves", required=True, help="Market value, in currency units, rounded down.")
@click.option("--elsewhere", default="0", show_default=True, help="What other chains may issue.")
@click.option("--as-of", required=True, help="When counted, in UTC: 2026-01-31T09:00:00Z.")
@click.option("--document", required=True, help="The full statement: its file, or 0x and its hash.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File.")
def sign(
    desk: Desk, code: str, reserves: str, elsewhere: str, as_of: str, document: str, out: Path
) -> None:
    """Sign a reserve statement of CODE as one of its attestors, into a file; sends nothing.

    All attestors sign the same figures and the same --as-of; `reserves post` takes their files.
    """
    peg = desk.peg(code)
    decimals = peg.config.reserves.decimals
    statement = Statement(
        currency=peg.config.code,
        as_of=moment(as_of),
        reserves=parse_amount(reserves, decimals),
        elsewhere=parse_amount(elsewhere, decimals),
        document=word(document) if document[:2] == "0x" else keccak(Path(document).read_bytes()),
    )
    if desk.signer not in [to_checksum_address(a) for a in peg.feed.call("attestors")]:
        raise NotPermitted(f"{desk.signer} is no attestor of {peg.config.code}: use one that is")
    show.progress(f"You state: {statements.describe(peg, statement)}.")
    show.progress(f"Document {'0x' + statement.document.hex()}, chain {desk.chain.chain_id}.")
    desk.confirm("Sign this statement?")
    signature = signature_bytes(desk.account.sign_message(signable(peg.feed, statement)))
    data = statements.as_file(peg, statement, SignedStatement(desk.signer, signature))
    out.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    desk.answer(data | {"file": str(out)}, f"Signed into {out}; nothing was sent.")
