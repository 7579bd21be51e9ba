"""`--safe`: what a command would send is proposed to the owners of a Safe instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pegboard import actions
from pegboard.cli import show, show_desks, simulating
from pegboard.cli.desk import SCHEDULED, signature_bytes
from pegboard.errors import InputError, NotDue, NotPermitted
from pegboard.safes import once, proposals, quorum
from pegboard.safes.proposals import Proposal
from pegboard.safes.safe import pieces, read_safe, require_signable, transaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pegboard.actions import Action
    from pegboard.cli.desk import Desk
    from pegboard.contract import Call
    from pegboard.issuance import Accounted
    from pegboard.reading.decode import Effect
    from pegboard.safes.safe import Safe, SafeTx
    from pegboard.suite import Peg


def effects_of(desk: Desk, tx: SafeTx) -> tuple[Effect, ...]:
    """What a transaction of a Safe does, read from its bytes; no mint or burn is done twice."""
    found = simulating.decoder_of(desk).effects(
        tx.to, tx.data, value=tx.value, operation=tx.operation, sender=tx.safe
    )
    once.require_unused(desk.opened, found, tx.safe)
    return found


def propose(desk: Desk, action: Action) -> None:
    """Shows an action as the Safe would do it, and writes what its owners sign."""
    safe = safe_of(desk)
    show.summary(actions.summarise(desk.opened, desk.roles, action, safe.address), action)
    try:
        call = _step(desk, action)
    except NotDue as fault:
        desk.wait(action, fault.ready_at, None)
    result = show.outcome(action, None, desk.chain.chain_id)
    write(desk, safe, [call], result, [(action.peg, action.amount)])


def propose_lines(desk: Desk, found: Accounted, verb: str) -> None:
    """Proposes all lines of a bank's file as one transaction, which succeeds as a whole."""
    safe, calls = safe_of(desk), []
    amounts: list[tuple[Peg | None, int | None]] = []
    for line in found.to_do:
        action, line.action = line.action, None
        assert action  # noqa: S101
        try:
            calls.append(_step(desk, action))
            amounts.append((action.peg, action.amount))
            line.outcome = "proposed"
        except NotDue as fault:
            line.outcome, line.reason = "scheduled", str(fault)
    result, text = show_desks.accounted(found, verb, desk.chain.chain_id)
    show.progress(text)
    if calls:
        write(desk, safe, calls, result, amounts)


def safe_of(desk: Desk) -> Safe:
    """The Safe that --safe names, as it is now."""
    if desk.safe is None:
        raise NotPermitted("--safe is missing: say to whose owners it is proposed")
    return read_safe(desk.chain, desk.safe)


def _step(desk: Desk, action: Action) -> Call:
    """What the Safe can send now: the verb itself, or the scheduling of it."""
    actions.require_unused(action)
    return simulating.step_of(desk, action)


def write(
    desk: Desk,
    safe: Safe,
    calls: Sequence[Call],
    result: dict[str, Any],
    amounts: Iterable[tuple[Peg | None, int | None]] = (),
) -> None:
    """Writes the proposal of calls, signed at once where the account is an owner; ends with 3.

    `amounts` are what the command is about: they are typed in words where they are large.
    """
    tx, path = proposals.place(desk.proposals, transaction(safe, calls, safe.nonce), safe.nonce)
    require_signable(desk.chain, tx)
    quorum.simulate(desk.opened.authority, tx, desk.explain)
    found = kept_at(path, tx)
    tell(desk, safe, tx)
    simulating.rehearse(desk, pieces(tx), safe.address)
    owner = desk.account_address
    signs = owner in safe.owners and owner not in found.signatures
    desk.confirm_amounts(amounts)
    desk.confirm("Write this proposal, and sign it?" if signs else "Write this proposal?")
    if not path.exists():
        proposals.write(path, proposals.as_file(found))
    if signs:
        found = sign(desk, path, tx, found)
    answer(desk, safe, path, found, result | {"outcome": "proposed"})
    click.get_current_context().exit(SCHEDULED)


def kept_at(path: Path, tx: SafeTx) -> Proposal:
    """What is kept of this transaction at a path; refuses a file that holds another one."""
    if not path.exists():
        return Proposal(tx)
    found = proposals.collect(path)
    if found.tx != tx:
        raise InputError(
            f"{path} holds another transaction than its name says: nothing was signed; find out "
            "who put it there, and move it away"
        )
    return found


def sign(desk: Desk, path: Path, tx: SafeTx, proposal: Proposal) -> Proposal:
    """Signs `tx`, which was shown, as an owner, into a file of its own beside the proposal."""
    owner = desk.account_address
    made = signature_bytes(desk.account.sign_message(tx.signable))
    signed = proposal.signed(owner, made)
    data = proposals.signature_as_file(tx, owner, made)
    proposals.write(proposals.signature_path(path, owner), data)
    return signed


def tell(desk: Desk, safe: Safe, tx: SafeTx) -> None:
    """What is signed, on stderr: every effect from the very bytes, and what a device shows."""
    show.progress(f"Number {tx.nonce} of the Safe {safe.address}, chain {tx.chain_id}:")
    for number, effect in enumerate(effects_of(desk, tx), 1):
        first, *rows = effect.lines()
        show.progress(f"{number}. {first}")
        for row in rows:
            show.progress(row)
    show.progress(f"Domain hash   0x{tx.domain_hash.hex()}")
    show.progress(f"Message hash  0x{tx.message_hash.hex()}")
    show.progress(f"safeTxHash    0x{tx.hash.hex()}")


def answer(desk: Desk, safe: Safe, path: Path, proposal: Proposal, result: dict[str, Any]) -> None:
    """Where the proposal is, and whose signatures are still asked for."""
    tx, signed = proposal.tx, list(proposal.signatures)
    text = f"Proposed as number {tx.nonce} of the Safe {safe.address}: {path}\n"
    text += f"{len(signed)} of {safe.threshold} signatures. "
    if len(signed) < safe.threshold:
        text += f"Owners sign with: safe sign {path}"
    else:
        text += f"Anybody sends it with: safe execute {path}"
    desk.answer(result | machine(safe, path, proposal), text)


def machine(safe: Safe, path: Path, proposal: Proposal) -> dict[str, Any]:
    """A proposal for machines."""
    return {
        "safe": safe.address,
        "nonce": proposal.tx.nonce,
        "safeTxHash": "0x" + proposal.tx.hash.hex(),
        "file": str(path),
        "signed": sorted(proposal.signatures),
        "threshold": safe.threshold,
    }
