"""A company that has no CRM, no ads or no billing builds what it has, without an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.landing.contract import Source, tables_of
from headwater.landing.write import initialise
from headwater.simulate.run import Settings, simulate
from tests.python.conftest import Dbt, row_counts

TOPICS = ("acquisition", "sales", "revenue")
BILLING = {
    "attributed_conversions",
    "attribution_by_channel",
    "billing_by_month",
    "invoices",
    "lifetime_values",
    "lifetime_values_by_segment",
    "mrr_by_month",
    "mrr_movements",
    "payments",
    "products",
    "subscriptions",
    "trial_conversion_by_path",
    "trials",
}
EMPTY = {
    ("pipedrive",): {
        "crm_activities",
        "deal_stage_history",
        "deal_stage_velocity",
        "deals",
        "leads",
    },
    ("google_ads", "meta_ads"): {"ad_spend_by_day"},
    ("stripe",): BILLING,
}
# What a few weeks of a small company do not show in any case.
YOUNG = {"lifetime_values_by_segment"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> Path:
    root = tmp_path_factory.mktemp("whole") / "landing"
    simulate(Settings(scale=0.005, days=21, start="2025-01-01", seed=7), contract, root)
    return root


@pytest.mark.parametrize("missing", EMPTY, ids="_".join)
def test_what_it_has_is_built(
    missing: tuple[str, ...], whole: Path, contract: dict[str, Source], tmp_path: Path
) -> None:
    root = tmp_path / "landing"
    root.mkdir()
    for source in whole.iterdir():
        if source.name not in missing:
            (root / source.name).symlink_to(source)
    initialise(root, tables_of(contract))
    dbt = Dbt(root, tmp_path)
    topics = [f"+path:models/marts/{topic}" for topic in TOPICS]
    only = ["--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"]
    dbt.run("build", "--select", *topics, *only)
    marts = {
        f"marts.{path.stem}"
        for topic in TOPICS
        for path in (dbt.linked / f"models/marts/{topic}").glob("*.sql")
    }
    counts = row_counts(dbt.warehouse, marts)
    empty = {name.split(".")[1] for name, count in counts.items() if not count}
    assert empty == EMPTY[missing] | YOUNG
