// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title A desk to which holders surrender tokens for redemption
interface ISurrenderReceiver {
    /// @notice Called by a token right after `value` of `holder`'s units moved to the desk; the desk must know the token.
    /// @param ref The holder's own reference.
    /// @return id The number of the request that the desk opened.
    function onSurrender(address holder, uint256 value, bytes32 ref) external returns (uint256 id);
}
