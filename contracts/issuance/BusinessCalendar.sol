// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBusinessCalendar} from "interfaces/IBusinessCalendar.sol";
import {Restricted} from "contracts/Restricted.sol";

/// @title Business days
contract BusinessCalendar is IBusinessCalendar, Restricted {
    struct Calendar {
        int32 utcOffset;
        uint8 weekend;
        bool exists;
        mapping(uint256 index => uint256 bits) closed;
    }

    int32 private constant LARGEST_OFFSET = 14 hours;
    /// @dev Day 0, 1 January 1970, was a Thursday.
    uint256 private constant FIRST_WEEKDAY = 3;
    uint8 private constant WHOLE_WEEK = 127;
    uint8 private constant MOST_DAYS = 30;
    uint24 private constant FARTHEST_DECLARATION = 7;
    uint24 private constant LONGEST_SEARCH = 366;

    mapping(bytes32 code => Calendar) private _calendars;

    constructor(address authority_) Restricted(authority_) {}

    /* VIEWS */

    function calendarOf(bytes32 code) external view returns (int32 utcOffset, uint8 weekend) {
        Calendar storage calendar = _known(code);
        return (calendar.utcOffset, calendar.weekend);
    }

    function dayOf(bytes32 code, uint256 timestamp) external view returns (uint24) {
        return _dayOf(_known(code), timestamp);
    }

    function endOf(bytes32 code, uint24 day) external view returns (uint256) {
        return uint256((int256(uint256(day)) + 1) * 1 days - _known(code).utcOffset - 1);
    }

    function isOpen(bytes32 code, uint24 day) external view returns (bool) {
        return _isOpen(_known(code), day);
    }

    function openDayAfter(bytes32 code, uint24 day, uint8 count) external view returns (uint24) {
        Calendar storage calendar = _known(code);
        if (count == 0 || count > MOST_DAYS) revert NoOpenDay(day, count);
        uint8 left = count;
        for (uint24 next = day + 1; next <= day + LONGEST_SEARCH; ++next) {
            if (_isOpen(calendar, next) && --left == 0) return next;
        }
        revert NoOpenDay(day, count);
    }

    function closedDays(bytes32 code, uint16 index) external view returns (uint256) {
        return _known(code).closed[index];
    }

    /* GOVERNOR */

    function addCalendar(bytes32 code, int32 utcOffset, uint8 weekend, bytes32 ref) external restricted {
        if (code == bytes32(0)) revert CalendarUnknown(code);
        if (utcOffset > LARGEST_OFFSET || utcOffset < -LARGEST_OFFSET || weekend >= WHOLE_WEEK) {
            revert InvalidCalendar(utcOffset, weekend);
        }
        Calendar storage calendar = _calendars[code];
        if (calendar.exists) revert CalendarExists(code);
        (calendar.utcOffset, calendar.weekend, calendar.exists) = (utcOffset, weekend, true);
        emit CalendarAdded(code, utcOffset, weekend, msg.sender, ref);
    }

    function addHolidays(bytes32 code, uint24[] calldata holidays, bytes32 ref) external restricted {
        Calendar storage calendar = _known(code);
        uint24 today = _dayOf(calendar, block.timestamp);
        for (uint256 i; i < holidays.length; ++i) {
            _requireWithin(holidays[i], today, type(uint24).max);
            if (_setClosed(calendar, holidays[i], true)) emit HolidayAdded(code, holidays[i], msg.sender, ref);
        }
    }

    function removeHolidays(bytes32 code, uint24[] calldata holidays, bytes32 ref) external restricted {
        Calendar storage calendar = _known(code);
        uint24 tomorrow = _dayOf(calendar, block.timestamp) + 1;
        for (uint256 i; i < holidays.length; ++i) {
            _requireWithin(holidays[i], tomorrow, type(uint24).max);
            if (_setClosed(calendar, holidays[i], false)) emit HolidayRemoved(code, holidays[i], msg.sender, ref);
        }
    }

    /* CLERK */

    function declareClosed(bytes32 code, uint24 day, bytes32 ref) external restricted {
        if (ref == bytes32(0)) revert ReferenceRequired();
        Calendar storage calendar = _known(code);
        uint24 today = _dayOf(calendar, block.timestamp);
        _requireWithin(day, today, today + FARTHEST_DECLARATION);
        if (_setClosed(calendar, day, true)) emit ClosureDeclared(code, day, msg.sender, ref);
    }

    /* INSIDE */

    function _known(bytes32 code) private view returns (Calendar storage calendar) {
        calendar = _calendars[code];
        if (!calendar.exists) revert CalendarUnknown(code);
    }

    function _dayOf(Calendar storage calendar, uint256 timestamp) private view returns (uint24) {
        return uint24(uint256(int256(timestamp) + calendar.utcOffset) / 1 days);
    }

    function _isOpen(Calendar storage calendar, uint24 day) private view returns (bool) {
        uint256 weekday = (day + FIRST_WEEKDAY) % 7;
        if (calendar.weekend & (1 << weekday) != 0) return false;
        return calendar.closed[day >> 8] & (1 << (day & 255)) == 0;
    }

    /// @dev Returns whether anything changed.
    function _setClosed(Calendar storage calendar, uint24 day, bool closed) private returns (bool) {
        uint256 bits = calendar.closed[day >> 8];
        uint256 bit = 1 << (day & 255);
        if ((bits & bit != 0) == closed) return false;
        calendar.closed[day >> 8] = bits ^ bit;
        return true;
    }

    function _requireWithin(uint24 day, uint24 from, uint24 to) private pure {
        if (day < from || day > to) revert DayOutOfRange(day, from, to);
    }
}
