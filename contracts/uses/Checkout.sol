// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICheckout} from "interfaces/ICheckout.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {TermsHash} from "contracts/libraries/TermsHash.sol";
import {Escrow} from "contracts/uses/Escrow.sol";

/// @title Payments for shops and marketplaces
/// @notice Terms come with every call and are recognised by their hash; a payment is one word.
contract Checkout is Escrow, ICheckout {
    bytes32 private constant INFO_TYPEHASH = keccak256(
        "Info(address operator,address payer,address payee,address token,uint104 max,uint48 authBy,uint48 captureBy,uint48 refundBy,uint16 feeBps,address feeTo,bytes32 order)"
    );
    uint256 private constant WHOLE = 10_000;

    /// @dev held (104) | refundable (104) | paused seconds before (40); zero when closed, which pays back a part of the gas.
    mapping(bytes32 id => uint256 word) private _payments;

    constructor(address authority_, address registry) Escrow(authority_, registry, "Pegboard Checkout") {}

    /* VIEWS */

    function idOf(Info calldata info) public view returns (bytes32) {
        uint256 terms;
        // Where the struct lies in calldata.
        assembly ("memory-safe") {
            terms := info
        }
        return _hashTypedDataV4(TermsHash.hashStruct(INFO_TYPEHASH, terms, 11));
    }

    function paymentOf(bytes32 id) external view returns (Payment memory) {
        return _unpacked(_payments[id]);
    }

    /* RELAYER */

    function authorize(Info calldata info, bytes calldata authorization) external nonReentrant returns (bytes32 id) {
        _requireTerms(info);
        _requireCurrency(info.token);
        id = idOf(info);
        IPeggedToken token = IPeggedToken(info.token);
        // The authorization is used once, so nothing is there that this could overwrite.
        _payments[id] = _packed(Payment({held: info.max, refundable: 0, pausedBefore: token.pausedSeconds()}));
        emit Authorized(id, info.payer, info.payee, info);
        token.receiveWithAuthorization(
            info.payer, address(this), info.max, 0, uint256(info.authBy) + 1, id, authorization
        );
    }

    /* OPERATOR */

    function capture(Info calldata info, uint104 value) external nonReentrant {
        if (msg.sender != info.operator) revert CallerNot(info.operator, msg.sender);
        (bytes32 id, Payment memory payment) = _open(info);
        _requireBefore(info.captureBy, info.token, payment.pausedBefore);
        if (value == 0 || value > payment.held) revert InvalidValue(value, payment.held);
        _requireFree(info.token, info.payer);
        // What is held has `value`, the two parts of `max` stay within it, the fee is at most the value, and all credits
        // together are at most the supply, of 112 bits.
        unchecked {
            payment.held -= value;
            payment.refundable += value;
            _payments[id] = _packed(payment);
            uint256 fee = uint256(value) * info.feeBps / WHOLE;
            // Fees wait until their receiver takes them, so that it costs neither a transfer nor a question each time.
            if (fee != 0) creditOf[info.token][info.feeTo] += fee;
            emit Captured(id, value, fee);
            if (value == fee) _requireUnpaused(info.token);
            else _give(info.token, info.payee, value - fee);
        }
    }

    /* OPERATOR, PAYEE, PAYER */

    function release(Info calldata info) external nonReentrant {
        (bytes32 id, Payment memory payment) = _open(info);
        if (msg.sender != info.operator && msg.sender != info.payee) {
            if (msg.sender != info.payer) revert CallerNot(info.operator, msg.sender);
            if (!_hasPassed(info.captureBy, info.token, payment.pausedBefore)) {
                revert NotYetReleasable(_tolled(info.captureBy, info.token, payment.pausedBefore));
            }
        }
        _requireFree(info.token, info.payer);
        uint256 value = _empty(id, payment);
        emit Released(id, value, msg.sender);
        // Who may send may receive.
        _send(info.token, info.payer, value);
    }

    /* ANYBODY */

    function refund(Info calldata info, uint104 value) external nonReentrant {
        (bytes32 id, Payment memory payment) = _open(info);
        _requireBefore(info.refundBy, info.token, payment.pausedBefore);
        if (value == 0 || value > payment.refundable) revert InvalidValue(value, payment.refundable);
        payment.refundable -= value;
        _payments[id] = _packed(payment);
        emit Refunded(id, value, msg.sender);
        _pull(info.token, _destination(info.token, info.payer, value), value);
    }

    /* EXECUTOR */

    function complianceRelease(Info calldata info, address to, bytes32 ref) external restricted nonReentrant {
        (bytes32 id, Payment memory payment) = _open(info);
        _requireOrdered(info.token, info.payer, ref);
        uint256 value = _empty(id, payment);
        emit ComplianceReleased(id, to, value, msg.sender, ref);
        _send(info.token, to, value);
    }

    /* INSIDE */

    function _requireTerms(Info calldata info) private view {
        bool dated = info.authBy <= info.captureBy && info.captureBy <= info.refundBy;
        bool named = info.operator != address(0) && info.payer != address(0) && info.payee != address(0)
            && info.payee != address(this);
        bool priced =
            info.feeBps == 0 || (info.feeBps <= WHOLE && info.feeTo != address(0) && info.feeTo != address(this));
        if (!dated || !named || !priced || info.max == 0) revert InvalidTerms();
    }

    function _open(Info calldata info) private view returns (bytes32 id, Payment memory payment) {
        id = idOf(info);
        uint256 word = _payments[id];
        if (word == 0) revert PaymentNotOpen(id);
        payment = _unpacked(word);
    }

    function _requireBefore(uint256 deadline, address token, uint256 pausedBefore) private view {
        if (_hasPassed(deadline, token, pausedBefore)) revert DeadlinePassed(_tolled(deadline, token, pausedBefore));
    }

    function _empty(bytes32 id, Payment memory payment) private returns (uint256 value) {
        value = payment.held;
        if (value == 0) revert InvalidValue(0, 0);
        payment.held = 0;
        _payments[id] = _packed(payment);
    }

    function _packed(Payment memory payment) private pure returns (uint256) {
        if (payment.held == 0 && payment.refundable == 0) return 0;
        return uint256(payment.pausedBefore) << 208 | uint256(payment.refundable) << 104 | payment.held;
    }

    function _unpacked(uint256 word) private pure returns (Payment memory) {
        return Payment({held: uint104(word), refundable: uint104(word >> 104), pausedBefore: uint40(word >> 208)});
    }
}
