// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ShortString, ShortStrings} from "@openzeppelin/contracts/utils/ShortStrings.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {AggregatorV3Interface} from "interfaces/AggregatorV3Interface.sol";
import {IReserveFeed} from "interfaces/IReserveFeed.sol";
import {Restricted} from "contracts/Restricted.sol";

/// @title Proof of reserve by k of n attestors
/// @notice A ceiling for minting, not a proof of solvency: it says what the attestors say.
contract ReserveFeed is IReserveFeed, AggregatorV3Interface, EIP712, Restricted {
    using EnumerableSet for EnumerableSet.AddressSet;

    struct Round {
        uint128 reserves;
        uint40 asOf;
        uint40 postedAt;
        uint128 elsewhere;
        bytes32 document;
    }

    bytes32 private constant STATEMENT_TYPEHASH =
        keccak256("Statement(string currency,uint40 asOf,uint128 reserves,uint128 elsewhere,bytes32 document)");

    uint8 public immutable decimals;
    uint256 public constant version = 1;
    ShortString private immutable CURRENCY;
    bytes32 private immutable CURRENCY_HASH;

    uint80 private _round;
    uint8 private _quorum;
    uint8 private _riseQuorum;
    uint16 private _maxRiseBps;
    bool private _disputed;
    uint128 private _anchorLeft;
    uint40 private _anchorDay;
    bytes32 private _breakRef;
    mapping(uint80 round => Round) private _rounds;
    EnumerableSet.AddressSet private _attestors;

    constructor(
        address authority_,
        string memory currency_,
        uint8 decimals_,
        address[] memory attestors_,
        uint8 quorum,
        uint8 riseQuorum,
        uint16 maxRiseBps
    ) EIP712("Pegboard ReserveFeed", "1") Restricted(authority_) {
        if (decimals_ > 18) revert InvalidDecimals(decimals_);
        CURRENCY = ShortStrings.toShortString(currency_);
        CURRENCY_HASH = keccak256(bytes(currency_));
        decimals = decimals_;
        for (uint256 i; i < attestors_.length; ++i) {
            _addAttestor(attestors_[i], bytes32(0));
        }
        _setQuorums(quorum, riseQuorum, maxRiseBps);
    }

    /* VIEWS */

    function currency() public view returns (string memory) {
        return ShortStrings.toString(CURRENCY);
    }

    function description() external view returns (string memory) {
        return string.concat(currency(), " reserves");
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return _answer(_countedRound());
    }

    function getRoundData(uint80 round) external view returns (uint80, int256, uint256, uint256, uint80) {
        if (_rounds[round].asOf == 0) revert NoStatement(round);
        return _answer(round);
    }

    function elsewhere() external view returns (uint256) {
        return _rounds[_countedRound()].elsewhere;
    }

    function latestStatement() external view returns (uint80, uint40, uint40, uint256, uint256, bytes32) {
        Round storage last = _rounds[_round];
        return (_round, last.asOf, last.postedAt, last.reserves, last.elsewhere, last.document);
    }

    function breakRef() external view returns (bytes32) {
        return _disputed ? _breakRef : bytes32(0);
    }

    function attestors() external view returns (address[] memory) {
        return _attestors.values();
    }

    function quorums() external view returns (uint8, uint8, uint16) {
        return (_quorum, _riseQuorum, _maxRiseBps);
    }

    function statementHash(Statement calldata statement) public view returns (bytes32) {
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

    function post(Statement calldata statement, bytes[] calldata signatures) external {
        if (keccak256(bytes(statement.currency)) != CURRENCY_HASH) revert CurrencyMismatch(statement.currency);
        if (statement.asOf > block.timestamp) revert AsOfInFuture(statement.asOf);
        Round storage last = _rounds[_round];
        if (statement.asOf <= last.asOf) revert AsOfNotAdvancing(statement.asOf, last.asOf);

        uint256 needed = _quorumFor(last, statement);
        if (signatures.length < needed) revert QuorumNotMet(signatures.length, needed);
        address[] memory signers = _recover(statementHash(statement), signatures);

        uint80 round = ++_round;
        _rounds[round] = Round({
            reserves: statement.reserves,
            asOf: statement.asOf,
            postedAt: uint40(block.timestamp),
            elsewhere: statement.elsewhere,
            document: statement.document
        });
        emit StatementPosted(
            round, statement.asOf, statement.reserves, statement.elsewhere, statement.document, signers
        );
    }

    /* PAUSER */

    function reportBreak(bytes32 ref) external restricted {
        if (ref == bytes32(0)) revert ReferenceRequired();
        _disputed = true;
        _breakRef = ref;
        emit BreakReported(msg.sender, ref);
    }

    /* RESUMER */

    function clearBreak(bytes32 ref) external restricted {
        _disputed = false;
        emit BreakCleared(msg.sender, ref);
    }

    /* EXPELLER */

    function expelAttestor(address attestor, bytes32 ref) external restricted {
        if (!_attestors.remove(attestor)) revert NotAttestor(attestor);
        emit AttestorExpelled(attestor, msg.sender, ref);
    }

    /* GOVERNOR */

    function addAttestor(address attestor, bytes32 ref) external restricted {
        _addAttestor(attestor, ref);
    }

    function setQuorums(uint8 quorum, uint8 riseQuorum, uint16 maxRiseBps) external restricted {
        _setQuorums(quorum, riseQuorum, maxRiseBps);
    }

    /* INSIDE */

    /// @dev The last round, if there is one and nobody disputes it.
    function _countedRound() private view returns (uint80 round) {
        if (_disputed) revert Disputed(_breakRef);
        round = _round;
        if (round == 0) revert NoStatement(0);
    }

    function _answer(uint80 round) private view returns (uint80, int256, uint256, uint256, uint80) {
        Round storage data = _rounds[round];
        return (round, int256(uint256(data.reserves)), data.asOf, data.asOf, round);
    }

    /// @dev What is left for this chain may rise by `maxRiseBps` a day of as-of time, counted from where that day began;
    /// beyond that the larger quorum must sign, and the day begins anew. A fall needs no more than the quorum, and what
    /// has fallen does not rise again for free. The first statement rises from zero.
    function _quorumFor(Round storage last, Statement calldata next) private returns (uint8) {
        uint128 before = _left(last.reserves, last.elsewhere);
        uint128 left = _left(next.reserves, next.elsewhere);
        uint40 day = next.asOf / 1 days;
        if (day > _anchorDay) (_anchorDay, _anchorLeft) = (day, before);
        if (before < _anchorLeft) _anchorLeft = before;
        if (uint256(left) * 10_000 <= uint256(_anchorLeft) * (10_000 + uint256(_maxRiseBps))) return _quorum;
        _anchorLeft = left;
        return _riseQuorum;
    }

    /// @dev The reserves that other chains may not have used.
    function _left(uint128 reserves, uint128 elsewhere_) private pure returns (uint128) {
        return reserves > elsewhere_ ? reserves - elsewhere_ : 0;
    }

    /// @dev Attestors are keys, or contracts that answer ERC-1271: their address then leads the signature.
    function _recover(bytes32 digest, bytes[] calldata signatures) private view returns (address[] memory signers) {
        signers = new address[](signatures.length);
        address previous;
        for (uint256 i; i < signatures.length; ++i) {
            address signer = _signer(digest, signatures[i]);
            if (!_attestors.contains(signer)) revert NotAttestor(signer);
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            signers[i] = previous = signer;
        }
    }

    function _signer(bytes32 digest, bytes calldata signature) private view returns (address) {
        if (signature.length == 65) {
            (address recovered, ECDSA.RecoverError fault,) = ECDSA.tryRecoverCalldata(digest, signature);
            return fault == ECDSA.RecoverError.NoError ? recovered : address(0);
        }
        if (signature.length < 20) return address(0);
        address claimed = address(bytes20(signature));
        return SignatureChecker.isValidERC1271SignatureNow(claimed, digest, signature[20:]) ? claimed : address(0);
    }

    function _addAttestor(address attestor, bytes32 ref) private {
        if (attestor == address(0) || !_attestors.add(attestor)) revert InvalidAttestor(attestor);
        emit AttestorAdded(attestor, msg.sender, ref);
    }

    function _setQuorums(uint8 quorum, uint8 riseQuorum, uint16 maxRiseBps) private {
        uint256 count = _attestors.length();
        if (quorum == 0 || riseQuorum < quorum || riseQuorum > count) revert InvalidQuorums(quorum, riseQuorum, count);
        _quorum = quorum;
        _riseQuorum = riseQuorum;
        _maxRiseBps = maxRiseBps;
        emit QuorumsSet(quorum, riseQuorum, maxRiseBps);
    }
}
