// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IControls} from "interfaces/IControls.sol";
import {Restricted} from "contracts/Restricted.sol";
import {Ledger} from "contracts/token/Ledger.sol";

/// @title A verb of the issuer: delegated to by a token, and allowed by the Authority
abstract contract Delegated is Ledger, Restricted {
    address private immutable SELF = address(this);

    constructor(address authority_) Restricted(authority_) {}

    modifier verb() {
        if (address(this) == SELF) revert IControls.NotDelegated();
        _authorize();
        _;
    }

    function _requireReference(bytes32 ref) internal pure {
        if (ref == bytes32(0)) revert IControls.ReferenceRequired();
    }
}
