"""The policy table, cell by cell: each call with one party in one state, and under each pause bit.

a call of the table
├── given a party in a state that refuses it: reverts and names the party
├── given a payee that may not receive a row: the row is skipped
├── given a pause bit that stops it: reverts with Paused
└── else: has its effect
docs/policy.md
└── is what the table prints
"""

from dataclasses import dataclass

import pyrevm
import pytest

from tests.support.puppet import Puppet, deploy_puppet
from tests.support.refusal import refused, when_due
from tests.support.signed import FOREVER, sign, spelled
from tests.support.world import REF, World, key
from tests.unit.policy import (
    BITS,
    HELD,
    INVALID,
    NO_REACH,
    OK,
    PAGE,
    POLICY,
    SKIPPED,
    STATES,
    STOPPED_BY,
    render,
)
from tests.unit.verbs import PUBLIC, VERBS, role_of, set_stage

FUNDS = 1_000
VALUE = 100
NONCE = b"\5" * 32
CELLS = [
    pytest.param(call, party, state, outcome, id=f"{call}-{party}-{state}")
    for call, row in POLICY.items()
    for party, outcomes in row.items()
    for state, outcome in zip(STATES, outcomes, strict=True)
]
#: Their effect may be there already; a contract of the suite has no hold to release.
MARKS = ("blacklist", "freeze", "unblacklist", "unfreeze", "verify", "unverify", "release")
#: Parties that must hold a role; all others are people.
OFFICES = {"minter": "MINTER", "burner": "BURNER", "seizer": "SEIZER"}


@dataclass
class Case:
    """One call with its parties, ready to be done."""

    world: World
    call: str
    bar_first: bool = True  # an order reaches only a barred account
    desk: Puppet | None = None  # what has been surrendered to it

    @property
    def token(self):
        return self.world.token

    @property
    def verb(self):
        return self.call.split(" ")[0].rstrip(",")

    @property
    def form(self):
        return "bytes" if self.call.endswith("bytes") else "vrs"

    def key(self, party):
        return self.world.holder(list(POLICY[self.call]).index(party))

    def address(self, party):
        if party in OFFICES:
            return self.world.member(OFFICES[party])
        return self.key(party).address

    def balance(self, party):
        return self.token.call("balanceOf", self.address(party))

    def fund(self):
        """Everybody has something, and the spender an allowance."""
        for party in POLICY[self.call]:
            self.world.fund(self.address(party), FUNDS)
        if self.verb == "transferFrom":
            self.token.send("approve", self.address("spender"), VALUE, sender=self.address("from"))
        if self.verb in ("surrender", "restore", "burnEscrow"):
            self.desk = deploy_puppet(self.world.chain)
            self.world.act("GOVERNOR", self.token, "appointDesk", self.desk.address, REF)
            self.world.fund(key(25).address, FUNDS)
            self._surrender_as(key(25).address)

    def _surrender_as(self, sender):
        return self.token.send("surrender", self.desk.address, VALUE, REF, sender=sender)

    def _appoint(self, account):
        """Only what has code is appointed, and only what has none sends: first one, then other."""
        evm = self.world.chain.evm
        kept = evm.basic(account)
        coded = pyrevm.AccountInfo(code=b"\0", nonce=kept.nonce, balance=kept.balance)
        evm.insert_account_info(account, coded)
        self.world.act("GOVERNOR", self.token, "appointDesk", account, REF)
        evm.insert_account_info(account, kept)

    def bar(self, party, state):
        """Puts one party into a state; the others are verified where the mode asks for it."""
        world, token, account = self.world, self.token, self.address(party)
        if state == "frozen":
            world.act("FREEZER", token, "freeze", [account], REF)
        elif state == "blacklisted":
            world.act("BLACKLISTER", token, "blacklist", [account], REF)
        elif state == "held":
            world.act("FREEZER", token, "hold", account, 2 * FUNDS, REF)
        else:
            if state == "suite":
                world.act("GOVERNOR", token, "enlist", [account], REF)
            if state == "desk":
                self._appoint(account)
            others = [self.address(p) for p in POLICY[self.call] if p != party]
            world.act("VERIFIER", token, "verify", others, REF)
            world.act("PAUSER", token, "enterAllowListMode", REF)

    def ready(self):
        """The call as a step without arguments, and a question whether it had its effect."""
        return getattr(self, f"_{self.verb}")()

    def evidence(self, outcome, party):
        account = self.address(party)
        if outcome == HELD:
            return {"account": account, "amount": VALUE, "unfrozen": 0}
        if outcome == NO_REACH:
            return {"account": account, "value": VALUE, "reach": 0}
        if outcome == INVALID:
            return {"receiver": account}
        return {"account": account}

    # The calls

    def _moves(self, act, source, target):
        before = (self.balance(source), self.balance(target))
        after = (before[0] - VALUE, before[1] + VALUE)
        return act, lambda: (self.balance(source), self.balance(target)) == after

    def _transfer(self):
        ref = (b"INV",) if "reference" in self.call else ()
        name = "transfer(address,uint256,bytes)" if ref else "transfer(address,uint256)"
        args = (self.address("to"), VALUE, *ref)
        sender = self.address("from")
        return self._moves(lambda: self.token.send(name, *args, sender=sender), "from", "to")

    def _transferFrom(self):  # noqa: N802 named after the call
        ref = (b"INV",) if "reference" in self.call else ()
        name = f"transferFrom(address,address,uint256{',bytes' if ref else ''})"
        args = (self.address("from"), self.address("to"), VALUE, *ref)
        sender = self.address("spender")
        return self._moves(lambda: self.token.send(name, *args, sender=sender), "from", "to")

    def _allowed(self):
        return self.token.call("allowance", self.address("owner"), self.address("spender")) == VALUE

    def _approve(self):
        args, sender = (self.address("spender"), VALUE), self.address("owner")
        return lambda: self.token.send("approve", *args, sender=sender), self._allowed

    def _permit(self):
        owner, spender = self.address("owner"), self.address("spender")
        values = (owner, spender, VALUE, 0, FOREVER)
        signature = sign(self.key("owner"), self.token, "Permit", values).args(self.form)
        args = (owner, spender, VALUE, FOREVER, *signature)
        return lambda: self.token.send(
            spelled("permit", self.form), *args, sender=self.address("relayer")
        ), self._allowed

    def _authorized(self, submitter):
        values = (self.address("from"), self.address("to"), VALUE, 0, FOREVER, NONCE)
        kind = self.verb[0].upper() + self.verb[1:]
        signature = sign(self.key("from"), self.token, kind, values).args(self.form)
        name, sender = spelled(self.verb, self.form), self.address(submitter)
        act = lambda: self.token.send(name, *values, *signature, sender=sender)  # noqa: E731
        return self._moves(act, "from", "to")

    def _transferWithAuthorization(self):  # noqa: N802 named after the call
        return self._authorized("relayer")

    def _receiveWithAuthorization(self):  # noqa: N802 named after the call
        return self._authorized("to")

    def _cancelAuthorization(self):  # noqa: N802 named after the call
        values = (self.address("authorizer"), NONCE)
        signature = sign(self.key("authorizer"), self.token, "CancelAuthorization", values)
        name, sender = spelled(self.verb, self.form), self.address("relayer")
        args = (*values, *signature.args(self.form))
        return (
            lambda: self.token.send(name, *args, sender=sender),
            lambda: self.token.call("authorizationState", *values) is True,
        )

    def _pay(self):
        refs = ([REF],) if "references" in self.call else ()
        name = f"pay(bytes32,uint8,(address,uint96)[],{'bytes32[],' if refs else ''}uint256)"
        args = (REF, 0, [(self.address("payee"), VALUE)], *refs, VALUE)
        sender = self.address("payer")
        return self._moves(lambda: self.token.send(name, *args, sender=sender), "payer", "payee")

    def _surrender(self):
        sender, after = self.address("holder"), self.balance("holder") - VALUE
        return lambda: self._surrender_as(sender), lambda: self.balance("holder") == after

    def _restore(self):
        to, after = self.address("to"), self.balance("to") + VALUE
        act = lambda: self.desk.act(self.token, "restore", to, VALUE)  # noqa: E731
        return act, lambda: self.balance("to") == after

    def _burnEscrow(self):  # noqa: N802 named after the call
        holder, after = self.address("holder"), self.token.call("totalSupply") - VALUE
        act = lambda: self.desk.act(self.token, "burnEscrow", holder, VALUE)  # noqa: E731
        return act, lambda: self.token.call("totalSupply") == after

    def _mint(self):
        args, sender = (self.address("recipient"), VALUE, REF), self.address("minter")
        self.world.chain.warp(1)
        self.world.attest(10**17)
        after = self.balance("recipient") + VALUE
        return (
            lambda: self.token.send("mint", *args, sender=sender),
            lambda: self.balance("recipient") == after,
        )

    def _burn(self):
        after = self.balance("burner") - VALUE
        return (
            lambda: self.token.send("burn", VALUE, REF, sender=self.address("burner")),
            lambda: self.balance("burner") == after,
        )

    def _seize(self):
        if self.bar_first:
            self.world.act("FREEZER", self.token, "freeze", [self.address("from")], REF)
        args = (self.address("from"), self.address("to"), VALUE, REF)
        return self._moves(when_due(self.world, "SEIZER", self.token, "seize", *args), "from", "to")

    def _destroy(self):
        if self.bar_first:
            self.world.act("FREEZER", self.token, "freeze", [self.address("from")], REF)
        after = self.balance("from") - VALUE
        args = (self.address("from"), VALUE, REF)
        act = when_due(self.world, "SEIZER", self.token, "destroy", *args)
        return act, lambda: self.balance("from") == after

    def _list(self, view, *, expected):
        account = self.address("account")
        amount = self.verb in ("hold", "release")
        args = (account, VALUE, REF) if amount else ([account], REF)
        if expected is None:
            before = self.token.call(view, account)
            expected = before + (VALUE if self.verb == "hold" else -VALUE)
        act = when_due(self.world, role_of("token", self.verb), self.token, self.verb, *args)
        return act, lambda: self.token.call(view, account) == expected

    def _blacklist(self):
        return self._list("isBlacklisted", expected=True)

    def _freeze(self):
        return self._list("isFrozen", expected=True)

    def _hold(self):
        return self._list("getFrozenTokens", expected=None)

    def _unblacklist(self):
        return self._list("isBlacklisted", expected=False)

    def _unfreeze(self):
        return self._list("isFrozen", expected=False)

    def _release(self):
        if self.token.call("isEnlisted", self.address("account")) is False:
            self.world.act("FREEZER", self.token, "hold", self.address("account"), VALUE, REF)
            return self._list("getFrozenTokens", expected=None)
        # A contract of the suite has no hold, so that nothing of it can be released.
        args = (self.address("account"), 0, REF)
        act = when_due(self.world, "RELEASER", self.token, "release", *args)
        return act, lambda: self.token.call("getFrozenTokens", self.address("account")) == 0

    def _verify(self):
        return self._list("isVerified", expected=True)

    def _unverify(self):
        suite = self.token.call("isEnlisted", self.address("account"))
        return self._list("isVerified", expected=suite)


@pytest.mark.req("HK-53")
@pytest.mark.parametrize(("call", "party", "state", "outcome"), CELLS)
def test_the_cell_is_true(world, call, party, state, outcome):
    """I13, I14: every party of every call in every state."""
    case = Case(world, call, bar_first=party != "from")
    case.fund()
    case.bar(party, state)
    act, has_effect = case.ready()
    if outcome not in (OK, SKIPPED):
        with refused(world, outcome, **case.evidence(outcome, party)):
            act()
        return
    assert has_effect() is False or case.verb in MARKS
    receipt = act()
    assert has_effect() is (outcome == OK)
    if outcome == SKIPPED:
        assert [name for name, _ in world.token.events(receipt.logs)] == ["Skipped", "Batch"]
        assert case.balance(party) == FUNDS


@pytest.mark.req("HK-14")
@pytest.mark.parametrize("bit", BITS)
@pytest.mark.parametrize("call", POLICY)
def test_each_bit_stops_exactly_its_row(world, call, bit):
    """I12: every call under each pause bit alone."""
    case = Case(world, call)
    case.fund()
    act, has_effect = case.ready()
    world.act("PAUSER", world.token, "pause", bit, REF)
    if bit in STOPPED_BY.get(call, ()):
        with refused(world, "Paused", pauses=bit):
            act()
        when_due(
            world, "RESUMER", world.token, "resume", bit, REF, world.token.call("pauseNumber")
        )()
    act()
    assert has_effect() is True


@pytest.fixture(scope="module")
def staged():
    return set_stage()


@pytest.fixture
def stage(staged):
    point = staged.world.chain.snapshot()
    yield staged
    staged.world.chain.restore(point)


@pytest.mark.parametrize(
    "verb", [v for k, v in VERBS if k == "token" and v not in ("mint", "burn")]
)
def test_every_other_verb_works_while_everything_is_paused(stage, verb):
    """I12: lawful orders and administration always work."""
    token = stage.world.token
    stage.world.act("PAUSER", token, "pause", 15, REF)
    act = when_due(stage.world, role_of("token", verb), token, verb, *VERBS["token", verb](stage))
    receipt = act()
    assert token.address in {log.address for log in receipt.logs}


def test_the_table_has_every_call():
    """Generated from the ABI: a call without a row fails."""
    known = {call.split(" ")[0].rstrip(",") for call in POLICY}
    hot = {signature.split("(")[0] for signature in PUBLIC["token"]}
    assert hot < known
    assert known - hot <= {verb for kind, verb in VERBS if kind == "token"}
    assert len([call for call in POLICY if call.split(" ")[0].rstrip(",") in hot]) == len(
        PUBLIC["token"]
    )


@pytest.mark.parametrize(("party", "state"), [(p, s) for p in ("from", "to") for s in STATES])
def test_the_views_say_what_the_table_says(world, party, state):
    """ERC-7943: canTransfer, canSend, canReceive and availableOf agree with what happens."""
    case = Case(world, "transfer")
    case.fund()
    token, ends = world.token, (case.address("from"), case.address("to"))
    assert token.call("canTransfer", *ends, VALUE) is True
    assert token.call("canTransfer", *ends, FUNDS + 1) is False
    case.bar(party, state)
    outcome = dict(zip(STATES, POLICY["transfer"][party], strict=True))[state]
    assert token.call("canTransfer", *ends, VALUE) is (outcome == OK)
    if party == "from":
        assert token.call("canSend", ends[0]) is (outcome in (OK, HELD))
        assert token.call("availableOf", ends[0]) == (FUNDS if outcome == OK else 0)
    else:
        assert token.call("canReceive", ends[1]) is (outcome == OK)


@pytest.mark.parametrize("bit", BITS)
def test_can_transfer_knows_the_pause(world, bit):
    case = Case(world, "transfer")
    case.fund()
    world.act("PAUSER", world.token, "pause", bit, REF)
    ends = (case.address("from"), case.address("to"))
    assert world.token.call("canTransfer", *ends, VALUE) is (bit != 1)


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("nobody", ["0x" + "00" * 20, "token"])
def test_can_transfer_knows_who_has_no_account(world, end, nobody):
    case = Case(world, "transfer")
    case.fund()
    ends = [case.address("from"), case.address("to")]
    ends[end] = world.token.address if nobody == "token" else nobody
    assert world.token.call("canTransfer", *ends, 0) is False
    assert world.token.call("canReceive", ends[1]) is (end == 0)


def test_the_page_is_what_the_table_prints():
    assert PAGE.read_text(encoding="utf-8") == render(), "run `python -m tests.unit.policy`"
