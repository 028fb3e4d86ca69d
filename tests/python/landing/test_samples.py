"""Published samples of the vendors' exports; the rows were counted by hand in the samples."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from headwater.landing.contract import Source
from headwater.landing.land import land_files
from tests.python.conftest import SAMPLES

EXPECTED = {
    ("mixpanel", "mixpanel_raw_export"): ({"events": 2}, {}),
    ("ga4", "ga4_bigquery_raw"): ({"events": 2}, {}),
    ("posthog", "posthog_events"): ({"events": 99 + 7}, {}),
    ("segment", "segment_spec_examples"): (
        {"tracks": 13, "pages": 2, "screens": 2, "identifies": 2, "groups": 2, "aliases": 2},
        {},
    ),
    ("shopify", "shopify_web_pixel"): ({"pixel_events": 8}, {}),
    # 176 objects, 14 of them of our kinds; one item and one line lie in their parents.
    ("stripe", "stripe_api_objects"): (
        {
            "charges": 1,
            "customers": 2,
            "invoices": 2,
            "invoice_lines": 1 + 1,
            "prices": 2,
            "products": 2,
            "refunds": 1,
            "subscriptions": 1,
            "subscription_items": 2 + 1,
        },
        {"unrecognised_record": 176 - 14},
    ),
    # 88 events, 27 of our kinds.
    ("stripe", "stripe_webhook_events"): (
        {
            "charges": 5,
            "customers": 3,
            "invoices": 8,
            "invoice_lines": 8,
            "prices": 3,
            "products": 3,
            "refunds": 1 + 1,
            "subscriptions": 4,
            "subscription_items": 5,
        },
        {"unrecognised_record": 88 - 27},
    ),
    # Tables of Fivetran: of many, ours alone. Rows of all files, less those of our tables' files.
    ("amplitude", "amplitude_fivetran"): ({"events": 10}, {"unrecognised_record": 16 - 10}),
    ("mixpanel", "mixpanel_fivetran"): ({"events": 5}, {}),
    ("ga4", "ga4_fivetran_export"): ({}, {"unreadable_file": 1}),  # its header repeats a name
    ("google_ads", "google_ads_fivetran"): (
        {"campaigns": 10, "campaign_stats": 16},
        {"unrecognised_record": 370 - 26},
    ),
    ("meta_ads", "facebook_ads_fivetran"): (
        {"ad_insights": 10, "campaigns": 9},
        {"unrecognised_record": 1184 - 19},
    ),
    ("segment", "segment_dbtlabs"): ({"pages": 1}, {"unrecognised_record": 1804 - 1}),
    ("shopify", "shopify_fivetran"): (
        {"orders": 8 + 9, "order_lines": 3 + 10},
        {"unrecognised_record": 766 - 30},
    ),
    ("stripe", "stripe_fivetran"): (
        {
            "charges": 16,
            "customers": 12,
            "invoices": 2,
            "invoice_lines": 3,
            "prices": 4,
            "products": 10,
            "refunds": 4,
            "subscriptions": 2 + 2,  # and their history
            "subscription_items": 14,
        },
        {"unrecognised_record": 256 - 69},
    ),
}


@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples lie beside the repository")
@pytest.mark.parametrize(("source", "sample"), EXPECTED)
def test_every_record_of_a_sample_lands_or_is_named(
    contract: dict[str, Source], tmp_path: Path, source: str, sample: str
) -> None:
    files = sorted(path for path in (SAMPLES / sample).iterdir() if path.suffix != ".md")
    rejects = contract["headwater"].tables["rejected_rows"]
    landed: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    for report in land_files(contract[source], files, tmp_path, rejects):
        landed.update(report.landed)
        rejected.update(report.rejected)
    assert (dict(landed), dict(rejected)) == EXPECTED[source, sample]
