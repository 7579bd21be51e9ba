"""The command line in this very process, on the node of the tests."""

import json
import warnings
from dataclasses import dataclass

import pytest
from ape import networks
from click.testing import CliRunner
from eth_utils import keccak, to_checksum_address

from pegboard.cli import cli
from pegboard.inputs import moment_text
from tests.support.node import attached
from tests.support.uses import open_market
from tests.support.world import resolve

CHAIN_ID = 31337
PAYER = 30
ME = resolve(f"TEST::{PAYER}")


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class Console:
    """Runs commands as an admin would type them."""

    def __init__(self, records):
        self.records = str(records)

    def run(self, *words, stdin=None, network=True):
        """One command, with the options that every test wants."""
        options = ["--records", self.records]
        if network:
            options += ["--network", networks.provider.network_choice]
        result = CliRunner(mix_stderr=False).invoke(cli, [*words, *options], input=stdin)
        if result.exception is not None:
            assert isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.stdout + result.stderr
        return Answer(result.exit_code, result.stdout, result.stderr)

    def act(self, index, *words, code=0):
        """One command signed by a test account, answered in JSON."""
        answer = self.run(*words, "--account", f"TEST::{index}", "--yes", "--json")
        assert answer.code == code, answer
        return answer

    def refused(self, index, *words, code=1):
        """A command that must fail with one line on stderr and nothing on stdout."""
        answer = self.act(index, *words, code=code)
        assert answer.out == ""
        line = next(line for line in answer.err.splitlines() if line.startswith("Error: "))
        return line.removeprefix("Error: ")

    def status(self, code="HKD"):
        """One currency's status."""
        return self.run("status", code, "--json").json["currencies"][code]

    def sign(self, folder, reserves, *, signers=(16, 17, 18), code="HKD"):
        """Signs a statement of now; the files of the attestors."""
        as_of, files = moment_text(now()), []
        for index in signers:
            out = folder / f"{index}.json"
            words = ("--reserves", reserves, "--as-of", as_of, "--document", "0x" + "11" * 32)
            self.act(index, "reserves", "sign", code, *words, "--out", str(out))
            files.append(str(out))
        return files


def person(name):
    """An account that nobody else in the tests has."""
    return to_checksum_address(keccak(text=f"payee {name}")[:20])


def now():
    """The node's time."""
    block = networks.provider.make_request("eth_getBlockByNumber", ["pending", False])
    return int(block["timestamp"], 16)


def warp(seconds):
    """Lets time pass."""
    networks.provider.make_request("evm_increaseTime", [hex(seconds)])
    networks.provider.make_request("anvil_mine", ["0x1"])


def blocks():
    """How many blocks there are: none is mined without a transaction."""
    return networks.provider.get_block("latest").number


def put_back():
    """The node's chain goes back to what it was before, whatever came upon it."""
    request = networks.provider.make_request
    point = request("evm_snapshot", [])
    yield
    assert request("evm_revert", [point]) is True


@pytest.fixture(scope="module", autouse=True)
def chain_of_a_module():
    """No module finds what another left on the node."""
    yield from put_back()


@pytest.fixture(autouse=True)
def chain_of_a_test(chain_of_a_module):
    """No test finds what another left: the node stands as its module's fixtures made it."""
    yield from put_back()


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    return tmp_path_factory.mktemp("deployments")


@pytest.fixture(scope="module")
def console(records):
    """A console on a chain where HKD and USD are deployed."""
    warnings.simplefilter("ignore", DeprecationWarning)
    console = Console(records)
    console.act(0, "deploy", "HKD", "USD")
    return console


@pytest.fixture(scope="module")
def node(console):
    """The console's node as a world, with a payer."""
    world = attached()
    world.fund(ME, 5_000_000 * 10**6)
    return world


@pytest.fixture(scope="module")
def market(console):
    """HKD, USD and everybody who trades in them, on the console's node."""
    return open_market(attached())


@pytest.fixture
def stocked(console, tmp_path):
    """The same, with a fresh statement of a million HKD."""
    console.act(19, "reserves", "post", "HKD", *console.sign(tmp_path, "1000000"))
    return console


@pytest.fixture
def holder():
    return resolve("TEST::3")
