// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Config} from "contracts/libraries/ConfigWord.sol";
import {Delegation} from "contracts/libraries/Delegation.sol";
import {HotSelectors} from "contracts/libraries/HotSelectors.sol";
import {PeggedToken} from "contracts/PeggedToken.sol";

/// @title An implementation that takes over everything, for tests of `delegateAll`
/// @notice It changes what can be seen: every movement also emits `Superseded`, every view of CONFIG is marked by
/// `generation()`. The issuer's powers it leaves to the Controls it was made for.
contract Successor is PeggedToken {
    address private immutable CONTROLS;
    uint256 private immutable COVERED;

    event Superseded(uint256 pauses);

    constructor(string memory name_, string memory currency_, address controls, uint256 covered)
        PeggedToken(name_, "NEXT", 18, currency_, controls)
    {
        CONTROLS = controls;
        COVERED = covered;
    }

    function generation() external pure returns (uint256) {
        return 2;
    }

    /// @notice The first `COVERED` of the hot selectors.
    function hotSelectors() external view returns (bytes4[] memory covered) {
        bytes4[28] memory hot = HotSelectors.list();
        covered = new bytes4[](COVERED);
        for (uint256 i; i < COVERED; ++i) {
            covered[i] = hot[i];
        }
    }

    function _open(uint256 pauses) internal override returns (Config config) {
        emit Superseded(pauses);
        return _config;
    }

    function _openView() internal view override returns (Config) {
        return _config;
    }

    function _delegate() internal override {
        Delegation.forward(CONTROLS);
    }
}
