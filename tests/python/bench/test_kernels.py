"""Every engine finds the same, and it is right."""

import importlib.util
import subprocess
import sys
from datetime import datetime, timedelta

import duckdb
import pytest

from bench.narrow_events import TOOLS, write_narrow_events
from bench.run import PROJECT

ENGINES = [
    pytest.param(
        engine,
        marks=pytest.mark.skipif(
            importlib.util.find_spec(engine) is None, reason=f"needs the bench extra's {engine}"
        ),
    )
    for engine in ("duckdb", "polars", "chdb")
]
NOON = datetime(2025, 1, 1, 12)
MINUTE = 60 * 10**6
DAY = 24 * 60 * MINUTE
FIRST, SECOND = NOON + timedelta(days=1), NOON + timedelta(days=2)


def events_file(folder, rows):
    """Rows of source, event id, device, microseconds after noon, landed at, file, row."""
    file = folder / "events.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "create table events (source_name text, event_id text, device_id text,"
            " occurred_at timestamp, landed_at timestamp, file_name text,"
            " row_number_in_file bigint)"
        )
        for source, event, device, after_noon, *landing in rows:
            occurred_at = NOON + timedelta(microseconds=after_noon)
            connection.execute(
                "insert into events values (?, ?, ?, ?, ?, ?, ?)",
                [source, event, device, occurred_at, *landing],
            )
        connection.execute(f"copy events to '{file}'")
    return file


def after_noon(column):
    return f"epoch_us({column}) - epoch_us(timestamp '{NOON}')"


def result_of(engine, kernel, events, *columns):
    result = events.with_name(f"{engine}.parquet")
    subprocess.run(
        [sys.executable, "-m", f"bench.kernels.{engine}_kernels", kernel, events, result],
        cwd=PROJECT,
        check=True,
    )
    with duckdb.connect() as connection:
        return connection.execute(
            f"select {', '.join(columns)} from '{result}' order by all"
        ).fetchall()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_first_copy_stays(tmp_path, engine):
    events = events_file(
        tmp_path,
        [
            ("a", "once", "d", 0, FIRST, "f1", 1),
            ("a", "later", "d", 0, SECOND, "f1", 2),
            ("a", "later", "d", 1, FIRST, "f2", 9),
            ("a", "by file", "d", 0, FIRST, "f2", 3),
            ("a", "by file", "d", 1, FIRST, "f1", 7),
            ("a", "by row", "d", 0, FIRST, "f1", 10),
            ("a", "by row", "d", 1, FIRST, "f1", 4),
            ("a", "by row", "d", 2, SECOND, "f1", 5),
            ("b", "once", "d", 0, FIRST, "f3", 1),
        ],
    )
    columns = ("source_name", "event_id", after_noon("occurred_at"), "file_name")
    found = result_of(engine, "dedupe", events, *columns, "row_number_in_file")
    assert found == [
        ("a", "by file", 1, "f1", 7),
        ("a", "by row", 1, "f1", 4),
        ("a", "later", 1, "f2", 9),
        ("a", "once", 0, "f1", 1),
        ("b", "once", 0, "f3", 1),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_session_ends_after_more_than_half_an_hour(tmp_path, engine):
    events = events_file(
        tmp_path,
        [
            (source, event, device, after_noon, FIRST, "f", 1)
            for source, event, device, after_noon in (
                ("a", "4", "d1", 91 * MINUTE + 1),
                ("a", "1", "d1", 0),
                ("a", "2", "d1", 30 * MINUTE),
                ("a", "3", "d1", 61 * MINUTE),
                ("a", "6", "d2", 5 * MINUTE),
                ("a", "5", "d2", 5 * MINUTE),
                ("b", "1", "d1", 1 * MINUTE),
            )
        ],
    )
    times = (after_noon("started_at"), after_noon("ended_at"))
    found = result_of(
        engine, "sessionise", events, "source_name", "device_id", *times, "event_count::bigint"
    )
    assert found == [
        ("a", "d1", 0, 30 * MINUTE, 2),
        ("a", "d1", 61 * MINUTE, 61 * MINUTE, 1),
        ("a", "d1", 91 * MINUTE + 1, 91 * MINUTE + 1, 1),
        ("a", "d2", 5 * MINUTE, 5 * MINUTE, 2),
        ("b", "d1", 1 * MINUTE, 1 * MINUTE, 1),
    ]


def person_events_file(folder, *rows):
    """Rows of person, event name, microseconds after noon; ids go up in the first half only."""
    file = folder / "events.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "create table events (person_key bigint, event_id uuid, event_name text,"
            " occurred_at timestamp, event_date date)"
        )
        for number, (person, name, after_noon) in enumerate(rows):
            at = NOON + timedelta(microseconds=after_noon)
            connection.execute(
                "insert into events values (?, ?, ?, ?, ?)",
                [person, f"{number:016x}{99 - number:016x}", name, at, at.date()],
            )
        connection.execute(f"copy events to '{file}'")
    return file


@pytest.mark.parametrize("engine", ENGINES)
def test_a_funnel_tries_later_entries_and_ends_with_its_window(tmp_path, engine):
    events = person_events_file(
        tmp_path,
        (1, "page_view", 0),
        (1, "page_view", 8 * DAY),
        (1, "search", 9 * DAY),
        (2, "page_view", 0),
        (2, "search", 0),
        (2, "save", 7 * DAY),
        (2, "board_created", 7 * DAY + 1),
        (3, "search", 0),
        (3, "page_view", 1),
    )
    found = result_of(engine, "funnel", events, "step_number::int", "person_count::int")
    assert found == [(1, 3), (2, 2), (3, 1)]


@pytest.mark.parametrize("engine", ENGINES)
def test_retention_counts_from_each_first_day(tmp_path, engine):
    events = person_events_file(
        tmp_path,
        (1, "a", 0),
        (1, "b", 1),
        (1, "a", 2 * DAY),
        (2, "a", 0),
        (3, "a", DAY),
        (3, "a", 3 * DAY),
    )
    columns = ("start_date::date::text", "day_number::int", "person_count::int")
    found = result_of(engine, "retention", events, *columns)
    assert found == [
        ("2025-01-01", 0, 2),
        ("2025-01-01", 2, 1),
        ("2025-01-02", 0, 1),
        ("2025-01-02", 2, 1),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_paths_are_the_first_eight_steps_of_a_day_without_repeats(tmp_path, engine):
    events = person_events_file(
        tmp_path,
        *((1, name, 0) for name in "aab"),
        (1, "b", DAY),
        *((2, name, number) for number, name in enumerate("abcabcabca")),
        (3, "b", 1),
        (3, "a", 0),
    )
    found = result_of(engine, "paths", events, "path", "day_count::int")
    assert found == [("a > b", 2), ("a > b > c > a > b > c > a > b", 1), ("b", 1)]


@pytest.mark.parametrize("engine", ENGINES)
def test_pairs_count_persons_once(tmp_path, engine):
    events = person_events_file(
        tmp_path,
        *((1, name, number) for number, name in enumerate("abba")),
        *((2, name, number) for number, name in enumerate("cab")),
        (3, "c", 0),
    )
    columns = ("event_name", "other_event_name", "person_count::int")
    found = result_of(engine, "pairs", events, *columns)
    assert found == [("a", "b", 2), ("a", "c", 1), ("b", "c", 1)]


def test_the_narrow_events_are_those_of_every_tool(tmp_path):
    landing = tmp_path / "landing"
    subprocess.run(
        [sys.executable, "-m", "bench.data", "--scale", "0.001", "--days", "7", "--to", landing],
        cwd=PROJECT,
        check=True,
    )
    write_narrow_events(landing, tmp_path / "events.parquet")
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select source_name, count(*) from '{tmp_path}/events.parquet' group by 1"
        ).fetchall()
    assert {source for source, _ in found} == {table.partition("/")[0] for table in TOOLS}
