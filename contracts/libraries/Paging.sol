// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Lists in parts
library Paging {
    /// @notice The end of the page that starts at `offset` and has at most `limit` of `total` items; at least `offset`.
    function end(uint256 total, uint256 offset, uint256 limit) internal pure returns (uint256) {
        return offset >= total ? offset : offset + Math.min(limit, total - offset);
    }
}
