"""The node of the console as a world, for what no command of a test is about."""

from __future__ import annotations

from urllib.parse import urlsplit

from ape import networks

from pegboard.chain import JsonRpc
from pegboard.deploy import Deployer
from pegboard.desks import calendar_code
from pegboard.suite import locate
from tests.support.anvil import AnvilChain
from tests.support.world import World, artifacts, currencies, desks, key, resolve, roles

HK = calendar_code("HK")


class Attached(AnvilChain):
    """A node that somebody else started, and stops."""

    def __init__(self, port: int, chain_id: int = 31337):
        JsonRpc.__init__(self, chain_id)
        self.port = port

    def stop(self) -> None:
        raise AssertionError("this node is not ours to stop")


def attached(codes: tuple[str, ...] = ("HKD", "USD")) -> World:
    """The currencies that the console deployed, on its node."""
    port = urlsplit(networks.provider.uri).port
    assert port, f"no port in {networks.provider.uri}"
    chain, account = Attached(port), key(0).address
    chosen = {code: currencies()[code] for code in codes}
    suite = locate(chain, artifacts(), chosen, desks(), account, resolve)
    return World(chain, suite, Deployer(suite, artifacts(), roles(), account, resolve))


def to_quiet_friday(world: World) -> int:
    """Goes to a Friday, 15:00 in Hong Kong, before a week without holidays; returns its number."""
    calendar = world.suite.desks.calendar
    day = calendar.call("dayOf", HK, world.chain.now()) + 1
    week = (0, *range(3, 8))
    while not (day % 7 == 1 and all(calendar.call("isOpen", HK, day + n) for n in week)):
        day += 1
    world.chain.warp(calendar.call("endOf", HK, day) + 1 - 9 * 3600 - world.chain.now())
    return int(day)
