"""The command line: `ape pegboard ...`, `ape run ...` or `pegboard ...`.

Exit codes: 0 done, or nothing to do; 1 refused, failed or not confirmed; 2 the command was
written wrongly; 3 scheduled, and waiting for its delay (repeat the same command when it is due), or
proposed to a Safe, and waiting for its owners.
"""

# The node's port must be known before Ape reads its configuration.
import os

os.environ.setdefault("ANVIL_PORT", "8545")

import sys
from importlib import import_module
from typing import Any

import click
from ape.exceptions import ApeException
from ape.logging import CLICK_ECHO_KWARGS

from pegboard.errors import PegboardError, safe_text

for _level in ("error", "warning", "success", "info", "debug"):
    # Ape looks these up by name and would log to stdout, where `--json | jq` reads.
    CLICK_ECHO_KWARGS[_level] = {"err": True}  # type: ignore[index]

#: Every command, in the order of a currency's life; each is in the module of its name.
COMMANDS = (
    "deploy",
    "plan",
    "apply",
    "audit",
    "reserves",
    "customers",
    "calendar",
    "channels",
    "issue",
    "redeem",
    "mint",
    "burn",
    "pay",
    "payout",
    "fx",
    "checkout",
    "envelope",
    "trade",
    "limits",
    "blacklist",
    "freeze",
    "orders",
    "verify",
    "pause",
    "presign",
    "expel",
    "upgrade",
    "audits",
    "queue",
    "safe",
    "status",
    "journal",
    "picture",
    "log",
    "verify-log",
    "bench",
    "drill",
    "demo",
)


class LazyGroup(click.Group):
    """Loads only the command that is called; click decides the arguments of its methods."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """One command."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        module: Any = import_module(f"pegboard.cli.{name}")
        command: click.Command = getattr(module, name)
        return command


@click.group(cls=LazyGroup)
def cli() -> None:
    """Issue and administer fiat-pegged tokens.

    Amounts are in currency units, written exactly, such as 50000.00; they are never rounded.
    Exit codes: 0 done or nothing to do, 1 refused or failed, 2 wrong usage, 3 scheduled and
    waiting for its delay, 4 sent and not confirmed yet.
    """


def main() -> None:
    """The bare `pegboard` script: errors are one line, never a traceback."""
    try:
        cli(prog_name="pegboard")
    except (PegboardError, ApeException) as fault:
        click.echo(f"Error: {safe_text(fault)}", err=True)
        sys.exit(getattr(fault, "exit_code", 1))
