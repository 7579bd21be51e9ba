"""Taking tokens by lawful order.

seize, destroy
├── when the case reference is zero: reverts with ReferenceRequired
├── given an account that is neither barred nor under a hold: reverts with OutOfReach
├── given a hold: reaches up to the held amount, at most the balance
├── given a frozen or blacklisted account: reaches the balance
├── given a contract of the suite, address zero or the token: reverts
├── when seized to oneself, address zero, the token or an account that may not receive: reverts
├── given a hold: consumes it first
├── given that everything is paused: works
└── else: a seizure leaves the supply, a destruction lowers it by exactly the value
"""

import pytest

from tests.support.refusal import emitted, refused, when_due
from tests.support.world import REF

ZERO = "0x" + "00" * 20
FUNDS = 1_000_000_000
REF_HEX = "0x" + REF.hex()
BARS = {"frozen": ("FREEZER", "freeze"), "blacklisted": ("BLACKLISTER", "blacklist")}


@pytest.fixture(params=BARS)
def barred(request, world, token, holder):
    """The holder, frozen or blacklisted."""
    role, verb = BARS[request.param]
    world.act(role, token, verb, [holder.address], REF)
    return holder.address


@pytest.fixture(params=["seize", "destroy"])
def order(request, world, token, payee):
    """An order against an account, scheduled and due; seizures go to the payee."""

    def prepare(account, value, ref=REF):
        to = (payee.address,) if request.param == "seize" else ()
        return when_due(world, "SEIZER", token, request.param, account, *to, value, ref)

    prepare.verb = request.param
    return prepare


def test_needs_a_case_reference(world, barred, order):
    act = order(barred, 1, b"\0" * 32)
    with refused(world, "ReferenceRequired"):
        act()


@pytest.mark.req("HK-55")
def test_does_not_reach_an_account_that_is_not_barred(world, holder, order):
    """Nobody's free money is in reach, whoever orders."""
    act = order(holder.address, 1)
    with refused(world, "OutOfReach", account=holder.address, value=1, reach=0):
        act()


@pytest.mark.req("HK-55")
def test_reaches_no_more_than_is_held(world, token, holder, order):
    world.act("FREEZER", token, "hold", holder.address, 500, REF)
    act = order(holder.address, 501)
    with refused(world, "OutOfReach", account=holder.address, value=501, reach=500):
        act()
    order(holder.address, 500)()
    assert token.call("balanceOf", holder.address) == FUNDS - 500
    assert token.call("getFrozenTokens", holder.address) == 0


def test_a_hold_above_the_balance_reaches_the_balance(world, token, holder, order):
    world.act("FREEZER", token, "hold", holder.address, FUNDS + 7, REF)
    act = order(holder.address, FUNDS + 1)
    with refused(world, "OutOfReach", account=holder.address, value=FUNDS + 1, reach=FUNDS):
        act()
    order(holder.address, FUNDS)()
    assert token.call("balanceOf", holder.address) == 0
    assert token.call("getFrozenTokens", holder.address) == 7


def test_reaches_no_more_than_the_balance(world, barred, order):
    act = order(barred, FUNDS + 1)
    with refused(world, "OutOfReach", account=barred, value=FUNDS + 1, reach=FUNDS):
        act()


@pytest.mark.req("HK-54")
def test_refuses_a_contract_of_the_suite(world, token, holder, order):
    world.act("GOVERNOR", token, "enlist", [holder.address], REF)
    act = order(holder.address, 1)
    with refused(world, "SuiteAccount", account=holder.address):
        act()


@pytest.mark.parametrize("account", [ZERO, "token"])
def test_refuses_accounts_that_are_none(world, token, order, account):
    account = token.address if account == "token" else account
    act = order(account, 0)
    with refused(world, "InvalidAccount", account=account):
        act()


@pytest.mark.parametrize("value", [0, 1, 400, FUNDS])
def test_takes_exactly_the_value(world, token, barred, payee, seizer, order, value):
    """I13: a barred balance changes only so; I2: a destruction is one Transfer to zero."""
    supply = token.call("totalSupply")
    receipt = order(barred, value)()
    to = payee.address if order.verb == "seize" else ZERO
    taken = {"from": barred, "value": value, "operator": seizer, "caseRef": REF_HEX}
    assert emitted(token, receipt) == [
        ("Transfer", {"from": barred, "to": to, "value": value}),
        ("ForcedTransfer", {"from": barred, "to": to, "amount": value}),
        ("Seized", {**taken, "to": to}) if order.verb == "seize" else ("Destroyed", taken),
    ]
    assert token.call("balanceOf", barred) == FUNDS - value
    if order.verb == "seize":
        assert token.call("balanceOf", payee.address) == value
        assert token.call("totalSupply") == supply
    else:
        assert token.call("totalSupply") == supply - value
        assert token.call("totalSupply") == supply - value


@pytest.mark.parametrize(("value", "left"), [(1, 299), (300, 0), (301, 0)])
def test_consumes_the_hold_first(world, token, barred, order, value, left):
    world.act("FREEZER", token, "hold", barred, 300, REF)
    receipt = order(barred, value)()
    assert emitted(token, receipt)[0] == ("Frozen", {"account": barred, "amount": left})
    assert token.call("getFrozenTokens", barred) == left
    assert token.call("balanceOf", barred) == FUNDS - value


@pytest.mark.req("HK-55")
def test_works_while_everything_is_paused(world, token, barred, order):
    """I12: lawful orders always work."""
    world.act("PAUSER", token, "pause", 15, REF)
    order(barred, 9)()
    assert token.call("balanceOf", barred) == FUNDS - 9


def test_leaves_the_bar(world, token, barred, order):
    order(barred, FUNDS)()
    assert token.call("canSend", barred) is False


@pytest.mark.parametrize("to", [ZERO, "token"])
def test_seizes_to_no_account_that_is_none(world, token, barred, to):
    """I4: also an order puts nothing at address zero or the token."""
    to = token.address if to == "token" else to
    act = when_due(world, "SEIZER", token, "seize", barred, to, 1, REF)
    with refused(world, "ERC20InvalidReceiver", receiver=to):
        act()


def test_seizes_not_to_oneself(world, token, barred):
    act = when_due(world, "SEIZER", token, "seize", barred, barred, 1, REF)
    with refused(world, "InvalidAccount", account=barred):
        act()


def test_seizes_not_to_a_blacklisted_account(world, token, barred, payee):
    """I13: as to of a seizure."""
    world.act("BLACKLISTER", token, "blacklist", [payee.address], REF)
    act = when_due(world, "SEIZER", token, "seize", barred, payee.address, 1, REF)
    with refused(world, "BlacklistedAccount", account=payee.address):
        act()


def test_seizes_not_to_an_unverified_account_in_allow_list_mode(world, token, barred, payee):
    world.act("PAUSER", token, "enterAllowListMode", REF)
    act = when_due(world, "SEIZER", token, "seize", barred, payee.address, 1, REF)
    with refused(world, "UnverifiedAccount", account=payee.address):
        act()
    world.act("VERIFIER", token, "verify", [payee.address], REF)
    act()
    assert token.call("balanceOf", payee.address) == 1
