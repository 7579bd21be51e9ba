// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MAX_VALUE} from "contracts/libraries/AccountWord.sol";

/// @title One token, one word
/// @notice All that a movement of money must know about the token:
///
///     255              224 223      192 191               152 151              112 111            0
///     | pause number (32) | flags (32) | paused since (40)   | paused seconds (40) | supply (112) |
///
/// @dev Pure functions only. `paused since` is the start of the running transfer pause, or zero; `paused seconds` are
/// those of the pauses before it.
type Config is uint256;

/// @dev Stops transfers and approvals of every kind.
uint256 constant PAUSE_TRANSFERS = 1 << 192;
/// @dev Stops permits and signed transfers.
uint256 constant PAUSE_SIGNATURES = 1 << 193;
/// @dev Stops minting.
uint256 constant PAUSE_MINT = 1 << 194;
/// @dev Stops redemption: surrendering, instructing the bank, and burns of the issuer's own.
uint256 constant PAUSE_REDEEM = 1 << 195;
/// @dev Only verified accounts may send, receive and spend.
uint256 constant ALLOW_LIST = 1 << 196;
/// @dev Every call goes to the implementation.
uint256 constant DELEGATE_ALL = 1 << 197;

/// @dev How often `pause` was called, in 32 bits: what a resumption must name, so that none can be scheduled ahead.
uint256 constant PAUSE_NUMBER_AT = 224;

/// @dev The pause bits, as `pause` takes them, start here.
uint256 constant PAUSES_AT = 192;
/// @dev 1 transfers, 2 signatures, 4 mint, 8 redeem.
uint8 constant ALL_PAUSES = 15;

using ConfigWord for Config global;

library ConfigWord {
    function has(Config word, uint256 flags) internal pure returns (bool) {
        return Config.unwrap(word) & flags != 0;
    }

    function with(Config word, uint256 flag) internal pure returns (Config) {
        return Config.wrap(Config.unwrap(word) | flag);
    }

    function without(Config word, uint256 flag) internal pure returns (Config) {
        return Config.wrap(Config.unwrap(word) & ~flag);
    }

    function supply(Config word) internal pure returns (uint256) {
        return Config.unwrap(word) & MAX_VALUE;
    }

    function pauses(Config word) internal pure returns (uint8) {
        return uint8(Config.unwrap(word) >> PAUSES_AT) & ALL_PAUSES;
    }

    function pauseNumber(Config word) internal pure returns (uint32) {
        return uint32(Config.unwrap(word) >> PAUSE_NUMBER_AT);
    }

    /// @dev Wraps after 2^32 pauses, and touches no other field.
    function withNextPause(Config word) internal pure returns (Config) {
        uint256 cleared = Config.unwrap(word) & ~(uint256(type(uint32).max) << PAUSE_NUMBER_AT);
        // Wrapping is meant: what counts is that the number differs from the last one.
        unchecked {
            return Config.wrap(cleared | (uint256(word.pauseNumber() + 1) << PAUSE_NUMBER_AT));
        }
    }

    /// @dev The caller has shown value <= MAX_VALUE.
    function withSupply(Config word, uint256 value) internal pure returns (Config) {
        return Config.wrap((Config.unwrap(word) & ~MAX_VALUE) | value);
    }

    function pausedSince(Config word) internal pure returns (uint40) {
        return uint40(Config.unwrap(word) >> 152);
    }

    /// @notice Seconds of all transfer pauses up to `timestamp`, the running one included.
    function pausedSeconds(Config word, uint256 timestamp) internal pure returns (uint40) {
        uint256 past = uint40(Config.unwrap(word) >> 112);
        uint40 since = word.pausedSince();
        return uint40(since == 0 ? past : past + timestamp - since);
    }

    function withPauseClock(Config word, uint40 since, uint40 past) internal pure returns (Config) {
        uint256 cleared = Config.unwrap(word) & ~(uint256(type(uint80).max) << 112);
        return Config.wrap(cleared | (uint256(since) << 152) | (uint256(past) << 112));
    }
}
