"""The shipped roles.toml: tighten at once, loosen late; opposite powers apart."""

import pytest

from pegboard.config import BY_DESK, SUITE_POWERS, SUITE_PREFIX
from tests.support.world import currencies, desks, roles

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
    "issuance": ["closeChannel", "lowerChannel", "tightenTiers", "cancel"],
    "orders": ["openCase", "nameAccount", "freeze", "hold", "cancel"],
    "presigned": ["revoke", "expelSigner"],
    "customers": ["unbind"],
    "registry": ["narrowPair", "closePair", "delistAsset", "cutAttester"],
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
        "appointDesk",
        "rescueERC20",
        "seize",
        "destroy",
        "upgrade",
    ],
    "feed": ["clearBreak", "addAttestor", "setQuorums"],
    "registry": [
        *("register", "retire", "tagWallet", "untagWallet"),
        *("openPair", "listAsset", "raiseAttester"),
    ],
    "checkout": ["complianceRelease", "releaseCredit", "rescue"],
    "receivables": ["releaseCredit", "rescue"],
    "envelopes": ["complianceRelease", "releaseCredit", "rescue"],
    "issuance": ["openChannel", "raiseChannel", "loosenTiers"],
    "redemption": ["list", "raiseFee", "lowerFee", "extend", "release"],
    "calendar": ["addCalendar", "addHolidays", "removeHolidays"],
    "orders": ["unfreeze", "release", "closeCase", "execute"],
    "presigned": ["addSigner", "setQuorum"],
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
#: Everyday verbs, which their own limits, a second party or a cooling time bound.
EVERYDAY = {
    "token": ["mint", "burn", "verify"],
    "audits": ["register"],
    "authority": ["labelRole"],
    "issuance": ["propose", "approve"],
    "redemption": [
        "validate",
        "instruct",
        "giveBack",
        "recordDelay",
        "settle",
        "reject",
    ],
    "customers": ["bind", "renew", "setPayout"],
    "orders": ["reviewCase", "propose"],
    "calendar": ["declareClosed"],
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
    ("PROPOSER", "APPROVER"),
    ("PROPOSER", "REGISTRAR"),
    ("APPROVER", "REGISTRAR"),
    ("APPROVER", "GOVERNOR"),
    ("REGISTRAR", "GOVERNOR"),
    ("PAUSER", "GOVERNOR"),
    ("TELLER", "SETTLER"),
    ("TELLER", "REGISTRAR"),
    ("DEFERRER", "TELLER"),
    ("DEFERRER", "GUARDIAN"),
    ("CASEWORKER", "EXECUTOR"),
    ("CASEWORKER", "RELEASER"),
    ("EXECUTOR", "RELEASER"),
    ("EXECUTOR", "GUARDIAN"),
    ("EXECUTOR", "BLACKLISTER"),
    ("EXECUTOR", "FREEZER"),
    ("CASEWORKER", "GUARDIAN"),
    ("PROPOSER", "GUARDIAN"),
    ("ADMIN", "APPROVER"),
    ("ADMIN", "EXECUTOR"),
    ("CLERK", "TELLER"),
    ("CLERK", "SETTLER"),
    ("DEFERRER", "SETTLER"),
]


def people(names):
    """All but contracts of the suite, whose own verbs have roles of their own."""
    return {name for name in names if not name.startswith(SUITE_PREFIX)}


@pytest.mark.req("HK-04")
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_opposite_powers_are_apart(one, other):
    table = roles().roles
    assert other in table[one].apart_from or one in table[other].apart_from
    for holders in roles().holders.values():
        assert people(holders[one])
        assert not people(holders[one]) & people(holders[other])


@pytest.mark.req("HK-04")
def test_contracts_of_the_suite_hold_exactly_their_powers():
    """Which of its own verbs each of them needs, and nothing besides."""
    for holders in roles().holders.values():
        declared = {
            (name, role) for role, names in holders.items() for name in set(names) - people(names)
        }
        assert declared == {(name, role) for name, held in SUITE_POWERS.items() for role in held}


@pytest.mark.req("HK-03")
def test_what_a_desk_does_by_itself_can_belong_to_desks_alone():
    """A live chain gives these to no person: of each there is a contract that can have it."""
    assert set(BY_DESK) == {"MINTER", "SEIZER"}
    assert set(BY_DESK) <= {role for held in SUITE_POWERS.values() for role in held}


@pytest.mark.req("HK-10")
def test_who_signs_pauses_ahead_holds_no_role():
    """They are many, far from each other, and known for nothing else."""
    for chain, signers in desks().pause_signers.items():
        held = {name for names in roles().holders[chain].values() for name in names}
        assert len(set(signers)) >= desks().pause_quorum >= 2
        assert not set(signers) & held


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
