"""Which features earn, told and true: `python -m bench.impact_truth --seeds 20 --to FOLDER`.

Simulates the company with each seed, builds only what `int_feature_impact` needs, and counts in
how many the interval of the feature that causes conversions leaves out 0 and covers the truth, and
in how many that of the feature that only goes with them covers 0. Simulated visitors who never try
the product would be 99 of 100 and are left out: the company is as large as `--scale` says in forms,
trials and money, and a tenth as large in visitors. Keeps `impact/seed_….parquet`.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from bench.build import build
from bench.companies import every_seed, seeds_and_folder, simulate_part
from headwater.simulate.run import HELPER_TOOLS, OWN_TOOLS, Settings

DAYS, START = 365, "2025-01-01"
FEATURES = ("ai_labeling", "palette_match")
DUE = 0.9  # of the seeds; an interval of 95 % leaves out the truth now and then

Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every seed; 1 if what is found is true of fewer seeds than DUE says."""
    parser = seeds_and_folder("bench.impact_truth", __doc__)
    parser.add_argument("--scale", type=float, default=0.08)
    options = parser.parse_args(arguments)
    found = every_seed(
        options,
        "impact",
        lambda seed: run_seed(seed, options.scale, options.to),
        lambda rows: print(described(rows.to_pylist()), flush=True),
    )
    complaints = missed(found.to_pylist())
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return int(bool(complaints))


def run_seed(seed: int, scale: float, folder: Path) -> pa.Table:
    """Simulate and build one company, read what was found of conversion, and remove it again."""
    landing = folder / f"landing_{seed}"
    warehouse = folder / f"warehouse_{seed}.duckdb"
    settings = Settings(scale=scale, days=DAYS, start=START, seed=seed)
    tools = (*OWN_TOOLS, *HELPER_TOOLS)
    simulate_part(settings, landing, tools, NEW_PER_DAY=800, ACTIVE_PER_DAY=6_000)
    build(landing, warehouse, "+int_feature_impact")
    rows = compared(landing, warehouse, seed)
    shutil.rmtree(landing)
    warehouse.unlink()
    return rows


def compared(landing: Path, warehouse: Path, seed: int) -> pa.Table:
    """What is found of conversion by each of the two features, beside the truth."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(
            f"""
            select
                {seed} as seed, feature_name, truth.conversion_lift as truth, evidence_grade,
                not_adjusted_because, adopter_count, other_count, raw_difference, raw_low,
                raw_high, adjusted_difference, adjusted_low, adjusted_high, imbalance_before,
                imbalance_after, trimmed_count
            from intermediate.int_feature_impact
            inner join '{landing}/truth/features.parquet' as truth using (feature_name)
            where outcome_name = 'conversion' and feature_name in {FEATURES}
            order by feature_name
            """
        ).to_arrow_table()


def described(rows: Sequence[Row]) -> str:
    """The counts so far."""
    lines = [f"{len({row['seed'] for row in rows})} seeds"]
    for feature in FEATURES:
        own = [row for row in rows if row["feature_name"] == feature]
        adjusted = [row for row in own if row["adjusted_difference"] is not None]
        lines.append(
            f"  {feature} (truth {own[0]['truth']:.2f}): {len(adjusted)} adjusted; interval "
            f"covers the truth in {count(adjusted, 'adjusted', 'truth')}, "
            f"covers 0 in {count(adjusted, 'adjusted', None)}; "
            f"raw one covers the truth in {count(own, 'raw', 'truth')}, "
            f"0 in {count(own, 'raw', None)}"
        )
    return "\n".join(lines)


def missed(rows: Sequence[Row]) -> list[str]:
    """What is true of too few seeds: the cause found and measured, the other cleared."""
    cause, other = ([row for row in rows if row["feature_name"] == name] for name in FEATURES)
    adjusted = [row for row in cause if row["adjusted_difference"] is not None]
    cleared = [row for row in other if row["adjusted_difference"] is not None]
    found = {
        f"{FEATURES[0]}'s interval leaves out 0": len(adjusted) - count(adjusted, "adjusted", None),
        f"{FEATURES[0]}'s interval covers the truth": count(adjusted, "adjusted", "truth"),
        f"{FEATURES[1]}'s interval covers 0": count(cleared, "adjusted", None),
    }
    return [
        f"{what} in {times} of {len(cause)} seeds, {DUE:.0%} are due"
        for what, times in found.items()
        if times < DUE * len(cause)
    ]


def count(rows: Sequence[Row], kind: str, truth: str | None) -> int:
    """In how many rows the interval of a kind covers a column, or 0."""
    return sum(
        row[f"{kind}_low"] <= (row[truth] if truth else 0.0) <= row[f"{kind}_high"] for row in rows
    )


if __name__ == "__main__":
    sys.exit(main())
