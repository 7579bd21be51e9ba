// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RateLimiter} from "@openzeppelin/contracts/utils/RateLimiter.sol";
import {StorageSlot} from "@openzeppelin/contracts/utils/StorageSlot.sol";
import {IControls} from "interfaces/IControls.sol";
import {Account} from "contracts/libraries/AccountWord.sol";
import {Config} from "contracts/libraries/ConfigWord.sol";

/// @title Everything a pegged token stores
/// @notice The token and its implementation share this file and no other declares state. Append only.
///
///     slot 0                      CONFIG: flags | paused since | paused seconds | supply (`ConfigWord`)
///     slot 1                      allowances: owner => spender => value
///     slot 2                      authorizations: authorizer => nonce >> 8 => 256 bits
///     slot 3                      chunks: payer => batch => 256 bits
///     slot 4                      reserve terms: token decimals | single chain | buffer | maximum age | source
///     slot 5, 6                   mint limit: window | capacity, then key => last time | last used
///     slot 7, 8                   in the token only: declared by OpenZeppelin's EIP712, never written
///     2^160 | account             flags | nonce | held | balance (`AccountWord`)
///     ERC-1967 implementation     an address, as explorers expect
abstract contract TokenStorage {
    struct AccountSlot {
        Account word;
    }

    struct MintTerms {
        address source;
        uint32 maxAge;
        uint16 bufferBps;
        bool singleChain;
        uint8 tokenDecimals;
    }

    // Written in place by the token and read by the code it delegates to, or the other way round.
    // slither-disable-start uninitialized-state
    Config internal _config;
    mapping(address owner => mapping(address spender => uint256 value)) internal _allowances;
    mapping(address authorizer => mapping(uint256 word => uint256 bits)) internal _authorizations;
    mapping(address payer => mapping(bytes32 batchId => uint256 bits)) internal _chunks;
    MintTerms internal _mintTerms;
    RateLimiter.RefillingBucket internal _mintLimit;
    // slither-disable-end uninitialized-state

    /// @dev keccak256("eip1967.proxy.implementation") - 1
    bytes32 internal constant IMPLEMENTATION_SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;

    /// @dev Keyed by the address itself, which saves a hash. Declared slots lie below 2^8 and have no bit 160. A hashed slot
    /// lies among these with the odds of 2^-96, and on a chosen account's with those of 2^-256. The caller passes a clean
    /// address, as the decoder makes it.
    function _slot(address account) internal pure returns (AccountSlot storage slot) {
        // The pointer is a constant function of the account; the raw-slot test covers what layout tools cannot see.
        assembly ("memory-safe") {
            slot.slot := or(shl(160, 1), account)
        }
    }

    function _account(address account) internal view returns (Account) {
        return _slot(account).word;
    }

    function _implementation() internal view returns (address) {
        return StorageSlot.getAddressSlot(IMPLEMENTATION_SLOT).value;
    }

    function _setImplementation(address implementation_) internal {
        StorageSlot.getAddressSlot(IMPLEMENTATION_SLOT).value = implementation_;
        emit IControls.Upgraded(implementation_);
    }
}
