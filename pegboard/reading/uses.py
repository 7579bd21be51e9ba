"""What a call to one of the uses means: both sides of an exchange, and what the chain holds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pegboard.amounts import format_amount
from pegboard.errors import PegboardError
from pegboard.reading.wording import amount

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pegboard.contract import Contract
    from pegboard.reading.decode import Decoder
    from pegboard.suite import Peg

KINDS = ("fx", "checkout", "receivables", "envelopes")
#: Arguments that are amounts of the token which the terms name.
_OF_TOKEN = ("max", "value", "face", "advance", "total")
#: Where no argument says how much moves: the view that tells it of the terms, by their id.
_HELD = {"checkout": "paymentOf", "envelopes": "restOf"}
_CREDIT = ("withdraw", "releaseCredit")
_OF_HELD = (*_CREDIT, "release", "refund", "complianceRelease")
#: The functions by which money moves, and the argument that says how much. A share of an envelope
#: is known to nobody before it is claimed.
_MOVES = {
    "fx": dict.fromkeys(("settle", "settleFor"), "buyAmount"),
    "checkout": {"authorize": "max", "capture": "value", "refund": "value"},
    "receivables": {"finance": "advance", "pay": "value"},
    "envelopes": {"create": "total"},
}
#: So many nonces are named one by one.
_FEW = 8
_RATE_DECIMALS = 8


def parts(inputs: Collection[Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by name, those of structs one by one."""
    found: dict[str, Any] = {}
    for parameter in inputs:
        value = given[parameter["name"]]
        if parameter["type"] == "tuple":
            names = [component["name"] for component in parameter["components"]]
            found |= parts(parameter["components"], dict(zip(names, value, strict=True)))
        else:
            found[parameter["name"]] = value
    return found


def kinds(inputs: Collection[Mapping[str, Any]]) -> dict[str, str]:
    """The ABI types of those."""
    found: dict[str, str] = {}
    for parameter in inputs:
        if parameter["type"] == "tuple":
            found |= kinds(parameter["components"])
        else:
            found[parameter["name"]] = parameter["type"]
    return found


@dataclass(frozen=True)
class Use:
    """One call to a use; `given` are its arguments as decoded, `parts` those of structs, too."""

    decoder: Decoder
    contract: Contract
    kind: str
    function: str
    given: Mapping[str, Any]
    parts: Mapping[str, Any]
    sender: str

    def peg(self) -> Peg | None:
        """The currency in which it pays."""
        token = self.parts.get("buy" if self.kind == "fx" else "token")
        return self.decoder.currency(token) if token else None

    def moved(self) -> int:
        """How much it moves, in base units."""
        name = _MOVES[self.kind].get(self.function)
        if name:
            return int(self.parts[name])
        return (self._held() or 0) if self._empties() else 0

    def words(self) -> dict[str, str]:
        """What a sentence says otherwise than the arguments stand."""
        found = {n: self._worth("token", n) for n in _OF_TOKEN if {n, "token"} <= set(self.parts)}
        if "sellAmount" in self.parts:
            found["sellAmount"] = self._worth("sell", "sellAmount")
            found["buyAmount"] = self._worth("buy", "buyAmount")
            found["rate"] = self._rate()
        if "mask" in self.parts:
            found["nonces"] = _nonces(self.parts["word"], self.parts["mask"])
        if "allowed" in self.parts:
            found["ending"] = "" if self.parts["allowed"] else " no more"
        if "random" in self.parts:
            found["shares"] = "random" if self.parts["random"] else "equal"
        if self._empties():
            held = self._held()
            found["held"] = "all" if held is None else amount(held, self.peg())
        if self.function == "accept":
            found["buyer"] = self._buyer()
        return found

    def _empties(self) -> bool:
        return self.function in _OF_HELD and self.function not in _MOVES[self.kind]

    def _worth(self, token: str, name: str) -> str:
        """An amount in its currency, or in base units of what is none."""
        peg = self.decoder.currency(self.parts[token])
        whose = "" if peg else f" of {self.decoder.words.who(self.parts[token])}"
        return amount(self.parts[name], peg) + whose

    def _rate(self) -> str:
        """What one unit of what is sold costs, where both are currencies."""
        sell, buy = (self.decoder.currency(self.parts[name]) for name in ("sell", "buy"))
        if not sell or not buy or not self.parts["sellAmount"]:
            return ""
        scale = 10 ** (sell.config.decimals - buy.config.decimals + _RATE_DECIMALS)
        rate, rest = divmod(self.parts["buyAmount"] * Fraction(scale), self.parts["sellAmount"])
        about = "about " if rest else ""
        price = f"{format_amount(rate, _RATE_DECIMALS)} {buy.config.code}"
        return f" ({about}{price} for 1 {sell.config.code})"

    def _held(self) -> int | None:
        """What the contract holds for it now; None where the chain does not tell."""
        try:
            if self.function in _CREDIT:
                account = self.parts.get("account", self.sender)
                token = self.parts["token"]
                return int(self.contract.call("creditOf", token, account)) if account else None
            terms = next(value for value in self.given.values() if isinstance(value, tuple))
            number = self.contract.call("idOf", terms)
            return int(self.contract.call(_HELD[self.kind], bytes.fromhex(number[2:]))[0])
        except PegboardError:
            return None

    def _buyer(self) -> str:
        """Whose acceptance it is, by the record."""
        try:
            found = self.contract.call("receivableOf", self.parts["id"])
        except PegboardError:
            return "its buyer"
        return self.decoder.words.who(found[2]) if found[0] else "nobody (it is not on record)"


def _nonces(word: int, mask: int) -> str:
    """The nonces of a word of 256 whose bits are set."""
    found = [word << 8 | bit for bit in range(256) if mask >> bit & 1]
    if len(found) <= _FEW:
        return ", ".join(map(str, found)) or "none"
    return f"{len(found)} from {found[0]} to {found[-1]}"
