"""The shipped roles.toml: tighten at once, loosen late; opposite powers apart."""

import pytest

from tests.support.world import currencies, roles

#: What makes the issuer's hand firmer: no delay.
TIGHTEN = {
    "token": [
        "blacklist",
        "freeze",
        "hold",
        "pause",
        "enterAllowListMode",
        "lowerMintLimit",
        "unverify",
    ],
    "audits": ["withdraw"],
    "feed": ["reportBreak", "expelAttestor"],
    "authority": ["expel"],
}
#: What makes it looser, or cannot be undone: a delay, and somebody who can cancel.
LOOSEN = {
    "token": [
        "unblacklist",
        "unfreeze",
        "release",
        "resume",
        "leaveAllowListMode",
        "setReserveConfig",
        "raiseMintLimit",
        "enlist",
        "delist",
        "rescueERC20",
        "seize",
        "destroy",
        "upgrade",
    ],
    "feed": ["clearBreak", "addAttestor", "setQuorums"],
    "registry": ["register", "retire"],
    "authority": [
        "grantRole",
        "revokeRole",
        "setRoleAdmin",
        "setRoleGuardian",
        "setGrantDelay",
        "setTargetAdminDelay",
        "setTargetFunctionRole",
        "setTargetClosed",
        "updateAuthority",
    ],
}
#: Everyday verbs, which their own limits bound.
EVERYDAY = {
    "token": ["mint", "burn", "verify"],
    "audits": ["register"],
    "authority": ["labelRole"],
}


def owner(kind, function):
    found = [r for r in roles().roles.values() if function in r.functions.get(kind, ())]
    assert len(found) == 1, f"{kind}.{function} belongs to {[r.name for r in found]}"
    return found[0]


@pytest.mark.req("HK-09")
@pytest.mark.parametrize(("kind", "name"), [(k, n) for k, ns in TIGHTEN.items() for n in ns])
def test_tightening_never_waits(kind, name):
    assert owner(kind, name).delay == 0


@pytest.mark.req("HK-09")
@pytest.mark.parametrize(("kind", "name"), [(k, n) for k, ns in LOOSEN.items() for n in ns])
def test_loosening_waits_and_a_guardian_can_cancel(kind, name):
    role = owner(kind, name)
    assert role.delay > 0
    assert role.guardian == "GUARDIAN"


def test_every_declared_function_is_in_one_of_the_lists():
    listed = {
        (kind, name)
        for table in (TIGHTEN, LOOSEN, EVERYDAY)
        for kind, names in table.items()
        for name in names
    }
    declared = {
        (kind, name)
        for role in roles().roles.values()
        for kind, names in role.functions.items()
        for name in names
    }
    assert declared == listed


PAIRS = [
    ("GOVERNOR", "GUARDIAN"),
    ("RELEASER", "BLACKLISTER"),
    ("RELEASER", "FREEZER"),
    ("RELEASER", "SEIZER"),
    ("SEIZER", "BLACKLISTER"),
    ("SEIZER", "FREEZER"),
    ("PAUSER", "RESUMER"),
    ("UPGRADER", "AUDITOR"),
    ("UPGRADER", "GUARDIAN"),
    ("ADMIN", "MINTER"),
    ("GOVERNOR", "MINTER"),
    ("GOVERNOR", "EXPELLER"),
]


@pytest.mark.req("HK-04")
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_opposite_powers_are_apart(one, other):
    table = roles().roles
    assert other in table[one].apart_from or one in table[other].apart_from
    for holders in roles().holders.values():
        assert not set(holders[one]) & set(holders[other])


@pytest.mark.req("HK-04")
def test_whoever_can_cancel_holds_nothing_that_waits():
    for role in roles().roles.values():
        if role.guardian:
            assert not any(
                set(h[role.name]) & set(h[role.guardian]) for h in roles().holders.values()
            )


@pytest.mark.req("HK-04")
def test_no_attestor_can_mint():
    for config in currencies().values():
        for chain, attestors in config.reserves.attestors.items():
            assert not set(attestors) & set(roles().holders[chain]["MINTER"])


def test_admin_and_governor_are_the_slowest():
    table = roles().roles
    assert table["ADMIN"].delay == max(r.delay for r in table.values())
    assert table["GOVERNOR"].delay >= 86400
