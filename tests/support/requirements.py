"""Which requirements the tests show: a plugin of pytest that keeps docs/requirements.md true.

A test names its requirement by `@pytest.mark.req("HK-05")`. A run of all tests fails when the page
in git is not what it shows. `make requirements`, which sets PEGBOARD_REQUIREMENTS=write, writes it
anew, taking for granted that every test passes when it only collects them: the next run of all
tests says whether that was true. Any other run leaves the page alone.
"""

from __future__ import annotations

import os
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.evidence import COMMAND, DATA, Findings, load

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = "docs/requirements.md"
VARIABLE = "PEGBOARD_REQUIREMENTS"


class Requirements:
    """Under pytest-xdist there is one in each worker, which tells the controller's."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.is_worker = hasattr(config, "workeroutput")
        self.writing = os.environ.get(VARIABLE) == "write"
        try:
            self.known = load(config.rootpath / DATA)
        except (OSError, ValueError) as fault:
            raise pytest.UsageError(f"{DATA}: {fault}") from fault
        self.marks: dict[str, list[str]] = {}
        self.outcomes: dict[str, str] = {}
        self.files: set[str] = set()
        self.gap = "some tests were chosen" if config.getoption("lf", False) else ""
        self.wrong: list[str] = []
        self.findings: Findings | None = None
        self.faults: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Reads the marks; one that no test can serve ends the run."""
        for item in items:
            marks = item.iter_markers("req")
            self.marks[item.nodeid] = [number for m in marks for number in m.args or ("",)]
        self.wrong = list(dict.fromkeys(self._wrong_marks()))
        if self.wrong and not self.is_worker:
            raise pytest.UsageError("\n".join(self.wrong))
        if self.wrong:
            items.clear()

    def _wrong_marks(self) -> Iterator[str]:
        for node, numbers in self.marks.items():
            for number in numbers:
                named = f"{node.split('[')[0]} is marked with {number or 'no requirement'}"
                if number not in self.known:
                    yield f"{named}, which {DATA} does not have"
                elif self.known[number].kind != "must":
                    yield f"{named}, which {DATA} says no test can show"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that was read, even if it skips itself, is a file of this run."""
        if report.nodeid.endswith(".py") and not report.failed:
            self.files.add(report.nodeid)

    def pytest_deselected(self) -> None:
        """Not all tests."""
        self.gap = "some tests were chosen"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The worst of set-up, call and tear-down counts."""
        if report.failed or self.outcomes.get(report.nodeid, "passed") == "passed":
            self.outcomes[report.nodeid] = report.outcome

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker is done, and tells what it knows unless it died."""
        told = getattr(node, "workeroutput", {}).get("requirements", ({}, (), "a worker died", []))
        marks, files, gap, wrong = told
        self.marks |= marks
        self.files |= set(files)
        self.gap = self.gap or gap
        self.wrong = self.wrong or wrong

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """After all tests, writes the page or compares it."""
        if self.is_worker:
            told = (self.marks, sorted(self.files), self.gap, self.wrong)
            self.config.workeroutput["requirements"] = told
            return
        if self.writing and self.config.getoption("collectonly"):
            self.outcomes = dict.fromkeys(self.marks, "passed")
        if self.wrong:
            self.faults, session.exitstatus = self.wrong, pytest.ExitCode.USAGE_ERROR
        elif gap := self.gap or self._missing(exitstatus):
            self.faults = [f"{PAGE} was not written: {gap}"] if self.writing else []
        else:
            self.findings = Findings(self.known, self.marks, self.outcomes)
            self.faults = self._keep(self.findings.page())
        if self.faults and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _missing(self, exitstatus: int) -> str:
        """What this run lacks of all tests."""
        if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return "the run was cut short"
        if any("::" in argument for argument in self.config.args):
            return "some tests were chosen"
        root = self.config.rootpath
        tests = (path.relative_to(root) for path in (root / "tests").rglob("test_*.py"))
        if missing := {path.as_posix() for path in tests} - self.files:
            return f"{min(missing)} was not run"
        left = len(self.marks.keys() - self.outcomes.keys())
        return f"{left} tests were not run" if left else ""

    def _keep(self, page: str) -> list[str]:
        path = self.config.rootpath / PAGE
        if self.writing:
            path.write_text(page, encoding="utf-8")
            return []
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        if kept == page:
            return []
        lines = (kept.splitlines(), page.splitlines())
        return [
            *unified_diff(*lines, PAGE, "this run", n=0, lineterm=""),
            f"{PAGE} is not what this run shows: when all tests pass, `{COMMAND}` writes it anew",
        ]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The total, and what is wrong with the page."""
        if self.faults:
            terminalreporter.section("requirements", red=True)
        for line in self.faults:
            terminalreporter.write_line(line, red=True)
        if self.findings:
            terminalreporter.write_line(self.findings.total())


def pytest_configure(config: pytest.Config) -> None:
    """One for each run: pytest can run inside of pytest."""
    config.pluginmanager.register(Requirements(config))
