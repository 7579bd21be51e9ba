// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IControls} from "interfaces/IControls.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {ISurrenderReceiver} from "interfaces/ISurrenderReceiver.sol";
import {Account, REDEMPTION} from "contracts/libraries/AccountWord.sol";
import {ALLOW_LIST, Config, PAUSE_REDEEM} from "contracts/libraries/ConfigWord.sol";
import {Issuance} from "contracts/token/Issuance.sol";

/// @title Into redemption, out of it, and out of existence
/// @notice A pause of transfers and the allow-list mode stop none of it: a holder can always ask for the money. Only the
/// redemption pause stops surrendering; nothing stops giving back, nor burning what was paid for.
abstract contract Redemption is Issuance {
    /* HOLDER */

    function surrender(address desk, uint256 value, bytes32 ref) external onlyDelegated returns (uint256 id) {
        Config config = _config;
        if (config.has(PAUSE_REDEEM)) revert IPeggedToken.Paused(config.pauses());
        (AccountSlot storage slot, Account word) = _escrow(desk);
        // To itself it would be credited upon what it had before the debit.
        if (msg.sender == desk) revert IPeggedToken.ERC20InvalidSender(desk);
        if (value == 0) revert IControls.NothingToSurrender();
        _debit(config.without(ALLOW_LIST), msg.sender, value);
        slot.word = word.credit(value);
        emit IPeggedToken.Transfer(msg.sender, desk, value);
        return ISurrenderReceiver(desk).onSurrender(msg.sender, value, ref);
    }

    /* REDEMPTION DESK */

    function restore(address to, uint256 value) external onlyDelegated {
        _takeEscrow(value);
        _credit(_config.without(ALLOW_LIST), to, value);
        emit IPeggedToken.Transfer(msg.sender, to, value);
    }

    function burnEscrow(address holder, uint256 value) external onlyDelegated {
        Config config = _config;
        _requireSender(config.without(ALLOW_LIST), holder, _account(holder));
        _takeEscrow(value);
        _destroyed(config, msg.sender, value);
    }

    /* INSIDE */

    function _escrow(address desk) private view returns (AccountSlot storage slot, Account word) {
        slot = _slot(desk);
        word = slot.word;
        if (!word.has(REDEMPTION)) revert IControls.NotRedemptionDesk(desk);
    }

    function _takeEscrow(uint256 value) private {
        (AccountSlot storage slot, Account word) = _escrow(msg.sender);
        if (value > word.balance()) revert IPeggedToken.ERC20InsufficientBalance(msg.sender, word.balance(), value);
        slot.word = word.debit(value);
    }
}
