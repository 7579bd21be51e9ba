"""Who may call what: every state-changing selector, every role and a stranger, both ways.

a verb of the issuer
├── called by a stranger, a member of another role or a contract of the suite without the role
│   ├── directly: reverts with AccessManagedUnauthorized
│   └── scheduled or executed through the manager: reverts with AccessManagerUnauthorizedCall
├── called by its role's member
│   ├── without delay: succeeds
│   ├── with a delay, directly: reverts with AccessManagerNotScheduled
│   ├── with a delay, when due: succeeds
│   └── through the manager's execute: reverts with CallerIsAuthority
├── called by a contract of the suite that holds its role: succeeds at once
├── called as one of several steps of lawful orders: asks the same as by itself
└── called at Controls instead of a token: reverts with NotDelegated
a verb of the manager itself
├── called by anybody else: reverts with AccessManagerUnauthorizedAccount
└── called by its role's member: as above, and through execute, too
a selector that no table knows
└── fails this test
"""

from contextlib import contextmanager

import pyrevm
import pytest

from pegboard.desired.plan import contracts
from pegboard.errors import Reverted
from pegboard.suite import resolved_holders, targets
from tests.support.refusal import refused, words_of
from tests.support.world import REF, artifacts, resolve, roles
from tests.unit.verbs import (
    CODE,
    DESKS,
    MANAGER_DECIDES,
    PUBLIC,
    VERBS,
    role_of,
    set_stage,
    state_changing,
)

USES = ["FxSettle", "Checkout", "Receivables", "RedEnvelope"]
CALLERS = [*roles().roles, "stranger", *DESKS, "RedemptionDesk", *USES]
#: Verbs that a contract has and nothing to use them for: who may call them, and what then refuses.
IN_VAIN = {("envelopes", "releaseCredit"): "NothingCredited"}
ROWS = [pytest.param(kind, verb, id=f"{kind}.{verb}") for kind, verb in VERBS]
LAWFUL = [verb for kind, verb in VERBS if kind == "orders"]
BY_DESK = [
    pytest.param(desk, kind, verb, id=f"{desk}-{kind}.{verb}")
    for desk, held in DESKS.items()
    for kind, verb in VERBS
    if role_of(kind, verb) in held
]


@pytest.fixture(scope="module")
def staged():
    return set_stage()


@pytest.fixture
def stage(staged):
    point = staged.world.chain.snapshot()
    yield staged
    staged.world.chain.restore(point)


def address_of(stage, caller):
    if caller == "stranger":
        return stage.world.holder(4).address
    desk = stage.world.suite.by_name.get(caller)
    return desk.address if desk else stage.world.member(caller)


def powers_of(caller):
    """The roles of a caller; a stranger and a desk without any have none."""
    return {caller} if caller in roles().roles else DESKS.get(caller, set())


@contextmanager
def sending(stage, address):
    """Lets a contract send by itself, which no transaction does (EIP-3607), without its code."""
    evm = stage.world.chain.evm
    account = evm.basic(address)
    bare = pyrevm.AccountInfo(nonce=account.nonce, balance=account.balance)
    evm.insert_account_info(address, bare)
    yield
    evm.insert_account_info(address, account)


@contextmanager
def denied(name, **evidence):
    """What is inside must revert with exactly this error; what it changes is asked once for all."""
    with pytest.raises(Reverted) as caught:
        yield
    assert (caught.value.name, caught.value.arguments) == (name, evidence)


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
    """But `execute` of the library's manager, which hands on what it is sent."""
    for name in {"AuditViews"}.union(*(CODE[kind] for kind in CODE)):
        payable = {x.get("name") for x in artifacts()[name].abi if "payable" in _mutability(x)}
        assert payable == ({"execute"} if name == "Authority" else set())
        assert not [x for x in artifacts()[name].abi if x["type"] == "receive"]


def _mutability(item):
    return {item.get("stateMutability")}


def test_what_only_answers_has_nothing_to_call():
    """The auditor's views change nothing, whoever asks."""
    kinds = {x["stateMutability"] for x in artifacts()["AuditViews"].abi if x["type"] == "function"}
    assert kinds <= {"view", "pure"}


def test_every_contract_of_the_suite_is_in_the_matrix(stage):
    """A contract that a deployment makes, and no table knows, fails."""
    suite = stage.world.suite
    known = {c.address for contracts in targets(suite).values() for c in contracts}
    known |= {suite.controls.address, suite.feed_controls.address, suite.desks.views.address}
    # Nobody has a power over exchanges: all that they do is signed by both sides.
    known |= {suite.uses.fx.address}
    assert {contract.address for _, contract, _ in contracts(suite)} == known
    assert set(targets(suite)) | {"fx"} == set(CODE) == set(PUBLIC)


@pytest.mark.req("HK-02")
@pytest.mark.parametrize(("kind", "verb"), ROWS)
def test_nobody_else_may(stage, kind, verb):
    """I6, I10: reverts for everybody without the role, in every way, and changes nothing."""
    target, call = prepared(stage, kind, verb)
    authority = stage.world.suite.authority
    role = role_of(kind, verb)
    senders = {address_of(stage, c) for c in CALLERS if role not in powers_of(c)}
    # It does not call itself: while a contract sends, its address answers nothing.
    senders.discard(target.address)
    assert len(senders) >= len(roles().roles)
    before = words_of(stage.world)
    for sender in senders:
        name, evidence = unauthorised(kind, sender, role)
        selector = "0x" + call.data[:4].hex()
        managed = {"caller": sender, "target": target.address, "selector": selector}
        with sending(stage, sender):
            with denied(name, **evidence):
                target.submit(call.data, sender=sender)
            for way, extra in (("execute", ()), ("schedule", (0,))):
                with denied("AccessManagerUnauthorizedCall", **managed):
                    authority.send(way, target.address, call.data, *extra, sender=sender)
    assert words_of(stage.world) == before


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
    if (kind, verb) in IN_VAIN:
        about = {"token": stage.world.token.address, "account": stage.uses.barred}
        with denied(IN_VAIN[kind, verb], **about):
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


@pytest.mark.parametrize(("desk", "kind", "verb"), BY_DESK)
def test_a_contract_of_the_suite_acts_at_once(stage, desk, kind, verb):
    """Its own verbs have the delays, and ask who calls."""
    target, call = prepared(stage, kind, verb)
    sender = stage.world.suite.desks.by_name[desk].address
    answer = stage.world.suite.authority.call("canCall", sender, target.address, call.data[:4])
    assert answer == (True, 0)
    if target.address != sender:
        with sending(stage, sender):
            receipt = target.submit(call.data, sender=sender)
        assert target.address in {log.address for log in receipt.logs}


@pytest.mark.parametrize("verb", LAWFUL)
def test_several_steps_in_one_call_ask_as_one_does(stage, verb):
    """A step needs its caller's role and its own schedule, wherever it stands."""
    target, call = prepared(stage, "orders", verb)
    role = role_of("orders", verb)
    sender, delay = stage.world.member(role), roles().roles[role].delay
    before = words_of(stage.world)
    for caller in {address_of(stage, c) for c in (*roles().roles, "stranger")} - {sender}:
        with denied("AccessManagedUnauthorized", caller=caller):
            target.send("multicall", [call.data], sender=caller)
    assert words_of(stage.world) == before
    authority = stage.world.suite.authority
    if delay:
        operation = authority.call("hashOperation", sender, target.address, call.data)
        with refused(stage.world, "AccessManagerNotScheduled", operationId=operation):
            target.send("multicall", [call.data], sender=sender)
        authority.send("schedule", target.address, call.data, 0, sender=sender)
        stage.world.chain.warp(delay)
    receipt = target.send("multicall", [call.data], sender=sender)
    assert target.address in {log.address for log in receipt.logs}


@pytest.mark.req("HK-04")
@pytest.mark.parametrize("role", roles().roles)
def test_one_holder_a_role(stage, role):
    """What the rows above rest on: every person holds exactly one role, with the declared delay."""
    suite = stage.world.suite
    declared = resolved_holders(suite, roles(), resolve)
    assert suite.members(roles().roles[role].id) == set(declared[role])
    for account in declared[role]:
        for other in roles().roles.values():
            answer = suite.authority.call("hasRole", other.id, account)
            holds = account in declared[other.name]
            assert holds == (other.name == role) or account in suite.ours
            assert answer == ((True, suite.delay_of(other, account)) if holds else (False, 0))


@pytest.mark.req("HK-04")
@pytest.mark.parametrize("desk", DESKS)
def test_a_contract_of_the_suite_never_waits(stage, desk):
    """Its grants have no delay: what it does follows its own verbs, which have."""
    authority, address = stage.world.suite.authority, stage.world.suite.desks.by_name[desk].address
    for role in roles().roles.values():
        assert authority.call("hasRole", role.id, address) == (role.name in DESKS[desk], 0)


def test_the_manager_decides_only_about_itself():
    assert set(MANAGER_DECIDES) < {verb for kind, verb in VERBS if kind == "authority"}
