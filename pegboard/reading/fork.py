"""A copy of a chain on which calls can be tried: Anvil, forking the node that is connected.

Anvil reads through a relay in this process, so that the node's address, which may carry a key,
stands in no list of processes.
"""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol

from eth_utils import to_checksum_address, to_hex

from pegboard.chain import Chain, JsonRpc, Log, Receipt
from pegboard.errors import ChainError, Reverted
from pegboard.sending.journal import NO_NOTE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from pegboard.sending.journal import Note

#: A storage word of a contract.
Word = tuple[str, int]

#: The most that one transaction may take since Osaka (EIP-7825).
_GAS = 2**24
_START = 20.0
_ANSWER = 120.0
_PAUSE = 0.005
#: What is handed on to the node: reads, so that nothing on this machine sends or mines through it.
_READS = (
    *("eth_chainId", "eth_blockNumber", "eth_gasPrice", "eth_feeHistory", "net_version"),
    *("eth_maxPriorityFeePerGas", "eth_blobBaseFee", "web3_clientVersion", "eth_getLogs"),
    *("eth_getBlockByNumber", "eth_getBlockByHash", "eth_getBlockReceipts", "eth_call"),
    *("eth_getAccountInfo", "eth_getBalance", "eth_getCode", "eth_getStorageAt", "eth_getProof"),
    *("eth_getTransactionByHash", "eth_getTransactionCount", "eth_getTransactionReceipt"),
)


@dataclass(frozen=True)
class Attempt:
    """What became of one call: `revert` is what a refusal answered.

    `words` are the storage words that changed, before and after; `coins` the accounts whose coin
    did; `codes` those whose code did.
    """

    revert: bytes | None
    logs: tuple[Log, ...] = ()
    gas_used: int = 0
    words: Mapping[Word, tuple[int, int]] = field(default_factory=dict)
    coins: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    codes: tuple[str, ...] = ()


class Stage(Chain, Protocol):
    """A copy of a chain, on which anybody's calls can be tried one after the other."""

    def attempt(self, sender: str, to: str, data: bytes, value: int = 0) -> Attempt:
        """Carries one call out as any account, in a block of its own at the same time."""
        ...

    def reads(self, to: str, data: bytes) -> frozenset[Word]:
        """The storage words that a call looks at."""
        ...

    def as_it_is(self) -> Chain:
        """The present state, for comparing with it later."""
        ...


class Fork(JsonRpc):
    """`Stage` over an Anvil of our own, which ends with the `with` block."""

    def __init__(self, source: JsonRpc) -> None:
        super().__init__(source.chain_id)
        self._source = source
        self._relay = _Relay(source)
        self._process: subprocess.Popen[bytes] | None = None
        self._url, self._time = "", 0

    def __enter__(self) -> Fork:
        """Starts it, at the latest block of the chain."""
        anvil = shutil.which("anvil")
        if anvil is None:
            raise ChainError(
                "anvil is not on PATH, so nothing can be tried on a copy of the chain: install "
                "Foundry, or put node_modules/@foundry-rs/anvil-*/bin on PATH after `npm ci`"
            )
        try:
            self._start(anvil)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stops it, whatever happened."""
        self._stop()

    def _start(self, anvil: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._url = f"http://127.0.0.1:{port}"
        command = [anvil, "--port", str(port), "--chain-id", str(self.chain_id)]
        command += ["--fork-url", self._relay.start()]
        # A cache would outlive a local chain that is started anew with the same number.
        command += ["--no-storage-caching", "--silent", "--accounts", "1", "--auto-impersonate"]
        # Without fees no account needs coin that it does not have.
        command += ["--gas-price", "0", "--block-base-fee-per-gas", "0"]
        self._process = subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        ends = time.monotonic() + _START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > ends:
                raise ChainError(
                    "anvil did not start on a copy of the chain: check that the node answers, and "
                    "keeps the state of its latest block"
                )
            time.sleep(_PAUSE)
        self._time = max(self.now(), self._source.now())
        self._at_same_time()
        self.result("evm_mine", [])

    def _answers(self) -> bool:
        try:
            return int(self.result("eth_chainId", []), 16) == self.chain_id
        except ChainError:
            return False

    def _stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._relay.stop()

    def request(self, method: str, params: list[Any]) -> Mapping[str, Any]:
        """One exchange with the copy."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(self._url, body, headers)  # noqa: S310
        try:
            with urllib.request.urlopen(asked, timeout=_ANSWER) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
        except (OSError, ValueError) as fault:
            raise ChainError(f"the copy of the chain does not answer {method}") from fault
        return found

    def send(self, sender: str, to: str, data: bytes, note: Note = NO_NOTE) -> Receipt:  # noqa: ARG002
        """Carries a call out as any account."""
        tried = self.attempt(sender, to, data)
        if tried.revert is not None:
            raise Reverted(tried.revert)
        return Receipt("", self.height(), tried.gas_used, tried.logs)

    def attempt(self, sender: str, to: str, data: bytes, value: int = 0) -> Attempt:
        """Carries one call out as any account, and looks at every word that it changed."""
        call = {"from": sender, "to": to, "data": to_hex(data), "value": hex(value)}
        if value > int(self.result("eth_getBalance", [sender, "latest"]), 16):
            return Attempt(b"")
        try:
            self.result("eth_call", [call, "latest"])
        except Reverted as fault:
            return Attempt(fault.data)
        self._at_same_time()
        fields = {"gas": hex(_GAS), "gasPrice": "0x0"}
        receipt = self._receipt(self.result("eth_sendTransaction", [call | fields]))
        if int(receipt["status"], 16) != 1:
            raise ChainError("a call was taken in simulation, and refused on the copy of the chain")
        logs = tuple(Log.read(log) for log in receipt["logs"])
        trace = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}
        [changed] = self.result("debug_traceBlockByNumber", ["latest", trace])
        return _attempt(changed["result"], logs, int(receipt["gasUsed"], 16))

    def reads(self, to: str, data: bytes) -> frozenset[Word]:
        """The storage words that a call looks at."""
        call = {"to": to, "data": to_hex(data)}
        found = self.result("eth_createAccessList", [call, "latest"])["accessList"]
        return frozenset(
            (to_checksum_address(entry["address"]), int(slot, 16))
            for entry in found
            for slot in entry["storageKeys"]
        )

    def as_it_is(self) -> Chain:
        """The present state, for comparing with it later."""
        return self.at(self.height())

    def _at_same_time(self) -> None:
        """What only time changes is no effect of a call."""
        self.result("evm_setNextBlockTimestamp", [hex(self._time)])

    def _receipt(self, tx: str) -> Mapping[str, Any]:
        ends = time.monotonic() + _START
        while time.monotonic() < ends:
            found: Mapping[str, Any] | None = self.result("eth_getTransactionReceipt", [tx])
            if found:
                return found
            time.sleep(_PAUSE)
        raise ChainError("the copy of the chain includes no transactions")


def _attempt(trace: Mapping[str, Any], logs: tuple[Log, ...], gas_used: int) -> Attempt:
    """What a trace in difference mode says."""
    words: dict[Word, tuple[int, int]] = {}
    coins: dict[str, tuple[int, int]] = {}
    codes = []
    for address in sorted({*trace["pre"], *trace["post"]}):
        account = to_checksum_address(address)
        pre, post = (trace[side].get(address, {}) for side in ("pre", "post"))
        if "code" in post:
            codes.append(account)
        if "balance" in post:
            coins[account] = (int(pre.get("balance", "0x0"), 16), int(post["balance"], 16))
        was, became = (side.get("storage", {}) for side in (pre, post))
        for slot in sorted({*was, *became}):
            change = (int(was.get(slot, "0x0"), 16), int(became.get(slot, "0x0"), 16))
            words[account, int(slot, 16)] = change
    return Attempt(None, logs, gas_used, words, coins, tuple(codes))


class _Relay:
    """Hands requests on to the connected node, for whoever knows the way."""

    def __init__(self, source: JsonRpc) -> None:
        self._source, self._lock = source, threading.Lock()
        self._way = "/" + secrets.token_hex(16)
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> str:
        """Serves in a thread; where."""
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path != relay._way:
                    self.send_error(404)
                    return
                answer = json.dumps(relay.answer(json.loads(body))).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """What is asked is nobody's business."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Anvil hangs up when it ends."""

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}{self._way}"

    def answer(self, asked: Any) -> Any:
        """One exchange, or several at once."""
        if isinstance(asked, list):
            return [self.answer(one) for one in asked]
        head = {"jsonrpc": "2.0", "id": asked.get("id")}
        if asked.get("method") not in _READS:
            return head | {"error": {"code": -32601, "message": "only reads are handed on"}}
        try:
            with self._lock:
                found = self._source.request(asked["method"], asked.get("params") or [])
        except Exception:  # noqa: BLE001
            # Its text may name the node.
            return head | {"error": {"code": -32000, "message": "the node does not answer"}}
        key = "error" if found.get("error") else "result"
        return head | {key: found.get(key)}

    def stop(self) -> None:
        """Serves no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
