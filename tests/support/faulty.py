"""A JSON-RPC proxy between the toolkit and a node, which loses, delays, repeats and falsifies."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from pegboard.chain import JsonRpc
from pegboard.errors import ChainError, NotPermitted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: What can happen to one exchange, besides being killed.
DROP_BEFORE, DROP_AFTER, DELAY = "dropped before", "dropped after", "answered late"
TWICE, CUT, EMPTY = "sent twice", "answer cut", "answered null"
BAD_GATEWAY, TOO_MANY, ERROR = "502 after", "429 before", "error after"
OTHER_CHAIN, NONSENSE = "answered for another chain", "answered nonsense"
FAULTS = (
    DROP_BEFORE,
    DROP_AFTER,
    DELAY,
    TWICE,
    CUT,
    EMPTY,
    BAD_GATEWAY,
    TOO_MANY,
    ERROR,
    OTHER_CHAIN,
    NONSENSE,
)
KILL_BEFORE, KILL_AFTER = "killed before", "killed after"


@dataclass
class Proxy:
    """Forwards to a node; `decide` says for each exchange, by number and method, what to do."""

    port_of_node: int
    decide: Callable[[int, str], str | None] = lambda *_: None
    #: Whom a kill hits.
    victim: int = 0
    seen: list[str] = field(default_factory=list)
    done: list[tuple[int, str, str]] = field(default_factory=list)
    late: float = 0.3

    def __enter__(self) -> Proxy:
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self, decide: Callable[[int, str], str | None] = lambda *_: None) -> None:
        """Forgets what was seen, and does this from now on."""
        with self._lock:
            self.seen, self.done, self.decide = [], [], decide

    def verdict(self, method: str) -> str | None:
        with self._lock:
            number = len(self.seen)
            self.seen.append(method)
            fault = self.decide(number, method)
            if fault:
                self.done.append((number, method, fault))
            return fault

    def forward(self, body: bytes) -> bytes:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port_of_node}", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())

    def kill(self) -> None:
        os.kill(self.victim, signal.SIGKILL)


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"
    # Else headers and body would each wait for the other's acknowledgement, 40 ms an exchange.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = json.loads(body)
        fault = self.proxy.verdict(asked["method"])
        if fault in (KILL_BEFORE, DROP_BEFORE):
            if fault == KILL_BEFORE:
                self.proxy.kill()
            self.close_connection = True
            return
        if fault == TOO_MANY:
            self._answer(b'{"error": "slow down"}', status=429)
            return
        answer = self.proxy.forward(body)
        if fault == TWICE:
            answer = self.proxy.forward(body)
        if fault in (KILL_AFTER, DROP_AFTER):
            if fault == KILL_AFTER:
                self.proxy.kill()
            self.close_connection = True
            return
        if fault == DELAY:
            time.sleep(self.proxy.late)
        self._answer(*_changed(answer, fault))

    def _answer(self, body: bytes, status: int = 200) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
        except OSError:
            # Whoever asked is dead.
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Nothing on stderr."""


def _changed(answer: bytes, fault: str | None) -> tuple[bytes, int]:
    told = json.loads(answer)
    if fault == CUT:
        return answer[: len(answer) // 2], 200
    if fault == BAD_GATEWAY:
        return b"<html>bad gateway</html>", 502
    if fault == EMPTY:
        return json.dumps({"jsonrpc": "2.0", "id": told["id"], "result": None}).encode(), 200
    if fault == ERROR:
        error = {"code": -32000, "message": "already known"}
        return json.dumps({"jsonrpc": "2.0", "id": told["id"], "error": error}).encode(), 200
    if fault == OTHER_CHAIN:
        return json.dumps({"jsonrpc": "2.0", "id": told["id"], "result": "0x1"}).encode(), 200
    if fault == NONSENSE:
        result = {"transactionHash": "0x" + "ab" * 32, "hash": "0x" + "cd" * 32, "number": "0x7"}
        return json.dumps({"jsonrpc": "2.0", "id": told["id"], "result": result}).encode(), 200
    return answer, 200


class Wire(JsonRpc):
    """A node behind a port, with a transport's faults told as the toolkit tells them."""

    def __init__(self, port: int, chain_id: int = 31337) -> None:
        super().__init__(chain_id)
        self.port = port

    def request(self, method: str, params: list[Any]) -> Mapping[str, Any]:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}", body.encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                told: Mapping[str, Any] = json.load(answer)
        except (OSError, ValueError, http.client.HTTPException) as fault:
            raise ChainError(f"the node does not answer ({type(fault).__name__})") from None
        return told

    def send(self, *_: Any) -> Any:
        raise NotPermitted("this one only reads")
