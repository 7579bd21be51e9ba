// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Account, AccountWord, MAX_NONCE, MAX_VALUE} from "contracts/libraries/AccountWord.sol";
import {Config, ConfigWord, PAUSES_AT} from "contracts/libraries/ConfigWord.sol";
import {Reserves} from "contracts/libraries/Reserves.sol";
import {Check, vm} from "tests/forge/Vm.sol";

/// @title Laws of the pure libraries, one a function
contract LibrariesTest {
    uint256 private constant NONCE_AND_FLAGS = type(uint256).max << 224;

    /* ACCOUNT WORD */

    /// @notice A debit within the balance changes the balance and nothing else.
    function test_debit_stays_in_its_field(uint256 raw, uint256 value) external pure {
        Account word = Account.wrap(raw);
        value %= word.balance() + 1;
        Account next = word.debit(value);
        Check.equal(next.balance(), word.balance() - value, "balance");
        Check.equal(Account.unwrap(next) >> 112, raw >> 112, "other fields");
    }

    /// @notice A credit up to the greatest balance changes the balance and nothing else.
    function test_credit_stays_in_its_field(uint256 raw, uint256 value) external pure {
        Account word = Account.wrap(raw);
        value %= MAX_VALUE - word.balance() + 1;
        Account next = word.credit(value);
        Check.equal(next.balance(), word.balance() + value, "balance");
        Check.equal(Account.unwrap(next) >> 112, raw >> 112, "other fields");
    }

    /// @notice The next nonce is one more and never carries into the flags.
    function test_nonce_never_carries(uint256 raw, bool last) external pure {
        // The greatest nonce that still has a next one is the one that could carry.
        if (last) raw = (raw & ~(MAX_NONCE << 224)) | ((MAX_NONCE - 1) << 224);
        Account word = Account.wrap(raw);
        vm.assume(word.nonce() != MAX_NONCE);
        Account next = word.nextNonce();
        Check.equal(next.nonce(), word.nonce() + 1, "nonce");
        Check.equal(Account.unwrap(next) >> 248, raw >> 248, "flags");
        Check.equal(Account.unwrap(next) & ~NONCE_AND_FLAGS, raw & ~NONCE_AND_FLAGS, "amounts");
    }

    /// @notice A new held amount replaces the held amount and nothing else.
    function test_held_stays_in_its_field(uint256 raw, uint112 value) external pure {
        Account next = Account.wrap(raw).withHeld(value);
        Check.equal(next.held(), value, "held");
        Check.equal(next.balance(), raw & MAX_VALUE, "balance");
        Check.equal(Account.unwrap(next) >> 224, raw >> 224, "nonce and flags");
    }

    /// @notice Spendable is the balance less what is held, and never below zero.
    function test_spendable(uint112 balance, uint112 held) external pure {
        Account word = Account.wrap(balance).withHeld(held);
        Check.equal(word.spendable(), balance > held ? balance - held : 0, "spendable");
    }

    /// @notice A flag that is set and taken away again leaves the word as it was, and the amounts are never touched.
    function test_flags_are_apart(uint256 raw, uint8 index) external pure {
        uint256 flag = 1 << (248 + index % 8);
        Account word = Account.wrap(raw & ~flag);
        Check.holds(word.with(flag).has(flag) && !word.has(flag), "flag");
        Check.equal(Account.unwrap(word.with(flag).without(flag)), Account.unwrap(word), "word");
        Check.equal((Account.unwrap(word.with(flag)) << 8) >> 8, (raw << 8) >> 8, "nonce and amounts");
    }

    /* CONFIG WORD */

    /// @notice A new supply replaces the supply and nothing else.
    function test_supply_stays_in_its_field(uint256 raw, uint112 value) external pure {
        Config next = Config.wrap(raw).withSupply(value);
        Check.equal(next.supply(), value, "supply");
        Check.equal(Config.unwrap(next) >> 112, raw >> 112, "other fields");
    }

    /// @notice The pause clock keeps flags and supply; stopped it stands still, running it counts every second.
    function test_pause_clock(uint256 raw, uint40 since, uint32 past, uint32 later) external pure {
        vm.assume(since != 0 && uint256(since) + later < 1 << 40 && uint256(past) + later < 1 << 40);
        Config running = Config.wrap(raw).withPauseClock(since, past);
        Check.equal(running.pausedSince(), since, "since");
        Check.equal(running.pausedSeconds(uint256(since) + later), uint256(past) + later, "running");
        Config stopped = running.withPauseClock(0, past);
        Check.equal(stopped.pausedSeconds(uint256(since) + later), past, "stopped");
        Check.equal(running.supply(), raw & MAX_VALUE, "supply");
        Check.equal(Config.unwrap(running) >> 192, raw >> 192, "flags");
    }

    /// @notice Pause bits are read from where they are set.
    function test_pauses(uint256 raw, uint8 bits) external pure {
        bits &= 15;
        Config word = Config.wrap(raw & ~(uint256(15) << PAUSES_AT)).with(uint256(bits) << PAUSES_AT);
        Check.equal(word.pauses(), bits, "pauses");
    }

    /* RESERVES */

    /// @notice Rounded down and up differ by less than one unit, and not at all to a finer unit.
    function test_rounding(uint128 amount, uint8 from, uint8 to) external pure {
        (from, to) = (from % 37, to % 37);
        uint256 down = Reserves.scaleDown(amount, from, to);
        uint256 up = Reserves.scaleUp(amount, from, to);
        Check.holds(up == down || (from > to && up == down + 1), "rounding");
        if (from > to) {
            uint256 unit = 10 ** (from - to);
            Check.holds(down * unit <= amount && amount <= up * unit, "bounds");
            Check.equal(down, amount / unit, "floor");
        } else {
            Check.equal(down, uint256(amount) * 10 ** (to - from), "exact");
        }
    }

    /// @notice To a finer unit and back gives the same amount.
    function test_round_trip(uint128 amount, uint8 from, uint8 finer) external pure {
        from %= 37;
        uint8 to = from + finer % 37;
        Check.equal(Reserves.scaleDown(Reserves.scaleDown(amount, from, to), to, from), amount, "down");
        Check.equal(Reserves.scaleUp(Reserves.scaleUp(amount, from, to), to, from), amount, "up");
    }

    /// @notice No pair of decimals and no amount reverts; what is too large saturates, and nothing stays nothing.
    function test_any_decimals(uint256 amount, uint8 from, uint8 to) external pure {
        uint256 down = Reserves.scaleDown(amount, from, to);
        uint256 up = Reserves.scaleUp(amount, from, to);
        Check.holds(down <= up, "down is not above up");
        Check.equal(Reserves.scaleDown(0, from, to) + Reserves.scaleUp(0, from, to), 0, "nothing");
        if (from <= to) Check.holds(down >= amount && down == up, "finer is not less");
        if (from > to) Check.holds(down <= amount && (amount == 0) == (up == 0), "owed never vanishes");
    }

    /// @notice Usable reserves and their buffer never exceed the reserves, and one unit more would.
    function test_usable(uint104 reserves, uint16 bufferBps) external pure {
        uint256 usable = Reserves.usable(reserves, bufferBps);
        uint256 whole = 10_000 + uint256(bufferBps);
        Check.holds(usable * whole <= uint256(reserves) * 10_000, "within");
        Check.holds((usable + 1) * whole > uint256(reserves) * 10_000, "no less than needed");
    }
}
