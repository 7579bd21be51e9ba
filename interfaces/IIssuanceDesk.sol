// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Issuing against cleared funds
/// @notice The only minter in normal operation. An order binds a bank reference, a channel and an amount; one party proposes
/// it and others approve it, the more the larger it is; the last approval issues. A bank reference issues once, for ever.
/// @dev Amounts are base units of the channel's token. Zero means zero: a channel without cap or limit, and a token without
/// tiers, issue nothing.
interface IIssuanceDesk {
    /* TYPES */

    /// @notice The dual track: enterprises that buy for themselves, and wholesalers that distribute under the rules.
    enum Kind {
        NONE,
        DIRECT,
        WHOLESALE
    }

    enum Status {
        NONE,
        PROPOSED,
        ISSUED,
        CANCELLED,
        EXPIRED
    }

    /// @notice What can bind an issue, in the order in which it is looked at.
    enum Constraint {
        CHANNEL,
        PAYEE,
        MINTING,
        ORDER_CAP,
        TIERS,
        CHANNEL_LIMIT,
        MINT_LIMIT,
        RESERVES
    }

    /// @notice Orders of up to `upTo` need `approvals`; larger ones than the last tier's cannot be issued.
    struct Tier {
        uint96 upTo;
        uint8 approvals;
    }

    /// @param cap The most that one order may issue.
    /// @param available What the refilling limit allows now: `capacity` refills over `window` seconds.
    struct Channel {
        bytes32 name;
        address token;
        address payee;
        Kind kind;
        bool open;
        uint96 cap;
        uint256 capacity;
        uint256 window;
        uint256 available;
    }

    struct Order {
        bytes32 bankRef;
        bytes32 channel;
        uint96 amount;
        address proposer;
        uint40 expiresAt;
        Status status;
        address[] approvers;
    }

    /* EVENTS */

    event OrderProposed(
        bytes32 indexed bankRef, bytes32 indexed channel, uint256 amount, address indexed proposer, uint256 expiresAt
    );
    event OrderApproved(bytes32 indexed bankRef, address indexed approver, uint256 approvals, uint256 needed);
    event OrderCancelled(bytes32 indexed bankRef, address indexed operator, bytes32 indexed ref);
    /// @notice Every unit in existence traces to one of these.
    event Issued(
        bytes32 indexed channel, bytes32 indexed bankRef, address indexed to, uint256 amount, address approver
    );
    event ChannelOpened(
        bytes32 indexed channel, address indexed token, Kind kind, address indexed payee, address operator, bytes32 ref
    );
    event ChannelClosed(bytes32 indexed channel, address indexed operator, bytes32 indexed ref);
    event ChannelLimitSet(
        bytes32 indexed channel, uint256 cap, uint256 capacity, uint256 window, address operator, bytes32 indexed ref
    );
    event TiersSet(address indexed token, Tier[] tiers, address indexed operator, bytes32 indexed ref);

    /* ERRORS */

    /// @notice There is no such channel, or it is closed.
    error ChannelNotOpen(bytes32 channel);
    /// @notice An open channel is not opened again, and a channel keeps its token, kind and payee for ever.
    error ChannelInvalid(bytes32 channel, address token);
    /// @notice The token is not on the board, or is of another currency than the funds.
    error CurrencyMismatch(address token, bytes3 currency);
    /// @notice This bank reference has an order already, in this status.
    error BankReferenceUsed(bytes32 bankRef, Status status);
    /// @notice The order is not, or no longer, waiting for approval.
    error OrderNotProposed(bytes32 bankRef, Status status);
    /// @notice The order binds other terms than the approval names.
    error OrderMismatch(bytes32 bankRef, bytes32 channel, uint256 amount);
    /// @notice Who proposed an order cannot approve it.
    error ProposerCannotApprove(bytes32 bankRef, address proposer);
    /// @notice Nobody counts twice.
    error AlreadyApproved(bytes32 bankRef, address approver);
    /// @notice This party proposed or approved the order, and has lost the role since: cancel and propose anew.
    error PartyExpelled(bytes32 bankRef, address party);
    /// @notice More than one order of the channel may issue.
    error OrderCapExceeded(bytes32 channel, uint256 amount, uint256 cap);
    /// @notice More than the channel's refilling limit allows now.
    error ChannelLimitExceeded(bytes32 channel, uint256 amount, uint256 available);
    /// @notice No tier allows an order of this size.
    error TierExceeded(address token, uint256 amount, uint256 largest);
    /// @notice Tiers ascend in size, do not descend in approvals, need at least one each, and are at most eight.
    error TiersInvalid(uint256 index);
    /// @notice Tightening lets no order through with fewer approvals than before.
    error TiersNotTightened(uint256 upTo, uint256 approvals);
    /// @notice Lowering raises nothing: neither cap, capacity nor refill per second.
    error ChannelNotLowered(bytes32 channel);
    /// @notice A refilling limit needs a window above zero.
    error InvalidWindow();
    /// @notice An order of nothing issues nothing.
    error NothingToIssue();
    /// @notice A reference is required here and may not be zero.
    error ReferenceRequired();

    /* VIEWS */

    /// @notice Seconds from its proposal in which an order can be issued.
    function orderLife() external view returns (uint256);
    /// @notice The desk before this one, whose bank references count as used here; zero when there is none.
    function predecessor() external view returns (address);
    function channelOf(bytes32 channel) external view returns (Channel memory);
    function orderOf(bytes32 bankRef) external view returns (Order memory);
    /// @notice Whether a bank reference was issued here or at a desk before.
    function isIssued(bytes32 bankRef) external view returns (bool);
    function tiersOf(address token) external view returns (Tier[] memory);
    /// @notice The approvals that an order needs; reverts when no tier allows it.
    function approvalsFor(address token, uint256 amount) external view returns (uint256);
    /// @notice What binds an issue through this channel most, and what that allows; never reverts.
    function previewIssue(bytes32 channel) external view returns (Constraint constraint, uint256 allowed);
    function channelCount() external view returns (uint256);
    /// @notice Up to `limit` channels from `offset`, in the order of their opening.
    function channels(uint256 offset, uint256 limit) external view returns (Channel[] memory);
    function orderCount() external view returns (uint256);
    /// @notice Of up to `limit` orders from `offset`, in the order of their first proposal, those that are still open.
    function openOrders(uint256 offset, uint256 limit) external view returns (Order[] memory);

    /* PROPOSER */

    /// @notice Proposes to issue `amount` to the channel's payee for the funds of one bank credit in `currency`.
    function propose(bytes32 bankRef, bytes32 channel, bytes3 currency, uint96 amount) external;

    /* APPROVER */

    /// @notice Approves exactly these terms; the last approval that is needed issues.
    function approve(bytes32 bankRef, bytes32 channel, uint96 amount) external returns (bool issued);

    /* GUARDIAN */

    /// @notice Cancels an order that was not issued; its bank reference can be proposed anew.
    function cancel(bytes32 bankRef, bytes32 ref) external;

    /* PAUSER */

    /// @notice Stops a channel at once.
    function closeChannel(bytes32 channel, bytes32 ref) external;
    /// @notice Cuts a channel at once: neither cap, capacity nor refill per second may rise.
    function lowerChannel(bytes32 channel, uint96 cap, uint208 capacity, uint48 window, bytes32 ref) external;
    /// @notice Replaces the tiers by stricter ones at once.
    function tightenTiers(address token, Tier[] calldata tiers, bytes32 ref) external;

    /* GOVERNOR */

    /// @notice Opens a channel, without cap and limit yet; for another payee open another channel.
    function openChannel(bytes32 channel, address token, Kind kind, address payee, bytes32 ref) external;
    /// @notice Sets a channel's cap and refilling limit in either direction. What is used stays used.
    function raiseChannel(bytes32 channel, uint96 cap, uint208 capacity, uint48 window, bytes32 ref) external;
    /// @notice Replaces the tiers in either direction.
    function loosenTiers(address token, Tier[] calldata tiers, bytes32 ref) external;
}
