"""Experiments of a simulated company against what was planted in it."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from headwater.landing.contract import Source
from headwater.report.memo import OF_EXPERIMENT, collect, render
from headwater.simulate import company
from headwater.simulate.run import Settings, simulate
from tests.python.conftest import Dbt, copy_project
from tests.python.experiments.seeds import with_simulated_dates
from tests.python.report.test_memo import example, rests_on_rows, write

Tables = duckdb.DuckDBPyConnection
NAMES = sorted(experiment.experiment_id for experiment in company.EXPERIMENTS)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> Tables:
    """`marts` of a company with 6,500 people in an experiment, and its truth."""
    folder = tmp_path_factory.mktemp("experiments")
    root = folder / "landing"
    simulate(Settings(scale=0.06, days=35, start="2025-01-01", seed=7), contract, root)
    project = copy_project(folder / "project")
    with_simulated_dates(project, "2025-01-01", 35)
    dbt = Dbt(root, folder / "warehouse", project=project)
    dbt.make("+path:models/marts/experiments")
    return connected(dbt.warehouse, root)


def connected(warehouse: Path, root: Path) -> Tables:
    """`told` is who truly saw what, `found` what the warehouse says of them."""
    connection = duckdb.connect()
    connection.execute(f"attach '{warehouse}' as built (read_only)")
    connection.execute(
        f"""
        create table told as select * from '{root}/truth/experiment_assignments.parquet';
        create table planted as select * from '{root}/truth/experiments.parquet';
        create table people as
        select distinct sessions.person, identifiers.person_id
        from '{root}/truth/sessions.parquet' as sessions
        inner join built.intermediate.int_person_identifiers as identifiers
            on
                sessions.source_name = identifiers.source_name
                and sessions.device_id = identifiers.identifier_value
                and identifiers.identifier_type = 'device'
        where not sessions.is_bot;
        create table whole as
        select person, person_id
        from people
        where person_id not in (
            select person_id from people group by 1 having count(distinct person) > 1
        );
        create table found as
        select assignments.*, whole.person
        from built.marts.experiment_assignments as assignments
        left join whole on assignments.person_id = whole.person_id;
        """
    )
    return connection


def rows(tables: Tables, sql: str) -> list[tuple]:
    return tables.sql(sql).fetchall()


def test_everybody_is_assigned_to_the_true_variant(tables: Tables) -> None:
    """A person of the warehouse may be part of a true one, but never of another's variant."""
    found = rows(
        tables,
        """
        select
            found.experiment_name,
            count(*),
            count(*) filter (where told.variant = found.variant),
            count(*) filter (where found.is_excluded)
        from found
        inner join told
            on found.person = told.person and found.experiment_name = told.experiment_id
        group by 1
        order by 1
        """,
    )
    assert [name for name, *_ in found] == NAMES
    for _, count, right, excluded in found:
        assert (count > 5_500, right, excluded) == (True, count, 0)


def test_nobody_is_assigned_who_saw_nothing(tables: Tables) -> None:
    assert rows(
        tables,
        """
        select count(*) from found
        left join told on found.person = told.person and found.experiment_name = told.experiment_id
        where found.person is not null and told.person is null
        """,
    ) == [(0,)]


def test_nearly_everybody_who_saw_something_is_found(tables: Tables) -> None:
    """But those whose session ran past the end, and who are nobody known on their device."""
    ((share,),) = rows(
        tables,
        """
        select avg(case when found.person is null then 0.0 else 1 end)
        from told
        left join found on told.person = found.person and told.experiment_id = found.experiment_name
        where told.person in (select person from whole)
        """,
    )
    assert 0.98 < share <= 1


def test_segments_are_those_of_the_first_exposure(tables: Tables) -> None:
    """The simulator sends the intent along, which a person keeps."""
    ((count, known),) = rows(
        tables,
        """
        select count(*), count(user_intent) from found where experiment_name = 'board_layout'
        """,
    )
    assert known > 0.75 * count


def test_the_lost_people_of_the_tour_are_noticed_and_no_others(tables: Tables) -> None:
    verdicts = rows(
        tables,
        """
        select experiment_name, verdict from built.marts.experiment_health
        where check_name = 'sample_ratio' order by 1
        """,
    )
    assert verdicts == [
        ("aa_check", "ok"),
        ("board_layout", "ok"),
        ("onboarding_tour", "fail"),
        ("search_ranking", "ok"),
    ]
    warned = rows(
        tables,
        """
        select distinct experiment_name from built.marts.experiment_results
        where contains(warnings, 'SRM_DETECTED')
        """,
    )
    assert warned == [("onboarding_tour",)]


def test_nothing_else_is_wrong_with_them(tables: Tables) -> None:
    found = rows(
        tables,
        """
        select experiment_name, check_name, verdict from built.marts.experiment_health
        where verdict != 'ok' and check_name != 'sample_ratio'
        """,
    )
    assert found == []


def test_the_experiment_that_changes_nothing_says_nothing(tables: Tables) -> None:
    found = rows(
        tables,
        """
        select p_adj, lift_ci_low, lift_ci_high from built.marts.experiment_results
        where experiment_name = 'aa_check' and segment_name = 'all' and role = 'goal'
        """,
    )
    assert len(found) == 4
    for p_value, low, high in found:
        assert p_value > 0.05
        assert low < 0 < high
    segments = rows(
        tables,
        """
        select count(*), count(*) filter (where outcome in ('win', 'lose'))
        from built.marts.experiment_segments
        where experiment_name = 'aa_check' and role = 'goal'
        """,
    )
    assert segments[0][0] > 50
    assert segments[0][1] <= 1


def test_experiments_that_run_at_once_let_each_other_be(tables: Tables) -> None:
    """Each person's variants are lots of their own, and no effect depends on another's."""
    found = rows(
        tables,
        """
        select
            experiment_name,
            other_experiment_name,
            status,
            shared_person_count,
            person_count,
            is_interaction,
            is_assignment_dependent
        from built.marts.experiment_interactions
        """,
    )
    at_once = {"board_layout", "aa_check", "onboarding_tour"}
    assert {(one, other) for one, other, *_ in found if {one, other} <= at_once} == {
        (one, other) for one in at_once for other in at_once if one != other
    }
    for one, other, status, shared, compared, *verdicts in found:
        assert (status, *verdicts) == ("OK", False, False), (one, other)
        assert 1_000 < compared <= shared
    ((true,),) = rows(
        tables,
        """
        select count(*) from found
        inner join found as others on found.person_id = others.person_id
        where
            found.experiment_name = 'board_layout' and others.experiment_name = 'aa_check'
            and not found.is_excluded and not others.is_excluded
        """,
    )
    assert {
        shared
        for one, other, _, shared, *_ in found
        if {one, other} == {"board_layout", "aa_check"}
    } == {true}


def planted_factors(tables: Tables) -> list[tuple[str, str, str, str, float]]:
    """Experiment, variant, intent, metric and what it truly multiplies."""
    return [
        (name, effect["variant"], effect["user_intent"], f"{effect['event']}s", effect["factor"])
        for name, effects in rows(tables, "select experiment_id, effects from planted")
        for effect in json.loads(effects)
    ]


def test_planted_effects_are_inside_their_intervals(tables: Tables) -> None:
    """Per intent in board_layout, for everybody in search_ranking; each metric ends with it."""
    factors = planted_factors(tables)
    assert len(factors) == 7
    for name, variant, intent, metric, factor in factors:
        segment = "segment_name = 'all'"
        if intent != "*":
            segment = f"segment_name = 'intent' and segment_value = '{intent}'"
        ((low, high, count),) = rows(
            tables,
            f"""
            select lift_ci_low, lift_ci_high, n_control + n_treatment
            from built.marts.experiment_results
            where
                experiment_name = '{name}' and treatment = '{variant}' and metric_name = '{metric}'
                and method = 'cuped' and {segment}
            """,
        )
        assert low < factor - 1 < high, (name, variant, intent, metric)
        assert count > 1_000
        assert high - low < 0.25


def test_what_is_found_unexpectedly_was_planted(tables: Tables) -> None:
    """Nobody asked about clicks; one ranking costs them, for everybody."""
    scanned = rows(
        tables,
        """
        select experiment_name, treatment, metric_name, is_unexpected
        from built.marts.experiment_results
        where segment_name = 'all' and method = 'cuped' and role != 'goal'
        """,
    )
    assert len(scanned) == 14
    found = {(one, treatment, name) for one, treatment, name, is_found in scanned if is_found}
    assert ("search_ranking", "e", "clicks") in found
    planted = {(name, variant, metric) for name, variant, _, metric, _ in planted_factors(tables)}
    assert {
        (one, treatment, name.removesuffix("_p90")) for one, treatment, name in found
    } <= planted


def test_planners_and_actors_are_told_apart(tables: Tables) -> None:
    matrix = {
        (metric, value): (direction, outcome, p_value)
        for metric, value, direction, outcome, p_value in rows(
            tables,
            """
            select metric_name, segment_value, direction, outcome, interaction_p_value
            from built.marts.experiment_segments
            where
                experiment_name = 'board_layout' and segment_name = 'intent'
                and metric_name in ('saves', 'clicks') and segment_value in ('Planner', 'Actor')
            """,
        )
    }
    assert matrix["saves", "Planner"][0] == matrix["clicks", "Actor"][0] == "up"
    assert matrix["saves", "Actor"][0] == matrix["clicks", "Planner"][0] == "down"
    assert matrix["clicks", "Actor"][1] == "win"
    assert all(p_value < 0.05 for _, _, p_value in matrix.values())


def test_decisions_are_those_that_the_plan_of_the_company_calls_for(tables: Tables) -> None:
    decisions = {
        (name, treatment): (decision, segment)
        for name, treatment, decision, segment in rows(
            tables,
            """
            select experiment_name, treatment, decision, divided_segment
            from built.marts.experiment_decisions
            """,
        )
    }
    assert len(decisions) == 7
    assert decisions["board_layout", "treatment"] == ("segment_aware_rollout", "intent")
    assert decisions["aa_check", "treatment"] == ("keep_running", None)
    assert decisions["onboarding_tour", "treatment"] == ("invalid", None)
    assert decisions["search_ranking", "b"] == ("keep_running", None)


def test_what_the_control_did_not_do_is_what_was_planted(tables: Tables) -> None:
    """As a share of what the treatment would have had without it; ten effects, most of them none.

    None is further off than one in a thousand is by chance: variants differ beforehand by chance
    too, which a difference in differences takes off as a whole.
    """
    factors = {
        (name, variant, metric): f for name, variant, _, metric, f in planted_factors(tables)
    }
    found = rows(
        tables,
        """
        select experiment_name, variant, metric_name, relative_effect,
            effect_se / (mean_during - effect), effect_low, effect_high, is_causal, design
        from built.marts.experiment_pre_post
        where
            experiment_name in ('search_ranking', 'aa_check') and variant != 'control'
            and metric_name in ('saves', 'clicks')
        """,
    )
    assert len(found) == 10
    for name, variant, metric, effect, error, low, high, *labels in found:
        key = (name, variant, metric)
        assert abs(effect - factors.get(key, 1) + 1) < 3.29 * error < 0.15, key
        assert labels == [True, "difference_in_differences"]
        if key == ("search_ranking", "e", "clicks"):
            assert low < high < 0


def test_a_change_without_a_control_is_none_of_the_variant(tables: Tables) -> None:
    """People see a variant when they are active: so all do more afterwards, also for nothing."""
    found = rows(
        tables,
        """
        select variant, change_p_value, relative_change_low, effect_low, effect_high, is_causal
        from built.marts.experiment_pre_post
        where experiment_name = 'aa_check' and metric_name in ('saves', 'clicks')
        order by variant
        """,
    )
    assert [row[0] for row in found] == ["control", "control", "treatment", "treatment"]
    for variant, p_value, low, effect_low, effect_high, is_causal in found:
        assert p_value < 1e-6
        assert low > 0.2
        assert is_causal == (variant == "treatment")
        if is_causal:
            assert effect_low < 0 < effect_high


def test_who_is_not_compared_is_counted(tables: Tables) -> None:
    """Exposures so early that the time before begins before the data, and none that is open."""
    assert rows(
        tables,
        """
        select count(*) from built.marts.experiment_pre_post as changes
        inner join (
            select experiment_name, variant, count(*) as person_count
            from built.marts.experiment_assignments where not is_excluded
            group by 1, 2
        ) as persons using (experiment_name, variant)
        where changes.person_count + changes.immature_count != persons.person_count
        """,
    ) == [(0,)]
    ((early, late),) = rows(
        tables,
        """
        select
            max(immature_count) filter (where experiment_name = 'aa_check'),
            max(immature_count) filter (
                where experiment_name = 'search_ranking' and metric_name = 'saves'
            )
        from built.marts.experiment_pre_post
        """,
    )
    assert early > 500
    assert late == 0


def test_the_memo_says_of_each_experiment_what_was_planted(tables: Tables, tmp_path: Path) -> None:
    published = tmp_path / "headwater.duckdb"
    write(published.parent, {"publications": example()["publications"]})
    with duckdb.connect(str(published)) as connection:
        ((built,),) = rows(
            tables, "select path from duckdb_databases() where database_name = 'built'"
        )
        connection.execute(f"attach '{built}' as built (read_only)")
        for mart in OF_EXPERIMENT:
            connection.execute(f"insert into marts.{mart} by name from built.marts.{mart}")
    memos = {name: collect(published, name) for name in NAMES}
    for memo in memos.values():
        rests_on_rows(memo, published)
        render(memo)
    said = {name: memo["overall_assessment"] for name, memo in memos.items()}
    assert said["board_layout"] == "Mixed - Planners win, Actors lose"
    assert said["onboarding_tour"] == "Invalid - sample ratio failed"
    assert memos["board_layout"]["recommendation"] == "Segment-aware rollout"
    assert memos["aa_check"]["recommendation"] == "Undecided"
    assert len(memos["search_ranking"]["other_treatments"]) == 3
    assert {note["key"] for note in memos["search_ranking"]["context"]} == {
        "context.ranking_after_layout"
    }
