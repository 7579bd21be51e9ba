// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AggregatorV3Interface} from "interfaces/AggregatorV3Interface.sol";
import {ICurrencyRegistry} from "interfaces/ICurrencyRegistry.sol";
import {IFxSettle} from "interfaces/IFxSettle.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {RateBand} from "contracts/libraries/RateBand.sol";
import {Signers} from "contracts/libraries/Signers.sol";
import {TermsHash} from "contracts/libraries/TermsHash.sol";

/// @title What a quote is, and whether it would settle
abstract contract FxCheck is IFxSettle, EIP712 {
    bytes32 private constant QUOTE_TYPEHASH = keccak256(
        "Quote(address maker,address taker,address sell,address buy,uint128 sellAmount,uint128 buyAmount,uint48 deadline,uint256 nonce)"
    );
    uint256 private constant EXPIRED = 1;
    uint256 private constant SPENT = 2;
    uint256 private constant NOT_TRADABLE = 4;
    uint256 private constant STALE = 8;
    uint256 private constant OUT_OF_BAND = 16;
    uint256 private constant SIGNATURE = 32;
    uint256 private constant OTHER_TAKER = 64;
    uint256 private constant TERMS = 128;
    /// @dev The taker's are the same, two bits higher.
    uint256 private constant CANNOT_SEND = 256;
    uint256 private constant ALLOWANCE = 512;
    uint256 private constant OF_TAKER = 2;
    /// @dev For one question: what burns it all, or answers at length, is no reason to run out of gas.
    uint256 private constant MOST_GAS = 300_000;
    /// @dev Five words.
    uint256 private constant ROUND = 160;

    ICurrencyRegistry internal immutable REGISTRY;
    mapping(address maker => mapping(uint256 word => uint256 bits)) internal _spent;
    mapping(address maker => mapping(address signer => bool)) public isSignerOf;

    constructor(address registry) EIP712("Pegboard FxSettle", "1") {
        REGISTRY = ICurrencyRegistry(registry);
    }

    /* VIEWS */

    function isSpent(address maker, uint256 nonce) public view returns (bool) {
        return _spent[maker][nonce >> 8] >> (nonce & 255) & 1 != 0;
    }

    function quoteHash(Quote calldata quote) public view returns (bytes32) {
        uint256 terms;
        // Where the struct lies in calldata.
        assembly ("memory-safe") {
            terms := quote
        }
        return _hashTypedDataV4(TermsHash.hashStruct(QUOTE_TYPEHASH, terms, 8));
    }

    function authorizationNonce(bytes32 quote, address to, bytes32 ref) public pure returns (bytes32) {
        return keccak256(abi.encode(quote, to, ref));
    }

    function check(Quote calldata quote, bytes calldata makerSignature, address taker)
        external
        view
        returns (uint256 bits)
    {
        if (block.timestamp > quote.deadline) bits |= EXPIRED;
        if (isSpent(quote.maker, quote.nonce)) bits |= SPENT;
        if (quote.taker != address(0) && quote.taker != taker) bits |= OTHER_TAKER;
        if (quote.sellAmount == 0 || quote.buyAmount == 0) bits |= TERMS;
        bool banded = false;
        try REGISTRY.rateTermsOf(quote.sell, quote.buy) returns (ICurrencyRegistry.RateTerms memory terms) {
            banded = terms.feed != address(0);
            if (banded) bits |= _rateFaults(terms, quote);
            else if (quote.maker == taker) bits |= TERMS;
            bits |= _legFaults(quote.sell, quote.maker, taker, quote.sellAmount);
            bits |= _legFaults(quote.buy, taker, quote.maker, quote.buyAmount) << OF_TAKER;
        } catch {
            // Nothing that is not on the board is asked.
            bits |= NOT_TRADABLE;
        }
        if (!_isSigned(quote.maker, quoteHash(quote), makerSignature, banded)) bits |= SIGNATURE;
    }

    /* INSIDE */

    /// @dev The maker's own key costs least; then a key that it has set, where those count; then its contract's word.
    function _isSigned(address maker, bytes32 hash, bytes calldata signature, bool byHotKey)
        internal
        view
        returns (bool)
    {
        address recovered = Signers.recover(hash, signature);
        if (recovered != address(0)) {
            if (recovered == maker || (byHotKey && isSignerOf[maker][recovered])) return true;
        }
        return Signers.isContractSigned(maker, hash, signature);
    }

    function _isFresh(ICurrencyRegistry.RateTerms memory terms, int256 answer, uint256 updatedAt)
        internal
        view
        returns (bool)
    {
        // Beyond 192 bits it is no price, and could not be multiplied.
        if (answer <= 0 || answer > int256(uint256(type(uint192).max))) return false;
        return updatedAt <= block.timestamp && block.timestamp - updatedAt <= terms.maxAge;
    }

    function _rateFaults(ICurrencyRegistry.RateTerms memory terms, Quote calldata quote)
        private
        view
        returns (uint256)
    {
        (bool answered, bytes memory data) = terms.feed.staticcall{gas: MOST_GAS}(
            abi.encodeCall(AggregatorV3Interface.latestRoundData, ())
        );
        if (!answered || data.length < ROUND) return STALE;
        (uint256 round, uint256 word,, uint256 updatedAt, uint256 answeredIn) =
            abi.decode(data, (uint256, uint256, uint256, uint256, uint256));
        // A settlement would not take them for rounds.
        if (Math.max(round, answeredIn) > type(uint80).max) return STALE;
        if (!_isFresh(terms, int256(word), updatedAt)) return STALE;
        return RateBand.contains(terms, word, quote.sellAmount, quote.buyAmount) ? 0 : OUT_OF_BAND;
    }

    /// @dev Why `from` cannot give `value` of `token`; the bits are the maker's.
    function _legFaults(address token, address from, address to, uint256 value) private view returns (uint256 bits) {
        if (REGISTRY.codeOf(token) != 0) {
            if (!IPeggedToken(token).canTransfer(from, to, value)) bits |= CANNOT_SEND;
            bool spends = IPeggedToken(token).canSend(address(this));
            if (!spends || IPeggedToken(token).allowance(from, address(this)) < value) bits |= ALLOWANCE;
            return bits;
        }
        if (_ask(token, abi.encodeCall(IERC20.balanceOf, (from))) < value) bits |= CANNOT_SEND;
        if (_ask(token, abi.encodeCall(IERC20.allowance, (from, address(this)))) < value) bits |= ALLOWANCE;
    }

    /// @dev The number that an asset answers, or zero: what it does wrong is no reason to revert.
    function _ask(address asset, bytes memory question) private view returns (uint256) {
        (bool answered, bytes memory data) = asset.staticcall{gas: MOST_GAS}(question);
        return answered && data.length >= 32 ? abi.decode(data, (uint256)) : 0;
    }
}
