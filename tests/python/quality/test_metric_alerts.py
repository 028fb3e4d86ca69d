"""The watch list over the company: values are those of the marts, and what was planted fires."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from tests.python.conftest import query
from tests.python.quality.conftest import remake

Warehouse = duckdb.DuckDBPyConnection

MODELS = ("marts.watched_values", "marts.metric_alerts")

# What each watch of the demo's list reads, asked of the marts in the usual way.
VALUES = {
    "active_persons": """
        select event_date, active_count from marts.active_persons_by_day
        where entity_type = 'person'
    """,
    "new_persons": "select event_date, new_person_count from marts.lifecycle_by_day",
    "shop_conversion": """
        select entry_date, reached_count / entry_count from marts.funnel_steps_by_day
        where funnel_name = 'shop' and step_number = 4
    """,
    "rejected_rows": """
        select landed_date, sum(rejected_count) / sum(landed_count)
        from marts.landed_rows_by_day
        group by 1
    """,
    "repeated_rows": """
        select landed_date, sum(duplicate_count) / sum(landed_count)
        from marts.landed_rows_by_day
        group by 1
    """,
    "ad_spend": "select spend_date, sum(reporting_spend) from marts.ad_spend_by_day group by 1",
    "odd_volumes": """
        select event_date, count(*) filter (where verdict in ('drop', 'silence', 'spike'))
        from marts.volume_anomalies
        group by 1
    """,
    "tracking_gaps": """
        select date '2025-02-03', count(*) from marts.tracking_coverage where status != 'covered'
    """,
}


def latest(connection: Warehouse, watch: str) -> list[tuple]:
    return connection.sql(
        f"""
        select verdict, metric_value, sample_size, cast(value_date as varchar)
        from marts.metric_alerts
        where watch_name = '{watch}' and is_latest
        """
    ).fetchall()


def test_every_watch_of_the_demo_is_asked_here(company_warehouse: Path) -> None:
    watches = query("select watch_name from seeds.watch_list", company_warehouse)
    assert {name for (name,) in watches} == set(VALUES)


@pytest.mark.parametrize("watch", VALUES)
def test_values_are_those_of_the_marts(watch: str, company_warehouse: Path) -> None:
    told = query(
        f"select value_date, metric_value from marts.watched_values where watch_name = '{watch}'",
        company_warehouse,
    )
    wait = 7 if watch == "shop_conversion" else 0
    asked = query(
        f"""
        select * from ({VALUES[watch]}) as days (value_date, metric_value)
        where value_date <= date '2025-02-03' - {wait}
        """,
        company_warehouse,
    )
    assert told
    known = {day: value for day, value in told if value}
    expected = {day: float(value) for day, value in asked if value}
    assert known == pytest.approx(expected, rel=1e-9)


def test_what_was_planted_fires_and_what_is_well_does_not(company_warehouse: Path) -> None:
    firing = query(
        """
        select watch_name, verdict, value_date
        from marts.metric_alerts
        where is_latest and is_firing
        """,
        company_warehouse,
    )
    assert {row[:2] for row in firing} == {
        ("odd_volumes", "too_high"),
        ("tracking_gaps", "too_high"),
    }
    judged = query(
        "select count(*), count(distinct watch_name) from marts.metric_alerts where is_latest",
        company_warehouse,
    )
    assert judged == [(len(VALUES), len(VALUES))]


def test_silence_fires(company_warehouse: Path, changed: Warehouse) -> None:
    """A day without a row is a day with nobody."""
    assert latest(changed, "active_persons")[0][0] == "ok"
    changed.execute("delete from marts.active_persons_by_day where event_date >= '2025-02-03'")
    remake(changed, company_warehouse, MODELS)
    assert latest(changed, "active_persons") == [("too_low", 0, 0, "2025-02-03")]


def test_a_rate_without_a_denominator_is_not_judged(
    company_warehouse: Path, changed: Warehouse
) -> None:
    changed.execute("delete from marts.landed_rows_by_day where landed_date >= '2025-02-03'")
    remake(changed, company_warehouse, MODELS)
    assert latest(changed, "rejected_rows") == [("no_data", None, 0, "2025-02-03")]


def test_a_mart_that_is_empty_leaves_its_watch_without_data(
    company_warehouse: Path, changed: Warehouse
) -> None:
    changed.execute("delete from marts.ad_spend_by_day")
    remake(changed, company_warehouse, MODELS)
    assert latest(changed, "ad_spend") == [("no_data", None, None, None)]


def test_the_watch_list_may_be_empty(company_warehouse: Path, changed: Warehouse) -> None:
    changed.execute("delete from seeds.watch_list")
    remake(changed, company_warehouse, MODELS)
    assert changed.sql("select count(*) from marts.metric_alerts").fetchall() == [(0,)]


def test_every_mart_by_day_can_be_watched(company_warehouse: Path) -> None:
    manifest = json.loads((company_warehouse.parent / "target" / "manifest.json").read_text())
    marts = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    }
    columns = query(
        "select mart_name, column_name from intermediate.int_watchable_columns", company_warehouse
    )
    watchable = {mart for mart, _ in columns}
    assert {mart for mart in marts if mart.endswith("_by_day")} <= watchable <= marts
    assert {"active_count", "stickiness_rate", "*"} == {
        column
        for mart, column in columns
        if mart == "active_persons_by_day" and "day_count" not in column
    }
