// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPeggedToken} from "interfaces/IPeggedToken.sol";

/// @title An integrator that reads a balance, for the gas room
/// @notice Compiles against `IPeggedToken.sol` alone.
contract BalanceReader {
    event Read(uint256 balance, uint256 gasUsed);

    function read(IPeggedToken token, address account) external {
        uint256 before = gasleft();
        uint256 balance = token.balanceOf(account);
        emit Read(balance, before - gasleft());
    }
}
