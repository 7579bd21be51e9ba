"""The same inputs give the same addresses on different chains, on real nodes."""

import dataclasses

import pytest

from pegboard.suite import locate
from tests.support.anvil import AnvilChain
from tests.support.revm import RevmChain
from tests.support.world import artifacts, build_world, currencies, desks, key, resolve


def with_decimals(decimals):
    """HKD with other decimals, and the same limit in its units."""
    config = currencies()["HKD"]
    return dataclasses.replace(
        config,
        decimals=decimals,
        reserves=dataclasses.replace(config.reserves, decimals=decimals),
        limit_capacity=50_000_000 * 10**decimals,
    )


@pytest.mark.parametrize("decimals", [2, 6, 18])
def test_same_inputs_same_address(decimals):
    with AnvilChain(31337) as one, AnvilChain(31338) as other:
        worlds = [build_world(c, ("HKD",), {"HKD": with_decimals(decimals)}) for c in (one, other)]
        here, there = worlds
        assert here.chain.result("eth_chainId", []) != there.chain.result("eth_chainId", [])
        assert here.token.address == there.token.address
        assert here.feed.address == there.feed.address
        for contract in ("authority", "controls", "registry"):
            assert getattr(here.suite, contract).address == getattr(there.suite, contract).address
        assert len(here.suite.ours) == 11
        assert here.suite.ours == there.suite.ours
        for world in worlds:
            assert world.token.call("decimals") == decimals
            holder, value = world.holder().address, 5 * 10**decimals
            world.attest(10 * 10**decimals)
            world.token.send("mint", holder, value, bytes(32), sender=world.member("MINTER"))
            assert world.token.call("balanceOf", holder) == value
            assert world.deployer.plan().empty
        # Signatures of one chain are not those of the other, although the address is the same.
        assert here.token.call("DOMAIN_SEPARATOR") != there.token.call("DOMAIN_SEPARATOR")


def test_other_inputs_other_address():
    chain = RevmChain()
    six, two = (
        locate(chain, artifacts(), {"HKD": config}, desks(), key(0).address, resolve)
        for config in (with_decimals(6), with_decimals(2))
    )
    assert six.peg("HKD").token.address != two.peg("HKD").token.address
    assert six.authority.address == two.authority.address
