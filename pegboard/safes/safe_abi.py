"""The functions, code and storage of a Safe (1.3.0 and 1.4.1) that the library uses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pegboard.contract import Abi

#: Keccak256 of the runtime code of the released singletons (Safe, then SafeL2) and proxies.
SINGLETONS = {
    "bba688fbdb21ad2bb58bc320638b43d94e7d100f6f3ebaab0a4e4de6304b1c2e": "1.3.0",
    "21842597390c4c6e3c1239e434a682b054bd9548eee5e9b1d6a4482731023c0f": "1.3.0",
    "1fe2df852ba3299d6534ef416eefa406e56ced995bca886ab7a553e6d0c5e1c4": "1.4.1",
    "b1f926978a0f44a2c0ec8fe822418ae969bd8c3f18d61e5103100339894f81ff": "1.4.1",
}
PROXIES = frozenset(
    {
        "b89c1b3bdf2cf8827818646bce9a8f6e372885f8c55e5c07acbd307cb133b000",
        "d7d408ebcd99b2b70be43e20253d6d92a8ea8fab29bd3be7f55b10032331fb4c",
    }
)
#: Storage words without a view (keccak256 of guard_manager.guard.address, and of its handler's).
GUARD_SLOT = 0x4A204F620C8C5CCDCA3FD54D003BADD85BA500436A431F0CBDA4F558C93C34C8
HANDLER_SLOT = 0x6C9A6C4A39284E37ED1CF53D337577D14212A4870FB976A4366C693B939918D5
#: Head and end of a Safe's lists.
SENTINEL = "0x0000000000000000000000000000000000000001"
_FIELDS = (
    "address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas, "
    "uint256 gasPrice, address gasToken, address refundReceiver"
)
_FUNCTIONS = f"""
nonce() -> uint256
getThreshold() -> uint256
getOwners() -> address[]
getModulesPaginated(address start, uint256 pageSize) -> address[], address
getTransactionHash({_FIELDS}, uint256 _nonce) -> bytes32
execTransaction({_FIELDS}, bytes signatures) -> bool
execTransactionFromModule(address to, uint256 value, bytes data, uint8 operation) -> bool
execTransactionFromModuleReturnData(address to, uint256 value, bytes data, uint8 operation) -> bool
simulateAndRevert(address targetContract, bytes calldataPayload)
approveHash(bytes32 hashToApprove)
addOwnerWithThreshold(address owner, uint256 threshold)
removeOwner(address prevOwner, address owner, uint256 threshold)
swapOwner(address prevOwner, address oldOwner, address newOwner)
changeThreshold(uint256 threshold)
enableModule(address module)
disableModule(address prevModule, address module)
setGuard(address guard)
setFallbackHandler(address handler)
setup(address[] owners, uint256 threshold, address to, bytes data, address fallbackHandler, \
address paymentToken, uint256 payment, address paymentReceiver)
"""
_LINE = re.compile(r"(?P<name>\w+)\((?P<inputs>[^)]*)\)(?: -> (?P<outputs>.+))?")


def _parameters(text: str | None) -> list[dict[str, str]]:
    words = (part.split() for part in (text or "").split(",") if part.strip())
    return [{"type": kind, "name": name[0] if name else ""} for kind, *name in words]


def _function(line: str) -> dict[str, Any]:
    found = _LINE.fullmatch(line)
    assert found, line  # noqa: S101
    return {
        "type": "function",
        "name": found["name"],
        "inputs": _parameters(found["inputs"]),
        "outputs": _parameters(found["outputs"]),
    }


SAFE_ABI: Abi = [_function(line) for line in _FUNCTIONS.strip().splitlines()]
