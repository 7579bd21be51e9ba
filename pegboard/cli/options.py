"""What the commands share: their options, their errors as one line, and the desk they work at."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ape.cli import ConnectedProviderCommand, account_option
from ape.exceptions import ApeException
from click.core import ParameterSource

from pegboard.cli.desk import Desk
from pegboard.config import LOCAL_CHAINS
from pegboard.errors import LogError, PegboardError, Reverted, safe_text
from pegboard.inputs import address

if TYPE_CHECKING:
    from collections.abc import Callable

    Wrap = Callable[[Callable[..., None]], Callable[..., None]]


class PegCommand(ConnectedProviderCommand):
    """Every fault that can be foreseen becomes one line on stderr and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command, connected."""
        try:
            return super().invoke(ctx)
        except (PegboardError, ApeException) as fault:
            error = click.ClickException(" ".join(safe_text(fault).split()))
            error.exit_code = getattr(fault, "exit_code", 1)
            raise error from fault
        except OSError as fault:
            text = f"{fault.filename}: {fault.strerror}"
            if not fault.filename:
                text = (
                    f"the node does not answer ({safe_text(fault)}): check --network, then repeat"
                )
            raise click.ClickException(text) from fault


class Address(click.ParamType):
    """An address with its checksum."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuses what is not exactly an address."""
        try:
            return address(value)
        except PegboardError as fault:
            self.fail(str(fault), param, ctx)


def _require_network(chain_id: int) -> None:
    source = click.get_current_context().get_parameter_source("network")
    if chain_id not in LOCAL_CHAINS and source is not ParameterSource.COMMANDLINE:
        raise click.UsageError(f"--network must be given: the default is live (chain {chain_id}).")


def at_desk(
    name: str | None = None,
    *,
    signs: bool = True,
    settles: bool = True,
    proposes: bool = True,
    simulates: bool | None = None,
    group: click.Group | None = None,
) -> Callable[[Callable[..., None]], click.Command]:
    """Makes a command of a function whose first argument is the `Desk`.

    One that signs first settles what the signer has under way, unless that is its own business,
    and one that sends can propose the same to a Safe, and try it on a copy of the chain before;
    `simulates` is for the others that try it.
    """

    def decorate(function: Callable[..., None]) -> click.Command:
        @wraps(function)
        def command(provider: Any, **kwargs: Any) -> None:
            _require_network(provider.chain_id)
            options = {key: kwargs.pop(key, None) for key in _DESK}
            desk = Desk(provider, kwargs.pop("as_json"), Path(kwargs.pop("records")), **options)
            if signs and desk.account is None:
                raise click.UsageError("--account is missing: say who signs, such as TEST::4.")
            try:
                if signs:
                    desk.begin(settle=settles)
                function(desk, **kwargs)
                if signs and desk.sender.unlogged:
                    raise LogError(desk.sender.unlogged[0])
            except Reverted as fault:
                raise PegboardError(desk.explain(fault)) from fault

        # Ape asks the signature what to hand over, and would look through to the inner one.
        del command.__wrapped__
        given: list[Any] = [*_SIGNING] if signs else []
        if signs and proposes:
            given += _PROPOSING
        if signs and (proposes if simulates is None else simulates):
            given.append(_simulate_option)
        for option in (*given, *_COMMON):
            option(command)
        made: click.Command = click.command(name, cls=PegCommand)(command)
        if group is not None:
            group.add_command(made)
        return made

    return decorate


def folder_option(*names: str, default: str, variable: str = "", text: str) -> Wrap:
    """An option for a folder that is there by default; a variable can say another, for good."""
    return click.option(
        *names,
        type=click.Path(file_okay=False),
        default=default,
        show_default=True,
        envvar=variable or None,
        help=text,
    )


journal_option = folder_option(
    "--journal",
    default="journal",
    variable="PEGBOARD_JOURNAL",
    text="Folder of the journal of what was signed.",
)
log_option = folder_option(
    "--log",
    default="oplog",
    variable="PEGBOARD_LOG",
    text="Folder of the log of operations.",
)
#: What the desk takes of a command's options.
_DESK = ("account", "deployer", "yes", "journal", "log", "safe", "proposals", "simulates")
_COMMON = (
    click.option("--json", "as_json", is_flag=True, help="Answer as JSON on stdout."),
    click.option(
        "--deployer", help="Who deployed: address or alias. Default: as recorded, or TEST::0."
    ),
    folder_option("--records", default="deployments", text="Folder of the deployment records."),
)
_SIGNING = (
    account_option(prompt=False),
    click.option("-y", "--yes", is_flag=True, help="Do not ask before signing."),
    journal_option,
    log_option,
)
_PROPOSING = (
    click.option("--safe", type=Address(), help="Propose it to the owners of this Safe instead."),
    folder_option(
        "--proposals",
        default="proposals",
        variable="PEGBOARD_PROPOSALS",
        text="Folder of what was proposed to Safes.",
    ),
)
_simulate_option = click.option(
    "--simulate/--no-simulate",
    "simulates",
    default=None,
    help="Try it on a copy of the chain before signing (needs anvil). Default: yes, but not on "
    "local chains.",
)
code_argument = click.argument("code", metavar="CODE")
addresses_argument = click.argument("addresses", nargs=-1, required=True, type=Address())
ref_option = click.option(
    "--ref",
    default="",
    help="Ticket, case or bank reference, never personal data: up to 31 ASCII characters are "
    "logged as they are, longer ones as their keccak256; 0x and 64 hex digits stay as they are.",
)
