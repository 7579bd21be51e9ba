"""The two sides of an exchange: currencies of the board, or a listed asset against one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.actions import Action, desk_action
from pegboard.amounts import format_amount
from pegboard.errors import ChainError, InputError

if TYPE_CHECKING:
    from pegboard.contract import Contract
    from pegboard.suite import Peg, Suite

_TRANSFERS = 1
_MOST_DECIMALS = 36
#: Of an account that is not barred, and can never receive.
NO_PAYEE = "it is no account for payments"


@dataclass(frozen=True)
class Leg:
    """What one side gives; an asset has no `peg`, and is shown by its symbol and its address."""

    token: Contract
    name: str
    decimals: int
    peg: Peg | None = None

    def written(self, units: int) -> str:
        """An amount for people."""
        return f"{format_amount(units, self.decimals)} {self.name}"

    def available(self, account: str) -> int:
        """What an account can give."""
        question = "availableOf" if self.peg else "balanceOf"
        found: int = self.token.call(question, account)
        return found

    def allowance(self, owner: str, spender: str) -> int:
        """What a contract may take of an owner's."""
        found: int = self.token.call("allowance", owner, spender)
        return found

    def obstacle(self, sender: str, to: str, units: int) -> str:
        """Why `sender` cannot give this to `to` now; empty where it can."""
        if self.peg:
            if self.token.call("pauses") & _TRANSFERS:
                return f"transfers of {self.name} are paused"
            if not self.token.call("canSend", sender):
                return f"{sender} may not send {self.name}: {standing(self.peg, sender)}"
            if not self.token.call("canReceive", to):
                return f"{to} may not receive {self.name}: {standing(self.peg, to)}"
        available = self.available(sender)
        if available < units:
            return f"{sender} has {self.written(available)}, and {self.written(units)} is needed"
        return ""


def standing(peg: Peg, account: str) -> str:
    """Why an account is barred, in words."""
    if peg.token.call("isBlacklisted", account):
        return "it is blacklisted"
    if peg.token.call("isFrozen", account):
        return "it is frozen"
    if peg.token.call("isAllowListOn") and not peg.token.call("isVerified", account):
        return "it is not verified"
    return NO_PAYEE


def leg_of(suite: Suite, token: str) -> Leg:
    """One side of a quote; refuses what is neither a currency nor a listed asset."""
    peg = suite.peg_at(token)
    if peg:
        return Leg(peg.token, peg.config.code, peg.config.decimals, peg)
    if not suite.registry.call("isAsset", token):
        raise InputError(f"{token} is neither a declared currency nor a listed asset on this chain")
    contract = next(iter(suite.pegs.values())).token.at(token)
    try:
        decimals, symbol = contract.call("decimals"), contract.call("symbol")
    except ChainError as fault:
        raise InputError(f"the asset {token} tells no decimals or symbol: {fault}") from fault
    if decimals > _MOST_DECIMALS:
        raise InputError(f"the asset {token} says that it has {decimals} decimals")
    plain = symbol.isascii() and symbol.isalnum() and len(symbol) <= 12
    return Leg(contract, f"{symbol} ({token})" if plain else token, decimals)


def written_at(suite: Suite, token: str, units: int) -> str:
    """An amount for people, of whatever token a file names."""
    try:
        return leg_of(suite, token).written(units)
    except InputError:
        return f"{units} base units of {token}"


def allow(leg: Leg, owner: str, spender: Contract, title: str, units: int) -> Action:
    """Lets a contract of the suite take up to so much of the signer's own, or nothing more."""
    return desk_action(
        leg.token,
        "approve",
        (spender.address, units),
        f"let {title} take up to {leg.written(units)} of the signer's own tokens, all in all"
        if units
        else f"let {title} take no {leg.name} of the signer's any more",
        peg=leg.peg,
        details={"spender": spender.address, "allowance": str(units)},
        nothing_to_do=leg.allowance(owner, spender.address) == units,
        public=True,
    )
