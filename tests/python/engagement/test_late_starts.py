"""Rows that come late move starts: an earlier one, a person who is two, somebody else's session."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from headwater.landing.contract import Source, tables_of
from headwater.landing.land import land_files
from headwater.landing.write import initialise
from tests.python.conftest import query
from tests.python.incremental.replay import REMEMBERING, Replay, differences

# Device, login and time. Two people log in on `shared`, so it belongs to neither.
FIRST = [
    ("early", None, "2025-03-10T12:00"),
    ("one", None, "2025-03-01T12:00"),
    ("two", "ann", "2025-03-05T12:00"),
    ("shared", "bob", "2025-02-20T12:00"),
    ("shared", "cid", "2025-03-03T00:05"),
]
LATE = [
    ("early", None, "2025-03-04T12:00"),
    ("one", "ann", "2025-03-06T12:00"),
    ("shared", None, "2025-03-02T23:50"),
]
STARTS = """
    select identifiers.identifier_value, strftime(starts.{}, '%d %H:%M')
    from {} as starts
    inner join intermediate.int_person_identifiers as identifiers
        on starts.person_key = cast(identifiers.person_id as bigint)
    where identifiers.identifier_value in ('early', 'one', 'ann', 'cid')
    order by 1
"""


@pytest.fixture(scope="module")
def replays(
    tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]
) -> tuple[Replay, Replay]:
    """Built in two runs, the second of them with the late rows; and built in one."""
    parts, whole = (_replay(tmp_path_factory, contract) for _ in range(2))
    _land(parts, contract, 11, FIRST)
    parts.build(*REMEMBERING)
    assert _starts(parts, "started_at", "int_retention_activity_starts") == [
        ("ann", "05 12:00"),
        ("cid", "03 00:05"),
        ("early", "10 12:00"),
        ("one", "01 12:00"),
    ]
    _land(parts, contract, 12, LATE)
    parts.build(*REMEMBERING)
    _land(whole, contract, 11, FIRST)
    _land(whole, contract, 12, LATE)
    whole.build(*REMEMBERING)
    return parts, whole


def test_starts_follow_the_late_rows(replays: tuple[Replay, Replay]) -> None:
    assert _starts(replays[0], "start_date", "int_retention_activity_starts") == [
        ("ann", "01 00:00"),
        ("cid", "03 00:00"),
        ("early", "04 00:00"),
        ("one", "01 00:00"),
    ]
    assert _starts(replays[0], "started_at", "int_retention_activity_starts") == [
        ("ann", "01 12:00"),
        ("cid", "02 23:50"),
        ("early", "04 12:00"),
        ("one", "01 12:00"),
    ]
    saves = _starts(replays[0], "started_at", "int_retention_event_starts")
    assert saves == [
        ("ann", "01 12:00"),
        ("ann", "05 12:00"),
        ("cid", "03 00:05"),
        ("early", "04 12:00"),
        ("early", "10 12:00"),
        ("one", "01 12:00"),
        ("one", "05 12:00"),
    ]


def test_two_runs_give_what_one_gives(replays: tuple[Replay, Replay]) -> None:
    assert differences(replays[0].warehouse, replays[1].warehouse) == {}


def _starts(replay: Replay, column: str, model: str) -> list[tuple[str, str]]:
    rows = query(STARTS.format(column, f"intermediate.{model}"), replay.warehouse)
    return sorted((str(identifier), str(at)) for identifier, at in rows)


def _replay(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> Replay:
    folder = tmp_path_factory.mktemp("late")
    replay = Replay(folder, folder)
    initialise(replay.root, tables_of(contract))
    return replay


def _land(
    replay: Replay,
    contract: dict[str, Source],
    landed_day: int,
    events: list[tuple[str, str | None, str]],
) -> None:
    file = replay.folder / f"{landed_day}.jsonl"
    rows = [
        {
            "event_id": f"{device} {at}",
            "event_type": "save",
            "device_id": device,
            "timestamp": f"{at}:00Z",
        }
        | ({"user_id": user} if user else {})
        for device, user, at in events
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    rejects = contract["headwater"].tables["rejected_rows"]
    landed_at = datetime(2025, 3, landed_day, tzinfo=UTC)
    (report,) = land_files(contract["own"], [file], replay.root, rejects, landed_at=landed_at)
    assert not report.rejected
