"""`ape run channels`: see pegboard/cli/channels.py."""

from pegboard.cli.channels import channels as cli  # noqa: F401
