"""The signatures of a Safe's owners: tried, checked, and carried out once there are enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_account import Account
from eth_keys.exceptions import BadSignature
from eth_utils import ValidationError, keccak

from pegboard.chain import History
from pegboard.errors import ChainError, InputError, NotPermitted, Reverted
from pegboard.safes import multisend
from pegboard.safes.safe import CALL, contract_of, pieces, require_signable
from pegboard.sending.journal import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pegboard.chain import Chain, Log, Receipt
    from pegboard.contract import Contract
    from pegboard.safes.safe import Safe, SafeTx

_SUCCESS = keccak(text="ExecutionSuccess(bytes32,uint256)")
_FAILURE = keccak(text="ExecutionFailure(bytes32,uint256)")
_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
_SIGNATURE = 65


# Simulating


def simulate(
    known: Contract,
    tx: SafeTx,
    explain: Callable[[Reverted], str] = str,
    batcher: str = multisend.CANONICAL,
) -> None:
    """Refuses what the chain would refuse of the Safe now; `known` knows the errors."""
    calls = pieces(tx)
    if tx.operation == CALL:
        if not tx.value:
            known.at(tx.to).simulate(tx.data, sender=tx.safe)
        return
    lengths = range(len(calls), 0, -1)
    good = next((n for n in lengths if _works(known.chain, tx.safe, batcher, calls[:n])), 0)
    if good == len(calls):
        return
    refused, where = calls[good], f"call {good + 1} of {len(calls)} would be refused"
    try:
        known.at(refused.to).simulate(refused.data, sender=tx.safe)
    except Reverted as fault:
        raise NotPermitted(f"{where}: {explain(fault)}") from fault
    raise NotPermitted(f"{where}, after what the calls before it change")


def _works(chain: Chain, safe: str, batcher: str, calls: Sequence[multisend.Piece]) -> bool:
    """Whether these calls succeed together; the Safe can try, and always undoes it."""
    contract = contract_of(chain, safe)
    try:
        contract.call("simulateAndRevert", batcher, multisend.pack(calls))
    except Reverted as fault:
        return bool(int.from_bytes(fault.data[:32]))
    return False


# Signing


def signer_of(tx: SafeTx, signature: bytes) -> str:
    """Who made a signature over this transaction; refuses any but the one plain form."""
    if len(signature) != _SIGNATURE or signature[64] not in (27, 28):
        raise InputError("it holds no signature of a key over the transaction (EIP-712, 65 bytes)")
    if int.from_bytes(signature[32:64]) > _HALF_ORDER:
        raise InputError("it holds a signature in its second form (high s): have it signed anew")
    try:
        signer: str = Account.recover_message(tx.signable, signature=signature)
    except (ValueError, BadSignature, ValidationError) as fault:
        raise InputError("it holds no valid signature: have it signed anew") from fault
    return signer


def require_signed(safe: Safe, tx: SafeTx, signatures: Mapping[str, bytes]) -> None:
    """Refuses signatures that are not by as many of the present owners as the Safe asks for."""
    for owner, signature in signatures.items():
        if owner not in safe.owners:
            raise NotPermitted(
                f"{owner}, who signed it, is no owner of the Safe (now): take that signature out"
            )
        signer = signer_of(tx, signature)
        if signer != owner:
            raise NotPermitted(
                f"the signature of {owner} is not by that owner over these very bytes: something "
                "was changed, so it is not sent"
            )
    if len(signatures) < safe.threshold:
        missing = ", ".join(owner for owner in safe.owners if owner not in signatures)
        raise NotPermitted(
            f"the Safe asks for {safe.threshold} signatures, and {len(signatures)} are there: have "
            f"another of its owners sign ({missing})"
        )


# Executing


def executed_in(chain: Chain, tx: SafeTx) -> str:
    """The transaction in which the Safe executed this one; empty if it did not, as far as known."""
    if not isinstance(chain, History):
        return ""
    logs = chain.logs(tx.safe, [_SUCCESS])
    return next((log.tx for log in logs if _hash_in(log) == tx.hash), "")


def _hash_in(log: Log) -> bytes:
    """1.4.1 indexes the hash, 1.3.0 does not."""
    return log.topics[1] if len(log.topics) > 1 else log.data[:32]


def calldata(chain: Chain, tx: SafeTx, signatures: Mapping[str, bytes]) -> bytes:
    """The call that executes it, its signatures in the ascending order that the Safe asks for."""
    ordered = sorted(signatures, key=lambda owner: int(owner, 16))
    blob = b"".join(signatures[owner] for owner in ordered)
    return contract_of(chain, tx.safe).encode("execTransaction", *tx.arguments, blob)


def execute(
    known: Contract,
    tx: SafeTx,
    signatures: Mapping[str, bytes],
    sender: str,
    text: str,
    explain: Callable[[Reverted], str] = str,
) -> Receipt:
    """Recomputes and compares everything, then has `sender` send it; anybody may."""
    chain = known.chain
    safe = require_signable(chain, tx)
    if tx.nonce > safe.nonce:
        raise NotPermitted(
            f"it has number {tx.nonce}, and the Safe is at {safe.nonce}: execute the earlier ones "
            "first, or reject them"
        )
    require_signed(safe, tx, signatures)
    simulate(known, tx, explain)
    data = calldata(chain, tx, signatures)
    approvers = tuple(sorted(signatures))
    note = Note(text, verb="safe", approvers=approvers, safe_tx_hash="0x" + tx.hash.hex())
    try:
        receipt = known.at(tx.safe).submit(data, sender=sender, note=note)
    except Reverted as fault:
        code = str(fault.arguments.get("reason", ""))
        if not code.startswith("GS"):
            raise
        raise NotPermitted(
            f"the Safe itself refuses it ({code}): it has changed in this very moment, or a call "
            "inside fails; nothing was sent, so look at it with `safe inspect`"
        ) from fault
    ours = [log for log in receipt.logs if log.address == tx.safe and log.topics]
    ends = {log.topics[0] for log in ours if _hash_in(log) == tx.hash}
    if ends != {_SUCCESS}:
        what = "failed" if _FAILURE in ends else "did not execute it"
        raise ChainError(
            f"transaction {receipt.tx} was included, and the Safe {what}: look at it before you "
            "go on"
        )
    return receipt
