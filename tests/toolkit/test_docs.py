"""The documents say what is there.

operations
├── every command has a page that names it, its subcommands and their options
├── every module of commands is among the commands
├── a command or an option that no page names is found
└── every page is a command's, short, and in the index
runbooks
├── every drill has a runbook of its own steps, in their order, with who acts, and the targets
└── every runbook is a drill's, and in the index
commands
└── every command in a document can be typed as it stands
paths
└── every path that is mentioned exists
texts
├── every error with an advice is an interface's
└── docs/roles.md is what roles.toml says
"""

import importlib
import re
import shlex

import click
import pytest

from pegboard.amounts import format_duration
from pegboard.cli import COMMANDS, cli
from pegboard.drill.run import DRILLS
from pegboard.explain import ADVICE
from pegboard.powers import COMMAND, page
from tests.support.world import ROOT, roles

PAGES = ROOT / "docs" / "operations"
RUNBOOKS = ROOT / "docs" / "runbooks"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: Options that Ape adds to a command when it is first called; the index names them.
APE = {"--verbosity", "--provider-settings"}
#: Options that the index explains for all commands.
SHARED = set(re.findall(r"^- `(--[a-z-]+)`", (PAGES / "README.md").read_text(), re.M))
_PATH = re.compile(r"(?<![\w/.])(?:tests|docs|contracts|interfaces)/[\w./-]*")
_LINK = re.compile(r"\]\(([^)#:]+)\)")


def leaves(name, command=None):
    """The words of a command and of its subcommands at any depth."""
    command = command or cli.get_command(click.Context(cli), name)
    if not isinstance(command, click.Group):
        return {name: command}
    found = (leaves(f"{name} {sub}", leaf) for sub, leaf in command.commands.items())
    return {words: leaf for inner in found for words, leaf in inner.items()}


def unnamed(text, commands):
    """What a page does not say of commands: examples, options, and what each page has."""
    for words, command in commands.items():
        if f"ape run {words}" not in text:
            yield f"no example of {words}"
        options = {opt for p in command.params if isinstance(p, click.Option) for opt in p.opts}
        options = {opt for opt in options if opt.startswith("--")} - APE - SHARED
        yield from (f"{opt} of {words}" for opt in sorted(options) if f"`{opt}`" not in text)
    parts = ("**Who**", "## Check before", "## Check after", "## Undo", "## Exit codes")
    yield from (part for part in parts if part not in text)


def text_of(path):
    return path.read_text(encoding="utf-8")


def there(path):
    """An empty folder would not be in a clone."""
    return path.is_file() or (path.is_dir() and any(p.is_file() for p in path.rglob("*")))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_that_says_it_all(name):
    text = text_of(PAGES / f"{name}.md")
    assert text.startswith(f"# {name}\n")
    assert list(unnamed(text, leaves(name))) == []


def test_what_no_page_names_is_found():
    """An undocumented command, subcommand or option fails the test above."""

    @click.group()
    def new():
        """A group."""

    @new.group()
    def inner():
        """A group within it."""

    @inner.command()
    @click.option("--secret")
    def leaf(secret):
        """A command."""

    page = "# new\n**Who** ## Check before ## Check after ## Undo ## Exit codes"
    commands = leaves("new", new)
    assert list(commands) == ["new inner leaf"]
    assert list(unnamed(page, commands)) == [
        "no example of new inner leaf",
        "--secret of new inner leaf",
    ]
    page += " ape run new inner leaf `--secret`"
    assert list(unnamed(page, commands)) == []
    assert list(unnamed(page.replace("## Undo", ""), commands)) == ["## Undo"]


def test_every_module_of_commands_is_among_the_commands():
    known = {name.replace("-", "_") for name in COMMANDS}
    for path in (ROOT / "pegboard" / "cli").glob("*.py"):
        module = importlib.import_module(f"pegboard.cli.{path.stem}".removesuffix(".__init__"))
        if isinstance(getattr(module, path.stem, None), click.Command):
            assert path.stem in known, f"{path.name} has a command that `ape run` does not know"


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


# Runbooks


def test_every_runbook_is_a_drills_and_in_the_index():
    assert {p.stem for p in RUNBOOKS.glob("*.md")} == {*DRILLS, "README"}
    index = text_of(RUNBOOKS / "README.md")
    assert all(f"[{name}]({name}.md)" in index for name in DRILLS)


@pytest.mark.req("HK-23", "HK-66")
@pytest.mark.parametrize("name", DRILLS)
def test_a_runbook_says_what_its_drill_does(name):
    text = text_of(RUNBOOKS / f"{name}.md")
    for part in ("**What happened.**", "## Steps", "## How to tell", "## Whom to tell"):
        assert part in text, f"docs/runbooks/{name}.md lacks {part}"
    blocks = re.split(r"^\d+\. ", text.split("## How to tell")[0], flags=re.M)[1:]
    steps = DRILLS[name].STEPS
    assert len(blocks) == len(steps)
    for block, step in zip(blocks, steps, strict=True):
        wait = f", waits {format_duration(step.delay(roles()))}" if step.waits else ""
        head = f"**{step.title}** ({step.who}, within {step.within} s{wait})"
        assert block.startswith(head), block.splitlines()[0]
        assert re.search(rf"ape run {step.command}(?= |$)", block, re.M), step.title


# Commands


def typed(document):
    """The commands of a document's blocks, as a shell reads them."""
    text = text_of(document).replace("\\\n", " ")
    lines = re.findall(r"^ {4,}ape run (.+)$", text, re.M)
    # Ape adds --network to a command when it is called.
    return [shlex.split(re.sub(r" --network \S+", "", line), comments=True) for line in lines]


@pytest.mark.parametrize(
    "document", [d for d in DOCUMENTS if typed(d)], ids=lambda d: str(d.relative_to(ROOT))
)
def test_every_command_can_be_typed_as_it_stands(document):
    for words in typed(document):
        command, rest = cli, list(words)
        while isinstance(command, click.Group):
            name = rest.pop(0)
            command = command.get_command(click.Context(command), name)
            assert command, f"{document.name}: there is no {name} in {' '.join(words)}"
        try:
            given, _, _ = command.make_parser(click.Context(command)).parse_args(rest)
        except click.UsageError as fault:
            pytest.fail(f"{document.name}: {' '.join(words)}: {fault.format_message()}")
        missing = {p.name for p in command.params if p.required} - {
            k for k, v in given.items() if v
        }
        assert not missing, f"{document.name}: {' '.join(words)} lacks {missing}"


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
