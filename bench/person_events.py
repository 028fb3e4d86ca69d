"""Write every person's events as one narrow Parquet file, once: the input of the behaviour kernels.

`python -m bench.person_events --landing FOLDER --to FILE`. Events and persons are built by dbt in a
warehouse that is thrown away; bots and events of nobody are left out. Event ids are UUIDs, as they
are in the models.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import duckdb

from bench.build import build
from bench.narrow_events import SETTINGS

QUERY = """
select
    cast(person_id as bigint) as person_key,
    cast(event_id as uuid) as event_id,
    event_name,
    occurred_at,
    event_date
from marts.events
where person_id is not null
"""


def write_person_events(landing: Path, target: Path, folder: Path) -> None:
    """Build in `folder`, and write the file."""
    warehouse = folder / "build.duckdb"
    build(landing, warehouse, "+events")
    draft = target.with_suffix(".draft")
    with duckdb.connect(str(warehouse), read_only=True, config=SETTINGS) as connection:
        # It takes the events for fewer than the people, and would keep them all in memory.
        connection.execute("set disabled_optimizers = 'build_side_probe_side'")
        connection.execute(f"copy ({QUERY}) to '{draft}' (format parquet, compression zstd)")
    draft.replace(target)


def main() -> None:
    """Read the arguments and write the file, unless it is there."""
    parser = argparse.ArgumentParser(prog="python -m bench.person_events", description=__doc__)
    parser.add_argument("--landing", type=Path, required=True, help="landing root")
    parser.add_argument("--to", type=Path, required=True, help="file to write")
    options = parser.parse_args()
    if options.to.exists():
        print(f"{options.to} is there already", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(dir=options.to.parent) as folder:
        write_person_events(options.landing, options.to, Path(folder))


if __name__ == "__main__":
    main()
