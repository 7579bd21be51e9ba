"""Tokens and accounts that do what they should not, compiled from the text here."""

from __future__ import annotations

from enum import IntEnum, auto
from functools import cache
from typing import TYPE_CHECKING, Any

from pegboard.contract import Artifact, Contract
from tests.support.world import artifacts, key
from tests.unit.solc import compiled

if TYPE_CHECKING:
    from collections.abc import Iterable

#: One step of a script: whom to call with what.
Step = tuple[str, bytes]

SOURCE = """
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Does what it was told as soon as somebody gives it the chance, and notes how that went.
abstract contract Script {
    struct Step {
        address to;
        bytes data;
    }

    Step[] private _steps;
    bool[] private _passed;
    bytes[] private _answers;
    bool private _running;
    uint256 public calls;

    function plan(Step[] calldata steps) external {
        delete _steps;
        delete _passed;
        delete _answers;
        calls = 0;
        for (uint256 i; i < steps.length; ++i) _steps.push(Step(steps[i].to, steps[i].data));
    }

    function act() external {
        _run();
    }

    function results() external view returns (bool[] memory, bytes[] memory) {
        return (_passed, _answers);
    }

    function execute(address to, bytes calldata data) external {
        (bool ok, bytes memory answer) = to.call(data);
        if (!ok) assembly { revert(add(answer, 0x20), mload(answer)) }
    }

    function _run() internal {
        ++calls;
        if (_running) return;
        _running = true;
        for (uint256 i; i < _steps.length; ++i) {
            (bool ok, bytes memory answer) = _steps[i].to.call(_steps[i].data);
            _passed.push(ok);
            _answers.push(answer);
        }
        _running = false;
    }
}

/// An account with code: whoever calls it back sets it off; it signs everything.
contract Listener is Script {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }

    fallback() external {
        _run();
        // Any hook that asks for its own selector (ERC-1363) gets it.
        assembly {
            calldatacopy(0, 0, 4)
            return(0, 32)
        }
    }
}

contract HostileToken is Script {
    enum Manner {
        HONEST, FEE, KEEPS, GIVES_MORE, TAKES, ANSWERS_FALSE, ANSWERS_NOTHING, ANSWERS_SHORT, LIES,
        REVERTS, HOOKS_OWN, HOOKS_777, HOOKS_1363
    }
    enum View { HONEST, REVERTS, NOTHING, SHORT, LONG, MOST, BURNS, FLOODS }

    error Called();

    mapping(address => uint256) private _balances;
    mapping(address => mapping(address => uint256)) private _allowances;
    mapping(address => uint256) private _claimed;
    Manner public manner;
    View public view_;
    bool public screams;
    uint8 public constant decimals = 6;
    string public constant currency = "HKD";
    string public constant name = "Pegboard HKD";
    uint256 public totalSupply;

    function give(address to, uint256 value) external {
        _balances[to] += value;
        totalSupply += value;
    }

    function behave(Manner manner_, View next) external {
        (manner, view_) = (manner_, next);
    }

    function scream() external {
        screams = true;
    }

    /* WHAT A TOKEN IS ASKED */

    function balanceOf(address account) external view returns (uint256) {
        return _answer(_balances[account] + _claimed[account]);
    }

    function allowance(address owner, address spender) external view returns (uint256) {
        return _answer(_allowances[owner][spender]);
    }

    function canSend(address) external view returns (bool) {
        if (screams) revert Called();
        return true;
    }

    function canReceive(address) external view returns (bool) {
        if (screams) revert Called();
        return true;
    }

    function canTransfer(address, address, uint256) external view returns (bool) {
        if (screams) revert Called();
        return true;
    }

    function pausedSeconds() external view returns (uint40) {
        if (screams) revert Called();
        return 0;
    }

    /* WHAT A TOKEN IS TOLD */

    function approve(address spender, uint256 value) external returns (bool) {
        _allowances[msg.sender][spender] = value;
        return true;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        return _end();
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = _allowances[from][msg.sender];
        require(allowed >= value, "not allowed");
        if (allowed != type(uint256).max) _allowances[from][msg.sender] = allowed - value;
        _move(from, to, value);
        return _end();
    }

    /// Asks for no signature.
    function receiveWithAuthorization(
        address from, address to, uint256 value, uint256, uint256, bytes32, bytes calldata
    ) external {
        _move(from, to, value);
    }

    fallback() external {
        if (screams) revert Called();
        _run();
        assembly {
            mstore(0, 1)
            return(0, 32)
        }
    }

    /* INSIDE */

    function _move(address from, address to, uint256 value) private {
        if (screams) revert Called();
        if (manner == Manner.REVERTS) revert Called();
        if (manner == Manner.KEEPS) return;
        if (manner == Manner.LIES) {
            _claimed[to] += value;
            return;
        }
        if (manner == Manner.HOOKS_OWN) _run();
        if (manner == Manner.HOOKS_777) _tell(from, "tokensToSend(address,address,uint256)", value);
        _balances[from] -= value;
        if (manner == Manner.FEE) _balances[to] += value - 1;
        else if (manner == Manner.GIVES_MORE) _balances[to] += value + 1;
        else if (manner == Manner.TAKES) _balances[to] -= 1;
        else _balances[to] += value;
        if (manner == Manner.HOOKS_OWN) _run();
        if (manner == Manner.HOOKS_777) _tell(to, "tokensReceived(address,address,uint256)", value);
        if (manner == Manner.HOOKS_1363) {
            _tell(to, "onTransferReceived(address,address,uint256,bytes)", value);
        }
    }

    function _tell(address account, string memory hook, uint256 value) private {
        if (account.code.length == 0) return;
        (bool ok,) = account.call(abi.encodeWithSignature(hook, msg.sender, account, value, ""));
        require(ok, "hook failed");
    }

    function _end() private view returns (bool) {
        if (manner == Manner.ANSWERS_FALSE) return false;
        if (manner == Manner.ANSWERS_NOTHING) assembly { return(0, 0) }
        if (manner == Manner.ANSWERS_SHORT) assembly { mstore(0, not(0)) return(0, 31) }
        return true;
    }

    function _answer(uint256 value) private view returns (uint256) {
        if (screams) revert Called();
        if (view_ == View.REVERTS) revert Called();
        if (view_ == View.NOTHING) assembly { return(0, 0) }
        if (view_ == View.SHORT) assembly { mstore(0, not(0)) return(0, 31) }
        if (view_ == View.LONG) assembly { mstore(0, value) return(0, 96) }
        if (view_ == View.MOST) return type(uint256).max;
        if (view_ == View.BURNS) while (true) {}
        // More than half of 30,000,000 gas, which whoever copies the answer pays once more.
        if (view_ == View.FLOODS) assembly { return(0, 3000000) }
        return value;
    }
}
"""


class Manner(IntEnum):
    """What it does when it is to move."""

    HONEST = 0
    FEE = auto()
    KEEPS = auto()
    GIVES_MORE = auto()
    TAKES = auto()
    ANSWERS_FALSE = auto()
    ANSWERS_NOTHING = auto()
    ANSWERS_SHORT = auto()
    LIES = auto()
    REVERTS = auto()
    HOOKS_OWN = auto()
    HOOKS_777 = auto()
    HOOKS_1363 = auto()


class View(IntEnum):
    """What it answers when it is asked for a number."""

    HONEST = 0
    REVERTS = auto()
    NOTHING = auto()
    SHORT = auto()
    LONG = auto()
    MOST = auto()
    BURNS = auto()
    FLOODS = auto()


@cache
def _built() -> dict[str, Any]:
    return compiled({"hostile.sol": SOURCE})["hostile.sol"]


def build(chain: Any, name: str) -> Contract:
    """HostileToken or Listener, new on this chain; errors of the suite are known to it."""
    made = _built()[name]
    code = {k: bytes.fromhex(made["evm"][k]["object"]) for k in ("bytecode", "deployedBytecode")}
    artifact = Artifact(name, made["abi"], code["bytecode"], code["deployedBytecode"])
    address = chain.create(key(69).address, artifact.initcode())
    return Contract(chain, address, artifact.abi, artifacts().errors)


def plan(script: Contract, steps: Iterable[Step]) -> None:
    """What it will do next."""
    script.send("plan", list(steps), sender=key(69).address)


def outcomes(script: Contract) -> list[tuple[bool, bytes]]:
    """How that went, step by step."""
    passed, answers = script.call("results")
    return list(zip(passed, answers, strict=True))
