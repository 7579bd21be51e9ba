"""Barring accounts, and holding amounts of them.

blacklist, freeze
├── given a contract of the suite in the list: reverts with SuiteAccount, and bars nobody
├── when the list has address zero or the token: reverts with InvalidAccount
├── given an account that is barred already: passes over it without event
└── else: bars every account at once, with an event each; balance, hold, nonce and supply stay

unblacklist, unfreeze
├── before their delay: revert
├── given an account that is not barred: pass over it without event
└── else: lift exactly their own bar

hold
├── when the reference is zero: reverts with ReferenceRequired
├── given a contract of the suite: reverts with SuiteAccount
├── when the account is address zero or the token: reverts with InvalidAccount
├── when the sum would not fit: reverts with OutOfReach
└── else: adds to the held amount, which may exceed the balance

release
├── when the reference is zero: reverts with ReferenceRequired
├── when more is released than held: reverts with NotHeld
└── else: takes it off

enlist, delist
├── given an account that is frozen, blacklisted or under a hold: reverts with BarredAccount
├── when the account is address zero or the token: reverts with InvalidAccount
└── else: marks and unmarks contracts of the suite
"""

import pytest

from tests.support.refusal import emitted, refused, when_due
from tests.support.world import REF

ZERO = "0x" + "00" * 20
FUNDS = 1_000_000_000
MAX = 2**112 - 1
REF_HEX = "0x" + REF.hex()
NO_REF = b"\0" * 32

BARS = {
    "blacklist": ("BLACKLISTER", "Blacklisted", "isBlacklisted", "unblacklist", "Unblacklisted"),
    "freeze": ("FREEZER", "AccountFrozen", "isFrozen", "unfreeze", "AccountUnfrozen"),
}


@pytest.fixture(params=BARS)
def bar(request):
    return (request.param, *BARS[request.param])


@pytest.fixture
def suite_account(world, token, stranger):
    """Stands for a desk: holds other people's money."""
    world.act("GOVERNOR", token, "enlist", [stranger.address], REF)
    return stranger.address


def marked(event, account, operator):
    return (event, {"account": account, "operator": operator, "ref": REF_HEX})


def test_refuses_a_contract_of_the_suite(world, token, holder, suite_account, bar):
    """A list is applied whole or not at all."""
    verb, role, _, is_barred, _, _ = bar
    with refused(world, "SuiteAccount", account=suite_account):
        token.send(verb, [holder.address, suite_account], REF, sender=world.member(role))
    assert token.call(is_barred, holder.address) is False


@pytest.mark.parametrize("account", [ZERO, "token"])
def test_refuses_accounts_that_are_none(world, token, holder, bar, account):
    """I14: barring address zero or the token cannot stop mint and burn; it is refused."""
    verb, role, *_ = bar
    account = token.address if account == "token" else account
    with refused(world, "InvalidAccount", account=account):
        token.send(verb, [holder.address, account], REF, sender=world.member(role))


def test_bars_a_list_at_once(world, token, holder, payee, spender, bar):
    verb, role, event, is_barred, _, _ = bar
    accounts = [holder.address, payee.address, spender.address]
    receipt = token.send(verb, accounts, REF, sender=world.member(role))
    assert emitted(token, receipt) == [marked(event, a, world.member(role)) for a in accounts]
    assert all(token.call(is_barred, a) for a in accounts)


def test_passes_over_those_barred_already(world, token, holder, payee, bar):
    """Applying a list twice changes nothing the second time."""
    verb, role, event, _, _, _ = bar
    token.send(verb, [holder.address], REF, sender=world.member(role))
    accounts = [holder.address, payee.address, payee.address]
    receipt = token.send(verb, accounts, REF, sender=world.member(role))
    assert emitted(token, receipt) == [marked(event, payee.address, world.member(role))]
    assert token.send(verb, accounts, REF, sender=world.member(role)).logs == ()


def test_an_empty_list_does_nothing(world, token, bar):
    verb, role, *_ = bar
    assert token.send(verb, [], REF, sender=world.member(role)).logs == ()


@pytest.mark.req("HK-27")
def test_barring_leaves_balance_hold_nonce_and_supply(world, token, holder, bar):
    """I13: the balance of a barred account changes only by order; it stays in the supply."""
    verb, role, *_ = bar
    supply = token.call("totalSupply")
    world.act("FREEZER", token, "hold", holder.address, 5, REF)
    token.send(verb, [holder.address], REF, sender=world.member(role))
    assert token.call("balanceOf", holder.address) == FUNDS
    assert token.call("getFrozenTokens", holder.address) == 5
    assert token.call("nonces", holder.address) == 0
    assert token.call("totalSupply") == supply
    assert token.call("availableOf", holder.address) == 0
    assert token.call("canSend", holder.address) is False


def test_the_two_bars_are_apart(world, token, holder):
    """HKMA names blacklist and freeze as separate verbs."""
    world.act("FREEZER", token, "freeze", [holder.address], REF)
    assert token.call("isBlacklisted", holder.address) is False
    assert token.call("canReceive", holder.address) is True
    world.act("BLACKLISTER", token, "blacklist", [holder.address], REF)
    assert token.call("canReceive", holder.address) is False
    world.act("RELEASER", token, "unfreeze", [holder.address], REF)
    assert token.call("isBlacklisted", holder.address) is True
    world.act("RELEASER", token, "unblacklist", [holder.address], REF)
    assert token.call("canSend", holder.address) is True


@pytest.mark.req("HK-09")
def test_barring_is_immediate_and_lifting_waits(world, token, holder, releaser, bar):
    verb, role, _, is_barred, lift, lifted = bar
    token.send(verb, [holder.address], REF, sender=world.member(role))
    call = token.prepare(lift, [holder.address], REF)
    operation = world.suite.authority.call("hashOperation", releaser, token.address, call.data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        token.submit(call.data, sender=releaser)
    receipt = when_due(world, "RELEASER", token, lift, [holder.address], REF)()
    assert emitted(token, receipt) == [marked(lifted, holder.address, releaser)]
    assert token.call(is_barred, holder.address) is False


def test_lifting_passes_over_those_not_barred(world, token, holder, payee, releaser, bar):
    verb, role, _, _, lift, lifted = bar
    token.send(verb, [payee.address], REF, sender=world.member(role))
    accounts = [holder.address, payee.address, payee.address, ZERO]
    receipt = when_due(world, "RELEASER", token, lift, accounts, REF)()
    assert emitted(token, receipt) == [marked(lifted, payee.address, releaser)]


def test_works_while_everything_is_paused(world, token, holder, bar):
    """I12: lawful orders always work."""
    verb, role, _, is_barred, lift, _ = bar
    world.act("PAUSER", token, "pause", 15, REF)
    world.act(role, token, verb, [holder.address], REF)
    assert token.call(is_barred, holder.address) is True
    world.act("RELEASER", token, lift, [holder.address], REF)
    assert token.call(is_barred, holder.address) is False


def test_an_office_holder_may_be_barred_and_keeps_the_office(world, token, holder, pauser):
    """I14: barring an admin never blocks administration beyond its own tokens."""
    world.act("BLACKLISTER", token, "blacklist", [pauser, world.member("RESUMER")], REF)
    world.act("FREEZER", token, "freeze", [world.member("GOVERNOR")], REF)
    world.act("PAUSER", token, "pause", 1, REF)
    world.act("RESUMER", token, "resume", 1, REF, token.call("pauseNumber"))
    world.act("GOVERNOR", token, "enlist", [world.holder(9).address], REF)
    assert token.call("pauses") == 0
    assert token.call("isEnlisted", world.holder(9).address) is True


# Holds


@pytest.mark.req("HK-54")
def test_holds_an_amount(world, token, holder, freezer):
    for value, held in ((400, 400), (100, 500), (0, 500), (2 * FUNDS, 2 * FUNDS + 500)):
        receipt = token.send("hold", holder.address, value, REF, sender=freezer)
        assert emitted(token, receipt) == [
            ("Frozen", {"account": holder.address, "amount": held}),
            (
                "Held",
                {"account": holder.address, "value": value, "operator": freezer, "ref": REF_HEX},
            ),
        ]
        assert token.call("getFrozenTokens", holder.address) == held
        assert token.call("availableOf", holder.address) == max(FUNDS - held, 0)
    assert token.call("balanceOf", holder.address) == FUNDS
    assert token.call("isFrozen", holder.address) is False


def test_hold_needs_a_reference(world, token, holder, freezer):
    with refused(world, "ReferenceRequired"):
        token.send("hold", holder.address, 1, NO_REF, sender=freezer)


def test_hold_refuses_a_contract_of_the_suite(world, token, freezer, suite_account):
    with refused(world, "SuiteAccount", account=suite_account):
        token.send("hold", suite_account, 1, REF, sender=freezer)


@pytest.mark.parametrize("account", [ZERO, "token"])
def test_hold_refuses_accounts_that_are_none(world, token, freezer, account):
    account = token.address if account == "token" else account
    with refused(world, "InvalidAccount", account=account):
        token.send("hold", account, 1, REF, sender=freezer)


@pytest.mark.parametrize("value", [MAX, MAX + 1, 2**256 - 1])
def test_hold_refuses_what_would_not_fit(world, token, holder, freezer, value):
    token.send("hold", holder.address, 1, REF, sender=freezer)
    with refused(world, "HoldTooLarge", account=holder.address, value=value, held=1):
        token.send("hold", holder.address, value, REF, sender=freezer)


def test_the_greatest_hold_touches_no_other_field(world, token, holder, freezer):
    token.send("hold", holder.address, MAX, REF, sender=freezer)
    assert token.call("getFrozenTokens", holder.address) == MAX
    assert token.call("balanceOf", holder.address) == FUNDS
    assert token.call("nonces", holder.address) == 0


def test_what_arrives_fills_the_hold(world, token, holder, payee, freezer):
    token.send("hold", payee.address, 100, REF, sender=freezer)
    token.send("transfer", payee.address, 150, sender=holder.address)
    assert token.call("availableOf", payee.address) == 50


def test_releases_an_amount(world, token, holder, releaser):
    world.act("FREEZER", token, "hold", holder.address, 500, REF)
    for value, held in ((200, 300), (0, 300), (300, 0)):
        receipt = when_due(world, "RELEASER", token, "release", holder.address, value, REF)()
        assert emitted(token, receipt) == [
            ("Frozen", {"account": holder.address, "amount": held}),
            (
                "Released",
                {"account": holder.address, "value": value, "operator": releaser, "ref": REF_HEX},
            ),
        ]
    assert token.call("availableOf", holder.address) == FUNDS


def test_refuses_to_release_more_than_is_held(world, token, holder):
    world.act("FREEZER", token, "hold", holder.address, 500, REF)
    release = when_due(world, "RELEASER", token, "release", holder.address, 501, REF)
    with refused(world, "NotHeld", account=holder.address, value=501, held=500):
        release()


def test_release_needs_a_reference(world, token, holder):
    world.act("FREEZER", token, "hold", holder.address, 500, REF)
    release = when_due(world, "RELEASER", token, "release", holder.address, 1, NO_REF)
    with refused(world, "ReferenceRequired"):
        release()


# Contracts of the suite


@pytest.mark.parametrize(
    ("role", "verb", "args"),
    [("BLACKLISTER", "blacklist", ()), ("FREEZER", "freeze", ()), ("FREEZER", "hold", (1,))],
)
def test_a_barred_account_cannot_join_the_suite(world, token, holder, payee, role, verb, args):
    account = holder.address
    world.act(role, token, verb, *((account, *args) if args else ([account],)), REF)
    enlist = when_due(world, "GOVERNOR", token, "enlist", [payee.address, account], REF)
    with refused(world, "BarredAccount", account=account):
        enlist()


@pytest.mark.parametrize("account", [ZERO, "token"])
def test_enlist_refuses_accounts_that_are_none(world, token, account):
    account = token.address if account == "token" else account
    enlist = when_due(world, "GOVERNOR", token, "enlist", [account], REF)
    with refused(world, "InvalidAccount", account=account):
        enlist()


def test_enlists_and_delists(world, token, payee, stranger, governor):
    accounts = [payee.address, stranger.address, payee.address]
    receipt = when_due(world, "GOVERNOR", token, "enlist", accounts, REF)()
    assert emitted(token, receipt) == [marked("Enlisted", a, governor) for a in accounts[:2]]
    assert token.call("isEnlisted", payee.address) is True
    assert token.call("isVerified", payee.address) is True
    receipt = when_due(world, "GOVERNOR", token, "delist", accounts, REF)()
    assert emitted(token, receipt) == [marked("Delisted", a, governor) for a in accounts[:2]]
    assert token.call("isEnlisted", payee.address) is False
    assert token.call("isVerified", payee.address) is False
    world.act("FREEZER", token, "freeze", [payee.address], REF)
