"""The drills, each on a chain of its own, and their reports.

a drill
├── plays every step of its runbook in order, in time, and waits as long as the roles must
├── writes a page and JSON that say the same; a second one of a day is numbered
├── ends in exit code 1 when a step fails, is late, or waits otherwise than declared
└── leaves no node behind, and says what is missing where it cannot begin
"""

import json
import shutil
from dataclasses import replace

import pytest
from ape import networks

from pegboard.drill import keys, node, pauses
from pegboard.drill.run import DRILLS
from tests.integration.conftest import Console
from tests.support.world import ROOT, roles


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A console whose chain a drill never touches."""
    return Console(tmp_path_factory.mktemp("deployments"))


@pytest.fixture
def played(bare, tmp_path, monkeypatch):
    """Plays a drill; returns the answer and the report's files."""
    nodes = []
    start = node.Node.start

    def starts(self):
        nodes.append(self)
        start(self)

    monkeypatch.setattr(node.Node, "start", starts)

    def play(name, code=0):
        answer = bare.run("drill", name, "--out", str(tmp_path), "--json")
        assert answer.code == code, answer.err
        return answer.json

    yield play
    assert all(it._process is None for it in nodes), "a node was left behind"


def outcomes(report):
    return [step["outcome"] for step in report["steps"]]


@pytest.mark.req("HK-21", "HK-22", "HK-23", "HK-66")
@pytest.mark.parametrize("name", DRILLS)
def test_every_step_of_the_runbook_is_played(played, tmp_path, name):
    """T1, T2, T9 (rpc-loss): the node dies twice, and each order happens exactly once."""
    before = networks.provider.get_block("latest").number
    report = played(name)
    assert (report["drill"], report["outcome"]) == (name, "passed")
    assert (ROOT / report["runbook"]).is_file()
    steps = DRILLS[name].STEPS
    found = [(s["number"], s["title"], s["who"], s["command"]) for s in report["steps"]]
    assert found == [(n, s.title, s.who, s.command) for n, s in enumerate(steps, 1)]
    for told, planned in zip(report["steps"], steps, strict=True):
        delay = planned.delay(roles())
        assert (told["outcome"], told["fault"], told["delay"]) == ("passed", "", delay)
        assert 0 <= float(told["seconds"]) <= told["within"] == planned.within
        assert delay <= told["chain_seconds"] <= delay + 60
        assert told["checks"]
    assert sum(float(told["seconds"]) for told in report["steps"]) <= float(report["seconds"]) < 60
    # On its own chain, and on no other.
    assert networks.provider.get_block("latest").number == before
    day = report["began"][:10]
    page = (tmp_path / f"{day}-{name}.md").read_text()
    kept = json.loads((tmp_path / f"{day}-{name}.json").read_text())
    assert kept == {key: report[key] for key in kept}
    assert page.startswith(f"# Drill: {name}, {day}")
    assert "**PASSED**" in page
    for step in report["steps"]:
        assert (
            f"| {step['number']}. {step['title']} | {step['who']} | `{step['command']}` |" in page
        )
        assert all(f"- {check}" in page for check in step["checks"])


@pytest.mark.req("HK-22")
def test_what_key_compromise_shows(played):
    report = played("key-compromise")
    checks = [check for step in report["steps"] for check in step["checks"]]
    for told in (
        "open orders of the key: 2",
        "who holds PROPOSER: none",
        "refused, AccessManagedUnauthorized: one more forged order",
        "open orders of the key: 0",
        "refused, OrderNotProposed: an approver who has not heard of it",
        "who holds PROPOSER: successor",
        "the powers of the stolen key: none",
    ):
        assert told in checks, told


def test_what_rpc_loss_shows(played):
    """T1, T2: every repetition leaves one effect; T9: in between it is signed, not failed."""
    report = played("rpc-loss")
    by_title = {step["title"]: step["checks"] for step in report["steps"]}
    pending = ["what the journal has: signed"]
    assert by_title["The node dies before the block"] == pending
    assert by_title["The node dies after the block"] == pending
    assert by_title["Repeat it once more"] == [
        "how often the chain has the reference: 1",
        "the supply in base units: 2000000000",
        "what the journal has: done",
    ] * 2  # fmt: skip


def test_a_second_report_of_a_day_is_numbered(played, tmp_path):
    first, second = played("pause"), played("pause")
    assert second["page"] == first["page"].replace(".md", "-2.md")
    assert len(list(tmp_path.glob("*.md"))) == len(list(tmp_path.glob("*.json"))) == 2


def test_a_step_that_fails(played, monkeypatch):
    monkeypatch.setattr(keys, "holders_of", lambda *_: {"somebody"})
    report = played("key-compromise", code=1)
    assert (report["outcome"], outcomes(report)) == ("failed", ["passed", "failed"])
    fault = "who holds PROPOSER is somebody, and should be none"
    assert report["steps"][1]["fault"] == fault


def test_a_step_that_is_late(played, monkeypatch):
    first, *rest = pauses.STEPS
    monkeypatch.setattr(pauses, "STEPS", (replace(first, within=0), *rest))
    report = played("pause", code=1)
    assert outcomes(report) == ["late", "passed", "passed", "passed", "passed"]
    assert report["steps"][0]["fault"] == "declared to take at most 0 seconds"


def test_a_wait_that_is_not_as_declared(played, monkeypatch):
    changed = tuple(replace(s, waits="GOVERNOR" if s.waits else "") for s in pauses.STEPS)
    monkeypatch.setattr(pauses, "STEPS", changed)
    report = played("pause", code=1)
    assert outcomes(report) == ["passed", "passed", "late", "passed", "late"]
    assert "declared to wait 172800 seconds on chain" in report["steps"][2]["fault"]


def test_a_drill_that_takes_too_long(played, monkeypatch):
    monkeypatch.setattr(pauses, "WITHIN", 0)
    report = played("pause", code=1)
    assert "the whole drill took more than the 0 seconds" in report["steps"][-1]["fault"]


def test_a_step_that_no_runbook_has(played, monkeypatch):
    monkeypatch.setattr(pauses, "STEPS", pauses.STEPS[1:])
    report = played("pause", code=1)
    assert "the runbook has no step 1, Pause" in report["steps"][-1]["fault"]


def test_a_step_that_was_left_out(played, monkeypatch):
    more = replace(pauses.STEPS[0], title="Tell everybody")
    monkeypatch.setattr(pauses, "STEPS", (*pauses.STEPS, more))
    assert played("pause", code=1)["outcome"] == "failed"


def test_a_machine_without_anvil(played, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    report = played("pause", code=1)
    assert [step["title"] for step in report["steps"]] == ["Prepare"]
    assert "anvil is not on PATH" in report["steps"][0]["fault"]


def test_a_drill_that_there_is_not(bare):
    answer = bare.run("drill", "fire")
    assert answer.code == 2
    assert "'fire' is not one of 'key-compromise'" in answer.err
