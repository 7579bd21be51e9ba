"""The wheel, installed where nothing else of this repository is.

given a fresh environment with the wheel, and a project that only declares
├── the compiled contracts are in the wheel, without mocks and sources
├── `pegboard` and `ape pegboard` know every command
├── the contracts are found, deployed and worked with: the same addresses as from a checkout
└── without compiled contracts no wheel is built
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile

import pytest
from ape import networks
from hatchling.builders.wheel import WheelBuilder

from pegboard.cli import COMMANDS
from pegboard.contract import Artifacts
from tests.support.world import ROOT, artifacts

#: All that an issuer's own project has.
DECLARED = (
    *("currencies", "calendars", "roles.toml", "desks.toml", "chains.toml"),
    *("channels.toml", "uses.toml", "addresses.toml"),
)
CONFIG = """\
name: issuer
plugins:
  - name: foundry
ethereum:
  local:
    default_provider: foundry
foundry:
  host: http://127.0.0.1:$ANVIL_PORT
test:
  number_of_accounts: 60
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    [path] = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return path


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A Python with the wheel; what it depends on is borrowed, not downloaded again."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    python = folder / "bin" / "python"
    uv = shutil.which("uv")
    assert uv
    command = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(python)]
    subprocess.run([*command, wheel], check=True)
    site = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder that declares, and has no contracts."""
    folder = tmp_path_factory.mktemp("issuer")
    for name in DECLARED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        elif (ROOT / name).is_file():
            shutil.copy(ROOT / name, folder / name)
    (folder / "ape-config.yaml").write_text(CONFIG)
    return folder


@pytest.fixture
def run(environment, project):
    """Runs the installed command in the issuer's project, on the node of the tests."""

    def command(*words, code=0):
        kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
        kept["PYTHONSAFEPATH"] = "1"
        found = subprocess.run(
            [str(environment / "python"), *words],
            capture_output=True,
            text=True,
            cwd=project,
            env=kept,
            check=False,
        )
        assert found.returncode == code, found.stderr
        return found.stdout

    return command


def test_the_compiled_contracts_are_in_the_wheel(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as packed:
        packed.extract("pegboard/compiled.json", tmp_path)
        assert not [n for n in packed.namelist() if n.endswith(".sol") or n.startswith("tests")]
    path = tmp_path / "pegboard" / "compiled.json"
    shipped = Artifacts(path)
    kinds = json.loads(path.read_text())["contractTypes"]
    assert {"Authority", "PeggedToken", "Controls", "IssuanceDesk", "CustomerRegister"} <= set(
        kinds
    )
    assert not any("deploymentBytecode" in kinds[mock] for mock in ("Successor", "ForeignToken"))
    assert shipped.token_abi == artifacts().token_abi
    assert (shipped.notices, shipped.errors) == (artifacts().notices, artifacts().errors)
    for name in kinds:
        if "deploymentBytecode" in kinds[name]:
            assert shipped[name] == artifacts()[name]


def test_the_installed_commands_are_those_of_the_wheel(run, environment, project):
    where = run("-c", "import pegboard; print(pegboard.__file__)")
    assert where.startswith(str(environment.parent))
    entry = "from ape._cli import cli; cli(prog_name='ape')"
    for words in (("-c", entry, "pegboard", "--help"), (str(environment / "pegboard"), "--help")):
        said = run(*words)
        assert all(f"\n  {name} " in said for name in COMMANDS)


def test_a_project_that_only_declares_can_be_worked_with(run, environment, project):
    pegboard = str(environment / "pegboard")
    network = ("--network", networks.provider.network_choice)
    words = ("deploy", "HKD", "--account", "TEST::0", "--yes", "--json", *network)
    made = json.loads(run(pegboard, *words))
    assert made["outcome"] == "done"
    assert (project / "deployments" / "31337" / "hkd.json").is_file()
    again = json.loads(run(pegboard, *words))
    assert (again["outcome"], again["tokens"]) == ("nothing", made["tokens"])
    lowered = ("limits", "lower", "HKD", "5", "1d", "--ref", "incident 3", "--account", "TEST::11")
    done = json.loads(run(pegboard, *lowered, "--yes", "--json", *network))
    assert (done["outcome"], done["contract"]) == ("done", made["tokens"]["HKD"])
    drill = json.loads(run(pegboard, "drill", "pause", "--json", *network))
    assert drill["outcome"] == "passed"
    assert (project / "drills").is_dir()


def test_no_wheel_without_compiled_contracts(tmp_path):
    for name in ("pyproject.toml", "tools", "pegboard", "LICENSE", "README.md"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    builder = WheelBuilder(str(tmp_path))
    with pytest.raises(FileNotFoundError, match="run `make compile` before you build or install"):
        list(builder.build(directory=str(tmp_path / "dist"), versions=["standard"]))
    assert list(builder.build(directory=str(tmp_path / "dist"), versions=["editable"]))
