"""One question about many accounts in few calls, so that a file of ten thousand takes seconds.

Nothing is deployed: a node runs the creation code below for its answer alone. The code asks a
view of one contract about each address that follows it, and returns all the words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_utils import to_hex

from pegboard import rpc
from pegboard.chain import JsonRpc
from pegboard.config import LOCAL_CHAINS
from pegboard.errors import ChainError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.contract import Contract

#: Accounts in one call: the words come back as if they were code, which has 24,576 bytes at most.
PAGE = 700
WORD = 32


def ask(contract: Contract, view: str, accounts: Sequence[str]) -> list[int]:
    """What a view of one address answers for each account, as a number; true is 1."""
    chain = contract.chain
    if not isinstance(chain, JsonRpc):
        return [int(contract.call(view, account)) for account in accounts]
    found: list[int] = []
    for start in range(0, len(accounts), PAGE):
        page = accounts[start : start + PAGE]
        follows = b"".join(bytes.fromhex(account[2:]) for account in page)
        answer = _run(chain, _reader(contract.address, contract.selector(view)) + follows)
        if len(answer) != 1 + WORD * len(page):
            raise ChainError(
                f"the node answered {len(answer)} bytes when asked {view} of {len(page)} accounts: "
                "use one that runs eth_call without a receiver"
            )
        found += [int.from_bytes(answer[at : at + WORD]) for at in range(1, len(answer), WORD)]
    return found


def which(contract: Contract, view: str, accounts: Sequence[str]) -> set[str]:
    """The accounts for which a view that takes one address answers true."""
    answers = ask(contract, view, accounts)
    return {account for account, answer in zip(accounts, answers, strict=True) if answer}


def _run(chain: JsonRpc, code: bytes) -> bytes:
    block = "pending" if chain.chain_id in LOCAL_CHAINS else "latest"
    return rpc.data(chain.result("eth_call", [{"data": to_hex(code)}, block]), "eth_call")


def _reader(target: str, selector: bytes) -> bytes:
    """Creation code: calldata lies in memory from 0, the answers from 0x81.

    They are returned from 0x80 on: code that begins with 0xef would be refused (EIP-3541), and
    that byte is always zero.
    """
    lines = (
        f"63{selector.hex()}60e01b600052",  # the selector to memory 0
        "6081605c",  # where the next answer goes; where the next address is, first behind the code
        "5b803814605357",  # 0x0f: no address left? go to 0x53
        "601481601039",  # the address to memory 0x10, the last 20 bytes of its word
        f"6020826024600073{target[2:].lower()}",  # its word, and 0x24 bytes of calldata from 0
        "5afa604757",  # staticcall; has it answered? go to 0x47
        "3d600060003e3d6000fd",  # what it was refused with
        "5b6014019060200190600f56",  # 0x47: the next address, the next answer, back to 0x0f
        "5b50608090036080f3",  # 0x53: return from 0x80 to where the answers end
    )
    return bytes.fromhex("".join(lines))
