// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {Account, BLACKLISTED, REDEMPTION, SUITE, VERIFIED} from "contracts/libraries/AccountWord.sol";
import {ALLOW_LIST, Config, PAUSE_TRANSFERS} from "contracts/libraries/ConfigWord.sol";
import {Signatures} from "contracts/token/Signatures.sol";

// `_open` may end the call with the implementation's answer, which is what `delegateAll` is for.
// slither-disable-start incorrect-return

/// @title Batches of payments
/// @notice A chunk pays all of its rows, or reverts and is not consumed; only rows whose payee may not receive are
/// left out, and the payer keeps their value.
abstract contract Batches is Signatures {
    /* HOLDER */

    function pay(bytes32 batchId, uint8 chunk, IPeggedToken.Payment[] calldata rows, uint256 total)
        external
        returns (uint256 paid, uint256 skipped)
    {
        bytes32[] calldata none;
        // An empty slice: its length is zero, so what the loop reads at its offset is not used.
        assembly ("memory-safe") {
            none.offset := 0
            none.length := 0
        }
        return _pay(_open(PAUSE_TRANSFERS), batchId, chunk, rows, none, total);
    }

    function pay(
        bytes32 batchId,
        uint8 chunk,
        IPeggedToken.Payment[] calldata rows,
        bytes32[] calldata refs,
        uint256 total
    ) external returns (uint256 paid, uint256 skipped) {
        Config config = _open(PAUSE_TRANSFERS);
        if (refs.length != rows.length) revert IPeggedToken.BatchLengthMismatch(rows.length, refs.length);
        return _pay(config, batchId, chunk, rows, refs, total);
    }

    /* INSIDE */

    /// @dev The payer is debited once, before the rows, so that a row to the payer itself is exact too, and gets the
    /// skipped value back at the end. The loop stays in one function: a call a row costs 60 gas more.
    function _pay(
        Config config,
        bytes32 batchId,
        uint8 chunk,
        IPeggedToken.Payment[] calldata rows,
        bytes32[] calldata refs,
        uint256 total
    ) private returns (uint256 paid, uint256 skipped) {
        if (rows.length == 0) revert IPeggedToken.BatchLengthMismatch(0, refs.length);
        _consumeChunk(batchId, chunk);
        _debit(config, msg.sender, total);

        bool referenced = refs.length != 0;
        bool listed = config.has(ALLOW_LIST);
        // i < rows.length, which is refs.length if there are any; and a sum of fewer than 2^32 uint96 values (calldata is
        // no longer) stays below 2^128.
        unchecked {
            for (uint256 i; i < rows.length; ++i) {
                IPeggedToken.Payment calldata row;
                bytes32 ref;
                // i < rows.length: the row lies within the array, and so does the reference; without references it is
                // whatever calldata holds, and is not used.
                assembly ("memory-safe") {
                    row := add(rows.offset, shl(6, i))
                    ref := calldataload(add(refs.offset, shl(5, i)))
                }
                address to = row.to;
                uint256 value = row.value;
                AccountSlot storage slot = _slot(to);
                Account word = slot.word;
                if (to == address(0)) revert IPeggedToken.ERC20InvalidReceiver(to);
                if (to == address(this)) revert IPeggedToken.ERC20InvalidReceiver(to);
                bool refused = word.has(BLACKLISTED | REDEMPTION);
                if (listed) refused = refused || !word.has(VERIFIED | SUITE);
                if (refused) {
                    skipped += value;
                    emit IPeggedToken.Skipped(batchId, referenced ? ref : bytes32(0), to, value);
                } else {
                    paid += value;
                    slot.word = word.credit(value);
                    if (referenced) emit IPeggedToken.TransferReference(ref);
                    emit IPeggedToken.Transfer(msg.sender, to, value);
                }
            }
            if (paid + skipped != total) revert IPeggedToken.BatchTotalMismatch(paid + skipped, total);
        }

        if (skipped != 0) {
            AccountSlot storage payer = _slot(msg.sender);
            payer.word = payer.word.credit(skipped);
        }
        emit IPeggedToken.Batch(msg.sender, batchId, chunk, paid, skipped, rows.length);
    }

    function _consumeChunk(bytes32 batchId, uint8 chunk) private {
        uint256 bits = _chunks[msg.sender][batchId];
        uint256 bit = 1 << chunk;
        if (bits & bit != 0) revert IPeggedToken.ChunkExecuted(msg.sender, batchId, chunk);
        _chunks[msg.sender][batchId] = bits | bit;
    }
}
// slither-disable-end incorrect-return
