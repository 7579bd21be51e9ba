// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AuthorityUtils} from "@openzeppelin/contracts/access/manager/AuthorityUtils.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IRestricted} from "interfaces/IRestricted.sol";

/// @title Verbs that only the Authority's roles may call
/// @notice AccessManaged with an immutable authority, and closed to the authority's own `execute`.
abstract contract Restricted is IRestricted {
    address public immutable authority;
    bool private transient _consuming;

    constructor(address authority_) {
        authority = authority_;
    }

    /// @notice Passes callers whose role allows this selector, at once or by an operation that they scheduled.
    modifier restricted() {
        _authorize();
        _;
    }

    function isConsumingScheduledOp() external view returns (bytes4) {
        return _consuming ? this.isConsumingScheduledOp.selector : bytes4(0);
    }

    function _authorize() internal {
        if (msg.sender == authority) revert CallerIsAuthority();
        (bool immediate, uint32 delay) = AuthorityUtils.canCallWithDelay(authority, msg.sender, address(this), msg.sig);
        if (immediate) return;
        if (delay == 0) revert AccessManagedUnauthorized(msg.sender);
        _consuming = true;
        IAccessManager(authority).consumeScheduledOp(msg.sender, msg.data);
        _consuming = false;
    }
}
