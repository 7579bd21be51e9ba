"""What is scheduled in the Authority, and what can be done about it.

operations
├── given a chain without history, or a log that ends too early: refuses
├── in its delay: waiting; from its time on: due; a week later: expired
├── executed, or cancelled: with the transaction that ended it
└── scheduled anew after it expired: the old one is expired, the new one waits

find
├── given too little, nothing that was scheduled, or two operations: refuses
└── given the beginning of one: the newest of the same call

as_dict
├── the role it takes: as mapped, as the manager decides for its own functions, or the granter's
├── the guardian's role, and who of it can cancel in effect
└── what it does, in words; what nobody can read is said to be so

execute
├── when it waits: refuses with its time
├── when it is cancelled, expired, or of another caller: refuses
├── when it was executed: nothing to do
└── when due: the call itself, to the target, never scheduled anew

cancel
├── when it was executed: refuses
├── given neither guardian, ADMIN nor who scheduled it: refuses
├── when it is cancelled or expired: nothing to do
└── else: gone from the queue, and refused when it would be due
"""

import pytest

from pegboard import actions, queue
from pegboard.errors import ChainError, InputError, NotDue, NotPermitted, Reverted
from pegboard.inputs import moment_text
from pegboard.operate import perform
from tests.support.remember import Remembering
from tests.support.revm import RevmChain
from tests.support.world import REF, build_world, roles

DAY, WEEK = 86_400, 7 * 86_400
UNIT = 10**6
WHAT = [
    "set the mint limit of HKD to 200,000,000.00 HKD per 1d, reference 0x" + REF.hex(),
]
RAISE = ("raiseMintLimit", 2 * 10**14, DAY, REF)


@pytest.fixture(scope="module")
def remembered():
    return build_world(Remembering())


@pytest.fixture
def world(remembered):
    point = remembered.chain.snapshot()
    yield remembered
    remembered.chain.restore(point)


@pytest.fixture
def scheduled(world):
    """A raise of the mint limit that GOVERNOR scheduled."""
    return schedule(world)


def schedule(world, role="GOVERNOR", contract=None, words=RAISE):
    call = (contract or world.token).prepare(*words)
    outcome = perform(world.suite.authority, call, world.member(role))
    assert not outcome.executed
    return newest(world)


def newest(world):
    return queue.operations(world.suite)[-1]


def told(world, operation):
    return queue.as_dict(world.suite, roles(), operation, queue.reader(world.suite, roles()))


def execute(world, operation, signer):
    return queue.execute(
        world.suite, roles(), operation, signer, queue.reader(world.suite, roles())
    )


def cancel(world, operation, signer):
    reader = queue.reader(world.suite, roles())
    return queue.cancel(world.suite, roles(), operation, signer, reader, REF)


def do(world, action, signer):
    return actions.carry_out(world.suite, action, signer)


# Reading


def test_a_chain_without_history_is_refused():
    world = build_world(RevmChain())
    with pytest.raises(ChainError, match="keeps no history"):
        queue.operations(world.suite)


def test_a_log_that_ends_too_early_is_refused(world, scheduled):
    """T9: what the node does not tell is not taken for the whole."""
    world.chain.warp(2 * DAY + WEEK)
    schedule(world)
    world.chain.past = [log for log in world.chain.past if log.tx <= scheduled.tx]
    with pytest.raises(ChainError, match=r"log ends at schedule 1 of 0x\w+, and the chain is at 2"):
        queue.operations(world.suite)


def test_nothing_was_scheduled_by_a_deployment(world):
    assert queue.operations(world.suite) == []


@pytest.mark.req("HK-09")
def test_the_life_of_an_operation(world, scheduled):
    assert (scheduled.state, scheduled.nonce, scheduled.ended) == ("waiting", 1, "")
    assert scheduled.caller == world.member("GOVERNOR")
    assert scheduled.target == world.token.address
    assert scheduled.due == world.chain.now() + 2 * DAY
    assert scheduled.expires == scheduled.due + WEEK
    world.chain.warp(2 * DAY - 1)
    assert newest(world).state == "waiting"
    world.chain.warp(1)
    assert newest(world).state == "due"
    world.chain.warp(WEEK - 1)
    assert newest(world).state == "due"
    world.chain.warp(1)
    assert newest(world).state == "expired"


def test_what_was_scheduled_anew(world, scheduled):
    world.chain.warp(2 * DAY + WEEK)
    schedule(world)
    old, new = queue.operations(world.suite)
    assert (old.id, old.nonce, old.state) == (new.id, 1, "expired")
    assert (new.nonce, new.state) == (2, "waiting")


def test_what_was_executed(world, scheduled):
    world.chain.warp(2 * DAY)
    receipt = world.act("GOVERNOR", world.token, *RAISE)
    assert newest(world).state == "executed"
    assert newest(world).ended == receipt.tx


# Finding


def test_what_names_an_operation(world, scheduled):
    other = schedule(world, words=("raiseMintLimit", 3 * 10**14, DAY, REF))
    found = queue.operations(world.suite)
    assert len(found) == 2
    for operation in found:
        for text in (operation.key, operation.key[:12], operation.key[2:14].upper()):
            assert queue.find(found, text) == operation
    world.chain.warp(2 * DAY + WEEK)
    again = schedule(world)
    found = queue.operations(world.suite)
    assert queue.find(found, again.key[:20]) == again
    assert queue.find(found, f"0x{again.id.hex()}-1").state == "expired"
    assert queue.find(found, other.key).state == "expired"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0x12", "too short: give at least 4 digits"),
        ("", "too short"),
        ("0xzzzz", "nothing was scheduled as 0xzzzz: `queue list --all`"),
        ("0x" + "00" * 32 + "-1", "nothing was scheduled as"),
    ],
)
def test_what_names_nothing(world, scheduled, text, reason):
    with pytest.raises(InputError, match=reason):
        queue.find(queue.operations(world.suite), text)


def test_what_names_two(world, scheduled):
    twin = queue.replace(scheduled, id=scheduled.id[:8] + bytes(24))
    with pytest.raises(InputError, match=r"may be 0x\w{12}\.\.\., 0x\w{12}\.\.\.: give more"):
        queue.find([scheduled, twin], scheduled.key[:12])
    assert queue.find([scheduled, twin], scheduled.key[:20]) == scheduled


# Telling


@pytest.mark.req("HK-02")
def test_an_operation_tells_everything(world, scheduled):
    found = told(world, scheduled)
    assert found == {
        "key": f"0x{scheduled.id.hex()}-1",
        "id": "0x" + scheduled.id.hex(),
        "nonce": 1,
        "state": "waiting",
        "what": WHAT,
        "caller": world.member("GOVERNOR"),
        "callerHolds": True,
        "callerDelay": 2 * DAY,
        "target": world.token.address,
        "targetName": "HKD token",
        "function": "raiseMintLimit",
        "data": "0x" + scheduled.data.hex(),
        "scheduledAt": None,
        "scheduledIn": scheduled.tx,
        "dueAt": moment_text(scheduled.due),
        "expiresAt": moment_text(scheduled.expires),
        "endedIn": "",
        "role": "GOVERNOR",
        "guardian": "GUARDIAN",
        "guardians": [world.member("GUARDIAN")],
    }


def test_who_must_hold_what(world):
    """Of functions of the manager it is the manager that decides, not the mapping."""
    authority = world.suite.authority
    account = world.holder().address
    cases = {
        ("GOVERNOR", "grantRole", 9, account, 0): ("GOVERNOR", "GUARDIAN"),
        ("ADMIN", "grantRole", 0, account, 0): ("ADMIN", "GUARDIAN"),
        ("ADMIN", "setRoleGuardian", 9, 2): ("ADMIN", "GUARDIAN"),
    }
    for (role, *words), wanted in cases.items():
        data = authority.encode(*words)
        authority.send("schedule", authority.address, data, 0, sender=world.member(role))
        found = told(world, newest(world))
        assert (found["role"], found["guardian"]) == wanted, words
        assert found["targetName"] == "Authority"
    assert told(world, schedule(world, "RELEASER", words=("unfreeze", [account], REF)))["role"] == (
        "RELEASER"
    )


def test_a_caller_that_lost_the_role_is_told(world, scheduled):
    expel(world, "GOVERNOR")
    assert told(world, scheduled)["callerHolds"] is False


def test_guardians_are_those_in_effect(world, scheduled):
    expel(world, "GUARDIAN")
    assert told(world, scheduled)["guardians"] == []


def expel(world, role):
    number = roles().roles[role].id
    world.act("EXPELLER", world.suite.authority, "expel", number, world.member(role), REF)


def test_what_nobody_can_read_is_said_to_be_so(world):
    stranger = world.holder().address
    args = (world.member("GOVERNOR"), world.token.address, b"\1\2\3\4", 0, 0, "due", "")
    for to in (world.token.address, stranger):
        operation = queue.Operation(bytes(32), 1, args[0], to, *args[2:])
        found = told(world, operation)
        assert (found["function"], len(found["what"])) == ("", 1)
        assert found["what"][0].startswith("WARNING: UNKNOWN call of 0x01020304 to ")
        assert (found["targetName"] == stranger) == (to == stranger)


# Executing


@pytest.mark.req("HK-09")
def test_what_waits_is_not_executed(world, scheduled):
    with pytest.raises(NotDue, match="is due at 2027-01-17T08:00:00Z, in 2d") as fault:
        execute(world, scheduled, scheduled.caller)
    assert fault.value.ready_at == scheduled.due


def test_only_who_scheduled_it_executes_it(world, scheduled):
    world.chain.warp(2 * DAY)
    stranger = world.member("ADMIN")
    with pytest.raises(NotPermitted, match=f"can be executed by {scheduled.caller} alone"):
        execute(world, newest(world), stranger)


def test_what_expired_is_not_executed(world, scheduled):
    world.chain.warp(2 * DAY + WEEK)
    with pytest.raises(NotPermitted, match="expired at 2027-01-24T08:00:00Z: schedule it anew"):
        execute(world, newest(world), scheduled.caller)


def test_what_is_due_is_executed_once(world, scheduled):
    """T1: a second run has nothing to do."""
    world.chain.warp(2 * DAY)
    action = execute(world, newest(world), scheduled.caller)
    assert (action.contract.address, action.call.data) == (world.token.address, scheduled.data)
    assert (action.verb, action.peg, action.needs) == ("raiseMintLimit", world.peg, "GOVERNOR")
    assert do(world, action, scheduled.caller).executed
    assert world.token.call("mintRateLimit")[:2] == (2 * 10**14, DAY)
    assert newest(world).state == "executed"
    assert execute(world, newest(world), scheduled.caller).nothing_to_do


def test_what_is_cancelled_meanwhile_is_not_scheduled_anew(world, scheduled):
    """T1: between the look and the execution the guardian was faster."""
    world.chain.warp(2 * DAY)
    action = execute(world, newest(world), scheduled.caller)
    guardian = world.member("GUARDIAN")
    do(world, cancel(world, newest(world), guardian), guardian)
    with pytest.raises(Reverted, match="AccessManagerNotScheduled"):
        do(world, action, scheduled.caller)
    assert [op.state for op in queue.operations(world.suite)] == ["cancelled"]
    with pytest.raises(NotPermitted, match=r"was cancelled in 0x\w+: schedule it anew"):
        execute(world, newest(world), scheduled.caller)


def test_operations_of_the_manager_itself_are_executed(world):
    authority, account = world.suite.authority, world.holder().address
    schedule(world, contract=authority, words=("grantRole", 9, account, 0))
    world.chain.warp(2 * DAY)
    operation = newest(world)
    do(world, execute(world, operation, operation.caller), operation.caller)
    assert authority.call("hasRole", 9, account) == (True, 0)
    assert newest(world).state == "executed"


# Cancelling


@pytest.mark.req("HK-09")
@pytest.mark.parametrize("role", ["GUARDIAN", "ADMIN", "GOVERNOR"])
def test_who_can_cancel(world, scheduled, role):
    signer = world.member(role)
    action = cancel(world, scheduled, signer)
    assert (action.needs, action.ref) == ("GUARDIAN", REF)
    receipt = do(world, action, signer).receipt
    assert (newest(world).state, newest(world).ended) == ("cancelled", receipt.tx)
    assert cancel(world, newest(world), signer).nothing_to_do
    world.chain.warp(2 * DAY)
    with pytest.raises(Reverted, match="AccessManagerNotScheduled"):
        world.token.submit(scheduled.data, sender=scheduled.caller)


@pytest.mark.parametrize("role", ["MINTER", "UPGRADER", "EXPELLER"])
def test_who_cannot_cancel(world, scheduled, role):
    guardian = world.member("GUARDIAN")
    with pytest.raises(NotPermitted, match=rf"takes GUARDIAN \({guardian}\), or"):
        cancel(world, scheduled, world.member(role))


def test_what_was_executed_cannot_be_cancelled(world, scheduled):
    world.chain.warp(2 * DAY)
    world.act("GOVERNOR", world.token, *RAISE)
    with pytest.raises(NotPermitted, match=r"was executed in 0x\w+: nothing is left"):
        cancel(world, newest(world), world.member("GUARDIAN"))


def test_what_expired_needs_no_cancelling(world, scheduled):
    world.chain.warp(2 * DAY + WEEK)
    assert cancel(world, newest(world), world.holder().address).nothing_to_do
