"""The comparison tells equal rows from different ones, whatever form the engines keep them in."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from headwater.cli import app
from headwater.engines.compare import CompareError, Comparison, compare

PLAIN = "select 1 as id, 'a' as name union all select 2, null"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Folder of an empty warehouse and of Spark's tables."""
    connection = duckdb.connect(str(tmp_path / "warehouse.duckdb"))
    connection.execute("create schema marts; create schema seeds; create schema other")
    connection.close()
    (tmp_path / "tables").mkdir()
    return tmp_path


def on_duckdb(place: Path, name: str, sql: str, kind: str = "table") -> None:
    with duckdb.connect(str(place / "warehouse.duckdb")) as connection:
        connection.execute(f"create {kind} {name} as {sql}")


def on_spark(place: Path, name: str, sql: str) -> None:
    schema, relation = name.split(".")
    folder = place / "tables" / f"{schema}.db" / relation
    folder.mkdir(parents=True)
    duckdb.sql(f"copy ({sql}) to '{folder}/part-0.parquet' (format parquet)")


def compared(place: Path, *skipped: str) -> list[Comparison]:
    return list(compare(place / "warehouse.duckdb", place / "tables", frozenset(skipped)))


def test_the_same_rows_in_another_order_are_equal(place: Path) -> None:
    on_duckdb(place, "marts.orders", PLAIN)
    on_spark(place, "marts.orders", f"from ({PLAIN}) order by id desc")
    assert compared(place) == [Comparison("marts.orders", 2, 2, 2)]
    assert compared(place)[0].is_equal


def test_what_the_engines_keep_in_different_forms_is_equal(place: Path) -> None:
    """UUID and its digits, a sum added up in another order, an instant with and without zone."""
    on_duckdb(
        place,
        "marts.orders",
        """
        select
            cast('0123456789abcdef0123456789abcdef' as uuid) as id,
            0.1e0 + 0.2e0 as amount,
            timestamp '2025-01-01 10:00:00.5' as sold_at
        """,
    )
    on_spark(
        place,
        "marts.orders",
        """
        select
            '0123456789abcdef0123456789abcdef' as id,
            0.3e0 as amount,
            timestamptz '2025-01-01 11:00:00.5+01' as sold_at
        """,
    )
    assert compared(place)[0].is_equal


def test_a_row_counts_as_often_as_both_have_it(place: Path) -> None:
    on_duckdb(place, "marts.orders", "select 1 as id from range(3) union all select 2")
    on_spark(place, "marts.orders", "select 1 as id from range(2) union all select 3")
    (found,) = compared(place)
    assert (found.duckdb_rows, found.spark_rows, found.equal_rows) == (4, 3, 2)
    assert not found.is_equal


def test_the_columns_that_differ_are_named(place: Path) -> None:
    on_duckdb(place, "marts.orders", "select 1 as id, 'a' as name, 5 as amount, 0 as ours")
    on_spark(place, "marts.orders", "select 1 as id, 'b' as name, 5 as amount, 0 as theirs")
    (found,) = compared(place)
    assert found.differing_columns == ("name", "ours", "theirs")


def test_equal_rows_with_a_column_more_are_no_equal_relation(place: Path) -> None:
    on_duckdb(place, "marts.orders", "select 1 as id, 2 as amount")
    on_spark(place, "marts.orders", "select 1 as id")
    (found,) = compared(place)
    assert found.equal_rows == 1
    assert not found.is_equal


def test_a_relation_of_one_engine_only_is_a_difference_unless_it_is_skipped(place: Path) -> None:
    on_duckdb(place, "marts.orders", PLAIN)
    on_spark(place, "marts.orders", PLAIN)
    on_duckdb(place, "marts.ours", PLAIN)
    on_spark(place, "marts.theirs", PLAIN)
    found = {entry.name: entry for entry in compared(place)}
    assert (found["marts.ours"].duckdb_rows, found["marts.ours"].spark_rows) == (2, None)
    assert (found["marts.theirs"].duckdb_rows, found["marts.theirs"].spark_rows) == (None, 2)
    assert not found["marts.ours"].is_equal
    assert [entry.name for entry in compared(place, "marts.ours", "marts.theirs")] == [
        "marts.orders"
    ]


def test_a_view_is_compared_only_with_a_table_of_spark(place: Path) -> None:
    on_spark(place, "seeds.names", PLAIN)
    on_duckdb(place, "seeds.names", PLAIN, kind="view")
    on_duckdb(place, "marts.lone_view", PLAIN, kind="view")
    on_duckdb(place, "other.table_of_nobody", PLAIN)
    assert compared(place) == [Comparison("seeds.names", 2, 2, 2)]


def test_a_spark_table_without_a_file_has_no_rows(place: Path) -> None:
    on_duckdb(place, "marts.empty", "select 1 as id where false")
    on_duckdb(place, "marts.filled", PLAIN)
    (place / "tables" / "marts.db" / "empty").mkdir(parents=True)
    (place / "tables" / "marts.db" / "filled").mkdir(parents=True)
    assert [(entry.spark_rows, entry.is_equal) for entry in compared(place)] == [
        (0, True),
        (0, False),
    ]


def test_errors_say_what_is_missing(tmp_path: Path, place: Path) -> None:
    with pytest.raises(CompareError, match=r"nothing\.duckdb does not exist"):
        list(compare(tmp_path / "nothing.duckdb", place / "tables"))
    with pytest.raises(CompareError, match="nowhere is not a folder"):
        list(compare(place / "warehouse.duckdb", tmp_path / "nowhere"))
    with pytest.raises(CompareError, match="holds no table of seeds"):
        compared(place)
    (place / "broken.duckdb").write_text("no database", encoding="utf-8")
    with pytest.raises(CompareError, match="cannot be read"):
        list(compare(place / "broken.duckdb", place / "tables"))


def test_the_command_prints_a_line_a_relation_and_ends_accordingly(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_WAREHOUSE", str(place / "warehouse.duckdb"))
    monkeypatch.setenv("HEADWATER_SPARK_HOME", str(place))
    on_duckdb(place, "marts.orders", PLAIN)
    on_spark(place, "marts.orders", PLAIN)
    good = CliRunner().invoke(app, ["compare"])
    assert good.exit_code == 0
    assert good.stdout == (
        "marts.orders: 2 on DuckDB, 2 on Spark, 2 equal\n"
        "1 relations compared, 2 rows equal, 0 differ.\n"
    )
    on_duckdb(place, "marts.ours", PLAIN)
    bad = CliRunner().invoke(app, ["compare"])
    assert bad.exit_code == 1
    assert "marts.ours: 2 on DuckDB, missing on Spark, 0 equal" in bad.stdout
    skipped = CliRunner().invoke(app, ["compare", "--skip", "marts.ours"])
    assert skipped.exit_code == 0
