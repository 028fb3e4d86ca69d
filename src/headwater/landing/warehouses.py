"""Where loaders keep their tables, and how the rows come out: DuckDB, Postgres or Spark.

Each engine writes its rows as JSON itself: it knows its types best, and a row then lands as if it
had been a line of a file. Nothing here knows what has landed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import yaml

from headwater.landing.land import LandingError
from headwater.sql import quote

BATCH_ROWS = 8_192
# What loaders call the time at which they wrote a row, in the order of preference: Fivetran,
# Airbyte, dlt, Singer's targets (Stitch, Meltano), Segment.
SYNC_COLUMNS = (
    "_fivetran_synced",
    "_airbyte_extracted_at",
    "_airbyte_emitted_at",
    "_dlt_load_id",
    "_sdc_batched_at",
    "uuid_ts",
)
EPOCH_TEXT = "_dlt_load_id"  # epoch seconds as text; the others are timestamps
PASSWORD = re.compile(r"://[^/?#]*:[^#]*@|[?&]password=")
ROW = "headwater_row"  # what a table is called in a query; no column of it bears the name
SPARK_JSON = {  # by itself Spark writes milliseconds
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
    "ignoreNullFields": "false",
}

Rows = list[tuple[Any, ...]]
# A query's answer: the names of its columns, then its rows in batches.
Ask = Callable[[str], Iterator[Any]]


@dataclass(frozen=True)
class Location:
    """A loader's table: `<kind>:<where>#<schema>.<table>`; Spark has no `where`, it is one."""

    text: str
    kind: str
    where: str
    table: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Kind:
    """An engine: how it is opened, and how it writes what the others write differently."""

    example: str
    open: Callable[[str, Path], AbstractContextManager[Ask]]
    remedy: str
    quote: str
    instant: str  # the type of a moment
    seconds: str  # a moment from epoch seconds
    micros: str  # epoch microseconds of a moment
    record: str  # a ROW as JSON


def parse_location(text: object) -> Location:
    """A location from its notation.

    Raises:
        LandingError: it is none, or holds a password.
    """
    if PASSWORD.search(str(text)):
        raise LandingError(
            "the address holds a password; take it out, and set the environment variable "
            "PGPASSWORD instead."
        )
    kind, _, rest = str(text).partition(":")
    where, _, table = rest.rpartition("#")
    has_where = not where if kind == "spark" else bool(where)
    has_where = where.startswith("//") if kind == "postgresql" else has_where
    if kind not in KINDS or not has_where or not all(table.split(".")):
        examples = ", ".join(kind.example for kind in KINDS.values())
        raise LandingError(f"{text!r} is no table of a warehouse; write it like {examples}.")
    return Location(str(text), kind, where, table)


@contextmanager
def opened(location: Location, project_dir: Path) -> Iterator[Ask]:
    """A way to ask the warehouse; it is only read.

    Args:
        location: a table in the warehouse.
        project_dir: where relative paths begin, and where Spark's profile is.

    Raises:
        LandingError: it cannot be reached or read, or a package is missing.
    """
    kind = KINDS[location.kind]
    try:
        with kind.open(location.where, project_dir) as ask:
            yield ask
    except ModuleNotFoundError as error:
        extra = "spark" if location.kind == "spark" else "postgres"
        raise LandingError(
            f"{error.name} is missing: make setup, or pip install '.[{extra}]'."
        ) from error
    except UnreadableError as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise LandingError(f"{location} cannot be read: {reason}. {kind.remedy}") from error


def new_rows(location: Location, ask: Ask, since: datetime | None) -> tuple[bool, Iterator[Rows]]:
    """Whether the table has a sync time, and its rows: (sync time in epoch µs or None, JSON).

    Args:
        location: the table.
        ask: its warehouse.
        since: leave out rows that were synced before; without a sync time there is no "before".
    """
    kind = KINDS[location.kind]
    table = ".".join(_ident(kind, part) for part in location.table.split("."))
    (names,) = ask(f"select * from {table} as {ROW} limit 0")
    spelled = {name.lower(): name for name in names}
    found = next((spelled[name] for name in SYNC_COLUMNS if name in spelled), None)
    synced, condition = "cast(null as bigint)", "true"
    if found:
        column = f"{ROW}.{_ident(kind, found)}"
        moment = kind.seconds if found.lower() == EPOCH_TEXT else f"cast({{}} as {kind.instant})"
        synced = kind.micros.format(moment.format(column))
        if since:
            begin = f"cast('{since.isoformat(' ')}' as {kind.instant})"
            condition = f"({moment.format(column)} >= {begin} or {column} is null)"
    answer = ask(f"select {synced}, {kind.record} from {table} as {ROW} where {condition}")
    next(answer)
    return found is not None, answer


def _ident(kind: Kind, name: str) -> str:
    return kind.quote + name.replace(kind.quote, kind.quote * 2) + kind.quote


class UnreadableError(Exception):
    """The warehouse's own error."""


@contextmanager
def _duckdb(where: str, project_dir: Path) -> Iterator[Ask]:
    """Tables of a DuckDB file."""
    file = project_dir / Path(os.path.expandvars(where)).expanduser()
    if not file.is_file():  # said here, for DuckDB's words are long
        raise UnreadableError(f"{file} is not a file")
    with duckdb.connect() as connection:

        def ask(sql: str) -> Iterator[Any]:
            answer = connection.execute(sql)
            yield [name for name, *_ in answer.description or ()]
            yield from iter(lambda: answer.fetchmany(BATCH_ROWS), [])

        try:
            connection.execute("set timezone = 'UTC'; set memory_limit = '1GB'; set threads = 2")
            connection.execute(f"attach {quote(str(file))} as warehouse (read_only); use warehouse")
            yield ask
        except duckdb.Error as error:
            raise UnreadableError(str(error)) from error


@contextmanager
def _postgres(where: str, project_dir: Path) -> Iterator[Ask]:
    """Tables of a Postgres database; what the address leaves out libpq takes from PG* variables."""
    import psycopg

    try:
        with psycopg.connect(f"postgresql:{where}") as connection:
            connection.read_only = True
            connection.execute("set timezone = 'UTC'")

            def ask(sql: str) -> Iterator[Any]:
                with connection.cursor(name="headwater") as cursor:  # kept by the server
                    cursor.execute(sql.encode())
                    yield [column.name for column in cursor.description or ()]
                    yield from iter(lambda: cursor.fetchmany(BATCH_ROWS), [])

            yield ask
    except psycopg.Error as error:
        raise UnreadableError(str(error)) from error


@contextmanager
def _spark(where: str, project_dir: Path) -> Iterator[Ask]:
    """Tables of Spark's catalogue, in a session like that of dbt's target `spark`.

    The session ends with the process: the next table finds it open.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    def ask(sql: str) -> Iterator[Any]:
        answer = session.sql(sql)
        yield answer.columns
        rows = answer.toLocalIterator()
        yield from iter(lambda: list(islice(rows, BATCH_ROWS)), [])

    try:
        builder = SparkSession.builder.enableHiveSupport()
        for name, value in _spark_settings(project_dir).items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        yield ask
    except (Py4JError, PySparkException) as error:
        raise UnreadableError(str(error)) from error


def _spark_settings(project_dir: Path) -> dict[str, str]:
    """What profiles.yml gives the target `spark`, with dbt's env_var()."""
    import jinja2

    folder = Path(os.environ.get("DBT_PROFILES_DIR", project_dir / "profiles"))
    file = folder / "profiles.yml"
    try:
        template = jinja2.Template(file.read_text("utf-8"))
        text = template.render(env_var=_env_var)
        target = yaml.load(text, yaml.CSafeLoader)["headwater"]["outputs"]["spark"]
    except (OSError, KeyError, jinja2.TemplateError) as error:
        raise UnreadableError(f"{file} describes no target spark ({error})") from error
    settings: dict[str, str] = target.get("server_side_parameters", {})
    return settings


def _env_var(name: str, default: str | None = None) -> str:
    return os.environ[name] if default is None else os.environ.get(name, default)


KINDS = {
    "duckdb": Kind(
        "duckdb:fivetran.duckdb#amplitude.event",
        _duckdb,
        "Check file, schema and table; no other process may hold the file open for writing.",
        quote='"',
        instant="timestamptz",
        seconds="to_timestamp(cast({} as double))",
        micros="epoch_us({})",
        record=f"cast(to_json({ROW}) as varchar)",
    ),
    "postgresql": Kind(
        "postgresql://db.example/warehouse#stripe.charge",
        _postgres,
        "Check address, schema and table, and PGUSER and PGPASSWORD in the environment; "
        "the user must be allowed to read the table.",
        quote='"',
        instant="timestamptz",
        seconds="to_timestamp(cast({} as double precision))",
        micros="cast(extract(epoch from {}) * 1000000 as bigint)",
        record=f"cast(row_to_json({ROW}) as text)",
    ),
    "spark": Kind(
        "spark:mixpanel.event",
        _spark,
        "Check schema and table, and the target spark in profiles.yml; Spark needs Java 17.",
        quote="`",
        instant="timestamp",
        seconds="cast(cast({} as double) as timestamp)",
        micros="unix_micros({})",
        record="to_json(struct({}.*), map({}))".format(
            ROW, ", ".join(f'"{name}", "{value}"' for name, value in SPARK_JSON.items())
        ),
    ),
}
