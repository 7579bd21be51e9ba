// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ShortString, ShortStrings} from "@openzeppelin/contracts/utils/ShortStrings.sol";
import {AggregatorV3Interface} from "interfaces/AggregatorV3Interface.sol";
import {IControls} from "interfaces/IControls.sol";
import {IReserveFeed} from "interfaces/IReserveFeed.sol";
import {Delegation} from "contracts/libraries/Delegation.sol";
import {FeedStorage} from "contracts/reserves/FeedStorage.sol";

/// @title Proof of reserve of one currency, by k of n attestors
/// @notice A ceiling for minting, not a proof of solvency: it says what the attestors say. What a mint reads is answered
/// in place; posting and governing is `FeedControls`, shared by all feeds of a chain and fixed for ever.
contract ReserveFeed is FeedStorage, AggregatorV3Interface {
    uint8 public immutable decimals;
    uint256 public constant version = 1;
    ShortString private immutable CURRENCY;
    address private immutable CONTROLS;

    constructor(
        address controls,
        string memory currency_,
        uint8 decimals_,
        address[] memory attestors_,
        uint8 quorum,
        uint8 riseQuorum,
        uint16 maxRiseBps
    ) {
        if (decimals_ > 18) revert IReserveFeed.InvalidDecimals(decimals_);
        if (controls.code.length == 0) revert IControls.NoCode(controls);
        CONTROLS = controls;
        CURRENCY = ShortStrings.toShortString(currency_);
        decimals = decimals_;
        for (uint256 i; i < attestors_.length; ++i) {
            _addAttestor(attestors_[i], bytes32(0));
        }
        _setQuorums(quorum, riseQuorum, maxRiseBps, bytes32(0));
    }

    /// @dev Everything that is not below.
    fallback() external {
        Delegation.forward(CONTROLS);
    }

    /* VIEWS */

    function currency() public view returns (string memory) {
        return ShortStrings.toString(CURRENCY);
    }

    function description() external view returns (string memory) {
        return string.concat(currency(), " reserves");
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        Latest memory latest = _counted();
        return _answer(latest.asOf, latest.reserves);
    }

    function getRoundData(uint80 round) external view returns (uint80, int256, uint256, uint256, uint80) {
        Round storage past = _rounds[round];
        if (past.postedAt == 0) revert IReserveFeed.NoStatement(round);
        return _answer(round, past.reserves);
    }

    function elsewhere() external view returns (uint256) {
        return _counted().elsewhere;
    }

    /* INSIDE */

    /// @dev The latest statement, if there is one and nobody disputes it.
    function _counted() private view returns (Latest memory latest) {
        latest = _latest;
        if (latest.disputed) revert IReserveFeed.Disputed(_breakRef);
        if (latest.asOf == 0) revert IReserveFeed.NoStatement(0);
    }

    function _answer(uint80 round, uint256 reserves) private pure returns (uint80, int256, uint256, uint256, uint80) {
        return (round, int256(reserves), round, round, round);
    }
}
