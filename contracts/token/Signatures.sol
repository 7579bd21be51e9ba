// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {Account, BLACKLISTED, MAX_NONCE} from "contracts/libraries/AccountWord.sol";
import {Config, PAUSE_SIGNATURES, PAUSE_TRANSFERS} from "contracts/libraries/ConfigWord.sol";
import {
    CANCEL_AUTHORIZATION_TYPEHASH,
    PERMIT_TYPEHASH,
    RECEIVE_WITH_AUTHORIZATION_TYPEHASH,
    TRANSFER_WITH_AUTHORIZATION_TYPEHASH
} from "contracts/libraries/TypeHashes.sol";
import {HotPath} from "contracts/token/HotPath.sol";

// `_open` may end the call with the implementation's answer, which is what `delegateAll` is for.
// slither-disable-start incorrect-return

/// @title Allowances and transfers by signature
/// @notice ERC-2612 and ERC-3009, each also with a signature in bytes (ERC-7597, ERC-7598). ECDSA is tried first and
/// ERC-1271 second, so that an account that has delegated to code (EIP-7702) can still sign with its key.
abstract contract Signatures is HotPath, EIP712 {
    /* RELAYER */

    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        _open(PAUSE_TRANSFERS | PAUSE_SIGNATURES);
        bytes32 digest = _usePermit(owner, spender, value, deadline);
        _requireSigned(owner, digest, v, r, s);
        _approve(owner, spender, value);
    }

    function permit(address owner, address spender, uint256 value, uint256 deadline, bytes calldata signature)
        external
    {
        _open(PAUSE_TRANSFERS | PAUSE_SIGNATURES);
        bytes32 digest = _usePermit(owner, spender, value, deadline);
        _requireSigned(owner, digest, signature);
        _approve(owner, spender, value);
    }

    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        Config config = _open(PAUSE_TRANSFERS | PAUSE_SIGNATURES);
        _useAuthorization(from, validAfter, validBefore, nonce);
        _requireSigned(from, _authorizationDigest(TRANSFER_WITH_AUTHORIZATION_TYPEHASH), v, r, s);
        _move(config, from, to, value);
    }

    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        Config config = _open(PAUSE_TRANSFERS | PAUSE_SIGNATURES);
        _useAuthorization(from, validAfter, validBefore, nonce);
        _requireSigned(from, _authorizationDigest(TRANSFER_WITH_AUTHORIZATION_TYPEHASH), signature);
        _move(config, from, to, value);
    }

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        Config config = _open(PAUSE_TRANSFERS | PAUSE_SIGNATURES);
        if (msg.sender != to) revert IPeggedToken.CallerNotPayee(msg.sender, to);
        _useAuthorization(from, validAfter, validBefore, nonce);
        _requireSigned(from, _authorizationDigest(RECEIVE_WITH_AUTHORIZATION_TYPEHASH), v, r, s);
        _move(config, from, to, value);
    }

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        Config config = _open(PAUSE_TRANSFERS | PAUSE_SIGNATURES);
        if (msg.sender != to) revert IPeggedToken.CallerNotPayee(msg.sender, to);
        _useAuthorization(from, validAfter, validBefore, nonce);
        _requireSigned(from, _authorizationDigest(RECEIVE_WITH_AUTHORIZATION_TYPEHASH), signature);
        _move(config, from, to, value);
    }

    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        _open(0);
        _requireSigned(authorizer, _cancelDigest(authorizer, nonce), v, r, s);
        _spendNonce(authorizer, nonce);
        emit IPeggedToken.AuthorizationCanceled(authorizer, nonce);
    }

    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external {
        _open(0);
        _requireSigned(authorizer, _cancelDigest(authorizer, nonce), signature);
        _spendNonce(authorizer, nonce);
        emit IPeggedToken.AuthorizationCanceled(authorizer, nonce);
    }

    /* INSIDE */

    function _approve(address owner, address spender, uint256 value) internal {
        if (spender == address(0)) revert IPeggedToken.ERC20InvalidSpender(spender);
        _allowances[owner][spender] = value;
        emit IPeggedToken.Approval(owner, spender, value);
    }

    /// @dev Takes the owner's nonce and returns what the owner must have signed.
    function _usePermit(address owner, address spender, uint256 value, uint256 deadline) private returns (bytes32) {
        if (block.timestamp > deadline) revert IPeggedToken.SignatureExpired(deadline);
        AccountSlot storage slot = _slot(owner);
        Account word = slot.word;
        if (word.has(BLACKLISTED)) revert IPeggedToken.BlacklistedAccount(owner);
        uint256 nonce = word.nonce();
        if (nonce == MAX_NONCE) revert IPeggedToken.NonceExhausted(owner);
        slot.word = word.nextNonce();
        return _hashTypedDataV4(keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, nonce, deadline)));
    }

    function _useAuthorization(address authorizer, uint256 validAfter, uint256 validBefore, bytes32 nonce) private {
        if (block.timestamp <= validAfter) revert IPeggedToken.AuthorizationNotYetValid(validAfter);
        if (block.timestamp >= validBefore) revert IPeggedToken.AuthorizationExpired(validBefore);
        _spendNonce(authorizer, nonce);
        emit IPeggedToken.AuthorizationUsed(authorizer, nonce);
    }

    /// @dev Any bytes32 is a nonce; those that differ only in the last byte share a storage word.
    function _spendNonce(address authorizer, bytes32 nonce) private {
        uint256 bit = 1 << (uint256(nonce) & 255);
        mapping(uint256 word => uint256 bits) storage words = _authorizations[authorizer];
        uint256 bits = words[uint256(nonce) >> 8];
        if (bits & bit != 0) revert IPeggedToken.AuthorizationSpent(authorizer, nonce);
        words[uint256(nonce) >> 8] = bits | bit;
    }

    /// @dev The type's six fields are the first six words of calldata, in order, in all four functions that call this;
    /// the decoder has refused dirty addresses before. 208 gas less than encoding them.
    function _authorizationDigest(bytes32 typeHash) private view returns (bytes32) {
        bytes32 structHash;
        // Writes only above the free memory pointer, and nothing there is expected to be zero.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), 4, 0xc0)
            structHash := keccak256(free, 0xe0)
        }
        return _hashTypedDataV4(structHash);
    }

    function _cancelDigest(address authorizer, bytes32 nonce) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce)));
    }

    /// @dev A failed recovery is address zero, which signs nothing.
    function _requireSigned(address signer, bytes32 digest, uint8 v, bytes32 r, bytes32 s) private view {
        // The other values only explain a zero.
        // slither-disable-next-line unused-return
        (address recovered,,) = ECDSA.tryRecover(digest, v, r, s);
        if (recovered != signer || recovered == address(0)) {
            _requireContractSigned(signer, digest, abi.encodePacked(r, s, v));
        }
    }

    function _requireSigned(address signer, bytes32 digest, bytes calldata signature) private view {
        // The other values only explain a zero.
        // slither-disable-next-line unused-return
        (address recovered,,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (recovered != signer || recovered == address(0)) {
            _requireContractSigned(signer, digest, signature);
        }
    }

    function _requireContractSigned(address signer, bytes32 digest, bytes memory signature) private view {
        if (SignatureChecker.isValidERC1271SignatureNow(signer, digest, signature)) return;
        revert IPeggedToken.InvalidSignature(signer);
    }
}
// slither-disable-end incorrect-return
