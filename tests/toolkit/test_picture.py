"""One picture of a currency, from one block.

take
├── given a chain without history, it refuses
├── given a block before the currency or its desks were there, it refuses in one sentence
├── given any block, it says what it said when that block was the last
├── the parts of the supply are what a ledger beside the chain says, and of this currency only
├── restricted are those who still are: barred ones with all they have, others up to what is held
├── treasury is what the tagged wallets have unless it is restricted; the list names them all
└── minted and burned come from the token's log, issued and redeemed from the desks'
breaks
├── given a sum that does not fit, it says which, with both figures
└── given a real picture, it is empty
"""

from dataclasses import replace

import pytest

from pegboard import issuance, picture, redemption
from pegboard.contract import Contract
from pegboard.errors import ChainError, DeploymentError, PegboardError
from pegboard.inputs import reference
from pegboard.suite import locate
from tests.support.anvil import AnvilChain
from tests.support.desks import (
    WHOLESALE,
    approve,
    bank_ref,
    bind,
    later,
    open_channel,
    propose,
    ready_desk,
    settler,
    surrender,
    take_back,
    teller,
    to_paying,
)
from tests.support.revm import START
from tests.support.world import REF, artifacts, build_world, currencies, desks, key, resolve, roles

UNIT = 10**6
NAME, OTHER = "ENTERPRISE-1", "WHOLESALER-2"
MINTER = roles().roles["MINTER"].id
WORD = reference


def shot(world, peg=None, block=None):
    """The picture at a block, the latest by default."""
    number = world.chain.height() if block is None else block
    account = key(0).address
    chosen = {code: currencies()[code] for code in world.suite.pegs}
    past = world.chain.at(number)
    suite = locate(past, artifacts(), chosen, desks(), account, resolve)
    found = suite.peg((peg or world.peg).config.code)
    suite.require_deployed(found)
    return picture.take(suite, found, MINTER)


class Story:
    """Everything that a picture shows, and the picture after each chapter."""

    def __init__(self, chain):
        self.world = build_world(chain, ("HKD", "USD"))
        self.deployed = chain.height()
        self.shots = {self.deployed: shot(self.world)}
        self.usd = self.world.suite.peg("USD")
        for chapter in (
            self.issue,
            self.mint_and_burn,
            self.redeem,
            self.restrict,
            self.tag,
            self.propose,
        ):
            chapter()
            self.shots[chain.height()] = shot(self.world)

    def who(self, index):
        return self.world.holder(index).address

    def issue(self):
        """1,000 to an enterprise, 250 to a wholesaler, 33 of USD."""
        world = self.world
        ready_desk(world, world.holder(0))
        bind(world, world.holder(1))
        open_channel(world, self.who(1), issuance.channel_word(OTHER), kind=WHOLESALE)
        desk, usd = world.suite.desks.issuance, issuance.channel_word("USD-1")
        opening = (usd, self.usd.token.address, 1, self.who(0), REF)
        limit = (usd, 100 * UNIT, 100 * UNIT, 86_400, REF)
        later(world, ("GOVERNOR", desk, "openChannel", opening))
        later(world, ("GOVERNOR", desk, "raiseChannel", limit))
        world.attest(10**17)
        world.attest(10**17, peg=self.usd)
        for ref, amount, name in (("a", 1_000, NAME), ("b", 250, OTHER)):
            propose(world, bank_ref(ref), amount * UNIT, issuance.channel_word(name))
            approve(world, bank_ref(ref), amount * UNIT, issuance.channel_word(name))
        self.propose_usd("d")
        desk.send("approve", bank_ref("d"), usd, 33 * UNIT, sender=resolve("TEST::41"))

    def propose_usd(self, ref):
        terms = (bank_ref(ref), issuance.channel_word("USD-1"), b"USD", 33 * UNIT)
        proposer = self.world.member("PROPOSER")
        self.world.suite.desks.issuance.send("propose", *terms, sender=proposer)

    def propose(self):
        """One order waits in each currency."""
        propose(self.world, bank_ref("c"), 7 * UNIT)
        self.propose_usd("e")

    def mint_and_burn(self):
        """500 are minted past the desk, and 40 of them burned."""
        world, burner = self.world, self.world.member("BURNER")
        world.fund(burner, 500 * UNIT)
        world.token.send("burn", 40 * UNIT, REF, sender=burner)

    def redeem(self):
        """60 paid, 5 returned, 6 taken back, 25 and 8 open, 3 of USD open, 2 of USD paid."""
        world, holder = self.world, self.who(0)
        settler(world, "settle", to_paying(world, holder, 60 * UNIT, bank_ref("x")), bank_ref("x"))
        teller(world, "giveBack", surrender(world, holder, 5 * UNIT), REF)
        take_back(world, surrender(world, holder, 6 * UNIT), holder)
        surrender(world, holder, 25 * UNIT)
        to_paying(world, holder, 8 * UNIT, bank_ref("y"))
        desk, token = world.suite.desks.redemption, self.usd.token
        for amount in (3, 2):
            token.send("surrender", desk.address, amount * UNIT, REF, sender=holder)
        number = desk.call("requestCount")
        teller(world, "validate", number)
        teller(world, "instruct", number, bank_ref("z"))
        settler(world, "settle", number, bank_ref("z"))

    def restrict(self):
        """2: blacklisted with 30; 3: frozen with 20; 4: holds 5 of 12; 5: holds 50 of 8.

        6 was frozen, 7 was blacklisted, 8 was held; 9 is blacklisted and has nothing.
        """
        world, token = self.world, self.world.token
        for index, amount in ((2, 30), (3, 20), (4, 12), (5, 8), (6, 9), (7, 9), (8, 9)):
            token.send("transfer", self.who(index), amount * UNIT, sender=self.who(1))
        barred = [self.who(index) for index in (2, 7, 9)]
        world.act("BLACKLISTER", token, "blacklist", barred, REF)
        world.act("FREEZER", token, "freeze", [self.who(3), self.who(6)], REF)
        for index, amount in ((4, 5), (5, 50), (8, 1)):
            world.act("FREEZER", token, "hold", self.who(index), amount * UNIT, REF)
        later(
            world,
            ("RELEASER", token, "unblacklist", ([self.who(7)], REF)),
            ("RELEASER", token, "unfreeze", ([self.who(6)], REF)),
            ("RELEASER", token, "release", (self.who(8), UNIT, REF)),
        )

    def tag(self):
        """Wallets of the issuer: 10 with 100, 3 (frozen, with 20), 4 (holds 5 of 12), 11 with 0."""
        world = self.world
        world.token.send("transfer", self.who(10), 100 * UNIT, sender=self.who(1))
        tags = ((10, "treasury"), (3, "fees"), (4, "redemption"), (11, "gas"), (12, "old"))
        registry = world.suite.registry
        steps = [
            ("GOVERNOR", registry, "tagWallet", (self.who(n), WORD(text), REF)) for n, text in tags
        ]
        later(world, *steps)
        later(world, ("GOVERNOR", registry, "untagWallet", (self.who(12), REF)))


@pytest.fixture(scope="module")
def story():
    with AnvilChain(31337, "--timestamp", str(START)) as chain:
        yield Story(chain)


@pytest.fixture(scope="module")
def seen(story):
    return shot(story.world)


# Take


def test_a_chain_without_history_is_refused(deployed):
    with pytest.raises(ChainError, match="keeps no history: connect to a node"):
        picture.take(deployed.suite, deployed.peg, MINTER)


@pytest.mark.req("HK-28")
def test_before_the_currency_was_there(story):
    """At no block of the deployment is there an answer that is wrong, or no answer at all."""
    chain, token = story.world.chain, story.world.token
    blocks = range(story.deployed + 1)
    first = next(block for block in blocks if chain.at(block).code(token.address))
    assert 5 < first < story.deployed - 5
    for block in blocks:
        if block < first:
            with pytest.raises(DeploymentError, match="HKD is not deployed on chain 31337"):
                shot(story.world, block=block)
        else:
            found = shot(story.world, block=block)
            assert (found.total, found.breaks, found.requests) == (0, [], ())


def test_after_the_last_block(story):
    with pytest.raises(PegboardError) as caught:
        shot(story.world, block=story.world.chain.height() + 1)
    assert "eth_getCode" in str(caught.value)


@pytest.mark.req("HK-28")
def test_a_block_is_shown_as_it_was(story):
    assert len(story.shots) == 7
    for block, then in story.shots.items():
        assert shot(story.world, block=block) == then
        assert then.breaks == []
    totals = [then.total // UNIT for then in story.shots.values()]
    assert totals == [0, 1_250, 1_710, 1_650, 1_650, 1_650, 1_650]


@pytest.mark.req("HK-28", "HK-42")
def test_the_parts_of_the_supply(story, seen):
    assert seen.total == story.world.token.call("totalSupply")
    found = {
        name: getattr(seen, name) / UNIT
        for name in ("total", "in_redemption", "restricted", "treasury", "circulating")
    }
    assert found == {
        "total": 1_250 + 500 - 40 - 60,
        "in_redemption": 25 + 8,
        "restricted": 30 + 20 + 5 + 8,
        "treasury": 100 + (12 - 5),
        "circulating": 1_650 - 33 - 63 - 107,
    }
    assert seen.breaks == []


@pytest.mark.req("HK-38", "HK-42", "HK-31")
def test_the_flows_come_from_the_log(seen):
    flows = {name: getattr(seen, name) / UNIT for name in ("minted", "burned", "redeemed")}
    assert flows == {"minted": 1_750, "burned": 100, "redeemed": 60}
    assert seen.issued == {NAME: 1_000 * UNIT, OTHER: 250 * UNIT}
    assert seen.otherwise == 500 * UNIT


@pytest.mark.req("HK-28")
def test_another_currency_is_another_picture(story):
    other = shot(story.world, story.usd)
    assert other.breaks == []
    assert (other.total, other.minted, other.burned) == (31 * UNIT, 33 * UNIT, 2 * UNIT)
    assert (other.in_redemption, other.redeemed, other.otherwise) == (3 * UNIT, 2 * UNIT, 0)
    assert other.issued == {"USD-1": 33 * UNIT}
    assert [order.ref for order in other.orders] == [bank_ref("e")]
    assert [request.amount for request in other.requests] == [3 * UNIT]
    # What is restricted in one currency is not in the other; the wallets are the issuer's.
    assert (other.restricted, other.accounts) == (0, ())
    assert len(other.wallets) == 4


def test_what_is_open(story, seen):
    assert [order.ref for order in seen.orders] == [bank_ref("c")]
    assert [(r.id, r.status, r.amount) for r in seen.requests] == [
        (4, "requested", 25 * UNIT),
        (5, "paying", 8 * UNIT),
    ]
    assert [channel.name for channel in seen.channels] == [NAME, OTHER]
    suite = story.world.suite
    assert seen.requests == tuple(redemption.open_requests(suite, story.world.peg))
    minters = {story.world.member("MINTER"), suite.desks.issuance.address}
    assert set(seen.minters) == minters


@pytest.mark.parametrize("page", [1, 2, 200])
def test_who_is_restricted_still(story, seen, monkeypatch, page):
    monkeypatch.setattr(picture, "PAGE", page)
    rows = {
        2: (True, False, 0, 30),
        3: (False, True, 0, 20),
        4: (False, False, 5, 5),
        5: (False, False, 50, 8),
        9: (True, False, 0, 0),
    }
    wanted = {
        picture.Restricted(story.who(n), barred, frozen, held * UNIT, amount * UNIT)
        for n, (barred, frozen, held, amount) in rows.items()
    }
    found = shot(story.world).accounts
    assert set(found) == wanted
    assert found == seen.accounts
    ascending = [int(entry.account, 16) for entry in found]
    assert ascending == sorted(ascending)


@pytest.mark.req("HK-12")
def test_every_tagged_wallet_is_listed(story, seen):
    assert seen.wallets == {
        story.who(10): "treasury",
        story.who(3): "fees",
        story.who(4): "redemption",
        story.who(11): "gas",
    }


def test_the_log_is_asked_a_fixed_number_of_times(story, monkeypatch):
    """However many requests there were."""
    asked, logs = [], type(story.world.chain.at(1)).logs
    past = type(story.world.chain.at(1))

    def count(self, *args):
        asked.append(args)
        return logs(self, *args)

    monkeypatch.setattr(past, "logs", count)
    found = shot(story.world)
    assert len(asked) == 7 + len(found.channels)


# Breaks


@pytest.mark.req("HK-31", "HK-28", "HK-42")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"circulating": 1},
            ["the parts of the supply are 1650000001, not 1650000000"],
        ),
        ({"minted": -1}, ["minted less burned is 1649999999, not 1650000000"]),
        ({"burned": -1}, ["minted less burned is 1650000001, not 1650000000"]),
        (
            {"in_redemption": 5, "circulating": -5},
            ["open requests hold 33000000, not 33000005"],
        ),
        (
            {"restricted": -2, "treasury": 2},
            ["restricted accounts have 63000000, not 62999998"],
        ),
        (
            {"otherwise": -500_000_001},
            ["the channels issued 1250000000, and only 1750000000 was minted"],
        ),
        ({"redeemed": 40_000_001}, ["100000001 was paid out, and only 100000000 burned"]),
        ({"redeemed": 40_000_000}, []),
        ({"otherwise": -500_000_000}, []),
        (
            {"total": 1},
            [
                "the parts of the supply are 1650000000, not 1650000001",
                "minted less burned is 1650000000, not 1650000001",
            ],
        ),
    ],
)
def test_what_does_not_add_up_is_said(seen, wrong, said):
    changed = {name: getattr(seen, name) + by for name, by in wrong.items()}
    assert replace(seen, **changed).breaks == said


@pytest.mark.req("HK-31")
def test_a_mint_that_the_log_does_not_show_is_a_break(story, monkeypatch):
    """A node that forgets an event: what the first channel issued."""
    events = Contract.events

    def forgetful(self, logs):
        found = events(self, logs)
        minted = [e for name, e in found if name == "Transfer" and int(e["from"], 16) == 0]
        return [pair for pair in found if pair[1] not in minted[:1]]

    monkeypatch.setattr(Contract, "events", forgetful)
    assert shot(story.world).breaks == [
        "minted less burned is 650000000, not 1650000000",
        "the channels issued 1250000000, and only 750000000 was minted",
    ]
