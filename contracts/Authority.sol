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

    mapping(uint64 roleId => EnumerableSet.AddressSet) private _members;

    constructor(address initialAdmin) AccessManager(initialAdmin) {}

    function members(uint64 roleId) external view returns (address[] memory) {
        return _members[roleId].values();
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
        _members[roleId].add(account);
    }

    function _revokeRole(uint64 roleId, address account) internal override returns (bool) {
        if (roleId == ADMIN_ROLE && _members[roleId].contains(account) && !_hasOtherAdmin(account)) {
            revert LastAdmin(account);
        }
        // Whether it was a member is what the manager answers.
        // slither-disable-next-line unused-return
        _members[roleId].remove(account);
        return AccessManager._revokeRole(roleId, account);
    }

    function _hasOtherAdmin(address account) private view returns (bool) {
        EnumerableSet.AddressSet storage admins = _members[ADMIN_ROLE];
        for (uint256 i; i < admins.length(); ++i) {
            address other = admins.at(i);
            if (other == account) continue;
            (bool inEffect,) = hasRole(ADMIN_ROLE, other);
            if (inEffect) return true;
        }
        return false;
    }
}
