// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAuditViews} from "interfaces/IAuditViews.sol";
import {ICurrencyRegistry} from "interfaces/ICurrencyRegistry.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";

/// @title What an auditor reads
/// @notice Stores nothing and can do nothing; a call at a block number gives the picture of that block.
contract AuditViews is IAuditViews {
    ICurrencyRegistry public immutable registry;
    address public immutable redemptionDesk;

    constructor(address registry_, address redemptionDesk_) {
        registry = ICurrencyRegistry(registry_);
        redemptionDesk = redemptionDesk_;
    }

    function supplyBreakdown(address token, address[] calldata accounts)
        external
        view
        returns (Breakdown memory parts)
    {
        IPeggedToken pegged = IPeggedToken(token);
        parts.total = pegged.totalSupply();
        parts.inRedemption = pegged.balanceOf(redemptionDesk);
        uint256[] memory restricted = restrictedOf(token, accounts);
        for (uint256 i; i < accounts.length; ++i) {
            if (i != 0 && accounts[i] <= accounts[i - 1]) revert AccountsNotAscending(accounts[i - 1], accounts[i]);
            parts.restricted += restricted[i];
        }
        address[] memory own = registry.wallets();
        for (uint256 i; i < own.length; ++i) {
            if (own[i] == redemptionDesk) continue;
            parts.treasury += pegged.balanceOf(own[i]);
            if (_contains(accounts, own[i])) parts.treasury -= _restricted(pegged, own[i]);
        }
        parts.circulating = parts.total - parts.inRedemption - parts.restricted - parts.treasury;
    }

    function restrictedOf(address token, address[] calldata accounts) public view returns (uint256[] memory found) {
        found = new uint256[](accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            found[i] = _restricted(IPeggedToken(token), accounts[i]);
        }
    }

    /// @dev Nothing of the desk is restricted: it cannot be barred or held, and what it holds is counted as in redemption.
    function _restricted(IPeggedToken token, address account) private view returns (uint256) {
        uint256 balance = token.balanceOf(account);
        if (token.isBlacklisted(account) || token.isFrozen(account)) return balance;
        return Math.min(token.getFrozenTokens(account), balance);
    }

    function _contains(address[] calldata accounts, address account) private pure returns (bool) {
        for (uint256 i; i < accounts.length; ++i) {
            if (accounts[i] == account) return true;
        }
        return false;
    }
}
