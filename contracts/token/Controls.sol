// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC7597, IERC7598, IERC7699} from "interfaces/Standards.sol";
import {Account, BLACKLISTED, FROZEN, REDEMPTION, SUITE, VERIFIED} from "contracts/libraries/AccountWord.sol";
import {ALLOW_LIST, Config, DELEGATE_ALL, PAUSE_TRANSFERS} from "contracts/libraries/ConfigWord.sol";
import {Restricted} from "contracts/Restricted.sol";
import {Governance} from "contracts/token/Governance.sol";

/// @title The issuer's powers and the rarer views, one contract for all currencies of a chain
/// @notice Tokens delegate to it whatever they do not answer in place. It stores nothing of its own, has no fallback and
/// no hot selector, and its verbs refuse a direct call.
contract Controls is Governance {
    string public constant version = "1.0.0";

    constructor(address authority_, address audits) Restricted(authority_) Governance(audits) {}

    /* VIEWS */

    function implementation() external view returns (address) {
        return _implementation();
    }

    function delegateAll() external view returns (bool) {
        return _config.has(DELEGATE_ALL);
    }

    function hotSelectors() external pure returns (bytes4[] memory) {}

    function canTransfer(address from, address to, uint256 value) external view returns (bool) {
        Config config = _config;
        Account sender = _account(from);
        return !config.has(PAUSE_TRANSFERS) && _hasAccount(from) && _maySend(config, sender) && _hasAccount(to)
            && _mayReceive(config, _account(to)) && value <= sender.spendable();
    }

    function isFrozen(address account) external view returns (bool) {
        return _account(account).has(FROZEN);
    }

    function isBlacklisted(address account) external view returns (bool) {
        return _account(account).has(BLACKLISTED);
    }

    function isVerified(address account) external view returns (bool) {
        return _account(account).has(VERIFIED | SUITE);
    }

    function isEnlisted(address account) external view returns (bool) {
        return _account(account).has(SUITE);
    }

    function isRedemptionDesk(address account) external view returns (bool) {
        return _account(account).has(REDEMPTION);
    }

    function getFrozenTokens(address account) external view returns (uint256) {
        return _account(account).held();
    }

    function availableOf(address account) external view returns (uint256) {
        Account word = _account(account);
        return _maySend(_config, word) ? word.spendable() : 0;
    }

    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool) {
        return _authorizations[authorizer][uint256(nonce) >> 8] & (1 << (uint256(nonce) & 255)) != 0;
    }

    function chunkState(address payer, bytes32 batchId, uint8 chunk) external view returns (bool) {
        return _chunks[payer][batchId] & (1 << chunk) != 0;
    }

    function pauses() external view returns (uint8) {
        return _config.pauses();
    }

    function pauseNumber() external view returns (uint32) {
        return _config.pauseNumber();
    }

    function isAllowListOn() external view returns (bool) {
        return _config.has(ALLOW_LIST);
    }

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC20).interfaceId
            || interfaceId == type(IERC20Metadata).interfaceId || interfaceId == type(IERC20Permit).interfaceId
            || interfaceId == type(IERC3009).interfaceId || interfaceId == type(IERC3009Cancel).interfaceId
            || interfaceId == type(IERC5267).interfaceId || interfaceId == type(IERC7597).interfaceId
            || interfaceId == type(IERC7598).interfaceId || interfaceId == type(IERC7699).interfaceId;
    }
}
