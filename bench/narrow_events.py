"""Write the landed events of all tools as one narrow Parquet file, the input of the kernels.

`python -m bench.narrow_events --landing FOLDER --to FILE`. Every tool has columns of its own;
here each is brought to the same few, as the staging models do, so that what is timed afterwards
is the deduplication or the sessions and not the reading of vendors' shapes. `device_id` is the
login where a tool sent no device. The tools are those that the simulated company uses.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

# table of the landing zone: event id, device, time
TOOLS = {
    "amplitude/events": (
        "coalesce(insert_id, concat_ws('|', device_id, event_id, client_event_time))",
        "coalesce(device_id, user_id)",
        "event_time",
    ),
    "mixpanel/events": (
        "concat_ws('|', event, coalesce(distinct_id_before_identity, distinct_id),"
        " epoch_ms(time) // 1000, insert_id)",
        "coalesce(device_id, anon_id, user_id, identified_id,"
        " coalesce(distinct_id_before_identity, distinct_id))",
        "time",
    ),
    "posthog/events": (
        "uuid",
        "coalesce(device_id, anon_distinct_id, user_id, distinct_id)",
        "timestamp",
    ),
    "ga4/events": (
        "concat_ws('|', user_pseudo_id, event_name, event_timestamp, batch_page_id,"
        " batch_ordering_id, batch_event_index, md5(event_params))",
        "coalesce(user_pseudo_id, user_id)",
        "event_timestamp",
    ),
    "shopify/pixel_events": ("id", "client_id", "timestamp"),
}
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "4GB",
    "preserve_insertion_order": False,
}


def query(landing: Path) -> str:
    """The narrow rows of every tool; without a key, device or time a row is left out."""
    return "\nunion all\n".join(
        f"""\
select
    '{table.partition("/")[0]}' as source_name,
    {event_id} as event_id,
    {device_id} as device_id,
    {occurred_at} as occurred_at,
    _landed_at as landed_at,
    _file as file_name,
    _row as row_number_in_file
from read_parquet('{landing}/{table}/*/*.parquet', hive_partitioning = false)
where {event_id} is not null and {device_id} is not null and {occurred_at} is not null"""
        for table, (event_id, device_id, occurred_at) in TOOLS.items()
    )


def write_narrow_events(landing: Path, target: Path) -> None:
    """Write the file."""
    with duckdb.connect(config=SETTINGS) as connection:
        connection.execute(f"copy ({query(landing)}) to '{target}' (compression zstd)")


def main() -> None:
    """Read the arguments and write the file."""
    parser = argparse.ArgumentParser(prog="python -m bench.narrow_events", description=__doc__)
    parser.add_argument("--landing", type=Path, required=True, help="landing root")
    parser.add_argument("--to", type=Path, required=True, help="file to write")
    options = parser.parse_args()
    write_narrow_events(options.landing, options.to)


if __name__ == "__main__":
    main()
