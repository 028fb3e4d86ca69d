"""`python -m bench.run [JOB…]`: time jobs and write `bench/results.md`."""

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
    """Time a job, and its peer by turns with it, so that a drift of the machine hits both.

    Args:
        job: what to run.
        repeats: runs of each side, at least 1.
        parent: where the working folder is made; None is the machine's temporary folder.

    Raises:
        JobError: a command failed; the message names job, command and exit code.
    """
    if repeats < 1:
        raise JobError(f"repeats must be at least 1, got {repeats}")
    sides = {"ours": job.command} | ({"peer": job.peer.command} if job.peer else {})
    runs: dict[str, list[Run]] = {side: [] for side in sides}
    with tempfile.TemporaryDirectory(prefix="headwater-bench-", dir=parent) as name:
        work = Path(name)
        for command in job.prepare:
            _measured(job, command, work, work)
        for turn in range(repeats):
            order = list(sides) if turn % 2 == 0 else list(reversed(sides))
            for side in order:
                runs[side].append(_run(job, sides[side], work))
    return result_of(job, runs["ours"], runs.get("peer", []))


def _run(job: Job, command: str, work: Path) -> Run:
    folder = work / "run"
    folder.mkdir()
    cost = _measured(job, command, work, folder)
    rows = _row_count(job, work, folder)
    shutil.rmtree(folder)
    return Run(cost, rows)


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
        with duckdb.connect() as connection:
            found = connection.execute(text).fetchone()
        return int(found[0] or 0) if found else 0
    environment = _environment(job, work, run)
    done = subprocess.run(
        shlex.split(text), cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode or not done.stdout.strip().isdigit():
        raise JobError(f"job {job.name}: rows: {job.rows}: printed no number but {done.stdout!r}")
    return int(done.stdout)


def _filled(text: str, work: Path, run: Path) -> str:
    return text.replace("{work}", str(work)).replace("{run}", str(run))


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
