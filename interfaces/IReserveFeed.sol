// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title The reserves of one currency, as its attestors signed them
/// @notice Reads like a Chainlink feed (`AggregatorV3Interface`): the answer is the reserves in 10 ** -`decimals()` of a
/// currency unit, `updatedAt` the moment they were counted, never the moment of posting.
interface IReserveFeed {
    /* TYPES */

    /// @notice What attestors sign (EIP-712), in a domain of this feed on this chain.
    /// @param currency The currency's code; a statement of another currency never counts.
    /// @param asOf When the reserves were counted, seconds since the epoch; must advance and not lie in the future.
    /// @param reserves Market value of the currency's own pool, rounded down.
    /// @param elsewhere Ceiling on what other chains may have issued until the next statement, rounded up.
    /// @param document keccak256 of the full statement.
    struct Statement {
        string currency;
        uint40 asOf;
        uint104 reserves;
        uint104 elsewhere;
        bytes32 document;
    }

    /* EVENTS */

    event StatementPosted(
        uint80 indexed round,
        uint40 indexed asOf,
        uint256 reserves,
        uint256 elsewhere,
        bytes32 indexed document,
        address[] attestors
    );
    event BreakReported(address indexed operator, bytes32 indexed ref);
    event BreakCleared(address indexed operator, bytes32 indexed ref);
    event AttestorAdded(address indexed attestor, address indexed operator, bytes32 indexed ref);
    event AttestorExpelled(address indexed attestor, address indexed operator, bytes32 indexed ref);
    event QuorumsSet(uint8 quorum, uint8 riseQuorum, uint16 maxRiseBps, address indexed operator, bytes32 indexed ref);

    /* ERRORS */

    /// @notice A break is reported and not cleared: the reserves do not count.
    error Disputed(bytes32 ref);
    /// @notice No break with this reference is in force.
    error NotDisputed(bytes32 reported);
    /// @notice There is no such round.
    error NoStatement(uint80 round);
    /// @notice The statement is about another currency.
    error CurrencyMismatch(string currency);
    /// @notice Reserves cannot have been counted in the future.
    error AsOfInFuture(uint40 asOf);
    /// @notice The statement is not newer than the last one.
    error AsOfNotAdvancing(uint40 asOf, uint40 last);
    /// @notice Too few attestors signed; a rise beyond the bound needs the larger quorum.
    error QuorumNotMet(uint256 signatures, uint256 needed);
    /// @notice This signature is not an attestor's, over this statement.
    error NotAttestor(address signer);
    /// @notice Signatures come in ascending order of their signers, so that none counts twice.
    error SignersNotAscending(address previous, address next);
    /// @notice An answer must fit an int256 and sums must stay exact; decimals are at most 18.
    error InvalidDecimals(uint8 decimals);
    /// @notice Quorums are at least 1, the larger is above the other, and neither above the number of attestors.
    error InvalidQuorums(uint8 quorum, uint8 riseQuorum, uint256 attestors);
    /// @notice Address zero cannot attest, and nobody twice.
    error InvalidAttestor(address attestor);
    /// @notice A reference is required here and may not be zero.
    error ReferenceRequired();

    /* VIEWS */

    function currency() external view returns (string memory);
    /// @notice The ceiling on other chains' issuance in the last statement; reverts while disputed or without one.
    function elsewhere() external view returns (uint256);
    /// @notice The last statement's figures, disputed or not; zeros before the first. A round is its as-of time.
    function latestStatement()
        external
        view
        returns (uint80 round, uint40 asOf, uint40 postedAt, uint256 reserves, uint256 elsewhere, bytes32 document);
    /// @notice The reference of the reported break, or zero.
    function breakRef() external view returns (bytes32);
    function attestors() external view returns (address[] memory);
    /// @notice Signatures needed normally, and for a rise by more than `maxRiseBps` within 24 hours.
    function quorums() external view returns (uint8 quorum, uint8 riseQuorum, uint16 maxRiseBps);
    /// @notice The EIP-712 hash that attestors sign.
    function statementHash(Statement calldata statement) external view returns (bytes32);

    /* ANYBODY, with the attestors' signatures */

    /// @notice Records a statement that a quorum signed.
    function post(Statement calldata statement, bytes[] calldata signatures) external;

    /* PAUSER */

    /// @notice Stops minting against these reserves at once.
    function reportBreak(bytes32 ref) external;

    /* RESUMER */

    /// @notice Lets the reserves count again. `reported` names the break, so that clearing is scheduled after it.
    function clearBreak(bytes32 reported, bytes32 ref) external;

    /* EXPELLER */

    /// @notice Removes an attestor at once; too few left means that nothing can be posted.
    function expelAttestor(address attestor, bytes32 ref) external;

    /* GOVERNOR */

    function addAttestor(address attestor, bytes32 ref) external;
    function setQuorums(uint8 quorum, uint8 riseQuorum, uint16 maxRiseBps, bytes32 ref) external;
}
