// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IReserveFeed} from "interfaces/IReserveFeed.sol";
import {Delegated} from "contracts/Delegated.sol";
import {Restricted} from "contracts/Restricted.sol";
import {Signers} from "contracts/libraries/Signers.sol";
import {FeedStorage} from "contracts/reserves/FeedStorage.sol";

/// @title Posting statements and governing attestors, one contract for all feeds of a chain
/// @notice Feeds delegate to it whatever they do not answer in place. It stores nothing of its own.
contract FeedControls is FeedStorage, EIP712, Delegated {
    bytes32 private constant STATEMENT_TYPEHASH =
        keccak256("Statement(string currency,uint40 asOf,uint104 reserves,uint104 elsewhere,bytes32 document)");

    constructor(address authority_) EIP712("Pegboard ReserveFeed", "1") Restricted(authority_) {}

    /* VIEWS */

    function latestStatement() external view returns (uint80, uint40, uint40, uint256, uint256, bytes32) {
        Latest memory latest = _latest;
        Round storage round = _rounds[latest.asOf];
        return (latest.asOf, latest.asOf, round.postedAt, latest.reserves, latest.elsewhere, round.document);
    }

    function breakRef() external view returns (bytes32) {
        return _latest.disputed ? _breakRef : bytes32(0);
    }

    function attestors() external view returns (address[] memory) {
        return _attestors;
    }

    function quorums() external view returns (uint8, uint8, uint16) {
        return (_quorum, _riseQuorum, _maxRiseBps);
    }

    function statementHash(IReserveFeed.Statement calldata statement) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    STATEMENT_TYPEHASH,
                    keccak256(bytes(statement.currency)),
                    statement.asOf,
                    statement.reserves,
                    statement.elsewhere,
                    statement.document
                )
            )
        );
    }

    /* ANYBODY */

    function post(IReserveFeed.Statement calldata statement, bytes[] calldata signatures) external {
        bytes memory currency = bytes(IReserveFeed(address(this)).currency());
        if (keccak256(bytes(statement.currency)) != keccak256(currency)) {
            revert IReserveFeed.CurrencyMismatch(statement.currency);
        }
        if (statement.asOf > block.timestamp) revert IReserveFeed.AsOfInFuture(statement.asOf);
        Latest memory last = _latest;
        if (statement.asOf <= last.asOf) revert IReserveFeed.AsOfNotAdvancing(statement.asOf, last.asOf);

        uint256 needed = _advanceAnchor(last, statement);
        if (signatures.length < needed) revert IReserveFeed.QuorumNotMet(signatures.length, needed);
        address[] memory signers = _recover(statementHash(statement), signatures);

        _latest = Latest(statement.reserves, statement.elsewhere, statement.asOf, last.disputed);
        _rounds[statement.asOf] =
            Round(statement.reserves, statement.elsewhere, uint40(block.timestamp), statement.document);
        emit IReserveFeed.StatementPosted(
            statement.asOf, statement.asOf, statement.reserves, statement.elsewhere, statement.document, signers
        );
    }

    /* PAUSER */

    function reportBreak(bytes32 ref) external verb {
        if (ref == bytes32(0)) revert IReserveFeed.ReferenceRequired();
        _latest.disputed = true;
        _breakRef = ref;
        emit IReserveFeed.BreakReported(msg.sender, ref);
    }

    /* RESUMER */

    function clearBreak(bytes32 reported, bytes32 ref) external verb {
        if (!_latest.disputed || reported != _breakRef) revert IReserveFeed.NotDisputed(reported);
        _latest.disputed = false;
        emit IReserveFeed.BreakCleared(msg.sender, ref);
    }

    /* EXPELLER */

    function expelAttestor(address attestor, bytes32 ref) external verb {
        uint256 index = _indexOf(attestor);
        uint256 count = _attestors.length;
        if (index == count) revert IReserveFeed.NotAttestor(attestor);
        _attestors[index] = _attestors[count - 1];
        _attestors.pop();
        emit IReserveFeed.AttestorExpelled(attestor, msg.sender, ref);
    }

    /* GOVERNOR */

    function addAttestor(address attestor, bytes32 ref) external verb {
        _addAttestor(attestor, ref);
    }

    function setQuorums(uint8 quorum, uint8 riseQuorum, uint16 maxRiseBps, bytes32 ref) external verb {
        _setQuorums(quorum, riseQuorum, maxRiseBps, ref);
    }

    /* INSIDE */

    /// @dev Returns how many must sign, and moves the anchor. Neither the reserves nor what is left of them for this chain
    /// may rise by more than `maxRiseBps` above the anchor, which is where they stood when a window of 24 hours of posting
    /// began, or lower if they have fallen since; beyond it the larger quorum must sign, and the anchor follows. A fall
    /// needs no more than the quorum. The first statement rises from zero.
    function _advanceAnchor(Latest memory last, IReserveFeed.Statement calldata next) private returns (uint8) {
        uint104 leftBefore = _left(last.reserves, last.elsewhere);
        uint104 left = _left(next.reserves, next.elsewhere);
        if (block.timestamp >= uint256(_anchoredAt) + 1 days) {
            (_anchoredAt, _anchorReserves, _anchorLeft) = (uint40(block.timestamp), last.reserves, leftBefore);
        }
        if (last.reserves < _anchorReserves) _anchorReserves = last.reserves;
        if (leftBefore < _anchorLeft) _anchorLeft = leftBefore;
        if (!_isSteep(next.reserves, _anchorReserves) && !_isSteep(left, _anchorLeft)) return _quorum;
        (_anchorReserves, _anchorLeft) = (next.reserves, left);
        return _riseQuorum;
    }

    function _isSteep(uint104 next, uint104 anchor) private view returns (bool) {
        return uint256(next) * 10_000 > uint256(anchor) * (10_000 + uint256(_maxRiseBps));
    }

    /// @dev The reserves that other chains may not have used; none when they may have used more than there are.
    function _left(uint104 reserves, uint104 elsewhere_) private pure returns (uint104) {
        return reserves > elsewhere_ ? reserves - elsewhere_ : 0;
    }

    function _recover(bytes32 digest, bytes[] calldata signatures) private view returns (address[] memory signers) {
        signers = new address[](signatures.length);
        address previous = address(0);
        for (uint256 i; i < signatures.length; ++i) {
            address signer = Signers.signerOf(digest, signatures[i]);
            if (_indexOf(signer) == _attestors.length) revert IReserveFeed.NotAttestor(signer);
            if (signer <= previous) revert IReserveFeed.SignersNotAscending(previous, signer);
            signers[i] = previous = signer;
        }
    }
}
