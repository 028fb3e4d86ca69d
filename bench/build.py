"""Build a part of the warehouse, as the benchmarks that need one do."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

from headwater.publish.build import environment_of, run_dbt

PROJECT = Path(__file__).resolve().parents[1]


def dbt(landing: Path, warehouse: Path, *command: str) -> None:
    """Run a dbt command; its target and logs go beside the warehouse.

    Raises RuntimeError when it fails.
    """
    paths = _paths(warehouse)
    if run_dbt(PROJECT, landing.resolve(), warehouse.resolve(), *command, *paths):
        raise RuntimeError(f"dbt {' '.join(command)} failed over {landing}")


def build(landing: Path, warehouse: Path, selection: str) -> None:
    """Load the seeds and run the models of a selection, without tests, as `dbt` does."""
    dbt(landing, warehouse, "seed")
    dbt(landing, warehouse, "run", "--select", selection)


def loaded_dbt(landing: Path, warehouse: Path) -> Callable[..., None]:
    """Run many dbt commands over the same two paths, whatever lies there, loaded and parsed once.

    Each command runs in a fork of this process, which keeps nothing of it. What is called has the
    arguments of a command, and raises RuntimeError when it fails.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    os.environ |= environment_of(PROJECT, landing.resolve(), warehouse.resolve())
    options = ["--project-dir", str(PROJECT), *_paths(warehouse)]
    parsed = dbtRunner().invoke(["--quiet", "parse", *options])
    manifest = parsed.result
    if not isinstance(manifest, Manifest):
        raise RuntimeError(f"dbt cannot parse the project: {parsed.exception}")

    def run(command: tuple[str, ...]) -> None:
        result = dbtRunner(manifest=manifest).invoke(["--quiet", *command, *options])
        # What a fork leaves open is not written.
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        raise SystemExit(not result.success)

    def dbt(*command: str) -> None:
        process = multiprocessing.get_context("fork").Process(target=run, args=(command,))
        process.start()
        process.join()
        if process.exitcode:
            raise RuntimeError(f"dbt {' '.join(command)} failed over {landing}")

    return dbt


def _paths(warehouse: Path) -> list[str]:
    folder = warehouse.parent.resolve()
    return ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
