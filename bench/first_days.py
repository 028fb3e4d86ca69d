"""A landing zone without its last days: `python -m bench.first_days --of A --days N --to B`.

Files are linked, not copied. Tables that are not kept by landed day come whole.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def link_first_days(zone: Path, days: int, folder: Path) -> list[str]:
    """Link the files of the first `days` landed days; the days that were left out, as texts."""
    landed = {file.parent.name for file in zone.glob("*/*/landed_date=*/simulated-*.parquet")}
    left_out = sorted(landed)[days:]
    for file in zone.rglob("*.parquet"):
        if "truth" in file.parts or file.parent.name in left_out:
            continue
        target = folder / file.relative_to(zone)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, target)
    return [name.split("=")[1] for name in left_out]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and link."""
    parser = argparse.ArgumentParser(prog="python -m bench.first_days", description=__doc__)
    parser.add_argument("--of", type=Path, required=True, help="the whole landing zone")
    parser.add_argument("--days", type=int, required=True, help="landed days to keep")
    parser.add_argument("--to", type=Path, required=True, help="folder to make, on the same disk")
    options = parser.parse_args(arguments)
    left_out = link_first_days(options.of, options.days, options.to)
    print(f"{options.to} lacks {', '.join(left_out) or 'nothing'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
