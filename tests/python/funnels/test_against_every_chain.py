"""Funnels against their definition: every chain of events that the rules allow, one by one."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import duckdb
import pyarrow as pa
import pytest

from tests.python.conftest import Dbt, query

PERSONS = 2_000
WINDOW_HOURS = 1
HOUR = 3_600_000_000
EXCLUDED = "excluded"
COLORS = ("red", "blue")


@dataclass(frozen=True)
class Funnel:
    """A funnel of the seeds; `steps` are (number, kind, event name)."""

    name: str
    steps: tuple[tuple[int, str, str], ...]
    step_order: str = "ordered"
    attempts: str = "best"
    is_held: bool = False

    @property
    def chain(self) -> dict[int, str]:
        """Event name by number of the required and optional steps."""
        return {number: name for number, kind, name in self.steps if kind != EXCLUDED}

    def is_required(self, step: int) -> bool:
        """Whether a step may not be passed over."""
        return (step, "required", self.chain[step]) in self.steps

    def previous_required(self, step: int) -> int:
        """The required step before it, or 0."""
        return max((s for s in self.chain if s < step and self.is_required(s)), default=0)

    def may_follow(self, step: int, earlier: int) -> bool:
        """Whether no required step lies between the two."""
        return earlier < step and self.previous_required(step) <= earlier


@dataclass(frozen=True, order=True)
class Event:
    """What somebody did, with the color of what they did it to."""

    at: int
    event_id: UUID
    name: str
    color: str | None


R, O, X = "required", "optional", EXCLUDED  # noqa: E741
FUNNELS = (
    Funnel("chain", ((1, R, "a"), (2, R, "b"), (3, R, "c"))),
    Funnel("long", ((1, R, "a"), (2, R, "b"), (3, R, "a"), (4, R, "c"), (5, R, "b"))),
    Funnel("first", ((1, R, "a"), (2, R, "b"), (3, R, "c")), attempts="first"),
    Funnel("every", ((1, R, "b"), (2, R, "a")), attempts="every"),
    Funnel("twice", ((1, R, "a"), (2, R, "a"), (3, R, "b"))),
    Funnel("maybe", ((1, R, "a"), (2, O, "b"), (3, O, "c"), (4, R, "d"))),
    Funnel("barred", ((1, R, "a"), (2, R, "b"), (3, R, "c"), (2, X, "d"))),
    Funnel("never", ((1, R, "a"), (2, O, "b"), (3, R, "c"), (0, X, "d"))),
    Funnel("strict", ((1, R, "a"), (2, R, "b"), (3, R, "c")), step_order="strict"),
    Funnel("held", ((1, R, "a"), (2, R, "b"), (3, R, "c")), is_held=True),
    Funnel("any", ((1, R, "a"), (2, R, "b"), (3, R, "c")), step_order="any"),
    Funnel("any_first", ((1, R, "a"), (2, R, "b")), step_order="any", attempts="first"),
)


def people() -> dict[int, list[Event]]:
    """Events of every person: few minutes and names, so that much happens at one time."""
    draw = random.Random(20250101)
    return {
        person: [
            Event(
                at=draw.choice((0, 600, 1200, 1800, 2400, 3000, 3600, 3601, 5400, 7200)) * 1_000_000
                + draw.choice((0, 0, 0, 1)),
                event_id=UUID(int=draw.getrandbits(120)),
                name=draw.choice("abcd"),
                color=draw.choice((*COLORS, None)),
            )
            for _ in range(draw.randint(1, 9))
        ]
        for person in range(1, PERSONS + 1)
    }


Row = tuple[str, UUID, int, UUID, str, int]


def expected_of(funnel: Funnel, events: list[Event]) -> Iterator[Row]:
    """Rows of one person: funnel, entry, step, event, held value, microseconds since the entry."""
    for color in COLORS if funnel.is_held else ("",):
        of_color = [event for event in events if not funnel.is_held or event.color == color]
        steps = [
            (step, event)
            for step, name in funnel.chain.items()
            for event in of_color
            if event.name == name
        ]
        entries = [event.at for step, event in steps if step == 1 or funnel.step_order == "any"]
        if funnel.attempts == "first":
            entries = [at for at in entries if at == min(entries)]
        find = _in_any_order if funnel.step_order == "any" else _in_order
        for entry, found in find(funnel, entries, steps, events).items():
            for step, event in found.items():
                yield funnel.name, found[1].event_id, step, event.event_id, color, event.at - entry


def _in_any_order(
    funnel: Funnel, entries: list[int], steps: list[tuple[int, Event]], events: list[Event]
) -> dict[int, dict[int, Event]]:
    found = {}
    for entry in set(entries):
        first: dict[int, Event] = {}
        for step, event in sorted(steps, key=lambda pair: pair[1]):
            if entry <= event.at <= entry + HOUR:
                first.setdefault(step, event)
        found[entry] = dict(enumerate(sorted(first.values()), start=1))
    return found


def _in_order(
    funnel: Funnel, entries: list[int], steps: list[tuple[int, Event]], events: list[Event]
) -> dict[int, dict[int, Event]]:
    latest: dict[tuple[int, Event], int] = {}
    for step, event in steps:
        if step == 1 and event.at in entries:
            for last in _chains(funnel, [(step, event)], steps, events):
                latest[last] = max(latest.get(last, event.at), event.at)
    found: dict[int, dict[int, Event]] = defaultdict(dict)
    for (step, event), entry in sorted(latest.items(), key=lambda item: item[0][1]):
        found[entry].setdefault(step, event)
    return {
        entry: {
            step: event
            for step, event in reached.items()
            if all(event.at <= later.at for other, later in reached.items() if other > step)
        }
        for entry, reached in found.items()
    }


def _chains(
    funnel: Funnel,
    chain: list[tuple[int, Event]],
    steps: list[tuple[int, Event]],
    events: list[Event],
) -> Iterator[tuple[int, Event]]:
    """The last step of every chain that begins like this one."""
    yield chain[-1]
    for step, event in steps:
        if (
            funnel.may_follow(step, chain[-1][0])
            and event.at <= chain[0][1].at + HOUR
            and _comes_after(funnel, event, chain)
            and not _is_barred(funnel, step, chain[-1][1], event, events)
        ):
            yield from _chains(funnel, [*chain, (step, event)], steps, events)


def _comes_after(funnel: Funnel, event: Event, chain: list[tuple[int, Event]]) -> bool:
    """Later, or at the same time; events that could be either step go by their ids."""
    last = chain[-1][1]
    if event.at != last.at:
        return event.at > last.at
    names = list(funnel.chain.values())
    if names.count(event.name) > 1 and names.count(last.name) > 1:
        return event.event_id > last.event_id
    return all(event != earlier for _, earlier in chain)


def _is_barred(funnel: Funnel, step: int, last: Event, event: Event, events: list[Event]) -> bool:
    since = funnel.previous_required(step) + 1
    names = {
        name
        for number, kind, name in funnel.steps
        if kind == EXCLUDED and (number == 0 or since <= number <= step)
    }
    return any(
        last.at < other.at < event.at and (funnel.step_order == "strict" or other.name in names)
        for other in events
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, Row]]:
    """The same from int_funnel_steps_reached, over a table of what each event can be."""
    folder = tmp_path_factory.mktemp("chains")
    dbt = Dbt(folder / "landing", folder)
    _write(dbt.warehouse)
    dbt.run("run", "--select", "int_funnel_step_bounds", "int_funnel_steps_reached")
    rows = query(
        """
        select
            person_key, funnel_name, entry_event_id, step_number, event_id, held_value,
            microseconds_since_entry
        from intermediate.int_funnel_steps_reached
        """,
        dbt.warehouse,
    )
    return [(row[0], row[1:]) for row in rows]


def _write(warehouse: Path) -> None:
    """The tables that the two models read."""
    columns = {
        "seeds.funnels": [
            {
                "funnel_name": funnel.name,
                "step_order": funnel.step_order,
                "attempts": funnel.attempts,
                "window_hours": WINDOW_HOURS,
            }
            for funnel in FUNNELS
        ],
        "seeds.funnel_steps": [
            {
                "funnel_name": funnel.name,
                "step_number": number,
                "step_name": "step",
                "kind": kind,
                "event_name": name,
            }
            for funnel in FUNNELS
            for number, kind, name in funnel.steps
        ],
        "intermediate.int_funnel_step_events": [
            {
                "funnel_name": funnel.name,
                "step_number": number,
                "event_id": str(event.event_id),
                "person_key": person,
                "held_value": event.color if funnel.is_held else "",
                "is_excluded": kind == EXCLUDED,
                "is_repeated": list(funnel.chain.values()).count(name) > 1,
                "occurred_us": event.at,
            }
            for person, events in people().items()
            for funnel in FUNNELS
            for number, kind, name in (*funnel.steps, (0, EXCLUDED, "*"))
            for event in events
            if (name == event.name or (name == "*" and funnel.step_order == "strict"))
            and (event.color or not funnel.is_held)
        ],
    }
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema seeds; create schema intermediate")
        for table, rows in columns.items():
            arrow = pa.Table.from_pylist(rows)  # noqa: F841
            connection.execute(f"create table {table} as from arrow")
        connection.execute(
            "alter table intermediate.int_funnel_step_events alter event_id type uuid"
        )


@pytest.mark.parametrize("funnel", FUNNELS, ids=lambda funnel: funnel.name)
def test_every_person_gets_as_far_as_the_best_of_all_chains(
    funnel: Funnel, found: list[tuple[int, Row]]
) -> None:
    expected = sorted(
        (person, row) for person, events in people().items() for row in expected_of(funnel, events)
    )
    got = sorted(entry for entry in found if entry[1][0] == funnel.name)
    assert len(expected) > PERSONS / 3
    differing = {person for person, _ in set(got) ^ set(expected)}
    assert not differing, [
        (
            people()[person],
            [r for p, r in got if p == person],
            [r for p, r in expected if p == person],
        )
        for person in sorted(differing)[:1]
    ]
