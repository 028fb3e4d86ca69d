"""Build a part of the warehouse, as the benchmarks that need one do."""

from __future__ import annotations

from pathlib import Path

from headwater.publish.build import run_dbt

PROJECT = Path(__file__).resolve().parents[1]


def dbt(landing: Path, warehouse: Path, *command: str, beside: Path | None = None) -> None:
    """Run a dbt command.

    dbt's target and logs go into `beside`, or else beside the warehouse. Raises RuntimeError when
    it fails.
    """
    folder = (beside or warehouse.parent).resolve()
    paths = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    if run_dbt(PROJECT, landing.resolve(), warehouse.resolve(), *command, *paths):
        raise RuntimeError(f"dbt {' '.join(command)} failed over {landing}")


def build(landing: Path, warehouse: Path, selection: str) -> None:
    """Load the seeds and run the models of a selection, without tests, as `dbt` does."""
    dbt(landing, warehouse, "seed")
    dbt(landing, warehouse, "run", "--select", selection)
