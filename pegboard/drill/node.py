"""A local node of the drill's own, that can die and be started again as it was."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

from eth_account import Account
from eth_utils import to_checksum_address

from pegboard.chain import ApeChain, JsonRpc
from pegboard.errors import ChainError, safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from eth_account.messages import SignableMessage

CHAIN_ID = 31337
#: Anvil's own words, which everybody knows; roles.toml names its accounts TEST::n.
MNEMONIC = "test test test test test test test test test test test junk"
ACCOUNTS = 60
_TRIES, _PAUSE = 200, 0.05


class Key:
    """A key of the test mnemonic."""

    def __init__(self, index: int) -> None:
        Account.enable_unaudited_hdwallet_features()
        path = f"m/44'/60'/0'/0/{index}"
        self._account = Account.from_mnemonic(MNEMONIC, account_path=path)
        self.address: str = to_checksum_address(self._account.address)

    def sign(self, transaction: Mapping[str, Any]) -> bytes:
        """The signed bytes, which nobody has sent."""
        return bytes(self._account.sign_transaction(dict(transaction)).raw_transaction)

    def sign_message(self, message: SignableMessage) -> bytes:
        """A signature as r, s and v."""
        return bytes(self._account.sign_message(message).signature)


class Node(ApeChain):
    """`pegboard.chain.Chain` over an Anvil that this process starts, kills and starts again."""

    def __init__(self, state: Path) -> None:
        JsonRpc.__init__(self, CHAIN_ID, "pending")
        self.courier = None
        self._state = state
        self._process: subprocess.Popen[bytes] | None = None
        #: Called with each method before it is asked, so that a drill can strike in between.
        self.before: Callable[[str], None] = lambda _: None
        self.after: Callable[[str], None] = lambda _: None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]

    def start(self) -> None:
        """Starts it, empty or as it was when it stopped."""
        anvil = shutil.which("anvil")
        if anvil is None:
            raise ChainError("anvil is not on PATH: see docs/operations/README.md, The shell")
        command = [anvil, "--port", str(self._port), "--chain-id", str(CHAIN_ID), "--silent"]
        command += ["--accounts", str(ACCOUNTS), "--mnemonic", MNEMONIC]
        command += ["--state", str(self._state)]
        self._process = subprocess.Popen(command)  # noqa: S603 (our own words, no shell)
        for _ in range(_TRIES):
            try:
                self.result("eth_chainId", [])
            except ChainError:
                time.sleep(_PAUSE)
            else:
                return
        raise ChainError("anvil did not start: run it by hand to see why")

    def die(self) -> None:
        """Stops it in the middle of whatever it does; what waits in its pool is gone."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def request(self, method: str, params: list[Any]) -> Mapping[str, Any]:
        """One exchange."""
        self.before(method)
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            found: Mapping[str, Any] = json.load(connection.getresponse())
        except (OSError, HTTPException, ValueError) as fault:
            raise ChainError(f"the drill's node does not answer ({safe_text(fault)})") from None
        finally:
            connection.close()
        self.after(method)
        return found
