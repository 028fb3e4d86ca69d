"""The summary in the terminal and as JSON."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import duckdb
import pytest
from rich.console import Console
from typer.testing import CliRunner

from headwater.cli import app
from headwater.landing.contract import Source
from headwater.report.summary import (
    LINES_SHOWN,
    SummaryError,
    _documented,
    _unmapped_table,
    collect,
    render,
)
from tests.python.conftest import PROJECT, query

ANY = CliRunner()


def arguments(landing_root: Path, *rest: str) -> list[str]:
    return ["--project-dir", str(PROJECT), "--landing-root", str(landing_root), *rest]


def test_the_figures_are_those_of_the_marts(
    company: Path, company_warehouse: Path, contract: dict[str, Source]
) -> None:
    results = company_warehouse.parent / "target" / "run_results.json"
    summary = collect(results, company_warehouse, company, contract)
    json.dumps(summary)
    ((landed, events),) = query(
        f"select sum(landed_count), sum(event_count) from '{company}/truth/landed_rows.parquet'"
    )
    assert sum(entry["landed_count"] for entry in summary["events"]) == landed
    assert sum(entry["event_count"] for entry in summary["events"]) == events
    ((active,),) = query(
        """
        select count(distinct person_id)
        from marts.events
        where event_date = (select max(event_date) from marts.events)
        """,
        company_warehouse,
    )
    assert summary["active_persons"][-1]["active_count"] == active
    assert summary["simulated"]["scale"] == 0.01
    assert {entry["days_since_landing"] for entry in summary["landed"]} >= {0}
    assert summary["checks"]["failed_count"] == 0
    assert summary["unmapped_event_names"] == []


def test_the_screen_shows_the_figures_and_that_they_are_simulated(
    company: Path, company_warehouse: Path, contract: dict[str, Source]
) -> None:
    results = company_warehouse.parent / "target" / "run_results.json"
    summary = collect(results, company_warehouse, company, contract)
    screen = io.StringIO()
    Console(width=120, file=screen).print(render(summary))
    text = screen.getvalue()
    assert "Simulated data, not a real company" in text
    total = sum(entry["event_count"] for entry in summary["events"])
    assert f"{total:,}" in text
    assert f"DAU {summary['active_persons'][-1]['active_count']:,}" in text
    assert f"{summary['checks']['passed_count']} passed, 0 failed" in text
    assert "Every event name is in our spelling." in text
    (bought,) = [
        step
        for step in summary["funnels"]
        if (step["funnel_name"], step["step_name"]) == ("shop", "purchased")
    ]
    (line,) = [line for line in text.splitlines() if "purchased" in line]
    assert f"{bought['reached_count']:,}" in line
    assert f"{bought['conversion_rate']:.1%}" in line
    (month,) = [month for month in summary["recurring_revenue"] if month["currency"] == "USD"]
    (line,) = [line for line in text.splitlines() if line.startswith("USD")]
    assert line.split()[1:3] == ["2025-01", f"{month['closing_mrr']:,.2f}"]
    assert "Documented checks: " in text
    assert " 0 fail" in text


def test_a_documented_check_that_fails_is_named() -> None:
    check = {"check_id": "V6", "subject": "self_service", "check_name": "activities_of_a_trial"}
    found = {"verdict": "fail", "unit_count": 1200, "observed": 3.0}
    screen = io.StringIO()
    Console(file=screen, width=120).print(_documented([check | found, check | {"verdict": "pass"}]))
    assert "1 pass, 1 fail, 0 without data" in screen.getvalue()
    assert "V6 activities_of_a_trial: found 3 in 1,200" in screen.getvalue()


def test_names_that_no_seed_maps_are_shown_with_the_most_frequent_first() -> None:
    names = [
        {"source_name": "own", "source_event_name": f"Odd Name {rank}", "event_count": 1000 - rank}
        for rank in range(LINES_SHOWN + 2)
    ]
    screen = io.StringIO()
    Console(width=120, file=screen).print(_unmapped_table(names))
    text = screen.getvalue()
    assert "Odd Name 0" in text
    assert f"Odd Name {LINES_SHOWN}" not in text
    assert "2 more" in text
    assert f"{1000 - LINES_SHOWN + 1000 - LINES_SHOWN - 1:,}" in text


def test_the_command_prints_one_json_object(
    company: Path, company_warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_WAREHOUSE", str(company_warehouse))
    result = ANY.invoke(app, arguments(company, "summary", "--json"))
    assert result.exit_code == 0, result.output
    assert {"landed", "events", "rejected", "active_persons", "checks"} <= set(
        json.loads(result.stdout)
    )


def test_a_warehouse_that_is_not_there_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_WAREHOUSE", str(tmp_path / "none.duckdb"))
    result = ANY.invoke(app, arguments(tmp_path, "summary"))
    assert result.exit_code == 2
    assert "run `make build`" in result.stderr


def test_a_warehouse_without_marts_says_what_to_run(
    tmp_path: Path, contract: dict[str, Source]
) -> None:
    duckdb.connect(str(tmp_path / "bare.duckdb")).close()
    with pytest.raises(SummaryError, match=r"lacks a mart.*make build"):
        collect(tmp_path / "none.json", tmp_path / "bare.duckdb", tmp_path, contract)


def test_verdicts_of_another_run_are_told_apart(
    company: Path, company_warehouse: Path, contract: dict[str, Source], tmp_path: Path
) -> None:
    own = company_warehouse.parent / "target" / "run_results.json"
    older = tmp_path / "run_results.json"
    older.write_bytes(own.read_bytes())
    os.utime(older, (0, 0))
    for results, expected in ((own, True), (older, False)):
        summary = collect(results, company_warehouse, company, contract)
        assert summary["checks"]["is_of_this_warehouse"] is expected
        screen = io.StringIO()
        Console(width=120, file=screen).print(render(summary))
        assert ("they are of another run" in screen.getvalue()) is not expected
