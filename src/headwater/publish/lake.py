"""The published marts in a DuckLake catalog too: a snapshot per publication, for many readers.

A DuckLake (https://ducklake.select) keeps tables as Parquet files and what they hold in a database:
a file of DuckDB or SQLite, or Postgres. Whoever attaches it sees one snapshot, as readers of the
published file see one generation, and may ask for an earlier one.
"""

from __future__ import annotations

import duckdb

from headwater.publish.comments import comment_statements
from headwater.publish.generations import FILE, Generations
from headwater.sql import quote

SCHEME = "ducklake:"
AUTHOR = "headwater"
# Extensions are loaded where they are installed; none is fetched from the network.
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false"
}
SNAPSHOTS = """
select snapshot_id, cast(commit_message as bigint) from lake.snapshots()
where author = ? order by snapshot_id
"""


class LakeError(RuntimeError):
    """The lake was left as it was; the message says why."""


def publish_to_lake(generations: Generations, catalog: str, data: str, *, memory_limit: str) -> int:
    """Make the current generation the lake's newest snapshot; the number of that generation.

    All tables change in one transaction. Snapshots of generations that are no longer kept, because
    they are old or hold somebody who was erased, go with their files.

    Args:
        generations: where the published file is; one must be current.
        catalog: what to attach, such as `ducklake:sqlite:warehouse/lake.sqlite`; made if it is not
            there.
        data: folder or address where the lake's Parquet files are, or will be.
        memory_limit: of DuckDB, such as 4GB.

    Raises:
        LakeError: DuckLake's extension is not installed, or the catalog cannot be written.
    """
    number = generations.current()
    if number is None:
        raise LakeError(f"{generations.folder} has no published generation.")
    config = SETTINGS | {"memory_limit": memory_limit}
    with duckdb.connect(config=config) as connection:
        try:
            connection.execute("load ducklake")
        except duckdb.Error as error:
            raise LakeError(
                "DuckLake's extension is not installed: run `install ducklake` in DuckDB"
                f" {duckdb.__version__} once."
            ) from error
        try:
            connection.execute(f"attach {quote(catalog)} as lake (data_path {quote(data)})")
            file = str(generations.path(number) / FILE)
            connection.execute(f"attach {quote(file)} as published (read_only)")
            _write(connection, number)
            _forget(connection, generations.numbers())
        except duckdb.Error as error:
            raise LakeError(f"{catalog} does not have generation {number}: {error}") from error
    return number


def _write(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """Every mart, with its words, as one snapshot that is named after its generation."""
    connection.execute("begin")
    connection.execute("create schema if not exists lake.marts")
    names = _tables(connection, "published")
    for name in _tables(connection, "lake"):
        if name not in names:
            connection.execute(f"drop table lake.marts.{name}")
    for name in names:
        connection.execute(
            f"create or replace table lake.marts.{name} as from published.marts.{name}"
        )
    for statement in comment_statements(connection, "published", "lake"):
        connection.execute(statement)
    connection.execute(f"call lake.set_commit_message('{AUTHOR}', '{number}')")
    connection.execute("commit")


def _forget(connection: duckdb.DuckDBPyConnection, kept: list[int]) -> None:
    """Let go of the snapshots of generations that are not kept, and of the files only they have."""
    snapshots = connection.execute(SNAPSHOTS, [AUTHOR]).fetchall()
    newest = snapshots[-1][0]
    old = [str(place) for place, number in snapshots if number not in kept and place != newest]
    if old:
        connection.execute(
            f"call ducklake_expire_snapshots('lake', versions => [{', '.join(old)}])"
        )
        connection.execute("call ducklake_cleanup_old_files('lake', cleanup_all => true)")


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = ? and schema_name = 'marts'"
        " order by table_name",
        [database],
    ).fetchall()
    return [name for (name,) in rows]
