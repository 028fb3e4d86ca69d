"""The same two jobs in three engines, each from a Parquet file into another.

The input is what `bench.narrow_events` writes. dedupe keeps, of each (source_name, event_id), the
row that is first by (landed_at, file_name, row_number_in_file). sessionise cuts each
(source_name, device_id), in order of (occurred_at, event_id), where more than 30 minutes pass
without an event, and writes source_name, device_id, started_at, ended_at, event_count.

DuckDB has the formulations of our models, the others the one that used least CPU of those tried in
them, at 1.7 million rows. All write zstd at level 1.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

Kernel = Callable[[Path, Path], None]


def run(kernels: Mapping[str, Kernel]) -> None:
    """Run the kernel that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kernel", choices=kernels)
    parser.add_argument("events", type=Path, help="Parquet file to read")
    parser.add_argument("result", type=Path, help="Parquet file to write")
    options = parser.parse_args()
    kernels[options.kernel](options.events, options.result)
