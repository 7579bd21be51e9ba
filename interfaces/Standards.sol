// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @dev Standards that OpenZeppelin does not carry, for their ERC-165 identifiers.

/// @title Permit with a signature in bytes (ERC-7597)
interface IERC7597 {
    function permit(address owner, address spender, uint256 value, uint256 deadline, bytes calldata signature) external;
}

/// @title ERC-3009 with a signature in bytes (ERC-7598)
interface IERC7598 {
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
}

/// @title Transfers with a reference (ERC-7699), identifier 0x1522573a
interface IERC7699 {
    function transfer(address to, uint256 value, bytes calldata ref) external returns (bool);
    function transferFrom(address from, address to, uint256 value, bytes calldata ref) external returns (bool);
}
