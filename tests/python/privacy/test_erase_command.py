"""`headwater erase` over a few rows by hand, and a map of people that dbt might have made."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from typer.testing import CliRunner, Result

from headwater.cli import app
from headwater.landing.contract import Source, tables_of
from headwater.landing.lock import alone
from headwater.landing.write import EMPTY_DATE, initialise, landed_file, write_rows
from headwater.privacy.people import with_macros
from tests.known_people import known_people
from tests.python.conftest import copy_project, query

MAP = known_people(
    "(1, 'user', 'ada-1815', null, 'ada-1815')",
    "(1, 'device', '0a1b2c3d', 'own', '0a1b2c3d')",
    "(1, 'email', hashed('ada@example.com'), null, 'ada@example.com')",
    "(2, 'user', 'bob-1', null, 'bob-1')",
)
EVENTS = [
    {"event_id": "1", "device_id": "0a1b2c3d", "email": "Ada@example.com"},
    {"event_id": "2", "user_id": "bob-1", "properties": '{"invited": "ada@example.com"}'},
    {"event_id": "3", "user_id": "ada-1815"},
]


class Desk:
    """Where the command is given."""

    def __init__(self, folder: Path, contract: dict[str, Source]) -> None:
        self.project = copy_project(folder / "project")
        self.root, self.warehouse = folder / "landing", folder / "warehouse" / "build.duckdb"
        self.events = landed_file(self.root, contract["own"].tables["events"], EMPTY_DATE, "rows")
        initialise(self.root, tables_of(contract))
        columns = ["event_id", "user_id", "device_id", "email", "properties"]
        rows = pa.table({name: [row.get(name) for row in EVENTS] for name in columns})
        write_rows(rows, contract["own"].tables["events"], self.events)
        self.warehouse.parent.mkdir()
        self.build()

    def build(self) -> None:
        self.warehouse.unlink(missing_ok=True)
        with duckdb.connect(str(self.warehouse)) as connection:
            with_macros(connection)
            connection.execute(MAP)

    def erase(self, *given: str, lines: str = "") -> Result:
        places = ["--project-dir", str(self.project), "--landing-root", str(self.root)]
        environment = {"HEADWATER_WAREHOUSE": str(self.warehouse)}
        return CliRunner().invoke(app, [*places, "erase", *given], input=lines, env=environment)

    def left(self) -> list[tuple]:
        return query(f"select event_id, properties from '{self.events}' order by 1")


@pytest.fixture
def desk(tmp_path: Path, contract: dict[str, Source]) -> Desk:
    return Desk(tmp_path, contract)


def test_everything_of_the_person_goes_by_any_of_their_ids(desk: Desk) -> None:
    for folder in ("logs", "target"):
        (desk.project / folder).mkdir()
    done = desk.erase("-", lines="device=own:0a1b2c3d\n\n")
    assert done.exit_code == 0, done.stderr
    assert "own.events: 2 rows deleted, 0 made nobody's, 1 redacted" in done.stdout
    assert "run `headwater build`" in " ".join(done.stdout.split())
    assert desk.left() == [("2", '{"invited": "[erased]"}')]
    assert not (desk.project / "logs").exists()
    assert not (desk.project / "target").exists()
    tables = "select schema_name || '.' || table_name from duckdb_tables() order by 1"
    assert query(tables, desk.warehouse) == [("state.node_runs",), ("state.runs",)]
    receipts = query(
        "select source_name, table_name, deleted_count, redacted_count,"
        f" _landed_at >= requested_at from '{desk.root}/headwater/erasures/*.parquet'"
    )
    assert receipts == [("own", "events", 2, 1, True)]
    assert desk.erase().stdout == "Nobody who was erased has landed since.\n"


def test_lines_of_seeds_that_name_the_person_are_told(desk: Desk) -> None:
    seed = desk.project / "seeds" / "identity_overrides.csv"
    seed.write_text(seed.read_text("utf-8") + "split,user,,ada-1815,,,\n", "utf-8")
    assert "seeds/identity_overrides.csv:2: take the line out" in desk.erase(
        "user=ada-1815"
    ).stderr.replace("\n", " ")


def test_who_is_not_in_the_map_is_erased_by_the_id_alone(desk: Desk) -> None:
    done = desk.erase("email=carla@example.com")
    assert done.exit_code == 0
    assert len(desk.left()) == 3
    counts = query(f"select deleted_count from '{desk.root}/headwater/erasures/*.parquet'")
    assert counts == [(0,)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("mail=ada@example.com",), "expected type=value"),
        (("-",), "nobody was named"),
    ],
)
def test_a_mistake_in_the_call_is_told(desk: Desk, given: tuple[str, ...], said: str) -> None:
    refused = desk.erase(*given)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert "ada@" not in refused.stderr


def test_without_a_build_nobody_is_erased(desk: Desk) -> None:
    desk.warehouse.unlink()
    refused = desk.erase("user=ada-1815")
    assert refused.exit_code == 2
    assert "run `headwater build` first" in refused.stderr
    assert len(desk.left()) == 3


def test_what_has_landed_since_the_build_stands_in_the_way(desk: Desk) -> None:
    before = datetime(2025, 1, 1)
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("update state.runs set started_at = ?", [before])
    refused = desk.erase("user=ada-1815")
    assert refused.exit_code == 2
    assert "has landed since the last build" in refused.stderr
    assert len(desk.left()) == 3


def test_a_build_under_way_stands_in_the_way(desk: Desk) -> None:
    with alone(desk.warehouse.parent):
        refused = desk.erase("user=ada-1815")
    assert refused.exit_code == 2
    assert "under way" in refused.stderr
