"""Into redemption, out of it, and out of existence: what a token and any desk owe each other.

surrender
├── while redemption is paused, whatever else is: reverts with Paused
├── to an account that is not appointed: reverts with NotRedemptionDesk
├── by a desk to itself: reverts with ERC20InvalidSender
├── of nothing: reverts with NothingToSurrender
├── by a frozen or blacklisted holder: reverts and names it
├── of more than the holder has, or of what is held: reverts
├── when the desk refuses: reverts with the desk's reason
├── given a pause of anything else, or a holder who is not verified in allow-list mode: works
└── else: moves the tokens, tells the desk, and answers with the desk's number

restore
├── by who is not an appointed desk: reverts with NotRedemptionDesk
├── of more than the escrow: reverts with ERC20InsufficientBalance
├── to a blacklisted account, address zero, the token or a desk: reverts
├── given any pause, or somebody frozen, held or unverified: works
└── else: moves the tokens, and nothing else

burnEscrow
├── by who is not an appointed desk: reverts with NotRedemptionDesk
├── for a frozen or blacklisted holder: reverts and names it
├── of more than the escrow: reverts with ERC20InsufficientBalance
├── given any pause, or a holder who is held or unverified: works
└── else: takes the tokens out of the supply

appointDesk
├── when there is no code: reverts with NoCode
├── when it is the token itself: reverts with InvalidAccount
├── when it is frozen, blacklisted or under a hold: reverts with BarredAccount
└── else: makes it a contract of the suite and a desk, if it was not

delist
├── of a desk that has tokens: reverts with DeskNotEmpty
└── else: takes both marks, and the desk is an account like any other

a desk
├── is reached by nothing but surrender: all other ways revert, and rows of batches are skipped
└── cannot be barred or taken from
"""

import pytest
from eth_utils import keccak

from tests.support.puppet import deploy_puppet
from tests.support.refusal import emitted, refused, when_due
from tests.support.signed import FOREVER, FORMS, sign, spelled
from tests.support.world import REF

ZERO = "0x" + "00" * 20
REF_HEX = "0x" + REF.hex()
FUNDS = 1_000_000_000
ESCROW = 400
BARS = {
    "frozen": ("FREEZER", "freeze", "FrozenAccount"),
    "blacklisted": ("BLACKLISTER", "blacklist", "BlacklistedAccount"),
}
PAY = "pay(bytes32,uint8,(address,uint96)[],uint256)"
PAY_REFS = "pay(bytes32,uint8,(address,uint96)[],bytes32[],uint256)"
NONCE = b"\7" * 32


@pytest.fixture
def desk(world, token):
    """An appointed desk that does what it is told."""
    made = deploy_puppet(world.chain)
    world.act("GOVERNOR", token, "appointDesk", made.address, REF)
    return made


@pytest.fixture
def other_desk(world, token):
    made = deploy_puppet(world.chain, 1)
    world.act("GOVERNOR", token, "appointDesk", made.address, REF)
    return made


@pytest.fixture
def escrow(token, holder, desk):
    """The holder has surrendered 400 units."""
    token.send("surrender", desk.address, ESCROW, REF, sender=holder.address)
    return desk


@pytest.fixture
def balances(token, holder, desk):
    """Of the holder and of the desk."""
    return lambda: tuple(token.call("balanceOf", a.address) for a in (holder, desk))


@pytest.fixture(params=BARS)
def barred(request, world, token, holder):
    """Bars the holder when called; answers with the refusal that names it."""

    def bar():
        role, verb, error = BARS[request.param]
        world.act(role, token, verb, [holder.address], REF)
        return error

    return bar


@pytest.fixture(params=["nobody", "enlisted", "delisted", "of another token"])
def no_desk(request, world, token, create):
    """A contract that is no desk of the token, however near it comes."""
    made = deploy_puppet(world.chain, 2)
    if request.param == "enlisted":
        world.act("GOVERNOR", token, "enlist", [made.address], REF)
    if request.param == "delisted":
        world.act("GOVERNOR", token, "appointDesk", made.address, REF)
        world.act("GOVERNOR", token, "delist", [made.address], REF)
    if request.param == "of another token":
        dollar = token.at(
            create(world, "PeggedToken", "D", "D", 6, "USD", world.suite.controls.address).address
        )
        allow = (dollar.address, [token.selector("appointDesk")], 1)
        when_due(world, "ADMIN", world.suite.authority, "setTargetFunctionRole", *allow)()
        world.act("GOVERNOR", dollar, "appointDesk", made.address, REF)
    return made


# Surrendering


@pytest.mark.req("HK-14")
@pytest.mark.parametrize("bits", range(1, 16))
def test_only_a_pause_of_redemption_stops_surrendering(world, token, holder, desk, balances, bits):
    """I12: every combination of pauses; the holder can always ask for the money but in one."""
    world.act("PAUSER", token, "pause", bits, REF)
    if bits & 8:
        with refused(world, "Paused", pauses=bits):
            token.send("surrender", desk.address, ESCROW, REF, sender=holder.address)
    else:
        token.send("surrender", desk.address, ESCROW, REF, sender=holder.address)
        assert balances() == (FUNDS - ESCROW, ESCROW)


def test_is_surrendered_to_a_desk_only(world, token, holder, no_desk):
    """Whoever is given tokens this way must know whose they are."""
    with refused(world, "NotRedemptionDesk", account=no_desk.address):
        token.send("surrender", no_desk.address, ESCROW, REF, sender=holder.address)


@pytest.mark.parametrize("where", ["zero", "token", "oneself", "a person"])
def test_is_surrendered_to_no_account_that_is_none(world, token, holder, stranger, where):
    """I4: a mistyped desk costs nothing."""
    places = {"zero": ZERO, "token": token.address, "oneself": holder.address}
    to = places.get(where, stranger.address)
    with refused(world, "NotRedemptionDesk", account=to):
        token.send("surrender", to, ESCROW, REF, sender=holder.address)


def test_no_desk_surrenders_to_itself(world, token, escrow):
    """It would be credited upon what it had before."""
    with refused(world, "ERC20InvalidSender", sender=escrow.address):
        escrow.act(token, "surrender", escrow.address, 1, REF)


def test_a_desk_surrenders_to_another(token, escrow, other_desk):
    escrow.act(token, "surrender", other_desk.address, ESCROW, REF)
    assert token.call("balanceOf", escrow.address) == 0
    assert token.call("balanceOf", other_desk.address) == ESCROW


def test_nothing_is_not_surrendered(world, token, holder, desk):
    """A request for nothing would only fill the desk's list."""
    with refused(world, "NothingToSurrender"):
        token.send("surrender", desk.address, 0, REF, sender=holder.address)


@pytest.mark.req("HK-53")
def test_a_barred_holder_does_not_surrender(world, token, holder, desk, barred):
    """I13: barred units do not leave by this way either."""
    error = barred()
    with refused(world, error, account=holder.address):
        token.send("surrender", desk.address, 1, REF, sender=holder.address)


@pytest.mark.parametrize("value", [FUNDS + 1, 2**112, 2**256 - 1])
def test_no_more_than_the_balance_is_surrendered(world, token, holder, desk, value):
    evidence = {"sender": holder.address, "balance": FUNDS, "needed": value}
    with refused(world, "ERC20InsufficientBalance", **evidence):
        token.send("surrender", desk.address, value, REF, sender=holder.address)


@pytest.mark.req("HK-53")
def test_held_units_are_not_surrendered(world, token, holder, desk, balances):
    """The rest is, to the last unit."""
    world.act("FREEZER", token, "hold", holder.address, FUNDS - ESCROW, REF)
    evidence = {"account": holder.address, "amount": ESCROW + 1, "unfrozen": ESCROW}
    with refused(world, "ERC7943InsufficientUnfrozenBalance", **evidence):
        token.send("surrender", desk.address, ESCROW + 1, REF, sender=holder.address)
    token.send("surrender", desk.address, ESCROW, REF, sender=holder.address)
    assert balances() == (FUNDS - ESCROW, ESCROW)


def test_the_desks_refusal_is_the_tokens(world, token, holder, desk):
    """Nothing moves that the desk has not recorded."""
    desk.send("refuse", True, sender=holder.address)
    with refused(world, "NotToday", value=ESCROW):
        desk.at(token.address).submit(
            token.encode("surrender", desk.address, ESCROW, REF), sender=holder.address
        )


def test_a_desk_that_takes_no_requests_gets_nothing(world, token, holder, feed):
    """Appointed, and deaf."""
    world.act("GOVERNOR", token, "appointDesk", feed.address, REF)
    with refused(world, ""):
        token.send("surrender", feed.address, ESCROW, REF, sender=holder.address)


@pytest.mark.req("HK-39")
@pytest.mark.parametrize("value", [1, ESCROW, FUNDS])
def test_surrenders(token, holder, desk, balances, value):
    """The tokens move, and then the desk is told by whom, how many, and with which reference."""
    number = token.call("surrender", desk.address, value, REF, sender=holder.address)
    receipt = token.send("surrender", desk.address, value, REF, sender=holder.address)
    assert emitted(token, receipt) == [
        ("Transfer", {"from": holder.address, "to": desk.address, "value": value})
    ]
    assert balances() == (FUNDS - value, value)
    assert token.call("totalSupply") == FUNDS
    said = tuple(desk.call(name) for name in ("token", "holder", "value", "ref", "had"))
    assert said == (token.address, holder.address, value, REF_HEX, value)
    assert number == desk.call("count") == 1


def test_surrenders_add_up(token, holder, desk, balances):
    for number in (1, 2, 3):
        sent = token.call("surrender", desk.address, number, bytes(32), sender=holder.address)
        assert sent == number
        token.send("surrender", desk.address, number, bytes(32), sender=holder.address)
    assert balances() == (FUNDS - 6, 6)
    assert desk.call("had") == 6


@pytest.mark.req("HK-52")
def test_an_unverified_holder_surrenders_in_allow_list_mode(world, token, holder, desk, balances):
    """The mode shuts it out of every payment, and not out of its money."""
    world.act("PAUSER", token, "enterAllowListMode", REF)
    assert token.call("canSend", holder.address) is False
    token.send("surrender", desk.address, FUNDS, REF, sender=holder.address)
    assert balances() == (0, FUNDS)


@pytest.mark.parametrize("value", [1, ESCROW])
def test_a_desk_may_give_back_while_it_is_asked(token, holder, desk, balances, value):
    """All is booked before the desk is called."""
    data = token.encode("restore", holder.address, value)
    desk.send("intend", token.address, data, sender=holder.address)
    token.send("surrender", desk.address, ESCROW, REF, sender=holder.address)
    assert balances() == (FUNDS - ESCROW + value, ESCROW - value)
    assert token.call("totalSupply") == FUNDS


def test_a_desk_may_burn_while_it_is_asked(token, holder, desk, balances):
    data = token.encode("burnEscrow", holder.address, ESCROW)
    desk.send("intend", token.address, data, sender=holder.address)
    token.send("surrender", desk.address, ESCROW, REF, sender=holder.address)
    assert balances() == (FUNDS - ESCROW, 0)
    assert token.call("totalSupply") == FUNDS - ESCROW


def test_no_allowance_is_asked_or_spent(token, holder, spender, escrow):
    """One surrenders one's own: an allowance gives no right to it."""
    token.send("approve", spender.address, 5, sender=holder.address)
    assert token.call("allowance", holder.address, escrow.address) == 0
    token.send("surrender", escrow.address, 1, REF, sender=holder.address)
    assert token.call("allowance", holder.address, spender.address) == 5


# Giving back


def test_only_a_desk_restores(world, token, holder, escrow, no_desk):
    """Whatever else it is: a contract of the suite, or the one who appoints."""
    with refused(world, "NotRedemptionDesk", account=no_desk.address):
        no_desk.act(token, "restore", holder.address, 1)


@pytest.mark.parametrize("value", [ESCROW + 1, FUNDS, 2**256 - 1])
def test_restores_no_more_than_the_escrow(world, token, holder, escrow, value):
    evidence = {"sender": escrow.address, "balance": ESCROW, "needed": value}
    with refused(world, "ERC20InsufficientBalance", **evidence):
        escrow.act(token, "restore", holder.address, value)


@pytest.mark.req("HK-53")
def test_nothing_is_restored_to_a_blacklisted_account(world, token, holder, escrow):
    """I13: what it surrendered before waits at the desk."""
    world.act("BLACKLISTER", token, "blacklist", [holder.address], REF)
    with refused(world, "BlacklistedAccount", account=holder.address):
        escrow.act(token, "restore", holder.address, 1)


@pytest.mark.parametrize("to", ["zero", "token", "itself", "another desk"])
@pytest.mark.parametrize("value", [0, 1])
def test_nothing_is_restored_to_nobody_or_to_a_desk(world, token, escrow, other_desk, to, value):
    """I4; and what is at a desk always came by surrender."""
    places = {"zero": ZERO, "token": token.address, "itself": escrow.address}
    to = places.get(to, other_desk.address)
    with refused(world, "ERC20InvalidReceiver", receiver=to):
        escrow.act(token, "restore", to, value)


@pytest.mark.parametrize("value", [0, 1, ESCROW])
def test_restores(token, holder, escrow, balances, value):
    receipt = escrow.act(token, "restore", holder.address, value)
    assert emitted(token, receipt) == [
        ("Transfer", {"from": escrow.address, "to": holder.address, "value": value})
    ]
    assert balances() == (FUNDS - ESCROW + value, ESCROW - value)
    assert token.call("totalSupply") == FUNDS


def test_restores_to_somebody_else(token, payee, escrow):
    """As an order may want; the desk answers for whom it gives back."""
    escrow.act(token, "restore", payee.address, ESCROW)
    assert token.call("balanceOf", payee.address) == ESCROW


@pytest.mark.req("HK-14")
@pytest.mark.parametrize("bits", [1, 2, 4, 8, 15])
def test_no_pause_stops_restoring(world, token, holder, escrow, balances, bits):
    """I12: a pause keeps nobody's tokens at the desk."""
    world.act("PAUSER", token, "pause", bits, REF)
    escrow.act(token, "restore", holder.address, ESCROW)
    assert balances() == (FUNDS, 0)


@pytest.mark.parametrize("state", ["frozen", "held"])
def test_restores_to_who_may_not_send(world, token, holder, escrow, balances, state):
    """It may receive; whether it should have it back now is the desk's question."""
    if state == "frozen":
        world.act("FREEZER", token, "freeze", [holder.address], REF)
    else:
        world.act("FREEZER", token, "hold", holder.address, 2 * FUNDS, REF)
    escrow.act(token, "restore", holder.address, ESCROW)
    assert balances() == (FUNDS, 0)


@pytest.mark.req("HK-52")
def test_restores_to_the_unverified_in_allow_list_mode(world, token, holder, escrow, balances):
    """It gets back only what was its own."""
    world.act("PAUSER", token, "enterAllowListMode", REF)
    assert token.call("canReceive", holder.address) is False
    escrow.act(token, "restore", holder.address, ESCROW)
    assert balances() == (FUNDS, 0)


# Burning


def test_only_a_desk_burns_escrow(world, token, holder, escrow, no_desk):
    with refused(world, "NotRedemptionDesk", account=no_desk.address):
        no_desk.act(token, "burnEscrow", holder.address, 1)


@pytest.mark.parametrize("person", ["GOVERNOR", "MINTER", "BURNER", "SEIZER"])
def test_no_role_makes_a_desk(world, token, holder, escrow, person):
    """The appointment is of the account, and of this token."""
    sender = world.member(person)
    for verb in ("restore", "burnEscrow"):
        with refused(world, "NotRedemptionDesk", account=sender):
            token.send(verb, holder.address, 0, sender=sender)


@pytest.mark.req("HK-14")
@pytest.mark.parametrize("bits", [1, 2, 4, 8, 15])
def test_no_pause_stops_burning(world, token, holder, escrow, balances, bits):
    """I12: what was paid for is gone; a pause of redemption only stops new requests."""
    world.act("PAUSER", token, "pause", bits, REF)
    escrow.act(token, "burnEscrow", holder.address, ESCROW)
    assert balances() == (FUNDS - ESCROW, 0)
    assert token.call("totalSupply") == FUNDS - ESCROW


@pytest.mark.req("HK-53")
def test_nothing_is_burned_for_a_barred_holder(world, token, holder, escrow, barred):
    """Who may not be paid was not paid: its units stay in the supply, and stay backed."""
    error = barred()
    with refused(world, error, account=holder.address):
        escrow.act(token, "burnEscrow", holder.address, ESCROW)


@pytest.mark.parametrize("value", [ESCROW + 1, FUNDS, 2**256 - 1])
def test_burns_no_more_than_the_escrow(world, token, holder, escrow, value):
    evidence = {"sender": escrow.address, "balance": ESCROW, "needed": value}
    with refused(world, "ERC20InsufficientBalance", **evidence):
        escrow.act(token, "burnEscrow", holder.address, value)


@pytest.mark.req("HK-39")
@pytest.mark.parametrize("value", [0, 1, ESCROW])
def test_burns(token, holder, escrow, balances, value):
    """I2: one Transfer to zero, and as much less supply; the mint limit is not refilled."""
    limit = token.call("mintRateLimit")
    receipt = escrow.act(token, "burnEscrow", holder.address, value)
    assert emitted(token, receipt) == [
        ("Transfer", {"from": escrow.address, "to": ZERO, "value": value})
    ]
    assert balances() == (FUNDS - ESCROW, ESCROW - value)
    assert token.call("totalSupply") == FUNDS - value
    assert token.call("mintRateLimit") == limit


@pytest.mark.req("HK-52")
def test_burns_for_the_unverified_in_allow_list_mode(world, token, holder, escrow, balances):
    """It was paid like anybody."""
    world.act("PAUSER", token, "enterAllowListMode", REF)
    escrow.act(token, "burnEscrow", holder.address, ESCROW)
    assert balances() == (FUNDS - ESCROW, 0)


def test_burns_for_a_holder_under_a_hold(world, token, holder, escrow, balances):
    """What was surrendered was not held, and what is held stays where it is."""
    world.act("FREEZER", token, "hold", holder.address, FUNDS, REF)
    escrow.act(token, "burnEscrow", holder.address, ESCROW)
    assert balances() == (FUNDS - ESCROW, 0)
    assert token.call("getFrozenTokens", holder.address) == FUNDS


# Appointing


@pytest.mark.parametrize("where", ["stranger", "zero"])
def test_appoints_no_account_without_code(world, token, stranger, where):
    """A desk is a contract that knows whose tokens it has."""
    account = ZERO if where == "zero" else stranger.address
    act = when_due(world, "GOVERNOR", token, "appointDesk", account, REF)
    with refused(world, "NoCode", implementation=account):
        act()


def test_does_not_appoint_the_token(world, token):
    """I4: it holds nothing."""
    act = when_due(world, "GOVERNOR", token, "appointDesk", token.address, REF)
    with refused(world, "InvalidAccount", account=token.address):
        act()


@pytest.mark.req("HK-53")
@pytest.mark.parametrize("state", [*BARS, "held"])
def test_appoints_no_barred_account(world, token, state):
    """Else the appointment would lift what was ordered."""
    puppet = deploy_puppet(world.chain)
    if state == "held":
        world.act("FREEZER", token, "hold", puppet.address, 1, REF)
    else:
        role, verb, _ = BARS[state]
        world.act(role, token, verb, [puppet.address], REF)
    act = when_due(world, "GOVERNOR", token, "appointDesk", puppet.address, REF)
    with refused(world, "BarredAccount", account=puppet.address):
        act()


@pytest.mark.parametrize("enlisted", [False, True])
def test_appoints(world, token, governor, enlisted):
    """A desk is a contract of the suite, too; what it is already, no event tells again."""
    puppet = deploy_puppet(world.chain)
    assert token.call("isRedemptionDesk", puppet.address) is False
    if enlisted:
        world.act("GOVERNOR", token, "enlist", [puppet.address], REF)
    receipt = when_due(world, "GOVERNOR", token, "appointDesk", puppet.address, REF)()
    who = {"operator": governor, "ref": REF_HEX}
    told = [("Enlisted", {"account": puppet.address, **who})][enlisted:]
    told.append(("DeskAppointed", {"desk": puppet.address, **who}))
    assert emitted(token, receipt) == told
    for view in ("isRedemptionDesk", "isEnlisted", "isVerified", "canSend"):
        assert token.call(view, puppet.address) is True
    again = when_due(world, "GOVERNOR", token, "appointDesk", puppet.address, REF)()
    assert emitted(token, again) == []


def test_enlisting_alone_makes_no_desk(world, token):
    puppet = deploy_puppet(world.chain)
    world.act("GOVERNOR", token, "enlist", [puppet.address], REF)
    assert token.call("isRedemptionDesk", puppet.address) is False
    assert token.call("canReceive", puppet.address) is True


def test_several_desks_are_kept_apart(token, holder, escrow, other_desk):
    """As when one replaces another: each answers for what was surrendered to it."""
    token.send("surrender", other_desk.address, 30, REF, sender=holder.address)
    escrow.act(token, "restore", holder.address, 10)
    other_desk.act(token, "burnEscrow", holder.address, 20)
    assert token.call("balanceOf", escrow.address) == ESCROW - 10
    assert token.call("balanceOf", other_desk.address) == 10


# Delisting


@pytest.fixture
def delisted(world, token, holder, escrow):
    """A desk that had given everything back when it was delisted."""
    escrow.act(token, "restore", holder.address, ESCROW)
    world.act("GOVERNOR", token, "delist", [escrow.address], REF)
    return escrow


@pytest.mark.req("HK-39")
@pytest.mark.parametrize("left", [1, ESCROW])
def test_a_desk_that_owes_is_not_delisted(world, token, holder, payee, escrow, left):
    """Else what holders are owed could be frozen, taken or stuck; the whole list is refused."""
    world.act("GOVERNOR", token, "enlist", [payee.address], REF)
    escrow.act(token, "restore", holder.address, ESCROW - left)
    listed = [payee.address, escrow.address]
    act = when_due(world, "GOVERNOR", token, "delist", listed, REF)
    with refused(world, "DeskNotEmpty", desk=escrow.address, balance=left):
        act()
    escrow.act(token, "burnEscrow", holder.address, left)
    act()
    assert token.call("isEnlisted", escrow.address) is False


def test_another_contract_of_the_suite_is_delisted_with_all_that_it_has(world, token, holder):
    """Only a desk's balance is a debt of its own to those who surrendered it."""
    world.act("GOVERNOR", token, "enlist", [holder.address], REF)
    world.act("GOVERNOR", token, "delist", [holder.address], REF)
    assert token.call("isEnlisted", holder.address) is False
    assert token.call("balanceOf", holder.address) == FUNDS


def test_delists_with_one_event(world, token, governor, desk):
    receipt = when_due(world, "GOVERNOR", token, "delist", [desk.address], REF)()
    assert emitted(token, receipt) == [
        ("Delisted", {"account": desk.address, "operator": governor, "ref": REF_HEX})
    ]
    for view in ("isRedemptionDesk", "isEnlisted", "isVerified"):
        assert token.call(view, desk.address) is False
    again = when_due(world, "GOVERNOR", token, "delist", [desk.address], REF)()
    assert emitted(token, again) == []


def test_who_was_a_desk_does_nothing_as_one(world, token, holder, delisted):
    """Not even with what it is sent afterwards."""
    token.send("transfer", delisted.address, 5, sender=holder.address)
    with refused(world, "NotRedemptionDesk", account=delisted.address):
        token.send("surrender", delisted.address, 1, REF, sender=holder.address)
    for verb in ("restore", "burnEscrow"):
        with refused(world, "NotRedemptionDesk", account=delisted.address):
            delisted.act(token, verb, holder.address, 1)


def test_who_was_a_desk_receives_and_sends_like_anybody(token, holder, payee, delisted):
    assert token.call("canReceive", delisted.address) is True
    token.send("transfer", delisted.address, 5, sender=holder.address)
    delisted.act(token, "transfer", payee.address, 5)
    assert token.call("balanceOf", payee.address) == 5


def test_who_was_a_desk_can_be_frozen_and_taken_from(world, token, holder, payee, delisted):
    token.send("transfer", delisted.address, 5, sender=holder.address)
    world.act("FREEZER", token, "freeze", [delisted.address], REF)
    world.act("SEIZER", token, "seize", delisted.address, payee.address, 5, REF)
    assert token.call("balanceOf", payee.address) == 5


def test_appointed_anew_it_goes_on(world, token, holder, delisted, balances):
    world.act("GOVERNOR", token, "appointDesk", delisted.address, REF)
    token.send("surrender", delisted.address, ESCROW, REF, sender=holder.address)
    delisted.act(token, "restore", holder.address, ESCROW)
    assert balances() == (FUNDS, 0)


# What does not reach a desk

WAYS = [
    "transfer",
    "transfer with a reference",
    "transferFrom",
    "transferFrom with a reference",
    *(f"transferWithAuthorization, {form}" for form in FORMS),
    *(f"receiveWithAuthorization, {form}" for form in FORMS),
    "mint",
    "seize",
]


@pytest.fixture(params=WAYS)
def way(request, world, token, holder, spender, relayer, desk):
    """A way in which tokens could come to the desk, of any amount, as a step to be done."""
    name, _, rest = request.param.partition(" ")
    name, ref = name.rstrip(","), (b"INV",) if "reference" in rest else ()
    form = f"{name}(address,{'address,' * (name == 'transferFrom')}uint256{',bytes' * len(ref)})"

    def prepare(value):
        if name == "transfer":
            args = (desk.address, value, *ref)
            return lambda: token.send(form, *args, sender=holder.address)
        if name == "transferFrom":
            token.send("approve", spender.address, FUNDS, sender=holder.address)
            args = (holder.address, desk.address, value, *ref)
            return lambda: token.send(form, *args, sender=spender.address)
        if name == "mint":
            args = (desk.address, max(value, 1), REF)
            return lambda: token.send("mint", *args, sender=world.member("MINTER"))
        if name == "seize":
            world.act("FREEZER", token, "freeze", [holder.address], REF)
            args = (holder.address, desk.address, value, REF)
            return when_due(world, "SEIZER", token, "seize", *args)
        values = (holder.address, desk.address, value, 0, FOREVER, NONCE)
        signature = sign(holder, token, name[0].upper() + name[1:], values).args(rest)
        args = (*values, *signature)
        if name == "receiveWithAuthorization":
            return lambda: desk.act(token, spelled(name, rest), *args)
        return lambda: token.send(spelled(name, rest), *args, sender=relayer.address)

    return prepare


@pytest.mark.parametrize("value", [0, 1, FUNDS])
def test_nothing_else_reaches_a_desk(world, token, desk, way, value):
    """Its balance is what it owes back: what came otherwise would be nobody's."""
    act = way(value)
    world.chain.warp(1)
    world.attest(10**17)
    with refused(world, "ERC20InvalidReceiver", receiver=desk.address):
        act()
    assert token.call("balanceOf", desk.address) == 0


def test_nothing_else_reaches_a_desk_in_allow_list_mode_either(world, token, desk, way, holder):
    """There a contract of the suite counts as verified, and a desk still does not receive."""
    world.act("VERIFIER", token, "verify", [holder.address, world.holder(2).address], REF)
    world.act("PAUSER", token, "enterAllowListMode", REF)
    act = way(1)
    world.chain.warp(1)
    world.attest(10**17)
    with refused(world, "ERC20InvalidReceiver", receiver=desk.address):
        act()


@pytest.mark.parametrize("referenced", [False, True])
def test_a_row_to_a_desk_is_skipped(token, holder, payee, desk, balances, referenced):
    """As to anybody who may not receive: the payer keeps it, and the others are paid."""
    rows, refs = [(desk.address, 7), (payee.address, 5)], ([REF, REF],) if referenced else ()
    form = f"pay(bytes32,uint8,(address,uint96)[],{'bytes32[],' * referenced}uint256)"
    receipt = token.send(form, REF, 0, rows, *refs, 12, sender=holder.address)
    events = emitted(token, receipt)
    ref = REF_HEX if referenced else "0x" + "00" * 32
    skipped = {"batchId": REF_HEX, "ref": ref, "to": desk.address, "value": 7}
    batch = {"payer": holder.address, "batchId": REF_HEX, "chunk": 0}
    assert events[0] == ("Skipped", skipped)
    assert events[-1] == ("Batch", {**batch, "paid": 5, "skipped": 7, "rows": 2})
    assert balances() == (FUNDS - 5, 0)
    assert token.call("balanceOf", payee.address) == 5


def test_the_views_say_so(token, holder, escrow):
    """ERC-7943: a wallet learns it before it sends."""
    assert token.call("canReceive", escrow.address) is False
    for value in (0, 1):
        assert token.call("canTransfer", holder.address, escrow.address, value) is False
    assert token.call("canSend", escrow.address) is True
    assert token.call("availableOf", escrow.address) == ESCROW


def test_the_shipped_desk_is_appointed(world, token):
    """And no other contract of the suite."""
    desks = world.suite.desks.by_name
    for view, expected in (
        ("isRedemptionDesk", {"RedemptionDesk"}),
        ("isEnlisted", {"IssuanceDesk", "RedemptionDesk"}),
    ):
        assert {name for name, it in desks.items() if token.call(view, it.address)} == expected


@pytest.mark.req("HK-54")
@pytest.mark.parametrize("verb", ["blacklist", "freeze", "hold", "seize", "destroy"])
def test_a_desk_is_not_barred_or_taken_from(world, token, payee, escrow, verb):
    """It holds other people's tokens: an order reaches them through the desk."""
    role = {"blacklist": "BLACKLISTER", "freeze": "FREEZER", "hold": "FREEZER"}.get(verb, "SEIZER")
    args = {
        "hold": (escrow.address, 1),
        "seize": (escrow.address, payee.address, 1),
        "destroy": (escrow.address, 1),
    }.get(verb, ([escrow.address],))
    act = when_due(world, role, token, verb, *args, REF)
    with refused(world, "SuiteAccount", account=escrow.address):
        act()


def test_what_it_had_before_can_be_given_back(world, token, holder):
    """Anybody can send to an address that is not appointed yet."""
    puppet = deploy_puppet(world.chain)
    token.send("transfer", puppet.address, 9, sender=holder.address)
    world.act("GOVERNOR", token, "appointDesk", puppet.address, REF)
    assert token.call("balanceOf", puppet.address) == 9
    puppet.act(token, "restore", holder.address, 9)
    assert token.call("balanceOf", holder.address) == FUNDS


# However the token answers


@pytest.mark.parametrize("verb", ["surrender", "restore", "burnEscrow"])
def test_controls_refuses_a_direct_call(world, holder, desk, verb):
    """I23: they work only when a token delegates to it."""
    args = (desk.address, 1, REF) if verb == "surrender" else (holder.address, 1)
    with refused(world, "NotDelegated"):
        world.suite.controls.send(verb, *args, sender=holder.address)


@pytest.mark.req("HK-13")
def test_works_when_everything_is_delegated(world, token, create, holder, desk, balances):
    """I23: an implementation that supersedes the hot path finds and leaves the same words."""
    controls, audit = world.suite.controls.address, keccak(text="audit")
    successor = create(world, "Successor", token.call("name"), "HKD", controls, 28)
    code_hash = keccak(world.chain.code(successor.address))
    world.act("AUDITOR", world.suite.audits, "register", audit, code_hash)
    token.send("surrender", desk.address, ESCROW, REF, sender=holder.address)
    world.act("UPGRADER", token, "upgrade", successor.address, code_hash, audit, True)
    assert token.call("delegateAll") is True
    assert token.call("canReceive", desk.address) is False
    token.send("surrender", desk.address, 30, REF, sender=holder.address)
    desk.act(token, "restore", holder.address, 20)
    desk.act(token, "burnEscrow", holder.address, 10)
    assert balances() == (FUNDS - ESCROW - 10, ESCROW)
    assert token.call("totalSupply") == FUNDS - 10
    with refused(world, "ERC20InvalidReceiver", receiver=desk.address):
        token.send("transfer", desk.address, 1, sender=holder.address)
