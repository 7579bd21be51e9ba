// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IEscrow} from "interfaces/IEscrow.sol";

/// @title Red envelopes: a sum in packets, claimed by a link
/// @notice The link carries a key, whose signature names who claims; each address claims once, and the creator gets back
/// what nobody has claimed.
/// @dev Who knows the link knows the key. Without a `submitter` the random amount is gameable: a claimer can claim through a
/// contract that reverts on a small share. One link can be claimed by many addresses of one person. What is left for late
/// claimers varies more, with the same mean.
interface IRedEnvelope is IEscrow {
    /* TYPES */

    /// @notice The terms of an envelope; their EIP-712 hash is its id, and the nonce of the creator's authorization.
    /// @param creator Who pays, and gets back what is left.
    /// @param key Whose signature lets claim: the address of the link's key.
    /// @param submitter Who alone may submit claims; zero is anybody.
    /// @param total What is in it, at least 0.01 a packet.
    /// @param packets How many can claim.
    /// @param random Whether shares are drawn, or equal.
    /// @param expiry The last second at which can be claimed, pauses added.
    /// @param salt Tells envelopes of the same terms apart.
    struct Envelope {
        address creator;
        address token;
        address key;
        address submitter;
        uint96 total;
        uint16 packets;
        bool random;
        uint40 expiry;
        bytes32 salt;
    }

    /// @param left What is not claimed yet.
    /// @param packets How many can still claim.
    /// @param opened Whether it was ever created.
    /// @param pausedBefore The token's paused seconds when it was created.
    struct Rest {
        uint96 left;
        uint16 packets;
        bool opened;
        uint40 pausedBefore;
    }

    /* EVENTS */

    event Created(bytes32 indexed id, address indexed creator, Envelope envelope);
    event Claimed(bytes32 indexed id, address indexed to, uint256 value, uint256 packetsLeft);
    event Returned(bytes32 indexed id, address indexed creator, uint256 value);
    event ComplianceReleased(
        bytes32 indexed id, address indexed to, uint256 value, address indexed operator, bytes32 ref
    );

    /* ERRORS */

    /// @notice An envelope has a key, packets, at least 0.01 for each, and an expiry ahead.
    error InvalidEnvelope();
    /// @notice The envelope was created before.
    error EnvelopeExists(bytes32 id);
    /// @notice No envelope of these terms was created.
    error EnvelopeUnknown(bytes32 id);
    /// @notice Nothing is left in it.
    error EnvelopeEmpty(bytes32 id);
    /// @notice It could be claimed until and including `expiry`, pauses added.
    error EnvelopeExpired(uint256 expiry);
    /// @notice It can be claimed until and including `expiry`, pauses added; afterwards the rest goes back.
    error NotExpired(uint256 expiry);
    /// @notice This address has its share.
    error AlreadyClaimed(bytes32 id, address to);

    /* VIEWS */

    /// @notice The id of the envelope of these terms.
    function idOf(Envelope calldata envelope) external view returns (bytes32);
    /// @notice What is left of an envelope.
    function restOf(bytes32 id) external view returns (Rest memory);
    /// @notice Whether the address has its share.
    function hasClaimed(bytes32 id, address account) external view returns (bool);

    /* RELAYER, with the creator's signature */

    /// @notice Fills the envelope by the creator's ERC-3009 `receiveWithAuthorization` to this contract: value `total`,
    /// validAfter 0, validBefore expiry + 1, nonce `idOf(envelope)`.
    function create(Envelope calldata envelope, bytes calldata authorization) external returns (bytes32 id);

    /* CLAIMER, or the envelope's submitter */

    /// @notice Pays a share to `to`, whom the link's key has signed for (EIP-712 `Claim`).
    /// @return value The last gets the rest; equal shares are rounded down; a random one is between 0.01 and twice the mean
    /// of what is left, and every claimer's expectation is the same.
    function claim(Envelope calldata envelope, address to, bytes calldata signature) external returns (uint256 value);

    /* ANYBODY */

    /// @notice Gives back to the creator what nobody claimed until the expiry.
    function refund(Envelope calldata envelope) external;

    /* EXECUTOR */

    /// @notice Sends the rest of a barred creator's envelope where an order says; `ref` is the case.
    function complianceRelease(Envelope calldata envelope, address to, bytes32 ref) external;
}
