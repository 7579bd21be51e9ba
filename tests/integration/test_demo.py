"""The demo, in this process: it checks itself, and its figures are checked here once more."""

from click.testing import CliRunner

from pegboard.cli import cli
from tests.integration.conftest import Console


def test_the_demo_keeps_its_promises(tmp_path):
    console = Console(tmp_path)
    answer = console.run("demo", "--json")
    assert answer.code == 0, answer.err
    assert set(answer.json["currencies"]) == {"HKD", "USD", "CNH"}
    assert answer.json["currencies"]["HKD"]["supply"]["amount"] == "46000.00"
    assert set(answer.json["refusals"]) == {
        "QuorumNotMet", "ReserveExceeded", "AuthorizationSpent", "BlacklistedAccount",
        "ChunkExecuted", "FrozenAccount", "ERC7943InsufficientUnfrozenBalance", "NotDue",
        "UnverifiedAccount", "ReserveStale", "Paused", "Disputed",
    }  # fmt: skip
    for part in ("needs a licence", "skipped 200.00 CNH", "headroom", "Every expectation held"):
        assert part in answer.err


def test_the_demo_wants_an_empty_chain(console):
    answer = console.run("demo")
    assert answer.code == 1
    assert "empty chain" in answer.err


def test_the_demo_is_for_local_chains(tmp_path, monkeypatch):
    monkeypatch.setattr("pegboard.cli.demo.LOCAL_CHAINS", frozenset())
    answer = Console(tmp_path).run("demo")
    assert answer.code == 1
    assert "local chains" in answer.err
    assert CliRunner().invoke(cli, ["demo", "--account", "TEST::0"]).exit_code == 2
