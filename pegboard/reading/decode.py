"""What a call does, read from the very bytes that will be signed: one plain sentence per effect.

Nothing that was written down beside the bytes is believed, and what is not known is said to be so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils import to_checksum_address

from pegboard.contract import named, selector_of, signature_of, type_of
from pegboard.errors import NotPermitted
from pegboard.reading.clauses import Clause
from pegboard.reading.sentences import LOUD
from pegboard.reading.wording import Words, coin
from pegboard.safes import multisend
from pegboard.safes.safe_abi import SAFE_ABI
from pegboard.suite import targets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pegboard.config import RolesConfig
    from pegboard.contract import Abi, Contract
    from pegboard.errors import Reverted
    from pegboard.suite import Peg, Suite

CALL, DELEGATECALL = 0, 1
WARNING = "WARNING: "
#: Calls within calls: deeper than any that people make.
_DEEPEST = 8
_TITLES = {
    "authority": "Authority",
    "audits": "audit register",
    "registry": "currency registry",
    "customers": "customer register",
    "calendar": "business calendar",
    "issuance": "issuance desk",
    "redemption": "redemption desk",
    "orders": "desk of lawful orders",
    "presigned": "contract of pauses signed ahead",
    "fx": "exchange of currencies",
    "checkout": "checkout",
    "receivables": "register of receivables",
    "envelopes": "red envelopes",
}


@dataclass(frozen=True)
class Effect:
    """One thing that a call does; `details` are its rows, `inner` what it schedules or cancels.

    `amount` of `peg` is what it moves, or makes ready to be moved; of `inner` each has its own.
    """

    text: str
    to: str
    data: bytes
    value: int = 0
    contract: Contract | None = None
    kind: str = ""
    function: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    loud: bool = False
    details: tuple[str, ...] = ()
    inner: tuple[Effect, ...] = ()
    peg: Peg | None = None
    amount: int = 0
    #: The arguments, those of structs one by one.
    parts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What people read, with a warning where there is one to give."""
        return (WARNING if self.warns else "") + self.text

    @property
    def warns(self) -> bool:
        """Whether it, or anything that it carries, changes the rules or is not known."""
        return self.loud or any(effect.warns for effect in self.inner)

    def lines(self) -> list[str]:
        """The sentence and its rows."""
        return [self.sentence, *(f"  {row}" for row in self.details)]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        found: dict[str, Any] = {"text": self.text, "to": self.to, "function": self.function}
        found |= {"warning": self.warns, "data": "0x" + self.data.hex()}
        return found | ({"rows": list(self.details)} if self.details else {})


def by_currency(amounts: Iterable[tuple[Peg | None, int | None]]) -> list[tuple[Peg, int]]:
    """The sum of amounts in each currency; what has none is no money."""
    sums: dict[str, tuple[Peg, int]] = {}
    for peg, units in amounts:
        if peg and units:
            code = peg.config.code
            sums[code] = (peg, units + sums.get(code, (peg, 0))[1])
    return list(sums.values())


def moved(effects: Iterable[Effect]) -> list[tuple[Peg, int]]:
    """What effects move in all, by currency; what they cancel does not move."""
    amounts: list[tuple[Peg | None, int | None]] = []
    for effect in effects:
        amounts.append((effect.peg, effect.amount))
        amounts += moved(effect.inner) if effect.function != "cancel" else ()
    return by_currency(amounts)


@dataclass(frozen=True)
class Known:
    """A contract whose functions have sentences."""

    kind: str
    title: str
    abi: Abi
    contract: Contract | None = None
    peg: Peg | None = None

    @cached_property
    def functions(self) -> dict[bytes, dict[str, Any]]:
        """Its functions by selector."""
        found = (item for item in self.abi if item["type"] == "function")
        return {selector_of(signature_of(item)): item for item in found}


class Decoder:
    """Reads calls to the contracts of a suite; `book` says who is behind an address."""

    def __init__(
        self,
        suite: Suite,
        roles: RolesConfig,
        book: Mapping[str, str] | None = None,
        batchers: Collection[str] = (multisend.CANONICAL,),
    ) -> None:
        self._suite = suite
        self.known = _known(suite)
        self._batchers = {to_checksum_address(address) for address in batchers}
        names = {address: known.title for address, known in self.known.items()}
        names |= {to_checksum_address(address): name for address, name in (book or {}).items()}
        self.words = Words(names, roles)

    def currency(self, token: str) -> Peg | None:
        """The declared currency of a token, if it is one."""
        known = self.known.get(to_checksum_address(token))
        return known.peg if known and known.kind == "token" else None

    def known_to(self, sender: str) -> dict[str, Known]:
        """All contracts whose functions have sentences, the sender's own included."""
        return {to_checksum_address(sender): Known("safe", "this Safe", SAFE_ABI)} | self.known

    def effects(
        self, to: str, data: bytes, *, value: int = 0, operation: int = CALL, sender: str = ""
    ) -> tuple[Effect, ...]:
        """Everything that these bytes do when `sender` sends them, in order."""
        to, sender = to_checksum_address(to), to_checksum_address(sender) if sender else ""
        if operation == CALL:
            return self._read(Effect("", to, data, value), sender, 0)
        if operation != DELEGATECALL:
            raise NotPermitted(f"refused: {operation} is neither a call nor a delegatecall")
        if to not in self._batchers:
            raise NotPermitted(
                f"refused: a delegatecall to {self.words.who(to)} could change anything of "
                f"{sender or 'the account'}; only batches through {', '.join(self._batchers)} "
                "are signed"
            )
        if value:
            raise NotPermitted("refused: a batch carries no coin of its own")
        calls = [Effect("", one.to, one.data, one.value) for one in multisend.unpack(data)]
        return tuple(effect for call in calls for effect in self._read(call, sender, 1))

    def _read(self, call: Effect, sender: str, depth: int) -> tuple[Effect, ...]:
        if not call.data:
            return (self._payment(call, sender),)
        known = (self.known_to(sender) if sender else self.known).get(call.to)
        item = known.functions.get(call.data[:4]) if known else None
        values = _arguments(item, call.data) if item else None
        if known is None or item is None or values is None or depth > _DEEPEST:
            return (self._unknown(call, known, item),)
        call = replace(
            call,
            contract=known.contract,
            kind=known.kind,
            function=item["name"],
            arguments=values,
            loud=item["name"] in LOUD.get(known.kind, ()),
        )
        if call.function == "multicall" and values["data"]:
            return tuple(
                effect
                for data in values["data"]
                for effect in self._read(Effect("", call.to, data), sender, depth + 1)
            )
        return (Clause(self, self._suite, known, item, call, sender, depth).effect(),)

    def named(self, fault: Reverted) -> Reverted:
        """A refusal with its name and arguments, where a contract of the suite knows them."""
        return named(fault, self._errors)

    @cached_property
    def _errors(self) -> dict[bytes, dict[str, Any]]:
        items = (x for known in self.known.values() for x in known.abi if x["type"] == "error")
        return {selector_of(signature_of(item)): item for item in items}

    def inside(self, to: str, data: bytes, sender: str, depth: int) -> tuple[Effect, ...]:
        """The effects of a call that another one carries."""
        return self._read(Effect("", to_checksum_address(to), data), sender, depth + 1)

    def names_of(self, target: str, selectors: Collection[bytes]) -> str:
        """The functions of a contract behind selectors."""
        known = self.known.get(to_checksum_address(target))
        functions = known.functions if known else {}
        names = (
            functions[s]["name"] if s in functions else f"UNKNOWN 0x{s.hex()}" for s in selectors
        )
        return ", ".join(names) or "nothing"

    def _payment(self, call: Effect, sender: str) -> Effect:
        if call.value:
            return replace(call, text=f"send {coin(call.value)} to {self.words.who(call.to)}")
        if call.to == sender:
            return replace(call, text="do nothing but use this Safe's number up")
        return self._unknown(call, None, None)

    def _unknown(self, call: Effect, known: Known | None, item: Any) -> Effect:
        what = f"0x{call.data[:4].hex()}" if call.data else "nothing"
        text = f"UNKNOWN call of {what} to {self.words.who(call.to)}"
        if known and item:
            text = (
                f"UNKNOWN call of {what} to {known.title}: it is not encoded as {item['name']} is"
            )
        if call.value:
            text += f", sending {coin(call.value)} along"
        return replace(call, text=text, loud=True)


def _known(suite: Suite) -> dict[str, Known]:
    """Every contract of the suite that takes calls, by address."""
    found: dict[str, Known] = {}
    # Nobody has a power over exchanges, so they are no target of any role.
    for kind, contracts in (targets(suite) | {"fx": [suite.uses.fx]}).items():
        for contract in contracts:
            title = _TITLES.get(kind, "")
            found[contract.address] = Known(kind, title, contract.abi, contract)
    for code, peg in suite.pegs.items():
        for kind, contract in (("token", peg.token), ("feed", peg.feed)):
            title = f"token of {code}" if kind == "token" else f"reserve feed of {code}"
            found[contract.address] = Known(kind, title, contract.abi, contract, peg)
    return found


def _arguments(item: Mapping[str, Any], data: bytes) -> dict[str, Any] | None:
    """The arguments by name; None where the bytes are not exactly their encoding."""
    types = [type_of(parameter) for parameter in item["inputs"]]
    try:
        values = decode(types, data[4:])
        exact = encode(types, values) == data[4:]
    except (DecodingError, EncodingError, UnicodeDecodeError, OverflowError, ValueError):
        return None
    if not exact:
        return None
    names = (parameter["name"] for parameter in item["inputs"])
    return dict(zip(names, values, strict=True))
