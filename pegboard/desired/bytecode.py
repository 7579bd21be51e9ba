"""Whether the code of a contract is what our sources make of its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from eth_utils import keccak, to_hex

from pegboard import rpc
from pegboard.chain import JsonRpc
from pegboard.errors import ChainError
from pegboard.suite import contracts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pegboard.chain import Chain
    from pegboard.suite import Suite


@runtime_checkable
class Creating(Protocol):
    """A chain that tells what a creation would leave behind."""

    def created(self, address: str, initcode: bytes) -> bytes:
        """The runtime code that this initcode makes at this address, which is thought empty."""
        ...


def created(chain: Chain, address: str, initcode: bytes) -> bytes:
    """The runtime code of a creation that is only thought.

    A node runs the initcode as if it were the code of the address, over empty storage: its own
    address and its arguments are then those of the real creation, and so are its immutables.
    """
    if isinstance(chain, Creating):
        return chain.created(address, initcode)
    if not isinstance(chain, JsonRpc):
        raise ChainError(f"chain {chain.chain_id} runs no creation that is only thought")
    thought = {address: {"code": to_hex(initcode), "state": {}}}
    call = {"to": address, "data": "0x"}
    return rpc.data(chain.result("eth_call", [call, "latest", thought]), "eth_call")


def code_faults(suite: Suite, codes: Iterable[str] = ()) -> Iterator[str]:
    """What stands at an address of the suite and is not what the release makes there."""
    for name, contract, initcode in contracts(suite, codes):
        found = suite.chain.code(contract.address)
        if not found:
            continue
        try:
            made = created(suite.chain, contract.address, initcode)
        except ChainError as fault:
            yield f"the code of the {name} at {contract.address} could not be verified: {fault}"
            continue
        if found != made:
            yield (
                f"the code of the {name} at {contract.address} is not what this release makes "
                f"(0x{keccak(found).hex()}, and not 0x{keccak(made).hex()})"
            )
