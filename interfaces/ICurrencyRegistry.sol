// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title The board: which token stands for which currency on this chain
/// @notice A record for contracts and people; it deploys nothing and holds nothing.
interface ICurrencyRegistry {
    /* TYPES */

    /// @param token The currency's token.
    /// @param feed Its reserve source at the time of registration; the token's own terms decide about minting.
    struct Currency {
        address token;
        address feed;
    }

    /* EVENTS */

    event CurrencyRegistered(bytes3 indexed code, address indexed token, address indexed feed, bytes32 ref);
    event CurrencyRetired(bytes3 indexed code, address indexed token, bytes32 ref);

    event WalletTagged(address indexed wallet, bytes32 indexed purpose, address indexed operator, bytes32 ref);
    event WalletUntagged(address indexed wallet, address indexed operator, bytes32 indexed ref);

    /* ERRORS */

    /// @notice The contract does not call itself by this code.
    error CodeMismatch(bytes3 code, string currency);
    /// @notice The code or the token is registered already.
    error AlreadyRegistered(bytes3 code, address token);
    /// @notice The code is not registered.
    error NotRegistered(bytes3 code);
    /// @notice A wallet of the issuer is not address zero and has a purpose; this one has none.
    error InvalidWallet(address wallet, bytes32 purpose);

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

    /* GOVERNOR */

    /// @notice Registers a currency; the token must carry the code itself, and so must a feed that carries one.
    function register(bytes3 code, address token, address feed, bytes32 ref) external;
    /// @notice Takes a currency off the board; the token itself goes on.
    function retire(bytes3 code, bytes32 ref) external;
    /// @notice Records an operational wallet of the issuer.
    function tagWallet(address wallet, bytes32 purpose, bytes32 ref) external;
    /// @notice Takes the record off.
    function untagWallet(address wallet, bytes32 ref) external;
}
