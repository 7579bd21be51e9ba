// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title What every use that holds tokens has in common
/// @notice What it holds of a token is exactly what it owes: open amounts and credits; what strangers send it is neither.
/// A share whose owner may not receive is credited and waits; an amount whose owner may not send does not leave.
/// @dev No owner and no upgrade. Tokens are taken from the CurrencyRegistry only. Deadlines of what is held are extended by
/// the seconds for which the token's transfers were paused.
interface IEscrow {
    /* EVENTS */

    /// @notice `value` is kept for `account`, which may not receive now.
    event Credited(address indexed token, address indexed account, uint256 value);
    /// @notice The account took its credit.
    event Withdrawn(address indexed token, address indexed account, uint256 value);
    /// @notice A credit of a barred account went where an order says.
    event CreditReleased(
        address indexed token, address indexed account, address indexed to, uint256 value, address operator, bytes32 ref
    );
    /// @notice A foreign token that was sent here by mistake went on.
    event Rescued(address indexed token, address indexed to, uint256 value, address operator, bytes32 ref);

    /* ERRORS */

    /// @notice The token is no currency of the board.
    error TokenNotRegistered(address token);
    /// @notice The owner of the amount may not send, so it does not leave.
    error OwnerBarred(address owner);
    /// @notice Only what belongs to a frozen or blacklisted account can be released by order, or a credit of who can never
    /// receive.
    error OwnerNotBarred(address owner);
    /// @notice Nothing is credited to the account.
    error NothingCredited(address token, address account);
    /// @notice The signature is not `signer`'s over this message: neither by ECDSA nor by ERC-1271.
    error InvalidSignature(address signer);
    /// @notice The caller is not the one who may do this.
    error CallerNot(address wanted, address caller);
    /// @notice A reference is required here and may not be zero.
    error ReferenceRequired();
    /// @notice A token that is or was a currency of the board is not rescued, since it may be owed.
    error NotForeign(address token);

    /* VIEWS */

    /// @notice What waits here for an account that could not receive it.
    function creditOf(address token, address account) external view returns (uint256);

    /* CREDITED */

    /// @notice Takes all that is credited to the caller.
    function withdraw(address token) external;

    /* EXECUTOR */

    /// @notice Sends the credit of a barred account where an order says; `ref` is the case.
    function releaseCredit(address token, address account, address to, bytes32 ref) external;

    /* GOVERNOR */

    /// @notice Sends on what was never a currency of the board.
    function rescue(address token, address to, bytes32 ref) external;
}
