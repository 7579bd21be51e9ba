// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Somebody else's token, sent here by mistake, for tests of `rescue`
contract ForeignToken is ERC20("Foreign", "FRN") {
    constructor(address to, uint256 value) {
        _mint(to, value);
    }
}
