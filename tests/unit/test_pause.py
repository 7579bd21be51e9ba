"""Pausing verb by verb; which verb each bit stops is in test_policy.

pause
├── when no bit, or another than the four, is named: reverts with InvalidPauses
├── when redemption is named without consent reference: reverts with ReferenceRequired
└── else: stops at once, and adds to what is paused

resume
├── when no bit, or another than the four, is named: reverts with InvalidPauses
├── before its delay: reverts
└── else: opens what is named and leaves the rest

pausedSeconds
├── while transfers are open: constant
├── while transfers are paused: runs with the clock
├── given a second pause of transfers, or a pause of something else: unchanged
└── after each pause: the sum of all
"""

import pytest

from tests.support.refusal import emitted, refused, when_due
from tests.support.world import REF

REF_HEX = "0x" + REF.hex()
NO_REF = b"\0" * 32
HOUR = 3_600


@pytest.mark.parametrize("bits", [0, 16, 17, 255])
def test_pause_refuses_other_bits(world, token, pauser, bits):
    with refused(world, "InvalidPauses", pauses=bits):
        token.send("pause", bits, REF, sender=pauser)


@pytest.mark.parametrize("bits", [0, 16, 31])
def test_resume_refuses_other_bits(world, token, bits):
    world.act("PAUSER", token, "pause", 15, REF)
    resume = when_due(world, "RESUMER", token, "resume", bits, REF, token.call("pauseNumber"))
    with refused(world, "InvalidPauses", pauses=bits):
        resume()


@pytest.mark.req("HK-14")
@pytest.mark.parametrize("bits", [8, 9, 15])
def test_redemption_is_paused_only_with_consent(world, token, pauser, bits):
    """I12: redemption has its own bit, and needs a consent reference."""
    with refused(world, "ReferenceRequired"):
        token.send("pause", bits, NO_REF, sender=pauser)


@pytest.mark.req("HK-14")
@pytest.mark.parametrize("bits", range(1, 16))
def test_pauses_at_once_and_resumes_late(world, token, pauser, resumer, bits):
    """I12: each bit by itself; tighten at once, loosen late."""
    receipt = token.send("pause", bits, REF, sender=pauser)
    assert emitted(token, receipt) == [
        ("PauseSet", {"pauses": bits, "operator": pauser, "ref": REF_HEX})
    ]
    assert token.call("pauses") == bits

    call = token.prepare("resume", bits, REF, token.call("pauseNumber"))
    operation = world.suite.authority.call("hashOperation", resumer, token.address, call.data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        token.submit(call.data, sender=resumer)

    receipt = when_due(world, "RESUMER", token, "resume", bits, REF, token.call("pauseNumber"))()
    assert emitted(token, receipt) == [
        ("PauseLifted", {"pauses": bits, "operator": resumer, "ref": REF_HEX})
    ]
    assert token.call("pauses") == 0


def test_bits_add_up_and_are_lifted_one_by_one(world, token):
    for bits, paused in ((1, 1), (4, 5), (5, 5), (2, 7)):
        world.act("PAUSER", token, "pause", bits, REF)
        assert token.call("pauses") == paused
    for bits, paused in ((4, 3), (8, 3), (1, 2), (15, 0)):
        world.act("RESUMER", token, "resume", bits, REF, token.call("pauseNumber"))
        assert token.call("pauses") == paused


def test_three_bits_need_no_reference(world, token, pauser):
    token.send("pause", 7, NO_REF, sender=pauser)
    assert token.call("pauses") == 7


def test_the_refusal_names_all_bits_in_force(world, token, holder, payee):
    world.act("PAUSER", token, "pause", 5, REF)
    with refused(world, "Paused", pauses=5):
        token.send("transfer", payee.address, 1, sender=holder.address)


def test_a_pause_leaves_supply_and_modes(world, token, holder):
    world.act("PAUSER", token, "enterAllowListMode", REF)
    world.act("PAUSER", token, "pause", 15, REF)
    assert token.call("totalSupply") == 1_000_000_000
    assert token.call("isAllowListOn") is True
    world.act("RESUMER", token, "resume", 15, REF, token.call("pauseNumber"))
    assert token.call("totalSupply") == 1_000_000_000
    assert token.call("isAllowListOn") is True


# The clock


def test_the_clock_stands_while_transfers_are_open(world, token):
    assert token.call("pausedSeconds") == 0
    world.chain.warp(HOUR)
    assert token.call("pausedSeconds") == 0


def test_the_clock_runs_while_transfers_are_paused(world, token, pauser):
    token.send("pause", 1, REF, sender=pauser)
    for seconds in (0, 1, HOUR, 400 * 86_400):
        before = token.call("pausedSeconds")
        world.chain.warp(seconds)
        assert token.call("pausedSeconds") == before + seconds


@pytest.mark.parametrize("bits", [2, 4, 8, 14])
def test_other_pauses_do_not_start_the_clock(world, token, pauser, bits):
    token.send("pause", bits, REF, sender=pauser)
    world.chain.warp(HOUR)
    assert token.call("pausedSeconds") == 0


def test_pausing_again_does_not_restart_the_clock(world, token, pauser):
    token.send("pause", 1, REF, sender=pauser)
    world.chain.warp(HOUR)
    token.send("pause", 3, REF, sender=pauser)
    world.chain.warp(HOUR)
    assert token.call("pausedSeconds") == 2 * HOUR


def test_resuming_something_else_does_not_stop_the_clock(world, token, pauser):
    token.send("pause", 3, REF, sender=pauser)
    resume = when_due(world, "RESUMER", token, "resume", 2, REF, token.call("pauseNumber"))
    resume()
    before = token.call("pausedSeconds")
    world.chain.warp(7)
    assert token.call("pausedSeconds") == before + 7


def test_the_clock_keeps_the_sum(world, token, pauser):
    start = world.chain.now()
    token.send("pause", 1, REF, sender=pauser)
    when_due(world, "RESUMER", token, "resume", 1, REF, token.call("pauseNumber"))()
    first = world.chain.now() - start
    assert token.call("pausedSeconds") == first == HOUR

    world.chain.warp(5 * HOUR)
    assert token.call("pausedSeconds") == first
    when_due(world, "RESUMER", token, "resume", 1, REF, token.call("pauseNumber"))()
    assert token.call("pausedSeconds") == first

    token.send("pause", 1, REF, sender=pauser)
    world.chain.warp(11)
    assert token.call("pausedSeconds") == first + 11
    when_due(world, "RESUMER", token, "resume", 15, REF, token.call("pauseNumber"))()
    assert token.call("pausedSeconds") == first + 11 + HOUR


@pytest.mark.req("HK-09")
def test_a_resumption_never_outruns_a_later_pause(world, token, resumer):
    """I12: one that was scheduled ahead, or for the pause before, is refused."""
    ahead = when_due(world, "RESUMER", token, "resume", 1, REF, 1)
    before = when_due(world, "RESUMER", token, "resume", 1, REF, 0)
    world.act("PAUSER", token, "pause", 1, REF)
    with refused(world, "PausedAgain", pauseNumber=0, actual=1):
        before()
    world.act("PAUSER", token, "pause", 1, REF)
    with refused(world, "PausedAgain", pauseNumber=1, actual=2):
        ahead()
    assert token.call("pauses") == 1
    world.act("RESUMER", token, "resume", 1, REF, token.call("pauseNumber"))
    assert token.call("pauses") == 0
