// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IControls} from "interfaces/IControls.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {AuditRegister} from "contracts/AuditRegister.sol";
import {Authority} from "contracts/Authority.sol";
import {PeggedToken} from "contracts/PeggedToken.sol";
import {LooseFeed} from "contracts/mocks/LooseFeed.sol";
import {Controls} from "contracts/token/Controls.sol";
import {LedgerHandler} from "tests/forge/LedgerHandler.sol";
import {Check, vm} from "tests/forge/Vm.sol";

/// @title The ledger's invariants over long random sequences, on the real contracts
/// @notice F1 sum of balances = supply (I1). F2 supply = minted - burned (I2). F3 every call does exactly what it says, and
/// nothing when refused (I3, I12, I13, I15). F4 nobody's accounts stay empty (I4). F5 the words are where the storage file
/// draws them. F6 nonces count permits (I16).
contract LedgerInvariants {
    uint64 private constant ROLE = 1;
    uint256 private constant MASK = type(uint112).max;

    IPeggedToken private _token;
    LedgerHandler private _handler;

    /// @dev One role for every verb, held without delay by the handler: who may call what is tested elsewhere.
    function setUp() external {
        vm.warp(1_800_000_000);
        Authority authority = new Authority(address(this));
        Controls controls = new Controls(address(authority), address(new AuditRegister(address(authority))));
        PeggedToken token = new PeggedToken("Pegboard HKD", "pbHKD", 6, "HKD", address(controls));
        LooseFeed feed = new LooseFeed();
        _token = IPeggedToken(address(token));
        _handler = new LedgerHandler(address(token), feed);
        authority.setTargetFunctionRole(address(token), _verbs(), ROLE);
        authority.grantRole(ROLE, address(_handler), 0);
        authority.grantRole(ROLE, address(this), 0);

        IControls issuer = IControls(address(token));
        issuer.appointDesk(address(_handler.desk()), "set up");
        feed.set(1e30, 1_800_000_000);
        issuer.setReserveConfig(IControls.ReserveConfig(address(feed), 1 hours, 0, true), "set up");
        issuer.raiseMintLimit(1e20, 1, "set up");
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /* INVARIANTS */

    function invariant_F1_balances_sum_up_to_the_supply() external view {
        address[6] memory people = _handler.people();
        uint256 sum = _token.balanceOf(address(_handler.desk()));
        for (uint256 i; i < people.length; ++i) {
            sum += _token.balanceOf(people[i]);
        }
        Check.equal(sum, _token.totalSupply(), "sum of balances");
    }

    function invariant_F2_supply_is_minted_less_burned() external view {
        Check.equal(_token.totalSupply(), _handler.minted() - _handler.burned(), "supply");
    }

    function invariant_F3_every_call_does_what_it_says() external view {
        string memory fault = _handler.fault();
        Check.holds(bytes(fault).length == 0, fault);
    }

    function invariant_F4_zero_and_the_token_are_nobody() external view {
        Check.equal(_word(_accountSlot(address(0))), 0, "address zero");
        Check.equal(_word(_accountSlot(address(_token))), 0, "the token");
    }

    function invariant_F5_words_are_where_they_are_drawn() external view {
        address[6] memory people = _handler.people();
        for (uint256 i; i < people.length; ++i) {
            uint256 word = _word(_accountSlot(people[i]));
            Check.equal(word & MASK, _token.balanceOf(people[i]), "balance");
            Check.equal(word >> 112 & MASK, _token.getFrozenTokens(people[i]), "held");
            Check.equal(word >> 224 & 0xffffff, _token.nonces(people[i]), "nonce");
            Check.holds((word >> 248 & 1 != 0) == _token.isBlacklisted(people[i]), "blacklisted");
            Check.holds((word >> 249 & 1 != 0) == _token.isFrozen(people[i]), "frozen");
            Check.holds((word >> 250 & 1 != 0) == _token.isVerified(people[i]), "verified");
            Check.equal(word >> 251, 0, "no other flag");
        }
        uint256 escrow = _word(_accountSlot(address(_handler.desk())));
        Check.equal(escrow & MASK, _token.balanceOf(address(_handler.desk())), "escrow");
        Check.equal(escrow >> 112, 24 << 136, "a contract of the suite and a desk, nothing held");
        uint256 config = _word(0);
        Check.equal(config & MASK, _token.totalSupply(), "supply");
        Check.equal(config >> 192 & 15, _token.pauses(), "pauses");
        Check.holds((config >> 196 & 1 != 0) == _token.isAllowListOn(), "allow-list mode");
        Check.equal(config >> 197 & (2 ** 27 - 1), 0, "no other mode");
        Check.equal(config >> 224, IControls(address(_token)).pauseNumber(), "pause number");
        Check.holds((config >> 152 & type(uint40).max != 0) == (config >> 192 & 1 != 0), "pause clock");
    }

    function invariant_F6_nonces_count_permits() external view {
        address[6] memory people = _handler.people();
        for (uint256 i; i < people.length; ++i) {
            Check.equal(_token.nonces(people[i]), _handler.permits(people[i]), "nonce");
        }
    }

    /// @notice After each run: every action has succeeded in it.
    /// @dev Every profile's depth is above this bound; shorter are only sequences that forge replays after a failure.
    function afterInvariant() external view {
        if (_handler.calls() < 5 * _handler.ACTIONS()) return;
        for (uint256 i; i < _handler.ACTIONS(); ++i) {
            if (_handler.done(LedgerHandler.Action(i)) == 0) revert Check.Different("action never succeeded", i, 1);
        }
    }

    /* INSIDE */

    function _accountSlot(address account) private pure returns (uint256) {
        return 1 << 160 | uint256(uint160(account));
    }

    function _word(uint256 slot) private view returns (uint256) {
        return uint256(vm.load(address(_token), bytes32(slot)));
    }

    function _verbs() private pure returns (bytes4[] memory verbs) {
        bytes4[20] memory all = [
            IControls.appointDesk.selector,
            IControls.mint.selector,
            IControls.burn.selector,
            IControls.blacklist.selector,
            IControls.unblacklist.selector,
            IControls.freeze.selector,
            IControls.unfreeze.selector,
            IControls.hold.selector,
            IControls.release.selector,
            IControls.seize.selector,
            IControls.destroy.selector,
            IControls.verify.selector,
            IControls.unverify.selector,
            IControls.pause.selector,
            IControls.resume.selector,
            IControls.enterAllowListMode.selector,
            IControls.leaveAllowListMode.selector,
            IControls.setReserveConfig.selector,
            IControls.raiseMintLimit.selector,
            IControls.lowerMintLimit.selector
        ];
        verbs = new bytes4[](all.length);
        for (uint256 i; i < all.length; ++i) {
            verbs[i] = all[i];
        }
    }
}
