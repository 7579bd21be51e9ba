// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title The issuer's powers over a pegged token
/// @notice Called at the token's address, which delegates to `Controls`; sections name the caller, so this file is the
/// table of powers. Who holds each role, and with which delay, is declared in `roles.toml` and kept by the Authority.
/// @dev Every verb but `upgrade`, which cites an audit, takes a reference (ticket, case or bank reference; never personal data) that its event carries.
/// A list is applied whole or not at all; an account that is already in the asked state is passed over without event.
interface IControls {
    /* TYPES */

    /// @notice The declared source of reserves.
    /// @param source An AggregatorV3 feed of the reserves; zero means no minting.
    /// @param maxAge Seconds after which an answer is stale (inclusive: an answer of exactly this age is fresh); zero
    /// means no minting.
    /// @param bufferBps Over-collateralisation in basis points: usable = reserves * 10000 / (10000 + bufferBps).
    /// @param singleChain Declares that no other chain issues this currency; else the source must answer `elsewhere()`.
    struct ReserveConfig {
        address source;
        uint32 maxAge;
        uint16 bufferBps;
        bool singleChain;
    }

    /* EVENTS */

    /// @notice The Transfer in the log before is a mint by `minter`.
    event Minted(address indexed minter, bytes32 indexed ref);
    /// @notice The Transfer in the log before is a burn of the burner's own tokens.
    event Burned(bytes32 indexed ref);
    event Blacklisted(address indexed account, address indexed operator, bytes32 indexed ref);
    event Unblacklisted(address indexed account, address indexed operator, bytes32 indexed ref);
    event AccountFrozen(address indexed account, address indexed operator, bytes32 indexed ref);
    event AccountUnfrozen(address indexed account, address indexed operator, bytes32 indexed ref);
    event Verified(address indexed account, address indexed operator, bytes32 indexed ref);
    event Unverified(address indexed account, address indexed operator, bytes32 indexed ref);
    event Enlisted(address indexed account, address indexed operator, bytes32 indexed ref);
    event Delisted(address indexed account, address indexed operator, bytes32 indexed ref);
    event DeskAppointed(address indexed desk, address indexed operator, bytes32 indexed ref);
    event Held(address indexed account, uint256 value, address indexed operator, bytes32 indexed ref);
    event Released(address indexed account, uint256 value, address indexed operator, bytes32 indexed ref);
    /// @notice The amount of `account` under hold is now `amount` (ERC-7943).
    event Frozen(address indexed account, uint256 amount);
    /// @notice Tokens were taken by a lawful order (ERC-7943); `to` is zero when they were destroyed.
    event ForcedTransfer(address indexed from, address indexed to, uint256 amount);
    event Seized(address indexed from, address indexed to, uint256 value, address operator, bytes32 indexed caseRef);
    event Destroyed(address indexed from, uint256 value, address indexed operator, bytes32 indexed caseRef);
    event PauseSet(uint8 pauses, address indexed operator, bytes32 indexed ref);
    event PauseLifted(uint8 pauses, address indexed operator, bytes32 indexed ref);
    event AllowListModeEntered(address indexed operator, bytes32 indexed ref);
    event AllowListModeLeft(address indexed operator, bytes32 indexed ref);
    event ReserveConfigSet(
        address indexed source, uint32 maxAge, uint16 bufferBps, bool singleChain, address operator, bytes32 indexed ref
    );
    event MintLimitSet(uint256 capacity, uint256 window, address indexed operator, bytes32 indexed ref);
    event Rescued(address indexed token, address indexed to, uint256 value, address operator, bytes32 indexed ref);
    /// @notice The token's implementation changed (ERC-1967).
    event Upgraded(address indexed implementation);
    event UpgradeApproved(bytes32 indexed codeHash, bytes32 indexed auditHash, bool delegateAll, address operator);

    /* ERRORS */

    /// @notice A reference is required here and may not be zero.
    error ReferenceRequired();
    /// @notice Address zero and the token itself have no account.
    error InvalidAccount(address account);
    /// @notice A contract of the suite holds other people's tokens: it cannot be frozen, blacklisted, held or seized.
    error SuiteAccount(address account);
    /// @notice An account that is frozen, blacklisted or under a hold cannot become a contract of the suite.
    error BarredAccount(address account);
    /// @notice A mint of zero would pass even without headroom.
    error NothingToMint();
    /// @notice The redemption of nothing needs no payment.
    error NothingToSurrender();
    /// @notice A redemption desk that still owes tokens back stays one.
    error DeskNotEmpty(address desk, uint256 balance);
    /// @notice This account is not appointed to take redemptions of the token.
    error NotRedemptionDesk(address account);
    /// @notice Minting is off: no reserve source, or no maximum age, is set.
    error ReserveUnset();
    /// @notice The reserve source could not be read; `reason` is what it reverted with.
    error ReserveUnavailable(address source, bytes reason);
    /// @notice The source answered reserves that are not positive.
    error ReserveNotPositive(int256 answer);
    /// @notice The source's answer is from the future, or has no time.
    error ReserveTimeInvalid(uint256 updatedAt);
    /// @notice The source's answer is older than allowed.
    error ReserveStale(uint256 updatedAt, uint256 maxAge);
    /// @notice Minting `value` would exceed the usable reserves; `headroom` is what they still allow.
    error ReserveExceeded(uint256 value, uint256 headroom);
    /// @notice Minting `value` would exceed the refilling limit; `available` is what it allows now.
    error MintLimitExceeded(uint256 value, uint256 available);
    /// @notice The supply cannot exceed 2^112 - 1 base units.
    error SupplyCapExceeded(uint256 supply, uint256 value);
    /// @notice A refilling limit needs a window above zero.
    error InvalidWindow();
    /// @notice `lowerMintLimit` raises nothing: here the capacity or the refill per second would rise.
    error LimitNotLowered(uint256 capacity, uint256 window);
    /// @notice Nothing but the four pause bits can be paused or resumed, and at least one must be named.
    error InvalidPauses(uint8 pauses);
    /// @notice There was another pause after the one to be lifted: schedule the resumption anew.
    error PausedAgain(uint32 pauseNumber, uint32 actual);
    /// @notice The source names another currency than the token.
    error ReserveCurrencyMismatch(address source, string currency);
    /// @notice An answer of that age says nothing: at most 31 days.
    error ReserveAgeTooLong(uint256 maxAge);
    /// @notice The held amount of an account cannot exceed 2^112 - 1 base units.
    error HoldTooLarge(address account, uint256 value, uint256 held);
    /// @notice Only the balance of a barred account, or up to the held amount, is in reach of an order.
    error OutOfReach(address account, uint256 value, uint256 reach);
    /// @notice More was to be released than is held.
    error NotHeld(address account, uint256 value, uint256 held);
    /// @notice The token's own units cannot be rescued, since it cannot hold any.
    error InvalidRescue(address token);
    /// @notice There is no code at the new implementation.
    error NoCode(address implementation);
    /// @notice The new implementation's code is not the approved one.
    error CodeHashMismatch(bytes32 actual, bytes32 approved);
    /// @notice This audit was not registered for this code.
    error AuditNotRegistered(bytes32 auditHash, bytes32 codeHash);
    /// @notice The new implementation would answer every selector, but does not answer this one.
    error HotSelectorMissing(bytes4 selector);

    /* VIEWS */

    /// @notice The release of the implementation, as a semantic version.
    function version() external view returns (string memory);
    /// @notice The code that answers what the token does not answer in place (ERC-1967).
    function implementation() external view returns (address);
    /// @notice Whether every call goes to the implementation.
    function delegateAll() external view returns (bool);
    /// @notice Every selector of the token's hot path that this implementation can take over.
    function hotSelectors() external pure returns (bytes4[] memory);
    /// @notice How often `pause` was called, modulo 2^32: what `resume` must name.
    function pauseNumber() external view returns (uint32);
    /// @notice The declared source of reserves.
    function reserveConfig() external view returns (ReserveConfig memory);
    /// @notice What the reserves would still allow to mint now, rounded down; reverts with the reason for which a mint
    /// would be refused whatever its size.
    function reserveHeadroom() external view returns (uint256);
    /// @notice The refilling mint limit: `capacity` refills over `window` seconds, `available` is left now.
    function mintRateLimit() external view returns (uint256 capacity, uint256 window, uint256 available);

    /* MINTER */

    /// @notice Creates `value` at `to`, against fresh reserves and within the mint limit. `ref`: the bank reference.
    function mint(address to, uint256 value, bytes32 ref) external;

    /* BURNER */

    /// @notice Destroys `value` of the caller's own tokens. `ref`: the redemption's reference.
    function burn(uint256 value, bytes32 ref) external;

    /* REDEMPTION DESK */

    /// @notice Gives `value` of the caller's escrow to `to`, who must not be blacklisted; whatever is paused and unverified
    /// `to` included, since a holder gets back only what was its own.
    function restore(address to, uint256 value) external;
    /// @notice Destroys, whatever is paused, `value` of the caller's escrow, for which `holder`, who must be free to send, was paid; the desk's
    /// own event has the reference.
    function burnEscrow(address holder, uint256 value) external;

    /* BLACKLISTER */

    /// @notice Bars accounts from sending, receiving, spending and authorizing, at once.
    function blacklist(address[] calldata accounts, bytes32 ref) external;

    /* FREEZER */

    /// @notice Bars accounts from sending, spending and signed transfers, at once; they may still receive.
    function freeze(address[] calldata accounts, bytes32 ref) external;
    /// @notice Adds `value` to the held amount of `account`; the rest stays spendable.
    function hold(address account, uint256 value, bytes32 ref) external;

    /* RELEASER */

    /// @notice Lifts a blacklisting.
    function unblacklist(address[] calldata accounts, bytes32 ref) external;
    /// @notice Lifts a freeze.
    function unfreeze(address[] calldata accounts, bytes32 ref) external;
    /// @notice Takes `value` off the held amount of `account`.
    function release(address account, uint256 value, bytes32 ref) external;

    /* SEIZER */

    /// @notice Moves tokens of a barred account, or held ones, to `to`; also while paused. Held ones are consumed first.
    function seize(address from, address to, uint256 value, bytes32 caseRef) external;
    /// @notice Destroys tokens of a barred account, or held ones; also while paused. Held ones are consumed first.
    function destroy(address from, uint256 value, bytes32 caseRef) external;

    /* VERIFIER */

    /// @notice Marks identities as known.
    function verify(address[] calldata accounts, bytes32 ref) external;
    /// @notice Marks identities as not known.
    function unverify(address[] calldata accounts, bytes32 ref) external;

    /* PAUSER */

    /// @notice Stops verbs at once: 1 transfers, 2 signatures, 4 mint, 8 redeem, or a sum. 8 needs a consent reference.
    function pause(uint8 bits, bytes32 ref) external;
    /// @notice From now only verified accounts may send, receive and spend.
    function enterAllowListMode(bytes32 ref) external;
    /// @notice Cuts the mint limit at once: neither capacity nor refill per second may rise.
    function lowerMintLimit(uint208 capacity, uint48 window, bytes32 ref) external;

    /* RESUMER */

    /// @notice Opens verbs again. `pauseNumber` names the last pause, so that a resumption is scheduled after it.
    function resume(uint8 bits, bytes32 ref, uint32 pauseNumber) external;

    /* GOVERNOR */

    /// @notice Everybody who is not barred may send, receive and spend again.
    function leaveAllowListMode(bytes32 ref) external;
    /// @notice Replaces the declared source of reserves; one that names a currency must name the token's.
    function setReserveConfig(ReserveConfig calldata terms, bytes32 ref) external;
    /// @notice Sets the mint limit in either direction: `capacity` refills over `window` seconds. What is used stays used.
    function raiseMintLimit(uint208 capacity, uint48 window, bytes32 ref) external;
    /// @notice Marks contracts of the suite, which hold other people's tokens.
    function enlist(address[] calldata accounts, bytes32 ref) external;
    /// @notice Takes the mark off, and an appointment with it.
    function delist(address[] calldata accounts, bytes32 ref) external;
    /// @notice Lets a contract of the suite take redemptions; tokens then reach it by `surrender` only.
    function appointDesk(address desk, bytes32 ref) external;
    /// @notice Sends foreign tokens that were sent to the token's address by mistake.
    function rescueERC20(address token, address to, uint256 value, bytes32 ref) external;

    /* UPGRADER */

    /// @notice Replaces the implementation by audited code with exactly this hash. With `delegateAll` it answers
    /// everything, which its `hotSelectors()` must cover.
    function upgrade(address newImplementation, bytes32 codeHash, bytes32 auditHash, bool delegateAll) external;
}
