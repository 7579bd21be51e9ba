"""Reserve statements as files: each attestor signs one, and a quorum of them is posted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eth_account import Account
from eth_keys.exceptions import BadSignature
from eth_utils import ValidationError, to_checksum_address

from pegboard.actions import Action, money
from pegboard.amounts import exact_amount, parse_amount
from pegboard.errors import InputError, PegboardError
from pegboard.inputs import address, moment, moment_text, word
from pegboard.reserves import SignedStatement, Statement, posting, signable
from pegboard.status import status_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pegboard.suite import Peg

SCHEMA = "pegboard-statement/1"


def as_file(peg: Peg, statement: Statement, signed: SignedStatement) -> dict[str, Any]:
    """What an attestor hands over; amounts in currency units, exactly."""
    decimals = peg.config.reserves.decimals
    return {
        "schema": SCHEMA,
        "chainId": peg.feed.chain.chain_id,
        "feed": peg.feed.address,
        "currency": statement.currency,
        "asOf": moment_text(statement.as_of),
        "reserves": exact_amount(statement.reserves, decimals),
        "elsewhere": exact_amount(statement.elsewhere, decimals),
        "document": "0x" + statement.document.hex(),
        "attestor": signed.attestor,
        "signature": "0x" + signed.signature.hex(),
    }


def from_file(peg: Peg, path: Path) -> tuple[Statement, SignedStatement]:
    """One attestor's statement, if it is meant for this feed on this chain and signed by them."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        stated = (data["schema"], data["chainId"], data["feed"], data["currency"])
        decimals = peg.config.reserves.decimals
        statement = Statement(
            currency=data["currency"],
            as_of=moment(data["asOf"]),
            reserves=parse_amount(data["reserves"], decimals),
            elsewhere=parse_amount(data["elsewhere"], decimals),
            document=word(data["document"]),
        )
        signature = bytes.fromhex(data["signature"].removeprefix("0x"))
        signed = SignedStatement(address(data["attestor"]), signature)
    except PegboardError as fault:
        raise InputError(f"{path.name}: {fault}") from fault
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise InputError(f"{path.name} is no signed statement: make it with `sign`") from fault
    if stated != (SCHEMA, peg.feed.chain.chain_id, peg.feed.address, peg.config.code):
        raise InputError(
            f"{path.name} is a statement of {stated[3]} for feed {stated[2]} on chain {stated[1]}, "
            f"not for this one ({peg.feed.address} on chain {peg.feed.chain.chain_id})"
        )
    _check_signature(peg, statement, signed, path.name)
    return statement, signed


def _check_signature(peg: Peg, statement: Statement, signed: SignedStatement, name: str) -> None:
    """A key's signature is checked here; a contract's only the chain can judge."""
    if len(signed.signature) != 65:
        return
    try:
        signer = Account.recover_message(signable(peg.feed, statement), signature=signed.signature)
    except (ValueError, BadSignature, ValidationError) as fault:
        raise InputError(f"{name} holds no valid signature: have it signed again") from fault
    if to_checksum_address(signer) != signed.attestor:
        raise InputError(
            f"{name} is not signed by {signed.attestor}: it was changed, or signed for another feed"
        )


def post_action(peg: Peg, paths: Sequence[Path]) -> Action:
    """Posts what the files say; they must all say the same."""
    read = [from_file(peg, path) for path in paths]
    statement = read[0][0]
    for path, (other, _) in zip(paths, read, strict=True):
        if other != statement:
            raise InputError(
                f"{path.name} states something else than {paths[0].name}: "
                "all attestors sign the same figures and the same time"
            )
    signed = [signature for _, signature in read]
    if len({s.attestor for s in signed}) != len(signed):
        raise InputError("one attestor signed two of the files: give each attestor's file once")
    call = posting(peg.feed, statement, signed)
    details = {
        "asOf": moment_text(statement.as_of),
        "document": "0x" + statement.document.hex(),
        "attestors": [s.attestor for s in signed],
    }
    return Action(
        verb="post",
        peg=peg,
        contract=peg.feed,
        call=call,
        ref=statement.document,
        details=details,
        public=True,
    )


def describe(peg: Peg, statement: Statement) -> str:
    """What an attestor is about to sign, in one sentence."""
    return (
        f"as of {moment_text(statement.as_of)}, the reserves of {peg.config.code} are "
        f"{money(peg, _token_units(peg, statement.reserves))}, and other chains may have issued "
        f"up to {money(peg, _token_units(peg, statement.elsewhere))}"
    )


def _token_units(peg: Peg, units: int) -> int:
    """Feed units in token units, rounded down; for words only."""
    shift = peg.config.decimals - peg.config.reserves.decimals
    return int(units * 10**shift if shift >= 0 else units // 10**-shift)


def last_posted(peg: Peg) -> dict[str, Any]:
    """The last statement on chain, for machines; `reason` says why nothing may be minted."""
    seen, decimals = status_of(peg), peg.config.reserves.decimals
    round_, as_of, posted_at, reserves, elsewhere, document = peg.feed.call("latestStatement")
    quorum, rise_quorum, max_rise_bps = peg.feed.call("quorums")
    return {
        "chainId": peg.feed.chain.chain_id,
        "currency": seen.code,
        "feed": seen.feed,
        "round": round_,
        "asOf": moment_text(as_of) if round_ else None,
        "postedAt": moment_text(posted_at) if round_ else None,
        "age": seen.statement_age,
        "reserves": {"amount": exact_amount(reserves, decimals), "units": str(reserves)},
        "elsewhere": {"amount": exact_amount(elsewhere, decimals), "units": str(elsewhere)},
        "document": document,
        "breakRef": seen.break_ref,
        "attestors": [to_checksum_address(a) for a in peg.feed.call("attestors")],
        "quorum": quorum,
        "riseQuorum": rise_quorum,
        "maxRiseBps": max_rise_bps,
        "headroom": None
        if seen.headroom is None
        else {"amount": exact_amount(seen.headroom, seen.decimals), "units": str(seen.headroom)},
        "reason": seen.headroom_reason,
    }
