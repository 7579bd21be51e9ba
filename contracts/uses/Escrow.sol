// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ICurrencyRegistry} from "interfaces/ICurrencyRegistry.sol";
import {IEscrow} from "interfaces/IEscrow.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {Restricted} from "contracts/Restricted.sol";
import {Signers} from "contracts/libraries/Signers.sol";

/// @title Holding other people's tokens: freeze follows the money, a pause tolls deadlines
/// @notice Asks the token who may send and receive, and never tries a transfer to find out: a pause would then be taken for
/// a bar, and so would a lack of gas.
abstract contract Escrow is IEscrow, Restricted, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint8 private constant PAUSE_TRANSFERS = 1;

    ICurrencyRegistry internal immutable REGISTRY;
    mapping(address token => mapping(address account => uint256)) public creditOf;

    constructor(address authority_, address registry, string memory name) Restricted(authority_) EIP712(name, "1") {
        REGISTRY = ICurrencyRegistry(registry);
    }

    /* CREDITED */

    function withdraw(address token) external nonReentrant {
        uint256 value = _takeCredit(token, msg.sender);
        emit Withdrawn(token, msg.sender, value);
        _send(token, msg.sender, value);
    }

    /* EXECUTOR */

    function releaseCredit(address token, address account, address to, bytes32 ref) external restricted nonReentrant {
        if (ref == bytes32(0)) revert ReferenceRequired();
        // Whoever can never receive, such as the token itself, can be helped by order only; who is merely unknown proves
        // its identity.
        IPeggedToken asked = IPeggedToken(token);
        bool shut = !asked.canReceive(account) && !asked.isAllowListOn();
        if (!shut && !_isBarred(asked, account)) revert OwnerNotBarred(account);
        uint256 value = _takeCredit(token, account);
        emit CreditReleased(token, account, to, value, msg.sender, ref);
        _send(token, to, value);
    }

    /* GOVERNOR */

    function rescue(address token, address to, bytes32 ref) external restricted nonReentrant {
        if (REGISTRY.wasRegistered(token)) revert NotForeign(token);
        uint256 value = IERC20(token).balanceOf(address(this));
        emit Rescued(token, to, value, msg.sender, ref);
        IERC20(token).safeTransfer(to, value);
    }

    /* INSIDE */

    function _requireCurrency(address token) internal view {
        if (REGISTRY.codeOf(token) == 0) revert TokenNotRegistered(token);
    }

    /// @dev A key first, then ERC-1271.
    function _requireSigned(address signer, bytes32 structHash, bytes calldata signature) internal view {
        if (!Signers.isSignedBy(signer, _hashTypedDataV4(structHash), signature)) revert InvalidSignature(signer);
    }

    /// @dev What is held leaves its owner only while the owner may send.
    function _requireFree(address token, address owner) internal view {
        if (!IPeggedToken(token).canSend(owner)) revert OwnerBarred(owner);
    }

    /// @dev What is held leaves a barred owner by order only; as at the token, nobody is barred for being unverified.
    function _requireOrdered(address token, address owner, bytes32 ref) internal view {
        if (ref == bytes32(0)) revert ReferenceRequired();
        if (!_isBarred(IPeggedToken(token), owner)) revert OwnerNotBarred(owner);
    }

    function _isBarred(IPeggedToken token, address account) private view returns (bool) {
        return token.isBlacklisted(account) || token.isFrozen(account);
    }

    /// @dev Whether a deadline has passed that began to run when the token had been paused for `pausedBefore` seconds.
    function _hasPassed(uint256 deadline, address token, uint256 pausedBefore) internal view returns (bool) {
        return block.timestamp > deadline && block.timestamp > _tolled(deadline, token, pausedBefore);
    }

    /// @dev `pausedSeconds` never decreases.
    function _tolled(uint256 deadline, address token, uint256 pausedBefore) internal view returns (uint256) {
        return deadline + IPeggedToken(token).pausedSeconds() - pausedBefore;
    }

    /// @dev Gives what is held to whom it belongs, or keeps it there; a pause stops either.
    function _give(address token, address to, uint256 value) internal {
        if (IPeggedToken(token).canReceive(to)) return _send(token, to, value);
        _requireUnpaused(token);
        _credit(token, to, value);
    }

    /// @dev Where nothing is transferred, the token does not say that transfers are paused.
    function _requireUnpaused(address token) internal view {
        uint8 pauses = IPeggedToken(token).pauses();
        if (pauses & PAUSE_TRANSFERS != 0) revert IPeggedToken.Paused(pauses);
    }

    /// @dev Where a share goes: to whom it belongs, or here, credited. Nothing has moved yet.
    function _destination(address token, address to, uint256 value) internal returns (address) {
        if (value == 0 || IPeggedToken(token).canReceive(to)) return to;
        _credit(token, to, value);
        return address(this);
    }

    /// @dev Takes of the caller's tokens, by allowance.
    function _pull(address token, address to, uint256 value) internal {
        // It reverts or answers true.
        // slither-disable-next-line unchecked-transfer
        IPeggedToken(token).transferFrom(msg.sender, to, value);
    }

    /// @dev What it sent to itself, nobody would be owed.
    function _send(address token, address to, uint256 value) internal {
        if (to == address(this)) revert IPeggedToken.ERC20InvalidReceiver(to);
        // It reverts or answers true.
        // slither-disable-next-line unchecked-transfer
        IPeggedToken(token).transfer(to, value);
    }

    function _credit(address token, address to, uint256 value) private {
        creditOf[token][to] += value;
        emit Credited(token, to, value);
    }

    function _takeCredit(address token, address account) private returns (uint256 value) {
        value = creditOf[token][account];
        if (value == 0) revert NothingCredited(token, account);
        delete creditOf[token][account];
    }
}
