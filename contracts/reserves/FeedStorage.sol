// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IReserveFeed} from "interfaces/IReserveFeed.sol";

/// @title Everything a reserve feed stores
/// @notice The feed and the code it delegates to share this file and no other declares state. Append only.
abstract contract FeedStorage {
    /// @dev The latest in one word, so that a mint reads one: its round is its as-of time.
    struct Latest {
        uint104 reserves;
        uint104 elsewhere;
        uint40 asOf;
        bool disputed;
    }

    struct Round {
        uint104 reserves;
        uint104 elsewhere;
        uint40 postedAt;
        bytes32 document;
    }

    // Written by the code that the feed delegates to, out of the analyser's sight.
    // slither-disable-start uninitialized-state
    Latest internal _latest;
    uint8 internal _quorum;
    uint8 internal _riseQuorum;
    uint16 internal _maxRiseBps;
    uint40 internal _anchoredAt;
    uint104 internal _anchorReserves;
    uint104 internal _anchorLeft;
    bytes32 internal _breakRef;
    mapping(uint80 round => Round) internal _rounds;
    address[] internal _attestors;

    // slither-disable-end uninitialized-state

    /* INSIDE */

    /// @dev The number of attestors for one who is none; they are a handful, and listing them beats a set.
    function _indexOf(address attestor) internal view returns (uint256 index) {
        while (index < _attestors.length && _attestors[index] != attestor) ++index;
    }

    function _addAttestor(address attestor, bytes32 ref) internal {
        if (attestor == address(0) || _indexOf(attestor) != _attestors.length) {
            revert IReserveFeed.InvalidAttestor(attestor);
        }
        _attestors.push(attestor);
        emit IReserveFeed.AttestorAdded(attestor, msg.sender, ref);
    }

    function _setQuorums(uint8 quorum, uint8 riseQuorum, uint16 maxRiseBps, bytes32 ref) internal {
        uint256 count = _attestors.length;
        if (quorum == 0 || riseQuorum <= quorum || riseQuorum > count) {
            revert IReserveFeed.InvalidQuorums(quorum, riseQuorum, count);
        }
        _quorum = quorum;
        _riseQuorum = riseQuorum;
        _maxRiseBps = maxRiseBps;
        emit IReserveFeed.QuorumsSet(quorum, riseQuorum, maxRiseBps, msg.sender, ref);
    }
}
