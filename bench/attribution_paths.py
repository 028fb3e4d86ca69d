"""Ways through channels, made up, and what is estimated from them.

`python -m bench.attribution_paths make --paths N --to FILE` writes N distinct paths of one kind of
conversion, `estimate FILE TO` the effects of the channels by Markov and Shapley.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headwater.statistics.attribution import BETWEEN_STEPS, channel_effects

CHANNELS = [f"Channel {number:02}" for number in range(20)]
LONGEST = 12  # steps, as in int_channel_paths


def made_up_paths(count: int, seed: int = 7) -> pa.Table:
    """`count` distinct paths and how often each was taken, in the shape of int_channel_paths.

    Args:
        count: paths, at least 1.
        seed: of the random numbers.
    """
    draw = np.random.default_rng(seed)
    paths: dict[str, None] = {}
    while len(paths) < count:
        steps = draw.choice(len(CHANNELS), draw.integers(1, LONGEST + 1))
        kept = steps[np.diff(steps, prepend=-1) != 0]
        paths[BETWEEN_STEPS.join(CHANNELS[step] for step in kept)] = None
    return pa.table(
        {
            "conversion_kind": ["paid_conversion"] * count,
            "path": list(paths),
            "conversion_count": draw.poisson(0.3, count),
            "null_count": draw.poisson(20, count),
        }
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line; make or estimate."""
    parser = argparse.ArgumentParser(prog="python -m bench.attribution_paths", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make")
    make.add_argument("--paths", type=int, required=True, help="how many")
    make.add_argument("--to", type=Path, required=True, help="Parquet file to write")
    estimate = commands.add_parser("estimate")
    estimate.add_argument("paths", type=Path, help="Parquet file of paths")
    estimate.add_argument("to", type=Path, help="Parquet file to write")
    options = parser.parse_args(arguments)
    if options.command == "make":
        pq.write_table(made_up_paths(options.paths), options.to)
    else:
        pq.write_table(channel_effects(pq.read_table(options.paths)), options.to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
