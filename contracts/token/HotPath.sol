// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {Config, DELEGATE_ALL} from "contracts/libraries/ConfigWord.sol";
import {Delegation} from "contracts/libraries/Delegation.sol";
import {Ledger} from "contracts/token/Ledger.sol";

// `_open` may end the call with the implementation's answer, which is what `delegateAll` is for.
// slither-disable-start incorrect-return

/// @title What runs in place, and how it can be superseded
/// @notice Every function of the token opens with one read of CONFIG. Normally that read says "go on"; with `delegateAll`
/// it hands the whole call to the implementation, and nobody pays for that switch until it is thrown.
abstract contract HotPath is Ledger {
    /// @notice Reads CONFIG for a movement that any of `pauses` stops.
    function _open(uint256 pauses) internal virtual returns (Config config) {
        config = _config;
        if (config.has(pauses | DELEGATE_ALL)) _divert(config, pauses);
    }

    /// @notice Reads CONFIG for a view.
    function _openView() internal view virtual returns (Config config) {
        config = _config;
        if (config.has(DELEGATE_ALL)) _asView(_divert)(config, 0);
    }

    /// @dev The implementation asks the token for its constants (name, domain, decimals) by calling it: that one caller
    /// is answered in place, or the question would come back to it for ever.
    function _divert(Config config, uint256 pauses) private {
        if (config.has(DELEGATE_ALL) && msg.sender != address(this)) _delegate();
        if (config.has(pauses)) revert IPeggedToken.Paused(config.pauses());
    }

    /// @dev Never returns to the caller.
    function _delegate() internal virtual {
        Delegation.forward(_implementation());
    }

    /// @dev A view may delegate too: what the implementation does in a static call cannot change state, and in another
    /// call it is code that the same upgrade has trusted with everything. The compiler cannot know this.
    function _asView(function(Config, uint256) internal fn)
        private
        pure
        returns (function(Config, uint256) internal view viewFn)
    {
        // Both are references to the same internal function; only the compile-time type changes.
        assembly ("memory-safe") {
            viewFn := fn
        }
    }
}
// slither-disable-end incorrect-return
