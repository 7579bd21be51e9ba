"""A redemption desk that does what it is told, so that a token is tried with any desk at all."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pegboard import create2
from pegboard.contract import Artifact, Contract, selector_of, signature_of
from tests.support.world import artifacts, key
from tests.unit.solc import compiled

if TYPE_CHECKING:
    from pegboard.chain import Chain, Receipt

SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface Balances {
    function balanceOf(address account) external view returns (uint256);
}

contract Puppet {
    uint256 private immutable SALT;
    /// What the last surrender said, and what the desk had by then.
    address public token;
    address public holder;
    uint256 public value;
    bytes32 public ref;
    uint256 public had;
    uint256 public count;
    bool public refusing;
    address private _next;
    bytes private _data;

    error NotToday(uint256 value);

    constructor(uint256 salt) {
        SALT = salt;
    }

    function refuse(bool yes) external {
        refusing = yes;
    }

    /// What it does within the next surrender.
    function intend(address target, bytes calldata data) external {
        (_next, _data) = (target, data);
    }

    function onSurrender(address holder_, uint256 value_, bytes32 ref_) external returns (uint256) {
        if (refusing) revert NotToday(value_);
        (token, holder, value, ref) = (msg.sender, holder_, value_, ref_);
        had = Balances(msg.sender).balanceOf(address(this));
        if (_next != address(0)) act(_next, _data);
        return ++count;
    }

    function act(address target, bytes memory data) public {
        (bool ok, bytes memory answer) = target.call(data);
        if (!ok) {
            // Passes the refusal on as it is; memory is not used again.
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }
}
"""


@cache
def _artifact() -> Artifact:
    made = compiled({"Puppet.sol": SOURCE})["Puppet.sol"]["Puppet"]
    creation, runtime = made["evm"]["bytecode"], made["evm"]["deployedBytecode"]
    return Artifact(
        "Puppet", made["abi"], bytes.fromhex(creation["object"]), bytes.fromhex(runtime["object"])
    )


class Puppet(Contract):
    """The desk; `act` is anything that it does by itself."""

    def act(self, target: Contract, name: str, *args: Any) -> Receipt:
        """Calls a contract as the desk; a refusal is the contract's own."""
        data = target.encode(name, *args)
        return self.send("act", target.address, data, sender=key(29).address)


def deploy_puppet(chain: Chain, salt: int = 0) -> Puppet:
    """A desk that nobody has appointed; another salt makes another."""
    artifact = _artifact()
    address, _ = create2.deploy(chain, artifact.initcode(salt), sender=key(29).address)
    own = {selector_of(signature_of(x)): x for x in artifact.abi if x["type"] == "error"}
    return Puppet(chain, address, artifact.abi, artifacts().errors | own)
