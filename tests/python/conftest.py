"""What the tests share: the contract, simulated companies, and warehouses built over them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from headwater.landing.contract import Source, load_contract
from headwater.simulate.run import Settings, simulate

PROJECT = Path(__file__).resolve().parents[2]
SAMPLES = PROJECT.parent / "shared" / "fixtures"
# Over little data Java is quicker without its second compiler, but then keeps only 48 MB for code,
# which the statements of a build fill.
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"


@pytest.fixture(scope="session")
def contract() -> dict[str, Source]:
    return load_contract(PROJECT)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> Path:
    """Landing root of five weeks of the company: every flaw and every experiment occurs in it."""
    root = tmp_path_factory.mktemp("company") / "landing"
    simulate(Settings(scale=0.01, days=35, start="2025-01-01", seed=7), contract, root)
    return root


@pytest.fixture(scope="session")
def company_year(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> Path:
    """Landing root of a whole year, for what the yearly volumes say."""
    root = tmp_path_factory.mktemp("company_year") / "landing"
    simulate(Settings(scale=0.01, days=365, start="2025-01-01", seed=11), contract, root)
    return root


@pytest.fixture(scope="session")
def company_warehouse(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Warehouse built and tested over the five weeks."""
    return build(company, tmp_path_factory.mktemp("company_warehouse"))


@dataclass(frozen=True)
class Dbt:
    """dbt over a landing root; `folder` takes the warehouse and what dbt itself writes."""

    landing_root: Path
    folder: Path
    target: str = "dev"
    settings: Mapping[str, str] = field(default_factory=dict)
    project: Path = PROJECT

    @property
    def warehouse(self) -> Path:
        """DuckDB's file; Spark's tables are in the folder `spark` beside it."""
        return self.folder / "warehouse.duckdb"

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start a dbt command, for instance `build`."""
        environment = os.environ | {
            "LANDING_ROOT": str(self.landing_root),
            "HEADWATER_WAREHOUSE": str(self.warehouse),
            "HEADWATER_SPARK_HOME": str(self.folder / "spark"),
            "DBT_PROFILES_DIR": str(self.project / "profiles"),
            "DO_NOT_TRACK": "1",
            **self.settings,
        }
        dbt = Path(sys.executable).with_name("dbt")
        paths = ["--target-path", self.folder / "target", "--log-path", self.folder / "logs"]
        command = [dbt, *arguments, "--target", self.target, *paths]
        return subprocess.Popen(command, cwd=self.project, env=environment, text=True, **options)

    def run(self, *arguments: str) -> str:
        """What a dbt command prints; the test fails with it if the command does."""
        process = self.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output, _ = process.communicate()
        if process.returncode:
            pytest.fail(f"dbt {arguments[0]} failed over {self.landing_root}:\n{output[-6000:]}")
        return output


def build(landing_root: Path, folder: Path) -> Path:
    """Build and test everything over a landing root; the warehouse."""
    dbt = Dbt(landing_root, folder)
    dbt.run("build")
    return dbt.warehouse


def query(sql: str, warehouse: Path | None = None) -> list[tuple]:
    """Rows of a query, over Parquet files or a warehouse."""
    with duckdb.connect(
        str(warehouse or ":memory:"), read_only=warehouse is not None
    ) as connection:
        return connection.sql(sql).fetchall()
