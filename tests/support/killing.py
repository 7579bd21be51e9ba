"""One command, killed at each of its exchanges with the node in turn, and run again."""

from __future__ import annotations

import itertools
import os
import shutil
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.faulty import KILL_AFTER, KILL_BEFORE, Proxy
from tests.support.forker import Ended, Forker
from tests.support.world import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.support.world import World

#: The first question of a courier that is about to sign: before it, nothing can be half done.
SIGNING = "eth_maxPriorityFeePerGas"
#: What is asked to decide what to do; neither chain nor journal changes between two of them.
QUESTIONS = {"eth_call", "eth_getCode", "eth_getStorageAt", "eth_getLogs", "web3_clientVersion"}
SENT = "eth_sendRawTransaction"


def is_step(method: str, fault: str = KILL_BEFORE) -> bool:
    """Whether a kill here differs from the others: questions change nothing.

    To be killed before an exchange is to be killed after the one before it, unless that one has
    sent something. `make deep` kills before and after every question, too.
    """
    if os.environ.get("HYPOTHESIS_PROFILE") == "deep":
        return True
    return method == SENT if fault == KILL_AFTER else method not in QUESTIONS


@dataclass
class Scene:
    """A node with something to do, a proxy before it, and commands that can be killed."""

    world: World
    proxy: Proxy
    forker: Forker
    folder: Path

    def run(self, words: Sequence[str]) -> Ended:
        """One undisturbed command."""
        self.proxy.start()
        return self.forker.run(*words, *self._options())

    def run_killed(self, words: Sequence[str], fault: str, place: int) -> Ended:
        """One command, killed at one of its steps."""
        steps = itertools.count()
        self.proxy.start(
            lambda _, method: fault if is_step(method, fault) and next(steps) == place else None
        )
        self.proxy.victim = self.forker.start(*words, *self._options())
        return self.forker.go()

    def _options(self) -> Sequence[str]:
        records = str(self.folder / "deployments")
        return ("--network", "ethereum:local:foundry", "--json", "--records", records)

    def forget(self) -> None:
        """A new machine: no journal."""
        shutil.rmtree(self.folder / "journal", ignore_errors=True)


@contextmanager
def scene(world: World, folder: Path, *commands: str) -> Iterator[Scene]:
    """The scene of these commands."""
    with Proxy(world.chain.port) as proxy:
        forker = Forker(proxy.port, folder, ROOT, *commands)
        try:
            yield Scene(world, proxy, forker, folder)
        finally:
            forker.stop()


def kill_everywhere(
    scene: Scene, words: Sequence[str], outcome: Callable[[], Any]
) -> tuple[Counter[str], Any]:
    """Kills the command before and after each step, repeats it, and compares what came out.

    Begins with the first step of signing; `make deep` begins with the very first. Returns how many
    times it was killed at which method, and the outcome, which was always the same.
    """
    chain, killed = scene.world.chain, Counter[str]()
    point = chain.snapshot()
    first = scene.run(words)
    assert first.code == 0, first
    wanted, seen = outcome(), [method for method in scene.proxy.seen if is_step(method)]
    begin = 0 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else seen.index(SIGNING)
    for fault in (KILL_BEFORE, KILL_AFTER):
        for place in itertools.count(begin if fault == KILL_BEFORE else 0):
            chain.restore(point)
            point = chain.snapshot()
            scene.forget()
            ended = scene.run_killed(words, fault, place)
            was_killed = bool(scene.proxy.done)
            assert ended.code == (-9 if was_killed else 0), ended
            killed.update(method for _, method, _ in scene.proxy.done)
            again = scene.run(words)
            assert again.code == 0, (fault, place, again)
            assert outcome() == wanted, (fault, place, again)
            if not was_killed:
                break
    assert killed[SENT] >= 2
    return killed, wanted


def told(name: str, killed: Counter[str]) -> str:
    """One line of the matrix."""
    rows = ", ".join(f"{method} {count}" for method, count in sorted(killed.items()))
    return f"{name}: killed {sum(killed.values())} times and repeated, one outcome ({rows})"
