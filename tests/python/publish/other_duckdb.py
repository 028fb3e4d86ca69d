"""A Python with another DuckDB than the project's, which uv fetches and throws away."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.python.conftest import PROJECT


def run_with(
    wheels: Sequence[str],
    script: str,
    *arguments: object,
    folder: Path,
    environment: Mapping[str, object] | None = None,
) -> str:
    """What a script prints that is run in a folder with these wheels and nothing else.

    The test fails with what it complains of if it does, and is skipped where there is no uv.
    """
    uv = PROJECT / ".tools" / "bin" / "uv"
    if not uv.exists():
        pytest.skip("uv, which `make setup` installs, fetches another DuckDB")
    asked = [part for wheel in wheels for part in ("--with", wheel)]
    given = [f"{name}={value}" for name, value in (environment or {}).items()]
    python = ["env", *given, "python", "-c", script, *map(str, arguments)]
    done = subprocess.run(
        [uv, "run", "--no-project", "--isolated", *asked, *python],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
