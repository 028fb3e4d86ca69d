"""Publish the marts: copy them out of an audited warehouse, verify the copy, swap it in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from headwater.publish.audit import AuditError, audited_run
from headwater.publish.generations import FILE, PARQUET, Generations

STORAGE_VERSION = "v1.4.0"  # the oldest DuckDB that opens the published file
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "false",
}
# A view over history may be joined the other way round to save memory, as the profile says for dbt;
# build_side_probe_side takes events for fewer than people, and would keep them all in memory.
DISABLED = "common_subplan,build_side_probe_side"
PUBLICATIONS = """
create table published.marts.publications (
    generation bigint,
    published_at timestamp,
    landing_root varchar,
    invocation_id varchar,
    built_at timestamp,
    code_commit varchar,
    dbt_version varchar,
    passed_count bigint,
    warned_count bigint,
    relation_count bigint,
    row_count hugeint
)
"""
RELATIONS = """
create table published.marts.published_relations (
    generation bigint,
    relation_name varchar,
    row_count bigint
)
"""
COMMENTS = {
    "publications": "One row per publication, up to this file's own: what was built from what.",
    "published_relations": "One row per publication and mart: how many rows it had.",
}


class PublishError(RuntimeError):
    """Nothing was published; readers keep what they had. The message says why."""


@dataclass(frozen=True)
class Publication:
    """What readers see now."""

    generation: int
    file: Path
    row_counts: dict[str, int]


@dataclass(frozen=True)
class Origin:
    """What a generation was made from."""

    generation: int
    invocation_id: str
    code_commit: str | None


def publish(
    warehouse: Path, folder: Path, *, memory_limit: str, code_commit: str | None = None
) -> Publication:
    """Make what a warehouse's marts hold the next generation, and let readers see it.

    Args:
        warehouse: DuckDB file that dbt built; opened read-only. Views read the landing zone by
            paths relative to the working folder.
        folder: where readers look; on one filesystem with its generations.
        memory_limit: of DuckDB, such as 4GB.
        code_commit: of the project; None where it is not known.

    Raises:
        PublishError: the audit failed, the warehouse cannot be read, the disk is full, or the copy
            is not what was copied. Readers keep what they had.
    """
    generations = Generations(folder)
    number = max(generations.numbers(), default=0) + 1
    draft = generations.start_draft()
    try:
        with _open(warehouse, memory_limit) as connection:
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
def _open(warehouse: Path, memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    if not warehouse.exists():
        raise PublishError(f"{warehouse} does not exist: run `headwater build` first.")
    config = SETTINGS | {"memory_limit": memory_limit}
    with duckdb.connect(str(warehouse), read_only=True, config=config) as connection:
        connection.execute(f"set disabled_optimizers = '{DISABLED}'")
        connection.execute("set TimeZone = 'UTC'")
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
    for statement in _comments(connection):
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


def _comments(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What the marts' YAML says, again for the copy."""
    rows = connection.execute(
        """
        select 'table published.marts.' || table_name, comment from duckdb_tables()
        where database_name = current_database() and schema_name = 'marts' and comment is not null
        union all
        select 'table published.marts.' || view_name, comment from duckdb_views()
        where database_name = current_database() and schema_name = 'marts' and comment is not null
        union all
        select 'column published.marts.' || table_name || '."' || column_name || '"', comment
        from duckdb_columns()
        where database_name = current_database() and schema_name = 'marts' and comment is not null
        """
    ).fetchall()
    return [f"comment on {place} is {_text(comment)}" for place, comment in rows]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _note(
    connection: duckdb.DuckDBPyConnection,
    generations: Generations,
    origin: Origin,
    counts: dict[str, int],
) -> None:
    """Write what was built from what, after what the newest readable generation knows of others."""
    connection.execute(PUBLICATIONS)
    connection.execute(RELATIONS)
    for table, rows in _known(generations).items():
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into published.marts.{table} values ({marks})", rows)
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
    for name, comment in COMMENTS.items():
        connection.execute(f"comment on table published.marts.{name} is {_text(comment)}")
        (row_count,) = connection.execute(f"select count(*) from published.marts.{name}").fetchall()
        counts[name] = row_count[0]
        _export(connection, generations.draft, name)


def _known(generations: Generations) -> dict[str, list[tuple[object, ...]]]:
    """What the newest generation that can be read says of itself and those before it."""
    for number in reversed(generations.numbers()):
        file = str(generations.path(number) / FILE)
        try:
            with duckdb.connect(file, read_only=True, config=SETTINGS) as connection:
                return {
                    table: connection.execute(f"from marts.{table}").fetchall()
                    for table in COMMENTS
                }
        except duckdb.Error:  # a corrupt file must not keep the next one from being published
            continue
    return {}


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
