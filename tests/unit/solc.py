"""Compiles sources in a test session, by standard JSON, with the compiler of the project."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from typing import Any

from pegboard.contract import Artifact
from tests.support.world import ROOT

SOLC = ROOT / "tools" / "solcx" / "solc-v0.8.37"


def compiled(sources: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The contracts of each source; whatever they import must be among the sources."""
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {
            "evmVersion": "cancun",
            "outputSelection": {"*": {"*": ["abi", "evm.bytecode", "evm.deployedBytecode"]}},
        },
    }
    run = subprocess.run(
        [SOLC, "--standard-json"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answer = json.loads(run.stdout)
    faults = [e["formattedMessage"] for e in answer.get("errors", []) if e["severity"] == "error"]
    assert not faults, "\n".join(faults)
    contracts: dict[str, dict[str, Any]] = answer["contracts"]
    return contracts


@cache
def chainlink_mock() -> Artifact:
    """Chainlink's MockV3Aggregator as npm has it, compiled with our compiler."""
    shared = ROOT / "node_modules" / "@chainlink" / "contracts" / "src" / "v0.8" / "shared"
    names = ["mocks/MockV3Aggregator.sol"]
    names += [f"interfaces/{p.name}" for p in (shared / "interfaces").glob("Aggregator*.sol")]
    contracts = compiled({name: (shared / name).read_text() for name in names})
    made = contracts["mocks/MockV3Aggregator.sol"]["MockV3Aggregator"]
    code = {k: bytes.fromhex(made["evm"][k]["object"]) for k in ("bytecode", "deployedBytecode")}
    return Artifact("MockV3Aggregator", made["abi"], code["bytecode"], code["deployedBytecode"])
