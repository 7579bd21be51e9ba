// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title What the Authority adds to OpenZeppelin's AccessManager
interface IExpelling {
    /// @notice Someone must remain who can administer: the last ADMIN whose grant is in effect cannot be removed.
    error LastAdmin(address account);
    /// @notice A role granted to address zero would be nobody's.
    error InvalidMember(address account);

    /// @notice A member of `roleId` was removed without delay.
    event Expelled(uint64 indexed roleId, address indexed account, address operator, bytes32 indexed ref);

    /// @notice Who holds a role, grants that are not yet in effect included; in no promised order.
    function members(uint64 roleId) external view returns (address[] memory);

    /* EXPELLER */

    /// @notice Takes `roleId` from `account` at once; what it has scheduled cannot be executed unless the role is granted to
    /// it again, so cancel it before that.
    function expel(uint64 roleId, address account, bytes32 ref) external;
}
