// SPDX-License-Identifier: Apache-2.0
// The token under the reference facilitator: the published EIP-3009 implementation, and anybody may issue. For benchmarks.
pragma solidity ^0.8.26;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

contract Dollar is ERC3009 {
    constructor() ERC20("Turnpike USD", "pUSD") EIP712("Turnpike USD", "1") {}

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function issue(address[] calldata accounts, uint256 amount) external {
        for (uint256 i = 0; i < accounts.length; i++) _mint(accounts[i], amount);
    }
}
