"""Build a part of the warehouse, as the benchmarks that need one do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def build(landing: Path, warehouse: Path, selection: str) -> None:
    """Load the seeds and run the models of a selection, without tests.

    dbt's target and logs go beside the warehouse. Raises CalledProcessError when dbt fails.
    """
    environment = os.environ | {
        "DBT_PROFILES_DIR": "profiles",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "HEADWATER_WAREHOUSE": str(warehouse.resolve()),
        "LANDING_ROOT": str(landing.resolve()),
    }
    folder = warehouse.resolve().parent
    paths = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    dbt = Path(sys.executable).with_name("dbt")
    for command in (["seed"], ["run", "--select", selection]):
        subprocess.run([dbt, "--quiet", *command, *paths], cwd=PROJECT, env=environment, check=True)
