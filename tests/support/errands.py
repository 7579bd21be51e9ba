"""One errand for a courier, a mint on a real node, and what must be true however it went."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eth_account import Account
from eth_utils import keccak

from pegboard.chains import load_chains
from pegboard.sending.courier import Courier
from pegboard.sending.journal import Journal, Note, Wish
from tests.support.faulty import Wire
from tests.support.world import ROOT, key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pegboard.chains import ChainConfig
    from tests.support.anvil import AnvilChain
    from tests.support.world import World

MINTER, OTHER = 4, 3
AMOUNT = 10_000_000


class KeySigner:
    """A test account's key."""

    def __init__(self, index: int) -> None:
        self.address = key(index).address
        self._key = key(index).key
        self.signed = 0

    def sign(self, transaction: Mapping[str, Any]) -> bytes:
        self.signed += 1
        return bytes(Account.sign_transaction(dict(transaction), self._key).raw_transaction)


def quick(**changes: Any) -> ChainConfig:
    """The local chain, with little patience."""
    return replace(load_chains(ROOT / "chains.toml")[31337], patience=3, bump_after=1, **changes)


@dataclass
class Errand:
    """The same order, again and again, through one journal."""

    world: World
    folder: Path
    port: int
    config: ChainConfig

    @property
    def node(self) -> AnvilChain:
        """The node itself, past every fault."""
        return self.world.chain

    def journal(self, name: str = "journal") -> Journal:
        """The journal, as a new process opens it."""
        genesis = self.node.result("eth_getBlockByNumber", ["0x0", False])["hash"]
        return Journal(self.folder / f"{name}.sqlite", 31337, genesis)

    def courier(self, name: str = "journal", **changes: Any) -> Courier:
        """A courier, as a new process makes one."""
        signers = {s.address: s for s in (KeySigner(MINTER), KeySigner(OTHER))}
        told: list[str] = []
        courier = Courier(Wire(self.port), self.journal(name), self.config, signers, told.append)
        return replace(courier, **changes) if changes else courier

    def wish(self, number: int = 0, amount: int = AMOUNT) -> Wish:
        """A mint of some credit."""
        ref = keccak(text=f"credit {number}")
        data = self.world.token.encode("mint", key(OTHER).address, amount, ref)
        note = Note(f"mint {number}", f"mint of HKD {number}", "HKD", amount)
        return Wish(key(MINTER).address, self.world.token.address, data, note)

    def minted(self) -> list[int]:
        """What every mint created, by the events of the present chain."""
        topics = self.world.token.topics("Transfer", **{"from": bytes(32)})
        logs = self.node.logs(self.world.token.address, topics)
        return [int.from_bytes(log.data) for log in logs]

    def count(self, index: int = MINTER) -> int:
        """How many transactions an account has on the present chain."""
        return int(self.node.result("eth_getTransactionCount", [key(index).address, "latest"]), 16)
