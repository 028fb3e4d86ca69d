"""Funnels say what the simulator planted: who tried and paid, and how far labelling runs come."""

from __future__ import annotations

from pathlib import Path

from tests.python.conftest import query

PASSES = 0.94  # of runs at each step, whoever runs them: events.py


def test_trials_and_their_conversions_are_the_true_ones_per_segment(
    company: Path, company_warehouse: Path
) -> None:
    """By country and intent. Who pays on the last day may do so after the data ends.

    Left out is who had a row harmed, or is taken for one with somebody else: the warehouse finds
    them by the login, the truth by their number.
    """
    rows = query(
        f"""
        with

        sessions as (
            select * from '{company}/truth/sessions.parquet' where not is_bot
        ),

        owners as (
            select found.person_id
            from sessions
            inner join marts.person_identifiers as found
                on
                    sessions.source_name = found.source_name
                    and sessions.device_id = found.identifier_value
                    and found.identifier_type = 'device'
            group by 1
            having count(distinct sessions.person) = 1
        ),

        intact as (
            select person from sessions group by 1 having bool_and(is_intact)
        ),

        told as (
            select
                found.person_id,
                persons.country,
                persons.user_intent,
                subscriptions.started_date,
                coalesce(
                    subscriptions.paid_date < (select max(activity_date) from sessions), false
                ) as is_paid
            from '{company}/truth/subscriptions.parquet' as subscriptions
            inner join '{company}/truth/persons.parquet' as persons using (person)
            inner join intact using (person)
            inner join marts.person_identifiers as found
                on persons.user_id = found.identifier_value and found.identifier_type = 'user'
            inner join owners using (person_id)
            where
                subscriptions.trial_path is not null
                and subscriptions.paid_date
                is distinct from (select max(activity_date) from sessions)
        ),

        found as (
            select * from marts.funnel_entries where funnel_name = 'trial'
        )

        select
            told.country,
            told.user_intent,
            count(*) as told_count,
            count(*) filter (where found.entry_date - told.started_date in (0, 1)) as found_count,
            count(*) filter (where told.is_paid) as paid_count,
            count(*) filter (where found.is_converted) as converted_count
        from told
        left join found using (person_id)
        group by all
        """,
        company_warehouse,
    )
    assert sum(row[2] for row in rows) > 15
    assert sum(row[4] for row in rows) > 2
    assert len({row[0] for row in rows}) > 2
    assert len({row[1] for row in rows}) > 2
    for *segment, told, found, paid, converted in rows:
        assert (segment, found, converted) == (segment, told, paid)


def test_each_step_of_labelling_is_inside_its_interval_in_every_segment(
    company_warehouse: Path,
) -> None:
    """Of 95 % intervals that are true, one in twenty misses, and a miss is a near one."""
    rows = query(
        f"""
        select
            segment_name,
            step_number,
            pow({PASSES}, step_number - 1) as told,
            conversion_rate_low as low,
            conversion_rate_high as high
        from marts.funnel_steps_by_segment
        where funnel_name = 'labelling' and step_number > 1 and conversion_rate is not null
        """,
        company_warehouse,
    )
    assert len({row[0] for row in rows}) > 8
    assert len(rows) > 60
    inside = [low <= told <= high for _, _, told, low, high in rows]
    assert sum(inside) / len(inside) > 0.85  # segments are the same people, cut differently
    for _, _, told, low, high in rows:
        assert low - (high - low) / 2 <= told <= high + (high - low) / 2
    assert all(low <= told <= high for name, _, told, low, high in rows if name == "all")
