"""The cast: people without a role, and who holds which role."""

import pytest

from pegboard import create2
from pegboard.contract import Contract
from tests.support.revm import RevmChain
from tests.support.uses import open_market
from tests.support.world import World, artifacts, build_world


@pytest.fixture
def own_world():
    """A world of one's own, for tests that write storage or code past the contracts."""
    return build_world(RevmChain())


@pytest.fixture(scope="session")
def bazaar():
    """HKD and USD with everybody who uses them; shared, so never change it without restoring it."""
    return open_market(build_world(RevmChain(), ("HKD", "USD")))


@pytest.fixture
def market(bazaar):
    """The market, as new in every test."""
    point = bazaar.world.chain.snapshot()
    yield bazaar
    bazaar.world.chain.restore(point)


@pytest.fixture
def create():
    """Deploys a compiled contract into a world."""

    def make(world: World, name: str, *args) -> Contract:
        artifact = artifacts()[name]
        address, _ = create2.deploy(
            world.chain, artifact.initcode(*args), sender=world.holder(9).address
        )
        return Contract(world.chain, address, artifact.abi, artifacts().errors)

    return make


@pytest.fixture
def token(world):
    return world.token


@pytest.fixture
def feed(world):
    return world.feed


@pytest.fixture
def authority(world):
    return world.suite.authority


@pytest.fixture
def registry(world):
    return world.suite.registry


# People


@pytest.fixture
def holder(world):
    """Has 1,000 HKD."""
    account = world.holder(0)
    world.fund(account.address, 1_000_000_000)
    return account


@pytest.fixture
def payee(world):
    return world.holder(1)


@pytest.fixture
def spender(world):
    return world.holder(2)


@pytest.fixture
def relayer(world):
    return world.holder(3)


@pytest.fixture
def stranger(world):
    return world.holder(4)


# Members of roles, by address


@pytest.fixture
def admin(world):
    return world.member("ADMIN")


@pytest.fixture
def governor(world):
    return world.member("GOVERNOR")


@pytest.fixture
def guardian(world):
    return world.member("GUARDIAN")


@pytest.fixture
def minter(world):
    return world.member("MINTER")


@pytest.fixture
def burner(world):
    return world.member("BURNER")


@pytest.fixture
def blacklister(world):
    return world.member("BLACKLISTER")


@pytest.fixture
def freezer(world):
    return world.member("FREEZER")


@pytest.fixture
def releaser(world):
    return world.member("RELEASER")


@pytest.fixture
def seizer(world):
    return world.member("SEIZER")


@pytest.fixture
def verifier(world):
    return world.member("VERIFIER")


@pytest.fixture
def pauser(world):
    return world.member("PAUSER")


@pytest.fixture
def resumer(world):
    return world.member("RESUMER")


@pytest.fixture
def upgrader(world):
    return world.member("UPGRADER")


@pytest.fixture
def auditor(world):
    return world.member("AUDITOR")


@pytest.fixture
def expeller(world):
    return world.member("EXPELLER")
