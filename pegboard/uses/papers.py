"""Files of terms that one party hands to another: what is agreed, and the signatures over it.

A file names its chain and contract. Nothing in it is believed but what is signed.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from eth_account import Account
from eth_keys.exceptions import BadSignature
from eth_utils import ValidationError, to_checksum_address

from pegboard.errors import InputError, PegboardError
from pegboard.files import atomic, strict_json
from pegboard.inputs import address
from pegboard.uses.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from eth_account.messages import SignableMessage

    from pegboard.chain import Chain
    from pegboard.contract import Contract

T = TypeVar("T", bound=Terms)
#: Many times what is needed.
LONGEST = 16_384
_WORD = 32
_KEY_SIGNATURE = 65


@dataclass(frozen=True)
class Form:
    """A kind of file: its schema, what people call it, what makes it, and its fields."""

    schema: str
    title: str
    command: str
    fields: tuple[str, ...]

    def fill(self, contract: Contract, **values: Any) -> dict[str, Any]:
        """What such a file says."""
        head = {
            "schema": self.schema,
            "chainId": contract.chain.chain_id,
            "contract": contract.address,
        }
        return head | {name: _written(values[name]) for name in self.fields}


@dataclass(frozen=True)
class Paper:
    """A file as it was read, of the right chain and contract; `name` is the file's."""

    name: str
    data: Mapping[str, Any]

    def terms(self, kind: type[T]) -> T:
        """The terms."""
        with self._named():
            return kind.from_json(self.data["terms"])

    def text(self, field: str) -> str:
        """A field of text."""
        value = self.data[field]
        if not isinstance(value, str):
            raise InputError(f"{self.name}: {field} must be text")
        return value

    def account(self, field: str) -> str:
        """An address."""
        text = self.text(field)
        with self._named():
            return address(text)

    def bytes_of(self, field: str, size: int | None = None) -> bytes:
        """Bytes, written as 0x-hex; empty only where `size` allows it."""
        try:
            found = bytes.fromhex(self.text(field).removeprefix("0x"))
        except ValueError:
            raise InputError(f"{self.name}: {field} must be 0x and hex digits") from None
        if size is not None and len(found) != size:
            raise InputError(f"{self.name}: {field} must be 0x and {2 * size} hex digits")
        return found

    def word(self, field: str) -> bytes:
        """32 bytes."""
        return self.bytes_of(field, _WORD)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except PegboardError as fault:
            raise InputError(f"{self.name}: {fault}") from fault


def _written(value: Any) -> Any:
    if isinstance(value, Terms):
        return value.as_json()
    return "0x" + value.hex() if isinstance(value, bytes) else value


def load(path: Path, form: Form) -> dict[str, Any]:
    """A file of this form, wherever it is for."""
    refused = InputError(f"{path.name} is no {form.title}: make it with `{form.command}`")
    try:
        with path.open("rb") as file:
            data = strict_json.loads(file.read(LONGEST + 1), LONGEST)
    except InputError as fault:
        raise refused from fault
    names = {"schema", "chainId", "contract", *form.fields}
    if not isinstance(data, dict) or set(data) != names or data["schema"] != form.schema:
        raise refused
    return data


def read(path: Path, form: Form, contract: Contract) -> Paper:
    """A file of this form for this contract; whether its signatures are good, others say."""
    data = load(path, form)
    here = (contract.chain.chain_id, contract.address)
    if (data["chainId"], data["contract"]) != here:
        raise InputError(
            f"{path.name} is for {data['contract']} on chain {data['chainId']}, and here it would "
            f"be {here[1]} on chain {here[0]}: check the file and --network"
        )
    return Paper(path.name, data)


def require_new(path: Path) -> None:
    """Refuses to write over a file, which may hold somebody's signature."""
    if path.exists():
        raise InputError(f"{path} is there already: give another name, or move it away")


def write(path: Path, data: Mapping[str, Any]) -> None:
    """Writes a file whole or not at all."""
    atomic.write(path, (json.dumps(data, indent=2) + "\n").encode())


def signer_of(message: SignableMessage, signature: bytes) -> str:
    """The key that signed, or nothing where the bytes are no key's signature."""
    if len(signature) != _KEY_SIGNATURE:
        return ""
    try:
        return to_checksum_address(Account.recover_message(message, signature=signature))
    except (ValueError, BadSignature, ValidationError):
        return ""


def require_signed(
    name: str, chain: Chain, message: SignableMessage, signature: bytes, signer: str
) -> None:
    """Refuses what `signer` did not sign; of a contract (ERC-1271) only the chain can judge."""
    if signer_of(message, signature) != signer and not chain.code(signer):
        raise InputError(f"{name} is not signed by {signer}: it was changed, or another key signed")
