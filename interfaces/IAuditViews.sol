// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title One picture of a currency, from one block
interface IAuditViews {
    /* TYPES */

    /// @notice The parts are disjoint and add up to the total: all of it is outstanding, and backed.
    /// @param total The token's supply.
    /// @param inRedemption At the redemption desk.
    /// @param restricted Frozen, blacklisted or held, in the accounts that were named.
    /// @param treasury In the issuer's own wallets (`ICurrencyRegistry.wallets`), unless restricted.
    /// @param circulating All the rest.
    struct Breakdown {
        uint256 total;
        uint256 inRedemption;
        uint256 restricted;
        uint256 treasury;
        uint256 circulating;
    }

    /* ERRORS */

    /// @notice Accounts are named in ascending order, so that none counts twice.
    error AccountsNotAscending(address previous, address next);

    /* VIEWS */

    /// @notice What the supply consists of. The token keeps no list of restricted accounts: name them, from its log.
    function supplyBreakdown(address token, address[] calldata accounts) external view returns (Breakdown memory);
    /// @notice How much of the balance of each account is restricted: all when barred, else what is held.
    function restrictedOf(address token, address[] calldata accounts) external view returns (uint256[] memory);
}
