// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IExpelling} from "interfaces/IExpelling.sol";

/// @title Who may do what, and how long they must wait
/// @notice OpenZeppelin's AccessManager with a removal that never waits, and an ADMIN that can never be nobody.
/// @dev The deployer configures it in the first minutes as ADMIN without delay, then hands ADMIN over and drops it.
contract Authority is AccessManager, IExpelling {
    using EnumerableSet for EnumerableSet.AddressSet;

    EnumerableSet.AddressSet private _admins;

    constructor(address initialAdmin) AccessManager(initialAdmin) {}

    function admins() external view returns (address[] memory) {
        return _admins.values();
    }

    /// @dev The selector is mapped to a role on this very contract; granting goes the slow way.
    function expel(uint64 roleId, address account, bytes32 ref) external onlyAuthorized {
        if (_revokeRole(roleId, account)) emit Expelled(roleId, account, _msgSender(), ref);
    }

    /* INSIDE */

    function _grantRole(uint64 roleId, address account, uint32 grantDelay, uint32 executionDelay)
        internal
        override
        returns (bool newMember)
    {
        if (account == address(0)) revert InvalidMember(account);
        newMember = AccessManager._grantRole(roleId, account, grantDelay, executionDelay);
        // A second grant finds the account there already.
        // slither-disable-next-line unused-return
        if (roleId == ADMIN_ROLE) _admins.add(account);
    }

    function _revokeRole(uint64 roleId, address account) internal override returns (bool) {
        if (roleId == ADMIN_ROLE && _admins.contains(account)) {
            if (!_hasOtherAdmin(account)) revert LastAdmin(account);
            // It is there: `contains` said so.
            // slither-disable-next-line unused-return
            _admins.remove(account);
        }
        return AccessManager._revokeRole(roleId, account);
    }

    function _hasOtherAdmin(address account) private view returns (bool) {
        for (uint256 i; i < _admins.length(); ++i) {
            address other = _admins.at(i);
            if (other == account) continue;
            (bool inEffect,) = hasRole(ADMIN_ROLE, other);
            if (inEffect) return true;
        }
        return false;
    }
}
