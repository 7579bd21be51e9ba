"""Runs commands as an admin would, in processes that can be killed, without starting Python anew.

`python -m tests.support.forker` reads one command a line and forks for each: the child is the
command, with its own connection, journal and output; the parent only tells its number and its end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or the signal that killed it, below zero."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Forker:
    """A process that has loaded everything, and forks for each command."""

    def __init__(self, port: int, folder: Path, root: Path, *commands: str) -> None:
        self._folder = folder
        environment = os.environ | {
            "ANVIL_PORT": str(port),
            "PEGBOARD_JOURNAL": str(folder / "journal"),
            "PEGBOARD_LOG": str(folder / "oplog"),
        }
        environment.pop("PYTEST_XDIST_WORKER", None)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forker", *commands],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env=environment,
        )
        assert self._read() == "ready"

    def _read(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def start(self, *words: str) -> int:
        """Starts a command; returns its process."""
        assert self._process.stdin
        told = {"words": words, "out": str(self._folder / "out"), "err": str(self._folder / "err")}
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return int(self._read())

    def go(self) -> Ended:
        """Lets the started command run to its end."""
        assert self._process.stdin
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        code = int(self._read())
        out, err = ((self._folder / name).read_text() for name in ("out", "err"))
        return Ended(code, out, err)

    def run(self, *words: str) -> Ended:
        """One command from start to end."""
        self.start(*words)
        return self.go()

    def stop(self) -> None:
        """Ends the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


def _say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _serve() -> None:
    from ape import accounts, networks

    from pegboard.cli import cli

    # What every command loads; nothing is connected, as a connection would be shared.
    networks.get_provider_from_choice("ethereum:local:foundry")
    assert accounts.test_accounts[0]
    for name in sys.argv[1:]:
        cli.get_command(None, name)  # type: ignore[arg-type]
    _say("ready")
    for line in sys.stdin:
        asked = json.loads(line)
        ready, go = os.pipe()
        child = os.fork()
        if child == 0:
            os.read(ready, 1)
            _be(asked)
        _say(child)
        assert sys.stdin.readline() == "go\n"
        os.write(go, b"!")
        _, status = os.waitpid(child, 0)
        os.close(ready)
        os.close(go)
        _say(os.waitstatus_to_exitcode(status))


def _be(asked: dict[str, Any]) -> None:
    """The child: the command, and nothing after it."""
    from pegboard.cli import main

    code = 70
    try:
        for name, number in (("out", 1), ("err", 2)):
            file = os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, number)
        os.close(0)
        os.open(os.devnull, os.O_RDONLY)
        sys.argv = ["pegboard", *asked["words"]]
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
