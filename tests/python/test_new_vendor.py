"""CONTRIBUTING's steps for a vendor: its files land and reach int_events, and no model changes."""

from __future__ import annotations

import json
from pathlib import Path

from headwater.landing.contract import load_contract, tables_of
from headwater.landing.land import land_files
from headwater.landing.write import initialise
from tests.python.conftest import Dbt, copy_project, query

SOURCES = """
sources:
  - name: heap
    tables:
      - name: events
        config: {meta: {partitioned: true, recognised_by: [heap_user, what]}}
        columns:
          - {name: event_id, data_type: varchar}
          - {name: event_type, data_type: varchar, config: {meta: {from: [what]}}}
          - {name: user_id, data_type: varchar, config: {meta: {from: [heap_user]}}}
          - {name: timestamp, data_type: timestamp, config: {meta: {from: [when]}}}
          - {name: properties, data_type: json}
"""
LACKING = (
    "device_id", "session_id", "platform", "user_agent", "experiment_id", "variant", "user_intent",
    "content_category", "surface", "user_tenure", "email", "received_at",
)  # fmt: skip


def add_vendor(project: Path) -> None:
    """Steps 1 to 3, the model made from that of our own tracker as step 2 advises."""
    folder = project / "models" / "staging" / "heap"
    folder.mkdir()
    (folder / "_sources.yml").write_text(SOURCES)
    model = (project / "models" / "staging" / "own" / "stg_own__events.sql").read_text()
    nulls = ", ".join(f"cast(null as string) as {name}" for name in LACKING[:-1])
    model = model.replace("source('own', 'events')", "source('heap', 'events')")
    model = model.replace("'own' as source_name", "'heap' as source_name")
    model = model.replace(
        "select * from {{ source", f"select *, {nulls}, cast(null as timestamp) as received_at,\n"
        "    cast(null as boolean) as has_consent\n    from {{ source", 1
    )  # fmt: skip
    (folder / "stg_heap__events.sql").write_text(model)
    settings = project / "dbt_project.yml"
    line = "    - stg_own__events\n"
    settings.write_text(settings.read_text().replace(line, line + "    - stg_heap__events\n"))
    with (project / "seeds" / "event_names.csv").open("a") as names:
        names.write("heap,Did Share,share\n")


def test_a_vendor_is_added_by_the_steps_of_contributing(tmp_path: Path) -> None:
    project, root = copy_project(tmp_path / "project"), tmp_path / "landing"
    add_vendor(project)
    contract = load_contract(project)
    initialise(root, tables_of(contract))
    export = tmp_path / "heap.jsonl"
    rows = [
        {"heap_user": "ann", "what": "Did Share", "when": "2025-03-01T10:00:00Z", "event_id": "1"},
        {"heap_user": "ann", "what": "Other", "when": 1740823200, "properties": {"currency": "x"}},
        {"heap_user": None, "what": "Did Share", "when": "2025-03-01T10:00:00Z"},
    ]
    export.write_text("".join(json.dumps(row) + "\n" for row in rows))
    list(
        land_files(contract["heap"], [export], root, contract["headwater"].tables["rejected_rows"])
    )
    dbt = Dbt(root, tmp_path / "warehouse", project=project)
    dbt.folder.mkdir()
    dbt.make("+events", "+rejected_events")
    assert query(
        "select event_name, cast(occurred_at as varchar), currency from marts.events order by 1",
        dbt.warehouse,
    ) == [("Other", "2025-03-01 10:00:00", "X"), ("share", "2025-03-01 10:00:00", None)]
    assert query("select source_name, reject_reason from marts.rejected_events", dbt.warehouse) == [
        ("heap", "missing_identity")
    ]
