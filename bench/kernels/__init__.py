"""The same jobs in three engines, each from a Parquet file into another.

dedupe and sessionise read what `bench.narrow_events` writes. dedupe keeps, of each (source_name,
event_id), the row that is first by (landed_at, file_name, row_number_in_file). sessionise cuts each
(source_name, device_id), in order of (occurred_at, event_id), where more than 30 minutes pass
without an event, and writes source_name, device_id, started_at, ended_at, event_count.

The others read what `bench.person_events` writes. funnel counts who reaches each of FUNNEL's
steps within seven days of an entry, any entry, if anybody does: step_number, person_count.
retention counts, of those whose first day is the same, who is active so many days later:
start_date, day_number, person_count. paths counts the days of persons by what they did first, up to
eight events and repeats in a row as one, in order of (occurred_at, event_id): path, day_count.
pairs counts who did both of two things: event_name, other_event_name, person_count.

In dedupe and sessionise DuckDB has the formulations of our models, the others the one that used
least CPU of those tried in them, at 1.7 million rows. The other jobs have one formulation in each
engine, and no others were tried. All write zstd at level 1.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

FUNNEL = ("page_view", "search", "save", "board_created", "share")

Kernel = Callable[[Path, Path], None]


def run(kernels: Mapping[str, Kernel]) -> None:
    """Run the kernel that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kernel", choices=kernels)
    parser.add_argument("events", type=Path, help="Parquet file to read")
    parser.add_argument("result", type=Path, help="Parquet file to write")
    options = parser.parse_args()
    kernels[options.kernel](options.events, options.result)
