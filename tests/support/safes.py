"""Real Safes, from the contracts that Safe publishes, on any chain of the tests."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from eth_abi import decode, encode

from pegboard import create2
from pegboard.contract import Contract, selector_of
from pegboard.safes import multisend
from pegboard.safes.safe_abi import SAFE_ABI
from tests.support.revm import RevmChain
from tests.support.world import ROOT, key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eth_account.signers.local import LocalAccount

    from pegboard.safes.safe import SafeTx

_BUILD = ROOT / "node_modules/@safe-global/safe-contracts/build/artifacts/contracts"
_NOBODY = "0x" + "00" * 20
#: Whoever pays for a Safe's creation, and for its transactions: it has no role.
PAYER = key(30)


class RevmWithSafes(RevmChain):
    """A chain in memory on which a contract may be who calls, as a node's `eth_call` allows."""

    def call(self, to: str, data: bytes, sender: str | None = None) -> bytes:
        code = self.code(sender) if sender else b""
        if not code:
            return super().call(to, data, sender)
        self.put_code(sender, b"")
        try:
            return super().call(to, data, sender)
        finally:
            self.put_code(sender, code)


@cache
def code_of(path: str) -> tuple[bytes, bytes]:
    """The creation and the runtime code of a contract, such as libraries/MultiSendCallOnly."""
    artifact = json.loads((_BUILD / f"{path}.sol/{path.split('/')[-1]}.json").read_text())
    return (
        bytes.fromhex(artifact["bytecode"][2:]),
        bytes.fromhex(artifact["deployedBytecode"][2:]),
    )


def put_batcher(chain: Any) -> str:
    """MultiSendCallOnly where Safe has it on most chains."""
    chain.put_code(multisend.CANONICAL, code_of("libraries/MultiSendCallOnly")[1])
    return multisend.CANONICAL


def make_safe(
    chain: Any,
    owners: Sequence[LocalAccount],
    threshold: int,
    *,
    salt: int = 0,
    singleton: str = "Safe",
) -> Contract:
    """A new Safe of these owners, with the handler that Safe recommends."""

    def deploy(path: str) -> str:
        return create2.deploy(chain, code_of(path)[0], sender=PAYER.address)[0]

    logic, handler = deploy(singleton), deploy("handler/CompatibilityFallbackHandler")
    factory = deploy("proxies/SafeProxyFactory")
    names = [owner.address for owner in owners]
    setup = Contract(chain, logic, SAFE_ABI).encode(
        "setup", names, threshold, _NOBODY, b"", handler, _NOBODY, 0, _NOBODY
    )
    data = selector_of("createProxyWithNonce(address,bytes,uint256)") + encode(
        ["address", "bytes", "uint256"], [logic, setup, salt]
    )
    (address,) = decode(["address"], chain.call(factory, data, PAYER.address))
    chain.send(PAYER.address, factory, data)
    return Contract(chain, address, SAFE_ABI)


def signed(tx: SafeTx, *owners: LocalAccount) -> dict[str, bytes]:
    """The signatures of these owners, as their keys make them."""
    return {o.address: bytes(o.sign_message(tx.signable).signature) for o in owners}
