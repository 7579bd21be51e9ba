"""Which code a currency delegates to, and which code was audited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils import keccak, to_checksum_address

from pegboard.actions import Action, desk_action
from pegboard.chain import History
from pegboard.contract import selector_of, signature_of
from pegboard.errors import ChainError, InputError, Reverted

if TYPE_CHECKING:
    from pegboard.contract import Artifacts
    from pegboard.suite import Peg, Suite

NO_HASH = "0x" + "00" * 32


@dataclass(frozen=True)
class Candidate:
    """What a token delegates to now, and what it is to delegate to."""

    old: str
    old_hash: str
    delegates_all: bool
    new: str
    new_hash: str
    covered: int
    missing: tuple[str, ...]
    audited: str

    @property
    def is_audited(self) -> bool:
        """Whether the audit that was named is registered for this very code."""
        return self.audited == self.new_hash


# Upgrading


def examine(
    suite: Suite, peg: Peg, artifacts: Artifacts, implementation: str, audit: bytes
) -> Candidate:
    """Looks at old and new code; refuses an address that is no implementation of ours."""
    old = to_checksum_address(peg.token.call("implementation"))
    code = suite.chain.code(implementation)
    if not code:
        raise InputError(f"there is no code at {implementation}: deploy the implementation first")
    answered = _hot_selectors(suite, implementation)
    hot = {
        selector_of(signature_of(item)): signature_of(item)
        for item in artifacts["PeggedToken"].abi
        if item["type"] == "function"
    }
    missing = tuple(name for selector, name in hot.items() if selector not in answered)
    return Candidate(
        old=old,
        old_hash=_hash(suite.chain.code(old)),
        delegates_all=peg.token.call("delegateAll"),
        new=implementation,
        new_hash=_hash(code),
        covered=len(hot) - len(missing),
        missing=missing,
        audited=suite.audits.call("codeOf", audit),
    )


def _hash(code: bytes) -> str:
    return "0x" + keccak(code).hex()


def _hot_selectors(suite: Suite, implementation: str) -> set[bytes]:
    try:
        raw = suite.chain.call(implementation, selector_of("hotSelectors()"))
        return set(decode(["bytes4[]"], raw)[0])
    except (Reverted, DecodingError) as fault:
        raise InputError(
            f"the code at {implementation} does not answer hotSelectors(): it is no implementation"
        ) from fault


def upgrade(
    peg: Peg, found: Candidate, audit: bytes, ref: bytes, *, delegate_all: bool = False
) -> Action:
    """Lets the token delegate to other code; the chain asks for the audit when it executes."""
    if found.audited not in (NO_HASH, found.new_hash):
        raise InputError(
            f"the audit 0x{audit.hex()} covers the code {found.audited}, and at {found.new} there "
            f"is {found.new_hash}: check the address and the audit"
        )
    if delegate_all and found.missing:
        raise InputError(
            f"{found.new} does not answer {', '.join(found.missing)}: it cannot take over "
            "everything, so leave --delegate-all out"
        )
    scope = "everything, the hot path included" if delegate_all else "all but the hot path"
    code_hash = bytes.fromhex(found.new_hash[2:])
    return desk_action(
        peg.token,
        "upgrade",
        (found.new, code_hash, audit, delegate_all),
        f"let {peg.config.code} delegate {scope} to {found.new}, code {found.new_hash}, audit "
        f"0x{audit.hex()}",
        ref=ref,
        peg=peg,
        details={
            "old": {"implementation": found.old, "codeHash": found.old_hash},
            "new": {"implementation": found.new, "codeHash": found.new_hash},
            "audit": "0x" + audit.hex(),
            "audited": found.is_audited,
            "delegateAll": delegate_all,
            "hotSelectors": {"covered": found.covered, "missing": list(found.missing)},
        },
        nothing_to_do=(found.old, found.delegates_all) == (found.new, delegate_all),
    )


# Audits


def audits(suite: Suite) -> list[dict[str, Any]]:
    """Every audit that was registered, oldest first, and whether it still stands."""
    register, chain = suite.audits, suite.chain
    if not isinstance(chain, History):
        raise ChainError(f"chain {chain.chain_id} keeps no history: ask a node that has its log")
    found: dict[str, dict[str, Any]] = {}
    for log in chain.logs(register.address, register.topics("AuditRegistered")):
        [(_, event)] = register.events([log])
        found[event["auditHash"]] = {
            "audit": event["auditHash"],
            "codeHash": event["codeHash"],
            "auditor": event["operator"],
            "registeredIn": log.tx,
        }
    for audit, told in found.items():
        told["standing"] = register.call("codeOf", bytes.fromhex(audit[2:])) == told["codeHash"]
    return list(found.values())


def register(suite: Suite, audit: bytes, code_hash: bytes, ref: bytes) -> Action:
    """Says that this code was audited, with this report."""
    known = suite.audits.call("codeOf", audit)
    if known not in (NO_HASH, "0x" + code_hash.hex()):
        raise InputError(
            f"the audit 0x{audit.hex()} is registered for the code {known}: withdraw it first, or "
            "register the other report"
        )
    return desk_action(
        suite.audits,
        "register",
        (audit, code_hash),
        f"register the audit 0x{audit.hex()} of the code 0x{code_hash.hex()}",
        ref=ref,
        details={"audit": "0x" + audit.hex(), "codeHash": "0x" + code_hash.hex()},
        nothing_to_do=known != NO_HASH,
    )


def withdraw(suite: Suite, audit: bytes, ref: bytes) -> Action:
    """Takes an audit back: what waits to be upgraded under it is refused when it is due."""
    known = suite.audits.call("codeOf", audit)
    if known == NO_HASH and "0x" + audit.hex() not in {a["audit"] for a in audits(suite)}:
        raise InputError(
            f"the audit 0x{audit.hex()} was never registered: `audits show` lists which were"
        )
    return desk_action(
        suite.audits,
        "withdraw",
        (audit,),
        f"withdraw the audit 0x{audit.hex()}, so that nothing is upgraded under it",
        ref=ref,
        details={"audit": "0x" + audit.hex(), "codeHash": known},
        nothing_to_do=known == NO_HASH,
    )


def code_hash_at(suite: Suite, address: str) -> bytes:
    """The hash of the code at an address."""
    code = suite.chain.code(address)
    if not code:
        raise InputError(f"there is no code at {address}: check the address and the network")
    return bytes(keccak(code))
