"""A real node of our own: starts Anvil, sends as anybody, and stops it again."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address, to_hex

from pegboard.chain import JsonRpc, Log, Receipt
from pegboard.sending.journal import NO_NOTE, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The most that one transaction may take since Osaka (EIP-7825).
GAS = 2**24


class AnvilChain(JsonRpc):
    """`pegboard.chain.Chain` over a node that this process started; any address may send."""

    def __init__(self, chain_id: int = 31337, *extra: str):
        super().__init__(chain_id)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        anvil = shutil.which("anvil")
        assert anvil, "anvil is not on PATH: run the tests through make"
        command = [anvil, "--port", str(self.port), "--chain-id", str(chain_id), "--silent"]
        command += ["--accounts", "60", "--auto-impersonate", "--hardfork", "osaka", *extra]
        self._process = subprocess.Popen(command)
        self._wait()

    def _wait(self) -> None:
        for _ in range(200):
            try:
                assert int(self.result("eth_chainId", []), 16) == self.chain_id
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError("anvil did not start")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def __enter__(self) -> AnvilChain:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def request(self, method: str, params: list[Any]) -> Mapping[str, Any]:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def send(self, sender: str, to: str, data: bytes, note: Note = NO_NOTE) -> Receipt:
        self.call(to, data, sender=sender)
        return self.transact(sender, to, data)

    def transact(self, sender: str, to: str | None, data: bytes, **fields: Any) -> Receipt:
        """One transaction in a block of its own, as it is, without simulation."""
        transaction = {"from": sender, "data": to_hex(data), "gas": hex(GAS)} | fields
        if to:
            transaction["to"] = to
        tx = self.result("eth_sendTransaction", [transaction])
        receipt = self._receipt(tx)
        assert int(receipt["status"], 16) == 1, f"transaction {tx} reverted"
        logs = tuple(
            Log(
                to_checksum_address(log["address"]),
                tuple(bytes.fromhex(t[2:]) for t in log["topics"]),
                bytes.fromhex(log["data"][2:]),
            )
            for log in receipt["logs"]
        )
        return Receipt(tx, int(receipt["blockNumber"], 16), int(receipt["gasUsed"], 16), logs)

    def _receipt(self, tx: str) -> Mapping[str, Any]:
        for _ in range(400):
            receipt = self.result("eth_getTransactionReceipt", [tx])
            if receipt:
                return receipt
            time.sleep(0.005)
        raise RuntimeError(f"{tx} was not mined")

    def warp(self, seconds: int) -> None:
        """Lets time pass."""
        self.result("evm_increaseTime", [hex(seconds)])
        self.result("anvil_mine", ["0x1"])

    def settle(self) -> None:
        """Waits until the pool is empty: a transaction is answered before it leaves it."""
        while any(int(count, 16) for count in self.result("txpool_status", []).values()):
            time.sleep(0.002)

    def snapshot(self) -> str:
        return str(self.result("evm_snapshot", []))

    def restore(self, point: str) -> None:
        assert self.result("evm_revert", [point]) is True

    def put_code(self, address: str, code: bytes) -> None:
        """Places runtime code, such as an EIP-7702 delegation."""
        self.result("anvil_setCode", [address, to_hex(code)])
