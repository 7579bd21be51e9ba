// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A contract wallet with one key, and ways to misbehave, for tests
contract SmartWallet is IERC1271 {
    enum Manner {
        HONEST,
        REVERTS_WITH_MAGIC,
        ANSWERS_LONG,
        ANSWERS_SHORT,
        SPOILED_MAGIC
    }

    address public immutable KEY;
    Manner public manner;

    constructor(address key) {
        KEY = key;
    }

    function behave(Manner next) external {
        manner = next;
    }

    function execute(address target, bytes calldata data) external returns (bytes memory) {
        (bool ok, bytes memory answer) = target.call(data);
        if (!ok) {
            // Passes the refusal on as it is; memory is not used again.
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        return answer;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        bytes32 magic = bytes32(IERC1271.isValidSignature.selector);
        if (manner == Manner.REVERTS_WITH_MAGIC) {
            // A revert whose data is the magic value must not count as a yes.
            assembly ("memory-safe") {
                mstore(0, magic)
                revert(0, 32)
            }
        }
        (address signer,,) = ECDSA.tryRecoverCalldata(hash, signature);
        if (signer != KEY) return 0xffffffff;
        if (manner == Manner.SPOILED_MAGIC) magic |= bytes32(uint256(1));
        uint256 length = manner == Manner.ANSWERS_SHORT ? 4 : manner == Manner.ANSWERS_LONG ? 64 : 32;
        // Answers in the length that was asked for; memory is not used again.
        assembly ("memory-safe") {
            mstore(0, magic)
            mstore(32, 0)
            return(0, length)
        }
    }
}
