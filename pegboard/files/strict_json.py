"""JSON that somebody else wrote, taken strictly: small, shallow, every name once."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from pegboard.errors import InputError

#: Deeper than anything that people write; without an end the parser would overrun the stack.
_DEEPEST = 32
_MARK = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)


def loads(data: bytes, longest: int) -> Any:
    """The value of a text in UTF-8, at most so many bytes long."""
    if len(data) > longest:
        raise InputError(f"it is longer than {longest:,} bytes")
    try:
        text = data.decode("utf-8")
        if is_deeper(text, _DEEPEST):
            raise InputError(f"it is nested more than {_DEEPEST} deep")
        return json.loads(text, object_pairs_hook=once, parse_constant=_constant)
    except ValueError as fault:
        raise InputError("it is no JSON in UTF-8") from fault


def is_deeper(text: str, most: int) -> bool:
    """Whether brackets outside of strings are open more than `most` deep, before it is parsed."""
    depth = 0
    for mark in _MARK.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark[0], 0)
        if depth > most:
            return True
    return False


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of a text; refuses a name that is there twice."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InputError(f"{name!a} is in it twice")
        found[name] = value
    return found


def _constant(text: str) -> NoReturn:
    raise InputError(f"{text} is no value of JSON")
