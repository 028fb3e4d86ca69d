"""Run dbt over a landing root and a warehouse, and say what went wrong in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb

# What DuckDB says of a file that it cannot read, however often it is asked.
CORRUPT = (
    "not a valid DuckDB database file",
    "Corrupt database file",
    "Could not read enough bytes from file",
)
FAILED = ("error", "fail", "runtime error", "partial success")


def run_dbt(project_dir: Path, landing_root: Path, warehouse: Path, *arguments: str) -> int:
    """Run a dbt command, which prints only what fails; its exit code.

    Its log has a JSON object a line, unless DBT_LOG_FORMAT_FILE says otherwise.
    """
    environment = os.environ | environment_of(project_dir, landing_root, warehouse)
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", *arguments]
    return subprocess.run(command, cwd=project_dir, env=environment, check=False).returncode


def environment_of(project_dir: Path, landing_root: Path, warehouse: Path) -> dict[str, str]:
    """Variables that dbt takes its paths and the form of its log from."""
    return {
        "DBT_LOG_FORMAT_FILE": os.environ.get("DBT_LOG_FORMAT_FILE", "json"),
        "LANDING_ROOT": seen_from(project_dir, landing_root),
        "HEADWATER_WAREHOUSE": seen_from(project_dir, warehouse),
        "DBT_PROFILES_DIR": profiles_dir(),
    }


def profiles_dir() -> str:
    """Where dbt reads profiles.yml, as seen from the project."""
    return os.environ.get("DBT_PROFILES_DIR", "profiles")


def corruption(warehouse: Path) -> str | None:
    """Why a warehouse can never be opened; None if it can, or only not now.

    It is opened to be written, and its record of runs read, as dbt does first. Damage further in
    shows when a model reads it: then it is among the failures.
    """
    if not warehouse.exists():
        return None
    try:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("from state.runs").fetchall()
            return None
    except duckdb.Error as error:
        return str(error) if is_corruption(str(error)) else None


def is_corruption(message: str) -> bool:
    """Whether a message says that the warehouse is damaged."""
    return any(words in message for words in CORRUPT)


def seen_from(folder: Path, path: Path) -> str:
    """A path as it is written by who works in another folder; an absolute one stays."""
    return str(path) if path.is_absolute() else os.path.relpath(path, folder)


def failures(run_results: Path) -> list[str]:
    """What failed in the run that wrote the file, a line each; empty if it cannot be read."""
    try:
        results = json.loads(run_results.read_text("utf-8"))["results"]
    except (OSError, ValueError, KeyError):
        return []
    lines = []
    for result in results:
        if result["status"] in FAILED:
            message = " ".join(str(result.get("message") or "").split())
            lines.append(f"{result['unique_id']}: {message}")
    return lines


def code_commit(project_dir: Path) -> str | None:
    """The project's commit, with `+` where files differ from it; None outside a git repository."""
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"],
            cwd=project_dir,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return said.stdout.strip()
