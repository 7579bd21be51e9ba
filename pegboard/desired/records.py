"""deployments/<chainId>/<code>.json: written after deployment, compared before anything is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eth_utils import keccak, to_checksum_address

from pegboard import create2
from pegboard.desired.bytecode import created
from pegboard.desired.places import Recorded
from pegboard.errors import DeploymentError
from pegboard.files import atomic
from pegboard.suite import contracts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pegboard.suite import Peg, Suite


#: The contracts that all currencies of a chain share, besides the desks.
SHARED = ("authority", "audits", "controls", "feedControls", "registry")


def recorded(records: Iterable[dict[str, Any]]) -> Recorded:
    """What the records of one chain say together; refuses records of two suites."""
    places: dict[str, str] = {}
    deployers = set()
    for record in records:
        code = record["code"]
        deployers.add(record["deployer"])
        found = {name: record[name] for name in SHARED} | record["desks"]
        found |= {f"{code} token": record["token"], f"{code} feed": record["feed"]}
        for name, entry in found.items():
            address = to_checksum_address(entry["address"])
            if places.setdefault(name, address) != address:
                raise DeploymentError(
                    f"the records of chain {record['chainId']} name two of {name}, "
                    f"{places[name]} and {address}: restore them from version control"
                )
    if len(deployers) > 1:
        raise DeploymentError(
            f"the records name several deployers ({', '.join(sorted(deployers))}): "
            "restore them from version control"
        )
    return Recorded(next(iter(deployers), ""), places)


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
        "desks": {name: entry(contract.address) for name, contract in suite.by_name.items()},
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
        recorded([record])
        to_checksum_address(record["deployer"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
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
    atomic.write(path, text.encode())
    return path


def read_all(folder: Path, chain_id: int) -> dict[str, dict[str, Any]]:
    """All records of a chain, by code."""
    codes = sorted(path.stem.upper() for path in (folder / str(chain_id)).glob("*.json"))
    found = {code: read(folder, chain_id, code) for code in codes}
    return {code: record for code, record in found.items() if record}


def require_recorded_code(suite: Suite, record: dict[str, Any]) -> None:
    """Fails unless every contract of a record has the recorded code."""
    for entry in (record[name] for name in (*SHARED, "token", "feed")):
        _require_hash(suite, entry)
    for entry in record["desks"].values():
        _require_hash(suite, entry)


def _require_hash(suite: Suite, entry: dict[str, Any]) -> None:
    actual = "0x" + keccak(suite.chain.code(entry["address"])).hex()
    if entry["codeHash"] != actual:
        raise DeploymentError(
            f"the code at {entry['address']} is not the recorded one ({actual}): stop, and find "
            "out what this chain is"
        )


def _require_release(suite: Suite, code: str) -> None:
    """Refuses recorded contracts that other sources made than those that are compiled here.

    Where a contract would be made today, its address says so already; else its declaration has
    changed since, such as the attestors of a feed, and its code must be the same all the same.
    """
    for name, contract, initcode in contracts(suite, (code,)):
        if create2.address_of(initcode) == contract.address:
            continue
        found = suite.chain.code(contract.address)
        if found and found != created(suite.chain, contract.address, initcode):
            raise DeploymentError(
                f"the {name} at {contract.address} was made by other code than is compiled here: "
                "check out the release that deployed it"
            )


def require_genuine(suite: Suite, peg: Peg, record: dict[str, Any] | None) -> None:
    """Fails unless the token is the recorded one, under our Controls, and is what was declared."""
    suite.require_deployed(peg)
    code, token, config = peg.config.code, peg.token, peg.config
    if record and record["token"]["address"] != token.address:
        raise DeploymentError(
            f"{code} is recorded at {record['token']['address']}, but these contracts and this "
            f"declaration belong to {token.address}: check out the release that deployed it"
        )
    if record:
        _require_hash(suite, record["token"])
    _require_release(suite, code)
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
