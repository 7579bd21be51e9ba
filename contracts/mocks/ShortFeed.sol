// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A feed that answers too little, for tests
contract ShortFeed {
    uint8 public constant decimals = 6;

    function latestRoundData() external view returns (uint80, int256, uint256, uint256) {
        return (1, 1e18, block.timestamp, block.timestamp);
    }
}
