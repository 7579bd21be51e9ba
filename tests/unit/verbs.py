"""Every privileged verb with arguments that work, in a world that is set up for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils import keccak

from pegboard import create2
from pegboard.contract import Contract, signature_of
from tests.support.revm import RevmChain
from tests.support.world import REF, World, artifacts, build_world, roles

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = 86_400
OLD_AUDIT, NEW_AUDIT = keccak(text="old audit"), keccak(text="new audit")
#: What anybody may call: hot selectors, signed or one's own, and what the manager checks by itself.
PUBLIC = {
    "token": {
        "approve(address,uint256)",
        "cancelAuthorization(address,bytes32,bytes)",
        "cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)",
        "pay(bytes32,uint8,(address,uint96)[],bytes32[],uint256)",
        "pay(bytes32,uint8,(address,uint96)[],uint256)",
        "permit(address,address,uint256,uint256,bytes)",
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
        "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
        "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
        "transfer(address,uint256)",
        "transfer(address,uint256,bytes)",
        "transferFrom(address,address,uint256)",
        "transferFrom(address,address,uint256,bytes)",
        "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
        "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
    },
    "feed": {"post((string,uint40,uint104,uint104,bytes32),bytes[])"},
    "registry": set(),
    "audits": set(),
    "authority": {
        "cancel(address,address,bytes)",
        "consumeScheduledOp(address,bytes)",
        "execute(address,bytes)",
        "multicall(bytes[])",
        "renounceRole(uint64,address)",
        "schedule(address,bytes,uint48)",
    },
}


@dataclass(frozen=True)
class Stage:
    """A world in which every verb has something to do."""

    world: World
    next: Contract
    foreign: Contract
    euro: Contract
    euro_feed: Contract

    def target(self, kind: str) -> Contract:
        """The contract of a kind that roles.toml names."""
        suite = self.world.suite
        return {
            "token": self.world.token,
            "feed": self.world.feed,
            "registry": suite.registry,
            "audits": suite.audits,
            "authority": suite.authority,
        }[kind]

    @property
    def person(self) -> str:
        """Somebody without anything."""
        return self.world.holder(1).address

    @property
    def defendant(self) -> str:
        """Blacklisted, frozen, under a hold, and rich."""
        return self.world.holder(6).address


def set_stage() -> Stage:
    """Deploys, funds, bars and pauses, so that each verb has an effect."""
    world = build_world(RevmChain(), ("HKD", "USD"))
    suite, token = world.suite, world.token
    sender, other = world.holder(9).address, world.holder(8).address

    def made(name: str, *args: Any) -> Contract:
        artifact = artifacts()[name]
        address, _ = create2.deploy(world.chain, artifact.initcode(*args), sender=sender)
        return Contract(world.chain, address, artifact.abi, artifacts().errors)

    controls = suite.controls.address
    stage = Stage(
        world,
        made("Successor", token.call("name"), "HKD", controls, 28),
        made("ForeignToken", token.address, 1_000),
        made("PeggedToken", "Pegboard EUR", "pbEUR", 6, "EUR", controls),
        made("ReserveFeed", suite.feed_controls.address, "EUR", 6, [sender, other], 1, 2, 0),
    )
    world.fund(stage.defendant, 1_000)
    world.fund(world.member("BURNER"), 1_000)
    world.act("VERIFIER", token, "verify", [world.member("BURNER")], REF)
    world.act("BLACKLISTER", token, "blacklist", [stage.defendant], REF)
    world.act("FREEZER", token, "freeze", [stage.defendant], REF)
    world.act("FREEZER", token, "hold", stage.defendant, 500, REF)
    code_hash = keccak(world.chain.code(stage.next.address))
    world.act("AUDITOR", world.suite.audits, "register", OLD_AUDIT, code_hash)
    world.act("PAUSER", world.feed, "reportBreak", REF)
    world.act("GOVERNOR", token, "enlist", [sender], REF)
    world.act("RESUMER", world.feed, "clearBreak", REF, REF)
    world.attest(10**17)
    return stage


def _upgrade(stage: Stage) -> tuple[Any, ...]:
    code_hash = keccak(stage.world.chain.code(stage.next.address))
    return (stage.next.address, code_hash, OLD_AUDIT, True)


#: (kind, verb) -> its arguments on the stage.
VERBS: dict[tuple[str, str], Callable[[Stage], tuple[Any, ...]]] = {
    ("token", "mint"): lambda s: (s.person, 5, REF),
    ("token", "burn"): lambda s: (5, REF),
    ("token", "blacklist"): lambda s: ([s.person], REF),
    ("token", "freeze"): lambda s: ([s.person], REF),
    ("token", "hold"): lambda s: (s.person, 5, REF),
    ("token", "unblacklist"): lambda s: ([s.defendant], REF),
    ("token", "unfreeze"): lambda s: ([s.defendant], REF),
    ("token", "release"): lambda s: (s.defendant, 5, REF),
    ("token", "seize"): lambda s: (s.defendant, s.person, 5, REF),
    ("token", "destroy"): lambda s: (s.defendant, 5, REF),
    ("token", "verify"): lambda s: ([s.person], REF),
    ("token", "unverify"): lambda s: ([s.world.member("BURNER")], REF),
    ("token", "pause"): lambda s: (15, REF),
    ("token", "enterAllowListMode"): lambda s: (REF,),
    ("token", "lowerMintLimit"): lambda s: (1, DAY, REF),
    ("token", "resume"): lambda s: (15, REF, s.world.token.call("pauseNumber")),
    ("token", "leaveAllowListMode"): lambda s: (REF,),
    ("token", "setReserveConfig"): lambda s: ((s.world.feed.address, 1, 2, True), REF),
    ("token", "raiseMintLimit"): lambda s: (10**18, DAY, REF),
    ("token", "enlist"): lambda s: ([s.person], REF),
    ("token", "delist"): lambda s: ([s.world.holder(9).address], REF),
    ("token", "rescueERC20"): lambda s: (s.foreign.address, s.person, 5, REF),
    ("audits", "register"): lambda s: (NEW_AUDIT, REF),
    ("audits", "withdraw"): lambda s: (OLD_AUDIT,),
    ("token", "upgrade"): _upgrade,
    ("feed", "addAttestor"): lambda s: (s.person, REF),
    ("feed", "setQuorums"): lambda s: (1, 2, 100, REF),
    ("feed", "reportBreak"): lambda s: (REF,),
    ("feed", "clearBreak"): lambda s: (REF, REF),
    ("feed", "expelAttestor"): lambda s: (s.world.feed.call("attestors")[0], REF),
    ("registry", "register"): lambda s: (b"EUR", s.euro.address, s.euro_feed.address, REF),
    ("registry", "retire"): lambda s: (b"USD", REF),
    ("authority", "grantRole"): lambda s: (3, s.person, 0),
    ("authority", "revokeRole"): lambda s: (3, s.world.member("MINTER")),
    ("authority", "labelRole"): lambda s: (3, "PRINTER"),
    ("authority", "setRoleAdmin"): lambda s: (3, 2),
    ("authority", "setRoleGuardian"): lambda s: (3, 2),
    ("authority", "setGrantDelay"): lambda s: (3, DAY),
    ("authority", "setTargetAdminDelay"): lambda s: (s.world.token.address, DAY),
    ("authority", "setTargetFunctionRole"): lambda s: (s.world.token.address, [b"\1\2\3\4"], 3),
    ("authority", "setTargetClosed"): lambda s: (s.world.token.address, True),
    ("authority", "updateAuthority"): lambda s: (s.world.token.address, s.person),
    ("authority", "expel"): lambda s: (3, s.world.member("MINTER"), REF),
}

#: What the manager decides about itself; the mapping only says whose guardian may cancel.
MANAGER_DECIDES = dict.fromkeys(
    [
        "labelRole",
        "setRoleAdmin",
        "setRoleGuardian",
        "setGrantDelay",
        "setTargetAdminDelay",
        "setTargetFunctionRole",
        "setTargetClosed",
        "updateAuthority",
    ],
    "ADMIN",
) | {"grantRole": "GOVERNOR", "revokeRole": "GOVERNOR"}


def role_of(kind: str, verb: str) -> str:
    """The one role that may, by roles.toml."""
    if kind == "authority" and verb in MANAGER_DECIDES:
        return MANAGER_DECIDES[verb]
    (role,) = (r.name for r in roles().roles.values() if verb in r.functions.get(kind, ()))
    return role


def state_changing(kind: str) -> set[str]:
    """The signatures of every function of a kind of contract that is not a view, from its ABI."""
    names = {
        "token": ("PeggedToken", "Controls"),
        "feed": ("ReserveFeed", "FeedControls"),
        "registry": ("CurrencyRegistry",),
        "audits": ("AuditRegister",),
        "authority": ("Authority",),
    }[kind]
    return {
        signature_of(item)
        for name in names
        for item in artifacts()[name].abi
        if item["type"] == "function" and item["stateMutability"] not in ("view", "pure")
    }
