"""The `headwater` command: one thin function per subcommand."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
import yaml
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TextColumn, track
from typer.core import TyperGroup

from headwater.engines.compare import CompareError, Comparison
from headwater.engines.compare import compare as compare_engines
from headwater.landing.contract import ContractError, Source, load_contract, tables_of
from headwater.landing.land import FileReport, LandingError, land_files
from headwater.landing.lock import LockedError, alone
from headwater.landing.tables import TableLanding, loaded_tables
from headwater.landing.write import initialise
from headwater.privacy.erase import Places, Receipt
from headwater.privacy.erase import erase as run_erasure
from headwater.privacy.people import ErasureError, Identifier
from headwater.publish.build import (
    code_commit,
    corruption,
    failures,
    is_corruption,
    profiles_dir,
    run_dbt,
)
from headwater.publish.generations import GenerationError, Generations
from headwater.publish.lake import SCHEME, LakeError, publish_to_lake
from headwater.publish.publish import PublishError
from headwater.publish.publish import publish as run_publish
from headwater.report.memo import MemoError
from headwater.report.memo import collect as collect_memo
from headwater.report.memo import render as render_memo
from headwater.report.summary import SummaryError, collect, render
from headwater.simulate.run import Settings, SimulationError
from headwater.simulate.run import simulate as run_simulation

SOMETHING_REJECTED, SOMETHING_DIFFERS, SOMETHING_FAILED, USAGE_ERROR = 1, 1, 1, 2
SOMETHING_FIRES = 1
MESSAGES_SHOWN = 10
FAILURES_SHOWN = 20
DEFAULT_WAREHOUSE = "warehouse/build.duckdb"
DEFAULT_MEMORY_LIMIT = "4GB"
DEFAULT_SPARK_HOME = "warehouse/spark"


class Commands(TyperGroup):
    """The subcommands: what is wrong with a file, a folder or the disk they tell in a message."""

    def invoke(self, ctx: Any) -> object:  # noqa: ANN401 (typer's Context is its own)
        """Run a command; what the system refuses ends it with a message and exit code 2."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # who reads what is printed has gone: no mistake
            raise
        except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
            where = getattr(error, "filename", None)
            why = f"{where}: {getattr(error, 'strerror', error)}" if where else str(error)
            raise fail(
                escape(f"{why}. Mend that and run it again: nothing half done is read.")
            ) from error


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    help="Raw exports in, audited marts out. Run it in the project's folder.",
)
screen = Console()
errors = Console(stderr=True)


@dataclass(frozen=True)
class Place:
    """Where the project and its landing zone are."""

    project_dir: Path
    landing_root: Path

    def contract(self) -> dict[str, Source]:
        """The landing contract; ends the command with a message when it cannot be read."""
        try:
            return load_contract(self.project_dir)
        except ContractError as error:
            raise fail(str(error)) from error

    def warehouse(self) -> Path:
        """The file that dbt builds."""
        return Path(os.environ.get("HEADWATER_WAREHOUSE", self.project_dir / DEFAULT_WAREHOUSE))

    def memory_limit(self) -> str:
        """How much memory DuckDB may take; ends the command with a message when it is no size."""
        limit = os.environ.get("HEADWATER_MEMORY_LIMIT", DEFAULT_MEMORY_LIMIT)
        try:
            duckdb.connect(config={"memory_limit": limit}).close()
        except duckdb.Error as error:
            raise fail(
                f"HEADWATER_MEMORY_LIMIT = {limit!r} is no size: write 4GB or so."
            ) from error
        return limit

    def lake(self) -> str | None:
        """The DuckLake that publications go to as well; ends the command when it is none."""
        catalog = os.environ.get("HEADWATER_DUCKLAKE")
        if catalog is not None and not catalog.startswith(SCHEME):
            raise fail(
                f"HEADWATER_DUCKLAKE = {catalog!r} is no DuckLake: write"
                f" {SCHEME}sqlite:warehouse/lake.sqlite or so, or unset it."
            )
        return catalog

    def var(self, name: str) -> object:
        """A variable of dbt_project.yml; ends the command with a message when it is not there."""
        file = self.project_dir / "dbt_project.yml"
        try:
            return yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)["vars"][name]
        except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
            raise fail(f"{file} declares no var {name}.") from error


def fail(message: str) -> typer.Exit:
    """Say what is wrong with how the command was called; raise what this returns."""
    errors.print(f"[red]headwater:[/red] {message}", highlight=False, soft_wrap=True)
    return typer.Exit(USAGE_ERROR)


@app.callback()
def main(
    context: typer.Context,
    project_dir: Annotated[Path, typer.Option(help="Folder of the dbt project.")] = Path(),
    landing_root: Annotated[
        Path, typer.Option(envvar="LANDING_ROOT", help="Folder of the landing zone.")
    ] = Path("landing"),
) -> None:
    """Options that every command shares."""
    place = context.obj = Place(project_dir, landing_root)
    if landing_root.exists() and not landing_root.is_dir():
        raise fail(f"LANDING_ROOT = {landing_root} is a file: name the folder of the landing zone.")
    if os.environ.get("HEADWATER_WAREHOUSE") == "":
        raise fail(
            f"HEADWATER_WAREHOUSE is empty: name a file, or unset it for {DEFAULT_WAREHOUSE}."
        )
    if place.warehouse().is_dir():
        raise fail(
            f"HEADWATER_WAREHOUSE = {place.warehouse()} is a folder: name the file in it that dbt"
            " builds, such as build.duckdb."
        )


@app.command()
def init(context: typer.Context) -> None:
    """Write an empty typed file for every table, so that every model builds whatever has landed."""
    place: Place = context.obj
    tables = tables_of(place.contract())
    initialise(place.landing_root, tables)
    screen.print(f"{len(tables)} tables are ready in {place.landing_root}.")


@app.command()
def land(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Argument(help="Whose export it is, such as amplitude.")
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Export files; JSON, JSONL, CSV, Parquet, gzip, zip."),
    ] = None,
    table: Annotated[str | None, typer.Option(help="Take every record for this table.")] = None,
    loaded: Annotated[
        bool, typer.Option("--loaded", help="Land what is new in the tables of loaded_tables.")
    ] = False,
) -> None:
    """Land export files, or what a loader keeps in a warehouse.

    Exit code 1 when something could not be landed.
    """
    place: Place = context.obj
    contract = place.contract()
    if source is not None and source not in contract:
        raise fail(f"there is no source {source!r}; use one of {', '.join(contract)}.")
    if loaded == bool(files) or (files and source is None):
        raise fail("name a source and its files, or --loaded for the tables of loaded_tables.")
    initialise(place.landing_root, tables_of(contract))
    try:
        if loaded:
            has_rejects = land_tables(place, contract, source, table)
        else:
            has_rejects = land_exports(place, contract, contract[str(source)], files or [], table)
    except LandingError as error:
        raise fail(escape(str(error))) from error
    if has_rejects:
        raise typer.Exit(SOMETHING_REJECTED)


def land_exports(
    place: Place, contract: dict[str, Source], source: Source, files: list[Path], table: str | None
) -> bool:
    """Land files; whether something in them was rejected."""
    rejects = contract["headwater"].tables["rejected_rows"]
    reports = land_files(source, files, place.landing_root, rejects, table)
    quiet = not errors.is_terminal
    shown = track(reports, "Landing", len(files), console=errors, transient=True, disable=quiet)
    has_rejects = [print_report(report) for report in shown]  # all of them are printed
    return any(has_rejects)


def land_tables(
    place: Place, contract: dict[str, Source], source: str | None, table: str | None
) -> bool:
    """Land what is new in loaded tables, of all sources or of one; whether some was rejected."""
    chosen = [
        entry
        for entry in loaded_tables(place.var("loaded_tables"), contract)
        if source in (None, entry.source) and table in (None, entry.table)
    ]
    if not chosen:
        whose = ".".join(part for part in (source, table) if part)
        raise LandingError(
            f"var loaded_tables in dbt_project.yml names no table{whose and ' of '}{whose}; "
            "say there where your loader writes."
        )
    rejects, has_rejects = contract["headwater"].tables["rejected_rows"], False
    for entry in chosen:
        landing = TableLanding(
            entry, contract[entry.source], rejects, place.landing_root, place.project_dir
        )
        with errors.status(f"Reading {entry.location}"):
            reports = [print_report(report) for report in landing.land()]
        if not reports:
            screen.print(f"{entry}: nothing new.", highlight=False)
        has_rejects |= any(reports)
    return has_rejects


def print_report(report: FileReport) -> bool:
    """Print what became of a file; whether something in it was rejected."""
    if report.is_repeated:
        screen.print(f"{report.file}: has landed before.", highlight=False, soft_wrap=True)
        return False
    landed = ", ".join(f"{count:,} {table}" for table, count in report.landed.items()) or "nothing"
    screen.print(f"{report.file}: landed {landed}.", highlight=False, soft_wrap=True)
    for message in report.messages[:MESSAGES_SHOWN]:
        errors.print(f"  [red]rejected[/red] {escape(message)}", highlight=False, soft_wrap=True)
    more = sum(report.rejected.values()) - MESSAGES_SHOWN
    if more > 0:
        errors.print(f"  and {more:,} more: see marts.rejected_events.")
    return bool(report.rejected)


@app.command()
def ingest(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="Whose API it is, such as stripe.")],
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day to read, UTC; later runs go on."),
    ] = None,
    stream: Annotated[
        list[str] | None, typer.Option(help="Read only this list of the API; repeatable.")
    ] = None,
) -> None:
    """Fetch what is new from a vendor's API and land it. Needs the extra `ingest`."""
    try:
        from headwater.ingest.run import Ingestion
        from headwater.ingest.streams import IngestError
        from headwater.ingest.vendors import VENDORS
    except ModuleNotFoundError as error:
        raise fail(rf"{error.name} is missing: make setup, or pip install '.\[ingest]'.") from error
    place: Place = context.obj
    contract = place.contract()
    if source not in VENDORS:
        raise fail(f"there is no API of {source!r}; use one of {', '.join(VENDORS)}.")
    initialise(place.landing_root, tables_of(contract))
    rejects = contract["headwater"].tables["rejected_rows"]
    columns = (*Progress.get_default_columns(), TextColumn("{task.fields[records]:,} records"))
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(source, total=None, records=0)

        def count_records(count: int) -> None:
            bar.update(task, records=bar.tasks[task].fields["records"] + count)

        try:
            run = Ingestion(
                VENDORS[source],
                contract[source],
                rejects,
                place.landing_root,
                since=since and since.replace(tzinfo=UTC),
                streams=stream or (),
                on_page=count_records,
            )
            with run.spool.alone():
                has_rejects = [print_report(report) for report in run.resume()]
                jobs = run.jobs()
                bar.update(task, total=len(jobs))
                for job in jobs:
                    bar.update(task, description=f"{source} {job.stream.name} {job.window.cell}")
                    has_rejects += [print_report(report) for report in run.fetch(job)]
                    bar.advance(task)
        except (IngestError, LandingError) as error:
            raise fail(escape(str(error))) from error
    screen.print(f"{source} is read up to {run.now:%Y-%m-%d %H:%M} UTC.", highlight=False)
    if any(has_rejects):
        raise typer.Exit(SOMETHING_REJECTED)


@app.command()
def simulate(
    context: typer.Context,
    *,
    scale: Annotated[float, typer.Option(help="1.0 is the company at full size.")] = 0.01,
    days: Annotated[int, typer.Option(help="How many days to simulate.")] = 365,
    start: Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")] = "2025-01-01",
    seed: Annotated[int, typer.Option(help="Equal arguments give equal bytes.")] = 7,
    to: Annotated[Path | None, typer.Option(help="Landing root to fill.")] = None,
) -> None:
    """Write the exports of a simulated company, and the truth behind them, as a landing zone."""
    place: Place = context.obj
    root = to or place.landing_root

    def progress(day: Iterator[int], count: int) -> Iterator[int]:
        quiet = not errors.is_terminal
        yield from track(day, "Simulating", count, console=errors, transient=True, disable=quiet)

    try:
        run_simulation(Settings(scale, days, start, seed), place.contract(), root, progress)
    except SimulationError as error:
        raise fail(str(error)) from error
    screen.print(
        f"{days} days of the simulated company lie in {root}, the truth in {root / 'truth'}."
    )


@app.command()
def build(
    context: typer.Context,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build incremental models anew.")
    ] = False,
) -> None:
    """Build and test everything with dbt, and publish it if all tests passed.

    Exit code 1 when something failed: readers keep what was published before.
    """
    place: Place = context.obj
    warehouse = place.warehouse()
    place.memory_limit()
    place.lake()
    profiles = place.project_dir / profiles_dir()
    if not (profiles / "profiles.yml").is_file():
        raise fail(f"DBT_PROFILES_DIR = {profiles_dir()} has no profiles.yml: write profiles.")
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(warehouse.parent):
        initialise(place.landing_root, tables_of(place.contract()))
        results = place.project_dir / "target" / "run_results.json"
        results.unlink(missing_ok=True)
        if reason := corruption(warehouse):
            message = f"[red]Built anew:[/red] {escape(reason)}"
            errors.print(message, highlight=False, soft_wrap=True)
            warehouse.with_name(f"{warehouse.name}.wal").unlink(missing_ok=True)
            warehouse.unlink()
        command = ["build", "--full-refresh"] if full_refresh else ["build"]
        if run_dbt(place.project_dir, place.landing_root, warehouse, *command):
            found = failures(results)
            for line in found[:FAILURES_SHOWN]:
                errors.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
            if len(found) > FAILURES_SHOWN:
                errors.print(f"  and {len(found) - FAILURES_SHOWN} more: see logs/dbt.log")
            if any(is_corruption(line) for line in found):
                errors.print(f"{warehouse} is damaged: delete it, and build again.")
            why = f"{len(found)} models or tests failed" if found else "dbt could not build"
            errors.print(f"[red]Not published:[/red] {why}.", highlight=False)
            raise typer.Exit(SOMETHING_FAILED)
        if (place.project_dir / "gx").exists() and not met_expectations(place, warehouse):
            errors.print("[red]Not published:[/red] expectations were not met.", highlight=False)
            raise typer.Exit(SOMETHING_FAILED)
        published(place, warehouse)


@app.command()
def validate(context: typer.Context) -> None:
    """Check marts and landed tables against the suites of Great Expectations in gx/.

    Exit code 1 when an expectation is not met. `headwater build` does it before it publishes.
    """
    place: Place = context.obj
    warehouse = place.warehouse()
    with one_at_a_time(warehouse.parent):
        if not met_expectations(place, warehouse, is_asked=True):
            raise typer.Exit(SOMETHING_FAILED)


@app.command()
def publish(context: typer.Context) -> None:
    """Let readers see what the last `dbt build` made, if it built all and all tests passed.

    Exit code 1 when they did not: readers keep what was published before.
    """
    place: Place = context.obj
    warehouse = place.warehouse()
    with one_at_a_time(warehouse.parent):
        published(place, warehouse)


@app.command()
def erase(
    context: typer.Context,
    identifiers: Annotated[
        list[str] | None,
        typer.Argument(help="email=…, user=…, device=<source>:…; `-` reads lines from stdin."),
    ] = None,
) -> None:
    """Take people out of the landing zone and of all that was made from it.

    Without identifiers: complete what was killed, or erase again whoever has landed since.
    """
    place: Place = context.obj
    given = [line for text in identifiers or [] for line in (sys.stdin if text == "-" else [text])]
    if identifiers and not any(line.strip() for line in given):
        raise fail("nobody was named: expected lines of type=value.")
    spark = Path(os.environ.get("HEADWATER_SPARK_HOME", place.project_dir / DEFAULT_SPARK_HOME))
    places = Places(place.landing_root, place.warehouse(), place.project_dir, spark)
    custom_fields = place.var("pipedrive_custom_field_keys")
    kept = custom_fields.values() if isinstance(custom_fields, dict) else ()
    try:
        asked = [Identifier.parse(line) for line in given if line.strip()]
        receipt = run_erasure(asked, places, place.contract(), [str(key) for key in kept])
    except (ErasureError, LockedError) as error:
        raise fail(escape(str(error))) from error
    if receipt is None:
        screen.print("Nobody who was erased has landed since.")
    else:
        print_receipt(receipt)


def print_receipt(receipt: Receipt) -> None:
    """Print what an erasure did, and what is left to do."""
    for name, counts in sorted(receipt.counts.items()):
        screen.print(
            f"{name}: {counts.deleted:,} rows deleted, {counts.pseudonymised:,} made nobody's,"
            f" {counts.redacted:,} redacted",
            highlight=False,
        )
    for line in receipt.named_in:
        errors.print(f"[red]still named[/red] in {line}: take the line out.", highlight=False)
    screen.print(
        f"Erasure {receipt.request_id} is done. Readers see the last publication until the next:"
        " run `headwater build`.",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def rollback(context: typer.Context) -> None:
    """Let readers see the generation that was published before the current one."""
    place: Place = context.obj
    folder = place.warehouse().parent
    with one_at_a_time(folder):
        try:
            left, current = Generations(folder).roll_back()
        except GenerationError as error:
            raise fail(str(error)) from error
        screen.print(f"Readers see generation {current} again, no longer {left}.", highlight=False)
        show_in_lake(place, folder)


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Keep a second build, publication or rollback out; ends the command if there is one."""
    try:
        with alone(folder):
            yield
    except FileNotFoundError as error:
        raise fail(f"{folder} does not exist: run `headwater build` first.") from error
    except LockedError as error:
        raise fail(str(error)) from error


def met_expectations(place: Place, warehouse: Path, is_asked: bool = False) -> bool:
    """Run all suites and say what was not met; without the extra only a note, unless asked for."""
    # the library takes seconds to load
    from headwater.quality.validate import ValidationError, is_installed
    from headwater.quality.validate import validate as run_suites

    if not is_asked and not is_installed():
        screen.print("The suites in gx/ were not run: they need `uv sync --extra quality`.")
        return True
    try:
        done = run_suites(place.project_dir, place.landing_root, warehouse)
    except ValidationError as error:
        raise fail(str(error)) from error
    for finding in done.findings[:FAILURES_SHOWN]:
        line = f"{finding.suite}: {finding.expected}: {finding.found}"
        errors.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
    screen.print(
        f"{done.expectations - len(done.findings)} of {done.expectations} expectations in "
        f"{done.suites} suites were met; see {done.data_docs}.",
        highlight=False,
        soft_wrap=True,
    )
    return not done.findings


def published(place: Place, warehouse: Path) -> None:
    """Publish, and say what readers see now; ends the command if the audit fails."""
    commit = code_commit(place.project_dir)
    try:
        done = run_publish(
            warehouse,
            warehouse.parent,
            memory_limit=place.memory_limit(),
            project_dir=place.project_dir,
            code_commit=commit,
        )
    except PublishError as error:
        message = f"[red]Not published:[/red] {escape(str(error))}"
        errors.print(message, highlight=False, soft_wrap=True)
        raise typer.Exit(SOMETHING_FAILED) from error
    rows = sum(done.row_counts.values())
    screen.print(
        f"Published generation {done.generation}: {len(done.row_counts)} relations, {rows:,} rows,"
        f" in {done.file}",
        highlight=False,
        soft_wrap=True,
    )
    show_in_lake(place, warehouse.parent)


def show_in_lake(place: Place, folder: Path) -> None:
    """Let readers of the DuckLake, if there is one, see what readers of the file see."""
    catalog = place.lake()
    if catalog is None:
        return
    data = os.environ.get("HEADWATER_DUCKLAKE_DATA", str(folder.resolve() / "lake"))
    try:
        number = publish_to_lake(
            Generations(folder), catalog, data, memory_limit=place.memory_limit()
        )
    except LakeError as error:
        message = f"[red]Not in the lake:[/red] {escape(str(error))}"
        errors.print(message, highlight=False, soft_wrap=True)
        raise typer.Exit(SOMETHING_FAILED) from error
    screen.print(f"{catalog} shows generation {number}.", highlight=False, soft_wrap=True)


@app.command()
def summary(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print what landed, what became of it, who is active, and the verdicts of the checks."""
    place: Place = context.obj
    warehouse = place.warehouse()
    try:
        results = place.project_dir / "target" / "run_results.json"
        found = collect(results, warehouse, place.landing_root, place.contract())
    except SummaryError as error:
        raise fail(str(error)) from error
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        screen.print(render(found))


@app.command()
def plan_experiment(
    context: typer.Context,
    *,
    metric: Annotated[
        str | None, typer.Option(help="What it is judged by, as in the seed metrics.")
    ] = None,
    mde: Annotated[
        list[float] | None,
        typer.Option(help="Effect to find, as a share: 0.05 for 5 %; repeatable."),
    ] = None,
    power: Annotated[
        list[float] | None, typer.Option(help="How often it is to be found; repeatable.")
    ] = None,
    alpha: Annotated[float, typer.Option(help="How often to find one that is not there.")] = 0.05,
    variants: Annotated[int, typer.Option(help="How many, with the control.")] = 2,
    control_share: Annotated[
        float | None, typer.Option(help="Share of people in the control; without, all the same.")
    ] = None,
    trigger: Annotated[
        str | None, typer.Option(help="Only who does this event enters; else everybody active.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print how long an experiment has to run to find an effect, from the published history."""
    # scipy takes longer to load than all other commands together
    from headwater.report.experiment_plan import Design, PlanError
    from headwater.report.experiment_plan import collect as collect_plan
    from headwater.report.experiment_plan import render as render_plan

    place: Place = context.obj
    published_file = Generations(place.warehouse().parent).published
    given = {"effects": tuple(mde or ()), "powers": tuple(power or ())}
    try:
        design = Design(
            **{name: values for name, values in given.items() if values},
            alpha=alpha,
            variants=variants,
            control_share=control_share,
            trigger=trigger,
        )
        found = collect_plan(published_file, metric, design, place.project_dir)
    except PlanError as error:
        raise fail(escape(str(error))) from error
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        screen.print(render_plan(found))


@app.command()
def memo(
    context: typer.Context,
    experiment: Annotated[str, typer.Argument(help="Name of the experiment, as in its seed.")],
    to: Annotated[
        Path | None, typer.Option(help="Write EXPERIMENT.md and .json into this folder.")
    ] = None,
) -> None:
    """Print what to do about an experiment and why, from the published file."""
    place: Place = context.obj
    published_file = Generations(place.warehouse().parent).published
    try:
        found = collect_memo(published_file, experiment, place.project_dir)
    except MemoError as error:
        raise fail(escape(str(error))) from error
    if to is None:
        print(render_memo(found), end="")
        return
    to.mkdir(parents=True, exist_ok=True)
    document = json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    for ending, text in (("md", render_memo(found)), ("json", document)):
        file = to / f"{experiment}.{ending}"
        file.write_text(text, encoding="utf-8")
        screen.print(f"Written: {file}", highlight=False, soft_wrap=True, markup=False)


@app.command()
def alerts(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    webhook: Annotated[
        str | None,
        typer.Option(envvar="HEADWATER_WEBHOOK", help="Post the same object to this address."),
    ] = None,
) -> None:
    """Print which watches of the seed watch_list fire, from the published file.

    Exit code 1 when one does, 2 when the file cannot be read or the webhook does not take it.
    """
    # what sends it takes a while to load, and no other command needs it
    from headwater.report import alerts as report

    place: Place = context.obj
    published_file = Generations(place.warehouse().parent).published
    try:
        found = report.collect(published_file, place.project_dir)
        if as_json:
            print(json.dumps(found, indent=2, allow_nan=False))
        else:
            screen.print(report.render(found))
        if webhook is not None:
            report.post(found, webhook)
    except report.AlertsError as error:
        raise fail(escape(str(error))) from error
    if found["firing_count"]:
        raise typer.Exit(SOMETHING_FIRES)


@app.command()
def compare(
    context: typer.Context,
    skip: Annotated[
        list[str] | None, typer.Option(help="A relation to leave out, as schema.name; repeatable.")
    ] = None,
) -> None:
    """Print how many rows of each relation are equal on DuckDB and on Spark."""
    place: Place = context.obj
    warehouse = place.warehouse()
    spark = Path(os.environ.get("HEADWATER_SPARK_HOME", place.project_dir / DEFAULT_SPARK_HOME))
    found = []
    try:
        for comparison in compare_engines(warehouse, spark / "tables", frozenset(skip or ())):
            print_comparison(comparison)
            found.append(comparison)
    except CompareError as error:
        raise fail(str(error)) from error
    differing = sum(not comparison.is_equal for comparison in found)
    equal_rows = sum(comparison.equal_rows for comparison in found)
    screen.print(f"{len(found)} relations compared, {equal_rows:,} rows equal, {differing} differ.")
    if differing:
        raise typer.Exit(SOMETHING_DIFFERS)


def print_comparison(comparison: Comparison) -> None:
    """Print one line: rows on DuckDB, rows on Spark, rows equal, and the columns that differ."""
    counts = [
        "missing" if rows is None else f"{rows:,}"
        for rows in (comparison.duckdb_rows, comparison.spark_rows, comparison.equal_rows)
    ]
    line = f"{comparison.name}: {counts[0]} on DuckDB, {counts[1]} on Spark, {counts[2]} equal"
    if comparison.differing_columns:
        line += f"; differs in {', '.join(comparison.differing_columns)}"
    style = None if comparison.is_equal else "red"
    screen.print(line, style=style, highlight=False, soft_wrap=True, markup=False)


if __name__ == "__main__":
    app()
