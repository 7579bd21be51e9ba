"""`ape run deploy`: see pegboard/cli/deploy.py."""

from pegboard.cli.deploy import deploy as cli  # noqa: F401
