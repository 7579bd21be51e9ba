"""`ape run log`: see pegboard/cli/log.py."""

from pegboard.cli.log import log as cli  # noqa: F401
