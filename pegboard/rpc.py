"""Values of JSON-RPC, taken only in the form that was asked for: null is no answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pegboard.errors import ChainError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ADVICE = "repeat the command, or use another node"
_LONGEST = 80


def integer(value: Any, what: str) -> int:
    """A quantity; a node that answers something else is not believed."""
    if not isinstance(value, str) or not re.fullmatch("0x[0-9a-f]{1,64}", value):
        raise _fault(value, what, "no number")
    return int(value, 16)


def data(value: Any, what: str) -> bytes:
    """Bytes; a node that answers something else is not believed."""
    if not isinstance(value, str) or not re.fullmatch("0x([0-9a-fA-F]{2})*", value):
        raise _fault(value, what, "no data")
    return bytes.fromhex(value[2:])


def rows(value: Any, what: str) -> list[Any]:
    """A list, which may be empty; an empty anything else is none."""
    if not isinstance(value, list):
        raise _fault(value, what, "no list")
    return value


def table(value: Any, what: str, *names: str) -> Mapping[str, Any]:
    """An object that has all these names."""
    if not isinstance(value, dict) or any(value.get(name) is None for name in names):
        raise ChainError(
            f"the node answered with something that is not {what}: {_short(value)}; {_ADVICE}"
        )
    return value


def _fault(value: Any, what: str, form: str) -> ChainError:
    return ChainError(f"the node answered {what} with {_short(value)}, which is {form}: {_ADVICE}")


def _short(value: Any) -> str:
    """A value as a sentence can hold it; null as JSON writes it."""
    return "null" if value is None else repr(value)[:_LONGEST]
