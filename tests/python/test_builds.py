"""The whole way, from export files to the summary: over nothing, and over real samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headwater.landing.contract import Source, tables_of
from headwater.landing.land import land_files
from headwater.landing.write import initialise
from headwater.report.summary import collect
from tests.python.conftest import PROJECT, SAMPLES, build, query, row_counts

# What says with nothing landed which questions the seeds ask.
OF_SEEDS = {
    "experiment_decisions",
    "experiment_health",
    "experiment_metrics",
    "experiment_notes",
    "experiment_pre_post",
    "experiment_results",
    "experiment_segments",
    "experiments",
    "feature_pairs",
    "feature_revenue_impact",
    "feature_value_quadrants",
    "funnel_steps_by_segment",
    "int_ad_campaigns",
    "int_baseline_runs",
    "int_baseline_statistics",
    "int_currency_rates",
    "int_event_definitions",
    "int_event_questions",
    "int_event_uses",
    "int_experiment_arms",
    "int_experiment_changes",
    "int_experiment_comparisons",
    "int_experiment_covariates",
    "int_experiment_nothing",
    "int_experiment_pre_post_statistics",
    "int_experiment_readouts",
    "int_experiment_sample_ratios",
    "int_experiment_scales",
    "int_experiment_settings",
    "int_experiment_statistics",
    "int_feature_impact",
    "int_feature_values",
    "int_funnel_step_bounds",
    "int_marts_of_things",
    "int_metric_baselines",
    "int_metric_parts",
    "int_retention_distances",
    "int_retention_periods",
    "int_tracked_series",
    "int_watchable_columns",
    "metric_alerts",
    "metric_baselines",
    "retention_by_period",
    "tracking_coverage",
    "tracking_gaps",
    "validation_checks",
}


def initialised(root: Path, contract: dict[str, Source]) -> Path:
    initialise(root, tables_of(contract))
    return root


def summarise(root: Path, warehouse: Path, contract: dict[str, Source]) -> dict[str, Any]:
    return collect(warehouse.parent / "target" / "run_results.json", warehouse, root, contract)


def test_every_model_builds_over_an_empty_landing_zone(
    tmp_path: Path, contract: dict[str, Source]
) -> None:
    root = initialised(tmp_path / "landing", contract)
    warehouse = build(root, tmp_path, "test_name:not_null")
    relations = query(
        """
        select table_schema || '.' || table_name
        from information_schema.tables
        where table_schema not in ('seeds', 'state')
        """,
        warehouse,
    )
    assert len(relations) > 40
    counts = row_counts(warehouse, [name for (name,) in relations])
    filled = {name.split(".")[1] for name, count in counts.items() if count}
    assert filled == {"stg_headwater__landed_files"} | OF_SEEDS  # it lists the empty files
    for mart in ("feature_pairs", "funnel_steps_by_segment", "retention_by_period"):
        assert query(f"select max(person_count) from marts.{mart}", warehouse) == [(0,)]
    summary = summarise(root, warehouse, contract)
    assert (summary["landed"], summary["events"], summary["rejected"]) == ([], [], [])
    assert summary["checks"]["failed_count"] == 0
    assert summary["checks"]["passed_count"] > 300
    results = json.loads((warehouse.parent / "target" / "run_results.json").read_text())
    run = {result["unique_id"].split(".")[2] for result in results["results"]}
    assert {path.stem for path in (PROJECT / "tests" / "singular").glob("*.sql")} <= run


SAMPLE_FOLDERS = {
    "mixpanel_raw_export": "mixpanel",
    "ga4_bigquery_raw": "ga4",
    "posthog_events": "posthog",
    "segment_spec_examples": "segment",
    "shopify_web_pixel": "shopify",
    "stripe_api_objects": "stripe",
    "stripe_webhook_events": "stripe",
    "pipedrive_api_examples": "pipedrive",
}

# Counted in the sample files by hand: lines of JSONL, results and data of documents, and objects of
# Stripe by their kind, with the items, lines and refunds inside them.
LANDED = {
    "mixpanel.events": 2,
    "ga4.events": 2,
    "posthog.events": 99 + 7,
    "segment.tracks": 2 + 10 + 1,
    "segment.pages": 2,
    "segment.screens": 2,
    "segment.identifies": 2,
    "segment.groups": 2,
    "segment.aliases": 2,
    "shopify.pixel_events": 8,
    "stripe.customers": 2 + 3,
    "stripe.products": 2 + 3,
    "stripe.prices": 2 + 3,
    "stripe.subscriptions": 1 + 4,
    "stripe.subscription_items": 3 + 5,
    "stripe.invoices": 2 + 8,
    "stripe.invoice_lines": 2 + 8,
    "stripe.charges": 1 + 5,
    "stripe.refunds": 1 + 2,
    "pipedrive.leads": 2,
    "pipedrive.deals": 3,
    "pipedrive.activities": 3,
    "pipedrive.persons": 2,
    "pipedrive.organizations": 2,
    "pipedrive.stages": 1,
    "pipedrive.deal_fields": 11,
}


@pytest.fixture(scope="module")
def samples(
    tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]
) -> tuple[dict[str, Any], Path]:
    """Summary and warehouse of all real samples."""
    if not SAMPLES.is_dir():
        pytest.skip("the samples of real exports are not on this machine")
    folder = tmp_path_factory.mktemp("samples")
    root = initialised(folder / "landing", contract)
    rejects = contract["headwater"].tables["rejected_rows"]
    for name, source in SAMPLE_FOLDERS.items():
        files = sorted(file for file in (SAMPLES / name).iterdir() if file.name != "SOURCE.md")
        list(land_files(contract[source], files, root, rejects))
    warehouse = build(root, folder)
    return summarise(root, warehouse, contract), warehouse


def test_real_samples_land_and_the_summary_counts_them(
    samples: tuple[dict[str, Any], Path],
) -> None:
    summary, _ = samples
    landed = {
        f"{entry['source_name']}.{entry['table_name']}": entry["row_count"]
        for entry in summary["landed"]
    }
    landed.pop("headwater.rejected_rows")
    assert landed == LANDED
    assert summary["simulated"] is None
    assert summary["checks"]["failed_count"] == 0


def test_real_sample_events_are_events_copies_or_rejects(
    samples: tuple[dict[str, Any], Path],
) -> None:
    """Segment's examples share a message id on two days, and most lack a time; two of the pixel
    share an id."""
    summary, _ = samples
    counts = {
        entry["source_name"]: (
            entry["landed_count"],
            entry["event_count"],
            entry["duplicate_count"],
            entry["rejected_count"],
        )
        for entry in summary["events"]
    }
    assert counts == {
        "posthog": (106, 106, 0, 0),
        "segment": (19, 3, 2, 14),
        "shopify": (8, 7, 1, 0),
        "mixpanel": (2, 2, 0, 0),
        "ga4": (2, 2, 0, 0),
    }
    reasons = {
        (entry["source_name"], entry["reject_reason"]): entry["row_count"]
        for entry in summary["rejected"]
    }
    assert reasons == {
        ("stripe", "unrecognised_record"): 162 + 61,
        ("pipedrive", "unrecognised_record"): 25,
        ("segment", "missing_time"): 14,
    }


def test_real_samples_keep_their_values(samples: tuple[dict[str, Any], Path]) -> None:
    """One row a tool, read off the sample by hand."""
    _, warehouse = samples
    rows = query(
        """
        select source_name, event_name, device_id, user_id, cast(occurred_at as varchar)
        from intermediate.int_events
        where
            source_event_name in ('modeler:deploy:confirm', 'first_visit', 'Course Clicked')
            or (source_name = 'shopify' and event_name = 'product_view')
            or (source_name = 'posthog' and source_event_name = 'purchase')
        order by source_name
        """,
        warehouse,
    )
    found = {row[0]: row[1:] for row in rows}
    assert found["mixpanel"] == (
        "modeler:deploy:confirm",
        "190b6d254651ec-0a7e1ef548a163-4c657b58-e1000-190b6d2518f1ec",
        "auth0|669533a8339ceebe5e8f7fed",
        "2024-07-17 14:54:16.002",
    )
    assert found["ga4"] == (
        "first_visit",
        "1166526666.1617691776",
        None,
        "2021-04-06 06:49:50.431476",
    )
    assert found["segment"] == (
        "Course Clicked",
        "23adfd82-aa0f-45a7-a756-24f2a7a4c895",
        "AiUGstSDIg",
        "2015-12-12 19:11:01.249",
    )
    assert found["shopify"][0] == "product_view"
    (price,) = query(
        """
        select amount_cents, currency
        from intermediate.int_events
        where source_name = 'shopify' and event_name = 'product_view'
        """,
        warehouse,
    )
    assert price == (74995, "USD")
