"""The node's port, Ape's manners, and a deployed world."""

import os
import socket
import tempfile

if "ANVIL_PORT" not in os.environ or "PYTEST_XDIST_WORKER" in os.environ:
    with socket.socket() as _probe:  # before Ape reads its configuration: a node of our own
        _probe.bind(("127.0.0.1", 0))
        os.environ["ANVIL_PORT"] = str(_probe.getsockname()[1])

# What the tests sign is no business of the checkout's own journal.
os.environ["PEGBOARD_JOURNAL"] = tempfile.mkdtemp(prefix="journal-")
os.environ["PEGBOARD_LOG"] = tempfile.mkdtemp(prefix="oplog-")

import pytest
from ape import networks
from ape.api.networks import NetworkAPI
from ape_ethereum.provider import Web3Provider
from ape_ethereum.trace import Trace
from hypothesis import HealthCheck, settings

from tests.support.revm import RevmChain
from tests.support.world import World, build_world

pytest_plugins = ["pytester", "tests.support.requirements"]

_explorer = NetworkAPI.__dict__["explorer"].func
# An explorer plugin would ask the internet about every reverted call on a local chain, too.
NetworkAPI.explorer = property(lambda self: None if self.is_local else _explorer(self))
# Ape wraps `connect` once more for every provider it makes: after some hundred commands in one
# process each connection would take half a second, and then end in a RecursionError.
Web3Provider.__new__ = staticmethod(lambda kind, *_, **__: object.__new__(kind))
# Rendering a call tree for each expected revert takes most of a test's time.
Trace.show = lambda self, *args, **kwargs: None


def _is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


# Ape compares every node that it ever started at each connection, also those that were killed.
_nodes = networks.running_nodes
_nodes.remove_processes(*filter(_is_gone, _nodes.process_ids))

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
for _name, _examples in (("dev", 25), ("ci", 1_000), ("deep", 20_000)):
    settings.register_profile(
        _name, max_examples=_examples, deadline=None, suppress_health_check=_QUIET, database=None
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def deployed() -> World:
    """HKD on a chain in memory, as shipped; shared, so never change it without restoring it."""
    return build_world(RevmChain())


@pytest.fixture
def world(deployed: World) -> World:
    """The deployed world, as new in every test."""
    point = deployed.chain.snapshot()
    yield deployed
    deployed.chain.restore(point)


def pytest_terminal_summary(terminalreporter):
    """Figures that a test is to show, passed or not: what it recorded as `told`."""
    for report in (
        *terminalreporter.stats.get("passed", ()),
        *terminalreporter.stats.get("failed", ()),
    ):
        for name, text in report.user_properties:
            if name == "told":
                terminalreporter.write_line(text)
