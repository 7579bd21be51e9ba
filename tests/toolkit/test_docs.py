"""The documents say what is there.

operations
├── every command has a page that names it, its subcommands and their options
└── every page is a command's, short, and in the index
paths
└── every path that is mentioned exists
texts
├── every error with an advice is an interface's
└── docs/roles.md is what roles.toml says
"""

import re

import click
import pytest

from pegboard.cli import COMMANDS, cli
from pegboard.explain import ADVICE
from pegboard.powers import COMMAND, page
from tests.support.world import ROOT, roles

PAGES = ROOT / "docs" / "operations"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: Options that Ape adds to a command when it is first called; the index names them.
APE = {"--verbosity", "--provider-settings"}
#: Options that the index explains for all commands.
SHARED = set(re.findall(r"^- `(--[a-z-]+)`", (PAGES / "README.md").read_text(), re.M))
_PATH = re.compile(r"(?<![\w/.])(?:tests|docs|contracts|interfaces)/[\w./-]*")
_LINK = re.compile(r"\]\(([^)#:]+)\)")


def leaves(name):
    """The words of a command and of its subcommands, each with its options."""
    command = cli.get_command(click.Context(cli), name)
    if not isinstance(command, click.Group):
        return {name: command}
    return {f"{name} {sub}": leaf for sub, leaf in command.commands.items()}


def text_of(path):
    return path.read_text(encoding="utf-8")


def there(path):
    """An empty folder would not be in a clone."""
    return path.is_file() or (path.is_dir() and any(p.is_file() for p in path.rglob("*")))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_that_says_it_all(name):
    text = text_of(PAGES / f"{name}.md")
    assert text.startswith(f"# {name}\n")
    for words, command in leaves(name).items():
        assert f"ape run {words}" in text, f"{words} has no example"
        options = {opt for p in command.params if isinstance(p, click.Option) for opt in p.opts}
        options = {opt for opt in options if opt.startswith("--")} - APE - SHARED
        missing = {opt for opt in options if f"`{opt}`" not in text}
        assert not missing, f"docs/operations/{name}.md does not name {missing} of {words}"
    for part in ("**Who**", "## Check before", "## Check after", "## Undo", "## Exit codes"):
        assert part in text, f"docs/operations/{name}.md lacks {part}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_page_is_one(name):
    known = {"--network", "--accounts"}
    for command in leaves(name).values():
        known |= {opt for p in command.params for opt in p.opts}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text_of(PAGES / f"{name}.md")))
    assert named <= known, f"docs/operations/{name}.md names {named - known}"


def test_every_page_is_a_commands():
    assert {p.stem for p in PAGES.glob("*.md")} == {*COMMANDS, "README"}
    index = text_of(PAGES / "README.md")
    assert all(f"`{option}`" in index for option in APE)
    for name in COMMANDS:
        assert f"[{name}]({name}.md)" in index
        assert len(text_of(PAGES / f"{name}.md").splitlines()) < 60


def test_there_is_something_to_check():
    assert sum(len(_PATH.findall(text_of(d))) for d in DOCUMENTS) > 10
    assert sum(len(_LINK.findall(text_of(d))) for d in DOCUMENTS) > 10


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: str(d.relative_to(ROOT)))
def test_every_path_that_is_mentioned_exists(document):
    text = text_of(document)
    gone = [p for p in _PATH.findall(text) if not there(ROOT / p.rstrip("."))]
    gone += [p for p in _LINK.findall(text) if not there(document.parent / p)]
    assert not gone, f"{document.relative_to(ROOT)} mentions {gone}"


def test_every_advice_is_about_an_error_of_an_interface():
    sources = "".join(text_of(path) for path in (ROOT / "interfaces").glob("*.sol"))
    declared = set(re.findall(r"^\s*error (\w+)\(", sources, re.MULTILINE))
    assert len(declared) > 50
    assert set(ADVICE) <= declared


def test_the_page_of_roles_is_fresh():
    assert text_of(ROOT / "docs" / "roles.md") == page(roles()), f"run: {COMMAND}"
