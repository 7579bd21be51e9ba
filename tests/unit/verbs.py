"""Every privileged verb with arguments that work, in a world that is set up for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from eth_utils import keccak

from pegboard import create2
from pegboard.config import SUITE_PREFIX
from pegboard.contract import Contract, signature_of
from pegboard.signing import binding
from pegboard.suite import targets
from tests.support.desks import (
    CHANNEL,
    DAY,
    PAYOUT,
    WHOLESALE,
    bank_ref,
    bind,
    open_channel,
    propose,
    surrender,
    teller,
    to_paying,
)
from tests.support.revm import RevmChain
from tests.support.world import REF, World, artifacts, build_world, roles
from tests.unit.use_verbs import USE_CODE, USE_PUBLIC, USE_VERBS, UseStage, set_uses

if TYPE_CHECKING:
    from collections.abc import Callable

    from eth_account.signers.local import LocalAccount

OLD_AUDIT, NEW_AUDIT = keccak(text="old audit"), keccak(text="new audit")
CASE, IDLE_CASE = keccak(text="HCMP 7"), keccak(text="HCMP 8")
HK = b"HK".ljust(32, b"\0")
#: One HKD, and an order that a single approval issues.
HKD = 10**6
ORDER = 5 * HKD
CREDIT = bank_ref("credit 1")
#: The requests that wait on the stage.
REQUESTED, VALID, PAYING = 1, 2, 3
#: The code of each kind of contract that roles.toml names.
CODE = {
    "token": ("PeggedToken", "Controls"),
    "feed": ("ReserveFeed", "FeedControls"),
    "registry": ("CurrencyRegistry",),
    "audits": ("AuditRegister",),
    "authority": ("Authority",),
    "customers": ("CustomerRegister",),
    "calendar": ("BusinessCalendar",),
    "issuance": ("IssuanceDesk",),
    "redemption": ("RedemptionDesk",),
    "orders": ("LawfulOrders",),
    "presigned": ("PauseBySignature",),
} | USE_CODE
#: What anybody may call: hot selectors, one's own or signed, and what checks its caller by itself.
PUBLIC = {
    "token": {
        "approve(address,uint256)",
        "burnEscrow(address,uint256)",
        "cancelAuthorization(address,bytes32,bytes)",
        "cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)",
        "pay(bytes32,uint8,(address,uint96)[],bytes32[],uint256)",
        "pay(bytes32,uint8,(address,uint96)[],uint256)",
        "permit(address,address,uint256,uint256,bytes)",
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
        "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
        "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
        "restore(address,uint256)",
        "surrender(address,uint256,bytes32)",
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
    "customers": set(),
    "calendar": set(),
    "issuance": set(),
    "redemption": {"onSurrender(address,uint256,bytes32)", "takeBack(uint256)"},
    "orders": {"multicall(bytes[])"},
    "presigned": {"pause(address,uint8,uint48,uint48,uint256,bytes32,bytes[])"},
} | USE_PUBLIC


@dataclass(frozen=True)
class Stage:
    """A world in which every verb has something to do."""

    world: World
    next: Contract
    foreign: Contract
    euro: Contract
    euro_feed: Contract
    uses: UseStage

    def target(self, kind: str) -> Contract:
        """The contract of a kind that roles.toml names; of the first currency."""
        fx = {"fx": [self.world.suite.uses.fx]}
        return (targets(self.world.suite) | fx)[kind][0]

    @property
    def person(self) -> str:
        """Somebody without anything."""
        return self.world.holder(1).address

    @property
    def defendant(self) -> str:
        """Blacklisted, frozen, under a hold, and rich."""
        return self.world.holder(6).address

    @property
    def suspect(self) -> str:
        """Frozen by a case, which holds a part, too, and proposes to take some."""
        return self.world.holder(7).address

    @property
    def customer(self) -> LocalAccount:
        """Its wallet is bound and ready; the channel pays it, and it redeems."""
        return self.world.holder(0)

    @property
    def today(self) -> int:
        """The day in Hong Kong."""
        return int(self.world.suite.desks.calendar.call("dayOf", HK, self.world.chain.now()))


def set_stage() -> Stage:
    """Deploys, funds, bars and pauses, so that each verb has an effect."""
    world = build_world(RevmChain(), ("HKD", "USD", "CNH"))
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
        set_uses(world),
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
    _set_desks(stage)
    return stage


def _set_desks(stage: Stage) -> None:
    """A channel with an order, requests in every status, and a case with a proposal."""
    world, token, orders = stage.world, stage.world.token, stage.world.suite.desks.orders
    world.act("GOVERNOR", world.suite.registry, "tagWallet", world.holder(9).address, b"FEES", REF)
    customer = stage.customer
    open_channel(world, customer.address)
    bind(world, customer)
    world.fund(customer.address, 1_000)
    assert surrender(world, customer.address, 100) == REQUESTED
    assert surrender(world, customer.address, 100) == VALID
    teller(world, "validate", VALID)
    assert to_paying(world, customer.address, 100, bank_ref("payout 1")) == PAYING
    propose(world, CREDIT, ORDER)

    world.fund(stage.suspect, 1_000)
    review = world.chain.now() + 30 * DAY
    for case in (CASE, IDLE_CASE):
        world.act("CASEWORKER", orders, "openCase", case, 1, review, REF)
    for account in (stage.suspect, stage.person):
        world.act("CASEWORKER", orders, "nameAccount", CASE, token.address, account, 900)
    world.act("CASEWORKER", orders, "freeze", CASE, token.address, [stage.suspect])
    world.act("CASEWORKER", orders, "hold", CASE, token.address, stage.suspect, 100)
    taken = (CASE, token.address, stage.suspect, stage.person, 5, 0)
    world.act("CASEWORKER", orders, "propose", *taken)


def _upgrade(stage: Stage) -> tuple[Any, ...]:
    code_hash = keccak(stage.world.chain.code(stage.next.address))
    return (stage.next.address, code_hash, OLD_AUDIT, True)


def _bind(stage: Stage) -> tuple[Any, ...]:
    """Of a wallet that signed its binding."""
    register, wallet = stage.world.suite.desks.customers, stage.world.holder(5)
    deadline = stage.world.chain.now() + DAY
    message = binding(register, wallet.address, REF, 0, deadline)
    proof = bytes(wallet.sign_message(message).signature)
    return (wallet.address, REF, deadline, deadline, proof, REF)


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
    ("token", "appointDesk"): lambda s: (s.foreign.address, REF),
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
    ("registry", "retire"): lambda s: (b"CNH", REF),
    ("registry", "tagWallet"): lambda s: (s.person, b"TREASURY", REF),
    ("registry", "untagWallet"): lambda s: (s.world.holder(9).address, REF),
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
    ("customers", "bind"): _bind,
    ("customers", "renew"): lambda s: (s.customer.address, s.world.chain.now() + DAY, REF),
    ("customers", "setPayout"): lambda s: (s.customer.address, PAYOUT, REF),
    ("customers", "unbind"): lambda s: (s.customer.address, REF),
    ("calendar", "addCalendar"): lambda s: (b"XX", 0, 96, REF),
    ("calendar", "addHolidays"): lambda s: (HK, [s.today + 100], REF),
    ("calendar", "removeHolidays"): lambda s: (HK, [GOOD_FRIDAY], REF),
    ("calendar", "declareClosed"): lambda s: (HK, s.today, REF),
    ("issuance", "propose"): lambda s: (bank_ref("credit 2"), CHANNEL, b"HKD", ORDER),
    ("issuance", "approve"): lambda s: (CREDIT, CHANNEL, ORDER),
    ("issuance", "cancel"): lambda s: (CREDIT, REF),
    ("issuance", "closeChannel"): lambda s: (CHANNEL, REF),
    ("issuance", "lowerChannel"): lambda s: (CHANNEL, HKD, HKD, DAY, REF),
    ("issuance", "tightenTiers"): lambda s: (s.world.token.address, [(HKD, 2)], REF),
    ("issuance", "openChannel"): lambda s: (
        b"W-1",
        s.world.token.address,
        WHOLESALE,
        s.person,
        REF,
    ),
    ("issuance", "raiseChannel"): lambda s: (CHANNEL, 10**15, 10**15, DAY, REF),
    ("issuance", "loosenTiers"): lambda s: (s.world.token.address, [(10**15, 1)], REF),
    ("redemption", "validate"): lambda s: (REQUESTED,),
    ("redemption", "instruct"): lambda s: (VALID, bank_ref("payout 2")),
    ("redemption", "giveBack"): lambda s: (REQUESTED, REF),
    ("redemption", "recordDelay"): lambda s: (VALID, REF),
    ("redemption", "settle"): lambda s: (PAYING, bank_ref("payout 1")),
    ("redemption", "reject"): lambda s: (PAYING, REF),
    ("redemption", "extend"): lambda s: (VALID, s.today + 10, REF),
    ("redemption", "release"): lambda s: (REQUESTED, s.person, REF),
    ("redemption", "list"): lambda s: (s.euro.address, HK, 1, REF),
    ("redemption", "raiseFee"): lambda s: (s.world.token.address, 1, 100, REF),
    ("redemption", "lowerFee"): lambda s: (s.world.token.address, 0, 0, REF),
    ("orders", "openCase"): lambda s: (REF, 1, s.world.chain.now() + DAY, REF),
    ("orders", "reviewCase"): lambda s: (CASE, s.world.chain.now() + DAY, REF),
    ("orders", "nameAccount"): lambda s: (CASE, s.world.token.address, s.defendant, 5),
    ("orders", "freeze"): lambda s: (CASE, s.world.token.address, [s.person]),
    ("orders", "hold"): lambda s: (CASE, s.world.token.address, s.person, 5),
    ("orders", "propose"): lambda s: (
        CASE,
        s.world.token.address,
        s.suspect,
        s.person,
        5,
        0,
    ),
    ("orders", "execute"): lambda s: (1,),
    ("orders", "cancel"): lambda s: (1, REF),
    ("orders", "unfreeze"): lambda s: (CASE, s.world.token.address, [s.suspect]),
    ("orders", "release"): lambda s: (CASE, s.world.token.address, s.suspect, 5),
    ("orders", "closeCase"): lambda s: (IDLE_CASE, REF),
    ("presigned", "addSigner"): lambda s: (s.person, REF),
    ("presigned", "setQuorum"): lambda s: (3, REF),
    ("presigned", "revoke"): lambda s: (s.world.token.address, REF),
    ("presigned", "expelSigner"): lambda s: (s.world.suite.desks.presigned.call("signers")[0], REF),
} | USE_VERBS
#: A holiday of HK that lies ahead, by its day number.
GOOD_FRIDAY = (date(2027, 3, 26) - date(1970, 1, 1)).days
#: The contracts of the suite that hold a role, each with its roles.
DESKS: dict[str, set[str]] = {}
for _role, _names in roles().holders["local"].items():
    for _name in (n for n in _names if n.startswith(SUITE_PREFIX)):
        DESKS.setdefault(_name.removeprefix(SUITE_PREFIX), set()).add(_role)

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
    return {
        signature_of(item)
        for name in CODE[kind]
        for item in artifacts()[name].abi
        if item["type"] == "function" and item["stateMutability"] not in ("view", "pure")
    }
