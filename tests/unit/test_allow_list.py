"""Identity: allow-list mode and who is verified.

enterAllowListMode
└── at once: from, to and spender of every movement must be verified

leaveAllowListMode
├── before its delay: reverts
└── else: identity no longer matters, bars still do

verify, unverify
├── when the list has address zero or the token: verify reverts with InvalidAccount
├── given an account in that state already: passes over it without event
└── else: marks and unmarks, with an event each

a contract of the suite
└── counts as verified
"""

import pytest

from tests.support.refusal import emitted, refused, when_due
from tests.support.world import REF

ZERO = "0x" + "00" * 20
REF_HEX = "0x" + REF.hex()


def marked(event, account, operator):
    return (event, {"account": account, "operator": operator, "ref": REF_HEX})


@pytest.mark.parametrize("account", [ZERO, "token"])
def test_verify_refuses_accounts_that_are_none(world, token, payee, verifier, account):
    account = token.address if account == "token" else account
    with refused(world, "InvalidAccount", account=account):
        token.send("verify", [payee.address, account], REF, sender=verifier)


@pytest.mark.req("HK-09")
def test_leaving_waits_for_its_delay(world, token, governor):
    """I12: tighten at once, loosen late."""
    world.act("PAUSER", token, "enterAllowListMode", REF)
    call = token.prepare("leaveAllowListMode", REF)
    operation = world.suite.authority.call("hashOperation", governor, token.address, call.data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        token.submit(call.data, sender=governor)
    assert token.call("isAllowListOn") is True


def test_enters_and_leaves(world, token, holder, payee, pauser, governor):
    assert token.call("isAllowListOn") is False
    receipt = token.send("enterAllowListMode", REF, sender=pauser)
    assert emitted(token, receipt) == [
        ("AllowListModeEntered", {"operator": pauser, "ref": REF_HEX})
    ]
    assert token.call("isAllowListOn") is True
    assert token.call("canSend", holder.address) is False
    assert token.call("canReceive", payee.address) is False
    assert token.call("availableOf", holder.address) == 0

    receipt = when_due(world, "GOVERNOR", token, "leaveAllowListMode", REF)()
    assert emitted(token, receipt) == [
        ("AllowListModeLeft", {"operator": governor, "ref": REF_HEX})
    ]
    assert token.call("isAllowListOn") is False
    token.send("transfer", payee.address, 1, sender=holder.address)


def test_bars_still_count_for_the_verified(world, token, holder, payee):
    world.act("VERIFIER", token, "verify", [holder.address, payee.address], REF)
    world.act("PAUSER", token, "enterAllowListMode", REF)
    world.act("FREEZER", token, "freeze", [holder.address], REF)
    with refused(world, "FrozenAccount", account=holder.address):
        token.send("transfer", payee.address, 1, sender=holder.address)


def test_verifies_and_unverifies(world, token, payee, stranger, verifier):
    accounts = [payee.address, stranger.address, payee.address]
    receipt = token.send("verify", accounts, REF, sender=verifier)
    assert emitted(token, receipt) == [marked("Verified", a, verifier) for a in accounts[:2]]
    assert token.call("isVerified", payee.address) is True
    assert token.send("verify", accounts, REF, sender=verifier).logs == ()
    receipt = token.send("unverify", accounts, REF, sender=verifier)
    assert emitted(token, receipt) == [marked("Unverified", a, verifier) for a in accounts[:2]]
    assert token.call("isVerified", payee.address) is False
    assert token.send("unverify", accounts, REF, sender=verifier).logs == ()


def test_verifying_matters_only_in_allow_list_mode(world, token, holder, payee, verifier):
    token.send("verify", [holder.address], REF, sender=verifier)
    token.send("unverify", [holder.address], REF, sender=verifier)
    token.send("transfer", payee.address, 1, sender=holder.address)
    assert token.call("balanceOf", payee.address) == 1


@pytest.mark.req("HK-52")
def test_a_contract_of_the_suite_counts_as_verified(world, token, holder, payee):
    world.act("VERIFIER", token, "verify", [holder.address], REF)
    world.act("GOVERNOR", token, "enlist", [payee.address], REF)
    world.act("PAUSER", token, "enterAllowListMode", REF)
    token.send("transfer", payee.address, 5, sender=holder.address)
    token.send("transfer", holder.address, 2, sender=payee.address)
    assert token.call("balanceOf", payee.address) == 3


def test_marks_leave_the_rest_of_the_account(world, token, holder, verifier):
    world.act("FREEZER", token, "freeze", [holder.address], REF)
    world.act("FREEZER", token, "hold", holder.address, 7, REF)
    token.send("verify", [holder.address], REF, sender=verifier)
    assert token.call("isFrozen", holder.address) is True
    assert token.call("getFrozenTokens", holder.address) == 7
    assert token.call("balanceOf", holder.address) == 1_000_000_000
    token.send("unverify", [holder.address], REF, sender=verifier)
    assert token.call("isFrozen", holder.address) is True
