"""Refusals as an admin reads them: the error's name, what it means, its evidence, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard import issuance, redemption
from pegboard.amounts import format_amount, format_duration
from pegboard.calendars import day_text
from pegboard.inputs import moment_text, reference_text
from pegboard.status import pause_names
from pegboard.uses import trade

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pegboard.config import CurrencyConfig
    from pegboard.errors import Reverted

#: Arguments of errors that are base units of the token.
_AMOUNTS = frozenset(
    {"exposure", "advanceAndFee", "unpaid"}
    | {"value", "amount", "sum", "total", "supply", "capacity", "headroom", "available", "balance"}
    | {"needed", "allowance", "unfrozen", "reach", "held", "allowed", "cap", "largest", "flatFee"}
    | {"upTo"}
)
_TIMES = frozenset(
    {"updatedAt", "asOf", "last", "deadline", "validAfter", "validBefore", "reviewBy"}
    | {"readyAt", "until", "validFrom", "validUntil", "expiresAt", "dueAt", "asked"}
    | {"captureBy", "expiry", "due"}
)
#: Numbers of days; where they are a range, only these errors say so.
_DAYS = frozenset({"day", "blockedUntil", "latest"})
_DAY_RANGES = {"DayOutOfRange": frozenset({"from", "to"}), "NoOpenDay": frozenset({"from"})}
#: References and names of 32 bytes, which may be text.
_WORDS = frozenset({"bankRef", "channel", "code", "currency"})
#: Errors whose numbers are of signatures or basis points, not of money.
_NO_MONEY = frozenset({"QuorumNotMet", "FeeAboveCap"})

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
    "CaseNotOpen": "check the case; `orders list` shows which are open",
    "InvalidCase": "give a review day that is not past, and within 366 days",
    "ReviewOverdue": "have CASEWORKER record its review first, with `orders review`",
    "AccountNotNamed": "name the account in the case first, with `orders freeze` or `orders hold`",
    "CeilingExceeded": "stay within what the case freezes or holds and within the ceiling; give "
    "--ceiling where the order says more",
    "CaseStillRestrains": "have RELEASER lift its freezes and release its holds first",
    "ProposerCannotExecute": "have another party execute it",
    "PartyExpelled": "have it cancelled, then proposed anew by somebody who holds the role",
    "RedemptionMismatch": "give the whole amount of an open request of this account, and a "
    "destination",
    "WalletUnknown": "have REGISTRAR bind the wallet first, with `customers bind`",
    "WalletAlreadyBound": "have REGISTRAR unbind it first, with `customers unbind`",
    "WalletCooling": "wait until then",
    "DueDiligenceExpired": "have REGISTRAR renew it, with `customers renew`",
    "InvalidDueDiligence": "give a day in the future, at most three years from now",
    "PayoutUnset": "have REGISTRAR set it, with `customers payout`",
    "PayoutCooling": "wait until then",
    "ProofInvalid": "have the wallet sign a new proof, with `customers prove`",
    "ProofExpired": "have the wallet sign a new proof, with `customers prove`",
    "CalendarUnknown": "run apply, which adds the calendars that are declared",
    "ChannelNotOpen": "have GOVERNOR open it, with `channels open`",
    "NotValidNow": "have PAUSER pause, or open an envelope for this time",
    "WrongEpoch": "have PAUSER pause, or the signers sign anew",
    "NotSigner": "leave that signature out; `presign show` lists who signs",
    "CurrencyMismatch": "check the currency of the credit and of the channel",
    "BankReferenceUsed": "do nothing: it has its order; `issue list` shows those that wait",
    "OrderNotProposed": "check the reference; `issue list` and `orders list` show what waits",
    "OrderMismatch": "do not approve it: have GUARDIAN cancel it, with `issue cancel`",
    "ProposerCannotApprove": "have another party approve it",
    "AlreadyApproved": "have another party approve it",
    "OrderCapExceeded": "have GOVERNOR raise the channel's cap, if the credit is right",
    "ChannelLimitExceeded": "wait until the channel's limit has refilled",
    "TierExceeded": "have GOVERNOR add a tier, if the credit is right",
    "NothingToIssue": "issue an amount above zero",
    "WrongStatus": "look at it with `redeem list`",
    "HolderBarred": "wait until RELEASER has lifted it, and record why with `redeem note`",
    "PayoutPending": "wait until that day has ended, or until the bank has paid",
    "BankReferenceMismatch": "check the request's number and the bank reference",
    "DueDateNotLater": "give a later day",
    "DueDatePassed": "pay it as soon as possible: no consent undoes that it is overdue",
    "DueDateTooLate": "give a day up to then",
    "TokenNotListed": "run apply, which lists the currencies that are declared",
    "FeeAboveCap": "stay within the desk's cap; `redeem fees` shows it",
    "FeeNotLowered": "announce it instead, with `redeem raise-fees`",
    "DayOutOfRange": "give a day within that range",
    "NoOpenDay": "check the closed days of the calendar",
    "ERC7943InsufficientUnfrozenBalance": "pay less, or have RELEASER release the hold",
    "AuthorizationSpent": "do nothing: it was paid or cancelled, as `pay submit` tells",
    "AuthorizationExpired": "have the payer sign anew, with `pay sign`",
    "AuthorizationNotYetValid": "wait until then",
    "InvalidSignature": "have the payer sign anew, with `pay sign`",
    "CallerNot": "use the account that is wanted",
    "OwnerBarred": "wait until RELEASER has lifted it; an order can send it elsewhere",
    "QuoteExpired": "have the maker quote anew, with `fx quote`",
    "NonceSpent": "have the maker quote anew, with `fx quote`",
    "RateStale": "wait for the feed's next answer",
    "RateOutOfBand": "have the maker quote anew, with `fx quote`",
    "PaymentNotOpen": "look at it with `checkout status`",
    "InvalidValue": "look at it with `checkout status`",
    "DeadlinePassed": "look at it with `checkout status`",
    "NotYetReleasable": "have the operator or the payee release it, or wait until then",
    "EnvelopeEmpty": "look at it with `envelope status`",
    "EnvelopeExpired": "have what is left sent back, with `envelope refund`",
    "NotExpired": "wait until then",
    "WrongDocStatus": "look at it with `trade show`",
    "DocMismatch": "use the document that is on record; `trade show` tells it",
    "AttesterCapExceeded": "wait for payments, or have GOVERNOR raise its cap",
    "AttesterExpelled": "finance what another attester vouches for",
    "OfferMismatch": "take an offer on this document",
    "OfferExpired": "ask its financier for another, with `trade offer`",
    "OfferIsCancelled": "ask its financier for another, with `trade offer`",
    "InvalidAdvance": "ask its financier for less, with `trade offer`",
    "InvalidPayment": "pay what is unpaid, or a part of it; `trade show` tells it",
    "NotOverdue": "wait until then",
}


def refusal(fault: Reverted, notices: Mapping[str, str], config: CurrencyConfig | None) -> str:
    """One sentence: name, meaning, evidence, what to do."""
    if not fault.name:
        return str(fault)
    config = None if fault.name in _NO_MONEY else config
    given = fault.arguments | _named(fault)
    evidence = ", ".join(
        f"{key} {_readable(key, value, config, notices)}" for key, value in given.items()
    )
    text = f"{fault.name}: {notices.get(fault.name, 'refused by the contract').rstrip('.')}"
    if evidence:
        text += f" ({evidence})"
    # A source that could not be read says itself what is wrong with it.
    inner = str(fault.arguments.get("reason", "")).split("(")[0]
    advice = ADVICE.get(inner) or ADVICE.get(fault.name)
    return f"{text}; {advice}" if advice else text


def _named(fault: Reverted) -> dict[str, object]:
    """Statuses by their names, and ranges of days as dates."""
    found: dict[str, object] = {}
    status = fault.arguments.get("status")
    if isinstance(status, int) and fault.name == "WrongStatus":
        found["status"] = redemption.STATUSES[status]
    elif isinstance(status, int) and fault.name == "WrongDocStatus":
        found["status"] = trade.STATUSES[status]
    elif isinstance(status, int) and "bankRef" in fault.arguments:
        found["status"] = issuance.STATUSES[status]
    for key in _DAY_RANGES.get(fault.name, ()):
        found[key] = _day(fault.arguments[key])
    return found


def _day(value: object) -> object:
    return day_text(value) if isinstance(value, int) and value < 2**21 else value


def _readable(
    key: str, value: object, config: CurrencyConfig | None, notices: Mapping[str, str]
) -> str:
    if isinstance(value, int):
        if key in _AMOUNTS and config:
            return f"{format_amount(value, config.decimals)} {config.code}"
        if key in _TIMES:
            return moment_text(value) if value < 2**40 else str(value)
        if key in _DAYS:
            return str(_day(value))
        if key == "maxAge":
            return format_duration(value)
        if key == "pauses":
            return "+".join(pause_names(value))
    if key in _WORDS and isinstance(value, str) and value.startswith("0x"):
        return reference_text(bytes.fromhex(value[2:])) or value
    inner = str(value).split("(")[0]
    if key == "reason" and inner in notices:
        return f"{value}: {notices[inner].rstrip('.')}"
    return str(value)
