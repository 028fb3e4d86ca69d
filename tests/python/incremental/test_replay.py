"""Incremental equals full refresh: day by day, twice, out of order, and killed half way."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from headwater.landing.contract import Source
from headwater.simulate.run import Settings, simulate
from tests.python.conftest import copy_project, query
from tests.python.experiments.seeds import with_simulated_dates
from tests.python.incremental.replay import REMEMBERING, Replay, differences

DAYS = 12
STORED = ("run", "--select", "path:models/intermediate", "path:models/marts", "path:python_models")
KILLS = 5  # `python -m tests.faults` kills more often


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> Path:
    """Twelve days of a small company; rows of the first day land ten days late."""
    root = tmp_path_factory.mktemp("whole") / "landing"
    simulate(Settings(scale=0.002, days=DAYS, start="2025-01-01", seed=5), contract, root)
    for table in ("amplitude/events", "mixpanel/events"):
        (first,) = (root / table / "landed_date=2025-01-01").glob("*.parquet")
        late = root / table / "landed_date=2025-01-11" / "simulated-late.parquet"
        rows = pq.read_table(first, partitioning=None)
        is_late = pc.equal(pc.bit_wise_and(rows["_row"], 3), 0)
        pq.write_table(rows.filter(is_late), late)
        pq.write_table(rows.filter(pc.invert(is_late)), first)
    return root


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, with experiments on the days on which the simulator runs them."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    with_simulated_dates(folder, "2025-01-01", DAYS, running=["search_ranking"])
    return folder


@pytest.fixture(scope="module")
def full(whole: Path, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Warehouse of one full build over everything."""
    replay = Replay(whole, tmp_path_factory.mktemp("full"), project)
    replay.land(*replay.days())
    replay.build()
    return replay.warehouse


@pytest.fixture(scope="module")
def replayed(whole: Path, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """A warehouse that was built after each day."""
    replay = Replay(whole, tmp_path_factory.mktemp("replayed"), project)
    *days, last_day = replay.days()
    for day in days:
        replay.land(day)
        replay.build(*REMEMBERING)
    replay.land(last_day)
    replay.build()
    return replay


def test_days_built_one_by_one_give_what_one_build_gives(replayed: Replay, full: Path) -> None:
    assert len(replayed.days()) == DAYS
    assert differences(replayed.warehouse, full) == {}


def test_runs_are_on_record(replayed: Replay) -> None:
    """The last of them built the table, so it has all others: the seeds, and the days."""
    ((runs, nodes, unequal),) = query(
        """
        select
            count(distinct invocation_id),
            count(*) filter (where node_name = 'int_landed_events' and status = 'success'),
            count(*) filter (where node_type = 'model' and execution_seconds <= 0)
        from marts.run_results
        """,
        replayed.warehouse,
    )
    assert (runs, nodes, unequal) == (DAYS, DAYS - 1, 0)
    counts = query(
        """
        select row_count, (select count(*) from intermediate.int_landed_events)
        from state.node_runs
        inner join state.runs using (invocation_id)
        where node_name = 'int_landed_events'
        order by started_at
        """,
        replayed.warehouse,
    )
    assert counts[-1][0] == counts[-1][1] > counts[0][0] > 0


def test_late_rows_reach_the_day_on_which_they_happened(replayed: Replay) -> None:
    ((count, sources),) = query(
        """
        select count(*), count(distinct source_name)
        from intermediate.int_events
        where event_date <= date '2025-01-01' and landed_date = date '2025-01-11'
        """,
        replayed.warehouse,
    )
    assert (count > 100, sources) == (True, 2)


def test_the_same_day_built_twice_changes_nothing(replayed: Replay, full: Path) -> None:
    replayed.build(*STORED)
    assert differences(replayed.warehouse, full) == {}


def test_days_that_land_out_of_order_give_the_same(
    whole: Path, full: Path, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    replay = Replay(whole, tmp_path_factory.mktemp("shuffled"), project)
    days = replay.days()
    random.Random(3).shuffle(days)
    assert days != sorted(days)
    for start in range(0, DAYS, 3):
        replay.land(*days[start : start + 3])
        replay.build(*REMEMBERING)
    replay.land(*sorted(days))  # entities follow the latest day: give them their last state
    replay.build()
    assert differences(replay.warehouse, full) == {}


def test_a_build_that_is_killed_and_run_again_gives_the_same(
    whole: Path, full: Path, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    replay = Replay(whole, tmp_path_factory.mktemp("killed"), project)
    days, dice = replay.days(), random.Random(11)
    replay.land(*days[:5])
    replay.build()
    replay.land(*days)
    started = time.monotonic()
    rehearsal = Replay(whole, tmp_path_factory.mktemp("rehearsal"), project)
    shutil.copytree(
        replay.folder,
        rehearsal.folder,
        ignore=shutil.ignore_patterns("linked"),
        dirs_exist_ok=True,
    )
    rehearsal.build(*STORED)
    length = time.monotonic() - started
    for _ in range(KILLS):
        _build_and_kill(replay, after_seconds=dice.uniform(0.2, 1.0) * length)
    replay.build(*STORED)
    assert differences(replay.warehouse, full) == {}


def test_landed_rows_that_vanish_stop_the_build(replayed: Replay) -> None:
    gone = replayed.root / "ga4" / "events" / "landed_date=2025-01-03"
    hidden = replayed.folder / "hidden"
    shutil.move(gone, hidden)
    try:
        with pytest.raises(
            pytest.fail.Exception, match=r"(?s)ga4 that landed on 2025-01-03.*full-refresh"
        ):
            replayed.build(*STORED)
    finally:
        shutil.move(hidden, gone)


def _build_and_kill(replay: Replay, after_seconds: float) -> None:
    """Start a build in a process group of its own, and kill the group."""
    process = replay.dbt.start(
        *STORED, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(after_seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
