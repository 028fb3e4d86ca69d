"""The company's warehouse, published: all marts, every column explained, nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from headwater.report.memo import collect, render
from tests.python.conftest import query, row_counts
from tests.python.report.test_memo import rests_on_rows


@pytest.fixture(scope="module")
def published(company_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `headwater publish` makes of a copy; views name the file and read landing/ beside it."""
    copy = tmp_path_factory.mktemp("published") / company_warehouse.name
    shutil.copy(company_warehouse, copy)
    project = company_warehouse.parent / "linked"
    headwater = Path(sys.executable).with_name("headwater")
    done = subprocess.run(
        [headwater, "--project-dir", project, "publish"],
        env=os.environ | {"HEADWATER_WAREHOUSE": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Published generation 1")
    return copy.with_name("headwater.duckdb")


def test_every_mart_is_there_with_all_its_rows(published: Path, company_warehouse: Path) -> None:
    names = [
        f"marts.{name}"
        for (name,) in query(
            "select table_name from information_schema.tables where table_schema = 'marts'",
            company_warehouse,
        )
    ]
    assert len(names) > 50
    assert row_counts(published, names) == row_counts(company_warehouse, names)
    books = {f"marts.{name}" for name in ("publications", "published_relations", "restatements")}
    found = query("select schema_name, table_name from duckdb_tables()", published)
    assert {*names, *books} == {".".join(row) for row in found}


def test_every_published_column_is_explained(published: Path) -> None:
    silent = "select table_name, column_name from duckdb_columns() where comment is null"
    assert query(f"{silent} and schema_name = 'marts'", published) == []
    assert query("select table_name from duckdb_tables() where comment is null", published) == []


def test_nobodys_address_or_name_is_published(published: Path, company: Path) -> None:
    """As the simulated company writes them, in whatever column."""
    said = "regexp_matches({}, '@[a-z]+[.]example|Person [0-9]{{4}}')"
    contacts = f"'{company}/pipedrive/persons/*.parquet'"
    assert query(f"select bool_and({said.format('name || emails')}) from {contacts}") == [(True,)]
    columns = query(
        "select table_name, column_name from duckdb_columns()"
        " where schema_name = 'marts' and data_type = 'VARCHAR'",
        published,
    )
    assert len(columns) > 400
    tables: dict[str, list[str]] = {}
    for table, column in columns:
        tables.setdefault(table, []).append(f"coalesce(bool_or({said.format(column)}), false)")
    for table, are_said in tables.items():
        found = query(f"select {', '.join(are_said)} from marts.{table}", published)
        assert found == [(False,) * len(are_said)], table


def test_it_says_what_it_was_built_from(published: Path) -> None:
    counts = "passed_count > 1000, warned_count < 30, relation_count > 50"
    assert query(
        f"select generation, landing_root, {counts} from marts.publications", published
    ) == [(1, "landing", True, True, True)]


def test_it_has_all_that_a_memo_reads(published: Path, company_warehouse: Path) -> None:
    memo = collect(published, "board_layout", company_warehouse.parent / "linked")
    rests_on_rows(memo, published)
    assert memo["overall_assessment"] == "No results yet - planned"  # it is in April
    assert memo["baseline_period"] == "2025-04-07 to 2025-04-20"
    assert {note["key"] for note in memo["context"]} == {"context.easter"}
    assert "Simulated data" in render(memo)
