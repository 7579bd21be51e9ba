// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {RateLimiter} from "@openzeppelin/contracts/utils/RateLimiter.sol";
import {IControls} from "interfaces/IControls.sol";
import {ICurrencyRegistry} from "interfaces/ICurrencyRegistry.sol";
import {ICustomerRegister} from "interfaces/ICustomerRegister.sol";
import {IIssuanceDesk} from "interfaces/IIssuanceDesk.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {MAX_VALUE} from "contracts/libraries/AccountWord.sol";
import {Paging} from "contracts/libraries/Paging.sol";
import {RefillingLimit} from "contracts/libraries/RefillingLimit.sol";
import {Channels} from "contracts/issuance/Channels.sol";
import {Restricted} from "contracts/Restricted.sol";

// What is compared are statuses, not balances.
// slither-disable-start incorrect-equality

/// @title Orders: proposed by one, approved by others, issued once
contract IssuanceDesk is Channels {
    using RateLimiter for RateLimiter.RefillingBucket;

    struct OrderRecord {
        address proposer;
        uint40 expiresAt;
        Status status;
        uint8 approvals;
        uint32 channel;
        uint96 amount;
    }

    uint8 private constant PAUSE_MINT = 4;

    uint256 public immutable orderLife;
    address public immutable predecessor;
    ICustomerRegister private immutable CUSTOMERS;

    mapping(bytes32 bankRef => OrderRecord) private _orders;
    mapping(bytes32 bankRef => address[]) private _approvers;
    bytes32[] private _bankRefs;

    constructor(address authority_, address registry, address customers, address predecessor_, uint256 orderLife_)
        Restricted(authority_)
        Channels(registry)
    {
        CUSTOMERS = ICustomerRegister(customers);
        predecessor = predecessor_;
        orderLife = orderLife_;
    }

    /* VIEWS */

    function orderOf(bytes32 bankRef) public view returns (Order memory) {
        OrderRecord memory order = _orders[bankRef];
        return Order({
            bankRef: bankRef,
            channel: order.channel == 0 ? bytes32(0) : _nameOf(order.channel),
            amount: order.amount,
            proposer: order.proposer,
            expiresAt: order.expiresAt,
            status: _statusOf(order),
            approvers: _approvers[bankRef]
        });
    }

    function isIssued(bytes32 bankRef) public view returns (bool) {
        if (_orders[bankRef].status == Status.ISSUED) return true;
        return predecessor != address(0) && IIssuanceDesk(predecessor).isIssued(bankRef);
    }

    function orderCount() external view returns (uint256) {
        return _bankRefs.length;
    }

    function openOrders(uint256 offset, uint256 limit) external view returns (Order[] memory page) {
        uint256 end = Paging.end(_bankRefs.length, offset, limit);
        uint256 found;
        page = new Order[](end - offset);
        for (uint256 i = offset; i < end; ++i) {
            Order memory order = orderOf(_bankRefs[i]);
            if (order.status == Status.PROPOSED) page[found++] = order;
        }
        // Shortens the array to what was found, which is at most its length.
        assembly ("memory-safe") {
            mstore(page, found)
        }
    }

    function previewIssue(bytes32 channel) external view returns (Constraint constraint, uint256 allowed) {
        ChannelRecord storage record = _channels[channel];
        if (!record.open || REGISTRY.codeOf(record.token) == 0) return (Constraint.CHANNEL, 0);
        IPeggedToken token = IPeggedToken(record.token);
        ICustomerRegister.Standing standing = CUSTOMERS.standingOf(record.payee);
        if (standing != ICustomerRegister.Standing.READY || !token.canReceive(record.payee)) {
            return (Constraint.PAYEE, 0);
        }
        if (token.pauses() & PAUSE_MINT != 0 || !_mayMint(record.token)) return (Constraint.MINTING, 0);

        (constraint, allowed) = (Constraint.ORDER_CAP, record.cap);
        uint256 next = _largest(record.token);
        if (next < allowed) (constraint, allowed) = (Constraint.TIERS, next);
        next = record.limit.available(RefillingLimit.BUCKET);
        if (next < allowed) (constraint, allowed) = (Constraint.CHANNEL_LIMIT, next);
        // Capacity and window do not matter here.
        // slither-disable-next-line unused-return
        (,, next) = IControls(record.token).mintRateLimit();
        if (next < allowed) (constraint, allowed) = (Constraint.MINT_LIMIT, next);
        next = _headroom(record.token);
        if (next < allowed) (constraint, allowed) = (Constraint.RESERVES, next);
    }

    /* PROPOSER */

    function propose(bytes32 bankRef, bytes32 channel, bytes3 currency, uint96 amount) external restricted {
        if (bankRef == bytes32(0)) revert ReferenceRequired();
        OrderRecord storage order = _orders[bankRef];
        Status status = isIssued(bankRef) ? Status.ISSUED : _statusOf(order);
        if (status == Status.PROPOSED || status == Status.ISSUED) revert BankReferenceUsed(bankRef, status);
        ChannelRecord storage record = _openChannel(channel);
        if (currency == 0 || REGISTRY.codeOf(record.token) != currency) {
            revert CurrencyMismatch(record.token, currency);
        }
        if (amount == 0) revert NothingToIssue();
        _requireWithinCap(channel, record, amount);
        // Refuses a size that no tier allows; how many must approve is asked again when they do.
        // slither-disable-next-line unused-return
        approvalsFor(record.token, amount);

        if (status == Status.NONE) _bankRefs.push(bankRef);
        else delete _approvers[bankRef];
        uint40 expiresAt = uint40(block.timestamp + orderLife);
        _orders[bankRef] = OrderRecord({
            proposer: msg.sender,
            expiresAt: expiresAt,
            status: Status.PROPOSED,
            approvals: 0,
            channel: record.number,
            amount: amount
        });
        emit OrderProposed(bankRef, channel, amount, msg.sender, expiresAt);
    }

    /* APPROVER */

    function approve(bytes32 bankRef, bytes32 channel, uint96 amount) external restricted returns (bool issued) {
        OrderRecord memory order = _orders[bankRef];
        Status status = _statusOf(order);
        if (status != Status.PROPOSED) revert OrderNotProposed(bankRef, status);
        ChannelRecord storage record = _openChannel(channel);
        if (order.channel != record.number || order.amount != amount) {
            revert OrderMismatch(bankRef, _nameOf(order.channel), order.amount);
        }
        _requireParties(bankRef, order);
        uint256 needed = approvalsFor(record.token, amount);
        uint256 given = uint256(order.approvals) + 1;
        emit OrderApproved(bankRef, msg.sender, given, needed);
        if (given < needed) {
            _orders[bankRef].approvals = uint8(given);
            _approvers[bankRef].push(msg.sender);
            return false;
        }
        _orders[bankRef].status = Status.ISSUED;
        _issue(bankRef, channel, record, amount);
        return true;
    }

    /* GUARDIAN */

    function cancel(bytes32 bankRef, bytes32 ref) external restricted {
        OrderRecord storage order = _orders[bankRef];
        if (order.status != Status.PROPOSED) revert OrderNotProposed(bankRef, order.status);
        order.status = Status.CANCELLED;
        emit OrderCancelled(bankRef, msg.sender, ref);
    }

    /* INSIDE */

    function _statusOf(OrderRecord memory order) private view returns (Status) {
        bool expired = order.status == Status.PROPOSED && block.timestamp > order.expiresAt;
        return expired ? Status.EXPIRED : order.status;
    }

    /// @dev Everybody behind an order is somebody else, and still holds the role in which it acted.
    function _requireParties(bytes32 bankRef, OrderRecord memory order) private view {
        if (msg.sender == order.proposer) revert ProposerCannotApprove(bankRef, msg.sender);
        _requireStill(bankRef, order.proposer, this.propose.selector);
        if (order.approvals == 0) return;
        address[] storage approvers = _approvers[bankRef];
        for (uint256 i; i < approvers.length; ++i) {
            if (approvers[i] == msg.sender) revert AlreadyApproved(bankRef, msg.sender);
            _requireStill(bankRef, approvers[i], this.approve.selector);
        }
    }

    function _requireStill(bytes32 bankRef, address party, bytes4 selector) private view {
        (bool immediate, uint32 delay) = IAccessManager(authority).canCall(party, address(this), selector);
        if (!immediate && delay == 0) revert PartyExpelled(bankRef, party);
    }

    function _issue(bytes32 bankRef, bytes32 channel, ChannelRecord storage record, uint96 amount) private {
        // A desk before this one may have issued it since it was proposed.
        if (predecessor != address(0) && IIssuanceDesk(predecessor).isIssued(bankRef)) {
            revert BankReferenceUsed(bankRef, Status.ISSUED);
        }
        _requireWithinCap(channel, record, amount);
        address payee = record.payee;
        CUSTOMERS.requireReady(payee);
        if (!record.limit.tryConsume(RefillingLimit.BUCKET, amount)) {
            revert ChannelLimitExceeded(channel, amount, record.limit.available(RefillingLimit.BUCKET));
        }
        emit Issued(channel, bankRef, payee, amount, msg.sender);
        IControls(record.token).mint(payee, amount, bankRef);
    }

    function _mayMint(address token) private view returns (bool immediate) {
        // With a delay it could not mint either.
        // slither-disable-next-line unused-return
        (immediate,) = IAccessManager(authority).canCall(address(this), token, IControls.mint.selector);
    }

    function _headroom(address token) private view returns (uint256) {
        try IControls(token).reserveHeadroom() returns (uint256 headroom) {
            return Math.min(headroom, MAX_VALUE - IPeggedToken(token).totalSupply());
        } catch {
            return 0;
        }
    }
}
// slither-disable-end incorrect-equality
