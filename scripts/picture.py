"""`ape run picture`: see pegboard/cli/picture.py."""

from pegboard.cli.picture import picture as cli  # noqa: F401
