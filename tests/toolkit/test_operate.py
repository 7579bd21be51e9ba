"""Privileged verbs, shown before they are done.

perform
├── given a role without delay
│   └── it executes at once
├── given a role with a delay
│   ├── it schedules, and the same again says when it is due
│   ├── when due it executes, as the member itself
│   └── when expired it schedules anew
└── given no role
    └── it refuses, and nothing is sent
"""

from dataclasses import replace

import pytest

from pegboard import actions
from pegboard.contract import Call
from pegboard.errors import InputError, NotDue, NotPermitted, Pending, Reverted
from pegboard.inputs import reference
from pegboard.operate import perform
from pegboard.suite import targets
from tests.support.world import REF, roles


def resume(world):
    return actions.resume(world.peg, ["mint"], REF)


@pytest.fixture
def paused(world):
    world.act("PAUSER", world.token, "pause", 4, REF)
    return world


def test_at_once(world):
    action = actions.pause(world.peg, ["mint", "transfers"], REF)
    outcome = actions.carry_out(world.suite, action, world.member("PAUSER"))
    assert outcome.executed
    assert world.token.call("pauses") == 5


def test_scheduled_then_executed_by_the_same_command(paused):
    member, chain = paused.member("RESUMER"), paused.chain
    outcome = actions.carry_out(paused.suite, resume(paused), member)
    assert not outcome.executed
    assert outcome.ready_at == chain.now() + 3600
    for wait in (0, 3599):
        chain.warp(wait)
        with pytest.raises(NotDue) as caught:
            actions.carry_out(paused.suite, resume(paused), member)
        assert caught.value.ready_at == outcome.ready_at
    chain.warp(1)
    done = actions.carry_out(paused.suite, resume(paused), member)
    assert done.executed
    events = dict(paused.token.events(done.receipt.logs))
    assert events["PauseLifted"]["operator"] == member
    assert resume(paused).nothing_to_do


def test_an_expired_schedule_is_renewed(paused):
    member = paused.member("RESUMER")
    first = actions.carry_out(paused.suite, resume(paused), member)
    paused.chain.warp(3600 + 7 * 86400 + 1)
    again = actions.carry_out(paused.suite, resume(paused), member)
    assert not again.executed
    assert again.ready_at > first.ready_at


def test_without_the_role_nothing_is_sent(paused, monkeypatch):
    monkeypatch.setattr(type(paused.chain), "send", lambda *_: pytest.fail("sent"))
    with pytest.raises(NotPermitted, match=r"roles\.toml"):
        perform(paused.suite.authority, resume(paused).call, paused.holder().address)
    with pytest.raises(NotPermitted, match="that takes RESUMER"):
        actions.summarise(paused.suite, roles(), resume(paused), paused.holder().address)


@pytest.mark.req("HK-11")
def test_a_summary_says_what_a_signer_should_see(world):
    world.attest(10**12)
    to, signer = world.holder().address, world.member("MINTER")
    action = actions.mint(world.peg, to, 50_000 * 10**6, reference("FPS 17"))
    seen = actions.summarise(world.suite, roles(), action, signer)
    assert seen.sentence == f"create 50,000.00 HKD at {to}, reference FPS 17"
    assert (seen.needs, seen.roles, seen.delay) == ("MINTER", ("MINTER",), 0)
    assert (seen.chain_id, seen.signer, seen.contract) == (31337, signer, world.token.address)
    assert seen.status.headroom == world.token.call("reserveHeadroom")


@pytest.mark.req("HK-11")
def test_a_summary_refuses_what_the_chain_would_refuse(world):
    world.attest(10**12)
    action = actions.mint(world.peg, world.holder().address, 10**12, REF)
    with pytest.raises(Reverted, match="ReserveExceeded"):
        actions.summarise(world.suite, roles(), action, world.member("MINTER"))


def test_what_means_nothing_is_refused(world):
    holder = world.holder().address
    with pytest.raises(InputError, match="zero"):
        actions.mint(world.peg, holder, 0, REF)
    with pytest.raises(InputError, match="twice"):
        actions.mark(world.peg, "freeze", [holder, holder], REF)
    with pytest.raises(InputError, match="transfers, signatures, mint, redeem"):
        actions.pause(world.peg, [], REF)
    with pytest.raises(InputError, match="cannot be paused"):
        actions.pause(world.peg, ["everything"], REF)


@pytest.mark.parametrize(
    ("verb", "undo", "role"),
    [
        ("blacklist", "unblacklist", "BLACKLISTER"),
        ("freeze", "unfreeze", "FREEZER"),
        ("verify", "unverify", "VERIFIER"),
    ],
)
def test_marks_know_when_there_is_nothing_to_do(world, verb, undo, role):
    holder = world.holder().address
    assert actions.mark(world.peg, undo, [holder], REF).nothing_to_do
    action = actions.mark(world.peg, verb, [holder], REF)
    assert not action.nothing_to_do
    actions.carry_out(world.suite, action, world.member(role))
    assert actions.mark(world.peg, verb, [holder], REF).nothing_to_do
    both = [holder, world.holder(1).address]
    assert not actions.mark(world.peg, verb, both, REF).nothing_to_do


@pytest.mark.req("HK-11")
@pytest.mark.parametrize(
    ("kind", "verb", "role"),
    [
        (kind, verb, role.name)
        for role in roles().roles.values()
        for kind, verbs in role.functions.items()
        for verb in verbs
        if kind != "authority"  # the manager itself decides about most of those
    ],
)
def test_the_role_is_that_of_this_contracts_verb(world, kind, verb, role):
    """Several contracts have a `release`, a `freeze` or a `cancel`, for different people."""
    for contract in targets(world.suite)[kind]:
        call = Call(contract.address, contract.selector(verb), verb)
        action = actions.Action(verb=verb, contract=contract, call=call, ref=REF, peg=None)
        assert actions.role_for(world.suite, action, roles()) == role


def test_a_receipt_that_lacks_the_effect_is_no_success(world, monkeypatch):
    """T3: a node that says `success` of something else is not believed."""
    world.attest(10**15)
    action = actions.mint(world.peg, world.holder().address, 5, REF)
    send = world.chain.send
    monkeypatch.setattr(world.chain, "send", lambda *args: replace(send(*args), logs=()))
    with pytest.raises(Pending, match="its receipt lacks Minted"):
        actions.carry_out(world.suite, action, world.member("MINTER"))


@pytest.mark.parametrize("verb", ["blacklist", "freeze", "hold"])
def test_a_contract_of_the_suite_is_never_barred_by_mistake(world, verb):
    desk = world.suite.desks.redemption.address
    if verb == "hold":
        action = actions.hold(world.peg, desk, 5, REF)
    else:
        action = actions.mark(world.peg, verb, [world.holder().address, desk], REF)
    member = world.member("BLACKLISTER" if verb == "blacklist" else "FREEZER")
    for attempt in (
        actions.carry_out,
        lambda *args: actions.summarise(args[0], roles(), *args[1:]),
    ):
        with pytest.raises(InputError, match=f"{desk} is the RedemptionDesk: nothing was done"):
            attempt(world.suite, action, member)


def test_what_the_manager_keeps_for_its_admin(world):
    """Its own functions are mapped to nobody, and ADMIN schedules them all the same."""
    authority, admin = world.suite.authority, world.member("ADMIN")
    call = authority.prepare("labelRole", 3, "MINTER", text="name it anew")
    with pytest.raises(NotPermitted):
        perform(authority, call, world.member("GOVERNOR"))
    outcome = perform(authority, call, admin)
    assert not outcome.executed
    world.chain.warp(outcome.ready_at - world.chain.now())
    assert perform(authority, call, admin).executed
