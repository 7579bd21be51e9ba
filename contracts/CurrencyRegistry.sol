// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {IReserveFeed} from "interfaces/IReserveFeed.sol";
import {TradeTerms} from "contracts/TradeTerms.sol";
import {Restricted} from "contracts/Restricted.sol";

/// @title The currencies of a chain
contract CurrencyRegistry is TradeTerms {
    using EnumerableSet for EnumerableSet.AddressSet;
    using EnumerableSet for EnumerableSet.Bytes32Set;

    EnumerableSet.Bytes32Set private _codes;
    mapping(bytes3 code => Currency) private _currencies;
    mapping(address token => bytes3 code) public codeOf;
    mapping(address token => bool) public wasRegistered;
    EnumerableSet.AddressSet private _wallets;
    mapping(address wallet => bytes32 purpose) public purposeOf;

    constructor(address authority_) Restricted(authority_) {}

    /* VIEWS */

    function codes() external view returns (bytes3[] memory list) {
        list = new bytes3[](_codes.length());
        for (uint256 i; i < list.length; ++i) {
            list[i] = bytes3(_codes.at(i));
        }
    }

    function currencyOf(bytes3 code) external view returns (Currency memory currency) {
        currency = _currencies[code];
        if (currency.token == address(0)) revert NotRegistered(code);
    }

    function wallets() external view returns (address[] memory) {
        return _wallets.values();
    }

    /* GOVERNOR */

    function register(bytes3 code, address token, address feed, bytes32 ref) external restricted {
        _requireCode(code, IPeggedToken(token).currency());
        // A feed that names a currency must name this one; a plain AggregatorV3 feed names none.
        try IReserveFeed(feed).currency() returns (string memory currency) {
            _requireCode(code, currency);
        } catch {}
        if (isAsset[token]) revert InvalidAsset(token);
        if (codeOf[token] != 0 || !_codes.add(bytes32(code))) revert AlreadyRegistered(code, token);
        _currencies[code] = Currency(token, feed);
        codeOf[token] = code;
        wasRegistered[token] = true;
        emit CurrencyRegistered(code, token, feed, ref);
    }

    function retire(bytes3 code, bytes32 ref) external restricted {
        if (!_codes.remove(bytes32(code))) revert NotRegistered(code);
        address token = _currencies[code].token;
        if (pairsOf[token] != 0) revert PairsOpen(code, pairsOf[token]);
        delete _currencies[code];
        delete codeOf[token];
        emit CurrencyRetired(code, token, ref);
    }

    function tagWallet(address wallet, bytes32 purpose, bytes32 ref) external restricted {
        if (wallet == address(0) || purpose == bytes32(0)) revert InvalidWallet(wallet, purpose);
        // A second tag replaces the purpose.
        // slither-disable-next-line unused-return
        _wallets.add(wallet);
        purposeOf[wallet] = purpose;
        emit WalletTagged(wallet, purpose, msg.sender, ref);
    }

    function untagWallet(address wallet, bytes32 ref) external restricted {
        if (!_wallets.remove(wallet)) revert InvalidWallet(wallet, bytes32(0));
        delete purposeOf[wallet];
        emit WalletUntagged(wallet, msg.sender, ref);
    }

    /* INSIDE */

    function _isCurrency(address token) internal view override returns (bool) {
        return codeOf[token] != 0;
    }

    function _wasCurrency(address token) internal view override returns (bool) {
        return wasRegistered[token];
    }

    function _requireCode(bytes3 code, string memory currency) private pure {
        if (keccak256(bytes(currency)) != keccak256(abi.encodePacked(code))) revert CodeMismatch(code, currency);
    }
}
