// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Whose signature it is
library Signers {
    /// @notice Whether `signer` signed: by its key, or as a contract by ERC-1271. The key is tried first, so that an account
    /// that has delegated to code (EIP-7702) can still sign with it.
    function isSignedBy(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        address recovered = recover(digest, signature);
        return (recovered != address(0) && recovered == signer) || isContractSigned(signer, digest, signature);
    }

    /// @notice Whose key made these 65 bytes, or address zero.
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address recovered) {
        // The other values only explain a zero.
        // slither-disable-next-line unused-return
        (recovered,,) = ECDSA.tryRecoverCalldata(digest, signature);
    }

    /// @notice Whether the contract at `signer` says that it signed (ERC-1271).
    function isContractSigned(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        return SignatureChecker.isValidERC1271SignatureNow(signer, digest, signature);
    }

    // Where a quorum signs, nobody says before whose signature it is:

    /// @notice The signer: a key by its 65 bytes, or a contract that answers ERC-1271, whose address then leads the
    /// signature; address zero when it is neither.
    function signerOf(bytes32 digest, bytes calldata signature) internal view returns (address) {
        if (signature.length == 65) {
            // The third value only explains the second.
            // slither-disable-next-line unused-return
            (address recovered, ECDSA.RecoverError fault,) = ECDSA.tryRecoverCalldata(digest, signature);
            return fault == ECDSA.RecoverError.NoError ? recovered : address(0);
        }
        if (signature.length < 20) return address(0);
        address claimed = address(bytes20(signature));
        return SignatureChecker.isValidERC1271SignatureNow(claimed, digest, signature[20:]) ? claimed : address(0);
    }
}
