// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A tokenised fund share, as another issuer would make it
contract FundShare is ERC20 {
    constructor(address holder, uint256 supply) ERC20("Money Market Fund Share", "MMF") {
        _mint(holder, supply);
    }
}
