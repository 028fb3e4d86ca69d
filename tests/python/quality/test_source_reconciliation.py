"""The same presses recorded by several tools: they land together, and the overlap is reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headwater.landing.contract import Source, tables_of
from headwater.landing.land import land_files
from headwater.landing.write import initialise
from tests.python.conftest import Dbt, query
from tests.python.vendor_records import SHARES

# Minutes in which each tool has a share by ann; bob uses the phone alone.
MINUTES = {
    "amplitude": [(0, "ann"), (10, "ann"), (20, "ann")],
    "segment": [(0, "ann"), (10, "ann")],
    "ga4": [(40, "ann")],
    "posthog": [(41, "ann"), (50, "ann")],
    "mixpanel": [(20, "bob"), (30, "ann")],
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> Path:
    """Five tools' exports of one hour, built at once."""
    folder = tmp_path_factory.mktemp("reconciliation")
    root = folder / "landing"
    initialise(root, tables_of(contract))
    rejects = contract["headwater"].tables["rejected_rows"]
    for name, shares in MINUTES.items():
        file = folder / f"{name}.jsonl"
        file.write_text("".join(json.dumps(SHARES[name](*share)) + "\n" for share in shares))
        (report,) = land_files(contract[name], [file], root, rejects)
        assert (sum(report.landed.values()), report.rejected) == (len(shares), {}), name
    dbt = Dbt(root, folder)
    dbt.make("+source_reconciliation")
    return dbt.warehouse


def test_five_tools_land_into_one_table_of_events(warehouse: Path) -> None:
    found = query("select source_name, count(*) from intermediate.int_events group by 1", warehouse)
    assert dict(found) == {name: len(shares) for name, shares in MINUTES.items()}


def test_an_action_that_two_tools_saw_is_reported_for_both(warehouse: Path) -> None:
    rows = query(
        """
        select source_name, event_count, also_seen_count, other_event_count
        from marts.source_reconciliation
        where event_name = 'share' and event_date = date '2025-03-01'
        """,
        warehouse,
    )
    assert sorted(rows) == [
        ("amplitude", 3, 2, 7),  # 10:20 is bob's on the phone
        ("ga4", 1, 1, 9),  # 60 seconds before PostHog's
        ("mixpanel", 2, 0, 8),
        ("posthog", 2, 1, 8),
        ("segment", 2, 2, 8),
    ]
