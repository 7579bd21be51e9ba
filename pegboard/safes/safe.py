"""A Safe as the sender: what it is on chain, and the transactions that its owners sign.

No service takes part: the chain says what the Safe is, and files carry what its owners sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_checksum_address

from pegboard.contract import Contract
from pegboard.errors import ChainError, InputError, NotPermitted
from pegboard.safes import multisend
from pegboard.safes.safe_abi import (
    GUARD_SLOT,
    HANDLER_SLOT,
    PROXIES,
    SAFE_ABI,
    SENTINEL,
    SINGLETONS,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eth_account.messages import SignableMessage

    from pegboard.chain import Chain
    from pegboard.contract import Call

CALL, DELEGATECALL = 0, 1
NOBODY = "0x" + "00" * 20
_FIELDS = (
    *(("to", "address"), ("value", "uint256"), ("data", "bytes"), ("operation", "uint8")),
    *(("safeTxGas", "uint256"), ("baseGas", "uint256"), ("gasPrice", "uint256")),
    *(("gasToken", "address"), ("refundReceiver", "address"), ("nonce", "uint256")),
)
_TYPES = {"SafeTx": [{"name": name, "type": kind} for name, kind in _FIELDS]}
_MODULES = 100


#: The code hash of CompatibilityFallbackHandler 1.4.1. The Safe calls its handler with whatever it
#: does not know itself, for anybody: another one, such as a token, would take that as the Safe's.
HANDLER = "7c6007a5d711cea8dfd5d91f5940ec29c7f200fe511eb1fc1397b367af3c42f9"


@dataclass(frozen=True)
class Safe:
    """A Safe as it is on chain now."""

    chain_id: int
    address: str
    version: str
    singleton: str
    nonce: int
    threshold: int
    owners: tuple[str, ...]
    modules: tuple[str, ...]
    guard: str
    handler: str
    handler_is_released: bool

    @property
    def warnings(self) -> list[str]:
        """What lets others than its owners act as it, or stops it."""
        found = [f"the module {module} acts without any signature" for module in self.modules]
        if int(self.guard, 16):
            found.append(f"the guard {self.guard} can refuse every transaction")
        if not self.handler_is_released:
            found.append(f"the handler {self.handler} is called as this Safe by anybody")
        if self.threshold == 1:
            found.append("one signature is enough")
        return found


@dataclass(frozen=True)
class SafeTx:
    """What the owners sign; the gas fields are zero, so that it succeeds whole or not at all."""

    chain_id: int
    safe: str
    nonce: int
    to: str
    value: int
    data: bytes
    operation: int
    safe_tx_gas: int = 0
    base_gas: int = 0
    gas_price: int = 0
    gas_token: str = NOBODY
    refund_receiver: str = NOBODY

    @property
    def arguments(self) -> tuple[Any, ...]:
        """All but the number, in the Safe's order."""
        return (
            *(self.to, self.value, self.data, self.operation, self.safe_tx_gas, self.base_gas),
            *(self.gas_price, self.gas_token, self.refund_receiver),
        )

    @cached_property
    def signable(self) -> SignableMessage:
        """The EIP-712 message."""
        domain = {"chainId": self.chain_id, "verifyingContract": self.safe}
        values = (*self.arguments, self.nonce)
        message = {name: value for (name, _), value in zip(_FIELDS, values, strict=True)}
        return encode_typed_data(domain, _TYPES, message)

    @property
    def domain_hash(self) -> bytes:
        """The first of the two hashes that a hardware wallet shows."""
        return bytes(self.signable.header)

    @property
    def message_hash(self) -> bytes:
        """The second of the two hashes that a hardware wallet shows."""
        return bytes(self.signable.body)

    @property
    def hash(self) -> bytes:
        """What is signed, and what the Safe's own log calls the transaction."""
        return keccak(b"\x19\x01" + self.domain_hash + self.message_hash)


# Reading


def contract_of(chain: Chain, address: str) -> Contract:
    """A Safe as a contract."""
    return Contract(chain, address, SAFE_ABI)


def read_safe(chain: Chain, address: str) -> Safe:
    """A Safe as it is now; refuses code that is not of a released Safe."""
    address = to_checksum_address(address)
    code = chain.code(address)
    if not code:
        raise InputError(
            f"there is no Safe at {address} on chain {chain.chain_id}: check the address and the "
            "network"
        )
    singleton = to_checksum_address((chain.storage(address, 0) % 2**160).to_bytes(20))
    version = SINGLETONS.get(keccak(chain.code(singleton)).hex())
    if keccak(code).hex() not in PROXIES or version is None:
        raise InputError(
            f"{address} has not the code of a Safe {' or '.join(sorted(set(SINGLETONS.values())))}"
            ": nothing is signed for it"
        )
    safe = contract_of(chain, address)
    modules, following = safe.call("getModulesPaginated", SENTINEL, _MODULES)
    if following not in (SENTINEL, NOBODY):
        raise NotPermitted(f"{address} has more than {_MODULES} modules: nothing is signed for it")
    handler = _address_at(chain, address, HANDLER_SLOT)
    return Safe(
        chain_id=chain.chain_id,
        address=address,
        version=version,
        singleton=singleton,
        nonce=safe.call("nonce"),
        threshold=safe.call("getThreshold"),
        owners=tuple(to_checksum_address(owner) for owner in safe.call("getOwners")),
        modules=tuple(to_checksum_address(module) for module in modules),
        guard=_address_at(chain, address, GUARD_SLOT),
        handler=handler,
        handler_is_released=not int(handler, 16) or keccak(chain.code(handler)).hex() == HANDLER,
    )


def _address_at(chain: Chain, address: str, slot: int) -> str:
    return to_checksum_address((chain.storage(address, slot) % 2**160).to_bytes(20))


# Proposing


def transaction(
    safe: Safe, calls: Sequence[Call], nonce: int, batcher: str = multisend.CANONICAL
) -> SafeTx:
    """One transaction of the Safe for one call or several, which succeed together or not at all."""
    if not calls:
        raise InputError("there is nothing to propose")
    if len(calls) == 1:
        return SafeTx(safe.chain_id, safe.address, nonce, calls[0].to, 0, calls[0].data, CALL)
    data = multisend.pack(multisend.Piece(call.to, 0, call.data) for call in calls)
    return SafeTx(safe.chain_id, safe.address, nonce, batcher, 0, data, DELEGATECALL)


def rejection(tx: SafeTx) -> SafeTx:
    """What uses the number of a transaction up, so that it can never be executed."""
    return SafeTx(tx.chain_id, tx.safe, tx.nonce, tx.safe, 0, b"", CALL)


def require_signable(chain: Chain, tx: SafeTx, batcher: str = multisend.CANONICAL) -> Safe:
    """Refuses what no owner should sign; the Safe as it is, if this can be signed."""
    if tx.chain_id != chain.chain_id:
        raise InputError(f"it is for chain {tx.chain_id}, and this is chain {chain.chain_id}")
    safe = read_safe(chain, tx.safe)
    gas = (tx.safe_tx_gas, tx.base_gas, tx.gas_price, int(tx.gas_token, 16))
    if any(gas) or int(tx.refund_receiver, 16):
        raise NotPermitted(
            "it sets gas fields, by which the Safe could pay somebody, or pass over a failure: "
            "only a transaction whose gas fields are all zero is signed"
        )
    if tx.operation != CALL:
        _require_batch(chain, tx, batcher)
    computed = bytes.fromhex(
        contract_of(chain, safe.address).call("getTransactionHash", *tx.arguments, tx.nonce)[2:]
    )
    if computed != tx.hash:
        raise ChainError(
            f"the Safe computes the hash 0x{computed.hex()}, and not 0x{tx.hash.hex()}: nothing "
            "was signed; check the node"
        )
    if tx.nonce < safe.nonce:
        raise NotPermitted(
            f"number {tx.nonce} of the Safe was used meanwhile, and it is at {safe.nonce}: "
            "propose it anew if it is still wanted"
        )
    return safe


def _require_batch(chain: Chain, tx: SafeTx, batcher: str) -> None:
    if tx.operation != DELEGATECALL or tx.to != batcher or tx.value:
        raise NotPermitted(
            f"a delegatecall to {tx.to} could change anything of the Safe: only batches through "
            f"MultiSendCallOnly at {batcher} are signed"
        )
    if keccak(chain.code(batcher)).hex() != multisend.CODE_HASH:
        raise NotPermitted(
            f"the code at {batcher} is not that of MultiSendCallOnly 1.4.1 on chain "
            f"{chain.chain_id}: give the calls one by one"
        )
    multisend.unpack(tx.data)


def pieces(tx: SafeTx) -> tuple[multisend.Piece, ...]:
    """The calls that the Safe makes, one by one."""
    if tx.operation == CALL:
        return (multisend.Piece(tx.to, tx.value, tx.data),)
    return multisend.unpack(tx.data)
