"""A company's landing zone that fills day by day, and the warehouse that follows it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.python.conftest import PROJECT, Dbt

# What a run notes for the models after it, and the next run makes anew; and the runs themselves.
OF_ONE_RUN = {
    ("intermediate", "int_changed_persons"),
    ("state", "runs"),
    ("state", "node_runs"),
    ("marts", "run_results"),
}
# What remembers earlier runs, and what that reads: every run makes all other models anew.
REMEMBERING = (
    "run", "--select", "+config.materialized:incremental", "+config.materialized:components",
)  # fmt: skip
SCHEMAS = "('seeds', 'staging', 'intermediate', 'marts', 'state')"


@dataclass(frozen=True)
class Replay:
    """A landing root that is filled from a whole one, and a warehouse that is built from it.

    `folder` holds both, and dbt's own files, so that its parse is done once.
    """

    whole: Path
    folder: Path
    project: Path = PROJECT

    @property
    def root(self) -> Path:
        """The landing root that fills."""
        return self.folder / "landing"

    @property
    def warehouse(self) -> Path:
        """The warehouse that follows."""
        return self.dbt.warehouse

    def days(self) -> list[str]:
        """Every day on which anything landed, in order."""
        files = self.whole.glob("*/*/landed_date=*/simulated-*.parquet")
        found = {file.parent.name for file in files}
        return sorted(name.split("=")[1] for name in found)

    def land(self, *days: str) -> None:
        """Let these days land: their event files, and the records of entities up to the latest."""
        for file in self.whole.rglob("*.parquet"):
            if "truth" in file.parts:
                continue
            target = self.root / file.relative_to(self.whole)
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.name == "empty.parquet":
                shutil.copy(file, target)
            elif file.parent.name.startswith("landed_date="):
                if file.parent.name.split("=")[1] in days:
                    shutil.copy(file, target)
            else:
                _land_entities(file, target, max(days))

    @property
    def dbt(self) -> Dbt:
        """dbt over the two of them; it writes no artifacts, which takes longer than a build."""
        settings = {"DBT_WRITE_JSON": "false"}
        return Dbt(self.root, self.folder, settings=settings, project=self.project)

    def build(self, *arguments: str) -> None:
        """Seeds once, then every model; `arguments` replace `run`."""
        if not self.warehouse.exists():
            self.dbt.run("seed")
        self.dbt.run(*(arguments or ("run",)))


def differences(warehouse: Path, other: Path) -> dict[str, tuple[int, int]]:
    """Rows that only one of two warehouses has, as counts by relation; empty when they are equal.

    Every stored table is compared; the views say the same when what they read does. Fails if the
    two do not have the same tables.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as one (read_only)")
        connection.execute(f"attach '{other}' as two (read_only)")
        names = {side: _relations(connection, side) for side in ("one", "two")}
        assert names["one"] == names["two"], names["one"] ^ names["two"]
        assert len(names["one"]) > 25
        found = {}
        for schema, name in sorted(names["one"]):
            counts = tuple(
                connection.execute(
                    f"select count(*) from (select * from {a}.{schema}.{name}"
                    f" except all select * from {b}.{schema}.{name})"
                ).fetchall()[0][0]
                for a, b in (("one", "two"), ("two", "one"))
            )
            if counts != (0, 0):
                found[f"{schema}.{name}"] = counts
        return found


def _relations(connection: duckdb.DuckDBPyConnection, catalog: str) -> set[tuple[str, str]]:
    rows = connection.execute(
        f"""
        select table_schema, table_name
        from information_schema.tables
        where
            table_catalog = '{catalog}'
            and table_schema in {SCHEMAS}
            and table_type = 'BASE TABLE'
        """
    ).fetchall()
    return set(rows) - OF_ONE_RUN


def _land_entities(file: Path, target: Path, last_day: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select * from '{file}'
                where _landed_at < cast('{last_day}' as timestamp) + interval 1 day
            ) to '{target}'
            """
        )
