"""Pauses that are signed ahead: each signer's file, and the broadcast of a quorum of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_account import Account
from eth_keys.exceptions import BadSignature
from eth_utils import ValidationError, to_checksum_address

from pegboard.actions import Action, desk_action, pause_bits
from pegboard.chain import History
from pegboard.contract import padded
from pegboard.errors import ChainError, InputError, NotPermitted, PegboardError
from pegboard.inputs import address, moment, moment_text, reference, reference_text
from pegboard.signing import SignedPause
from pegboard.status import pause_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pegboard.contract import Contract
    from pegboard.suite import Peg, Suite

SCHEMA = "pegboard-presigned-pause/1"
#: What a file is good for, so that it can be used without these tools.
FUNCTION = "pause(address,uint8,uint48,uint48,uint256,bytes32,bytes[])"
_KEY_SIGNATURE = 65
_ADDRESS = 20
#: Many times what is needed; brackets without end would overrun the stack.
_LONGEST_FILE = 16_384
#: Chains, epochs and times (uint48) all are below.
_LARGEST = 2**48


@dataclass(frozen=True)
class Envelope:
    """One signer's file, as it was read; `name` is the file's."""

    name: str
    chain_id: int
    contract: str
    currency: str
    pause: SignedPause
    signer: str
    signature: bytes


# Reading


def signers_of(suite: Suite) -> list[str]:
    """Who may sign pauses ahead."""
    return [to_checksum_address(a) for a in suite.desks.presigned.call("signers")]


def standing(suite: Suite, peg: Peg) -> dict[str, Any]:
    """What a pause of this currency has to be signed for, and by how many of whom."""
    contract = suite.desks.presigned
    return {
        "chainId": suite.chain.chain_id,
        "currency": peg.config.code,
        "token": peg.token.address,
        "contract": contract.address,
        "epoch": contract.call("epochOf", peg.token.address),
        "quorum": contract.call("quorum"),
        "signers": signers_of(suite),
        "paused": list(pause_names(peg.token.call("pauses"))),
    }


# Signing


def to_sign(
    suite: Suite, peg: Peg, names: Sequence[str], times: tuple[int, int], ref: bytes, signer: str
) -> SignedPause:
    """The pause that a signer is asked for: between two times, for the epoch of now."""
    valid_from, valid_until = times
    if signer not in signers_of(suite):
        raise NotPermitted(f"{signer} signs no pauses ahead: `presign show` lists who does")
    if not 0 <= valid_from <= valid_until or valid_until < suite.chain.now():
        raise InputError(
            f"it could never be used: {moment_text(valid_until)} is over, or before its start"
        )
    epoch = suite.desks.presigned.call("epochOf", peg.token.address)
    return SignedPause(peg.token.address, pause_bits(names), valid_from, valid_until, epoch, ref)


def describe(peg: Peg, pause: SignedPause) -> str:
    """What a signer lets anybody do, in one sentence."""
    ref = f", reference {reference_text(pause.ref)}" if any(pause.ref) else ""
    return (
        f"anybody who holds a quorum of such files may stop {', '.join(pause_names(pause.bits))} "
        f"of {peg.config.code} once, from {moment_text(pause.valid_from)} to "
        f"{moment_text(pause.valid_until)}, in epoch {pause.epoch}{ref}"
    )


def as_file(
    contract: Contract, peg: Peg, pause: SignedPause, signer: str, signature: bytes
) -> dict[str, Any]:
    """What goes into the sealed envelope: all that the contract asks for, by its names."""
    return {
        "schema": SCHEMA,
        "chainId": contract.chain.chain_id,
        "contract": contract.address,
        "function": FUNCTION,
        "currency": peg.config.code,
        "what": list(pause_names(pause.bits)),
        "token": pause.token,
        "bits": pause.bits,
        "validFrom": moment_text(pause.valid_from),
        "validUntil": moment_text(pause.valid_until),
        "epoch": pause.epoch,
        "ref": "0x" + pause.ref.hex(),
        "refText": reference_text(pause.ref),
        "signer": signer,
        "signature": "0x" + signature.hex(),
    }


def read(path: Path) -> Envelope:
    """One signer's file, taken strictly; whether it is any good, `broadcast` says."""
    try:
        data = json.loads(path.read_text(encoding="utf-8")[:_LONGEST_FILE])
        schema, function = data["schema"], data["function"]
        found = Envelope(
            name=path.name,
            chain_id=_number(data["chainId"]),
            contract=address(data["contract"]),
            currency=str(data["currency"]),
            pause=_pause(data),
            signer=address(data["signer"]),
            signature=bytes.fromhex(data["signature"].removeprefix("0x")),
        )
    except PegboardError as fault:
        raise InputError(f"{path.name}: {fault}") from fault
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
        raise InputError(f"{path.name} is no pause signed ahead: make it with `sign`") from fault
    if (schema, function) != (SCHEMA, FUNCTION):
        raise InputError(f"{path.name} is no pause signed ahead: make it with `sign`")
    return found


def _pause(data: Mapping[str, Any]) -> SignedPause:
    pause = SignedPause(
        token=address(data["token"]),
        bits=_number(data["bits"]),
        valid_from=_number(moment(data["validFrom"])),
        valid_until=_number(moment(data["validUntil"])),
        epoch=_number(data["epoch"]),
        ref=reference(data["ref"]),
    )
    if pause.bits != pause_bits(data["what"]):
        raise InputError(f"it says {', '.join(data['what'])}, which is not what its bits stop")
    return pause


def _number(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value < _LARGEST:
        raise InputError(f"{value!r} is no number that the contract takes")
    return value


# Broadcasting


def broadcast(suite: Suite, peg: Peg, envelopes: Sequence[Envelope]) -> Action:
    """Pauses by the signatures in these files; refuses here whatever the contract would."""
    contract, pause = suite.desks.presigned, envelopes[0].pause
    for envelope in envelopes:
        _require_ours(contract, peg, envelope)
        if envelope.pause != pause:
            raise InputError(
                f"{envelope.name} pauses something else than {envelopes[0].name}: all signers "
                "sign the same verbs, times, epoch and reference"
            )
        _require_signed(contract, envelope)
    names = pause_names(pause.bits)
    done = peg.token.call("pauses") & pause.bits == pause.bits
    if not done:
        _require_enough(suite, envelopes)
        _require_valid(suite, peg, pause)
    ordered = sorted(envelopes, key=lambda envelope: int(envelope.signer, 16))
    return desk_action(
        contract,
        "pause",
        (*pause.values(), [envelope.signature for envelope in ordered]),
        f"stop {', '.join(names)} of {peg.config.code} at once, as {len(ordered)} signed ahead",
        ref=pause.ref,
        peg=peg,
        details={
            "what": list(names),
            "epoch": pause.epoch,
            "signers": [envelope.signer for envelope in ordered],
        },
        nothing_to_do=done,
        public=True,
    )


def _require_ours(contract: Contract, peg: Peg, found: Envelope) -> None:
    stated = (found.chain_id, found.contract, found.currency, found.pause.token)
    if stated != (
        contract.chain.chain_id,
        contract.address,
        peg.config.code,
        peg.token.address,
    ):
        raise InputError(
            f"{found.name} pauses {found.currency} ({found.pause.token}) by {found.contract} on "
            f"chain {found.chain_id}, and here {peg.config.code} is {peg.token.address}, paused "
            f"by {contract.address} on chain {contract.chain.chain_id}"
        )


def _require_signed(contract: Contract, found: Envelope) -> None:
    """A key's signature is checked here; a contract's (ERC-1271) only the chain can judge."""
    signature = found.signature
    if len(signature) != _KEY_SIGNATURE:
        signer = to_checksum_address(signature[:_ADDRESS].rjust(_ADDRESS, b"\0"))
    else:
        try:
            signer = Account.recover_message(found.pause.signable(contract), signature=signature)
        except (ValueError, BadSignature, ValidationError) as fault:
            raise InputError(f"{found.name} holds no valid signature: have it signed anew") from (
                fault
            )
    if signer != found.signer:
        raise InputError(
            f"{found.name} is not signed by {found.signer}: it was changed, or another key signed"
        )


def _require_enough(suite: Suite, envelopes: Sequence[Envelope]) -> None:
    signers = [envelope.signer for envelope in envelopes]
    known, quorum = signers_of(suite), suite.desks.presigned.call("quorum")
    if len(set(signers)) != len(signers):
        raise InputError("one signer signed two of the files: give each signer's file once")
    for envelope in envelopes:
        if envelope.signer not in known:
            raise InputError(
                f"{envelope.signer}, who signed {envelope.name}, is no signer: leave it out"
            )
    if len(signers) < quorum:
        raise InputError(
            f"{quorum} signers are needed, and {len(signers)} signed: open another envelope"
        )


def _require_valid(suite: Suite, peg: Peg, pause: SignedPause) -> None:
    epoch = suite.desks.presigned.call("epochOf", peg.token.address)
    if pause.epoch != epoch:
        raise InputError(
            f"it was signed for epoch {pause.epoch}, and {peg.config.code} is in epoch {epoch}: "
            "it was used, or revoked, so have PAUSER pause, or the signers sign anew"
        )
    if not pause.valid_from <= suite.chain.now() <= pause.valid_until:
        raise InputError(
            f"it can be used from {moment_text(pause.valid_from)} to "
            f"{moment_text(pause.valid_until)}, and not now: have PAUSER pause"
        )


# Revoking


def revoke(suite: Suite, peg: Peg, ref: bytes) -> Action:
    """Voids all that was signed; nothing to do where this reference began the present epoch."""
    contract, token = suite.desks.presigned, peg.token.address
    epoch = contract.call("epochOf", token)
    return desk_action(
        contract,
        "revoke",
        (token, ref),
        f"void every pause of {peg.config.code} that was signed for epoch {epoch}",
        ref=ref,
        peg=peg,
        details={"epoch": epoch},
        nothing_to_do=_began(contract, token, epoch, ref),
    )


def _began(contract: Contract, token: str, epoch: int, ref: bytes) -> bool:
    """Whether this reference began the epoch; where nobody can say, revoking twice harms less."""
    chain = contract.chain
    if not isinstance(chain, History):
        return False
    topics = contract.topics("EpochAdvanced", token=padded(token), ref=ref)
    try:
        logs = chain.logs(contract.address, topics)
    except ChainError:
        return False
    return any(arguments["epoch"] == epoch for _, arguments in contract.events(logs))
