"""Who may do what: the manager's additions, delays, guardians, and minute one after deployment.

expel
├── when it would remove the last ADMIN in effect: reverts with LastAdmin
├── given the account has no such role: changes nothing
└── else: removes at once, and what the account scheduled cannot be executed

grantRole
├── when the account is address zero: reverts with InvalidMember
├── before the granter's delay: reverts
└── else: the member has the role with the granted delay

renounceRole, revokeRole
└── when it would remove the last ADMIN in effect: reverts with LastAdmin

members
├── given a role that nobody holds: empty
├── given a grant that is not in effect yet: named all the same
├── given a second grant to the same account: named once
└── given a removal in any of the three ways: not named any more, and no other role is changed

a scheduled operation
├── cancelled by the guardian of its role, by ADMIN or by who scheduled it: cannot be executed
├── cancelled by anybody else: reverts with AccessManagerUnauthorizedCancel
├── executed: is consumed, and cannot be executed again
├── scheduled twice: reverts with AccessManagerAlreadyScheduled
└── a week late: reverts with AccessManagerExpired

minute one
├── the deployer holds nothing
├── every declared member has its role with its delay, in force
├── every guardian and granter is set, and no role answers to ADMIN
└── tighten at once, loosen late; opposite powers apart
"""

import pytest

from pegboard.suite import resolved_holders, targets
from tests.support.refusal import creation_refused, emitted, refused, when_due
from tests.support.world import REF, artifacts, key, resolve, roles

ZERO = "0x" + "00" * 20
ADMIN, GOVERNOR, MINTER, RESUMER = 0, 1, 3, 11
PUBLIC_ROLE = 2**64 - 1
DAY = 86_400
WEEK = 7 * DAY


def every_target(world, *but):
    """Every contract of the suite that has restricted verbs."""
    kinds = targets(world.suite).items()
    return [contract for kind, contracts in kinds if kind not in but for contract in contracts]


def operation_of(world, sender, contract, data):
    return world.suite.authority.call("hashOperation", sender, contract.address, data)


@pytest.fixture
def scheduled(world, token, resumer, authority):
    """RESUMER has scheduled a resumption, which is not due yet."""
    call = token.prepare("resume", 15, REF, token.call("pauseNumber"))
    authority.send("schedule", token.address, call.data, 0, sender=resumer)
    return call


# Expelling


@pytest.mark.req("HK-06")
def test_expels_at_once(world, authority, minter, expeller):
    """I7: role removal is immediate."""
    receipt = authority.send("expel", MINTER, minter, REF, sender=expeller)
    assert emitted(authority, receipt) == [
        ("RoleRevoked", {"roleId": MINTER, "account": minter}),
        (
            "Expelled",
            {"roleId": MINTER, "account": minter, "operator": expeller, "ref": "0x" + REF.hex()},
        ),
    ]
    assert authority.call("hasRole", MINTER, minter) == (False, 0)


@pytest.mark.req("HK-06")
def test_what_the_expelled_scheduled_dies(world, token, authority, resumer, expeller, scheduled):
    """A pending operation of an expelled member cannot be executed any more."""
    authority.send("expel", RESUMER, resumer, REF, sender=expeller)
    world.chain.warp(DAY)
    with refused(world, "AccessManagedUnauthorized", caller=resumer):
        token.submit(scheduled.data, sender=resumer)


def test_expelling_a_stranger_changes_no_role(world, authority, stranger, minter, expeller):
    authority.send("expel", MINTER, stranger.address, REF, sender=expeller)
    assert authority.call("hasRole", MINTER, minter) == (True, 0)


def test_expel_refuses_others(world, authority, governor, minter):
    with refused(world, "AccessManagerUnauthorizedAccount", msgsender=governor, roleId=14):
        authority.send("expel", MINTER, minter, REF, sender=governor)


# The last ADMIN


@pytest.mark.req("HK-05")
def test_the_last_admin_cannot_be_expelled(world, authority, admin, expeller):
    """I11: never zero admins."""
    with refused(world, "LastAdmin", account=admin):
        authority.send("expel", ADMIN, admin, REF, sender=expeller)


@pytest.mark.req("HK-05")
def test_the_last_admin_cannot_renounce(world, authority, admin):
    """I11: not even by its own will."""
    with refused(world, "LastAdmin", account=admin):
        authority.send("renounceRole", ADMIN, admin, sender=admin)


@pytest.mark.req("HK-05")
def test_the_last_admin_cannot_be_revoked(world, authority, admin):
    """I11: nor by the slow way."""
    revoke = when_due(world, "ADMIN", authority, "revokeRole", ADMIN, admin)
    with refused(world, "LastAdmin", account=admin):
        revoke()


@pytest.mark.req("HK-05")
def test_an_admin_whose_grant_is_not_in_effect_does_not_count(
    world, authority, admin, stranger, expeller
):
    """I11: a grant that starts later leaves nobody until then."""
    when_due(world, "ADMIN", authority, "setGrantDelay", ADMIN, 30 * DAY)()
    world.chain.warp(5 * DAY)  # a grant delay itself takes effect late
    when_due(world, "ADMIN", authority, "grantRole", ADMIN, stranger.address, 0)()
    assert authority.call("hasRole", ADMIN, stranger.address)[0] is False
    with refused(world, "LastAdmin", account=admin):
        authority.send("expel", ADMIN, admin, REF, sender=expeller)
    world.chain.warp(30 * DAY)
    authority.send("expel", ADMIN, admin, REF, sender=expeller)
    assert [a.lower() for a in authority.call("members", 0)] == [stranger.address.lower()]


@pytest.mark.req("HK-05")
def test_admin_is_handed_over(world, authority, admin, stranger):
    """I11: two steps, the first delayed; one of two may go, the other is then the last."""
    call = authority.prepare("grantRole", ADMIN, stranger.address, 5 * DAY)
    operation = operation_of(world, admin, authority, call.data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        authority.submit(call.data, sender=admin)
    when_due(world, "ADMIN", authority, "grantRole", ADMIN, stranger.address, 5 * DAY)()
    assert len(authority.call("members", 0)) == 2
    authority.send("renounceRole", ADMIN, admin, sender=admin)
    assert authority.call("hasRole", ADMIN, admin) == (False, 0)
    with refused(world, "LastAdmin", account=stranger.address):
        authority.send("renounceRole", ADMIN, stranger.address, sender=stranger.address)


def test_removing_admin_from_somebody_without_it_changes_nothing(
    world, authority, admin, stranger, expeller
):
    authority.send("expel", ADMIN, stranger.address, REF, sender=expeller)
    assert authority.call("hasRole", ADMIN, admin)[0] is True


@pytest.mark.parametrize(("granter", "role_id"), [("ADMIN", ADMIN), ("GOVERNOR", MINTER)])
def test_refuses_to_grant_to_address_zero(world, authority, granter, role_id):
    """I11: a role granted to address zero would be nobody's."""
    grant = when_due(world, granter, authority, "grantRole", role_id, ZERO, 0)
    with refused(world, "InvalidMember", account=ZERO):
        grant()


def test_refuses_to_be_built_for_nobody(world, relayer):
    initcode = artifacts()["Authority"].initcode(ZERO)
    with creation_refused("AccessManagerInvalidInitialAdmin", initialAdmin=ZERO):
        world.chain.create(relayer.address, initcode)


def test_renouncing_is_confirmed(world, authority, minter, stranger):
    with refused(world, "AccessManagerBadConfirmation"):
        authority.send("renounceRole", MINTER, minter, sender=stranger.address)
    authority.send("renounceRole", MINTER, minter, sender=minter)
    assert authority.call("hasRole", MINTER, minter) == (False, 0)


def test_the_public_role_is_locked(world, authority, minter, expeller):
    with refused(world, "AccessManagerLockedRole", roleId=PUBLIC_ROLE):
        authority.send("expel", PUBLIC_ROLE, minter, REF, sender=expeller)


# Members


@pytest.mark.req("HK-19")
@pytest.mark.parametrize("name", roles().roles)
def test_members_are_the_declared_holders(world, name):
    """Nobody else was granted anything while the suite was deployed."""
    holders = resolved_holders(world.suite, roles(), resolve)[name]
    found = world.suite.authority.call("members", roles().roles[name].id)
    assert sorted(a.lower() for a in found) == sorted(a.lower() for a in holders)


def test_a_role_that_was_never_granted_has_no_members(authority):
    assert authority.call("members", 999) == ()


def test_a_grant_that_is_not_in_effect_is_named(world, authority, minter, stranger):
    """Who will hold it is known before it does."""
    when_due(world, "ADMIN", authority, "setGrantDelay", MINTER, 30 * DAY)()
    world.chain.warp(5 * DAY)  # a grant delay itself takes effect late
    world.act("GOVERNOR", authority, "grantRole", MINTER, stranger.address, 0)
    assert authority.call("hasRole", MINTER, stranger.address) == (False, 0)
    assert world.suite.members(MINTER) >= {minter, stranger.address}
    world.chain.warp(30 * DAY)
    assert authority.call("hasRole", MINTER, stranger.address) == (True, 0)
    assert world.suite.members(MINTER) >= {minter, stranger.address}


def test_a_member_is_named_once(world, authority, minter):
    before = authority.call("members", MINTER)
    world.act("GOVERNOR", authority, "grantRole", MINTER, minter, 60)
    assert authority.call("members", MINTER) == before
    assert [a.lower() for a in before].count(minter.lower()) == 1


@pytest.mark.req("HK-06")
@pytest.mark.parametrize("way", ["expel", "revokeRole", "renounceRole"])
def test_who_lost_a_role_is_not_named(world, authority, minter, way):
    """By force, by the slow way, or by its own will; and can be granted it again."""
    others = {r.id: world.suite.members(r.id) for r in roles().roles.values() if r.id != MINTER}
    before = world.suite.members(MINTER)
    if way == "renounceRole":
        authority.send(way, MINTER, minter, sender=minter)
    else:
        extra = (REF,) if way == "expel" else ()
        world.act("EXPELLER" if extra else "GOVERNOR", authority, way, MINTER, minter, *extra)
    assert world.suite.members(MINTER) == before - {minter}
    assert {role_id: world.suite.members(role_id) for role_id in others} == others
    world.act("GOVERNOR", authority, "grantRole", MINTER, minter, 0)
    assert world.suite.members(MINTER) == before


def test_removing_a_role_that_somebody_lacks_names_nobody_less(world, authority, stranger):
    before = authority.call("members", MINTER)
    world.act("EXPELLER", authority, "expel", MINTER, stranger.address, REF)
    assert authority.call("members", MINTER) == before


# Scheduled operations


def test_the_manager_itself_is_refused(world, token, authority, pauser):
    """Privileged calls come from persons: never through execute."""
    data = token.encode("pause", 1, REF)
    with refused(world, "CallerIsAuthority"):
        authority.send("execute", token.address, data, sender=pauser)


def test_refuses_before_its_delay(world, token, resumer, scheduled):
    operation = operation_of(world, resumer, token, scheduled.data)
    world.chain.warp(3_599)
    with refused(world, "AccessManagerNotReady", operationId=operation):
        token.submit(scheduled.data, sender=resumer)
    world.chain.warp(1)
    token.submit(scheduled.data, sender=resumer)


def test_refuses_to_be_scheduled_earlier_than_the_delay(world, token, authority, resumer):
    data = token.encode("resume", 1, REF, token.call("pauseNumber"))
    with refused(
        world,
        "AccessManagerUnauthorizedCall",
        caller=resumer,
        target=token.address,
        selector="0x" + data[:4].hex(),
    ):
        early = world.chain.now() + 3_599
        authority.send("schedule", token.address, data, early, sender=resumer)


def test_is_consumed_once(world, token, resumer, scheduled):
    operation = operation_of(world, resumer, token, scheduled.data)
    world.chain.warp(3_600)
    token.submit(scheduled.data, sender=resumer)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        token.submit(scheduled.data, sender=resumer)


@pytest.mark.req("HK-11")
def test_is_bound_to_its_content(world, token, resumer, scheduled):
    """What was scheduled is what can be done, to the byte."""
    world.chain.warp(3_600)
    other = token.encode("resume", 1, REF, token.call("pauseNumber"))
    operation = operation_of(world, resumer, token, other)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        token.submit(other, sender=resumer)


def test_is_not_scheduled_twice(world, token, authority, resumer, scheduled):
    operation = operation_of(world, resumer, token, scheduled.data)
    with refused(world, "AccessManagerAlreadyScheduled", operationId=operation):
        authority.send("schedule", token.address, scheduled.data, 0, sender=resumer)


def test_expires_after_a_week(world, token, resumer, scheduled):
    operation = operation_of(world, resumer, token, scheduled.data)
    world.chain.warp(3_600 + WEEK)
    with refused(world, "AccessManagerExpired", operationId=operation):
        token.submit(scheduled.data, sender=resumer)


@pytest.mark.parametrize("canceller", ["GUARDIAN", "ADMIN", "RESUMER"])
def test_is_cancelled(world, token, authority, resumer, scheduled, canceller):
    operation = operation_of(world, resumer, token, scheduled.data)
    receipt = authority.send(
        "cancel", resumer, token.address, scheduled.data, sender=world.member(canceller)
    )
    assert emitted(authority, receipt) == [
        ("OperationCanceled", {"operationId": operation, "nonce": 1})
    ]
    world.chain.warp(3_600)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        token.submit(scheduled.data, sender=resumer)


@pytest.mark.parametrize("canceller", ["GOVERNOR", "PAUSER", "EXPELLER", "stranger"])
def test_is_not_cancelled_by_others(
    world, token, authority, resumer, stranger, scheduled, canceller
):
    sender = stranger.address if canceller == "stranger" else world.member(canceller)
    with refused(
        world,
        "AccessManagerUnauthorizedCancel",
        msgsender=sender,
        caller=resumer,
        target=token.address,
        selector="0x" + scheduled.data[:4].hex(),
    ):
        authority.send("cancel", resumer, token.address, scheduled.data, sender=sender)


def test_consuming_is_for_targets_only(world, token, authority, resumer, stranger, scheduled):
    """Nobody burns another's operation: only the target that is executing it."""
    world.chain.warp(3_600)
    for sender in (resumer, stranger.address):
        with refused(world, ""):
            authority.send("consumeScheduledOp", resumer, scheduled.data, sender=sender)


def test_no_target_says_that_it_is_consuming(world):
    for target in every_target(world, "authority"):
        assert target.call("isConsumingScheduledOp") == "0x00000000"
        assert target.call("authority").lower() == world.suite.authority.address.lower()


@pytest.mark.req("HK-05")
def test_multicall_gives_no_power(world, authority, stranger):
    grant = authority.encode("grantRole", MINTER, stranger.address, 0)
    with refused(
        world, "AccessManagerUnauthorizedAccount", msgsender=stranger.address, roleId=GOVERNOR
    ):
        authority.send("multicall", [grant], sender=stranger.address)


# Granting


@pytest.mark.req("HK-05")
def test_granting_is_slow_and_can_be_cancelled(world, authority, governor, guardian, stranger):
    """I11: the granter's own delay makes granting slow, and the guardian can stop it."""
    call = authority.prepare("grantRole", MINTER, stranger.address, 0)
    operation = operation_of(world, governor, authority, call.data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        authority.submit(call.data, sender=governor)

    authority.send("schedule", authority.address, call.data, 0, sender=governor)
    authority.send("cancel", governor, authority.address, call.data, sender=guardian)
    world.chain.warp(2 * DAY)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        authority.submit(call.data, sender=governor)

    authority.send("schedule", authority.address, call.data, 0, sender=governor)
    world.chain.warp(2 * DAY)
    receipt = authority.submit(call.data, sender=governor)
    assert (
        "RoleGranted",
        {
            "roleId": MINTER,
            "account": stranger.address,
            "delay": 0,
            "since": world.chain.now(),
            "newMember": True,
        },
    ) in emitted(authority, receipt)
    assert authority.call("hasRole", MINTER, stranger.address) == (True, 0)


@pytest.mark.req("HK-05")
def test_an_admins_configuration_can_be_cancelled_by_the_guardian(
    world, authority, admin, guardian
):
    """The mapping of the manager's own functions to GOVERNOR is for its guardian."""
    call = authority.prepare("setRoleGuardian", RESUMER, ADMIN)
    authority.send("schedule", authority.address, call.data, 0, sender=admin)
    authority.send("cancel", admin, authority.address, call.data, sender=guardian)
    world.chain.warp(5 * DAY)
    operation = operation_of(world, admin, authority, call.data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        authority.submit(call.data, sender=admin)


@pytest.mark.req("HK-05")
def test_shortening_a_delay_waits_the_difference(world, authority, resumer):
    """HK-05: lowering a delay waits the old one out."""
    world.act("GOVERNOR", authority, "grantRole", RESUMER, resumer, 600)
    assert authority.call("hasRole", RESUMER, resumer) == (True, 3_600)
    world.chain.warp(3_000 - 1)
    assert authority.call("hasRole", RESUMER, resumer) == (True, 3_600)
    world.chain.warp(1)
    assert authority.call("hasRole", RESUMER, resumer) == (True, 600)


# Minute one


@pytest.mark.req("HK-03")
def test_the_deployer_holds_nothing(world, authority):
    deployer = key(0).address
    for role in roles().roles.values():
        assert authority.call("hasRole", role.id, deployer) == (False, 0)
    assert deployer.lower() not in [a.lower() for a in authority.call("members", 0)]


@pytest.mark.parametrize("name", roles().roles)
def test_every_role_is_as_declared(world, authority, name):
    """Every declared delay is in force in the first minute."""
    role = roles().roles[name]
    since, delay, pending, effect = authority.call("getAccess", role.id, world.member(name))
    assert 0 < since <= world.chain.now()
    assert (delay, pending, effect) == (role.delay, 0, 0)
    assert authority.call("getRoleGrantDelay", role.id) == 0
    if role.id != ADMIN:
        assert authority.call("getRoleAdmin", role.id) == GOVERNOR
    guardian = roles().roles[role.guardian].id if role.guardian else ADMIN
    assert authority.call("getRoleGuardian", role.id) == guardian


def test_no_target_is_closed_or_delayed(world, authority):
    """A closed target could not be frozen or paused; a target delay starts late."""
    for target in every_target(world):
        assert authority.call("isTargetClosed", target.address) is False
        assert authority.call("getTargetAdminDelay", target.address) == 0


TIGHTEN = [
    *("blacklist", "token.freeze", "token.hold", "pause", "enterAllowListMode", "lowerMintLimit"),
    *("reportBreak", "expel", "expelAttestor", "unverify", "withdraw"),
    *("closeChannel", "lowerChannel", "tightenTiers", "issuance.cancel", "orders.cancel"),
    *("orders.freeze", "orders.hold", "unbind", "revoke", "expelSigner"),
]
LOOSEN = [
    *("unblacklist", "unfreeze", "token.release", "resume", "leaveAllowListMode", "raiseMintLimit"),
    *("setReserveConfig", "clearBreak", "addAttestor", "setQuorums", "grantRole", "upgrade"),
    *("enlist", "delist", "rescueERC20", "seize", "destroy", "registry.register", "retire"),
    *("appointDesk", "openChannel", "raiseChannel", "loosenTiers", "list", "raiseFee", "lowerFee"),
    *("redemption.release", "execute", "closeCase", "orders.release", "extend", "addCalendar"),
    *("addHolidays", "removeHolidays", "addSigner", "setQuorum"),
]


def holder_role(verb):
    """The role of a verb; `kind.verb` where two kinds of contract have one of that name."""
    kind, _, name = verb.rpartition(".")
    (role,) = {
        role.name
        for role in roles().roles.values()
        for owner, verbs in role.functions.items()
        if name in verbs and kind in ("", owner)
    }
    return roles().roles[role]


@pytest.mark.req("HK-09")
@pytest.mark.parametrize("verb", TIGHTEN)
def test_tightens_at_once(verb):
    assert holder_role(verb).delay == 0


@pytest.mark.req("HK-09")
@pytest.mark.parametrize("verb", LOOSEN)
def test_loosens_late(verb):
    """What loosens waits, and a guardian can cancel it."""
    assert holder_role(verb).delay >= 3_600
    assert holder_role(verb).guardian == "GUARDIAN"


@pytest.mark.req("HK-04")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pause", "resume"),
        ("token.freeze", "unfreeze"),
        ("blacklist", "unblacklist"),
        ("token.hold", "token.release"),
        ("token.freeze", "seize"),
        ("unfreeze", "seize"),
        ("reportBreak", "clearBreak"),
        ("grantRole", "upgrade"),
        ("audits.register", "upgrade"),
        ("grantRole", "audits.register"),
        ("mint", "addAttestor"),
        ("mint", "raiseMintLimit"),
        ("mint", "setReserveConfig"),
        ("expel", "grantRole"),
        ("issuance.propose", "issuance.approve"),
        ("issuance.approve", "bind"),
        ("issuance.approve", "raiseChannel"),
        ("instruct", "settle"),
        ("validate", "setPayout"),
        ("extend", "instruct"),
        ("orders.propose", "execute"),
        ("orders.freeze", "orders.unfreeze"),
        ("execute", "closeCase"),
    ],
)
def test_opposite_powers_are_apart(world, one, other):
    """By declaration, and by who holds them."""
    first, second = holder_role(one), holder_role(other)
    assert second.name in first.apart_from or first.name in second.apart_from
    assert world.member(first.name) != world.member(second.name)


@pytest.mark.req("HK-04")
@pytest.mark.parametrize("name", [r.name for r in roles().roles.values() if r.guardian])
def test_no_guardian_guards_itself(world, name):
    role = roles().roles[name]
    assert role.guardian in role.apart_from
    assert world.member(role.guardian) != world.member(name)


@pytest.mark.req("HK-04")
def test_attestors_and_minters_are_different_people(world, feed):
    attestors = {a.lower() for a in feed.call("attestors")}
    assert not attestors & {world.member(name).lower() for name in roles().roles}
