"""Events of who refused are rejected, counted and nowhere else, if the project says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.landing.contract import Source
from tests.python.conftest import Dbt, query
from tests.python.experiments.seeds import land_own_events

# user, consent as the tracker sends it, event
SAID = [("ada", True, 1), ("ada", False, 2), ("bob", False, 3), ("bob", False, 3), ("eve", None, 4)]
EVENTS = [
    {
        "event_id": f"e{number}",
        "event_type": "page_view",
        "timestamp": f"2025-01-02T10:0{number}:00Z",
        "user_id": user,
        "device_id": f"device-of-{user}",
    }
    | ({} if consent is None else {"has_consent": consent})
    for user, consent, number in SAID
]


@pytest.fixture
def dbt(tmp_path: Path, contract: dict[str, Source]) -> Dbt:
    (tmp_path / "export").mkdir()
    land_own_events(tmp_path / "landing", EVENTS, contract, tmp_path / "export")
    return Dbt(tmp_path / "landing", tmp_path)


@pytest.mark.parametrize("is_rejected", [True, False])
def test_who_refused_is_rejected_if_the_project_says_so(dbt: Dbt, is_rejected: bool) -> None:
    said = f"{{consent_refusals_are_rejected: {str(is_rejected).lower()}}}"
    models = ["+landed_rows_by_day", "+rejected_events", "+persons", "+events"]
    tests = ["--indirect-selection", "cautious", "--exclude-resource-type", "unit_test"]
    output = dbt.run("build", "--select", *models, *tests, "--vars", said)
    assert "landed_rows_are_events_duplicates_or_rejected" in output
    counts = "landed_count, event_count, duplicate_count, rejected_count"
    (row,) = query(
        f"select {counts} from marts.landed_rows_by_day where source_name = 'own'", dbt.warehouse
    )
    reasons = query(
        "select reject_reason, count(*) from marts.rejected_events group by 1", dbt.warehouse
    )
    people = query("select count(*) from marts.persons", dbt.warehouse)
    if is_rejected:
        assert (row, reasons, people) == ((5, 2, 0, 3), [("no_consent", 3)], [(2,)])
    else:
        assert (row, reasons, people) == ((5, 4, 1, 0), [], [(3,)])
