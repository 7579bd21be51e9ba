// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Handing a whole call over
library Delegation {
    /// @notice Ends the call with what `target` answers to it, run on the caller's own storage. Never returns.
    function forward(address target) internal {
        // Writes above the free memory pointer only, which the caller, who never goes on, cannot miss.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, 0, calldatasize())
            let ok := delegatecall(gas(), target, free, calldatasize(), 0, 0)
            returndatacopy(free, 0, returndatasize())
            if iszero(ok) { revert(free, returndatasize()) }
            return(free, returndatasize())
        }
    }
}
