"""The jobs of `jobs.toml`, read and checked. Nothing here runs them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


class JobError(ValueError):
    """A job is unknown, badly described, or failed; the message names it."""


@dataclass(frozen=True)
class Peer:
    """Another way to the same rows, run beside the job."""

    name: str
    command: str


@dataclass(frozen=True)
class Job:
    """One thing to time.

    `{work}` in a text is a folder that all runs of the job share, `{run}` one that each run has to
    itself, new and empty, and `{data}` one that outlives the job: see `bench.run`. `prepare` fills
    `{work}` once and is not timed. `rows` is a command that prints a number, or a query that starts
    with `select`. `checksum` is a query that must find the same after every run of every side.
    """

    name: str
    description: str
    command: str
    rows: str
    prepare: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    peers: tuple[Peer, ...] = ()
    checksum: str = ""


def load_jobs(file: Path) -> dict[str, Job]:
    """Read all jobs, in the file's order.

    Raises:
        JobError: a job lacks a key or has one that does not exist.
    """
    tables = tomllib.loads(file.read_text(encoding="utf-8"))["jobs"]
    return {name: _job(name, table) for name, table in tables.items()}


def choose(jobs: dict[str, Job], names: Sequence[str]) -> list[Job]:
    """The named jobs, or all of them when none is named.

    Raises:
        JobError: a name is not a job's.
    """
    if unknown := [name for name in names if name not in jobs]:
        raise JobError(f"unknown job {', '.join(unknown)}; known jobs: {', '.join(jobs)}")
    return [jobs[name] for name in names or jobs]


def _job(name: str, table: dict[str, Any]) -> Job:
    known = {key.name for key in fields(Job)} - {"name"}
    if odd := sorted(set(table) - known):
        raise JobError(f"job {name}: unknown key {', '.join(odd)}")
    if missing := sorted({"description", "command", "rows"} - set(table)):
        raise JobError(f"job {name}: missing key {', '.join(missing)}")
    given = table | {
        "prepare": tuple(table.get("prepare", ())),
        "peers": tuple(Peer(**peer) for peer in table.get("peers", ())),
    }
    return Job(name=name, **given)
