// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Business days of several places
/// @notice A day is counted in the place's standard time: (timestamp + utcOffset) / 86400. A calendar's code is its name in
/// ASCII, padded with zeros. What is past cannot be changed.
interface IBusinessCalendar {
    /* EVENTS */

    event CalendarAdded(
        bytes32 indexed code, int32 utcOffset, uint8 weekend, address indexed operator, bytes32 indexed ref
    );
    event HolidayAdded(bytes32 indexed code, uint24 indexed day, address operator, bytes32 indexed ref);
    event HolidayRemoved(bytes32 indexed code, uint24 indexed day, address operator, bytes32 indexed ref);
    /// @notice A day on which business stopped at short notice, such as a typhoon or a black rainstorm.
    event ClosureDeclared(bytes32 indexed code, uint24 indexed day, address operator, bytes32 indexed ref);

    /* ERRORS */

    /// @notice There is no such calendar.
    error CalendarUnknown(bytes32 code);
    /// @notice The calendar is there already.
    error CalendarExists(bytes32 code);
    /// @notice Offsets are at most 14 hours, and some day of the week must be open.
    error InvalidCalendar(int32 utcOffset, uint8 weekend);
    /// @notice Past days stay as they were; a removal starts tomorrow and a declaration reaches at most a week ahead.
    error DayOutOfRange(uint24 day, uint24 from, uint24 to);
    /// @notice No open day was found within a year, or more than 30 were asked for.
    error NoOpenDay(uint24 from, uint8 count);
    /// @notice A reference is required here and may not be zero.
    error ReferenceRequired();

    /* VIEWS */

    /// @notice The offset of standard time in seconds, and the closed days of each week: bit 0 Monday to bit 6 Sunday.
    function calendarOf(bytes32 code) external view returns (int32 utcOffset, uint8 weekend);
    /// @notice The day of a moment.
    function dayOf(bytes32 code, uint256 timestamp) external view returns (uint24);
    /// @notice The last second of a day.
    function endOf(bytes32 code, uint24 day) external view returns (uint256);
    function isOpen(bytes32 code, uint24 day) external view returns (bool);
    /// @notice The `count`-th open day after `day`, as the calendar stands now; `count` is 1 to 30.
    function openDayAfter(bytes32 code, uint24 day, uint8 count) external view returns (uint24);
    /// @notice 256 days from day 256 * `index`: a bit is set for a holiday or a declared closure.
    function closedDays(bytes32 code, uint16 index) external view returns (uint256);

    /* GOVERNOR */

    function addCalendar(bytes32 code, int32 utcOffset, uint8 weekend, bytes32 ref) external;
    /// @notice Adds holidays, today or later; one that is there already is passed over.
    function addHolidays(bytes32 code, uint24[] calldata holidays, bytes32 ref) external;
    /// @notice Opens days again, tomorrow or later; due dates that are fixed already stay where they are.
    function removeHolidays(bytes32 code, uint24[] calldata holidays, bytes32 ref) external;

    /* CLERK */

    /// @notice Closes a day at once: today or one of the next seven.
    function declareClosed(bytes32 code, uint24 day, bytes32 ref) external;
}
