// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Redeeming at par
/// @notice Requested -> Valid (the clock starts) -> Paying (the bank is instructed) -> Paid and burned, or Returned. Tokens
/// are burned at payout, so that the liability stands until the money has gone. Redemption asks no reserve feed and
/// no pause but its own.
/// @dev A request is made by `surrender` at the token. Amounts are base units of its token; the payout is the amount less
/// the fee, which is fixed at the request.
interface IRedemptionDesk {
    /* TYPES */

    /// @notice `CLOSED` is paid and burned, returned to the holder, or released by a lawful order.
    enum Status {
        NONE,
        REQUESTED,
        VALID,
        PAYING,
        CLOSED
    }

    /// @param fee Kept from the payout; fixed at the request.
    /// @param requestedAt When the tokens came in.
    /// @param validDay The day on which the issuer's conditions were met and the clock started; zero before.
    /// @param dueAt The last second at which paying is in time, by the calendar as it stands now; zero before.
    /// @param blockedUntil The last day on which the holder cannot take back what the bank was told to pay; zero if never.
    struct Request {
        uint256 id;
        address token;
        address holder;
        uint256 amount;
        uint256 fee;
        Status status;
        uint40 requestedAt;
        uint24 validDay;
        uint40 dueAt;
        uint24 blockedUntil;
    }

    /// @param flatFee Base units, and `feeBps` of the amount, rounded down; together at most the desk's cap.
    /// @param nextFrom From when the next fees count; zero when no change is announced.
    struct Terms {
        bytes32 calendar;
        uint8 businessDays;
        uint80 flatFee;
        uint16 feeBps;
        uint80 nextFlatFee;
        uint16 nextFeeBps;
        uint40 nextFrom;
    }

    /* EVENTS */

    event RedemptionRequested(
        uint256 indexed id, address token, address indexed holder, uint256 amount, uint256 fee, bytes32 ref
    );
    event RedemptionValidated(uint256 indexed id, bytes32 indexed payoutRef, uint40 dueAt, address indexed operator);
    event PayoutInstructed(
        uint256 indexed id, bytes32 indexed bankRef, bytes32 indexed payoutRef, uint24 blockedUntil, address operator
    );
    event PayoutRejected(uint256 indexed id, address indexed operator, bytes32 indexed reason);
    event RedemptionPaid(uint256 indexed id, bytes32 indexed bankRef, bool late, address operator);
    event RedemptionReturned(uint256 indexed id, address indexed operator, bytes32 indexed reason);
    event RedemptionReleased(uint256 indexed id, address indexed to, address operator, bytes32 indexed caseRef);
    event DueDateExtended(uint256 indexed id, uint40 dueAt, address indexed operator, bytes32 indexed consentRef);
    /// @notice Why a request waits; moves no date.
    event DelayRecorded(uint256 indexed id, address indexed operator, bytes32 indexed reason);
    event TokenListed(
        address indexed token, bytes32 indexed calendar, uint8 businessDays, address operator, bytes32 indexed ref
    );
    event FeeSet(
        address indexed token, uint80 flatFee, uint16 feeBps, uint40 from, address operator, bytes32 indexed ref
    );

    /* ERRORS */

    /// @notice The request is not in a status that allows this.
    error WrongStatus(uint256 id, Status status);
    /// @notice The holder is frozen or blacklisted: nothing of it moves until that is lifted.
    error HolderBarred(uint256 id, address holder);
    /// @notice Only who surrendered the tokens can take them back.
    error NotHolder(uint256 id, address caller);
    /// @notice The bank may be paying: the tokens cannot be taken back up to and including this day.
    error PayoutPending(uint256 id, uint24 blockedUntil);
    /// @notice This bank reference belongs to another payout, or to none.
    error BankReferenceMismatch(uint256 id, bytes32 bankRef, uint256 usedBy);
    /// @notice The new due date is not later than the one in force.
    error DueDateNotLater(uint256 id, uint40 asked, uint40 dueAt);
    /// @notice Consent comes before: what is overdue stays so.
    error DueDatePassed(uint256 id, uint40 dueAt);
    /// @notice A consent moves the due date by a year at most.
    error DueDateTooLate(uint256 id, uint24 day, uint24 latest);
    /// @notice The token cannot be redeemed here.
    error TokenNotListed(address token);
    /// @notice The token is listed already, or has other than 1 to 30 business days.
    error ListingInvalid(address token, uint8 businessDays);
    /// @notice The proportional fee is above the desk's cap.
    error FeeAboveCap(uint256 feeBps, uint256 cap);
    /// @notice Lowering raises nothing.
    error FeeNotLowered(uint80 flatFee, uint16 feeBps);
    /// @notice A reference is required here and may not be zero.
    error ReferenceRequired();

    /* VIEWS */

    /// @notice The most that a fee may be, in basis points of the amount.
    function maxFeeBps() external view returns (uint256);
    /// @notice Seconds between announcing a higher fee and its first use.
    function feeNotice() external view returns (uint256);
    /// @notice Business days for which an instructed payout cannot be taken back.
    function blockDays() external view returns (uint8);
    function termsOf(address token) external view returns (Terms memory);
    /// @notice The fee of a request of this amount now, rounded down.
    function feeFor(address token, uint256 amount) external view returns (uint256);
    /// @notice The record of a request; of a closed one its events tell whether it was paid, returned or released.
    function requestOf(uint256 id) external view returns (Request memory);
    /// @notice The last second at which paying is in time; zero before validity.
    function dueAt(uint256 id) external view returns (uint256);
    /// @notice Whether a valid request is unpaid after its due date.
    function isOverdue(uint256 id) external view returns (bool);
    /// @notice The request that a bank reference pays, or zero.
    function requestPaidBy(bytes32 bankRef) external view returns (uint256);
    /// @notice How many requests there were; they are numbered from 1.
    function requestCount() external view returns (uint256);
    /// @notice Of up to `limit` requests from number `from`, those that are still open.
    function openRequests(uint256 from, uint256 limit) external view returns (Request[] memory);
    /// @notice Of up to `limit` requests from number `from`, those that are overdue.
    function overdueRequests(uint256 from, uint256 limit) external view returns (Request[] memory);

    /* HOLDER */

    /// @notice Gives the tokens back to their holder, unless it is barred or the bank may be paying.
    function takeBack(uint256 id) external;

    /* TELLER */

    /// @notice Records that the issuer's conditions are met: the holder's wallet is bound, its due diligence valid and its
    /// payout account usable. The clock starts.
    function validate(uint256 id) external;
    /// @notice Records the bank reference of the payout before the bank is instructed; a reference pays one request, ever.
    function instruct(uint256 id, bytes32 bankRef) external;
    /// @notice Returns the tokens of a request that is not being paid.
    function giveBack(uint256 id, bytes32 reason) external;
    /// @notice Records publicly why a request waits; the due date stays. While its holder is barred, the block of a payout
    /// that was instructed starts anew, since nobody could record it.
    function recordDelay(uint256 id, bytes32 reason) external;

    /* SETTLER */

    /// @notice Records that the bank has paid, and burns the tokens.
    function settle(uint256 id, bytes32 bankRef) external;
    /// @notice Records that the bank did not pay: the request is Valid again, and stays blocked for its holder as it was.
    function reject(uint256 id, bytes32 reason) external;

    /* DEFERRER */

    /// @notice Moves the due date to the end of a later day, by the authority's written consent.
    function extend(uint256 id, uint24 day, bytes32 consentRef) external;

    /* SEIZER */

    /// @notice Moves the tokens of a request that is not being paid, by a lawful order.
    function release(uint256 id, address to, bytes32 caseRef) external;

    /* GOVERNOR */

    /// @notice Lets a token be redeemed, within `businessDays` of the calendar; for ever.
    function list(address token, bytes32 calendar, uint8 businessDays, bytes32 ref) external;
    /// @notice Announces fees in either direction; they count after the notice, and not for requests made before.
    function raiseFee(address token, uint80 flatFee, uint16 feeBps, bytes32 ref) external;
    /// @notice Lowers the fees for requests from now; an announced change stays announced.
    function lowerFee(address token, uint80 flatFee, uint16 feeBps, bytes32 ref) external;
}
