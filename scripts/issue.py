"""`ape run issue`: see pegboard/cli/issue.py."""

from pegboard.cli.issue import issue as cli  # noqa: F401
