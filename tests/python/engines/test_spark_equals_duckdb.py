"""Spark builds the same models from the same SQL: every row of every relation is the same."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest

from headwater.engines.compare import Comparison, compare
from headwater.landing.contract import Source
from headwater.simulate.run import Settings, simulate
from tests.python.conftest import QUICK_JAVA, Dbt, copy_project
from tests.python.experiments.seeds import with_simulated_dates

# The first names files as the engine does, and Spark does not see files without rows; the others
# are made by Python models, which dbt-spark does not run, or have rows more by one of them.
NOT_COMPARABLE = frozenset(
    {
        "staging.stg_headwater__landed_files",
        "intermediate.int_channel_effects",
        "intermediate.int_customer_values_expected",
        "intermediate.int_experiment_changes",
        "intermediate.int_experiment_comparisons",
        "intermediate.int_experiment_comparisons_by_day",
        "intermediate.int_experiment_heterogeneity",
        "intermediate.int_experiment_interactions",
        "intermediate.int_experiment_pair_mixes",
        "intermediate.int_experiment_readouts",
        "intermediate.int_experiment_sample_ratios",
        "intermediate.int_experiment_segment_mixes",
        "intermediate.int_experiment_shrunk_effects",
        "intermediate.int_feature_impact",
        "intermediate.int_lifetimes_expected",
        "intermediate.int_lifetimes_remaining",
        "intermediate.int_marts_of_things",
        "intermediate.int_metric_baselines",
        "intermediate.int_segments_compared",
        "intermediate.int_segments_discovered",
        "intermediate.int_watchable_columns",
        "marts.attributed_conversions",
        "marts.attribution_by_channel",
        "marts.experiment_decisions",
        "marts.experiment_health",
        "marts.experiment_interactions",
        "marts.experiment_pre_post",
        "marts.experiment_results",
        "marts.experiment_results_by_day",
        "marts.experiment_segments",
        "marts.feature_revenue_impact",
        "marts.feature_value_quadrants",
        "marts.lifetime_values",
        "marts.lifetime_values_by_segment",
        "marts.metric_baselines",
        "marts.segment_comparison",
        "marts.segment_suggestions",
        "marts.tracking_gaps",
    }
)
LEAST_RELATIONS, LEAST_FILLED = 45, 25

if importlib.util.find_spec("pyspark") is None:
    pytest.skip("pyspark is not installed: uv sync --extra spark", allow_module_level=True)
if "JAVA_HOME" not in os.environ and shutil.which("java") is None:
    pytest.skip("Spark needs Java 17 or newer, and there is none", allow_module_level=True)


# Little data: what Spark does before the first row counts most, and goes faster like this.
SETTINGS = {
    "HEADWATER_STAGING": "table",
    "HEADWATER_SPARK_PARTITIONS": "2",
    "JAVA_TOOL_OPTIONS": QUICK_JAVA,
}


@pytest.fixture(scope="module")
def comparisons(
    tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]
) -> list[Comparison]:
    """Both engines' relations, built over one week; on Spark the macros' tests run as well."""
    folder = tmp_path_factory.mktemp("engines")
    landing_root = folder / "landing"
    simulate(Settings(scale=0.002, days=7, start="2025-01-01", seed=7), contract, landing_root)
    project = copy_project(folder / "project")
    with_simulated_dates(project, "2025-01-01", 7, running=["search_ranking"])
    dev, spark = (
        Dbt(landing_root, folder / name, name, SETTINGS, project) for name in ("dev", "spark")
    )
    dev.make()
    spark.run("build", "--exclude", "test_type:generic", "test_type:unit")
    return list(compare(dev.warehouse, spark.folder / "spark" / "tables", NOT_COMPARABLE))


def test_every_row_is_equal(comparisons: list[Comparison]) -> None:
    assert [entry for entry in comparisons if not entry.is_equal] == []


def test_enough_is_compared_to_mean_something(comparisons: list[Comparison]) -> None:
    assert len(comparisons) >= LEAST_RELATIONS
    assert sum(entry.equal_rows > 0 for entry in comparisons) >= LEAST_FILLED
