// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AggregatorV3Interface} from "interfaces/AggregatorV3Interface.sol";
import {ICurrencyRegistry} from "interfaces/ICurrencyRegistry.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {Restricted} from "contracts/Restricted.sol";

/// @title Pairs, assets and attesters: what the uses ask before they trade or take a word
/// @notice Opening and widening is GOVERNOR's and waits; narrowing, closing and cutting is PAUSER's and does not.
abstract contract TradeTerms is ICurrencyRegistry, Restricted {
    uint256 private constant MOST_DECIMALS = 18;
    uint256 private constant WHOLE = 10_000;

    /// @dev One word a direction, so that a settlement reads one; the two directions are written together.
    mapping(address sell => mapping(address buy => RateTerms)) private _terms;
    mapping(address token => uint256 pairs) public pairsOf;
    mapping(address asset => bool) public isAsset;
    mapping(address attester => mapping(address token => uint256 cap)) private _caps;

    /* VIEWS */

    function rateTermsOf(address sell, address buy) external view returns (RateTerms memory terms) {
        terms = _terms[sell][buy];
        if (terms.feed != address(0)) return terms;
        bool delivers = isAsset[sell] ? _isCurrency(buy) : isAsset[buy] && _isCurrency(sell);
        if (!delivers) revert NotTradable(sell, buy);
    }

    function attesterCap(address attester, address token) external view returns (uint256) {
        return _isCurrency(token) ? _caps[attester][token] : 0;
    }

    /* GOVERNOR */

    function openPair(address base, address quote, address feed, uint32 maxAge, uint16 bandBps, bytes32 ref)
        external
        restricted
    {
        _requireCurrency(base);
        _requireCurrency(quote);
        RateTerms memory terms = RateTerms({
            feed: feed,
            maxAge: maxAge,
            bandBps: bandBps,
            sellDecimals: IPeggedToken(base).decimals(),
            buyDecimals: IPeggedToken(quote).decimals(),
            feedDecimals: AggregatorV3Interface(feed).decimals(),
            inverse: false
        });
        bool usable = maxAge != 0 && bandBps != 0 && bandBps < WHOLE && terms.feedDecimals <= MOST_DECIMALS;
        // A pair has one direction in which its feed is read.
        if (base == quote || !usable || _terms[base][quote].inverse) {
            revert InvalidPair(base, quote, feed, maxAge, bandBps);
        }
        if (_terms[base][quote].feed == address(0)) {
            ++pairsOf[base];
            ++pairsOf[quote];
        }
        _setTerms(base, quote, terms);
        emit PairOpened(base, quote, feed, maxAge, bandBps, ref);
    }

    function listAsset(address asset, bytes32 ref) external restricted {
        // What could be both would be sold for a currency without any band.
        if (asset.code.length == 0 || isAsset[asset] || _wasCurrency(asset)) revert InvalidAsset(asset);
        isAsset[asset] = true;
        emit AssetListed(asset, msg.sender, ref);
    }

    function raiseAttester(address attester, address token, uint256 cap, bytes32 ref) external restricted {
        _requireCurrency(token);
        uint256 present = _caps[attester][token];
        if (attester == address(0) || cap <= present) revert InvalidCap(attester, token, cap, present);
        _setCap(attester, token, cap, ref);
    }

    /* PAUSER */

    function narrowPair(address base, address quote, uint32 maxAge, uint16 bandBps, bytes32 ref) external restricted {
        RateTerms memory terms = _requirePair(base, quote);
        if (maxAge > terms.maxAge || bandBps > terms.bandBps) revert NotNarrower(maxAge, bandBps);
        if (maxAge == 0 || bandBps == 0) revert InvalidPair(base, quote, terms.feed, maxAge, bandBps);
        (terms.maxAge, terms.bandBps) = (maxAge, bandBps);
        _setTerms(base, quote, terms);
        emit PairNarrowed(base, quote, maxAge, bandBps, msg.sender, ref);
    }

    function closePair(address base, address quote, bytes32 ref) external restricted {
        // What it was is of no interest any more.
        // slither-disable-next-line unused-return
        _requirePair(base, quote);
        --pairsOf[base];
        --pairsOf[quote];
        delete _terms[base][quote];
        delete _terms[quote][base];
        emit PairClosed(base, quote, msg.sender, ref);
    }

    function delistAsset(address asset, bytes32 ref) external restricted {
        if (!isAsset[asset]) revert InvalidAsset(asset);
        delete isAsset[asset];
        emit AssetDelisted(asset, msg.sender, ref);
    }

    function cutAttester(address attester, address token, uint256 cap, bytes32 ref) external restricted {
        uint256 present = _caps[attester][token];
        if (cap >= present) revert InvalidCap(attester, token, cap, present);
        _setCap(attester, token, cap, ref);
    }

    /* INSIDE */

    function _isCurrency(address token) internal view virtual returns (bool);

    function _wasCurrency(address token) internal view virtual returns (bool);

    function _requireCurrency(address token) private view {
        if (!_isCurrency(token)) revert TokenNotRegistered(token);
    }

    function _requirePair(address base, address quote) private view returns (RateTerms memory terms) {
        terms = _terms[base][quote];
        if (terms.feed == address(0) || terms.inverse) revert PairNotOpen(base, quote);
    }

    function _setTerms(address base, address quote, RateTerms memory terms) private {
        _terms[base][quote] = terms;
        _terms[quote][base] = RateTerms({
            feed: terms.feed,
            maxAge: terms.maxAge,
            bandBps: terms.bandBps,
            sellDecimals: terms.buyDecimals,
            buyDecimals: terms.sellDecimals,
            feedDecimals: terms.feedDecimals,
            inverse: true
        });
    }

    function _setCap(address attester, address token, uint256 cap, bytes32 ref) private {
        _caps[attester][token] = cap;
        emit AttesterCapSet(attester, token, cap, msg.sender, ref);
    }
}
