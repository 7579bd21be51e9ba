// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuditRegister} from "interfaces/IAuditRegister.sol";
import {Restricted} from "contracts/Restricted.sol";

/// @title Which code was audited
contract AuditRegister is IAuditRegister, Restricted {
    mapping(bytes32 auditHash => bytes32 codeHash) public codeOf;

    constructor(address authority_) Restricted(authority_) {}

    /* AUDITOR */

    function register(bytes32 auditHash, bytes32 codeHash) external restricted {
        bool taken = codeOf[auditHash] != bytes32(0);
        if (auditHash == bytes32(0) || codeHash == bytes32(0) || taken) revert AuditInvalid(auditHash, codeHash);
        codeOf[auditHash] = codeHash;
        emit AuditRegistered(auditHash, codeHash, msg.sender);
    }

    function withdraw(bytes32 auditHash) external restricted {
        bytes32 codeHash = codeOf[auditHash];
        if (codeHash == bytes32(0)) revert AuditUnknown(auditHash);
        delete codeOf[auditHash];
        emit AuditWithdrawn(auditHash, codeHash, msg.sender);
    }
}
