// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ShortString, ShortStrings} from "@openzeppelin/contracts/utils/ShortStrings.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IControls} from "interfaces/IControls.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {Account} from "contracts/libraries/AccountWord.sol";
import {Config, PAUSE_TRANSFERS} from "contracts/libraries/ConfigWord.sol";
import {Batches} from "contracts/token/Batches.sol";

// `_open` may end the call with the implementation's answer, which is what `delegateAll` is for.
// slither-disable-start incorrect-return

/// @title The token of one currency
/// @notice Answers the hot path of `IPeggedToken` in place and sends every other selector to its implementation
/// (`Controls`) by delegatecall. It has no initializer and is not upgradeable itself: what it is called and how it counts
/// are constants, so the same arguments give the same address on every chain.
/// @dev Not payable anywhere. With `delegateAll` the implementation answers the hot path, views included.
contract PeggedToken is Batches {
    ShortString private immutable SYMBOL;
    ShortString private immutable CURRENCY;
    uint8 private immutable DECIMALS;

    /// @notice A name or ticker is empty, or a ticker longer than 31 bytes. A longer name is OpenZeppelin's `StringTooLong`.
    error InvalidName(string name);
    /// @notice Decimals are outside 2 to 18.
    error InvalidDecimals(uint8 decimals);
    /// @notice A currency code is three capital letters.
    error InvalidCurrency(string currency);

    constructor(
        string memory name_,
        string memory symbol_,
        uint8 decimals_,
        string memory currency_,
        address implementation_
    ) EIP712(name_, "1") {
        if (bytes(name_).length == 0) revert InvalidName(name_);
        if (bytes(symbol_).length == 0 || bytes(symbol_).length > 31) revert InvalidName(symbol_);
        if (decimals_ < 2 || decimals_ > 18) revert InvalidDecimals(decimals_);
        if (bytes(currency_).length != 3) revert InvalidCurrency(currency_);
        for (uint256 i; i < 3; ++i) {
            if (bytes(currency_)[i] < "A" || bytes(currency_)[i] > "Z") revert InvalidCurrency(currency_);
        }
        if (implementation_.code.length == 0) revert IControls.NoCode(implementation_);
        SYMBOL = ShortStrings.toShortString(symbol_);
        CURRENCY = ShortStrings.toShortString(currency_);
        DECIMALS = decimals_;
        _setImplementation(implementation_);
    }

    /// @dev Everything that is not below or in a base: the powers and the rarer views.
    fallback() external {
        _delegate();
    }

    /* VIEWS */

    function name() external view returns (string memory) {
        _openView();
        return _EIP712Name();
    }

    function symbol() external view returns (string memory) {
        _openView();
        return ShortStrings.toString(SYMBOL);
    }

    function decimals() external view returns (uint8) {
        _openView();
        return DECIMALS;
    }

    function currency() external view returns (string memory) {
        _openView();
        return ShortStrings.toString(CURRENCY);
    }

    function totalSupply() external view returns (uint256) {
        return _openView().supply();
    }

    function balanceOf(address account) external view returns (uint256) {
        _openView();
        return _account(account).balance();
    }

    function allowance(address owner, address spender) external view returns (uint256) {
        _openView();
        return _allowances[owner][spender];
    }

    function nonces(address owner) external view returns (uint256) {
        _openView();
        return _account(owner).nonce();
    }

    // forge-lint: disable-next-line(mixed-case-function)
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        _openView();
        return _domainSeparatorV4();
    }

    function eip712Domain()
        public
        view
        override
        returns (
            bytes1 fields,
            string memory name_,
            string memory version_,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        _openView();
        return EIP712.eip712Domain();
    }

    function canSend(address account) external view returns (bool) {
        Config config = _openView();
        return _hasAccount(account) && _maySend(config, _account(account));
    }

    function canReceive(address account) external view returns (bool) {
        Config config = _openView();
        return _hasAccount(account) && _mayReceive(config, _account(account));
    }

    function pausedSeconds() external view returns (uint40) {
        return _openView().pausedSeconds(block.timestamp);
    }

    /* HOLDER */

    function transfer(address to, uint256 value) external returns (bool) {
        _move(_open(PAUSE_TRANSFERS), msg.sender, to, value);
        return true;
    }

    function transfer(address to, uint256 value, bytes calldata ref) external returns (bool) {
        Config config = _open(PAUSE_TRANSFERS);
        _logReference(ref);
        _move(config, msg.sender, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        _open(PAUSE_TRANSFERS);
        _approve(msg.sender, spender, value);
        return true;
    }

    /* SPENDER */

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        _moveFrom(_open(PAUSE_TRANSFERS), from, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value, bytes calldata ref) external returns (bool) {
        Config config = _open(PAUSE_TRANSFERS);
        _logReference(ref);
        _moveFrom(config, from, to, value);
        return true;
    }

    /* INSIDE */

    function _moveFrom(Config config, address from, address to, uint256 value) private {
        // A movement out of nothing would read as a mint, even of zero.
        if (from == address(0)) revert IPeggedToken.ERC20InvalidSender(from);
        Account spender = _account(msg.sender);
        _requireSender(config, msg.sender, spender);
        mapping(address spender => uint256 value) storage allowances = _allowances[from];
        uint256 allowed = allowances[msg.sender];
        if (allowed != type(uint256).max) {
            if (allowed < value) revert IPeggedToken.ERC20InsufficientAllowance(msg.sender, allowed, value);
            // No underflow: allowed >= value.
            unchecked {
                allowances[msg.sender] = allowed - value;
            }
        }
        _move(config, from, to, value);
    }

    /// @dev Logs nothing for an empty reference (ERC-7699).
    function _logReference(bytes calldata ref) private {
        if (ref.length == 0) return;
        emit IPeggedToken.TransferReference(ref.length > 32 ? keccak256(ref) : bytes32(ref));
    }
}
// slither-disable-end incorrect-return
