"""The compiled contracts go into the wheel, reduced to what `pegboard.contract.Artifacts` reads."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COMPILED = Path(".build", "__local__.json")
#: Never deployed by pegboard.
MOCKS = "contracts/mocks/"


def reduced(build: dict[str, Any]) -> dict[str, Any]:
    """Interfaces, bytecode and what errors mean; no sources, and no bytecode of mocks."""
    kinds = {}
    for name, kind in build["contractTypes"].items():
        kept = {"abi": kind.get("abi", [])}
        is_mock = kind.get("sourceId", "").startswith(MOCKS)
        for part in ("deploymentBytecode", "runtimeBytecode"):
            code = (kind.get(part) or {}).get("bytecode")
            if code and not is_mock:
                kept[part] = {"bytecode": code}
        errors = (kind.get("userdoc") or {}).get("errors")
        if errors:
            kept["userdoc"] = {"errors": errors}
        kinds[name] = kept
    return {"contractTypes": kinds}


class CompiledContracts(BuildHookInterface[Any]):
    """Refuses to build a wheel without them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds the file; an editable install reads what `make compile` leaves in .build instead."""
        if version == "editable":
            return
        path = Path(self.root) / COMPILED
        if not path.is_file():
            raise FileNotFoundError(f"{path}: run `make compile` before you build or install")
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
            json.dump(reduced(json.loads(path.read_text())), file, separators=(",", ":"))
        self._made = Path(file.name)
        build_data["force_include"][file.name] = "pegboard/compiled.json"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Takes the file away again."""
        if version != "editable":
            self._made.unlink(missing_ok=True)
