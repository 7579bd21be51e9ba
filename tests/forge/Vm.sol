// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The cheat codes of forge that these tests use
interface Vm {
    function warp(uint256 timestamp) external;
    function prank(address sender) external;
    function load(address target, bytes32 slot) external view returns (bytes32);
    function assume(bool condition) external pure;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 key) external pure returns (address);
    function expectRevert(bytes calldata data) external;
}

/// @dev Where forge answers cheat codes.
Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

/// @title Assertions that say what differed
library Check {
    error Different(string what, uint256 actual, uint256 expected);

    function equal(uint256 actual, uint256 expected, string memory what) internal pure {
        if (actual != expected) revert Different(what, actual, expected);
    }

    function holds(bool condition, string memory what) internal pure {
        require(condition, what);
    }
}
