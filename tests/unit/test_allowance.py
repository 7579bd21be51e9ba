"""Allowances and transfers within them.

approve
├── when the spender is address zero: reverts with ERC20InvalidSpender
├── when the owner is address zero: reverts with ERC20InvalidSender
└── else, whatever the state of owner and spender: sets exactly the value, again and again

transferFrom
├── when the allowance is short: reverts with ERC20InsufficientAllowance
│   └── also for one's own tokens
├── given a spender that is barred, or unverified in allow-list mode: reverts and names it
├── given an owner or recipient that may not: reverts, and the allowance stays
├── when the amount is not spendable: reverts, and the allowance stays
├── given a finite allowance: it falls by exactly the value
└── given 2^256 - 1: it never falls
"""

import pytest

from tests.support.refusal import emitted, refused
from tests.support.world import REF

ZERO = "0x" + "00" * 20
FUNDS = 1_000_000_000
INFINITE = 2**256 - 1
FORMS = {
    "transferFrom": "transferFrom(address,address,uint256)",
    "transferFrom with a reference": "transferFrom(address,address,uint256,bytes)",
}


@pytest.fixture(params=FORMS)
def move(request, token, holder, payee, spender):
    """Moves the holder's tokens as the spender, in both forms."""
    extra = (b"INV",) if "reference" in request.param else ()

    def act(value, sender=spender.address, owner=holder.address, to=payee.address):
        return token.send(FORMS[request.param], owner, to, value, *extra, sender=sender)

    return act


@pytest.fixture
def allowed(token, holder, spender):
    """The spender may move 100."""
    token.send("approve", spender.address, 100, sender=holder.address)


@pytest.mark.parametrize("value", [0, 1])
def test_nothing_moves_out_of_address_zero(world, token, holder, value):
    """I2: even a movement of nothing would read as a mint."""
    with refused(world, "ERC20InvalidSender", sender=ZERO):
        token.send("transferFrom", ZERO, holder.address, value, sender=holder.address)


def test_approve_refuses_address_zero(world, token, holder):
    with refused(world, "ERC20InvalidSpender", spender=ZERO):
        token.send("approve", ZERO, 1, sender=holder.address)


@pytest.mark.parametrize("value", [0, 1, 2**112, INFINITE])
def test_approve_sets_the_value(world, token, holder, spender, value):
    """I5: an allowance changes by its owner's word."""
    token.send("approve", spender.address, 7, sender=holder.address)
    receipt = token.send("approve", spender.address, value, sender=holder.address)
    assert token.call("allowance", holder.address, spender.address) == value
    assert token.call("allowance", spender.address, holder.address) == 0
    assert emitted(token, receipt) == [
        ("Approval", {"owner": holder.address, "spender": spender.address, "value": value})
    ]


@pytest.mark.parametrize(("role", "verb"), [("FREEZER", "freeze"), ("BLACKLISTER", "blacklist")])
@pytest.mark.parametrize("party", ["owner", "spender"])
def test_approve_reads_no_flags(world, token, holder, spender, role, verb, party):
    """An approval moves nothing; transferFrom asks."""
    world.act(role, token, verb, [{"owner": holder, "spender": spender}[party].address], REF)
    token.send("approve", spender.address, 3, sender=holder.address)
    assert token.call("allowance", holder.address, spender.address) == 3


@pytest.mark.usefixtures("allowed")
def test_refuses_more_than_the_allowance(world, holder, spender, move):
    """I5: nobody moves more than was allowed."""
    with refused(
        world, "ERC20InsufficientAllowance", spender=spender.address, allowance=100, needed=101
    ):
        move(101)


@pytest.mark.usefixtures("allowed")
def test_refuses_a_stranger(world, stranger, move):
    with refused(
        world, "ERC20InsufficientAllowance", spender=stranger.address, allowance=0, needed=1
    ):
        move(1, sender=stranger.address)


def test_one_needs_an_allowance_of_ones_own_tokens_too(world, holder, move):
    with refused(
        world, "ERC20InsufficientAllowance", spender=holder.address, allowance=0, needed=1
    ):
        move(1, sender=holder.address)


@pytest.mark.usefixtures("allowed")
@pytest.mark.req("HK-53")
def test_refuses_a_blacklisted_spender(world, token, spender, move):
    """I13: as spender."""
    world.act("BLACKLISTER", token, "blacklist", [spender.address], REF)
    with refused(world, "BlacklistedAccount", account=spender.address):
        move(1)


@pytest.mark.usefixtures("allowed")
@pytest.mark.req("HK-54")
def test_refuses_a_frozen_spender(world, token, spender, move):
    world.act("FREEZER", token, "freeze", [spender.address], REF)
    with refused(world, "FrozenAccount", account=spender.address):
        move(1)


@pytest.mark.usefixtures("allowed")
@pytest.mark.req("HK-52")
def test_refuses_an_unverified_spender_in_allow_list_mode(
    world, token, holder, payee, spender, move
):
    world.act("VERIFIER", token, "verify", [holder.address, payee.address], REF)
    world.act("PAUSER", token, "enterAllowListMode", REF)
    with refused(world, "UnverifiedAccount", account=spender.address):
        move(1)


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("party", ["holder", "payee"])
def test_a_barred_party_costs_no_allowance(world, token, holder, payee, spender, move, party):
    """I13: as from and to of a spender; I15: a failed call consumes no allowance."""
    account = {"holder": holder, "payee": payee}[party].address
    world.act("BLACKLISTER", token, "blacklist", [account], REF)
    with refused(world, "BlacklistedAccount", account=account):
        move(100)
    assert token.call("allowance", holder.address, spender.address) == 100


def test_a_short_balance_costs_no_allowance(world, token, holder, spender, move):
    """I15: a failed call consumes no allowance."""
    token.send("approve", spender.address, FUNDS + 9, sender=holder.address)
    with refused(
        world, "ERC20InsufficientBalance", sender=holder.address, balance=FUNDS, needed=FUNDS + 1
    ):
        move(FUNDS + 1)


@pytest.mark.parametrize("to", [ZERO, "token"])
@pytest.mark.usefixtures("allowed")
def test_refuses_recipients_without_account(world, token, move, to):
    """I4: nothing goes to address zero or the token."""
    to = token.address if to == "token" else to
    with refused(world, "ERC20InvalidReceiver", receiver=to):
        move(1, to=to)


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("value", [0, 1, 100])
def test_a_finite_allowance_falls_by_the_value(world, token, holder, payee, spender, move, value):
    """I5: by exactly the value, through the spender's own call; I3: as two balances do."""
    receipt = move(value)
    assert token.call("allowance", holder.address, spender.address) == 100 - value
    assert token.call("balanceOf", holder.address) == FUNDS - value
    assert token.call("balanceOf", payee.address) == value
    assert emitted(token, receipt)[-1] == (
        "Transfer",
        {"from": holder.address, "to": payee.address, "value": value},
    )
    assert "Approval" not in [name for name, _ in emitted(token, receipt)]


def test_an_infinite_allowance_never_falls(world, token, holder, spender, move):
    """I5: 2^256 - 1 means unlimited, as stated."""
    token.send("approve", spender.address, INFINITE, sender=holder.address)
    move(FUNDS)
    assert token.call("allowance", holder.address, spender.address) == INFINITE
    assert token.call("balanceOf", holder.address) == 0


def test_one_below_infinite_falls(world, token, holder, spender, move):
    token.send("approve", spender.address, INFINITE - 1, sender=holder.address)
    move(1)
    assert token.call("allowance", holder.address, spender.address) == INFINITE - 2


def test_a_transfer_of_ones_own_leaves_allowances(world, token, holder, payee, spender):
    """I5: nobody else's call changes an allowance."""
    token.send("approve", spender.address, 100, sender=holder.address)
    token.send("transfer", payee.address, 50, sender=holder.address)
    assert token.call("allowance", holder.address, spender.address) == 100
