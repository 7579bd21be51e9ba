"""Refusals as an admin reads them: the error's name, what it means, its evidence, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.amounts import format_amount, format_duration
from pegboard.inputs import moment_text
from pegboard.status import pause_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pegboard.config import CurrencyConfig
    from pegboard.errors import Reverted

#: Arguments of errors that are base units of the token.
_AMOUNTS = frozenset(
    {"value", "amount", "sum", "total", "supply", "capacity", "headroom", "available", "balance"}
    | {"needed", "allowance", "unfrozen", "reach", "held"}
)
_TIMES = frozenset({"updatedAt", "asOf", "last", "deadline", "validAfter", "validBefore"})

#: What to do about the refusals that an admin meets; the meaning itself is the interface's.
ADVICE = {
    "ReserveExceeded": "mint less, or post a newer statement of higher reserves first",
    "ReserveStale": "post a fresh reserve statement first",
    "ReserveUnavailable": "post a reserve statement, or clear the reported break",
    "ReserveUnset": "have GOVERNOR set the reserve terms",
    "ReserveNotPositive": "post a reserve statement above zero",
    "Disputed": "have RESUMER clear the break once it is explained",
    "NoStatement": "post a reserve statement first",
    "MintLimitExceeded": "mint less, or wait until the limit has refilled",
    "QuorumNotMet": "collect more attestors' signatures",
    "AsOfInFuture": "wait until that moment, or sign a statement of now",
    "AsOfNotAdvancing": "sign a statement with a newer time",
    "NotAttestor": "check who signed and for which chain",
    "AccessManagedUnauthorized": "use an account that holds the role; `status` prints who does",
    "ReferenceRequired": "add --ref with the bank, ticket or case reference",
    "ERC20InsufficientBalance": "check the amount and the account's balance",
    "OutOfReach": "freeze or blacklist the account first, or take no more than is held",
    "NotHeld": "release no more than is held",
    "Paused": "have RESUMER open it again",
    "BlacklistedAccount": "use another account, or have RELEASER lift the blacklisting",
    "FrozenAccount": "use another account, or have RELEASER lift the freeze",
    "UnverifiedAccount": "have VERIFIER verify the account first",
    "SuiteAccount": "act on the holder, not on the contract that keeps tokens for many",
    "InvalidAccount": "check the address",
    "NothingToMint": "mint an amount above zero",
    "ERC20InvalidSender": "check the sender's address",
    "ERC20InvalidReceiver": "check the recipient's address",
    "ChunkExecuted": "this part of the batch was paid before: do not repeat it",
}


def refusal(fault: Reverted, notices: Mapping[str, str], config: CurrencyConfig | None) -> str:
    """One sentence: name, meaning, evidence, what to do."""
    if not fault.name:
        return str(fault)
    # Of signatures, not of money.
    config = None if fault.name == "QuorumNotMet" else config
    evidence = ", ".join(
        f"{key} {_readable(key, value, config, notices)}" for key, value in fault.arguments.items()
    )
    text = f"{fault.name}: {notices.get(fault.name, 'refused by the contract').rstrip('.')}"
    if evidence:
        text += f" ({evidence})"
    # A source that could not be read says itself what is wrong with it.
    inner = str(fault.arguments.get("reason", "")).split("(")[0]
    advice = ADVICE.get(inner) or ADVICE.get(fault.name)
    return f"{text}; {advice}" if advice else text


def _readable(
    key: str, value: object, config: CurrencyConfig | None, notices: Mapping[str, str]
) -> str:
    if isinstance(value, int):
        if key in _AMOUNTS and config:
            return f"{format_amount(value, config.decimals)} {config.code}"
        if key in _TIMES:
            return moment_text(value) if value < 2**40 else str(value)
        if key == "maxAge":
            return format_duration(value)
        if key == "pauses":
            return "+".join(pause_names(value))
    inner = str(value).split("(")[0]
    if key == "reason" and inner in notices:
        return f"{value}: {notices[inner].rstrip('.')}"
    return str(value)
