// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the token answers in place
/// @notice The list that an implementation must cover to take over everything; a test compares it with the token's ABI.
library HotSelectors {
    function list() internal pure returns (bytes4[28] memory) {
        return [
            bytes4(keccak256("name()")),
            bytes4(keccak256("symbol()")),
            bytes4(keccak256("decimals()")),
            bytes4(keccak256("currency()")),
            bytes4(keccak256("totalSupply()")),
            bytes4(keccak256("balanceOf(address)")),
            bytes4(keccak256("allowance(address,address)")),
            bytes4(keccak256("nonces(address)")),
            bytes4(keccak256("DOMAIN_SEPARATOR()")),
            bytes4(keccak256("eip712Domain()")),
            bytes4(keccak256("canSend(address)")),
            bytes4(keccak256("canReceive(address)")),
            bytes4(keccak256("pausedSeconds()")),
            bytes4(keccak256("transfer(address,uint256)")),
            bytes4(keccak256("transfer(address,uint256,bytes)")),
            bytes4(keccak256("approve(address,uint256)")),
            bytes4(keccak256("transferFrom(address,address,uint256)")),
            bytes4(keccak256("transferFrom(address,address,uint256,bytes)")),
            bytes4(keccak256("pay(bytes32,uint8,(address,uint96)[],uint256)")),
            bytes4(keccak256("pay(bytes32,uint8,(address,uint96)[],bytes32[],uint256)")),
            bytes4(keccak256("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)")),
            bytes4(keccak256("permit(address,address,uint256,uint256,bytes)")),
            bytes4(
                keccak256(
                    "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
                )
            ),
            bytes4(keccak256("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)")),
            bytes4(
                keccak256(
                    "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
                )
            ),
            bytes4(keccak256("receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)")),
            bytes4(keccak256("cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)")),
            bytes4(keccak256("cancelAuthorization(address,bytes32,bytes)"))
        ];
    }
}
