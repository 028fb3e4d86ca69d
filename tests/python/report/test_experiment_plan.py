"""`headwater plan-experiment`, over a small file made by hand and over the company's warehouse."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from click.testing import Result
from statsmodels.stats.power import NormalIndPower
from typer.testing import CliRunner

from headwater.cli import app
from tests.python.conftest import query

# Of 10,000 people in a week and 16,000 in two; afterwards 500 more a day.
BASELINES = """
    create table marts.metric_baselines as
    select *, date '2025-03-17' - run_days as start_date, date '2025-03-17' as end_date
    from (
        values
        ('saves', 7, 'mean', 'OK', 10000, 1400.0, 10.0, 5.0, 0.5),
        ('saves', 14, 'mean', 'OK', 16000, 500.0, 12.0, 6.0, 0.5),
        ('saves', 28, 'mean', 'NO_UNITS', 0, 0.0, null, null, null),
        ('slowest', 7, 'quantile', 'QUANTILE', 10000, 1400.0, null, null, null),
        ('steady', 7, 'mean', 'OK', 10000, 1400.0, 2.0, 0.0, 0.0),
        ('unused', 7, 'mean', 'OK', 10000, 1400.0, 0.0, 0.0, 0.0),
        ('young', 7, 'mean', 'NO_UNITS', 0, 0.0, null, null, null)
    ) as baselines (
        metric_name, run_days, kind, status, person_count, new_persons_per_day, mean_value,
        standard_deviation, variance_reduction
    )
"""
# Person 1 looks before the runs and in both, 2 in the first week, 3 twice in the second, 4 on the
# day after; 5 is a bot, and somebody is nobody.
EVENTS = """
    create table marts.events as
    select *, 'look' as event_name
    from (
        values
        ('1', date '2025-03-02', false),
        ('1', date '2025-03-03', false),
        ('1', date '2025-03-10', false),
        ('2', date '2025-03-09', false),
        ('3', date '2025-03-10', false),
        ('3', date '2025-03-16', false),
        ('4', date '2025-03-17', false),
        ('5', date '2025-03-10', true),
        (null, date '2025-03-10', false)
    ) as events (person_id, event_date, is_bot)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's folder with a published file."""
    (tmp_path / "warehouse").mkdir()
    with duckdb.connect(str(tmp_path / "warehouse" / "headwater.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(BASELINES)
        connection.execute(EVENTS)
        connection.execute(
            """
            create table marts.publications as
            from (values (1, 'older'), (2, 'landing')) as publications (generation, landing_root)
            """
        )
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    """The command over a folder's `warehouse`, with a terminal that is wide enough."""
    environment = {"HEADWATER_WAREHOUSE": str(folder / "warehouse" / "build.duckdb")}
    command = ["--project-dir", str(folder), "plan-experiment", *arguments]
    return CliRunner().invoke(app, command, env=environment)


def planned(folder: Path, *arguments: str) -> dict[str, Any]:
    result = run(folder, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def plans_of(plan: dict[str, Any], method: str) -> list[tuple[Any, ...]]:
    names = ("mde", "power", "person_count", "days", "is_extrapolated")
    return [tuple(row[name] for name in names) for row in plan["plans"] if row["method"] == method]


def test_a_plan_worked_by_hand(folder: Path) -> None:
    """(1.96 + .8416) ** 2 * 2 * variance by the square of the effect, which is .5, .3 and .12."""
    plan = planned(folder, "--metric", "saves", *("--power", "0.8"), *mdes(0.05, 0.025, 0.01))
    assert plans_of(plan, "unadjusted") == [
        (0.05, 0.8, 2 * 1570, 7, False),
        (0.025, 0.8, 2 * 6280, 14, False),
        (0.01, 0.8, 2 * 39_245, 14 + 125, True),
    ]
    assert plans_of(plan, "cuped") == [
        (0.05, 0.8, 2 * 785, 7, False),
        (0.025, 0.8, 2 * 3140, 7, False),
        (0.01, 0.8, 2 * 19_623, 14 + 47, True),
    ]
    assert [row["days"] for row in plan["runs"]] == [7, 14]
    assert (plan["landing_root"], plan["data_until"]) == ("landing", "2025-03-16")


def mdes(*effects: float) -> list[str]:
    return [text for effect in effects for text in ("--mde", str(effect))]


def test_persons_are_those_of_statsmodels(folder: Path) -> None:
    """Three variants with half of the people in the control: a treatment is half of it."""
    arguments = ["--variants", "3", "--control-share", "0.5", "--alpha", "0.01", "--power", "0.9"]
    plan = planned(folder, "--metric", "saves", *mdes(0.05), *arguments)
    want = NormalIndPower().solve_power(0.05 * 10 / 5, None, 0.01, 0.9, 0.5)
    (row,) = [row for row in plan["plans"] if row["method"] == "unadjusted"]
    assert row["control_person_count"] == np.ceil(want)
    assert row["treatment_person_count"] == np.ceil(np.ceil(want) / 2)
    assert row["person_count"] == np.ceil(want) + 2 * np.ceil(np.ceil(want) / 2)
    assert row["days"] == 7


def test_the_screen_shows_the_table_and_the_plot(folder: Path) -> None:
    result = run(folder, "--metric", "saves", *mdes(0.01, 0.05), "--power", "0.8")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert "Built from landing" in result.stdout
    (line,) = [line for line in lines if line.lstrip().startswith("1 %")]
    assert line.split() == ["1", "%", "0.8", "78,490", "~139", "39,246", "~61"]
    (line,) = [line for line in lines if line.lstrip().startswith("5 %")]
    assert line.split()[3:] == ["3,140", "7", "1,570", "7"]
    bars = [line.split() for line in lines if "█" in line and line.lstrip(" ~")[0].isdigit()]
    assert [bar[0] for bar in bars[:3]] == ["7", "14", "~21"]
    assert len(bars) == 12
    lengths = [len(bar[1]) for bar in bars]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] == 36
    # the effect of a week: 2.8016 * sqrt(2 * 25 / 5000) / 10, and 0.7071 of it adjusted
    assert bars[0][2:] == ["2.8%", "2.0%"]
    assert bars[0][1].count("█") == round(36 * 0.5**0.5)


def test_simulated_data_say_so(folder: Path) -> None:
    (folder / "landing").mkdir()
    marker = {"scale": 1, "days": 5, "start": "2025-01-01", "seed": 7}
    (folder / "landing" / "simulated.json").write_text(json.dumps(marker), "utf-8")
    assert "not a real company" in run(folder, "--metric", "saves").stdout


def test_a_trigger_counts_who_does_it_from_then_on(folder: Path) -> None:
    plan = planned(folder, "--metric", "saves", "--trigger", "look")
    counts = [(row["person_count"], row["new_persons_per_day"]) for row in plan["runs"]]
    assert counts == [(2, 2 / 7), (3, 1 / 7)]
    screen = " ".join(run(folder, "--metric", "saves", "--trigger", "look").stdout.split())
    assert "Only who does look enters" in screen


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), r"name a metric with --metric: saves, slowest, steady, unused, young\."),
        (
            ("--metric", "sales"),
            r"no metric 'sales'; there are saves, slowest, steady, unused, young\.",
        ),
        (("--metric", "slowest"), "slowest is a quantile, which has no plan"),
        (("--metric", "young"), r"nobody was active .* \(the shortest run takes 7 days\)"),
        (("--metric", "saves", "--mde", "0"), "mde must be above 0.* got 0.0"),
        (("--metric", "saves", "--mde", "-0.1"), "mde must be above 0"),
        (("--metric", "saves", "--mde", "nan"), "mde must be above 0"),
        (("--metric", "saves", "--power", "80"), "power must be between 0 and 1, got 80"),
        (("--metric", "saves", "--alpha", "0"), "alpha must be between 0 and 1, got 0"),
        (("--metric", "saves", "--variants", "1"), "variants must be 2 or more"),
        (("--metric", "saves", "--control-share", "1"), "control share must be between 0 and 1"),
        (("--metric", "saves", "--trigger", "[b]"), r"nobody did '\[b\]' in the days"),
    ],
)
def test_a_mistake_is_named(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run(folder, *arguments)
    assert result.exit_code == 2
    assert re.search(message, " ".join(result.stderr.split())), result.stderr


@pytest.mark.parametrize(
    ("metric", "status", "text"),
    [
        ("unused", "BASELINE_ZERO", "nobody does it"),
        ("steady", "ZERO_VARIANCE", "all do the same"),
    ],
)
def test_what_does_not_vary_cannot_be_planned(
    folder: Path, metric: str, status: str, text: str
) -> None:
    plan = planned(folder, "--metric", metric, *mdes(0.05), "--power", "0.8")
    assert {(row["days"], row["status"]) for row in plan["plans"]} == {(None, status)}
    result = run(folder, "--metric", metric)
    assert result.exit_code == 0, result.output
    assert text in result.stdout
    assert "█" not in result.stdout


def test_a_file_that_is_missing_or_old_says_what_to_run(folder: Path, tmp_path: Path) -> None:
    file = folder / "warehouse" / "headwater.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("drop table marts.metric_baselines")
    for expected in ("lacks a mart", "does not exist"):
        result = run(folder, "--metric", "saves")
        assert result.exit_code == 2
        assert expected in result.stderr
        assert "run `headwater build`" in result.stderr
        file.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def company_folder(company_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The baselines of the company as a published file has them."""
    folder = tmp_path_factory.mktemp("planned")
    (folder / "warehouse").mkdir()
    with duckdb.connect(str(folder / "warehouse" / "headwater.duckdb")) as connection:
        connection.execute(f"attach '{company_warehouse}' as built (read_only)")
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.metric_baselines as from built.marts.metric_baselines"
        )
        connection.execute(
            "create table marts.publications as select 1 as generation, 'landing' as landing_root"
        )
    return folder


def person_sums(warehouse: Path, first: str, end: str) -> np.ndarray:
    """Of each person who was active: saves from the day they entered, saves in 14 days before."""
    return np.array(
        query(
            f"""
            with entered as (
                select person_id, min(event_date) as entered_date
                from marts.events
                where event_date >= date '{first}' and event_date < date '{end}' and not is_bot
                    and person_id is not null
                group by 1
            )
            select
                count(*) filter (where events.event_date >= entered.entered_date),
                count(*) filter (where events.event_date < entered.entered_date),
                any_value(entered.entered_date) >= date '{end}' - 7
            from entered
            left join marts.events as events
                on
                    entered.person_id = events.person_id
                    and events.event_name = 'save'
                    and not events.is_bot
                    and events.event_date >= entered.entered_date - 14
                    and events.event_date < date '{end}'
            group by entered.person_id
            """,
            warehouse,
        ),
        dtype=float,
    )


@pytest.mark.parametrize(("days", "first"), [(7, "2025-01-28"), (21, "2025-01-14")])
def test_baselines_of_a_company_are_those_of_its_events(
    company_warehouse: Path, days: int, first: str
) -> None:
    """Counted again from the mart events; the last of 35 days may not be whole."""
    after, before, is_late = person_sums(company_warehouse, first, "2025-02-04").T
    (row,) = query(
        f"""
        select person_count, new_persons_per_day, mean_value, standard_deviation,
            variance_reduction, status, start_date::varchar, end_date::varchar
        from marts.metric_baselines where metric_name = 'saves' and run_days = {days}
        """,
        company_warehouse,
    )
    assert len(after) > 2_000
    assert row[:2] == (len(after), pytest.approx(is_late.sum() / 7))
    assert row[2:4] == pytest.approx((after.mean(), after.std(ddof=1)))
    assert row[4] == pytest.approx(np.corrcoef(after, before)[0, 1] ** 2)
    assert row[5:] == ("OK", first, "2025-02-04")


def test_a_ratio_of_a_company_is_that_of_its_sums(company_warehouse: Path) -> None:
    ((saves, views, found),) = query(
        """
        with entered as (
            select person_id, min(event_date) as entered_date
            from marts.events
            where event_date >= date '2025-01-28' and event_date < date '2025-02-04' and not is_bot
            group by 1
        )
        select
            count(*) filter (where event_name = 'save'),
            count(*) filter (where event_name = 'page_view'),
            (
                select mean_value from marts.metric_baselines
                where metric_name = 'saves_per_view' and run_days = 7
            )
        from marts.events
        inner join entered using (person_id)
        where event_date >= entered_date and event_date < date '2025-02-04' and not is_bot
        """,
        company_warehouse,
    )
    assert found == pytest.approx(saves / views)


def test_the_company_can_be_planned_for(company_folder: Path) -> None:
    """Every metric but the quantile; what is found in a week is found with those who came in it."""
    metrics = ("saves", "clicks", "savers", "saves_per_view", "searches", "board_makers", "sharers")
    for metric in metrics:
        plan = planned(company_folder, "--metric", metric, *mdes(0.05, 0.5), "--power", "0.8")
        assert [row["days"] for row in plan["runs"]] == [7, 14, 21, 28]
        effects = {row["mde"]: row for row in plan["plans"] if row["method"] == "unadjusted"}
        assert effects[0.5]["days"] == 7
        assert effects[0.5]["person_count"] <= plan["runs"][0]["person_count"]
        assert effects[0.05]["days"] > 28
        assert all(row["status"] == "OK" for row in plan["plans"])
    assert run(company_folder, "--metric", "clicks_p90").exit_code == 2
