// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title A fiat-pegged token, as an integrator sees it
/// @notice The whole ABI that holders, merchants, wallets and other contracts need; this file imports nothing.
/// @dev Values are base units: one currency unit is 10 ** `decimals()`. No movement takes a fee and nothing is rounded.
/// Powers of the issuer are in `IControls`. The two together are everything that a token's address answers.
interface IPeggedToken {
    /* TYPES */

    /// @notice One row of a batch: `value` base units to `to`.
    struct Payment {
        address to;
        uint96 value;
    }

    /* EVENTS */

    /// @notice `value` moved; a mint comes from address zero, a burn or destruction goes to it (ERC-20).
    event Transfer(address indexed from, address indexed to, uint256 value);
    /// @notice `spender` may now move `value` of `owner`'s tokens (ERC-20).
    event Approval(address indexed owner, address indexed spender, uint256 value);
    /// @notice The reference of the Transfer in the very next log (ERC-7699).
    event TransferReference(bytes32 indexed loggedReference);
    /// @notice A signed transfer was executed (ERC-3009).
    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    /// @notice A signed transfer was cancelled before its use (ERC-3009).
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);
    /// @notice A batch row was left out, since its payee may not receive.
    event Skipped(bytes32 indexed batchId, bytes32 indexed ref, address to, uint256 value);
    /// @notice A batch chunk was executed; `paid + skipped` is the sum of its `rows`.
    event Batch(
        address indexed payer, bytes32 indexed batchId, uint8 chunk, uint256 paid, uint256 skipped, uint256 rows
    );
    /// @notice The name or version in `eip712Domain()` changed (ERC-5267); never emitted here, they are constants.
    event EIP712DomainChanged();

    /* ERRORS */

    /// @notice More than the balance was asked for (ERC-6093).
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    /// @notice The balance would do, but `account` has a hold on it: only `unfrozen` is spendable (ERC-7943).
    error ERC7943InsufficientUnfrozenBalance(address account, uint256 amount, uint256 unfrozen);
    /// @notice Address zero and the token itself cannot hold tokens, and a redemption desk takes surrendered ones only
    /// (ERC-6093).
    error ERC20InvalidReceiver(address receiver);
    /// @notice Nothing moves out of address zero (ERC-6093).
    error ERC20InvalidSender(address sender);
    /// @notice Address zero cannot be approved (ERC-6093).
    error ERC20InvalidSpender(address spender);
    /// @notice The spender's allowance is too small (ERC-6093).
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    /// @notice A blacklisted account may neither send, receive, spend nor authorize.
    error BlacklistedAccount(address account);
    /// @notice A frozen account may receive, but not send, spend or sign transfers.
    error FrozenAccount(address account);
    /// @notice The token is in allow-list mode and this account is not verified.
    error UnverifiedAccount(address account);
    /// @notice This verb is paused; `pauses` are the bits in force (1 transfers, 2 signatures, 4 mint, 8 redeem).
    error Paused(uint8 pauses);
    /// @notice The signature is not `signer`'s over this message: neither by ECDSA nor by ERC-1271.
    error InvalidSignature(address signer);
    /// @notice The signed message could be used until and including `deadline`, in seconds since the epoch.
    error SignatureExpired(uint256 deadline);
    /// @notice The authorization is valid only after `validAfter` (exclusive, ERC-3009).
    error AuthorizationNotYetValid(uint256 validAfter);
    /// @notice The authorization was valid only before `validBefore` (exclusive, ERC-3009).
    error AuthorizationExpired(uint256 validBefore);
    /// @notice This authorization was used or cancelled before.
    error AuthorizationSpent(address authorizer, bytes32 nonce);
    /// @notice Only the payee may submit `receiveWithAuthorization`.
    error CallerNotPayee(address caller, address payee);
    /// @notice The 24-bit permit nonce is used up; approve directly.
    error NonceExhausted(address owner);
    /// @notice This payer has already executed this chunk of this batch.
    error ChunkExecuted(address payer, bytes32 batchId, uint8 chunk);
    /// @notice The rows add up to `sum`, not to the stated `total`.
    error BatchTotalMismatch(uint256 sum, uint256 total);
    /// @notice A batch needs rows, and as many references as rows when it has references.
    error BatchLengthMismatch(uint256 rows, uint256 refs);

    /* VIEWS */

    /// @notice The token's name, at most 31 bytes; also the name of its EIP-712 domain.
    function name() external view returns (string memory);
    /// @notice The ticker, at most 31 bytes.
    function symbol() external view returns (string memory);
    /// @notice Decimal places of one currency unit, 2 to 18.
    function decimals() external view returns (uint8);
    /// @notice The pegged currency's ISO 4217 code (or market code, such as CNH).
    function currency() external view returns (string memory);
    /// @notice All tokens in existence, at most 2^112 - 1; frozen, held and blacklisted ones count.
    function totalSupply() external view returns (uint256);
    /// @notice The tokens of `account`, whether it can spend them or not.
    function balanceOf(address account) external view returns (uint256);
    /// @notice What `spender` may still move for `owner`; 2^256 - 1 never decreases.
    function allowance(address owner, address spender) external view returns (uint256);
    /// @notice The nonce of `owner`'s next permit, 0 to 2^24 - 1 (ERC-2612).
    function nonces(address owner) external view returns (uint256);
    /// @notice The EIP-712 domain separator on the live chain id (ERC-2612).
    function DOMAIN_SEPARATOR() external view returns (bytes32);
    /// @notice The fields of the EIP-712 domain (ERC-5267).
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );
    /// @notice Whether `account` may send: not blacklisted, not frozen, verified in allow-list mode (ERC-7943).
    /// @dev About the account alone; the pause and the amount are not considered.
    function canSend(address account) external view returns (bool);
    /// @notice Whether `account` may receive: not blacklisted, verified in allow-list mode, no redemption desk (ERC-7943).
    function canReceive(address account) external view returns (bool);
    /// @notice Whether a transfer of `value` would succeed now, pauses, holds and identities considered (ERC-7943).
    function canTransfer(address from, address to, uint256 value) external view returns (bool);
    /// @notice Whether `account` may receive but not send.
    function isFrozen(address account) external view returns (bool);
    /// @notice Whether `account` may neither send, receive, spend nor authorize.
    function isBlacklisted(address account) external view returns (bool);
    /// @notice Whether `account`'s identity is known; contracts of the suite count as verified.
    function isVerified(address account) external view returns (bool);
    /// @notice Whether `account` is a contract of the suite, which holds other people's tokens and cannot be barred.
    function isEnlisted(address account) external view returns (bool);
    /// @notice Whether `account` takes redemptions: tokens reach it by `surrender` only.
    function isRedemptionDesk(address account) external view returns (bool);
    /// @notice The amount of `account` under partial freeze; may exceed its balance (ERC-7943).
    function getFrozenTokens(address account) external view returns (uint256);
    /// @notice What `account` could send now if nothing is paused: max(balance - held, 0), and 0 while it may not send.
    function availableOf(address account) external view returns (uint256);
    /// @notice Whether the authorization's nonce was used or cancelled (ERC-3009).
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool);
    /// @notice Whether `payer` has executed this chunk of this batch.
    function chunkState(address payer, bytes32 batchId, uint8 chunk) external view returns (bool);
    /// @notice The pause bits in force: 1 transfers, 2 signatures, 4 mint, 8 redeem.
    function pauses() external view returns (uint8);
    /// @notice Seconds for which transfers have been paused since deployment, the running pause included.
    /// @dev Never decreases, and is constant while transfers are open; contracts extend private deadlines by it.
    function pausedSeconds() external view returns (uint40);
    /// @notice Whether only verified accounts may send, receive and spend.
    function isAllowListOn() external view returns (bool);
    /// @notice Whether the token implements the interface (ERC-165).
    function supportsInterface(bytes4 interfaceId) external view returns (bool);

    /* HOLDER */

    /// @notice Sends `value` to `to` (ERC-20).
    function transfer(address to, uint256 value) external returns (bool);
    /// @notice Sends `value` to `to` with a reference: logged are its first 32 bytes, zero-padded, when at most 32 long,
    /// else its keccak256; an empty one logs nothing (ERC-7699).
    function transfer(address to, uint256 value, bytes calldata ref) external returns (bool);
    /// @notice Lets `spender` move up to `value` of the caller's tokens (ERC-20).
    function approve(address spender, uint256 value) external returns (bool);
    /// @notice Hands `value` to a redemption desk, to be paid out at par; works while transfers are paused and for the
    /// unverified, too. `ref` is the holder's own reference, never personal data.
    /// @return id The request's number at the desk.
    function surrender(address desk, uint256 value, bytes32 ref) external returns (uint256 id);
    /// @notice Pays all rows, or none; rows whose payee may not receive are skipped and reported. Address zero and the
    /// token itself are no payees: they revert the batch.
    /// @param batchId Identifies the batch; the hash of the canonical payment file, so that a file is paid once.
    /// @param chunk Each (payer, batchId, chunk) executes once, ever; up to 256 chunks a batch.
    /// @param total The sum of all rows, skipped ones included; must be spendable up front.
    function pay(bytes32 batchId, uint8 chunk, Payment[] calldata rows, uint256 total)
        external
        returns (uint256 paid, uint256 skipped);
    /// @notice The same with one reference a row, logged immediately before the row's Transfer.
    function pay(bytes32 batchId, uint8 chunk, Payment[] calldata rows, bytes32[] calldata refs, uint256 total)
        external
        returns (uint256 paid, uint256 skipped);

    /* SPENDER */

    /// @notice Moves `value` from `from` to `to` within the caller's allowance (ERC-20).
    function transferFrom(address from, address to, uint256 value) external returns (bool);
    /// @notice The same with a reference (ERC-7699).
    function transferFrom(address from, address to, uint256 value, bytes calldata ref) external returns (bool);

    /* RELAYER, with the holder's signature */

    /// @notice Sets an allowance by the owner's signature, until and including `deadline` (ERC-2612).
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external;
    /// @notice The same with a signature in bytes, of an account or of a contract wallet (ERC-7597).
    function permit(address owner, address spender, uint256 value, uint256 deadline, bytes calldata signature) external;
    /// @notice Executes a signed transfer, strictly after `validAfter` and before `validBefore` (ERC-3009).
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;
    /// @notice The same with a signature in bytes, of an account or of a contract wallet (ERC-7598).
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
    /// @notice Executes a signed transfer that only its payee may submit (ERC-3009).
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;
    /// @notice The same with a signature in bytes (ERC-7598).
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
    /// @notice Voids an unused authorization; works while paused and whatever the state of the account (ERC-3009).
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;
    /// @notice The same with a signature in bytes.
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external;
}
