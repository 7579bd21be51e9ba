// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDelegated} from "interfaces/IDelegated.sol";
import {Restricted} from "contracts/Restricted.sol";

/// @title Code that works only for contracts that delegate to it
abstract contract Delegated is IDelegated, Restricted {
    address private immutable SELF = address(this);

    /// @notice Works only for a contract that delegates here.
    modifier onlyDelegated() {
        if (address(this) == SELF) revert NotDelegated();
        _;
    }

    /// @notice A verb of the issuer: delegated to, and allowed by the Authority.
    modifier verb() {
        if (address(this) == SELF) revert NotDelegated();
        _authorize();
        _;
    }
}
