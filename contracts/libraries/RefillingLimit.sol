// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RateLimiter} from "@openzeppelin/contracts/utils/RateLimiter.sol";

/// @title Changing a refilling limit that has one bucket
library RefillingLimit {
    using RateLimiter for RateLimiter.RefillingBucket;

    /// @dev The one bucket.
    bytes32 internal constant BUCKET = bytes32(0);

    /// @notice Whether these terms would allow more than those in force: in a burst, or per second.
    function isRaise(RateLimiter.RefillingBucket storage self, uint208 capacity, uint48 window)
        internal
        view
        returns (bool)
    {
        // No overflow: 208 and 48 bits make 256.
        return capacity > self._capacity || uint256(capacity) * self._window > uint256(self._capacity) * window;
    }

    /// @notice Sets the terms; the caller has refused a zero window, which would count as one second.
    /// @dev The refill so far is booked at the old rate first, so that a new rate never counts backwards.
    function set(RateLimiter.RefillingBucket storage self, uint208 capacity, uint48 window) internal {
        self.sync(BUCKET);
        self.updateSettings(window, capacity);
    }
}
