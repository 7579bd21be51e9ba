"""Contracts: compiled artifacts, calldata in and out, and errors by their names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_abi import encode
from eth_abi.codec import ABIDecoder
from eth_abi.decoding import UnsignedIntegerDecoder
from eth_abi.encoding import UnsignedIntegerEncoder
from eth_abi.exceptions import DecodingError
from eth_abi.registry import BaseEquals
from eth_abi.registry import registry as shared
from eth_utils import keccak, to_checksum_address

from pegboard.errors import ArtifactError, ChainError, Reverted
from pegboard.sending.journal import NO_NOTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pegboard.chain import Chain, Log, Receipt
    from pegboard.sending.journal import Note

Abi = list[dict[str, Any]]

#: What Solidity's own `revert("...")` answers.
_ERROR: Mapping[str, Any] = {"name": "Error", "inputs": [{"name": "reason", "type": "string"}]}


def _strict() -> ABIDecoder:
    """A decoder of our own: Ape puts one in the place of all that reads missing bytes as zero."""
    # eth_abi declares no types for these two.
    registry = shared.copy()  # type: ignore[no-untyped-call]
    uint = BaseEquals("uint")  # type: ignore[no-untyped-call]
    registry.unregister("uint")
    registry.register(uint, UnsignedIntegerEncoder, UnsignedIntegerDecoder, label="uint")
    return ABIDecoder(registry)


_STRICT = _strict()


def type_of(parameter: Mapping[str, Any]) -> str:
    """The canonical ABI type, tuples spelled out."""
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return "(" + ",".join(type_of(c) for c in parameter["components"]) + ")" + kind[len("tuple") :]


def signature_of(item: Mapping[str, Any]) -> str:
    """The canonical signature of a function, event or error."""
    return f"{item['name']}({','.join(type_of(i) for i in item['inputs'])})"


def selector_of(signature: str) -> bytes:
    """The first four bytes of a signature's hash."""
    return keccak(text=signature)[:4]


def padded(account: str) -> bytes:
    """An address as an indexed word of an event."""
    return bytes.fromhex(account[2:]).rjust(32, b"\0")


@dataclass(frozen=True)
class Artifact:
    """A compiled contract."""

    name: str
    abi: Abi
    creation: bytes
    runtime: bytes

    def initcode(self, *args: Any) -> bytes:
        """Creation code with encoded constructor arguments."""
        inputs: Abi = next((x["inputs"] for x in self.abi if x["type"] == "constructor"), [])
        return self.creation + encode([type_of(i) for i in inputs], args)


class Artifacts:
    """The contracts that were compiled together, from Ape's build."""

    def __init__(self, path: Path) -> None:
        try:
            self._types = json.loads(path.read_text())["contractTypes"]
        except (OSError, ValueError, KeyError) as fault:
            raise ArtifactError(
                f"no compiled contracts at {path}: run `make compile` first"
            ) from fault

    def __getitem__(self, name: str) -> Artifact:
        """The artifact of one contract."""
        try:
            kind = self._types[name]
            creation = kind["deploymentBytecode"]["bytecode"]
            runtime = kind["runtimeBytecode"]["bytecode"]
        except KeyError as fault:
            raise ArtifactError(f"{name} was not compiled: run `make compile`") from fault
        return Artifact(name, kind["abi"], bytes.fromhex(creation[2:]), bytes.fromhex(runtime[2:]))

    @cached_property
    def token_abi(self) -> Abi:
        """Everything a token's address answers: its own functions and those of `Controls`."""
        return merged(self["PeggedToken"].abi, self["Controls"].abi)

    @cached_property
    def notices(self) -> dict[str, str]:
        """What each error means, by name, as the interfaces say it."""
        documented = (
            (kind.get("userdoc") or {}).get("errors", {}) for kind in self._types.values()
        )
        return {
            signature.split("(")[0]: notes[0]["notice"]
            for errors in documented
            for signature, notes in errors.items()
        }

    @cached_property
    def feed_abi(self) -> Abi:
        """Everything a feed's address answers: its own functions and those of `FeedControls`."""
        return merged(self["ReserveFeed"].abi, self["FeedControls"].abi)

    @cached_property
    def errors(self) -> dict[bytes, dict[str, Any]]:
        """Every error of every contract, by selector."""
        items = (
            x for kind in self._types.values() for x in kind.get("abi", []) if x["type"] == "error"
        )
        return {selector_of(signature_of(x)): x for x in items}


def merged(*abis: Abi) -> Abi:
    """One ABI of several, each function, event and error once, without constructors."""
    seen: dict[str, dict[str, Any]] = {}
    for item in (x for abi in abis for x in abi):
        if item["type"] in ("function", "event", "error"):
            seen.setdefault(item["type"] + signature_of(item), item)
    return list(seen.values())


def decoded(types: Sequence[str], data: bytes, what: str) -> tuple[Any, ...]:
    """An answer's values; refuses bytes that are not their encoding, none at all among them."""
    try:
        values: tuple[Any, ...] = _STRICT.decode(types, data)
    except (DecodingError, OverflowError, ValueError) as fault:
        told = f"0x{data[:32].hex()}" if data else "nothing"
        raise ChainError(
            f"{what} was answered with {told}, which is not ({','.join(types)}): check the "
            "address and the network, or use another node"
        ) from fault
    return values


def named(fault: Reverted, errors: Mapping[bytes, Mapping[str, Any]]) -> Reverted:
    """The same refusal with its name and arguments, where an ABI knows them."""
    data = fault.data
    item = {selector_of(signature_of(_ERROR)): _ERROR, **errors}.get(data[:4])
    if item is None:
        return fault
    try:
        values = decoded([type_of(i) for i in item["inputs"]], data[4:], item["name"])
    except ChainError:
        return fault
    arguments: dict[str, object] = {}
    for index, (parameter, value) in enumerate(zip(item["inputs"], values, strict=True)):
        arguments[parameter["name"] or str(index)] = readable(parameter["type"], value)
    inner = arguments.get("reason")
    if item["name"] == "ReserveUnavailable" and isinstance(inner, str) and len(inner) > 2:
        arguments["reason"] = str(named(Reverted(bytes.fromhex(inner[2:])), errors))
    return Reverted(data, item["name"], arguments)


def readable(kind: str, value: Any) -> Any:
    """A decoded value as people and JSON write it: checksummed addresses, 0x-hex bytes."""
    if kind == "address":
        return to_checksum_address(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value


@dataclass(frozen=True)
class Call:
    """One call that can be shown, simulated, scheduled or sent."""

    to: str
    data: bytes
    text: str


class Contract:
    """A contract at an address; functions are named, or spelled out where overloaded."""

    def __init__(
        self,
        chain: Chain,
        address: str,
        abi: Abi,
        errors: Mapping[bytes, Mapping[str, Any]] | None = None,
    ) -> None:
        self.chain = chain
        self.address = to_checksum_address(address)
        self.abi = abi
        self._errors = errors or {
            selector_of(signature_of(x)): x for x in abi if x["type"] == "error"
        }

    @cached_property
    def _functions(self) -> dict[str, dict[str, Any]]:
        functions: dict[str, dict[str, Any]] = {}
        for item in (x for x in self.abi if x["type"] == "function"):
            functions[signature_of(item)] = item
            # A bare name means the only function, or the one with the fewest arguments.
            known = functions.get(item["name"])
            if known is None or len(item["inputs"]) < len(known["inputs"]):
                functions[item["name"]] = item
        return functions

    def at(self, address: str, abi: Abi | None = None) -> Contract:
        """Another address that knows the same errors."""
        return Contract(self.chain, address, abi or self.abi, self._errors)

    def function(self, name: str) -> dict[str, Any]:
        """The ABI item of a function, by name or full signature."""
        return self._functions[name]

    def selector(self, name: str) -> bytes:
        """The selector of a function, by name or full signature."""
        return selector_of(signature_of(self.function(name)))

    def encode(self, name: str, *args: Any) -> bytes:
        """Calldata."""
        item = self.function(name)
        return self.selector(name) + encode([type_of(i) for i in item["inputs"]], args)

    def prepare(self, name: str, *args: Any, text: str = "") -> Call:
        """A call with a sentence of what it does."""
        return Call(self.address, self.encode(name, *args), text or f"{name}{args}")

    def call(self, name: str, *args: Any, sender: str | None = None) -> Any:
        """Reads; a single result comes bare, several as a tuple."""
        item = self.function(name)
        try:
            raw = self.chain.call(self.address, self.encode(name, *args), sender)
        except Reverted as fault:
            raise named(fault, self._errors) from fault
        types = [type_of(output) for output in item["outputs"]]
        values = decoded(types, raw, f"{item['name']} of {self.address}")
        values = tuple(readable(o["type"], v) for o, v in zip(item["outputs"], values, strict=True))
        return values[0] if len(values) == 1 else values

    def send(self, name: str, *args: Any, sender: str) -> Receipt:
        """Sends as `sender` and waits."""
        return self.submit(self.encode(name, *args), sender=sender)

    def simulate(self, data: bytes, *, sender: str) -> None:
        """Refuses what sending ready calldata as `sender` would refuse now."""
        try:
            self.chain.call(self.address, data, sender)
        except Reverted as fault:
            raise named(fault, self._errors) from fault

    def submit(self, data: bytes, *, sender: str, note: Note = NO_NOTE) -> Receipt:
        """Sends ready calldata as `sender` and waits."""
        try:
            return self.chain.send(sender, self.address, data, note)
        except Reverted as fault:
            raise named(fault, self._errors) from fault

    def topics(self, event: str, **indexed: bytes) -> tuple[bytes | None, ...]:
        """What to look for in the log: an event with these indexed words, None for any other."""
        item = next(x for x in self.abi if x["type"] == "event" and x["name"] == event)
        names = [i["name"] for i in item["inputs"] if i["indexed"]]
        return (keccak(text=signature_of(item)), *(indexed.get(name) for name in names))

    def events(self, logs: Iterable[Log]) -> list[tuple[str, dict[str, Any]]]:
        """This contract's events among the logs, decoded, in order."""
        known = {keccak(text=signature_of(x)): x for x in self.abi if x["type"] == "event"}
        found = []
        for log in logs:
            item = known.get(log.topics[0]) if log.topics else None
            if item is not None and log.address == self.address:
                found.append((item["name"], _event_arguments(item, log)))
        return found


def _event_arguments(item: Mapping[str, Any], log: Log) -> dict[str, Any]:
    topics = iter(log.topics[1:])
    words = [type_of(i) for i in item["inputs"] if not i["indexed"]]
    plain = iter(decoded(words, log.data, f"the log of {log.address}"))
    arguments = {}
    for parameter in item["inputs"]:
        if parameter["indexed"]:
            word = next(topics, b"")
            [value] = decoded([parameter["type"]], word, f"the log of {log.address}")
        else:
            value = next(plain)
        arguments[parameter["name"]] = readable(parameter["type"], value)
    return arguments
