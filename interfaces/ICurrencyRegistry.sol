// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title The board: which token stands for which currency on this chain, and on what terms the uses may use it
/// @notice A record for contracts and people; it deploys nothing and holds nothing.
interface ICurrencyRegistry {
    /* TYPES */

    /// @param token The currency's token.
    /// @param feed Its reserve source at the time of registration; the token's own terms decide about minting.
    struct Currency {
        address token;
        address feed;
    }

    /// @notice On what terms one currency may be exchanged for another, as seen by who sells the first for the second.
    /// @param feed Says the price of one unit of the pair's base in its quote (AggregatorV3); zero where there is no pair.
    /// @param maxAge The most seconds that may have passed since the feed's answer.
    /// @param bandBps How far from the feed's price a rate may be, in basis points of it.
    /// @param sellDecimals Of the token that is sold.
    /// @param buyDecimals Of the token that is bought.
    /// @param feedDecimals Of the feed.
    /// @param inverse Whether the pair's quote is what is sold.
    struct RateTerms {
        address feed;
        uint32 maxAge;
        uint16 bandBps;
        uint8 sellDecimals;
        uint8 buyDecimals;
        uint8 feedDecimals;
        bool inverse;
    }

    /* EVENTS */

    event CurrencyRegistered(bytes3 indexed code, address indexed token, address indexed feed, bytes32 ref);
    event CurrencyRetired(bytes3 indexed code, address indexed token, bytes32 ref);

    event WalletTagged(address indexed wallet, bytes32 indexed purpose, address indexed operator, bytes32 ref);
    event WalletUntagged(address indexed wallet, address indexed operator, bytes32 indexed ref);

    event PairOpened(
        address indexed base, address indexed quote, address indexed feed, uint32 maxAge, uint16 bandBps, bytes32 ref
    );
    event PairNarrowed(
        address indexed base, address indexed quote, uint32 maxAge, uint16 bandBps, address operator, bytes32 ref
    );
    event PairClosed(address indexed base, address indexed quote, address indexed operator, bytes32 ref);
    event AssetListed(address indexed asset, address indexed operator, bytes32 indexed ref);
    event AssetDelisted(address indexed asset, address indexed operator, bytes32 indexed ref);
    event AttesterCapSet(
        address indexed attester, address indexed token, uint256 cap, address indexed operator, bytes32 ref
    );

    /* ERRORS */

    /// @notice The contract does not call itself by this code.
    error CodeMismatch(bytes3 code, string currency);
    /// @notice The code or the token is registered already.
    error AlreadyRegistered(bytes3 code, address token);
    /// @notice The code is not registered.
    error NotRegistered(bytes3 code);
    /// @notice A wallet of the issuer is not address zero and has a purpose; this one has none.
    error InvalidWallet(address wallet, bytes32 purpose);
    /// @notice The token is no currency of the board.
    error TokenNotRegistered(address token);
    /// @notice A pair needs two different currencies, a feed of at most 18 decimals, an age, and a band from 1 to 9,999.
    error InvalidPair(address base, address quote, address feed, uint32 maxAge, uint16 bandBps);
    /// @notice There is no such pair; it is named by its base first.
    error PairNotOpen(address base, address quote);
    /// @notice The same or a narrower band and age were asked for, and one of these is wider.
    error NotNarrower(uint32 maxAge, uint16 bandBps);
    /// @notice Neither a pair of currencies nor a listed asset against a currency.
    error NotTradable(address sell, address buy);
    /// @notice The asset is no contract, is or was a currency, is in the list already or not at all; or a listed asset was to be
    /// registered as a currency.
    error InvalidAsset(address asset);
    /// @notice The cap of an attester was to be raised and is not higher, or to be cut and is not lower.
    error InvalidCap(address attester, address token, uint256 cap, uint256 present);
    /// @notice Pairs of the currency are open: close them first.
    error PairsOpen(bytes3 code, uint256 pairs);

    /* VIEWS */

    /// @notice All codes, in no promised order.
    function codes() external view returns (bytes3[] memory);
    /// @notice The currency of a code; reverts when it is not registered.
    function currencyOf(bytes3 code) external view returns (Currency memory);
    /// @notice The code of a token, or zero: what a contract asks before it accepts a token.
    function codeOf(address token) external view returns (bytes3);

    /// @notice The issuer's own operational wallets (treasury, fees, gas ...): what they hold is outstanding, too.
    function wallets() external view returns (address[] memory);
    /// @notice The purpose of an operational wallet in ASCII, padded with zeros, or zero.
    function purposeOf(address wallet) external view returns (bytes32);

    /// @notice Whether the token is, or ever was, a currency of the board.
    function wasRegistered(address token) external view returns (bool);

    /// @notice The terms on which `sell` may be sold for `buy`: of an open pair; or without a feed, where one is a listed
    /// asset, the other a currency, and the price is the parties' own; reverts for anything else.
    function rateTermsOf(address sell, address buy) external view returns (RateTerms memory);
    /// @notice How many pairs have this currency.
    function pairsOf(address token) external view returns (uint256);
    /// @notice Whether the asset, such as a fund share, may be delivered against payment in a currency.
    function isAsset(address asset) external view returns (bool);
    /// @notice The most that documents of this attester in this currency may be worth, unpaid; zero is no attester, or no
    /// currency.
    function attesterCap(address attester, address token) external view returns (uint256);

    /* GOVERNOR */

    /// @notice Registers a currency; the token must carry the code itself, and so must a feed that carries one.
    function register(bytes3 code, address token, address feed, bytes32 ref) external;
    /// @notice Takes a currency off the board; the token itself goes on.
    function retire(bytes3 code, bytes32 ref) external;
    /// @notice Records an operational wallet of the issuer.
    function tagWallet(address wallet, bytes32 purpose, bytes32 ref) external;
    /// @notice Takes the record off.
    function untagWallet(address wallet, bytes32 ref) external;
    /// @notice Opens a pair, or puts other terms in the place of its own; both directions may trade.
    function openPair(address base, address quote, address feed, uint32 maxAge, uint16 bandBps, bytes32 ref) external;
    /// @notice Lets an asset be delivered against payment.
    function listAsset(address asset, bytes32 ref) external;
    /// @notice Lets an attester vouch for more, or for the first time.
    function raiseAttester(address attester, address token, uint256 cap, bytes32 ref) external;

    /* PAUSER */

    /// @notice Takes a narrower band, a lower age, or both.
    function narrowPair(address base, address quote, uint32 maxAge, uint16 bandBps, bytes32 ref) external;
    /// @notice Stops all exchange of the pair.
    function closePair(address base, address quote, bytes32 ref) external;
    /// @notice Stops all delivery of the asset.
    function delistAsset(address asset, bytes32 ref) external;
    /// @notice Lets an attester vouch for less, or with zero for nothing; what it vouched for stays payable.
    function cutAttester(address attester, address token, uint256 cap, bytes32 ref) external;
}
