"""Feature marts against the simulated people: who truly used what, on which days."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from headwater.simulate import company as planted
from headwater.simulate.events import APP_RATES
from headwater.simulate.kinds import Kind
from tests.python.conftest import query

Tables = duckdb.DuckDBPyConnection

# What an export calls each act: tool, column of the name, of the id, and of the time.
EXPORTS = (
    ("amplitude", "event_type", "insert_id", "event_time"),
    ("mixpanel", "event", "insert_id", "time"),
    ("posthog", "event", "uuid", "timestamp"),
)
OTHER_ACTS = {"boards": ("Board Created", "board_created"), "sharing": ("Shared", "Share", "share")}


@pytest.fixture(scope="module")
def tables(company: Path, company_warehouse: Path) -> Tables:
    """`told` and `found`: person, feature, day and uses, of people whose identity is intact.

    The exports say which device did what, the truth whose session that was. A person is intact if
    every row of theirs landed unharmed, nobody else used their devices, and the warehouse knows
    that all their devices are one person's.
    """
    connection = duckdb.connect()
    connection.execute(f"attach '{company_warehouse}' as built (read_only)")
    acts = " ".join(
        f"when name in {names} then '{feature}'" for feature, names in OTHER_ACTS.items()
    )
    exported = " union all ".join(
        f"""
        select distinct on ({key})
            '{tool}' as source_name, device_id, {name} as name, {time} as used_at,
            properties->>'$.feature_name' as feature_name
        from (
            select *, {"event_properties" if tool == "amplitude" else "properties"} as properties
            from read_parquet('{company}/{tool}/events/*/*.parquet')
        )
        """.replace("select *, properties as properties", "select *")
        for tool, name, key, time in EXPORTS
    )
    connection.execute(
        f"""
        create table sessions as select * from '{company}/truth/sessions.parquet';
        create table people as
        select sessions.person, found.person_id, bool_and(sessions.is_intact) as is_intact
        from sessions
        left join built.marts.person_identifiers as found
            on
                sessions.source_name = found.source_name
                and sessions.device_id = found.identifier_value
                and found.identifier_type = 'device'
        where not sessions.is_bot
        group by all;
        create table intact as
        select person, person_id
        from people
        where
            person not in (
                select person from people group by 1
                having count(*) > 1 or bool_or(person_id is null) or not bool_and(is_intact)
            )
            and person_id not in (
                select person_id from people where person_id is not null group by 1
                having count(*) > 1
            );
        create table uses as
        select
            sessions.person,
            case {acts} when lower(name) in ('feature used', 'feature_used') then feature_name end
                as feature_name,
            cast(used_at as date) as used_date
        from ({exported}) as exported
        inner join sessions
            on
                exported.source_name = sessions.source_name
                and exported.device_id = sessions.device_id
                and used_at between date_trunc('second', started_at) and ended_at
        where not sessions.is_bot;
        create table told as
        select intact.person_id, feature_name, used_date, count(*) as use_count
        from uses
        inner join intact using (person)
        where feature_name is not null
        group by all;
        create table found as
        select adoption.*
        from built.marts.feature_adoption as adoption
        inner join intact using (person_id)
        where feature_name in (select feature_name from told);
        """
    )
    return connection


def rows(tables: Tables, sql: str) -> list[tuple]:
    return tables.execute(sql).fetchall()


def test_many_people_are_intact_and_each_feature_is_used(tables: Tables) -> None:
    ((everybody, intact),) = rows(
        tables,
        "select (select count(distinct person) from people), (select count(*) from intact)",
    )
    assert intact > 0.4 * everybody > 1_500
    used = {name for (name,) in rows(tables, "select distinct feature_name from told")}
    assert used == {*planted.FEATURES, *OTHER_ACTS}


def test_first_days_uses_and_adopters_equal_truth_exactly(tables: Tables) -> None:
    ((told, missing, invented),) = rows(
        tables,
        """
        with expected as (
            select
                person_id, feature_name, min(used_date) as first_used_date,
                sum(use_count) as use_count, count(*) as use_day_count, count(*) >= 2 as is_adopted,
                list_sort(list(used_date))[2] as adopted_date
            from told
            group by all
        ),
        observed as (
            select
                person_id, feature_name, first_used_date, use_count, use_day_count, is_adopted,
                adopted_date
            from found
        )
        select
            (select count(*) from expected),
            (select count(*) from (select * from expected except all select * from observed)),
            (select count(*) from (select * from observed except all select * from expected))
        """,
    )
    assert told > 800
    assert (missing, invented) == (0, 0)


def test_pairs_of_intact_people_equal_truth_exactly(tables: Tables) -> None:
    pairs = """
        select one.feature_name, two.feature_name, count(distinct one.person_id)
        from {0} as one
        inner join {0} as two
            on one.person_id = two.person_id and one.feature_name < two.feature_name
        group by 1, 2
        order by 1, 2
    """
    expected = rows(tables, pairs.format("told"))
    assert len(expected) == 21
    assert rows(tables, pairs.format("found")) == expected


def test_boards_are_made_by_those_whose_intent_makes_them(company_warehouse: Path) -> None:
    """Curators are planted to make most boards per session, then Planners, Actors, Browsers."""
    bends = dict(zip(planted.INTENTS, APP_RATES[Kind.BOARD][1], strict=True))
    found = query(
        """
        select segment_value, tried_rate_low, tried_rate_high, person_count
        from marts.feature_adoption_by_segment
        where feature_name = 'boards' and segment_name = 'intent' and segment_value in
            ('Browser', 'Planner', 'Actor', 'Curator')
        """,
        company_warehouse,
    )
    ordered = sorted(found, key=lambda row: bends[row[0]])
    assert [row[0] for row in ordered] == ["Browser", "Actor", "Planner", "Curator"]
    assert all(row[3] > 100 for row in ordered)
    for less, more in pairwise(ordered):
        assert less[1] < more[1], (less, more)
        assert less[2] < more[2], (less, more)
    assert ordered[0][2] < ordered[1][1] < ordered[3][1]


@pytest.mark.parametrize("feature", planted.FEATURES)
def test_intent_is_planted_to_say_nothing_of_these_features(
    company_warehouse: Path, feature: str
) -> None:
    """Pearson's test over the four intents, at one in 100,000: use is drawn alike for all."""
    found = query(
        f"""
        select tried_count, person_count
        from marts.feature_adoption_by_segment
        where feature_name = '{feature}' and segment_name = 'intent' and segment_value in
            ('Browser', 'Planner', 'Actor', 'Curator')
        """,
        company_warehouse,
    )
    assert len(found) == len(planted.INTENTS)
    rate = sum(tried for tried, _ in found) / sum(count for _, count in found)
    assert 0.01 < rate < 0.9
    statistic = sum((tried - n * rate) ** 2 / (n * rate * (1 - rate)) for tried, n in found)
    assert statistic < 25.9, found  # chi-squared, 3 degrees of freedom
