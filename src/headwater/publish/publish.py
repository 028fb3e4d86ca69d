"""Publish the marts: copy them out of an audited warehouse, verify the copy, swap it in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from headwater.publish.audit import AuditError, audited_run
from headwater.publish.comments import comment_statements
from headwater.publish.generations import FILE, PARQUET, Generations
from headwater.sql import quote

STORAGE_VERSION = "v1.4.0"  # the oldest DuckDB that opens the published file
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "false",
}
# A view over history may be joined the other way round to save memory, as the profile says for dbt;
# build_side_probe_side takes events for fewer than people, and would keep them all in memory.
DISABLED = "common_subplan,build_side_probe_side"
# The tables that publishing adds to the marts: what they say, and their columns.
BOOKS: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "publications": (
        "One row per publication, up to this file's own: what was built from what.",
        {
            "generation": ("bigint", "Number of the publication; primary key."),
            "published_at": ("timestamp", "When it was made, UTC."),
            "landing_root": ("varchar", "The landing zone that it was built from."),
            "invocation_id": ("varchar", "The dbt run that built and tested it."),
            "built_at": ("timestamp", "When that run ended, UTC."),
            "code_commit": ("varchar", "The project's commit; a + where files differed from it."),
            "dbt_version": ("varchar", "Version of dbt that built it."),
            "passed_count": ("bigint", "Models, seeds and tests that succeeded."),
            "warned_count": ("bigint", "Tests that warned."),
            "relation_count": ("bigint", "Marts."),
            "row_count": ("hugeint", "Their rows."),
        },
    ),
    "published_relations": (
        "One row per publication and mart: how many rows it had.",
        {
            "generation": ("bigint", "Publication, as in publications."),
            "relation_name": ("varchar", "Mart."),
            "row_count": ("bigint", "Its rows."),
        },
    ),
    "restatements": (
        "One row per publication, watch and day that was published before with another value.",
        {
            "generation": ("bigint", "Publication, as in publications."),
            "watch_name": ("varchar", "Watch, as in watched_values."),
            "value_date": ("date", "Day, as in watched_values."),
            "earlier_value": ("double", "What the publication before said; null for none."),
            "metric_value": ("double", "What this one says; null for none."),
            "late_event_count": (
                "bigint",
                "Events of the day that landed on the last landed day of the publication before,"
                " or later: why a number made of events moves.",
            ),
            "is_code_changed": ("boolean", "Whether the project's commit is another one."),
        },
    ),
}
TABLES = "select table_name from duckdb_tables() where schema_name = 'marts'"
RESTATEMENTS = """
insert into published.marts.restatements
with

late as (
    select event_date, count(*) as event_count
    from published.marts.events
    where landed_date >= ?
    group by 1
)

select
    ?, watch_name, value_date, before.metric_value, now.metric_value,
    coalesce(late.event_count, 0), ?
from published.marts.watched_values as now
inner join earlier_values as before using (watch_name, value_date)
left join late on value_date = late.event_date
where now.metric_value is distinct from before.metric_value
order by all
"""


class PublishError(RuntimeError):
    """Nothing was published; readers keep what they had. The message says why."""


@dataclass(frozen=True)
class Publication:
    """What readers see now."""

    generation: int
    file: Path
    row_counts: dict[str, int]


@dataclass(frozen=True)
class Earlier:
    """What a generation says of itself and those before it, and, if it has them, watched values."""

    books: dict[str, list[tuple[object, ...]]]
    watched_values: pa.Table | None
    last_landed_date: object

    def last(self, column: str) -> object:
        """A column of its newest publication; None if there is none."""
        place = list(BOOKS["publications"][1]).index(column)
        rows = sorted(self.books.get("publications", []), key=lambda row: int(str(row[0])))
        return rows[-1][place] if rows else None


@dataclass(frozen=True)
class Origin:
    """What a generation was made from."""

    generation: int
    invocation_id: str
    code_commit: str | None


def publish(
    warehouse: Path,
    folder: Path,
    *,
    memory_limit: str,
    project_dir: Path = Path(),
    code_commit: str | None = None,
) -> Publication:
    """Make what a warehouse's marts hold the next generation, and let readers see it.

    Args:
        warehouse: DuckDB file that dbt built; opened read-only.
        folder: where readers look; on one filesystem with its generations.
        memory_limit: of DuckDB, such as 4GB.
        project_dir: where dbt ran, and what paths in the warehouse's views start from.
        code_commit: of the project; None where it is not known.

    Raises:
        PublishError: the audit failed, the warehouse cannot be read, the disk is full, or the copy
            is not what was copied. Readers keep what they had.
    """
    generations = Generations(folder)
    number = generations.next_number()
    draft = generations.start_draft()
    try:
        with _open(warehouse, memory_limit, project_dir) as connection:
            origin = Origin(number, audited_run(connection), code_commit)
            counts = _copy_marts(connection, draft)
            _note(connection, generations, origin, counts)
            connection.execute("detach published")
        _verify(draft, counts)
        generations.keep_draft(number)
        generations.make_current(number)
    except (AuditError, duckdb.Error, OSError) as error:
        raise PublishError(f"{warehouse} is not published: {error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    generations.prune()
    return Publication(number, generations.published, counts)


@contextmanager
def _open(
    warehouse: Path, memory_limit: str, project_dir: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    if not warehouse.exists():
        raise PublishError(f"{warehouse} does not exist: run `headwater build` first.")
    config = SETTINGS | {"memory_limit": memory_limit}
    with duckdb.connect(str(warehouse), read_only=True, config=config) as connection:
        connection.execute(f"set disabled_optimizers = '{DISABLED}'")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set file_search_path = {quote(str(project_dir.resolve()))}")
        yield connection


def _copy_marts(connection: duckdb.DuckDBPyConnection, draft: Path) -> dict[str, int]:
    """Every mart as a table of the draft and as a Parquet file; their counts of rows."""
    connection.execute(
        f"attach '{draft / FILE}' as published (read_write, storage_version '{STORAGE_VERSION}')"
    )
    connection.execute("create schema published.marts")
    (draft / PARQUET).mkdir()
    counts = {}
    for name in _marts(connection):
        copied = connection.execute(f"create table published.marts.{name} as from marts.{name}")
        counts[name] = copied.fetchall()[0][0]
        _export(connection, draft, name)
    ((source,),) = connection.execute("select current_database()").fetchall()
    for statement in comment_statements(connection, source, "published"):
        connection.execute(statement)
    return counts


def _marts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select table_name from information_schema.tables where table_catalog = current_database()"
        " and table_schema = 'marts' order by table_name"
    ).fetchall()
    if not rows:
        raise AuditError("it has no marts: run `dbt build`.")
    return [name for (name,) in rows]


def _export(connection: duckdb.DuckDBPyConnection, draft: Path, name: str) -> None:
    connection.execute(
        f"copy published.marts.{name} to '{draft / PARQUET / name}.parquet'"
        " (format parquet, compression zstd)"
    )


def _note(
    connection: duckdb.DuckDBPyConnection,
    generations: Generations,
    origin: Origin,
    counts: dict[str, int],
) -> None:
    """Write what was built from what, after what the newest readable generation knows of others."""
    for table, (comment, columns) in BOOKS.items():
        typed = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
        connection.execute(f"create table published.marts.{table} ({typed})")
        connection.execute(f"comment on table published.marts.{table} is {quote(comment)}")
        for name, (_, meaning) in columns.items():
            place = f"published.marts.{table}.{name}"
            connection.execute(f"comment on column {place} is {quote(meaning)}")
    earlier = _earlier(generations)
    _require_same_landing(connection, origin, earlier)
    for table, rows in earlier.books.items():
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into published.marts.{table} values ({marks})", rows)
    if earlier.watched_values is not None and "watched_values" in counts:
        connection.register("earlier_values", earlier.watched_values)
        is_changed = earlier.last("code_commit") != origin.code_commit
        connection.execute(RESTATEMENTS, [earlier.last_landed_date, origin.generation, is_changed])
    connection.execute(
        """
        insert into published.marts.publications
        select
            ?, ?, landing_root, invocation_id, ended_at, ?, dbt_version, passed_count,
            warned_count, ?, ?
        from state.runs
        where invocation_id = ?
        """,
        [
            origin.generation,
            datetime.now(UTC).replace(tzinfo=None),
            origin.code_commit,
            len(counts),
            sum(counts.values()),
            origin.invocation_id,
        ],
    )
    connection.executemany(
        "insert into published.marts.published_relations values (?, ?, ?)",
        [[origin.generation, name, count] for name, count in counts.items()],
    )
    for table in BOOKS:
        counted = connection.execute(f"select count(*) from published.marts.{table}")
        counts[table] = counted.fetchall()[0][0]
        _export(connection, generations.draft, table)


def _require_same_landing(
    connection: duckdb.DuckDBPyConnection, origin: Origin, earlier: Earlier
) -> None:
    """Keep one company's data, or simulated data, from taking the place of another's."""
    (root,) = connection.execute(
        "select landing_root from state.runs where invocation_id = ?", [origin.invocation_id]
    ).fetchall()[0]
    generation, known = earlier.last("generation"), earlier.last("landing_root")
    if generation is not None and known != root:
        raise PublishError(
            f"generation {generation} beside it was built from {known}, and this from {root}:"
            " give each a folder of its own, with HEADWATER_WAREHOUSE, or remove its folder"
            " `generations`."
        )


def _earlier(generations: Generations) -> Earlier:
    """The newest generation that can be read, all of it in one go and apart from the warehouse.

    A corrupt file must not keep the next one from being published, nor spoil its connection.
    """
    for number in reversed(generations.numbers()):
        file = str(generations.path(number) / FILE)
        try:
            with duckdb.connect(file, read_only=True, config=SETTINGS) as connection:
                there = {name for (name,) in connection.execute(TABLES).fetchall()}
                books = {
                    table: connection.execute(f"from marts.{table}").fetchall()
                    for table in BOOKS
                    if table in there or table == "publications"
                }
                if "watched_values" not in there:
                    return Earlier(books, None, None)
                ((last,),) = connection.execute(
                    "select max(landed_date) from marts.events"
                ).fetchall()
                values = connection.sql("from marts.watched_values").to_arrow_table()
                return Earlier(books, values, last)
        except duckdb.Error:
            continue
    return Earlier({}, None, None)


def _verify(draft: Path, counts: dict[str, int]) -> None:
    """Open the copy as a reader would, and count it."""
    with duckdb.connect(str(draft / FILE), read_only=True, config=SETTINGS) as connection:
        for name, expected in counts.items():
            for place in (f"marts.{name}", f"'{draft / PARQUET / name}.parquet'"):
                found = connection.execute(f"select count(*) from {place}").fetchall()[0][0]
                if found != expected:
                    raise PublishError(
                        f"the copy of {name} has {found:,} rows where {expected:,} were copied."
                    )
