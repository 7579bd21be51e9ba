// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title A pause that was signed ahead
/// @notice Holds PAUSER. A quorum signs (EIP-712) while all is calm; in an emergency anybody broadcasts. A signed pause is
/// bound to the chain, to one token, to a time and to that token's epoch, which advances with every use: nothing brings
/// a used or revoked one back.
interface IPauseBySignature {
    /* EVENTS */

    event PausedBySignature(
        address indexed token, uint8 pauses, uint256 epoch, address[] signers, address relayer, bytes32 indexed ref
    );
    event EpochAdvanced(address indexed token, uint256 epoch, address indexed operator, bytes32 indexed ref);
    event SignerAdded(address indexed signer, address indexed operator, bytes32 indexed ref);
    event SignerExpelled(address indexed signer, address indexed operator, bytes32 indexed ref);
    event QuorumSet(uint256 quorum, address indexed operator, bytes32 indexed ref);

    /* ERRORS */

    /// @notice The pause could be broadcast from and including `validFrom` to and including `validUntil`.
    error NotValidNow(uint256 validFrom, uint256 validUntil);
    /// @notice The pause was signed for another epoch: it was used, or revoked.
    error WrongEpoch(address token, uint256 epoch, uint256 current);
    /// @notice Too few signed.
    error QuorumNotMet(uint256 signatures, uint256 needed);
    /// @notice This signature is not a signer's, over this pause.
    error NotSigner(address signer);
    /// @notice Signatures come in ascending order of their signers, so that none counts twice.
    error SignersNotAscending(address previous, address next);
    /// @notice Address zero cannot sign, and nobody twice.
    error InvalidSigner(address signer);
    /// @notice A quorum is at least two, and at most the number of signers.
    error InvalidQuorum(uint256 quorum, uint256 signers);

    /* VIEWS */

    /// @notice The epoch that a pause of this token must be signed for.
    function epochOf(address token) external view returns (uint256);
    function signers() external view returns (address[] memory);
    function quorum() external view returns (uint256);
    /// @notice The EIP-712 hash that signers sign, for the current chain.
    function pauseHash(address token, uint8 bits, uint48 validFrom, uint48 validUntil, uint256 epoch, bytes32 ref)
        external
        view
        returns (bytes32);

    /* ANYBODY, with the signers' signatures */

    /// @notice Pauses a token; `bits` as its `pause` takes them.
    function pause(
        address token,
        uint8 bits,
        uint48 validFrom,
        uint48 validUntil,
        uint256 epoch,
        bytes32 ref,
        bytes[] calldata signatures
    ) external;

    /* EXPELLER */

    /// @notice Voids everything that was signed for this token's epoch.
    function revoke(address token, bytes32 ref) external;
    /// @notice Removes a signer at once; too few left means that nothing can be broadcast.
    function expelSigner(address signer, bytes32 ref) external;

    /* GOVERNOR */

    function addSigner(address signer, bytes32 ref) external;
    function setQuorum(uint256 quorum, bytes32 ref) external;
}
