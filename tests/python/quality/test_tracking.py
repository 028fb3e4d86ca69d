"""The tracking plan against what came: planted gaps are found, with all that they touch."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import duckdb

from tests.python.conftest import query
from tests.python.quality.conftest import remake

Warehouse = duckdb.DuckDBPyConnection

MODELS = (
    "intermediate.int_event_volumes_by_day",
    "intermediate.int_tracked_series",
    "intermediate.int_renamed_events",
    "intermediate.int_tracked_properties",
    "intermediate.int_event_uses",
    "marts.tracking_coverage",
    "marts.tracking_gaps",
)
# The seeds that hold each kind of thing.
SEEDS = {
    "funnel": {"funnel_steps"},
    "retention": {"retentions"},
    "feature": {"features"},
    "journey": {"journey_steps"},
    "metric": {"metrics"},
    "experiment": {"experiments", "experiment_metrics"},
    "segment": {"segment_rules"},
    "form": {"form_types"},
    "key event": {"key_events"},
    "process": {"process_steps"},
}
NEVER_CAME = ("ga4", "purchase", "web", "missing", None)  # nobody buys in five weeks
CAME_LATER = ("amplitude", "contact_sales_clicked", "any", "missing", None)  # once, in the last


def land_until(connection: Warehouse, day: date) -> None:
    """Take back what landed two days or more after a day, so that it is the last that is over."""
    connection.execute(
        f"""
        delete from intermediate.int_landed_rows_by_day
        where landed_date > date '{day}' + 1
        """
    )


def gaps(connection: Warehouse) -> set[tuple[str, str, str, str, str | None]]:
    """Gaps in events."""
    return set(
        connection.sql(
            """
            select source_name, event_name, platform, status, other_event_name
            from marts.tracking_coverage
            where property_name = '' and status != 'covered'
            """
        ).fetchall()
    )


def first_full_day(company: Path, kind: str) -> date:
    ((day,),) = query(
        f"select first_date + 1 from '{company}/truth/incidents.parquet' where kind = '{kind}'"
    )
    return day


def test_the_outage_is_a_gap_on_its_first_full_day_and_not_before(
    company: Path, company_warehouse: Path, changed: Warehouse
) -> None:
    day = first_full_day(company, "tracking_outage")
    land_until(changed, day)
    remake(changed, company_warehouse, MODELS)
    outage = ("mixpanel", "save", "android", "missing", None)
    assert gaps(changed) == {NEVER_CAME, CAME_LATER, outage}
    land_until(changed, day - timedelta(days=2))
    remake(changed, company_warehouse, MODELS)
    assert gaps(changed) == {NEVER_CAME, CAME_LATER}


def test_the_outage_touches_what_counts_saves(
    company: Path, company_warehouse: Path, changed: Warehouse
) -> None:
    land_until(changed, first_full_day(company, "tracking_outage"))
    remake(changed, company_warehouse, MODELS)
    rows = changed.sql(
        """
        select thing_kind, thing_name, used_as, event_share
        from marts.tracking_gaps
        where platform = 'android'
        """
    ).fetchall()
    things = {row[:3] for row in rows if row[0] != "mart"}
    assert things == {
        ("retention", "savers_by_week", "start"),
        ("retention", "savers_by_week", "return"),
        ("journey", "search_to_save", "save"),
        ("metric", "saves", "counted"),
        ("metric", "savers", "counted"),
        ("metric", "saves_per_view", "counted"),
        ("experiment", "board_layout", "saves"),
        ("experiment", "board_layout", "saves_per_view"),
        ("experiment", "board_layout", "savers"),
        ("experiment", "aa_check", "saves"),
        ("experiment", "aa_check", "savers"),
        ("experiment", "search_ranking", "saves"),
        ("segment", "intent", "Planner"),
    }
    marts = {row[1] for row in rows if row[0] == "mart"}
    assert {"retention_by_cohort", "journey_paths", "experiment_results"} < marts
    assert not any(mart.startswith(("funnel", "feature")) for mart in marts)
    ((share,),) = changed.sql(
        """
        select
            count(*) filter (where source_name = 'mixpanel' and platform = 'android') / count(*)
        from intermediate.int_events
        where event_name = 'save' and not is_bot and event_date < date '2025-01-24'
        """
    ).fetchall()
    assert {row[3] for row in rows} == {share}


def test_the_renamed_event_is_known_by_its_new_name_on_its_first_full_day(
    company: Path, company_warehouse: Path
) -> None:
    with duckdb.connect(str(company_warehouse), read_only=True) as connection:
        found = gaps(connection)
        ((last_day,),) = connection.sql(
            "select max(event_date) from marts.volume_anomalies"
        ).fetchall()
    assert last_day == first_full_day(company, "renamed_event")
    assert found == {
        NEVER_CAME,
        ("ga4", "scroll", "web", "renamed", "page_scroll"),
        ("ga4", "page_scroll", "web", "unplanned", "scroll"),
    }
    touched = query(
        """
        select thing_kind, thing_name, used_as from marts.tracking_gaps
        where event_name = 'scroll' and thing_kind != 'mart'
        """,
        company_warehouse,
    )
    assert touched == [("journey", "before_form", "left out")]


def test_properties_that_get_lost_or_change_their_type_are_gaps(
    company_warehouse: Path, changed: Warehouse
) -> None:
    changed.execute(
        """
        update intermediate.int_landed_events set
            feature_name = case when row_number_in_file % 3 > 0 then feature_name end,
            surface = case when event_name != 'search' then surface end,
            properties = case
                when event_name in ('feature_used', 'search') then '{}'
                else replace(properties, '"ga_session_id":', '"ga_session_id":1.')
            end
        where event_date > date '2025-01-27' and source_name in ('amplitude', 'ga4')
        """
    )
    remake(changed, company_warehouse, MODELS)
    rows = changed.sql(
        """
        select source_name, event_name, property_name, status, coverage_share, typed_count
        from marts.tracking_coverage
        where property_name != '' and status != 'covered' and event_count > 0
        """
    ).fetchall()
    found = {row[:4]: row[4:] for row in rows}
    assert set(found) == {
        ("amplitude", "feature_used", "feature_name", "partial"),
        ("amplitude", "search", "surface", "missing"),
        ("ga4", "page_view", "ga_session_id", "type_drift"),
    }
    ((carried, count),) = changed.sql(
        """
        select count(*) filter (where row_number_in_file % 3 > 0), count(*)
        from intermediate.int_events
        where
            event_name = 'feature_used' and source_name = 'amplitude' and not is_bot
            and event_date between date '2025-01-28' and date '2025-02-03'
        """
    ).fetchall()
    partial = found["amplitude", "feature_used", "feature_name", "partial"]
    assert partial == (carried / count, carried)
    assert found["amplitude", "search", "surface", "missing"] == (0, 0)
    assert found["ga4", "page_view", "ga_session_id", "type_drift"] == (1, 0)
    touched = changed.sql(
        """
        select distinct thing_name from marts.tracking_gaps
        where property_name = 'feature_name' and thing_kind = 'feature'
        """
    ).fetchall()
    uses = {"ai_labeling", "palette_match", "voice_notes", "board_export", "collage_templates"}
    assert {name for (name,) in touched} == uses


def test_without_a_plan_nothing_is_judged(company_warehouse: Path, changed: Warehouse) -> None:
    changed.execute("delete from seeds.tracking_plan")
    remake(changed, company_warehouse, MODELS)
    assert changed.sql("select count(*) from marts.tracking_coverage").fetchall() == [(0,)]
    assert changed.sql("select count(*) from marts.tracking_gaps").fetchall() == [(0,)]


def test_a_tool_without_a_planned_event_is_left_alone(
    company_warehouse: Path, changed: Warehouse
) -> None:
    changed.execute("delete from seeds.tracking_plan where source_name != 'ga4'")
    remake(changed, company_warehouse, MODELS)
    sources = changed.sql("select distinct source_name from marts.tracking_coverage").fetchall()
    assert sources == [("ga4",)]


def test_marts_are_made_of_the_things_that_they_are_listed_with(company_warehouse: Path) -> None:
    """Each descends from a seed of its kind."""
    manifest = json.loads((company_warehouse.parent / "target" / "manifest.json").read_text())
    listed = query(
        "select thing_kind, mart_name from intermediate.int_marts_of_things", company_warehouse
    )
    assert {kind for kind, _ in listed} == set(SEEDS)
    kinds = query("select distinct thing_kind from intermediate.int_event_uses", company_warehouse)
    assert {kind for (kind,) in kinds} == set(SEEDS)
    for kind, mart in listed:
        ancestors, waiting = set(), [f"model.headwater.{mart}"]
        while waiting:
            parents = manifest["parent_map"][waiting.pop()]
            waiting += set(parents) - ancestors
            ancestors.update(parents)
        seeds = {name.split(".")[2] for name in ancestors if name.startswith("seed.")}
        assert seeds & SEEDS[kind], (kind, mart)
