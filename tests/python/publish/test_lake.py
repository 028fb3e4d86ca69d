"""The DuckLake shows what the published file shows, and forgets what it forgets.

DuckLake's extension is a wheel for DuckDB 1.5 alone, so a DuckDB of its own writes and reads here.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headwater.cli import app
from headwater.publish.generations import Generations
from tests.python.conftest import PROJECT
from tests.python.publish.other_duckdb import run_with
from tests.python.publish.test_publish import publish_rows

WHEELS = ["duckdb==1.5.5", "duckdb-extensions==1.5.5", "duckdb-extension-ducklake==1.5.5"]
WHEELS += ["duckdb-extension-sqlite-scanner==1.5.5"]
PUBLISH = """
import json, sys
from pathlib import Path
import duckdb
from duckdb_extensions import import_extension
from headwater.publish.generations import Generations
from headwater.publish.lake import publish_to_lake
folder, catalog = sys.argv[1:]
for name in ("ducklake", "sqlite_scanner"):
    import_extension(name)
number = publish_to_lake(Generations(Path(folder)), catalog, f"{folder}/lake", memory_limit="1GB")
with duckdb.connect() as connection:
    def answer(sql):
        return connection.execute(sql).fetchall()
    connection.execute("load ducklake")
    connection.execute(f"attach '{catalog}' as lake (read_only)")
    snapshots = answer(
        "select snapshot_id, commit_message from lake.snapshots() where author = 'headwater'"
    )
    print(json.dumps({
        "number": number,
        "rows": answer("select count(*) from lake.marts.events")[0][0],
        "earlier": {
            message: answer(f"select count(*) from lake.marts.events at (version => {place})")[0][0]
            for place, message in snapshots
        },
        "tables": [name for name, in answer(
            "select table_name from duckdb_tables() where database_name = 'lake'"
            " and schema_name = 'marts' order by 1"
        )],
        "words": answer(
            "select comment from duckdb_tables() where table_name = 'sums' union all"
            " select comment from duckdb_columns() where column_name = 'total'"
        ),
    }))
"""


@pytest.fixture
def catalog(tmp_path: Path) -> str:
    return f"ducklake:sqlite:{tmp_path}/lake.sqlite"


def shown(folder: Path, catalog: str) -> dict[str, object]:
    """Publish the current generation to the lake, and what a reader of the lake sees then."""
    # HOME is where DuckDB keeps extensions
    environment = {"HOME": folder, "PYTHONPATH": PROJECT / "src"}
    said = run_with(WHEELS, PUBLISH, folder, catalog, folder=folder, environment=environment)
    return dict(json.loads(said))


def data_files(folder: Path) -> int:
    return len(list(folder.glob("lake/**/*.parquet")))


def test_the_lake_shows_the_generations_that_are_kept(tmp_path: Path, catalog: str) -> None:
    for number in (1, 2, 3, 4):
        publish_rows(tmp_path, 100 * number, id=f"run{number}")
        seen = shown(tmp_path, catalog)
        assert (seen["number"], seen["rows"]) == (number, 100 * number)
    assert seen["tables"] == [
        "events",
        "publications",
        "published_relations",
        "restatements",
        "sums",
    ]
    assert seen["words"] == [["It's one row."], ["Sum."]]
    assert seen["earlier"] == {"2": 200, "3": 300, "4": 400}
    Generations(tmp_path).roll_back()
    assert shown(tmp_path, catalog)["rows"] == 300


def test_who_was_erased_is_in_no_snapshot_after_the_next(tmp_path: Path, catalog: str) -> None:
    for number in (1, 2):
        publish_rows(tmp_path, 100 * number, id=f"run{number}")
        shown(tmp_path, catalog)
    files = data_files(tmp_path)
    Generations(tmp_path).outdate()
    publish_rows(tmp_path, 50, id="run3")
    seen = shown(tmp_path, catalog)
    assert seen["earlier"] == {"3": 50}
    assert 0 < data_files(tmp_path) < files


def test_without_its_extension_the_lake_is_left_and_the_reason_told(
    tmp_path: Path, catalog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_WAREHOUSE", str(tmp_path / "build.duckdb"))
    monkeypatch.setenv("HEADWATER_DUCKLAKE", catalog)
    monkeypatch.setenv("HOME", str(tmp_path))  # where DuckDB keeps extensions
    publish_rows(tmp_path, 1)
    result = CliRunner().invoke(app, ["publish"])
    assert "Published generation 2" in result.stdout
    assert result.exit_code == 1
    assert "run `install ducklake` in DuckDB" in result.stderr
