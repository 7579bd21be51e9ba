"""Who may call what: every state-changing selector, every role and a stranger, both ways.

a verb of the issuer
├── called by a stranger or a member of another role
│   ├── directly: reverts with AccessManagedUnauthorized
│   └── scheduled or executed through the manager: reverts with AccessManagerUnauthorizedCall
├── called by its role's member
│   ├── without delay: succeeds
│   ├── with a delay, directly: reverts with AccessManagerNotScheduled
│   ├── with a delay, when due: succeeds
│   └── through the manager's execute: reverts with CallerIsAuthority
└── called at Controls instead of a token: reverts with NotDelegated
a verb of the manager itself
├── called by anybody else: reverts with AccessManagerUnauthorizedAccount
└── called by its role's member: as above, and through execute, too
a selector that no table knows
└── fails this test
"""

import pytest

from tests.support.refusal import refused
from tests.support.world import REF, artifacts, roles
from tests.unit.verbs import MANAGER_DECIDES, PUBLIC, VERBS, role_of, set_stage, state_changing

CALLERS = [*roles().roles, "stranger"]
ROWS = [pytest.param(kind, verb, id=f"{kind}.{verb}") for kind, verb in VERBS]


@pytest.fixture(scope="module")
def staged():
    return set_stage()


@pytest.fixture
def stage(staged):
    point = staged.world.chain.snapshot()
    yield staged
    staged.world.chain.restore(point)


def address_of(stage, caller):
    return stage.world.holder(4).address if caller == "stranger" else stage.world.member(caller)


def prepared(stage, kind, verb):
    target = stage.target(kind)
    if verb == "clearBreak":
        stage.world.act("PAUSER", target, "reportBreak", REF)
    return target, target.prepare(verb, *VERBS[kind, verb](stage))


def unauthorised(kind, caller, role):
    """The error of the target for somebody without the role."""
    if kind != "authority":
        return "AccessManagedUnauthorized", {"caller": caller}
    required = roles().roles[role].id
    return "AccessManagerUnauthorizedAccount", {"msgsender": caller, "roleId": required}


@pytest.mark.req("HK-02")
@pytest.mark.parametrize("kind", PUBLIC)
def test_every_state_changing_selector_is_in_a_table(kind):
    """I10: generated from the ABI; a new selector without a row fails."""
    restricted = state_changing(kind) - PUBLIC[kind]
    assert PUBLIC[kind] <= state_changing(kind)
    assert sorted(s.split("(")[0] for s in restricted) == sorted(v for k, v in VERBS if k == kind)


@pytest.mark.parametrize("kind", PUBLIC)
def test_every_restricted_selector_is_mapped_to_its_role(stage, kind):
    """I10: an unmapped one would fall to ADMIN, who has no guardian; none is public."""
    authority, target = stage.world.suite.authority, stage.target(kind)
    declared = {
        verb: role.id for role in roles().roles.values() for verb in role.functions.get(kind, ())
    }
    assert set(declared) == {verb for k, verb in VERBS if k == kind}
    for verb, role_id in declared.items():
        selector = target.selector(verb)
        assert authority.call("getTargetFunctionRole", target.address, selector) == role_id
        assert role_id != 0


def test_nothing_is_payable():
    ours = ("PeggedToken", "Controls", "ReserveFeed", "FeedControls")
    for name in (*ours, "CurrencyRegistry", "AuditRegister"):
        kinds = {x.get("stateMutability") for x in artifacts()[name].abi if x["type"] != "error"}
        assert "payable" not in kinds
        assert not [x for x in artifacts()[name].abi if x["type"] == "receive"]


@pytest.mark.req("HK-02")
@pytest.mark.parametrize(("kind", "verb"), ROWS)
def test_nobody_else_may(stage, kind, verb):
    """I6, I10: reverts for everybody without the role, in every way, and changes nothing."""
    target, call = prepared(stage, kind, verb)
    authority = stage.world.suite.authority
    role = role_of(kind, verb)
    tried = 0
    for caller in CALLERS:
        if caller == role:
            continue
        sender = address_of(stage, caller)
        name, evidence = unauthorised(kind, sender, role)
        with refused(stage.world, name, **evidence):
            target.submit(call.data, sender=sender)
        for way, extra in (("execute", ()), ("schedule", (0,))):
            with refused(
                stage.world,
                "AccessManagerUnauthorizedCall",
                caller=sender,
                target=target.address,
                selector="0x" + call.data[:4].hex(),
            ):
                authority.send(way, target.address, call.data, *extra, sender=sender)
        tried += 1
    assert tried == len(CALLERS) - 1


@pytest.mark.req("HK-09")
@pytest.mark.parametrize(("kind", "verb"), ROWS)
def test_its_role_may(stage, kind, verb):
    """I6, I10: at once or after its declared delay, and never before it."""
    target, call = prepared(stage, kind, verb)
    authority, role = stage.world.suite.authority, role_of(kind, verb)
    sender, delay = stage.world.member(role), roles().roles[role].delay
    if delay:
        operation = authority.call("hashOperation", sender, target.address, call.data)
        with refused(stage.world, "AccessManagerNotScheduled", operationId=operation):
            target.submit(call.data, sender=sender)
        authority.send("schedule", target.address, call.data, 0, sender=sender)
        stage.world.chain.warp(delay - 1)
        with refused(stage.world, "AccessManagerNotReady", operationId=operation):
            target.submit(call.data, sender=sender)
        stage.world.chain.warp(1)
    if verb == "updateAuthority":
        # No contract of the suite can be given another authority: it has no such function.
        with refused(stage.world, ""):
            target.submit(call.data, sender=sender)
        return
    receipt = target.submit(call.data, sender=sender)
    assert target.address in {log.address for log in receipt.logs}


@pytest.mark.parametrize(("kind", "verb"), ROWS)
def test_nobody_acts_as_the_manager(stage, kind, verb):
    """Events name the person, and one member cannot count twice: execute is refused."""
    target, call = prepared(stage, kind, verb)
    authority, role = stage.world.suite.authority, role_of(kind, verb)
    sender, delay = stage.world.member(role), roles().roles[role].delay
    if delay:
        authority.send("schedule", target.address, call.data, 0, sender=sender)
        stage.world.chain.warp(delay)
    if kind != "authority":
        with refused(stage.world, "CallerIsAuthority"):
            authority.send("execute", target.address, call.data, sender=sender)
    elif verb != "updateAuthority":
        authority.send("execute", target.address, call.data, sender=sender)


@pytest.mark.parametrize("verb", [v for k, v in VERBS if k == "token"])
def test_controls_refuses_a_direct_call(stage, verb):
    """I23: its verbs work only when a token delegates to it."""
    controls = stage.world.suite.controls
    data = controls.encode(verb, *VERBS["token", verb](stage))
    sender = stage.world.member(role_of("token", verb))
    with refused(stage.world, "NotDelegated"):
        controls.submit(data, sender=sender)


@pytest.mark.req("HK-04")
@pytest.mark.parametrize("role", roles().roles)
def test_one_holder_a_role(stage, role):
    """What the rows above rest on: every member holds exactly one role, with the declared delay."""
    authority = stage.world.suite.authority
    for other in roles().roles.values():
        member, delay = authority.call("hasRole", other.id, stage.world.member(role))
        assert (member, delay) == ((True, other.delay) if other.name == role else (False, 0))


def test_the_manager_decides_only_about_itself():
    assert set(MANAGER_DECIDES) < {verb for kind, verb in VERBS if kind == "authority"}
