// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Which wallets belong to known customers
/// @notice A wallet is bound by its own signature, may be used after a cooling period, and only while the customer's due
/// diligence is valid. References are random numbers of the issuer's files: never personal data, nor hashes of it.
interface ICustomerRegister {
    /* TYPES */

    /// @notice Where a wallet stands now; only `READY` may be issued to.
    enum Standing {
        UNKNOWN,
        COOLING,
        EXPIRED,
        READY
    }

    /// @param boundAt When the wallet was bound, seconds since the epoch; zero when it is not.
    /// @param payoutAt When its payout account was last set.
    /// @param dueDiligenceUntil The last second at which the customer's due diligence counts.
    /// @param bindings How often the wallet was bound: the nonce of its next proof.
    /// @param customerRef The customer's random reference.
    /// @param payoutRef The random reference of the bank account in the customer's own name; zero when none is set.
    struct Customer {
        uint40 boundAt;
        uint40 payoutAt;
        uint40 dueDiligenceUntil;
        uint32 bindings;
        bytes32 customerRef;
        bytes32 payoutRef;
    }

    /* EVENTS */

    event WalletBound(
        address indexed wallet,
        bytes32 indexed customerRef,
        uint256 dueDiligenceUntil,
        address operator,
        bytes32 indexed ref
    );
    event WalletUnbound(address indexed wallet, address indexed operator, bytes32 indexed ref);
    event DueDiligenceRenewed(address indexed wallet, uint256 until, address indexed operator, bytes32 indexed ref);
    event PayoutSet(address indexed wallet, bytes32 indexed payoutRef, address operator, bytes32 indexed ref);

    /* ERRORS */

    /// @notice The wallet is not bound to a customer.
    error WalletUnknown(address wallet);
    /// @notice The wallet is bound already: unbind it before it is bound anew.
    error WalletAlreadyBound(address wallet);
    /// @notice The wallet was bound too recently: it may be used from `readyAt`.
    error WalletCooling(address wallet, uint256 readyAt);
    /// @notice The customer's due diligence ran out at `until`: renew it first.
    error DueDiligenceExpired(address wallet, uint256 until);
    /// @notice Due diligence must end in the future, and at most three years from now.
    error InvalidDueDiligence(uint256 until);
    /// @notice No payout account is set for the wallet.
    error PayoutUnset(address wallet);
    /// @notice The payout account was changed too recently: it may be used from `readyAt`.
    error PayoutCooling(address wallet, uint256 readyAt);
    /// @notice The proof is not signed by the wallet.
    error ProofInvalid(address wallet);
    /// @notice The proof could be used until and including `deadline`.
    error ProofExpired(uint256 deadline);
    /// @notice A reference is required here and may not be zero.
    error ReferenceRequired();

    /* VIEWS */

    /// @notice Seconds between binding a wallet, or changing its payout account, and its first use.
    function cooling() external view returns (uint256);
    /// @notice What is recorded of a wallet; zeros when nothing is.
    function customerOf(address wallet) external view returns (Customer memory);
    /// @notice Where a wallet stands now.
    function standingOf(address wallet) external view returns (Standing);
    /// @notice Up to `limit` bound wallets from `offset`, in no promised order.
    function wallets(uint256 offset, uint256 limit) external view returns (address[] memory);
    /// @notice The EIP-712 hash that a wallet signs to prove whose it is; bound to this contract and chain, used once.
    function bindingHash(address wallet, bytes32 customerRef, uint256 deadline) external view returns (bytes32);
    /// @notice Reverts with the reason unless the wallet may be issued to now.
    function requireReady(address wallet) external view;
    /// @notice The payout account of a wallet; reverts with the reason unless it may be paid to now.
    function requirePayout(address wallet) external view returns (bytes32 payoutRef);

    /* REGISTRAR */

    /// @notice Binds a wallet to a customer by the wallet's signature (EIP-712, by key or ERC-1271) over `bindingHash`.
    function bind(
        address wallet,
        bytes32 customerRef,
        uint40 dueDiligenceUntil,
        uint256 deadline,
        bytes calldata proof,
        bytes32 ref
    ) external;
    /// @notice Sets until when the customer's due diligence counts, in either direction.
    function renew(address wallet, uint40 dueDiligenceUntil, bytes32 ref) external;
    /// @notice Sets the payout account; it may be used after the cooling period.
    function setPayout(address wallet, bytes32 payoutRef, bytes32 ref) external;
    /// @notice Unbinds a wallet at once, and forgets its payout account.
    function unbind(address wallet, bytes32 ref) external;
}
