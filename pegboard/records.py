"""deployments/<chainId>/<code>.json: written after deployment, compared before anything is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eth_utils import keccak, to_checksum_address

from pegboard import create2
from pegboard.errors import DeploymentError

if TYPE_CHECKING:
    from pathlib import Path

    from pegboard.suite import Peg, Suite


def record_of(suite: Suite, peg: Peg, deployer: str) -> dict[str, Any]:
    """What deployments/<chainId>/<code>.json says: enough to find, check and rebuild a currency."""
    chain = suite.chain

    def entry(address: str) -> dict[str, str]:
        return {"address": address, "codeHash": "0x" + keccak(chain.code(address)).hex()}

    config = peg.config
    return {
        "schema": "pegboard-deployment/1",
        "chainId": chain.chain_id,
        "code": config.code,
        "deployer": deployer,
        "factory": create2.FACTORY,
        "salt": "0x" + create2.SALT.hex(),
        "token": entry(peg.token.address)
        | {"name": config.name, "symbol": config.symbol, "decimals": config.decimals},
        "feed": entry(peg.feed.address) | {"decimals": config.reserves.decimals},
        "controls": entry(suite.controls.address),
        "feedControls": entry(suite.feed_controls.address),
        "audits": entry(suite.audits.address),
        "authority": entry(suite.authority.address),
        "registry": entry(suite.registry.address),
        "desks": {name: entry(contract.address) for name, contract in suite.desks.by_name.items()},
    }


def path_of(folder: Path, chain_id: int, code: str) -> Path:
    """Where the record of a currency is kept."""
    return folder / str(chain_id) / f"{code.lower()}.json"


def read(folder: Path, chain_id: int, code: str) -> dict[str, Any] | None:
    """The record of a currency on a chain, or None."""
    path = path_of(folder, chain_id, code)
    if not path.exists():
        return None
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        stated = (record["chainId"], record["code"], bool(record["token"]["codeHash"]))
        to_checksum_address(record["token"]["address"])
        to_checksum_address(record["deployer"])
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise DeploymentError(
            f"{path} is no deployment record: restore it from version control"
        ) from fault
    if stated != (chain_id, code, True):
        raise DeploymentError(f"{path} is the record of {stated[1]} on chain {stated[0]}: move it")
    return record


def write(folder: Path, suite: Suite, peg: Peg, deployer: str) -> Path:
    """Writes what was deployed; says the same when nothing changed."""
    path = path_of(folder, suite.chain.chain_id, peg.config.code)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record_of(suite, peg, deployer), indent=2) + "\n"
    path.write_text(text, encoding="utf-8")
    return path


def require_genuine(suite: Suite, peg: Peg, record: dict[str, Any] | None) -> None:
    """Fails unless the token is the recorded one, under our Controls, and is what was declared."""
    suite.require_deployed(peg)
    code, token, config = peg.config.code, peg.token, peg.config
    if record and record["token"]["address"] != token.address:
        raise DeploymentError(
            f"{code} is recorded at {record['token']['address']}, but these contracts and this "
            f"declaration belong to {token.address}: check out the release that deployed it"
        )
    actual = "0x" + keccak(suite.chain.code(token.address)).hex()
    if record and record["token"]["codeHash"] != actual:
        raise DeploymentError(
            f"the code at {token.address} is not the recorded one ({actual}): stop, and find out "
            "what this chain is"
        )
    implementation = to_checksum_address(token.call("implementation"))
    if implementation != suite.controls.address:
        raise DeploymentError(
            f"{code} delegates to {implementation}, not to {suite.controls.address}: "
            "check out the release that the token was upgraded to"
        )
    declared = (config.name, config.symbol, config.decimals, code)
    found = tuple(token.call(view) for view in ("name", "symbol", "decimals", "currency"))
    if found != declared:
        raise DeploymentError(
            f"the token at {token.address} says {found}, and {declared} is declared: "
            "check the network and the declaration"
        )
