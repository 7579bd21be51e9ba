// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Orders of courts and authorities, bound to cases
/// @notice A case has a class, a document's hash and a date by which it must be reviewed; it names accounts, each with a
/// ceiling. Freezing and holding are immediate; taking needs a proposal by one party and its execution by another.
/// @dev Works whatever is paused and on frozen accounts. Classes and references say nothing about suspicion.
interface ILawfulOrders {
    /* TYPES */

    enum Class {
        NONE,
        COURT_ORDER,
        AUTHORITY_REQUEST,
        SECURITY,
        REVIEW
    }

    enum ProposalStatus {
        NONE,
        PROPOSED,
        EXECUTED,
        CANCELLED
    }

    /// @param reviewBy The last second at which the case may act; afterwards it only releases, until it is reviewed.
    /// @param restraints Accounts of the case that are frozen or held now; a case is closed when there are none.
    struct Case {
        Class class;
        uint40 openedAt;
        uint40 reviewBy;
        bool closed;
        uint32 restraints;
        bytes32 document;
    }

    /// @param ceiling The most that the case may hold, and may take.
    /// @param held What this case holds now.
    /// @param taken What this case has seized or destroyed.
    struct Entry {
        address token;
        address account;
        bool frozen;
        uint112 ceiling;
        uint112 held;
        uint112 taken;
    }

    /// @param to Who receives; zero destroys.
    /// @param redemption The request at the redemption desk whose tokens are meant, or zero for the account's own.
    struct Proposal {
        bytes32 caseId;
        address token;
        address account;
        address to;
        uint112 value;
        uint256 redemption;
        address proposer;
        uint40 proposedAt;
        ProposalStatus status;
    }

    /* EVENTS */

    event CaseOpened(
        bytes32 indexed caseId, Class indexed class, uint256 reviewBy, bytes32 indexed document, address operator
    );
    event CaseReviewed(bytes32 indexed caseId, uint256 reviewBy, address indexed operator, bytes32 indexed ref);
    event CaseClosed(bytes32 indexed caseId, address indexed operator, bytes32 indexed ref);
    event AccountNamed(
        bytes32 indexed caseId, address indexed token, address indexed account, uint256 ceiling, address operator
    );
    event CaseFroze(bytes32 indexed caseId, address indexed token, address indexed account, address operator);
    event CaseUnfroze(bytes32 indexed caseId, address indexed token, address indexed account, address operator);
    event CaseHeld(
        bytes32 indexed caseId, address indexed token, address indexed account, uint256 value, address operator
    );
    event CaseReleased(
        bytes32 indexed caseId, address indexed token, address indexed account, uint256 value, address operator
    );
    event OrderProposed(
        uint256 indexed id,
        bytes32 indexed caseId,
        address indexed account,
        address token,
        address to,
        uint256 value,
        uint256 redemption,
        address proposer
    );
    event OrderCancelled(uint256 indexed id, bytes32 indexed caseId, address indexed operator, bytes32 ref);
    event OrderExecuted(
        uint256 indexed id, bytes32 indexed caseId, address indexed account, uint256 value, address executor
    );

    /* ERRORS */

    /// @notice There is no such case, or it is closed.
    error CaseNotOpen(bytes32 caseId);
    /// @notice A case id is used once.
    error CaseExists(bytes32 caseId);
    /// @notice A case needs a class, and a review date in the future and within a year.
    error InvalidCase(Class class, uint256 reviewBy);
    /// @notice The case had to be reviewed before this; until it is, it can only release.
    error ReviewOverdue(bytes32 caseId, uint256 reviewBy);
    /// @notice The case does not name this account of this token.
    error AccountNotNamed(bytes32 caseId, address token, address account);
    /// @notice There is no token at this address.
    error TokenUnknown(address token);
    /// @notice The case may hold, or take, no more than `allowed` of this account.
    error CeilingExceeded(bytes32 caseId, address account, uint256 value, uint256 allowed);
    /// @notice Less than this is held by the case.
    error NotHeldByCase(bytes32 caseId, address account, uint256 value, uint256 held);
    /// @notice The order is not, or no longer, waiting.
    error OrderNotProposed(uint256 id, ProposalStatus status);
    /// @notice Who proposed an order cannot execute it.
    error ProposerCannotExecute(uint256 id, address proposer);
    /// @notice An order can be challenged for a day after its proposal.
    error StillChallengeable(uint256 id, uint256 until);
    /// @notice The order's proposer has lost the role since: propose anew.
    error PartyExpelled(uint256 id, address party);
    /// @notice The request is not this account's, of this token and amount; or it would be destroyed, which it cannot.
    error RedemptionMismatch(uint256 redemption);
    /// @notice Nothing was to be held, released or taken.
    error NothingOrdered();
    /// @notice Something is still frozen or held by the case.
    error CaseStillRestrains(bytes32 caseId, uint256 restraints);
    /// @notice A reference is required here and may not be zero.
    error ReferenceRequired();

    /* VIEWS */

    function caseOf(bytes32 caseId) external view returns (Case memory);
    /// @notice What a case did: up to `limit` of its accounts from `offset`, in the order of their naming.
    function entries(bytes32 caseId, uint256 offset, uint256 limit) external view returns (Entry[] memory);
    function entryOf(bytes32 caseId, address token, address account) external view returns (Entry memory);
    function proposalOf(uint256 id) external view returns (Proposal memory);
    function proposalCount() external view returns (uint256);
    /// @notice Of up to `limit` orders from number `from`, those that wait, and their numbers.
    function openProposals(uint256 from, uint256 limit)
        external
        view
        returns (uint256[] memory ids, Proposal[] memory open);
    function caseCount() external view returns (uint256);
    /// @notice Up to `limit` case ids from `offset`, in the order of their opening.
    function cases(uint256 offset, uint256 limit) external view returns (bytes32[] memory);
    /// @notice What all cases hold of this account of this token.
    function heldOf(address token, address account) external view returns (uint256);
    /// @notice How many cases freeze this account of this token.
    function freezesOf(address token, address account) external view returns (uint256);

    /* CASEWORKER */

    /// @notice Opens a case. `document` is the hash of the order's text, or of a random file number.
    function openCase(bytes32 caseId, Class class, uint40 reviewBy, bytes32 document) external;
    /// @notice Records a review, with the date of the next.
    function reviewCase(bytes32 caseId, uint40 reviewBy, bytes32 ref) external;
    /// @notice Names an account with the most that may be held and taken of it; naming it again replaces the ceiling.
    function nameAccount(bytes32 caseId, address token, address account, uint112 ceiling) external;
    /// @notice Freezes named accounts at once; one that the case froze already is passed over.
    function freeze(bytes32 caseId, address token, address[] calldata accounts) external;
    /// @notice Holds `value` more of a named account at once, up to its ceiling less what was taken.
    function hold(bytes32 caseId, address token, address account, uint112 value) external;
    /// @notice Proposes to take `value` of a named account, which the case froze or holds as much of, to `to`; zero
    /// destroys. With `redemption` the tokens of that open request are meant, whole.
    function propose(bytes32 caseId, address token, address account, address to, uint112 value, uint256 redemption)
        external
        returns (uint256 id);

    /* EXECUTOR */

    /// @notice Executes a proposed order, a day after its proposal.
    function execute(uint256 id) external;

    /* GUARDIAN */

    /// @notice Cancels a proposed order.
    function cancel(uint256 id, bytes32 ref) external;

    /* RELEASER */

    /// @notice Lifts this case's freezes; an account stays frozen while another case freezes it, or if it was frozen before
    /// any case did.
    function unfreeze(bytes32 caseId, address token, address[] calldata accounts) external;
    /// @notice Releases `value` of what this case holds, and nothing of what others do.
    function release(bytes32 caseId, address token, address account, uint112 value) external;
    /// @notice Closes a case that restrains nobody any more.
    function closeCase(bytes32 caseId, bytes32 ref) external;
}
