"""What the tests share: the contract, simulated companies, and warehouses built over them."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from headwater.landing.contract import Source, load_contract
from headwater.simulate.run import Settings, simulate
from tests.python import warm_dbt

PROJECT = Path(__file__).resolve().parents[2]
SAMPLES = PROJECT.parent / "shared" / "fixtures"
# What dbt reads of the project.
PROJECT_PARTS = (
    "dbt_project.yml", "profiles", "analyses", "macros", "models", "python_models", "seeds",
    "tests/generic", "tests/singular",
)  # fmt: skip
# Environment variable with the folder of what all processes of a run of pytest have in common.
SHARED = "HEADWATER_TESTS_SHARED"
LONGEST = {"test_replay.py", "test_spark_equals_duckdb.py"}
# Over little data Java is quicker without its second compiler, but then keeps only 48 MB for code,
# which the statements of a build fill.
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no process ends with them while the other has nothing to do."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def contract() -> dict[str, Source]:
    return load_contract(PROJECT)


@pytest.fixture(scope="session", autouse=True)
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that SHARED names."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    folder.mkdir(exist_ok=True)
    os.environ[SHARED] = str(folder)
    return folder


def once(folder: Path, make: Callable[[Path], object]) -> Path:
    """A folder that several processes need; who comes second waits, and finds it made."""
    made = folder.with_suffix(".made")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make(folder)
            made.touch()
    return folder


@pytest.fixture(scope="session")
def company(shared: Path, contract: dict[str, Source]) -> Path:
    """Landing root of five weeks of the company: every flaw and every experiment occurs in it."""
    settings = Settings(scale=0.01, days=35, start="2025-01-01", seed=7)
    return once(shared / "company", lambda folder: simulate(settings, contract, folder))


@pytest.fixture(scope="session")
def company_year(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> Path:
    """Landing root of a whole year, for what the yearly volumes say."""
    root = tmp_path_factory.mktemp("company_year") / "landing"
    simulate(Settings(scale=0.01, days=365, start="2025-01-01", seed=11), contract, root)
    return root


@pytest.fixture(scope="session")
def company_warehouse(company: Path, shared: Path) -> Path:
    """Warehouse built and tested over the five weeks; the unit tests run here and only here."""
    folder = shared / "company_warehouse"
    once(folder, lambda folder: Dbt(company, folder).run("build"))
    return Dbt(company, folder).warehouse


@dataclass(frozen=True)
class Dbt:
    """dbt over a landing root; `folder` takes the warehouse and what dbt itself writes.

    dbt runs in a folder of links to the project and to the landing root, so that all it reads has
    the same names in every test: what one has parsed, the others need not parse again.
    """

    landing_root: Path
    folder: Path
    target: str = "dev"
    settings: Mapping[str, str] = field(default_factory=dict)
    project: Path = PROJECT

    @property
    def warehouse(self) -> Path:
        """DuckDB's file; Spark's tables are in the folder `spark` beside it."""
        return self.folder / "warehouse.duckdb"

    @property
    def linked(self) -> Path:
        """Where dbt runs, and what the paths in a warehouse's views start from."""
        return self.folder / "linked"

    @property
    def parsed(self) -> Path:
        """What dbt keeps of a parse."""
        return self.folder / "target" / "partial_parse.msgpack"

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start a dbt command, for instance `build`."""
        self._prepare()
        dbt = Path(sys.executable).with_name("dbt")
        command = [dbt, *arguments, *self._options]
        environment = os.environ | self._environment
        return subprocess.Popen(command, cwd=self.linked, env=environment, text=True, **options)

    def run(self, *arguments: str) -> str:
        """What a dbt command prints; the test fails with it if the command does."""
        self._prepare()
        return self._finished(*arguments)

    def complain(self, *arguments: str) -> str:
        """What a dbt command that has to fail prints, on one line."""
        self._prepare()
        code, output = self._ended(*arguments)
        assert code, output
        return " ".join(output.split())

    def make(self, *selected: str) -> None:
        """Load the seeds and build the models of a selection, without tests."""
        tests = ["--exclude", "resource_type:test", "resource_type:unit_test"]
        self.run("build", *(["--select", *selected] if selected else []), *tests)

    def _prepare(self) -> None:
        """Link what dbt reads, and give it a parse of it."""
        self._link()
        if not self.parsed.exists():
            self.parsed.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self._parsed_once(), self.parsed)

    def _parsed_once(self) -> Path:
        """A parse of the project, made by whichever test is first to need these settings."""
        settings = json.dumps([self.target, *sorted(self.settings.items())])
        name = f"parse_{hashlib.sha256(settings.encode()).hexdigest()[:16]}"
        folder = Path(os.environ[SHARED]) / name
        first = Dbt(folder / "nothing", folder, self.target, self.settings)

        def parse(_: Path) -> None:
            first._link()
            first._finished("parse", "--quiet")

        once(folder, parse)
        return first.parsed

    def _link(self) -> None:
        self.linked.mkdir(parents=True, exist_ok=True)
        # dbt follows no link below the folder of tests, so that folder is linked as a whole.
        links = {name: self.project / name for name in (Path(p).parts[0] for p in PROJECT_PARTS)}
        for name, path in (links | {"landing": self.landing_root}).items():
            link = self.linked / name
            if path.exists() and not link.is_symlink():
                link.parent.mkdir(exist_ok=True)
                link.symlink_to(path.resolve())

    @property
    def _options(self) -> list[str]:
        return ["--target", self.target, "--target-path", "../target", "--log-path", "../logs"]

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "LANDING_ROOT": "landing",
            "HEADWATER_WAREHOUSE": f"../{self.warehouse.name}",
            "HEADWATER_SPARK_HOME": "../spark",
            "DBT_PROFILES_DIR": "profiles",
            "DBT_LOG_LEVEL_FILE": "none",
            "DO_NOT_TRACK": "1",
            **self.settings,
        }

    def _ended(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output of a dbt command."""
        output = self.folder / "output.txt"
        command = [*arguments, *self._options]
        code = warm_dbt.run(command, self.linked, os.environ | self._environment, output)
        return code, output.read_text()

    def _finished(self, *arguments: str) -> str:
        code, output = self._ended(*arguments)
        if code:
            command = " ".join(arguments[:2])
            pytest.fail(f"dbt {command} failed over {self.landing_root}:\n{output[-6000:]}")
        return output


def copy_project(folder: Path) -> Path:
    """A copy of what dbt reads of the project, for a test that changes its seeds or settings."""
    for part in PROJECT_PARTS:
        copy = shutil.copytree if (PROJECT / part).is_dir() else shutil.copy
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        copy(PROJECT / part, folder / part)
    return folder


def build(landing_root: Path, folder: Path, *without: str) -> Path:
    """Build everything over a landing root and test its data; the warehouse.

    `without` selects tests that have nothing to say there.
    """
    dbt = Dbt(landing_root, folder)
    excluded = ["--exclude", *without] if without else []
    dbt.run("build", "--exclude-resource-type", "unit_test", *excluded)
    return dbt.warehouse


def compiled(warehouse: Path, name: str) -> str:
    """A model's query, as dbt ran it over the warehouse."""
    (path,) = (warehouse.parent / "target" / "compiled").glob(f"*/models/*/*/{name}.sql")
    return re.sub(r'"[^".]+"\.("intermediate"|"marts"|"seeds")', r"\1", path.read_text())


def query(sql: str, warehouse: Path | None = None) -> list[tuple]:
    """Rows of a query, over Parquet files or a warehouse."""
    with duckdb.connect(
        str(warehouse or ":memory:"), read_only=warehouse is not None
    ) as connection:
        if warehouse is not None:
            connection.execute(f"set file_search_path = '{warehouse.parent / 'linked'}'")
        return connection.sql(sql).fetchall()


def row_counts(warehouse: Path, relations: Iterable[str]) -> dict[str, int]:
    """How many rows each relation has; of all in one query, as a file takes long to open."""
    counts = (f"select '{name}', count(*) from {name}" for name in relations)
    return dict(query(" union all ".join(counts), warehouse))
