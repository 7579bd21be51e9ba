"""`safe`: a Safe's owners look at what was proposed, sign it, and anybody sends it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pegboard.cli import proposing, simulating
from pegboard.cli.options import Address, at_desk
from pegboard.errors import NotPermitted
from pegboard.reading.decode import moved
from pegboard.reading.fork import Fork
from pegboard.reading.preview import Inside, preview
from pegboard.safes import proposals, quorum
from pegboard.safes.multisend import Piece
from pegboard.safes.safe import pieces, read_safe, rejection, require_signable

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk
    from pegboard.safes.proposals import Proposal
    from pegboard.safes.safe import Safe

_path = click.Path(exists=True, dir_okay=False, path_type=Path)
_file = click.argument("file", type=_path)


@click.group()
def safe() -> None:
    """Show a Safe, sign what was proposed to it with --safe, and execute it."""


@at_desk("show", signs=False, group=safe)
@click.argument("address", type=Address())
def show_safe(desk: Desk, address: str) -> None:
    """Show the owners, threshold and number of the Safe at ADDRESS, and who else acts as it."""
    found = read_safe(desk.chain, address)
    rows = {
        "Safe": f"{found.address}, version {found.version}, chain {found.chain_id}",
        "Number": str(found.nonce),
        "Threshold": f"{found.threshold} of {len(found.owners)}",
        "Owners": ", ".join(found.owners),
        "Modules": ", ".join(found.modules) or "none",
        "Guard": found.guard if int(found.guard, 16) else "none",
        "Handler": found.handler if int(found.handler, 16) else "none",
    }
    lines = [f"{key:10} {value}" for key, value in rows.items()]
    lines += [f"WARNING: {warning}" for warning in found.warnings]
    result = {key: list(v) if isinstance(v, tuple) else v for key, v in vars(found).items()}
    desk.answer(result | {"warnings": found.warnings}, "\n".join(lines))


@at_desk(signs=False, group=safe)
@_file
@click.option("--simulate", is_flag=True, help="Try it on a copy of the chain (needs anvil).")
def inspect(desk: Desk, file: Path, simulate: bool) -> None:
    """Show what the proposal FILE does, read from its bytes, its hashes, and who has signed.

    With --simulate also every event and every difference that it makes; exit code 1 where the
    chain would refuse it.
    """
    found = _open(desk, file)
    tx, state = found.tx, require_signable(desk.chain, found.tx)
    effects = proposing.effects_of(desk, tx)
    result: dict[str, Any] = {
        **proposing.machine(state, file, found),
        "effects": [effect.as_dict() for effect in effects],
        "domainHash": "0x" + tx.domain_hash.hex(),
        "messageHash": "0x" + tx.message_hash.hex(),
    }
    lines = [f"Number {tx.nonce} of the Safe {tx.safe}, chain {tx.chain_id}:"]
    for number, effect in enumerate(effects, 1):
        first, *rows = effect.lines()
        lines += [f"{number}. {first}", *rows]
    lines += [f"Domain hash   {result['domainHash']}", f"Message hash  {result['messageHash']}"]
    lines += [f"safeTxHash    {result['safeTxHash']}"]
    lines += [f"Signed by     {', '.join(result['signed']) or 'nobody'}, of {state.threshold}"]
    refused = False
    if simulate:
        with Fork(desk.chain) as fork:
            decoder = simulating.decoder_of(desk)
            seen = preview(fork, decoder, tx.safe, pieces(tx), desk.explain)
        result["simulation"], refused = seen.as_dict(), not seen.success
        lines += ["On a copy of the chain:", *seen.lines()]
    desk.answer(result, "\n".join(lines))
    if refused:
        click.get_current_context().exit(1)


@at_desk(group=safe, proposes=False, simulates=True)
@_file
def sign(desk: Desk, file: Path) -> None:
    """Sign the proposal FILE as one of the owners, into a file beside it; sends nothing."""
    found = _open(desk, file)
    state = require_signable(desk.chain, found.tx)
    _require_owner(desk, state)
    if desk.signer in found.signatures:
        result = {"command": "sign", "outcome": "nothing"}
        desk.answer(result | proposing.machine(state, file, found), "Nothing to do: it is signed.")
        return
    quorum.simulate(desk.opened.authority, found.tx, desk.explain)
    proposing.tell(desk, state, found.tx)
    simulating.rehearse(desk, pieces(found.tx), found.tx.safe)
    desk.confirm_amounts(moved(proposing.effects_of(desk, found.tx)))
    desk.confirm("Sign this?")
    signed = proposing.sign(desk, file, found.tx, found)
    result = {"command": "sign", "outcome": "signed"}
    proposing.answer(desk, state, file, signed, result)


@at_desk(signs=False, group=safe)
@click.argument("files", nargs=-1, required=True, type=_path)
def merge(desk: Desk, files: tuple[Path, ...]) -> None:
    """Put the signatures of all FILES into the first, which is the proposal.

    Signature files that lie beside a proposal are found without this.
    """
    first, *others = files
    found = proposals.merge(proposals.collect(first), others)
    state = read_safe(desk.chain, found.tx.safe)
    proposals.write(first, proposals.as_file(found))
    result = {"command": "merge", "outcome": "merged"} | proposing.machine(state, first, found)
    desk.answer(result, f"{len(found.signatures)} of {state.threshold} signatures in {first}.")


@at_desk(group=safe, proposes=False, simulates=True)
@_file
def execute(desk: Desk, file: Path) -> None:
    """Send the proposal FILE, which enough owners have signed; any account may."""
    found = _open(desk, file)
    result: dict[str, Any] = {"command": "execute", "chainId": desk.chain.chain_id}
    if tx := quorum.executed_in(desk.chain, found.tx):
        result |= {"outcome": "nothing", "tx": tx}
        desk.answer(result, f"Nothing to do: it was executed in transaction {tx}.")
        return
    state = require_signable(desk.chain, found.tx)
    quorum.require_signed(state, found.tx, found.signatures)
    proposing.tell(desk, state, found.tx)
    effects = proposing.effects_of(desk, found.tx)
    # Of a later number the Safe would only say GS026, which means any wrong signature.
    if found.tx.nonce == state.nonce:
        quorum.simulate(desk.opened.authority, found.tx, desk.explain)
        data = quorum.calldata(desk.chain, found.tx, found.signatures)
        inside = Inside(found.tx.safe, effects)
        simulating.rehearse(desk, [Piece(found.tx.safe, 0, data)], inside=inside)
    desk.confirm_amounts(moved(effects))
    desk.confirm("Send this?")
    texts = [effect.text for effect in effects]
    known, text = desk.opened.authority, "; ".join(texts)
    receipt = quorum.execute(
        known, found.tx, found.signatures, desk.signer, text, explain=desk.explain
    )
    result |= proposing.machine(state, file, found)
    result |= {"outcome": "done", "tx": receipt.tx, "block": receipt.block}
    result |= {"gasUsed": receipt.gas_used, "effects": texts}
    desk.answer(result, "\n".join([*(f"Done: {t}" for t in texts), f"transaction {receipt.tx}"]))


@at_desk(group=safe, proposes=False)
@_file
def reject(desk: Desk, file: Path) -> None:
    """Propose to use the number of FILE up, so that it can never be executed; signs as an owner."""
    found = _open(desk, file)
    state = require_signable(desk.chain, found.tx)
    _require_owner(desk, state)
    tx = rejection(found.tx)
    path = file.with_name(proposals.path_of(file.parent, tx).name)
    proposal = proposing.kept_at(path, tx)
    proposing.tell(desk, state, tx)
    desk.confirm("Write this rejection, and sign it?")
    if not path.exists():
        proposals.write(path, proposals.as_file(proposal))
    if desk.signer not in proposal.signatures:
        proposal = proposing.sign(desk, path, tx, proposal)
    proposing.answer(desk, state, path, proposal, {"command": "reject", "outcome": "proposed"})


def _open(desk: Desk, file: Path) -> Proposal:
    """A proposal with all signatures beside it, on a desk that knows every currency."""
    found = proposals.collect(file)
    desk.board()
    return found


def _require_owner(desk: Desk, state: Safe) -> None:
    if desk.signer not in state.owners:
        raise NotPermitted(
            f"{desk.signer} is no owner of the Safe {state.address}: sign with one of "
            f"{', '.join(state.owners)}"
        )
