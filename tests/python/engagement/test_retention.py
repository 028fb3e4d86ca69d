"""Retention counted again without SQL: from the simulator's truth, and from every event.

The company lives through a leap day and a day of 23 hours, and its days are those of Los Angeles.
The seeds of retention are the test's own: each kind of each period, with and without filters.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from headwater.landing.contract import Source
from headwater.simulate.run import Settings, simulate
from tests.python.conftest import Dbt, copy_project, query

ZONE = ZoneInfo("America/Los_Angeles")
SMALLEST = 200

RETENTIONS = """\
retention_name,start_event,start_filter,return_event,return_filter,cohort_kind,period,cohort_period
people_by_day,*,,*,,first_time,day,day
people_by_week,*,,*,,first_time,week,week
people_by_month,*,,*,,first_time,month,month
days_by_week,*,,*,,first_time,day,week
active_by_day,*,,*,,recurring,day,day
active_by_week,*,,*,,recurring,week,week
active_by_month,*,,*,,recurring,month,month
savers,save,,save,,first_time,day,month
savers_each_week,save,,*,,recurring,week,week
phones_then_web,save,on_phones,save,on_web,first_time,day,day
saw_then_shared,search,,share,,recurring,month,month
nobody,never_happens,,*,,first_time,day,day
never_back,save,,never_happens,,recurring,month,month
"""
PERIODS = """\
period,kind,first_period,last_period
day,n_day,0,
day,n_day,1,
day,n_day,30,
day,n_day,75,
day,on_or_after,0,
day,on_or_after,7,
day,bracket,1,1
day,bracket,2,6
day,bracket,7,30
week,n_day,0,
week,n_day,1,
week,n_day,8,
week,on_or_after,2,
week,bracket,1,4
month,n_day,1,
month,n_day,2,
month,on_or_after,1,
month,bracket,0,1
"""
FILTERS = """\
filter_name,property,operator,value
on_phones,platform,in,ios|android
on_web,platform,=,web
"""
PLATFORMS = {"on_phones": {"ios", "android"}, "on_web": {"web"}}
Counts = Counter[tuple[object, ...]]


@dataclass(frozen=True)
class Stretch:
    """A row of retention_periods."""

    kind: str
    first: int
    last: int | None

    def holds(self, distance: int) -> bool:
        """Whether a return so many periods after the start counts."""
        if self.kind == "on_or_after":
            return distance >= self.first
        return self.first <= distance <= (self.first if self.last is None else self.last)

    def has_passed(self, start: int, present: int) -> bool:
        """Whether a person who started then counts, seen from the present period."""
        return start + (self.first if self.last is None else self.last) < present


@dataclass(frozen=True)
class Act:
    """What a person did, as far as retention asks."""

    name: str
    platform: str | None
    day: date
    at: datetime
    event_id: str


def rows_of(text: str) -> list[dict[str, str]]:
    """Rows of a seed; an empty cell is an empty text."""
    return list(csv.DictReader(text.splitlines()))


def stretches(unit: str) -> list[Stretch]:
    """What is reported of each retention that counts in days, weeks or months."""
    return [
        Stretch(
            row["kind"],
            int(row["first_period"]),
            int(row["last_period"]) if row["last_period"] else None,
        )
        for row in rows_of(PERIODS)
        if row["period"] == unit
    ]


def opens(day: date, unit: str) -> date:
    """First day of the day, week or month."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def number(day: date, unit: str) -> int:
    if unit == "month":
        return day.year * 12 + day.month
    return opens(day, unit).toordinal() // (7 if unit == "week" else 1)


def local_day(at: datetime) -> date:
    return at.replace(tzinfo=UTC).astimezone(ZONE).date()


@pytest.fixture(scope="module")
def landing_root(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> Path:
    root = tmp_path_factory.mktemp("retention") / "landing"
    simulate(Settings(scale=0.003, days=75, start="2024-02-01", seed=3), contract, root)
    return root


@pytest.fixture(scope="module")
def warehouse(landing_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = copy_project(tmp_path_factory.mktemp("retention") / "project")
    settings = (project / "dbt_project.yml").read_text()
    for old, new in (
        ("reporting_timezone: UTC", f"reporting_timezone: {ZONE.key}"),
        ("segment_smallest_count: 5", f"segment_smallest_count: {SMALLEST}"),
    ):
        assert old in settings
        settings = settings.replace(old, new)
    (project / "dbt_project.yml").write_text(settings)
    for name, text in (
        ("retentions", RETENTIONS),
        ("retention_periods", PERIODS),
        ("event_filters", FILTERS),
    ):
        (project / "seeds" / f"{name}.csv").write_text(text)
    dbt = Dbt(landing_root, project.parent, project=project)
    dbt.make("+retention_by_period", "+events")
    dbt.run("test", "--select", "retentions", "retention_periods", "assert_segments_of_retention_*",
            "assert_every_start_*", "assert_on_or_after_*", "retention_by_cohort",
            "retention_by_period", "int_retention_*", "--exclude", "test_type:unit")  # fmt: skip
    return dbt.warehouse


@pytest.fixture(scope="module")
def acts(warehouse: Path) -> dict[str, list[Act]]:
    """What every person did, in order."""
    found: dict[str, list[Act]] = defaultdict(list)
    for person, name, platform, at, event_id in query(
        """
        select person_id, event_name, platform, occurred_at, event_id from marts.events
        where person_id is not null order by occurred_at, event_id
        """,
        warehouse,
    ):
        found[person].append(Act(name, platform, local_day(at), at, event_id))
    return found


def meets(act: Act, name: str, filter_name: str) -> bool:
    return name == "*" or (
        act.name == name and (not filter_name or act.platform in PLATFORMS[filter_name])
    )


def starts_of(done: Iterable[Act], retention: dict[str, str]) -> Iterator[Act]:
    """The acts by which a person starts: the first ever, or the first of each period."""
    seen = set()
    for act in done:
        if meets(act, retention["start_event"], retention["start_filter"]):
            is_recurring = retention["cohort_kind"] == "recurring"
            once = number(act.day, retention["period"]) if is_recurring else 0
            if once not in seen:
                seen.add(once)
                yield act


def outcomes_of(
    people: Iterable[list[Act]], retention: dict[str, str]
) -> Iterator[tuple[Act, int, set[int]]]:
    """Each start, the number of its period, and how many periods later the person came back."""
    unit = retention["period"]
    for done in people:
        returns = {
            number(act.day, unit)
            for act in done
            if meets(act, retention["return_event"], retention["return_filter"])
        }
        for start in starts_of(done, retention):
            begun = number(start.day, unit)
            yield start, begun, {period - begun for period in returns}


def cohorts_of(people: list[list[Act]], retention: dict[str, str], last_day: date) -> Counts:
    """What the mart should say of a retention, as the whole and by platform."""
    name, unit = retention["retention_name"], retention["period"]
    outcomes = list(outcomes_of(people, retention))
    sizes = Counter(start.platform for start, _, _ in outcomes)
    counts: Counts = Counter()
    for start, begun, distances in outcomes:
        cohort = opens(start.day, retention["cohort_period"])
        platform = start.platform if sizes[start.platform] >= SMALLEST else "other"
        segments = [("all", "all"), ("platform", platform)]
        for segment in segments[: 1 if retention["start_event"] == "*" else 2]:
            for stretch in stretches(unit):
                key = (name, *segment, cohort, stretch.kind, stretch.first, stretch.last)
                is_mature = stretch.has_passed(begun, number(last_day, unit))
                is_back = any(stretch.holds(distance) for distance in distances)
                counts[*key, "persons"] += 1
                counts[*key, "mature"] += is_mature
                counts[*key, "retained"] += is_mature and is_back
    return counts


def test_every_cohort_equals_a_count_of_every_event(
    warehouse: Path, acts: dict[str, list[Act]]
) -> None:
    """The whole mart, without segments and by the platform of the event that starts."""
    ((last_moment,),) = query("select max(occurred_at) from intermediate.int_events", warehouse)
    expected: Counts = Counter()
    for retention in rows_of(RETENTIONS):
        expected += cohorts_of(list(acts.values()), retention, local_day(last_moment))
    found: Counts = Counter()
    for *key, persons, mature, retained in query(
        """
        select
            retention_name, segment_name, segment_value, cohort_date, kind, first_period,
            last_period, person_count, mature_count, retained_count
        from marts.retention_by_cohort
        where
            segment_name = 'all'
            or (segment_name = 'platform' and retention_name in (
                select retention_name from seeds.retentions where start_event != '*'
            ))
        """,
        warehouse,
    ):
        found[*key, "persons"] = persons
        found[*key, "mature"] = mature
        found[*key, "retained"] = retained
    assert +found == expected
    assert sum("other" in key for key in expected) > 10
    names = {row["retention_name"] for row in rows_of(RETENTIONS)}
    assert names - {key[0] for key in expected if "retained" in key} == {"nobody", "never_back"}


def test_counts_of_intact_people_equal_truth_exactly(landing_root: Path, warehouse: Path) -> None:
    """People whom the warehouse takes for one, and whose rows all arrived: true person, true time.

    Which people these are is asked of the warehouse; when they came is the truth's word alone.
    """
    sessions = query(
        f"""
        select person, source_name, device_id, started_at, ended_at, is_intact
        from '{landing_root}/truth/sessions.parquet' where not is_bot
        """
    )
    person_of = {
        (source, device): person
        for source, device, person in query(
            "select source_name, identifier_value, person_id from marts.person_identifiers"
            " where identifier_type = 'device'",
            warehouse,
        )
    }
    days: dict[int, set[date]] = defaultdict(set)
    taken_for: dict[int, set[str | None]] = defaultdict(set)
    people: dict[str | None, set[int]] = defaultdict(set)
    harmed = set()
    for person, source, device, started_at, ended_at, is_intact in sessions:
        key = person_of.get((source, device))
        taken_for[person].add(key)
        people[key].add(person)
        days[person] |= {local_day(started_at), local_day(ended_at)}
        if not is_intact:
            harmed.add(person)
    intact = {
        next(iter(keys)): person
        for person, keys in taken_for.items()
        if len(keys) == 1 and None not in keys and person not in harmed
        if people[next(iter(keys))] == {person}
    }
    assert len(intact) > 0.5 * len(taken_for) > 1_000
    came = [
        [Act("*", None, day, datetime.min, "") for day in sorted(days[person])]
        for person in intact.values()
    ]
    expected: Counts = Counter()
    for retention in rows_of(RETENTIONS):
        if retention["start_event"] == retention["return_event"] == "*":
            for start, _, distances in outcomes_of(came, retention):
                cohort = opens(start.day, retention["cohort_period"])
                key = (retention["retention_name"], cohort)
                expected[*key, "started", None, None] += 1
                for stretch in stretches(retention["period"]):
                    is_back = any(stretch.holds(distance) for distance in distances)
                    expected[*key, stretch.kind, stretch.first, stretch.last] += is_back
    found: Counts = Counter()
    for name, person, cohort, kind, first, last in query(
        """
        with outcomes as (
            select * from intermediate.int_retention_outcomes
            where retention_name in (
                select retention_name from seeds.retentions
                where start_event = '*' and return_event = '*'
            )
        )
        select
            outcomes.retention_name, cast(outcomes.person_key as varchar), outcomes.cohort_date,
            periods.kind, periods.first_period, periods.last_period
        from outcomes
        inner join intermediate.int_retention_periods as periods
            on
                outcomes.period = periods.period
                and (outcomes.returned_flags & periods.flag) != 0
        union all
        select retention_name, cast(person_key as varchar), cohort_date, 'started', null, null
        from outcomes
        """,
        warehouse,
    ):
        if person in intact:
            found[name, cohort, kind, first, last] += 1
    assert found == +expected
    assert len({key[0] for key in +expected}) == 7


def test_any_activity_takes_its_platform_from_what_the_person_did_then(
    warehouse: Path, acts: dict[str, list[Act]]
) -> None:
    """The first session of the day tells; it may differ from the first event on shared devices."""
    starts = query(
        "select cast(person_key as varchar), platform"
        " from intermediate.int_retention_activity_starts where once_per = 'ever'",
        warehouse,
    )
    assert len(starts) == len(acts) > 1_000
    differing = sum(platform != acts[person][0].platform for person, platform in starts)
    assert differing <= 0.002 * len(starts)
