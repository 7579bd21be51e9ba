"""What the chain remembers of payments: which reference moved what, and who used which nonce."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pegboard.chain import JsonRpc
from pegboard.contract import padded
from pegboard.errors import ChainError
from pegboard.rpc import table
from pegboard.sending.answers import receipt_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pegboard.chain import Receipt
    from pegboard.contract import Contract

#: So many words go into one question to a node.
_TOGETHER = 500
_RECEIPT = ("transactionHash", "blockNumber", "gasUsed", "logs")


@dataclass(frozen=True)
class Transfer:
    """One movement of a token, and the word that was logged just before it.

    `word` is the reference of a transfer, or the nonce of a signed one; `batch` the id of the
    batch that it was a row of.
    """

    sender: str
    to: str
    value: int
    word: bytes = b""
    gasless: bool = False
    batch: bytes = b""


def node_of(contract: Contract) -> JsonRpc:
    """The chain of a contract, where it can be asked for what was."""
    chain = contract.chain
    if not isinstance(chain, JsonRpc):
        raise ChainError("this chain keeps no history: connect to a node")
    return chain


def receipt(chain: JsonRpc, tx: str) -> Receipt:
    """The receipt of a transaction that an event named."""
    found = chain.result("eth_getTransactionReceipt", [tx])
    return receipt_of(table(found, f"the receipt of {tx}", *_RECEIPT))


def transfers(token: Contract, seen: Receipt) -> list[Transfer]:
    """What a transaction moved: a reference or a nonce is that of the Transfer in the next log."""
    before: tuple[str, Mapping[str, Any]] = ("", {})
    found: list[Transfer] = []
    skipped = 0
    for log in seen.logs:
        [(name, said)] = token.events([log]) or [("", {})]
        if name == "Transfer":
            found.append(_transfer(said, *before))
        elif name == "Skipped":
            skipped += 1
        elif name == "Batch":
            # A batch is one call: the rows that it paid are the last ones so far.
            first = len(found) - (said["rows"] - skipped)
            batch = bytes.fromhex(said["batchId"][2:])
            found[first:] = [replace(row, batch=batch) for row in found[first:]]
            skipped = 0
        before = (name, said)
    return found


def _transfer(said: Mapping[str, Any], before: str, words: Mapping[str, Any]) -> Transfer:
    word = b""
    if before == "TransferReference":
        word = bytes.fromhex(words["loggedReference"][2:])
    elif before == "AuthorizationUsed" and words["authorizer"] == said["from"]:
        word = bytes.fromhex(words["nonce"][2:])
    gasless = bool(word) and before == "AuthorizationUsed"
    return Transfer(said["from"], said["to"], said["value"], word, gasless)


def paid_with(token: Contract, payer: str, refs: Collection[bytes]) -> list[tuple[str, Transfer]]:
    """The payer's own payments with one of these references, sent, signed, or rows of a batch.

    Those of others do not count, and neither does nothing, which anybody may move for the payer:
    a stranger could use the reference up.
    """
    chain, wanted = node_of(token), frozenset(refs)
    words = sorted(wanted)
    named = token.topics("TransferReference")[:1]
    signed = token.topics("AuthorizationUsed", authorizer=padded(payer))[:2]
    txs: dict[str, None] = {}
    for first in range(0, len(words), _TOGETHER):
        some = tuple(words[first : first + _TOGETHER])
        for topics in ((*named, some), (*signed, some)):
            txs |= dict.fromkeys(log.tx for log in chain.logs(token.address, topics))
    moved = _moved(token, txs)
    return [(tx, m) for tx, m in moved if m.value and m.sender == payer and m.word in wanted]


def paid_between(token: Contract, payer: str, to: str, value: int) -> list[tuple[str, Transfer]]:
    """All transfers of just this amount between two accounts."""
    ends = {"from": padded(payer), "to": padded(to)}
    logs = node_of(token).logs(token.address, token.topics("Transfer", **ends))
    txs = dict.fromkeys(log.tx for log in logs if int.from_bytes(log.data) == value)
    moved = _moved(token, txs)
    return [(tx, m) for tx, m in moved if (m.sender, m.to, m.value) == (payer, to, value)]


def _moved(token: Contract, txs: Iterable[str]) -> Iterator[tuple[str, Transfer]]:
    chain = node_of(token)
    return ((tx, move) for tx in txs for move in transfers(token, receipt(chain, tx)))


def end_of_nonce(token: Contract, payer: str, nonce: bytes) -> tuple[str, Transfer | None]:
    """The transaction that used a nonce, and what it moved; nothing where it was cancelled."""
    chain = node_of(token)
    words = {"authorizer": padded(payer), "nonce": nonce}
    for log in chain.logs(token.address, token.topics("AuthorizationUsed", **words)):
        for move in transfers(token, receipt(chain, log.tx)):
            if move.gasless and (move.sender, move.word) == (payer, nonce):
                return log.tx, move
    for log in chain.logs(token.address, token.topics("AuthorizationCanceled", **words)):
        return log.tx, None
    raise ChainError(f"the node knows that nonce 0x{nonce.hex()} was used, and not where")
