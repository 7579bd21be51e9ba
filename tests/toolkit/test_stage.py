"""The demo's stage: a story that does not come true ends it."""

import io

import pytest
from rich.console import Console

from pegboard.demo.stage import Stage
from pegboard.errors import Unexpected
from tests.support.world import artifacts, resolve, roles


@pytest.fixture
def stage(world):
    console = Console(file=io.StringIO())
    people = {"holder": world.holder().address}
    return Stage(
        console, world.chain, world.suite, artifacts(), roles(), resolve, people, lambda *_: b""
    )


def send(world, value):
    return lambda: world.token.send(
        "transfer", resolve("TEST::3"), value, sender=resolve("TEST::2")
    )


def test_a_refusal_must_happen(stage, world):
    with pytest.raises(Unexpected, match="was not refused"):
        stage.refused("Paused", "a transfer of nothing", send(world, 0), world.peg)


def test_a_refusal_must_have_its_reason(stage, world):
    with pytest.raises(Unexpected, match="Paused was to be the reason"):
        stage.refused("Paused", "a transfer", send(world, 1), world.peg)
    stage.refused("ERC20InsufficientBalance", "a transfer", send(world, 1), world.peg)
    assert stage.refusals == ["ERC20InsufficientBalance"]
    assert "refused" in stage.console.file.getvalue()


def test_figures_must_match(stage):
    stage.expect("the supply", 1, 1)
    with pytest.raises(Unexpected, match="the supply is 1, and should be 2"):
        stage.expect("the supply", 1, 2)


def test_people_are_called_by_their_names(stage, world):
    assert stage.named(f"freeze {world.holder().address}") == "freeze holder"
