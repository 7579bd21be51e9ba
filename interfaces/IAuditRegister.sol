// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Which code was audited
/// @notice One register for all currencies of a chain, since they share their implementation.
interface IAuditRegister {
    /* EVENTS */

    event AuditRegistered(bytes32 indexed auditHash, bytes32 indexed codeHash, address indexed operator);
    event AuditWithdrawn(bytes32 indexed auditHash, bytes32 indexed codeHash, address indexed operator);

    /* ERRORS */

    /// @notice The audit is registered already, or a hash is zero.
    error AuditInvalid(bytes32 auditHash, bytes32 codeHash);
    /// @notice There is no such audit.
    error AuditUnknown(bytes32 auditHash);

    /* VIEWS */

    /// @notice The keccak256 of the runtime code that the audit with this hash covers, or zero.
    function codeOf(bytes32 auditHash) external view returns (bytes32);

    /* AUDITOR */

    /// @notice Records that the report with this hash covers the runtime code with this hash.
    function register(bytes32 auditHash, bytes32 codeHash) external;
    /// @notice Withdraws an audit; upgrades that cite it are refused from now on.
    function withdraw(bytes32 auditHash) external;
}
