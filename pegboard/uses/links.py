"""Links of red envelopes: the terms, and the key by which a share is claimed.

Who knows a link can claim. The key stands behind the #, which browsers do not send.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from eth_account import Account

from pegboard.errors import InputError, PegboardError
from pegboard.uses.terms import Envelope

if TYPE_CHECKING:
    from pathlib import Path

    from pegboard.contract import Contract

SCHEME = "pegboard:envelope?"
_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LONGEST = 2_000
#: Every field of the terms but the key, which follows from its secret.
_TERMS = frozenset(name for name, _ in Envelope.FIELDS) - {"key"}
_HEAD = frozenset({"chain", "at", "currency", "id"})


@dataclass(frozen=True)
class Link:
    """An envelope's terms and its key's secret."""

    terms: Envelope
    secret: str

    def sign(self, contract: Contract, to: str) -> bytes:
        """The key's signature, which lets `to` claim and nobody else."""
        account = Account.from_key(self.secret)
        return bytes(account.sign_message(self.terms.claim(contract, to)).signature)


def write(contract: Contract, code: str, link: Link) -> str:
    """The link as it is sent; by its id one that was changed is noticed."""
    terms = link.terms.as_json()
    given = {"chain": str(contract.chain.chain_id), "at": contract.address, "currency": code}
    given |= {
        name: str(terms[name]).lower() if name == "random" else terms[name] for name in _order()
    }
    given["id"] = link.terms.digest(contract).hex()
    return f"{SCHEME}{urlencode(given)}#{link.secret}"


def _order() -> list[str]:
    return [name for name, _ in Envelope.FIELDS if name in _TERMS]


def _parts(text: str) -> tuple[dict[str, str], str]:
    text = text.strip()
    body, _, secret = text.removeprefix(SCHEME).partition("#")
    given = dict(parse_qsl(body)) if len(text) <= _LONGEST else {}
    whole = text.startswith(SCHEME) and set(given) == _TERMS | _HEAD and _KEY.fullmatch(secret)
    if not whole:
        raise InputError("this is no link of an envelope: copy it whole, from pegboard: to its end")
    return given, secret


def currency_of(text: str) -> str:
    """The code that a link names; `read` verifies it."""
    return _parts(text)[0]["currency"]


def read(contract: Contract, token: str, text: str) -> Link:
    """A link for this contract and token; refuses what is for elsewhere, or was changed."""
    given, secret = _parts(text)
    here = (str(contract.chain.chain_id), contract.address)
    if (given["chain"], given["at"]) != here:
        raise InputError(
            f"this link is for {given['at']} on chain {given['chain']}, and here it would be "
            f"{here[1]} on chain {here[0]}: check --network"
        )
    changed = InputError("this link was changed or cut: ask for it again")
    words = {name: given[name] for name in _TERMS}
    try:
        words["key"] = Account.from_key(secret).address
        terms = Envelope.from_json(
            words | {"random": {"true": True, "false": False}[given["random"]]}
        )
    except (ValueError, KeyError, PegboardError) as fault:
        raise changed from fault
    if terms.digest(contract).hex() != given["id"] or terms.token != token:
        raise changed
    return Link(terms, secret)


def place_of(path: Path) -> Path:
    """Where the link of an envelope's file waits until it was shown."""
    return path.with_name(f"{path.name}.link")


def keep(path: Path, text: str) -> None:
    """Keeps a link until it was shown, where nobody else can read it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def kept(path: Path) -> str:
    """The link that waits, or nothing where it was shown."""
    return path.read_text(encoding="ascii").strip() if path.exists() else ""
