"""A company's landing zone that fills day by day, and the warehouse that follows it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.python.conftest import PROJECT

SCHEMAS = "('seeds', 'staging', 'intermediate', 'marts', 'state')"


@dataclass(frozen=True)
class Replay:
    """A landing root that is filled from a whole one, and a warehouse that is built from it.

    `folder` holds both, and dbt's own files, so that its parse is done once.
    """

    whole: Path
    folder: Path

    @property
    def root(self) -> Path:
        """The landing root that fills."""
        return self.folder / "landing"

    @property
    def warehouse(self) -> Path:
        """The warehouse that follows."""
        return self.folder / "warehouse.duckdb"

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

    def environment(self) -> dict[str, str]:
        """What dbt is told."""
        return os.environ | {
            "LANDING_ROOT": str(self.root),
            "HEADWATER_WAREHOUSE": str(self.warehouse),
            "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
            "DO_NOT_TRACK": "1",
        }

    def command(self, *arguments: str) -> list[str]:
        """The command line of a dbt run over this landing root."""
        dbt = str(Path(sys.executable).with_name("dbt"))
        target, logs = str(self.folder / "target"), str(self.folder / "logs")
        return [dbt, "--quiet", *arguments, "--target-path", target, "--log-path", logs]

    def build(self, *arguments: str) -> None:
        """Seeds once, then every model; `arguments` replace `run`."""
        if not self.warehouse.exists():
            self._do("seed")
        self._do(*(arguments or ("run",)))

    def _do(self, *arguments: str) -> None:
        done = subprocess.run(
            self.command(*arguments),
            cwd=PROJECT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def differences(warehouse: Path, other: Path) -> dict[str, tuple[int, int]]:
    """Rows that only one of two warehouses has, as counts by relation; empty when they are equal.

    Every table is compared, and every view above staging. Raises if either has none.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as one (read_only)")
        connection.execute(f"attach '{other}' as two (read_only)")
        # a view names the warehouse it was made in
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
    return set(rows)


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
