"""`ape run status`: see pegboard/cli/status.py."""

from pegboard.cli.status import status as cli  # noqa: F401
