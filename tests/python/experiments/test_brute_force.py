"""Unit values and sums of random events, against a second way of counting them, event by event."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pytest

from headwater.landing.contract import Source
from tests.python.conftest import Dbt, copy_project
from tests.python.experiments.seeds import land_own_events, write_seed

STARTED, ENDED, LAST = date(2026, 3, 3), date(2026, 3, 10), datetime(2026, 3, 12, 12, tzinfo=UTC)
PRE = timedelta(days=2)
SHIFT = 1_000_000.0
EXPERIMENTS = {
    "ended": {"experiment_id": "colour", "start_date": STARTED, "end_date": ENDED},
    "running": {"experiment_id": "size", "start_date": STARTED},
}
# kind, event, filter, property, denominator; then the settings in an experiment
METRICS: dict[str, dict[str, Any]] = {
    "counts": {"event_name": "save"},
    "shares": {"event_name": "save", "kind": "proportion"},
    "large": {"event_name": "pay", "property_name": "value"},
    "big_ones": {"event_name": "pay", "filter_name": "is_large", "property_name": "value"},
    "ratios": {
        "event_name": "save",
        "kind": "ratio",
        "denominator_event_name": "pay",
        "denominator_property_name": "value",
    },
    "medians": {"event_name": "pay", "kind": "quantile", "quantile": 0.5},
}
JUDGED: list[dict[str, Any]] = [
    {"metric_name": "counts", "window_days": 2, "needs_full_window": True},
    {"metric_name": "shares", "window_days": 3, "needs_full_window": False},
    {"metric_name": "large"},
    {"metric_name": "big_ones", "window_days": 1, "needs_full_window": True},
    {"metric_name": "ratios"},
    {"metric_name": "medians"},
]
VARIANTS = ("control", "b", "c")
Event = dict[str, Any]


def random_events(dice: random.Random) -> list[Event]:
    """Times lie on a coarse grid, so that many fall on the edges of windows; one is the last."""
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    grid = [begin + timedelta(hours=6 * step) for step in range(45)]
    events: list[Event] = [{"event_type": "end", "user_id": "nobody", "at": LAST}]
    for number in range(240):
        user, own = f"user-{number}", dice.choice(VARIANTS)
        for _ in range(dice.randrange(4)):
            name, odd = dice.choice(("colour", "size")), dice.random()
            variant = own if odd > 0.12 else dice.choice(("unknown", None, "b", "c"))
            shown = {"experiment_id": name, "variant": variant}
            events.append({"event_type": "look", "user_id": user, "at": dice.choice(grid)} | shown)
        for _ in range(dice.randrange(9)):
            act = {"event_type": dice.choice(("save", "pay")), "user_id": user}
            value = SHIFT + dice.choice((0, 1, 2.5, -3.25, 1 / 3, dice.gauss(0, 1)))
            events.append(act | {"at": dice.choice(grid), "properties": {"value": value}})
    dice.shuffle(events)
    for number, event in enumerate(events):
        event["event_id"] = f"e{number}"
    return events


def assigned(events: list[Event], experiment: dict[str, Any]) -> dict[str, tuple[str, datetime]]:
    """Variant and time of the first exposure, of who saw a single declared variant."""
    seen: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for event in events:
        if event.get("experiment_id") != experiment["experiment_id"]:
            continue
        inside = experiment["start_date"] <= event["at"].date()
        inside = inside and event["at"].date() < experiment.get("end_date", date(9999, 1, 1))
        if inside and event["variant"] in VARIANTS:
            seen[event["user_id"]].append((event["at"], event["variant"]))
    return {
        user: (min(rows)[1], min(rows)[0])
        for user, rows in seen.items()
        if len({variant for _, variant in rows}) == 1
    }


def amount(event: Event, name: str, metric: dict[str, Any], part: str = "") -> float:
    if event["event_type"] != metric.get(f"{part}event_name"):
        return 0.0
    value = event["properties"]["value"]
    if name == "big_ones" and not value > SHIFT:
        return 0.0
    return value if metric.get(f"{part}property_name") else 1.0


def time_of(event: Event, since: datetime, days: int | None, ended: date) -> str | None:
    """`after` or `before` the exposure, None where it counts for neither."""
    passed = event["at"] - since
    if passed < timedelta(0):
        return "before" if passed >= -PRE else None
    is_over = event["at"].date() >= ended if days is None else passed >= timedelta(days=days)
    return None if is_over else "after"


def value_of(name: str, acts: list[Event], times: list[str | None]) -> tuple[float, ...]:
    """y, d, x and e of a person."""
    metric = METRICS[name]
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for event, time in zip(acts, times, strict=True):
        if time is not None:
            for part in ("", "denominator_"):
                sums[time, part] += amount(event, name, metric, part)
    y, x = sums["after", ""], sums["before", ""]
    if metric.get("kind") == "proportion":
        y, x = float(y > 0), float(x > 0)
    if metric.get("kind") == "ratio":
        return y, sums["after", "denominator_"], x, sums["before", "denominator_"]
    return y, 1.0, x, 1.0


def nothing(name: str) -> tuple[float, ...]:
    """y, d, x and e of a person who did nothing."""
    return value_of(name, [], [])


def expected(
    events: list[Event], last: date = date.max
) -> dict[tuple[str, str, str], tuple[float, ...]]:
    """y, d, x and e by experiment, metric and user, whose window need not have closed, of what was
    done until the end of a day."""
    acts = defaultdict(list)
    for event in events:
        if "properties" in event and event["at"].date() <= last:
            acts[event["user_id"]].append(event)
    values = {}
    for name, experiment in EXPERIMENTS.items():
        ended = experiment.get("end_date", date(9999, 1, 1))
        for user, (_, since) in assigned(events, experiment).items():
            for judged in JUDGED:
                days = judged.get("window_days")
                times = [time_of(event, since, days, ended) for event in acts[user]]
                metric = judged["metric_name"]
                values[name, metric, user] = value_of(metric, acts[user], times)
    return values


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return random_events(random.Random(20260322))


@pytest.fixture(scope="module")
def tables(
    events: list[Event], tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]
) -> duckdb.DuckDBPyConnection:
    folder = tmp_path_factory.mktemp("random")
    project = copy_project(folder / "project")
    write_seed(
        project,
        "experiments",
        [
            {"experiment_name": name, "pre_window_days": PRE.days} | row
            for name, row in EXPERIMENTS.items()
        ],
    )
    thirds = {"control": 0.4, "b": 0.3, "c": 0.3}
    write_seed(
        project,
        "experiment_variants",
        [
            {"experiment_name": name, "variant": variant, "weight": weight}
            for name in EXPERIMENTS
            for variant, weight in thirds.items()
        ],
    )
    write_seed(project, "metrics", [{"metric_name": name} | row for name, row in METRICS.items()])
    write_seed(
        project,
        "experiment_metrics",
        [
            {"experiment_name": name}
            | row
            | {"needs_full_window": str(row.get("needs_full_window", False)).lower()}
            for name in EXPERIMENTS
            for row in JUDGED
        ],
    )
    filters = project / "seeds" / "event_filters.csv"
    filters.write_text(filters.read_text("utf-8") + f"is_large,value,>,{SHIFT}\n", "utf-8")
    sent = [
        {name: value for name, value in event.items() if name != "at"}
        | {"timestamp": event["at"].isoformat().replace("+00:00", "Z")}
        for event in events
    ]
    land_own_events(folder / "landing", sent, contract, folder)
    dbt = Dbt(folder / "landing", folder / "warehouse", project=project)
    dbt.make("+path:models/marts/experiments")
    connection = duckdb.connect()
    connection.execute(f"attach '{dbt.warehouse}' as built (read_only)")
    connection.execute("use built.intermediate")
    return connection


def test_every_value_of_every_person_is_the_same(
    events: list[Event], tables: duckdb.DuckDBPyConnection
) -> None:
    found = {
        tuple(row[:3]): row[3:]
        for row in tables.sql(
            """
            select experiment_name, metric_name, identifiers.identifier_value, y, d, x, e
            from int_experiment_values as unit_values
            inner join int_person_identifiers as identifiers
                on
                    unit_values.person_key = cast(identifiers.person_id as bigint)
                    and identifiers.identifier_type = 'user'
            """
        ).fetchall()
    }
    wanted = expected(events)
    assert len(wanted) > 1_000
    assert found.keys() <= wanted.keys()
    assert 500 < len(found) < len(wanted) - 100  # who did nothing has no row
    for key, values in wanted.items():
        assert found.get(key, nothing(key[1])) == pytest.approx(values, rel=1e-12), key


def as_long_before(
    name: str, acts: list[Event], since: datetime, reach: timedelta
) -> tuple[float, float]:
    """Numerator and denominator of a person in the time that is as long as the one that counts."""
    metric = METRICS[name]
    before = [event for event in acts if -reach <= event["at"] - since < timedelta(0)]
    counted, divided = (
        sum(amount(event, name, metric, part) for event in before) for part in ("", "denominator_")
    )
    if metric.get("kind") == "proportion":
        counted = float(counted > 0)
    return counted, divided if metric.get("kind") == "ratio" else 1.0


def test_the_time_before_is_as_long_as_the_one_that_counts(
    events: list[Event], tables: duckdb.DuckDBPyConnection
) -> None:
    found = {
        tuple(row[:3]): row[3:]
        for row in tables.sql(
            """
            select experiment_name, metric_name, identifiers.identifier_value, before_y, before_d
            from int_experiment_values as unit_values
            inner join int_person_identifiers as identifiers
                on
                    unit_values.person_key = cast(identifiers.person_id as bigint)
                    and identifiers.identifier_type = 'user'
            """
        ).fetchall()
    }
    compared = 0
    for name, experiment in EXPERIMENTS.items():
        for user, (_, since) in assigned(events, experiment).items():
            acts = [event for event in events if event["user_id"] == user and "properties" in event]
            for judged in JUDGED:
                metric = judged["metric_name"]
                if "window_days" in judged:
                    reach = timedelta(days=judged["window_days"])
                elif "end_date" in experiment:
                    reach = datetime(*experiment["end_date"].timetuple()[:3], tzinfo=UTC) - since
                else:
                    continue
                wanted = as_long_before(metric, acts, since, reach)
                row = found.get((name, metric, user), nothing(metric)[:2])
                assert row == pytest.approx(wanted, rel=1e-12)
                compared += any(wanted)
    assert compared > 500


def test_changes_are_those_of_who_counts(
    events: list[Event], tables: duckdb.DuckDBPyConnection
) -> None:
    """Who counts has both times between the first event and the last."""
    first = min(event["at"] for event in events)
    experiment = EXPERIMENTS["ended"]
    after: dict[str, list[float]] = defaultdict(list)
    before: dict[str, list[float]] = defaultdict(list)
    values, window = expected(events), timedelta(days=2)
    for user, (variant, since) in assigned(events, experiment).items():
        if first <= since - window and since + window <= LAST:
            acts = [event for event in events if event["user_id"] == user and "properties" in event]
            after[variant].append(values["ended", "counts", user][0])
            before[variant].append(as_long_before("counts", acts, since, window)[0])
    found = tables.sql(
        """
        select variant, person_count, mean_before, mean_during, change_se, effect, is_causal
        from built.marts.experiment_pre_post
        where experiment_name = 'ended' and metric_name = 'counts'
        """
    ).fetchall()
    assert len(found) == len(VARIANTS)
    change = {v: np.array(after[v]) - np.array(before[v]) for v in VARIANTS}
    for variant, count, mean_before, mean_during, error, effect, is_causal in found:
        assert count == len(after[variant]) > 10
        assert (mean_before, mean_during) == pytest.approx(
            (np.mean(before[variant]), np.mean(after[variant]))
        )
        assert error == pytest.approx(change[variant].std(ddof=1) / math.sqrt(count))
        if variant == "control":
            assert (effect, is_causal) == (None, False)
        else:
            assert effect == pytest.approx(change[variant].mean() - change["control"].mean())
            assert is_causal


def assert_moments(row: Any, units: np.ndarray) -> None:
    """The means and covariances of a row are those of its units, who have a y, d, x and e each."""
    covariance = np.cov(units.astype(float).T - units.mean(axis=0).astype(float)[:, None])
    scale = np.sqrt(np.diag(covariance))
    for i, one in enumerate("ydxe"):
        mean = row[f"shift_{one}"] + row[f"m_{one}"]
        assert mean == pytest.approx(float(units[:, i].mean()), rel=1e-12, abs=1e-12)
        for j, two in enumerate("ydxe"):
            if f"c_{one}{two}" in row:
                tolerance = 1e-9 * max(scale[i] * scale[j], 1e-12)
                assert abs(row[f"c_{one}{two}"] - covariance[i, j]) <= tolerance


def test_statistics_are_those_of_the_values(
    events: list[Event], tables: duckdb.DuckDBPyConnection
) -> None:
    """By numpy, of values near a million that differ by a few: where squares lose digits."""
    wanted: dict[tuple[str, str, str], list[tuple[float, ...]]] = defaultdict(list)
    values = expected(events)
    for name, experiment in EXPERIMENTS.items():
        for user, (variant, since) in assigned(events, experiment).items():
            for judged in JUDGED:
                closed = since + timedelta(days=judged.get("window_days", 0))
                if not judged.get("needs_full_window") or closed <= LAST:
                    key = judged["metric_name"]
                    wanted[name, key, variant].append(values[name, key, user])
    found = tables.sql("select * from int_experiment_statistics where segment_name = 'all'").df()
    assert len(found) == len(EXPERIMENTS) * len(JUDGED) * len(VARIANTS)
    for _, row in found.iterrows():
        units = np.array(
            wanted[row["experiment_name"], row["metric_name"], row["variant"]], dtype=np.longdouble
        )
        assert row["n"] == len(units) > 10
        assert_moments(row, units)


def test_pairs_are_those_who_are_in_both_experiments(
    events: list[Event], tables: duckdb.DuckDBPyConnection
) -> None:
    """Everybody's variant is the same in both, nearly: the lots are far from independent."""
    values = expected(events)
    of_name = {name: assigned(events, experiment) for name, experiment in EXPERIMENTS.items()}
    wanted: dict[tuple[str, ...], list[tuple[float, ...]]] = defaultdict(list)
    for name, other in (("ended", "running"), ("running", "ended")):
        for user in of_name[name].keys() & of_name[other].keys():
            variants = of_name[name][user][0], of_name[other][user][0]
            for judged in JUDGED:
                metric, days = judged["metric_name"], judged.get("window_days", 0)
                is_closed = of_name[name][user][1] + timedelta(days=days) <= LAST
                if is_closed or not judged.get("needs_full_window"):
                    wanted[name, metric, other, *variants].append(values[name, metric, user])
    found = tables.sql("select * from int_experiment_pair_statistics").df()
    # both orders, all pairs of variants; medians do not add up
    assert len(found) == 2 * (len(JUDGED) - 1) * len(VARIANTS) ** 2
    names = ["experiment_name", "metric_name", "other_experiment_name", "variant", "other_variant"]
    for _, row in found.iterrows():
        units = np.array(wanted[tuple(row[names])], dtype=np.longdouble).reshape(-1, 4)
        assert row["n"] == len(units)
        assert len(units) > 3 or row["variant"] != row["other_variant"]
        if len(units) > 1:
            mean, variance = units[:, 0].mean(), units[:, 0].var(ddof=1)
            assert row["shift_y"] + row["m_y"] == pytest.approx(float(mean), rel=1e-12, abs=1e-12)
            assert row["c_yy"] == pytest.approx(float(variance), rel=1e-9, abs=1e-9)
    assert tables.sql(
        """
        select other_experiment_name, shared_person_count, is_assignment_dependent, count(*)
        from built.marts.experiment_interactions group by all order by 1
        """
    ).fetchall() == [
        # goals by treatments by treatments
        (other, len(of_name["ended"].keys() & of_name["running"].keys()), True, 5 * 2 * 2)
        for other in ("ended", "running")
    ]


def test_each_day_knows_what_was_done_by_its_end(
    events: list[Event], tables: duckdb.DuckDBPyConnection
) -> None:
    """Of full windows those that had closed; else of everybody who was in, until then."""
    found = tables.sql("select * from int_experiment_statistics_by_day order by all").df()
    of_name = {name: assigned(events, experiment) for name, experiment in EXPERIMENTS.items()}
    judged = {row["metric_name"]: row for row in JUDGED}
    grown: dict[str, set[float]] = defaultdict(set)
    for moment, rows in found.groupby("analysis_date"):
        day = moment.date()
        values = expected(events, day)
        for _, row in rows.iterrows():
            name, metric = row["experiment_name"], row["metric_name"]
            is_full = judged[metric].get("needs_full_window", False)
            window = timedelta(days=judged[metric]["window_days"] if is_full else 0)
            units = np.array(
                [
                    values[name, metric, user]
                    for user, (variant, since) in of_name[name].items()
                    if variant == row["variant"] and (since + window).date() <= day
                    if since + window <= LAST
                ],
                dtype=np.longdouble,
            ).reshape(-1, 4)
            assert row["n"] == len(units)
            grown[metric].add(row["m_y"] * row["n"])
            if len(units) < 2:
                continue
            assert_moments(row, units)
    # medians do not add up
    assert grown.keys() == judged.keys() - {"medians"}
    assert all(len(sums) > 20 for sums in grown.values())
    assert tables.sql(
        """
        select metric_name, is_always_valid from built.marts.experiment_results_by_day
        group by all order by 1
        """
    ).fetchall() == [
        (metric, judged[metric].get("needs_full_window", False)) for metric in sorted(grown)
    ]


def test_days_add_up_to_the_whole(tables: duckdb.DuckDBPyConnection) -> None:
    """On the last day all is known: the numbers are those of everybody, exactly."""
    compared = tables.sql(
        """
        with last_days as (
            select * from int_experiment_statistics_by_day
            qualify analysis_date = max(analysis_date) over (
                partition by experiment_name, metric_name
            )
        )
        select whole.n = days.n, whole.c_yy = days.c_yy, whole.m_y = days.m_y,
            whole.c_yx = days.c_yx, whole.skew_y is not distinct from days.skew_y
        from int_experiment_statistics as whole
        inner join last_days as days using (experiment_name, metric_name, variant)
        where whole.segment_name = 'all'
        """
    ).fetchall()
    assert len(compared) == len(EXPERIMENTS) * (len(JUDGED) - 1) * len(VARIANTS)
    assert all(all(row) for row in compared)


def test_segments_merge_into_the_whole(tables: duckdb.DuckDBPyConnection) -> None:
    """By Chan's formula; every person has one value of every segment."""
    parts = tables.sql(
        """
        select experiment_name, metric_name, variant, n, m_y, c_yy, segment_name
        from int_experiment_statistics where n > 0
        """
    ).df()
    for _, group in parts.groupby(["experiment_name", "metric_name", "variant"]):
        whole = group[group["segment_name"] == "all"].iloc[0]
        for name, values in group.groupby("segment_name"):
            n, mean = values["n"].sum(), (values["n"] * values["m_y"]).sum() / values["n"].sum()
            squares = ((values["n"] - 1) * values["c_yy"].fillna(0)).sum()
            squares += (values["n"] * (values["m_y"] - mean) ** 2).sum()
            assert n == whole["n"], name
            assert math.isclose(squares / (n - 1), whole["c_yy"], rel_tol=1e-9, abs_tol=1e-9)
