"""HKD and USD with everything that the uses need, on a chain in memory that remembers."""

import pytest

from tests.support.remember import Remembering
from tests.support.uses import open_market
from tests.support.world import build_world


@pytest.fixture(scope="module")
def shared():
    """A market that several tests share: never change it without restoring it."""
    return open_market(build_world(Remembering(), ("HKD", "USD")))


@pytest.fixture
def market(shared):
    """The same, as new in every test."""
    point = shared.world.chain.snapshot()
    yield shared
    shared.world.chain.restore(point)
