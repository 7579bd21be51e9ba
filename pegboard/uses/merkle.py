"""Merkle trees as OpenZeppelin's libraries make and verify them.

Leaves are hashed twice, so that no inner node can pass for one; the two sides of a node are sorted,
so that a proof is a plain list of hashes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_abi import encode
from eth_utils import keccak

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def leaf(types: Sequence[str], values: Sequence[object]) -> bytes:
    """The leaf of ABI values, such as `StandardMerkleTree` makes it."""
    return keccak(keccak(encode(types, values)))


def _node(one: bytes, other: bytes) -> bytes:
    return keccak(min(one, other) + max(one, other))


def _heap(leaves: Iterable[bytes]) -> list[bytes]:
    """Every node, the root first and the children of n at 2n + 1 and 2n + 2."""
    ordered = sorted(leaves)
    nodes = [b""] * (len(ordered) - 1) + ordered[::-1]
    for at in range(len(ordered) - 2, -1, -1):
        nodes[at] = _node(nodes[2 * at + 1], nodes[2 * at + 2])
    return nodes


def root(leaves: Sequence[bytes]) -> bytes:
    """The root; of nothing there is none."""
    if not leaves:
        raise ValueError("a tree needs a leaf")
    return _heap(leaves)[0]


def proof(leaves: Sequence[bytes], of: bytes) -> list[bytes]:
    """The sisters on the way from a leaf to the root."""
    nodes = _heap(leaves)
    at, found = nodes.index(of, len(leaves) - 1), []
    while at:
        found.append(nodes[at + 1 if at % 2 else at - 1])
        at = (at - 1) // 2
    return found


def proves(of: bytes, path: Iterable[bytes], to: bytes) -> bool:
    """Whether a proof leads from a leaf to this root."""
    for sister in path:
        of = _node(of, sister)
    return of == to
