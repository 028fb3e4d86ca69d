"""An experiment with a trigger and one that holds people out, against what was planted in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import compress
from typing import Any

import duckdb
import numpy as np
import pytest

from headwater.landing.contract import Source
from tests.python.conftest import Dbt, copy_project
from tests.python.experiments.seeds import land_own_events, write_seed

Tables = duckdb.DuckDBPyConnection
PERSONS, SEED = 2_500, 20260322
STARTED, ENDED = date(2026, 3, 3), date(2026, 3, 17)
BEGIN, END = (datetime(*day.timetuple()[:3], tzinfo=UTC) for day in (STARTED, ENDED))
LAST = END + timedelta(days=3)
HALF_WAY = BEGIN + timedelta(days=4)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HELD_OUT_SHARE = 0.2
PROGRAM, DRAWER = 1.2, 1.5  # what saves are multiplied by: by all that is new, by an open drawer

# `drawer` and `drawer_seen` are shown together; `boxes` loses three in ten of b before its trigger.
EXPERIMENTS: dict[str, dict[str, Any]] = {
    "year": {"control_variant": "out"},
    "drawer": {"trigger_event": "open_drawer", "holdout": "year"},
    "drawer_seen": {"holdout": "year"},
    "boxes": {"trigger_event": "open_box"},
}
VARIANTS = {"year": {"out": HELD_OUT_SHARE, "in": 1 - HELD_OUT_SHARE}}
VARIANTS |= {name: {"control": 0.5, "b": 0.5} for name in EXPERIMENTS if name not in VARIANTS}
Entry = tuple[str, datetime, str | None]
Span = tuple[datetime, datetime, float]


@dataclass(frozen=True)
class Person:
    """Who sees the drawer, and from when on it is open; the tool shows b to all who are held out,
    for whom nothing changes."""

    user: str
    is_held_out: bool
    variant: str
    box_variant: str
    seen_at: datetime
    opened_early_at: datetime | None
    opened_at: datetime | None
    box_at: datetime | None
    daily_rate: float

    @property
    def spans(self) -> list[Span]:
        """Begin, end and saves a day; the last two are after the program and the drawer began."""
        entered_at = self.seen_at - HOUR
        rate = self.daily_rate * (1 if self.is_held_out else PROGRAM)
        opened_at = self.opened_at or LAST
        factor = DRAWER if self.variant == "b" and not self.is_held_out else 1
        return [
            (entered_at - 2 * DAY, entered_at, self.daily_rate),
            (entered_at, opened_at, rate),
            (opened_at, LAST, rate * factor),
        ]

    def saves_expected(self, since: datetime) -> float:
        """Until the experiments end."""
        return sum(
            rate * max((min(end, END) - max(begin, since)) / DAY, 0)
            for begin, end, rate in self.spans
        )

    @property
    def entries(self) -> dict[str, Entry]:
        """Variant, when the person counts from, and why not, by experiment."""
        reason = "held_out" if self.is_held_out else None
        out = "out" if self.is_held_out else "in"
        entries: dict[str, Entry] = {"year": (out, self.seen_at - HOUR, None)}
        entries["drawer_seen"] = (self.variant, self.seen_at, reason)
        if self.opened_at is not None:
            entries["drawer"] = (self.variant, self.opened_at, reason)
        if self.box_at is not None:
            entries["boxes"] = (self.box_variant, self.box_at, None)
        return entries


def people(rng: np.random.Generator) -> Iterator[Person]:
    for number in range(PERSONS):
        is_held_out = rng.random() < HELD_OUT_SHARE
        variant = "b" if is_held_out or rng.random() < 0.5 else "control"
        box_variant = "b" if rng.random() < 0.5 else "control"
        seen_at = BEGIN + HOUR + timedelta(seconds=int(rng.integers(7 * 86_400)))
        opened_after = timedelta(seconds=int(rng.integers(3 * 86_400)))
        finds_box = rng.random() < (0.63 if box_variant == "b" else 0.9)
        yield Person(
            user=f"user-{number}",
            is_held_out=is_held_out,
            variant=variant,
            box_variant=box_variant,
            seen_at=seen_at,
            opened_early_at=seen_at - HOUR / 2 if rng.random() < 0.3 else None,
            opened_at=seen_at + opened_after if rng.random() < 0.5 else None,
            box_at=seen_at + 2 * HOUR if finds_box else None,
            daily_rate=rng.gamma(4, 0.15),
        )


def saves_of(person: Person, rng: np.random.Generator) -> list[datetime]:
    """By a Poisson process in each span."""
    times: list[datetime] = []
    for begin, end, rate in person.spans:
        seconds = int((end - begin).total_seconds())
        drawn = rng.integers(seconds, size=rng.poisson(rate * (end - begin) / DAY))
        times += [begin + timedelta(seconds=int(second)) for second in drawn]
    return times


def events_of(person: Person, saves: list[datetime]) -> Iterator[dict[str, Any]]:
    shown = [
        ("year", "out" if person.is_held_out else "in", person.seen_at - HOUR),
        ("drawer", person.variant, person.seen_at),
        ("drawer_seen", person.variant, person.seen_at),
        ("boxes", person.box_variant, person.seen_at),
    ]
    for name, variant, at in shown:
        yield {"event_type": "look", "at": at, "experiment_id": name, "variant": variant}
    opened_again_at = None if person.opened_at is None else person.opened_at + DAY
    for at in (person.opened_early_at, person.opened_at, opened_again_at):
        if at is not None:
            yield {"event_type": "open_drawer", "at": at}
    if person.box_at is not None:
        yield {"event_type": "open_box", "at": person.box_at}
    for at in saves:
        yield {"event_type": "save", "at": at}


@pytest.fixture(scope="module")
def crowd() -> dict[str, tuple[Person, list[datetime]]]:
    """Each person, and when they saved."""
    rng = np.random.default_rng(SEED)
    return {person.user: (person, saves_of(person, rng)) for person in people(rng)}


@pytest.fixture(scope="module")
def tables(
    crowd: dict[str, tuple[Person, list[datetime]]],
    tmp_path_factory: pytest.TempPathFactory,
    contract: dict[str, Source],
) -> Tables:
    """Built when four days had landed, and again with the rest: many met the trigger only then."""
    folder = tmp_path_factory.mktemp("triggers")
    project = copy_project(folder / "project")
    runs = {"start_date": STARTED, "end_date": ENDED, "pre_window_days": 2}
    rows = [
        {"experiment_name": name, "experiment_id": name} | runs | row
        for name, row in EXPERIMENTS.items()
    ]
    write_seed(project, "experiments", rows)
    shares = [
        {"experiment_name": name, "variant": variant, "weight": weight}
        for name, weights in VARIANTS.items()
        for variant, weight in weights.items()
    ]
    write_seed(project, "experiment_variants", shares)
    write_seed(project, "metrics", [{"metric_name": "saves", "event_name": "save"}])
    judged = [{"experiment_name": name, "metric_name": "saves"} for name in EXPERIMENTS]
    write_seed(project, "experiment_metrics", judged)
    acts: list[dict[str, Any]] = [{"event_type": "end", "user_id": "nobody", "at": LAST}]
    for person, saves in crowd.values():
        acts += [event | {"user_id": person.user} for event in events_of(person, saves)]
    sent = [
        {name: value for name, value in act.items() if name != "at"}
        | {"event_id": f"e{number}", "timestamp": act["at"].isoformat().replace("+00:00", "Z")}
        for number, act in enumerate(acts)
    ]
    dbt = Dbt(folder / "landing", folder / "warehouse", project=project)
    for part, is_late in (("first", False), ("second", True)):
        is_of_part = [(act["at"] >= HALF_WAY) == is_late for act in acts]
        (folder / part).mkdir()
        landed = list(compress(sent, is_of_part))
        land_own_events(dbt.landing_root, landed, contract, folder / part)
        dbt.make("+path:models/marts/experiments")
    connection = duckdb.connect()
    connection.execute(f"attach '{dbt.warehouse}' as built (read_only)")
    connection.execute("use built.marts")
    return connection


def test_who_meets_no_trigger_or_is_held_out_is_in_no_result(
    crowd: dict[str, tuple[Person, list[datetime]]], tables: Tables
) -> None:
    """From the first trigger that follows the exposure on, not from one before it."""
    found = tables.sql(
        """
        select experiment_name, identifier_value, variant, first_exposed_at, exclusion_reason
        from experiment_assignments
        inner join built.intermediate.int_person_identifiers using (person_id)
        where identifier_type = 'user'
        """
    ).fetchall()
    told = {
        (name, user): (variant, at.replace(tzinfo=None), reason)
        for user, (person, _) in crowd.items()
        for name, (variant, at, reason) in person.entries.items()
    }
    assert {tuple(row[:2]): tuple(row[2:]) for row in found} == told
    opened = [person for person, _ in crowd.values() if person.opened_at is not None]
    assert any(person.opened_early_at is not None for person in opened)
    assert 200 < sum(person.is_held_out for person in opened) < 400


def counted(
    crowd: dict[str, tuple[Person, list[datetime]]], name: str, until: datetime = END
) -> dict[str, list[int]]:
    """Saves of each person who counts, from then on, by variant."""
    values: dict[str, list[int]] = defaultdict(list)
    for person, saves in crowd.values():
        variant, since, reason = person.entries.get(name, ("", LAST, ""))
        if reason is None and since < until:
            values[variant].append(sum(since <= at < until for at in saves))
    return values


def test_means_are_those_of_whoever_counts(
    crowd: dict[str, tuple[Person, list[datetime]]], tables: Tables
) -> None:
    found = tables.sql(
        """
        select experiment_name, treatment, n_control, n_treatment, mean_control, mean_treatment, se
        from experiment_results where segment_name = 'all' and method = 'unadjusted'
        """
    ).fetchall()
    assert {row[0] for row in found} == EXPERIMENTS.keys()
    for name, treatment, *numbers in found:
        values = counted(crowd, name)
        one, two = (values[arm] for arm in (next(iter(VARIANTS[name])), treatment))
        error = np.sqrt(np.var(one, ddof=1) / len(one) + np.var(two, ddof=1) / len(two))
        wanted = [len(one), len(two), np.mean(one), np.mean(two), error]
        assert numbers == pytest.approx(wanted, rel=1e-9), name


def test_each_day_knows_whoever_met_the_trigger_by_then(
    crowd: dict[str, tuple[Person, list[datetime]]], tables: Tables
) -> None:
    """Saves have no window, so what a person did is not final before the experiment ends."""
    found = tables.sql(
        """
        select analysis_date, n_control, n_treatment, mean_control, mean_treatment, is_always_valid
        from experiment_results_by_day
        where experiment_name = 'drawer' and method = 'unadjusted' order by 1
        """
    ).fetchall()
    assert [row[0] for row in found] == [STARTED + DAY * day for day in range(14)]
    for day, *numbers, is_always_valid in found:
        values = counted(crowd, "drawer", datetime(*day.timetuple()[:3], tzinfo=UTC) + DAY)
        one, two = values["control"], values["b"]
        wanted = [len(one), len(two), np.mean(one), np.mean(two)]
        assert numbers == pytest.approx(wanted, rel=1e-9), day
        assert not is_always_valid


def test_planted_effects_are_inside_their_intervals(
    crowd: dict[str, tuple[Person, list[datetime]]], tables: Tables
) -> None:
    """Of the drawer on who opened it; the same thinned out on all who might have; of the whole
    program on all but the held out."""
    found = {
        name: interval
        for name, *interval in tables.sql(
            """
            select experiment_name, lift_ci_low, lift_ci_high
            from experiment_results where segment_name = 'all' and method = 'unadjusted'
            """
        ).fetchall()
    }
    planted = {}
    for name in ("drawer", "drawer_seen", "year"):
        expected: dict[str, list[float]] = defaultdict(list)
        for person, _ in crowd.values():
            variant, since, reason = person.entries.get(name, ("", LAST, ""))
            if reason is None:
                expected[variant].append(person.saves_expected(since))
        control, treatment = VARIANTS[name]
        planted[name] = float(np.mean(expected[treatment]) / np.mean(expected[control]) - 1)
        low, high = found[name]
        assert 0 < low < planted[name] < high < low + 0.3, name
    assert planted["drawer"] == pytest.approx(DRAWER - 1, abs=0.1)
    assert planted["drawer_seen"] < found["drawer"][0]
    assert found["boxes"][0] < 0 < found["boxes"][1]


def test_shares_are_those_of_whoever_met_the_trigger(
    crowd: dict[str, tuple[Person, list[datetime]]], tables: Tables
) -> None:
    """All saw a box by lot; the held out would make more than two thirds of the drawer's b."""
    found = tables.sql(
        """
        select experiment_name, check_name, verdict, observed_count
        from experiment_health where verdict != 'ok' order by all
        """
    ).fetchall()
    held_out = [person for person, _ in crowd.values() if person.is_held_out]
    opened = [person for person in held_out if person.opened_at is not None]
    assert found == [
        ("boxes", "sample_ratio", "fail", None),
        ("drawer", "held_out_exposure", "warn", len(opened)),
        ("drawer_seen", "held_out_exposure", "warn", len(held_out)),
    ]
    variants = [person.box_variant for person, _ in crowd.values()]
    assert abs(variants.count("b") / PERSONS - 0.5) < 0.02


def test_decisions_follow_from_what_was_planted(tables: Tables) -> None:
    found = tables.sql(
        "select experiment_name, decision, is_final from experiment_decisions order by 1"
    ).fetchall()
    assert found == [
        ("boxes", "invalid", True),
        ("drawer", "ship", True),
        ("drawer_seen", "ship", True),
        ("year", "ship", True),
    ]
