// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Shared code behind many contracts
interface IDelegated {
    /// @notice This code works only when another contract delegates to it.
    error NotDelegated();
}
