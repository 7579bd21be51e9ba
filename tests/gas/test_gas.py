"""Gas: every operation at or under its bar, and exactly as gas.json records it.

`make gas` writes the figures anew; the difference then shows in the change that made it.
"""

import json
import os
import tomllib
from pathlib import Path

import pytest

from tests.gas.room import Room
from tests.gas.uses_room import UsesRoom
from tests.support.anvil import AnvilChain

HERE = Path(__file__).parent
RECORD = HERE / "gas.json"
BARS = tomllib.loads((HERE / "bars.toml").read_text())


@pytest.fixture(scope="module")
def measured() -> dict[str, int]:
    with AnvilChain() as chain:
        figures = Room(chain).measure()
    with AnvilChain() as chain:
        figures |= UsesRoom(chain).measure()
    if os.environ.get("PEGBOARD_GAS") == "write":
        RECORD.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
    return figures


def test_every_figure_is_as_recorded(measured):
    recorded = json.loads(RECORD.read_text())
    changes = {
        label: (recorded.get(label), measured.get(label))
        for label in recorded.keys() | measured.keys()
        if recorded.get(label) != measured.get(label)
    }
    assert not changes, f"recorded and measured differ, `make gas` writes anew: {changes}"


@pytest.mark.parametrize("label", BARS)
def test_at_or_under_the_bar(measured, label):
    assert measured[label] <= BARS[label]
