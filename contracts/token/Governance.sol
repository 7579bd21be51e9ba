// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IAuditRegister} from "interfaces/IAuditRegister.sol";
import {IControls} from "interfaces/IControls.sol";
import {
    ALL_PAUSES,
    ALLOW_LIST,
    Config,
    DELEGATE_ALL,
    PAUSE_REDEEM,
    PAUSE_TRANSFERS,
    PAUSES_AT
} from "contracts/libraries/ConfigWord.sol";
import {HotSelectors} from "contracts/libraries/HotSelectors.sol";
import {Compliance} from "contracts/token/Compliance.sol";

/// @title Pausing, modes, upgrades
abstract contract Governance is Compliance {
    using SafeERC20 for IERC20;

    IAuditRegister private immutable AUDITS;

    constructor(address audits) {
        AUDITS = IAuditRegister(audits);
    }

    /* PAUSER */

    function pause(uint8 bits, bytes32 ref) external verb {
        uint256 flags = _pauseFlags(bits);
        if (flags & PAUSE_REDEEM != 0) _requireReference(ref);
        Config config = _config;
        if (flags & PAUSE_TRANSFERS != 0 && !config.has(PAUSE_TRANSFERS)) {
            config = config.withPauseClock(uint40(block.timestamp), config.pausedSeconds(block.timestamp));
        }
        _config = config.with(flags).withNextPause();
        emit IControls.PauseSet(bits, msg.sender, ref);
    }

    function enterAllowListMode(bytes32 ref) external verb {
        _config = _config.with(ALLOW_LIST);
        emit IControls.AllowListModeEntered(msg.sender, ref);
    }

    /* RESUMER */

    function resume(uint8 bits, bytes32 ref, uint32 pauseNumber) external verb {
        uint256 flags = _pauseFlags(bits);
        Config config = _config;
        uint32 actual = config.pauseNumber();
        if (pauseNumber != actual) revert IControls.PausedAgain(pauseNumber, actual);
        if (flags & PAUSE_TRANSFERS != 0) {
            config = config.withPauseClock(0, config.pausedSeconds(block.timestamp));
        }
        _config = config.without(flags);
        emit IControls.PauseLifted(bits, msg.sender, ref);
    }

    /* GOVERNOR */

    function leaveAllowListMode(bytes32 ref) external verb {
        _config = _config.without(ALLOW_LIST);
        emit IControls.AllowListModeLeft(msg.sender, ref);
    }

    function rescueERC20(address token, address to, uint256 value, bytes32 ref) external verb {
        if (token == address(this)) revert IControls.InvalidRescue(token);
        if (!_hasAccount(to)) revert IControls.InvalidAccount(to);
        emit IControls.Rescued(token, to, value, msg.sender, ref);
        IERC20(token).safeTransfer(to, value);
    }

    /* UPGRADER */

    function upgrade(address newImplementation, bytes32 codeHash, bytes32 auditHash, bool delegateAll) external verb {
        if (newImplementation.code.length == 0) revert IControls.NoCode(newImplementation);
        bytes32 actual = newImplementation.codehash;
        if (actual != codeHash) revert IControls.CodeHashMismatch(actual, codeHash);
        if (AUDITS.codeOf(auditHash) != codeHash) revert IControls.AuditNotRegistered(auditHash, codeHash);
        // Asked in every case: code that does not even answer this is no implementation of ours.
        bytes4[] memory covered = IControls(newImplementation).hotSelectors();
        if (delegateAll) _requireAllCovered(covered);

        _config = delegateAll ? _config.with(DELEGATE_ALL) : _config.without(DELEGATE_ALL);
        _setImplementation(newImplementation);
        emit IControls.UpgradeApproved(codeHash, auditHash, delegateAll, msg.sender);
    }

    /* INSIDE */

    function _pauseFlags(uint8 bits) private pure returns (uint256) {
        if (bits == 0 || bits > ALL_PAUSES) revert IControls.InvalidPauses(bits);
        return uint256(bits) << PAUSES_AT;
    }

    function _requireAllCovered(bytes4[] memory covered) private pure {
        bytes4[28] memory hot = HotSelectors.list();
        for (uint256 i; i < hot.length; ++i) {
            if (!_contains(covered, hot[i])) revert IControls.HotSelectorMissing(hot[i]);
        }
    }

    function _contains(bytes4[] memory selectors, bytes4 selector) private pure returns (bool) {
        for (uint256 i; i < selectors.length; ++i) {
            if (selectors[i] == selector) return true;
        }
        return false;
    }
}
