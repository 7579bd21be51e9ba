// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IControls} from "interfaces/IControls.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {
    Account,
    BLACKLISTED,
    FROZEN,
    MAX_VALUE,
    REDEMPTION,
    SUITE,
    VERIFIED
} from "contracts/libraries/AccountWord.sol";
import {Redemption} from "contracts/token/Redemption.sol";

/// @title Barring, holding and taking, by law
/// @notice Works whatever is paused. Barred and held units stay in the supply and stay backed.
abstract contract Compliance is Redemption {
    /* BLACKLISTER */

    function blacklist(address[] calldata accounts, bytes32 ref) external verb {
        for (uint256 i; i < accounts.length; ++i) {
            if (_bar(accounts[i], BLACKLISTED)) emit IControls.Blacklisted(accounts[i], msg.sender, ref);
        }
    }

    /* FREEZER */

    function freeze(address[] calldata accounts, bytes32 ref) external verb {
        for (uint256 i; i < accounts.length; ++i) {
            if (_bar(accounts[i], FROZEN)) emit IControls.AccountFrozen(accounts[i], msg.sender, ref);
        }
    }

    function hold(address account, uint256 value, bytes32 ref) external verb {
        _requireReference(ref);
        (AccountSlot storage slot, Account word) = _barrable(account);
        uint256 held = word.held();
        if (value > MAX_VALUE - held) revert IControls.HoldTooLarge(account, value, held);
        _setHeld(slot, account, held + value);
        emit IControls.Held(account, value, msg.sender, ref);
    }

    /* RELEASER */

    function unblacklist(address[] calldata accounts, bytes32 ref) external verb {
        for (uint256 i; i < accounts.length; ++i) {
            if (_unmark(accounts[i], BLACKLISTED)) emit IControls.Unblacklisted(accounts[i], msg.sender, ref);
        }
    }

    function unfreeze(address[] calldata accounts, bytes32 ref) external verb {
        for (uint256 i; i < accounts.length; ++i) {
            if (_unmark(accounts[i], FROZEN)) emit IControls.AccountUnfrozen(accounts[i], msg.sender, ref);
        }
    }

    function release(address account, uint256 value, bytes32 ref) external verb {
        _requireReference(ref);
        if (!_hasAccount(account)) revert IControls.InvalidAccount(account);
        AccountSlot storage slot = _slot(account);
        uint256 held = slot.word.held();
        if (value > held) revert IControls.NotHeld(account, value, held);
        _setHeld(slot, account, held - value);
        emit IControls.Released(account, value, msg.sender, ref);
    }

    /* SEIZER */

    function seize(address from, address to, uint256 value, bytes32 caseRef) external verb {
        if (to == from) revert IControls.InvalidAccount(to);
        _take(from, value, caseRef);
        _credit(_config, to, value);
        emit IPeggedToken.Transfer(from, to, value);
        emit IControls.ForcedTransfer(from, to, value);
        emit IControls.Seized(from, to, value, msg.sender, caseRef);
    }

    function destroy(address from, uint256 value, bytes32 caseRef) external verb {
        _take(from, value, caseRef);
        _destroyed(_config, from, value);
        emit IControls.ForcedTransfer(from, address(0), value);
        emit IControls.Destroyed(from, value, msg.sender, caseRef);
    }

    /* VERIFIER */

    function verify(address[] calldata accounts, bytes32 ref) external verb {
        for (uint256 i; i < accounts.length; ++i) {
            if (_mark(accounts[i], VERIFIED)) emit IControls.Verified(accounts[i], msg.sender, ref);
        }
    }

    function unverify(address[] calldata accounts, bytes32 ref) external verb {
        for (uint256 i; i < accounts.length; ++i) {
            if (_unmark(accounts[i], VERIFIED)) emit IControls.Unverified(accounts[i], msg.sender, ref);
        }
    }

    /* GOVERNOR */

    function enlist(address[] calldata accounts, bytes32 ref) external verb {
        for (uint256 i; i < accounts.length; ++i) {
            _requireUnbarred(accounts[i]);
            if (_mark(accounts[i], SUITE)) emit IControls.Enlisted(accounts[i], msg.sender, ref);
        }
    }

    function delist(address[] calldata accounts, bytes32 ref) external verb {
        for (uint256 i; i < accounts.length; ++i) {
            Account word = _account(accounts[i]);
            if (word.has(REDEMPTION) && word.balance() != 0) {
                revert IControls.DeskNotEmpty(accounts[i], word.balance());
            }
            if (_unmark(accounts[i], SUITE | REDEMPTION)) emit IControls.Delisted(accounts[i], msg.sender, ref);
        }
    }

    function appointDesk(address desk, bytes32 ref) external verb {
        _requireUnbarred(desk);
        if (desk.code.length == 0) revert IControls.NoCode(desk);
        if (_mark(desk, SUITE)) emit IControls.Enlisted(desk, msg.sender, ref);
        if (_mark(desk, REDEMPTION)) emit IControls.DeskAppointed(desk, msg.sender, ref);
    }

    /* INSIDE */

    function _requireReference(bytes32 ref) internal pure {
        if (ref == bytes32(0)) revert IControls.ReferenceRequired();
    }

    function _requireUnbarred(address account) private view {
        Account word = _account(account);
        if (word.has(BLACKLISTED | FROZEN) || word.held() != 0) revert IControls.BarredAccount(account);
    }

    /// @dev Sets a flag that bars; returns whether anything changed, as do the other two.
    function _bar(address account, uint256 flag) private returns (bool) {
        (AccountSlot storage slot, Account word) = _barrable(account);
        return _set(slot, word, flag);
    }

    function _mark(address account, uint256 flag) private returns (bool) {
        if (!_hasAccount(account)) revert IControls.InvalidAccount(account);
        AccountSlot storage slot = _slot(account);
        return _set(slot, slot.word, flag);
    }

    function _unmark(address account, uint256 flags) private returns (bool) {
        AccountSlot storage slot = _slot(account);
        Account word = slot.word;
        if (!word.has(flags)) return false;
        slot.word = word.without(flags);
        return true;
    }

    function _set(AccountSlot storage slot, Account word, uint256 flag) private returns (bool) {
        if (word.has(flag)) return false;
        slot.word = word.with(flag);
        return true;
    }

    function _barrable(address account) private view returns (AccountSlot storage slot, Account word) {
        if (!_hasAccount(account)) revert IControls.InvalidAccount(account);
        slot = _slot(account);
        word = slot.word;
        if (word.has(SUITE)) revert IControls.SuiteAccount(account);
    }

    function _setHeld(AccountSlot storage slot, address account, uint256 held) private {
        slot.word = slot.word.withHeld(held);
        emit IControls.Frozen(account, held);
    }

    /// @dev Takes `value` out of the account: of a barred one's balance, or of what is held; held units first.
    function _take(address from, uint256 value, bytes32 caseRef) private {
        _requireReference(caseRef);
        (AccountSlot storage slot, Account word) = _barrable(from);
        uint256 held = word.held();
        uint256 balance = word.balance();
        uint256 reach = word.has(BLACKLISTED | FROZEN) ? balance : Math.min(held, balance);
        if (value > reach) revert IControls.OutOfReach(from, value, reach);
        slot.word = word.debit(value);
        uint256 consumed = Math.min(held, value);
        if (consumed != 0) _setHeld(slot, from, held - consumed);
    }
}
