// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AggregatorV3Interface} from "interfaces/AggregatorV3Interface.sol";

/// @title A rate feed in Chainlink's shape that anybody pushes, for local networks
contract RateFeed is AggregatorV3Interface {
    uint8 public immutable decimals;
    uint256 public constant version = 0;
    string public description;
    /// @dev time (40) | answer (216)
    uint256[] private _rounds;

    constructor(uint8 decimals_, int256 answer, string memory description_) {
        (decimals, description) = (decimals_, description_);
        push(answer, block.timestamp);
    }

    function push(int256 answer, uint256 time) public {
        _rounds.push(time << 216 | uint256(uint216(int216(answer))));
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(uint80(_rounds.length));
    }

    function getRoundData(uint80 round) public view returns (uint80, int256, uint256, uint256, uint80) {
        uint256 word = _rounds[round - 1];
        return (round, int216(uint216(word)), word >> 216, word >> 216, round);
    }
}
