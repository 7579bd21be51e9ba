"""Which requirements the tests show: the data file, and the plugin in a small project of its own.

a run of all tests
├── given a page that is another: fails, says what differs, and leaves the page
├── given the page of this run: passes, and prints the total
└── given PEGBOARD_REQUIREMENTS=write: writes the page
a run of some tests
└── leaves the page alone, and says so when it was to be written
a requirement
├── whose test passes: shown, or shown in part when it lacks something
├── whose tests fail, are skipped, fail as expected, or are none: OPEN
├── with a failing test beside a passing one: OPEN
└── shown through others: as they are
a mark with a number that is unknown, or not for tests
└── ends the run before any test
"""

import pytest

from tests.support.evidence import Requirement, load
from tests.support.world import ROOT

DATA = """
[one]
title = "One place"
[one.AB-1]
title = "First"
source = "1.1"
kind = "must"
tags = ["chain", "tool"]
[one.AB-2]
title = "Second"
source = "1.2"
kind = "must"
lacks = "the rest"
[one.AB-3]
title = "Third"
source = "1.3"
kind = "evidence"
[two]
title = "Another place"
[two.CD-1]
title = "Fourth"
source = "2.1"
kind = "must"
through = ["AB-1"]
[two.CD-2]
title = "Fifth"
source = "2.2"
kind = "outside"
"""
GOOD = """
import pytest

@pytest.mark.req("AB-1")
@pytest.mark.parametrize("case", ["tests/x::y", "b"])
def test_a(case): pass

@pytest.mark.req("AB-1")
def test_b(): pass

def test_c(): pass
"""
ROW = "| AB-1 | First | 1.1 | chain, tool | {} |"
OPEN, SHOWN = ROW.format("**OPEN** |  | "), ROW.format("shown | `tests/test_one.py` | ")
TOTAL = "requirements: 2 shown (0 in part), 1 open, 2 not for tests"


class Project:
    """A project with requirements and tests."""

    def __init__(self, pytester):
        self.pytester = pytester
        for folder in ("tests", "docs"):
            pytester.mkdir(folder)
        self.write("tests/requirements.toml", DATA)
        self.write("pytest.ini", "[pytest]\nmarkers = req(id): x\n")
        self.write("tests/test_one.py", GOOD)
        self.write("tests/test_two.py", "def test_d(): pass\n")
        self.write("docs/requirements.md", "old\n")

    def write(self, name, text):
        (self.pytester.path / name).write_text(text)

    def run(self, *words):
        return self.pytester.runpytest_inprocess("-p", "tests.support.requirements", *words)

    @property
    def page(self):
        return (self.pytester.path / "docs" / "requirements.md").read_text()


@pytest.fixture
def project(pytester, monkeypatch):
    """Its runs know neither Ape nor the other plugins of this one."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PEGBOARD_REQUIREMENTS", raising=False)
    return Project(pytester)


@pytest.fixture
def writing(monkeypatch, project):
    monkeypatch.setenv("PEGBOARD_REQUIREMENTS", "write")
    return project


# The page


def test_a_run_of_all_tests_writes_the_page(writing):
    result = writing.run()
    assert result.ret == 0
    result.stdout.fnmatch_lines([TOTAL])
    assert SHOWN in writing.page
    assert "\n## Another place\n" in writing.page
    assert "| CD-1 | Fourth | 2.1 | nothing | shown | as AB-1 |  |" in writing.page
    assert "| AB-2 | Second | 1.2 | nothing | **OPEN** |  |  |" in writing.page
    assert "| AB-3 | Third | 1.3 | nothing | record only |  |  |" in writing.page
    assert "| CD-2 | Fifth | 2.2 | nothing | outside |  |  |" in writing.page
    assert f"\n{TOTAL.capitalize()}.\n" in writing.page


def test_a_stale_page_fails_the_run(project):
    result = project.run()
    assert result.ret == 1
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["-old", "+# Requirements", "*is not what this run shows*", TOTAL])
    assert project.page == "old\n"


def test_a_missing_page_fails_the_run(project):
    (project.pytester.path / "docs" / "requirements.md").unlink()
    assert project.run().ret == 1


def test_a_fresh_page_passes(project, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("PEGBOARD_REQUIREMENTS", "write")
        project.run()
    result = project.run("tests")
    assert result.ret == 0
    result.stdout.fnmatch_lines([TOTAL])
    result.stdout.no_fnmatch_line("*is not what this run shows*")


PARTS = [
    ("-k", "test_a"),
    ("-m", "req"),
    ("--deselect", "tests/test_two.py::test_d"),
    ("tests/test_one.py",),
    ("tests/test_one.py::test_a", "tests/test_two.py"),
    ("--ignore", "tests/test_two.py"),
]


@pytest.mark.parametrize("words", PARTS, ids=" ".join)
def test_a_run_of_some_tests_leaves_the_page(project, words, monkeypatch):
    result = project.run(*words)
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*requirements: *")
    monkeypatch.setenv("PEGBOARD_REQUIREMENTS", "write")
    result = project.run(*words)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["docs/requirements.md was not written: *"])
    assert project.page == "old\n"


def test_a_run_that_only_collects_takes_for_granted_that_all_pass(project, monkeypatch):
    assert project.run("--collect-only").ret == 0
    assert project.page == "old\n"
    monkeypatch.setenv("PEGBOARD_REQUIREMENTS", "write")
    assert project.run("--collect-only").ret == 0
    assert SHOWN in project.page
    monkeypatch.delenv("PEGBOARD_REQUIREMENTS")
    assert project.run().ret == 0


@pytest.mark.parametrize("words", [("-x",), ("--lf",)])
def test_a_run_that_stops_or_goes_on_leaves_the_page(writing, words):
    writing.write("tests/test_one.py", GOOD + "\ndef test_f(): assert False")
    writing.run("tests/test_one.py")
    result = writing.run(*words, "-p", "cacheprovider")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["docs/requirements.md was not written: *"])
    assert writing.page == "old\n"


def test_a_file_that_cannot_be_read_leaves_the_page(writing):
    writing.write("tests/test_two.py", "import nothing_of_this_name")
    assert writing.run().ret == 2
    assert writing.page == "old\n"


def test_a_file_that_skips_itself_is_no_excuse(writing):
    """Its requirements are open, and the page says so."""
    writing.write("tests/test_one.py", 'import pytest\npytest.skip("", allow_module_level=True)')
    assert writing.run().ret == 0
    assert OPEN in writing.page


def test_workers_of_xdist_tell_the_controller(writing, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    words = ("-p", "xdist.plugin", "-p", "tests.support.requirements", "-n", "2")
    result = writing.pytester.runpytest_subprocess(*words)
    assert result.ret == 0
    result.stdout.fnmatch_lines([TOTAL])
    assert SHOWN in writing.page
    writing.write("tests/test_two.py", GOOD.replace("AB-1", "HK-99"))
    result = writing.pytester.runpytest_subprocess(*words)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["tests/test_two.py::test_a is marked with HK-99, which *"])


# What shows a requirement

FAILING = "assert False"
SKIPPED = 'pytest.skip("not today")'
EXPECTED = 'pytest.xfail("not yet")'


@pytest.mark.parametrize("body", [FAILING, SKIPPED, EXPECTED])
def test_without_a_passing_test_it_is_open(writing, body):
    writing.write(
        "tests/test_one.py", f'import pytest\n@pytest.mark.req("AB-1")\ndef test_a(): {body}\n'
    )
    assert writing.run().ret == (1 if body == FAILING else 0)
    assert OPEN in writing.page
    assert "| CD-1 | Fourth | 2.1 | nothing | **OPEN** |  |  |" in writing.page


def test_without_any_test_it_is_open(writing):
    writing.write("tests/test_one.py", "def test_a(): pass")
    result = writing.run()
    result.stdout.fnmatch_lines(["requirements: 0 shown (0 in part), 3 open, 2 not for tests"])
    assert OPEN in writing.page


BESIDE = """
@pytest.mark.req("AB-1")
@pytest.mark.parametrize("good", [True, False])
def test_e(good):
    if not good: {}
"""


def test_a_failure_beside_a_pass_speaks_against_it(writing):
    writing.write("tests/test_one.py", GOOD + BESIDE.format(FAILING))
    assert writing.run().ret == 1
    assert OPEN in writing.page


def test_a_function_that_skips_a_case_does_not_count(writing):
    writing.write("tests/test_one.py", GOOD + BESIDE.format(SKIPPED))
    assert writing.run().ret == 0
    assert SHOWN in writing.page


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_fixture_that_fails_speaks_against_it(writing, when):
    lines = ["    assert False", "    yield"]
    fixture = "\n".join(lines if when == "before" else lines[::-1])
    text = f"\n@pytest.fixture(autouse=True)\ndef broken():\n{fixture}\n"
    writing.write("tests/test_one.py", GOOD + text)
    assert writing.run().ret == 1
    assert OPEN in writing.page


def test_what_it_lacks_is_said(writing):
    writing.write("tests/test_one.py", GOOD.replace("AB-1", "AB-2"))
    result = writing.run()
    result.stdout.fnmatch_lines(["requirements: 1 shown (1 in part), 2 open, 2 not for tests"])
    row = "| AB-2 | Second | 1.2 | nothing | shown in part | `tests/test_one.py` | the rest |"
    assert row in writing.page


# Marks

WRONG = [
    ('("HK-99")', "is marked with HK-99, which tests/requirements.toml does not have"),
    ("", "is marked with no requirement"),
    ('("AB-3")', "is marked with AB-3, which tests/requirements.toml says no test can show"),
    ('("CD-2")', "is marked with CD-2, which tests/requirements.toml says no test can show"),
]


@pytest.mark.parametrize(("number", "message"), WRONG)
def test_a_wrong_mark_ends_the_run(writing, number, message):
    writing.write("tests/test_one.py", GOOD.replace('("AB-1")', number))
    result = writing.run("-k", "test_b")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: tests/test_one.py::test_a {message}*"])
    assert writing.page == "old\n"


def test_without_the_data_file_there_is_no_run(project):
    (project.pytester.path / "tests" / "requirements.toml").unlink()
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: tests/requirements.toml: *"])


# The data file


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kind = "outside"', 'kind = "later"', "CD-2: 'later' is no kind"),
        ('"tool"]', '"hope"]', "AB-1: hope is no tag"),
        ('source = "1.3"\n', "", "AB-3: .*source"),
        ('source = "1.3"', 'source = "1.3"\ncolour = 1', "AB-3: .*colour"),
        ("two.CD-1", "two.AB-1", "AB-1 is there twice"),
        ('"AB-1"]', '"AB-9"]', "CD-1: cannot be shown through AB-9"),
        ('"AB-1"]', '"AB-3"]', "CD-1: cannot be shown through AB-3"),
        ('"AB-1"]', '"CD-1"]', "CD-1: cannot be shown through CD-1"),
        ('kind = "outside"', 'kind = "outside"\nlacks = "x"', "CD-2: only a must"),
    ],
)
def test_a_wrong_data_file_is_refused(tmp_path, old, new, message):
    assert DATA.count(old) == 1
    path = tmp_path / "requirements.toml"
    path.write_text(DATA.replace(old, new))
    with pytest.raises(ValueError, match=message):
        load(path)


@pytest.fixture(scope="module")
def shipped():
    return load(ROOT / "tests" / "requirements.toml")


def test_no_requirement_is_left_out(shipped):
    numbers = [f"HK-{n:02}" for n in range(1, 78)]
    for regime, last in (("EU", 6), ("US", 6), ("SG", 1), ("OUT", 7)):
        numbers += [f"{regime}-{n}" for n in range(1, last + 1)]
    assert list(shipped) == numbers


def test_what_chain_or_tool_could_serve_is_a_must(shipped):
    def expected(requirement: Requirement):
        if not requirement.tags:
            return "outside"
        return "must" if {"chain", "tool"} & set(requirement.tags) else "evidence"

    assert {n: r.kind for n, r in shipped.items()} == {n: expected(r) for n, r in shipped.items()}


def test_nothing_is_claimed_that_a_table_cannot_say(shipped):
    for requirement in shipped.values():
        texts = (requirement.title, requirement.source, requirement.lacks)
        assert requirement.title
        assert requirement.source
        assert not any("|" in text or "\n" in text or "complian" in text for text in texts)
