// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The EIP-712 hash of terms that lie in calldata
library TermsHash {
    /// @notice hashStruct of a struct without dynamic members: its type hash, then its members as they stand in calldata.
    /// @dev 400 to 700 gas less than encoding them. Members are not cleaned: whoever reads one gets it checked by the
    /// compiler, and a dirty one that nobody reads has another hash than the one that was signed.
    /// @param terms Where the struct begins in calldata.
    /// @param members How many words it has.
    function hashStruct(bytes32 typeHash, uint256 terms, uint256 members) internal pure returns (bytes32 hash) {
        // Writes only above the free memory pointer, and nothing there is expected to be zero.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), terms, shl(5, members))
            hash := keccak256(free, add(0x20, shl(5, members)))
        }
    }
}
