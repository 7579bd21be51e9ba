"""State machines on a node: sequences that do every verb are found in memory, and played there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.anvil import AnvilChain
from tests.support.revm import START
from tests.support.stateful import report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.stateful import Twins

#: A batch is the sequence of a seed, after the shortest that there is.
_BATCH = settings(max_examples=3, stateful_step_count=50, phases=[Phase.generate])
_STEPS = 200
_MOST_BATCHES = 2_000


class StillAnvil(AnvilChain):
    """A node whose clock moves only when told, from the same time as in memory."""

    def __init__(self) -> None:
        super().__init__(31337, "--timestamp", str(START))
        self.result("anvil_setBlockTimestampInterval", [0])

    def warp(self, seconds: int) -> None:
        """The next block is mined so much later."""
        later = self.now() + seconds
        if seconds:
            self.result("evm_setNextBlockTimestamp", [hex(later)])
            self.result("anvil_mine", ["0x1"])
        assert self.now() == later

    def restore(self, point: str) -> None:
        """Goes back once the pool is empty, or what is left in it would be mined once more."""
        self.settle()
        super().restore(point)


def play(machine: type[Twins], actions: Iterable[str]) -> None:
    """Every step has the outcome and leaves the words that the model says, on a real node too."""
    verbs = _verbs(actions)
    chosen = _covering(machine, verbs)
    with StillAnvil() as chain:
        on_node: Any = type(f"{machine.__name__}OnAnvil", (machine,), {"new_chain": lambda: chain})
        for number in chosen:
            _run(on_node, number)
    report(on_node)
    assert on_node.steps >= _STEPS
    missing = verbs - _verbs(on_node.done)
    assert not missing, f"never succeeded on the node: {', '.join(sorted(missing))}"
    assert len(on_node.refused) >= 10


def _verbs(actions: Iterable[str]) -> set[str]:
    """`pay` of `pay with a skipped row`."""
    return {action.split()[0] for action in actions}


def _run(machine: Any, number: int) -> None:
    run_state_machine_as_test(seed(number)(machine), settings=_BATCH)


def _covering(machine: type[Twins], verbs: set[str]) -> list[int]:
    """Seeds of few batches in which every verb succeeds, and of enough steps."""
    in_memory: Any = type(f"{machine.__name__}InMemory", (machine,), {})
    done: dict[int, set[str]] = {}
    steps: dict[int, int] = {}
    left = set(verbs)
    for number in range(_MOST_BATCHES):
        in_memory.done.clear()
        in_memory.steps = 0
        _run(in_memory, number)
        done[number], steps[number] = _verbs(in_memory.done) & verbs, in_memory.steps
        left -= done[number]
        if not left:
            break
    assert not left, f"never succeeded in memory: {', '.join(sorted(left))}"
    chosen: list[int] = []
    left = set(verbs)
    while left or (sum(steps[it] for it in chosen) < _STEPS and done):
        best = max(done, key=lambda number: (len(done[number] & left), steps[number]))
        left -= done.pop(best)
        chosen.append(best)
    return chosen
