"""From runs to medians, and from medians to `results.md`.

The figures are kept in a JSON file beside the table, so that running one job again leaves the
others' rows as they are. Every job says when, where and at which commit it was measured.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from bench.jobs import Job
from bench.measure import Measurement

PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "pyarrow", "numpy", "polars", "chdb", "chdb-core")
HEADER = """# Benchmark

Written by `make bench`. Every job is a whole process, start-up included, and each figure is the
median of its runs, which alternate with the peers'. CPU counts user and system time of all the
job's processes. Peak is the largest sum of their resident memory, sampled every 50 ms. A ratio, in
a peer's row, is ours divided by that peer's: below 1 we are cheaper. MB is a million bytes.

| job | rows | wall s | range s | CPU s | peak MB | rows/s | wall ratio | CPU ratio | peak ratio |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""


@dataclass(frozen=True)
class Run:
    """One run of one side: its cost, the rows it left behind, and what they add up to."""

    cost: Measurement
    rows: int
    checksum: str = ""


@dataclass(frozen=True)
class Side:
    """Medians over the runs of a job or of a peer."""

    name: str
    command: str
    rows: int
    wall_seconds: float
    wall_lowest: float
    wall_highest: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Result:
    """One job's figures and its peers', and the checksum that all their runs had."""

    description: str
    repeats: int
    checksum: str
    ours: Side
    peers: tuple[Side, ...]


def result_of(job: Job, runs: Sequence[Sequence[Run]]) -> Result:
    """Medians of a job's runs, which are the first, and of each peer's."""
    environment = "".join(f"{name}={value} " for name, value in job.env.items())
    ours, *others = runs
    return Result(
        description=job.description,
        repeats=len(ours),
        checksum=ours[0].checksum,
        ours=_side(job.name, environment + job.command, ours),
        peers=tuple(
            _side(peer.name, peer.command, of_peer)
            for peer, of_peer in zip(job.peers, others, strict=True)
        ),
    )


def ratios(ours: Side, peer: Side) -> tuple[float, float, float]:
    """Wall, CPU and peak memory of the job divided by the peer's."""
    return (
        ours.wall_seconds / peer.wall_seconds,
        ours.cpu_seconds / peer.cpu_seconds,
        ours.peak_bytes / peer.peak_bytes,
    )


def write_results(file: Path, result: Result, project: Path) -> None:
    """Put one job's figures into the results file and its JSON, in place of its earlier ones."""
    data = file.with_suffix(".json")
    records = json.loads(data.read_text(encoding="utf-8")) if data.exists() else {}
    records[result.ours.name] = asdict(result) | {"circumstances": _circumstances(project)}
    data.write_text(json.dumps(records, indent=2) + "\n", encoding="utf-8")
    file.write_text(_rendered(records), encoding="utf-8")


def _side(name: str, command: str, runs: Sequence[Run]) -> Side:
    walls = [run.cost.wall_seconds for run in runs]
    return Side(
        name=name,
        command=command,
        rows=int(median(run.rows for run in runs)),
        wall_seconds=median(walls),
        wall_lowest=min(walls),
        wall_highest=max(walls),
        cpu_seconds=median(run.cost.cpu_seconds for run in runs),
        peak_bytes=int(median(run.cost.peak_bytes for run in runs)),
    )


def _rendered(records: dict[str, dict[str, Any]]) -> str:
    rows, notes = [], []
    for record in records.values():
        result = _result(record)
        rows.append(_row(result.ours, [""] * 3))
        for peer in result.peers:
            cells = [f"{ratio:.2f}" for ratio in ratios(result.ours, peer)]
            rows.append(_row(peer, cells, prefix="peer: "))
        notes.append(_note(result, record["circumstances"]))
    return HEADER + "\n".join(rows) + "\n\n" + "\n\n".join(notes) + "\n"


def _result(record: dict[str, Any]) -> Result:
    return Result(
        description=record["description"],
        repeats=record["repeats"],
        checksum=record["checksum"],
        ours=Side(**record["ours"]),
        peers=tuple(Side(**peer) for peer in record["peers"]),
    )


def _row(side: Side, ratio_cells: list[str], prefix: str = "") -> str:
    cells = [
        prefix + side.name,
        f"{side.rows:,}",
        f"{side.wall_seconds:.2f}",
        f"{side.wall_lowest:.2f} to {side.wall_highest:.2f}",
        f"{side.cpu_seconds:.2f}",
        f"{side.peak_bytes / 1e6:,.0f}",
        f"{side.rows / side.wall_seconds:,.0f}",
        *ratio_cells,
    ]
    return f"| {' | '.join(cells)} |"


def _note(result: Result, circumstances: dict[str, str]) -> str:
    commands = [f"    {side.command}" for side in (result.ours, *result.peers)]
    lines = [f"- {name}: {value}" for name, value in circumstances.items()]
    if result.checksum:
        lines.append(f"- rows and checksum after every run of every side: {result.checksum}")
    runs = "1 run" if result.repeats == 1 else f"{result.repeats} runs"
    return "\n".join(
        [f"## {result.ours.name}", "", f"{result.description} {runs}.", "", *commands, "", *lines]
    )


def _circumstances(project: Path) -> dict[str, str]:
    """When, where and on what a job was measured."""
    memory = psutil.virtual_memory().total / 1e9
    packages = ", ".join(
        f"{package} {version(package)}" for package in PACKAGES if _is_there(package)
    )
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(project),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}",
        "versions": f"Python {platform.python_version()}, {packages}",
    }


def _is_there(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _commit(project: Path) -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=project, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", ".", ":!bench/results.*")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" if changed else "")
