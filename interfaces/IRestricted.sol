// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title A contract whose privileged verbs are governed by the Authority
/// @notice The part of OpenZeppelin's `IAccessManaged` that an `AccessManager` needs of a target, without the setter.
interface IRestricted {
    /// @notice The caller has no role that allows this verb.
    error AccessManagedUnauthorized(address caller);
    /// @notice Delayed operations are scheduled in the Authority and then called here directly, never through `execute`,
    /// so that events name the person and one member cannot count twice.
    error CallerIsAuthority();

    /// @notice The AccessManager that decides; fixed for ever.
    function authority() external view returns (address);
    /// @notice Its own selector while a scheduled operation is being consumed, else zero.
    function isConsumingScheduledOp() external view returns (bytes4);
}
