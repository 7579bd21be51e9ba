"""Refusals, told exactly: which error, with which evidence, and that nothing changed."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pegboard.contract import named
from pegboard.errors import Reverted
from tests.support.world import artifacts, roles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pegboard.chain import Receipt
    from pegboard.contract import Contract
    from tests.support.world import World

_WORD = re.compile(r"(\d+): StorageSlot \{[^}]*present_value: ([1-9]\d*) \}")


def words_of(world: World) -> dict[str, dict[str, str]]:
    """Every storage word of every contract of an in-memory chain that is not zero."""
    before, *accounts = world.chain.evm.journal_str.split(": Account { info")
    found = {}
    for text in accounts:
        words = text[text.index("storage: {") : text.index("status: ")]
        if "StorageSlot" in words:
            found[before[-42:]] = dict(_WORD.findall(words))
        before = text
    return found


@contextmanager
def refused(world: World, name: str, /, **evidence: Any) -> Iterator[None]:
    """What is inside must revert with exactly this error, and leave all storage as it was."""
    before = words_of(world)
    with pytest.raises(Reverted) as caught:
        yield
    assert (caught.value.name, caught.value.arguments) == (name, evidence)
    assert words_of(world) == before


def when_due(
    world: World, role: str, contract: Contract, name: str, *args: Any
) -> Callable[[], Any]:
    """The last step of a privileged verb, after its role's delay: a call without arguments."""
    data = contract.encode(name, *args)
    sender, delay = world.member(role), roles().roles[role].delay
    if delay:
        world.suite.authority.send("schedule", contract.address, data, 0, sender=sender)
        world.chain.warp(delay)
    return lambda: contract.submit(data, sender=sender)


@contextmanager
def creation_refused(name: str, /, **evidence: Any) -> Iterator[None]:
    """What is inside creates a contract, whose constructor must revert with exactly this error."""
    with pytest.raises(Reverted) as caught:
        yield
    fault = named(caught.value, artifacts().errors)
    assert (fault.name, fault.arguments) == (name, evidence)


def emitted(contract: Contract, receipt: Receipt) -> list[tuple[str, dict[str, Any]]]:
    """What this contract logged, all of it, in order."""
    events = contract.events(receipt.logs)
    assert len(events) == sum(log.address == contract.address for log in receipt.logs)
    return events
