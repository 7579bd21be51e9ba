// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {IRedEnvelope} from "interfaces/IRedEnvelope.sol";
import {TermsHash} from "contracts/libraries/TermsHash.sol";
import {Escrow} from "contracts/uses/Escrow.sol";

/// @title Red envelopes
/// @notice Terms come with every call and are recognised by their hash; what is left is one word. Until a share is claimed
/// it is the creator's, so a barred creator's envelope gives nothing.
contract RedEnvelope is Escrow, IRedEnvelope {
    bytes32 private constant ENVELOPE_TYPEHASH = keccak256(
        "Envelope(address creator,address token,address key,address submitter,uint96 total,uint16 packets,bool random,uint40 expiry,bytes32 salt)"
    );
    bytes32 private constant CLAIM_TYPEHASH = keccak256("Claim(bytes32 id,address to)");

    mapping(bytes32 id => Rest) private _rests;
    mapping(bytes32 id => mapping(address account => bool)) public hasClaimed;

    constructor(address authority_, address registry) Escrow(authority_, registry, "Pegboard RedEnvelope") {}

    /* VIEWS */

    function idOf(Envelope calldata envelope) public view returns (bytes32) {
        uint256 terms;
        // Where the struct lies in calldata.
        assembly ("memory-safe") {
            terms := envelope
        }
        return _hashTypedDataV4(TermsHash.hashStruct(ENVELOPE_TYPEHASH, terms, 9));
    }

    function restOf(bytes32 id) external view returns (Rest memory) {
        return _rests[id];
    }

    /* RELAYER */

    function create(Envelope calldata envelope, bytes calldata authorization)
        external
        nonReentrant
        returns (bytes32 id)
    {
        _requireCurrency(envelope.token);
        IPeggedToken token = IPeggedToken(envelope.token);
        bool filled = envelope.packets != 0 && envelope.total >= envelope.packets * _least(token);
        if (!filled || envelope.key == address(0) || envelope.expiry < block.timestamp) revert InvalidEnvelope();
        id = idOf(envelope);
        if (_rests[id].opened) revert EnvelopeExists(id);
        _rests[id] =
            Rest({left: envelope.total, packets: envelope.packets, opened: true, pausedBefore: token.pausedSeconds()});
        emit Created(id, envelope.creator, envelope);
        token.receiveWithAuthorization(
            envelope.creator, address(this), envelope.total, 0, uint256(envelope.expiry) + 1, id, authorization
        );
    }

    /* CLAIMER */

    function claim(Envelope calldata envelope, address to, bytes calldata signature)
        external
        nonReentrant
        returns (uint256 value)
    {
        if (envelope.submitter != address(0) && msg.sender != envelope.submitter) {
            revert CallerNot(envelope.submitter, msg.sender);
        }
        (bytes32 id, Rest memory rest) = _open(envelope);
        if (_hasPassed(envelope.expiry, envelope.token, rest.pausedBefore)) {
            revert EnvelopeExpired(_tolled(envelope.expiry, envelope.token, rest.pausedBefore));
        }
        if (hasClaimed[id][to]) revert AlreadyClaimed(id, to);
        _requireSigned(envelope.key, keccak256(abi.encode(CLAIM_TYPEHASH, id, to)), signature);
        _requireFree(envelope.token, envelope.creator);
        value = _share(envelope, id, to, rest);
        hasClaimed[id][to] = true;
        // A share is at most what is left; and something is left only with a packet.
        unchecked {
            rest.left -= uint96(value);
            --rest.packets;
        }
        (_rests[id].left, _rests[id].packets) = (rest.left, rest.packets);
        emit Claimed(id, to, value, rest.packets);
        _send(envelope.token, to, value);
    }

    /* ANYBODY */

    function refund(Envelope calldata envelope) external nonReentrant {
        (bytes32 id, Rest memory rest) = _open(envelope);
        if (!_hasPassed(envelope.expiry, envelope.token, rest.pausedBefore)) {
            revert NotExpired(_tolled(envelope.expiry, envelope.token, rest.pausedBefore));
        }
        _requireFree(envelope.token, envelope.creator);
        _empty(id);
        emit Returned(id, envelope.creator, rest.left);
        _send(envelope.token, envelope.creator, rest.left);
    }

    /* EXECUTOR */

    function complianceRelease(Envelope calldata envelope, address to, bytes32 ref) external restricted nonReentrant {
        (bytes32 id, Rest memory rest) = _open(envelope);
        _requireOrdered(envelope.token, envelope.creator, ref);
        _empty(id);
        emit ComplianceReleased(id, to, rest.left, msg.sender, ref);
        _send(envelope.token, to, rest.left);
    }

    /* INSIDE */

    /// @dev 0.01 of the currency; a token has at least two decimals.
    function _least(IPeggedToken token) private view returns (uint256) {
        return 10 ** (token.decimals() - 2);
    }

    function _open(Envelope calldata envelope) private view returns (bytes32 id, Rest memory rest) {
        id = idOf(envelope);
        rest = _rests[id];
        if (!rest.opened) revert EnvelopeUnknown(id);
        if (rest.left == 0) revert EnvelopeEmpty(id);
    }

    function _empty(bytes32 id) private {
        (_rests[id].left, _rests[id].packets) = (0, 0);
    }

    /// @dev A random share is uniform between the least and twice the mean of what is above it, so its mean is left / m at
    /// every position; and as m is at least 2, what stays is at least (m - 1) times the least.
    function _share(Envelope calldata envelope, bytes32 id, address to, Rest memory rest)
        private
        view
        returns (uint256)
    {
        uint256 packets = rest.packets;
        if (packets == 1) return rest.left;
        if (!envelope.random) return rest.left / packets;
        uint256 least = _least(IPeggedToken(envelope.token));
        uint256 span = 2 * (rest.left - packets * least) / packets + 1;
        // Known only once the block is made; `submitter` keeps claimers from trying.
        // slither-disable-next-line weak-prng
        return least + uint256(keccak256(abi.encode(block.prevrandao, id, to))) % span;
    }
}
