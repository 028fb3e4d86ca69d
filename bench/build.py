"""Build a part of the warehouse, as the benchmarks that need one do."""

from __future__ import annotations

from pathlib import Path

from headwater.publish.build import run_dbt

PROJECT = Path(__file__).resolve().parents[1]


def build(landing: Path, warehouse: Path, selection: str) -> None:
    """Load the seeds and run the models of a selection, without tests.

    dbt's target and logs go beside the warehouse. Raises RuntimeError when dbt fails.
    """
    folder = warehouse.resolve().parent
    paths = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    for command in (["seed"], ["run", "--select", selection]):
        if run_dbt(PROJECT, landing.resolve(), warehouse.resolve(), *command, *paths):
            raise RuntimeError(f"dbt {' '.join(command)} failed over {landing}")
