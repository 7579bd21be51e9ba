// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILawfulOrders} from "interfaces/ILawfulOrders.sol";
import {Paging} from "contracts/libraries/Paging.sol";
import {Restricted} from "contracts/Restricted.sol";

/// @title Cases and the accounts that they name
abstract contract CaseBook is ILawfulOrders, Restricted {
    uint256 private constant LONGEST_REVIEW = 366 days;

    mapping(bytes32 caseId => Case) private _cases;
    bytes32[] private _caseIds;
    mapping(bytes32 caseId => Entry[]) private _entries;
    /// @dev Where a case names an account, counted from 1.
    mapping(bytes32 caseId => mapping(address token => mapping(address account => uint256 place))) private _places;

    /* VIEWS */

    function caseOf(bytes32 caseId) external view returns (Case memory) {
        return _cases[caseId];
    }

    function caseCount() external view returns (uint256) {
        return _caseIds.length;
    }

    function cases(uint256 offset, uint256 limit) external view returns (bytes32[] memory page) {
        uint256 end = Paging.end(_caseIds.length, offset, limit);
        page = new bytes32[](end - offset);
        for (uint256 i = offset; i < end; ++i) {
            page[i - offset] = _caseIds[i];
        }
    }

    function entries(bytes32 caseId, uint256 offset, uint256 limit) external view returns (Entry[] memory page) {
        Entry[] storage all = _entries[caseId];
        uint256 end = Paging.end(all.length, offset, limit);
        page = new Entry[](end - offset);
        for (uint256 i = offset; i < end; ++i) {
            page[i - offset] = all[i];
        }
    }

    function entryOf(bytes32 caseId, address token, address account) external view returns (Entry memory) {
        return _named(caseId, token, account);
    }

    /* CASEWORKER */

    function openCase(bytes32 caseId, Class class, uint40 reviewBy, bytes32 document) external restricted {
        if (caseId == bytes32(0) || document == bytes32(0)) revert ReferenceRequired();
        if (_cases[caseId].class != Class.NONE) revert CaseExists(caseId);
        _requireReviewDate(class, reviewBy);
        _cases[caseId] = Case(class, uint40(block.timestamp), reviewBy, false, 0, document);
        _caseIds.push(caseId);
        emit CaseOpened(caseId, class, reviewBy, document, msg.sender);
    }

    function reviewCase(bytes32 caseId, uint40 reviewBy, bytes32 ref) external restricted {
        if (ref == bytes32(0)) revert ReferenceRequired();
        Case storage found = _requireOpen(caseId);
        _requireReviewDate(found.class, reviewBy);
        found.reviewBy = reviewBy;
        emit CaseReviewed(caseId, reviewBy, msg.sender, ref);
    }

    function nameAccount(bytes32 caseId, address token, address account, uint112 ceiling) external restricted {
        _requireActive(caseId);
        if (token.code.length == 0) revert TokenUnknown(token);
        uint256 place = _places[caseId][token][account];
        if (place == 0) {
            _entries[caseId].push(Entry(token, account, false, ceiling, 0, 0));
            _places[caseId][token][account] = _entries[caseId].length;
        } else {
            Entry storage entry = _entries[caseId][place - 1];
            uint256 used = uint256(entry.held) + entry.taken;
            if (ceiling < used) revert CeilingExceeded(caseId, account, used, ceiling);
            entry.ceiling = ceiling;
        }
        emit AccountNamed(caseId, token, account, ceiling, msg.sender);
    }

    /* RELEASER */

    function closeCase(bytes32 caseId, bytes32 ref) external restricted {
        if (ref == bytes32(0)) revert ReferenceRequired();
        Case storage found = _requireOpen(caseId);
        if (found.restraints != 0) revert CaseStillRestrains(caseId, found.restraints);
        found.closed = true;
        emit CaseClosed(caseId, msg.sender, ref);
    }

    /* INSIDE */

    function _requireOpen(bytes32 caseId) internal view returns (Case storage found) {
        found = _cases[caseId];
        if (found.class == Class.NONE || found.closed) revert CaseNotOpen(caseId);
    }

    /// @dev Open, and not overdue for review.
    function _requireActive(bytes32 caseId) internal view {
        uint256 reviewBy = _requireOpen(caseId).reviewBy;
        if (block.timestamp > reviewBy) revert ReviewOverdue(caseId, reviewBy);
    }

    function _named(bytes32 caseId, address token, address account) internal view returns (Entry storage) {
        uint256 place = _places[caseId][token][account];
        if (place == 0) revert AccountNotNamed(caseId, token, account);
        return _entries[caseId][place - 1];
    }

    /// @dev Sets what the case does to an account, and counts the accounts to which it does anything.
    function _countRestraint(bytes32 caseId, Entry storage entry, bool frozen, uint112 held) internal {
        bool before = entry.frozen || entry.held != 0;
        bool next = frozen || held != 0;
        if (next && !before) ++_cases[caseId].restraints;
        if (before && !next) --_cases[caseId].restraints;
        (entry.frozen, entry.held) = (frozen, held);
    }

    /// @dev A page of things that are numbered from 1: the first number, and the one behind the last.
    function _numbered(uint256 count, uint256 from, uint256 limit) internal pure returns (uint256 first, uint256 end) {
        first = from == 0 ? 1 : from;
        end = Paging.end(count + 1, first, limit);
    }

    function _requireReviewDate(Class class, uint256 reviewBy) private view {
        bool valid = reviewBy > block.timestamp && reviewBy <= block.timestamp + LONGEST_REVIEW;
        if (class == Class.NONE || !valid) revert InvalidCase(class, reviewBy);
    }
}
