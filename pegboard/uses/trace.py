"""Where a payment is: everything on the chain that carries its UETR, and how settled it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pegboard import rpc
from pegboard.errors import ChainError, InputError, Reverted
from pegboard.uses import history
from pegboard.uses.remittance import reference_for, uetr_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pegboard.chain import JsonRpc, Receipt
    from pegboard.contract import Contract
    from pegboard.suite import Peg, Suite

#: How sure it is: in a block; in one that only a failure of the network undoes; in a final one.
INCLUDED, SAFE, FINAL = "included", "safe", "final"
SENT, SIGNED, ROW, SKIPPED = "transfer", "signed transfer", "batch row", "skipped row"
EXCHANGE, RECEIVABLE = "exchange", "receivable"


@dataclass(frozen=True)
class Amount:
    """Base units of a currency, or of another asset, which has no code."""

    units: int
    token: str
    peg: Peg | None = None


@dataclass(frozen=True)
class Finding:
    """One payment with the UETR: who paid what, and who got what, which differs in an exchange.

    `about` is the batch, the quote or the receivable that it belongs to.
    """

    kind: str
    ref: bytes
    tx: str
    payer: str
    payee: str
    paid: Amount
    received: Amount
    about: str = ""
    block: int = 0
    time: int = 0
    status: str = ""


@dataclass
class Tracer:
    """Looks through one chain; each receipt and block is asked for once."""

    suite: Suite
    chain: JsonRpc
    uetr: str
    #: The whole reference, where the remittance is known: the node then finds it by itself.
    ref: bytes | None = None
    since: int = 0
    _receipts: dict[str, Receipt] = field(default_factory=dict)

    def find(self) -> list[Finding]:
        """Everything that carries the UETR, in the order of the chain."""
        found: list[Finding] = []
        for peg in self.suite.pegs.values():
            found += self._of_token(peg)
        if self.chain.code(self.suite.uses.fx.address):
            found += self._exchanges()
            found += self._receivables()
        placed = (self._placed(finding) for finding in found)
        return sorted(placed, key=lambda finding: (finding.block, finding.tx))

    # Tokens

    def _of_token(self, peg: Peg) -> Iterator[Finding]:
        token = peg.token
        named = self._logs(token, "TransferReference", "loggedReference")
        txs = dict.fromkeys(tx for tx, _ in named)
        # A signed transfer carries its reference as its nonce.
        txs |= dict.fromkeys(tx for tx, _ in self._logs(token, "AuthorizationUsed", "nonce"))
        for tx in txs:
            for move in history.transfers(token, self._receipt(tx)):
                if move.value and self._is_ours(move.word):
                    kind = SIGNED if move.gasless else ROW if move.batch else SENT
                    about = "0x" + move.batch.hex() if move.batch else ""
                    yield self._one(peg, kind, tx, move, about)
        for tx, said in self._logs(token, "Skipped", "ref"):
            payer = self._payer_of(token, tx, said["batchId"])
            ref = bytes.fromhex(said["ref"][2:])
            move = history.Transfer(payer, said["to"], said["value"], ref)
            yield self._one(peg, SKIPPED, tx, move, said["batchId"])

    def _one(self, peg: Peg, kind: str, tx: str, move: history.Transfer, about: str) -> Finding:
        paid = Amount(move.value, peg.token.address, peg)
        got = replace(paid, units=0) if kind == SKIPPED else paid
        return Finding(kind, move.word, tx, move.sender, move.to, paid, got, about)

    def _payer_of(self, token: Contract, tx: str, batch: str) -> str:
        for name, said in token.events(self._receipt(tx).logs):
            if name == "Batch" and said["batchId"] == batch:
                return str(said["payer"])
        raise ChainError(f"transaction {tx} skipped a row of a batch that it did not execute")

    # Uses

    def _exchanges(self) -> Iterator[Finding]:
        for tx, said in self._logs(self.suite.uses.fx, "Settled", "ref"):
            paid = self._amount(said["buyAmount"], said["buy"])
            got = self._amount(said["sellAmount"], said["sell"])
            ref = bytes.fromhex(said["ref"][2:])
            yield Finding(EXCHANGE, ref, tx, said["taker"], said["to"], paid, got, said["quote"])

    def _receivables(self) -> Iterator[Finding]:
        contract = self.suite.uses.receivables
        for tx, said in self._logs(contract, "Paid", "ref"):
            moved = (
                (peg, move)
                for peg in self.suite.pegs.values()
                for move in history.transfers(peg.token, self._receipt(tx))
            )
            ref, parts = bytes.fromhex(said["ref"][2:]), (said["toFinancier"], said["toSeller"])
            for peg, move in moved:
                if move.sender == said["payer"] and move.value and move.value in parts:
                    yield self._one(peg, RECEIVABLE, tx, replace(move, word=ref), said["id"])

    def _amount(self, units: int, token: str) -> Amount:
        pegs = self.suite.pegs.values()
        return Amount(units, token, next((p for p in pegs if p.token.address == token), None))

    # The node

    def _logs(
        self, contract: Contract, event: str, name: str
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The events of a contract whose word of this name begins with the UETR."""
        words = {name: self.ref} if self.ref else {}
        topics = contract.topics(event, **words)
        for log in self.chain.logs(contract.address, topics, self.since):
            [(_, said)] = contract.events([log])
            if self._is_ours(bytes.fromhex(said[name][2:])):
                yield log.tx, said

    def _is_ours(self, word: bytes) -> bool:
        return word == self.ref if self.ref else uetr_of(word) == self.uetr

    def _receipt(self, tx: str) -> Receipt:
        if tx not in self._receipts:
            self._receipts[tx] = history.receipt(self.chain, tx)
        return self._receipts[tx]

    def _placed(self, found: Finding) -> Finding:
        number = self._receipt(found.tx).block
        time = rpc.integer(self.chain.block(hex(number))["timestamp"], "the time of a block")
        return replace(found, block=number, time=time, status=self._status(number))

    def _status(self, number: int) -> str:
        for status, tag in ((FINAL, "finalized"), (SAFE, "safe")):
            if number <= self._height(tag):
                return status
        return INCLUDED

    def _height(self, tag: str) -> int:
        """A chain that knows no such blocks has none: what is there is included, no more."""
        try:
            return rpc.integer(self.chain.block(tag)["number"], f"the {tag} block")
        except Reverted:
            raise
        except ChainError:
            return -1


def trace(
    suite: Suite, uetr: str, remittance: Mapping[str, Any] | None = None, since: int = 0
) -> list[Finding]:
    """Everything on the chain of these currencies that carries a UETR."""
    chain = history.node_of(suite.registry)
    if since > (last := chain.height()):
        raise InputError(f"there is no block {since} yet: the last one is {last}")
    ref = reference_for(uetr, remittance) if remittance is not None else None
    return Tracer(suite, chain, uetr, ref, since).find()
