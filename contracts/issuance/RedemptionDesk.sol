// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IControls} from "interfaces/IControls.sol";
import {ICustomerRegister} from "interfaces/ICustomerRegister.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {ISurrenderReceiver} from "interfaces/ISurrenderReceiver.sol";
import {Paging} from "contracts/libraries/Paging.sol";
import {RedemptionTerms} from "contracts/issuance/RedemptionTerms.sol";
import {Restricted} from "contracts/Restricted.sol";

// What is compared are statuses, not balances.
// slither-disable-start incorrect-equality

/// @title Requests, payouts and burns
/// @notice The desk's balance of a token is exactly what its open requests hold: tokens come by `surrender` only.
contract RedemptionDesk is RedemptionTerms, ISurrenderReceiver {
    /// @dev Three words, all cleared when the tokens leave. A day is one of the token's calendar; `dueAt` was reckoned at
    /// validity or by consent, and the calendar may have moved it since; the block is reckoned from `payingDay`, zero if
    /// the bank was never told to pay; `payout` tells the bank reference.
    struct Record {
        address holder;
        Status status;
        uint24 validDay;
        uint24 payingDay;
        uint40 requestedAt;
        uint112 amount;
        uint96 fee;
        uint40 dueAt;
        address token;
        bytes12 payout;
    }

    uint8 private constant PAUSE_REDEEM = 8;
    /// @dev Days from the moment of the extension.
    uint24 private constant LONGEST_EXTENSION = 366;

    uint8 public immutable blockDays;
    ICustomerRegister private immutable CUSTOMERS;

    uint256 public requestCount;
    mapping(uint256 id => Record) private _records;
    mapping(bytes32 bankRef => uint256 id) public requestPaidBy;

    constructor(
        address authority_,
        address calendars,
        address customers,
        uint16 maxFeeBps_,
        uint40 feeNotice_,
        uint8 blockDays_
    ) Restricted(authority_) RedemptionTerms(calendars, maxFeeBps_, feeNotice_) {
        CUSTOMERS = ICustomerRegister(customers);
        blockDays = blockDays_;
    }

    /* VIEWS */

    function requestOf(uint256 id) public view returns (Request memory) {
        Record memory record = _records[id];
        return Request({
            id: id,
            token: record.token,
            holder: record.holder,
            amount: record.amount,
            fee: record.fee,
            status: _statusOf(id, record.status),
            requestedAt: record.requestedAt,
            validDay: record.validDay,
            dueAt: _dueAt(record),
            blockedUntil: _blockedUntil(record)
        });
    }

    function dueAt(uint256 id) external view returns (uint256) {
        return _dueAt(_records[id]);
    }

    function isOverdue(uint256 id) public view returns (bool) {
        Record memory record = _records[id];
        return record.validDay != 0 && _isLate(record);
    }

    function openRequests(uint256 from, uint256 limit) external view returns (Request[] memory) {
        return _select(from, limit, false);
    }

    function overdueRequests(uint256 from, uint256 limit) external view returns (Request[] memory) {
        return _select(from, limit, true);
    }

    /* TOKEN */

    function onSurrender(address holder, uint256 value, bytes32 ref) external returns (uint256 id) {
        // A balance, which has 112 bits.
        uint112 amount = uint112(value);
        uint96 fee = _charge(msg.sender, amount);
        // Nobody lives to see 2^256 requests.
        unchecked {
            id = ++requestCount;
        }
        _records[id] = Record({
            holder: holder,
            status: Status.REQUESTED,
            validDay: 0,
            payingDay: 0,
            requestedAt: uint40(block.timestamp),
            amount: amount,
            fee: fee,
            dueAt: 0,
            token: msg.sender,
            payout: 0
        });
        emit RedemptionRequested(id, msg.sender, holder, value, fee, ref);
    }

    /* HOLDER */

    function takeBack(uint256 id) external {
        Record memory record = _open(id);
        if (msg.sender != record.holder) revert NotHolder(id, msg.sender);
        uint24 blockedUntil = _blockedUntil(record);
        if (blockedUntil != 0 && _today(record.token) <= blockedUntil) revert PayoutPending(id, blockedUntil);
        _return(id, record, bytes32(0));
    }

    /* TELLER */

    function validate(uint256 id) external restricted {
        Record storage record = _inStatus(id, Status.REQUESTED);
        bytes32 payoutRef = _requirePayable(id, record);
        uint24 today = _today(record.token);
        uint40 due = _dueFrom(record.token, today);
        (record.status, record.validDay, record.dueAt) = (Status.VALID, today, due);
        emit RedemptionValidated(id, payoutRef, due, msg.sender);
    }

    function instruct(uint256 id, bytes32 bankRef) external restricted {
        if (bankRef == bytes32(0)) revert ReferenceRequired();
        Record storage record = _inStatus(id, Status.VALID);
        uint8 pauses = IPeggedToken(record.token).pauses();
        if (pauses & PAUSE_REDEEM != 0) revert IPeggedToken.Paused(pauses);
        bytes32 payoutRef = _requirePayable(id, record);
        if (requestPaidBy[bankRef] != 0) revert BankReferenceMismatch(id, bankRef, requestPaidBy[bankRef]);
        requestPaidBy[bankRef] = id;
        (record.status, record.payingDay, record.payout) = (Status.PAYING, _today(record.token), _digest(bankRef));
        emit PayoutInstructed(id, bankRef, payoutRef, _blockedUntil(record), msg.sender);
    }

    function giveBack(uint256 id, bytes32 reason) external restricted {
        if (reason == bytes32(0)) revert ReferenceRequired();
        Record memory record = _open(id);
        if (record.status == Status.PAYING) revert WrongStatus(id, record.status);
        _return(id, record, reason);
    }

    function recordDelay(uint256 id, bytes32 reason) external restricted {
        if (reason == bytes32(0)) revert ReferenceRequired();
        _requireOpen(id);
        Record storage record = _records[id];
        // Nobody could settle while the holder is barred, so the block does not run out on a payment made before.
        if (record.status == Status.PAYING && _isBarred(record.holder, record.token)) {
            record.payingDay = _today(record.token);
        }
        emit DelayRecorded(id, msg.sender, reason);
    }

    /* SETTLER */

    function settle(uint256 id, bytes32 bankRef) external restricted {
        Record memory record = _records[id];
        if (record.status != Status.PAYING) revert WrongStatus(id, _statusOf(id, record.status));
        if (record.payout != _digest(bankRef)) revert BankReferenceMismatch(id, bankRef, requestPaidBy[bankRef]);
        delete _records[id];
        emit RedemptionPaid(id, bankRef, _isLate(record), msg.sender);
        IControls(record.token).burnEscrow(record.holder, record.amount);
    }

    function reject(uint256 id, bytes32 reason) external restricted {
        if (reason == bytes32(0)) revert ReferenceRequired();
        _inStatus(id, Status.PAYING).status = Status.VALID;
        emit PayoutRejected(id, msg.sender, reason);
    }

    /* DEFERRER */

    function extend(uint256 id, uint24 day, bytes32 consentRef) external restricted {
        if (consentRef == bytes32(0)) revert ReferenceRequired();
        Record storage record = _records[id];
        if (record.validDay == 0) revert WrongStatus(id, _statusOf(id, record.status));
        uint24 latest = _today(record.token) + LONGEST_EXTENSION;
        if (day > latest) revert DueDateTooLate(id, day, latest);
        uint40 due = _endOf(record.token, day);
        uint40 before = _dueAt(record);
        if (block.timestamp > before) revert DueDatePassed(id, before);
        if (due <= before) revert DueDateNotLater(id, due, before);
        record.dueAt = due;
        emit DueDateExtended(id, due, msg.sender, consentRef);
    }

    /* SEIZER */

    function release(uint256 id, address to, bytes32 caseRef) external restricted {
        if (caseRef == bytes32(0)) revert ReferenceRequired();
        Record memory record = _open(id);
        if (record.status == Status.PAYING) revert WrongStatus(id, record.status);
        // Giving back asks no identity, but this is nobody's own.
        IPeggedToken token = IPeggedToken(record.token);
        if (token.isAllowListOn() && !token.isVerified(to)) revert IPeggedToken.UnverifiedAccount(to);
        delete _records[id];
        emit RedemptionReleased(id, to, msg.sender, caseRef);
        IControls(record.token).restore(to, record.amount);
    }

    /* INSIDE */

    /// @dev What is stored of a finished request is nothing; its number tells it from one that never was.
    function _statusOf(uint256 id, Status stored) private view returns (Status) {
        return stored == Status.NONE && id != 0 && id <= requestCount ? Status.CLOSED : stored;
    }

    function _requireOpen(uint256 id) private view {
        Status status = _records[id].status;
        if (status == Status.NONE) revert WrongStatus(id, _statusOf(id, status));
    }

    function _open(uint256 id) private view returns (Record memory) {
        _requireOpen(id);
        return _records[id];
    }

    function _inStatus(uint256 id, Status status) private view returns (Record storage record) {
        record = _records[id];
        if (record.status != status) revert WrongStatus(id, _statusOf(id, record.status));
    }

    /// @dev Enough of the hash that no other reference has the same.
    function _digest(bytes32 bankRef) private pure returns (bytes12) {
        return bytes12(keccak256(abi.encode(bankRef)));
    }

    /// @dev The calendar may have closed days since the date was reckoned; it never moves the date forward.
    function _dueAt(Record memory record) private view returns (uint40) {
        if (record.validDay == 0) return 0;
        return uint40(Math.max(record.dueAt, _dueFrom(record.token, record.validDay)));
    }

    /// @dev What was reckoned is the earliest that it can be, so the calendar is asked after it only.
    function _isLate(Record memory record) private view returns (bool) {
        return block.timestamp > record.dueAt && block.timestamp > _dueAt(record);
    }

    /// @dev The last day of the block, by the calendar as it stands.
    function _blockedUntil(Record memory record) private view returns (uint24) {
        return record.payingDay == 0 ? 0 : _openDayAfter(record.token, record.payingDay, blockDays);
    }

    function _isBarred(address holder, address token) private view returns (bool) {
        return IPeggedToken(token).isBlacklisted(holder) || IPeggedToken(token).isFrozen(holder);
    }

    function _requireFree(uint256 id, address holder, address token) private view {
        if (_isBarred(holder, token)) revert HolderBarred(id, holder);
    }

    function _requirePayable(uint256 id, Record storage record) private view returns (bytes32) {
        _requireFree(id, record.holder, record.token);
        return CUSTOMERS.requirePayout(record.holder);
    }

    function _return(uint256 id, Record memory record, bytes32 reason) private {
        _requireFree(id, record.holder, record.token);
        delete _records[id];
        emit RedemptionReturned(id, msg.sender, reason);
        IControls(record.token).restore(record.holder, record.amount);
    }

    function _select(uint256 from, uint256 limit, bool overdueOnly) private view returns (Request[] memory page) {
        uint256 first = from == 0 ? 1 : from;
        uint256 end = Paging.end(requestCount + 1, first, limit);
        uint256 found;
        page = new Request[](end - first);
        for (uint256 id = first; id < end; ++id) {
            if (overdueOnly ? isOverdue(id) : _records[id].status != Status.NONE) page[found++] = requestOf(id);
        }
        // Shortens the array to what was found, which is at most its length.
        assembly ("memory-safe") {
            mstore(page, found)
        }
    }
}
// slither-disable-end incorrect-equality
