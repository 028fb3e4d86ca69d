"""Merges end to end: long chains, junk ids, groups that are too large, a link that comes late."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from headwater.landing.contract import Source, tables_of
from headwater.landing.land import land_files
from headwater.landing.write import initialise
from tests.python.conftest import query
from tests.python.incremental.replay import REMEMBERING, Replay

CHAIN = 500  # identifiers, each seen with the next one only
FIRST_DAY = datetime(2025, 3, 1, 12, tzinfo=UTC)
MARTS = ("+person_identifiers", "+persons", "+sessions")


def event(number: int, **ids: str) -> dict[str, str]:
    """An event of our own tracker; each number is a minute of its own."""
    at = FIRST_DAY + timedelta(minutes=number)
    return {"event_id": f"e{number}", "event_type": "save", "timestamp": at.isoformat()} | ids


def chain(link: int) -> dict[str, str]:
    """Ids of the event that links a chain's identifier to the next: logins and e-mails."""
    return {"user_id": f"u{(link + 1) // 2:04}", "email": f"mail{link // 2}@chain.example"}


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> Replay:
    """A chain that lacks its middle link, and devices that share nothing but junk."""
    folder = tmp_path_factory.mktemp("merges")
    replay = Replay(folder, folder)
    initialise(replay.root, tables_of(contract))
    events = [
        event(link, device_id=f"d{link}" if link in (0, CHAIN - 2) else "", **chain(link))
        for link in range(CHAIN - 1)
        if link != CHAIN // 2
    ]
    for number, junk in enumerate(["null", "NULL", "0", "00000000-0000-0000-0000-000000000000"]):
        for device in ("x", "y"):
            events.append(event(2000 + number, device_id=f"{device}{number}", user_id=junk))
            events[-1]["event_id"] += device
    events.append(event(3000, device_id="undefined", user_id="lonely"))
    events.append(event(3001, device_id="undefined", user_id="lonesome"))
    land(replay, contract, "first.jsonl", events)
    replay.build(*REMEMBERING, *MARTS)
    return replay


def land(replay: Replay, contract: dict[str, Source], name: str, events: list[dict]) -> None:
    file = replay.folder / name
    file.write_text("".join(json.dumps(entry) + "\n" for entry in events))
    rejects = contract["headwater"].tables["rejected_rows"]
    (report,) = land_files(contract["own"], [file], replay.root, rejects)
    assert not report.rejected


def persons_of_chain(replay: Replay) -> list[tuple]:
    return query(
        """
        select person_id, count(*)
        from marts.person_identifiers
        where identifier_type = 'email' or identifier_value like 'u0%'
        group by 1
        """,
        replay.warehouse,
    )


def test_junk_links_nobody(replay: Replay) -> None:
    assert query(
        """
        select count(*), count(distinct person_id)
        from marts.person_identifiers
        where identifier_value similar to '[xy][0-3]'
        """,
        replay.warehouse,
    ) == [(8, 8)]
    assert query(
        """
        select count(distinct person_id)
        from marts.person_identifiers
        where identifier_value in ('lonely', 'lonesome')
        """,
        replay.warehouse,
    ) == [(2,)]
    assert not query(
        """
        select identifier_value from marts.person_identifiers
        where lower(identifier_value) in ('null', '0', 'undefined') or identifier_value like '0000%'
        """,
        replay.warehouse,
    )


def test_a_late_link_joins_a_chain_of_500_and_reaches_its_history(
    replay: Replay, contract: dict[str, Source]
) -> None:
    halves = persons_of_chain(replay)
    assert sorted(count for _, count in halves) == [CHAIN // 2 - 1, CHAIN // 2 + 1]
    before = query("select * from intermediate.int_landed_events order by all", replay.warehouse)
    land(replay, contract, "late.jsonl", [event(9000, **chain(CHAIN // 2))])
    replay.build(*REMEMBERING, *MARTS)
    ((person, count),) = persons_of_chain(replay)
    assert count == CHAIN
    after = query(
        "select * from intermediate.int_landed_events where occurred_at < date '2025-03-07'"
        " order by all",
        replay.warehouse,
    )
    assert after == before, "no event row is rewritten"
    assert query(
        "select distinct person_id from marts.sessions where device_id in ('d0', 'd498')",
        replay.warehouse,
    ) == [(person,)]
    gone = {name for name, _ in halves} - {person}
    assert not query(
        f"select 1 from marts.persons where person_id in ('{gone.pop()}')", replay.warehouse
    )
    assert query(
        f"""
        select count(*) from intermediate.int_active_days
        where entity_type = 'person' and event_date = date '2025-03-01' and entity_key = {person}
        """,
        replay.warehouse,
    ) == [(1,)]


def test_a_group_that_is_too_large_is_held_back_and_reported(replay: Replay) -> None:
    replay.build(
        "run", "--full-refresh", "--select", "int_person_identifiers", "person_identifiers",
        "persons", "--vars", "{identity_largest_person: 499}",
    )  # fmt: skip
    assert len(persons_of_chain(replay)) == CHAIN
    assert query("select count(*) from marts.persons where is_held_back", replay.warehouse) == [
        (CHAIN + 2,)
    ]
