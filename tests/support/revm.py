"""A chain in memory: the same bytecode, thousands of calls a second."""

from __future__ import annotations

import re

import pyrevm
from eth_utils import keccak, to_checksum_address

from pegboard.chain import Log, Receipt
from pegboard.create2 import FACTORY
from pegboard.errors import ChainError, Reverted
from pegboard.sending.journal import NO_NOTE, Note

#: Runtime code of the deterministic deployment proxy.
FACTORY_CODE = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
)
START = 1_800_000_000
_OUTPUT = re.compile(r"output: 0x([0-9a-f]*)")


class RevmChain:
    """`pegboard.chain.Chain` over pyrevm; any address may send."""

    def __init__(self, chain_id: int = 31337, timestamp: int = START):
        self.chain_id = chain_id
        self.timestamp = timestamp
        self.evm = pyrevm.EVM(env=pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=chain_id)))
        self._set_time()
        self.evm.insert_account_info(FACTORY, pyrevm.AccountInfo(code=FACTORY_CODE))
        self.gas_used = 0

    def _set_time(self) -> None:
        self.evm.set_block_env(
            pyrevm.BlockEnv(timestamp=self.timestamp, number=self.timestamp - START + 1)
        )

    def warp(self, seconds: int) -> None:
        """Lets time pass."""
        self.timestamp += seconds
        self._set_time()

    def now(self) -> int:
        return self.timestamp

    def snapshot(self) -> tuple[pyrevm.JournalCheckpoint, int]:
        return self.evm.snapshot(), self.timestamp

    def restore(self, point: tuple[pyrevm.JournalCheckpoint, int]) -> None:
        checkpoint, self.timestamp = point
        self.evm.revert(checkpoint)
        self._set_time()

    def create(self, sender: str, initcode: bytes) -> str:
        """Deploys without the factory, which would not hand the reason of a refusal on."""
        try:
            return to_checksum_address(self.evm.deploy(sender, initcode))
        except RuntimeError as fault:
            match = _OUTPUT.search(str(fault))
            raise Reverted(bytes.fromhex(match[1]) if match else b"") from fault

    def _message(self, sender: str, to: str, data: bytes, *, static: bool) -> bytes:
        try:
            output = self.evm.message_call(sender, to, calldata=data, is_static=static)
        except RuntimeError as fault:
            if not str(fault).startswith("Revert"):
                raise ChainError(str(fault)) from fault
            match = _OUTPUT.search(str(fault))
            raise Reverted(bytes.fromhex(match[1]) if match else b"") from fault
        finally:
            self.evm.reset_transient_storage()
        return bytes(output)

    def call(self, to: str, data: bytes, sender: str | None = None) -> bytes:
        point = self.evm.snapshot()
        try:
            return self._message(sender or "0x" + "00" * 19 + "01", to, data, static=False)
        finally:
            self.evm.revert(point)

    def send(self, sender: str, to: str, data: bytes, note: Note = NO_NOTE) -> Receipt:
        self._message(sender, to, data, static=False)
        result = self.evm.result
        self.gas_used = result.gas_used
        logs = tuple(
            Log(
                to_checksum_address(log.address),
                tuple(bytes.fromhex(t.removeprefix("0x")) for t in log.topics),
                _log_data(log),
            )
            for log in result.logs
        )
        return Receipt("0x", self.timestamp, result.gas_used, logs)

    def code(self, address: str) -> bytes:
        code = bytes(self.evm.get_code(address) or b"")
        # Analysed code is padded with 33 zeros, which its hash does not cover.
        padded = code and keccak(code) != bytes(self.evm.basic(address).code_hash)
        return code[:-33] if padded else code

    def storage(self, address: str, slot: int) -> int:
        return int(self.evm.storage(address, slot))

    def put_code(self, address: str, code: bytes) -> None:
        """Places runtime code, such as an EIP-7702 delegation."""
        self.evm.insert_account_info(address, pyrevm.AccountInfo(code=code))


def _log_data(log: pyrevm.Log) -> bytes:
    data = log.data
    return bytes(data[1]) if isinstance(data, tuple) else bytes(data)
