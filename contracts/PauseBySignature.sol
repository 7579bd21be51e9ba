// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IControls} from "interfaces/IControls.sol";
import {IPauseBySignature} from "interfaces/IPauseBySignature.sol";
import {Signers} from "contracts/libraries/Signers.sol";
import {Restricted} from "contracts/Restricted.sol";

/// @title Pausing with signatures that were made ahead
contract PauseBySignature is IPauseBySignature, Restricted, EIP712 {
    using EnumerableSet for EnumerableSet.AddressSet;

    bytes32 private constant PAUSE_TYPEHASH =
        keccak256("Pause(address token,uint8 bits,uint48 validFrom,uint48 validUntil,uint256 epoch,bytes32 ref)");
    uint256 private constant SMALLEST_QUORUM = 2;

    EnumerableSet.AddressSet private _signers;
    uint256 public quorum;
    mapping(address token => uint256 epoch) public epochOf;

    constructor(address authority_, address[] memory signers_, uint256 quorum_)
        Restricted(authority_)
        EIP712("Pegboard PauseBySignature", "1")
    {
        for (uint256 i; i < signers_.length; ++i) {
            _addSigner(signers_[i], bytes32(0));
        }
        _setQuorum(quorum_, bytes32(0));
    }

    /* VIEWS */

    function signers() external view returns (address[] memory) {
        return _signers.values();
    }

    function pauseHash(address token, uint8 bits, uint48 validFrom, uint48 validUntil, uint256 epoch, bytes32 ref)
        public
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(keccak256(abi.encode(PAUSE_TYPEHASH, token, bits, validFrom, validUntil, epoch, ref)));
    }

    /* ANYBODY */

    function pause(
        address token,
        uint8 bits,
        uint48 validFrom,
        uint48 validUntil,
        uint256 epoch,
        bytes32 ref,
        bytes[] calldata signatures
    ) external {
        if (block.timestamp < validFrom || block.timestamp > validUntil) {
            revert NotValidNow(validFrom, validUntil);
        }
        if (epoch != epochOf[token]) revert WrongEpoch(token, epoch, epochOf[token]);
        if (signatures.length < quorum) revert QuorumNotMet(signatures.length, quorum);
        bytes32 digest = pauseHash(token, bits, validFrom, validUntil, epoch, ref);
        address[] memory signed = _recover(digest, signatures);

        epochOf[token] = epoch + 1;
        emit PausedBySignature(token, bits, epoch, signed, msg.sender, ref);
        IControls(token).pause(bits, ref);
    }

    /* EXPELLER */

    function revoke(address token, bytes32 ref) external restricted {
        emit EpochAdvanced(token, ++epochOf[token], msg.sender, ref);
    }

    function expelSigner(address signer, bytes32 ref) external restricted {
        if (!_signers.remove(signer)) revert InvalidSigner(signer);
        emit SignerExpelled(signer, msg.sender, ref);
    }

    /* GOVERNOR */

    function addSigner(address signer, bytes32 ref) external restricted {
        _addSigner(signer, ref);
    }

    function setQuorum(uint256 quorum_, bytes32 ref) external restricted {
        _setQuorum(quorum_, ref);
    }

    /* INSIDE */

    function _recover(bytes32 digest, bytes[] calldata signatures) private view returns (address[] memory signed) {
        signed = new address[](signatures.length);
        address previous = address(0);
        for (uint256 i; i < signatures.length; ++i) {
            address signer = Signers.signerOf(digest, signatures[i]);
            if (!_signers.contains(signer)) revert NotSigner(signer);
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            signed[i] = previous = signer;
        }
    }

    function _addSigner(address signer, bytes32 ref) private {
        if (signer == address(0) || !_signers.add(signer)) revert InvalidSigner(signer);
        emit SignerAdded(signer, msg.sender, ref);
    }

    function _setQuorum(uint256 quorum_, bytes32 ref) private {
        if (quorum_ < SMALLEST_QUORUM || quorum_ > _signers.length()) revert InvalidQuorum(quorum_, _signers.length());
        quorum = quorum_;
        emit QuorumSet(quorum_, msg.sender, ref);
    }
}
