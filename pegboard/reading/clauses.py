"""The clause of one known call: its template, filled with what its arguments stand for."""

from __future__ import annotations

import string
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address

from pegboard.amounts import format_amount, format_duration
from pegboard.errors import PegboardError
from pegboard.orders import NOBODY, order_of, taking
from pegboard.reading import uses
from pegboard.reading.sentences import SENTENCES
from pegboard.reading.wording import amount, coin, quoted, when
from pegboard.redemption import request_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pegboard.reading.decode import Decoder, Effect, Known
    from pegboard.suite import Peg, Suite

#: The functions by which money moves, and the argument that says how much of it.
_MOVES = {
    "token": {
        **dict.fromkeys(("transfer", "transferFrom", "surrender", "mint", "burn"), "value"),
        **dict.fromkeys(("transferWithAuthorization", "receiveWithAuthorization"), "value"),
        **dict.fromkeys(("restore", "burnEscrow", "hold", "release", "seize", "destroy"), "value"),
        "rescueERC20": "value",
        "pay": "total",
    },
    "issuance": dict.fromkeys(("propose", "approve"), "amount"),
    "redemption": dict.fromkeys(("instruct", "settle", "giveBack", "takeBack", "release"), "id"),
    "orders": dict.fromkeys(("hold", "release", "propose"), "value") | {"execute": "id"},
}
_REFERENCES = {"ref": "reference", "caseRef": "case", "consentRef": "consent", "reason": "reason"}


@dataclass(frozen=True)
class Clause:
    """The sentence of one known call."""

    decoder: Decoder
    suite: Suite
    known: Known
    item: Mapping[str, Any]
    call: Effect
    sender: str
    depth: int

    def effect(self) -> Effect:
        """The call with its sentence, its rows, and what it carries."""
        inner = self._inner()
        peg = self._peg()
        kinds, parts = uses.kinds(self.item["inputs"]), self._parts
        written = {
            name: self.decoder.words.write(name, kinds[name], value, peg)
            for name, value in parts.items()
        }
        template = SENTENCES.get(self.known.kind, {}).get(self.call.function)
        if template is None:
            shown = ", ".join(f"{name}={value}" for name, value in written.items())
            text = f"call {self.call.function}({shown}) of the {self.known.title}"
        else:
            used = {name for _, name, _, _ in string.Formatter().parse(template) if name}
            context = {"code": peg.config.code if peg else written.get("token", "?")}
            text = template.format(**context | written | self._more(peg, inner))
            text += self._references(used)
        if self.call.value:
            text += f", sending {coin(self.call.value)} along"
        rows = tuple(self._rows(peg))
        loud = self.call.loud or "EVERYBODY" in text or "UNKNOWN" in text
        peg, units = self._moved(peg)
        found = replace(self.call, text=text, details=rows, inner=inner, loud=loud)
        return replace(found, peg=peg, amount=units, parts=parts)

    @cached_property
    def _parts(self) -> dict[str, Any]:
        return uses.parts(self.item["inputs"], self.call.arguments)

    @cached_property
    def _use(self) -> uses.Use | None:
        """This call as one to a use, if it is one."""
        known, call = self.known, self.call
        if known.kind not in uses.KINDS or known.contract is None:
            return None
        given = (call.function, call.arguments, self._parts, self.sender)
        return uses.Use(self.decoder, known.contract, known.kind, *given)

    def _moved(self, peg: Peg | None) -> tuple[Peg | None, int]:
        """How much this call moves, or makes ready to be moved, and of which currency."""
        if self._use:
            return peg, self._use.moved()
        name = _MOVES.get(self.known.kind, {}).get(self.call.function, "")
        if not name:
            return None, 0
        if name != "id":
            return peg, self.call.arguments[name]
        number = self.call.arguments[name]
        try:
            if self.known.kind == "redemption":
                return peg, request_of(self.suite, number).amount
            order = order_of(self.suite, number)
        except PegboardError:
            return None, 0
        return self.decoder.currency(order.token), order.value

    def _references(self, used: Collection[str]) -> str:
        given = self.call.arguments
        found = ""
        for name, title in _REFERENCES.items():
            value = given.get(name)
            if value and any(value) and name not in used:
                kind = next(i["type"] for i in self.item["inputs"] if i["name"] == name)
                found += f", {title} {self.decoder.words.write(name, kind, value, None)}"
        return found

    def _inner(self) -> tuple[Effect, ...]:
        """What this call schedules, executes or cancels."""
        given = self.call.arguments
        if self.known.kind != "authority" or "data" not in given:
            return ()
        caller = given.get("caller", self.sender)
        if self.call.function == "consumeScheduledOp":
            return ()
        return self.decoder.inside(given["target"], given["data"], caller, self.depth)

    def _peg(self) -> Peg | None:
        """The currency that the amounts of this call are in."""
        given, kind = self.call.arguments, self.known.kind
        if self.known.peg and self.call.function != "rescueERC20":
            return self.known.peg
        if self._use:
            return self._use.peg()
        if "token" in given:
            return self.decoder.currency(given["token"])
        if "currency" in given:
            return self.suite.pegs.get(given["currency"].rstrip(b"\0").decode("ascii", "replace"))
        try:
            if kind == "issuance" and "channel" in given:
                found = self.suite.desks.issuance.call("channelOf", given["channel"])
                return self.decoder.currency(found[1])
            if kind == "redemption" and "id" in given:
                return self.decoder.currency(request_of(self.suite, given["id"]).token)
        except PegboardError:
            return None
        return None

    def _more(self, peg: Peg | None, inner: tuple[Effect, ...]) -> dict[str, str]:
        """What a sentence says beyond the arguments as they stand."""
        given, words = self.call.arguments, self.decoder.words
        more = {"inner": "; ".join(effect.text for effect in inner)}
        if self._use:
            more |= self._use.words()
        elif self.known.kind == "authority":
            more |= self._of_authority(given)
        elif self.known.kind == "redemption" and "id" in given:
            more["request"] = self._request(given["id"], peg)
        elif self.known.kind == "orders":
            more |= self._of_orders(peg)
        elif self.call.function in ("loosenTiers", "tightenTiers"):
            tiers = (f"{count} for up to {amount(units, peg)}" for units, count in given["tiers"])
            more["tiers"] = "; ".join(tiers) or "none, so that no order passes"
        elif self.call.function == "setReserveConfig":
            more["alone"] = ", as issued on this chain only" if given["terms"][3] else ""
        elif self.call.function == "rescueERC20" and self.known.peg:
            more["code"] = self.known.peg.config.code
            more["value"] = amount(given["value"], peg)
            if not peg:
                more["value"] += f" of {words.who(given['token'])}"
        elif self.call.function == "upgrade":
            more["everything"] = ", for every call, transfers included" * given["delegateAll"]
        elif self.call.function == "post" and peg:
            currency, _, reserves, elsewhere, _ = given["statement"]
            decimals = peg.config.reserves.decimals
            more["currency"] = peg.config.code if currency == peg.config.code else quoted(currency)
            more["reserves"] = f"{format_amount(reserves, decimals)} {peg.config.code}"
            more["elsewhere"] = f"{format_amount(elsewhere, decimals)} {peg.config.code}"
        if "signatures" in given:
            count = len(given["signatures"])
            more["signatures"] = f"{count} signature{'s' if count != 1 else ''}"
        return more

    def _of_authority(self, given: Mapping[str, Any]) -> dict[str, str]:
        more = {}
        if self.call.function == "schedule":
            more["wait"] = self._wait(given)
        if "selectors" in given:
            more["selectors"] = self.decoder.names_of(given["target"], given["selectors"])
        if "closed" in given:
            more["closed"] = "CLOSE" if given["closed"] else "open"
        return more

    def _wait(self, given: Mapping[str, Any]) -> str:
        later = f", and not before {when(given['when'])}" if given["when"] else ""
        if not self.sender:
            return f"after its delay{later}"
        try:
            immediate, delay = self.suite.authority.call(
                "canCall", self.sender, given["target"], given["data"][:4].ljust(4, b"\0")
            )
        except PegboardError:
            return f"after its delay{later}"
        if not immediate and not delay:
            return f"by nobody, since {self.sender} may not call it{later}"
        return f"after {format_duration(delay)}{later}" if delay else f"at once{later}"

    def _request(self, number: int, peg: Peg | None) -> str:
        try:
            found = request_of(self.suite, number)
        except PegboardError:
            return f"request {number}"
        if found.status == "none":
            return f"request {number} (which does not exist)"
        who = self.decoder.words.who(found.holder)
        return f"request {number} ({amount(found.amount, peg)} of {who})"

    def _of_orders(self, peg: Peg | None) -> dict[str, str]:
        given, words = self.call.arguments, self.decoder.words
        if self.call.function in ("execute", "cancel"):
            number = given["id"]
            try:
                return {
                    "order": f"order {number}: {taking(self.suite, order_of(self.suite, number))}"
                }
            except PegboardError:
                return {"order": f"order {number} (which does not exist)"}
        if self.call.function != "propose":
            return {}
        value, account = amount(given["value"], peg), words.who(given["account"])
        if to_checksum_address(given["to"]) == NOBODY:
            return {"taking": f"destroy {value} of {account}"}
        request = f" of request {given['redemption']}" if given["redemption"] else ""
        return {"taking": f"take {value}{request} from {account} to {words.who(given['to'])}"}

    def _rows(self, peg: Peg | None) -> list[str]:
        """The payments of a batch."""
        given = self.call.arguments
        if (self.known.kind, self.call.function) != ("token", "pay"):
            return []
        refs = given.get("refs") or [b""] * len(given["rows"])
        words = self.decoder.words
        return [
            f"{amount(value, peg)} to {words.who(payee)}"
            + (f", reference {words.write('ref', 'bytes32', ref, None)}" if any(ref) else "")
            for (payee, value), ref in zip(given["rows"], refs, strict=False)
        ]
