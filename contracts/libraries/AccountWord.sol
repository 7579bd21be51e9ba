// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title One account, one word
/// @notice All that a movement of money must know about an account:
///
///     255      248 247         224 223            112 111              0
///     | flags (8) | nonce (24)    | held (112)       | balance (112)   |
///
/// @dev Pure functions only. `held` may exceed `balance`; the spendable amount is their difference, at least zero.
type Account is uint256;

/// @dev Neither sends, receives, spends nor authorizes.
uint256 constant BLACKLISTED = 1 << 248;
/// @dev Receives, but does not send, spend or sign transfers; it may permit, which moves nothing.
uint256 constant FROZEN = 1 << 249;
/// @dev Its identity is known.
uint256 constant VERIFIED = 1 << 250;
/// @dev A contract of the suite: counts as verified and cannot be barred.
uint256 constant SUITE = 1 << 251;
/// @dev A desk that takes redemptions: tokens come to it by `surrender` only, so that its balance is what it owes back.
uint256 constant REDEMPTION = 1 << 252;

/// @dev The greatest balance, held amount and supply.
uint256 constant MAX_VALUE = (1 << 112) - 1;
/// @dev Any part of it held: the mask of the field.
uint256 constant HELD = MAX_VALUE << 112;
/// @dev The last permit nonce, at which no further permit is possible.
uint256 constant MAX_NONCE = (1 << 24) - 1;

using AccountWord for Account global;

library AccountWord {
    function has(Account word, uint256 flags) internal pure returns (bool) {
        return Account.unwrap(word) & flags != 0;
    }

    function with(Account word, uint256 flag) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(word) | flag);
    }

    function without(Account word, uint256 flag) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(word) & ~flag);
    }

    function balance(Account word) internal pure returns (uint256) {
        return Account.unwrap(word) & MAX_VALUE;
    }

    function held(Account word) internal pure returns (uint256) {
        return (Account.unwrap(word) >> 112) & MAX_VALUE;
    }

    function nonce(Account word) internal pure returns (uint256) {
        return (Account.unwrap(word) >> 224) & MAX_NONCE;
    }

    /// @notice max(balance - held, 0)
    function spendable(Account word) internal pure returns (uint256) {
        uint256 balance_ = word.balance();
        uint256 held_ = word.held();
        return balance_ > held_ ? balance_ - held_ : 0;
    }

    /// @dev The caller has shown value <= balance, so the lowest field does not borrow.
    function debit(Account word, uint256 value) internal pure returns (Account) {
        // The subtraction stays in the lowest field: value <= balance.
        unchecked {
            return Account.wrap(Account.unwrap(word) - value);
        }
    }

    /// @dev The caller has shown balance + value <= supply <= MAX_VALUE, so the lowest field does not carry.
    function credit(Account word, uint256 value) internal pure returns (Account) {
        // The addition stays in the lowest field: balance + value <= MAX_VALUE.
        unchecked {
            return Account.wrap(Account.unwrap(word) + value);
        }
    }

    /// @dev The caller has shown value <= MAX_VALUE.
    function withHeld(Account word, uint256 value) internal pure returns (Account) {
        return Account.wrap((Account.unwrap(word) & ~HELD) | (value << 112));
    }

    /// @dev The caller has shown nonce < MAX_NONCE, so the nonce never carries into the flags.
    function nextNonce(Account word) internal pure returns (Account) {
        // The addition stays in the nonce's field: nonce < MAX_NONCE.
        unchecked {
            return Account.wrap(Account.unwrap(word) + (1 << 224));
        }
    }
}
