"""`ape run plan`: see pegboard/cli/plan.py."""

from pegboard.cli.plan import plan as cli  # noqa: F401
