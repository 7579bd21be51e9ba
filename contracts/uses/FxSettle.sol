// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {AggregatorV3Interface} from "interfaces/AggregatorV3Interface.sol";
import {ICurrencyRegistry} from "interfaces/ICurrencyRegistry.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {RateBand} from "contracts/libraries/RateBand.sol";
import {FxCheck} from "contracts/uses/FxCheck.sol";

/// @title Payment against payment, and delivery against payment
contract FxSettle is FxCheck, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    constructor(address registry) FxCheck(registry) {}

    /* MAKER */

    function cancel(uint256 word, uint256 mask) external {
        _spent[msg.sender][word] |= mask;
        emit NoncesCancelled(msg.sender, word, mask);
    }

    function setSigner(address signer, bool allowed) external {
        isSignerOf[msg.sender][signer] = allowed;
        emit SignerSet(msg.sender, signer, allowed);
    }

    /* TAKER */

    function settle(Quote calldata quote, bytes calldata makerSignature, address to, bytes32 ref)
        external
        nonReentrant
    {
        (bytes32 hash, bool delivery) = _use(quote, makerSignature, msg.sender, to);
        _announce(hash, quote, msg.sender, to, ref);
        _move(quote.buy, msg.sender, quote.maker, quote.buyAmount, delivery);
        _move(quote.sell, quote.maker, to, quote.sellAmount, delivery);
    }

    /* RELAYER */

    function settleFor(
        Quote calldata quote,
        bytes calldata makerSignature,
        address taker,
        address to,
        bytes32 ref,
        bytes calldata authorization
    ) external nonReentrant {
        (bytes32 hash, bool delivery) = _use(quote, makerSignature, taker, to);
        if (delivery && REGISTRY.codeOf(quote.buy) == 0) revert NotPegged(quote.buy);
        _announce(hash, quote, taker, to, ref);
        IPeggedToken payment = IPeggedToken(quote.buy);
        payment.receiveWithAuthorization(
            taker,
            address(this),
            quote.buyAmount,
            0,
            uint256(quote.deadline) + 1,
            authorizationNonce(hash, to, ref),
            authorization
        );
        // It reverts or answers true; and what came in one line above goes out here.
        // slither-disable-next-line unchecked-transfer
        payment.transfer(quote.maker, quote.buyAmount);
        _move(quote.sell, quote.maker, to, quote.sellAmount, delivery);
    }

    /* INSIDE */

    /// @dev Checks everything but the movements themselves, and spends the nonce.
    function _use(Quote calldata quote, bytes calldata signature, address taker, address to)
        private
        returns (bytes32 hash, bool delivery)
    {
        if (block.timestamp > quote.deadline) revert QuoteExpired(quote.deadline);
        if (quote.taker != address(0) && quote.taker != taker) revert WrongTaker(taker, quote.taker);
        if (quote.sellAmount == 0 || quote.buyAmount == 0 || to == address(this)) revert InvalidQuote();
        ICurrencyRegistry.RateTerms memory terms = REGISTRY.rateTermsOf(quote.sell, quote.buy);
        delivery = terms.feed == address(0);
        if (!delivery) _requireRate(terms, quote);
        hash = quoteHash(quote);
        // A hot key is bounded by the band, so it signs nothing where there is none.
        if (!_isSigned(quote.maker, hash, signature, !delivery)) revert InvalidQuoteSignature(quote.maker);
        uint256 bit = 1 << (quote.nonce & 255);
        uint256 bits = _spent[quote.maker][quote.nonce >> 8];
        if (bits & bit != 0) revert NonceSpent(quote.maker, quote.nonce);
        _spent[quote.maker][quote.nonce >> 8] = bits | bit;
        _requireBeneficiaries(quote, taker, to, delivery);
    }

    function _requireRate(ICurrencyRegistry.RateTerms memory terms, Quote calldata quote) private view {
        // Only the answer and its time are used.
        // slither-disable-next-line unused-return
        (, int256 answer,, uint256 updatedAt,) = AggregatorV3Interface(terms.feed).latestRoundData();
        if (!_isFresh(terms, answer, updatedAt)) revert RateStale(terms.feed, answer, updatedAt, terms.maxAge);
        // A fresh answer is positive.
        if (!RateBand.contains(terms, uint256(answer), quote.sellAmount, quote.buyAmount)) {
            revert RateOutOfBand(answer, terms.bandBps);
        }
    }

    /// @dev A currency looks at who gets it, and not at who has it paid; and an asset does not know who is barred.
    function _requireBeneficiaries(Quote calldata quote, address taker, address to, bool delivery) private view {
        bool assetSold = delivery && REGISTRY.codeOf(quote.sell) == 0;
        if (delivery && !IPeggedToken(assetSold ? quote.buy : quote.sell).canReceive(to)) revert BeneficiaryBarred(to);
        if (!assetSold && to != taker && !IPeggedToken(quote.sell).canSend(taker)) revert BeneficiaryBarred(taker);
    }

    function _announce(bytes32 hash, Quote calldata quote, address taker, address to, bytes32 ref) private {
        emit Settled(hash, quote.maker, ref, taker, to, quote.sell, quote.buy, quote.sellAmount, quote.buyAmount);
    }

    /// @dev A currency moves exactly, or reverts; of an asset that is looked at.
    function _move(address token, address from, address to, uint256 value, bool delivery) private {
        if (!delivery || REGISTRY.codeOf(token) != 0) {
            // The sender is the taker who called, or the maker who signed; it reverts or answers true.
            // slither-disable-next-line unchecked-transfer,arbitrary-send-erc20
            IPeggedToken(token).transferFrom(from, to, value);
            return;
        }
        uint256 before = IERC20(token).balanceOf(to);
        // The sender is the taker who called, or the maker who signed.
        // slither-disable-next-line arbitrary-send-erc20
        IERC20(token).safeTransferFrom(from, to, value);
        uint256 delivered = IERC20(token).balanceOf(to) - before;
        if (delivered != value) revert AssetMiscounted(token, delivered, value);
    }
}
