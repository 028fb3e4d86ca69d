"""Readers see whole, audited generations only, whatever happens to the one that is being made."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from headwater.cli import app
from headwater.landing.lock import alone
from headwater.publish.generations import GenerationError, Generations
from headwater.publish.publish import PublishError, publish
from tests.python.conftest import PROJECT
from tests.python.publish.other_duckdb import run_with

KILLS, READERS, PUBLICATIONS = 10, 8, 10
RUN = "('{id}', '{command}', {whole}, 'landing', '1.12', {start}, {end}, 5, 1, {failed})"


def run(number: int = 1, **given: object) -> str:
    start = f"timestamp '2025-01-01' + interval {number} hour"
    facts = {"id": f"run{number}", "command": "build", "whole": True, "failed": 0, "start": start}
    return RUN.format(**(facts | {"end": f"{start} + interval 1 minute"} | given))


def warehouse_of(folder: Path, *runs: str, rows: int = 1000) -> Path:
    """A warehouse with a table and a view over an intermediate, as dbt leaves them."""
    file = folder / "build.duckdb"
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            f"""
            create schema state; create schema intermediate; create schema marts;
            create table state.runs (
                invocation_id varchar, command varchar, is_whole boolean, landing_root varchar,
                dbt_version varchar, started_at timestamp, ended_at timestamp,
                passed_count bigint, warned_count bigint, failed_count bigint
            );
            create table intermediate.int_events as select i as event_id from range({rows}) t(i);
            create view marts.events as from intermediate.int_events;
            create table marts.sums as
            select sum(event_id) as total, count(*) as row_count from intermediate.int_events;
            comment on table marts.sums is 'It''s one row.';
            comment on column marts.sums.total is 'Sum.';
            comment on view marts.events is 'An event a row.';
            """
        )
        for row in runs:
            connection.execute(f"insert into state.runs values {row}")
    return file


def publish_rows(folder: Path, rows: int, **given: object) -> None:
    publish(warehouse_of(folder, run(**given), rows=rows), folder, memory_limit="1GB")


def answer(file: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_marts_are_published_as_tables_with_their_words_and_as_parquet(tmp_path: Path) -> None:
    publish_rows(tmp_path, 1000)
    file = tmp_path / "headwater.duckdb"
    assert answer(file, "select count(*), max(event_id) from marts.events") == [(1000, 999)]
    assert answer(file, "from marts.sums") == [(499500, 1000)]
    assert answer(file, "select distinct schema_name from duckdb_tables()") == [("marts",)]
    assert answer(file, "select comment from duckdb_tables() where table_name = 'sums'") == [
        ("It's one row.",)
    ]
    assert answer(file, "select comment from duckdb_tables() where table_name = 'events'") == [
        ("An event a row.",)
    ]
    assert answer(file, "select comment from duckdb_columns() where column_name = 'total'") == [
        ("Sum.",)
    ]
    parquet = tmp_path / "parquet" / "events.parquet"
    assert duckdb.sql(f"select count(*) from '{parquet}'").fetchall() == [(1000,)]
    assert not os.access(file, os.W_OK) or file.stat().st_mode & 0o222 == 0


def test_each_publication_says_what_was_built_from_what(tmp_path: Path) -> None:
    for number in (1, 2):
        warehouse = warehouse_of(tmp_path, run(number), rows=100 * number)
        publish(warehouse, tmp_path, memory_limit="1GB", code_commit=f"c{number}")
    file = tmp_path / "headwater.duckdb"
    columns = "generation, landing_root, invocation_id, code_commit, warned_count, row_count"
    assert answer(file, f"select {columns} from marts.publications order by 1") == [
        (1, "landing", "run1", "c1", 1, 101),
        (2, "landing", "run2", "c2", 1, 201),
    ]
    assert answer(file, "from marts.published_relations order by all") == [
        (1, "events", 100),
        (1, "sums", 1),
        (2, "events", 200),
        (2, "sums", 1),
    ]


def test_what_was_published_with_another_value_is_noted(tmp_path: Path) -> None:
    """Watched values by day, with the events behind them by landed day; the first has none yet."""
    landed = {"2025-01-01": "2025-01-01", "2025-01-02": "2025-01-02"}
    late = landed | {"2025-01-01": "2025-01-04"}
    for number, (commit, values, events) in enumerate(
        [
            ("c1", {}, landed),
            ("c1", {"2025-01-01": "5", "2025-01-02": "null"}, landed),
            ("c1", {"2025-01-01": "6", "2025-01-02": "null", "2025-01-03": "1"}, late),
            ("c1", {"2025-01-01": "6", "2025-01-02": "2", "2025-01-03": "1"}, late),
            ("c2", {"2025-01-02": "2", "2025-01-03": "3"}, late),
        ],
        1,
    ):
        warehouse = warehouse_of(tmp_path, run(number), rows=1)
        rows = ", ".join(f"(date '{day}', date '{on}')" for day, on in events.items())
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute(
                "create or replace view marts.events as"
                f" from (values {rows}) t(event_date, landed_date)"
            )
            if values:
                rows = ", ".join(f"('w', date '{day}', {value})" for day, value in values.items())
                connection.execute(
                    "create table marts.watched_values as"
                    f" from (values {rows}) t(watch_name, value_date, metric_value)"
                )
        publish(warehouse, tmp_path, memory_limit="1GB", code_commit=commit)
    assert answer(
        tmp_path / "headwater.duckdb",
        "select * replace (day(value_date) as value_date) from marts.restatements order by all",
    ) == [
        (3, "w", 1, 5, 6, 1, False),
        (4, "w", 2, None, 2, 0, False),
        (5, "w", 3, 1, 3, 0, True),
    ]


@pytest.mark.parametrize(
    ("runs", "reason"),
    [
        ((), "no dbt run is on record"),
        ((run(end="null"),), "did not end"),
        ((run(whole=False),), "a part of the project"),
        ((run(failed=3),), "ended with 3 failed"),
        ((run(1), run(2, command="run")), "`dbt run`, begun at 2025-01-01 02:00:00 UTC, built"),
        ((run(1), run(2, command="test", failed=1)), "`dbt test` at 2025-01-01 02:00:00 UTC"),
        ((run(2), run(1, failed=3)), "ended with 3 failed"),
        ((run(2), run(1, command="test", failed=1)), "`dbt test` at 2025-01-01 01:00:00 UTC"),
    ],
    ids=[
        "no_run",
        "killed",
        "part",
        "failed",
        "changed_since",
        "test_failed_since",
        "failed_with_the_clock_set_back",
        "test_failed_with_the_clock_set_back",
    ],
)
def test_what_was_not_audited_is_not_published(
    runs: tuple[str, ...], reason: str, tmp_path: Path
) -> None:
    publish_rows(tmp_path, 7)
    runs = tuple(row.replace("'run', True", "'run', False") for row in runs)
    with pytest.raises(PublishError, match=reason):
        publish(warehouse_of(tmp_path, *runs, rows=8), tmp_path, memory_limit="1GB")
    assert answer(tmp_path / "headwater.duckdb", "select count(*) from marts.events") == [(7,)]
    assert Generations(tmp_path).numbers() == [1]


def test_a_later_good_test_or_build_does_not_stand_in_the_way(tmp_path: Path) -> None:
    runs = (run(1, failed=2), run(2), run(3, command="test"))
    publish(warehouse_of(tmp_path, *runs), tmp_path, memory_limit="1GB")
    assert Generations(tmp_path).current() == 1


def test_a_warehouse_that_is_absent_empty_or_corrupt_is_told(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="does not exist"):
        publish(tmp_path / "build.duckdb", tmp_path, memory_limit="1GB")
    corrupt = tmp_path / "corrupt.duckdb"
    corrupt.write_bytes(random.Random(1).randbytes(100_000))
    with pytest.raises(PublishError, match="not a valid DuckDB"):
        publish(corrupt, tmp_path, memory_limit="1GB")
    empty = warehouse_of(tmp_path, run())
    with duckdb.connect(str(empty)) as connection:
        connection.execute("drop schema marts cascade")
    with pytest.raises(PublishError, match="no marts"):
        publish(empty, tmp_path, memory_limit="1GB")
    assert Generations(tmp_path).numbers() == []


def test_three_generations_stay_and_the_current_one_always(tmp_path: Path) -> None:
    for rows in range(1, 6):
        publish_rows(tmp_path, rows)
    generations = Generations(tmp_path)
    assert (generations.numbers(), generations.current()) == ([3, 4, 5], 5)
    assert generations.roll_back() == (5, 4)
    assert generations.roll_back() == (4, 3)
    assert answer(generations.published, "select count(*) from marts.events") == [(3,)]
    with pytest.raises(GenerationError, match="generation 3 is the oldest"):
        generations.roll_back()
    generations.prune(1)
    assert (generations.numbers(), generations.current()) == ([3, 5], 3)
    publish_rows(tmp_path, 9)
    assert (generations.numbers(), generations.current()) == ([3, 5, 6], 6)
    told = answer(generations.published, "select generation from marts.publications order by 1")
    assert [number for (number,) in told] == [1, 2, 3, 4, 5, 6]


def test_nothing_published_cannot_be_rolled_back(tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match="no published generation"):
        Generations(tmp_path).roll_back()


def test_a_corrupt_generation_does_not_stop_the_next(tmp_path: Path) -> None:
    publish_rows(tmp_path, 1)
    publish_rows(tmp_path, 2)
    file = Generations(tmp_path).path(2) / "headwater.duckdb"
    file.chmod(0o644)
    file.write_bytes(b"not a database")
    publish_rows(tmp_path, 3)
    told = answer(tmp_path / "headwater.duckdb", "select generation from marts.publications")
    assert sorted(told) == [(1,), (3,)]


def test_a_generation_damaged_beyond_its_books_does_not_stop_the_next(tmp_path: Path) -> None:
    """Its watched values can no longer be read: those of the one before count."""
    publish_rows(tmp_path, 1)
    publish_rows(tmp_path, 2)
    file = Generations(tmp_path).path(2) / "headwater.duckdb"
    file.chmod(0o644)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create or replace table marts.watched_values (watch_name varchar)")
        connection.execute("drop table if exists marts.events")
    publish_rows(tmp_path, 3)
    told = answer(tmp_path / "headwater.duckdb", "select generation from marts.publications")
    assert sorted(told) == [(1,), (3,)]


def test_a_disk_that_is_full_leaves_readers_what_they_had(tmp_path: Path) -> None:
    """A file-size limit stands in for the disk: the process gets the same kind of error."""
    publish_rows(tmp_path, 5)
    warehouse = warehouse_of(tmp_path, run(), rows=3_000_000)
    script = (
        "import resource, signal, sys; from pathlib import Path;"
        "from headwater.publish.publish import publish;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000));"
        "publish(Path(sys.argv[1]), Path(sys.argv[2]), memory_limit='1GB')"
    )
    done = subprocess.run(
        [PROJECT / ".venv/bin/python", "-c", script, warehouse, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "is not published" in done.stderr
    assert answer(tmp_path / "headwater.duckdb", "select count(*) from marts.events") == [(5,)]
    assert not Generations(tmp_path).draft.exists()
    publish_rows(tmp_path, 6)
    assert answer(tmp_path / "headwater.duckdb", "select count(*) from marts.events") == [(6,)]


def publish_in_a_process(folder: Path) -> None:
    publish(folder / "build.duckdb", folder, memory_limit="1GB")


def test_a_publication_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    publish_rows(tmp_path, 100)
    warehouse_of(tmp_path, run(), rows=2_000_000)
    started = time.monotonic()
    whole = multiprocessing.get_context("spawn").Process(
        target=publish_in_a_process, args=(tmp_path,)
    )
    whole.start()
    whole.join()
    assert whole.exitcode == 0
    length, dice = time.monotonic() - started, random.Random(5)
    for _ in range(KILLS):
        process = multiprocessing.get_context("spawn").Process(
            target=publish_in_a_process, args=(tmp_path,)
        )
        process.start()
        process.join(dice.uniform(0.3, 1.0) * length)
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGKILL)
            process.join()
        (row,) = answer(tmp_path / "headwater.duckdb", "select total, row_count from marts.sums")
        assert row == (sum(range(2_000_000)), 2_000_000)
    publish_rows(tmp_path, 3)
    assert answer(tmp_path / "headwater.duckdb", "select count(*) from marts.events") == [(3,)]
    assert len(Generations(tmp_path).numbers()) == 3


def read_until(stop: Path, file: Path, found: Path) -> None:
    """Query in a loop; one line per answer: what two marts say, in one connection."""
    lines = []
    while not stop.exists():
        with duckdb.connect(str(file), read_only=True) as connection:
            (events,) = connection.execute("select count(*) from marts.events").fetchall()
            (sums,) = connection.execute("select row_count from marts.sums").fetchall()
            lines.append(f"{events[0]} {sums[0]}")
    found.write_text("\n".join(lines))


def test_readers_in_a_loop_see_each_generation_whole(tmp_path: Path) -> None:
    publish_rows(tmp_path, 1)
    file, stop = tmp_path / "headwater.duckdb", tmp_path / "stop"
    found = [tmp_path / f"reader{number}" for number in range(READERS)]
    context = multiprocessing.get_context("spawn")
    readers = [context.Process(target=read_until, args=(stop, file, path)) for path in found]
    for reader in readers:
        reader.start()
    for rows in range(2, PUBLICATIONS + 2):
        publish_rows(tmp_path, rows)
    stop.touch()
    for reader in readers:
        reader.join()
        assert reader.exitcode == 0
    answers = [line.split() for path in found for line in path.read_text().splitlines()]
    assert all(events == sums for events, sums in answers)
    assert len({events for events, _ in answers}) > 1


def test_a_reader_keeps_what_it_opened(tmp_path: Path) -> None:
    publish_rows(tmp_path, 1)
    with duckdb.connect(str(tmp_path / "headwater.duckdb"), read_only=True) as reader:
        for rows in (2, 3, 4, 5):
            publish_rows(tmp_path, rows)
        assert reader.execute("select count(*) from marts.events").fetchall() == [(1,)]


def test_duckdb_1_4_opens_the_published_file(tmp_path: Path) -> None:
    publish_rows(tmp_path, 12)
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True);"
        "print(duckdb.__version__, c.execute('select count(*) from marts.events').fetchall()[0][0])"
    )
    file = tmp_path / "headwater.duckdb"
    assert run_with(["duckdb==1.4.4"], script, file, folder=tmp_path) == "1.4.4 12\n"


def test_another_landing_zone_does_not_take_the_place_of_one(tmp_path: Path) -> None:
    publish_rows(tmp_path, 3)
    other = run(2).replace("'landing'", "'simulated'")
    with pytest.raises(PublishError, match="built from landing, and this from simulated"):
        publish(warehouse_of(tmp_path, other), tmp_path, memory_limit="1GB")
    assert answer(tmp_path / "headwater.duckdb", "select count(*) from marts.events") == [(3,)]


def test_two_builds_cannot_run_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_WAREHOUSE", str(tmp_path / "build.duckdb"))
    with alone(tmp_path):
        for command in ("build", "publish", "rollback"):
            result = CliRunner().invoke(app, [command])
            assert result.exit_code == 2
            assert "under way" in result.stderr


def test_publish_and_rollback_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_WAREHOUSE", str(tmp_path / "build.duckdb"))
    for rows in (3, 4):
        warehouse_of(tmp_path, run(), rows=rows)
        result = CliRunner().invoke(app, ["publish"])
        assert result.exit_code == 0, result.stderr
    assert "Published generation 2: 5 relations" in result.stdout
    assert "generation 1 again, no longer 2" in CliRunner().invoke(app, ["rollback"]).stdout
    assert answer(tmp_path / "headwater.duckdb", "select count(*) from marts.events") == [(3,)]
    refused = CliRunner().invoke(app, ["rollback"])
    assert refused.exit_code == 2
    assert "oldest" in refused.stderr
    warehouse_of(tmp_path, run(failed=1))
    refused = CliRunner().invoke(app, ["publish"])
    assert refused.exit_code == 1
    assert "Not published" in refused.stderr
    shutil.rmtree(tmp_path / "generations")


def test_a_folder_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_WAREHOUSE", str(tmp_path / "nowhere" / "build.duckdb"))
    result = CliRunner().invoke(app, ["publish"])
    assert result.exit_code == 2
    assert "run `headwater build` first" in result.stderr
