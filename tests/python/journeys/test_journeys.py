"""The marts of journeys equal journeys in plain Python, over random events and over the company."""

from __future__ import annotations

import csv
import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import NormalDist

import duckdb
import pytest

from tests.python.conftest import PROJECT, Dbt, query
from tests.python.journeys.brute_force import (
    Event,
    Journey,
    Rule,
    Taken,
    exits,
    name_of,
    paths,
    stretches,
    take,
    transitions,
)

MINUTE = 60_000_000
HOUR = 60 * MINUTE
TIMEOUT = 30 * MINUTE
MODELS = (
    "int_journey_events",
    "int_journey_step_rules",
    "int_session_journey_steps",
    "int_person_journey_steps",
    "int_journey_steps",
    "int_journey_step_codes",
    "int_journeys",
    "int_journey_paths",
    "journey_paths",
    "journey_transitions",
    "journey_exits",
)
ROUNDS = 50
PATHS = """
    select journey_name, path, is_cut, journey_count, immature_count, person_count,
        converted_count, median_seconds
    from {}marts.journey_paths
"""
TRANSITIONS = """
    select journey_name, step_number, from_step, to_step, transition_count, from_count,
        round(expected_count, 6)
    from {}marts.journey_transitions
"""
EXITS = """
    select journey_name, step_name, step_number, visit_count, exit_count, loop_count,
        repeat_count, median_seconds_to_exit
    from {}marts.journey_exits
"""


class World:
    """A small random company: events, sessions, persons, and journeys that are looked at."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.rules: list[Rule] = []
        self.journeys = [self._journey(f"j{number}") for number in range(4)]
        self.events = self._events() if seed else []
        self.sessions = self._sessions()
        self.last_moment = max((event["at"] for event in self.events), default=0)

    def _journey(self, name: str) -> Journey:
        dice = self.dice
        for event in "abcde":
            if dice.random() < 0.8:
                step = dice.choice([None, None, "p", "q"])
                self.rules.append(
                    Rule(name, event, step, event == "a" and dice.random() < 0.6, True)
                )
        if dice.random() < 0.5:
            self.rules.append(Rule(name, "*", None, False, True))
            named = {rule.event for rule in self.rules if rule.journey == name}
            if "b" not in named:
                self.rules.append(Rule(name, "b", None, False, False))
        own = [rule for rule in self.rules if rule.journey == name and rule.is_step]
        steps = sorted({rule.step or rule.event for rule in own} - {"*"}) or ["a"]
        start, end = (dice.choice([None, *steps]) for _ in range(2))
        scope = dice.choice(["session", "person"])
        return Journey(
            name,
            scope,
            dice.choice([(), (), ("own",)]),
            start,
            end if end != start else None,
            dice.choice([1, 2, 3, 8, 14]),
            dice.random() < 0.5,
            dice.choice([1, 5, 48]) * HOUR if scope == "person" else None,
        )

    def _events(self) -> list[dict]:
        dice, day = self.dice, 1_740_870_000_000_000  # 2025-03-01 23:00 UTC
        return [
            {
                "event_id": f"{dice.getrandbits(128):032x}",
                "source_name": (source := dice.choice(["own", "own", "ga4"])),
                "device_id": (device := f"{source} {dice.randrange(3)}"),
                "visitor_id": device,
                "user_id": dice.choice([None, None, "u0", "u1"]),
                "event_name": dice.choice("aaabbcde"),
                "surface": dice.choice([None, "x", "y > z"]),
                "is_bot": device == "ga4 2",
                "at": day
                + dice.choice([0, 0, 0, 60, 3000]) * HOUR // 60 * 60
                + dice.randrange(9) * 10 * MINUTE,
            }
            for _ in range(dice.choice([5, 40, 120]))
        ]

    def _sessions(self) -> list[tuple[str, list[tuple]]]:
        """Sessions: visitor, and (event_id, at, event) in order; a campaign may split anywhere."""
        by_visitor = defaultdict(list)
        for event in self.events:
            by_visitor[event["visitor_id"]].append((event["event_id"], event["at"], event))
        sessions = []
        for visitor, events in by_visitor.items():
            events.sort(key=lambda row: (row[1], row[0]))
            session = [events[0]]
            for row in events[1:]:
                if row[1] - session[-1][1] > TIMEOUT or self.dice.random() < 0.1:
                    sessions.append((visitor, session))
                    session = []
                session.append(row)
            sessions.append((visitor, session))
        return sessions

    def person_of(self, device: str | None, user: str | None) -> int | None:
        """Logins are persons; so are devices, but the first of each source belongs to u0."""
        if user is not None:
            return 10 + int(user[-1])
        return {"own 0": 10, "ga4 0": 10, "own 1": 20}.get(device or "")

    def takings(self) -> Iterator[tuple[str, Taken]]:
        """Every journey that is taken."""
        keys = {"e"}
        for journey in self.journeys:
            groups: list[tuple[int | None, int, list[dict]]] = []
            if journey.scope == "session":
                for visitor, rows in self.sessions:
                    users = [row[2]["user_id"] for row in rows if row[2]["user_id"]]
                    person = self.person_of(visitor, users[-1] if users else None)
                    closes = rows[-1][1] + TIMEOUT
                    groups.append((person, closes, [row[2] for row in rows]))
            else:
                by_person = defaultdict(list)
                for event in sorted(self.events, key=lambda row: (row["at"], row["event_id"])):
                    by_person[self.person_of(event["device_id"], event["user_id"])].append(event)
                by_person.pop(None, None)
                groups = [(person, 0, events) for person, events in by_person.items()]
            for person, closes, events in groups:
                steps = [
                    (name, event["at"], event["event_name"] in keys)
                    for event in events
                    if not event["is_bot"]
                    and (name := name_of(journey, self.rules, _event(event))) is not None
                ]
                parts = (
                    [steps] if journey.silence_us is None else stretches(steps, journey.silence_us)
                )
                for part in parts:
                    taken = take(journey, part) if part else None
                    if taken is not None:
                        until = closes or part[-1][1] + (journey.silence_us or 0)
                        taken.person, taken.is_mature = person, until <= self.last_moment
                        yield journey.name, taken


def _event(event: dict) -> Event:
    value = event["surface"].replace(" > ", " / ") if event["surface"] else None
    return Event(event["at"], event["event_id"], event["source_name"], event["event_name"], value)


def _identifier_key(text: str) -> int:
    return int(hashlib.md5(text.encode()).hexdigest()[:15], 16)


def _load(connection: duckdb.DuckDBPyConnection, world: World, columns: list[tuple]) -> None:
    """The tables that the models read, in memory."""
    connection.execute("attach ':memory:' as warehouse")
    for schema in ("seeds", "intermediate", "marts"):
        connection.execute(f"create schema warehouse.{schema}")
    connection.execute("use warehouse")
    run = connection.execute
    run(
        "create table intermediate.int_events"
        f" ({', '.join(f'{name} {kind}' for name, kind in columns)})"
    )
    for event in world.events:
        run(
            "insert into intermediate.int_events by name select $1::uuid as event_id,"
            " $2 as source_name, $3 as device_id, $4 as visitor_id, $5 as user_id,"
            " $6 as event_name, $7 as surface, $8 as is_bot, make_timestamp($9) as occurred_at,"
            " make_timestamp($9)::date as event_date",
            list(event.values()),
        )
    run(
        "create table intermediate.int_sessions (session_id uuid, source_name varchar,"
        " visitor_id varchar, device_id varchar, user_id varchar, checkout_id varchar,"
        " is_bot boolean, started_at timestamp, ended_at timestamp, session_date date)"
    )
    for visitor, rows in world.sessions:
        users = [row[2]["user_id"] for row in rows if row[2]["user_id"]]
        run(
            "insert into intermediate.int_sessions select $1::uuid, $2, $3, $3, $4, null, $5,"
            " make_timestamp($6), make_timestamp($7), make_timestamp($6)::date",
            [
                rows[0][0],
                rows[0][2]["source_name"],
                visitor,
                users[-1] if users else None,
                any(row[2]["is_bot"] for row in rows),
                rows[0][1],
                rows[-1][1],
            ],
        )
    run("create view intermediate.int_session_spans as from intermediate.int_sessions")
    run("create view intermediate.int_changed_visitor_days as select 1 as nothing")
    run("create table intermediate.int_person_identifiers (identifier_key bigint, person_id text)")
    keys = [("user||u0", 10), ("user||u1", 11), ("device|own|own 0", 10), ("device|ga4|ga4 0", 10)]
    for text, person in [*keys, ("device|own|own 1", 20)]:
        run(
            "insert into intermediate.int_person_identifiers values ($1, $2)",
            [_identifier_key(text), str(person)],
        )
    run("create table seeds.key_events as select 'e' as event_name")
    run(
        "create table seeds.journeys (journey_name text, scope text, sources text, start_step text,"
        " end_step text, longest_path integer, collapses_repeats boolean, silence_hours integer)"
    )
    for journey in world.journeys:
        sources = "|".join(journey.sources) or None
        hours = journey.silence_us // HOUR if journey.silence_us else None
        row = [*journey[:2], sources, *journey[3:7], hours]
        run("insert into seeds.journeys values (?, ?, ?, ?, ?, ?, ?, ?)", row)
    run(
        "create table seeds.journey_steps (journey_name text, event_name text, step_name text,"
        " property text, is_step boolean)"
    )
    for rule in world.rules:
        row = [*rule[:3], "surface" if rule.reads_property else None, rule.is_step]
        run("insert into seeds.journey_steps values (?, ?, ?, ?, ?)", row)


@pytest.fixture(scope="module")
def compiled(company: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of the models, as a full build runs it, in one pass."""
    dbt = Dbt(company, tmp_path_factory.mktemp("compiled"))
    dbt.run("compile", "--select", *MODELS)
    files = {file.stem: file for file in (dbt.folder / "target" / "compiled").rglob("*.sql")}
    return {name: re.sub(r"% \d+ = __pass__", ">= 0", files[name].read_text()) for name in MODELS}


@pytest.fixture(scope="module")
def columns(company_warehouse: Path) -> list[tuple]:
    """Names and types of the columns of int_events."""
    return [row[:2] for row in query("describe intermediate.int_events", company_warehouse)]


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_random_journeys_are_what_plain_python_finds(
    seed: int, compiled: dict[str, str], columns: list[tuple]
) -> None:
    """The first round has no events at all."""
    world = World(seed)
    takings = list(world.takings())
    with duckdb.connect() as connection:
        _load(connection, world, columns)
        for name, sql in compiled.items():
            schema = "intermediate" if name.startswith("int_") else "marts"
            connection.execute(f"create table {schema}.{name} as {sql}")
        for statement, expected in (
            (PATHS, paths(takings)),
            (TRANSITIONS, transitions(takings)),
            (EXITS, exits(takings)),
        ):
            found = connection.execute(statement.format("")).fetchall()
            assert len(found) == len(set(found))
            assert set(found) == expected


def test_random_worlds_hold_every_kind_of_journey() -> None:
    takings = [taken for seed in range(ROUNDS) for _, taken in World(seed).takings()]
    assert len(takings) > 500
    for said in ("is_cut", "is_converted", "is_mature"):
        assert {getattr(taken, said) for taken in takings} == {True, False}
    visits = [visit for taken in takings for visit in taken.visits]
    assert sum(visit.is_loop for visit in visits) > 20
    assert sum(visit.repeats > 0 for visit in visits) > 20
    assert any(taken.path == "(directly)" for taken in takings)
    assert any(" / " in taken.path for taken in takings)


def test_the_companys_journeys_are_what_plain_python_finds(company_warehouse: Path) -> None:
    journeys, rules, properties = _seeds()
    takings = list(_takings_of_company(company_warehouse, journeys, rules, properties))
    assert len(takings) > 10_000
    for statement, expected in (
        (PATHS, paths(takings)),
        (TRANSITIONS, transitions(takings)),
        (EXITS, exits(takings)),
    ):
        assert set(query(statement.format(""), company_warehouse)) == expected


def test_paths_are_compared_with_all_others_by_newcombes_interval(company_warehouse: Path) -> None:
    rows = query(
        """
        select journey_name, journey_count, converted_count, conversion_difference,
            conversion_difference_low, conversion_difference_high, baseline_rate
        from marts.journey_paths
        where journey_count > 0
        """,
        company_warehouse,
    )
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, count, converted, *_ in rows:
        totals[name][0] += count
        totals[name][1] += converted
    for name, count, converted, *found, baseline in rows:
        all_count, all_converted = totals[name]
        assert baseline == pytest.approx(all_converted / all_count)
        others = (all_converted - converted, all_count - count)
        expected = _newcombe((converted, count), others) if others[1] else [None] * 3
        assert found == pytest.approx(expected, abs=1e-9)


def _newcombe(one: tuple[int, int], other: tuple[int, int]) -> list[float]:
    """Newcombe (1998), method 10: difference of two rates, and its bounds."""
    rate, other_rate = one[0] / one[1], other[0] / other[1]
    (low, high), (other_low, other_high) = _wilson(*one), _wilson(*other)
    difference = rate - other_rate
    below = ((rate - low) ** 2 + (other_high - other_rate) ** 2) ** 0.5
    above = ((high - rate) ** 2 + (other_rate - other_low) ** 2) ** 0.5
    return [difference, difference - below, difference + above]


def _wilson(successes: int, trials: int) -> tuple[float, float]:
    """The two rates 1.96 standard errors away from the observed one: roots of a quadratic."""
    z_squared = NormalDist().inv_cdf(0.975) ** 2
    a, b, c = trials + z_squared, 2 * successes + z_squared, successes**2 / trials
    root = max(b * b - 4 * a * c, 0) ** 0.5
    return max(0, (b - root) / (2 * a)), min(1, (b + root) / (2 * a))


def _seeds() -> tuple[list[Journey], list[Rule], dict[str, str]]:
    with (PROJECT / "seeds" / "journeys.csv").open() as file:
        journeys = [
            Journey(
                row["journey_name"],
                row["scope"],
                tuple(row["sources"].split("|")) if row["sources"] else (),
                row["start_step"] or None,
                row["end_step"] or None,
                int(row["longest_path"]),
                row["collapses_repeats"] == "true",
                int(row["silence_hours"]) * HOUR if row["silence_hours"] else None,
            )
            for row in csv.DictReader(file)
        ]
    with (PROJECT / "seeds" / "journey_steps.csv").open() as file:
        rows = list(csv.DictReader(file))
    rules = [
        Rule(
            row["journey_name"],
            row["event_name"],
            row["step_name"] or None,
            bool(row["property"]),
            row["is_step"] == "true",
        )
        for row in rows
    ]
    return journeys, rules, {row["event_name"]: row["property"] for row in rows if row["property"]}


def _takings_of_company(
    warehouse: Path, journeys: list[Journey], rules: list[Rule], properties: dict[str, str]
) -> Iterator[tuple[str, Taken]]:
    value = " ".join(f"when '{name}' then {column}" for name, column in properties.items())
    rows = query(
        f"""
        select source_name || '|' || visitor_id, cast(person_id as bigint), epoch_us(occurred_at),
            event_id, source_name, event_name, case event_name {value} end
        from marts.events
        where not is_bot
        order by occurred_at, event_id
        """,
        warehouse,
    )
    keys = {name for (name,) in query("select event_name from seeds.key_events", warehouse)}
    by_visitor, by_person = defaultdict(list), defaultdict(list)
    for visitor, person, *event in rows:
        by_visitor[visitor].append(Event(*event))
        by_person[person].append(Event(*event))
    groups: dict[str, list[tuple]] = {"session": [], "person": []}
    groups["person"] = [(person, 0, events) for person, events in by_person.items() if person]
    for visitor, person, started, ended in query(
        """
        select source_name || '|' || visitor_id, cast(person_id as bigint), epoch_us(started_at),
            epoch_us(ended_at)
        from marts.sessions
        where not is_bot
        """,
        warehouse,
    ):
        inside = [event for event in by_visitor[visitor] if started <= event.at <= ended]
        groups["session"].append((person, ended + TIMEOUT, inside))
    ((last_moment,),) = query("select max(epoch_us(ended_at)) from marts.sessions", warehouse)
    for journey in journeys:
        for person, closes, events in groups[journey.scope]:
            steps = [
                (name, event.at, event.name in keys)
                for event in events
                if (name := name_of(journey, rules, event)) is not None
            ]
            parts = [steps] if journey.silence_us is None else stretches(steps, journey.silence_us)
            for part in parts:
                taken = take(journey, part) if part else None
                if taken is not None:
                    until = closes or part[-1][1] + (journey.silence_us or 0)
                    taken.person, taken.is_mature = person, until <= last_moment
                    yield journey.name, taken
