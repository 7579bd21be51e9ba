// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Payment against payment, and delivery against payment, at a signed quote
/// @notice Both legs happen in one transaction or neither does; nothing is ever held. Between currencies the rate must lie
/// within the band of their pair in the CurrencyRegistry; a listed asset is delivered at the price that both parties sign.
/// @dev No owner, no upgrade, no privileged verb. Values are base units of the two tokens; nothing is rounded.
interface IFxSettle {
    /* TYPES */

    /// @notice What a maker offers; signed as EIP-712 `Quote` of this contract.
    /// @param taker Who may take it; zero is anybody.
    /// @param sell What the maker gives.
    /// @param buy What the maker gets.
    /// @param deadline The last second at which it settles; a pause does not extend it, since prices go stale.
    /// @param nonce Any number that the maker has not used; numbers that share all but the last byte cost less.
    struct Quote {
        address maker;
        address taker;
        address sell;
        address buy;
        uint128 sellAmount;
        uint128 buyAmount;
        uint48 deadline;
        uint256 nonce;
    }

    /* EVENTS */

    /// @notice `sellAmount` went from the maker to `to`, `buyAmount` from the taker to the maker.
    /// @param ref The payment's reference: its UETR and the first half of its remittance's hash.
    event Settled(
        bytes32 indexed quote,
        address indexed maker,
        bytes32 indexed ref,
        address taker,
        address to,
        address sell,
        address buy,
        uint256 sellAmount,
        uint256 buyAmount
    );
    /// @notice The maker will not settle the nonces of `mask` in this word of 256.
    event NoncesCancelled(address indexed maker, uint256 indexed word, uint256 mask);
    /// @notice `signer` may now, or may no longer, sign quotes of `maker`.
    event SignerSet(address indexed maker, address indexed signer, bool allowed);

    /* ERRORS */

    /// @notice The quote could be settled until and including `deadline`.
    error QuoteExpired(uint256 deadline);
    /// @notice The maker's nonce was settled or cancelled before.
    error NonceSpent(address maker, uint256 nonce);
    /// @notice The quote is for another taker.
    error WrongTaker(address taker, address wanted);
    /// @notice Neither the maker nor one of its signers signed this quote.
    error InvalidQuoteSignature(address maker);
    /// @notice A quote gives something for something, to somebody else than this contract.
    error InvalidQuote();
    /// @notice The feed's answer is not positive, from the future, or older than `maxAge` seconds.
    error RateStale(address feed, int256 answer, uint256 updatedAt, uint256 maxAge);
    /// @notice The rate lies farther from the feed's `answer` than `bandBps` basis points.
    error RateOutOfBand(int256 answer, uint256 bandBps);
    /// @notice What is paid by authorization must be a currency of the board.
    error NotPegged(address token);
    /// @notice The asset delivered less, or more, than it was asked to.
    error AssetMiscounted(address asset, uint256 delivered, uint256 wanted);
    /// @notice Who takes delivery of an asset may not receive the currency that pays for it; or a taker who may not send what
    /// is sold has it paid to somebody else.
    error BeneficiaryBarred(address to);

    /* VIEWS */

    /// @notice Whether the maker's nonce was settled or cancelled.
    function isSpent(address maker, uint256 nonce) external view returns (bool);
    /// @notice Whether `signer` may sign quotes of `maker` between currencies.
    function isSignerOf(address maker, address signer) external view returns (bool);
    /// @notice What a maker signs (EIP-712).
    function quoteHash(Quote calldata quote) external view returns (bytes32);
    /// @notice The ERC-3009 nonce by which a taker pays for a quote, for one beneficiary and reference only.
    function authorizationNonce(bytes32 quote, address to, bytes32 ref) external pure returns (bytes32);
    /// @notice Why the quote would not settle now for `taker`, zero if it would; never reverts.
    /// @dev Bits: 1 expired, 2 nonce spent, 4 not tradable, 8 feed stale, 16 out of band, 32 signature, 64 other taker,
    /// 128 invalid terms, 256 maker cannot deliver, 512 maker's allowance, 1024 taker cannot pay, 2048 taker's allowance
    /// (`settle` only; an authorization needs none). An allowance also lacks where this contract may not spend at all.
    function check(Quote calldata quote, bytes calldata makerSignature, address taker) external view returns (uint256);

    /* MAKER */

    /// @notice Voids up to 256 nonces: those of `mask` whose other bits are `word`.
    function cancel(uint256 word, uint256 mask) external;
    /// @notice Lets a hot key sign quotes between currencies; what it can do is bounded by the band and the allowance. An asset
    /// has no band, so only the maker itself sells or buys one.
    function setSigner(address signer, bool allowed) external;

    /* TAKER */

    /// @notice Settles; the caller pays by allowance, and `to` gets what the maker sells.
    function settle(Quote calldata quote, bytes calldata makerSignature, address to, bytes32 ref) external;

    /* RELAYER, with the taker's signature */

    /// @notice The same, paid by the taker's ERC-3009 `receiveWithAuthorization` to this contract: value `buyAmount`,
    /// validAfter 0, validBefore deadline + 1, nonce `authorizationNonce`.
    function settleFor(
        Quote calldata quote,
        bytes calldata makerSignature,
        address taker,
        address to,
        bytes32 ref,
        bytes calldata authorization
    ) external;
}
