"""Journeys in plain Python, one at a time: what the marts must say, found another way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

SECOND = 1_000_000


class Journey(NamedTuple):
    """A row of the seed journeys."""

    name: str
    scope: str
    sources: tuple[str, ...]
    start: str | None
    end: str | None
    longest: int
    collapses: bool
    silence_us: int | None


class Rule(NamedTuple):
    """A row of the seed journey_steps."""

    journey: str
    event: str
    step: str | None
    reads_property: bool
    is_step: bool


class Event(NamedTuple):
    """A step event, before a journey names it; `at` in microseconds."""

    at: int
    event_id: str
    source: str
    name: str
    value: str | None


@dataclass
class Visit:
    """A step of one journey, with the repeats that were made one with it."""

    step: str
    at: int
    number: int = 0
    repeats: int = 0
    following: str | None = None
    is_loop: bool = False


@dataclass
class Taken:
    """One taking of a journey. `visits` are those kept, without the end."""

    visits: list[Visit]
    path: str
    is_cut: bool
    is_converted: bool
    duration: int
    person: int | None = None
    is_mature: bool = True


@dataclass
class Tally:
    """What a row of journey_paths counts."""

    mature: list[Taken] = field(default_factory=list)
    immature: int = 0


def name_of(journey: Journey, rules: list[Rule], event: Event) -> str | None:
    """The step that an event is in a journey; None if it is none."""
    if journey.sources and event.source not in journey.sources:
        return None
    own = [rule for rule in rules if rule.journey == journey.name]
    chosen = next((rule for rule in own if rule.event == event.name), None)
    chosen = chosen or next((rule for rule in own if rule.event == "*"), None)
    if chosen is None or not chosen.is_step:
        return None
    name = chosen.step or event.name
    return f"{name}: {event.value}" if chosen.reads_property and event.value else name


def take(journey: Journey, steps: list[tuple[str, int, bool]]) -> Taken | None:
    """Read one stretch of steps (name, time, whether a key event), which are in order."""
    names = [name for name, _, _ in steps]
    if journey.start is not None:
        if journey.start not in names:
            return None
        steps = steps[names.index(journey.start) :]
    backwards = journey.start is None and journey.end is not None
    if backwards:
        if journey.end not in names:
            return None
        steps = steps[: names.index(journey.end) + 1]
    visits: list[Visit] = []
    for name, at, _ in steps:
        if visits and journey.collapses and visits[-1].step == name:
            visits[-1].repeats += 1
        else:
            visits.append(Visit(name, at))
    has_key = any(is_key for _, _, is_key in steps)
    ends = [place for place, visit in enumerate(visits) if visit.step == journey.end]
    is_converted = bool(ends) if journey.end is not None else has_key
    duration = visits[ends[0] if ends else -1].at - visits[0].at
    whole = visits[: ends[0] + 1] if ends else visits
    before_end = whole[:-1] if ends else whole
    for place, visit in enumerate(before_end):
        visit.following = whole[place + 1].step if place + 1 < len(whole) else None
        back = [later.step for later in before_end[place + 1 : place + 3]]
        visit.is_loop = len(back) == 2 and back[1] == visit.step != back[0]
    started = visits[0].at
    kept = before_end[-journey.longest :] if backwards else before_end[: journey.longest]
    first = journey.longest - len(kept) + 1 if backwards else 1
    for number, visit in enumerate(kept, first):
        visit.number = number
        visit.at -= started
    is_cut = not backwards and len(before_end) > journey.longest
    if is_cut:
        kept[-1].following = "(more)"
    path = " > ".join(visit.step for visit in kept) or "(directly)"
    return Taken(kept, path, is_cut, is_converted, duration)


def stretches(steps: list[tuple[str, int, bool]], silence_us: int) -> Iterator[list]:
    """Cut a person's steps where they were silent for longer."""
    stretch: list[tuple[str, int, bool]] = []
    for step in steps:
        if stretch and step[1] - stretch[-1][1] > silence_us:
            yield stretch
            stretch = []
        stretch.append(step)
    if stretch:
        yield stretch


def paths(takings: Iterable[tuple[str, Taken]]) -> set[tuple]:
    """Rows of journey_paths: journey, path, cut, and the counts."""
    tallies: dict[tuple[str, str, bool], Tally] = defaultdict(Tally)
    for name, taken in takings:
        tally = tallies[name, taken.path, taken.is_cut]
        if taken.is_mature:
            tally.mature.append(taken)
        else:
            tally.immature += 1
    return {
        (
            *key,
            len(tally.mature),
            tally.immature,
            len({taken.person for taken in tally.mature} - {None}),
            sum(taken.is_converted for taken in tally.mature),
            median([taken.duration for taken in tally.mature]) / SECOND if tally.mature else None,
        )
        for key, tally in tallies.items()
    }


def transitions(takings: Iterable[tuple[str, Taken]]) -> set[tuple]:
    """Rows of journey_transitions: journey, number, from, to, count and expected count."""
    counts: dict[tuple[str, int, str, str], int] = defaultdict(int)
    for name, taken in takings:
        for visit in taken.visits if taken.is_mature else []:
            if visit.following is not None:
                counts[name, visit.number, visit.step, visit.following] += 1
    leaving: dict[tuple, int] = defaultdict(int)
    coming: dict[tuple, int] = defaultdict(int)
    everything: dict[tuple, int] = defaultdict(int)
    for (name, number, step, following), count in counts.items():
        leaving[name, number, step] += count
        coming[name, number, following] += count
        everything[name, number] += count
    rows = set()
    for (name, number, step, following), count in counts.items():
        here = leaving[name, number, step]
        expected = here * coming[name, number, following] / everything[name, number]
        rows.add((name, number, step, following, count, here, round(expected, 6)))
    return rows


def exits(takings: Iterable[tuple[str, Taken]]) -> set[tuple]:
    """Rows of journey_exits: journey, step, number or None, and the counts."""
    groups: dict[tuple[str, str, int | None], list[Visit]] = defaultdict(list)
    for name, taken in takings:
        for visit in taken.visits if taken.is_mature else []:
            groups[name, visit.step, visit.number].append(visit)
            groups[name, visit.step, None].append(visit)
    rows = set()
    for key, visits in groups.items():
        left = [visit.at for visit in visits if visit.following is None]
        rows.add(
            (
                *key,
                len(visits),
                len(left),
                sum(visit.is_loop for visit in visits),
                sum(visit.repeats + (visit.following == visit.step) for visit in visits),
                median(left) / SECOND if left else None,
            )
        )
    return rows
