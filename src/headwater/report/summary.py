"""A warehouse on one screen: what landed, what became of it, who is active, what failed.

`collect` reads, `render` draws; the JSON form is what `collect` returns.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Group, JustifyMethod, RenderableType
from rich.panel import Panel
from rich.table import Table as RichTable
from rich.text import Text

from headwater.landing.contract import Source, Table, tables_of
from headwater.landing.write import table_folder
from headwater.simulate.run import settings_of
from headwater.sql import quote

Summary = dict[str, Any]
SPARKS = "▁▂▃▄▅▆▇█"
SPARK_DAYS = 60
LINES_SHOWN = 12
CLOSING_SECONDS = 60
NUMBERS = {
    "rows",
    "landed rows",
    "events",
    "copies",
    "rejects",
    "days ago",
    "reached",
    "of those who entered",
    "MRR",
    "new",
    "expansion",
    "contraction",
    "churned",
    "customers",
}


class SummaryError(RuntimeError):
    """There is nothing to summarise yet; the message says what to run."""


def collect(
    run_results: Path, warehouse: Path, landing_root: Path, contract: dict[str, Source]
) -> Summary:
    """Read everything that the summary tells.

    Args:
        run_results: what the last `dbt build` wrote about itself; gives the verdicts of checks.
        warehouse: the DuckDB file that `dbt build` wrote; opened read-only.
        landing_root: the landing zone it was built from.
        contract: the landing contract by source.

    Raises:
        SummaryError: the warehouse does not exist, lacks the marts, or is being written.
    """
    if not warehouse.exists():
        raise SummaryError(f"{warehouse} does not exist: run `make build` (or `dbt build`) first.")
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            simulated = settings_of(landing_root)
            return {
                "landing_root": str(landing_root),
                "simulated": simulated,
                "landed": _landed(connection, landing_root, contract, is_simulated=bool(simulated)),
                "events": _events(connection),
                "rejected": _rejected(connection),
                "active_persons": _active_persons(connection),
                "funnels": _funnels(connection),
                "recurring_revenue": _recurring_revenue(connection),
                "documented_checks": _documented_checks(connection),
                "unmapped_event_names": _unmapped(connection),
                "checks": _checks(run_results, warehouse),
            }
    except duckdb.CatalogException as error:
        raise SummaryError(
            f"{warehouse} lacks a mart ({error}): run `make build` first."
        ) from error
    except duckdb.IOException as error:
        raise SummaryError(
            f"{warehouse} cannot be opened, a build may be running: {error}"
        ) from error


def render(summary: Summary) -> RenderableType:
    """The summary for a terminal."""
    return Group(
        heading(summary),
        _landed_table(summary["landed"]),
        _events_table(summary["events"]),
        _rejected_table(summary["rejected"]),
        _unmapped_table(summary["unmapped_event_names"]),
        _funnel_table(summary["funnels"]),
        _revenue_table(summary["recurring_revenue"]),
        _activity(summary["active_persons"]),
        _documented(summary["documented_checks"]),
        _verdict(summary["checks"]),
    )


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    relation = connection.sql(query)
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def _landed(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    contract: dict[str, Source],
    is_simulated: bool,
) -> list[dict[str, Any]]:
    """Rows of each table that holds any, and how many days ago the last of them landed.

    Days count back from now; in a simulated landing zone, where time stands still, from its last
    day.
    """
    found = [
        _landed_one(connection, root, table)
        for table in tables_of(contract)
        if table_folder(root, table).exists()
    ]
    landed = [entry for entry in found if entry["row_count"]]
    days = [date.fromisoformat(entry["last_landed_at"][:10]) for entry in landed]
    today = max(days, default=None) if is_simulated else datetime.now(UTC).date()
    for entry, day in zip(landed, days, strict=True):
        entry["days_since_landing"] = (today - day).days if today else None
    return landed


def _landed_one(connection: duckdb.DuckDBPyConnection, root: Path, table: Table) -> dict[str, Any]:
    files = str(table_folder(root, table) / "**" / "*.parquet")
    (entry,) = _rows(
        connection,
        f"""
        select count(*) as row_count, cast(max(_landed_at) as varchar) as last_landed_at
        from read_parquet({quote(files)}, union_by_name = true, hive_partitioning = false)
        """,
    )
    return {"source_name": table.source, "table_name": table.name} | entry


def _events(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return _rows(
        connection,
        """
        select
            source_name,
            cast(sum(landed_count) as bigint) as landed_count,
            cast(sum(event_count) as bigint) as event_count,
            cast(sum(duplicate_count) as bigint) as duplicate_count,
            cast(sum(rejected_count) as bigint) as rejected_count,
            cast(max(landed_date) as varchar) as last_landed_date
        from marts.landed_rows_by_day
        group by source_name
        order by landed_count desc, source_name
        """,
    )


def _rejected(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return _rows(
        connection,
        """
        select
            source_name,
            reject_reason,
            count(*) as row_count,
            min(file_name || ':' || row_number_in_file) as example
        from marts.rejected_events
        group by source_name, reject_reason
        order by row_count desc, source_name, reject_reason
        """,
    )


def _active_persons(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return _rows(
        connection,
        """
        select
            cast(event_date as varchar) as event_date,
            active_count,
            active_7_day_count,
            active_28_day_count
        from marts.active_persons_by_day
        where entity_type = 'person'
        order by event_date
        """,
    )


def _funnels(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Steps of every funnel, over all mature entries."""
    return _rows(
        connection,
        """
        select
            funnel_name,
            step_number,
            step_name,
            reached_count,
            immature_count,
            conversion_rate,
            conversion_rate_low,
            conversion_rate_high
        from marts.funnel_steps_by_segment
        where segment_name = 'all'
        order by funnel_name, step_number
        """,
    )


def _recurring_revenue(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Each currency's last month that is over, in its major units."""
    return _rows(
        connection,
        """
        select
            currency,
            cast(month_start_date as varchar) as month_start_date,
            cast(closing_mrr as double) as closing_mrr,
            cast(new_mrr as double) as new_mrr,
            cast(expansion_mrr as double) as expansion_mrr,
            cast(contraction_mrr as double) as contraction_mrr,
            cast(churned_mrr as double) as churned_mrr,
            closing_customer_count
        from marts.mrr_by_month
        where is_complete
        qualify row_number() over (partition by currency order by month_start_date desc) = 1
        order by currency
        """,
    )


def _documented_checks(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return _rows(connection, "select * from marts.validation_checks order by check_id, subject")


def _unmapped(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Names that no row of the seed event_names brings to our spelling, most frequent first."""
    return _rows(
        connection,
        """
        select events.source_name, events.source_event_name, count(*) as event_count
        from intermediate.int_events as events
        anti join seeds.event_names as event_names
            on events.source_name = event_names.source_name
            and events.source_event_name = event_names.source_event_name
        where not regexp_matches(events.source_event_name, '^[a-z][a-z0-9_]*$')
        group by events.source_name, events.source_event_name
        order by event_count desc, events.source_name, events.source_event_name
        """,
    )


def _checks(run_results: Path, warehouse: Path) -> dict[str, Any] | None:
    """Verdicts of the last dbt run's tests, None if there was none.

    dbt closes the warehouse within moments of writing them: one that was written long after was
    written by another run, and they do not speak of it.
    """
    if not run_results.exists():
        return None
    document = json.loads(run_results.read_text(encoding="utf-8"))
    written = warehouse.stat().st_mtime
    tests = [
        entry
        for entry in document["results"]
        if entry["unique_id"].split(".")[0] in ("test", "unit_test")
    ]
    counts = {
        verdict: sum(entry["status"] == verdict for entry in tests) for verdict in ("pass", "warn")
    }
    failing = [
        {"check": entry["unique_id"].split(".")[2], "message": entry["message"]}
        for entry in tests
        if entry["status"] in ("fail", "error", "skipped")
    ]
    return {
        "run_at": document["metadata"]["generated_at"],
        "is_of_this_warehouse": written - run_results.stat().st_mtime < CLOSING_SECONDS,
        "passed_count": counts["pass"],
        "warned_count": counts["warn"],
        "failed_count": len(failing),
        "failing": failing,
    }


def heading(summary: Summary) -> RenderableType:
    """What the figures were built from, and whether that is simulated."""
    text = Text(f"Built from {summary['landing_root']}")
    if settings := summary["simulated"]:
        text.append("\nSimulated data, not a real company: ", style="bold yellow")
        text.append(
            f"scale {settings['scale']}, {settings['days']} days from {settings['start']}, "
            f"seed {settings['seed']}"
        )
    return Panel(text, title="Headwater", title_align="left")


def _grid(title: str, *columns: str) -> RichTable:
    grid = RichTable(
        title=title, title_justify="left", title_style="bold", pad_edge=False, box=None
    )
    for column in columns:
        justify: JustifyMethod = "right" if column in NUMBERS else "left"
        grid.add_column(column, justify=justify, overflow="fold")
    return grid


def _landed_table(landed: list[dict[str, Any]]) -> RenderableType:
    grid = _grid("\nLanded", "source", "table", "rows", "days ago", "last landed (UTC)")
    for entry in landed:
        grid.add_row(
            entry["source_name"],
            entry["table_name"],
            f"{entry['row_count']:,}",
            str(entry["days_since_landing"]),
            entry["last_landed_at"][:16],
        )
    return grid


def _events_table(events: list[dict[str, Any]]) -> RenderableType:
    grid = _grid("\nEvents", "source", "landed rows", "events", "copies", "rejects")
    names = ("landed_count", "event_count", "duplicate_count", "rejected_count")
    for entry in events:
        grid.add_row(entry["source_name"], *(f"{entry[name]:,}" for name in names))
    if len(events) > 1:
        totals = (sum(entry[name] for entry in events) for name in names)
        grid.add_row("all", *(f"{total:,}" for total in totals), style="bold")
    return grid


def _rejected_table(rejected: list[dict[str, Any]]) -> RenderableType:
    if not rejected:
        return Text("\nNo row was rejected.")
    grid = _grid("\nRejected", "source", "reason", "rows", "for example")
    return _with_first(grid, rejected, "reject_reason", "row_count", "example")


def _unmapped_table(names: list[dict[str, Any]]) -> RenderableType:
    if not names:
        return Text("\nEvery event name is in our spelling.")
    grid = _grid("\nEvent names that the seed event_names does not map", "source", "name", "events")
    return _with_first(grid, names, "source_event_name", "event_count")


def _with_first(
    grid: RichTable, entries: list[dict[str, Any]], what: str, count: str, *others: str
) -> RichTable:
    """The grid with a line for each of the first entries, and one for all that follow."""
    for entry in entries[:LINES_SHOWN]:
        texts = (entry[name] for name in others)
        grid.add_row(entry["source_name"], entry[what], f"{entry[count]:,}", *texts)
    if rest := entries[LINES_SHOWN:]:
        grid.add_row("others", f"{len(rest)} more", f"{sum(entry[count] for entry in rest):,}")
    return grid


def _funnel_table(steps: list[dict[str, Any]]) -> RenderableType:
    grid = _grid("\nFunnels", "funnel", "step", "reached", "of those who entered", "95 % interval")
    for step in steps:
        is_known = step["conversion_rate"] is not None
        grid.add_row(
            step["funnel_name"] if step["step_number"] == 1 else "",
            step["step_name"],
            f"{step['reached_count']:,}",
            f"{step['conversion_rate']:.1%}" if is_known else "",
            f"{step['conversion_rate_low']:.1%} to {step['conversion_rate_high']:.1%}"
            if is_known and step["step_number"] > 1
            else "",
        )
    return grid


def _revenue_table(months: list[dict[str, Any]]) -> RenderableType:
    if not months:
        return Text("\nNo month of recurring revenue is over yet.")
    amounts = ("new", "expansion", "contraction", "churned")
    grid = _grid("\nRecurring revenue", "currency", "month", "MRR", *amounts, "customers")
    for month in months:
        grid.add_row(
            month["currency"],
            month["month_start_date"][:7],
            f"{month['closing_mrr']:,.2f}",
            *(f"{month[f'{amount}_mrr']:,.2f}" for amount in amounts),
            f"{month['closing_customer_count']:,}",
        )
    return grid


def _documented(checks: list[dict[str, Any]]) -> RenderableType:
    """How many documented checks pass, and each that fails."""
    failing = [check for check in checks if check["verdict"] == "fail"]
    counts = {
        verdict: sum(check["verdict"] == verdict for check in checks)
        for verdict in ("pass", "fail", "no_data")
    }
    text = Text(
        f"\nDocumented checks: {counts['pass']} pass, {counts['fail']} fail, "
        f"{counts['no_data']} without data",
        style="red" if failing else "green",
    )
    for check in failing:
        text.append(
            f"\n  {check['check_id']} {check['check_name']}: found {check['observed']:.4g} "
            f"in {check['unit_count']:,}"
        )
    return text


def _activity(days: list[dict[str, Any]]) -> RenderableType:
    if not days:
        return Text("\nNobody has been active yet.")
    last, recent = days[-1], [day["active_count"] for day in days[-SPARK_DAYS:]]
    top = max(recent)
    line = "".join(
        SPARKS[min(count * len(SPARKS) // (top + 1), len(SPARKS) - 1)] for count in recent
    )
    text = Text(f"\nActive on {last['event_date']}", style="bold")
    text.append(
        f"   DAU {last['active_count']:,}   WAU {last['active_7_day_count']:,}"
        f"   MAU (28 days) {last['active_28_day_count']:,}",
        style="not bold",
    )
    text.append(f"\n{line}\nDAU, last {len(recent)} days, top {top:,}", style="not bold cyan")
    return text


def _verdict(checks: dict[str, Any] | None) -> RenderableType:
    if checks is None:
        return Text("\nChecks have not run: `dbt build` runs them.", style="yellow")
    style = "red" if checks["failed_count"] else "green"
    text = Text(
        f"\nChecks: {checks['passed_count']} passed, {checks['failed_count']} failed, "
        f"{checks['warned_count']} warned (run {checks['run_at'][:16]} UTC)",
        style=style,
    )
    if not checks["is_of_this_warehouse"]:
        text.append("\n  The warehouse was written after them: they are of another run.", "yellow")
    for entry in checks["failing"]:
        text.append(f"\n  {entry['check']}: {entry['message']}")
    return text
