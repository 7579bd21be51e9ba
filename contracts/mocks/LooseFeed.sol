// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A feed that says whatever a test wants, also what no feed should
contract LooseFeed {
    uint256 public decimals = 6;
    int256 public answer;
    uint256 public updatedAt;
    uint256 public elsewhere;
    bool public broken;

    function set(int256 answer_, uint256 updatedAt_) external {
        (answer, updatedAt) = (answer_, updatedAt_);
    }

    function setDecimals(uint256 decimals_) external {
        decimals = decimals_;
    }

    function setElsewhere(uint256 elsewhere_) external {
        elsewhere = elsewhere_;
    }

    function setBroken(bool broken_) external {
        broken = broken_;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        require(!broken, "feed is broken");
        return (1, answer, updatedAt, updatedAt, 1);
    }
}
