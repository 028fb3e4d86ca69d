"""Every feature mart against a plain reading of the events, one person after the other."""

from __future__ import annotations

import csv
import shutil
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.python.conftest import Dbt, copy_project, query

TIMEOUT = timedelta(minutes=30)
EARLY, BACK_FROM, BACK_TO = 7, 14, 20
# Other rules than the demo's: launches, windows and numbers of days that make an adopter.
EDITS: dict[str, dict[str, str]] = {
    "ai_labeling": {"launched_on": "2025-01-12", "window_days": "9", "adopted_use_days": "3"},
    "board_export": {"launched_on": "2025-01-12", "window_days": "9"},
    "sharing": {"launched_on": "2025-01-20", "adopted_use_days": "1"},
    "voice_notes": {"is_used": "false"},
    "print_shop": {"window_days": "20"},
    "palette_match": {"launched_on": "2026-01-01"},
}


@dataclass(frozen=True)
class Feature:
    """A row of the seed."""

    name: str
    launch: date
    window: int
    days: int
    has_exposure: bool
    row: dict[str, str]

    def is_use(self, event: dict[str, Any]) -> bool:
        return self.row["event_name"] == event["event_name"] and _passes(
            self.row["filter_name"], event
        )

    def is_exposure(self, event: dict[str, Any]) -> bool:
        return self.row["exposure_event_name"] == event["event_name"]


@dataclass
class Person:
    """What one person did."""

    active: set[date] = field(default_factory=set)
    uses: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    met: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))


def _passes(filter_name: str, event: dict[str, Any]) -> bool:
    if not filter_name:
        return True
    if filter_name == "in_print_shop":
        return bool(event["source_name"] == "shopify")
    return bool(event["feature_name"] == filter_name.removeprefix("used_"))


@dataclass(frozen=True)
class World:
    """The warehouse, and the same read plainly."""

    warehouse: Path
    features: list[Feature]
    people: dict[str, Person]
    previous: dict[str, tuple]
    last_day: date

    def start(self, person: Person, feature: Feature) -> date:
        return max(min(person.active), feature.launch)


@pytest.fixture(scope="module")
def world(
    company: Path, company_warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> World:
    folder = tmp_path_factory.mktemp("features")
    project = copy_project(folder / "project")
    seed = project / "seeds" / "features.csv"
    rows = list(csv.DictReader(seed.open()))
    rows = [row | EDITS.get(row["feature_name"], {}) for row in rows]
    with seed.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    dbt = Dbt(company, folder, project=project)
    shutil.copy(company_warehouse, dbt.warehouse)
    dbt.run("seed", "--select", "features")
    paths = [f"path:models/{layer}/features" for layer in ("intermediate", "marts")]
    dbt.run("run", "--full-refresh", "--select", *paths)
    dbt.run(
        "test", "--select", *paths, "assert_feature_marts_agree",
        "assert_segments_of_feature_adoption_add_up", "--exclude", "test_type:unit"
    )  # fmt: skip
    features = [
        Feature(
            row["feature_name"],
            date.fromisoformat(row["launched_on"] or "2010-01-01"),
            int(row["window_days"]),
            int(row["adopted_use_days"]),
            bool(row["exposure_event_name"]),
            row,
        )
        for row in rows
        if row["is_used"] == "true"
    ]
    return _read(dbt.warehouse, features)


def _read(warehouse: Path, features: list[Feature]) -> World:
    columns = (
        "event_id", "source_name", "visitor_id", "device_id", "user_id", "checkout_id",
        "occurred_at", "event_date", "event_name", "feature_name", "surface",
    )  # fmt: skip
    events = [
        dict(zip(columns, row, strict=True))
        for row in query(
            f"select {', '.join(columns)} from intermediate.int_events where not is_bot", warehouse
        )
    ]
    events.sort(key=lambda event: (event["occurred_at"], event["event_id"]))
    ids = {
        (kind, source or "", value): person
        for kind, source, value, person in query(
            "select identifier_type, source_name, identifier_value, person_id"
            " from marts.person_identifiers",
            warehouse,
        )
    }
    people: dict[str, Person] = defaultdict(Person)
    last: dict[tuple, dict[str, Any]] = {}
    previous = {}
    for event in events:
        visitor = (event["source_name"], event["visitor_id"])
        before = last.get(visitor)
        last[visitor] = event
        if before and event["occurred_at"] - before["occurred_at"] <= TIMEOUT:
            previous[event["event_id"].hex] = (
                before["event_name"], before["feature_name"], before["surface"]
            )  # fmt: skip
        login = "customer" if event["source_name"] == "shopify" else "user"
        name = (
            ids.get((login, "", event["user_id"]))
            or ids.get(("checkout", "", event["checkout_id"]))
            or ids.get(("device", event["source_name"], event["device_id"]))
        )
        if name is None:
            continue
        person = people[name]
        person.active.add(event["event_date"])
        for feature in features:
            if event["event_date"] >= feature.launch:
                if feature.is_use(event):
                    person.uses[feature.name].append(event)
                    person.met[feature.name].add(event["event_date"])
                if feature.is_exposure(event):
                    person.met[feature.name].add(event["event_date"])
    last_day = max(day for person in people.values() for day in person.active)
    return World(warehouse, features, dict(people), previous, last_day)


def use_days(person: Person, feature: Feature) -> list[date]:
    return sorted({event["event_date"] for event in person.uses.get(feature.name, [])})


def test_feature_adoption(world: World) -> None:
    expected = set()
    for feature in world.features:
        for name, person in world.people.items():
            days = use_days(person, feature)
            if not days:
                continue
            first = person.uses[feature.name][0]
            start = world.start(person, feature)
            adopted = days[feature.days - 1] if len(days) >= feature.days else None
            expected.add(
                (
                    feature.name,
                    name,
                    first["event_id"].hex,
                    first["surface"],
                    *world.previous.get(first["event_id"].hex, (None, None, None)),
                    sum(day <= days[0] for day in person.active),
                    len(person.uses[feature.name]),
                    len(days),
                    round(
                        len(person.uses[feature.name])
                        / sum(day >= days[0] for day in person.active),
                        9,
                    ),
                    (days[0] - start).days,
                    (adopted - start).days if adopted else None,
                    start + timedelta(feature.window) <= world.last_day,
                    min(person.met[feature.name]) if feature.has_exposure else None,
                    person.uses[feature.name][-1]["occurred_at"],
                )
            )
    found = query(
        """
        select
            feature_name, person_id, first_use_event_id, surface, previous_event_name,
            previous_feature_name, previous_surface, first_use_active_day_number, use_count,
            use_day_count, round(uses_per_active_day, 9), days_to_first_use, days_to_adopt,
            is_mature, first_exposed_date, last_used_at
        from marts.feature_adoption
        """,
        world.warehouse,
    )
    assert len(found) == len(expected) > 2_000
    assert set(found) == expected
    launched = {feature.name for feature in world.features if feature.launch.year == 2025}
    assert launched < {row[0] for row in found}
    assert any(row[4] is None for row in found) and any(row[5] for row in found)


def test_feature_adoption_by_segment(world: World) -> None:
    """Cut by the platform of the first session since the launch."""
    sessions: dict[str, list[tuple[datetime, str, date, str]]] = defaultdict(list)
    for name, *session in query(
        """
        select person_id, started_at, session_id, session_date, platform
        from marts.sessions
        where not is_bot and person_id is not null
        """,
        world.warehouse,
    ):
        sessions[name].append(tuple(session))
    counts: dict[tuple, Counter[str]] = defaultdict(Counter)
    for feature in world.features:
        for name, person in world.people.items():
            start = world.start(person, feature)
            end = start + timedelta(feature.window)
            if not any(start <= day < end for day in person.active):
                continue
            since = [row for row in sessions[name] if row[2] >= feature.launch]
            platform = min(since)[3] if since else "(none)"
            days = use_days(person, feature)
            for segment in ("all", "all"), ("platform", platform):
                count = counts[feature.name, *segment]
                if end > world.last_day:
                    count["immature"] += 1
                    continue
                count["persons"] += 1
                count["met"] += any(day < end for day in person.met.get(feature.name, ()))
                count["tried"] += any(day < end for day in days)
                count["adopted"] += sum(day < end for day in days) >= feature.days
    expected = {
        (
            *key,
            count["persons"],
            count["immature"],
            count["met"]
            if next(f for f in world.features if f.name == key[0]).has_exposure
            else None,
            count["tried"],
            count["adopted"],
        )
        for key, count in counts.items()
    }
    found = query(
        """
        select
            feature_name, segment_name, segment_value, person_count, immature_count, exposed_count,
            tried_count, adopted_count
        from marts.feature_adoption_by_segment
        where segment_name in ('all', 'platform')
        """,
        world.warehouse,
    )
    shown = {row for row in found if row[2] != "other"}
    small = {row for row in expected if row[1] != "all" and row[3] + row[4] < 5}
    assert shown == expected - small
    assert sum(row[3] for row in found if row[2] == "other") == sum(row[3] for row in small)
    assert any(row[4] for row in shown) and len({row[3] for row in shown if row[1] == "all"}) > 1


def test_feature_adoption_by_day(world: World) -> None:
    active = Counter(day for person in world.people.values() for day in person.active)
    expected = set()
    for feature in world.features:
        day = max(min(active), feature.launch)
        users, uses, new, adopters = (Counter[date]() for _ in range(4))
        for person in world.people.values():
            days = use_days(person, feature)
            users.update(days)
            uses.update(event["event_date"] for event in person.uses.get(feature.name, ()))
            new.update(days[:1])
            adopters.update(days[feature.days - 1 : feature.days])
        total_new = total_adopters = 0
        while day <= world.last_day:
            total_new, total_adopters = total_new + new[day], total_adopters + adopters[day]
            since = (day - feature.launch).days if feature.launch.year > 2010 else None
            expected.add(
                (
                    feature.name,
                    day,
                    active[day],
                    users[day],
                    uses[day],
                    total_new,
                    total_adopters,
                    since,
                )
            )
            day += timedelta(1)
    found = query(
        """
        select
            feature_name, event_date, active_person_count, user_count, use_count,
            cumulative_user_count, cumulative_adopter_count, days_since_launch
        from marts.feature_adoption_by_day
        """,
        world.warehouse,
    )
    assert set(found) == expected
    assert len(found) == len(expected) > 100


def test_feature_pairs(world: World) -> None:
    expected = set()
    for one in world.features:
        for two in world.features:
            there = [
                person
                for person in world.people.values()
                if max(person.active) >= max(one.launch, two.launch)
            ]
            first = {id(person) for person in there if person.uses.get(one.name)}
            second = {id(person) for person in there if person.uses.get(two.name)}
            if one != two:
                counts = (len(there), len(first), len(second), len(first & second))
                expected.add((one.name, two.name, *counts))
    found = query(
        """
        select feature_name, other_feature_name, person_count, user_count, other_user_count,
            both_count
        from marts.feature_pairs
        """,
        world.warehouse,
    )
    assert set(found) == expected
    assert len({row[2] for row in found}) == 4, "three days on which features began, and the future"


def test_feature_retention(world: World) -> None:
    counts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for feature in world.features:
        for person in world.people.values():
            born = min(person.active)
            if born < feature.launch:
                continue
            early = sum(
                event["event_date"] < born + timedelta(EARLY)
                for event in person.uses.get(feature.name, ())
            )
            count = counts[feature.name, max(n for n in (0, 1, 2, 4, 8) if n <= early)]
            if born + timedelta(BACK_TO) >= world.last_day:
                count["immature"] += 1
                continue
            count["persons"] += 1
            count["back"] += any(BACK_FROM <= (day - born).days <= BACK_TO for day in person.active)
    expected = {
        (*key, count["persons"], count["back"], count["immature"]) for key, count in counts.items()
    }
    found = query(
        """
        select feature_name, least_use_count, person_count, retained_count, immature_count
        from marts.feature_retention
        """,
        world.warehouse,
    )
    assert set(found) == expected
    assert sum(row[3] for row in found) > 100


def test_feature_discovery(world: World) -> None:
    ways: Counter[tuple[str, ...]] = Counter()
    for feature in world.features:
        for person in world.people.values():
            uses = person.uses.get(feature.name)
            if uses:
                before = world.previous.get(uses[0]["event_id"].hex, (None, None, None))
                ways[feature.name, *(part or "(none)" for part in before)] += 1
    found = query(
        """
        select feature_name, previous_event_name, previous_feature_name, previous_surface,
            person_count
        from marts.feature_discovery
        """,
        world.warehouse,
    )
    assert set(found) == {(*way, count) for way, count in ways.items()}
