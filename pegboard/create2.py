"""The same address on every chain: CREATE2 through the deterministic deployment proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_utils import keccak, to_checksum_address

from pegboard.errors import DeploymentError

if TYPE_CHECKING:
    from pegboard.chain import Chain, Receipt

#: The deterministic deployment proxy: takes salt ++ initcode, is here on most chains and on Anvil.
FACTORY = to_checksum_address("0x4e59b44847b379578588920cA78FbF26c0B4956C")
SALT = keccak(text="pegboard/1")


def address_of(initcode: bytes, salt: bytes = SALT) -> str:
    """Where this initcode goes (EIP-1014)."""
    digest = keccak(b"\xff" + bytes.fromhex(FACTORY[2:]) + salt + keccak(initcode))
    return to_checksum_address(digest[12:])


def require_factory(chain: Chain) -> None:
    """Refuses a chain that lacks the proxy."""
    if not chain.code(FACTORY):
        raise DeploymentError(
            f"chain {chain.chain_id} has no deterministic deployment proxy at {FACTORY}: "
            "send its well-known pre-signed transaction first"
        )


def deploy(
    chain: Chain, initcode: bytes, *, sender: str, salt: bytes = SALT
) -> tuple[str, Receipt | None]:
    """Creates the contract unless it is there already; the receipt is None then."""
    address = address_of(initcode, salt)
    if chain.code(address):
        return address, None
    receipt = chain.send(sender, FACTORY, salt + initcode)
    if not chain.code(address):
        raise DeploymentError(f"nothing was created at {address} by {receipt.tx}")
    return address, receipt
