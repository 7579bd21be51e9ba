// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {ICustomerRegister} from "interfaces/ICustomerRegister.sol";
import {Paging} from "contracts/libraries/Paging.sol";
import {Restricted} from "contracts/Restricted.sol";

/// @title Wallets of known customers
contract CustomerRegister is ICustomerRegister, Restricted, EIP712 {
    using EnumerableSet for EnumerableSet.AddressSet;

    bytes32 private constant BINDING_TYPEHASH =
        keccak256("Binding(address wallet,bytes32 customerRef,uint256 nonce,uint256 deadline)");
    uint256 private constant LONGEST_DUE_DILIGENCE = 3 * 366 days;

    uint256 public immutable cooling;
    EnumerableSet.AddressSet private _wallets;
    mapping(address wallet => Customer) private _customers;

    constructor(address authority_, uint256 cooling_) Restricted(authority_) EIP712("Pegboard CustomerRegister", "1") {
        cooling = cooling_;
    }

    /* VIEWS */

    function customerOf(address wallet) external view returns (Customer memory) {
        return _customers[wallet];
    }

    function standingOf(address wallet) external view returns (Standing) {
        Customer storage customer = _customers[wallet];
        if (customer.boundAt == 0) return Standing.UNKNOWN;
        if (block.timestamp > customer.dueDiligenceUntil) return Standing.EXPIRED;
        return block.timestamp < customer.boundAt + cooling ? Standing.COOLING : Standing.READY;
    }

    function wallets(uint256 offset, uint256 limit) external view returns (address[] memory page) {
        uint256 end = Paging.end(_wallets.length(), offset, limit);
        page = new address[](end - offset);
        for (uint256 i = offset; i < end; ++i) {
            page[i - offset] = _wallets.at(i);
        }
    }

    function bindingHash(address wallet, bytes32 customerRef, uint256 deadline) public view returns (bytes32) {
        uint256 nonce = _customers[wallet].bindings;
        return _hashTypedDataV4(keccak256(abi.encode(BINDING_TYPEHASH, wallet, customerRef, nonce, deadline)));
    }

    function requireReady(address wallet) external view {
        Customer storage customer = _customers[wallet];
        _requireDiligent(wallet, customer);
        uint256 readyAt = customer.boundAt + cooling;
        if (block.timestamp < readyAt) revert WalletCooling(wallet, readyAt);
    }

    function requirePayout(address wallet) external view returns (bytes32 payoutRef) {
        Customer storage customer = _customers[wallet];
        _requireDiligent(wallet, customer);
        payoutRef = customer.payoutRef;
        if (payoutRef == bytes32(0)) revert PayoutUnset(wallet);
        uint256 readyAt = customer.payoutAt + cooling;
        if (block.timestamp < readyAt) revert PayoutCooling(wallet, readyAt);
    }

    /* REGISTRAR */

    function bind(
        address wallet,
        bytes32 customerRef,
        uint40 dueDiligenceUntil,
        uint256 deadline,
        bytes calldata proof,
        bytes32 ref
    ) external restricted {
        if (customerRef == bytes32(0)) revert ReferenceRequired();
        if (block.timestamp > deadline) revert ProofExpired(deadline);
        _requireEnd(dueDiligenceUntil);
        if (!_isSigned(wallet, bindingHash(wallet, customerRef, deadline), proof)) revert ProofInvalid(wallet);
        if (!_wallets.add(wallet)) revert WalletAlreadyBound(wallet);

        Customer storage customer = _customers[wallet];
        customer.boundAt = uint40(block.timestamp);
        customer.dueDiligenceUntil = dueDiligenceUntil;
        customer.bindings += 1;
        customer.customerRef = customerRef;
        emit WalletBound(wallet, customerRef, dueDiligenceUntil, msg.sender, ref);
    }

    function renew(address wallet, uint40 dueDiligenceUntil, bytes32 ref) external restricted {
        _requireEnd(dueDiligenceUntil);
        _bound(wallet).dueDiligenceUntil = dueDiligenceUntil;
        emit DueDiligenceRenewed(wallet, dueDiligenceUntil, msg.sender, ref);
    }

    function setPayout(address wallet, bytes32 payoutRef, bytes32 ref) external restricted {
        Customer storage customer = _bound(wallet);
        customer.payoutAt = uint40(block.timestamp);
        customer.payoutRef = payoutRef;
        emit PayoutSet(wallet, payoutRef, msg.sender, ref);
    }

    function unbind(address wallet, bytes32 ref) external restricted {
        if (!_wallets.remove(wallet)) revert WalletUnknown(wallet);
        // The count of bindings stays, so that no old proof binds again.
        _customers[wallet] = Customer(0, 0, 0, _customers[wallet].bindings, bytes32(0), bytes32(0));
        emit WalletUnbound(wallet, msg.sender, ref);
    }

    /* INSIDE */

    function _bound(address wallet) private view returns (Customer storage customer) {
        customer = _customers[wallet];
        if (customer.boundAt == 0) revert WalletUnknown(wallet);
    }

    function _requireDiligent(address wallet, Customer storage customer) private view {
        if (customer.boundAt == 0) revert WalletUnknown(wallet);
        uint256 until = customer.dueDiligenceUntil;
        if (block.timestamp > until) revert DueDiligenceExpired(wallet, until);
    }

    function _requireEnd(uint256 until) private view {
        if (until <= block.timestamp || until > block.timestamp + LONGEST_DUE_DILIGENCE) {
            revert InvalidDueDiligence(until);
        }
    }

    /// @dev ECDSA first, so that an account that has delegated to code (EIP-7702) can still sign with its key.
    function _isSigned(address wallet, bytes32 digest, bytes calldata proof) private view returns (bool) {
        // The third value only explains the second.
        // slither-disable-next-line unused-return
        (address signer, ECDSA.RecoverError fault,) = ECDSA.tryRecoverCalldata(digest, proof);
        // Neither is a balance.
        // slither-disable-next-line incorrect-equality
        if (fault == ECDSA.RecoverError.NoError && signer == wallet) return true;
        return SignatureChecker.isValidERC1271SignatureNow(wallet, digest, proof);
    }
}
