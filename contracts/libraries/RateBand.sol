// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICurrencyRegistry} from "interfaces/ICurrencyRegistry.sol";

/// @title Whether a rate lies near a price
/// @notice Compares products in 512 bits: nothing is divided, so nothing is rounded.
library RateBand {
    uint256 private constant WHOLE = 10_000;

    /// @notice Whether selling `sold` for `bought` lies within the band around `price`, its edges included.
    /// @param price Units of the pair's quote for one unit of its base, in 10 ** -feedDecimals; below 2 ** 192.
    function contains(ICurrencyRegistry.RateTerms memory terms, uint256 price, uint256 sold, uint256 bought)
        internal
        pure
        returns (bool)
    {
        (uint256 base, uint256 quote) = terms.inverse ? (bought, sold) : (sold, bought);
        (uint256 baseDecimals, uint256 quoteDecimals) =
            terms.inverse ? (terms.buyDecimals, terms.sellDecimals) : (terms.sellDecimals, terms.buyDecimals);
        // quote / 10^quoteDecimals is between price * (1 - band) and price * (1 + band) times base / 10^baseDecimals.
        // Amounts have 128 bits, 10,000 has 14, 10^36 has 120, 10^18 has 60 and a price 192: every factor fits.
        uint256 unit = 10 ** (baseDecimals + terms.feedDecimals);
        uint256 scaled = base * 10 ** quoteDecimals;
        (uint256 high, uint256 low) = Math.mul512(quote * WHOLE, unit);
        return _atMost(scaled, price * (WHOLE - terms.bandBps), high, low)
            && !_below(scaled, price * (WHOLE + terms.bandBps), high, low);
    }

    function _atMost(uint256 a, uint256 b, uint256 high, uint256 low) private pure returns (bool) {
        (uint256 h, uint256 l) = Math.mul512(a, b);
        return h < high || (h == high && l <= low);
    }

    function _below(uint256 a, uint256 b, uint256 high, uint256 low) private pure returns (bool) {
        (uint256 h, uint256 l) = Math.mul512(a, b);
        return h < high || (h == high && l < low);
    }
}
