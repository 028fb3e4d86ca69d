"""`python -m bench.run [JOB…]`: time jobs and write `bench/results.md`.

HEADWATER_BENCH_DATA names the folder that `{data}` stands for in a job: what takes long to make is
made there once and found again by later jobs. Without it every job has one of its own in `{work}`.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from bench.jobs import Job, JobError, choose, load_jobs
from bench.measure import CommandError, Measurement, measure
from bench.report import Result, Run, result_of, write_results

PROJECT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen jobs; 0 when all of them passed."""
    options = _parser().parse_args(arguments)
    try:
        for job in choose(load_jobs(options.jobs), options.job):
            result = run_job(job, options.repeats, options.work)
            write_results(options.results, result, PROJECT)
            print(f"{job.name}: {result.ours.wall_seconds:.1f} s, median of {options.repeats}")
    except JobError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def run_job(job: Job, repeats: int, parent: Path | None = None) -> Result:
    """Time a job, and its peers by turns with it, so that a drift of the machine hits all.

    Args:
        job: what to run.
        repeats: runs of each side, at least 1.
        parent: where the working folder is made; None is the machine's temporary folder.

    Raises:
        JobError: a command failed; the message names job, command and exit code. Or a run left
            another result than the first one did.
    """
    if repeats < 1:
        raise JobError(f"repeats must be at least 1, got {repeats}")
    commands = [job.command, *(peer.command for peer in job.peers)]
    runs: list[list[Run]] = [[] for _ in commands]
    checksum = None
    with tempfile.TemporaryDirectory(prefix="headwater-bench-", dir=parent) as name:
        work = Path(name)
        for command in job.prepare:
            _measured(job, command, work, work)
        for turn in range(repeats):
            sides = range(len(commands))
            for side in sides if turn % 2 == 0 else reversed(sides):
                run = _run(job, commands[side], work)
                checksum = checksum or run.checksum
                if run.checksum != checksum:
                    raise JobError(
                        f"job {job.name}: {commands[side]}: left {run.checksum}, where the first"
                        f" run left {checksum}"
                    )
                runs[side].append(run)
    return result_of(job, runs)


def _run(job: Job, command: str, work: Path) -> Run:
    folder = work / "run"
    folder.mkdir()
    cost = _measured(job, command, work, folder)
    rows = _row_count(job, work, folder)
    checksum = _found(_filled(job.checksum, work, folder)) if job.checksum else ()
    shutil.rmtree(folder)
    return Run(cost, rows, ", ".join(str(value) for value in checksum))


def _measured(job: Job, command: str, work: Path, run: Path) -> Measurement:
    try:
        return measure(
            shlex.split(_filled(command, work, run)),
            folder=PROJECT,
            environment=_environment(job, work, run),
        )
    except CommandError as error:
        raise JobError(f"job {job.name}: {command}: {error}") from error


def _row_count(job: Job, work: Path, run: Path) -> int:
    text = _filled(job.rows, work, run)
    if text.lstrip().lower().startswith("select"):
        return int(_found(text)[0] or 0)
    environment = _environment(job, work, run)
    done = subprocess.run(
        shlex.split(text), cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode or not done.stdout.strip().isdigit():
        raise JobError(f"job {job.name}: rows: {job.rows}: printed no number but {done.stdout!r}")
    return int(done.stdout)


def _found(query: str) -> tuple[Any, ...]:
    with duckdb.connect() as connection:
        return connection.execute(query).fetchone() or (None,)


def _filled(text: str, work: Path, run: Path) -> str:
    data = Path(os.environ.get("HEADWATER_BENCH_DATA") or work / "data").resolve()
    for name, folder in (("{work}", work), ("{run}", run), ("{data}", data)):
        text = text.replace(name, str(folder))
    return text


def _environment(job: Job, work: Path, run: Path) -> dict[str, str]:
    """Our variables, the job's on top, and this interpreter's folder first on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    own = {name: _filled(value, work, run) for name, value in job.env.items()}
    return os.environ | {"PATH": path} | own


def _parser() -> argparse.ArgumentParser:
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("job", nargs="*", help="names from jobs.toml; none means all")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each side (3)")
    parser.add_argument("--jobs", type=Path, default=here / "jobs.toml", help="the jobs' file")
    parser.add_argument("--results", type=Path, default=here / "results.md", help="file to write")
    parser.add_argument("--work", type=Path, help="where to put working folders (temporary)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
