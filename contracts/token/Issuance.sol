// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {RateLimiter} from "@openzeppelin/contracts/utils/RateLimiter.sol";
import {AggregatorV3Interface} from "interfaces/AggregatorV3Interface.sol";
import {IControls} from "interfaces/IControls.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {IReserveFeed} from "interfaces/IReserveFeed.sol";
import {BLACKLISTED, MAX_VALUE} from "contracts/libraries/AccountWord.sol";
import {Config, PAUSE_MINT, PAUSE_REDEEM} from "contracts/libraries/ConfigWord.sol";
import {RefillingLimit} from "contracts/libraries/RefillingLimit.sol";
import {Reserves} from "contracts/libraries/Reserves.sol";
import {Delegated} from "contracts/Delegated.sol";
import {Ledger} from "contracts/token/Ledger.sol";

/// @title Creating and destroying units
/// @notice issued + elsewhere + value <= reserves * 10000 / (10000 + bufferBps), against fresh and undisputed reserves,
/// and within one refilling limit. A zero source, age, capacity or window means no minting, never no check.
abstract contract Issuance is Ledger, Delegated {
    using RateLimiter for RateLimiter.RefillingBucket;
    using RefillingLimit for RateLimiter.RefillingBucket;

    uint32 private constant LONGEST_AGE = 31 days;

    /* VIEWS */

    function reserveConfig() external view returns (IControls.ReserveConfig memory) {
        MintTerms memory terms = _mintTerms;
        return IControls.ReserveConfig(terms.source, terms.maxAge, terms.bufferBps, terms.singleChain);
    }

    function reserveHeadroom() external view returns (uint256) {
        return _headroom(_config.supply());
    }

    function mintRateLimit() external view returns (uint256 capacity, uint256 window, uint256 available) {
        return (_mintLimit._capacity, _mintLimit._window, _mintLimit.available(RefillingLimit.BUCKET));
    }

    /* MINTER */

    function mint(address to, uint256 value, bytes32 ref) external verb {
        Config config = _config;
        if (config.has(PAUSE_MINT)) revert IPeggedToken.Paused(config.pauses());
        if (value == 0) revert IControls.NothingToMint();
        if (_account(msg.sender).has(BLACKLISTED)) revert IPeggedToken.BlacklistedAccount(msg.sender);
        uint256 supply = config.supply();
        if (value > MAX_VALUE - supply) revert IControls.SupplyCapExceeded(supply, value);
        uint256 headroom = _headroom(supply);
        if (value > headroom) revert IControls.ReserveExceeded(value, headroom);
        if (!_mintLimit.tryConsume(RefillingLimit.BUCKET, value)) {
            revert IControls.MintLimitExceeded(value, _mintLimit.available(RefillingLimit.BUCKET));
        }

        _config = config.withSupply(supply + value);
        _credit(config, to, value);
        emit IPeggedToken.Transfer(address(0), to, value);
        emit IControls.Minted(msg.sender, ref);
    }

    /* BURNER */

    function burn(uint256 value, bytes32 ref) external verb {
        Config config = _config;
        if (config.has(PAUSE_REDEEM)) revert IPeggedToken.Paused(config.pauses());
        _debit(config, msg.sender, value);
        _destroyed(config, msg.sender, value);
        emit IControls.Burned(ref);
    }

    /* PAUSER */

    function lowerMintLimit(uint208 capacity, uint48 window, bytes32 ref) external verb {
        if (_mintLimit.isRaise(capacity, window)) revert IControls.LimitNotLowered(capacity, window);
        _setMintLimit(capacity, window, ref);
    }

    /* GOVERNOR */

    function raiseMintLimit(uint208 capacity, uint48 window, bytes32 ref) external verb {
        _setMintLimit(capacity, window, ref);
    }

    function setReserveConfig(IControls.ReserveConfig calldata terms, bytes32 ref) external verb {
        if (terms.maxAge > LONGEST_AGE) revert IControls.ReserveAgeTooLong(terms.maxAge);
        if (terms.source.code.length != 0) _requireCurrency(terms.source);
        _mintTerms = MintTerms({
            source: terms.source,
            maxAge: terms.maxAge,
            bufferBps: terms.bufferBps,
            singleChain: terms.singleChain,
            tokenDecimals: IPeggedToken(address(this)).decimals()
        });
        emit IControls.ReserveConfigSet(terms.source, terms.maxAge, terms.bufferBps, terms.singleChain, msg.sender, ref);
    }

    /* INSIDE */

    /// @dev A plain AggregatorV3 feed names no currency and is taken as declared.
    function _requireCurrency(address source) private view {
        try IReserveFeed(source).currency() returns (string memory currency) {
            bytes32 own = keccak256(bytes(IPeggedToken(address(this)).currency()));
            if (keccak256(bytes(currency)) != own) revert IControls.ReserveCurrencyMismatch(source, currency);
        } catch {}
    }

    /// @dev The units have left their account; they leave the supply here.
    function _destroyed(Config config, address from, uint256 value) internal {
        // No underflow: value was somebody's balance, which is at most the supply.
        unchecked {
            _config = config.withSupply(config.supply() - value);
        }
        emit IPeggedToken.Transfer(from, address(0), value);
    }

    function _setMintLimit(uint208 capacity, uint48 window, bytes32 ref) private {
        if (window == 0) revert IControls.InvalidWindow();
        _mintLimit.set(capacity, window);
        emit IControls.MintLimitSet(capacity, window, msg.sender, ref);
    }

    /// @dev What may still be issued when `issued_` is; reverts with the reason when nothing may.
    function _headroom(uint256 issued_) private view returns (uint256) {
        MintTerms memory terms = _mintTerms;
        if (terms.source == address(0) || terms.maxAge == 0) revert IControls.ReserveUnset();
        uint8 unit = _feedDecimals(terms.source);
        uint256 reserves = Reserves.scaleDown(_freshReserves(terms), unit, terms.tokenDecimals);
        uint256 owed = issued_;
        if (!terms.singleChain) {
            uint256 answer = _askNumber(terms.source, IReserveFeed.elsewhere.selector);
            uint256 elsewhere = Reserves.scaleUp(answer, unit, terms.tokenDecimals);
            if (elsewhere > type(uint256).max - owed) return 0;
            owed += elsewhere;
        }
        uint256 usable = Reserves.usable(reserves, terms.bufferBps);
        return usable > owed ? usable - owed : 0;
    }

    function _freshReserves(MintTerms memory terms) private view returns (uint256) {
        (bool ok, bytes memory data) =
            terms.source.staticcall(abi.encodeCall(AggregatorV3Interface.latestRoundData, ()));
        if (!ok || data.length < 160) revert IControls.ReserveUnavailable(terms.source, data);
        (, int256 answer,, uint256 updatedAt,) = abi.decode(data, (uint256, int256, uint256, uint256, uint256));
        if (answer <= 0) revert IControls.ReserveNotPositive(answer);
        if (updatedAt == 0 || updatedAt > block.timestamp) revert IControls.ReserveTimeInvalid(updatedAt);
        if (block.timestamp - updatedAt > terms.maxAge) revert IControls.ReserveStale(updatedAt, terms.maxAge);
        return uint256(answer);
    }

    /// @dev Read each time, since a feed behind a proxy may change them.
    function _feedDecimals(address source) private view returns (uint8) {
        uint256 unit = _askNumber(source, AggregatorV3Interface.decimals.selector);
        if (unit > type(uint8).max) revert IControls.ReserveUnavailable(source, abi.encode(unit));
        return uint8(unit);
    }

    /// @dev A source that reverts, has no code or answers too little is refused by name, and never counts as zero.
    function _askNumber(address source, bytes4 question) private view returns (uint256) {
        // One word is asked for; the second is scratch.
        // slither-disable-next-line unused-return
        (bool ok, bytes32 answer,) = LowLevelCall.staticcallReturn64Bytes(source, abi.encodePacked(question));
        if (!ok || LowLevelCall.returnDataSize() < 32) {
            revert IControls.ReserveUnavailable(source, LowLevelCall.returnData());
        }
        return uint256(answer);
    }
}
