// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IEscrow} from "interfaces/IEscrow.sol";

/// @title Authorize, capture, release, refund: payments for shops and marketplaces
/// @notice A payer's signed authorization puts the money here; the operator captures it, in parts or whole, for the payee;
/// what is not captured goes back.
/// @dev Until capture the payer is the owner, afterwards the payee. Values are base units; the fee is rounded down.
interface ICheckout is IEscrow {
    /* TYPES */

    /// @notice The terms of a payment; their EIP-712 hash is its id, and the nonce of the payer's ERC-3009 authorization.
    /// @param operator Who captures: the shop or its payment provider.
    /// @param max What is authorized; at most 2^104 - 1.
    /// @param authBy The last second at which it can be authorized.
    /// @param captureBy The last second at which it can be captured; afterwards the payer can release it.
    /// @param refundBy The last second at which it can be refunded.
    /// @param feeBps The fee on what is captured, in basis points, at most 10,000.
    /// @param feeTo Who gets the fee.
    /// @param order The shop's own number of the order, never personal data.
    struct Info {
        address operator;
        address payer;
        address payee;
        address token;
        uint104 max;
        uint48 authBy;
        uint48 captureBy;
        uint48 refundBy;
        uint16 feeBps;
        address feeTo;
        bytes32 order;
    }

    /// @param held What can still be captured or released.
    /// @param refundable What was captured and not refunded.
    /// @param pausedBefore The token's paused seconds when it was authorized.
    struct Payment {
        uint104 held;
        uint104 refundable;
        uint40 pausedBefore;
    }

    /* EVENTS */

    event Authorized(bytes32 indexed id, address indexed payer, address indexed payee, Info info);
    /// @notice `value` was captured, of which `fee` is credited to the terms' receiver of fees and the rest paid, or credited.
    event Captured(bytes32 indexed id, uint256 value, uint256 fee);
    event Released(bytes32 indexed id, uint256 value, address indexed by);
    event Refunded(bytes32 indexed id, uint256 value, address indexed by);
    event ComplianceReleased(
        bytes32 indexed id, address indexed to, uint256 value, address indexed operator, bytes32 ref
    );

    /* ERRORS */

    /// @notice The terms have an amount, dates in order, a fee of at most 10,000 with a receiver, and parties that are neither zero nor this.
    error InvalidTerms();
    /// @notice Nothing is held or refundable under these terms: never authorized, or closed.
    error PaymentNotOpen(bytes32 id);
    /// @notice More than is held, or refundable, was asked for, or nothing.
    error InvalidValue(uint256 value, uint256 available);
    /// @notice It could be done until and including this second, pauses added.
    error DeadlinePassed(uint256 deadline);
    /// @notice The payer can release it only after this second, pauses added.
    error NotYetReleasable(uint256 captureBy);

    /* VIEWS */

    /// @notice The id of the payment of these terms.
    function idOf(Info calldata info) external view returns (bytes32);
    /// @notice What stands of a payment; all zero before it is authorized and once nothing is held or refundable.
    /// @dev Authorized once, since the payer's authorization is spent: `authorizationState(payer, id)` at the token says.
    function paymentOf(bytes32 id) external view returns (Payment memory);

    /* RELAYER, with the payer's signature */

    /// @notice Takes `max` into the escrow by the payer's ERC-3009 `receiveWithAuthorization` to this contract: validAfter
    /// 0, validBefore authBy + 1, nonce `idOf(info)`.
    function authorize(Info calldata info, bytes calldata authorization) external returns (bytes32 id);

    /* OPERATOR */

    /// @notice Pays `value` of what is held to the payee, less the fee, which is credited to its receiver.
    function capture(Info calldata info, uint104 value) external;

    /* OPERATOR, PAYEE; PAYER once `captureBy` has passed */

    /// @notice Gives all that is held back to the payer.
    function release(Info calldata info) external;

    /* ANYBODY */

    /// @notice Pays `value` of what was captured back to the payer, out of the caller's tokens.
    /// @dev A payer that refunds itself uses up its own refund.
    function refund(Info calldata info, uint104 value) external;

    /* EXECUTOR */

    /// @notice Sends all that is held for a barred payer where an order says; `ref` is the case.
    function complianceRelease(Info calldata info, address to, bytes32 ref) external;
}
