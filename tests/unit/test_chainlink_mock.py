"""Minting against Chainlink's own mock feed, as npm has it.

given the mock as declared source, single-chain
├── when it is stale, from the future, zero or negative, or the value is above the headroom: reverts
└── else: mints up to the last unit, at 8 and at 18 decimals
given the mock without being declared single-chain
└── mint reverts: it has no `elsewhere()`
"""

import pytest

from pegboard.contract import Contract
from tests.support.refusal import refused
from tests.support.world import REF, artifacts
from tests.unit.solc import chainlink_mock

HOUR = 3_600


@pytest.fixture(scope="module")
def mock_artifact():
    """Their MockV3Aggregator, compiled with our compiler."""
    return chainlink_mock()


@pytest.fixture(params=[8, 18])
def mock(request, world, mock_artifact):
    """1,000.5 HKD, in the mock's decimals; the limit is no obstacle."""
    unit = 10**request.param
    world.act("GOVERNOR", world.token, "raiseMintLimit", 10**18, 1, REF)
    initcode = mock_artifact.initcode(request.param, 1_000 * unit + unit // 2)
    address = world.chain.create(world.holder(9).address, initcode)
    contract = Contract(world.chain, address, mock_artifact.abi, artifacts().errors)
    contract.unit = unit
    return contract


def declare(world, mock, *, single):
    world.act("GOVERNOR", world.token, "setReserveConfig", (mock.address, HOUR, 0, single), REF)
    mock.send("updateAnswer", mock.call("latestAnswer"), sender=world.holder(9).address)


@pytest.fixture
def mint(world, token, minter, payee):
    return lambda value: token.send("mint", payee.address, value, REF, sender=minter)


@pytest.mark.req("HK-25")
def test_mints_against_it(world, token, mock, mint, payee):
    """I8: 8 and 18 decimals against 6, to the last unit."""
    declare(world, mock, single=True)
    headroom = 1_000_500_000
    assert token.call("reserveHeadroom") == headroom
    with refused(world, "ReserveExceeded", value=headroom + 1, headroom=headroom):
        mint(headroom + 1)
    mint(headroom)
    assert token.call("balanceOf", payee.address) == headroom


def test_a_fraction_of_a_unit_backs_nothing(world, token, mock):
    """I8: rounded down."""
    declare(world, mock, single=True)
    one = mock.unit // 10**6
    for answer, headroom in ((one, 1), (one - 1, 0), (2 * one - 1, 1), (2 * one, 2)):
        mock.send("updateAnswer", answer, sender=world.holder(9).address)
        assert token.call("reserveHeadroom") == headroom


def test_refuses_it_undeclared(world, mock, mint):
    """A failed probe of `elsewhere()` never means zero."""
    declare(world, mock, single=False)
    with refused(world, "ReserveUnavailable", source=mock.address, reason="0x"):
        mint(1)


def test_refuses_it_stale(world, mock, mint):
    """I8: at its maximum age it is fresh, one second later it is stale."""
    declare(world, mock, single=True)
    updated = world.chain.now()
    world.chain.warp(HOUR)
    mint(1)
    world.chain.warp(1)
    with refused(world, "ReserveStale", updatedAt=updated, maxAge=HOUR):
        mint(1)


@pytest.mark.parametrize("answer", [0, -1])
def test_refuses_it_without_reserves(world, mock, mint, answer):
    """I8: answer <= 0."""
    declare(world, mock, single=True)
    mock.send("updateAnswer", answer, sender=world.holder(9).address)
    with refused(world, "ReserveNotPositive", answer=answer):
        mint(1)


@pytest.mark.parametrize("ahead", [None, 1])
def test_refuses_a_wrong_time(world, mock, mint, ahead):
    """I8: an incomplete round has no time, and none is from the future."""
    declare(world, mock, single=True)
    updated = 0 if ahead is None else world.chain.now() + ahead
    mock.send("updateRoundData", 9, 10**30, updated, updated, sender=world.holder(9).address)
    with refused(world, "ReserveTimeInvalid", updatedAt=updated):
        mint(1)
