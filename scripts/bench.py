"""`ape run bench`: see pegboard/cli/bench.py."""

from pegboard.cli.bench import bench as cli  # noqa: F401
