// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {Account, BLACKLISTED, FROZEN, SUITE, VERIFIED} from "contracts/libraries/AccountWord.sol";
import {ALLOW_LIST, Config} from "contracts/libraries/ConfigWord.sol";
import {TokenStorage} from "contracts/token/TokenStorage.sol";

/// @title The ledger: who may hold, send, receive and spend, and every movement of a unit
/// @notice Each rule about the state of an account is stated once, here.
abstract contract Ledger is TokenStorage {
    /* WHO MAY */

    function _maySend(Config config, Account word) internal pure returns (bool) {
        return !word.has(BLACKLISTED | FROZEN) && _isKnown(config, word);
    }

    function _mayReceive(Config config, Account word) internal pure returns (bool) {
        return !word.has(BLACKLISTED) && _isKnown(config, word);
    }

    /// @dev Address zero and the token itself have no account: what is sent there would be lost.
    function _hasAccount(address account) internal view returns (bool) {
        return account != address(0) && account != address(this);
    }

    function _isKnown(Config config, Account word) private pure returns (bool) {
        return !config.has(ALLOW_LIST) || word.has(VERIFIED | SUITE);
    }

    function _requireSender(Config config, address account, Account word) internal pure {
        if (!_maySend(config, word)) _refuse(account, word);
    }

    /// @dev Called only for an account that fails a check; names the first reason.
    function _refuse(address account, Account word) internal pure {
        if (word.has(BLACKLISTED)) revert IPeggedToken.BlacklistedAccount(account);
        if (word.has(FROZEN)) revert IPeggedToken.FrozenAccount(account);
        revert IPeggedToken.UnverifiedAccount(account);
    }

    /* MOVEMENTS */

    /// @notice Moves `value` between two accounts that may send and receive; to oneself changes nothing.
    function _move(Config config, address from, address to, uint256 value) internal {
        _debit(config, from, value);
        _credit(config, to, value);
        emit IPeggedToken.Transfer(from, to, value);
    }

    /// @notice Takes `value` of the spendable amount of an account that may send.
    function _debit(Config config, address from, uint256 value) internal {
        AccountSlot storage slot = _slot(from);
        Account word = slot.word;
        _requireSender(config, from, word);
        if (value > word.spendable()) _refuseAmount(from, word, value);
        slot.word = word.debit(value);
    }

    /// @notice Gives `value`, which was just debited or minted, to an account that may receive.
    function _credit(Config config, address to, uint256 value) internal {
        if (!_hasAccount(to)) revert IPeggedToken.ERC20InvalidReceiver(to);
        AccountSlot storage slot = _slot(to);
        Account word = slot.word;
        if (!_mayReceive(config, word)) _refuseReceiver(to, word);
        slot.word = word.credit(value);
    }

    function _refuseReceiver(address to, Account word) private pure {
        if (word.has(BLACKLISTED)) revert IPeggedToken.BlacklistedAccount(to);
        revert IPeggedToken.UnverifiedAccount(to);
    }

    function _refuseAmount(address from, Account word, uint256 value) private pure {
        uint256 balance = word.balance();
        if (value > balance) revert IPeggedToken.ERC20InsufficientBalance(from, balance, value);
        revert IPeggedToken.ERC7943InsufficientUnfrozenBalance(from, value, word.spendable());
    }
}
