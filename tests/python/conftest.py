"""What the tests share: the contract, simulated companies, and warehouses built over them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from headwater.landing.contract import Source, load_contract
from headwater.simulate.run import Settings, simulate

PROJECT = Path(__file__).resolve().parents[2]
SAMPLES = PROJECT.parent / "shared" / "fixtures"


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


def build(landing_root: Path, folder: Path) -> Path:
    """Run `dbt build` over a landing root; the warehouse, or a failure that shows dbt's output."""
    warehouse = folder / "warehouse.duckdb"
    environment = os.environ | {
        "LANDING_ROOT": str(landing_root),
        "HEADWATER_WAREHOUSE": str(warehouse),
        "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
        "DO_NOT_TRACK": "1",
    }
    dbt = Path(sys.executable).with_name("dbt")
    command = [dbt, "build", "--target-path", folder / "target", "--log-path", folder / "logs"]
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(
            f"dbt build failed over {landing_root}:\n{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
        )
    return warehouse


def query(sql: str, warehouse: Path | None = None) -> list[tuple]:
    """Rows of a query, over Parquet files or a warehouse."""
    with duckdb.connect(
        str(warehouse or ":memory:"), read_only=warehouse is not None
    ) as connection:
        return connection.sql(sql).fetchall()
