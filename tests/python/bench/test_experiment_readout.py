"""Whoever reads out the large experiment finds the same, and it is right."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from bench.experiment_readout import METRICS, READERS, SEGMENTS, make, next_day, run_models
from tests.python.conftest import query

# What bench.person_events writes, of 600 persons in January.
EVENTS = """
select
    cast(hash(number, 'person') % 600 as bigint) as person_key,
    cast(printf('%032x', number) as uuid) as event_id,
    list_extract({names}, cast(hash(number, 'name') % {size} as bigint) + 1) as event_name,
    timestamp '2025-01-01' + to_microseconds(
        cast(hash(number, 'when') % (30 * 86400000000) as bigint)
    ) as occurred_at,
    cast(occurred_at as date) as event_date
from range(15000) as numbers (number)
"""

for peer in ("polars", "chdb"):
    pytest.importorskip(peer, reason="needs the bench extra")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readout")
    names = [*METRICS, "of_no_metric"]
    events = EVENTS.format(names=names, size=len(names))
    duckdb.sql(f"copy ({events}) to '{folder}/person_events.parquet'")
    make(folder / "person_events.parquet", 500, folder)
    return folder


@pytest.mark.parametrize("engine", ["headwater", "polars", "chdb"])
def test_counts_and_means_are_those_of_the_users(folder: Path, engine: str) -> None:
    result = folder / f"{engine}.parquet"
    READERS[engine](folder, result)
    found = query(
        f"select segment_name, segment_value, variant, metric_name, person_count, mean"
        f" from '{result}'"
    )
    wanted = {}
    for segment in ("all", *SEGMENTS):
        value = "'all'" if segment == "all" else segment
        for metric in METRICS:
            for key, variant, count, mean in query(
                f"select {value}, variant, count(*), avg({metric}_y)"
                f" from '{folder}/users.parquet' group by all"
            ):
                wanted[segment, key, variant, metric] = (count, mean)
    large = {key for key, (count, _) in wanted.items() if count >= 30}
    assert len(large) > 300
    for *key, count, mean in found:
        if tuple(key) in large:
            assert count == wanted[tuple(key)][0]
            assert mean == pytest.approx(wanted[tuple(key)][1], rel=1e-9)
    assert large <= {tuple(key) for *key, _, _ in found}


def test_one_more_day_finds_what_a_full_build_does(folder: Path) -> None:
    def built() -> list[set[tuple[object, ...]]]:
        with duckdb.connect(str(day / "run.duckdb"), read_only=True) as connection:
            return [
                set(connection.execute(f"from {table}").fetchall())
                for table in ("intermediate.int_experiment_values", "marts.experiment_results")
            ]

    day = folder / "day"
    next_day(folder)
    by_day = built()
    run_models(day, "--full-refresh")
    assert all(by_day)
    assert by_day == built()
