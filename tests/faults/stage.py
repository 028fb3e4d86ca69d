"""A company, a part of the project and a warehouse, on which faults are done and judged."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from headwater.landing.contract import load_contract, tables_of
from headwater.landing.write import initialise
from headwater.publish.generations import Generations
from headwater.simulate.run import Settings, simulate
from tests.python.conftest import PROJECT, copy_project

# The models from the landed files to the balance of their rows, incremental ones among them.
MARTS = ("landed_rows_by_day", "rejected_events", "int_identity_overrides")
EVENT_TABLES = "events|pixel_events|tracks|pages|screens|identifies"


class FaultError(AssertionError):
    """Something is not as it must be after a fault."""


def require(condition: object, message: str) -> None:
    if not condition:
        raise FaultError(message)


def part_of_project(folder: Path) -> Path:
    """The project with the models that MARTS need, their seeds and tests, and no others."""
    command = ["--quiet", "ls", "--output", "name", "--resource-type", "model", "seed"]
    chosen = [f"+{name}" for name in MARTS]
    paths = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    said = subprocess.run(
        [Path(sys.executable).with_name("dbt"), *command, "--select", *chosen, *paths],
        cwd=PROJECT,
        env=os.environ | {"DBT_PROFILES_DIR": "profiles"},
        capture_output=True,
        text=True,
        check=True,
    )
    kept = set(said.stdout.split())
    project = copy_project(folder / "project")
    for pattern in ("models/**/*.sql", "python_models/**/*.*", "seeds/**/*.csv"):
        for file in project.glob(pattern):
            if file.is_file() and file.stem not in kept:
                for ending in (".sql", ".py", ".csv", ".yml"):
                    file.with_suffix(ending).unlink(missing_ok=True)
    for part in ("tests/singular", "analyses"):
        for file in (project / part).glob("*.sql"):
            file.unlink()
    return project


@dataclass
class Stage:
    """`headwater` over a landing zone that fills day by day.

    Attributes:
        folder: holds the project, the exports, the landing zone and the warehouse.
        environment: what every command gets beside the environment of this process.
    """

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def exports(self) -> Path:
        return self.folder / "exports"

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse" / "build.duckdb"

    @property
    def generations(self) -> Generations:
        return Generations(self.warehouse.parent)

    @classmethod
    def make(cls, folder: Path, days: int, scale: float) -> Stage:
        """A stage on which nothing has landed."""
        stage = cls(folder)
        part_of_project(folder)
        contract = load_contract(stage.project)
        simulate(Settings(scale, days, "2025-01-01", 7), contract, stage.exports)
        initialise(stage.landing, tables_of(contract))
        stage.warehouse.parent.mkdir()
        return stage

    def days(self) -> list[str]:
        """Every day on which events land."""
        files = self.exports.glob("*/*/landed_date=*/simulated-*.parquet")
        return sorted({file.parent.name for file in files})

    def land(self, day: int) -> None:
        """Let what lands on a day land; from the last day on, nothing is new."""
        for name in self.days()[day : day + 1]:
            for file in self.exports.glob(f"*/*/{name}/*.parquet"):
                target = self.landing / file.relative_to(self.exports)
                target.parent.mkdir(exist_ok=True)
                shutil.copy(file, target)

    def start(self, *command: str, **given: str) -> subprocess.Popen[str]:
        """Start `headwater` in a process group of its own."""
        headwater = Path(sys.executable).with_name("headwater")
        places = ["--project-dir", str(self.project), "--landing-root", str(self.landing)]
        return subprocess.Popen(
            [headwater, *places, *command],
            env=os.environ
            | {"HEADWATER_WAREHOUSE": str(self.warehouse), "DBT_PROFILES_DIR": "profiles"}
            | self.environment
            | given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str, **given: str) -> tuple[int, str]:
        """Exit code and output of `headwater`."""
        process = self.start(*command, **given)
        output, _ = process.communicate()
        return process.returncode, output

    def kill(self, after_seconds: float, *command: str) -> bool:
        """Kill `headwater` and what it started; whether it still ran."""
        process = self.start(*command)
        end = time.monotonic() + after_seconds
        while time.monotonic() < end and process.poll() is None:
            time.sleep(0.01)
        is_running = process.poll() is None
        if is_running:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return is_running

    def require_whole(self) -> int:
        """The published generation, after every count in it was found right.

        Raises:
            FaultError: it cannot be read, or is not wholly of one generation.
        """
        file = self.generations.published
        with duckdb.connect(str(file), read_only=True) as reader:
            ((generation,),) = reader.execute(
                "select max(generation) from marts.publications"
            ).fetchall()
            told = reader.execute(
                "select relation_name, row_count from marts.published_relations"
                " where generation = ?",
                [generation],
            ).fetchall()
            require(len(told) >= 2, "no relations are published")
            for name, count in told:
                for place in (f"marts.{name}", f"'{file.parent}/parquet/{name}.parquet'"):
                    found = reader.execute(f"select count(*) from {place}").fetchall()[0][0]
                    require(found == count, f"{place} has {found} rows, {count} were published")
        return int(generation)

    def landed_count(self) -> int:
        """Rows of events in the landing zone."""
        with duckdb.connect() as connection:
            ((count,),) = connection.execute(
                f"""
                select coalesce(sum(num_rows), 0)
                from parquet_file_metadata('{self.landing}/*/*/landed_date=*/*.parquet')
                where regexp_matches(file_name, '/({EVENT_TABLES})/landed_date=')
                """
            ).fetchall()
        return int(count)

    def heal(self) -> int:
        """Build and publish; the generation, in which every landed row must be accounted for."""
        before = self.require_whole() if self.generations.published.exists() else 0
        code, output = self.run("build")
        require(code == 0, f"the next build ends with {code}: {output[-1500:]}")
        generation = self.require_whole()
        require(generation > before, "nothing was published")
        with duckdb.connect(str(self.generations.published), read_only=True) as reader:
            ((landed, built),) = reader.execute(
                "select sum(landed_count), sum(event_count + duplicate_count + rejected_count)"
                " from marts.landed_rows_by_day"
            ).fetchall()
        count = self.landed_count()
        require(landed == built == count, f"{count} rows landed, {landed} known, {built} built")
        return generation
