"""The same models on two engines, row against row.

DuckDB's relations are in its warehouse file; Spark's tables are folders of Parquet files, read here
without Spark. Spark keeps no rows of a view, so a view on both sides is not compared, unless the
build made tables of them (`HEADWATER_STAGING=table`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from headwater.sql import quote

SCHEMAS = ("seeds", "staging", "intermediate", "marts")
MEMORY_LIMIT = "2GB"


class CompareError(RuntimeError):
    """Nothing can be compared; the message says what is missing."""


@dataclass(frozen=True)
class Comparison:
    """What two engines hold of one relation.

    `duckdb_rows` and `spark_rows` are None where the relation is missing. `equal_rows` counts the
    rows that are on both sides, a row that occurs n times on one and m times on the other as the
    smaller of the two. `differing_columns` names the columns whose values, taken alone, differ, and
    those that only one side has.
    """

    name: str
    duckdb_rows: int | None
    spark_rows: int | None
    equal_rows: int
    differing_columns: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether both sides hold the same columns and the same rows."""
        same_rows = self.duckdb_rows == self.spark_rows == self.equal_rows
        return same_rows and not self.differing_columns


def compare(
    warehouse: Path, spark_tables: Path, skipped: frozenset[str] = frozenset()
) -> Iterator[Comparison]:
    """Compare every relation that either engine stores, by name.

    Values are equal when they are the same after a UUID is written as text without dashes, a double
    rounded to six decimals, and a timestamp read as UTC.

    Args:
        warehouse: the DuckDB file that `dbt build` wrote; opened read-only.
        spark_tables: folder of Spark's databases, `<spark_tables>/<schema>.db/<relation>/`.
        skipped: relations to leave out, as `schema.relation`.

    Raises:
        CompareError: the warehouse or the folder is missing, holds nothing, or cannot be read.
    """
    if not warehouse.exists():
        raise CompareError(f"{warehouse} does not exist: run `dbt build` first.")
    if not spark_tables.is_dir():
        raise CompareError(f"{spark_tables} is not a folder: run `dbt build --target spark` first.")
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            connection.execute(f"set TimeZone = 'UTC'; set memory_limit = '{MEMORY_LIMIT}'")
            stored = _duckdb_relations(connection)
            folders = _spark_relations(spark_tables)
            if not folders:
                raise CompareError(f"{spark_tables} holds no table of {', '.join(SCHEMAS)}.")
            for name in sorted(stored.keys() | folders.keys(), key=_layer):
                is_view_alone = name not in folders and stored[name] == "VIEW"
                if name not in skipped and not is_view_alone:
                    yield _compare_one(connection, name, name in stored, folders.get(name))
    except duckdb.IOException as error:
        raise CompareError(f"{warehouse} or {spark_tables} cannot be read: {error}") from error


def _layer(name: str) -> tuple[int, str]:
    return SCHEMAS.index(name.partition(".")[0]), name


def _duckdb_relations(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Name of each table and view of our schemas, and which of the two it is."""
    found = connection.execute(
        """
        select table_schema || '.' || table_name, table_type
        from information_schema.tables
        where list_contains($schemas, table_schema)
        """,
        {"schemas": list(SCHEMAS)},
    ).fetchall()
    return dict(found)


def _spark_relations(spark_tables: Path) -> dict[str, Path]:
    """Name and folder of each table."""
    return {
        f"{schema}.{folder.name}": folder
        for schema in SCHEMAS
        for folder in spark_tables.glob(f"{schema}.db/*")
        if folder.is_dir()
    }


def _compare_one(
    connection: duckdb.DuckDBPyConnection, name: str, is_in_duckdb: bool, folder: Path | None
) -> Comparison:
    ours = f"from {name}" if is_in_duckdb else None
    theirs = _read_parquet(folder) if folder and any(folder.rglob("*.parquet")) else None
    our_rows = _count(connection, ours) if ours else None
    their_rows = _count(connection, theirs) if theirs else 0 if folder else None
    if ours is None or theirs is None:  # a table that was filled with nothing has no file
        return Comparison(name, our_rows, their_rows, equal_rows=0)
    our_columns, their_columns = _normal(connection, ours), _normal(connection, theirs)
    shared = [column for column in our_columns if column in their_columns]
    lone = our_columns.keys() ^ their_columns.keys()

    def equal_rows(columns: list[str]) -> int:
        """Rows that both sides have, looking at some columns only."""
        left = f"select {', '.join(our_columns[column] for column in columns)} {ours}"
        right = f"select {', '.join(their_columns[column] for column in columns)} {theirs}"
        return _count(connection, f"from ({left} intersect all {right})")

    equal = equal_rows(shared) if shared else 0
    all_rows = max(our_rows or 0, their_rows or 0)
    suspects = shared if equal < all_rows else []
    differing = [column for column in suspects if equal_rows([column]) < all_rows]
    return Comparison(name, our_rows, their_rows, equal, (*differing, *sorted(lone)))


def _read_parquet(folder: Path) -> str:
    files = str(folder / "**" / "*.parquet")
    return f"from read_parquet({quote(files)}, hive_partitioning = true)"


def _count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    (count,) = connection.execute(f"select count(*) {source}").fetchall()[0]
    return int(count)


def _normal(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    """Each column by name, and the expression that brings its values to a common form."""
    columns = connection.execute(f"describe select * {source}").fetchall()
    return {name: _normal_value(f'"{name}"', kind) for name, kind, *_ in columns}


def _normal_value(column: str, kind: str) -> str:
    if kind == "UUID":
        return f"replace(cast({column} as varchar), '-', '')"
    if kind in ("DOUBLE", "FLOAT"):
        return f"round(cast({column} as double), 6)"
    if kind.startswith("TIMESTAMP"):
        return f"cast({column} as timestamp)"
    if kind == "JSON":
        return f"cast({column} as varchar)"
    return column
