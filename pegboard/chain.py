"""A chain, as the library sees it: call, send, look.

Who signs, and over which network, is the caller's business.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from eth_utils import to_checksum_address, to_hex

from pegboard import rpc
from pegboard.config import LOCAL_CHAINS
from pegboard.errors import ChainError, NotPermitted, Reverted, safe_text
from pegboard.sending.journal import NO_NOTE, Wish

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pegboard.sending.courier import Courier
    from pegboard.sending.journal import Note


@dataclass(frozen=True)
class Log:
    """One event as the chain recorded it."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    tx: str = ""

    @classmethod
    def read(cls, log: Mapping[str, Any]) -> Log:
        """As JSON-RPC writes it."""
        return cls(
            to_checksum_address(log["address"]),
            tuple(bytes.fromhex(topic[2:]) for topic in log["topics"]),
            bytes.fromhex(log["data"][2:]),
            log["transactionHash"],
        )


@dataclass(frozen=True)
class Receipt:
    """A transaction that was included and succeeded."""

    tx: str
    block: int
    gas_used: int
    logs: tuple[Log, ...]


class Chain(Protocol):
    """What the library needs of a chain; `Reverted` is the only refusal it may answer with."""

    chain_id: int

    def call(self, to: str, data: bytes, sender: str | None = None) -> bytes:
        """The answer of a read at the latest block."""
        ...

    def send(self, sender: str, to: str, data: bytes, note: Note = NO_NOTE) -> Receipt:
        """Simulates, signs, sends and waits until it is confirmed."""
        ...

    def code(self, address: str) -> bytes:
        """The runtime code at an address, empty for none."""
        ...

    def storage(self, address: str, slot: int) -> int:
        """One raw storage word."""
        ...

    def now(self) -> int:
        """The earliest time that the next transaction can see, in seconds since the epoch."""
        ...


@runtime_checkable
class History(Protocol):
    """A chain that can be asked for past events; every node is one."""

    def logs(
        self, address: str, topics: Sequence[bytes | None], from_block: int = 0
    ) -> tuple[Log, ...]:
        """All events of an address with these topics, None standing for any, in order."""
        ...


def _topic(topic: bytes | tuple[bytes, ...] | None) -> str | list[str] | None:
    if isinstance(topic, tuple):
        return [to_hex(word) for word in topic]
    return None if topic is None else to_hex(topic)


class JsonRpc(ABC):
    """Reads over a node's JSON-RPC; `request` sends one method and returns the whole answer."""

    def __init__(self, chain_id: int, block: str = "latest") -> None:
        self.chain_id = chain_id
        self._block = block

    @abstractmethod
    def request(self, method: str, params: list[Any]) -> Mapping[str, Any]:
        """One JSON-RPC exchange."""

    def result(self, method: str, params: list[Any]) -> Any:
        """The result of one exchange; an error that carries revert data becomes `Reverted`."""
        answer = self.request(method, params)
        error = answer.get("error")
        if not error:
            return answer.get("result")
        error = error if isinstance(error, dict) else {"message": str(error)}
        found = error.get("data")
        if isinstance(found, dict):
            found = found.get("data") or found.get("result")
        if isinstance(found, str) and found.startswith("0x"):
            raise Reverted(rpc.data(found, f"a refused {method}"))
        if "revert" in str(error.get("message", "")).lower():
            raise Reverted(b"")
        raise ChainError(f"the node answered {method} with: {error.get('message', error)}")

    def call(self, to: str, data: bytes, sender: str | None = None) -> bytes:
        """The answer of a read."""
        transaction = {"to": to, "data": to_hex(data)} | ({"from": sender} if sender else {})
        return self._data("eth_call", [transaction, self._block])

    def code(self, address: str) -> bytes:
        """The runtime code at an address, empty for none."""
        return self._data("eth_getCode", [address, self._block])

    def storage(self, address: str, slot: int) -> int:
        """One raw storage word."""
        return self._number("eth_getStorageAt", [address, hex(slot), self._block])

    def now(self) -> int:
        """The time of the block that is read."""
        return rpc.integer(self.block(self._block)["timestamp"], "the time of a block")

    def height(self) -> int:
        """The number of the latest block."""
        return self._number("eth_blockNumber", [])

    def block(self, tag: str) -> Mapping[str, Any]:
        """A block without its transactions, as JSON-RPC writes it; the pending one has no hash."""
        found = self.result("eth_getBlockByNumber", [tag, False])
        return rpc.table(found, f"the block {tag}", "timestamp")

    def genesis(self) -> str:
        """The hash of the first block, which tells the chain from any other of its id."""
        found = self.block("0x0").get("hash")
        return to_hex(rpc.data(found, "eth_getBlockByNumber"))

    def _data(self, method: str, params: list[Any]) -> bytes:
        return rpc.data(self.result(method, params), method)

    def _number(self, method: str, params: list[Any]) -> int:
        return rpc.integer(self.result(method, params), method)

    def at(self, block: int) -> Past:
        """The same chain as it was after a block; nothing can be sent there."""
        return Past(self, block)

    def logs(
        self,
        address: str,
        topics: Sequence[bytes | tuple[bytes, ...] | None],
        from_block: int = 0,
    ) -> tuple[Log, ...]:
        """All included events of an address with these topics; a tuple stands for any of its words.

        Refuses a node that cannot say.
        """
        wanted = {
            "address": address,
            "topics": [_topic(topic) for topic in topics],
            "fromBlock": hex(from_block),
            "toBlock": self._block if self._block.startswith("0x") else "latest",
        }
        try:
            found = rpc.rows(self.result("eth_getLogs", [wanted]), "eth_getLogs")
            return tuple(Log.read(log) for log in found)
        except (ChainError, ValueError, KeyError, TypeError) as fault:
            raise ChainError(
                f"the node does not tell the past events of {address} ({safe_text(fault)}): "
                "use one that answers eth_getLogs over the whole chain"
            ) from fault


class Past(JsonRpc):
    """Another chain's past, read through the same connection."""

    def __init__(self, chain: JsonRpc, block: int) -> None:
        super().__init__(chain.chain_id, hex(block))
        self._chain = chain

    def request(self, method: str, params: list[Any]) -> Mapping[str, Any]:
        """One exchange over the present chain's connection."""
        return self._chain.request(method, params)

    def send(self, sender: str, to: str, data: bytes, note: Note = NO_NOTE) -> Receipt:  # noqa: ARG002
        """Nothing is sent into the past."""
        raise NotPermitted(f"nothing can be sent at block {int(self._block, 16)}: it is past")


class ApeChain(JsonRpc):
    """A chain behind a connected Ape provider; what it sends goes through its courier."""

    def __init__(self, provider: Any, courier: Courier | None = None) -> None:
        # A local node mines only when asked: its latest block may be hours behind its clock.
        local = provider.chain_id in LOCAL_CHAINS
        super().__init__(provider.chain_id, "pending" if local else "latest")
        self._provider = provider
        self.courier = courier

    def request(self, method: str, params: list[Any]) -> Mapping[str, Any]:
        """One exchange, past Ape's own reading of errors, which would lose their revert data."""
        try:
            answer = self._provider.web3.provider.make_request(method, params)
        except Exception as fault:  # noqa: BLE001
            # Whatever a transport raises: refused, cut, late, no JSON, too many requests.
            raise ChainError(
                f"the node of chain {self.chain_id} does not answer ({safe_text(fault)}): "
                "check the network, then repeat the command"
            ) from None
        if not isinstance(answer, dict) or not ("result" in answer or "error" in answer):
            raise ChainError(f"the node answered {method} with something that is no JSON-RPC")
        return answer

    def send(self, sender: str, to: str, data: bytes, note: Note = NO_NOTE) -> Receipt:
        """Simulates first, so that a refusal has its name and nothing is signed for it."""
        if self.courier is None:
            raise NotPermitted(f"no key for {sender} was given to this command")
        wish = Wish(sender, to, data, note)
        if not self.courier.is_known(wish):
            self.call(to, data, sender=sender)
        return self.courier.deliver(wish)


class ApeSigner:
    """An account of Ape's: a key file, a hardware wallet, a service or a test account."""

    def __init__(self, account: Any, ecosystem: Any) -> None:
        self.address: str = to_checksum_address(str(account.address))
        self._account, self._ecosystem = account, ecosystem

    def sign(self, transaction: Mapping[str, Any]) -> bytes:
        """The signed bytes, which nobody has sent."""
        from ape.exceptions import AccountsError  # Ape is slow to import, and only needed here
        from click import Abort

        try:
            signed = self._account.sign_transaction(
                self._ecosystem.create_transaction(**transaction)
            )
        except AccountsError as fault:
            raise ChainError(f"nothing was signed or sent: {safe_text(fault)}") from None
        except Abort:
            signed = None
        if signed is None:
            raise NotPermitted(f"{self.address} did not sign, so this was not sent")
        return bytes(signed.serialize_transaction())
