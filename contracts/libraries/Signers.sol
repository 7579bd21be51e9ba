// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Whose signature it is, where a quorum signs
library Signers {
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
