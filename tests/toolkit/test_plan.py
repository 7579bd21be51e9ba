"""A plan has exactly the steps that end what differs; who is to make them makes them.

plan
├── given a deployed suite
│   └── it is empty
├── given any one difference of a setting, a power or a member
│   ├── it has exactly the steps that end it, each with who must make it and when they can
│   └── it is empty again when they have made them
├── given what cannot be changed
│   └── it refuses, and says what is fixed
├── given what no step can change
│   └── it says so, and plans the rest
├── given what ends by itself
│   └── it has no step, and says until when
├── given steps that need others
│   └── they wait for them, and nobody loses the last holder or signer in between
└── given what was declared for other chains or currencies
    └── it is left alone
a run that was cut
└── is ended by the next one, whichever transaction was the last
"""

from dataclasses import replace

import pytest
from eth_utils import keccak

from pegboard.calendars import day_text, parse_day
from pegboard.config import Tier
from pegboard.desired.declaration import ChannelConfig
from pegboard.desired.plan import BLOCKED, NOW, SCHEDULE, WAITING, due_calls, moves
from pegboard.desks import calendar_code
from pegboard.errors import DeploymentError
from pegboard.issuance import channel_word
from tests.support.planning import (
    ANYBODY,
    DEPLOYER,
    CutChain,
    act_as,
    planner_of,
    settle,
    table_with,
    who,
)
from tests.support.world import REF, build_world, currencies, desks, key, resolve, roles

HKD, USD = "HKD", "USD"
HK = calendar_code("HK")
HOLDERS = roles().holders["local"]
STRANGER = key(30).address
FOREIGN = key(31).address
PUBLIC = 2**64 - 1
DAY = 86_400
UNIT = 10**6


def member(role, index=0):
    return resolve(HOLDERS[role][index])


@pytest.fixture(scope="module")
def made():
    return build_world(CutChain(), (HKD, USD))


@pytest.fixture
def world(made):
    point = made.chain.snapshot()
    yield made
    made.chain.left = 10**9
    made.chain.restore(point)


# Given a deployed suite


def test_nothing_is_planned_for_what_is_as_declared(world):
    plan = planner_of(world).plan()
    assert plan.clean
    assert plan.lines() == []
    assert planner_of(world, kept=True).plan().clean


# Given one difference that was made on chain


def authority(world):
    return world.suite.authority


def selector(contract, name):
    return contract.selector(name)


def mapped(world, contract, name, role_id):
    """Gives a function to a role, as ADMIN."""
    act_as(
        world,
        "ADMIN",
        authority(world),
        "setTargetFunctionRole",
        contract.address,
        [contract.selector(name)],
        role_id,
    )


def grant(world, role, account, delay=0):
    act_as(world, "GOVERNOR", authority(world), "grantRole", roles().roles[role].id, account, delay)


def governor(contract, name, *args):
    """A change that GOVERNOR makes; `contract` is found in the world."""
    return lambda w: act_as(
        w, "GOVERNOR", contract(w), name, *(a(w) if callable(a) else a for a in args)
    )


def token(world):
    return world.token


def feed(world):
    return world.feed


def registry(world):
    return world.suite.registry


def issuance(world):
    return world.suite.desks.issuance


def calendar(world):
    return world.suite.desks.calendar


def presigned(world):
    return world.suite.desks.presigned


def redemption(world):
    return world.suite.desks.redemption


def admin(name, *args):
    """A change that ADMIN makes of the Authority."""
    return lambda w: act_as(
        w, "ADMIN", authority(w), name, *(a(w) if callable(a) else a for a in args)
    )


def address(contract):
    return lambda w: contract(w).address


def expelled(role, account):
    def change(world):
        expel = (roles().roles[role].id, account, REF)
        authority(world).send("expel", *expel, sender=member("EXPELLER"))

    return change


def pauser(contract, name, *args):
    return lambda w: contract(w).send(
        name, *(a(w) if callable(a) else a for a in args), sender=member("PAUSER")
    )


def opened(world, name=b"STRAY", payee=STRANGER):
    word = name.ljust(32, b"\0")
    act_as(
        world, "GOVERNOR", issuance(world), "openChannel", word, world.token.address, 1, payee, REF
    )


LIMIT = "mint limit of HKD to 50,000,000.00 HKD per 1d"
TIERS = (
    "set how many must approve orders of HKD: 1 up to 1,000,000.00 HKD, 2 up to 10,000,000.00 HKD"
)
GOVERNOR, ADMIN = ("GOVERNOR", member("GOVERNOR"), SCHEDULE), ("ADMIN", member("ADMIN"), SCHEDULE)
PAUSER, EXPELLER = ("PAUSER", member("PAUSER"), NOW), ("EXPELLER", member("EXPELLER"), NOW)

#: What was changed, the lines of the plan, and who must do it.
CHANGES = {
    "a mint limit that was raised": (
        governor(token, "raiseMintLimit", 60_000_000 * UNIT, DAY, REF),
        [f"cut the {LIMIT}"],
        PAUSER,
    ),
    "a mint limit that was cut": (
        pauser(token, "lowerMintLimit", 1, DAY, REF),
        [f"set the {LIMIT}"],
        GOVERNOR,
    ),
    "a mint limit that refills faster": (
        governor(token, "raiseMintLimit", 50_000_000 * UNIT, DAY - 1, REF),
        [f"cut the {LIMIT}"],
        PAUSER,
    ),
    "another reserve buffer": (
        governor(token, "setReserveConfig", lambda w: (w.feed.address, 93_600, 0, False), REF),
        ["let HKD be minted against its reserve feed, {feed}, at most 1d 2h old, buffer 50 bps"],
        GOVERNOR,
    ),
    "another feed": (
        governor(token, "setReserveConfig", (FOREIGN, 93_600, 50, False), REF),
        ["let HKD be minted against its reserve feed, {feed}, at most 1d 2h old, buffer 50 bps"],
        GOVERNOR,
    ),
    "a currency off the board": (
        governor(registry, "retire", b"HKD", REF),
        ["register HKD on the board"],
        GOVERNOR,
    ),
    "a desk that is no contract of the currency": (
        governor(token, "delist", lambda w: [issuance(w).address], REF),
        ["make the issuance desk a contract of HKD"],
        GOVERNOR,
    ),
    "a redemption desk that was taken off": (
        governor(token, "delist", lambda w: [redemption(w).address], REF),
        ["let the redemption desk take HKD"],
        GOVERNOR,
    ),
    "an account that nobody can bar": (
        governor(token, "enlist", [STRANGER], REF),
        [f"make {STRANGER} no contract of HKD"],
        GOVERNOR,
    ),
    "looser tiers": (
        governor(issuance, "loosenTiers", address(token), [(10**12, 1), (2 * 10**13, 1)], REF),
        [TIERS],
        PAUSER,
    ),
    "tighter tiers": (
        pauser(issuance, "tightenTiers", address(token), [(10**12, 2)], REF),
        [TIERS],
        GOVERNOR,
    ),
    "a holiday that was removed": (
        governor(calendar, "removeHolidays", HK, [parse_day("2027-12-27")], REF),
        ["add 2027-12-27 (The first weekday after Christmas Day) to the calendar of Hong Kong"],
        GOVERNOR,
    ),
    "a holiday that nobody declared": (
        governor(calendar, "addHolidays", HK, [parse_day("2027-08-02")], REF),
        ["open 2027-08-02 again in the calendar of Hong Kong"],
        GOVERNOR,
    ),
    "an attestor more": (
        governor(feed, "addAttestor", STRANGER, REF),
        [f"let {STRANGER} attest the reserves of HKD no more, at once"],
        EXPELLER,
    ),
    "an attestor less": (
        lambda w: feed(w).send(
            "expelAttestor", resolve("TEST::17"), REF, sender=member("EXPELLER")
        ),
        [f"let {resolve('TEST::17')} attest the reserves of HKD"],
        GOVERNOR,
    ),
    "other quorums": (
        governor(feed, "setQuorums", 1, 2, 10_000, REF),
        ["ask for 2 attestors, 3 for a rise of more than 2000 bps a day, of HKD"],
        GOVERNOR,
    ),
    "a signer of pauses more": (
        governor(presigned, "addSigner", STRANGER, REF),
        [f"let {STRANGER} sign pauses ahead no more, at once"],
        EXPELLER,
    ),
    "a signer of pauses less": (
        lambda w: presigned(w).send(
            "expelSigner", resolve("TEST::51"), REF, sender=member("EXPELLER")
        ),
        [f"let {resolve('TEST::51')} sign pauses ahead"],
        GOVERNOR,
    ),
    "another quorum of pauses": (
        governor(presigned, "setQuorum", 3, REF),
        ["ask for 2 signers of pauses ahead"],
        GOVERNOR,
    ),
    "a channel that nobody declared": (
        opened,
        ["close STRAY, so that nothing is issued through it"],
        PAUSER,
    ),
    "a channel whose name no command would give": (
        lambda w: opened(w, b"\x01\xff\x02"),
        [f"close 0x01ff02{'00' * 29}, so that nothing is issued through it"],
        PAUSER,
    ),
    "a wallet that nobody declared": (
        governor(registry, "tagWallet", STRANGER, b"treasury".ljust(32, b"\0"), REF),
        [f"record {STRANGER} as no operational wallet of the issuer any more"],
        GOVERNOR,
    ),
    "another granter": (
        admin("setRoleAdmin", 3, 2),
        ["let GOVERNOR grant MINTER"],
        ADMIN,
    ),
    "another guardian": (
        admin("setRoleGuardian", 1, 9),
        ["let GUARDIAN cancel what GOVERNOR schedules"],
        ADMIN,
    ),
    "a guardian where there is none": (
        admin("setRoleGuardian", 4, 9),
        ["let nobody but ADMIN cancel what BURNER schedules"],
        ADMIN,
    ),
    "another name of a role": (
        admin("labelRole", 4, "TOASTER"),
        ["name role 4 BURNER"],
        ADMIN,
    ),
    "a delay of grants": (
        admin("setGrantDelay", 3, DAY),
        ["let grants of MINTER take effect at once"],
        ADMIN,
    ),
    "a function that another role may call": (
        lambda w: mapped(w, w.token, "freeze", 9),
        ["let FREEZER call freeze of the HKD token"],
        ADMIN,
    ),
    "a function that everybody may call": (
        lambda w: mapped(w, w.token, "mint", PUBLIC),
        ["let MINTER call mint of the HKD token"],
        ADMIN,
    ),
    "a function that only ADMIN may call": (
        lambda w: mapped(w, w.token, "pause", 0),
        ["let PAUSER call pause of the HKD token"],
        ADMIN,
    ),
    "a function that no file declares for anybody": (
        lambda w: mapped(w, presigned(w), "pause", 9),
        ["let nobody but ADMIN call pause of the PauseBySignature"],
        ADMIN,
    ),
    "a function that no ABI has": (
        admin("setTargetFunctionRole", address(token), [b"\xde\xad\xbe\xef"], 9),
        ["let nobody but ADMIN call 0xdeadbeef of the HKD token"],
        ADMIN,
    ),
    "a target that is closed": (
        admin("setTargetClosed", address(token), True),
        ["open the HKD token to those who hold its roles"],
        ADMIN,
    ),
    "a target's own delay": (
        admin("setTargetAdminDelay", address(feed), DAY),
        ["let changes of who may call the HKD reserve feed wait no more"],
        ADMIN,
    ),
    "a target that is not ours": (
        admin("setTargetFunctionRole", FOREIGN, [b"\xde\xad\xbe\xef", b"\x00\x00\x00\x01"], 9),
        [
            f"let nobody but ADMIN call 0xdeadbeef, 0x00000001 of {FOREIGN}, "
            "which is no contract of the suite,"
        ],
        ADMIN,
    ),
    "a target that is not ours and closed": (
        admin("setTargetClosed", FOREIGN, True),
        [f"open {FOREIGN}, which is no contract of the suite, to those who hold its roles"],
        ADMIN,
    ),
    "a member that was expelled": (
        expelled("BURNER", member("BURNER")),
        [f"grant BURNER to {member('BURNER')} with a delay of 0 s"],
        GOVERNOR,
    ),
    "a contract of ours that was expelled": (
        lambda w: expelled("MINTER", issuance(w).address)(w),
        ["grant MINTER to {issuance} with a delay of 0 s"],
        GOVERNOR,
    ),
    "a longer delay of a member": (
        lambda w: grant(w, "RESUMER", member("RESUMER"), 7_200),
        [f"grant RESUMER to {member('RESUMER')} with a delay of 3600 s"],
        GOVERNOR,
    ),
    "a shorter delay of a member": (
        lambda w: grant(w, "RESUMER", member("RESUMER"), 60),
        [f"grant RESUMER to {member('RESUMER')} with a delay of 3600 s"],
        GOVERNOR,
    ),
    "a member that nobody declared": (
        lambda w: grant(w, "MINTER", STRANGER),
        [f"take MINTER from {STRANGER}, who was not declared, at once"],
        EXPELLER,
    ),
    "an ADMIN that nobody declared": (
        admin("grantRole", 0, STRANGER, 0),
        [f"take ADMIN from {STRANGER}, who was not declared, at once"],
        EXPELLER,
    ),
    "a role that nobody declared": (
        admin("grantRole", 99, STRANGER, 0),
        [f"take role 99, which no file declares, from {STRANGER}, who was not declared, at once"],
        EXPELLER,
    ),
}


def filled(world, lines):
    return [
        line.format(feed=world.feed.address, issuance=issuance(world).address) for line in lines
    ]


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_planned_back(world, name):
    """Exactly that, by whom the roles say; and nothing is left when they have done it."""
    change, lines, signer = CHANGES[name]
    change(world)
    planner = planner_of(world)
    plan = planner.plan()
    assert plan.lines() == filled(world, lines)
    assert who(planner, plan) == [signer] * len(lines)
    assert (plan.creations, plan.faults, plan.deployer) == ((), (), "")
    settle(planner)
    world.chain.warp(6 * DAY)
    assert planner.plan().clean


# Given a declaration that was changed


def with_currency(**changes):
    """HKD as shipped, but for this; USD as shipped."""
    return {HKD: replace(currencies()[HKD], **changes), USD: currencies()[USD]}


def with_reserves(**changes):
    return with_currency(reserves=replace(currencies()[HKD].reserves, **changes))


def with_redemption(**changes):
    return with_currency(redemption=replace(currencies()[HKD].redemption, **changes))


def with_holidays(**more):
    calendars = dict(desks().calendars)
    days = {parse_day(day.replace("_", "-").lstrip("d")): name for day, name in more.items()}
    calendars["HK"] = replace(calendars["HK"], holidays={**calendars["HK"].holidays, **days})
    return replace(desks(), calendars=calendars)


def channel(name="ENTERPRISE-1", **changes):
    config = ChannelConfig(name, HKD, "direct", 5 * UNIT, 20 * UNIT, DAY, {"local": "TEST::20"})
    return {name: replace(config, **changes)}


PAYEE = resolve("TEST::20")
OPEN = f"open ENTERPRISE-1, a direct channel of HKD to {PAYEE}"
RAISE = "let ENTERPRISE-1 issue up to 5.00 HKD an order and 20.00 HKD per 1d"

DECLARED = {
    "a higher limit": (
        {"chosen": with_currency(limit_capacity=60_000_000 * UNIT)},
        [("set the mint limit of HKD to 60,000,000.00 HKD per 1d", "GOVERNOR")],
    ),
    "other tiers": (
        {"chosen": with_currency(tiers=(Tier(UNIT, 2), Tier(10**6 * UNIT, 3)))},
        [
            (
                "set how many must approve orders of HKD: 2 up to 1.00 HKD, 3 up to "
                "1,000,000.00 HKD",
                "PAUSER",
            )
        ],
    ),
    "a fee": (
        {"chosen": with_redemption(flat_fee=UNIT, fee_bps=10)},
        [("announce a change of the redemption fee of HKD to 1.00 HKD and 10 bps", "GOVERNOR")],
    ),
    "a holiday of a later year": (
        {"declared": with_holidays(d2028_01_03="One", d2028_02_01="Two", d2028_02_05="Saturday")},
        [("add 2 holidays of 2028 to the calendar of Hong Kong", "GOVERNOR")],
    ),
    "two holidays of this year": (
        {"declared": with_holidays(d2027_11_01="One", d2027_11_02="Two")},
        [
            ("add 2027-11-01 (One) to the calendar of Hong Kong", "GOVERNOR"),
            ("add 2027-11-02 (Two) to the calendar of Hong Kong", "GOVERNOR"),
        ],
    ),
    "a channel": ({"channels": channel()}, [(OPEN, "GOVERNOR"), (RAISE, "GOVERNOR")]),
    "a wallet": (
        {"declared": replace(desks(), wallets={"local": {"TEST::20": "treasury"}})},
        [
            (
                f"record {PAYEE} as an operational wallet of the issuer, for treasury",
                "GOVERNOR",
            )
        ],
    ),
    "another attestor": (
        {
            "chosen": with_reserves(attestors={"local": ("TEST::16", "TEST::17", "TEST::30")}),
            "kept": True,
        },
        [
            (f"let {STRANGER} attest the reserves of HKD", "GOVERNOR"),
            (f"let {resolve('TEST::18')} attest the reserves of HKD no more, at once", "EXPELLER"),
        ],
    ),
    "another rise bound": (
        {"chosen": with_reserves(max_rise_bps=1000), "kept": True},
        [("ask for 2 attestors, 3 for a rise of more than 1000 bps a day, of HKD", "GOVERNOR")],
    ),
    "other signers of pauses": (
        {
            "declared": replace(
                desks(),
                pause_quorum=3,
                pause_signers={"local": ("TEST::51", "TEST::52", "TEST::30")},
            ),
            "kept": True,
        },
        [
            (f"let {STRANGER} sign pauses ahead", "GOVERNOR"),
            ("ask for 3 signers of pauses ahead", "GOVERNOR"),
            (f"let {resolve('TEST::53')} sign pauses ahead no more, at once", "EXPELLER"),
        ],
    ),
    "another holder": (
        {"table": table_with(BURNER=("TEST::30",))},
        [
            (f"grant BURNER to {STRANGER} with a delay of 0 s", "GOVERNOR"),
            (f"take BURNER from {member('BURNER')}, who was not declared, at once", "EXPELLER"),
        ],
    ),
    "another GOVERNOR": (
        {"table": table_with(GOVERNOR=("TEST::2", "TEST::30"))},
        [(f"grant GOVERNOR to {STRANGER} with a delay of 172800 s", "GOVERNOR")],
    ),
}


@pytest.mark.parametrize("name", DECLARED)
def test_what_was_declared_anew_is_planned(world, name):
    """Exactly that, and nothing is left when it was done and has come into force."""
    terms, steps = DECLARED[name]
    planner = planner_of(world, **terms)
    plan = planner.plan()
    assert [(step.text, step.role) for step in plan.steps] == steps
    settle(planner)
    world.chain.warp(8 * DAY)
    assert planner.plan().clean


def test_a_channel_is_brought_to_its_limits(world):
    """Down at once and up with a delay; a closed one is opened again with its limits."""
    planner = planner_of(world, channels=channel())
    settle(planner)
    desk, word = issuance(world), channel_word("ENTERPRISE-1")
    act_as(world, "GOVERNOR", desk, "raiseChannel", word, 6 * UNIT, 20 * UNIT, DAY, REF)
    plan = planner.plan()
    assert plan.lines() == [RAISE.replace("issue up", "issue only up")]
    assert plan.steps[0].role == "PAUSER"
    settle(planner)
    desk.send("lowerChannel", word, 1, 1, DAY, REF, sender=member("PAUSER"))
    assert [(s.text, s.role) for s in planner.plan().steps] == [(RAISE, "GOVERNOR")]
    settle(planner)
    desk.send("closeChannel", word, REF, sender=member("PAUSER"))
    assert planner.plan().lines() == [OPEN.replace("open ", "open again "), RAISE]
    settle(planner)
    assert desk.call("channelOf", word)[4:8] == (True, 5 * UNIT, 20 * UNIT, DAY)


def test_a_fee_is_lowered_at_once_and_an_announced_one_replaced(world):
    """An announcement that nobody declared would come into force by itself."""
    desk = redemption(world)
    fees = lambda: desk.call("termsOf", world.token.address)[2:]  # noqa: E731
    act_as(world, "GOVERNOR", desk, "raiseFee", world.token.address, 5 * UNIT, 50, REF)
    planner = planner_of(world, chosen=with_redemption(flat_fee=0, fee_bps=0))
    said = "the redemption fee of HKD to 0.00 HKD and 0 bps"
    assert planner.plan().lines() == [f"announce a change of {said}"]
    world.chain.warp(8 * DAY)
    assert fees()[:2] == (5 * UNIT, 50)
    assert planner.plan().lines() == [f"lower {said}"]
    act_as(world, "GOVERNOR", desk, "raiseFee", world.token.address, 9 * UNIT, 90, REF)
    assert planner.plan().lines() == [f"lower {said}", f"announce a change of {said}"]
    settle(planner)
    world.chain.warp(8 * DAY)
    assert (fees(), planner.plan().clean) == ((0, 0, 0, 0, 0), True)


def test_another_token_on_the_board_is_replaced(world):
    """Retired first: the board has one currency of a name."""
    board = registry(world)
    act_as(world, "GOVERNOR", board, "retire", b"HKD", REF)
    wrong = (b"HKD", world.token.address, board.address, REF)
    act_as(world, "GOVERNOR", board, "register", *wrong)
    planner = planner_of(world)
    plan = planner.plan()
    assert plan.lines() == ["take HKD off the board", "register HKD on the board"]
    settle(planner)
    feed_at = board.call("currencyOf", b"HKD")[1]
    assert feed_at == world.feed.address.lower()


def test_a_currency_that_no_file_declares_is_taken_off(world):
    """Off the board, and none of its functions belongs to anybody any more."""
    planner = planner_of(world, chosen={HKD: currencies()[HKD]})
    plan = planner.plan()
    assert "take USD off the board" in plan.lines()
    dollars = world.suite.peg(USD)
    others = [s for s in plan.steps if s.text != "take USD off the board"]
    assert len(others) == 2
    assert all(dollars.token.address in s.text or dollars.feed.address in s.text for s in others)


def test_what_is_declared_but_not_asked_for_is_left_alone(world):
    """Another currency's drift, channels and functions; a new one's contracts."""
    act_as(world, "GOVERNOR", world.token, "raiseMintLimit", 60_000_000 * UNIT, DAY, REF)
    mapped(world, world.token, "freeze", 9)
    opened(world)
    chosen = {code: currencies()[code] for code in (HKD, USD, "CNH")}
    assert planner_of(world, chosen=chosen, codes=(USD,)).plan().clean
    assert len(planner_of(world, chosen=chosen, codes=(HKD,)).plan().steps) == 3


def test_what_was_declared_for_another_chain_is_left_alone(world):
    elsewhere = channel(payees={"1": PAYEE})
    wallets = replace(desks(), wallets={"1": {PAYEE: "treasury"}})
    assert planner_of(world, channels=elsewhere, declared=wallets).plan().clean


def test_a_storm_day_is_no_difference_and_a_far_one_is(world):
    """What CLERK may have closed is CLERK's."""
    days = desks().calendars["HK"]
    today = days.day_of(world.chain.now())
    near = next(d for d in range(today + 1, today + 8) if days.is_open(d))
    calendar(world).send("declareClosed", HK, near, REF, sender=member("CLERK"))
    assert planner_of(world).plan().clean
    far = next(d for d in range(today + 12, today + 30) if days.is_open(d))
    act_as(world, "GOVERNOR", calendar(world), "addHolidays", HK, [far], REF)
    text = f"open {day_text(far)} again in the calendar of Hong Kong"
    assert planner_of(world).plan().lines() == [text]


# Given what cannot be changed, or by no step


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "Other"}, "the name of the HKD token is Pegboard HKD on chain and Other"),
        ({"symbol": "OTH"}, "the symbol of the HKD token is pbHKD on chain and OTH"),
        ({"decimals": 2}, "the number of decimals of the HKD token is 6 on chain and 2"),
    ],
)
def test_what_a_token_is_for_ever_is_refused(world, change, text):
    planner = planner_of(world, chosen=with_currency(**change), kept=True)
    with pytest.raises(DeploymentError, match=f"{text} in its file, and cannot be changed"):
        planner.plan()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"cooling": 60}, "the cooling time of wallets is 86400 on chain and 60"),
        ({"order_life": 60}, "the life of orders is 259200 on chain and 60"),
        ({"max_fee_bps": 7}, "the highest fee is 100 on chain and 7"),
        ({"fee_notice": 60}, "the notice of fees is 604800 on chain and 60"),
        ({"block_days": 9}, "the days that a payout is blocked is 2 on chain and 9"),
    ],
)
def test_what_a_desk_is_for_ever_is_refused(world, change, text):
    planner = planner_of(world, declared=replace(desks(), **change), kept=True)
    with pytest.raises(DeploymentError, match=f"{text} in its file, and cannot be changed"):
        planner.plan()


def test_other_terms_of_what_is_there_are_refused_all_at_once(world):
    """The decimals of a feed, the calendar of a listing, the payee of a channel."""
    opened(world, b"ENTERPRISE-1", PAYEE)
    chosen = with_currency(
        reserves=replace(currencies()[HKD].reserves, decimals=2),
        redemption=replace(currencies()[HKD].redemption, calendar="US"),
    )
    planner = planner_of(
        world, chosen=chosen, channels=channel(payees={"local": "TEST::21"}), kept=True
    )
    with pytest.raises(DeploymentError) as caught:
        planner.plan()
    text = str(caught.value)
    for part in ("of the HKD reserve feed is 6", "by when HKD is redeemed", "channel ENTERPRISE-1"):
        assert part in text


def test_a_recorded_contract_that_is_not_there_is_refused(world):
    """Another network, or a record that is not this chain's: no second one is made."""
    planner = planner_of(world, chosen=with_reserves(max_rise_bps=1), kept=True)
    code = world.chain.code(world.feed.address)
    world.chain.put_code(world.feed.address, b"")
    try:
        with pytest.raises(DeploymentError, match="where the records have the HKD reserve feed"):
            planner.plan()
    finally:
        world.chain.put_code(world.feed.address, code)


def test_an_upgrade_is_no_step_and_stops_no_other(world):
    """Another code is decided by UPGRADER and AUDITOR; the plan says what it found."""
    suite, real = world.suite, world.suite.controls.address
    other = world.chain.create(ANYBODY, suite.initcodes.controls)
    code_hash = keccak(world.chain.code(other))
    act_as(world, "GOVERNOR", world.token, "raiseMintLimit", 60_000_000 * UNIT, DAY, REF)
    suite.audits.send("register", REF, code_hash, sender=member("AUDITOR"))
    act_as(world, "UPGRADER", world.token, "upgrade", other, code_hash, REF, False)
    plan = planner_of(world).plan()
    assert plan.lines() == [f"cut the {LIMIT}"]
    assert [d.text for d in plan.faults] == [f"HKD delegates to {other}, not to {real}"]


# Given what ends by itself


def test_a_shorter_delay_comes_into_force_by_itself(world):
    """Lowering waits the difference; meanwhile nobody has anything to do."""
    grant(world, "RESUMER", member("RESUMER"), 90_000)
    planner = planner_of(world)
    settle(planner)
    plan = planner.plan()
    assert (plan.empty, plan.clean) == (True, False)
    (under,) = plan.underway
    assert under.text.startswith(f"{member('RESUMER')} waits 1d 1h as RESUMER until")
    world.chain.warp(under.until - world.chain.now())
    assert planner.plan().clean


# Who, and when


def test_a_step_is_scheduled_waited_for_and_executed(world):
    """T6: the same account goes on with the same calls; nobody else is told to."""
    world.token.send("lowerMintLimit", 1, DAY, REF, sender=member("PAUSER"))
    planner, wait = planner_of(world), roles().roles["GOVERNOR"].delay
    plan = planner.plan()
    assert due_calls(plan, authority(world), STRANGER) == []
    (first,) = moves(plan, authority(world), member("GOVERNOR"))
    assert (first.executes, first.call.to) == (False, authority(world).address)
    world.chain.send(member("GOVERNOR"), first.call.to, first.call.data)
    ready = world.chain.now() + wait
    ((_, account, state),) = who(planner, planner.plan())
    assert (account, state) == (member("GOVERNOR"), WAITING)
    (signer,) = planner.plan().signers[planner.plan().steps[0]]
    assert (signer.ready_at, signer.delay) == (ready, wait)
    assert due_calls(planner.plan(), authority(world), member("GOVERNOR")) == []
    world.chain.warp(wait)
    plan = planner.plan()
    (move,) = moves(plan, authority(world), member("GOVERNOR"))
    assert (move.executes, move.call) == (True, plan.steps[0].call)
    # Once it has expired it is scheduled anew.
    world.chain.warp(8 * DAY)
    ((_, _, state),) = who(planner, planner.plan())
    assert state == SCHEDULE


def test_a_new_currency_is_made_by_anybody_and_set_up_by_its_roles(world):
    """Its functions first, by ADMIN; only then can GOVERNOR schedule its settings."""
    chosen = {code: currencies()[code] for code in (HKD, USD, "CNH")}
    planner = planner_of(world, chosen=chosen)
    plan = planner.plan()
    assert [step.name for step in plan.creations] == ["CNH token", "CNH reserve feed"]
    first = moves(plan, authority(world), ANYBODY)
    assert [move.step for move in first] == list(plan.creations)
    by_role = {step.role for step in plan.settings}
    assert by_role == {"ADMIN", "GOVERNOR"}
    states = {
        (step.role, step.call.to == world.suite.registry.address): plan.signers[step][0].state
        for step in plan.settings
    }
    assert states[("ADMIN", False)] == SCHEDULE
    assert states[("GOVERNOR", False)] in (BLOCKED, SCHEDULE)
    limit = next(s for s in plan.steps if s.text.startswith("set the mint limit of CNH"))
    assert plan.signers[limit][0].state == BLOCKED
    settle(planner)
    assert planner.plan().clean
    made = planner.suite.peg("CNH").token
    assert made.call("mintRateLimit")[:2] == (50_000_000 * UNIT, DAY)
    assert planner_of(world, chosen=chosen).is_deploying() is False


#: The transactions of setting up a currency, what is scheduled at once in one.
NEEDED = 13


@pytest.mark.parametrize("cut", range(NEEDED + 1))
def test_a_cut_run_is_ended_by_the_next(world, cut):
    """T2: whichever transaction was the last; what is done is not done again."""
    chosen = {code: currencies()[code] for code in (HKD, USD, "CNH")}
    planner = planner_of(world, chosen=chosen)
    world.chain.left = cut
    if cut < NEEDED:
        with pytest.raises(ConnectionError):
            settle(planner)
    else:
        settle(planner)
        assert world.chain.left == 0
    world.chain.left = 10**9
    settle(planner)
    assert planner.plan().clean
    made = planner.suite.peg("CNH").token
    events = [name for name, _ in made.events(world.chain.logs(made.address, ()))]
    assert events.count("MintLimitSet") == events.count("ReserveConfigSet") == 1


def test_who_leaves_goes_after_who_comes(world):
    """A role is never without a holder: EXPELLER waits until the new one is there."""
    planner = planner_of(world, table=table_with(GOVERNOR=("TEST::30",)))
    plan = planner.plan()
    grants, removal = plan.steps
    assert (grants.kind, removal.kind) == ("grant", "revoke")
    assert due_calls(plan, authority(world), member("EXPELLER")) == []
    # The new one cannot grant itself the role: whoever still holds it is told.
    states = [(signer.account, signer.state) for signer in plan.signers[grants]]
    assert states == [(STRANGER, BLOCKED), (member("GOVERNOR"), SCHEDULE)]
    settle(planner)
    assert world.suite.members(1) == {STRANGER}
    assert planner.plan().clean


def test_an_attestor_leaves_after_the_new_one_has_come(world):
    """Too few would be left to state a rise in between."""
    chosen = with_reserves(attestors={"local": ("TEST::16", "TEST::17", "TEST::30")})
    planner = planner_of(world, chosen=chosen, kept=True)
    assert due_calls(planner.plan(), authority(world), member("EXPELLER")) == []
    settle(planner)
    assert set(world.feed.call("attestors")) == {
        resolve(name).lower() for name in ("TEST::16", "TEST::17", "TEST::30")
    }


def test_the_deployer_does_nothing_any_more(world):
    world.token.send("lowerMintLimit", 1, DAY, REF, sender=member("PAUSER"))
    planner = planner_of(world)
    assert planner.is_deploying() is False
    assert due_calls(planner.plan(), authority(world), DEPLOYER) == []
