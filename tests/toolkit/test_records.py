"""Records say where a suite is, whatever has been declared otherwise since.

recorded
├── given records of two suites, or of two deployers
│   └── it refuses, and names them
└── given records of one suite
    └── it has the place of every contract
require_genuine
├── given contracts of other code than is compiled here
│   └── it refuses
└── given a declaration that has changed since, and the same code
    └── it takes them
"""

import json
from dataclasses import replace

import pytest

from pegboard import create2
from pegboard.desired import records
from pegboard.errors import DeploymentError
from pegboard.suite import locate
from tests.support.planning import DEPLOYER, Thinking
from tests.support.world import (
    artifacts,
    build_world,
    currencies,
    desks,
    key,
    resolve,
)

STRANGER = key(30).address


@pytest.fixture(scope="module")
def world():
    world = build_world(Thinking(), ("HKD", "USD"))
    suite = world.suite
    world.chain.known = (suite.controls.address, suite.feed_controls.address)
    return world


@pytest.fixture
def kept(world):
    """The records of both currencies."""
    found = [records.record_of(world.suite, peg, DEPLOYER) for peg in world.suite.pegs.values()]
    return json.loads(json.dumps(found))


def located(world, kept, config):
    chosen = {"HKD": config}
    return locate(
        world.chain, artifacts(), chosen, desks(), DEPLOYER, resolve, records.recorded(kept)
    )


def test_every_contract_is_where_it_was_made(world, kept):
    found = records.recorded(kept)
    suite = world.suite
    assert found.deployer == DEPLOYER
    assert len(found.places) == 5 + 7 + 4 + 2 * 2
    assert found.places["HKD token"] == suite.peg("HKD").token.address
    assert found.places["USD feed"] == suite.peg("USD").feed.address
    assert found.places["LawfulOrders"] == suite.desks.orders.address
    assert found.at("EUR token", b"x") == create2.address_of(b"x")


def test_records_of_two_suites_are_refused(kept):
    kept[1]["desks"]["IssuanceDesk"]["address"] = STRANGER
    with pytest.raises(DeploymentError, match=f"name two of IssuanceDesk, 0x.* and {STRANGER}"):
        records.recorded(kept)


def test_records_of_two_deployers_are_refused(kept):
    kept[1]["deployer"] = STRANGER
    with pytest.raises(DeploymentError, match="name several deployers"):
        records.recorded(kept)


@pytest.mark.parametrize("lacks", ["desks", "authority", "token", "feed", "deployer", "chainId"])
def test_a_record_that_lacks_something_is_none(tmp_path, kept, lacks):
    del kept[0][lacks]
    path = records.path_of(tmp_path, 31337, "HKD")
    path.parent.mkdir()
    path.write_text(json.dumps(kept[0]))
    with pytest.raises(DeploymentError, match="is no deployment record: restore it"):
        records.read(tmp_path, 31337, "HKD")


def test_all_records_of_a_chain_are_read(tmp_path, world, kept):
    for peg in world.suite.pegs.values():
        records.write(tmp_path, world.suite, peg, DEPLOYER)
    assert records.read_all(tmp_path, 31337) == {"HKD": kept[0], "USD": kept[1]}
    assert records.read_all(tmp_path, 1) == {}
    assert [p.name for p in (tmp_path / "31337").iterdir() if p.suffix != ".json"] == []


def rotated():
    """HKD with another attestor than it was deployed with."""
    config = currencies()["HKD"]
    attestors = {"local": ("TEST::16", "TEST::17", "TEST::30")}
    return replace(config, reserves=replace(config.reserves, attestors=attestors))


def test_another_attestor_is_no_other_feed(world, kept):
    """What has a verb moves no address."""
    suite = located(world, kept, rotated())
    assert suite.peg("HKD").feed.address == world.suite.peg("HKD").feed.address
    records.require_genuine(suite, suite.peg("HKD"), kept[0])


@pytest.mark.parametrize("name", ["token", "feed", "authority", "LawfulOrders"])
def test_recorded_code_is_compared_of_every_contract(world, kept, name):
    """T5: before the first transaction of a plan."""
    records.require_recorded_code(world.suite, kept[0])
    entry = kept[0].get(name) or kept[0]["desks"][name]
    entry["codeHash"] = "0x" + "00" * 32
    with pytest.raises(DeploymentError, match=f"the code at {entry['address']} is not the rec"):
        records.require_recorded_code(world.suite, kept[0])


def test_contracts_of_another_release_are_refused(world, kept):
    """Where the declaration has changed, its code is compared instead of its address."""
    suite = located(world, kept, rotated())
    at = suite.peg("HKD").feed.address
    code = world.chain.code(at)
    world.chain.put_code(at, code[:-1] + bytes([code[-1] ^ 1]))
    try:
        with pytest.raises(DeploymentError, match="made by other code than is compiled here"):
            records.require_genuine(suite, suite.peg("HKD"), kept[0])
    finally:
        world.chain.put_code(at, code)
