// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IBusinessCalendar} from "interfaces/IBusinessCalendar.sol";
import {IRedemptionDesk} from "interfaces/IRedemptionDesk.sol";
import {Restricted} from "contracts/Restricted.sol";

/// @title What can be redeemed, by when, and for which fee
abstract contract RedemptionTerms is IRedemptionDesk, Restricted {
    struct TermsRecord {
        uint80 flatFee;
        uint16 feeBps;
        uint80 nextFlatFee;
        uint16 nextFeeBps;
        uint40 nextFrom;
        uint8 businessDays;
        bytes32 calendar;
    }

    uint8 private constant MOST_DAYS = 30;

    uint256 public immutable maxFeeBps;
    uint256 public immutable feeNotice;
    IBusinessCalendar private immutable CALENDARS;

    mapping(address token => TermsRecord) private _terms;

    constructor(address calendars, uint16 maxFeeBps_, uint40 feeNotice_) {
        CALENDARS = IBusinessCalendar(calendars);
        maxFeeBps = maxFeeBps_;
        feeNotice = feeNotice_;
    }

    /* VIEWS */

    function termsOf(address token) external view returns (Terms memory) {
        TermsRecord storage terms = _listed(token);
        (uint80 flatFee, uint16 feeBps) = _current(terms);
        bool announced = terms.nextFrom > block.timestamp;
        return Terms({
            calendar: terms.calendar,
            businessDays: terms.businessDays,
            flatFee: flatFee,
            feeBps: feeBps,
            nextFlatFee: announced ? terms.nextFlatFee : 0,
            nextFeeBps: announced ? terms.nextFeeBps : 0,
            nextFrom: announced ? terms.nextFrom : 0
        });
    }

    function feeFor(address token, uint256 amount) external view returns (uint256) {
        return _charge(token, SafeCast.toUint112(amount));
    }

    /* GOVERNOR */

    function list(address token, bytes32 calendar, uint8 businessDays, bytes32 ref) external restricted {
        TermsRecord storage terms = _terms[token];
        bool valid = businessDays != 0 && businessDays <= MOST_DAYS && token.code.length != 0;
        if (!valid || terms.businessDays != 0) revert ListingInvalid(token, businessDays);
        // Reverts when there is no such calendar.
        // slither-disable-next-line unused-return
        CALENDARS.calendarOf(calendar);
        (terms.calendar, terms.businessDays) = (calendar, businessDays);
        emit TokenListed(token, calendar, businessDays, msg.sender, ref);
    }

    function raiseFee(address token, uint80 flatFee, uint16 feeBps, bytes32 ref) external restricted {
        if (feeBps > maxFeeBps) revert FeeAboveCap(feeBps, maxFeeBps);
        TermsRecord storage terms = _settled(token);
        uint40 from = uint40(block.timestamp + feeNotice);
        (terms.nextFlatFee, terms.nextFeeBps, terms.nextFrom) = (flatFee, feeBps, from);
        emit FeeSet(token, flatFee, feeBps, from, msg.sender, ref);
    }

    function lowerFee(address token, uint80 flatFee, uint16 feeBps, bytes32 ref) external restricted {
        TermsRecord storage terms = _settled(token);
        if (flatFee > terms.flatFee || feeBps > terms.feeBps) revert FeeNotLowered(flatFee, feeBps);
        (terms.flatFee, terms.feeBps) = (flatFee, feeBps);
        emit FeeSet(token, flatFee, feeBps, uint40(block.timestamp), msg.sender, ref);
    }

    /* INSIDE */

    function _listed(address token) private view returns (TermsRecord storage terms) {
        terms = _terms[token];
        if (terms.businessDays == 0) revert TokenNotListed(token);
    }

    function _current(TermsRecord storage terms) private view returns (uint80, uint16) {
        bool risen = terms.nextFrom != 0 && block.timestamp >= terms.nextFrom;
        return risen ? (terms.nextFlatFee, terms.nextFeeBps) : (terms.flatFee, terms.feeBps);
    }

    /// @dev Books an announced fee whose time has come, so that changes start from what is in force.
    function _settled(address token) private returns (TermsRecord storage terms) {
        terms = _listed(token);
        if (terms.nextFrom == 0 || block.timestamp < terms.nextFrom) return terms;
        (terms.flatFee, terms.feeBps) = (terms.nextFlatFee, terms.nextFeeBps);
        (terms.nextFlatFee, terms.nextFeeBps, terms.nextFrom) = (0, 0, 0);
    }

    /// @dev The fee of an amount: rounded down, at most the cap and what a record holds.
    function _charge(address token, uint112 amount) internal view returns (uint96) {
        TermsRecord storage terms = _listed(token);
        (uint80 flat, uint16 bps) = _current(terms);
        // No overflow: an amount has 112 bits, and basis points have 16.
        unchecked {
            uint256 fee = uint256(flat) + uint256(amount) * bps / 10_000;
            uint256 cap = amount * maxFeeBps / 10_000;
            if (fee > cap) fee = cap;
            return fee > type(uint96).max ? type(uint96).max : uint96(fee);
        }
    }

    function _today(address token) internal view returns (uint24) {
        return CALENDARS.dayOf(_terms[token].calendar, block.timestamp);
    }

    function _openDayAfter(address token, uint24 day, uint8 count) internal view returns (uint24) {
        return CALENDARS.openDayAfter(_terms[token].calendar, day, count);
    }

    function _endOf(address token, uint24 day) internal view returns (uint40) {
        return uint40(CALENDARS.endOf(_terms[token].calendar, day));
    }

    /// @dev The last second of the last business day on which paying a request that became valid on `day` is in time.
    function _dueFrom(address token, uint24 day) internal view returns (uint40) {
        return _endOf(token, _openDayAfter(token, day, _terms[token].businessDays));
    }
}
