"""The named views of the suite: what is compared before and after a call, and in which words."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eth_abi import encode
from eth_utils import is_address, to_checksum_address

from pegboard.contract import decoded, selector_of, signature_of, type_of
from pegboard.errors import ChainError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pegboard.chain import Chain
    from pegboard.reading.decode import Decoder, Effect, Known
    from pegboard.reading.wording import Words
    from pegboard.suite import Peg

#: What is asked of a contract of each kind, and what people call the answer.
VIEWS: Mapping[str, Mapping[str, str]] = {
    "token": {
        "totalSupply": "supply",
        "mintRateLimit": "mint limit",
        "reserveHeadroom": "headroom",
        "reserveConfig": "reserve terms",
        "pauses": "paused",
        "pauseNumber": "number of pauses",
        "isAllowListOn": "allow-list mode",
        "implementation": "implementation",
        "delegateAll": "everything delegated",
        "balanceOf": "balance",
        "getFrozenTokens": "held",
        "isFrozen": "frozen",
        "isBlacklisted": "blacklisted",
        "isVerified": "verified",
        "isEnlisted": "of the suite",
        "isRedemptionDesk": "redemption desk",
        "allowance": "allowance",
        "nonces": "permits used",
        "authorizationState": "authorization used",
        "chunkState": "chunk paid",
    },
    "feed": {
        "latestStatement": "statement",
        "breakRef": "reported break",
        "attestors": "attestors",
        "quorums": "quorums",
    },
    "authority": {
        "hasRole": "role",
        "members": "members",
        "getSchedule": "scheduled for",
        "getNonce": "times scheduled",
        "getTargetFunctionRole": "role for",
        "getRoleAdmin": "granted by",
        "getRoleGuardian": "guardian",
        "getRoleGrantDelay": "delay of grants",
        "isTargetClosed": "closed",
        "getTargetAdminDelay": "delay of changes",
    },
    "audits": {"codeOf": "audited code"},
    "registry": {
        "codes": "currencies",
        "currencyOf": "currency",
        "wallets": "operational wallets",
        "purposeOf": "purpose",
        "rateTermsOf": "exchange",
        "isAsset": "listed asset",
        "attesterCap": "cap of attester",
    },
    "customers": {"customerOf": "customer"},
    "calendar": {"calendarOf": "calendar", "isOpen": "open"},
    "issuance": {
        "channelOf": "channel",
        "orderOf": "order",
        "tiersOf": "tiers",
        "isIssued": "issued",
        "channelCount": "channels",
        "orderCount": "orders",
    },
    "redemption": {
        "requestOf": "request",
        "requestPaidBy": "request that it pays",
        "termsOf": "terms",
        "requestCount": "requests",
    },
    "orders": {
        "caseOf": "case",
        "entryOf": "entry",
        "freezesOf": "cases that freeze",
        "heldOf": "held by cases",
        "proposalOf": "order",
        "caseCount": "cases",
        "proposalCount": "orders",
    },
    "presigned": {"epochOf": "epoch", "signers": "signers", "quorum": "quorum"},
    "fx": {"isSpent": "quote used up", "isSignerOf": "signs quotes of"},
    "checkout": {"paymentOf": "payment", "creditOf": "credit"},
    "receivables": {
        "receivableOf": "document",
        "exposureOf": "vouched for and unpaid",
        "isCancelled": "offer void",
        "creditOf": "credit",
    },
    "envelopes": {"restOf": "rest", "hasClaimed": "has a share", "creditOf": "credit"},
    "safe": {
        "nonce": "number",
        "getThreshold": "signatures asked for",
        "getOwners": "owners",
    },
}
#: What an answer without a name of its own counts, where that is no plain number.
_UNITS = {
    "amount": "amount",
    "totalSupply": "amount",
    "reserveHeadroom": "amount",
    "balanceOf": "amount",
    "getFrozenTokens": "amount",
    "allowance": "amount",
    "heldOf": "amount",
    "available": "amount",
    "held": "amount",
    "taken": "amount",
    "creditOf": "amount",
    "exposureOf": "amount",
    "attesterCap": "amount",
    "refundable": "amount",
    "left": "amount",
    "paid": "amount",
    "toFinancier": "amount",
    "pauses": "bits",
    "getSchedule": "when",
    "getTargetFunctionRole": "roleId",
    "getRoleAdmin": "roleId",
    "getRoleGuardian": "roleId",
    "getRoleGrantDelay": "newDelay",
    "getTargetAdminDelay": "newDelay",
    "delay": "newDelay",
    "codeOf": "codeHash",
    "upTo": "amount",
    "fee": "amount",
}
#: Arguments that other arguments and events name differently.
_ALSO = {"id": ("operationId",), "selector": ("selectors",), "day": ("holidays",)}
#: Combinations of arguments of one view; a batch of many accounts asks the rest in vain.
_MOST = 400


@dataclass
class Named:
    """What the calls and their events name: all addresses, and all other values by their names."""

    addresses: dict[str, None] = field(default_factory=dict)
    values: dict[str, dict[Any, None]] = field(default_factory=dict)

    def add(self, name: str, value: Any) -> None:
        """Takes a value in, or all values of a list."""
        if isinstance(value, list | tuple):
            for one in value:
                self.add(name, one)
        elif isinstance(value, str) and is_address(value):
            self.addresses[to_checksum_address(value)] = None
        elif isinstance(value, str) and value.startswith("0x") and len(value) % 2 == 0:
            self.values.setdefault(name, {})[bytes.fromhex(value[2:])] = None
        elif isinstance(value, int | bytes):
            self.values.setdefault(name, {})[value] = None

    def add_effect(self, effect: Effect) -> None:
        """Takes everything that an effect names in, and what it carries."""
        self.add("", effect.to)
        for name, value in (effect.parts or effect.arguments).items():
            self.add(name, value)
        for inner in effect.inner:
            self.add_effect(inner)

    def fill(self, parameter: Mapping[str, Any]) -> list[Any]:
        """What a parameter of a view can be asked for."""
        if parameter["type"] == "address":
            return list(self.addresses)
        names = (parameter["name"], *_ALSO.get(parameter["name"], ()))
        sort = int if parameter["type"].startswith(("uint", "int")) else bytes
        found = (value for name in names for value in self.values.get(name, ()))
        return [value for value in found if type(value) is sort]


@dataclass(frozen=True)
class Question:
    """One view with its arguments."""

    known: Known
    item: Mapping[str, Any]
    address: str
    arguments: tuple[Any, ...]

    @property
    def data(self) -> bytes:
        """The calldata that asks."""
        types = [type_of(parameter) for parameter in self.item["inputs"]]
        return selector_of(signature_of(self.item)) + encode(types, self.arguments)

    def ask(self, chain: Chain) -> tuple[Any, ...] | None:
        """The answer, None for a refusal."""
        try:
            raw = chain.call(self.address, self.data)
            types = [type_of(output) for output in self.item["outputs"]]
            return decoded(types, raw, self.item["name"])
        except ChainError:
            return None

    def title(self, words: Words) -> str:
        """What is asked, in words."""
        label = VIEWS[self.known.kind][self.item["name"]]
        given = (
            words.write(parameter["name"], parameter["type"], value, None)
            for parameter, value in zip(self.item["inputs"], self.arguments, strict=True)
        )
        return " ".join([f"{self.known.title}:", ", ".join([label, *given])])

    def parts(self, answer: tuple[Any, ...] | None, decoder: Decoder) -> dict[str, str]:
        """An answer in words, by the names of its fields."""
        if answer is None:
            return {"": "refused"}
        outputs = self.item["outputs"]
        if len(outputs) == 1 and outputs[0]["type"] == "tuple":
            outputs, answer = outputs[0]["components"], answer[0]
        elif len(outputs) == 1:
            peg = self.known.peg or self._currency(self.item["inputs"], self.arguments, decoder)
            name = self.item["name"]
            return {"": _written(name, outputs[0], answer[0], decoder.words, peg)}
        peg = self.known.peg or self._currency(outputs, answer, decoder)
        return {
            (part["name"] or str(number)): _written(part["name"], part, value, decoder.words, peg)
            for number, (part, value) in enumerate(zip(outputs, answer, strict=True), 1)
        }

    def _currency(self, parts: Any, values: Any, decoder: Decoder) -> Peg | None:
        """The currency of the token that is among these values."""
        tokens = (v for part, v in zip(parts, values, strict=True) if part["name"] == "token")
        return next((decoder.currency(token) for token in tokens), None)


def _written(
    name: str, parameter: Mapping[str, Any], value: Any, words: Words, peg: Peg | None
) -> str:
    if parameter["type"] == "tuple[]":
        parts = parameter["components"]
        rows = (
            " ".join(
                _written(p["name"], p, inner, words, peg)
                for p, inner in zip(parts, row, strict=True)
            )
            for row in value
        )
        return "; ".join(rows) or "none"
    return words.write(_UNITS.get(name, name), parameter["type"], value, peg)


def questions(
    known: Mapping[str, Known], touched: Iterable[str], named: Named
) -> Iterator[Question]:
    """Every named view of the touched contracts, for everything that was named."""
    for address in touched:
        contract = known.get(address)
        if contract is None:
            continue
        by_name = {item["name"]: item for item in contract.abi if item["type"] == "function"}
        for name in VIEWS.get(contract.kind, {}):
            item = by_name[name]
            fills = [named.fill(parameter) for parameter in item["inputs"]]
            for given in itertools.islice(itertools.product(*fills), _MOST):
                yield Question(contract, item, address, given)
