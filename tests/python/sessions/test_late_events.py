"""Rows that arrive after the sessions they belong to were cut, worked by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headwater.landing.contract import Source, tables_of
from headwater.landing.land import land_files
from headwater.landing.write import initialise
from tests.python.conftest import query
from tests.python.incremental.replay import REMEMBERING, Replay, differences

HOLDS_THE_TIME_OF_LANDING = {"intermediate.int_landed_events", "state.built_landings"}
Row = tuple[str, str, str, int]


@pytest.fixture(scope="module")
def replays(
    tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]
) -> tuple[Replay, Replay]:
    """Built in two runs, the second of them with late rows; and built in one."""
    first = [(d, at) for d in ("late", "still") for at in ("10:00", "10:45", "15:00")]
    late = [("late", "09:50"), ("late", "10:20")]
    parts, whole = (_replay(tmp_path_factory, contract) for _ in range(2))
    _land(parts, contract, "first.jsonl", first)
    parts.build(*REMEMBERING, "+sessions", "+events")
    assert _sessions(parts.warehouse, "late") == [
        ("10:00", "10:00", "10:00", 1),
        ("10:45", "10:45", "10:45", 1),
        ("15:00", "15:00", "15:00", 1),
    ]
    _land(parts, contract, "late.jsonl", late)
    parts.build(*REMEMBERING, "+sessions", "+events")
    _land(whole, contract, "first.jsonl", first)
    _land(whole, contract, "late.jsonl", late)
    whole.build(*REMEMBERING, "+sessions", "+events")
    return parts, whole


def test_a_session_takes_in_what_came_before_its_first_event_and_joins_its_neighbour(
    replays: tuple[Replay, Replay],
) -> None:
    assert _sessions(replays[0].warehouse, "late") == [
        ("09:50", "09:50", "10:45", 4),
        ("15:00", "15:00", "15:00", 1),
    ]
    assert len(_sessions(replays[0].warehouse, "still")) == 3


def test_two_runs_give_what_one_gives(replays: tuple[Replay, Replay]) -> None:
    found = differences(replays[0].warehouse, replays[1].warehouse)
    assert {name for name in found if name not in HOLDS_THE_TIME_OF_LANDING} == set()


def _replay(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> Replay:
    folder = tmp_path_factory.mktemp("late")
    replay = Replay(folder, folder)
    initialise(replay.root, tables_of(contract))
    return replay


def _land(
    replay: Replay, contract: dict[str, Source], name: str, events: list[tuple[str, str]]
) -> None:
    file = replay.folder / name
    rows = [
        {
            "event_id": f"{device} {at}",
            "event_type": at,
            "device_id": device,
            "timestamp": f"2025-03-01T{at}:00Z",
        }
        for device, at in events
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    rejects = contract["headwater"].tables["rejected_rows"]
    list(land_files(contract["own"], [file], replay.root, rejects))


def _sessions(warehouse: Path, device: str) -> list[Row]:
    """Name of the event that the session is called by, start, end and count of events."""
    return query(
        f"""
        select
            events.event_name,
            strftime(sessions.started_at, '%H:%M'),
            strftime(sessions.ended_at, '%H:%M'),
            sessions.event_count
        from marts.sessions
        inner join marts.events on sessions.session_id = events.event_id
        where sessions.device_id = '{device}'
        order by sessions.started_at
        """,
        warehouse,
    )
