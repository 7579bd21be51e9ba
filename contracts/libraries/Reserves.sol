// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Reserves in the token's unit
/// @notice Decimals are normalised here and nowhere else. What backs is rounded down, what is owed is rounded up.
library Reserves {
    /// @dev 10 ** 78 exceeds 2 ** 256: any amount is a fraction of it.
    uint256 private constant MAX_EXPONENT = 77;

    /// @notice `amount` of 10 ** -`from` units in 10 ** -`to` units, rounded down; saturates at 2 ** 256 - 1.
    function scaleDown(uint256 amount, uint8 from, uint8 to) internal pure returns (uint256) {
        if (from <= to) return _scaleUpExact(amount, to - from);
        return from - to > MAX_EXPONENT ? 0 : amount / 10 ** (from - to);
    }

    /// @notice The same, rounded up.
    function scaleUp(uint256 amount, uint8 from, uint8 to) internal pure returns (uint256) {
        if (from <= to) return _scaleUpExact(amount, to - from);
        if (from - to > MAX_EXPONENT) return amount == 0 ? 0 : 1;
        return Math.ceilDiv(amount, 10 ** (from - to));
    }

    /// @notice reserves * 10000 / (10000 + bufferBps), rounded down.
    function usable(uint256 reserves, uint16 bufferBps) internal pure returns (uint256) {
        return Math.mulDiv(reserves, 10_000, 10_000 + uint256(bufferBps));
    }

    function _scaleUpExact(uint256 amount, uint8 exponent) private pure returns (uint256) {
        if (amount == 0) return 0;
        return exponent > MAX_EXPONENT ? type(uint256).max : Math.saturatingMul(amount, 10 ** uint256(exponent));
    }
}
